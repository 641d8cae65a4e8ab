//! The details of an activity, whose numbers are a hundred times those of the list.

use super::account::{Account, Item};
use super::{exceptions, list, ok};
use crate::http::{Request, Response};
use serde_json::{Value, json};

/// Responds to a request for details.
pub fn answer(account: &Account, request: &Request) -> Response {
    let Some(item) = list::named(account, request) else { return exceptions("no such activity") };
    if list::parameter(request, "sportType") != Some(item.sport.to_string()) {
        return exceptions("the sport is not the activity's");
    }
    ok("3F2C81B5", &json!({"summary": summary(item), "lapList": [], "deviceList": [{"deviceName": item.device}]}))
}

fn summary(item: &Item) -> Value {
    json!({
        "name": item.name, "sportType": item.sport,
        "startTimestamp": item.start * 100, "endTimestamp": item.end() * 100, "timezone": list::quarters(item),
        "distance": (item.metres * 100.0).round() as i64,
        "totalTime": u64::from(item.total) * 100, "workoutTime": u64::from(item.timer) * 100,
        "calories": u64::from(item.timer) * 160,
    })
}
