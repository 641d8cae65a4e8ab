//! The commands of a document that readers are meant to type.

use std::path::Path;

/// A block of a document that is marked as runnable.
pub struct Recipe {
    pub line: usize,
    /// The heading above it.
    pub title: String,
    /// The word after `run`: empty, `browser`, `cron`, `jq`, `restore`, …
    pub how: String,
    pub text: String,
}

/// The blocks below `<!-- run -->` or `<!-- run: how -->`.
pub fn recipes(document: &str) -> Vec<Recipe> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(document)).unwrap();
    let mut lines = text.lines().enumerate();
    let mut title = String::new();
    let mut found = Vec::new();
    while let Some((_, line)) = lines.next() {
        if let Some(heading) = line.strip_prefix("## ") {
            title = heading.to_owned();
        }
        let Some(how) = line.strip_prefix("<!-- run").and_then(|rest| rest.strip_suffix("-->")) else { continue };
        let how = how.trim().trim_start_matches(':').trim().to_owned();
        let (number, fence) = lines.next().unwrap();
        assert!(fence.starts_with("```"), "{document}:{}: a mark without a block", number + 1);
        let block = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
        let text = block.collect::<Vec<_>>().join("\n");
        found.push(Recipe { line: number + 1, title: title.clone(), how, text });
    }
    found
}
