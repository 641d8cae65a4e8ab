//! Asks the platform for one file, and does what its answer means.

use jiff::Timestamp;

use super::outage::Verdict;
use super::refused::{RefusalOutcome, Refused};
use super::{Downloads, Got, problem};
use crate::activity::Activity;
use crate::archive::BadBody;
use crate::catalogue::FileRow;
use crate::cli::{Exit, Failure, NotKept, Origin};
use crate::platform::{Download, Error, PlatformReader};
use crate::record::{Problem, ProblemKind};

impl Downloads<'_> {
    /// Asks the platform. `export` is what is there already in place of an original; it stays unless that comes.
    pub(super) fn fetch(
        &mut self,
        activity: &Activity,
        export: Option<FileRow>,
    ) -> Result<Result<Got, Problem>, Failure> {
        let known = self.run.catalogue.entry(&activity.platform, &activity.id)?;
        // The catalogue knows more of it than a record somebody has shortened.
        let activity = known.map_or_else(|| activity.clone(), |entry| entry.activity);
        self.bar.say(&format!("{} {}", activity.platform, activity.id));
        let download = self.platform(&activity.platform)?.and_then(|platform| platform.download(&activity));
        // Whatever it was, a proper answer ends a row of troubles.
        let is_answer = match &download {
            Ok(Download::Converted { retry_original, .. }) => !retry_original,
            Ok(_) | Err(Error::NotFound(_)) => true,
            Err(_) => false,
        };
        if is_answer {
            self.troubles.remove(&activity.platform);
        }
        match (download, export) {
            (Ok(Download::Original(bytes)), export) => self.keep_original(&activity, bytes, export),
            (Ok(_), Some(file)) => {
                self.run.catalogue.asked_in_vain(&activity.platform, &activity.id, Timestamp::now())?;
                Ok(Ok(Got::File(file)))
            }
            // An import may have brought in what was deleted there long ago.
            (Err(Error::NotFound(why)), Some(file)) => {
                let (platform, id) = (&activity.platform, &activity.id);
                self.run.talk.warning(&format!("{platform} {id}: {why}; what was kept of it stays"));
                self.run.catalogue.asked_in_vain(platform, id, Timestamp::now())?;
                Ok(Ok(Got::File(file)))
            }
            (Ok(Download::Converted { bytes, why, retry_original }), None) => {
                self.store_export(&activity, &bytes, &why, retry_original)
            }
            (Ok(Download::None { why }), None) => {
                self.run.catalogue.ensure(&activity, Timestamp::now())?;
                self.run.catalogue.set_no_original(&activity.platform, &activity.id)?;
                self.run.talk.detail(&format!("{} {}: no file: {why}", activity.platform, activity.id));
                self.run.count("no_original", 1);
                Ok(Ok(Got::NoFile))
            }
            (Err(error), export) => self.failed(&activity, error, export),
        }
    }

    /// Keeps an export. One whose original may come another day is asked for again; when several in a row are of that
    /// kind, it is the service that is in trouble and not their files.
    fn store_export(
        &mut self,
        activity: &Activity,
        bytes: &[u8],
        why: &str,
        retry_original: bool,
    ) -> Result<Result<Got, Problem>, Failure> {
        if retry_original && self.another_trouble(activity)? {
            let message = format!("{why}, and so for several in a row; try again later");
            return self.failed(activity, Error::Retry { message, platform_wide: true }, None);
        }
        match self.run.keep_body(activity, bytes, Origin::export(retry_original)) {
            Ok(file) => {
                self.run.talk.warning(&format!("{} {}: kept an export: {why}", activity.platform, activity.id));
                self.run.count("downloaded", 1);
                self.run.count("exports", 1);
                Ok(Ok(Got::File(file)))
            }
            Err(NotKept::Bad(bad)) => self.refused(activity, Refused::plain(bad_file(&bad)), None),
            Err(not_kept) => self.not_kept(activity, not_kept),
        }
    }

    /// Keeps an original. `export`: what is there in its place.
    fn keep_original(
        &mut self,
        activity: &Activity,
        bytes: Vec<u8>,
        export: Option<FileRow>,
    ) -> Result<Result<Got, Problem>, Failure> {
        match self.run.keep_body(activity, &bytes, Origin::Original) {
            Ok(file) => {
                self.outages.original_arrived(&activity.platform);
                self.run.count("downloaded", 1);
                Ok(Ok(Got::File(file)))
            }
            Err(NotKept::Bad(bad)) => {
                let problem =
                    problem(ProblemKind::BadFile, format!("{bad}; nothing was stored, the next run tries again"));
                self.refused(activity, Refused { problem, body: Some((bytes, bad)) }, export)
            }
            Err(not_kept) => self.not_kept(activity, not_kept),
        }
    }

    fn not_kept(&mut self, activity: &Activity, not_kept: NotKept) -> Result<Result<Got, Problem>, Failure> {
        match not_kept {
            NotKept::Bad(bad) => Ok(Err(bad_file(&bad))),
            NotKept::Storage(error) => self.storage(&activity.platform, &error),
            NotKept::Failed(failure) => Err(failure),
        }
    }

    /// A platform did not give a file, or gave it broken: that is written down, and what follows from it is done.
    fn refused(
        &mut self,
        activity: &Activity,
        refused: Refused,
        export: Option<FileRow>,
    ) -> Result<Result<Got, Problem>, Failure> {
        let Some(platform) = self.open.remove(&activity.platform) else { return Ok(Err(refused.problem)) };
        let settled = self.settle(platform.as_ref(), activity, refused, export);
        self.open.insert(activity.platform.clone(), platform);
        settled
    }

    fn settle(
        &mut self,
        platform: &dyn PlatformReader,
        activity: &Activity,
        refused: Refused,
        export: Option<FileRow>,
    ) -> Result<Result<Got, Problem>, Failure> {
        self.bar.say("whether the service gives other files");
        let counts = match self.outages.judge(self.run, platform, activity)? {
            Verdict::Counts => true,
            Verdict::Unknown => false,
            Verdict::Outage(why) => {
                let message = format!("the service does not give files that it gave before ({why}); try again later");
                return Ok(Err(self.leave_alone(&activity.platform, problem(ProblemKind::RetryLater, message))));
            }
        };
        match export {
            // Whether it is the original or the service nobody knows: what is there stays, and the next run asks again.
            Some(_) if !counts => return Ok(Err(refused.problem)),
            Some(file) => {
                return match self.run.refused_again(activity, &refused) {
                    Ok(()) => Ok(Ok(Got::File(file))),
                    Err(not_kept) => self.not_kept(activity, not_kept),
                };
            }
            None => {}
        }
        let mut problem = refused.problem.clone();
        match self.run.settle_refusal(platform, activity, &refused, counts) {
            // A person asked for it and is told.
            Ok(RefusalOutcome::StillUnavailable) if !self.force => {
                let (platform, id) = (&activity.platform, &activity.id);
                self.run.talk.detail(&format!("{platform} {id}: still unavailable: {}", problem.message));
                self.run.count("unavailable", 1);
                Ok(Ok(Got::Unavailable))
            }
            Ok(RefusalOutcome::AskAgain | RefusalOutcome::StillUnavailable) => Ok(Err(problem)),
            Ok(RefusalOutcome::Weekly(more)) => {
                problem.message = format!("{}; {more}", problem.message);
                Ok(Err(problem))
            }
            Ok(RefusalOutcome::Export(file)) => {
                self.run.count("downloaded", 1);
                self.run.count("exports", 1);
                Ok(Ok(Got::File(file)))
            }
            Err(not_kept) => self.not_kept(activity, not_kept),
        }
    }

    /// What a failed request means: for this record, and for the rest of its platform. `export`: what is there in place of
    /// the original that was asked for.
    fn failed(
        &mut self,
        activity: &Activity,
        error: Error,
        export: Option<FileRow>,
    ) -> Result<Result<Got, Problem>, Failure> {
        let text = error.to_string();
        let (kind, all) = match error {
            Error::Login(_) => (ProblemKind::Login, true),
            Error::Retry { platform_wide, .. } => {
                (ProblemKind::RetryLater, platform_wide || self.another_trouble(activity)?)
            }
            Error::Unexpected(_) => (ProblemKind::BadFile, false),
            Error::NotFound(_) => (ProblemKind::Gone, false),
            Error::Rejected(_) => (ProblemKind::Refused, false),
            Error::OtherAccount(_) => (ProblemKind::Account, true),
            Error::Config(_) => (ProblemKind::Config, true),
            Error::Input(_) | Error::Storage(_) | Error::OutcomeUnknown(_) | Error::TooLate => return Err(error.into()),
            Error::Stopped => {
                let message = "stopped; what was begun is finished, run it again for the rest";
                return Err(Failure::new(Exit::Interrupted, message));
            }
        };
        let problem = problem(kind, text);
        if all {
            return Ok(Err(self.leave_alone(&activity.platform, problem)));
        }
        self.refused(activity, Refused::plain(problem), export)
    }
}

/// What came is no whole file.
fn bad_file(bad: &BadBody) -> Problem {
    problem(ProblemKind::BadFile, format!("{bad}; nothing was stored, the next run tries again"))
}
