//! Missing activities, duplicates, deletions and rejected uploads, each with its reason.

use jiff::Timestamp;
use serde::Serialize;

use super::{Redacted, RedactedReason};

/// Activities that are missing on a platform for one reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Missing {
    /// The platform.
    pub on: String,
    /// The reason.
    pub reason: MissingReason,
    /// How many.
    pub count: u64,
    /// The activities, the newest first.
    pub items: Vec<MissingItem>,
}

/// An activity that is missing on a platform.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MissingItem {
    /// The best activity of its group on another platform.
    #[serde(flatten)]
    pub activity: ActivityLabel,
    /// Details of the reason: the service's message, or the evidence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<RedactedReason>,
    /// Since when, for deletions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// Why an activity is missing on a platform, in the order in which the reasons are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissingReason {
    /// The next run uploads it.
    ToUpload,
    /// It could be uploaded, but the account can only be read.
    NoWriteAccess,
    /// An upload of it is pending.
    Pending,
    /// The platform rejected it, or accepted and never listed it.
    Rejected,
    /// The platform may have it, under another sport or an hour off.
    PossibleDuplicate,
    /// It has no file that can be uploaded.
    NoFile,
    /// A person deleted it on the platform.
    Deleted,
    /// The last listing no longer shows it; the next one confirms that.
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
    /// The activities, the newest first.
    pub items: Vec<MissingItem>,
}

/// Why an activity is not in the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoFile {
    /// The download failed.
    Failed,
    /// The file was changed or truncated; it is downloaded again.
    Corrupt,
    /// It was not requested yet.
    NotYet,
    /// The platform rejected the download several times; it is requested once a week.
    Unavailable,
    /// No file exists: the activity was entered by hand, or the service has no file.
    NoOriginal,
}

/// The properties by which a person recognises an activity on a platform.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ActivityLabel {
    /// The platform.
    pub platform: String,
    /// The id on the platform. Empty: it was uploaded, and neither the response nor a list has shown the id yet.
    pub id: Redacted,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Redacted>,
    /// FIT `sport`, else the platform's own type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sport: Option<Redacted>,
    /// When it started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// Local time minus UTC at its start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utc_offset_s: Option<i32>,
    /// Time with the timer running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timer_time_s: Option<f64>,
    /// Distance covered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<f64>,
}

/// A duplicate of another activity on the same platform.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Duplicate {
    /// The duplicate.
    pub copy: ActivityLabel,
    /// The activity that is kept.
    pub kept: ActivityLabel,
    /// `same-file` or `match` (a duplicate), `two-devices`, `trimmed` or `start-only` (only reported).
    pub certainty: &'static str,
    /// Whether it is a duplicate, else a possible one.
    pub certain: bool,
    /// Whether gs-delete would delete it, as far as that is known without a request.
    pub deletable: bool,
    /// Why gs-delete would not delete it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_deletable_because: Option<RedactedReason>,
    /// The evidence.
    pub reasons: Vec<RedactedReason>,
    /// Why the other one is kept.
    pub kept_because: RedactedReason,
}

/// Two similar activities.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SimilarPair {
    /// One activity.
    pub one: ActivityLabel,
    /// The other activity, on the same platform or another one.
    pub other: ActivityLabel,
    /// The evidence.
    pub reasons: Vec<RedactedReason>,
}

/// An activity that is no longer on its platform.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Deletion {
    /// The activity.
    pub activity: ActivityLabel,
    /// Who deleted it, and the result.
    pub by: Deleter,
    /// Since when.
    pub at: Timestamp,
    /// The id of the activity that was kept instead of a duplicate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_id: Option<Redacted>,
    /// The evidence for a duplicate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<RedactedReason>,
    /// Its file in the archive, below the data folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Redacted>,
    /// The command line that restores it. `None`: it cannot be restored, or is restored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore: Option<String>,
}

/// Who deleted an activity, and the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deleter {
    /// gs-delete deleted it as a duplicate.
    Garminsync,
    /// gs-delete requested the deletion; the result is not known yet.
    Pending,
    /// gs-delete requested the deletion, and the platform still has the activity.
    Failed,
    /// gs-delete deleted it, and a person has restored it.
    Restored,
    /// A person deleted it on the platform.
    External,
    /// A person may have deleted it: one listing did not show it.
    Unconfirmed,
}

/// An upload that a platform rejected, or accepted and never listed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rejection {
    /// The uploaded activity.
    pub activity: ActivityLabel,
    /// The target.
    pub to: String,
    /// `rejected`, or `lost`: accepted and never listed.
    pub outcome: &'static str,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: Option<RedactedReason>,
    /// The command line that uploads it again despite the rejection.
    pub retry: String,
}
