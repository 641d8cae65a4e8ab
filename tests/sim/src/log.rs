//! The log of requests and responses, without secrets.

use crate::http::{Request, decode_form, encode};
use serde::Serialize;

/// Query parameters whose values are never logged.
const SECRET: [&str; 13] = [
    "key",
    "sign",
    "ticket",
    "login_ticket",
    "session",
    "mfa_token",
    "oauth_token",
    "access_token",
    "refresh_token",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "x-oss-security-token",
    "x-oss-signature",
];

/// One request and its response.
#[derive(Clone, Debug, Serialize)]
pub struct LoggedRequest {
    /// Position in the order of arrival, from one.
    pub seq: u64,
    /// Milliseconds from the start of the simulator to the arrival of the request.
    pub at_ms: f64,
    /// Milliseconds from the arrival until the response was ready to be sent.
    pub took_ms: f64,
    /// The number of its connection.
    pub connection: u64,
    /// Method.
    pub method: String,
    /// The real host.
    pub host: String,
    /// Path.
    pub path: String,
    /// Query, with secret values replaced.
    pub query: String,
    /// Names of the request headers, lower case.
    pub headers: Vec<String>,
    /// The User-Agent header.
    pub agent: String,
    /// The protocols that the client offered in its TLS handshake (ALPN); none on the plain port.
    pub alpn: Option<Vec<String>>,
    /// Status of the response; zero if none was sent.
    pub status: u16,
    /// Bytes of the response on the wire, including the head.
    pub bytes_out: u64,
    /// Why it was rejected, or which fault hit it.
    pub note: String,
}

/// The query with secret values replaced by `-`.
pub fn redact(request: &Request) -> String {
    let hidden = |key: &str| SECRET.contains(&key);
    let pairs = decode_form(&request.query);
    if !pairs.iter().any(|(key, _)| hidden(key)) {
        return request.query.clone();
    }
    let shown = pairs.iter().map(|(key, value)| match hidden(key) {
        true => format!("{}=-", encode(key)),
        false => format!("{}={}", encode(key), encode(value)),
    });
    shown.collect::<Vec<_>>().join("&")
}
