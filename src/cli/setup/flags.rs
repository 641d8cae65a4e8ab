//! The flags of the setup: every question can be answered by a flag.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};

use crate::cli::{Exit, Failure};
use crate::notify::CHANNELS;
use crate::platform::{AccessKind, PlatformId, PlatformSpec, Platforms};
use crate::schedule::DEFAULT;
use crate::settings::{self, closest, dotenv, is_known, may_be_argument};

/// The flags of `gs-setup`.
#[derive(Debug, Clone, Args)]
pub struct SetupFlags {
    /// How to log in: key, oauth, browser, password, token or later; for one platform: garmin-cn=password (repeat it)
    #[arg(long, value_name = "[NAME=]WAY")]
    pub login: Vec<ForPlatform<Way>>,
    /// The token file or folder of another tool, for --login token [default: where these tools keep theirs]
    #[arg(long, value_name = "[NAME=]PATH")]
    pub token: Vec<ForPlatform<PathBuf>>,
    /// Write a setting, such as GARMIN_EMAIL=runner@example.com or GARMIN_PASSWORD_FILE=/run/secrets/garmin (repeat it)
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Read passwords and keys from this file, as lines NAME=VALUE; - is standard input
    #[arg(long, value_name = "FILE")]
    pub secrets: Option<PathBuf>,
    /// Sync by this schedule: five fields in quotes
    #[arg(long, value_name = "CRON", num_args = 0..=1, default_missing_value = DEFAULT, conflicts_with = "no_schedule", value_parser = cron)]
    pub schedule: Option<String>,
    /// Also serve the page: garminsync daemon --start
    #[arg(long, conflicts_with = "no_schedule")]
    pub daemon: bool,
    /// Leave the schedule as it is
    #[arg(long)]
    pub no_schedule: bool,
    /// Send notifications to this channel, and a test message now: wecom, ntfy, telegram, … (repeat it, or separate by commas)
    #[arg(long, value_name = "CHANNEL", value_delimiter = ',', conflicts_with = "no_notify", value_parser = channel)]
    pub notify: Vec<String>,
    /// Set up no further channel
    #[arg(long)]
    pub no_notify: bool,
    /// List the activities of the platforms now
    #[arg(long, conflicts_with = "no_fetch")]
    pub fetch: bool,
    /// Do not list them now
    #[arg(long)]
    pub no_fetch: bool,
    /// Ask nothing: take the suggested answer where no flag gives one
    #[arg(short, long)]
    pub yes: bool,
}

/// A way to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Way {
    /// With an API key.
    Key,
    /// With OAuth: a page of the service asks for permission.
    Oauth,
    /// With the browser; a ticket or cookie is brought from there.
    Browser,
    /// With the token of another tool.
    Token,
    /// With e-mail address and password.
    Password,
    /// Not now.
    Later,
}

impl FromStr for Way {
    type Err = String;

    fn from_str(text: &str) -> Result<Way, String> {
        Way::from_str_named(text).ok_or_else(|| "known are key, oauth, browser, token, password, later".to_owned())
    }
}

impl Way {
    /// As a flag spells it.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// The access that it sets up; `None` for none.
    pub fn access(self) -> Option<AccessKind> {
        match self {
            Way::Key => Some(AccessKind::ApiKey),
            Way::Oauth => Some(AccessKind::OAuth),
            Way::Browser | Way::Token | Way::Password => Some(AccessKind::Login),
            Way::Later => None,
        }
    }

    fn from_str_named(text: &str) -> Option<Way> {
        <Way as ValueEnum>::from_str(text, true).ok()
    }
}

/// A value for one platform, or for all platforms.
#[derive(Debug, Clone)]
pub struct ForPlatform<T> {
    /// The platform; `None`: all platforms.
    pub platform: Option<PlatformId>,
    /// The value.
    pub value: T,
}

impl<T: FromStr> FromStr for ForPlatform<T>
where
    T::Err: std::fmt::Display,
{
    type Err = String;

    fn from_str(text: &str) -> Result<ForPlatform<T>, String> {
        let named = text.split_once('=').and_then(|(name, rest)| {
            let spec = Platforms::default().find(name)?;
            Some((spec.id.clone(), rest))
        });
        let (platform, rest) = named.map_or((None, text), |(id, rest)| (Some(id), rest));
        let value = rest.parse().map_err(|error: T::Err| error.to_string())?;
        Ok(ForPlatform { platform, value })
    }
}

/// The value for a platform: of the last flag that names it, or else of the last flag without a platform.
pub fn of_platform<'a, T>(flags: &'a [ForPlatform<T>], spec: &PlatformSpec) -> Option<&'a T> {
    let of = |id: Option<&PlatformId>| flags.iter().rev().find(|flag| flag.platform.as_ref() == id);
    of(Some(&spec.id)).or_else(|| of(None)).map(|flag| &flag.value)
}

impl SetupFlags {
    /// The settings of `--set`.
    ///
    /// # Errors
    /// The setting does not exist, or it is a secret.
    pub fn settings(&self) -> Result<Vec<(String, String)>, Failure> {
        let read = |text: &String| {
            let (name, value) = text.split_once('=').unwrap_or((text, ""));
            let name = known(name, "--set")?;
            match may_be_argument(name, value) {
                true => Ok((name.to_owned(), value.to_owned())),
                false => Err(Failure::usage(format!(
                    "--set {name}: every program on this machine sees the command line; give secrets with --secrets, or set {name}_FILE"
                ))),
            }
        };
        self.set.iter().map(read).collect()
    }
}

/// The settings in a file of `--secrets`.
pub fn secrets(text: &str) -> Result<Vec<(String, String)>, Failure> {
    let mut all = Vec::new();
    for statement in dotenv::read(text) {
        match statement {
            dotenv::Statement::Assignment { name, value: Some(value), .. } => {
                let name = known(&name, "--secrets")?.to_owned();
                all.push((name, value));
            }
            dotenv::Statement::Assignment { line, .. } | dotenv::Statement::Unreadable { line, .. } => {
                return Err(Failure::usage(format!("--secrets: line {line} is not NAME=VALUE")));
            }
        }
    }
    Ok(all)
}

fn known<'a>(name: &'a str, flag: &str) -> Result<&'a str, Failure> {
    if is_known(name) {
        return Ok(name);
    }
    let meant = closest(name, settings::all().map(|setting| setting.name))
        .map(|known| format!("; did you mean {known}?"))
        .unwrap_or_default();
    // An invalid name may be a part of a password.
    let shown = if name.chars().all(|c| c.is_ascii_uppercase() || c == '_') { name } else { "this" };
    Err(Failure::new(Exit::Usage, format!("{flag}: unknown setting {shown}{meant}")))
}

fn cron(text: &str) -> Result<String, String> {
    crate::schedule::Schedule::parse(text, "UTC")
        .map(|schedule| schedule.cron().to_owned())
        .map_err(|why| why.to_string())
}

fn channel(name: &str) -> Result<String, String> {
    let known = || CHANNELS.iter().map(|channel| channel.name);
    match known().find(|known| *known == name) {
        Some(name) => Ok(name.to_owned()),
        None => Err(format!("known are {}", known().collect::<Vec<_>>().join(", "))),
    }
}
