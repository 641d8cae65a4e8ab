//! The table of files in the archive.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::problems::clear_download_problem;
use super::{Catalogue, Result, key};
use crate::activity::{ActivityKey, ActivityKeyRef, PlatformIds};
use crate::fit::{Fit, Identity};

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
    /// Of an export: when the original may be asked for again, if that could ever change anything.
    pub ask_again: Option<Timestamp>,
    /// It was found changed or cut, and is not mended yet.
    pub broken: bool,
}

/// What tells one file from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFacts {
    /// SHA-256 of its bytes, in lower-case hex.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// The recording, if its device named itself fully.
    pub identity: Option<Identity>,
    /// When it began, by the file's own word.
    pub start: Option<Timestamp>,
}

/// What is known of the files of all activities that have one and no second.
pub(super) const FACTS: &str = "SELECT sha256, bytes, manufacturer, product, serial_number, time_created, fit_start,
    max(part), platform, id FROM files GROUP BY platform, id HAVING max(part) = 0";

impl Catalogue {
    /// Records the files of one activity, in place of any it had. `fit` is what the first one says of itself.
    pub fn set_files(&mut self, key: ActivityKeyRef, files: &[FileRow], fit: Option<&Fit>) -> Result<()> {
        let ActivityKeyRef { platform, id } = key;
        self.write(|tx| {
            tx.prepare_cached("DELETE FROM files WHERE platform = ?1 AND id = ?2")?.execute([platform, id])?;
            let mut insert = tx.prepare_cached(
                "INSERT INTO files (platform, id, part, path, sha256, bytes, format, origin, archived, verified,
                    manufacturer, product, serial_number, time_created, fit_sport, fit_start, ask_again)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
            )?;
            for file in files {
                let fit = fit.filter(|_| file.part == 0);
                // All four or none: half an identity tells nothing.
                let identity = fit.and_then(Fit::identity);
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
                    identity.map(|i| i.manufacturer),
                    identity.map(|i| i.product),
                    identity.map(|i| i.serial_number),
                    identity.map(|i| i.time_created),
                    fit.and_then(Fit::sport),
                    fit.and_then(Fit::start_time),
                    file.ask_again.map(Timestamp::as_second),
                ])?;
            }
            // A file is there after all: whatever was remembered against it no longer holds.
            tx.prepare_cached("UPDATE activities SET original = NULL WHERE platform = ?1 AND id = ?2")?
                .execute([platform, id])?;
            clear_download_problem(tx, key)
        })
    }

    /// All files of one activity, in order.
    pub fn files(&self, ActivityKeyRef { platform, id }: ActivityKeyRef) -> Result<Vec<FileRow>> {
        let rows = self
            .connection
            .prepare_cached(
                "SELECT part, path, sha256, bytes, format, origin, verified, ask_again, broken FROM files
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
                        ask_again: row.get::<_, Option<i64>>(7)?.and_then(|s| Timestamp::from_second(s).ok()),
                        broken: row.get(8)?,
                    })
                })?;
                row.collect()
            });
        self.done(rows)
    }

    /// What is known of the file of an activity, if there is one and no second.
    pub fn file_facts(&self, ActivityKeyRef { platform, id }: ActivityKeyRef) -> Result<Option<FileFacts>> {
        let found = self.connection.prepare_cached(
            "SELECT sha256, bytes, manufacturer, product, serial_number, time_created, fit_start, max(part) FROM files
             WHERE platform = ?1 AND id = ?2 HAVING max(part) = 0",
        );
        self.done(found.and_then(|mut statement| statement.query_row([platform, id], facts).optional()))
    }

    /// The same of all activities at once.
    pub fn all_file_facts(&self) -> Result<HashMap<ActivityKey, FileFacts>> {
        let rows = self.connection.prepare_cached(FACTS).and_then(|mut statement| {
            let mut names = PlatformIds::default();
            let row = |row: &Row| Ok((key(row, (8, 9), &mut names)?, facts(row)?));
            statement.query_map([], row)?.collect()
        });
        self.done(rows)
    }

    /// Remembers that the bytes of an activity's files were checked now.
    pub fn set_verified(&mut self, ActivityKeyRef { platform, id }: ActivityKeyRef, now: Timestamp) -> Result<()> {
        self.write(|tx| {
            tx.prepare_cached("UPDATE files SET verified = ?3, broken = 0 WHERE platform = ?1 AND id = ?2")?
                .execute(params![platform, id, now.as_second()])
                .map(drop)
        })
    }

    /// Remembers that an activity's files were found changed or cut: they count as missing until they are mended.
    pub fn set_broken(&mut self, ActivityKeyRef { platform, id }: ActivityKeyRef) -> Result<()> {
        self.write(|tx| {
            tx.prepare_cached("UPDATE files SET broken = 1 WHERE platform = ?1 AND id = ?2")?
                .execute([platform, id])
                .map(drop)
        })
    }

    /// Activities of a platform whose original is in the archive and was given by the platform, as their lists show them; those
    /// with the smallest files first, and no more than `most`.
    pub fn archived_originals(&self, platform: &str, most: u32) -> Result<Vec<String>> {
        let sql = "SELECT f.id FROM files f JOIN activities a USING (platform, id)
            WHERE f.platform = ?1 AND f.part = 0 AND f.origin = 'original' AND NOT f.broken
                AND a.absences = 0 AND a.first_listing IS NOT NULL
            ORDER BY f.bytes, f.id LIMIT ?2";
        let ids = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_map(params![platform, most], |row| row.get(0))?.collect());
        self.done(ids)
    }

    /// The original of an export was asked for again, in vain: once more in a week, but not for ever.
    pub fn asked_in_vain(&mut self, ActivityKeyRef { platform, id }: ActivityKeyRef, now: Timestamp) -> Result<()> {
        self.write(|tx| {
            let sql = "UPDATE files SET ask_again = iif(?3 - archived > 60 * 86400, NULL, ?3 + 7 * 86400)
                WHERE platform = ?1 AND id = ?2";
            tx.prepare_cached(sql)?.execute(params![platform, id, now.as_second()]).map(drop)
        })
    }
}

fn facts(row: &Row) -> rusqlite::Result<FileFacts> {
    let part = |index| row.get::<_, Option<i64>>(index);
    let (manufacturer, product, serial_number, time_created) = (part(2)?, part(3)?, part(4)?, part(5)?);
    let identity = || {
        Some(Identity {
            manufacturer: u16::try_from(manufacturer?).ok()?,
            product: u16::try_from(product?).ok()?,
            serial_number: u32::try_from(serial_number?).ok()?,
            time_created: time_created?,
        })
    };
    Ok(FileFacts {
        sha256: row.get(0)?,
        bytes: row.get::<_, i64>(1)?.unsigned_abs(),
        identity: identity(),
        start: part(6)?.and_then(|seconds| Timestamp::from_second(seconds).ok()),
    })
}
