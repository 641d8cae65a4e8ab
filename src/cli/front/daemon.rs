//! `daemon` and `schedule`: their flags, and the shell script that implements them.

use std::ffi::OsString;
use std::process::Command as Process;

use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::GivenFlags;
use super::commands::{command, own_path, replace};
use crate::cli::{Common, Failure};

/// The script. It is in libexec, next to the scripts that it calls.
const SCRIPT: &str = "garminsync-daemon";

/// The flags of `daemon`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("action").args(["start", "stop", "status", "run"]).required(true))]
pub struct DaemonFlags {
    /// Let cron run the sync on the schedule, by default every six hours, and serve the page; exit code 3: no cron runs on
    /// this machine
    #[arg(long)]
    start: bool,
    /// Stop it; a running sync is finished first
    #[arg(long)]
    stop: bool,
    /// Print the state, the schedule and the address of the page; exit code 0: it runs, 3: it does not, 4: unknown
    #[arg(long)]
    status: bool,
    /// Do one scheduled run: wait a random part of GS_SCHEDULE_JITTER, then sync; cron calls this
    #[arg(long)]
    run: bool,
    /// Serve the page on this port; 0: do not serve it
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    port: u16,
    /// Serve the page at this address [default: 127.0.0.1, in a container 0.0.0.0]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    bind: Option<String>,
    /// Run without cron, in the foreground [default: $GS_FOREGROUND, which is set in the container]
    #[arg(long)]
    foreground: bool,
    #[command(flatten)]
    place: Place,
}

/// The flags of `schedule`.
#[derive(Debug, Args)]
pub struct ScheduleFlags {
    /// Set the schedule, five fields in quotes; on: switch it on; off: switch it off [default: show it]
    #[arg(value_name = "CRON|on|off", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    what: Option<String>,
    /// What the shell made of five fields without quotes.
    #[arg(hide = true)]
    more: Vec<String>,
    #[command(flatten)]
    place: Place,
}

/// The common flags for the data folder, the settings file and quiet output.
#[derive(Debug)]
struct Place;

impl Args for Place {
    fn augment_args(command: Command) -> Command {
        let common = Common::augment_args(Command::new("common"));
        let is_meant = |arg: &&clap::Arg| ["data_dir", "env_file", "quiet"].contains(&arg.get_id().as_str());
        // `--quiet` conflicts with a flag that is not among these.
        command.args(
            common
                .get_arguments()
                .filter(is_meant)
                .map(|arg| arg.clone().conflicts_with(clap::builder::Resettable::Reset)),
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Place::augment_args(command)
    }
}

impl FromArgMatches for Place {
    fn from_arg_matches(_: &ArgMatches) -> Result<Place, clap::Error> {
        Ok(Place)
    }

    fn update_from_arg_matches(&mut self, _: &ArgMatches) -> Result<(), clap::Error> {
        Ok(())
    }
}

/// Runs the daemon's script.
pub fn daemon(flags: &DaemonFlags, given: &GivenFlags) -> Result<u8, Failure> {
    let actions = [(flags.start, "start"), (flags.stop, "stop"), (flags.status, "status"), (flags.run, "run")];
    let action = actions.iter().find(|(is_given, _)| *is_given).map_or("", |(_, name)| *name);
    let mut words = vec![assignment("action", action), assignment("port", flags.port.to_string())];
    words.extend(flags.bind.as_ref().map(|bind| assignment("address", bind)));
    words.extend(flags.foreground.then(|| assignment("foreground", "1")));
    Err(run("daemon", words, given))
}

/// Runs the same script for the schedule.
pub fn schedule(flags: &ScheduleFlags, given: &GivenFlags) -> Result<u8, Failure> {
    if !flags.more.is_empty() {
        return Err(Failure::usage("put the schedule in quotes, as in: garminsync schedule '0 */6 * * *'"));
    }
    Err(run("schedule", flags.what.iter().map(|what| assignment("cron", what)).collect(), given))
}

fn run(word: &str, mut words: Vec<OsString>, given: &GivenFlags) -> Failure {
    for name in ["data_dir", "env_file"] {
        words.extend(given.value(name).map(|value| assignment(name, value)));
    }
    words.extend(given.has("quiet").then(|| assignment("quiet", "yes")));
    let script = command(SCRIPT).map(|mut script: Process| {
        script.arg(word).args(words);
        // The full path of this program, for the crontab and for the scripts that the script calls.
        script.env("GARMINSYNC", own_path().unwrap_or_else(|| "garminsync".into()));
        script
    });
    script.map_or_else(|failure| failure, replace)
}

/// `name=value`, in the form that the script reads.
fn assignment(name: &str, value: impl Into<OsString>) -> OsString {
    let mut word = OsString::from(format!("{name}="));
    word.push(value.into());
    word
}

/// An address or a host name: digits, letters, dots and colons.
fn address(text: &str) -> Result<String, String> {
    let is_address = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || ".:-".contains(c));
    if is_address { Ok(text.to_owned()) } else { Err("it is neither an address nor a host name".into()) }
}
