//! Parses JSON with invalid characters. One activity name with half an emoji must not make a whole history unreadable.

use serde_json::Value;

/// Parses `bytes`; invalid UTF-8 and lone surrogates become U+FFFD. `None` if the result is not JSON, either.
pub fn parse(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes)
        .ok()
        .or_else(|| serde_json::from_str(&whole_pairs(&String::from_utf8_lossy(bytes))).ok())
}

/// The text with each escaped lone surrogate replaced.
fn whole_pairs(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match (unit(rest), rest.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push_str("\\ufffd");
                rest = &rest[6..];
                continue;
            }
            (Some(_), _) => 6,
            // Any other escape is skipped with its next character, because an escaped backslash does not begin an
            // escape.
            (None, _) => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out + rest
}

/// The UTF-16 unit of the escape that `text` begins with: `\ud83d`.
fn unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incomplete_emoji_is_replaced_and_a_complete_one_stays() {
        let read = |text: &str| parse(text.as_bytes()).unwrap()["n"].as_str().unwrap().to_owned();
        assert_eq!(read(r#"{"n":"a\ud83db"}"#), "a\u{fffd}b");
        assert_eq!(read(r#"{"n":"\udfdb \ud83d"}"#), "\u{fffd} \u{fffd}");
        assert_eq!(read(r#"{"n":"\ud83c\udfdb\ud83d"}"#), "🏛\u{fffd}");
        assert_eq!(read(r#"{"n":"\\ud83d \ud83d\n"}"#), "\\ud83d \u{fffd}\n");
        assert_eq!(parse(b"{\"n\":\"a\xffb\"}").unwrap()["n"], "a\u{fffd}b");
        assert!(parse(b"{\"n\":").is_none() && parse(b"<html>").is_none());
    }
}
