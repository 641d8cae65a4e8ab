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
/// A text is a phrase that stands behind the name of an activity, a platform or a command:
/// `garmin-com 1: file not in the archive; run gs-download`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Reason {
    // What stands between an activity and a platform that it is missing on.
    /// It is missing there.
    NotOnPlatform {
        /// The platform.
        platform: String,
    },
    /// Its upload was sent, and the service has not confirmed it.
    UploadPending,
    /// It was deleted on the target, by a person or by gs-delete.
    DeletedOnTarget {
        /// The first listing that no longer showed it.
        since: Timestamp,
    },
    /// The last listing no longer showed it; the next one decides whether it was deleted.
    MissingOnce {
        /// That listing.
        since: Timestamp,
    },
    /// No listing of the target covers the time of its start.
    StartNotCovered,
    /// The account can be read, and no login that can upload is set up.
    NoWriteAccess {
        /// The platform.
        platform: String,
    },
    /// Nothing may be concluded about a platform.
    ListingUnusable {
        /// The platform.
        platform: String,
        /// Why not.
        reason: Box<Reason>,
    },
    /// The platform has something similar.
    PossibleDuplicate {
        /// The id of the similar activity; empty: not known.
        id: String,
        /// How sure it is, as in records: `match`, `shifted`, …
        certainty: String,
    },
    /// Nothing is uploaded to or from a platform, because its listing cannot be used.
    NoUploadsPlanned {
        /// Why not.
        reason: Box<Reason>,
    },
    /// The platform rejected it before.
    RejectedBefore,
    /// No listing of its own platform has shown it.
    ActivityNeverListed,
    /// No activity of its group was among the input.
    NotSelected,
    /// A person asked for it with --restore.
    Restored,

    // Which of several activities is uploaded or kept.
    /// It is uploaded from this platform, which has the best of several.
    UploadedFrom {
        /// The platform.
        platform: String,
        /// Why it is the best.
        reason: Box<Reason>,
    },
    /// Its platform's own maker made the recording device.
    NativeDevice {
        /// FIT's name of the maker.
        manufacturer: String,
    },
    /// The file is of a device of its platform's own maker; the platform does not name the device.
    NativeFile {
        /// FIT's name of the maker.
        manufacturer: String,
    },
    /// Its file is in the archive, and the other one's is not.
    OnlyArchived,
    /// Its file is larger.
    MoreData {
        /// Its size in bytes.
        bytes: u64,
        /// The size of the other one.
        other_bytes: u64,
    },
    /// Nothing tells the two apart but the platform.
    EquallyGood {
        /// The platform of the other one.
        platform: String,
    },
    /// It was uploaded first of two on one platform: its id is lower.
    LowerId,
    /// The other one of two is kept.
    Kept {
        /// Why.
        reason: Box<Reason>,
    },

    // Why there is no file to upload.
    /// The file is not in the archive.
    FileNotArchived,
    /// The activity has several files.
    SeveralFiles,
    /// The file in the archive is another one than the plan names.
    FileChanged,
    /// The file in the archive is damaged or gone.
    FileDamaged,
    /// There is only a file that the service converted.
    ConvertedOnly,
    /// A person typed the activity in, so there is no file.
    EnteredByHand,
    /// The service has no file of it.
    NoFile,
    /// The service does not give its file.
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

    // Why an upload is not made, and what became of one.
    /// Without a start time nobody can check for duplicates.
    NoStartTime,
    /// It begins in the future.
    StartInFuture {
        /// When.
        start: Timestamp,
    },
    /// The list and the file give start times that are days apart.
    StartsDiffer {
        /// By the list.
        listed: Timestamp,
        /// By the file.
        recorded: Timestamp,
    },
    /// The activity to restore is still on its platform.
    StillThere,
    /// It was restored before.
    RestoredBefore,
    /// The limit of uploads in one run is reached.
    UploadLimit,
    /// It is a dry run.
    DryRun,
    /// It was uploaded, and the list does not show it yet.
    UploadedNotListed,
    /// It was delivered to the outbox before.
    DeliveredBefore,
    /// It is written to the outbox, and not visible to the other program yet.
    DeliveryPending,
    /// The service says that it has it.
    ServiceHasIt,
    /// The service accepted it and still processes it.
    Processing,
    /// The service accepted it, and the list does not show it yet.
    AcceptedNotListed,
    /// The response to an upload was lost, and the list does not show it.
    ResponseLost {
        /// A run after this time uploads it again.
        retry_at: Timestamp,
    },
    /// An upload whose response was lost was not received.
    UploadNotReceived,
    /// The service never receives this file, while it receives others.
    FileNeverReceived,
    /// The service accepted it and never listed it.
    UploadLost {
        /// For how long, in seconds.
        seconds: u64,
        /// The command line that uploads it again.
        retry: String,
    },
    /// The account that the file came from was removed from this data folder.
    AccountForgotten,

    // Why a duplicate is not deleted, and what became of a deletion.
    /// Nothing is deleted on this platform.
    DeletionNotSupported,
    /// A deletion was sent and is not confirmed.
    DeletionPending,
    /// The activity to keep is not another one on the same platform.
    NotAnotherActivity,
    /// It was deleted before, and a person restored it.
    RestoredByHand,
    /// It was uploaded in this run.
    UploadedInThisRun,
    /// Two devices recorded it.
    TwoDevices,
    /// The match is not sure enough.
    MatchNotSure,
    /// Its file is not intact in the archive.
    NotArchived,
    /// The archive has no original FIT file of it.
    OriginalNotArchived,
    /// The file of the activity to keep is not intact in the archive.
    KeptNotArchived,
    /// It is better than the activity to keep.
    BetterThanKept,
    /// The platform does not list the activity to keep.
    KeptNotListed,
    /// The limit of deletions in one run is reached.
    DeletionLimit {
        /// The limit.
        limit: u64,
    },
    /// --yes was not given.
    NotConfirmed,
    /// The catalogue does not know it.
    UnknownActivity,
    /// The catalogue does not know the activity to keep.
    UnknownKept,
    /// It is deleted already.
    AlreadyDeleted,
    /// Its platform no longer lists it.
    NoLongerListed,
    /// It is still listed although the service confirmed the deletion.
    StillListed,
    /// An earlier run did not delete it.
    NotDeletedBefore,
    /// Whether it is deleted is not known.
    DeletionUnconfirmed {
        /// Why not.
        reason: Box<Reason>,
    },
    /// A duplicate was deleted for this evidence.
    Duplicate {
        /// The evidence.
        evidence: Vec<Reason>,
    },

    // Evidence that two activities are the same.
    /// The files are equal, byte for byte.
    SameFile,
    /// The same device made both recordings in the same second.
    SameRecording,
    /// The starts agree, or nearly.
    StartApart {
        /// In seconds.
        seconds: f64,
    },
    /// The starts differ by whole quarter hours.
    StartShifted {
        /// In minutes.
        minutes: u32,
    },
    /// The start of one is not known.
    StartUnknown,
    /// One began when the other had ended, or nearly so.
    NoOverlap,
    /// They took place at the same time, in part.
    PartialOverlap,
    /// Both are of one sport.
    SameSport {
        /// FIT's name of the sport, or of its family.
        sport: String,
    },
    /// The sports differ.
    SportsDiffer {
        /// The sports.
        sports: [String; 2],
    },
    /// The timer times agree.
    TimerTime {
        /// The difference, in percent.
        percent: f64,
    },
    /// The timer times differ.
    TimerTimesDiffer {
        /// Both, in seconds.
        seconds: [f64; 2],
    },
    /// The distances agree.
    Distance {
        /// The difference, in percent.
        percent: f64,
    },
    /// The distances differ.
    DistancesDiffer {
        /// Both, in metres.
        metres: [f64; 2],
    },
    /// One device recorded both.
    SameDevice,
    /// Two devices recorded them.
    DifferentDevices,
    /// The devices cannot be compared.
    DevicesUnknown,
    /// They matched before, and begin far apart now.
    MatchedBefore {
        /// In days.
        days_apart: u64,
    },
    /// A person may have corrected a date on one platform.
    DateMayBeCorrected,

    // Listings that nothing is concluded from.
    /// Entries could not be read.
    EntriesUnreadable {
        /// How many.
        count: u64,
    },
    /// The entries are in no order.
    ListingUnordered,
    /// Each request gave a different list.
    ListingUnstable {
        /// The number of requests.
        requests: u32,
    },
    /// A second request gave entries that cannot be read, or in no order.
    SecondListingUnusable,
    /// It is empty, but the service counts activities.
    ListingEmpty {
        /// How many it counts.
        count: u64,
    },
    /// Too many known activities are missing.
    ListingImplausible {
        /// How many are missing.
        missing: u64,
        /// Of how many.
        known: u64,
        /// Whether the platform has accounts; a folder has none.
        has_account: bool,
    },
    /// It was interrupted.
    ListingIncomplete,
    /// The platform was never listed.
    PlatformNeverListed,
    /// The platform is being listed now.
    BeingListed,

    // Downloads.
    /// What the service sent is not an intact file.
    Corrupt {
        /// What is wrong with it.
        detail: String,
    },
    /// Several requests in a row failed for the same kind of reason.
    ServiceDown {
        /// The last one.
        reason: Box<Reason>,
    },
    /// The service does not give files that it gave before.
    DownloadsDown {
        /// Its answer.
        detail: String,
    },
    /// Its file was rejected in several runs; it is requested once a week from now on.
    RequestedWeekly {
        /// In how many runs.
        runs: u32,
        /// The last rejection.
        reason: Box<Reason>,
        /// Where the corrupt original is kept, if the service gave one.
        kept: Option<String>,
    },
    /// Another gs-download works on the platform.
    DownloadBusy,
    /// Another command writes to the platform.
    UploadBusy,

    // What a service or its account says.
    /// A login is needed.
    LoginRequired {
        /// What was said.
        detail: String,
    },
    /// A later attempt may succeed.
    Retry {
        /// What was said.
        detail: String,
    },
    /// The service does not have it.
    NotFound {
        /// What was said.
        detail: String,
    },
    /// The service rejected it.
    Rejected {
        /// What was said.
        detail: String,
    },
    /// The answer is not one that the service is known to give.
    UnexpectedResponse {
        /// What was said.
        detail: String,
    },
    /// A write was sent, and its outcome is not known.
    OutcomeUnknown {
        /// What was said.
        detail: String,
    },
    /// A write was not sent, because the listing before it was too old by then.
    PrecheckOutdated,
    /// The settings name another account than the data folder belongs to.
    OtherAccountInSettings {
        /// The platform.
        platform: String,
        /// The setting.
        setting: String,
        /// The address in it, masked.
        address: String,
        /// Whose the data folder is.
        owner: String,
    },
    /// The login is of another account than the data folder belongs to.
    OtherAccount {
        /// The platform.
        platform: String,
        /// Whose login it is.
        login: String,
        /// Whose the data folder is; nothing: of another account, as its activities tell.
        owner: Option<String>,
    },
    /// The service lists the activities of another account than its token is of.
    ListOfAnotherAccount {
        /// The platform.
        platform: String,
        /// The user that the list is of, by the service's id.
        listed: String,
        /// The user that the token is of.
        user: String,
    },
    /// The service does not say whose account it is.
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
        /// The name.
        name: String,
        /// The known ones.
        known: String,
    },
    /// The disk, or the user's part of it, is full.
    DiskFull {
        /// What could not be written.
        path: String,
    },
    /// A limit for the size of a file is reached.
    FileSizeLimit {
        /// What could not be written.
        path: String,
    },
    /// The disk is read-only.
    ReadOnly {
        /// What could not be written.
        path: String,
        /// Why.
        detail: String,
    },
    /// The file system has no locks.
    NoLocks {
        /// What could not be locked.
        path: String,
    },
    /// Something of this machine is in the way.
    Storage {
        /// What.
        detail: String,
    },
    /// A setting has to be changed.
    Configuration {
        /// What is wrong.
        detail: String,
    },
    /// What a person gave cannot be used.
    InvalidInput {
        /// What is wrong.
        detail: String,
    },
    /// It is about one line of the input.
    AtLine {
        /// Its number, from 1.
        line: u64,
        /// What is wrong there.
        reason: Box<Reason>,
    },
    /// A person ended it.
    Stopped,
    /// Anything else, in words.
    Other {
        /// The words.
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

    /// The code, as it stands in records and in the catalogue.
    pub fn code(&self) -> String {
        let code = serde_json::to_value(self).ok();
        code.and_then(|value| value.get("code")?.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Code and parameters, as the catalogue stores them.
    pub fn to_json(&self) -> String {
        // Texts, numbers and times always become JSON.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what [`Reason::to_json`] wrote. A code of another version keeps its words, if it has any.
    pub fn from_json(json: &str) -> Reason {
        serde_json::from_str(json).unwrap_or_else(|_| Reason::other(json))
    }

    /// Whether it is about the disk or the file system, whatever the settings are.
    pub fn is_of_disk(&self) -> bool {
        use Reason::{DiskFull, FileSizeLimit, NoLocks, ReadOnly};
        matches!(self, DiskFull { .. } | FileSizeLimit { .. } | NoLocks { .. } | ReadOnly { .. })
    }

    /// Whether it says that an account is another one than the data folder belongs to. No new login with the same settings
    /// changes that.
    pub fn is_other_account(&self) -> bool {
        use Reason::{ListOfAnotherAccount, OtherAccount, OtherAccountInSettings};
        matches!(self, OtherAccount { .. } | OtherAccountInSettings { .. } | ListOfAnotherAccount { .. })
    }
}

/// How sure a match is, by the name of its certainty; another name is its own text.
pub fn certainty_text(name: &str, lang: Lang) -> &str {
    match name {
        "same-file" => lang.pick("the same file", "同一文件"),
        "match" => lang.pick("match", "匹配"),
        "two-devices" => lang.pick("two devices", "两台设备"),
        "shifted" => lang.pick("time shift", "时间错位"),
        "start-only" => lang.pick("same start only", "仅开始时间相同"),
        other => other,
    }
}

/// The texts of several, one after the other.
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
