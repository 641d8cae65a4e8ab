//! The state of everything: what the page shows and `status.json` contains. `sync::overview` builds it from the catalogue.
//!
//! The page is a view of it, so the two cannot differ. Every text that others wrote (a name, a service's message, an error)
//! is a [`Redacted`]: without secrets and control characters. Times are UTC; units are in the names; a day is the local day
//! on which the activity started.

mod differences;
mod groups;
pub mod judge;
mod left_out;
mod platforms;
mod runs;
mod sanitize;
mod syncs;
mod text;

use jiff::Timestamp;
use serde::Serialize;

use crate::exit::Exit;

pub use differences::*;
pub use groups::*;
pub use left_out::{Counts, LeftOut, List, MOST_LISTED};
pub use platforms::*;
pub use runs::*;
pub use sanitize::{Redacted, RedactedReason};
pub use syncs::{Heading, NextSync, never_synced, sync_is_running};
pub use text::access_title;

/// Everything that the page shows.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Snapshot {
    /// The state. It comes first, so that a health check finds it in the first lines.
    pub state: State,
    /// The outstanding work of the next runs.
    pub outstanding: Outstanding,
    /// When the data was read from the catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made: Option<Timestamp>,
    /// The version of garminsync.
    pub version: &'static str,
    /// What the lists below leave out; empty: nothing. The counts, the sums and the charts are of everything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// What the lists below add up to, with what they leave out.
    #[serde(skip)]
    pub counts: Counts,
    /// The newest sync in the log: a run that listed a platform, or that its settings stopped. A person's run that only
    /// reads the catalogue is in `runs` alone.
    pub last_run: Option<Run>,
    /// When the sync began that is running now; `None`: none is running.
    pub running_since: Option<Timestamp>,
    /// The schedule of the syncs.
    pub schedule: Option<ScheduleStatus>,
    /// What a person must do; the most urgent first.
    pub actions: Vec<Issue>,
    /// What failed and is retried by the next run.
    pub warnings: Vec<Issue>,
    /// The platforms in the catalogue.
    pub platforms: Vec<Platform>,
    /// The comparison of each platform with each other one.
    pub matrix: Vec<PlatformPair>,
    /// The missing activities, by platform and reason.
    pub missing: Vec<Missing>,
    /// The activities that are not in the archive, by platform and reason, including those that have no file.
    pub not_archived: Vec<NotArchived>,
    /// The duplicates on the platforms.
    pub duplicates: Vec<Duplicate>,
    /// Activities that agree except for whole quarter hours: suspected time zone errors.
    pub time_zone_faults: Vec<SimilarPair>,
    /// Deletions by gs-delete and by people, the newest first; of each activity the last one.
    pub deletions: Vec<Deletion>,
    /// Uploads that a platform rejected, or accepted and never listed, if that still applies; the newest first.
    pub rejected: Vec<Rejection>,
    /// The log: the newest hundred runs, the newest first.
    pub runs: Vec<Run>,
    /// Days with activities, by date. Activities before 1970 or in the future have no day, week or month: their clock was
    /// wrong.
    pub days: Vec<Day>,
    /// Weeks with activities, by their Monday.
    pub weeks: Vec<Week>,
    /// Months from the first activity to the last, without a gap.
    pub months: Vec<Month>,
    /// Every activity once that is on a platform or in the archive, the newest first; unknown starts last.
    pub activities: Vec<ActivityGroup>,
}

impl Snapshot {
    /// Whether a schedule starts the next run.
    pub fn is_repeated(&self) -> bool {
        self.schedule.as_ref().is_some_and(|schedule| schedule.enabled)
    }

    /// The exit code of a command that reports the state: [`Exit::LoginRequired`] if a login is needed, [`Exit::Ok`] if
    /// everything is OK, else [`Exit::Partial`], also if no platform was ever listed.
    pub fn exit(&self) -> Exit {
        match self.state {
            _ if self.actions.iter().any(|issue| issue.kind.is_login()) => Exit::LoginRequired,
            State::Ok => Exit::Ok,
            _ => Exit::Partial,
        }
    }
}

/// The state, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// No platform was ever listed, and nothing failed.
    #[default]
    Empty,
    /// Everything is OK.
    Ok,
    /// No failures, but work is outstanding.
    Outstanding,
    /// Work is outstanding, and the last runs did not reduce it.
    Behind,
    /// Something failed, and the next run retries it.
    Warning,
    /// A person must do something.
    ActionNeeded,
}

/// Outstanding work, without failures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Outstanding {
    /// Uploads that the next run makes.
    pub uploads: u64,
    /// Files that are not in the archive and were not requested yet.
    pub downloads: u64,
    /// Duplicates that the next run deletes.
    pub deletions: u64,
    /// Uploads that a service has accepted and not confirmed.
    pub pending: u64,
}

impl Outstanding {
    /// Whether no work is outstanding.
    pub fn is_nothing(self) -> bool {
        self == Outstanding::default()
    }
}

/// A failure that a person should know about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Issue {
    /// Its kind.
    pub kind: IssueKind,
    /// The platform that it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The command with the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Its exit code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<u8>,
    /// How many are concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<RedactedReason>,
    /// Until when, or since when: see [`IssueKind`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The command that fixes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// The activities concerned, `platform id` each, if there is a `count`.
    #[serde(skip)]
    pub activities: Vec<String>,
}

impl Issue {
    /// An issue of this kind, without details.
    pub fn new(kind: IssueKind) -> Issue {
        Issue {
            kind,
            platform: None,
            command: None,
            exit: None,
            count: None,
            reason: None,
            at: None,
            fix: None,
            activities: Vec::new(),
        }
    }
}

/// The kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IssueKind {
    /// Action: a login was rejected, and none is tried automatically. `at`: since when.
    LoginRejected,
    /// Action: the token no longer works. `at`: since when, if known.
    LoginEnded,
    /// Action: the API key has ended, or the service rejects it. `at`: since when.
    KeyEnded,
    /// Action: a command ended with "a login is needed". `at`: when.
    LoginNeeded,
    /// Action: too many known activities are missing in the list, which is ignored. `at`: when.
    ListingImplausible,
    /// Action: a command ended with "configuration". `at`: when.
    Configuration,
    /// Action: a command found a bug. `at`: when.
    Bug,
    /// Action: the platform accepted uploads and never listed them. They are only uploaded again if a person says so.
    UploadsLost,
    /// Action: the scheduled run did not happen. `at`: its time.
    Overdue,
    /// No password login before `at`.
    Cooldown,
    /// The service allows no requests before `at`.
    RateLimited,
    /// The API key ends soon, at `at`.
    KeyEnds,
    /// The newest listing is incomplete. `at`: when.
    ListingIncomplete,
    /// The platform was not listed for long, and no schedule is known, or never. `at`: when it was listed last.
    NotListed,
    /// Uploads that the platform accepted hours ago and does not show.
    UploadsUnconfirmed,
    /// Work is outstanding, and the last runs did not reduce it.
    Behind,
    /// Archived files were changed or truncated; they are downloaded again.
    FilesCorrupt,
    /// Downloads failed, and are retried; unavailable files are not among them.
    FilesFailed,
    /// A command failed. `at`: when.
    Failed,
    /// A command did not end: it was killed, or still runs. `at`: when it started.
    Unfinished,
}

impl IssueKind {
    /// As `status.json` spells it.
    pub fn name(self) -> String {
        let name = serde_json::to_value(self).ok();
        name.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Whether it requires a login.
    pub fn is_login(self) -> bool {
        matches!(self, IssueKind::LoginRejected | IssueKind::LoginEnded | IssueKind::KeyEnded | IssueKind::LoginNeeded)
    }

    /// Whether a person must do something.
    pub fn needs_action(self) -> bool {
        self <= IssueKind::Overdue
    }
}

/// The schedule of the syncs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScheduleStatus {
    /// The cron expression.
    pub cron: String,
    /// The time zone of the expression.
    pub zone: String,
    /// Whether it is enabled.
    pub enabled: bool,
    /// The next run.
    pub next_run: Option<Timestamp>,
    /// What runs it, as stored with the schedule: `crontab`.
    pub runner: Option<Redacted>,
    /// Whether something runs it: a runner is stored, and it is not the crontab of a machine on which no cron daemon
    /// runs; or the last scheduled run happened. Otherwise it is only stored.
    pub is_run: bool,
}
