//! Prepares activities of the catalogue for matching: the tolerance in the settings, and an activity with its file.

use std::sync::Arc;

use super::{Result, Worker, Workspace};
use crate::activity::Activity;
use crate::catalogue::{FileFingerprint, FingerprintRef, PlanRow};
use crate::matching::{Candidate, FileComparisons, FileFacts, Matcher, Rule};

impl Worker {
    /// A matcher with this rule, the tolerance of `SPORT_DIFF_SECOND`, and what files say about each other.
    pub fn matcher(&self, rule: Rule) -> Result<Matcher> {
        let tolerance = self.settings.number("SPORT_DIFF_SECOND")?;
        let mut files = FileComparisons::default();
        self.catalogue.file_comparisons(|one, other, comparison| {
            files.add(FileFacts::sha256(one), FileFacts::sha256(other), comparison);
        })?;
        let tolerance_s = u32::try_from(tolerance).unwrap_or(u32::MAX);
        Ok(Matcher { rule, tolerance_s, files: Arc::new(files) })
    }
}

impl Workspace {
    /// An activity, for matching.
    pub fn candidate<'a>(&'a self, activity: &'a Activity, facts: Option<&FileFingerprint>) -> Candidate<'a> {
        Candidate::of(
            activity,
            facts.map(|facts| file_facts(facts.as_ref())),
            self.platforms.native_manufacturer(&activity.platform),
        )
    }
}

/// An activity, for matching, with its file if it has one. `native`: the manufacturer of the devices of its platform.
pub(super) fn candidate_of<'a>(row: &PlanRow<'a>, native: Option<&'a str>) -> Candidate<'a> {
    let file = row.file.filter(|file| file.is_only_one).map(|file| file_facts(file.facts));
    Candidate::of(row.activity, file, native)
}

/// A file, for matching.
pub(super) fn file_facts(facts: FingerprintRef) -> FileFacts {
    FileFacts {
        sha256: Some(FileFacts::sha256(facts.sha256)),
        identity: facts.identity,
        bytes: Some(facts.bytes),
        is_converted: facts.is_converted,
    }
}
