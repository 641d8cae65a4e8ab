//! The table of rate limits, which all processes share: it keeps the interval between any two requests to a platform, and
//! an interval of its own between requests to its stores of files.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{Catalogue, Error};
use crate::clock::Clock;
use crate::http::{Permit, PermitError, RateLimiter, files_of, writes_of};

/// The delay between a permit and the first byte of the request differs from process to process; this margin keeps the
/// interval from becoming shorter than configured.
const GUARD_MS: i64 = 50;
/// A next request that is more than this number of intervals in the future was stored by a wrong clock.
const PLAUSIBLE: i64 = 20;

/// The end of a wait that is further in the future was stored by a wrong clock: the room `http` accepts no
/// `Retry-After` longer than a day.
const LONGEST_RETRY_AFTER_MS: i64 = 24 * 3_600_000 + 60_000;

/// How long a request without an interval relies on an earlier reading of the table. Such requests may follow each other
/// within milliseconds, and each reading takes file locks. A `Retry-After` that another process receives meanwhile stops
/// the requests of this one a second later; one that this process receives stops them at once.
const READ_AGAIN: Duration = Duration::from_secs(1);

/// The rate limits of all processes that share a catalogue.
pub struct RateLimits {
    catalogue: Mutex<Catalogue>,
    clock: Clock,
    /// When each `Retry-After` was read, and its end.
    read: Mutex<BTreeMap<String, (Instant, i64)>>,
}

impl RateLimits {
    /// Rate limits that are read and written with a connection of their own.
    pub fn new(catalogue: Catalogue, clock: Clock) -> RateLimits {
        RateLimits { catalogue: Mutex::new(catalogue), clock, read: Mutex::default() }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Catalogue) -> Result<T, Error>) -> Result<T, PermitError> {
        let mut catalogue = self.catalogue.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut catalogue).map_err(|error| PermitError { message: error.to_string(), is_temporary: error.passes() })
    }
}

impl RateLimits {
    fn read(&self) -> MutexGuard<'_, BTreeMap<String, (Instant, i64)>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The end of the wait that the service asked for, in milliseconds, read within the last second.
    fn not_before_ms(&self, name: &str) -> Result<i64, PermitError> {
        // Kept until the reading is stored: else a `Retry-After` of another thread could come in between.
        let mut read = self.read();
        let known = read.get(name).copied().filter(|(at, _)| at.elapsed() < READ_AGAIN);
        if let Some((_, until)) = known {
            return Ok(until);
        }
        let at = Instant::now();
        let until = self.with(|catalogue| {
            let sql = "SELECT not_before_ms FROM rate_limits WHERE platform = ?1";
            let until = catalogue
                .connection
                .prepare_cached(sql)
                .and_then(|mut statement| statement.query_row([name], |row| row.get(0)).optional());
            catalogue.done(until)
        })?;
        let until = until.unwrap_or(0);
        read.insert(name.to_owned(), (at, until));
        Ok(until)
    }
}

/// The permit to wait for, if the service asked for a wait that has not ended.
fn not_before(until_ms: i64, now_ms: i64) -> Option<Permit> {
    let is_waiting = until_ms > now_ms && until_ms - now_ms <= LONGEST_RETRY_AFTER_MS;
    is_waiting.then(|| Permit::NotBefore(Timestamp::from_millisecond(until_ms).unwrap_or(Timestamp::MAX)))
}

impl Catalogue {
    /// The end of the service's rate limit: for all requests, for uploads and deletions only, or for its stores of files.
    pub fn rate_limited_until(&self, platform: &str, now: Timestamp) -> super::Result<Option<Timestamp>> {
        let sql = "SELECT max(not_before_ms) FROM rate_limits
                   WHERE platform IN (?1, ?2, ?3) AND not_before_ms > ?4 AND not_before_ms <= ?4 + ?5";
        let now = now.as_millisecond();
        let given = params![platform, writes_of(platform), files_of(platform), now, LONGEST_RETRY_AFTER_MS];
        let until: Option<i64> = self.done(self.connection.query_row(sql, given, |row| row.get(0)))?;
        Ok(until.and_then(|until| Timestamp::from_millisecond(until).ok()))
    }
}

impl RateLimiter for RateLimits {
    fn acquire(&self, platform: &str, interval: Duration) -> Result<Permit, PermitError> {
        let interval_ms = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX / 100);
        if interval_ms == 0 {
            let until = self.not_before_ms(platform)?;
            return Ok(not_before(until, self.clock.now().as_millisecond()).unwrap_or(Permit::Now));
        }
        self.with(|catalogue| {
            catalogue.write(|tx| {
                // Read only now: another process may have held the table for seconds.
                let now = self.clock.now().as_millisecond();
                tx.prepare_cached("INSERT OR IGNORE INTO rate_limits (platform) VALUES (?1)")?.execute([platform])?;
                let (next, until): (i64, i64) = tx
                    .prepare_cached("SELECT next_ms, not_before_ms FROM rate_limits WHERE platform = ?1")?
                    .query_row([platform], |row| Ok((row.get(0)?, row.get(1)?)))?;
                if let Some(permit) = not_before(until, now) {
                    return Ok(permit);
                }
                if next > now && next - now <= interval_ms * PLAUSIBLE + GUARD_MS {
                    return Ok(Permit::Later(Duration::from_millis((next - now).unsigned_abs())));
                }
                tx.prepare_cached("UPDATE rate_limits SET next_ms = ?2 WHERE platform = ?1")?
                    .execute(params![platform, now + interval_ms + GUARD_MS])?;
                Ok(Permit::Now)
            })
        })
    }

    fn not_before(&self, platform: &str, until: Timestamp) -> Result<(), PermitError> {
        let mut read = self.read();
        read.remove(platform);
        self.with(|catalogue| {
            catalogue.write(|tx| {
                tx.prepare_cached(
                    "INSERT INTO rate_limits (platform, not_before_ms) VALUES (?1, ?2)
                     ON CONFLICT (platform) DO UPDATE SET not_before_ms = iif(not_before_ms - ?2 <= ?3, max(not_before_ms, ?2), ?2)",
                )?
                .execute(params![platform, until.as_millisecond(), LONGEST_RETRY_AFTER_MS])
                .map(drop)
            })
        })
    }
}
