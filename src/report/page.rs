//! The whole page: its head, the order of its sections, and the policy that allows only its own script.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::components::Icon;
use super::{Snapshot, chart_section, differences, list, log, platforms, summary};
use crate::i18n::Lang;

/// The style sheets of the page and of the charts.
const CSS: &str = concat!(include_str!("page.css"), include_str!("charts/charts.css")).trim_ascii();
/// The script of the page: local times, search, sorting.
const SCRIPT: &str = include_str!("page.js").trim_ascii();
/// How often the page reloads, in seconds, if reloading is on.
const REFRESH_S: u32 = 30;

/// Options of the page.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look {
    /// Its language.
    pub lang: Lang,
    /// Whether the page reloads every half minute.
    pub refresh: bool,
}

/// The page: one file without external resources.
pub fn page(snapshot: &Snapshot, look: Look) -> String {
    let lang = look.lang;
    html! {
        (DOCTYPE)
        html lang=(lang.pick("en", "zh-CN")) { (head(snapshot, look)) (body(snapshot, look)) }
    }
    .into_string()
}

fn head(snapshot: &Snapshot, look: Look) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy());
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="referrer" content="no-referrer";
            meta name="robots" content="noindex, nofollow";
            meta name="description" content=(look.lang.pick("The state of an archive of sport activities", "运动记录归档的状态"));
            title { "garminsync: " (snapshot.state.sentence(snapshot.is_repeated(), look.lang)) }
            link rel="icon" href=(icon(snapshot.state.sign()));
            style { (PreEscaped(CSS)) }
            @if look.refresh {
                // With scripts the page reloads itself, and the reader can switch that off.
                noscript { meta http-equiv="refresh" content=(REFRESH_S); }
            }
        }
    }
}

/// The content security policy. The browser loads nothing, and uses only the page's own script and style sheet: a name
/// that gets past the escaping still has no effect. (The Nu checker hashes the texts without the space around them, so
/// both are trimmed.)
fn policy() -> String {
    let hash = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(CSS),
        hash(SCRIPT)
    )
}

/// The state as an icon in the browser's tab. Its shape shows the state too.
fn icon(sign: Icon) -> String {
    let colour = match sign {
        Icon::Ok => "1f7a4d",
        Icon::Warn => "b26a00",
        Icon::Bad => "b3261e",
        Icon::None => "6b7280",
    };
    let paths: String = sign.paths().iter().map(|path| format!("%3Cpath d='{path}'/%3E")).collect();
    format!(
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20' fill='none' stroke='%23{colour}' stroke-width='2.4'%3E{paths}%3C/svg%3E"
    )
    .replace(' ', "%20")
}

fn body(snapshot: &Snapshot, look: Look) -> Markup {
    let lang = look.lang;
    html! {
        body data-made=[snapshot.made.map(|made| made.as_millisecond())] data-due=[summary::due_ms(snapshot)] {
            a.skip href="#main" { (lang.pick("Skip to the state", "跳到状态")) }
            header {
                p.brand { "garminsync" }
                @if !snapshot.platforms.is_empty() { (contents(lang)) }
                @if look.refresh { (refresh(lang)) }
            }
            main #main tabindex="-1" {
                (summary::summary(snapshot, lang))
                @if !snapshot.platforms.is_empty() {
                    (platforms::platforms(snapshot, lang))
                    (differences::differences(snapshot, lang))
                    (chart_section::chart_section(snapshot, lang))
                }
                @if !snapshot.platforms.is_empty() || !snapshot.runs.is_empty() { (log::log(snapshot, lang)) }
                @if !snapshot.platforms.is_empty() { (list::list(snapshot, lang)) }
            }
            footer {
                p { (lang.pick(
                    "Generated from the local catalogue. The same data for programs: status.json. garminsync is not affiliated with Garmin or COROS.",
                    "由本机的目录库生成。供程序使用的相同数据：status.json。与 Garmin、COROS 无关。")) }
            }
            script { (PreEscaped(SCRIPT)) }
        }
    }
}

fn contents(lang: Lang) -> Markup {
    let parts = [
        ("state", "State", "状态"),
        ("platforms", "Platforms", "平台"),
        ("differences", "Differences", "差异"),
        ("charts", "Charts", "图表"),
        ("log", "Log", "日志"),
        ("activities", "Activities", "活动"),
    ];
    html! {
        nav aria-label=(lang.pick("Contents", "目录")) {
            ul { @for (id, en, zh) in parts { li { a href={ "#" (id) } { (lang.pick(en, zh)) } } } }
        }
    }
}

fn refresh(lang: Lang) -> Markup {
    html! {
        label.refresh hidden data-seconds=(REFRESH_S) {
            input #refresh type="checkbox" checked;
            " " (lang.pick("reload every 30 s", "每 30 秒刷新"))
        }
    }
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
