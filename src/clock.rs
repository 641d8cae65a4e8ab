//! What a stored time is worth: clocks are wrong at times, above all on small machines that boot without the network.
//!
//! Every comparison with a stored time is bounded on both sides. A time that lies in the future was written under a clock
//! that was ahead, so how long ago it was is not known.

use jiff::{SignedDuration, Timestamp};

/// Two clocks, or one that is being set, differ by less.
pub const SLACK: SignedDuration = SignedDuration::from_secs(120);

/// How long ago something was; `None` if that is not known, as its time is still to come.
pub fn age(at: Timestamp, now: Timestamp) -> Option<SignedDuration> {
    let age = now.duration_since(at);
    (age >= -SLACK).then_some(age)
}

/// Whether it is known that something is no older than `most`.
pub fn is_within(at: Timestamp, now: Timestamp, most: SignedDuration) -> bool {
    age(at, now).is_some_and(|age| age <= most)
}

/// The latest second that is not in the future.
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
    fn a_time_in_the_future_has_no_age() {
        assert_eq!(age(at(100), at(130)), Some(SignedDuration::from_secs(30)));
        assert_eq!(age(at(200), at(100)), Some(SignedDuration::from_secs(-100)), "clocks differ a little");
        assert_eq!(age(at(400), at(100)), None);
        assert!(!is_within(at(400), at(100), SignedDuration::from_hours(1)));
        assert!(is_within(at(100), at(400), SignedDuration::from_hours(1)) && !is_within(at(100), at(4000), SLACK));
    }
}
