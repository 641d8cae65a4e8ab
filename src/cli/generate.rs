//! `--generate KIND`: the page for `man` or the completion of a command. It stands in no help, as it is for
//! `scripts/generate`.

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, ValueHint};

use super::{Failure, Output};
use crate::platform::Platforms;
use crate::{docgen, sport};

/// What is asked for, if that is all that is asked for.
pub fn asked(command: fn() -> Command) -> Option<String> {
    let mut words = std::env::args_os().skip(1);
    let (flag, kind) = (words.next()?, words.next()?);
    if flag != "--generate" || words.next().is_some() {
        return None;
    }
    of(kind.to_str()?, command())
}

/// The page or completion of a command; nothing if `kind` is neither.
pub fn of(kind: &str, command: Command) -> Option<String> {
    docgen::command_doc(kind, if kind == "man" { command } else { completed(command) })
}

fn completed(command: Command) -> Command {
    command.mut_args(with_values).mut_subcommands(completed)
}

/// Prints it.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut output = Output::buffered();
    output.text(text)?;
    output.flush().map(drop)
}

/// A shell may offer what a command does not ask for so narrowly: a folder is a platform, too, and any word may be the
/// sport of some service.
fn with_values(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "platform" | "from" | "to" => {
            let platforms = Platforms::default();
            let names = platforms.services().iter().map(|spec| spec.id.to_string());
            arg.value_parser(PossibleValuesParser::new(names.chain(["folder:".to_owned()])))
        }
        "sport" => arg.value_parser(PossibleValuesParser::new((0..=u8::MAX).filter_map(sport::sport_name))),
        // Of words for a schedule, those that stand for themselves.
        "what" => arg.value_parser(PossibleValuesParser::new(["on", "off"])),
        _ if !arg.get_action().takes_values() => arg,
        _ => {
            let hint = hint(&arg);
            arg.value_hint(hint)
        }
    }
}

/// Whether a value is something that lies on the disk.
fn hint(arg: &Arg) -> ValueHint {
    let named = arg.get_value_names().unwrap_or_default().first().map(|name| name.as_str());
    match named.unwrap_or(arg.get_id().as_str()) {
        "DIR" => ValueHint::DirPath,
        "FILE" | "PATH" | "path" => ValueHint::AnyPath,
        _ => ValueHint::Other,
    }
}
