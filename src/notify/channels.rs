//! The channels as data: what each receives, its size limits and its responses.
//!
//! Sources are in `docs/notifications.md`; where a service publishes no limit, this one is well below the limits that others
//! have observed.

use super::address::{Address, bark, serverchan, telegram, whole, whole_or};
use super::response::{RejectionCause, ResponseCheck};
use super::{Style, TextLimit};

/// One way to reach a person.
#[derive(Debug)]
pub struct Channel {
    /// Its name.
    pub name: &'static str,
    /// The setting that switches it on: a key, or a whole address.
    pub key: &'static str,
    /// A second setting.
    pub extra: ExtraSetting,
    /// The address for a value of `key`; `None` if the value is invalid.
    pub address: fn(&str) -> Option<Address>,
    /// The message.
    pub form: RequestForm,
    /// The message in Markdown, if a person prefers that.
    pub markdown: Option<Markdown>,
    /// How a message is authenticated.
    pub proof: Proof,
    /// How the response is read.
    pub response: ResponseCheck,
    /// Whether the channel is notified after every run, because it monitors that runs happen at all.
    pub is_ping: bool,
}

/// A second setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtraSetting {
    /// None.
    None,
    /// Required.
    Required(&'static str),
    /// Optional.
    Optional(&'static str),
}

/// The form of a message.
#[derive(Debug, Clone, Copy)]
pub struct RequestForm {
    /// The body.
    pub body: Body,
    /// How the text is marked.
    pub style: Style,
    /// The size limit of the text.
    pub limit: TextLimit,
    /// Neutralises text that the service would interpret.
    pub tame: fn(&str) -> String,
}

/// The message if `setting` is `markdown`.
#[derive(Debug, Clone, Copy)]
pub struct Markdown {
    /// The setting: `text` or `markdown`.
    pub setting: &'static str,
    /// The form of the message.
    pub form: RequestForm,
}

/// A body.
#[derive(Debug, Clone, Copy)]
pub enum Body {
    /// The text itself.
    Text,
    /// JSON; the strings `{text}`, `{title}`, `{short}` (the title, truncated), `{rest}` (without the title), `{key}` and
    /// `{extra}` are replaced.
    Json(&'static str),
    /// The JSON report.
    Report,
}

/// How a message is authenticated besides the key, with the extra setting if it is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Not at all.
    None,
    /// `Authorization: Bearer`.
    Bearer,
    /// A time and its signature in the query.
    DingTalk,
    /// A time and its signature in the body.
    Feishu,
    /// `X-Garminsync-Signature`.
    Webhook,
}

const fn plain(template: &'static str, limit: TextLimit) -> RequestForm {
    RequestForm { body: Body::Json(template), style: Style::Plain, limit, tame: str::to_owned }
}

/// The channels, in the order in which they are notified.
pub const CHANNELS: &[Channel] = &[
    Channel {
        name: "wecom",
        key: "QYWX_BOT_KEY",
        extra: ExtraSetting::None,
        address: |value| whole_or(value, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key="),
        form: plain(r#"{"msgtype":"text","text":{"content":"{text}"}}"#, TextLimit::bytes(2048)),
        markdown: Some(Markdown {
            setting: "QYWX_FORMAT",
            form: RequestForm {
                style: Style::Markdown,
                ..plain(r#"{"msgtype":"markdown","markdown":{"content":"{text}"}}"#, TextLimit::bytes(4096))
            },
        }),
        proof: Proof::None,
        response: ResponseCheck::Code {
            field: "errcode",
            good: 0,
            known: &[
                (93000, RejectionCause::Key),
                (45009, RejectionCause::RateLimited),
                (40058, RejectionCause::TooLong),
                (40008, RejectionCause::BadRequest),
                (-1, RejectionCause::Busy),
            ],
        },
        is_ping: false,
    },
    Channel {
        name: "ntfy",
        key: "NTFY_URL",
        extra: ExtraSetting::Optional("NTFY_TOKEN"),
        address: |value| whole_or(value, "https://ntfy.sh/"),
        // A longer text would become an attachment.
        form: RequestForm { body: Body::Text, ..plain("", TextLimit::bytes(4000)) },
        markdown: None,
        proof: Proof::Bearer,
        response: ResponseCheck::Field { name: "id", or_nothing: false },
        is_ping: false,
    },
    Channel {
        name: "telegram",
        key: "TELEGRAM_BOT_TOKEN",
        extra: ExtraSetting::Required("TELEGRAM_CHAT_ID"),
        address: telegram,
        form: plain(r#"{"chat_id":"{extra}","text":"{text}"}"#, TextLimit::characters(4096)),
        markdown: None,
        proof: Proof::None,
        response: ResponseCheck::Flag("ok"),
        is_ping: false,
    },
    Channel {
        name: "slack",
        key: "SLACK_WEBHOOK_URL",
        extra: ExtraSetting::None,
        address: whole,
        form: RequestForm { tame: for_slack, ..plain(r#"{"text":"{text}"}"#, TextLimit::characters(3000)) },
        markdown: None,
        proof: Proof::None,
        response: ResponseCheck::Text { good: "ok", known: &[] },
        is_ping: false,
    },
    Channel {
        name: "discord",
        key: "DISCORD_WEBHOOK_URL",
        extra: ExtraSetting::None,
        address: whole,
        // The name of an activity must not mention all members of the channel.
        form: plain(r#"{"content":"{text}","allowed_mentions":{"parse":[]}}"#, TextLimit::characters(2000)),
        markdown: None,
        proof: Proof::None,
        // With `?wait=true` in the address, the response contains the message.
        response: ResponseCheck::Field { name: "id", or_nothing: true },
        is_ping: false,
    },
    Channel {
        name: "bark",
        key: "BARK_KEY",
        extra: ExtraSetting::None,
        address: bark,
        // Apple's push service limits the complete payload to 4 KB.
        form: plain(r#"{"device_key":"{key}","title":"{title}","body":"{rest}"}"#, TextLimit::bytes(2800)),
        markdown: None,
        proof: Proof::None,
        response: ResponseCheck::Code { field: "code", good: 200, known: &[(400, RejectionCause::Key)] },
        is_ping: false,
    },
    Channel {
        name: "serverchan",
        key: "SERVERCHAN_KEY",
        extra: ExtraSetting::None,
        address: serverchan,
        form: RequestForm {
            style: Style::Markdown,
            ..plain(r#"{"title":"{short}","desp":"{text}"}"#, TextLimit::bytes(16_000))
        },
        markdown: None,
        proof: Proof::None,
        response: ResponseCheck::Code { field: "code", good: 0, known: &[(40001, RejectionCause::Key)] },
        is_ping: false,
    },
    Channel {
        name: "dingtalk",
        key: "DINGTALK_TOKEN",
        extra: ExtraSetting::Optional("DINGTALK_SECRET"),
        address: |value| whole_or(value, "https://oapi.dingtalk.com/robot/send?access_token="),
        form: plain(r#"{"msgtype":"text","text":{"content":"{text}"}}"#, TextLimit::bytes(8000)),
        markdown: None,
        proof: Proof::DingTalk,
        response: ResponseCheck::Code {
            field: "errcode",
            good: 0,
            known: &[
                (310_000, RejectionCause::Signature),
                (300_001, RejectionCause::Key),
                (300_005, RejectionCause::Key),
                (130_101, RejectionCause::RateLimited),
                (-1, RejectionCause::Busy),
            ],
        },
        is_ping: false,
    },
    Channel {
        name: "feishu",
        key: "FEISHU_HOOK",
        extra: ExtraSetting::Optional("FEISHU_SECRET"),
        address: |value| whole_or(value, "https://open.feishu.cn/open-apis/bot/v2/hook/"),
        // The service's limit is 20 KB, including the JSON around the text.
        form: RequestForm {
            tame: for_feishu,
            ..plain(r#"{"msg_type":"text","content":{"text":"{text}"}}"#, TextLimit::bytes(15_000))
        },
        markdown: None,
        proof: Proof::Feishu,
        response: ResponseCheck::Code {
            field: "code",
            good: 0,
            known: &[
                (19_021, RejectionCause::Signature),
                (11_232, RejectionCause::RateLimited),
                (19_001, RejectionCause::Key),
                (9499, RejectionCause::BadRequest),
            ],
        },
        is_ping: false,
    },
    Channel {
        name: "webhook",
        key: "WEBHOOK_URL",
        extra: ExtraSetting::Optional("WEBHOOK_SECRET"),
        address: whole,
        form: RequestForm { body: Body::Report, ..plain("", TextLimit::bytes(16_000)) },
        markdown: None,
        proof: Proof::Webhook,
        response: ResponseCheck::Status,
        is_ping: false,
    },
    Channel {
        name: "healthchecks",
        key: "HEALTHCHECKS_URL",
        extra: ExtraSetting::None,
        address: whole,
        form: RequestForm { body: Body::Text, ..plain("", TextLimit::bytes(100_000)) },
        markdown: None,
        proof: Proof::None,
        // The service responds with 200 to pings of unknown checks, too (healthchecks.io/docs/http_api; reviewed
        // 2026-11-29).
        response: ResponseCheck::Text {
            good: "OK",
            known: &[("OK (not found)", RejectionCause::Key), ("OK (rate limited)", RejectionCause::RateLimited)],
        },
        is_ping: true,
    },
];

/// Slack interprets `<!channel>` and similar texts.
fn for_slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Feishu interprets `<at user_id="all">`.
fn for_feishu(text: &str) -> String {
    text.replace('<', "＜")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_json_and_every_channel_name_is_unique() {
        for channel in CHANNELS {
            let forms = [Some(channel.form), channel.markdown.map(|markdown| markdown.form)];
            for form in forms.into_iter().flatten() {
                if let Body::Json(template) = form.body {
                    serde_json::from_str::<serde_json::Value>(template).unwrap();
                }
            }
            let same = CHANNELS.iter().filter(|other| other.name == channel.name || other.key == channel.key).count();
            assert_eq!(same, 1, "{}", channel.name);
        }
    }
}
