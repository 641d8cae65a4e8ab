//! `garminsync`: the command that people type. Its subcommands run the `gs-*` commands, which pipelines use directly; it
//! does nothing itself.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use garminsync::cli::front::{
    self, DaemonFlags, DownloadSubcommand, GivenFlags, ListSubcommand, NotifySubcommand, ReportSubcommand,
    ScheduleFlags, StatusSubcommand, SyncFlags,
};
use garminsync::cli::setup::SetupFlags;
use garminsync::cli::{self, AccountsFlags, Common, Failure, ImportFlags, LoginFlags, LogoutFlags};

/// Archive and synchronise activities of Garmin Connect, COROS and intervals.icu
///
/// Each subcommand runs gs-* commands, which pipelines use directly: gs-fetch lists the platforms, gs-download archives files,
/// gs-sync uploads missing activities, gs-status shows what you must do, gs-setup configures. Commands of the older GarminSync
/// work unchanged.
#[derive(Parser)]
#[command(
    name = "garminsync",
    version,
    arg_required_else_help = true,
    after_help = "Examples:
  garminsync setup                      choose platforms, log in, schedule
  garminsync sync -n                    what a sync would do
  garminsync list --missing             ask the platforms, list what is missing
  garminsync list --all --offline       all that is known, without a request
  garminsync download --missing         archive the files that are missing
  garminsync report --open              look at the page
  garminsync daemon --start             sync by cron, and serve the page

Exit codes: 0 OK, 1 some failed, 3 daemon: not running, 4 daemon: unknown,
75 try again later, 77 a login is needed, 78 configuration error"
)]
struct Args {
    #[command(subcommand)]
    word: Word,
}

#[derive(Subcommand)]
enum Word {
    /// Choose platforms, log in, and set up schedule and messages
    ///
    /// On a terminal it asks for every answer that is not given as a flag, and shows each line before it is written. It
    /// writes the settings file (mode 0600) and leaves all other lines unchanged. Run it again to change an answer; a login that works is kept.
    Setup(Plain<SetupFlags>),
    /// Upload missing activities, report duplicates
    ///
    /// At the end it sends one message to the configured channels and updates the page.
    ///
    /// At most MAX_UPLOAD activities (200) are uploaded a run; the next run goes on with the rest. Duplicates are deleted
    /// only with the setting DELETE_DUPLICATE=1, each with its original in the archive, and at most MAX_DELETE a run;
    /// otherwise they are only reported. The last output of each stage is in DATA_DIR/sync. Two syncs of one data folder
    /// never run at the same time. Without a terminal it prints nothing while everything is OK.
    #[command(after_help = "Examples:
  gs-sync -n                            what would be done
  gs-sync --since 30d --sport running   the runs of the last thirty days
  gs-sync --archive                     archive all files as well

Settings: SYNC_PLATFORM, SYNC_TO, DELETE_DUPLICATE, MAX_UPLOAD, MAX_DELETE,
GS_ARCHIVE, GS_RUN

Exit codes: 0 OK, 1 some failed, 75 try again later (or another sync runs),
77 a login is needed, 78 configuration error")]
    Sync(SyncFlags),
    /// List the platforms, then print what the catalogue has
    ///
    /// Without --missing, --downloaded, --deleted or --stats, it prints all of them, as with --all. If a platform cannot be
    /// listed, its last known activities are printed, with their age.
    List(ListSubcommand),
    /// Archive the files that are missing
    ///
    /// It lists the platforms first, and updates the page at the end.
    Download(DownloadSubcommand),
    /// Print the state: last and next sync, and what you must do
    Status(StatusSubcommand),
    /// Make the page from the catalogue, and print its path
    Report(ReportSubcommand),
    /// Log in to a platform
    ///
    /// gs-auth import imports the token of another tool.
    Login(Plain<LoginFlags>),
    /// Delete the stored tokens and keys of a platform
    ///
    /// The data folder still belongs to the account: logging in to another account is rejected.
    Logout(Plain<LogoutFlags>),
    /// Print who is logged in, and for how long; makes no request
    Accounts(Plain<AccountsFlags>),
    /// Import the files of other tools and of Garmin's account export
    #[command(mut_arg("platform", |arg| arg.help(cli::PLATFORM_OF_FILES)))]
    Import(Plain<ImportFlags>),
    /// Send a test message to every configured channel
    Notify(NotifySubcommand),
    /// Sync by cron and serve the page: start, stop, state
    ///
    /// Cron starts the runs. garminsync maintains one marked block in your crontab and changes no other line. A run does what
    /// GS_SCHEDULE_COMMAND says. Starting twice, or stopping when nothing runs, is not an error.
    Daemon(DaemonFlags),
    /// Print the schedule, or set it and write it into the crontab
    Schedule(ScheduleFlags),
}

/// Flags of a command, and those that all commands have.
#[derive(clap::Args)]
struct Plain<T: clap::Args> {
    #[command(flatten)]
    _own: T,
    #[command(flatten)]
    _common: Common,
}

fn main() -> ExitCode {
    front::main(dispatch)
}

fn dispatch(args: Args, given: &GivenFlags) -> Result<u8, Failure> {
    match args.word {
        Word::Setup(_) => front::setup(given),
        Word::Sync(_) => front::sync(given),
        Word::List(flags) => front::list(&flags, given),
        Word::Download(_) => front::download(given),
        Word::Status(_) => front::status(given),
        Word::Report(flags) => front::report(&flags, given),
        Word::Login(_) => front::login(given),
        Word::Logout(_) => front::logout(given),
        Word::Accounts(_) => front::accounts(given),
        Word::Import(_) => front::import(given),
        Word::Notify(_) => front::notify(given),
        Word::Daemon(flags) => front::daemon(&flags, given),
        Word::Schedule(flags) => front::schedule(&flags, given),
    }
}
