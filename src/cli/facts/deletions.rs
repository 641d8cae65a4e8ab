//! What is no longer on its platform: deleted from here as a copy, or by somebody there; and how it is put back.

use std::collections::{HashMap, HashSet};

use super::compared::Compared;
use crate::catalogue::{DeletionOutcome, DeletionRow, TransferOutcome};
use crate::report::{Clean, Deleter, Deletion, flag};

impl Compared<'_> {
    /// The deletions, the newest first: of each entry the last one.
    pub fn deletions(&self) -> Vec<Deletion> {
        let places = self.places();
        let mut last: HashMap<usize, &DeletionRow> = HashMap::new();
        for row in &self.read.deletions {
            let place = places.get(&(row.entry.0.as_str(), row.entry.1.as_str()));
            last.extend(place.map(|&at| (at, row)));
        }
        let back = self.put_back();
        let all =
            (0..self.read.histories.entries.len()).filter_map(|at| self.deletion(at, last.get(&at).copied(), &back));
        let mut all: Vec<Deletion> = all.collect();
        // Those of one second stay as they began.
        all.sort_by_key(|deletion| std::cmp::Reverse(deletion.at));
        all
    }

    /// Where each entry is, by platform and id.
    pub fn places(&self) -> HashMap<(&str, &str), usize> {
        let entries = self.read.histories.entries.iter().enumerate();
        entries.map(|(at, (entry, _))| ((entry.activity.platform.as_str(), entry.activity.id.as_str()), at)).collect()
    }

    fn deletion(&self, at: usize, row: Option<&DeletionRow>, back: &HashSet<usize>) -> Option<Deletion> {
        let entry = self.entry(at);
        let by = match (row.map(|row| row.outcome), entry.absent) {
            (Some(None), _) => Deleter::Pending,
            (Some(Some(DeletionOutcome::Deleted)), Some(_)) => Deleter::Garminsync,
            // The list shows it again.
            (Some(Some(DeletionOutcome::Deleted)), None) => Deleter::Restored,
            (Some(Some(DeletionOutcome::Restored)), _) => Deleter::Restored,
            (Some(Some(DeletionOutcome::Failed)), None) => Deleter::Failed,
            // What was still there after a deletion of ours failed has been deleted by somebody else.
            (_, Some((_, times))) => {
                if times > 1 {
                    Deleter::Somebody
                } else {
                    Deleter::Perhaps
                }
            }
            (None, None) => return None,
        };
        let row = row.filter(|_| !matches!(by, Deleter::Somebody | Deleter::Perhaps));
        let gone_since = entry.absent.map(|(since, _)| since);
        let is_gone = matches!(by, Deleter::Garminsync | Deleter::Somebody);
        let file = entry.file.as_ref().filter(|file| !file.broken);
        Some(Deletion {
            activity: self.activity(at),
            by,
            at: row.map(|row| row.settled.unwrap_or(row.intended)).or(gone_since)?,
            kept_id: row.map(|row| Clean::of(&row.kept_id)),
            why: row.map(|row| Clean::of(&row.why)),
            file: file.map(|file| Clean::of(&file.path)),
            restore: if is_gone && !back.contains(&at) { self.restore(at) } else { None },
        })
    }

    /// The command line that puts an entry back, if its file allows that.
    fn restore(&self, at: usize) -> Option<String> {
        let (entry, platform) = (self.entry(at), self.platform_of[at]);
        let takes = self.read.histories.platforms[platform].kind.takes;
        let file = entry.file.as_ref().filter(|file| !file.broken && entry.more_files.is_empty())?;
        if !takes.contains(&file.format.as_str()) || entry.activity.start_time.is_none() {
            return None;
        }
        Some(format!("gs-list --deleted {} | gs-upload --restore", self.flags(at)))
    }

    /// The flags that name one entry.
    pub fn flags(&self, at: usize) -> String {
        let id = Clean::of(&self.entry(at).activity.id);
        format!("{} {}", flag("--platform", &self.names[self.platform_of[at]]), flag("--id", id.as_str()))
    }

    /// The entries that were put back where they were, or are on their way: under another id, and that one perhaps again
    /// under another.
    fn put_back(&self) -> HashSet<usize> {
        let places = self.places();
        let mut back = HashSet::new();
        for history in &self.read.histories.platforms {
            // From the last one on: whether what was put back is there decides for what it was put back from.
            for row in history.journal.iter().rev().filter(|row| row.from.0 == row.to) {
                let made = row.to_id.as_deref().map(|id| places.get(&(row.to.as_str(), id)).copied());
                let is_back = match (row.outcome, made) {
                    (None, _) => true,
                    // One that was never listed is there as well: the list is slow to show it.
                    (Some(TransferOutcome::Created), Some(made)) => {
                        made.is_none_or(|at| self.is_there(at) || back.contains(&at))
                    }
                    _ => false,
                };
                if is_back && let Some(&at) = places.get(&(row.from.0.as_str(), row.from.1.as_str())) {
                    back.insert(at);
                }
            }
        }
        back
    }
}
