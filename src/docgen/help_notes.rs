//! Parses the text below the flags in the help of a command.
//!
//! ```text
//! Examples:
//!   gs-list --stats      how many of what
//!
//! Settings: GARMIN_EMAIL, GARMIN_PASSWORD
//!
//! Exit codes: 0 OK, 1 some failed, the rest is done, 78 configuration error
//! ```
//!
//! Each part is optional, and any other paragraph is kept as it is.

/// The parts of the text.
#[derive(Debug, Default, PartialEq)]
pub struct Notes {
    /// Command lines, each with its effect if the help says so.
    pub examples: Vec<(String, Option<String>)>,
    /// Names of settings that no flag mentions.
    pub settings: Vec<String>,
    /// Exit codes, with the texts of this command.
    pub codes: Vec<(u8, String)>,
    /// All other paragraphs.
    pub rest: Vec<String>,
}

impl Notes {
    /// Parses a text.
    pub fn read(text: &str) -> Notes {
        let mut notes = Notes::default();
        for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            match paragraph.split_once(':').map(|(title, rest)| (title.trim(), rest)) {
                Some(("Example" | "Examples", lines)) => notes.examples.extend(lines.trim().lines().map(example)),
                Some(("Settings", names)) => {
                    notes.settings.extend(names.split([',', '\n']).map(|name| name.trim().to_owned()));
                }
                Some(("Exit codes", list)) => notes.codes.extend(codes(list)),
                _ => notes.rest.push(paragraph.trim().to_owned()),
            }
        }
        notes
    }
}

/// A command line, and its effect behind three spaces or more.
fn example(line: &str) -> (String, Option<String>) {
    match line.trim().rsplit_once("   ") {
        Some((typed, does)) => (typed.trim_end().to_owned(), Some(does.trim().to_owned())),
        None => (line.trim().to_owned(), None),
    }
}

/// `0 OK, 1 some failed`; a comma without a number after it is part of the text.
fn codes(list: &str) -> Vec<(u8, String)> {
    let mut found: Vec<(u8, String)> = Vec::new();
    let list = list.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in list.split(", ") {
        match part.split_once(' ').and_then(|(code, words)| Some((code.parse().ok()?, words))) {
            Some((code, words)) => found.push((code, words.to_owned())),
            None => found.iter_mut().next_back().into_iter().for_each(|(_, words)| *words += &format!(", {part}")),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sections_of_a_help_text_are_parsed() {
        let notes = Notes::read(
            "Examples:\n  a | b      does this\n  c\n\nSettings: A_B, C\n\nExit codes: 0 OK, whatever comes, 78 configuration error\n\nMore.",
        );
        let told = |text: &str| Some(text.to_owned());
        assert_eq!(notes.examples, [("a | b".into(), told("does this")), ("c".into(), None)]);
        assert_eq!(notes.settings, ["A_B", "C"]);
        assert_eq!(notes.codes, [(0, "OK, whatever comes".into()), (78, "configuration error".into())]);
        assert_eq!(notes.rest, ["More."]);
        assert_eq!(Notes::read(""), Notes::default());
    }
}
