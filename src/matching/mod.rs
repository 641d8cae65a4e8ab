//! Decides which activities are the same, with the evidence for each decision.
//!
//! ```text
//! let matcher = Matcher::default();          evidence, tolerance 60 s
//! matcher.verdict(&a, &b)                    Some(match: "starts 2 s apart", "distance 0.1 % apart", "same device")
//! matcher.duplicates(&all)                   on each platform: which activity is a duplicate of which, and why
//! matcher.groups(&all)                       over all platforms: each group of the same activity, the best one first
//! matcher.possible_match(&a, &b)             certainly or possibly the same activity: do not upload one next to the other
//! ```
//!
//! Pure functions: no clock, no files, no network. The result depends neither on the order of the input nor on which of two
//! activities comes first. Times are UTC. Each activity (platform and id) is passed once.
//!
//! The rules are in `decide.rs`, one line for each case; `docs/matching.md` gives the reasons. In case of doubt the weaker
//! certainty applies: only the two strongest allow a deletion.

mod candidate_pairs;
mod candidates;
mod decide;
mod evidence;
mod file_comparisons;
mod groups;
mod ranking;
mod streams;
#[cfg(test)]
mod streams_tests;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use candidate_pairs::SHARERS;
pub use candidates::{Candidate, Candidates, FileFacts};
pub use evidence::FASTEST_M_PER_S;
pub use file_comparisons::FileComparisons;
pub use groups::{FoundDuplicate, Grouping, Pair};

use crate::reason::Reason;
use evidence::Evidence;

/// How certain it is that two activities are the same one; the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// The same bytes, or the same recording: by its device and time, or second by second.
    SameFile,
    /// Start, sport, timer time and distance agree as closely as in two versions of one recording.
    Match,
    /// One is a part of the other, by what their files recorded: the same activity, and neither is a duplicate.
    Trimmed,
    /// They agree, but two devices recorded them, or may have: the same activity, and neither is a duplicate.
    TwoDevices,
    /// They agree except that the starts differ by whole quarter hours: a suspected time zone error. Only reported.
    Shifted,
    /// Only the starts agree. Only reported.
    StartOnly,
}

impl Certainty {
    /// The name in records.
    pub fn name(self) -> &'static str {
        match self {
            Certainty::SameFile => "same-file",
            Certainty::Match => "match",
            Certainty::TwoDevices => "two-devices",
            Certainty::Trimmed => "trimmed",
            Certainty::Shifted => "shifted",
            Certainty::StartOnly => "start-only",
        }
    }

    /// The certainty with this name.
    pub fn named(name: &str) -> Option<Certainty> {
        use Certainty::{Match, SameFile, Shifted, StartOnly, Trimmed, TwoDevices};
        [SameFile, Match, Trimmed, TwoDevices, Shifted, StartOnly]
            .into_iter()
            .find(|certainty| certainty.name() == name)
    }

    /// Whether both are the same activity: a platform that has one of them is not missing the other.
    pub fn is_same_activity(self) -> bool {
        self <= Certainty::TwoDevices
    }

    /// Whether one of the two is a duplicate: it may be deleted if every other guard passes.
    pub fn is_duplicate(self) -> bool {
        self <= Certainty::Match
    }
}

impl fmt::Display for Certainty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The result of comparing two activities.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// How certain it is that they are the same.
    pub certainty: Certainty,
    /// The evidence, for and against.
    pub reasons: Vec<Reason>,
}

/// Which evidence counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rule {
    /// All evidence; see `docs/matching.md`.
    #[default]
    Evidence,
    /// The start alone. The certainty is `start-only`, so no deletion follows from it.
    Start,
}

/// Compares activities by a rule and a tolerance.
#[derive(Debug, Clone, PartialEq)]
pub struct Matcher {
    /// Which evidence counts.
    pub rule: Rule,
    /// How far apart two starts may be, in seconds.
    pub tolerance_s: u32,
    /// What the contents of their files say about each other.
    pub files: Arc<FileComparisons>,
}

/// The default of `tolerance_s`: how far apart the starts of one activity may be on two platforms, in seconds.
pub const DEFAULT_TOLERANCE_S: u32 = 60;

impl Default for Matcher {
    fn default() -> Matcher {
        Matcher { rule: Rule::Evidence, tolerance_s: DEFAULT_TOLERANCE_S, files: Arc::default() }
    }
}

impl Matcher {
    /// Compares two activities; `None` if they are unrelated, or the same activity on the same platform.
    pub fn verdict(&self, a: &Candidate, b: &Candidate) -> Option<Verdict> {
        let evidence = Evidence::of(self, a, b);
        let certainty = decide::certainty(self, &evidence)?;
        let reasons = if self.rule == Rule::Start { vec![evidence.start_reason()] } else { evidence.reasons() };
        Some(Verdict { certainty, reasons })
    }

    /// Whether a verdict says that two activities are the same one, by this rule.
    pub fn says_same(&self, verdict: &Verdict) -> bool {
        self.joins(verdict.certainty)
    }

    /// Whether activities of this certainty belong to one group.
    fn joins(&self, certainty: Certainty) -> bool {
        self.rule == Rule::Start || certainty.is_same_activity()
    }
}
