//! Changes by others while a client is at work: a person deletes an activity, a watch uploads one, a session ends.

use crate::coros;
use crate::coros::spec::CorosActivitySpec;
use crate::garmin::{DOMAINS, received};
use crate::intervals::{self, spec::IntervalsActivitySpec};
use crate::scenario::ActivitySpec;
use crate::state::State;
use serde::{Deserialize, Serialize};

/// When a change happens, relative to its request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Before the service handles the request.
    #[default]
    Before,
    /// After the request has taken effect, and before its response is sent.
    After,
}

/// A change of the activities or sessions on the services. A service is named `garmin.com`, `garmin.cn`,
/// `coros-REGION` or `intervals`; the change applies to its first account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// A person deletes an activity.
    Delete {
        /// The service.
        service: String,
        /// The activity.
        id: u64,
    },
    /// Another client uploads the file of an activity from one service to another.
    Copy {
        /// The service that has it.
        from: String,
        /// The activity.
        id: u64,
        /// The service that gets it.
        to: String,
    },
    /// An activity appears on Garmin.
    Add {
        /// The domain.
        domain: String,
        /// The activity.
        #[serde(default)]
        activity: Box<ActivitySpec>,
    },
    /// An activity appears on COROS.
    AddCoros {
        /// The region.
        region: u32,
        /// The activity.
        #[serde(default)]
        activity: Box<CorosActivitySpec>,
    },
    /// An activity appears on intervals.icu.
    AddIntervals {
        /// The activity.
        #[serde(default)]
        activity: Box<IntervalsActivitySpec>,
    },
    /// Garmin pushes an activity to intervals.icu.
    Push {
        /// The domain.
        domain: String,
        /// The activity there.
        id: u64,
    },
    /// Access tokens end, also those of the Personal API; on COROS because of a login elsewhere, on intervals.icu because of
    /// a new API key.
    EndTokens {
        /// The service.
        service: String,
    },
    /// The person deletes the keys of the Personal API.
    DeletePersonalKeys {
        /// The domain.
        domain: String,
    },
}

/// A service by its name.
enum Place {
    Garmin(&'static str),
    Coros(u32),
    Intervals,
}

impl Place {
    fn of(state: &State, name: &str) -> Option<Place> {
        match name.strip_prefix("coros-") {
            None if name == intervals::NAME => state.has_intervals().then_some(Place::Intervals),
            Some(region) => region.parse().ok().filter(|region| state.has_coros(*region)).map(Place::Coros),
            None => DOMAINS.into_iter().find(|one| *one == name && state.has_account(one)).map(Place::Garmin),
        }
    }
}

impl State {
    /// Applies a change. Returns whether anything changed.
    pub fn change(&mut self, change: &Change) -> bool {
        match change {
            Change::Delete { service, id } => match Place::of(self, service) {
                Some(Place::Garmin(domain)) => self.remove_activity(domain, *id),
                Some(Place::Coros(region)) => self.remove_coros_activity(region, *id),
                Some(Place::Intervals) => self.delete_intervals_activity(&format!("i{id}")),
                None => false,
            },
            Change::Copy { from, id, to } => self.copy(from, *id, to),
            Change::Add { domain, activity } => {
                let known = self.has_account(domain);
                if known {
                    self.add_activity(domain, activity);
                }
                known
            }
            Change::AddCoros { region, activity } => {
                let known = self.has_coros(*region);
                if known {
                    self.add_coros_activity(*region, activity);
                }
                known
            }
            Change::AddIntervals { activity } => {
                let known = self.has_intervals();
                if known {
                    self.add_intervals_activity(activity);
                }
                known
            }
            Change::Push { domain, id } => self.has_account(domain) && self.push_from_garmin(domain, *id).is_some(),
            Change::EndTokens { service } => {
                match Place::of(self, service) {
                    Some(Place::Garmin(domain)) => {
                        self.expire_access_tokens(domain);
                        self.expire_personal_tokens(domain);
                    }
                    Some(Place::Coros(region)) => self.expire_coros_token(region),
                    Some(Place::Intervals) => drop(self.renew_intervals_key()),
                    None => return false,
                }
                true
            }
            Change::DeletePersonalKeys { domain } => self.delete_personal_keys(domain),
        }
    }

    fn copy(&mut self, from: &str, id: u64, to: &str) -> bool {
        let bytes = match Place::of(self, from) {
            Some(Place::Garmin(domain)) => {
                let activity = self.account(domain).find(id);
                activity.filter(|one| one.extension() == Some("fit")).and_then(|one| one.original())
            }
            Some(Place::Coros(region)) => self.coros_account(region).find(id).and_then(|item| item.original()),
            Some(Place::Intervals) => {
                let item = self.intervals_account().find(&format!("i{id}"));
                item.and_then(|item| item.original())
                    .filter(|(extension, _)| *extension == "fit")
                    .map(|(_, bytes)| bytes)
            }
            None => None,
        };
        let (Some(bytes), Some(place)) = (bytes, Place::of(self, to)) else { return false };
        match place {
            Place::Garmin(domain) => {
                let account = self.first_account(domain);
                received::accept(self, account, &bytes, false);
            }
            Place::Coros(region) => {
                coros::add_file(self, region, &bytes);
            }
            Place::Intervals => drop(self.add_intervals_file(&bytes)),
        }
        true
    }
}
