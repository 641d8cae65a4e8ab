//! An account and its activities.

use super::activity::Activity;
use crate::scenario::AccountSpec;

/// An account as it is now.
#[derive(Clone, Debug)]
pub struct Account {
    /// What the scenario says of it; may be changed while running.
    pub spec: AccountSpec,
    /// Number of the profile.
    pub profile: u64,
    /// Wrong passwords since the last right one.
    pub wrong_passwords: u32,
    /// Locked, by the scenario or after five wrong passwords.
    pub locked: bool,
    /// Activities, in no particular order.
    pub activities: Vec<Activity>,
    /// List requests answered so far.
    pub lists: u32,
    /// Activities that the list does not show yet.
    pub late: Vec<Late>,
    /// The highest id of those that were deleted: an id is never given twice.
    pub highest_deleted: Option<u64>,
}

/// An activity that the list shows only later.
#[derive(Clone, Copy, Debug)]
pub struct Late {
    /// Its id.
    pub id: u64,
    /// It is shown once so many list requests of the account were answered,
    pub lists: u32,
    /// and not before this moment.
    pub at: i64,
}

impl Account {
    /// The activity of this id, or the one that this id is a leg of.
    pub fn find(&self, id: u64) -> Option<&Activity> {
        let own = |activity: &&Activity| activity.id == id || activity.children.iter().any(|child| child.id == id);
        self.activities.iter().find(own)
    }

    /// The activity of exactly this id.
    pub fn find_mut(&mut self, id: u64) -> Option<&mut Activity> {
        self.activities.iter_mut().find(|activity| activity.id == id)
    }

    /// The activities as the list has them: newest first by the local clock.
    pub fn newest_first(&self) -> Vec<&Activity> {
        let mut list: Vec<&Activity> = self.activities.iter().collect();
        list.sort_by_key(|activity| std::cmp::Reverse((activity.start_local(), activity.id)));
        list
    }

    /// Whether the list shows this activity at a moment.
    pub fn lists(&self, id: u64, now: i64) -> bool {
        !self.late.iter().any(|late| late.id == id && (self.lists < late.lists || now < late.at))
    }

    /// Removes an activity; whether there was one.
    pub fn remove(&mut self, id: u64) -> bool {
        let before = self.activities.len();
        self.activities.retain(|activity| activity.id != id);
        let was_there = self.activities.len() < before;
        if was_there {
            self.highest_deleted = self.highest_deleted.max(Some(id));
        }
        was_there
    }

    /// The highest id that was ever given.
    pub fn highest_id(&self) -> Option<u64> {
        self.activities.iter().map(|activity| activity.id).max().max(self.highest_deleted)
    }
}
