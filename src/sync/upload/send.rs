//! Uploads one file: checks the target, records the intent in the journal, sends the file.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::poll_schedule::PollSchedule;
use super::{Loaded, SentUpload, State, Uploads, sha256_of};
use crate::activity::{ActivityKey, ActivityKeyRef, Origin};
use crate::catalogue::{ActivityRow, FileFingerprint, UploadIntent, UploadOutcome, UploadRow};
use crate::clock::{self, Moment};
use crate::matching::{Candidate, Verdict};
use crate::plan::precheck::{self, PrecheckResult};
use crate::platform::{self, Error, PlatformSpec, UploadFile, UploadStatus};
use crate::reason::Reason;
use crate::record::{ProblemKind, TransferRecord};
use crate::sync::{Exit, Failure, Level, Result, TargetCheck};

/// After this time, an accepted upload that no list shows no longer counts as existing.
const SHOWN_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// How many earlier uploads of a file must get the same unexpected response before the file is considered the cause.
const UNEXPECTED_RESPONSES: u64 = 2;
/// Unexpected responses within less time may be a single outage.
const MIN_FAILURE_SPAN: SignedDuration = SignedDuration::from_hours(3);
/// How many prechecks are made for one file, if its upload starts too late to rely on the precheck.
const MAX_PRECHECKS: u32 = 3;

/// The reason in the journal of an upload that the service accepted without returning an id.
pub(super) const ACCEPTED: Reason = Reason::AcceptedNotListed;

/// Whether the target has an activity.
enum TargetState {
    /// The target does not have it.
    Missing,
    /// The target has it, with its id, if known, and the evidence.
    Exists(Option<String>, Vec<Reason>),
    /// Its upload is pending.
    Pending,
    /// A possible duplicate exists.
    PossibleDuplicate(Vec<Reason>),
}

impl Uploads<'_> {
    /// Uploads a file, unless a check prevents it.
    pub(super) fn upload_one(&mut self, mut record: TransferRecord) -> Result<()> {
        let from = record.activity.activity.key();
        let spec = match self.worker.platforms.require_exact(&record.to) {
            Ok(spec) => spec,
            Err(error) => {
                let problem = self.problem(ProblemKind::Rejected, error.reason());
                return self.fail(record, problem);
            }
        };
        // In a dry run, the file was not downloaded.
        if self.worker.dry_run && record.file.is_none() {
            return self.dry_run_one(record);
        }
        let loaded = match self.load(from.as_key(), sha256_of(record.file.as_ref())) {
            Ok(loaded) => loaded,
            Err(error) => return self.fail_item(record, error),
        };
        // Another service's copy is a FIT file, too. Uploaded, it would stand for the recording.
        if loaded.origin == Origin::Converted {
            return self.finish_with(record, "skipped", None, vec![Reason::ConvertedOnly]);
        }
        let format = loaded.piece.format;
        if !spec.upload_formats.contains(&format) {
            let reason = Reason::FormatNotAccepted { format: format.to_string() };
            return self.finish_with(record, "skipped", None, vec![reason]);
        }
        let (entry, facts) = self.worker.catalogue.snapshot(|catalogue| {
            Ok::<_, Failure>((catalogue.entry(from.as_key())?, catalogue.file_facts(from.as_key())?))
        })?;
        // A record may have been shortened by another tool; the catalogue has all fields.
        if let Some(entry) = entry {
            record.activity.activity = entry.activity;
        }
        let Some(start) = record.activity.activity.start_time else {
            return self.finish_with(record, "skipped", None, vec![Reason::NoStartTime]);
        };
        if let Some(why) = precheck::implausible_start(start, facts.and_then(|facts| facts.start), self.worker.now()) {
            return self.finish_with(record, "skipped", None, vec![why]);
        }
        if self.worker.dry_run {
            return self.dry_run_one(record);
        }
        if from.platform == spec.id && !self.is_gone(&from)? {
            return self.finish_with(record, "exists", Some(from.id), vec![Reason::StillThere]);
        }
        if self.is_limit_reached()? {
            return self.skip_over_limit(record);
        }
        if let Err(error) = self.connections.ensure_open(self.worker, &spec) {
            return self.fail_item(record, error);
        }
        match spec.is_write_only() {
            true => self.deliver_to_outbox(&spec, record, &loaded, start),
            false => self.deliver(&spec, record, &loaded, start),
        }
    }

    /// Checks the target and sends the file; repeats both if the upload starts too late to rely on the check.
    fn deliver(
        &mut self,
        spec: &Arc<PlatformSpec>,
        mut record: TransferRecord,
        loaded: &Loaded,
        start: Timestamp,
    ) -> Result<()> {
        let from = record.activity.activity.key();
        for number in 1.. {
            let not_after = match self.connections.get(spec)?.check_target(self.worker, start, &self.progress) {
                Ok(TargetCheck { not_after, is_new }) => {
                    if is_new {
                        self.settle_listed(spec)?;
                    }
                    not_after
                }
                Err(failure) => {
                    let problem = self.connections.suspend_for(self.worker, spec, failure)?;
                    return self.fail(record, problem);
                }
            };
            let found = self.worker.catalogue.snapshot(|_| match from.platform == spec.id {
                true => self.find_gone(spec, &from, &record, start),
                false => self.find(spec, &record, start),
            })?;
            match found {
                TargetState::Missing => {}
                TargetState::PossibleDuplicate(_) if record.allow_possible_duplicate => {}
                TargetState::PossibleDuplicate(why) => return self.finish_with(record, "skipped", None, why),
                TargetState::Exists(id, why) => return self.finish_with(record, "exists", id, why),
                TargetState::Pending => {
                    return self.finish_with(record, "pending", None, vec![Reason::UploadPending]);
                }
            }
            match self.transmit(spec, record, loaded, (Some(not_after), number == MAX_PRECHECKS))? {
                Some(again) => record = again,
                None => break,
            }
        }
        Ok(())
    }

    /// Delivers the file to an outbox, unless the journal says that the activity was delivered.
    fn deliver_to_outbox(
        &mut self,
        spec: &Arc<PlatformSpec>,
        record: TransferRecord,
        loaded: &Loaded,
        start: Timestamp,
    ) -> Result<()> {
        match self.find_delivered(spec, &record, start)? {
            TargetState::Missing => {}
            TargetState::PossibleDuplicate(_) if record.allow_possible_duplicate => {}
            TargetState::PossibleDuplicate(why) => return self.finish_with(record, "skipped", None, why),
            TargetState::Exists(id, why) => return self.finish_with(record, "exists", id, why),
            TargetState::Pending => return self.finish_with(record, "pending", None, vec![Reason::DeliveryPending]),
        }
        self.transmit(spec, record, loaded, (None, true)).map(drop)
    }

    /// Whether an activity, the same one of another platform, or its file was ever delivered to an outbox.
    fn find_delivered(
        &self,
        spec: &Arc<PlatformSpec>,
        record: &TransferRecord,
        start: Timestamp,
    ) -> Result<TargetState> {
        let activity = &record.activity.activity;
        let facts = self.worker.catalogue.file_facts(activity.as_key())?;
        let sha256 = self.worker.catalogue.files(activity.as_key())?.first().map(|file| file.sha256.clone());
        let sought = self.worker.candidate(activity, facts.as_ref());
        let mut possible = None;
        for row in self.worker.catalogue.unlisted_uploads(&spec.id, Timestamp::MIN, around(start))? {
            let is_it = row.from.as_key() == activity.as_key() || sha256.as_ref() == Some(&row.sha256);
            let verdict = if is_it { None } else { self.match_with(&sought, &row)? };
            let is_same = is_it || verdict.as_ref().is_some_and(|verdict| self.matcher.says_same(verdict));
            match (is_same, row.outcome) {
                (true, None) => return Ok(TargetState::Pending),
                (true, Some(_)) => return Ok(TargetState::Exists(row.to_id, vec![Reason::DeliveredBefore])),
                // Two activities that their own platform keeps apart are both delivered.
                (false, _) if row.from.platform == activity.platform => {}
                (false, _) => possible = possible.or(verdict.map(|verdict| (row.from.id, verdict))),
            }
        }
        let Some((id, verdict)) = possible else { return Ok(TargetState::Missing) };
        let certainty = verdict.certainty.name().to_owned();
        let reasons = std::iter::once(Reason::PossibleDuplicate { id, certainty }).chain(verdict.reasons);
        Ok(TargetState::PossibleDuplicate(reasons.collect()))
    }

    /// Reports an upload that a dry run skips, up to the upload limit of one run.
    fn dry_run_one(&mut self, record: TransferRecord) -> Result<()> {
        if self.is_limit_reached()? {
            return self.skip_over_limit(record);
        }
        self.worker.count("dry_run", 1);
        let from = &record.activity.activity;
        if !self.shows_records {
            self.worker.item(Level::Warning, from.as_key(), &format!("would upload to {}", record.to));
        }
        self.finish_with(record, "skipped", None, vec![Reason::DryRun])
    }

    /// Skips an upload because the run has reached its limit; a later run sends it.
    fn skip_over_limit(&mut self, record: TransferRecord) -> Result<()> {
        self.worker.count("left", 1);
        self.finish_with(record, "skipped", None, vec![Reason::UploadLimit])
    }

    /// Whether the activity exists on the target or is pending, by the check that was just made.
    fn find(&self, spec: &Arc<PlatformSpec>, record: &TransferRecord, start: Timestamp) -> Result<TargetState> {
        let (said, id) = self.presence(spec, record, start)?;
        if let PrecheckResult::Exists(_, verdict) = said {
            return Ok(TargetState::Exists(id, verdict.reasons));
        }
        if let Some(found) = self.in_journal(spec, record, start)? {
            return Ok(found);
        }
        Ok(match said {
            PrecheckResult::PossibleDuplicate(_, verdict) => {
                let certainty = verdict.certainty.name().to_owned();
                let mut reasons = vec![Reason::PossibleDuplicate { id: id.unwrap_or_default(), certainty }];
                reasons.extend(verdict.reasons);
                TargetState::PossibleDuplicate(reasons)
            }
            _ => TargetState::Missing,
        })
    }

    /// The result of the check against the catalogue, and the id of the activity that it names.
    pub(super) fn presence(
        &self,
        spec: &PlatformSpec,
        record: &TransferRecord,
        start: Timestamp,
    ) -> Result<(PrecheckResult, Option<String>)> {
        let activity = &record.activity.activity;
        let facts = self.worker.catalogue.file_facts(activity.as_key())?;
        let neighbours = self.worker.neighbours(&spec.id, start)?;
        let entries: Vec<_> =
            neighbours.iter().map(|(entry, facts)| self.worker.candidate(&entry.activity, facts.as_ref())).collect();
        let said = precheck::check(&self.matcher, &self.worker.candidate(activity, facts.as_ref()), &entries);
        let id = match &said {
            PrecheckResult::Exists(at, _) | PrecheckResult::PossibleDuplicate(at, _) => {
                Some(neighbours[*at].0.activity.id.clone())
            }
            PrecheckResult::Absent => None,
        };
        Ok((said, id))
    }

    /// Whether an activity to restore is missing on its platform, is not being restored and was not restored under
    /// another id.
    ///
    /// A duplicate that this program deleted is restored next to the activity that was kept. If a person deleted the
    /// activity, the same activity on the platform may be one that the person has already restored.
    fn find_gone(
        &self,
        spec: &Arc<PlatformSpec>,
        from: &ActivityKey,
        record: &TransferRecord,
        start: Timestamp,
    ) -> Result<TargetState> {
        // Another client may have restored it.
        if !self.is_gone(from)? {
            return Ok(TargetState::Exists(Some(from.id.clone()), vec![Reason::StillThere]));
        }
        // A restored activity has a new id, and may itself have been deleted and restored.
        let mut ids = vec![from.id.clone()];
        for row in self.worker.catalogue.uploads_to(&spec.id)? {
            if row.from.platform != spec.id || !ids.contains(&row.from.id) {
                continue;
            }
            match (row.outcome, row.to_id) {
                (None, _) => return Ok(TargetState::Pending),
                (Some(UploadOutcome::Created), Some(id)) => {
                    // A restored activity that no list has shown yet exists, too: the list is slow to show it.
                    if self
                        .worker
                        .catalogue
                        .entry(ActivityKeyRef::new(&spec.id, &id))?
                        .is_none_or(|entry| entry.missing.is_none())
                    {
                        return Ok(TargetState::Exists(Some(id), vec![Reason::RestoredBefore]));
                    }
                    ids.push(id);
                }
                _ => {}
            }
        }
        match self.was_deleted_here(from)? {
            true => Ok(TargetState::Missing),
            false => self.find(spec, record, start),
        }
    }

    /// Whether this program deleted an activity as a duplicate, or restored it from one that it had deleted.
    fn was_deleted_here(&self, ActivityKey { platform, id }: &ActivityKey) -> Result<bool> {
        let rows = self.worker.catalogue.uploads_to(platform)?;
        let mut id = id;
        let mut known = HashSet::new();
        while known.insert(id) {
            if self.worker.catalogue.was_deleted_here(ActivityKeyRef::new(platform, id))? {
                return Ok(true);
            }
            let is_source = |row: &&UploadRow| row.from.platform == *platform && row.to_id.as_ref() == Some(id);
            match rows.iter().find(is_source) {
                Some(row) => id = &row.from.id,
                None => break,
            }
        }
        Ok(false)
    }

    fn is_gone(&self, key: &ActivityKey) -> Result<bool> {
        Ok(self.worker.catalogue.entry(key.as_key())?.is_some_and(|entry| entry.missing.is_some()))
    }

    /// An upload of the same activity, from this or another platform, that no list shows yet.
    fn in_journal(
        &self,
        spec: &Arc<PlatformSpec>,
        record: &TransferRecord,
        start: Timestamp,
    ) -> Result<Option<TargetState>> {
        let activity = &record.activity.activity;
        let facts = self.worker.catalogue.file_facts(activity.as_key())?;
        let sought = self.worker.candidate(activity, facts.as_ref());
        let long_ago = self.worker.now().checked_sub(SHOWN_WITHIN).unwrap_or(Timestamp::MIN);
        for row in self.worker.catalogue.unlisted_uploads(&spec.id, long_ago, around(start))? {
            let found = match row.outcome {
                None => TargetState::Pending,
                Some(_) => TargetState::Exists(row.to_id.clone(), vec![Reason::UploadedNotListed]),
            };
            if row.from.as_key() == activity.as_key() || self.match_with(&sought, &row)?.is_some() {
                return Ok(Some(found));
            }
        }
        // A service may show the legs of one file as several activities. In later runs the plan knows the file.
        let sha256 = self.worker.catalogue.files(activity.as_key())?.first().map(|file| file.sha256.clone());
        let now = self.worker.now();
        let sent = |sha256: String| self.worker.catalogue.sent_file(&self.worker.run_id, &spec.id, &sha256, now);
        Ok(sha256.map(sent).transpose()?.flatten().map(|row| match row.outcome {
            None => TargetState::Pending,
            Some(_) => TargetState::Exists(row.to_id, vec![Reason::SameFileUploaded]),
        }))
    }

    /// How the source of an upload matches an activity.
    fn match_with(&self, sought: &Candidate, row: &UploadRow) -> Result<Option<Verdict>> {
        let sent: Option<(ActivityRow, Option<FileFingerprint>)> =
            match self.worker.catalogue.entry(row.from.as_key())? {
                None => None,
                Some(entry) => Some((entry, self.worker.catalogue.file_facts(row.from.as_key())?)),
            };
        Ok(sent.and_then(|(entry, facts)| {
            self.matcher.possible_match(sought, &self.worker.candidate(&entry.activity, facts.as_ref()))
        }))
    }

    /// Records the intent, sends the file until `not_after`, and records the result. Returns the record if the
    /// upload could not start before `not_after`, unless this was the last attempt (`is_last`).
    fn transmit(
        &mut self,
        spec: &Arc<PlatformSpec>,
        mut record: TransferRecord,
        loaded: &Loaded,
        (not_after, is_last): (Option<Moment>, bool),
    ) -> Result<Option<TransferRecord>> {
        let from = record.activity.activity.key();
        let (sha256, again, before) = self.worker.catalogue.snapshot(|catalogue| {
            let files = catalogue.files(from.as_key())?;
            let sha256 = files.first().map(|file| file.sha256.clone()).unwrap_or_default();
            let again = catalogue.has_upload_of_file(&spec.id, &sha256)?;
            let before = self.ids_around(spec, record.activity.activity.start_time)?;
            Ok::<_, Failure>((sha256, again, before))
        })?;
        let (now, run_id) = (self.worker.now(), self.worker.run_id.clone());
        let intent =
            UploadIntent { run: &run_id, from: from.as_key(), to: &spec.id, sha256: &sha256, ids_before: &before };
        let row = self.worker.catalogue.begin_upload(&intent, now)?;
        self.progress.step(&format!("{} to {}", row.from.id, spec.id));
        let target = self.connections.get(spec)?;
        let file = UploadFile { not_after, ..loaded.upload_file(&record, again) };
        let answer = target.platform.upload(&file);
        if let (Err(error @ Error::TooLate), false) = (&answer, is_last) {
            self.settled(&row, UploadOutcome::Failed, None, Some(&error.reason()))?;
            return Ok(Some(record));
        }
        if answer.is_ok() {
            self.connections.succeeded(spec);
        }
        record.outcome = None;
        let now = self.worker.clock.steady();
        // An outbox answers at once.
        let poll = if spec.is_write_only() { PollSchedule::at_once(now) } else { PollSchedule::after_a_pause(now) };
        self.handle_result(SentUpload::new(record, row, spec, poll), answer)?;
        Ok(None)
    }

    /// Whether the file, and not an outage, causes a repeated failure: at least `often` earlier uploads failed in the same
    /// way, over hours, and meanwhile the service has accepted other files. The current upload does not count.
    pub(super) fn is_caused_by_file(&self, row: &UploadRow, reason: &Reason, often: u64) -> Result<bool> {
        let failures = self.worker.catalogue.count_same_failure(row, reason)?;
        let Some(first) = failures.first.filter(|_| failures.count >= often) else { return Ok(false) };
        let lasts = clock::age(first, self.worker.now()).is_some_and(|age| age >= MIN_FAILURE_SPAN);
        Ok(lasts && self.worker.catalogue.has_accepted_since(&row.to, first, &row.sha256)?)
    }

    /// Reports that an activity was not restored because the service has another activity of the same recording.
    fn report_not_restored(&mut self, waiting: &SentUpload, other: Option<&str>) {
        let ActivityKey { platform, id } = &waiting.row.from;
        let other = other.map(|other| format!(" ({other})")).unwrap_or_default();
        self.worker.fail(&Failure::new(
            Exit::Partial,
            format!(
                "{platform} {id}: not restored: {} already has this recording as another activity{other}; to replace it, delete it there and run this again",
                waiting.spec.title
            ),
        ));
    }

    /// The ids that the catalogue knows on the target around `start`.
    fn ids_around(&self, spec: &PlatformSpec, start: Option<Timestamp>) -> Result<Vec<String>> {
        let Some(start) = start else { return Ok(Vec::new()) };
        Ok(self.worker.neighbours(&spec.id, start)?.into_iter().map(|(entry, _)| entry.activity.id).collect())
    }

    /// Records that the service rejected the file.
    pub(super) fn rejected(&mut self, waiting: SentUpload, reason: Reason) -> Result<()> {
        self.settled(&waiting.row, UploadOutcome::Rejected, None, Some(&reason))?;
        let problem = self.problem(ProblemKind::Rejected, reason);
        let mut record = waiting.record;
        record.outcome = Some(crate::record::Outcome { kind: "rejected".into(), ..Default::default() });
        self.worker.count("rejected", 1);
        self.fail(record, problem)
    }

    /// Handles an upload that the service reports as a new activity, with its id if the service names it.
    fn created(&mut self, mut waiting: SentUpload, id: Option<String>) -> Result<()> {
        // No list has to show it.
        if waiting.spec.is_write_only() {
            self.settled(&waiting.row, UploadOutcome::Created, id.as_deref(), None)?;
            return self.finish_with(waiting.record, "created", id, Vec::new());
        }
        let id = match id {
            Some(id) if self.is_another(&waiting.row, &id)? => {
                let title = &waiting.spec.title;
                self.worker.debug(&format!("{title} names another activity as the uploaded one; its list decides"));
                None
            }
            id => id,
        };
        match &id {
            Some(id) => self.settled(&waiting.row, UploadOutcome::Created, Some(id), None)?,
            // Otherwise a later run, which may not be able to query the service, would treat it as never arrived.
            None => self.worker.catalogue.upload_pending(waiting.row.number, None, &ACCEPTED)?,
        }
        waiting.state = State::Accepted(id);
        self.waiting.push(waiting);
        Ok(())
    }

    /// Handles the response to an upload.
    pub(super) fn handle_result(
        &mut self,
        mut waiting: SentUpload,
        answer: platform::Result<UploadStatus>,
    ) -> Result<()> {
        let (spec, number) = (waiting.spec.clone(), waiting.row.number);
        match answer {
            Ok(UploadStatus::Exists(id)) => {
                let reason = Reason::ServiceHasIt;
                self.settled(&waiting.row, UploadOutcome::Exists, id.as_deref(), Some(&reason))?;
                if waiting.row.from.platform == waiting.row.to {
                    self.report_not_restored(&waiting, id.as_deref());
                }
                self.finish_with(waiting.record, "exists", id, vec![reason])?;
            }
            Ok(UploadStatus::Created(id)) => self.created(waiting, id)?,
            Ok(UploadStatus::Pending(ticket)) => {
                self.worker.catalogue.upload_pending(number, Some(&ticket), &Reason::Processing)?;
                waiting.row.status_ref = Some(ticket);
                waiting.state = State::Processing;
                self.waiting.push(waiting);
            }
            Ok(UploadStatus::Declined(reason)) => {
                self.settled(&waiting.row, UploadOutcome::Rejected, None, Some(&reason))?;
                self.finish_with(waiting.record, "skipped", None, vec![reason])?;
            }
            Ok(UploadStatus::Unknown) => {
                let was_accepted = waiting.row.reason == Some(ACCEPTED);
                waiting.state = if was_accepted { State::Accepted(None) } else { State::Unknown };
                self.waiting.push(waiting);
            }
            Err(error @ Error::Rejected(_)) => self.rejected(waiting, error.reason())?,
            Err(error @ Error::OutcomeUnknown(_)) => {
                self.worker.catalogue.upload_pending(number, None, &error.reason())?;
                let problem = self.connections.classify(self.worker, &spec, error)?;
                self.fail(waiting.record, problem)?;
            }
            Err(error @ (Error::Unexpected(_) | Error::NotFound(_)))
                if self.is_caused_by_file(&waiting.row, &error.reason(), UNEXPECTED_RESPONSES)? =>
            {
                self.rejected(waiting, Reason::Rejected { detail: error.to_string() })?;
            }
            Err(error @ Error::NotFound(_)) => {
                self.settled(&waiting.row, UploadOutcome::Failed, None, Some(&error.reason()))?;
                let problem = self.problem(ProblemKind::Retry, error.reason());
                self.fail(waiting.record, problem)?;
            }
            Err(error) => {
                self.settled(&waiting.row, UploadOutcome::Failed, None, Some(&error.reason()))?;
                let problem = self.connections.classify(self.worker, &spec, error)?;
                self.fail(waiting.record, problem)?;
            }
        }
        Ok(())
    }
}

/// The period in which the source of an upload may be the same as an activity that starts at `start`: the start in
/// either list may differ from the recorded one, as `implausible_start` allows.
fn around(start: Timestamp) -> (Timestamp, Timestamp) {
    let (from, until) = precheck::reach(start);
    (precheck::reach(from).0, precheck::reach(until).1)
}
