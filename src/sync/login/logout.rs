//! Forgets tokens and accounts.

use std::sync::Arc;

use super::{named, only, open};
use crate::archive::Purpose;
use crate::catalogue::Forgotten;
use crate::i18n;
use crate::platform::PlatformSpec;
use crate::sync::{Exit, Failure, Result, Worker, person};

/// Forgets the token of a platform. The account stays the owner of the data folder.
///
/// # Errors
/// The token cannot be removed, or the platform is ambiguous.
pub fn logout(worker: &mut Worker) -> Result<()> {
    worker.require_writable_unless_dry()?;
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

/// Forgets an account and its data in the catalogue, so that another account can replace it. The files of the archive
/// move to `former/`.
///
/// # Errors
/// No account is known, another command uses it, or the platform is ambiguous.
pub fn forget_account(worker: &mut Worker) -> Result<()> {
    worker.require_writable_unless_dry()?;
    let is_known = |spec: &PlatformSpec| Ok(worker.has_token(spec) || worker.catalogue.owner(&spec.id)?.is_some());
    let nothing = || Failure::usage("nothing to forget: nobody is logged in, and this data folder belongs to nobody");
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
        return Err(Failure::usage(format!("{name}: nothing to forget: nobody is logged in, and no account is known")));
    }
    if worker.dry_run {
        worker.warn(&format!("{}: would forget {who}: {}", spec.id, counted(&known)));
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
    open(worker, spec)?.logout().map_err(|error| named(spec, error.into()))?;
    // The files move first: without their catalogue rows, they would be assigned to the next account.
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
