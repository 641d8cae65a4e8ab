//! Uploads, one after the other: check the target, record the intent, send the file, wait for the result, verify the
//! list.
//!
//! [`upload`] is the operation; `send.rs` uploads one file, `settle.rs` confirms the uploads that were sent: it requests
//! their results, and looks for them in the list (`confirm_uploads` in `catalogue/listings.rs`). A file is not sent if the
//! activity exists on the target or is pending. If a run is interrupted, the journal has every upload that the next run
//! must check.

mod poll_schedule;
mod send;
mod settle;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::sink::each_record;
use super::{
    Error, ItemResult, Level, Progress, RecordSink, RecordSource, Result, Worker, WriteConnections, record_of,
};
use crate::activity::{Activity, ActivityKey, ActivityKeyRef, Origin};
use crate::archive::CheckedFile;
use crate::catalogue::{UploadOutcome, UploadRow};
use crate::i18n::Lang;
use crate::matching::{Matcher, Rule};
use crate::platform::{PlatformId, PlatformSelection, PlatformSpec, UploadFile};
use crate::reason::{self, Reason};
use crate::record::{FileRef, Outcome, Problem, ProblemKind, Record, TransferRecord, explained};
use poll_schedule::PollSchedule;

/// How many uploads to one platform may have no outcome before the next one is sent. After a kill, at most this many are
/// unsettled, unless the service has settled none of them within `GS_UPLOAD_WAIT`.
const MOST_WAITING: usize = 25;

/// The time limits of uploads.
#[derive(Debug, Clone, Copy)]
struct Timing {
    /// How long a run waits for the results of its uploads: `--upload-wait`, `GS_UPLOAD_WAIT`.
    upload_wait: Duration,
    /// The minimum age of an upload whose response was lost before it is sent again: `GS_RESEND_WAIT`.
    resend_wait: Duration,
    /// The minimum pause between two checks of one run that both do not find an upload: `GS_CONFIRM_WAIT`.
    confirm_wait: Duration,
    /// After this time, an accepted upload that the service does not list counts as lost: `GS_LOST_AFTER`.
    lost_after: Duration,
}

impl Timing {
    /// The limits in the settings.
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

/// Options of an upload.
#[derive(Debug, Clone, Copy, Default)]
pub struct UploadOptions {
    /// Restore activities that are missing on their own platform.
    pub restore: bool,
    /// The maximum number of uploads in a run; `None`: no limit.
    pub max_upload: Option<u64>,
    /// How long to wait for the result of an upload; `None`: the setting.
    pub upload_wait: Option<Duration>,
    /// The rule by which two activities are the same.
    pub rule: Rule,
}

impl UploadOptions {
    /// The transfer that a record requests, or the record itself if it requests none.
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

/// Settles the uploads of earlier runs, then uploads the files that `records` request and waits for the results.
/// Records that request no upload are passed on unchanged.
///
/// # Errors
/// A record cannot be read or passed on, or the catalogue cannot be used. A failed upload is reported on its record.
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
    let mut listed = worker.known_platforms(&listed);
    listed.retain(|spec| !spec.is_write_only());
    let timing = Timing::of(worker)?;
    let timing = Timing { upload_wait: options.upload_wait.unwrap_or(timing.upload_wait), ..timing };
    let matcher = worker.matcher(options.rule)?;
    let mut uploads = Uploads::new(worker, matcher, progress.clone(), timing, options.max_upload)?;
    uploads.shows_records = sink.shows_records();
    let mut result = uploads.resume_open(&unsettled).and_then(|()| uploads.report_lost(&listed));
    if result.is_ok() && uploads.pass_on(sink)? {
        result = each_record(records, |record| {
            match options.transfer(record, &selection) {
                Ok(transfer) => uploads.submit(transfer)?,
                Err(record) => drop(sink.record(&record)?),
            }
            Ok(uploads.pass_on(sink)? && !uploads.worker.is_stopped())
        });
    }
    // However the input ended, the uploads that were sent are settled and passed on.
    let settled = uploads.follow_all();
    uploads.pass_on(sink)?;
    result.and(settled)
}

/// The platforms with uploads whose result is not known.
fn unsettled_targets(worker: &Worker) -> Result<Vec<Arc<PlatformSpec>>> {
    let mut takes_part = worker.selected_platforms().unwrap_or_default();
    // An outbox may stand in `SYNC_TO` alone.
    takes_part.extend(worker.targets()?.named().into_iter().flatten().filter(|spec| spec.is_write_only()).cloned());
    let is_named = worker.selection.named().is_some();
    let mut unsettled = worker.known_platforms(&worker.catalogue.targets_with_open_uploads()?);
    // Uploads to a platform that is no longer selected are settled when it is selected again.
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
    /// The maximum number of uploads in a run.
    max_upload: Option<u64>,
    waiting: Vec<SentUpload>,
    /// When the list of each platform is read again.
    listings: BTreeMap<PlatformId, PollSchedule>,
    /// The platforms that settled nothing within the time limit. No further upload to them waits for earlier ones.
    slow: BTreeSet<PlatformId>,
    /// Why the result of uploads to a platform could not be found when this was last requested.
    unsettled_reasons: BTreeMap<(PlatformId, Asked), Reason>,
    done: Vec<TransferRecord>,
    /// Whether the sink shows each record to the user.
    shows_records: bool,
}

/// What is requested to find the results of uploads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    Status,
    List,
}

/// An upload that was sent and whose result is not known.
struct SentUpload {
    record: TransferRecord,
    row: UploadRow,
    spec: Arc<PlatformSpec>,
    state: State,
    /// When its status is requested next.
    poll: PollSchedule,
    /// This run has read the list, and the list does not show it.
    missing: bool,
}

impl SentUpload {
    /// An upload that was just sent, or that an earlier run has sent, whose status is requested by `poll`.
    fn new(record: TransferRecord, row: UploadRow, spec: &Arc<PlatformSpec>, poll: PollSchedule) -> SentUpload {
        SentUpload { record, row, spec: spec.clone(), state: State::Processing, poll, missing: false }
    }

    /// Whether the journal has no outcome of it.
    fn is_unsettled(&self) -> bool {
        !matches!(self.state, State::Accepted(Some(_)))
    }
}

/// The known state of an upload that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// The service may still process the file.
    Processing,
    /// The service has accepted the file; the list must show it, under this id if the service returned one.
    Accepted(Option<String>),
    /// The service does not know the file; only the list can show it.
    Unknown,
}

/// A file of the archive that was read and checked.
struct Loaded {
    piece: CheckedFile,
    name: String,
    origin: Origin,
}

impl<'a> Uploads<'a> {
    /// Creates the uploads of a command; sends no request.
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
            listings: BTreeMap::new(),
            slow: BTreeSet::new(),
            unsettled_reasons: BTreeMap::new(),
            done: Vec::new(),
            shows_records: false,
        })
    }

    /// Processes a transfer as far as is possible now. Its record is passed on now or later.
    fn submit(&mut self, record: TransferRecord) -> Result<()> {
        let target = self.worker.platforms.find_exact(&record.to);
        self.upload_one(record)?;
        self.progress.add(1);
        target.map_or(Ok(()), |spec| self.make_room(&spec))
    }

    /// Passes on the finished records. `false`: the sink accepts no more.
    fn pass_on(&mut self, sink: &mut dyn RecordSink) -> Result<bool> {
        for record in std::mem::take(&mut self.done) {
            sink.record(&record.into())?;
        }
        Ok(!sink.is_closed())
    }

    /// Whether the run has reached its upload limit. Uploads of other commands of the run count.
    fn is_limit_reached(&self) -> Result<bool> {
        let Some(max) = self.max_upload else { return Ok(false) };
        Ok(self.worker.catalogue.uploads_of_run(&self.worker.run_id)? + self.worker.counted("dry_run") >= max)
    }

    fn problem(&self, kind: ProblemKind, reason: Reason) -> Problem {
        Problem::new(self.worker.command, kind, reason)
    }

    /// Passes on a record whose upload failed.
    fn fail_item(&mut self, record: TransferRecord, error: Error) -> Result<()> {
        let problem = error.into_problem()?;
        self.fail(record, problem)
    }

    /// Passes on a record with a problem, and reports the problem.
    fn fail(&mut self, mut record: TransferRecord, problem: Problem) -> Result<()> {
        let from = &record.activity.activity;
        // The suspension of a platform was reported once for all its records.
        if !self.connections.is_reported(&record.to, &problem) {
            let reason = problem.why();
            // A missing or corrupt file in the archive is no problem of the target.
            let platform =
                if problem.kind == ProblemKind::CorruptFile { from.platform.as_str() } else { record.to.as_str() };
            self.worker.item_failed(from.as_key(), Some(&record.to), platform, &reason);
        }
        self.worker.raise(problem.kind.exit());
        self.worker.count("failed", 1);
        record.problem = Some(problem);
        self.done.push(record);
        Ok(())
    }

    /// Passes on a record with its outcome.
    fn finish_with(
        &mut self,
        mut record: TransferRecord,
        kind: &'static str,
        id: Option<String>,
        reasons: Vec<Reason>,
    ) -> Result<()> {
        let from = &record.activity.activity;
        let with_id = id.as_deref().map(|id| format!(" as {id}")).unwrap_or_default();
        let words = match reasons.is_empty() {
            true => String::new(),
            false => format!(": {}", reason::texts(&reasons, Lang::En)),
        };
        self.worker.upload_item(Level::Debug, from.as_key(), &record.to, &format!("{kind}{with_id}{words}"));
        self.worker.count(counted(kind), 1);
        record.outcome = Some(Outcome { kind: kind.to_owned(), id, ..Outcome::default() });
        if !reasons.is_empty() {
            record.reasons = explained(reasons);
        }
        self.done.push(record);
        Ok(())
    }

    /// The only file of an activity, intact and with the expected hash.
    ///
    /// # Errors
    /// [`Error::Item`]: no such file exists.
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
            Some(Ok((piece, stored))) if stored.sha256 == file.sha256 => {
                Ok(Loaded { piece, name, origin: file.origin })
            }
            _ => unusable(Reason::FileDamaged),
        }
    }

    /// An upload of the journal, as a record.
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
    /// The file in the form that a platform expects.
    fn upload_file<'a>(&'a self, record: &'a TransferRecord, reupload: bool) -> UploadFile<'a> {
        let activity = &record.activity.activity;
        UploadFile {
            bytes: &self.piece.bytes,
            format: self.piece.format,
            name: &self.name,
            activity: Some(activity),
            start_time: activity.start_time,
            utc_offset_s: activity.utc_offset_s,
            reupload,
            not_after: None,
        }
    }
}

/// The name of an outcome in the sync log.
fn counted(kind: &'static str) -> &'static str {
    match kind {
        "created" => "uploaded",
        "exists" => "already_there",
        other => other,
    }
}

/// The hash of the file in a record.
fn sha256_of(file: Option<&FileRef>) -> Option<&str> {
    file.map(|file| file.sha256.as_str()).filter(|sha256| !sha256.is_empty())
}
