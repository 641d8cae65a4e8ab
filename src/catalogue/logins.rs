//! The table of refused logins: what no later run may repeat by itself.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, params};

use super::{Catalogue, Result};
use crate::reason::Reason;

/// The first pause after a login that was turned away; each later one is twice as long. Garmin's limit is per account,
/// lasts hours, and every further try re-arms it.
const FIRST_COOLDOWN: SignedDuration = SignedDuration::from_hours(2);
/// The pause after a login of which nothing certain is known.
const SHORT_COOLDOWN: SignedDuration = SignedDuration::from_mins(15);
/// No run takes longer.
const LONGEST_RUN: SignedDuration = SignedDuration::from_hours(24);
/// No pause is longer.
const LONGEST_COOLDOWN: SignedDuration = SignedDuration::from_hours(24);

/// What stands against a login.
#[derive(Debug, Clone, PartialEq)]
pub struct Login {
    /// No login at all before then: one was turned away (429, a challenge), or came to nothing certain.
    pub until: Option<Timestamp>,
    /// One was refused (wrong password, second factor): no login by itself until a person has logged in.
    pub refused: bool,
    /// Why.
    pub reason: Reason,
    /// When it was.
    pub at: Timestamp,
}

impl Login {
    /// Until when no login is tried, as seen at `now`. A pause that is longer than ours ever are was written under a clock
    /// that was wrong.
    pub fn pause(&self, now: Timestamp) -> Option<Timestamp> {
        self.until.filter(|until| *until > now && until.duration_since(now) <= LONGEST_COOLDOWN)
    }
}

impl Catalogue {
    /// The last refused login of `platform`, unless one went well since.
    pub fn login(&self, platform: &str) -> Result<Option<Login>> {
        let sql = "SELECT state, until, reason, at FROM logins WHERE platform = ?1";
        let row = self.connection.query_row(sql, [platform], |row| {
            let time = |seconds: Option<i64>| seconds.and_then(|s| Timestamp::from_second(s).ok());
            let state: String = row.get(0)?;
            let at = time(row.get(3)?).unwrap_or(Timestamp::UNIX_EPOCH);
            let until = time(row.get(1)?).filter(|_| state != "begun");
            Ok(Login { until, refused: state == "refused", reason: Reason::from_json(&row.get::<_, String>(2)?), at })
        });
        self.done(row.optional())
    }

    /// A login of `run` is about to be sent. Should nothing more be heard of it, its program was killed: whoever comes next
    /// (and has the lock, so nobody is at it) may log in once; if that is killed too, none is tried for a short while.
    pub fn login_begins(&mut self, platform: &str, run: &str, now: Timestamp) -> Result<Timestamp> {
        let until = self.pause(platform, "begun", &Reason::LoginInterrupted, SHORT_COOLDOWN, now)?;
        self.write(|tx| {
            let past = now.as_second() - LONGEST_RUN.as_secs();
            tx.execute("DELETE FROM logins_by_run WHERE at < ?1", [past])?;
            let sql = "INSERT OR REPLACE INTO logins_by_run (platform, run, at) VALUES (?1, ?2, ?3)";
            tx.execute(sql, params![platform, run, now.as_second()]).map(drop)
        })?;
        Ok(until)
    }

    /// Whether `run` has sent a login to `platform` already. A run that is named for ever in the settings begins anew
    /// every day.
    pub fn has_logged_in(&self, platform: &str, run: &str, now: Timestamp) -> Result<bool> {
        let sql = "SELECT count(*) FROM logins_by_run WHERE platform = ?1 AND run = ?2 AND at BETWEEN ?3 AND ?4";
        let (from, until) = (now.as_second() - LONGEST_RUN.as_secs(), now.as_second() + LONGEST_RUN.as_secs());
        let count = self.connection.query_row(sql, params![platform, run, from, until], |row| row.get::<_, i64>(0));
        Ok(self.done(count)? > 0)
    }

    /// The service was in trouble while a login was under way.
    pub fn login_in_trouble(&mut self, platform: &str, reason: &Reason, now: Timestamp) -> Result<Timestamp> {
        self.pause(platform, "trouble", reason, SHORT_COOLDOWN, now)
    }

    /// A login was turned away: none before the returned time, which is further off each time.
    pub fn login_turned_away(&mut self, platform: &str, reason: &Reason, now: Timestamp) -> Result<Timestamp> {
        self.pause(platform, "turned away", reason, FIRST_COOLDOWN, now)
    }

    fn pause(
        &mut self,
        platform: &str,
        what: &str,
        reason: &Reason,
        first: SignedDuration,
        now: Timestamp,
    ) -> Result<Timestamp> {
        let counts = what == "turned away";
        // Only what comes first is begun without a pause behind it.
        let state = if what == "begun" { what } else { "cooldown" };
        self.write(|tx| {
            let before: Option<u32> = tx
                .query_row("SELECT refusals FROM logins WHERE platform = ?1", [platform], |row| row.get(0))
                .optional()?;
            let refusals = before.unwrap_or(0);
            let pause = if counts { (first * (1 << refusals.min(4))).min(LONGEST_COOLDOWN) } else { first };
            let until = now.checked_add(pause).unwrap_or(Timestamp::MAX);
            let until = Timestamp::from_second(until.as_second()).unwrap_or(until);
            tx.execute(
                // A refusal stays one, whatever a person's own try comes to.
                "INSERT INTO logins (platform, state, until, refusals, reason, at) VALUES (?1, ?6, ?2, ?3, ?4, ?5)
                 ON CONFLICT (platform) DO UPDATE SET until = ?2, refusals = ?3, at = ?5,
                    reason = iif(state = 'refused', reason, ?4), state = iif(state = 'begun', 'cooldown', state)",
                params![
                    platform,
                    until.as_second(),
                    refusals + u32::from(counts),
                    reason.to_json(),
                    now.as_second(),
                    state
                ],
            )?;
            Ok(until)
        })
    }

    /// Nothing of the login of `run` was sent: only the memory of earlier ones stays.
    pub fn login_was_not_sent(&mut self, platform: &str, run: &str) -> Result<()> {
        self.write(|tx| {
            tx.execute("DELETE FROM logins_by_run WHERE platform = ?1 AND run = ?2", [platform, run])?;
            let kept = "refusals > 0 OR state = 'refused'";
            tx.execute(&format!("UPDATE logins SET until = NULL WHERE platform = ?1 AND ({kept})"), [platform])?;
            tx.execute(&format!("DELETE FROM logins WHERE platform = ?1 AND NOT ({kept})"), [platform]).map(drop)
        })
    }

    /// A login was refused: it is a person's turn.
    pub fn login_refused(&mut self, platform: &str, reason: &Reason, now: Timestamp) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "INSERT OR REPLACE INTO logins (platform, state, until, refusals, reason, at) VALUES (?1, 'refused', NULL, 1, ?2, ?3)",
                params![platform, reason.to_json(), now.as_second()],
            )
            .map(drop)
        })
    }

    /// A login went well, or a token was brought: nothing stands against the next.
    pub fn login_went_well(&mut self, platform: &str) -> Result<()> {
        self.write(|tx| tx.execute("DELETE FROM logins WHERE platform = ?1", [platform]).map(drop))
    }
}
