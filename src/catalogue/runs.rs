//! The sync log: one row a command and run.

use jiff::Timestamp;
use rusqlite::params;

use super::{Catalogue, Result};

/// How a command ended.
#[derive(Debug, Clone)]
pub struct Outcome<'a> {
    /// The exit code.
    pub exit: u8,
    /// What was counted, as a JSON object.
    pub counts: &'a str,
    /// The first thing that went wrong.
    pub message: Option<&'a str>,
}

/// One command of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Its name.
    pub command: String,
    /// How it ended; `None` while it runs, or if it was killed.
    pub exit: Option<u8>,
    /// The first thing that went wrong.
    pub message: Option<String>,
}

impl Catalogue {
    /// The commands of a run, in the order in which they began; without those named `except`.
    pub fn stages(&self, run: &str, except: &str) -> Result<Vec<Stage>> {
        let stages = || {
            let sql = "SELECT command, exit, message FROM runs WHERE run = ?1 AND command <> ?2 ORDER BY number";
            let mut statement = self.connection.prepare_cached(sql)?;
            let rows = statement.query_map([run, except], |row| {
                Ok(Stage { command: row.get(0)?, exit: row.get(1)?, message: row.get(2)? })
            })?;
            rows.collect()
        };
        self.done(stages())
    }

    /// Begins a row; it stays open if the command is killed.
    pub fn begin_run(&mut self, run: &str, command: &str, now: Timestamp) -> Result<i64> {
        self.write(|tx| {
            tx.execute(
                "INSERT INTO runs (run, command, started) VALUES (?1, ?2, ?3)",
                params![run, command, now.as_second()],
            )?;
            Ok(tx.last_insert_rowid())
        })
    }

    /// Ends a row: `success` for 0, `partial` when only some records failed, else `error`.
    pub fn finish_run(&mut self, number: i64, outcome: &Outcome, now: Timestamp) -> Result<()> {
        let status = match outcome.exit {
            0 => "success",
            1 => "partial",
            _ => "error",
        };
        self.write(|tx| {
            tx.execute(
                "UPDATE runs SET finished = ?2, status = ?3, exit = ?4, counts = ?5, message = ?6 WHERE number = ?1",
                params![number, now.as_second(), status, outcome.exit, outcome.counts, outcome.message],
            )
            .map(drop)
        })
    }
}
