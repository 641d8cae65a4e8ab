//! Work that is outstanding now, and that was outstanding after earlier runs.

use super::SyncSettings;
use super::sums::Overview;
use crate::catalogue::OutstandingRow;
use crate::status::judge::Left;
use crate::status::{MissingReason, Outstanding};
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
