//! When to repeat an upload whose response was lost. Services list uploads late, so one listing without it proves little: the
//! wait doubles with each lost attempt.

use std::time::Duration;

use jiff::Timestamp;

/// How many listings must not show an upload before it is repeated.
const MIN_LISTINGS: u32 = 2;
/// The longest wait before an upload is repeated.
const MAX_WAIT: Duration = Duration::from_secs(24 * 3600);
/// The longest pause between two listings of one run.
const MAX_PAUSE: Duration = Duration::from_secs(120);

/// An upload without a response that the listing does not show.
#[derive(Debug, Clone, Copy)]
pub struct UnlistedUpload {
    /// When it was started.
    pub started: Timestamp,
    /// How many listings did not show it.
    pub listings: u32,
    /// How often the same file was uploaded to the target before and never arrived.
    pub tries: u32,
}

/// What to do with the upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resend {
    /// Upload it again.
    Now,
    /// List once more after this pause, then upload it again.
    CheckAgain(Duration),
    /// A later run decides, at this time or after it.
    Wait(Timestamp),
}

impl UnlistedUpload {
    /// Decides. `first_wait` is the minimum age of an upload that is repeated for the first time, `pause` the minimum time
    /// between two listings.
    pub fn decide(&self, first_wait: Duration, pause: Duration, now: Timestamp) -> Resend {
        let wait = doubled(first_wait, self.tries).min(MAX_WAIT);
        match self.started.checked_add(wait).unwrap_or(Timestamp::MAX) {
            due if due > now => Resend::Wait(due),
            _ if self.listings < MIN_LISTINGS => Resend::CheckAgain(doubled(pause, self.tries).min(MAX_PAUSE)),
            _ => Resend::Now,
        }
    }
}

fn doubled(first: Duration, tries: u32) -> Duration {
    first.saturating_mul(1_u32.checked_shl(tries).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_secs(600);
    const PAUSE: Duration = Duration::from_secs(10);

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + minutes * 60).unwrap()
    }

    fn decide(listings: u32, tries: u32, minutes: i64) -> Resend {
        UnlistedUpload { started: at(0), listings, tries }.decide(FIRST, PAUSE, at(minutes))
    }

    #[test]
    fn an_upload_is_repeated_after_a_wait_and_two_listings() {
        assert_eq!(decide(1, 0, 0), Resend::Wait(at(10)));
        assert_eq!(decide(9, 0, 9), Resend::Wait(at(10)), "many listings in one minute prove no more than one");
        assert_eq!(decide(1, 0, 10), Resend::CheckAgain(PAUSE));
        assert_eq!(decide(2, 0, 10), Resend::Now);
    }

    #[test]
    fn each_lost_attempt_doubles_the_wait() {
        assert_eq!(decide(2, 1, 19), Resend::Wait(at(20)));
        assert_eq!(decide(2, 1, 20), Resend::Now);
        assert_eq!(decide(1, 2, 40), Resend::CheckAgain(PAUSE * 4));
        assert_eq!(decide(2, 60, 0), Resend::Wait(at(24 * 60)));
        assert_eq!(decide(1, 60, 24 * 60), Resend::CheckAgain(MAX_PAUSE));
    }
}
