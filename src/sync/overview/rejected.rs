//! Uploads that a platform rejected, or accepted and never listed.

use std::cmp::Reverse;
use std::collections::HashMap;

use jiff::Timestamp;

use super::compared::{Compared, GroupState};
use super::newest::Newest;
use crate::catalogue::{UploadOutcome, UploadRow};
use crate::shell::retry;
use crate::status::{MissingReason, Redacted, RedactedReason, Rejection};

/// The rank of a rejection: the newest first.
type RejectionRank = (Reverse<Timestamp>, u64);

/// The rejected uploads.
#[derive(Default)]
pub(super) struct RejectedLists {
    /// All of them.
    pub all: Newest<RejectionRank, Rejection>,
    /// Those that the platform accepted and never listed.
    lost: Vec<LostUpload>,
}

/// An upload that its target accepted and never listed.
struct LostUpload {
    rank: RejectionRank,
    /// The position of the target.
    to: usize,
    /// The activity: `platform id`.
    activity: String,
    /// The command line that uploads it again.
    retry: String,
}

impl RejectedLists {
    /// The lost uploads to a platform, the newest first, each with the command line that uploads it again.
    pub fn lost(&self, platform: usize) -> Vec<(String, String)> {
        let mut lost: Vec<&LostUpload> = self.lost.iter().filter(|one| one.to == platform).collect();
        lost.sort_by_key(|one| one.rank);
        lost.into_iter().map(|one| (one.activity.clone(), one.retry.clone())).collect()
    }
}

impl Compared<'_> {
    /// Adds the current ones: without activities that exist after all or are uploaded again automatically.
    pub fn add_rejected(&self, lists: &mut RejectedLists) {
        if self.read.histories.platforms.iter().all(|history| history.journal.is_empty()) {
            return;
        }
        let mut home: Vec<usize> = vec![0; self.groups.activities.entries.len()];
        for (number, one) in self.all.iter().enumerate() {
            one.members.iter().for_each(|&at| home[at] = number);
        }
        for (platform, history) in self.read.histories.platforms.iter().enumerate() {
            // The last upload of each activity counts.
            let mut last: HashMap<usize, &UploadRow> = HashMap::new();
            for row in &history.journal {
                last.extend(self.find(row.from.as_key()).map(|at| (at, row)));
            }
            for (at, row) in last {
                let Some((at, rejection)) = self.rejection(&self.all[home[at]], at, platform, row) else { continue };
                let rank = (Reverse(rejection.at), self.rank(at));
                if rejection.outcome == UploadOutcome::Lost.name() {
                    let activity = format!("{} {}", rejection.activity.platform, rejection.activity.id.as_str());
                    lists.lost.push(LostUpload { rank, to: platform, activity, retry: rejection.retry.clone() });
                }
                lists.all.add(rank, || rejection);
            }
        }
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
