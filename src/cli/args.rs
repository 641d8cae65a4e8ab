//! Flags that several commands share, so that they mean the same everywhere.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::{Exit, Failure};
use crate::platform::{PlatformSelection, PlatformSpec, Platforms};
use crate::settings::moment;

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
    #[arg(long, value_name = "NAME", global = true)]
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
    /// The platforms named by `--platform`, in the table's order.
    pub fn named_platforms(&self, platforms: &Platforms) -> Result<PlatformSelection, Failure> {
        named(platforms, "--platform", &self.platform)
    }

    /// The same for a command that deletes: by their names to the letter, as they stand in records.
    pub fn exactly_named_platforms(&self, platforms: &Platforms) -> Result<PlatformSelection, Failure> {
        let selection = self.named_platforms(platforms)?;
        for written in self.platform.iter().flat_map(|text| split_raw(platforms, text)) {
            // Nothing is ever deleted from a folder.
            if !written.is_empty() && !written.starts_with("folder:") {
                platforms.require_exact(&written).map_err(|error| Failure::usage(format!("--platform: {error}")))?;
            }
        }
        Ok(selection)
    }
}

/// These platforms as a flag takes them, with commas in between.
pub fn names_of(specs: &[Arc<PlatformSpec>]) -> String {
    specs.iter().map(|spec| spec.id.replace(',', "\\,")).collect::<Vec<_>>().join(",")
}

/// The platforms named by a flag, in the table's order.
pub fn named(platforms: &Platforms, flag: &str, names: &[String]) -> Result<PlatformSelection, Failure> {
    if names.is_empty() { Ok(PlatformSelection::All) } else { find(platforms, flag, names, Exit::Usage) }
}

/// The platforms that the setting `name`, which is `text`, names.
pub fn platforms_of_setting(
    platforms: &Platforms,
    name: &str,
    text: Option<&str>,
) -> Result<PlatformSelection, Failure> {
    let Some(text) = text else { return Ok(PlatformSelection::All) };
    if split_names(platforms, text).is_empty() {
        return Err(Failure::new(Exit::Config, format!("{name} is empty; list platforms or remove it")));
    }
    find(platforms, name, &[text.to_owned()], Exit::Config)
}

/// The names of a list with commas in between.
///
/// A comma within the path of a folder belongs to it, unless the name of a platform follows it; `\,` always does.
fn split_names(platforms: &Platforms, text: &str) -> Vec<String> {
    split_raw(platforms, text).into_iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

/// The same as they are written, with the blanks around them.
fn split_raw(platforms: &Platforms, text: &str) -> Vec<String> {
    let is_name = |word: &str| {
        let prefix = word.split_once(':').map_or("", |(prefix, _)| prefix);
        word.is_empty() || prefix.eq_ignore_ascii_case("folder") || platforms.find(word).is_some()
    };
    let mut names: Vec<String> = Vec::new();
    let (mut is_in_folder, mut is_escaped) = (false, false);
    for part in text.split(',') {
        match names.last_mut() {
            Some(last) if is_escaped => {
                last.pop();
                last.push_str(&format!(",{part}"));
            }
            Some(last) if is_in_folder && !is_name(part.trim()) => last.push_str(&format!(",{part}")),
            _ => {
                is_in_folder = part.trim_start().get(..7).is_some_and(|start| start.eq_ignore_ascii_case("folder:"));
                names.push(part.to_owned());
            }
        }
        is_escaped = is_in_folder && part.ends_with('\\');
    }
    names
}

fn find(platforms: &Platforms, from: &str, names: &[String], exit: Exit) -> Result<PlatformSelection, Failure> {
    let names = names.iter().flat_map(|text| split_names(platforms, text));
    let found: Result<Vec<_>, _> = names.map(|name| platforms.require(&name)).collect();
    match found {
        Ok(specs) => Ok(PlatformSelection::Only(platforms.in_order(specs))),
        Err(error) => Err(Failure::new(exit, format!("{from}: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_in_the_path_of_a_folder_belongs_to_it() {
        for (text, names) in [
            ("garmin-com,coros", &["garmin-com", "coros"][..]),
            (" GARMINCOM , ,COROS, ", &["GARMINCOM", "COROS"]),
            ("folder:/x/Runs, 2025", &["folder:/x/Runs, 2025"]),
            ("folder:/x/Runs, 2025, and 2026,coros", &["folder:/x/Runs, 2025, and 2026", "coros"]),
            ("coros,folder:/a,b,folder:/c,d", &["coros", "folder:/a,b", "folder:/c,d"]),
            ("folder:/a,GARMINCOM", &["folder:/a", "GARMINCOM"]),
            ("folder:/a\\,coros", &["folder:/a,coros"]),
            ("Folder:/a\\,folder:/b,coros", &["Folder:/a,folder:/b", "coros"]),
            ("folder:/a\\b,c", &["folder:/a\\b,c"]),
            ("garmin-com,garmin-cmo", &["garmin-com", "garmin-cmo"]),
            ("", &[]),
        ] {
            assert_eq!(split_names(&Platforms::default(), text), names, "{text}");
        }
    }
}
