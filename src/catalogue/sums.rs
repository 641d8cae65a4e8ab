//! What the numbers of a list need of each activity: a few columns of many rows, without their texts.

use rusqlite::{Row, params_from_iter, types::Value as Sql};

use super::activities::{BATCH, conditions};
use super::problems::{IS_UNAVAILABLE, since};
use super::{Catalogue, Error, Query, Unavailable};

/// An activity, by the state of its file.
#[derive(Debug, Clone, PartialEq)]
pub struct FileSummary {
    /// The id on the platform.
    pub id: String,
    /// Path and size of its first file in the archive, unless that is corrupt.
    pub file: Option<(String, u64)>,
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
    /// Calls `each` with every activity of a platform that `query` selects, whatever its platforms are. Read in batches;
    /// nothing is open while `each` runs.
    pub fn file_summaries<E: From<Error>>(
        &self,
        platform: &str,
        query: &Query,
        mut each: impl FnMut(FileSummary) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let mut after = None;
        loop {
            let (sql, values) = select(platform, query, after.as_deref());
            let batch = self.connection.prepare_cached(&sql).and_then(|mut statement| {
                statement.query_map(params_from_iter(values), state)?.collect::<rusqlite::Result<Vec<_>>>()
            });
            let batch = self.done(batch)?;
            let is_last = batch.len() < BATCH;
            after = batch.last().map(|summary| summary.id.clone());
            batch.into_iter().try_for_each(&mut each)?;
            if is_last {
                return Ok(());
            }
        }
    }
}

fn state(row: &Row) -> rusqlite::Result<FileSummary> {
    let path: Option<String> = row.get(1)?;
    let bytes = row.get::<_, Option<i64>>(2)?.map_or(0, i64::unsigned_abs);
    let is_corrupt = row.get::<_, Option<bool>>(3)?.unwrap_or_default();
    Ok(FileSummary {
        id: row.get(0)?,
        file: path.filter(|_| !is_corrupt).map(|path| (path, bytes)),
        has_more_files: row.get(4)?,
        no_original: row.get(5)?,
        is_missing: row.get(6)?,
        unavailable: row.get::<_, Option<i64>>(7)?.map(since),
    })
}

/// The statement for one batch: the activities of a platform that `query` selects, after an id.
pub(super) fn select(platform: &str, query: &Query, after: Option<&str>) -> (String, Vec<Sql>) {
    let query = Query { platforms: vec![platform.to_owned()], ..query.clone() };
    let (mut conditions, mut values) = conditions(&query, "a.platform");
    if let Some(after) = after {
        conditions.push("a.id > ?".to_owned());
        values.push(Sql::Text(after.to_owned()));
    }
    let sql = format!(
        "SELECT a.id, f.path, f.bytes, f.corrupt,
            f.path IS NOT NULL
                AND EXISTS (SELECT 1 FROM files m WHERE m.platform = a.platform AND m.id = a.id AND m.part > 0),
            a.no_original, a.missing_since IS NOT NULL,
            (SELECT p.last FROM problems p WHERE p.platform = a.platform AND p.id = a.id AND {IS_UNAVAILABLE})
         FROM activities a LEFT JOIN files f ON f.platform = a.platform AND f.id = a.id AND f.part = 0
         WHERE {} ORDER BY a.id LIMIT {BATCH}",
        conditions.join(" AND ")
    );
    (sql, values)
}
