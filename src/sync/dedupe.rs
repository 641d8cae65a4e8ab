//! Marks duplicates: activities on one platform that are the same, with the evidence and which one is kept.

use std::collections::{HashMap, HashSet};

use super::{ActivityFilter, RecordSink, Result, Worker};
use crate::activity::ActivityKey;
use crate::catalogue::FileFingerprint;
use crate::matching::Rule;
use crate::reason::Reason;
use crate::record::{ActivityRecord, DuplicateOf, Record, explained};

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

/// Marks the duplicates among `records` and passes all records on.
pub fn dedupe(
    worker: &mut Worker,
    options: &DedupeOptions,
    mut records: Vec<Record>,
    sink: &mut dyn RecordSink,
) -> Result<()> {
    worker.report_write_only("compare");
    mark(worker, options, &mut records)?;
    worker.warn_of_unknown_sports(&options.filter.sports)?;
    let shown = options.only_duplicates.then(|| duplicates_and_kept(&records));
    for record in &records {
        if shown.as_ref().is_none_or(|shown| is_shown(record, shown)) && !sink.record(record)? {
            break;
        }
    }
    Ok(())
}

/// The activity of a record, if it is compared. A record with a problem, or of an activity that is no longer on its
/// platform, passes unchanged.
fn compared(record: &Record) -> Option<&ActivityRecord> {
    match record {
        Record::Activity(record) if record.problem.is_none() && record.deleted.is_none() => Some(record),
        _ => None,
    }
}

fn mark(worker: &mut Worker, options: &DedupeOptions, records: &mut [Record]) -> Result<()> {
    let matcher = worker.matcher(options.rule)?;
    // An activity that is in the input twice is no duplicate of itself.
    let mut seen = HashSet::new();
    let is_first = |record: &Record| compared(record).is_some_and(|record| seen.insert(record.activity.key()));
    let firsts: Vec<bool> = records.iter().map(is_first).collect();
    let at: Vec<usize> = (0..records.len()).filter(|&index| firsts[index]).collect();
    let facts = at.iter().map(|&index| facts_of(worker, &records[index])).collect::<Result<Vec<_>>>()?;
    let mut candidates = Vec::with_capacity(at.len());
    for (&index, facts) in at.iter().zip(&facts) {
        candidates.extend(compared(&records[index]).map(|record| worker.candidate(&record.activity, facts.as_ref())));
    }
    let mut marks = HashMap::new();
    // The log contains the count even if it is zero.
    worker.count("duplicates", 0);
    worker.count("similar", 0);
    for copy in matcher.duplicates(&candidates) {
        if !options.filter.includes(candidates[copy.index].activity) {
            continue;
        }
        let kept = Reason::Kept { reason: Box::new(copy.kept_because) };
        let reasons = explained(copy.verdict.reasons.into_iter().chain([kept]));
        let certainty = copy.verdict.certainty.name().to_owned();
        let id = candidates[copy.of].activity.id.clone();
        marks.insert(at[copy.index], DuplicateOf { id, reasons, certainty, unknown: serde_json::Map::new() });
        let is_duplicate = copy.verdict.certainty.is_duplicate();
        worker.count(if is_duplicate { "duplicates" } else { "similar" }, 1);
    }
    drop(candidates);
    // The result of an earlier run no longer applies.
    for &index in &at {
        if let Record::Activity(record) = &mut records[index] {
            record.duplicate_of = marks.remove(&index);
        }
    }
    let counts = worker.counts_text(&[
        ("duplicates", worker.noun("duplicates", "duplicate", "duplicates")),
        ("similar", worker.noun("similar", "similar pair", "similar pairs")),
    ]);
    worker.info(match counts.as_str() {
        "" if at.is_empty() => "nothing to compare",
        "" => "no duplicates",
        counts => counts,
    });
    Ok(())
}

/// All duplicates, and the activities that are kept.
fn duplicates_and_kept(records: &[Record]) -> HashSet<ActivityKey> {
    let mut shown = HashSet::new();
    for record in records {
        if let Record::Activity(record) = record
            && let Some(duplicate_of) = &record.duplicate_of
        {
            let kept = ActivityKey::new(record.activity.platform.clone(), duplicate_of.id.clone());
            shown.extend([record.activity.key(), kept]);
        }
    }
    shown
}

/// A record that is no activity or has a problem is always passed on.
fn is_shown(record: &Record, shown: &HashSet<ActivityKey>) -> bool {
    match record {
        Record::Activity(record) if record.problem.is_none() => shown.contains(&record.activity.key()),
        _ => true,
    }
}

fn facts_of(worker: &Worker, record: &Record) -> Result<Option<FileFingerprint>> {
    let Some(record) = compared(record) else { return Ok(None) };
    Ok(worker.catalogue.file_facts(record.activity.as_key())?)
}
