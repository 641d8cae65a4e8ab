//! Every exercise in one table that is searched and sorted in the browser, without a server.
//!
//! The newest rows stand in the page; the others inside `<noscript>`: without scripts the browser shows them all, and with
//! scripts they are text, which costs next to nothing until `page.js` makes rows of it, as many as somebody wants to see.

use maud::{Markup, PreEscaped, html};

use super::components::{km, name, path as path_of, sport, word};
use super::{ActivityGroup, Place, Snapshot};
use crate::i18n::{self, Lang, clock, number};

/// Rows that stand in the page itself.
const FIRST: usize = 100;

/// The table.
pub fn list(snapshot: &Snapshot, lang: Lang) -> Markup {
    let all = &snapshot.activities;
    let (first, rest) = all.split_at(all.len().min(FIRST));
    let label = lang.pick("Search words; -word excludes", "搜索；-词 表示排除");
    html! {
        section #activities {
            h2 #list-title { (lang.pick("All activities", "全部活动")) " " span.count { (number(all.len() as u64)) } }
            @if all.is_empty() {
                p { (lang.pick("No activities yet.", "尚无活动。")) }
            } @else {
                form #tools.tools role="search" hidden {
                    label for="q" { (label) }
                    input #q type="search" autocomplete="off" spellcheck="false";
                    output #found for="q" data-found=(lang.pick("{} of {} shown", "显示 {} / {}")) {}
                }
                div.scroll tabindex="0" role="region" aria-labelledby="list-title" { (table(first, true, lang)) }
                p { button #more type="button" hidden data-more=(lang.pick("Show {} more", "再显示 {} 项")) {} }
                @if !rest.is_empty() {
                    noscript #rest { div.scroll { (table(rest, false, lang)) } }
                }
            }
        }
    }
}

fn table(exercises: &[ActivityGroup], folded: bool, lang: Lang) -> Markup {
    let heads = [
        ("start", "Start (local)", "开始（当地）"),
        ("sport", "Sport", "运动"),
        ("name", "Name", "名称"),
        ("clock", "Time", "时长"),
        ("km", "km", "公里"),
        ("device", "Device", "设备"),
        ("on", "Platforms", "平台"),
        ("file", "File", "文件"),
    ];
    html! {
        table.list {
            thead { tr { @for (class, en, zh) in heads { th.(class) scope="col" { (lang.pick(en, zh)) } } } }
            tbody { @for exercise in exercises { (row(exercise, folded, lang)) } }
        }
    }
}

/// One row. The end tags that HTML lets one leave out are left out: in twenty thousand rows they are a megabyte.
fn row(exercise: &ActivityGroup, folded: bool, lang: Lang) -> Markup {
    let start = exercise.start_time.map(|start| i18n::local(start, exercise.utc_offset_s));
    let time = exercise.timer_time_s.filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
    let distance = exercise.distance_m.filter(|metres| metres.is_finite() && *metres > 0.0);
    let cell = PreEscaped("<td>");
    html! {
        (PreEscaped("<tr>"))
        (cell) (start.unwrap_or_else(|| "?".into()))
        (cell) (sport(&exercise.sport, lang)) @if let Some(sub) = &exercise.sub_sport { " / " (sport(sub, lang)) }
        (cell) (name(&exercise.name))
        (cell) @if let Some(seconds) = time { (clock(seconds)) }
        (cell) @if let Some(metres) = distance { (km(metres)) }
        (cell) @if let Some(device) = &exercise.device { (name(device)) }
        (cell) (places(exercise, lang))
        (cell) (file(exercise, folded, lang))
    }
}

/// Where it is, and where it is not and why.
fn places(exercise: &ActivityGroup, lang: Lang) -> Markup {
    let mut on: Vec<(&str, u64)> = Vec::new();
    for place in &exercise.on {
        match on.iter_mut().find(|(platform, _)| *platform == place.platform) {
            Some((_, count)) => *count += 1,
            None => on.push((&place.platform, 1)),
        }
    }
    html! {
        @if on.is_empty() {
            @if exercise.unlisted.is_empty() { (lang.pick("deleted from all platforms", "已不在平台上")) }
            @else { (lang.pick("imported, not listed yet", "已导入，尚未列出")) }
        }
        @for (at, (platform, count)) in on.iter().enumerate() {
            @if at > 0 { ", " } (platform) @if *count > 1 { " ×" (count) }
        }
        @for (platform, reason) in &exercise.missing_on { i { (platform) ": " (reason.word(lang)) } }
    }
}

/// The file, and below it where that is and how the platforms call the exercise: folded away, or in a paragraph that
/// `page.js` folds. Folding takes three times the bytes of the paragraph.
fn file(exercise: &ActivityGroup, folded: bool, lang: Lang) -> Markup {
    let path = exercise.file.as_ref().map_or("", |file| file.path.as_str());
    let named = |place: &&Place| !path.contains(place.id.as_str());
    let places = || exercise.on.iter().chain(&exercise.gone_from).chain(&exercise.unlisted).filter(named);
    let short = html! {
        @match &exercise.file {
            Some(file) => { (word(&file.format).to_uppercase()) @if file.converted { " " (lang.pick("converted", "转换")) } " " (i18n::size(file.bytes)) }
            None => (lang.pick("none", "无")),
        }
    };
    let long = html! {
        @if let Some(file) = &exercise.file { (path_of(&file.path)) }
        @for place in places() { br; (place.platform) " " (word(&place.id)) }
    };
    match folded {
        true => html! { details { summary { (short) } (long) } },
        false => html! { (short) (PreEscaped("<p>")) (long) },
    }
}
