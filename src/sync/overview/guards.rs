//! Whether gs-delete would delete a duplicate: every guard is checked, as far as possible without a request.

use std::collections::HashSet;

use super::compared::Compared;
use super::read::CatalogueData;
use crate::activity::{ActivityKeyRef, Format, Origin};
use crate::catalogue::{ActivityRow, DeletionOutcome, UploadOutcome, UploadRow};
use crate::matching::{Certainty, Matcher};
use crate::plan::deletion::{self, Archived, DeletionFacts};
use crate::reason::Reason;
use crate::status::NoFile;

/// What the journals say about activities and files.
pub(super) struct DeletionGuards<'a> {
    /// The platform and the file of each duplicate that was restored after its deletion.
    restored_files: HashSet<(&'a str, &'a str)>,
    /// The activities that were made by restoring a deleted one.
    restored: HashSet<ActivityKeyRef<'a>>,
    /// The activities whose deletion is pending.
    pending: HashSet<ActivityKeyRef<'a>>,
}

impl<'a> DeletionGuards<'a> {
    /// The guards by the journals of `read`.
    pub fn of(read: &'a CatalogueData) -> DeletionGuards<'a> {
        let of_outcome = |outcome| read.deletions.iter().filter(move |row| row.outcome == outcome);
        let restored_files = of_outcome(Some(DeletionOutcome::Restored));
        let uploads = read.histories.platforms.iter().flat_map(|history| &history.journal);
        let is_restoration =
            |row: &&UploadRow| row.outcome == Some(UploadOutcome::Created) && row.from.platform == row.to;
        let restored = uploads.filter(is_restoration);
        DeletionGuards {
            restored_files: restored_files.map(|row| (row.entry.platform.as_str(), row.sha256.as_str())).collect(),
            restored: restored.filter_map(|row| Some(ActivityKeyRef::new(&row.to, row.to_id.as_deref()?))).collect(),
            pending: of_outcome(None).map(|row| row.entry.as_key()).collect(),
        }
    }

    /// Whether an activity was deleted as a duplicate before, and restored.
    fn was_restored(&self, activity: ActivityKeyRef, sha256: Option<&str>) -> bool {
        self.restored.contains(&activity)
            || sha256.is_some_and(|sha256| self.restored_files.contains(&(activity.platform, sha256)))
    }
}

impl Compared<'_> {
    /// Why gs-delete would not delete the duplicate `at` of the activity `of`; `None`: it would. The limit of a run and the
    /// confirmation are not considered.
    pub fn failed_guard(
        &self,
        guards: &DeletionGuards,
        (at, of): (usize, usize),
        certainty: Certainty,
    ) -> Option<Reason> {
        let (candidate, kept_candidate) = (self.groups.candidate(at), self.groups.candidate(of));
        let key = |at: usize| self.entry(at).activity.as_key();
        let facts = self.read.histories.part.entries[at].1.as_ref();
        deletion::first_failed_guard(&DeletionFacts {
            can_delete: self.read.histories.platforms[self.platform_of[at]].spec.can_delete,
            was_restored: guards.was_restored(key(at), facts.map(|facts| facts.sha256.as_str())),
            is_pending: guards.pending.contains(&key(at)),
            is_kept_another: key(at) != key(of) && !guards.pending.contains(&key(of)),
            is_of_this_run: false,
            certainty: Some(certainty),
            archived: self.will_be_archived(self.entry(at)),
            kept_archived: self.will_be_archived(self.entry(of)),
            kept_is_better: Matcher::order(&kept_candidate, &candidate).is_lt(),
            kept_is_listed: self.is_present(of),
            deleted: 0,
            max_delete: u64::MAX,
            is_confirmed: true,
        })
    }

    /// The state of an activity's file when the next run comes to its deletion: the run downloads the files first.
    fn will_be_archived(&self, entry: &ActivityRow) -> Archived {
        match (&entry.file, self.unarchived(entry).map(|(reason, _)| reason)) {
            (_, Some(NoFile::NoOriginal | NoFile::Unavailable)) => Archived::No,
            (Some(file), None) if file.origin != Origin::Original || file.format != Format::Fit => Archived::NoOriginal,
            _ => Archived::Whole,
        }
    }
}
