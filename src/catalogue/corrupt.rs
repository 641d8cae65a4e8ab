//! The table of corrupt originals: files that the service itself has only corrupt, kept as received.
//!
//! They have a table of their own: no upload, comparison or deletion ever uses one.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::columns::Values;
use super::{Catalogue, Result};
use crate::activity::ActivityKeyRef;

/// An original that its service has only corrupt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorruptRow {
    /// Its path below the data folder.
    pub path: String,
    /// SHA-256 of its bytes, in lower-case hex.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

impl Catalogue {
    /// The corrupt original of an activity, if one is kept.
    pub fn corrupt_original(&self, ActivityKeyRef { platform, id }: ActivityKeyRef) -> Result<Option<CorruptRow>> {
        let sql = "SELECT path, sha256, bytes FROM corrupt_originals WHERE platform = ?1 AND id = ?2";
        let row = self.connection.query_row(sql, [platform, id], |row| {
            let (path, sha256) = (row.get("path")?, row.get("sha256")?);
            Ok(CorruptRow { path, sha256, bytes: row.size("bytes")? })
        });
        self.done(row.optional())
    }

    /// Stores the corrupt original of an activity, in place of an earlier one.
    pub fn set_corrupt_original(
        &mut self,
        ActivityKeyRef { platform, id }: ActivityKeyRef,
        row: &CorruptRow,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "INSERT INTO corrupt_originals (platform, id, path, sha256, bytes, found_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (platform, id) DO UPDATE SET path = ?3, sha256 = ?4, bytes = ?5, found_at = ?6",
                params![
                    platform,
                    id,
                    row.path,
                    row.sha256,
                    i64::try_from(row.bytes).unwrap_or(i64::MAX),
                    now.as_second()
                ],
            )
            .map(drop)
        })
    }

    /// Removes the row of an activity: an intact original was downloaded.
    pub fn forget_corrupt_original(&mut self, ActivityKeyRef { platform, id }: ActivityKeyRef) -> Result<()> {
        self.write(|tx| {
            tx.execute("DELETE FROM corrupt_originals WHERE platform = ?1 AND id = ?2", [platform, id]).map(drop)
        })
    }
}
