//! `gs-schedule`: stores and shows the schedule of the sync, for the page and for scripts. It runs nothing;
//! `garminsync schedule` also writes the crontab.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use garminsync::activity::printable;
use garminsync::cli::{self, Align, Common, CommonArgs, Output};
use garminsync::i18n;
use garminsync::schedule::{DEFAULT, Schedule};
use garminsync::sync::{self, Failure, Result, ScheduleInfo, StoredSchedule, Worker};
use jiff::Timestamp;

/// Set or show the schedule of the sync
///
/// The page shows the next run, and warns when a run was missed. gs-schedule only stores the schedule: it runs nothing and does
/// not change your crontab. garminsync schedule also writes the crontab. Another scheduler must run at the same times.
///
/// CRON is an expression of Debian's cron, in quotes: five fields (minute, hour, day of month, month, day of week), or
/// @hourly, @daily, @weekly, @monthly, @yearly. Daylight saving time is handled as
/// Debian's cron does.
#[derive(Parser)]
#[command(
    name = "gs-schedule",
    version,
    after_help = "Examples:
  gs-schedule                                the schedule, last and next run
  gs-schedule '0 */6 * * *'                  every six hours
  gs-schedule '30 7,19 * * mon-fri' --zone Europe/Berlin   in that time zone
  gs-schedule off                            switch it off

Exit codes: 0 OK, 2 wrong usage, 75 the catalogue is locked,
78 configuration error"
)]
struct Args {
    /// CRON: set and enable; on: enable the stored schedule, or '0 */6 * * *'; off: disable [default: show it]
    #[arg(value_name = "CRON|on|off")]
    what: Option<String>,
    /// The words of an expression without quotes, perhaps with file names in place of its stars.
    #[arg(hide = true)]
    more: Vec<String>,
    /// The time zone of cron [default: that of this machine: $TZ, else /etc/localtime]
    #[arg(long, value_name = "NAME")]
    zone: Option<String>,
    /// The scheduler to show on the page, such as systemd; garminsync schedule sets crontab [default: none]
    #[arg(long, value_name = "NAME")]
    runner: Option<String>,
    /// The format [default: table on a terminal, else ndjson]
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
    cli::run_command("gs-schedule", cli::LogMode::No, work)
}

fn work(args: &Args, worker: &mut Worker) -> Result<()> {
    if !args.more.is_empty() {
        return Err(Failure::usage(format!("put the schedule in quotes, as in: gs-schedule '{DEFAULT}'")));
    }
    let (zone, runner) = (args.zone.as_deref(), args.runner.as_deref());
    match args.what.as_deref() {
        None | Some("off") if zone.is_some() || runner.is_some() => {
            Err(Failure::usage(format!("--zone and --runner need a schedule, such as '{DEFAULT}', or on")))
        }
        None => show(worker, args.format),
        Some("off") => sync::disable_schedule(worker),
        Some("on") => sync::enable_schedule(worker, zone, runner),
        Some(cron) => sync::set_schedule(worker, cron, zone, runner),
    }
}

fn show(worker: &Worker, format: Option<Format>) -> Result<()> {
    let StoredSchedule { info, schedule, unusable } = sync::stored_schedule(worker)?;
    let mut output = Output::buffered();
    match format.unwrap_or(if std::io::stdout().is_terminal() { Format::Table } else { Format::Ndjson }) {
        Format::Ndjson => drop(output.json_line(&info)?),
        Format::Table => {
            if info.cron.is_none() {
                worker.info(&format!("no schedule is set; to let cron run the sync: garminsync schedule '{DEFAULT}'"));
            }
            if let Some(warning) = info.warning() {
                worker.warn(&warning);
            }
            output.text(&format!("{}\n", table(&info, schedule.as_ref(), worker.now())))?;
        }
    }
    output.flush()?;
    unusable.map_or(Ok(()), Err)
}

fn table(info: &ScheduleInfo, schedule: Option<&Schedule>, now: Timestamp) -> cli::Table {
    let clock = |time| schedule.map_or_else(|| Timestamp::to_string(&time), |known| known.on_the_clock(time));
    let last = info.last_run.map(|started| {
        let end = info.last_exit.map_or("not ended".to_owned(), |exit| format!("exit code {exit}"));
        format!("{}, {}: {end}", clock(started), printable(info.last_command.as_deref().unwrap_or_default()))
    });
    let next = info.next_run.map(|next| format!("{}, in {}", clock(next), i18n::time_left(next, now)));
    let state = match (info.enabled, &info.runner) {
        (false, _) => "off".to_owned(),
        (true, None) => "on, no runner known".to_owned(),
        (true, Some(_)) if info.lacks_cron() => "on, in the crontab, but cron is not running".to_owned(),
        (true, Some(runner)) => format!("on, run by {}", printable(runner)),
    };
    let head = ["schedule", "zone", "state", "last run", "next run"];
    let mut table = cli::table(&head.map(|name| (name, Align::Left)));
    table.add_row([
        info.cron.as_deref().map_or("none".to_owned(), printable),
        info.zone.as_deref().map(printable).unwrap_or_default(),
        state,
        last.unwrap_or_else(|| "never".to_owned()),
        next.unwrap_or_else(|| "none".to_owned()),
    ]);
    table
}
