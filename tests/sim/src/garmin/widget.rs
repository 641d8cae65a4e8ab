//! The widget: a login by HTML forms, whose responses are recognised by their titles.

use super::challenge;
use super::login::{Entry, enter, forced_status};
use super::mfa::{WAITS, WRONG_CODES};
use super::sso::missing;
use super::visit::{self, Visit};
use crate::http::{Request, Response};
use crate::state::{Pending, State};

/// Title of the sign-in page and also, which confuses clients, of the page that asks for a code.
const TITLE: &str = "GARMIN Authentication Application";

/// Responds to a request below `/sso/`.
pub fn answer(state: &mut State, domain: &str, request: &Request) -> Response {
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/sso/embed") => embed(state, domain, request),
        ("GET", "/sso/signin") => form(state, domain, request),
        ("POST", "/sso/signin") => sign_in(state, domain, request),
        ("POST", "/sso/verifyMFA/mfaCode") => send_code(state, domain, request),
        ("POST", "/sso/verifyMFA/loginEnterMfaCode") => verify(state, domain, request),
        _ => missing(),
    }
}

fn embed_url(domain: &str) -> String {
    format!("https://sso.{domain}/sso/embed")
}

fn page(title: &str, body: &str) -> Response {
    Response::html(200, &format!("<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}</body></html>"))
}

fn token_field(csrf: &str) -> String {
    format!("<form method=\"post\"><input type=\"hidden\" name=\"_csrf\" value=\"{csrf}\" /></form>")
}

/// The rejection of a request that does not come from the widget's own pages.
fn stranger(note: &str) -> Response {
    challenge(403, note)
}

/// The frame, which sets the cookies.
fn embed(state: &mut State, domain: &str, request: &Request) -> Response {
    if let Some(refusal) = visit::closed(state, domain, request) {
        return refusal;
    }
    visit::opened(state, domain, request, &format!("<html><head><title>{TITLE}</title></head></html>"))
}

/// The frame that a request belongs to, by its cookies.
fn behind(state: &State, domain: &str, request: &Request) -> Result<Visit, Response> {
    let frame =
        |visit: &&Visit| visit.domain == domain && visit::path_of(&visit.page) == "/sso/embed" && visit.owns(request);
    state.visits.iter().find(frame).cloned().ok_or_else(|| stranger("the cookies of the embedding page are missing"))
}

/// Whether the query names the frame in all required parameters.
fn names_frame(domain: &str, request: &Request) -> bool {
    let frame = embed_url(domain);
    let of = |name: &str| request.parameter(name).unwrap_or_default();
    let places = ["gauthHost", "service", "source", "redirectAfterAccountLoginUrl", "redirectAfterAccountCreationUrl"];
    of("id") == "gauth-widget" && of("embedWidget") == "true" && places.iter().all(|name| of(name) == frame)
}

/// The CSRF token that a form has to send back, from the session of the visit.
fn csrf(visit: &Visit) -> String {
    visit.cookies.iter().map(|(_, value)| value.as_str()).take(1).collect::<String>().to_lowercase()
}

/// The sign-in page with its form.
fn form(state: &mut State, domain: &str, request: &Request) -> Response {
    let visit = match behind(state, domain, request) {
        Ok(visit) => visit,
        Err(refusal) => return refusal,
    };
    let referer = request.header("referer").unwrap_or_default();
    if !names_frame(domain, request) || !referer.starts_with(&embed_url(domain)) {
        return stranger("the query or the Referer does not name the embedding page");
    }
    page(TITLE, &token_field(&csrf(&visit)))
}

/// Reads a form that was sent from the sign-in page or the page of the code.
fn sent_form(state: &State, domain: &str, request: &Request) -> Result<(Visit, Vec<(String, String)>), Response> {
    let visit = behind(state, domain, request)?;
    let form = request.form();
    let referer = request.header("referer").unwrap_or_default();
    if !referer.starts_with(&format!("https://sso.{domain}/sso/signin?")) || !names_frame(domain, request) {
        return Err(stranger("the query or the Referer does not name the sign-in page"));
    }
    if !request.is_type("application/x-www-form-urlencoded") || field(&form, "embed") != "true" {
        return Err(stranger("no form of the widget"));
    }
    if field(&form, "_csrf") != csrf(&visit) {
        return Err(stranger("_csrf is not the page's"));
    }
    Ok((visit, form))
}

fn field<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

fn sign_in(state: &mut State, domain: &str, request: &Request) -> Response {
    let (visit, form) = match sent_form(state, domain, request) {
        Ok(sent) => sent,
        Err(refusal) => return refusal,
    };
    if visit::too_fast(state, &visit) {
        return challenge(429, "faster after the page than a person types");
    }
    let account = state.account_of(domain, field(&form, "username"));
    match account.map_or(Entry::Wrong, |account| enter(state, account, field(&form, "password"))) {
        Entry::Forced(mode) => challenge(forced_status(mode), "by the scenario"),
        Entry::Locked => page("Account Locked", "").note("locked"),
        Entry::Wrong => page("Invalid Username or Password", "").note("no such account, or another password"),
        Entry::Code(account) => ask_code(state, domain, account, visit, request),
        Entry::In(account) => success(state, domain, account),
    }
}

fn success(state: &mut State, domain: &str, account: usize) -> Response {
    let service = embed_url(domain);
    let ticket = state.mint_ticket(domain, account, &service);
    page("Success", &format!("<script>var response_url = \"{service}?ticket={ticket}\";</script>"))
}

/// The page that asks for a code. The code is sent only when the page's script requests it.
fn ask_code(state: &mut State, domain: &str, account: usize, visit: Visit, request: &Request) -> Response {
    let script = format!(
        "<script>var customerGuid = \"{}\";\nvar mfaMethod = \"email\";\nvar locale = \"en_US\";\n\
         var clientId = \"\";\nvar codeSentTo = \"\";</script>",
        guid(account)
    );
    let body = script + &token_field(&csrf(&visit));
    let since = state.now();
    state.pending.push(Pending {
        visit,
        query: request.pairs(),
        headers: Vec::new(),
        flow: "widget".to_owned(),
        domain: domain.to_owned(),
        account,
        sent: false,
        wrong: 0,
        since,
    });
    page(TITLE, &body)
}

fn guid(account: usize) -> String {
    format!("00000000-0000-4000-b000-{account:012}")
}

/// Position of the login that a request continues.
fn waiting(state: &mut State, domain: &str, request: &Request) -> Option<usize> {
    let now = state.now();
    state.pending.retain(|pending| now - pending.since < WAITS);
    let ours = |p: &Pending| p.flow == "widget" && p.domain == domain && p.visit.owns(request);
    state.pending.iter().position(ours)
}

fn send_code(state: &mut State, domain: &str, request: &Request) -> Response {
    let Some(at) = waiting(state, domain, request) else { return stranger("nobody waits for a code here") };
    let body = request.json().unwrap_or_default();
    let account = state.pending[at].account;
    if body["customerGuid"] != guid(account).as_str() || body["mfaMethod"] != "email" || !body["locale"].is_string() {
        return Response::html(400, "<title>Bad Request</title>").note("customerGuid, mfaMethod or locale");
    }
    state.pending[at].sent = true;
    Response::json(200, &serde_json::json!({"sent": true}))
}

fn verify(state: &mut State, domain: &str, request: &Request) -> Response {
    let form = match sent_form(state, domain, request) {
        Ok((_, form)) => form,
        Err(refusal) => return refusal,
    };
    let Some(at) = waiting(state, domain, request) else { return stranger("nobody waits for a code here") };
    let account = state.pending[at].account;
    let code = state.accounts[account].spec.mfa_code.as_deref();
    let right = state.pending[at].sent && code == Some(field(&form, "mfa-code"));
    if !right || field(&form, "fromPage") != "setupEnterMfaCode" {
        state.pending[at].wrong += 1;
        if state.pending[at].wrong >= WRONG_CODES {
            state.pending.remove(at);
        }
        return page("Enter MFA code", "").note("a wrong code, or none was sent");
    }
    state.pending.remove(at);
    success(state, domain, account)
}
