//! The table of problems: the last thing that went wrong with an entry, and how often.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use super::{Catalogue, Result};

/// What `gs-download` met with an entry is over: its file is there, or is known to be none.
pub(super) fn clear_download_problem(tx: &Transaction, platform: &str, id: &str) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM problems WHERE platform = ?1 AND id = ?2 AND stage = 'gs-download'")?
        .execute([platform, id])
        .map(drop)
}

impl Catalogue {
    /// Remembers a problem that the command `stage` met with an entry.
    pub fn set_problem(
        &mut self,
        (platform, id): (&str, &str),
        stage: &str,
        kind: &str,
        message: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|tx| {
            tx.prepare_cached(
                "INSERT INTO problems (platform, id, stage, kind, message, first, last, times)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 1)
                 ON CONFLICT (platform, id, stage) DO UPDATE SET kind = ?4, message = ?5, last = ?6, times = times + 1",
            )?
            .execute(params![platform, id, stage, kind, message, now.as_second()])
            .map(drop)
        })
    }

    /// How often and since when `stage` has met problems with an entry.
    pub fn problem(&self, (platform, id): (&str, &str), stage: &str) -> Result<Option<(u32, Timestamp)>> {
        let sql = "SELECT times, first FROM problems WHERE platform = ?1 AND id = ?2 AND stage = ?3";
        let row = self.connection.query_row(sql, [platform, id, stage], |row| {
            Ok((row.get(0)?, Timestamp::from_second(row.get(1)?).unwrap_or(Timestamp::UNIX_EPOCH)))
        });
        self.done(row.optional())
    }
}
