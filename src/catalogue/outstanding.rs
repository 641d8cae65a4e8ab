//! What was outstanding at the end of runs, so that the next ones can tell whether it gets less.

use jiff::Timestamp;
use rusqlite::params;

use super::{Catalogue, Result};

/// So many runs are remembered.
const KEPT: i64 = 500;

/// What a run left. Work that it did not try, because it was not asked for it, has no number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutstandingRow {
    /// The run.
    pub run: String,
    /// Uploads that were not made.
    pub uploads: Option<u64>,
    /// Files that were not asked for.
    pub downloads: Option<u64>,
    /// Duplicates that were not deleted.
    pub deletions: Option<u64>,
    /// Whether the run puts the file of every activity into the archive.
    pub archives: bool,
}

impl Catalogue {
    /// What the runs before `run` have left, the newest first.
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

    /// Notes what a run has left, in place of what was noted of it before.
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
    fn a_run_is_noted_once_and_old_ones_are_forgotten() {
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
