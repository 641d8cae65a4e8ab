//! The schedule as it is written down: one row, or none. What it means is not known here.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{Catalogue, Result};

/// When it is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleRow {
    /// The cron expression.
    pub cron: String,
    /// The time zone that it is meant in.
    pub zone: String,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Since when it has been so: before that, nothing was due.
    pub since: Timestamp,
    /// What runs it, as whoever set it said: `crontab`. Nothing: it is only written down.
    pub runner: Option<String>,
}

/// The newest row of the sync log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRun {
    /// The command.
    pub command: String,
    /// When it began.
    pub started: Timestamp,
    /// How it ended; `None` while it runs, or if it was killed.
    pub exit: Option<u8>,
}

impl Catalogue {
    /// The schedule, if one is written down.
    pub fn schedule(&self) -> Result<Option<ScheduleRow>> {
        let row = self.connection.query_row("SELECT cron, zone, enabled, at, runner FROM schedule", [], |row| {
            let (cron, zone, enabled) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(ScheduleRow { cron, zone, enabled, since: time(row.get(3)?), runner: row.get(4)? })
        });
        self.done(row.optional())
    }

    /// Writes the schedule down, in place of another, and switches it on. What is as it was stays so since then, and is still
    /// run by what ran it.
    pub fn set_schedule(&mut self, cron: &str, zone: &str, runner: Option<&str>, now: Timestamp) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "INSERT INTO schedule (only, cron, zone, enabled, at, runner) VALUES (1, ?1, ?2, 1, ?3, ?4)
                 ON CONFLICT (only) DO UPDATE SET cron = ?1, zone = ?2, enabled = 1,
                    at = iif(cron = ?1 AND zone = ?2 AND enabled, at, ?3),
                    runner = ifnull(?4, iif(cron = ?1 AND zone = ?2 AND enabled, runner, NULL))",
                params![cron, zone, now.as_second(), runner],
            )
            .map(drop)
        })
    }

    /// Switches the schedule off. `false`: none is written down, or it is off.
    pub fn stop_schedule(&mut self, now: Timestamp) -> Result<bool> {
        self.write(|tx| {
            let sql = "UPDATE schedule SET enabled = 0, at = ?1, runner = NULL WHERE enabled";
            Ok(tx.execute(sql, [now.as_second()])? > 0)
        })
    }

    /// The newest row of the sync log: when anything was done last.
    pub fn last_run(&self) -> Result<Option<LastRun>> {
        let sql = "SELECT command, started, exit FROM runs ORDER BY number DESC LIMIT 1";
        let row = self.connection.query_row(sql, [], |row| {
            Ok(LastRun { command: row.get(0)?, started: time(row.get(1)?), exit: row.get(2)? })
        });
        self.done(row.optional())
    }
}

fn time(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    #[test]
    fn there_is_one_schedule_and_what_does_not_change_keeps_its_age() {
        let dir = tempfile::tempdir().unwrap();
        let mut catalogue = Catalogue::open(&dir.path().join("c.sqlite"), std::time::Duration::ZERO).unwrap();
        let hour = |hours: i64| "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + hours.hours();
        let row = |cron: &str, zone: &str, enabled, since, runner: Option<&str>| {
            let runner = runner.map(str::to_owned);
            Some(ScheduleRow { cron: cron.into(), zone: zone.into(), enabled, since: hour(since), runner })
        };
        assert_eq!((catalogue.schedule().unwrap(), catalogue.stop_schedule(hour(0)).unwrap()), (None, false));
        catalogue.set_schedule("@daily", "UTC", Some("crontab"), hour(1)).unwrap();
        catalogue.set_schedule("@daily", "UTC", None, hour(2)).unwrap();
        assert_eq!(catalogue.schedule().unwrap(), row("@daily", "UTC", true, 1, Some("crontab")));
        catalogue.set_schedule("@daily", "Asia/Shanghai", None, hour(3)).unwrap();
        assert_eq!(catalogue.schedule().unwrap(), row("@daily", "Asia/Shanghai", true, 3, None), "another is not run");
        catalogue.set_schedule("@daily", "Asia/Shanghai", Some("crontab"), hour(4)).unwrap();
        assert_eq!(catalogue.schedule().unwrap(), row("@daily", "Asia/Shanghai", true, 3, Some("crontab")));
        assert!(catalogue.stop_schedule(hour(4)).unwrap() && !catalogue.stop_schedule(hour(5)).unwrap());
        assert_eq!(catalogue.schedule().unwrap(), row("@daily", "Asia/Shanghai", false, 4, None));
        catalogue.set_schedule("@daily", "Asia/Shanghai", None, hour(6)).unwrap();
        assert_eq!(catalogue.schedule().unwrap(), row("@daily", "Asia/Shanghai", true, 6, None));
    }

    #[test]
    fn the_last_run_is_what_began_last_however_it_ended() {
        let dir = tempfile::tempdir().unwrap();
        let mut catalogue = Catalogue::open(&dir.path().join("c.sqlite"), std::time::Duration::ZERO).unwrap();
        let second = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(catalogue.last_run().unwrap(), None);
        let fetch = catalogue.begin_run("one", "gs-fetch", second(10)).unwrap();
        let outcome = super::super::Outcome { exit: 75, counts: "{}", message: None };
        catalogue.finish_run(fetch, &outcome, second(90)).unwrap();
        let last =
            |command: &str, started, exit| Some(LastRun { command: command.into(), started: second(started), exit });
        assert_eq!(catalogue.last_run().unwrap(), last("gs-fetch", 10, Some(75)));
        catalogue.begin_run("two", "gs-list", second(50)).unwrap();
        assert_eq!(catalogue.last_run().unwrap(), last("gs-list", 50, None));
    }
}
