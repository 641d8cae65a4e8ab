//! Changes of an activity, and its deletion.

use super::account::Item;
use super::{error, object, sports};
use crate::http::{Request, Response};
use crate::state::State;
use serde_json::{Value, json};

/// The values of `sub_type`.
const SUB_TYPES: [&str; 5] = ["NONE", "COMMUTE", "WARMUP", "COOLDOWN", "RACE"];

/// Sets the fields of a JSON object; the response is the changed activity.
pub fn edit(state: &mut State, account: usize, number: u64, request: &Request) -> Response {
    let now = state.now();
    let Some(Value::Object(fields)) = request.json().filter(|_| request.is_type("application/json")) else {
        return error(422, "The body is no JSON object");
    };
    if let Some(name) = fields.iter().find(|(name, value)| !is_valid(name, value)).map(|(name, _)| name) {
        return error(422, &format!("{name} cannot have this value"));
    }
    let holder = &mut state.intervals.accounts[account];
    let Some(item) = holder.items.iter_mut().find(|item| item.number == number) else {
        return error(404, "Not Found");
    };
    fields.into_iter().for_each(|(name, value)| set(item, name, value));
    let item = item.clone();
    Response::json(200, &object::of(holder, &item, now))
}

/// Whether a client may set this field to this value. Unsure: the service may ignore fields that cannot be changed.
fn is_valid(name: &str, value: &Value) -> bool {
    match name {
        "name" => value.is_string(),
        "description" => value.is_string() || value.is_null(),
        "type" => value.as_str().is_some_and(sports::is_type),
        "sub_type" => value.as_str().is_some_and(|word| SUB_TYPES.contains(&word)),
        "race" | "commute" | "trainer" => value.is_boolean(),
        "gear" => value.is_null() || value["id"].is_string(),
        "tags" => value.is_null() || value.is_array(),
        // -1 clears a number.
        "icu_rpe" => value.as_i64().is_some_and(|number| (-1..=10).contains(&number) && number != 0),
        "feel" => value.as_i64().is_some_and(|number| (-1..=5).contains(&number) && number != 0),
        _ => false,
    }
}

fn set(item: &mut Item, name: String, value: Value) {
    let text = value.as_str().map(str::to_owned);
    match name.as_str() {
        "name" => item.name = text,
        "description" => item.description = text,
        "type" => item.kind = text,
        "trainer" => item.trainer = value == true,
        _ if value == -1 => drop(item.edits.insert(name, Value::Null)),
        _ => drop(item.edits.insert(name, value)),
    }
}

/// Deletes an activity.
pub fn delete(state: &mut State, account: usize, number: u64) -> Response {
    let holder = &mut state.intervals.accounts[account];
    let Some(at) = holder.items.iter().position(|item| item.number == number) else {
        return error(404, "Not Found");
    };
    let item = holder.items.remove(at);
    Response::json(200, &json!({"icu_athlete_id": holder.spec.athlete, "id": item.id()}))
}
