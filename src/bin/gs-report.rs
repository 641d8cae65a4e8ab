//! `gs-report`: writes the page, `index.html`, and `status.json` with the same data, from the catalogue. Each file is
//! replaced atomically. It makes no request.

use std::process::ExitCode;

use clap::Parser;
use garminsync::cli::{self, Common, CommonArgs, Language, Output, ReportFlags};
use garminsync::sync::{self, ReportOptions, Result, Worker};

/// Write the page: index.html, and status.json with the same data, from the catalogue
///
/// The page has the state and what you must do, what is missing on which platform and why, and all activities. New folders and
/// files are readable by their owner only. A replaced file keeps its mode: after one chmod a+r, a web server can read every later
/// page.
#[derive(Parser)]
#[command(
    name = "gs-report",
    version,
    after_help = "Examples:
  gs-report                                     in report/ of the data folder
  gs-report --out /srv/www/sport --refresh      elsewhere; the page reloads

Exit codes: 0 OK, 75 the catalogue is locked, 78 configuration error"
)]
struct Args {
    #[command(flatten)]
    report: ReportFlags,
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
    cli::run_command("gs-report", cli::LogMode::No, work)
}

fn work(args: &Args, worker: &mut Worker) -> Result<()> {
    let lang = args.language.or_of_settings(worker);
    let options = ReportOptions { out: args.report.out.clone(), lang, refresh: args.report.refresh };
    let Some(path) = sync::write_report(worker, &options)? else { return Ok(()) };
    let mut output = Output::buffered();
    output.text(&format!("{}\n", path.display()))?;
    output.flush().map(drop)
}
