//! A platform that is about to be written to: open, held against other writers, and looked at before every write.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::suspension::Suspensions;
use super::{Error, Exit, Failure, ItemResult, Listed, Listing, Progress, Result, Worker};
use crate::archive::{Lock, Purpose};
use crate::catalogue::{ActivityRow, Coverage, FileFingerprint, ListingPurpose, Query};
use crate::clock::Moment;
use crate::http::Http;
use crate::plan::listing::Extent;
use crate::plan::precheck;
use crate::platform::{self, PlatformId, PlatformSpec, PlatformWriter, Window};
use crate::reason::Reason;
use crate::record::{Problem, ProblemKind};

/// A platform that is written to.
pub struct WriteConnection {
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

/// The platforms that one operation writes to.
pub struct WriteConnections {
    http: Arc<Http>,
    progress: Progress,
    open: BTreeMap<PlatformId, WriteConnection>,
    suspensions: Suspensions,
}

impl WriteConnections {
    /// None is open yet.
    pub fn new(worker: &Worker, progress: &Progress) -> Result<WriteConnections> {
        Ok(WriteConnections {
            http: worker.http(progress.clone())?,
            progress: progress.clone(),
            open: BTreeMap::new(),
            suspensions: Suspensions::default(),
        })
    }

    /// Opens a platform, if it is not open.
    ///
    /// # Errors
    /// [`Error::Platform`]: it is suspended, or cannot be opened and is suspended from now on.
    pub fn ensure_open(&mut self, worker: &Worker, spec: &Arc<PlatformSpec>) -> ItemResult<()> {
        if let Some(problem) = self.suspensions.problem(&spec.id) {
            return Err(Error::Platform(Box::new(problem.clone())));
        }
        if self.open.contains_key(&spec.id) {
            return Ok(());
        }
        self.progress.step(&format!("waiting for another command to finish writing to {}", spec.id));
        let lock = match WriteConnection::lock(worker, spec) {
            Ok(lock) => lock,
            Err(failure) => return Err(Error::Platform(Box::new(self.suspend_for(worker, spec, failure)?))),
        };
        match worker.connect_writer(spec, self.http.clone()) {
            Ok(platform) => {
                let open = WriteConnection::new(spec.clone(), platform, self.http.clone(), lock);
                self.open.insert(spec.id.clone(), open);
                Ok(())
            }
            Err(error) => {
                let problem = self.classify(worker, spec, error)?;
                self.suspensions.suspend(worker, &spec.id, &problem);
                Err(Error::Platform(Box::new(problem)))
            }
        }
    }

    /// An open one.
    pub fn get(&self, spec: &PlatformSpec) -> Result<&WriteConnection> {
        self.open.get(&spec.id).ok_or_else(|| Failure::new(Exit::Bug, "internal error: platform not open"))
    }

    /// All that are open.
    pub fn open(&self) -> Vec<Arc<PlatformSpec>> {
        self.open.values().map(|open| open.spec.clone()).collect()
    }

    /// Whether it is skipped for the rest of the run.
    pub fn is_suspended(&self, spec: &PlatformSpec) -> bool {
        self.suspensions.problem(&spec.id).is_some()
    }

    /// Whether a problem was told already, once for all records of its platform.
    pub fn is_told(&self, platform: &str, problem: &Problem) -> bool {
        self.suspensions.is_told(platform, problem)
    }

    /// A proper answer, whatever it says, ends a row of failures.
    pub fn succeeded(&mut self, spec: &PlatformSpec) {
        self.suspensions.succeeded(&spec.id);
    }

    /// Suspends a platform for a failure that it is responsible for, and returns the problem of its items.
    ///
    /// # Errors
    /// The failure is our own, and ends the operation.
    pub fn suspend_for(&mut self, worker: &Worker, spec: &PlatformSpec, failure: Failure) -> Result<Problem> {
        let kind = match failure.exit {
            Exit::TempFail | Exit::Partial => ProblemKind::Retry,
            Exit::LoginRequired => ProblemKind::LoginRequired,
            _ => return Err(failure),
        };
        let problem = Problem::new(worker.command, kind, *failure.reason);
        self.suspensions.suspend(worker, &spec.id, &problem);
        Ok(problem)
    }

    /// What a failed call means: the problem of the item that it was made for. The platform is suspended if it is down, if
    /// its login or the disk fails, or after several failures in a row.
    ///
    /// # Errors
    /// The failure is our own, and ends the operation.
    pub fn classify(&mut self, worker: &Worker, spec: &PlatformSpec, error: platform::Error) -> Result<Problem> {
        use platform::Error;
        let reason = error.reason();
        let (kind, is_platform) = match error {
            Error::Login(_) => (ProblemKind::LoginRequired, true),
            Error::Retry { platform_wide, .. } => {
                (ProblemKind::Retry, platform_wide || self.suspensions.is_another_failure_too_many(&spec.id))
            }
            Error::TooLate | Error::OutcomeUnknown(_) | Error::Unexpected(_) => {
                (ProblemKind::Retry, self.suspensions.is_another_failure_too_many(&spec.id))
            }
            Error::NotFound(_) | Error::Rejected(_) => (ProblemKind::Rejected, false),
            Error::OtherAccount(_) => (ProblemKind::Account, true),
            Error::Config(_) => (ProblemKind::Config, true),
            // A watch may be full while there is room elsewhere.
            Error::Storage(_) => (ProblemKind::Storage, true),
            Error::Input(_) | Error::Stopped => return Err(error.into()),
        };
        let problem = Problem::new(worker.command, kind, reason);
        if is_platform {
            self.suspensions.suspend(worker, &spec.id, &problem);
        }
        Ok(problem)
    }
}

/// What the catalogue knows of an entry on a target.
pub type Neighbour = (ActivityRow, Option<FileFingerprint>);

impl WriteConnection {
    /// Keeps other commands from writing to it, as long as the lock is held.
    fn lock(worker: &Worker, spec: &PlatformSpec) -> Result<Lock> {
        let lock = worker.archive.lock(&spec.id, Purpose::Write, worker.lock_timeout)?;
        lock.ok_or_else(|| Failure::because(Exit::TempFail, Reason::UploadBusy))
    }

    fn new(spec: Arc<PlatformSpec>, platform: Box<dyn PlatformWriter>, http: Arc<Http>, lock: Lock) -> WriteConnection {
        WriteConnection { spec, platform, http, looks: RefCell::default(), _lock: lock }
    }

    /// Makes sure that what the catalogue knows of the time around `start` is seconds old: if this command has not just
    /// looked there, that part of the list is asked for, and a page's worth around it, which serves the next ones. Returns
    /// until when what was seen serves.
    ///
    /// What other commands have listed does not count, however new it seems: a watch may have uploaded since, and the clock
    /// may be wrong.
    pub fn look(&self, worker: &mut Worker, start: Timestamp, progress: &Progress) -> Result<Moment> {
        let (from, until) = precheck::reach(start);
        let serves = |(span, end): &&(Coverage, Moment)| {
            !end.is_over() && span.from.is_some_and(|it| it <= from) && span.until.is_some_and(|it| it >= until)
        };
        if let Some((_, end)) = self.looks.borrow().iter().filter(serves).max_by_key(|(_, end)| *end) {
            return Ok(*end);
        }
        let sought = Some((from, until));
        let (from, until) = precheck::window(start, &worker.catalogue.listed_starts(&self.spec.id)?);
        progress.step(&format!("checking {}", self.spec.id));
        // Pages below the one that shows all of that would only make it older: on a slow line too old to be of any use.
        let listed = self.list_down_to(worker, Window { since: Some(from), until: Some(until) }, sought)?;
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
        asked + precheck::max_age(self.http.interval())
    }

    /// Lists a window into the catalogue as it is now.
    pub fn list(&self, worker: &mut Worker, window: Window) -> Result<Listed> {
        self.list_down_to(worker, window, None)
    }

    /// The same, no further than it takes to show the part that is sought, and something that is known.
    fn list_down_to(
        &self,
        worker: &mut Worker,
        window: Window,
        sought: Option<(Timestamp, Timestamp)>,
    ) -> Result<Listed> {
        let confirm_wait = worker.confirm_wait()?;
        let listed = Listing {
            spec: &self.spec,
            platform: self.platform.as_ref(),
            worker,
            window,
            newest: None,
            extent: Extent::Full,
            accept_missing: false,
            purpose: ListingPurpose::Precheck,
            sought,
            confirm_wait,
            progress: &|_| {},
        }
        .take()?;
        if listed.unreadable > 0 {
            return Err(Failure::because(Exit::TempFail, listed.complaint()));
        }
        Ok(listed)
    }

    /// Lists the windows that show all of `starts`, as few as that takes. Returns the ids that these very lists showed
    /// (what lies in the windows and is not among them is not there, whatever another command has seen) and until when that
    /// serves.
    pub fn list_around(
        &self,
        worker: &mut Worker,
        mut starts: Vec<Timestamp>,
    ) -> Result<(HashSet<String>, Option<Moment>)> {
        let known = worker.catalogue.listed_starts(&self.spec.id)?;
        let (mut shown, mut end) = (HashSet::new(), None);
        for (from, until) in precheck::clusters(&mut starts, &known) {
            let listed = self.list(worker, Window { since: Some(from), until: Some(until) })?;
            end = end.or_else(|| Some(self.serves_until(&listed)));
            shown.extend(listed.shown);
        }
        Ok((shown, end))
    }
}

impl Worker {
    /// What a platform has around `start`, as far as the catalogue knows: the entries that it shows.
    pub fn neighbours(&self, platform: &str, start: Timestamp) -> Result<Vec<Neighbour>> {
        let (since, until) = precheck::reach(start);
        let query = Query {
            platforms: vec![platform.to_owned()],
            since: Some(since),
            until: Some(until),
            missing: Some(false),
            listed: true,
            ..Query::default()
        };
        let mut all = Vec::new();
        self.catalogue.entries(&query, |entry| {
            let facts = self.catalogue.file_facts(entry.activity.as_key())?;
            all.push((entry, facts));
            Ok::<_, Failure>(())
        })?;
        Ok(all)
    }
}
