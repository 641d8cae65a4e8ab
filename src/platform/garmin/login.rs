//! Garmin's login: what is asked, and what the answers mean. Pure; `account.rs` sends.
//!
//! One password login is three requests: the sign-in page (`visit`), the sign-in, which gives a ticket, and the token
//! service, which takes it. Shapes: recorded replies of 2026 (garth's tests) and python-garminconnect 0.3, `client.py`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::block_page;
use super::domain::{Site, app};
use super::sign_in::ACCEPT_LANGUAGE;
use super::token::Token;
use crate::http::{Request, Response, Secret, form, limit};
use crate::platform::Credentials;

/// The app a person's phone would log in with.
pub const MOBILE_CLIENT: &str = "GCM_IOS_DARK";
/// How its web view introduces itself.
pub const MOBILE_AGENT: &str =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148";
/// The token service's client; `GARMIN_DI_CLIENT_ID` sets another, should Garmin retire this one.
pub const DI_CLIENT: &str = "GARMIN_CONNECT_MOBILE_ANDROID_DI_2025Q2";
/// A constant name, the same for garmin.cn.
const TICKET_GRANT: &str = "https://connectapi.garmin.com/di-oauth2-service/oauth/grant/service_ticket";

/// In the page that refuses the long-lived half of a garth token.
const OAUTH1_DEAD: &str = "OAuthToken is invalid";

/// What the sign-in said.
pub enum Answer {
    /// Logged in: exchange this, once, within a minute.
    Ticket {
        /// The ticket.
        ticket: Secret,
        /// The service it is for.
        service: String,
    },
    /// A code was sent to the person.
    Mfa {
        /// How: `email`, `sms`, …
        method: String,
        /// Where to, masked by the service.
        to: String,
    },
    /// The password is wrong.
    Wrong,
    /// The code is wrong.
    WrongCode,
    /// Too many logins, or a test that only a browser passes. Trying again makes it worse.
    TurnedAway(String),
    /// The service is in trouble.
    Trouble(String),
    /// Something else that ends the login (a locked account, …): the service's words.
    Stopped(String),
}

/// The query that login and second factor share.
fn query(site: &Site) -> String {
    form(&[("clientId", MOBILE_CLIENT), ("locale", "en-US"), ("service", &site.ios_service())])
}

fn sign_in(site: &Site, path: &str, body: &Value) -> Request {
    let url = format!("{}?{}", site.url("sso", path), query(site));
    Request::post(url, "application/json", body.to_string().into_bytes())
        .header("User-Agent", MOBILE_AGENT)
        .header("Accept", "application/json, text/plain, */*")
        .header("Accept-Language", ACCEPT_LANGUAGE)
        .header("Origin", site.url("sso", ""))
}

/// The request with the password, without what the sign-in page adds to it.
pub fn login_request(site: &Site, credentials: &Credentials) -> Request {
    let body = json!({
        "username": credentials.user,
        "password": credentials.password.expose(),
        "rememberMe": true,
        "captchaToken": "",
    });
    sign_in(site, "/mobile/api/login", &body)
}

/// The second factor, within the login that asked for it and without what the sign-in page adds to it.
pub fn mfa_request(site: &Site, method: &str, code: &Secret) -> Request {
    let body = json!({
        "mfaMethod": method,
        "mfaVerificationCode": code.expose().trim(),
        "rememberMyBrowser": true,
        "reconsentList": [],
        "mfaSetup": false,
    });
    sign_in(site, "/mobile/api/mfa/verifyCode", &body)
}

/// Reads the answer to a login or to a second factor.
pub fn parse_answer(site: &Site, response: &Response) -> Answer {
    if let Some(status) = block_page::blocked(response) {
        return Answer::TurnedAway(format!("too many logins ({status})"));
    }
    let Ok(body) = serde_json::from_slice::<Value>(&response.body) else {
        return match response.status {
            // Cloudflare's tests come under this status too.
            503 if is_challenge(response) => {
                Answer::TurnedAway("a challenge page instead of an answer (HTTP 503)".into())
            }
            500..=599 => Answer::Trouble(format!("HTTP {}", response.status)),
            status => Answer::TurnedAway(format!("a challenge page instead of an answer (HTTP {status})")),
        };
    };
    let kind = body["responseStatus"]["type"].as_str().unwrap_or("");
    let message = body["responseStatus"]["message"].as_str().unwrap_or("");
    match kind {
        "SUCCESSFUL" => match body["serviceTicketId"].as_str() {
            Some(ticket) => Answer::Ticket {
                ticket: Secret::new(ticket),
                service: body["serviceURL"].as_str().map_or_else(|| site.ios_service(), str::to_owned),
            },
            None => Answer::Stopped("the service reports success but gave no ticket".into()),
        },
        "MFA_REQUIRED" => {
            let info = &body["customerMfaInfo"];
            let method =
                info["mfaLastMethodUsed"].as_str().or_else(|| info["defaultMfaMethod"].as_str()).unwrap_or("email");
            let to = if method == "email" { &info["email"] } else { &info["phoneNumber"] };
            Answer::Mfa { method: method.to_owned(), to: to.as_str().unwrap_or(method).to_owned() }
        }
        "INVALID_USERNAME_PASSWORD" => Answer::Wrong,
        kind if is_wrong_code(kind) => Answer::WrongCode,
        kind if kind.to_ascii_uppercase().contains("CAPTCHA") => Answer::TurnedAway("a CAPTCHA is asked for".into()),
        _ if response.status >= 500 => Answer::Trouble(format!("HTTP {}", response.status)),
        "" if response.status == 403 => Answer::TurnedAway("access denied (HTTP 403)".into()),
        "" => Answer::Stopped(format!("an unknown answer (HTTP {})", response.status)),
        kind => Answer::Stopped(format!("{kind} {message}").trim().to_owned()),
    }
}

/// Whether a page is a test that only a browser passes, by its words or by the mark of the protection.
pub fn is_challenge(response: &Response) -> bool {
    let page = String::from_utf8_lossy(&response.body).to_ascii_lowercase();
    response.header("cf-mitigated").is_some()
        || ["just a moment", "challenge", "captcha"].iter().any(|word| page.contains(word))
}

/// The name for a wrong code was never recorded; one that says both "code" and "wrong" is taken for it. Any other name
/// (expired, too many attempts) ends the login.
fn is_wrong_code(kind: &str) -> bool {
    let says = |words: &[&str]| words.iter().any(|word| kind.contains(word));
    says(&["MFA", "CODE"]) && says(&["INVALID", "WRONG", "INCORRECT", "MISMATCH"])
}

/// Exchanges a ticket for a token. `service` must be the one the ticket was made for, to the letter, or the ticket is
/// refused *and* spent.
pub fn exchange_request(site: &Site, client_id: &str, ticket: &Secret, service: &str) -> Request {
    let body = form(&[
        ("client_id", client_id),
        ("service_ticket", ticket.expose()),
        ("grant_type", TICKET_GRANT),
        ("service_url", service),
    ]);
    token_request(site, client_id, body)
}

/// Renews a token; the one it came with is spent.
pub fn refresh_request(site: &Site, client_id: &str, refresh_token: &str) -> Request {
    token_request(
        site,
        client_id,
        form(&[("grant_type", "refresh_token"), ("client_id", client_id), ("refresh_token", refresh_token)]),
    )
}

fn token_request(site: &Site, client_id: &str, body: String) -> Request {
    let url = site.url("diauth", "/di-oauth2-service/oauth/token");
    app(Request::post(url, "application/x-www-form-urlencoded", body.into_bytes()))
        .limit(limit::SMALL)
        .header("Authorization", format!("Basic {}", STANDARD.encode(format!("{client_id}:"))))
        .header("Accept", "application/json")
        .header("Cache-Control", "no-cache")
}

/// Why the token service gave no token.
#[derive(Debug, PartialEq, Eq)]
pub enum NoToken {
    /// It refused the ticket or token: the service's words.
    Refused(String),
    /// It has no time, or is in trouble.
    Later(String),
}

/// Reads the token service's answer.
pub fn parse_token(
    site: &Site,
    client_id: &str,
    source: &str,
    response: &Response,
    now: Timestamp,
) -> Result<Token, NoToken> {
    if let Some(status) = block_page::blocked(response) {
        return Err(NoToken::Later(format!("the token service limits the rate of requests ({status})")));
    }
    if block_page::is_web_page(response) {
        return Err(NoToken::Later(block_page::web_page("a token")));
    }
    let body: Value = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
    match response.status {
        200..=299 => Token::from_answer(&body, site, client_id, source, now)
            .ok_or_else(|| NoToken::Later("the token service sent no token".into())),
        400 | 401 if body.is_object() => {
            let words = body["error_description"]
                .as_str()
                .or(body["error"].as_str())
                .or(body["message"].as_str())
                .unwrap_or("no reason given");
            Err(NoToken::Refused(words_without_token(words)))
        }
        // The older kind of token is refused with a page (garth issue 21, endurain issue 178).
        401 if String::from_utf8_lossy(&response.body).contains(OAUTH1_DEAD) => {
            Err(NoToken::Refused(OAUTH1_DEAD.into()))
        }
        status => Err(NoToken::Later(format!("the token service answered HTTP {status}"))),
    }
}

/// The service's words up to the first colon, as what follows quotes the token ("Invalid refresh token: …"), and without
/// any word that could be one.
fn words_without_token(words: &str) -> String {
    let plain = words.split(':').next().unwrap_or("").split_whitespace();
    let shown = plain.map(|word| if word.len() > 24 || word.contains("ST-") { "***" } else { word });
    shown.collect::<Vec<_>>().join(" ").chars().take(120).collect()
}

#[cfg(test)]
#[path = "login_tests.rs"]
mod tests;
