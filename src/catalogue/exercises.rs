//! Which entries were found to be one exercise: what was one stays one, whatever is edited on a platform later.

use std::collections::HashMap;

use rusqlite::params;

use super::{Catalogue, Result, key};
use crate::activity::{ActivityKey, PlatformIds};

impl Catalogue {
    /// The entries that were found to be one exercise with others, each with the number of that.
    pub fn exercises(&self) -> Result<HashMap<ActivityKey, i64>> {
        let rows =
            self.connection.prepare_cached("SELECT platform, id, exercise FROM exercises").and_then(|mut statement| {
                let mut names = PlatformIds::default();
                statement.query_map([], |row| Ok((key(row, (0, 1), &mut names)?, row.get(2)?)))?.collect()
            });
        self.done(rows)
    }

    /// Remembers that the entries of each group are one exercise. `afresh`: what was remembered before is forgotten.
    pub fn remember_exercises(&mut self, groups: &[Vec<ActivityKey>], afresh: bool) -> Result<()> {
        let mut known = if afresh { HashMap::new() } else { self.exercises()? };
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
        if changed.is_empty() && !afresh {
            return Ok(());
        }
        self.write(|tx| {
            if afresh {
                tx.execute("DELETE FROM exercises", [])?;
            }
            let mut insert =
                tx.prepare_cached("INSERT OR REPLACE INTO exercises (platform, id, exercise) VALUES (?1, ?2, ?3)")?;
            changed
                .iter()
                .try_for_each(|(key, number)| insert.execute(params![key.platform.as_str(), key.id, number]).map(drop))
        })
    }
}
