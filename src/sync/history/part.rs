//! A part of the histories: some activities at a time, so that a long history needs little memory.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Histories, History, is_decided_anew};
use crate::activity::ActivityKey;
use crate::catalogue::{self, ActivityRow, Catalogue, Coverage, FileFingerprint, ListingCoverage, UploadRow};
use crate::plan::precheck;
use crate::platform::PlatformSpec;

/// Some activities, with all that the catalogue has about them.
#[derive(Default)]
pub struct HistoryPart {
    /// The activities, the newest first, each with the properties of its file.
    pub entries: Vec<(ActivityRow, Option<FileFingerprint>)>,
    /// The groups of earlier runs.
    pub groups: HashMap<ActivityKey, i64>,
    /// The uploads that concern the activities, the oldest first.
    pub uploads: Vec<UploadRow>,
}

impl Histories {
    /// The histories of `scope` without activities and uploads, as the run `run` sees them.
    pub fn without_activities(
        catalogue: &Catalogue,
        scope: &[Arc<PlatformSpec>],
        run: &str,
        now: Timestamp,
    ) -> catalogue::Result<Histories> {
        let history = |spec: &Arc<PlatformSpec>| {
            let knowledge = match spec.is_write_only() {
                true => ListingCoverage { spans: vec![Coverage::default()], ..ListingCoverage::default() },
                false => catalogue.listing_coverage(&spec.id, run)?,
            };
            Ok(History { spec: spec.clone(), knowledge, journal: Vec::new(), horizon: precheck::horizon(now) })
        };
        Ok(Histories {
            platforms: scope.iter().map(history).collect::<catalogue::Result<_>>()?,
            entries: Vec::new(),
            groups: HashMap::new(),
            without_file: catalogue.unavailable_files(now)?,
        })
    }

    /// Replaces the activities and uploads by those of `part`.
    pub fn set_part(&mut self, part: HistoryPart, now: Timestamp) {
        self.entries = part.entries;
        self.groups = part.groups;
        self.platforms.iter_mut().for_each(|history| history.journal.clear());
        for row in part.uploads.into_iter().filter(|row| !is_decided_anew(row, now)) {
            if let Some(history) = self.platforms.iter_mut().find(|history| history.spec.id == *row.to) {
                history.journal.push(row);
            }
        }
    }
}
