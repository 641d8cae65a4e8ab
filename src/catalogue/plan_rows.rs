//! Reads all activities for a plan: only the columns that it needs, without a copy of each text.

use jiff::Timestamp;
use rusqlite::{Row, ToSql};

use super::columns::Values;
use super::files::identity;
use super::{Absence, ActivityRow, Catalogue, FileFingerprint, FingerprintRef, Result};
use crate::activity::{ActivityRef, Format, Origin};

/// An activity, as a plan needs it.
#[derive(Debug, Clone, Copy)]
pub struct PlanRow<'a> {
    /// The activity.
    pub activity: ActivityRef<'a>,
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
    /// Its format.
    pub format: Format,
    /// It was found changed or truncated.
    pub corrupt: bool,
    /// The activity has no other file.
    pub is_only_one: bool,
    /// What identifies it.
    pub facts: FingerprintRef<'a>,
}

impl<'a> PlanRow<'a> {
    /// A row that was read whole.
    pub fn of(row: &'a ActivityRow, facts: Option<&FileFingerprint>) -> PlanRow<'a> {
        let file = row.file.as_ref().map(|file| PlanFile {
            path: &file.path,
            format: file.format,
            corrupt: file.corrupt,
            is_only_one: row.more_files.is_empty(),
            facts: FingerprintRef {
                sha256: &file.sha256,
                bytes: file.bytes,
                identity: facts.and_then(|facts| facts.identity),
                start: facts.and_then(|facts| facts.start),
                is_converted: file.origin == Origin::Converted,
            },
        });
        PlanRow {
            activity: (&row.activity).into(),
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
            a.first_listing IS NOT NULL, f.path, f.bytes, f.sha256, f.format, f.origin = 'converted', f.corrupt, f.manufacturer,
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
    let since = row.time(12)?;
    Ok(PlanRow {
        activity: ActivityRef {
            platform: row.text(0)?,
            id: row.text(1)?,
            sport: row.optional_text(2)?,
            sub_sport: row.optional_text(3)?,
            start_time: row.time(4)?,
            timer_time_s: row.get(5)?,
            elapsed_time_s: row.get(6)?,
            distance_m: row.get(7)?,
            manufacturer: row.optional_text(8)?,
            device: row.optional_text(9)?,
            manual: row.get(10)?,
        },
        no_original: row.get(11)?,
        missing: since.zip(Some(row.get(13)?)).map(|(since, listings)| Absence::of(since, listings)),
        first_seen: row.known_time(14)?,
        is_listed: row.get(15)?,
        file: row.optional_text(16)?.map(|path| plan_file(row, path)).transpose()?,
    })
}

fn plan_file<'a>(row: &'a Row, path: &'a str) -> rusqlite::Result<PlanFile<'a>> {
    Ok(PlanFile {
        path,
        format: row.get(19)?,
        corrupt: row.get(21)?,
        is_only_one: row.get(27)?,
        facts: FingerprintRef {
            sha256: row.text(18)?,
            bytes: row.size(17)?,
            identity: identity([row.get(22)?, row.get(23)?, row.get(24)?, row.get(25)?]),
            start: row.time(26)?,
            is_converted: row.get(20)?,
        },
    })
}
