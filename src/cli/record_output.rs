//! Prints the records of a command: unchanged into a pipe or a file; on a terminal as a table, or not at all.

use std::collections::BTreeMap;
use std::io::IsTerminal;

use clap::{Args, ValueEnum};

use super::Align::{Left, NoWrap, Right, Truncate};
use super::activity_text::{distance, local_start, sport_name};
use super::{ListColumns, ListFormat, ListOutput, Output, Units, table};
use crate::activity::{Activity, printable};
use crate::i18n;
use crate::matching::Certainty;
use crate::reason::{self, Reason};
use crate::record::{ActivityRecord, Explanation, Outcome, Problem, Record, TransferRecord};
use crate::sync::{RecordSink, Result};

/// How a command prints its records.
#[derive(Debug, Clone, Copy, Args)]
pub struct RecordFlags {
    /// How records are printed [default: table on a terminal, else ndjson]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<RecordFormat>,
}

/// The formats of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RecordFormat {
    /// For people.
    Table,
    /// One record a line, for other commands.
    Ndjson,
}

/// Prints records. Call [`RecordOutput::finish`] at the end.
pub struct RecordOutput(Writer);

enum Writer {
    Records(Output),
    Activities(Box<ListOutput>),
    Changes(Changes),
    /// Nothing: the summary on standard error is sufficient.
    Nothing,
}

impl RecordOutput {
    /// For commands whose result is their changes, made or planned: a table of the changes. `records`: the output for
    /// records.
    pub fn changes(flags: RecordFlags, records: fn() -> Output) -> RecordOutput {
        RecordOutput(match flags.format.unwrap_or_else(by_place) {
            RecordFormat::Ndjson => Writer::Records(records()),
            RecordFormat::Table => Writer::Changes(Changes { rows: Vec::new(), is_asked_for: flags.format.is_some() }),
        })
    }

    /// For commands that pass on many activities: on a terminal only the summary, and a table on request.
    ///
    /// # Errors
    /// The header of the table cannot be written.
    pub fn activities(flags: RecordFlags, records: fn() -> Output) -> Result<RecordOutput> {
        Ok(RecordOutput(match (flags.format, by_place()) {
            (Some(RecordFormat::Ndjson), _) | (None, RecordFormat::Ndjson) => Writer::Records(records()),
            (None, RecordFormat::Table) => Writer::Nothing,
            (Some(RecordFormat::Table), _) => {
                Writer::Activities(Box::new(ListOutput::new(ListFormat::Table, &ListColumns::default())?))
            }
        }))
    }

    /// Prints the remaining rows.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn finish(self) -> Result<()> {
        match self.0 {
            Writer::Records(mut output) => output.flush().map(drop),
            Writer::Activities(list) => list.finish().map(drop),
            Writer::Changes(changes) => {
                let mut output = Output::buffered();
                output.text(&changes.text())?;
                output.flush().map(drop)
            }
            Writer::Nothing => Ok(()),
        }
    }
}

fn by_place() -> RecordFormat {
    if std::io::stdout().is_terminal() { RecordFormat::Table } else { RecordFormat::Ndjson }
}

impl RecordSink for RecordOutput {
    fn record(&mut self, record: &Record) -> Result<bool> {
        match &mut self.0 {
            Writer::Records(output) => output.record(record),
            Writer::Activities(list) => list.record(record),
            Writer::Changes(changes) => {
                changes.add(record);
                Ok(true)
            }
            Writer::Nothing => Ok(true),
        }
    }

    fn line(&mut self, line: &[u8]) -> Result<bool> {
        match &mut self.0 {
            Writer::Records(output) => output.line(line),
            Writer::Nothing => Ok(true),
            Writer::Activities(_) | Writer::Changes(_) => self.record(&Record::parse_or_other(line)),
        }
    }

    fn is_closed(&self) -> bool {
        matches!(&self.0, Writer::Records(output) if output.is_closed())
    }

    fn shows_records(&self) -> bool {
        matches!(self.0, Writer::Changes(_) | Writer::Activities(_))
    }
}

/// The changes, made or planned: one row each, and the totals of each platform.
#[derive(Default)]
struct Changes {
    rows: Vec<Change>,
    /// Whether a person requested a table. If so, an empty table is reported.
    is_asked_for: bool,
}

struct Change {
    platform: String,
    /// Whether the platform is the target of a transfer.
    is_transfer: bool,
    activity: Activity,
    state: State,
    reason: String,
}

/// The result of a change, made or planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Upload,
    Delete,
    Uploaded,
    Exists,
    Pending,
    Duplicate,
    Possible,
    Deleted,
    Rejected,
    Skipped,
    Failed,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            State::Upload => "upload",
            State::Delete => "delete",
            State::Uploaded => "uploaded",
            State::Exists => "exists",
            State::Pending => "pending",
            State::Duplicate => "duplicate",
            State::Possible => "possible",
            State::Deleted => "deleted",
            State::Rejected => "rejected",
            State::Skipped => "skipped",
            State::Failed => "failed",
        }
    }

    fn counted(self, count: u64) -> String {
        let (one, many) = match self {
            State::Upload => ("upload", "uploads"),
            State::Delete => ("deletion", "deletions"),
            State::Duplicate => ("duplicate", "duplicates"),
            State::Possible => ("possible duplicate", "possible duplicates"),
            other => (other.name(), other.name()),
        };
        i18n::counted(count, one, many)
    }

    fn of_outcome(outcome: &Outcome) -> State {
        match outcome.kind.as_str() {
            "created" => State::Uploaded,
            "exists" => State::Exists,
            "pending" => State::Pending,
            "rejected" => State::Rejected,
            "deleted" => State::Deleted,
            _ => State::Skipped,
        }
    }
}

fn english(reasons: &[Explanation]) -> String {
    let reasons: Vec<Reason> = reasons.iter().map(Explanation::reason).collect();
    reason::texts(&reasons, i18n::Lang::En)
}

/// Whether nothing was done because it was a dry run.
fn is_dry_run(reasons: &[Explanation]) -> bool {
    reasons.iter().any(|one| one.reason() == Reason::DryRun)
}

impl Changes {
    fn add(&mut self, record: &Record) {
        match record {
            Record::Transfer(transfer) => self.rows.push(of_transfer(transfer)),
            Record::Activity(activity) => self.rows.extend(of_activity(activity)),
            Record::Other(_) => {}
        }
    }

    fn text(mut self) -> String {
        if self.rows.is_empty() {
            return if self.is_asked_for { "(none)\n".to_owned() } else { String::new() };
        }
        self.rows.sort_by(|one, other| one.platform.cmp(&other.platform));
        let mut totals: BTreeMap<&str, BTreeMap<State, u64>> = BTreeMap::new();
        for row in &self.rows {
            *totals.entry(&row.platform).or_default().entry(row.state).or_default() += 1;
        }
        let is_plan = self.rows.iter().all(|row| row.is_transfer);
        // A plan of uploads has only one state.
        let has_states = self.rows.iter().any(|row| row.state != State::Upload);
        let mut head = vec![
            (if is_plan { "target" } else { "platform" }, NoWrap),
            ("start (local)", NoWrap),
            ("sport", Truncate),
            ("km", Right),
            ("name", Truncate),
        ];
        head.extend(has_states.then_some(("state", NoWrap)));
        head.push(("reason", Left));
        let mut table = table(&head).drop_order(&["km", "sport"]);
        for row in &self.rows {
            let mut cells = vec![
                printable(&row.platform),
                local_start(&row.activity),
                printable(&sport_name(&row.activity)),
                distance(&row.activity, Units::Metric),
                row.activity.shown_name(),
            ];
            cells.extend(has_states.then(|| row.state.name().to_owned()));
            cells.push(printable(&row.reason));
            table.add_row(cells);
        }
        let mut text = format!("{table}\n");
        for (platform, states) in totals {
            let counts: Vec<String> = states.into_iter().map(|(state, count)| state.counted(count)).collect();
            text.push_str(&format!("{}: {}\n", printable(platform), counts.join(", ")));
        }
        text
    }
}

fn of_transfer(transfer: &TransferRecord) -> Change {
    let (state, reason) = match (&transfer.problem, &transfer.outcome) {
        (Some(problem), _) => (State::Failed, because(problem)),
        (None, Some(_)) if is_dry_run(&transfer.reasons) => (State::Upload, String::new()),
        (None, Some(outcome)) => (State::of_outcome(outcome), english(&transfer.reasons)),
        (None, None) => (State::Upload, english(&transfer.reasons)),
    };
    Change {
        platform: transfer.to.clone(),
        is_transfer: true,
        activity: transfer.activity.activity.clone(),
        state,
        reason,
    }
}

/// A row for an activity that is a duplicate or was changed; `None` for any other activity.
fn of_activity(record: &ActivityRecord) -> Option<Change> {
    let duplicate = || record.duplicate_of.as_ref().map(|one| format!("of {}: {}", one.id, english(&one.reasons)));
    let (state, reason) = match (&record.problem, &record.outcome, &record.duplicate_of) {
        (Some(problem), ..) => (State::Failed, because(problem)),
        (None, Some(outcome), _) if is_dry_run(&outcome.reasons) => (State::Delete, duplicate().unwrap_or_default()),
        (None, Some(outcome), _) if outcome.kind == "skipped" => (State::Skipped, english(&outcome.reasons)),
        (None, Some(outcome), _) => (State::of_outcome(outcome), duplicate().unwrap_or_default()),
        (None, None, Some(one)) if Certainty::named(&one.certainty).is_some_and(Certainty::is_duplicate) => {
            (State::Duplicate, duplicate().unwrap_or_default())
        }
        (None, None, Some(_)) => (State::Possible, duplicate().unwrap_or_default()),
        (None, None, None) => return None,
    };
    Some(Change {
        platform: record.activity.platform.to_string(),
        is_transfer: false,
        activity: record.activity.clone(),
        state,
        reason,
    })
}

fn because(problem: &Problem) -> String {
    problem.reason.reason().text(i18n::Lang::En)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(lines: &[&str]) -> String {
        let mut changes = Changes::default();
        let input = lines.join("\n");
        for record in crate::record::Reader::new(input.as_bytes()) {
            changes.add(&record.unwrap().1);
        }
        changes.text()
    }

    #[test]
    fn a_plan_has_a_row_for_each_upload_and_totals_for_each_platform() {
        let transfer = |to: &str, id: u32, name: &str| {
            format!(
                r#"{{"type":"transfer","to":"{to}","activity":{{"platform":"garmin-com","id":"{id}","name":"{name}","sport":"running","start_time":"2026-01-08T06:10:00Z","utc_offset_s":28800,"distance_m":4321.0}}}}"#
            )
        };
        let lines =
            [transfer("coros", 1, "Morning"), transfer("garmin-cn", 1, "Morning"), transfer("coros", 2, "Noon")];
        let said = text(&lines.each_ref().map(String::as_str));
        assert!(
            said.starts_with(" target ")
                && said.contains("2026-01-08 14:10")
                && said.contains("4.32")
                && said.contains("Noon"),
            "{said}"
        );
        assert!(said.ends_with("coros: 2 uploads\ngarmin-cn: 1 upload\n"), "{said}");
    }

    #[test]
    fn activities_without_an_action_have_no_row() {
        let plain = r#"{"type":"activity","platform":"coros","id":"1"}"#;
        assert_eq!(text(&[plain]), "");
        let copy = r#"{"type":"activity","platform":"coros","id":"2","duplicate_of":{"id":"1","reasons":[],"certainty":"match"}}"#;
        let other = r#"{"type":"activity","platform":"coros","id":"3","duplicate_of":{"id":"1","reasons":[],"certainty":"two-devices"}}"#;
        let said = text(&[plain, copy, other]);
        assert!(said.ends_with("coros: 1 duplicate, 1 possible duplicate\n") && said.contains("of 1"), "{said}");
    }
}
