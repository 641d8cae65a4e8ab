//! False responses about activities, caused by the faults that hit a request.

use super::Effect;
use crate::coros;
use crate::garmin;
use crate::intervals;
use crate::state::State;
use serde_json::{Value, json};

/// The effects on the current request that the service itself has to apply.
#[derive(Clone, Debug, Default)]
pub struct Lies(pub Vec<Effect>);

/// An empty list.
#[derive(Clone, Copy, Debug)]
pub struct Empty {
    /// Without any content, where the service has such a response.
    pub no_content: bool,
    /// The count beside the list is still correct.
    pub count_true: bool,
}

impl Lies {
    fn find<T>(&self, wanted: impl Fn(&Effect) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(wanted)
    }

    fn email(&self) -> Option<&str> {
        self.0.iter().find_map(|effect| match effect {
            Effect::AsAccount { email } => Some(email.as_str()),
            _ => None,
        })
    }

    /// The account of Garmin that responds in place of `real`.
    pub fn account(&self, accounts: &[garmin::account::Account], real: usize) -> usize {
        let domain = &accounts[real].spec.domain;
        let named = |email: &str| accounts.iter().position(|a| a.spec.domain == *domain && a.spec.email == email);
        self.email().and_then(named).unwrap_or(real)
    }

    /// The account of COROS that responds in place of `real`.
    pub fn coros_account(&self, accounts: &[coros::account::Account], real: usize) -> usize {
        let named = |email: &str| accounts.iter().position(|account| account.spec.email == email);
        self.email().and_then(named).unwrap_or(real)
    }

    /// The account of intervals.icu that responds in place of `real`.
    pub fn intervals_account(&self, accounts: &[intervals::account::Account], real: usize) -> usize {
        let named = |email: &str| accounts.iter().position(|account| account.spec.email == email);
        self.email().and_then(named).unwrap_or(real)
    }

    /// Whether an effect names an account that the scenario does not have.
    pub fn nobody(&self, state: &State) -> bool {
        let garmin = state.accounts.iter().map(|account| &account.spec.email);
        let all = garmin.chain(state.coros.accounts.iter().map(|account| &account.spec.email));
        let mut all = all.chain(state.intervals.accounts.iter().map(|account| &account.spec.email));
        self.email().is_some_and(|email| !all.any(|one| one == email))
    }

    /// How lists are empty; `None` if they are not.
    pub fn empty(&self) -> Option<Empty> {
        self.find(|effect| match *effect {
            Effect::ListEmpty { no_content, count_true } => Some(Empty { no_content, count_true }),
            _ => None,
        })
    }

    /// Whether lists omit this activity.
    pub fn hides(&self, activity: u64) -> bool {
        self.0.iter().any(|effect| matches!(effect, Effect::ListWithout { id, .. } if *id == activity))
    }

    /// Whether counts omit this activity.
    pub fn uncounted(&self, activity: u64) -> bool {
        self.0.iter().any(|effect| matches!(effect, Effect::ListWithout { id, count_true: false } if *id == activity))
    }

    /// `None` if uploads are not dropped; else whether the status of a dropped upload is 404.
    pub fn dropped(&self) -> Option<bool> {
        self.find(|effect| match *effect {
            Effect::Dropped { gone } => Some(gone),
            _ => None,
        })
    }

    /// Shuffles a list; the same list always gets the same order.
    pub fn shuffle<T>(&self, list: &mut [T], id: impl Fn(&T) -> u64) {
        let seed = self.find(|effect| match *effect {
            Effect::ListShuffled { seed } => Some(seed),
            _ => None,
        });
        let Some(seed) = seed else { return };
        let before: Vec<u64> = list.iter().map(&id).collect();
        list.sort_by_key(|item| fastrand::Rng::with_seed(seed ^ id(item)).u64(..));
        let after = list.iter().map(&id);
        // The new order may happen to be the old one.
        if after.eq(before) && list.len() > 1 {
            list.rotate_left(1);
        }
    }

    /// Removes or garbles fields of the items of a list, as the effects say: `times` are the fields with times, `id` is
    /// the field with the id.
    pub fn garble(&self, items: &mut [Value], times: &[&str], id: &str) {
        for fields in items.iter_mut().filter_map(Value::as_object_mut) {
            for effect in &self.0 {
                match effect {
                    Effect::ListWithoutIds => drop(fields.remove(id)),
                    Effect::ListWithoutStarts { nonsense: false } => {
                        times.iter().for_each(|name| drop(fields.remove(*name)))
                    }
                    Effect::ListWithoutStarts { nonsense: true } => {
                        let times = fields.iter_mut().filter(|(name, _)| times.contains(&name.as_str()));
                        for (_, value) in times {
                            *value = if value.is_string() { json!("0000-00-00 25:61:61") } else { json!(-1) };
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}
