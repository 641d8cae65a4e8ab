//! Deletions of copies, one after the other: every guard, the intent, the request, and the list that shows it gone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{Bar, Exit, Failure, Run, Targets, record_of};
use crate::activity::{Activity, ActivityKey, ActivityKeyRef};
use crate::archive::Format;
use crate::catalogue::{DeletionIntent, DeletionOutcome, Entry};
use crate::clock::Moment;
use crate::matching::{Certainty, Matcher};
use crate::plan::deletion::{self, Archived, Facts};
use crate::platform::{Error, PlatformId, PlatformSpec};
use crate::record::{ActivityRecord, Outcome, Problem, ProblemKind, Why};

/// So many deletions a run makes at most, if nobody says otherwise.
pub const MAX_DELETE: u64 = 10;
/// The list is read again after these pauses, before an entry counts as still there.
const PAUSES: [Duration; 4] = [Duration::ZERO, Duration::from_secs(2), Duration::from_secs(5), Duration::from_secs(10)];

/// The deletions of one command.
pub struct Deletions<'a> {
    run: &'a mut Run,
    targets: Targets,
    matcher: Matcher,
    bar: Bar,
    max_delete: u64,
    yes: bool,
    /// Asked for and not yet seen gone.
    asked: Vec<Asked>,
    /// All that was asked for: nothing refers to one of them any more.
    going: BTreeSet<ActivityKey>,
    done: Vec<ActivityRecord>,
}

/// A deletion that was asked for.
struct Asked {
    record: ActivityRecord,
    number: i64,
    spec: Arc<PlatformSpec>,
    /// By an earlier run, which ended before it knew more.
    is_taken_over: bool,
}

/// What the platform has of a copy and of the one that is kept.
struct There {
    copy: bool,
    kept: bool,
    /// Until when that serves.
    not_after: Option<Moment>,
}

impl<'a> Deletions<'a> {
    /// Begins; nothing is asked yet.
    pub fn new(
        run: &'a mut Run,
        matcher: Matcher,
        bar: Bar,
        max_delete: u64,
        yes: bool,
    ) -> Result<Deletions<'a>, Failure> {
        let targets = Targets::new(run, &bar)?;
        Ok(Deletions {
            run,
            targets,
            matcher,
            bar,
            max_delete,
            yes,
            asked: Vec::new(),
            going: BTreeSet::new(),
            done: Vec::new(),
        })
    }

    /// The records that are decided by now.
    pub fn finished(&mut self) -> Vec<ActivityRecord> {
        std::mem::take(&mut self.done)
    }

    /// Whether a person wants it to end.
    pub fn is_stopped(&self) -> bool {
        self.run.is_stopped()
    }

    /// Finds out what became of deletions of earlier runs: the list tells. What never happened is no failure: if it is
    /// still superfluous, it comes in again.
    pub fn take_over(&mut self, specs: &[Arc<PlatformSpec>]) -> Result<(), Failure> {
        for spec in specs {
            if self.run.common.dry_run {
                let rows = self.run.catalogue.open_deletions(&spec.id)?.len();
                self.run.talk.warning(&format!("{}: would look what became of {rows} deletions", spec.id));
                continue;
            }
            if self.targets.opened(self.run, spec)?.is_some() {
                continue;
            }
            // Read only now that nobody else writes.
            for row in self.run.catalogue.open_deletions(&spec.id)? {
                let Some(entry) = self.run.catalogue.entry(&spec.id, &row.id)? else { continue };
                let record = record_of(entry, &self.run.archive);
                self.asked.push(Asked { record, number: row.number, spec: spec.clone(), is_taken_over: true });
            }
        }
        self.confirm(&PAUSES[..1])
    }

    /// Deletes a copy, if every guard holds. What is decided comes out of [`Deletions::finished`].
    pub fn take(&mut self, record: ActivityRecord) -> Result<(), Failure> {
        self.judge(record)?;
        self.bar.add(1);
        Ok(())
    }

    fn judge(&mut self, record: ActivityRecord) -> Result<(), Failure> {
        // To the letter: what is like the name of a platform may be meant for another one.
        let spec = &match self.run.platforms.require_exact(&record.activity.platform) {
            Ok(spec) => spec,
            Err(error) => return self.skip(record, &error.to_string()),
        };
        // First all that costs no request.
        let kept = match self.guarded(spec, &record, true)? {
            Ok(kept) => kept,
            Err(why) => return self.skip(record, &why),
        };
        if self.run.common.dry_run {
            let (platform, id) = (&spec.id, &record.activity.id);
            self.run.talk.warning(&format!("{platform} {id}: would be deleted; {} is kept", kept.activity.id));
            self.run.count("rehearsed", 1);
            self.skipped(record, "not deleted: --dry-run");
            return Ok(());
        }
        if let Some(problem) = self.targets.opened(self.run, spec)? {
            return self.fail(record, problem);
        }
        // Only now is nobody else writing to it. The platform is asked right before each deletion: a person may have deleted
        // the other one of the two in this very minute.
        let (there, not_after) = match self.are_there(spec, &record.activity, &kept)? {
            Ok(There { copy: true, kept, not_after }) => (kept, not_after),
            Ok(There { copy: false, .. }) => return self.skip(record, "the platform no longer shows it"),
            Err(failure) => {
                let problem = self.targets.unusable(self.run, spec, failure)?;
                return self.fail(record, problem);
            }
        };
        // What the look has shown may have changed any of the answers.
        match self.guarded(spec, &record, there)? {
            Ok(kept) => self.delete(spec, record, &kept, not_after),
            Err(why) => self.skip(record, &why),
        }
    }

    /// The activity that is kept, if every guard holds; else the one that does not. `there`: whether the platform has the
    /// one that is kept.
    fn guarded(
        &self,
        spec: &PlatformSpec,
        record: &ActivityRecord,
        there: bool,
    ) -> Result<Result<Entry, String>, Failure> {
        let no = |why: &str| Ok(Err(why.to_owned()));
        let (Some(copy_of), Some(copy)) = (&record.copy_of, self.run.catalogue.entry(&spec.id, &record.activity.id)?)
        else {
            return no("the catalogue does not know it; run gs-fetch first");
        };
        if copy.absent.is_some() {
            return no("it is gone already");
        }
        if !copy.listed {
            return no("no list of its platform has shown it; run gs-fetch first");
        }
        let Some(kept) = self.run.catalogue.entry(&spec.id, &copy_of.id)? else {
            return no("the catalogue does not know the entry that is to be kept; run gs-fetch first");
        };
        let facts = self.facts(spec, record, &copy, &kept)?;
        Ok(match deletion::refusal(&Facts { kept_is_there: there, ..facts }) {
            Some(why) => Err(why),
            None => Ok(kept),
        })
    }

    /// What the guards ask for, without a request.
    fn facts(
        &self,
        spec: &PlatformSpec,
        record: &ActivityRecord,
        entry: &Entry,
        kept: &Entry,
    ) -> Result<Facts, Failure> {
        let facts_of = |entry: &Entry| self.run.catalogue.file_facts(&entry.activity.platform, &entry.activity.id);
        let (own, other) = (facts_of(entry)?, facts_of(kept)?);
        let (one, two) =
            (self.run.candidate(&entry.activity, own.as_ref()), self.run.candidate(&kept.activity, other.as_ref()));
        let now = self.matcher.verdict(&one, &two).map(|verdict| verdict.certainty);
        let told = record.copy_of.as_ref().and_then(|copy_of| Certainty::named(&copy_of.certainty));
        let key = |entry: &Entry| entry.activity.key();
        let open = self.run.catalogue.open_deletions(&spec.id)?;
        let is_open = |entry: &Entry| open.iter().any(|row| row.id == entry.activity.id);
        let is_kept_going = self.going.contains(&key(kept)) || is_open(kept);
        Ok(Facts {
            can_delete: spec.can_delete,
            was_restored: {
                let sha256 = own.as_ref().map(|own| own.sha256.as_str());
                self.run.catalogue.was_restored(&spec.id, &entry.activity.id, sha256)?
            },
            is_asked_for: is_open(entry),
            is_another: entry.activity.id != kept.activity.id && !is_kept_going,
            is_of_this_run: self.run.catalogue.was_put_by(&self.run.id, &spec.id, &entry.activity.id)?,
            // What was told may be weaker than what is known now; neither alone is enough.
            certainty: now.zip(told).map(|(now, told)| now.max(told)),
            archived: self.archived(entry)?,
            kept_archived: self.archived(kept)?,
            kept_is_better: Matcher::order(&two, &one).is_lt(),
            kept_is_there: kept.absent.is_none(),
            // What a rehearsal would have deleted counts as deleted.
            deleted: self.run.catalogue.deletions_of_run(&self.run.id)? + self.run.counted("rehearsed"),
            max_delete: self.max_delete,
            yes: self.yes || self.run.common.dry_run,
        })
    }

    /// Reads the files of an entry again, to the last byte.
    fn archived(&self, entry: &Entry) -> Result<Archived, Failure> {
        let files = self.run.catalogue.files(&entry.activity.platform, &entry.activity.id)?;
        if files.is_empty() {
            return Ok(Archived::No);
        }
        for file in &files {
            let whole = match self.run.archive.read_whole(file.path.as_ref())? {
                Some(Ok((piece, stored))) if stored.sha256 == file.sha256 => piece,
                _ => return Ok(Archived::No),
            };
            if whole.format != Format::Fit || file.origin != "original" {
                return Ok(Archived::NoOriginal);
            }
        }
        Ok(Archived::Whole)
    }

    /// Whether the platform has both activities now, the copy and the one that is kept: its list shows them, and asked for
    /// by its id the kept one is there. The inner error: nobody knows.
    fn are_there(
        &mut self,
        spec: &PlatformSpec,
        copy: &Activity,
        kept: &Entry,
    ) -> Result<Result<There, Failure>, Failure> {
        let starts: Vec<Timestamp> = [copy.start_time, kept.activity.start_time].into_iter().flatten().collect();
        self.bar.say(&format!("looks at {}", spec.id));
        let (shown, not_after) = match self.targets.get(spec)?.list_around(self.run, starts) {
            Ok(looked) => looked,
            Err(failure) if matches!(failure.exit, Exit::Interrupted | Exit::Bug | Exit::Config) => {
                return Err(failure);
            }
            Err(failure) => return Ok(Err(failure)),
        };
        let (has_copy, has_kept) = (shown.contains(&copy.id), shown.contains(&kept.activity.id));
        let there = There { copy: has_copy, kept: has_kept, not_after };
        if !has_copy || !has_kept {
            return Ok(Ok(there));
        }
        // A list may lag behind; the activity itself does not.
        Ok(match self.targets.get(spec)?.platform.exists(&kept.activity) {
            Ok(exists) => Ok(There { kept: exists.unwrap_or(true), ..there }),
            Err(error) => Err(error.into()),
        })
    }

    /// Writes down the intent and sends the request.
    fn delete(
        &mut self,
        spec: &Arc<PlatformSpec>,
        record: ActivityRecord,
        kept: &Entry,
        not_after: Option<Moment>,
    ) -> Result<(), Failure> {
        let id = record.activity.id.clone();
        let why = record.copy_of.as_ref().map(|copy_of| copy_of.why.join(", ")).unwrap_or_default();
        let files = self.run.catalogue.files(&spec.id, &id)?;
        let sha256 = files.first().map(|file| file.sha256.clone()).unwrap_or_default();
        let run_id = self.run.id.clone();
        let intent = DeletionIntent {
            run: &run_id,
            entry: ActivityKeyRef::new(&spec.id, &id),
            kept_id: &kept.activity.id,
            why: &why,
            sha256: &sha256,
        };
        let number = self.run.catalogue.intend_deletion(&intent, Timestamp::now())?;
        self.going.insert(record.activity.key());
        self.bar.say(&format!("{} {id}", spec.id));
        match self.targets.get(spec)?.platform.delete(&record.activity, not_after) {
            // A yes proves nothing, and an answer that got lost neither: the list tells.
            Ok(()) | Err(Error::OutcomeUnknown(_)) => {
                self.asked.push(Asked { record, number, spec: spec.clone(), is_taken_over: false });
                Ok(())
            }
            Err(error) => {
                self.settle(number, DeletionOutcome::Failed, Some(&error.to_string()))?;
                self.going.remove(&record.activity.key());
                let problem = self.targets.trouble(self.run, spec, error)?;
                self.fail(record, problem)
            }
        }
    }

    /// Reads the lists until what was asked for is gone from them, or for as long as is reasonable.
    pub fn confirm_all(&mut self) -> Result<(), Failure> {
        self.confirm(&PAUSES)
    }

    fn confirm(&mut self, pauses: &[Duration]) -> Result<(), Failure> {
        for (number, pause) in pauses.iter().enumerate() {
            self.rest(*pause);
            if self.asked.is_empty() || self.run.is_stopped() {
                break;
            }
            self.read_lists(number + 1 == pauses.len())?;
        }
        Ok(())
    }

    fn rest(&self, pause: Duration) {
        self.bar.wait(&format!("the list may still show {}; looks in {{}}", self.asked.len()), pause);
        let end = Instant::now() + pause;
        while Instant::now() < end && !self.asked.is_empty() && !self.run.is_stopped() {
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// One reading of the lists. `last`: what they still show then is still there.
    fn read_lists(&mut self, last: bool) -> Result<(), Failure> {
        let specs: BTreeMap<PlatformId, Arc<PlatformSpec>> =
            self.asked.iter().map(|asked| (asked.spec.id.clone(), asked.spec.clone())).collect();
        for spec in specs.into_values() {
            let (asked, rest) =
                std::mem::take(&mut self.asked).into_iter().partition::<Vec<_>, _>(|one| one.spec.id == spec.id);
            self.asked = rest;
            if let Some(problem) = self.targets.opened(self.run, &spec)? {
                // The journal keeps them open: the next run looks.
                asked.into_iter().try_for_each(|one| self.fail(one.record, problem.clone()))?;
                continue;
            }
            let starts = asked.iter().filter_map(|one| one.record.activity.start_time).collect();
            self.bar.say(&format!("looks whether {} still shows {}", spec.id, asked.len()));
            match self.targets.get(&spec)?.list_around(self.run, starts) {
                Ok((shown, _)) => {
                    for one in asked {
                        let is_shown = shown.contains(&one.record.activity.id);
                        self.seen_or_not(one, is_shown, last)?;
                    }
                }
                Err(failure) if matches!(failure.exit, Exit::Interrupted | Exit::Bug | Exit::Config) => {
                    return Err(failure);
                }
                Err(failure) => {
                    let message = format!("whether it is gone is not known: {}; the next run looks", failure.message);
                    let problem = Problem::new(self.run.command, ProblemKind::RetryLater, message);
                    asked.into_iter().try_for_each(|one| self.fail(one.record, problem.clone()))?;
                }
            }
        }
        Ok(())
    }

    fn seen_or_not(&mut self, mut one: Asked, is_shown: bool, last: bool) -> Result<(), Failure> {
        let (spec, id) = (one.spec.clone(), one.record.activity.id.clone());
        if !is_shown {
            self.settle(one.number, DeletionOutcome::Deleted, None)?;
            self.run.count("deleted", 1);
            self.run.talk.detail(&format!("{} {id}: deleted", spec.id));
            one.record.outcome = Some(Outcome { kind: "deleted".into(), ..Outcome::default() });
            self.done.push(one.record);
            return Ok(());
        }
        if !last {
            self.asked.push(one);
            return Ok(());
        }
        if one.is_taken_over {
            self.run.talk.detail(&format!("{} {id}: an earlier run did not get to delete it", spec.id));
            return self.settle(one.number, DeletionOutcome::Failed, Some("an earlier run did not get to delete it"));
        }
        let message = "it is still there, whatever the service said; the next run tries again";
        self.settle(one.number, DeletionOutcome::Failed, Some(message))?;
        let problem = Problem::new(self.run.command, ProblemKind::RetryLater, message);
        self.fail(one.record, problem)
    }

    fn settle(&mut self, number: i64, outcome: DeletionOutcome, message: Option<&str>) -> Result<(), Failure> {
        Ok(self.run.catalogue.settle_deletion(number, outcome, message, Timestamp::now())?)
    }

    fn fail(&mut self, mut record: ActivityRecord, problem: Problem) -> Result<(), Failure> {
        if !self.targets.is_told(&record.activity.platform, &problem) {
            let activity = &record.activity;
            self.run.talk.error(&format!("{} {}: {}", activity.platform, activity.id, problem.message));
        }
        self.run.raise(Exit::from(&problem.kind));
        self.run.count("failed", 1);
        record.problem = Some(problem);
        self.done.push(record);
        Ok(())
    }

    /// A guard that does not hold is no failure: it is told, and the entry stays.
    fn skip(&mut self, record: ActivityRecord, why: &str) -> Result<(), Failure> {
        let activity = &record.activity;
        let message = format!("{} {}: not deleted: {why}", activity.platform, activity.id);
        // What two devices recorded stays for ever: once it is decided, each run would say so again.
        if self.run.common.dry_run {
            self.run.talk.note(&message)
        } else {
            self.run.talk.detail(&message)
        }
        self.run.count("skipped", 1);
        self.skipped(record, why);
        Ok(())
    }

    fn skipped(&mut self, mut record: ActivityRecord, why: &str) {
        let why = Some(Why::One(why.to_owned()));
        record.outcome = Some(Outcome { kind: "skipped".into(), why, ..Outcome::default() });
        self.done.push(record);
    }
}
