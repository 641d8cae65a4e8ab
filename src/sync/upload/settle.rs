//! Finds the results of uploads that were sent, in this run or an earlier one: requests their status, then reads the
//! list.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::poll_schedule::PollSchedule;
use super::send::ACCEPTED;
use super::{Asked, Loaded, MOST_WAITING, SentUpload, State, Uploads};
use crate::activity::{Activity, ActivityKeyRef};
use crate::catalogue::{UploadOutcome, UploadRow};
use crate::clock;
use crate::i18n;
use crate::plan::precheck::PrecheckResult;
use crate::plan::resend::{Resend, UnlistedUpload};
use crate::platform::{self, Error, PlatformSpec, UploadRef, UploadStatus};
use crate::reason::Reason;
use crate::record::{ProblemKind, TransferRecord};
use crate::shell::retry;
use crate::sync::history::are_far_apart;
use crate::sync::{Exit, Failure, Level, Result};

/// How many earlier uploads of a file must be lost, while other files arrive, before the next lost upload is the last: five
/// uploads in all.
const LOST_BEFORE: u64 = 4;
/// Services round starts.
const SAME_START: SignedDuration = SignedDuration::from_secs(1);
/// How old a listing may be to count as made by this run.
const JUST_READ: SignedDuration = SignedDuration::from_mins(10);

impl Uploads<'_> {
    /// Settles the uploads of earlier runs to `specs`. A file that never arrived is sent again.
    pub(super) fn resume_open(&mut self, specs: &[Arc<PlatformSpec>]) -> Result<()> {
        for spec in specs {
            if self.worker.dry_run {
                let rows = self.worker.catalogue.open_uploads(&spec.id)?.len();
                self.worker.warn(&format!("{}: would check {}", spec.id, uploads(rows)));
                continue;
            }
            // If opening the platform fails, the failure is reported and the uploads stay open for the next run.
            if let Err(error) = self.connections.ensure_open(self.worker, spec) {
                error.into_problem()?;
                continue;
            }
            self.worker.catalogue.correct_future_starts(&spec.id, self.worker.now())?;
            // Read only now that the platform is locked: uploads that another command has just settled are no longer
            // open.
            for row in self.worker.catalogue.open_uploads(&spec.id)? {
                let record = self.record_of_row(&row)?;
                let poll = PollSchedule::at_once(self.worker.clock.steady());
                self.waiting.push(SentUpload::new(record, row, spec, poll));
            }
            self.request_status(spec)?;
            self.verify_listed(spec)?;
            self.send_lost(spec)?;
        }
        Ok(())
    }

    /// Reports an upload as lost, once, if the service accepted it longer ago than `GS_LOST_AFTER` and its list does
    /// not show it. Only a list that was just read counts; no list is requested for this.
    pub(super) fn report_lost(&mut self, specs: &[Arc<PlatformSpec>]) -> Result<()> {
        let now = self.worker.now();
        let ago = |span| now.checked_sub(span).unwrap_or(Timestamp::MIN);
        if self.worker.dry_run {
            return Ok(());
        }
        for spec in specs {
            let listed = self.worker.catalogue.listed_since(&spec.id, ago(JUST_READ), now)?;
            for row in self.worker.catalogue.never_listed_uploads(&spec.id, ago(self.lost_after()), now)? {
                let record = self.record_of_row(&row)?;
                let start = record.activity.activity.start_time;
                let Some(start) = start.filter(|_| listed.iter().any(|span| span.contains(start))) else { continue };
                let outcome = row.outcome.unwrap_or(UploadOutcome::Created);
                if let (PrecheckResult::Exists(..), id) = self.presence(spec, &record, start)? {
                    self.settled(&row, outcome, id.as_deref(), row.reason.as_ref())?;
                    continue;
                }
                let reason = self.lost(&record);
                self.settled(&row, UploadOutcome::Lost, None, Some(&reason))?;
                let problem = self.problem(ProblemKind::Rejected, reason);
                self.fail(record, problem)?;
            }
        }
        Ok(())
    }

    /// Waits for the results of all uploads, at most as long as the time limit allows.
    pub(super) fn follow_all(&mut self) -> Result<()> {
        let followed = self.follow();
        // Even after an error or a stop, unsettled uploads are passed on as pending.
        self.finish_unsettled().and(followed)
    }

    fn follow(&mut self) -> Result<()> {
        // An outbox answers at once: what it could not publish, the next run publishes. A suspended platform gets no
        // requests.
        let is_over = |uploads: &Self| {
            let is_asked = |one: &SentUpload| !one.spec.is_write_only() && !uploads.connections.is_suspended(&one.spec);
            !uploads.waiting.iter().any(is_asked)
        };
        // No listing was made since the last uploads.
        self.listings.clear();
        self.settle_until(None, is_over)
    }

    /// Waits after an upload to a platform until few enough of them have no outcome. If the service settles none within
    /// the time limit, further uploads do not wait for it.
    pub(super) fn make_room(&mut self, spec: &Arc<PlatformSpec>) -> Result<()> {
        // A file in an outbox is published by its status request, and the next file may be hours away.
        if spec.is_write_only() {
            return self.request_status(spec);
        }
        let is_full =
            |uploads: &Self| uploads.unsettled(spec) >= MOST_WAITING && !uploads.connections.is_suspended(spec);
        if is_full(self) && !self.slow.contains(&spec.id) {
            self.settle_until(Some(spec), |uploads| !is_full(uploads))?;
        } else if is_full(self) {
            self.settle_due(spec, false)?;
        }
        match is_full(self) {
            true => self.slow.insert(spec.id.clone()),
            false => self.slow.remove(&spec.id),
        };
        Ok(())
    }

    /// How many uploads to a platform have no outcome.
    fn unsettled(&self, spec: &PlatformSpec) -> usize {
        self.waiting.iter().filter(|one| one.spec.id == spec.id && one.is_unsettled()).count()
    }

    /// Settles uploads, with pauses, until it `is_enough` or the time limit has passed since the last one was settled.
    /// `only`: the uploads to this platform.
    fn settle_until(&mut self, only: Option<&Arc<PlatformSpec>>, is_enough: impl Fn(&Self) -> bool) -> Result<()> {
        let mut end = self.worker.clock.steady() + self.timing.upload_wait;
        loop {
            let is_over = self.worker.clock.steady() >= end;
            let before = self.waiting.len();
            for spec in self.connections.open() {
                if only.is_none_or(|only| only.id == spec.id) {
                    // After a wait, list and status are requested once more, also if they are not due.
                    self.settle_due(&spec, is_over)?;
                }
            }
            let is_progress = self.waiting.len() < before;
            if is_enough(self) || self.worker.is_stopped() || is_over && !is_progress {
                return Ok(());
            }
            let now = self.worker.clock.steady();
            if is_progress {
                end = now + self.timing.upload_wait;
            }
            let pause = self.next_due(only).map_or(end, |due| due.min(end)).saturating_sub(now);
            self.progress.wait(&format!("{}; next check in {{}}", self.awaited()), pause);
            self.worker.sleep(pause);
        }
    }

    /// When the next list or status is due. `only`: of this platform.
    fn next_due(&self, only: Option<&Arc<PlatformSpec>>) -> Option<Duration> {
        let is_asked = |one: &&SentUpload| {
            only.is_none_or(|only| only.id == one.spec.id)
                && !one.spec.is_write_only()
                && !self.connections.is_suspended(&one.spec)
        };
        let polls = self.waiting.iter().filter(is_asked).flat_map(|one| {
            let status = (one.state == State::Processing).then_some(&one.poll);
            status.into_iter().chain(self.listings.get(&one.spec.id))
        });
        polls.map(PollSchedule::due).min()
    }

    /// Reads the list of a platform if that is due, because one listing may settle all uploads, and then requests the
    /// status of those that it does not show. `is_last`: the time limit ends, so both are requested once more.
    fn settle_due(&mut self, spec: &Arc<PlatformSpec>, is_last: bool) -> Result<()> {
        let before = self.waiting.len();
        let now = self.worker.clock.steady();
        let mut listing = self.listings.get(&spec.id).copied().unwrap_or_else(|| PollSchedule::at_once(now));
        if listing.is_due(now) || is_last {
            self.verify_listed(spec)?;
            listing.answered(now, self.worker.clock.steady());
        }
        let accepted = self.accepted(spec);
        self.request_status_of(spec, is_last)?;
        let is_processing = |one: &SentUpload| one.spec.id == spec.id && one.state == State::Processing;
        // The service has just reported them as done, so its list may show them now.
        if self.accepted(spec) > accepted && !self.waiting.iter().any(is_processing) {
            let now = self.worker.clock.steady();
            self.verify_listed(spec)?;
            listing.answered(now, self.worker.clock.steady());
        }
        let is_progress = self.waiting.len() < before;
        let after = PollSchedule::after_a_pause(self.worker.clock.steady());
        self.listings.insert(spec.id.clone(), if is_progress { after } else { listing });
        Ok(())
    }

    /// How many uploads to a platform are accepted and not listed yet.
    fn accepted(&self, spec: &PlatformSpec) -> usize {
        self.waiting.iter().filter(|one| one.spec.id == spec.id && matches!(one.state, State::Accepted(_))).count()
    }

    /// Describes the uploads that are waited for.
    fn awaited(&self) -> String {
        let mut platforms = Vec::new();
        for spec in self.connections.open() {
            let (processing, accepted): (Vec<_>, Vec<_>) = self
                .waiting
                .iter()
                .filter(|one| one.spec.id == spec.id)
                .partition(|one| one.state == State::Processing);
            let states = [(processing.len(), "processing"), (accepted.len(), "not listed")];
            let states = states.iter().filter(|(count, _)| *count > 0);
            let words: Vec<String> = states.map(|(count, state)| format!("{} {state}", uploads(*count))).collect();
            if !words.is_empty() {
                platforms.push(format!("{}: {}", spec.id, words.join(", ")));
            }
        }
        platforms.join("; ")
    }

    /// Requests the status of the uploads that the service is processing, of each one when it is due.
    pub(super) fn request_status(&mut self, spec: &Arc<PlatformSpec>) -> Result<()> {
        self.request_status_of(spec, false)
    }

    /// Like [`Self::request_status`]; `all`: also of the uploads for which it is not due yet.
    fn request_status_of(&mut self, spec: &Arc<PlatformSpec>, all: bool) -> Result<()> {
        let now = self.worker.clock.steady();
        let is_asked = |one: &SentUpload| {
            // An outbox costs no request.
            let is_due = all || one.spec.is_write_only() || one.poll.is_due(now);
            one.spec.id == spec.id && one.state == State::Processing && is_due
        };
        let (mut asked, rest) = std::mem::take(&mut self.waiting).into_iter().partition::<Vec<_>, _>(is_asked);
        self.waiting = rest;
        if asked.is_empty() || self.connections.is_suspended(spec) {
            self.waiting.extend(asked);
            return Ok(());
        }
        self.unsettled_reasons.remove(&(spec.id.clone(), Asked::Status));
        self.progress.step(&format!("requesting the status of {} on {}", uploads(asked.len()), spec.id));
        let mut files = Vec::new();
        for one in &asked {
            // Without a status reference, the service may recognize the upload by the bytes that were sent.
            let loaded = match one.row.status_ref {
                None => self.loaded(one.row.from.as_key(), &one.row.sha256)?,
                Some(_) => None,
            };
            files.push((loaded, self.worker.catalogue.has_upload_of_file(&spec.id, &one.row.sha256)?));
        }
        let sent = asked.iter().zip(&files).map(|(one, (file, again))| UploadRef {
            status_ref: one.row.status_ref.as_deref(),
            file: file.as_ref().map(|file| file.upload_file(&one.record, *again)),
        });
        let answers = self.connections.get(spec)?.platform.upload_status(&sent.collect::<Vec<_>>());
        let answered = self.worker.clock.steady();
        asked.iter_mut().for_each(|one| one.poll.answered(now, answered));
        match answers {
            Ok(answers) => {
                for (one, answer) in asked.into_iter().zip(answers) {
                    self.apply_status(one, answer)?;
                }
            }
            Err(error) => {
                self.waiting.extend(asked);
                let problem = self.connections.classify(self.worker, spec, error)?;
                self.unsettled_reasons.insert((spec.id.clone(), Asked::Status), problem.why());
            }
        }
        Ok(())
    }

    /// The file of an activity, if it has not changed since it was uploaded.
    fn loaded(&self, key: ActivityKeyRef, sha256: &str) -> Result<Option<Loaded>> {
        match self.load(key, Some(sha256)) {
            Ok(loaded) => Ok(Some(loaded)),
            Err(error) => error.into_problem().map(|_| None),
        }
    }

    /// Handles one status response. After an error the upload keeps its state; any other response is handled like
    /// the response to a new upload.
    fn apply_status(&mut self, one: SentUpload, answer: platform::Result<UploadStatus>) -> Result<()> {
        match answer {
            Err(
                error @ (Error::Retry { .. }
                | Error::Unexpected(_)
                | Error::OutcomeUnknown(_)
                | Error::Login(_)
                | Error::Storage(_)
                | Error::Config(_)),
            ) => {
                self.worker.debug(&format!("{}: {error}", one.spec.id));
                self.unsettled_reasons.insert((one.spec.id.clone(), Asked::Status), error.reason());
                self.waiting.push(one);
                Ok(())
            }
            // Nothing was published.
            Ok(UploadStatus::Unknown) if one.spec.is_write_only() => {
                self.settled(&one.row, UploadOutcome::Failed, None, Some(&Reason::UploadNotReceived))?;
                self.upload_one(one.record)
            }
            answer => self.handle_result(one, answer),
        }
    }

    /// Reads the target's list around the uploads: an upload that is listed has arrived, also if the service still
    /// reports it as processing.
    fn verify_listed(&mut self, spec: &Arc<PlatformSpec>) -> Result<()> {
        let starts: Vec<Timestamp> = self
            .waiting
            .iter()
            .filter(|one| one.spec.id == spec.id)
            .filter_map(|one| one.record.activity.activity.start_time)
            .collect();
        if starts.is_empty() || spec.is_write_only() || self.connections.is_suspended(spec) {
            return Ok(());
        }
        let key = (spec.id.clone(), Asked::List);
        self.unsettled_reasons.remove(&key);
        self.progress.step(&format!("checking {} on {}", uploads(starts.len()), spec.id));
        if let Err(failure) = self.connections.get(spec)?.list_around(self.worker, starts) {
            if matches!(failure.exit, Exit::Interrupted | Exit::Bug | Exit::Config) {
                return Err(failure);
            }
            self.unsettled_reasons.insert(key, *failure.reason);
            return Ok(());
        }
        self.settle_listed(spec)?;
        // The list has to show an upload that is done, and one that was sent longer ago than `GS_LOST_AFTER`.
        let (lost_after, now) = (self.lost_after(), self.worker.now());
        for one in self.waiting.iter_mut().filter(|one| one.spec.id == spec.id) {
            if one.state != State::Processing || is_old(one, lost_after, now) {
                self.worker.catalogue.upload_missing(one.row.number)?;
                one.row.missing_count += 1;
                one.missing = true;
            }
        }
        Ok(())
    }

    /// Settles the uploads to a platform that the list shows, as the catalogue knows it now.
    pub(super) fn settle_listed(&mut self, spec: &Arc<PlatformSpec>) -> Result<()> {
        let is_it = |one: &SentUpload| one.spec.id == spec.id;
        let (sent, rest) = std::mem::take(&mut self.waiting).into_iter().partition::<Vec<_>, _>(is_it);
        self.waiting = rest;
        for mut one in sent {
            if let State::Accepted(Some(id)) = &one.state
                && self.is_another(&one.row, id)?
            {
                self.worker.catalogue.reopen_upload(one.row.number, &ACCEPTED)?;
                one.state = State::Accepted(None);
            }
            match self.worker.catalogue.snapshot(|_| self.find_listed(&one))? {
                Some(id) => {
                    self.settled(&one.row, UploadOutcome::Created, Some(&id), None)?;
                    self.finish_with(one.record, "created", Some(id), Vec::new())?;
                }
                None => self.waiting.push(one),
            }
        }
        Ok(())
    }

    /// Whether the activity with this id is not the one that an upload has made: it was listed before, or begins at
    /// another time.
    pub(super) fn is_another(&self, row: &UploadRow, id: &str) -> Result<bool> {
        let starts = |key: ActivityKeyRef| -> Result<Option<[Option<Timestamp>; 2]>> {
            let Some(entry) = self.worker.catalogue.entry(key)? else { return Ok(None) };
            let facts = self.worker.catalogue.file_facts(key)?;
            Ok(Some([entry.activity.start_time, facts.and_then(|facts| facts.start)]))
        };
        let both = starts(row.from.as_key())?.zip(starts(ActivityKeyRef::new(&row.to, id))?);
        let is_far = both.is_some_and(|(sent, listed)| are_far_apart(&sent, &listed));
        Ok(is_far || row.ids_before.iter().any(|before| before == id))
    }

    /// The id under which the list shows an upload.
    fn find_listed(&self, one: &SentUpload) -> Result<Option<String>> {
        if let State::Accepted(Some(id)) = &one.state {
            let entry = self.worker.catalogue.entry(ActivityKeyRef::new(&one.spec.id, id))?;
            return Ok(entry.filter(|entry| entry.missing.is_none()).map(|_| id.clone()));
        }
        let activity = &one.record.activity.activity;
        let Some(start) = activity.start_time else { return Ok(None) };
        let facts = self.worker.catalogue.file_facts(activity.as_key())?;
        let sought = self.worker.candidate(activity, facts.as_ref());
        let starts = [Some(start), facts.as_ref().and_then(|facts| facts.start)];
        let mut best = None;
        for (entry, facts) in self.worker.neighbours(&one.spec.id, start)? {
            // An activity that existed before the upload, or came from another upload, is a different one.
            let is_older = one.row.ids_before.contains(&entry.activity.id);
            if is_older || self.worker.catalogue.was_uploaded(entry.activity.as_key())? {
                continue;
            }
            let Some(verdict) =
                self.matcher.possible_match(&sought, &self.worker.candidate(&entry.activity, facts.as_ref()))
            else {
                continue;
            };
            // While the service processes the file, a similar activity may be another one. A new one that begins at the
            // same second is no other, whatever sport the service has read in the file.
            let is_sure = self.matcher.says_same(&verdict) || is_start_of(entry.activity.start_time, &starts);
            if one.state == State::Processing && !is_sure {
                continue;
            }
            if best.as_ref().is_none_or(|(certainty, _)| verdict.certainty < *certainty) {
                best = Some((verdict.certainty, entry.activity.id));
            }
        }
        Ok(best.map(|(_, id)| id))
    }

    /// Sends lost uploads again. An upload is lost if it has no status reference, the service does not know it, and two
    /// readings of the list with a pause between them do not show it. If a list could not be read, nothing follows.
    fn send_lost(&mut self, spec: &Arc<PlatformSpec>) -> Result<()> {
        let Some(pause) = self.classify_lost(spec)? else { return Ok(()) };
        self.progress.wait(&format!("{} may list an upload late; next check in {{}}", spec.id), pause);
        self.worker.sleep(pause);
        if self.worker.is_stopped() {
            return Ok(());
        }
        self.request_status(spec)?;
        self.verify_listed(spec)?;
        self.classify_lost(spec).map(drop)
    }

    /// Sends lost uploads again whose waiting time is over and passes on those that a later run must send. Returns the
    /// pause before the next check if an upload needs one.
    fn classify_lost(&mut self, spec: &Arc<PlatformSpec>) -> Result<Option<Duration>> {
        let is_lost = |one: &SentUpload| {
            one.spec.id == spec.id && one.state == State::Unknown && one.missing && one.row.status_ref.is_none()
        };
        if self.connections.is_suspended(spec) {
            return Ok(None);
        }
        let (lost, rest) = std::mem::take(&mut self.waiting).into_iter().partition::<Vec<_>, _>(is_lost);
        self.waiting = rest;
        let mut longest = None;
        for one in lost {
            match self.resend(&one)? {
                Resend::Now if self.is_caused_by_file(&one.row, &Reason::UploadNotReceived, LOST_BEFORE)? => {
                    self.rejected(one, Reason::FileNeverReceived)?;
                }
                Resend::Now => {
                    self.settled(&one.row, UploadOutcome::Failed, None, Some(&Reason::UploadNotReceived))?;
                    let from = &one.row.from;
                    self.worker.upload_item(Level::Debug, from.as_key(), &spec.id, "not received; uploaded again");
                    self.upload_one(one.record)?;
                }
                Resend::CheckAgain(pause) => {
                    longest = longest.max(Some(pause));
                    let poll = PollSchedule::at_once(self.worker.clock.steady());
                    self.waiting.push(SentUpload { state: State::Processing, poll, ..one });
                }
                Resend::Wait(until) => {
                    let until = Timestamp::from_second(until.as_second()).unwrap_or(until);
                    self.finish_with(one.record, "pending", None, vec![Reason::ResponseLost { retry_at: until }])?;
                }
            }
        }
        Ok(longest)
    }

    fn resend(&self, one: &SentUpload) -> Result<Resend> {
        let tries = self.worker.catalogue.count_same_failure(&one.row, &Reason::UploadNotReceived)?.count;
        let unlisted = UnlistedUpload {
            started: one.row.started_at,
            listings: one.row.missing_count,
            tries: u32::try_from(tries).unwrap_or(u32::MAX),
        };
        Ok(unlisted.decide(self.timing.resend_wait, self.timing.confirm_wait, self.worker.now()))
    }

    /// Passes on uploads that are still unsettled; the next run checks them. An upload that was accepted longer
    /// ago than `GS_LOST_AFTER` and is not listed is lost.
    fn finish_unsettled(&mut self) -> Result<()> {
        self.report_unsettled();
        let (lost_after, now) = (self.lost_after(), self.worker.now());
        for one in std::mem::take(&mut self.waiting) {
            match one.state {
                // The service returned an id, and the next listing shows it.
                State::Accepted(Some(id)) => self.finish_with(one.record, "created", Some(id), Vec::new()),
                _ if one.missing && is_old(&one, lost_after, now) => {
                    let reason = self.lost(&one.record);
                    self.settled(&one.row, UploadOutcome::Lost, None, Some(&reason))?;
                    let problem = self.problem(ProblemKind::Rejected, reason);
                    self.fail(one.record, problem)
                }
                _ => {
                    let is_write_only = one.spec.is_write_only();
                    let why = if is_write_only { Reason::DeliveryPending } else { Reason::AcceptedNotListed };
                    self.finish_with(one.record, "pending", None, vec![why])
                }
            }?;
        }
        Ok(())
    }

    fn lost_after(&self) -> SignedDuration {
        SignedDuration::try_from(self.timing.lost_after).unwrap_or(SignedDuration::MAX)
    }

    /// The reason that an upload is lost, with the command that repeats it.
    fn lost(&self, record: &TransferRecord) -> Reason {
        let Activity { platform, id, .. } = &record.activity.activity;
        Reason::UploadLost { seconds: self.timing.lost_after.as_secs(), retry: retry(platform, id, &record.to) }
    }

    /// Reports, once for each platform, why the results of some uploads are unknown.
    fn report_unsettled(&mut self) {
        let mut reported = BTreeSet::new();
        for ((name, _), why) in std::mem::take(&mut self.unsettled_reasons) {
            // If the service returned an id, the result is known and the next listing shows it.
            let is_known = |one: &&SentUpload| matches!(one.state, State::Accepted(Some(_)));
            let waiting = self.waiting.iter().filter(|one| one.spec.id == name && !is_known(one)).count();
            // The suspension was already reported.
            let is_suspended =
                self.connections.open().iter().any(|spec| spec.id == name && self.connections.is_suspended(spec));
            if waiting > 0 && !is_suspended && reported.insert(name.clone()) {
                let detail = format!("status of {} unknown: {why}", uploads(waiting));
                self.worker.fail(&Failure::because(Exit::TempFail, Reason::Retry { detail }).on(&name));
            }
        }
    }
}

fn uploads(count: usize) -> String {
    i18n::counted(count as u64, "upload", "uploads")
}

/// Whether an activity begins at one of these moments.
fn is_start_of(listed: Option<Timestamp>, starts: &[Option<Timestamp>]) -> bool {
    let is_same = |start: &Timestamp| listed.is_some_and(|listed| listed.duration_since(*start).abs() <= SAME_START);
    starts.iter().flatten().any(is_same)
}

/// Whether an upload was sent so long ago that the service would list it by now.
fn is_old(one: &SentUpload, lost_after: SignedDuration, now: Timestamp) -> bool {
    clock::age(one.row.started_at, now).is_some_and(|age| age > lost_after)
}
