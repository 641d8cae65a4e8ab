//! Activities that are not in the archive, with the reasons.

use std::collections::HashSet;

use super::compared::Compared;
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

    /// The activities whose file was found changed or incomplete and can be downloaded again.
    pub fn corrupt_files(&self) -> Vec<String> {
        self.named_where(|_, entry| entry.file.as_ref().is_some_and(|file| file.corrupt))
    }

    /// The activities whose download failed and is tried again by the syncs. Unavailable files are not included.
    /// Without archiving, only files that are to be uploaded are requested.
    pub fn failed(&self, archives: bool) -> Vec<String> {
        let sent: HashSet<usize> = match archives {
            true => HashSet::new(),
            false => self.to_be_uploaded().collect(),
        };
        let is_failed =
            |entry: &ActivityRow| self.unarchived(entry).is_some_and(|(reason, _)| reason == NoFile::Failed);
        self.named_where(|at, entry| is_failed(entry) && (archives || sent.contains(&at)))
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

    /// Platform and id of the activities on their platforms for which `is_it` is true.
    fn named_where(&self, is_it: impl Fn(usize, &ActivityRow) -> bool) -> Vec<String> {
        let present = (0..self.groups.entries.len()).filter(|&at| self.is_present(at));
        let entries = present.map(|at| (at, self.entry(at))).filter(|(at, entry)| is_it(*at, entry));
        entries.map(|(_, entry)| format!("{} {}", entry.activity.platform, entry.activity.id)).collect()
    }

    /// The activities on the platforms that are not in the archive, by platform and reason.
    pub fn not_archived(&self) -> Vec<NotArchived> {
        let mut lists: Vec<[Vec<MissingItem>; 5]> = self.names.iter().map(|_| Default::default()).collect();
        for at in (0..self.groups.entries.len()).filter(|&at| self.is_present(at)) {
            let Some((reason, detail)) = self.unarchived(self.entry(at)) else { continue };
            let item = MissingItem {
                activity: self.activity(at),
                reasons: detail.iter().map(RedactedReason::of).collect(),
                since: None,
            };
            let place = REASONS.iter().position(|known| *known == reason).unwrap_or(0);
            lists[self.platform_of[at]][place].push(item);
        }
        let of_platform = |(platform, lists): (usize, [Vec<MissingItem>; 5])| {
            let platform = &self.names[platform];
            let not_archived = REASONS.into_iter().zip(lists).filter(|(_, items)| !items.is_empty());
            let not_archived = not_archived.map(|(reason, items)| NotArchived {
                platform: platform.clone(),
                reason,
                count: items.len() as u64,
                items,
            });
            not_archived.collect::<Vec<_>>()
        };
        lists.into_iter().enumerate().flat_map(of_platform).collect()
    }
}
