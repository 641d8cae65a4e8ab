//! The schedule in the catalogue, and the last and the next scheduled run.

use super::read::CatalogueData;
use crate::catalogue::ScheduleRow;
use crate::schedule::{self, CRONTAB};
use crate::status::judge::{Due, GRACE};
use crate::status::{Redacted, ScheduleStatus};
use crate::sync::schedule::has_come;

/// The schedule for display, and the evidence that it provides for the health.
pub(super) fn schedule(row: &ScheduleRow, read: &CatalogueData) -> (ScheduleStatus, Option<Due>) {
    let now = read.now;
    // An invalid expression, or a zone that this machine does not have, yields no times.
    let known = schedule::Schedule::parse(&row.cron, &row.zone).ok().filter(|_| row.enabled);
    let next_run = known.as_ref().and_then(|schedule| schedule.next(now));
    // A run that is due may still start within the grace period; the one before it counts.
    let previous = known.as_ref().and_then(|schedule| schedule.previous(now - GRACE));
    // A run that has come shows that cron runs elsewhere, such as on the host of this container.
    let has_come = previous.is_some_and(|due| has_come(due, &read.runs));
    let has_runner = row.runner.as_deref().is_some_and(|runner| runner != CRONTAB || read.is_cron_running);
    let shown = |text: &str| Redacted::of(text).as_str().to_owned();
    let schedule = ScheduleStatus {
        cron: shown(&row.cron),
        zone: shown(&row.zone),
        enabled: row.enabled,
        next_run,
        runner: row.runner.as_deref().map(Redacted::of),
        is_run: row.enabled && (has_runner || has_come),
    };
    (schedule, row.enabled.then_some(Due { since: row.since, previous }))
}
