//! Parses the time spans and points in time of settings and flags.

use std::time::Duration;

use jiff::Timestamp;

/// Parses a time span: humantime, or seconds as a bare number.
///
/// # Errors
/// The text is not a time span. The message shows examples.
pub fn duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let read = match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => humantime::parse_duration(text).ok(),
    };
    read.ok_or_else(|| "not a time span; write for example 90s, 5m, 500ms or 0".to_owned())
}

/// Parses a point in time: a date (midnight UTC), an RFC 3339 time, or a time span before `now` (`30d`, by humantime).
///
/// # Errors
/// The text is not one of these. The message shows examples.
pub fn moment(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let text = text.trim();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    if let Ok(date) = text.parse::<jiff::civil::Date>() {
        let midnight = date.to_zoned(jiff::tz::TimeZone::UTC);
        return midnight.map(|zoned| zoned.timestamp()).map_err(|error| error.to_string());
    }
    let ago = humantime::parse_duration(text)
        .map_err(|_| format!("{text:?} is neither a date (2026-01-31) nor a time span (30d)"))?;
    now.checked_sub(ago).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_times_are_parsed() {
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("0.5"), Ok(Duration::from_millis(500)));
        assert!(duration("-1").is_err() && duration("soon").is_err());
        let now: Timestamp = "2026-03-31T12:00:00Z".parse().unwrap();
        assert_eq!(moment("30d", now).unwrap().to_string(), "2026-03-01T12:00:00Z");
        assert_eq!(moment("2026-01-31", now).unwrap().to_string(), "2026-01-31T00:00:00Z");
        assert!(moment("31.1.2026", now).is_err());
    }
}
