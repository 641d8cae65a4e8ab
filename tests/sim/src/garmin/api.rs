//! `connectapi.D`: the check of tokens, and the responses by path.

use super::{detail, download, error, list, oauth1, profile, sports, upload};
use crate::http::{Request, Response};
use crate::state::State;
use serde_json::json;

/// Responds to a request to the API.
pub fn answer(state: &mut State, domain: &str, request: &Request) -> Response {
    let parts: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
    match parts.as_slice() {
        [""] => return Response::html(404, "<html><head><title>404 Not Found</title></head></html>"),
        ["oauth-service", "oauth", "exchange", "user", "2.0"] => {
            return oauth1::exchange(state, domain, request);
        }
        ["oauth-service", "oauth", "preauthorized"] => {
            super::connect::spend_ticket(state, request);
            return Response::html(401, "<html><body>Unauthorized</body></html>").note("this login was closed in 2026");
        }
        _ => {}
    }
    if request.header("user-agent").unwrap_or_default().is_empty() {
        return error(403, "ForbiddenException").note("no User-Agent");
    }
    match caller(state, domain, request) {
        Ok(account) => route(state, account, &parts, request),
        Err(refusal) => refusal,
    }
}

/// The account of a token.
fn caller(state: &State, domain: &str, request: &Request) -> Result<usize, Response> {
    let header = request.header("authorization").unwrap_or_default();
    let Some(text) = header.strip_prefix("Bearer ") else {
        return Err(unauthorized("", "").note("no bearer token"));
    };
    let token = state.tokens.access.iter().find(|token| token.text == text);
    let refuse = |description: &str| Err(unauthorized("invalid_token", description).note(description));
    match token {
        None => refuse("Invalid access token"),
        Some(token) if token.domain != domain => refuse("Invalid access token issuer"),
        Some(token) if token.inactive => refuse("Token is not active"),
        Some(token) if token.expires <= state.now() => refuse("Access token expired"),
        Some(token) => Ok(state.lies.account(&state.accounts, token.account)),
    }
}

/// 401 with the bearer challenge; an empty `error` means that the request had no token.
pub fn unauthorized(error: &str, description: &str) -> Response {
    let challenge = match error {
        "" => "Bearer".to_owned(),
        _ => format!("Bearer error=\"{error}\", error_description=\"{description}\""),
    };
    let body = json!({"message": "HTTP 401 Unauthorized", "error": "NotAuthorizedException"});
    Response::json(401, &body).with("www-authenticate", &challenge)
}

fn route(state: &mut State, account: usize, parts: &[&str], request: &Request) -> Response {
    let id = |text: &str| text.parse::<u64>().ok();
    match (request.method.as_str(), parts) {
        ("GET", ["userprofile-service", "socialProfile"]) => profile::social(&state.accounts[account]),
        ("GET", ["userprofile-service", "userprofile", "user-settings"]) => profile::settings(&state.accounts[account]),
        ("GET", ["activitylist-service", "activities", "count"]) => list::count(state, account),
        ("GET", ["activitylist-service", "activities", "search", "activities"]) => list::page(state, account, request),
        ("POST", ["upload-service", "upload", ..]) => upload::answer(state, account, parts, request),
        ("GET", ["activity-service", "activity", "status", _, uuid]) => upload::status(state, account, uuid),
        ("GET", ["activity-service", "activity", "activityTypes"]) => Response::json(200, &sports::listed()),
        ("GET", ["activity-service", "activity", text]) => match id(text) {
            Some(id) => detail::answer(&state.accounts[account], id),
            None => missing(),
        },
        ("PUT", ["activity-service", "activity", text]) => match id(text) {
            Some(id) => detail::edit(&mut state.accounts[account], id, request),
            None => missing(),
        },
        ("DELETE", ["activity-service", "activity", text]) => match id(text) {
            Some(id) if state.accounts[account].remove(id) => Response::empty(204),
            _ => missing(),
        },
        ("GET", ["download-service", "files", "activity", text]) => match id(text) {
            Some(id) => download::original(&state.accounts[account], id),
            None => missing(),
        },
        ("GET", ["download-service", "export", format, "activity", text]) => match id(text) {
            Some(id) => download::export(&state.accounts[account], format, id),
            None => missing(),
        },
        (_, ["activity-service" | "activitylist-service" | "download-service", ..]) if request.method != "GET" => {
            error(405, "NotAllowedException")
        }
        _ => missing(),
    }
}

/// 404 in the form of the service.
pub fn missing() -> Response {
    error(404, "NotFoundException")
}
