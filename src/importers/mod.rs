//! Reads what other tools and services have left on a disk: GarminSync, Sports Sync X, Garmin's account export, and folders
//! of files whose names have ids.
//!
//! It detects the type of a path ([`detect`]), reads activities from databases and lists ([`KnownActivity`]), and ids from
//! file names ([`id_of`]). It writes nothing. The engine checks whether each file exists and is intact.

mod database;
mod detect;
mod garmin_export;
mod garminsync;
mod names;
mod sports_sync;
mod track;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

pub use database::Unreadable;
pub use detect::{DetectedSource, KNOWN, detect};
pub use garmin_export::{ExportList, activities, is_list};
pub use garminsync::{GarminSync, ImportedSchedule};
pub use names::id_of;
pub use sports_sync::{FOLDERS, SportsSync};
pub use track::start_of;

use crate::activity::Activity;

/// The farthest apart that two places on earth set their clocks, and a little.
const REACH_S: i64 = 26 * 3600 + 300;
/// What rounding does to a time, in seconds.
const ROUNDING_S: i64 = 2;

/// What another tool has about an activity.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KnownActivity {
    /// The activity, as far as the tool knew it.
    pub activity: Activity,
    /// The local start, if the tool did not store its time zone.
    pub local_start: Option<DateTime>,
    /// Whether the local time is that of the activity's place, and not that of the machine which stored it.
    pub is_of_the_place: bool,
}

impl KnownActivity {
    /// An activity with only its platform and id.
    pub fn nothing(platform: &str, id: &str) -> KnownActivity {
        let activity = Activity { platform: platform.into(), id: id.to_owned(), ..Activity::default() };
        KnownActivity { activity, ..KnownActivity::default() }
    }

    /// Whether a file that starts at `start` can belong to this activity: local times differ by a day at most.
    pub fn can_begin(&self, start: Timestamp) -> bool {
        let known = self.activity.start_time.or_else(|| as_if_utc(self.local_start?));
        known.is_none_or(|known| (known.as_second() - start.as_second()).abs() <= REACH_S)
    }

    /// The start by a clock without a zone, in seconds since 1970 as if that clock showed UTC.
    pub fn local_second(&self) -> Option<i64> {
        as_if_utc(self.local_start?).map(Timestamp::as_second)
    }

    /// Local time minus UTC at the start, if the difference between the local time and `start` is that of a time zone.
    pub fn offset(&self, start: Timestamp) -> Option<i32> {
        let ahead = self.local_second().filter(|_| self.is_of_the_place)? - start.as_second();
        let quarters = (ahead as f64 / 900.0).round() as i64;
        let is_a_zone = (ahead - quarters * 900).abs() <= ROUNDING_S && (-12 * 4..=14 * 4).contains(&quarters);
        i32::try_from(quarters * 900).ok().filter(|_| is_a_zone)
    }
}

/// `2026-01-08 14:10:21`, with a `T` or fractions, too.
fn civil(text: &str) -> Option<DateTime> {
    text.trim().get(..19)?.replacen(' ', "T", 1).parse().ok()
}

fn as_if_utc(local: DateTime) -> Option<Timestamp> {
    local.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(local: &str) -> KnownActivity {
        KnownActivity { local_start: civil(local), is_of_the_place: true, ..KnownActivity::nothing("garmin-com", "1") }
    }

    #[test]
    fn a_local_start_gives_the_time_zone_and_rejects_another_day() {
        let start: Timestamp = "2026-01-08T14:10:21Z".parse().unwrap();
        let offset = |local: &str| known(local).offset(start);
        assert_eq!(offset("2026-01-08 19:55:21"), Some(5 * 3600 + 45 * 60));
        assert_eq!(offset("2026-01-08T08:10:20.0"), Some(-6 * 3600));
        assert_eq!([offset("2026-01-08 14:17:00"), offset("2026-01-09 14:10:21"), offset("soon")], [None; 3]);
        let machine = KnownActivity { is_of_the_place: false, ..known("2026-01-08 19:55:21") };
        assert_eq!(machine.offset(start), None);
        assert!(known("2026-01-09 16:00:00").can_begin(start) && known("?").can_begin(start));
        assert!(!known("2026-01-10 14:10:21").can_begin(start));
    }
}
