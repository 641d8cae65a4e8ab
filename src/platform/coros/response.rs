//! What COROS' answers mean: HTTP says 200 to nearly all, and the outcome stands in `result`. Pure.

use serde_json::Value;

use crate::activity::printable;
use crate::http::{Repeat, Request, Response};
use crate::platform::{Error, Result, lenient_json};

/// Results that speak of the token: coros-api, CorosLink and a DailySync derivative between them; 1019 alone was seen by
/// several.
const TOKEN_REFUSED: &[&str] = &["1019", "0101", "0102", "1006", "ACCESS_TOKEN_IS_INVALID"];

/// What the service said.
#[derive(Debug, PartialEq)]
pub enum Heard {
    /// An answer to what was asked.
    Answer(Answer),
    /// The token is not taken: it ended, another login ended it, or it belongs to another region.
    TokenRefused,
}

/// An answer to what was asked.
#[derive(Debug, PartialEq)]
pub enum Answer {
    /// Done; `data` of the answer, `Null` if it has none.
    Data(Value),
    /// Not done, and the same request would not be done again.
    Refused {
        /// The HTTP status, 200 as a rule.
        status: u16,
        /// The service's code and words.
        words: String,
    },
}

impl Answer {
    /// The data; a refusal is a strange thing here. `what` was asked for: "the list".
    pub fn expected(self, what: &str) -> Result<Value> {
        match self {
            Answer::Data(data) => Ok(data),
            Answer::Refused { words, .. } => Err(Error::Strange(format!("COROS refuses {what}: {words}"))),
        }
    }
}

/// Reads the answer to `request`, with a token that the service could repeat in its words: it is `hidden` there.
///
/// A page instead of an answer comes when COROS is asked too often, and from what stands in front of it. After a write
/// ([`Repeat::Never`]), an answer that does not say what became of it is [`Error::Unclear`].
pub fn read(request: &Request, response: &Response, hidden: &str) -> Result<Heard> {
    let wrote = request.repeat == Repeat::Never;
    let later = |message: String, down| if wrote { unclear(&message) } else { Error::Later { message, down } };
    let status = response.status;
    match status {
        // It was not let in, so nothing was done.
        429 => {
            let message = "COROS asks for a pause (HTTP 429); try again later".into();
            return Err(Error::Later { message, down: true });
        }
        // It may be this one thing that it cannot do; whoever gets this for several in a row leaves the platform alone.
        408 | 500..=599 => {
            return Err(later(format!("COROS is in trouble (HTTP {status}); try again later"), false));
        }
        _ => {}
    }
    let Some(body) = lenient_json::parse(&response.body) else {
        return Err(match status {
            404 | 410 => Error::Strange(format!(
                "COROS no longer has what this version asks for (HTTP {status} and a web page); look for a newer garminsync"
            )),
            _ => later(
                format!(
                    "COROS shows a web page or a broken text instead of an answer (HTTP {status}); try again later"
                ),
                true,
            ),
        });
    };
    let result = text_or_number(&body["result"]);
    match result.as_deref() {
        _ if status == 401 => Ok(Heard::TokenRefused),
        Some(result) if TOKEN_REFUSED.contains(&result) => Ok(Heard::TokenRefused),
        Some("0000") if status == 200 => Ok(Heard::Answer(Answer::Data(body["data"].clone()))),
        None if status == 200 => {
            let message = "COROS answers with something that has no result".to_owned();
            Err(if wrote { unclear(&message) } else { Error::Strange(message) })
        }
        _ => Ok(Heard::Answer(Answer::Refused { status, words: words(status, &body, hidden) })),
    }
}

/// A write was sent, and this came back.
pub fn unclear(message: &str) -> Error {
    Error::Unclear(format!("{message}; whether it was done is not known, the next listing tells"))
}

/// The service's code and words, shortened, without `hidden` and what could move a cursor.
fn words(status: u16, body: &Value, hidden: &str) -> String {
    let code = text_or_number(&body["result"]).unwrap_or_else(|| format!("HTTP {status}"));
    let message = body["message"].as_str().unwrap_or("");
    let all = format!("{code} {message}");
    let all = if hidden.is_empty() { all } else { all.replace(hidden, "***") };
    printable(&all).trim().chars().take(160).collect()
}

/// A text or a whole number, as text; ids and codes come as either.
pub fn text_or_number(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

/// An id: digits, as text or as a number. They pass 2^53.
pub fn digits(value: &Value) -> Option<String> {
    text_or_number(value).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn heard(status: u16, body: &str, repeat: Repeat) -> Result<Heard> {
        let request = Request { repeat, ..Request::get("https://teamapi.coros.com/") };
        read(&request, &Response { status, headers: Vec::new(), body: body.into() }, "t0k3n")
    }

    fn read_of(status: u16, body: &str) -> Result<Heard> {
        heard(status, body, Repeat::Read)
    }

    #[test]
    fn the_result_counts_and_not_the_status() {
        let ok = read_of(200, r#"{"result":"0000","message":"OK","apiCode":"C33BB719","data":{"count":1}}"#);
        assert_eq!(ok.unwrap(), Heard::Answer(Answer::Data(json!({"count": 1}))));
        let bare = read_of(200, r#"{"apiCode":"8D2DB17A","message":"OK","result":"0000"}"#);
        assert_eq!(bare.unwrap(), Heard::Answer(Answer::Data(Value::Null)));
        let refused = read_of(200, r#"{"result":"1001","tlogId":"x","message":"Service exceptions t0k3n"}"#);
        let words = "1001 Service exceptions ***".to_owned();
        assert_eq!(refused.unwrap(), Heard::Answer(Answer::Refused { status: 200, words }));
        let gone = read_of(404, r#"{"message":"nothing here"}"#);
        let words = "HTTP 404 nothing here".to_owned();
        assert_eq!(gone.unwrap(), Heard::Answer(Answer::Refused { status: 404, words }));
    }

    #[test]
    fn a_token_is_refused_by_any_of_its_codes() {
        for code in ["\"1019\"", "1019", "\"0101\"", "\"0102\"", "\"1006\"", "\"ACCESS_TOKEN_IS_INVALID\""] {
            let body = format!("{{\"result\":{code},\"message\":\"Access token is invalid\"}}");
            assert_eq!(read_of(200, &body).unwrap(), Heard::TokenRefused, "{code}");
        }
        assert_eq!(read_of(401, "{}").unwrap(), Heard::TokenRefused);
    }

    #[test]
    fn trouble_is_no_answer() {
        for (status, body) in [(429, ""), (200, "<html>"), (403, "<html>"), (200, r#"{"result":"00"#)] {
            assert!(matches!(read_of(status, body), Err(Error::Later { down: true, .. })), "{status} {body}");
        }
        for status in [408, 500, 503] {
            let said = read_of(status, "<html>");
            assert!(matches!(said, Err(Error::Later { down: false, .. })), "perhaps this one alone: {status}");
        }
        for (status, body) in [(404, "<html>"), (200, "[]"), (200, r#"{"message":"An error occurred"}"#)] {
            assert!(matches!(read_of(status, body), Err(Error::Strange(_))), "{status} {body}");
        }
    }

    #[test]
    fn what_became_of_a_write_is_unclear_unless_it_was_said() {
        let written = |status, body| heard(status, body, Repeat::Never);
        for (status, body) in [(503, "<html>"), (200, "<html>"), (200, "{}")] {
            assert!(matches!(written(status, body), Err(Error::Unclear(_))), "{status} {body}");
        }
        assert!(matches!(written(429, ""), Err(Error::Later { .. })));
        assert_eq!(written(200, r#"{"result":"1019"}"#).unwrap(), Heard::TokenRefused);
    }

    #[test]
    fn ids_pass_through_as_text() {
        assert_eq!(digits(&json!(479_396_244_626_636_805_u64)).as_deref(), Some("479396244626636805"));
        assert_eq!(digits(&json!("479396244626636805")).as_deref(), Some("479396244626636805"));
        for none in [json!(null), json!(""), json!("12a"), json!(1.5), json!(-1)] {
            assert_eq!(digits(&none), None);
        }
    }
}
