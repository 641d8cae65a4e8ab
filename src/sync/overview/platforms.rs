//! The platforms: their activities, archived files, listing, login and issues.

use super::read::PlatformState;
use super::sums::Overview;
use crate::activity::AccessKind;
use crate::catalogue::AccountRow;
use crate::reason::Reason;
use crate::shell::flag;
use crate::status::judge::{BadListing, HealthEvidence, PlatformEvidence};
use crate::status::{Login, Platform, RedactedReason};
use crate::sync::History;

impl Overview<'_> {
    /// The platforms. `evidence`: what was collected about them.
    pub fn platforms(&self, evidence: &HealthEvidence) -> Vec<Platform> {
        // An outbox has no activities of its own: only the settings show whether it is still used.
        let is_shown = |at: &usize| self.scope.is_listable(*at) || self.scope.is_compared[*at];
        (0..self.scope.names.len()).filter(is_shown).map(|at| self.platform(at, evidence)).collect()
    }

    fn platform(&self, at: usize, evidence: &HealthEvidence) -> Platform {
        let (history, around) = (&self.read.histories.platforms[at], &self.read.platforms[at]);
        let own = &evidence.platforms[at];
        Platform {
            name: self.scope.names[at].clone(),
            title: history.spec.title.to_owned(),
            compared: self.scope.is_compared[at] && !history.spec.is_write_only(),
            pending: around.uploads.pending,
            write_only: history.spec.is_write_only(),
            delivered: if history.spec.is_write_only() { around.uploads.arrived } else { 0 },
            last_complete_listing: around.complete,
            last_listing: around.listed,
            unusable_reason: unusable_reason(history, own, evidence),
            logins: own.logins.iter().map(|(login, _)| login.clone()).collect(),
            cooldown_until: own.cooldown.as_ref().map(|(until, _)| *until),
            rate_limited_until: own.rate_limited_until,
            file_quotas: around.file_quotas.clone(),
            ..self.sums.files.platforms[at].clone()
        }
    }

    /// The evidence that the platforms provide for the health.
    pub fn platform_evidence(&self) -> Vec<PlatformEvidence> {
        // A platform that syncs do not include is reported if the last listing included it.
        let was_listed_last = |run: &str| self.read.last.iter().any(|row| row.command == "gs-fetch" && row.run == run);
        let sign = |(at, around): (usize, &PlatformState)| {
            let login_failure = around.login_failure.as_ref();
            let pause = login_failure
                .and_then(|login| login.cooldown(self.read.now).zip(Some(RedactedReason::of(&login.reason))));
            let rejected_login = login_failure.filter(|login| login.is_rejected());
            PlatformEvidence {
                name: self.scope.names[at].clone(),
                is_known: around.listed.is_some() || self.sums.files.has_entries[at],
                logins: around.accounts.iter().map(|(access, row, seen)| (login(*access, row), *seen)).collect(),
                served_since: login_failure.is_some_and(|login| around.listed.is_some_and(|listed| listed > login.at)),
                login_rejected: rejected_login.map(|login| (login.at, RedactedReason::of(&login.reason))),
                cooldown: pause,
                rate_limited_until: around.rate_limited_until,
                listing: implausible_listing(around)
                    .filter(|listing| self.scope.is_compared[at] || was_listed_last(&listing.run)),
                listed: around.listed.filter(|_| self.scope.is_compared[at]),
                unconfirmed: unconfirmed(around),
                ..lost(&self.scope.names[at], self.sums.rejected.lost(at))
            }
        };
        self.read.platforms.iter().enumerate().map(sign).collect()
    }
}

/// Uploads that the platform accepted hours ago and does not list.
fn unconfirmed(around: &PlatformState) -> Vec<String> {
    let open = around.open.iter().filter(|row| row.started_at < around.long_ago);
    open.chain(&around.unshown).map(|row| row.from.to_string()).collect()
}

/// Uploads that the platform accepted and never listed, with the commands that repeat them.
fn lost(platform: &str, lost: Vec<(String, String)>) -> PlatformEvidence {
    let retry = match lost.as_slice() {
        [] => None,
        [(_, retry)] => Some(retry.clone()),
        _ => {
            let to = flag("--to", platform);
            Some(format!("gs-list | gs-diff {to} --retry-rejected | gs-download | gs-upload > /dev/null"))
        }
    };
    let lost = lost.into_iter().map(|(activity, _)| activity).collect();
    PlatformEvidence { lost, retry, ..PlatformEvidence::default() }
}

fn login(access: AccessKind, row: &AccountRow) -> Login {
    Login {
        access,
        expires: row.expires,
        renewable: row.renewable,
        renewable_until: row.renewable_until,
        ended: row.ended.as_ref().map(RedactedReason::of),
    }
}

fn implausible_listing(around: &PlatformState) -> Option<BadListing> {
    let newest = around.newest.as_ref().filter(|newest| !newest.accepted)?;
    Some(BadListing {
        run: newest.run.clone(),
        started: newest.started,
        finished: newest.finished,
        implausible: newest.implausible,
        reason: newest.reason.as_ref().map(RedactedReason::of),
    })
}

/// Why nothing can be concluded about a platform now. A listing in progress is not incomplete.
fn unusable_reason(history: &History, own: &PlatformEvidence, evidence: &HealthEvidence) -> Option<RedactedReason> {
    let reason = history.knowledge.unusable_reason.as_ref()?;
    let open = own.listing.as_ref().filter(|listing| listing.finished.is_none());
    let is_made = open.is_some_and(|listing| evidence.is_running(&listing.run, "gs-fetch"));
    Some(RedactedReason::of(if is_made { &Reason::BeingListed } else { reason }))
}
