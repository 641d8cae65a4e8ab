//! `gs-upload`: uploads the activities of a plan, each file once, and verifies that each appears on its platform.
//!
//! The target is checked at most 15 seconds before each upload. The journal has each upload before its request; an upload with an unknown
//! outcome is pending, and the next run checks it.

use std::process::ExitCode;

use clap::Parser;
use garminsync::cli::{self, Common, CommonArgs, Output, RecordFlags, RecordOutput, RuleArg, UploadLimit};
use garminsync::i18n;
use garminsync::settings;
use garminsync::sync::{self, Failure, Result, UploadOptions, Worker};

const NAME: &str = "gs-upload";

/// Upload planned activities, and verify that each appears on its platform
///
/// A file is uploaded once. An activity that is on the platform already is not uploaded, whoever put it there. A rejected
/// upload shows the platform's reason, and is not retried until the file changes.
///
/// The target is checked at most 15 seconds before each upload. Each upload is recorded before it is sent; one with an unknown outcome
/// counts as pending, and the next run checks it.
#[derive(Parser)]
#[command(
    name = "gs-upload",
    version,
    after_help = "Examples:
  gs-fetch | gs-diff | gs-download | gs-upload     upload missing activities
  gs-list --deleted --id 123 | gs-upload --restore   restore a deleted activity
  gs-upload < /dev/null                            check pending uploads

Settings: SPORT_DIFF_SECOND, MAX_UPLOAD, GARMIN_UPLOAD_AS_IMPORT,
GS_UPLOAD_WAIT, GS_LOST_AFTER, GS_RESEND_WAIT, GS_CONFIRM_WAIT,
GS_REQUEST_INTERVAL

Exit codes: 0 OK, 1 some failed, 65 invalid record, 75 try again later,
77 a login is needed, 78 configuration error"
)]
struct Args {
    /// Restore activities that were deleted from their platform
    #[arg(long)]
    restore: bool,
    #[command(flatten)]
    limit: UploadLimit,
    /// How long to wait until a service confirms an upload [default: $GS_UPLOAD_WAIT, else 1m]
    #[arg(long, value_name = "TIME", alias = "settle-wait")]
    upload_wait: Option<String>,
    /// What makes two activities the same
    #[arg(long, value_name = "RULE", default_value = "evidence")]
    rule: RuleArg,
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
    let options = options(args, worker)?;
    let progress = worker.task(NAME);
    let mut records = cli::records("gs-fetch | gs-diff | gs-download | gs-upload", &progress)?;
    let mut output = RecordOutput::changes(args.output, Output::prompt);
    let result = sync::upload(worker, &options, &mut records, &progress, &mut output);
    progress.finish();
    let printed = output.finish();
    summary(worker, options.max_upload, &result);
    result.and(printed)
}

fn options(args: &Args, worker: &Worker) -> Result<UploadOptions> {
    let max_upload = match args.limit.max_upload {
        Some(number) => number,
        None => worker.settings.number("MAX_UPLOAD")?,
    };
    let upload_wait = args
        .upload_wait
        .as_deref()
        .map(|text| settings::duration(text).map_err(|why| Failure::usage(format!("--upload-wait {text:?}: {why}"))));
    Ok(UploadOptions {
        restore: args.restore,
        max_upload: Some(max_upload).filter(|number| *number > 0),
        upload_wait: upload_wait.transpose()?,
        rule: args.rule.into(),
    })
}

fn summary(worker: &Worker, max_upload: Option<u64>, result: &Result<()>) {
    let counted = |what| worker.counted(what);
    let planned = counted("dry_run");
    if let (left @ 1.., Some(max)) = (counted("left"), max_upload) {
        let most = i18n::counted(max, "upload", "uploads");
        let limit = format!("at most {most} per run (--max-upload, MAX_UPLOAD; 0 for no limit)");
        worker.warn(&match worker.dry_run {
            true => format!("{planned} would be uploaded in this run, {left} in the next ones: {limit}"),
            false => format!("{left} left for the next run: {limit}"),
        });
    }
    let skipped = counted("skipped") - counted("left") - planned;
    let counts = [
        (planned, "would be uploaded"),
        (counted("uploaded"), "uploaded"),
        (counted("already_there"), "on the platform already"),
        (counted("pending"), "pending"),
        (skipped, "skipped"),
        (counted("failed"), "failed"),
    ];
    let counts = i18n::counts(&counts);
    // The number left for the next run was shown above.
    if !counts.is_empty() || counted("left") == 0 {
        cli::summary(worker, &counts, "nothing to upload", result);
    }
}
