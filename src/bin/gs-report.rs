//! `gs-report`: writes the page, `index.html`, and `status.json` with the same data, from the catalogue. Each file is
//! replaced atomically. It makes no request.

use std::process::ExitCode;

use clap::Parser;
use garminsync::cli::{self, Common, CommonArgs, Language, Output, ReportFlags};
use garminsync::report::{self, Look};
use garminsync::sync::{Failure, OutputFolder, Result, Worker};

const PAGE: &str = "index.html";
const STATUS: &str = "status.json";

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
  gs-report                                     in the folder report of the data folder
  gs-report --out /srv/www/sport --refresh      elsewhere, and the page reloads itself

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
    // The page must also report an invalid setting.
    let lang = args.language.or_of_settings(worker);
    let refresh = worker.settings.yes("GS_REPORT_REFRESH").map_err(Failure::from);
    let refresh = worker.or_told(refresh, false) || args.report.refresh;
    let of_settings = || worker.settings.path("GS_REPORT_DIR");
    let out = args.report.out.clone().or_else(of_settings).unwrap_or_else(|| worker.data_dir.join("report"));
    let out = std::path::absolute(&out).unwrap_or(out);
    let snapshot = worker.snapshot()?;
    let page = report::page(&snapshot, Look { lang, refresh });
    let status = cli::status_json(&snapshot)?;
    let path = out.join(PAGE);
    if worker.dry_run {
        worker.warn(&format!("{} and {} would be written", path.display(), out.join(STATUS).display()));
        return Ok(());
    }
    // The page is what people look at: when it is new, everything is.
    OutputFolder::open(&out, worker.lock_timeout)?.put(&[(STATUS, &status), (PAGE, page.as_bytes())])?;
    let mut output = Output::buffered();
    output.text(&format!("{}\n", path.display()))?;
    output.flush().map(drop)
}
