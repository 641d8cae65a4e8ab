//! DingTalk and Feishu, which can require signed messages, each with its own signature.

use crate::http::{Request, Response};
use crate::state::State;
use crate::store::crypto::sha256_mac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The maximum deviation of a client's clock, in seconds.
const SKEW: i64 = 3600;
const FEISHU_MOST: usize = 20 * 1024;

/// DingTalk: milliseconds and signature are in the query; the secret is the key.
pub fn dingtalk(state: &State, request: &Request) -> Result<Response, Response> {
    let refuse = |code: u32, words: &str| Response::json(200, &json!({"errcode": code, "errmsg": words})).note(words);
    let token = request.parameter("access_token").unwrap_or_default();
    if (request.method.as_str(), request.path.as_str()) != ("POST", "/robot/send") || token.is_empty() {
        return Err(refuse(300_001, "token is not exist"));
    }
    if let Some(secret) = &state.scenario.notify.dingtalk_secret {
        let stamp = request.parameter("timestamp").unwrap_or_default();
        let expected = STANDARD.encode(sha256_mac(secret.as_bytes(), format!("{stamp}\n{secret}").as_bytes()));
        let at = stamp.parse::<i64>().map_or(0, |milliseconds| milliseconds / 1000);
        if request.parameter("sign") != Some(expected) || (state.now() - at).abs() > SKEW {
            return Err(refuse(310_000, "sign not match"));
        }
    }
    let body = request.json().unwrap_or_default();
    let text = match body["msgtype"].as_str() {
        Some("text") => body["text"]["content"].as_str(),
        Some("markdown") => body["markdown"]["title"].as_str().and(body["markdown"]["text"].as_str()),
        _ => return Err(refuse(400_106, "msgtype is not supported")),
    };
    match text {
        Some(text) if !text.is_empty() => Ok(Response::json(200, &json!({"errcode": 0, "errmsg": "ok"}))),
        _ => Err(refuse(400_105, "the message is empty")),
    }
}

/// Feishu: seconds and signature are in the body; the text is the key, and the signed message is empty.
pub fn feishu(state: &State, request: &Request) -> Result<Response, Response> {
    let refuse = |code: u32, words: &str| Response::json(200, &json!({"code": code, "msg": words})).note(words);
    let id = request.path.strip_prefix("/open-apis/bot/v2/hook/").unwrap_or_default();
    if request.method != "POST" || id.is_empty() {
        return Err(refuse(19_001, "param invalid: incoming webhook access token invalid"));
    }
    let body = request.json().unwrap_or_default();
    if let Some(secret) = &state.scenario.notify.feishu_secret {
        let stamp = match &body["timestamp"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let expected = STANDARD.encode(sha256_mac(format!("{stamp}\n{secret}").as_bytes(), b""));
        let at = stamp.parse::<i64>().unwrap_or(0);
        if body["sign"].as_str() != Some(&expected) || (state.now() - at).abs() > SKEW {
            return Err(refuse(19_021, "sign match fail or timestamp is not within one hour from current time"));
        }
    }
    if request.body.len() > FEISHU_MOST || body["msg_type"].as_str().is_none() {
        return Err(refuse(9499, "Bad Request"));
    }
    match (body["msg_type"].as_str(), body["content"]["text"].as_str()) {
        (Some("text"), None | Some("")) => Err(refuse(9499, "Bad Request")),
        _ => Ok(Response::json(200, &json!({"code": 0, "msg": "success", "data": {}}))),
    }
}
