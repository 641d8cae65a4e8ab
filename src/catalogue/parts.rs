//! Reads a long history in parts: which activities must be read together although they started far apart, and the uploads
//! that concern some activities.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use rusqlite::{OptionalExtension, Row, params};

use super::columns::Values;
use super::{Catalogue, Result, UploadRow, uploads};
use crate::activity::{ActivityKey, ActivityKeyRef, PlatformIds};

/// Which activities concern others although they start far apart.
#[derive(Debug, Clone, Copy)]
pub struct ScatterLimits {
    /// How many seconds are far.
    pub far_s: i64,
    /// The highest speed of a person: a distance gives the shortest possible duration.
    pub fastest_m_per_s: f64,
    /// How many activities that start during a very long one concern it: at least as many as are compared with it.
    pub during: usize,
}

/// What a row of the journal of uploads refers to.
#[derive(Debug, Clone, Copy)]
pub struct UploadKeys<'a> {
    /// Its number.
    pub number: i64,
    /// The activity whose file it is.
    pub from: ActivityKeyRef<'a>,
    /// The platform it went to.
    pub to: &'a str,
    /// The id of the new activity on the target.
    pub to_id: Option<&'a str>,
    /// SHA-256 of the file.
    pub sha256: &'a str,
}

/// Activities that matched before and start further apart than the parameter, in seconds, or have no start.
pub(super) const FAR_GROUPS: &str = "SELECT platform, id FROM activity_groups WHERE group_number IN (
    SELECT group_number FROM activity_groups CROSS JOIN activities a USING (platform, id) GROUP BY group_number
    HAVING count(*) > count(a.start_time) OR max(a.start_time) - min(a.start_time) > ?1)";

/// Uploads whose two activities start further apart than the parameter, in seconds, or have no start.
pub(super) const FAR_UPLOADS: &str = "SELECT u.from_platform, u.from_id, u.to_platform, u.to_id FROM uploads u
    CROSS JOIN activities s ON s.platform = u.from_platform AND s.id = u.from_id
    CROSS JOIN activities t ON t.platform = u.to_platform AND t.id = u.to_id
    WHERE ifnull(abs(s.start_time - t.start_time) > ?1, 1)";

/// The start and the longest known duration of activities that are longer than the first parameter, in seconds. The second
/// one is the highest speed, in metres per second.
pub(super) const LONG: &str = "SELECT start_time, max(ifnull(timer_time_s, 0), ifnull(elapsed_time_s, 0),
    ifnull(distance_m, 0) / ?2) AS span FROM activities WHERE start_time IS NOT NULL AND span > ?1";

/// The activities that start in a period: the first ones.
pub(super) const DURING_A_PERIOD: &str = "SELECT platform, id FROM activities
    WHERE ifnull(start_time, -1) BETWEEN ?1 AND ?2 AND start_time IS NOT NULL
        AND coalesce(timer_time_s, elapsed_time_s, distance_m) IS NOT NULL
    ORDER BY ifnull(start_time, -1), platform LIMIT ?3";

/// The columns of a file that identify its recording, in the order of [`Recording::of`].
const RECORDING: &str =
    "a.platform, a.id, a.start_time, f.sha256, f.manufacturer, f.product, f.serial_number, f.time_created";

/// The files of activities that are compared with others of any start: those without a start, and deleted ones.
pub(super) fn of_any_start() -> String {
    format!(
        "SELECT {RECORDING} FROM activities a JOIN files f ON f.platform = a.platform AND f.id = a.id AND f.part = 0
         WHERE a.start_time IS NULL OR a.missing_count > 0"
    )
}

/// The first files of all activities.
pub(super) fn first_files() -> String {
    format!(
        "SELECT {RECORDING} FROM files f JOIN activities a ON a.platform = f.platform AND a.id = f.id WHERE f.part = 0"
    )
}

/// The number of the group of an activity.
pub(super) const GROUP_NUMBER: &str = "SELECT group_number FROM activity_groups WHERE platform = ?1 AND id = ?2";
/// What the rows of the journal refer to.
pub(super) const UPLOAD_KEYS: &str = "SELECT number, from_platform, from_id, to_platform, to_id, sha256 FROM uploads
    WHERE outcome IS NOT 'failed'";
/// A row of the journal.
pub(super) const UPLOAD: &str = "SELECT * FROM uploads WHERE number = ?1";
/// Whether there are more activities than the parameter.
pub(super) const MORE_THAN: &str = "SELECT EXISTS (SELECT 1 FROM activities LIMIT 1 OFFSET ?1)";

/// A recording in the archive, and the activity that it belongs to.
struct Recording {
    key: ActivityKey,
    start: Option<i64>,
    sha256: String,
    /// The four fields of FIT `file_id`.
    identity: Option<[i64; 4]>,
}

impl Recording {
    fn of(row: &Row, names: &mut PlatformIds) -> rusqlite::Result<Recording> {
        let identity: [Option<i64>; 4] = [row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?];
        Ok(Recording {
            key: row.activity(0, 1, names)?,
            start: row.get(2)?,
            sha256: row.get(3)?,
            identity: identity.into_iter().collect::<Option<Vec<i64>>>().and_then(|fields| fields.try_into().ok()),
        })
    }
}

/// Recordings by something that they share.
type Sharers<K> = HashMap<K, Vec<(ActivityKey, Option<i64>)>>;

impl Catalogue {
    /// Whether there are more than `count` activities.
    pub fn has_more_activities_than(&self, count: usize) -> Result<bool> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.done(self.connection.query_row(MORE_THAN, [count], |row| row.get(0)))
    }

    /// The number of the group of an activity that was matched with others.
    pub fn group_number(&self, ActivityKeyRef { platform, id }: ActivityKeyRef) -> Result<Option<i64>> {
        let found = self.connection.prepare_cached(GROUP_NUMBER);
        self.done(found.and_then(|mut statement| statement.query_row([platform, id], |row| row.get(0)).optional()))
    }

    /// Calls `each` with what every row of the journal of uploads refers to, except failed ones.
    pub fn upload_keys(&self, mut each: impl FnMut(UploadKeys)) -> Result<()> {
        let mut read = || {
            let mut statement = self.connection.prepare_cached(UPLOAD_KEYS)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                each(UploadKeys {
                    number: row.get(0)?,
                    from: ActivityKeyRef::new(row.text(1)?, row.text(2)?),
                    to: row.text(3)?,
                    to_id: row.optional_text(4)?,
                    sha256: row.text(5)?,
                });
            }
            Ok(())
        };
        self.done(read())
    }

    /// The rows of the journal of uploads with these numbers.
    pub fn uploads_numbered(&self, numbers: &[i64]) -> Result<Vec<UploadRow>> {
        let rows = self.connection.prepare_cached(UPLOAD).and_then(|mut statement| {
            let mut names = PlatformIds::default();
            let rows = numbers.iter().map(|number| statement.query_row([number], |row| uploads::row(row, &mut names)));
            rows.collect()
        });
        self.done(rows)
    }

    /// The activities that concern others although they start far apart: they matched before, one was uploaded from the
    /// other, they have the same file, or one lasts that long.
    pub fn scattered(&self, limits: ScatterLimits) -> Result<HashSet<ActivityKey>> {
        let mut scattered = HashSet::new();
        self.done(self.add_linked(limits.far_s, &mut scattered))?;
        self.done(self.add_long(limits, &mut scattered))?;
        self.done(self.add_of_one_file(limits.far_s, &mut scattered))?;
        Ok(scattered)
    }

    fn add_linked(&self, far_s: i64, scattered: &mut HashSet<ActivityKey>) -> rusqlite::Result<()> {
        let mut names = PlatformIds::default();
        let mut groups = self.connection.prepare(FAR_GROUPS)?;
        for key in groups.query_map([far_s], |row| row.activity(0, 1, &mut names))? {
            scattered.insert(key?);
        }
        let mut uploads = self.connection.prepare(FAR_UPLOADS)?;
        let pair = |row: &Row| Ok([row.activity(0, 1, &mut names)?, row.activity(2, 3, &mut names)?]);
        for pair in uploads.query_map([far_s], pair)? {
            scattered.extend(pair?);
        }
        Ok(())
    }

    fn add_long(&self, limits: ScatterLimits, scattered: &mut HashSet<ActivityKey>) -> rusqlite::Result<()> {
        let mut names = PlatformIds::default();
        let mut long = self.connection.prepare(LONG)?;
        let mut during = self.connection.prepare(DURING_A_PERIOD)?;
        let of_limits = params![limits.far_s, limits.fastest_m_per_s];
        let most = i64::try_from(limits.during).unwrap_or(i64::MAX);
        for period in long.query_map(of_limits, |row| Ok((row.get::<_, i64>(0)?, row.get::<_, f64>(1)?)))? {
            let (start, span) = period?;
            let end = start.saturating_add(span as i64);
            for key in during.query_map(params![start, end, most], |row| row.activity(0, 1, &mut names))? {
                scattered.insert(key?);
            }
        }
        Ok(())
    }

    fn add_of_one_file(&self, far_s: i64, scattered: &mut HashSet<ActivityKey>) -> rusqlite::Result<()> {
        let mut names = PlatformIds::default();
        let (mut by_bytes, mut by_device): (Sharers<String>, Sharers<[i64; 4]>) = (HashMap::new(), HashMap::new());
        let mut of_any_start = self.connection.prepare(&of_any_start())?;
        for recording in of_any_start.query_map([], |row| Recording::of(row, &mut names))? {
            let recording = recording?;
            if let Some(identity) = recording.identity {
                by_device.entry(identity).or_default().push((recording.key.clone(), recording.start));
            }
            by_bytes.entry(recording.sha256).or_default().push((recording.key, recording.start));
        }
        if by_bytes.is_empty() {
            return Ok(());
        }
        let mut files = self.connection.prepare(&first_files())?;
        for recording in files.query_map([], |row| Recording::of(row, &mut names))? {
            let recording = recording?;
            add_far(&by_bytes, &recording.sha256, &recording, far_s, scattered);
            if let Some(identity) = &recording.identity {
                add_far(&by_device, identity, &recording, far_s, scattered);
            }
        }
        Ok(())
    }
}

/// Adds a recording and those that share `mark` with it and start far from it.
fn add_far<K: Eq + Hash>(
    sharers: &Sharers<K>,
    mark: &K,
    recording: &Recording,
    far_s: i64,
    scattered: &mut HashSet<ActivityKey>,
) {
    let is_far =
        |start: &Option<i64>| start.zip(recording.start).is_none_or(|(a, b)| a.abs_diff(b) > far_s.unsigned_abs());
    for (key, _) in
        sharers.get(mark).into_iter().flatten().filter(|(key, start)| *key != recording.key && is_far(start))
    {
        scattered.extend([key.clone(), recording.key.clone()]);
    }
}
