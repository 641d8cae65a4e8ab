//! The table of warnings about items that listings skip: each is shown once, as long as the item is listed.

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::params;

use super::{Catalogue, Result};

impl Catalogue {
    /// The items that the newest listing of a platform skipped.
    pub fn skipped(&self, platform: &str) -> Result<HashSet<String>> {
        let found = self.connection.prepare_cached("SELECT what FROM skipped WHERE platform = ?1");
        self.done(found.and_then(|mut statement| statement.query_map([platform], |row| row.get(0))?.collect()))
    }

    /// Stores the items that the newest listing of a platform skipped, in place of those before.
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
