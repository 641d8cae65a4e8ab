//! The journal of deletions: each with the reason and the file that brings the entry back.

use jiff::Timestamp;
use rusqlite::params;

use super::{Catalogue, Result, key};
use crate::activity::{ActivityKey, ActivityKeyRef, PlatformIds};
use crate::reason::Reason;

/// A deletion that is about to be made.
#[derive(Debug, Clone, Copy)]
pub struct DeletionIntent<'a> {
    /// The run that makes it.
    pub run: &'a str,
    /// The entry.
    pub entry: ActivityKeyRef<'a>,
    /// The entry that is kept.
    pub kept_id: &'a str,
    /// The evidence.
    pub evidence: &'a Reason,
    /// SHA-256 of its file in the archive.
    pub sha256: &'a str,
}

/// A deletion whose outcome is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenDeletion {
    /// Its number.
    pub number: i64,
    /// The id of the entry.
    pub id: String,
}

/// A row of the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct DeletionRow {
    /// The entry.
    pub entry: ActivityKey,
    /// The id of the entry that was kept.
    pub kept_id: String,
    /// The evidence.
    pub evidence: Reason,
    /// SHA-256 of its file in the archive.
    pub sha256: String,
    /// When it was begun.
    pub intended: Timestamp,
    /// How it ended; nothing: not known yet.
    pub outcome: Option<DeletionOutcome>,
    /// When that was written down.
    pub settled: Option<Timestamp>,
}

/// How a deletion ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionOutcome {
    /// A listing no longer shows the entry.
    Deleted,
    /// It is still there.
    Failed,
    /// It was deleted, and a person has put it back.
    Restored,
}

impl DeletionOutcome {
    const ALL: [DeletionOutcome; 3] = [DeletionOutcome::Deleted, DeletionOutcome::Failed, DeletionOutcome::Restored];

    /// As it stands in the journal and in records.
    pub fn name(self) -> &'static str {
        match self {
            DeletionOutcome::Deleted => "deleted",
            DeletionOutcome::Failed => "failed",
            DeletionOutcome::Restored => "restored",
        }
    }
}

impl Catalogue {
    /// Writes down that a deletion is about to be made. Durable before it returns.
    pub fn intend_deletion(&mut self, intent: &DeletionIntent, now: Timestamp) -> Result<i64> {
        self.write_durably(|tx| {
            tx.prepare_cached(
                "INSERT INTO deletions (run, platform, id, kept_id, evidence, sha256, intended)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                intent.run,
                intent.entry.platform,
                intent.entry.id,
                intent.kept_id,
                intent.evidence.to_json(),
                intent.sha256,
                now.as_second()
            ])?;
            Ok(tx.last_insert_rowid())
        })
    }

    /// Writes down how it ended. An entry that is gone is so at once: it need not be missed twice.
    pub fn settle_deletion(
        &mut self,
        number: i64,
        outcome: DeletionOutcome,
        reason: Option<&Reason>,
        now: Timestamp,
    ) -> Result<()> {
        self.write_durably(|tx| {
            tx.prepare_cached("UPDATE deletions SET outcome = ?2, settled = ?3, reason = ?4 WHERE number = ?1")?
                .execute(params![number, outcome.name(), now.as_second(), reason.map(Reason::to_json)])?;
            if outcome == DeletionOutcome::Deleted {
                tx.prepare_cached(
                    "UPDATE activities SET absences = max(absences, 2), absent_since = ifnull(absent_since, ?2)
                     WHERE (platform, id) = (SELECT platform, id FROM deletions WHERE number = ?1)",
                )?
                .execute(params![number, now.as_second()])?;
            }
            Ok(())
        })
    }

    /// A person has put back what was deleted from here: it is not deleted again.
    pub fn deletion_restored(&mut self, ActivityKeyRef { platform, id }: ActivityKeyRef, now: Timestamp) -> Result<()> {
        self.write(|tx| {
            tx.prepare_cached(
                "UPDATE deletions SET outcome = 'restored', settled = ?3
                 WHERE platform = ?1 AND id = ?2 AND outcome = 'deleted'",
            )?
            .execute(params![platform, id, now.as_second()])
            .map(drop)
        })
    }

    /// The deletions on `platform` whose outcome is not known, the oldest first.
    pub fn open_deletions(&self, platform: &str) -> Result<Vec<OpenDeletion>> {
        let sql = "SELECT number, id FROM deletions WHERE platform = ?1 AND outcome IS NULL ORDER BY number";
        let rows = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let row = |row: &rusqlite::Row| Ok(OpenDeletion { number: row.get(0)?, id: row.get(1)? });
            statement.query_map([platform], row)?.collect()
        });
        self.done(rows)
    }

    /// The whole journal, the oldest first.
    pub fn deletions(&self) -> Result<Vec<DeletionRow>> {
        let sql =
            "SELECT platform, id, kept_id, evidence, intended, outcome, settled, sha256 FROM deletions ORDER BY number";
        let rows = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let mut names = PlatformIds::default();
            let row = |row: &rusqlite::Row| {
                let outcome: Option<String> = row.get(5)?;
                let named = |name| DeletionOutcome::ALL.into_iter().find(|outcome| outcome.name() == name);
                Ok(DeletionRow {
                    entry: key(row, (0, 1), &mut names)?,
                    kept_id: row.get(2)?,
                    evidence: Reason::from_json(&row.get::<_, String>(3)?),
                    sha256: row.get(7)?,
                    intended: Timestamp::from_second(row.get(4)?).unwrap_or(Timestamp::UNIX_EPOCH),
                    outcome: outcome.and_then(named),
                    settled: row.get::<_, Option<i64>>(6)?.and_then(|seconds| Timestamp::from_second(seconds).ok()),
                })
            };
            statement.query_map([], row)?.collect()
        });
        self.done(rows)
    }

    /// The platforms with deletions whose outcome is not known.
    pub fn platforms_with_open_deletions(&self) -> Result<Vec<String>> {
        let names = self
            .connection
            .prepare_cached("SELECT DISTINCT platform FROM deletions WHERE outcome IS NULL ORDER BY 1")
            .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect());
        self.done(names)
    }

    /// How many deletions the run `run` has begun, whatever came of them.
    pub fn deletions_of_run(&self, run: &str) -> Result<u64> {
        let sql = "SELECT count(*) FROM deletions WHERE run = ?1";
        self.done(self.connection.query_row(sql, [run], |row| row.get::<_, i64>(0))).map(i64::unsigned_abs)
    }

    /// Whether a person has put back this entry, or this file, which was deleted from `platform` as a copy. Some services
    /// write the file anew.
    pub fn was_restored(&self, ActivityKeyRef { platform, id }: ActivityKeyRef, sha256: Option<&str>) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM deletions WHERE platform = ?1 AND sha256 = ?3 AND outcome = 'restored')
            OR EXISTS (SELECT 1 FROM transfers WHERE from_platform = ?1 AND to_platform = ?1 AND to_id = ?2
                AND outcome = 'created')";
        self.done(self.connection.query_row(sql, params![platform, id, sha256], |row| row.get(0)))
    }

    /// Whether an entry was deleted from here as a copy.
    pub fn was_deleted_here(&self, ActivityKeyRef { platform, id }: ActivityKeyRef) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM deletions WHERE platform = ?1 AND id = ?2 AND outcome IN ('deleted', 'restored'))";
        self.done(self.connection.query_row(sql, [platform, id], |row| row.get(0)))
    }
}
