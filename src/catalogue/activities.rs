//! The table of activities. Listings write it.

use std::collections::HashSet;
use std::io::{Read, Write};

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params, params_from_iter, types::Value as Sql};

use super::columns::{Columns, Values, time};
use super::problems::{IS_UNAVAILABLE, clear_download_problem, since};
use super::{Catalogue, Error, FileRow, Result, Unavailable, files};
use crate::activity::{Activity, ActivityKey, ActivityKeyRef, PlatformIds};
use crate::reason::Reason;

/// What one page of a listing changed for one activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// First seen now.
    New,
    /// Known, and a value that we map has changed, or it was missing before.
    Changed,
    /// Known, but only from incomplete or partial listings: older activities may exist that were never listed.
    Unanchored,
    /// Known, nothing changed.
    Same,
}

/// An activity as a listing showed it, with the service's own JSON.
#[derive(Debug, Clone, Copy)]
pub struct ListedRow<'a> {
    /// The activity.
    pub activity: &'a Activity,
    /// The service's own JSON of it.
    pub service_json: &'a str,
}

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

    fn of(since: Timestamp, listings: u32) -> Absence {
        if listings == 1 { Absence::Once(since) } else { Absence::Confirmed(since) }
    }
}

/// An activity, with everything that the catalogue has about it.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityRow {
    /// The activity.
    pub activity: Activity,
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
        match (self.activity.manual, self.no_original) {
            (true, _) => Some(Reason::EnteredByHand),
            (false, true) => Some(Reason::NoFile),
            (false, false) => None,
        }
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
const BATCH: usize = 1000;

/// The columns of an activity `a`, in the order of [`activity`].
const ACTIVITY: &str = "a.platform, a.id, a.name, a.sport, a.sub_sport, a.platform_sport, a.start_time, a.utc_offset_s,
    a.timer_time_s, a.elapsed_time_s, a.distance_m, a.manufacturer, a.device, a.manual";

/// The columns of an activity `a` and its first file `f`, in the order of [`entry`].
fn columns() -> String {
    let same = "p.platform = a.platform AND p.id = a.id";
    let of_files = files::COLUMNS;
    format!(
        "{ACTIVITY}, a.no_original, a.missing_since, a.missing_count, a.first_seen, a.contiguous, a.first_listing,
        (SELECT p.last FROM problems p WHERE {same} AND {IS_UNAVAILABLE}),
        EXISTS (SELECT 1 FROM files m WHERE m.platform = f.platform AND m.id = f.id AND m.part > 0), {of_files}"
    )
}

impl Catalogue {
    /// Stores one page of a listing. The order of the result is that of `page`.
    pub fn upsert_page(&mut self, listing: i64, page: &[ListedRow], now: Timestamp) -> Result<Vec<Change>> {
        let Some(platform) = page.first().map(|row| &row.activity.platform) else { return Ok(Vec::new()) };
        let sql = "SELECT EXISTS (SELECT 1 FROM listings WHERE number = ?1 AND platform = ?2)";
        let changes: Option<Vec<Change>> = self.write(|tx| {
            // The account may have been replaced meanwhile: nothing of the former one is stored again.
            if !tx.prepare_cached(sql)?.query_row(params![listing, platform.as_str()], |row| row.get::<_, bool>(0))? {
                return Ok(None);
            }
            let changes = page.iter().map(|row| upsert(tx, listing, row, now.as_second()));
            changes.collect::<rusqlite::Result<_>>().map(Some)
        })?;
        changes.ok_or(Error::Forgotten)
    }

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
            if exists { Ok(()) } else { insert(tx, None, activity, now.as_second()) }
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
            let sql = "SELECT path, bytes FROM files WHERE platform = ?1 AND id = ?2 AND part > 0 ORDER BY part";
            let mut statement = self.connection.prepare_cached(sql)?;
            let ActivityKeyRef { platform, id } = entry.activity.as_key();
            let rows = statement.query_map([platform, id], |row| Ok((row.get("path")?, row.size("bytes")?)))?;
            entry.more_files = rows.collect::<rusqlite::Result<_>>()?;
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

    /// The service's own JSON of the activities whose JSON changed last, the newest first.
    pub fn newest_service_json(&self, platform: &str, most: u32) -> Result<Vec<String>> {
        let sql = "SELECT json FROM service_json WHERE platform = ?1 ORDER BY seen DESC LIMIT ?2";
        let rows = self.connection.prepare_cached(sql).and_then(|mut statement| {
            statement
                .query_map(params![platform, most], |row| row.get::<_, Vec<u8>>(0))?
                .collect::<rusqlite::Result<Vec<_>>>()
        });
        Ok(self.done(rows)?.iter().filter_map(|json| inflate(json)).collect())
    }
}

/// The statement for one batch.
pub(super) fn select(query: &Query, after: Option<&(i64, ActivityKey)>) -> (String, Vec<Sql>) {
    let mut conditions = vec!["1".to_owned()];
    let mut values: Vec<Sql> = Vec::new();
    let mut among = |columns: &[&str], wanted: &[String], values: &mut Vec<Sql>| {
        if !wanted.is_empty() {
            let marks = vec!["?"; wanted.len()].join(", ");
            let any = columns.iter().map(|column| format!("{column} IN ({marks})")).collect::<Vec<_>>().join(" OR ");
            conditions.push(format!("({any})"));
            for _ in columns {
                values.extend(wanted.iter().cloned().map(Sql::Text));
            }
        }
    };
    // The platform only selects rows if the id is known too: else each batch would sort all of them instead of continuing in
    // the index by time. The plus prevents that.
    let platform = if query.ids.is_empty() { "+a.platform" } else { "a.platform" };
    among(&[platform], &query.platforms, &mut values);
    among(&["a.id"], &query.ids, &mut values);
    among(&["a.sport", "a.sub_sport", "a.platform_sport"], &query.sports, &mut values);
    let numbers = [
        ("a.start_time >= ?", query.since.map(Timestamp::as_second)),
        ("a.start_time < ?", query.until.map(Timestamp::as_second)),
        ("a.first_listing > ?", query.first_listing_after),
    ];
    for (condition, number) in numbers {
        if let Some(number) = number {
            conditions.push(condition.to_owned());
            values.push(Sql::Integer(number));
        }
    }
    if query.listed {
        conditions.push("a.first_listing IS NOT NULL".to_owned());
    }
    if let Some(missing) = query.missing {
        conditions.push(format!("a.missing_count {} 0", if missing { ">" } else { "=" }));
    }
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

fn upsert(tx: &Transaction, listing: i64, row: &ListedRow, now: i64) -> rusqlite::Result<Change> {
    let a = row.activity;
    let columns = columns();
    let sql = format!("SELECT {columns} FROM activities a LEFT JOIN files f ON 0 WHERE a.platform = ?1 AND a.id = ?2");
    let known = tx
        .prepare_cached(&sql)?
        .query_row([a.platform.as_str(), &a.id], |row| entry(row, &mut PlatformIds::default()))
        .optional()?
        .map(|row| row.entry);
    // One access of an account lists activities with their devices, another one does not.
    let known_device = known.as_ref().and_then(|known| known.activity.device.clone()).filter(|_| a.device.is_none());
    let with_device = known_device.map(|device| Activity { device: Some(device), ..a.clone() });
    let a = with_device.as_ref().unwrap_or(a);
    let change = match &known {
        None => Change::New,
        Some(known) if known.activity != *a || known.missing.is_some() => Change::Changed,
        Some(known) if !known.contiguous => Change::Unanchored,
        Some(_) => Change::Same,
    };
    match change {
        Change::New => insert(tx, Some(listing), a, now)?,
        Change::Changed => update(tx, listing, a, now)?,
        Change::Unanchored | Change::Same => {
            tx.prepare_cached(
                "UPDATE activities SET last_seen = ?3, last_listing = max(ifnull(last_listing, 0), ?4),
                    first_listing = ifnull(first_listing, ?4) WHERE platform = ?1 AND id = ?2",
            )?
            .execute(params![a.platform.as_str(), a.id, now, listing])?;
        }
    }
    store_service_json(tx, row, now)?;
    Ok(change)
}

fn store_service_json(tx: &Transaction, row: &ListedRow, now: i64) -> rusqlite::Result<()> {
    let a = row.activity;
    let known: Option<Vec<u8>> = tx
        .prepare_cached("SELECT json FROM service_json WHERE platform = ?1 AND id = ?2")?
        .query_row([a.platform.as_str(), &a.id], |row| row.get(0))
        .optional()?;
    // Nearly always it is the same as before, and unpacking that is quicker than packing this.
    if known.as_deref().and_then(inflate).as_deref() == Some(row.service_json) {
        return Ok(());
    }
    tx.prepare_cached("INSERT OR REPLACE INTO service_json (platform, id, json, seen) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![a.platform.as_str(), a.id, deflate(row.service_json), now])
        .map(drop)
}

fn insert(tx: &Transaction, listing: Option<i64>, a: &Activity, now: i64) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO activities (platform, id, name, sport, sub_sport, platform_sport, start_time, utc_offset_s,
            timer_time_s, elapsed_time_s, distance_m, manufacturer, device, manual, first_seen, last_seen,
            first_listing, last_listing)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15, ?16, ?16)",
    )?
    .execute(params_from_iter(mapped(a, now, listing)))
    .map(drop)
}

fn update(tx: &Transaction, listing: i64, a: &Activity, now: i64) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE activities SET name = ?3, sport = ?4, sub_sport = ?5, platform_sport = ?6, start_time = ?7,
            utc_offset_s = ?8, timer_time_s = ?9, elapsed_time_s = ?10, distance_m = ?11, manufacturer = ?12,
            device = ?13, manual = ?14, last_seen = ?15, last_listing = max(ifnull(last_listing, 0), ?16),
            first_listing = ifnull(first_listing, ?16), missing_since = NULL, missing_count = 0
         WHERE platform = ?1 AND id = ?2",
    )?
    .execute(params_from_iter(mapped(a, now, Some(listing))))
    .map(drop)
}

/// The columns that a listing fills, in the order of [`insert`] and [`update`].
fn mapped(a: &Activity, now: i64, listing: Option<i64>) -> Vec<Sql> {
    let text = |value: &Option<String>| value.clone().map_or(Sql::Null, Sql::Text);
    let real = |value: Option<f64>| value.map_or(Sql::Null, Sql::Real);
    let integer = |value: Option<i64>| value.map_or(Sql::Null, Sql::Integer);
    vec![
        Sql::Text(a.platform.to_string()),
        Sql::Text(a.id.clone()),
        text(&a.name),
        text(&a.sport),
        text(&a.sub_sport),
        text(&a.platform_sport),
        integer(a.start_time.map(Timestamp::as_second)),
        integer(a.utc_offset_s.map(i64::from)),
        real(a.timer_time_s),
        real(a.elapsed_time_s),
        real(a.distance_m),
        text(&a.manufacturer),
        text(&a.device),
        Sql::Integer(i64::from(a.manual)),
        Sql::Integer(now),
        integer(listing),
    ]
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

fn deflate(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(text.as_bytes());
    encoder.finish().unwrap_or_default()
}

fn inflate(blob: &[u8]) -> Option<String> {
    let mut text = String::new();
    flate2::read::DeflateDecoder::new(blob).read_to_string(&mut text).ok()?;
    Some(text)
}
