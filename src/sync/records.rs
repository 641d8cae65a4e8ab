//! Converts rows of the catalogue to records.

use jiff::Timestamp;

use super::Result;
use crate::activity::ActivityKeyRef;
use crate::archive::Archive;
use crate::catalogue::{self, ActivityRow, Catalogue, FileRow, Unavailable};
use crate::record::{ActivityRecord, Deleted, FileRef};

/// Whether the file of an activity is in the archive, and if not, why it cannot be.
#[derive(Debug, Clone, Copy)]
pub(super) struct ArchivedState {
    /// It is in the archive.
    pub is_archived: bool,
    /// The service has no file of it.
    pub no_original: bool,
    /// Its platform does not provide the file, and it is not due to be requested.
    pub is_unavailable: bool,
}

impl ArchivedState {
    /// The state by the columns of an activity. `is_archived`: all its files are still where they were stored.
    pub fn of(is_archived: bool, no_original: bool, unavailable: Option<Unavailable>, now: Timestamp) -> ArchivedState {
        let no_original = !is_archived && no_original;
        let is_unavailable = unavailable.is_some_and(|unavailable| unavailable.next(now).is_some());
        ArchivedState { is_archived, no_original, is_unavailable: !is_archived && !no_original && is_unavailable }
    }

    /// The state that a record has.
    pub fn of_record(record: &ActivityRecord) -> ArchivedState {
        ArchivedState {
            is_archived: record.downloaded == Some(true),
            no_original: record.no_original,
            is_unavailable: record.unavailable,
        }
    }

    /// Whether the file of an activity that is on its platform could be in the archive and is not. A manual activity has no
    /// file. A file that its platform does not provide counts as missing only when it is due to be requested.
    pub fn is_missing(self) -> bool {
        !self.is_archived && !self.no_original && !self.is_unavailable
    }
}

/// The record of an activity in the catalogue. Its file is included only if all files of the activity are still where
/// they were stored.
pub fn record_of(entry: ActivityRow, archive: &Archive, now: Timestamp) -> ActivityRecord {
    let more = entry.more_files.iter().all(|(path, bytes)| archive.is_there(path, *bytes));
    let file = entry.file.filter(|file| more && !file.corrupt && archive.is_there(&file.path, file.bytes));
    let state = ArchivedState::of(file.is_some(), entry.no_original, entry.unavailable, now);
    ActivityRecord {
        activity: entry.activity,
        numbers: entry.numbers,
        downloaded: Some(state.is_archived),
        no_original: state.no_original,
        unavailable: state.is_unavailable,
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

/// How many activities are read at once.
const READ_AT_ONCE: usize = 256;

/// Calls `each` with the rows of the activities with these keys, in their order; one without a row is left out. Nothing is
/// read while `each` runs.
pub(super) fn each_row_of<'a, T>(
    catalogue: &Catalogue,
    mut items: impl Iterator<Item = (ActivityKeyRef<'a>, T)>,
    mut each: impl FnMut(T, ActivityRow) -> Result<()>,
) -> Result<()> {
    loop {
        let some: Vec<(ActivityKeyRef, T)> = items.by_ref().take(READ_AT_ONCE).collect();
        if some.is_empty() {
            return Ok(());
        }
        let rows = catalogue.snapshot(|catalogue| {
            some.iter().map(|(key, _)| catalogue.entry(*key)).collect::<catalogue::Result<Vec<_>>>()
        })?;
        for ((_, item), row) in some.into_iter().zip(rows) {
            if let Some(row) = row {
                each(item, row)?;
            }
        }
    }
}
