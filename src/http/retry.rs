//! Which reads are retried, and after which wait.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The longest `Retry-After` that is respected.
pub const LONGEST_RETRY_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// The largest number of seconds, about thirty years. A larger number is read as this one.
const MOST_SECONDS: f64 = 1e9;

/// Exponential back-off with jitter.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// The first wait. Each later wait is twice as long as the previous one.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// How often a request is sent at most.
    pub tries: u32,
}

impl Backoff {
    /// The wait before attempt number `next` (2 is the first retry). `random` is in 0..1 and shortens the wait by up to
    /// half, so that several programs that failed together do not retry together.
    pub fn wait(&self, next: u32, random: f64) -> Duration {
        let doubled = self.first.saturating_mul(1_u32.checked_shl(next.saturating_sub(2)).unwrap_or(u32::MAX));
        doubled.min(self.longest).mul_f64(1.0 - random / 2.0)
    }
}

/// Whether a request that got this status may succeed when it is retried. 427 is a rate limit like 429 (Garmin, 2026).
pub fn is_retryable(status: u16) -> bool {
    matches!(status, 408 | 427 | 429 | 500..=599)
}

/// Reads a `Retry-After` header: seconds, or a date in one of the three forms of RFC 9110 (sections 10.2.3 and 5.6.7).
/// Fractions of a second, which the RFC does not allow, occur and are accepted. A number of any size is accepted and
/// limited.
pub fn retry_after(value: &str, now: Timestamp) -> Option<Timestamp> {
    let value = value.trim();
    let is_number = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    if let Some(seconds) = value.parse::<f64>().ok().filter(|_| value.bytes().all(is_number)) {
        // Whole seconds, rounded up, because people see this time.
        let now = now.as_second() + i64::from(now.subsec_nanosecond() > 0);
        return Timestamp::from_second(now + seconds.ceil().min(MOST_SECONDS) as i64).ok();
    }
    date(value)
}

/// Parses an HTTP date: `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` (RFC 850) or `Sun Nov  6
/// 08:49:37 1994` (asctime). The day of the week is redundant.
fn date(value: &str) -> Option<Timestamp> {
    if let Ok(date) = jiff::fmt::rfc2822::parse(value) {
        return Some(date.timestamp());
    }
    let words: Vec<&str> = value.split_whitespace().skip(1).collect();
    let words = words.join(" ");
    let forms = ["%d-%b-%y %H:%M:%S GMT", "%b %d %H:%M:%S %Y"];
    let read = forms.iter().find_map(|form| jiff::civil::DateTime::strptime(form, &words).ok())?;
    jiff::tz::TimeZone::UTC.to_ambiguous_timestamp(read).compatible().ok()
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
        for no_time in ["soon", "", ".", "-5", "1e3", "inf", "Sun Nov 6 1994"] {
            assert_eq!(until(no_time), None, "{no_time}");
        }
    }

    #[test]
    fn retry_after_in_an_unusual_form_is_read() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let until = |text| retry_after(text, now).map(|t| t.to_string());
        assert_eq!(until("2.5").as_deref(), Some("2026-01-01T00:00:03Z"));
        for date in ["Friday, 02-Jan-26 08:49:37 GMT", "Fri Jan  2 08:49:37 2026", "Fri, 02 Jan 2026 08:49:37 GMT"] {
            assert_eq!(until(date).as_deref(), Some("2026-01-02T08:49:37Z"), "{date}");
        }
        for long in ["4294967296", "99999999999999999999999999"] {
            assert!(
                retry_after(long, now).is_some_and(|until| until > now + Duration::from_secs(9 * 365 * 86_400)),
                "{long}"
            );
        }
    }
}
