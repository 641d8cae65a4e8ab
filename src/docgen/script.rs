//! The page and the completions of a script, from the text that it shows for `--help`.
//!
//! That text is a paragraph on what it is for, lines that show how it is called, and then paragraphs. Of a paragraph, lines
//! that are set in are typed as they are, and a word with some spaces behind it is what the rest of the line is about.

use std::collections::BTreeSet;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command};

use super::command_page::DOCUMENTS;
use super::roff::{Page, bold, lower};

/// The page of the script `name`.
pub fn page(name: &str, help: &str) -> String {
    let mut paragraphs = help.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty());
    let about = joined(paragraphs.next().unwrap_or_default());
    let first = about.split([':', '.']).next().unwrap_or_default();
    let mut page = Page::new(name, 1, &lower(first));
    page.section("Synopsis");
    let usage: Vec<(&str, &str)> = paragraphs.next().unwrap_or_default().lines().map(typed_and_told).collect();
    for (typed, _) in &usage {
        let (command, rest) = typed.split_once(' ').unwrap_or((typed, ""));
        page.line(&format!(".HP\n{} {}", bold(command), super::roff::escaped(rest)));
    }
    page.section("Description");
    page.text(&about);
    for (typed, told) in usage.iter().filter(|(_, told)| !told.is_empty()) {
        page.item(&bold(typed), told);
    }
    paragraphs.for_each(|paragraph| add(&mut page, paragraph));
    page.section("Environment");
    page.text("The settings of the commands that it calls: see gs-settings(5).");
    page.section("See also");
    let pages = [
        ("garminsync", 1),
        ("garminsync-daemon", 1),
        ("gs-sync", 1),
        ("gs-fetch", 1),
        ("gs-list", 1),
        ("gs-download", 1),
        ("gs-settings", 5),
    ];
    let pages = pages.iter().filter(|(other, _)| *other != name);
    let pages: Vec<String> = pages.map(|(name, section)| format!("{}({section})", bold(name))).collect();
    page.line(&pages.join(",\n"));
    page.text(DOCUMENTS);
    page.finish()
}

/// How it is called, and what that does if the line says so.
fn typed_and_told(line: &str) -> (&str, &str) {
    let (typed, told) = line.trim().split_once("   ").unwrap_or((line.trim(), ""));
    (typed, told.trim())
}

/// What there is to complete, as clap has it: the commands and flags of the lines that show how it is called. Where those
/// say `[FLAG...]`, all flags that the rest of the text names.
pub fn definition(name: &str, help: &str) -> Command {
    let mut all = Command::new(name.to_owned());
    let (_, usage) = help.split_once("\n\n").unwrap_or_default();
    let (usage, rest) = usage.split_once("\n\n").unwrap_or_default();
    for line in usage.lines() {
        let words: Vec<&str> = typed_and_told(line).0.split_whitespace().collect();
        match words.get(1) {
            Some(sub) if sub.starts_with(|c: char| c.is_ascii_lowercase()) => {
                let known = all.get_subcommands().any(|known| known.get_name() == *sub);
                let add = |command| with_words(command, &words[2..]);
                all = if known {
                    all.mut_subcommand(*sub, add)
                } else {
                    all.subcommand(add(Command::new((*sub).to_owned())))
                };
            }
            _ => all = with_words(all, words.get(1..).unwrap_or_default()),
        }
    }
    if usage.contains(" [FLAG...]") {
        let flags = rest.split(|c: char| !c.is_ascii_lowercase() && c != '-').filter(|word| word.starts_with("--"));
        all = flags.collect::<BTreeSet<_>>().into_iter().fold(all, |all, word| with_flag(all, word, false));
    }
    all
}

/// The flags of `[--one VALUE]` and `--one|--two`; words of `A|on|off` that are not a name for something else.
fn with_words(mut command: Command, words: &[&str]) -> Command {
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let is_open = word.starts_with('[') && !word.ends_with(']');
        let choices: Vec<&str> = word.trim_matches(['[', ']']).split('|').collect();
        if word.trim_start_matches('[') == "--" {
            break;
        } else if choices[0].starts_with("--") {
            command = choices.iter().fold(command, |command, flag| with_flag(command, flag, is_open));
        } else {
            let typed = choices.iter().filter(|choice| choice.starts_with(|c: char| c.is_ascii_lowercase()));
            let typed: Vec<String> = typed.map(|choice| (*choice).to_owned()).collect();
            if !typed.is_empty() && command.get_positionals().next().is_none() {
                command = command.arg(Arg::new("what").value_parser(PossibleValuesParser::new(typed)));
            }
        }
        if is_open {
            // Its value.
            words.next_if(|word| word.ends_with(']'));
        }
    }
    command
}

fn with_flag(command: Command, flag: &str, takes_value: bool) -> Command {
    let name = flag.trim_start_matches('-').to_owned();
    if command.get_arguments().any(|arg| arg.get_id() == name.as_str()) || name == "help" {
        return command;
    }
    let action = if takes_value { ArgAction::Set } else { ArgAction::SetTrue };
    command.arg(Arg::new(name.clone()).long(name).action(action))
}

fn joined(paragraph: &str) -> String {
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a line of a paragraph is.
enum Line<'a> {
    Text(&'a str),
    /// A word, and what is said of it.
    Item(&'a str, &'a str),
    /// The line before goes on.
    More(&'a str),
    Typed(&'a str),
}

fn kind<'a>(line: &'a str, after_item: bool) -> Line<'a> {
    let trimmed = line.trim();
    match (line.starts_with(' '), trimmed.split_once("  ")) {
        (true, _) if after_item => Line::More(trimmed),
        (true, _) => Line::Typed(trimmed),
        (false, Some((word, text))) if word.len() < 40 => Line::Item(word, text.trim()),
        _ => Line::Text(trimmed),
    }
}

fn add(page: &mut Page, paragraph: &str) {
    let (mut text, mut item, mut typed): (Vec<&str>, Option<(&str, String)>, Vec<&str>) =
        (Vec::new(), None, Vec::new());
    for line in paragraph.lines().chain([""]) {
        let kind = kind(line, item.is_some());
        if let Line::More(more) = kind {
            item.iter_mut().for_each(|(_, text)| *text += &format!(" {more}"));
            continue;
        }
        // Whatever it is, what came before is complete, unless it is more of the same.
        if let Some((word, text)) = item.take() {
            page.item(&bold(word), &text);
        }
        if !matches!(kind, Line::Typed(_)) && !typed.is_empty() {
            page.code(typed.drain(..));
        }
        if !matches!(kind, Line::Text(line) if !line.is_empty()) && !text.is_empty() {
            page.text(&std::mem::take(&mut text).join(" "));
        }
        match kind {
            Line::Text(line) => text.extend(Some(line).filter(|line| !line.is_empty())),
            Line::Item(word, about) => item = Some((word, about.to_owned())),
            Line::Typed(line) => typed.push(line),
            Line::More(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_help_becomes_what_can_be_completed() {
        let help = "Does.\n\n  x list --all|--new [--off] [-- FLAG...]\n  x run --start [--port 80]   does it\n  x run NAME|on|off\n  x [FLAG...]\n\nFLAGs: --one, --two.\n";
        let command = definition("x", help);
        let flags = |command: &Command| -> Vec<String> {
            let flags = command.get_arguments().filter(|arg| arg.get_long().is_some());
            flags
                .map(|arg| format!("{}{}", arg.get_id(), if arg.get_action().takes_values() { "=" } else { "" }))
                .collect()
        };
        assert_eq!(flags(&command), ["one", "two"]);
        let of = |name: &str| command.find_subcommand(name).unwrap();
        assert_eq!(flags(of("list")), ["all", "new", "off"]);
        assert_eq!(flags(of("run")), ["start", "port="]);
        let values = of("run").get_positionals().next().unwrap().get_possible_values();
        assert_eq!(values.iter().map(|value| value.get_name()).collect::<Vec<_>>(), ["on", "off"]);
    }

    #[test]
    fn a_help_becomes_a_page() {
        let page = page(
            "x",
            "Does a thing: this one\nand that.\n\n  x [--all]\n\n--all    all\n         of it\n--one    one\n\nText --all:\n  x --all\n  x\nmore.\n",
        );
        for part in [
            "x \\- does a thing\n",
            ".SH SYNOPSIS\n.HP\n\\fBx\\fR [\\-\\-all]\n",
            ".TP\n\\fB\\-\\-all\\fR\nall of it\n.TP\n\\fB\\-\\-one\\fR\none\n",
            "Text \\fB\\-\\-all\\fR:\n.PP\n.RS 4\n.EX\nx \\-\\-all\nx\n.EE\n.RE\n.PP\nmore.\n",
        ] {
            assert!(page.contains(part), "{part:?} is not in\n{page}");
        }
    }
}
