//! What the next runs have to do, and what earlier ones have left.

use super::compared::Compared;
use crate::catalogue::OutstandingRow;
use crate::cli::{Exit, Failure, Run};
use crate::matching::Matcher;
use crate::status::{NoFile, Outstanding, Reason};

/// The work that is outstanding.
pub(super) struct Backlog {
    /// Now.
    pub now: Outstanding,
    /// At the end of earlier runs, the newest first.
    pub before: Vec<Outstanding>,
    /// What is to be remembered of this run; nothing: it neither uploads nor downloads.
    pub left: Option<OutstandingRow>,
}

impl Run {
    /// `GS_ARCHIVE`: whether the file of every activity belongs into the archive; nothing: nobody has said so.
    pub fn archives(&self) -> Result<Option<bool>, Failure> {
        match self.settings.get("GS_ARCHIVE").map(str::trim) {
            None => Ok(None),
            Some("all") => Ok(Some(true)),
            Some("sent") => Ok(Some(false)),
            Some(text) => {
                Err(Failure::new(Exit::Config, format!("GS_ARCHIVE={text:?} is not known; write all or sent")))
            }
        }
    }

    /// Counts what is outstanding.
    pub(super) fn backlog(&self, compared: &Compared, matcher: &Matcher) -> Result<Backlog, Failure> {
        let rows = self.catalogue.outstanding_before(&self.id)?;
        // Who archives says so in each sync; by hand it is as in the newest one.
        let archives = self.archives()?.or(rows.first().map(|row| row.archives)).unwrap_or(true);
        let deletes = self.settings.yes("DELETE_DUPLICATE")?.unwrap_or(false);
        let only_archives = self.settings.get("GS_SCHEDULED").is_some_and(|what| what.trim() == "download");
        let now = Outstanding {
            uploads: if only_archives { 0 } else { compared.uploads_left().unwrap_or_else(|| compared.to_send()) },
            downloads: if archives { compared.to_download() } else { 0 },
            deletions: if deletes { compared.to_delete(matcher) } else { 0 },
            pending: compared.pending(),
        };
        let before = rows.iter().map(|row| Outstanding {
            uploads: row.uploads,
            downloads: if archives { row.downloads } else { 0 },
            ..Outstanding::default()
        });
        let is_work = |command: &str| matches!(command, "gs-upload" | "gs-download");
        let does_work = self.catalogue.stages(&self.id, self.command)?.iter().any(|stage| is_work(&stage.command));
        let left =
            OutstandingRow { run: self.id.clone(), uploads: now.uploads, downloads: compared.to_download(), archives };
        Ok(Backlog { now, before: before.collect(), left: (does_work && !self.common.dry_run).then_some(left) })
    }

    /// Remembers what this run has left, where that is possible.
    pub(super) fn remember(&mut self, left: Option<OutstandingRow>) -> Result<(), Failure> {
        let now = jiff::Timestamp::now();
        match left.map_or(Ok(()), |left| self.catalogue.set_outstanding(&left, now)) {
            Err(crate::catalogue::Error::ReadOnly { .. }) => Ok(()),
            done => Ok(done?),
        }
    }
}

impl Compared<'_> {
    /// Uploads that the next run makes.
    fn to_send(&self) -> u64 {
        self.missing().iter().filter(|missing| missing.reason == Reason::ToSend).map(|missing| missing.count).sum()
    }

    /// Uploads that the newest sync has planned and not made, if that was asked for a part alone: the rest is not wanted.
    fn uploads_left(&self) -> Option<u64> {
        let row = |run: &str, command: &str| {
            let is_it = |row: &&crate::catalogue::CommandRow| row.run == run && row.command == command;
            self.read.runs.iter().rev().find(is_it)
        };
        let upload = self.read.runs.iter().rev().find(|row| row.command == "gs-upload")?;
        let diff = row(&upload.run, "gs-diff")?;
        let counts = |row: &crate::catalogue::CommandRow| {
            serde_json::from_str::<std::collections::BTreeMap<String, u64>>(&row.counts).unwrap_or_default()
        };
        let (planned, done) = (counts(diff), counts(upload));
        planned.get("restricted")?;
        let settled = ["uploaded", "already_there", "pending", "refused"];
        let settled: u64 = settled.iter().filter_map(|name| done.get(*name)).sum();
        Some(planned.get("planned").copied().unwrap_or(0).saturating_sub(settled))
    }

    /// Files that belong into the archive and that nobody has asked for.
    fn to_download(&self) -> u64 {
        let is_not_asked =
            |at: &usize| self.unarchived(self.entry(*at)).is_some_and(|(reason, _)| reason == NoFile::NotYet);
        (0..self.exercises.entries.len()).filter(|at| self.is_there(*at) && is_not_asked(at)).count() as u64
    }

    /// Duplicates that may be deleted.
    fn to_delete(&self, matcher: &Matcher) -> u64 {
        self.copies(matcher).0.iter().filter(|copy| copy.superfluous).count() as u64
    }

    /// Uploads whose end is not known yet.
    fn pending(&self) -> u64 {
        let journals = self.read.histories.platforms.iter().map(|history| &history.journal);
        journals.flatten().filter(|row| row.outcome.is_none()).count() as u64
    }
}
