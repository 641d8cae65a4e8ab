//! Each year as a grid: a column for each week, a row for each weekday, Monday first. The longer the activities of a day,
//! the darker it is.
//!
//! Only active days are elements, and common attributes are in their group, so that twenty busy years stay small.

use std::collections::BTreeMap;

use jiff::civil::Date;
use maud::{Markup, html};

use super::format::{activities, distance, hours, month, percent, sane, time};
use super::nothing;
use crate::i18n::Lang;
use crate::report::Day;

/// The most weeks in a year: a leap year that starts on a Sunday.
const WEEKS: i16 = 54;
/// More empty years in a row than this become one line.
const EMPTY_YEARS: i16 = 3;
/// A cell is drawn smaller than it is, and a stroke makes up for it: that rounds its corners.
const CORNER: &str = "translate(.12 .12)";
/// The classes of the four levels of active days.
const LEVELS: [&str; 4] = ["c-l1", "c-l2", "c-l3", "c-l4"];

/// Every year from the first active one to the last, the newest first.
pub fn calendar(days: &[Day], lang: Lang) -> Markup {
    let days = by_date(days);
    let levels = Levels::of(days.values());
    let mut years: BTreeMap<i16, Vec<&Day>> = BTreeMap::new();
    for (date, day) in &days {
        years.entry(date.year()).or_default().push(day);
    }
    if years.is_empty() {
        return nothing(lang);
    }
    let newer = years.keys().skip(1).copied().map(Some).chain([None]);
    let years: Vec<(i16, &Vec<&Day>, Option<i16>)> =
        years.iter().zip(newer).map(|((year, days), newer)| (*year, days, newer)).collect();
    html! {
        div.c-calendar {
            (legend(&levels, lang))
            div.c-years {
                @for (year, days, newer) in years.into_iter().rev() {
                    @if let Some(newer) = newer { (between(year, newer, &levels, lang)) }
                    (self::year(year, days, newer.is_none(), &levels, lang))
                }
            }
        }
    }
}

/// The active days, each once.
fn by_date(days: &[Day]) -> BTreeMap<Date, Day> {
    let mut all: BTreeMap<Date, Day> = BTreeMap::new();
    for day in days.iter().filter(|day| day.count > 0) {
        let sum = all.entry(day.date).or_insert(Day { date: day.date, count: 0, time_s: 0.0, distance_m: 0.0 });
        sum.count = sum.count.saturating_add(day.count);
        sum.time_s += sane(day.time_s);
        sum.distance_m += sane(day.distance_m);
    }
    all
}

/// The lengths of all active days of this person, in order.
struct Levels(Vec<f64>);

impl Levels {
    fn of<'a>(days: impl Iterator<Item = &'a Day>) -> Levels {
        let mut times: Vec<f64> = days.map(|day| day.time_s).collect();
        times.sort_by(f64::total_cmp);
        Levels(times)
    }

    /// The quarter of the days to which a day of this length belongs, from 0. Days of equal length are in the middle of
    /// their range, so that a person with equal days has neither the lightest nor the darkest.
    fn quarter(&self, time_s: f64) -> usize {
        let (below, upto) =
            (self.0.partition_point(|other| *other < time_s), self.0.partition_point(|other| *other <= time_s));
        (2 * (below + upto) / self.0.len().max(1)).min(3)
    }

    /// The longest day of each quarter; `None` if a quarter has no days.
    fn bounds(&self) -> Option<[f64; 4]> {
        let mut bounds = [None; 4];
        for time in &self.0 {
            bounds[self.quarter(*time)] = Some(*time);
        }
        Some([bounds[0]?, bounds[1]?, bounds[2]?, bounds[3]?])
    }
}

/// The years without activities between two with some.
fn between(older: i16, newer: i16, levels: &Levels, lang: Lang) -> Markup {
    let (first, last) = (older.saturating_add(1), newer.saturating_sub(1));
    html! {
        @if last - first >= EMPTY_YEARS {
            p.c-gap { strong { (first) "–" (last) } " · " (activities(0, lang)) }
        } @else {
            @for empty in (first..=last).rev() { (year(empty, &[], false, levels, lang)) }
        }
    }
}

fn year(year: i16, days: &[&Day], newest: bool, levels: &Levels, lang: Lang) -> Markup {
    html! {
        figure.c-year.c-newest[newest] {
            figcaption { strong { (year) } " · " (sum(days, lang).join(" · ")) }
            div.c-grid {
                div.c-weekdays aria-hidden="true" {
                    @for name in [("Mon", "一"), ("", ""), ("Wed", "三"), ("", ""), ("Fri", "五"), ("", ""), ("", "")] {
                        span { (lang.pick(name.0, name.1)) }
                    }
                }
                (months(year, lang))
                svg.c-cells viewBox={ "0 0 " (WEEKS) " 7" } role="img" aria-label=(gist(year, days, lang)) {
                    path fill="url(#c-day)" d=(outline(year)) {}
                    @for (quarter, class) in LEVELS.iter().enumerate() {
                        @let days = days.iter().filter(|day| levels.quarter(day.time_s) == quarter);
                        g class=(class) transform=(CORNER) { @for day in days { (cell(day, lang)) } }
                    }
                }
            }
        }
    }
}

/// The totals of a year.
fn sum(days: &[&Day], lang: Lang) -> Vec<String> {
    let count = days.iter().fold(0, |sum: u64, day| sum.saturating_add(day.count));
    let (time, metres) = days.iter().fold((0.0, 0.0), |sum, day| (sum.0 + day.time_s, sum.1 + day.distance_m));
    let time = Some(hours(time, lang)).filter(|_| time > 0.0);
    [Some(activities(count, lang)), time, distance(metres)].into_iter().flatten().collect()
}

/// The chart as text, for people who do not see it.
fn gist(year: i16, days: &[&Day], lang: Lang) -> String {
    let whole = if Date::new(year, 1, 1).is_ok_and(Date::in_leap_year) { 366 } else { 365 };
    let mut months = [0; 12];
    for day in days {
        months[usize::from(day.date.month().unsigned_abs()).saturating_sub(1) % 12] += 1;
    }
    let busiest = (1..=12).zip(months).max_by_key(|(month, days)| (*days, -month)).filter(|(_, days)| *days > 0);
    let most = busiest.map_or_else(String::new, |(most, days)| match lang {
        Lang::En => format!(", most of them in {} ({days})", month(most, lang)),
        Lang::Zh => format!("，{}最多（{days} 天）", month(most, lang)),
    });
    let active = match lang {
        Lang::En => format!("{} of {whole} days active{most}", days.len()),
        Lang::Zh => format!("{whole} 天中有 {} 天有活动{most}", days.len()),
    };
    lang.colon(year, [active, sum(days, lang).join(lang.comma())].join(lang.pick("; ", "；")))
}

/// The column and the row of a day.
fn place(date: Date) -> (i16, i16) {
    let offset = date.first_of_year().weekday().to_monday_zero_offset();
    let day = i16::from(offset) + date.day_of_year() - 1;
    (day / 7, day % 7)
}

/// The outline of the days of a year; the first and the last week are rarely complete.
fn outline(year: i16) -> String {
    let Ok(first) = Date::new(year, 1, 1) else { return String::new() };
    let ((_, top), (column, row)) = (place(first), place(first.last_of_year()));
    format!("M0 {top}V7H{column}V{}H{}V0H1V{top}z", row + 1, column + 1)
}

/// The name of each month above the week in which it starts.
fn months(year: i16, lang: Lang) -> Markup {
    let starts = (1..=12).filter_map(|month| Some((month, place(Date::new(year, month, 1).ok()?).0)));
    html! {
        svg.c-months aria-hidden="true" {
            @for (number, column) in starts {
                // A phone has room for every second name.
                text class=[(number % 2 == 0).then_some("c-wide")] x=(percent(f64::from(column) / f64::from(WEEKS))) y="1em" { (month(number, lang)) }
            }
        }
    }
}

fn cell(day: &Day, lang: Lang) -> Markup {
    let (column, row) = place(day.date);
    html! { rect x=(column) y=(row) { title { (tooltip(day, lang)) } } }
}

/// The text of a day. It is short, as the page has many of them.
fn tooltip(day: &Day, lang: Lang) -> String {
    let count = match lang {
        Lang::En => activities(day.count, lang),
        Lang::Zh => format!("{} 个活动", crate::i18n::number(day.count)),
    };
    let time = Some(time(day.time_s, lang)).filter(|_| day.time_s > 0.0);
    let parts: Vec<String> = [Some(count), time, distance(day.distance_m)].into_iter().flatten().collect();
    lang.colon(day.date, parts.join(lang.comma()))
}

/// The legend of the shades, and the pattern of the days without activities, which all years share.
fn legend(levels: &Levels, lang: Lang) -> Markup {
    let label = lang.pick(
        "Shades: no activity, then quartiles of the daily time, longest darkest",
        "颜色深浅：没有活动，然后是每日时长的四分位，时长越长颜色越深",
    );
    html! {
        p.c-legend {
            span {
                (lang.pick("less", "少")) " "
                svg.c-shades viewBox="0 0 5 1" role="img" aria-label=(label) {
                    pattern #c-day width="1" height="1" patternUnits="userSpaceOnUse" {
                        rect.c-day.c-l0 transform=(CORNER) {}
                    }
                    g transform=(CORNER) {
                        rect.c-l0 {}
                        @for (class, x) in LEVELS.iter().zip(1..) { rect class=(class) x=(x) {} }
                    }
                }
                " " (lang.pick("more", "多"))
            }
            @if let Some(bounds) = levels.bounds() {
                " " span.c-note {
                    (lang.pick("Quartiles of the daily time: up to ", "每日时长的四分位：不超过 "))
                    @for (at, bound) in bounds.into_iter().enumerate() {
                        @if at > 0 { " · " }
                        span.c-whole { (time(bound, lang)) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
