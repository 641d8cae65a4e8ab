//! `garminsync`: each subcommand runs the `gs-*` commands that do its work.
//!
//! ```text
//! garminsync --generate man        as every command: see `generate`
//! garminsync --sync-flags -- "$@"  the flags of gs-sync, sorted by stage, for the shell script of that name: see `sync_flags`
//! ```

mod commands;
mod daemon;
mod given_flags;
mod open;
mod stages;
mod subcommands;
mod sync_flags;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Command, Parser};

use super::{Exit, Failure, generate};

pub(super) use commands::command;
pub use daemon::{DaemonFlags, ScheduleFlags, daemon, schedule};
pub use given_flags::GivenFlags;
pub use open::report;
pub(super) use stages::Stages;
pub use subcommands::{
    DownloadSubcommand, ListSubcommand, NotifySubcommand, ReportSubcommand, StatusSubcommand, accounts, download,
    import, list, login, logout, notify, setup, status, sync,
};
pub use sync_flags::SyncFlags;

/// The name at the beginning of messages.
const NAME: &str = "garminsync";

/// Parses the subcommand and its flags and calls `dispatch`. Its result is the exit code.
pub fn main<A: Parser>(dispatch: fn(A, &GivenFlags) -> Result<u8, Failure>) -> ExitCode {
    if let Some(text) = generate::asked(A::command) {
        return generate::print(&text).map_or_else(|failure| failure.exit.into(), |()| ExitCode::SUCCESS);
    }
    let mut args: Vec<OsString> = std::env::args_os().collect();
    let result = match args.get(1).is_some_and(|flag| flag == sync_flags::FLAG) {
        true => sync_flags::print(A::command(), args.split_off(2)),
        false => run(without_dashes(&A::command(), args), dispatch),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        // The commands have already reported where they stopped.
        Err(failure) if failure.exit == Exit::Interrupted => failure.exit.into(),
        Err(failure) => {
            commands::say(&failure.to_string());
            failure.exit.into()
        }
    }
}

fn run<A: Parser>(args: Vec<OsString>, dispatch: fn(A, &GivenFlags) -> Result<u8, Failure>) -> Result<u8, Failure> {
    let matches = A::command().get_matches_from(args);
    let read = A::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut A::command()).exit());
    match matches.subcommand() {
        Some((_, flags)) => dispatch(read, &GivenFlags::of(flags)),
        // If there is no subcommand, clap prints the help and ends the program.
        None => Ok(Exit::Usage.code()),
    }
}

/// Removes a `--`: the subcommands of the older GarminSync took the flags of other commands after `--`, and old command
/// lines still have it. If a subcommand takes paths, `--` stays before a path that begins with `-`.
fn without_dashes(command: &Command, mut args: Vec<OsString>) -> Vec<OsString> {
    let word = args.get(1).and_then(|word| word.to_str()).and_then(|word| command.find_subcommand(word));
    if word.is_some_and(|word| word.get_positionals().next().is_none())
        && let Some(at) = args.iter().position(|arg| arg == "--")
    {
        args.remove(at);
    }
    args
}
