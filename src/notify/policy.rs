//! When a channel is told, and what counts as the same failure.

use std::collections::BTreeSet;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{FailureKind, FailureSummary, Summary};
use crate::hex;
use crate::reason::Reason;
use crate::record::ProblemKind;
use crate::status::Issue;

/// So many failures of records are remembered for a channel.
const REMEMBERED: usize = 1000;

/// When a channel is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotifyOn {
    /// When something was added or deleted, or when the failures changed, also to none.
    Change,
    /// When there are failures, and others than it knows of.
    Failure,
    /// After every run.
    Always,
}

/// How a channel is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tone {
    /// It was told of these failures before: their number is enough.
    pub known: bool,
    /// It was told of failures before, and there are none any more.
    pub recovered: bool,
}

/// What fails, a mark each: the same until something else fails, or no longer does.
///
/// What stands is known of the catalogue, whoever asks, so it is over when it stands no more. What records tell is known of
/// one run alone: that another run does not tell it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    standing: BTreeSet<String>,
    /// What stands as well, and was told by records alone: it is not news, nor is it news that it is over.
    covered: BTreeSet<String>,
    records: BTreeSet<String>,
}

impl Marks {
    /// What fails now.
    pub fn of(summary: &Summary) -> Marks {
        let health = summary.health.as_ref();
        let issues = health.into_iter().flat_map(|health| health.actions.iter().chain(&health.warnings));
        let told = summary.failures.iter().filter_map(|failure| match &failure.kind {
            FailureKind::Standing(issue) => Some(&**issue),
            _ => None,
        });
        let digests = |issue: &Issue| issue_marks(issue).iter().map(|mark| digest(mark)).collect::<Vec<_>>();
        let standing: BTreeSet<String> = told.flat_map(digests).collect();
        Marks {
            covered: issues.flat_map(digests).filter(|mark| !standing.contains(mark)).collect(),
            standing,
            records: summary.failures.iter().flat_map(failure_marks).map(|mark| digest(&mark)).collect(),
        }
    }

    /// Reads what [`Marks::to_text`] wrote; what anybody else wrote is nothing that fails now.
    pub fn parse(text: &str) -> Marks {
        let of = |kind: &str| text.lines().filter_map(|line| line.strip_prefix(kind)).map(str::to_owned).collect();
        Marks { standing: of("s "), covered: of("c "), records: of("r ") }
    }

    /// A line for each.
    pub fn to_text(&self) -> String {
        let standing = self.standing.iter().map(|mark| format!("s {mark}"));
        let standing = standing.chain(self.covered.iter().map(|mark| format!("c {mark}")));
        standing.chain(self.records.iter().map(|mark| format!("r {mark}"))).collect::<Vec<_>>().join("\n")
    }

    /// Whether nothing fails.
    pub fn is_empty(&self) -> bool {
        self.standing.is_empty() && self.covered.is_empty() && self.records.is_empty()
    }

    /// What a channel that was told of `self` knows once it was told of `now`. `is_checked`: as with [`should_notify`].
    pub fn and_then(&self, now: &Marks, is_checked: bool) -> Marks {
        if now.is_empty() && is_checked {
            return Marks::default();
        }
        let none = BTreeSet::new();
        let (before, covered) = if is_checked { (&none, &none) } else { (&self.standing, &self.covered) };
        let earlier = self.records.difference(&now.records).take(REMEMBERED.saturating_sub(now.records.len()));
        let standing = now.standing.union(before).cloned().collect();
        let covered = now.covered.union(covered).cloned().collect();
        Marks { standing, covered, records: now.records.iter().chain(earlier).cloned().collect() }
    }
}

/// Whether and how to speak to a channel. `told`: what it was told last; `now`: what fails now; `is_checked`: whether it was
/// found out what stands now, without which nothing is over.
pub fn should_notify(on: NotifyOn, has_news: bool, is_checked: bool, now: &Marks, told: &Marks) -> Option<Tone> {
    let is_told = |mark: &String| told.standing.contains(mark) || told.covered.contains(mark);
    let stands = |mark: &String| now.standing.contains(mark) || now.covered.contains(mark);
    let is_new = !now.standing.iter().all(is_told) || !now.records.is_subset(&told.records);
    let is_over = is_checked && !told.standing.iter().all(stands);
    let recovered = is_checked && now.is_empty() && !told.is_empty();
    let should_notify = match on {
        NotifyOn::Always => true,
        NotifyOn::Failure => is_new,
        NotifyOn::Change => is_new || is_over || recovered || has_news,
    };
    let known = on == NotifyOn::Change && !is_new && !is_over && !now.is_empty();
    should_notify.then_some(Tone { known, recovered })
}

fn digest(mark: &str) -> String {
    hex::encode(&Sha256::digest(mark.as_bytes())[..8])
}

fn issue_marks(issue: &Issue) -> Vec<String> {
    let exit = issue.exit.map_or_else(String::new, |exit| exit.to_string());
    let why = issue.reason.as_ref().map_or_else(String::new, |reason| reason_mark(reason.reason()));
    let (platform, command) = (issue.platform.as_deref(), issue.command.as_deref());
    let whole = [&issue.kind.name(), platform.unwrap_or_default(), command.unwrap_or_default(), &exit, &why].join("\t");
    if issue.activities.is_empty() {
        return vec![whole];
    }
    issue.activities.iter().map(|activity| format!("{whole}\t{activity}")).collect()
}

/// Order and parameters do not matter. Nor does which activity it was when the trouble is one of
/// the whole service (a login, or a limit): each run would meet it with another.
fn failure_marks(failure: &FailureSummary) -> Vec<String> {
    let why = failure.reason.as_ref().map(reason_mark).unwrap_or_default();
    let mark = |parts: &[&str]| [&[failure.command.as_str()], parts, &[&why]].concat().join("\t");
    match &failure.kind {
        // It stands, and has its mark there.
        FailureKind::Standing(_) => Vec::new(),
        FailureKind::Stage { exit } => vec![mark(&[&exit.to_string()])],
        FailureKind::Records { place, kind: ProblemKind::LoginRequired | ProblemKind::Retry, .. } => {
            vec![mark(&[&place.to_string(), &failure.kind_name()])]
        }
        FailureKind::Records { place, items, .. } => {
            items.iter().map(|activity| mark(&[&place.to_string(), &failure.kind_name(), &activity.id])).collect()
        }
    }
}

/// What tells one reason from another: its code, and the words in it that only a service or this machine has. Its other
/// parameters (times, counts, ids) differ from run to run.
fn reason_mark(reason: &Reason) -> String {
    let mut parts = Vec::new();
    collect(&serde_json::to_value(reason).unwrap_or_default(), &mut parts);
    parts.join(" ")
}

/// The code and the words of a reason, and those of the reasons in it.
fn collect(reason: &Value, parts: &mut Vec<String>) {
    match reason {
        Value::Object(fields) => {
            parts.extend(fields.get("code").and_then(Value::as_str).map(str::to_owned));
            parts.extend(fields.get("detail").and_then(Value::as_str).map(steady));
            fields.values().for_each(|value| collect(value, parts));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, parts)),
        _ => {}
    }
}

/// A message without the words that differ from run to run: those with a digit in them, and units of time.
fn steady(message: &str) -> String {
    const UNITS: &[&str] = &["ms", "s", "sec", "second", "min", "minute", "h", "hour", "d", "day"];
    let is_steady = |word: &&str| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        !word.contains(|c: char| c.is_ascii_digit()) && !UNITS.contains(&bare.strip_suffix('s').unwrap_or(bare))
    };
    message.split_whitespace().filter(is_steady).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
