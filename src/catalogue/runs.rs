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

impl Catalogue {
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
