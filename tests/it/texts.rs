//! Texts for people are not data: the code does not compare or search them, the catalogue does not store them, and they
//! use plain words.

use std::collections::BTreeSet;
use std::path::PathBuf;

use rusqlite::Connection;

use crate::source_code::{Literal, code, is_test, line_of, literals, sources, src};
use crate::support::history::history;
use crate::support::plain_words::found_in;

/// Methods and operators that compare or search a text.
const COMPARISONS: &[&str] = &[
    "==",
    "!=",
    ".contains(",
    ".ends_with(",
    ".eq_ignore_ascii_case(",
    ".find(",
    ".match_indices(",
    ".matches(",
    ".replace(",
    ".rfind(",
    ".rsplit(",
    ".rsplit_once(",
    ".split(",
    ".split_once(",
    ".starts_with(",
    ".strip_prefix(",
    ".strip_suffix(",
    ".trim_end_matches(",
    ".trim_start_matches(",
];

/// Texts that the code has to read, most of them from other programs: file, text and reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("archive/unpack.rs", "<!doctype html", "the start of a web page that a service sends instead of a file"),
    (
        "http/attempt.rs",
        "password authentication failed",
        "ureq has no error kind for a SOCKS proxy that rejects a login",
    ),
    ("http/attempt.rs", "no acceptable auth methods", "ureq has no error kind for a SOCKS proxy that requires a login"),
    ("platform/coros/response.rs", "parameter input error", "COROS sends several codes with this message"),
    ("platform/coros/mcp/records.rs", "No sport records found from ", "COROS' tools answer in prose"),
    ("platform/coros/mcp/records.rs", "Sport Records — ", "COROS' tools answer in prose"),
    ("platform/coros/mcp/records.rs", "Start Coordinates: ", "COROS' tools answer in prose"),
    ("platform/coros/mcp/records.rs", "Time Window: ", "COROS' tools answer in prose"),
    (
        "docgen/command_page.rs",
        "Common options",
        "the heading marks the common flags, and clap has no other group for them",
    ),
    ("platform/garmin/login.rs", "OAuthToken is invalid", "Garmin rejects this token with a web page"),
    ("platform/garmin/owner.rs", "Token is not active", "Garmin sends no code with this message"),
    ("record/reader.rs", " at line 1 column ", "serde_json writes the position into its message"),
];

/// All files with code, by their paths below `src`, with their code.
fn all_code() -> impl Iterator<Item = (String, String)> {
    let files: Vec<PathBuf> = sources(&src()).into_iter().filter(|path| !is_test(path)).collect();
    assert!(files.len() > 200, "the sources are not found: {}", files.len());
    files.into_iter().map(|path| (path.strip_prefix(src()).unwrap().display().to_string(), code(&path)))
}

/// Whether a text is a phrase: two words of letters with a space between.
fn is_phrase(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    let is_word = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        word.len() > 1 && word.chars().all(char::is_alphabetic)
    };
    words.windows(2).any(|pair| is_word(pair[0]) && is_word(pair[1]))
}

/// Whether the code before a value compares or searches something with it.
fn ends_in_comparison(before: &str) -> bool {
    let mut before = before.trim_end();
    while let Some(rest) =
        ["&", "format!(", "Some(", "Ok(", "Err("].iter().find_map(|wrapper| before.strip_suffix(wrapper))
    {
        before = rest.trim_end();
    }
    COMPARISONS.iter().any(|comparison| before.ends_with(comparison))
}

/// Whether a literal is compared: by a method, an operator or a pattern, alone or in a list.
fn is_compared(code: &str, all: &[Literal], literal: &Literal) -> bool {
    if ends_in_comparison(&code[..literal.place.start]) {
        return true;
    }
    let after = code[literal.place.end..].trim_start().trim_start_matches(')').trim_start();
    if ["==", "!=", "=>", "|"].iter().any(|operator| after.starts_with(operator)) {
        return true;
    }
    // `matches!(value, "a pattern")`
    let before = &code[..literal.place.start];
    let is_pattern = before.rfind("matches!(").is_some_and(|at| {
        let inside = &before[at..];
        inside.matches('(').count() > inside.matches(')').count() && !inside.contains(['{', ';'])
    });
    is_pattern || is_in_searched_list(code, all, literal)
}

/// Whether a literal is an element of a list in which the code searches: `["a text", "another"].contains(&value)`.
fn is_in_searched_list(code: &str, all: &[Literal], literal: &Literal) -> bool {
    let mut end = literal.place.end;
    loop {
        let rest = code[end..].trim_start_matches([' ', '\n', ',']);
        let at = code.len() - rest.len();
        match all.iter().find(|next| next.place.start == at) {
            Some(next) => end = next.place.end,
            None => {
                let Some(rest) = rest.strip_prefix(']') else { return false };
                let rest = rest.trim_start();
                let rest = ["iter()", "into_iter()"].iter().find_map(|iter| {
                    rest.strip_prefix('.').and_then(|rest| rest.strip_prefix(iter)).map(str::trim_start)
                });
                let direct = code[end..].trim_start_matches([' ', '\n', ',', ']']).starts_with(".contains(");
                return direct || rest.is_some_and(|rest| [".any(", ".find("].iter().any(|it| rest.starts_with(it)));
            }
        }
    }
}

/// The constants whose value is a phrase: name and value.
fn phrase_constants(code: &str) -> Vec<(String, String)> {
    let of_phrase = literals(code).into_iter().filter(|literal| is_phrase(&literal.text));
    let name = |literal: Literal| {
        let (before, kind) = code[..literal.place.start].trim_end().strip_suffix('=')?.rsplit_once(':')?;
        let name = before.rsplit_once("const ")?.1;
        (kind.trim() == "&str").then(|| (name.trim().to_owned(), literal.text))
    };
    of_phrase.filter_map(name).collect()
}

#[test]
fn code_does_not_compare_or_search_message_texts() {
    let mut used = BTreeSet::new();
    let mut found = Vec::new();
    for (file, code) in all_code() {
        let all = literals(&code);
        let compared = all.iter().filter(|one| is_phrase(&one.text) && is_compared(&code, &all, one));
        let mut places: Vec<(usize, String)> = compared.map(|one| (one.place.start, one.text.clone())).collect();
        for (name, text) in phrase_constants(&code) {
            let is_whole = |at: usize| !code[at + name.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
            let uses = code.match_indices(&name).map(|(at, _)| at);
            places.extend(
                uses.filter(|at| is_whole(*at) && ends_in_comparison(&code[..*at])).map(|at| (at, text.clone())),
            );
        }
        for (at, text) in places {
            match EXCEPTIONS.iter().position(|(known, exception, _)| *known == file && *exception == text) {
                Some(exception) => drop(used.insert(exception)),
                None => found.push(format!("{file}:{}: {text:?}", line_of(&code, at))),
            }
        }
    }
    let unused: Vec<_> = (0..EXCEPTIONS.len()).filter(|at| !used.contains(at)).map(|at| EXCEPTIONS[at]).collect();
    assert!(found.is_empty(), "compare codes or types, not texts:\n{}", found.join("\n"));
    assert!(unused.is_empty(), "exceptions that are no longer in the code: {unused:?}");
}

/// Values whose text is composed for people.
const COMPOSED: &[&str] =
    &[".to_string()", ".message", ".why", ".words", ".sentence", ".detail", "reason_text", ".text(lang)"];

#[test]
fn code_does_not_search_the_text_of_errors_or_reasons() {
    let mut found = Vec::new();
    for (file, code) in all_code() {
        for value in COMPOSED {
            for (at, _) in code.match_indices(value) {
                let after = &code[at + value.len()..];
                let is_whole = !after.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '(');
                let after = after.trim_start();
                let is_searched = COMPARISONS
                    .iter()
                    .filter(|one| ![".replace(", ".trim_"].iter().any(|changing| one.starts_with(changing)))
                    .any(|comparison| after.starts_with(comparison));
                // An operator may compare codes or enums of that name; a method searches a text.
                let is_operator = after.starts_with("==") || after.starts_with("!=");
                if is_whole && is_searched && (!is_operator || *value == ".to_string()") {
                    found.push(format!("{file}:{}: {value}", line_of(&code, at)));
                }
            }
        }
    }
    assert!(found.is_empty(), "the code must not search texts of errors and reasons:\n{}", found.join("\n"));
}

#[test]
fn every_form_of_text_comparison_is_detected() {
    let is_found = |code: &str| {
        let all = literals(code);
        is_compared(code, &all, all.iter().find(|one| is_phrase(&one.text)).unwrap())
    };
    for code in [
        r#"text.contains("rate limited until")"#,
        r#"text == &format!("rate limited until {time}")"#,
        r#"match text { Some("rate limited") => 1 }"#,
        r#"matches!(text.as_str(), "a" | "rate limited")"#,
        r#"["rate limited", "no access"].contains(&text)"#,
        r#"["x", "rate limited"].iter().any(|one| text.contains(one))"#,
    ] {
        assert!(is_found(code), "{code}");
    }
    for code in
        [r#"error("rate limited until")"#, r#"let all = ["rate limited", "x"];"#, r#"write!(f, "rate limited")"#]
    {
        assert!(!is_found(code), "{code}");
    }
    let constants = phrase_constants(r#"const A: &str = "rate limited"; const B: &str = "x";"#);
    assert_eq!(constants, [("A".to_owned(), "rate limited".to_owned())]);
    assert!(!is_phrase("no-spaces") && !is_phrase("SELECT 1") && is_phrase("; not imported"));
}

/// Columns with text of others, or with text that is not a sentence.
const TEXT_COLUMNS: &[(&str, &str)] = &[
    ("activities.name", "the name that a person gave the activity"),
    ("activities.device", "the model as the service names it"),
    ("identities.name", "the name that the service shows for the account"),
    ("rate_limits.platform", "a key: writes to a platform have a rate limit of their own, `coros writes`"),
];

/// Columns with a reason: a JSON object with a code.
const REASONS: &[&str] = &[
    "accounts.ended",
    "commands.reason",
    "deletions.evidence",
    "deletions.reason",
    "listings.reason",
    "login_failures.reason",
    "problems.reason",
    "uploads.reason",
];

/// After a full history: a row for nearly everything that the catalogue can store.
#[test]
fn the_catalogue_stores_codes_and_no_sentences() {
    let catalogue = Connection::open(history().work.data("catalogue.sqlite")).unwrap();
    let sql = "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c
               WHERE m.type = 'table' AND c.type = 'TEXT'";
    let columns: Vec<(String, String)> = rows(&catalogue, sql, |row| Ok((row.get(0)?, row.get(1)?)));
    let names: Vec<String> = columns.iter().map(|(table, column)| format!("{table}.{column}")).collect();
    for known in TEXT_COLUMNS.iter().map(|(name, _)| name).chain(REASONS) {
        assert!(names.iter().any(|name| name == known), "there is no column {known}");
    }
    let mut reasons = 0;
    for ((table, column), name) in columns.iter().zip(&names) {
        let sql = format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL");
        for value in rows(&catalogue, &sql, |row| row.get::<_, String>(0)) {
            if REASONS.contains(&name.as_str()) {
                let reason: serde_json::Value = serde_json::from_str(&value).unwrap_or_default();
                assert!(reason["code"].is_string(), "{name} has no reason: {value}");
                reasons += 1;
            } else if !TEXT_COLUMNS.iter().any(|(known, _)| known == name) {
                assert!(!is_phrase(&value), "{name} has a sentence: {value}");
            }
        }
    }
    assert!(reasons > 5, "the history has too few reasons: {reasons}");
}

fn rows<T>(catalogue: &Connection, sql: &str, read: impl Fn(&rusqlite::Row) -> rusqlite::Result<T>) -> Vec<T> {
    let mut statement = catalogue.prepare(sql).unwrap();
    statement.query_map([], |row| read(row)).unwrap().map(Result::unwrap).collect()
}

/// A template without its values, such as `{name}`.
fn without_values(text: &str) -> String {
    let mut rest = text;
    let mut out = String::new();
    while let Some((before, after)) = rest.split_once('{') {
        let Some((_, after)) = after.split_once('}') else { break };
        out.push_str(before);
        out.push('\u{b7}');
        rest = after;
    }
    out + rest
}

fn is_sql(text: &str) -> bool {
    ["CREATE ", "DELETE ", "INSERT ", "SELECT ", "UPDATE ", "WITH "]
        .iter()
        .any(|word| text.trim_start().starts_with(word))
}

/// Whether the code ends within the arguments of a call.
fn is_argument(before: &str, call: &str) -> bool {
    let mut depth = 0;
    for (at, byte) in before.bytes().enumerate().rev() {
        match byte {
            b')' => depth += 1,
            b'(' if depth == 0 => return before[..at].ends_with(call),
            b'(' => depth -= 1,
            b';' | b'{' => return false,
            _ => {}
        }
    }
    false
}

/// Every message, label and sentence of the page and the notifications is a literal: with a space, in Chinese, or in
/// `lang.pick("English", "Chinese")` and `counted(count, "activity", "activities")`.
#[test]
fn the_texts_in_the_code_use_plain_words() {
    let mut found = Vec::new();
    let mut count = 0;
    for (file, code) in all_code() {
        for literal in literals(&code) {
            let is_label = ["pick", "counted"].iter().any(|call| is_argument(&code[..literal.place.start], call));
            let is_text = literal.text.contains(' ') || !literal.text.is_ascii() || is_label;
            if is_text && !is_sql(&literal.text) {
                count += 1;
                let words = found_in(&without_values(&literal.text));
                let line = line_of(&code, literal.place.start);
                found.extend(words.iter().map(|word| format!("{file}:{line}: {word}\n    {:?}", literal.text)));
            }
        }
    }
    assert!(count > 1000, "the texts are not found: {count}");
    assert!(found.is_empty(), "texts with words to replace:\n{}", found.join("\n"));
}

#[test]
fn a_word_is_found_in_a_message_and_not_in_its_values() {
    let found = |text: &str| found_in(&without_values(text)).len();
    assert_eq!([found("{taken} fetched {entries}"), found("{taken} and {due}"), found("is it due {")], [1, 0, 1]);
    assert!(is_argument(r#"a(lang.pick("x", "#, "pick") && !is_argument(r#"pick(x); say("#, "pick"));
    assert!(is_sql("\n SELECT due FROM told") && !is_sql("select a file"));
}

/// The visible text of the page of a full history: without styles, scripts, commands and values of others.
#[test]
fn the_page_uses_plain_words() {
    let page = &history().page;
    let mut text = page.clone();
    for element in ["style", "script", "code", "pre", "bdi"] {
        let mut rest = text.as_str();
        let mut without = String::new();
        while let Some((before, after)) = rest.split_once(&format!("<{element}")) {
            without.push_str(before);
            rest = after.split_once(&format!("</{element}>")).map_or("", |(_, after)| after);
        }
        text = without + rest;
    }
    let mut read = String::new();
    for part in text.split('<') {
        let (tag, shown) = part.split_once('>').unwrap_or(("", part));
        for attribute in ["title=\"", "aria-label=\"", "placeholder=\""] {
            let value = tag.split_once(attribute).and_then(|(_, rest)| rest.split_once('"'));
            read.extend(value.map(|(value, _)| format!("{value}\n")));
        }
        read.push_str(shown);
        read.push('\n');
    }
    assert!(read.contains("Duplicates") && read.contains("Missing") && read.lines().count() > 500, "{read}");
    let found = found_in(&read);
    assert!(found.is_empty(), "{}", found.join("\n"));
}
