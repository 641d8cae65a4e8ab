//! A platform that is about to be written to: open, held against other writers, and looked at before every write.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::{Bar, Exit, Failure, Listed, Listing, Run};
use crate::archive::{Lock, Purpose};
use crate::catalogue::{Coverage, Entry, FileFacts, Query};
use crate::clock::Moment;
use crate::http::Http;
use crate::plan::listing::Extent;
use crate::plan::look;
use crate::platform::{self, PlatformId, PlatformSpec, PlatformWriter, Window};
use crate::record::{Problem, ProblemKind};

/// So many items in a row that fail for the service's or the network's trouble, and it is left alone.
const TROUBLES: u32 = 3;

/// A platform that is written to.
pub struct Target {
    /// Its row.
    pub spec: Arc<PlatformSpec>,
    /// The platform.
    pub platform: Box<dyn PlatformWriter>,
    http: Arc<Http>,
    /// The parts of its list that this command has looked at, and until when that serves.
    looks: RefCell<Vec<(Coverage, Moment)>>,
    /// Between a look and the write that follows it, nobody else writes.
    _lock: Lock,
}

/// The platforms that one command writes to.
pub struct Targets {
    http: Arc<Http>,
    bar: Bar,
    open: BTreeMap<PlatformId, Target>,
    /// Those that are not asked any more in this run, and the problem that all records for them get.
    left_alone: BTreeMap<PlatformId, Problem>,
    troubles: BTreeMap<PlatformId, u32>,
}

impl Targets {
    /// None is open yet.
    pub fn new(run: &Run, bar: &Bar) -> Result<Targets, Failure> {
        let http = run.http(Some(bar.clone()))?;
        let (open, left_alone, troubles) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Ok(Targets { http, bar: bar.clone(), open, left_alone, troubles })
    }

    /// Opens one, if it is not open. Returns why it is left alone, if it is.
    pub fn opened(&mut self, run: &mut Run, spec: &Arc<PlatformSpec>) -> Result<Option<Problem>, Failure> {
        if let Some(problem) = self.left_alone.get(&spec.id) {
            return Ok(Some(problem.clone()));
        }
        if !self.open.contains_key(&spec.id) {
            self.bar.say(&format!("waits for another command that writes to {}", spec.id));
            match Target::open(run, spec, self.http.clone()) {
                Ok(Ok(target)) => drop(self.open.insert(spec.id.clone(), target)),
                Ok(Err(error)) => {
                    return self.trouble(run, spec, error).map(|problem| Some(self.alone(run, spec, problem)));
                }
                Err(failure) => return self.unusable(run, spec, failure).map(Some),
            }
        }
        Ok(None)
    }

    /// An open one.
    pub fn get(&self, spec: &PlatformSpec) -> Result<&Target, Failure> {
        self.open.get(&spec.id).ok_or_else(|| Failure::new(Exit::Bug, "a platform got lost"))
    }

    /// Whether it is open.
    pub fn is_open(&self, spec: &PlatformSpec) -> bool {
        self.open.contains_key(&spec.id)
    }

    /// All that are open.
    pub fn open(&self) -> Vec<Arc<PlatformSpec>> {
        self.open.values().map(|target| target.spec.clone()).collect()
    }

    /// Whether it is not asked any more.
    pub fn is_left_alone(&self, spec: &PlatformSpec) -> bool {
        self.left_alone.contains_key(&spec.id)
    }

    /// Whether a problem was told already, once for all records of its platform.
    pub fn is_told(&self, platform: &str, problem: &Problem) -> bool {
        self.left_alone.get(platform) == Some(problem)
    }

    /// Whatever it was, a proper answer ends a row of troubles.
    pub fn went_well(&mut self, spec: &PlatformSpec) {
        self.troubles.remove(&spec.id);
    }

    /// A failure of our own ends the command; any other means that the platform is left alone.
    pub fn unusable(&mut self, run: &mut Run, spec: &PlatformSpec, failure: Failure) -> Result<Problem, Failure> {
        let what = match failure.exit {
            Exit::Later | Exit::Partial => ProblemKind::RetryLater,
            Exit::Login => ProblemKind::Login,
            _ => return Err(failure),
        };
        let problem = Problem::new(run.command, what, failure.message);
        self.leave_alone(run, spec, problem.clone());
        Ok(problem)
    }

    /// What a failed call means: the problem for the record it was made for, and whether the rest of the platform is left
    /// alone.
    pub fn trouble(&mut self, run: &mut Run, spec: &PlatformSpec, error: platform::Error) -> Result<Problem, Failure> {
        use platform::Error;
        let text = error.to_string();
        let (what, all) = match error {
            Error::Login(_) => (ProblemKind::Login, true),
            Error::Retry { platform_wide, .. } => {
                (ProblemKind::RetryLater, platform_wide || self.another_trouble(spec))
            }
            Error::TooLate => (ProblemKind::RetryLater, self.another_trouble(spec)),
            Error::OutcomeUnknown(_) | Error::Unexpected(_) => (ProblemKind::RetryLater, self.another_trouble(spec)),
            Error::NotFound(_) | Error::Rejected(_) => (ProblemKind::Refused, false),
            Error::OtherAccount(_) => (ProblemKind::Account, true),
            Error::Config(_) => (ProblemKind::Config, true),
            // A watch may be full while there is room elsewhere.
            Error::Storage(_) => (ProblemKind::Storage, true),
            Error::Input(_) | Error::Stopped => return Err(error.into()),
        };
        let problem = Problem::new(run.command, what, text);
        if all {
            self.leave_alone(run, spec, problem.clone());
        }
        Ok(problem)
    }

    /// A platform that cannot be opened is not tried again for each record.
    fn alone(&mut self, run: &mut Run, spec: &PlatformSpec, problem: Problem) -> Problem {
        if !self.is_left_alone(spec) {
            self.leave_alone(run, spec, problem.clone());
        }
        problem
    }

    fn leave_alone(&mut self, run: &mut Run, spec: &PlatformSpec, problem: Problem) {
        run.talk.error(&format!("{}: {}; it is left alone in this run", spec.id, problem.message));
        run.raise(Exit::from(&problem.kind));
        self.left_alone.insert(spec.id.clone(), problem);
    }

    fn another_trouble(&mut self, spec: &PlatformSpec) -> bool {
        let troubles = self.troubles.entry(spec.id.clone()).or_default();
        *troubles += 1;
        *troubles >= TROUBLES
    }
}

/// What the catalogue knows of an entry on a target.
pub type Neighbour = (Entry, Option<FileFacts>);

impl Target {
    /// Opens it, and keeps other commands from writing to it until it is dropped. The inner error: its account cannot be
    /// used.
    ///
    /// # Errors
    /// Another command writes to it for longer than we wait.
    pub fn open(run: &Run, spec: &Arc<PlatformSpec>, http: Arc<Http>) -> Result<platform::Result<Target>, Failure> {
        let lock = run.archive.lock(&spec.id, Purpose::Write, run.lock_wait)?;
        let lock =
            lock.ok_or_else(|| Failure::new(Exit::Later, "another command writes to this platform; try again later"))?;
        Ok(run.connect_writer(spec, http.clone()).map(|platform| Target {
            spec: spec.clone(),
            platform,
            http,
            looks: RefCell::default(),
            _lock: lock,
        }))
    }

    /// Makes sure that what the catalogue knows of the time around `start` is seconds old: if this command has not just
    /// looked there, that part of the list is asked for, and a page's worth around it, which serves the next ones. Returns
    /// until when what was seen serves.
    ///
    /// What other commands have listed does not count, however new it seems: a watch may have uploaded since, and the clock
    /// may be wrong.
    pub fn look(&self, run: &mut Run, start: Timestamp, bar: &Bar) -> Result<Moment, Failure> {
        let (from, until) = look::reach(start);
        let serves = |(span, end): &&(Coverage, Moment)| {
            !end.is_over() && span.from.is_some_and(|it| it <= from) && span.until.is_some_and(|it| it >= until)
        };
        if let Some((_, end)) = self.looks.borrow().iter().filter(serves).max_by_key(|(_, end)| *end) {
            return Ok(*end);
        }
        let sought = Some((from, until));
        let (from, until) = look::window(start, &run.catalogue.listed_starts(&self.spec.id)?);
        bar.say(&format!("looks at {}", self.spec.id));
        // Pages below the one that shows all of that would only make it older: on a slow line too old to be of any use.
        let listed = self.list_down_to(run, Window { since: Some(from), until: Some(until) }, sought)?;
        let end = self.serves_until(&listed);
        let mut looks = self.looks.borrow_mut();
        looks.retain(|(_, end)| !end.is_over());
        looks.push((listed.coverage, end));
        Ok(end)
    }

    /// Until when a write may rely on what a listing has just shown.
    fn serves_until(&self, listed: &Listed) -> Moment {
        // A list without any entry was one request.
        let asked = listed.asked.or_else(|| self.http.last_sent(&self.spec.id)).unwrap_or_else(Moment::now);
        asked + look::fresh(self.http.interval())
    }

    /// Lists a window into the catalogue as it is now.
    pub fn list(&self, run: &mut Run, window: Window) -> Result<Listed, Failure> {
        self.list_down_to(run, window, None)
    }

    /// The same, no further than it takes to show the part that is sought, and something that is known.
    fn list_down_to(
        &self,
        run: &mut Run,
        window: Window,
        sought: Option<(Timestamp, Timestamp)>,
    ) -> Result<Listed, Failure> {
        let confirm_wait = run.confirm_wait()?;
        let listed = Listing {
            spec: &self.spec,
            platform: self.platform.as_ref(),
            catalogue: &mut run.catalogue,
            run: &run.id,
            talk: &run.talk,
            window,
            newest: None,
            extent: Extent::Full,
            accept_shrunk: false,
            look: true,
            sought,
            confirm_wait,
            stop: &run.stop,
            progress: &|_| {},
        }
        .take()?;
        if listed.unreadable > 0 {
            return Err(Failure::new(Exit::Later, format!("{}; nothing is concluded from it", listed.complaint())));
        }
        Ok(listed)
    }

    /// Lists the windows that show all of `starts`, as few as that takes. Returns the ids that these very lists showed
    /// (what lies in the windows and is not among them is not there, whatever another command has seen) and until when that
    /// serves.
    pub fn list_around(
        &self,
        run: &mut Run,
        mut starts: Vec<Timestamp>,
    ) -> Result<(HashSet<String>, Option<Moment>), Failure> {
        let known = run.catalogue.listed_starts(&self.spec.id)?;
        let (mut shown, mut end) = (HashSet::new(), None);
        for (from, until) in look::clusters(&mut starts, &known) {
            let listed = self.list(run, Window { since: Some(from), until: Some(until) })?;
            end = end.or_else(|| Some(self.serves_until(&listed)));
            shown.extend(listed.shown);
        }
        Ok((shown, end))
    }
}

impl Run {
    /// What a platform has around `start`, as far as the catalogue knows: the entries that it shows.
    pub fn neighbours(&self, platform: &str, start: Timestamp) -> Result<Vec<Neighbour>, Failure> {
        let (since, until) = look::reach(start);
        let query = Query {
            platforms: vec![platform.to_owned()],
            since: Some(since),
            until: Some(until),
            absent: Some(false),
            listed: true,
            ..Query::default()
        };
        let mut all = Vec::new();
        self.catalogue.entries(&query, |entry| {
            let facts = self.catalogue.file_facts(&entry.activity.platform, &entry.activity.id)?;
            all.push((entry, facts));
            Ok::<_, Failure>(())
        })?;
        Ok(all)
    }
}
