//! The sync log: one row for each command of a run.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, ToSql, params};

use super::columns::Values;
use super::{Catalogue, Result};
use crate::clock;
use crate::reason::Reason;

/// How many of the newest rows are searched for the newest run of each command.
const LOOKED_AT: u32 = 10_000;

/// How many of the newest rows are searched for times in the future.
const RECENT: u32 = 200;

/// How many of the newest rows may belong to running commands.
const JUST_BEGUN: u32 = 200;

/// How many rows a command has written when it begins: that of the sync log.
const BEGUN_ROWS: u64 = 1;

/// How a command ended.
#[derive(Debug, Clone)]
pub struct CommandOutcome<'a> {
    /// The exit code.
    pub exit: u8,
    /// Its counts, as a JSON object.
    pub counts: &'a str,
    /// The first error.
    pub reason: Option<&'a Reason>,
    /// The platform of that error.
    pub platform: Option<&'a str>,
    /// The platforms that it worked on.
    pub platforms: &'a [&'a str],
}

/// The newest row of the log in which a command worked on a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastWork {
    /// The command; `None`: a whole sync, which is a gs-upload that succeeded after the gs-fetch of its run had listed the
    /// platform, whether or not there was anything to upload.
    pub command: Option<String>,
    /// The platform.
    pub platform: String,
    /// The number of the row.
    pub number: i64,
}

/// The commands with which only a sync starts. The check of the settings is in the log if it ends the sync.
pub const FIRST_COMMANDS: [&str; 2] = ["gs-fetch", "gs-settings"];

/// The name of a whole sync in the table.
const SYNC: &str = "sync";

/// One command of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Its name.
    pub command: String,
    /// How it ended; `None` while it runs, or if it was killed.
    pub exit: Option<u8>,
    /// The first error.
    pub reason: Option<Reason>,
    /// The platform of that error.
    pub platform: Option<String>,
}

/// A row of the log: one command of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandRow {
    /// Its number.
    pub number: i64,
    /// The run that it belongs to.
    pub run: String,
    /// Its name.
    pub command: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; `None`: it was killed, or still runs.
    pub finished: Option<Timestamp>,
    /// Its exit code.
    pub exit: Option<u8>,
    /// Its counts, as a JSON object.
    pub counts: String,
    /// The first error.
    pub reason: Option<Reason>,
    /// The platform of that error.
    pub platform: Option<String>,
}

/// A command that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCommand {
    /// The number of its row.
    pub number: i64,
    /// The run that it belongs to.
    pub run: String,
    /// Its name.
    pub command: String,
    /// When it began.
    pub started: Timestamp,
    /// Whether the same command was started again after it.
    pub was_called_again: bool,
}

/// The rows of the newest `?1` runs.
pub(super) const NEWEST_RUNS: &str =
    "WITH newest AS (SELECT run FROM commands GROUP BY run ORDER BY max(number) DESC LIMIT ?1)
     SELECT * FROM commands WHERE run IN newest ORDER BY number";

/// For each command in the newest `?1` rows: the rows of the newest run that it was part of. A run with a fixed id starts
/// again every day.
pub(super) const OF_NEWEST_RUNS: &str = "WITH newest AS MATERIALIZED (
        SELECT command, run, started_at, max(number) FROM commands
        WHERE number > (SELECT ifnull(max(number), 0) FROM commands) - ?1 GROUP BY command)
     SELECT r.* FROM newest n CROSS JOIN commands r ON r.run = n.run AND r.command = n.command AND r.started_at > n.started_at - 86400
     ORDER BY r.number";

/// The failed rows of the newest `?1` rows.
const FAILED: &str = "SELECT * FROM commands
    WHERE number > (SELECT ifnull(max(number), 0) FROM commands) - ?1 AND exit NOT IN (0, 2, 130) ORDER BY number";

const WORKED: &str =
    "INSERT INTO last_work (command, platform, number) SELECT command, ?2, number FROM commands WHERE number = ?1
    ON CONFLICT (command, platform) DO UPDATE SET number = max(number, excluded.number)";

const SYNCED: &str = "INSERT INTO last_work (command, platform, number)
    SELECT ?2, listed.platform, own.number FROM commands own JOIN last_work listed ON listed.command = 'gs-fetch'
        JOIN commands fetch ON fetch.number = listed.number AND fetch.run = own.run AND fetch.number < own.number
    WHERE own.number = ?1 AND own.command = 'gs-upload'
    ON CONFLICT (command, platform) DO UPDATE SET number = max(number, excluded.number)";

impl Catalogue {
    /// All commands of the newest `limit` runs, in the order in which they started.
    pub fn newest_runs(&self, limit: u32) -> Result<Vec<CommandRow>> {
        self.command_rows(NEWEST_RUNS, &[&limit])
    }

    /// For each command all rows of the newest run that it was part of, in the order in which they started.
    pub fn commands_of_newest_runs(&self) -> Result<Vec<CommandRow>> {
        self.command_rows(OF_NEWEST_RUNS, &[&LOOKED_AT])
    }

    /// The newest commands without an end: they still run, or were killed. The oldest first.
    pub fn open_commands(&self) -> Result<Vec<OpenCommand>> {
        let sql = "SELECT number, run, command, started_at,
                EXISTS (SELECT 1 FROM commands later WHERE later.number > r.number AND later.command = r.command)
                    AS was_called_again
            FROM (SELECT * FROM commands ORDER BY number DESC LIMIT ?1) r WHERE finished_at IS NULL ORDER BY number";
        let rows = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let row = |row: &Row| {
                Ok(OpenCommand {
                    number: row.get("number")?,
                    run: row.get("run")?,
                    command: row.get("command")?,
                    started: row.known_time("started_at")?,
                    was_called_again: row.get("was_called_again")?,
                })
            };
            statement.query_map([JUST_BEGUN], row)?.collect()
        });
        self.done(rows)
    }

    /// The exit code of the newest row of a command; `None`: no row exists, or it has no end.
    pub fn last_exit(&self, command: &str) -> Result<Option<u8>> {
        let sql = "SELECT exit FROM commands WHERE command = ?1 ORDER BY number DESC LIMIT 1";
        let exit = self.connection.query_row(sql, [command], |row| row.get(0)).optional();
        Ok(self.done(exit)?.flatten())
    }

    pub(super) fn command_rows(&self, sql: &str, values: &[&dyn ToSql]) -> Result<Vec<CommandRow>> {
        let rows = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_map(values, command_row)?.collect());
        self.done(rows)
    }

    /// The commands of a run, in the order in which they started, without those named `except`.
    pub fn stages(&self, run: &str, except: &str) -> Result<Vec<Stage>> {
        let stages = || {
            let sql =
                "SELECT command, exit, reason, platform FROM commands WHERE run = ?1 AND command <> ?2 ORDER BY number";
            let mut statement = self.connection.prepare_cached(sql)?;
            let rows = statement.query_map([run, except], |row| {
                Ok(Stage {
                    command: row.get("command")?,
                    exit: row.get("exit")?,
                    reason: row.reason("reason")?,
                    platform: row.get("platform")?,
                })
            })?;
            rows.collect()
        };
        self.done(stages())
    }

    /// The latest time in the future of recent commands and listings: their clock was ahead.
    pub fn ahead(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        let sql = "SELECT max(started_at) FROM (SELECT * FROM (SELECT started_at FROM commands ORDER BY number DESC LIMIT ?2)
            UNION ALL SELECT * FROM (SELECT started_at FROM listings ORDER BY number DESC LIMIT ?2)) WHERE started_at > ?1";
        let values = params![clock::latest(now), RECENT];
        self.done(self.connection.query_row(sql, values, |row| row.time(0)))
    }

    /// Inserts a row; it stays open if the command is killed.
    pub fn begin_command(&mut self, run: &str, command: &str, now: Timestamp) -> Result<i64> {
        self.write(|tx| {
            tx.execute(
                "INSERT INTO commands (run, command, started_at) VALUES (?1, ?2, ?3)",
                params![run, command, now.as_second()],
            )?;
            Ok(tx.last_insert_rowid())
        })
    }

    /// Ends a row.
    pub fn finish_command(&mut self, number: i64, outcome: &CommandOutcome, now: Timestamp) -> Result<()> {
        let has_changed = self.connection.total_changes() > BEGUN_ROWS;
        self.write(|tx| {
            tx.execute(
                "UPDATE commands SET finished_at = ?2, exit = ?3, counts = ?4, reason = ?5, platform = ?6 WHERE number = ?1",
                params![
                    number,
                    now.as_second(),
                    outcome.exit,
                    outcome.counts,
                    outcome.reason.map(Reason::to_json),
                    outcome.platform
                ],
            )?;
            for platform in outcome.platforms {
                tx.prepare_cached(WORKED)?.execute(params![number, platform])?;
            }
            match outcome.exit {
                0 => tx.prepare_cached(SYNCED)?.execute(params![number, SYNC]).map(drop),
                _ => Ok(()),
            }
        })?;
        // A command that only decided leaves nothing but its row in the sync log.
        if has_changed { Ok(()) } else { self.leave_log_after(self.connection.total_changes()) }
    }

    /// The newest row of each command and platform.
    pub fn last_work(&self) -> Result<Vec<LastWork>> {
        let rows = self.connection.prepare_cached("SELECT command, platform, number FROM last_work").and_then(
            |mut statement| {
                let row = |row: &Row| {
                    let command = Some(row.get::<_, String>("command")?).filter(|command| command != SYNC);
                    Ok(LastWork { command, platform: row.get("platform")?, number: row.get("number")? })
                };
                statement.query_map([], row)?.collect()
            },
        );
        self.done(rows)
    }

    /// Recent rows of commands that failed, in the order in which they started.
    pub fn failed_commands(&self) -> Result<Vec<CommandRow>> {
        self.command_rows(FAILED, &[&LOOKED_AT])
    }
}

fn command_row(row: &Row) -> rusqlite::Result<CommandRow> {
    Ok(CommandRow {
        number: row.get("number")?,
        run: row.get("run")?,
        command: row.get("command")?,
        started: row.known_time("started_at")?,
        finished: row.time("finished_at")?,
        exit: row.get("exit")?,
        counts: row.get("counts")?,
        reason: row.reason("reason")?,
        platform: row.get("platform")?,
    })
}
