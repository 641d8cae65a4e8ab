//! The table of the schedule, with at most one row.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::columns::Values;
use super::{Catalogue, CommandRow, FIRST_COMMANDS, Result};
use crate::clock;

/// The schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleRow {
    /// The cron expression.
    pub cron: String,
    /// The time zone of the expression.
    pub zone: String,
    /// Whether it is enabled.
    pub enabled: bool,
    /// Since when: no run was scheduled before that.
    pub since: Timestamp,
    /// What runs it: `crontab`, for example. `None`: it is only stored.
    pub runner: Option<String>,
}

/// The newest run of the sync log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRun {
    /// The newest of its commands with the worst result.
    pub command: String,
    /// When the run began.
    pub started: Timestamp,
    /// How that command ended; `None` while it runs, or if it was killed.
    pub exit: Option<u8>,
}

impl Catalogue {
    /// The schedule, if one is stored.
    pub fn schedule(&self) -> Result<Option<ScheduleRow>> {
        let row = self.connection.query_row("SELECT * FROM schedule", [], |row| {
            Ok(ScheduleRow {
                cron: row.get("cron")?,
                zone: row.get("zone")?,
                enabled: row.get("enabled")?,
                since: row.known_time("changed_at")?,
                runner: row.get("runner")?,
            })
        });
        self.done(row.optional())
    }

    /// Stores the schedule, in place of another, and enables it. An unchanged one keeps its time and its runner.
    pub fn set_schedule(&mut self, cron: &str, zone: &str, runner: Option<&str>, now: Timestamp) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "INSERT INTO schedule (id, cron, zone, enabled, changed_at, runner) VALUES (1, ?1, ?2, 1, ?3, ?4)
                 ON CONFLICT (id) DO UPDATE SET cron = ?1, zone = ?2, enabled = 1,
                    changed_at = iif(cron = ?1 AND zone = ?2 AND enabled, changed_at, ?3),
                    runner = ifnull(?4, iif(cron = ?1 AND zone = ?2 AND enabled, runner, NULL))",
                params![cron, zone, now.as_second(), runner],
            )
            .map(drop)
        })
    }

    /// Disables the schedule. `false`: none is stored, or it is disabled.
    pub fn stop_schedule(&mut self, now: Timestamp) -> Result<bool> {
        self.write(|tx| {
            let sql = "UPDATE schedule SET enabled = 0, changed_at = ?1, runner = NULL WHERE enabled";
            Ok(tx.execute(sql, [now.as_second()])? > 0)
        })
    }

    /// The commands of the newest sync of the log, in the order in which they started: a run with a listing, or one that
    /// ended because of its settings. A run in the future had a wrong clock, and its time is unknown.
    pub fn last_sync(&self, now: Timestamp) -> Result<Vec<CommandRow>> {
        // A run with a fixed id starts again every day.
        let sql = "SELECT r.*
            FROM (SELECT run, started_at FROM commands
                WHERE started_at <= ?1 AND command IN (?2, ?3) ORDER BY number DESC LIMIT 1) newest
            JOIN commands r ON r.run = newest.run AND r.started_at BETWEEN newest.started_at - 86400 AND ?1
            ORDER BY r.number";
        self.command_rows(sql, &[&clock::latest(now), &FIRST_COMMANDS[0], &FIRST_COMMANDS[1]])
    }

    /// The result of [`Catalogue::last_sync`].
    pub fn last_run(&self, now: Timestamp) -> Result<Option<LastRun>> {
        let rows = self.last_sync(now)?;
        let began = rows.iter().map(|row| row.started).min();
        // A run without an end is worse than one that succeeded.
        let worst = rows.into_iter().max_by_key(|row| row.exit.map_or(1, |exit| u16::from(exit) * 2));
        let run = |(worst, started): (CommandRow, _)| LastRun { command: worst.command, started, exit: worst.exit };
        Ok(worst.zip(began).map(run))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    #[test]
    fn one_schedule_keeps_its_change_time_if_it_is_unchanged() {
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
    fn the_last_run_has_the_worst_exit_code_and_is_never_in_the_future() {
        let dir = tempfile::tempdir().unwrap();
        let mut catalogue = Catalogue::open(&dir.path().join("c.sqlite"), std::time::Duration::ZERO).unwrap();
        let second = |second| Timestamp::from_second(second).unwrap();
        let last_run = |catalogue: &Catalogue| catalogue.last_run(second(1000)).unwrap();
        assert_eq!(last_run(&catalogue), None);
        let ended = |catalogue: &mut Catalogue, run: &str, command: &str, at, exit| {
            let row = catalogue.begin_command(run, command, second(at)).unwrap();
            let outcome =
                super::super::CommandOutcome { exit, counts: "{}", reason: None, platform: None, platforms: &[] };
            catalogue.finish_command(row, &outcome, second(at + 5)).unwrap();
        };
        ended(&mut catalogue, "one", "gs-fetch", 10, 75);
        ended(&mut catalogue, "one", "gs-notify", 20, 0);
        let last =
            |command: &str, started, exit| Some(LastRun { command: command.into(), started: second(started), exit });
        assert_eq!(last_run(&catalogue), last("gs-fetch", 10, Some(75)));
        ended(&mut catalogue, "two", "gs-fetch", 40, 0);
        ended(&mut catalogue, "two", "gs-notify", 45, 0);
        assert_eq!(last_run(&catalogue), last("gs-notify", 40, Some(0)));
        catalogue.begin_command("two", "gs-dedupe", second(50)).unwrap();
        assert_eq!(last_run(&catalogue), last("gs-dedupe", 40, None));
        ended(&mut catalogue, "three", "gs-fetch", 400 * 86_400, 0);
        assert_eq!(last_run(&catalogue), last("gs-dedupe", 40, None), "its time is unknown");
    }
}
