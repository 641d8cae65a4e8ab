//! Platforms that are skipped for the rest of a run: if a service is down or a login fails, the platform is not
//! requested again for every item.

use std::collections::BTreeMap;

use super::Worker;
use crate::platform::PlatformId;
use crate::record::Problem;

/// After this many failures of the service or the network in a row, a platform is suspended.
const MAX_FAILURES: u32 = 3;

/// The suspended platforms of one operation.
#[derive(Debug, Default)]
pub(super) struct Suspensions {
    suspended: BTreeMap<PlatformId, Problem>,
    failures: BTreeMap<PlatformId, u32>,
}

impl Suspensions {
    /// The problem of all further items of a platform, if it is suspended.
    pub fn problem(&self, platform: &str) -> Option<&Problem> {
        self.suspended.get(platform)
    }

    /// Whether a problem was reported already, once for all items of the platform.
    pub fn is_reported(&self, platform: &str, problem: &Problem) -> bool {
        self.suspended.get(platform) == Some(problem)
    }

    /// Suspends a platform and reports it.
    pub fn suspend(&mut self, worker: &Worker, platform: &PlatformId, problem: &Problem) {
        if self.suspended.contains_key(platform) {
            return;
        }
        let reason = problem.why();
        let text = format!("{platform}: {reason}; platform skipped for the rest of this run");
        worker.failed(&text, Some(platform), &reason);
        worker.raise(problem.kind.exit());
        self.suspended.insert(platform.clone(), problem.clone());
    }

    /// Resets the count of failures in a row: the service sent a valid response, whatever its content.
    pub fn succeeded(&mut self, platform: &str) {
        self.failures.remove(platform);
    }

    /// Counts a failure in a row; returns whether there were too many.
    pub fn is_another_failure_too_many(&mut self, platform: &PlatformId) -> bool {
        let failures = self.failures.entry(platform.clone()).or_default();
        *failures += 1;
        *failures >= MAX_FAILURES
    }
}
