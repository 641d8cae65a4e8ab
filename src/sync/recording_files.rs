//! The FIT files that `gs-fit` and `gs-export` read: those of records, or those at paths.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::{Exit, Failure, Progress, RecordSource, Result, Worker};
use crate::activity::{ActivityKeyRef, Format, printable};
use crate::platform::PlatformSelection;
use crate::reason::Reason;
use crate::record::{ActivityRecord, FileRef, ProblemKind, Record};
use crate::walk::{self, ReadError, SearchEntry};

/// The path that stands for standard input.
pub(super) const INPUT: &str = "-";

/// What names the files.
pub enum RecordingInput<'a> {
    /// Records of activities and transfers.
    Records(RecordSource<'a>),
    /// Paths of files, folders and zip files. The path `-` stands for one file on standard input.
    Paths {
        /// The paths.
        paths: &'a [PathBuf],
        /// Standard input.
        stdin: &'a mut dyn Read,
    },
}

/// A file at a path.
pub(super) struct FoundFile<'a> {
    /// Its path, as records have it.
    pub path: &'a str,
    /// It was found in a folder or a zip file; nobody named it.
    pub is_searched: bool,
    /// Its bytes, decompressed.
    pub read: std::result::Result<Vec<u8>, Unread>,
}

/// Why a file cannot be read.
#[derive(Debug)]
pub(super) struct Unread {
    /// What can be done about it.
    pub kind: ProblemKind,
    /// The reason.
    pub reason: Reason,
}

impl Unread {
    /// A corrupt file.
    pub fn corrupt(detail: impl ToString) -> Unread {
        Unread { kind: ProblemKind::CorruptFile, reason: Reason::CorruptFile { detail: detail.to_string() } }
    }

    fn of(path: &str, error: ReadError) -> Unread {
        match error {
            ReadError::Io(error) if error.kind() == ErrorKind::NotFound => {
                Unread { kind: ProblemKind::Storage, reason: Reason::FileMissing { path: path.to_owned() } }
            }
            ReadError::Io(error) => {
                let detail = format!("{}: {error}; check that it is readable", shown(path));
                Unread { kind: ProblemKind::Storage, reason: Reason::Storage { detail } }
            }
            ReadError::TooLarge => Unread { kind: ProblemKind::CorruptFile, reason: Reason::other(error.to_string()) },
            ReadError::Gzip(why) => Unread::corrupt(why),
        }
    }

    /// The message about a file: its path, once, and the reason.
    pub fn message(&self, path: &str) -> String {
        match self.kind {
            ProblemKind::Storage => self.reason.to_string(),
            _ => format!("{}: {}", shown(path), self.reason),
        }
    }
}

/// A path as messages have it.
pub(super) fn shown(path: &str) -> &str {
    if path == INPUT { "standard input" } else { path }
}

/// Whether the files below a path are read.
pub(super) fn is_searched(path: &Path) -> bool {
    path.is_dir() || (walk::extension(&path.to_string_lossy()) == "zip" && path.exists())
}

/// Passes each file at the paths to `each` until that returns `false`. A path that cannot be searched is reported.
///
/// # Errors
/// `each` failed.
pub(super) fn each_file(
    worker: &Worker,
    paths: &[PathBuf],
    stdin: &mut dyn Read,
    progress: &Progress,
    each: &mut dyn FnMut(FoundFile) -> Result<bool>,
) -> Result<()> {
    progress.expect_more(paths.len() as u64);
    progress.expect_no_more();
    for path in paths {
        let name = path.display().to_string();
        let goes_on = match is_searched(path) {
            true => search(worker, path, each)?,
            false => {
                let read = if name == INPUT {
                    walk::stream(stdin).map_err(|error| Unread::of(INPUT, error))
                } else {
                    read(path, &name)
                };
                each(FoundFile { path: &name, is_searched: false, read })?
            }
        };
        progress.add(1);
        if !goes_on {
            break;
        }
    }
    Ok(())
}

/// Reads a file, and decompresses it. `name`: its path in messages.
pub(super) fn read(path: &Path, name: &str) -> std::result::Result<Vec<u8>, Unread> {
    let file = File::open(path).map_err(ReadError::Io);
    file.and_then(|mut file| walk::stream(&mut file)).map_err(|error| Unread::of(name, error))
}

/// The activity of a record, and its file. `None`: nothing is to be read, because the record has a problem, is of another type,
/// or of a platform that is not selected.
pub(super) fn requested<'r>(
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

/// The format of a file, if it is not FIT.
pub(super) fn other_format(file: &FileRef) -> Option<&str> {
    file.format.as_deref().filter(|format| *format != Format::Fit.name())
}

/// The paths of the files of a recording, in their order: the archive may have several. A file of a record that is not one of
/// those in the archive stands alone.
///
/// # Errors
/// The catalogue cannot be read.
pub(super) fn paths_of(worker: &Worker, key: ActivityKeyRef, file: &FileRef) -> Result<Vec<String>> {
    let absolute = |path: &str| worker.archive.absolute(path);
    let archived: Vec<String> = worker.catalogue.files(key)?.into_iter().map(|row| row.path).collect();
    Ok(match archived.iter().any(|path| absolute(path) == absolute(&file.path)) {
        false => vec![file.path.clone()],
        true if Path::new(&file.path).is_relative() => archived,
        true => archived.iter().map(|path| absolute(path).display().to_string()).collect(),
    })
}

/// Why a search ended early.
enum Ended {
    /// No more is wanted.
    Over,
    /// The path cannot be searched.
    Unreadable(walk::Error),
    /// The command cannot continue.
    Failed(Failure),
}

impl From<walk::Error> for Ended {
    fn from(error: walk::Error) -> Ended {
        Ended::Unreadable(error)
    }
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Ended {
        Ended::Failed(failure)
    }
}

/// Searches FIT files in a folder or a zip file. `false`: no more are wanted.
fn search(worker: &Worker, root: &Path, each: &mut dyn FnMut(FoundFile) -> Result<bool>) -> Result<bool> {
    let found = walk::search(root, &[], &mut walk::fit_filter, &mut |entry| found(worker, root, entry, each));
    match found {
        Ok(()) => {}
        Err(Ended::Over) => return Ok(false),
        // The text of the error names the path.
        Err(Ended::Unreadable(error)) => report(worker, &error),
        Err(Ended::Failed(failure)) => return Err(failure),
    }
    Ok(true)
}

fn found(
    worker: &Worker,
    root: &Path,
    entry: SearchEntry,
    each: &mut dyn FnMut(FoundFile) -> Result<bool>,
) -> std::result::Result<(), Ended> {
    let below = |path: &str| root.join(path).display().to_string();
    let (path, read) = match entry {
        SearchEntry::File(location, bytes) => (below(&location.shown), Ok(bytes)),
        SearchEntry::Corrupt(path, why) => (below(&path), Err(Unread::corrupt(why))),
        SearchEntry::Unreadable(_, error) => {
            report(worker, &error);
            return Ok(());
        }
        SearchEntry::Skipped(_, path) => {
            worker.debug(&format!("{}: skipped", printable(&below(&path))));
            return Ok(());
        }
    };
    if each(FoundFile { path: &path, is_searched: true, read })? { Ok(()) } else { Err(Ended::Over) }
}

/// Reports a folder or a zip file that cannot be read.
fn report(worker: &Worker, error: &walk::Error) {
    worker.count("failed", 1);
    worker.fail(&Failure::new(Exit::Partial, printable(&error.to_string())));
}
