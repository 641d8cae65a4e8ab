//! The objects of the API: the athlete and the activities.

use super::account::{Account, Item};
use super::{NAME, moment};
use crate::clock;
use crate::http::{Request, Response};
use crate::state::State;
use serde_json::{Map, Value, json};

/// Fields with times of an activity.
pub const TIMES: [&str; 2] = ["start_date", "start_date_local"];

/// The athlete.
pub fn athlete(account: &Account) -> Response {
    let spec = &account.spec;
    Response::json(
        200,
        &json!({
            "id": spec.athlete, "name": "Test Runner", "firstname": "Test", "lastname": "Runner",
            "email": spec.email, "timezone": spec.timezone, "sex": null, "city": null, "country": null,
            "measurement_preference": "meters", "locale": "en", "status": "ACTIVE",
        }),
    )
}

/// The details of an activity, with its intervals if the request wants them.
pub fn detail(state: &mut State, account: usize, number: u64, request: &Request) -> Response {
    let now = state.now();
    let holder = &mut state.intervals.accounts[account];
    let item = holder.items.iter().find(|item| item.number == number);
    let mut object = item.map(|item| of(holder, item, now)).unwrap_or_default();
    if request.parameter("intervals").as_deref() == Some("true") {
        object["icu_intervals"] = json!([]);
        object["icu_groups"] = json!([]);
    }
    holder.reads += 1;
    Response::json(200, &object)
}

/// An activity as the API shows it at a given time.
pub fn of(account: &Account, item: &Item, now: i64) -> Value {
    let local = clock::stamp(item.start_local(), "T");
    if item.strava {
        return json!({
            "id": item.id(), "icu_athlete_id": account.spec.athlete, "start_date_local": local, "source": "STRAVA",
            "_note": "STRAVA activities are not available via the API",
        });
    }
    let mut fields = Map::new();
    extend(&mut fields, description(item, &account.spec.athlete, &local));
    let analyzed = account.reached(item.analyzed, now) && item.fault.is_none();
    extend(&mut fields, numbers(item, analyzed));
    extend(&mut fields, rest(item, analyzed));
    fields.extend(item.edits.clone());
    fields.into()
}

fn extend(fields: &mut Map<String, Value>, more: Value) {
    if let Value::Object(more) = more {
        fields.extend(more);
    }
}

fn description(item: &Item, athlete: &str, local: &str) -> Value {
    let by_client = item.source == "OAUTH_CLIENT";
    json!({
        "id": item.id(), "icu_athlete_id": athlete,
        "start_date": format!("{}Z", clock::stamp(item.start, "T")), "start_date_local": local,
        "timezone": item.timezone, "type": item.kind, "sub_type": "NONE",
        "name": item.name, "description": item.description,
        "trainer": item.trainer, "commute": null, "race": null,
        "device_name": item.device, "power_meter": null, "power_meter_serial": null,
        "external_id": item.external_id, "file_type": item.extension(),
        "file_sport_index": item.leg, "source": item.source,
        "oauth_client_id": by_client.then_some(17), "oauth_client_name": by_client.then_some("Test Client"),
        "strava_id": null, "created": moment(item.created), "icu_sync_date": moment(item.created),
        "icu_sync_error": item.fault, "tags": null, "gear": null,
    })
}

/// The measures, which are unknown until the service has analyzed the file.
fn numbers(item: &Item, analyzed: bool) -> Value {
    let heart = analyzed && item.source != "MANUAL";
    let seconds = f64::from(item.seconds.max(1));
    let metres = item.metres.filter(|_| analyzed);
    let speed = metres.map(|metres| metres / seconds);
    json!({
        "moving_time": analyzed.then_some(item.seconds), "elapsed_time": analyzed.then_some(item.elapsed),
        "icu_recording_time": analyzed.then_some(item.seconds),
        "distance": metres, "icu_distance": metres,
        "total_elevation_gain": metres.map(|_| 120.0), "total_elevation_loss": metres.map(|_| 118.0),
        "average_speed": speed, "max_speed": speed.map(|speed| speed * 1.4), "pace": speed, "gap": null,
        "average_heartrate": heart.then_some(140), "max_heartrate": heart.then_some(162), "has_heartrate": heart,
        "average_cadence": null, "icu_average_watts": null, "icu_weighted_avg_watts": null, "device_watts": null,
        "calories": heart.then_some(item.seconds / 6), "average_temp": null, "min_temp": null, "max_temp": null,
    })
}

fn rest(item: &Item, analyzed: bool) -> Value {
    let streams = analyzed.then_some(["time", "distance", "heartrate"]);
    json!({
        "analyzed": analyzed.then(|| moment(item.created + 2)), "stream_types": streams,
        "icu_lap_count": analyzed.then_some(1), "pool_length": null, "lengths": null,
        "icu_training_load": analyzed.then_some(item.seconds / 60), "icu_rpe": null, "feel": null, "kg_lifted": null,
    })
}

/// What a test sees of an account: its activities, with the actual content of every file.
pub fn describe(account: &Account) -> Value {
    let activities = account.newest_first().into_iter().map(|item| {
        let original = item.original();
        json!({
            "id": item.id(), "name": item.name, "type": item.kind, "source": item.source, "strava": item.strava,
            "start": item.start, "offset": item.offset, "external_id": item.external_id, "leg": item.leg,
            "format": original.as_ref().map(|(extension, _)| extension), "oddities": item.oddities, "group": item.group,
            "sha256": original.map(|(_, bytes)| crate::garmin::activity::sha256(&bytes)),
        })
    });
    json!({
        "service": NAME, "athlete": account.spec.athlete, "key": account.spec.key,
        "activities": activities.collect::<Vec<_>>(),
    })
}
