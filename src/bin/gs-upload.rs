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
use garminsync::cli::{self, Bar, Common, Failure, HasCommon, Outcome, Output, Rule, Run, Timing, Uploads};
use garminsync::lang;
use garminsync::platform::{PlatformSelection, PlatformSpec};
use garminsync::record::{Record, TransferRecord};

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

impl HasCommon for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

fn main() -> ExitCode {
    cli::main(NAME, cli::Log::Yes, work)
}

fn work(args: &Args, run: &mut Run) -> Outcome {
    let only = run.named_platforms()?;
    let timing = timing(args, run)?;
    let max_upload = match args.max_upload {
        Some(number) => number,
        None => run.settings.number("MAX_UPLOAD")?.unwrap_or(MAX_UPLOAD),
    };
    let max_upload = Some(max_upload).filter(|number| *number > 0);
    let bar = Bar::counting(&run.talk, NAME);
    let records = cli::records("gs-fetch | gs-diff | gs-download | gs-upload", &bar)?;
    let takes_part = run.selected_platforms().unwrap_or_default();
    let unsettled = run.catalogue.targets_with_open_transfers()?;
    // What became of uploads to a platform that takes no part any more is for the day on which it does again.
    let unsettled: Vec<Arc<PlatformSpec>> = unsettled
        .iter()
        .filter(|name| only.includes(name))
        .filter_map(|name| run.platforms.find(name))
        .filter(|spec| only.named().is_some() || takes_part.iter().any(|one| one.id == spec.id))
        .collect();
    let listed = run.catalogue.platforms()?;
    let listed: Vec<Arc<PlatformSpec>> =
        listed.iter().filter(|name| only.includes(name)).filter_map(|name| run.platforms.find(name)).collect();
    let matcher = run.matcher(args.rule)?;
    let mut output = Output::prompt();
    let mut uploads = Uploads::new(run, matcher, bar.clone(), timing, max_upload)?;
    let mut result = uploads.take_over(&unsettled).and_then(|()| uploads.tell_unshown(&listed));
    for record in records {
        if result.is_err() || !print(&mut uploads, &mut output)? || uploads.is_stopped() {
            break;
        }
        result = record.map_err(Failure::from).and_then(|(line, record)| {
            pass(args, record, &only, &mut uploads, &mut output)
                .map_err(|failure| Failure { message: format!("at line {line}: {}", failure.message), ..failure })
        });
    }
    // However it ended: what was sent is followed and handed on.
    let settled = uploads.settle_all();
    print(&mut uploads, &mut output)?;
    bar.finish();
    summary(run, max_upload);
    result.and(settled)
}

fn timing(args: &Args, run: &Run) -> Result<Timing, Failure> {
    let timing = Timing::of(run)?;
    let Some(text) = &args.settle_wait else { return Ok(timing) };
    let settle_wait =
        garminsync::settings::duration(text).map_err(|why| Failure::usage(format!("--settle-wait {text:?}: {why}")))?;
    Ok(Timing { settle_wait, ..timing })
}

/// Handles one record; what is not for this command passes.
fn pass(args: &Args, record: Record, only: &PlatformSelection, uploads: &mut Uploads, output: &mut Output) -> Outcome {
    if record.problem().is_some() {
        return output.record(&record).map(drop);
    }
    match record {
        Record::Transfer(transfer) if transfer.outcome.is_none() && only.includes(&transfer.to) => {
            uploads.take(*transfer)
        }
        Record::Activity(activity)
            if args.restore && activity.deleted.is_some() && only.includes(&activity.activity.platform) =>
        {
            let (to, file) = (activity.activity.platform.to_string(), activity.file.clone());
            let why = vec!["put back".to_owned()];
            uploads.take(TransferRecord { to, activity: *activity, file, why, ..TransferRecord::default() })
        }
        other => output.record(&other).map(drop),
    }
}

/// Hands on what is decided. `false`: nobody reads any more.
fn print(uploads: &mut Uploads, output: &mut Output) -> Result<bool, Failure> {
    for record in uploads.finished() {
        output.record(&record.into())?;
    }
    Ok(!output.is_closed())
}

fn summary(run: &Run, max_upload: Option<u64>) {
    let counted = |what| run.counted(what);
    let rehearsed = counted("rehearsed");
    if let (left @ 1.., Some(max)) = (counted("left"), max_upload) {
        let most = lang::counted(max, "upload", "uploads");
        let limit = format!("at most {most} a run (--max-upload, MAX_UPLOAD; 0 for no limit)");
        run.talk.warning(&match run.common.dry_run {
            true => format!("{rehearsed} would be sent in this run, {left} left for the next ones: {limit}"),
            false => format!("{left} left for the next run: {limit}"),
        });
    }
    if run.common.dry_run {
        let skipped = counted("skipped") - counted("left") - rehearsed;
        run.talk.note(&format!("{rehearsed} would be sent, {skipped} skipped, {} failed", counted("failed")));
        return;
    }
    run.talk.note(&format!(
        "{} uploaded, {} already there, {} under way, {} skipped, {} failed",
        counted("uploaded"),
        counted("already_there"),
        counted("pending"),
        counted("skipped") - counted("left"),
        counted("failed")
    ));
}
