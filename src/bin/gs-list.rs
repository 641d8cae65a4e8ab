//! Prints what the catalogue knows: a table on a terminal, records in a pipe, or CSV. Never asks the network.
//!
//! ```text
//! gs-list                               everything that is on the platforms
//! gs-list --missing | gs-download       archive what is not archived yet
//! gs-list --sport running --since 2026-01-01 --format csv > runs.csv
//! gs-list --stats                       how many of what
//! ```

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use garminsync::catalogue::Query;
use garminsync::cli::Align::{Cut, Right, Whole};
use garminsync::cli::{self, Align, Common, CommonArgs, Filter, ListFlags, ListFormat, ListState, Output};
use garminsync::i18n;
use garminsync::record::{ActivityRecord, Record};
use garminsync::sync::{self, Failure, Result, Worker};
use jiff::Timestamp;

/// Print what the catalogue knows; the network is never asked
///
/// Without a state, everything that is on the platforms is listed, newest first. It is as old as the last gs-fetch.
///
/// What it prints into a pipe are records, one a line: what gs-download, gs-dedupe and gs-diff read. Anything may stand in
/// between, such as grep or jq.
#[derive(Parser)]
#[command(
    name = "gs-list",
    version,
    after_help = "Examples:
  gs-list                               all that is on the platforms
  gs-list --missing | gs-download       archive what is not archived yet
  gs-list --since 30d --sport running   the runs of the last thirty days
  gs-list --format csv > all.csv        for a spreadsheet
  gs-list --stats                       how many of what, and as of when"
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
    cli::run_command("gs-list", cli::Log::No, work)
}

fn work(args: &Args, worker: &mut Worker) -> Result<()> {
    let now = worker.now();
    let (since, until) = args.filter.times(now)?;
    let named = worker.selection.clone();
    let query = Query {
        platforms: named.named().unwrap_or_default().iter().map(|spec| spec.id.to_string()).collect(),
        sports: args.filter.sport.clone(),
        since,
        until,
        ids: args.list.id.clone(),
        missing: if args.list.state.all || args.list.state.downloaded { None } else { Some(args.list.state.deleted) },
        ..Query::default()
    };
    worker.warn_of_unknown_sports(&query.sports)?;
    worker.warn_of_unknown_ids(&query.ids, &query.platforms)?;
    let format = args.list.format.unwrap_or(if std::io::stdout().is_terminal() {
        ListFormat::Table
    } else {
        ListFormat::Ndjson
    });
    if args.list.stats {
        return stats(worker, &query, format);
    }
    let mut printer = Printer::new(format)?;
    // On the terminal itself, the list shows how far it is.
    let progress = (!std::io::stdout().is_terminal()).then(|| worker.task("gs-list"));
    let archive = worker.archive.clone();
    worker.catalogue.entries(&query, |entry| {
        let record = sync::record_of(entry, &archive, now);
        if !wanted(&args.list.state, &record, now) {
            return Ok(());
        }
        if let Some(progress) = &progress {
            progress.add(1);
        }
        printer.print(record)
    })?;
    printer.finish(worker, &args.list.state)
}

fn is_downloaded(record: &ActivityRecord) -> bool {
    record.downloaded == Some(true)
}

/// Missing is what could be in the archive and is not: of a manual entry there is no file to miss, and what its platform
/// has refused time and again is missing again when it is time to ask.
fn is_missing(record: &ActivityRecord) -> bool {
    !is_downloaded(record) && !record.no_original && !record.unavailable && record.deleted.is_none()
}

/// An export in place of an original that may be to be had by now.
fn is_due(record: &ActivityRecord, now: Timestamp) -> bool {
    let retry_at = record.file.as_ref().and_then(|file| file.retry_original_at);
    record.deleted.is_none() && retry_at.is_some_and(|due| sync::is_due(due, now))
}

fn wanted(state: &ListState, record: &ActivityRecord, now: Timestamp) -> bool {
    match (state.missing, state.downloaded) {
        (true, _) => is_missing(record) || is_due(record, now),
        (_, true) => is_downloaded(record),
        _ => true,
    }
}

/// Writes activities in one of the formats.
enum Printer {
    Table(cli::Table, u64),
    Ndjson(Output),
    Csv(Box<csv::Writer<Output>>),
}

const HEAD: [(&str, Align); 8] = [
    ("start (local)", Whole),
    ("platform", Whole),
    ("id", Whole),
    ("sport", Cut),
    ("time", Right),
    ("km", Right),
    ("file", Whole),
    ("name", Cut),
];
/// What a narrow terminal does without.
const SPARE: [&str; 5] = ["time", "km", "sport", "file", "name"];
const CSV_HEAD: [&str; 17] = [
    "platform",
    "id",
    "name",
    "sport",
    "sub_sport",
    "platform_sport",
    "start_time",
    "utc_offset_s",
    "timer_time_s",
    "elapsed_time_s",
    "distance_m",
    "manufacturer",
    "device",
    "manual",
    "downloaded",
    "file",
    "sha256",
];

impl Printer {
    fn new(format: ListFormat) -> Result<Printer> {
        Ok(match format {
            ListFormat::Table => Printer::Table(cli::table(&HEAD).spare(&SPARE), 0),
            ListFormat::Ndjson => Printer::Ndjson(Output::buffered()),
            ListFormat::Csv => {
                let mut writer = csv::Writer::from_writer(Output::buffered());
                writer.write_record(CSV_HEAD).map_err(cli::csv::failed)?;
                Printer::Csv(Box::new(writer))
            }
        })
    }

    fn print(&mut self, record: ActivityRecord) -> Result<()> {
        match self {
            Printer::Table(table, count) => {
                table.add_row(table_row(&record));
                *count += 1;
                Ok(())
            }
            Printer::Ndjson(output) => output.record(&Record::from(record)).map(drop),
            Printer::Csv(writer) => writer.write_record(csv_fields(&record)).map_err(cli::csv::failed),
        }
    }

    fn finish(self, worker: &Worker, state: &ListState) -> Result<()> {
        match self {
            Printer::Table(table, count) => {
                if count > 0 {
                    let mut output = Output::buffered();
                    output.text(&format!("{table}\n"))?;
                    output.flush()?;
                }
                let platforms = worker.catalogue.platforms()?;
                let mut was_listed = false;
                for platform in &platforms {
                    was_listed |= worker.catalogue.was_listed(platform)?;
                }
                worker.info(&match count {
                    0 if platforms.is_empty() => {
                        "nothing of that kind is known; gs-fetch lists the platforms".to_owned()
                    }
                    0 if state.missing && !was_listed => {
                        "no platform was ever listed, so it is not known what is missing; run gs-fetch".to_owned()
                    }
                    0 if state.missing => "nothing is missing".to_owned(),
                    0 if state.deleted => "nothing is deleted".to_owned(),
                    0 if state.downloaded => {
                        "nothing is downloaded; to do it: gs-list --missing | gs-download".to_owned()
                    }
                    0 => "no such activity is known".to_owned(),
                    _ => i18n::counted(count, "activity", "activities"),
                });
                Ok(())
            }
            Printer::Ndjson(mut output) => output.flush().map(drop),
            Printer::Csv(mut writer) => writer.flush().map_err(|error| Output::write_failed(&error)),
        }
    }
}

fn table_row(record: &ActivityRecord) -> Vec<String> {
    let a = &record.activity;
    let local = a.start_time.map_or("?".into(), |start| {
        let offset = jiff::tz::Offset::from_seconds(a.utc_offset_s.unwrap_or(0)).unwrap_or(jiff::tz::Offset::UTC);
        let zone = if a.utc_offset_s.is_some() { "" } else { "Z" };
        format!("{}{zone}", offset.to_datetime(start).strftime("%Y-%m-%d %H:%M"))
    });
    let sport = match (&a.sport, &a.sub_sport) {
        (Some(sport), Some(sub)) if sub != "generic" => format!("{sport}/{sub}"),
        (Some(sport), _) => sport.clone(),
        (None, _) => a.platform_sport.clone().unwrap_or_default(),
    };
    let file = match &record.file {
        Some(file) if file.origin.as_deref() == Some("converted") => {
            format!("{} export", file.format.as_deref().unwrap_or(""))
        }
        Some(file) => file.format.clone().unwrap_or_default(),
        None if record.no_original => "none".into(),
        None if record.unavailable => "unavailable".into(),
        None if record.deleted.is_some() => "deleted".into(),
        None => "missing".into(),
    };
    let name: String = a.shown_name().chars().take(60).collect();
    vec![
        local,
        a.platform.to_string(),
        a.id.clone(),
        garminsync::activity::printable(&sport),
        a.timer_time_s.map(cli::duration).unwrap_or_default(),
        a.distance_m.map(|metres| format!("{:.2}", metres / 1000.0)).unwrap_or_default(),
        file,
        name,
    ]
}

fn csv_fields(record: &ActivityRecord) -> [String; 17] {
    let a = &record.activity;
    let text = |value: &Option<String>| value.as_deref().map(cli::csv::cell).unwrap_or_default();
    let number = |value: Option<f64>| value.map(|n| n.to_string()).unwrap_or_default();
    [
        cli::csv::cell(&a.platform),
        cli::csv::cell(&a.id),
        text(&a.name),
        text(&a.sport),
        text(&a.sub_sport),
        text(&a.platform_sport),
        a.start_time.map(|time| time.to_string()).unwrap_or_default(),
        a.utc_offset_s.map(|seconds| seconds.to_string()).unwrap_or_default(),
        number(a.timer_time_s),
        number(a.elapsed_time_s),
        number(a.distance_m),
        text(&a.manufacturer),
        text(&a.device),
        a.manual.to_string(),
        is_downloaded(record).to_string(),
        record.file.as_ref().map(|file| cli::csv::cell(&file.path)).unwrap_or_default(),
        record.file.as_ref().map(|file| file.sha256.clone()).unwrap_or_default(),
    ]
}

/// The numbers of one platform, as `gs-list --stats` prints them.
#[derive(Default, serde::Serialize)]
struct Stats {
    #[serde(rename = "type")]
    kind: &'static str,
    platform: String,
    total: u64,
    downloaded: u64,
    missing: u64,
    no_original: u64,
    unavailable: u64,
    bytes: u64,
    last_sync: Option<Timestamp>,
}

fn stats(worker: &Worker, query: &Query, format: ListFormat) -> Result<()> {
    let names = if query.platforms.is_empty() { worker.catalogue.platforms()? } else { query.platforms.clone() };
    let all: Vec<Stats> = names.iter().map(|name| count(worker, query, name)).collect::<Result<_>>()?;
    let mut output = Output::buffered();
    match format {
        ListFormat::Table if all.is_empty() => worker.info("nothing is known yet; gs-fetch lists the platforms"),
        ListFormat::Table => drop(output.text(&format!("{}\n", stats_table(&all)))?),
        ListFormat::Ndjson => {
            for stats in &all {
                let line = serde_json::to_string(stats).map_err(|error| Output::failed(&error))?;
                output.text(&format!("{line}\n"))?;
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

fn stats_table(all: &[Stats]) -> cli::Table {
    let head = [
        ("platform", Whole),
        ("total", Right),
        ("downloaded", Right),
        ("missing", Right),
        ("no original", Right),
        ("unavailable", Right),
        ("size", Right),
        ("last sync", Whole),
    ];
    let mut table = cli::table(&head).spare(&["unavailable", "no original", "size", "last sync"]);
    for stats in all {
        let numbers = [stats.total, stats.downloaded, stats.missing, stats.no_original, stats.unavailable];
        let numbers = numbers.map(|number| number.to_string());
        let last = stats.last_sync.map_or("never".to_owned(), |time| time.to_string());
        table.add_row([stats.platform.clone()].into_iter().chain(numbers).chain([cli::size(stats.bytes), last]));
    }
    table
}

fn count(worker: &Worker, query: &Query, platform: &str) -> Result<Stats> {
    let query = Query { platforms: vec![platform.to_owned()], ..query.clone() };
    let now = worker.now();
    let last_sync = worker.catalogue.last_sync(platform, now)?;
    let mut stats = Stats { kind: "stats", platform: platform.to_owned(), last_sync, ..Stats::default() };
    worker.catalogue.entries(&query, |entry| {
        let record = sync::record_of(entry, &worker.archive, now);
        stats.total += 1;
        stats.downloaded += u64::from(is_downloaded(&record));
        stats.missing += u64::from(is_missing(&record));
        stats.no_original += u64::from(record.no_original);
        stats.unavailable += u64::from(record.unavailable);
        stats.bytes += record.file.map_or(0, |file| file.bytes);
        Ok::<_, Failure>(())
    })?;
    Ok(stats)
}
