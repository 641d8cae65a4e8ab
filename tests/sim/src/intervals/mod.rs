//! intervals.icu: its public API with a personal key, as its OpenAPI description, its author's guides and public clients
//! show it (November 2026). Where these are silent or differ, [`spec`] has a switch, and says what is unsure.

mod access;
pub mod account;
mod change;
pub mod contents;
pub(crate) mod control;
mod file;
mod filtered;
pub mod history;
mod limits;
mod list;
mod object;
mod pushed;
pub mod spec;
pub mod sports;
pub mod state;
mod text;
pub(crate) mod together;
mod upload;

use crate::clock;
use crate::http::{Request, Response};
use crate::state::State;
use serde_json::{Value, json};

/// The host.
pub const HOST: &str = "intervals.icu";

/// The name of the service where services are named.
pub const NAME: &str = "intervals";

/// Every simulated host.
pub fn hosts() -> Vec<String> {
    vec![HOST.to_owned()]
}

/// Responds to a request to [`HOST`]; `None` for any other host.
pub fn answer(state: &mut State, request: &Request) -> Option<Response> {
    if request.host != HOST {
        return None;
    }
    let Some(path) = request.path.strip_prefix("/api/v1/") else { return Some(missing(state, request)) };
    Some(match access::caller(state, request) {
        Ok(account) => {
            let answer = route(state, account, path, request);
            limits::count_down(&state.intervals.accounts[account], answer)
        }
        Err(rejection) => rejection,
    })
}

/// The response by path, to a request with a valid key.
fn route(state: &mut State, account: usize, path: &str, request: &Request) -> Response {
    let parts: Vec<&str> = path.split('/').collect();
    match (request.method.as_str(), parts.as_slice()) {
        (_, ["athlete", athlete, ..]) if !access::owns(&state.intervals.accounts[account], athlete) => {
            error(403, "Access denied").note("another athlete")
        }
        ("GET", ["athlete", _, "activities"]) => list::window(state, answering(state, account), request),
        ("GET", ["athlete", _, "activities", ids]) => list::named(state, answering(state, account), ids, request),
        ("POST", ["athlete", _, "activities"]) => upload::answer(state, account, request),
        ("GET", ["athlete", _]) => object::athlete(&state.intervals.accounts[answering(state, account)]),
        ("GET" | "PUT" | "DELETE", ["activity", id]) => one(state, account, id, request),
        ("GET", ["activity", id, "file"]) => match access::activity(state, account, id, request) {
            Ok(item) => file::original(&state.intervals.accounts[account].spec, item, request),
            Err(rejection) => rejection,
        },
        (_, ["athlete", _] | ["athlete", _, "activities"] | ["activity", _]) => plain(state, request, 405),
        _ => missing(state, request),
    }
}

fn one(state: &mut State, account: usize, id: &str, request: &Request) -> Response {
    let number = match access::activity(state, account, id, request) {
        Ok(item) => item.number,
        Err(rejection) => return rejection,
    };
    match request.method.as_str() {
        "PUT" => change::edit(state, account, number, request),
        "DELETE" => change::delete(state, account, number),
        _ => object::detail(state, account, number, request),
    }
}

/// The account whose data an answer shows, which a fault may change.
fn answering(state: &State, account: usize) -> usize {
    state.lies.intervals_account(&state.intervals.accounts, account)
}

/// The JSON error of the service.
pub(crate) fn error(status: u16, text: &str) -> Response {
    Response::json(status, &json!({"status": status, "error": text})).note(text)
}

/// 500 with the text of a Java exception: the response to a parameter of the wrong type.
pub(crate) fn mismatch(name: &str, value: &str) -> Response {
    let text =
        format!("Failed to convert value of type 'java.lang.String' for '{name}': For input string: \"{value}\"");
    error(500, &text)
}

/// 404 in the other form of the service, for unknown paths and activities.
pub(crate) fn missing(state: &State, request: &Request) -> Response {
    plain(state, request, 404)
}

fn plain(state: &State, request: &Request, status: u16) -> Response {
    let text = if status == 404 { "Not Found" } else { "Method Not Allowed" };
    let body = json!({"timestamp": moment(state.now()), "status": status, "error": text, "path": request.path});
    Response::json(status, &body).note(text)
}

/// A time as the API writes it, with its offset from UTC.
pub(crate) fn moment(at: i64) -> String {
    format!("{}.000+00:00", clock::stamp(at, "T"))
}

/// Only the fields that a request names, without nulls; all fields if it names none.
pub(crate) fn reduce(object: Value, fields: &[String]) -> Value {
    match object {
        Value::Object(all) if !fields.is_empty() => {
            all.into_iter().filter(|(key, value)| fields.contains(key) && !value.is_null()).collect()
        }
        other => other,
    }
}
