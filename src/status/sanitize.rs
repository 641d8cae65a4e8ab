//! Removes secrets, control characters and bidirectional marks from texts of others.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::activity::printable;
use crate::i18n::Lang;
use crate::reason::Reason;
use crate::record::Explanation;

/// Names whose value is a secret, in sentences too: `password: hunter2`.
const SECRET_NAMES: &[&str] = &[
    "authorization",
    "bearer",
    "accesstoken",
    "access_token",
    "refresh_token",
    "token",
    "ticket",
    "password",
    "passwd",
    "pwd",
    "secret",
    "signature",
    "cookie",
];
/// Secret names whose values never look like words; these names occur in sentences.
const TOKENS: &[&str] = &["token", "ticket", "cookie", "signature"];
/// A longer word may be a token even if it has only lower-case letters.
const LONGEST_PLAIN: usize = 15;
/// Names whose value is a secret only in `name=value`: people have a "Key session: 6 x 800 m".
const PARAMETERS: &[&str] = &["key", "session", "sid", "code", "credential"];
/// A longer word of letters and digits is a token or a part of one. A SHA-256 is as long, and is not shown on the page
/// either.
const LONGEST_WORD: usize = 40;

/// A ticket is longer, as any token.
const SHORTEST_TICKET: usize = 12;

/// A text of others that may be shown: see [`Redacted::of`].
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Redacted(String);

impl Redacted {
    /// Removes control characters and marks that change the text direction, and replaces e-mail addresses, URLs except their
    /// host, and everything that looks like a token or a password by `***`.
    ///
    /// This is the last line of defence: no secret is stored in the catalogue. But a service's message could contain one,
    /// and a page is read longer than a terminal.
    pub fn of(text: &str) -> Redacted {
        // Nearly every text is harmless, and a page has a hundred thousand of them.
        if is_harmless(text) { Redacted(text.to_owned()) } else { Redacted::by_word(text) }
    }

    fn by_word(text: &str) -> Redacted {
        let printable = printable(&text.replace(['\n', '\r', '\t'], " "));
        let mut out = String::with_capacity(printable.len());
        let mut announced = Announced::Nothing;
        for (at, word) in printable.split(' ').enumerate() {
            if at > 0 {
                out.push(' ');
            }
            let is_secret = match announced {
                Announced::Nothing => false,
                Announced::Token => !is_plain_word(word),
                Announced::Secret => !word.is_empty(),
            };
            // "Bearer eyJ…", "password: hunter2"
            if !word.is_empty() {
                announced = announces(word);
            }
            out.push_str(&if is_secret { hidden_end(word) } else { shown(word) });
        }
        Redacted(out)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A reason that may be shown. Its parameters may contain a service's message, so [`Redacted::of`] redacts them.
#[derive(Debug, Clone, PartialEq)]
pub struct RedactedReason(Reason);

impl RedactedReason {
    /// `reason` with its parameters redacted.
    pub fn of(reason: &Reason) -> RedactedReason {
        let mut value = serde_json::to_value(reason).unwrap_or_default();
        redact(&mut value);
        // Only texts were changed, so it has the same form.
        RedactedReason(serde_json::from_value(value).unwrap_or_else(|_| Reason::other("")))
    }

    /// The reason.
    pub fn reason(&self) -> &Reason {
        &self.0
    }

    /// The text in a language.
    pub fn text(&self, lang: Lang) -> String {
        self.0.text(lang)
    }
}

fn redact(value: &mut Value) {
    match value {
        Value::String(text) => *text = Redacted::of(text).0,
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::Object(fields) => {
            fields.iter_mut().filter(|(name, _)| *name != "code").for_each(|(_, value)| redact(value))
        }
        _ => {}
    }
}

/// As in records: the code, the parameters and an English text.
impl Serialize for RedactedReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Explanation::from(self.0.clone()).serialize(serializer)
    }
}

/// Whether nothing in a text is replaced, found in one pass; `false` if that is not certain.
fn is_harmless(text: &str) -> bool {
    let is_plain = |byte: u8| byte >= b' ' && !matches!(byte, b':' | b'=' | b'@' | b'&' | 0x7f);
    let is_bearer = |at: usize| text.as_bytes()[at..].get(..6).is_some_and(|word| word.eq_ignore_ascii_case(b"bearer"));
    let announces = || text.bytes().enumerate().any(|(at, byte)| matches!(byte, b'b' | b'B') && is_bearer(at));
    text.bytes().all(is_plain)
        && (text.is_ascii() || printable(text).len() == text.len())
        && !announces()
        && text.split(' ').all(|word| word.len() <= SHORTEST_TICKET || !is_token(word))
}

/// Whether the next word is a secret, by the word before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Announced {
    Nothing,
    /// The next word may be a token, unless the sentence continues: "no longer takes the token: another login ended
    /// it".
    Token,
    /// The next word is a secret, whatever it looks like.
    Secret,
}

fn announces(word: &str) -> Announced {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_');
    let is_one_of = |names: &[&str]| names.iter().any(|name| bare.eq_ignore_ascii_case(name));
    match word.ends_with([':', '=']) {
        _ if is_one_of(&["bearer"]) => Announced::Secret,
        true if word.ends_with(':') && is_one_of(TOKENS) => Announced::Token,
        true if is_one_of(SECRET_NAMES) => Announced::Secret,
        _ => Announced::Nothing,
    }
}

/// Whether a word is an ordinary one: no token is so short and all in lower case.
fn is_plain_word(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| "()\"',.;:".contains(c));
    bare.len() <= LONGEST_PLAIN && bare.chars().all(|c| c.is_ascii_lowercase())
}

/// The value after the name of a secret: hidden except for punctuation at its end.
fn hidden_end(word: &str) -> String {
    let end = word.trim_end_matches([',', ';', '.', ')']).len();
    format!("***{}", &word[end..])
}

fn shown(word: &str) -> String {
    if let Some((scheme, rest)) = word.split_once("://") {
        let host: String =
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':')).collect();
        // Before an @ are a user and a password.
        return if rest.split('/').next().is_some_and(|authority| authority.contains('@')) {
            format!("{scheme}://***")
        } else if host.len() == rest.trim_end_matches(['/', '.', ',', ';', ')']).len() {
            word.to_owned()
        } else {
            format!("{scheme}://{host}/***")
        };
    }
    if is_token(word) {
        return hidden_end(word);
    }
    without_addresses(word).split('&').map(shown_pair).collect::<Vec<_>>().join("&")
}

/// `name=value` or `name:value`, without the value of a secret.
fn shown_pair(pair: &str) -> String {
    let Some((name, value)) = pair.split_once(['=', ':']).filter(|(_, value)| !value.is_empty()) else {
        return pair.to_owned();
    };
    let last = name.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or("");
    let is_parameter = pair.as_bytes()[name.len()] == b'=';
    let mut secrets = SECRET_NAMES.iter().chain(PARAMETERS.iter().filter(|_| is_parameter));
    match secrets.any(|secret| last.eq_ignore_ascii_case(secret)) {
        true => format!("{}{}", &pair[..=name.len()], hidden_end(value)),
        false => pair.to_owned(),
    }
}

/// The word with `***` in place of each `runner@example.com`. The rest stays: it may be the path of a file.
fn without_addresses(word: &str) -> String {
    let is_local = |c: char| c.is_alphanumeric() || ".!#$%&'*+?^_`{|}~-".contains(c);
    let (mut shown, mut rest) = (String::new(), word);
    while let Some(at) = rest.find('@') {
        let local =
            rest[..at].char_indices().rev().take_while(|(_, c)| is_local(*c)).last().map_or(at, |(from, _)| from);
        let is_domain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
        let end = rest[at + 1..].find(|c| !is_domain(c)).map_or(rest.len(), |length| at + 1 + length);
        let domain = rest[at + 1..end].trim_end_matches('.');
        let is_address = local < at
            && domain.rsplit_once('.').is_some_and(|(host, top)| {
                !host.is_empty() && top.chars().count() >= 2 && top.chars().all(char::is_alphabetic)
            });
        let until = if is_address { at + 1 + domain.len() } else { at + 1 };
        shown.push_str(if is_address { &rest[..local] } else { &rest[..until] });
        shown.push_str(if is_address { "***" } else { "" });
        rest = &rest[until..];
    }
    shown + rest
}

/// Whether a word is a ticket, a token of three parts, or a word that is too long. Each part of a path is checked.
fn is_token(word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '=' | '.' | '~' | '%');
    let is_long = |part: &str| {
        part.len() >= LONGEST_WORD
            && part.chars().all(is_part)
            && part.contains(|c: char| c.is_ascii_digit())
            && !part.starts_with("activity_")
    };
    let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    (bare.starts_with("ST-") && bare.len() > SHORTEST_TICKET)
        || (bare.starts_with("eyJ") && bare.len() > 20)
        || word.split(['/', '"', '\'', '(', ')', '<', '>', ',', ';']).any(is_long)
}

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Redacted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::samples::samples;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_short_cut_for_harmless_text_changes_nothing(
            parts in proptest::collection::vec(prop_oneof![
                Just("ST-0123456789ab"), Just("eyJhbGciOiJSUzI1NiJ9.x"), Just("Bearer"), Just("token:"), Just("a@b.com"),
                Just("https://x.y/z"), Just("&"), Just("="), Just(" "), Just("/"), Just("\u{202e}"), Just("\t"), Just("晨跑"),
                Just("activity_"), Just("0123456789012345678901234567890123456789"), Just("run"), Just(","),
            ], 0..9),
        ) {
            let text = parts.concat();
            prop_assert_eq!(Redacted::of(&text), Redacted::by_word(&text), "{}", text);
        }
    }

    #[test]
    fn ordinary_text_is_not_redacted() {
        for text in [
            "Morning run",
            "晨跑 @ 西湖 🏃",
            "5 km @4:30/km, felt good",
            "garmin-com 21482825013: HTTP 503; try again later",
            "no answer from https://connectapi.garmin.com; check the connection",
            "fit/garmin_com/activity_21482825013_2026-01-08T14-10-21Z.fit",
            "fit/folder__mnt_watch_1a2b3c4d/activity_0123456789012345678901234567890123456789_2026-01-08T14-10-21Z.fit",
            "the token is of no more use; run gs-auth login --platform coros",
            "wrong password",
            "COROS no longer takes the token: another login (the web page, the app, another tool) ended it",
            "Garmin did not take the ticket (HTTP 401); a ticket works once",
            "Key session: 6 x 800 m",
        ] {
            assert_eq!(Redacted::of(text).as_str(), text);
        }
    }

    #[test]
    fn a_redacted_reason_shows_no_secret_even_if_nested() {
        let secret = "for runner@example.com, https://user:hunter2@example.com/x: token=abc123def Bearer s3cr3t0";
        for reason in samples(secret) {
            let redacted = RedactedReason::of(&reason);
            assert_eq!(redacted.reason().code(), reason.code(), "it is the same reason");
            let json = serde_json::to_string(&redacted).unwrap();
            for shown in [json, redacted.text(Lang::En), redacted.text(Lang::Zh), redacted.reason().to_json()] {
                for part in ["runner", "hunter2", "abc123def", "s3cr3t0"] {
                    assert!(!shown.contains(part), "{part}: {shown}");
                }
            }
        }
    }

    #[test]
    fn a_reason_without_a_secret_is_unchanged() {
        for reason in samples("HTTP 503; try again later") {
            assert_eq!(*RedactedReason::of(&reason).reason(), reason);
        }
        let nested = Reason::ServiceDown { reason: Box::new(Reason::Retry { detail: "token: 0a1b2c".into() }) };
        assert_eq!(RedactedReason::of(&nested).text(Lang::En), "token: ***; several requests in a row failed");
    }

    #[test]
    fn secrets_are_replaced_by_stars() {
        for (text, shown) in [
            ("for runner@example.com, it", "for ***, it"),
            ("<runner.x+y@mail.example.co.uk>", "<***>"),
            ("/home/runner@example.com/fit/1.fit: it is broken", "/home/***/fit/1.fit: it is broken"),
            ("mailto:a@example.com,b@example.com.", "mailto:***,***."),
            ("user=runner@example.com&a=5@home", "user=***&a=5@home"),
            ("see https://s3.coros.com/fit/1.fit?X-Amz-Signature=abc now", "see https://s3.coros.com/*** now"),
            ("https://user:pw@example.com/x", "https://***"),
            ("Authorization: Bearer abc.def", "Authorization: *** ***"),
            ("bearer abcdef", "bearer ***"),
            ("password=hunter2 x", "password=*** x"),
            ("a=1&access_token=abc&b=2", "a=1&access_token=***&b=2"),
            ("\"code=123\"", "\"code=***"),
            ("password: hunter2.", "password: ***."),
            ("password: secret", "password: ***"),
            ("token: 0a1b2c", "token: ***"),
            ("cookie:  abcdefghijklmnopqrst", "cookie:  ***"),
            ("token= another", "token= ***"),
            ("ST-0123456789-abcdefgh-cas", "***"),
            ("eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiIx.sig", "***"),
            (&"a1".repeat(20), "***"),
            ("a\u{1b}[2J\u{202e}b\nc", "a[2Jb c"),
        ] {
            assert_eq!(Redacted::of(text).as_str(), shown, "{text}");
        }
    }
}
