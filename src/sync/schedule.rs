//! The stored schedule: sets it, enables and disables it, and reports its state. cron runs it, not this program.

use jiff::Timestamp;

use super::{Exit, Failure, Result, Worker};
use crate::catalogue::{CommandRow, FIRST_COMMANDS};
use crate::clock;
use crate::schedule::{self, CRONTAB, DEFAULT, Schedule, is_cron_running};
use crate::status::judge::GRACE;

/// Among how many of the newest runs the last scheduled one is searched.
const RUNS: u32 = 100;

/// Stores a schedule and enables it. `zone`: the time zone of cron; `None`: that of this machine. `runner`: what runs
/// it.
///
/// # Errors
/// The expression or the zone is invalid, or the catalogue cannot be written.
pub fn set_schedule(worker: &mut Worker, cron: &str, zone: Option<&str>, runner: Option<&str>) -> Result<()> {
    let zone = zone_of(worker, zone)?;
    set(worker, cron, &zone, runner)
}

/// Enables the stored schedule, else the default one. `zone` and `runner` as for [`set_schedule`].
///
/// # Errors
/// As [`set_schedule`].
pub fn enable_schedule(worker: &mut Worker, zone: Option<&str>, runner: Option<&str>) -> Result<()> {
    let Some(row) = worker.catalogue.schedule()? else {
        let zone = zone_of(worker, zone)?;
        return set(worker, DEFAULT, &zone, runner);
    };
    let zone = zone.map_or(Ok(row.zone.clone()), |zone| zone_of(worker, Some(zone)))?;
    // The zone may differ from the stored one.
    Schedule::parse(&row.cron, &zone).map_err(|error| cannot_be_used(&error))?;
    set(worker, &row.cron, &zone, runner)
}

/// Disables the schedule.
///
/// # Errors
/// The catalogue cannot be written.
pub fn disable_schedule(worker: &mut Worker) -> Result<()> {
    if worker.dry_run {
        worker.warn("would switch the schedule off");
        return Ok(());
    }
    let now = worker.now();
    let was_on = worker.catalogue.stop_schedule(now)?;
    worker.info(match was_on {
        true => "schedule off; to remove it from the crontab too: garminsync schedule off",
        false => "no schedule is on",
    });
    Ok(())
}

/// The schedule, the last run and the next one: a record of `gs-schedule`.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ScheduleInfo {
    /// Always `schedule`.
    #[serde(rename = "type")]
    pub record: &'static str,
    /// The cron expression.
    pub cron: Option<String>,
    /// The time zone of cron.
    pub zone: Option<String>,
    /// Whether it is enabled.
    pub enabled: bool,
    /// When it was enabled or disabled.
    pub since: Option<Timestamp>,
    /// When the last run of the sync log began.
    pub last_run: Option<Timestamp>,
    /// The command of that run with the most severe exit code.
    pub last_command: Option<String>,
    /// That exit code.
    pub last_exit: Option<u8>,
    /// The next run.
    pub next_run: Option<Timestamp>,
    /// What runs it; `None`: nothing, it is only stored.
    pub runner: Option<String>,
    /// The last scheduled run has come, whatever runs it.
    #[serde(skip)]
    pub has_come: bool,
}

/// The stored schedule.
pub struct StoredSchedule {
    /// Its state.
    pub info: ScheduleInfo,
    /// The schedule, if it is valid on this machine.
    pub schedule: Option<Schedule>,
    /// Why the stored schedule is invalid on this machine.
    pub unusable: Option<Failure>,
}

/// The stored schedule and its state.
///
/// # Errors
/// The catalogue cannot be read.
pub fn stored_schedule(worker: &Worker) -> Result<StoredSchedule> {
    let now = worker.now();
    let (row, last) = (worker.catalogue.schedule()?, worker.catalogue.last_run(now)?);
    let (schedule, unusable) = match row.as_ref().map(|row| Schedule::parse(&row.cron, &row.zone)) {
        None => (None, None),
        Some(Ok(schedule)) => (Some(schedule), None),
        Some(Err(error)) => (None, Some(cannot_be_used(&error))),
    };
    let enabled = row.as_ref().is_some_and(|row| row.enabled);
    let next_run = schedule.as_ref().filter(|_| enabled).and_then(|schedule| schedule.next(now));
    let previous = schedule.as_ref().filter(|_| enabled).and_then(|schedule| schedule.previous(now - GRACE));
    let has_come = match previous {
        Some(due) => has_come(due, &worker.catalogue.newest_runs(RUNS)?),
        None => false,
    };
    let (last_run, last_command, last_exit) =
        last.map_or((None, None, None), |last| (Some(last.started), Some(last.command), last.exit));
    let info = ScheduleInfo {
        record: "schedule",
        enabled,
        since: row.as_ref().map(|row| row.since),
        zone: row.as_ref().map(|row| row.zone.clone()),
        runner: row.as_ref().and_then(|row| row.runner.clone()),
        cron: row.map(|row| row.cron),
        last_run,
        last_command,
        last_exit,
        next_run,
        has_come,
    };
    Ok(StoredSchedule { info, schedule, unusable })
}

/// The named zone, else that of this machine.
fn zone_of(worker: &Worker, named: Option<&str>) -> Result<String> {
    let machine = schedule::machine_zone();
    let Some(named) = named else {
        if let Some(warning) = &machine.warning {
            worker.warn(warning);
        }
        worker.info(&format!("time zone {}, from {}", machine.name, machine.from));
        return Ok(machine.name);
    };
    let zone = schedule::zone_name(named).map_err(|error| Failure::usage(format!("--zone: {error}")))?;
    if zone != machine.name {
        let name = &machine.name;
        worker.info(&format!("cron on this machine uses {name} (from {}); the zone {zone} differs", machine.from));
    }
    Ok(zone)
}

fn set(worker: &mut Worker, cron: &str, zone: &str, runner: Option<&str>) -> Result<()> {
    let schedule = Schedule::parse(cron, zone).map_err(|error| Failure::usage(error.to_string()))?;
    let now = worker.now();
    let next = schedule.next(now).map_or("never".to_owned(), |next| schedule.on_the_clock(next));
    let (cron, zone) = (schedule.cron(), schedule.zone());
    if worker.dry_run {
        worker.warn(&format!("would set: {cron} in {zone}, next {next}"));
        return Ok(());
    }
    worker.catalogue.set_schedule(cron, zone, runner, now)?;
    worker.info(&format!("{cron} in {zone}, next {next}"));
    if worker.catalogue.schedule()?.is_none_or(|row| row.runner.is_none()) {
        worker.warn(&no_runner_text(cron));
    }
    Ok(())
}

/// Whether a run that was due at this time is among `runs`.
pub(super) fn has_come(due: Timestamp, runs: &[CommandRow]) -> bool {
    let is_first = |run: &&CommandRow| FIRST_COMMANDS.contains(&run.command.as_str());
    runs.iter().filter(is_first).any(|run| run.started >= due && clock::is_within(due, run.started, GRACE))
}

impl ScheduleInfo {
    /// Whether it is in the crontab of a machine on which no cron daemon runs, and no run has come from elsewhere.
    pub fn lacks_cron(&self) -> bool {
        self.enabled && self.runner.as_deref() == Some(CRONTAB) && !self.has_come && !is_cron_running()
    }

    /// The warning about a schedule that nothing runs; `None` if something does, or it is off.
    pub fn warning(&self) -> Option<String> {
        let cron = self.cron.as_deref().filter(|_| self.enabled)?;
        let no_cron =
            || "the schedule is in the crontab, but cron is not running; to check it: garminsync daemon --status";
        match self.runner {
            None => Some(no_runner_text(cron)),
            Some(_) => self.lacks_cron().then(no_cron).map(str::to_owned),
        }
    }
}

/// The warning about a schedule that nothing runs yet.
fn no_runner_text(cron: &str) -> String {
    format!(
        "the schedule is stored, but no runner is known; to let cron run it: garminsync schedule '{cron}'; to check: garminsync daemon --status"
    )
}

/// The failure of a stored schedule that is invalid on this machine.
fn cannot_be_used(error: &schedule::Error) -> Failure {
    let message = format!("the stored schedule: {error}; or set another one: gs-schedule '{DEFAULT}'");
    Failure::new(Exit::Config, message)
}
