//! The way of one file to a service. First look, then write down, then send.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{Loaded, State, Uploads, Waiting, sha256_of};
use crate::activity::ActivityKey;
use crate::catalogue::{Entry, FileFacts, TransferIntent, TransferOutcome, TransferRow};
use crate::cli::{Exit, Failure};
use crate::clock::{self, Moment};
use crate::plan::look::{self, Presence};
use crate::platform::{self, Error, PlatformSpec, UploadFile, UploadStatus};
use crate::record::{ProblemKind, TransferRecord};

/// What arrived a day ago and no list shows is no longer taken for there.
const SHOWN_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// Why what is on its platform is not put back there.
const NOT_GONE: &str = "it is not gone";

/// So often a strange answer to one file is taken for an accident.
const STRANGE: u64 = 2;
/// Answers that came within less time may be one outage.
const NO_ACCIDENT: SignedDuration = SignedDuration::from_hours(3);
/// So often it looks again when the upload that a look was for came too late.
const LOOKS: u32 = 3;

/// What the target has of an exercise.
enum Found {
    /// Nothing.
    Nothing,
    /// It is there, with this id, if that is known; the evidence.
    There(Option<String>, Vec<String>),
    /// It is on its way there.
    Pending,
    /// Something there may be it.
    Doubtful(Vec<String>),
}

impl Uploads<'_> {
    /// Sends a file, unless something speaks against it.
    pub(super) fn send(&mut self, mut record: TransferRecord) -> Result<(), Failure> {
        let from = record.activity.activity.key();
        let spec = match self.run.platforms.require_exact(&record.to) {
            Ok(spec) => spec,
            Err(error) => {
                let problem = self.problem(ProblemKind::Refused, error.to_string());
                return self.fail(record, problem);
            }
        };
        // A dry run has not fetched what it would send.
        if self.run.common.dry_run && record.file.is_none() {
            return self.rehearse(record);
        }
        let loaded = match self.load(from.as_key(), sha256_of(record.file.as_ref()))? {
            Ok(loaded) => loaded,
            Err(why) => {
                let problem = self.problem(ProblemKind::BadFile, why);
                return self.fail(record, problem);
            }
        };
        let format = loaded.piece.format.name();
        if !spec.upload_formats.contains(&format) {
            let why = format!("its file is {}, which is not sent", format.to_uppercase());
            return self.decided(record, "skipped", None, vec![why]);
        }
        // The catalogue knows more of it than a record that somebody has shortened.
        if let Some(entry) = self.run.catalogue.entry(&from.platform, &from.id)? {
            record.activity.activity = entry.activity;
        }
        let Some(start) = record.activity.activity.start_time else {
            let why = "it has no start time, so nobody can tell whether it is there already".to_owned();
            return self.decided(record, "skipped", None, vec![why]);
        };
        let facts = self.run.catalogue.file_facts(&from.platform, &from.id)?;
        if let Some(why) = look::unsure_start(start, facts.and_then(|facts| facts.start), Timestamp::now()) {
            return self.decided(record, "skipped", None, vec![why]);
        }
        if self.run.common.dry_run {
            return self.rehearse(record);
        }
        if from.platform == spec.id && !self.is_gone(&from)? {
            return self.decided(record, "already-there", Some(from.id), vec![NOT_GONE.to_owned()]);
        }
        if self.is_limit_reached()? {
            return self.leave(record);
        }
        if let Some(problem) = self.targets.opened(self.run, &spec)? {
            return self.fail(record, problem);
        }
        self.deliver(&spec, record, &loaded, start)
    }

    /// Looks and sends, and looks again if its turn came too late for what the look had shown.
    fn deliver(
        &mut self,
        spec: &Arc<PlatformSpec>,
        mut record: TransferRecord,
        loaded: &Loaded,
        start: Timestamp,
    ) -> Result<(), Failure> {
        let from = record.activity.activity.key();
        for number in 1.. {
            let not_after = match self.targets.get(spec)?.look(self.run, start, &self.bar) {
                Ok(moment) => moment,
                Err(failure) => {
                    let problem = self.targets.unusable(self.run, spec, failure)?;
                    return self.fail(record, problem);
                }
            };
            let found = match from.platform == spec.id {
                true => self.find_gone(spec, &from, &record, start)?,
                false => self.find(spec, &record, start)?,
            };
            match found {
                Found::Nothing => {}
                Found::Doubtful(_) if record.doubtful => {}
                Found::Doubtful(why) => return self.decided(record, "skipped", None, why),
                Found::There(id, why) => return self.decided(record, "already-there", id, why),
                Found::Pending => {
                    return self.decided(record, "pending", None, vec!["an upload of it is under way".to_owned()]);
                }
            }
            match self.put(spec, record, loaded, (not_after, number == LOOKS))? {
                Some(again) => record = again,
                None => break,
            }
        }
        Ok(())
    }

    /// Tells what would be sent, as much of it as one run would.
    fn rehearse(&mut self, record: TransferRecord) -> Result<(), Failure> {
        if self.is_limit_reached()? {
            return self.leave(record);
        }
        self.run.count("rehearsed", 1);
        let from = &record.activity.activity;
        self.run.talk.warning(&format!("{} {}: would be sent to {}", from.platform, from.id, record.to));
        self.decided(record, "skipped", None, vec!["not sent: --dry-run".to_owned()])
    }

    /// The next runs send it.
    fn leave(&mut self, record: TransferRecord) -> Result<(), Failure> {
        self.run.count("left", 1);
        self.decided(record, "skipped", None, vec!["the limit of uploads a run is reached".to_owned()])
    }

    /// Whether it is there or under way, as the look has just shown.
    fn find(&self, spec: &Arc<PlatformSpec>, record: &TransferRecord, start: Timestamp) -> Result<Found, Failure> {
        let (said, id) = self.presence(spec, record, start)?;
        if let Presence::There(_, verdict) = said {
            return Ok(Found::There(id, verdict.why));
        }
        if let Some(found) = self.in_journal(spec, record)? {
            return Ok(found);
        }
        Ok(match said {
            Presence::Doubtful(_, verdict) => {
                let mut why = vec![format!(
                    "it may be {} there ({}); gs-diff --doubtful sends it all the same",
                    id.unwrap_or_default(),
                    verdict.certainty
                )];
                why.extend(verdict.why);
                Found::Doubtful(why)
            }
            _ => Found::Nothing,
        })
    }

    /// What the catalogue knows of an exercise on a platform, and the id of the entry that this is about.
    pub(super) fn presence(
        &self,
        spec: &PlatformSpec,
        record: &TransferRecord,
        start: Timestamp,
    ) -> Result<(Presence, Option<String>), Failure> {
        let activity = &record.activity.activity;
        let facts = self.run.catalogue.file_facts(&activity.platform, &activity.id)?;
        let there = self.run.neighbours(&spec.id, start)?;
        let entries: Vec<_> =
            there.iter().map(|(entry, facts)| self.run.candidate(&entry.activity, facts.as_ref())).collect();
        let said = look::presence(&self.matcher, &self.run.candidate(activity, facts.as_ref()), &entries);
        let id = match &said {
            Presence::There(at, _) | Presence::Doubtful(at, _) => Some(there[*at].0.activity.id.clone()),
            Presence::Absent => None,
        };
        Ok((said, id))
    }

    /// Whether an entry that is to be put back is gone, neither on its way back nor there again under another id.
    ///
    /// A copy that was deleted from here is put back beside the one that was kept. Of what a person has deleted, what is
    /// there now of the same exercise may be what somebody has put back already.
    fn find_gone(
        &self,
        spec: &Arc<PlatformSpec>,
        from: &ActivityKey,
        record: &TransferRecord,
        start: Timestamp,
    ) -> Result<Found, Failure> {
        // Somebody else may have put it back.
        if !self.is_gone(from)? {
            return Ok(Found::There(Some(from.id.clone()), vec![NOT_GONE.to_owned()]));
        }
        // It may have been put back under another id, and that one again under another.
        let mut ids = vec![from.id.clone()];
        for row in self.run.catalogue.transfers_to(&spec.id)? {
            if row.from.platform != spec.id || !ids.contains(&row.from.id) {
                continue;
            }
            match (row.outcome, row.to_id) {
                (None, _) => return Ok(Found::Pending),
                (Some(TransferOutcome::Created), Some(id)) => {
                    // One that was never listed is there as well: the list is slow to show it.
                    if self.run.catalogue.entry(&spec.id, &id)?.is_none_or(|entry| entry.absent.is_none()) {
                        return Ok(Found::There(Some(id), vec!["it was put back already".to_owned()]));
                    }
                    ids.push(id);
                }
                _ => {}
            }
        }
        match self.was_deleted_here(from)? {
            true => Ok(Found::Nothing),
            false => self.find(spec, record, start),
        }
    }

    /// Whether an entry was deleted from here as a copy, or was put back from one that was.
    fn was_deleted_here(&self, ActivityKey { platform, id }: &ActivityKey) -> Result<bool, Failure> {
        let rows = self.run.catalogue.transfers_to(platform)?;
        let mut id = id;
        let mut known = HashSet::new();
        while known.insert(id) {
            if self.run.catalogue.was_deleted_here(platform, id)? {
                return Ok(true);
            }
            let is_source = |row: &&TransferRow| row.from.platform == *platform && row.to_id.as_ref() == Some(id);
            match rows.iter().find(is_source) {
                Some(row) => id = &row.from.id,
                None => break,
            }
        }
        Ok(false)
    }

    fn is_gone(&self, ActivityKey { platform, id }: &ActivityKey) -> Result<bool, Failure> {
        Ok(self.run.catalogue.entry(platform, id)?.is_some_and(|entry| entry.absent.is_some()))
    }

    /// What was sent of the same exercise, from this entry or another one, and no list shows yet.
    fn in_journal(&self, spec: &Arc<PlatformSpec>, record: &TransferRecord) -> Result<Option<Found>, Failure> {
        let activity = &record.activity.activity;
        let facts = self.run.catalogue.file_facts(&activity.platform, &activity.id)?;
        let sought = self.run.candidate(activity, facts.as_ref());
        let long_ago = Timestamp::now().checked_sub(SHOWN_WITHIN).unwrap_or(Timestamp::MIN);
        for row in self.run.catalogue.unlisted_transfers(&spec.id, long_ago)? {
            let found = match row.outcome {
                None => Found::Pending,
                Some(_) => {
                    let why = "it was sent there, and the list is slow to show it".to_owned();
                    Found::There(row.to_id.clone(), vec![why])
                }
            };
            if row.from.as_key() == activity.as_key() || self.is_same(&sought, &row)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Whether the entry that an upload was made from is the same exercise.
    fn is_same(&self, sought: &crate::matching::Candidate, row: &TransferRow) -> Result<bool, Failure> {
        let sent: Option<(Entry, Option<FileFacts>)> =
            match self.run.catalogue.entry(&row.from.platform, &row.from.id)? {
                None => None,
                Some(entry) => Some((entry, self.run.catalogue.file_facts(&row.from.platform, &row.from.id)?)),
            };
        Ok(sent.is_some_and(|(entry, facts)| {
            self.matcher.doubt(sought, &self.run.candidate(&entry.activity, facts.as_ref())).is_some()
        }))
    }

    /// Writes down the intent, sends the file until `not_after`, and writes down what came of it. Returns the record if the
    /// moment passed before its turn came, unless this was the last try (`is_last`).
    fn put(
        &mut self,
        spec: &Arc<PlatformSpec>,
        mut record: TransferRecord,
        loaded: &Loaded,
        (not_after, is_last): (Moment, bool),
    ) -> Result<Option<TransferRecord>, Failure> {
        let from = record.activity.activity.key();
        let files = self.run.catalogue.files(&from.platform, &from.id)?;
        let sha256 = files.first().map(|file| file.sha256.clone()).unwrap_or_default();
        let again = self.run.catalogue.was_there(&spec.id, &sha256)?;
        let before = self.ids_around(spec, record.activity.activity.start_time)?;
        let (now, run_id) = (Timestamp::now(), self.run.id.clone());
        let intent =
            TransferIntent { run: &run_id, from: from.as_key(), to: &spec.id, sha256: &sha256, before: &before };
        let row = self.run.catalogue.intend_transfer(&intent, now)?;
        self.bar.say(&format!("{} to {}", row.from.id, spec.id));
        let target = self.targets.get(spec)?;
        let file = UploadFile { not_after: Some(not_after), ..loaded.outgoing(&record, again) };
        let answer = target.platform.upload(&file);
        if let (Err(error @ Error::TooLate), false) = (&answer, is_last) {
            self.settled(&row, TransferOutcome::Failed, None, Some(&error.to_string()))?;
            return Ok(Some(record));
        }
        if answer.is_ok() {
            self.targets.went_well(spec);
        }
        record.outcome = None;
        self.answered(Waiting { record, row, spec: spec.clone(), state: State::Asked, missing: false }, answer)?;
        Ok(None)
    }

    /// Whether the same answer to the same file again and again is one to the file, and no outage: it came `often` before,
    /// over hours, and meanwhile the service has accepted other files.
    pub(super) fn is_of_the_file(&self, row: &TransferRow, words: &str, often: u64) -> Result<bool, Failure> {
        let failures = self.run.catalogue.failed_so(row, words)?;
        let Some(first) = failures.first.filter(|_| failures.count >= often) else { return Ok(false) };
        let lasts = clock::age(first, Timestamp::now()).is_some_and(|age| age >= NO_ACCIDENT);
        Ok(lasts && self.run.catalogue.has_accepted_since(&row.to, first, &row.sha256)?)
    }

    /// What was to be put back is refused, because the service has another activity of the same recording.
    fn tell_not_restored(&mut self, waiting: &Waiting, other: Option<&str>) {
        let ActivityKey { platform, id } = &waiting.row.from;
        let other = other.map(|other| format!(" ({other})")).unwrap_or_default();
        self.run.fail(&Failure::new(
            Exit::Partial,
            format!(
                "{platform} {id}: not restored: {} has another activity of the same recording{other} and accepts no second one; to have this one instead, delete that one there and run this again",
                waiting.spec.title
            ),
        ));
    }

    /// What the catalogue knows there around that time.
    fn ids_around(&self, spec: &PlatformSpec, start: Option<Timestamp>) -> Result<Vec<String>, Failure> {
        let Some(start) = start else { return Ok(Vec::new()) };
        Ok(self.run.neighbours(&spec.id, start)?.into_iter().map(|(entry, _)| entry.activity.id).collect())
    }

    /// What the answer to an upload means.
    pub(super) fn answered(
        &mut self,
        mut waiting: Waiting,
        answer: platform::Result<UploadStatus>,
    ) -> Result<(), Failure> {
        let (spec, number) = (waiting.spec.clone(), waiting.row.number);
        match answer {
            Ok(UploadStatus::Exists(id)) => {
                let words = "the service has it already";
                self.settled(&waiting.row, TransferOutcome::AlreadyThere, id.as_deref(), Some(words))?;
                if waiting.row.from.platform == waiting.row.to {
                    self.tell_not_restored(&waiting, id.as_deref());
                }
                self.decided(waiting.record, "already-there", id, vec![words.to_owned()])?;
            }
            Ok(UploadStatus::Created(id)) => {
                if let Some(id) = &id {
                    self.settled(&waiting.row, TransferOutcome::Created, Some(id), None)?;
                }
                waiting.state = State::Taken(id);
                self.waiting.push(waiting);
            }
            Ok(UploadStatus::Pending(ticket)) => {
                self.run.catalogue.transfer_pending(
                    number,
                    Some(&ticket),
                    "taken; what comes of it is not known yet",
                )?;
                waiting.row.ticket = Some(ticket);
                waiting.state = State::Asked;
                self.waiting.push(waiting);
            }
            Ok(UploadStatus::Unknown) => {
                waiting.state = State::Unknown;
                self.waiting.push(waiting);
            }
            Err(Error::Rejected(words)) => {
                self.settled(&waiting.row, TransferOutcome::Refused, None, Some(&words))?;
                let problem = self.problem(ProblemKind::Refused, format!("{} refuses it: {words}", spec.title));
                let mut record = waiting.record;
                record.outcome = Some(crate::record::Outcome { kind: "refused".into(), ..Default::default() });
                self.run.count("refused", 1);
                self.fail(record, problem)?;
            }
            Err(error @ Error::OutcomeUnknown(_)) => {
                self.run.catalogue.transfer_pending(number, None, &error.to_string())?;
                let mut problem = self.targets.trouble(self.run, &spec, error)?;
                problem.message += "; the next run looks";
                self.fail(waiting.record, problem)?;
            }
            Err(Error::Unexpected(words) | Error::NotFound(words))
                if self.is_of_the_file(&waiting.row, &words, STRANGE)? =>
            {
                self.answered(waiting, Err(Error::Rejected(words)))?;
            }
            Err(Error::NotFound(words)) => {
                self.settled(&waiting.row, TransferOutcome::Failed, None, Some(&words))?;
                let problem = self.problem(ProblemKind::RetryLater, words);
                self.fail(waiting.record, problem)?;
            }
            Err(error) => {
                self.settled(&waiting.row, TransferOutcome::Failed, None, Some(&error.to_string()))?;
                let problem = self.targets.trouble(self.run, &spec, error)?;
                self.fail(waiting.record, problem)?;
            }
        }
        Ok(())
    }
}
