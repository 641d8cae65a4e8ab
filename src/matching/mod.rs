//! Which activities are the same: evidence, not a bare yes.
//!
//! ```text
//! let matcher = Matcher::default();          evidence, tolerance 60 s
//! matcher.verdict(&a, &b)                    Some(match: "starts 2 s apart", "distance 0.1 % apart", "same device")
//! matcher.copies(&all)                       on each platform: which entry is a copy of which, and why
//! matcher.groups(&all)                       over all platforms: each activity once, its best entry first
//! matcher.doubt(&a, &b)                      the same activity, or perhaps: whoever would add one beside the other holds back
//! ```
//!
//! Values in, values out: no clock, no files, no network; the order of the input changes nothing, nor does it matter
//! which of two entries comes first. Every time is UTC. An entry (platform and id) is given once.
//!
//! The rules stand in `decide.rs`, one line a case, and with their reasons in `docs/matching.md`. Whenever something is
//! in doubt the weaker verdict is given: only the two strongest ever allow a deletion.

mod decide;
mod evidence;
mod groups;
mod nearby;
mod prefer;
#[cfg(test)]
mod tests;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use groups::{Copy, Group, Pair};

use crate::activity::Activity;
use crate::fit::Identity;
use crate::reason::Reason;
use evidence::Evidence;

/// One entry on one platform, with what else is known of it.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// The entry.
    pub activity: &'a Activity,
    /// Its file, if that is in the archive and is the only one of the entry.
    pub file: Option<FileFacts<'a>>,
    /// Whose devices record for this platform: `garmin` for `garmin-com`, `coros` for `coros`, none for a folder.
    pub native_manufacturer: Option<&'a str>,
}

/// What the archive knows of an entry's file.
#[derive(Debug, Clone, Copy, Default)]
pub struct FileFacts<'a> {
    /// SHA-256 of its bytes, in lower-case hex.
    pub sha256: Option<&'a str>,
    /// The recording, if its device named itself fully.
    pub identity: Option<Identity>,
    /// When it began, by the file's own word.
    pub start: Option<Timestamp>,
    /// Its size.
    pub bytes: Option<u64>,
}

/// How sure it is that two entries are the same activity; the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// The same bytes, or the same recording of the same device.
    SameFile,
    /// Start, sport, time and distance agree as they do in copies of one recording.
    Match,
    /// They agree, but two devices recorded it, or may have: the same activity, and neither is superfluous.
    TwoDevices,
    /// All agrees but for whole quarter hours: a suspected time-zone fault. Reported only.
    Shifted,
    /// The start agrees and nothing else does. Reported only.
    StartOnly,
}

impl Certainty {
    /// As it stands in a record.
    pub fn name(self) -> &'static str {
        match self {
            Certainty::SameFile => "same-file",
            Certainty::Match => "match",
            Certainty::TwoDevices => "two-devices",
            Certainty::Shifted => "shifted",
            Certainty::StartOnly => "start-only",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Certainty> {
        use Certainty::{Match, SameFile, Shifted, StartOnly, TwoDevices};
        [SameFile, Match, TwoDevices, Shifted, StartOnly].into_iter().find(|certainty| certainty.name() == name)
    }

    /// Whether it says that both are the same activity, so that a platform with one of them lacks nothing.
    pub fn is_same_activity(self) -> bool {
        self <= Certainty::TwoDevices
    }

    /// Whether one of the two is superfluous and may be deleted, if every other guard holds.
    pub fn is_superfluous(self) -> bool {
        self <= Certainty::Match
    }
}

impl fmt::Display for Certainty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is to be said of two entries.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// How sure it is.
    pub certainty: Certainty,
    /// The evidence; what speaks against it too.
    pub reasons: Vec<Reason>,
}

/// What makes two entries the same activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rule {
    /// Everything that is known, as `docs/matching.md` tells.
    #[default]
    Evidence,
    /// The start alone, whatever else is known. The certainty is `start-only`, so nothing is ever deleted by it.
    Start,
}

/// The rule, and how far apart two starts may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matcher {
    /// What counts.
    pub rule: Rule,
    /// How far apart two starts may be, in seconds.
    pub tolerance_s: u32,
}

/// How far apart the starts of one activity may be on two platforms, in seconds, unless a setting says otherwise.
pub const DEFAULT_TOLERANCE_S: u32 = 60;

impl Default for Matcher {
    fn default() -> Matcher {
        Matcher { rule: Rule::Evidence, tolerance_s: DEFAULT_TOLERANCE_S }
    }
}

impl Matcher {
    /// What is to be said of two entries; nothing if they have nothing to do with each other, or are the same entry.
    pub fn verdict(&self, a: &Candidate, b: &Candidate) -> Option<Verdict> {
        let evidence = Evidence::of(a, b);
        let certainty = decide::certainty(self, &evidence)?;
        let reasons = if self.rule == Rule::Start { vec![evidence.start_reason()] } else { evidence.reasons() };
        Some(Verdict { certainty, reasons })
    }

    /// Whether a verdict says that two entries are the same activity, by this rule.
    pub fn says_same(&self, verdict: &Verdict) -> bool {
        self.joins(verdict.certainty)
    }

    /// Whether entries of this certainty are put into one group.
    fn joins(&self, certainty: Certainty) -> bool {
        self.rule == Rule::Start || certainty.is_same_activity()
    }
}
