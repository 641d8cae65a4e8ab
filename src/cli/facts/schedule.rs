//! When it is to run: the schedule that is written down, and the runs around now that follow from it.

use jiff::Timestamp;

use super::compared::shown;
use crate::catalogue::ScheduleRow;
use crate::report;
use crate::report::state::Due;
use crate::schedule::Schedule;

/// The schedule as it is shown, and what it says of the state.
pub(super) fn schedule(row: &ScheduleRow, now: Timestamp) -> (report::Schedule, Option<Due>) {
    // One that cannot be read here (a zone that this machine does not know) tells no time; gs-schedule says why.
    let known = Schedule::parse(&row.cron, &row.zone).ok().filter(|_| row.enabled);
    let told = report::Schedule {
        cron: shown(&row.cron),
        zone: shown(&row.zone),
        enabled: row.enabled,
        next_run: known.as_ref().and_then(|known| known.next(now)),
    };
    (told, known.map(|known| Due { since: row.since, previous: known.previous(now) }))
}
