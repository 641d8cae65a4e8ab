//! Uploads, one after the other: look, write down the intent, send, follow it to its end, read it back.
//!
//! [`Uploads`] is what `gs-upload` does with each record; `send.rs` is the way of one file to the service, `settle.rs` what
//! became of those that were sent. Nothing is sent that is there or under way; whatever cuts it short, the journal knows
//! what the next run has to look up.

mod send;
mod settle;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::{Bar, Failure, Run, Targets, record_of};
use crate::activity::{ActivityKey, ActivityKeyRef};
use crate::archive::Piece;
use crate::catalogue::{TransferOutcome, TransferRow};
use crate::matching::Matcher;
use crate::platform::{PlatformId, PlatformSpec, UploadFile};
use crate::record::{FileRef, Outcome, Problem, ProblemKind, TransferRecord};

/// So many uploads are sent before it is asked what became of them: a kill then leaves no more to look up.
const MOST_WAITING: usize = 25;

/// How long uploads are waited for.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// How long a run follows what became of its uploads: `--settle-wait`, `GS_SETTLE_WAIT`.
    pub settle_wait: Duration,
    /// The least age of an upload whose answer was lost before it is sent again: `GS_RESEND_WAIT`.
    pub resend_wait: Duration,
    /// The least pause between two looks of one run that both miss an upload: `GS_CONFIRM_WAIT`.
    pub confirm_wait: Duration,
    /// After so long a service that accepted an upload and does not show it has lost it: `GS_LOST_AFTER`.
    pub lost_after: Duration,
}

impl Timing {
    /// What the settings say.
    pub fn of(run: &Run) -> Result<Timing, Failure> {
        let (settings, minutes) = (&run.settings, |minutes: u64| Duration::from_secs(60 * minutes));
        Ok(Timing {
            settle_wait: settings.duration("GS_SETTLE_WAIT", minutes(1))?,
            resend_wait: settings.duration("GS_RESEND_WAIT", minutes(10))?,
            confirm_wait: run.confirm_wait()?,
            lost_after: run.lost_after()?,
        })
    }
}

/// The uploads of one command.
pub struct Uploads<'a> {
    run: &'a mut Run,
    targets: Targets,
    matcher: Matcher,
    bar: Bar,
    timing: Timing,
    /// So many uploads a run at most.
    max_upload: Option<u64>,
    waiting: Vec<Waiting>,
    /// Why it could not be found out, at the last try, what became of uploads to a platform.
    in_the_dark: BTreeMap<PlatformId, String>,
    done: Vec<TransferRecord>,
}

/// An upload that was sent, and whose end is not known.
struct Waiting {
    record: TransferRecord,
    row: TransferRow,
    spec: Arc<PlatformSpec>,
    state: State,
    /// The list was read in this run, and does not show it.
    missing: bool,
}

/// What is known of an upload that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// To be asked for.
    Asked,
    /// The service has done with it; the list has to show it, under this id, if one was told.
    Taken(Option<String>),
    /// The service knows nothing of it: the list tells.
    Unknown,
}

/// A file of the archive, read and checked.
struct Loaded {
    piece: Piece,
    name: String,
}

impl<'a> Uploads<'a> {
    /// Begins; nothing is asked yet.
    pub fn new(
        run: &'a mut Run,
        matcher: Matcher,
        bar: Bar,
        timing: Timing,
        max_upload: Option<u64>,
    ) -> Result<Uploads<'a>, Failure> {
        let targets = Targets::new(run, &bar)?;
        let (waiting, in_the_dark, done) = (Vec::new(), BTreeMap::new(), Vec::new());
        Ok(Uploads { run, targets, matcher, bar, timing, max_upload, waiting, in_the_dark, done })
    }

    /// Takes a transfer as far as it goes now. What is decided comes out of [`Uploads::finished`]: at once, or later.
    pub fn take(&mut self, record: TransferRecord) -> Result<(), Failure> {
        self.send(record)?;
        self.bar.add(1);
        let crowded = |name: &str| self.waiting.iter().filter(|one| one.spec.id == name).count() >= MOST_WAITING;
        let crowded: Vec<_> = self.targets.open().into_iter().filter(|spec| crowded(&spec.id)).collect();
        crowded.into_iter().try_for_each(|spec| self.ask(&spec))
    }

    /// The transfers that are decided by now.
    pub fn finished(&mut self) -> Vec<TransferRecord> {
        std::mem::take(&mut self.done)
    }

    /// Whether as many uploads were begun in this run as there may be. Those of other commands of the run count.
    fn is_limit_reached(&self) -> Result<bool, Failure> {
        let Some(max) = self.max_upload else { return Ok(false) };
        Ok(self.run.catalogue.transfers_of_run(&self.run.id)? + self.run.counted("rehearsed") >= max)
    }

    /// Whether a person wants it to end.
    pub fn is_stopped(&self) -> bool {
        self.run.is_stopped()
    }

    fn problem(&self, kind: ProblemKind, message: impl Into<String>) -> Problem {
        Problem::new(self.run.command, kind, message)
    }

    /// Hands on a record with a problem, and tells of it.
    fn fail(&mut self, mut record: TransferRecord, problem: Problem) -> Result<(), Failure> {
        let from = &record.activity.activity;
        // What is left alone was told once for all of its kind.
        if !self.targets.is_told(&record.to, &problem) {
            self.run.talk.error(&format!("{} {} to {}: {}", from.platform, from.id, record.to, problem.message));
        }
        self.run.raise(super::Exit::from(&problem.kind));
        self.run.count("failed", 1);
        record.problem = Some(problem);
        self.done.push(record);
        Ok(())
    }

    /// Hands on a record with its outcome.
    fn decided(
        &mut self,
        mut record: TransferRecord,
        kind: &'static str,
        id: Option<String>,
        why: Vec<String>,
    ) -> Result<(), Failure> {
        let from = &record.activity.activity;
        let there = id.as_deref().map(|id| format!(" as {id}")).unwrap_or_default();
        let words = if why.is_empty() { String::new() } else { format!(": {}", why.join(", ")) };
        self.run.talk.detail(&format!("{} {} to {}: {kind}{there}{words}", from.platform, from.id, record.to));
        self.run.count(counted(kind), 1);
        record.outcome = Some(Outcome { kind: kind.to_owned(), id, ..Outcome::default() });
        if !why.is_empty() {
            record.why = why;
        }
        self.done.push(record);
        Ok(())
    }

    /// The one file of an entry, whole and with the hash that is expected; else why it cannot be sent.
    fn load(&self, from: ActivityKeyRef, sha256: Option<&str>) -> Result<Result<Loaded, String>, Failure> {
        let files = self.run.catalogue.files(from.platform, from.id)?;
        let [file] = files.as_slice() else {
            let why = if files.is_empty() {
                "its file is not in the archive; run gs-download first"
            } else {
                "it has several files, and which one to send is for a person to say"
            };
            return Ok(Err(why.to_owned()));
        };
        if sha256.is_some_and(|sha256| sha256 != file.sha256) {
            return Ok(Err("the file in the archive is another one than when this was planned; plan again".to_owned()));
        }
        let name = file.path.rsplit('/').next().unwrap_or(&file.path).to_owned();
        Ok(match self.run.archive.read_whole(file.path.as_ref())? {
            Some(Ok((piece, stored))) if stored.sha256 == file.sha256 => Ok(Loaded { piece, name }),
            _ => {
                Err("its file in the archive is not whole; run gs-list --downloaded | gs-download --verify".to_owned())
            }
        })
    }

    /// A transfer that the journal tells of, as a record.
    fn record_of_row(&self, row: &TransferRow) -> Result<TransferRecord, Failure> {
        let mut record = TransferRecord { to: row.to.clone(), ..TransferRecord::default() };
        if let Some(entry) = self.run.catalogue.entry(&row.from.platform, &row.from.id)? {
            record.activity = record_of(entry, &self.run.archive);
            record.file.clone_from(&record.activity.file);
        } else {
            let ActivityKey { platform, id } = row.from.clone();
            (record.activity.activity.platform, record.activity.activity.id) = (platform, id);
        }
        Ok(record)
    }

    fn settled(
        &mut self,
        row: &TransferRow,
        outcome: TransferOutcome,
        id: Option<&str>,
        words: Option<&str>,
    ) -> Result<(), Failure> {
        let now = Timestamp::now();
        self.run.catalogue.settle_transfer(row.number, outcome, id, words, now)?;
        if outcome == TransferOutcome::Created && row.from.platform == row.to {
            self.run.catalogue.deletion_restored(&row.from.platform, &row.from.id, now)?;
        }
        Ok(())
    }
}

impl Loaded {
    /// The file as a platform takes it.
    fn outgoing(&self, record: &TransferRecord, reupload: bool) -> UploadFile<'_> {
        let activity = &record.activity.activity;
        UploadFile {
            bytes: &self.piece.bytes,
            format: self.piece.format.name(),
            name: &self.name,
            start_time: activity.start_time,
            utc_offset_s: activity.utc_offset_s,
            reupload,
            not_after: None,
        }
    }
}

/// The name under which an outcome stands in the sync log.
fn counted(kind: &'static str) -> &'static str {
    match kind {
        "created" => "uploaded",
        "already-there" => "already_there",
        other => other,
    }
}

/// The hash that a record names for its file.
fn sha256_of(file: Option<&FileRef>) -> Option<&str> {
    file.map(|file| file.sha256.as_str()).filter(|sha256| !sha256.is_empty())
}
