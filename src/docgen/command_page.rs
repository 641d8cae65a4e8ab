//! The man page of a command, from its clap definition.

use clap::{Arg, ArgAction, Command};

use super::help_notes::Notes;
use super::roff::{ManPage, WIDTH, bold, italic, lower};
use super::settings_page::{self, sentence};
use crate::exit::Exit;
use crate::settings::Setting;

/// The heading of the flags that all commands share.
const COMMON: &str = "Common options";

/// The exit codes: the short text of the help, and the text on the page.
const CODES: [(u8, &str, &str); 9] = [
    (0, "OK", "OK, or nothing to do"),
    (1, "some failed", "some failed, and the rest is done; run it again"),
    (2, "wrong usage", "wrong usage"),
    (65, "invalid record", "an invalid record on standard input"),
    (70, "a bug", "a bug; please report it"),
    (75, "try again later", "try again later: a limit, the network, a lock"),
    (77, "a login is needed", "a login is needed: see gs-auth"),
    (78, "configuration error", "a configuration error: settings, folders"),
    (130, "stopped", "ended by Ctrl-C or SIGTERM, after the current item; run it again for the rest"),
];

/// The exit codes of every command, which the help of most commands does not list.
const ALWAYS: [u8; 5] = [0, 2, 70, 78, 130];

/// The section FILES. `$DATA_DIR` stands for the data folder.
const FILES: [(&str, &str); 5] = [
    ("~/.config/garminsync/.env", "The settings file: see gs-settings(5)."),
    ("~/.local/share/garminsync", "The data folder of one person, unless `$DATA_DIR` names another one."),
    (
        "$DATA_DIR/catalogue.sqlite",
        "The catalogue: the activities of all platforms, the journal of uploads and deletions, the log of runs.",
    ),
    ("$DATA_DIR/fit/", "The archive: a folder for each platform."),
    ("$DATA_DIR/tokens/", "Tokens of the logins. They give access to your accounts: keep them secret."),
];

/// Further documents.
pub const DOCUMENTS: &str = "In share/doc/garminsync, or the repository: README.md, docs/recipes.md, docs/scheduling.md, docs/sync-rules.md, docs/troubleshooting.md.";

/// The page of a command whose clap definition is built already.
pub fn page(command: &Command) -> String {
    let name = command.get_name();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let notes = Notes::read(&command.get_after_help().map(ToString::to_string).unwrap_or_default());
    let mut page = ManPage::new(name, 1, &lower(&about));
    page.section("Synopsis");
    synopsis(&mut page, command);
    page.section("Description");
    page.text(&format!("{}.\n\n{}", about.trim_end_matches('.'), description(command)));
    notes.rest.iter().for_each(|paragraph| page.text(paragraph));
    let commands: Vec<&Command> = command.get_subcommands().filter(|sub| sub.get_name() != "help").collect();
    if !commands.is_empty() {
        page.section("Commands");
        commands.iter().for_each(|sub| subcommand(&mut page, name, sub));
    }
    options(&mut page, command);
    examples(&mut page, &notes);
    exit_status(&mut page, &notes);
    environment(&mut page, command, &notes);
    page.section("Files");
    FILES.iter().for_each(|(path, text)| page.item(&italic(path), text));
    see_also(&mut page, command);
    page.finish()
}

/// The long text without its first paragraph, which is the short text.
fn description(command: &Command) -> String {
    let long = command.get_long_about().map(ToString::to_string).unwrap_or_default();
    long.split_once("\n\n").map(|(_, rest)| rest.to_owned()).unwrap_or_default()
}

/// The flags of a command: its own, or the common ones, but not those that clap adds.
fn flags(command: &Command, common: bool) -> impl Iterator<Item = &Arg> {
    command
        .get_arguments()
        .filter(move |arg| !arg.is_hide_set() && !is_claps(arg) && (arg.get_help_heading() == Some(COMMON)) == common)
}

fn is_claps(arg: &Arg) -> bool {
    ["help", "version"].contains(&arg.get_id().as_str())
}

/// One line for each subcommand, or for the command itself.
fn synopsis(page: &mut ManPage, command: &Command) {
    let name = command.get_name();
    let mut lines = Vec::new();
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        lines.push(format!("{} {}", bold(&format!("{name} {}", sub.get_name())), usage(sub)));
    }
    if lines.is_empty() {
        lines.push(format!("{} {}", bold(name), usage(command)));
    }
    // A hanging indent, so that the name stands out if the line is wrapped.
    for line in lines {
        let line = line.replace("] [", "]\n[").replace("... [", "...\n[").replace("} [", "}\n[");
        page.line(".HP");
        for part in line.lines() {
            // Only flags that exclude each other are longer.
            page.line(&if part.len() > WIDTH { part.replace(" | ", " |\n") } else { part.to_owned() });
        }
    }
}

fn usage(command: &Command) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut shown: Vec<&str> = Vec::new();
    for arg in flags(command, false) {
        let id = arg.get_id().as_str();
        if shown.contains(&id) {
            continue;
        }
        // Flags that exclude each other are listed together.
        let is_one_of =
            |group: &&clap::ArgGroup| !(**group).clone().is_multiple() && group.get_args().any(|other| other == id);
        let group = command.get_groups().filter(is_one_of).max_by_key(|group| group.get_args().count());
        let members = group.map(|group| group.get_args().map(clap::Id::as_str).collect::<Vec<_>>());
        let members = members.unwrap_or_else(|| vec![id]);
        let words: Vec<String> =
            flags(command, false).filter(|arg| members.contains(&arg.get_id().as_str())).map(short_tag).collect();
        let more = if matches!(arg.get_action(), ArgAction::Append) { "..." } else { "" };
        let words = words.join(" | ");
        parts.push(match group {
            Some(group) if group.is_required_set() => format!("{{{words}}}"),
            _ if arg.is_required_set() => format!("{words}{more}"),
            _ => format!("[{words}]{more}"),
        });
        shown.extend(members);
    }
    parts.push(format!("[{}]...", italic("common option")));
    parts.join(" ")
}

/// `--flag VALUE`, or `-f` if the flag has no long form.
fn short_tag(arg: &Arg) -> String {
    let flag = match (arg.get_long(), arg.get_short()) {
        (Some(long), _) => bold(&format!("--{long}")),
        (None, Some(short)) => bold(&format!("-{short}")),
        (None, None) => String::new(),
    };
    with_value(flag, arg)
}

/// `-f`, `--flag` VALUE, or `--flag`[=VALUE] if the flag may stand without one
fn tag(arg: &Arg) -> String {
    let short = arg.get_short().map(|short| bold(&format!("-{short}")));
    let long = arg.get_long().map(|long| bold(&format!("--{long}")));
    let names = [short, long].into_iter().flatten().collect::<Vec<_>>().join(", ");
    with_value(names, arg)
}

fn with_value(flag: String, arg: &Arg) -> String {
    match value(arg) {
        value if value.is_empty() => flag,
        value if flag.is_empty() => value,
        value if arg.is_require_equals_set() => format!("{flag}[={value}]"),
        value => format!("{flag} {value}"),
    }
}

fn value(arg: &Arg) -> String {
    if !arg.get_action().takes_values() {
        return String::new();
    }
    let names = arg.get_value_names().unwrap_or_default().iter().map(|name| italic(name)).collect::<Vec<_>>();
    if names.is_empty() { italic(&arg.get_id().as_str().to_uppercase()) } else { names.join(" ") }
}

/// The help of a flag, with its values and its default.
fn help(arg: &Arg) -> String {
    let text = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    // The default becomes a sentence of its own.
    let (text, default) = match text.trim_end().strip_suffix(']').and_then(|text| text.rsplit_once(" [default")) {
        Some((text, default)) => (text.to_owned(), Some(format!("Default{default}"))),
        None => (text, None),
    };
    let values = arg.get_possible_values();
    let values: Vec<String> = values.iter().filter(|_| arg.get_action().takes_values()).map(possible_value).collect();
    let values = (!values.is_empty()).then(|| format!("Values: {}", values.join("; ")));
    let preset = arg.get_default_values().first().filter(|_| arg.get_action().takes_values());
    let preset = preset.map(|value| format!("Default: `{}`", value.to_string_lossy()));
    [Some(text), values, default, preset]
        .into_iter()
        .flatten()
        .map(|part| sentence(&part))
        .collect::<Vec<_>>()
        .join(" ")
}

/// A value with its help, unless that only repeats the value.
fn possible_value(value: &clap::builder::PossibleValue) -> String {
    let help = value.get_help().map(ToString::to_string).unwrap_or_default();
    match lower(help.trim_end_matches('.')) {
        help if help.is_empty() || help == value.get_name() => format!("`{}`", value.get_name()),
        help => format!("`{}`: {help}", value.get_name()),
    }
}

fn subcommand(page: &mut ManPage, name: &str, sub: &Command) {
    page.subsection(&format!("{name} {}", sub.get_name()));
    let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
    page.text(&format!("{}.\n\n{}", about.trim_end_matches('.'), description(sub)));
    flags(sub, false).for_each(|arg| page.item(&tag(arg), &help(arg)));
}

/// The flags without a heading, then each heading, the common flags last.
fn options(page: &mut ManPage, command: &Command) {
    page.section("Options");
    let mut headings: Vec<Option<&str>> = flags(command, false).map(Arg::get_help_heading).collect();
    headings.dedup();
    headings.sort_by_key(Option::is_some);
    for heading in headings {
        heading.into_iter().for_each(|heading| page.subsection(heading));
        let of_it = flags(command, false).filter(|arg| arg.get_help_heading() == heading);
        of_it.for_each(|arg| page.item(&tag(arg), &help(arg)));
    }
    page.subsection(COMMON);
    let mut common: Vec<&Arg> = flags(command, true).collect();
    if common.is_empty() {
        // If only the subcommands have common flags, all subcommands have the same ones, except one that has fewer.
        let of_subcommands = command.get_subcommands().map(|sub| flags(sub, true).collect::<Vec<&Arg>>());
        common = of_subcommands.max_by_key(Vec::len).unwrap_or_default();
    }
    common.into_iter().for_each(|arg| page.item(&tag(arg), &help(arg)));
    page.item(&format!("{}, {}", bold("-h"), bold("--help")), "Print help: short with -h, long with --help.");
    page.item(&format!("{}, {}", bold("-V"), bold("--version")), "Print the version.");
}

fn examples(page: &mut ManPage, notes: &Notes) {
    if notes.examples.is_empty() {
        return;
    }
    page.section("Examples");
    for (typed, does) in &notes.examples {
        if let Some(does) = does {
            page.text(&format!("{}:", sentence(does).trim_end_matches('.')));
        }
        page.code([typed.as_str()]);
    }
}

fn exit_status(page: &mut ManPage, notes: &Notes) {
    let words = |code: u8| notes.codes.iter().find(|(known, _)| *known == code).map(|(_, words)| words.as_str());
    let is_shown = |code: u8| words(code).is_some() || ALWAYS.contains(&code);
    page.section("Exit status");
    let failures = Exit::BY_SEVERITY.iter().rev().filter(|exit| **exit != Exit::Ok && is_shown(exit.code()));
    let order: Vec<String> = failures.map(|exit| exit.code().to_string()).collect();
    page.text(&format!(
        "If several things went wrong, the code is that of the most severe. The order, the most severe first: {}.",
        order.join(", ")
    ));
    let common = CODES.into_iter().filter(|(code, ..)| is_shown(*code)).map(|(code, short, long)| match words(code) {
        Some(words) if words != short => (code, words),
        _ => (code, long),
    });
    // The daemon has two more, as other programs that start and stop services.
    let own = notes.codes.iter().map(|(code, words)| (*code, words.as_str()));
    let own = own.filter(|(code, _)| CODES.iter().all(|(common, ..)| common != code));
    let mut all: Vec<(u8, &str)> = common.chain(own).collect();
    all.sort_by_key(|(code, _)| *code);
    all.into_iter().for_each(|(code, words)| page.item(&bold(&code.to_string()), &sentence(words)));
}

/// The settings that the flags mention, and those that the help lists.
fn environment(page: &mut ManPage, command: &Command, notes: &Notes) {
    let helps = command.get_arguments().chain(command.get_subcommands().flat_map(Command::get_arguments));
    let text: String = helps.filter_map(Arg::get_help).map(|help| format!("{help} ")).collect();
    let named = text.split('$').skip(1).map(|rest| {
        rest.chars().take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '_').collect::<String>()
    });
    page.section("Environment");
    page.text("Each can also be set in the settings file; gs-settings(5) lists all settings.");
    let mut shown: Vec<&'static Setting> = Vec::new();
    for name in notes.settings.iter().cloned().chain(named) {
        if let Some(setting) = settings_page::find(&name)
            && !shown.iter().any(|other| other.name == setting.name)
        {
            shown.push(setting);
        }
    }
    shown.iter().for_each(|setting| page.item(&bold(setting.name), &settings_page::about(setting)));
}

/// The pages of the commands that the help mentions, and the pages that concern all commands.
fn see_also(page: &mut ManPage, command: &Command) {
    let helps = std::iter::once(command).chain(command.get_subcommands());
    let text: String = helps.map(|command| command.clone().render_long_help().to_string()).collect();
    let is_name = |c: char| c.is_ascii_lowercase() || c == '-';
    let mut names: Vec<&str> = text
        .split(|c: char| !is_name(c))
        .filter(|word| word.starts_with("gs-") && word.len() > 3 && *word != command.get_name())
        .collect();
    names.sort_unstable();
    names.dedup();
    page.section("See also");
    let front = ("garminsync", 1);
    let pages = names.iter().map(|name| (*name, 1)).chain([front, ("gs-record", 5), ("gs-settings", 5)]);
    let pages = pages.filter(|(name, _)| *name != command.get_name());
    let pages: Vec<String> = pages.map(|(name, section)| format!("{}({section})", bold(name))).collect();
    page.line(&pages.join(",\n"));
    page.text(DOCUMENTS);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_manual_page_lists_the_exit_codes_of_its_command_by_severity() {
        let texts: BTreeSet<u8> = CODES.iter().map(|(code, ..)| *code).collect();
        assert_eq!(texts, Exit::BY_SEVERITY.iter().map(|exit| exit.code()).collect());
        let mut command =
            Command::new("gs-try").after_help("Exit codes: 0 OK, 75 try again later, 78 configuration error");
        command.build();
        let words = page(&command).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("the most severe first: 70, 130, 2, 78, 75."), "{words}");
        assert!(words.contains("\\fB75\\fR") && !words.contains("\\fB77\\fR"), "{words}");
    }

    #[test]
    fn a_page_has_the_exit_codes_that_only_its_command_has() {
        let mut command = Command::new("gs-try").after_help("Exit codes: 0 OK, 3 not running");
        command.build();
        let page = page(&command);
        assert!(page.contains("\\fB3\\fR") && page.contains("Not running"), "{page}");
    }

    #[test]
    fn a_page_refers_to_the_commands_that_its_subcommands_mention_and_not_to_itself() {
        let sub = Command::new("login").long_about("gs-auth import imports a token.");
        let mut command = Command::new("garminsync").subcommand(sub);
        command.build();
        let page = page(&command);
        let (_, links) = page.split_once("See also").or(page.split_once("SEE ALSO")).unwrap();
        assert!(links.contains("auth") && !links.contains("garminsync\\fR(1)"), "{links}");
    }
}
