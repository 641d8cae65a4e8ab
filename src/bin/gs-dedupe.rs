//! Marks copies: entries of the same exercise on the same platform, with the evidence and which one is kept.
//!
//! ```text
//! gs-list | gs-dedupe | jq 'select(.copy_of)'        what is there twice, and why
//! gs-fetch | gs-download | gs-dedupe > checked.ndjson
//! ```
//!
//! It only says so; nothing is changed anywhere. The more of the history comes in, the more is found: an entry is compared
//! with those that come in with it. How it decides is in `docs/matching.md`.

use std::collections::{HashMap, HashSet};
use std::process::ExitCode;

use clap::Parser;
use garminsync::activity::ActivityKey;
use garminsync::catalogue::FileFacts;
use garminsync::cli::{self, Bar, Common, Failure, HasCommon, Outcome, Output, Rule, Run};
use garminsync::lang;
use garminsync::matching::{Candidate, Matcher};
use garminsync::record::{ActivityRecord, CopyOf, Record};

const NAME: &str = "gs-dedupe";

/// Mark entries of the same exercise on the same platform as copies, saying why and which one is kept
///
/// Of those marked, only the certainties same-file and same-exercise are superfluous. two-devices is one exercise that a
/// watch and a bicycle computer recorded; shifted and start-only are for a person to look at.
///
/// It only says so, and changes nothing anywhere. An entry is compared with those that come in with it: the more of the
/// history comes in, the more is found. How it decides is in docs/matching.md.
#[derive(Parser)]
#[command(
    name = "gs-dedupe",
    version,
    after_help = "Examples:
  gs-list | gs-dedupe --copies > copies.ndjson     what is there twice, and why
  gs-download < copies.ndjson | gs-dedupe          with both files at hand
  gs-download < copies.ndjson | gs-dedupe | gs-delete -n   what would be deleted

Settings: SPORT_DIFF_SECOND

Exit codes: 0 all well, 65 a bad record, 78 set-up"
)]
struct Args {
    /// What makes two entries one exercise
    #[arg(long, value_name = "RULE", default_value = "evidence")]
    rule: Rule,
    /// Print only the copies, and the entries that they are copies of
    #[arg(long)]
    copies: bool,
    #[command(flatten)]
    common: Common,
}

impl HasCommon for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

fn main() -> ExitCode {
    cli::main(NAME, cli::Log::IfWritable, work)
}

fn work(args: &Args, run: &mut Run) -> Outcome {
    // Half a history would hide copies, and a stage after this one could take that for none.
    let bar = Bar::counting(&run.talk, NAME);
    let mut records = cli::all_records("gs-list | gs-dedupe", &bar)?;
    bar.say("looks for copies");
    let matcher = run.matcher(args.rule)?;
    mark(&mut records, &matcher, run, &bar)?;
    let mut output = Output::buffered();
    let shown = args.copies.then(|| of_copies(&records));
    for record in &records {
        if shown.as_ref().is_some_and(|shown| !is_shown(record, shown)) {
            continue;
        }
        if !output.record(record)? {
            break;
        }
    }
    output.flush().map(drop)
}

/// The activity that a record is about, if this command has something to say of it. One with a problem passes untouched,
/// as does what is no longer on its platform.
fn considered(record: &Record) -> Option<&ActivityRecord> {
    match record {
        Record::Activity(record) if record.problem.is_none() && record.deleted.is_none() => Some(record),
        _ => None,
    }
}

fn mark(records: &mut [Record], matcher: &Matcher, run: &mut Run, bar: &Bar) -> Outcome {
    let mut seen = HashSet::new();
    let mut at = Vec::new();
    for (index, record) in records.iter().enumerate() {
        // The same entry twice in the input is no copy of itself.
        if let Some(a) = considered(record).map(|record| &record.activity)
            && seen.insert(a.as_key())
        {
            at.push(index);
        }
    }
    let facts = at.iter().map(|&index| facts_of(&records[index], run)).collect::<Result<Vec<_>, _>>()?;
    let candidates: Vec<Candidate> = at
        .iter()
        .zip(&facts)
        .filter_map(|(&index, facts)| {
            let record = considered(&records[index])?;
            Some(run.candidate(&record.activity, facts.as_ref()))
        })
        .collect();
    let mut marks = HashMap::new();
    for copy in matcher.copies(&candidates) {
        let mut why = copy.verdict.why;
        why.push(format!("kept: {}", copy.kept_because));
        let certainty = copy.verdict.certainty.name().to_owned();
        let id = candidates[copy.of].activity.id.clone();
        marks.insert(at[copy.index], CopyOf { id, why, certainty, unknown: serde_json::Map::new() });
        run.count("copies", u64::from(copy.verdict.certainty.is_superfluous()));
        run.count("reported", u64::from(!copy.verdict.certainty.is_superfluous()));
    }
    // What an earlier run said of an entry holds no longer.
    for &index in &at {
        if let Record::Activity(record) = &mut records[index] {
            record.copy_of = marks.remove(&index);
        }
    }
    bar.finish();
    let copies = lang::counted(run.counted("copies"), "copy", "copies");
    let reported = match run.counted("reported") {
        0 => String::new(),
        count => format!(", {} to look at", lang::counted(count, "other likeness", "other likenesses")),
    };
    run.talk.note(&format!("{copies}{reported}"));
    Ok(())
}

/// All copies, and of the entries that are kept.
fn of_copies(records: &[Record]) -> HashSet<ActivityKey> {
    let mut shown = HashSet::new();
    for record in records {
        if let Record::Activity(record) = record
            && let Some(copy_of) = &record.copy_of
        {
            let kept = ActivityKey::new(record.activity.platform.clone(), copy_of.id.clone());
            shown.extend([record.activity.key(), kept]);
        }
    }
    shown
}

/// What is no activity, or has a problem, is for others to see.
fn is_shown(record: &Record, shown: &HashSet<ActivityKey>) -> bool {
    match record {
        Record::Activity(record) if record.problem.is_none() => shown.contains(&record.activity.key()),
        _ => true,
    }
}

fn facts_of(record: &Record, run: &Run) -> Result<Option<FileFacts>, Failure> {
    let Some(record) = considered(record) else { return Ok(None) };
    Ok(run.catalogue.file_facts(&record.activity.platform, &record.activity.id)?)
}
