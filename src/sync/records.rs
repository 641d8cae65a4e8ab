//! Converts rows of the catalogue to records.

use jiff::Timestamp;

use crate::archive::Archive;
use crate::catalogue::{ActivityRow, FileRow};
use crate::record::{ActivityRecord, Deleted, FileRef};

/// The record of an activity in the catalogue. Its file is included only if all files of the activity are still where
/// they were stored.
pub fn record_of(entry: ActivityRow, archive: &Archive, now: Timestamp) -> ActivityRecord {
    let more = entry.more_files.iter().all(|(path, bytes)| archive.is_there(path, *bytes));
    let file = entry.file.filter(|file| more && !file.corrupt && archive.is_there(&file.path, file.bytes));
    let is_unavailable = entry.unavailable.is_some_and(|unavailable| unavailable.next(now).is_some());
    ActivityRecord {
        activity: entry.activity,
        downloaded: Some(file.is_some()),
        no_original: file.is_none() && entry.no_original,
        unavailable: file.is_none() && !entry.no_original && is_unavailable,
        file: file.map(|file| file_ref(file, archive)),
        deleted: entry.missing.map(|absence| Deleted {
            since: absence.since(),
            confirmed: absence.is_confirmed(),
            unknown: serde_json::Map::new(),
        }),
        ..ActivityRecord::default()
    }
}

/// The file in the form of a record.
pub fn file_ref(file: FileRow, archive: &Archive) -> FileRef {
    FileRef {
        path: archive.absolute(&file.path).display().to_string(),
        sha256: file.sha256,
        bytes: file.bytes,
        format: Some(file.format.to_string()),
        origin: Some(file.origin.to_string()),
        retry_original_at: file.retry_original_at,
        unknown: serde_json::Map::new(),
    }
}
