//! A page for `man`, part by part, in the few macros of man(7) that every reader of such pages knows.
//!
//! Text is given as people write it: in it `` `words` ``, flags and the names of commands become bold, and lines are
//! broken anew.

use super::RELEASE;

/// The longest line of the source: mandoc asks for no more than 80.
const WIDTH: usize = 76;

/// A page that is being written.
pub struct Page {
    source: String,
}

impl Page {
    /// A page with its head and its NAME.
    pub fn new(name: &str, section: u8, about: &str) -> Page {
        let (release, date) = RELEASE;
        let head = format!(
            ".\\\" Made by scripts/generate; what it says is changed where it is made from.\n.TH {} {section} {date} \"{release}\" \"garminsync manual\"\n.nh\n.ad l\n",
            name.to_uppercase()
        );
        let mut page = Page { source: head };
        page.section("Name");
        // Two words more than a line takes would be too long for apropos, too; it is broken all the same.
        page.fill(&format!("{} \\- {}", escaped(name), styled(about.trim_end_matches('.'))));
        page
    }

    /// A heading.
    pub fn section(&mut self, title: &str) {
        self.line(&format!(".SH {}", escaped(&title.to_uppercase())));
    }

    /// A heading within a section.
    pub fn subsection(&mut self, title: &str) {
        self.line(&format!(".SS {}", escaped(title)));
    }

    /// Paragraphs, with empty lines between them.
    pub fn text(&mut self, text: &str) {
        for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            // A heading makes the room that a paragraph would.
            if !self.is_after_heading() {
                self.line(".PP");
            }
            self.fill(&styled(paragraph));
        }
    }

    /// Something with a name of its own, already styled, and what there is to say about it.
    pub fn item(&mut self, tag: &str, text: &str) {
        self.line(&format!(".TP\n{tag}"));
        let mut paragraphs = text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
        match paragraphs.next() {
            Some(first) => self.fill(&styled(first)),
            None => self.line("\\&"),
        }
        for paragraph in paragraphs {
            self.line(".IP");
            self.fill(&styled(paragraph));
        }
    }

    /// Lines as they are typed.
    pub fn code<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) {
        if !self.is_after_heading() {
            self.line(".PP");
        }
        self.line(".RS 4\n.EX");
        for line in lines {
            self.line(&protected(&broken(&escaped(line))));
        }
        self.line(".EE\n.RE");
    }

    /// Lines of requests and styled text, as they are.
    pub fn line(&mut self, line: &str) {
        self.source.push_str(line);
        self.source.push('\n');
    }

    /// The page's source.
    pub fn finish(self) -> String {
        self.source
    }

    fn is_after_heading(&self) -> bool {
        self.source.lines().last().is_some_and(|line| line.starts_with(".S"))
    }

    fn fill(&mut self, text: &str) {
        let mut line = String::new();
        for word in text.split_whitespace() {
            if !line.is_empty() && line.len() + 1 + word.len() > WIDTH {
                self.line(&protected(&std::mem::take(&mut line)));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.line(&protected(&line));
    }
}

/// What a person types as it is.
pub fn bold(text: &str) -> String {
    format!("\\fB{}\\fR", escaped(text))
}

/// What a person puts something else in the place of.
pub fn italic(text: &str) -> String {
    format!("\\fI{}\\fR", escaped(text))
}

/// Text whose characters mean themselves.
pub fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\e"),
            '-' => out.push_str("\\-"),
            '\'' => out.push_str("\\(aq"),
            '`' => out.push_str("\\(ga"),
            '^' => out.push_str("\\(ha"),
            '~' => out.push_str("\\(ti"),
            c if c.is_ascii() => out.push(c),
            c => out.push_str(&format!("\\[u{:04X}]", c as u32)),
        }
    }
    out
}

/// Without the capital.
pub fn lower(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default() + chars.as_str()
}

/// Prose: `` `words` ``, flags and names of commands are bold.
fn styled(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { bold(part) } else { prose(part) }).collect()
}

fn prose(text: &str) -> String {
    let is_edge = |c: char| matches!(c, '(' | ')' | '[' | ']' | ',' | ';' | ':' | '.' | '"');
    let word = |word: &str| {
        let core = word.trim_matches(is_edge);
        let is_flag =
            core.strip_prefix('-').is_some_and(|rest| rest.trim_start_matches('-').starts_with(char::is_alphanumeric));
        let is_command = core.starts_with("gs-") && core.len() > 3;
        if !is_flag && !is_command {
            // A hyphen within a word is none that anybody types.
            return escaped(word).replace("\\-", "-");
        }
        let (before, after) = word.split_once(core).unwrap_or(("", ""));
        format!("{}{}{}", escaped(before), bold(core), escaped(after))
    };
    text.split_inclusive(char::is_whitespace)
        .map(|piece| {
            let end = piece.trim_end_matches(char::is_whitespace).len();
            word(&piece[..end]) + &piece[end..]
        })
        .collect()
}

/// A line that begins as a request would is none.
fn protected(line: &str) -> String {
    if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() }
}

/// A long line goes on in the next one of the source; the reader sees one.
fn broken(line: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for piece in line.split_inclusive(' ') {
        if width > 0 && width + piece.len() > WIDTH {
            out.push_str("\\\n");
            width = 0;
        }
        out.push_str(piece);
        width += piece.len();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_mean_themselves() {
        assert_eq!(escaped(r"a\b-'c' …"), r"a\eb\-\(aqc\(aq \[u2026]");
        assert_eq!(protected(".env"), r"\&.env");
    }

    #[test]
    fn flags_commands_and_quoted_words_are_bold() {
        assert_eq!(styled("see --all (or gs-list, -n)"), r"see \fB\-\-all\fR (or \fBgs\-list\fR, \fB\-n\fR)");
        assert_eq!(styled("`fit` - a well-known word"), r"\fBfit\fR - a well-known word");
    }

    #[test]
    fn no_line_of_the_source_is_long() {
        let mut page = Page::new("x", 1, "about");
        page.text(&"word ".repeat(100));
        page.code(["a long line of code ".repeat(10).as_str()]);
        assert!(page.finish().lines().all(|line| line.len() <= 80 || line.starts_with(".T")));
    }
}
