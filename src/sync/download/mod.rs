//! Downloads: look in the archive, request the file, store it, report the result.
//!
//! [`download`] is the operation; `parallel` downloads from several platforms at the same time; `fetch` requests one
//! file, `access` decides by which access, `rejected` handles a rejection, `outage` decides whether the file is the cause
//! of the rejection.

mod access;
mod fetch;
mod outage;
mod parallel;
mod rejected;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::suspension::Suspensions;
use super::{Error, Exit, ItemResult, Level, LocalFile, Progress, RecordSink, RecordStream, Result, Worker, file_ref};
use crate::activity::{AccessKind, Activity, ActivityKey, Numbers};
use crate::archive;
use crate::catalogue::FileRow;
use crate::http::Http;
use crate::platform::{PlatformId, PlatformReader, PlatformSelection};
use crate::reason::Reason;
use crate::record::{self, ActivityRecord, Problem, ProblemKind, Record, explained};
use outage::OutageGuard;

/// Options of a download.
#[derive(Debug, Clone, Copy, Default)]
pub struct DownloadOptions {
    /// Check every byte of the existing files.
    pub verify: bool,
    /// Download again, even if the file exists or is known to be unavailable.
    pub force: bool,
}

/// Stores the file of each activity among `records` in the archive and passes all records on, with their file.
///
/// # Errors
/// A record cannot be read or passed on, or the catalogue cannot be used. A failed download is reported on its record.
pub fn download(
    worker: &mut Worker,
    options: DownloadOptions,
    records: RecordStream,
    progress: &Progress,
    sink: &mut dyn RecordSink,
) -> Result<()> {
    worker.report_write_only("download");
    // An invalid network setting is reported also if the input is empty.
    worker.http(progress.clone())?;
    let setup = Setup {
        progress: progress.clone(),
        options,
        selection: worker.selection.clone(),
        full: Mutex::default(),
        over: Arc::default(),
    };
    parallel::download(&setup, worker, records, sink)
}

/// What the downloads of all platforms share.
struct Setup {
    progress: Progress,
    options: DownloadOptions,
    selection: PlatformSelection,
    /// Nothing more can be written: the problem of all further records.
    full: Mutex<Option<Problem>>,
    /// Raised when no more records are passed on: no further request is sent, and no thread waits to send one.
    over: Arc<AtomicBool>,
}

impl Setup {
    fn full(&self) -> MutexGuard<'_, Option<Problem>> {
        self.full.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The activity of a record that requests its file. A record with a problem or of an unknown type requests none.
fn requested<'r>(record: &'r Record, only: &PlatformSelection) -> Option<&'r Activity> {
    let activity = match record {
        _ if record.problem().is_some() => return None,
        Record::Activity(record) => &record.activity,
        Record::Transfer(record) if record.outcome.is_none() => &record.activity.activity,
        // A decided transfer needs no file.
        Record::Transfer(_) | Record::Other(_) => return None,
    };
    only.includes(&activity.platform).then_some(activity)
}

/// The downloads of one thread: those of a platform, or of several.
struct Downloads<'a> {
    worker: Worker,
    setup: &'a Setup,
    http: Arc<Http>,
    progress: Progress,
    open: HashMap<PlatformId, Box<dyn PlatformReader>>,
    /// The access by which each platform was opened first.
    accesses: HashMap<PlatformId, AccessKind>,
    suspensions: Suspensions,
    /// The platforms whose first access gives no files, and for which another one was searched.
    without_files: HashSet<PlatformId>,
    /// Which platforms provide files in this run.
    outages: OutageGuard,
    /// The downloads that failed in this run.
    failed: HashMap<ActivityKey, Problem>,
    /// The activities that a dry run has reported.
    planned: HashSet<ActivityKey>,
}

/// The result for one activity, if no problem occurred.
enum DownloadResult {
    File(FileRow),
    NoFile,
    /// The platform does not provide the file; it is requested once a week.
    Unavailable,
    /// A dry run: the file would have been downloaded.
    DryRun,
}

impl<'a> Downloads<'a> {
    /// Creates the downloads of a thread; sends no request.
    ///
    /// # Errors
    /// A network setting is invalid, or the catalogue cannot be opened.
    fn new(worker: Worker, setup: &'a Setup) -> Result<Downloads<'a>> {
        let progress = setup.progress.thread();
        Ok(Downloads {
            http: worker.http_until(progress.clone(), setup.over.clone())?,
            progress,
            worker,
            setup,
            open: HashMap::new(),
            accesses: HashMap::new(),
            suspensions: Suspensions::default(),
            without_files: HashSet::new(),
            outages: OutageGuard::new(),
            failed: HashMap::new(),
            planned: HashSet::new(),
        })
    }

    /// Whether no further record is begun.
    fn is_over(&self) -> bool {
        self.setup.over.load(Ordering::Relaxed) || self.worker.is_stopped()
    }

    /// Handles one record. A record that requests no file passes unchanged.
    fn pass(&mut self, record: &mut Record) -> Result<()> {
        let Some(activity) = requested(record, &self.setup.selection) else { return Ok(()) };
        let key = activity.key();
        // An activity may go to several platforms: its file is requested once, and its problem is reported once.
        let got = match self.failed.get(&key) {
            Some(problem) => Err(Error::Item(Box::new(problem.clone()))),
            None => self.handle(activity),
        };
        let got = match got {
            Ok(got) => got,
            Err(error) => {
                let problem = error.into_problem()?;
                if self.failed.insert(key, problem.clone()).is_none() {
                    self.report_problem(activity, &problem);
                }
                match record {
                    Record::Transfer(record) => record.problem = Some(problem),
                    Record::Activity(record) => record.problem = Some(problem),
                    Record::Other(_) => {}
                }
                return Ok(());
            }
        };
        let numbers = match got {
            DownloadResult::File(_) => self.worker.catalogue.entry(key.as_key())?.map(|row| row.numbers),
            _ => None,
        };
        self.mark(record, got, numbers);
        Ok(())
    }

    /// Writes the result to the record. `numbers`: those of the activity, now that its file is known.
    fn mark(&self, record: &mut Record, got: DownloadResult, numbers: Option<Numbers>) {
        let (file, without) = match got {
            DownloadResult::File(file) => (Some(file_ref(file, &self.worker.archive)), None),
            DownloadResult::NoFile => (None, Some(Reason::NoFile)),
            DownloadResult::Unavailable => (None, Some(Reason::FileUnavailable)),
            // The next stages run dry, too: the file is not known yet.
            DownloadResult::DryRun => return,
        };
        let mark = |record: &mut ActivityRecord| {
            record.downloaded = Some(file.is_some());
            record.no_original = without == Some(Reason::NoFile);
            record.unavailable = without == Some(Reason::FileUnavailable);
            record.file.clone_from(&file);
            record.numbers = numbers.unwrap_or(record.numbers);
        };
        match record {
            Record::Activity(record) => mark(record),
            Record::Transfer(record) => {
                mark(&mut record.activity);
                record.file.clone_from(&file);
                // Without a file there is nothing to upload; this is no failure.
                if let Some(reason) = without {
                    record.outcome = Some(record::Outcome { kind: "skipped".to_owned(), ..record::Outcome::default() });
                    record.reasons = explained([reason]);
                }
            }
            Record::Other(_) => {}
        }
    }

    /// Finds or downloads the file of one activity.
    fn handle(&mut self, activity: &Activity) -> ItemResult<DownloadResult> {
        // `--force` ignores known files and results.
        let known = if self.setup.options.force {
            LocalFile::Nothing
        } else {
            self.worker.local_file(activity, self.setup.options.verify)?
        };
        let (again, export) = match known {
            LocalFile::File(file) => return Ok(DownloadResult::File(file)),
            LocalFile::NoFile => return Ok(DownloadResult::NoFile),
            LocalFile::Unavailable(next) => return Ok(self.unavailable(activity, next)),
            LocalFile::Corrupt => (true, None),
            LocalFile::RetryOriginal(file) => (true, Some(file)),
            LocalFile::Nothing => (self.setup.options.force, None),
        };
        if self.worker.dry_run {
            if self.planned.insert(activity.key()) {
                self.worker.count("dry_run", 1);
                self.worker.item(Level::Warning, activity.as_key(), "would download");
            }
            return Ok(DownloadResult::DryRun);
        }
        if let Some(problem) = self.suspended(&activity.platform) {
            return Err(Error::Platform(Box::new(problem)));
        }
        if let Err(error) = self.worker.platforms.require_exact(&activity.platform) {
            return Err(Error::Item(Box::new(problem(ProblemKind::Rejected, error.reason()))));
        }
        if let Some(reason) = self.worker.left_out(activity)?.filter(|_| !self.setup.options.force) {
            return Err(Error::Item(Box::new(problem(ProblemKind::Retry, reason))));
        }
        self.progress.step("waiting for another gs-download");
        let lock =
            match self.worker.archive.lock(&activity.platform, archive::Purpose::Download, self.worker.lock_timeout) {
                Ok(Some(lock)) => lock,
                Ok(None) => return Err(Error::Item(Box::new(problem(ProblemKind::Retry, Reason::DownloadBusy)))),
                Err(error) => return Err(self.storage(&activity.platform, &error)),
            };
        // While this process waited, another one may have downloaded the file, or a killed one stored it without
        // recording it.
        if !again {
            match self.worker.local_file(activity, false)? {
                LocalFile::File(file) => return Ok(DownloadResult::File(file)),
                LocalFile::NoFile => return Ok(DownloadResult::NoFile),
                LocalFile::Unavailable(next) => return Ok(self.unavailable(activity, next)),
                _ => {}
            }
            if let Some(file) = self.worker.adopt_existing(activity)? {
                return Ok(DownloadResult::File(file));
            }
        }
        let fetched = self.fetch(activity, export);
        drop(lock);
        fetched
    }

    /// A file that its platform does not provide and that is not requested again before `next`.
    fn unavailable(&mut self, activity: &Activity, next: Timestamp) -> DownloadResult {
        self.worker.count("unavailable", 1);
        let text = format!("skipped: its file is unavailable; requested again after {next}, or now with --force");
        self.worker.item(Level::Debug, activity.as_key(), &text);
        DownloadResult::Unavailable
    }

    /// Suspends a platform for the rest of this run.
    fn suspend(&mut self, activity: &Activity, problem: Problem) -> Error {
        self.suspensions.suspend(&self.worker, &PlatformId::from(activity.platform.as_str()), &problem);
        Error::Platform(Box::new(problem))
    }

    /// Why no more files of a platform are downloaded; `None` if downloads continue.
    fn suspended(&self, platform: &str) -> Option<Problem> {
        let full = self.setup.full().clone();
        full.or_else(|| self.suspensions.problem(platform).cloned())
    }

    /// Counts failures in a row; returns whether there are too many. An activity that failed in an earlier run does not
    /// count: a few permanent failures at the top of the list would otherwise end every run early.
    fn is_another_failure_too_many(&mut self, activity: &Activity) -> Result<bool> {
        if self.worker.catalogue.problem(activity.as_key(), "gs-download")?.is_some() {
            return Ok(false);
        }
        Ok(self.suspensions.is_another_failure_too_many(&PlatformId::from(activity.platform.as_str())))
    }

    /// Stops all further downloads after a storage error: a full disk cannot store the next file either.
    fn storage(&mut self, platform: &str, error: &archive::Error) -> Error {
        let problem = problem(ProblemKind::Storage, error.reason());
        self.worker.raise(if error.is_configuration() { Exit::Config } else { Exit::Partial });
        let mut full = self.setup.full();
        // Another platform may have met the same disk at the same time.
        if let Some(first) = &*full {
            return Error::Platform(Box::new(first.clone()));
        }
        *full = Some(problem.clone());
        drop(full);
        let reason = problem.why();
        self.worker.failed(&format!("{platform}: {reason}; remaining downloads skipped"), Some(platform), &reason);
        Error::Platform(Box::new(problem))
    }

    /// Reports the problem of an activity.
    fn report_problem(&mut self, activity: &Activity, problem: &Problem) {
        self.worker.raise(problem.kind.exit());
        self.worker.count("failed", 1);
        // The files of a suspended platform were not requested, and the suspension was reported once for all.
        if self.suspended(&activity.platform).as_ref() != Some(problem) {
            self.worker.item_failed(activity.as_key(), None, &activity.platform, &problem.why());
        }
    }
}

fn problem(kind: ProblemKind, reason: Reason) -> Problem {
    Problem::new("gs-download", kind, reason)
}
