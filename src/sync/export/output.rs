//! Writes exported activities to a stream, or each to a file in a folder.

use std::collections::{HashMap, HashSet};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde_json::json;
use tempfile::NamedTempFile;

use super::written_files::{Existing, ExportSource, Hashing, LIST, WrittenFile, WrittenFiles, same_name};
use super::{ExportOptions, Exported, NotExported};
use crate::activity::printable;
use crate::export::{ExportActivity, ExportFormat, ExportWriter, writer};
use crate::name_pattern::{FileName, NamePattern, NameValues};
use crate::reason::Reason;
use crate::record::{ProblemKind, Record};
use crate::sync::{Failure, OutputFolder, RecordSink, Result, Worker, output_failure, publish};

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
        /// Also replace files that no export wrote, or that were changed since.
        overwrite: bool,
        /// Gets each record, with the paths of its files.
        sink: &'a mut dyn RecordSink,
    },
}

/// The files of one activity.
#[derive(Default)]
pub(super) struct Written {
    /// Their absolute paths; none in a dry run.
    pub paths: Vec<String>,
    /// How many files did not have this content before.
    pub changed: usize,
}

/// What is written.
pub(super) struct ExportContent<'a> {
    /// The activity or one of its sessions.
    pub activity: ExportActivity<'a>,
    /// What it is made of.
    pub source: ExportSource<'a>,
    /// The hash of its file, for its name.
    pub hash: &'a str,
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
    Folder(Box<ExportFolder<'a>>),
}

/// A folder of exported files.
pub(super) struct ExportFolder<'a> {
    path: PathBuf,
    /// `None` in a dry run.
    folder: Option<OutputFolder>,
    format: ExportFormat,
    pattern: NamePattern,
    names: UsedNames,
    overwrite: bool,
    /// The files of earlier exports.
    earlier: WrittenFiles,
    sink: &'a mut dyn RecordSink,
}

/// The names of this run, as [`same_name`] has them.
#[derive(Default)]
struct UsedNames {
    used: HashSet<String>,
    /// The last number that each name got.
    numbers: HashMap<String, u32>,
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
            ExportTarget::Folder { path, names, overwrite, sink } => {
                let (path, folder, earlier) = open_folder(worker, &path)?;
                let (pattern, names) = (names, UsedNames::default());
                let folder = ExportFolder { path, folder, format, pattern, names, overwrite, earlier, sink };
                ExportOutput::Folder(Box::new(folder))
            }
        })
    }

    /// Whether all activities are written to one stream.
    pub fn is_stream(&self) -> bool {
        !matches!(self, ExportOutput::Folder(_))
    }

    /// Whether all is written at the end.
    pub fn is_delayed(&self) -> bool {
        matches!(self, ExportOutput::Delayed { .. })
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
    pub fn write(&mut self, worker: &Worker, content: &ExportContent, written: &mut Written) -> Exported<()> {
        match self {
            ExportOutput::Delayed { format, content: all, .. } => {
                write_all(*format, &content.activity, all).map_err(|error| output_failure(&error))?;
            }
            ExportOutput::Stream { writer, is_closed } => *is_closed = is_closed_by(writer.add(&content.activity))?,
            ExportOutput::Nothing => {}
            ExportOutput::Folder(folder) => folder.write(worker, content, written)?,
        }
        Ok(())
    }

    /// Removes the files that earlier exports in this format made of a source: its whole track is in a privacy zone.
    pub fn remove_earlier(&mut self, worker: &Worker, source: &ExportSource) -> Result<()> {
        match self {
            ExportOutput::Folder(folder) => folder.remove_earlier(worker, source),
            _ => Ok(()),
        }
    }

    /// Passes a record on. `false`: no more are accepted.
    pub fn pass(&mut self, record: &Record) -> Result<bool> {
        match self {
            ExportOutput::Folder(folder) => folder.sink.record(record),
            _ => Ok(true),
        }
    }

    /// Passes on the paths of the files that were made of a file without a record, if there are any.
    pub fn pass_paths(&mut self, from: &str, exported: &[String]) -> Result<()> {
        let ExportOutput::Folder(folder) = self else { return Ok(()) };
        if exported.is_empty() {
            return Ok(());
        }
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
    fn write(&mut self, worker: &Worker, content: &ExportContent, written: &mut Written) -> Exported<()> {
        let ExportContent { activity, source, hash } = content;
        let values = NameValues { file: activity.file, activity: Some(activity.activity), hash };
        let wanted = self.pattern.name(&values, self.format.extension());
        let name = self.names.unused(&wanted, |name| self.earlier.is_of_other(name, source));
        let path = self.path.join(&name).display().to_string();
        let is_changed = self.put(&name, &path, activity, source)?;
        written.changed += usize::from(is_changed);
        match self.folder {
            Some(_) => written.paths.push(path),
            None if is_changed => worker.warn(&printable(&format!("{path} would be written"))),
            None => {}
        }
        Ok(())
    }

    /// Writes a file, unless it has this content already. Returns whether it has not.
    fn put(&mut self, name: &str, path: &str, activity: &ExportActivity, source: &ExportSource) -> Exported<bool> {
        let (draft, sha256) = self.draft(name, activity)?;
        let is_changed = match self.existing(name)? {
            Existing::Nothing => true,
            Existing::File(existing) if existing == sha256 => false,
            Existing::File(existing) if self.overwrite || self.earlier.has(name, &existing) => true,
            Existing::File(_) => {
                let reason = Reason::FileNotReplaced { path: path.to_owned() };
                return Err(not_replaced(reason));
            }
            Existing::Other => {
                let detail =
                    format!("{path}: is a folder or a device, not a file; move it, or choose another --out or --name");
                return Err(not_replaced(Reason::Storage { detail }));
            }
        };
        if let Some((folder, draft)) = self.folder.as_ref().zip(draft) {
            if is_changed {
                folder.publish(name, draft)?;
            }
            let file = WrittenFile { name: name.to_owned(), source: source.text(), sha256 };
            let list = self.path.join(LIST);
            self.earlier.add(file).map_err(|error| publish::failure(&list, &error))?;
        }
        Ok(is_changed)
    }

    /// Writes the content to a file without a name, and hashes it. In a dry run, it is only hashed.
    fn draft(&self, name: &str, activity: &ExportActivity) -> Result<(Option<NamedTempFile>, String)> {
        let mut sha256 = String::new();
        let mut write = |out: &mut dyn Write| {
            let mut hashing = Hashing::new(out);
            write_all(self.format, activity, &mut hashing)?;
            sha256 = hashing.hex();
            Ok(())
        };
        let draft = match &self.folder {
            Some(folder) => Some(folder.draft(name, write)?),
            None => {
                write(&mut io::sink()).map_err(|error| output_failure(&error))?;
                None
            }
        };
        Ok((draft, sha256))
    }

    fn existing(&self, name: &str) -> Result<Existing> {
        let path = self.path.join(name);
        Existing::at(&path).map_err(|error| publish::failure(&path, &error))
    }

    fn remove_earlier(&mut self, worker: &Worker, source: &ExportSource) -> Result<()> {
        for file in self.earlier.of(source, self.format.extension()) {
            let path = printable(&self.path.join(&file.name).display().to_string());
            match (self.existing(&file.name)?, &self.folder) {
                (Existing::Nothing | Existing::Other, _) => {}
                (Existing::File(sha256), _) if sha256 != file.sha256 => worker.warn(&format!(
                    "{path}: not removed, because it was changed since gs-export wrote it; it may show the privacy zone"
                )),
                (Existing::File(_), None) => {
                    worker.warn(&format!("{path} would be removed: the track is in a privacy zone"))
                }
                (Existing::File(_), Some(folder)) => {
                    folder.remove(&file.name)?;
                    worker.count("removed", 1);
                    worker.warn(&format!("{path}: removed, because the track is in a privacy zone"));
                }
            }
        }
        Ok(())
    }
}

/// The failure of a file that does not replace what has its name.
fn not_replaced(reason: Reason) -> NotExported {
    NotExported::Problem(ProblemKind::Storage, reason, ProblemKind::Storage.exit())
}

/// Opens the folder, and creates it unless this is a dry run: its absolute path, the folder unless this is a dry run, and the
/// files of earlier exports in it.
fn open_folder(worker: &Worker, path: &Path) -> Result<(PathBuf, Option<OutputFolder>, WrittenFiles)> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if path.to_str().is_none() {
        let message = format!("--out: {path:?} is not valid UTF-8, and paths in records have to be");
        return Err(Failure::usage(message));
    }
    let folder = match worker.dry_run {
        true => None,
        false => Some(OutputFolder::open(&path, worker.lock_timeout)?),
    };
    let earlier = WrittenFiles::open(&path).map_err(|error| publish::failure(&path.join(LIST), &error))?;
    Ok((path, folder, earlier))
}

impl UsedNames {
    /// The name itself, or the first number of it that no file of this run has, and for which `is_of_other` is false.
    fn unused(&mut self, name: &FileName, is_of_other: impl Fn(&str) -> bool) -> String {
        let number = self.numbers.entry(same_name(&name.numbered(1))).or_default();
        loop {
            *number += 1;
            let candidate = name.numbered(*number);
            if !is_of_other(&candidate) && self.used.insert(same_name(&candidate)) {
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
        Err(error) => Err(output_failure(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_files_of_a_run_have_the_same_name() {
        let mut names = UsedNames::default();
        let mut unused = |name: &str| names.unused(&FileName::of(name), |name| name == "walk.gpx");
        let wanted = ["run-2.gpx", "Run.gpx", "run.gpx", "RUN.gpx", "ride.gpx", "run-2.gpx", "run-3.gpx", "walk.gpx"];
        let given = wanted.map(&mut unused);
        let expected =
            ["run-2.gpx", "Run.gpx", "run-3.gpx", "RUN-4.gpx", "ride.gpx", "run-2-2.gpx", "run-3-2.gpx", "walk-2.gpx"];
        assert_eq!(given, expected);
    }
}
