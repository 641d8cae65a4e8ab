//! Work that was outstanding at the end of runs, so that later runs can determine whether it decreases.

use jiff::Timestamp;
use rusqlite::params;

use super::{Catalogue, Result};

/// The number of runs kept.
const KEPT: i64 = 500;

/// The outstanding work at the end of a run. Work that the run does not do has no number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutstandingRow {
    /// The run.
    pub run: String,
    /// Outstanding uploads.
    pub uploads: Option<u64>,
    /// Files that were not downloaded.
    pub downloads: Option<u64>,
    /// Duplicates that were not deleted.
    pub deletions: Option<u64>,
    /// Whether the run archives the file of every activity.
    pub archives: bool,
}

impl Catalogue {
    /// The outstanding work of all runs but `run`, the newest first.
    pub fn outstanding_before(&self, run: &str) -> Result<Vec<OutstandingRow>> {
        let rows = || {
            let sql = "SELECT * FROM outstanding WHERE run <> ?1 ORDER BY rowid DESC";
            let mut statement = self.connection.prepare_cached(sql)?;
            let rows = statement.query_map([run], |row| {
                let count = |column: &str| {
                    let count = row.get::<_, Option<i64>>(column)?;
                    Ok::<_, rusqlite::Error>(count.map(|count| u64::try_from(count).unwrap_or_default()))
                };
                Ok(OutstandingRow {
                    run: row.get("run")?,
                    uploads: count("uploads")?,
                    downloads: count("downloads")?,
                    archives: row.get("archives")?,
                    deletions: count("deletions")?,
                })
            })?;
            rows.collect()
        };
        self.done(rows())
    }

    /// Stores the outstanding work of a run, in place of an earlier row of the run.
    pub fn set_outstanding(&mut self, row: &OutstandingRow, now: Timestamp) -> Result<()> {
        let count = |count: Option<u64>| count.map(|count| i64::try_from(count).unwrap_or(i64::MAX));
        self.write(|tx| {
            tx.execute(
                "INSERT INTO outstanding (run, at, uploads, downloads, archives, deletions)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (run) DO UPDATE SET at = ?2, uploads = ?3, downloads = ?4, archives = ?5, deletions = ?6",
                params![
                    row.run,
                    now.as_second(),
                    count(row.uploads),
                    count(row.downloads),
                    row.archives,
                    count(row.deletions)
                ],
            )?;
            tx.execute("DELETE FROM outstanding WHERE rowid <= (SELECT max(rowid) FROM outstanding) - ?1", [KEPT])
                .map(drop)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{now, open};
    use super::*;

    #[test]
    fn a_run_has_one_row_and_old_runs_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let mut catalogue = open(&dir);
        let row = |run: i64, uploads| OutstandingRow {
            run: run.to_string(),
            uploads,
            downloads: Some(7),
            deletions: None,
            archives: true,
        };
        for run in 0..510 {
            catalogue.set_outstanding(&row(run, None), now()).unwrap();
            catalogue.set_outstanding(&row(run, Some(2)), now()).unwrap();
        }
        let before = catalogue.outstanding_before("509").unwrap();
        assert_eq!((before.len(), &before[0]), (499, &row(508, Some(2))));
    }
}
