//! What lacks where, what is there twice, what is gone, what was refused: each with its reason.

use jiff::Timestamp;
use serde::Serialize;

use super::{Redacted, RedactedReason};

/// Activities that a platform lacks, for one reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Missing {
    /// The platform.
    pub on: String,
    /// The reason.
    pub reason: MissingReason,
    /// How many.
    pub count: u64,
    /// Each of them, the newest first.
    pub items: Vec<MissingItem>,
}

/// An activity that a platform lacks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MissingItem {
    /// Its best entry elsewhere.
    #[serde(flatten)]
    pub activity: ActivityLabel,
    /// More about the reason: words of the service, the evidence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<RedactedReason>,
    /// Since when, of what was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// Why a platform lacks an activity. In the order in which they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissingReason {
    /// The next run sends it.
    ToUpload,
    /// An upload of it is under way.
    Pending,
    /// The platform refused it, or took and never showed it.
    Rejected,
    /// The platform may have it, under another sport or an hour off.
    PossibleDuplicate,
    /// No file of it can be sent.
    NoFile,
    /// Somebody deleted it there.
    Deleted,
    /// The last listing did not show it any more; the next one tells.
    MissingOnce,
    /// It is not known what the platform has at that time.
    NotListed,
}

/// Activities that are not in the archive, for one reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NotArchived {
    /// Their platform.
    pub platform: String,
    /// The reason.
    pub reason: NoFile,
    /// How many.
    pub count: u64,
    /// Each of them, the newest first.
    pub items: Vec<MissingItem>,
}

/// Why an activity is not in the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoFile {
    /// It was asked for in vain.
    Failed,
    /// It was found changed or cut, and is fetched again.
    Corrupt,
    /// Nobody has asked for it yet.
    NotYet,
    /// Its platform has refused it several times, and is asked for it once a week.
    Unavailable,
    /// There is none: typed in by hand, or the service holds no file.
    NoOriginal,
}

/// An entry on a platform, as far as it is needed to recognise it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ActivityLabel {
    /// The platform.
    pub platform: String,
    /// The id there. Empty: it was sent there, and neither the answer nor a list has told the id yet.
    pub id: Redacted,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Redacted>,
    /// FIT `sport`, else the platform's own type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sport: Option<Redacted>,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// Local time minus UTC, where it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utc_offset_s: Option<i32>,
    /// Time with the timer running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timer_time_s: Option<f64>,
    /// Distance covered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<f64>,
}

/// An entry that repeats another one on the same platform.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Duplicate {
    /// The copy.
    pub copy: ActivityLabel,
    /// The entry that is kept.
    pub kept: ActivityLabel,
    /// `same-file`, `match` (superfluous), `two-devices` or `start-only` (only told).
    pub certainty: &'static str,
    /// Whether it may be deleted, if every other guard holds.
    pub deletable: bool,
    /// The evidence.
    pub reasons: Vec<RedactedReason>,
    /// Why that one is kept.
    pub kept_because: RedactedReason,
}

/// Two entries that look alike.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SimilarPair {
    /// One.
    pub one: ActivityLabel,
    /// The other, on the same platform or another one.
    pub other: ActivityLabel,
    /// The evidence.
    pub reasons: Vec<RedactedReason>,
}

/// An entry that is no longer on its platform.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Deletion {
    /// The entry.
    pub activity: ActivityLabel,
    /// Who deleted it, and what came of it.
    pub by: Deleter,
    /// Since when.
    pub at: Timestamp,
    /// The entry that was kept, of a copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_id: Option<Redacted>,
    /// The evidence, of a duplicate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<RedactedReason>,
    /// Its file in the archive, below the data folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Redacted>,
    /// The command line that puts it back; nothing: it cannot be put back, or is back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore: Option<String>,
}

/// Who deleted an entry, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deleter {
    /// gs-delete, as a copy.
    Garminsync,
    /// gs-delete, and what came of it is not known yet.
    Pending,
    /// gs-delete, and it is still there.
    Failed,
    /// gs-delete, and a person has put it back.
    Restored,
    /// Somebody, on the platform.
    External,
    /// Perhaps somebody: one listing did not show it.
    Unconfirmed,
}

/// An upload that a platform refused, or took and never showed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rejection {
    /// What was sent.
    pub activity: ActivityLabel,
    /// Where to.
    pub to: String,
    /// `refused`, or `lost`: taken, and never shown.
    pub outcome: &'static str,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: Option<RedactedReason>,
    /// The command line that sends it again all the same.
    pub retry: String,
}
