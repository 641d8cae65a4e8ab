//! Patterns for file names, such as `{start:%Y-%m-%d}_{sport}`, and the names that they give. Pure.
//!
//! A name is valid on every file system: of Linux, Windows and macOS, of USB sticks and network shares.

use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::Offset;

use crate::activity::{Activity, printable};

/// The longest name, in bytes, with its extension. File systems allow 255 bytes or 255 characters; encrypting ones less.
const MAX_BYTES: usize = 200;
/// The format of `{start}`: sorts by time, and has no colon.
const START_FORMAT: &str = "%Y-%m-%d_%H-%M-%S";
/// Names of devices on Windows, which no file can have, with any extension.
const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
/// Devices that also have a digit.
const RESERVED_NUMBERED: [&str; 2] = ["com", "lpt"];
/// Characters at either end of a name that make it hidden, an option of a command, or invalid on Windows.
const TRIMMED: [char; 4] = [' ', '.', '_', '-'];

/// The fields of a pattern, as a person writes them.
pub const FIELDS: &str =
    "{file}, {start}, {start:%Y-%m-%d_%H-%M-%S}, {sport}, {sub_sport}, {platform}, {id}, {name}, {distance_km}, {hash}";

/// A pattern for file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePattern {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(Field),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Field {
    File,
    /// With its format, as for strftime(3).
    Start(String),
    Sport,
    SubSport,
    Platform,
    Id,
    Name,
    DistanceKm,
    Hash,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {position}: {why}; fields: {FIELDS}")]
pub struct PatternError {
    /// The position of the first character that is wrong; the first one of the text is 1.
    pub position: usize,
    /// What is wrong there.
    pub why: String,
}

/// The values of the fields.
#[derive(Debug, Clone, Copy)]
pub struct NameValues<'a> {
    /// The name of the file in the archive, with or without its extension.
    pub file: &'a str,
    /// The activity; without one, only `{file}` and `{hash}` have a value.
    pub activity: Option<&'a Activity>,
    /// The hash of the file, in hex.
    pub hash: &'a str,
}

/// A file name with room for a number, for files that would otherwise have the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName {
    stem: String,
    extension: String,
}

impl Default for NamePattern {
    /// The name of the file in the archive.
    fn default() -> NamePattern {
        NamePattern { parts: vec![Part::Field(Field::File)] }
    }
}

impl NamePattern {
    /// Reads a pattern: text with fields in braces. `{{` and `}}` are braces.
    ///
    /// # Errors
    /// The text is empty, a field is unknown, a brace has no partner, or the format of a time is invalid.
    pub fn parse(text: &str) -> Result<NamePattern, PatternError> {
        let chars: Vec<char> = text.chars().collect();
        let error = |at: usize, why: String| PatternError { position: at + 1, why };
        if text.trim().is_empty() {
            return Err(error(0, "the pattern is empty".to_owned()));
        }
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut at = 0;
        while let Some(&char) = chars.get(at) {
            let is_double = chars.get(at + 1) == Some(&char);
            match char {
                '{' | '}' if is_double => {
                    plain.push(char);
                    at += 2;
                }
                '{' => {
                    let end = chars[at..].iter().position(|char| *char == '}');
                    let end = at + end.ok_or_else(|| error(at, "no } follows this {".to_owned()))?;
                    let name: String = chars[at + 1..end].iter().collect();
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain)));
                    }
                    parts.push(Part::Field(Field::parse(&name).map_err(|why| error(at, why))?));
                    at = end + 1;
                }
                '}' => return Err(error(at, "no { precedes this }".to_owned())),
                char => {
                    plain.push(char);
                    at += 1;
                }
            }
        }
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(NamePattern { parts })
    }

    /// The name of a file with this `extension`, such as `fit.gz`. A name of which nothing remains is the name in the
    /// archive.
    pub fn name(&self, values: &NameValues, extension: &str) -> FileName {
        let text: String = self.parts.iter().map(|part| part.value(values)).collect();
        let stems = [text.as_str(), stem_of(values.file), values.hash].map(|text| safe(without(text, extension)));
        let stem = stems.into_iter().find(|stem| !stem.is_empty()).unwrap_or_else(|| "file".to_owned());
        FileName { stem, extension: extension.to_owned() }
    }
}

impl Field {
    /// The field of this name, without its braces.
    fn parse(text: &str) -> Result<Field, String> {
        let (name, format) = match text.split_once(':') {
            Some((name, format)) => (name, Some(format)),
            None => (text, None),
        };
        let field = match name {
            "file" => Field::File,
            "start" => {
                let format = format.unwrap_or(START_FORMAT);
                match formatted(DateTime::constant(2026, 1, 8, 14, 10, 21, 0), format) {
                    Ok(text) if !text.trim().is_empty() => return Ok(Field::Start(format.to_owned())),
                    // The text of the library speaks of its functions.
                    _ => {
                        return Err(format!("invalid format of a time {format:?}, correct is {{start:%Y-%m-%d_%H%M}}"));
                    }
                }
            }
            "sport" => Field::Sport,
            "sub_sport" => Field::SubSport,
            "platform" => Field::Platform,
            "id" => Field::Id,
            "name" => Field::Name,
            "distance_km" => Field::DistanceKm,
            "hash" => Field::Hash,
            _ => return Err(format!("unknown field {{{name}}}")),
        };
        match format {
            None => Ok(field),
            Some(_) => Err(format!("{{{name}}} has no format")),
        }
    }
}

impl Part {
    fn value(&self, values: &NameValues) -> String {
        let field = match self {
            Part::Text(text) => return text.clone(),
            Part::Field(field) => field,
        };
        let text = match (field, values.activity) {
            (Field::File, _) => Some(stem_of(values.file).to_owned()),
            (Field::Hash, _) => Some(values.hash.to_owned()),
            (_, None) => None,
            (Field::Start(format), Some(activity)) => local_start(activity).and_then(|at| formatted(at, format).ok()),
            (Field::Sport, Some(activity)) => activity.sport.clone().or_else(|| activity.platform_sport.clone()),
            (Field::SubSport, Some(activity)) => activity.sub_sport.clone(),
            (Field::Platform, Some(activity)) => Some(activity.platform.to_string()),
            (Field::Id, Some(activity)) => Some(activity.id.clone()),
            (Field::Name, Some(activity)) => activity.name.clone(),
            (Field::DistanceKm, Some(activity)) => {
                activity.distance_m.filter(|metres| metres.is_finite()).map(|metres| format!("{:.1}", metres / 1000.0))
            }
        };
        text.unwrap_or_default()
    }
}

impl FileName {
    /// The parts of a name that was given to a file before.
    pub fn of(name: &str) -> FileName {
        let is_compressed =
            name.len() > 3 && name.is_char_boundary(name.len() - 3) && name.to_lowercase().ends_with(".gz");
        let end = if is_compressed { name.len() - 3 } else { name.len() };
        let dot = name[..end].rfind('.').unwrap_or(end);
        FileName { stem: name[..dot].to_owned(), extension: name[dot..].trim_start_matches('.').to_owned() }
    }

    /// The name itself for 1, else with `-2`, `-3` and so on.
    pub fn numbered(&self, number: u32) -> String {
        let end = match number {
            0 | 1 => format!(".{}", self.extension),
            number => format!("-{number}.{}", self.extension),
        };
        let stem = cut(&self.stem, MAX_BYTES.saturating_sub(end.len()));
        format!("{stem}{end}")
    }
}

/// The start of an activity, in local time; in UTC if the offset is unknown.
fn local_start(activity: &Activity) -> Option<DateTime> {
    let offset = activity.utc_offset_s.and_then(|seconds| Offset::from_seconds(seconds).ok()).unwrap_or(Offset::UTC);
    Some(offset.to_datetime(activity.start_time?))
}

fn formatted(at: DateTime, format: &str) -> Result<String, jiff::Error> {
    BrokenDownTime::from(at).to_string(format)
}

/// The name of a file without its extension.
fn stem_of(file: &str) -> &str {
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}

/// A name without the extension that it gets: a pattern may end with `.fit` or `.fit.gz`.
fn without<'a>(name: &'a str, extension: &str) -> &'a str {
    let mut name = name;
    for part in extension.rsplit('.') {
        let start = name.len().saturating_sub(part.len() + 1);
        match name.get(start..) {
            Some(end) if end.strip_prefix('.').is_some_and(|end| end.eq_ignore_ascii_case(part)) => {
                name = &name[..start];
            }
            _ => {}
        }
    }
    name
}

/// A text as a part of a file name: characters that a file system forbids become `-`.
fn safe(text: &str) -> String {
    let plain: String = printable(text)
        .chars()
        .map(|char| if matches!(char, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|') { '-' } else { char })
        .collect();
    let plain = plain.trim_matches(|char: char| char.is_whitespace() || TRIMMED.contains(&char));
    if is_reserved(plain) { format!("file-{plain}") } else { plain.to_owned() }
}

/// Whether Windows takes a name for a device, whatever follows the first dot.
fn is_reserved(name: &str) -> bool {
    let base = name.split('.').next().unwrap_or(name).trim_end().to_lowercase();
    let numbered = |device: &str| {
        let digit = base.strip_prefix(device);
        digit
            .is_some_and(|digit| digit.chars().count() == 1 && digit.chars().all(|char| "0123456789¹²³".contains(char)))
    };
    RESERVED.contains(&base.as_str()) || RESERVED_NUMBERED.iter().any(|device| numbered(device))
}

/// The beginning of a text, of at most so many bytes.
fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    if end == text.len() { text } else { text[..end].trim_end_matches(TRIMMED) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn activity() -> Activity {
        Activity {
            platform: "folder:/mnt/my watch".into(),
            id: "21482825013".into(),
            name: Some("Morning run: 5/10 km?".into()),
            sport: Some("running".into()),
            sub_sport: Some("trail".into()),
            start_time: "2026-01-08T23:10:21Z".parse().ok(),
            utc_offset_s: Some(3600),
            distance_m: Some(9984.0),
            ..Activity::default()
        }
    }

    fn named(pattern: &str, activity: &Activity) -> String {
        let values = NameValues { file: "activity_1_2026.fit", activity: Some(activity), hash: "ba7816bf8f01cfea" };
        NamePattern::parse(pattern).unwrap().name(&values, "fit").numbered(1)
    }

    #[test]
    fn fields_are_replaced_by_the_values_of_the_activity() {
        for (pattern, name) in [
            ("{file}", "activity_1_2026.fit"),
            ("{start}", "2026-01-09_00-10-21.fit"),
            ("{start:%Y%m%d}-{sport}-{sub_sport}", "20260109-running-trail.fit"),
            ("{start:%Y/%m %H:%M}", "2026-01 00-10.fit"),
            ("{platform} {id}", "folder--mnt-my watch 21482825013.fit"),
            ("{name}", "Morning run- 5-10 km.fit"),
            ("{distance_km} km", "10.0 km.fit"),
            ("{hash}.fit", "ba7816bf8f01cfea.fit"),
            ("{{{id}}}", "{21482825013}.fit"),
            ("run", "run.fit"),
        ] {
            assert_eq!(named(pattern, &activity()), name, "{pattern}");
        }
        let bare = Activity { platform: "coros".into(), id: "7".into(), ..Activity::default() };
        assert_eq!(named("{start}_{sport}_{id}_{name}", &bare), "7.fit", "a field without a value leaves nothing");
        let words = Activity { platform_sport: Some("dance".into()), ..bare };
        assert_eq!(named("{sport}", &words), "dance.fit");
    }

    #[test]
    fn an_invalid_pattern_is_reported_with_its_position_and_the_known_fields() {
        for (pattern, position, why) in [
            ("{file}_{day}", 8, "unknown field {day}"),
            ("跑步{", 3, "no } follows this {"),
            ("a}b", 2, "no { precedes this }"),
            ("{start:%Q!}", 1, "invalid format of a time"),
            ("{start:%Z}", 1, "invalid format of a time"),
            ("{start:%}", 1, "invalid format of a time \"%\", correct is {start:%Y-%m-%d_%H%M}"),
            ("{start:}", 1, "invalid format of a time"),
            ("", 1, "the pattern is empty"),
            (" ", 1, "the pattern is empty"),
            ("{id:%Y}", 1, "{id} has no format"),
            ("{}", 1, "unknown field {}"),
        ] {
            let error = NamePattern::parse(pattern).unwrap_err();
            assert!(error.position == position && error.why.starts_with(why), "{pattern}: {error}");
            assert!(error.to_string().ends_with(FIELDS), "{error}");
        }
    }

    #[test]
    fn each_known_field_is_a_pattern() {
        for field in FIELDS.split(", ") {
            NamePattern::parse(field).unwrap();
        }
    }

    #[test]
    fn a_name_is_valid_on_every_file_system() {
        let name = |name: &str| named("{name}", &Activity { name: Some(name.into()), ..activity() });
        for (title, file) in [
            ("../../etc/passwd", "etc-passwd.fit"),
            ("a\u{0}b\nc\u{1b}[2Jd\u{202e}e", "abc[2Jde.fit"),
            (".hidden", "hidden.fit"),
            ("--delete", "delete.fit"),
            ("ends... ", "ends.fit"),
            ("CON", "file-CON.fit"),
            ("aux.tar", "file-aux.tar.fit"),
            ("com¹", "file-com¹.fit"),
            ("LPT9", "file-LPT9.fit"),
            ("comet", "comet.fit"),
            ("晨跑 🏃", "晨跑 🏃.fit"),
            ("Run.FIT", "Run.fit"),
            ("...", "activity_1_2026.fit"),
            ("", "activity_1_2026.fit"),
            ("\t\n", "activity_1_2026.fit"),
        ] {
            assert_eq!(name(title), file, "{title:?}");
        }
        let values = NameValues { file: "", activity: None, hash: "ab" };
        assert_eq!(NamePattern::default().name(&values, "fit").numbered(1), "ab.fit");
    }

    #[test]
    fn the_extension_is_added_once() {
        let values = NameValues { file: "a.fit", activity: None, hash: "ab" };
        for pattern in ["{file}", "{file}.fit", "{file}.fit.gz", "{file}.FIT.GZ"] {
            let name = NamePattern::parse(pattern).unwrap().name(&values, "fit.gz");
            assert_eq!(name.numbered(1), "a.fit.gz", "{pattern}");
        }
    }

    #[test]
    fn a_name_is_at_most_200_bytes_long_with_its_number() {
        for title in ["é".repeat(300), "x".repeat(300), "🏃".repeat(80)] {
            let values =
                NameValues { file: "a.fit", activity: Some(&Activity { name: Some(title), ..activity() }), hash: "ab" };
            let name = NamePattern::parse("{name}").unwrap().name(&values, "fit.gz");
            for (number, end) in [(1, ".fit.gz"), (2, "-2.fit.gz"), (123_456, "-123456.fit.gz")] {
                let name = name.numbered(number);
                assert!(name.len() <= MAX_BYTES && name.len() > MAX_BYTES - 4 && name.ends_with(end), "{name}");
            }
        }
    }
}
