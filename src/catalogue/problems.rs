//! The table of problems: the last thing that went wrong with an entry, and how often.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use super::{Catalogue, Key, Result};
use crate::clock;

/// The last thing that went wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemRow {
    /// What went wrong, and what to try.
    pub message: String,
    /// When it was met last.
    pub last: Timestamp,
}

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

    /// Platform and id of the entries whose file could not be had time and again, for reasons that lie with them, and was
    /// asked for within a week: asking more often changes nothing.
    pub fn files_not_to_be_had(&self, now: Timestamp) -> Result<HashSet<(String, String)>> {
        let sql = "SELECT platform, id FROM problems
            WHERE stage = 'gs-download' AND kind IN ('refused', 'gone', 'bad-file') AND times >= 3
                AND last > ?1 AND last <= ?2";
        let week_ago = now.as_second() - 7 * 86400;
        let rows = self.connection.prepare_cached(sql).and_then(|mut statement| {
            statement.query_map([week_ago, clock::latest(now)], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        });
        self.done(rows)
    }

    /// All that `stage` could not do, by entry.
    pub fn problems(&self, stage: &str) -> Result<HashMap<Key, ProblemRow>> {
        let sql = "SELECT platform, id, message, last FROM problems WHERE stage = ?1";
        let rows = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let row = |row: &rusqlite::Row| {
                let last = Timestamp::from_second(row.get(3)?).unwrap_or(Timestamp::UNIX_EPOCH);
                Ok(((row.get(0)?, row.get(1)?), ProblemRow { message: row.get(2)?, last }))
            };
            statement.query_map([stage], row)?.collect()
        });
        self.done(rows)
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
