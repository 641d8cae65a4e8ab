//! The JSON login with e-mail and password.

use super::challenge;
use super::sso::{Flow, cookie};
use crate::http::{Request, Response};
use crate::scenario::LoginMode;
use crate::state::{Pending, State};
use serde_json::{Value, json};

/// After so many wrong passwords the account is locked.
const WRONG_PASSWORDS: u32 = 5;

/// Answers a login.
pub fn answer(state: &mut State, domain: &str, flow: Flow, request: &Request) -> Response {
    if let Some(refusal) = looks_wrong(domain, flow, request) {
        return refusal;
    }
    let service = match service(domain, flow, request) {
        Ok(service) => service,
        Err(refusal) => return refusal,
    };
    let (email, password) = match fields(request) {
        Ok(fields) => fields,
        Err(refusal) => return refusal,
    };
    let same =
        |a: &crate::garmin::account::Account| a.spec.domain == domain && a.spec.email.eq_ignore_ascii_case(&email);
    match state.accounts.iter().position(same) {
        Some(account) => enter(state, account, flow, &service, &password, request),
        None => refused(401, "INVALID_USERNAME_PASSWORD", "generalLoginInvalidUsernameOrPassword", "UNAUTHORIZED"),
    }
}

/// What the protection in front of the login notices, before the login itself is reached.
pub fn looks_wrong(domain: &str, flow: Flow, request: &Request) -> Option<Response> {
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
    if navigates {
        return Some(challenge(429, "navigation headers on a JSON request"));
    }
    if request.header("origin") != Some(&format!("https://sso.{domain}")) {
        return Some(challenge(403, "no Origin of the sign-in host"));
    }
    if flow == Flow::Portal && !request.header("referer").unwrap_or_default().contains("/portal/sso/") {
        return Some(challenge(403, "no Referer of the sign-in page"));
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

fn enter(state: &mut State, index: usize, flow: Flow, service: &str, password: &str, request: &Request) -> Response {
    let account = &mut state.accounts[index];
    if let Some(answer) = forced(account.spec.login, account.locked) {
        return answer;
    }
    if account.spec.password != password {
        account.wrong_passwords += 1;
        account.locked = account.wrong_passwords >= WRONG_PASSWORDS;
        let message = "generalLoginInvalidUsernameOrPassword";
        return refused(401, "INVALID_USERNAME_PASSWORD", message, "UNAUTHORIZED");
    }
    account.wrong_passwords = 0;
    let domain = account.spec.domain.clone();
    match account.spec.mfa_code.is_some() {
        true if flow == Flow::Portal => json_error("427").note("the web login refuses accounts with MFA"),
        true => ask_code(state, index, flow, request),
        false => {
            let ticket = state.mint_ticket(&domain, index, service);
            let mut body = envelope("SUCCESSFUL", "", "OK");
            body["serviceURL"] = service.into();
            body["serviceTicketId"] = ticket.into();
            body["consentTypeList"] = Value::Null;
            body["authType"] = "CAS".into();
            Response::json(200, &body)
        }
    }
}

/// Answers that do not depend on the password.
fn forced(mode: LoginMode, locked: bool) -> Option<Response> {
    let captcha = |kind| refused(200, kind, "", "OK");
    match mode {
        _ if locked => Some(refused(401, "ACCOUNT_LOCKED", "generalLoginAccountLocked", "UNAUTHORIZED")),
        LoginMode::Normal | LoginMode::Locked => None,
        LoginMode::Captcha => Some(captcha("CAPTCHA_REQUIRED")),
        LoginMode::NeedCaptcha => Some(captcha("NEED_CAPTCHA")),
        LoginMode::RateLimitedHtml => Some(challenge(429, "rate limited by the scenario")),
        LoginMode::RateLimitedJson => Some(json_error("429").note("rate limited by the scenario")),
        LoginMode::Challenge => Some(challenge(403, "challenged by the scenario")),
        LoginMode::Json427 => Some(json_error("427").note("427 by the scenario")),
    }
}

/// Remembers the login and asks for the code that was sent by mail.
fn ask_code(state: &mut State, account: usize, flow: Flow, request: &Request) -> Response {
    let cookies = ["SESSION", "__cflb"].map(|name| (name.to_owned(), state.word(32)));
    let (domain, email) = {
        let spec = &state.accounts[account].spec;
        (spec.domain.clone(), spec.email.clone())
    };
    let since = state.now();
    state.pending.push(Pending {
        cookies: cookies.to_vec(),
        query: request.pairs(),
        flow: flow.name().to_owned(),
        domain,
        account,
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
    cookies.iter().fold(Response::json(200, &body), |response, (name, value)| {
        response.with("set-cookie", &cookie(name, value, request.secure))
    })
}

fn masked(email: &str) -> String {
    let (name, host) = email.split_once('@').unwrap_or((email, ""));
    format!("{}*****@{host}", name.chars().take(2).collect::<String>())
}

/// The body that all answers of the login share.
pub fn envelope(kind: &str, message: &str, http: &str) -> Value {
    json!({
        "serviceURL": null, "serviceTicketId": null,
        "responseStatus": {"type": kind, "message": message, "httpStatus": http},
        "responseReason": null, "customerMfaInfo": null, "consentTypeList": [],
        "captchaAlreadyPassed": false, "samlResponse": null, "authType": null,
    })
}

/// A refusal in the login's own words.
pub fn refused(status: u16, kind: &str, message: &str, http: &str) -> Response {
    Response::json(status, &envelope(kind, message, http)).note(kind)
}

/// The other form of a refusal; its code is text and the status is 200 (400 for a bad request).
pub fn json_error(code: &str) -> Response {
    let status = if code == "400" { 400 } else { 200 };
    Response::json(status, &json!({"error": {"status-code": code, "message": "request refused"}}))
}
