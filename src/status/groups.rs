//! The activities with their platforms, and the sums for the charts.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::MissingReason;
use super::Redacted;

/// The activities of a day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Day {
    /// The local day on which they started.
    pub date: Date,
    /// The number of activities.
    pub count: u64,
    /// Their time.
    pub time_s: f64,
    /// Their distance.
    pub distance_m: f64,
}

/// The activities of a week.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Week {
    /// Its Monday.
    pub monday: Date,
    /// By FIT sport; `generic` if there is no FIT sport.
    pub sports: BTreeMap<String, Volume>,
}

/// Number, distance, time.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Volume {
    /// The number of activities.
    pub count: u64,
    /// Their time.
    pub time_s: f64,
    /// Their distance.
    pub distance_m: f64,
}

/// The activities of a month, by platform.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Month {
    /// Its first day.
    pub month: Date,
    /// The number of activities.
    pub count: u64,
    /// How many of them are in the archive.
    pub archived: u64,
    /// How many of them are on each platform.
    pub on: BTreeMap<String, u64>,
}

/// A group: the same activity on all platforms.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ActivityGroup {
    /// Its name.
    pub name: Redacted,
    /// FIT `sport`, else the platform's own type.
    pub sport: Redacted,
    /// FIT `sub_sport`, unless it is `generic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_sport: Option<Redacted>,
    /// When it started.
    pub start_time: Option<Timestamp>,
    /// Local time minus UTC at its start.
    pub utc_offset_s: Option<i32>,
    /// Time with the timer running.
    pub timer_time_s: Option<f64>,
    /// Distance covered.
    pub distance_m: Option<f64>,
    /// The recording device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Redacted>,
    /// Its activities on the platforms.
    pub on: Vec<Place>,
    /// Its activities that are no longer on their platform.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gone_from: Vec<Place>,
    /// Its activities from gs-import that no listing has shown yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unlisted: Vec<Place>,
    /// The platforms where it is missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_on: Vec<(String, MissingReason)>,
    /// Its file in the archive.
    pub file: Option<File>,
}

/// An activity of a group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Place {
    /// The platform.
    pub platform: String,
    /// The id on the platform.
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
