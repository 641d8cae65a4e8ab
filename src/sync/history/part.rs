//! A part of the histories: some activities at a time, so that a long history needs little memory.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::{GroupNumbers, Histories, is_decided_anew};
use crate::activity::ActivityKey;
use crate::catalogue::{self, ActivityRow, Catalogue, FileFingerprint, PlanRow, Query, UploadRow};
use crate::matching::Candidates;
use crate::plan::diff::PlatformActivities;
use crate::platform::PlatformSpec;

/// Some activities, with all that the catalogue has about them.
#[derive(Default)]
pub struct HistoryPart {
    /// The activities, the newest first, each with the properties of its file.
    pub entries: Vec<(ActivityRow, Option<FileFingerprint>)>,
    /// The groups of earlier runs.
    pub groups: HashMap<ActivityKey, i64>,
}

impl Histories {
    /// Reads the histories with all activities and their values, as the run `run` sees them.
    pub fn read_whole(
        catalogue: &Catalogue,
        scope: &[Arc<PlatformSpec>],
        run: &str,
        now: Timestamp,
    ) -> catalogue::Result<Histories> {
        let mut histories = Histories::read(catalogue, scope, run, now)?;
        let part = &mut histories.part;
        let mut facts = HashMap::new();
        catalogue.each_file_facts(|key, one| {
            facts.insert(key.to_owned(), one.to_owned());
        })?;
        // An empty list of names would select all platforms.
        if !histories.names.is_empty() {
            catalogue.entries(&Query { platforms: histories.names.clone(), ..Query::default() }, |entry| {
                let facts = facts.remove(&entry.activity.key());
                part.entries.push((entry, facts));
                Ok::<_, catalogue::Error>(())
            })?;
        }
        catalogue.groups(|key, number| {
            part.groups.insert(ActivityKey::new(key.platform, key.id), number);
        })?;
        Ok(histories)
    }

    /// The activities of the part in the form of the plan. `may_send`: whether an activity may be uploaded to other
    /// platforms. Files are taken to be where they were stored.
    pub fn planned(&self, may_send: &dyn Fn(&ActivityRow) -> bool) -> PlatformActivities {
        let mut activities = PlatformActivities::default();
        for (entry, facts) in &self.part.entries {
            self.add(&mut activities, &PlanRow::of(entry, facts.as_ref()), may_send(entry));
        }
        activities
    }

    /// The number of the group of each activity of the part.
    pub fn stored_groups(&self, all: &Candidates) -> GroupNumbers {
        let mut numbers = vec![None; self.part.entries.len()];
        for (key, number) in &self.part.groups {
            if let Some(at) = all.find(key.as_key()) {
                numbers[at] = Some(*number);
            }
        }
        numbers
    }

    /// Replaces the activities by those of `part`, and the journals by `uploads`: those that concern them, the oldest first.
    pub fn set_part(&mut self, part: HistoryPart, uploads: Vec<UploadRow>, now: Timestamp) {
        self.part = part;
        self.platforms.iter_mut().for_each(|history| history.journal.clear());
        for row in uploads.into_iter().filter(|row| !is_decided_anew(row, now)) {
            if let Some(history) = self.platforms.iter_mut().find(|history| history.spec.id == *row.to) {
                history.journal.push(row);
            }
        }
    }
}
