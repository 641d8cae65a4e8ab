//! Takes over what other tools and services have left on the disk, so that it need not be fetched anew.
//!
//! ```text
//! gs-import ~/GarminSync/data              GarminSync: its database, or the folder that it is in
//! gs-import ~/sports-sync-x                Sports Sync X: its folder
//! gs-import garmin-export.zip              Garmin's account export, as it came or unpacked
//! gs-import --platform coros old/fit       any folder or zip of files that are named with ids
//! ```
//!
//! Prints a record for each file that was taken. Nothing of theirs is changed, and what is in the archive already stays.
//! No listing is made up: gs-fetch completes what is known of each, and says what is no longer there.

use std::process::ExitCode;

use clap::Parser;
use garminsync::cli::{self, Common, CommonArgs, ImportFlags, Output};
use garminsync::sync::{self, Result, Worker};

const NAME: &str = "gs-import";

/// Take over the files of GarminSync, Sports Sync X, Garmin's account export, or of any folder
///
/// Each file is checked before it is taken. What is no FIT file although it is called so is kept as what it is, and the
/// original is asked for again. A path's kind is found out by looking.
#[derive(Parser)]
#[command(
    name = "gs-import",
    version,
    after_help = "Examples:
  gs-import -n ~/GarminSync/data             look only: what would be taken
  gs-import ~/sports-sync-x                  the folder of Sports Sync X
  gs-import garmin-export.zip                Garmin's account export, as it came
  gs-import --platform coros ~/old/coros     files that are named with their ids

--platform says whose files these are. Without it those of GarminSync and Garmin's export
are of garmin-com; Sports Sync X tells itself; of other folders it has to be said.

Exit codes: 0 all well, 1 some files were not taken, 2 a path that is nothing known, 75 try again later, 78 set-up"
)]
struct Args {
    #[command(flatten)]
    sources: ImportFlags,
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
    let mut output = Output::prompt();
    let result = sync::import(worker, &args.sources.paths, &progress, &mut output);
    progress.finish();
    summary(worker);
    result
}

fn summary(worker: &Worker) {
    let rest = worker.counts_told(&[
        ("converted", "of them no FIT files (the originals are asked for again: gs-list --missing | gs-download)"),
        ("already", "in the archive already"),
        ("different", "different from what is in the archive, which stays"),
        ("ambiguous", "that may be of several activities"),
        ("rejected", "not taken"),
    ]);
    let taken = if worker.dry_run { "would be taken" } else { "taken" };
    let comma = if rest.is_empty() { "" } else { ", " };
    worker.info(&format!("{} {taken}{comma}{rest}", worker.counted("taken")));
    worker.info("logins are not taken over by this; gs-auth import takes a token of garth or garminconnect");
}
