//! The table of problems: the last thing that went wrong with an entry, and how often.

use jiff::Timestamp;
use rusqlite::params;

use super::{Catalogue, Result};

impl Catalogue {
    /// Remembers a problem that the command `stage` met with an entry.
    pub fn set_problem(
        &mut self,
        (platform, id): (&str, &str),
        stage: &str,
        kind: &str,
        message: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|tx| {
            tx.prepare_cached(
                "INSERT INTO problems (platform, id, stage, kind, message, first, last, times)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 1)
                 ON CONFLICT (platform, id, stage) DO UPDATE SET kind = ?4, message = ?5, last = ?6, times = times + 1",
            )?
            .execute(params![platform, id, stage, kind, message, now.as_second()])
            .map(drop)
        })
    }

    /// How many entries of a platform have a problem.
    pub fn problems(&self, platform: &str) -> Result<u64> {
        let sql = "SELECT count(DISTINCT id) FROM problems WHERE platform = ?1";
        let count = self.connection.query_row(sql, [platform], |row| row.get::<_, i64>(0));
        Ok(self.done(count)?.unsigned_abs())
    }
}
