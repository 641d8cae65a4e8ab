//! The table of requests for files, which all processes share: some services limit their number in a period.

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::columns::Values;
use super::problems::IS_UNAVAILABLE;
use super::{Catalogue, Result};

/// For how long requests are kept, in seconds: longer than the period of any limit.
const KEPT_S: i64 = 7 * 24 * 3600;

/// A request for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileRequestRow {
    /// When it was sent.
    pub at: Timestamp,
    /// Whether a file arrived; `None` if that is not known.
    pub gave_file: Option<bool>,
}

impl Catalogue {
    /// The requests by an access at `since` or later, oldest first.
    pub fn file_requests(&self, (platform, access): (&str, &str), since: Timestamp) -> Result<Vec<FileRequestRow>> {
        let sql = "SELECT at, gave_file FROM file_requests WHERE platform = ?1 AND access = ?2 AND at >= ?3
            ORDER BY at, number";
        let row = |row: &Row<'_>| Ok(FileRequestRow { at: row.known_time("at")?, gave_file: row.get("gave_file")? });
        let rows = self.connection.prepare_cached(sql).and_then(|mut statement| {
            statement.query_map(params![platform, access, since.as_second()], row)?.collect()
        });
        self.done(rows)
    }

    /// Stores that a request is about to be sent. Returns its number.
    pub fn begin_file_request(&mut self, (platform, access): (&str, &str), now: Timestamp) -> Result<i64> {
        self.write(|tx| {
            tx.execute("DELETE FROM file_requests WHERE at < ?1", [now.as_second() - KEPT_S])?;
            let sql = "INSERT INTO file_requests (platform, access, at) VALUES (?1, ?2, ?3)";
            tx.execute(sql, params![platform, access, now.as_second()])?;
            Ok(tx.last_insert_rowid())
        })
    }

    /// Stores whether the response to a request had a file.
    pub fn end_file_request(&mut self, number: i64, gave_file: bool) -> Result<()> {
        let sql = "UPDATE file_requests SET gave_file = ?2 WHERE number = ?1";
        self.write(|tx| tx.execute(sql, params![number, gave_file]).map(drop))
    }

    /// Removes a request that was not sent, or does not count.
    pub fn cancel_file_request(&mut self, number: i64) -> Result<()> {
        self.write(|tx| tx.execute("DELETE FROM file_requests WHERE number = ?1", [number]).map(drop))
    }

    /// The number of listed activities whose file can be downloaded and is not in the archive.
    pub fn count_outstanding_files(&self, platform: &str) -> Result<u64> {
        let sql = format!(
            "SELECT count(*) AS files FROM activities a
             WHERE a.platform = ?1 AND a.first_listing IS NOT NULL AND a.missing_count = 0 AND a.no_original = 0
                AND a.manual = 0
                AND NOT EXISTS (SELECT 1 FROM files f WHERE f.platform = a.platform AND f.id = a.id)
                AND NOT EXISTS (SELECT 1 FROM problems p WHERE p.platform = a.platform AND p.id = a.id AND {IS_UNAVAILABLE})"
        );
        self.done(self.connection.query_row(&sql, [platform], |row| row.size("files")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{list, now, open};
    use crate::catalogue::Coverage;
    use jiff::ToSpan;

    const OAUTH: (&str, &str) = ("coros", "oauth");

    #[test]
    fn requests_are_counted_for_each_access() {
        let dir = tempfile::tempdir().unwrap();
        let mut catalogue = open(&dir);
        let later = |hours: i64| now().checked_add(hours.hours()).unwrap();
        let first = catalogue.begin_file_request(OAUTH, now()).unwrap();
        let second = catalogue.begin_file_request(OAUTH, later(1)).unwrap();
        let third = catalogue.begin_file_request(OAUTH, later(2)).unwrap();
        catalogue.begin_file_request(("coros", "login"), later(1)).unwrap();
        catalogue.end_file_request(first, true).unwrap();
        catalogue.end_file_request(second, false).unwrap();
        catalogue.cancel_file_request(third).unwrap();
        let last = catalogue.begin_file_request(OAUTH, later(3)).unwrap();
        let rows = catalogue.file_requests(OAUTH, now()).unwrap();
        assert_eq!(rows.iter().map(|row| row.gave_file).collect::<Vec<_>>(), [Some(true), Some(false), None]);
        assert_eq!(catalogue.file_requests(OAUTH, later(2)).unwrap().len(), 1);
        assert!(last != third || catalogue.file_requests(OAUTH, later(3)).unwrap().len() == 1);
        catalogue.begin_file_request(OAUTH, later(24 * 8)).unwrap();
        assert_eq!(catalogue.file_requests(OAUTH, now()).unwrap().len(), 1, "old ones are removed");
    }

    #[test]
    fn files_that_are_not_archived_are_outstanding() {
        let dir = tempfile::tempdir().unwrap();
        let mut catalogue = open(&dir);
        list(&mut catalogue, 1..=3, Coverage::default(), false);
        assert_eq!(catalogue.count_outstanding_files("garmin-com").unwrap(), 3);
        assert_eq!(catalogue.count_outstanding_files("coros").unwrap(), 0);
    }
}
