//! Checks of stored times: clocks are sometimes wrong, especially on small machines that boot without a network.
//!
//! Every comparison with a stored time has two limits. A time in the future was stored while a clock was ahead, so its
//! age is unknown.

use std::ops::Add;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use jiff::{SignedDuration, Timestamp};

/// The largest difference between two clocks, or by setting a clock, that is ignored.
pub const SLACK: SignedDuration = SignedDuration::from_secs(120);

/// How often a wait checks whether a person wants the program to end.
pub const STOP_POLL: Duration = Duration::from_millis(50);

/// The moment at which [`Clock::steady`] starts to count.
static STARTED: OnceLock<Instant> = OnceLock::new();

/// The clock that code reads.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The clock of this machine.
    #[default]
    System,
    /// A clock that tests set. Waiting moves it forward.
    Set(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// A clock that stands still until it is set or a wait moves it.
    pub fn at(now: Timestamp) -> Clock {
        Clock::Set(Arc::new(Mutex::new(now)))
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        match self {
            Clock::System => Timestamp::now(),
            Clock::Set(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// The time since a fixed moment, by a clock that is never set back. Only the difference of two readings has a
    /// meaning. It measures how long a wait has lasted even if the system clock is set meanwhile.
    pub fn steady(&self) -> Duration {
        match self {
            Clock::System => STARTED.get_or_init(Instant::now).elapsed(),
            Clock::Set(_) => self.now().duration_since(Timestamp::UNIX_EPOCH).try_into().unwrap_or_default(),
        }
    }

    /// Moves a clock that tests set forward by `time`. Has no effect on the clock of the machine.
    pub fn advance(&self, time: SignedDuration) {
        if let Clock::Set(now) = self {
            let mut now = now.lock().unwrap_or_else(PoisonError::into_inner);
            *now = now.checked_add(time).unwrap_or(Timestamp::MAX);
        }
    }

    /// Waits for `time`, or until `is_stopped`. A clock that tests set is moved forward instead.
    pub fn sleep(&self, time: Duration, is_stopped: impl Fn() -> bool) {
        if let Clock::Set(_) = self {
            return self.advance(SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX));
        }
        let end = Instant::now() + time;
        while Instant::now() < end && !is_stopped() {
            std::thread::sleep(STOP_POLL.min(end.saturating_duration_since(Instant::now())));
        }
    }
}

/// A moment of this process, by two clocks: the monotonic clock, which may stand still while the machine sleeps, and
/// the system clock. It is over as soon as one of the two has reached it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    steady: Instant,
    wall: SystemTime,
}

impl Moment {
    /// Now.
    pub fn now() -> Moment {
        Moment { steady: Instant::now(), wall: SystemTime::now() }
    }

    /// Whether the moment has passed.
    pub fn is_over(&self) -> bool {
        self.is_before(Moment::now())
    }

    fn is_before(&self, now: Moment) -> bool {
        self.steady < now.steady || self.wall < now.wall
    }
}

impl Add<Duration> for Moment {
    type Output = Moment;

    fn add(self, time: Duration) -> Moment {
        Moment { steady: self.steady + time, wall: self.wall + time }
    }
}

/// The time since `at`; `None` if `at` is in the future, so that the age is unknown.
pub fn age(at: Timestamp, now: Timestamp) -> Option<SignedDuration> {
    let age = now.duration_since(at);
    (age >= -SLACK).then_some(age)
}

/// Whether `at` is known to be at most `most` ago.
pub fn is_within(at: Timestamp, now: Timestamp, most: SignedDuration) -> bool {
    age(at, now).is_some_and(|age| age <= most)
}

/// The latest second that counts as not in the future.
pub fn latest(now: Timestamp) -> i64 {
    now.as_second() + SLACK.as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_moment_is_over_when_either_clock_has_reached_it() {
        let (now, second) = (Moment::now(), Duration::from_secs(1));
        let until = now + 15 * second;
        assert!(!until.is_before(now) && !until.is_before(now + 15 * second) && until.is_before(now + 16 * second));
        let slept = Moment { wall: now.wall + 1200 * second, ..now };
        assert!(until.is_before(slept), "the steady clock stopped during the sleep");
        let set_back = Moment { wall: now.wall - 1200 * second, ..now + 16 * second };
        assert!(until.is_before(set_back));
    }

    #[test]
    fn a_wait_advances_the_steady_clock() {
        let minute = Duration::from_secs(60);
        let clock = Clock::at(at(1_700_000_000));
        let before = clock.steady();
        clock.sleep(minute, || false);
        assert_eq!(clock.steady() - before, minute);
        let before = Clock::System.steady();
        Clock::System.sleep(Duration::from_millis(1), || false);
        assert!(Clock::System.steady() - before >= Duration::from_millis(1));
    }

    #[test]
    fn a_time_in_the_future_has_no_age() {
        assert_eq!(age(at(100), at(130)), Some(SignedDuration::from_secs(30)));
        assert_eq!(age(at(200), at(100)), Some(SignedDuration::from_secs(-100)), "clocks may differ a little");
        assert_eq!(age(at(400), at(100)), None);
        assert!(!is_within(at(400), at(100), SignedDuration::from_hours(1)));
        assert!(is_within(at(100), at(400), SignedDuration::from_hours(1)) && !is_within(at(100), at(4000), SLACK));
    }
}
