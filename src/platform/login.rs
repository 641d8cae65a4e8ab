//! The account that is logged in, and the guard that prevents further logins.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::Result;
use crate::http::Secret;
use crate::reason::Reason;

/// Asks a person for a code, with the text of the question; `None` if no person can be asked.
pub type Ask<'a> = &'a mut dyn FnMut(&str) -> Option<Secret>;

/// A user name and its password.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The e-mail address; empty for a key.
    pub user: String,
    /// The password, or the key.
    pub password: Secret,
}

/// The account that is logged in, as far as the stored token names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name that the service shows.
    pub name: Option<String>,
    /// The domain of the account.
    pub domain: String,
    /// Until when the token is valid without being renewed.
    pub expires: Option<Timestamp>,
    /// Until when the token can be renewed, if the service gave a time.
    pub renewable_until: Option<Timestamp>,
    /// Whether the token can be renewed at all.
    pub renewable: bool,
    /// Why the token is no longer valid, if the service rejected it.
    pub dead: Option<String>,
    /// Where the token comes from: `password`, `browser`, or the name of a tool.
    pub source: String,
}

/// Keeps a record of failed logins, so that they are not retried automatically.
pub trait LoginGuard: Send + Sync {
    /// The reason why a login must not be sent; `None` if it may be sent. `by_hand`: a person started it.
    fn login_block(&self, by_hand: bool) -> Result<Option<LoginBlock>>;
    /// Records that a login is about to be sent. If its outcome is never recorded, because the program was interrupted,
    /// no other login is sent for a while.
    fn begin(&self) -> Result<()>;
    /// Undoes [`LoginGuard::begin`]: nothing of the login was sent.
    fn not_sent(&self) -> Result<()>;
    /// Records that the service failed. The cooldown continues, with this reason. Returns the end of the cooldown.
    fn service_failed(&self, reason: &Reason) -> Result<Timestamp>;
    /// Records that the service rate limited the login (HTTP 429, a challenge). The cooldown is longer each time.
    /// Returns the end of the cooldown.
    fn rate_limited(&self, reason: &Reason) -> Result<Timestamp>;
    /// Records that the service rejected the login (a wrong password, a second factor without a person to enter it).
    fn rejected(&self, reason: &Reason) -> Result<()>;
    /// Records that the login succeeded.
    fn succeeded(&self) -> Result<()>;
}

/// What prevents a login.
#[derive(Debug, Clone, PartialEq)]
pub enum LoginBlock {
    /// The last login was rate limited or failed, for this reason. No login is sent before this time.
    Cooldown(Timestamp, Reason),
    /// The last login was rejected, for this reason. No automatic login is sent.
    AutomaticLoginBlocked(Reason),
    /// This run has made its one automatic login. The next one can be made in the next run.
    OncePerRun,
}

/// The ways to set up an access, for a person to choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginWays {
    /// One way: where the key or the permission comes from, and what it allows.
    One(&'static str),
    /// The login of a web page or app.
    Login {
        /// The steps of a login in the browser.
        browser: &'static str,
        /// Which token can be imported.
        token: &'static str,
        /// What a login with a password asks for, and its disadvantages.
        password: &'static str,
    },
}

/// When a key ends that a person describes by its last day (`2027-02-27`), or by the number of days from `now`: `90`.
/// The hour of the last day is unknown, so the day counts whole. `None`: the text is neither.
pub fn key_end(text: &str, now: Timestamp) -> Option<Timestamp> {
    /// The most days: ten years.
    const MOST_DAYS: i64 = 3653;
    let text = text.trim();
    if let Some(days) = text.parse::<i64>().ok().filter(|days| (1..=MOST_DAYS).contains(days)) {
        return now.checked_add(SignedDuration::from_hours(24 * days)).ok();
    }
    let day: jiff::civil::Date = text.parse().ok()?;
    day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok().map(|end| end.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_key_is_a_day_or_a_number_of_days() {
        let now: Timestamp = "2026-11-29T12:00:00Z".parse().unwrap();
        let end = |text| key_end(text, now).map(|end| end.to_string());
        assert_eq!(end(" 90\n").as_deref(), Some("2027-02-27T12:00:00Z"));
        assert_eq!(end("2027-02-27").as_deref(), Some("2027-02-28T00:00:00Z"));
        for bad in ["", "0", "-1", "99999", "2027-02-30", "27.02.2027", "90 days"] {
            assert_eq!(end(bad), None, "{bad}");
        }
    }
}
