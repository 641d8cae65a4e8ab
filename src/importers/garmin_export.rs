//! The list of activities in Garmin's account export: `DI_CONNECT/DI-Connect-Fitness/*_summarizedActivities.json`.
//!
//! Garmin does not document it; this is what public readers of such exports agree on. The files of one account are numbered
//! (`_0_`, `_1001_`), and each is `[{"summarizedActivitiesExport": [item, …]}]`. An item has `activityId`; `name`;
//! `activityType`, Garmin's key as in its lists; `beginTimestamp` and `startTimeGmt` in milliseconds since 1970;
//! `startTimeLocal`, the local time in the same form; `duration` (timer time) and `elapsedDuration` in milliseconds;
//! `distance` in centimetres; `deviceId`, the serial number of the device; `manufacturer`. Sources: tylerschloesser/ler.dev
//! (`scripts/import-garmin.py`, checked against the sessions of the FIT files, with `deviceId` joined to the unit ids of the
//! account's devices), several readers of single fields, and the README of pe-st/garmin-connect-export for distance and
//! duration.
//!
//! Older and newer exports have the same fields with other capitalisation (`startTimeGMT`), numbers and times as texts,
//! times in seconds, and items with a local start only (pe-st/garmin-connect-export issue 7, trevordavies095/tempo issue
//! 224). All of these are read. An item without a readable id or start is counted and reported.
//!
//! The files are in `DI_CONNECT/DI-Connect-Uploaded-Files/UploadedFiles_*_Part*.zip`, named `{e-mail}_{number}.fit`. The
//! number is that of the upload, not of the activity, and nine of ten files are no activities: so the contents of a file
//! decide which activity it belongs to.

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::{Map, Value};

use super::{KnownActivity, as_if_utc, civil};
use crate::activity::Activity;
use crate::sport;
use crate::walk::without_gz;

const PER_SECOND: f64 = 1000.0;
const PER_METRE: f64 = 100.0;
/// Smaller times are seconds: as milliseconds they would be before 1973.
const SMALLEST_MS: f64 = 1e11;

/// The contents of a list of an export.
#[derive(Debug, Default)]
pub struct ExportList {
    /// Its activities.
    pub activities: Vec<KnownActivity>,
    /// The number of items that cannot be assigned a file: they have no id or no start.
    pub unclear: u64,
    /// The names of the fields of the first such item.
    pub fields: Option<String>,
}

/// Whether a path is that of such a list.
pub fn is_list(path: &str) -> bool {
    let name = without_gz(path).rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
    name.ends_with("summarizedactivities.json")
}

/// The activities of one list.
pub fn activities(platform: &str, text: &[u8]) -> Result<ExportList, serde_json::Error> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut list = ExportList::default();
    for entry in entries(serde_json::from_slice(text)?) {
        let fields = Fields::of(&entry);
        match activity(platform, &fields) {
            Some(known) => list.activities.push(known),
            None => {
                list.unclear += 1;
                list.fields.get_or_insert_with(|| entry.keys().take(12).cloned().collect::<Vec<_>>().join(", "));
            }
        }
    }
    Ok(list)
}

/// The items of a list: in several blocks, in one block, or directly.
fn entries(value: Value) -> Vec<Map<String, Value>> {
    match value {
        Value::Array(all) => all.into_iter().flat_map(entries).collect(),
        Value::Object(mut object) => {
            let block = object.keys().find(|name| name.eq_ignore_ascii_case("summarizedActivitiesExport")).cloned();
            match block.and_then(|name| object.remove(&name)) {
                Some(inner) => entries(inner),
                None => vec![object],
            }
        }
        _ => Vec::new(),
    }
}

/// The fields of an item, with their names in lower case.
struct Fields<'a>(Vec<(String, &'a Value)>);

impl<'a> Fields<'a> {
    fn of(entry: &'a Map<String, Value>) -> Fields<'a> {
        Fields(entry.iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect())
    }

    /// The first of these fields that exists and can be read. A field of an unexpected type is ignored.
    fn get<T>(&self, names: &[&str], read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let named = |name: &str| self.0.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
        names.iter().filter_map(|name| named(name)).find_map(read)
    }
}

fn activity(platform: &str, fields: &Fields) -> Option<KnownActivity> {
    let start = fields.get(&["starttimegmt", "begintimestamp", "starttimeutc"], second);
    let local = fields.get(&["starttimelocal", "begintimestamplocal"], second);
    let local_start = local.and_then(|second| civil_of(second).filter(|_| start.is_none()));
    if start.is_none() && local_start.is_none() {
        return None;
    }
    let kind = fields.get(&["activitytype"], |value| text(value).or_else(|| text(&value["typeKey"])));
    let names = kind.as_deref().and_then(sport::from_garmin);
    let ahead = local.zip(start).map(|(local, start)| local - start);
    let activity = Activity {
        platform: platform.into(),
        id: fields.get(&["activityid"], id)?,
        name: fields.get(&["name", "activityname"], text),
        sport: names.map(|(sport, _)| sport.to_owned()),
        sub_sport: names.and_then(|(_, sub_sport)| sub_sport).map(str::to_owned),
        platform_sport: kind,
        start_time: start.and_then(|start| Timestamp::from_second(start).ok()),
        utc_offset_s: ahead.filter(|ahead| ahead.abs() <= 18 * 3600).and_then(|ahead| i32::try_from(ahead).ok()),
        timer_time_s: fields.get(&["duration"], number).map(|ms| ms / PER_SECOND),
        elapsed_time_s: fields.get(&["elapsedduration"], number).map(|ms| ms / PER_SECOND),
        distance_m: fields.get(&["distance"], number).map(|cm| cm / PER_METRE),
        manufacturer: fields.get(&["manufacturer"], text).map(|name| name.to_ascii_lowercase()),
        device: fields.get(&["deviceid"], id).filter(|device| device != "0"),
        manual: false,
    };
    Some(KnownActivity { activity, local_start, is_of_the_place: true })
}

/// A number, also with a zero fraction, or digits.
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

/// A number, also one that is written as a text.
fn any_number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    number.is_finite().then_some(number)
}

fn number(value: &Value) -> Option<f64> {
    any_number(value).filter(|number| *number > 0.0)
}

/// A time in seconds since 1970: from milliseconds, seconds or a text. A text without a zone is read as UTC.
fn second(value: &Value) -> Option<i64> {
    if let Some(number) = any_number(value) {
        let seconds = if number.abs() < SMALLEST_MS { number } else { number / PER_SECOND };
        return Some(seconds.floor() as i64).filter(|second| second.abs() < 1_000_000_000_000);
    }
    let text = value.as_str()?.trim();
    match text.parse::<Timestamp>() {
        Ok(time) => Some(time.as_second()),
        Err(_) => Some(as_if_utc(civil(text)?)?.as_second()),
    }
}

fn civil_of(second: i64) -> Option<DateTime> {
    Some(jiff::tz::Offset::UTC.to_datetime(Timestamp::from_second(second).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = r#"{"activityId": 21482825013, "name": "Kathmandu – run", "activityType": "trail_running",
        "userProfileId": 1, "beginTimestamp": 1767881421000, "startTimeGmt": 1767881421000.0, "startTimeLocal": 1767902121000.0,
        "duration": 2223300.04, "elapsedDuration": 2225400, "distance": 426120.01, "avgSpeed": 0.19166, "elevationGain": 4200,
        "deviceId": 3300000001, "manufacturer": "GARMIN"}"#;

    fn read(text: &str) -> Vec<Activity> {
        let list = activities("garmin-com", text.as_bytes()).unwrap();
        list.activities.into_iter().map(|known| known.activity).collect()
    }

    #[test]
    fn units_and_time_zones_of_the_export_are_converted() {
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
    fn a_list_is_read_in_each_form_without_unknown_fields() {
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
    fn other_spellings_of_fields_and_values_are_read() {
        let expected = read(&format!("[{ENTRY}]"));
        for (known, other) in [
            ("\"beginTimestamp\": 1767881421000, \"startTimeGmt\": 1767881421000.0", "\"startTimeGMT\": 1767881421000"),
            (
                "\"beginTimestamp\": 1767881421000, \"startTimeGmt\": 1767881421000.0",
                "\"startTimeGmt\": \"1767881421000\"",
            ),
            (
                "\"beginTimestamp\": 1767881421000, \"startTimeGmt\": 1767881421000.0",
                "\"STARTTIMEGMT\": \"2026-01-08 14:10:21\"",
            ),
            (
                "\"beginTimestamp\": 1767881421000, \"startTimeGmt\": 1767881421000.0",
                "\"startTimeGmt\": \"2026-01-08T14:10:21.0\"",
            ),
            (
                "\"beginTimestamp\": 1767881421000, \"startTimeGmt\": 1767881421000.0",
                "\"startTimeGmt\": \"2026-01-08T15:10:21+01:00\"",
            ),
            (
                "\"beginTimestamp\": 1767881421000, \"startTimeGmt\": 1767881421000.0",
                "\"startTimeGmt\": null, \"beginTimestamp\": 1767881421",
            ),
            ("1767902121000.0", "\"2026-01-08 19:55:21\""),
            ("2223300.04", "\"2223300.04\""),
            ("426120.01", "\" 426120.01 \""),
            ("3300000001", "\"3300000001\""),
            ("21482825013", "\"21482825013\""),
            ("\"name\"", "\"activityName\""),
            ("\"trail_running\"", "{\"typeId\": 6, \"typeKey\": \"trail_running\"}"),
        ] {
            let text = ENTRY.replace(known, other);
            assert!(text != ENTRY, "{known}");
            assert_eq!(read(&format!("{{\"SummarizedActivitiesExport\": [{text}]}}")), expected, "{other}");
        }
    }

    #[test]
    fn a_local_start_is_kept_and_unclear_items_are_counted() {
        let local = "[{\"activityId\": 1, \"startTimeLocal\": 1767885021000, \"distance\": 5}, {\"activityId\": 2, \"start\": 7},
            {\"startTimeGmt\": 1767881421000}, 5, {\"activityId\": 3, \"startTimeGmt\": \"soon\"}]";
        let list = activities("garmin-com", local.as_bytes()).unwrap();
        assert_eq!((list.activities.len(), list.unclear), (1, 3));
        assert_eq!(list.fields.as_deref(), Some("activityId, start"));
        let known = &list.activities[0];
        assert_eq!(known.local_start, civil("2026-01-08 15:10:21"));
        assert_eq!((known.activity.start_time, known.activity.utc_offset_s, known.is_of_the_place), (None, None, true));
    }

    #[test]
    fn lists_are_detected_by_their_names() {
        assert!(is_list("DI_CONNECT/DI-Connect-Fitness/me@example.com_0_summarizedActivities.json"));
        assert!(is_list("me_0_summarizedActivities.json.gz"));
        assert!(!is_list("DI_CONNECT/DI-Connect-Fitness/me@example.com_gear.json"));
    }
}
