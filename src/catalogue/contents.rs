//! What the files of the archive contain, and the numbers of each activity: from its files, else from its service's JSON.

use rusqlite::{CachedStatement, ToSql, Transaction, params};

use super::listed_rows::unpack;
use super::{Catalogue, Result};
use crate::activity::{ActivityKey, ActivityKeyRef, Numbers};
use crate::efforts::Effort;
use crate::fit::{self, Lap, Session, Sums};
use crate::sport;
use crate::track::BoundingBox;

/// The version of the reader of files: a higher one reads all files again.
const FILE_READER: i64 = 2;

/// What was read in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct FileContents {
    /// SHA-256 of its bytes, in lower-case hex.
    pub sha256: String,
    /// What it contains, or why it could not be read.
    pub read: std::result::Result<IndexedFile, String>,
}

/// The contents of a file that could be read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IndexedFile {
    /// The product that recorded it.
    pub device: Option<String>,
    /// Its sessions.
    pub sessions: Vec<Session>,
    /// Its laps, each with the number of its session.
    pub laps: Vec<(Lap, Option<usize>)>,
    /// The number of its trackpoints.
    pub records: u64,
    /// Its best efforts.
    pub efforts: Vec<Effort>,
    /// The box around its track.
    pub area: Option<BoundingBox>,
    /// Its track, see [`crate::track`]; empty without a position.
    pub track: Vec<u8>,
}

/// A file whose contents this version has not read, or not compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnreadFile {
    /// SHA-256 of its bytes, in lower-case hex.
    pub sha256: String,
    /// Where it is, below the data folder.
    pub path: String,
}

impl Catalogue {
    /// Stores what files contain, in place of what earlier versions read, and the numbers of their activities.
    pub fn store_contents(&mut self, files: &[FileContents]) -> Result<()> {
        self.write(|tx| write_contents(tx, files))
    }

    /// Up to `most` FIT files whose contents this version has not read, in the order of their digests after `after`.
    pub fn unread_files(&self, after: &str, most: u32) -> Result<Vec<UnreadFile>> {
        let read = self.connection.prepare_cached(UNREAD_FILES).and_then(|mut statement| {
            let rows = statement.query_map(params![after, FILE_READER, most], |row| {
                Ok(UnreadFile { sha256: row.get(0)?, path: row.get(1)? })
            })?;
            rows.collect()
        });
        self.done(read)
    }

    /// How many files [`Self::unread_files`] returns in all.
    pub fn count_unread_files(&self) -> Result<u64> {
        let count = format!("SELECT count(*) FROM ({UNREAD_FILES})");
        let count = self.connection.query_row(&count, params!["", FILE_READER, -1], |row| row.get::<_, i64>(0));
        Ok(self.done(count)?.unsigned_abs())
    }

    /// All paths of a file, below the data folder: several activities may have the same bytes.
    pub fn paths_of(&self, sha256: &str) -> Result<Vec<String>> {
        let read = self
            .connection
            .prepare_cached("SELECT path FROM files WHERE sha256 = ?1 ORDER BY path")
            .and_then(|mut statement| statement.query_map([sha256], |row| row.get(0))?.collect());
        self.done(read)
    }

    /// Takes the numbers of some of a platform's activities from its JSON, where that was not done yet. `numbers` reads the
    /// JSON of one activity. Returns whether there may be more.
    pub fn read_service_numbers(&mut self, platform: &str, numbers: &dyn Fn(&str) -> Numbers) -> Result<bool> {
        let read = self.connection.prepare_cached(UNREAD_JSON).and_then(|mut statement| {
            let rows =
                statement.query_map([platform], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        });
        let unread = self.done(read)?;
        if unread.is_empty() {
            return Ok(false);
        }
        let read = unread.into_iter().map(|(id, json)| {
            let numbers = unpack(&json).map(|text| numbers(&text)).unwrap_or_default();
            (id, json, numbers)
        });
        let read: Vec<(String, Vec<u8>, Numbers)> = read.collect();
        self.write(|tx| {
            // Another process may have stored other JSON meanwhile.
            let mut mark = tx.prepare_cached(
                "UPDATE service_json SET numbers_read = 1 WHERE platform = ?1 AND id = ?2 AND json = ?3",
            )?;
            for (id, json, numbers) in &read {
                if mark.execute(params![platform, id, json])? > 0 {
                    set_service_numbers(tx, ActivityKeyRef::new(platform, id), numbers)?;
                }
            }
            Ok(true)
        })
    }
}

/// Stores what files contain, and the numbers of their activities.
pub(super) fn write_contents(tx: &Transaction, files: &[FileContents]) -> rusqlite::Result<()> {
    let mut writer = ContentsWriter::new(tx)?;
    for file in files {
        writer.write(file)?;
        for key in activities_of(tx, &file.sha256)? {
            set_file_numbers(tx, key.as_key())?;
        }
    }
    Ok(())
}

/// The FIT files that this version has not read, one of those with the same bytes.
const UNREAD_FILES: &str = "SELECT f.sha256, min(f.path) FROM files f
    WHERE f.sha256 > ?1 AND f.format = 'fit' AND NOT f.corrupt
        AND NOT EXISTS (SELECT 1 FROM file_contents c WHERE c.sha256 = f.sha256 AND c.reader >= ?2)
    GROUP BY f.sha256 ORDER BY f.sha256 LIMIT ?3";

/// The JSON of a platform whose numbers were not taken yet.
const UNREAD_JSON: &str = "SELECT id, json FROM service_json WHERE platform = ?1 AND NOT numbers_read LIMIT 1000";

/// Stores the numbers that a service lists, unless they are known from the file. One access of an account lists a number,
/// another one does not or rounds it: known ones stay. A speed that it does not list is that of distance and time.
fn set_service_numbers(
    tx: &Transaction,
    ActivityKeyRef { platform, id }: ActivityKeyRef,
    numbers: &Numbers,
) -> rusqlite::Result<()> {
    if numbers.is_empty() {
        return Ok(());
    }
    let sql = "UPDATE activities SET avg_heart_rate_bpm = coalesce(?3, avg_heart_rate_bpm),
            max_heart_rate_bpm = coalesce(?4, max_heart_rate_bpm), avg_power_w = coalesce(?5, avg_power_w),
            ascent_m = coalesce(?6, ascent_m),
            calories_kcal = iif(abs(?7 - calories_kcal) < 1, calories_kcal, coalesce(?7, calories_kcal)),
            avg_speed_mps = coalesce(?8, avg_speed_mps, distance_m / nullif(timer_time_s, 0)), numbers_from = ?9
         WHERE platform = ?1 AND id = ?2 AND numbers_from IS NOT 'file'";
    update_numbers(tx, platform, id, numbers, sql)
}

/// Stores numbers in place of all that are known.
fn set_numbers(tx: &Transaction, platform: &str, id: &str, numbers: &Numbers, condition: &str) -> rusqlite::Result<()> {
    let sql = format!(
        "UPDATE activities SET avg_heart_rate_bpm = ?3, max_heart_rate_bpm = ?4, avg_power_w = ?5, ascent_m = ?6,
            calories_kcal = ?7, avg_speed_mps = ?8, numbers_from = ?9
         WHERE platform = ?1 AND id = ?2 AND {condition}"
    );
    update_numbers(tx, platform, id, numbers, &sql)
}

fn update_numbers(tx: &Transaction, platform: &str, id: &str, numbers: &Numbers, sql: &str) -> rusqlite::Result<()> {
    let [heart_rate, max_heart_rate, power, ascent, calories, speed] = numbers.values();
    let source = numbers.numbers_from.map(|source| source.name());
    tx.prepare_cached(sql)?
        .execute(params![platform, id, heart_rate, max_heart_rate, power, ascent, calories, speed, source])
        .map(drop)
}

/// Stores the numbers of an activity from the sessions of all its files. Without a session, those of its service hold, which
/// are taken from its JSON again if an earlier file replaced them.
pub(super) fn set_file_numbers(
    tx: &Transaction,
    ActivityKeyRef { platform, id }: ActivityKeyRef,
) -> rusqlite::Result<()> {
    let sql = format!(
        "SELECT {SUM_COLUMNS} FROM files f JOIN sessions s ON s.sha256 = f.sha256 WHERE f.platform = ?1 AND f.id = ?2
         ORDER BY f.part, s.number"
    );
    let mut statement = tx.prepare_cached(&sql)?;
    let sums = statement.query_map([platform, id], read_sums)?.collect::<rusqlite::Result<Vec<Sums>>>()?;
    let numbers = fit::numbers(&sums);
    if !numbers.is_empty() {
        return set_numbers(tx, platform, id, &numbers, "true");
    }
    set_numbers(tx, platform, id, &numbers, "numbers_from IS 'file'")?;
    if tx.changes() > 0 {
        tx.prepare_cached("UPDATE service_json SET numbers_read = 0 WHERE platform = ?1 AND id = ?2")?
            .execute([platform, id])?;
    }
    Ok(())
}

fn activities_of(tx: &Transaction, sha256: &str) -> rusqlite::Result<Vec<ActivityKey>> {
    let mut statement = tx.prepare_cached("SELECT DISTINCT platform, id FROM files WHERE sha256 = ?1")?;
    let key = |row: &rusqlite::Row| Ok(ActivityKey::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?));
    statement.query_map([sha256], key)?.collect()
}

/// The columns of [`Sums`], in the order of [`sum_values`].
const SUM_COLUMNS: &str = "start_time, end_time, elapsed_time_s, timer_time_s, moving_time_s, distance_m, ascent_m, descent_m,
    calories_kcal, avg_heart_rate_bpm, max_heart_rate_bpm, avg_power_w, max_power_w, normalized_power_w, avg_cadence_rpm,
    max_cadence_rpm, avg_speed_mps, max_speed_mps, avg_temperature_c, max_temperature_c";

fn sum_values(sums: &Sums) -> [&dyn ToSql; 20] {
    [
        &sums.start_time,
        &sums.end_time,
        &sums.elapsed_time_s,
        &sums.timer_time_s,
        &sums.moving_time_s,
        &sums.distance_m,
        &sums.ascent_m,
        &sums.descent_m,
        &sums.calories_kcal,
        &sums.avg_heart_rate_bpm,
        &sums.max_heart_rate_bpm,
        &sums.avg_power_w,
        &sums.max_power_w,
        &sums.normalized_power_w,
        &sums.avg_cadence_rpm,
        &sums.max_cadence_rpm,
        &sums.avg_speed_mps,
        &sums.max_speed_mps,
        &sums.avg_temperature_c,
        &sums.max_temperature_c,
    ]
}

fn read_sums(row: &rusqlite::Row) -> rusqlite::Result<Sums> {
    Ok(Sums {
        start_time: row.get(0)?,
        end_time: row.get(1)?,
        elapsed_time_s: row.get(2)?,
        timer_time_s: row.get(3)?,
        moving_time_s: row.get(4)?,
        distance_m: row.get(5)?,
        ascent_m: row.get(6)?,
        descent_m: row.get(7)?,
        calories_kcal: row.get(8)?,
        avg_heart_rate_bpm: row.get(9)?,
        max_heart_rate_bpm: row.get(10)?,
        avg_power_w: row.get(11)?,
        max_power_w: row.get(12)?,
        normalized_power_w: row.get(13)?,
        avg_cadence_rpm: row.get(14)?,
        max_cadence_rpm: row.get(15)?,
        avg_speed_mps: row.get(16)?,
        max_speed_mps: row.get(17)?,
        avg_temperature_c: row.get(18)?,
        max_temperature_c: row.get(19)?,
    })
}

/// Writes what files contain.
struct ContentsWriter<'tx> {
    forget: CachedStatement<'tx>,
    file: CachedStatement<'tx>,
    unreadable: CachedStatement<'tx>,
    session: CachedStatement<'tx>,
    lap: CachedStatement<'tx>,
    effort: CachedStatement<'tx>,
}

impl<'tx> ContentsWriter<'tx> {
    fn new(tx: &'tx Transaction) -> rusqlite::Result<ContentsWriter<'tx>> {
        let marks = |from: usize, count: usize| {
            (from..from + count).map(|number| format!("?{number}")).collect::<Vec<_>>().join(", ")
        };
        Ok(ContentsWriter {
            // Its sessions, laps and efforts go with it.
            forget: tx.prepare_cached("DELETE FROM file_contents WHERE sha256 = ?1")?,
            file: tx.prepare_cached(
                "INSERT INTO file_contents (sha256, reader, reason, device, records, south, west, north, east, track)
                 VALUES (?1, ?2, NULL, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?,
            unreadable: tx.prepare_cached(
                "INSERT INTO file_contents (sha256, reader, reason, records) VALUES (?1, ?2, ?3, 0)",
            )?,
            session: tx.prepare_cached(&format!(
                "INSERT INTO sessions (sha256, number, sport, sub_sport, first_lap, laps, pool_length_m, training_effect,
                    anaerobic_training_effect, training_stress_score, {SUM_COLUMNS}) VALUES ({})",
                marks(1, 30)
            ))?,
            lap: tx.prepare_cached(&format!(
                "INSERT INTO laps (sha256, number, session, sport, sub_sport, lap_trigger, intensity, {SUM_COLUMNS})
                 VALUES ({})",
                marks(1, 27)
            ))?,
            effort: tx.prepare_cached("INSERT INTO efforts (sha256, kind, value, start_time) VALUES (?1, ?2, ?3, ?4)")?,
        })
    }

    fn write(&mut self, file: &FileContents) -> rusqlite::Result<()> {
        let FileContents { sha256, read } = file;
        self.forget.execute([sha256])?;
        let read = match read {
            Err(reason) => {
                return self.unreadable.execute(params![sha256, FILE_READER, reason]).map(drop);
            }
            Ok(read) => read,
        };
        let records = i64::try_from(read.records).unwrap_or(i64::MAX);
        let [south, west, north, east] = match read.area {
            Some(area) => [area.south, area.west, area.north, area.east].map(Some),
            None => [None; 4],
        };
        let track = Some(&read.track).filter(|track| !track.is_empty());
        self.file.execute(params![sha256, FILE_READER, read.device, records, south, west, north, east, track])?;
        for (number, session) in (0..).zip(&read.sessions) {
            self.session(sha256, number, session)?;
        }
        for (number, (lap, session)) in (0..).zip(&read.laps) {
            self.lap(sha256, number, *session, lap)?;
        }
        for effort in &read.efforts {
            self.effort.execute(params![sha256, effort.kind.name(), effort.value, effort.start_time])?;
        }
        Ok(())
    }

    fn session(&mut self, sha256: &str, number: i64, session: &Session) -> rusqlite::Result<()> {
        let (sport, sub_sport) = sport_names(session.sport, session.sub_sport);
        let own: [&dyn ToSql; 10] = [
            &sha256,
            &number,
            &sport,
            &sub_sport,
            &session.first_lap,
            &session.lap_count,
            &session.pool_length_m,
            &session.training_effect,
            &session.anaerobic_training_effect,
            &session.training_stress_score,
        ];
        let values: Vec<&dyn ToSql> = own.into_iter().chain(sum_values(&session.sums)).collect();
        self.session.execute(&values[..]).map(drop)
    }

    fn lap(&mut self, sha256: &str, number: i64, session: Option<usize>, lap: &Lap) -> rusqlite::Result<()> {
        let (sport, sub_sport) = sport_names(lap.sport, lap.sub_sport);
        let session = session.and_then(|session| i64::try_from(session).ok());
        let own: [&dyn ToSql; 7] = [&sha256, &number, &session, &sport, &sub_sport, &lap.trigger, &lap.intensity];
        let values: Vec<&dyn ToSql> = own.into_iter().chain(sum_values(&lap.sums)).collect();
        self.lap.execute(&values[..]).map(drop)
    }
}

/// The names of a sport and a sub-sport; one without a name is its number.
fn sport_names(sport: Option<u8>, sub_sport: Option<u8>) -> (Option<String>, Option<String>) {
    let name = |number: u8, name: Option<&str>| name.map_or_else(|| number.to_string(), str::to_owned);
    (
        sport.map(|number| name(number, sport::sport_name(number))),
        sub_sport.map(|number| name(number, sport::sub_sport_name(number))),
    )
}
