//! `gs-settings`: prints the settings that apply, never a secret.

use std::process::ExitCode;

use clap::Parser;
use garminsync::activity::printable;
use garminsync::cli::{self, Align, Common, CommonArgs, Output};
use garminsync::sync::{Result, Worker};

/// Print the settings that apply; secrets are never shown
///
/// A flag takes precedence over the environment, and the environment over the settings file. A secret that is set shows as
/// ***.
#[derive(Parser)]
#[command(
    name = "gs-settings",
    version,
    after_help = "Examples:
  gs-settings                           all settings, and their file
  ls \"$(gs-settings DATA_DIR)\"          the value of one, for scripts
  gs-settings --check                   the errors of all settings

Exit codes: 0 OK, 2 unknown setting, 78 configuration error"
)]
struct Args {
    /// Print the value of this setting alone: its default if it is not set, and nothing if it has none
    name: Option<String>,
    /// Print the errors of all settings, and nothing else
    #[arg(long, conflicts_with = "name")]
    check: bool,
    /// Print the path of the .env file that was read; nothing if there is none
    #[arg(long, conflicts_with_all = ["name", "check"])]
    file: bool,
    /// Print the names of the settings that the environment sets and the .env file does not, or sets differently
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
    cli::run_command("gs-settings", cli::LogMode::Asked, work)
}

fn work(args: &Args, worker: &mut Worker) -> Result<()> {
    if args.check {
        worker.check_settings();
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
            if let Some(value) = worker.setting_for_scripts(name)? {
                output.text(&format!("{value}\n"))?;
            }
        }
        None => {
            worker.fail_on_broken_lines();
            worker.warn_of_settings();
            output.text(&format!("{}\n", table(worker)))?;
        }
    }
    output.flush().map(drop)
}

fn table(worker: &Worker) -> cli::Table {
    let mut table = cli::table(&[("setting", Align::NoWrap), ("value", Align::Left)]);
    let file = worker.settings.file().map_or("none".to_owned(), |path| path.display().to_string());
    table.add_row(["(read from)".to_owned(), file]);
    for (name, value) in worker.shown_settings() {
        table.add_row([name.to_owned(), printable(&value)]);
    }
    table
}
