//! What is not in the archive, and why.

use std::collections::HashSet;

use super::compared::Compared;
use crate::catalogue::ActivityRow;
use crate::reason::Reason;
use crate::status::{MissingItem, MissingReason, NoFile, NotArchived, RedactedReason};

const REASONS: [NoFile; 5] = [NoFile::Failed, NoFile::Corrupt, NoFile::NotYet, NoFile::Unavailable, NoFile::NoOriginal];

impl Compared<'_> {
    /// Why an entry that is on its platform is not in the archive, in words if there are any; nothing: it is.
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

    /// The entries whose file was found changed or cut, and can be fetched again.
    pub fn corrupt_files(&self) -> Vec<String> {
        self.named_where(|_, entry| entry.file.as_ref().is_some_and(|file| file.corrupt))
    }

    /// The entries whose file was asked for in vain and is asked for again by the syncs: what is unavailable is no news, and
    /// who does not archive asks only for what is to be sent.
    pub fn failed(&self, archives: bool) -> Vec<String> {
        let sent: HashSet<usize> = match archives {
            true => HashSet::new(),
            false => self.to_be_sent().collect(),
        };
        let is_failed =
            |entry: &ActivityRow| self.unarchived(entry).is_some_and(|(reason, _)| reason == NoFile::Failed);
        self.named_where(|at, entry| is_failed(entry) && (archives || sent.contains(&at)))
    }

    /// The entries that the next sync sends somewhere.
    fn to_be_sent(&self) -> impl Iterator<Item = usize> {
        let platforms = 0..self.names.len();
        let missing = self
            .all
            .iter()
            .flat_map(move |one| platforms.clone().filter_map(|to| self.missing_detail_on(&one.missing, to)));
        missing.filter(|(_, detail)| detail.reason == MissingReason::ToUpload).map(|(of, _)| of)
    }

    /// Platform and id of those on their platforms for which `is_it` holds.
    fn named_where(&self, is_it: impl Fn(usize, &ActivityRow) -> bool) -> Vec<String> {
        let there = (0..self.groups.entries.len()).filter(|&at| self.is_there(at));
        let entries = there.map(|at| (at, self.entry(at))).filter(|(at, entry)| is_it(*at, entry));
        entries.map(|(_, entry)| format!("{} {}", entry.activity.platform, entry.activity.id)).collect()
    }

    /// What is on the platforms and not in the archive, by platform and reason.
    pub fn not_archived(&self) -> Vec<NotArchived> {
        let mut lists: Vec<[Vec<MissingItem>; 5]> = self.names.iter().map(|_| Default::default()).collect();
        for at in (0..self.groups.entries.len()).filter(|&at| self.is_there(at)) {
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
            let told = REASONS.into_iter().zip(lists).filter(|(_, items)| !items.is_empty());
            let told = told.map(|(reason, items)| NotArchived {
                platform: platform.clone(),
                reason,
                count: items.len() as u64,
                items,
            });
            told.collect::<Vec<_>>()
        };
        lists.into_iter().enumerate().flat_map(of_platform).collect()
    }
}
