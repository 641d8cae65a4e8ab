//! The table of groups: activities that are the same on several platforms. An activity stays in its group, whatever a
//! person edits later.

use rusqlite::{OptionalExtension, params};

use super::columns::Values;
use super::parts::GROUP_NUMBER;
use super::{Catalogue, Result};
use crate::activity::ActivityKeyRef;

const INSERT: &str = "INSERT OR REPLACE INTO activity_groups (platform, id, group_number) VALUES (?1, ?2, ?3)";

impl Catalogue {
    /// Calls `each` with every activity that was matched with others, and the number of its group.
    pub fn groups(&self, mut each: impl FnMut(ActivityKeyRef, i64)) -> Result<()> {
        let mut read = || {
            let sql = "SELECT platform, id, group_number FROM activity_groups ORDER BY platform, id";
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                each(ActivityKeyRef::new(row.text(0)?, row.text(1)?), row.get(2)?);
            }
            Ok(())
        };
        self.done(read())
    }

    /// Stores these groups of several activities. A group keeps its number, groups that are merged get the lowest one, and
    /// a new group gets a new one. `rematch`: all other groups are forgotten.
    ///
    /// The numbers are read in the same transaction: another command may have stored groups since they were compared.
    pub fn store_groups(&mut self, groups: &[Vec<ActivityKeyRef>], rematch: bool) -> Result<()> {
        if groups.is_empty() && !rematch {
            return Ok(());
        }
        self.write(|tx| {
            if rematch {
                tx.execute("DELETE FROM activity_groups", [])?;
            }
            let mut number_of = tx.prepare_cached(GROUP_NUMBER)?;
            let mut insert = tx.prepare_cached(INSERT)?;
            let mut last: i64 =
                tx.query_row("SELECT ifnull(max(group_number), 0) FROM activity_groups", [], |row| row.get(0))?;
            for members in groups {
                let known = members
                    .iter()
                    .map(|key| number_of.query_row([key.platform, key.id], |row| row.get::<_, i64>(0)).optional());
                let known = known.collect::<rusqlite::Result<Vec<_>>>()?;
                let number = known.iter().flatten().min().copied().unwrap_or(last + 1);
                last = last.max(number);
                for (key, _) in members.iter().zip(known).filter(|(_, known)| *known != Some(number)) {
                    insert.execute(params![key.platform, key.id, number])?;
                }
            }
            Ok(())
        })
    }
}
