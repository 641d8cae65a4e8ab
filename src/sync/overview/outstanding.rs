//! Work that is outstanding now, and that was outstanding after earlier runs.

use std::collections::HashSet;

use super::SyncSettings;
use super::compared::Compared;
use super::duplicates::FoundPair;
use super::sums::Overview;
use crate::activity::{ActivityKeyRef, Format, Origin};
use crate::catalogue::{ActivityRow, DeletionOutcome, OutstandingRow, UploadOutcome};
use crate::matching::Matcher;
use crate::plan::deletion::{self, Archived, DeletionFacts};
use crate::status::judge::Left;
use crate::status::{MissingReason, NoFile, Outstanding};
use crate::sync::{Result, Worker};

/// The outstanding work.
pub(super) struct Backlog {
    /// The current outstanding work.
    pub now: Outstanding,
    /// The outstanding work at the end of earlier runs, the newest first.
    pub before: Vec<Left>,
    /// The row to store for this run; `None` if it neither uploads, downloads nor deletes, or covers only a part.
    pub left: Option<OutstandingRow>,
}

impl Worker {
    /// `GS_ARCHIVE`: whether the file of every activity is stored in the archive; `None` if not set.
    pub fn archives(&self) -> Result<Option<bool>> {
        Ok(self.settings.choice("GS_ARCHIVE")?.map(|which| which == "all"))
    }

    /// Counts the outstanding work: all that an unrestricted sync would do, whatever part the last one covered. `rows`: the
    /// work that was outstanding after earlier runs.
    pub(super) fn backlog(
        &self,
        overview: &Overview,
        settings: &SyncSettings,
        (rows, archives): (&[OutstandingRow], bool),
    ) -> Result<Backlog> {
        let sums = overview.sums;
        let now = Outstanding {
            uploads: if settings.only_archives { 0 } else { sums.missing.count(&MissingReason::ToUpload) },
            downloads: if archives { sums.files.to_download } else { 0 },
            deletions: sums.to_delete,
            pending: overview.read.platforms.iter().map(|around| around.uploads.pending).sum(),
        };
        let stages = self.catalogue.stages(&self.run_id, self.command)?;
        let has = |command: &str| stages.iter().any(|stage| stage.command == command);
        let left = OutstandingRow {
            run: self.run_id.clone(),
            uploads: has("gs-upload").then_some(now.uploads),
            downloads: has("gs-download").then_some(now.downloads),
            deletions: has("gs-delete").then_some(now.deletions),
            archives,
        };
        let before = rows.iter().map(|row| Left {
            uploads: row.uploads,
            downloads: row.downloads.filter(|_| row.archives),
            deletions: row.deletions,
        });
        let before = before.collect();
        let does_work = left.uploads.or(left.downloads).or(left.deletions).is_some();
        let is_stored = does_work && !self.dry_run && !self.is_restricted(overview, settings);
        Ok(Backlog { now, before, left: is_stored.then_some(left) })
    }

    /// Whether this run covered only a part of the work: then the outstanding work says nothing about this run.
    fn is_restricted(&self, overview: &Overview, settings: &SyncSettings) -> bool {
        let platforms = overview.read.histories.platforms.iter().zip(&overview.scope.is_compared);
        let leaves_out = platforms
            .into_iter()
            .any(|(history, is_compared)| *is_compared && !settings.named.includes(&history.spec.id));
        let counts =
            |counts: &str| serde_json::from_str::<std::collections::BTreeMap<String, u64>>(counts).unwrap_or_default();
        let own = overview.read.runs.iter().filter(|row| row.run == self.run_id);
        leaves_out || own.into_iter().any(|row| counts(&row.counts).contains_key("restricted"))
    }

    /// Stores the outstanding work at the end of this run, if possible.
    pub(super) fn remember(&mut self, left: Option<OutstandingRow>) -> Result<()> {
        let now = self.now();
        match left.map_or(Ok(()), |left| self.catalogue.set_outstanding(&left, now)) {
            Err(crate::catalogue::Error::ReadOnly { .. }) => Ok(()),
            done => Ok(done?),
        }
    }
}

impl Compared<'_> {
    /// Duplicates that gs-delete would delete: every guard is checked, as far as possible without a request.
    pub fn to_delete(&self, pairs: &[FoundPair], max_delete: u64) -> u64 {
        if pairs.is_empty() {
            return 0;
        }
        let journal = &self.read.deletions;
        let restored = journal.iter().filter(|row| row.outcome == Some(DeletionOutcome::Restored));
        let restored: HashSet<(&str, &str)> =
            restored.map(|row| (row.entry.platform.as_str(), row.sha256.as_str())).collect();
        let open = journal.iter().filter(|row| row.outcome.is_none());
        let open: HashSet<ActivityKeyRef> = open.map(|row| row.entry.as_key()).collect();
        let is_open = |at: usize| open.contains(&self.entry(at).activity.as_key());
        let may_go = |at: usize, of: usize, certainty| {
            let (candidate, kept_candidate) = (self.groups.candidate(at), self.groups.candidate(of));
            let (copy, kept) = (candidate.activity, kept_candidate.activity);
            let hash = self.read.histories.part.entries[at].1.as_ref().map(|facts| facts.sha256.as_str());
            let facts = DeletionFacts {
                can_delete: self.read.histories.platforms[self.platform_of[at]].spec.can_delete,
                was_restored: hash.is_some_and(|hash| restored.contains(&(copy.platform, hash)))
                    || self.was_put_back(copy.platform, copy.id),
                is_pending: is_open(at),
                is_kept_another: copy.id != kept.id && !is_open(of),
                is_of_this_run: false,
                certainty: Some(certainty),
                archived: self.will_be_archived(self.entry(at)),
                kept_archived: self.will_be_archived(self.entry(of)),
                kept_is_better: Matcher::order(&kept_candidate, &candidate).is_lt(),
                kept_is_listed: self.is_present(of),
                deleted: 0,
                max_delete,
                is_confirmed: true,
            };
            deletion::first_failed_guard(&facts).is_none()
        };
        pairs.iter().filter(|(at, of, copy)| may_go(*at, *of, copy.verdict.certainty)).count() as u64
    }

    /// Whether an activity was restored from one that is missing on its platform.
    fn was_put_back(&self, platform: &str, id: &str) -> bool {
        let histories = self.read.histories.platforms.iter().filter(|history| history.spec.id == platform);
        histories.flat_map(|history| &history.journal).any(|row| {
            let is_it = row.from.platform == platform && row.to_id.as_deref() == Some(id);
            is_it && row.outcome == Some(UploadOutcome::Created)
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
