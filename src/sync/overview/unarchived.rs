//! Activities that are not in the archive, with the reasons.

use std::collections::HashSet;

use super::compared::Compared;
use super::newest::Newest;
use crate::catalogue::ActivityRow;
use crate::reason::Reason;
use crate::status::{MissingItem, MissingReason, NoFile, NotArchived, RedactedReason};

const REASONS: [NoFile; 5] = [NoFile::Failed, NoFile::Corrupt, NoFile::NotYet, NoFile::Unavailable, NoFile::NoOriginal];

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
        self.platform_of.iter().for_each(|&platform| sums.platforms[platform].has_entries = true);
        let sent: HashSet<usize> = if archives { HashSet::new() } else { self.to_be_uploaded().collect() };
        for at in (0..self.groups.activities.entries.len()).filter(|&at| self.is_present(at)) {
            let entry = self.entry(at);
            let name = || (self.rank(at), format!("{} {}", entry.activity.platform, entry.activity.id));
            if entry.file.as_ref().is_some_and(|file| file.corrupt) {
                sums.corrupt.push(name());
            }
            let unarchived = self.unarchived(entry);
            sums.platforms[self.platform_of[at]].add(entry, unarchived.as_ref().map(|(reason, _)| *reason));
            let Some((reason, detail)) = unarchived else { continue };
            sums.to_download += u64::from(reason == NoFile::NotYet);
            if reason == NoFile::Failed && (archives || sent.contains(&at)) {
                sums.failed.push(name());
            }
            if lists {
                let place = REASONS.iter().position(|known| *known == reason).unwrap_or(0);
                sums.lists[self.platform_of[at]][place].add(self.rank(at), || MissingItem {
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
    /// The numbers of each platform.
    pub platforms: Vec<PlatformFiles>,
    /// Files that are missing in the archive and were never requested.
    pub to_download: u64,
    /// The activities whose file was found changed or incomplete and can be downloaded again.
    corrupt: Vec<(u64, String)>,
    /// The activities whose download failed and is tried again by the syncs. Unavailable files are not included.
    failed: Vec<(u64, String)>,
    /// For each platform and reason: the activities that are not in the archive.
    lists: Vec<[Newest<u64, MissingItem>; 5]>,
}

/// The numbers of a platform. The names are those of [`crate::status::Platform`].
#[derive(Debug, Clone, Default)]
pub(super) struct PlatformFiles {
    /// Whether the catalogue has activities of it, on the platform or not.
    pub has_entries: bool,
    pub total: u64,
    pub downloaded: u64,
    pub missing: u64,
    pub no_original: u64,
    pub unavailable: u64,
    pub failed: u64,
    pub bytes: u64,
}

impl PlatformFiles {
    fn add(&mut self, entry: &ActivityRow, reason: Option<NoFile>) {
        self.total += 1;
        match reason {
            None => {
                self.downloaded += 1;
                self.bytes += entry.file.as_ref().map_or(0, |file| file.bytes);
                self.bytes += entry.more_files.iter().map(|(_, bytes)| bytes).sum::<u64>();
            }
            Some(NoFile::NoOriginal) => self.no_original += 1,
            Some(NoFile::Unavailable) => self.unavailable += 1,
            Some(reason) => {
                self.missing += 1;
                self.failed += u64::from(reason == NoFile::Failed);
            }
        }
    }
}

impl FileSums {
    /// Sums of `platforms` platforms.
    pub fn new(platforms: usize) -> FileSums {
        FileSums {
            platforms: vec![PlatformFiles::default(); platforms],
            to_download: 0,
            corrupt: Vec::new(),
            failed: Vec::new(),
            lists: (0..platforms).map(|_| Default::default()).collect(),
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
        let (mut all, mut left_out) = (Vec::new(), 0);
        for (name, lists) in names.iter().zip(self.lists) {
            for (reason, list) in REASONS.into_iter().zip(lists).filter(|(_, list)| list.count > 0) {
                let count = list.count;
                let (items, left) = list.finish();
                left_out += left;
                all.push(NotArchived { platform: name.clone(), reason, count, items });
            }
        }
        (all, left_out)
    }
}

fn in_order(named: &[(u64, String)]) -> Vec<String> {
    let mut named: Vec<&(u64, String)> = named.iter().collect();
    named.sort_by_key(|(rank, _)| *rank);
    named.into_iter().map(|(_, name)| name.clone()).collect()
}
