//! Imports tokens of other tools, and exports ours.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::{main_access, named, one, only, open, welcome};
use crate::http::Secret;
use crate::platform::PlatformSpec;
use crate::settings::{self, SettingKind, trim_line_ends};
use crate::sync::{Exit, Failure, Result, Worker};

/// The source of a token.
pub enum TokenSource {
    /// A file or folder of another tool.
    Path(PathBuf),
    /// A text that was pasted or came from a pipe.
    Text(Secret),
    /// The default places of other tools.
    UsualPlaces,
}

/// Imports a token, a ticket, or browser cookies. `source` is called after the platform is determined, because it may
/// read standard input.
///
/// # Errors
/// The place has no token, or the service does not accept it.
pub fn import_token(worker: &mut Worker, source: impl FnOnce() -> Result<TokenSource>) -> Result<()> {
    worker.require_writable_unless_dry()?;
    let spec = &one(worker)?;
    let text = match source()? {
        TokenSource::Path(path) if may_be_secret(&path) && !is_word(&path) => {
            return Err(Failure::usage(
                "no such file. A ticket or token on the command line is visible to every program on this machine, and the \
                 shell remembers it: pipe it in: gs-auth import -, or paste it: gs-auth login --browser",
            ));
        }
        TokenSource::Path(path) => read(spec, &path)?
            .ok_or_else(|| Failure::usage(format!("{}: no token file of a known tool", path.display())))?,
        TokenSource::Text(text) => text,
        TokenSource::UsualPlaces => usual(worker, spec)?,
    };
    if worker.dry_run {
        worker.warn(&format!("{}: would import the token", spec.id));
        return Ok(());
    }
    let account = open(worker, spec, main_access(spec))?
        .import(trim_line_ends(text.expose()))
        .map_err(|error| named(spec, error.into()))?;
    welcome(worker, spec, account);
    Ok(())
}

/// Whether an argument that should be a path may be a pasted secret. Such an argument is never shown.
pub(super) fn may_be_secret(path: &Path) -> bool {
    let text = path.to_string_lossy();
    // A key may be as short as a name, but has no ending like `.json`.
    let is_ending =
        |ending: &str| (2..=5).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_name = text.contains('/') || path.extension().and_then(OsStr::to_str).is_some_and(is_ending);
    !path.exists() && (!is_name || is_secret(&text))
}

/// Whether an argument is a word of small letters, such as the name of a folder: tokens and tickets have others, too.
fn is_word(path: &Path) -> bool {
    path.to_string_lossy().bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Whether a text is a pasted secret and no path.
fn is_secret(text: &str) -> bool {
    let is_one_long_word =
        text.len() >= 24 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=+".contains(&byte));
    let has_mark = ["ticket=", "CPL-coros-", "{"].iter().any(|mark| text.contains(mark));
    text.starts_with("ST-") || has_mark || is_one_long_word || text.len() > 200
}

/// The token in a file or folder of another tool; `None` if the folder has none.
fn read(spec: &PlatformSpec, path: &Path) -> Result<Option<Secret>> {
    let text = spec.main_access().map_or(Ok(None), |access| access.read_token(path));
    text.map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

/// The token of a setting of another tool; some settings contain the token, others the path of its file.
fn of_setting(worker: &Worker, name: &str) -> Result<Option<Secret>> {
    match settings::find(name).map(|setting| setting.kind) {
        Some(SettingKind::TokenPath) => Ok(worker.settings.get(name).filter(|text| is_secret(text)).map(Secret::new)),
        _ => Ok(worker.settings.multiline_secret(name)?),
    }
}

/// The first token in the default places of other tools.
fn usual(worker: &Worker, spec: &PlatformSpec) -> Result<Secret> {
    let Some(access) = spec.main_access() else { return Err(nothing_piped(spec)) };
    for name in access.token_settings() {
        if let Some(text) = of_setting(worker, name)? {
            return Ok(text);
        }
    }
    let places = access.token_places(worker.settings.home().as_deref(), &|name| worker.settings.path(name));
    if places.is_empty() {
        return Err(nothing_piped(spec));
    }
    for place in &places {
        if place.exists()
            && let Some(text) = read(spec, place)?
        {
            worker.info(&format!("importing the token in {}", place.display()));
            return Ok(text);
        }
    }
    let searched = places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(", ");
    Err(Failure::usage(format!("no token of another tool in {searched}; name its file, or pipe a ticket in")))
}

fn nothing_piped(spec: &PlatformSpec) -> Failure {
    let name = &spec.id;
    Failure::usage(format!(
        "nothing was piped in; pipe the token in (gs-auth import - --platform {name}), or paste it: gs-auth login --browser --platform {name}"
    ))
}

/// The token of the account, for another tool. A warning explains the risk of sharing it.
///
/// # Errors
/// No token exists, or the platform is ambiguous.
pub fn export_token(worker: &mut Worker) -> Result<Secret> {
    let nobody =
        || Failure::new(Exit::LoginRequired, "not logged in; log in first: gs-auth login --platform garmin-com");
    let has_token = |spec: &PlatformSpec| Ok(worker.has_token_of(spec, main_access(spec)));
    let spec = only(worker, has_token)?.ok_or_else(nobody)?;
    let platform = open(worker, &spec, main_access(&spec))?;
    let token = platform.export().map_err(|error| named(&spec, error.into()))?;
    let token = token.ok_or_else(|| {
        let message = format!("{0}: not logged in; run gs-auth login --platform {0}", spec.id);
        Failure::new(Exit::LoginRequired, message)
    })?;
    let is_renewed = platform.account().ok().flatten().is_some_and(|account| account.renewable);
    let shared = match is_renewed {
        true => "only the program that renews it first stays logged in; the other one then needs a new login",
        false => "a new login ends it for both programs",
    };
    worker.warn(&format!("this token is a secret; {shared}"));
    Ok(token)
}
