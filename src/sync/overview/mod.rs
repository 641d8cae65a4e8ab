//! Builds the data of the page from a single snapshot of the catalogue. Apart from the locks of running commands and the
//! names of running processes, no files are read, and no request is made.
//!
//! `read` reads the catalogue in one transaction; `compared` determines the state of each activity on each platform;
//! every other module builds one part of [`status::Snapshot`].

mod chart_data;
mod compared;
mod deletions;
mod duplicates;
mod groups;
mod log;
mod missing;
mod outstanding;
mod platforms;
mod read;
mod rejected;
mod schedule;
mod unarchived;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use compared::Compared;
use log::LONGEST;
use outstanding::Backlog;
use read::CatalogueData;

use super::{Failure, Result, Worker, liveness};
use crate::matching::Rule;
use jiff::Timestamp;

use crate::catalogue::{ActivityRow, CommandRow, FIRST_COMMANDS, OpenCommand, OutstandingRow};
use crate::clock;
use crate::matching::Matcher;
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
        let ((snapshot, health), left) = self.compare(&settings, None, |compared, backlog| {
            let (evidence, schedule) = evidence(compared, backlog, &settings.never_listed);
            let health = evidence.judge();
            let snapshot =
                settings.named.named().is_none().then(|| whole(compared, &settings.matcher, &evidence, schedule));
            ((snapshot, health), backlog.left.clone())
        })?;
        let snapshot = match snapshot {
            Some(snapshot) => snapshot,
            None => self.compare(&settings, settings.named.named().map(<[_]>::to_vec), |compared, backlog| {
                let (evidence, schedule) = evidence(compared, backlog, &settings.never_listed);
                whole(compared, &settings.matcher, &evidence, schedule)
            })?,
        };
        self.remember(left)?;
        let Health { state, outstanding, actions, warnings } = health;
        Ok(Snapshot { state, outstanding, actions, warnings, ..snapshot })
    }

    /// The health alone, as on the page: of all known platforms, whichever are named. `except`: a command that is not
    /// included.
    pub fn health(&mut self, except: &str) -> Result<Health> {
        let settings = self.sync_settings()?;
        let (health, left): (Health, Option<OutstandingRow>) = self.compare(&settings, None, |compared, backlog| {
            let (mut evidence, _) = evidence(compared, backlog, &settings.never_listed);
            evidence.commands.retain(|last| last.row.command.as_str() != except);
            evidence.running.retain(|(_, command)| command != except);
            // The command that requests the health of a run is the last one of that run.
            evidence.ended = Some(self.run_id.clone());
            (evidence.judge(), backlog.left.clone())
        })?;
        self.remember(left)?;
        Ok(health)
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

    /// Reads the catalogue in one snapshot, determines the state of each activity on each platform, and passes the
    /// result to `view`. `scope`: the platforms; `None`: all known and all named ones, and the outboxes of the settings.
    fn compare<T>(
        &self,
        settings: &SyncSettings,
        scope: Option<Vec<Arc<PlatformSpec>>>,
        view: impl FnOnce(&Compared, &Backlog) -> T,
    ) -> Result<T> {
        let is_part = scope.is_some();
        let alive = liveness::running_commands(&self.data_dir);
        let read = CatalogueData::of(
            (&self.catalogue, &self.clock),
            (&self.platforms, scope),
            &settings.shown(),
            (alive, is_cron_running()),
            &self.run_id,
            settings.lost_after,
        )?;
        // As in a sync: the named platforms, else those with an account.
        let is_synced = |spec: &PlatformSpec| match &settings.synced {
            _ if settings.named.names(&spec.id) => true,
            _ if is_part => false,
            _ if spec.is_write_only() => settings.synced.names(&spec.id) || settings.targets.names(&spec.id),
            PlatformSelection::Only(_) => settings.synced.includes(&spec.id),
            PlatformSelection::All => spec.has_login(),
        };
        let is_compared: Vec<bool> = read.histories.platforms.iter().map(|history| is_synced(&history.spec)).collect();
        let is_target = |spec: &PlatformSpec| settings.targets.includes(&spec.id);
        let is_read_only = read.histories.platforms.iter().map(|history| self.is_read_only(&history.spec)).collect();
        let may_send = |entry: &ActivityRow| {
            let platform = read.platform(&entry.activity.platform);
            let is_compared = platform.is_some_and(|platform| is_compared[platform]);
            is_compared && entry.missing.is_none() && read.histories.is_listed(&entry.activity.platform)
        };
        let entries = read.histories.planned(&may_send, &|_| true);
        let groups = Groups::of(&settings.matcher, &entries, &read.histories.links());
        let compared = Compared::of(&read, &groups, (is_compared.clone(), is_read_only), &is_target);
        let backlog = self.backlog(&compared, settings)?;
        Ok(view(&compared, &backlog))
    }
}

/// The evidence for the health, and the schedule for display.
fn evidence(
    compared: &Compared,
    backlog: &Backlog,
    never_listed: &[String],
) -> (HealthEvidence, Option<ScheduleStatus>) {
    let read = compared.read;
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
    let syncs = read.last.iter().filter(|row| FIRST_COMMANDS.contains(&row.command.as_str())).map(|row| row.started);
    let evidence = HealthEvidence {
        now: read.now,
        platforms: compared.platform_evidence(),
        commands: rows.into_iter().map(last).collect(),
        worked: worked.collect(),
        running: running(read).map(|open| (open.run.clone(), open.command.clone())).collect(),
        ended: None,
        last_sync: syncs.filter(|at| clock::age(*at, read.now).is_some()).max(),
        corrupt_files: compared.corrupt_files(),
        failed: compared.failed(backlog.archives),
        never_listed: never_listed.to_vec(),
        outstanding: backlog.now,
        before: backlog.before.clone(),
        due,
    };
    (evidence, schedule)
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

fn whole(
    compared: &Compared,
    matcher: &Matcher,
    evidence: &HealthEvidence,
    schedule: Option<ScheduleStatus>,
) -> Snapshot {
    let (duplicates, time_zone_faults) = compared.duplicates(matcher);
    Snapshot { duplicates, time_zone_faults, ..snapshot(compared, evidence, schedule) }
}

fn snapshot(compared: &Compared, evidence: &HealthEvidence, schedule: Option<ScheduleStatus>) -> Snapshot {
    let read = compared.read;
    let health = evidence.judge();
    let activities = compared.all_groups();
    let charts = chart_data::chart_data(&activities, &compared.listed_names(), read.now);
    Snapshot {
        state: health.state,
        outstanding: health.outstanding,
        made: Some(read.now),
        version: env!("CARGO_PKG_VERSION"),
        last_run: log::runs(&read.last_sync).into_iter().next(),
        running_since: running_since(read),
        schedule,
        actions: health.actions,
        warnings: health.warnings,
        platforms: compared.platforms(evidence),
        matrix: compared.matrix(),
        missing: compared.missing(),
        not_archived: compared.not_archived(),
        duplicates: Vec::new(),
        time_zone_faults: Vec::new(),
        deletions: compared.deletions(),
        rejected: compared.rejected(),
        runs: log::runs(&read.runs),
        days: charts.days,
        weeks: charts.weeks,
        months: charts.months,
        activities,
    }
}
