//! Where the commands are that the words run.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::NAME;
use crate::cli::{Exit, Failure};

/// The scripts among the commands, and their places in a source tree; the folder `target` with the other commands stands beside
/// `scripts` there.
const SCRIPTS: [(&str, &str); 2] = [("gs-sync", "sync"), ("garminsync-daemon", "daemon/garminsync-daemon")];

/// A command, ready to run: the one beside this program, else the one in PATH.
///
/// # Errors
/// It is in neither place.
pub fn command(name: &str) -> Result<Command, Failure> {
    let path = find(name).ok_or_else(|| {
        let message = format!("{name} is neither beside garminsync nor in PATH; install it again: scripts/install");
        Failure::new(Exit::Config, message)
    })?;
    let mut command = Command::new(path);
    command.env("PATH", search_path());
    Ok(command)
}

/// Runs a command in place of this program, which ends here unless that fails.
pub fn replace(mut command: Command) -> Failure {
    let error = command.exec();
    let name = Path::new(command.get_program()).display().to_string();
    Failure::new(Exit::Config, format!("{name} cannot be started: {error}"))
}

/// The place of this program itself; a link to it leads there.
pub fn own_path() -> Option<PathBuf> {
    std::env::current_exe().and_then(std::fs::canonicalize).ok()
}

/// Prints a message on standard error.
pub fn say(message: &str) {
    // With stderr gone there is nobody left to tell.
    let _ = writeln!(std::io::stderr(), "{NAME}: {}", crate::activity::printable(message));
}

/// A program of the PATH.
pub fn in_path(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| is_program(path))
}

fn find(name: &str) -> Option<PathBuf> {
    let own = own_path();
    let folder = own.as_deref().and_then(Path::parent);
    let beside = folder.into_iter().flat_map(|folder| beside(folder, name)).find(|path| is_program(path));
    beside.or_else(|| in_path(name))
}

/// Where it may be, if this program is in `folder`: as `scripts/install` puts it, or in the source tree.
fn beside(folder: &Path, name: &str) -> Vec<PathBuf> {
    let mut places = vec![folder.join(name), folder.join("../libexec/garminsync").join(name)];
    let script = SCRIPTS.iter().find(|(command, _)| *command == name);
    let is_source_tree = folder.parent().and_then(Path::file_name).is_some_and(|name| name == "target");
    if let Some((_, script)) = script.filter(|_| is_source_tree) {
        places.push(folder.join("../../scripts").join(script));
    }
    places
}

fn is_program(path: &Path) -> bool {
    let is_executable = |meta: Metadata| meta.is_file() && meta.permissions().mode() & 0o111 != 0;
    path.metadata().is_ok_and(is_executable)
}

/// The PATH of what is run: a script that is started from here finds the commands beside this program first.
fn search_path() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = own_path();
    let folder = own.as_deref().and_then(Path::parent).filter(|folder| is_program(&folder.join("gs-fetch")));
    let Some(folder) = folder else { return path };
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
    // A folder with a colon in its name cannot stand in PATH.
    std::env::join_paths(folders).unwrap_or(path)
}
