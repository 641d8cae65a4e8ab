//! Hosts that take messages, and keep what they took for inspection.

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

/// How the hosts that take messages are tempered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NotifySpec {
    /// Keys of the WeCom bots that there are; empty: whatever looks like a key.
    pub wecom_keys: Vec<String>,
    /// So many messages to WeCom are answered with -1 first.
    pub wecom_busy: u32,
    /// So many messages a minute are taken from a WeCom bot.
    pub wecom_per_minute: usize,
    /// Messages to DingTalk have to be signed with this.
    pub dingtalk_secret: Option<String>,
    /// Messages to Feishu have to be signed with this.
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
    /// Where to.
    pub host: String,
    /// Path, with whatever secret it holds.
    pub path: String,
    /// Query, with whatever secret it holds.
    pub query: String,
    /// Method.
    pub method: String,
    /// Header names (lower case) and values.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
    /// The body, when it is JSON.
    pub json: Option<Value>,
    /// When, on the service's clock.
    pub at: i64,
    /// Whether it was taken.
    pub taken: bool,
}

/// Every host that is played.
pub fn hosts() -> Vec<String> {
    [WECOM, DINGTALK, FEISHU].into_iter().chain(others::HOSTS).map(str::to_owned).collect()
}

/// Answers a message; `None` for any other host.
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
    /// The messages that were taken, oldest first; the field of this name has the refused ones too.
    pub fn messages(&self) -> Vec<Message> {
        self.messages.iter().filter(|message| message.taken).cloned().collect()
    }
}
