//! `gs-auth`: logs in to the platforms, shows and removes logins, and imports and exports tokens.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use garminsync::cli::{self, AccountsFlags, Common, CommonArgs, LoginFlags, LogoutFlags, Output, TerminalPrompt};
use garminsync::sync::{self, KeyOptions, LoginOptions, Result, Worker};

/// Log in to the platforms: by API key, OAuth, browser or password, or with the token of another tool
///
/// Garmin's token renews automatically if it is used at least once a month; COROS' token is valid until COROS ends it. The
/// password is tried once and never retried automatically: Garmin locks accounts after too many logins. COROS allows one
/// session per account: a login here ends the session in the browser, and the other way round.
#[derive(Parser)]
#[command(
    name = "gs-auth",
    version,
    after_help = "Examples:
  gs-auth login --platform garmin-com   with the password, else with the browser
  gs-auth login --browser               with a ticket from the browser
  gs-auth key --platform garmin-com     with an API key, which only reads
  gs-auth key --platform intervals      with an API key
  gs-auth login --oauth                 COROS: with a link, for reading only
  gs-auth import ~/.garminconnect       import the token of another tool
  gs-auth import - --platform coros     the cookies of COROS' page, piped in
  gs-auth status                        who is logged in, and for how long

Settings: GARMIN_EMAIL, GARMIN_PASSWORD, GARMIN_EMAIL_CN, GARMIN_PASSWORD_CN,
GARMIN_PERSONAL_API_KEY, GARMIN_PERSONAL_API_KEY_ENDS, COROS_EMAIL,
COROS_PASSWORD, INTERVALS_API_KEY, GARMINTOKENS, GARTH_HOME, GARTH_TOKEN,
GS_LOGIN_PAUSE

Exit codes: 0 OK, 2 wrong usage,
75 try again later (a rate limit, a challenge), 77 a login is needed,
78 configuration error"
)]
struct Args {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    common: Common,
}

#[derive(Subcommand)]
enum Action {
    /// Log in to a platform
    Login(LoginFlags),
    /// Check an API key, and store it
    ///
    /// With a key, commands read from garmin.com, or read from intervals.icu and write to it, without any login. PATH is a
    /// file with the key; "-" reads standard input. Without it, gs-auth reads standard input if that is a pipe, then the
    /// settings, then (Garmin) the key file of Garmin's own client, and then asks.
    Key {
        /// A file with the key, or "-"
        path: Option<PathBuf>,
        /// When the key ends: its last day, such as 2027-02-27, or the number of days from now. Garmin does not tell it
        #[arg(long, value_name = "DAY")]
        ends: Option<String>,
    },
    /// Import a token of another tool, or a ticket, URL or JSON text of a browser login
    ///
    /// PATH is a file or folder of garminconnect (0.3 or later), garth or pirate-garmin, or for COROS a file with the
    /// cookie CPL-coros-token of its web page, alone or with others; "-" reads standard input. Without it, gs-auth
    /// reads standard input if that is a pipe, else (Garmin) the usual places of those tools.
    Import {
        /// A token file or folder, or "-"
        path: Option<PathBuf>,
    },
    /// Print the token for another tool: it is a secret
    Export,
    /// Print who is logged in, for how long, and what prevents a login; makes no request
    Status(AccountsFlags),
    /// Delete the stored tokens and keys
    ///
    /// Those of all accesses of a platform are deleted. The data folder still belongs to the account: logging in to another
    /// account is rejected.
    Logout(LogoutFlags),
}

impl CommonArgs for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

fn main() -> ExitCode {
    cli::run_command("gs-auth", cli::LogMode::No, work)
}

fn work(args: &Args, worker: &mut Worker) -> Result<()> {
    let mut prompt = TerminalPrompt { stop: worker.stop.clone() };
    match &args.action {
        Action::Login(flags) => {
            let options = LoginOptions { browser: flags.browser, password: flags.password, oauth: flags.oauth };
            sync::login(worker, options, &mut prompt)
        }
        Action::Key { path, ends } => {
            let options = KeyOptions { ends: ends.clone() };
            sync::set_key(worker, &options, || cli::token_source(path.as_deref()), &mut prompt)
        }
        Action::Import { path } => sync::import_token(worker, || cli::token_source(path.as_deref())),
        Action::Export => {
            let token = sync::export_token(worker)?;
            let mut output = Output::buffered();
            output.text(&format!("{}\n", token.expose()))?;
            output.flush().map(drop)
        }
        Action::Status(flags) => cli::print_accounts(&sync::accounts(worker)?, flags.format, worker.now()),
        Action::Logout(LogoutFlags { forget_account: true }) => sync::forget_account(worker),
        Action::Logout(_) => sync::logout(worker),
    }
}
