//! The settings as `.env.example` tells of them to people: for the page gs-settings(5), and for what other pages say.

use super::roff::{Page, bold, italic};

/// Every setting there is, with what it is for.
const EXAMPLE: &str = include_str!("../../.env.example");

/// Settings that one comment is about.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Group {
    /// Their names, and what they could be; that is empty where only the environment has them.
    pub names: Vec<(String, String)>,
    /// What they are for. May be empty.
    pub text: String,
}

/// A part of the file.
#[derive(Debug, Default, PartialEq)]
pub struct Part {
    /// Its heading.
    pub title: String,
    /// What is said of all that stands in it.
    pub intro: String,
    /// What stands in it.
    pub groups: Vec<Group>,
}

/// All parts; the first is the head of the file, without a title.
pub fn parts() -> Vec<Part> {
    read(EXAMPLE)
}

/// What there is to say about a setting.
pub fn about(name: &str) -> Option<Group> {
    let is_it = |group: &Group| group.names.iter().any(|(known, _)| known == name);
    parts().into_iter().flat_map(|part| part.groups).find(is_it)
}

fn read(text: &str) -> Vec<Part> {
    let mut parts = vec![Part::default()];
    let mut comment = String::new();
    let mut is_open = false;
    for line in text.lines().chain([""]) {
        // There is always one: the first stands there from the start.
        let Some(part) = parts.last_mut() else { continue };
        if let Some(title) = line.strip_prefix("## ") {
            parts.push(Part { title: title.to_owned(), ..Part::default() });
        } else if let Some(pair) = pair(line) {
            match part.groups.last_mut().filter(|_| is_open && comment.is_empty()) {
                Some(group) => group.names.push(pair),
                None => part.groups.push(Group { names: vec![pair], text: std::mem::take(&mut comment) }),
            }
            is_open = true;
        } else if let Some(group) = line.strip_prefix("# ").and_then(of_environment) {
            part.groups.push(group);
        } else if let Some(words) = line.strip_prefix('#') {
            comment.push_str(words);
            comment.push('\n');
        } else {
            is_open = false;
            part.intro.push_str(&std::mem::take(&mut comment));
        }
    }
    parts
}

/// `#NAME=value`, or the same without the `#`.
fn pair(line: &str) -> Option<(String, String)> {
    let (name, value) = line.strip_prefix('#').unwrap_or(line).split_once('=')?;
    is_name(name).then(|| (name.to_owned(), value.to_owned()))
}

/// `NAME, NAME what they do`
fn of_environment(line: &str) -> Option<Group> {
    let mut rest = line;
    let mut names = Vec::new();
    loop {
        let (word, after) = rest.split_once(' ')?;
        if !is_name(word.trim_end_matches(',')) {
            return None;
        }
        names.push((word.trim_end_matches(',').to_owned(), String::new()));
        rest = after.trim_start();
        if !word.ends_with(',') {
            return Some(Group { names, text: rest.to_owned() });
        }
    }
}

fn is_name(word: &str) -> bool {
    word.len() > 3 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// The page gs-settings(5).
pub fn page() -> String {
    let mut page = Page::new("gs-settings", 5, "the settings of garminsync: .env, and the environment");
    page.section("Description");
    page.text("A text file with a setting a line, `NAME=value`; a line that begins with # is a comment. It is looked for here, and the first that is found is read:");
    for (place, text) in [
        ("--env-file FILE", "The file that this flag of every command names."),
        (
            "./.env",
            "In the folder where the command is called, if it belongs to you, nobody else can write it, and it has a setting that no other program has (so not `DATA_DIR`, a proxy or a channel alone).",
        ),
        ("~/.config/garminsync/.env", "In `$XDG_CONFIG_HOME`, if that is set."),
    ] {
        page.item(&bold(place), text);
    }
    let parts = parts();
    // The first paragraph of the file is about copying it.
    let head = parts.first().and_then(|head| head.intro.split_once("\n\n"));
    head.into_iter().for_each(|(_, rules)| page.text(rules));
    page.text("As it may hold passwords, only its owner should be able to read it: chmod 600.");
    for part in &parts {
        if !part.title.is_empty() {
            page.section(&part.title);
            page.text(&part.intro);
        }
        part.groups.iter().for_each(|group| add(&mut page, group));
    }
    page.section("See also");
    page.line("\\fBgs\\-settings\\fR(1), \\fBgs\\-auth\\fR(1), \\fBgarminsync\\fR(1)");
    page.finish()
}

fn add(page: &mut Page, group: &Group) {
    let tag = |(name, value): &(String, String)| match value.as_str() {
        "" => bold(name),
        // An address may be wider than a terminal.
        value => format!("{}={}", bold(name), italic(value).replace('/', "/\\:")),
    };
    let tags: Vec<String> = group.names.iter().map(tag).collect();
    page.item(&tags.join("\n.TQ\n"), &sentence(&group.text));
}

/// With a capital, and a full stop. What ends with one stands as somebody has written it.
pub fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with('.') {
        return text.to_owned();
    }
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return String::new() };
    // The name of a setting or command stands as it is.
    let is_word = text.split_whitespace().next().is_some_and(|word| !word.starts_with("gs-") && !word.contains('_'));
    let first = if is_word { first.to_uppercase().collect() } else { first.to_string() };
    let end = if text.ends_with(['.', ':', '…', '?', '!']) { "" } else { "." };
    first + chars.as_str() + end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_in_parts_and_groups() {
        let parts = read(
            "# Head.\n#\n# Rules.\n\n## Part\n\n# Of all.\n\n# Two.\n#A_ONE='a b'\n#A_TWO=1\n# Three.\n#A_THREE=\n#A_FOUR=x\n\n## Env\n\n# NO_COLOR, ALL_X no colours\n",
        );
        assert_eq!(parts[0].intro, " Head.\n\n Rules.\n");
        let names = |group: &Group| group.names.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>().join(" ");
        assert_eq!((parts[1].title.as_str(), parts[1].intro.trim()), ("Part", "Of all."));
        assert_eq!(parts[1].groups.iter().map(names).collect::<Vec<_>>(), ["A_ONE A_TWO", "A_THREE A_FOUR"]);
        assert_eq!((parts[1].groups[0].text.trim(), parts[1].groups[0].names[0].1.as_str()), ("Two.", "'a b'"));
        assert_eq!(
            (names(&parts[2].groups[0]).as_str(), parts[2].groups[0].text.as_str()),
            ("NO_COLOR ALL_X", "no colours")
        );
    }

    #[test]
    fn what_a_setting_is_for_is_found() {
        assert!(about("GARMIN_PASSWORD").is_some_and(|group| group.text.contains("password")));
        assert!(about("NO_COLOR").is_some_and(|group| group.text.contains("tables")));
        assert_eq!(about("NO_SUCH_SETTING"), None);
    }

    #[test]
    fn a_sentence_has_a_capital_and_a_full_stop() {
        assert_eq!(sentence("all well, or nothing"), "All well, or nothing.");
        assert_eq!(sentence("gs-list shows it"), "gs-list shows it.");
    }
}
