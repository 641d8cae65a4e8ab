//! `gs-fetch`: lists the platforms into the catalogue, and prints the activities as records.

use std::process::ExitCode;

use clap::Parser;
use garminsync::cli::{self, Common, CommonArgs, Filter, ListingFlags, Output, RecordFlags, RecordOutput};
use garminsync::sync::{self, FetchOptions, Result, Worker, names_of};

/// List the platforms into the catalogue, and print the known activities as records
///
/// By default a listing stops at the first page without changes; once a week it lists all activities. It does not log in while the
/// stored token works.
///
/// All platforms are listed in parallel. If one fails, the others continue; its activities are not printed, and the exit code
/// is not 0.
#[derive(Parser)]
#[command(
    name = "gs-fetch",
    version,
    after_help = "Examples:
  gs-fetch > /dev/null                  new activities; all of them once a week
  gs-fetch --new | gs-download          archive what is new
  gs-fetch --full > /dev/null           all activities; detects deletions, too
  gs-fetch --since 30d --sport running   list the last thirty days

Settings: GARMIN_NEWEST_NUM, GS_REQUEST_INTERVAL, GS_MAX_RETRY_AFTER,
GS_TIMEOUT, GS_CONFIRM_WAIT

Exit codes: 0 OK,
75 try again later (also if some of a list could not be read),
77 a login is needed, 78 configuration error"
)]
struct Args {
    #[command(flatten)]
    listing: ListingFlags,
    /// Print only activities that were not in the catalogue before
    #[arg(long)]
    new: bool,
    /// Print the platforms that were listed instead of their activities, for --catalogue of gs-diff and gs-dedupe
    #[arg(long, conflicts_with_all = ["new", "format"])]
    print_platforms: bool,
    #[command(flatten)]
    filter: Filter,
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
    cli::run_command("gs-fetch", cli::LogMode::Yes, work)
}

fn work(args: &Args, worker: &mut Worker) -> Result<()> {
    let options = FetchOptions {
        full: args.listing.full,
        newest: args.listing.newest,
        only_new: args.new,
        accept_missing: args.listing.accept_missing,
        filter: args.filter.read(worker.now())?,
    };
    if args.print_platforms {
        let listed = sync::fetch_platforms(worker, &options)?;
        let mut output = Output::buffered();
        output.text(&format!("{}\n", names_of(&listed)))?;
        return output.flush().map(drop);
    }
    let mut output = RecordOutput::activities(args.output, Output::buffered)?;
    sync::fetch(worker, &options, &mut output)?;
    output.finish()
}
