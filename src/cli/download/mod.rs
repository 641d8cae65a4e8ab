//! Downloads, one after the other: what is in the archive already, what is asked for, what is told.
//!
//! [`Downloads`] is what `gs-download` does with each record; `fetch` asks for one file, `refused` says what follows when it
//! is not given, `outage` whether the refusal says anything of the file.

mod fetch;
mod outage;
mod refused;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::{Bar, Exit, Failure, Known, Outcome, Run, file_ref};
use crate::activity::{Activity, ActivityKey};
use crate::archive;
use crate::catalogue::FileRow;
use crate::http::Http;
use crate::platform::{self, PlatformId, PlatformReader, PlatformSelection};
use crate::record::{self, ActivityRecord, NO_FILE, Problem, ProblemKind, Record, UNAVAILABLE};
use outage::OutageGuard;

/// So many items in a row that fail for the network or the service's trouble, and it is left alone.
const TROUBLES: u32 = 3;

/// The downloads of one command.
pub struct Downloads<'a> {
    run: &'a mut Run,
    http: Arc<Http>,
    bar: Bar,
    /// Every byte of the files that are there is checked.
    verify: bool,
    /// It is fetched again, whatever is there or known.
    force: bool,
    open: HashMap<PlatformId, Box<dyn PlatformReader>>,
    /// Nothing can be written any more: the problem that all further records get.
    full: Option<Problem>,
    /// Platforms that are not asked any more in this run, and the problem that all their records get.
    left_alone: BTreeMap<PlatformId, Problem>,
    troubles: BTreeMap<PlatformId, u32>,
    /// Which platforms give files at all.
    outages: OutageGuard,
    /// What could not be had in this run.
    failed: HashMap<ActivityKey, Problem>,
    /// What a dry run has told of.
    rehearsed: HashSet<ActivityKey>,
}

/// What came of one activity that is no problem.
enum Got {
    File(FileRow),
    NoFile,
    /// Its platform does not give it, and is asked for it seldom.
    Unavailable,
    /// A dry run: it would have been fetched.
    Rehearsed,
}

impl<'a> Downloads<'a> {
    /// Begins; nothing is asked yet.
    pub fn new(run: &'a mut Run, bar: &Bar, verify: bool, force: bool) -> Result<Downloads<'a>, Failure> {
        Ok(Downloads {
            http: run.http(Some(bar.clone()))?,
            run,
            bar: bar.clone(),
            verify,
            force,
            open: HashMap::new(),
            full: None,
            left_alone: BTreeMap::new(),
            troubles: BTreeMap::new(),
            outages: OutageGuard::new(),
            failed: HashMap::new(),
            rehearsed: HashSet::new(),
        })
    }

    /// Whether a person wants it to end.
    pub fn is_stopped(&self) -> bool {
        self.run.is_stopped()
    }

    /// Handles one record; a record with a problem passes untouched, as do types that this command does not know.
    pub fn pass(&mut self, record: &mut Record, only: &PlatformSelection) -> Outcome {
        if record.problem().is_some() {
            return Ok(());
        }
        let activity = match record {
            Record::Activity(record) => &record.activity,
            Record::Transfer(record) if record.outcome.is_none() => &record.activity.activity,
            // What is decided needs no file.
            Record::Transfer(_) | Record::Other(_) => return Ok(()),
        };
        if !only.includes(&activity.platform) {
            return Ok(());
        }
        let activity = activity.clone();
        let key = activity.key();
        // One activity may go to several platforms: it is asked for once, and so is told what is wrong with it.
        let got = match self.failed.get(&key) {
            Some(problem) => Err(problem.clone()),
            None => self.handle(&activity)?,
        };
        let got = match got {
            Ok(got) => got,
            Err(problem) => {
                if self.failed.insert(key, problem.clone()).is_none() {
                    self.tell_problem(&activity, &problem);
                }
                match record {
                    Record::Transfer(record) => record.problem = Some(problem),
                    Record::Activity(record) => record.problem = Some(problem),
                    Record::Other(_) => {}
                }
                return Ok(());
            }
        };
        self.mark(record, got);
        Ok(())
    }

    /// Writes onto the record what came of it.
    fn mark(&self, record: &mut Record, got: Got) {
        let (file, without) = match got {
            Got::File(file) => (Some(file_ref(file, &self.run.archive)), None),
            Got::NoFile => (None, Some((NO_FILE, "its platform holds no file of it"))),
            Got::Unavailable => (None, Some((UNAVAILABLE, "its platform does not give its file"))),
            // The stages that follow rehearse as well: nothing is known of it yet.
            Got::Rehearsed => return,
        };
        let mark = |record: &mut ActivityRecord| {
            record.downloaded = Some(file.is_some());
            record.original = without.map(|(original, _)| original.to_owned());
            record.file.clone_from(&file);
        };
        match record {
            Record::Activity(record) => mark(record),
            Record::Transfer(record) => {
                mark(&mut record.activity);
                record.file.clone_from(&file);
                // Without a file there is nothing to send, and that is no failure.
                if let Some((_, why)) = without {
                    record.outcome = Some(record::Outcome { kind: "skipped".to_owned(), ..record::Outcome::default() });
                    record.why = vec![why.to_owned()];
                }
            }
            Record::Other(_) => {}
        }
    }

    /// Finds or fetches the file of one activity. The outer error ends the run, the inner one is told on the record.
    fn handle(&mut self, activity: &Activity) -> Result<Result<Got, Problem>, Failure> {
        // `--force` wants nothing known.
        let known = if self.force { Known::Nothing } else { self.run.known_file(activity, self.verify)? };
        let (again, export) = match known {
            Known::File(file) => return Ok(Ok(Got::File(file))),
            Known::NoFile => return Ok(Ok(Got::NoFile)),
            Known::Unavailable(next) => return Ok(Ok(self.unavailable(activity, next))),
            Known::Broken => (true, None),
            Known::Export(file) => (true, Some(file)),
            Known::Nothing => (self.force, None),
        };
        if self.run.common.dry_run {
            if self.rehearsed.insert(activity.key()) {
                self.run.talk.warning(&format!("{} {}: would be fetched", activity.platform, activity.id));
            }
            return Ok(Ok(Got::Rehearsed));
        }
        if let Some(problem) = self.left_alone(&activity.platform) {
            return Ok(Err(problem.clone()));
        }
        if let Err(error) = self.run.platforms.require_exact(&activity.platform) {
            return Ok(Err(problem(ProblemKind::Refused, error.to_string())));
        }
        self.bar.say("waits for another gs-download");
        let lock = match self.run.archive.lock(&activity.platform, archive::Purpose::Download, self.run.lock_wait) {
            Ok(Some(lock)) => lock,
            Ok(None) => {
                return Ok(Err(problem(
                    ProblemKind::RetryLater,
                    "another gs-download holds the archive; try again later",
                )));
            }
            Err(error) => return self.storage(&activity.platform, &error),
        };
        // Another process may have fetched it, or a killed one stored it without a word, while we waited.
        if !again {
            match self.run.known_file(activity, false)? {
                Known::File(file) => return Ok(Ok(Got::File(file))),
                Known::NoFile => return Ok(Ok(Got::NoFile)),
                Known::Unavailable(next) => return Ok(Ok(self.unavailable(activity, next))),
                _ => {}
            }
            if let Some(file) = self.run.adopt_file(activity)? {
                return Ok(Ok(Got::File(file)));
            }
        }
        let fetched = self.fetch(activity, export);
        drop(lock);
        fetched
    }

    /// A file that its platform does not give, and that it is not time to ask for.
    fn unavailable(&mut self, activity: &Activity, next: Timestamp) -> Got {
        let (platform, id) = (&activity.platform, &activity.id);
        self.run.count("unavailable", 1);
        self.run.talk.detail(&format!(
            "{platform} {id}: skipped, as its file is unavailable; it is requested again after {next}, at once with --force"
        ));
        Got::Unavailable
    }

    /// An open platform. The inner error: its account cannot be used.
    fn platform(&mut self, name: &str) -> Result<platform::Result<&dyn PlatformReader>, Failure> {
        if !self.open.contains_key(name) {
            let spec = self.run.platforms.require(name).map_err(|error| Failure::usage(error.to_string()))?;
            match self.run.connect_reader(&spec, self.http.clone()) {
                Ok(platform) => drop(self.open.insert(spec.id.clone(), platform)),
                Err(error) => return Ok(Err(error)),
            }
        }
        let open = self.open.get(name).map(AsRef::as_ref);
        open.map(Ok).ok_or_else(|| Failure::new(Exit::Bug, "a platform got lost"))
    }

    /// A platform is not asked any more in this run.
    fn leave_alone(&mut self, platform: &str, problem: Problem) -> Problem {
        let message = &problem.message;
        self.run.talk.error(&format!("{platform}: {message}; its other activities are left for the next run"));
        self.left_alone.insert(platform.into(), problem.clone());
        problem
    }

    /// Why nothing of a platform is asked for any more, if so.
    fn left_alone(&self, platform: &str) -> Option<&Problem> {
        self.full.as_ref().or_else(|| self.left_alone.get(platform))
    }

    /// Counts troubles in a row; whether there were too many. One that an earlier run had already does not count: a few
    /// lasting ones at the head of the list would stop every run before the rest.
    fn another_trouble(&mut self, activity: &Activity) -> Result<bool, Failure> {
        if self.run.catalogue.has_problem(activity.as_key(), "gs-download")? {
            return Ok(false);
        }
        let troubles = self.troubles.entry(activity.platform.clone()).or_default();
        *troubles += 1;
        Ok(*troubles >= TROUBLES)
    }

    /// A disk that is full for one file is full for the next: nothing more is fetched only to be thrown away.
    fn storage(&mut self, platform: &str, error: &archive::Error) -> Result<Result<Got, Problem>, Failure> {
        let problem = problem(ProblemKind::Storage, error.to_string());
        self.run.raise(if error.is_configuration() { Exit::Config } else { Exit::Partial });
        self.full = Some(problem.clone());
        self.run.talk.error(&format!("{platform}: {}; nothing more is fetched", problem.message));
        Ok(Err(problem))
    }

    /// Tells what went wrong with an activity.
    fn tell_problem(&mut self, activity: &Activity, problem: &Problem) {
        self.run.raise(Exit::from(&problem.kind));
        self.run.count("failed", 1);
        // What is left alone was never asked for, and was told once for all.
        if self.left_alone(&activity.platform) != Some(problem) {
            self.run.talk.error(&format!("{} {}: {}", activity.platform, activity.id, problem.message));
        }
    }
}

fn problem(kind: ProblemKind, message: impl Into<String>) -> Problem {
    Problem::new("gs-download", kind, message)
}
