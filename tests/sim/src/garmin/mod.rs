//! Garmin Connect, garmin.com and garmin.cn: which host responds to which request.

pub mod account;
pub mod activity;
mod api;
mod connect;
mod detail;
mod diauth;
mod download;
pub mod export;
pub mod history;
mod items;
mod list;
mod login;
mod mfa;
mod oauth1;
pub mod oddities;
mod profile;
pub(crate) mod received;
pub mod sports;
mod sso;
pub mod tokens;
pub mod upload;
pub mod visit;
mod widget;

pub(crate) use api::unauthorized;
pub(crate) use detail::answer as detail_of;
pub(crate) use download::{export_of, original};
pub(crate) use items::current as current_item;
pub(crate) use list::{TIMES as LIST_TIMES, shift};

use crate::http::{Request, Response};
use crate::state::State;

/// Both domains.
pub const DOMAINS: [&str; 2] = ["garmin.com", "garmin.cn"];

/// Host of the consumer key of the legacy login.
pub const CONSUMER_HOST: &str = "thegarth.s3.amazonaws.com";

const PARTS: [&str; 5] = ["sso", "diauth", "connectapi", "connect", "mobile.integration"];

/// Every simulated host.
pub fn hosts() -> Vec<String> {
    let of = |domain: &&str| PARTS.map(|part| format!("{part}.{domain}"));
    DOMAINS.iter().flat_map(of).chain([CONSUMER_HOST.to_owned()]).collect()
}

/// Responds to a request to one of [`hosts`]; `None` for any other host.
pub fn answer(state: &mut State, request: &Request) -> Option<Response> {
    if request.host == CONSUMER_HOST {
        return Some(oauth1::consumer(state, request));
    }
    let domain = DOMAINS.into_iter().find(|domain| request.host.ends_with(&format!(".{domain}")))?;
    let part = request.host.strip_suffix(domain)?.strip_suffix('.')?;
    Some(match part {
        "sso" => sso::answer(state, domain, request),
        "diauth" => diauth::answer(state, domain, request),
        "connectapi" => api::answer(state, domain, request),
        "connect" => connect::answer(state, domain, request),
        "mobile.integration" => {
            connect::spend_ticket(state, request);
            Response::hang_up("this host does not resolve for real clients")
        }
        _ => return None,
    })
}

/// The JSON error of the service.
pub(crate) fn error(status: u16, exception: &str) -> Response {
    let text = match status {
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        _ => "Internal Server Error",
    };
    let body = serde_json::json!({"message": format!("HTTP {status} {text}"), "error": exception});
    Response::json(status, &body)
}

/// The page that the protection in front of the service shows.
pub(crate) fn challenge(status: u16, note: &str) -> Response {
    let title = if status == 429 { "Access denied | Error 1015" } else { "Just a moment..." };
    let page = format!("<!DOCTYPE html><html><head><title>{title}</title></head><body>Cloudflare</body></html>");
    Response::html(status, &page).with("server", "cloudflare").note(note)
}
