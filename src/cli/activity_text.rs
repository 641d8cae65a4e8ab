//! Activities in the words and units of a table.

use crate::activity::Activity;
use crate::i18n;

use super::Units;

/// When it began, by a clock where it began; in UTC, and marked so, where that is not known.
pub fn local_start(activity: &Activity) -> String {
    activity.start_time.map_or("?".into(), |start| i18n::local(start, activity.utc_offset_s))
}

/// FIT's sport and sub-sport, else the platform's own type.
pub fn sport_name(activity: &Activity) -> String {
    match (&activity.sport, &activity.sub_sport) {
        (Some(sport), Some(sub)) if sub != "generic" => format!("{sport}/{sub}"),
        (Some(sport), _) => sport.clone(),
        (None, _) => activity.platform_sport.clone().unwrap_or_default(),
    }
}

/// Its distance without the unit, with two decimals.
pub fn distance(activity: &Activity, units: Units) -> String {
    activity.distance_m.map(|metres| format!("{:.2}", metres / units.metres())).unwrap_or_default()
}
