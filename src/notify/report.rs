//! A summary as JSON, for the webhook: what people's own scripts read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Entry, Failure, Lang, Summary, Text, What};

/// So many activities of one kind are in it; the counts tell of all.
const ITEMS: usize = 1000;

/// The report of the run `run`. Fields are only ever added; `version` changes if one had to go.
pub fn report(summary: &Summary, run: &str, now: Timestamp, text: &Text) -> Value {
    json!({
        "version": 1,
        "run": run,
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "ok": summary.failures.is_empty(),
        "state": summary.judged.as_ref().map(|judged| judged.state),
        "outstanding": summary.judged.as_ref().map(|judged| judged.outstanding),
        "title": text.title,
        "text": text.whole,
        "counts": {
            "added": counts(&summary.added),
            "deleted": counts(&summary.deleted),
            "pending": summary.pending,
            "copies": summary.copies,
            "failed": summary.failed(),
        },
        "needs_person": summary.needs_person(),
        "added": entries(&summary.added),
        "deleted": entries(&summary.deleted),
        "skipped": skipped(summary),
        "failures": summary.failures.iter().take(ITEMS).map(failure).collect::<Vec<_>>(),
    })
}

fn counts(entries: &[Entry]) -> BTreeMap<&str, u64> {
    let mut counts = BTreeMap::new();
    for entry in entries {
        *counts.entry(entry.platform.as_str()).or_default() += 1;
    }
    counts
}

fn entries(entries: &[Entry]) -> Vec<Value> {
    let value = |entry: &Entry| json!({"platform": entry.platform, "activity": entry.activity});
    entries.iter().take(ITEMS).map(value).collect()
}

fn skipped(summary: &Summary) -> Vec<Value> {
    let value =
        |((platform, why), count): (&(String, String), &u64)| json!({"platform": platform, "why": why, "count": count});
    summary.skipped.iter().map(value).collect()
}

fn failure(failure: &Failure) -> Value {
    let mut value = json!({
        "stage": failure.stage,
        "kind": failure.kind_name(),
        "needs_person": failure.needs_person(),
        "message": failure.message,
    });
    match &failure.what {
        What::Stage { exit } => value["exit"] = json!(exit),
        What::Standing(matter) => {
            value["message"] = json!(matter.line(Lang::En));
            for (name, part) in
                [("place", json!(matter.platform)), ("exit", json!(matter.exit)), ("run", json!(matter.mend))]
            {
                if !part.is_null() {
                    value[name] = part;
                }
            }
        }
        What::Records { place, items, .. } => {
            value["place"] = json!(place);
            value["activities"] = json!(items.iter().take(ITEMS).collect::<Vec<_>>());
        }
    }
    value
}
