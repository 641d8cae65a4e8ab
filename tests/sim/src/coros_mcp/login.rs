//! The login without a browser on the same machine: a session with a link for any device, which the client polls.

use super::grants::{LoginSession, McpVisit, Outcome};
use super::spec::McpRegion;
use super::{authorize, issuer, refuse, value};
use crate::clock;
use crate::http::{Request, Response};
use crate::state::State;
use serde_json::{Value, json};

/// Opens a login session for a registered client.
pub fn open(state: &mut State, region: McpRegion, request: &Request) -> Response {
    let body = request.json().filter(|_| request.is_type("application/json")).unwrap_or_default();
    let Some(client) = body["clientId"].as_str() else { return refuse(400, "invalid_request", "no clientId") };
    if state.coros_mcp.client(region, client).is_none() {
        return refuse(400, "invalid_client", "no such client at this issuer");
    }
    let session = LoginSession {
        id: state.uuid(),
        poll_token: state.word(43),
        region,
        client: client.to_owned(),
        expires: state.now() + state.scenario.coros_mcp.login_life,
        outcome: Outcome::Waiting,
    };
    let mut given = json!({
        "sessionId": session.id, "pollToken": session.poll_token,
        "loginUrl": format!("{}/login?session={}", issuer(region), session.id),
        // No client reads it; its form is a guess.
        "expiresAt": clock::stamp(session.expires, "T") + "Z",
    });
    if let Some(seconds) = state.scenario.coros_mcp.poll_interval {
        given["intervalSeconds"] = seconds.into();
    }
    state.coros_mcp.logins.push(session);
    Response::json(201, &given)
}

/// Responds to a poll. The ticket is given once.
pub fn claim(state: &mut State, region: McpRegion, id: &str, request: &Request) -> Response {
    let now = state.now();
    let session = state.coros_mcp.logins.iter_mut().find(|session| session.id == id && session.region == region);
    let Some(session) = session else { return refuse(404, "not_found", "no such login session") };
    if request.header("x-poll-token") != Some(&session.poll_token) {
        return refuse(401, "unauthorized", "the poll token is not the session's");
    }
    let body = match session.outcome.clone() {
        Outcome::Claimed => json!({"status": "claimed", "errorCode": "SESSION_ALREADY_CLAIMED"}),
        Outcome::Refused => json!({"status": "failed", "errorCode": "ACCESS_DENIED"}),
        _ if session.expires <= now => json!({"status": "expired"}),
        Outcome::Waiting => json!({"status": "pending"}),
        Outcome::Approved(account) => {
            session.outcome = Outcome::Claimed;
            let client = session.client.clone();
            let ticket = authorize::ticket(state, region, &client, account);
            json!({"status": "authorized", "loginTicket": ticket})
        }
    };
    let note = body["status"].as_str().unwrap_or_default().to_owned();
    Response::json(200, &body).note(&note)
}

/// The page of the link.
pub fn page(state: &mut State, region: McpRegion, request: &Request) -> Response {
    let id = request.parameter("session").unwrap_or_default();
    if !usable(state, region, &id) && !authorize::waits(state, region, &id) {
        return Response::html(404, "<html><title>COROS</title>This link is not valid any more.</html>");
    }
    match state.scenario.coros_mcp.approves && !state.coros.accounts.is_empty() {
        true => signed_in(state, region, &id, 0),
        false => form_page(200, &id),
    }
}

/// The form of the page, as a person sends it.
pub fn form(state: &mut State, region: McpRegion, request: &Request) -> Response {
    let pairs = request.form();
    let id = value(&pairs, "session");
    let (user, password) = (value(&pairs, "userName"), value(&pairs, "password"));
    let mut accounts = state.coros.accounts.iter();
    match accounts.position(|account| account.spec.email == user && account.spec.password == password) {
        Some(account) => signed_in(state, region, id, account),
        None => form_page(401, id),
    }
}

fn form_page(status: u16, id: &str) -> Response {
    let id: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let page = format!(
        "<html><title>COROS</title><form method=\"post\" action=\"/login\"><input name=\"userName\">\
         <input name=\"password\" type=\"password\"><input name=\"session\" type=\"hidden\" value=\"{id}\"></form></html>"
    );
    Response::html(status, &page)
}

/// A person signed in: the login session ends, or the browser goes back to the client.
fn signed_in(state: &mut State, region: McpRegion, id: &str, account: usize) -> Response {
    if usable(state, region, id) {
        settle(state, id, Outcome::Approved(account));
        return Response::html(200, "<html><title>COROS</title>You can close this page.</html>");
    }
    authorize::go_back(state, region, id, account).unwrap_or_else(|| form_page(404, ""))
}

fn usable(state: &State, region: McpRegion, id: &str) -> bool {
    let now = state.now();
    let fits = |session: &&LoginSession| session.id == id && session.region == region && session.expires > now;
    state.coros_mcp.logins.iter().find(fits).is_some_and(|session| session.outcome == Outcome::Waiting)
}

fn settle(state: &mut State, id: &str, outcome: Outcome) {
    if let Some(session) = state.coros_mcp.logins.iter_mut().find(|session| session.id == id) {
        session.outcome = outcome;
    }
}

impl State {
    /// Plays the person who opens the `loginUrl` of a login session on some device, and signs in as the first account
    /// of this region of the Training Hub, or refuses. Returns whether the link was still valid.
    pub fn open_mcp_login(&mut self, region: u32, url: &str, visit: McpVisit) -> bool {
        let account = self.first_coros(region);
        let id = url.rsplit_once("session=").map_or(url, |(_, id)| id).to_owned();
        let hosts = McpRegion::ALL.into_iter().find(|one| url.starts_with(&issuer(*one)));
        if !hosts.is_some_and(|region| usable(self, region, &id)) {
            return false;
        }
        let outcome = match visit {
            McpVisit::Approve => Outcome::Approved(account),
            McpVisit::Refuse => Outcome::Refused,
        };
        settle(self, &id, outcome);
        true
    }

    /// The link of the newest login session that nobody opened yet.
    pub fn mcp_login_url(&self) -> Option<String> {
        let waiting = |session: &&LoginSession| session.outcome == Outcome::Waiting;
        let session = self.coros_mcp.logins.iter().rev().find(waiting)?;
        Some(format!("{}/login?session={}", issuer(session.region), session.id))
    }
}

/// Login sessions for `/_sim/state`, without secrets.
pub fn describe(state: &State) -> Value {
    let word = |session: &LoginSession| match session.outcome {
        Outcome::Waiting => "waiting",
        Outcome::Approved(_) => "approved",
        Outcome::Refused => "refused",
        Outcome::Claimed => "claimed",
    };
    state.coros_mcp.logins.iter().map(|session| json!({"client": session.client, "outcome": word(session)})).collect()
}
