//! The table of groups: activities that are the same on several platforms. An activity stays in its group, whatever a
//! person edits later.

use rusqlite::params;

use super::columns::Values;
use super::{Catalogue, Result};
use crate::activity::ActivityKeyRef;

impl Catalogue {
    /// Calls `each` with every activity that was matched with others, and the number of its group.
    pub fn groups(&self, mut each: impl FnMut(ActivityKeyRef, i64)) -> Result<()> {
        let mut read = || {
            let sql = "SELECT platform, id, group_number FROM activity_groups";
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                each(ActivityKeyRef::new(row.text(0)?, row.text(1)?), row.get(2)?);
            }
            Ok(())
        };
        self.done(read())
    }

    /// The highest number of a group; 0 if there is none.
    pub fn last_group(&self) -> Result<i64> {
        let sql = "SELECT ifnull(max(group_number), 0) FROM activity_groups";
        self.done(self.connection.query_row(sql, [], |row| row.get(0)))
    }

    /// Stores the groups of these activities. `rematch`: all others are forgotten.
    pub fn store_groups(&mut self, changed: &[(ActivityKeyRef, i64)], rematch: bool) -> Result<()> {
        if changed.is_empty() && !rematch {
            return Ok(());
        }
        self.write(|tx| {
            if rematch {
                tx.execute("DELETE FROM activity_groups", [])?;
            }
            let sql = "INSERT OR REPLACE INTO activity_groups (platform, id, group_number) VALUES (?1, ?2, ?3)";
            let mut insert = tx.prepare_cached(sql)?;
            changed.iter().try_for_each(|(key, number)| insert.execute(params![key.platform, key.id, number]).map(drop))
        })
    }
}
