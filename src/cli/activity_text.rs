//! Activities in the words and units of a table.

use crate::activity::Activity;
use crate::i18n;

use super::Units;

/// The start in local time. If the offset is unknown, in UTC, marked as UTC.
pub fn local_start(activity: &Activity) -> String {
    activity.start_time.map_or("?".into(), |start| i18n::local(start, activity.utc_offset_s))
}

/// FIT's sport and sub-sport, or else the platform's own type.
pub fn sport_name(activity: &Activity) -> String {
    match (&activity.sport, &activity.sub_sport) {
        (Some(sport), Some(sub)) if sub != "generic" => format!("{sport}/{sub}"),
        (Some(sport), _) => sport.clone(),
        (None, _) => activity.platform_sport.clone().unwrap_or_default(),
    }
}

/// The distance without its unit, with two decimals.
pub fn distance(activity: &Activity, units: Units) -> String {
    activity.distance_m.map(|metres| format!("{:.2}", metres / units.metres())).unwrap_or_default()
}

/// A number without decimals.
pub fn whole(value: Option<f64>) -> String {
    value.map(|value| format!("{value:.0}")).unwrap_or_default()
}

/// A speed in units of distance an hour, without its unit, with one decimal.
pub fn speed(metres_a_second: Option<f64>, units: Units) -> String {
    metres_a_second.map(|speed| format!("{:.1}", speed * 3600.0 / units.metres())).unwrap_or_default()
}
