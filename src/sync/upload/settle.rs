//! What became of uploads that were sent, in this run or an earlier one: the service is asked, then its list is read.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Loaded, SentUpload, State, Uploads};
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
use crate::sync::{Exit, Failure, Result};

/// So often a file is sent that never arrives, while others do.
const TRIES: u64 = 5;
/// A list that was read so long ago at most was read by this run.
const JUST_READ: SignedDuration = SignedDuration::from_mins(10);
/// The first pause between two questions; each later one is twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

impl Uploads<'_> {
    /// Finds out what became of uploads of earlier runs to `specs`. What never arrived is sent now.
    pub(super) fn resume_open(&mut self, specs: &[Arc<PlatformSpec>]) -> Result<()> {
        for spec in specs {
            if self.worker.dry_run {
                let rows = self.worker.catalogue.open_uploads(&spec.id)?.len() as u64;
                let uploads = i18n::counted(rows, "upload", "uploads");
                self.worker.warn(&format!("{}: would check {uploads}", spec.id));
                continue;
            }
            // Where it cannot be opened, that is told, and the rows stay open for the next run.
            if let Err(error) = self.connections.ensure_open(self.worker, spec) {
                error.into_problem()?;
                continue;
            }
            self.worker.catalogue.correct_future_starts(&spec.id, self.worker.now())?;
            // Read only now that nobody else writes: what another command has just settled is no longer among them.
            for row in self.worker.catalogue.open_uploads(&spec.id)? {
                let record = self.record_of_row(&row)?;
                self.waiting.push(SentUpload {
                    record,
                    row,
                    spec: spec.clone(),
                    state: State::Processing,
                    missing: false,
                });
            }
            self.request_status(spec)?;
            self.verify_listed(spec)?;
            self.send_lost(spec)?;
        }
        Ok(())
    }

    /// What a platform said it has, and its list has not shown for days, is lost: that is told once. Only a list that was
    /// just read says so; it is not asked for.
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

    /// Follows what was sent to its end, or as long as is allowed.
    pub(super) fn follow_all(&mut self) -> Result<()> {
        let followed = self.follow();
        // However that ended, a wish to stop included: what is not known is handed on as such.
        self.finish_unsettled().and(followed)
    }

    fn follow(&mut self) -> Result<()> {
        let mut pause = FIRST_PAUSE;
        let mut end = self.worker.clock.steady() + self.timing.upload_wait;
        loop {
            let before = self.waiting.len();
            self.unsettled_reasons.clear();
            for spec in self.connections.open() {
                self.request_status(&spec)?;
                let is_asked = |one: &SentUpload| one.spec.id == spec.id && one.state == State::Processing;
                let all_asked = !self.waiting.iter().any(is_asked);
                // The list is read once for all, and before giving up.
                if all_asked || self.worker.clock.steady() + pause >= end {
                    self.verify_listed(&spec)?;
                }
            }
            if self.waiting.len() < before {
                (pause, end) = (FIRST_PAUSE, self.worker.clock.steady() + self.timing.upload_wait);
            }
            if self.waiting.is_empty() || self.worker.is_stopped() || self.worker.clock.steady() + pause >= end {
                return Ok(());
            }
            self.progress.wait(&format!("{}; looks in {{}}", self.awaited()), pause);
            self.worker.sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// What is waited for, in words.
    fn awaited(&self) -> String {
        let mut words = Vec::new();
        for spec in self.connections.open() {
            let (asked, taken): (Vec<_>, Vec<_>) = self
                .waiting
                .iter()
                .filter(|one| one.spec.id == spec.id)
                .partition(|one| one.state == State::Processing);
            if !asked.is_empty() {
                words.push(format!("{} is still working on {}", spec.id, asked.len()));
            }
            if !taken.is_empty() {
                words.push(format!("{} does not list {} yet", spec.id, taken.len()));
            }
        }
        words.join(", ")
    }

    /// Asks the service what became of what it took.
    pub(super) fn request_status(&mut self, spec: &Arc<PlatformSpec>) -> Result<()> {
        let is_asked = |one: &SentUpload| one.spec.id == spec.id && one.state == State::Processing;
        let (asked, rest) = std::mem::take(&mut self.waiting).into_iter().partition::<Vec<_>, _>(is_asked);
        self.waiting = rest;
        if asked.is_empty() || self.connections.is_suspended(spec) {
            self.waiting.extend(asked);
            return Ok(());
        }
        self.progress.step(&format!("asking {} for the status of {}", spec.id, asked.len()));
        let mut files = Vec::new();
        for one in &asked {
            // Without a ticket the service may know it by its bytes, as they were sent.
            let loaded = match one.row.status_ref {
                None => self.loaded(one.row.from.as_key(), &one.row.sha256)?,
                Some(_) => None,
            };
            files.push((loaded, self.worker.catalogue.has_upload_of_file(&spec.id, &one.row.sha256)?));
        }
        let sent: Vec<UploadRef> = asked
            .iter()
            .zip(&files)
            .map(|(one, (file, again))| UploadRef {
                status_ref: one.row.status_ref.as_deref(),
                file: file.as_ref().map(|file| file.upload_file(&one.record, *again)),
            })
            .collect();
        match self.connections.get(spec)?.platform.upload_status(&sent) {
            Ok(answers) => {
                drop(sent);
                for (one, answer) in asked.into_iter().zip(answers) {
                    self.apply_status(one, answer)?;
                }
            }
            Err(error) => {
                self.waiting.extend(asked);
                let problem = self.connections.classify(self.worker, spec, error)?;
                self.unsettled_reasons.insert(spec.id.clone(), problem.why());
            }
        }
        Ok(())
    }

    /// The file of an activity, if it is as it was when it was uploaded.
    fn loaded(&self, key: ActivityKeyRef, sha256: &str) -> Result<Option<Loaded>> {
        match self.load(key, Some(sha256)) {
            Ok(loaded) => Ok(Some(loaded)),
            Err(error) => error.into_problem().map(|_| None),
        }
    }

    /// One answer. Trouble with it leaves it as it was; all else means what it means for a fresh upload.
    fn apply_status(&mut self, one: SentUpload, answer: platform::Result<UploadStatus>) -> Result<()> {
        match answer {
            Err(
                error @ (Error::Retry { .. }
                | Error::Unexpected(_)
                | Error::OutcomeUnknown(_)
                | Error::Login(_)
                | Error::Config(_)),
            ) => {
                self.worker.debug(&format!("{}: {error}", one.spec.id));
                self.unsettled_reasons.insert(one.spec.id.clone(), error.reason());
                self.waiting.push(one);
                Ok(())
            }
            answer => self.handle_result(one, answer),
        }
    }

    /// Reads the target's list around what was taken: what it shows has arrived.
    fn verify_listed(&mut self, spec: &Arc<PlatformSpec>) -> Result<()> {
        // What the service still works on after days may be there all the same.
        let (lost_after, now) = (self.lost_after(), self.worker.now());
        let is_due = |one: &SentUpload| {
            one.spec.id == spec.id && (one.state != State::Processing || is_old(one, lost_after, now))
        };
        let starts: Vec<Timestamp> = self
            .waiting
            .iter()
            .filter(|one| is_due(one))
            .filter_map(|one| one.record.activity.activity.start_time)
            .collect();
        if starts.is_empty() || self.connections.is_suspended(spec) {
            return Ok(());
        }
        self.progress.step(&format!("checking whether {} lists {}", spec.id, starts.len()));
        if let Err(failure) = self.connections.get(spec)?.list_around(self.worker, starts) {
            if matches!(failure.exit, Exit::Interrupted | Exit::Bug | Exit::Config) {
                return Err(failure);
            }
            self.unsettled_reasons.insert(spec.id.clone(), *failure.reason);
            return Ok(());
        }
        let (due, rest) = std::mem::take(&mut self.waiting).into_iter().partition::<Vec<_>, _>(is_due);
        self.waiting = rest;
        for one in due {
            match self.find_listed(&one)? {
                Some(id) => {
                    self.settled(&one.row, UploadOutcome::Created, Some(&id), None)?;
                    self.decided(one.record, "created", Some(id), Vec::new())?;
                }
                None => {
                    self.worker.catalogue.upload_missing(one.row.number)?;
                    let row = UploadRow { missing_count: one.row.missing_count + 1, ..one.row };
                    self.waiting.push(SentUpload { missing: true, row, ..one });
                }
            }
        }
        Ok(())
    }

    /// The id under which the list shows what was sent.
    fn find_listed(&self, one: &SentUpload) -> Result<Option<String>> {
        if let State::Accepted(Some(id)) = &one.state {
            let entry = self.worker.catalogue.entry(ActivityKeyRef::new(&one.spec.id, id))?;
            return Ok(entry.filter(|entry| entry.missing.is_none()).map(|_| id.clone()));
        }
        let activity = &one.record.activity.activity;
        let Some(start) = activity.start_time else { return Ok(None) };
        let facts = self.worker.catalogue.file_facts(activity.as_key())?;
        let sought = self.worker.candidate(activity, facts.as_ref());
        let taken: Vec<String> =
            self.worker.catalogue.uploads_to(&one.spec.id)?.into_iter().filter_map(|row| row.to_id).collect();
        let mut best = None;
        for (entry, facts) in self.worker.neighbours(&one.spec.id, start)? {
            // What was there before it was sent, or came from another upload, is something else.
            if one.row.ids_before.contains(&entry.activity.id) || taken.contains(&entry.activity.id) {
                continue;
            }
            let Some(verdict) =
                self.matcher.possible_match(&sought, &self.worker.candidate(&entry.activity, facts.as_ref()))
            else {
                continue;
            };
            if best.as_ref().is_none_or(|(certainty, _)| verdict.certainty < *certainty) {
                best = Some((verdict.certainty, entry.activity.id));
            }
        }
        Ok(best.map(|(_, id)| id))
    }

    /// Sends again what never arrived: no ticket, not known to the service, and not in its list, neither at once nor when it
    /// is looked at again after a while. A list that could not be read says nothing.
    fn send_lost(&mut self, spec: &Arc<PlatformSpec>) -> Result<()> {
        let Some(pause) = self.sort_lost(spec)? else { return Ok(()) };
        self.progress.wait(&format!("{} may list an upload late; checked again in {{}}", spec.id), pause);
        self.worker.sleep(pause);
        if self.worker.is_stopped() {
            return Ok(());
        }
        self.request_status(spec)?;
        self.verify_listed(spec)?;
        self.sort_lost(spec).map(drop)
    }

    /// Sends again what is due, hands on what has to wait for a later run, and returns the pause before the next look if
    /// anything needs one.
    fn sort_lost(&mut self, spec: &Arc<PlatformSpec>) -> Result<Option<Duration>> {
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
                Resend::Now if self.is_caused_by_file(&one.row, &Reason::NeverArrived, TRIES)? => {
                    self.rejected(one, Reason::NeverArrives)?;
                }
                Resend::Now => {
                    self.settled(&one.row, UploadOutcome::Failed, None, Some(&Reason::NeverArrived))?;
                    let from = &one.row.from;
                    self.worker.debug(&format!("{from}: never arrived at {}; uploaded again", spec.id));
                    self.upload_one(one.record)?;
                }
                Resend::CheckAgain(pause) => {
                    longest = longest.max(Some(pause));
                    self.waiting.push(SentUpload { state: State::Processing, ..one });
                }
                Resend::Wait(until) => {
                    let until = Timestamp::from_second(until.as_second()).unwrap_or(until);
                    self.decided(one.record, "pending", None, vec![Reason::AnswerLost { retry_at: until }])?;
                }
            }
        }
        Ok(longest)
    }

    fn resend(&self, one: &SentUpload) -> Result<Resend> {
        let tries = self.worker.catalogue.count_same_failure(&one.row, &Reason::NeverArrived)?.count;
        let unlisted = UnlistedUpload {
            started: one.row.started_at,
            listings: one.row.missing_count,
            tries: u32::try_from(tries).unwrap_or(u32::MAX),
        };
        Ok(unlisted.decide(self.timing.resend_wait, self.timing.confirm_wait, self.worker.now()))
    }

    /// Hands on what is still not known: the next run asks again. What has been taken for days and shows nowhere is lost.
    fn finish_unsettled(&mut self) -> Result<()> {
        self.tell_unsettled();
        let (lost_after, now) = (self.lost_after(), self.worker.now());
        for one in std::mem::take(&mut self.waiting) {
            match one.state {
                // The service named it; the next listing shows it.
                State::Accepted(Some(id)) => self.decided(one.record, "created", Some(id), Vec::new()),
                _ if one.missing && is_old(&one, lost_after, now) => {
                    let reason = self.lost(&one.record);
                    self.settled(&one.row, UploadOutcome::Lost, None, Some(&reason))?;
                    let problem = self.problem(ProblemKind::Rejected, reason);
                    self.fail(one.record, problem)
                }
                _ => self.decided(one.record, "pending", None, vec![Reason::AcceptedNotListed]),
            }?;
        }
        Ok(())
    }

    fn lost_after(&self) -> SignedDuration {
        SignedDuration::try_from(self.timing.lost_after).unwrap_or(SignedDuration::MAX)
    }

    /// That an upload is lost, and the command that makes it once more.
    fn lost(&self, record: &TransferRecord) -> Reason {
        let Activity { platform, id, .. } = &record.activity.activity;
        Reason::UploadLost { seconds: self.timing.lost_after.as_secs(), retry: retry(platform, id, &record.to) }
    }

    /// Tells, once for each platform, why nobody can say what became of some uploads.
    fn tell_unsettled(&mut self) {
        for (name, why) in std::mem::take(&mut self.unsettled_reasons) {
            // What the service has named is known, and the next listing shows it.
            let is_known = |one: &&SentUpload| matches!(one.state, State::Accepted(Some(_)));
            let waiting = self.waiting.iter().filter(|one| one.spec.id == name && !is_known(one)).count();
            // What is left alone was told already.
            let is_suspended =
                self.connections.open().iter().any(|spec| spec.id == name && self.connections.is_suspended(spec));
            if waiting > 0 && !is_suspended {
                let uploads = i18n::counted(waiting as u64, "upload", "uploads");
                let detail = format!("status of {uploads} unknown: {why}");
                self.worker.fail(&Failure::because(Exit::TempFail, Reason::Retry { detail }).on(&name));
            }
        }
    }
}

/// Whether it was sent so long ago that a service which has it shows it.
fn is_old(one: &SentUpload, lost_after: SignedDuration, now: Timestamp) -> bool {
    clock::age(one.row.started_at, now).is_some_and(|age| age > lost_after)
}
