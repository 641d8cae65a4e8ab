//! Flags that several commands share, so that they have the same meaning everywhere.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use crate::matching;
use crate::platform::Platforms;
use crate::settings::moment;
use crate::sync::{ActivityFilter, Failure, Result, split_raw};

/// The flags of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Common options")]
pub struct Common {
    /// The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]
    #[arg(long, value_name = "DIR", global = true)]
    pub data_dir: Option<PathBuf>,
    /// Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]
    #[arg(long, value_name = "FILE", global = true)]
    pub env_file: Option<PathBuf>,
    /// Print what would be done; nothing is uploaded, downloaded, deleted or sent
    #[arg(short = 'n', long, global = true)]
    pub dry_run: bool,
    /// Print errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print more; twice: every request
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// The format of messages [default: text]
    #[arg(long, value_name = "FORMAT", global = true)]
    pub log: Option<LogFormat>,
    /// When to show progress
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub progress: When,
    /// Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]
    #[arg(long, value_name = "NAME", global = true)]
    pub platform: Vec<String>,
}

/// A command that has the common flags.
pub trait CommonArgs {
    /// The common flags.
    fn common(&self) -> &Common;

    /// Whether the command needs the data folder and the catalogue. Without them, it works while they are missing, locked or
    /// damaged.
    fn needs_data_dir(&self) -> bool {
        true
    }

    /// What Ctrl-C and SIGTERM do.
    fn on_signal(&self) -> OnSignal {
        OnSignal::Stop
    }
}

/// What Ctrl-C and SIGTERM do to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnSignal {
    /// The command stops after the current item.
    Stop,
    /// The signal ends the command at once, as it ends any filter: the command only reads, or writes complete files to this
    /// folder.
    End {
        /// The folder whose unfinished files are removed.
        out: Option<PathBuf>,
    },
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
    /// Also with -q and --log json; without a terminal, at most one line of text every 5 seconds.
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
    /// The filter. Times such as `30d` are relative to `now`.
    pub fn read(&self, now: Timestamp) -> Result<ActivityFilter> {
        let time = |flag: &str, text: &Option<String>| {
            text.as_deref()
                .map(|text| moment(text, now).map_err(|why| Failure::usage(format!("{flag}: {why}"))))
                .transpose()
        };
        let (since, until) = (time("--since", &self.since)?, time("--until", &self.until)?);
        if since.zip(until).is_some_and(|(since, until)| since >= until) {
            return Err(Failure::usage("--since is not before --until"));
        }
        Ok(ActivityFilter { since, until, sports: self.sport.clone() })
    }
}

/// What makes two activities the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RuleArg {
    /// Everything that is known: start, sport, time, distance, device, file.
    Evidence,
    /// The start alone.
    Start,
}

impl From<RuleArg> for matching::Rule {
    fn from(rule: RuleArg) -> matching::Rule {
        match rule {
            RuleArg::Evidence => matching::Rule::Evidence,
            RuleArg::Start => matching::Rule::Start,
        }
    }
}

impl Common {
    /// Fails unless `--platform` contains exact platform names, as in records. For a command that deletes.
    pub fn require_exact_names(&self, platforms: &Platforms) -> Result<()> {
        for written in self.platform.iter().flat_map(|text| split_raw(platforms, text)) {
            // Nothing is ever deleted in a folder or an outbox.
            let is_place = written.starts_with("folder:") || written.starts_with("outbox:");
            if !written.is_empty() && !is_place {
                platforms.require_exact(&written).map_err(|error| Failure::usage(format!("--platform: {error}")))?;
            }
        }
        Ok(())
    }
}
