//! Sign-in pages, their cookies, and the check that a later request comes from such a page.

use super::challenge;
use super::sso::{Flow, cookie};
use crate::http::{Request, Response, decode_form};
use crate::scenario::LoginMode;
use crate::state::State;
use std::time::Instant;

/// The cookies of a visit: one of the session, and three of the protection in front of the host.
pub const COOKIES: [&str; 4] = ["SESSION", "__cf_bm", "__cflb", "_cfuvid"];

/// A loaded sign-in page.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Domain of the page.
    pub domain: String,
    /// URL of the page with its query, which the client has to send as its Referer.
    pub page: String,
    /// Names and values of the cookies that the page set.
    pub cookies: Vec<(String, String)>,
    /// When the page was loaded, on the real clock.
    pub at: Instant,
}

impl Visit {
    /// Whether the request has every cookie of this visit.
    pub fn owns(&self, request: &Request) -> bool {
        self.cookies.iter().all(|(name, value)| request.cookie(name).as_ref() == Some(value))
    }
}

/// The rejection that applies to all pages, or the one by which the scenario closes the pages of this domain.
pub fn closed(state: &State, domain: &str, request: &Request) -> Option<Response> {
    if request.header("user-agent").unwrap_or_default().is_empty() {
        return Some(challenge(403, "no User-Agent"));
    }
    let mut modes = state.accounts.iter().filter(|a| a.spec.domain == domain).map(|a| a.spec.login);
    let status = modes.find_map(|mode| match mode {
        LoginMode::Page403 => Some(403),
        LoginMode::Page427 => Some(427),
        LoginMode::Page429 => Some(429),
        _ => None,
    });
    status.map(|status| challenge(status, "the page is closed by the scenario"))
}

/// The login flow of the sign-in page with this path.
pub fn flow_of(path: &str) -> Option<Flow> {
    match path {
        "/mobile/sso/en_US/sign-in" | "/mobile/sso/en/sign-in" => Some(Flow::Mobile),
        "/portal/sso/en-US/sign-in" => Some(Flow::Portal),
        _ => None,
    }
}

/// Responds with the sign-in page of one of the two JSON logins.
pub fn page(state: &mut State, domain: &str, flow: Flow, request: &Request) -> Response {
    if let Some(refusal) = closed(state, domain, request) {
        return refusal;
    }
    if !fits(domain, flow, request) {
        let page = "<!DOCTYPE html><html><head><title>Bad Request</title></head></html>";
        return Response::html(400, page).note("clientId and service are not of this page");
    }
    if flow == Flow::Mobile && request.path.contains(LOCALE) && moves(state, domain) {
        let next = format!("https://{}{}?{}", request.host, request.path.replace(LOCALE, "/en/"), request.query);
        let session = cookie(COOKIES[0], &state.word(32), request.secure);
        return Response::empty(302).with("location", &next).with("set-cookie", &session);
    }
    opened(state, domain, request, "<!DOCTYPE html><html><head><title>Sign In</title></head></html>")
}

/// The locale that the app requests.
const LOCALE: &str = "/en_US/";

fn moves(state: &State, domain: &str) -> bool {
    state.accounts.iter().any(|account| account.spec.domain == domain && account.spec.login == LoginMode::PageMoves)
}

/// Whether the query has a valid client and service. The iOS app and the website name both; the Android app may omit
/// the service.
fn fits(domain: &str, flow: Flow, request: &Request) -> bool {
    let client = request.parameter("clientId").unwrap_or_default();
    let service = request.parameter("service");
    flow.clients(domain)
        .into_iter()
        .any(|(id, url)| id == client && service.as_ref().map_or(id == "GCM_ANDROID_DARK", |service| *service == url))
}

/// Shows a page and sets new cookies, by which later requests are recognised. A session that a redirect started
/// continues.
pub fn opened(state: &mut State, domain: &str, request: &Request, html: &str) -> Response {
    let begun = request.cookie(COOKIES[0]).filter(|_| moves(state, domain));
    let cookies: Vec<(String, String)> = COOKIES
        .iter()
        .map(|name| {
            let kept = begun.clone().filter(|_| *name == COOKIES[0]);
            ((*name).to_owned(), kept.unwrap_or_else(|| state.word(32)))
        })
        .collect();
    let page = format!("https://{}{}?{}", request.host, request.path, request.query);
    let fresh = cookies.iter().filter(|(name, _)| begun.is_none() || name != COOKIES[0]);
    let response = fresh.fold(Response::html(200, html), |response, (name, value)| {
        response.with("set-cookie", &cookie(name, value, request.secure))
    });
    state.visits.push(Visit { domain: domain.to_owned(), page, cookies, at: Instant::now() });
    response
}

/// The visit that a request to a JSON login continues; without one the protection responds with 429.
pub fn behind(state: &State, domain: &str, flow: Flow, request: &Request) -> Result<Visit, Response> {
    let refused = |note: &str| Err(challenge(429, note));
    let visit = state.visits.iter().find(|visit| visit.domain == domain && visit.owns(request));
    let Some(visit) = visit else { return refused("the sign-in page was not loaded, or its cookies are missing") };
    if flow_of(path_of(&visit.page)) != Some(flow) {
        return refused("the cookies are those of another page");
    }
    if !same_address(request.header("referer").unwrap_or_default(), &visit.page) {
        return refused("the Referer is not the address of the sign-in page with its query");
    }
    if request.header("accept-language").unwrap_or_default().is_empty() {
        return refused("no Accept-Language");
    }
    match too_fast(state, visit) {
        true => refused("faster after the page than a person types"),
        false => Ok(visit.clone()),
    }
}

/// Whether less time has passed since the page than the scenario requires.
pub fn too_fast(state: &State, visit: &Visit) -> bool {
    visit.at.elapsed().as_millis() < u128::from(state.scenario.min_login_pause_ms)
}

/// Path of a URL.
pub fn path_of(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let path = rest.find('/').map_or("", |at| &rest[at..]);
    path.split('?').next().unwrap_or_default()
}

/// Whether two URLs are the same; a query may be encoded or not.
fn same_address(one: &str, other: &str) -> bool {
    let parts = |text: &str| {
        let (place, query) = text.split_once('?').unwrap_or((text, ""));
        (place.to_owned(), decode_form(query))
    };
    parts(one) == parts(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_with_their_query_in_any_encoding() {
        let page = "https://sso.garmin.com/a/sign-in?clientId=X&service=https%3A%2F%2Fb%2Fc";
        assert!(same_address("https://sso.garmin.com/a/sign-in?clientId=X&service=https://b/c", page));
        assert!(!same_address("https://sso.garmin.com/a/sign-in?clientId=X", page));
        assert!(!same_address("https://sso.garmin.com/a/sign-in", page));
        assert!(!same_address("https://sso.garmin.cn/a/sign-in?clientId=X&service=https://b/c", page));
        assert_eq!(path_of(page), "/a/sign-in");
    }
}
