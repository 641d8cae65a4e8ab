//! The log: the newest runs, each with its commands.

use std::collections::{BTreeMap, HashMap};

use jiff::SignedDuration;

use crate::catalogue::CommandRow;
use crate::exit::Exit;
use crate::status::{Command, Redacted, RedactedReason, Run, RunOutcome};

/// No run takes longer. A run id that is fixed in the settings starts a new run every day.
pub(super) const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// This command counts existing duplicates, not its actions.
const DEDUPE: &str = "gs-dedupe";
/// How many runs are shown.
const RUNS: usize = 100;

/// The runs that `rows` belong to, the newest first.
pub(super) fn runs(rows: &[CommandRow]) -> Vec<Run> {
    let mut runs: Vec<Vec<Command>> = Vec::new();
    let mut ids: Vec<&str> = Vec::new();
    let mut current: HashMap<&str, usize> = HashMap::new();
    for row in rows {
        let known = current.get(row.run.as_str()).copied();
        let known = known.filter(|&at| row.started.duration_since(runs[at][0].started) <= LONGEST);
        let at = known.unwrap_or_else(|| {
            runs.push(Vec::new());
            ids.push(&row.run);
            current.insert(&row.run, runs.len() - 1);
            runs.len() - 1
        });
        runs[at].push(command(row));
    }
    ids.into_iter().zip(runs).rev().take(RUNS).map(|(id, commands)| run(id, commands)).collect()
}

/// A row as it is shown.
pub(super) fn command(row: &CommandRow) -> Command {
    let counts: BTreeMap<String, u64> = serde_json::from_str(&row.counts).unwrap_or_default();
    Command {
        command: Redacted::of(&row.command),
        started: row.started,
        finished: row.finished,
        outcome: outcome(row.exit),
        exit: row.exit,
        counts: counts.into_iter().map(|(name, count)| (Redacted::of(&name).as_str().to_owned(), count)).collect(),
        reason: row.reason.as_ref().map(RedactedReason::of),
        platform: row.platform.as_deref().map(Redacted::of),
    }
}

fn outcome(exit: Option<u8>) -> RunOutcome {
    match exit {
        None => RunOutcome::Unfinished,
        Some(0) => RunOutcome::Success,
        Some(1) => RunOutcome::Partial,
        Some(130) => RunOutcome::Interrupted,
        Some(_) => RunOutcome::Error,
    }
}

fn run(id: &str, commands: Vec<Command>) -> Run {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    // A run searches for duplicates several times and finds the same ones, so their counts are not added.
    let searches = commands.iter().filter(|command| command.command.as_str() == DEDUPE);
    for (name, count) in searches.flat_map(|command| &command.counts) {
        let most = counts.entry(name.clone()).or_default();
        *most = (*most).max(*count);
    }
    let rest = commands.iter().filter(|command| command.command.as_str() != DEDUPE);
    for (name, count) in rest.flat_map(|command| &command.counts) {
        let sum = counts.entry(name.clone()).or_default();
        *sum = sum.saturating_add(*count);
    }
    let ends: Option<Vec<_>> = commands.iter().map(|command| command.finished).collect();
    Run {
        run: Redacted::of(id),
        started: commands.iter().map(|command| command.started).min().unwrap_or_default(),
        finished: ends.and_then(|ends| ends.into_iter().max()),
        outcome: commands.iter().map(|command| command.outcome).max().unwrap_or(RunOutcome::Success),
        exit: commands.iter().filter_map(|command| command.exit).max_by_key(|code| Exit::of(*code)),
        counts,
        reason: commands.iter().find_map(|command| command.reason.clone()),
        commands,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn a_run_adds_up_its_actions_and_counts_repeated_findings_once() {
        let row = |number, command: &str, counts: &str| CommandRow {
            number,
            run: "a".into(),
            command: command.into(),
            started: Timestamp::UNIX_EPOCH,
            finished: Some(Timestamp::UNIX_EPOCH),
            exit: Some(0),
            counts: counts.into(),
            reason: None,
            platform: None,
        };
        let runs = runs(&[
            row(1, "gs-dedupe", r#"{"duplicates":1}"#),
            row(2, "gs-download", r#"{"downloaded":2}"#),
            row(3, "gs-dedupe", r#"{"duplicates":1,"similar":4}"#),
            row(4, "gs-download", r#"{"downloaded":3}"#),
        ]);
        let counts: Vec<(&str, u64)> = runs[0].counts.iter().map(|(name, count)| (name.as_str(), *count)).collect();
        assert_eq!(counts, [("downloaded", 5), ("duplicates", 1), ("similar", 4)]);
    }
}
