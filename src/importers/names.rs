//! Reads the id of the activity from the name of a file.
//!
//! Only names that known tools write are read, because a number in a name may be anything: the names in Garmin's account
//! export end in a number that is no id of an activity.

use crate::walk::without_gz;

/// Longer numbers are no ids.
const LONGEST: usize = 20;
/// Shorter numbers after a time may be anything: Garmin had assigned a million ids before the first such tool existed.
const SHORTEST: usize = 7;

/// The id in the name of a file: `123.fit`, `activity_123.fit`, `activity_123_2026-01-08_14-10-21.fit` (GarminSync,
/// garmin-connect-export), `20260108-141021-activity_123_Morning_run.fit` (the same with its option -fp),
/// `2026-01-08-14-10-21_activity_123_running_Downtown.fit` (garmin-connect-activity-exporter), `123_ACTIVITY.fit` (inside
/// Garmin's own zip files, GarminDB), `2026-01-08T14:10:21+00:00_123.fit` (garminexport). Each may end in `.gz`.
pub fn id_of(name: &str) -> Option<&str> {
    let name = without_gz(name);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let id = if let Some(rest) = strip_prefix(after_time(stem), "activity_") {
        let (id, rest) = rest.split_at(digits(rest));
        (rest.is_empty() || rest.starts_with(['_', '-', ' '])).then_some(id)?
    } else if let Some((first, last)) = stem.rsplit_once('_') {
        if last.eq_ignore_ascii_case("ACTIVITY") { first } else { before_id(first, last).then_some(last)? }
    } else {
        stem
    };
    (!id.is_empty() && id.len() <= LONGEST && digits(id) == id.len()).then_some(id)
}

/// How many digits a text begins with.
fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// The rest of a name after a leading date, or date and time; the whole name if it has none.
fn after_time(stem: &str) -> &str {
    let end = stem.bytes().take_while(|byte| byte.is_ascii_digit() || b"-_:.+TZ ".contains(byte)).count();
    let (time, rest) = stem.split_at(end);
    let is_parted = time.ends_with(['-', '_', ' ']);
    if is_parted && is_date(time) { rest } else { stem }
}

/// Whether a text starts with a day between 1980 and 2099: `20260108`, `2026-01-08`.
fn is_date(text: &str) -> bool {
    let figures: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).take(8).collect();
    let number = |from, to| {
        figures.get(from..to).and_then(|part: &[u8]| std::str::from_utf8(part).ok()?.parse::<u16>().ok()).unwrap_or(0)
    };
    (1980..2100).contains(&number(0, 4)) && (1..=12).contains(&number(4, 6)) && (1..=31).contains(&number(6, 8))
}

/// Whether the first part of a name is a time and the last one an id. Only garminexport writes a `T` between day and time;
/// in other names a short number may be a second file of that time.
fn before_id(first: &str, last: &str) -> bool {
    let has_t = first.get(..19).is_some_and(|time| {
        let part = |from, to| time.get(from..to).is_some_and(|part: &str| digits(part) == to - from);
        part(0, 4) && part(5, 7) && part(8, 10) && time.get(10..11) == Some("T") && part(11, 13)
    });
    let figures = first.bytes().filter(u8::is_ascii_digit).count();
    let is_time = figures == 14 && is_date(first) && first.bytes().all(|b| b.is_ascii_digit() || b"-_:. ".contains(&b));
    has_t || (is_time && last.len() >= SHORTEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_from_file_names_of_tools() {
        for name in [
            "123.fit",
            "123.ZIP",
            "activity_123.gpx",
            "Activity_123_2026-01-08_14-10-21.fit",
            "activity_123_Morning run.tcx",
            "123_ACTIVITY.fit",
            "123_activity.fit",
            "2026-01-08T14:10:21+00:00_123.fit",
            "2026-01-08T14_10_21_123.tcx",
            "20260108-141021-activity_123.fit",
            "20260108-141021-activity_123_Morning_run.tcx",
            "20260108-activity_123.gpx",
            "2026-01-08-14-10-21_activity_123_running_Downtown_Running.fit",
            "2026-01-08T14:10:21+01:00_activity_123.fit",
            "2026-01-08 14.10.21 Activity_123.fit",
            "activity_123-renamed.fit",
            "123.fit.gz",
            "activity_123.TCX.GZ",
            "20260108-141021-activity_123.fit.gz",
        ] {
            assert_eq!(id_of(name), Some("123"), "{name}");
        }
        for name in ["20260108-141021_21482825013.fit", "2026-01-08-14-10-21_21482825013.zip"] {
            assert_eq!(id_of(name), Some("21482825013"), "{name}");
        }
        for name in [
            "20260108-141021_2.fit",
            "2026-01-08-14-10-21_2.fit",
            "20260108_141021.fit",
            "2026-01-08_14-10_21482825013.fit",
            "99999999-141021-activity_123.fit",
            "20261308-activity_123.fit",
            "run-activity_123.fit",
            "20260108activity_123.fit",
            "20260108-141021-activity_.fit",
            "20260108-141021-activity_12a.fit",
            "12-activity_123.fit",
            "me@example.com_123.fit",
            "run_123.fit",
            "activity_.fit",
            "activity_12a.fit",
            "2026-01-08-14-10-21.fit",
            "123456789012345678901.fit",
            "../123x.fit",
            "é_123.fit",
            ".fit",
            "",
        ] {
            assert_eq!(id_of(name), None, "{name}");
        }
    }
}
