//! Missing activities with the reasons, and the comparison of each pair of platforms.

use super::by_reason::{ByReason, OfReason};
use super::compared::{Compared, MissingDetail, Scope};
use crate::status::{Missing, MissingItem, MissingReason, PlatformPair, RedactedReason};

/// The rank of a group: groups without a start come last, then the newest first.
pub(super) type GroupRank = (bool, u64);
/// The activities that are missing on each platform, by reason.
pub(super) type MissingLists = ByReason<GroupRank, MissingReason>;

/// The lists of the page, and how many activities they leave out. `names`: the platforms.
pub(super) fn finish(lists: MissingLists, names: &[String]) -> (Vec<Missing>, u64) {
    lists.finish(names, |OfReason { platform, reason, count, items }| Missing { on: platform, reason, count, items })
}

impl Compared<'_> {
    /// Adds the activities that are missing on a compared platform and present on another one. `lists`: whether the lists
    /// for the page are needed, else only the counts.
    pub fn add_missing(&self, sums: &mut MissingLists, lists: bool) {
        for one in &self.all {
            for platform in 0..self.names.len() {
                let Some(missing) = self.missing_detail_on(&one.missing, platform) else { continue };
                match lists {
                    true => sums.add(platform, missing.1.reason, self.group_rank(one), || self.item(missing)),
                    false => sums.count_one(platform, missing.1.reason),
                }
            }
        }
    }

    /// Why a target is missing an activity, and the activity that could be uploaded.
    pub fn missing_detail_on<'l>(
        &self,
        missing: &'l [Option<MissingDetail>],
        platform: usize,
    ) -> Option<(usize, &'l MissingDetail)> {
        let detail = missing[platform].as_ref().filter(|_| self.is_target(platform))?;
        Some((detail.of?, detail))
    }

    fn item(&self, (of, detail): (usize, &MissingDetail)) -> MissingItem {
        let reasons = detail.details.iter().map(RedactedReason::of).collect();
        MissingItem { activity: self.activity(of), reasons, since: detail.since }
    }

    /// Adds to the comparison of each platform with each other one.
    pub fn add_pairs(&self, matrix: &mut [PlatformPair]) {
        self.scope.pairs().zip(matrix).for_each(|(platforms, pair)| self.add_pair(platforms, pair));
    }

    fn add_pair(&self, (on, and): (usize, usize), pair: &mut PlatformPair) {
        for one in self.all.iter().filter(|one| one.missing[on].is_none()) {
            match one.missing[and].as_ref().map(|detail| detail.reason) {
                None => pair.both += 1,
                reason => {
                    pair.only += 1;
                    pair.pending += u64::from(reason == Some(MissingReason::Pending));
                    pair.rejected += u64::from(reason == Some(MissingReason::Rejected));
                }
            }
        }
    }
}

/// The comparison of each platform with each other one, without activities.
pub(super) fn pairs(scope: &Scope) -> Vec<PlatformPair> {
    let name = |platform: usize| scope.names[platform].clone();
    let pair = |(on, and)| PlatformPair { on: name(on), and: name(and), ..PlatformPair::default() };
    scope.pairs().map(pair).collect()
}
