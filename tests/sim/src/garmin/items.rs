//! One item of the list, in the current format or in that of 2018 to 2021.

use super::account::Account;
use super::activity::{Activity, Device};
use crate::clock;
use serde_json::{Map, Value, json};

/// Fields that the old format sends as null if they have no value.
const OLD_NULLS: [&str; 24] = [
    "description",
    "comments",
    "parentId",
    "movingDuration",
    "maxSpeed",
    "averageBikingCadenceInRevPerMinute",
    "averageSwimCadenceInStrokesPerMinute",
    "averageSwolf",
    "activeLengths",
    "steps",
    "conversationUuid",
    "courseId",
    "poolLength",
    "unitOfPoolLength",
    "videoUrl",
    "avgPower",
    "maxPower",
    "strokes",
    "normPower",
    "vO2MaxValue",
    "workoutId",
    "minTemperature",
    "maxTemperature",
    "activityLikeAuthors",
];

/// An activity as an item of the list.
pub fn item(account: &Account, activity: &Activity) -> Value {
    if !activity.old_shape {
        return current(account, activity);
    }
    let mut fields = all(account, activity);
    make_old(activity, &mut fields);
    Value::Object(fields)
}

/// An activity as an item in the current format, however old it is.
pub fn current(account: &Account, activity: &Activity) -> Value {
    let mut fields = all(account, activity);
    fields.retain(|_, value| !value.is_null());
    Value::Object(fields)
}

fn all(account: &Account, activity: &Activity) -> Map<String, Value> {
    let mut fields = Map::new();
    common(account, activity, &mut fields);
    measures(activity, &mut fields);
    fields
}

fn extend(fields: &mut Map<String, Value>, more: Value) {
    if let Value::Object(more) = more {
        fields.extend(more);
    }
}

fn common(account: &Account, activity: &Activity, fields: &mut Map<String, Value>) {
    let start = activity.recording.start;
    let gmt = |at: i64| (!activity.without_gmt).then(|| clock::stamp(at, " "));
    extend(
        fields,
        json!({
            "activityId": activity.id,
            "activityName": activity.name,
            "startTimeLocal": clock::stamp(activity.start_local(), " "),
            "startTimeGMT": gmt(start),
            "endTimeGMT": gmt(activity.recording.end()),
            "activityType": kind(activity),
            "eventType": {"typeId": 9, "typeKey": "uncategorized", "sortOrder": 10},
            "ownerId": account.profile,
            "ownerDisplayName": account.spec.email.split('@').next(),
            "ownerFullName": "Test Runner",
            "privacy": {"typeId": 2, "typeKey": "private"},
            "timeZoneId": activity.zone.0,
            "sportTypeId": activity.sport.fit.0,
            "deviceId": device(activity),
            "manufacturer": if activity.is_manual() { Value::Null } else { "GARMIN".into() },
            "summarizedDiveInfo": {"summarizedDiveGases": []},
            "splitSummaries": [],
        }),
    );
    extend(
        fields,
        json!({
            "beginTimestamp": (!activity.without_gmt).then_some(start * 1000),
            "hasPolyline": activity.has_gps(), "hasImages": false, "hasVideo": false,
            "hasSplits": false, "hasHeatMap": false, "userPro": false, "qualifyingDive": false,
            "autoCalcCalories": false, "favorite": false, "decoDive": false,
            "elevationCorrected": false, "atpActivity": false, "purposeful": false,
            "manualActivity": activity.is_manual(), "pr": false,
            "parent": !activity.children.is_empty(),
        }),
    );
}

/// The type of an activity, as in the list and the details.
pub fn kind(activity: &Activity) -> Value {
    json!({
        "typeId": activity.sport.id, "typeKey": activity.type_key,
        "parentTypeId": activity.sport.parent, "isHidden": false, "restricted": false,
        "trimmable": true,
    })
}

fn device(activity: &Activity) -> Value {
    match activity.device {
        Device::Id(id) => id.into(),
        Device::Zero => 0.into(),
        Device::Null => Value::Null,
    }
}

fn measures(activity: &Activity, fields: &mut Map<String, Value>) {
    let recording = &activity.recording;
    let timer = f64::from(recording.timer());
    let gps = activity.has_gps();
    let heart = !activity.is_manual();
    extend(
        fields,
        json!({
            "distance": activity.distance,
            "duration": timer,
            "elapsedDuration": timer + f64::from(recording.paused),
            "movingDuration": gps.then_some(timer - 2.0),
            "averageSpeed": activity.distance.map(|metres| metres / timer.max(1.0)),
            "maxSpeed": activity.distance.map(|metres| metres / timer.max(1.0) * 1.4),
            "startLatitude": gps.then_some(recording.origin.0),
            "startLongitude": gps.then_some(recording.origin.1),
            "elevationGain": gps.then_some(120.0),
            "elevationLoss": gps.then_some(118.0),
            "minElevation": gps.then_some(1326.2),
            "maxElevation": gps.then_some(1400.4),
            "calories": (timer / 6.0).round(),
            "averageHR": heart.then_some(140.0),
            "maxHR": heart.then_some(162.0),
            "lapCount": recording.legs.len(),
            "locationName": gps.then(|| activity.zone.1.rsplit('/').next()),
        }),
    );
}

/// Converts an item to the old format: nulls are sent, durations with pauses are in milliseconds, heights in
/// centimetres.
fn make_old(activity: &Activity, fields: &mut Map<String, Value>) {
    for name in OLD_NULLS {
        fields.entry(name).or_insert(Value::Null);
    }
    for (name, factor) in [("elapsedDuration", 1000.0), ("minElevation", 100.0), ("maxElevation", 100.0)] {
        if let Some(value) = fields.get(name).and_then(Value::as_f64) {
            fields.insert(name.to_owned(), (value * factor).into());
        }
    }
    for name in ["endTimeGMT", "hasHeatMap", "qualifyingDive", "hasImages"] {
        fields.remove(name);
    }
    if !activity.children.is_empty() {
        fields.insert("beginTimestamp".to_owned(), Value::Null);
    }
}
