//! JSON-RPC over HTTP, as far as calls of tools need it: one request in a POST, answered as JSON or as a stream of
//! events. Pure.
//!
//! Sources: the Model Context Protocol (streamable HTTP, 2025-06-18) and the login helper of coroslab/COROS-MCP
//! (reviewed 2026-11-29).

use serde_json::{Value, json};

use super::issuer::Issuer;
use super::oauth::shortened;
use crate::http::{Repeat, Request, Response, Secret};
use crate::platform::lenient_json;

/// The version of the protocol that is asked for.
const VERSION: &str = "2025-06-18";
/// The header with the session, which only services with sessions send.
pub const SESSION: &str = "mcp-session-id";

/// An answer that has a result or an error of JSON-RPC.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// The result.
    Result(Value),
    /// An error: its code and its message, shortened.
    Error(i64, String),
}

/// Why a response has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoReply {
    /// The token is invalid.
    #[error("COROS rejects the token (HTTP 401)")]
    TokenRejected,
    /// The token is valid at another host, or does not allow tools.
    #[error("COROS rejects the token at this host (HTTP 403): it belongs to another region, or does not allow reading")]
    Forbidden,
    /// The service wants a session, or does not know the one that was sent.
    #[error("COROS does not know the session")]
    NoSession,
    /// Too many requests.
    #[error("COROS: rate limited (HTTP 429)")]
    RateLimited,
    /// The service failed.
    #[error("COROS: server error (HTTP {0})")]
    ServerError(u16),
    /// The address is unknown, or has moved.
    #[error("COROS: the address of its tools has changed (HTTP {0})")]
    Moved(u16),
    /// A web page, or something else that is no answer.
    #[error("COROS: a web page or invalid data instead of a response (HTTP {0})")]
    NotJson(u16),
}

/// A request. `session` is the one that the service gave.
pub fn request(issuer: &Issuer, (id, method): (u64, &str), params: &Value, session: Option<&Secret>) -> Request {
    let body = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
    let mut request = Request::post(issuer.url("/mcp"), "application/json", body.to_string().into_bytes())
        .header("Accept", "application/json, text/event-stream");
    request.repeat = Repeat::Read;
    if let Some(session) = session {
        request = request.header("Mcp-Session-Id", session.expose()).header("MCP-Protocol-Version", VERSION);
    }
    request
}

/// The parameters of the request that opens a session. Since June 2026 the service works without one.
pub fn initialize() -> Value {
    let client = json!({"name": "garminsync", "version": env!("CARGO_PKG_VERSION")});
    json!({"protocolVersion": VERSION, "capabilities": {}, "clientInfo": client})
}

/// Reads the answer to the request with this id. `has_session`: a session was sent.
pub fn read(response: &Response, id: u64, has_session: bool) -> Result<Reply, NoReply> {
    let status = response.status;
    match status {
        401 if !is_page(response) => return Err(NoReply::TokenRejected),
        403 if !is_page(response) => return Err(NoReply::Forbidden),
        429 => return Err(NoReply::RateLimited),
        408 | 500..=599 => return Err(NoReply::ServerError(status)),
        300..=399 => return Err(NoReply::Moved(status)),
        _ => {}
    }
    let answer = messages(response).into_iter().filter_map(|message| reply(&message, id)).next_back();
    match (status, answer) {
        (200, Some(reply)) => Ok(reply),
        // The protocol's answer to an ended session, with any body.
        (404, _) if has_session => Err(NoReply::NoSession),
        (400 | 404, _) if speaks_of_a_session(response) => Err(NoReply::NoSession),
        (404 | 410, _) => Err(NoReply::Moved(status)),
        _ => Err(NoReply::NotJson(status)),
    }
}

fn is_page(response: &Response) -> bool {
    response.body.trim_ascii_start().starts_with(b"<")
}

fn reply(message: &Value, id: u64) -> Option<Reply> {
    if message["id"].as_u64() != Some(id) {
        return None;
    }
    match (&message["error"], &message["result"]) {
        (Value::Object(error), _) => {
            let message = error.get("message").and_then(Value::as_str).unwrap_or("");
            let code = error.get("code").and_then(Value::as_i64).unwrap_or_default();
            Some(Reply::Error(code, shortened(message)))
        }
        (_, result @ Value::Object(_)) => Some(Reply::Result(result.clone())),
        _ => None,
    }
}

/// Whether an error asks for a session, in JSON of any form or in plain text: `Session ID missing`, `Server not
/// initialized`. A web page is no answer of the service.
fn speaks_of_a_session(response: &Response) -> bool {
    let words = String::from_utf8_lossy(&response.body).to_lowercase();
    !is_page(response) && ["session", "initialized"].iter().any(|word| words.contains(word))
}

/// The JSON messages of a response: one, or those of a stream of events.
fn messages(response: &Response) -> Vec<Value> {
    let kind = response.header("content-type").unwrap_or_default().trim_start().to_ascii_lowercase();
    let is_stream = kind.starts_with("text/event-stream");
    if !is_stream {
        return lenient_json::parse(&response.body).into_iter().collect();
    }
    events(&String::from_utf8_lossy(&response.body))
        .iter()
        .filter_map(|data| lenient_json::parse(data.as_bytes()))
        .collect()
}

/// The data of each event. An event ends with an empty line, and may have several lines of data; lines end with LF, CRLF
/// or CR (WHATWG HTML, 9.2.6).
fn events(stream: &str) -> Vec<String> {
    let mut events = Vec::new();
    let mut data: Vec<&str> = Vec::new();
    let stream = stream.strip_prefix('\u{feff}').unwrap_or(stream);
    let lines = stream.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'));
    for line in lines.chain([""]) {
        if line.is_empty() && !data.is_empty() {
            events.push(std::mem::take(&mut data).join("\n"));
        } else if let Some(text) = line.strip_prefix("data:") {
            data.push(text.strip_prefix(' ').unwrap_or(text));
        }
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, kind: &str, body: &str) -> Response {
        Response { status, headers: vec![("content-type".into(), kind.into())], body: body.into() }
    }

    fn json_of(status: u16, body: &str) -> Result<Reply, NoReply> {
        read(&response(status, "application/json", body), 7, false)
    }

    const ANSWER: &str = r#"{"jsonrpc":"2.0","id":7,"result":{"content":[]}}"#;

    #[test]
    fn a_request_names_both_kinds_of_answers() {
        let issuer = Issuer::parse("https://mcpus.coros.com").unwrap();
        let plain = request(&issuer, (7, "tools/list"), &json!({}), None);
        let body: Value = serde_json::from_slice(plain.body.as_deref().unwrap()).unwrap();
        assert_eq!(body, json!({"jsonrpc": "2.0", "id": 7, "method": "tools/list", "params": {}}));
        let header = |request: &Request, name: &str| {
            request.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
        };
        assert_eq!(header(&plain, "Accept").unwrap(), "application/json, text/event-stream");
        assert_eq!(header(&plain, "Mcp-Session-Id"), None);
        let session = Secret::new("s");
        assert_eq!(header(&request(&issuer, (8, "x"), &json!({}), Some(&session)), "Mcp-Session-Id").unwrap(), "s");
        assert!(plain.hosts.is_empty(), "no redirect may have the token");
    }

    #[test]
    fn an_answer_is_json_or_an_event() {
        let expected = Ok(Reply::Result(json!({"content": []})));
        assert_eq!(json_of(200, ANSWER), expected);
        let noise = ": ping\n\nevent: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}\n\n";
        let other = "data: {\"jsonrpc\":\"2.0\",\"id\":\"x\",\"result\":{}}\n\n";
        let lines = "data: {\"jsonrpc\":\"2.0\",\ndata: \"id\":7,\"result\":{\"content\":[]}}\n\n";
        for stream in [
            format!("event: message\ndata: {ANSWER}\n\n"),
            format!("data:{ANSWER}\r\n\r\n"),
            format!("id: 1\ndata: {ANSWER}"),
            format!("{noise}data: {ANSWER}\n\n"),
            format!("{other}data: {ANSWER}\n\n"),
            lines.to_owned(),
            lines.replace('\n', "\r"),
            format!("{noise}{other}data: {ANSWER}\n\n").replace('\n', "\r\n"),
            format!("\u{feff}data: {ANSWER}\n\n"),
        ] {
            for kind in ["text/event-stream;charset=UTF-8", " Text/Event-Stream"] {
                assert_eq!(read(&response(200, kind, &stream), 7, false), expected, "{stream}");
            }
        }
        let last = format!("data: {{\"id\":7,\"result\":{{\"a\":1}}}}\n\ndata: {ANSWER}\n\n");
        assert_eq!(read(&response(200, "text/event-stream", &last), 7, false), expected, "the last answer counts");
    }

    #[test]
    fn only_the_answer_to_this_request_counts() {
        assert_eq!(json_of(200, r#"{"id":8,"result":{}}"#), Err(NoReply::NotJson(200)));
        assert_eq!(json_of(200, "<html>"), Err(NoReply::NotJson(200)));
        assert_eq!(json_of(200, ""), Err(NoReply::NotJson(200)));
        let unknown = r#"{"id":7,"error":{"code":-32602,"message":"Unknown tool: x"}}"#;
        assert_eq!(json_of(200, unknown), Ok(Reply::Error(-32602, "Unknown tool: x".into())));
    }

    #[test]
    fn failures_are_told_apart() {
        assert_eq!(json_of(401, ""), Err(NoReply::TokenRejected));
        assert_eq!(json_of(403, r#"{"error":"access_denied"}"#), Err(NoReply::Forbidden));
        for status in [401, 403] {
            assert_eq!(json_of(status, "<html>"), Err(NoReply::NotJson(status)), "the page of a proxy");
        }
        assert_eq!(json_of(429, ""), Err(NoReply::RateLimited));
        assert_eq!(json_of(503, ""), Err(NoReply::ServerError(503)));
        assert_eq!(json_of(307, ""), Err(NoReply::Moved(307)));
        assert_eq!(json_of(404, ""), Err(NoReply::Moved(404)));
        for (status, message) in [(404, "Session not found: 1"), (400, "Missing session ID")] {
            let body = format!(r#"{{"id":null,"error":{{"code":-32600,"message":"{message}"}}}}"#);
            assert_eq!(json_of(status, &body), Err(NoReply::NoSession), "{message}");
        }
    }

    #[test]
    fn an_ended_session_is_recognised_by_its_status_and_a_missing_one_by_any_words() {
        let spring = r#"{"timestamp":"2026-11-29","status":404,"error":"Not Found","path":"/mcp"}"#;
        for body in ["", "Not Found", spring, "<html>"] {
            let ended = |has_session| read(&response(404, "text/plain", body), 7, has_session);
            assert_eq!((ended(true), ended(false)), (Err(NoReply::NoSession), Err(NoReply::Moved(404))), "{body}");
        }
        for body in ["Session ID missing", "Server not initialized", r#"{"message":"Mcp-Session-Id is required"}"#] {
            assert_eq!(read(&response(400, "text/plain", body), 7, false), Err(NoReply::NoSession), "{body}");
        }
        assert_eq!(json_of(400, "<html>Your session has ended"), Err(NoReply::NotJson(400)), "the page of a proxy");
    }
}
