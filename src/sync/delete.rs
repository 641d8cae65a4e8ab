//! Deletions of duplicates, one after the other: check every guard, record the intent, send the request, verify the
//! list.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::sink::each_record;
use super::{
    Error, Exit, Failure, ItemResult, Level, Progress, RecordSink, RecordSource, Result, Worker, WriteConnections,
    record_of,
};
use crate::activity::{Activity, ActivityKey, ActivityKeyRef, Format, Origin};
use crate::catalogue::{ActivityRow, DeletionIntent, DeletionOutcome};
use crate::clock::Moment;
use crate::i18n;
use crate::matching::{Certainty, Matcher, Rule};
use crate::plan::deletion::{self, Archived, DeletionFacts};
use crate::platform::{self, PlatformId, PlatformSelection, PlatformSpec};
use crate::reason::Reason;
use crate::record::{ActivityRecord, Explanation, Outcome, Problem, ProblemKind, Record, explained};

/// The pauses before each reading of the list; an activity that the last one shows was not deleted.
const PAUSES: [Duration; 4] = [Duration::ZERO, Duration::from_secs(2), Duration::from_secs(5), Duration::from_secs(10)];

/// Options of a deletion.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeleteOptions {
    /// The maximum number of deletions in a run; `None`: the setting.
    pub max_delete: Option<u64>,
    /// The user confirmed the deletion.
    pub yes: bool,
}

/// Settles the deletions of earlier runs, then deletes the duplicates among `records` that pass every guard. All other
/// records are passed on unchanged.
///
/// # Errors
/// A record cannot be read or passed on, or the catalogue cannot be used. A failed deletion is reported on its record.
pub fn delete(
    worker: &mut Worker,
    options: DeleteOptions,
    records: RecordSource,
    progress: &Progress,
    sink: &mut dyn RecordSink,
) -> Result<()> {
    let selection = worker.selection.clone();
    let max_delete = match options.max_delete {
        Some(number) => number,
        None => worker.settings.number("MAX_DELETE")?,
    };
    let unsettled = worker.known_platforms(&worker.catalogue.platforms_with_open_deletions()?);
    // Whichever rule marked the duplicate, a deletion is decided by the evidence.
    let matcher = worker.matcher(Rule::Evidence)?;
    let mut deletions = Deletions::new(worker, matcher, progress.clone(), max_delete, options.yes)?;
    deletions.shows_records = sink.shows_records();
    let mut result = deletions.resume_open(&unsettled);
    if result.is_ok() && deletions.pass_on(sink)? {
        result = each_record(records, |record| {
            match duplicate(record, &selection) {
                Ok(activity) => deletions.submit(activity)?,
                Err(record) => drop(sink.record(&record)?),
            }
            Ok(deletions.pass_on(sink)? && !deletions.worker.is_stopped())
        });
    }
    // However the input ended, the deletions that were requested are verified and passed on.
    let confirmed = deletions.confirm_all();
    deletions.pass_on(sink)?;
    result.and(confirmed)
}

fn deletions(count: usize) -> String {
    i18n::counted(count as u64, "deletion", "deletions")
}

/// The duplicate that a record marks, or the record itself if it marks none.
fn duplicate(record: Record, selection: &PlatformSelection) -> std::result::Result<ActivityRecord, Record> {
    match record {
        Record::Activity(activity)
            if activity.problem.is_none()
                && activity.duplicate_of.is_some()
                && activity.outcome.is_none()
                && selection.includes(&activity.activity.platform) =>
        {
            Ok(*activity)
        }
        record => Err(record),
    }
}

/// The deletions of one command.
struct Deletions<'a> {
    worker: &'a mut Worker,
    connections: WriteConnections,
    matcher: Matcher,
    progress: Progress,
    max_delete: u64,
    yes: bool,
    /// Deletions that were requested and not verified yet.
    asked: Vec<Asked>,
    /// Platform and id of every requested deletion: none of these activities may serve as the kept one.
    going: BTreeSet<ActivityKey>,
    done: Vec<ActivityRecord>,
    /// The sink shows each record to the user.
    shows_records: bool,
}

/// A deletion that was requested.
struct Asked {
    record: ActivityRecord,
    number: i64,
    spec: Arc<PlatformSpec>,
    /// An earlier run requested it and ended before it was verified.
    is_taken_over: bool,
}

/// The result of checking the guards.
enum Guard {
    /// All guards pass; the activity that is kept.
    Passed(Box<ActivityRow>),
    /// The reason of the first guard that fails.
    Failed(Reason),
}

/// Whether the platform has a duplicate and the activity that is kept.
struct PairPresence {
    duplicate: bool,
    kept: bool,
    /// Until when the result may be used.
    not_after: Option<Moment>,
}

impl<'a> Deletions<'a> {
    /// Creates the deletions of a command; sends no request.
    fn new(
        worker: &'a mut Worker,
        matcher: Matcher,
        progress: Progress,
        max_delete: u64,
        yes: bool,
    ) -> Result<Deletions<'a>> {
        let connections = WriteConnections::new(worker, &progress)?;
        Ok(Deletions {
            worker,
            connections,
            matcher,
            progress,
            max_delete,
            yes,
            asked: Vec::new(),
            going: BTreeSet::new(),
            done: Vec::new(),
            shows_records: false,
        })
    }

    /// Passes on the finished records. `false`: the sink accepts no more.
    fn pass_on(&mut self, sink: &mut dyn RecordSink) -> Result<bool> {
        for record in std::mem::take(&mut self.done) {
            sink.record(&record.into())?;
        }
        Ok(!sink.is_closed())
    }

    /// Settles the deletions of earlier runs by reading the list. A deletion that did not happen is no failure: if the
    /// activity is still a duplicate, its record comes again.
    fn resume_open(&mut self, specs: &[Arc<PlatformSpec>]) -> Result<()> {
        for spec in specs {
            if self.worker.dry_run {
                let rows = self.worker.catalogue.open_deletions(&spec.id)?.len();
                self.worker.warn(&format!("{}: would check {rows} pending deletions", spec.id));
                continue;
            }
            if let Err(error) = self.connections.ensure_open(self.worker, spec) {
                error.into_problem()?;
                continue;
            }
            // Read only now that the platform is locked against other writers.
            for row in self.worker.catalogue.open_deletions(&spec.id)? {
                let Some(entry) = self.worker.catalogue.entry(ActivityKeyRef::new(&spec.id, &row.id))? else {
                    continue;
                };
                let record = record_of(entry, &self.worker.archive, self.worker.now());
                self.asked.push(Asked { record, number: row.number, spec: spec.clone(), is_taken_over: true });
            }
        }
        self.confirm(&PAUSES[..1])
    }

    /// Deletes a duplicate, if every guard passes.
    fn submit(&mut self, record: ActivityRecord) -> Result<()> {
        self.judge(record)?;
        self.progress.add(1);
        Ok(())
    }

    fn judge(&mut self, record: ActivityRecord) -> Result<()> {
        // The name must match exactly: a similar name may mean another platform.
        let spec = &match self.worker.platforms.require_exact(&record.activity.platform) {
            Ok(spec) => spec,
            Err(error) => return self.skip(record, error.reason()),
        };
        // The guards that need no request are checked first.
        let kept = match self.guarded(spec, &record, true)? {
            Guard::Passed(kept) => kept,
            Guard::Failed(reason) => return self.skip(record, reason),
        };
        if self.worker.dry_run {
            if !self.shows_records {
                let text = format!("would delete; {} is kept", kept.activity.id);
                self.worker.item(Level::Warning, record.activity.as_key(), &text);
            }
            self.worker.count("dry_run", 1);
            self.skipped(record, Reason::DryRun);
            return Ok(());
        }
        if let Err(error) = self.connections.ensure_open(self.worker, spec) {
            return self.fail_item(record, error);
        }
        // The lock now keeps other commands from writing. The list is requested right before each deletion, because a
        // person may have just deleted the other activity.
        let (kept_is_listed, not_after) = match self.pair_presence(spec, &record.activity, &kept) {
            Ok(PairPresence { duplicate: true, kept, not_after }) => (kept, not_after),
            Ok(PairPresence { duplicate: false, .. }) => return self.skip(record, Reason::NoLongerListed),
            Err(error) => return self.fail_item(record, error),
        };
        // The listing may have changed the result of any guard.
        match self.guarded(spec, &record, kept_is_listed)? {
            Guard::Passed(kept) => self.delete(spec, record, &kept, not_after),
            Guard::Failed(reason) => self.skip(record, reason),
        }
    }

    /// The activity that is kept, if every guard passes; otherwise the reason of the first one that fails.
    /// `kept_is_listed`: whether the platform has the activity that is kept.
    fn guarded(&self, spec: &PlatformSpec, record: &ActivityRecord, kept_is_listed: bool) -> Result<Guard> {
        let no = |reason: Reason| Ok(Guard::Failed(reason));
        let (Some(duplicate_of), Some(duplicate)) =
            (&record.duplicate_of, self.worker.catalogue.entry(ActivityKeyRef::new(&spec.id, &record.activity.id))?)
        else {
            return no(Reason::UnknownActivity);
        };
        if duplicate.missing.is_some() {
            return no(Reason::AlreadyDeleted);
        }
        if !duplicate.is_listed() {
            return no(Reason::ActivityNeverListed);
        }
        let Some(kept) = self.worker.catalogue.entry(ActivityKeyRef::new(&spec.id, &duplicate_of.id))? else {
            return no(Reason::UnknownKept);
        };
        let facts = self.facts(spec, record, &duplicate, &kept)?;
        Ok(match deletion::first_failed_guard(&DeletionFacts { kept_is_listed, ..facts }) {
            Some(reason) => Guard::Failed(reason),
            None => Guard::Passed(Box::new(kept)),
        })
    }

    /// The facts for the guards, without a request.
    fn facts(
        &self,
        spec: &PlatformSpec,
        record: &ActivityRecord,
        entry: &ActivityRow,
        kept: &ActivityRow,
    ) -> Result<DeletionFacts> {
        let facts_of = |entry: &ActivityRow| self.worker.catalogue.file_facts(entry.activity.as_key());
        let (own, other) = (facts_of(entry)?, facts_of(kept)?);
        let (one, two) = (
            self.worker.candidate(&entry.activity, own.as_ref()),
            self.worker.candidate(&kept.activity, other.as_ref()),
        );
        let now = self.matcher.verdict(&one, &two).map(|verdict| verdict.certainty);
        let recorded = record.duplicate_of.as_ref().and_then(|duplicate_of| Certainty::named(&duplicate_of.certainty));
        let key = |entry: &ActivityRow| entry.activity.key();
        let open = self.worker.catalogue.open_deletions(&spec.id)?;
        let is_open = |entry: &ActivityRow| open.iter().any(|row| row.id == entry.activity.id);
        let is_kept_going = self.going.contains(&key(kept)) || is_open(kept);
        Ok(DeletionFacts {
            can_delete: spec.can_delete,
            was_restored: {
                let sha256 = own.as_ref().map(|own| own.sha256.as_str());
                self.worker.catalogue.was_restored(ActivityKeyRef::new(&spec.id, &entry.activity.id), sha256)?
            },
            is_pending: is_open(entry),
            is_kept_another: entry.activity.id != kept.activity.id && !is_kept_going,
            is_of_this_run: self
                .worker
                .catalogue
                .was_uploaded_by(&self.worker.run_id, ActivityKeyRef::new(&spec.id, &entry.activity.id))?,
            // The certainty in the record and the current one may differ; the weaker one counts.
            certainty: now.zip(recorded).map(|(now, recorded)| now.max(recorded)),
            archived: self.archived(entry)?,
            kept_archived: self.archived(kept)?,
            kept_is_better: Matcher::order(&two, &one).is_lt(),
            kept_is_listed: kept.missing.is_none(),
            // A deletion that a dry run reported counts as done.
            deleted: self.worker.catalogue.deletions_of_run(&self.worker.run_id)? + self.worker.counted("dry_run"),
            max_delete: self.max_delete,
            is_confirmed: self.yes || self.worker.dry_run,
        })
    }

    /// Reads and checks the complete files of an activity.
    fn archived(&self, entry: &ActivityRow) -> Result<Archived> {
        let files = self.worker.catalogue.files(entry.activity.as_key())?;
        if files.is_empty() {
            return Ok(Archived::No);
        }
        for file in &files {
            let whole = match self.worker.archive.read_whole(file.path.as_ref())? {
                Some(Ok((piece, stored))) if stored.sha256 == file.sha256 => piece,
                _ => return Ok(Archived::No),
            };
            if whole.format != Format::Fit || file.origin != Origin::Original {
                return Ok(Archived::NoOriginal);
            }
        }
        Ok(Archived::Whole)
    }

    /// Whether the platform has both activities now: its list shows the duplicate and the kept one, and a request for
    /// the kept one by its id succeeds.
    fn pair_presence(
        &mut self,
        spec: &PlatformSpec,
        duplicate: &Activity,
        kept: &ActivityRow,
    ) -> ItemResult<PairPresence> {
        let starts: Vec<Timestamp> = [duplicate.start_time, kept.activity.start_time].into_iter().flatten().collect();
        self.progress.step(&format!("checking {}", spec.id));
        let listed = self.connections.get(spec)?.list_around(self.worker, starts);
        let (shown, not_after) = listed.or_else(|failure| self.unknown(spec, failure))?;
        let (has_duplicate, has_kept) = (shown.contains(&duplicate.id), shown.contains(&kept.activity.id));
        let presence = PairPresence { duplicate: has_duplicate, kept: has_kept, not_after };
        if !has_duplicate || !has_kept {
            return Ok(presence);
        }
        // A list may lag behind; a request by id does not.
        match self.connections.get(spec)?.platform.exists(&kept.activity) {
            Ok(exists) => Ok(PairPresence { kept: exists.unwrap_or(true), ..presence }),
            Err(error) => self.unknown(spec, error.into()),
        }
    }

    /// Suspends a platform whose activities cannot be listed, unless the failure ends the operation.
    fn unknown<T>(&mut self, spec: &PlatformSpec, failure: Failure) -> ItemResult<T> {
        Err(Error::Platform(Box::new(self.connections.suspend_for(self.worker, spec, failure)?)))
    }

    fn fail_item(&mut self, record: ActivityRecord, error: Error) -> Result<()> {
        let problem = error.into_problem()?;
        self.fail(record, problem)
    }

    /// Records the intent and sends the request.
    fn delete(
        &mut self,
        spec: &Arc<PlatformSpec>,
        record: ActivityRecord,
        kept: &ActivityRow,
        not_after: Option<Moment>,
    ) -> Result<()> {
        let id = record.activity.id.clone();
        let evidence = record.duplicate_of.iter().flat_map(|duplicate_of| &duplicate_of.reasons);
        let evidence = Reason::Duplicate { evidence: evidence.map(Explanation::reason).collect() };
        let files = self.worker.catalogue.files(ActivityKeyRef::new(&spec.id, &id))?;
        let sha256 = files.first().map(|file| file.sha256.clone()).unwrap_or_default();
        let run_id = self.worker.run_id.clone();
        let intent = DeletionIntent {
            run: &run_id,
            entry: ActivityKeyRef::new(&spec.id, &id),
            kept_id: &kept.activity.id,
            evidence: &evidence,
            sha256: &sha256,
        };
        let number = self.worker.catalogue.begin_deletion(&intent, self.worker.now())?;
        self.going.insert(ActivityKey::new(spec.id.clone(), id.clone()));
        self.progress.step(&format!("{} {id}", spec.id));
        match self.connections.get(spec)?.platform.delete(&record.activity, not_after) {
            // Neither a success response nor a lost one proves the deletion; only the list does.
            Ok(()) | Err(platform::Error::OutcomeUnknown(_)) => {
                self.asked.push(Asked { record, number, spec: spec.clone(), is_taken_over: false });
                Ok(())
            }
            Err(error) => {
                self.settle(number, DeletionOutcome::Failed, Some(&error.reason()))?;
                self.going.remove(&ActivityKey::new(spec.id.clone(), id));
                let problem = self.connections.classify(self.worker, spec, error)?;
                self.fail(record, problem)
            }
        }
    }

    /// Reads the lists until they no longer show the deleted activities, at most once after each of [`PAUSES`].
    fn confirm_all(&mut self) -> Result<()> {
        self.confirm(&PAUSES)
    }

    fn confirm(&mut self, pauses: &[Duration]) -> Result<()> {
        for (number, pause) in pauses.iter().enumerate() {
            self.rest(*pause);
            if self.asked.is_empty() || self.worker.is_stopped() {
                break;
            }
            self.read_lists(number + 1 == pauses.len())?;
        }
        Ok(())
    }

    fn rest(&self, pause: Duration) {
        if !self.asked.is_empty() {
            self.progress
                .wait(&format!("{} may still be listed; next check in {{}}", deletions(self.asked.len())), pause);
            self.worker.sleep(pause);
        }
    }

    /// Reads the lists once. `last`: an activity that they still show counts as not deleted.
    fn read_lists(&mut self, last: bool) -> Result<()> {
        let specs: BTreeMap<PlatformId, Arc<PlatformSpec>> =
            self.asked.iter().map(|asked| (asked.spec.id.clone(), asked.spec.clone())).collect();
        for spec in specs.into_values() {
            let (asked, rest) =
                std::mem::take(&mut self.asked).into_iter().partition::<Vec<_>, _>(|one| one.spec.id == spec.id);
            self.asked = rest;
            if let Err(error) = self.connections.ensure_open(self.worker, &spec) {
                // The journal keeps the deletions open; the next run checks them.
                let problem = error.into_problem()?;
                asked.into_iter().try_for_each(|one| self.fail(one.record, problem.clone()))?;
                continue;
            }
            let starts = asked.iter().filter_map(|one| one.record.activity.start_time).collect();
            self.progress.step(&format!("checking {} on {}", deletions(asked.len()), spec.id));
            match self.connections.get(&spec)?.list_around(self.worker, starts) {
                Ok((shown, _)) => {
                    for one in asked {
                        let is_shown = shown.contains(&one.record.activity.id);
                        self.conclude(one, is_shown, last)?;
                    }
                }
                Err(failure) if matches!(failure.exit, Exit::Interrupted | Exit::Bug | Exit::Config) => {
                    return Err(failure);
                }
                Err(failure) => {
                    let reason = Reason::DeletionUnconfirmed { reason: failure.reason };
                    let problem = Problem::new(self.worker.command, ProblemKind::Retry, reason);
                    asked.into_iter().try_for_each(|one| self.fail(one.record, problem.clone()))?;
                }
            }
        }
        Ok(())
    }

    fn conclude(&mut self, mut one: Asked, is_shown: bool, last: bool) -> Result<()> {
        let (spec, id) = (one.spec.clone(), one.record.activity.id.clone());
        if !is_shown {
            self.settle(one.number, DeletionOutcome::Deleted, None)?;
            self.worker.count("deleted", 1);
            self.worker.debug(&format!("{} {id}: deleted", spec.id));
            one.record.outcome = Some(Outcome { kind: "deleted".into(), ..Outcome::default() });
            self.done.push(one.record);
            return Ok(());
        }
        if !last {
            self.asked.push(one);
            return Ok(());
        }
        if one.is_taken_over {
            self.worker.debug(&format!("{} {id}: not deleted by an earlier run", spec.id));
            return self.settle(one.number, DeletionOutcome::Failed, Some(&Reason::NotDeletedBefore));
        }
        let reason = Reason::StillListed;
        self.settle(one.number, DeletionOutcome::Failed, Some(&reason))?;
        let problem = Problem::new(self.worker.command, ProblemKind::Retry, reason);
        self.fail(one.record, problem)
    }

    fn settle(&mut self, number: i64, outcome: DeletionOutcome, reason: Option<&Reason>) -> Result<()> {
        Ok(self.worker.catalogue.finish_deletion(number, outcome, reason, self.worker.now())?)
    }

    fn fail(&mut self, mut record: ActivityRecord, problem: Problem) -> Result<()> {
        if !self.connections.is_reported(&record.activity.platform, &problem) {
            let activity = &record.activity;
            let reason = problem.why();
            self.worker.item_failed(activity.as_key(), None, &activity.platform, &reason);
        }
        self.worker.raise(problem.kind.exit());
        self.worker.count("failed", 1);
        record.problem = Some(problem);
        self.done.push(record);
        Ok(())
    }

    /// Skips a duplicate because a guard fails. This is no failure: the reason is reported, and the activity stays.
    fn skip(&mut self, record: ActivityRecord, reason: Reason) -> Result<()> {
        // A pair that two devices recorded stays forever; reporting it as more than a detail would repeat it in every
        // run.
        let level = if self.worker.dry_run && !self.shows_records { Level::Info } else { Level::Debug };
        self.worker.item(level, record.activity.as_key(), &format!("not deleted: {reason}"));
        self.worker.count("skipped", 1);
        self.skipped(record, reason);
        Ok(())
    }

    fn skipped(&mut self, mut record: ActivityRecord, reason: Reason) {
        let reasons = explained([reason]);
        record.outcome = Some(Outcome { kind: "skipped".into(), reasons, ..Outcome::default() });
        self.done.push(record);
    }
}
