//! The table of files in the archive.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::columns::{Columns, Values};
use super::contents::{FileContents, set_file_numbers, write_contents};
use super::problems::clear_download_problem;
use super::{Catalogue, Result};
use crate::activity::{ActivityKeyRef, Format, Origin};
use crate::fit::{Fit, RecordingId};

/// A file in the archive.
#[derive(Debug, Clone, PartialEq)]
pub struct FileRow {
    /// The number of the file: some services have several files for one activity. The first is 0.
    pub part: u32,
    /// Where it is, below the data folder.
    pub path: String,
    /// SHA-256 of its bytes, in lower-case hex.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// Its format.
    pub format: Format,
    /// Its origin: the original, or converted by the service.
    pub origin: Origin,
    /// When its bytes were last checked.
    pub verified: Timestamp,
    /// When the original of a converted file is requested again, if at all.
    pub retry_original_at: Option<Timestamp>,
    /// It was found changed or truncated, and is not restored yet.
    pub corrupt: bool,
}

/// What identifies a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFingerprint {
    /// SHA-256 of its bytes, in lower-case hex.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// The recording, if its device named itself fully.
    pub identity: Option<RecordingId>,
    /// The start of the activity in the file.
    pub start: Option<Timestamp>,
    /// Whether it is a converted copy.
    pub is_converted: bool,
}

/// [`FileFingerprint`], borrowed.
#[derive(Debug, Clone, Copy)]
pub struct FingerprintRef<'a> {
    /// SHA-256 of its bytes, in lower-case hex.
    pub sha256: &'a str,
    /// Its size.
    pub bytes: u64,
    /// The recording, if its device named itself fully.
    pub identity: Option<RecordingId>,
    /// The start of the activity in the file.
    pub start: Option<Timestamp>,
    /// Whether it is a converted copy.
    pub is_converted: bool,
}

impl FingerprintRef<'_> {
    /// The fingerprint, copied.
    pub fn to_owned(self) -> FileFingerprint {
        let FingerprintRef { sha256, bytes, identity, start, is_converted } = self;
        FileFingerprint { sha256: sha256.to_owned(), bytes, identity, start, is_converted }
    }
}

impl FileFingerprint {
    /// The fingerprint, borrowed.
    pub fn as_ref(&self) -> FingerprintRef<'_> {
        let FileFingerprint { sha256, bytes, identity, start, is_converted } = self;
        FingerprintRef { sha256, bytes: *bytes, identity: *identity, start: *start, is_converted: *is_converted }
    }
}

/// The columns of a file `f`, in the order of [`row`].
pub(super) const COLUMNS: &str =
    "f.path, f.part, f.sha256, f.bytes, f.format, f.origin, f.verified_at, f.retry_original_at, f.corrupt";

/// The columns of a fingerprint, in the order of [`facts`]. The last condition selects activities with exactly one file.
const FACTS: &str = "platform, id, sha256, bytes, manufacturer, product, serial_number, time_created, fit_start,
    origin = 'converted', max(part)";

/// The query for the fingerprints of all activities with exactly one file.
pub(super) fn all_facts() -> String {
    format!("SELECT {FACTS} FROM files GROUP BY platform, id HAVING max(part) = 0")
}

impl Catalogue {
    /// Stores the files of one activity, in place of earlier ones. `fit` describes the first one; `contents` is what the FIT
    /// files among them contain.
    pub fn set_files(
        &mut self,
        key: ActivityKeyRef,
        files: &[FileRow],
        fit: Option<&Fit>,
        contents: &[FileContents],
    ) -> Result<()> {
        let ActivityKeyRef { platform, id } = key;
        self.write(|tx| {
            tx.prepare_cached("DELETE FROM files WHERE platform = ?1 AND id = ?2")?.execute([platform, id])?;
            let mut insert = tx.prepare_cached(
                "INSERT INTO files (platform, id, part, path, sha256, bytes, format, origin, archived_at, verified_at,
                    manufacturer, product, serial_number, time_created, fit_start, retry_original_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            )?;
            for file in files {
                let fit = fit.filter(|_| file.part == 0);
                // All four or none: a part of an identity is useless.
                let identity = fit.and_then(Fit::identity);
                insert.execute(params![
                    platform,
                    id,
                    file.part,
                    file.path,
                    file.sha256,
                    i64::try_from(file.bytes).unwrap_or(i64::MAX),
                    file.format.name(),
                    file.origin.name(),
                    file.verified.as_second(),
                    identity.map(|i| i.manufacturer),
                    identity.map(|i| i.product),
                    identity.map(|i| i.serial_number),
                    identity.map(|i| i.time_created),
                    fit.and_then(Fit::start_time),
                    file.retry_original_at.map(Timestamp::as_second),
                ])?;
            }
            // The activity has a file after all: what was stored to the contrary no longer holds.
            tx.prepare_cached("UPDATE activities SET no_original = 0 WHERE platform = ?1 AND id = ?2")?
                .execute([platform, id])?;
            write_contents(tx, contents)?;
            set_file_numbers(tx, key)?;
            clear_download_problem(tx, key)
        })
    }

    /// Path and size of the files of an activity after the first one.
    pub fn more_files(&self, key: ActivityKeyRef) -> Result<Vec<(String, u64)>> {
        self.done(self.read_more_files(key))
    }

    pub(super) fn read_more_files(
        &self,
        ActivityKeyRef { platform, id }: ActivityKeyRef,
    ) -> rusqlite::Result<Vec<(String, u64)>> {
        let sql = "SELECT path, bytes FROM files WHERE platform = ?1 AND id = ?2 AND part > 0 ORDER BY part";
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.query_map([platform, id], |row| Ok((row.get(0)?, row.size(1)?)))?.collect()
    }

    /// All files of one activity, in order.
    pub fn files(&self, ActivityKeyRef { platform, id }: ActivityKeyRef) -> Result<Vec<FileRow>> {
        let sql = format!("SELECT {COLUMNS} FROM files f WHERE platform = ?1 AND id = ?2 ORDER BY part");
        let rows = self.connection.prepare_cached(&sql).and_then(|mut statement| {
            let rows = statement.query_map([platform, id], |found| row(&mut Columns::of(found)))?;
            rows.filter_map(rusqlite::Result::transpose).collect()
        });
        self.done(rows)
    }

    /// The fingerprint of the file of an activity that has exactly one.
    pub fn file_facts(&self, ActivityKeyRef { platform, id }: ActivityKeyRef) -> Result<Option<FileFingerprint>> {
        let sql = format!("SELECT {FACTS} FROM files WHERE platform = ?1 AND id = ?2 HAVING max(part) = 0");
        let found = self.connection.prepare_cached(&sql).and_then(|mut statement| {
            statement.query_row([platform, id], |row| Ok(facts(row)?.1.to_owned())).optional()
        });
        self.done(found)
    }

    /// Calls `each` with the fingerprint of every activity that has exactly one file, in the order of the keys. A statement
    /// is open meanwhile, so `each` must neither write nor wait.
    pub fn each_file_facts(&self, mut each: impl FnMut(ActivityKeyRef, FingerprintRef)) -> Result<()> {
        let mut read = || {
            let mut statement = self.connection.prepare_cached(&all_facts())?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (key, facts) = facts(row)?;
                each(key, facts);
            }
            Ok(())
        };
        self.done(read())
    }

    /// Whether the archive has more than `count` files.
    pub fn has_more_files_than(&self, count: usize) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM files LIMIT 1 OFFSET ?1)";
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.done(self.connection.query_row(sql, [count], |row| row.get(0)))
    }

    /// Stores that the bytes of an activity's files were checked now.
    pub fn set_verified(&mut self, ActivityKeyRef { platform, id }: ActivityKeyRef, now: Timestamp) -> Result<()> {
        self.write(|tx| {
            tx.prepare_cached("UPDATE files SET verified_at = ?3, corrupt = 0 WHERE platform = ?1 AND id = ?2")?
                .execute(params![platform, id, now.as_second()])
                .map(drop)
        })
    }

    /// Stores that an activity's files were found changed or truncated: they count as missing until they are restored.
    pub fn set_corrupt(&mut self, ActivityKeyRef { platform, id }: ActivityKeyRef) -> Result<()> {
        self.write(|tx| {
            tx.prepare_cached("UPDATE files SET corrupt = 1 WHERE platform = ?1 AND id = ?2")?
                .execute([platform, id])
                .map(drop)
        })
    }

    /// Activities of a platform whose original is in the archive and was given by the platform, as their lists show them; those
    /// with the smallest files first, at most `most`.
    pub fn archived_originals(&self, platform: &str, most: u32) -> Result<Vec<String>> {
        let sql = "SELECT f.id FROM files f JOIN activities a USING (platform, id)
            WHERE f.platform = ?1 AND f.part = 0 AND f.origin = 'original' AND NOT f.corrupt
                AND a.missing_count = 0 AND a.first_listing IS NOT NULL
            ORDER BY f.bytes, f.id LIMIT ?2";
        let ids = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_map(params![platform, most], |row| row.get(0))?.collect());
        self.done(ids)
    }

    /// Stores that the original of a converted file was requested and is still unavailable: it is requested again in a
    /// week, for at most 60 days.
    pub fn defer_original(&mut self, ActivityKeyRef { platform, id }: ActivityKeyRef, now: Timestamp) -> Result<()> {
        self.write(|tx| {
            let sql = "UPDATE files SET retry_original_at = iif(?3 - archived_at > 60 * 86400, NULL, ?3 + 7 * 86400)
                WHERE platform = ?1 AND id = ?2";
            tx.prepare_cached(sql)?.execute(params![platform, id, now.as_second()]).map(drop)
        })
    }
}

/// Reads [`COLUMNS`]; `None` if the activity of the row has no file.
pub(super) fn row(columns: &mut Columns) -> rusqlite::Result<Option<FileRow>> {
    let Some(path) = columns.next()? else { return Ok(None) };
    Ok(Some(FileRow {
        path,
        part: columns.next()?,
        sha256: columns.next()?,
        bytes: columns.size()?,
        format: columns.next()?,
        origin: columns.next()?,
        verified: columns.known_time()?,
        retry_original_at: columns.time()?,
        corrupt: columns.next()?,
    }))
}

/// Reads [`FACTS`].
fn facts<'a>(row: &'a Row) -> rusqlite::Result<(ActivityKeyRef<'a>, FingerprintRef<'a>)> {
    let facts = FingerprintRef {
        sha256: row.text(2)?,
        bytes: row.size(3)?,
        identity: identity([row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?]),
        start: row.time(8)?,
        is_converted: row.get(9)?,
    };
    Ok((ActivityKeyRef::new(row.text(0)?, row.text(1)?), facts))
}

/// The recording by its four columns: manufacturer, product, serial number, and when it was created.
pub(super) fn identity([manufacturer, product, serial_number, time_created]: [Option<i64>; 4]) -> Option<RecordingId> {
    Some(RecordingId {
        manufacturer: u16::try_from(manufacturer?).ok()?,
        product: u16::try_from(product?).ok()?,
        serial_number: u32::try_from(serial_number?).ok()?,
        time_created: time_created?,
    })
}
