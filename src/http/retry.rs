//! When a read is tried again, and after how long.

use std::time::Duration;

use jiff::Timestamp;

/// Exponential back-off with jitter.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// The first wait; each later one is twice the one before.
    pub first: Duration,
    /// No wait is longer.
    pub longest: Duration,
    /// How often a request is sent at most.
    pub tries: u32,
}

impl Backoff {
    /// The wait before try number `next` (2 is the first repetition). `random` lies in 0..1 and takes away up to half,
    /// so that several programs refused together do not come back together.
    pub fn wait(&self, next: u32, random: f64) -> Duration {
        let doubled = self.first.saturating_mul(1_u32.checked_shl(next.saturating_sub(2)).unwrap_or(u32::MAX));
        doubled.min(self.longest).mul_f64(1.0 - random / 2.0)
    }
}

/// Whether an answer of this status may be different the next time. 427 is a limit like 429 (Garmin, 2026).
pub fn may_pass(status: u16) -> bool {
    matches!(status, 408 | 427 | 429 | 500..=599)
}

/// Reads a `Retry-After` header: seconds, or a date (RFC 9110, section 10.2.3).
pub fn retry_after(value: &str, now: Timestamp) -> Option<Timestamp> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        // Whole seconds, rounded up: it is shown to people.
        let now = now.as_second() + i64::from(now.subsec_nanosecond() > 0);
        return Timestamp::from_second(now + i64::from(seconds)).ok();
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?;
    Some(date.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_bound_and_jitter_only_shortens() {
        let backoff = Backoff { first: Duration::from_secs(2), longest: Duration::from_secs(10), tries: 9 };
        let waits: Vec<f64> = (2..7).map(|n| backoff.wait(n, 0.0).as_secs_f64()).collect();
        assert_eq!(waits, [2.0, 4.0, 8.0, 10.0, 10.0]);
        assert_eq!(backoff.wait(2, 1.0), Duration::from_secs(1));
        assert_eq!(backoff.wait(200, 0.0), Duration::from_secs(10));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let until = |text| retry_after(text, now).map(|t| t.to_string());
        assert_eq!(until("90").as_deref(), Some("2026-01-01T00:01:30Z"));
        assert_eq!(until("Thu, 01 Jan 2026 00:00:07 GMT").as_deref(), Some("2026-01-01T00:00:07Z"));
        assert_eq!(until("soon"), None);
    }
}
