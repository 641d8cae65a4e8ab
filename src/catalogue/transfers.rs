//! The journal of uploads: the intent before the request, the outcome right after, the read-back when a listing shows it.
//!
//! Rows are never deleted and hardly ever changed: they are what a later run settles and decides by.

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::{Catalogue, Result, key};
use crate::activity::{ActivityKey, ActivityKeyRef, PlatformIds};
use crate::clock;
use crate::reason::Reason;

/// An upload that is about to be made.
#[derive(Debug, Clone, Copy)]
pub struct TransferIntent<'a> {
    /// The run that makes it.
    pub run: &'a str,
    /// The entry whose file it is.
    pub from: ActivityKeyRef<'a>,
    /// The platform it goes to.
    pub to: &'a str,
    /// SHA-256 of the file.
    pub sha256: &'a str,
    /// The ids of what the target's list shows around its start.
    pub before: &'a [String],
}

/// A row of the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct TransferRow {
    /// Its number.
    pub number: i64,
    /// The run that made it.
    pub run: String,
    /// The entry whose file it is.
    pub from: ActivityKey,
    /// The platform it went to.
    pub to: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// When it was begun.
    pub intended: Timestamp,
    /// How it ended; nothing: not known yet.
    pub outcome: Option<TransferOutcome>,
    /// The id of the entry there.
    pub to_id: Option<String>,
    /// What the platform gave to ask for the outcome with.
    pub ticket: Option<String>,
    /// What went wrong, or what is known of it so far.
    pub reason: Option<Reason>,
    /// Whether a listing of the target has shown the entry.
    pub confirmed: bool,
    /// When it was written down how it ended.
    pub settled: Option<Timestamp>,
    /// The ids of what the target's list showed around its start before it was sent: none of them is it.
    pub before: Vec<String>,
    /// How many listings should have shown it and did not.
    pub missed: u32,
}

/// How an upload ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferOutcome {
    /// It is an activity there now.
    Created,
    /// The service had it already.
    Exists,
    /// The service rejected this file.
    Rejected,
    /// Nothing arrived, for a reason that may pass.
    Failed,
    /// The service took it, and it never appeared.
    Lost,
}

/// How often an upload failed for the same reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// So often.
    pub count: u64,
    /// When the first of them was begun.
    pub first: Option<Timestamp>,
}

impl TransferOutcome {
    const ALL: [TransferOutcome; 5] = [
        TransferOutcome::Created,
        TransferOutcome::Exists,
        TransferOutcome::Rejected,
        TransferOutcome::Failed,
        TransferOutcome::Lost,
    ];

    /// As it stands in the journal and in records.
    pub fn name(self) -> &'static str {
        match self {
            TransferOutcome::Created => "created",
            TransferOutcome::Exists => "exists",
            TransferOutcome::Rejected => "rejected",
            TransferOutcome::Failed => "failed",
            TransferOutcome::Lost => "lost",
        }
    }
}

const COLUMNS: &str =
    "number, run, from_platform, from_id, to_platform, sha256, intended, outcome, to_id, ticket, reason,
    confirmed IS NOT NULL, settled, before, missed";

impl Catalogue {
    /// Writes down that an upload is about to be made. Durable before it returns: not even a power failure after the
    /// request may leave a journal that knows nothing of it.
    pub fn intend_transfer(&mut self, intent: &TransferIntent, now: Timestamp) -> Result<TransferRow> {
        let before = serde_json::Value::from(intent.before).to_string();
        self.write_durably(|tx| {
            tx.prepare_cached(
                "INSERT INTO transfers (run, from_platform, from_id, to_platform, sha256, intended, before)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                intent.run,
                intent.from.platform,
                intent.from.id,
                intent.to,
                intent.sha256,
                now.as_second(),
                before
            ])?;
            let sql = format!("SELECT {COLUMNS} FROM transfers WHERE number = ?1");
            tx.prepare_cached(&sql)?
                .query_row([tx.last_insert_rowid()], |found| row(found, &mut PlatformIds::default()))
        })
    }

    /// Open uploads to `platform` that were begun in the future are begun now: the clock was ahead, and how old they are
    /// nobody knows.
    pub fn mend_begun(&mut self, platform: &str, now: Timestamp) -> Result<()> {
        self.write(|tx| {
            let sql = "UPDATE transfers SET intended = ?2 WHERE to_platform = ?1 AND outcome IS NULL AND intended > ?3";
            tx.prepare_cached(sql)?.execute(params![platform, now.as_second(), clock::latest(now)]).map(drop)
        })
    }

    /// The service took it; what comes of it is to be asked for with `ticket`, if it gave one.
    pub fn transfer_pending(&mut self, number: i64, ticket: Option<&str>, reason: &Reason) -> Result<()> {
        self.write_durably(|tx| {
            tx.prepare_cached("UPDATE transfers SET ticket = ifnull(?2, ticket), reason = ?3 WHERE number = ?1")?
                .execute(params![number, ticket, reason.to_json()])
                .map(drop)
        })
    }

    /// A listing should have shown it and did not.
    pub fn transfer_missed(&mut self, number: i64) -> Result<()> {
        self.write(|tx| {
            tx.prepare_cached("UPDATE transfers SET missed = missed + 1 WHERE number = ?1")?.execute([number]).map(drop)
        })
    }

    /// How many uploads the run `run` has begun, whatever came of them.
    pub fn transfers_of_run(&self, run: &str) -> Result<u64> {
        let sql = "SELECT count(*) FROM transfers WHERE run = ?1";
        self.done(self.connection.query_row(sql, [run], |row| row.get::<_, i64>(0))).map(i64::unsigned_abs)
    }

    /// Writes down how it ended, and the id of the entry there.
    pub fn settle_transfer(
        &mut self,
        number: i64,
        outcome: TransferOutcome,
        to_id: Option<&str>,
        reason: Option<&Reason>,
        now: Timestamp,
    ) -> Result<()> {
        self.write_durably(|tx| {
            tx.prepare_cached(
                "UPDATE transfers SET outcome = ?2, to_id = ?3, reason = ?4, settled = ?5,
                    confirmed = (SELECT ?5 FROM activities WHERE platform = to_platform AND id = ?3 AND absences = 0
                        AND last_listing IS NOT NULL)
                 WHERE number = ?1",
            )?
            .execute(params![number, outcome.name(), to_id, reason.map(Reason::to_json), now.as_second()])
            .map(drop)
        })
    }

    /// The uploads to `to` whose outcome is not known, the oldest first.
    pub fn open_transfers(&self, to: &str) -> Result<Vec<TransferRow>> {
        let sql = format!("SELECT {COLUMNS} FROM transfers WHERE to_platform = ?1 AND outcome IS NULL ORDER BY number");
        self.transfer_rows(&sql, to)
    }

    /// The platforms with uploads whose outcome is not known.
    pub fn targets_with_open_transfers(&self) -> Result<Vec<String>> {
        let names = self
            .connection
            .prepare_cached("SELECT DISTINCT to_platform FROM transfers WHERE outcome IS NULL ORDER BY 1")
            .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect());
        self.done(names)
    }

    /// All uploads to `to` that say something of what is there or is not to be sent; those that failed say nothing.
    pub fn transfers_to(&self, to: &str) -> Result<Vec<TransferRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM transfers WHERE to_platform = ?1 AND outcome IS NOT 'failed' ORDER BY number"
        );
        self.transfer_rows(&sql, to)
    }

    /// The uploads to `to` since `since` that no list shows: those whose outcome is not known, of any age, and those that
    /// arrived under an id that was never listed. One from the future was begun under a clock that was wrong, and counts: in
    /// doubt it may yet appear. The newest first.
    pub fn unlisted_transfers(&self, to: &str, since: Timestamp) -> Result<Vec<TransferRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM transfers WHERE to_platform = ?1 AND (outcome IS NULL OR
                (outcome IN ('created', 'exists') AND intended > {} AND NOT EXISTS
                    (SELECT 1 FROM activities a WHERE a.platform = to_platform AND a.id = to_id)))
             ORDER BY number DESC",
            since.as_second()
        );
        self.transfer_rows(&sql, to)
    }

    /// The uploads begun before `before`, or seemingly after `now`, that a platform said it has, and that no listing has
    /// ever shown. The oldest first.
    pub fn unshown_transfers(&self, to: &str, before: Timestamp, now: Timestamp) -> Result<Vec<TransferRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM transfers WHERE to_platform = ?1 AND outcome IN ('created', 'exists')
                AND confirmed IS NULL AND (intended < {} OR intended > {}) AND NOT EXISTS
                    (SELECT 1 FROM activities a WHERE a.platform = to_platform AND a.id = to_id)
             ORDER BY number",
            before.as_second(),
            clock::latest(now)
        );
        self.transfer_rows(&sql, to)
    }

    /// Whether the service has known these bytes, and what it made of them is not what is wanted now: an activity that is
    /// gone, a refusal, or nothing that was ever seen. Services that know files by their bytes have to be told that this
    /// is meant.
    pub fn was_there(&self, to: &str, sha256: &str) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM transfers WHERE to_platform = ?1 AND sha256 = ?2
                AND outcome IN ('created', 'rejected', 'lost'))
            OR EXISTS (SELECT 1 FROM deletions WHERE platform = ?1 AND sha256 = ?2 AND outcome = 'deleted')";
        self.done(self.connection.query_row(sql, [to, sha256], |row| row.get(0)))
    }

    /// How often the same file failed on the same platform for this reason. Its parameters do not matter.
    pub fn count_same_failure(&self, row: &TransferRow, reason: &Reason) -> Result<Failures> {
        let sql = "SELECT count(*), min(intended) FROM transfers
            WHERE to_platform = ?1 AND sha256 = ?2 AND outcome = 'failed' AND reason ->> '$.code' = ?3";
        let failures = self.connection.query_row(sql, [&row.to, &row.sha256, &reason.code()], |row| {
            let first = row.get::<_, Option<i64>>(1)?;
            let first = first.and_then(|second| Timestamp::from_second(second).ok());
            Ok(Failures { count: row.get::<_, i64>(0)?.unsigned_abs(), first })
        });
        self.done(failures)
    }

    /// Whether a platform has accepted another file since then.
    pub fn has_accepted_since(&self, to: &str, since: Timestamp, sha256: &str) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM transfers WHERE to_platform = ?1 AND sha256 <> ?2
            AND outcome IN ('created', 'exists') AND settled >= ?3)";
        self.done(self.connection.query_row(sql, params![to, sha256, since.as_second()], |row| row.get(0)))
    }

    /// Whether the run `run` has put the entry `id` onto `platform`, or may have.
    pub fn was_put_by(&self, run: &str, ActivityKeyRef { platform, id }: ActivityKeyRef) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM transfers WHERE to_platform = ?2 AND to_id = ?3 AND run = ?1)";
        self.done(self.connection.query_row(sql, [run, platform, id], |row| row.get(0)))
    }

    fn transfer_rows(&self, sql: &str, to: &str) -> Result<Vec<TransferRow>> {
        let rows = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let mut names = PlatformIds::default();
            let rows = statement.query_map([to], |found| row(found, &mut names))?;
            rows.collect()
        });
        self.done(rows)
    }
}

fn row(row: &Row, names: &mut PlatformIds) -> rusqlite::Result<TransferRow> {
    let outcome: Option<String> = row.get(7)?;
    Ok(TransferRow {
        number: row.get(0)?,
        run: row.get(1)?,
        from: key(row, (2, 3), names)?,
        to: row.get(4)?,
        sha256: row.get(5)?,
        intended: Timestamp::from_second(row.get(6)?).unwrap_or(Timestamp::UNIX_EPOCH),
        outcome: outcome.and_then(|name| TransferOutcome::ALL.into_iter().find(|outcome| outcome.name() == name)),
        to_id: row.get(8)?,
        ticket: row.get(9)?,
        reason: row.get::<_, Option<String>>(10)?.map(|json| Reason::from_json(&json)),
        confirmed: row.get(11)?,
        settled: row.get::<_, Option<i64>>(12)?.and_then(|seconds| Timestamp::from_second(seconds).ok()),
        before: serde_json::from_str(&row.get::<_, String>(13)?).unwrap_or_default(),
        missed: row.get(14)?,
    })
}
