//! The details of an activity or of a leg of one.

use super::account::Account;
use super::activity::{Activity, Child, Device};
use super::{api, error, items, sports};
use crate::clock;
use crate::http::{Request, Response};
use serde_json::{Value, json};

/// Responds to a request for details.
pub fn answer(account: &Account, id: u64) -> Response {
    let Some(activity) = account.find(id) else { return api::missing() };
    let body = match activity.children.iter().find(|child| child.id == id) {
        Some(child) => leg(account, activity, child),
        None => whole(account, activity),
    };
    Response::json(200, &body)
}

/// Edits an activity: its name, its description or its type. The original does not change.
pub fn edit(account: &mut Account, id: u64, request: &Request) -> Response {
    let body = request.json().unwrap_or_default();
    let named = body["activityId"].as_u64().or_else(|| body["activityId"].as_str()?.parse().ok());
    if named != Some(id) {
        return error(400, "BadRequestException").note("activityId is not that of the address");
    }
    let Some(activity) = account.find_mut(id) else { return api::missing() };
    if let Some(name) = body["activityName"].as_str() {
        activity.name = Some(name.to_owned());
    }
    if let Some(key) = body["activityTypeDTO"]["typeKey"].as_str() {
        key.clone_into(&mut activity.type_key);
    }
    Response::empty(204)
}

fn whole(account: &Account, activity: &Activity) -> Value {
    let recording = &activity.recording;
    let mut body = frame(account, activity, activity.id);
    body["activityName"] = json!(activity.name);
    body["isMultiSportParent"] = (!activity.children.is_empty()).into();
    body["activityTypeDTO"] = items::kind(activity);
    body["summaryDTO"] = summary(
        activity,
        recording.start,
        f64::from(recording.timer()),
        f64::from(recording.paused),
        activity.distance,
    );
    let kinds = activity.children.iter().map(|child| leg_kind(activity, child).0);
    body["metadataDTO"]["childActivityTypes"] = kinds.collect();
    body["metadataDTO"]["childIds"] = activity.children.iter().map(|child| child.id).collect();
    body
}

fn leg(account: &Account, activity: &Activity, child: &Child) -> Value {
    let legs = &activity.recording.legs;
    let before: u32 = legs[..child.leg].iter().map(|leg| leg.seconds).sum();
    let leg = &legs[child.leg];
    let (key, number) = leg_kind(activity, child);
    let mut body = frame(account, activity, child.id);
    body["activityName"] = format!("{} - {key}", activity.first_name).into();
    body["parentId"] = activity.id.into();
    body["isMultiSportParent"] = false.into();
    body["activityTypeDTO"] = json!({"typeId": number, "typeKey": key, "parentTypeId": 17});
    let start = activity.recording.start + i64::from(before);
    body["summaryDTO"] = summary(activity, start, f64::from(leg.seconds), 0.0, leg.metres);
    body
}

fn leg_kind(activity: &Activity, child: &Child) -> (&'static str, u32) {
    sports::leg_key(activity.recording.legs[child.leg].sport)
}

fn frame(account: &Account, activity: &Activity, id: u64) -> Value {
    let uploaded = clock::stamp(activity.recording.end() + 120, "T") + ".0";
    let format = activity.format().map(|(id, key)| json!({"formatId": id, "formatKey": key}));
    let device = match activity.device {
        Device::Id(id) => json!(id.to_string()),
        Device::Zero => json!("0"),
        Device::Null => Value::Null,
    };
    json!({
        "activityId": id,
        "activityUUID": {"uuid": format!("00000000-0000-4000-9000-{id:012x}")},
        "userProfileId": account.profile,
        "eventTypeDTO": {"typeId": 9, "typeKey": "uncategorized", "sortOrder": 10},
        "accessControlRuleDTO": {"typeId": 2, "typeKey": "private"},
        "timeZoneUnitDTO": {
            "unitId": activity.zone.0, "unitKey": activity.zone.1, "factor": 0.0,
            "timeZone": activity.zone.1,
        },
        "metadataDTO": {
            "isOriginal": true, "fileFormat": format, "uploadedDate": uploaded,
            "lastUpdateDate": uploaded, "hasPolyline": activity.has_gps(),
            "childIds": [], "childActivityTypes": [], "sensors": null, "activityImages": [],
            "manufacturer": if activity.extension() == Some("fit") { "GARMIN" } else { "" },
            "lapCount": activity.recording.legs.len(),
            "deviceMetaDataDTO": {"deviceId": device, "deviceTypePk": 37229, "deviceVersionPk": 1003399},
            "personalRecord": false, "elevationCorrected": false, "autoCalcCalories": false,
            "favorite": false, "trimmed": false, "manualActivity": activity.is_manual(),
            "gcj02": account.spec.domain.ends_with(".cn"),
        },
        "locationName": activity.zone.1.rsplit('/').next(),
    })
}

fn summary(activity: &Activity, start: i64, timer: f64, paused: f64, metres: Option<f64>) -> Value {
    let stamp = |at: i64| clock::stamp(at, "T") + ".0";
    let mut body = json!({
        "startTimeLocal": stamp(start + i64::from(activity.recording.offset)),
        "startTimeGMT": stamp(start), "duration": timer, "elapsedDuration": timer + paused,
        "calories": (timer / 6.0).round(),
    });
    if let Some(metres) = metres {
        body["distance"] = metres.into();
        body["averageSpeed"] = (metres / timer.max(1.0)).into();
    }
    if activity.has_gps() {
        body["startLatitude"] = activity.recording.origin.0.into();
        body["startLongitude"] = activity.recording.origin.1.into();
    }
    body
}
