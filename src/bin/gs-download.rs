//! Puts the file of each activity into the archive, unless it is there already.
//!
//! ```text
//! gs-list --missing | gs-download       archive what is not archived yet
//! gs-fetch --new | gs-download          list, and archive what is new
//! gs-list --downloaded | gs-download --verify    check every byte of the archive
//! ```
//!
//! Reads activity and transfer records and writes the same, with `file`. What goes wrong with one is told on its record
//! as a `problem`, and the rest goes on.

use std::process::ExitCode;

use clap::Parser;
use garminsync::cli::{self, Bar, Common, Downloads, Failure, HasCommon, Outcome, Output, Run};

const NAME: &str = "gs-download";

/// Put the file of each activity that comes in into the archive, unless it is there already
///
/// The original is asked for first. If the service has none and never will, that is remembered; if it cannot give the
/// original but an export, the export is kept and told as such. A file that the service refuses in three runs, while it
/// gives others, is unavailable: it is asked for once a week, or with --force. What the service holds broken is kept as it
/// came, marked as corrupt, beside an export.
///
/// Reads activities and transfers, and prints the same with their file. What comes is checked from its first byte to its
/// last before it gets a name. What goes wrong with one is told on its record, and the rest goes on.
#[derive(Parser)]
#[command(
    name = "gs-download",
    version,
    after_help = "Examples:
  gs-list --missing | gs-download > /dev/null      what is not archived yet
  gs-fetch --new | gs-download > /dev/null         list, and archive what is new
  gs-list --downloaded | gs-download --verify      check every byte of it

Settings: GS_REQUEST_INTERVAL, GS_MAX_RETRY_AFTER, GS_TIMEOUT

Exit codes: 0 all well, 1 some failed, 65 a bad record, 75 try again later, 77 a login is needed, 78 set-up"
)]
struct Args {
    /// Check every byte of the files that are there, and fetch again what is not whole
    #[arg(long)]
    verify: bool,
    /// Fetch again, whatever is there or known; an older file that differs goes to replaced/
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    common: Common,
}

impl HasCommon for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

fn main() -> ExitCode {
    cli::main(NAME, cli::Log::Yes, work)
}

fn work(args: &Args, run: &mut Run) -> Outcome {
    let only = args.common.named_platforms()?.map(|kinds| kinds.iter().map(|kind| kind.name).collect::<Vec<_>>());
    let bar = Bar::counting(&run.talk, NAME);
    let records = cli::records("gs-list --missing | gs-download", &bar)?;
    let mut downloads = Downloads::new(run, &bar, args.verify, args.force)?;
    let mut output = Output::prompt();
    let mut result = Ok(());
    for record in records {
        let (line, mut record) = match record {
            Ok(numbered) => numbered,
            Err(error) => {
                result = Err(error.into());
                break;
            }
        };
        if let Err(failure) = downloads.pass(&mut record, only.as_deref()) {
            result = Err(Failure { message: format!("at line {line}: {}", failure.message), ..failure });
            break;
        }
        bar.add(1);
        if !output.record(&record)? || downloads.is_stopped() {
            break;
        }
    }
    bar.finish();
    summary(args, run);
    result
}

fn summary(args: &Args, run: &Run) {
    let counted = |what| run.counted(what);
    let verified = if args.verify { format!("{} verified, ", counted("verified")) } else { String::new() };
    let unavailable = match counted("unavailable") {
        0 => String::new(),
        count => format!(", {count} unavailable"),
    };
    run.talk.note(&format!(
        "{verified}{} fetched, {} without a file, {} failed{unavailable}",
        counted("downloaded"),
        counted("no_original"),
        counted("failed")
    ));
}
