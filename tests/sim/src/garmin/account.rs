//! An account and its activities.

use super::activity::Activity;
use crate::scenario::AccountSpec;

/// The current state of an account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its description in the scenario; may be changed while the simulator runs.
    pub spec: AccountSpec,
    /// Number of the profile.
    pub profile: u64,
    /// The number of wrong passwords since the last correct one.
    pub wrong_passwords: u32,
    /// Locked, by the scenario or after five wrong passwords.
    pub locked: bool,
    /// Activities, in no particular order.
    pub activities: Vec<Activity>,
    /// The number of list requests so far.
    pub lists: u32,
    /// Activities that the list does not show yet.
    pub late: Vec<Late>,
    /// The highest id of the deleted activities: an id is never reused.
    pub highest_deleted: Option<u64>,
}

/// An activity that the list shows only later.
#[derive(Clone, Copy, Debug)]
pub struct Late {
    /// Its id.
    pub id: u64,
    /// The list shows it after this many list requests of the account,
    pub lists: u32,
    /// and not before this time.
    pub at: i64,
}

impl Account {
    /// The activity with this id, or with a leg with this id.
    pub fn find(&self, id: u64) -> Option<&Activity> {
        let own = |activity: &&Activity| activity.id == id || activity.children.iter().any(|child| child.id == id);
        self.activities.iter().find(own)
    }

    /// The activity with exactly this id.
    pub fn find_mut(&mut self, id: u64) -> Option<&mut Activity> {
        self.activities.iter_mut().find(|activity| activity.id == id)
    }

    /// The activities in the order of the list: newest first by local time.
    pub fn newest_first(&self) -> Vec<&Activity> {
        let mut list: Vec<&Activity> = self.activities.iter().collect();
        list.sort_by_key(|activity| std::cmp::Reverse((activity.start_local(), activity.id)));
        list
    }

    /// Whether the list shows this activity at a given time.
    pub fn lists(&self, id: u64, now: i64) -> bool {
        !self.late.iter().any(|late| late.id == id && (self.lists < late.lists || now < late.at))
    }

    /// Removes an activity. Returns whether it existed.
    pub fn remove(&mut self, id: u64) -> bool {
        let before = self.activities.len();
        self.activities.retain(|activity| activity.id != id);
        let was_there = self.activities.len() < before;
        if was_there {
            self.highest_deleted = self.highest_deleted.max(Some(id));
        }
        was_there
    }

    /// The highest id that was ever assigned.
    pub fn highest_id(&self) -> Option<u64> {
        self.activities.iter().map(|activity| activity.id).max().max(self.highest_deleted)
    }
}
