//! Which activity the name of a file means.
//!
//! Only names that tools are known to give are read, as a number in a name may be anything: the names in Garmin's account
//! export end in a number that is no activity's.

/// Longer numbers are no ids.
const LONGEST: usize = 20;

/// The id in the name of a file: `123.fit`, `activity_123.fit`, `activity_123_2026-01-08_14-10-21.fit` (GarminSync,
/// garmin-connect-export), `123_ACTIVITY.fit` (inside Garmin's own zip files, GarminDB), `2026-01-08T14:10:21+00:00_123.fit`
/// (garminexport).
pub fn id_of(name: &str) -> Option<&str> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let number = |text: &'_ str| -> usize { text.bytes().take_while(u8::is_ascii_digit).count() };
    let id = if let Some(rest) = strip_prefix(stem, "activity_") {
        let (id, rest) = rest.split_at(number(rest));
        (rest.is_empty() || rest.starts_with('_')).then_some(id)?
    } else if let Some((first, last)) = stem.rsplit_once('_') {
        if last.eq_ignore_ascii_case("ACTIVITY") { first } else { is_time(first).then_some(last)? }
    } else {
        stem
    };
    (!id.is_empty() && id.len() <= LONGEST && number(id) == id.len()).then_some(id)
}

fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// `2026-01-08T14:10:21+00:00`; on some systems with `_` or `-` for the colons.
fn is_time(text: &str) -> bool {
    text.get(..19).is_some_and(|time| {
        let digits = |from, to| time.get(from..to).is_some_and(|part: &str| part.bytes().all(|b| b.is_ascii_digit()));
        digits(0, 4) && digits(5, 7) && digits(8, 10) && time.get(10..11) == Some("T") && digits(11, 13)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_from_names_that_tools_give_and_from_no_others() {
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
        ] {
            assert_eq!(id_of(name), Some("123"), "{name}");
        }
        for name in [
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
