//! The state of each access of each platform; no request is made.

use std::sync::Arc;

use jiff::Timestamp;

use super::{command_of, logins, named, open};
use crate::platform::{Access, AccessKind, PlatformId, PlatformSpec};
use crate::status::FileQuotaUsage;
use crate::sync::file_quota::file_quota;
use crate::sync::{Result, Worker};

/// One access to the account of a platform: a record of `gs-auth status`.
#[derive(serde::Serialize)]
pub struct AccountStatus {
    /// Always `login`.
    #[serde(rename = "type")]
    pub record: &'static str,
    /// The platform.
    pub platform: PlatformId,
    /// `key`, `oauth` or `login`.
    pub access: AccessKind,
    /// Whether commands read from the platform by this access.
    pub reads: bool,
    /// Whether commands upload and delete by this access.
    pub writes: bool,
    /// `ok`, `expired` (it is renewed automatically), `login-needed`, `none`.
    pub state: &'static str,
    /// The name of the account.
    pub name: Option<String>,
    /// The domain of the service.
    pub domain: Option<String>,
    /// When the token must be renewed, or when the key ends.
    pub expires: Option<Timestamp>,
    /// Whether it is renewed automatically.
    pub renewable: bool,
    /// Until when it can be renewed.
    pub renewable_until: Option<Timestamp>,
    /// Where the token or key came from.
    pub source: Option<String>,
    /// Whether the settings have the password or the key.
    pub password_set: bool,
    /// The login cooldown: no password login before then.
    pub cooldown_until: Option<Timestamp>,
    /// The rate limit of the service: no request before then.
    pub rate_limited_until: Option<Timestamp>,
    /// Why the last password login failed.
    pub login_rejected: Option<String>,
    /// Why the token or key no longer works.
    pub ended: Option<String>,
    /// How many files were requested, if the service limits their number.
    pub file_quota: Option<FileQuotaUsage>,
    /// If no access of the platform is set up: the commands that set one up, each with what it allows. For people.
    #[serde(skip)]
    pub ways: Vec<String>,
}

/// The accesses of each selected platform that are set up; of a platform without any, the one that a login is for.
///
/// # Errors
/// A token cannot be read, or the catalogue cannot be used.
pub fn accounts(worker: &Worker) -> Result<Vec<AccountStatus>> {
    let selected = worker.selection.clone();
    let mut all = Vec::new();
    for spec in selected.named().unwrap_or_else(|| logins(worker)) {
        let accesses = spec.accesses();
        let mut shown: Vec<&dyn Access> =
            accesses.into_iter().filter(|access| worker.is_set_up(spec, *access)).collect();
        let ways = if shown.is_empty() { ways(spec) } else { Vec::new() };
        if shown.is_empty() {
            shown.extend(spec.main_access());
        }
        for access in shown {
            all.push(AccountStatus { ways: ways.clone(), ..status_of(worker, spec, access)? });
        }
    }
    Ok(all)
}

/// The commands that set up an access, the preferred one for reading first.
fn ways(spec: &PlatformSpec) -> Vec<String> {
    let way = |access: &dyn Access| {
        let allows = if access.can_write() { "to read and write" } else { "to read" };
        format!("{allows}: {}", command_of(spec, access.kind()))
    };
    spec.accesses().into_iter().map(way).collect()
}

fn status_of(worker: &Worker, spec: &Arc<PlatformSpec>, access: &dyn Access) -> Result<AccountStatus> {
    let (now, kind) = (worker.now(), access.kind());
    let account = open(worker, spec, kind)?.account().map_err(|error| named(spec, error.into()))?;
    // Only password logins have a cooldown.
    let login = worker.catalogue.login_failure(&spec.id)?.filter(|_| kind == AccessKind::Login);
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
        access: kind,
        reads: worker.read_access(spec) == kind,
        writes: access.can_write() && worker.write_access(spec) == kind,
        state,
        name: account.as_ref().and_then(|a| a.name.clone()),
        domain: account.as_ref().map(|a| a.domain.clone()),
        expires: account.as_ref().and_then(|a| a.expires),
        renewable: account.as_ref().is_some_and(|a| a.renewable),
        renewable_until: account.as_ref().and_then(|a| a.renewable_until),
        ended: account.as_ref().and_then(|a| a.dead.clone()),
        source: account.as_ref().map(|a| a.source.clone()),
        password_set: worker.has_credentials_of(access),
        cooldown_until,
        rate_limited_until: worker.catalogue.rate_limited_until(&spec.id, now)?,
        file_quota: file_quota(&worker.catalogue, &spec.id, access, now)?.filter(|_| account.is_some()),
        login_rejected: login.map(|login| login.reason.to_string()),
        ways: Vec::new(),
    })
}
