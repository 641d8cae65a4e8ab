//! The data folder: who makes it, and what stands in for one that is not to be made.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::Run;
use crate::fs::make_private;

/// The data folder of a run.
pub(super) struct Place {
    /// Where it is named.
    named: PathBuf,
    /// It was made by this run.
    is_new: bool,
    /// An empty folder in place of one that does not exist; it goes with the run.
    instead: Option<TempDir>,
}

impl Place {
    /// Makes the folder if it does not exist. Unless it `may_make` it, it takes an empty one instead.
    pub fn open(named: PathBuf, may_make: bool) -> io::Result<Place> {
        if !may_make && !named.exists() {
            return Ok(Place { named, is_new: false, instead: Some(tempfile::tempdir()?) });
        }
        let is_new = claim(&named)?;
        Ok(Place { named, is_new, instead: None })
    }

    /// The folder that is used.
    pub fn used(&self) -> &Path {
        self.instead.as_ref().map_or(&self.named, TempDir::path)
    }

    /// Whether another folder stands in for it.
    pub fn is_stand_in(&self) -> bool {
        self.instead.is_some()
    }
}

impl Run {
    /// Where the data folder is, whether or not it exists yet.
    pub fn named_data_dir(&self) -> &Path {
        &self.place.named
    }

    /// The catalogue's file, whether or not it exists yet.
    pub fn named_catalogue(&self) -> PathBuf {
        match self.place.is_stand_in() {
            true => named_catalogue(self).unwrap_or_else(|| self.place.named.join("catalogue.sqlite")),
            false => self.catalogue_path.clone(),
        }
    }

    /// Says so if the data folder that was named did not exist before: the name may be mistyped. Where none was named, the
    /// usual place is empty before the first run. `asked`: nothing is said that is not asked for.
    pub(super) fn tell_new_data_dir(&self, asked: bool) {
        if self.common.data_dir.is_none() && self.settings.get("DATA_DIR").is_none() {
            return;
        }
        let folder = self.place.named.display();
        if self.place.is_new {
            self.talk.warning(&format!(
                "the data folder {folder} did not exist and was created empty; if your data is elsewhere, remove it and name the right folder with --data-dir or DATA_DIR"
            ));
        } else if self.place.is_stand_in() && !asked {
            self.talk.warning(&format!(
                "the data folder {folder} does not exist, and -n does not create it; if your data is elsewhere, name the right folder with --data-dir or DATA_DIR"
            ));
        }
    }
}

fn named_catalogue(run: &Run) -> Option<PathBuf> {
    run.settings.path("DB_PATH").filter(|_| run.common.data_dir.is_none())
}

/// Makes the data folder, for its owner only: it is health data. One that was there already is closed to others only
/// while it is empty, so that nothing but ours is ever touched. Returns whether it was made here, and by no other command
/// of the same pipeline.
fn claim(data_dir: &Path) -> io::Result<bool> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    if let Some(above) = data_dir.parent() {
        make_private(above)?;
    }
    let is_new = match std::fs::DirBuilder::new().mode(0o700).create(data_dir) {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
        // A read-only disk says so even of what is there.
        Err(_) if data_dir.is_dir() => false,
        Err(error) => return Err(error),
    };
    if std::fs::read_dir(data_dir)?.next().is_none() {
        // A mounted folder may belong to somebody else: what stands in it is closed all the same.
        let _ = std::fs::set_permissions(data_dir, std::fs::Permissions::from_mode(0o700));
    }
    Ok(is_new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_once_and_one_that_is_not_to_be_made_has_a_stand_in() {
        let dir = tempfile::tempdir().unwrap();
        let named = dir.path().join("a/b");
        let place = Place::open(named.clone(), false).unwrap();
        assert!(place.is_stand_in() && place.used().is_dir() && !dir.path().join("a").exists());
        let used = place.used().to_owned();
        drop(place);
        assert!(!used.exists());
        assert!(Place::open(named.clone(), true).unwrap().is_new);
        let again = Place::open(named.clone(), true).unwrap();
        assert!(!again.is_new && again.used() == named);
        assert!(!Place::open(named, false).unwrap().is_stand_in());
        assert!(Place::open(dir.path().join("file"), true).is_ok());
        std::fs::write(dir.path().join("text"), "").unwrap();
        assert!(Place::open(dir.path().join("text"), true).is_err());
        assert!(Place::open(dir.path().join("text/below"), true).is_err());
    }
}
