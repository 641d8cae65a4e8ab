//! `--generate KIND`: prints the man page or the shell completion of a command. The help does not list it, because only
//! `scripts/generate` uses it.

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, ValueHint};

use super::{Failure, Output};
use crate::platform::Platforms;
use crate::{docgen, sport, sync};

/// The page or completion, if the command line is only `--generate KIND`.
pub fn asked(command: fn() -> Command) -> Option<String> {
    let mut words = std::env::args_os().skip(1);
    let (flag, kind) = (words.next()?, words.next()?);
    if flag != "--generate" || words.next().is_some() {
        return None;
    }
    of(kind.to_str()?, command())
}

/// The page or completion of a command; `None` if `kind` is neither.
pub fn of(kind: &str, command: Command) -> Option<String> {
    docgen::command_doc(kind, if kind == "man" { command.mut_args(with_messages) } else { completed(command) })
}

/// Adds the names of the messages of FIT: the help would be too long with them.
fn with_messages(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "messages" => arg.value_parser(PossibleValuesParser::new(sync::fit_message_names())),
        _ => arg,
    }
}

fn completed(command: Command) -> Command {
    command.mut_args(with_values).mut_subcommands(completed)
}

/// Prints the text.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut output = Output::buffered();
    output.text(text)?;
    output.flush().map(drop)
}

/// Adds values for completion to flags that accept more than these: a platform may also be a folder or an outbox, and a
/// sport may be any word of a service.
fn with_values(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "platform" | "from" | "to" | "catalogue" => {
            let platforms = Platforms::default();
            let names = platforms.services().iter().map(|spec| spec.id.to_string());
            arg.value_parser(PossibleValuesParser::new(names.chain(["folder:", "outbox:"].map(str::to_owned))))
        }
        "messages" => with_messages(arg),
        "sport" => arg.value_parser(PossibleValuesParser::new((0..=u8::MAX).filter_map(sport::sport_name))),
        // Of the values of a schedule, only the two keywords.
        "what" => arg.value_parser(PossibleValuesParser::new(["on", "off"])),
        _ if !arg.get_action().takes_values() => arg,
        _ => {
            let hint = hint(&arg);
            arg.value_hint(hint)
        }
    }
}

/// The kind of path that a value is, if it is one.
fn hint(arg: &Arg) -> ValueHint {
    let named = arg.get_value_names().unwrap_or_default().first().map(|name| name.as_str());
    match named.unwrap_or(arg.get_id().as_str()) {
        "DIR" => ValueHint::DirPath,
        "FILE" | "PATH" | "path" => ValueHint::AnyPath,
        _ => ValueHint::Other,
    }
}
