//! Reads a `.env` file by the rules of python-dotenv, because the older tools read their files with it, and a password
//! must have the same value here.
//!
//! dotenvy reads every ordinary line, which is almost every line. It cannot read the others, because its rules differ
//! from those of python-dotenv and cannot be switched off (version 0.15):
//!
//! | written | python-dotenv | dotenvy |
//! |---|---|---|
//! | `P=pa$word` | `pa$word` | replaces `$word`, mostly by nothing |
//! | `P=correct horse` | `correct horse` | an error |
//! | `P=a\b` | `a\b` | an error |
//! | `P="a\tb"` | a tab | an error |
//! | `P=it's` | `it's` | waits for the closing quote, over the lines that follow |
//!
//! Rewriting such a line for dotenvy would require a parser of python-dotenv's rules first. So each statement is read
//! by one of the two: [`read`] gives a line to dotenvy if both sets of rules give it the same meaning (`by_dotenvy`),
//! and to `Reader` otherwise. No text goes through both, and a unit test checks that they agree on ordinary lines.
//!
//! `tests/external/dotenv.rs` compares the result with python-dotenv itself. Two differences are intended: a line that
//! python-dotenv skips with a warning is [`Statement::Unreadable`], and `${NAME}` is an error of [`expand`] if the name
//! is not set, while python-dotenv removes it.

/// One statement of a file: an assignment, or a line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// `NAME=value`, or a `NAME` alone.
    Assignment {
        /// The number of its first line, from 1.
        line: usize,
        /// The name.
        name: String,
        /// The value before [`expand`]; `None` if there is no `=`.
        value: Option<String>,
    },
    /// A line that cannot be read. Only its beginning is kept, because the rest may be a password.
    Unreadable {
        /// The number of its first line, from 1.
        line: usize,
        /// The text in the place of the name.
        head: String,
        /// The reason.
        why: Fault,
    },
}

/// Why a statement cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The line begins with `=`, with an empty quoted name, or with an unclosed quote.
    #[error("the name is missing")]
    NoName,
    /// Words follow the name.
    #[error("= is missing after the name")]
    NoEqual,
    /// The closing quote is missing.
    #[error("the closing quote is missing")]
    OpenQuote,
    /// Text follows the closing quote. A `'` inside single quotes is written `\'`.
    #[error("unexpected text after the closing quote; put a backslash before a quote inside the value")]
    AfterQuote,
}

/// Reads all statements in order. A byte order mark is skipped, and all kinds of line ends are equal.
pub fn read(text: &str) -> Vec<Statement> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let mut reader = Reader { text: &text, at: 0 };
    let mut all = Vec::new();
    while reader.begin() {
        let (line, start) = (reader.line_number(), reader.line());
        match by_dotenvy(start) {
            Some((name, value)) => {
                all.push(Statement::Assignment { line, name, value: Some(value) });
                reader.skip_line();
            }
            None => match reader.statement() {
                Ok(Some((name, value))) => all.push(Statement::Assignment { line, name, value }),
                Ok(None) => {}
                Err(why) => {
                    let words = start.trim_start_matches(BLANKS);
                    let words = words.strip_prefix("export").unwrap_or(words).trim_start_matches(BLANKS);
                    let head = words.split(|c: char| c == '=' || BLANKS.contains(&c)).next().unwrap_or_default();
                    all.push(Statement::Unreadable { line, head: head.to_owned(), why });
                    reader.skip_line();
                }
            },
        }
    }
    all
}

/// Replaces each `${NAME}` with its value, and `${NAME:-other}` with `other` if `lookup` does not have the name. Every
/// other `$` is an ordinary character.
///
/// # Errors
/// A name without `:-` that `lookup` does not have.
pub fn expand(value: &str, lookup: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find("${") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some((name, default, after)) = reference(rest) else {
            out.push_str("${");
            rest = &rest[2..];
            continue;
        };
        match lookup(name).or_else(|| default.map(str::to_owned)) {
            Some(found) => out.push_str(&found),
            None => return Err(name.to_owned()),
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// The names that [`expand`] looks up.
pub fn references(value: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = value;
    while let Some(at) = rest.find("${") {
        rest = match reference(&rest[at..]) {
            Some((name, _, after)) => {
                names.push(name);
                after
            }
            None => &rest[at + 2..],
        };
    }
    names
}

/// `${NAME}` or `${NAME:-other}` at the start of `text`: the name, the other value, and the rest of the text.
fn reference(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let inner = text.strip_prefix("${")?;
    let end = inner.find([':', '}'])?;
    let (name, rest) = inner.split_at(end);
    if let Some(after) = rest.strip_prefix('}') {
        return Some((name, None, after));
    }
    let (default, after) = rest.strip_prefix(":-")?.split_once('}')?;
    Some((name, Some(default), after))
}

/// Name and value of an ordinary line, read by dotenvy. A line is ordinary if its value has no spaces, quotes, `\`, `$`
/// or `#`, or if the whole value is in quotes and contains no character that either set of rules treats specially.
fn by_dotenvy(line: &str) -> Option<(String, String)> {
    let (head, value) = line.split_once('=')?;
    let words = head.trim_matches(BLANKS);
    let name = words.strip_prefix("export").filter(|rest| rest.starts_with(BLANKS)).unwrap_or(words);
    let name = name.trim_start_matches(BLANKS);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.');
    // For python-dotenv `export =` is the keyword before a missing name.
    if !is_name || name == "export" || !is_ordinary(value.trim_matches(BLANKS)) {
        return None;
    }
    // dotenvy would expect a continuation line after a space at the end.
    dotenvy::from_read_iter(line.trim_matches(BLANKS).as_bytes()).next()?.ok()
}

fn is_ordinary(value: &str) -> bool {
    let inner = |quote: char| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    let (inner, special): (&str, &[char]) = match (inner('\''), inner('"')) {
        (Some(inner), _) => (inner, &['\'', '\\']),
        (_, Some(inner)) => (inner, &['"', '\\', '$']),
        _ => (value, &['\'', '"', '\\', '$', '#', ' ', '\t']),
    };
    !inner.contains(special) && !inner.contains(|c: char| is_space(c) && !BLANKS.contains(&c))
}

/// The spaces around the parts of an ordinary line.
const BLANKS: [char; 2] = [' ', '\t'];

/// White space as Python's `\s` defines it: that of Unicode, and four control characters.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// White space that is not a line end.
fn is_blank(c: char) -> bool {
    is_space(c) && c != '\n'
}

/// Reads statements by the rules of python-dotenv, from its position in the text.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Moves to the next statement; `false` at the end of the text.
    fn begin(&mut self) -> bool {
        self.skip(is_space);
        !self.rest().is_empty()
    }

    fn line_number(&self) -> usize {
        1 + self.text[..self.at].matches('\n').count()
    }

    fn line(&self) -> &'a str {
        self.rest().split('\n').next().unwrap_or("")
    }

    fn skip_line(&mut self) {
        self.skip(|c| c != '\n');
    }

    /// Skips characters and returns them.
    fn skip(&mut self, is_meant: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !is_meant(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// An assignment; `None` for a comment.
    fn statement(&mut self) -> Result<Option<(String, Option<String>)>, Fault> {
        if self.rest().strip_prefix("export").is_some_and(|rest| rest.starts_with(is_blank)) {
            self.at += "export".len();
            self.skip(is_blank);
        }
        let name = self.name()?;
        self.skip(is_blank);
        let value = if self.rest().starts_with('=') { Some(self.value()?) } else { None };
        let is_quoted = value.is_some();
        self.skip(is_blank);
        if self.rest().starts_with('#') {
            self.skip_line();
        }
        match self.rest().chars().next() {
            None | Some('\n') => Ok(name.map(|name| (name, value))),
            Some(_) => Err(if is_quoted { Fault::AfterQuote } else { Fault::NoEqual }),
        }
    }

    /// The name; `None` at a comment.
    fn name(&mut self) -> Result<Option<String>, Fault> {
        if self.rest().starts_with('#') {
            return Ok(None);
        }
        if let Some(rest) = self.rest().strip_prefix('\'') {
            let (name, _) = rest.split_once('\'').filter(|(name, _)| !name.is_empty()).ok_or(Fault::NoName)?;
            self.at += name.len() + 2;
            return Ok(Some(name.to_owned()));
        }
        match self.skip(|c| c != '=' && c != '#' && !is_space(c)) {
            "" => Err(Fault::NoName),
            name => Ok(Some(name.to_owned())),
        }
    }

    /// The value, starting at the `=`.
    fn value(&mut self) -> Result<String, Fault> {
        self.at += 1;
        let is_apart = !self.skip(is_blank).is_empty();
        match self.rest().chars().next() {
            // An empty value before a comment.
            Some('#') if is_apart => Ok(String::new()),
            Some('\'') => self.quoted('\'', |c| matches!(c, '\\' | '\'').then_some(c)),
            Some('"') => self.quoted('"', escaped),
            _ => Ok(self.plain()),
        }
    }

    /// A value in quotes, which may have several lines. `escaped` returns the character that an escape sequence means.
    /// If it returns `None`, both characters are ordinary.
    fn quoted(&mut self, quote: char, escaped: impl Fn(char) -> Option<char>) -> Result<String, Fault> {
        let mut out = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => {
                    let (_, next) = chars.next().ok_or(Fault::OpenQuote)?;
                    match escaped(next) {
                        Some(c) => out.push(c),
                        None => out.extend(['\\', next]),
                    }
                }
                c if c == quote => {
                    self.at += at + 1;
                    return Ok(out);
                }
                c => out.push(c),
            }
        }
        Err(Fault::OpenQuote)
    }

    /// A value without quotes: up to the end of the line, or to a `#` after a space.
    fn plain(&mut self) -> String {
        let line = self.skip(|c| c != '\n');
        let mut before = None;
        let comment = line.char_indices().find_map(|(at, c)| {
            let begins = c == '#' && before.is_some_and(is_space);
            before = Some(c);
            begins.then_some(at)
        });
        line[..comment.unwrap_or(line.len())].trim_end_matches(is_space).to_owned()
    }
}

/// The character that `\` and this character mean in double quotes.
fn escaped(c: char) -> Option<char> {
    Some(match c {
        '\\' | '\'' | '"' => c,
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(line: &str) -> String {
        match read(line).as_slice() {
            [Statement::Assignment { value: Some(value), .. }] => value.clone(),
            other => panic!("{line}: {other:?}"),
        }
    }

    fn fault(text: &str) -> (usize, Fault) {
        let found = read(text).into_iter().find_map(|statement| match statement {
            Statement::Unreadable { line, why, .. } => Some((line, why)),
            Statement::Assignment { .. } => None,
        });
        found.unwrap_or_else(|| panic!("{text} can be read"))
    }

    #[test]
    fn special_characters_are_ordinary_without_quotes() {
        for text in ["pa$word", "pa$HOME", "pass$", "correct horse", "it's", "a\\b", "a\"b", "a#b", "\\$x", "a$$b"] {
            assert_eq!(value(&format!("P={text}")), text);
        }
        assert_eq!(value("P=\"a\\$HOME\""), "a\\$HOME");
    }

    #[test]
    fn a_comment_begins_after_a_space_or_a_tab() {
        for line in ["P=a #b", "P=a\t#b", "P=a \t # b", "P='a'#b", "P=\"a\"\t# b", "export P = a # b"] {
            assert_eq!(value(line), "a", "{line}");
        }
        assert_eq!((value("P= # b").as_str(), value("P=#b").as_str()), ("", "#b"));
    }

    #[test]
    fn quotes_keep_spaces_and_escapes_are_those_of_python_dotenv() {
        assert_eq!(value("P=' a # b '"), " a # b ");
        assert_eq!(value("P='it\\'s \\n'"), "it's \\n");
        assert_eq!(value("P=\"a\\tb\\\"c\\x\""), "a\tb\"c\\x");
        assert_eq!(value("P='one\r\ntwo'"), "one\ntwo");
    }

    #[test]
    fn an_unreadable_statement_has_its_line_number() {
        assert_eq!(fault("A=1\n\nP hunter2\nB=2"), (3, Fault::NoEqual));
        assert_eq!(fault("A=1\n=hunter2"), (2, Fault::NoName));
        assert_eq!(fault("A='1\n2'\nP='hunter2\n\nB=2"), (3, Fault::OpenQuote));
        assert_eq!(fault("P='it's'"), (1, Fault::AfterQuote));
    }

    #[test]
    fn only_braces_are_expanded_and_a_missing_name_is_an_error() {
        let lookup = |name: &str| (name == "A").then(|| "1".to_owned());
        let expanded = |text| expand(text, lookup);
        assert_eq!(expanded("x${A}y$A${B:-2}${A:-2}").unwrap(), "x1y$A21");
        assert_eq!(expanded("${A:1}${").unwrap(), "${A:1}${");
        assert_eq!(expanded("x${B}"), Err("B".to_owned()));
        assert_eq!(references("${A}$C${B:-2}${D:x}"), ["A", "B"]);
    }

    #[test]
    fn dotenvy_and_the_reader_agree_on_ordinary_lines() {
        for line in ["A=1", "export A=1", "  A = 1 ", "A='b c # d $e'", "A=\"b c\"", "A=", "A=http://a:b@c/?d=e&f=g"] {
            let theirs = by_dotenvy(line.trim_start()).unwrap_or_else(|| panic!("dotenvy does not read {line}"));
            let mut ours = Reader { text: line.trim_start(), at: 0 };
            assert_eq!(ours.statement(), Ok(Some((theirs.0, Some(theirs.1)))), "{line}");
        }
        for line in ["A=b c", "A=$b", "A=b\\c", "A=b # c", "A=#b", "A=\"$b\"", "A='b\\'", "export =1", "a-b=1", "A"] {
            assert_eq!(by_dotenvy(line), None, "{line}");
        }
    }

    /// The reason for [`Reader`]: see the table at the top. If dotenvy learns to read one of these lines, its row can
    /// be removed.
    #[test]
    fn dotenvy_reads_these_lines_differently() {
        let theirs = |text: &str| {
            let read: Result<Vec<_>, _> = dotenvy::from_read_iter(text.as_bytes()).collect();
            read.ok().and_then(|pairs| pairs.into_iter().next()).map(|(_, value)| value)
        };
        for (line, ours, dotenvy) in [
            ("P=pa$word", "pa$word", Some("pa")),
            ("P=correct horse", "correct horse", None),
            ("P=a\\b", "a\\b", None),
            ("P=\"a\\tb\"", "a\tb", None),
            ("P=it's", "it's", None),
        ] {
            assert_eq!(value(line), ours);
            assert_eq!(theirs(line).as_deref(), dotenvy, "{line}");
        }
    }
}
