//! Sports Sync X: its database `db/sports_sync.sqlite`, with the activities in `fit/garmin_com`, `fit/garmin_cn` and
//! `fit/coros`.
//!
//! The column `is_sync` is not read, because failed uploads were stored as done. Times are local times of the activity for
//! Garmin, and of the machine for COROS.

use std::collections::HashMap;
use std::path::Path;

use super::database::{Database, Unreadable};
use super::{KnownActivity, civil};
use crate::activity::Activity;
use crate::sport::{self, Names};

/// Its folders below `fit`. Each has the name of a platform as this tool writes it.
pub const FOLDERS: [&str; 3] = ["garmin_com", "garmin_cn", COROS];
const COROS: &str = "coros";

/// The contents of the database.
#[derive(Debug, Default)]
pub struct SportsSync {
    activities: HashMap<(&'static str, String), KnownActivity>,
}

impl SportsSync {
    /// Reads the database.
    pub fn read(path: &Path) -> Result<SportsSync, Unreadable> {
        let database = Database::open(path)?;
        let columns =
            ["platform", "activity_id", "sport_type", "mark", "sport_device", "start_time", "distance", "duration"];
        let mut all = SportsSync::default();
        for row in database.rows("activity", &columns)? {
            let [Some(platform), Some(id), kind, name, device, start, distance, duration] = row.as_slice() else {
                continue;
            };
            let Some(folder) = folder_of(platform) else { continue };
            let is_coros = folder == COROS;
            let names = kind.as_deref().and_then(|kind| names(is_coros, kind));
            let seconds = number(duration.as_deref());
            let activity = Activity {
                id: id.clone(),
                name: name.clone(),
                sport: names.map(|(sport, _)| sport.to_owned()),
                sub_sport: names.and_then(|(_, sub_sport)| sub_sport).map(str::to_owned),
                platform_sport: kind.clone(),
                // Garmin's timer, but the time from start to end at COROS.
                timer_time_s: seconds.filter(|_| !is_coros),
                elapsed_time_s: seconds.filter(|_| is_coros),
                distance_m: number(distance.as_deref()),
                manufacturer: device.clone().filter(|_| !is_coros),
                ..Activity::default()
            };
            let local_start = start.as_deref().and_then(civil);
            all.activities
                .insert((folder, id.clone()), KnownActivity { activity, local_start, is_of_the_place: !is_coros });
        }
        Ok(all)
    }

    /// What is known of an activity of this folder, which is one of `platform`.
    pub fn known_activity(&self, folder: &'static str, platform: &str, id: &str) -> KnownActivity {
        let mut known = self.activities.get(&(folder, id.to_owned())).cloned().unwrap_or_default();
        (known.activity.platform, known.activity.id) = (platform.into(), id.to_owned());
        known
    }
}

/// The folder of a platform, which stands in the database as `GARMINCOM`, `garmin_com` and the like.
fn folder_of(platform: &str) -> Option<&'static str> {
    let plain: String = platform.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    FOLDERS.into_iter().find(|folder| folder.replace('_', "") == plain)
}

/// The sport: COROS' own number, or Garmin's own word.
fn names(is_coros: bool, kind: &str) -> Option<Names> {
    if is_coros { sport::from_coros(kind.parse().ok()?) } else { sport::from_garmin(kind) }
}

fn number(text: Option<&str>) -> Option<f64> {
    text?.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0)
}
