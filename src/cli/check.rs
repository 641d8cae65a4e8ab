//! Whether each setting can be used: by its kind, and by the code that gives it a meaning.

use super::{Exit, Failure, Outcome, Run};
use crate::http::Route;
use crate::notify::{self, Also, CHANNELS};
use crate::settings;

impl Run {
    /// The failures of all settings that cannot be used. No request is made, and no command of a `NAME_COMMAND` is run.
    pub fn wrong_settings(&self) -> Vec<Failure> {
        let mut found: Vec<Outcome> = self.settings.broken_lines().map(|error| Err(error.into())).collect();
        found.extend(settings::all().map(|setting| self.settings.check(setting).map_err(Failure::from)));
        found.push(self.targets().map(drop));
        found.push(self.check_http());
        found.push(self.language().map(drop));
        found.extend(CHANNELS.iter().map(|channel| self.check_channel(channel)));
        match self.platforms() {
            // Before the first login no setting is wrong.
            Err(failure) if failure.exit == Exit::Login => {}
            Err(failure) => found.push(Err(failure)),
            Ok(kinds) => found.extend(kinds.into_iter().map(|kind| {
                self.ownership(kind).check_settings().map_err(|error| {
                    let failure = Failure::from(error);
                    Failure { message: format!("{}: {}", kind.name, failure.message), ..failure }
                })
            })),
        }
        let mut failures: Vec<Failure> = Vec::new();
        for failure in found.into_iter().filter_map(Result::err) {
            // The code that reads a setting says the same again, behind the name of a channel or platform.
            if !failures.iter().any(|known| failure.message.ends_with(&known.message)) {
                failures.push(failure);
            }
        }
        failures
    }

    /// The settings of all requests.
    fn check_http(&self) -> Outcome {
        let loopback = self.loopback()?;
        let mut route = Route::default();
        if loopback.is_none() {
            route.proxies = self.proxies()?;
            // The certificates may be on a disk that is not mounted yet when a schedule is written.
            if let Err(failure) = self.roots() {
                self.talk.warning(&failure.message);
            }
        }
        self.http_by(loopback, route, None).map(drop)
    }

    /// The settings of a channel, unless a command has to run for one of them.
    fn check_channel(&self, channel: &'static notify::Channel) -> Outcome {
        self.form(channel)?;
        let also = match channel.also {
            Also::Nothing => None,
            Also::Needs(name) | Also::May(name) => Some(name),
        };
        let is_available = |name: &str| self.settings.is_available(name);
        match is_available(channel.key) && also.is_none_or(is_available) {
            true => self.channel(channel).map(drop),
            false => Ok(()),
        }
    }
}
