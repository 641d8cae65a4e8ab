//! Activities in the words and units of a table.

use crate::activity::Activity;

use super::Units;

/// When it began, by a clock where it began; in UTC with a `Z` where that is not known.
pub fn local_start(activity: &Activity) -> String {
    activity.start_time.map_or("?".into(), |start| {
        let offset = activity.utc_offset_s.and_then(|seconds| jiff::tz::Offset::from_seconds(seconds).ok());
        let zone = if offset.is_some() { "" } else { "Z" };
        format!("{}{zone}", offset.unwrap_or(jiff::tz::Offset::UTC).to_datetime(start).strftime("%Y-%m-%d %H:%M"))
    })
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
