//! The table of refused logins: what no later run may repeat by itself.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, params};

use super::{Catalogue, Result};

/// The first pause after a login that was turned away; each later one is twice as long. Garmin's limit is per account,
/// lasts hours, and every further try re-arms it.
const FIRST_COOLDOWN: SignedDuration = SignedDuration::from_hours(2);
/// No pause is longer.
const LONGEST_COOLDOWN: SignedDuration = SignedDuration::from_hours(24);

/// What stands against a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginState {
    /// Turned away (429, a challenge): no login at all before then.
    Cooldown(Timestamp),
    /// Refused (wrong password, second factor): no login by itself until a person has logged in.
    Refused,
}

/// The last refused login of a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// What stands against the next.
    pub state: LoginState,
    /// Why, in words.
    pub reason: String,
    /// When it was.
    pub at: Timestamp,
}

impl Catalogue {
    /// The last refused login of `platform`, unless one went well since.
    pub fn login(&self, platform: &str) -> Result<Option<Login>> {
        let sql = "SELECT state, until, reason, at FROM logins WHERE platform = ?1";
        let row = self.connection.query_row(sql, [platform], |row| {
            let time = |seconds: Option<i64>| seconds.and_then(|s| Timestamp::from_second(s).ok());
            let state = match row.get::<_, String>(0)?.as_str() {
                "cooldown" => LoginState::Cooldown(time(row.get(1)?).unwrap_or(Timestamp::MAX)),
                _ => LoginState::Refused,
            };
            Ok(Login { state, reason: row.get(2)?, at: time(row.get(3)?).unwrap_or(Timestamp::UNIX_EPOCH) })
        });
        self.done(row.optional())
    }

    /// A login was turned away: none before the returned time.
    pub fn login_turned_away(&mut self, platform: &str, reason: &str, now: Timestamp) -> Result<Timestamp> {
        self.write(|tx| {
            let before: Option<u32> = tx
                .query_row("SELECT refusals FROM logins WHERE platform = ?1 AND state = 'cooldown'", [platform], |row| row.get(0))
                .optional()?;
            let refusals = before.unwrap_or(0);
            let pause = (FIRST_COOLDOWN * (1 << refusals.min(4))).min(LONGEST_COOLDOWN);
            let until = now.checked_add(pause).unwrap_or(Timestamp::MAX);
            tx.execute(
                "INSERT OR REPLACE INTO logins (platform, state, until, refusals, reason, at) VALUES (?1, 'cooldown', ?2, ?3, ?4, ?5)",
                params![platform, until.as_second(), refusals + 1, reason, now.as_second()],
            )?;
            Ok(until)
        })
    }

    /// A login was refused: it is a person's turn.
    pub fn login_refused(&mut self, platform: &str, reason: &str, now: Timestamp) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "INSERT OR REPLACE INTO logins (platform, state, until, refusals, reason, at) VALUES (?1, 'refused', NULL, 1, ?2, ?3)",
                params![platform, reason, now.as_second()],
            )
            .map(drop)
        })
    }

    /// A login went well, or a token was brought: nothing stands against the next.
    pub fn login_went_well(&mut self, platform: &str) -> Result<()> {
        self.write(|tx| tx.execute("DELETE FROM logins WHERE platform = ?1", [platform]).map(drop))
    }
}
