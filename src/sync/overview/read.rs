//! The data of the catalogue for the page, from one snapshot.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::parts::LONGEST_WHOLE;
use crate::activity::{AccessKind, ActivityKey};
use crate::catalogue::{
    self, AccountRow, Catalogue, CommandRow, DeletionRow, LastWork, LoginFailureRow, NewestListing, OpenCommand,
    ProblemRow, ScheduleRow, UploadCounts, UploadRow,
};
use crate::clock::Clock;
use crate::platform::{PlatformSpec, Platforms};
use crate::status::FileQuotaUsage;
use crate::sync::Histories;
use crate::sync::file_quota::file_quota;

/// How many of the newest runs are shown.
const RUNS: u32 = 100;

/// The data of the catalogue for the page.
pub(super) struct CatalogueData {
    /// When it was read.
    pub now: Timestamp,
    /// Activities, uploads, and the listed periods of each platform; of a long history a part of the activities.
    pub histories: Histories,
    /// Whether the histories have all activities; else they are read in parts.
    pub is_whole: bool,
    /// Other data of each platform, in the order of the histories.
    pub platforms: Vec<PlatformState>,
    /// The newest runs with all their commands.
    pub runs: Vec<CommandRow>,
    /// The commands of the newest sync.
    pub last_sync: Vec<CommandRow>,
    /// For each command: the rows of the newest run that includes it.
    pub last: Vec<CommandRow>,
    /// Recent rows of commands that failed.
    pub failed: Vec<CommandRow>,
    /// When each command last worked on each platform.
    pub last_work: Vec<LastWork>,
    /// Commands that have not ended.
    pub open: Vec<OpenCommand>,
    /// For rows without an end: whether the command still runs, if known.
    pub alive: HashMap<i64, bool>,
    /// Downloads that failed, from gs-download.
    pub problems: HashMap<ActivityKey, ProblemRow>,
    /// The journal of deletions.
    pub deletions: Vec<DeletionRow>,
    /// The stored schedule.
    pub schedule: Option<ScheduleRow>,
    /// Whether a cron daemon runs on this machine.
    pub is_cron_running: bool,
}

/// The data of a platform besides its history.
pub(super) struct PlatformState {
    /// When its last complete listing ended.
    pub complete: Option<Timestamp>,
    /// When its last successful listing ended.
    pub listed: Option<Timestamp>,
    /// Its newest listing, successful or not.
    pub newest: Option<NewestListing>,
    /// The state of each access with a token, and since when.
    pub accounts: Vec<(AccessKind, AccountRow, Timestamp)>,
    /// Why an automatic login is blocked.
    pub login_failure: Option<LoginFailureRow>,
    /// The rate limit of the service: no request before then.
    pub rate_limited_until: Option<Timestamp>,
    /// How many uploads to it arrived, and how many have no outcome yet.
    pub uploads: UploadCounts,
    /// The uploads to it without an outcome.
    pub open: Vec<UploadRow>,
    /// Accepted uploads that the platform should list by now.
    pub unshown: Vec<UploadRow>,
    /// The quotas of files of the accesses with a token.
    pub file_quotas: Vec<FileQuotaUsage>,
    /// Uploads that began before this time should be listed by now.
    pub long_ago: Timestamp,
}

impl CatalogueData {
    /// Reads all data in one transaction, as the run `run` sees it. `scope`: the platforms; `None`: all known ones and
    /// those in `shown`. `alive`: the running commands. `is_cron_running`: whether cron runs. `lost_after`: the
    /// time within which the platform should list an accepted upload.
    pub fn of(
        (catalogue, clock): (&Catalogue, &Clock),
        (platforms, scope): (&Platforms, Option<Vec<Arc<PlatformSpec>>>),
        shown: &[Arc<PlatformSpec>],
        (alive, is_cron_running): (HashMap<i64, bool>, bool),
        run: &str,
        lost_after: Duration,
    ) -> catalogue::Result<CatalogueData> {
        catalogue.snapshot(|catalogue| {
            let now = clock.now();
            // Whole seconds, as in the catalogue.
            let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
            let scope = match scope {
                Some(scope) => scope,
                None => platforms.in_order(known(catalogue, platforms)?.into_iter().chain(shown.iter().cloned())),
            };
            let around = |spec: &Arc<PlatformSpec>| PlatformState::of(catalogue, spec, lost_after, now);
            let is_whole = !catalogue.has_more_activities_than(LONGEST_WHOLE)?;
            let histories = match is_whole {
                true => Histories::read_whole(catalogue, &scope, run, now)?,
                false => Histories::without_uploads(catalogue, &scope, run, now)?,
            };
            Ok(CatalogueData {
                now,
                histories,
                is_whole,
                platforms: scope.iter().map(around).collect::<catalogue::Result<_>>()?,
                runs: catalogue.newest_runs(RUNS)?,
                last_sync: catalogue.last_sync(now)?,
                last: catalogue.commands_of_newest_runs()?,
                failed: catalogue.failed_commands()?,
                last_work: catalogue.last_work()?,
                open: catalogue.open_commands()?,
                alive,
                problems: catalogue.problems("gs-download")?,
                deletions: catalogue.deletions()?,
                schedule: catalogue.schedule()?,
                is_cron_running,
            })
        })
    }

    /// The position of a platform; `None` if it is not shown.
    pub fn platform(&self, name: &str) -> Option<usize> {
        self.histories.platforms.iter().position(|history| history.spec.id == name)
    }
}

impl PlatformState {
    fn of(
        catalogue: &Catalogue,
        spec: &PlatformSpec,
        lost_after: Duration,
        now: Timestamp,
    ) -> catalogue::Result<PlatformState> {
        let long_ago = now.checked_sub(lost_after).unwrap_or(Timestamp::MIN);
        let accounts = catalogue.accounts(&spec.id)?;
        let mut file_quotas = Vec::new();
        for access in spec.accesses() {
            if accounts.iter().any(|(kind, ..)| *kind == access.kind()) {
                file_quotas.extend(file_quota(catalogue, &spec.id, access, now)?);
            }
        }
        Ok(PlatformState {
            complete: catalogue.last_complete_listing(&spec.id, now)?,
            listed: catalogue.last_listing(&spec.id, now)?,
            newest: catalogue.newest_listing(&spec.id)?,
            accounts,
            file_quotas,
            login_failure: catalogue.login_failure(&spec.id)?,
            rate_limited_until: catalogue.rate_limited_until(&spec.id, now)?,
            uploads: catalogue.count_uploads(&spec.id)?,
            open: catalogue.open_uploads(&spec.id)?,
            unshown: match spec.is_write_only() {
                true => Vec::new(),
                false => catalogue.never_listed_uploads(&spec.id, long_ago, now)?,
            },
            long_ago,
        })
    }
}

/// The platforms that the catalogue knows.
fn known(catalogue: &Catalogue, platforms: &Platforms) -> catalogue::Result<Vec<Arc<PlatformSpec>>> {
    let names = catalogue.platforms()?.into_iter().chain(catalogue.platforms_with_logins()?);
    // A platform that a later version stored under another name is unknown.
    let mut known: Vec<_> = names.filter_map(|name| platforms.find_exact(&name)).collect();
    let targets = catalogue.upload_targets()?.into_iter().filter_map(|name| platforms.find_exact(&name));
    known.extend(targets.filter(|spec| spec.is_write_only()));
    Ok(known)
}
