//! Whether each setting can be used, found out by the code that reads it.

use std::time::Duration;

use super::compare::Rule;
use super::upload::Timing;
use super::{Exit, Failure, Outcome, Run};
use crate::http::Route;
use crate::notify::{self, Also, CHANNELS};

impl Run {
    /// What is wrong with any of the settings. No request is made, and no command of a `NAME_COMMAND` is run.
    pub fn wrong_settings(&self) -> Vec<Failure> {
        let settings = self.settings.clone();
        let number = |name: &str| settings.number(name).map(drop).map_err(Failure::from);
        let mut found: Vec<Outcome> = settings.broken_lines().map(|error| Err(error.into())).collect();
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
            Err(failure) if failure.exit == Exit::Login => {}
            Err(failure) => found.push(Err(failure)),
            Ok(specs) => found.extend(specs.into_iter().map(|spec| {
                self.ownership(&spec).check_settings().map_err(|error| {
                    let failure = Failure::from(error);
                    Failure { message: format!("{}: {}", spec.id, failure.message), ..failure }
                })
            })),
        }
        found.into_iter().filter_map(Result::err).collect()
    }

    /// How requests are sent.
    fn way_out(&self) -> Outcome {
        let loopback = self.loopback()?;
        let mut route = Route::default();
        if loopback.is_none() {
            route.proxies = self.proxies()?;
            // They may be on a disk that is not there yet when a schedule is written.
            if let Err(failure) = self.ca_certificates() {
                self.talk.warning(&failure.message);
            }
        }
        self.http_by(loopback, route, None).map(drop)
    }

    /// `GS_SCHEDULED`: `sync` or `download`.
    fn scheduled(&self) -> Outcome {
        match self.settings.get("GS_SCHEDULED").map(str::trim) {
            None | Some("sync" | "download") => Ok(()),
            Some(text) => {
                Err(Failure::new(Exit::Config, format!("GS_SCHEDULED={text:?} is not known; write sync or download")))
            }
        }
    }

    /// What a command or a pipe would give is not asked for: it may take long, or a person.
    fn check_secret(&self, name: &str) -> Outcome {
        match self.settings.is_at_hand(name) {
            true => Ok(self.settings.secret(name).map(drop)?),
            false => Ok(()),
        }
    }

    fn check_channel(&self, channel: &'static notify::Channel) -> Outcome {
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
