//! Builds the data of the page from a single snapshot of the catalogue. Apart from the locks of running commands and the
//! names of running processes, no files are read, and no request is made.
//!
//! `read` reads the catalogue in one transaction, the activities of a long history in `parts`, each of which is compared
//! before the next one is read; `compared` determines the state of each activity on each platform; `sums` adds up what the
//! page shows, and keeps of each list only the newest items.
//! Every other module builds one part of [`status::Snapshot`].

mod by_reason;
mod chart_data;
mod compared;
mod deletions;
mod duplicates;
mod groups;
mod guards;
mod log;
mod missing;
mod newest;
mod outstanding;
mod parts;
#[cfg(test)]
mod parts_tests;
mod platforms;
mod read;
mod rejected;
mod schedule;
mod sums;
mod unarchived;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use compared::{Compared, Scope};
use log::LONGEST;
use outstanding::Backlog;
use parts::PART;
use read::CatalogueData;
use sums::{ActivitySums, Overview, Wanted};

use super::{Failure, Result, Worker, liveness};
use jiff::Timestamp;

use crate::catalogue::{self, ActivityRow, Catalogue, CommandRow, FIRST_COMMANDS, OpenCommand};
use crate::clock;
use crate::matching::{Matcher, Rule};
use crate::plan::diff::Groups;
use crate::platform::{PlatformSelection, PlatformSpec};
use crate::schedule::is_cron_running;
use crate::settings;
use crate::status::judge::{HANGS, Health, HealthEvidence, LastCommand};
use crate::status::{ScheduleStatus, Snapshot};

/// The settings of syncs.
struct SyncSettings {
    /// The platforms of `--platform`.
    named: PlatformSelection,
    /// The platforms of `SYNC_PLATFORM`.
    synced: PlatformSelection,
    /// The platforms of `SYNC_TO`.
    targets: PlatformSelection,
    matcher: Matcher,
    archives: Option<bool>,
    only_archives: bool,
    deletes: bool,
    max_delete: u64,
    lost_after: Duration,
    /// Platforms of the syncs that were never listed.
    never_listed: Vec<String>,
}

impl SyncSettings {
    /// The platforms that are shown even if the catalogue does not know them: the named ones, and the outboxes.
    fn shown(&self) -> Vec<Arc<PlatformSpec>> {
        let all = |selection: &PlatformSelection| selection.named().unwrap_or_default().to_vec();
        let outboxes = [&self.synced, &self.targets].into_iter().flat_map(all).filter(|spec| spec.is_write_only());
        all(&self.named).into_iter().chain(outboxes).collect()
    }
}

impl Worker {
    /// The data of the page: of the named platforms, else of all that the catalogue knows. The health covers all
    /// platforms in any case.
    pub fn snapshot(&mut self) -> Result<Snapshot> {
        let settings = self.sync_settings()?;
        let named = settings.named.named().map(<[_]>::to_vec);
        let seen = self.compare(&settings, None, named.is_none())?;
        let (evidence, schedule) = seen.evidence(&settings.never_listed);
        let (health, left) = (evidence.judge(), seen.backlog.left.clone());
        let snapshot = match named {
            None => seen.snapshot(&evidence, schedule),
            Some(named) => {
                drop(seen);
                let seen = self.compare(&settings, Some(named), true)?;
                let (evidence, schedule) = seen.evidence(&settings.never_listed);
                seen.snapshot(&evidence, schedule)
            }
        };
        self.remember(left)?;
        let Health { state, outstanding, actions, warnings } = health;
        Ok(Snapshot { state, outstanding, actions, warnings, ..snapshot })
    }

    /// The health alone, as on the page: of all known platforms, whichever are named. `except`: a command that is not
    /// included.
    pub fn health(&mut self, except: &str) -> Result<Health> {
        let settings = self.sync_settings()?;
        let seen = self.compare(&settings, None, false)?;
        let (mut evidence, _) = seen.evidence(&settings.never_listed);
        evidence.commands.retain(|last| last.row.command.as_str() != except);
        evidence.running.retain(|(_, command)| command != except);
        // The command that requests the health of a run is the last one of that run.
        evidence.ended = Some(self.run_id.clone());
        self.remember(seen.backlog.left)?;
        Ok(evidence.judge())
    }

    /// The settings of syncs. An invalid one is reported and counts as not set, because the page and the messages must
    /// show the failure all the same.
    fn sync_settings(&mut self) -> Result<SyncSettings> {
        let named = self.named_platforms()?;
        let synced = self.synced_platforms();
        let targets = self.targets();
        let (matcher, archives) = (self.matcher(Rule::Evidence), self.archives());
        let deletes = self.settings.yes("DELETE_DUPLICATE").map_err(Failure::from);
        let max_delete = self.settings.number("MAX_DELETE").map_err(Failure::from);
        let command = self.settings.choice("GS_SCHEDULE_COMMAND");
        let lost_after = self.lost_after();
        let mut never_listed = Vec::new();
        let configured = self.configured_platforms().unwrap_or_default();
        for spec in configured.into_iter().filter(|spec| !spec.is_write_only()) {
            if !self.catalogue.was_listed(&spec.id)? {
                never_listed.push(spec.id.to_string());
            }
        }
        Ok(SyncSettings {
            never_listed,
            named,
            synced: self.or_report(synced, PlatformSelection::All),
            targets: self.or_report(targets, PlatformSelection::All),
            matcher: self.or_report(matcher, Matcher::default()),
            archives: self.or_report(archives, None),
            only_archives: command.is_ok_and(|command| command == Some("download")),
            deletes: self.or_report(deletes, false),
            max_delete: self.or_report(max_delete, settings::default_number("MAX_DELETE")),
            lost_after: self.or_report(lost_after, settings::default_duration("GS_LOST_AFTER")),
        })
    }

    /// Reads the catalogue in one snapshot, determines the state of each activity on each platform, and adds up the
    /// result. `scope`: the platforms; `None`: all known and all named ones, and the outboxes of the settings. `page`: whether
    /// the page is made; else only the health is judged.
    fn compare(&self, settings: &SyncSettings, scope: Option<Vec<Arc<PlatformSpec>>>, page: bool) -> Result<Seen> {
        let alive = liveness::running_commands(&self.data_dir);
        let rows = self.catalogue.outstanding_before(&self.run_id)?;
        // A sync that archives sets this; a command run by hand uses the value of the newest sync.
        let archives = settings.archives.or(rows.first().map(|row| row.archives)).unwrap_or(true);
        let is_part = scope.is_some();
        let read = |catalogue: &Catalogue| {
            let mut read = CatalogueData::of(
                (catalogue, &self.clock),
                (&self.platforms, scope),
                &settings.shown(),
                (alive, is_cron_running()),
                &self.run_id,
                settings.lost_after,
            )?;
            let scope = self.scope(&read, settings, is_part);
            let mut sums = ActivitySums::new(&scope, Wanted { page, archives });
            if !read.is_whole {
                parts::each_part(catalogue, &mut read, &settings.matcher, PART, |read, ranks| {
                    add(&mut sums, (read, &scope), settings, ranks);
                })?;
            }
            Ok::<_, catalogue::Error>((read, scope, sums))
        };
        let (read, scope, mut sums) = self.catalogue.snapshot(read)?;
        if read.is_whole {
            let ranks: Vec<u64> = (0..read.histories.part.entries.len() as u64).collect();
            add(&mut sums, (&read, &scope), settings, &ranks);
        }
        let backlog =
            self.backlog(&Overview { read: &read, scope: &scope, sums: &sums }, settings, (&rows, archives))?;
        Ok(Seen { read, scope, sums, backlog })
    }

    /// The platforms of `read`. `is_part`: only the named platforms are compared.
    fn scope(&self, read: &CatalogueData, settings: &SyncSettings, is_part: bool) -> Scope {
        // As in a sync: the named platforms, else those with an account.
        let is_synced = |spec: &PlatformSpec| match &settings.synced {
            _ if settings.named.names(&spec.id) => true,
            _ if is_part => false,
            _ if spec.is_write_only() => settings.synced.names(&spec.id) || settings.targets.names(&spec.id),
            PlatformSelection::Only(_) => settings.synced.includes(&spec.id),
            PlatformSelection::All => spec.has_login(),
        };
        let is_target = |spec: &PlatformSpec| settings.targets.includes(&spec.id);
        Scope::of(&read.histories, &is_synced, &|spec| self.is_read_only(spec), &is_target)
    }
}

/// Compares the activities of `read`, and adds the result to `sums`. `ranks`: their positions in the whole catalogue.
fn add(sums: &mut ActivitySums, (read, scope): (&CatalogueData, &Scope), settings: &SyncSettings, ranks: &[u64]) {
    let may_send = |entry: &ActivityRow| {
        let platform = read.platform(&entry.activity.platform);
        let is_compared = platform.is_some_and(|platform| scope.is_compared[platform]);
        is_compared && entry.missing.is_none() && read.histories.is_listed(&entry.activity.platform)
    };
    let activities = read.histories.planned(&may_send);
    let stored = read.histories.stored_groups(&activities.candidates);
    let links = read.histories.links(&activities, &stored);
    let groups = Groups::of(&settings.matcher, &activities, &links);
    sums.add(&Compared::of(read, &groups, scope, ranks), settings);
}

/// The data of the catalogue, and what was found in it.
struct Seen {
    read: CatalogueData,
    scope: Scope,
    sums: ActivitySums,
    backlog: Backlog,
}

impl Seen {
    fn overview(&self) -> Overview<'_> {
        Overview { read: &self.read, scope: &self.scope, sums: &self.sums }
    }

    /// The evidence for the health, and the schedule for display.
    fn evidence(&self, never_listed: &[String]) -> (HealthEvidence, Option<ScheduleStatus>) {
        let (read, backlog) = (&self.read, &self.backlog);
        let schedule = read.schedule.as_ref().map(|row| schedule::schedule(row, read));
        let (schedule, due) = schedule.map_or((None, None), |(schedule, due)| (Some(schedule), due));
        let newest: HashSet<i64> = read.last.iter().map(|row| row.number).collect();
        let last = |row: &CommandRow| LastCommand {
            run: row.run.clone(),
            number: row.number,
            row: log::command(row),
            is_newest: newest.contains(&row.number),
            is_alive: read.alive.get(&row.number).copied(),
        };
        let mut rows: Vec<&CommandRow> = read.failed.iter().filter(|row| !newest.contains(&row.number)).collect();
        rows.extend(&read.last);
        rows.sort_by_key(|row| row.number);
        let worked = read.last_work.iter().map(|one| ((one.command.clone(), one.platform.clone()), one.number));
        let syncs =
            read.last.iter().filter(|row| FIRST_COMMANDS.contains(&row.command.as_str())).map(|row| row.started);
        let evidence = HealthEvidence {
            now: read.now,
            platforms: self.overview().platform_evidence(),
            commands: rows.into_iter().map(last).collect(),
            worked: worked.collect(),
            running: running(read).map(|open| (open.run.clone(), open.command.clone())).collect(),
            ended: None,
            last_sync: syncs.filter(|at| clock::age(*at, read.now).is_some()).max(),
            corrupt_files: self.sums.files.corrupt(),
            failed: self.sums.files.failed(),
            never_listed: never_listed.to_vec(),
            outstanding: backlog.now,
            before: backlog.before.clone(),
            due,
        };
        (evidence, schedule)
    }

    /// The data of the page.
    fn snapshot(self, evidence: &HealthEvidence, schedule: Option<ScheduleStatus>) -> Snapshot {
        let health = evidence.judge();
        let platforms = self.overview().platforms(evidence);
        let Seen { read, scope, sums, .. } = self;
        Snapshot {
            state: health.state,
            outstanding: health.outstanding,
            made: Some(read.now),
            version: env!("CARGO_PKG_VERSION"),
            last_run: log::runs(&read.last_sync).into_iter().next(),
            running_since: running_since(&read),
            schedule,
            actions: health.actions,
            warnings: health.warnings,
            platforms,
            runs: log::runs(&read.runs),
            ..sums.finish(&scope.names)
        }
    }
}

/// The commands that hold their lock and started recently enough.
fn running(read: &CatalogueData) -> impl Iterator<Item = &OpenCommand> {
    let is_recent = |at: Timestamp| clock::is_within(at, read.now, HANGS);
    read.open.iter().filter(move |open| read.alive.get(&open.number) == Some(&true) && is_recent(open.started))
}

/// When the sync began that is running now. A command that a person runs alone is no sync.
fn running_since(read: &CatalogueData) -> Option<Timestamp> {
    let began = |open: &OpenCommand| {
        // A run with a fixed id starts again every day.
        let is_of = |row: &&CommandRow| row.run == open.run && clock::is_within(row.started, open.started, LONGEST);
        let is_first = |row: &&CommandRow| FIRST_COMMANDS.contains(&row.command.as_str());
        read.runs.iter().filter(is_of).filter(is_first).map(|row| row.started).min()
    };
    running(read).filter_map(began).min()
}
