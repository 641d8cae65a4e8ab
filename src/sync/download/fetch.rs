//! Requests one file from the platform and handles the response.

use super::outage::OutageVerdict;
use super::rejected::{RejectedFile, RejectionOutcome};
use super::{DownloadResult, Downloads, problem};
use crate::activity::{Activity, Format};
use crate::archive::BadBody;
use crate::catalogue::FileRow;
use crate::platform::{self, Download, PlatformReader};
use crate::reason::Reason;
use crate::record::{Problem, ProblemKind};
use crate::sync::{Error, Failure, ItemResult, Level, NotKept, StoreAs};

impl Downloads<'_> {
    /// Requests the file. `export`: the converted file in the archive, which is kept unless the original arrives.
    pub(super) fn fetch(&mut self, activity: &Activity, export: Option<FileRow>) -> ItemResult<DownloadResult> {
        let known = self.worker.catalogue.entry(activity.as_key())?;
        // A record may have been shortened by another tool; the catalogue has all fields.
        let activity = known.map_or_else(|| activity.clone(), |entry| entry.activity);
        self.progress.step(&format!("{} {}", activity.platform, activity.id));
        let download = self.request(&activity)?;
        // Any valid response ends a series of failures.
        let is_answer = match &download {
            Ok(Download::Converted { retry_original, .. }) => !retry_original,
            Ok(_) | Err(platform::Error::NotFound(_)) => true,
            Err(_) => false,
        };
        if is_answer {
            self.suspensions.succeeded(&activity.platform);
        }
        match (download, export) {
            (Ok(Download::Original(bytes)), export) => self.keep_original(&activity, bytes, export),
            (Ok(_), Some(file)) => {
                let now = self.worker.now();
                self.worker.catalogue.defer_original(activity.as_key(), now)?;
                Ok(DownloadResult::File(file))
            }
            // An import may have added an activity that was deleted on the service long ago.
            (Err(platform::Error::NotFound(why)), Some(file)) => {
                let key = activity.as_key();
                self.worker.item(Level::Warning, key, &format!("{why}; the archived file is kept"));
                let now = self.worker.now();
                self.worker.catalogue.defer_original(key, now)?;
                Ok(DownloadResult::File(file))
            }
            (Ok(Download::Converted { bytes, why, retry_original }), None) => {
                self.store_export(&activity, &bytes, &why, retry_original)
            }
            (Ok(Download::None { why }), None) => {
                let now = self.worker.now();
                self.worker.catalogue.insert_if_absent(&activity, now)?;
                self.worker.catalogue.set_no_original(activity.as_key())?;
                self.worker.item(Level::Debug, activity.as_key(), &format!("no file: {why}"));
                self.worker.count("no_original", 1);
                Ok(DownloadResult::NoFile)
            }
            (Err(error), export) => self.failed(&activity, error, export),
        }
    }

    /// Stores a converted file. If its original may arrive later, the original is requested again; several such files
    /// in a row mean that the service, and not the files, is the cause.
    fn store_export(
        &mut self,
        activity: &Activity,
        bytes: &[u8],
        why: &str,
        retry_original: bool,
    ) -> ItemResult<DownloadResult> {
        if retry_original && self.is_another_failure_too_many(activity)? {
            let reason = Reason::ServiceDown { reason: Box::new(Reason::Retry { detail: why.to_owned() }) };
            return Err(self.suspend(activity, problem(ProblemKind::Retry, reason)));
        }
        match self.worker.store_body(activity, bytes, StoreAs::converted(retry_original, self.worker.now())) {
            Ok(file) => {
                // Nobody converts into FIT: such a file is another service's copy, and there may be hundreds of them.
                let (level, text) = match file.format {
                    Format::Fit => (Level::Debug, format!("saved a copy: {why}")),
                    format => {
                        let label = format.label();
                        (Level::Warning, format!("saved the {label} export: original unavailable ({why})"))
                    }
                };
                self.worker.item(level, activity.as_key(), &text);
                self.worker.count("downloaded", 1);
                self.worker.count("converted", 1);
                Ok(DownloadResult::File(file))
            }
            Err(NotKept::Bad(bad)) => self.rejected(activity, RejectedFile::plain(bad_file(&bad)), None),
            Err(not_kept) => self.not_kept(activity, not_kept),
        }
    }

    /// Stores an original. `export`: the converted file that it replaces.
    fn keep_original(
        &mut self,
        activity: &Activity,
        bytes: Vec<u8>,
        export: Option<FileRow>,
    ) -> ItemResult<DownloadResult> {
        match self.worker.store_body(activity, &bytes, StoreAs::Original) {
            Ok(file) => {
                self.outages.original_arrived(&activity.platform);
                self.worker.count("downloaded", 1);
                Ok(DownloadResult::File(file))
            }
            Err(NotKept::Bad(bad)) => {
                let problem = bad_file(&bad);
                self.rejected(activity, RejectedFile { problem, body: Some((bytes, bad)) }, export)
            }
            Err(not_kept) => self.not_kept(activity, not_kept),
        }
    }

    fn not_kept(&mut self, activity: &Activity, not_kept: NotKept) -> ItemResult<DownloadResult> {
        match not_kept {
            NotKept::Bad(bad) => Err(Error::Item(Box::new(bad_file(&bad)))),
            NotKept::Storage(error) => Err(self.storage(&activity.platform, &error)),
            NotKept::Failed(failure) => Err(failure.into()),
        }
    }

    /// Records that a platform rejected a file or provided it corrupt, and handles the consequences.
    fn rejected(
        &mut self,
        activity: &Activity,
        rejected: RejectedFile,
        export: Option<FileRow>,
    ) -> ItemResult<DownloadResult> {
        let Some(platform) = self.open.remove(&activity.platform) else {
            return Err(Error::Item(Box::new(rejected.problem)));
        };
        let settled = self.settle(platform.as_ref(), activity, rejected, export);
        self.open.insert(activity.platform.clone(), platform);
        settled
    }

    fn settle(
        &mut self,
        platform: &dyn PlatformReader,
        activity: &Activity,
        rejected: RejectedFile,
        export: Option<FileRow>,
    ) -> ItemResult<DownloadResult> {
        self.progress.step("checking whether the service provides other files");
        let counts = match self.outages.judge(&mut self.worker, platform, activity)? {
            OutageVerdict::Counts => true,
            OutageVerdict::Unknown => false,
            OutageVerdict::Outage(reason) => {
                return Err(self.suspend(activity, problem(ProblemKind::Retry, reason)));
            }
        };
        match export {
            // The cause is unknown, so the converted file stays and the next run requests the original again.
            Some(_) if !counts => return Err(Error::Item(Box::new(rejected.problem))),
            Some(file) => {
                return match self.worker.rejected_again(activity, &rejected) {
                    Ok(()) => Ok(DownloadResult::File(file)),
                    Err(not_kept) => self.not_kept(activity, not_kept),
                };
            }
            None => {}
        }
        let mut problem = rejected.problem.clone();
        match self.worker.settle_rejection(platform, activity, &rejected, counts) {
            // With `--force`, the user requested the file, so the problem is reported.
            Ok(RejectionOutcome::StillUnavailable) if !self.setup.options.force => {
                let text = format!("still unavailable: {}", problem.why());
                self.worker.item(Level::Debug, activity.as_key(), &text);
                self.worker.count("unavailable", 1);
                Ok(DownloadResult::Unavailable)
            }
            Ok(RejectionOutcome::AskAgain | RejectionOutcome::StillUnavailable) => Err(Error::Item(Box::new(problem))),
            Ok(RejectionOutcome::Weekly { runs, kept }) => {
                let reason = Reason::RequestedWeekly { runs, reason: Box::new(problem.why()), kept };
                problem.reason = reason.into();
                Err(Error::Item(Box::new(problem)))
            }
            Ok(RejectionOutcome::Converted(file)) => {
                self.worker.count("downloaded", 1);
                self.worker.count("converted", 1);
                Ok(DownloadResult::File(file))
            }
            Err(not_kept) => self.not_kept(activity, not_kept),
        }
    }

    /// Converts a failed request to the problem of this record, and suspends the platform if needed. `export`: the
    /// converted file in place of the requested original.
    fn failed(
        &mut self,
        activity: &Activity,
        error: platform::Error,
        export: Option<FileRow>,
    ) -> ItemResult<DownloadResult> {
        let reason = error.reason();
        let (kind, all) = match error {
            platform::Error::Login(_) => (ProblemKind::LoginRequired, true),
            platform::Error::Retry { platform_wide, .. } => {
                (ProblemKind::Retry, platform_wide || self.is_another_failure_too_many(activity)?)
            }
            platform::Error::Unexpected(_) => (ProblemKind::CorruptFile, false),
            platform::Error::NotFound(_) => (ProblemKind::NotFound, false),
            platform::Error::Rejected(_) | platform::Error::NoFileGiven => (ProblemKind::Rejected, false),
            platform::Error::OtherAccount(_) => (ProblemKind::Account, true),
            platform::Error::Config(_) => (ProblemKind::Config, true),
            platform::Error::Input(_)
            | platform::Error::Storage(_)
            | platform::Error::OutcomeUnknown(_)
            | platform::Error::TooLate => return Err(Failure::from(error).into()),
            platform::Error::Stopped => return Err(Failure::from(error).into()),
        };
        let problem = problem(kind, reason);
        if all {
            return Err(self.suspend(activity, problem));
        }
        self.rejected(activity, RejectedFile::plain(problem), export)
    }
}

/// The problem of a file that is not intact.
fn bad_file(bad: &BadBody) -> Problem {
    problem(ProblemKind::CorruptFile, Reason::Corrupt { detail: bad.to_string() })
}
