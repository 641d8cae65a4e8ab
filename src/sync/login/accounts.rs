//! The login state of each platform; no request is made.

use std::sync::Arc;

use jiff::Timestamp;

use super::{logins, named, open};
use crate::platform::{PlatformId, PlatformSpec};
use crate::sync::{Result, Worker};

/// The login of one platform: a record of `gs-auth status`.
#[derive(serde::Serialize)]
pub struct AccountStatus {
    /// Always `login`.
    #[serde(rename = "type")]
    pub record: &'static str,
    /// The platform.
    pub platform: PlatformId,
    /// `ok`, `expired` (it is renewed automatically), `login-needed`, `none`.
    pub state: &'static str,
    /// The name of the account.
    pub name: Option<String>,
    /// The domain of the service.
    pub domain: Option<String>,
    /// When the token must be renewed.
    pub expires: Option<Timestamp>,
    /// Until when it can be renewed.
    pub renewable_until: Option<Timestamp>,
    /// Where the token came from.
    pub source: Option<String>,
    /// Whether a password is configured.
    pub password_set: bool,
    /// The login cooldown: no password login before then.
    pub cooldown_until: Option<Timestamp>,
    /// The rate limit of the service: no request before then.
    pub rate_limited_until: Option<Timestamp>,
    /// Why the last password login failed.
    pub refused: Option<String>,
    /// Why the token no longer works.
    pub dead: Option<String>,
}

/// The login of each selected platform.
///
/// # Errors
/// A token cannot be read, or the catalogue cannot be used.
pub fn accounts(worker: &Worker) -> Result<Vec<AccountStatus>> {
    let selected = worker.selection.clone();
    selected.named().unwrap_or_else(|| logins(worker)).iter().map(|spec| status_of(worker, spec)).collect()
}

fn status_of(worker: &Worker, spec: &Arc<PlatformSpec>) -> Result<AccountStatus> {
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
    Ok(AccountStatus {
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
