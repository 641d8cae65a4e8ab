//! What Garmin pushes here: a new activity of a connected account arrives as a filtered file.

use super::account::{File, Item};
use super::{contents, filtered, history, upload};
use crate::garmin::activity::{Activity, Source};
use crate::state::State;

impl State {
    /// Garmin pushes an activity of a domain's first account to the first account here. Returns the id here, of the first
    /// leg for multisport; `None` if the activity does not exist, has no FIT file, was uploaded as an import, or if this
    /// file is here already.
    pub fn push_from_garmin(&mut self, domain: &str, id: u64) -> Option<String> {
        let activity = self.account(domain).find(id)?.clone();
        let now = self.now();
        let account = self.intervals.accounts.first_mut()?;
        let items = match &activity.source {
            _ if activity.imported => return None,
            Source::Fit(layout) if activity.recording.legs.len() == 1 => {
                let mut item = history::made(account, "GARMIN_CONNECT", &activity.recording, *layout);
                item.file = File::Pushed(Box::new(activity.recording.clone()), *layout);
                vec![item]
            }
            _ if activity.extension() == Some("fit") => {
                let file = contents::read(filtered::of(&activity.original()?)).ok()?;
                upload::of_file(account, "GARMIN_CONNECT", &file, now)
            }
            _ => return None,
        };
        let bytes = items.first()?.original()?.1;
        if !account.holders(&contents::read(bytes).ok()?).is_empty() {
            return None;
        }
        let items: Vec<Item> =
            items.into_iter().map(|item| Item { created: now, ..described(item, &activity, id) }).collect();
        let first = items.first()?.id();
        account.items.extend(items);
        Some(first)
    }

    /// Garmin pushes a new activity, if the scenario connects the accounts.
    pub(crate) fn pass_on(&mut self, account: usize, id: u64) {
        let domain = self.accounts[account].spec.domain.clone();
        let first = self.first_account(&domain) == account;
        let connected = self.intervals.accounts.first().and_then(|here| here.spec.pushed_by.clone());
        if first && connected.as_deref() == Some(domain.as_str()) {
            self.push_from_garmin(&domain, id);
        }
    }
}

fn described(item: Item, activity: &Activity, id: u64) -> Item {
    Item {
        name: activity.name.clone().or(item.name),
        external_id: Some(id.to_string()),
        device: Some("Garmin Forerunner 265".to_owned()),
        timezone: Some(activity.zone.1.clone()),
        group: activity.group.clone(),
        ..item
    }
}
