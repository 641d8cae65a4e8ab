//! Uploads what transfers say: each file is sent once, followed to its end, and read back.
//!
//! ```text
//! gs-fetch | gs-diff | gs-download | gs-upload
//! gs-list --deleted --id 123 | gs-upload --restore      put back what is gone from its platform
//! gs-upload < /dev/null                                 only ask what became of earlier uploads
//! ```
//!
//! Right before each upload the target is looked at: what is there is not sent. The intent is in
//! the journal before the request. An upload whose end is not known counts as under way, and the next run settles it.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use garminsync::cli::{self, Common, CommonArgs, Output, Rule};
use garminsync::i18n;
use garminsync::platform::{PlatformSelection, PlatformSpec};
use garminsync::reason::Reason;
use garminsync::record::{Record, TransferRecord, explained};
use garminsync::sync::{self, Failure, Progress, Result, Timing, Uploads, Worker};

const NAME: &str = "gs-upload";
/// Uploads a run, unless somebody says otherwise: the first sync of many years is made in portions.
const MAX_UPLOAD: u64 = 200;

/// Upload what transfers say, follow each to its end, and read it back
///
/// A file is sent once. What is on the platform already is not sent, whoever put it there; what a platform refuses is told
/// in its own words and not tried again until the file changes.
///
/// Right before each upload the target is looked at. The intent is written down before the
/// request: an upload whose end is not known counts as under way, and the next run asks what became of it.
#[derive(Parser)]
#[command(
    name = "gs-upload",
    version,
    after_help = "Examples:
  gs-fetch | gs-diff | gs-download | gs-upload     keep all platforms equal
  gs-list --deleted --id 123 | gs-upload --restore   put back what is gone
  gs-upload < /dev/null                            what became of earlier ones

Settings: SPORT_DIFF_SECOND, MAX_UPLOAD, GARMIN_UPLOAD_AS_IMPORT, GS_SETTLE_WAIT, GS_LOST_AFTER,
GS_REQUEST_INTERVAL

Exit codes: 0 all well, 1 some failed, 65 a bad record, 75 try again later, 77 a login is needed, 78 set-up"
)]
struct Args {
    /// Take activities that are gone from their platform, and put them back there
    #[arg(long)]
    restore: bool,
    /// Upload at most N activities in one run, 0 for no limit [default: $MAX_UPLOAD, else 200]
    #[arg(long, value_name = "N")]
    max_upload: Option<u64>,
    /// How long it is followed what became of an upload [default: $GS_SETTLE_WAIT, else 1m]
    #[arg(long, value_name = "TIME")]
    settle_wait: Option<String>,
    /// What makes two entries one exercise
    #[arg(long, value_name = "RULE", default_value = "evidence")]
    rule: Rule,
    #[command(flatten)]
    common: Common,
}

impl CommonArgs for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

fn main() -> ExitCode {
    cli::run_command(NAME, cli::Log::Yes, work)
}

fn work(args: &Args, worker: &mut Worker) -> Result<()> {
    let only = worker.selection.clone();
    let timing = timing(args, worker)?;
    let max_upload = match args.max_upload {
        Some(number) => number,
        None => worker.settings.number("MAX_UPLOAD")?.unwrap_or(MAX_UPLOAD),
    };
    let max_upload = Some(max_upload).filter(|number| *number > 0);
    let progress = worker.task(NAME);
    let records = cli::records("gs-fetch | gs-diff | gs-download | gs-upload", &progress)?;
    let takes_part = worker.selected_platforms().unwrap_or_default();
    let unsettled = worker.catalogue.targets_with_open_transfers()?;
    // What became of uploads to a platform that takes no part any more is for the day on which it does again.
    let unsettled: Vec<Arc<PlatformSpec>> = unsettled
        .iter()
        .filter(|name| only.includes(name))
        .filter_map(|name| worker.platforms.find(name))
        .filter(|spec| only.named().is_some() || takes_part.iter().any(|one| one.id == spec.id))
        .collect();
    let listed = worker.catalogue.platforms()?;
    let listed: Vec<Arc<PlatformSpec>> =
        listed.iter().filter(|name| only.includes(name)).filter_map(|name| worker.platforms.find(name)).collect();
    let matcher = worker.matcher(args.rule.into())?;
    let mut output = Output::prompt();
    let mut uploads = Uploads::new(worker, matcher, progress.clone(), timing, max_upload)?;
    let mut result = uploads.resume_open(&unsettled).and_then(|()| uploads.report_lost(&listed));
    for record in records {
        if result.is_err() || !print(&mut uploads, &mut output)? || uploads.is_stopped() {
            break;
        }
        result = record.map_err(Failure::from).and_then(|(line, record)| {
            pass(args, record, &only, &mut uploads, &mut output).map_err(|failure| failure.at_line(line))
        });
    }
    // However it ended: what was sent is followed and handed on.
    let settled = uploads.follow_all();
    print(&mut uploads, &mut output)?;
    progress.finish();
    summary(worker, max_upload);
    result.and(settled)
}

fn timing(args: &Args, worker: &Worker) -> Result<Timing> {
    let timing = Timing::of(worker)?;
    let Some(text) = &args.settle_wait else { return Ok(timing) };
    let settle_wait =
        garminsync::settings::duration(text).map_err(|why| Failure::usage(format!("--settle-wait {text:?}: {why}")))?;
    Ok(Timing { settle_wait, ..timing })
}

/// Handles one record; what is not for this command passes.
fn pass(
    args: &Args,
    record: Record,
    only: &PlatformSelection,
    uploads: &mut Uploads,
    output: &mut Output,
) -> Result<()> {
    if record.problem().is_some() {
        return output.record(&record).map(drop);
    }
    match record {
        Record::Transfer(transfer) if transfer.outcome.is_none() && only.includes(&transfer.to) => {
            uploads.submit(*transfer)
        }
        Record::Activity(activity)
            if args.restore && activity.deleted.is_some() && only.includes(&activity.activity.platform) =>
        {
            let (to, file) = (activity.activity.platform.clone(), activity.file.clone());
            let reasons = explained([Reason::Restored]);
            uploads.submit(TransferRecord { to, activity: *activity, file, reasons, ..TransferRecord::default() })
        }
        other => output.record(&other).map(drop),
    }
}

/// Hands on what is decided. `false`: nobody reads any more.
fn print(uploads: &mut Uploads, output: &mut Output) -> Result<bool> {
    for record in uploads.finished() {
        output.record(&record.into())?;
    }
    Ok(!output.is_closed())
}

fn summary(worker: &Worker, max_upload: Option<u64>) {
    let counted = |what| worker.counted(what);
    let rehearsed = counted("rehearsed");
    if let (left @ 1.., Some(max)) = (counted("left"), max_upload) {
        let most = i18n::counted(max, "upload", "uploads");
        let limit = format!("at most {most} a run (--max-upload, MAX_UPLOAD; 0 for no limit)");
        worker.warn(&match worker.dry_run {
            true => format!("{rehearsed} would be sent in this run, {left} left for the next ones: {limit}"),
            false => format!("{left} left for the next run: {limit}"),
        });
    }
    if worker.dry_run {
        let skipped = counted("skipped") - counted("left") - rehearsed;
        worker.info(&format!("{rehearsed} would be sent, {skipped} skipped, {} failed", counted("failed")));
        return;
    }
    worker.info(&format!(
        "{} uploaded, {} already there, {} under way, {} skipped, {} failed",
        counted("uploaded"),
        counted("already_there"),
        counted("pending"),
        counted("skipped") - counted("left"),
        counted("failed")
    ));
}
