//! When it is to run: a cron expression in a time zone. Pure, but for the zone's rules, which the system keeps.
//!
//! ```
//! use garminsync::schedule::Schedule;
//!
//! let schedule = Schedule::parse("0 */6 * * *", "UTC").expect("five fields and a zone");
//! let next = schedule.next("2026-01-08T14:10:21Z".parse().expect("a time"));
//! assert_eq!(next.map(|next| next.to_string()).as_deref(), Some("2026-01-08T18:00:00Z"));
//! ```
//!
//! It is the cron of Debian that will run it, so what is a schedule, and when it comes, is what that one makes of it:
//! crontab(5), cron(8) and, where they are silent, what `crontab -n` takes. Two things that it takes are refused here,
//! as nobody means them: what it skips over without a word (`5#2` is `5` to it), and what would never run (`20-10`, the
//! 30th of February).
//!
//! The libraries at hand decide otherwise, and cannot be told not to. cronexpr takes `L`, `W`, `#` and `5/10`, no `@daily`,
//! looks only ahead, and drops what falls into an hour that the clocks skip. croner takes `L`, `W` and `#`, names no
//! position, drops `0,30 2 * * *` in such an hour, and takes `*/2` for days that are restricted.

mod expression;
mod machine_zone;
mod occurrence;

#[cfg(test)]
mod tests;

pub use machine_zone::{MachineZone, machine_zone};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use expression::Expression;

/// What is taken if nobody says otherwise: every six hours.
pub const DEFAULT: &str = "0 */6 * * *";

/// A cron expression in a time zone.
#[derive(Debug, Clone)]
pub struct Schedule {
    expression: Expression,
    cron: String,
    zone: TimeZone,
    zone_name: String,
}

/// Why something is no schedule. It ends in what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The expression is none.
    #[error("{text:?}: {}column {column}: {why}", field.map_or(String::new(), |field| format!("{field}, ")))]
    Cron {
        /// The expression.
        text: String,
        /// The field that is at fault, if one is.
        field: Option<&'static str>,
        /// The character that is at fault; the first is 1.
        column: usize,
        /// What is wrong, and what to write.
        why: String,
    },
    /// The time zone is not known.
    #[error(
        "{0:?} is no time zone that this machine knows; write one such as Europe/Berlin or UTC, and install tzdata if there are none"
    )]
    Zone(String),
}

impl Schedule {
    /// Reads an expression, and finds the rules of a zone: a name of the time zone database, or a rule as in POSIX'
    /// `TZ` (`CET-1CEST,M3.5.0,M10.5.0/3`), which needs no database.
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

    /// The zone as it is spelt in the database.
    pub fn zone(&self) -> &str {
        &self.zone_name
    }

    /// A time as the zone's clocks show it: `2026-01-08 19:00 +01:00`. The offset stands there as it is, since to POSIX
    /// `UTC+8` is what lies west of Greenwich.
    pub fn on_the_clock(&self, time: Timestamp) -> String {
        time.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M %:z").to_string()
    }

    /// The first time after this one at which cron starts it.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        occurrence::next(&self.expression, &self.zone, after)
    }

    /// The last time before this one at which cron started it.
    pub fn previous(&self, before: Timestamp) -> Option<Timestamp> {
        occurrence::previous(&self.expression, &self.zone, before)
    }
}

/// A zone's name as the database spells it. A rule is its own name.
pub fn zone_name(zone: &str) -> Result<String, Error> {
    named_zone(zone).map(|(_, name)| name)
}

/// The rules of a zone, and its name as the database has it.
fn named_zone(name: &str) -> Result<(TimeZone, String), Error> {
    // Always known, also where there is no database.
    if ["UTC", "Etc/UTC"].iter().any(|utc| name.eq_ignore_ascii_case(utc)) {
        return Ok((TimeZone::UTC, "UTC".to_owned()));
    }
    let zone = TimeZone::get(name).or_else(|_| TimeZone::posix(name)).map_err(|_| Error::Zone(name.to_owned()))?;
    let name = zone.iana_name().unwrap_or(name).to_owned();
    Ok((zone, name))
}
