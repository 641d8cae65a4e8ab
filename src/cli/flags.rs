//! The flags of commands that `garminsync` and `gs-sync` accept too. Each flag is defined here once.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::args::RuleArg;
use super::list_output::{Field, ListColumns};
use super::number_values::{count, limit, metres, positive};
use crate::i18n::Lang;
use crate::sync::{Failure, NumberField, NumberRange};
use crate::{notify, sync};

/// How far `gs-fetch` lists.
#[derive(Debug, Clone, Args)]
pub struct ListingFlags {
    /// List all activities, not only new ones
    #[arg(long)]
    pub full: bool,
    /// List only the newest N activities; older ones stay unlisted, even if they are new
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    pub newest: Option<u64>,
    /// Accept a listing in which more than a tenth of the known activities are missing
    #[arg(long, alias = "accept-shrunk")]
    pub accept_missing: bool,
}

/// What `gs-list` prints.
#[derive(Debug, Clone, Args)]
pub struct ListFlags {
    /// Which activities.
    #[command(flatten)]
    pub state: ListStateFlags,
    /// Only this id (repeat it, or separate by commas)
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub id: Vec<String>,
    /// One line for each distinct activity, whatever platforms it is on
    #[arg(long)]
    pub unique: bool,
    /// --since and --until are in the local time of each activity
    #[arg(long)]
    pub local: bool,
    /// Only activities of at least this distance: 20km, 13.1mi, 400m
    #[arg(long, value_name = "DISTANCE", value_parser = metres, allow_hyphen_values = true)]
    pub min_distance: Option<f64>,
    /// Only activities of at most this distance
    #[arg(long, value_name = "DISTANCE", value_parser = metres, allow_hyphen_values = true)]
    pub max_distance: Option<f64>,
    /// Only activities with at least this number: ascent_m=500, timer_time_s=1h, avg_heart_rate_bpm=150 (repeat it)
    #[arg(long, value_name = "FIELD=NUMBER", value_parser = limit)]
    pub min: Vec<(NumberField, f64)>,
    /// Only activities with at most this number (repeat it)
    #[arg(long, value_name = "FIELD=NUMBER", value_parser = limit)]
    pub max: Vec<(NumberField, f64)>,
    /// Sort by this [default: start]
    #[arg(long, value_name = "KEY")]
    pub sort: Option<SortBy>,
    /// Reverse the order
    #[arg(long)]
    pub reverse: bool,
    /// Print at most N activities
    #[arg(long, value_name = "N", value_parser = positive, allow_negative_numbers = true)]
    pub limit: Option<NonZeroUsize>,
    /// Numbers instead of a list: total, downloaded, missing, no original, unavailable, last listed, per platform
    #[arg(long, conflicts_with_all = ["missing", "downloaded", "deleted", "unique", "sort", "reverse", "limit", "fields"])]
    pub stats: bool,
    /// Add what the platform itself says about each activity, unchanged, as the field raw of its record
    #[arg(long, conflicts_with_all = ["stats", "fields"])]
    pub raw: bool,
    /// The columns of a table or of CSV, by the names of the record, separated by commas
    #[arg(long, value_name = "FIELD", value_delimiter = ',')]
    pub fields: Vec<Field>,
    /// The units of a table: kilometres or miles [default: metric]
    #[arg(long, value_name = "UNITS")]
    pub units: Option<Units>,
    /// The format [default: table on a terminal, else ndjson]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<ListFormat>,
}

impl ListFlags {
    /// The ranges of numbers that are selected.
    ///
    /// # Errors
    /// A range has no number, because its least value is above its greatest.
    pub fn ranges(&self) -> Result<Vec<NumberRange>, Failure> {
        let distance = |limit: Option<f64>| limit.map(|limit| (NumberField::Distance, limit));
        let least = self.min.iter().copied().chain(distance(self.min_distance));
        let greatest = self.max.iter().copied().chain(distance(self.max_distance));
        let least = least.map(|(field, min)| NumberRange { field, min, max: f64::INFINITY });
        let greatest: Vec<NumberRange> =
            greatest.map(|(field, max)| NumberRange { field, min: f64::NEG_INFINITY, max }).collect();
        let least: Vec<NumberRange> = least.collect();
        let is_empty =
            |least: &NumberRange| greatest.iter().any(|most| most.field == least.field && most.max < least.min);
        if least.iter().any(is_empty) {
            return Err(Failure::usage(
                "the least value is above the greatest: see --min, --max, --min-distance, --max-distance",
            ));
        }
        Ok(least.into_iter().chain(greatest).collect())
    }

    /// The requested columns. The sort column stays, and so does the distance if units were given.
    pub fn columns(&self) -> ListColumns {
        let sorted_by = self.sort.map(SortBy::field);
        // The table shows the sort column, also one that it has not by default.
        let added = sorted_by.filter(|field| self.fields.is_empty() && !field.is_of_table());
        ListColumns {
            fields: self.fields.clone(),
            added,
            kept: sorted_by.into_iter().chain(self.units.map(|_| Field::DistanceM)).collect(),
            unique: self.unique,
            units: self.units.unwrap_or_default(),
        }
    }
}

/// At most one state.
#[derive(Debug, Clone, Args)]
#[group(multiple = false)]
pub struct ListStateFlags {
    /// Also activities that are no longer on their platform
    #[arg(long)]
    pub all: bool,
    /// Only activities without a file in the archive, or with a converted file whose original is requested again
    #[arg(long)]
    pub missing: bool,
    /// Only activities whose file is in the archive
    #[arg(long)]
    pub downloaded: bool,
    /// Only activities that are no longer on their platform
    #[arg(long)]
    pub deleted: bool,
}

impl From<&ListStateFlags> for sync::ListState {
    fn from(flags: &ListStateFlags) -> sync::ListState {
        match flags {
            ListStateFlags { all: true, .. } => sync::ListState::All,
            ListStateFlags { missing: true, .. } => sync::ListState::Missing,
            ListStateFlags { downloaded: true, .. } => sync::ListState::Downloaded,
            ListStateFlags { deleted: true, .. } => sync::ListState::Deleted,
            _ => sync::ListState::Present,
        }
    }
}

/// What a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SortBy {
    /// The newest first.
    #[value(alias = "start_time")]
    Start,
    /// The longest first.
    #[value(alias = "distance_m")]
    Distance,
    /// The longest first.
    #[value(alias = "timer_time_s")]
    Time,
    /// The most ascent first.
    #[value(alias = "ascent_m")]
    Ascent,
    /// The fastest on average first.
    #[value(alias = "avg_speed_mps")]
    Speed,
    /// The highest average heart rate first.
    #[value(alias = "avg_heart_rate_bpm")]
    HeartRate,
    /// The highest average power first.
    #[value(alias = "avg_power_w")]
    Power,
    /// The most energy first.
    #[value(alias = "calories_kcal")]
    Calories,
    /// By name.
    Name,
    /// By sport.
    Sport,
    /// By platform.
    Platform,
}

impl SortBy {
    /// Its column.
    fn field(self) -> Field {
        match self {
            SortBy::Start => Field::StartTime,
            SortBy::Distance => Field::DistanceM,
            SortBy::Time => Field::TimerTimeS,
            SortBy::Ascent => Field::AscentM,
            SortBy::Speed => Field::AvgSpeedMps,
            SortBy::HeartRate => Field::AvgHeartRateBpm,
            SortBy::Power => Field::AvgPowerW,
            SortBy::Calories => Field::CaloriesKcal,
            SortBy::Name => Field::Name,
            SortBy::Sport => Field::Sport,
            SortBy::Platform => Field::Platform,
        }
    }
}

impl From<SortBy> for sync::SortKey {
    fn from(key: SortBy) -> sync::SortKey {
        match (key, key.field().number()) {
            (_, Some(number)) => sync::SortKey::Number(number),
            (SortBy::Name, _) => sync::SortKey::Name,
            (SortBy::Sport, _) => sync::SortKey::Sport,
            (SortBy::Platform, _) => sync::SortKey::Platform,
            _ => sync::SortKey::Start,
        }
    }
}

/// Units of distance, by FIT's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Units {
    /// Kilometres.
    #[default]
    Metric,
    /// Miles.
    Statute,
}

impl Units {
    /// The unit of distances.
    pub fn name(self) -> &'static str {
        match self {
            Units::Metric => "km",
            Units::Statute => "mi",
        }
    }

    /// The number of metres in the unit.
    pub fn metres(self) -> f64 {
        match self {
            Units::Metric => 1000.0,
            Units::Statute => 1609.344,
        }
    }
}

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people.
    Table,
    /// Records.
    Ndjson,
    /// For spreadsheets.
    Csv,
}

/// The value of a list of platforms that names all.
pub const ALL: &str = "all";
/// The value of a list of platforms that names none.
pub const NONE: &str = "none";

/// Where a command that needs all activities reads them.
#[derive(Debug, Clone, Args)]
pub struct CatalogueFlags {
    /// Instead of reading standard input, take the activities that the last gs-fetch listed from the catalogue; with names, separated by commas, only of these platforms; none: of none
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true, default_missing_value = ALL)]
    pub catalogue: Option<String>,
    /// With --catalogue: only the newest N of each platform; 0: all
    #[arg(long, value_name = "N", requires = "catalogue", value_parser = count, allow_negative_numbers = true)]
    pub newest: Option<u64>,
}

/// What `gs-diff` decides by.
#[derive(Debug, Clone, Args)]
pub struct DiffFlags {
    /// Upload only from this platform (repeat it, or separate by commas)
    #[arg(long, value_name = "NAME")]
    pub from: Vec<String>,
    /// Upload only to this platform (repeat it, or separate by commas) [default: $SYNC_TO, else all]
    #[arg(long, value_name = "NAME")]
    pub to: Vec<String>,
    /// What makes two activities the same
    #[arg(long, value_name = "RULE", default_value = "evidence")]
    pub rule: RuleArg,
    /// Also upload activities that were deleted from the target, by you or by gs-delete, or that its last listing does not show
    #[arg(long, alias = "resurrect")]
    pub restore_deleted: bool,
    /// Also upload possible duplicates: the target has a similar activity, such as one of another sport or a shifted start
    #[arg(long, alias = "doubtful")]
    pub possible_duplicates: bool,
    /// Also upload activities that the target rejected, or accepted and never listed
    #[arg(long, alias = "retry")]
    pub retry_rejected: bool,
    /// Match all activities again, whatever was matched before
    #[arg(long, alias = "afresh")]
    pub rematch: bool,
}

/// How `gs-download` treats files that are there.
#[derive(Debug, Clone, Args)]
pub struct DownloadFlags {
    /// Check every byte of the files in the archive, and download corrupt ones again
    #[arg(long)]
    pub verify: bool,
    /// Download again, whatever is in the archive; an older file that differs is moved to replaced/
    #[arg(long)]
    pub force: bool,
}

/// The limit of `gs-upload`.
#[derive(Debug, Clone, Args)]
pub struct UploadLimit {
    /// Upload at most N activities in one run, 0 for no limit [default: $MAX_UPLOAD, else 200]
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    pub max_upload: Option<u64>,
}

/// The limit of `gs-delete`.
#[derive(Debug, Clone, Args)]
pub struct DeletionLimit {
    /// Delete at most N activities in one run [default: $MAX_DELETE, else 10]
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    pub max_delete: Option<u64>,
}

/// When `gs-notify` sends a message.
#[derive(Debug, Clone, Args)]
pub struct NotifyFlags {
    /// When to send a message [default: $GS_NOTIFY_ON, else change]
    #[arg(long, value_name = "WHEN")]
    pub on: Option<NotifyWhen>,
}

/// When a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum NotifyWhen {
    /// Something was added or deleted, or the failures changed.
    Change,
    /// There is a new failure.
    Failure,
    /// After every run.
    Always,
}

impl From<NotifyWhen> for notify::NotifyOn {
    fn from(when: NotifyWhen) -> notify::NotifyOn {
        match when {
            NotifyWhen::Change => notify::NotifyOn::Change,
            NotifyWhen::Failure => notify::NotifyOn::Failure,
            NotifyWhen::Always => notify::NotifyOn::Always,
        }
    }
}

/// The language of what people read.
#[derive(Debug, Clone, Args)]
pub struct Language {
    /// The language of the messages and the page [default: $GS_LANG, else that of LC_ALL, LC_MESSAGES or LANG]
    #[arg(long, value_name = "LANG")]
    pub lang: Option<Lang>,
}

impl Language {
    /// The language of the flag, or else of the settings. An invalid setting is reported, and English is used.
    pub fn or_of_settings(&self, worker: &sync::Worker) -> Lang {
        let lang = self.lang.map_or_else(|| worker.language(), Ok);
        worker.or_report(lang, Lang::En)
    }
}

/// How `gs-report` makes the page.
#[derive(Debug, Clone, Args)]
pub struct ReportFlags {
    /// The folder for index.html and status.json [default: $GS_REPORT_DIR, else report in the data folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Make the page reload every 30 seconds [default: $GS_REPORT_REFRESH]
    #[arg(long)]
    pub refresh: bool,
}

/// How `gs-auth login` logs in.
#[derive(Debug, Clone, Args)]
pub struct LoginFlags {
    /// Log in with the browser, and paste the ticket that it shows
    #[arg(long, conflicts_with = "password")]
    pub browser: bool,
    /// Log in with the password of the settings, or ask for it [default if the settings hold one]
    #[arg(long)]
    pub password: bool,
    /// COROS: allow reading with a link that you open on any device; the session of the Training Hub is not affected
    #[arg(long, conflicts_with_all = ["browser", "password"])]
    pub oauth: bool,
}

/// What `gs-auth logout` removes.
#[derive(Debug, Clone, Args)]
pub struct LogoutFlags {
    /// Also remove the account and all its records from the catalogue, so that another account can be used; the files of
    /// the archive move to former/
    #[arg(long)]
    pub forget_account: bool,
}

/// How `gs-auth status` prints the logins.
#[derive(Debug, Clone, Args)]
pub struct AccountsFlags {
    /// How it is written [default: table on a terminal, else ndjson]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<AccountsFormat>,
}

/// How logins are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AccountsFormat {
    /// For people.
    Table,
    /// One JSON object a line.
    Ndjson,
}

/// How `gs-status` prints the state.
#[derive(Debug, Clone, Args)]
pub struct StatusFlags {
    /// The format [default: table on a terminal, else json]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<StatusFormat>,
}

/// How the state is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// For people.
    Table,
    /// As status.json.
    Json,
}

/// The help of `--platform` for `gs-import`, where it names the platform of the files.
pub const PLATFORM_OF_FILES: &str = "The platform of the files [default: garmin-com for GarminSync and Garmin's export; \
                                     Sports Sync X names its own; required for other folders]";

/// What `gs-import` reads.
#[derive(Debug, Clone, Args)]
pub struct ImportFlags {
    /// A database, a folder, a zip file or a file
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
}
