//! Decides what is missing where: reads activities, prints transfers.
//!
//! ```text
//! gs-fetch | gs-diff | gs-download | gs-upload     keep all platforms equal
//! gs-list | gs-diff --to coros > plan.ndjson       plan, look at it, edit it …
//! gs-download < plan.ndjson | gs-upload            … and apply it
//! gs-list | gs-diff --explain                          also what is not sent, and why
//! ```
//!
//! The activities that come in are what may be sent; what the platforms have is what the catalogue knows. The network is
//! never asked. How it decides is in `docs/sync-rules.md`.

use std::process::ExitCode;

use clap::Parser;
use garminsync::cli::{self, Common, CommonArgs, DiffFlags, Filter, Output, RecordFlags, RecordOutput};
use garminsync::plan::diff::Overrides;
use garminsync::sync::{self, DiffOptions, Result, Worker, selection_of_flag};

const NAME: &str = "gs-diff";

/// Decide what is missing where, and print a transfer for each
///
/// An exercise that is on two platforms goes to the third once, from the better source. Nothing is planned towards a
/// platform whose list is not known, nor what somebody deleted there, nor what it may have already.
///
/// The activities that come in are what may be sent; what the platforms have is what the catalogue knows. The network is
/// never asked. How it decides is in docs/sync-rules.md.
#[derive(Parser)]
#[command(
    name = "gs-diff",
    version,
    after_help = "Examples:
  gs-fetch | gs-diff | gs-download | gs-upload     keep all platforms equal
  gs-list | gs-diff --to coros > plan.ndjson       a plan, to look at and edit
  gs-download < plan.ndjson | gs-upload            apply it
  gs-list --sport running | gs-diff --explain          also what is not sent

Settings: SPORT_DIFF_SECOND, SYNC_TO

Exit codes: 0 all well, 65 a bad record, 75 a platform's list is not known, 77 no platform is set up, 78 set-up"
)]
struct Args {
    #[command(flatten)]
    diff: DiffFlags,
    /// Also print what is not uploaded, with the reasons
    #[arg(long, alias = "all")]
    explain: bool,
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
    cli::run_command(NAME, cli::LogMode::IfWritable, work)
}

fn work(args: &Args, worker: &mut Worker) -> Result<()> {
    let (since, until) = args.filter.times(worker.now())?;
    let options = DiffOptions {
        sources: selection_of_flag(&worker.platforms, "--from", &args.diff.from)?,
        targets: selection_of_flag(&worker.platforms, "--to", &args.diff.to)?,
        rule: args.diff.rule.into(),
        rematch: args.diff.rematch,
        explain: args.explain,
        overrides: Overrides {
            restore_deleted: args.diff.restore_deleted,
            possible_duplicates: args.diff.possible_duplicates,
            retry_rejected: args.diff.retry_rejected,
        },
        since,
        until,
        sports: args.filter.sport.clone(),
    };
    let progress = worker.task(NAME);
    // Half a history would make things look missing.
    let records = cli::all_records("gs-fetch | gs-diff", &progress)?;
    progress.step("comparing");
    let mut output = RecordOutput::changes(args.output, Output::buffered);
    sync::diff(worker, &options, records, &mut output)?;
    progress.finish();
    output.finish()
}
