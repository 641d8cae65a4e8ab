//! Everything that the page shows, and `status.json` holds: one value, made in `sync::overview` from the catalogue.
//!
//! The page is a view of it and `status.json` is it, so the two cannot tell different things. Every text that somebody
//! else wrote (a name, a service's words, an error) is a [`Redacted`]: nothing secret and no control character is in it.
//! Times are UTC; units are in the names; a day is the day on the wall where the activity began.

mod differences;
mod groups;
pub mod judge;
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
pub use platforms::*;
pub use runs::*;
pub use sanitize::{Redacted, RedactedReason};
pub use syncs::{Heading, NextSync, never_synced};

/// Everything that the page shows.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Snapshot {
    /// Whether all is well. It comes first, so that a health check finds it in the first lines.
    pub state: State,
    /// What the next runs have to do.
    pub outstanding: Outstanding,
    /// When this was read from the catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made: Option<Timestamp>,
    /// The version of garminsync.
    pub version: &'static str,
    /// The newest run in the log; it is the first of `runs`, too.
    pub last_run: Option<Run>,
    /// When it is to run.
    pub schedule: Option<ScheduleStatus>,
    /// What needs a person; the most urgent first.
    pub actions: Vec<Issue>,
    /// What went wrong and is tried again by the next run.
    pub warnings: Vec<Issue>,
    /// The platforms that the catalogue knows.
    pub platforms: Vec<Platform>,
    /// Each platform towards each other one.
    pub matrix: Vec<PlatformPair>,
    /// What lacks on a platform, by platform and reason.
    pub missing: Vec<Missing>,
    /// What is not in the archive, by platform and reason; what never can be is among it.
    pub not_archived: Vec<NotArchived>,
    /// Entries that are on their platform twice.
    pub duplicates: Vec<Duplicate>,
    /// Entries that agree but for whole quarter hours: suspected time-zone faults.
    pub time_zone_faults: Vec<SimilarPair>,
    /// What was deleted from here, and what people deleted on their platforms; the newest first. Of each entry the last.
    pub deletions: Vec<Deletion>,
    /// Uploads that a platform refused, or took and never showed, as far as that still stands; the newest first.
    pub rejected: Vec<Rejection>,
    /// The log: the newest hundred runs, the newest first.
    pub runs: Vec<Run>,
    /// Days with activities, by date. What began before 1970 or in the future has no day, week or month: a wrong clock.
    pub days: Vec<Day>,
    /// Weeks with activities, by their Monday.
    pub weeks: Vec<Week>,
    /// Months from the first activity to the last, without a gap.
    pub months: Vec<Month>,
    /// Every activity once that is on a platform or in the archive, the newest first; unknown starts last.
    pub activities: Vec<ActivityGroup>,
}

impl Snapshot {
    /// Whether a next run comes by a schedule.
    pub fn is_repeated(&self) -> bool {
        self.schedule.as_ref().is_some_and(|schedule| schedule.enabled)
    }

    /// How a command ends that is asked for the state: [`Exit::LoginRequired`] if a login is needed, [`Exit::Ok`] if
    /// everything is OK, else [`Exit::Partial`], also while nothing is known yet.
    pub fn exit(&self) -> Exit {
        match self.state {
            _ if self.actions.iter().any(|issue| issue.kind.is_login()) => Exit::LoginRequired,
            State::Ok => Exit::Ok,
            _ => Exit::Partial,
        }
    }
}

/// Whether all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nothing is known yet: no platform was ever listed. What needs a person or went wrong says more, and goes first.
    #[default]
    Empty,
    /// All is well.
    Ok,
    /// Nothing is wrong, but there is work that the next runs have to do.
    Outstanding,
    /// There is such work, and runs do not make it less.
    Behind,
    /// Something went wrong, and the next run tries again.
    Warning,
    /// A person is needed.
    ActionNeeded,
}

/// Work that is not done yet although nothing is wrong with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Outstanding {
    /// Uploads that the next run makes.
    pub uploads: u64,
    /// Files that belong into the archive, and that nobody has asked for yet.
    pub downloads: u64,
    /// Duplicates that the next run deletes.
    pub deletions: u64,
    /// Uploads that a service has accepted and not confirmed.
    pub pending: u64,
}

impl Outstanding {
    /// Whether there is nothing to do.
    pub fn is_nothing(self) -> bool {
        self == Outstanding::default()
    }
}

/// Something that went wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Issue {
    /// What it is.
    pub kind: IssueKind,
    /// The platform it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The command that met it, and how it ended.
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
    /// The command line that mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// Which activities are concerned, `platform id` each; of those with a `count`.
    #[serde(skip)]
    pub activities: Vec<String>,
}

impl Issue {
    /// That alone, with nothing else known.
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

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IssueKind {
    /// A person: a login was refused, and none is tried by itself any more. `at`: since when.
    LoginRefused,
    /// A person: the token is of no more use. `at`: since when, if it is known.
    LoginEnded,
    /// A person: a command ended with "a login is needed". `at`: when.
    LoginNeeded,
    /// A person: the list lacks too much of what was known, and is not believed. `at`: when.
    ListingImplausible,
    /// A person: a command ended with "configuration". `at`: when.
    Configuration,
    /// A person: a command met a bug. `at`: when.
    Bug,
    /// A person: uploads that the platform accepted and never showed. They are not uploaded again without a word of a person.
    UploadsLost,
    /// A person: the run that was due did not happen. `at`: when it was due.
    Overdue,
    /// No password login before `at`.
    Cooldown,
    /// The service asked to be left alone before `at`.
    RateLimited,
    /// The newest listing was cut. `at`: when.
    ListingIncomplete,
    /// The platform was not listed for long, and no schedule is known, or never. `at`: when it was listed last.
    NotListed,
    /// Uploads that the platform accepted hours ago and does not show.
    UploadsUnconfirmed,
    /// Work is outstanding, and runs do not make it less.
    Behind,
    /// Files in the archive were found changed or cut; they are fetched again.
    FilesCorrupt,
    /// Files were asked for in vain, and will be again; those that are known not to be had are none of them.
    FilesFailed,
    /// A command ended otherwise than well. `at`: when.
    Failed,
    /// A command did not end: it was killed, or still runs. `at`: when it began.
    Unfinished,
}

impl IssueKind {
    /// As `status.json` spells it.
    pub fn name(self) -> String {
        let name = serde_json::to_value(self).ok();
        name.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Whether a login is what is needed.
    pub fn is_login(self) -> bool {
        matches!(self, IssueKind::LoginRefused | IssueKind::LoginEnded | IssueKind::LoginNeeded)
    }

    /// Whether a person is needed.
    pub fn needs_action(self) -> bool {
        self <= IssueKind::Overdue
    }
}

/// When it is to run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScheduleStatus {
    /// The cron expression.
    pub cron: String,
    /// The time zone it is meant in.
    pub zone: String,
    /// Whether it is switched on.
    pub enabled: bool,
    /// The next run.
    pub next_run: Option<Timestamp>,
    /// What runs it, as whoever set it said: `crontab`.
    pub runner: Option<Redacted>,
    /// Whether it is known to be run at all: something was said to run it, or the run that was due last came. Otherwise it
    /// is only written down.
    pub is_run: bool,
}
