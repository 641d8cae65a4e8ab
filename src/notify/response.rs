//! Reads the response of a channel. HTTP 200 says little: most services say in the body whether they accepted the message.

use std::fmt;

use serde_json::Value;

use super::{Channel, ExtraSetting};
use crate::http::Response;

/// How an answer is read.
#[derive(Debug, Clone, Copy)]
pub enum ResponseCheck {
    /// Any 2xx whose body is no web page: the response of a user's own script is unknown.
    Status,
    /// The body is a text.
    Text {
        /// The text for an accepted message.
        good: &'static str,
        /// What others mean.
        known: &'static [(&'static str, RejectionCause)],
    },
    /// The body is JSON, and this field has a text.
    Field {
        /// Its name.
        name: &'static str,
        /// An answer without a body (204) does as well.
        or_nothing: bool,
    },
    /// This field is `true`.
    Flag(&'static str),
    /// This field has a number.
    Code {
        /// Its name.
        field: &'static str,
        /// The number for an accepted message.
        good: i64,
        /// What others mean.
        known: &'static [(i64, RejectionCause)],
    },
}

/// Why a message was rejected, by what a person can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectionCause {
    /// The key or address is not right.
    Key,
    /// Too many messages.
    RateLimited,
    /// The message is too long.
    TooLong,
    /// The message does not have the form that the service requires.
    BadRequest,
    /// The signature, or another security setting of the bot.
    Signature,
    /// The service failed: the message did not arrive, and may be sent again.
    Busy,
    /// It was not understood.
    Unexpected,
    /// Something else.
    Other,
}

/// A rejected message.
///
/// Of the response only the number is shown: messages of WeCom contain the caller's address, and others may contain the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelRejection {
    /// Why.
    pub why: RejectionCause,
    /// The number in the response: `errcode 93000`, `HTTP 404`.
    pub number: String,
    /// The settings to look at.
    pub settings: String,
}

impl fmt::Display for ChannelRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ChannelRejection { why, number, settings } = self;
        match why {
            RejectionCause::Key => write!(f, "unknown key or address ({number}); check {settings}"),
            RejectionCause::RateLimited => write!(f, "rate limit reached ({number}); try again later"),
            RejectionCause::TooLong => write!(f, "the message is too long ({number}); please report this"),
            RejectionCause::BadRequest => write!(f, "invalid message ({number}); check {settings}"),
            RejectionCause::Signature => {
                write!(
                    f,
                    "rejected by the security settings of the bot ({number}); check {settings}, the clock, and what the bot allows"
                )
            }
            RejectionCause::Busy => write!(f, "service error ({number}); try again later"),
            RejectionCause::Unexpected => {
                write!(f, "unexpected response ({number}); check {settings} and the network")
            }
            RejectionCause::Other => write!(f, "message rejected ({number}); check {settings}"),
        }
    }
}

impl ResponseCheck {
    /// Checks whether `channel` accepted the message; returns the number of the response: `errcode 0`, `HTTP 204`.
    pub fn check(self, channel: &Channel, response: &Response) -> Result<String, ChannelRejection> {
        let is_fine = (200..300).contains(&response.status);
        let body = || serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
        let refused = |why, number: String| {
            let settings = match channel.extra {
                ExtraSetting::None => channel.key.to_owned(),
                ExtraSetting::Required(extra) | ExtraSetting::Optional(extra) => format!("{} and {extra}", channel.key),
            };
            Err(ChannelRejection { why, number, settings })
        };
        let status = || format!("HTTP {}", response.status);
        match self {
            ResponseCheck::Status if is_fine && !is_web_page(&response.body) => Ok(status()),
            ResponseCheck::Field { or_nothing: true, .. } if response.status == 204 => Ok(status()),
            ResponseCheck::Field { name, .. }
                if is_fine && body()[name].as_str().is_some_and(|text| !text.is_empty()) =>
            {
                Ok(status())
            }
            ResponseCheck::Text { good, .. } if is_fine && response.body.trim_ascii() == good.as_bytes() => {
                Ok(good.to_owned())
            }
            ResponseCheck::Text { known, .. } if is_fine => {
                let said = known.iter().find(|(text, _)| response.body.trim_ascii() == text.as_bytes());
                said.map_or_else(
                    || refused(RejectionCause::Unexpected, status()),
                    |(text, why)| refused(*why, (*text).to_owned()),
                )
            }
            ResponseCheck::Flag(field) if is_fine && body()[field] == true => Ok(format!("{field} true")),
            ResponseCheck::Code { field, good, known } => match body()[field].as_i64() {
                Some(code) if code == good && is_fine => Ok(format!("{field} {code}")),
                Some(code) if code != good => {
                    let why =
                        known.iter().find(|(number, _)| *number == code).map_or(RejectionCause::Other, |(_, why)| *why);
                    refused(why, format!("{field} {code}"))
                }
                _ => refused(by_status(response.status), status()),
            },
            _ => refused(by_status(response.status), status()),
        }
    }
}

/// Whether a body is a web page, such as the login page of a network. The declared type does not matter: small scripts
/// answer `ok` as `text/html`.
fn is_web_page(body: &[u8]) -> bool {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body).trim_ascii_start();
    let begins = |text: &str| body.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text.as_bytes()));
    ["<!doctype", "<html", "<head", "<body", "<meta", "<script", "<title", "<!--"].into_iter().any(begins)
        || (begins("<?xml") && body.windows(5).any(|part| part.eq_ignore_ascii_case(b"<html")))
}

fn by_status(status: u16) -> RejectionCause {
    match status {
        200..300 => RejectionCause::Unexpected,
        401 | 403 | 404 | 410 => RejectionCause::Key,
        413 => RejectionCause::TooLong,
        429 => RejectionCause::RateLimited,
        500..=599 => RejectionCause::Busy,
        _ => RejectionCause::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::CHANNELS;
    use super::*;

    fn checked(name: &str, status: u16, body: &str) -> Option<RejectionCause> {
        let channel = CHANNELS.iter().find(|channel| channel.name == name).unwrap();
        let response = Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() };
        channel.response.check(channel, &response).err().map(|refusal| refusal.why)
    }

    #[test]
    fn the_body_of_a_response_decides_and_not_its_status_alone() {
        for (name, status, body, why) in [
            ("wecom", 200, r#"{"errcode":0,"errmsg":"ok"}"#, None),
            (
                "wecom",
                200,
                r#"{"errcode":93000,"errmsg":"invalid webhook url, from ip: 1.2.3.4"}"#,
                Some(RejectionCause::Key),
            ),
            ("wecom", 200, r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#, Some(RejectionCause::RateLimited)),
            ("wecom", 200, r#"{"errcode":40058,"errmsg":"exceed max length 4096"}"#, Some(RejectionCause::TooLong)),
            ("wecom", 200, r#"{"errcode":-1,"errmsg":"system busy"}"#, Some(RejectionCause::Busy)),
            ("wecom", 200, r#"{"errcode":7}"#, Some(RejectionCause::Other)),
            ("wecom", 200, "<html>log in to the WLAN</html>", Some(RejectionCause::Unexpected)),
            ("wecom", 502, "bad gateway", Some(RejectionCause::Busy)),
            ("ntfy", 200, r#"{"id":"sPs71M8A2T","time":1643935928,"event":"message"}"#, None),
            ("ntfy", 200, "{}", Some(RejectionCause::Unexpected)),
            ("ntfy", 200, "<html>log in to the WLAN</html>", Some(RejectionCause::Unexpected)),
            ("ntfy", 429, "{}", Some(RejectionCause::RateLimited)),
            ("ntfy", 401, "{}", Some(RejectionCause::Key)),
            ("telegram", 200, r#"{"ok":true}"#, None),
            ("telegram", 200, r#"{"ok":false}"#, Some(RejectionCause::Unexpected)),
            ("telegram", 400, r#"{"ok":false,"description":"chat not found"}"#, Some(RejectionCause::Other)),
            ("telegram", 404, r#"{"ok":false}"#, Some(RejectionCause::Key)),
            ("slack", 200, "ok", None),
            ("slack", 200, "<html>", Some(RejectionCause::Unexpected)),
            ("slack", 404, "no_service", Some(RejectionCause::Key)),
            ("discord", 204, "", None),
            ("discord", 200, r#"{"id":"1","content":"x"}"#, None),
            ("discord", 200, "<!DOCTYPE html>", Some(RejectionCause::Unexpected)),
            ("discord", 200, "", Some(RejectionCause::Unexpected)),
            ("discord", 404, "{}", Some(RejectionCause::Key)),
            ("discord", 302, "", Some(RejectionCause::Other)),
            ("bark", 200, r#"{"code":200}"#, None),
            ("bark", 400, r#"{"code":400}"#, Some(RejectionCause::Key)),
            ("serverchan", 200, r#"{"code":0}"#, None),
            ("serverchan", 200, r#"{"code":40001}"#, Some(RejectionCause::Key)),
            ("dingtalk", 200, r#"{"errcode":0}"#, None),
            ("dingtalk", 200, r#"{"errcode":310000}"#, Some(RejectionCause::Signature)),
            ("feishu", 200, r#"{"code":0}"#, None),
            ("feishu", 200, r#"{"code":19021}"#, Some(RejectionCause::Signature)),
            ("feishu", 400, r#"{"code":11232}"#, Some(RejectionCause::RateLimited)),
            ("feishu", 500, r#"{"code":0}"#, Some(RejectionCause::Busy)),
            ("webhook", 202, "", None),
            ("webhook", 200, "ok", None),
            ("webhook", 200, "{\"html\":\"<html>\"}", None),
            ("webhook", 200, "\u{feff}\r\n<!doctype HTML><html>", Some(RejectionCause::Unexpected)),
            ("webhook", 200, "<?xml version=\"1.0\"?>\n<html xmlns=\"x\">", Some(RejectionCause::Unexpected)),
            ("webhook", 200, "<?xml version=\"1.0\"?><ok/>", None),
            ("healthchecks", 200, "OK", None),
            ("healthchecks", 200, "OK (not found)", Some(RejectionCause::Key)),
            ("healthchecks", 200, "OK (rate limited)", Some(RejectionCause::RateLimited)),
            ("healthchecks", 200, "<html>", Some(RejectionCause::Unexpected)),
            ("healthchecks", 404, "not found", Some(RejectionCause::Key)),
        ] {
            assert_eq!(checked(name, status, body), why, "{name} {status} {body}");
        }
    }

    #[test]
    fn a_rejection_says_what_to_do_and_hides_the_response() {
        let response = Response {
            status: 200,
            headers: Vec::new(),
            body: br#"{"errcode":93000,"errmsg":"from ip: 1.2.3.4"}"#.to_vec(),
        };
        let refusal = CHANNELS[0].response.check(&CHANNELS[0], &response).unwrap_err().to_string();
        assert_eq!(refusal, "unknown key or address (errcode 93000); check QYWX_BOT_KEY");
    }
}
