//! Writes down when it is to run, for the page and for what scripts ask; cron has to run it.
//!
//! ```text
//! gs-schedule                           the schedule, the last run and the next
//! gs-schedule '0 */6 * * *'             sets it, and switches it on
//! gs-schedule '@daily' --zone UTC       the same, for a cron that goes by another zone than this machine
//! gs-schedule off                       and on
//! ```

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use garminsync::activity::printable;
use garminsync::catalogue::{LastRun, ScheduleRow};
use garminsync::cli::{self, Align, Common, CommonArgs, Output};
use garminsync::i18n;
use garminsync::schedule::{self, DEFAULT, Schedule};
use garminsync::sync::{Exit, Failure, Result, Worker};
use jiff::Timestamp;

/// Write down when it is to run, or show it
///
/// It is written down for the page, which tells the next run and whether one was missed. It runs nothing and leaves
/// your crontab alone. garminsync schedule does both; whatever else runs it has to come by the same five fields.
///
/// CRON is what Debian's cron takes, in quotes: five fields (minute, hour, day of month, month, day of week), or
/// @hourly, @daily, @weekly, @monthly, @yearly. Where clocks are set forward or back, it is taken to run as that cron
/// does it.
#[derive(Parser)]
#[command(
    name = "gs-schedule",
    version,
    after_help = "Examples:
  gs-schedule                                the schedule, last and next run
  gs-schedule '0 */6 * * *'                  every six hours
  gs-schedule '30 7,19 * * mon-fri' --zone Europe/Berlin   by that zone's clocks
  gs-schedule off                            no more

Exit codes: 0 all well, 2 no such schedule or zone, 75 locked, 78 set-up"
)]
struct Args {
    /// Sets it and switches it on; on: switches it on, as it was, else as '0 */6 * * *'; off [default: shows it]
    #[arg(value_name = "CRON|on|off")]
    what: Option<String>,
    /// What the shell made of an expression without quotes: several words, and maybe file names of its stars.
    #[arg(hide = true)]
    more: Vec<String>,
    /// The time zone that cron goes by [default: that of this machine: $TZ, else /etc/localtime]
    #[arg(long, value_name = "NAME")]
    zone: Option<String>,
    /// What runs it, for the page: garminsync schedule says crontab [default: nothing, it is only written down]
    #[arg(long, value_name = "NAME")]
    runner: Option<String>,
    /// How it is shown [default: table on a terminal, else ndjson]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// One record.
    Ndjson,
}

impl CommonArgs for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

fn main() -> ExitCode {
    cli::run_command("gs-schedule", cli::Log::No, work)
}

fn work(args: &Args, worker: &mut Worker) -> Result<()> {
    if !args.more.is_empty() {
        return Err(Failure::usage(format!("put it in quotes, as in: gs-schedule '{DEFAULT}'")));
    }
    match args.what.as_deref() {
        None | Some("off") if args.zone.is_some() || args.runner.is_some() => {
            Err(Failure::usage(format!("--zone and --runner go with a schedule, such as '{DEFAULT}', or with on")))
        }
        None => show(worker, args.format),
        Some("off") => off(worker),
        Some("on") => on(worker, args.zone.as_deref(), args.runner.as_deref()),
        Some(cron) => {
            let zone = zone(worker, args.zone.as_deref())?;
            set(worker, cron, &zone, args.runner.as_deref())
        }
    }
}

/// The zone of the flag, else that of this machine.
fn zone(worker: &Worker, named: Option<&str>) -> Result<String> {
    let machine = schedule::machine_zone();
    let Some(named) = named else {
        if let Some(warning) = &machine.warning {
            worker.warn(warning);
        }
        worker.info(&format!("in the time zone {}, says {}", machine.name, machine.from));
        return Ok(machine.name);
    };
    let zone = schedule::zone_name(named).map_err(|error| Failure::usage(format!("--zone: {error}")))?;
    if zone != machine.name {
        let name = &machine.name;
        worker.info(&format!("cron on this machine goes by {name}, says {}; {zone} is for another one", machine.from));
    }
    Ok(zone)
}

fn set(worker: &mut Worker, cron: &str, zone: &str, runner: Option<&str>) -> Result<()> {
    let schedule = Schedule::parse(cron, zone).map_err(|error| Failure::usage(error.to_string()))?;
    let now = worker.now();
    let next = schedule.next(now).map_or("never".to_owned(), |next| schedule.on_the_clock(next));
    let (cron, zone) = (schedule.cron(), schedule.zone());
    if worker.dry_run {
        worker.warn(&format!("would write down: {cron} in {zone}, next {next}"));
        return Ok(());
    }
    worker.catalogue.set_schedule(cron, zone, runner, now)?;
    worker.info(&format!("{cron} in {zone}, next {next}"));
    if worker.catalogue.schedule()?.is_none_or(|row| row.runner.is_none()) {
        worker.warn(&nothing_runs_it(cron));
    }
    Ok(())
}

/// What is to be said of a schedule that nothing is known to run.
fn nothing_runs_it(cron: &str) -> String {
    format!(
        "the schedule is only written down, and nothing is known to run it; to have cron run it: garminsync schedule '{cron}'; if that was done, garminsync daemon --status tells what is missing"
    )
}

/// As it was, if it was; `--zone` goes first.
fn on(worker: &mut Worker, named: Option<&str>, runner: Option<&str>) -> Result<()> {
    let Some(row) = worker.catalogue.schedule()? else {
        let zone = zone(worker, named)?;
        return set(worker, DEFAULT, &zone, runner);
    };
    let zone = named.map_or(Ok(row.zone.clone()), |named| zone(worker, Some(named)))?;
    // What is written down was read when it was.
    Schedule::parse(&row.cron, &zone).map_err(|error| of_no_use(&error))?;
    set(worker, &row.cron, &zone, runner)
}

fn off(worker: &mut Worker) -> Result<()> {
    if worker.dry_run {
        worker.warn("would switch the schedule off");
        return Ok(());
    }
    let now = worker.now();
    let was_on = worker.catalogue.stop_schedule(now)?;
    worker.info(match was_on {
        true => "the schedule is switched off; take its line out of the crontab, too: crontab -e",
        false => "no schedule is switched on",
    });
    Ok(())
}

/// The schedule that is written down cannot be used here.
fn of_no_use(error: &schedule::Error) -> Failure {
    let message = format!("the schedule that is written down: {error}; or write it anew: gs-schedule '{DEFAULT}'");
    Failure::new(Exit::Config, message)
}

/// What is known of the schedule, as a record.
#[derive(serde::Serialize)]
struct Shown {
    #[serde(rename = "type")]
    record: &'static str,
    cron: Option<String>,
    zone: Option<String>,
    enabled: bool,
    /// Since when it is so.
    since: Option<Timestamp>,
    /// When the newest run of the sync log began, which of its commands ended worst, and how.
    last_run: Option<Timestamp>,
    last_command: Option<String>,
    last_exit: Option<u8>,
    next_run: Option<Timestamp>,
    /// What runs it, as whoever set it said; nothing: it is only written down.
    runner: Option<String>,
}

fn show(worker: &mut Worker, format: Option<Format>) -> Result<()> {
    let now = worker.now();
    let (row, last) = (worker.catalogue.schedule()?, worker.catalogue.last_run(now)?);
    let parsed = row.as_ref().map(|row| Schedule::parse(&row.cron, &row.zone));
    let schedule = parsed.as_ref().and_then(|parsed| parsed.as_ref().ok());
    let next = schedule.filter(|_| row.as_ref().is_some_and(|row| row.enabled)).and_then(|schedule| schedule.next(now));
    let mut output = Output::buffered();
    match format.unwrap_or(if std::io::stdout().is_terminal() { Format::Table } else { Format::Ndjson }) {
        Format::Ndjson => {
            let line = serde_json::to_string(&record(row, last, next)).map_err(|error| Output::failed(&error))?;
            output.text(&format!("{line}\n"))?;
        }
        Format::Table => {
            if row.is_none() {
                worker.info(&format!("no schedule is set; to have cron run it: garminsync schedule '{DEFAULT}'"));
            }
            let clock = |time| schedule.map_or_else(|| Timestamp::to_string(&time), |known| known.on_the_clock(time));
            let next = next.map(|next| format!("{}, in {}", clock(next), i18n::time_left(next, now)));
            let last = last.map(|last| last_run(&last, clock(last.started)));
            if let Some(row) = row.as_ref().filter(|row| row.enabled && row.runner.is_none()) {
                worker.warn(&nothing_runs_it(&row.cron));
            }
            output.text(&format!("{}\n", table(row.as_ref(), last, next)))?;
        }
    }
    output.flush()?;
    match &parsed {
        Some(Err(error)) => Err(of_no_use(error)),
        _ => Ok(()),
    }
}

fn record(row: Option<ScheduleRow>, last: Option<LastRun>, next_run: Option<Timestamp>) -> Shown {
    let (last_run, last_command, last_exit) =
        last.map_or((None, None, None), |last| (Some(last.started), Some(last.command), last.exit));
    Shown {
        record: "schedule",
        enabled: row.as_ref().is_some_and(|row| row.enabled),
        since: row.as_ref().map(|row| row.since),
        zone: row.as_ref().map(|row| row.zone.clone()),
        runner: row.as_ref().and_then(|row| row.runner.clone()),
        cron: row.map(|row| row.cron),
        last_run,
        last_command,
        last_exit,
        next_run,
    }
}

fn last_run(last: &LastRun, when: String) -> String {
    let end = last.exit.map_or("not ended".to_owned(), |exit| format!("exit {exit}"));
    format!("{when}, {}: {end}", printable(&last.command))
}

/// Whether it is switched on, and what runs it.
fn state(row: Option<&ScheduleRow>) -> String {
    match row.filter(|row| row.enabled).map(|row| row.runner.as_deref()) {
        None => "off".to_owned(),
        Some(None) => "on, only written down".to_owned(),
        Some(Some(runner)) => format!("on, run by {}", printable(runner)),
    }
}

fn table(row: Option<&ScheduleRow>, last: Option<String>, next: Option<String>) -> cli::Table {
    let head = ["schedule", "zone", "state", "last run", "next run"];
    let mut table = cli::table(&head.map(|name| (name, Align::Left)));
    table.add_row([
        row.map_or("none".to_owned(), |row| printable(&row.cron)),
        row.map(|row| printable(&row.zone)).unwrap_or_default(),
        state(row),
        last.unwrap_or_else(|| "never".to_owned()),
        next.unwrap_or_else(|| "none".to_owned()),
    ]);
    table
}
