//! `gs-import`: imports the files of other tools, of Garmin's account export and of folders, so that they need not be
//! downloaded again. It changes none of them, and prints a record for each imported file.

use std::process::ExitCode;

use clap::Parser;
use garminsync::cli::{self, Common, CommonArgs, ImportFlags, Output, RecordFlags, RecordOutput};
use garminsync::i18n;
use garminsync::sync::{self, Result, Worker};

const NAME: &str = "gs-import";

/// Import the files of GarminSync, Sports Sync X, Garmin's account export, or of any folder
///
/// Each file is checked before it is imported. A file named .fit that is not FIT is stored under its real format, and the
/// original is requested again. The type of each path is detected from its contents.
#[derive(Parser)]
#[command(
    name = "gs-import",
    version,
    mut_arg("platform", |arg| arg.help(cli::PLATFORM_OF_FILES)),
    after_help = "Examples:
  gs-import -n ~/GarminSync/data             a dry run: what would be imported
  gs-import ~/sports-sync-x                  the folder of Sports Sync X
  gs-import garmin-export.zip                Garmin's account export, packed
  gs-import --platform coros ~/old/coros     files named by their ids

Exit codes: 0 OK, 1 some files were not imported, 2 unknown type of path,
75 try again later, 78 configuration error"
)]
struct Args {
    #[command(flatten)]
    sources: ImportFlags,
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
    let mut output = RecordOutput::activities(args.output, Output::prompt)?;
    let result = sync::import(worker, &args.sources.paths, &progress, &mut output);
    progress.finish();
    let printed = output.finish();
    let counts = worker.counts_text(&[
        ("imported", if worker.dry_run { "would be imported" } else { "imported" }),
        ("already", "already in the archive"),
        ("different", "different from the file in the archive, which stays"),
        ("ambiguous", "ambiguous"),
        ("rejected", "rejected"),
    ]);
    cli::summary(worker, &counts, "nothing to import", &result);
    let converted = worker.counted("converted");
    if converted > 0 {
        let files = i18n::counted(converted, "file is not FIT", "files are not FIT");
        worker.info(&format!("{files}; to download the originals: gs-list --missing | gs-download"));
    }
    if result.is_ok() {
        worker.info("logins are not imported; gs-auth import imports a token of garminconnect, garth or pirate-garmin");
    }
    result.and(printed)
}
