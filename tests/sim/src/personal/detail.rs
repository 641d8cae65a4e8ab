//! The details of an activity or of a leg of one.

use super::{legs, missing};
use crate::garmin;
use crate::garmin::account::Account;
use crate::http::Response;
use serde_json::{Value, json};

/// Values that the summary takes from the item of the list.
const MEASURES: [&str; 8] = [
    "averageHR",
    "maxHR",
    "movingDuration",
    "maxSpeed",
    "elevationGain",
    "elevationLoss",
    "minElevation",
    "maxElevation",
];

/// The UUID of an activity: a string in the list, in an object in the details.
pub fn uuid(id: u64) -> String {
    format!("00000000-0000-4000-9000-{id:012x}")
}

/// Responds to a request for details: those of connectapi, without the device.
pub fn answer(account: &Account, text: &str) -> Response {
    let Some((id, activity)) = text.parse().ok().and_then(|id| Some((id, account.find(id)?))) else {
        return missing();
    };
    let leg = activity.children.iter().find(|child| child.id == id).map(|child| legs::of(activity, child));
    let mut body = garmin::detail_of(account, id).parsed().unwrap_or_default();
    body["activityUUID"] = json!({"uuid": uuid(id)});
    body["description"] = Value::Null;
    body["splitSummaries"] = json!([]);
    let shown = leg.as_ref().unwrap_or(activity);
    let item = garmin::current_item(account, shown);
    body["activityName"] = json!(shown.name);
    for name in ["typeId", "typeKey", "parentTypeId"] {
        body["activityTypeDTO"][name] = item["activityType"][name].clone();
    }
    if leg.is_some() {
        body["parentId"] = activity.id.into();
        body["parentName"] = json!(activity.name);
    }
    for name in MEASURES {
        if !item[name].is_null() {
            body["summaryDTO"][name] = item[name].clone();
        }
    }
    if !activity.is_manual() {
        body["summaryDTO"]["minHR"] = json!(96.0);
    }
    tidy(&mut body);
    Response::json(200, &body)
}

/// Removes what this API lacks, and numbers the file formats as it does.
fn tidy(body: &mut Value) {
    let metadata = &mut body["metadataDTO"];
    if metadata["fileFormat"]["formatKey"] == "tcx" {
        metadata["fileFormat"]["formatId"] = 1.into();
    }
    let drop = |inner: &mut Value, names: &[&str]| {
        if let Some(fields) = inner.as_object_mut() {
            fields.retain(|name, _| !names.contains(&name.as_str()));
        }
    };
    drop(metadata, &["deviceMetaDataDTO", "hasPolyline"]);
    drop(&mut body["timeZoneUnitDTO"], &["factor"]);
    drop(&mut body["eventTypeDTO"], &["sortOrder"]);
    drop(&mut body["activityTypeDTO"], &["isHidden", "restricted", "trimmable"]);
}

/// The planned workouts of an activity: none.
pub fn workouts(account: &Account, text: &str) -> Response {
    match text.parse().ok().and_then(|id| account.find(id)) {
        Some(_) => Response::json(200, &json!([])),
        None => missing(),
    }
}
