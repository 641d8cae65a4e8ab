//! `diauth.D`: exchanges tickets and refresh tokens for new tokens.

use super::tokens::{CLIENT_IDS, Grant, Ticket};
use crate::http::{Request, Response};
use crate::state::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

/// The grant type of a ticket, which is the same on both domains.
const TICKET_GRANT: &str = "https://connectapi.garmin.com/di-oauth2-service/oauth/grant/service_ticket";

/// Responds to a request to the token host.
pub fn answer(state: &mut State, domain: &str, request: &Request) -> Response {
    if request.path != "/di-oauth2-service/oauth/token" {
        return super::error(404, "NotFoundException");
    }
    if request.method != "POST" {
        return super::error(405, "NotAllowedException");
    }
    if request.header("user-agent").unwrap_or_default().is_empty() {
        return super::error(403, "ForbiddenException").note("no User-Agent");
    }
    if !request.is_type("application/x-www-form-urlencoded") {
        return refuse(415, "invalid_request", "Content type not supported");
    }
    let form = Form(request.form());
    // A ticket in a request is used up, even if the rest of the request is invalid.
    let ticket = state.take_ticket(form.get("service_ticket"));
    let client = form.get("client_id").to_owned();
    if basic(request).as_deref() != Some(&format!("{client}:")) || !CLIENT_IDS.contains(&client.as_str()) {
        return refuse(401, "invalid_client", "Bad client credentials");
    }
    match form.get("grant_type") {
        TICKET_GRANT => exchange(state, domain, &client, ticket, form.get("service_url")),
        "refresh_token" => refresh(state, domain, &client, form.get("refresh_token")),
        _ => refuse(400, "unsupported_grant_type", "Unsupported grant type"),
    }
}

fn exchange(state: &mut State, domain: &str, client: &str, ticket: Option<Ticket>, service: &str) -> Response {
    let Some(ticket) = ticket else { return bad_ticket("no such ticket") };
    // The host of garmin.com accepts tickets of garmin.cn, but its tokens for them can never be renewed.
    if ticket.domain != domain && domain != "garmin.com" {
        return bad_ticket("ticket of the other domain");
    }
    if ticket.service != service {
        return bad_ticket("service_url is not the ticket's");
    }
    if state.now() - ticket.issued > state.scenario.ticket_life {
        return bad_ticket("ticket too old");
    }
    let account = state.lies.account(&state.accounts, ticket.account);
    let embed = ticket.service.ends_with("/sso/embed");
    let inactive = embed && state.accounts[account].spec.embed_tokens_refused;
    let own = Grant::of(&ticket.domain, account, client);
    Response::json(200, &state.mint_pair(&Grant { inactive, issuer: domain.to_owned(), ..own }))
}

fn refresh(state: &mut State, domain: &str, client: &str, text: &str) -> Response {
    let now = state.now();
    let Some(token) = state.tokens.refresh.iter_mut().find(|token| token.text == text) else {
        return refuse(400, "invalid_grant", "Invalid refresh token: unknown");
    };
    if token.domain != domain || token.orphan {
        return refuse(400, "invalid_grant", "User doesn't exist in DB for GarminGUID");
    }
    if token.dead || token.expires <= now || token.client != client {
        return refuse(400, "invalid_grant", "Invalid refresh token: no longer valid");
    }
    token.dead = true;
    let (account, inactive) = (token.account, token.inactive);
    let account = state.lies.account(&state.accounts, account);
    Response::json(200, &state.mint_pair(&Grant { inactive, ..Grant::of(domain, account, client) }))
}

fn bad_ticket(note: &str) -> Response {
    refuse(400, "invalid_grant", "invalid service ticket provided").note(note)
}

fn refuse(status: u16, error: &str, description: &str) -> Response {
    Response::json(status, &json!({"error": error, "error_description": description})).note(description)
}

struct Form(Vec<(String, String)>);

impl Form {
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

fn basic(request: &Request) -> Option<String> {
    let encoded = request.header("authorization")?.strip_prefix("Basic ")?;
    String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
}
