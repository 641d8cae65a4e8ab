//! Builds the request that brings a message to a channel.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::cut::clip;
use super::{Address, Body, Channel, Lang, Proof, RequestForm, Text, TextLimit, cut, signature};
use crate::http::{Request, Secret, encode};

/// A channel's own settings, as a person gave them.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Where it is.
    pub address: Secret,
    /// The second setting.
    pub extra: Option<Secret>,
}

/// A message.
#[derive(Debug, Clone)]
pub struct ChannelRequest<'a> {
    /// In words.
    pub text: &'a Text,
    /// For the JSON webhook.
    pub report: &'a Value,
    /// Whether it reports failures.
    pub is_failure: bool,
    /// The language of the line for omitted lines.
    pub lang: Lang,
}

/// The request that sends `message` to `channel`, in `form`. `None`: the keys are invalid for this channel.
///
/// It is sent once; [`super::ResponseCheck`] decides by the response whether it may be sent again.
pub fn request(
    channel: &Channel,
    form: &RequestForm,
    keys: &Keys,
    message: &ChannelRequest,
    now: Timestamp,
) -> Option<Request> {
    let Address { mut url, key } = (channel.address)(keys.address.expose())?;
    let extra = keys.extra.as_ref().map(Secret::expose);
    let left_out = |count| message.lang.left_out(count);
    let cut_to = |text: &str, limit: TextLimit| (form.tame)(&cut(text, limit, left_out));
    let (content_type, body) = match form.body {
        Body::Text => ("text/plain; charset=utf-8", cut_to(&message.text.whole, form.limit).into_bytes()),
        Body::Report => ("application/json", message.report.to_string().into_bytes()),
        Body::Json(template) => {
            // A message with a title only has the title as its text.
            let rest = if message.text.rest.is_empty() { &message.text.title } else { &message.text.rest };
            let values = [
                ("{text}", cut_to(&message.text.whole, form.limit)),
                ("{title}", (form.tame)(&message.text.title)),
                ("{short}", (form.tame)(&clip(&message.text.title, TextLimit::characters(32)))),
                ("{rest}", cut_to(rest, form.limit)),
                ("{key}", key),
                ("{extra}", extra.unwrap_or_default().trim().to_owned()),
            ];
            let mut body: Value = serde_json::from_str(template).ok()?;
            fill(&mut body, &values);
            if let (Proof::Feishu, Some(secret)) = (channel.proof, extra) {
                body["timestamp"] = json!(now.as_second().to_string());
                body["sign"] = json!(signature::feishu(secret, now.as_second()));
            }
            ("application/json; charset=utf-8", body.to_string().into_bytes())
        }
    };
    if let (Proof::DingTalk, Some(secret)) = (channel.proof, extra) {
        let (time, joint) = (now.as_millisecond(), if url.contains('?') { '&' } else { '?' });
        url.push_str(&format!("{joint}timestamp={time}&sign={}", encode(&signature::dingtalk(secret, time))));
    }
    if channel.is_ping && message.is_failure {
        url = ping_address(&url, "fail");
    }
    let signature = extra.filter(|_| channel.proof == Proof::Webhook).map(|secret| signature::webhook(secret, &body));
    let mut request = Request::post(url, content_type, body);
    request.redact_url = true;
    // No answer that matters is longer.
    request.limit = 1 << 20;
    if let Some(signature) = signature {
        request = request.header("X-Garminsync-Signature", format!("sha256={signature}"));
    }
    if let (Proof::Bearer, Some(token)) = (channel.proof, extra) {
        request = request.header("Authorization", format!("Bearer {}", token.trim()));
    }
    Some(request)
}

/// The address of a ping for `what`, which is appended to the path, before a query.
pub fn ping_address(url: &str, what: &str) -> String {
    let (path, query) = url.split_once('?').map_or((url, String::new()), |(path, query)| (path, format!("?{query}")));
    format!("{}/{what}{query}", path.trim_end_matches('/'))
}

/// Replaces whole strings by their values, so that no value is searched again.
fn fill(body: &mut Value, values: &[(&str, String)]) {
    match body {
        Value::String(text) => {
            if let Some((_, value)) = values.iter().find(|(name, _)| name == text) {
                *text = value.clone();
            }
        }
        Value::Object(fields) => fields.values_mut().for_each(|value| fill(value, values)),
        Value::Array(items) => items.iter_mut().for_each(|value| fill(value, values)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::CHANNELS;
    use super::*;

    fn build(name: &str, key: &str, extra: Option<&str>, text: &str) -> Request {
        let channel = CHANNELS.iter().find(|channel| channel.name == name).unwrap();
        let text = Text { title: "t".into(), whole: format!("t\n{text}"), rest: text.into() };
        let report = json!({"version": 1});
        let message = ChannelRequest { text: &text, report: &report, is_failure: true, lang: Lang::En };
        let keys = Keys { address: Secret::new(key), extra: extra.map(Secret::new) };
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        request(channel, &channel.form, &keys, &message, now).unwrap()
    }

    fn json_of(request: &Request) -> Value {
        serde_json::from_slice(request.body.as_ref().unwrap()).unwrap()
    }

    #[test]
    fn a_text_cannot_insert_a_secret_nor_break_its_json() {
        let request = build("telegram", "1:a", Some(" -100 "), "{extra} \"}, {text}");
        assert_eq!(json_of(&request), json!({"chat_id": "-100", "text": "t\n{extra} \"}, {text}"}));
        assert_eq!(request.url, "https://api.telegram.org/bot1:a/sendMessage");
        let slack = build("slack", "https://hooks.slack.com/x", None, "<!channel> & all");
        assert_eq!(json_of(&slack), json!({"text": "t\n&lt;!channel&gt; &amp; all"}));
        let feishu = build("feishu", "x", None, "<at user_id=\"all\">");
        assert_eq!(json_of(&feishu)["content"]["text"], "t\n＜at user_id=\"all\">");
    }

    #[test]
    fn a_message_to_wecom_is_within_its_limit() {
        let request = build("wecom", "k", None, &"跑步机上的晨跑\n".repeat(900));
        let text = json_of(&request)["text"]["content"].as_str().unwrap().to_owned();
        assert!(text.len() <= 2048 && text.len() > 1900 && text.ends_with("more lines"), "{}", text.len());
    }

    #[test]
    fn signatures_are_where_each_service_expects_them() {
        let request = build("dingtalk", "tok", Some("SEC0123"), "x");
        assert_eq!(
            request.url,
            "https://oapi.dingtalk.com/robot/send?access_token=tok&timestamp=1767225600000&sign=QZP1SIjYf%2Baj3hEjNYtvhHA1DBZAaLmjNh8qyIuUKK0%3D"
        );
        let body = json_of(&build("feishu", "x", Some("fs-secret"), "x"));
        assert_eq!(body["timestamp"], "1767225600");
        assert_eq!(body["sign"], "eK8ImOinyJcrmQqTj0gEIUTzCbJw7C2vCcm5VV3JOtw=");
        let request = build("webhook", "https://example.org/hook", Some("hook"), "x");
        let header = |name: &str| request.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        assert_eq!(
            header("X-Garminsync-Signature"),
            Some("sha256=4ef5d204be653faff75cc67ae6e23fc9e52c68234588a3ef64d51a9b2b22a177")
        );
        assert_eq!(build("webhook", "https://example.org/hook", None, "x").headers.len(), 1);
    }

    #[test]
    fn a_ping_reports_a_failure_by_its_path() {
        let request = build("healthchecks", "https://hc-ping.com/uuid/?create=1", None, "x");
        assert_eq!(request.url, "https://hc-ping.com/uuid/fail?create=1");
        assert_eq!(ping_address("https://hc-ping.com/uuid", "start"), "https://hc-ping.com/uuid/start");
    }

    #[test]
    fn an_address_is_never_shown() {
        for channel in CHANNELS {
            let extra = matches!(channel.extra, super::super::ExtraSetting::Required(_)).then_some("x");
            let key = if (channel.address)("abc").is_some() { "abc" } else { "https://a.example/abc" };
            assert!(build(channel.name, key, extra, "x").redact_url, "{}", channel.name);
        }
    }
}
