//! Reads all activities for a plan: only the columns that it needs, without a copy of each text.

use jiff::Timestamp;
use rusqlite::{Row, ToSql};

use super::columns::time;
use super::files::identity;
use super::{Absence, ActivityRow, Catalogue, FileFingerprint, Result};
use crate::activity::{ActivityKeyRef, Format, Origin};
use crate::fit::RecordingId;

/// An activity, as a plan needs it.
#[derive(Debug, Clone, Copy)]
pub struct PlanRow<'a> {
    /// The key.
    pub key: ActivityKeyRef<'a>,
    /// FIT `sport`.
    pub sport: Option<&'a str>,
    /// FIT `sub_sport`.
    pub sub_sport: Option<&'a str>,
    /// When it began.
    pub start_time: Option<Timestamp>,
    /// Time with the timer running, in seconds.
    pub timer_time_s: Option<f64>,
    /// Time from start to end, in seconds.
    pub elapsed_time_s: Option<f64>,
    /// The distance in metres.
    pub distance_m: Option<f64>,
    /// The manufacturer of the recording device.
    pub manufacturer: Option<&'a str>,
    /// The recording device.
    pub device: Option<&'a str>,
    /// Entered by hand.
    pub manual: bool,
    /// The service has no file of it.
    pub no_original: bool,
    /// Listings no longer show it.
    pub missing: Option<Absence>,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// Whether a listing has shown it.
    pub is_listed: bool,
    /// Its file in the archive; the first, if it has several.
    pub file: Option<PlanFile<'a>>,
}

/// The file of an activity, as a plan needs it.
#[derive(Debug, Clone, Copy)]
pub struct PlanFile<'a> {
    /// Where it is, below the data folder.
    pub path: &'a str,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its bytes, in lower-case hex.
    pub sha256: &'a str,
    /// Its format.
    pub format: Format,
    /// Its origin.
    pub origin: Origin,
    /// It was found changed or truncated.
    pub corrupt: bool,
    /// The recording, if its device named itself fully.
    pub identity: Option<RecordingId>,
    /// The start of the activity in the file.
    pub start: Option<Timestamp>,
    /// The activity has no other file.
    pub is_only_one: bool,
}

impl<'a> PlanRow<'a> {
    /// A row that was read whole.
    pub fn of(row: &'a ActivityRow, facts: Option<&FileFingerprint>) -> PlanRow<'a> {
        let activity = &row.activity;
        let file = row.file.as_ref().map(|file| PlanFile {
            path: &file.path,
            bytes: file.bytes,
            sha256: &file.sha256,
            format: file.format,
            origin: file.origin,
            corrupt: file.corrupt,
            identity: facts.and_then(|facts| facts.identity),
            start: facts.and_then(|facts| facts.start),
            is_only_one: row.more_files.is_empty(),
        });
        PlanRow {
            key: activity.as_key(),
            sport: activity.sport.as_deref(),
            sub_sport: activity.sub_sport.as_deref(),
            start_time: activity.start_time,
            timer_time_s: activity.timer_time_s,
            elapsed_time_s: activity.elapsed_time_s,
            distance_m: activity.distance_m,
            manufacturer: activity.manufacturer.as_deref(),
            device: activity.device.as_deref(),
            manual: activity.manual,
            no_original: row.no_original,
            missing: row.missing,
            first_seen: row.first_seen,
            is_listed: row.is_listed(),
            file,
        }
    }
}

/// The statement for these platforms, the newest activity first. Its columns are those of [`plan_row`].
pub(super) fn select_plan_rows(platforms: usize) -> String {
    let marks = vec!["?"; platforms].join(", ");
    format!(
        "SELECT a.platform, a.id, a.sport, a.sub_sport, a.start_time, a.timer_time_s, a.elapsed_time_s, a.distance_m,
            a.manufacturer, a.device, a.manual, a.no_original, a.missing_since, a.missing_count, a.first_seen,
            a.first_listing IS NOT NULL, f.path, f.bytes, f.sha256, f.format, f.origin, f.corrupt, f.manufacturer,
            f.product, f.serial_number, f.time_created, f.fit_start,
            f.path IS NOT NULL AND NOT EXISTS (SELECT 1 FROM files m WHERE m.platform = f.platform AND m.id = f.id AND m.part > 0)
         FROM activities a LEFT JOIN files f ON f.platform = a.platform AND f.id = a.id AND f.part = 0
         WHERE +a.platform IN ({marks}) ORDER BY ifnull(a.start_time, -1) DESC, a.platform DESC, a.id DESC"
    )
}

impl Catalogue {
    /// Calls `each` with every activity of these platforms, the newest first. A statement is open meanwhile, so `each` must
    /// neither write nor wait.
    pub fn plan_rows(&self, platforms: &[String], mut each: impl FnMut(&PlanRow)) -> Result<()> {
        let mut read = || {
            let mut statement = self.connection.prepare_cached(&select_plan_rows(platforms.len()))?;
            let names: Vec<&dyn ToSql> = platforms.iter().map(|name| name as &dyn ToSql).collect();
            let mut rows = statement.query(&names[..])?;
            while let Some(row) = rows.next()? {
                each(&plan_row(row)?);
            }
            Ok(())
        };
        self.done(read())
    }
}

fn plan_row<'a>(row: &'a Row) -> rusqlite::Result<PlanRow<'a>> {
    let text = |column: usize| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_str_or_null()?);
    let since = time(row.get(12)?);
    Ok(PlanRow {
        key: ActivityKeyRef::new(row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?),
        sport: text(2)?,
        sub_sport: text(3)?,
        start_time: time(row.get(4)?),
        timer_time_s: row.get(5)?,
        elapsed_time_s: row.get(6)?,
        distance_m: row.get(7)?,
        manufacturer: text(8)?,
        device: text(9)?,
        manual: row.get(10)?,
        no_original: row.get(11)?,
        missing: since.zip(Some(row.get(13)?)).map(|(since, listings)| Absence::of(since, listings)),
        first_seen: time(row.get(14)?).unwrap_or(Timestamp::UNIX_EPOCH),
        is_listed: row.get(15)?,
        file: text(16)?.map(|path| plan_file(row, path)).transpose()?,
    })
}

fn plan_file<'a>(row: &'a Row, path: &'a str) -> rusqlite::Result<PlanFile<'a>> {
    Ok(PlanFile {
        path,
        bytes: row.get::<_, i64>(17)?.unsigned_abs(),
        sha256: row.get_ref(18)?.as_str()?,
        format: row.get(19)?,
        origin: row.get(20)?,
        corrupt: row.get(21)?,
        identity: identity([row.get(22)?, row.get(23)?, row.get(24)?, row.get(25)?]),
        start: time(row.get(26)?),
        is_only_one: row.get(27)?,
    })
}
