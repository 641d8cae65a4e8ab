//! The JSON login with e-mail and password.

use super::challenge;
use super::sso::Flow;
use super::visit::{self, Visit};
use crate::http::{Request, Response};
use crate::scenario::LoginMode;
use crate::state::{Pending, State};
use serde_json::{Value, json};

/// After this many wrong passwords the account is locked.
const WRONG_PASSWORDS: u32 = 5;

/// Responds to a login.
pub fn answer(state: &mut State, domain: &str, flow: Flow, request: &Request) -> Response {
    let visit = match allowed(state, domain, flow, request) {
        Ok(visit) => visit,
        Err(refusal) => return refusal,
    };
    let service = match service(domain, flow, request) {
        Ok(service) => service,
        Err(refusal) => return refusal,
    };
    let (email, password) = match fields(request) {
        Ok(fields) => fields,
        Err(refusal) => return refusal,
    };
    let account = state.account_of(domain, &email);
    match account.map_or(Entry::Wrong, |account| enter(state, account, &password)) {
        Entry::Forced(mode) => forced(mode),
        Entry::Locked => refused(401, "ACCOUNT_LOCKED", "generalLoginAccountLocked", "UNAUTHORIZED"),
        Entry::Wrong => {
            refused(401, "INVALID_USERNAME_PASSWORD", "generalLoginInvalidUsernameOrPassword", "UNAUTHORIZED")
        }
        Entry::Code(_) if flow == Flow::Portal => json_error("427").note("the web login refuses accounts with MFA"),
        Entry::Code(account) => ask_code(state, account, flow, visit, request),
        Entry::In(account) => {
            let ticket = state.mint_ticket(domain, account, &service);
            let mut body = envelope("SUCCESSFUL", "", "OK");
            body["serviceURL"] = service.into();
            body["serviceTicketId"] = ticket.into();
            body["consentTypeList"] = Value::Null;
            body["authType"] = "CAS".into();
            Response::json(200, &body)
        }
    }
}

/// Whether the protection in front of a JSON login accepts the request, which has to come from a sign-in page that was
/// loaded before.
pub fn allowed(state: &State, domain: &str, flow: Flow, request: &Request) -> Result<Visit, Response> {
    match looks_wrong(domain, flow, request) {
        Some(refusal) => Err(refusal),
        None => visit::behind(state, domain, flow, request),
    }
}

/// The rejection by the protection, from the request alone.
fn looks_wrong(domain: &str, flow: Flow, request: &Request) -> Option<Response> {
    let agent = request.header("user-agent").unwrap_or_default();
    let webview = agent.contains("AppleWebKit") && agent.contains("Mobile/");
    let android = agent.contains("AppleWebKit") && agent.contains("Android") && agent.contains("wv)");
    let app = agent == "com.garmin.android.apps.connectmobile";
    let fits = match flow {
        Flow::Mobile => webview || android || app,
        Flow::Portal => agent.starts_with("Mozilla/5.0"),
    };
    if !fits {
        return Some(challenge(403, "the User-Agent is not one of this login"));
    }
    let navigates = request.header("sec-fetch-mode") == Some("navigate")
        || request.header("sec-fetch-dest") == Some("document")
        || request.header("upgrade-insecure-requests").is_some();
    // The protection rejected a plain TLS client with these headers (RCLI). It accepts them from a client that behaves
    // like a browser, including HTTP/2 (garminconnect, with curl_cffi).
    if navigates && !request.alpn.iter().any(|name| name == "h2") {
        return Some(challenge(429, "navigation headers on a JSON request"));
    }
    if request.header("origin") != Some(&format!("https://sso.{domain}")) {
        return Some(challenge(403, "no Origin of the sign-in host"));
    }
    if !request.is_type("application/json") {
        return Some(Response::html(415, "<title>Unsupported Media Type</title>").note("body is not declared JSON"));
    }
    None
}

/// The service URL, if client id and service belong together.
pub fn service(domain: &str, flow: Flow, request: &Request) -> Result<String, Response> {
    let client = request.parameter("clientId").unwrap_or_default();
    let service = request.parameter("service").unwrap_or_default();
    let known = flow.clients(domain).into_iter().any(|(id, url)| id == client && url == service);
    match known && request.parameter("locale").is_some() {
        true => Ok(service),
        false => Err(json_error("400").note("clientId, locale and service do not belong together")),
    }
}

fn fields(request: &Request) -> Result<(String, String), Response> {
    let bad = |note: &str| json_error("400").note(note);
    let body = request.json().ok_or_else(|| bad("the body is no JSON"))?;
    if !body["captchaToken"].is_string() {
        let xml = "<?xml version=\"1.0\"?><error><exception>InvalidReCaptchaException</exception></error>";
        return Err(Response::text(400, "application/xml", xml).note("captchaToken is no text"));
    }
    if !body["rememberMe"].is_boolean() {
        return Err(bad("rememberMe is no boolean"));
    }
    match (body["username"].as_str(), body["password"].as_str()) {
        (Some(email), Some(password)) => Ok((email.to_owned(), password.to_owned())),
        _ => Err(bad("username or password is no text")),
    }
}

/// The result of a password check.
pub enum Entry {
    /// The scenario decides, whatever the password.
    Forced(LoginMode),
    /// The account is locked.
    Locked,
    /// No such account, or a wrong password.
    Wrong,
    /// The password is correct, and a code is required.
    Code(usize),
    /// The password is correct.
    In(usize),
}

/// Checks a password and counts the wrong ones.
pub fn enter(state: &mut State, index: usize, password: &str) -> Entry {
    let account = &mut state.accounts[index];
    match account.spec.login {
        _ if account.locked => return Entry::Locked,
        LoginMode::Normal | LoginMode::PageMoves | LoginMode::Locked => {}
        mode => return Entry::Forced(mode),
    }
    if account.spec.password != password {
        account.wrong_passwords += 1;
        account.locked = account.wrong_passwords >= WRONG_PASSWORDS;
        return Entry::Wrong;
    }
    account.wrong_passwords = 0;
    match account.spec.mfa_code.is_some() {
        true => Entry::Code(index),
        false => Entry::In(index),
    }
}

/// The response to every login in a mode of the scenario.
fn forced(mode: LoginMode) -> Response {
    let note = "by the scenario";
    match mode {
        LoginMode::Captcha => refused(200, "CAPTCHA_REQUIRED", "", "OK"),
        LoginMode::NeedCaptcha => refused(200, "NEED_CAPTCHA", "", "OK"),
        LoginMode::RateLimitedJson => json_error("429").note(note),
        LoginMode::Json427 => json_error("427").note(note),
        other => challenge(forced_status(other), note),
    }
}

/// The status of a mode that responds with a web page.
pub fn forced_status(mode: LoginMode) -> u16 {
    match mode {
        LoginMode::RateLimitedHtml | LoginMode::RateLimitedJson | LoginMode::Page429 => 429,
        LoginMode::Status427 | LoginMode::Json427 | LoginMode::Page427 => 427,
        _ => 403,
    }
}

/// Stores the login and asks for the code that was sent by e-mail. The response sets no cookies, so those of the page
/// stay.
fn ask_code(state: &mut State, account: usize, flow: Flow, visit: Visit, request: &Request) -> Response {
    let (domain, email) = {
        let spec = &state.accounts[account].spec;
        (spec.domain.clone(), spec.email.clone())
    };
    let since = state.now();
    state.pending.push(Pending {
        visit,
        query: request.pairs(),
        headers: pinned(request),
        flow: flow.name().to_owned(),
        domain,
        account,
        sent: true,
        wrong: 0,
        since,
    });
    let mut body = envelope("MFA_REQUIRED", "", "OK");
    body["customerMfaInfo"] = json!({
        "email": masked(&email), "phoneNumber": null, "mfaLastMethodUsed": "email",
        "defaultMfaMethod": null,
        "mfaUISetting": {
            "allowPhoneOption": true, "allowAddEmailAddress": false, "chooseDifferentWayShown": false,
        },
    });
    Response::json(200, &body)
}

/// The headers that must be the same for the password and for the code.
pub fn pinned(request: &Request) -> Vec<Option<String>> {
    let names = ["user-agent", "accept", "accept-language", "origin", "referer"];
    names.map(|name| request.header(name).map(str::to_owned)).to_vec()
}

fn masked(email: &str) -> String {
    let (name, host) = email.split_once('@').unwrap_or((email, ""));
    format!("{}*****@{host}", name.chars().take(2).collect::<String>())
}

/// The common body of all responses of the login.
pub fn envelope(kind: &str, message: &str, http: &str) -> Value {
    json!({
        "serviceURL": null, "serviceTicketId": null,
        "responseStatus": {"type": kind, "message": message, "httpStatus": http},
        "responseReason": null, "customerMfaInfo": null, "consentTypeList": [],
        "captchaAlreadyPassed": false, "samlResponse": null, "authType": null,
    })
}

/// A rejection in the form of the login.
pub fn refused(status: u16, kind: &str, message: &str, http: &str) -> Response {
    Response::json(status, &envelope(kind, message, http)).note(kind)
}

/// The other form of a rejection: its code is a text and the status is 200 (400 for an invalid request).
pub fn json_error(code: &str) -> Response {
    let status = if code == "400" { 400 } else { 200 };
    Response::json(status, &json!({"error": {"status-code": code, "message": "request refused"}}))
}
