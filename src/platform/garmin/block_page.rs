//! Answers of what stands in front of Garmin's services: limits and web pages. They say nothing about what was asked, nor
//! about the token that it was asked with. Pure.

use serde_json::Value;

use crate::http::Response;
use crate::platform::{Error, Result, lenient_json};

/// Statuses of a block. 427 is one like 429 (python-garminconnect 0.3.20, `_BLOCKED_STATUSES`; reviewed 2026-11-29).
const BLOCKED: &[u16] = &[427, 429];
/// No JSON error is longer. Larger bodies, such as files, are not read for one.
const LONGEST_ERROR: usize = 4096;

/// The status of a block: that of the answer, or the one in its JSON error, which may come with HTTP 200.
pub fn blocked(response: &Response) -> Option<u16> {
    let told = || {
        let is_short = response.body.len() <= LONGEST_ERROR;
        let body: Value = is_short.then(|| serde_json::from_slice(&response.body).ok()).flatten()?;
        let code = &body["error"]["status-code"];
        code.as_str().and_then(|code| code.parse().ok()).or_else(|| u16::try_from(code.as_u64()?).ok())
    };
    let is_block = |status: &u16| BLOCKED.contains(status);
    Some(response.status).filter(is_block).or_else(|| told().filter(is_block))
}

/// Whether a 403 is a web page: then the client or its network is blocked, and the service itself has not answered
/// (python-garminconnect 0.3.18; reviewed 2026-11-29).
pub fn is_web_page(response: &Response) -> bool {
    response.status == 403 && !response.body.is_empty() && lenient_json::parse(&response.body).is_none()
}

/// What a web page in the place of `what` means, in words.
pub fn web_page(what: &str) -> String {
    format!(
        "Garmin shows a web page instead of {what} (HTTP 403): something in front of the service blocks this client or its network"
    )
}

/// Refuses an answer that comes from in front of the service. `what` was asked for: "the list".
///
/// # Errors
/// [`Error::Later`] for the whole platform.
pub fn check(response: &Response, what: &str) -> Result<()> {
    let later = |message: String| Err(Error::Later { message, down: true });
    if let Some(status) = blocked(response) {
        return later(format!("Garmin limits the rate of requests ({status} instead of {what}); try again later"));
    }
    if is_web_page(response) {
        return later(format!("{}, and the token is kept; try again later", web_page(what)));
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
    fn a_block_is_427_or_429_as_status_or_in_the_json() {
        assert_eq!(blocked(&answer(427, "<html>")), Some(427));
        assert_eq!(blocked(&answer(429, "")), Some(429));
        assert_eq!(blocked(&answer(200, r#"{"error":{"status-code":"427"}}"#)), Some(427));
        assert_eq!(blocked(&answer(400, r#"{"error":{"status-code":429}}"#)), Some(429));
        for (status, body) in [(200, r#"{"error":{"status-code":"500"}}"#), (403, "<html>"), (200, "[]"), (503, "")] {
            assert_eq!(blocked(&answer(status, body)), None, "{body}");
        }
    }

    #[test]
    fn a_web_page_says_nothing_of_a_token() {
        assert!(is_web_page(&answer(403, "<html>blocked</html>")));
        assert!(!is_web_page(&answer(403, r#"{"message":"no"}"#)) && !is_web_page(&answer(403, "")));
        assert!(!is_web_page(&answer(401, "<html>OAuthToken is invalid</html>")));
    }

    #[test]
    fn both_mean_later_for_the_whole_platform() {
        for answer in [answer(427, ""), answer(403, "<html>")] {
            assert!(matches!(check(&answer, "the list"), Err(Error::Later { down: true, .. })));
        }
        assert!(check(&answer(403, "{}"), "the list").is_ok() && check(&answer(401, ""), "the list").is_ok());
    }
}
