//! Opens the data folder: creates it, or replaces it by a temporary one.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::fs::make_private;

/// The data folder of a run.
pub struct DataDir {
    /// The path that the user named.
    named: PathBuf,
    /// This run created it.
    is_new: bool,
    /// A temporary empty folder in place of a data folder that is missing or not needed; it is removed at the end of the run.
    instead: Option<TempDir>,
}

impl DataDir {
    /// Opens the data folder and creates it if it does not exist. Without `may_make`, a temporary empty folder is used
    /// instead.
    pub fn open(named: PathBuf, may_make: bool) -> io::Result<DataDir> {
        if !may_make && !named.exists() {
            return DataDir::stand_in(named);
        }
        let is_new = claim(&named)?;
        Ok(DataDir { named, is_new, instead: None })
    }

    /// A temporary empty folder in place of the data folder.
    pub fn stand_in(named: PathBuf) -> io::Result<DataDir> {
        Ok(DataDir { named, is_new: false, instead: Some(tempfile::tempdir()?) })
    }

    /// The path that the user named.
    pub fn named(&self) -> &Path {
        &self.named
    }

    /// Whether this run created it.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// The path that is used.
    pub fn used(&self) -> &Path {
        self.instead.as_ref().map_or(&self.named, TempDir::path)
    }

    /// Whether a temporary folder replaces it.
    pub fn is_stand_in(&self) -> bool {
        self.instead.is_some()
    }
}

/// Creates the data folder with access for its owner only, because it contains health data. The access to an existing
/// folder is restricted only while it is empty, so that no other files are affected. Returns whether this process
/// created it, and not another command of the same pipeline.
fn claim(data_dir: &Path) -> io::Result<bool> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    if let Some(above) = data_dir.parent() {
        make_private(above)?;
    }
    let is_new = match std::fs::DirBuilder::new().mode(0o700).create(data_dir) {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
        // On a read-only disk, creating an existing folder fails with this error, too.
        Err(_) if data_dir.is_dir() => false,
        Err(error) => return Err(error),
    };
    if std::fs::read_dir(data_dir)?.next().is_none() {
        // A mounted folder may belong to another user; the files in it are restricted all the same.
        let _ = std::fs::set_permissions(data_dir, std::fs::Permissions::from_mode(0o700));
    }
    Ok(is_new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_data_folder_is_created_or_replaced_by_a_temporary_one() {
        let dir = tempfile::tempdir().unwrap();
        let named = dir.path().join("a/b");
        let place = DataDir::open(named.clone(), false).unwrap();
        assert!(place.is_stand_in() && place.used().is_dir() && !dir.path().join("a").exists());
        let used = place.used().to_owned();
        drop(place);
        assert!(!used.exists());
        assert!(DataDir::open(named.clone(), true).unwrap().is_new);
        let again = DataDir::open(named.clone(), true).unwrap();
        assert!(!again.is_new && again.used() == named);
        assert!(!DataDir::open(named, false).unwrap().is_stand_in());
        assert!(DataDir::open(dir.path().join("file"), true).is_ok());
        std::fs::write(dir.path().join("text"), "").unwrap();
        assert!(DataDir::open(dir.path().join("text"), true).is_err());
        assert!(DataDir::open(dir.path().join("text/below"), true).is_err());
    }
}
