//! The last year, a bar a week: hours, stacked by sport, the one with most time at the foot.

use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};

use super::format::{self, activities, distance, hours, month, percent, time};
use super::numbers;
use super::scale::Scale;
use super::volumes::{Bar, Chart, SPORTS, Sport, WEEKS, total};
use crate::i18n::Lang;
use crate::report::{Volume, Week};

/// The width of a bar as a part of its week.
const BAR: f64 = 0.78;
/// The pattern over the colour of each sport, on a tile of 6 by 6: sports differ without their colours. The last one is for
/// all others.
const MARKS: [&str; SPORTS + 1] = [
    "",
    "M-1 1L1-1M0 6L6 0M5 7L7 5",
    "",
    "M2 2h1.6v1.6h-1.6zM5 5h1.6v1.6h-1.6zM-1 5h1.6v1.6h-1.6zM5-1h1.6v1.6h-1.6zM-1-1h1.6v1.6h-1.6z",
    "M5-1L7 1M0 0L6 6M-1 5L1 7",
    "M0 1.5H6M0 4.5H6",
    "",
];

/// The weeks up to the one of `today`, including empty ones at the end.
pub fn weeks(weeks: &[Week], today: Date, lang: Lang) -> Markup {
    let chart = Chart::of(weeks, today);
    if chart.sports.is_empty() {
        return html! { p.c-none { (lang.pick("No activity in the last 53 weeks.", "最近 53 周没有活动。")) } };
    }
    let scale = Scale::of(chart.most());
    html! {
        figure.c-weeks {
            figcaption { (gist(&chart, lang)) }
            div.c-plot {
                div.c-ticks aria-hidden="true" { @for tick in scale.ticks().rev() { span { (tick_label(tick, lang)) } } }
                svg.c-bars role="img" aria-label=(label(&chart, lang)) {
                    (patterns())
                    @for tick in scale.ticks() {
                        @let y = percent(1.0 - tick / scale.top_s());
                        line x1="0" x2="100%" y1=(y) y2=(y) {}
                    }
                    @for (at, week) in chart.weeks.iter().enumerate() { (bar(at, week, &chart, &scale, lang)) }
                }
                (months(&chart, lang))
            }
            (legend(&chart, lang))
        }
        (numbers(lang.pick("Hours by week and sport", "每周各项运动时长"), table(&chart, lang), lang))
    }
}

/// The totals.
fn gist(chart: &Chart, lang: Lang) -> Markup {
    let sum = total(chart.weeks.iter().map(|week| &week.sum));
    let mean = time(sum.time_s / f64::from(WEEKS), lang);
    let (all, in_hours) = (activities(sum.count, lang), hours(sum.time_s, lang));
    let longest = chart.weeks.iter().max_by(|a, b| a.sum.time_s.total_cmp(&b.sum.time_s));
    let text = match lang {
        Lang::En => format!("The last {WEEKS} weeks: {in_hours} in {all}, {mean} a week"),
        Lang::Zh => format!("最近 {WEEKS} 周：{all}，共 {in_hours}，平均每周 {mean}"),
    };
    html! {
        (text)
        @if let Some(week) = longest.filter(|week| week.sum.time_s > 0.0) {
            (lang.pick("; most in the week from ", "；最多的一周始于 "))
            span.c-whole { (lang.colon(week.monday, time(week.sum.time_s, lang))) }
        }
    }
}

/// The chart as text, for people who do not see it.
fn label(chart: &Chart, lang: Lang) -> String {
    let sports = chart.sports.iter().map(|sport| format!("{} {}", name_of(sport, lang), hours(sport.sum.time_s, lang)));
    let sports = sports.collect::<Vec<_>>().join(lang.comma());
    lang.colon(lang.pick("Hours a week in the last 53 weeks, by sport", "最近 53 周每周各项运动时长"), sports)
}

fn name_of(sport: &Sport, lang: Lang) -> String {
    sport.name.map_or_else(|| lang.pick("other", "其他").to_owned(), |name| format::sport(name, lang))
}

fn tick_label(seconds: f64, lang: Lang) -> String {
    if seconds == 0.0 { "0".to_owned() } else { time(seconds, lang) }
}

/// A colour and a mark for each place.
fn patterns() -> Markup {
    html! {
        @for (place, mark) in (1..).zip(MARKS) {
            pattern id={ "c-s" (place) } width="6" height="6" patternUnits="userSpaceOnUse" {
                rect class={ "c-s" (place) } width="6" height="6" {}
                @if !mark.is_empty() { path.c-mark d=(mark) {} }
            }
        }
    }
}

/// A week: an area for the pointer, and the parts.
fn bar(at: usize, week: &Bar, chart: &Chart, scale: &Scale, lang: Lang) -> Markup {
    let x = |part: f64| percent((at as f64 + part) / f64::from(WEEKS));
    let y = |seconds: f64| 1.0 - seconds / scale.top_s();
    let mut foot = 0.0;
    let parts = (1..).zip(chart.sports.iter().zip(&week.parts)).filter(|(_, (_, part))| part.time_s > 0.0);
    let parts = parts.map(|(place, (sport, part))| {
        let from = foot;
        foot += part.time_s;
        (place, name_of(sport, lang), part, y(foot), y(from))
    });
    html! {
        g {
            rect.c-hit x=(x(0.0)) width=(percent(1.0 / f64::from(WEEKS))) height="100%" {
                title { (tooltip(week, lang.pick("all sports", "全部运动"), &week.sum, lang)) }
            }
            @for (place, name, part, top, bottom) in parts {
                rect fill={ "url(#c-s" (place) ")" } x=(x((1.0 - BAR) / 2.0)) y=(percent(top))
                    width=(percent(BAR / f64::from(WEEKS))) height=(percent(bottom - top)) {
                    title { (tooltip(week, &name, part, lang)) }
                }
            }
        }
    }
}

/// `Week from 2026-01-05: running, 3 activities, 2 h 20 min, 24.1 km`
fn tooltip(week: &Bar, what: &str, volume: &Volume, lang: Lang) -> String {
    let name = match lang {
        Lang::En => format!("Week from {}", week.monday),
        Lang::Zh => format!("{} 起的一周", week.monday),
    };
    if volume.count == 0 {
        return lang.colon(name, activities(0, lang));
    }
    let parts = [what.to_owned(), activities(volume.count, lang), time(volume.time_s, lang)];
    let parts: Vec<String> = parts.into_iter().chain(distance(volume.distance_m)).collect();
    lang.colon(name, parts.join(lang.comma()))
}

/// The months that start in a week, and the position of the week.
fn month_starts(chart: &Chart) -> Vec<(usize, Date)> {
    let first_in = |monday: Date| {
        let days = (0..7).filter_map(move |day| monday.checked_add(day.days()).ok());
        days.into_iter().find(|date| date.day() == 1)
    };
    let weeks = chart.weeks.iter().enumerate();
    let mut starts: Vec<(usize, Date)> = weeks.filter_map(|(at, week)| Some((at, first_in(week.monday)?))).collect();
    // The first month, if its name does not overlap the next one.
    if let Some(week) = chart.weeks.first()
        && starts.first().is_some_and(|(at, _)| *at >= 4)
    {
        starts.insert(0, (0, week.monday));
    }
    // A name needs room to its right.
    starts.retain(|(at, _)| at + 3 <= chart.weeks.len());
    starts
}

/// The names of the months; the year below the first and each January.
fn months(chart: &Chart, lang: Lang) -> Markup {
    let starts = month_starts(chart);
    let begins = |date: Date| date.month() == 1;
    let second_begins = starts.get(1).is_some_and(|(_, date)| begins(*date));
    html! {
        svg.c-months aria-hidden="true" {
            @for (index, (at, date)) in starts.into_iter().enumerate() {
                @let x = percent((at as f64 + (1.0 - BAR) / 2.0) / f64::from(WEEKS));
                // A phone has room for every second name.
                text class=[(date.month() % 2 == 0).then_some("c-wide")] x=(x) y="1em" { (month(date.month(), lang)) }
                @if begins(date) || (index == 0 && !second_begins) { text x=(x) y="2.2em" { (date.year()) } }
            }
        }
    }
}

fn legend(chart: &Chart, lang: Lang) -> Markup {
    html! {
        ul.c-legend {
            @for (place, sport) in (1..).zip(&chart.sports) {
                li {
                    svg.c-swatch viewBox="0 0 12 12" aria-hidden="true" {
                        rect fill={ "url(#c-s" (place) ")" } width="12" height="12" {}
                    }
                    " " (name_of(sport, lang)) " " span.c-note { (hours(sport.sum.time_s, lang)) }
                }
            }
        }
    }
}

fn table(chart: &Chart, lang: Lang) -> Markup {
    let cell = |volume: &Volume| if volume.count > 0 { time(volume.time_s, lang) } else { "–".to_owned() };
    html! {
        table {
            thead { tr {
                th scope="col" { (lang.pick("Week from", "始于")) }
                @for sport in &chart.sports { th scope="col" { (name_of(sport, lang)) } }
                th scope="col" { (lang.pick("All", "合计")) }
            } }
            tbody {
                @for week in chart.weeks.iter().rev() {
                    tr {
                        th scope="row" { (week.monday) }
                        @for part in &week.parts { td { (cell(part)) } }
                        td { (cell(&week.sum)) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "weeks_tests.rs"]
mod tests;
