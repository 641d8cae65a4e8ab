//! Decodes FIT files into records, one for each message; no request is made.
//!
//! `file`: the messages of one file; `selection`: which messages; `message_record` and `names`: the record of a message.
//! This file passes the files on to them.

mod file;
mod message_record;
mod names;
mod selection;

pub use selection::{FitSelection, fit_message_names};

use self::file::FileReader;
use self::message_record::FileSource;
use super::recording_files::{self, FoundFile, RecordingInput};
use super::sink::each_record;
use super::{Level, Progress, RecordSink, Result, Worker};
use crate::activity::ActivityKeyRef;
use crate::i18n;
use crate::record::{FileRef, Record};

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

/// Passes on the messages in the files of the input. Of records, those of the selected platforms are read; a record with a
/// problem, or of another type, is passed on unchanged.
///
/// # Errors
/// A record is invalid, or the sink failed. A file that cannot be read is reported, and the others are read.
pub fn fit_messages(
    worker: &Worker,
    options: &FitOptions,
    input: RecordingInput,
    progress: &Progress,
    sink: &mut dyn RecordSink,
) -> Result<()> {
    let mut reader = FileReader::new(worker, options, sink);
    match input {
        RecordingInput::Records(records) => {
            let result = each_record(records, |record| {
                progress.add(1);
                of_record(&mut reader, record)?;
                Ok(!reader.is_over())
            });
            report_without_file(worker);
            result
        }
        RecordingInput::Paths { paths, stdin } => {
            recording_files::each_file(worker, paths, stdin, progress, &mut |FoundFile { path, read, .. }| {
                reader.file(FileSource::path(path), read)?;
                Ok(!reader.is_over())
            })
        }
    }
}

fn of_record(reader: &mut FileReader, mut record: Record) -> Result<()> {
    let Some((activity, file)) = recording_files::requested(&mut record, &reader.worker.selection) else {
        let is_passed_on = matches!(record, Record::Other(_)) || record.problem().is_some();
        return if is_passed_on { reader.pass_on(&record) } else { Ok(()) };
    };
    let key = activity.activity.as_key();
    match file {
        Some(file) if recording_files::other_format(&file).is_none() => return files_of(reader, key, &file),
        Some(_) => skip(reader.worker, "other_format", key, "its file is not a FIT file"),
        None => skip(reader.worker, "without_file", key, "no file in the archive"),
    }
    Ok(())
}

/// Reads the files of a recording.
fn files_of(reader: &mut FileReader, key: ActivityKeyRef, file: &FileRef) -> Result<()> {
    for path in recording_files::paths_of(reader.worker, key, file)? {
        if !reader.is_over() {
            let bytes = recording_files::read(&reader.worker.archive.absolute(&path), &path);
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
