//! Finds and starts the commands that the subcommands run.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::NAME;
use crate::cli::{Exit, Failure};

/// The commands that are scripts, and their paths below `scripts` in a source tree. The folder `target` with the other
/// commands is next to `scripts`.
const SCRIPTS: [(&str, &str); 2] = [("gs-sync", "sync"), ("garminsync-daemon", "daemon/garminsync-daemon")];

/// A command, ready to run: the one next to this program, or else the one in PATH.
///
/// # Errors
/// The command is in neither place.
pub fn command(name: &str) -> Result<Command, Failure> {
    let path = find(name).ok_or_else(|| {
        let message = format!("{name} is neither beside garminsync nor in PATH; install it again: scripts/install");
        Failure::new(Exit::Config, message)
    })?;
    let mut command = Command::new(path);
    command.env("PATH", search_path());
    Ok(command)
}

/// Replaces this program by a command. Returns only if that fails.
pub fn replace(mut command: Command) -> Failure {
    let error = command.exec();
    let name = Path::new(command.get_program()).display().to_string();
    Failure::new(Exit::Config, format!("{name} cannot be started: {error}"))
}

/// The path of this program, with links resolved.
pub fn own_path() -> Option<PathBuf> {
    std::env::current_exe().and_then(std::fs::canonicalize).ok()
}

/// Prints a message on standard error.
pub fn say(message: &str) {
    // If stderr is closed, there is no other place for the message.
    let _ = writeln!(std::io::stderr(), "{NAME}: {}", crate::activity::printable(message));
}

/// The path of a program in PATH.
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

/// The possible paths of a command if this program is in `folder`: as `scripts/install` installs it, or in the source
/// tree.
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

/// The PATH for commands: a script that is started from here finds the commands next to this program first.
fn search_path() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = own_path();
    let folder = own.as_deref().and_then(Path::parent).filter(|folder| is_program(&folder.join("gs-fetch")));
    let Some(folder) = folder else { return path };
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
    // PATH cannot contain a folder with a colon in its name.
    std::env::join_paths(folders).unwrap_or(path)
}
