//! `gs-auth`: logs in to the platforms, shows and removes logins, and imports and exports tokens.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use garminsync::activity::printable;
use garminsync::cli::{
    self, AccountsFlags, AccountsFormat, Align, Common, CommonArgs, LoginFlags, LogoutFlags, Output, TerminalPrompt,
};
use garminsync::i18n;
use garminsync::sync::{self, AccountStatus, LoginOptions, Result, TokenSource, Worker};
use jiff::Timestamp;

/// Log in to the platforms: by password, by browser, or with the token of another tool
///
/// A token is valid for months if it is used. The password is tried once and never retried automatically: Garmin locks
/// accounts after too many logins. COROS allows one session per account: a login here ends the session in the browser, and
/// the other way round.
#[derive(Parser)]
#[command(
    name = "gs-auth",
    version,
    after_help = "Examples:
  gs-auth login --platform garmin-com   with the password, else with the browser
  gs-auth login --browser               with a ticket from the browser
  gs-auth import ~/.garminconnect       import the token of another tool
  gs-auth import - --platform coros     the cookies of COROS' page, piped in
  gs-auth status                        who is logged in, and for how long

Settings: GARMIN_EMAIL, GARMIN_PASSWORD, GARMIN_EMAIL_CN, GARMIN_PASSWORD_CN, COROS_EMAIL,
COROS_PASSWORD, GARMINTOKENS, GARTH_HOME, GARTH_TOKEN, GS_LOGIN_PAUSE

Exit codes: 0 OK, 2 wrong usage, 75 try again later (a rate limit, a challenge), 77 a login is needed,
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
    /// Log in, once
    Login(LoginFlags),
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
    /// Forget the token
    ///
    /// The data folder still belongs to the account: a login to another account is rejected.
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
    match &args.action {
        Action::Login(flags) => {
            let options = LoginOptions { browser: flags.browser, password: flags.password };
            sync::login(worker, options, &mut TerminalPrompt)
        }
        Action::Import { path } => sync::import_token(worker, || token_source(path.as_deref())),
        Action::Export => {
            let token = sync::export_token(worker)?;
            let mut output = Output::buffered();
            output.text(&format!("{}\n", token.expose()))?;
            output.flush().map(drop)
        }
        Action::Status(flags) => status(worker, flags.format),
        Action::Logout(LogoutFlags { forget_account: true }) => sync::forget_account(worker),
        Action::Logout(_) => sync::logout(worker),
    }
}

fn token_source(path: Option<&Path>) -> Result<TokenSource> {
    match path {
        Some(path) if path != Path::new("-") => Ok(TokenSource::Path(path.to_owned())),
        Some(_) => cli::stdin_text().map(TokenSource::Text),
        // cron and CI give an empty standard input.
        None => Ok(cli::piped_text()?.map_or(TokenSource::UsualPlaces, TokenSource::Text)),
    }
}

fn status(worker: &Worker, format: Option<AccountsFormat>) -> Result<()> {
    let all = sync::accounts(worker)?;
    let format =
        format.unwrap_or(if std::io::stdout().is_terminal() { AccountsFormat::Table } else { AccountsFormat::Ndjson });
    let mut output = Output::buffered();
    match format {
        AccountsFormat::Ndjson => {
            for status in &all {
                let line = serde_json::to_string(status).map_err(|error| Output::failed(&error))?;
                output.text(&format!("{line}\n"))?;
            }
        }
        AccountsFormat::Table => {
            output.text(&format!("{}\n", status_table(&all, worker.now())))?;
            for status in &all {
                if let Some(remark) = remark(status) {
                    output.text(&format!("{}: {}\n", status.platform, printable(&remark)))?;
                }
            }
        }
    }
    output.flush().map(drop)
}

fn status_table(all: &[AccountStatus], now: Timestamp) -> cli::Table {
    let whole = ["platform", "login", "domain", "token", "renewable", "password"].map(|name| (name, Align::Whole));
    let [platform, login, domain, token, renewable, password] = whole;
    let head = [platform, login, ("who", Align::Cut), domain, token, renewable, password, ("from", Align::Cut)];
    let mut table = cli::table(&head).spare(&["from", "domain", "password", "who", "renewable"]);
    let left = |end: Option<Timestamp>| end.map_or("?".to_owned(), |end| i18n::time_left(end, now));
    for status in all {
        let has = status.state != "none";
        table.add_row([
            status.platform.to_string(),
            if status.state == "expired" { "ok (to be renewed)" } else { status.state }.to_owned(),
            printable(status.name.as_deref().unwrap_or("")),
            status.domain.clone().unwrap_or_default(),
            if has { left(status.expires) } else { String::new() },
            if has { left(status.renewable_until) } else { String::new() },
            if status.password_set { "set" } else { "not set" }.to_owned(),
            status.source.clone().unwrap_or_default(),
        ]);
    }
    table
}

/// What prevents a login, in a line of its own: it is too long for a column.
fn remark(status: &AccountStatus) -> Option<String> {
    if let Some(until) = status.rate_limited_until {
        return Some(format!("rate limit: no requests until {until}"));
    }
    match (&status.cooldown_until, &status.refused) {
        (Some(until), Some(why)) => Some(format!("no password logins until {until}: {why}")),
        (None, Some(why)) => Some(format!("last password login rejected: {why}")),
        _ => status.dead.clone(),
    }
}
