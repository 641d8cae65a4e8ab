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

/// Its folders below `fit`, and the platform of each.
pub const FOLDERS: [(&str, &str); 3] = [("garmin_com", "garmin-com"), ("garmin_cn", "garmin-cn"), ("coros", COROS)];
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
            let Some(platform) = platform_named(platform) else { continue };
            let is_coros = platform == COROS;
            let names = kind.as_deref().and_then(|kind| names(is_coros, kind));
            let seconds = number(duration.as_deref());
            let activity = Activity {
                platform: platform.into(),
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
                .insert((platform, id.clone()), KnownActivity { activity, local_start, is_of_the_place: !is_coros });
        }
        Ok(all)
    }

    /// What the database has about an activity.
    pub fn known_activity(&self, platform: &'static str, id: &str) -> KnownActivity {
        self.activities.get(&(platform, id.to_owned())).cloned().unwrap_or_else(|| KnownActivity::nothing(platform, id))
    }
}

/// Spellings such as `GARMINCOM` and `garmin_com`.
fn platform_named(text: &str) -> Option<&'static str> {
    let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    FOLDERS.iter().find(|(folder, _)| folder.replace('_', "") == plain).map(|(_, platform)| *platform)
}

/// The sport: COROS' own number, or Garmin's own word.
fn names(is_coros: bool, kind: &str) -> Option<Names> {
    if is_coros { sport::from_coros(kind.parse().ok()?) } else { sport::from_garmin(kind) }
}

fn number(text: Option<&str>) -> Option<f64> {
    text?.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0)
}
