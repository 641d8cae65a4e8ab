//! Writes files atomically, and checks existing ones.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::{BadBody, CheckedFile, folder_name, unpack};
use crate::fs::{self, lacks_locks, no_room};
use crate::hex;
use crate::reason::Reason;
use crate::walk;

/// The prefix of temporary files; files that a killed run left are removed by it.
const UNFINISHED: &str = ".part-";

/// The archive below a data folder.
#[derive(Debug, Clone)]
pub struct Archive {
    pub(super) root: PathBuf,
}

/// A file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.reason())]
pub struct Error {
    /// The path.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

impl Error {
    /// Why, as records and the catalogue have it.
    pub fn reason(&self) -> Reason {
        match (self.source.kind(), fs::reason(&self.path, &self.source)) {
            (ErrorKind::PermissionDenied, Reason::Storage { detail }) => {
                Reason::Storage { detail: format!("{detail}; make the folder writable") }
            }
            (_, reason) => reason,
        }
    }

    /// Whether a person must fix it: the configuration of the machine, or a full disk.
    pub fn is_configuration(&self) -> bool {
        let kinds = [ErrorKind::ReadOnlyFilesystem, ErrorKind::PermissionDenied, ErrorKind::NotADirectory];
        no_room(&self.source).is_some() || lacks_locks(&self.source) || kinds.contains(&self.source.kind())
    }
}

/// A file that is on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// Size.
    pub bytes: u64,
}

impl Stored {
    /// What these bytes would be on the disk.
    pub fn of(bytes: &[u8]) -> Stored {
        stored(bytes)
    }
}

/// A file that was read and checked, or why it is corrupt.
pub type Checked = Result<(CheckedFile, Stored), BadBody>;

/// What a lock protects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Writes to the platform's folder in the archive.
    Download,
    /// Writing to the platform itself.
    Write,
}

/// Held while one process writes into one platform's folder, or to the platform.
#[derive(Debug)]
pub struct Lock {
    /// The lock exists as long as the file is open.
    _file: File,
}

impl Archive {
    /// The archive below the data folder `root`.
    pub fn new(root: impl Into<PathBuf>) -> Archive {
        Archive { root: root.into() }
    }

    /// The absolute path of a file below the data folder.
    pub fn absolute(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }

    /// Whether the file exists with this size. [`Archive::read_whole`] checks its bytes.
    pub fn is_there(&self, path: &str, bytes: u64) -> bool {
        std::fs::metadata(self.absolute(path)).is_ok_and(|meta| meta.is_file() && meta.len() == bytes)
    }

    /// Whether a file has the bytes of this SHA-256, which were checked when they were stored. A file that does not exist has
    /// none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn has_bytes_of(&self, path: &Path, sha256: &str) -> Result<bool, Error> {
        let full = self.absolute(path);
        let hashed = File::open(&full).and_then(|mut file| {
            let mut digest = Sha256::new();
            let mut piece = [0; 64 << 10];
            loop {
                match file.read(&mut piece) {
                    Ok(0) => return Ok(hex::encode(&digest.finalize()) == sha256),
                    Ok(read) => digest.update(&piece[..read]),
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        });
        match hashed {
            Ok(is_equal) => Ok(is_equal),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(false),
            Err(source) => Err(Error { path: full, source }),
        }
    }

    /// Reads and checks a file: `None` if it does not exist or is no file, an inner `Err` if it is corrupt.
    pub fn read_whole(&self, path: &Path) -> Result<Option<Checked>, Error> {
        let full = self.absolute(path);
        // Opening a named pipe would wait for its writer.
        if std::fs::metadata(&full).is_ok_and(|meta| !meta.is_file()) {
            return Ok(None);
        }
        let bytes = match std::fs::read(&full) {
            Ok(bytes) => bytes,
            // A missing folder is reported when something is written to it.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(source) => return Err(Error { path: full, source }),
        };
        let stored = stored(&bytes);
        // A file in the archive is never compressed, so it is one file.
        let is_packed = bytes.starts_with(b"PK") || walk::is_gzip(&bytes);
        let mut pieces = match unpack(&bytes) {
            Ok(pieces) if !is_packed => pieces,
            Ok(_) => Vec::new(),
            Err(bad) => return Ok(Some(Err(bad))),
        };
        Ok(pieces.pop().map(|piece| Ok((piece, stored))))
    }

    /// Writes `bytes` to `path` below the data folder: a temporary file, synced and renamed.
    ///
    /// An existing file with other bytes is moved to `replaced/`.
    pub fn store(&self, path: &Path, bytes: &[u8]) -> Result<Stored, Error> {
        let full = self.absolute(path);
        let named = |source| Error { path: full.clone(), source };
        let stored = stored(bytes);
        let dir = full.parent().unwrap_or(&self.root);
        self.make_durable(dir).map_err(named)?;
        let unfinished = unfinished(dir, bytes).map_err(named)?;
        self.set_aside(path, &stored)?;
        fs::persist(unfinished, &full).map_err(named)?;
        Ok(stored)
    }

    /// Creates a folder below the data folder, with its parents, and syncs them: a power failure does not remove them.
    pub(super) fn make_durable(&self, dir: &Path) -> io::Result<()> {
        if dir.is_dir() {
            return Ok(());
        }
        fs::make_private(dir)?;
        let parents = dir.ancestors().skip(1).take_while(|parent| parent.starts_with(&self.root));
        parents.into_iter().try_for_each(fs::sync_dir)
    }

    /// Locks a platform for one process, waiting up to `wait`. For downloads, files that killed runs left are removed.
    ///
    /// `None` if another process holds the lock until then.
    pub fn lock(&self, platform: &str, purpose: Purpose, wait: Duration) -> Result<Option<Lock>, Error> {
        let ending = if purpose == Purpose::Download { "download" } else { "write" };
        let path = self.root.join("locks").join(format!("{}.{ending}", folder_name(platform)));
        let named = |source| Error { path: path.clone(), source };
        fs::make_private(path.parent().unwrap_or(&self.root)).map_err(named)?;
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(named)?;
        if !fs::lock(&file, wait).map_err(named)? {
            return Ok(None);
        }
        if purpose == Purpose::Download {
            self.sweep(platform);
        }
        Ok(Some(Lock { _file: file }))
    }

    fn sweep(&self, platform: &str) {
        for above in ["fit", "replaced/fit"] {
            fs::sweep(&self.root.join(above).join(folder_name(platform)), UNFINISHED, Duration::ZERO);
        }
    }
}

/// A temporary file with these bytes in that folder, synced to the disk.
pub(super) fn unfinished(dir: &Path, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    fs::unfinished(dir, UNFINISHED, bytes)
}

pub(super) fn stored(bytes: &[u8]) -> Stored {
    let digest = Sha256::digest(bytes);
    let sha256 = hex::encode(&digest);
    Stored { sha256, bytes: bytes.len() as u64 }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_file_is_written_completely_and_replaced_without_loss() {
        let dir = tempfile::tempdir().unwrap();
        let archive = Archive::new(dir.path());
        let path = Path::new("fit/p/a.gpx");
        archive.store(path, b"<gpx>one</gpx>").unwrap();
        archive.store(path, b"<gpx>one</gpx>").unwrap();
        assert!(names(&dir.path().join("replaced/fit/p")).is_empty());
        archive.store(path, b"<gpx>two</gpx>").unwrap();
        assert_eq!(names(&dir.path().join("fit/p")), ["a.gpx"]);
        let aside = names(&dir.path().join("replaced/fit/p"));
        assert_eq!(aside.len(), 1);
        assert_eq!(fs::read(dir.path().join("replaced/fit/p").join(&aside[0])).unwrap(), b"<gpx>one</gpx>");
    }

    #[test]
    fn files_of_a_killed_run_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let archive = Archive::new(dir.path());
        fs::create_dir_all(dir.path().join("fit/garmin_com")).unwrap();
        fs::write(dir.path().join("fit/garmin_com/.part-abc"), b"half").unwrap();
        let lock = archive.lock("garmin-com", Purpose::Download, Duration::ZERO).unwrap();
        assert!(lock.is_some() && names(&dir.path().join("fit/garmin_com")).is_empty());
        assert!(archive.lock("garmin-com", Purpose::Download, Duration::ZERO).unwrap().is_none());
        drop(lock);
        assert!(archive.lock("garmin-com", Purpose::Download, Duration::ZERO).unwrap().is_some());
    }

    #[test]
    fn a_corrupt_file_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let archive = Archive::new(dir.path());
        assert!(archive.read_whole(Path::new("a.gpx")).unwrap().is_none());
        fs::write(dir.path().join("a.gpx"), b"<gpx>").unwrap();
        assert!(archive.read_whole(Path::new("a.gpx")).unwrap().unwrap().is_err());
    }
}
