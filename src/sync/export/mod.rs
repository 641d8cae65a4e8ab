//! Exports activities: reads their files, cuts them at privacy zones, and writes them in another format.
//!
//! `source` reads a recording; `output` writes to a stream or to a folder; `written_files` are the files of earlier exports. This
//! file decides what is exported.

mod output;
mod source;
mod written_files;

use std::path::PathBuf;

use super::recording_files::{self, FoundFile, RecordingInput, Unread};
use super::sink::each_record;
use super::{Exit, Failure, Progress, Result, Worker, Workspace};
use crate::activity::{Activity, printable};
use crate::export::{ExportActivity, ExportFormat, SessionTrack, session_tracks};
use crate::platform::PlatformSelection;
use crate::privacy::PrivacyZones;
use crate::reason::Reason;
use crate::record::{ActivityRecord, FileRef, Problem, ProblemKind, Record};

pub use output::ExportTarget;
use output::{ExportContent, ExportOutput, Written};
use source::ReadFile;
use written_files::ExportSource;

/// What is exported.
#[derive(Debug, Clone)]
pub struct ExportOptions {
    /// The format.
    pub format: ExportFormat,
    /// The zones that no exported track enters or crosses.
    pub zones: PrivacyZones,
    /// Each session becomes a file of its own.
    pub split: bool,
}

/// Why an activity was not exported.
enum NotExported {
    /// Its file has nothing to export.
    Nothing(Reason),
    /// It failed, with the exit code for it.
    Problem(ProblemKind, Reason, Exit),
    /// The operation cannot continue.
    Run(Failure),
}

/// The result for one activity.
type Exported<T> = std::result::Result<T, NotExported>;

impl From<Failure> for NotExported {
    fn from(failure: Failure) -> NotExported {
        NotExported::Run(failure)
    }
}

impl From<Unread> for NotExported {
    /// The other files may be readable: some failed.
    fn from(Unread { kind, reason }: Unread) -> NotExported {
        NotExported::Problem(kind, reason, Exit::Partial)
    }
}

/// Exports the activities of `input`. A folder as the target gets a file for each and passes the records on, with the paths.
///
/// # Errors
/// A record cannot be read or passed on, nothing can be written, or the input has several activities for a stream of one. A file
/// that cannot be exported is reported, and the others are exported.
pub fn export(
    worker: &Worker,
    options: &ExportOptions,
    input: RecordingInput,
    target: ExportTarget,
    progress: &Progress,
) -> Result<()> {
    let takes_one = matches!(target, ExportTarget::Stream(_)) && !options.format.is_collection();
    // A second activity is an error before anything is written. A single file has one.
    let is_single =
        |paths: &[PathBuf]| paths.len() == 1 && !paths.iter().any(|path| recording_files::is_searched(path));
    let is_delayed = takes_one && !matches!(&input, RecordingInput::Paths { paths, .. } if is_single(paths));
    let output = ExportOutput::open(worker, options, target, is_delayed)?;
    let mut exports = Exports { worker, options, output, progress, takes_one, tried: 0, delayed: 0 };
    match input {
        RecordingInput::Records(records) => each_record(records, |record| exports.record(record, &worker.selection)),
        RecordingInput::Paths { paths, stdin } => {
            recording_files::each_file(worker, paths, stdin, progress, &mut |found| exports.file(found))
        }
    }?;
    exports.finish()
}

struct Exports<'a, 'o> {
    worker: &'a Worker,
    options: &'a ExportOptions,
    output: ExportOutput<'o>,
    progress: &'a Progress,
    /// Whether the output takes one activity only.
    takes_one: bool,
    /// The number of activities with a file.
    tried: u64,
    /// The number of activities that are written at the end.
    delayed: u64,
}

impl Exports<'_, '_> {
    /// Exports a file without a record. `false`: no more files are needed.
    fn file(&mut self, FoundFile { path, is_searched, read }: FoundFile) -> Result<bool> {
        let exported = read.map_err(NotExported::from).and_then(|bytes| self.export_file(path, is_searched, &bytes));
        match exported {
            Ok(Some(written)) => {
                self.report(&written);
                self.output.pass_paths(path, &written.paths)?;
            }
            Ok(None) => self.worker.debug(&printable(&format!("{path}: skipped: not the file of an activity"))),
            Err(NotExported::Nothing(reason)) => self.skip_file(path, is_searched, &reason),
            Err(NotExported::Problem(kind, reason, exit)) => {
                self.worker.count("failed", 1);
                let unread = Unread { kind, reason };
                let text = printable(&unread.message(path));
                self.worker.failed(&text, None, &unread.reason);
                self.worker.raise(exit);
            }
            Err(NotExported::Run(failure)) => return Err(failure),
        }
        Ok(!self.worker.is_stopped() && !self.output.is_closed())
    }

    /// Reports a file that has nothing to export. That is a failure if the person named the file, unless a privacy zone has the
    /// whole track: then the folder has what was requested.
    fn skip_file(&self, path: &str, is_searched: bool, reason: &Reason) {
        self.worker.count("skipped", 1);
        let text = printable(&format!("{}: skipped: {reason}", recording_files::shown(path)));
        let is_requested = *reason == Reason::InPrivacyZone && !self.output.is_stream();
        if is_searched || is_requested {
            self.worker.warn_because(&text, reason);
        } else {
            self.worker.failed(&text, None, reason);
            self.worker.raise(Exit::Partial);
        }
    }

    /// Exports the bytes of a file. `None`: a folder or a zip file has it, and it is not one of an activity.
    fn export_file(&mut self, path: &str, is_searched: bool, bytes: &[u8]) -> Exported<Option<Written>> {
        let read = ReadFile::of(path, bytes)?;
        if is_searched && !read.is_activity {
            return Ok(None);
        }
        self.begin_another()?;
        let source = format!("file {}", read.hash);
        self.write(&Activity::default(), &source, &read).map(Some)
    }

    /// Exports the activity of a record, and passes the record on. `false`: no more records are needed.
    fn record(&mut self, mut record: Record, selection: &PlatformSelection) -> Result<bool> {
        self.progress.add(1);
        if let Some((of_record, file)) = recording_files::requested(&mut record, selection) {
            match self.export_record(of_record, file) {
                Ok(written) => {
                    self.report(&written);
                    of_record.exported = written.paths;
                }
                Err(NotExported::Nothing(reason)) => {
                    self.worker.count("skipped", 1);
                    self.worker.item_skipped(of_record.activity.as_key(), &reason);
                }
                Err(NotExported::Problem(kind, reason, exit)) => {
                    self.worker.raise(exit);
                    self.fail(of_record, kind, reason);
                }
                Err(NotExported::Run(failure)) => return Err(failure),
            }
        }
        Ok(self.output.pass(&record)? && !self.worker.is_stopped() && !self.output.is_closed())
    }

    fn fail(&self, record: &mut ActivityRecord, kind: ProblemKind, reason: Reason) {
        self.worker.count("failed", 1);
        self.worker.item_failed(record.activity.as_key(), None, &record.activity.platform, &reason);
        record.problem = Some(Problem::new(self.worker.command, kind, reason));
    }

    fn export_record(&mut self, record: &ActivityRecord, file: Option<FileRef>) -> Exported<Written> {
        let file = file.ok_or_else(|| NotExported::Nothing(without_file(record)))?;
        if let Some(format) = recording_files::other_format(&file) {
            return Err(NotExported::Nothing(Reason::NotFit { format: format.to_owned() }));
        }
        self.begin_another()?;
        let key = record.activity.as_key();
        let mut whole: Option<ReadFile> = None;
        for path in recording_files::paths_of(self.worker, key, &file)? {
            let bytes = recording_files::read(&self.worker.archive.absolute(&path), &path)?;
            let read = ReadFile::of(&path, &bytes)?;
            match &mut whole {
                Some(whole) => whole.append(read),
                None => whole = Some(read),
            }
        }
        let read = whole.ok_or(NotExported::Nothing(Reason::NoFile))?;
        self.write(&record.activity, &format!("{} {}", key.platform, key.id), &read)
    }

    /// Counts an activity. An output for one takes no second one.
    fn begin_another(&mut self) -> Result<()> {
        self.tried += 1;
        if self.tried > 1 && self.takes_one {
            let format = self.options.format;
            return Err(Failure::usage(format!(
                "several activities, and a {format} file has one; write a file for each with --out DIR"
            )));
        }
        Ok(())
    }

    /// Writes what a recording has. `known`: what the record has of the activity; `source`: what its files are made of.
    fn write(&mut self, known: &Activity, source: &str, read: &ReadFile) -> Exported<Written> {
        let sessions = session_tracks(&read.recording, &self.options.zones);
        if let Err(reason) = self.require_content(read, &sessions) {
            if reason == Reason::InPrivacyZone {
                self.output.remove_earlier(self.worker, &ExportSource { activity: source, session: None })?;
            }
            return Err(NotExported::Nothing(reason));
        }
        let activity = read.describe(known);
        if self.options.split && !self.output.is_stream() {
            return self.write_sessions(&activity, source, read, &sessions);
        }
        let mut written = Written::default();
        let source = ExportSource { activity: source, session: None };
        let activity = ExportActivity { activity: &activity, file: &read.name, sessions: &sessions };
        self.output.write(self.worker, &ExportContent { activity, source, hash: &read.hash }, &mut written)?;
        Ok(written)
    }

    /// Writes each session to a file of its own.
    fn write_sessions(
        &mut self,
        activity: &Activity,
        source: &str,
        read: &ReadFile,
        sessions: &[SessionTrack],
    ) -> Exported<Written> {
        let mut written = Written::default();
        for (number, session) in (1..).zip(sessions) {
            let source = ExportSource { activity: source, session: Some(number) };
            let sessions = std::slice::from_ref(session);
            if self.options.format.has_content(sessions) {
                let activity = source::describe_session(activity, session);
                let activity = ExportActivity { activity: &activity, file: &read.name, sessions };
                self.output.write(self.worker, &ExportContent { activity, source, hash: &read.hash }, &mut written)?;
            } else if !self.options.zones.is_empty() {
                self.output.remove_earlier(self.worker, &source)?;
            }
        }
        Ok(written)
    }

    /// Fails if a file would have nothing of the activity.
    fn require_content(&self, read: &ReadFile, sessions: &[SessionTrack]) -> std::result::Result<(), Reason> {
        let format = self.options.format;
        let is_cut = sessions.iter().all(|session| session.segments.is_empty()) && !read.recording.points.is_empty();
        Err(match format {
            _ if !is_cut && format.has_content(sessions) => return Ok(()),
            _ if format.has_content(&session_tracks(&read.recording, &PrivacyZones::default())) => {
                Reason::InPrivacyZone
            }
            ExportFormat::Gpx | ExportFormat::GeoJson => Reason::NoPositions { format: format.to_string() },
            ExportFormat::Tcx | ExportFormat::Csv => Reason::NoTrackpoints,
        })
    }

    fn report(&mut self, written: &Written) {
        if self.output.is_delayed() {
            self.delayed += 1;
            return;
        }
        let is_unchanged = written.changed == 0 && !self.output.is_stream();
        self.worker.count(if is_unchanged { "unchanged" } else { "exported" }, 1);
    }

    fn finish(self) -> Result<()> {
        if self.delayed > 0 {
            self.worker.count("exported", self.delayed);
        }
        let is_empty = self.worker.counted("exported") == 0 && self.worker.counted("skipped") > 0;
        // The one activity that was requested was not written. Without its error line, -q would not say so.
        if is_empty && self.takes_one && self.worker.worst() == Exit::Ok {
            self.worker.fail(&Failure::new(Exit::Partial, "nothing exported: every activity was skipped"));
        }
        self.output.finish()
    }
}

impl Workspace {
    /// The privacy zones of the settings.
    ///
    /// # Errors
    /// The setting is invalid.
    pub fn privacy_zones(&self) -> Result<PrivacyZones> {
        let text = self.settings.get("GS_PRIVACY_ZONES").unwrap_or_default();
        text.parse().map_err(|error| {
            Failure::because(Exit::Config, Reason::Configuration { detail: format!("GS_PRIVACY_ZONES: {error}") })
        })
    }
}

/// Why a record has no file.
fn without_file(record: &ActivityRecord) -> Reason {
    match record {
        ActivityRecord { no_original: true, .. } => Reason::NoFile,
        ActivityRecord { unavailable: true, .. } => Reason::FileUnavailable,
        record if record.activity.manual => Reason::EnteredByHand,
        _ => Reason::FileNotArchived,
    }
}
