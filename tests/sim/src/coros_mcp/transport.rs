//! Sends a JSON-RPC answer as JSON or as a stream of events.

use super::spec::Transport;
use crate::http::Response;
use serde_json::{Value, json};

/// The response with an answer.
pub fn send(transport: Transport, answer: &Value) -> Response {
    let whole = answer.to_string();
    let mut kind = "text/event-stream;charset=UTF-8";
    let text = match transport {
        Transport::Json => return Response::json(200, answer),
        Transport::Sse => event(&whole),
        Transport::SseCrlf => event(&whole).replace('\n', "\r\n"),
        Transport::SseCr => {
            kind = "Text/Event-Stream";
            format!("\u{feff}{}", event(&whole).replace('\n', "\r"))
        }
        Transport::SseLines => event(&serde_json::to_string_pretty(answer).unwrap_or(whole)),
        Transport::SseNoise => noise() + &event(&whole),
        Transport::SseOther => other() + &event(&whole),
    };
    Response::text(200, kind, &text)
}

/// One event; each line of the text is a `data:` line.
fn event(text: &str) -> String {
    let data = text.lines().fold(String::new(), |out, line| out + "data: " + line + "\n");
    format!("id: 1\nevent: message\n{data}\n")
}

/// What a client has to skip.
fn noise() -> String {
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/message",
        "params": {"level": "info", "data": "querying"}});
    format!(": keep-alive\n\n{}", event(&notification.to_string()))
}

/// An answer that a client must not take.
fn other() -> String {
    let answer = json!({"jsonrpc": "2.0", "id": "of another request", "result": {"content": [], "isError": false}});
    event(&answer.to_string())
}
