//! Downloads, one after the other: what is in the archive already, what is asked for, what is told.
//!
//! [`download`] is the operation; `fetch` asks for one file, `refused` says what follows when it
//! is not given, `outage` whether the refusal says anything of the file.

mod fetch;
mod outage;
mod refused;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::sink::each_record;
use super::suspension::Suspensions;
use super::{Error, Exit, ItemResult, LocalFile, Progress, RecordSink, RecordSource, Result, Worker, file_ref};
use crate::activity::{Activity, ActivityKey};
use crate::archive;
use crate::catalogue::FileRow;
use crate::http::Http;
use crate::platform::{self, PlatformId, PlatformReader, PlatformSelection};
use crate::reason::Reason;
use crate::record::{self, ActivityRecord, Problem, ProblemKind, Record, explained};
use outage::OutageGuard;

/// How files are downloaded.
#[derive(Debug, Clone, Copy, Default)]
pub struct DownloadOptions {
    /// Every byte of the files that are there is checked.
    pub verify: bool,
    /// They are downloaded again, whatever is there or known.
    pub force: bool,
}

/// Puts the file of each activity among `records` into the archive and hands all records on, with their file.
///
/// # Errors
/// A record cannot be read or handed on, or the catalogue cannot be used. What fails with one download is told on its record.
pub fn download(
    worker: &mut Worker,
    options: DownloadOptions,
    records: RecordSource,
    progress: &Progress,
    sink: &mut dyn RecordSink,
) -> Result<()> {
    let selection = worker.selection.clone();
    let mut downloads = Downloads::new(worker, progress, options)?;
    each_record(records, |mut record| {
        downloads.pass(&mut record, &selection)?;
        progress.add(1);
        Ok(sink.record(&record)? && !downloads.worker.is_stopped())
    })
}

/// The downloads of one command.
struct Downloads<'a> {
    worker: &'a mut Worker,
    http: Arc<Http>,
    progress: Progress,
    options: DownloadOptions,
    open: HashMap<PlatformId, Box<dyn PlatformReader>>,
    /// Nothing can be written any more: the problem that all further records get.
    full: Option<Problem>,
    suspensions: Suspensions,
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
    fn new(worker: &'a mut Worker, progress: &Progress, options: DownloadOptions) -> Result<Downloads<'a>> {
        Ok(Downloads {
            http: worker.http(progress.clone())?,
            worker,
            progress: progress.clone(),
            options,
            open: HashMap::new(),
            full: None,
            suspensions: Suspensions::default(),
            outages: OutageGuard::new(),
            failed: HashMap::new(),
            rehearsed: HashSet::new(),
        })
    }

    /// Handles one record; a record with a problem passes untouched, as do types that this command does not know.
    fn pass(&mut self, record: &mut Record, only: &PlatformSelection) -> Result<()> {
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
            Some(problem) => Err(Error::Item(Box::new(problem.clone()))),
            None => self.handle(&activity),
        };
        let got = match got {
            Ok(got) => got,
            Err(error) => {
                let problem = error.into_problem()?;
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
            Got::File(file) => (Some(file_ref(file, &self.worker.archive)), None),
            Got::NoFile => (None, Some(Reason::NoFile)),
            Got::Unavailable => (None, Some(Reason::FileUnavailable)),
            // The stages that follow rehearse as well: nothing is known of it yet.
            Got::Rehearsed => return,
        };
        let mark = |record: &mut ActivityRecord| {
            record.downloaded = Some(file.is_some());
            record.no_original = without == Some(Reason::NoFile);
            record.unavailable = without == Some(Reason::FileUnavailable);
            record.file.clone_from(&file);
        };
        match record {
            Record::Activity(record) => mark(record),
            Record::Transfer(record) => {
                mark(&mut record.activity);
                record.file.clone_from(&file);
                // Without a file there is nothing to send, and that is no failure.
                if let Some(reason) = without {
                    record.outcome = Some(record::Outcome { kind: "skipped".to_owned(), ..record::Outcome::default() });
                    record.reasons = explained([reason]);
                }
            }
            Record::Other(_) => {}
        }
    }

    /// Finds or downloads the file of one activity.
    fn handle(&mut self, activity: &Activity) -> ItemResult<Got> {
        // `--force` wants nothing known.
        let known = if self.options.force {
            LocalFile::Nothing
        } else {
            self.worker.local_file(activity, self.options.verify)?
        };
        let (again, export) = match known {
            LocalFile::File(file) => return Ok(Got::File(file)),
            LocalFile::NoFile => return Ok(Got::NoFile),
            LocalFile::Unavailable(next) => return Ok(self.unavailable(activity, next)),
            LocalFile::Corrupt => (true, None),
            LocalFile::RetryOriginal(file) => (true, Some(file)),
            LocalFile::Nothing => (self.options.force, None),
        };
        if self.worker.dry_run {
            if self.rehearsed.insert(activity.key()) {
                self.worker.count("rehearsed", 1);
                self.worker.warn(&format!("{} {}: would download", activity.platform, activity.id));
            }
            return Ok(Got::Rehearsed);
        }
        if let Some(problem) = self.suspended(&activity.platform) {
            return Err(Error::Platform(Box::new(problem.clone())));
        }
        if let Err(error) = self.worker.platforms.require_exact(&activity.platform) {
            return Err(Error::Item(Box::new(problem(ProblemKind::Rejected, error.reason()))));
        }
        self.progress.step("waiting for another gs-download");
        let lock =
            match self.worker.archive.lock(&activity.platform, archive::Purpose::Download, self.worker.lock_timeout) {
                Ok(Some(lock)) => lock,
                Ok(None) => return Err(Error::Item(Box::new(problem(ProblemKind::Retry, Reason::DownloadBusy)))),
                Err(error) => return Err(self.storage(&activity.platform, &error)),
            };
        // Another process may have fetched it, or a killed one stored it without a word, while we waited.
        if !again {
            match self.worker.local_file(activity, false)? {
                LocalFile::File(file) => return Ok(Got::File(file)),
                LocalFile::NoFile => return Ok(Got::NoFile),
                LocalFile::Unavailable(next) => return Ok(self.unavailable(activity, next)),
                _ => {}
            }
            if let Some(file) = self.worker.adopt_existing(activity)? {
                return Ok(Got::File(file));
            }
        }
        let fetched = self.fetch(activity, export);
        drop(lock);
        fetched
    }

    /// A file that its platform does not give, and that it is not time to ask for.
    fn unavailable(&mut self, activity: &Activity, next: Timestamp) -> Got {
        let key = activity.as_key();
        self.worker.count("unavailable", 1);
        self.worker.debug(&format!(
            "{key}: skipped: its file is unavailable; requested again after {next}, or now with --force"
        ));
        Got::Unavailable
    }

    /// An open platform.
    fn platform(&mut self, name: &str) -> platform::Result<&dyn PlatformReader> {
        if !self.open.contains_key(name) {
            let spec = self.worker.platforms.require(name);
            let spec = spec.map_err(|error| platform::Error::Input(error.to_string()))?;
            let platform = self.worker.connect_reader(&spec, self.http.clone())?;
            self.open.insert(name.into(), platform);
        }
        // It is there now.
        Ok(self.open[name].as_ref())
    }

    /// A platform is skipped for the rest of this run.
    fn suspend(&mut self, activity: &Activity, problem: Problem) -> Error {
        self.suspensions.suspend(self.worker, &PlatformId::from(activity.platform.as_str()), &problem);
        Error::Platform(Box::new(problem))
    }

    /// Why nothing of a platform is downloaded any more, if so.
    fn suspended(&self, platform: &str) -> Option<&Problem> {
        self.full.as_ref().or_else(|| self.suspensions.problem(platform))
    }

    /// Counts failures in a row; whether there were too many. One that an earlier run had already does not count: a few
    /// lasting ones at the head of the list would stop every run before the rest.
    fn is_another_failure_too_many(&mut self, activity: &Activity) -> Result<bool> {
        if self.worker.catalogue.has_problem(activity.as_key(), "gs-download")? {
            return Ok(false);
        }
        Ok(self.suspensions.is_another_failure_too_many(&PlatformId::from(activity.platform.as_str())))
    }

    /// A disk that is full for one file is full for the next: nothing more is downloaded only to be thrown away.
    fn storage(&mut self, platform: &str, error: &archive::Error) -> Error {
        let problem = problem(ProblemKind::Storage, error.reason());
        self.worker.raise(if error.is_configuration() { Exit::Config } else { Exit::Partial });
        self.full = Some(problem.clone());
        let reason = problem.why();
        self.worker.failed(&format!("{platform}: {reason}; remaining downloads skipped"), Some(platform), &reason);
        Error::Platform(Box::new(problem))
    }

    /// Tells what went wrong with an activity.
    fn tell_problem(&mut self, activity: &Activity, problem: &Problem) {
        self.worker.raise(problem.kind.exit());
        self.worker.count("failed", 1);
        // What is left alone was never asked for, and was told once for all.
        if self.suspended(&activity.platform) != Some(problem) {
            let reason = problem.why();
            let message = format!("{} {}: {reason}", activity.platform, activity.id);
            self.worker.failed(&message, Some(&activity.platform), &reason);
        }
    }
}

fn problem(kind: ProblemKind, reason: Reason) -> Problem {
    Problem::new("gs-download", kind, reason)
}
