//! Shows whether a command in the sync log still runs: it holds a lock that the kernel releases however the command
//! ends.
//!
//! A row without an end belongs to a command that still runs or was killed. A process id does not tell which: in
//! another container it belongs to another process. A lock works for every process that can access the data folder.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Result, Worker};
use crate::fs::make_private;

/// An older lock file was left by a command that was killed, and is no longer needed.
const OLD: Duration = Duration::from_secs(7 * 24 * 3600);

/// The lock of a running command; it is released with this value.
pub struct RunningLock {
    path: PathBuf,
    _lock: File,
}

impl RunningLock {
    /// Creates the lock for the row `number`; `None` if that fails, and then the state of the command is unknown.
    pub fn create(data_dir: &Path, number: i64) -> Option<RunningLock> {
        let folder = folder(data_dir);
        make_private(&folder).ok()?;
        sweep(&folder);
        // The file is locked before it gets its name, so that no process finds it without its lock.
        let unnamed = folder.join(format!("{number}.new"));
        let lock = File::create(&unnamed).ok()?;
        let path = folder.join(number.to_string());
        let is_created = lock.try_lock().is_ok() && fs::rename(&unnamed, &path).is_ok();
        if !is_created {
            let _ = fs::remove_file(&unnamed);
        }
        is_created.then_some(RunningLock { path, _lock: lock })
    }
}

impl Drop for RunningLock {
    fn drop(&mut self) {
        // The row already has its end, so the lock file is no longer needed.
        let _ = fs::remove_file(&self.path);
    }
}

/// Which rows belong to commands that still run (`true`) or were killed (`false`); other rows are unknown.
///
/// Call this before reading the rows: a command that ends in between has its end in them.
pub fn running_commands(data_dir: &Path) -> HashMap<i64, bool> {
    let files = fs::read_dir(folder(data_dir)).into_iter().flatten().flatten();
    let lock_of = |file: fs::DirEntry| {
        let number = file.file_name().to_str()?.parse().ok()?;
        match File::open(file.path()).ok()?.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Some((number, true)),
            Ok(()) => Some((number, false)),
            Err(TryLockError::Error(_)) => None,
        }
    };
    files.filter_map(lock_of).collect()
}

impl Worker {
    /// Whether another command still runs, or was killed and not started again, as far as is known. Commands named
    /// `except` do not count.
    pub fn is_any_at_work(&self, except: &str) -> Result<bool> {
        let locks = running_commands(&self.data_dir);
        let open = self.catalogue.open_commands()?;
        let is_at_work = |number: i64, was_called_again: bool| locks.get(&number).copied().unwrap_or(!was_called_again);
        Ok(open.iter().any(|row| row.command != except && is_at_work(row.number, row.was_called_again)))
    }
}

fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("locks").join(".running")
}

fn sweep(folder: &Path) {
    let long_ago = SystemTime::now() - OLD;
    for file in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_old = file.metadata().and_then(|meta| meta.modified()).is_ok_and(|at| at < long_ago);
        let is_left = || File::open(file.path()).is_ok_and(|file| file.try_lock().is_ok());
        if is_old && is_left() {
            let _ = fs::remove_file(file.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_shows_whether_a_command_runs_was_killed_or_ended() {
        let dir = tempfile::tempdir().unwrap();
        let (runs, ends) = (RunningLock::create(dir.path(), 7).unwrap(), RunningLock::create(dir.path(), 8).unwrap());
        let killed = RunningLock::create(dir.path(), 9).unwrap();
        // A killed command leaves its file without a lock.
        let RunningLock { path, _lock } = &killed;
        let left = path.clone();
        _lock.unlock().unwrap();
        drop(ends);
        assert_eq!(running_commands(dir.path()), HashMap::from([(7, true), (9, false)]));
        drop((runs, killed));
        assert!(!left.exists() && running_commands(dir.path()).is_empty());
    }

    #[test]
    fn the_lock_file_of_a_killed_command_is_removed_after_a_week() {
        let dir = tempfile::tempdir().unwrap();
        drop(RunningLock::create(dir.path(), 1).unwrap());
        for (name, days) in [("2", 8), ("3", 6), ("4.new", 8)] {
            let file = File::create(folder(dir.path()).join(name)).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(days * 24 * 3600)).unwrap();
        }
        drop(RunningLock::create(dir.path(), 5).unwrap());
        assert_eq!(running_commands(dir.path()), HashMap::from([(3, false)]));
    }
}
