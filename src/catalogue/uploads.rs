//! The journal of uploads: the start before the request, the outcome right after it, the confirmation when a listing of the
//! target shows the new activity.
//!
//! Rows are never deleted and rarely changed: later runs use these rows to find the outcome.

use jiff::Timestamp;
use rusqlite::{Params, Row, params};

use super::columns::Values;
use super::{Catalogue, Result};
use crate::activity::{ActivityKey, ActivityKeyRef, PlatformIds};
use crate::clock;
use crate::reason::Reason;

/// An upload that is about to be sent.
#[derive(Debug, Clone, Copy)]
pub struct UploadIntent<'a> {
    /// The run that uploads it.
    pub run: &'a str,
    /// The activity whose file it is.
    pub from: ActivityKeyRef<'a>,
    /// The platform it goes to.
    pub to: &'a str,
    /// SHA-256 of the file.
    pub sha256: &'a str,
    /// The ids that the target lists around its start.
    pub ids_before: &'a [String],
}

/// A row of the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct UploadRow {
    /// Its number.
    pub number: i64,
    /// The run that made it.
    pub run: String,
    /// The activity whose file it is.
    pub from: ActivityKey,
    /// The platform it went to.
    pub to: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// When it was started.
    pub started_at: Timestamp,
    /// How it ended; `None`: not known yet.
    pub outcome: Option<UploadOutcome>,
    /// The id of the new activity on the target.
    pub to_id: Option<String>,
    /// The reference for status requests, if the platform returned one.
    pub status_ref: Option<String>,
    /// Why it failed, or its state so far.
    pub reason: Option<Reason>,
    /// Whether a listing of the target has shown the new activity.
    pub is_confirmed: bool,
    /// When its outcome was recorded.
    pub finished_at: Option<Timestamp>,
    /// The ids that the target listed around its start before the upload: the new activity has none of them.
    pub ids_before: Vec<String>,
    /// How many listings should have shown it and did not.
    pub missing_count: u32,
}

/// How an upload ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadOutcome {
    /// The platform has it as a new activity.
    Created,
    /// The platform already had it.
    Exists,
    /// The service rejected this file.
    Rejected,
    /// The file did not arrive, for a temporary reason.
    Failed,
    /// The service accepted it, and no listing ever showed it.
    Lost,
}

/// The failures of an upload for the same reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// The number of failures.
    pub count: u64,
    /// When the first of them was started.
    pub first: Option<Timestamp>,
}

/// The number of uploads to a platform.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UploadCounts {
    /// Those that arrived.
    pub arrived: u64,
    /// Those without an outcome.
    pub pending: u64,
}

impl UploadOutcome {
    const ALL: [UploadOutcome; 5] = [
        UploadOutcome::Created,
        UploadOutcome::Exists,
        UploadOutcome::Rejected,
        UploadOutcome::Failed,
        UploadOutcome::Lost,
    ];

    /// The name in the journal and in records.
    pub fn name(self) -> &'static str {
        match self {
            UploadOutcome::Created => "created",
            UploadOutcome::Exists => "exists",
            UploadOutcome::Rejected => "rejected",
            UploadOutcome::Failed => "failed",
            UploadOutcome::Lost => "lost",
        }
    }
}

/// Activities whose starts are further apart than this, in seconds, are the same only if their files say so: a person has
/// corrected a date, or they were matched by a wrong listing. It is more than the largest shift between time zones.
pub const FAR_S: i64 = 2 * 86_400;

/// The SQL condition that an activity `a` of the target is the one that a row of `uploads` names: its start is near that of
/// the source, in the list or in the file. A service may have named another activity.
pub(super) fn is_named() -> String {
    format!(
        "a.platform = uploads.to_platform AND a.id = uploads.to_id AND ifnull((
            SELECT min(abs(a.start_time - s.start_time), ifnull(abs(a.start_time - f.fit_start), 1e9)) <= {FAR_S}
            FROM activities s LEFT JOIN files f ON f.platform = s.platform AND f.id = s.id AND f.part = 0
            WHERE s.platform = uploads.from_platform AND s.id = uploads.from_id), 1)"
    )
}

impl Catalogue {
    /// Records an upload that is about to be sent. It is durable before this returns: the journal knows of every request,
    /// even after a power failure.
    pub fn begin_upload(&mut self, intent: &UploadIntent, now: Timestamp) -> Result<UploadRow> {
        let ids_before = serde_json::Value::from(intent.ids_before).to_string();
        self.write_durably(|tx| {
            tx.prepare_cached(
                "INSERT INTO uploads (run, from_platform, from_id, to_platform, sha256, started_at, ids_before)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                intent.run,
                intent.from.platform,
                intent.from.id,
                intent.to,
                intent.sha256,
                now.as_second(),
                ids_before
            ])?;
            let sql = "SELECT * FROM uploads WHERE number = ?1";
            tx.prepare_cached(sql)?.query_row([tx.last_insert_rowid()], |found| row(found, &mut PlatformIds::default()))
        })
    }

    /// Sets the start of open uploads to `platform` to now if it lies in the future: the clock was ahead, and their age is
    /// not known.
    pub fn correct_future_starts(&mut self, platform: &str, now: Timestamp) -> Result<()> {
        self.write(|tx| {
            let sql =
                "UPDATE uploads SET started_at = ?2 WHERE to_platform = ?1 AND outcome IS NULL AND started_at > ?3";
            tx.prepare_cached(sql)?.execute(params![platform, now.as_second(), clock::latest(now)]).map(drop)
        })
    }

    /// Stores that the service accepted it and that it is pending. `status_ref` is the reference for status requests,
    /// if the service returned one.
    pub fn upload_pending(&mut self, number: i64, status_ref: Option<&str>, reason: &Reason) -> Result<()> {
        self.write_durably(|tx| {
            tx.prepare_cached("UPDATE uploads SET status_ref = ifnull(?2, status_ref), reason = ?3 WHERE number = ?1")?
                .execute(params![number, status_ref, reason.to_json()])
                .map(drop)
        })
    }

    /// Takes back the outcome of an upload: the activity that the service named is another one.
    pub fn reopen_upload(&mut self, number: i64, reason: &Reason) -> Result<()> {
        self.write_durably(|tx| {
            let sql =
                "UPDATE uploads SET outcome = NULL, to_id = NULL, finished_at = NULL, confirmed_at = NULL, reason = ?2
                 WHERE number = ?1";
            tx.prepare_cached(sql)?.execute(params![number, reason.to_json()]).map(drop)
        })
    }

    /// Counts a listing that should have shown it and did not.
    pub fn upload_missing(&mut self, number: i64) -> Result<()> {
        self.write(|tx| {
            tx.prepare_cached("UPDATE uploads SET missing_count = missing_count + 1 WHERE number = ?1")?
                .execute([number])
                .map(drop)
        })
    }

    /// How many uploads the run `run` has started, whatever their outcome.
    pub fn uploads_of_run(&self, run: &str) -> Result<u64> {
        let sql = "SELECT count(*) FROM uploads WHERE run = ?1";
        self.done(self.connection.query_row(sql, [run], |row| row.get::<_, i64>(0))).map(i64::unsigned_abs)
    }

    /// Records its outcome, and the id of the new activity.
    pub fn finish_upload(
        &mut self,
        number: i64,
        outcome: UploadOutcome,
        to_id: Option<&str>,
        reason: Option<&Reason>,
        now: Timestamp,
    ) -> Result<()> {
        self.write_durably(|tx| {
            tx.prepare_cached(
                "UPDATE uploads SET outcome = ?2, to_id = ?3, reason = ?4, finished_at = ?5,
                    confirmed_at = (SELECT ?5 FROM activities WHERE platform = to_platform AND id = ?3 AND missing_count = 0
                        AND last_listing IS NOT NULL)
                 WHERE number = ?1",
            )?
            .execute(params![number, outcome.name(), to_id, reason.map(Reason::to_json), now.as_second()])
            .map(drop)
        })
    }

    /// The uploads to `to` whose outcome is not known, the oldest first.
    pub fn open_uploads(&self, to: &str) -> Result<Vec<UploadRow>> {
        let sql = "SELECT * FROM uploads WHERE to_platform = ?1 AND outcome IS NULL ORDER BY number";
        self.upload_rows(sql, [to])
    }

    /// The platforms with uploads whose outcome is not known.
    pub fn targets_with_open_uploads(&self) -> Result<Vec<String>> {
        self.names("SELECT DISTINCT to_platform FROM uploads WHERE outcome IS NULL ORDER BY 1", [])
    }

    /// The platforms to which anything was uploaded, or should be.
    pub fn upload_targets(&self) -> Result<Vec<String>> {
        self.names("SELECT DISTINCT to_platform FROM uploads ORDER BY 1", [])
    }

    /// The platforms from which files were uploaded to `to`.
    pub fn upload_sources(&self, to: &str) -> Result<Vec<String>> {
        let sql = "SELECT DISTINCT from_platform FROM uploads WHERE to_platform = ?1 AND outcome IS NOT 'failed'
             ORDER BY 1";
        self.names(sql, [to])
    }

    /// How many uploads to `to` arrived, and how many have no outcome yet.
    pub fn count_uploads(&self, to: &str) -> Result<UploadCounts> {
        let sql =
            "SELECT count(*) FILTER (WHERE outcome IN ('created', 'exists')), count(*) FILTER (WHERE outcome IS NULL)
            FROM uploads WHERE to_platform = ?1";
        let counts = self
            .connection
            .query_row(sql, [to], |row| Ok(UploadCounts { arrived: row.size(0)?, pending: row.size(1)? }));
        self.done(counts)
    }

    fn names(&self, sql: &str, values: impl Params) -> Result<Vec<String>> {
        let names = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_map(values, |row| row.get(0))?.collect());
        self.done(names)
    }

    /// All uploads to `to` except failed ones: they show what the target has, and what is not uploaded again.
    pub fn uploads_to(&self, to: &str) -> Result<Vec<UploadRow>> {
        let sql = "SELECT * FROM uploads WHERE to_platform = ?1 AND outcome IS NOT 'failed' ORDER BY number";
        self.upload_rows(sql, [to])
    }

    /// The uploads to `to` since `since` that no listing shows: those whose outcome is not known, of any age, and those that
    /// arrived under an id that was never listed. Without those that are certainly about another time: a person may correct
    /// the listed start, so the start in the file has to be outside `near`, too. An upload from the future was started under
    /// a wrong clock, and counts: it may still appear. The newest first.
    pub fn unlisted_uploads(&self, to: &str, since: Timestamp, near: (Timestamp, Timestamp)) -> Result<Vec<UploadRow>> {
        let ((from, until), is_named) = (near, is_named());
        let sql = format!(
            "SELECT * FROM uploads WHERE to_platform = ?1 AND (outcome IS NULL OR
                (outcome IN ('created', 'exists') AND started_at > ?2
                    AND NOT EXISTS (SELECT 1 FROM activities a WHERE {is_named})))
             AND NOT EXISTS (SELECT 1 FROM activities a JOIN files f USING (platform, id)
                WHERE a.platform = from_platform AND a.id = from_id AND f.part = 0
                AND a.start_time NOT BETWEEN ?3 AND ?4 AND f.fit_start NOT BETWEEN ?3 AND ?4)
             ORDER BY number DESC"
        );
        self.upload_rows(&sql, params![to, since.as_second(), from.as_second(), until.as_second()])
    }

    /// The upload of a file to `to` in the run `run`, if it arrived or may have.
    pub fn sent_file(&self, run: &str, to: &str, sha256: &str, now: Timestamp) -> Result<Option<UploadRow>> {
        // A run with a fixed id starts again every day.
        let sql = "SELECT * FROM uploads WHERE run = ?1 AND to_platform = ?2 AND sha256 = ?3 AND started_at > ?4
             AND (outcome IS NULL OR outcome IN ('created', 'exists')) ORDER BY number DESC LIMIT 1";
        let day_ago = now.as_second() - 86_400;
        Ok(self.upload_rows(sql, params![run, to, sha256, day_ago])?.pop())
    }

    /// Whether an activity of a platform comes from an upload.
    pub fn was_uploaded(&self, ActivityKeyRef { platform, id }: ActivityKeyRef) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM uploads
             WHERE to_platform = ?1 AND to_id = ?2 AND outcome IS NOT 'failed')";
        self.done(
            self.connection
                .prepare_cached(sql)
                .and_then(|mut statement| statement.query_row([platform, id], |row| row.get(0))),
        )
    }

    /// The uploads started before `before`, or seemingly after `now`, that the platform accepted, and that no listing has ever
    /// shown. The oldest first.
    pub fn never_listed_uploads(&self, to: &str, before: Timestamp, now: Timestamp) -> Result<Vec<UploadRow>> {
        let is_named = is_named();
        let sql = format!(
            "SELECT * FROM uploads WHERE to_platform = ?1 AND outcome IN ('created', 'exists')
                AND confirmed_at IS NULL AND (started_at < ?2 OR started_at > ?3)
                AND NOT EXISTS (SELECT 1 FROM activities a WHERE {is_named})
             ORDER BY number"
        );
        self.upload_rows(&sql, params![to, before.as_second(), clock::latest(now)])
    }

    /// Whether the service knows the hash of this file from an earlier upload whose result is not the wanted one: its activity
    /// was deleted, it was rejected, or it never appeared. Services that recognise files by their hash need an explicit
    /// re-upload then.
    pub fn has_upload_of_file(&self, to: &str, sha256: &str) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM uploads WHERE to_platform = ?1 AND sha256 = ?2
                AND outcome IN ('created', 'rejected', 'lost'))
            OR EXISTS (SELECT 1 FROM deletions WHERE platform = ?1 AND sha256 = ?2 AND outcome = 'deleted')";
        self.done(self.connection.query_row(sql, [to, sha256], |row| row.get(0)))
    }

    /// How often the same file failed on the same platform for this reason, whatever the parameters of the reason.
    pub fn count_same_failure(&self, row: &UploadRow, reason: &Reason) -> Result<Failures> {
        let sql = "SELECT count(*), min(started_at) FROM uploads
            WHERE to_platform = ?1 AND sha256 = ?2 AND outcome = 'failed' AND reason ->> '$.code' = ?3";
        let failures = self.connection.query_row(sql, [&row.to, &row.sha256, &reason.code()], |row| {
            Ok(Failures { count: row.size(0)?, first: row.time(1)? })
        });
        self.done(failures)
    }

    /// Whether a platform has accepted another file since then.
    pub fn has_accepted_since(&self, to: &str, since: Timestamp, sha256: &str) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM uploads WHERE to_platform = ?1 AND sha256 <> ?2
            AND outcome IN ('created', 'exists') AND finished_at >= ?3)";
        self.done(self.connection.query_row(sql, params![to, sha256, since.as_second()], |row| row.get(0)))
    }

    /// Whether the run `run` has uploaded the activity to its platform, or may have.
    pub fn was_uploaded_by(&self, run: &str, ActivityKeyRef { platform, id }: ActivityKeyRef) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM uploads WHERE to_platform = ?2 AND to_id = ?3 AND run = ?1)";
        self.done(self.connection.query_row(sql, [run, platform, id], |row| row.get(0)))
    }

    fn upload_rows(&self, sql: &str, values: impl Params) -> Result<Vec<UploadRow>> {
        let rows = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let mut names = PlatformIds::default();
            let rows = statement.query_map(values, |found| row(found, &mut names))?;
            rows.collect()
        });
        self.done(rows)
    }
}

/// Reads all columns of a row of `uploads`; `names` are the platform names of the rows before it.
pub(super) fn row(row: &Row, names: &mut PlatformIds) -> rusqlite::Result<UploadRow> {
    let outcome: Option<String> = row.get("outcome")?;
    Ok(UploadRow {
        number: row.get("number")?,
        run: row.get("run")?,
        from: row.activity("from_platform", "from_id", names)?,
        to: row.get("to_platform")?,
        sha256: row.get("sha256")?,
        started_at: row.known_time("started_at")?,
        outcome: outcome.and_then(|name| UploadOutcome::ALL.into_iter().find(|outcome| outcome.name() == name)),
        to_id: row.get("to_id")?,
        status_ref: row.get("status_ref")?,
        reason: row.reason("reason")?,
        is_confirmed: row.time("confirmed_at")?.is_some(),
        finished_at: row.time("finished_at")?,
        ids_before: serde_json::from_str(&row.get::<_, String>("ids_before")?).unwrap_or_default(),
        missing_count: row.get("missing_count")?,
    })
}
