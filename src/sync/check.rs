//! Whether each setting can be used, found out by the code that reads it.

use std::time::Duration;

use super::upload::Timing;
use super::{Exit, Failure, Progress, Result, Worker};
use crate::catalogue;
use crate::http::Route;
use crate::matching::Rule;
use crate::notify::{self, Also, CHANNELS};

impl Worker {
    /// Tells of the lines of the settings file that cannot be read.
    pub fn fail_on_broken_lines(&self) {
        self.settings.broken_lines().for_each(|error| self.fail(&error.into()));
    }

    /// Writes down that something in the settings is wrong, or is right again: whoever looks at the page does not see what
    /// this command says. What else it comes to does not stand in the log.
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
        let outcome = catalogue::Outcome {
            exit: exit.code(),
            counts: "{}",
            reason: failure.map(|failure| &*failure.reason),
            platform: failure.and_then(|failure| failure.platform.as_deref()),
            platforms: &[],
        };
        let row = self.catalogue.begin_run(&run_id, command, now);
        if let Err(error) = row.and_then(|row| self.catalogue.finish_run(row, &outcome, now)) {
            self.debug(&format!("the sync log was not written: {error}"));
        }
    }

    /// What is wrong with any of the settings. No request is made, and no command of a `NAME_COMMAND` is run.
    pub fn wrong_settings(&self) -> Vec<Failure> {
        let settings = self.settings.clone();
        let number = |name: &str| settings.number(name).map(drop).map_err(Failure::from);
        let mut found: Vec<Result<()>> = settings.broken_lines().map(|error| Err(error.into())).collect();
        found.extend(["GARMIN_NEWEST_NUM", "MAX_DELETE", "MAX_UPLOAD"].map(number));
        found.push(settings.yes("DELETE_DUPLICATE").map(drop).map_err(Failure::from));
        found.push(settings.yes("GS_REPORT_REFRESH").map(drop).map_err(Failure::from));
        let duration = |name: &str| settings.duration(name, Duration::ZERO).map(drop).map_err(Failure::from);
        found.extend(["GS_JITTER", "GS_LOCK_WAIT"].map(duration));
        found.push(settings.command_timeout().map(drop).map_err(Failure::from));
        found.push(self.targets().map(drop));
        found.push(self.matcher(Rule::Evidence).map(drop));
        found.push(Timing::of(self).map(drop));
        found.push(self.way_out());
        found.push(self.archives().map(drop));
        found.push(self.scheduled());
        found.push(self.language().map(drop));
        found.push(self.notified_on().map(drop));
        found.extend(CHANNELS.iter().map(|channel| self.check_channel(channel)));
        found.extend(self.platforms.services().iter().map(|spec| {
            let names = spec.user_settings().iter().chain(spec.password_settings());
            names.copied().try_for_each(|name| self.check_secret(name))?;
            Ok(spec.check_settings(self.setting_source().as_ref())?)
        }));
        match self.selected_platforms() {
            // That nobody has logged in yet is no mistake in a setting.
            Err(failure) if failure.exit == Exit::LoginRequired => {}
            Err(failure) => found.push(Err(failure)),
            Ok(kinds) => {
                found.extend(kinds.into_iter().map(|spec| {
                    self.ownership(&spec).check_settings().map_err(|error| Failure::from(error).on(&spec.id))
                }))
            }
        }
        found.into_iter().filter_map(Result::err).collect()
    }

    /// How requests are sent.
    fn way_out(&self) -> Result<()> {
        let loopback = self.loopback()?;
        let mut route = Route::default();
        if loopback.is_none() {
            route.proxies = self.proxies()?;
            // They may be on a disk that is not there yet when a schedule is written.
            if let Err(failure) = self.ca_certificates() {
                self.warn(&failure.to_string());
            }
        }
        self.http_by(loopback, route, Progress::hidden()).map(drop)
    }

    /// `GS_SCHEDULED`: `sync` or `download`.
    fn scheduled(&self) -> Result<()> {
        match self.settings.get("GS_SCHEDULED").map(str::trim) {
            None | Some("sync" | "download") => Ok(()),
            Some(text) => {
                Err(Failure::new(Exit::Config, format!("GS_SCHEDULED={text:?} is not known; write sync or download")))
            }
        }
    }

    /// What a command or a pipe would give is not asked for: it may take long, or a person.
    fn check_secret(&self, name: &str) -> Result<()> {
        match self.settings.is_at_hand(name) {
            true => Ok(self.settings.secret(name).map(drop)?),
            false => Ok(()),
        }
    }

    fn check_channel(&self, channel: &'static notify::Channel) -> Result<()> {
        self.form(channel)?;
        let also = match channel.also {
            Also::Nothing => None,
            Also::Needs(name) | Also::May(name) => Some(name),
        };
        let is_known = |name: &str| !self.settings.names_secret(name) || self.settings.is_at_hand(name);
        match is_known(channel.key) && also.is_none_or(is_known) {
            true => self.channel(channel).map(drop),
            false => Ok(()),
        }
    }
}
