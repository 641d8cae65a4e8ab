//! Uploads that a platform rejected, or accepted and never listed.

use std::cmp::Reverse;
use std::collections::HashMap;

use jiff::Timestamp;

use super::compared::{Compared, GroupState};
use super::newest::Newest;
use crate::catalogue::{UploadOutcome, UploadRow};
use crate::reason::Reason;
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

/// A rejected or lost upload.
struct RejectedUpload<'a> {
    /// The position of an activity that can be uploaded again.
    at: usize,
    /// The position of the target.
    to: usize,
    outcome: UploadOutcome,
    time: Timestamp,
    reason: Option<&'a Reason>,
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
    /// Adds the current ones: without activities that exist after all or are uploaded again automatically. `lists`: whether
    /// the list for the page is needed.
    pub fn add_rejected(&self, sums: &mut RejectedLists, lists: bool) {
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
                let Some(rejected) = self.rejected(&self.all[home[at]], at, platform, row) else { continue };
                let rank = (Reverse(rejected.time), self.rank(rejected.at));
                if rejected.outcome == UploadOutcome::Lost {
                    sums.lost.push(self.lost_upload(&rejected, rank));
                }
                if lists {
                    sums.all.add(rank, || self.rejection(&rejected));
                }
            }
        }
    }

    fn rejected<'r>(&self, one: &GroupState, at: usize, to: usize, row: &'r UploadRow) -> Option<RejectedUpload<'r>> {
        let outcome = row.outcome.filter(|how| matches!(how, UploadOutcome::Rejected | UploadOutcome::Lost))?;
        if one.missing[to].as_ref()?.reason != MissingReason::Rejected {
            return None;
        }
        let at = [at].into_iter().chain(one.members.iter().copied()).find(|&at| self.is_present(at))?;
        let time = row.finished_at.unwrap_or(row.started_at);
        Some(RejectedUpload { at, to, outcome, time, reason: row.reason.as_ref() })
    }

    fn lost_upload(&self, lost: &RejectedUpload, rank: RejectionRank) -> LostUpload {
        let (from, id) = (&self.names[self.platform_of[lost.at]], Redacted::of(&self.entry(lost.at).activity.id));
        LostUpload { rank, to: lost.to, activity: format!("{from} {}", id.as_str()), retry: self.retry(lost) }
    }

    fn rejection(&self, rejected: &RejectedUpload) -> Rejection {
        Rejection {
            activity: self.activity(rejected.at),
            to: self.names[rejected.to].clone(),
            outcome: rejected.outcome.name(),
            at: rejected.time,
            reason: rejected.reason.map(RedactedReason::of),
            retry: self.retry(rejected),
        }
    }

    /// The command line that uploads it again.
    fn retry(&self, rejected: &RejectedUpload) -> String {
        let id = Redacted::of(&self.entry(rejected.at).activity.id);
        retry(&self.names[self.platform_of[rejected.at]], id.as_str(), &self.names[rejected.to])
    }
}
