//! The files of the older tools and of Garmin's account export, made from the simulator's activities.
//!
//! The formats are those of the tools: their tables, names and units.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Said, Work};
use gs_sim::garmin::activity::Activity;
use gs_sim::garmin::export;
use gs_sim::{Sim, sha256, zipfile};
use rusqlite::{Connection, params};
use serde_json::{Value, json};

/// An activity on the simulator's Garmin.
#[derive(Clone)]
pub struct Held {
    pub id: String,
    pub name: String,
    pub type_key: String,
    pub start: i64,
    pub offset: i32,
    pub seconds: u32,
    pub metres: f64,
    pub serial: u32,
    pub fit: Vec<u8>,
    pub tcx: Vec<u8>,
}

/// All activities of an account that have FIT files, the oldest first.
pub fn held(sim: &Sim, domain: &str) -> Vec<Held> {
    let of = |activity: &Activity| Held {
        id: activity.id.to_string(),
        name: activity.name.clone().unwrap_or_default(),
        type_key: activity.type_key.clone(),
        start: activity.recording.start,
        offset: activity.recording.offset,
        seconds: activity.recording.timer(),
        metres: activity.recording.metres().unwrap_or(0.0),
        serial: activity.recording.device.2,
        fit: activity.original().unwrap(),
        tcx: export::tcx(activity, &activity.first_name).into_bytes(),
    };
    let is_fit = |activity: &&Activity| activity.extension() == Some("fit");
    let mut all: Vec<Held> = sim.with(|state| state.account(domain).activities.iter().filter(is_fit).map(of).collect());
    all.sort_by_key(|one| one.start);
    all
}

impl Held {
    /// Its local start, as lists write it.
    pub fn local(&self) -> String {
        stamp(self.start + i64::from(self.offset))
    }

    /// The name of its file in GarminSync.
    pub fn garmin_sync_name(&self) -> String {
        format!("activity_{}_{}.fit", self.id, self.local().replace(':', "-").replace(' ', "_"))
    }

    /// Its entry in the list of an account export.
    pub fn summary(&self) -> Value {
        let ms = |seconds: i64| seconds as f64 * 1000.0;
        json!({
            "activityId": self.id.parse::<u64>().unwrap(),
            "name": self.name,
            "activityType": self.type_key,
            "userProfileId": 1,
            "timeZoneId": 124,
            "beginTimestamp": self.start * 1000,
            "startTimeGmt": ms(self.start),
            "startTimeLocal": ms(self.start + i64::from(self.offset)),
            "duration": ms(i64::from(self.seconds)),
            "elapsedDuration": ms(i64::from(self.seconds)),
            "distance": self.metres * 100.0,
            "avgSpeed": self.metres / f64::from(self.seconds) / 10.0,
            "elevationGain": 4200.0,
            "manufacturer": "GARMIN",
            "deviceId": self.serial,
        })
    }
}

/// `2026-01-08 14:10:21`
pub fn stamp(second: i64) -> String {
    jiff::Timestamp::from_second(second).unwrap().strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// GarminSync's data folder: its database, and a file for each row.
pub struct GarminSync {
    pub dir: PathBuf,
}

impl GarminSync {
    pub fn new(dir: &Path) -> GarminSync {
        fs::create_dir_all(dir).unwrap();
        let tables = "CREATE TABLE activities (activity_id INTEGER NOT NULL PRIMARY KEY, start_time VARCHAR NOT NULL,
                filename VARCHAR UNIQUE, downloaded BOOLEAN NOT NULL, created_at VARCHAR NOT NULL, last_sync VARCHAR);
            CREATE TABLE daemon_config (id INTEGER NOT NULL PRIMARY KEY, enabled BOOLEAN NOT NULL,
                schedule_cron VARCHAR NOT NULL, last_run VARCHAR, next_run VARCHAR, status VARCHAR NOT NULL);
            CREATE TABLE sync_logs (id INTEGER NOT NULL PRIMARY KEY, timestamp VARCHAR NOT NULL, operation VARCHAR NOT NULL,
                status VARCHAR NOT NULL, message VARCHAR, activities_processed INTEGER NOT NULL,
                activities_downloaded INTEGER NOT NULL);
            INSERT INTO daemon_config VALUES (1, 1, '30 */4 * * *', NULL, NULL, 'stopped');";
        let this = GarminSync { dir: dir.to_owned() };
        this.open().execute_batch(tables).unwrap();
        this
    }

    pub fn database(&self) -> PathBuf {
        self.dir.join("garmin.db")
    }

    pub fn open(&self) -> Connection {
        Connection::open(self.database()).unwrap()
    }

    /// Adds a row and its file with these bytes. The path in the row is relative to the tool's own folder.
    pub fn add(&self, one: &Held, bytes: &[u8]) {
        let name = one.garmin_sync_name();
        self.row(one, Some(&format!("data/{name}")));
        fs::write(self.dir.join(name), bytes).unwrap();
    }

    /// Adds a row.
    pub fn row(&self, one: &Held, file: Option<&str>) {
        let sql = "INSERT INTO activities VALUES (?1, ?2, ?3, ?4, '2026-01-01T00:00:00', '2026-01-01T00:00:00')";
        let id: i64 = one.id.parse().unwrap();
        self.open().execute(sql, params![id, one.local(), file, file.is_some()]).unwrap();
    }
}

/// Sports Sync X's folder.
pub struct SportsSync {
    pub dir: PathBuf,
}

impl SportsSync {
    pub fn new(dir: &Path) -> SportsSync {
        for folder in ["db", "fit/garmin_com", "fit/garmin_cn", "fit/coros"] {
            fs::create_dir_all(dir.join(folder)).unwrap();
        }
        let tables = "CREATE TABLE activity (id INTEGER NOT NULL PRIMARY KEY, platform VARCHAR NOT NULL,
                sport_device VARCHAR NOT NULL, activity_id VARCHAR NOT NULL, sport_type VARCHAR NOT NULL,
                mark VARCHAR NOT NULL, is_sync VARCHAR NOT NULL, start_time VARCHAR, end_time VARCHAR, distance VARCHAR,
                duration VARCHAR, created_at VARCHAR NOT NULL, updated_at VARCHAR NOT NULL)";
        let this = SportsSync { dir: dir.to_owned() };
        this.open().execute_batch(tables).unwrap();
        this
    }

    pub fn open(&self) -> Connection {
        Connection::open(self.dir.join("db/sports_sync.sqlite")).unwrap()
    }

    /// Adds a row of an activity that is on all platforms, and its file: a zip for Garmin, a FIT file for COROS.
    pub fn add(&self, folder: &str, sport: &str, one: &Held, bytes: &[u8]) {
        let sql = "INSERT INTO activity (platform, sport_device, activity_id, sport_type, mark, is_sync, start_time,
                end_time, distance, duration, created_at, updated_at)
            VALUES (?1, 'garmin', ?2, ?3, ?4, 'garmin_com@1,garmin_cn@1,coros@1', ?5, ?6, ?7, ?8, ?5, ?5)";
        let end = stamp(one.start + i64::from(one.offset) + i64::from(one.seconds));
        let (metres, seconds) = (format!("{:.2}", one.metres), one.seconds.to_string());
        let name = format!("{}: {}", folder, one.name);
        self.open().execute(sql, params![folder, one.id, sport, name, one.local(), end, metres, seconds]).unwrap();
        let (name, bytes) = match folder {
            "coros" => (format!("{}.fit", one.id), bytes.to_vec()),
            _ => (format!("{}.zip", one.id), zipfile::zip_of(&format!("{}_ACTIVITY.fit", one.id), bytes)),
        };
        fs::write(self.dir.join("fit").join(folder).join(name), bytes).unwrap();
    }
}

/// Garmin's account export with these entries and files, as one zip that contains zips.
pub fn garmin_export(summaries: &[Value], files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let lists: Vec<Vec<u8>> = summaries
        .chunks(200)
        .map(|chunk| json!([{"summarizedActivitiesExport": chunk}]).to_string().into_bytes())
        .collect();
    let parts: Vec<Vec<u8>> = files
        .chunks(files.len().div_ceil(2).max(1))
        .map(|chunk| {
            let entries: Vec<(&str, &[u8])> = chunk.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
            zipfile::zip_of_many(&entries)
        })
        .collect();
    let mut entries: Vec<(String, &[u8])> = vec![
        ("customer_data/customer.json".into(), b"{}"),
        ("DI_CONNECT/DI-Connect-Fitness/me@example.com_gear.json".into(), b"[]"),
    ];
    for (number, list) in lists.iter().enumerate() {
        let first = if number == 0 { 0 } else { number * 1000 + 1 };
        let name = format!("DI_CONNECT/DI-Connect-Fitness/me@example.com_{first}_summarizedActivities.json");
        entries.push((name, list));
    }
    for (number, part) in parts.iter().enumerate() {
        let name = format!("DI_CONNECT/DI-Connect-Uploaded-Files/UploadedFiles_0-_Part{}.zip", number + 1);
        entries.push((name, part));
    }
    let entries: Vec<(&str, &[u8])> = entries.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    zipfile::zip_of_many(&entries)
}

/// Every file below a folder with the hash of its bytes, to check that nothing changes.
pub fn fingerprint(dir: &Path) -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            all.extend(fingerprint(&path));
        } else {
            let hash = fs::read(&path).map(|bytes| sha256(&bytes)).unwrap_or_default();
            all.push((path, hash));
        }
    }
    all.sort();
    all
}

/// `gs-import ARGS PATH`
pub fn import(work: &Work, args: &[&str], path: &Path) -> Said {
    work.run("gs-import", &[args, &[path.to_str().unwrap()]].concat())
}
