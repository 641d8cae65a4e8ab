//! When a channel is notified, and which failures are the same.

use std::collections::BTreeSet;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{FailureKind, FailureSummary, Summary};
use crate::hex;
use crate::reason::Reason;
use crate::record::ProblemKind;
use crate::status::Issue;

/// How many failures of records are remembered for a channel.
const REMEMBERED: usize = 1000;

/// When a channel is notified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotifyOn {
    /// When something was added or deleted, or when the failures changed, also to none.
    Change,
    /// When there is a new failure.
    Failure,
    /// After every run.
    Always,
}

/// How a channel is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tone {
    /// It knows these failures already: their number is enough.
    pub known: bool,
    /// It knows of failures that are resolved now.
    pub recovered: bool,
}

/// The current failures, one digest each, which is the same as long as the failure is.
///
/// The catalogue knows the issues of every run, so an issue is resolved once it is gone. Failures of records are known from
/// one run only: another run without them resolves nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    issues: BTreeSet<String>,
    /// Issues that were reported as failures of records: neither they nor their end are news.
    covered: BTreeSet<String>,
    records: BTreeSet<String>,
}

impl Marks {
    /// The current failures.
    pub fn of(summary: &Summary) -> Marks {
        let health = summary.health.as_ref();
        let current = health.into_iter().flat_map(|health| health.actions.iter().chain(&health.warnings));
        let reported = summary.failures.iter().filter_map(|failure| match &failure.kind {
            FailureKind::Issue(issue) => Some(&**issue),
            _ => None,
        });
        let digests = |issue: &Issue| issue_marks(issue).iter().map(|mark| digest(mark)).collect::<Vec<_>>();
        let issues: BTreeSet<String> = reported.flat_map(digests).collect();
        Marks {
            covered: current.flat_map(digests).filter(|mark| !issues.contains(mark)).collect(),
            issues,
            records: summary.failures.iter().flat_map(failure_marks).map(|mark| digest(&mark)).collect(),
        }
    }

    /// Reads what [`Marks::to_text`] wrote; other lines are ignored.
    pub fn parse(text: &str) -> Marks {
        let of = |kind: &str| text.lines().filter_map(|line| line.strip_prefix(kind)).map(str::to_owned).collect();
        Marks { issues: of("s "), covered: of("c "), records: of("r ") }
    }

    /// One line for each failure.
    pub fn to_text(&self) -> String {
        let issues = self.issues.iter().map(|mark| format!("s {mark}"));
        let issues = issues.chain(self.covered.iter().map(|mark| format!("c {mark}")));
        issues.chain(self.records.iter().map(|mark| format!("r {mark}"))).collect::<Vec<_>>().join("\n")
    }

    /// Whether there are no failures.
    pub fn is_empty(&self) -> bool {
        self.issues.is_empty() && self.covered.is_empty() && self.records.is_empty()
    }

    /// What a channel that knows `self` knows after a notification of `now`. `is_checked`: as for [`should_notify`].
    pub fn and_then(&self, now: &Marks, is_checked: bool) -> Marks {
        if now.is_empty() && is_checked {
            return Marks::default();
        }
        let none = BTreeSet::new();
        let (before, covered) = if is_checked { (&none, &none) } else { (&self.issues, &self.covered) };
        let earlier = self.records.difference(&now.records).take(REMEMBERED.saturating_sub(now.records.len()));
        let issues = now.issues.union(before).cloned().collect();
        let covered = now.covered.union(covered).cloned().collect();
        Marks { issues, covered, records: now.records.iter().chain(earlier).cloned().collect() }
    }
}

/// Whether and how to notify a channel. `known`: the failures in its last notification; `now`: the current failures;
/// `is_checked`: whether the current issues are known, without which nothing is resolved.
pub fn should_notify(on: NotifyOn, has_news: bool, is_checked: bool, now: &Marks, known: &Marks) -> Option<Tone> {
    let is_known = |mark: &String| known.issues.contains(mark) || known.covered.contains(mark);
    let is_current = |mark: &String| now.issues.contains(mark) || now.covered.contains(mark);
    let is_new = !now.issues.iter().all(is_known) || !now.records.is_subset(&known.records);
    let is_resolved = is_checked && !known.issues.iter().all(is_current);
    let recovered = is_checked && now.is_empty() && !known.is_empty();
    let should_notify = match on {
        NotifyOn::Always => true,
        NotifyOn::Failure => is_new,
        NotifyOn::Change => is_new || is_resolved || recovered || has_news,
    };
    let known = on == NotifyOn::Change && !is_new && !is_resolved && !now.is_empty();
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

/// The identity of a failure. Order and parameters do not matter, nor does the activity if the failure concerns the whole
/// service (a login, a rate limit): each run meets it with another activity.
fn failure_marks(failure: &FailureSummary) -> Vec<String> {
    let why = failure.reason.as_ref().map(reason_mark).unwrap_or_default();
    let mark = |parts: &[&str]| [&[failure.command.as_str()], parts, &[&why]].concat().join("\t");
    match &failure.kind {
        // The issue has its own digest.
        FailureKind::Issue(_) => Vec::new(),
        FailureKind::Stage { exit } => vec![mark(&[&exit.to_string()])],
        FailureKind::Records { place, kind: ProblemKind::LoginRequired | ProblemKind::Retry, .. } => {
            vec![mark(&[&place.to_string(), &failure.kind_name()])]
        }
        FailureKind::Records { place, items, .. } => {
            items.iter().map(|activity| mark(&[&place.to_string(), &failure.kind_name(), &activity.id])).collect()
        }
    }
}

/// What distinguishes reasons: the code, and the texts that a service or this machine has written. Other parameters (times,
/// counts, ids) differ from run to run.
fn reason_mark(reason: &Reason) -> String {
    let mut parts = Vec::new();
    collect(&serde_json::to_value(reason).unwrap_or_default(), &mut parts);
    parts.join(" ")
}

/// The code and the texts of a reason, and those of nested reasons.
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

/// A message without the words that differ from run to run: those with a digit, and units of time.
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
