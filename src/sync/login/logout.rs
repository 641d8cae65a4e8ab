//! Forgets tokens and accounts.

use std::sync::Arc;

use super::{named, only, open};
use crate::archive::Purpose;
use crate::catalogue::Forgotten;
use crate::i18n;
use crate::platform::{AccessKind, PlatformSpec};
use crate::sync::{Exit, Failure, Result, Worker, person};

/// Deletes the tokens of a platform. The account stays the owner of the data folder.
///
/// # Errors
/// The token cannot be removed, or the platform is ambiguous.
pub fn logout(worker: &mut Worker) -> Result<()> {
    worker.require_writable_unless_dry()?;
    let Some(spec) = &only(worker, |spec| Ok(worker.has_token(spec)))? else {
        worker.warn("not logged in");
        return Ok(());
    };
    let accesses: Vec<AccessKind> = spec.accesses().iter().map(|access| access.kind()).collect();
    let stored: Vec<AccessKind> = accesses.into_iter().filter(|kind| worker.has_token_of(spec, *kind)).collect();
    if stored.is_empty() {
        worker.info(&format!("{}: not logged in", spec.id));
    }
    for kind in stored {
        let what = match kind {
            AccessKind::ApiKey => "API key",
            AccessKind::OAuth => "OAuth token",
            AccessKind::Login => "login",
        };
        match worker.dry_run {
            true => worker.warn(&format!("{}: would delete the {what}", spec.id)),
            false => {
                open(worker, spec, kind)?.logout().map_err(|error| named(spec, error.into()))?;
                worker.info(&format!("{}: {what} deleted", spec.id));
            }
        }
    }
    Ok(())
}

/// Deletes the tokens of all accesses.
fn delete_tokens(worker: &Worker, spec: &Arc<PlatformSpec>) -> Result<()> {
    for access in spec.accesses() {
        open(worker, spec, access.kind())?.logout().map_err(|error| named(spec, error.into()))?;
    }
    Ok(())
}

/// Forgets an account and its data in the catalogue, so that another account can replace it. The files of the archive
/// move to `former/`.
///
/// # Errors
/// No account is known, another command uses it, or the platform is ambiguous.
pub fn forget_account(worker: &mut Worker) -> Result<()> {
    worker.require_writable_unless_dry()?;
    let is_known = |spec: &PlatformSpec| Ok(worker.has_token(spec) || worker.catalogue.owner(&spec.id)?.is_some());
    let nothing = || Failure::usage("no login and no account to remove");
    let spec = &only(worker, is_known)?.ok_or_else(nothing)?;
    forget(worker, spec)
}

/// Forgets an account, and reports what was forgotten.
fn forget(worker: &mut Worker, spec: &Arc<PlatformSpec>) -> Result<()> {
    let owner = worker.catalogue.owner(&spec.id)?;
    let who = owner.as_ref().map_or_else(|| "an unknown account".to_owned(), person);
    let known = worker.catalogue.count_of_account(&spec.id)?;
    if owner.is_none() && !worker.has_token(spec) && known == Forgotten::default() {
        let name = &spec.id;
        return Err(Failure::usage(format!("{name}: no login and no account to remove")));
    }
    if worker.dry_run {
        worker.warn(&format!("{}: would remove {who} from this data folder: {}", spec.id, counted(&known)));
        return Ok(());
    }
    // The locks keep other commands from downloading and writing meanwhile.
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
    delete_tokens(worker, spec)?;
    // The files move first: without their catalogue rows, they would be assigned to the next account.
    let moved = worker.archive.retire_account(&spec.id, worker.now())?;
    let forgotten = worker.catalogue.forget_account(&spec.id)?;
    let files = moved.map(|path| format!("; its files are now in {}", path.display())).unwrap_or_default();
    worker.warn(&format!("{}: {who} removed from this data folder: {}{files}", spec.id, counted(&forgotten)));
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
