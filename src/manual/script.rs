//! The page of a script, from the text that it shows for `--help`.
//!
//! That text is a paragraph on what it is for, lines that show how it is called, and then paragraphs. Of a paragraph, lines
//! that are set in are typed as they are, and a word with some spaces behind it is what the rest of the line is about.

use super::command::DOCUMENTS;
use super::roff::{Page, bold};

/// The page of the script `name`.
pub fn page(name: &str, help: &str) -> String {
    let mut paragraphs = help.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty());
    let about = joined(paragraphs.next().unwrap_or_default());
    let first = about.split([':', '.']).next().unwrap_or_default();
    let mut page = Page::new(name, 1, &lower(first));
    page.section("Synopsis");
    for line in paragraphs.next().unwrap_or_default().lines() {
        let (command, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        page.line(&format!(".HP\n{} {}", bold(command), super::roff::escaped(rest)));
    }
    page.section("Description");
    page.text(&about);
    paragraphs.for_each(|paragraph| add(&mut page, paragraph));
    page.section("Environment");
    page.text("The settings of the commands that it calls: see gs-settings(5).");
    page.section("See also");
    let pages =
        [("garminsync", 1), ("gs-sync", 1), ("gs-fetch", 1), ("gs-list", 1), ("gs-download", 1), ("gs-settings", 5)];
    let pages = pages.iter().filter(|(other, _)| *other != name);
    let pages: Vec<String> = pages.map(|(name, section)| format!("{}({section})", bold(name))).collect();
    page.line(&pages.join(",\n"));
    page.text(DOCUMENTS);
    page.finish()
}

fn lower(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default() + chars.as_str()
}

fn joined(paragraph: &str) -> String {
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a line of a paragraph is.
enum Line<'a> {
    Text(&'a str),
    /// A word, and what is said of it.
    Item(&'a str, &'a str),
    /// The line before goes on.
    More(&'a str),
    Typed(&'a str),
}

fn kind<'a>(line: &'a str, after_item: bool) -> Line<'a> {
    let trimmed = line.trim();
    match (line.starts_with(' '), trimmed.split_once("  ")) {
        (true, _) if after_item => Line::More(trimmed),
        (true, _) => Line::Typed(trimmed),
        (false, Some((word, text))) if word.len() < 40 => Line::Item(word, text.trim()),
        _ => Line::Text(trimmed),
    }
}

fn add(page: &mut Page, paragraph: &str) {
    let (mut text, mut item, mut typed): (Vec<&str>, Option<(&str, String)>, Vec<&str>) =
        (Vec::new(), None, Vec::new());
    for line in paragraph.lines().chain([""]) {
        let kind = kind(line, item.is_some());
        if let Line::More(more) = kind {
            item.iter_mut().for_each(|(_, text)| *text += &format!(" {more}"));
            continue;
        }
        // Whatever it is, what came before is complete, unless it is more of the same.
        if let Some((word, text)) = item.take() {
            page.item(&bold(word), &text);
        }
        if !matches!(kind, Line::Typed(_)) && !typed.is_empty() {
            page.code(typed.drain(..));
        }
        if !matches!(kind, Line::Text(line) if !line.is_empty()) && !text.is_empty() {
            page.text(&std::mem::take(&mut text).join(" "));
        }
        match kind {
            Line::Text(line) => text.extend(Some(line).filter(|line| !line.is_empty())),
            Line::Item(word, about) => item = Some((word, about.to_owned())),
            Line::Typed(line) => typed.push(line),
            Line::More(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_help_becomes_a_page() {
        let page = page(
            "x",
            "Does a thing: this one\nand that.\n\n  x [--all]\n\n--all    all\n         of it\n--one    one\n\nText --all:\n  x --all\n  x\nmore.\n",
        );
        for part in [
            "x \\- does a thing\n",
            ".SH SYNOPSIS\n.HP\n\\fBx\\fR [\\-\\-all]\n",
            ".TP\n\\fB\\-\\-all\\fR\nall of it\n.TP\n\\fB\\-\\-one\\fR\none\n",
            "Text \\fB\\-\\-all\\fR:\n.PP\n.RS 4\n.EX\nx \\-\\-all\nx\n.EE\n.RE\n.PP\nmore.\n",
        ] {
            assert!(page.contains(part), "{part:?} is not in\n{page}");
        }
    }
}
