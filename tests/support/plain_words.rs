//! Words that our texts must not use, each with the word to use instead.
//!
//! A text is checked with [`found_in`]. Documents are checked in `tests/it/docs/words.rs`; help texts, messages and the page
//! can be checked with the same function.

/// A word or phrase in lower case, and its replacement. Only whole words are found: `due` is not found in `residue`,
/// and `fetch` not in `gs-fetch`.
pub const WORDS: &[(&str, &str)] = &[
    // Activities.
    ("exercise", "activity"),
    ("exercises", "activities"),
    ("entry", "activity; for a file format: item, file, line"),
    ("entries", "activities; for a file format: items, files, lines"),
    // Duplicates.
    ("superfluous", "duplicate"),
    ("there twice", "duplicate"),
    ("copies", "duplicates"),
    ("doubtful", "possible duplicate"),
    ("likeness", "match"),
    // Missing.
    ("lack", "is missing"),
    ("lacks", "is missing"),
    ("lacked", "was missing"),
    ("lacking", "missing"),
    ("is not there", "is missing"),
    ("are not there", "are missing"),
    ("was not there", "was missing"),
    // Actions.
    ("fetch", "list (activities), download (files)"),
    ("fetches", "lists, downloads"),
    ("fetched", "listed, downloaded"),
    ("fetching", "listing, downloading"),
    ("take away", "delete, remove"),
    ("takes away", "deletes, removes"),
    ("taken away", "deleted, removed"),
    ("leave alone", "skip, ignore"),
    ("left alone", "skipped, ignored"),
    ("leaves alone", "skips, ignores"),
    ("ask again", "retry"),
    ("asks again", "retries"),
    ("asked again", "retried"),
    ("asked for again", "requested again"),
    ("anew", "again"),
    ("mend", "fix"),
    ("mends", "fixes"),
    ("mended", "fixed"),
    ("heed", "respect"),
    ("heeds", "respects"),
    ("heeded", "respected"),
    // States of an upload.
    ("under way", "pending, running"),
    ("in the dark", "pending"),
    ("taken", "accepted, imported, used"),
    ("takes over", "imports"),
    ("take over", "import"),
    ("refuse", "reject"),
    ("refuses", "rejects"),
    ("refused", "rejected"),
    ("refusal", "rejection"),
    ("refusals", "rejections"),
    ("not whole", "corrupt"),
    ("patience", "time limit"),
    ("not to be had", "unavailable"),
    ("could not be had", "unavailable"),
    ("in vain", "unavailable"),
    // Access, and limits.
    ("door", "platform, access"),
    ("asks for a pause", "rate limit"),
    ("wants a pause", "rate limit"),
    ("wants to be left", "rate limit"),
    ("turn in", "next request in"),
    // Schedule, states.
    ("by itself", "automatically, alone"),
    ("by themselves", "automatically, alone"),
    ("due", "scheduled"),
    ("set-up", "configuration"),
    ("set-ups", "configurations"),
    ("it needs you", "action needed"),
    ("needs a person", "action needed"),
    ("trouble", "warning, error, failure"),
    ("troubles", "warnings, errors, failures"),
    ("all is well", "everything is OK"),
    ("all well", "OK"),
    ("went well", "succeeded"),
    // Riddles.
    ("told", "reported, shown, said by"),
    ("nobody said", "was not given"),
    ("for good", "permanently"),
    ("seldom", "rarely"),
    ("what is where", "the name of the task"),
    // In Chinese.
    ("锻炼", "活动"),
    ("条目", "活动"),
    ("副本", "重复活动"),
];

/// The words in a text, as `LINE: WORD; write …`. Case does not matter, nor do line breaks within a phrase.
pub fn found_in(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace('\n', " ").replace('\u{2019}', "'");
    // The number of bytes of a letter may differ between cases; then the line is unknown.
    let is_same = lower.len() == text.len();
    let mut found = Vec::new();
    for (word, instead) in WORDS {
        for (at, _) in lower.match_indices(word).filter(|(at, _)| is_whole(&lower, *at, word)) {
            let line = if is_same { text[..at].matches('\n').count() + 1 } else { 0 };
            found.push((line, format!("{line}: {word:?}; write {instead}")));
        }
    }
    found.sort();
    found.into_iter().map(|(_, text)| text).collect()
}

/// Whether the word at this place is a whole word, and not a part of a name with hyphens such as `gs-fetch`.
fn is_whole(text: &str, at: usize, word: &str) -> bool {
    if !word.is_ascii() {
        return true;
    }
    let continues = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let before = text[..at].chars().next_back().is_some_and(continues);
    let after = text[at + word.len()..].chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_');
    !before && !after
}

/// The prose of a Markdown text. Code, comments and link targets are blank, and lines keep their numbers.
pub fn prose(markdown: &str) -> String {
    let blank = |text: &str| text.chars().filter(|c| *c == '\n').collect::<String>();
    let mut out = String::new();
    let mut is_fenced = false;
    for line in markdown.lines() {
        let is_fence = line.trim_start().starts_with("```");
        if !is_fence && !is_fenced {
            out.push_str(line);
        }
        is_fenced ^= is_fence;
        out.push('\n');
    }
    for (begin, end) in [("<!--", "-->"), ("``", "``"), ("`", "`"), ("](", ")")] {
        let mut rest = out.as_str();
        let mut without = String::new();
        while let Some((before, after)) = rest.split_once(begin) {
            without.push_str(before);
            // The removed code counts as a word, so that its neighbours do not form a phrase.
            without.push('\u{b7}');
            let (inside, after) = after.split_once(end).unwrap_or((after, ""));
            without.push_str(&blank(inside));
            rest = after;
        }
        without.push_str(rest);
        out = without;
    }
    out
}
