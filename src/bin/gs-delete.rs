//! Deletes copies on their platform, if every guard holds, and reads the list to see them gone.
//!
//! ```text
//! gs-list | gs-dedupe --copies | gs-download | gs-dedupe | gs-delete -n       what would be deleted, and what not, and why
//! gs-list | gs-dedupe --copies | gs-download | gs-dedupe | gs-delete --yes
//! gs-list --deleted | gs-upload --restore                                     put back what was deleted
//! ```
//!
//! The guards stand in `docs/deciding.md`: the original is in the archive, the copy is certain with both files at hand, the
//! kept entry was seen in this run, and a few more. What does not pass them stays, and is told why.

use std::process::ExitCode;

use clap::Parser;
use garminsync::cli::{self, Bar, Common, Deletions, Failure, HasCommon, Outcome, Output, Rule, Run};
use garminsync::platform::{self, Kind};
use garminsync::record::Record;

const NAME: &str = "gs-delete";

/// Delete copies on their platform, if every guard holds
///
/// Reads activities that gs-dedupe has marked. Only copies of the certainties same-file and same-exercise are deleted, only
/// with their original in the archive, and only with --yes. With -n it says what would be deleted, what not, and why.
///
/// The guards stand in docs/deciding.md. What does not pass them stays. The list of the platform is read until the entry
/// is gone from it.
#[derive(Parser)]
#[command(
    name = "gs-delete",
    version,
    after_help = "Examples:
  gs-list | gs-dedupe --copies | gs-download | gs-dedupe > c.ndjson   find them
  gs-delete -n < c.ndjson                          what would go, what not
  gs-delete --yes --max-delete 3 < c.ndjson        delete three of them at most
  gs-list --deleted --id 123 | gs-upload --restore   put one back

Settings: SPORT_DIFF_SECOND

Exit codes: 0 all well, 1 some failed, 65 a bad record, 75 try again later, 77 a login is needed, 78 set-up"
)]
struct Args {
    /// Delete at most so many in one run [default: $MAX_DELETE, else 10]
    #[arg(long, value_name = "N")]
    max_delete: Option<u64>,
    /// Really delete
    #[arg(long)]
    yes: bool,
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
    let only = args.common.exactly_named_platforms()?;
    let is_meant = |name: &str| only.as_ref().is_none_or(|kinds| kinds.iter().any(|kind| kind.name == name));
    let max_delete = match args.max_delete {
        Some(number) => number,
        None => run.settings.number("MAX_DELETE")?,
    };
    let bar = Bar::counting(&run.talk, NAME);
    let records = cli::records("gs-list | gs-dedupe | gs-delete", &bar)?;
    let unsettled = run.catalogue.platforms_with_open_deletions()?;
    let unsettled: Vec<&'static Kind> =
        unsettled.iter().filter(|name| is_meant(name)).filter_map(|name| platform::kind(name)).collect();
    // Whatever rule has marked it: what is deleted is judged by the evidence.
    let matcher = run.matcher(Rule::Evidence)?;
    let mut output = Output::prompt();
    let mut deletions = Deletions::new(run, matcher, bar.clone(), max_delete, args.yes)?;
    let mut result = deletions.take_over(&unsettled);
    for record in records {
        if result.is_err() || !print(&mut deletions, &mut output)? || deletions.is_stopped() {
            break;
        }
        result = record.map_err(Failure::from).and_then(|(line, record)| {
            pass(record, &is_meant, &mut deletions, &mut output)
                .map_err(|failure| Failure { message: format!("at line {line}: {}", failure.message), ..failure })
        });
    }
    // However it ended: what was asked for is looked up and handed on.
    let confirmed = deletions.confirm_all();
    print(&mut deletions, &mut output)?;
    bar.finish();
    let counted = |what| run.counted(what);
    let (deleted, done) = match run.common.dry_run {
        true => (counted("rehearsed"), "would be deleted"),
        false => (counted("deleted"), "deleted"),
    };
    let hint = if counted("skipped") > 0 && !run.common.dry_run { " (-v tells why)" } else { "" };
    run.talk.note(&format!("{deleted} {done}, {} kept{hint}, {} failed", counted("skipped"), counted("failed")));
    result.and(confirmed)
}

/// Handles one record; what is not for this command passes.
fn pass(record: Record, is_meant: &dyn Fn(&str) -> bool, deletions: &mut Deletions, output: &mut Output) -> Outcome {
    match record {
        Record::Activity(activity)
            if activity.problem.is_none()
                && activity.copy_of.is_some()
                && activity.outcome.is_none()
                && is_meant(&activity.activity.platform) =>
        {
            deletions.take(*activity)
        }
        other => output.record(&other).map(drop),
    }
}

/// Hands on what is decided. `false`: nobody reads any more.
fn print(deletions: &mut Deletions, output: &mut Output) -> Result<bool, Failure> {
    let mut is_read = true;
    for record in deletions.finished() {
        is_read &= output.record(&record.into())?;
    }
    Ok(is_read)
}
