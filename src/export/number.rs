//! Numbers and times as text.

use jiff::Timestamp;

use crate::fit::Position;

/// A number with at most so many decimals, without zeros at the end. `None` if it is not a number, or infinite.
pub(super) fn decimal(value: f64, decimals: usize) -> Option<String> {
    if !value.is_finite() {
        return None;
    }
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    Some(if text == "-0" { "0".to_owned() } else { text.to_owned() })
}

/// A number of degrees, with seven decimals: about a centimetre.
pub(super) fn degrees(value: f64) -> Option<String> {
    decimal(value, 7)
}

/// Latitude and longitude as GPX and TCX have them: their schemas have the date line as -180.
pub(super) fn lat_lon(position: Position) -> Option<(String, String)> {
    let lon = if position.lon >= 180.0 { -180.0 } else { position.lon };
    degrees(position.lat).zip(degrees(lon))
}

/// A whole number of at least `least` and at most `most`, as a format requires; `None` if the value is none.
pub(super) fn whole(value: f64, least: u16, most: u16) -> Option<String> {
    let value = value.round();
    (f64::from(least)..=f64::from(most)).contains(&value).then(|| format!("{value:.0}"))
}

/// A time as RFC 3339 in UTC. `None` if it is not between the years -9999 and 9999.
pub(super) fn time(unix_s: i64) -> Option<String> {
    Timestamp::from_second(unix_s).ok().map(|time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_zeros_at_the_end() {
        for (value, decimals, text) in [
            (52.516_274_9, 7, "52.5162749"),
            (52.5, 7, "52.5"),
            (100.0, 2, "100"),
            (100.0, 0, "100"),
            (-0.000_000_01, 7, "0"),
            (-12.30, 2, "-12.3"),
            (0.005, 1, "0"),
        ] {
            assert_eq!(decimal(value, decimals).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_no_number_is_not_written() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!((decimal(value, 2), whole(value, 0, 254)), (None, None));
        }
        assert_eq!(
            [0.0, 0.4, 0.6, 254.4, 255.0].map(|value| whole(value, 1, 254).is_some()),
            [false, false, true, true, false]
        );
        assert_eq!((time(0).as_deref(), time(i64::MAX)), (Some("1970-01-01T00:00:00Z"), None));
    }
}
