//! The schedule: a cron expression in a time zone. Pure functions, except that the system supplies the rules of the
//! zone, its own zone, and whether cron runs.
//!
//! ```
//! use garminsync::schedule::Schedule;
//!
//! let schedule = Schedule::parse("0 */6 * * *", "UTC").expect("five fields and a zone");
//! let next = schedule.next("2026-01-08T14:10:21Z".parse().expect("a time"));
//! assert_eq!(next.map(|next| next.to_string()).as_deref(), Some("2026-01-08T18:00:00Z"));
//! ```
//!
//! Debian's cron runs the schedule, so this module accepts and computes what Debian's cron does, according to
//! crontab(5), cron(8) and, where these are silent, `crontab -n`. Two kinds of entries that cron accepts are refused
//! here, because they are always mistakes: text that cron silently ignores (`5#2` is `5` to cron), and entries that
//! never run (`20-10`, the 30th of February).
//!
//! The available libraries behave differently and cannot be configured. cronexpr accepts `L`, `W`, `#` and `5/10`, does
//! not accept `@daily`, searches only forwards, and drops starts in an hour that the clocks skip. croner accepts `L`,
//! `W` and `#`, reports no position of an error, drops `0,30 2 * * *` in such an hour, and treats days with `*/2` as
//! restricted.

mod cron_daemon;
mod expression;
mod machine_zone;
mod occurrence;

#[cfg(test)]
mod tests;

pub use cron_daemon::is_cron_running;
pub use machine_zone::{MachineZone, machine_zone};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use expression::Expression;

/// The runner of a schedule that `garminsync schedule` has put into the crontab.
pub const CRONTAB: &str = "crontab";

/// The default schedule: every six hours.
pub const DEFAULT: &str = "0 */6 * * *";

/// A cron expression in a time zone.
#[derive(Debug, Clone)]
pub struct Schedule {
    expression: Expression,
    cron: String,
    zone: TimeZone,
    zone_name: String,
}

/// Why a schedule is invalid. The message ends with what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The expression is invalid.
    #[error("{text:?}: {}column {column}: {why}", field.map_or(String::new(), |field| format!("{field}, ")))]
    Cron {
        /// The expression.
        text: String,
        /// The field with the error, if it is in a field.
        field: Option<&'static str>,
        /// The column of the character with the error. The first column is 1.
        column: usize,
        /// What is wrong, and what to write instead.
        why: String,
    },
    /// The time zone is unknown.
    #[error("unknown time zone {0:?}; write one such as Europe/Berlin or UTC; if all are unknown, install tzdata")]
    Zone(String),
}

impl Schedule {
    /// Parses an expression and finds the rules of a zone: a name of the time zone database, or a rule in the form of
    /// POSIX' `TZ` (`CET-1CEST,M3.5.0,M10.5.0/3`), which needs no database.
    pub fn parse(cron: &str, zone: &str) -> Result<Schedule, Error> {
        let expression = Expression::parse(cron)?;
        let (zone, zone_name) = named_zone(zone)?;
        let cron = cron.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Schedule { expression, cron, zone, zone_name })
    }

    /// The expression, one space between its fields.
    pub fn cron(&self) -> &str {
        &self.cron
    }

    /// The zone as the database spells it.
    pub fn zone(&self) -> &str {
        &self.zone_name
    }

    /// A time in the zone: `2026-01-08 19:00 +01:00`. It shows the offset instead of the zone's name, because in POSIX
    /// `UTC+8` is west of Greenwich.
    pub fn on_the_clock(&self, time: Timestamp) -> String {
        time.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M %:z").to_string()
    }

    /// The first time after `after` at which cron starts a run.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        occurrence::next(&self.expression, &self.zone, after)
    }

    /// The last time before `before` at which cron started a run.
    pub fn previous(&self, before: Timestamp) -> Option<Timestamp> {
        occurrence::previous(&self.expression, &self.zone, before)
    }
}

/// A zone's name as the database spells it. A rule is its own name.
pub fn zone_name(zone: &str) -> Result<String, Error> {
    named_zone(zone).map(|(_, name)| name)
}

/// The rules of a zone, and its name as the database spells it.
fn named_zone(name: &str) -> Result<(TimeZone, String), Error> {
    // UTC is always known, even without a database.
    if ["UTC", "Etc/UTC"].iter().any(|utc| name.eq_ignore_ascii_case(utc)) {
        return Ok((TimeZone::UTC, "UTC".to_owned()));
    }
    let zone = TimeZone::get(name).or_else(|_| TimeZone::posix(name)).map_err(|_| Error::Zone(name.to_owned()))?;
    let name = zone.iana_name().unwrap_or(name).to_owned();
    Ok((zone, name))
}
