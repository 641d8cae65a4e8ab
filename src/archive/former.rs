//! Moves the files of an account out of the archive when another account replaces it. Nothing is deleted.

use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;

use super::folder_name;
use super::store::{Archive, Error};
use crate::fs::{make_private, sync_dir};

/// The folder for the files of former accounts, below the data folder.
const FORMER: &str = "former";

impl Archive {
    /// Moves the folder of `platform` to `former/<platform>_<day>` and returns its new path; `None` if there is no folder.
    /// The caller holds the locks of the platform.
    pub fn retire_account(&self, platform: &str, now: Timestamp) -> Result<Option<PathBuf>, Error> {
        let from = self.absolute("fit").join(folder_name(platform));
        if !from.is_dir() {
            return Ok(None);
        }
        let former = self.absolute(FORMER);
        let named = |path: &PathBuf| {
            let path = path.clone();
            move |source| Error { path, source }
        };
        make_private(&former).map_err(named(&former))?;
        let name = format!("{}_{}", folder_name(platform), now.strftime("%Y-%m-%d"));
        let free = (1..).map(|number| match number {
            1 => former.join(&name),
            _ => former.join(format!("{name}_{number}")),
        });
        let Some(to) = free.into_iter().find(|path| !path.exists()) else { return Ok(None) };
        fs::rename(&from, &to).map_err(named(&from))?;
        sync_dir(&former).map_err(named(&former))?;
        sync_dir(&self.absolute("fit")).map_err(named(&former))?;
        Ok(Some(to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_former_accounts_are_kept_separately() {
        let dir = tempfile::tempdir().unwrap();
        let archive = Archive::new(dir.path());
        let now = "2026-11-29T12:00:00Z".parse().unwrap();
        assert_eq!(archive.retire_account("garmin-com", now).unwrap(), None);
        for name in ["garmin_com_2026-11-29", "garmin_com_2026-11-29_2"] {
            fs::create_dir_all(dir.path().join("fit/garmin_com")).unwrap();
            fs::write(dir.path().join("fit/garmin_com/activity_1.fit"), name).unwrap();
            let to = archive.retire_account("garmin-com", now).unwrap().unwrap();
            assert_eq!(to, dir.path().join("former").join(name));
            assert_eq!(fs::read_to_string(to.join("activity_1.fit")).unwrap(), name);
            assert!(!dir.path().join("fit/garmin_com").exists());
        }
    }
}
