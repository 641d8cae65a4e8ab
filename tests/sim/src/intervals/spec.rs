//! The descriptions of intervals.icu accounts in a scenario.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// An account of intervals.icu.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntervalsSpec {
    /// Id of the athlete: `i` and digits, or digits alone for old accounts.
    pub athlete: String,
    /// Login name; only the fault `as_account` uses it.
    pub email: String,
    /// The API key, which is the password of every request.
    pub key: String,
    /// Time zone of the athlete, for files without one of their own.
    pub timezone: String,
    /// The domain whose new activities Garmin pushes here, if the owner connected the accounts.
    pub pushed_by: Option<String>,
    /// The numbers of requests that the key is allowed.
    pub limits: IntervalsLimits,
    /// The form of original downloads.
    pub file_form: FileForm,
    /// Status of the download of an activity without a file. Unsure: 404 or 422.
    pub no_file_status: u16,
    /// Strava stubs in a list with `fields` have neither `source` nor `_note`, even if `fields` names them.
    /// Unsure whether they do.
    pub stubs_bare: bool,
    /// Indoor rides and runs are `Ride` and `Run` with `trainer`, not `VirtualRide` and `VirtualRun`. Unsure which.
    pub indoor_as_trainer: bool,
    /// Every request is a 308 to its path below this address.
    pub moved_to: Option<String>,
    /// The behaviour of uploads.
    pub upload: IntervalsUpload,
    /// The number of invented activities.
    pub generate: usize,
    /// The number of Strava stubs.
    pub strava: usize,
    /// Described activities.
    pub activities: Vec<IntervalsActivitySpec>,
}

impl Default for IntervalsSpec {
    fn default() -> Self {
        IntervalsSpec {
            athlete: "i100001".to_owned(),
            email: "runner@example.net".to_owned(),
            key: "5j2vqk8w1x7t9r3m6n4p0sbz".to_owned(),
            timezone: "Europe/Paris".to_owned(),
            pushed_by: None,
            limits: IntervalsLimits::default(),
            file_form: FileForm::default(),
            no_file_status: 404,
            stubs_bare: false,
            indoor_as_trainer: false,
            moved_to: None,
            upload: IntervalsUpload::default(),
            generate: 0,
            strava: 0,
            activities: Vec::new(),
        }
    }
}

/// The numbers of requests that a key is allowed, as the author of the service stated them (2026).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntervalsLimits {
    /// Within any 15 minutes.
    pub quarter_hour: usize,
    /// Within a day. Unsure which day is meant; here it is the day in UTC.
    pub day: usize,
    /// Within a second. In 2024 the author stated 10 for an IP address; it is unsure whether that still holds.
    pub second: Option<usize>,
}

impl Default for IntervalsLimits {
    fn default() -> Self {
        IntervalsLimits { quarter_hour: 2500, day: 5000, second: None }
    }
}

/// The form of an original download.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileForm {
    /// A gzip file, `activity.fit.gz`.
    #[default]
    Gzip,
    /// The file itself, with `Content-Encoding: gzip` for clients that accept it.
    Encoded,
    /// The file itself.
    Plain,
}

/// The behaviour of an account's uploads.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntervalsUpload {
    /// This many requests that read activities (lists, details) show a new activity without its numbers,
    pub analyzed_after_requests: u32,
    /// and so do all within this many seconds of the service's clock.
    pub analyzed_after_seconds: i64,
    /// This many requests that read activities do not list the new activity,
    pub listed_after_requests: u32,
    /// nor do those within this many seconds of the service's clock.
    pub listed_after_seconds: i64,
    /// A broken file is an activity with `icu_sync_error`; else it is a 422. Unsure which.
    pub broken_accepted: bool,
    /// The response is only the array of activities, as in older examples.
    pub bare_array: bool,
    /// The response to duplicates does not name the existing activities. Unsure whether it does.
    pub duplicates_unnamed: bool,
    /// An upload reports success, and there is never an activity.
    pub dropped: bool,
}

impl Default for IntervalsUpload {
    fn default() -> Self {
        IntervalsUpload {
            analyzed_after_requests: 1,
            analyzed_after_seconds: 0,
            listed_after_requests: 0,
            listed_after_seconds: 0,
            broken_accepted: false,
            bare_array: false,
            duplicates_unnamed: false,
            dropped: false,
        }
    }
}

/// The description of an activity; absent values are invented.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntervalsActivitySpec {
    /// The number behind the `i` of its id.
    pub id: Option<u64>,
    /// Its name.
    pub name: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// FIT sport and sub-sport of the invented file; those of the type if absent.
    pub fit_sport: Option<(u8, u8)>,
    /// Start, Unix time.
    pub start: Option<i64>,
    /// Local time minus UTC in seconds.
    pub offset: Option<i32>,
    /// Seconds on the timer.
    pub seconds: Option<u32>,
    /// Metres.
    pub metres: Option<f64>,
    /// How it arrived: `UPLOAD` if absent. A `MANUAL` activity has no file.
    pub source: Option<String>,
    /// Its id at the source.
    pub external_id: Option<String>,
    /// Oddities to apply, by label.
    pub oddities: Vec<String>,
    /// A real file to serve: FIT, TCX or GPX.
    pub file: Option<PathBuf>,
}
