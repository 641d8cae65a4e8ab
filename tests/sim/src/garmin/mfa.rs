//! The code of the second factor, which continues a login.

use super::challenge;
use super::login::{allowed, envelope, json_error, pinned, refused, service};
use super::sso::Flow;
use crate::http::{Request, Response};
use crate::state::{Pending, State};

/// How many seconds a login waits for its code.
pub const WAITS: i64 = 600;

/// This many wrong codes end the login.
pub const WRONG_CODES: u32 = 5;

/// Responds to a code.
pub fn answer(state: &mut State, domain: &str, flow: Flow, request: &Request) -> Response {
    if let Err(refusal) = allowed(state, domain, flow, request) {
        return refusal;
    }
    let service = match service(domain, flow, request) {
        Ok(service) => service,
        Err(refusal) => return refusal,
    };
    let code = match code(request) {
        Ok(code) => code,
        Err(note) => return json_error("400").note(note),
    };
    let now = state.now();
    state.pending.retain(|pending| now - pending.since < WAITS);
    let ours = |p: &Pending| p.domain == domain && p.flow == flow.name() && belongs(p, request);
    let Some(at) = state.pending.iter().position(ours) else {
        return refused(401, "SESSION_EXPIRED", "mfaSessionExpired", "UNAUTHORIZED");
    };
    if state.pending[at].headers != pinned(request) {
        return challenge(429, "the headers are not those of the login");
    }
    let account = state.pending[at].account;
    if state.accounts[account].spec.mfa_code.as_deref() != Some(&code) {
        return wrong_code(state, at);
    }
    state.pending.remove(at);
    let ticket = state.mint_ticket(domain, account, &service);
    let mut body = envelope("SUCCESSFUL", "", "OK");
    body["serviceURL"] = service.into();
    body["serviceTicketId"] = ticket.into();
    body["authType"] = "CAS".into();
    // The recorded response to a code has none of these three fields.
    if let Some(fields) = body.as_object_mut() {
        for name in ["customerMfaInfo", "consentTypeList", "captchaAlreadyPassed"] {
            fields.remove(name);
        }
    }
    Response::json(200, &body)
}

/// Whether the request belongs to the login: it has the same query, and every cookie of the login's sign-in page.
fn belongs(pending: &Pending, request: &Request) -> bool {
    let mut asked = request.pairs();
    let mut began = pending.query.clone();
    asked.sort();
    began.sort();
    asked == began && pending.visit.owns(request)
}

fn code(request: &Request) -> Result<String, &'static str> {
    let body = request.json().ok_or("the body is no JSON")?;
    let typed = body["mfaMethod"].is_string()
        && body["rememberMyBrowser"].is_boolean()
        && body["reconsentList"].is_array()
        && body["mfaSetup"].is_boolean();
    match body["mfaVerificationCode"].as_str() {
        Some(code) if typed => Ok(code.to_owned()),
        _ => Err("a field is missing or of another type"),
    }
}

/// The response to a wrong code. The login stays open, so that the user can try again, up to a limit.
fn wrong_code(state: &mut State, at: usize) -> Response {
    state.pending[at].wrong += 1;
    if state.pending[at].wrong >= WRONG_CODES {
        state.pending.remove(at);
    }
    refused(401, "MFA_CODE_INVALID", "mfaCodeInvalid", "UNAUTHORIZED")
}
