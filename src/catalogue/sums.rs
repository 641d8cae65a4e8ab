//! What the numbers of a list need of each activity: a few columns of many rows, without their texts.

use rusqlite::{Row, params_from_iter, types::Value as Sql};

use super::activities::conditions;
use super::columns::Values;
use super::problems::{IS_UNAVAILABLE, since};
use super::{Catalogue, Error, Query, Unavailable};
use crate::activity::ActivityKeyRef;

/// An activity, by the state of its file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FileSummary<'a> {
    /// The activity.
    pub key: ActivityKeyRef<'a>,
    /// Path and size of its first file in the archive, unless that is corrupt.
    pub file: Option<(&'a str, u64)>,
    /// Whether it has more files.
    pub has_more_files: bool,
    /// The service has no file of it.
    pub no_original: bool,
    /// Listings no longer show it.
    pub is_missing: bool,
    /// Its file is unavailable: it is requested once a week.
    pub unavailable: Option<Unavailable>,
}

impl Catalogue {
    /// Calls `each` with every activity that `query` selects, in any order. The catalogue is being read meanwhile, so
    /// `each` must not wait for anything but a disk.
    pub fn file_summaries<E: From<Error>>(
        &self,
        query: &Query,
        mut each: impl FnMut(FileSummary) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let (sql, values) = select(query);
        let mut statement = self.done(self.connection.prepare_cached(&sql))?;
        let mut rows = self.done(statement.query(params_from_iter(values)))?;
        while let Some(row) = self.done(rows.next())? {
            each(self.done(state(row))?)?;
        }
        Ok(())
    }
}

fn state<'a>(row: &'a Row) -> rusqlite::Result<FileSummary<'a>> {
    let path = row.optional_text(2)?.filter(|_| !matches!(row.get(4), Ok(true)));
    let bytes = row.get::<_, Option<i64>>(3)?.map_or(0, i64::unsigned_abs);
    Ok(FileSummary {
        key: ActivityKeyRef::new(row.text(0)?, row.text(1)?),
        file: path.map(|path| (path, bytes)),
        has_more_files: row.get(5)?,
        no_original: row.get(6)?,
        is_missing: row.get(7)?,
        unavailable: row.get::<_, Option<i64>>(8)?.map(since),
    })
}

/// The statement for the activities that `query` selects.
pub(super) fn select(query: &Query) -> (String, Vec<Sql>) {
    let (conditions, values) = conditions(query, "a.platform");
    let sql = format!(
        "SELECT a.platform, a.id, f.path, f.bytes, f.corrupt,
            f.path IS NOT NULL
                AND EXISTS (SELECT 1 FROM files m WHERE m.platform = a.platform AND m.id = a.id AND m.part > 0),
            a.no_original, a.missing_since IS NOT NULL,
            (SELECT p.last FROM problems p WHERE p.platform = a.platform AND p.id = a.id AND {IS_UNAVAILABLE})
         FROM activities a LEFT JOIN files f ON f.platform = a.platform AND f.id = a.id AND f.part = 0
         WHERE {}",
        conditions.join(" AND ")
    );
    (sql, values)
}
