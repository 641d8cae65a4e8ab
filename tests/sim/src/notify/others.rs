//! Hosts that accept messages without a signature.

use crate::http::{Request, Response};
use serde_json::{Value, json};

/// The hosts.
pub const HOSTS: [&str; 7] =
    ["ntfy.sh", "api.telegram.org", "hooks.slack.com", "discord.com", "api.day.app", "sctapi.ftqq.com", "hc-ping.com"];

/// Accepts a message, or rejects it with a reason.
pub fn answer(request: &Request) -> Result<Response, Response> {
    let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    let body = request.json().unwrap_or_default();
    if request.host == "hc-ping.com" {
        return ping(request, &parts);
    }
    if request.method != "POST" && (request.host != "ntfy.sh" || request.method != "PUT") {
        return Err(Response::empty(405));
    }
    match request.host.as_str() {
        "ntfy.sh" => ntfy(&parts, &body),
        "api.telegram.org" => telegram(&parts, &body),
        "hooks.slack.com" => match body["text"].as_str() {
            Some(text) if !text.is_empty() => Ok(Response::text(200, "text/html", "ok")),
            _ => Err(Response::text(400, "text/html", "no_text")),
        },
        "discord.com" => discord(&parts, &body),
        "api.day.app" => match (parts.as_slice(), body["device_key"].as_str()) {
            (["push"], Some(_)) => Ok(Response::json(200, &json!({"code": 200, "message": "success"}))),
            _ => Err(Response::json(400, &json!({"code": 400, "message": "device key is empty"}))),
        },
        _ => server_chan(request, &parts, &body),
    }
}

/// ntfy: the topic is in the path, with any body, or in a JSON body.
fn ntfy(parts: &[&str], body: &Value) -> Result<Response, Response> {
    let topic = match parts {
        [""] => body["topic"].as_str().unwrap_or_default(),
        [topic] => topic,
        _ => "",
    };
    match topic {
        "" => Err(Response::json(404, &json!({"code": 40_401, "http": 404, "error": "page not found"}))),
        _ => Ok(Response::json(200, &json!({"id": "sPs71M8A2T", "event": "message", "topic": topic}))),
    }
}

fn telegram(parts: &[&str], body: &Value) -> Result<Response, Response> {
    let refuse = |status: u16, words: &str| {
        Response::json(status, &json!({"ok": false, "error_code": status, "description": words})).note(words)
    };
    let [bot, "sendMessage"] = parts else { return Err(refuse(404, "Not Found")) };
    if !bot.strip_prefix("bot").is_some_and(|token| token.contains(':')) {
        return Err(refuse(401, "Unauthorized"));
    }
    match (&body["chat_id"], body["text"].as_str().map(|text| text.chars().count())) {
        (Value::Null, _) => Err(refuse(400, "Bad Request: chat_id is empty")),
        (_, None | Some(0)) => Err(refuse(400, "Bad Request: message text is empty")),
        (_, Some(4097..)) => Err(refuse(400, "Bad Request: message is too long")),
        _ => Ok(Response::json(200, &json!({"ok": true, "result": {"message_id": 1}}))),
    }
}

fn discord(parts: &[&str], body: &Value) -> Result<Response, Response> {
    let length = body["content"].as_str().map_or(0, |text| text.chars().count());
    match parts {
        ["api", "webhooks", _, _] if (1..=2000).contains(&length) => Ok(Response::empty(204)),
        ["api", "webhooks", _, _] => Err(Response::json(400, &json!({"content": ["1 to 2000 in length"]}))),
        _ => Err(Response::json(404, &json!({"message": "Unknown Webhook", "code": 10_015}))),
    }
}

/// ServerChan: requires a title, as a form or as JSON.
fn server_chan(request: &Request, parts: &[&str], body: &Value) -> Result<Response, Response> {
    let form = request.form().into_iter().any(|(key, value)| key == "title" && !value.is_empty());
    let titled = form || body["title"].as_str().is_some_and(|title| !title.is_empty());
    match parts {
        [key] if key.ends_with(".send") && titled => Ok(Response::json(200, &json!({"code": 0, "message": ""}))),
        _ => Err(Response::json(400, &json!({"code": 40_001, "message": "bad key or no title"}))),
    }
}

/// Healthchecks: the UUID of a check, then nothing, a word or an exit code.
fn ping(request: &Request, parts: &[&str]) -> Result<Response, Response> {
    let id = parts[0].len() == 36 && parts[0].bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let known = match &parts[1..] {
        [] | ["start" | "fail" | "log"] => true,
        [code] => code.parse::<u8>().is_ok(),
        _ => false,
    };
    let method = ["GET", "HEAD", "POST"].contains(&request.method.as_str());
    match id && known && method {
        true => Ok(Response::text(200, "text/plain", "OK")),
        false => Err(Response::text(400, "text/plain", "invalid url format")),
    }
}
