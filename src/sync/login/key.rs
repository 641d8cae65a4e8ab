//! Checks an API key with the service, and stores it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::token::may_be_secret;
use super::{
    Prompt, TokenSource, cancelled, logins, name_login_to_upload, named, open, several, unless_cancelled, with_login,
};
use crate::fs::is_open_to_others;
use crate::http::Secret;
use crate::platform::{Access, AccessKind, PlatformSelection, PlatformSpec, key_end};
use crate::settings::trim_line_ends;
use crate::sync::connect::credentials;
use crate::sync::{Exit, Failure, Result, Worker};

/// The length of the longest text that is shown as an invalid end of a key, in characters.
const LONGEST_SHOWN: usize = 12;

/// How often a person is asked for the end of a key.
const MOST_QUESTIONS: usize = 3;

/// Options of [`set_key`].
#[derive(Debug, Clone, Default)]
pub struct KeyOptions {
    /// The last day of the key, or the number of days that it is valid.
    pub ends: Option<String>,
}

/// Checks and stores an API key: that of `source`, else that of the settings, else that of the service's own client, else
/// one that a person pastes. `source` is called after the platform is determined, because it may read standard input.
///
/// # Errors
/// No key was given, the service rejects it, or the platform is ambiguous or has no key.
pub fn set_key(
    worker: &mut Worker,
    options: &KeyOptions,
    source: impl FnOnce() -> Result<TokenSource>,
    prompt: &mut dyn Prompt,
) -> Result<()> {
    worker.require_writable_unless_dry()?;
    let spec = &platform(worker)?;
    let access = access(spec).ok_or_else(|| no_key(spec))?;
    let mut ends = options.ends.as_deref().map(|text| end_of(worker, spec, access, text)).transpose()?;
    let key = match source()? {
        TokenSource::Text(text) => text,
        TokenSource::Path(path) if may_be_secret(&path) => {
            return Err(Failure::usage(
                "no such file. An API key on the command line is visible to every program on this machine, and the shell \
                 remembers it: pipe it in: gs-auth key -, or run gs-auth key on a terminal and paste it there",
            ));
        }
        TokenSource::Path(path) => read(access, &path)?,
        TokenSource::UsualPlaces => {
            // The key in the settings may be the old one: a person at a terminal can paste the new one.
            let rejected = match configured(worker, access)?.map(|key| check_and_store(worker, spec, &key, ends)) {
                Some(Err(failure)) if failure.exit == Exit::LoginRequired => Some(failure),
                Some(checked) => return checked,
                None => None,
            };
            if let Some(failure) = &rejected {
                worker.warn(&failure.to_string());
            }
            let key = ask(worker, spec, access, prompt)
                .map_err(|nobody| unless_cancelled(worker, rejected.unwrap_or(nobody)))?;
            if ends.is_none() && access.asks_key_end() {
                ends = ask_end(worker, spec, access, prompt)?;
            }
            key
        }
    };
    check_and_store(worker, spec, &key, ends)
}

/// Checks a key with the service, and stores it.
pub(super) fn check_and_store(
    worker: &Worker,
    spec: &Arc<PlatformSpec>,
    key: &Secret,
    ends: Option<Timestamp>,
) -> Result<()> {
    if worker.dry_run {
        worker.warn(&format!("{}: would check and store the API key", spec.id));
        return Ok(());
    }
    let key = Secret::new(trim_line_ends(key.expose()));
    let account = open(worker, spec, AccessKind::ApiKey)?.import_key(&key, ends);
    let account = account.map_err(|error| named(spec, error.into()))?;
    let is_end_unknown = account.expires.is_none() && access(spec).is_some_and(Access::asks_key_end);
    let used_to = if access(spec).is_some_and(Access::can_write) { "reads and writes" } else { "reads" };
    let whose = account.name.map_or("; the service does not say whose".to_owned(), |name| format!(" as {name}"));
    worker.info(&format!("{}: key saved; {used_to}{whose}", spec.id));
    name_login_to_upload(worker, spec);
    if is_end_unknown {
        worker.info(&format!(
            "{}: the service does not tell when the key ends; to be warned three weeks before, add --ends DAY",
            spec.id
        ));
    }
    Ok(())
}

/// The key in the settings, else that of the service's own client, else one that a person pastes.
pub(super) fn of_settings_or_person(
    worker: &Worker,
    spec: &Arc<PlatformSpec>,
    prompt: &mut dyn Prompt,
) -> Result<Secret> {
    let access = access(spec).ok_or_else(|| no_key(spec))?;
    configured(worker, access)?.map_or_else(|| ask(worker, spec, access, prompt), Ok)
}

/// The key in the settings, else that in the file of the service's own client.
fn configured(worker: &Worker, access: &dyn Access) -> Result<Option<Secret>> {
    if let Some(credentials) = credentials(&worker.settings, Some(access))? {
        return Ok(Some(credentials.password));
    }
    let Some(place) = key_file(worker, access) else { return Ok(None) };
    worker.info(&format!("using the API key in {}", place.display()));
    if std::fs::metadata(&place).is_ok_and(|meta| is_open_to_others(&meta)) {
        worker.warn(&format!("other users can read the API key in {0}; run chmod 600 {0}", place.display()));
    }
    read(access, &place).map(Some)
}

/// The key file of the service's own client, if it exists.
fn key_file(worker: &Worker, access: &dyn Access) -> Option<PathBuf> {
    let places = access.token_places(worker.settings.home().as_deref(), &|name| worker.settings.path(name));
    places.into_iter().find(|place| place.exists())
}

/// The key in a file.
fn read(access: &dyn Access, path: &Path) -> Result<Secret> {
    let text = access.read_token(path);
    let text = text.map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    text.filter(|text| !text.expose().trim().is_empty())
        .ok_or_else(|| Failure::usage(format!("{}: no API key in this file", path.display())))
}

fn ask(worker: &Worker, spec: &Arc<PlatformSpec>, access: &dyn Access, prompt: &mut dyn Prompt) -> Result<Secret> {
    prompt.show(&open(worker, spec, AccessKind::ApiKey)?.browser_login());
    prompt.hidden("API key (it is not shown): ").ok_or_else(|| {
        let setting = access.secret_settings().first().copied().unwrap_or_default();
        let message = format!(
            "{0}: no API key in the settings and nobody to ask; set {setting}, or pipe the key in: gs-auth key \
             --platform {0} -",
            spec.id
        );
        unless_cancelled(worker, Failure::new(Exit::LoginRequired, message))
    })
}

/// Asks for the end of the key, which the service does not tell; `None` if the person does not know it. A wrong answer
/// does not end the command: Garmin shows a key once, and the pasted one would be lost.
fn ask_end(
    worker: &Worker,
    spec: &PlatformSpec,
    access: &dyn Access,
    prompt: &mut dyn Prompt,
) -> Result<Option<Timestamp>> {
    for _ in 0..MOST_QUESTIONS {
        let answer = prompt.line("Valid for how many days, or until which day (90, or 2027-02-27; empty if unknown): ");
        if worker.is_stopped() {
            return Err(cancelled());
        }
        let Some(answer) = answer.filter(|answer| !answer.trim().is_empty()) else { return Ok(None) };
        match end_of(worker, spec, access, &answer) {
            Ok(end) => return Ok(Some(end)),
            Err(failure) => prompt.show(&failure.to_string()),
        }
    }
    Ok(None)
}

fn end_of(worker: &Worker, spec: &PlatformSpec, access: &dyn Access, text: &str) -> Result<Timestamp> {
    if !access.asks_key_end() {
        return Err(Failure::usage(format!("{}: its API keys do not end; leave out --ends", spec.id)));
    }
    // A longer text may be a pasted key, which is never shown.
    let shown = if text.chars().count() <= LONGEST_SHOWN { format!("{text:?}") } else { "this text".to_owned() };
    let advice = "give the last day of the key, like 2027-02-27, or the number of days, like 90";
    match key_end(text, worker.now()) {
        Some(end) if end > worker.now() => Ok(end),
        Some(_) => Err(Failure::usage(format!("{} is in the past; {advice}", text.trim()))),
        None => Err(Failure::usage(format!("{shown} is neither a date nor a number of days; {advice}"))),
    }
}

/// The platform whose key is set: the named one, else the only one with a key in the settings, else the only one whose
/// own client has a key file.
fn platform(worker: &Worker) -> Result<Arc<PlatformSpec>> {
    let with = |has_key: &dyn Fn(&dyn Access) -> bool| -> Vec<Arc<PlatformSpec>> {
        logins(worker).iter().filter(|spec| access(spec).is_some_and(has_key)).cloned().collect()
    };
    let specs = match worker.selection.clone() {
        PlatformSelection::Only(specs) => specs,
        PlatformSelection::All => match with(&|access| worker.has_credentials_of(access)) {
            none if none.is_empty() => with(&|access| key_file(worker, access).is_some()),
            specs => specs,
        },
    };
    match specs.as_slice() {
        [spec] if access(spec).is_some() => Ok(spec.clone()),
        [spec] => with_login(spec).and_then(|spec| Err(no_key(&spec))),
        _ => Err(several(&logins(worker).iter().filter(|spec| access(spec).is_some()).cloned().collect::<Vec<_>>())),
    }
}

fn access(spec: &PlatformSpec) -> Option<&dyn Access> {
    spec.access(AccessKind::ApiKey)
}

fn no_key(spec: &PlatformSpec) -> Failure {
    Failure::usage(format!("{0}: this platform has no API key; log in: gs-auth login --platform {0}", spec.id))
}
