//! Garmin's login: requests and responses. Pure; `password_login` sends.
//!
//! A password login is three requests: the sign-in page (`sign_in`); the sign-in, which returns a ticket; and the token
//! service, which exchanges the ticket for a token. Sources: recorded responses of 2026 (garth's tests) and
//! python-garminconnect 0.3, `client.py`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::block_page;
use super::domain::{Domain, app};
use super::sign_in::ACCEPT_LANGUAGE;
use super::token::Token;
use crate::http::{Request, Response, Secret, form, limit};
use crate::platform::Credentials;

/// The client id of the phone app.
pub const MOBILE_CLIENT: &str = "GCM_IOS_DARK";
/// The `User-Agent` of the phone app's web view.
pub const MOBILE_AGENT: &str =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148";
/// The client id of the token service. `GARMIN_DI_CLIENT_ID` sets a different one, in case Garmin retires this one.
pub const DI_CLIENT: &str = "GARMIN_CONNECT_MOBILE_ANDROID_DI_2025Q2";
/// The grant type, the same for garmin.cn.
const TICKET_GRANT: &str = "https://connectapi.garmin.com/di-oauth2-service/oauth/grant/service_ticket";

/// The text of the page that rejects the OAuth1 token of a garth token.
const OAUTH1_DEAD: &str = "OAuthToken is invalid";

/// A response to the sign-in.
pub enum LoginReply {
    /// Success: the ticket works once, for a minute.
    Ticket {
        /// The ticket.
        ticket: Secret,
        /// The service URL of the ticket.
        service: String,
    },
    /// A code was sent to the person.
    Mfa {
        /// The method: `email`, `sms`, …
        method: String,
        /// The address to which the code was sent, masked by the service.
        to: String,
    },
    /// The password is wrong.
    WrongPassword,
    /// The code is wrong.
    WrongCode,
    /// Too many logins, or a challenge that only a browser passes. Retries make it worse.
    RateLimited(String),
    /// The service failed.
    ServiceFailed(String),
    /// Rejected for another reason (a locked account, …): the service's message.
    Rejected(String),
}

/// The query of the login and of the second factor.
fn query(domain: &Domain) -> String {
    form(&[("clientId", MOBILE_CLIENT), ("locale", "en-US"), ("service", &domain.ios_service())])
}

fn sign_in_request(domain: &Domain, path: &str, body: &Value) -> Request {
    let url = format!("{}?{}", domain.url("sso", path), query(domain));
    Request::post(url, "application/json", body.to_string().into_bytes())
        .header("User-Agent", MOBILE_AGENT)
        .header("Accept", "application/json, text/plain, */*")
        .header("Accept-Language", ACCEPT_LANGUAGE)
        .header("Origin", domain.url("sso", ""))
}

/// The request with the password, without the cookies of the sign-in page.
pub fn login_request(domain: &Domain, credentials: &Credentials) -> Request {
    let body = json!({
        "username": credentials.user,
        "password": credentials.password.expose(),
        "rememberMe": true,
        "captchaToken": "",
    });
    sign_in_request(domain, "/mobile/api/login", &body)
}

/// The request with the second factor, without the cookies of the sign-in page.
pub fn mfa_request(domain: &Domain, method: &str, code: &Secret) -> Request {
    let body = json!({
        "mfaMethod": method,
        "mfaVerificationCode": code.expose().trim(),
        "rememberMyBrowser": true,
        "reconsentList": [],
        "mfaSetup": false,
    });
    sign_in_request(domain, "/mobile/api/mfa/verifyCode", &body)
}

/// Reads the response to a login or a second factor.
pub fn parse_answer(domain: &Domain, response: &Response) -> LoginReply {
    if let Some(status) = block_page::blocked(response) {
        return LoginReply::RateLimited(format!("too many logins ({status})"));
    }
    let Ok(body) = serde_json::from_slice::<Value>(&response.body) else {
        return match response.status {
            // Cloudflare's challenges have this status too.
            503 if is_challenge(response) => LoginReply::RateLimited("a challenge page (HTTP 503)".into()),
            500..=599 => LoginReply::ServiceFailed(format!("HTTP {}", response.status)),
            status => LoginReply::RateLimited(format!("a challenge page (HTTP {status})")),
        };
    };
    let kind = body["responseStatus"]["type"].as_str().unwrap_or("");
    let message = body["responseStatus"]["message"].as_str().unwrap_or("");
    match kind {
        "SUCCESSFUL" => match body["serviceTicketId"].as_str() {
            Some(ticket) => LoginReply::Ticket {
                ticket: Secret::new(ticket),
                service: body["serviceURL"].as_str().map_or_else(|| domain.ios_service(), str::to_owned),
            },
            None => LoginReply::Rejected("a successful login without a ticket".into()),
        },
        "MFA_REQUIRED" => {
            let info = &body["customerMfaInfo"];
            let method =
                info["mfaLastMethodUsed"].as_str().or_else(|| info["defaultMfaMethod"].as_str()).unwrap_or("email");
            let to = if method == "email" { &info["email"] } else { &info["phoneNumber"] };
            LoginReply::Mfa { method: method.to_owned(), to: to.as_str().unwrap_or(method).to_owned() }
        }
        "INVALID_USERNAME_PASSWORD" => LoginReply::WrongPassword,
        kind if is_wrong_code(kind) => LoginReply::WrongCode,
        kind if kind.to_ascii_uppercase().contains("CAPTCHA") => {
            LoginReply::RateLimited("a CAPTCHA is required".into())
        }
        _ if response.status >= 500 => LoginReply::ServiceFailed(format!("HTTP {}", response.status)),
        "" if response.status == 403 => LoginReply::RateLimited("access denied (HTTP 403)".into()),
        "" => LoginReply::Rejected(format!("unknown response (HTTP {})", response.status)),
        kind => LoginReply::Rejected(format!("{kind} {message}").trim().to_owned()),
    }
}

/// Whether a page is a challenge that only a browser passes, by its text or its Cloudflare header.
pub fn is_challenge(response: &Response) -> bool {
    let page = String::from_utf8_lossy(&response.body).to_ascii_lowercase();
    response.header("cf-mitigated").is_some()
        || ["just a moment", "challenge", "captcha"].iter().any(|word| page.contains(word))
}

/// Whether a response type means a wrong code. No recording has this type, so a type that contains both "code" and
/// "wrong" counts. Any other type (expired, too many attempts) ends the login.
fn is_wrong_code(kind: &str) -> bool {
    let contains = |words: &[&str]| words.iter().any(|word| kind.contains(word));
    contains(&["MFA", "CODE"]) && contains(&["INVALID", "WRONG", "INCORRECT", "MISMATCH"])
}

/// The request to exchange a ticket for a token. `service` must be exactly that of the ticket, or the ticket is
/// rejected *and* invalidated.
pub fn exchange_request(domain: &Domain, client_id: &str, ticket: &Secret, service: &str) -> Request {
    let body = form(&[
        ("client_id", client_id),
        ("service_ticket", ticket.expose()),
        ("grant_type", TICKET_GRANT),
        ("service_url", service),
    ]);
    token_request(domain, client_id, body)
}

/// The request to renew a token, which invalidates the refresh token.
pub fn refresh_request(domain: &Domain, client_id: &str, refresh_token: &str) -> Request {
    token_request(
        domain,
        client_id,
        form(&[("grant_type", "refresh_token"), ("client_id", client_id), ("refresh_token", refresh_token)]),
    )
}

fn token_request(domain: &Domain, client_id: &str, body: String) -> Request {
    let url = domain.url("diauth", "/di-oauth2-service/oauth/token");
    app(Request::post(url, "application/x-www-form-urlencoded", body.into_bytes()))
        .limit(limit::SMALL)
        .header("Authorization", format!("Basic {}", STANDARD.encode(format!("{client_id}:"))))
        .header("Accept", "application/json")
        .header("Cache-Control", "no-cache")
}

/// Why the token service did not issue a token.
#[derive(Debug, PartialEq, Eq)]
pub enum TokenError {
    /// The ticket or token is rejected: the service's message.
    Rejected(String),
    /// The service is rate limited or failed, for this reason.
    Retry(String),
}

/// Reads the response of the token service.
pub fn parse_token(
    domain: &Domain,
    client_id: &str,
    source: &str,
    response: &Response,
    now: Timestamp,
) -> Result<Token, TokenError> {
    if let Some(status) = block_page::blocked(response) {
        return Err(TokenError::Retry(format!("Garmin's token service: rate limited (HTTP {status})")));
    }
    // A garth token is rejected with a web page (garth issue 21, endurain issue 178).
    if response.status == 401 && String::from_utf8_lossy(&response.body).contains(OAUTH1_DEAD) {
        return Err(TokenError::Rejected(OAUTH1_DEAD.into()));
    }
    if block_page::is_web_page(response) {
        return Err(TokenError::Retry(block_page::web_page(response, "a token")));
    }
    let body: Value = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
    match response.status {
        200..=299 => Token::from_response(&body, domain, client_id, source, now)
            .ok_or_else(|| TokenError::Retry("Garmin's token service sent no token".into())),
        400 | 401 if body.is_object() => {
            let words = body["error_description"]
                .as_str()
                .or(body["error"].as_str())
                .or(body["message"].as_str())
                .unwrap_or("no reason given");
            Err(TokenError::Rejected(without_token(words)))
        }
        status => Err(TokenError::Retry(format!("Garmin's token service: HTTP {status}"))),
    }
}

/// The service's message up to the first colon, because the rest quotes the token ("Invalid refresh token: …"), and
/// without any word that could be a token.
fn without_token(words: &str) -> String {
    let plain = words.split(':').next().unwrap_or("").split_whitespace();
    let shown = plain.map(|word| if word.len() > 24 || word.contains("ST-") { "***" } else { word });
    shown.collect::<Vec<_>>().join(" ").chars().take(120).collect()
}

#[cfg(test)]
#[path = "login_tests.rs"]
mod tests;
