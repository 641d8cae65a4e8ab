//! The table of failed logins: why no later run may log in automatically.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, params};

use super::columns::Values;
use super::{Catalogue, Result};
use crate::reason::Reason;

/// The first cooldown after a login that the service limited; each later one is twice as long. Garmin's limit is per
/// account, lasts hours, and every further attempt starts it again.
const FIRST_COOLDOWN: SignedDuration = SignedDuration::from_hours(2);
/// The cooldown after a login whose result is not known.
const SHORT_COOLDOWN: SignedDuration = SignedDuration::from_mins(15);
/// The longest run.
const LONGEST_RUN: SignedDuration = SignedDuration::from_hours(24);
/// No cooldown is longer.
const LONGEST_COOLDOWN: SignedDuration = SignedDuration::from_hours(24);

/// How far a login got that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginState {
    /// It was about to be sent, and no result is recorded: it is being made, or its program was killed. One more is allowed.
    Started,
    /// The service limited it (HTTP 429, a challenge), or its result is not known: no login before a certain time.
    Cooldown,
    /// The service rejected it (wrong password, second factor): no automatic login until a person has logged in.
    Rejected,
}

/// An event of a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LoginEvent {
    /// It is about to be sent.
    Started,
    /// The service failed.
    Failed,
    /// The service limits logins.
    RateLimited,
}

impl LoginState {
    const ALL: [LoginState; 3] = [LoginState::Started, LoginState::Cooldown, LoginState::Rejected];

    /// The name in the table.
    fn name(self) -> &'static str {
        match self {
            LoginState::Started => "started",
            LoginState::Cooldown => "cooldown",
            LoginState::Rejected => "rejected",
        }
    }

    fn from_name(name: &str) -> LoginState {
        LoginState::ALL.into_iter().find(|state| state.name() == name).unwrap_or(LoginState::Cooldown)
    }

    /// The state after `event`. A second start without a result leads to a cooldown: the program was killed twice.
    fn after(before: Option<LoginState>, event: LoginEvent) -> LoginState {
        match (before, event) {
            // Only a login that succeeds ends a rejection.
            (Some(LoginState::Rejected), _) => LoginState::Rejected,
            (None, LoginEvent::Started) => LoginState::Started,
            (_, LoginEvent::Started | LoginEvent::Failed | LoginEvent::RateLimited) => LoginState::Cooldown,
        }
    }
}

/// The last login of a platform, which failed.
#[derive(Debug, Clone, PartialEq)]
pub struct LoginFailureRow {
    /// How far it got.
    pub state: LoginState,
    /// The end of the cooldown: no login before.
    pub until: Option<Timestamp>,
    /// The reason.
    pub reason: Reason,
    /// When the login failed.
    pub at: Timestamp,
}

impl LoginFailureRow {
    /// Whether the service rejected it: a person has to log in.
    pub fn is_rejected(&self) -> bool {
        self.state == LoginState::Rejected
    }

    /// The end of the cooldown, as seen at `now`. A cooldown longer than any of ours comes from a wrong clock.
    pub fn cooldown(&self, now: Timestamp) -> Option<Timestamp> {
        self.until.filter(|until| *until > now && until.duration_since(now) <= LONGEST_COOLDOWN)
    }
}

impl Catalogue {
    /// The last login of `platform`, if it failed.
    pub fn login_failure(&self, platform: &str) -> Result<Option<LoginFailureRow>> {
        let sql = "SELECT state, until, reason, at FROM login_failures WHERE platform = ?1";
        let row = self.connection.query_row(sql, [platform], |row| {
            let state = LoginState::from_name(row.get_ref("state")?.as_str()?);
            let until = row.time("until")?.filter(|_| state != LoginState::Started);
            Ok(LoginFailureRow { state, until, reason: row.known_reason("reason")?, at: row.known_time("at")? })
        });
        self.done(row.optional())
    }

    /// Stores that a login of `run` is about to be sent. If the previous one has no result, its program was killed: the next
    /// one (which has the lock, so it is the only one) may be sent; if that has no result either, none is sent for a short
    /// time.
    pub fn begin_login(&mut self, platform: &str, run: &str, now: Timestamp) -> Result<Timestamp> {
        let until = self.record_login(platform, LoginEvent::Started, &Reason::LoginInterrupted, now)?;
        self.write(|tx| {
            let past = now.as_second() - LONGEST_RUN.as_secs();
            tx.execute("DELETE FROM login_attempts WHERE at < ?1", [past])?;
            let sql = "INSERT OR REPLACE INTO login_attempts (platform, run, at) VALUES (?1, ?2, ?3)";
            tx.execute(sql, params![platform, run, now.as_second()]).map(drop)
        })?;
        Ok(until)
    }

    /// Whether `run` has already sent a login to `platform`. A run with a fixed id starts again every day.
    pub fn has_logged_in(&self, platform: &str, run: &str, now: Timestamp) -> Result<bool> {
        let sql = "SELECT count(*) FROM login_attempts WHERE platform = ?1 AND run = ?2 AND at BETWEEN ?3 AND ?4";
        let (from, until) = (now.as_second() - LONGEST_RUN.as_secs(), now.as_second() + LONGEST_RUN.as_secs());
        let count = self.connection.query_row(sql, params![platform, run, from, until], |row| row.get::<_, i64>(0));
        Ok(self.done(count)? > 0)
    }

    /// Stores that a login failed because the service failed. Returns the end of the cooldown.
    pub fn login_failed(&mut self, platform: &str, reason: &Reason, now: Timestamp) -> Result<Timestamp> {
        self.record_login(platform, LoginEvent::Failed, reason, now)
    }

    /// Stores that the service limited a login. Returns the end of the cooldown, which grows each time.
    pub fn login_rate_limited(&mut self, platform: &str, reason: &Reason, now: Timestamp) -> Result<Timestamp> {
        self.record_login(platform, LoginEvent::RateLimited, reason, now)
    }

    fn record_login(
        &mut self,
        platform: &str,
        event: LoginEvent,
        reason: &Reason,
        now: Timestamp,
    ) -> Result<Timestamp> {
        self.write(|tx| {
            let sql = "SELECT state, failures, reason FROM login_failures WHERE platform = ?1";
            let before = tx.query_row(sql, [platform], |row| {
                let state = LoginState::from_name(row.get_ref("state")?.as_str()?);
                Ok((state, row.get::<_, u32>("failures")?, row.get::<_, String>("reason")?))
            });
            let before = before.optional()?;
            let failures = before.as_ref().map_or(0, |(_, failures, _)| *failures);
            let is_limited = event == LoginEvent::RateLimited;
            let cooldown = match is_limited {
                true => (FIRST_COOLDOWN * (1 << failures.min(4))).min(LONGEST_COOLDOWN),
                false => SHORT_COOLDOWN,
            };
            let until = now.checked_add(cooldown).unwrap_or(Timestamp::MAX);
            let until = Timestamp::from_second(until.as_second()).unwrap_or(until);
            let state = LoginState::after(before.as_ref().map(|(state, ..)| *state), event);
            let reason = match before {
                Some((LoginState::Rejected, _, rejection)) => rejection,
                _ => reason.to_json(),
            };
            tx.execute(
                "INSERT OR REPLACE INTO login_failures (platform, state, until, failures, reason, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    platform,
                    state.name(),
                    until.as_second(),
                    failures + u32::from(is_limited),
                    reason,
                    now.as_second()
                ],
            )?;
            Ok(until)
        })
    }

    /// Stores that the login of `run` was not sent: only earlier failures stay.
    pub fn cancel_login(&mut self, platform: &str, run: &str) -> Result<()> {
        self.write(|tx| {
            tx.execute("DELETE FROM login_attempts WHERE platform = ?1 AND run = ?2", [platform, run])?;
            let kept = "failures > 0 OR state = 'rejected'";
            tx.execute(
                &format!("UPDATE login_failures SET until = NULL WHERE platform = ?1 AND ({kept})"),
                [platform],
            )?;
            tx.execute(&format!("DELETE FROM login_failures WHERE platform = ?1 AND NOT ({kept})"), [platform])
                .map(drop)
        })
    }

    /// Stores that the service rejected a login: a person has to log in.
    pub fn login_rejected(&mut self, platform: &str, reason: &Reason, now: Timestamp) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "INSERT OR REPLACE INTO login_failures (platform, state, until, failures, reason, at)
                 VALUES (?1, ?2, NULL, 1, ?3, ?4)",
                params![platform, LoginState::Rejected.name(), reason.to_json(), now.as_second()],
            )
            .map(drop)
        })
    }

    /// Stores that a login succeeded or a token was imported: nothing prevents the next login.
    pub fn login_succeeded(&mut self, platform: &str) -> Result<()> {
        self.write(|tx| tx.execute("DELETE FROM login_failures WHERE platform = ?1", [platform]).map(drop))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_logins_without_a_result_cause_a_cooldown_and_a_rejection_stays() {
        use LoginEvent::{Failed, RateLimited, Started};
        let after = |before, events: &[LoginEvent]| {
            events.iter().fold(before, |state, event| Some(LoginState::after(state, *event))).unwrap()
        };
        assert_eq!(after(None, &[Started]), LoginState::Started);
        for events in [&[Started, Started][..], &[Started, Failed], &[RateLimited], &[Failed, Started]] {
            assert_eq!(after(None, events), LoginState::Cooldown, "{events:?}");
        }
        assert_eq!(after(Some(LoginState::Rejected), &[Started, RateLimited, Failed]), LoginState::Rejected);
        assert!(LoginState::ALL.into_iter().all(|state| LoginState::from_name(state.name()) == state));
    }
}
