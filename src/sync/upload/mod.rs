//! Uploads, one after the other: look, write down the intent, send, follow it to its end, read it back.
//!
//! [`upload`] is the operation; `send.rs` is the way of one file to the service, `settle.rs` what
//! became of those that were sent. Nothing is sent that is there or under way; whatever cuts it short, the journal knows
//! what the next run has to look up.

mod send;
mod settle;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::sink::each_record;
use super::{Error, ItemResult, Progress, RecordSink, RecordSource, Result, Worker, WriteConnections, record_of};
use crate::activity::{Activity, ActivityKey, ActivityKeyRef};
use crate::archive::CheckedFile;
use crate::catalogue::{UploadOutcome, UploadRow};
use crate::i18n::Lang;
use crate::matching::{Matcher, Rule};
use crate::platform::{PlatformId, PlatformSelection, PlatformSpec, UploadFile};
use crate::reason::{self, Reason};
use crate::record::{FileRef, Outcome, Problem, ProblemKind, Record, TransferRecord, explained};

/// So many uploads are sent before it is asked what became of them: a kill then leaves no more to look up.
const MOST_WAITING: usize = 25;

/// How long uploads are waited for.
#[derive(Debug, Clone, Copy)]
struct Timing {
    /// How long a run follows what became of its uploads: `--upload-wait`, `GS_UPLOAD_WAIT`.
    upload_wait: Duration,
    /// The least age of an upload whose answer was lost before it is sent again: `GS_RESEND_WAIT`.
    resend_wait: Duration,
    /// The least pause between two looks of one run that both miss an upload: `GS_CONFIRM_WAIT`.
    confirm_wait: Duration,
    /// After so long a service that accepted an upload and does not show it has lost it: `GS_LOST_AFTER`.
    lost_after: Duration,
}

impl Timing {
    /// What the settings say.
    fn of(worker: &Worker) -> Result<Timing> {
        let settings = &worker.settings;
        Ok(Timing {
            upload_wait: settings.duration("GS_UPLOAD_WAIT")?,
            resend_wait: settings.duration("GS_RESEND_WAIT")?,
            confirm_wait: worker.confirm_wait()?,
            lost_after: worker.lost_after()?,
        })
    }
}

/// What is uploaded.
#[derive(Debug, Clone, Copy, Default)]
pub struct UploadOptions {
    /// Activities that are gone from their platform are put back there.
    pub restore: bool,
    /// So many uploads a run at most; `None`: no limit.
    pub max_upload: Option<u64>,
    /// How long it is followed what became of an upload; `None`: as the settings say.
    pub upload_wait: Option<Duration>,
    /// What makes two entries the same activity.
    pub rule: Rule,
}

impl UploadOptions {
    /// The transfer that a record asks for, or the record itself if it asks for none.
    fn transfer(&self, record: Record, selection: &PlatformSelection) -> std::result::Result<TransferRecord, Record> {
        match record {
            record if record.problem().is_some() => Err(record),
            Record::Transfer(transfer) if transfer.outcome.is_none() && selection.includes(&transfer.to) => {
                Ok(*transfer)
            }
            Record::Activity(activity)
                if self.restore && activity.deleted.is_some() && selection.includes(&activity.activity.platform) =>
            {
                let (to, file) = (activity.activity.platform.to_string(), activity.file.clone());
                let reasons = explained([Reason::Restored]);
                Ok(TransferRecord { to, activity: *activity, file, reasons, ..TransferRecord::default() })
            }
            record => Err(record),
        }
    }
}

/// Finds out what became of earlier uploads, then uploads what `records` ask for and follows it to its end. Records that
/// ask for no upload are handed on as they are.
///
/// # Errors
/// A record cannot be read or handed on, or the catalogue cannot be used. What fails with one upload is told on its record.
pub fn upload(
    worker: &mut Worker,
    options: &UploadOptions,
    records: RecordSource,
    progress: &Progress,
    sink: &mut dyn RecordSink,
) -> Result<()> {
    let selection = worker.selection.clone();
    let unsettled = unsettled_targets(worker)?;
    let listed = worker.catalogue.platforms()?;
    let listed = worker.known_platforms(&listed);
    let timing = Timing::of(worker)?;
    let timing = Timing { upload_wait: options.upload_wait.unwrap_or(timing.upload_wait), ..timing };
    let matcher = worker.matcher(options.rule)?;
    let mut uploads = Uploads::new(worker, matcher, progress.clone(), timing, options.max_upload)?;
    uploads.shows_records = sink.shows_records();
    let mut result = uploads.resume_open(&unsettled).and_then(|()| uploads.report_lost(&listed));
    if result.is_ok() && uploads.hand_on(sink)? {
        result = each_record(records, |record| {
            match options.transfer(record, &selection) {
                Ok(transfer) => uploads.submit(transfer)?,
                Err(record) => drop(sink.record(&record)?),
            }
            Ok(uploads.hand_on(sink)? && !uploads.worker.is_stopped())
        });
    }
    // However it ended: what was sent is followed and handed on.
    let settled = uploads.follow_all();
    uploads.hand_on(sink)?;
    result.and(settled)
}

/// The platforms with uploads whose end is not known.
fn unsettled_targets(worker: &Worker) -> Result<Vec<Arc<PlatformSpec>>> {
    let takes_part = worker.selected_platforms().unwrap_or_default();
    let is_named = worker.selection.named().is_some();
    let mut unsettled = worker.known_platforms(&worker.catalogue.targets_with_open_uploads()?);
    // What became of uploads to a platform that takes no part any more is for the day on which it does again.
    unsettled.retain(|spec| is_named || takes_part.iter().any(|one| one.id == spec.id));
    Ok(unsettled)
}

/// The uploads of one command.
struct Uploads<'a> {
    worker: &'a mut Worker,
    connections: WriteConnections,
    matcher: Matcher,
    progress: Progress,
    timing: Timing,
    /// So many uploads a run at most.
    max_upload: Option<u64>,
    waiting: Vec<SentUpload>,
    /// Why it could not be found out, at the last try, what became of uploads to a platform.
    unsettled_reasons: BTreeMap<PlatformId, Reason>,
    done: Vec<TransferRecord>,
    /// The sink shows each record to a person.
    shows_records: bool,
}

/// An upload that was sent, and whose end is not known.
struct SentUpload {
    record: TransferRecord,
    row: UploadRow,
    spec: Arc<PlatformSpec>,
    state: State,
    /// The list was read in this run, and does not show it.
    missing: bool,
}

/// What is known of an upload that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// The service may still process it.
    Processing,
    /// The service has done with it; the list has to show it, under this id, if one was told.
    Accepted(Option<String>),
    /// The service knows nothing of it: the list tells.
    Unknown,
}

/// A file of the archive, read and checked.
struct Loaded {
    piece: CheckedFile,
    name: String,
}

impl<'a> Uploads<'a> {
    /// Begins; nothing is asked yet.
    fn new(
        worker: &'a mut Worker,
        matcher: Matcher,
        progress: Progress,
        timing: Timing,
        max_upload: Option<u64>,
    ) -> Result<Uploads<'a>> {
        let connections = WriteConnections::new(worker, &progress)?;
        Ok(Uploads {
            worker,
            connections,
            matcher,
            progress,
            timing,
            max_upload,
            waiting: Vec::new(),
            unsettled_reasons: BTreeMap::new(),
            done: Vec::new(),
            shows_records: false,
        })
    }

    /// Takes a transfer as far as it goes now. What is decided is handed on at once, or later.
    fn submit(&mut self, record: TransferRecord) -> Result<()> {
        self.upload_one(record)?;
        self.progress.add(1);
        let crowded = |name: &str| self.waiting.iter().filter(|one| one.spec.id == name).count() >= MOST_WAITING;
        let crowded: Vec<_> = self.connections.open().into_iter().filter(|spec| crowded(&spec.id)).collect();
        crowded.into_iter().try_for_each(|spec| self.request_status(&spec))
    }

    /// Hands on what is decided by now. `false`: nobody wants more.
    fn hand_on(&mut self, sink: &mut dyn RecordSink) -> Result<bool> {
        for record in std::mem::take(&mut self.done) {
            sink.record(&record.into())?;
        }
        Ok(!sink.is_closed())
    }

    /// Whether as many uploads were begun in this run as there may be. Those of other commands of the run count.
    fn is_limit_reached(&self) -> Result<bool> {
        let Some(max) = self.max_upload else { return Ok(false) };
        Ok(self.worker.catalogue.uploads_of_run(&self.worker.run_id)? + self.worker.counted("rehearsed") >= max)
    }

    fn problem(&self, kind: ProblemKind, reason: Reason) -> Problem {
        Problem::new(self.worker.command, kind, reason)
    }

    /// Hands on a record whose item failed.
    fn fail_item(&mut self, record: TransferRecord, error: Error) -> Result<()> {
        let problem = error.into_problem()?;
        self.fail(record, problem)
    }

    /// Hands on a record with a problem, and tells of it.
    fn fail(&mut self, mut record: TransferRecord, problem: Problem) -> Result<()> {
        let from = &record.activity.activity;
        // What is left alone was told once for all of its kind.
        if !self.connections.is_told(&record.to, &problem) {
            let reason = problem.why();
            let message = format!("{} {} to {}: {reason}", from.platform, from.id, record.to);
            // A file that is missing or corrupt here is no matter of the target.
            let platform =
                if problem.kind == ProblemKind::CorruptFile { from.platform.as_str() } else { record.to.as_str() };
            self.worker.failed(&message, Some(platform), &reason);
        }
        self.worker.raise(problem.kind.exit());
        self.worker.count("failed", 1);
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
        reasons: Vec<Reason>,
    ) -> Result<()> {
        let from = &record.activity.activity;
        let there = id.as_deref().map(|id| format!(" as {id}")).unwrap_or_default();
        let words = match reasons.is_empty() {
            true => String::new(),
            false => format!(": {}", reason::texts(&reasons, Lang::En)),
        };
        self.worker.debug(&format!("{} {} to {}: {kind}{there}{words}", from.platform, from.id, record.to));
        self.worker.count(counted(kind), 1);
        record.outcome = Some(Outcome { kind: kind.to_owned(), id, ..Outcome::default() });
        if !reasons.is_empty() {
            record.reasons = explained(reasons);
        }
        self.done.push(record);
        Ok(())
    }

    /// The one file of an activity, intact and with the hash that is expected.
    ///
    /// # Errors
    /// [`Error::Item`]: there is no such file.
    fn load(&self, from: ActivityKeyRef, sha256: Option<&str>) -> ItemResult<Loaded> {
        let unusable = |reason| Err(Error::Item(Box::new(self.problem(ProblemKind::CorruptFile, reason))));
        let files = self.worker.catalogue.files(from)?;
        let [file] = files.as_slice() else {
            return unusable(if files.is_empty() { Reason::FileNotArchived } else { Reason::SeveralFiles });
        };
        if sha256.is_some_and(|sha256| sha256 != file.sha256) {
            return unusable(Reason::FileChanged);
        }
        let name = file.path.rsplit('/').next().unwrap_or(&file.path).to_owned();
        match self.worker.archive.read_whole(file.path.as_ref())? {
            Some(Ok((piece, stored))) if stored.sha256 == file.sha256 => Ok(Loaded { piece, name }),
            _ => unusable(Reason::FileDamaged),
        }
    }

    /// A transfer that the journal tells of, as a record.
    fn record_of_row(&self, row: &UploadRow) -> Result<TransferRecord> {
        let mut record = TransferRecord { to: row.to.clone(), ..TransferRecord::default() };
        if let Some(entry) = self.worker.catalogue.entry(row.from.as_key())? {
            record.activity = record_of(entry, &self.worker.archive, self.worker.now());
            record.file.clone_from(&record.activity.file);
        } else {
            let ActivityKey { platform, id } = row.from.clone();
            record.activity.activity = Activity { platform, id, ..Activity::default() };
        }
        Ok(record)
    }

    fn settled(
        &mut self,
        row: &UploadRow,
        outcome: UploadOutcome,
        id: Option<&str>,
        reason: Option<&Reason>,
    ) -> Result<()> {
        let now = self.worker.now();
        self.worker.catalogue.finish_upload(row.number, outcome, id, reason, now)?;
        if outcome == UploadOutcome::Created && row.from.platform == row.to {
            self.worker.catalogue.deletion_restored(row.from.as_key(), now)?;
        }
        Ok(())
    }
}

impl Loaded {
    /// The file as a platform takes it.
    fn upload_file(&self, record: &TransferRecord, reupload: bool) -> UploadFile<'_> {
        let activity = &record.activity.activity;
        UploadFile {
            bytes: &self.piece.bytes,
            format: self.piece.format,
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
        "exists" => "already_there",
        other => other,
    }
}

/// The hash that a record names for its file.
fn sha256_of(file: Option<&FileRef>) -> Option<&str> {
    file.map(|file| file.sha256.as_str()).filter(|sha256| !sha256.is_empty())
}
