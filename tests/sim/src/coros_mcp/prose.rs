//! The wording of answers: how a text is wrapped, and its smallest parts.

use crate::clock::civil;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How the text of an answer is wrapped. All three exist (public clients, 2026-08 and -09).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrap {
    /// A JSON string: quotes, and line breaks as `\n`.
    #[default]
    Literal,
    /// Quotes with real line breaks between them, so that it is no JSON.
    Lines,
    /// Plain text.
    Plain,
}

impl Wrap {
    /// The wrapped text.
    pub fn apply(self, words: &str) -> String {
        match self {
            Wrap::Literal => Value::from(words).to_string(),
            Wrap::Lines => format!("\"{}\"", words.replace('\\', "\\\\").replace('"', "\\\"")),
            Wrap::Plain => words.to_owned(),
        }
    }
}

/// A part of an entry that may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// `Location:`
    Location,
    /// `Start Coordinates:`
    StartCoordinates,
    /// `Time Window:`
    TimeWindow,
    /// The whole line of duration and distance.
    Duration,
    /// `Distance:` in that line.
    Distance,
    /// The pace or speed; what follows it then begins a line with ` | `.
    Pace,
    /// `Avg HR:`
    HeartRate,
    /// `Calories:`
    Calories,
}

/// What `Location:` is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Location {
    /// The name of the activity; the sport if it has none.
    #[default]
    Name,
    /// A place and the sport.
    PlaceAndSport,
    /// The sport.
    Sport,
}

/// A wording that no client knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// Another heading of the list.
    Heading,
    /// The heading counts one entry more than there is.
    Count,
    /// `1)` in place of `1.` before an entry.
    Entry,
    /// `Label ID:` in place of `LabelId:`.
    Label,
    /// Miles.
    Miles,
    /// JSON in place of prose.
    Json,
    /// The last entry ends in its second line.
    CutOff,
    /// The second entry has the number of the first one.
    SameLabel,
    /// The first entry starts a year before its day.
    YearBefore,
}

/// The wording of answers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProseSpec {
    /// How texts are wrapped.
    pub wrap: Wrap,
    /// Parts that every entry of a list lacks.
    pub without: Vec<Part>,
    /// What `Location:` is.
    pub location: Location,
    /// The wording of May 2026: "Cycling", and no time window.
    pub older: bool,
    /// A wording that no client knows.
    pub changed: Option<Changed>,
}

impl ProseSpec {
    /// Whether entries have a part.
    pub fn has(&self, part: Part) -> bool {
        !(self.without.contains(&part) || self.older && part == Part::TimeWindow)
    }
}

/// `2026-09-21`.
pub fn date(seconds: i64) -> String {
    let (year, month, day) = civil(seconds).date;
    format!("{year:04}-{month:02}-{day:02}")
}

/// `M:SS`, and from an hour `H:MM:SS`.
pub fn duration(seconds: u32) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{rest:02}") } else { format!("{minutes}:{rest:02}") }
}

/// The name of a sport in headings, which the service changes from time to time.
pub fn label(sport: u32, older: bool) -> &'static str {
    match sport {
        100 if older => "Running",
        200 if older => "Cycling",
        100 => "Outdoor Run",
        200 => "Outdoor Bike",
        301 => "Open Water",
        400 => "Gym Cardio",
        other => crate::coros::sports::title(other),
    }
}

/// How fast an activity was, in the words of its sport; `None` for sports without a pace.
pub fn pace(sport: u32, seconds: u32, metres: f64) -> Option<String> {
    if seconds == 0 || metres < 1.0 {
        return None;
    }
    let time = f64::from(seconds);
    match sport {
        200..=299 => Some(format!("Average Speed: {:.1} km/h", metres / time * 3.6)),
        // Minutes per 100 m, although the unit says kilometre (public clients, 2026-08).
        300..=399 => Some(format!("Average Pace: {} /km", duration((time / metres * 100.0).round() as u32))),
        100..=199 | 900..=903 => {
            Some(format!("Average Pace: {} /km", duration((time / metres * 1000.0).round() as u32)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_in_the_captures() {
        assert_eq!(
            (duration(2650).as_str(), duration(6600).as_str(), duration(5).as_str()),
            ("44:10", "1:50:00", "0:05")
        );
        assert_eq!(pace(100, 2650, 8020.0).as_deref(), Some("Average Pace: 5:30 /km"));
        assert_eq!(pace(200, 6600, 44_000.0).as_deref(), Some("Average Speed: 24.0 km/h"));
        assert_eq!(pace(300, 1500, 1000.0).as_deref(), Some("Average Pace: 2:30 /km"));
        assert_eq!(pace(402, 2380, 0.0), None);
    }
}
