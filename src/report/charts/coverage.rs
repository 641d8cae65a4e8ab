//! The coverage of months: a row for the archive and each platform, with a bar for each month whose height is the share of
//! the activities.
//!
//! Present activities are plain; missing ones are hatched on top of them: every month with activities has a full column, and
//! a gap of one activity is visible. A month without activities is empty.

use maud::{Markup, html};

use super::format::{activities, percent, share};
use super::periods::{Period, by_year, periods, years};
use super::{nothing, numbers};
use crate::i18n::{Lang, number};
use crate::report::{Month, Platform};

/// The least height of both parts of a bar, of 1: it must be visible.
const LEAST: f64 = 0.14;
/// The width of a bar as a part of its period.
const BAR: f64 = 0.8;

/// A row for the archive and each platform.
pub fn coverage(months: &[Month], platforms: &[Platform], lang: Lang) -> Markup {
    let periods = periods(months, platforms);
    if periods.is_empty() {
        return nothing(lang);
    }
    let rows = rows(platforms, lang);
    html! {
        figure.c-coverage {
            (legend(lang))
            @for (at, row) in rows.iter().enumerate() { (self::row(at, row, &periods, lang)) }
            (axis(&periods))
        }
        @let table = table(&rows, &by_year(months, platforms), lang);
        (numbers(lang.pick("Activities by year and platform", "各年各平台的活动数"), table, lang))
    }
}

/// The archive or a platform.
struct Row<'a> {
    name: &'a str,
    /// Whether all activities should be there, so that a missing one is a gap.
    is_meant: bool,
}

/// The archive, then the platforms.
fn rows(platforms: &[Platform], lang: Lang) -> Vec<Row<'_>> {
    let archive = Row { name: lang.pick("Archive", "归档"), is_meant: true };
    let others = platforms.iter().map(|platform| {
        let name = if platform.title.is_empty() { &platform.name } else { &platform.title };
        Row { name, is_meant: platform.compared }
    });
    std::iter::once(archive).chain(others).collect()
}

/// The present and all activities, over all periods.
fn sum(at: usize, periods: &[Period]) -> (u64, u64) {
    let all = periods.iter().map(|period| (period.there[at], period.count));
    all.fold((0, 0), |sum: (u64, u64), more| (sum.0.saturating_add(more.0), sum.1.saturating_add(more.1)))
}

fn row(at: usize, row: &Row, periods: &[Period], lang: Lang) -> Markup {
    let (there, of) = sum(at, periods);
    html! {
        div.c-row {
            p { strong { (row.name) } " " span.c-note { (share(there, of)) " · " (number(there)) " / " (number(of)) } }
            svg.c-bars role="img" aria-label=(label(at, row, periods, lang)) {
                @for name in years(periods) {
                    line class=[name.class()] x1=(percent(name.x)) x2=(percent(name.x)) y1="0" y2="100%" {}
                }
                @for (place, period) in periods.iter().enumerate().filter(|(_, period)| period.count > 0) {
                    (bar(place as f64, periods.len() as f64, period, period.there[at], row.is_meant, lang))
                }
            }
        }
    }
}

/// The chart as text, for people who do not see it.
fn label(at: usize, row: &Row, periods: &[Period], lang: Lang) -> String {
    let (there, of) = sum(at, periods);
    let gaps = periods.iter().filter(|period| period.there[at] < period.count).count();
    let (share, there, of) = (share(there, of), number(there), number(of));
    let (gaps, bars) = (number(gaps as u64), number(periods.iter().filter(|period| period.count > 0).count() as u64));
    let text = match lang {
        Lang::En => format!("{there} of {of} activities, {share}; gaps in {gaps} of {bars} bars"),
        Lang::Zh => format!("{of} 个活动中有 {there} 个，{share}；{bars} 个时段中 {gaps} 个有缺失"),
    };
    lang.colon(row.name, text)
}

/// One bar: the present part, the missing part on top, and an area for the pointer over both.
fn bar(place: f64, places: f64, period: &Period, there: u64, is_meant: bool, lang: Lang) -> Markup {
    let (x, width) = (percent((place + (1.0 - BAR) / 2.0) / places), percent(BAR / places));
    let height = height(there, period.count);
    let lack = if is_meant { "url(#c-lack)" } else { "url(#c-aside)" };
    html! {
        g {
            title { (tooltip(period, there, lang)) }
            @if height < 1.0 { rect fill=(lack) x=(x) y="0" width=(width) height=(percent(1.0 - height)) {} }
            @if height > 0.0 { rect.c-there x=(x) y=(percent(1.0 - height)) width=(width) height=(percent(height)) {} }
        }
    }
}

/// The height of the present part.
fn height(there: u64, of: u64) -> f64 {
    match there {
        0 => 0.0,
        _ if there >= of => 1.0,
        _ => (there as f64 / of as f64).clamp(LEAST, 1.0 - LEAST),
    }
}

/// `2026-01: 12 of 14 activities, 86 %`
fn tooltip(period: &Period, there: u64, lang: Lang) -> String {
    let text = match lang {
        Lang::En => format!("{} of {}", number(there), activities(period.count, lang)),
        Lang::Zh => format!("{}中有 {} 个", activities(period.count, lang), number(there)),
    };
    lang.colon(period.name(), [text, share(there, period.count)].join(lang.comma()))
}

fn axis(periods: &[Period]) -> Markup {
    html! {
        div.c-row {
            svg.c-axis aria-hidden="true" {
                @for name in years(periods) { text class=[name.class()] x=(percent(name.x)) y="1em" { (name.year) } }
            }
        }
    }
}

/// The legend, and the hatching, which all rows share.
fn legend(lang: Lang) -> Markup {
    let hatching = |id: &str| {
        html! {
            pattern id=(id) width="5" height="5" patternUnits="userSpaceOnUse" {
                rect class=(id) width="5" height="5" {}
                path class=(id) d="M-1 1L1-1M0 5L5 0M4 6L6 4" {}
            }
        }
    };
    html! {
        ul.c-legend {
            li {
                svg.c-swatch viewBox="0 0 12 12" aria-hidden="true" { rect.c-there width="12" height="12" {} }
                " " (lang.pick("present", "已有"))
            }
            li {
                svg.c-swatch viewBox="0 0 12 12" aria-hidden="true" {
                    (hatching("c-lack")) (hatching("c-aside"))
                    rect fill="url(#c-lack)" width="12" height="12" {}
                }
                " " (lang.pick("missing", "缺失"))
            }
            li { (lang.pick("blank: no activities in this period", "空白：该时段没有活动")) }
        }
    }
}

fn table(rows: &[Row], years: &[Period], lang: Lang) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { (lang.pick("Year", "年份")) }
                th scope="col" { (lang.pick("Activities", "活动")) }
                @for row in rows { th scope="col" { (row.name) } }
            } }
            tbody {
                @for year in years.iter().rev().filter(|year| year.count > 0) {
                    tr {
                        th scope="row" { (year.name()) }
                        td { (number(year.count)) }
                        @for there in &year.there { td { (number(*there)) } }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "coverage_tests.rs"]
mod tests;
