//! Flags that several commands share, so that they mean the same everywhere.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::{Exit, Failure};
use crate::platform::{self, Kind};
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
    /// The platforms named by `--platform`, in the table's order; `None` if none is named.
    pub fn named_platforms(&self) -> Result<Option<Vec<&'static Kind>>, Failure> {
        named("--platform", &self.platform)
    }

    /// The same for a command that deletes: by their names to the letter, as they stand in records.
    pub fn exactly_named_platforms(&self) -> Result<Option<Vec<&'static Kind>>, Failure> {
        let kinds = self.named_platforms()?;
        let is_exact = |written: &String| {
            // Nothing is ever deleted from a folder.
            written.is_empty()
                || written.starts_with("folder:")
                || kinds.iter().flatten().any(|kind| kind.name == *written)
        };
        match self.platform.iter().flat_map(|text| split_raw(text)).find(|written| !is_exact(written)) {
            Some(written) => {
                let message = format!(
                    "--platform: {written:?} is not the exact name of a platform; known: {}",
                    platform::known()
                );
                Err(Failure::usage(message))
            }
            None => Ok(kinds),
        }
    }
}

/// These platforms as a flag takes them, with commas in between.
pub fn names_of(kinds: &[&'static Kind]) -> String {
    kinds.iter().map(|kind| kind.name.replace(',', "\\,")).collect::<Vec<_>>().join(",")
}

/// The platforms named by a flag, in the table's order; `None` if none is named.
pub fn named(flag: &str, names: &[String]) -> Result<Option<Vec<&'static Kind>>, Failure> {
    if names.is_empty() { Ok(None) } else { find(flag, names, Exit::Usage).map(Some) }
}

/// The platforms that the setting `name`, which is `text`, names.
pub fn platforms_of_setting(name: &str, text: Option<&str>) -> Result<Option<Vec<&'static Kind>>, Failure> {
    let Some(text) = text else { return Ok(None) };
    if split_names(text).is_empty() {
        return Err(Failure::new(Exit::Config, format!("{name} is empty; list platforms or remove it")));
    }
    find(name, &[text.to_owned()], Exit::Config).map(Some)
}

/// The names of a list with commas in between.
///
/// A comma within the path of a folder belongs to it, unless the name of a platform follows it; `\,` always does.
fn split_names(text: &str) -> Vec<String> {
    split_raw(text).into_iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

/// The same as they are written, with the blanks around them.
fn split_raw(text: &str) -> Vec<String> {
    let is_name = |word: &str| {
        let prefix = word.split_once(':').map_or("", |(prefix, _)| prefix);
        word.is_empty() || prefix.eq_ignore_ascii_case("folder") || platform::kind(word).is_some()
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

fn find(from: &str, names: &[String], exit: Exit) -> Result<Vec<&'static Kind>, Failure> {
    let mut kinds: Vec<&'static Kind> = Vec::new();
    for name in names.iter().flat_map(|text| split_names(text)) {
        let Some(kind) = platform::kind(&name) else {
            let known = platform::known();
            let message = if name.trim_end_matches(':').eq_ignore_ascii_case("folder") {
                format!("{from}: missing path; use folder:PATH, e.g. folder:/mnt/watch")
            } else {
                format!("{from}: unknown platform {name:?}; known: {known}")
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
            assert_eq!(split_names(text), names, "{text}");
        }
    }
}
