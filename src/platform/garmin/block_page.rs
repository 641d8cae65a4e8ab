//! Recognises responses of the proxies in front of Garmin's services: rate limits and web pages. They say nothing about
//! the request or its token. Pure.

use serde_json::Value;

use crate::http::Response;
use crate::platform::{Error, Result, lenient_json};

/// Statuses of a rate limit. 427 is one like 429 (python-garminconnect 0.3.20, `_BLOCKED_STATUSES`; reviewed
/// 2026-11-29).
const BLOCKED: &[u16] = &[427, 429];
/// The largest JSON error, in bytes. Larger bodies, such as files, are not parsed.
const LONGEST_ERROR: usize = 4096;

/// The status of a rate limit: that of the response, or the one in its JSON error, which may come with HTTP 200.
pub fn blocked(response: &Response) -> Option<u16> {
    let json_status = || {
        let is_short = response.body.len() <= LONGEST_ERROR;
        let body: Value = is_short.then(|| serde_json::from_slice(&response.body).ok()).flatten()?;
        let code = &body["error"]["status-code"];
        code.as_str().and_then(|code| code.parse().ok()).or_else(|| u16::try_from(code.as_u64()?).ok())
    };
    let is_block = |status: &u16| BLOCKED.contains(status);
    Some(response.status).filter(is_block).or_else(|| json_status().filter(is_block))
}

/// Whether a refusal is a web page. If so, the client or its network is blocked, and the service itself did not respond
/// (403: python-garminconnect 0.3.18; reviewed 2026-11-29).
pub fn is_web_page(response: &Response) -> bool {
    match response.status {
        403 => !response.body.is_empty() && lenient_json::parse(&response.body).is_none(),
        401 => is_html(response),
        _ => false,
    }
}

/// Whether the body is a web page. The service itself responds with JSON, text or nothing.
pub fn is_html(response: &Response) -> bool {
    let is_typed = response.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("text/html"));
    let body = response.body.trim_ascii_start();
    body.first() == Some(&b'<') || is_typed && !body.is_empty() && lenient_json::parse(body).is_none()
}

/// The message for a web page that was received instead of `what`.
pub fn web_page(response: &Response, what: &str) -> String {
    format!("Garmin: blocked by a web page instead of {what} (HTTP {})", response.status)
}

/// Returns an error for a response of a proxy in front of the service. `what` names the request: "the list".
///
/// # Errors
/// [`Error::Retry`] for the whole platform: a proxy sent the response.
pub fn check(response: &Response, what: &str) -> Result<()> {
    let retry = |message: String| Err(Error::retry_platform(message));
    if let Some(status) = blocked(response) {
        return retry(format!("Garmin: rate limited (HTTP {status} instead of {what}); try again later"));
    }
    if is_web_page(response) {
        return retry(format!("{}; the token is kept; try again later", web_page(response, what)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Response {
        Response { status, headers: Vec::new(), body: body.into() }
    }

    #[test]
    fn a_rate_limit_is_427_or_429_as_status_or_in_the_json() {
        assert_eq!(blocked(&answer(427, "<html>")), Some(427));
        assert_eq!(blocked(&answer(429, "")), Some(429));
        assert_eq!(blocked(&answer(200, r#"{"error":{"status-code":"427"}}"#)), Some(427));
        assert_eq!(blocked(&answer(400, r#"{"error":{"status-code":429}}"#)), Some(429));
        for (status, body) in [(200, r#"{"error":{"status-code":"500"}}"#), (403, "<html>"), (200, "[]"), (503, "")] {
            assert_eq!(blocked(&answer(status, body)), None, "{body}");
        }
    }

    #[test]
    fn a_web_page_is_not_a_rejected_token() {
        assert!(is_web_page(&answer(403, "<html>blocked</html>")));
        assert!(!is_web_page(&answer(403, r#"{"message":"no"}"#)) && !is_web_page(&answer(403, "")));
        assert!(is_web_page(&answer(401, "\n<!DOCTYPE html>")) && !is_web_page(&answer(401, "")));
        for body in ["{}", "Unauthorized", r#"{"message":"<b>no</b>"}"#] {
            assert!(!is_web_page(&answer(401, body)), "{body}");
        }
        let typed = |body: &str| {
            is_html(&Response { headers: vec![("content-type".into(), "Text/HTML".into())], ..answer(400, body) })
        };
        assert!(typed("blocked") && !typed("") && !typed("{}"));
    }

    #[test]
    fn rate_limits_and_web_pages_are_retried_for_the_whole_platform() {
        for answer in [answer(427, ""), answer(403, "<html>")] {
            assert!(matches!(check(&answer, "the list"), Err(Error::Retry { platform_wide: true, .. })));
        }
        assert!(check(&answer(403, "{}"), "the list").is_ok() && check(&answer(401, ""), "the list").is_ok());
    }
}
