//! The table of groups: activities that are the same on several platforms. An activity stays in its group, whatever a
//! person edits later.

use std::collections::HashMap;

use rusqlite::params;

use super::columns::Values;
use super::{Catalogue, Result};
use crate::activity::{ActivityKey, PlatformIds};

impl Catalogue {
    /// The activities that were matched with others, each with the number of its group.
    pub fn groups(&self) -> Result<HashMap<ActivityKey, i64>> {
        let sql = "SELECT platform, id, group_number FROM activity_groups";
        let rows = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let mut names = PlatformIds::default();
            statement.query_map([], |row| Ok((row.activity(0, 1, &mut names)?, row.get(2)?)))?.collect()
        });
        self.done(rows)
    }

    /// Stores which activities are in one group. `rematch`: groups that were stored before are forgotten.
    pub fn store_groups(&mut self, groups: &[Vec<ActivityKey>], rematch: bool) -> Result<()> {
        let mut known = if rematch { HashMap::new() } else { self.groups()? };
        let mut next = known.values().max().copied().unwrap_or(0) + 1;
        let mut changed = Vec::new();
        for group in groups {
            let numbers: Vec<Option<i64>> = group.iter().map(|key| known.get(key).copied()).collect();
            let number = numbers.iter().flatten().min().copied();
            if number.is_some() && numbers.iter().all(|known| *known == number) {
                continue;
            }
            let number = number.unwrap_or_else(|| {
                next += 1;
                next - 1
            });
            for key in group {
                known.insert(key.clone(), number);
                changed.push((key, number));
            }
        }
        if changed.is_empty() && !rematch {
            return Ok(());
        }
        self.write(|tx| {
            if rematch {
                tx.execute("DELETE FROM activity_groups", [])?;
            }
            let sql = "INSERT OR REPLACE INTO activity_groups (platform, id, group_number) VALUES (?1, ?2, ?3)";
            let mut insert = tx.prepare_cached(sql)?;
            changed
                .iter()
                .try_for_each(|(key, number)| insert.execute(params![key.platform.as_str(), key.id, number]).map(drop))
        })
    }
}
