//! `gs-fit`: prints the messages of FIT files as records, or reads the archive's files into the catalogue. It makes no
//! request. Files that paths name are read without the data folder.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use garminsync::cli::{self, Common, CommonArgs, Failure, OnSignal, Output};
use garminsync::sync::{self, FitOptions, FitSelection, IndexCounts, RecordingInput, Result, Worker};

const NAME: &str = "gs-fit";

/// Print the messages of FIT files as records, one a line
///
/// Reads the files of the activities and transfers on standard input, or the files, folders and zip files that are named.
/// Each record has the type of its message (session, lap, length, record, event, device_info, hrv), the file, the number of
/// the message among those of its type, and its fields by their FIT names. The name of a number ends with its unit, as in
/// distance_m. Times are UTC, positions are degrees. The fields of apps on the device are in developer_fields. The FIT
/// message activity has the type fit_activity.
///
/// Values that FIT marks as invalid are omitted. So are fields that have no name in FIT; --raw prints them by number.
///
/// Positions are printed as they are: GS_PRIVACY_ZONES applies to gs-export only.
///
/// A corrupt file is reported and not read, unless --salvage is given. A field that cannot be read is skipped; for each
/// file, the number of such fields is reported.
#[derive(Parser)]
#[command(
    name = "gs-fit",
    version,
    after_help = "Examples:
  gs-fit ride.fit                            the messages of a ride
  gs-list --downloaded | gs-fit --messages session   all sessions
  gs-fit --messages all --raw ride.fit       every field of every message
  gs-fit --salvage broken.fit > rest.ndjson   a corrupt file up to the break
  gs-fit - < ride.fit                        a file on standard input
  gs-fit --index                             read old files into the catalogue

Exit codes: 0 OK, 1 some files were not read, 2 wrong usage,
65 invalid record, 78 configuration error"
)]
struct Args {
    /// FIT files, also compressed with gzip; folders; zip files; - is one file on standard input. Without a path, records are read from standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Only these messages, by their FIT names, or unknown_N for the one of number N; all: every message [default: session,lap,length,record,event,device_info,hrv]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    messages: Vec<String>,
    /// Also give every field as it is stored, by its number
    #[arg(long)]
    raw: bool,
    /// Read corrupt files up to the break. Each is reported, and is no failure if it has a message
    #[arg(long)]
    salvage: bool,
    /// Print nothing, and read into the catalogue what it does not have of the archived files: of those that an earlier version
    /// archived, or whose reading was interrupted. A run that is stopped continues where it ended
    #[arg(long)]
    index: bool,
    #[command(flatten)]
    common: Common,
}

impl CommonArgs for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn needs_data_dir(&self) -> bool {
        self.paths.is_empty()
    }

    fn on_signal(&self) -> OnSignal {
        if self.index { OnSignal::Stop } else { OnSignal::End { out: None } }
    }
}

impl Args {
    /// Fails if flags ask for messages, too.
    fn check_index(&self) -> Result<()> {
        if !self.common.platform.is_empty() {
            return Err(Failure::usage("--index reads the files of all platforms; leave out --platform"));
        }
        match self.paths.is_empty() && self.messages.is_empty() && !self.raw && !self.salvage {
            true => Ok(()),
            false => Err(Failure::usage(
                "--index reads all files of the archive and prints nothing: give no PATH, --messages, --raw or --salvage",
            )),
        }
    }
}

fn main() -> ExitCode {
    cli::run_command(NAME, cli::LogMode::No, work)
}

fn work(args: &Args, worker: &mut Worker) -> Result<()> {
    if args.index {
        args.check_index()?;
        return index(worker);
    }
    cli::check_standard_input(&args.paths, "gs-fit FILE, or gs-fit - < FILE")?;
    let messages = FitSelection::of_names(&args.messages)?;
    let options = FitOptions { messages, raw: args.raw, salvage: args.salvage };
    let progress = worker.task(NAME);
    let mut output = Output::buffered();
    let result = if args.paths.is_empty() {
        let mut records = cli::records("gs-fit FILE, or gs-list --downloaded | gs-fit", &progress)?;
        sync::fit_messages(worker, &options, RecordingInput::Records(&mut records), &progress, &mut output)
    } else {
        let input = RecordingInput::Paths { paths: &args.paths, stdin: &mut std::io::stdin() };
        sync::fit_messages(worker, &options, input, &progress, &mut output)
    };
    progress.finish();
    let printed = output.flush().map(drop);
    let counts = worker.counts_text(&[
        ("messages", worker.noun("messages", "message", "messages")),
        ("files", worker.noun("files", "file", "files")),
        ("failed", "failed"),
    ]);
    cli::summary(worker, &counts, "no FIT file", &result);
    result.and(printed)
}

/// Reads the files of the archive into the catalogue.
fn index(worker: &mut Worker) -> Result<()> {
    let progress = worker.task(NAME);
    let result = sync::index(worker, &progress);
    progress.finish();
    let counts = *result.as_ref().unwrap_or(&IndexCounts::default());
    worker.count("read", counts.read);
    worker.count("failed", counts.unreadable + counts.missing);
    let text = worker.counts_text(&[("read", worker.noun("read", "file read", "files read")), ("failed", "failed")]);
    let result = result.map(drop);
    cli::summary(worker, &text, "nothing to read", &result);
    result
}
