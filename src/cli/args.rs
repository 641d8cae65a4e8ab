//! Flags that several commands share, so that they mean the same everywhere.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::{Exit, Failure};
use crate::platform::{self, Kind};
use crate::settings::{Settings, moment};

/// The flags of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Common options")]
pub struct Common {
    /// Where catalogue, archive and tokens live [default: $DATA_DIR, else ~/.local/share/garminsync]
    #[arg(long, value_name = "DIR", global = true)]
    pub data_dir: Option<PathBuf>,
    /// Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]
    #[arg(long, value_name = "FILE", global = true)]
    pub env_file: Option<PathBuf>,
    /// Say what would be done, and do nothing
    #[arg(short = 'n', long, global = true)]
    pub dry_run: bool,
    /// Errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Tell more; twice: every request
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Messages as JSON lines
    #[arg(long, value_name = "FORMAT", global = true)]
    pub log: Option<LogFormat>,
    /// When to show progress
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub progress: When,
    /// Only this platform: garmin-com, garmin-cn, coros, folder:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are set up]
    #[arg(long, value_name = "NAME", value_delimiter = ',', global = true)]
    pub platform: Vec<String>,
}

/// A command that has the common flags.
pub trait HasCommon {
    /// The common flags.
    fn common(&self) -> &Common;
}

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// When progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, a line for each stage of the pipeline.
    Auto,
    /// Also with -q and --log json; where there is no terminal, as lines of text, one in 5 seconds at most.
    Always,
    /// Never.
    Never,
}

/// Which activities.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Which activities")]
pub struct Filter {
    /// Begun on this day (UTC) or later: a date, a time, or how long ago (30d)
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Begun before this day (UTC): a date, a time, or how long ago (30d)
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
    /// Only this sport: FIT's name or the platform's own (repeat it, or separate by commas)
    #[arg(long, value_name = "SPORT", value_delimiter = ',')]
    pub sport: Vec<String>,
}

impl Filter {
    /// Whether it leaves anything out.
    pub fn is_any(&self) -> bool {
        self.since.is_some() || self.until.is_some() || !self.sport.is_empty()
    }

    /// The two ends of the time that is meant.
    pub fn times(&self, now: Timestamp) -> Result<(Option<Timestamp>, Option<Timestamp>), Failure> {
        let read = |flag: &str, text: &Option<String>| {
            text.as_deref()
                .map(|text| moment(text, now).map_err(|why| Failure::usage(format!("{flag}: {why}"))))
                .transpose()
        };
        let (since, until) = (read("--since", &self.since)?, read("--until", &self.until)?);
        match (since, until) {
            (Some(since), Some(until)) if since >= until => Err(Failure::usage("--since is not before --until")),
            times => Ok(times),
        }
    }
}

impl Common {
    /// The platforms named by `--platform`, in the table's order; `None` if none is named.
    pub fn named_platforms(&self) -> Result<Option<Vec<&'static Kind>>, Failure> {
        named("--platform", &self.platform)
    }
}

/// The platforms named by a flag, in the table's order; `None` if none is named.
pub fn named(flag: &str, names: &[String]) -> Result<Option<Vec<&'static Kind>>, Failure> {
    if names.is_empty() { Ok(None) } else { find(flag, names, Exit::Usage).map(Some) }
}

/// The platforms that `SYNC_PLATFORM` names.
pub fn platforms_of_settings(settings: &Settings) -> Result<Option<Vec<&'static Kind>>, Failure> {
    let Some(text) = settings.get("SYNC_PLATFORM") else { return Ok(None) };
    let names = text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    let names: Vec<String> = names.collect();
    if names.is_empty() {
        return Err(Failure::new(Exit::Config, format!("SYNC_PLATFORM={text:?} names no platform of this version")));
    }
    find("SYNC_PLATFORM", &names, Exit::Config).map(Some)
}

fn find(from: &str, names: &[String], exit: Exit) -> Result<Vec<&'static Kind>, Failure> {
    let mut kinds: Vec<&'static Kind> = Vec::new();
    for name in names {
        let Some(kind) = platform::kind(name) else {
            let known = platform::known();
            let message = if name.trim_end_matches(':').eq_ignore_ascii_case("folder") {
                format!("{from}: which folder? Write folder:PATH, such as folder:/mnt/watch")
            } else {
                format!("{from}: {name:?} is no platform of this version; it knows {known}")
            };
            return Err(Failure::new(exit, message));
        };
        kinds.push(kind);
    }
    Ok(in_order(kinds))
}

/// Each once, in the table's order; folders stand in no row of it, and come last as they were named.
pub(super) fn in_order(kinds: impl IntoIterator<Item = &'static Kind>) -> Vec<&'static Kind> {
    let mut ordered: Vec<&'static Kind> = Vec::new();
    for kind in kinds {
        if !ordered.iter().any(|known| known.name == kind.name) {
            ordered.push(kind);
        }
    }
    let row = |kind: &&Kind| platform::PLATFORMS.iter().position(|row| row.name == kind.name).unwrap_or(usize::MAX);
    ordered.sort_by_key(row);
    ordered
}
