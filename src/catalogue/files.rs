//! The table of files in the archive.

use jiff::Timestamp;
use rusqlite::params;

use super::{Catalogue, Result};
use crate::fit::Fit;

/// A file in the archive.
#[derive(Debug, Clone, PartialEq)]
pub struct FileRow {
    /// Some services give several files for one activity; the first is 0.
    pub part: u32,
    /// Where it is, below the data folder.
    pub path: String,
    /// SHA-256 of its bytes, in lower-case hex.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// `fit`, `gpx` or `tcx`.
    pub format: String,
    /// `original` or `export`.
    pub origin: String,
    /// When its bytes were last checked.
    pub verified: Timestamp,
}

impl Catalogue {
    /// Records the files of one activity, in place of any it had. `fit` is what the first one says of itself.
    pub fn set_files(&mut self, platform: &str, id: &str, files: &[FileRow], fit: Option<&Fit>) -> Result<()> {
        self.write(|tx| {
            tx.prepare_cached("DELETE FROM files WHERE platform = ?1 AND id = ?2")?.execute([platform, id])?;
            let mut insert = tx.prepare_cached(
                "INSERT INTO files (platform, id, part, path, sha256, bytes, format, origin, archived, verified,
                    manufacturer, product, serial_number, time_created, fit_sport, fit_start)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            )?;
            for file in files {
                let fit = fit.filter(|_| file.part == 0);
                let file_id = fit.map(|fit| &fit.file_id);
                insert.execute(params![
                    platform,
                    id,
                    file.part,
                    file.path,
                    file.sha256,
                    i64::try_from(file.bytes).unwrap_or(i64::MAX),
                    file.format,
                    file.origin,
                    file.verified.as_second(),
                    file_id.and_then(|f| f.manufacturer),
                    file_id.and_then(|f| f.product),
                    file_id.and_then(|f| f.serial_number),
                    file_id.and_then(|f| f.time_created),
                    fit.and_then(Fit::sport),
                    fit.and_then(Fit::start_time),
                ])?;
            }
            // A file is there after all: whatever was remembered against it no longer holds.
            tx.prepare_cached("UPDATE activities SET original = NULL WHERE platform = ?1 AND id = ?2")?
                .execute([platform, id])?;
            tx.prepare_cached("DELETE FROM problems WHERE platform = ?1 AND id = ?2 AND stage = 'gs-download'")?
                .execute([platform, id])
                .map(drop)
        })
    }

    /// All files of one activity, in order.
    pub fn files(&self, platform: &str, id: &str) -> Result<Vec<FileRow>> {
        let rows = self
            .connection
            .prepare_cached(
                "SELECT part, path, sha256, bytes, format, origin, verified FROM files
                 WHERE platform = ?1 AND id = ?2 ORDER BY part",
            )
            .and_then(|mut statement| {
                let row = statement.query_map([platform, id], |row| {
                    Ok(FileRow {
                        part: row.get(0)?,
                        path: row.get(1)?,
                        sha256: row.get(2)?,
                        bytes: row.get::<_, i64>(3)?.unsigned_abs(),
                        format: row.get(4)?,
                        origin: row.get(5)?,
                        verified: Timestamp::from_second(row.get(6)?).unwrap_or(Timestamp::UNIX_EPOCH),
                    })
                })?;
                row.collect()
            });
        self.done(rows)
    }

    /// Remembers that the bytes of an activity's files were checked now.
    pub fn set_verified(&mut self, platform: &str, id: &str, now: Timestamp) -> Result<()> {
        self.write(|tx| {
            tx.prepare_cached("UPDATE files SET verified = ?3 WHERE platform = ?1 AND id = ?2")?
                .execute(params![platform, id, now.as_second()])
                .map(drop)
        })
    }
}
