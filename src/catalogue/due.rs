//! The schedule, as it is written down; who writes it is another matter.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::{Catalogue, Result};

/// When it is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleRow {
    /// Five fields, as crontab(5) has them.
    pub cron: String,
    /// The time zone that they are meant in.
    pub zone: String,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Since when.
    pub at: Timestamp,
}

impl Catalogue {
    /// When it is to run, if anybody has said so.
    pub fn schedule_row(&self) -> Result<Option<ScheduleRow>> {
        let row = self.connection.query_row("SELECT cron, zone, enabled, at FROM schedule", [], |row| {
            let at = Timestamp::from_second(row.get(3)?).unwrap_or(Timestamp::UNIX_EPOCH);
            Ok(ScheduleRow { cron: row.get(0)?, zone: row.get(1)?, enabled: row.get(2)?, at })
        });
        self.done(row.optional())
    }
}
