//! The quota of files: whether the next one can be requested, and the errors that say why not.

use jiff::{SignedDuration, Timestamp};

use super::CorosMcp;
use crate::platform::{Error, FileQuota, QuotaState, Result};

/// The service's limit: 50 files of an account in 24 hours. The sources disagree on whether that is a day of the calendar
/// or begins with the first request; downloads, and requests for the URL of a file, count together.
pub const QUOTA: FileQuota = FileQuota { files: 50, period: SignedDuration::from_hours(24), nearly: 45, most_empty: 5 };

impl CorosMcp {
    pub(super) fn quota_state(&self) -> Result<QuotaState> {
        let now = self.context.http.now();
        Ok(QUOTA.state(&self.context.files.since(QUOTA.since(now))?, now))
    }

    /// Fails if the quota is used up.
    pub(super) fn check_quota(&self) -> Result<()> {
        match self.quota_state()?.next {
            Some(next) => Err(self.quota_used_up(next)),
            None => Ok(()),
        }
    }

    fn quota_used_up(&self, next: Timestamp) -> Error {
        let rest = match self.context.files.outstanding() {
            Ok(files @ 1..) => format!(
                "; files not archived yet: {files}, which takes {}; the login of the Training Hub has no \
                 such limit: gs-auth login --platform {}",
                match QUOTA.periods(files) {
                    1 => "another day".to_owned(),
                    days => format!("{days} days"),
                },
                self.context.platform
            ),
            // It is only a detail of the message.
            Ok(0) | Err(_) => String::new(),
        };
        Error::retry_platform(format!(
            "the quota of files is used up: COROS gives {} in 24 hours; next file after {next}{rest}",
            QUOTA.files
        ))
    }

    /// The error for a response without a file. It is never final: whether it counts is decided by other files.
    pub(super) fn no_file(&self) -> Result<Error> {
        Ok(match self.quota_state()?.next {
            Some(next) => self.quota_used_up(next),
            None => Error::NoFileGiven,
        })
    }
}
