//! Activities that are not in the archive, with the reasons.

use std::collections::HashSet;

use super::by_reason::{ByReason, OfReason};
use super::compared::Compared;
use crate::catalogue::ActivityRow;
use crate::reason::Reason;
use crate::status::{MissingItem, MissingReason, NoFile, NotArchived, Platform, RedactedReason};

impl Compared<'_> {
    /// Why an activity on its platform is not in the archive, with details if any; `None` if it is in the archive.
    pub fn unarchived(&self, entry: &ActivityRow) -> Option<(NoFile, Option<Reason>)> {
        if entry.file.as_ref().is_some_and(|file| !file.corrupt) {
            return None;
        }
        let problem = self.read.problems.get(&entry.activity.key());
        Some(match (&entry.file, problem) {
            (_, Some(problem)) if entry.unavailable.is_some() => (NoFile::Unavailable, Some(problem.reason.clone())),
            (_, Some(problem)) => (NoFile::Failed, Some(problem.reason.clone())),
            (Some(_), None) => (NoFile::Corrupt, None),
            (None, None) => match entry.no_file_reason() {
                Some(reason) => (NoFile::NoOriginal, Some(reason)),
                None => (NoFile::NotYet, None),
            },
        })
    }

    /// Adds the activities on the platforms, by the state of their files. `archives`: whether syncs store every file in
    /// the archive; else only files that are to be uploaded are requested. `lists`: whether the lists for the page are
    /// needed.
    pub fn add_files(&self, sums: &mut FileSums, archives: bool, lists: bool) {
        self.platform_of.iter().for_each(|&platform| sums.has_entries[platform] = true);
        let sent: HashSet<usize> = if archives { HashSet::new() } else { self.to_be_uploaded().collect() };
        for at in (0..self.groups.activities.entries.len()).filter(|&at| self.is_present(at)) {
            let entry = self.entry(at);
            let name = || (self.rank(at), format!("{} {}", entry.activity.platform, entry.activity.id));
            if entry.file.as_ref().is_some_and(|file| file.corrupt) {
                sums.corrupt.push(name());
            }
            let unarchived = self.unarchived(entry);
            let platform = self.platform_of[at];
            add(&mut sums.platforms[platform], entry, unarchived.as_ref().map(|(reason, _)| *reason));
            let Some((reason, detail)) = unarchived else { continue };
            sums.to_download += u64::from(reason == NoFile::NotYet);
            if reason == NoFile::Failed && (archives || sent.contains(&at)) {
                sums.failed.push(name());
            }
            if lists {
                sums.lists.add(platform, reason, self.rank(at), || MissingItem {
                    activity: self.activity(at),
                    reasons: detail.iter().map(RedactedReason::of).collect(),
                    since: None,
                });
            }
        }
    }

    /// The activities that the next sync uploads.
    fn to_be_uploaded(&self) -> impl Iterator<Item = usize> {
        let platforms = 0..self.names.len();
        let missing = self
            .all
            .iter()
            .flat_map(move |one| platforms.clone().filter_map(|to| self.missing_detail_on(&one.missing, to)));
        missing.filter(|(_, detail)| detail.reason == MissingReason::ToUpload).map(|(of, _)| of)
    }
}

/// The activities on the platforms, by the state of their files.
pub(super) struct FileSums {
    /// For each platform the numbers of its activities and files; nothing else is set.
    pub platforms: Vec<Platform>,
    /// Whether the catalogue has activities of each platform, on the platform or not.
    pub has_entries: Vec<bool>,
    /// Files that are missing in the archive and were never requested.
    pub to_download: u64,
    /// The activities whose file was found changed or incomplete and can be downloaded again.
    corrupt: Vec<(u64, String)>,
    /// The activities whose download failed and is tried again by the syncs. Unavailable files are not included.
    failed: Vec<(u64, String)>,
    /// For each platform and reason: the activities that are not in the archive.
    lists: ByReason<u64, NoFile>,
}

/// Adds an activity to the numbers of its platform. `reason`: why its file is not in the archive.
fn add(platform: &mut Platform, entry: &ActivityRow, reason: Option<NoFile>) {
    platform.total += 1;
    match reason {
        None => {
            platform.downloaded += 1;
            platform.bytes += entry.file.as_ref().map_or(0, |file| file.bytes);
            platform.bytes += entry.more_files.iter().map(|(_, bytes)| bytes).sum::<u64>();
        }
        Some(NoFile::NoOriginal) => platform.no_original += 1,
        Some(NoFile::Unavailable) => platform.unavailable += 1,
        Some(reason) => {
            platform.missing += 1;
            platform.failed += u64::from(reason == NoFile::Failed);
        }
    }
}

impl FileSums {
    /// ActivitySums of `platforms` platforms.
    pub fn new(platforms: usize) -> FileSums {
        FileSums {
            platforms: vec![Platform::default(); platforms],
            has_entries: vec![false; platforms],
            to_download: 0,
            corrupt: Vec::new(),
            failed: Vec::new(),
            lists: ByReason::default(),
        }
    }

    /// The activities whose file is corrupt, the newest first: `platform id`.
    pub fn corrupt(&self) -> Vec<String> {
        in_order(&self.corrupt)
    }

    /// The activities whose download failed, the newest first: `platform id`.
    pub fn failed(&self) -> Vec<String> {
        in_order(&self.failed)
    }

    /// The activities that are not in the archive, by platform and reason, and how many items of these lists are left
    /// out. `names`: the platforms.
    pub fn finish(self, names: &[String]) -> (Vec<NotArchived>, u64) {
        let to_list = |OfReason { platform, reason, count, items }| NotArchived { platform, reason, count, items };
        self.lists.finish(names, to_list)
    }
}

fn in_order(named: &[(u64, String)]) -> Vec<String> {
    let mut named: Vec<&(u64, String)> = named.iter().collect();
    named.sort_by_key(|(rank, _)| *rank);
    named.into_iter().map(|(_, name)| name.clone()).collect()
}
