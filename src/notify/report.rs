//! A summary as JSON, for the webhook: what people's own scripts read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{FailureKind, FailureSummary, Lang, SkippedGroup, Summary, SummaryEntry, Text};
use crate::reason::Reason;
use crate::record::{Explanation, explained};

/// How many activities of one kind the report lists; the counts include all.
const ITEMS: usize = 1000;

/// The report of the run `run`. Fields are only added; `version` changes if one is removed.
pub fn report(summary: &Summary, run: &str, now: Timestamp, text: &Text) -> Value {
    json!({
        "version": 1,
        "run": run,
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "ok": summary.failures.is_empty(),
        "state": summary.health.as_ref().map(|health| health.state),
        "outstanding": summary.health.as_ref().map(|health| health.outstanding),
        "title": text.title,
        "text": text.whole,
        "counts": {
            "added": counts(&summary.added),
            "deleted": counts(&summary.deleted),
            "pending": summary.pending,
            "duplicates": summary.duplicates,
            "failed": summary.failed(),
        },
        "action_needed": summary.needs_action(),
        "added": entries(&summary.added),
        "deleted": entries(&summary.deleted),
        "skipped": skipped(summary),
        "failures": summary.failures.iter().take(ITEMS).map(failure).collect::<Vec<_>>(),
    })
}

fn counts(entries: &[SummaryEntry]) -> BTreeMap<&str, u64> {
    let mut counts = BTreeMap::new();
    for entry in entries {
        *counts.entry(entry.platform.as_str()).or_default() += 1;
    }
    counts
}

fn entries(entries: &[SummaryEntry]) -> Vec<Value> {
    let value = |entry: &SummaryEntry| json!({"platform": entry.platform, "activity": entry.activity});
    entries.iter().take(ITEMS).map(value).collect()
}

fn skipped(summary: &Summary) -> Vec<Value> {
    let value = |((platform, _), skipped): (&(String, String), &SkippedGroup)| json!({"platform": platform, "reasons": explained(skipped.reasons.iter().cloned()), "count": skipped.count});
    summary.skipped.iter().map(value).collect()
}

fn failure(failure: &FailureSummary) -> Value {
    let mut value = json!({
        "command": failure.command,
        "kind": failure.kind_name(),
        "action_needed": failure.needs_action(),
        "reason": failure.reason.clone().map(Explanation::from),
        "text": failure.reason.as_ref().map(Reason::to_string),
    });
    match &failure.kind {
        FailureKind::Stage { exit } => value["exit"] = json!(exit),
        FailureKind::Issue(issue) => {
            value["reason"] = json!(issue.reason);
            value["text"] = json!(issue.line(Lang::En));
            for (name, part) in
                [("place", json!(issue.platform)), ("exit", json!(issue.exit)), ("run", json!(issue.fix))]
            {
                if !part.is_null() {
                    value[name] = part;
                }
            }
        }
        FailureKind::Records { place, items, .. } => {
            value["place"] = json!(place.to_string());
            value["activities"] = json!(items.iter().take(ITEMS).collect::<Vec<_>>());
        }
    }
    value
}
