//! The comparisons of files that were recorded at the same time.

use rusqlite::{Row, ToSql, params};

use super::columns::Values;
use super::contents::UnreadFile;
use super::{Catalogue, Result};
use crate::streams::{Agreement, StreamComparison};

/// The version of the comparison: a higher one compares all files again.
const COMPARER: i64 = 1;
/// How many other files of the same time one is compared with.
const OTHERS: u32 = 16;
/// A session that began earlier than this before another one is not compared with it, in seconds.
const LONGEST_SESSION_S: i64 = 48 * 3600;

/// The columns of a comparison, in the order in which they are stored and read.
const COLUMNS: &str = "common_s, longer_s, common_share, position_samples, position_changes, position_same_changes,
    position_difference, speed_samples, speed_changes, speed_same_changes, speed_difference, speed_correlation,
    heart_rate_samples, heart_rate_changes, heart_rate_same_changes, heart_rate_difference, heart_rate_correlation";

/// The comparison of two files, by their SHA-256 in lower-case hex.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedPair {
    /// One file.
    pub sha256: String,
    /// The other one.
    pub other_sha256: String,
    /// What they have in common.
    pub comparison: StreamComparison,
}

impl Catalogue {
    /// Up to `most` files that this version has not compared with all others of the same time.
    pub fn uncompared_files(&self, most: u32) -> Result<Vec<UnreadFile>> {
        self.files_by(UNCOMPARED, params![COMPARER, most])
    }

    /// The other files that were recorded at the time of this one, as far as their contents are known and this version has not
    /// compared them with it: the few that began nearest to it.
    pub fn files_to_compare(&self, sha256: &str) -> Result<Vec<UnreadFile>> {
        self.files_by(SAME_TIME, params![sha256, LONGEST_SESSION_S, OTHERS, COMPARER])
    }

    fn files_by(&self, sql: &str, values: &[&dyn ToSql]) -> Result<Vec<UnreadFile>> {
        let read = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let file = |row: &Row| Ok(UnreadFile { sha256: row.get(0)?, path: row.get(1)? });
            statement.query_map(values, file)?.collect()
        });
        self.done(read)
    }

    /// Stores comparisons, and that these files were compared with all others of the same time.
    pub fn store_comparisons(&mut self, compared: &[String], pairs: &[ComparedPair]) -> Result<()> {
        self.write(|tx| {
            let sql = format!(
                "INSERT OR REPLACE INTO file_comparisons (sha256, other_sha256, {COLUMNS})
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)"
            );
            let mut insert = tx.prepare_cached(&sql)?;
            for ComparedPair { sha256, other_sha256, comparison: c } in pairs {
                let (position, speed, heart_rate) = (c.position, c.speed, c.heart_rate);
                insert.execute(params![
                    sha256.min(other_sha256),
                    sha256.max(other_sha256),
                    c.common_s,
                    c.longer_s,
                    c.common_share,
                    position.samples,
                    position.changes,
                    position.same_changes,
                    position.difference,
                    speed.samples,
                    speed.changes,
                    speed.same_changes,
                    speed.difference,
                    speed.correlation,
                    heart_rate.samples,
                    heart_rate.changes,
                    heart_rate.same_changes,
                    heart_rate.difference,
                    heart_rate.correlation,
                ])?;
            }
            let mut mark =
                tx.prepare_cached("INSERT OR REPLACE INTO compared_files (sha256, comparer) VALUES (?1, ?2)")?;
            compared.iter().try_for_each(|sha256| mark.execute(params![sha256, COMPARER]).map(drop))
        })
    }

    /// Calls `each` with all comparisons of files, by their SHA-256 in lower-case hex.
    pub fn file_comparisons(&self, mut each: impl FnMut(&str, &str, StreamComparison)) -> Result<()> {
        let mut read = || {
            let sql = format!("SELECT {COLUMNS}, sha256, other_sha256 FROM file_comparisons");
            let mut statement = self.connection.prepare_cached(&sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                each(row.text(17)?, row.text(18)?, comparison(row)?);
            }
            Ok(())
        };
        self.done(read())
    }
}

/// The files that this version has not compared, one path of those with the same bytes.
const UNCOMPARED: &str = "SELECT c.sha256, (SELECT min(f.path) FROM files f WHERE f.sha256 = c.sha256) AS path
    FROM file_contents c
    WHERE c.reason IS NULL AND path IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM compared_files d WHERE d.sha256 = c.sha256 AND d.comparer >= ?1)
    ORDER BY c.sha256 LIMIT ?2";

/// The other files with a session at the time of one in this file. Those that began nearest come first.
const SAME_TIME: &str = "SELECT other.sha256, (SELECT min(f.path) FROM files f WHERE f.sha256 = other.sha256) AS path
    FROM sessions mine JOIN sessions other
        ON other.start_time BETWEEN mine.start_time - ?2 AND coalesce(mine.end_time, mine.start_time)
    WHERE mine.sha256 = ?1 AND other.sha256 <> ?1 AND path IS NOT NULL
        AND coalesce(other.end_time, other.start_time) >= mine.start_time
        AND NOT EXISTS (
            SELECT 1 FROM file_comparisons p JOIN compared_files d ON d.sha256 = other.sha256 AND d.comparer >= ?4
            WHERE p.sha256 = min(?1, other.sha256) AND p.other_sha256 = max(?1, other.sha256)
        )
    GROUP BY other.sha256 ORDER BY min(abs(other.start_time - mine.start_time)), other.sha256 LIMIT ?3";

fn comparison(row: &Row) -> rusqlite::Result<StreamComparison> {
    let agreement = |first: usize, correlation: Option<f64>| {
        Ok::<_, rusqlite::Error>(Agreement {
            samples: row.get(first)?,
            changes: row.get(first + 1)?,
            same_changes: row.get(first + 2)?,
            difference: row.get(first + 3)?,
            correlation,
        })
    };
    Ok(StreamComparison {
        common_s: row.get(0)?,
        longer_s: row.get(1)?,
        common_share: row.get(2)?,
        position: agreement(3, None)?,
        speed: agreement(7, row.get(11)?)?,
        heart_rate: agreement(12, row.get(16)?)?,
    })
}
