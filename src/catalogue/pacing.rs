//! The table of turns: no two requests of any two processes come closer than the interval.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::params;

use super::{Catalogue, Error};
use crate::http::{Permit, PermitError, RateLimiter, writes_of};

/// Between taking a turn and the first byte on the wire lie a few moments that differ from process to process; this
/// keeps their difference from ever making an interval shorter than asked.
const GUARD_MS: i64 = 50;
/// A turn further ahead than this many intervals is left over from a clock that was wrong.
const PLAUSIBLE: i64 = 20;

/// A wish further ahead was written under a clock that was wrong: the http room heeds none longer than a day.
const LONGEST_WISH_MS: i64 = 24 * 3_600_000 + 60_000;

/// Turns kept in a catalogue.
pub struct Pacing(Mutex<Catalogue>);

impl Pacing {
    /// Keeps turns through a connection of its own.
    pub fn new(catalogue: Catalogue) -> Pacing {
        Pacing(Mutex::new(catalogue))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Catalogue) -> Result<T, Error>) -> Result<T, PermitError> {
        let mut catalogue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut catalogue).map_err(|error| PermitError { message: error.to_string(), is_temporary: error.passes() })
    }
}

impl Catalogue {
    /// Until when the service asked to be left alone, or to be sent no uploads and deletions, if it did.
    pub fn rate_limited_until(&self, platform: &str, now: Timestamp) -> super::Result<Option<Timestamp>> {
        let sql = "SELECT max(not_before_ms) FROM pacing
                   WHERE platform IN (?1, ?2) AND not_before_ms > ?3 AND not_before_ms <= ?3 + ?4";
        let now = now.as_millisecond();
        let given = params![platform, writes_of(platform), now, LONGEST_WISH_MS];
        let wish: Option<i64> = self.done(self.connection.query_row(sql, given, |row| row.get(0)))?;
        Ok(wish.and_then(|until| Timestamp::from_millisecond(until).ok()))
    }
}

impl RateLimiter for Pacing {
    fn acquire(&self, platform: &str, interval: Duration) -> Result<Permit, PermitError> {
        let interval_ms = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX / 100);
        self.with(|catalogue| {
            catalogue.write(|tx| {
                let now = Timestamp::now().as_millisecond();
                tx.prepare_cached("INSERT OR IGNORE INTO pacing (platform) VALUES (?1)")?.execute([platform])?;
                let (next, not_before): (i64, i64) = tx
                    .prepare_cached("SELECT next_ms, not_before_ms FROM pacing WHERE platform = ?1")?
                    .query_row([platform], |row| Ok((row.get(0)?, row.get(1)?)))?;
                if not_before > now && not_before - now <= LONGEST_WISH_MS {
                    return Ok(Permit::NotBefore(Timestamp::from_millisecond(not_before).unwrap_or(Timestamp::MAX)));
                }
                if interval_ms > 0 && next > now && next - now <= interval_ms * PLAUSIBLE + GUARD_MS {
                    return Ok(Permit::Later(Duration::from_millis((next - now).unsigned_abs())));
                }
                let guard = if interval_ms > 0 { GUARD_MS } else { 0 };
                tx.prepare_cached("UPDATE pacing SET next_ms = ?2 WHERE platform = ?1")?
                    .execute(params![platform, now + interval_ms + guard])?;
                Ok(Permit::Now)
            })
        })
    }

    fn not_before(&self, platform: &str, until: Timestamp) -> Result<(), PermitError> {
        self.with(|catalogue| {
            catalogue.write(|tx| {
                tx.prepare_cached(
                    "INSERT INTO pacing (platform, not_before_ms) VALUES (?1, ?2)
                     ON CONFLICT (platform) DO UPDATE SET not_before_ms = iif(not_before_ms - ?2 <= ?3, max(not_before_ms, ?2), ?2)",
                )?
                .execute(params![platform, until.as_millisecond(), LONGEST_WISH_MS])
                .map(drop)
            })
        })
    }
}
