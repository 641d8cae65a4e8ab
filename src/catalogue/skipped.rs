//! The table of what listings skip, as far as people were told: each thing is told once, as long as it is there.

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::params;

use super::{Catalogue, Result};

impl Catalogue {
    /// What people were told that the listings of a platform skip.
    pub fn skipped(&self, platform: &str) -> Result<HashSet<String>> {
        let found = self.connection.prepare_cached("SELECT what FROM skipped WHERE platform = ?1");
        self.done(found.and_then(|mut statement| statement.query_map([platform], |row| row.get(0))?.collect()))
    }

    /// Remembers all that the newest listing of a platform skipped, and nothing else.
    pub fn set_skipped<'a>(
        &mut self,
        platform: &str,
        all: impl IntoIterator<Item = &'a str>,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|tx| {
            tx.execute("DELETE FROM skipped WHERE platform = ?1", [platform])?;
            let mut insert =
                tx.prepare_cached("INSERT OR IGNORE INTO skipped (platform, what, at) VALUES (?1, ?2, ?3)")?;
            for what in all {
                insert.execute(params![platform, what, now.as_second()])?;
            }
            Ok(())
        })
    }
}
