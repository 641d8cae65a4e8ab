//! The sync log: the newest runs, each with its commands.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::components::{text, time};
use super::labels::counted;
use super::{Command, Run, Snapshot};
use crate::i18n::{Lang, span};

/// The newest runs.
pub fn log(snapshot: &Snapshot, lang: Lang) -> Markup {
    let heads = [("Began", "开始"), ("Outcome", "结果"), ("Took", "用时"), ("Counts", "计数"), ("Commands", "命令")];
    html! {
        section #log {
            h2 #log-title { (lang.pick("Sync log", "同步日志")) }
            @if snapshot.runs.is_empty() {
                p { (lang.pick("No sync runs yet.", "尚无同步记录。")) }
            } @else {
                p.note { (lang.pick("The last 100 sync runs.", "最近一百次同步。")) }
                div.scroll tabindex="0" role="region" aria-labelledby="log-title" {
                    table.log {
                        thead { tr { @for (en, zh) in heads { th scope="col" { (lang.pick(en, zh)) } } } }
                        tbody { @for run in &snapshot.runs { (row(run, lang)) } }
                    }
                }
            }
        }
    }
}

fn row(run: &Run, lang: Lang) -> Markup {
    let took = run.finished.map(|end| span(end.as_second() - run.started.as_second(), lang));
    html! {
        tr class=(run.outcome.sign().class()) {
            td { (time(run.started)) }
            td.outcome { (run.outcome.sign()) " " (run.outcome.word(lang)) @if let Some(exit) = run.exit.filter(|exit| *exit != 0) { " (" (exit) ")" } }
            td.number { (took.unwrap_or_else(|| "—".into())) }
            td { (counts(&run.counts, lang)) }
            td {
                details {
                    summary { (names(run)) }
                    ul.commands { @for command in &run.commands { li { (stage(command, lang)) } } }
                }
                @if let Some(reason) = run.commands.iter().find_map(|command| command.reason_text(lang)) { p.why { (text(&reason)) } }
            }
        }
    }
}

/// The commands of a run, each once.
fn names(run: &Run) -> String {
    let mut names: Vec<&str> = Vec::new();
    for command in &run.commands {
        if !names.contains(&command.command.as_str()) {
            names.push(command.command.as_str());
        }
    }
    names.join(", ")
}

fn counts(counts: &BTreeMap<String, u64>, lang: Lang) -> String {
    let some = counts.iter().filter(|(_, count)| **count > 0);
    let words: Vec<String> = some.map(|(name, count)| counted(name, *count, lang)).collect();
    if words.is_empty() { "—".into() } else { words.join(lang.comma()) }
}

fn stage(command: &Command, lang: Lang) -> Markup {
    html! {
        (command.outcome.sign()) " " b { (command.command) } " "
        span.sub {
            (command.outcome.word(lang))
            @if let Some(exit) = command.exit.filter(|exit| *exit != 0) { " (" (exit) ")" }
            @if let Some(end) = command.finished { " · " (span(end.as_second() - command.started.as_second(), lang)) }
            @if command.counts.values().any(|count| *count > 0) { " · " (counts(&command.counts, lang)) }
        }
        @if let Some(reason) = command.reason_text(lang) { span.why { (text(&reason)) } }
    }
}
