//! The platforms: their activities, archived files, listing, login and issues.

use super::compared::Compared;
use super::read::PlatformState;
use crate::activity::AccessKind;
use crate::catalogue::{AccountRow, UploadOutcome, UploadRow};
use crate::reason::Reason;
use crate::shell::flag;
use crate::status::judge::{BadListing, HealthEvidence, PlatformEvidence};
use crate::status::{Login, NoFile, Platform, RedactedReason, Rejection};
use crate::sync::History;

impl Compared<'_> {
    /// The platforms. `evidence`: what was collected about them.
    pub fn platforms(&self, evidence: &HealthEvidence) -> Vec<Platform> {
        let histories = self.read.histories.platforms.iter().zip(&self.read.platforms);
        let mut all: Vec<Platform> = histories
            .zip(&evidence.platforms)
            .enumerate()
            .map(|(at, ((history, around), own))| Platform {
                name: self.names[at].clone(),
                title: history.spec.title.to_owned(),
                compared: self.is_compared[at] && !history.spec.is_write_only(),
                pending: history.journal.iter().filter(|row| row.outcome.is_none()).count() as u64,
                write_only: history.spec.is_write_only(),
                delivered: delivered(history),
                last_complete_listing: around.complete,
                last_listing: around.listed,
                unusable_reason: unusable_reason(history, own, evidence),
                logins: own.logins.iter().map(|(login, _)| login.clone()).collect(),
                cooldown_until: own.cooldown.as_ref().map(|(until, _)| *until),
                rate_limited_until: own.rate_limited_until,
                file_quotas: around.file_quotas.clone(),
                ..Platform::default()
            })
            .collect();
        for at in (0..self.groups.entries.len()).filter(|&at| self.is_present(at)) {
            let (entry, platform) = (self.entry(at), &mut all[self.platform_of[at]]);
            platform.total += 1;
            match self.unarchived(entry).map(|(reason, _)| reason) {
                None => {
                    platform.downloaded += 1;
                    platform.bytes += entry.file.as_ref().map_or(0, |file| file.bytes);
                    platform.bytes += entry.more_files.iter().map(|(_, bytes)| bytes).sum::<u64>();
                }
                Some(NoFile::NoOriginal) => platform.no_original += 1,
                Some(NoFile::Unavailable) => platform.unavailable += 1,
                Some(reason) => {
                    platform.missing += 1;
                    platform.failed += u64::from(reason == NoFile::Failed);
                }
            }
        }
        // An outbox has no activities of its own: only the settings show whether it is still used.
        let is_shown = |at: usize| self.is_listable(at) || self.is_compared[at];
        all.into_iter().enumerate().filter(|(at, _)| is_shown(*at)).map(|(_, platform)| platform).collect()
    }

    /// The evidence that the platforms provide for the health.
    pub fn platform_evidence(&self) -> Vec<PlatformEvidence> {
        let mut has_entries = vec![false; self.names.len()];
        self.platform_of.iter().for_each(|&platform| has_entries[platform] = true);
        let rejected = self.rejected();
        // A platform that syncs do not include is reported if the last listing included it.
        let was_listed_last = |run: &str| self.read.last.iter().any(|row| row.command == "gs-fetch" && row.run == run);
        let sign = |(at, around): (usize, &PlatformState)| {
            let login_failure = around.login_failure.as_ref();
            let pause = login_failure
                .and_then(|login| login.cooldown(self.read.now).zip(Some(RedactedReason::of(&login.reason))));
            let rejected_login = login_failure.filter(|login| login.is_rejected());
            PlatformEvidence {
                name: self.names[at].clone(),
                is_known: around.listed.is_some() || has_entries[at],
                logins: around.accounts.iter().map(|(access, row, seen)| (login(*access, row), *seen)).collect(),
                served_since: login_failure.is_some_and(|login| around.listed.is_some_and(|listed| listed > login.at)),
                login_rejected: rejected_login.map(|login| (login.at, RedactedReason::of(&login.reason))),
                cooldown: pause,
                rate_limited_until: around.rate_limited_until,
                listing: implausible_listing(around)
                    .filter(|listing| self.is_compared[at] || was_listed_last(&listing.run)),
                listed: around.listed.filter(|_| self.is_compared[at]),
                unconfirmed: self.unconfirmed(at, around),
                ..lost(&self.names[at], &rejected)
            }
        };
        self.read.platforms.iter().enumerate().map(sign).collect()
    }

    /// Uploads that the platform accepted hours ago and does not list.
    fn unconfirmed(&self, platform: usize, around: &PlatformState) -> Vec<String> {
        let journal = &self.read.histories.platforms[platform].journal;
        let open = journal.iter().filter(|row| row.outcome.is_none() && row.started_at < around.long_ago);
        open.chain(&around.unshown).map(|row| row.from.to_string()).collect()
    }
}

/// The number of files that were delivered to an outbox.
fn delivered(history: &History) -> u64 {
    let arrived = |row: &&UploadRow| matches!(row.outcome, Some(UploadOutcome::Created | UploadOutcome::Exists));
    if history.spec.is_write_only() { history.journal.iter().filter(arrived).count() as u64 } else { 0 }
}

/// Uploads that the platform accepted and never listed, with the commands that repeat them.
fn lost(platform: &str, rejected: &[Rejection]) -> PlatformEvidence {
    let lost: Vec<&Rejection> = rejected.iter().filter(|one| one.to == platform && one.outcome == "lost").collect();
    let retry = match lost.as_slice() {
        [] => None,
        [one] => Some(one.retry.clone()),
        _ => {
            let to = flag("--to", platform);
            Some(format!("gs-list | gs-diff {to} --retry-rejected | gs-download | gs-upload > /dev/null"))
        }
    };
    let named = lost.iter().map(|one| format!("{} {}", one.activity.platform, one.activity.id.as_str()));
    PlatformEvidence { lost: named.collect(), retry, ..PlatformEvidence::default() }
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
