//! The table of problems: the last problem of a command with an activity, and in how many runs it counted.
//!
//! A file that its platform rejected in several runs is **unavailable**: it is requested once a week, without a message. Not
//! every rejection counts: the caller knows whether the platform provided other files at that time.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Transaction, params};

use super::columns::{Values, known_time};
use super::{Catalogue, Result};
use crate::activity::{ActivityKey, ActivityKeyRef, PlatformIds};
use crate::clock;
use crate::reason::Reason;

/// The number of rejections after which a file is unavailable.
pub const REJECTIONS_UNTIL_UNAVAILABLE: u32 = 3;
/// The number of server errors after which a file is unavailable. Server errors are temporary, so the number is higher:
/// about three days of runs every six hours.
pub const FAILURES_UNTIL_UNAVAILABLE: u32 = 12;
/// The interval between two requests of an unavailable file.
pub const UNAVAILABLE_RETRY_INTERVAL: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Two rejections in one run count once, unless the id of the run is fixed in the settings.
const LONGEST_RUN: SignedDuration = SignedDuration::from_hours(24);

/// The SQL condition that the file of a row `p` of `problems` is unavailable.
pub(super) const IS_UNAVAILABLE: &str = "p.command = 'gs-download' AND p.times >= iif(p.kind = 'retry', 12, 3)";

/// The last problem with an activity.
#[derive(Debug, Clone, PartialEq)]
pub struct ProblemRow {
    /// The reason.
    pub reason: Reason,
    /// When it occurred last.
    pub last: Timestamp,
}

/// An unavailable file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable {
    /// When it was requested last.
    pub asked: Timestamp,
}

impl Unavailable {
    /// When it is requested again; `None`: now. A last time in the future comes from a wrong clock.
    pub fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let next = self.asked.checked_add(UNAVAILABLE_RETRY_INTERVAL).ok()?;
        (clock::is_within(self.asked, now, UNAVAILABLE_RETRY_INTERVAL) && next > now).then_some(next)
    }
}

/// A rejected download.
#[derive(Debug, Clone, Copy)]
pub struct DownloadRejection<'a> {
    /// The activity.
    pub entry: ActivityKeyRef<'a>,
    /// The kind of the problem, as records have it.
    pub kind: &'a str,
    /// The reason.
    pub reason: &'a Reason,
    /// The run in which it counts; `None` if it does not count.
    pub counts_in: Option<&'a str>,
}

/// Counts a rejection in a run. Returns whether it is the first one of the run.
fn count(
    tx: &Transaction,
    ActivityKeyRef { platform, id }: ActivityKeyRef,
    run: &str,
    now: i64,
) -> rusqlite::Result<bool> {
    let day_ago = now - LONGEST_RUN.as_secs();
    let sql = "SELECT EXISTS (SELECT 1 FROM counted_rejections
        WHERE platform = ?1 AND id = ?2 AND run = ?3 AND at BETWEEN ?4 AND ?5)";
    let has_counted: bool =
        tx.prepare_cached(sql)?.query_row(params![platform, id, run, day_ago, now], |row| row.get(0))?;
    if has_counted {
        return Ok(false);
    }
    tx.prepare_cached("INSERT OR REPLACE INTO counted_rejections (platform, id, run, at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![platform, id, run, now])?;
    Ok(true)
}

/// Removes the problem of `gs-download` with an activity: its file is archived, or the service is known to have none.
pub(super) fn clear_download_problem(
    tx: &Transaction,
    ActivityKeyRef { platform, id }: ActivityKeyRef,
) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM counted_rejections WHERE platform = ?1 AND id = ?2")?.execute([platform, id])?;
    tx.prepare_cached("DELETE FROM problems WHERE platform = ?1 AND id = ?2 AND command = 'gs-download'")?
        .execute([platform, id])
        .map(drop)
}

impl Catalogue {
    /// Stores that a platform rejected the download of a file. Returns the number of runs in which
    /// a rejection counted.
    pub fn count_rejection(&mut self, refusal: &DownloadRejection, now: Timestamp) -> Result<u32> {
        let DownloadRejection { entry: ActivityKeyRef { platform, id }, kind, reason, counts_in } = *refusal;
        let now = now.as_second();
        self.write(|tx| {
            let counts = match counts_in {
                Some(run) => count(tx, refusal.entry, run, now)?,
                None => false,
            };
            tx.prepare_cached(
                "INSERT INTO problems (platform, id, command, kind, reason, first, last, times)
                 VALUES (?1, ?2, 'gs-download', ?3, ?4, ?5, ?5, ?6)
                 ON CONFLICT (platform, id, command) DO UPDATE
                    SET kind = ?3, reason = ?4, last = ?5, times = times + ?6",
            )?
            .execute(params![platform, id, kind, reason.to_json(), now, counts])?;
            let sql = "SELECT times FROM problems WHERE platform = ?1 AND id = ?2 AND command = 'gs-download'";
            tx.prepare_cached(sql)?.query_row([platform, id], |row| row.get(0))
        })
    }

    /// Removes the rejections of a run from the counts, because the platform provided no files at all in that run.
    pub fn uncount_rejections(&mut self, platform: &str, ids: &[String], run: &str) -> Result<()> {
        self.write(|tx| {
            let mut forget =
                tx.prepare_cached("DELETE FROM counted_rejections WHERE platform = ?1 AND id = ?2 AND run = ?3")?;
            let mut uncount = tx.prepare_cached(
                "UPDATE problems SET times = max(times - 1, 0)
                 WHERE platform = ?1 AND id = ?2 AND command = 'gs-download'",
            )?;
            ids.iter().try_for_each(|id| match forget.execute([platform, id, run])? {
                0 => Ok(()),
                _ => uncount.execute([platform, id]).map(drop),
            })
        })
    }

    /// Whether the file of an activity is unavailable.
    pub fn unavailable(&self, ActivityKeyRef { platform, id }: ActivityKeyRef) -> Result<Option<Unavailable>> {
        let sql = format!("SELECT p.last FROM problems p WHERE p.platform = ?1 AND p.id = ?2 AND {IS_UNAVAILABLE}");
        let found = self.connection.prepare_cached(&sql);
        let last = found.and_then(|mut statement| statement.query_row([platform, id], |row| row.get(0)).optional());
        Ok(self.done(last)?.map(since))
    }

    /// The activities whose file is unavailable and is not to be requested now.
    pub fn unavailable_files(&self, now: Timestamp) -> Result<HashSet<ActivityKey>> {
        let sql = format!("SELECT p.platform, p.id, p.last FROM problems p WHERE {IS_UNAVAILABLE}");
        let rows = self.connection.prepare_cached(&sql).and_then(|mut statement| {
            let mut names = PlatformIds::default();
            let row = |row: &rusqlite::Row| Ok((row.activity(0, 1, &mut names)?, since(row.get(2)?)));
            statement.query_map([], row)?.collect::<rusqlite::Result<Vec<(ActivityKey, Unavailable)>>>()
        });
        let rows = self.done(rows)?.into_iter();
        Ok(rows.filter(|(_, unavailable)| unavailable.next(now).is_some()).map(|(key, _)| key).collect())
    }

    /// The problems of `command`, by activity.
    pub fn problems(&self, command: &str) -> Result<HashMap<ActivityKey, ProblemRow>> {
        let sql = "SELECT platform, id, reason, last FROM problems WHERE command = ?1";
        let rows = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let mut names = PlatformIds::default();
            let row = |row: &rusqlite::Row| Ok((row.activity("platform", "id", &mut names)?, problem(row)?));
            statement.query_map([command], row)?.collect()
        });
        self.done(rows)
    }

    /// The problem of a command with an activity.
    pub fn problem(
        &self,
        ActivityKeyRef { platform, id }: ActivityKeyRef,
        command: &str,
    ) -> Result<Option<ProblemRow>> {
        let sql = "SELECT reason, last FROM problems WHERE platform = ?1 AND id = ?2 AND command = ?3";
        let found = self.connection.prepare_cached(sql);
        self.done(found.and_then(|mut statement| statement.query_row([platform, id, command], problem).optional()))
    }

    /// With how many activities of a platform a command has had a problem.
    pub fn count_problems(&self, platform: &str, command: &str) -> Result<u64> {
        let sql = "SELECT count(*) FROM problems WHERE platform = ?1 AND command = ?2";
        let count = self.connection.query_row(sql, [platform, command], |row| row.get::<_, i64>(0));
        self.done(count).map(i64::unsigned_abs)
    }
}

fn problem(row: &rusqlite::Row) -> rusqlite::Result<ProblemRow> {
    Ok(ProblemRow { reason: row.known_reason("reason")?, last: row.known_time("last")? })
}

/// An unavailable file, from the column with the time of its last request.
pub(super) fn since(second: i64) -> Unavailable {
    Unavailable { asked: known_time(second) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{now, open};
    use super::*;

    fn refused(catalogue: &mut Catalogue, id: &str, kind: &str, counts_in: Option<&str>, hours: i64) -> u32 {
        let refusal = DownloadRejection {
            entry: ActivityKeyRef::new("garmin-com", id),
            kind,
            reason: &Reason::NotFound { detail: "HTTP 404".into() },
            counts_in,
        };
        catalogue.count_rejection(&refusal, later(hours)).unwrap()
    }

    fn later(hours: i64) -> Timestamp {
        now().checked_add(SignedDuration::from_hours(hours)).unwrap()
    }

    #[test]
    fn three_runs_make_a_file_unavailable_for_a_week_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let mut catalogue = open(&dir);
        let counts: Vec<u32> = [Some("a"), Some("a"), None, Some("b"), Some("b"), None]
            .map(|run| refused(&mut catalogue, "1", "rejected", run, 0))
            .into();
        assert_eq!(counts, [1, 1, 1, 2, 2, 2], "a run counts once, and an uncounted failure changes nothing");
        assert_eq!(catalogue.unavailable(ActivityKeyRef::new("garmin-com", "1")).unwrap(), None);
        assert_eq!(refused(&mut catalogue, "1", "corrupt-file", Some("c"), 1), 3);
        let unavailable = catalogue.unavailable(ActivityKeyRef::new("garmin-com", "1")).unwrap().unwrap();
        assert_eq!(unavailable.next(later(1)), Some(later(169)));
        assert_eq!([unavailable.next(later(169)), unavailable.next(later(500))], [None, None], "it is time");
        assert_eq!(unavailable.next(later(0)), None, "the clock was ahead");
        let asleep = |catalogue: &Catalogue, hours| catalogue.unavailable_files(later(hours)).unwrap().len();
        assert_eq!([asleep(&catalogue, 2), asleep(&catalogue, 170), asleep(&catalogue, 0)], [1, 0, 0]);
        refused(&mut catalogue, "1", "rejected", None, 170);
        assert_eq!(asleep(&catalogue, 171), 1, "after another request the file is suspended for another week");
    }

    #[test]
    fn a_run_with_a_fixed_id_counts_once_a_day() {
        let dir = tempfile::tempdir().unwrap();
        let mut catalogue = open(&dir);
        let counts: Vec<u32> =
            [0, 6, 23, 48, 54, 100].map(|hours| refused(&mut catalogue, "1", "rejected", Some("cron"), hours)).into();
        assert_eq!(counts, [1, 1, 1, 2, 2, 3], "and not once for ever");
    }

    #[test]
    fn server_errors_need_more_runs_than_a_rejection() {
        let dir = tempfile::tempdir().unwrap();
        let mut catalogue = open(&dir);
        for run in 1..=FAILURES_UNTIL_UNAVAILABLE {
            assert_eq!(catalogue.unavailable(ActivityKeyRef::new("garmin-com", "1")).unwrap(), None);
            assert_eq!(refused(&mut catalogue, "1", "retry", Some(&run.to_string()), 0), run);
        }
        assert!(catalogue.unavailable(ActivityKeyRef::new("garmin-com", "1")).unwrap().is_some());
        assert!(IS_UNAVAILABLE.contains(&format!("{FAILURES_UNTIL_UNAVAILABLE}, {REJECTIONS_UNTIL_UNAVAILABLE}")));
    }

    #[test]
    fn rejections_in_an_outage_are_uncounted() {
        let dir = tempfile::tempdir().unwrap();
        let mut catalogue = open(&dir);
        for (run, expected) in [("a", 1), ("b", 2), ("c", 3)] {
            assert_eq!(refused(&mut catalogue, "1", "rejected", Some(run), 0), expected);
        }
        let ids = ["1".to_owned(), "2".to_owned()];
        catalogue.uncount_rejections("garmin-com", &ids, "b").unwrap();
        assert!(
            catalogue.unavailable(ActivityKeyRef::new("garmin-com", "1")).unwrap().is_some(),
            "that was another run"
        );
        for _ in 0..2 {
            catalogue.uncount_rejections("garmin-com", &ids, "c").unwrap();
            assert_eq!(catalogue.unavailable(ActivityKeyRef::new("garmin-com", "1")).unwrap(), None);
        }
        assert_eq!(refused(&mut catalogue, "1", "rejected", Some("c"), 0), 3);
    }
}
