//! What was done: every activity with where it is, and the sums that the pictures are drawn from.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::MissingReason;
use super::Redacted;

/// What a day holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Day {
    /// The day, where the activities began.
    pub date: Date,
    /// Activities that began on it.
    pub count: u64,
    /// Their time.
    pub time_s: f64,
    /// Their distance.
    pub distance_m: f64,
}

/// What a week holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Week {
    /// Its Monday.
    pub monday: Date,
    /// By FIT sport; `generic`: of no FIT sport.
    pub sports: BTreeMap<String, Volume>,
}

/// How much.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Volume {
    /// Activities.
    pub count: u64,
    /// Their time.
    pub time_s: f64,
    /// Their distance.
    pub distance_m: f64,
}

/// What a month holds, and where that is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Month {
    /// Its first day.
    pub month: Date,
    /// Activities that began in it.
    pub count: u64,
    /// Of those, in the archive.
    pub archived: u64,
    /// Of those, on each platform.
    pub on: BTreeMap<String, u64>,
}

/// An activity: all its entries.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ActivityGroup {
    /// Its name.
    pub name: Redacted,
    /// FIT `sport`, else the platform's own type.
    pub sport: Redacted,
    /// FIT `sub_sport`, unless it is `generic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_sport: Option<Redacted>,
    /// When it began.
    pub start_time: Option<Timestamp>,
    /// Local time minus UTC, where it began.
    pub utc_offset_s: Option<i32>,
    /// Time with the timer running.
    pub timer_time_s: Option<f64>,
    /// Distance covered.
    pub distance_m: Option<f64>,
    /// The recording device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Redacted>,
    /// Where it is: each entry that is on its platform.
    pub on: Vec<Place>,
    /// Where it was, and is no more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gone_from: Vec<Place>,
    /// Where it came from by gs-import; no list of the platform has shown it yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unlisted: Vec<Place>,
    /// Platforms that lack it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_on: Vec<(String, MissingReason)>,
    /// Its file in the archive.
    pub file: Option<File>,
}

/// An entry of an activity.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Place {
    /// The platform.
    pub platform: String,
    /// The id there.
    pub id: Redacted,
}

/// A file in the archive.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct File {
    /// Where it is, below the data folder.
    pub path: Redacted,
    /// `fit`, `gpx` or `tcx`.
    pub format: Redacted,
    /// Whether the service computed it.
    pub converted: bool,
    /// Its size.
    pub bytes: u64,
}
