//! Missing activities with the reasons, and the comparison of each pair of platforms.

use super::compared::{Compared, MissingDetail};
use crate::status::{Missing, MissingItem, MissingReason, PlatformPair, RedactedReason};

const REASONS: [MissingReason; 9] = [
    MissingReason::ToUpload,
    MissingReason::NoWriteAccess,
    MissingReason::Pending,
    MissingReason::Rejected,
    MissingReason::PossibleDuplicate,
    MissingReason::NoFile,
    MissingReason::Deleted,
    MissingReason::MissingOnce,
    MissingReason::NotListed,
];

impl Compared<'_> {
    /// The activities that are missing on a compared platform and present on another one.
    pub fn missing(&self) -> Vec<Missing> {
        let platforms = (0..self.names.len()).flat_map(|platform| REASONS.map(|reason| (platform, reason)));
        let missing = platforms.map(|(platform, reason)| {
            let missing = self.all.iter().filter_map(|one| self.missing_detail_on(&one.missing, platform));
            let items: Vec<MissingItem> =
                missing.filter(|detail| detail.1.reason == reason).map(|detail| self.item(detail)).collect();
            Missing { on: self.names[platform].clone(), reason, count: items.len() as u64, items }
        });
        missing.filter(|missing| missing.count > 0).collect()
    }

    /// Why a target is missing an activity, and the activity that could be uploaded.
    pub fn missing_detail_on<'l>(
        &self,
        missing: &'l [Option<MissingDetail>],
        platform: usize,
    ) -> Option<(usize, &'l MissingDetail)> {
        let detail = missing[platform].as_ref().filter(|_| self.is_target[platform])?;
        Some((detail.of?, detail))
    }

    fn item(&self, (of, detail): (usize, &MissingDetail)) -> MissingItem {
        let reasons = detail.details.iter().map(RedactedReason::of).collect();
        MissingItem { activity: self.activity(of), reasons, since: detail.since }
    }

    /// The comparison of each platform with each other one.
    pub fn matrix(&self) -> Vec<PlatformPair> {
        let listable: Vec<usize> = (0..self.names.len()).filter(|platform| self.is_listable(*platform)).collect();
        let pairs = listable.iter().flat_map(|&on| listable.iter().map(move |&and| (on, and)));
        pairs.filter(|(on, and)| on != and).map(|(on, and)| self.pair(on, and)).collect()
    }

    fn pair(&self, on: usize, and: usize) -> PlatformPair {
        let mut pair =
            PlatformPair { on: self.names[on].clone(), and: self.names[and].clone(), ..PlatformPair::default() };
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
        pair
    }
}
