//! The log: runs, and their commands.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{Redacted, RedactedReason};

/// One run: the commands that shared a run id.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// Its id.
    pub run: Redacted,
    /// When its first command started.
    pub started: Timestamp,
    /// When its last command ended; `None`: one of them did not end.
    pub finished: Option<Timestamp>,
    /// Its result: the worst of its commands.
    pub outcome: RunOutcome,
    /// The worst exit code.
    pub exit: Option<u8>,
    /// The sums of the counts of its commands.
    pub counts: BTreeMap<String, u64>,
    /// The first error.
    pub reason: Option<RedactedReason>,
    /// Its commands, in the order in which they started.
    pub commands: Vec<Command>,
}

/// How a run or a command ended; a greater one is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunOutcome {
    /// Everything succeeded.
    Success,
    /// Some records failed.
    Partial,
    /// A person stopped it.
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
    pub command: Redacted,
    /// When it started.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// How it ended.
    pub outcome: RunOutcome,
    /// Its exit code.
    pub exit: Option<u8>,
    /// Its counts.
    pub counts: BTreeMap<String, u64>,
    /// The first error.
    pub reason: Option<RedactedReason>,
    /// The platform of that error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Redacted>,
}
