//! The input as lines. All of them must be seen before one can be passed on, so they are kept in a [`Spool`], and of each
//! activity only what is compared stays in memory. A line without a mark is passed on as it came; a mark is added at its end.

use std::collections::HashSet;
use std::io::BufRead;

use super::{DedupeOptions, Marks, duplicates_and_kept, kept, marks};
use crate::activity::{ActivityKey, ActivityKeyRef, ActivityRef};
use crate::matching::{Candidate, Candidates};
use crate::record::{ActivityLine, DuplicateOf, Reader, Record, with_field};
use crate::sync::matching::file_facts;
use crate::sync::spool::Spool;
use crate::sync::{ActivityFilter, Exit, Failure, Progress, RecordSink, Result, Worker};

/// Marks the duplicates among records.
pub(super) fn dedupe<R: BufRead>(
    worker: &Worker,
    options: &DedupeOptions,
    records: Reader<R>,
    progress: &Progress,
    sink: &mut dyn RecordSink,
) -> Result<()> {
    let mut input = Lines::read(worker, &options.filter, records, progress)?;
    progress.step("comparing");
    input.add_files(worker)?;
    let marks = marks(worker, options, &input.candidates, &|at| Ok(input.is_included(at)))?;
    worker.warn_of_unknown_sports(&options.filter.sports)?;
    input.pass_on(&marks, options.only_duplicates, sink)
}

/// What a line is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LineKind {
    /// The next of the compared activities. `is_marked`: with a mark of an earlier run; `is_plain`: without the field of a
    /// mark, so that one can be added at the end.
    Compared { is_marked: bool, is_plain: bool },
    /// An activity that passes unchanged: it is no longer on its platform, or an earlier line has it.
    Unchanged,
    /// A record that is no activity or has a problem: it is always passed on.
    Other,
}

/// The lines of the input, and the activities that are compared.
struct Lines {
    lines: Spool,
    kinds: Vec<LineKind>,
    candidates: Candidates,
    /// Whether each of the compared activities matches the filter; empty without a filter.
    is_included: Vec<bool>,
    /// Activities that pass unchanged with a mark, and those that were kept instead.
    marked: HashSet<ActivityKey>,
}

impl Lines {
    fn read<R: BufRead>(
        worker: &Worker,
        filter: &ActivityFilter,
        mut records: Reader<R>,
        progress: &Progress,
    ) -> Result<Lines> {
        let mut input = Lines {
            lines: Spool::new(),
            kinds: Vec::new(),
            candidates: Candidates::default(),
            is_included: Vec::new(),
            marked: HashSet::new(),
        };
        let mut line = Vec::new();
        while records.next_bytes(&mut line)? {
            input.lines.push(&line)?;
            let kind = match ActivityLine::parse(&line) {
                Some(read) if input.compare(worker, filter, read.activity(), read.platform_sport.as_deref()) => {
                    LineKind::Compared { is_marked: false, is_plain: true }
                }
                Some(_) => LineKind::Unchanged,
                None => input.kind_of(worker, filter, &records.record(&line)?),
            };
            input.kinds.push(kind);
            progress.add(1);
        }
        Ok(input)
    }

    /// The kind of a record that was read whole.
    fn kind_of(&mut self, worker: &Worker, filter: &ActivityFilter, record: &Record) -> LineKind {
        let Record::Activity(record) = record else { return LineKind::Other };
        let has_problem = record.problem.is_some();
        let (activity, platform_sport) = (&record.activity, record.activity.platform_sport.as_deref());
        let may_compare = !has_problem && record.deleted.is_none();
        if may_compare && self.compare(worker, filter, activity.into(), platform_sport) {
            return LineKind::Compared { is_marked: record.duplicate_of.is_some(), is_plain: false };
        }
        if let Some(mark) = &record.duplicate_of {
            self.marked.extend([record.activity.key(), kept(&record.activity.platform, mark)]);
        }
        if has_problem { LineKind::Other } else { LineKind::Unchanged }
    }

    /// Adds an activity to those that are compared, unless it is there: it is no duplicate of itself.
    fn compare(
        &mut self,
        worker: &Worker,
        filter: &ActivityFilter,
        activity: ActivityRef,
        platform_sport: Option<&str>,
    ) -> bool {
        let native = worker.platforms.native_manufacturer(activity.platform);
        let is_new = self.candidates.push(Candidate::of(activity, None, native)).is_some();
        if is_new && filter.is_restricted() {
            let sports = [activity.sport, activity.sub_sport, platform_sport];
            self.is_included.push(filter.includes_values(activity.start_time, sports));
        }
        is_new
    }

    /// Adds the properties of the archived files.
    fn add_files(&mut self, worker: &Worker) -> Result<()> {
        let candidates = &mut self.candidates;
        let catalogue = &worker.catalogue;
        // A few activities are looked up; for many, reading all files in their order is quicker.
        if catalogue.has_more_files_than(candidates.len().saturating_mul(FILES_EACH))? {
            for at in 0..candidates.len() {
                if let Some(facts) = catalogue.file_facts(candidates.key(at))? {
                    candidates.set_file(at, file_facts(facts.as_ref()));
                }
            }
            return Ok(());
        }
        Ok(catalogue.each_file_facts(|key, facts| {
            if let Some(at) = candidates.find(key) {
                candidates.set_file(at, file_facts(facts));
            }
        })?)
    }

    /// Whether an activity matches the filter.
    fn is_included(&self, at: usize) -> bool {
        self.is_included.get(at).copied().unwrap_or(true)
    }

    /// Passes on all lines, with the marks of their activities.
    fn pass_on(self, marks: &Marks, only_duplicates: bool, sink: &mut dyn RecordSink) -> Result<()> {
        let shown = only_duplicates.then(|| {
            let mut shown = duplicates_and_kept(&self.candidates, marks);
            shown.extend(self.marked.iter().cloned());
            shown
        });
        let is_shown = |key: ActivityKeyRef| shown.as_ref().is_none_or(|shown| shown.contains(&key.to_owned()));
        let (mut kinds, mut compared) = (self.kinds.iter(), 0..);
        self.lines.replay(|line| match kinds.next() {
            Some(LineKind::Compared { is_marked, is_plain }) => {
                let at = compared.next().unwrap_or_default();
                match marks.get(&at) {
                    _ if !is_shown(self.candidates.key(at)) => Ok(true),
                    Some(mark) if *is_plain => sink.line(&marked(line, mark)?),
                    None if !is_marked => sink.line(line),
                    // The result of an earlier run no longer applies.
                    mark => sink.record(&marked_again(line, mark)?),
                }
            }
            Some(LineKind::Unchanged) if shown.is_some() => match whole(line)? {
                Record::Activity(record) if !is_shown(record.activity.as_key()) => Ok(true),
                _ => sink.line(line),
            },
            _ => sink.line(line),
        })
    }
}

/// How many files for each compared activity the catalogue may have, to read them all.
const FILES_EACH: usize = 4;

/// A line with a mark at its end.
fn marked(line: &[u8], mark: &DuplicateOf) -> Result<Vec<u8>> {
    with_field(line, "duplicate_of", mark).map_err(|error| unreadable(&error))
}

/// The record of a line that has the field of a mark already, with this mark.
fn marked_again(line: &[u8], mark: Option<&DuplicateOf>) -> Result<Record> {
    let mut record = whole(line)?;
    if let Record::Activity(record) = &mut record {
        record.duplicate_of = mark.cloned();
    }
    Ok(record)
}

/// The whole record of a line that was read before.
fn whole(line: &[u8]) -> Result<Record> {
    Record::parse(line).map_err(|error| unreadable(&error))
}

/// The temporary file was changed.
fn unreadable(error: &serde_json::Error) -> Failure {
    Failure::new(Exit::Config, format!("a line of the input cannot be read again: {error}"))
}
