//! The texts of results: how they are wrapped, and the sentences that stand for errors. Pure.
//!
//! Answers are prose for a language model, and an error is a sentence in a result whose `isError` is false.

use serde_json::Value;

/// A sentence that stands for an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sentence {
    /// The service behind the tools is down for a moment.
    Unavailable,
    /// The arguments are not as the service wants them. It also says so for a moment, without a reason.
    Anomalies,
    /// There is no file: the id is unknown, the activity has none, or the quota is used up.
    NoFile,
    /// A Java exception: an argument is missing.
    Exception,
    /// The session has ended.
    NoSession,
}

/// The beginnings of the sentences (public clients and COROS-MCP issues 1, 4 and 5; reviewed 2026-11-29).
const SENTENCES: &[(&str, Sentence)] = &[
    ("COROS API is temporarily unavailable", Sentence::Unavailable),
    ("Tool call anomalies detected", Sentence::Anomalies),
    ("COROS did not return a FIT file URL for labelId", Sentence::NoFile),
    ("java.", Sentence::Exception),
    ("Session not found", Sentence::NoSession),
];

/// The name of a Java exception, anywhere in a sentence.
const EXCEPTION: &str = "NullPointerException";

/// The error that a text stands for.
pub fn sentence(text: &str) -> Option<Sentence> {
    let text = text.trim_start();
    let found = SENTENCES.iter().find(|(beginning, _)| text.starts_with(beginning)).map(|(_, sentence)| *sentence);
    // A list may have this word only below its first line, in the name of an activity.
    found.or_else(|| text.lines().next()?.contains(EXCEPTION).then_some(Sentence::Exception))
}

/// Whether a result is marked as an error. The service marks none, so the words of a known error count, too.
pub fn is_error(result: &Value) -> bool {
    result["isError"] == true
}

/// The texts of a result, unwrapped.
pub fn texts(result: &Value) -> Vec<String> {
    let items = result["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of_text = items.iter().filter(|item| item["type"] == "text");
    of_text.filter_map(|item| item["text"].as_str()).map(unwrapped).collect()
}

/// A text is a JSON string, or has quotes around real line breaks, or is plain; all three were seen (public clients,
/// August and September 2026).
fn unwrapped(text: &str) -> String {
    if let Ok(Value::String(inner)) = serde_json::from_str(text) {
        return inner;
    }
    match text.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => unescaped(inner),
        None => text.to_owned(),
    }
}

/// Replaces JSON's escapes. An unknown escape stays.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (shown, length) = match rest[1..].chars().next() {
            Some('n') => ("\n".to_owned(), 2),
            Some('r') => ("\r".to_owned(), 2),
            Some('t') => ("\t".to_owned(), 2),
            Some(c @ ('"' | '\\' | '/')) => (c.to_string(), 2),
            // Two escapes may be one character.
            Some('u') => match [12, 6].into_iter().find_map(|length| Some((unicode(rest.get(..length)?)?, length))) {
                Some(found) => found,
                None => ("\\".to_owned(), 1),
            },
            _ => ("\\".to_owned(), 1),
        };
        out.push_str(&shown);
        rest = &rest[length..];
    }
    out + rest
}

fn unicode(escape: &str) -> Option<String> {
    let text: String = serde_json::from_str(&format!("\"{escape}\"")).ok()?;
    (text.chars().count() == 1).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(text: &str) -> String {
        texts(&json!({"content": [{"type": "text", "text": text}], "isError": false})).remove(0)
    }

    #[test]
    fn all_three_wrappings_give_the_same_text() {
        let plain = "A \"b\" — c\\d\n\n1. x";
        assert_eq!(of(&Value::from(plain).to_string()), plain);
        assert_eq!(of("\"A \\\"b\\\" — c\\\\d\n\n1. x\""), plain);
        assert_eq!(of(plain), plain);
        assert_eq!(of("\"a\\u00e9\\ud83c\\udfdb\\q\n\\u12\""), "aé🏛\\q\n\\u12");
    }

    #[test]
    fn only_texts_are_read() {
        let resource = json!({"type": "resource", "resource": {"blob": "x"}});
        let result = json!({"content": [resource, {"type": "text", "text": "\"a\""}]});
        assert_eq!(texts(&result), ["a"]);
        assert!(!is_error(&result) && is_error(&json!({"content": [], "isError": true})));
        assert!(texts(&json!({})).is_empty());
    }

    #[test]
    fn known_sentences_are_recognised_by_their_beginning() {
        let of = |text| sentence(text);
        assert_eq!(of("COROS API is temporarily unavailable. Please try again later."), Some(Sentence::Unavailable));
        assert_eq!(
            of("Tool call anomalies detected. High risk of session context pollution."),
            Some(Sentence::Anomalies)
        );
        assert_eq!(of("COROS did not return a FIT file URL for labelId: 48"), Some(Sentence::NoFile));
        assert_eq!(of("java.lang.NullPointerException: Cannot invoke"), Some(Sentence::Exception));
        assert_eq!(of("Error: NullPointerException"), Some(Sentence::Exception));
        assert_eq!(of("Session not found: 5f"), Some(Sentence::NoSession));
        let list =
            "Sport Records — …\n   Location: Tool call anomalies detected\n   Location: NullPointerException run";
        assert_eq!(of(list), None);
        assert_eq!(of("The requested capability is being upgraded."), None);
    }
}
