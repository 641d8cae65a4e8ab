//! The list of activities in Garmin's account export: `DI_CONNECT/DI-Connect-Fitness/*_summarizedActivities.json`.
//!
//! Garmin does not document it; these are what public readers of such exports agree on. The texts of one account are
//! numbered (`_0_`, `_1001_`), and each is `[{"summarizedActivitiesExport": [entry, …]}]`. Of an entry: `activityId`;
//! `name`; `activityType`, Garmin's key as in its lists; `beginTimestamp` and `startTimeGmt` in milliseconds since 1970;
//! `startTimeLocal` the same by the clock of the place, as if that were UTC; `duration` (the timer) and `elapsedDuration` in
//! milliseconds; `distance` in centimetres (elevation too; speeds are centimetres a millisecond, and not needed here);
//! `deviceId`, the serial number of the device; `manufacturer`. So read, among others, tylerschloesser/ler.dev
//! (`scripts/import-garmin.py`: checked against the FIT files' own sessions, `deviceId` joined with the unit ids of the
//! account's devices) and several readers of single fields; pe-st/garmin-connect-export says the same of distance and
//! duration in its README.
//!
//! The files lie in `DI_CONNECT/DI-Connect-Uploaded-Files/UploadedFiles_*_Part*.zip`, `{e-mail}_{number}.fit`. The number is
//! that of the upload, never of the activity, and nine of ten files are no activities: so the file itself has to say
//! which one it is.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::activity::Activity;
use crate::sport;

const PER_SECOND: f64 = 1000.0;
const PER_METRE: f64 = 100.0;

/// Whether a file of this path is such a list.
pub fn is_list(path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
    name.ends_with("summarizedactivities.json")
}

/// The activities of one list. Entries without an id or a start are left out: no file could be told to be theirs.
pub fn activities(platform: &str, text: &[u8]) -> Result<Vec<Activity>, serde_json::Error> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let entries = match serde_json::from_slice::<Vec<Block>>(text) {
        Ok(blocks) if blocks.iter().any(|block| block.entries.is_some()) => {
            blocks.into_iter().filter_map(|block| block.entries).flatten().collect()
        }
        // Some have the entries at once, or a block alone.
        _ => match serde_json::from_slice::<Block>(text) {
            Ok(Block { entries: Some(entries) }) => entries,
            _ => serde_json::from_slice::<Vec<Entry>>(text)?,
        },
    };
    Ok(entries.iter().filter_map(|entry| activity(platform, entry)).collect())
}

#[derive(Deserialize)]
struct Block {
    #[serde(rename = "summarizedActivitiesExport", default)]
    entries: Option<Vec<Entry>>,
}

/// What is read of an entry. Each field may be of any kind: a strange one is nothing, and the others count.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Entry {
    activity_id: Value,
    name: Value,
    activity_type: Value,
    begin_timestamp: Value,
    start_time_gmt: Value,
    start_time_local: Value,
    duration: Value,
    elapsed_duration: Value,
    distance: Value,
    device_id: Value,
    manufacturer: Value,
}

fn activity(platform: &str, entry: &Entry) -> Option<Activity> {
    let start = second(&entry.start_time_gmt).or_else(|| second(&entry.begin_timestamp))?;
    let kind = text(&entry.activity_type).or_else(|| text(&entry.activity_type["typeKey"]));
    let names = kind.as_deref().and_then(sport::from_garmin);
    let ahead = second(&entry.start_time_local).map(|local| local - start);
    Some(Activity {
        platform: platform.to_owned(),
        id: id(&entry.activity_id)?,
        name: text(&entry.name),
        sport: names.map(|(sport, _)| sport.to_owned()),
        sub_sport: names.and_then(|(_, sub_sport)| sub_sport).map(str::to_owned),
        platform_sport: kind,
        start_time: Some(Timestamp::from_second(start).ok()?),
        utc_offset_s: ahead.filter(|ahead| ahead.abs() <= 18 * 3600).and_then(|ahead| i32::try_from(ahead).ok()),
        timer_time_s: number(&entry.duration).map(|ms| ms / PER_SECOND),
        elapsed_time_s: number(&entry.elapsed_duration).map(|ms| ms / PER_SECOND),
        distance_m: number(&entry.distance).map(|cm| cm / PER_METRE),
        manufacturer: text(&entry.manufacturer).map(|name| name.to_ascii_lowercase()),
        device: id(&entry.device_id).filter(|device| device != "0"),
        manual: false,
    })
}

/// A number, also one written with a fraction of nothing, or digits.
fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            Some(digits.clone())
        }
        Value::Number(number) => match number.as_u64() {
            Some(number) => Some(number.to_string()),
            // Exact up to here, and ids are far below.
            None => number.as_f64().filter(|n| *n >= 0.0 && n.fract() == 0.0 && *n < 9e15).map(|n| format!("{n:.0}")),
        },
        _ => None,
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| *number > 0.0)
}

fn second(value: &Value) -> Option<i64> {
    let ms = value.as_f64().filter(|ms| ms.is_finite() && ms.abs() < 1e15)?;
    Some((ms / PER_SECOND).floor() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = r#"{"activityId": 21482825013, "name": "Kathmandu – run", "activityType": "trail_running",
        "userProfileId": 1, "beginTimestamp": 1767881421000, "startTimeGmt": 1767881421000.0, "startTimeLocal": 1767902121000.0,
        "duration": 2223300.04, "elapsedDuration": 2225400, "distance": 426120.01, "avgSpeed": 0.19166, "elevationGain": 4200,
        "deviceId": 3300000001, "manufacturer": "GARMIN"}"#;

    fn read(text: &str) -> Vec<Activity> {
        activities("garmin-com", text.as_bytes()).unwrap()
    }

    #[test]
    fn units_and_zones_are_those_of_the_export() {
        let list = read(&format!("[{{\"summarizedActivitiesExport\": [{ENTRY}]}}]"));
        let expected = Activity {
            platform: "garmin-com".into(),
            id: "21482825013".into(),
            name: Some("Kathmandu – run".into()),
            sport: Some("running".into()),
            sub_sport: Some("trail".into()),
            platform_sport: Some("trail_running".into()),
            start_time: Some("2026-01-08T14:10:21Z".parse().unwrap()),
            utc_offset_s: Some(5 * 3600 + 45 * 60),
            timer_time_s: Some(2223.30004),
            elapsed_time_s: Some(2225.4),
            distance_m: Some(4261.2001),
            manufacturer: Some("garmin".into()),
            device: Some("3300000001".into()),
            manual: false,
        };
        assert_eq!(list, [expected]);
    }

    #[test]
    fn a_list_is_read_in_each_of_its_forms_and_strange_fields_are_left_out() {
        let block = format!("{{\"summarizedActivitiesExport\": [{ENTRY}]}}");
        for text in [format!("\u{feff}[{block}]"), format!("[{block}, {block}]"), block.clone(), format!("[{ENTRY}]")] {
            assert!(read(&text).iter().all(|a| a.id == "21482825013") && !read(&text).is_empty(), "{text}");
        }
        assert!(read("[]").is_empty() && read("[{\"summarizedActivitiesExport\": []}]").is_empty());
        let odd = r#"[{"activityId": "7", "beginTimestamp": 1767881421500, "duration": "long", "distance": -1, "name": null,
            "activityType": {"typeKey": "running"}, "deviceId": 0}, {"activityId": 8}, {"beginTimestamp": 1767881421000}]"#;
        let list = read(odd);
        assert_eq!((list.len(), list[0].id.as_str(), list[0].sport.as_deref()), (1, "7", Some("running")));
        assert_eq!((list[0].timer_time_s, list[0].distance_m, list[0].device.as_deref()), (None, None, None));
        assert!(activities("garmin-com", b"<html>").is_err());
    }

    #[test]
    fn lists_are_known_by_their_names() {
        assert!(is_list("DI_CONNECT/DI-Connect-Fitness/me@example.com_0_summarizedActivities.json"));
        assert!(!is_list("DI_CONNECT/DI-Connect-Fitness/me@example.com_gear.json"));
    }
}
