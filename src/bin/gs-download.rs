//! `gs-download`: downloads the file of each activity into the archive, unless it is there already; adds `file` or `problem`
//! to each record.

use std::process::ExitCode;

use clap::Parser;
use garminsync::cli::{self, Common, CommonArgs, DownloadFlags, Output, RecordFlags, RecordOutput};
use garminsync::sync::{self, DownloadOptions, Result, Worker};

const NAME: &str = "gs-download";

/// Download the file of each activity into the archive, unless it is there already
///
/// It requests the original first. A file that the platform does not have is not requested again. If only a converted file (TCX
/// or GPX) is available, that file is stored and marked as converted. A file that the platform does not provide in three runs
/// is unavailable: it is requested once a week, or with --force. A corrupt original is stored unchanged and marked as corrupt,
/// next to a converted file.
///
/// Reads activities and transfers, and prints them with their file. Each file is checked completely before it is stored. A
/// failure is noted on that record; the others continue.
#[derive(Parser)]
#[command(
    name = "gs-download",
    version,
    after_help = "Examples:
  gs-list --missing | gs-download > /dev/null      archive what is missing
  gs-fetch --new | gs-download > /dev/null         list, and archive what is new
  gs-list --downloaded | gs-download --verify      check every byte of it

Settings: GS_REQUEST_INTERVAL, GS_MAX_RETRY_AFTER, GS_TIMEOUT

Exit codes: 0 OK, 1 some failed, 65 invalid record, 75 try again later,
77 a login is needed, 78 configuration error"
)]
struct Args {
    #[command(flatten)]
    files: DownloadFlags,
    #[command(flatten)]
    output: RecordFlags,
    #[command(flatten)]
    common: Common,
}

impl CommonArgs for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

fn main() -> ExitCode {
    cli::run_command(NAME, cli::LogMode::Yes, work)
}

fn work(args: &Args, worker: &mut Worker) -> Result<()> {
    let progress = worker.task(NAME);
    let records = cli::records_ahead("gs-list --missing | gs-download", &progress)?;
    let options = DownloadOptions { verify: args.files.verify, force: args.files.force };
    let mut output = RecordOutput::activities(args.output, Output::prompt)?;
    let result = sync::download(worker, options, Box::new(records), &progress, &mut output);
    progress.finish();
    let printed = output.finish();
    let counts = worker.counts_text(&[
        ("dry_run", "would be downloaded"),
        ("verified", "verified"),
        ("downloaded", "downloaded"),
        ("converted", "of these converted"),
        ("no_original", "without a file"),
        ("failed", "failed"),
        ("unavailable", "unavailable"),
    ]);
    cli::summary(worker, &counts, "nothing to download", &result);
    result.and(printed)
}
