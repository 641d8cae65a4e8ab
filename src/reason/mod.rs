//! Reasons: one enum of codes with parameters, and a text for each in every language.
//!
//! Records carry the code, the parameters and the English text; the catalogue stores code and parameters alone, see
//! [`Reason::to_json`]; the page and the messages write the text in the language of the reader. Programs compare codes and
//! never texts, so every text can be reworded at any time.
//!
//! A new reason is one variant here and one line each in `english.rs` and `chinese.rs`.

mod chinese;
mod english;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::i18n::Lang;

/// A reason. In JSON an object of the `code` and its parameters: `{"code":"possible-duplicate","id":"9","certainty":"shifted"}`.
///
/// A text is a phrase that follows the name of an activity, a platform or a command:
/// `garmin-com 1: file not in the archive; run gs-download`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Reason {
    // Why an activity is missing on a platform, or not uploaded to it.
    /// The activity is missing on the platform.
    NotOnPlatform {
        /// The platform.
        platform: String,
    },
    /// The upload of the activity was sent; the service has not confirmed it.
    UploadPending,
    /// The activity was deleted on the target, by a person or by gs-delete.
    DeletedOnTarget {
        /// The first listing without the activity.
        since: Timestamp,
    },
    /// The last listing did not contain the activity; the next listing decides whether the activity was deleted.
    MissingOnce {
        /// The listing without the activity.
        since: Timestamp,
    },
    /// No listing of the target covers the start of the activity.
    StartNotCovered,
    /// The account can be read, and no login that can upload is set up.
    NoWriteAccess {
        /// The platform.
        platform: String,
    },
    /// The listing of the platform cannot be used.
    ListingUnusable {
        /// The platform.
        platform: String,
        /// Why the listing cannot be used.
        reason: Box<Reason>,
    },
    /// The platform has a possible duplicate.
    PossibleDuplicate {
        /// The id of the possible duplicate; empty if unknown.
        id: String,
        /// The certainty, as in records: `match`, `shifted`, …
        certainty: String,
    },
    /// Nothing is uploaded to or from the platform, because its listing cannot be used.
    NoUploadsPlanned {
        /// Why the listing cannot be used.
        reason: Box<Reason>,
    },
    /// The platform rejected an earlier upload of the activity.
    RejectedBefore,
    /// No listing of its own platform contained the activity yet.
    ActivityNeverListed,
    /// The input contains no activity of the group.
    NotSelected,
    /// Restored with --restore.
    Restored,

    // Which of several activities is uploaded or kept.
    /// The activity is on several platforms, and is uploaded from the platform with the best file.
    UploadedFrom {
        /// The platform.
        platform: String,
        /// Why this activity is the best.
        reason: Box<Reason>,
    },
    /// The manufacturer that runs the platform made the recording device.
    NativeDevice {
        /// FIT's name of the manufacturer.
        manufacturer: String,
    },
    /// The file is from a device of the manufacturer that runs the platform, but the platform does not name the device.
    NativeFile {
        /// FIT's name of the manufacturer.
        manufacturer: String,
    },
    /// intervals.icu has an activity from Strava with this start, and gives no data of it.
    FromStrava,
    /// The same file was uploaded for another activity: they are legs of one recording.
    SameFileUploaded,
    /// The service gave no file, and did not say why.
    NoFileGiven,
    /// The archived file of the other activity is a converted copy.
    OtherConverted,
    /// Only the file of this activity is in the archive.
    OnlyArchived,
    /// The file of this activity is larger.
    MoreData {
        /// The size of the file in bytes.
        bytes: u64,
        /// The size of the other file in bytes.
        other_bytes: u64,
    },
    /// Both activities are equally good: neither device nor file size decides.
    EquallyGood {
        /// The platform of the other activity.
        platform: String,
    },
    /// The activity has the lower id, so it was uploaded first.
    LowerId,
    /// The other activity is kept.
    Kept {
        /// Why the other activity is kept.
        reason: Box<Reason>,
    },

    // Why there is no file to upload.
    /// The file is not in the archive.
    FileNotArchived,
    /// The activity has several files.
    SeveralFiles,
    /// The file in the archive is not the file of the plan.
    FileChanged,
    /// The file in the archive is corrupt or missing.
    FileDamaged,
    /// The archive has only a file that the service converted.
    ConvertedOnly,
    /// The activity was entered by hand, so there is no file.
    EnteredByHand,
    /// The service has no file of the activity.
    NoFile,
    /// The service does not provide the file.
    FileUnavailable,
    /// The platform does not accept files of this format.
    FormatNotAccepted {
        /// `fit`, `gpx` or `tcx`.
        format: String,
    },
    /// The platform does not accept activities of this sport.
    SportNotAccepted {
        /// FIT's name of the sport.
        sport: String,
        /// The platform.
        platform: String,
    },

    // Why an upload is skipped, and its result.
    /// The activity has no start time, so it cannot be checked for duplicates.
    NoStartTime,
    /// The activity begins in the future.
    StartInFuture {
        /// The start time.
        start: Timestamp,
    },
    /// The start times in the listing and in the file are days apart.
    StartsDiffer {
        /// The start time in the listing.
        listed: Timestamp,
        /// The start time in the file.
        recorded: Timestamp,
    },
    /// The activity to restore is still on its platform.
    StillThere,
    /// The activity was already restored.
    RestoredBefore,
    /// The limit of uploads per run is reached.
    UploadLimit,
    /// This is a dry run.
    DryRun,
    /// The activity was uploaded; no listing contains it yet.
    UploadedNotListed,
    /// The file was delivered to the outbox before.
    DeliveredBefore,
    /// The file is written to the outbox, and not visible to the other program yet.
    DeliveryPending,
    /// The service reports that it has the activity.
    ServiceHasIt,
    /// The service accepted the upload and is still processing it.
    Processing,
    /// The service accepted the upload; no listing contains the activity yet.
    AcceptedNotListed,
    /// The response to the upload was lost; no listing contains the activity yet.
    ResponseLost {
        /// A run after this time uploads the activity again.
        retry_at: Timestamp,
    },
    /// The response to the upload was lost, and the service did not receive the upload.
    UploadNotReceived,
    /// The service did not receive several uploads of this file, although it received other files.
    FileNeverReceived,
    /// The service accepted the upload but never listed the activity.
    UploadLost {
        /// The time after which the upload counts as lost (GS_LOST_AFTER), in seconds.
        seconds: u64,
        /// The command that uploads the activity again.
        retry: String,
    },
    /// The account that the file came from was removed from this data folder.
    AccountForgotten,

    // Why a duplicate is not deleted, and the result of a deletion.
    /// The platform does not support deletion.
    DeletionNotSupported,
    /// A deletion was sent and is not confirmed yet.
    DeletionPending,
    /// The activity to keep is not a different activity on the same platform.
    NotAnotherActivity,
    /// The activity was deleted before and restored by a person, so it is not deleted again.
    RestoredByHand,
    /// The activity was uploaded in this run.
    UploadedInThisRun,
    /// Two devices recorded the activities, so neither is a duplicate.
    TwoDevices,
    /// One is a part of the other, so a person must choose.
    Trimmed,
    /// The match is not certain enough.
    MatchNotSure,
    /// The archive has no intact file of the activity.
    NotArchived,
    /// The archive has no original FIT file of the activity.
    OriginalNotArchived,
    /// The archive has no intact file of the activity to keep.
    KeptNotArchived,
    /// The activity is better than the activity to keep.
    BetterThanKept,
    /// The platform does not list the activity to keep.
    KeptNotListed,
    /// The limit of deletions per run is reached.
    DeletionLimit {
        /// The limit.
        limit: u64,
    },
    /// --yes was not given.
    NotConfirmed,
    /// The activity is not in the catalogue.
    UnknownActivity,
    /// The activity to keep is not in the catalogue.
    UnknownKept,
    /// The activity is already deleted.
    AlreadyDeleted,
    /// The platform no longer lists the activity.
    NoLongerListed,
    /// The activity is still listed, although the service confirmed the deletion.
    StillListed,
    /// An earlier run did not delete the activity.
    NotDeletedBefore,
    /// The service did not confirm the deletion.
    DeletionUnconfirmed {
        /// Why the deletion is not confirmed.
        reason: Box<Reason>,
    },
    /// The evidence for which a duplicate was deleted.
    Duplicate {
        /// The evidence.
        evidence: Vec<Reason>,
    },

    // Evidence that two activities are the same.
    /// Both files are equal, byte for byte.
    SameFile,
    /// The same device made both recordings in the same second.
    SameRecording,
    /// Both files have the same values, second by second.
    SameStreams {
        /// `position`, `speed`, `heart_rate`: those that are the same.
        streams: Vec<String>,
        /// The time that both recorded.
        minutes: f64,
    },
    /// One file is a part of the other.
    PartOfRecording {
        /// The time that both recorded, and the time of the longer one.
        minutes: [f64; 2],
    },
    /// The files agree, but not second by second: two devices recorded them.
    StreamsDiffer,
    /// The heart rates in the files belong to two people.
    HeartRatesDiffer {
        /// The average difference in beats a minute.
        bpm: f64,
    },
    /// The speeds in the files differ at the same time.
    SpeedsDiffer {
        /// The average difference, in percent.
        percent: f64,
    },
    /// The positions in the files are more than 50 m apart at the same time.
    PositionsDiffer {
        /// The share of the time, in percent.
        percent: f64,
    },
    /// The difference between the starts.
    StartApart {
        /// The difference in seconds.
        seconds: f64,
    },
    /// The starts differ by whole quarter hours.
    StartShifted {
        /// The difference in minutes.
        minutes: u32,
    },
    /// The start of at least one activity is unknown.
    StartUnknown,
    /// The times of the activities do not overlap, or overlap by less than half of the shorter activity.
    NoOverlap,
    /// The times of the activities overlap in part.
    PartialOverlap,
    /// Both activities have the same sport.
    SameSport {
        /// FIT's name of the sport or of its family.
        sport: String,
    },
    /// The sports differ.
    SportsDiffer {
        /// Both sports.
        sports: [String; 2],
    },
    /// The timer times are equal, or nearly.
    TimerTime {
        /// The difference, in percent.
        percent: f64,
    },
    /// The timer times differ.
    TimerTimesDiffer {
        /// Both timer times, in seconds.
        seconds: [f64; 2],
    },
    /// The distances are equal, or nearly.
    Distance {
        /// The difference, in percent.
        percent: f64,
    },
    /// The distances differ.
    DistancesDiffer {
        /// Both distances, in metres.
        metres: [f64; 2],
    },
    /// The same device recorded both activities.
    SameDevice,
    /// Different devices recorded the activities.
    DifferentDevices,
    /// The devices cannot be compared.
    DevicesUnknown,
    /// The activities matched before, but now their starts are far apart.
    MatchedBefore {
        /// The difference between the starts, in days.
        days_apart: u64,
    },
    /// A person may have corrected a date on one platform.
    DateMayBeCorrected,

    // Why a listing cannot be used.
    /// Activities in the listing could not be read.
    EntriesUnreadable {
        /// The number of activities.
        count: u64,
    },
    /// The activities in the listing are not in order.
    ListingUnordered,
    /// Each request returned a different listing.
    ListingUnstable {
        /// The number of requests.
        requests: u32,
    },
    /// A second request returned activities that could not be read or are not in order.
    SecondListingUnusable,
    /// The listing is empty, but the service counts activities.
    ListingEmpty {
        /// The number of activities that the service counts.
        count: u64,
    },
    /// Too many known activities are missing in the listing.
    ListingImplausible {
        /// The number of missing activities.
        missing: u64,
        /// The number of known activities.
        known: u64,
        /// Whether the platform has an account; a folder has none.
        has_account: bool,
    },
    /// The last listing is incomplete.
    ListingIncomplete,
    /// The platform was never listed.
    PlatformNeverListed,
    /// The platform is being listed now.
    BeingListed,

    // Downloads.
    /// The service sent a corrupt file.
    Corrupt {
        /// The error in the file.
        detail: String,
    },
    /// Several requests in a row failed.
    ServiceDown {
        /// The reason of the last failure.
        reason: Box<Reason>,
    },
    /// The service no longer provides files that it provided earlier.
    DownloadsDown {
        /// The message of the service.
        detail: String,
    },
    /// The service did not provide the file in several runs; the file is requested once a week from now on.
    RequestedWeekly {
        /// The number of runs.
        runs: u32,
        /// The reason of the last failure.
        reason: Box<Reason>,
        /// The path of the corrupt original, if the service sent one.
        kept: Option<String>,
    },
    /// Another gs-download is working on the platform.
    DownloadBusy,
    /// Another command is writing to the platform.
    UploadBusy,

    // Why an activity is not exported.
    /// A file is corrupt.
    CorruptFile {
        /// The error in the file.
        detail: String,
    },
    /// A file does not exist.
    FileMissing {
        /// The path.
        path: String,
    },
    /// The name of an exported file belongs to a file that no export wrote, or that was changed since.
    FileNotReplaced {
        /// The path.
        path: String,
    },
    /// Only FIT files are exported.
    NotFit {
        /// `gpx` or `tcx`.
        format: String,
    },
    /// The file has no positions, or only one, which is no line.
    NoPositions {
        /// The format that needs them: `GPX` or `GeoJSON`.
        format: String,
    },
    /// The file has no trackpoints.
    NoTrackpoints,
    /// The whole track is in a privacy zone.
    InPrivacyZone,

    // Responses of a service, and its account.
    /// A login is needed.
    LoginRequired {
        /// The message of the service or of this machine.
        detail: String,
    },
    /// A later attempt may succeed.
    Retry {
        /// The message of the service or of this machine.
        detail: String,
    },
    /// The service does not have the activity or the file.
    NotFound {
        /// The message of the service or of this machine.
        detail: String,
    },
    /// The service rejected the request.
    Rejected {
        /// The message of the service or of this machine.
        detail: String,
    },
    /// The response of the service is not a known one.
    UnexpectedResponse {
        /// The message of the service or of this machine.
        detail: String,
    },
    /// An upload or a deletion was sent; its outcome is unknown.
    OutcomeUnknown {
        /// The message of the service or of this machine.
        detail: String,
    },
    /// An upload or a deletion was not sent, because its precheck was outdated.
    PrecheckOutdated,
    /// The account in the settings is not the account of the data folder.
    OtherAccountInSettings {
        /// The platform.
        platform: String,
        /// The setting.
        setting: String,
        /// The email address in the setting, masked.
        address: String,
        /// The owner of the data folder.
        owner: String,
    },
    /// The account of the login is not the account of the data folder.
    OtherAccount {
        /// The platform.
        platform: String,
        /// The account of the login.
        login: String,
        /// The owner of the data folder; absent if only the activities show it.
        owner: Option<String>,
    },
    /// The listing and the token belong to different accounts.
    ListOfAnotherAccount {
        /// The platform.
        platform: String,
        /// The service's id of the user in the listing.
        listed: String,
        /// The service's id of the user of the token.
        user: String,
    },
    /// The service does not name the owner of the account.
    AccountUnknown,
    /// The last login was interrupted.
    LoginInterrupted,

    // This machine and its settings.
    /// No platform is configured.
    NoPlatform {
        /// Whether there is a settings file.
        has_settings: bool,
    },
    /// No platform has this name.
    UnknownPlatform {
        /// The unknown name.
        name: String,
        /// The known names.
        known: String,
    },
    /// The disk is full, or the user's quota is reached.
    DiskFull {
        /// The file that could not be written.
        path: String,
    },
    /// A limit of the file size is reached.
    FileSizeLimit {
        /// The file that could not be written.
        path: String,
    },
    /// The disk is read-only.
    ReadOnly {
        /// The file that could not be written.
        path: String,
        /// The error of the system.
        detail: String,
    },
    /// The file system does not support locks.
    NoLocks {
        /// The file that could not be locked.
        path: String,
    },
    /// A file, the disk or the proxy of this machine failed.
    Storage {
        /// What failed, and why.
        detail: String,
    },
    /// A setting must be changed.
    Configuration {
        /// The error in the configuration.
        detail: String,
    },
    /// The input is invalid.
    InvalidInput {
        /// The error in the input.
        detail: String,
    },
    /// The reason refers to one line of the input.
    AtLine {
        /// The number of the line, from 1.
        line: u64,
        /// The error on the line.
        reason: Box<Reason>,
    },
    /// The run was stopped (Ctrl-C, SIGTERM).
    Stopped,
    /// Any other reason, as text.
    Other {
        /// The text.
        detail: String,
    },
}

impl Reason {
    /// A reason that has no code of its own.
    pub fn other(detail: impl Into<String>) -> Reason {
        Reason::Other { detail: detail.into() }
    }

    /// The text in a language.
    pub fn text(&self, lang: Lang) -> String {
        match lang {
            Lang::En => english::text(self),
            Lang::Zh => chinese::text(self),
        }
    }

    /// The code, as in records and in the catalogue.
    pub fn code(&self) -> String {
        let code = serde_json::to_value(self).ok();
        code.and_then(|value| value.get("code")?.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Code and parameters, as the catalogue stores them.
    pub fn to_json(&self) -> String {
        // Texts, numbers and times always become JSON.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads the output of [`Reason::to_json`]. A code of another version becomes a reason with its JSON as text.
    pub fn from_json(json: &str) -> Reason {
        serde_json::from_str(json).unwrap_or_else(|_| Reason::other(json))
    }

    /// Whether the reason is a failure of the disk or the file system, independent of the settings.
    pub fn is_of_disk(&self) -> bool {
        use Reason::{DiskFull, FileSizeLimit, NoLocks, ReadOnly};
        matches!(self, DiskFull { .. } | FileSizeLimit { .. } | NoLocks { .. } | ReadOnly { .. })
    }

    /// Whether an account is not the account of the data folder. A new login with the same settings does not change that.
    pub fn is_other_account(&self) -> bool {
        use Reason::{ListOfAnotherAccount, OtherAccount, OtherAccountInSettings};
        matches!(self, OtherAccount { .. } | OtherAccountInSettings { .. } | ListOfAnotherAccount { .. })
    }
}

/// The text of a certainty by its name; an unknown name is returned unchanged.
pub fn certainty_text(name: &str, lang: Lang) -> &str {
    match name {
        "same-file" => lang.pick("the same file", "同一文件"),
        "match" => lang.pick("match", "匹配"),
        "two-devices" => lang.pick("two devices", "两台设备"),
        "trimmed" => lang.pick("trimmed", "已剪裁"),
        "shifted" => lang.pick("time shift", "时间错位"),
        "start-only" => lang.pick("same start only", "仅开始时间相同"),
        other => other,
    }
}

/// The texts of several reasons, separated by commas.
pub fn texts(reasons: &[Reason], lang: Lang) -> String {
    reasons.iter().map(|reason| reason.text(lang)).collect::<Vec<_>>().join(lang.comma())
}

/// The English text.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
