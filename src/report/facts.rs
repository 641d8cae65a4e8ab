//! Everything that the page shows, and `status.json` holds: one value, made in `cli` from the catalogue alone.
//!
//! The page is a view of it and `status.json` is it, so the two cannot tell different things. Every text that somebody
//! else wrote (a name, a service's words, an error) is a [`Clean`]: nothing secret and no control character is in it.
//! Times are UTC; units are in the names; a day is the day on the wall where the activity began.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::Clean;

/// Everything that the page shows.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Facts {
    /// Whether all is well. It comes first, so that a health check finds it in the first lines.
    pub state: State,
    /// When this was read from the catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made: Option<Timestamp>,
    /// The version of garminsync.
    pub version: &'static str,
    /// The newest run in the log; it is the first of `runs`, too.
    pub last_run: Option<Run>,
    /// When it is to run.
    pub schedule: Option<Schedule>,
    /// What needs a person; the most urgent first.
    pub needs: Vec<Matter>,
    /// What went wrong and is tried again by the next run.
    pub troubles: Vec<Matter>,
    /// The platforms that the catalogue knows.
    pub platforms: Vec<Platform>,
    /// Each platform towards each other one.
    pub matrix: Vec<Pair>,
    /// What lacks on a platform, by platform and reason.
    pub missing: Vec<Missing>,
    /// What is not in the archive, by platform and reason; what never can be is among it.
    pub not_archived: Vec<NotArchived>,
    /// Entries that are on their platform twice.
    pub copies: Vec<Copy>,
    /// Entries that agree but for whole quarter hours: suspected time-zone faults.
    pub time_zone_faults: Vec<Likeness>,
    /// What was deleted from here, and what people deleted on their platforms; the newest first. Of each entry the last.
    pub deletions: Vec<Deletion>,
    /// Uploads that a platform refused, or took and never showed, as far as that still stands; the newest first.
    pub refused: Vec<Refusal>,
    /// The log: the newest hundred runs, the newest first.
    pub runs: Vec<Run>,
    /// Days with activities, by date. What began before 1970 or in the future has no day, week or month: a wrong clock.
    pub days: Vec<Day>,
    /// Weeks with activities, by their Monday.
    pub weeks: Vec<Week>,
    /// Months from the first activity to the last, without a gap.
    pub months: Vec<Month>,
    /// Every exercise once that is on a platform or in the archive, the newest first; unknown starts last.
    pub activities: Vec<Exercise>,
}

/// Whether all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nothing is known yet: no platform was ever listed. What needs a person or went wrong says more, and goes first.
    #[default]
    Empty,
    /// All is well.
    Well,
    /// Something went wrong, and the next run tries again.
    Trouble,
    /// A person is needed.
    Person,
}

/// Something that went wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Matter {
    /// What it is.
    pub what: What,
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
    /// In whose words: a service's, or an error's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Clean>,
    /// Until when, or since when: see [`What`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The command line that mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// A person: a login was refused, and none is tried by itself any more. `at`: since when.
    LoginRefused,
    /// A person: the token is of no more use. `at`: since when, if it is known.
    LoginDead,
    /// A person: a command ended with "a login is needed". `at`: when.
    LoginNeeded,
    /// A person: the list lacks too much of what was known, and is not believed. `at`: when.
    ListShrunk,
    /// A person: a command ended with "configuration". `at`: when.
    SetUp,
    /// A person: a command met a bug. `at`: when.
    Bug,
    /// A person: the run that was due did not happen. `at`: when it was due.
    Overdue,
    /// No password login before `at`.
    Cooldown,
    /// The service asked to be left alone before `at`.
    AskedToWait,
    /// The newest listing was cut. `at`: when.
    ListCut,
    /// Files in the archive were found changed or cut; they are fetched again.
    FilesBroken,
    /// Files were asked for in vain, and will be again; those that are known not to be had are none of them.
    FilesFailed,
    /// A command ended otherwise than well. `at`: when.
    Failed,
    /// A command did not end: it was killed, or still runs. `at`: when it began.
    Unfinished,
}

impl What {
    /// Whether a person is needed.
    pub fn needs_person(self) -> bool {
        self <= What::Overdue
    }
}

/// When it is to run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Schedule {
    /// The cron expression.
    pub cron: String,
    /// The time zone it is meant in.
    pub zone: String,
    /// Whether it is switched on.
    pub enabled: bool,
    /// The next run.
    pub next_run: Option<Timestamp>,
}

/// One run: the commands that shared a run id.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// Its id.
    pub run: Clean,
    /// When its first command began.
    pub started: Timestamp,
    /// When its last command ended; nothing: one did not.
    pub finished: Option<Timestamp>,
    /// How it ended: the worst of its commands.
    pub outcome: RunOutcome,
    /// The worst exit code.
    pub exit: Option<u8>,
    /// What its commands counted, added up.
    pub counts: BTreeMap<String, u64>,
    /// The first message.
    pub message: Option<Clean>,
    /// Its commands, in the order in which they began.
    pub commands: Vec<Command>,
}

/// How a run or a command ended; a greater one is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunOutcome {
    /// All well.
    Success,
    /// Some records failed.
    Partial,
    /// A person ended it.
    Interrupted,
    /// It did not end: it was killed, or still runs.
    Unfinished,
    /// It failed.
    Error,
}

/// One command of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Command {
    /// Its name.
    pub command: Clean,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// How it ended.
    pub outcome: RunOutcome,
    /// Its exit code.
    pub exit: Option<u8>,
    /// What it counted.
    pub counts: BTreeMap<String, u64>,
    /// The first thing that went wrong.
    pub message: Option<Clean>,
}

/// One platform.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Platform {
    /// Its name, as commands take it.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Whether it is kept equal with the others.
    pub compared: bool,
    /// Activities that are on it.
    pub total: u64,
    /// Of those, in the archive.
    pub downloaded: u64,
    /// Of those, not in the archive, although that is possible.
    pub missing: u64,
    /// Of those, without a file that could be had: typed in by hand, or the service holds none.
    pub no_original: u64,
    /// Of the missing ones, those whose file was asked for in vain.
    pub failed: u64,
    /// Uploads to it whose end is not known yet.
    pub pending: u64,
    /// Bytes of those in the archive, all files of each.
    pub bytes: u64,
    /// When its last listing that saw the end did so.
    pub last_complete_listing: Option<Timestamp>,
    /// When its last listing that went well ended, be it of a part.
    pub last_listing: Option<Timestamp>,
    /// Why nothing may be concluded about it now; nothing: its list is known.
    pub not_known: Option<Clean>,
    /// The login; nothing for a folder, or if nothing is known of it.
    pub login: Option<Login>,
    /// No password login before then.
    pub cooldown_until: Option<Timestamp>,
    /// It asked to be left alone before then.
    pub asked_to_wait_until: Option<Timestamp>,
}

/// The token of a platform, as it was when a command last used it. The token itself is never looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Login {
    /// Until when it works without being renewed.
    pub expires: Option<Timestamp>,
    /// Whether it is renewed by itself.
    pub renewable: bool,
    /// Until when that is possible.
    pub renewable_until: Option<Timestamp>,
    /// Why it is of no more use.
    pub dead: Option<Clean>,
}

/// What one platform has and another has or has not: counts of exercises.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// The platform that has them.
    pub on: String,
    /// The other one.
    pub and: String,
    /// On both.
    pub both: u64,
    /// On the first alone. All of the following are of these.
    pub only: u64,
    /// Uploads of them are under way.
    pub pending: u64,
    /// The other one refused them, or took and never showed them.
    pub refused: u64,
}

/// Exercises that a platform lacks, for one reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Missing {
    /// The platform.
    pub on: String,
    /// The reason.
    pub reason: Reason,
    /// How many.
    pub count: u64,
    /// Each of them, the newest first.
    pub items: Vec<Lacking>,
}

/// An exercise that a platform lacks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lacking {
    /// Its best entry elsewhere.
    #[serde(flatten)]
    pub activity: Activity,
    /// More about the reason: words of the service, what is alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Clean>,
    /// Since when, of what was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// Why a platform lacks an exercise. In the order in which they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The next run sends it.
    ToSend,
    /// An upload of it is under way.
    Pending,
    /// The platform refused it, or took and never showed it.
    Refused,
    /// The platform may have it, under another sport or an hour off.
    Doubtful,
    /// No file of it can be sent.
    NoFile,
    /// Somebody deleted it there.
    Deleted,
    /// The last listing did not show it any more; the next one tells.
    Missed,
    /// It is not known what the platform has at that time.
    NotKnown,
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
    pub items: Vec<Lacking>,
}

/// Why an activity is not in the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoFile {
    /// It was asked for in vain.
    Failed,
    /// It was found changed or cut, and is fetched again.
    Broken,
    /// Nobody has asked for it yet.
    NotYet,
    /// There is none: typed in by hand, or the service holds no file.
    NoOriginal,
}

/// An entry on a platform, as far as it is needed to recognise it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Activity {
    /// The platform.
    pub platform: String,
    /// The id there. Empty: it was sent there, and neither the answer nor a list has told the id yet.
    pub id: Clean,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Clean>,
    /// FIT `sport`, else the platform's own type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sport: Option<Clean>,
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
pub struct Copy {
    /// The copy.
    pub copy: Activity,
    /// The entry that is kept.
    pub kept: Activity,
    /// `same-file`, `same-exercise` (superfluous), `two-devices` or `start-only` (only told).
    pub certainty: &'static str,
    /// Whether it may be deleted, if every other guard holds.
    pub superfluous: bool,
    /// The evidence.
    pub why: Vec<Clean>,
    /// Why that one is kept.
    pub kept_because: Clean,
}

/// Two entries that look alike.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Likeness {
    /// One.
    pub one: Activity,
    /// The other, on the same platform or another one.
    pub other: Activity,
    /// The evidence.
    pub why: Vec<Clean>,
}

/// An entry that is no longer on its platform.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Deletion {
    /// The entry.
    pub activity: Activity,
    /// Who deleted it, and what came of it.
    pub by: Deleter,
    /// Since when.
    pub at: Timestamp,
    /// The entry that was kept, of a copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_id: Option<Clean>,
    /// The reason, of a copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Clean>,
    /// Its file in the archive, below the data folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Clean>,
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
    Somebody,
    /// Perhaps somebody: one listing did not show it.
    Perhaps,
}

/// An upload that a platform refused, or took and never showed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Refusal {
    /// What was sent.
    pub activity: Activity,
    /// Where to.
    pub to: String,
    /// `refused`, or `lost`: taken, and never shown.
    pub outcome: &'static str,
    /// When.
    pub at: Timestamp,
    /// The service's words.
    pub words: Option<Clean>,
    /// The command line that sends it again all the same.
    pub retry: String,
}

/// What a day holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Day {
    /// The day, where the activities began.
    pub date: Date,
    /// Exercises that began on it.
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
    /// Exercises.
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
    /// Exercises that began in it.
    pub count: u64,
    /// Of those, in the archive.
    pub archived: u64,
    /// Of those, on each platform.
    pub on: BTreeMap<String, u64>,
}

/// An exercise: all its entries.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Exercise {
    /// Its name.
    pub name: Clean,
    /// FIT `sport`, else the platform's own type.
    pub sport: Clean,
    /// FIT `sub_sport`, unless it is `generic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_sport: Option<Clean>,
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
    pub device: Option<Clean>,
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
    pub lacking: Vec<(String, Reason)>,
    /// Its file in the archive.
    pub file: Option<File>,
}

/// An entry of an exercise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Place {
    /// The platform.
    pub platform: String,
    /// The id there.
    pub id: Clean,
}

/// A file in the archive.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct File {
    /// Where it is, below the data folder.
    pub path: Clean,
    /// `fit`, `gpx` or `tcx`.
    pub format: Clean,
    /// Whether the service computed it.
    pub export: bool,
    /// Its size.
    pub bytes: u64,
}
