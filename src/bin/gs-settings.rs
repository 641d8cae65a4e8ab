//! Prints what the settings come to: which file they are read from, where the data is, what is set. Never a secret.
//!
//! ```text
//! gs-settings                      all of them
//! gs-settings DELETE_DUPLICATE     the value of one, for scripts; nothing if it is not set
//! gs-settings --file               the .env file that they are read from; nothing if there is none
//! gs-settings --environment         the names of those that a program without this environment would not have
//! gs-settings --check              nothing, or what is wrong
//! ```

use std::process::ExitCode;

use clap::Parser;
use garminsync::cli::{self, Align, Common, CommonArgs, Output};
use garminsync::platform::PlatformSelection;
use garminsync::settings::{is_secret, names};
use garminsync::sync::{self, Failure, Result, Worker};

/// Print what the settings come to; secrets are never shown
///
/// A flag goes before the environment, and that before the file of the settings. A secret that is set shows as ***.
#[derive(Parser)]
#[command(
    name = "gs-settings",
    version,
    after_help = "Examples:
  gs-settings                           all of them, and the file they are from
  ls \"$(gs-settings DATA_DIR)\"          the value of one, for scripts
  gs-settings --check                   nothing, or what is wrong

Exit codes: 0 all well, 2 no such setting, 78 set-up"
)]
struct Args {
    /// Print the value of this one alone; nothing if it is not set
    name: Option<String>,
    /// Print nothing, and say what is wrong with any of them
    #[arg(long, conflicts_with = "name")]
    check: bool,
    /// Print the path of the .env file that was read; nothing if there is none
    #[arg(long, conflicts_with_all = ["name", "check"])]
    file: bool,
    /// Print the names of those that only the environment has, or has with another value than the .env file
    #[arg(long, conflicts_with_all = ["name", "check", "file"])]
    environment: bool,
    #[command(flatten)]
    common: Common,
}

impl CommonArgs for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

fn main() -> ExitCode {
    cli::run_command("gs-settings", cli::Log::Asked, work)
}

fn work(args: &Args, worker: &mut Worker) -> Result<()> {
    if args.check {
        worker.settings.remarks().iter().for_each(|text| worker.warn(text));
        let wrong = worker.wrong_settings();
        worker.log_settings_check(wrong.first());
        wrong.iter().for_each(|failure| worker.fail(failure));
        return Ok(());
    }
    let mut output = Output::buffered();
    match &args.name {
        _ if args.file => {
            if let Some(path) = worker.settings.file() {
                output.text(&format!("{}\n", path.display()))?;
            }
        }
        _ if args.environment => {
            for name in worker.settings.only_in_environment() {
                output.text(&format!("{name}\n"))?;
            }
        }
        Some(name) => {
            if !names().any(|known| known == name) {
                return Err(Failure::usage(format!("{name:?} is no setting; gs-settings lists those there are")));
            }
            if is_secret(name) {
                return Err(Failure::usage(format!("{name} is a secret and is not shown")));
            }
            if let Some(value) = value(worker, name) {
                output.text(&format!("{value}\n"))?;
            }
            if worker.settings.is_broken(name) {
                worker.fail_on_broken_lines();
            }
        }
        None => {
            worker.fail_on_broken_lines();
            worker.settings.remarks().iter().for_each(|text| worker.warn(text));
            output.text(&format!("{}\n", table(worker)))?;
        }
    }
    output.flush().map(drop)
}

fn table(worker: &Worker) -> cli::Table {
    let mut table = cli::table(&[("setting", Align::Whole), ("value", Align::Left)]);
    let file = worker.settings.file().map_or("none".to_owned(), |path| path.display().to_string());
    table.add_row(["(read from)".to_owned(), file]);
    for name in names() {
        if let Some(value) = value(worker, name) {
            let value = if is_secret(name) { "***".to_owned() } else { garminsync::activity::printable(&value) };
            table.add_row([name.to_owned(), value]);
        }
    }
    table
}

/// What it comes to: of the places where things are, also what holds without a setting.
fn value(worker: &Worker, name: &str) -> Option<String> {
    match name {
        "DATA_DIR" => Some(worker.named_data_dir.display().to_string()),
        "DB_PATH" => Some(worker.named_catalogue.display().to_string()),
        "GS_REPORT_DIR" => {
            let dir = worker.settings.path(name).unwrap_or_else(|| worker.named_data_dir.join("report"));
            Some(std::path::absolute(&dir).unwrap_or(dir).display().to_string())
        }
        // For scripts, in whole seconds.
        "GS_JITTER" => match (worker.settings.get(name)?, worker.settings.duration(name, std::time::Duration::ZERO)) {
            (_, Ok(time)) => Some(time.as_secs().to_string()),
            (text, Err(_)) => Some(text.to_owned()),
        },
        // For scripts, which compare it.
        "GS_SCHEDULED" | "GS_ARCHIVE" => worker.settings.get(name).map(|text| text.trim().to_owned()),
        "DELETE_DUPLICATE" => match worker.settings.yes(name) {
            Ok(Some(yes)) => Some(if yes { "1" } else { "0" }.to_owned()),
            _ => worker.settings.get(name).map(str::to_owned),
        },
        // The flag goes first, and gives the names as commands print them.
        "SYNC_PLATFORM" => match worker.named_platforms() {
            Ok(PlatformSelection::Only(specs)) => Some(sync::names_of(&specs)),
            _ => worker.settings.get(name).map(str::to_owned),
        },
        "HTTPS_PROXY" | "ALL_PROXY" | "NO_PROXY" => {
            let (_, text) = worker.settings.any(&[&name.to_ascii_lowercase(), name])?;
            // What stands before the host is a login.
            let shown = |(login, host): (&str, &str)| {
                format!("{}***@{host}", login.find("://").map_or("", |at| &login[..at + 3]))
            };
            Some(text.rsplit_once('@').map_or(text.to_owned(), shown))
        }
        _ if is_secret(name) => worker.settings.names_secret(name).then(|| "***".to_owned()),
        _ => worker.settings.get(name).map(str::to_owned),
    }
}
