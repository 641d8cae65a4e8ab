//! Messages to bots and webhooks.

use crate::common::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gs_sim::{NotifySpec, Scenario, Sim};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

const KEY: &str = "01234567-89ab-cdef-0123-456789abcdef";

fn start(notify: NotifySpec) -> Sim {
    Scenario { notify, ..Scenario::default_garmin(0, 1) }.start()
}

fn post(sim: &Sim, target: &str, body: &Value) -> Answer {
    send(sim, "POST", target, &[("Content-Type", "application/json")], &body.to_string()).unwrap()
}

fn wecom(sim: &Sim, key: &str, body: &Value) -> i64 {
    let answer = post(sim, &format!("/qyapi.weixin.qq.com/cgi-bin/webhook/send?key={key}"), body);
    assert_eq!(answer.status, 200);
    answer.json()["errcode"].as_i64().unwrap()
}

fn said(kind: &str, text: &str) -> Value {
    let mut body = json!({"msgtype": kind});
    body[kind] = json!({"content": text});
    body
}

fn mac(key: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[test]
fn wecom_limits_the_bytes_and_rejects_unknown_message_types() {
    let sim = start(NotifySpec::default());
    assert_eq!(wecom(&sim, KEY, &said("text", &"跑".repeat(682))), 0);
    assert_eq!(wecom(&sim, KEY, &said("text", &"跑".repeat(683))), 40_058);
    assert_eq!(wecom(&sim, KEY, &said("markdown", &"x".repeat(4096))), 0);
    assert_eq!(wecom(&sim, KEY, &said("markdown_v2", &"x".repeat(4097))), 40_058);
    assert_eq!(wecom(&sim, KEY, &said("letter", "x")), 40_008);
    assert_eq!(wecom(&sim, "https%3A%2F%2Fqyapi.weixin.qq.com", &said("text", "x")), 93_000);
    assert_eq!(sim.with(|state| (state.messages().len(), state.messages.len())), (2, 6));
    let messages = send(&sim, "GET", "/_sim/messages", &[], "").unwrap().json();
    assert_eq!(messages[2]["json"]["msgtype"], "markdown");
    assert!(sim.log().iter().all(|entry| entry.query == "key=-"));
}

#[test]
fn wecom_accepts_twenty_messages_a_minute_and_can_be_busy() {
    let sim = start(NotifySpec { wecom_busy: 2, wecom_keys: vec!["a".into()], ..NotifySpec::default() });
    assert_eq!(wecom(&sim, KEY, &said("text", "x")), 93_000);
    assert_eq!([0; 2].map(|_| wecom(&sim, "a", &said("text", "x"))), [-1, -1]);
    assert_eq!([0; 20].map(|_| wecom(&sim, "a", &said("text", "x"))), [0; 20]);
    assert_eq!(wecom(&sim, "a", &said("text", "x")), 45_009);
    sim.with(|state| state.advance(60));
    assert_eq!(wecom(&sim, "a", &said("text", "x")), 0);
}

#[test]
fn dingtalk_and_feishu_verify_their_signatures() {
    let secret = Some("SEC1".to_owned());
    let sim = start(NotifySpec { dingtalk_secret: secret.clone(), feishu_secret: secret, ..NotifySpec::default() });
    let now = sim.with(|state| state.now());
    let stamp = format!("{}", now * 1000);
    let sign = mac("SEC1", &format!("{stamp}\nSEC1")).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let ding = |query: &str| {
        post(&sim, &format!("/oapi.dingtalk.com/robot/send?access_token=t{query}"), &said("text", "x")).json()["errcode"]
            .as_i64()
    };
    assert_eq!(ding(&format!("&timestamp={stamp}&sign={sign}")), Some(0));
    assert_eq!(ding(&format!("&timestamp=1{stamp}&sign={sign}")), Some(310_000));
    assert_eq!(ding(""), Some(310_000));
    let feishu = |sign: String| {
        let body = json!({"timestamp": now.to_string(), "sign": sign, "msg_type": "text", "content": {"text": "x"}});
        post(&sim, "/open.feishu.cn/open-apis/bot/v2/hook/h", &body).json()["code"].as_i64()
    };
    assert_eq!(feishu(mac(&format!("{now}\nSEC1"), "")), Some(0));
    assert_eq!(feishu(mac("SEC1", &format!("{now}\nSEC1"))), Some(19_021));
}

#[test]
fn each_other_channel_accepts_only_its_own_format() {
    let sim = start(NotifySpec::default());
    let status = |target: &str, body: Value| post(&sim, target, &body).status;
    assert_eq!(status("/ntfy.sh/topic", json!("x")), 200);
    assert_eq!(status("/ntfy.sh/", json!({"topic": "a", "message": "x"})), 200);
    assert_eq!(status("/api.telegram.org/bot1:a/sendMessage", json!({"chat_id": 1, "text": "x"})), 200);
    assert_eq!(status("/api.telegram.org/bot1:a/sendMessage", json!({"chat_id": 1, "text": "x".repeat(4097)})), 400);
    assert_eq!(status("/hooks.slack.com/services/a/b/c", json!({"text": "x"})), 200);
    assert_eq!(status("/hooks.slack.com/services/a/b/c", json!({"content": "x"})), 400);
    assert_eq!(status("/discord.com/api/webhooks/1/a", json!({"content": "x"})), 204);
    assert_eq!(status("/discord.com/api/webhooks/1/a", json!({"content": "x".repeat(2001)})), 400);
    assert_eq!(status("/api.day.app/push", json!({"device_key": "k", "body": "x"})), 200);
    assert_eq!(status("/sctapi.ftqq.com/KEY.send", json!({"title": "x"})), 200);
    for end in ["", "/start", "/fail", "/3"] {
        assert_eq!(status(&format!("/hc-ping.com/{KEY}{end}"), json!("x")), 200);
    }
    assert_eq!(status(&format!("/hc-ping.com/{KEY}/done"), json!("x")), 400);
    assert_eq!(sim.with(|state| state.messages().len()), 11);
}
