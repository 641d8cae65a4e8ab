//! Exports activities: reads their files, cuts them at privacy zones, and writes them in another format.
//!
//! `source` reads a file; `output` writes to a stream or to a folder. This file decides what is exported.

mod output;
mod source;

use std::path::PathBuf;

use super::sink::each_record;
use super::{Exit, Failure, Level, Progress, RecordSource, Result, Worker, Workspace};
use crate::activity::{Activity, Format};
use crate::export::{ExportActivity, ExportFormat, SessionTrack, session_tracks};
use crate::platform::PlatformSelection;
use crate::privacy::PrivacyZones;
use crate::reason::Reason;
use crate::record::{ActivityRecord, FileRef, Problem, ProblemKind, Record};

pub use output::ExportTarget;
use output::{ExportOutput, Written};
use source::ReadFile;

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

/// What is read.
pub enum ExportInput<'a> {
    /// The activities of these records.
    Records(RecordSource<'a>),
    /// These files.
    Files(Vec<ExportFile>),
}

/// A file to export that has no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportFile {
    /// The path of the file.
    Path(PathBuf),
    /// Its bytes, from standard input.
    Bytes(Vec<u8>),
}

/// Why an activity was not exported.
enum NotExported {
    /// Its file has nothing to export.
    Nothing(Reason),
    /// It failed.
    Problem(ProblemKind, Reason),
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

/// Exports the activities of `input`. A folder as the target gets a file for each and passes the records on, with the paths.
///
/// # Errors
/// A record cannot be read or passed on, nothing can be written, or the input has several activities for a stream of one. A file
/// that cannot be exported is reported, and the others are exported.
pub fn export(
    worker: &Worker,
    options: &ExportOptions,
    input: ExportInput,
    target: ExportTarget,
    progress: &Progress,
) -> Result<()> {
    let takes_one = matches!(target, ExportTarget::Stream(_)) && !options.format.is_collection();
    // A second activity is an error before anything is written. Of files, their number is known.
    let is_delayed = takes_one && !matches!(&input, ExportInput::Files(files) if files.len() == 1);
    let output = ExportOutput::open(worker, options, target, is_delayed)?;
    let mut exports = Exports { worker, options, output, progress, takes_one, tried: 0 };
    let selection = worker.selection.clone();
    match input {
        ExportInput::Records(records) => each_record(records, |record| exports.record(record, &selection)),
        ExportInput::Files(files) => exports.files(files),
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
}

impl Exports<'_, '_> {
    fn files(&mut self, files: Vec<ExportFile>) -> Result<()> {
        self.progress.expect_more(files.len() as u64);
        self.progress.expect_no_more();
        for file in files {
            if self.worker.is_stopped() || self.output.is_closed() {
                break;
            }
            self.progress.add(1);
            self.file(file)?;
        }
        Ok(())
    }

    /// Exports a file without a record.
    fn file(&mut self, file: ExportFile) -> Result<()> {
        let name = match &file {
            ExportFile::Path(path) => path.display().to_string(),
            ExportFile::Bytes(_) => "standard input".to_owned(),
        };
        match self.export_file(file) {
            Ok(written) => {
                self.report(&written);
                self.output.pass_paths(&name, written.paths)
            }
            Err(NotExported::Nothing(reason)) => {
                self.worker.count("skipped", 1);
                self.worker.warn(&format!("{name}: skipped: {reason}"));
                Ok(())
            }
            Err(NotExported::Problem(kind, reason)) => {
                self.worker.count("failed", 1);
                self.worker.fail(&Failure::because(kind.exit(), reason).about(&name));
                Ok(())
            }
            Err(NotExported::Run(failure)) => Err(failure),
        }
    }

    fn export_file(&mut self, file: ExportFile) -> Exported<Written> {
        self.begin_another()?;
        let read = match file {
            ExportFile::Path(path) => ReadFile::open(&[path])?,
            ExportFile::Bytes(bytes) => ReadFile::of(bytes)?,
        };
        self.write(&Activity::default(), read)
    }

    /// Exports the activity of a record, and passes the record on. `false`: no more records are needed.
    fn record(&mut self, mut record: Record, selection: &PlatformSelection) -> Result<bool> {
        self.progress.add(1);
        if let Some((of_record, file)) = requested(&mut record, selection) {
            match self.export_record(of_record, file) {
                Ok(written) => {
                    self.report(&written);
                    of_record.exported = written.paths;
                }
                Err(NotExported::Nothing(reason)) => {
                    self.worker.count("skipped", 1);
                    let text = format!("skipped: {reason}");
                    self.worker.item(Level::Warning, of_record.activity.as_key(), &text);
                }
                Err(NotExported::Problem(kind, reason)) => self.fail(of_record, kind, reason),
                Err(NotExported::Run(failure)) => return Err(failure),
            }
        }
        Ok(self.output.pass(&record)? && !self.worker.is_stopped() && !self.output.is_closed())
    }

    fn fail(&self, record: &mut ActivityRecord, kind: ProblemKind, reason: Reason) {
        self.worker.count("failed", 1);
        self.worker.raise(kind.exit());
        self.worker.item_failed(record.activity.as_key(), None, &record.activity.platform, &reason);
        record.problem = Some(Problem::new(self.worker.command, kind, reason));
    }

    fn export_record(&mut self, record: &ActivityRecord, file: Option<FileRef>) -> Exported<Written> {
        let file = file.ok_or_else(|| NotExported::Nothing(without_file(record)))?;
        if let Some(format) = file.format.filter(|format| format != Format::Fit.name()) {
            return Err(NotExported::Nothing(Reason::NotFit { format }));
        }
        self.begin_another()?;
        // A recording may consist of several files.
        let stored = self.worker.catalogue.files(record.activity.as_key()).map_err(Failure::from)?;
        let path = self.worker.archive.absolute(&file.path);
        let mut paths: Vec<PathBuf> = stored.iter().map(|row| self.worker.archive.absolute(&row.path)).collect();
        if !paths.contains(&path) {
            paths = vec![path];
        }
        let read = ReadFile::open(&paths)?;
        self.write(&record.activity, read)
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

    /// Writes what a file contains. `known`: what the record has of the activity.
    fn write(&mut self, known: &Activity, read: ReadFile) -> Exported<Written> {
        let sessions = session_tracks(&read.recording, &self.options.zones);
        self.require_content(&read, &sessions)?;
        let activity = read.describe(known);
        let mut written = Written::default();
        if self.options.split && !self.output.is_stream() {
            let with_content = sessions.iter().filter(|one| self.options.format.has_content(std::slice::from_ref(one)));
            for session in with_content {
                let activity = source::describe_session(&activity, session);
                self.write_one(&activity, std::slice::from_ref(session), &read, &mut written)?;
            }
        } else {
            self.write_one(&activity, &sessions, &read, &mut written)?;
        }
        Ok(written)
    }

    fn write_one(
        &mut self,
        activity: &Activity,
        sessions: &[SessionTrack],
        read: &ReadFile,
        written: &mut Written,
    ) -> Result<()> {
        let content = ExportActivity { activity, file: &read.name, sessions };
        self.output.write(self.worker, &content, &read.hash, written)
    }

    fn require_content(&self, read: &ReadFile, sessions: &[SessionTrack]) -> Exported<()> {
        let format = self.options.format;
        let is_cut = sessions.iter().all(|session| session.segments.is_empty()) && !read.recording.points.is_empty();
        let reason = match format {
            _ if !is_cut && format.has_content(sessions) => return Ok(()),
            _ if format.has_content(&session_tracks(&read.recording, &PrivacyZones::default())) => {
                Reason::InPrivacyZone
            }
            ExportFormat::Gpx | ExportFormat::GeoJson => Reason::NoPositions { format: format.to_string() },
            ExportFormat::Tcx | ExportFormat::Csv => Reason::NoTrackpoints,
        };
        Err(NotExported::Nothing(reason))
    }

    fn report(&self, written: &Written) {
        let is_unchanged = written.changed == 0 && !self.output.is_stream() && !self.worker.dry_run;
        self.worker.count(if is_unchanged { "unchanged" } else { "exported" }, 1);
    }

    fn finish(self) -> Result<()> {
        let is_empty = self.worker.counted("exported") == 0;
        // The one activity that was requested was not written.
        if is_empty && self.takes_one && self.worker.counted("skipped") > 0 {
            self.worker.raise(Exit::Partial);
        }
        self.output.finish()
    }
}

/// The activity of a record and its file, if it is to be exported.
fn requested<'r>(
    record: &'r mut Record,
    only: &PlatformSelection,
) -> Option<(&'r mut ActivityRecord, Option<FileRef>)> {
    if record.problem().is_some() {
        return None;
    }
    let (activity, file) = match record {
        Record::Activity(record) => (record.as_mut(), None),
        Record::Transfer(record) => (&mut record.activity, record.file.clone()),
        Record::Other(_) => return None,
    };
    let file = file.or_else(|| activity.file.clone());
    only.includes(&activity.activity.platform).then_some((activity, file))
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
