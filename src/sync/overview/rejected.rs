//! Uploads that a platform rejected, or accepted and never listed.

use std::collections::HashMap;

use super::compared::{Compared, GroupState};
use crate::catalogue::{UploadOutcome, UploadRow};
use crate::shell::retry;
use crate::status::{MissingReason, Redacted, RedactedReason, Rejection};

impl Compared<'_> {
    /// The current ones, the newest first: without activities that exist after all or are uploaded again automatically.
    pub fn rejected(&self) -> Vec<Rejection> {
        let mut home: Vec<usize> = vec![0; self.groups.entries.len()];
        for (number, one) in self.all.iter().enumerate() {
            one.members.iter().for_each(|&at| home[at] = number);
        }
        let mut all = Vec::new();
        for (platform, history) in self.read.histories.platforms.iter().enumerate() {
            // The last upload of each activity counts.
            let mut last: HashMap<usize, &UploadRow> = HashMap::new();
            for row in &history.journal {
                last.extend(self.find(&row.from).map(|at| (at, row)));
            }
            all.extend(last.into_iter().filter_map(|(at, row)| self.rejection(&self.all[home[at]], at, platform, row)));
        }
        all.sort_by(|(one, a), (other, b)| (b.at, one).cmp(&(a.at, other)));
        all.into_iter().map(|(_, rejection)| rejection).collect()
    }

    /// The rejection, and the position of an activity that can be uploaded again.
    fn rejection(&self, one: &GroupState, at: usize, platform: usize, row: &UploadRow) -> Option<(usize, Rejection)> {
        let outcome = row.outcome.filter(|how| matches!(how, UploadOutcome::Rejected | UploadOutcome::Lost))?;
        if one.missing[platform].as_ref()?.reason != MissingReason::Rejected {
            return None;
        }
        let at = [at].into_iter().chain(one.members.iter().copied()).find(|&at| self.is_present(at))?;
        let (from, to) = (&self.names[self.platform_of[at]], &self.names[platform]);
        let id = Redacted::of(&self.entry(at).activity.id);
        let rejection = Rejection {
            activity: self.activity(at),
            to: to.clone(),
            outcome: outcome.name(),
            at: row.finished_at.unwrap_or(row.started_at),
            reason: row.reason.as_ref().map(RedactedReason::of),
            retry: retry(from, id.as_str(), to),
        };
        Some((at, rejection))
    }
}
