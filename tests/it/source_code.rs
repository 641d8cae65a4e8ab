//! Reads the sources in `src`: their code without comments and tests, and the string literals in it.

use std::ops::Range;
use std::path::{Path, PathBuf};

/// The folder of the sources.
pub fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// All Rust files below a folder.
pub fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push(path);
        }
    }
    all.sort();
    all
}

/// Whether a file has only tests.
pub fn is_test(path: &Path) -> bool {
    path.file_stem().is_some_and(|name| name.to_string_lossy().ends_with("tests"))
}

/// The code of a file, without comments and without the items that only tests have. Lines keep their numbers.
pub fn code(path: &Path) -> String {
    without_comments_and_tests(&std::fs::read_to_string(path).unwrap())
}

/// A string literal.
pub struct Literal {
    /// Its position in the code, quotes included.
    pub place: Range<usize>,
    /// Its text; escaped line ends are removed, other escapes are unchanged.
    pub text: String,
}

/// The string literals of a code without comments.
pub fn literals(code: &str) -> Vec<Literal> {
    let text = |place: &Range<usize>| {
        let literal = &code[place.clone()];
        let inner = &literal[literal.find('"').unwrap() + 1..literal.rfind('"').unwrap()];
        let mut lines = inner.split("\\\n");
        let first = lines.next().unwrap_or_default().to_owned();
        lines.fold(first, |text, line| text + line.trim_start())
    };
    let strings = tokens(code).into_iter().filter(|token| token.is_string);
    strings.map(|token| Literal { text: text(&token.place), place: token.place }).collect()
}

/// The line number of a position in a code.
pub fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// A string literal or a comment.
struct Token {
    place: Range<usize>,
    is_string: bool,
}

fn tokens(code: &str) -> Vec<Token> {
    let bytes = code.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &code[at..];
        let is_name = |at: usize| bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let raw = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r')).filter(|_| at == 0 || !is_name(at - 1));
        let hashes = raw.map_or(0, |raw| raw.bytes().take_while(|byte| *byte == b'#').count());
        let (length, is_string) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), Some(false))
        } else if rest.starts_with("/*") {
            (rest.find("*/").map_or(rest.len(), |end| end + 2), Some(false))
        } else if let Some(raw) = raw.filter(|raw| raw[hashes..].starts_with('"')) {
            let end = format!("\"{}", "#".repeat(hashes));
            let begin = rest.len() - raw.len() + hashes + 1;
            (rest[begin..].find(&end).map_or(rest.len(), |at| begin + at + end.len()), Some(true))
        } else if rest.starts_with('"') {
            (quoted(rest), Some(true))
        } else if rest.starts_with('\'') {
            (character(rest), None)
        } else {
            (rest.chars().next().map_or(1, char::len_utf8), None)
        };
        tokens.extend(is_string.map(|is_string| Token { place: at..at + length, is_string }));
        at += length;
    }
    tokens
}

/// The length of a string literal, its quotes included.
fn quoted(text: &str) -> usize {
    let mut is_escaped = true;
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a character literal, or of the quote of a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((at, _))) => text[at + 1..].find('\'').map_or(1, |end| at + 1 + end + 1),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 1,
    }
}

fn without_comments_and_tests(text: &str) -> String {
    let mut code = text.to_owned();
    let mut mask = text.to_owned();
    for token in tokens(text) {
        if !token.is_string {
            blank(&mut code, &token.place);
        }
        blank(&mut mask, &token.place);
    }
    let mut from = 0;
    while let Some(at) = mask[from..].find("#[cfg(test)]").map(|at| from + at) {
        let end = end_of_item(&mask, at);
        blank(&mut code, &(at..end));
        from = end;
    }
    code
}

/// Replaces a part of a text by spaces; line ends stay.
fn blank(text: &mut String, place: &Range<usize>) {
    let blanks: String = text[place.clone()].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    text.replace_range(place.clone(), &blanks);
}

/// The end of the item that begins with an attribute at `at`: a semicolon, or a block.
fn end_of_item(mask: &str, at: usize) -> usize {
    let mut depth = 0;
    for (offset, byte) in mask[at..].bytes().enumerate() {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth -= 1,
            _ => {}
        }
        if depth == 0 && (byte == b'}' || byte == b';') {
            return at + offset + 1;
        }
    }
    mask.len()
}

#[test]
fn comments_and_tests_are_removed_and_literals_are_found() {
    let text = r##"
/// A "comment".
fn a(b: &'static str) -> char { if b == "x { // \" y" { '"' } else { '\'' } }
#[cfg(test)]
#[path = "x.rs"]
mod tests;
#[cfg(test)]
mod more { const C: &str = "}"; }
const D: &str = r#"raw "text""#; /* "no" */ const E: &str = "two \
    lines";
"##;
    let code = without_comments_and_tests(text);
    assert_eq!(code.lines().count(), text.lines().count());
    let found: Vec<String> = literals(&code).into_iter().map(|literal| literal.text).collect();
    assert_eq!(found, [r#"x { // \" y"#, r#"raw "text""#, "two lines"]);
    assert!(!code.contains("tests") && !code.contains("comment") && code.contains("fn a("), "{code}");
}
