//! Logs in by OAuth: a person allows the access on a page of the service, on any device.

use std::sync::Arc;

use super::{Prompt, command_of, logins, name_login_to_upload, named, open, several, unless_cancelled, with_login};
use crate::platform::{AccessKind, PlatformSelection, PlatformSpec};
use crate::sync::{Failure, Result, Worker};

/// Logs in by OAuth: shows a link, and waits until a person has allowed the access there.
///
/// # Errors
/// The person rejected the access, or did not open the link in time; or the platform has no access by OAuth.
pub(super) fn authorize(worker: &Worker, prompt: &mut dyn Prompt) -> Result<()> {
    let spec = &platform(worker)?;
    if worker.dry_run {
        worker.warn(&format!("{}: would log in", spec.id));
        return Ok(());
    }
    let platform = open(worker, spec, AccessKind::OAuth)?;
    let authorized = platform.authorize(&mut |text| prompt.show(text));
    authorized.map_err(|error| named(spec, unless_cancelled(worker, error.into())))?;
    worker.info(&format!("{}: access allowed; commands now read with it", spec.id));
    name_login_to_upload(worker, spec);
    Ok(())
}

/// The platform of the login: the named one, else the only one with an access by OAuth.
fn platform(worker: &Worker) -> Result<Arc<PlatformSpec>> {
    let has_oauth = |spec: &Arc<PlatformSpec>| spec.access(AccessKind::OAuth).is_some();
    let specs = match worker.selection.clone() {
        PlatformSelection::Only(specs) => specs,
        PlatformSelection::All => logins(worker).iter().filter(|spec| has_oauth(spec)).cloned().collect(),
    };
    match specs.as_slice() {
        [spec] if has_oauth(spec) => Ok(spec.clone()),
        [spec] => with_login(spec).and_then(|spec| Err(no_oauth(&spec))),
        _ => Err(several(&logins(worker).iter().filter(|spec| has_oauth(spec)).cloned().collect::<Vec<_>>())),
    }
}

/// The failure of a platform that has other accesses.
fn no_oauth(spec: &PlatformSpec) -> Failure {
    let ways: Vec<String> = spec.accesses().iter().map(|access| command_of(spec, access.kind())).collect();
    Failure::usage(format!("{} has no OAuth; use {}", spec.id, ways.join(" or ")))
}
