//! Prepares activities of the catalogue for matching: the tolerance in the settings, and an activity with its file.

use super::{Result, Workspace};
use crate::activity::Activity;
use crate::catalogue::FileFingerprint;
use crate::matching::{self, Candidate, Matcher, Rule};

impl Workspace {
    /// A matcher with this rule and the tolerance of `SPORT_DIFF_SECOND`.
    pub fn matcher(&self, rule: Rule) -> Result<Matcher> {
        let tolerance = self.settings.number("SPORT_DIFF_SECOND")?;
        Ok(Matcher { rule, tolerance_s: u32::try_from(tolerance).unwrap_or(u32::MAX) })
    }

    /// An activity, for matching.
    pub fn candidate<'a>(&self, activity: &'a Activity, facts: Option<&'a FileFingerprint>) -> Candidate<'a> {
        candidate(activity, facts, self.platforms.native_manufacturer(&activity.platform))
    }
}

/// An activity, for matching. `native_manufacturer`: the manufacturer whose devices record for its platform.
pub fn candidate<'a>(
    activity: &'a Activity,
    facts: Option<&'a FileFingerprint>,
    native_manufacturer: Option<&'a str>,
) -> Candidate<'a> {
    let file = facts.map(|facts| matching::FileFacts {
        sha256: Some(facts.sha256.as_str()),
        identity: facts.identity,
        start: facts.start,
        bytes: Some(facts.bytes),
        is_converted: facts.is_converted,
    });
    Candidate { activity, file, native_manufacturer }
}
