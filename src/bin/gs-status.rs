//! `gs-status`: prints the state, the last and the next sync, a line for each platform, and what you must do. It reads the
//! catalogue and makes no request.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use garminsync::cli::{self, Common, CommonArgs, Language, Output, StatusFlags, StatusFormat};
use garminsync::report;
use garminsync::sync::{Result, Worker};

/// Print the state, the last and the next sync, and what you must do
///
/// It reads the catalogue and makes no request, so it shows what the last listings and syncs found.
#[derive(Parser)]
#[command(
    name = "gs-status",
    version,
    after_help = "Examples:
  gs-status                             the state, each platform, what to do
  gs-status --format json | jq .state   for scripts: the data of status.json

Exit codes: 0 everything is OK,
1 work is outstanding, something needs attention, or nothing was listed yet,
75 the catalogue is locked, 77 a login is needed, 78 configuration error"
)]
struct Args {
    #[command(flatten)]
    status: StatusFlags,
    #[command(flatten)]
    language: Language,
    #[command(flatten)]
    common: Common,
}

impl CommonArgs for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

fn main() -> ExitCode {
    cli::run_command("gs-status", cli::LogMode::No, work)
}

fn work(args: &Args, worker: &mut Worker) -> Result<()> {
    let lang = args.language.or_of_settings(worker);
    let snapshot = worker.snapshot()?;
    let by_place = if std::io::stdout().is_terminal() { StatusFormat::Table } else { StatusFormat::Json };
    let mut output = Output::buffered();
    match args.status.format.unwrap_or(by_place) {
        StatusFormat::Table => drop(output.text(&cli::status_text(&snapshot, worker.now(), lang))?),
        StatusFormat::Json => {
            report::write_status_json(&snapshot, &mut output).map_err(|error| Output::write_failed(&error))?;
        }
    }
    output.flush()?;
    worker.raise(snapshot.exit());
    Ok(())
}
