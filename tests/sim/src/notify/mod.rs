//! Hosts that accept messages and store them for inspection.

mod others;
mod signed;
mod wecom;

use crate::http::{Request, Response};
use crate::state::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;

const WECOM: &str = "qyapi.weixin.qq.com";
const DINGTALK: &str = "oapi.dingtalk.com";
const FEISHU: &str = "open.feishu.cn";

/// The behaviour of the hosts that accept messages.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NotifySpec {
    /// Keys of the existing WeCom bots; empty: every well-formed key exists.
    pub wecom_keys: Vec<String>,
    /// The first this many messages to WeCom get the response -1.
    pub wecom_busy: u32,
    /// The maximum number of messages that a WeCom bot accepts per minute.
    pub wecom_per_minute: usize,
    /// The secret with which messages to DingTalk have to be signed.
    pub dingtalk_secret: Option<String>,
    /// The secret with which messages to Feishu have to be signed.
    pub feishu_secret: Option<String>,
}

impl Default for NotifySpec {
    fn default() -> Self {
        NotifySpec {
            wecom_keys: Vec::new(),
            wecom_busy: 0,
            wecom_per_minute: 20,
            dingtalk_secret: None,
            feishu_secret: None,
        }
    }
}

/// A message that was sent.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    /// The host.
    pub host: String,
    /// Path, including secrets.
    pub path: String,
    /// Query, including secrets.
    pub query: String,
    /// Method.
    pub method: String,
    /// Header names (lower case) and values.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
    /// The body as JSON, if it is JSON.
    pub json: Option<Value>,
    /// When it arrived, on the service's clock.
    pub at: i64,
    /// Whether it was accepted.
    pub taken: bool,
}

/// Every simulated host.
pub fn hosts() -> Vec<String> {
    [WECOM, DINGTALK, FEISHU].into_iter().chain(others::HOSTS).map(str::to_owned).collect()
}

/// Responds to a message; `None` for any other host.
pub fn answer(state: &mut State, request: &Request) -> Option<Response> {
    let verdict = match request.host.as_str() {
        WECOM => wecom::answer(state, request),
        DINGTALK => signed::dingtalk(state, request),
        FEISHU => signed::feishu(state, request),
        host if others::HOSTS.contains(&host) => others::answer(request),
        _ => return None,
    };
    let (taken, response) = match verdict {
        Ok(response) => (true, response),
        Err(refusal) => (false, refusal),
    };
    state.messages.push(Message {
        host: request.host.clone(),
        path: request.path.clone(),
        query: request.query.clone(),
        method: request.method.clone(),
        headers: request.headers.clone(),
        body: String::from_utf8_lossy(&request.body).into_owned(),
        json: request.json(),
        at: state.now(),
        taken,
    });
    Some(response)
}

impl State {
    /// The accepted messages, oldest first; the field with this name contains the rejected ones, too.
    pub fn messages(&self) -> Vec<Message> {
        self.messages.iter().filter(|message| message.taken).cloned().collect()
    }
}
