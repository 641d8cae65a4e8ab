//! The authorization endpoint: a login ticket, or a person in a browser, becomes a code.

use super::grants::{Code, Ticket, Visit};
use super::spec::McpRegion;
use super::{issuer, known_scope, refuse, value};
use crate::http::{Request, Response, encode};
use crate::state::State;

/// Issues a login ticket for a client; it works once.
pub fn ticket(state: &mut State, region: McpRegion, client: &str, account: usize) -> String {
    let text = state.word(48);
    let expires = state.now() + state.scenario.coros_mcp.code_life;
    let client = client.to_owned();
    state.coros_mcp.tickets.push(Ticket { text: text.clone(), region, client, account, expires });
    text
}

/// Responds to an authorization request. Without a valid ticket the answer is the login page.
pub fn answer(state: &mut State, region: McpRegion, request: &Request) -> Response {
    let pairs = request.pairs();
    let get = |name: &str| value(&pairs, name);
    let Some(client) = state.coros_mcp.client(region, get("client_id")).cloned() else {
        return refuse(400, "invalid_client", "no such client at this issuer");
    };
    let redirect = get("redirect_uri").to_owned();
    if !client.redirects.contains(&redirect) {
        return refuse(400, "invalid_request", "redirect_uri is not registered");
    }
    if let Err((error, why)) = check(region, &get) {
        let location = back(&redirect, "error", error, get("state"));
        return found(&location).note(why);
    }
    let scope = Some(get("scope")).filter(|scope| !scope.is_empty()).unwrap_or(&client.scope).to_owned();
    let visit = Visit {
        id: state.uuid(),
        region,
        client: client.id.clone(),
        redirect,
        scope,
        challenge: get("code_challenge").to_owned(),
        state: get("state").to_owned(),
    };
    match take_ticket(state, region, &client.id, get("login_ticket")) {
        Some(account) => with_code(state, &visit, account),
        None if state.scenario.coros_mcp.approves && !state.coros.accounts.is_empty() => with_code(state, &visit, 0),
        None => {
            let location = format!("{}/login?session={}", issuer(region), visit.id);
            state.coros_mcp.visits.push(visit);
            found(&location).note("no valid login ticket: the login page")
        }
    }
}

/// What a client has to send beside its own name and address. `resource` may be absent, but it cannot be another one.
fn check<'a>(region: McpRegion, get: &impl Fn(&str) -> &'a str) -> Result<(), (&'static str, &'static str)> {
    if get("response_type") != "code" {
        return Err(("unsupported_response_type", "response_type is not code"));
    }
    if get("code_challenge_method") != "S256" || get("code_challenge").len() != 43 {
        return Err(("invalid_request", "no code_challenge with S256"));
    }
    if !get("scope").is_empty() && !known_scope(get("scope")) {
        return Err(("invalid_scope", "unknown scope"));
    }
    let resource = get("resource");
    match resource.is_empty() || resource == format!("{}/mcp", issuer(region)) {
        true => Ok(()),
        false => Err(("invalid_target", "resource is not the one of this issuer")),
    }
}

/// The account of a ticket. A ticket in a request is used up, even if it is not valid.
fn take_ticket(state: &mut State, region: McpRegion, client: &str, text: &str) -> Option<usize> {
    let now = state.now();
    let at = state.coros_mcp.tickets.iter().position(|ticket| ticket.text == text)?;
    let ticket = state.coros_mcp.tickets.remove(at);
    (ticket.region == region && ticket.client == client && ticket.expires > now).then_some(ticket.account)
}

/// Whether a person came to the login page by this authorization request.
pub fn waits(state: &State, region: McpRegion, id: &str) -> bool {
    state.coros_mcp.visits.iter().any(|visit| visit.id == id && visit.region == region)
}

/// Sends the browser of a person who signed in back to the client.
pub fn go_back(state: &mut State, region: McpRegion, id: &str, account: usize) -> Option<Response> {
    let at = state.coros_mcp.visits.iter().position(|visit| visit.id == id && visit.region == region)?;
    let visit = state.coros_mcp.visits.remove(at);
    Some(with_code(state, &visit, account))
}

fn with_code(state: &mut State, visit: &Visit, account: usize) -> Response {
    let text = state.word(64);
    let location = back(&visit.redirect, "code", &text, &visit.state);
    let expires = state.now() + state.scenario.coros_mcp.code_life;
    state.coros_mcp.codes.push(Code { text, visit: visit.clone(), account, expires, used: None });
    found(&location)
}

/// The client's address with what it has to learn.
fn back(redirect: &str, name: &str, value: &str, state: &str) -> String {
    let sign = if redirect.contains('?') { '&' } else { '?' };
    format!("{redirect}{sign}{name}={value}&state={}", encode(state))
}

fn found(location: &str) -> Response {
    Response::empty(302).with("location", location)
}
