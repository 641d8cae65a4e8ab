//! Warnings about unused settings and about files that other users can read.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Exit, Failure, Level, Result, Worker};
use crate::catalogue::Query;
use crate::fs::{access_of_others, is_open_to_others};
use crate::settings;
use crate::sport;

impl Worker {
    /// Reports settings that the user probably did not intend, each once a day, because every stage of every run would
    /// repeat it.
    pub fn report_remarks(&mut self) {
        self.settings.warnings().iter().for_each(|text| self.report_daily(text));
    }

    fn report_daily(&mut self, text: &str) {
        if self.observer.shows(Level::Warning) && self.catalogue.is_due(text, self.now()).unwrap_or(true) {
            self.warn(text);
        }
    }

    /// Restricts access to tokens that other users can read, and reports it.
    pub fn close_tokens(&mut self) {
        let folder = self.data_dir.join("tokens");
        self.close(&folder, 0o700);
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "json") {
                self.close(&entry.path(), 0o600);
            }
        }
    }

    fn close(&mut self, path: &Path, mode: u32) {
        // A missing file is not open.
        let open = || std::fs::metadata(path).ok().filter(is_open_to_others);
        let Some(meta) = open() else { return };
        let access = access_of_others(&meta);
        let shown = path.display();
        match std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)) {
            Ok(()) if open().is_none() => {
                self.warn(&format!("other users could {access} {shown}; its mode is now {mode:o}"));
            }
            // The file system does not support modes, as on many USB drives, so the access stays as it is.
            Ok(()) => self.report_daily(&format!(
                "other users can {access} {shown}, and its file system has no file modes; set DATA_DIR to another disk"
            )),
            Err(error) => self.report_daily(&format!(
                "other users can {access} {shown}, and its mode cannot be changed ({error}); run as its owner: chmod {mode:o}"
            )),
        }
    }

    /// Warns of sports that neither FIT nor a platform nor the catalogue has: no activity has them.
    pub fn warn_of_unknown_sports(&self, sports: &[String]) -> Result<()> {
        if sports.is_empty() {
            return Ok(());
        }
        let seen = self.catalogue.sports()?;
        let mut known: Vec<&str> = sport::names().collect();
        known.extend(seen.iter().map(String::as_str));
        for name in sports.iter().filter(|name| !known.contains(&name.as_str())) {
            let meant = settings::closest(name, known.iter().copied());
            let meant = meant.map_or(String::new(), |meant| format!("; did you mean {meant}?"));
            self.warn(&format!("--sport: unknown sport {name:?}{meant}"));
        }
        Ok(())
    }

    /// Reports ids that no activity has: the list does not have what was named.
    pub fn report_unknown_ids(&self, ids: &[String], platforms: &[String]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let query = Query { ids: ids.to_vec(), platforms: platforms.to_vec(), ..Query::default() };
        let mut unknown: BTreeSet<&String> = ids.iter().collect();
        self.catalogue.entries(&query, |entry| {
            unknown.remove(&entry.activity.id);
            Ok::<_, Failure>(())
        })?;
        for id in unknown {
            let message = format!("--id: unknown activity {id:?}; gs-fetch updates the list");
            self.fail(&Failure::new(Exit::Partial, message));
        }
        Ok(())
    }
}
