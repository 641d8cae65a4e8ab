//! `gs-list`: prints the activities in the catalogue, as a table, records or CSV. It makes no request.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use garminsync::cli::Align::{self, NoWrap, Right};
use garminsync::cli::{self, Common, CommonArgs, Failure, Filter, ListFlags, ListFormat, ListOutput, Output};
use garminsync::i18n;
use garminsync::sync::{self, ListOptions, ListStats, Result, Worker};

/// List the activities in the catalogue, without a request
///
/// Without --all, --missing, --downloaded or --deleted, it lists the activities that are on the platforms, as of the last
/// gs-fetch, the newest first.
///
/// Into a pipe it prints records, one a line: the input of gs-download, gs-dedupe and gs-diff. Tools such as grep or jq may
/// stand in between.
#[derive(Parser)]
#[command(
    name = "gs-list",
    version,
    after_help = "Examples:
  gs-list                               all activities on the platforms
  gs-list --missing | gs-download       archive what is not archived yet
  gs-list --since 30d --sport running   the runs of the last thirty days
  gs-list --unique --sort distance --limit 10   the ten longest activities
  gs-list --min-distance 20km --min ascent_m=500   long and hilly ones
  gs-list --format csv > all.csv        for a spreadsheet
  gs-list --stats                       the numbers of each platform

Exit codes: 0 OK, also if the list is empty, 1 no activity has an --id,
2 wrong usage, 78 configuration error"
)]
struct Args {
    #[command(flatten)]
    list: ListFlags,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    common: Common,
}

impl CommonArgs for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

fn main() -> ExitCode {
    cli::run_command("gs-list", cli::LogMode::No, work)
}

fn work(args: &Args, worker: &mut Worker) -> Result<()> {
    let flags = &args.list;
    let options = ListOptions {
        state: (&flags.state).into(),
        ids: flags.id.clone(),
        filter: args.filter.read(worker.now())?,
        is_local: flags.local,
        ranges: flags.ranges()?,
        unique: flags.unique,
        sort: flags.sort.map(Into::into),
        reverse: flags.reverse,
        limit: flags.limit,
        raw: flags.raw,
    };
    let by_place = if std::io::stdout().is_terminal() { ListFormat::Table } else { ListFormat::Ndjson };
    let format = flags.format.unwrap_or(if flags.raw { ListFormat::Ndjson } else { by_place });
    if flags.raw && format != ListFormat::Ndjson {
        return Err(Failure::usage("--raw adds a field to records: use it with --format ndjson"));
    }
    if flags.stats {
        return print_stats(worker, &sync::list_stats(worker, &options)?, format);
    }
    // On the terminal itself, the list shows how far it is.
    let progress = (!std::io::stdout().is_terminal()).then(|| worker.task("gs-list"));
    let progress = progress.unwrap_or_default();
    let mut output = ListOutput::new(format, &flags.columns())?.counted_by(progress);
    sync::list(worker, &options, &mut output)?;
    let count = output.finish()?;
    if format == ListFormat::Table {
        worker.info(&match count {
            0 => sync::empty_list_text(worker, options.state)?.to_owned(),
            _ => i18n::counted(count, "activity", "activities"),
        });
    }
    Ok(())
}

fn print_stats(worker: &Worker, all: &[ListStats], format: ListFormat) -> Result<()> {
    let mut output = Output::buffered();
    match format {
        ListFormat::Table if all.is_empty() => worker.info("no platform was listed yet; run gs-fetch"),
        ListFormat::Table => drop(output.text(&format!("{}\n", stats_table(all)))?),
        ListFormat::Ndjson => {
            for stats in all {
                output.json_line(stats)?;
            }
        }
        ListFormat::Csv => {
            let mut writer = csv::Writer::from_writer(output);
            all.iter().try_for_each(|stats| writer.serialize(stats)).map_err(cli::csv::failed)?;
            return writer.flush().map_err(|error| Output::write_failed(&error));
        }
    }
    output.flush().map(drop)
}

fn stats_table(all: &[ListStats]) -> cli::Table {
    let has_outbox = all.iter().any(|stats| stats.delivered.is_some());
    let mut head = vec![
        ("platform", Align::Platform),
        ("total", Right),
        ("downloaded", Right),
        ("missing", Right),
        ("no original", Right),
        ("unavailable", Right),
        ("size", Right),
        ("last listed", NoWrap),
    ];
    if has_outbox {
        head.splice(1..1, [("delivered", Right), ("pending", Right)]);
    }
    let mut table = cli::table(&head).drop_order(&["unavailable", "no original", "size", "last listed"]);
    for stats in all {
        let numbers = [stats.total, stats.downloaded, stats.missing, stats.no_original, stats.unavailable];
        let numbers = numbers.map(|number| number.to_string());
        let last = stats.last_listing.map_or("never".to_owned(), |time| time.to_string());
        let own = numbers.into_iter().chain([cli::size(stats.bytes), last]);
        // An outbox has no activities of its own.
        let own = own.map(|cell| if stats.delivered.is_some() { "–".to_owned() } else { cell });
        let none = |number: Option<u64>| number.map_or("–".to_owned(), |number| number.to_string());
        let outbox = [none(stats.delivered), none(stats.pending)];
        let outbox = outbox.into_iter().filter(|_| has_outbox);
        table.add_row([cli::shown_platform(&stats.platform)].into_iter().chain(outbox).chain(own));
    }
    table
}
