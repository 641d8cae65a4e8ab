//! A login without a browser on this machine: a link that a person opens on any device, and requests that ask whether
//! the person has logged in there. Pure.
//!
//! Source: the login helper of coroslab/COROS-MCP of June 2026 (reviewed 2026-11-29).

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::issuer::Issuer;
use super::oauth::{json_request, shortened};
use crate::activity::printable;
use crate::http::{Repeat, Request, Response, Secret, encode};
use crate::platform::{Error, Result, lenient_json};

/// How long the helper asks at most. The form of the service's own limit, `expiresAt`, is not known.
pub const TIME_LIMIT: Duration = Duration::from_secs(300);
/// The interval between two requests if the service states none, in seconds.
const INTERVAL_S: u64 = 3;
/// The intervals that are respected, in seconds.
const INTERVALS_S: std::ops::RangeInclusive<u64> = 1..=30;

/// A login session. It has no `Debug`: only its link is shown, to the person who logs in.
pub struct LoginSession {
    id: Secret,
    poll_token: Secret,
    /// The link to open.
    pub link: String,
    /// The time between two requests.
    pub interval: Duration,
}

/// How far a login is.
pub enum Claim {
    /// The person has not logged in yet.
    Pending,
    /// The service fails for a moment, or limits the rate of requests.
    Busy,
    /// The person has logged in. The ticket works once.
    Authorized(Secret),
    /// The login failed or was rejected: the service's code.
    Failed(String),
    /// The link is no longer valid.
    Expired,
    /// The ticket was given to another program, or its response was lost.
    Claimed,
}

/// The request for a login session.
pub fn open_request(issuer: &Issuer, client: &str) -> Request {
    json_request(&issuer.url("/api/v1/cli/login-sessions"), &json!({ "clientId": client }))
}

/// Whether the service rejects the request for a login session, perhaps because of the client. How it names an unknown
/// client is not certain.
pub fn is_rejected(response: &Response) -> bool {
    matches!(response.status, 400..=499) && !matches!(response.status, 408 | 429)
}

/// Reads a login session.
pub fn read(issuer: &Issuer, response: &Response) -> Result<LoginSession> {
    let body = lenient_json::parse(&response.body).unwrap_or_default();
    let text = |name: &str| body[name].as_str().filter(|text| !text.is_empty());
    let found = text("sessionId").zip(text("pollToken")).zip(text("loginUrl").and_then(|link| link_of(issuer, link)));
    let Some(((id, poll_token), link)) = found.filter(|_| matches!(response.status, 200 | 201)) else {
        return Err(match response.status {
            408 | 429 | 500..=599 => Error::retry_platform(format!(
                "COROS: no link for the login (HTTP {}); try again later",
                response.status
            )),
            status => Error::Unexpected(format!("COROS: unexpected response to the login (HTTP {status})")),
        });
    };
    let interval = body["intervalSeconds"].as_u64().unwrap_or(INTERVAL_S);
    let interval = interval.clamp(*INTERVALS_S.start(), *INTERVALS_S.end());
    Ok(LoginSession {
        id: Secret::new(id),
        poll_token: Secret::new(poll_token),
        link,
        interval: Duration::from_secs(interval),
    })
}

/// The link, if it leads to a page of COROS: a person types a password there.
fn link_of(issuer: &Issuer, link: &str) -> Option<String> {
    let rest = link.strip_prefix("https://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let is_plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    let is_of_coros = is_plain && (host == issuer.host() || host.ends_with(".coros.com"));
    let is_visible = link.bytes().all(|byte| byte.is_ascii_graphic());
    (is_of_coros && is_visible).then(|| printable(link))
}

/// The request whether the person has logged in. It is sent once, because its response gives the ticket once.
pub fn claim_request(issuer: &Issuer, session: &LoginSession) -> Request {
    let url = issuer.url(&format!("/api/v1/cli/login-sessions/{}/claim", encode(session.id.expose())));
    let mut request = Request::get(url).header("X-Poll-Token", session.poll_token.expose());
    request.method = "POST";
    request.body = Some(Vec::new());
    request.repeat = Repeat::Once;
    request.redact_url = true;
    request
}

/// Why a login ends without a result; `failure`: of the last request.
pub fn not_in_time(failure: Option<&str>) -> String {
    match failure {
        None => "nobody logged in before the link ended".to_owned(),
        Some(failure) => format!("COROS did not say in time whether anybody logged in ({failure})"),
    }
}

/// How long the service wants no further request.
pub fn wait(response: &Response, now: Timestamp) -> Option<Duration> {
    response.retry_after(now)?.duration_since(now).try_into().ok()
}

/// Reads the response. The helper ends the login at any status but 200; a person may need five minutes, so a failure that
/// passes does not end it here.
pub fn read_claim(response: &Response) -> Result<Claim> {
    if matches!(response.status, 408 | 429 | 500..=599) {
        return Ok(Claim::Busy);
    }
    let body = lenient_json::parse(&response.body).filter(|_| response.status == 200).unwrap_or_default();
    let code = || body["errorCode"].as_str().map(shortened).unwrap_or_default();
    match (body["status"].as_str(), body["loginTicket"].as_str().filter(|ticket| !ticket.is_empty())) {
        (Some("pending"), _) => Ok(Claim::Pending),
        (Some("authorized"), Some(ticket)) => Ok(Claim::Authorized(Secret::new(ticket))),
        (Some("failed"), _) => Ok(Claim::Failed(code())),
        (Some("expired"), _) => Ok(Claim::Expired),
        (Some("claimed"), _) => Ok(Claim::Claimed),
        _ => Err(Error::Unexpected(format!(
            "COROS: unexpected response while waiting for the login (HTTP {})",
            response.status
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer() -> Issuer {
        Issuer::parse("https://mcpeu.coros.com").unwrap()
    }

    fn answer(status: u16, body: &str) -> Response {
        Response { status, headers: Vec::new(), body: body.into() }
    }

    fn session(body: &str) -> Result<LoginSession> {
        read(&issuer(), &answer(201, body))
    }

    #[test]
    fn a_client_error_rejects_a_session_and_a_rate_limit_does_not() {
        let rejected = |status| is_rejected(&answer(status, "{}"));
        assert!([400, 401, 403, 404, 422].into_iter().all(rejected));
        assert!(![200, 201, 408, 429, 500, 503].into_iter().any(rejected));
    }

    #[test]
    fn a_session_has_a_link_to_a_page_of_coros() {
        let of = |link: &str| session(&format!(r#"{{"sessionId":"s/1","pollToken":"p","loginUrl":"{link}"}}"#));
        let opened = of("https://mcpeu.coros.com/login?session=1").unwrap();
        assert_eq!((opened.link.as_str(), opened.interval.as_secs()), ("https://mcpeu.coros.com/login?session=1", 3));
        let request = claim_request(&issuer(), &opened);
        assert_eq!(request.url, "https://mcpeu.coros.com/api/v1/cli/login-sessions/s%2F1/claim");
        assert!(request.redact_url && request.repeat == Repeat::Once);
        assert!(of("https://account.coros.com/x").is_ok());
        for bad in ["http://mcpeu.coros.com/x", "https://evilcoros.com/x", "https://a.coros.com@evil.example/", "x"] {
            assert!(matches!(of(bad), Err(Error::Unexpected(_))), "{bad}");
        }
        let slow = r#"{"sessionId":"s","pollToken":"p","loginUrl":"https://a.coros.com/","intervalSeconds":900}"#;
        assert_eq!(session(slow).unwrap().interval.as_secs(), 30);
    }

    #[test]
    fn an_unknown_client_is_no_failure_of_the_service() {
        assert!(is_rejected(&answer(400, r#"{"error":"invalid_client"}"#)) && !is_rejected(&answer(429, "")));
        assert!(matches!(read(&issuer(), &answer(503, "")), Err(Error::Retry { .. })));
        assert!(matches!(read(&issuer(), &answer(200, "<html>")), Err(Error::Unexpected(_))));
    }

    #[test]
    fn a_service_that_limits_requests_says_how_long() {
        let after = |value: &str| {
            let headers = vec![("retry-after".to_owned(), value.to_owned())];
            wait(&Response { headers, ..answer(429, "") }, Timestamp::from_second(100).unwrap())
        };
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        assert!(not_in_time(None).contains("nobody") && not_in_time(Some("HTTP 503")).contains("(HTTP 503)"));
        assert_eq!((after("soon"), after("Thu, 01 Jan 1970 00:00:07 GMT")), (None, None));
    }

    #[test]
    fn every_state_of_a_login_is_read() {
        let state = |body: &str| read_claim(&answer(200, body)).unwrap();
        assert!(matches!(state(r#"{"status":"pending"}"#), Claim::Pending));
        let authorized = state(r#"{"status":"authorized","loginTicket":"t"}"#);
        assert!(matches!(authorized, Claim::Authorized(ticket) if ticket.expose() == "t"));
        let failed = state(r#"{"status":"failed","errorCode":"ACCESS_DENIED"}"#);
        assert!(matches!(failed, Claim::Failed(code) if code == "ACCESS_DENIED"));
        assert!(matches!(state(r#"{"status":"expired"}"#), Claim::Expired));
        assert!(matches!(state(r#"{"status":"claimed","errorCode":"X"}"#), Claim::Claimed));
        for status in [408, 429, 500, 502, 503] {
            assert!(matches!(read_claim(&answer(status, "<html>")), Ok(Claim::Busy)), "{status}");
        }
        for (status, body) in [(200, "{}"), (200, r#"{"status":"authorized"}"#), (401, r#"{"status":"pending"}"#)] {
            assert!(matches!(read_claim(&answer(status, body)), Err(Error::Unexpected(_))), "{status} {body}");
        }
    }
}
