//! Keeps files that are about to be replaced: a complete copy is synced to `replaced/` before the new file gets the name.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

use super::store::{Archive, Error, Stored, stored, unfinished};
use crate::fs::sync_dir;

impl Archive {
    /// Keeps a file that is about to be replaced by `by`.
    pub(super) fn set_aside(&self, path: &Path, by: &Stored) -> Result<(), Error> {
        self.keep(path, Some(by)).map_err(|source| Error { path: self.absolute(path), source })
    }

    /// Moves a file below the data folder to `replaced/`, because a better one replaces it. A missing file is no error.
    pub fn retire(&self, path: &Path) -> Result<(), Error> {
        let full = self.absolute(path);
        let named = |source| Error { path: full.clone(), source };
        self.keep(path, None).map_err(named)?;
        match fs::remove_file(&full) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(named(error)),
            _ => Ok(()),
        }
    }

    /// Keeps a file, unless it does not exist or has the bytes of `by`.
    fn keep(&self, path: &Path, by: Option<&Stored>) -> io::Result<()> {
        let full = self.absolute(path);
        let bytes = match fs::read(&full) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            read => read?,
        };
        let old = stored(&bytes);
        if by == Some(&old) {
            return Ok(());
        }
        let kept = self.root.join("replaced").join(path);
        let name = kept.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let kept = kept.with_file_name(format!("{}-{name}", &old.sha256[..12]));
        let dir = kept.parent().unwrap_or(&self.root);
        self.make_durable(dir)?;
        // Another program may have written the file without syncing it.
        File::open(&full)?.sync_all()?;
        if fs::hard_link(&full, &kept).is_err() && !holds(&kept, &old) {
            // The file system does not support hard links, or an incomplete copy of an earlier run exists.
            unfinished(dir, &bytes)?.persist(&kept).map_err(|error| error.error)?;
        }
        sync_dir(dir)
    }
}

/// Whether the file has these bytes.
fn holds(path: &Path, expected: &Stored) -> bool {
    fs::read(path).is_ok_and(|bytes| stored(&bytes) == *expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "fit/p/a.gpx";

    fn kept(dir: &Path) -> Vec<Vec<u8>> {
        let entries = fs::read_dir(dir.join("replaced/fit/p")).into_iter().flatten().flatten();
        entries.map(|entry| fs::read(entry.path()).unwrap()).collect()
    }

    #[test]
    fn an_incomplete_replaced_file_is_completed() {
        let dir = tempfile::tempdir().unwrap();
        let archive = Archive::new(dir.path());
        let old = archive.store(Path::new(PATH), b"<gpx>one</gpx>").unwrap();
        let half = dir.path().join(format!("replaced/fit/p/{}-a.gpx", &old.sha256[..12]));
        fs::create_dir_all(half.parent().unwrap()).unwrap();
        fs::write(half, b"<gp").unwrap();
        archive.store(Path::new(PATH), b"<gpx>two</gpx>").unwrap();
        assert_eq!(kept(dir.path()), [b"<gpx>one</gpx>"]);
    }

    #[test]
    fn a_retired_file_is_kept_and_a_missing_one_is_no_error() {
        let dir = tempfile::tempdir().unwrap();
        let archive = Archive::new(dir.path());
        archive.store(Path::new(PATH), b"<gpx>one</gpx>").unwrap();
        for _ in 0..2 {
            archive.retire(Path::new(PATH)).unwrap();
            assert!(!dir.path().join(PATH).exists());
            assert_eq!(kept(dir.path()), [b"<gpx>one</gpx>"]);
        }
    }
}
