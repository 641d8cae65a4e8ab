//! The table of listings: how far each could be believed, and what is concluded from it.
//!
//! That an activity is gone is only ever concluded from a listing that should have shown it: one whose end was seen,
//! or, of one that stopped early, the part of time that it did cover.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use super::{Catalogue, Result};
use crate::clock;
use crate::hex;
use crate::reason::Reason;

/// The part of time for which a listing tells who is there and who is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coverage {
    /// From here on; `None`: from the beginning.
    pub from: Option<Timestamp>,
    /// Up to here; `None`: to the end.
    pub until: Option<Timestamp>,
}

/// How far a listing got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reached {
    /// The part of time it covers.
    pub coverage: Coverage,
    /// Its end was seen.
    pub complete: bool,
    /// It went to the end, or as far as it was asked to, and did not stop at what was known.
    pub base: bool,
    /// It left no hole: it began at the newest and ended where all below is known.
    pub seamless: bool,
    /// That something is gone may be concluded from it.
    pub concludes: bool,
    /// Entries it showed.
    pub items: u64,
}

/// What came of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// Whether it was believed.
    pub believed: bool,
    /// How many were known before, in the part of time it covers.
    pub known: u64,
    /// How many of those it did not show.
    pub gone: u64,
}

/// The newest listing of a platform that was to tell what is there and what is gone; not a look before a write.
#[derive(Debug, Clone, PartialEq)]
pub struct NewestListing {
    /// The run that made it.
    pub run: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; nothing: it was killed, or still runs.
    pub finished: Option<Timestamp>,
    /// It went well, as far as it went.
    pub believed: bool,
    /// It was not believed, as it lacked too much of what was known.
    pub shrunk: bool,
    /// Why nothing is concluded from it.
    pub reason: Option<Reason>,
}

/// For which parts of time it is known what is on a platform.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Knowledge {
    /// Why nothing may be concluded now: the newest listing was cut or not believed, or there is none.
    pub none_because: Option<Reason>,
    /// The run of that listing.
    pub run: Option<String>,
    /// What listings that went as far as they were asked cover.
    pub spans: Vec<Coverage>,
}

impl Coverage {
    /// Whether it tells who is there at that time; of an unknown time only what covers all of time does.
    pub fn holds(&self, time: Option<Timestamp>) -> bool {
        match time {
            Some(time) => self.from.is_none_or(|from| from <= time) && self.until.is_none_or(|until| time < until),
            None => self.from.is_none() && self.until.is_none(),
        }
    }
}

/// Rows of one platform in a part of time: `?1` platform, `?2` from, `?3` until. A row without a start is only in the
/// whole of time.
const COVERED: &str = "platform = ?1 AND ((?2 IS NULL AND ?3 IS NULL)
    OR (start_time >= ifnull(?2, start_time) AND start_time < ifnull(?3, start_time + 1)))";

/// So many activities may be missing in an account of any size: people delete by hand.
const PLAUSIBLY_DELETED: i64 = 2;
/// Two listings that lack the same are believed if they lie so far apart. Services in trouble recover within less.
const APART_S: i64 = 3600;
/// A listing from longer ago says nothing about today.
const MEMORY_S: i64 = 30 * 86_400;

/// Whether a listing that shows `kept` of the known activities and lacks `gone` of them lacks too much to be believed at
/// once: all of them, or more than a tenth and more than a few.
pub fn is_shrunk(gone: i64, kept: i64) -> bool {
    gone > 0 && (kept == 0 || (gone > PLAUSIBLY_DELETED && gone * 10 > gone + kept))
}

/// A digest of the activities that a listing lacks within what it covers.
fn missing(
    tx: &Transaction,
    (listing, platform): (i64, &str),
    (from, until): (Option<i64>, Option<i64>),
) -> rusqlite::Result<String> {
    let sql = format!(
        "SELECT id FROM activities WHERE {COVERED} AND absences = 0 AND first_listing IS NOT NULL AND last_listing < ?4
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

/// Whether a listing a while ago lacked the same, and none since then said otherwise: none has shown one of what is missing,
/// and none that covers as much as this one lacked something else. One of a part that does not reach what is missing says
/// nothing of it, however well it went.
fn has_repeated(
    tx: &Transaction,
    (listing, platform): (i64, &str),
    (from, until): (Option<i64>, Option<i64>),
    missing: &str,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM listings one WHERE one.platform = ?1 AND missing = ?5 AND started BETWEEN ?6 AND ?7
        AND NOT EXISTS (SELECT 1 FROM activities WHERE {COVERED} AND absences = 0 AND first_listing IS NOT NULL
            AND last_listing < ?4 AND last_listing > one.number)
        AND NOT EXISTS (SELECT 1 FROM listings other WHERE other.platform = ?1 AND other.number > one.number
            AND NOT other.look AND other.missing <> ?5
            AND ifnull(other.from_time <= ?2, other.from_time IS NULL)
            AND ifnull(other.until_time >= ?3, other.until_time IS NULL)))"
    );
    let now = now.as_second();
    tx.prepare_cached(&sql)?
        .query_row(params![platform, from, until, listing, missing, now - MEMORY_S, now - APART_S], |row| row.get(0))
}

/// Transfers whose entry this listing shows have arrived beyond doubt.
fn read_back(tx: &Transaction, platform: &str, listing: i64, now: Timestamp) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE transfers SET confirmed = ?3 WHERE to_platform = ?1 AND confirmed IS NULL AND to_id IS NOT NULL
            AND EXISTS (SELECT 1 FROM activities a WHERE a.platform = ?1 AND a.id = to_id AND a.last_listing >= ?2)",
    )?
    .execute(params![platform, listing, now.as_second()])
    .map(drop)
}

impl Catalogue {
    /// Begins a listing; until [`Catalogue::finish_listing`] it counts as cut. `look`: it is one before a write.
    pub fn begin_listing(&mut self, platform: &str, run: &str, look: bool, now: Timestamp) -> Result<i64> {
        self.write(|tx| {
            tx.prepare_cached("INSERT INTO listings (platform, run, started, look) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![platform, run, now.as_second(), look])?;
            Ok(tx.last_insert_rowid())
        })
    }

    /// Ends a listing that got as far as `coverage` says, and concludes who is gone.
    ///
    /// One that lacks too much of what was known (all of it, or more than a tenth and more than a few) is not believed unless
    /// `accept_missing`: services have answered with an empty list on a bad day. Nothing is then concluded from it, unless
    /// another listing lacked exactly the same an hour or longer before. `has_account`: whether it is of an account, for the
    /// reason.
    pub fn finish_listing(
        &mut self,
        (listing, platform): (i64, &str),
        reached: &Reached,
        (accept_missing, has_account): (bool, bool),
        now: Timestamp,
    ) -> Result<Settled> {
        let coverage = reached.coverage;
        let (from, until) = (coverage.from.map(Timestamp::as_second), coverage.until.map(Timestamp::as_second));
        self.write(|tx| {
            let count = |condition: &str| {
                tx.prepare_cached(&format!("SELECT count(*) FROM activities WHERE {COVERED} AND {condition}"))?
                    .query_row(params![platform, from, until, listing], |row| row.get::<_, i64>(0))
            };
            // What was deleted from here is no surprise.
            let gone = count(
                "absences = 0 AND first_listing IS NOT NULL AND last_listing < ?4 AND NOT EXISTS
                 (SELECT 1 FROM deletions d WHERE d.platform = activities.platform AND d.id = activities.id
                    AND (d.outcome IS NULL OR d.outcome = 'deleted'))",
            )?;
            let kept = count("last_listing >= ?4 AND first_listing < ?4")?;
            // Listings run side by side: who was seen by one that began later has been seen since this one began.
            let shrunk = is_shrunk(gone, kept);
            let missing = match shrunk && reached.concludes {
                true => Some(missing(tx, (listing, platform), (from, until))?),
                false => None,
            };
            let repeats = match &missing {
                Some(missing) => has_repeated(tx, (listing, platform), (from, until), missing, now)?,
                None => false,
            };
            let believed = accept_missing || !shrunk || repeats;
            if believed && reached.concludes {
                tx.prepare_cached(&format!(
                    "UPDATE activities SET absences = absences + 1,
                        absent_since = ifnull(absent_since, (SELECT started FROM listings WHERE number = ?4))
                     WHERE {COVERED} AND first_listing IS NOT NULL AND last_listing < ?4"
                ))?
                .execute(params![platform, from, until, listing])?;
            }
            if believed && reached.seamless {
                let sql =
                    "UPDATE activities SET anchored = 1 WHERE platform = ?1 AND last_listing >= ?2 AND NOT anchored";
                tx.prepare_cached(sql)?.execute(params![platform, listing])?;
            }
            if believed {
                read_back(tx, platform, listing, now)?;
            }
            let reason = Reason::ListingImplausible {
                missing: gone.unsigned_abs(),
                known: (gone + kept).unsigned_abs(),
                has_account,
            };
            let reason = (!believed).then(|| reason.to_json());
            tx.prepare_cached(
                "UPDATE listings SET finished = ?2, believed = ?3, complete = ?4, base = ?5, from_time = ?6,
                    until_time = ?7, items = ?8, reason = ?9, shrunk = ?10, missing = ?11 WHERE number = ?1",
            )?
            .execute(params![
                listing,
                now.as_second(),
                believed,
                believed && reached.complete,
                believed && reached.base,
                from,
                until,
                i64::try_from(reached.items).unwrap_or(i64::MAX),
                reason,
                !believed,
                missing
            ])?;
            Ok(Settled { believed, known: (gone + kept).unsigned_abs(), gone: gone.unsigned_abs() })
        })
    }

    /// Ends a listing that was cut: nothing is concluded from it.
    pub fn cut_listing(&mut self, listing: i64, items: u64, reason: &Reason, now: Timestamp) -> Result<()> {
        self.write(|tx| {
            tx.prepare_cached("UPDATE listings SET finished = ?2, items = ?3, reason = ?4 WHERE number = ?1")?
                .execute(params![listing, now.as_second(), i64::try_from(items).unwrap_or(i64::MAX), reason.to_json()])
                .map(drop)
        })
    }

    /// When the newest listing began on which those that stop early can build: one that went to the end, or at least as
    /// far as `newest` entries.
    pub fn last_base_listing(&self, platform: &str, newest: Option<u64>) -> Result<Option<Timestamp>> {
        let enough = newest.map_or(i64::MAX, |n| i64::try_from(n).unwrap_or(i64::MAX));
        let sql = "SELECT started FROM listings WHERE platform = ?1 AND base
            AND ((from_time IS NULL AND until_time IS NULL) OR items >= ?2) ORDER BY number DESC LIMIT 1";
        let seconds = self.connection.query_row(sql, params![platform, enough], |row| row.get::<_, i64>(0)).optional();
        Ok(self.done(seconds)?.and_then(|seconds| Timestamp::from_second(seconds).ok()))
    }

    /// Whether a listing lacked too much to be believed, and none since that went to the end, or as far as it was asked to,
    /// was believed: what is missing is still to be found out.
    pub fn is_in_doubt(&self, platform: &str) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM listings WHERE platform = ?1 AND shrunk AND NOT look AND number >
            (SELECT ifnull(max(number), 0) FROM listings WHERE platform = ?1 AND base AND believed))";
        self.done(self.connection.query_row(sql, [platform], |row| row.get(0)))
    }

    /// The number of the last listing before `listing` that went well; 0 if there is none.
    pub fn last_believed_before(&self, platform: &str, listing: i64) -> Result<i64> {
        let sql = "SELECT ifnull(max(number), 0) FROM listings WHERE platform = ?1 AND number < ?2
            AND believed AND NOT look";
        self.done(self.connection.query_row(sql, params![platform, listing], |row| row.get(0)))
    }

    /// Whether an activity is known to be there, from a listing that was believed: then a list without any activity speaks
    /// against itself.
    pub fn is_filled(&self, platform: &str) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM listings WHERE platform = ?1 AND believed AND items > 0)
            AND EXISTS (SELECT 1 FROM activities WHERE platform = ?1 AND first_listing IS NOT NULL AND absences = 0)";
        self.done(self.connection.query_row(sql, [platform], |row| row.get(0)))
    }

    /// Whether a listing of everything was ever believed, however little it showed.
    pub fn was_listed(&self, platform: &str) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM listings WHERE platform = ?1 AND believed AND base)";
        self.done(self.connection.query_row(sql, [platform], |row| row.get(0)))
    }

    /// Whether a listing that was believed has ever gone from the newest entry to the oldest.
    pub fn was_listed_whole(&self, platform: &str) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM listings WHERE platform = ?1 AND believed AND complete AND NOT look
            AND from_time IS NULL AND until_time IS NULL)";
        self.done(self.connection.query_row(sql, [platform], |row| row.get(0)))
    }

    /// For which parts of time it is known what is on `platform`, as the run `run` sees it.
    ///
    /// A listing without an end is being made by another process, or was killed: it says nothing, and what was known before
    /// still holds. In one's own run it is one that was killed, and what comes after it must not go on as if it had ended.
    pub fn knowledge(&self, platform: &str, run: &str) -> Result<Knowledge> {
        let newest = self.connection.query_row(
            "SELECT believed, reason, run FROM listings WHERE platform = ?1 AND NOT look
                AND (finished IS NOT NULL OR believed OR run = ?2) ORDER BY number DESC LIMIT 1",
            [platform, run],
            |row| Ok((row.get::<_, bool>(0)?, row.get::<_, Option<String>>(1)?, row.get::<_, String>(2)?)),
        );
        let (none_because, run) = match self.done(newest.optional())? {
            None => (Some(Reason::NotListed), None),
            Some((true, _, run)) => (None, Some(run)),
            Some((false, reason, run)) => {
                (Some(reason.map_or(Reason::ListingIncomplete, |json| Reason::from_json(&json))), Some(run))
            }
        };
        let spans = self.spans("believed AND (base OR complete)", platform, Timestamp::UNIX_EPOCH)?;
        Ok(Knowledge { none_because, run, spans })
    }

    /// What believed listings cover that began between `since` and `now`. One that seems to have begun later was made under
    /// a clock that was wrong, and how old it is nobody knows.
    pub fn listed_since(&self, platform: &str, since: Timestamp, now: Timestamp) -> Result<Vec<Coverage>> {
        self.spans(&format!("believed AND started <= {}", now.as_second()), platform, since)
    }

    fn spans(&self, condition: &str, platform: &str, since: Timestamp) -> Result<Vec<Coverage>> {
        let sql = format!(
            "SELECT from_time, until_time FROM listings WHERE platform = ?1 AND started >= ?2 AND {condition}
             GROUP BY from_time, until_time ORDER BY max(number) DESC LIMIT 1000"
        );
        let spans = self.connection.prepare_cached(&sql).and_then(|mut statement| {
            let time = |seconds: Option<i64>| seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
            let span = statement.query_map(params![platform, since.as_second()], |row| {
                Ok(Coverage { from: time(row.get(0)?), until: time(row.get(1)?) })
            })?;
            span.collect()
        });
        self.done(spans)
    }

    /// The starts of all entries that a listing without a hole below them has shown, whether they are still there or not, the
    /// newest first.
    pub fn anchored_starts(&self, platform: &str) -> Result<Vec<Timestamp>> {
        let sql = "SELECT start_time FROM activities WHERE platform = ?1 AND anchored AND start_time IS NOT NULL
            ORDER BY start_time DESC";
        let rows = self.connection.prepare_cached(sql).and_then(|mut statement| {
            statement.query_map([platform], |row| row.get::<_, i64>(0))?.collect::<rusqlite::Result<Vec<_>>>()
        });
        Ok(self.done(rows)?.into_iter().filter_map(|seconds| Timestamp::from_second(seconds).ok()).collect())
    }

    /// The listing after which every activity that is shown first is a new one: the newest of everything, else the first that
    /// went as far as it was asked; nothing if there is none.
    pub fn news_begin_after(&self, platform: &str) -> Result<Option<i64>> {
        let sql = "SELECT ifnull(
            (SELECT max(number) FROM listings WHERE platform = ?1 AND complete AND base AND from_time IS NULL
                AND until_time IS NULL),
            (SELECT min(number) FROM listings WHERE platform = ?1 AND believed AND base))";
        self.done(self.connection.query_row(sql, [platform], |row| row.get(0)))
    }

    /// The newest start of an entry below which nothing is unknown.
    pub fn newest_anchored(&self, platform: &str) -> Result<Option<Timestamp>> {
        let sql = "SELECT max(start_time) FROM activities WHERE platform = ?1 AND anchored AND absences = 0";
        let seconds = self.connection.query_row(sql, [platform], |row| row.get::<_, Option<i64>>(0));
        Ok(self.done(seconds)?.and_then(|seconds| Timestamp::from_second(seconds).ok()))
    }

    /// When the newest listing that went well ended: the last sync. One from the future tells no time.
    pub fn last_sync(&self, platform: &str, now: Timestamp) -> Result<Option<Timestamp>> {
        let sql = "SELECT finished FROM listings WHERE platform = ?1 AND believed AND NOT look AND finished <= ?2
            ORDER BY number DESC LIMIT 1";
        let values = params![platform, clock::latest(now)];
        let seconds = self.connection.query_row(sql, values, |row| row.get::<_, i64>(0)).optional();
        Ok(self.done(seconds)?.and_then(|seconds| Timestamp::from_second(seconds).ok()))
    }

    /// When the newest listing ended that was believed and went from the newest entry to the oldest. One from the future
    /// tells no time.
    pub fn last_complete_listing(&self, platform: &str, now: Timestamp) -> Result<Option<Timestamp>> {
        let sql = "SELECT finished FROM listings WHERE platform = ?1 AND complete AND from_time IS NULL
            AND until_time IS NULL AND finished <= ?2 ORDER BY number DESC LIMIT 1";
        let values = params![platform, clock::latest(now)];
        let seconds = self.connection.query_row(sql, values, |row| row.get::<_, i64>(0)).optional();
        Ok(self.done(seconds)?.and_then(|seconds| Timestamp::from_second(seconds).ok()))
    }

    /// The newest listing, however it went.
    pub fn newest_listing(&self, platform: &str) -> Result<Option<NewestListing>> {
        let sql = "SELECT run, started, finished, believed, shrunk, reason FROM listings
            WHERE platform = ?1 AND NOT look ORDER BY number DESC LIMIT 1";
        let row = self.connection.query_row(sql, [platform], |row| {
            let time = |seconds: Option<i64>| seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
            Ok(NewestListing {
                run: row.get(0)?,
                started: time(row.get(1)?).unwrap_or(Timestamp::UNIX_EPOCH),
                finished: time(row.get(2)?),
                believed: row.get(3)?,
                shrunk: row.get(4)?,
                reason: row.get::<_, Option<String>>(5)?.map(|json| Reason::from_json(&json)),
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

    /// The platforms that were ever listed or hold an activity.
    pub fn platforms(&self) -> Result<Vec<String>> {
        let names = self
            .connection
            .prepare("SELECT platform FROM listings UNION SELECT platform FROM activities ORDER BY 1")
            .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect());
        self.done(names)
    }
}
