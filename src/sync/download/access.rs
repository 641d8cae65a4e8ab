//! The access that gives the files of a platform: the one that lists, and another one that is set up if that gives none.

use super::Downloads;
use crate::activity::Activity;
use crate::platform::{self, Download, PlatformReader};
use crate::sync::Result;
use crate::sync::file_quota::OtherAccess;

impl Downloads<'_> {
    /// The connection to a platform; opens it if needed.
    fn platform(&mut self, name: &str) -> platform::Result<&dyn PlatformReader> {
        if !self.open.contains_key(name) {
            let spec = self.worker.platforms.require(name);
            let spec = spec.map_err(|error| platform::Error::Input(error.to_string()))?;
            let platform = self.worker.connect_reader(&spec, self.http.clone())?;
            self.accesses.insert(name.into(), self.worker.read_access(&spec));
            self.open.insert(name.into(), platform);
        }
        self.switch_access(name)?;
        // The lines above have inserted it.
        Ok(self.open[name].as_ref())
    }

    /// Requests a file, from another access if this one gives none.
    ///
    /// # Errors
    /// The command cannot continue.
    pub(super) fn request(&mut self, activity: &Activity) -> Result<platform::Result<Download>> {
        match self.platform(&activity.platform).and_then(|platform| platform.quota()) {
            Ok(quota) if quota.is_doubtful && quota.next.is_none() => self.check_files(activity)?,
            Ok(_) => {}
            Err(error) => return Ok(Err(error)),
        }
        Ok(match self.request_once(activity) {
            Err(platform::Error::Login(why)) if self.switch_from_ended(&activity.platform, &why) => {
                self.request_once(activity)
            }
            Err(platform::Error::NoFileGiven) if self.open_other(&activity.platform, OtherAccess::NoFile) => {
                self.request_once(activity)
            }
            Err(platform::Error::Retry { platform_wide: true, .. }) if self.is_used_up(&activity.platform) => {
                self.request_once(activity)
            }
            done => done,
        })
    }

    fn request_once(&mut self, activity: &Activity) -> platform::Result<Download> {
        self.platform(&activity.platform)?.download(activity)
    }

    /// Requests a file that the platform gave before, so that activities without a file are not taken for a quota that
    /// is used up.
    fn check_files(&mut self, activity: &Activity) -> Result<()> {
        let Some(platform) = self.open.remove(&activity.platform) else { return Ok(()) };
        let checked = self.outages.check(&self.worker, platform.as_ref(), activity);
        self.open.insert(activity.platform.clone(), platform);
        checked
    }

    /// Opens another access of a platform if the quota of files is used up.
    fn switch_access(&mut self, name: &str) -> platform::Result<()> {
        if self.open[name].quota()?.next.is_some() {
            self.open_other(name, OtherAccess::QuotaUsedUp);
        }
        Ok(())
    }

    /// Whether the quota of files is used up and no other access was tried in this run.
    fn is_used_up(&self, name: &str) -> bool {
        let is_used_up = self.open.get(name).is_some_and(|open| open.quota().is_ok_and(|quota| quota.next.is_some()));
        is_used_up && !self.without_files.contains(name)
    }

    /// Opens another access of a platform if the service has just ended this one. Returns whether it did.
    fn switch_from_ended(&mut self, name: &str, why: &str) -> bool {
        let Ok(spec) = self.worker.platforms.require(name) else { return false };
        let is_replaced = self.accesses.get(name).is_some_and(|used| self.worker.read_access(&spec) != *used);
        if !is_replaced || !self.without_files.insert(name.into()) {
            return false;
        }
        self.worker.warn_of_access(&spec, why);
        let opened = self.worker.connect_reader(&spec, self.http.clone());
        opened.map(|platform| self.open.insert(name.into(), platform)).is_ok()
    }

    /// Opens another access of a platform, if one is set up, once in a run. Returns whether it did.
    fn open_other(&mut self, name: &str, why: OtherAccess) -> bool {
        let Ok(spec) = self.worker.platforms.require(name) else { return false };
        if !self.without_files.insert(name.into()) {
            return false;
        }
        let other = self.worker.connect_for_files(&spec, &self.http, why);
        other.map(|platform| self.open.insert(name.into(), platform)).is_some()
    }
}
