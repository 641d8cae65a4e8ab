//! Logs in to the platforms, so that no other command has to.
//!
//! ```text
//! gs-auth login --platform garmin-com   with the password of the settings, once; without one, the browser's way
//! gs-auth login --password              with a password that is asked for
//! gs-auth login --browser               log in with the browser, bring the ticket here
//! gs-auth import                        take the token of garminconnect, garth or pirate-garmin
//! gs-auth import - < ticket.txt         a ticket, URL or JSON text from standard input
//! gs-auth import - --platform coros     the token, or the cookies, of COROS' web page
//! gs-auth status                        who is logged in, and for how long: no request
//! gs-auth export > garmin_tokens.json   hand the token to another tool
//! gs-auth logout                        forget the token; the account stays that of the data folder
//! gs-auth logout --forget-account       make room for another account
//! ```

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use garminsync::archive::Purpose;
use garminsync::catalogue::Forgotten;
use garminsync::cli::{
    self, AccountsFlags, AccountsFormat as Format, Align, Common, CommonArgs, LoginFlags, LogoutFlags, Output,
};
use garminsync::http::Secret;
use garminsync::i18n;
use garminsync::platform::{Account, Credentials, PlatformId, PlatformLogin, PlatformSelection, PlatformSpec, garmin};
use garminsync::settings::trim_line_ends;
use garminsync::sync::{self, Exit, Failure, Progress, Result, Worker};
use jiff::Timestamp;

/// Log in to the platforms: by password, by browser, or with the token of another tool
///
/// A token lives for months if it is used. A password login is tried once and never repeated by itself: Garmin locks
/// accounts that are logged in to too often. COROS allows one session an account: a login here ends the one in the
/// browser, and the other way round.
#[derive(Parser)]
#[command(
    name = "gs-auth",
    version,
    after_help = "Examples:
  gs-auth login --platform garmin-com   with the password, else by the browser
  gs-auth login --browser               by a ticket that the browser brings
  gs-auth import ~/.garminconnect       take over the token of another tool
  gs-auth import - --platform coros     the cookies of COROS' page, piped in
  gs-auth status                        who is logged in, and for how long

Settings: GARMIN_EMAIL, GARMIN_PASSWORD, GARMIN_EMAIL_CN, GARMIN_PASSWORD_CN, COROS_EMAIL,
COROS_PASSWORD, GARMINTOKENS, GARTH_HOME, GARTH_TOKEN, GS_LOGIN_PAUSE

Exit codes: 0 all well, 2 usage, 75 try again later (a limit, a challenge), 77 a login is needed, 78 set-up"
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
    /// Take over a token of another tool, or a ticket, URL or JSON text of a browser login
    ///
    /// PATH is a file or folder of garminconnect (0.3 or later), garth or pirate-garmin, or for COROS a file with the
    /// cookie CPL-coros-token of its web page, alone or with others; "-" reads standard input. Without it, standard input
    /// is read if it is a pipe, else (Garmin) the usual places of those tools are looked at.
    Import {
        /// A token file or folder, or "-"
        path: Option<PathBuf>,
    },
    /// Print the token for another tool: it is a secret
    Export,
    /// Who is logged in, for how long, and what stands against a login; makes no request
    Status(AccountsFlags),
    /// Forget the token
    ///
    /// The data folder goes on belonging to the account, so that nobody else's login is taken for it.
    Logout(LogoutFlags),
}

impl CommonArgs for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

fn main() -> ExitCode {
    cli::run_command("gs-auth", cli::Log::No, work)
}

fn work(args: &Args, worker: &mut Worker) -> Result<()> {
    // A login that cannot be written down would be repeated by the next run.
    if !matches!(args.action, Action::Status(_) | Action::Export) && !worker.dry_run {
        worker.require_writable()?;
    }
    match &args.action {
        Action::Login(flags) => login(worker, flags.browser, flags.password),
        Action::Import { path } => import(worker, path.as_deref()),
        Action::Export => export(worker),
        Action::Status(flags) => status(worker, flags.format),
        Action::Logout(flags) => logout(worker, flags.forget_account),
    }
}

/// The platforms that somebody logs in to.
fn logins(worker: &Worker) -> &[Arc<PlatformSpec>] {
    worker.platforms.services()
}

/// The one platform to log in to: the one that is named, else the one whose password is set, else the first.
fn one(worker: &Worker) -> Result<Arc<PlatformSpec>> {
    let specs = match worker.selection.clone() {
        PlatformSelection::Only(specs) => specs,
        PlatformSelection::All => logins(worker).iter().filter(|spec| worker.has_credentials(spec)).cloned().collect(),
    };
    match (specs.as_slice(), logins(worker)) {
        ([], [first, ..]) if worker.selection.named().is_none() => Ok(first.clone()),
        ([spec], _) => with_login(spec),
        (_, all) => Err(several(all)),
    }
}

/// The one platform whose login is meant: the one that is named, else the only one of which `is_it` holds; nothing: it holds
/// of none.
fn only(worker: &Worker, is_it: impl Fn(&PlatformSpec) -> Result<bool>) -> Result<Option<Arc<PlatformSpec>>> {
    if worker.selection.named().is_some() {
        return one(worker).map(Some);
    }
    let mut specs = Vec::new();
    for spec in logins(worker) {
        if is_it(spec)? {
            specs.push(spec.clone());
        }
    }
    match specs.as_slice() {
        [] => Ok(None),
        [spec] => Ok(Some(spec.clone())),
        _ => Err(several(&specs)),
    }
}

fn with_login(spec: &Arc<PlatformSpec>) -> Result<Arc<PlatformSpec>> {
    match spec.has_login() {
        true => Ok(spec.clone()),
        false => Err(Failure::usage(format!("{}: no login needed", spec.id))),
    }
}

fn several(specs: &[Arc<PlatformSpec>]) -> Failure {
    let names = specs.iter().map(|spec| spec.id.as_str()).collect::<Vec<_>>().join(" or --platform ");
    Failure::usage(format!("one platform at a time, please: --platform {names}"))
}

fn open(worker: &Worker, spec: &Arc<PlatformSpec>) -> Result<Box<dyn PlatformLogin>> {
    Ok(worker.open_login(spec, worker.http(Progress::hidden())?)?)
}

fn named(spec: &PlatformSpec, failure: Failure) -> Failure {
    failure.on(&spec.id)
}

fn login(worker: &mut Worker, browser: bool, password: bool) -> Result<()> {
    let spec = &one(worker)?;
    if worker.dry_run {
        worker.warn(&format!("{}: would log in", spec.id));
        return Ok(());
    }
    let platform = open(worker, spec)?;
    let account = if browser || (!password && !worker.has_credentials(spec)) {
        eprint_lines(&platform.browser_login());
        let text = if std::io::stdin().is_terminal() {
            cli::ask_hidden("Paste it here (it is not shown): ")
                .ok_or_else(|| Failure::new(Exit::LoginRequired, "nothing was pasted"))?
        } else {
            piped()?.ok_or_else(|| {
                Failure::new(
                    Exit::LoginRequired,
                    "nobody is there to log in; run it on a terminal, or pipe the ticket in",
                )
            })?
        };
        platform.import(trim_line_ends(text.expose()))
    } else {
        let credentials = match worker.credentials(spec)? {
            Some(credentials) => credentials,
            None => ask_credentials(spec)?,
        };
        platform.login(&credentials, &mut |prompt| cli::ask_code(prompt))
    };
    welcome(worker, spec, account.map_err(|error| named(spec, error.into()))?);
    Ok(())
}

fn ask_credentials(spec: &PlatformSpec) -> Result<Credentials> {
    let nobody = || {
        let settings = [spec.user_settings()[0], spec.password_settings()[0]].join(" and ");
        Failure::new(
            Exit::LoginRequired,
            format!("no password in the settings and nobody to ask; set {settings}, or run it on a terminal"),
        )
    };
    let user = cli::ask_line(&format!("E-mail address at {}: ", spec.title)).ok_or_else(nobody)?;
    let password = cli::ask_hidden("Password (it is not shown): ").ok_or_else(nobody)?;
    Ok(Credentials { user, password })
}

fn welcome(worker: &Worker, spec: &PlatformSpec, account: Account) {
    let name = account.name.unwrap_or_else(|| "an account without a name".into());
    worker.info(&format!("{}: logged in as {name}", spec.id));
}

fn import(worker: &mut Worker, path: Option<&Path>) -> Result<()> {
    let spec = &one(worker)?;
    if path.is_some_and(|path| path != Path::new("-") && !path.exists() && is_secret(&path.to_string_lossy())) {
        return Err(Failure::usage(
            "a ticket or token on the command line is seen by every program on this machine; pipe it in: gs-auth import -",
        ));
    }
    let text = match path {
        Some(path) if path == Path::new("-") => cli::stdin_text()?,
        Some(path) => gathered(spec, path)?
            .ok_or_else(|| Failure::usage(format!("{}: no token file of a known tool is in there", path.display())))?,
        None if !std::io::stdin().is_terminal()
            && let Some(text) = piped()? =>
        {
            text
        }
        None => usual(worker, spec)?,
    };
    if worker.dry_run {
        worker.warn(&format!("{}: would take over what was brought", spec.id));
        return Ok(());
    }
    let account =
        open(worker, spec)?.import(trim_line_ends(text.expose())).map_err(|error| named(spec, error.into()))?;
    welcome(worker, spec, account);
    Ok(())
}

/// What is no path, but what a person may have meant to paste. It is not shown again.
fn is_secret(text: &str) -> bool {
    let is_one_long_word =
        text.len() >= 24 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=+".contains(&byte));
    let has_mark = ["ticket=", "CPL-coros-", "{"].iter().any(|mark| text.contains(mark));
    text.starts_with("ST-") || has_mark || is_one_long_word || text.len() > 200
}

/// Standard input, if anything is in it: cron and CI give an empty one.
fn piped() -> Result<Option<Secret>> {
    let text = cli::stdin_text()?;
    Ok((!text.expose().trim().is_empty()).then_some(text))
}

/// Whether the tools of others are Garmin's: their files are known, and where they keep them.
fn is_garmin(spec: &PlatformSpec) -> bool {
    spec.id.starts_with("garmin")
}

fn gathered(spec: &PlatformSpec, path: &Path) -> Result<Option<Secret>> {
    let text = if is_garmin(spec) {
        garmin::gather(path)
    } else {
        std::fs::read_to_string(path).map(|text| Some(Secret::new(text)))
    };
    text.map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

/// The first token found where other tools keep theirs.
fn usual(worker: &Worker, spec: &PlatformSpec) -> Result<Secret> {
    if !is_garmin(spec) {
        let name = &spec.id;
        return Err(Failure::usage(format!(
            "nothing was piped in; pipe the token in (gs-auth import - --platform {name}), or paste it: gs-auth login --browser --platform {name}"
        )));
    }
    if let Some(text) = worker.settings.multiline_secret("GARTH_TOKEN")? {
        return Ok(text);
    }
    // A path for most, the token itself for some.
    if let Some(text) = worker.settings.get("GARMINTOKENS").filter(|text| is_secret(text)) {
        return Ok(Secret::new(text));
    }
    let places = garmin::usual_places(worker.settings.home().as_deref(), &|name| worker.settings.path(name));
    for place in &places {
        if place.exists()
            && let Some(text) = gathered(spec, place)?
        {
            worker.info(&format!("taking the token in {}", place.display()));
            return Ok(text);
        }
    }
    let looked = places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(", ");
    Err(Failure::usage(format!("no token of another tool was found in {looked}; name its file, or pipe a ticket in")))
}

fn export(worker: &mut Worker) -> Result<()> {
    let nobody =
        || Failure::new(Exit::LoginRequired, "nobody is logged in; log in first: gs-auth login --platform garmin-com");
    let spec = only(worker, |spec| Ok(worker.has_token(spec)))?.ok_or_else(nobody)?;
    let platform = open(worker, &spec)?;
    let token = platform.export().map_err(|error| named(&spec, error.into()))?;
    let token = token.ok_or_else(|| {
        let message = format!("{0}: nobody is logged in; run gs-auth login --platform {0}", spec.id);
        Failure::new(Exit::LoginRequired, message)
    })?;
    let is_renewed = platform.account().ok().flatten().is_some_and(|account| account.renewable);
    let shared = match is_renewed {
        true => "whoever renews it first keeps it, and the other needs a new login",
        false => "whoever logs in anew ends it for both",
    };
    worker.warn(&format!("this token is a secret; {shared}"));
    let mut output = Output::buffered();
    output.text(&format!("{}\n", token.expose()))?;
    output.flush().map(drop)
}

fn logout(worker: &mut Worker, forget_account: bool) -> Result<()> {
    if forget_account {
        let is_known = |spec: &PlatformSpec| Ok(worker.has_token(spec) || worker.catalogue.owner(&spec.id)?.is_some());
        let nothing =
            || Failure::usage("nothing to forget: nobody is logged in, and this data folder belongs to nobody");
        let spec = &only(worker, is_known)?.ok_or_else(nothing)?;
        return forget(worker, spec);
    }
    let Some(spec) = &only(worker, |spec| Ok(worker.has_token(spec)))? else {
        worker.warn("nobody is logged in");
        return Ok(());
    };
    if worker.dry_run {
        worker.warn(&format!("{}: would forget the token", spec.id));
        return Ok(());
    }
    let was = open(worker, spec)?.logout().map_err(|error| named(spec, error.into()))?;
    worker.info(&format!("{}: {}", spec.id, if was { "the token is forgotten" } else { "nobody was logged in" }));
    Ok(())
}

/// Forgets an account, and says what is forgotten with it.
fn forget(worker: &mut Worker, spec: &Arc<PlatformSpec>) -> Result<()> {
    let owner = worker.catalogue.owner(&spec.id)?;
    let who = owner.as_ref().map_or_else(|| "an unknown account".to_owned(), sync::person);
    let known = worker.catalogue.count_of_account(&spec.id)?;
    if owner.is_none() && !worker.has_token(spec) && known == Forgotten::default() {
        let name = &spec.id;
        return Err(Failure::usage(format!("{name}: nothing to forget: nobody is logged in, and no account is known")));
    }
    if worker.dry_run {
        worker.warn(&format!("{}: would forget {who}: {}", spec.id, counted(&known)));
        return Ok(());
    }
    // Nobody downloads from it or writes to it meanwhile.
    let mut locks = Vec::new();
    for purpose in [Purpose::Write, Purpose::Download] {
        let lock = worker.archive.lock(&spec.id, purpose, worker.lock_timeout)?;
        locks.push(lock.ok_or_else(|| {
            Failure::new(
                Exit::TempFail,
                format!("{}: another command is using this account; try again later", &spec.id),
            )
        })?);
    }
    open(worker, spec)?.logout().map_err(|error| named(spec, error.into()))?;
    // The files go first: were they still here without their catalogue, they would be taken for the next account's.
    let moved = worker.archive.retire_account(&spec.id, worker.now())?;
    let forgotten = worker.catalogue.forget_account(&spec.id)?;
    let files = moved.map(|path| format!("; its files are now in {}", path.display())).unwrap_or_default();
    worker.warn(&format!("{}: {who} is forgotten: {}{files}", spec.id, counted(&forgotten)));
    Ok(())
}

fn counted(forgotten: &Forgotten) -> String {
    [
        i18n::counted(forgotten.activities, "activity", "activities"),
        i18n::counted(forgotten.files, "file", "files"),
        i18n::counted(forgotten.uploads, "upload", "uploads"),
        i18n::counted(forgotten.deletions, "deletion", "deletions"),
    ]
    .join(", ")
}

/// One line of `gs-auth status`.
#[derive(serde::Serialize)]
struct Status {
    #[serde(rename = "type")]
    record: &'static str,
    platform: PlatformId,
    /// `ok`, `expired` (it will be renewed), `login-needed`, `none`.
    state: &'static str,
    name: Option<String>,
    domain: Option<String>,
    expires: Option<Timestamp>,
    renewable_until: Option<Timestamp>,
    source: Option<String>,
    password_set: bool,
    /// No password login before then.
    cooldown_until: Option<Timestamp>,
    /// The service asked not to be asked before then.
    rate_limited_until: Option<Timestamp>,
    /// Why the last password login was turned away or refused.
    refused: Option<String>,
    /// Why the token is of no more use.
    dead: Option<String>,
}

fn status(worker: &mut Worker, format: Option<Format>) -> Result<()> {
    let named = worker.selection.clone();
    let all = named
        .named()
        .unwrap_or_else(|| logins(worker))
        .iter()
        .map(|spec| status_of(worker, spec))
        .collect::<Result<Vec<_>>>()?;
    let format = format.unwrap_or(if std::io::stdout().is_terminal() { Format::Table } else { Format::Ndjson });
    let mut output = Output::buffered();
    match format {
        Format::Ndjson => {
            for status in &all {
                let line = serde_json::to_string(status).map_err(|error| Output::failed(&error))?;
                output.text(&format!("{line}\n"))?;
            }
        }
        Format::Table => {
            output.text(&format!("{}\n", status_table(&all, worker.now())))?;
            for status in &all {
                if let Some(remark) = remark(status) {
                    output.text(&format!("{}: {}\n", status.platform, garminsync::activity::printable(&remark)))?;
                }
            }
        }
    }
    output.flush().map(drop)
}

fn status_of(worker: &Worker, spec: &Arc<PlatformSpec>) -> Result<Status> {
    let now = worker.now();
    let account = open(worker, spec)?.account().map_err(|error| named(spec, error.into()))?;
    let login = worker.catalogue.login_failure(&spec.id)?;
    let cooldown_until = login.as_ref().and_then(|login| login.cooldown(now));
    let state = match &account {
        None => "none",
        Some(account) if account.dead.is_some() => "login-needed",
        Some(account) if account.expires.is_none_or(|end| end > now) => "ok",
        Some(account) if account.renewable && account.renewable_until.is_none_or(|end| end > now) => "expired",
        Some(_) => "login-needed",
    };
    Ok(Status {
        record: "login",
        platform: spec.id.clone(),
        state,
        name: account.as_ref().and_then(|a| a.name.clone()),
        domain: account.as_ref().map(|a| a.domain.clone()),
        expires: account.as_ref().and_then(|a| a.expires),
        renewable_until: account.as_ref().and_then(|a| a.renewable_until),
        dead: account.as_ref().and_then(|a| a.dead.clone()),
        source: account.map(|a| a.source),
        password_set: worker.has_credentials(spec),
        cooldown_until,
        rate_limited_until: worker.catalogue.rate_limited_until(&spec.id, now)?,
        refused: login.map(|login| login.reason.to_string()),
    })
}

fn status_table(all: &[Status], now: Timestamp) -> cli::Table {
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
            garminsync::activity::printable(status.name.as_deref().unwrap_or("")),
            status.domain.clone().unwrap_or_default(),
            if has { left(status.expires) } else { String::new() },
            if has { left(status.renewable_until) } else { String::new() },
            if status.password_set { "set" } else { "not set" }.to_owned(),
            status.source.clone().unwrap_or_default(),
        ]);
    }
    table
}

/// What stands against a login, in a line of its own: it is too long for a column.
fn remark(status: &Status) -> Option<String> {
    if let Some(until) = status.rate_limited_until {
        return Some(format!("it asks to be left alone until {until}"));
    }
    match (&status.cooldown_until, &status.refused) {
        (Some(until), Some(why)) => Some(format!("no password login before {until}: {why}")),
        (None, Some(why)) => Some(format!("last password login refused: {why}")),
        _ => status.dead.clone(),
    }
}

/// Instructions belong to the conversation, also when messages are not wanted.
fn eprint_lines(text: &str) {
    use std::io::Write;
    // Without a stderr there is nobody to instruct.
    let _ = writeln!(std::io::stderr(), "{text}");
}
