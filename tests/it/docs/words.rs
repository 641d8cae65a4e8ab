//! The documents use plain, standard words: none of those in `tests/support/plain_words.rs`.
//!
//! To check more texts (help, messages, the page), add a test that calls `expect_plain` with each.

use std::path::PathBuf;

use crate::support::paths::{repository, repository_file};
use crate::support::plain_words::{found_in, prose};

/// All documents that people read, by their paths in the repository.
pub fn documents() -> Vec<String> {
    let in_docs = std::fs::read_dir(repository().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let in_docs = in_docs.filter(|path: &PathBuf| path.extension().is_some_and(|ending| ending == "md"));
    let mut all: Vec<String> =
        in_docs.map(|path| format!("docs/{}", path.file_name().unwrap().to_str().unwrap())).collect();
    let at_top = ["README.md", "README.zh.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];
    all.extend(at_top.map(str::to_owned));
    all.sort();
    all
}

/// Expects that a text contains none of the words; a failure shows `name`.
fn expect_plain(name: &str, text: &str) {
    let found = found_in(text);
    assert!(found.is_empty(), "{name} has words to replace:\n{name}:{}", found.join(&format!("\n{name}:")));
}

/// Code is ignored: commands, names and quoted messages.
#[test]
fn documents_use_plain_words() {
    let all = documents();
    assert!(all.len() > 15, "{all:?}");
    for document in all {
        expect_plain(&document, &prose(&repository_file(&document)));
    }
}

#[test]
fn only_whole_words_outside_code_are_found() {
    let text = "It lacks 3\nentries.\n\n```sh\nfetch\n```\n`told` [due](left-alone.md) gs-fetch residue Left\nalone\n";
    let found = found_in(&prose(text));
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found[0].starts_with("1: \"lacks\"; write") && found[3].starts_with("7: \"left alone\""), "{found:?}");
    assert_eq!(found_in(&prose("A `take` and `over` of gs-fetch; 12 activities are missing.")), [""; 0]);
}

#[test]
fn the_help_of_every_command_uses_plain_words() {
    let pages = std::fs::read_dir(repository().join("man")).unwrap().map(|entry| entry.unwrap().path());
    let pages: Vec<PathBuf> = pages.filter(|path| path.extension().is_some_and(|ending| ending == "1")).collect();
    assert!(pages.len() > 15, "{pages:?}");
    for path in pages {
        let text = std::fs::read_to_string(&path).unwrap();
        // Names of commands, flags and settings are bold or italic and not checked.
        let lines = text.lines().filter(|line| !line.starts_with('.')).map(without_names).collect::<Vec<_>>();
        expect_plain(&path.file_name().unwrap().to_string_lossy(), &lines.join("\n"));
    }
}

/// A line of a man page without its bold and italic words, and without roff escapes.
fn without_names(line: &str) -> String {
    let mut text = String::new();
    let mut is_prose = true;
    let mut rest = line;
    while let Some(at) = rest.find("\\f") {
        if is_prose {
            text.push_str(&rest[..at]);
        }
        let font = rest[at + 2..].chars().next().unwrap_or('R');
        is_prose = font == 'R' || font == 'P';
        rest = &rest[at + 2 + font.len_utf8()..];
    }
    if is_prose {
        text.push_str(rest);
    }
    text.replace("\\-", "-").replace("\\&", "")
}

/// Output of the shell scripts: the quoted strings of printing lines, and the help.
#[test]
fn the_scripts_print_plain_words() {
    let scripts =
        ["scripts", "scripts/daemon"].iter().flat_map(|folder| std::fs::read_dir(repository().join(folder)).unwrap());
    let scripts = scripts.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let scripts: Vec<PathBuf> = scripts.chain([repository().join("cron/github-state")]).collect();
    assert!(scripts.len() > 10, "{scripts:?}");
    for path in scripts {
        let text = std::fs::read_to_string(&path).unwrap();
        let is_help = |line: &&str| line.starts_with('#') && !line.starts_with("#!");
        let help = text.lines().skip(1).take_while(is_help).map(|line| line.trim_start_matches('#'));
        let prints = ["say ", "echo ", "die ", "printf ", "damaged ", "unhealthy ", "failed ", "ok ", "step "];
        let printed = text
            .lines()
            .filter(|line| prints.iter().any(|word| line.contains(word)) && !line.trim_start().starts_with('#'));
        let printed = printed.map(|line| line.split('"').skip(1).step_by(2).collect::<Vec<_>>().join("; "));
        let texts: Vec<String> = help.map(str::to_owned).chain(printed).collect();
        expect_plain(&path.file_name().unwrap().to_string_lossy(), &texts.join("\n"));
    }
}
