//! `gs-setup`: gathers all answers, writes the settings file once, and runs the commands that do the rest.
//!
//! ```text
//! flags, a person → answers → Plan and EnvFile → shown → written → gs-auth, gs-notify --test, gs-fetch, garminsync schedule
//! ```
//!
//! Nothing is changed until the last question is answered: after a Ctrl-C everything is as before.

mod answers;
mod apply;
mod channels;
mod flags;
mod login;
mod person;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use clap::Parser;
use rustix::termios::{self, OptionalActions, Termios};

use super::front::{GivenFlags, Stages, command};
use super::{Common, CommonArgs, Exit, Failure, generate, stdin_text};
use crate::platform::Platforms;
use crate::settings::Settings;
use crate::settings::edit::{self, EnvFile};
use crate::sync::selection_of_flag;
use answers::{Answers, CurrentState, Mode};
use person::{Person, Terminal};

pub use flags::SetupFlags;

const NAME: &str = "gs-setup";

/// The modes of the terminal when this program began.
static TERMINAL: OnceLock<Termios> = OnceLock::new();
/// Locked while the settings file is written.
static WRITING: Mutex<()> = Mutex::new(());

/// A command that has the flags of the setup.
pub trait HasSetup: CommonArgs {
    /// These flags.
    fn setup(&self) -> &SetupFlags;
}

/// Parses the flags, asks, and sets up. The exit code is the worst one of the commands that it ran.
pub fn main<A: Parser + HasSetup>() -> ExitCode {
    if let Some(text) = generate::asked(A::command) {
        return generate::print(&text).map_or_else(|failure| failure.exit.into(), |()| ExitCode::SUCCESS);
    }
    crate::fs::outlive_size_limit();
    let matches = A::command().get_matches();
    let args = A::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut A::command()).exit());
    match run(&args, &GivenFlags::of(&matches)) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            use std::io::Write;
            // If stderr is closed, there is no other place for the message.
            let _ = writeln!(std::io::stderr(), "{NAME}: {}", failure);
            failure.exit.into()
        }
    }
}

fn run<A: HasSetup>(args: &A, given: &GivenFlags) -> Result<u8, Failure> {
    let (flags, common) = (args.setup(), args.common());
    if let Ok(modes) = termios::tcgetattr(std::io::stdin().as_fd()) {
        let _ = TERMINAL.set(modes);
    }
    let mut session = CommandRunner {
        stages: Stages::begin(leave),
        flags: given.some_of::<Common>(|id| !["platform", "dry_run"].contains(&id)),
    };
    let mut person = Terminal::new(common.quiet);
    let mode = match (flags.yes, person.is_there()) {
        (true, _) => Mode::Suggest,
        (false, true) => Mode::Ask,
        (false, false) => Mode::Flags,
    };
    let platforms = Platforms::default();
    let selection = selection_of_flag(&platforms, "--platform", &common.platform)?;
    let settings = load(common.env_file.as_deref())?;
    let path = place(&settings, common.env_file.as_deref())?;
    let mut file = EnvFile::open(&path)?;
    for (name, value) in given_settings(flags)? {
        file.set(&name, &value)?;
    }
    if mode == Mode::Ask {
        let state = if file.existed() { "" } else { " (new)" };
        person.say(&format!("Settings file: {}{state}", path.display()));
        person.say("Ctrl-C stops; nothing is changed until the last question is answered.");
    }
    let current = session.current_state()?;
    let answers = Answers {
        flags,
        platforms,
        selection,
        settings: &settings,
        current: &current,
        file: &mut file,
        person: &mut person,
        mode,
        missing: Vec::new(),
    };
    let plan = answers.gather()?;
    apply::check_input(&plan, flags, mode)?;
    apply::apply(plan, &settings, &mut file, &mut person, &mut session, mode, common.dry_run)
}

/// The current settings. A settings file that is named but does not exist is created later.
fn load(named: Option<&Path>) -> Result<Settings, Failure> {
    let settings = match named.filter(|path| path.exists()) {
        None if named.is_some() => Settings::load(Some(Path::new("/dev/null")))?,
        existing => Settings::load(existing)?,
    };
    Ok(settings)
}

/// The path of the settings file, which may not exist yet.
fn place(settings: &Settings, named: Option<&Path>) -> Result<PathBuf, Failure> {
    let found = named.or_else(|| settings.file()).map(Path::to_owned);
    let path = match found {
        Some(path) => Some(path),
        None => settings.usual_file()?,
    };
    let path =
        path.ok_or_else(|| Failure::new(Exit::Config, "HOME is not set; name a settings file with --env-file"))?;
    Ok(std::path::absolute(&path).unwrap_or(path))
}

/// The settings of `--set` and `--secrets`.
fn given_settings(flags: &SetupFlags) -> Result<Vec<(String, String)>, Failure> {
    let mut all = flags.settings()?;
    let Some(path) = &flags.secrets else { return Ok(all) };
    let text = if path == Path::new("-") {
        stdin_text()?.expose().to_owned()
    } else {
        let read = std::fs::read_to_string(path);
        read.map_err(|error| Failure::usage(format!("--secrets: {}: {error}", path.display())))?
    };
    all.extend(flags::secrets(&text)?);
    Ok(all)
}

/// Runs the commands that do the work.
pub struct CommandRunner {
    stages: Stages,
    /// The common flags that the commands receive.
    flags: Vec<OsString>,
}

impl CommandRunner {
    /// Runs a command to its end and returns its exit code. `is_shown`: its output is for people.
    fn run(&mut self, name: &str, words: &[OsString], has_input: bool, is_shown: bool) -> Result<u8, Failure> {
        let mut command = command(name)?;
        command.args(words).args(self.flags_of(name, words));
        if !has_input {
            command.stdin(Stdio::null());
        }
        if !is_shown {
            command.stdout(Stdio::null());
        }
        self.stages.run(vec![command])
    }

    /// The subcommands of `garminsync` for the daemon accept fewer flags.
    fn flags_of(&self, name: &str, words: &[OsString]) -> Vec<OsString> {
        let is_daemon =
            name == "garminsync" && words.first().is_some_and(|word| word == "daemon" || word == "schedule");
        let is_known = |flag: &&OsString| {
            let flag = flag.to_string_lossy();
            !is_daemon || ["--data-dir=", "--env-file=", "--quiet"].iter().any(|known| flag.starts_with(known))
        };
        self.flags.iter().filter(is_known).cloned().collect()
    }

    /// Reads the current state from the commands: the logins and the schedule. Sends no request and creates no data
    /// folder.
    fn current_state(&mut self) -> Result<CurrentState, Failure> {
        // If the named settings file does not exist yet, there is no state.
        let is_new = |flag: &OsString| {
            flag.to_string_lossy().strip_prefix("--env-file=").is_some_and(|path| !Path::new(path).exists())
        };
        let flags: Vec<OsString> = self.flags.iter().filter(|flag| !is_new(flag)).cloned().collect();
        let mut state = CurrentState::default();
        let mut ask = |name: &str, words: &[&str]| -> Result<Vec<serde_json::Value>, Failure> {
            let mut command = command(name)?;
            command.args(words).args(["--format", "ndjson", "--dry-run"]).args(&flags).stdin(Stdio::null());
            // A missing schedule is normal here, so no message is printed.
            if name == "gs-schedule" {
                command.stderr(Stdio::null());
            }
            let (text, _) = self.stages.output(command)?;
            Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
        };
        for account in ask("gs-auth", &["status"])? {
            if let (Some("ok" | "expired"), Some(platform)) = (account["state"].as_str(), account["platform"].as_str())
            {
                let known = state.accounts.entry(platform.to_owned()).or_default();
                *known = known.take().or_else(|| account["name"].as_str().map(str::to_owned));
                let access = account["access"].as_str().unwrap_or_default();
                state.accesses.insert((platform.to_owned(), access.to_owned()));
            }
        }
        for schedule in ask("gs-schedule", &[])? {
            state.schedule = schedule["cron"].as_str().filter(|_| schedule["enabled"] == true).map(str::to_owned);
        }
        self.stages.reset(0);
        Ok(state)
    }
}

/// A signal ends this program during a question: the terminal's modes are restored, and a file that is being written is
/// completed first.
fn leave() {
    // Never released, because the program ends.
    std::mem::forget(WRITING.lock().unwrap_or_else(PoisonError::into_inner));
    if let Some(modes) = TERMINAL.get() {
        let _ = termios::tcsetattr(std::io::stdin().as_fd(), OptionalActions::Now, modes);
        // Moves below the question.
        eprintln!();
    }
}

impl From<edit::EditError> for Failure {
    fn from(error: edit::EditError) -> Failure {
        let exit = match error {
            edit::EditError::File(_) => Exit::Config,
            edit::EditError::Value(_) => Exit::Usage,
            edit::EditError::Changed(_) => Exit::TempFail,
        };
        Failure::new(exit, error.to_string())
    }
}
