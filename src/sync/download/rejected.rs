//! Handles a file that its platform rejects or provides corrupt. The file is requested in every run at first; after the
//! third rejection once a week, and reported only as a detail. A corrupt original is kept as received, next to the
//! converted file.

use crate::activity::Activity;
use crate::archive::BadBody;
use crate::catalogue::{self, FAILURES_UNTIL_UNAVAILABLE, FileRow, REJECTIONS_UNTIL_UNAVAILABLE};
use crate::platform::{Download, PlatformReader};
use crate::record::{Problem, ProblemKind};
use crate::sync::{Level, NotKept, StoreAs, StoreResult, Worker};

/// A file that was rejected or is corrupt.
#[derive(Debug)]
pub struct RejectedFile {
    /// The problem.
    pub problem: Problem,
    /// The bytes of a corrupt recording, as received.
    pub body: Option<(Vec<u8>, BadBody)>,
}

/// The consequence of a rejection.
#[derive(Debug)]
pub enum RejectionOutcome {
    /// The next run requests the file again.
    AskAgain,
    /// From now on the file is requested once a week.
    Weekly {
        /// The number of runs in which it was rejected.
        runs: u32,
        /// Where the corrupt original is kept, if the service gave one.
        kept: Option<String>,
    },
    /// The file was requested once a week before this rejection, too.
    StillUnavailable,
    /// The converted file is kept instead.
    Converted(FileRow),
}

impl Worker {
    /// Records that `platform` rejected the file of an activity, and handles the consequences. `counts`: the platform
    /// provides other files.
    pub fn settle_rejection(
        &mut self,
        platform: &dyn PlatformReader,
        activity: &Activity,
        rejected: &RejectedFile,
        counts: bool,
    ) -> StoreResult<RejectionOutcome> {
        let failed = |error: catalogue::Error| NotKept::Failed(error.into());
        let (problem, now) = (&rejected.problem, self.now());
        let run_id = self.run_id.clone();
        let rejection = catalogue::DownloadRejection {
            entry: activity.as_key(),
            kind: problem.kind.name(),
            reason: &problem.why(),
            counts_in: counts.then_some(run_id.as_str()),
        };
        let was_unavailable = self.catalogue.unavailable(activity.as_key()).map_err(failed)?.is_some();
        let times = self.catalogue.count_rejection(&rejection, now).map_err(failed)?;
        let enough =
            if problem.kind == ProblemKind::Retry { FAILURES_UNTIL_UNAVAILABLE } else { REJECTIONS_UNTIL_UNAVAILABLE };
        if times < enough && !was_unavailable {
            return Ok(RejectionOutcome::AskAgain);
        }
        // This also runs after later rejections: a kill may have interrupted the third one, or no converted file was
        // available then.
        let corrupt = self.keep_if_corrupt(activity, rejected)?;
        if let Some(file) = self.export_instead(platform, activity, rejected)? {
            let as_it_came = corrupt.map(|path| format!(", and the corrupt original as {path}")).unwrap_or_default();
            let text = format!(
                "the original cannot be used ({}); saved the {} export by the service{as_it_came}; the original is requested again once a week",
                rejected.why(),
                file.format.label()
            );
            self.item(Level::Warning, activity.as_key(), &text);
            return Ok(RejectionOutcome::Converted(file));
        }
        if was_unavailable {
            return Ok(RejectionOutcome::StillUnavailable);
        }
        Ok(RejectionOutcome::Weekly { runs: times, kept: corrupt })
    }

    /// Handles the rejection of an original for which a converted file is kept: the converted file stays, and the
    /// original is requested again.
    pub fn rejected_again(&mut self, activity: &Activity, rejected: &RejectedFile) -> StoreResult<()> {
        self.keep_if_corrupt(activity, rejected)?;
        let key = activity.as_key();
        let now = self.now();
        self.catalogue.defer_original(key, now).map_err(|error| NotKept::Failed(error.into()))?;
        let text = format!("the converted file stays: the original is still rejected: {}", rejected.why());
        self.item(Level::Debug, key, &text);
        Ok(())
    }

    /// Keeps a corrupt body, if it is a recording. Returns its path.
    fn keep_if_corrupt(&mut self, activity: &Activity, rejected: &RejectedFile) -> StoreResult<Option<String>> {
        let Some((body, bad)) = &rejected.body else { return Ok(None) };
        let Some(ending) = bad.recording() else { return Ok(None) };
        let path = self.keep_corrupt(activity, body, ending)?;
        Ok(Some(path.display().to_string()))
    }

    /// Keeps the converted file of an activity whose original is corrupt, if the service provides one.
    fn export_instead(
        &mut self,
        platform: &dyn PlatformReader,
        activity: &Activity,
        rejected: &RejectedFile,
    ) -> StoreResult<Option<FileRow>> {
        // If the service rejected the original, it rejects the converted file, too.
        if rejected.problem.kind != ProblemKind::CorruptFile {
            return Ok(None);
        }
        let bytes = match platform.download_converted(activity, &rejected.why()) {
            Ok(Download::Converted { bytes, .. }) => bytes,
            Ok(_) => return Ok(None),
            Err(error) => {
                self.item(Level::Debug, activity.as_key(), &format!("no converted file either: {error}"));
                return Ok(None);
            }
        };
        match self.store_body(activity, &bytes, StoreAs::beside_corrupt(self.now())) {
            Ok(file) => Ok(Some(file)),
            Err(NotKept::Bad(bad)) => {
                self.item(Level::Debug, activity.as_key(), &format!("no converted file either: {bad}"));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

impl RejectedFile {
    /// A rejection without a body.
    pub fn plain(problem: Problem) -> RejectedFile {
        RejectedFile { problem, body: None }
    }

    /// Why the file cannot be used.
    fn why(&self) -> String {
        self.body.as_ref().map_or_else(|| self.problem.why().to_string(), |(_, bad)| bad.why().to_owned())
    }
}
