//! Checks each setting: by its kind, and with the code that uses it.

use std::sync::Arc;

use super::{Exit, Failure, Result, Worker};
use crate::catalogue;
use crate::http::Route;
use crate::notify::{self, CHANNELS, ExtraSetting};
use crate::platform::PlatformSpec;
use crate::settings;

impl Worker {
    /// Reports the lines of the settings file that cannot be read.
    pub fn fail_on_broken_lines(&self) {
        self.settings.broken_lines().for_each(|error| self.fail(&error.into()));
    }

    /// Reports all invalid settings, and warns of settings that the user probably did not intend.
    pub fn check_settings(&mut self) {
        self.warn_of_settings();
        let wrong = self.wrong_settings();
        self.log_settings_check(wrong.first());
        wrong.iter().for_each(|failure| self.fail(failure));
    }

    /// Logs whether the settings are invalid or valid again: users who do not see the output of this
    /// command see the result on the page. No other result of the command is logged.
    pub fn log_settings_check(&mut self, failure: Option<&Failure>) {
        let exit = failure.map_or(Exit::Ok, |failure| failure.exit);
        let is_news = match exit {
            Exit::Config => true,
            Exit::Ok => self.catalogue.last_exit(self.command).is_ok_and(|last| last.is_some_and(|last| last != 0)),
            _ => false,
        };
        if !is_news || self.dry_run || self.catalogue.is_read_only() {
            return;
        }
        let (now, command, run_id) = (self.now(), self.command, self.run_id.clone());
        let outcome = catalogue::CommandOutcome {
            exit: exit.code(),
            counts: "{}",
            reason: failure.map(|failure| &*failure.reason),
            platform: failure.and_then(|failure| failure.platform.as_deref()),
            platforms: &[],
        };
        let row = self.catalogue.begin_command(&run_id, command, now);
        if let Err(error) = row.and_then(|row| self.catalogue.finish_command(row, &outcome, now)) {
            self.debug(&format!("the sync log was not written: {error}"));
        }
    }

    /// The failures of all invalid settings. No request is made, and no command of a `NAME_COMMAND` is run.
    pub fn wrong_settings(&self) -> Vec<Failure> {
        let mut found: Vec<Result<()>> = self.settings.broken_lines().map(|error| Err(error.into())).collect();
        found.extend(settings::all().map(|setting| self.settings.check(setting).map_err(Failure::from)));
        found.push(self.targets().map(drop));
        found.push(self.check_http());
        found.push(self.language().map(drop));
        found.push(self.privacy_zones().map(drop));
        found.extend(CHANNELS.iter().map(|channel| self.check_channel(channel)));
        found.extend(self.platforms.services().iter().map(|spec| {
            spec.check_settings(self.setting_source().as_ref()).map_err(|error| Failure::from(error).on(&spec.id))
        }));
        match self.selected_platforms() {
            // A missing first login is no invalid setting.
            Err(failure) if failure.exit == Exit::LoginRequired => {}
            Err(failure) => found.push(Err(failure)),
            Ok(kinds) => {
                found.extend(self.check_outboxes(&kinds));
                found.extend(kinds.into_iter().map(|spec| {
                    self.ownership(&spec).check_settings().map_err(|error| Failure::from(error).on(&spec.id))
                }))
            }
        }
        let mut failures: Vec<Failure> = Vec::new();
        for failure in found.into_iter().filter_map(Result::err) {
            // The code that uses a setting repeats the failure with the name of a channel or platform as its subject.
            if !failures.iter().any(|known| failure.reason == known.reason) {
                failures.push(failure);
            }
        }
        failures
    }

    /// Checks the settings of outboxes, if there are any.
    fn check_outboxes(&self, selected: &[Arc<PlatformSpec>]) -> Vec<Result<()>> {
        let targets = self.targets().unwrap_or_default();
        let outboxes = selected.iter().chain(targets.named().unwrap_or_default()).filter(|spec| spec.is_write_only());
        let check = |spec: &Arc<PlatformSpec>| Ok(spec.check_settings(self.setting_source().as_ref())?);
        outboxes.map(check).collect()
    }

    /// Checks the settings of all requests.
    fn check_http(&self) -> Result<()> {
        let loopback = self.loopback()?;
        let mut route = Route::default();
        if loopback.is_none() {
            route.proxies = self.proxies()?;
            // When a schedule is written, the certificates may be on a disk that is not mounted yet.
            if let Err(failure) = self.ca_certificates() {
                self.warn(&failure.to_string());
            }
        }
        self.http_options(loopback, route).map(drop)
    }

    /// Checks the settings of a channel, unless one of them needs a command to run.
    fn check_channel(&self, channel: &'static notify::Channel) -> Result<()> {
        self.form(channel)?;
        let extra = match channel.extra {
            ExtraSetting::None => None,
            ExtraSetting::Required(name) | ExtraSetting::Optional(name) => Some(name),
        };
        let is_available = |name: &str| self.settings.is_available(name);
        match is_available(channel.key) && extra.is_none_or(is_available) {
            true => self.channel(channel).map(drop),
            false => Ok(()),
        }
    }
}
