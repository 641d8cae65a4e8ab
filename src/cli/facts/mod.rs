//! Everything that the page shows, made from one moment of the catalogue. No file is looked at, and nobody is asked.
//!
//! `read` reads, in one transaction; `compared` finds out how each exercise stands with each platform; each of the others
//! makes one part of [`status::Facts`] of that.

mod compared;
mod copies;
mod deletions;
mod exercises;
mod log;
mod missing;
mod outstanding;
mod pictures;
mod platforms;
mod read;
mod refused;
mod schedule;
mod unarchived;

use compared::Compared;
use outstanding::Backlog;
use read::Read;

use super::args::platforms_of_settings;
use super::{Failure, Rule, Run};
use crate::catalogue::{CommandRow, Entry};
use crate::clock;
use crate::matching::Matcher;
use crate::plan::diff::Exercises;
use crate::platform::Kind;
use crate::status::judge::{Judged, LastCommand, Signs};
use crate::status::{Facts, Schedule};

impl Run {
    /// Everything that the page shows: of the platforms that are named, else of all that the catalogue knows.
    pub fn facts(&mut self) -> Result<Facts, Failure> {
        let (facts, left) = self.compare(|compared, matcher, backlog| {
            let (copies, time_zone_faults) = compared.copies(matcher);
            let (signs, schedule) = signs(compared, backlog);
            (Facts { copies, time_zone_faults, ..facts(compared, &signs, schedule) }, backlog.left.clone())
        })?;
        self.remember(left)?;
        Ok(facts)
    }

    /// The judgment alone, as the page tells it; a command of this name is not judged.
    pub fn judged(&mut self, except: &str) -> Result<Judged, Failure> {
        let (judged, left) = self.compare(|compared, _, backlog| {
            let (mut signs, _) = signs(compared, backlog);
            signs.commands.retain(|last| last.row.command.as_str() != except);
            // Whoever asks for the judgment of a run is the last of it.
            signs.ended = Some(self.id.clone());
            (signs.judge(), backlog.left.clone())
        })?;
        self.remember(left)?;
        Ok(judged)
    }

    /// Reads the catalogue as it stands in one moment, finds out how each exercise stands with each platform, and hands that
    /// to `view`.
    fn compare<T>(&self, view: impl FnOnce(&Compared, &Matcher, &Backlog) -> T) -> Result<T, Failure> {
        let named = self.common.named_platforms()?;
        let synced = match &named {
            Some(named) => Some(named.clone()),
            None => platforms_of_settings(&self.settings)?,
        };
        let matcher = self.matcher(Rule::Evidence)?;
        let read = Read::of(&self.catalogue, named, &self.id, self.lost_after()?)?;
        // As a sync has it: what is named, else what somebody logs in to.
        let is_synced = |kind: &Kind| match &synced {
            Some(synced) => synced.iter().any(|one| one.name == kind.name),
            None => kind.has_login(),
        };
        let is_compared: Vec<bool> = read.histories.platforms.iter().map(|history| is_synced(history.kind)).collect();
        let may_send = |entry: &Entry| {
            let platform = read.platform(&entry.activity.platform);
            let is_compared = platform.is_some_and(|platform| is_compared[platform]);
            is_compared && entry.absent.is_none() && read.histories.is_listed(&entry.activity.platform)
        };
        let entries = read.histories.planned(&may_send, &|_| true);
        let exercises = Exercises::of(&matcher, &entries, &read.histories.links());
        let compared = Compared::of(&read, &exercises, is_compared.clone());
        let backlog = self.backlog(&compared, &matcher)?;
        Ok(view(&compared, &matcher, &backlog))
    }
}

/// What the state is judged by, and the schedule as it is shown.
fn signs(compared: &Compared, backlog: &Backlog) -> (Signs, Option<Schedule>) {
    let read = compared.read;
    let schedule = read.schedule.as_ref().map(|row| schedule::schedule(row, read));
    let (schedule, due) = schedule.map_or((None, None), |(schedule, due)| (Some(schedule), due));
    let last = |row: &CommandRow| LastCommand { run: row.run.clone(), row: log::command(row) };
    let signs = Signs {
        now: read.now,
        platforms: compared.platform_signs(),
        commands: read.last.iter().map(last).collect(),
        ended: None,
        last_run: read.runs.iter().map(|row| row.started).filter(|at| clock::age(*at, read.now).is_some()).max(),
        broken: compared.broken(),
        failed: compared.failed(),
        outstanding: backlog.now,
        before: backlog.before.clone(),
        due,
    };
    (signs, schedule)
}

fn facts(compared: &Compared, signs: &Signs, schedule: Option<Schedule>) -> Facts {
    let read = compared.read;
    let judged = signs.judge();
    let activities = compared.all_exercises();
    let pictures = pictures::pictures(&activities, &compared.names, read.now);
    let runs = log::runs(&read.runs);
    Facts {
        state: judged.state,
        outstanding: judged.outstanding,
        made: Some(read.now),
        version: env!("CARGO_PKG_VERSION"),
        last_run: runs.first().cloned(),
        schedule,
        needs: judged.needs,
        troubles: judged.troubles,
        platforms: compared.platforms(signs),
        matrix: compared.matrix(),
        missing: compared.missing(),
        not_archived: compared.not_archived(),
        copies: Vec::new(),
        time_zone_faults: Vec::new(),
        deletions: compared.deletions(),
        refused: compared.refused(),
        runs,
        days: pictures.days,
        weeks: pictures.weeks,
        months: pictures.months,
        activities,
    }
}
