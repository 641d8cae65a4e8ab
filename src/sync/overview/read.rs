//! What the page is made from, as it stood in one moment.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::activity::ActivityKey;
use crate::catalogue::{
    self, AccountRow, Catalogue, CommandRow, DeletionRow, LastWork, LoginFailureRow, NewestListing, OpenCommand,
    ProblemRow, ScheduleRow, UploadRow,
};
use crate::clock::Clock;
use crate::platform::{PlatformSelection, PlatformSpec, Platforms};
use crate::sync::Histories;

/// So many of the newest runs are shown.
const RUNS: u32 = 100;

/// Everything that the page needs of the catalogue.
pub(super) struct CatalogueData {
    /// When it was read.
    pub now: Timestamp,
    /// Entries, uploads, and what is known of each platform's list.
    pub histories: Histories,
    /// What else is known of each platform, in the order of the histories.
    pub platforms: Vec<PlatformState>,
    /// The newest runs, all their commands.
    pub runs: Vec<CommandRow>,
    /// Of each command the rows of the newest run that it was part of.
    pub last: Vec<CommandRow>,
    /// Recent rows of commands that did not end well.
    pub failed: Vec<CommandRow>,
    /// When each command worked last on each platform.
    pub last_work: Vec<LastWork>,
    /// Commands that have not ended.
    pub open: Vec<OpenCommand>,
    /// Of rows without an end: whether the command still runs, where that is known.
    pub alive: HashMap<i64, bool>,
    /// What gs-download could not get.
    pub problems: HashMap<ActivityKey, ProblemRow>,
    /// The journal of deletions.
    pub deletions: Vec<DeletionRow>,
    /// When it is to run.
    pub schedule: Option<ScheduleRow>,
}

/// What is known of a platform besides its history.
pub(super) struct PlatformState {
    /// When its last listing that saw the end did so.
    pub complete: Option<Timestamp>,
    /// When its last listing that went well ended.
    pub listed: Option<Timestamp>,
    /// Its newest listing, however it went.
    pub newest: Option<NewestListing>,
    /// Its login, and since when it is so.
    pub account: Option<(AccountRow, Timestamp)>,
    /// What stands against a login by itself.
    pub login_failure: Option<LoginFailureRow>,
    /// Until when the service asked to be left alone.
    pub rate_limited_until: Option<Timestamp>,
    /// Uploads to it that it said it has, and that its list should have shown by now.
    pub unshown: Vec<UploadRow>,
    /// An upload that was begun before that has to be shown by now.
    pub long_ago: Timestamp,
}

impl CatalogueData {
    /// Reads it all in one transaction, as the run `run` sees it. `scope`: which platforms; without it all that are known and
    /// those that are `named`. `alive`: the signs of life of commands. `lost_after`: what was accepted earlier than that has to be shown by now.
    pub fn of(
        (catalogue, clock): (&Catalogue, &Clock),
        (platforms, scope): (&Platforms, Option<Vec<Arc<PlatformSpec>>>),
        named: &PlatformSelection,
        alive: HashMap<i64, bool>,
        run: &str,
        lost_after: Duration,
    ) -> catalogue::Result<CatalogueData> {
        catalogue.snapshot(|catalogue| {
            let now = clock.now();
            // Whole seconds, as everything else in the catalogue.
            let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
            let scope = match scope {
                Some(scope) => scope,
                None => {
                    let named = named.named().unwrap_or_default().iter().cloned();
                    platforms.in_order(known(catalogue, platforms)?.into_iter().chain(named))
                }
            };
            let around = |spec: &Arc<PlatformSpec>| PlatformState::of(catalogue, spec, lost_after, now);
            Ok(CatalogueData {
                now,
                histories: Histories::read(catalogue, &scope, run, true, now)?,
                platforms: scope.iter().map(around).collect::<catalogue::Result<_>>()?,
                runs: catalogue.newest_runs(RUNS)?,
                last: catalogue.commands_of_newest_runs()?,
                failed: catalogue.failed_commands()?,
                last_work: catalogue.last_work()?,
                open: catalogue.open_commands()?,
                alive,
                problems: catalogue.problems("gs-download")?,
                deletions: catalogue.deletions()?,
                schedule: catalogue.schedule()?,
            })
        })
    }

    /// The position of a platform; nothing if it is none of those that are shown.
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
        Ok(PlatformState {
            complete: catalogue.last_complete_listing(&spec.id, now)?,
            listed: catalogue.last_sync(&spec.id, now)?,
            newest: catalogue.newest_listing(&spec.id)?,
            account: catalogue.account(&spec.id)?,
            login_failure: catalogue.login_failure(&spec.id)?,
            rate_limited_until: catalogue.rate_limited_until(&spec.id, now)?,
            unshown: catalogue.never_listed_uploads(&spec.id, long_ago, now)?,
            long_ago,
        })
    }
}

/// The platforms that the catalogue knows.
fn known(catalogue: &Catalogue, platforms: &Platforms) -> catalogue::Result<Vec<Arc<PlatformSpec>>> {
    let names = catalogue.platforms()?.into_iter().chain(catalogue.platforms_with_logins()?);
    // Of what a later version has written under another name nothing can be told.
    Ok(names.filter_map(|name| platforms.find_exact(&name)).collect())
}
