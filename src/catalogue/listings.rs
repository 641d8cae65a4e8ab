//! The table of listings: whether each is accepted, and what follows from it.
//!
//! An activity is only missing if a listing that covers it does not show it: a listing that reached the end of the list, or,
//! if it ended early, one whose time range contains the activity.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Params, Transaction, params};
use sha2::{Digest, Sha256};

use super::activities::PLATFORMS;
use super::columns::{Values, time};
use super::uploads::is_named;
use super::{Catalogue, Result};
use crate::clock;
use crate::hex;
use crate::reason::Reason;

/// The time range in which a listing shows every activity of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coverage {
    /// From here on; `None`: from the beginning.
    pub from: Option<Timestamp>,
    /// Up to here; `None`: to the end.
    pub until: Option<Timestamp>,
}

/// The purpose of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListingPurpose {
    /// To find the activities that the platform has and those that are missing on it.
    Sync,
    /// To see a time window right before a write. Missing activities are not concluded from it.
    Precheck,
}

impl ListingPurpose {
    /// The name in the table.
    fn name(self) -> &'static str {
        match self {
            ListingPurpose::Sync => "sync",
            ListingPurpose::Precheck => "precheck",
        }
    }
}

/// How far down a list was read: lists begin with the newest activity.
///
/// An account has 1,000 activities, listed in pages of 100. Which is missing if the listing did not show it, and where a later
/// listing may stop, follows from the depth and the [`Coverage`]:
///
/// | command | read | depth | coverage | a later one |
/// |---|---|---|---|---|
/// | the first `gs-fetch`, `gs-fetch --full` | ten pages | `End` | all time | may stop at a page without news |
/// | `gs-fetch` on the next day | one page, 98 of it known | `Stopped` | from the last start on that page | as before |
/// | the first with `--newest 250` | three pages, cut to 250 | `Limit` | from the 250th start | may stop, with this limit or a lower one |
/// | `gs-fetch --since 30d` | one page, the end of that time | `End` | the 30 days | as before |
/// | a precheck of an upload | the page that shows its day | `Stopped` | from the last start on that page | as before |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListingDepth {
    /// The last page was read.
    End,
    /// The limit for the number of activities was reached. No time range was asked for.
    Limit,
    /// It stopped earlier: at a page without news, or once it had shown the requested part.
    #[default]
    Stopped,
}

/// How far a listing got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListingResult {
    /// The time range that it covers.
    pub coverage: Coverage,
    /// How far down the list was read.
    pub depth: ListingDepth,
    /// It has no gap: it started at the newest activity and ended where everything older is known.
    pub contiguous: bool,
    /// Activities that it showed.
    pub items: u64,
}

impl ListingResult {
    /// Whether later listings may stop at what this one showed: it reached the end of everything, or its limit.
    fn is_base(&self) -> bool {
        match self.depth {
            ListingDepth::End => self.coverage == Coverage::default(),
            ListingDepth::Limit => true,
            ListingDepth::Stopped => false,
        }
    }
}

/// The result of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListingVerdict {
    /// Whether it is accepted.
    pub accepted: bool,
    /// How many activities were known before, in the time range that it covers.
    pub known: u64,
    /// How many of those are missing in it.
    pub missing: u64,
}

/// The newest listing of a platform that was made for a sync; not a precheck.
#[derive(Debug, Clone, PartialEq)]
pub struct NewestListing {
    /// The run that made it.
    pub run: String,
    /// When it started.
    pub started: Timestamp,
    /// When it ended; `None`: it was killed, or still runs.
    pub finished: Option<Timestamp>,
    /// It succeeded, as far as it went, and is plausible.
    pub accepted: bool,
    /// It was not accepted, because too many known activities were missing in it.
    pub implausible: bool,
    /// Why it was not accepted.
    pub reason: Option<Reason>,
}

/// The time ranges for which the activities of a platform are known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ListingCoverage {
    /// Why nothing may be concluded now: the newest listing is incomplete or was not accepted, or there is none.
    pub unusable_reason: Option<Reason>,
    /// The run of that listing.
    pub run: Option<String>,
    /// The time ranges of listings that reached the end, or the limit asked for.
    pub spans: Vec<Coverage>,
}

impl Coverage {
    /// Whether it shows every activity of that time. An unknown time is only contained if there are no limits.
    pub fn contains(&self, time: Option<Timestamp>) -> bool {
        match time {
            Some(time) => self.from.is_none_or(|from| from <= time) && self.until.is_none_or(|until| time < until),
            None => self.from.is_none() && self.until.is_none(),
        }
    }
}

/// Rows of one platform in a time range: `?1` platform, `?2` from, `?3` until. A row without a start is only in a range
/// without limits.
const COVERED: &str = "platform = ?1 AND ((?2 IS NULL AND ?3 IS NULL)
    OR (start_time >= ifnull(?2, start_time) AND start_time < ifnull(?3, start_time + 1)))";

/// How many activities may be missing in an account of any size: people delete by hand.
const PLAUSIBLY_DELETED: i64 = 2;
/// Two listings in which the same activities are missing are accepted if they are this far apart, in seconds. Failing
/// services recover earlier.
const APART_S: i64 = 3600;
/// Listings older than this are ignored, in seconds.
const MEMORY_S: i64 = 30 * 86_400;

/// Whether a listing that shows `kept` of the known activities, and in which `missing` of them are missing, is implausible:
/// all are missing, or more than a tenth and more than a few.
pub fn is_implausible(missing: i64, kept: i64) -> bool {
    missing > 0 && (kept == 0 || (missing > PLAUSIBLY_DELETED && missing * 10 > missing + kept))
}

/// A digest of the activities that are missing in a listing within its coverage.
fn missing_digest(
    tx: &Transaction,
    (listing, platform): (i64, &str),
    (from, until): (Option<i64>, Option<i64>),
) -> rusqlite::Result<String> {
    let sql = format!(
        "SELECT id FROM activities WHERE {COVERED} AND missing_count = 0 AND first_listing IS NOT NULL AND last_listing < ?4
         ORDER BY id"
    );
    let mut statement = tx.prepare_cached(&sql)?;
    let mut digest = Sha256::new();
    for id in statement.query_map(params![platform, from, until, listing], |row| row.get::<_, String>(0))? {
        digest.update(id?);
        digest.update(b"\n");
    }
    Ok(hex::encode(&digest.finalize()))
}

/// Whether the same activities were missing in a listing a while ago, and no listing since then contradicts it: none showed
/// one of them, and no listing with the same coverage was missing other activities. Listings that do not cover them are
/// ignored.
fn has_repeated(
    tx: &Transaction,
    (listing, platform): (i64, &str),
    (from, until): (Option<i64>, Option<i64>),
    missing: &str,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM listings one WHERE one.platform = ?1 AND missing = ?5 AND started_at BETWEEN ?6 AND ?7
        AND NOT EXISTS (SELECT 1 FROM activities WHERE {COVERED} AND missing_count = 0 AND first_listing IS NOT NULL
            AND last_listing < ?4 AND last_listing > one.number)
        AND NOT EXISTS (SELECT 1 FROM listings other WHERE other.platform = ?1 AND other.number > one.number
            AND other.purpose = 'sync' AND other.missing <> ?5
            AND ifnull(other.from_time <= ?2, other.from_time IS NULL)
            AND ifnull(other.until_time >= ?3, other.until_time IS NULL)))"
    );
    let now = now.as_second();
    tx.prepare_cached(&sql)?
        .query_row(params![platform, from, until, listing, missing, now - MEMORY_S, now - APART_S], |row| row.get(0))
}

/// Confirms the uploads whose new activity this listing shows.
fn confirm_uploads(tx: &Transaction, platform: &str, listing: i64, now: Timestamp) -> rusqlite::Result<()> {
    let is_named = is_named();
    tx.prepare_cached(&format!(
        "UPDATE uploads SET confirmed_at = ?3 WHERE to_platform = ?1 AND confirmed_at IS NULL AND to_id IS NOT NULL
            AND EXISTS (SELECT 1 FROM activities a WHERE {is_named} AND a.last_listing >= ?2)",
    ))?
    .execute(params![platform, listing, now.as_second()])
    .map(drop)
}

impl Catalogue {
    /// Starts a listing; until [`Catalogue::finish_listing`] it counts as incomplete.
    pub fn begin_listing(&mut self, platform: &str, run: &str, purpose: ListingPurpose, now: Timestamp) -> Result<i64> {
        self.write(|tx| {
            tx.prepare_cached("INSERT INTO listings (platform, run, started_at, purpose) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![platform, run, now.as_second(), purpose.name()])?;
            Ok(tx.last_insert_rowid())
        })
    }

    /// Ends a listing, and decides whether it is accepted and which activities are missing.
    ///
    /// A listing in which too many known activities are missing (all, or more than a tenth and more than a few) is not
    /// accepted unless `accept_missing`: failing services have returned empty lists. It is accepted if exactly the same
    /// activities were missing in another listing an hour or longer before. `has_account`: whether the platform has an
    /// account, for the reason.
    pub fn finish_listing(
        &mut self,
        (listing, platform): (i64, &str),
        result: &ListingResult,
        (accept_missing, has_account): (bool, bool),
        now: Timestamp,
    ) -> Result<ListingVerdict> {
        let coverage = result.coverage;
        let (from, until) = (coverage.from.map(Timestamp::as_second), coverage.until.map(Timestamp::as_second));
        self.write(|tx| {
            // A listing whose account was forgotten meanwhile has no row, and nothing is concluded from it.
            let detects_missing = tx
                .prepare_cached("SELECT purpose FROM listings WHERE number = ?1")?
                .query_row([listing], |row| row.get::<_, String>(0))
                .optional()?
                .is_some_and(|purpose| purpose == ListingPurpose::Sync.name());
            let count = |condition: &str| {
                tx.prepare_cached(&format!("SELECT count(*) FROM activities WHERE {COVERED} AND {condition}"))?
                    .query_row(params![platform, from, until, listing], |row| row.get::<_, i64>(0))
            };
            // Activities that were deleted from here are expected to be missing.
            let missing = count(
                "missing_count = 0 AND first_listing IS NOT NULL AND last_listing < ?4 AND NOT EXISTS
                 (SELECT 1 FROM deletions d WHERE d.platform = activities.platform AND d.id = activities.id
                    AND (d.outcome IS NULL OR d.outcome = 'deleted'))",
            )?;
            let kept = count("last_listing >= ?4 AND first_listing < ?4")?;
            // Listings run in parallel: an activity in a listing that started later was shown since this one started.
            let implausible = is_implausible(missing, kept);
            let digest = match implausible && detects_missing {
                true => Some(missing_digest(tx, (listing, platform), (from, until))?),
                false => None,
            };
            let repeats = match &digest {
                Some(digest) => has_repeated(tx, (listing, platform), (from, until), digest, now)?,
                None => false,
            };
            let accepted = accept_missing || !implausible || repeats;
            if accepted && detects_missing {
                tx.prepare_cached(&format!(
                    "UPDATE activities SET missing_count = missing_count + 1,
                        missing_since = ifnull(missing_since, (SELECT started_at FROM listings WHERE number = ?4))
                     WHERE {COVERED} AND first_listing IS NOT NULL AND last_listing < ?4"
                ))?
                .execute(params![platform, from, until, listing])?;
            }
            if accepted && result.contiguous {
                let sql =
                    "UPDATE activities SET contiguous = 1 WHERE platform = ?1 AND last_listing >= ?2 AND NOT contiguous";
                tx.prepare_cached(sql)?.execute(params![platform, listing])?;
            }
            if accepted {
                confirm_uploads(tx, platform, listing, now)?;
            }
            let reason = Reason::ListingImplausible {
                missing: missing.unsigned_abs(),
                known: (missing + kept).unsigned_abs(),
                has_account,
            };
            let reason = (!accepted).then(|| reason.to_json());
            tx.prepare_cached(
                "UPDATE listings SET finished_at = ?2, accepted = ?3, complete = ?4, base = ?5, from_time = ?6,
                    until_time = ?7, items = ?8, reason = ?9, implausible = ?10, missing = ?11 WHERE number = ?1",
            )?
            .execute(params![
                listing,
                now.as_second(),
                accepted,
                accepted && result.depth == ListingDepth::End,
                accepted && result.is_base(),
                from,
                until,
                i64::try_from(result.items).unwrap_or(i64::MAX),
                reason,
                !accepted,
                digest
            ])?;
            Ok(ListingVerdict {
                accepted,
                known: (missing + kept).unsigned_abs(),
                missing: missing.unsigned_abs(),
            })
        })
    }

    /// Ends an incomplete listing: nothing is concluded from it.
    pub fn abort_listing(&mut self, listing: i64, items: u64, reason: &Reason, now: Timestamp) -> Result<()> {
        self.write(|tx| {
            tx.prepare_cached("UPDATE listings SET finished_at = ?2, items = ?3, reason = ?4 WHERE number = ?1")?
                .execute(params![listing, now.as_second(), i64::try_from(items).unwrap_or(i64::MAX), reason.to_json()])
                .map(drop)
        })
    }

    /// When the newest listing started that is a base for incremental ones: it reached the end, or showed at least `newest`
    /// activities.
    pub fn last_base_listing(&self, platform: &str, newest: Option<u64>) -> Result<Option<Timestamp>> {
        let enough = newest.map_or(i64::MAX, |n| i64::try_from(n).unwrap_or(i64::MAX));
        let sql = "SELECT started_at FROM listings WHERE platform = ?1 AND base
            AND ((from_time IS NULL AND until_time IS NULL) OR items >= ?2) ORDER BY number DESC LIMIT 1";
        self.time_of(sql, params![platform, enough])
    }

    /// Whether a listing was implausible, and no listing that reached the end or the requested limit was accepted since: it
    /// is still unknown what is missing.
    pub fn is_listing_unconfirmed(&self, platform: &str) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM listings WHERE platform = ?1 AND implausible AND purpose = 'sync' AND number >
            (SELECT ifnull(max(number), 0) FROM listings WHERE platform = ?1 AND base AND accepted))";
        self.done(self.connection.query_row(sql, [platform], |row| row.get(0)))
    }

    /// The number of the last accepted listing before `listing`; 0 if there is none.
    pub fn last_accepted_before(&self, platform: &str, listing: i64) -> Result<i64> {
        let sql = "SELECT ifnull(max(number), 0) FROM listings WHERE platform = ?1 AND number < ?2
            AND accepted AND purpose = 'sync'";
        self.done(self.connection.query_row(sql, params![platform, listing], |row| row.get(0)))
    }

    /// Whether the platform is known to have an activity, from an accepted listing: then an empty list is implausible.
    pub fn has_listed_activities(&self, platform: &str) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM listings WHERE platform = ?1 AND accepted AND items > 0)
            AND EXISTS (SELECT 1 FROM activities WHERE platform = ?1 AND first_listing IS NOT NULL AND missing_count = 0)";
        self.done(self.connection.query_row(sql, [platform], |row| row.get(0)))
    }

    /// Whether a listing of everything was ever accepted, however few activities it showed.
    pub fn was_listed(&self, platform: &str) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM listings WHERE platform = ?1 AND accepted AND base)";
        self.done(self.connection.query_row(sql, [platform], |row| row.get(0)))
    }

    /// Whether an accepted listing ever went from the newest activity to the oldest.
    pub fn was_listed_whole(&self, platform: &str) -> Result<bool> {
        let sql =
            "SELECT EXISTS (SELECT 1 FROM listings WHERE platform = ?1 AND accepted AND complete AND purpose = 'sync'
            AND from_time IS NULL AND until_time IS NULL)";
        self.done(self.connection.query_row(sql, [platform], |row| row.get(0)))
    }

    /// The time ranges for which the activities of `platform` are known, as the run `run` sees them.
    ///
    /// A listing without an end is being made by another process, or was killed: it is ignored, and the coverage before it
    /// still applies. A listing of the same run was killed, and later commands of the run must not continue as if it had
    /// ended.
    pub fn listing_coverage(&self, platform: &str, run: &str) -> Result<ListingCoverage> {
        let newest = self.connection.query_row(
            "SELECT accepted, reason, run FROM listings WHERE platform = ?1 AND purpose = 'sync'
                AND (finished_at IS NOT NULL OR accepted OR run = ?2) ORDER BY number DESC LIMIT 1",
            [platform, run],
            |row| Ok((row.get("accepted")?, row.reason("reason")?, row.get("run")?)),
        );
        let (unusable_reason, run) = match self.done(newest.optional())? {
            None => (Some(Reason::PlatformNeverListed), None),
            Some((true, _, run)) => (None, Some(run)),
            Some((false, reason, run)) => (Some(reason.unwrap_or(Reason::ListingIncomplete)), Some(run)),
        };
        let spans = self.spans("accepted AND (base OR complete)", platform, Timestamp::UNIX_EPOCH)?;
        Ok(ListingCoverage { unusable_reason, run, spans })
    }

    /// The coverage of accepted listings that started between `since` and `now`. A listing with a later start had a wrong
    /// clock, and its age is unknown.
    pub fn listed_since(&self, platform: &str, since: Timestamp, now: Timestamp) -> Result<Vec<Coverage>> {
        self.spans(&format!("accepted AND started_at <= {}", now.as_second()), platform, since)
    }

    fn spans(&self, condition: &str, platform: &str, since: Timestamp) -> Result<Vec<Coverage>> {
        let sql = format!(
            "SELECT from_time, until_time FROM listings WHERE platform = ?1 AND started_at >= ?2 AND {condition}
             GROUP BY from_time, until_time ORDER BY max(number) DESC LIMIT 1000"
        );
        let spans = self.connection.prepare_cached(&sql).and_then(|mut statement| {
            let span = statement.query_map(params![platform, since.as_second()], |row| {
                Ok(Coverage { from: row.time("from_time")?, until: row.time("until_time")? })
            })?;
            span.collect()
        });
        self.done(spans)
    }

    /// The starts of all activities that a listing without a gap after them has shown, missing ones included, the newest
    /// first.
    pub fn contiguous_starts(&self, platform: &str) -> Result<Vec<Timestamp>> {
        let sql = "SELECT start_time FROM activities WHERE platform = ?1 AND contiguous AND start_time IS NOT NULL
            ORDER BY start_time DESC";
        let rows = self.connection.prepare_cached(sql).and_then(|mut statement| {
            statement.query_map([platform], |row| row.get::<_, i64>(0))?.collect::<rusqlite::Result<Vec<_>>>()
        });
        Ok(self.done(rows)?.into_iter().filter_map(|seconds| time(Some(seconds))).collect())
    }

    /// The listing after which every activity that is shown for the first time is new: the newest full one, else the first
    /// that went as far as requested; `None` if there is none.
    pub fn first_listing_with_news(&self, platform: &str) -> Result<Option<i64>> {
        let sql = "SELECT ifnull(
            (SELECT max(number) FROM listings WHERE platform = ?1 AND complete AND base AND from_time IS NULL
                AND until_time IS NULL),
            (SELECT min(number) FROM listings WHERE platform = ?1 AND accepted AND base))";
        self.done(self.connection.query_row(sql, [platform], |row| row.get(0)))
    }

    /// The start of the newest activity before which no activity is unknown.
    pub fn newest_contiguous(&self, platform: &str) -> Result<Option<Timestamp>> {
        let sql = "SELECT max(start_time) FROM activities WHERE platform = ?1 AND contiguous AND missing_count = 0";
        self.time_of(sql, [platform])
    }

    /// The time that a query for one column gives; nothing if it has no row or no value.
    fn time_of(&self, sql: &str, values: impl Params) -> Result<Option<Timestamp>> {
        let row = self.connection.query_row(sql, values, |row| row.time(0)).optional();
        Ok(self.done(row)?.flatten())
    }

    /// When the newest accepted listing ended. A listing from the future is ignored.
    pub fn last_listing(&self, platform: &str, now: Timestamp) -> Result<Option<Timestamp>> {
        let sql = "SELECT finished_at FROM listings WHERE platform = ?1 AND accepted AND purpose = 'sync' AND finished_at <= ?2
            ORDER BY number DESC LIMIT 1";
        self.time_of(sql, params![platform, clock::latest(now)])
    }

    /// When the newest accepted listing ended that went from the newest activity to the oldest. One from the future is
    /// ignored.
    pub fn last_complete_listing(&self, platform: &str, now: Timestamp) -> Result<Option<Timestamp>> {
        let sql = "SELECT finished_at FROM listings WHERE platform = ?1 AND complete AND from_time IS NULL
            AND until_time IS NULL AND finished_at <= ?2 ORDER BY number DESC LIMIT 1";
        self.time_of(sql, params![platform, clock::latest(now)])
    }

    /// The newest listing, accepted or not.
    pub fn newest_listing(&self, platform: &str) -> Result<Option<NewestListing>> {
        let sql = "SELECT * FROM listings WHERE platform = ?1 AND purpose = 'sync' ORDER BY number DESC LIMIT 1";
        let row = self.connection.query_row(sql, [platform], |row| {
            Ok(NewestListing {
                run: row.get("run")?,
                started: row.known_time("started_at")?,
                finished: row.time("finished_at")?,
                accepted: row.get("accepted")?,
                implausible: row.get("implausible")?,
                reason: row.reason("reason")?,
            })
        });
        self.done(row.optional())
    }

    /// The sports of all activities: FIT's names and the platforms' own.
    pub fn sports(&self) -> Result<Vec<String>> {
        let sql = "SELECT sport FROM activities WHERE sport IS NOT NULL
            UNION SELECT sub_sport FROM activities WHERE sub_sport IS NOT NULL
            UNION SELECT platform_sport FROM activities WHERE platform_sport IS NOT NULL";
        let names =
            self.connection.prepare(sql).and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect());
        self.done(names)
    }

    /// The platforms that were ever listed or have an activity.
    pub fn platforms(&self) -> Result<Vec<String>> {
        let names = self
            .connection
            .prepare(&format!("SELECT DISTINCT platform FROM listings UNION SELECT * FROM ({PLATFORMS}) ORDER BY 1"))
            .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect());
        self.done(names)
    }
}
