//! The commands that each subcommand runs.

use std::process::{Command, Stdio};

use clap::Args;

use super::commands::{command, replace};
use super::stages::Stages;
use super::{GivenFlags, NAME, SyncFlags};
use crate::cli::setup::SetupFlags;
use crate::cli::{
    AccountsFlags, Common, DownloadFlags, Failure, Filter, ImportFlags, Language, ListFlags, ListingFlags, LoginFlags,
    LogoutFlags, Messages, ReportFlags, StatusFlags, session,
};
use crate::sync::{Level, Message, Observer};

/// The flags of `list`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").args(["all", "missing", "downloaded", "deleted", "stats"]))]
pub struct ListSubcommand {
    /// Do not list the platforms; show when each was last listed
    #[arg(long)]
    pub offline: bool,
    #[command(flatten)]
    list: ListFlags,
    #[command(flatten)]
    listing: ListingFlags,
    #[command(flatten)]
    filter: Filter,
    /// The common flags.
    #[command(flatten)]
    pub common: Common,
}

/// The flags of `download`.
#[derive(Debug, Args)]
pub struct DownloadSubcommand {
    /// Archive the activities whose file is not in the archive yet
    #[arg(long, required = true)]
    missing: bool,
    /// Only activities that were not in the catalogue before
    #[arg(long)]
    new: bool,
    #[command(flatten)]
    download: DownloadFlags,
    #[command(flatten)]
    listing: ListingFlags,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    common: Common,
}

/// The flags of `report`.
#[derive(Debug, Args)]
pub struct ReportSubcommand {
    /// Open the page in the browser
    #[arg(long)]
    pub open: bool,
    #[command(flatten)]
    report: ReportFlags,
    #[command(flatten)]
    language: Language,
    #[command(flatten)]
    common: Common,
}

/// The flags of `notify`.
#[derive(Debug, Args)]
pub struct NotifySubcommand {
    /// Send a test message to every configured channel, and print each response
    #[arg(long, required = true)]
    test: bool,
    #[command(flatten)]
    language: Language,
    #[command(flatten)]
    common: Common,
}

/// The flags of `status`.
#[derive(Debug, Args)]
pub struct StatusSubcommand {
    #[command(flatten)]
    status: StatusFlags,
    #[command(flatten)]
    language: Language,
    #[command(flatten)]
    common: Common,
}

/// Runs `gs-sync`.
pub fn sync(given: &GivenFlags) -> Result<u8, Failure> {
    let mut sync = command("gs-sync")?;
    sync.args(given.flags::<SyncFlags>());
    Err(replace(sync))
}

/// Runs `gs-auth login`.
pub fn login(given: &GivenFlags) -> Result<u8, Failure> {
    gs_auth("login", given, given.flags::<LoginFlags>())
}

/// Runs `gs-auth logout`.
pub fn logout(given: &GivenFlags) -> Result<u8, Failure> {
    gs_auth("logout", given, given.flags::<LogoutFlags>())
}

/// Runs `gs-auth status`.
pub fn accounts(given: &GivenFlags) -> Result<u8, Failure> {
    gs_auth("status", given, given.flags::<AccountsFlags>())
}

fn gs_auth(action: &str, given: &GivenFlags, flags: Vec<std::ffi::OsString>) -> Result<u8, Failure> {
    let mut auth = command("gs-auth")?;
    auth.arg(action).args(flags).args(given.flags::<Common>());
    Err(replace(auth))
}

/// Runs `gs-status`.
pub fn status(given: &GivenFlags) -> Result<u8, Failure> {
    let mut status = command("gs-status")?;
    status.args(given.flags::<StatusFlags>()).args(given.flags::<Language>()).args(given.flags::<Common>());
    Err(replace(status))
}

/// Runs `gs-import` and discards its records, which the subcommand does not print.
pub fn import(given: &GivenFlags) -> Result<u8, Failure> {
    let mut import = command("gs-import")?;
    import.args(given.flags::<Common>()).args(given.flags::<ImportFlags>()).stdout(Stdio::null());
    Err(replace(import))
}

/// Runs `gs-notify --test`.
pub fn notify(given: &GivenFlags) -> Result<u8, Failure> {
    let mut notify = command("gs-notify")?;
    notify.arg("--test").args(given.flags::<Language>()).args(given.flags::<Common>());
    Err(replace(notify))
}

/// Runs `gs-setup`.
pub fn setup(given: &GivenFlags) -> Result<u8, Failure> {
    let mut setup = command("gs-setup")?;
    setup.args(given.flags::<SetupFlags>()).args(given.flags::<Common>());
    Err(replace(setup))
}

/// Lists the platforms, unless `--offline` is given, and prints the activities of the catalogue.
pub fn list(flags: &ListSubcommand, given: &GivenFlags) -> Result<u8, Failure> {
    let run = RunOf { given, id: run_id() };
    let mut stages = Stages::begin(|| ());
    if !flags.offline {
        let mut fetch = run.stage("gs-fetch")?;
        fetch.args(given.flags::<ListingFlags>()).stdout(Stdio::null());
        stages.run(vec![fetch])?;
    }
    // After a failed listing the known activities are still printed.
    if flags.offline || stages.worst() != 0 {
        print_last_listings(&run, &mut stages, flags)?;
    }
    let mut list = run.stage("gs-list")?;
    list.args(given.flags::<ListFlags>()).args(given.flags::<Filter>());
    let state = &flags.list.state;
    if !(state.all || state.missing || state.downloaded || state.deleted || flags.list.stats) {
        list.arg("--all");
    }
    stages.run(vec![list])?;
    Ok(stages.worst())
}

/// Lists the platforms, archives the missing files, and updates the page.
pub fn download(given: &GivenFlags) -> Result<u8, Failure> {
    let run = RunOf { given, id: run_id() };
    let mut stages = Stages::begin(|| ());
    // gs-fetch prints all known activities of the platforms that it could list, and gs-download downloads the missing
    // files.
    let mut fetch = run.stage("gs-fetch")?;
    fetch.args(given.flags::<ListingFlags>()).args(given.some_of::<DownloadSubcommand>(|id| id == "new"));
    fetch.args(given.flags::<Filter>());
    let mut download = run.stage("gs-download")?;
    download.args(given.flags::<DownloadFlags>()).stdout(Stdio::null());
    stages.run(vec![fetch, download])?;
    let mut report = run.stage("gs-report")?;
    report.stdout(Stdio::null());
    stages.run(vec![report])?;
    Ok(stages.worst())
}

/// The stages of one run. They share the common flags and are one entry in the sync log.
struct RunOf<'a> {
    given: &'a GivenFlags,
    id: String,
}

impl RunOf<'_> {
    fn stage(&self, name: &str) -> Result<Command, Failure> {
        let mut stage = command(name)?;
        stage.args(self.given.flags::<Common>()).env("GS_RUN", &self.id);
        Ok(stage)
    }
}

/// The id of the run that this command is part of, or else a new one.
fn run_id() -> String {
    std::env::var("GS_RUN").ok().filter(|id| !id.trim().is_empty()).unwrap_or_else(session::new_id)
}

/// Prints when each platform was listed last.
fn print_last_listings(run: &RunOf, stages: &mut Stages, flags: &ListSubcommand) -> Result<(), Failure> {
    if flags.common.quiet {
        return Ok(());
    }
    let messages = Messages::new(NAME, &flags.common);
    let warn = |text: &str| messages.message(Message { level: Level::Warning, text, reason: None });
    let mut stats = run.stage("gs-list")?;
    stats.args(["--stats", "--format", "ndjson"]).stderr(Stdio::null());
    // The list itself reports problems.
    let before = stages.worst();
    let (text, _) = stages.output(stats)?;
    stages.reset(before);
    let lines: Vec<serde_json::Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    for line in &lines {
        let text = |name: &str| line[name].as_str();
        let last = text("last_listing").unwrap_or("never");
        warn(&format!("{}: last listed: {last}", text("platform").unwrap_or_default()));
    }
    if lines.is_empty() && flags.offline {
        warn("last listed: never; to list the platforms, leave out --offline");
    }
    Ok(())
}
