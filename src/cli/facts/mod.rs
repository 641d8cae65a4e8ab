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
mod pictures;
mod platforms;
mod read;
mod refused;
mod schedule;
mod unarchived;

use compared::Compared;
use read::Read;

use super::args::platforms_of_settings;
use super::{Failure, Rule, Run};
use crate::catalogue::{CommandRow, Entry};
use crate::clock;
use crate::plan::diff::Exercises;
use crate::platform::Kind;
use crate::status::Facts;
use crate::status::judge::{LastCommand, Signs};

impl Run {
    /// Everything that the page shows: of the platforms that are named, else of all that the catalogue knows.
    pub fn facts(&self) -> Result<Facts, Failure> {
        let named = self.common.named_platforms()?;
        let synced = match &named {
            Some(named) => Some(named.clone()),
            None => platforms_of_settings(&self.settings)?,
        };
        let matcher = self.matcher(Rule::Evidence)?;
        let read = Read::of(&self.catalogue, named, &self.id)?;
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
        let (copies, time_zone_faults) = compared.copies(&matcher);
        Ok(Facts { copies, time_zone_faults, ..facts(&compared) })
    }
}

fn facts(compared: &Compared) -> Facts {
    let read = compared.read;
    let schedule = read.schedule.as_ref().map(|row| schedule::schedule(row, read.now));
    let (schedule, due) = schedule.map_or((None, None), |(schedule, due)| (Some(schedule), due));
    let last = |row: &CommandRow| LastCommand { run: row.run.clone(), row: log::command(row) };
    let signs = Signs {
        now: read.now,
        platforms: compared.platform_signs(),
        commands: read.last.iter().map(last).collect(),
        last_run: read.runs.iter().map(|row| row.started).filter(|at| clock::age(*at, read.now).is_some()).max(),
        broken: compared.broken(),
        failed: compared.failed(),
        due,
    };
    let judged = signs.judge();
    let activities = compared.all_exercises();
    let pictures = pictures::pictures(&activities, &compared.names, read.now);
    let runs = log::runs(&read.runs);
    Facts {
        state: judged.state,
        made: Some(read.now),
        version: env!("CARGO_PKG_VERSION"),
        last_run: runs.first().cloned(),
        schedule,
        needs: judged.needs,
        troubles: judged.troubles,
        platforms: compared.platforms(&signs),
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
