//! The Garmin Connect Personal API: a person reads the own account with a self-made key. It shows the activities of the
//! same account as `connectapi.D`, and changes nothing.
//!
//! Sources: Garmin's pages of the developer program, Garmin's own client 1.0.0, and public clients that were checked
//! against the service in October 2026. Where they are silent, the comment says so.

mod accept;
pub mod control;
mod daily;
mod day;
mod detail;
mod download;
mod health;
mod legs;
mod list;
mod night;
mod overlap;
mod pace;
mod person;
mod search;
pub mod spec;
pub mod state;
mod token;
mod weight;

use crate::garmin::DOMAINS;
use crate::http::{Request, Response};
use crate::state::State;
use serde_json::json;

/// The path of the exchange of a key for a token.
pub const EXCHANGE: &str = "/personalapitoken-service/personal-api/personal-api-key/token";

/// The host of a domain.
pub fn host(domain: &str) -> String {
    format!("personal.connectapi.{domain}")
}

/// Every simulated host.
pub fn hosts() -> Vec<String> {
    DOMAINS.iter().map(|domain| host(domain)).collect()
}

/// Responds to a request to one of [`hosts`]; `None` for any other host.
pub fn answer(state: &mut State, request: &Request) -> Option<Response> {
    let domain = DOMAINS.into_iter().find(|domain| host(domain) == request.host)?;
    if domain == "garmin.cn" && !state.scenario.personal.cn {
        return Some(no_origin());
    }
    if request.path == EXCHANGE {
        return Some(token::exchange(state, domain, request));
    }
    let account = match token::caller(state, domain, request) {
        Ok(account) => account,
        Err(refusal) => return Some(refusal),
    };
    if let Some(refusal) = pace::check(state, account) {
        return Some(refusal);
    }
    Some(route(state, account, request))
}

/// All requests only read.
fn route(state: &mut State, account: usize, request: &Request) -> Response {
    if request.method != "GET" {
        return error(405, "NotAllowedException").note("this API only reads");
    }
    let parts: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
    let is_download = parts.starts_with(&["download-service"]);
    if !accept::allows(request, if is_download { "application/x-zip-compressed" } else { "application/json" }) {
        return error(406, "NotAcceptableException").note("the Accept header excludes the type of the response");
    }
    match parts.as_slice() {
        ["activitylist-service", "activities", "search", "activities"] => list::page(state, account, request),
        ["activity-service", "activity", id] => detail::answer(&state.accounts[account], id),
        ["activity-service", "activity", id, "workouts"] => detail::workouts(&state.accounts[account], id),
        ["download-service", "files", "activity", id] => download::original(state, account, id),
        _ => health::answer(state, account, &parts, request).unwrap_or_else(missing),
    }
}

/// An error in the form of the service. Its fields are those of the error documents of connectapi.
fn error(status: u16, exception: &str) -> Response {
    let text = match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        429 => "Too Many Requests",
        404 => "Not Found",
        _ => "Internal Server Error",
    };
    Response::json(status, &json!({"message": format!("HTTP {status} {text}"), "error": exception}))
}

/// The response to an unusable parameter or range, which says nothing about the reason.
fn bad(note: &str) -> Response {
    Response::json(400, &json!({})).note(note)
}

fn missing() -> Response {
    error(404, "NotFoundException")
}

/// The host of garmin.cn on 2026-10-22: the edge does not reach the service behind it.
fn no_origin() -> Response {
    let page = "<!DOCTYPE html><html><head><title>Error 526</title></head><body>Invalid SSL certificate</body></html>";
    Response::html(526, page).with("server", "cloudflare").note("the scenario has no Personal API on garmin.cn")
}
