//! The journal of deletions, each with the evidence and the archived file from which the activity can be restored.

use jiff::Timestamp;
use rusqlite::params;

use super::columns::Values;
use super::{Catalogue, Result};
use crate::activity::{ActivityKey, ActivityKeyRef, PlatformIds};
use crate::reason::Reason;

/// A deletion that is about to be made.
#[derive(Debug, Clone, Copy)]
pub struct DeletionIntent<'a> {
    /// The run that makes it.
    pub run: &'a str,
    /// The activity.
    pub entry: ActivityKeyRef<'a>,
    /// The activity that is kept.
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
    /// The id of the activity.
    pub id: String,
}

/// A row of the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct DeletionRow {
    /// The activity.
    pub entry: ActivityKey,
    /// The id of the activity that was kept.
    pub kept_id: String,
    /// The evidence.
    pub evidence: Reason,
    /// SHA-256 of its file in the archive.
    pub sha256: String,
    /// When it was started.
    pub started_at: Timestamp,
    /// How it ended; `None`: not known yet.
    pub outcome: Option<DeletionOutcome>,
    /// When its outcome was recorded.
    pub finished_at: Option<Timestamp>,
}

/// How a deletion ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionOutcome {
    /// A listing no longer shows the activity.
    Deleted,
    /// Listings still show it.
    Failed,
    /// It was deleted, and a person has restored it.
    Restored,
}

impl DeletionOutcome {
    const ALL: [DeletionOutcome; 3] = [DeletionOutcome::Deleted, DeletionOutcome::Failed, DeletionOutcome::Restored];

    /// The name in the journal and in records.
    pub fn name(self) -> &'static str {
        match self {
            DeletionOutcome::Deleted => "deleted",
            DeletionOutcome::Failed => "failed",
            DeletionOutcome::Restored => "restored",
        }
    }
}

impl Catalogue {
    /// Records a deletion that is about to be made. It is durable before this returns.
    pub fn begin_deletion(&mut self, intent: &DeletionIntent, now: Timestamp) -> Result<i64> {
        self.write_durably(|tx| {
            tx.prepare_cached(
                "INSERT INTO deletions (run, platform, id, kept_id, evidence, sha256, started_at)
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

    /// Records its outcome. A deleted activity counts as deleted at once: no listing has to confirm it.
    pub fn finish_deletion(
        &mut self,
        number: i64,
        outcome: DeletionOutcome,
        reason: Option<&Reason>,
        now: Timestamp,
    ) -> Result<()> {
        self.write_durably(|tx| {
            tx.prepare_cached("UPDATE deletions SET outcome = ?2, finished_at = ?3, reason = ?4 WHERE number = ?1")?
                .execute(params![number, outcome.name(), now.as_second(), reason.map(Reason::to_json)])?;
            if outcome == DeletionOutcome::Deleted {
                tx.prepare_cached(
                    "UPDATE activities SET missing_count = max(missing_count, 2), missing_since = ifnull(missing_since, ?2)
                     WHERE (platform, id) = (SELECT platform, id FROM deletions WHERE number = ?1)",
                )?
                .execute(params![number, now.as_second()])?;
            }
            Ok(())
        })
    }

    /// Stores that a person has restored an activity that this program deleted: it is not deleted again.
    pub fn deletion_restored(&mut self, ActivityKeyRef { platform, id }: ActivityKeyRef, now: Timestamp) -> Result<()> {
        self.write(|tx| {
            tx.prepare_cached(
                "UPDATE deletions SET outcome = 'restored', finished_at = ?3
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
            let row = |row: &rusqlite::Row| Ok(OpenDeletion { number: row.get("number")?, id: row.get("id")? });
            statement.query_map([platform], row)?.collect()
        });
        self.done(rows)
    }

    /// The whole journal, the oldest first.
    pub fn deletions(&self) -> Result<Vec<DeletionRow>> {
        let sql = "SELECT * FROM deletions ORDER BY number";
        let rows = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let mut names = PlatformIds::default();
            let row = |row: &rusqlite::Row| {
                let outcome: Option<String> = row.get("outcome")?;
                let named = |name| DeletionOutcome::ALL.into_iter().find(|outcome| outcome.name() == name);
                Ok(DeletionRow {
                    entry: row.activity("platform", "id", &mut names)?,
                    kept_id: row.get("kept_id")?,
                    evidence: row.known_reason("evidence")?,
                    sha256: row.get("sha256")?,
                    started_at: row.known_time("started_at")?,
                    outcome: outcome.and_then(named),
                    finished_at: row.time("finished_at")?,
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

    /// How many deletions the run `run` has started, whatever their outcome.
    pub fn deletions_of_run(&self, run: &str) -> Result<u64> {
        let sql = "SELECT count(*) FROM deletions WHERE run = ?1";
        self.done(self.connection.query_row(sql, [run], |row| row.get::<_, i64>(0))).map(i64::unsigned_abs)
    }

    /// Whether a person has restored this activity, or this file, after it was deleted from its platform as a duplicate. Some
    /// services write a new file.
    pub fn was_restored(&self, ActivityKeyRef { platform, id }: ActivityKeyRef, sha256: Option<&str>) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM deletions WHERE platform = ?1 AND sha256 = ?3 AND outcome = 'restored')
            OR EXISTS (SELECT 1 FROM uploads WHERE from_platform = ?1 AND to_platform = ?1 AND to_id = ?2
                AND outcome = 'created')";
        self.done(self.connection.query_row(sql, params![platform, id, sha256], |row| row.get(0)))
    }

    /// Whether this program deleted an activity as a duplicate.
    pub fn was_deleted_here(&self, ActivityKeyRef { platform, id }: ActivityKeyRef) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM deletions WHERE platform = ?1 AND id = ?2 AND outcome IN ('deleted', 'restored'))";
        self.done(self.connection.query_row(sql, [platform, id], |row| row.get(0)))
    }
}
