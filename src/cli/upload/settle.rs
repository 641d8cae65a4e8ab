//! What became of uploads that were sent, in this run or an earlier one: the service is asked, then its list is read.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::{State, Uploads, Waiting};
use crate::activity::Activity;
use crate::catalogue::{TransferOutcome, TransferRow};
use crate::cli::{Exit, Failure};
use crate::clock;
use crate::lang;
use crate::plan::look::Presence;
use crate::plan::resend::{Missed, Resend};
use crate::platform::{self, Error, PlatformSpec, UploadRef, UploadStatus};
use crate::record::{ProblemKind, TransferRecord};
use crate::status::retry;

/// Why an upload is made once more.
const NEVER_ARRIVED: &str = "it never arrived";
/// So often a file is sent that never arrives, while others do.
const TRIES: u64 = 5;
/// A list that was read so long ago at most was read by this run.
const JUST_READ: SignedDuration = SignedDuration::from_mins(10);
/// The first pause between two questions; each later one is twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

impl Uploads<'_> {
    /// Finds out what became of uploads of earlier runs to `specs`. What never arrived is sent now.
    pub fn take_over(&mut self, specs: &[Arc<PlatformSpec>]) -> Result<(), Failure> {
        for spec in specs {
            if self.run.common.dry_run {
                let rows = self.run.catalogue.open_transfers(&spec.id)?.len() as u64;
                let uploads = lang::counted(rows, "upload", "uploads");
                self.run.talk.warning(&format!("{}: would ask what became of {uploads}", spec.id));
                continue;
            }
            // Where it cannot be opened, that is told, and the rows stay open for the next run.
            if self.targets.opened(self.run, spec)?.is_some() {
                continue;
            }
            self.run.catalogue.mend_begun(&spec.id, Timestamp::now())?;
            // Read only now that nobody else writes: what another command has just settled is no longer among them.
            for row in self.run.catalogue.open_transfers(&spec.id)? {
                let record = self.record_of_row(&row)?;
                self.waiting.push(Waiting { record, row, spec: spec.clone(), state: State::Asked, missing: false });
            }
            self.ask(spec)?;
            self.read_back(spec)?;
            self.send_lost(spec)?;
        }
        Ok(())
    }

    /// What a platform said it has, and its list has not shown for days, is lost: that is told once. Only a list that was
    /// just read says so; it is not asked for.
    pub fn tell_unshown(&mut self, specs: &[Arc<PlatformSpec>]) -> Result<(), Failure> {
        let now = Timestamp::now();
        let ago = |span| now.checked_sub(span).unwrap_or(Timestamp::MIN);
        if self.run.common.dry_run {
            return Ok(());
        }
        for spec in specs {
            let listed = self.run.catalogue.listed_since(&spec.id, ago(JUST_READ), now)?;
            for row in self.run.catalogue.unshown_transfers(&spec.id, ago(self.lost_after()), now)? {
                let record = self.record_of_row(&row)?;
                let start = record.activity.activity.start_time;
                let Some(start) = start.filter(|_| listed.iter().any(|span| span.holds(start))) else { continue };
                let outcome = row.outcome.unwrap_or(TransferOutcome::Created);
                if let (Presence::There(..), id) = self.presence(spec, &record, start)? {
                    self.settled(&row, outcome, id.as_deref(), row.message.as_deref())?;
                    continue;
                }
                let words = self.lost_words(&record);
                self.settled(&row, TransferOutcome::Lost, None, Some(&words))?;
                let problem = self.problem(ProblemKind::Refused, words);
                self.fail(record, problem)?;
            }
        }
        Ok(())
    }

    /// Follows what was sent to its end, or as long as is allowed.
    pub fn settle_all(&mut self) -> Result<(), Failure> {
        let followed = self.follow();
        // However that ended, a wish to stop included: what is not known is handed on as such.
        self.give_up().and(followed)
    }

    fn follow(&mut self) -> Result<(), Failure> {
        let mut pause = FIRST_PAUSE;
        let mut end = Instant::now() + self.timing.settle_wait;
        loop {
            let before = self.waiting.len();
            self.in_the_dark.clear();
            for spec in self.targets.open() {
                self.ask(&spec)?;
                let is_asked = |one: &Waiting| one.spec.id == spec.id && one.state == State::Asked;
                let all_asked = !self.waiting.iter().any(is_asked);
                // The list is read once for all, and before giving up.
                if all_asked || Instant::now() + pause >= end {
                    self.read_back(&spec)?;
                }
            }
            if self.waiting.len() < before {
                (pause, end) = (FIRST_PAUSE, Instant::now() + self.timing.settle_wait);
            }
            if self.waiting.is_empty() || self.run.is_stopped() || Instant::now() + pause >= end {
                return Ok(());
            }
            self.bar.wait(&format!("{}; looks in {{}}", self.awaited()), pause);
            self.rest(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// What is waited for, in words.
    fn awaited(&self) -> String {
        let mut words = Vec::new();
        for spec in self.targets.open() {
            let (asked, taken): (Vec<_>, Vec<_>) =
                self.waiting.iter().filter(|one| one.spec.id == spec.id).partition(|one| one.state == State::Asked);
            if !asked.is_empty() {
                words.push(format!("{} is still working on {}", spec.id, asked.len()));
            }
            if !taken.is_empty() {
                words.push(format!("{} does not show {} yet", spec.id, taken.len()));
            }
        }
        words.join(", ")
    }

    pub(super) fn rest(&self, pause: Duration) {
        let end = Instant::now() + pause;
        while Instant::now() < end && !self.run.is_stopped() {
            std::thread::sleep(Duration::from_millis(50).min(end - Instant::now()));
        }
    }

    /// Asks the service what became of what it took.
    pub(super) fn ask(&mut self, spec: &Arc<PlatformSpec>) -> Result<(), Failure> {
        let is_asked = |one: &Waiting| one.spec.id == spec.id && one.state == State::Asked;
        let (asked, rest) = std::mem::take(&mut self.waiting).into_iter().partition::<Vec<_>, _>(is_asked);
        self.waiting = rest;
        if asked.is_empty() || self.targets.is_left_alone(spec) {
            self.waiting.extend(asked);
            return Ok(());
        }
        self.bar.say(&format!("asks {} what became of {}", spec.id, asked.len()));
        let mut files = Vec::new();
        for one in &asked {
            // Without a ticket the service may know it by its bytes, as they were sent.
            let loaded = if one.row.ticket.is_none() {
                self.load(one.row.from.as_key(), Some(&one.row.sha256))?.ok()
            } else {
                None
            };
            files.push((loaded, self.run.catalogue.was_there(&spec.id, &one.row.sha256)?));
        }
        let sent: Vec<UploadRef> = asked
            .iter()
            .zip(&files)
            .map(|(one, (file, again))| UploadRef {
                status_ref: one.row.ticket.as_deref(),
                file: file.as_ref().map(|file| file.outgoing(&one.record, *again)),
            })
            .collect();
        match self.targets.get(spec)?.platform.upload_status(&sent) {
            Ok(answers) => {
                drop(sent);
                for (one, answer) in asked.into_iter().zip(answers) {
                    self.learn(one, answer)?;
                }
            }
            Err(error) => {
                self.waiting.extend(asked);
                let problem = self.targets.trouble(self.run, spec, error)?;
                self.in_the_dark.insert(spec.id.clone(), problem.message);
            }
        }
        Ok(())
    }

    /// One answer. Trouble with it leaves it as it was; all else means what it means for a fresh upload.
    fn learn(&mut self, one: Waiting, answer: platform::Result<UploadStatus>) -> Result<(), Failure> {
        match answer {
            Err(
                error @ (Error::Retry { .. }
                | Error::Unexpected(_)
                | Error::OutcomeUnknown(_)
                | Error::Login(_)
                | Error::Config(_)),
            ) => {
                self.run.talk.detail(&format!("{}: {error}", one.spec.id));
                self.in_the_dark.insert(one.spec.id.clone(), error.to_string());
                self.waiting.push(one);
                Ok(())
            }
            answer => self.answered(one, answer),
        }
    }

    /// Reads the target's list around what was taken: what it shows has arrived.
    fn read_back(&mut self, spec: &Arc<PlatformSpec>) -> Result<(), Failure> {
        // What the service still works on after days may be there all the same.
        let lost_after = self.lost_after();
        let is_due = |one: &Waiting| one.spec.id == spec.id && (one.state != State::Asked || is_old(one, lost_after));
        let starts: Vec<Timestamp> = self
            .waiting
            .iter()
            .filter(|one| is_due(one))
            .filter_map(|one| one.record.activity.activity.start_time)
            .collect();
        if starts.is_empty() || self.targets.is_left_alone(spec) {
            return Ok(());
        }
        self.bar.say(&format!("looks whether {} shows {}", spec.id, starts.len()));
        if let Err(failure) = self.targets.get(spec)?.list_around(self.run, starts) {
            if matches!(failure.exit, Exit::Interrupted | Exit::Bug | Exit::Config) {
                return Err(failure);
            }
            self.in_the_dark.insert(spec.id.clone(), failure.message);
            return Ok(());
        }
        let (due, rest) = std::mem::take(&mut self.waiting).into_iter().partition::<Vec<_>, _>(is_due);
        self.waiting = rest;
        for one in due {
            match self.shown(&one)? {
                Some(id) => {
                    self.settled(&one.row, TransferOutcome::Created, Some(&id), None)?;
                    self.decided(one.record, "created", Some(id), Vec::new())?;
                }
                None => {
                    self.run.catalogue.transfer_missed(one.row.number)?;
                    let row = TransferRow { missed: one.row.missed + 1, ..one.row };
                    self.waiting.push(Waiting { missing: true, row, ..one });
                }
            }
        }
        Ok(())
    }

    /// The id under which the list shows what was sent.
    fn shown(&self, one: &Waiting) -> Result<Option<String>, Failure> {
        if let State::Taken(Some(id)) = &one.state {
            let entry = self.run.catalogue.entry(&one.spec.id, id)?;
            return Ok(entry.filter(|entry| entry.absent.is_none()).map(|_| id.clone()));
        }
        let activity = &one.record.activity.activity;
        let Some(start) = activity.start_time else { return Ok(None) };
        let facts = self.run.catalogue.file_facts(&activity.platform, &activity.id)?;
        let sought = self.run.candidate(activity, facts.as_ref());
        let taken: Vec<String> =
            self.run.catalogue.transfers_to(&one.spec.id)?.into_iter().filter_map(|row| row.to_id).collect();
        let mut best = None;
        for (entry, facts) in self.run.neighbours(&one.spec.id, start)? {
            // What was there before it was sent, or came from another upload, is something else.
            if one.row.before.contains(&entry.activity.id) || taken.contains(&entry.activity.id) {
                continue;
            }
            let Some(verdict) = self.matcher.doubt(&sought, &self.run.candidate(&entry.activity, facts.as_ref()))
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
    fn send_lost(&mut self, spec: &Arc<PlatformSpec>) -> Result<(), Failure> {
        let Some(pause) = self.sort_lost(spec)? else { return Ok(()) };
        self.bar.wait(&format!("{} may list an upload late; looks again in {{}}", spec.id), pause);
        self.rest(pause);
        if self.run.is_stopped() {
            return Ok(());
        }
        self.ask(spec)?;
        self.read_back(spec)?;
        self.sort_lost(spec).map(drop)
    }

    /// Sends again what is due, hands on what has to wait for a later run, and returns the pause before the next look if
    /// anything needs one.
    fn sort_lost(&mut self, spec: &Arc<PlatformSpec>) -> Result<Option<Duration>, Failure> {
        let is_lost = |one: &Waiting| {
            one.spec.id == spec.id && one.state == State::Unknown && one.missing && one.row.ticket.is_none()
        };
        if self.targets.is_left_alone(spec) {
            return Ok(None);
        }
        let (lost, rest) = std::mem::take(&mut self.waiting).into_iter().partition::<Vec<_>, _>(is_lost);
        self.waiting = rest;
        let mut longest = None;
        for one in lost {
            match self.resend(&one)? {
                Resend::Now if self.is_of_the_file(&one.row, NEVER_ARRIVED, TRIES)? => {
                    let words = format!("{NEVER_ARRIVED}, however often it was sent; other files do");
                    self.answered(one, Err(Error::Rejected(words)))?;
                }
                Resend::Now => {
                    self.settled(&one.row, TransferOutcome::Failed, None, Some(NEVER_ARRIVED))?;
                    let from = &one.row.from;
                    self.run.talk.detail(&format!("{from}: never arrived at {}; sent again", spec.id));
                    self.send(one.record)?;
                }
                Resend::LookAgain(pause) => {
                    longest = longest.max(Some(pause));
                    self.waiting.push(Waiting { state: State::Asked, ..one });
                }
                Resend::Wait(until) => {
                    let until = Timestamp::from_second(until.as_second()).unwrap_or(until);
                    let why = format!(
                        "the answer to its upload was lost, and the list does not show it; if that stays so, a run after {until} uploads it again"
                    );
                    self.run.talk.detail(&format!("{} to {}: {why}", one.row.from, spec.id));
                    self.decided(one.record, "pending", None, vec![why])?;
                }
            }
        }
        Ok(longest)
    }

    fn resend(&self, one: &Waiting) -> Result<Resend, Failure> {
        let tries = self.run.catalogue.failed_so(&one.row, NEVER_ARRIVED)?.count;
        let missed =
            Missed { begun: one.row.intended, looks: one.row.missed, tries: u32::try_from(tries).unwrap_or(u32::MAX) };
        Ok(missed.decide(self.timing.resend_wait, self.timing.confirm_wait, Timestamp::now()))
    }

    /// Hands on what is still not known: the next run asks again. What has been taken for days and shows nowhere is lost.
    fn give_up(&mut self) -> Result<(), Failure> {
        self.tell_of_the_dark();
        let lost_after = self.lost_after();
        for one in std::mem::take(&mut self.waiting) {
            match one.state {
                // The service named it; the next listing shows it.
                State::Taken(Some(id)) => self.decided(one.record, "created", Some(id), Vec::new()),
                _ if one.missing && is_old(&one, lost_after) => {
                    let words = self.lost_words(&one.record);
                    self.settled(&one.row, TransferOutcome::Lost, None, Some(&words))?;
                    let problem = self.problem(ProblemKind::Refused, words);
                    self.fail(one.record, problem)
                }
                _ => {
                    let why = "taken, but the list does not show it yet; the next run looks again";
                    self.decided(one.record, "pending", None, vec![why.to_owned()])
                }
            }?;
        }
        Ok(())
    }

    fn lost_after(&self) -> SignedDuration {
        SignedDuration::try_from(self.timing.lost_after).unwrap_or(SignedDuration::MAX)
    }

    /// That an upload is lost, and the command that makes it once more.
    fn lost_words(&self, record: &TransferRecord) -> String {
        let Activity { platform, id, .. } = &record.activity.activity;
        let hours = humantime::format_duration(self.timing.lost_after);
        format!("accepted, but not listed within {hours}; retry: {}", retry(platform, id, &record.to))
    }

    /// Tells, once for each platform, why nobody can say what became of some uploads.
    fn tell_of_the_dark(&mut self) {
        for (name, why) in std::mem::take(&mut self.in_the_dark) {
            // What the service has named is known, and the next listing shows it.
            let is_known = |one: &&Waiting| matches!(one.state, State::Taken(Some(_)));
            let waiting = self.waiting.iter().filter(|one| one.spec.id == name && !is_known(one)).count();
            // What is left alone was told already.
            let is_left_alone =
                self.targets.open().iter().any(|spec| spec.id == name && self.targets.is_left_alone(spec));
            if waiting > 0 && !is_left_alone {
                let uploads = lang::counted(waiting as u64, "upload", "uploads");
                let message = format!("{name}: it cannot be found out what became of {uploads}: {why}");
                self.run.fail(&Failure::new(Exit::Later, message));
            }
        }
    }
}

/// Whether it was sent so long ago that a service which has it shows it.
fn is_old(one: &Waiting, lost_after: SignedDuration) -> bool {
    clock::age(one.row.intended, Timestamp::now()).is_some_and(|age| age > lost_after)
}
