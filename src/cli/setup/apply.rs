//! Applies the answers: writes the settings file and runs the commands.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::PoisonError;

use super::answers::{Mode, Plan, PlannedLogin, Way};
use super::flags::SetupFlags;
use super::person::{self, Person};
use super::{CommandRunner, WRITING, login};
use crate::cli::{Exit, Failure};
use crate::platform::PlatformSpec;
use crate::settings::Settings;
use crate::settings::edit::EnvFile;
use crate::shell::shell_quote;

/// Fails if standard input is needed twice: a ticket or a key comes through standard input, which can be read only once.
pub fn check_input(plan: &Plan, flags: &SetupFlags, mode: Mode) -> Result<(), Failure> {
    let pasted = |login: &&PlannedLogin| login.way == Way::Browser || login.way == Way::Key && !login.has_key;
    let readers: Vec<&str> = plan.logins.iter().filter(pasted).map(|login| login.spec.id.as_str()).collect();
    let is_used = flags.secrets.as_ref().is_some_and(|path| path.as_os_str() == "-");
    if mode == Mode::Ask || std::io::stdin().is_terminal() || readers.is_empty() {
        return Ok(());
    }
    if is_used || readers.len() > 1 {
        return Err(Failure::usage(format!(
            "without a terminal, --login browser or key reads one ticket or key from standard input; use it for one platform, without --secrets -, and --login later for all except {}",
            readers[0]
        )));
    }
    Ok(())
}

/// Writes the file and runs the commands, in an order in which each command finds the results of the earlier ones.
pub fn apply(
    plan: Plan,
    settings: &Settings,
    file: &mut EnvFile,
    person: &mut dyn Person,
    session: &mut CommandRunner,
    mode: Mode,
    is_dry: bool,
) -> Result<u8, Failure> {
    let steps = steps(&plan);
    show(file, &steps, person);
    if is_dry {
        person.say("Nothing was changed: this is a dry run.");
        return Ok(0);
    }
    if mode == Mode::Ask && !person::yes(person, "\nContinue?", true)? {
        return Err(Failure::new(Exit::Interrupted, "nothing was changed"));
    }
    if !file.changes().is_empty() || file.is_open() {
        save(file)?;
    }
    // An invalid setting is reported once here instead of by every command.
    if session.run("gs-settings", &["--check".into()], false, true)? != 0 {
        return Ok(session.stages.worst());
    }
    let mut is_ready = plan.is_ready;
    for login in plan.logins {
        is_ready |= log_in(login, settings, file, person, session, mode)?;
    }
    if plan.test_message {
        run(&step("gs-notify", &["--test"]), person, session)?;
    }
    if plan.list && is_ready {
        run(&step("gs-fetch", &[]), person, session)?;
    }
    if let Some(cron) = &plan.schedule {
        run(&step("garminsync", &["schedule", cron]), person, session)?;
    }
    next(&plan.later, session.stages.worst(), person);
    // Last, because the daemon stays in the foreground if there is no cron.
    if plan.daemon {
        run(&step("garminsync", &["daemon", "--start"]), person, session)?;
    }
    Ok(session.stages.worst())
}

fn save(file: &mut EnvFile) -> Result<(), Failure> {
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(file.save()?)
}

/// A command and its arguments.
struct Step {
    name: &'static str,
    words: Vec<OsString>,
}

fn step(name: &'static str, words: &[&str]) -> Step {
    Step { name, words: words.iter().map(OsString::from).collect() }
}

fn login_step(login: &PlannedLogin) -> Step {
    let mut words: Vec<OsString> = match login.way {
        Way::Key => vec!["key".into()],
        Way::Oauth => vec!["login".into(), "--oauth".into()],
        Way::Browser => vec!["login".into(), "--browser".into()],
        Way::Password => vec!["login".into(), "--password".into()],
        _ => vec!["import".into()],
    };
    words.extend(login.token.iter().filter(|_| login.way == Way::Token).map(|path| path.clone().into_os_string()));
    words.extend(["--platform".into(), login.spec.id.as_str().into()]);
    Step { name: "gs-auth", words }
}

impl Step {
    /// The command as a person types it.
    fn line(&self) -> String {
        let word = |word: &OsString| shell_quote(&word.to_string_lossy());
        std::iter::once(self.name.to_owned()).chain(self.words.iter().map(word)).collect::<Vec<_>>().join(" ")
    }
}

/// All commands to run, in order.
fn steps(plan: &Plan) -> Vec<String> {
    let mut steps: Vec<Step> = plan.logins.iter().map(login_step).collect();
    steps.extend(plan.test_message.then(|| step("gs-notify", &["--test"])));
    steps.extend(plan.list.then(|| step("gs-fetch", &[])));
    steps.extend(plan.schedule.iter().map(|cron| step("garminsync", &["schedule", cron])));
    steps.extend(plan.daemon.then(|| step("garminsync", &["daemon", "--start"])));
    steps.iter().map(Step::line).collect()
}

fn show(file: &EnvFile, steps: &[String], person: &mut dyn Person) {
    let listed = |lines: &[String]| lines.iter().map(|line| format!("\n  {line}")).collect::<String>();
    match file.changes() {
        [] if file.is_open() => {
            person.say(&format!("\nSets the mode of {} to 0600; its contents stay unchanged.", file.path().display()));
        }
        [] => person.say(&format!("\n{} stays unchanged.", file.path().display())),
        changes => person.say(&format!("\nWrites to {}:{}", file.path().display(), listed(changes))),
    }
    if !steps.is_empty() {
        person.say(&format!("Then runs:{}", listed(steps)));
    }
}

fn run(step: &Step, person: &mut dyn Person, session: &mut CommandRunner) -> Result<u8, Failure> {
    person.say(&format!("\n$ {}", step.line()));
    // The first listing prints records, which are for pipelines.
    session.run(step.name, &step.words, false, step.name != "gs-fetch")
}

/// Logs in. A person may try another way. Returns whether the login succeeded.
fn log_in(
    mut login: PlannedLogin,
    settings: &Settings,
    file: &mut EnvFile,
    person: &mut dyn Person,
    session: &mut CommandRunner,
    mode: Mode,
) -> Result<bool, Failure> {
    let before = session.stages.worst();
    let mut is_password_rejected = false;
    loop {
        let step = login_step(&login);
        person.say(&format!("\n$ {}", step.line()));
        let has_input = match login.way {
            // It is read from its file.
            Way::Token => false,
            // A pipe may have the ticket of another platform.
            Way::Key if login.has_key => std::io::stdin().is_terminal(),
            // A ticket, a key or a code comes from standard input.
            _ => true,
        };
        let code = session.run(step.name, &step.words, has_input, true)?;
        if code == 0 {
            // The failed attempts before no longer count.
            session.stages.reset(before);
            return Ok(true);
        }
        if mode != Mode::Ask {
            return Ok(false);
        }
        is_password_rejected |= login.way == Way::Password && code == Exit::LoginRequired.code();
        while !ask_other_way(&mut login, is_password_rejected, settings, file, person)? {}
        if login.way == Way::Later {
            return Ok(false);
        }
    }
}

/// Asks how to log in after a login failed. Returns whether that way can be tried.
fn ask_other_way(
    login: &mut PlannedLogin,
    is_password_rejected: bool,
    settings: &Settings,
    file: &mut EnvFile,
    person: &mut dyn Person,
) -> Result<bool, Failure> {
    let ways = login::ways(&login.spec, None);
    let titles: Vec<String> = ways.iter().map(|(_, title)| title.clone()).collect();
    let question = format!("The login to {} failed. How do you want to log in?", login.spec.title);
    let chosen = person::choose(person, &question, &titles, ways.len() - 1)?;
    login.way = ways[chosen].0;
    if login.way == Way::Token {
        login.token = Some(person::line(person, "Path of the file or folder", None)?.into());
    }
    if login.way != Way::Password || !is_password_rejected {
        return Ok(true);
    }
    let is_used = login::ask_again(&login.spec, settings, file, person)?;
    if !file.changes().is_empty() {
        show(file, &[], person);
        save(file)?;
    }
    Ok(is_used)
}

/// Prints what to do next.
fn next(later: &[Arc<PlatformSpec>], worst: u8, person: &mut dyn Person) {
    let mut lines: Vec<String> =
        later.iter().map(|spec| format!("gs-auth login --platform {:<12} log in", spec.id)).collect();
    lines.extend(
        [
            "garminsync sync -n                    what a sync would do",
            "garminsync download --missing         archive all files",
            "garminsync list --all --offline       all known activities",
            "garminsync setup                      change these answers",
        ]
        .map(str::to_owned),
    );
    let state = if worst == 0 { "Done." } else { "Done, with errors (see above)." };
    let lines: String = lines.iter().map(|line| format!("\n  {line}")).collect();
    person.say(&format!("\n{state} Next:{lines}"));
}
