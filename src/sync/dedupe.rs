//! Marks duplicates: activities on one platform that are the same, with the evidence and which one is kept.

mod lines;
mod rows;

use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use super::{ActivityFilter, Input, Progress, RecordSink, Result, Worker};
use crate::activity::{ActivityKey, PlatformId};
use crate::matching::{Candidates, Rule};
use crate::reason::Reason;
use crate::record::{DuplicateOf, explained};

/// Options of the search for duplicates.
#[derive(Debug, Clone, Default)]
pub struct DedupeOptions {
    /// The rule by which two activities are the same.
    pub rule: Rule,
    /// Pass on only duplicates and the activities that are kept.
    pub only_duplicates: bool,
    /// Mark only activities that match this filter; all are compared.
    pub filter: ActivityFilter,
}

/// Marks the duplicates in the input and passes all records on.
///
/// # Errors
/// A record cannot be read: nothing is passed on then, as with a part of the history duplicates would be missed.
pub fn dedupe<R: BufRead>(
    worker: &mut Worker,
    options: &DedupeOptions,
    input: Input<R>,
    progress: &Progress,
    sink: &mut dyn RecordSink,
) -> Result<()> {
    worker.report_write_only("compare");
    match input {
        Input::Records(records) => lines::dedupe(worker, options, records, progress, sink),
        Input::Catalogue(input) => rows::dedupe(worker, options, &input, progress, sink),
    }
}

/// The marks of activities, by position.
type Marks = HashMap<usize, DuplicateOf>;

/// All duplicates, and the activities that are kept.
fn duplicates_and_kept(candidates: &Candidates, marks: &Marks) -> HashSet<ActivityKey> {
    let mut shown = HashSet::new();
    for (&at, mark) in marks {
        let key = candidates.key(at);
        shown.extend([key.to_owned(), kept(&key.platform.into(), mark)]);
    }
    shown
}

/// The activity that is kept instead of a marked one.
fn kept(platform: &PlatformId, mark: &DuplicateOf) -> ActivityKey {
    ActivityKey::new(platform.clone(), mark.id.clone())
}

/// Compares activities. `is_included`: whether the one at a position matches the filter.
fn marks(
    worker: &Worker,
    options: &DedupeOptions,
    candidates: &Candidates,
    is_included: &dyn Fn(usize) -> Result<bool>,
) -> Result<Marks> {
    let mut marks = HashMap::new();
    // The log contains the count even if it is zero.
    worker.count("duplicates", 0);
    worker.count("similar", 0);
    for copy in worker.matcher(options.rule)?.duplicates(candidates) {
        if !is_included(copy.index)? {
            continue;
        }
        let kept = Reason::Kept { reason: Box::new(copy.kept_because) };
        let reasons = explained(copy.verdict.reasons.into_iter().chain([kept]));
        let certainty = copy.verdict.certainty.name().to_owned();
        let id = candidates.key(copy.of).id.to_owned();
        marks.insert(copy.index, DuplicateOf { id, reasons, certainty, unknown: serde_json::Map::new() });
        let is_duplicate = copy.verdict.certainty.is_duplicate();
        worker.count(if is_duplicate { "duplicates" } else { "similar" }, 1);
    }
    let counts = worker.counts_text(&[
        ("duplicates", worker.noun("duplicates", "duplicate", "duplicates")),
        ("similar", worker.noun("similar", "similar pair", "similar pairs")),
    ]);
    worker.info(match counts.as_str() {
        "" if candidates.is_empty() => "nothing to compare",
        "" => "no duplicates",
        counts => counts,
    });
    Ok(marks)
}
