//! Checks an API key with one request, and stores it.

use std::sync::Arc;

use super::{Prompt, TokenSource, logins, named, open, several, welcome, with_login};
use crate::http::Secret;
use crate::platform::{Access, AccessKind, PlatformSelection, PlatformSpec};
use crate::settings::trim_line_ends;
use crate::sync::connect::credentials;
use crate::sync::{Exit, Failure, Result, Worker};

/// Checks and stores an API key: that of `source`, else that of the settings, else one that a person pastes. `source`
/// is called after the platform is determined, because it may read standard input.
///
/// # Errors
/// No key was given, the service rejects it, or the platform is ambiguous or has no key.
pub fn set_key(
    worker: &mut Worker,
    source: impl FnOnce() -> Result<TokenSource>,
    prompt: &mut dyn Prompt,
) -> Result<()> {
    worker.require_writable_unless_dry()?;
    let spec = &platform(worker)?;
    let key = match source()? {
        TokenSource::Text(text) => text,
        TokenSource::Path(path) => {
            let access = access(spec).ok_or_else(|| no_key(spec))?;
            let text = access.read_token(&path);
            let text = text.map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
            text.ok_or_else(|| Failure::usage(format!("{}: no API key in this file", path.display())))?
        }
        TokenSource::UsualPlaces => of_settings_or_person(worker, spec, prompt)?,
    };
    check_and_store(worker, spec, &key)
}

/// Checks a key with one request, and stores it.
pub(super) fn check_and_store(worker: &Worker, spec: &Arc<PlatformSpec>, key: &Secret) -> Result<()> {
    if worker.dry_run {
        worker.warn(&format!("{}: would check and store the API key", spec.id));
        return Ok(());
    }
    let account = open(worker, spec, AccessKind::ApiKey)?.import(trim_line_ends(key.expose()));
    welcome(worker, spec, account.map_err(|error| named(spec, error.into()))?);
    Ok(())
}

/// The key in the settings, else one that a person pastes.
pub(super) fn of_settings_or_person(
    worker: &Worker,
    spec: &Arc<PlatformSpec>,
    prompt: &mut dyn Prompt,
) -> Result<Secret> {
    let access = access(spec).ok_or_else(|| no_key(spec))?;
    if let Some(credentials) = credentials(&worker.settings, Some(access))? {
        return Ok(credentials.password);
    }
    prompt.show(&open(worker, spec, AccessKind::ApiKey)?.browser_login());
    prompt.hidden("API key (it is not shown): ").ok_or_else(|| {
        let setting = access.secret_settings().first().copied().unwrap_or_default();
        let message = format!(
            "{0}: no API key in the settings and nobody to ask; set {setting}, or pipe the key in: gs-auth key \
             --platform {0} -",
            spec.id
        );
        Failure::new(Exit::LoginRequired, message)
    })
}

/// The platform whose key is set: the named one, else the only one with a key in the settings.
fn platform(worker: &Worker) -> Result<Arc<PlatformSpec>> {
    let has_key = |spec: &PlatformSpec| access(spec).is_some_and(|access| worker.has_credentials_of(access));
    let specs = match worker.selection.clone() {
        PlatformSelection::Only(specs) => specs,
        PlatformSelection::All => logins(worker).iter().filter(|spec| has_key(spec)).cloned().collect(),
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
