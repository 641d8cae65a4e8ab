//! The table of all activities, which the browser searches and sorts without a server.
//!
//! The newest rows are part of the page. The others are inside `<noscript>`: without scripts the browser shows them
//! all. With scripts they are plain text, which costs almost nothing until `page.js` turns as many of them into rows as
//! the reader wants to see.

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, PreEscaped, html};

use super::components::{command, km, name, path as path_of, sport, word};
use super::{ActivityGroup, LeftOut, List, Place, Snapshot};
use crate::i18n::{self, Lang, clock, number};

/// The number of rows outside `<noscript>`.
const FIRST: usize = 100;

/// The table.
pub fn list(snapshot: &Snapshot, lang: Lang) -> Markup {
    let all = &snapshot.activities;
    let mut sorted: Vec<&ActivityGroup> = all.iter().collect();
    // Sorted by the local times that the first column shows. Unknown times come last.
    sorted.sort_by_key(|one| std::cmp::Reverse(local_start(one)));
    let (first, rest) = sorted.split_at(sorted.len().min(FIRST));
    let label = lang.pick("Search words; -word excludes", "搜索；-词 表示排除");
    html! {
        section #activities {
            h2 #list-title { (lang.pick("All activities", "全部活动")) " " span.count { (number(snapshot.counts.distinct)) } }
            @if all.is_empty() {
                p { (lang.pick("No activities yet.", "尚无活动。")) }
            } @else {
                form #tools.tools role="search" hidden {
                    label for="q" { (label) }
                    input #q type="search" autocomplete="off" spellcheck="false";
                    output #found for="q" data-found=(lang.pick("{} of {} shown", "显示 {} / {}")) {}
                }
                div.scroll tabindex="0" role="region" aria-labelledby="list-title" { (table(first, true, lang)) }
                @if let Some(left_out) = snapshot.left_out_of(List::Activities) { (newest(snapshot, left_out, lang)) }
                p { button #more type="button" hidden data-more=(lang.pick("Show {} more", "再显示 {} 项")) {} }
                @if !rest.is_empty() {
                    noscript #rest { div.scroll { (table(rest, false, lang)) } }
                }
            }
        }
    }
}

/// How many activities the table has of how many, and the command that lists all.
fn newest(snapshot: &Snapshot, left_out: &LeftOut, lang: Lang) -> Markup {
    let (shown, all) = (number(snapshot.activities.len() as u64), number(snapshot.counts.distinct));
    let text = match lang {
        Lang::En => format!("The newest {shown} of {all} activities; all: "),
        Lang::Zh => format!("仅列出 {all} 个活动中最新的 {shown} 个；全部："),
    };
    html! { p #left-out.note { (text) (command(left_out.all)) } }
}

fn table(activities: &[&ActivityGroup], folded: bool, lang: Lang) -> Markup {
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
            tbody { @for activity in activities { (row(activity, folded, lang)) } }
        }
    }
}

/// The start in local time, if it is known.
fn local_start(activity: &ActivityGroup) -> Option<Timestamp> {
    let offset = SignedDuration::from_secs(i64::from(activity.utc_offset_s.unwrap_or(0)));
    activity.start_time.map(|start| start.checked_add(offset).unwrap_or(start))
}

/// One row. Optional end tags of HTML are left out: in twenty thousand rows they take a megabyte.
fn row(activity: &ActivityGroup, folded: bool, lang: Lang) -> Markup {
    let start = activity.start_time.map(|start| i18n::local(start, activity.utc_offset_s));
    let time = activity.timer_time_s.filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
    let distance = activity.distance_m.filter(|metres| metres.is_finite() && *metres > 0.0);
    let cell = PreEscaped("<td>");
    html! {
        (PreEscaped("<tr>"))
        (cell) (start.unwrap_or_else(|| "?".into()))
        (cell) (sport(&activity.sport, lang)) @if let Some(sub) = &activity.sub_sport { " / " (sport(sub, lang)) }
        (cell) (name(&activity.name))
        (cell) @if let Some(seconds) = time { (clock(seconds)) }
        (cell) @if let Some(metres) = distance { (km(metres)) }
        (cell) @if let Some(device) = &activity.device { (name(device)) }
        (cell) (places(activity, lang))
        (cell) (file(activity, folded, lang))
    }
}

/// The platforms that have the activity, and those where it is missing, with the reason.
fn places(activity: &ActivityGroup, lang: Lang) -> Markup {
    let mut on: Vec<(&str, u64)> = Vec::new();
    for place in &activity.on {
        match on.iter_mut().find(|(platform, _)| *platform == place.platform) {
            Some((_, count)) => *count += 1,
            None => on.push((&place.platform, 1)),
        }
    }
    html! {
        @if on.is_empty() {
            @if activity.unlisted.is_empty() { (lang.pick("deleted from all platforms", "已不在平台上")) }
            @else { (lang.pick("imported, not listed yet", "已导入，尚未列出")) }
        }
        @for (at, (platform, count)) in on.iter().enumerate() {
            @if at > 0 { ", " } (platform) @if *count > 1 { " ×" (count) }
        }
        @for (platform, reason) in &activity.missing_on { i { (platform) ": " (reason.word(lang)) } }
    }
}

/// The file, and below it its path and the platforms' ids of the activity: folded, or in a paragraph that `page.js`
/// folds. A folded element takes three times the bytes of the paragraph.
fn file(activity: &ActivityGroup, folded: bool, lang: Lang) -> Markup {
    let path = activity.file.as_ref().map_or("", |file| file.path.as_str());
    let named = |place: &&Place| !path.contains(place.id.as_str());
    let places = || activity.on.iter().chain(&activity.gone_from).chain(&activity.unlisted).filter(named);
    let short = html! {
        @match &activity.file {
            Some(file) => { (word(&file.format).to_uppercase()) @if file.converted { " " (lang.pick("converted", "转换")) } " " (i18n::size(file.bytes)) }
            None => (lang.pick("none", "无")),
        }
    };
    let long = html! {
        @if let Some(file) = &activity.file { (path_of(&file.path)) }
        @for place in places() { br; (place.platform) " " (word(&place.id)) }
    };
    match folded {
        true => html! { details { summary { (short) } (long) } },
        false => html! { (short) (PreEscaped("<p>")) (long) },
    }
}
