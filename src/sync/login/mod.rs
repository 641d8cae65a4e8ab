//! Logs in to platforms, and forgets logins.
//!
//! One platform at a time: the named one, else the one whose password is configured. `key` checks and stores an API
//! key, `token` exchanges tokens with other tools, `accounts` reports the login states.

mod accounts;
mod key;
mod logout;
mod oauth;
mod token;

use std::sync::Arc;

use super::connect::credentials;
use super::{Exit, Failure, Progress, Result, Worker};
use crate::http::Secret;
use crate::platform::{Access, AccessKind, Account, Credentials, PlatformLogin, PlatformSelection, PlatformSpec};
use crate::settings::trim_line_ends;

pub use accounts::{AccountStatus, accounts};
pub use key::{KeyOptions, set_key};
pub use logout::{forget_account, logout};
pub use token::{TokenSource, export_token, import_token};

/// Answers the questions of a login: a terminal or a pipe.
pub trait Prompt {
    /// Shows instructions, which have several lines.
    fn show(&mut self, text: &str);

    /// Asks for a line; `None` if no answer comes.
    fn line(&mut self, prompt: &str) -> Option<String>;

    /// Asks for a secret without showing the input; `None` if no answer comes.
    fn hidden(&mut self, prompt: &str) -> Option<Secret>;

    /// Returns the ticket of a browser login, pasted or from a pipe.
    ///
    /// # Errors
    /// No ticket was given.
    fn ticket(&mut self) -> Result<Secret>;
}

/// Options of a login.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoginOptions {
    /// Use the browser, even if a password is configured.
    pub browser: bool,
    /// Use a password, and ask for it if none is configured.
    pub password: bool,
    /// Allow the access by OAuth, with a link.
    pub oauth: bool,
}

/// The platforms that have a login.
pub(super) fn logins(worker: &Worker) -> &[Arc<PlatformSpec>] {
    worker.platforms.services()
}

/// The platform to log in to: the named one, else the one whose password is set, else the first.
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

/// The platform of a command: the named one, else the only one for which `is_it` is true; `None` if there is none.
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
    Failure::usage(format!("name one platform: --platform {names}"))
}

fn open(worker: &Worker, spec: &Arc<PlatformSpec>, access: AccessKind) -> Result<Box<dyn PlatformLogin>> {
    Ok(worker.open_login(spec, access, worker.http(Progress::hidden())?)?)
}

/// The access that a login without another wish is for.
fn main_access(spec: &PlatformSpec) -> AccessKind {
    spec.main_access().map_or(AccessKind::Login, Access::kind)
}

fn named(spec: &PlatformSpec, failure: Failure) -> Failure {
    failure.on(&spec.id)
}

/// The failure of a question without an answer, or of a wait for a person: the person may have stopped the command.
fn unless_cancelled(worker: &Worker, failure: Failure) -> Failure {
    if worker.is_stopped() { cancelled() } else { failure }
}

fn cancelled() -> Failure {
    Failure::new(Exit::Interrupted, "cancelled; nothing was changed")
}

/// Logs in once: with the configured password, else with the browser.
///
/// # Errors
/// The login failed, no answer came, or the platform is ambiguous.
pub fn login(worker: &mut Worker, options: LoginOptions, prompt: &mut dyn Prompt) -> Result<()> {
    worker.require_writable_unless_dry()?;
    if options.oauth {
        return oauth::authorize(worker, prompt);
    }
    let spec = &one(worker)?;
    if worker.dry_run {
        worker.warn(&format!("{}: would log in", spec.id));
        return Ok(());
    }
    if main_access(spec) == AccessKind::ApiKey {
        let key = key::of_settings_or_person(worker, spec, prompt)?;
        return key::check_and_store(worker, spec, &key, None);
    }
    let platform = open(worker, spec, main_access(spec))?;
    let has_password = spec.main_access().is_some_and(|access| worker.has_credentials_of(access));
    let account = if options.browser || (!options.password && !has_password) {
        prompt.show(&platform.browser_login());
        let ticket = prompt.ticket().map_err(|nothing| unless_cancelled(worker, nothing))?;
        platform.import(trim_line_ends(ticket.expose()))
    } else {
        let credentials = match credentials(&worker.settings, spec.main_access())? {
            Some(credentials) => credentials,
            None => ask_credentials(spec, prompt).map_err(|nobody| unless_cancelled(worker, nobody))?,
        };
        platform.login(&credentials, &mut |text| ask_code(prompt, text))
    };
    welcome(worker, spec, account.map_err(|error| named(spec, error.into()))?);
    Ok(())
}

fn ask_credentials(spec: &PlatformSpec, prompt: &mut dyn Prompt) -> Result<Credentials> {
    let nobody = || {
        let names = |access: &dyn Access| [access.user_settings(), access.secret_settings()].map(<[_]>::first);
        let names = spec.main_access().map(names).into_iter().flatten().flatten();
        let settings = names.copied().collect::<Vec<_>>().join(" and ");
        Failure::new(
            Exit::LoginRequired,
            format!("no password in the settings and nobody to ask; set {settings}, or run it on a terminal"),
        )
    };
    let user = prompt.line(&format!("E-mail address at {}: ", spec.title)).ok_or_else(nobody)?;
    let password = prompt.hidden("Password (it is not shown): ").ok_or_else(nobody)?;
    Ok(Credentials { user, password })
}

/// The code of a second factor. Authenticator apps show it in groups, and people type the spaces.
fn ask_code(prompt: &mut dyn Prompt, text: &str) -> Option<Secret> {
    let code = prompt.hidden(text)?;
    Some(Secret::new(code.expose().split_whitespace().collect::<String>()))
}

/// The command that sets up an access.
fn command_of(spec: &PlatformSpec, access: AccessKind) -> String {
    let command = match access {
        AccessKind::ApiKey => "key",
        AccessKind::OAuth => "login --oauth",
        AccessKind::Login => "login",
    };
    format!("gs-auth {command} --platform {}", spec.id)
}

/// After an access that only reads was set up: names the command for the one that writes, if that is not set up.
fn name_login_to_upload(worker: &Worker, spec: &PlatformSpec) {
    if worker.is_read_only(spec) {
        worker.info(&format!("{0}: to upload, too: gs-auth login --platform {0}", spec.id));
    }
}

fn welcome(worker: &Worker, spec: &PlatformSpec, account: Account) {
    let name = account.name.unwrap_or_else(|| "an account without a name".into());
    worker.info(&format!("{}: logged in as {name}", spec.id));
}
