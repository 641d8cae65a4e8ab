//! What commands need to compare entries: the rule that is asked for, and an entry with what its file says.

use clap::ValueEnum;

use super::{Failure, Run};
use crate::activity::Activity;
use crate::catalogue;
use crate::matching::{self, Candidate, Matcher};
use crate::platform;

/// What makes two entries one exercise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Rule {
    /// Everything that is known: start, sport, time, distance, device, file.
    Evidence,
    /// The start alone.
    Start,
}

impl Run {
    /// The rule, with the tolerance of the settings.
    pub fn matcher(&self, rule: Rule) -> Result<Matcher, Failure> {
        let rule = match rule {
            Rule::Evidence => matching::Rule::Evidence,
            Rule::Start => matching::Rule::Start,
        };
        let tolerance = self.settings.number("SPORT_DIFF_SECOND")?;
        Ok(Matcher { rule, tolerance_s: u32::try_from(tolerance).unwrap_or(u32::MAX) })
    }
}

/// An entry as it is compared.
pub fn candidate<'a>(activity: &'a Activity, facts: Option<&'a catalogue::FileFacts>) -> Candidate<'a> {
    let file = facts.map(|facts| matching::FileFacts {
        sha256: Some(facts.sha256.as_str()),
        identity: facts.identity,
        start: facts.start,
        records: None,
        bytes: Some(facts.bytes),
    });
    let native_manufacturer = platform::kind(&activity.platform).and_then(|kind| kind.native_manufacturer);
    Candidate { activity, file, native_manufacturer }
}
