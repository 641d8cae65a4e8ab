//! The WeCom bot, whose responses always have the status 200.

use crate::http::{Request, Response};
use crate::state::State;
use serde_json::{Value, json};

const OTHER_KINDS: [&str; 5] = ["image", "news", "file", "voice", "template_card"];

/// Accepts a message, or rejects it with a reason.
pub fn answer(state: &mut State, request: &Request) -> Result<Response, Response> {
    if (request.method.as_str(), request.path.as_str()) != ("POST", "/cgi-bin/webhook/send") {
        return Err(Response::empty(404));
    }
    let key = request.parameter("key").unwrap_or_default();
    if !known(&state.scenario.notify.wecom_keys, &key) {
        return Err(refuse(93_000, "invalid webhook url"));
    }
    if state.scenario.notify.wecom_busy > 0 {
        state.scenario.notify.wecom_busy -= 1;
        return Err(refuse(-1, "system error"));
    }
    let since = state.now() - 60;
    let own = state.messages.iter().filter(|message| message.taken && message.host == request.host);
    let lately = own.filter(|message| message.at > since && message.query == request.query).count();
    if lately >= state.scenario.notify.wecom_per_minute {
        return Err(refuse(45_009, "api freq out of limit"));
    }
    check(&request.json().unwrap_or_default())?;
    Ok(Response::json(200, &json!({"errcode": 0, "errmsg": "ok"})))
}

/// Whether a bot with this key exists. Without a list, a key is 36 hex digits and dashes.
fn known(keys: &[String], key: &str) -> bool {
    let shape = key.len() == 36 && key.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if keys.is_empty() { shape } else { keys.iter().any(|one| one == key) }
}

fn check(body: &Value) -> Result<(), Response> {
    let kind = body["msgtype"].as_str().unwrap_or_default();
    let most = match kind {
        "text" => 2048,
        "markdown" | "markdown_v2" => 4096,
        _ if OTHER_KINDS.contains(&kind) && body[kind].is_object() => return Ok(()),
        _ => return Err(refuse(40_008, "invalid message type")),
    };
    match body[kind]["content"].as_str() {
        None | Some("") => Err(refuse(40_008, "invalid message type")),
        // The limit counts bytes, not characters.
        Some(text) if text.len() > most => Err(refuse(40_058, &format!("exceed max length {most}"))),
        Some(_) => Ok(()),
    }
}

/// A rejection. Its message has the caller's address, as those of the real service.
fn refuse(code: i32, words: &str) -> Response {
    let message = format!("{words}, hint: [1790000000000000000000000], from ip: 203.0.113.7, more info at the manual");
    Response::json(200, &json!({"errcode": code, "errmsg": message})).note(words)
}
