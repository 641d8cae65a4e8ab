//! Activities for each platform and reason.

use std::collections::BTreeMap;

use super::newest::Newest;
use crate::status::MissingItem;

/// The newest activities for each platform, by its position, and each reason. Reasons are in the order of the page.
pub(super) struct ByReason<Rank, Reason>(BTreeMap<(usize, Reason), Newest<Rank, MissingItem>>);

/// The activities of a platform with one reason.
pub(super) struct OfReason<Reason> {
    pub platform: String,
    pub reason: Reason,
    pub count: u64,
    pub items: Vec<MissingItem>,
}

impl<Rank, Reason> Default for ByReason<Rank, Reason> {
    fn default() -> ByReason<Rank, Reason> {
        ByReason(BTreeMap::new())
    }
}

impl<Rank: Ord + Clone, Reason: Ord> ByReason<Rank, Reason> {
    /// Adds an activity, which is made only if it is kept.
    pub fn add(&mut self, platform: usize, reason: Reason, rank: Rank, item: impl FnOnce() -> MissingItem) {
        self.0.entry((platform, reason)).or_default().add(rank, item);
    }

    /// Counts an activity that is in no list.
    pub fn count_one(&mut self, platform: usize, reason: Reason) {
        self.0.entry((platform, reason)).or_default().count += 1;
    }

    /// How many activities have this reason.
    pub fn count(&self, reason: &Reason) -> u64 {
        self.0.iter().filter(|((_, of), _)| of == reason).map(|(_, list)| list.count).sum()
    }

    /// The lists, and how many activities they leave out. `names`: the platforms.
    pub fn finish<List>(self, names: &[String], to_list: impl Fn(OfReason<Reason>) -> List) -> (Vec<List>, u64) {
        let (mut all, mut left_out) = (Vec::new(), 0);
        for ((platform, reason), list) in self.0 {
            let count = list.count;
            let (items, left) = list.finish();
            left_out += left;
            all.push(to_list(OfReason { platform: names[platform].clone(), reason, count, items }));
        }
        (all, left_out)
    }
}
