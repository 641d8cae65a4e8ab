//! Writes files together to a folder that others read: each file complete, and all files or none.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::{NamedTempFile, TempPath};

use super::{Exit, Failure, Result};
use crate::fs::{make_private, sweep, sync_dir, unfinished_of};
use crate::reason::Reason;

/// The prefix of unfinished files; files that a killed run left are removed by it. The id of the process follows.
const UNFINISHED: &str = ".gs-unfinished-";

/// Writes the content of a file.
pub type Content<'a> = &'a dyn Fn(&mut dyn Write) -> io::Result<()>;

/// A folder to which one process at a time writes.
pub struct OutputFolder {
    path: PathBuf,
    /// Held as long as the folder is open.
    _lock: File,
}

impl OutputFolder {
    /// Opens a folder, and creates a missing one with access for its owner only. Waits up to `wait` while another
    /// process writes to it.
    pub fn open(path: &Path, wait: Duration) -> Result<OutputFolder> {
        let named = |error| failure(path, &error);
        make_private(path).map_err(named)?;
        let lock = File::open(path).map_err(named)?;
        match crate::fs::lock(&lock, wait) {
            Ok(true) => sweep(path, UNFINISHED, Duration::ZERO),
            Ok(false) => {
                let message = format!("{}: another command writes there; try again later", path.display());
                return Err(Failure::new(Exit::TempFail, message));
            }
            // On a file system without locks, runs do not wait for each other; each run writes its own temporary files.
            Err(_) => {}
        }
        Ok(OutputFolder { path: path.to_owned(), _lock: lock })
    }

    /// Writes files in this order and replaces those of the same names, which keep their modes. A new file is
    /// accessible to its owner only. If any write fails, all previous files are restored.
    pub fn put(&self, files: &[(&str, Content)]) -> Result<()> {
        let named = |name: &str, error: &io::Error| failure(&self.path.join(name), error);
        let mut written = Vec::new();
        for (name, content) in files {
            written.push(self.write(name, content).map_err(|error| named(name, &error))?);
        }
        let mut kept = Vec::new();
        for ((name, _), file) in files.iter().zip(written) {
            let place = self.path.join(name);
            let before = self.keep(&place);
            let put = before.and_then(|before| {
                file.persist(&place).map_err(|error| error.error)?;
                kept.push((place, before));
                Ok(())
            });
            if let Err(error) = put {
                kept.into_iter().for_each(put_back);
                return Err(named(name, &error));
            }
        }
        sync_dir(&self.path).map_err(|error| failure(&self.path, &error))
    }

    /// Removes the unfinished files of this process in a folder, when a signal ends it.
    pub fn sweep_own(path: &Path) {
        sweep(path, &own_prefix(), Duration::ZERO);
    }

    /// Writes a complete file without its `name`: to be published, or dropped.
    pub fn draft(&self, name: &str, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<NamedTempFile> {
        unfinished_of(&self.path, &own_prefix(), content).map_err(|error| failure(&self.path.join(name), &error))
    }

    /// Gives a draft its name, in place of a file of that name, whose mode it gets.
    pub fn publish(&self, name: &str, draft: NamedTempFile) -> Result<()> {
        let place = self.path.join(name);
        let published = finish(&draft, &place).and_then(|()| crate::fs::persist(draft, &place));
        published.map_err(|error| failure(&place, &error))
    }

    /// Removes a file.
    pub fn remove(&self, name: &str) -> Result<()> {
        let place = self.path.join(name);
        let removed = fs::remove_file(&place).and_then(|()| sync_dir(&self.path));
        removed.map_err(|error| failure(&place, &error))
    }

    /// Writes a complete file next to its final path and syncs it.
    fn write(&self, name: &str, content: Content) -> io::Result<NamedTempFile> {
        let file = unfinished_of(&self.path, &own_prefix(), content)?;
        finish(&file, &self.path.join(name))?;
        Ok(file)
    }

    /// A hard link to the file that is about to be replaced; `None` if there is no file yet.
    fn keep(&self, place: &Path) -> io::Result<Option<TempPath>> {
        let name = self.path.join(format!("{}{:08x}", own_prefix(), fastrand::u32(..)));
        match fs::hard_link(place, &name) {
            Ok(()) => Ok(Some(TempPath::try_from_path(name)?)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            // The file system does not support hard links, so the file is copied.
            Err(_) => {
                fs::copy(place, &name)?;
                Ok(Some(TempPath::try_from_path(name)?))
            }
        }
    }
}

/// The prefix of the unfinished files of this process.
fn own_prefix() -> String {
    format!("{UNFINISHED}{}-", std::process::id())
}

/// Gives a file the mode of the one that it replaces, as a web server may need it, and syncs it.
fn finish(file: &NamedTempFile, place: &Path) -> io::Result<()> {
    match fs::metadata(place) {
        Ok(before) if before.is_dir() => return Err(ErrorKind::IsADirectory.into()),
        Ok(before) => file.as_file().set_permissions(Permissions::from_mode(before.permissions().mode() & 0o777))?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    file.as_file().sync_all()
}

/// Restores the previous file, or removes the new one if there was none.
fn put_back((place, before): (PathBuf, Option<TempPath>)) {
    // The failure of the whole write is reported; nothing more can be done here.
    match before {
        Some(before) => drop(before.persist(place)),
        None => drop(fs::remove_file(place)),
    }
}

/// The failure of a write to `path`.
pub(super) fn failure(path: &Path, error: &io::Error) -> Failure {
    let shown = path.display();
    let reason = match (crate::fs::reason(path, error), error.kind()) {
        (Reason::Storage { .. }, ErrorKind::AlreadyExists | ErrorKind::NotADirectory) if path.is_file() => {
            Reason::Storage { detail: format!("{shown}: is a file, not a folder; choose a folder") }
        }
        (Reason::Storage { .. }, ErrorKind::NotADirectory) => Reason::Storage {
            detail: format!("{shown}: a part of this path is a file, not a folder; choose another one"),
        },
        (Reason::Storage { .. }, ErrorKind::IsADirectory) => {
            Reason::Storage { detail: format!("{shown}: is a folder, not a file; move it, or choose another folder") }
        }
        (Reason::Storage { detail }, _) => {
            Reason::Storage { detail: format!("{detail}; make the folder writable, or choose another one") }
        }
        (reason, _) => reason,
    };
    Failure::because(Exit::Config, reason)
}
