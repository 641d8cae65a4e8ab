//! An activity of a person on one platform.
//!
//! Many rooms use this type: a platform lists activities, the catalogue stores them, a record contains them.
//! Only the platform and its id are certain; a value that the service does not provide is `None`, never zero.

mod access_kind;
mod activity_ref;
mod file_kind;
mod key;
mod numbers;
mod platform_id;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use access_kind::AccessKind;
pub use activity_ref::ActivityRef;
pub use file_kind::{Format, Origin};
pub use key::{ActivityKey, ActivityKeyRef};
pub use numbers::{Numbers, NumbersSource};
pub use platform_id::{PlatformId, PlatformIds};

/// An activity on one platform. Units are in the names; times are UTC; sports are FIT's names.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Activity {
    /// The name of the platform: `garmin-com`, `garmin-cn`, `coros`, `folder:/mnt/watch`.
    pub platform: PlatformId,
    /// The id on the platform, as text: some services have ids above 2^53.
    pub id: String,
    /// The name of the activity. It may contain any character, including control characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// FIT `sport`; absent if garminsync does not know the type of the service (then see `platform_sport`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sport: Option<String>,
    /// FIT `sub_sport`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_sport: Option<String>,
    /// The type of the service, unchanged, even if garminsync does not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform_sport: Option<String>,
    /// When the activity began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// Local time minus UTC at the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utc_offset_s: Option<i32>,
    /// Time with the timer running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timer_time_s: Option<f64>,
    /// Time from start to end, pauses included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elapsed_time_s: Option<f64>,
    /// Distance covered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<f64>,
    /// The manufacturer of the recording device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<String>,
    /// The recording device, if the service names it: a name, or the number that the service gives the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Entered by hand, so there is no file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub manual: bool,
}

/// The values that distinguish several uploads of one recording from several recordings that start in the same second.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// When it began.
    pub start: Timestamp,
    /// The type of the service.
    pub platform_sport: Option<String>,
    /// The time with the timer running, in seconds; if the service does not provide it, the elapsed time.
    pub duration_s: Option<f64>,
    /// The distance in metres.
    pub distance_m: Option<f64>,
}

/// Services round lengths differently; the durations of two recordings that start in the same second differ by more
/// than this, in seconds.
const SAME_DURATION_S: f64 = 2.0;
/// The same limit for distances, in metres.
const SAME_DISTANCE_M: f64 = 10.0;

impl Outline {
    /// Whether both may be uploads of one recording: same start, type, length and distance. If a length is unknown,
    /// they count as different.
    pub fn is_duplicate_of(&self, other: &Outline) -> bool {
        let near = |one: Option<f64>, other: Option<f64>, tolerance: f64| {
            one.zip(other).is_some_and(|(one, other)| (one - other).abs() <= tolerance)
        };
        let no_distance = self.distance_m.is_none() && other.distance_m.is_none();
        self.start == other.start
            && self.platform_sport == other.platform_sport
            && near(self.duration_s, other.duration_s, SAME_DURATION_S)
            && (no_distance || near(self.distance_m, other.distance_m, SAME_DISTANCE_M))
    }
}

impl Activity {
    /// Its outline; `None` if it has no start.
    pub fn outline(&self) -> Option<Outline> {
        Some(Outline {
            start: self.start_time?,
            platform_sport: self.platform_sport.clone(),
            duration_s: self.timer_time_s.or(self.elapsed_time_s),
            distance_m: self.distance_m,
        })
    }

    /// The name as it may be shown on a terminal: see [`printable`].
    pub fn shown_name(&self) -> String {
        printable(self.name.as_deref().unwrap_or(""))
    }
}

/// `text` without control characters, line separators and bidirectional marks, so that no name can move the cursor, ring the
/// bell, begin a line or reorder the text of its line.
pub fn printable(text: &str) -> String {
    text.chars()
        .filter(|c| {
            let is_mark = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
            // The two separators stand next to the marks that embed a text of another direction.
            !c.is_control() && !is_mark && !matches!(c, '\u{2028}'..='\u{202e}')
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_name_has_no_control_or_direction_characters() {
        assert_eq!(printable("a\u{1b}[2Jb\r\n\u{202e}c\u{7f}"), "a[2Jbc");
        assert_eq!(printable("a\u{61c}b\u{2028}c\u{2029}d\u{9b}31m"), "abcd31m");
        assert_eq!(printable("Zürich 🏛 跑步"), "Zürich 🏛 跑步");
    }

    #[test]
    fn unknown_values_are_omitted_from_the_json() {
        let activity = Activity { platform: "garmin-com".into(), id: "1".into(), ..Activity::default() };
        assert_eq!(serde_json::to_string(&activity).unwrap(), r#"{"platform":"garmin-com","id":"1"}"#);
    }
}
