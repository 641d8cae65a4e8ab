//! The documents use the words of the field: none of those in `tests/support/plain_words.rs`.
//!
//! To hold more texts to it (help, messages, the page), add a test that calls `expect_plain` with each.

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

/// Expects that none of the words is in a text; `name` is what a failure shows.
fn expect_plain(name: &str, text: &str) {
    let found = found_in(text);
    assert!(
        found.is_empty(),
        "{name} has words that readers must not meet:\n{name}:{}",
        found.join(&format!("\n{name}:"))
    );
}

/// Code is left out: commands, names, and messages that are quoted.
#[test]
fn documents_use_the_words_of_the_field() {
    let all = documents();
    assert!(all.len() > 15, "{all:?}");
    for document in all {
        expect_plain(&document, &prose(&repository_file(&document)));
    }
}

#[test]
fn words_are_found_whole_and_outside_of_code() {
    let text = "It lacks 3\nentries.\n\n```sh\nfetch\n```\n`told` [due](left-alone.md) gs-fetch residue Left\nalone\n";
    let found = found_in(&prose(text));
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found[0].starts_with("1: \"lacks\"; write") && found[3].starts_with("7: \"left alone\""), "{found:?}");
    assert_eq!(found_in(&prose("A `take` and `over` of gs-fetch; 12 activities are missing.")), [""; 0]);
}
