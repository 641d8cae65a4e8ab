//! GarminSync's database, `garmin.db`: its activities and its schedule.
//!
//! Its files are in one data folder, `activity_{id}_{start}.fit`. GarminSync never checked them: `downloaded` only means
//! that something was written.

use std::collections::HashMap;
use std::path::Path;

use super::database::{Database, Unreadable};
use super::{KnownActivity, civil, names};
use crate::activity::Activity;
use crate::sport;

/// The contents of the database.
#[derive(Debug, Default)]
pub struct GarminSync {
    activities: HashMap<String, KnownActivity>,
    /// The activity of each file name.
    files: HashMap<String, String>,
    /// Its schedule.
    pub schedule: Option<ImportedSchedule>,
}

/// When it was to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedSchedule {
    /// Five fields.
    pub cron: String,
    /// Whether the schedule was enabled.
    pub enabled: bool,
}

impl GarminSync {
    /// Reads the database.
    pub fn read(path: &Path) -> Result<GarminSync, Unreadable> {
        let database = Database::open(path)?;
        let mut all = GarminSync { schedule: schedule(&database)?, ..GarminSync::default() };
        let columns = ["activity_id", "start_time", "activity_type", "filename", "downloaded"];
        for row in database.rows("activities", &columns)? {
            let [Some(id), start, kind, file, downloaded] = row.as_slice() else { continue };
            // Only the name of the path is used: it was written from another folder or on another machine.
            let file = file.as_deref().and_then(|path| path.rsplit(['/', '\\']).next());
            if let Some(name) = file.filter(|_| downloaded.as_deref() != Some("0")) {
                all.files.insert(name.to_owned(), id.clone());
            }
            let names = kind.as_deref().and_then(sport::from_garmin);
            let activity = Activity {
                id: id.clone(),
                sport: names.map(|(sport, _)| sport.to_owned()),
                sub_sport: names.and_then(|(_, sub_sport)| sub_sport).map(str::to_owned),
                platform_sport: kind.clone(),
                ..Activity::default()
            };
            let local_start = start.as_deref().and_then(civil);
            all.activities.insert(id.clone(), KnownActivity { activity, local_start, is_of_the_place: true });
        }
        Ok(all)
    }

    /// The activity of a file with this name.
    pub fn id_of<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.files.get(name).map(String::as_str).or_else(|| names::id_of(name))
    }

    /// What the database has about an activity.
    pub fn known_activity(&self, platform: &str, id: &str) -> KnownActivity {
        let mut known = self.activities.get(id).cloned().unwrap_or_default();
        (known.activity.platform, known.activity.id) = (platform.into(), id.to_owned());
        known
    }

    /// The names of the files that GarminSync wrote.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }
}

fn schedule(database: &Database) -> Result<Option<ImportedSchedule>, Unreadable> {
    if database.columns("daemon_config")?.is_empty() {
        return Ok(None);
    }
    let rows = database.rows("daemon_config", &["schedule_cron", "enabled"])?;
    let row = rows.into_iter().next().unwrap_or_default();
    let [Some(cron), enabled] = row.as_slice() else { return Ok(None) };
    // It becomes part of a line that a person copies into a shell.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "*/,- ".contains(c);
    let is_cron = cron.chars().all(is_plain) && cron.split_whitespace().count() == 5;
    let enabled = enabled.as_deref() != Some("0");
    Ok(is_cron.then(|| ImportedSchedule { cron: cron.split_whitespace().collect::<Vec<_>>().join(" "), enabled }))
}
