//! Renders a summary as text: counts first, then what a person must do, then the rest.

use std::collections::BTreeMap;

use super::cut::clip;
use super::{FailureKind, FailureSummary, Lang, SkippedGroup, Summary, SummaryEntry, TextLimit, Tone};
use crate::activity::{Activity, printable};
use crate::reason;
use crate::status::{Heading, Outstanding};

/// How many lines of one kind are shown.
const LINES: usize = 10;
/// No line's name or message is longer.
const NAME: TextLimit = TextLimit::characters(60);
const MESSAGE: TextLimit = TextLimit::characters(300);

/// How a text marks its headings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Not at all.
    Plain,
    /// Bold as in Markdown; characters in names are never markup.
    Markdown,
}

/// A summary in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The most important facts in one line, without markup.
    pub title: String,
    /// The whole text; it starts with the title.
    pub whole: String,
    /// The text without that line; may be empty.
    pub rest: String,
}

/// Puts `summary` into words.
pub fn render(summary: &Summary, lang: Lang, style: Style, tone: Tone) -> Text {
    let words = Words { lang, style };
    let title = words.title(summary, tone);
    let counts = [words.counts(summary), words.outstanding(summary)];
    let counts = counts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
    // The counts belong to the line that sums them up.
    let joint = if counts.is_empty() { "\n\n" } else { "\n" };
    let mut blocks = vec![counts];
    if !tone.known {
        let (person, failed): (Vec<&FailureSummary>, Vec<&FailureSummary>) =
            summary.failures.iter().partition(|failure| failure.needs_action());
        let lines = |failures: &[&FailureSummary]| failures.iter().map(|failure| words.failure(failure)).collect();
        blocks.push(words.section(Heading::ActionNeeded.text(lang), lines(&person)));
        blocks.push(words.section(lang.pick("Failed", "失败"), lines(&failed)));
    }
    blocks.extend(words.entries(&summary.added, "Added to", "已新增"));
    blocks.extend(words.entries(&summary.deleted, "Deleted from", "已删除"));
    blocks.push(words.section(lang.pick("Skipped", "跳过"), words.skipped(summary)));
    let rest = blocks.into_iter().filter(|block| !block.is_empty()).collect::<Vec<_>>().join("\n\n");
    let head = words.bold(&title);
    let whole = if rest.is_empty() { head } else { format!("{head}{joint}{rest}") };
    Text { title, whole, rest }
}

struct Words {
    lang: Lang,
    style: Style,
}

impl Words {
    fn title(&self, summary: &Summary, tone: Tone) -> String {
        let lang = self.lang;
        let pending = summary.pending.values().sum::<u64>();
        let failed = if tone.known { ("still failing", "仍失败") } else { ("failed", "失败") };
        let counts = [
            (summary.added.len(), "added", "新增"),
            (summary.deleted.len(), "deleted", "删除"),
            (usize::try_from(pending).unwrap_or(usize::MAX), "pending", "待确认"),
            (summary.failed(), failed.0, failed.1),
        ];
        let mut parts: Vec<String> = counts
            .iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, en, zh)| lang.counted(*count, en, zh))
            .collect();
        match (summary.needs_action(), tone.known) {
            (true, false) => parts.push(lang.pick("action needed", "需要您处理").to_owned()),
            (true, true) => parts.push(lang.pick("action is still needed", "仍需您处理").to_owned()),
            (false, _) => {}
        }
        if tone.recovered {
            parts.push(lang.pick("all failures are resolved", "不再有失败").to_owned());
        }
        if parts.is_empty() {
            parts.push(lang.pick("nothing new", "没有变化").to_owned());
        }
        lang.colon("garminsync", parts.join(lang.comma()))
    }

    /// One line for each kind of count, by platform.
    fn counts(&self, summary: &Summary) -> String {
        let lang = self.lang;
        let by_platform = |entries: &[SummaryEntry]| {
            let mut counts = BTreeMap::new();
            for entry in entries {
                *counts.entry(entry.platform.clone()).or_insert(0_u64) += 1;
            }
            counts
        };
        let kinds = [
            (by_platform(&summary.added), lang.pick("Added", "新增"), ""),
            (by_platform(&summary.deleted), lang.pick("Deleted", "删除"), ""),
            (summary.pending.clone(), lang.pick("Pending", "待确认"), ""),
            (
                summary.duplicates.clone(),
                lang.pick("Duplicates found, not deleted", "发现重复，未删除"),
                lang.pick(
                    "; set DELETE_DUPLICATE=1, or see gs-list | gs-dedupe --duplicates",
                    "；可设置 DELETE_DUPLICATE=1，或查看 gs-list | gs-dedupe --duplicates",
                ),
            ),
        ];
        let line = |(counts, name, hint): (BTreeMap<String, u64>, &str, &str)| {
            let counts = counts.iter().map(|(platform, count)| format!("{} {count}", self.tame(platform)));
            let counts = counts.collect::<Vec<_>>().join(lang.comma());
            (!counts.is_empty()).then(|| lang.colon(name, counts) + hint)
        };
        kinds.into_iter().filter_map(line).collect::<Vec<_>>().join("\n")
    }

    /// The work for the next runs; pending uploads have a line of their own.
    fn outstanding(&self, summary: &Summary) -> String {
        let outstanding = summary.health.as_ref().map(|health| Outstanding { pending: 0, ..health.outstanding });
        let kinds = outstanding.unwrap_or_default().words(self.lang).join(self.lang.comma());
        if kinds.is_empty() { kinds } else { self.lang.colon(self.lang.pick("Outstanding", "待完成"), kinds) }
    }

    /// A section for each platform.
    fn entries(&self, entries: &[SummaryEntry], en: &str, zh: &str) -> Vec<String> {
        let mut by_platform: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for entry in entries {
            by_platform.entry(&entry.platform).or_default().push(self.activity(&entry.activity));
        }
        let heading = |platform: &str| match self.lang {
            Lang::En => format!("{en} {platform}"),
            Lang::Zh => format!("{platform} {zh}"),
        };
        let section = |(platform, lines)| self.section(&heading(&self.tame(platform)), lines);
        by_platform.into_iter().map(section).collect()
    }

    fn skipped(&self, summary: &Summary) -> Vec<String> {
        let line = |((platform, _), skipped): (&(String, String), &SkippedGroup)| {
            let head = format!("{} {}", self.tame(platform), skipped.count);
            let why = reason::texts(&skipped.reasons, self.lang);
            if why.is_empty() { head } else { self.lang.colon(head, self.message(&why)) }
        };
        summary.skipped.iter().map(line).collect()
    }

    fn failure(&self, failure: &FailureSummary) -> String {
        let lang = self.lang;
        let message = failure.reason.as_ref().map(|reason| self.message(&reason.text(lang))).unwrap_or_default();
        let (head, tail) = match &failure.kind {
            FailureKind::Stage { exit } => (format!("{} {}", failure.command, lang.ended(*exit)), String::new()),
            // The fix is never truncated.
            FailureKind::Issue(issue) => (self.tame(&issue.line_with(lang, shortened)), String::new()),
            FailureKind::Records { place, items, .. } => {
                let what = match items.as_slice() {
                    // No activity is to blame for a required login.
                    _ if failure.needs_action() => String::new(),
                    [one] => format!(" {} ({})", self.activity(one), self.tame(&one.id)),
                    all => format!(" {}", lang.activities(all.len())),
                };
                (format!("{}{what}", self.tame(&place.to_string())), format!(" [{}]", self.tame(&failure.command)))
            }
        };
        let said = if message.is_empty() { head } else { lang.colon(head, message) };
        said + &tail
    }

    fn activity(&self, activity: &Activity) -> String {
        let name = clip(activity.shown_name().trim(), NAME);
        self.tame(&self.lang.activity(activity, &name))
    }

    fn message(&self, text: &str) -> String {
        self.tame(&shortened(text))
    }

    fn section(&self, heading: &str, lines: Vec<String>) -> String {
        if lines.is_empty() {
            return String::new();
        }
        let mut all = vec![self.bold(heading)];
        // A last line that replaces a single other line would say less.
        let shown = if lines.len() > LINES + 1 { LINES } else { lines.len() };
        all.extend(lines.iter().take(shown).map(|line| format!("- {line}")));
        if shown < lines.len() {
            all.push(format!("- {}", self.lang.more(lines.len() - shown)));
        }
        all.join("\n")
    }

    fn bold(&self, text: &str) -> String {
        match self.style {
            Style::Plain => text.to_owned(),
            Style::Markdown => format!("**{text}**"),
        }
    }

    /// What others wrote: it can neither move a cursor nor mark anything.
    fn tame(&self, text: &str) -> String {
        let text = printable(text);
        match self.style {
            Style::Plain => text,
            Style::Markdown => text.chars().map(wide).collect(),
        }
    }
}

/// A message in one line that is not too long.
fn shortened(text: &str) -> String {
    clip(text.split_whitespace().collect::<Vec<_>>().join(" ").as_str(), MESSAGE)
}

/// The full-width form of a character that Markdown would interpret: it reads the same.
pub(super) fn wide(c: char) -> char {
    match c {
        '*' => '＊',
        '`' => '｀',
        '<' => '＜',
        '>' => '＞',
        '[' => '［',
        ']' => '］',
        other => other,
    }
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
