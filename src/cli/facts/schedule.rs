//! When it is to run: what the catalogue has of the schedule, and the runs around now that follow from it.

use jiff::Timestamp;

use crate::catalogue::ScheduleRow;
use crate::schedule;
use crate::status::judge::{Due, PATIENCE};
use crate::status::{Clean, Schedule};

/// The schedule as it is shown, and what it says of the state.
pub(super) fn schedule(row: &ScheduleRow, now: Timestamp) -> (Schedule, Option<Due>) {
    // One that this program cannot read, or whose zone this machine lacks, tells no time.
    let known = schedule::Schedule::parse(&row.cron, &row.zone).ok().filter(|_| row.enabled);
    let next_run = known.as_ref().and_then(|schedule| schedule.next(now));
    // One that may still be coming counts for nothing, and the one before it still does.
    let previous = known.as_ref().and_then(|schedule| schedule.previous(now - PATIENCE));
    let shown = |text: &str| Clean::of(text).as_str().to_owned();
    let schedule = Schedule { cron: shown(&row.cron), zone: shown(&row.zone), enabled: row.enabled, next_run };
    (schedule, row.enabled.then_some(Due { since: row.since, previous }))
}
