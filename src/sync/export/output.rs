//! Writes exported activities to a stream, or each to a file in a folder.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::ExportOptions;
use crate::export::{ExportActivity, ExportFormat, ExportWriter, writer};
use crate::fs::no_room;
use crate::name_pattern::{FileName, NamePattern, NameValues};
use crate::record::Record;
use crate::sync::{Exit, Failure, OutputFolder, RecordSink, Result, Worker};

/// Where exported activities are written.
pub enum ExportTarget<'a> {
    /// All into one stream. A write that fails because the reader accepts no more ends the export without a failure.
    Stream(&'a mut dyn Write),
    /// Each into a file of its own.
    Folder {
        /// The folder; it is created if it does not exist.
        path: PathBuf,
        /// The names of the files.
        names: NamePattern,
        /// Gets each record, with the paths of its files.
        sink: &'a mut dyn RecordSink,
    },
}

/// The files of one activity.
#[derive(Default)]
pub(super) struct Written {
    /// Their absolute paths.
    pub paths: Vec<String>,
    /// How many of them did not have this content before.
    pub changed: usize,
}

/// The target while it is written.
pub(super) enum ExportOutput<'a> {
    /// A stream that is written at the end.
    Delayed { stream: &'a mut dyn Write, format: ExportFormat, content: Vec<u8> },
    /// A stream that is written activity by activity.
    Stream { writer: Box<dyn ExportWriter + 'a>, is_closed: bool },
    /// A dry run for a stream: nothing is written.
    Nothing,
    /// A folder.
    Folder(ExportFolder<'a>),
}

/// A folder of exported files.
pub(super) struct ExportFolder<'a> {
    path: PathBuf,
    /// `None` in a dry run.
    folder: Option<OutputFolder>,
    format: ExportFormat,
    pattern: NamePattern,
    names: UsedNames,
    sink: &'a mut dyn RecordSink,
}

/// The names of this run. File systems may not distinguish capitals, so they are compared in lower case.
#[derive(Default)]
struct UsedNames {
    /// How often each name was wanted; 0 for a name with a number.
    wanted: HashMap<String, u32>,
}

impl<'a> ExportOutput<'a> {
    /// Opens the target. `is_delayed`: a stream is written at the end.
    pub fn open(
        worker: &Worker,
        options: &ExportOptions,
        target: ExportTarget<'a>,
        is_delayed: bool,
    ) -> Result<ExportOutput<'a>> {
        let format = options.format;
        Ok(match target {
            ExportTarget::Stream(_) if worker.dry_run => ExportOutput::Nothing,
            ExportTarget::Stream(stream) if is_delayed => ExportOutput::Delayed { stream, format, content: Vec::new() },
            ExportTarget::Stream(stream) => ExportOutput::Stream { writer: writer(format, stream), is_closed: false },
            ExportTarget::Folder { path, names, sink } => {
                let path = std::path::absolute(&path).unwrap_or(path);
                if path.to_str().is_none() {
                    let message = format!("--out: {path:?} is not valid UTF-8, and paths in records have to be");
                    return Err(Failure::usage(message));
                }
                let folder = match worker.dry_run {
                    true => None,
                    false => Some(OutputFolder::open(&path, worker.lock_timeout)?),
                };
                ExportOutput::Folder(ExportFolder {
                    path,
                    folder,
                    format,
                    pattern: names,
                    names: UsedNames::default(),
                    sink,
                })
            }
        })
    }

    /// Whether all activities are written to one stream.
    pub fn is_stream(&self) -> bool {
        !matches!(self, ExportOutput::Folder(_))
    }

    /// Whether nobody reads more.
    pub fn is_closed(&self) -> bool {
        match self {
            ExportOutput::Stream { is_closed, .. } => *is_closed,
            ExportOutput::Folder(folder) => folder.sink.is_closed(),
            ExportOutput::Delayed { .. } | ExportOutput::Nothing => false,
        }
    }

    /// Writes an activity or one of its sessions, and notes the file in `written`.
    pub fn write(
        &mut self,
        worker: &Worker,
        activity: &ExportActivity,
        hash: &str,
        written: &mut Written,
    ) -> Result<()> {
        match self {
            ExportOutput::Delayed { format, content, .. } => write_all(*format, activity, content).map_err(failure),
            ExportOutput::Stream { writer, is_closed } => {
                *is_closed = is_closed_by(writer.add(activity))?;
                Ok(())
            }
            ExportOutput::Nothing => Ok(()),
            ExportOutput::Folder(folder) => folder.write(worker, activity, hash, written),
        }
    }

    /// Passes a record on. `false`: no more are accepted.
    pub fn pass(&mut self, record: &Record) -> Result<bool> {
        match self {
            ExportOutput::Folder(folder) => folder.sink.record(record),
            _ => Ok(true),
        }
    }

    /// Passes on the paths of the files that were made of a file without a record.
    pub fn pass_paths(&mut self, from: &str, exported: Vec<String>) -> Result<()> {
        let ExportOutput::Folder(folder) = self else { return Ok(()) };
        let line = json!({"type": "export", "from": from, "exported": exported}).to_string();
        folder.sink.line(line.as_bytes()).map(drop)
    }

    /// Writes the end of a stream.
    pub fn finish(self) -> Result<()> {
        let result = match self {
            ExportOutput::Delayed { stream, content, .. } => stream.write_all(&content).and_then(|()| stream.flush()),
            ExportOutput::Stream { mut writer, is_closed: false } => writer.finish(),
            _ => Ok(()),
        };
        is_closed_by(result).map(drop)
    }
}

impl ExportFolder<'_> {
    fn write(&mut self, worker: &Worker, activity: &ExportActivity, hash: &str, written: &mut Written) -> Result<()> {
        let values = NameValues { file: activity.file, activity: Some(activity.activity), hash };
        let name = self.names.unused(&self.pattern.name(&values, self.format.extension()));
        let path = self.path.join(&name).display().to_string();
        let format = self.format;
        let is_changed = match &self.folder {
            Some(folder) => folder.put_changed(&name, &|out| write_all(format, activity, out))?,
            None => {
                worker.warn(&format!("{path} would be written"));
                true
            }
        };
        written.changed += usize::from(is_changed);
        written.paths.push(path);
        Ok(())
    }
}

impl UsedNames {
    /// The name itself, or the first number of it that no file of this run has.
    fn unused(&mut self, name: &FileName) -> String {
        let first = name.numbered(1).to_lowercase();
        loop {
            let number = self.wanted.entry(first.clone()).or_default();
            *number += 1;
            let candidate = name.numbered(*number);
            let key = candidate.to_lowercase();
            if key == first || !self.wanted.contains_key(&key) {
                self.wanted.entry(key).or_default();
                return candidate;
            }
        }
    }
}

/// Writes a whole file.
fn write_all(format: ExportFormat, activity: &ExportActivity, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = writer(format, out);
    writer.add(activity)?;
    writer.finish()
}

/// Whether the reader of a stream accepts no more.
fn is_closed_by(written: io::Result<()>) -> Result<bool> {
    match written {
        Ok(()) => Ok(false),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(true),
        Err(error) => Err(failure(error)),
    }
}

fn failure(error: io::Error) -> Failure {
    match no_room(&error) {
        Some(no_room) => Failure::because(Exit::Config, no_room.reason(Path::new("standard output"))),
        None => Failure::new(Exit::Partial, format!("standard output cannot be written: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_files_of_a_run_have_the_same_name() {
        let mut names = UsedNames::default();
        let mut unused = |name: &str| names.unused(&FileName::of(name));
        let wanted = ["run-2.gpx", "Run.gpx", "run.gpx", "RUN.gpx", "ride.gpx", "run-2.gpx"];
        let given = wanted.map(&mut unused);
        assert_eq!(given, ["run-2.gpx", "Run.gpx", "run-3.gpx", "RUN-4.gpx", "ride.gpx", "run-2-2.gpx"]);
    }
}
