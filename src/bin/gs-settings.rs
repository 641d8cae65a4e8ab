//! `gs-settings`: prints the settings that apply, never a secret.

use std::process::ExitCode;

use clap::Parser;
use garminsync::activity::printable;
use garminsync::cli::{self, Align, Common, CommonArgs, Output};
use garminsync::platform::PlatformSelection;
use garminsync::settings::{self, Setting, SettingKind};
use garminsync::sync::{self, Failure, Result, Worker};

/// Print the settings that apply; secrets are never shown
///
/// A flag takes precedence over the environment, and the environment over the settings file. A secret that is set shows as
/// ***.
#[derive(Parser)]
#[command(
    name = "gs-settings",
    version,
    after_help = "Examples:
  gs-settings                           all settings, and the file they are read from
  ls \"$(gs-settings DATA_DIR)\"          the value of one, for scripts
  gs-settings --check                   the errors of all settings

Exit codes: 0 OK, 2 unknown setting, 78 configuration error"
)]
struct Args {
    /// Print the value of this setting alone: its default if it is not set, and nothing if it has none
    name: Option<String>,
    /// Print the errors of all settings, and nothing else
    #[arg(long, conflicts_with = "name")]
    check: bool,
    /// Print the path of the .env file that was read; nothing if there is none
    #[arg(long, conflicts_with_all = ["name", "check"])]
    file: bool,
    /// Print the names of the settings that only the environment has, or has with another value than the .env file
    #[arg(long, conflicts_with_all = ["name", "check", "file"])]
    environment: bool,
    #[command(flatten)]
    common: Common,
}

impl CommonArgs for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

fn main() -> ExitCode {
    cli::run_command("gs-settings", cli::LogMode::Asked, work)
}

fn work(args: &Args, worker: &mut Worker) -> Result<()> {
    if args.check {
        warn(worker);
        let wrong = worker.wrong_settings();
        worker.log_settings_check(wrong.first());
        wrong.iter().for_each(|failure| worker.fail(failure));
        return Ok(());
    }
    let mut output = Output::buffered();
    match &args.name {
        _ if args.file => {
            if let Some(path) = worker.settings.file() {
                output.text(&format!("{}\n", path.display()))?;
            }
        }
        _ if args.environment => {
            for name in worker.settings.only_in_environment() {
                output.text(&format!("{name}\n"))?;
            }
        }
        Some(name) => {
            let setting = settings::find(name).ok_or_else(|| unknown(name))?;
            if setting.is_secret() {
                return Err(Failure::usage(format!("{name} is a secret and is not shown")));
            }
            if let Some(value) = for_scripts(worker, setting) {
                output.text(&format!("{value}\n"))?;
            }
            if setting.names().any(|name| worker.settings.is_broken(name)) {
                worker.fail_on_broken_lines();
            }
        }
        None => {
            worker.fail_on_broken_lines();
            warn(worker);
            output.text(&format!("{}\n", table(worker)))?;
        }
    }
    output.flush().map(drop)
}

fn warn(worker: &Worker) {
    worker.settings.warnings().iter().for_each(|text| worker.warn(text));
    for (old, new) in worker.settings.old_names() {
        worker.warn(&format!("{old} is an old name; it still works, and the new name is {new}"));
    }
}

fn unknown(name: &str) -> Failure {
    let meant = settings::closest(name, settings::all().map(|setting| setting.name));
    let advice = meant.map_or("gs-settings(5) lists them all".to_owned(), |meant| format!("did you mean {meant}?"));
    Failure::usage(format!("unknown setting {name:?}; {advice}"))
}

fn table(worker: &Worker) -> cli::Table {
    let mut table = cli::table(&[("setting", Align::Whole), ("value", Align::Left)]);
    let file = worker.settings.file().map_or("none".to_owned(), |path| path.display().to_string());
    table.add_row(["(read from)".to_owned(), file]);
    for setting in settings::all() {
        if let Some(value) = value(worker, setting) {
            table.add_row([setting.name.to_owned(), printable(&value)]);
        }
    }
    table
}

/// The value as a person may see it; `None` if it is not set. The folders are shown in any case.
fn value(worker: &Worker, setting: &Setting) -> Option<String> {
    let name = setting.name;
    match (name, setting.kind) {
        ("DATA_DIR", _) => Some(worker.named_data_dir.display().to_string()),
        ("DB_PATH", _) => Some(worker.named_catalogue.display().to_string()),
        ("GS_REPORT_DIR", _) => {
            let dir = worker.settings.path(name).unwrap_or_else(|| worker.named_data_dir.join("report"));
            Some(std::path::absolute(&dir).unwrap_or(dir).display().to_string())
        }
        // The flag takes precedence, and the names are printed as commands use them.
        ("SYNC_PLATFORM", _) => match worker.named_platforms() {
            Ok(PlatformSelection::Only(specs)) => Some(sync::names_of(&specs)),
            _ => worker.settings.get(name).map(str::to_owned),
        },
        (_, SettingKind::Proxy) => worker.settings.get(name).map(without_login),
        _ if setting.is_secret() => worker.settings.source_name(name).map(|source| match source == name {
            true => "***".to_owned(),
            false => format!("*** (from {source})"),
        }),
        (_, SettingKind::Address) if worker.settings.get(name).is_none() => {
            worker.settings.source_name(name).map(|source| format!("(from {source})"))
        }
        _ => worker.settings.get(name).map(str::to_owned),
    }
}

/// The value or the default, in a form that scripts can compare: seconds for a duration, 1 or 0, a word in lower case. An
/// unusable value is printed unchanged.
fn for_scripts(worker: &Worker, setting: &Setting) -> Option<String> {
    let settings = &worker.settings;
    let read = match setting.kind {
        SettingKind::Duration(_) | SettingKind::TimeLimit(_) => {
            settings.duration(setting.name).map(|time| Some(time.as_secs_f64().to_string()))
        }
        SettingKind::Number(_) => settings.number(setting.name).map(|number| Some(number.to_string())),
        SettingKind::YesNo => settings.yes(setting.name).map(|yes| Some(u8::from(yes).to_string())),
        SettingKind::Choice(_) | SettingKind::OpenChoice(_) => {
            settings.choice(setting.name).map(|word| word.map(str::to_owned))
        }
        SettingKind::Address => Ok(settings.get(setting.name).map(str::to_owned)),
        _ => Ok(value(worker, setting)),
    };
    read.unwrap_or_else(|_| settings.get(setting.name).map(str::to_owned))
}

/// The address of a proxy without the login in front of the host.
fn without_login(text: &str) -> String {
    let shown =
        |(login, host): (&str, &str)| format!("{}***@{host}", login.find("://").map_or("", |at| &login[..at + 3]));
    text.rsplit_once('@').map_or(text.to_owned(), shown)
}
