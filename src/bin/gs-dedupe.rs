//! `gs-dedupe`: marks duplicates within a platform, with the reasons and the activity that is kept. It changes nothing. The
//! rules are in `docs/matching.md`.

use std::process::ExitCode;

use clap::Parser;
use garminsync::cli::{self, CatalogueFlags, Common, CommonArgs, Filter, Output, RecordFlags, RecordOutput, RuleArg};
use garminsync::sync::{self, DedupeOptions, Result, Worker};

const NAME: &str = "gs-dedupe";

/// Mark duplicates on a platform, and say which activity to keep, and why
///
/// Only duplicates that are marked same-file or match can be deleted. two-devices is one activity
/// recorded by two devices, such as a watch and a bike computer; trimmed is one recording, and one of the files is a part of the
/// other; shifted and start-only need a person's decision.
///
/// It only marks activities and changes nothing. It compares only the activities in its input: pass in as much of the history
/// as you can. Without a pipe, on a terminal, it compares all activities that gs-fetch printed last. --since, --until and --sport restrict what is marked, not what is compared. docs/matching.md has the rules.
#[derive(Parser)]
#[command(
    name = "gs-dedupe",
    version,
    after_help = "Examples:
  gs-list | gs-dedupe --duplicates > c.ndjson         the duplicates, and why
  gs-download < c.ndjson | gs-dedupe                  with both files archived
  gs-download < c.ndjson | gs-dedupe | gs-delete -n   what would be deleted

Settings: SPORT_DIFF_SECOND

Exit codes: 0 OK, 65 invalid record, 78 configuration error"
)]
struct Args {
    /// What makes two activities the same
    #[arg(long, value_name = "RULE", default_value = "evidence")]
    rule: RuleArg,
    /// Print only duplicates, and the activities that they duplicate
    #[arg(long, alias = "copies")]
    duplicates: bool,
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
    let options = DedupeOptions {
        rule: args.rule.into(),
        only_duplicates: args.duplicates,
        filter: args.filter.read(worker.now())?,
    };
    let progress = worker.task(NAME);
    let input = cli::records_or_catalogue(worker, &args.input, &progress)?;
    let mut output = RecordOutput::changes(args.output, Output::buffered);
    sync::dedupe(worker, &options, input, &progress, &mut output)?;
    progress.finish();
    output.finish()
}
