//! `gs-delete`: deletes duplicates that `gs-dedupe` has marked, if every check passes, and lists the platform until they are
//! gone. The checks are in `docs/sync-rules.md`.

use std::process::ExitCode;

use clap::Parser;
use garminsync::cli::{self, Common, CommonArgs, DeletionLimit, Output, RecordFlags, RecordOutput};
use garminsync::sync::{self, DeleteOptions, RecordSink, Result, Worker};

const NAME: &str = "gs-delete";

/// Delete duplicates from their platform, if every check passes
///
/// Reads the activities that gs-dedupe has marked. It deletes only duplicates marked same-file or match, only with the original
/// in the archive, and only with --yes. With -n it prints each duplicate and whether it would be deleted, with the reason.
///
/// docs/sync-rules.md lists the checks. An activity that fails one is not deleted. Afterwards it lists the platform until the
/// activity is gone.
#[derive(Parser)]
#[command(
    name = "gs-delete",
    version,
    after_help = "Examples:
  gs-list | gs-dedupe --duplicates | gs-download | gs-dedupe > c.ndjson   find
  gs-delete -n < c.ndjson                          what would be deleted
  gs-delete --yes --max-delete 3 < c.ndjson        delete at most three
  gs-list --deleted --id 123 | gs-upload --restore   restore one

Settings: SPORT_DIFF_SECOND

Exit codes: 0 OK, 1 some failed, 65 invalid record, 75 try again later,
77 a login is needed, 78 configuration error"
)]
struct Args {
    #[command(flatten)]
    limit: DeletionLimit,
    /// Delete; without this flag, nothing is deleted
    #[arg(long)]
    yes: bool,
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
    args.common.require_exact_names(&worker.platforms)?;
    let progress = worker.task(NAME);
    let mut records = cli::records("gs-list | gs-dedupe | gs-delete", &progress)?;
    let options = DeleteOptions { max_delete: args.limit.max_delete, yes: args.yes };
    let mut output = RecordOutput::changes(args.output, Output::prompt);
    let result = sync::delete(worker, options, &mut records, &progress, &mut output);
    progress.finish();
    let shows_reasons = output.shows_records() || worker.dry_run;
    let printed = output.finish();
    let counts = worker.counts_text(&[
        ("dry_run", "would be deleted"),
        ("deleted", "deleted"),
        ("skipped", "kept"),
        ("failed", "failed"),
    ]);
    let hint = if worker.counted("skipped") > 0 && !shows_reasons { " (reasons: -v)" } else { "" };
    cli::summary(worker, &format!("{counts}{hint}"), "nothing to delete", &result);
    result.and(printed)
}
