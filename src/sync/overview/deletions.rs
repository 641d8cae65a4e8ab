//! Activities that are no longer on their platform: deleted as a duplicate by this program, or by a person on the
//! service; and the command that restores them.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::compared::Compared;
use super::newest::Newest;
use crate::activity::{ActivityKeyRef, Origin};
use crate::catalogue::{Absence, DeletionOutcome, DeletionRow, UploadOutcome};
use crate::fit::RecordingId;
use crate::shell::flag;
use crate::status::{Deleter, Deletion, Redacted, RedactedReason};

/// How a platform recognizes a recording.
#[derive(PartialEq, Eq, Hash)]
enum Mark<'a> {
    /// By the hash of its bytes.
    Bytes(&'a str),
    /// By the device and time in the file.
    Device(RecordingId),
}

/// Who deleted an activity that listings no longer show: another client. One listing alone may be wrong.
fn somebody(absence: Absence) -> Deleter {
    if absence.is_confirmed() { Deleter::External } else { Deleter::Unconfirmed }
}

/// A recording on a platform.
type Recording<'a> = (usize, Mark<'a>);

impl Compared<'_> {
    /// Adds the deletions: the last one of each activity.
    pub fn add_deletions(&self, list: &mut Newest<(Reverse<Timestamp>, u64), Deletion>) {
        let mut last: HashMap<usize, &DeletionRow> = HashMap::new();
        for row in &self.read.deletions {
            last.extend(self.find(row.entry.as_key()).map(|at| (at, row)));
        }
        let entries = || 0..self.read.histories.part.entries.len();
        let all: Vec<(usize, Deletion)> =
            entries().filter_map(|at| Some((at, self.deletion(at, last.get(&at).copied())?))).collect();
        if all.is_empty() {
            return;
        }
        let back = self.put_back();
        let is_gone = |deletion: &Deletion| matches!(deletion.by, Deleter::Garminsync | Deleter::External);
        let may_return = |at: &usize, deletion: &Deletion| is_gone(deletion) && !back.contains(at);
        let wanted =
            all.iter().filter(|(at, deletion)| may_return(at, deletion)).flat_map(|(at, _)| self.recordings(*at));
        let present = self.present(&wanted.collect());
        for (at, mut deletion) in all {
            if may_return(&at, &deletion) {
                deletion.restore = self.restore(at, &present);
            }
            list.add((Reverse(deletion.at), self.rank(at)), || deletion);
        }
    }

    /// Those of the recordings `wanted` that are on their platforms.
    fn present<'s>(&'s self, wanted: &HashSet<Recording<'s>>) -> HashSet<Recording<'s>> {
        let mut has_wanted = vec![false; self.names.len()];
        wanted.iter().for_each(|(platform, _)| has_wanted[*platform] = true);
        let entries = (0..self.platform_of.len()).filter(|&at| has_wanted[self.platform_of[at]] && self.is_present(at));
        entries.flat_map(|at| self.recordings(at)).filter(|recording| wanted.contains(recording)).collect()
    }

    /// Who deleted an activity and when; `None` if it is on its platform and no deletion was attempted.
    fn deletion(&self, at: usize, row: Option<&DeletionRow>) -> Option<Deletion> {
        let entry = self.entry(at);
        let by = match row {
            Some(DeletionRow { outcome: None, .. }) => Deleter::Pending,
            Some(DeletionRow { outcome: Some(outcome), .. }) => match (outcome, entry.missing) {
                (DeletionOutcome::Deleted, Some(_)) => Deleter::Garminsync,
                // The list shows it again.
                (DeletionOutcome::Deleted, None) | (DeletionOutcome::Restored, _) => Deleter::Restored,
                (DeletionOutcome::Failed, None) => Deleter::Failed,
                // Another client has deleted the activity after our deletion failed.
                (DeletionOutcome::Failed, Some(absence)) => somebody(absence),
            },
            None => somebody(entry.missing?),
        };
        let row = row.filter(|_| !matches!(by, Deleter::External | Deleter::Unconfirmed));
        let gone_since = entry.missing.map(Absence::since);
        let file = entry.file.as_ref().filter(|file| !file.corrupt);
        Some(Deletion {
            activity: self.activity(at),
            by,
            at: row.map(|row| row.finished_at.unwrap_or(row.started_at)).or(gone_since)?,
            kept_id: row.map(|row| Redacted::of(&row.kept_id)),
            reason: row.map(|row| RedactedReason::of(&row.evidence)),
            file: file.map(|file| Redacted::of(&file.path)),
            restore: None,
        })
    }

    /// The command line that restores an activity, if its file and its platform allow it. `present`: the recordings on
    /// the platforms.
    fn restore(&self, at: usize, present: &HashSet<Recording>) -> Option<String> {
        let (entry, platform) = (self.entry(at), self.platform_of[at]);
        let spec = &self.read.histories.platforms[platform].spec;
        let file = entry.file.as_ref().filter(|file| !file.corrupt && entry.more_files.is_empty())?;
        let is_known = self.recordings(at).any(|recording| present.contains(&recording));
        let is_original = file.origin == Origin::Original && spec.upload_formats.contains(&file.format);
        let is_taken = is_original && (spec.allows_duplicates || !is_known);
        (is_taken && entry.activity.start_time.is_some())
            .then(|| format!("gs-list --deleted {} | gs-upload --restore > /dev/null", self.flags(at)))
    }

    /// How the platform of an activity recognizes its recording.
    fn recordings(&self, at: usize) -> impl Iterator<Item = Recording<'_>> {
        let (platform, facts) = (self.platform_of[at], self.read.histories.part.entries[at].1.as_ref());
        let bytes = facts.map(|facts| Mark::Bytes(&facts.sha256));
        let device = facts.and_then(|facts| facts.identity).map(Mark::Device);
        bytes.into_iter().chain(device).map(move |mark| (platform, mark))
    }

    /// The flags that select one activity.
    pub fn flags(&self, at: usize) -> String {
        let id = Redacted::of(&self.entry(at).activity.id);
        format!("{} {}", flag("--platform", &self.names[self.platform_of[at]]), flag("--id", id.as_str()))
    }

    /// The activities that were restored or whose restoration is pending. A restored activity has a new id, and may
    /// itself have been deleted and restored.
    fn put_back(&self) -> HashSet<usize> {
        let mut back = HashSet::new();
        for history in &self.read.histories.platforms {
            // From the newest upload back: a restored activity counts only if the one that was created is on the
            // platform or was restored in turn.
            for row in history.journal.iter().rev().filter(|row| row.from.platform == row.to) {
                let made = row.to_id.as_deref().map(|id| self.find(ActivityKeyRef::new(&row.to, id)));
                let is_back = match (row.outcome, made) {
                    (None, _) => true,
                    // A restored activity that no list has shown yet exists, too: the list is slow to show it.
                    (Some(UploadOutcome::Created), Some(made)) => {
                        made.is_none_or(|at| self.is_present(at) || back.contains(&at))
                    }
                    _ => false,
                };
                back.extend(self.find(row.from.as_key()).filter(|_| is_back));
            }
        }
        back
    }
}
