//! The commands below `/_sim/intervals/`.

use super::object;
use super::spec::IntervalsActivitySpec;
use crate::control::{bad, change, done};
use crate::http::{Request, Response};
use crate::state::State;
use serde_json::{Value, json};

/// Responds to a command.
pub fn answer(state: &mut State, request: &Request, parts: &[&str]) -> Response {
    if !state.has_intervals() {
        return bad("the scenario has no account of intervals.icu");
    }
    match (request.method.as_str(), parts) {
        ("GET", ["key"]) => Response::json(200, &json!({"key": state.intervals_key()})),
        ("POST", ["key", "renew"]) => Response::json(200, &json!({"key": state.renew_intervals_key()})),
        ("POST", ["account"]) => change(&mut state.intervals_account().spec, request),
        ("POST", ["activities"]) => match serde_json::from_slice::<IntervalsActivitySpec>(&request.body) {
            Ok(spec) => Response::json(201, &json!({"id": state.add_intervals_activity(&spec)})),
            Err(error) => bad(&error.to_string()),
        },
        ("DELETE", ["activities", id]) => done(state.delete_intervals_activity(id)),
        ("POST", ["strava"]) => match request.parameter("start").and_then(|text| text.parse().ok()) {
            Some(start) => Response::json(201, &json!({"id": state.add_strava_stub(start)})),
            None => bad("start is no Unix time"),
        },
        ("POST", ["push"]) => push(state, request),
        _ => bad("key, key/renew, account, activities, activities/ID, strava?start=TIME or push?id=ID"),
    }
}

fn push(state: &mut State, request: &Request) -> Response {
    let domain = request.parameter("domain").unwrap_or_else(|| "garmin.com".to_owned());
    if !state.has_account(&domain) {
        return bad("the scenario has no account on this domain");
    }
    let id = request.parameter("id").and_then(|text| text.parse().ok());
    match id.and_then(|id| state.push_from_garmin(&domain, id)) {
        Some(id) => Response::json(201, &json!({"id": id})),
        None => Response::json(404, &json!({"error": "Garmin pushes no such activity, or its file is here already"})),
    }
}

/// The accounts, for `/_sim/state`.
pub fn describe(state: &State) -> Value {
    state.intervals.accounts.iter().map(object::describe).collect()
}
