//! The table of activities. Listings write it.

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params_from_iter, types::Value as Sql};

use super::columns::{Columns, time};
use super::listed_rows::insert_unlisted;
use super::problems::{IS_UNAVAILABLE, clear_download_problem, since};
use super::{Catalogue, FileRow, Result, Unavailable, files};
use crate::activity::{Activity, ActivityKey, ActivityKeyRef, Numbers, NumbersSource, PlatformIds};
use crate::reason::Reason;

/// An activity that listings should show and do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// One listing did not show it: the next one must confirm that it was deleted.
    Once(Timestamp),
    /// Two or more did not show it.
    Confirmed(Timestamp),
}

impl Absence {
    /// When the first listing began that did not show it.
    pub fn since(self) -> Timestamp {
        match self {
            Absence::Once(since) | Absence::Confirmed(since) => since,
        }
    }

    /// Whether two listings confirm that the activity was deleted.
    pub fn is_confirmed(self) -> bool {
        matches!(self, Absence::Confirmed(_))
    }

    /// `listings`: how many listings in a row did not show it.
    pub(super) fn of(since: Timestamp, listings: u32) -> Absence {
        if listings == 1 { Absence::Once(since) } else { Absence::Confirmed(since) }
    }
}

/// An activity, with everything that the catalogue has about it.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityRow {
    /// The activity.
    pub activity: Activity,
    /// Its numbers, from its files or its service.
    pub numbers: Numbers,
    /// The service has no file of it.
    pub no_original: bool,
    /// Listings no longer show it.
    pub missing: Option<Absence>,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// A listing without a gap below it showed it.
    pub contiguous: bool,
    /// The listing that showed it first. `None`: it is only known from a record or an imported file, and it is not
    /// known whether the platform has it.
    pub first_listing: Option<i64>,
    /// Its file in the archive (the first, if there are several).
    pub file: Option<FileRow>,
    /// Path and size of its other files, which are rare.
    pub more_files: Vec<(String, u64)>,
    /// Its file is unavailable: it is requested once a week.
    pub unavailable: Option<Unavailable>,
}

impl ActivityRow {
    /// Whether a listing has shown it.
    pub fn is_listed(&self) -> bool {
        self.first_listing.is_some()
    }

    /// Why its platform has no file of it: it was entered by hand, or the service says so. `None`: it may have one.
    pub fn no_file_reason(&self) -> Option<Reason> {
        no_file_reason(self.activity.manual, self.no_original)
    }
}

/// Why a platform has no file of an activity that was entered by hand, or of which the service says so.
pub fn no_file_reason(manual: bool, no_original: bool) -> Option<Reason> {
    match (manual, no_original) {
        (true, _) => Some(Reason::EnteredByHand),
        (false, true) => Some(Reason::NoFile),
        (false, false) => None,
    }
}

/// A query for activities; the default selects all.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Only these platforms; all if empty.
    pub platforms: Vec<String>,
    /// Only these FIT sports or platform types; all if empty.
    pub sports: Vec<String>,
    /// Started at this time or later.
    pub since: Option<Timestamp>,
    /// Started before this time.
    pub until: Option<Timestamp>,
    /// Only these ids; all if empty.
    pub ids: Vec<String>,
    /// `Some(true)`: only those that listings no longer show; `Some(false)`: only the others.
    pub missing: Option<bool>,
    /// Only those that a listing has shown.
    pub listed: bool,
    /// Only those that a listing after this one showed first.
    pub first_listing_after: Option<i64>,
}

/// Rows read at a time. No statement is open while they are printed.
pub(super) const BATCH: usize = 1000;

/// The platforms that have activities: one look into the table for each, as its key begins with the platform.
pub(super) const PLATFORMS: &str = "WITH RECURSIVE of (name) AS (SELECT min(platform) FROM activities
    UNION ALL SELECT (SELECT min(platform) FROM activities WHERE platform > of.name) FROM of WHERE of.name IS NOT NULL)
    SELECT name FROM of WHERE name IS NOT NULL";

/// The columns of an activity `a`, in the order of [`activity`].
const ACTIVITY: &str = "a.platform, a.id, a.name, a.sport, a.sub_sport, a.platform_sport, a.start_time, a.utc_offset_s,
    a.timer_time_s, a.elapsed_time_s, a.distance_m, a.manufacturer, a.device, a.manual";

/// The numbers of an activity `a`, in the order of [`numbers`].
const NUMBERS: &str = "a.avg_heart_rate_bpm, a.max_heart_rate_bpm, a.avg_power_w, a.ascent_m, a.calories_kcal,
    a.avg_speed_mps, a.numbers_from";

/// The columns of an activity `a` and its first file `f`, in the order of [`entry`].
fn columns() -> String {
    let same = "p.platform = a.platform AND p.id = a.id";
    let of_files = files::COLUMNS;
    format!(
        "{ACTIVITY}, {NUMBERS}, a.no_original, a.missing_since, a.missing_count, a.first_seen, a.contiguous, a.first_listing,
        (SELECT p.last FROM problems p WHERE {same} AND {IS_UNAVAILABLE}),
        EXISTS (SELECT 1 FROM files m WHERE m.platform = f.platform AND m.id = f.id AND m.part > 0), {of_files}"
    )
}

impl Catalogue {
    /// Whether a listing of a platform ever showed an activity. An import says nothing about an account.
    pub fn has_listed(&self, platform: &str) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM activities WHERE platform = ?1 AND first_listing IS NOT NULL)";
        self.done(self.connection.query_row(sql, [platform], |row| row.get(0)))
    }

    /// Inserts a row for the activity of a record, unless it has one: a file needs it. The values of a listing stay.
    pub fn insert_if_absent(&mut self, activity: &Activity, now: Timestamp) -> Result<()> {
        if self.entry(activity.as_key())?.is_some() {
            return Ok(());
        }
        self.write(|tx| {
            // Checked again inside the transaction: a listing may have inserted it meanwhile.
            let sql = "SELECT EXISTS (SELECT 1 FROM activities WHERE platform = ?1 AND id = ?2)";
            let exists =
                tx.prepare_cached(sql)?.query_row([activity.platform.as_str(), &activity.id], |row| row.get(0))?;
            if exists { Ok(()) } else { insert_unlisted(tx, activity, now) }
        })
    }

    /// Stores that the service has no file of it.
    pub fn set_no_original(&mut self, key: ActivityKeyRef) -> Result<()> {
        self.write(|tx| {
            tx.prepare_cached("UPDATE activities SET no_original = 1 WHERE platform = ?1 AND id = ?2")?
                .execute([key.platform, key.id])?;
            clear_download_problem(tx, key)
        })
    }

    /// The ids of all activities of a platform, whether listings still show them or not.
    pub fn ids(&self, platform: &str) -> Result<HashSet<String>> {
        let rows = self.connection.prepare_cached("SELECT id FROM activities WHERE platform = ?1");
        self.done(rows.and_then(|mut statement| statement.query_map([platform], |row| row.get(0))?.collect()))
    }

    /// The row of one activity.
    pub fn entry(&self, ActivityKeyRef { platform, id }: ActivityKeyRef) -> Result<Option<ActivityRow>> {
        let columns = columns();
        let sql = format!(
            "SELECT {columns} FROM activities a LEFT JOIN files f ON f.platform = a.platform AND f.id = a.id AND f.part = 0
             WHERE a.platform = ?1 AND a.id = ?2"
        );
        // Its further files are read by a statement of their own.
        self.snapshot(|_| {
            let found = self.connection.prepare_cached(&sql);
            self.done(found.and_then(|mut statement| {
                let found = statement.query_row([platform, id], |row| entry(row, &mut PlatformIds::default()));
                found.optional()?.map(|found| self.with_more_files(found)).transpose()
            }))
        })
    }

    /// Reads the further files of an activity, if it has any.
    fn with_more_files(&self, found: FoundRow) -> rusqlite::Result<ActivityRow> {
        let FoundRow { mut entry, has_more_files } = found;
        if has_more_files {
            entry.more_files = self.read_more_files(entry.activity.as_key())?;
        }
        Ok(entry)
    }

    /// Calls `each` with every activity that `query` selects, newest first. Read in batches; nothing is open while
    /// `each` runs.
    pub fn entries<E: From<super::Error>>(
        &self,
        query: &Query,
        mut each: impl FnMut(ActivityRow) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let mut after: Option<(i64, ActivityKey)> = None;
        loop {
            let batch = self.batch(query, after.as_ref())?;
            let full = batch.len() == BATCH;
            if let Some(last) = batch.last() {
                let start = last.activity.start_time.map_or(-1, Timestamp::as_second);
                after = Some((start, last.activity.key()));
            }
            for entry in batch {
                each(entry)?;
            }
            if !full {
                return Ok(());
            }
        }
    }

    fn batch(&self, query: &Query, after: Option<&(i64, ActivityKey)>) -> Result<Vec<ActivityRow>> {
        let (sql, values) = select(query, after);
        self.snapshot(|_| {
            let rows = self.connection.prepare_cached(&sql).and_then(|mut statement| {
                let mut names = PlatformIds::default();
                let rows = statement.query_map(params_from_iter(values), |row| entry(row, &mut names))?;
                rows.map(|row| self.with_more_files(row?)).collect::<rusqlite::Result<Vec<_>>>()
            });
            self.done(rows)
        })
    }

    /// The starts of the activities that listings have shown on a platform and still show, sorted. Activities that are only
    /// known from an import or the archive are excluded: no listing has to show them.
    pub fn listed_starts(&self, platform: &str) -> Result<Vec<Timestamp>> {
        let sql =
            "SELECT start_time FROM activities WHERE platform = ?1 AND start_time IS NOT NULL AND missing_count = 0
            AND first_listing IS NOT NULL ORDER BY start_time";
        let rows = self.connection.prepare_cached(sql).and_then(|mut statement| {
            statement.query_map([platform], |row| row.get::<_, i64>(0))?.collect::<rusqlite::Result<Vec<_>>>()
        });
        Ok(self.done(rows)?.into_iter().filter_map(|seconds| time(Some(seconds))).collect())
    }
}

/// The conditions of a query on an activity `a`, and their values. `platform`: the column of the platform.
pub(super) fn conditions(query: &Query, platform: &str) -> (Vec<String>, Vec<Sql>) {
    let mut conditions = vec!["1".to_owned()];
    let mut values: Vec<Sql> = Vec::new();
    let among: [(&[&str], &[String]); 3] = [
        (&[platform], &query.platforms),
        (&["a.id"], &query.ids),
        (&["a.sport", "a.sub_sport", "a.platform_sport"], &query.sports),
    ];
    for (columns, wanted) in among.into_iter().filter(|(_, wanted)| !wanted.is_empty()) {
        let marks = vec!["?"; wanted.len()].join(", ");
        let any = columns.iter().map(|column| format!("{column} IN ({marks})")).collect::<Vec<_>>().join(" OR ");
        conditions.push(format!("({any})"));
        columns.iter().for_each(|_| values.extend(wanted.iter().cloned().map(Sql::Text)));
    }
    if !query.ids.is_empty() && query.platforms.is_empty() {
        conditions.push(format!("a.platform IN ({PLATFORMS})"));
    }
    let numbers = [
        // The first half of each lets the planner start in the index by time; an unknown start is in no period.
        ("ifnull(a.start_time, -1) >= ?1 AND a.start_time >= ?1", query.since.map(Timestamp::as_second)),
        ("ifnull(a.start_time, -1) < ?1 AND a.start_time < ?1", query.until.map(Timestamp::as_second)),
        ("a.first_listing > ?1", query.first_listing_after),
    ];
    for (condition, number) in numbers.into_iter().filter_map(|(condition, number)| Some((condition, number?))) {
        values.push(Sql::Integer(number));
        conditions.push(condition.replace("?1", &format!("?{}", values.len())));
    }
    if query.listed {
        conditions.push("a.first_listing IS NOT NULL".to_owned());
    }
    if let Some(missing) = query.missing {
        conditions.push(format!("a.missing_count {} 0", if missing { ">" } else { "=" }));
    }
    (conditions, values)
}

/// The statement for one batch.
pub(super) fn select(query: &Query, after: Option<&(i64, ActivityKey)>) -> (String, Vec<Sql>) {
    // The platform only selects rows if the id is known too: else each batch would sort all of them instead of continuing in
    // the index by time. The plus prevents that.
    let (mut conditions, mut values) =
        conditions(query, if query.ids.is_empty() { "+a.platform" } else { "a.platform" });
    if let Some((start, ActivityKey { platform, id })) = after {
        // The first half lets the planner start in the index; the second half alone is only a filter.
        conditions.push(
            "ifnull(a.start_time, -1) <= ? AND (ifnull(a.start_time, -1), a.platform, a.id) < (?, ?, ?)".to_owned(),
        );
        values.extend([
            Sql::Integer(*start),
            Sql::Integer(*start),
            Sql::Text(platform.to_string()),
            Sql::Text(id.clone()),
        ]);
    }
    let columns = columns();
    let sql = format!(
        "SELECT {columns} FROM activities a LEFT JOIN files f ON f.platform = a.platform AND f.id = a.id AND f.part = 0
         WHERE {} ORDER BY ifnull(a.start_time, -1) DESC, a.platform DESC, a.id DESC LIMIT {BATCH}",
        conditions.join(" AND ")
    );
    (sql, values)
}

/// Reads the columns of [`ACTIVITY`]; `names` are the platform names of the rows before it.
fn activity(columns: &mut Columns, names: &mut PlatformIds) -> rusqlite::Result<Activity> {
    let ActivityKey { platform, id } = columns.activity(names)?;
    Ok(Activity {
        platform,
        id,
        name: columns.next()?,
        sport: columns.next()?,
        sub_sport: columns.next()?,
        platform_sport: columns.next()?,
        start_time: columns.time()?,
        utc_offset_s: columns.next()?,
        timer_time_s: columns.next()?,
        elapsed_time_s: columns.next()?,
        distance_m: columns.next()?,
        manufacturer: columns.next()?,
        device: columns.next()?,
        manual: columns.next()?,
    })
}

/// Reads the columns of [`NUMBERS`].
fn numbers(columns: &mut Columns) -> rusqlite::Result<Numbers> {
    Ok(Numbers {
        avg_heart_rate_bpm: columns.next()?,
        max_heart_rate_bpm: columns.next()?,
        avg_power_w: columns.next()?,
        ascent_m: columns.next()?,
        calories_kcal: columns.next()?,
        avg_speed_mps: columns.next()?,
        numbers_from: columns.next::<Option<String>>()?.and_then(|name| NumbersSource::from_name(&name)),
    })
}

/// An activity without its further files, and whether it has any.
struct FoundRow {
    entry: ActivityRow,
    has_more_files: bool,
}

/// Reads the [`columns`] of a row; `names` are the platform names of the rows before it.
fn entry(row: &Row, names: &mut PlatformIds) -> rusqlite::Result<FoundRow> {
    let mut columns = Columns::of(row);
    let mut entry = ActivityRow {
        activity: activity(&mut columns, names)?,
        numbers: numbers(&mut columns)?,
        no_original: columns.next()?,
        missing: columns.time()?.zip(Some(columns.next()?)).map(|(since, listings)| Absence::of(since, listings)),
        first_seen: columns.known_time()?,
        contiguous: columns.next()?,
        first_listing: columns.next()?,
        unavailable: columns.next::<Option<i64>>()?.map(since),
        file: None,
        more_files: Vec::new(),
    };
    let has_more_files = columns.next()?;
    entry.file = files::row(&mut columns)?;
    Ok(FoundRow { entry, has_more_files })
}
