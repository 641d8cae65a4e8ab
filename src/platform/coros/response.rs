//! Reads COROS' responses. The HTTP status is nearly always 200, and the outcome is in `result`. Pure.

use std::fmt;

use serde_json::Value;

use crate::activity::printable;
use crate::http::{Repeat, Request, Response};
use crate::platform::{Error, Result, lenient_json};

/// Result codes for an invalid token (coros-api, CorosLink, a DailySync derivative; several saw 1019).
const TOKEN_REJECTED: &[&str] = &["1019", "0101", "0102", "1006", "ACCESS_TOKEN_IS_INVALID"];

/// A response of the API.
#[derive(Debug, PartialEq)]
pub enum ApiReply {
    /// The result of the request.
    Result(ApiResult),
    /// The token is rejected: it has expired, another login ended it, or it belongs to another region.
    TokenRejected,
}

/// The result of a request.
#[derive(Debug, PartialEq)]
pub enum ApiResult {
    /// Success: `data` of the response, `Null` if it has none.
    Data(Value),
    /// Rejected; the same request would be rejected again.
    Rejected {
        /// The HTTP status, 200 as a rule.
        status: u16,
        /// The service's code and message.
        error: ServiceError,
    },
}

/// The code and the message of a rejection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceError {
    /// `result`, or the HTTP status if there is none.
    pub code: String,
    /// `message`, shortened, with the secret masked and without control characters.
    pub message: String,
}

impl ServiceError {
    fn read(status: u16, body: &Value, hidden: &str) -> ServiceError {
        let clean = |text: &str| {
            let text = if hidden.is_empty() { text.to_owned() } else { text.replace(hidden, "***") };
            printable(&text).trim().chars().take(150).collect::<String>()
        };
        let code = text_or_number(&body["result"]).unwrap_or_else(|| format!("HTTP {status}"));
        ServiceError { code: clean(&code), message: clean(body["message"].as_str().unwrap_or("")) }
    }

    /// Whether the service rejects a value of the request. It sends several codes with this message (1001 and 9999 at
    /// the login; njzyshare's fork of garmin-sync-coros, reviewed 2026-11-29).
    pub fn is_parameter_error(&self) -> bool {
        self.message.to_ascii_lowercase().contains("parameter input error")
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ServiceError { code, message } = self;
        if message.is_empty() { f.write_str(code) } else { write!(f, "{code} {message}") }
    }
}

/// Why a response has no result.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoResult {
    /// Too many requests; the request was not processed.
    #[error("COROS: rate limited (HTTP 429)")]
    RateLimited,
    /// The service failed.
    #[error("COROS: server error (HTTP {0})")]
    ServerError(u16),
    /// The service does not know the URL.
    #[error("COROS API changed (HTTP {0})")]
    ApiChanged(u16),
    /// The body is not JSON. COROS sends a web page when it gets too many requests, and so do proxies in front of it.
    #[error("COROS: a web page or invalid JSON instead of a response (HTTP {0})")]
    NotJson(u16),
    /// The body has no `result`.
    #[error("COROS: response without a result")]
    Missing,
}

impl NoResult {
    /// The error with advice. `wrote`: the request was a write, so its outcome is unknown.
    fn into_error(self, wrote: bool) -> Error {
        let retry = format!("{self}; try again later");
        match self {
            NoResult::RateLimited => Error::retry_platform(retry),
            NoResult::ApiChanged(_) => Error::Unexpected(format!("{self}; update garminsync")),
            NoResult::ServerError(_) | NoResult::NotJson(_) if wrote => outcome_unknown(&retry),
            NoResult::Missing if wrote => outcome_unknown(&self.to_string()),
            // The error may concern this activity alone. A caller that gets it several times in a row suspends the
            // platform.
            NoResult::ServerError(_) => Error::Retry { message: retry, platform_wide: false },
            NoResult::NotJson(_) => Error::retry_platform(retry),
            NoResult::Missing => Error::Unexpected(self.to_string()),
        }
    }
}

impl ApiResult {
    /// The data; a rejection is an unexpected response. `what` names the request: "the list".
    pub fn expected(self, what: &str) -> Result<Value> {
        match self {
            ApiResult::Data(data) => Ok(data),
            ApiResult::Rejected { error, .. } => {
                Err(Error::Unexpected(format!("COROS rejected the request for {what}: {error}")))
            }
        }
    }
}

/// Reads the response to `request`. `hidden` is the token; it is masked in the service's message, which could repeat
/// it. After a write ([`Repeat::Never`]), a response without an outcome is [`Error::OutcomeUnknown`].
pub fn read(request: &Request, response: &Response, hidden: &str) -> Result<ApiReply> {
    parse(response, hidden).map_err(|failure| failure.into_error(request.repeat == Repeat::Never))
}

/// Reads a response to any request; `hidden` as in [`read`].
pub fn parse(response: &Response, hidden: &str) -> std::result::Result<ApiReply, NoResult> {
    let status = response.status;
    match status {
        429 => return Err(NoResult::RateLimited),
        408 | 500..=599 => return Err(NoResult::ServerError(status)),
        _ => {}
    }
    let Some(body) = lenient_json::parse(&response.body) else {
        return Err(if matches!(status, 404 | 410) { NoResult::ApiChanged(status) } else { NoResult::NotJson(status) });
    };
    let result = text_or_number(&body["result"]);
    match result.as_deref() {
        _ if status == 401 => Ok(ApiReply::TokenRejected),
        Some(result) if TOKEN_REJECTED.contains(&result) => Ok(ApiReply::TokenRejected),
        Some("0000") if status == 200 => Ok(ApiReply::Result(ApiResult::Data(body["data"].clone()))),
        None if status == 200 => Err(NoResult::Missing),
        _ => Ok(ApiReply::Result(ApiResult::Rejected { status, error: ServiceError::read(status, &body, hidden) })),
    }
}

/// The error for a write that was sent and whose outcome is unknown.
pub fn outcome_unknown(message: &str) -> Error {
    Error::OutcomeUnknown(format!("{message}; outcome unknown"))
}

/// A text or a whole number, as text: the service sends ids and codes as either.
pub fn text_or_number(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

/// An id: digits, as text or as a number. Ids exceed 2^53.
pub fn digits(value: &Value) -> Option<String> {
    text_or_number(value).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reply(status: u16, body: &str, repeat: Repeat) -> Result<ApiReply> {
        let request = Request { repeat, ..Request::get("https://teamapi.coros.com/") };
        read(&request, &Response { status, headers: Vec::new(), body: body.into() }, "t0k3n")
    }

    fn read_of(status: u16, body: &str) -> Result<ApiReply> {
        reply(status, body, Repeat::Read)
    }

    #[test]
    fn the_result_code_counts_and_not_the_http_status() {
        let ok = read_of(200, r#"{"result":"0000","message":"OK","apiCode":"C33BB719","data":{"count":1}}"#);
        assert_eq!(ok.unwrap(), ApiReply::Result(ApiResult::Data(json!({"count": 1}))));
        let bare = read_of(200, r#"{"apiCode":"8D2DB17A","message":"OK","result":"0000"}"#);
        assert_eq!(bare.unwrap(), ApiReply::Result(ApiResult::Data(Value::Null)));
        let refused = read_of(200, r#"{"result":"1001","tlogId":"x","message":"Service exceptions t0k3n"}"#);
        let error = ServiceError { code: "1001".into(), message: "Service exceptions ***".into() };
        assert_eq!(error.to_string(), "1001 Service exceptions ***");
        assert_eq!(refused.unwrap(), ApiReply::Result(ApiResult::Rejected { status: 200, error }));
        let gone = read_of(404, r#"{"message":"nothing here"}"#);
        let error = ServiceError { code: "HTTP 404".into(), message: "nothing here".into() };
        assert_eq!(gone.unwrap(), ApiReply::Result(ApiResult::Rejected { status: 404, error }));
    }

    #[test]
    fn each_token_code_is_a_rejected_token() {
        for code in ["\"1019\"", "1019", "\"0101\"", "\"0102\"", "\"1006\"", "\"ACCESS_TOKEN_IS_INVALID\""] {
            let body = format!("{{\"result\":{code},\"message\":\"Access token is invalid\"}}");
            assert_eq!(read_of(200, &body).unwrap(), ApiReply::TokenRejected, "{code}");
        }
        assert_eq!(read_of(401, "{}").unwrap(), ApiReply::TokenRejected);
    }

    #[test]
    fn server_errors_are_retried() {
        for (status, body) in [(429, ""), (200, "<html>"), (403, "<html>"), (200, r#"{"result":"00"#)] {
            assert!(matches!(read_of(status, body), Err(Error::Retry { platform_wide: true, .. })), "{status} {body}");
        }
        for status in [408, 500, 503] {
            let said = read_of(status, "<html>");
            assert!(matches!(said, Err(Error::Retry { platform_wide: false, .. })), "perhaps this one alone: {status}");
        }
        for (status, body) in [(404, "<html>"), (200, "[]"), (200, r#"{"message":"An error occurred"}"#)] {
            assert!(matches!(read_of(status, body), Err(Error::Unexpected(_))), "{status} {body}");
        }
    }

    #[test]
    fn the_outcome_of_a_write_is_unknown_unless_the_response_has_it() {
        let written = |status, body| reply(status, body, Repeat::Never);
        for (status, body) in [(503, "<html>"), (200, "<html>"), (200, "{}")] {
            assert!(matches!(written(status, body), Err(Error::OutcomeUnknown(_))), "{status} {body}");
        }
        assert!(matches!(written(429, ""), Err(Error::Retry { .. })));
        assert_eq!(written(200, r#"{"result":"1019"}"#).unwrap(), ApiReply::TokenRejected);
    }

    #[test]
    fn ids_are_read_as_text() {
        assert_eq!(digits(&json!(479_396_244_626_636_805_u64)).as_deref(), Some("479396244626636805"));
        assert_eq!(digits(&json!("479396244626636805")).as_deref(), Some("479396244626636805"));
        for none in [json!(null), json!(""), json!("12a"), json!(1.5), json!(-1)] {
            assert_eq!(digits(&none), None);
        }
    }
}
