//! `connect.D`, the website, for clients that use it by mistake.

use crate::http::{Request, Response};
use crate::state::State;

/// Responds to a request to the website.
pub fn answer(state: &mut State, _domain: &str, request: &Request) -> Response {
    spend_ticket(state, request);
    let path = request.path.as_str();
    if path.starts_with("/proxy/") || path.starts_with("/modern/proxy/") {
        return super::error(403, "ForbiddenException").note("the proxy paths are closed");
    }
    if path == "/app" && request.method == "GET" {
        return Response::html(200, "<html><head><title>Garmin Connect</title></head></html>");
    }
    if request.header("nk") != Some("NT") {
        return Response::html(402, "<html><title>Payment Required</title></html>").note("no NK: NT header");
    }
    match path.starts_with("/gc-api/") {
        true => super::error(403, "ForbiddenException").note("no session of the web site"),
        false => Response::html(404, "<html><title>Not Found</title></html>"),
    }
}

/// Invalidates the ticket with which a page is opened.
pub fn spend_ticket(state: &mut State, request: &Request) {
    if let Some(ticket) = request.parameter("ticket") {
        state.take_ticket(&ticket);
    }
}
