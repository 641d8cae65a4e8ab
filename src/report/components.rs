//! Small parts of the page: times, durations, numbers, activities, commands, folded lists.

use jiff::Timestamp;
use maud::{Markup, Render, html};

use super::{ActivityLabel, List, Redacted, RedactedReason};
use crate::i18n::{self, Lang};

/// The longest name, in characters, so that a row of a list is one line.
const LONGEST_NAME: usize = 120;
/// The longest word of a service, in characters.
const LONGEST_WORD: usize = 60;
/// The longest path, in characters. Paths in the archive are shorter.
const LONGEST_PATH: usize = 300;
/// The longest message, in characters.
const LONGEST_TEXT: usize = 600;
/// The longest word of a command line that is not broken, in characters.
const LONGEST_FLAG: usize = 30;
/// The most items of a list on the page. `status.json` has more.
pub const SHOWN: usize = 100;

impl Render for Redacted {
    fn render_to(&self, buffer: &mut String) {
        text(self.as_str()).render_to(buffer);
    }
}

/// At most `longest` characters; `…` if there are more.
pub fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A point in time, in UTC and therefore the same for every reader. The script converts it to the reader's time zone.
pub fn time(at: Timestamp) -> Markup {
    let minute = at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    html! { time datetime=(at) { (minute) } }
}

/// A point in time as a relative time: the script shows `3 hours ago`, with the time itself on hover.
pub fn relative_time(at: Timestamp) -> Markup {
    let minute = at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    html! { time.ago datetime=(at) { (minute) } }
}

/// A distance in kilometres, for lists.
pub fn km(metres: f64) -> String {
    format!("{:.2}", metres / 1000.0)
}

/// A name that a person gave, isolated from the text direction around it.
pub fn name(name: &Redacted) -> Markup {
    let shown = cut(name.as_str(), LONGEST_NAME);
    html! { @if shown.is_ascii() { (shown) } @else { bdi { (shown) } } }
}

/// The text of a reason, truncated: a service's message may be long.
pub fn reason(reason: &RedactedReason, lang: Lang) -> String {
    text(&reason.text(lang))
}

/// A text, truncated so that it cannot break the layout of the page.
pub fn text(text: &str) -> String {
    cut(text, LONGEST_TEXT)
}

/// An identifier of a service, such as an id or a format.
pub fn word(word: &Redacted) -> String {
    cut(word.as_str(), LONGEST_WORD)
}

/// A path in the data folder.
pub fn path(path: &Redacted) -> String {
    cut(path.as_str(), LONGEST_PATH)
}

/// The name of a sport, or the service's own name.
pub fn sport(sport: &Redacted, lang: Lang) -> String {
    lang.sport(&word(sport))
}

/// An activity in one line: start, sport, distance, name, and after these its platform and id if `with_place` is set.
pub fn activity(activity: &ActivityLabel, with_place: bool, lang: Lang) -> Markup {
    let start = activity.start_time.map(|start| i18n::local(start, activity.utc_offset_s));
    html! {
        span.act {
            @if let Some(start) = start { span.when { (start) } " " }
            @if let Some(text) = &activity.sport { (sport(text, lang)) " " }
            @if let Some(metres) = activity.distance_m.filter(|metres| *metres > 0.0) { (km(metres)) " km " }
            @if let Some(text) = activity.name.as_ref().filter(|text| !text.is_empty()) { b { (name(text)) } " " }
            @if with_place { span.id { (activity.platform) " " (word(&activity.id)) } }
        }
    }
}

/// A command line to copy. Lines break between words, but not after a hyphen.
pub fn command(line: &str) -> Markup {
    html! {
        code.run {
            @for (at, word) in line.split(' ').enumerate() {
                @if at > 0 { " " }
                @if word.contains('-') && word.len() <= LONGEST_FLAG { span.word { (word) } } @else { (word) }
            }
        }
    }
}

/// A folded list. Only the first items are shown. `count`: how many there are; `list`: the list that they belong to.
pub fn folded<T>(
    summary: Markup,
    (items, count, list): (&[T], u64, List),
    open: bool,
    lang: Lang,
    each: impl Fn(&T) -> Markup,
) -> Markup {
    let left = count.saturating_sub(items.len().min(SHOWN) as u64);
    html! {
        details open[open] {
            summary { (summary) }
            ul.items {
                @for item in items.iter().take(SHOWN) { li { (each(item)) } }
                @if left > 0 {
                    li.more { (more(left, (items.len() as u64, count), list, lang)) }
                }
            }
        }
    }
}

/// That `left` items are not shown, and where they are. `listed`: how many of `count` items `status.json` has.
fn more(left: u64, (listed, count): (u64, u64), list: List, lang: Lang) -> Markup {
    let (left, newest) = (i18n::number(left), i18n::number(listed));
    match (lang, listed < count) {
        (Lang::En, false) => html! { "… and " (left) " more; status.json lists all" },
        (Lang::Zh, false) => html! { "……还有 " (left) " 项：全部见 status.json" },
        (Lang::En, true) => {
            html! { "… and " (left) " more; status.json lists the newest " (newest) "; all: " (command(list.command())) }
        }
        (Lang::Zh, true) => {
            html! { "……还有 " (left) " 项：status.json 仅列出最新的 " (newest) " 项；全部：" (command(list.command())) }
        }
    }
}

/// An icon that is recognisable without its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// A tick in a circle.
    Ok,
    /// A triangle.
    Warn,
    /// An exclamation mark in an octagon.
    Bad,
    /// A ring, for a neutral state.
    None,
}

impl Icon {
    /// The CSS class, which sets the colour.
    pub fn class(self) -> &'static str {
        match self {
            Icon::Ok => "ok",
            Icon::Warn => "warn",
            Icon::Bad => "bad",
            Icon::None => "none",
        }
    }

    /// The paths of a drawing of 20 by 20 units.
    pub fn paths(self) -> &'static [&'static str] {
        match self {
            Icon::Ok => &["M10 1.5a8.5 8.5 0 1 1 0 17a8.5 8.5 0 0 1 0-17z", "M6 10.4l2.8 2.8L14.2 7.4"],
            Icon::Warn => &["M10 2L18.8 17.5H1.2z", "M10 8v4.4M10 14.6v.6"],
            Icon::Bad => &["M6.6 1.8h6.8l4.8 4.8v6.8l-4.8 4.8H6.6l-4.8-4.8V6.6z", "M10 6v5M10 13.4v.6"],
            Icon::None => &["M10 1.5a8.5 8.5 0 1 1 0 17a8.5 8.5 0 0 1 0-17z", "M6.5 10h7"],
        }
    }
}

impl Render for Icon {
    fn render(&self) -> Markup {
        let [outline, mark] = self.paths() else { return html! {} };
        html! {
            svg class={ "sign " (self.class()) } viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false" {
                path.outline d=(outline) {}
                path.mark d=(mark) {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_truncated_and_escaped() {
        let long = name(&Redacted::of(&"<é>".repeat(5000))).into_string();
        assert!(
            long.starts_with("<bdi>&lt;é&gt;") && long.ends_with("…</bdi>") && long.chars().count() < 1000,
            "{long}"
        );
    }
}
