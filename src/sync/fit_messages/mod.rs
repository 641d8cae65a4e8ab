//! Decodes FIT files into records, one for each message; no request is made.
//!
//! `file`: the messages of one file; `selection`: which messages; `message_record` and `names`: the record of a message.
//! This file finds the files.

mod file;
mod message_record;
mod names;
mod selection;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

pub use selection::{FitSelection, fit_message_names};

use self::file::FileReader;
use self::message_record::FileSource;
use super::sink::each_record;
use super::{Exit, Failure, Level, Progress, RecordSink, RecordSource, Result, Worker};
use crate::activity::{ActivityKeyRef, printable};
use crate::i18n;
use crate::record::{ActivityRecord, FileRef, Record};
use crate::walk::{self, SearchEntry};

/// The path that stands for the input.
const INPUT: &str = "-";
/// The format of the files that are read, as records have it.
const FORMAT: &str = "fit";

/// What is read in a file.
#[derive(Debug, Clone, Default)]
pub struct FitOptions {
    /// The messages.
    pub messages: FitSelection,
    /// Give every field by its number, too.
    pub raw: bool,
    /// Read corrupt files up to the break.
    pub salvage: bool,
}

/// Passes on the messages in the files of the activities and transfers in `records`, if their platform is selected. Records
/// of other types are passed on unchanged.
///
/// # Errors
/// A record is invalid, or the sink failed. A file that cannot be read is reported, and the others are read.
pub fn fit_of_records(
    worker: &Worker,
    options: &FitOptions,
    records: RecordSource,
    progress: &Progress,
    sink: &mut dyn RecordSink,
) -> Result<()> {
    let mut reader = FileReader::new(worker, options, sink);
    let result = each_record(records, |record| {
        progress.add(1);
        of_record(&mut reader, &record)?;
        Ok(!reader.is_over())
    });
    report_without_file(worker);
    result
}

/// Passes on the messages in the files at `paths`: FIT files, also compressed with gzip, and those in folders and zip files.
/// The path `-` stands for one file in `input`.
///
/// # Errors
/// The sink failed. A path that cannot be read is reported, and the others are read.
pub fn fit_of_paths(
    worker: &Worker,
    options: &FitOptions,
    paths: &[PathBuf],
    input: &mut dyn Read,
    progress: &Progress,
    sink: &mut dyn RecordSink,
) -> Result<()> {
    let mut reader = FileReader::new(worker, options, sink);
    progress.expect_more(paths.len() as u64);
    progress.expect_no_more();
    for path in paths {
        if reader.is_over() {
            break;
        }
        let shown = path.display().to_string();
        let is_searched = path.is_dir() || walk::extension(&shown) == "zip";
        match shown.as_str() {
            INPUT => reader.file(FileSource::path(INPUT), walk::stream(input))?,
            _ if is_searched => search(&mut reader, path)?,
            _ => reader.file(FileSource::path(&shown), read(path))?,
        }
        progress.add(1);
    }
    Ok(())
}

fn read(path: &Path) -> std::result::Result<Vec<u8>, String> {
    let mut file = File::open(path).map_err(|error| error.to_string())?;
    walk::stream(&mut file)
}

fn of_record(reader: &mut FileReader, record: &Record) -> Result<()> {
    let (activity, file) = match record {
        Record::Activity(activity) => (&**activity, activity.file.as_ref()),
        Record::Transfer(transfer) => (&transfer.activity, transfer.file.as_ref().or(transfer.activity.file.as_ref())),
        Record::Other(line) => return reader.pass_on(line),
    };
    if !reader.worker.selection.includes(&activity.activity.platform) {
        return Ok(());
    }
    let key = activity.activity.as_key();
    let is_fit = |file: &FileRef| file.format.as_deref().is_none_or(|format| format == FORMAT);
    match file {
        Some(file) if is_fit(file) => return files_of(reader, activity, file),
        Some(_) => skip(reader.worker, "other_format", key, "its file is not a FIT file"),
        None => skip(reader.worker, "without_file", key, "no file in the archive"),
    }
    Ok(())
}

/// Reads the file in a record, and the further ones that the archive has of the same activity.
fn files_of(reader: &mut FileReader, activity: &ActivityRecord, file: &FileRef) -> Result<()> {
    let key = activity.activity.as_key();
    let more = reader.worker.catalogue.more_files(key)?.into_iter().map(|(path, _)| path);
    for path in std::iter::once(file.path.clone()).chain(more) {
        if !reader.is_over() {
            let bytes = read(&reader.worker.archive.absolute(&path));
            reader.file(FileSource { file: &path, activity: Some(key) }, bytes)?;
        }
    }
    Ok(())
}

/// Counts an activity that has no FIT file.
fn skip(worker: &Worker, count: &'static str, key: ActivityKeyRef, why: &str) {
    worker.count(count, 1);
    worker.item(Level::Debug, key, why);
}

/// Reports how many activities have no FIT file.
fn report_without_file(worker: &Worker) {
    let (missing, other) = (worker.counted("without_file"), worker.counted("other_format"));
    if missing > 0 {
        let count = i18n::counted(missing, "activity has no file", "activities have no file");
        worker.warn(&format!("{count} in the archive; to download: gs-list --missing | gs-download"));
    }
    if other > 0 {
        let count = i18n::counted(other, "activity has a file", "activities have files");
        worker.warn(&format!("{count} in another format than FIT, not read"));
    }
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

/// Reads the FIT files in a folder or a zip file.
fn search(reader: &mut FileReader, root: &Path) -> Result<()> {
    let found = walk::search(root, &[], &mut walk::fit_filter, &mut |entry| found(reader, root, entry));
    match found {
        Ok(()) | Err(Ended::Over) => {}
        // The text of the error names the path.
        Err(Ended::Unreadable(error)) => reader.worker.fail(&Failure::new(Exit::Partial, error.to_string())),
        Err(Ended::Failed(failure)) => return Err(failure),
    }
    Ok(())
}

fn found(reader: &mut FileReader, root: &Path, entry: SearchEntry) -> std::result::Result<(), Ended> {
    let shown = |below: &str| root.join(below).display().to_string();
    match entry {
        SearchEntry::File(location, bytes) => reader.file(FileSource::path(&shown(&location.shown)), Ok(bytes))?,
        SearchEntry::Corrupt(path, why) => reader.file(FileSource::path(&shown(&path)), Err(why))?,
        SearchEntry::Unreadable(_, error) => reader.worker.fail(&Failure::new(Exit::Partial, error.to_string())),
        SearchEntry::Skipped(_, path) => reader.worker.debug(&format!("{}: skipped", printable(&shown(&path)))),
    }
    if reader.is_over() { Err(Ended::Over) } else { Ok(()) }
}
