//! When an upload whose answer was lost is sent again. Services list late, so one look that does not show it proves little:
//! the wait grows with each time that it seems to have been lost.

use std::time::Duration;

use jiff::Timestamp;

/// So many looks must have missed an upload before it is sent again.
const LOOKS: u32 = 2;
/// No wait is longer.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// No pause between two looks of one run is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// An upload of which nothing is known but that its list does not show it.
#[derive(Debug, Clone, Copy)]
pub struct Missed {
    /// When it was begun.
    pub begun: Timestamp,
    /// How many looks have missed it.
    pub looks: u32,
    /// How often the same file was sent there before and never arrived.
    pub tries: u32,
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resend {
    /// Send it again.
    Now,
    /// Look once more after this pause, and send it then.
    LookAgain(Duration),
    /// Leave it to a run at that time or later.
    Wait(Timestamp),
}

impl Missed {
    /// Decides. `first_wait` is the least age of an upload that is sent again for the first time, `pause` the least time
    /// between two looks.
    pub fn decide(&self, first_wait: Duration, pause: Duration, now: Timestamp) -> Resend {
        let wait = grown(first_wait, self.tries).min(LONGEST);
        match self.begun.checked_add(wait).unwrap_or(Timestamp::MAX) {
            due if due > now => Resend::Wait(due),
            _ if self.looks < LOOKS => Resend::LookAgain(grown(pause, self.tries).min(LONGEST_PAUSE)),
            _ => Resend::Now,
        }
    }
}

fn grown(first: Duration, tries: u32) -> Duration {
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

    fn decide(looks: u32, tries: u32, minutes: i64) -> Resend {
        Missed { begun: at(0), looks, tries }.decide(FIRST, PAUSE, at(minutes))
    }

    #[test]
    fn it_takes_an_age_and_two_looks() {
        assert_eq!(decide(1, 0, 0), Resend::Wait(at(10)));
        assert_eq!(decide(9, 0, 9), Resend::Wait(at(10)), "many looks in one minute prove no more than one");
        assert_eq!(decide(1, 0, 10), Resend::LookAgain(PAUSE));
        assert_eq!(decide(2, 0, 10), Resend::Now);
    }

    #[test]
    fn each_time_it_was_lost_the_wait_is_twice_as_long() {
        assert_eq!(decide(2, 1, 19), Resend::Wait(at(20)));
        assert_eq!(decide(2, 1, 20), Resend::Now);
        assert_eq!(decide(1, 2, 40), Resend::LookAgain(PAUSE * 4));
        assert_eq!(decide(2, 60, 0), Resend::Wait(at(24 * 60)));
        assert_eq!(decide(1, 60, 24 * 60), Resend::LookAgain(LONGEST_PAUSE));
    }
}
