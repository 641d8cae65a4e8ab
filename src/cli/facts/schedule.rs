//! When it is to run: what the catalogue has of the schedule, and the runs around now that follow from it.

use jiff::Timestamp;

use crate::catalogue::ScheduleRow;
use crate::report::state::Due;
use crate::report::{Clean, Schedule};

/// The runs around now.
#[derive(Debug, Clone, Copy, Default)]
struct Runs {
    /// The next one.
    next: Option<Timestamp>,
    /// The last one that was due.
    previous: Option<Timestamp>,
}

/// The one place where a schedule becomes moments. Nothing here reads the five fields yet, so none is told.
fn runs_around(_schedule: &ScheduleRow, _now: Timestamp) -> Runs {
    Runs::default()
}

/// The schedule as it is shown, and what it says of the state.
pub(super) fn schedule(row: &ScheduleRow, now: Timestamp) -> (Schedule, Option<Due>) {
    let runs = if row.enabled { runs_around(row, now) } else { Runs::default() };
    let shown = |text: &str| Clean::of(text).as_str().to_owned();
    let schedule =
        Schedule { cron: shown(&row.cron), zone: shown(&row.zone), enabled: row.enabled, next_run: runs.next };
    (schedule, row.enabled.then_some(Due { since: row.at, previous: runs.previous }))
}
