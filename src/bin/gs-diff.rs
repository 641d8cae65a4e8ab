//! `gs-diff`: decides which activities are missing on which platform; reads activities and prints transfers. It makes no
//! request. The rules are in `docs/sync-rules.md`.

use std::process::ExitCode;

use clap::Parser;
use garminsync::cli::{self, CatalogueFlags, Common, CommonArgs, DiffFlags, Filter, Output, RecordFlags, RecordOutput};
use garminsync::plan::diff::Overrides;
use garminsync::sync::{self, DiffOptions, Result, Worker, selection_of_flag};

const NAME: &str = "gs-diff";

/// Plan the uploads of missing activities, one transfer each
///
/// An activity that is on two platforms is uploaded to the third one once, from the better source. gs-diff plans no uploads to
/// a platform that has not been listed. It skips activities that were deleted on the target or may already exist there, unless
/// a flag below says otherwise.
///
/// The activities in its input may be uploaded; what the platforms have comes from the catalogue. Without a pipe, on a
/// terminal, it takes all activities that gs-fetch printed last. It makes no request.
/// docs/sync-rules.md has the rules.
#[derive(Parser)]
#[command(
    name = "gs-diff",
    version,
    after_help = "Examples:
  gs-diff                                          what would be uploaded
  gs-fetch | gs-diff | gs-download | gs-upload     upload missing activities
  gs-list | gs-diff --to coros > plan.ndjson       a plan to review and edit
  gs-download < plan.ndjson | gs-upload            apply it
  gs-list --sport running | gs-diff --explain      also what is not uploaded

Settings: SPORT_DIFF_SECOND, SYNC_TO

Exit codes: 0 OK, 65 invalid record, 75 a platform has not been listed,
77 no platform is configured, 78 configuration error"
)]
struct Args {
    #[command(flatten)]
    diff: DiffFlags,
    /// Also print activities that are not uploaded, with the reasons
    #[arg(long, alias = "all")]
    explain: bool,
    #[command(flatten)]
    input: CatalogueFlags,
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
        filter: args.filter.read(worker.now())?,
    };
    let progress = worker.task(NAME);
    let input = cli::records_or_catalogue(worker, &args.input, &progress)?;
    let mut output = RecordOutput::changes(args.output, Output::buffered);
    sync::diff(worker, &options, input, &progress, &mut output)?;
    progress.finish();
    output.finish()
}
