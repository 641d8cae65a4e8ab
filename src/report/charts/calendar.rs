//! A year as a grid: a column a week, a row a weekday, the darker the longer the day's activities took.

use std::collections::BTreeMap;

use jiff::civil::Date;
use maud::{Markup, html};

use super::{activities, at, in_hours, kilometres, month_name, sane};
use crate::lang::{Lang, number};
use crate::report::Day;

/// From one cell to the next.
const STEP: f64 = 13.0;
/// The side of a cell.
const CELL: f64 = 11.0;
/// Where the first column and the first row begin. Both are multiples of the step, so that the pattern falls on the cells.
const LEFT: f64 = 2.0 * STEP;
const TOP: f64 = STEP;
/// A year touches so many weeks at most.
const WEEKS: f64 = 54.0;

/// Every year from the first day to the last, the newest first.
pub fn calendar(days: &[Day], lang: Lang) -> Markup {
    let mut years: BTreeMap<i16, Vec<&Day>> = BTreeMap::new();
    for day in days {
        years.entry(day.date.year()).or_default().push(day);
    }
    let (Some(first), Some(last)) = (years.keys().next().copied(), years.keys().next_back().copied()) else {
        return html! { p { (lang.pick("No activity with a known start yet.", "尚无已知开始时间的活动。")) } };
    };
    let levels = Levels::of(days);
    let label = lang.pick("Calendar of activities, by year", "按年的活动日历");
    html! {
        div.scroll tabindex="0" role="region" aria-label=(label) {
            (pattern())
            // A gap of years is a year of the catalogue with nothing in it; of many, only those with something are drawn.
            @for year in (first..=last).rev().filter(|year| last - first < 60 || years.contains_key(year)) {
                (self::year(year, years.get(&year).map_or(&[], Vec::as_slice), &levels, lang))
            }
        }
        (legend(lang))
    }
}

/// How long a day is for this person: the quartiles of all their days.
struct Levels([f64; 3]);

impl Levels {
    fn of(days: &[Day]) -> Levels {
        let mut times: Vec<f64> = days.iter().map(|day| sane(day.time_s)).collect();
        times.sort_by(f64::total_cmp);
        let quartile = |n: usize| times.get(times.len() * n / 4).copied().unwrap_or(0.0);
        Levels([quartile(1), quartile(2), quartile(3)])
    }

    /// 1 to 4.
    fn level(&self, day: &Day) -> usize {
        1 + self.0.iter().filter(|bound| sane(day.time_s) > **bound).count()
    }
}

/// The days without activities: one pattern for all of them.
fn pattern() -> Markup {
    html! {
        svg.defs width="0" height="0" aria-hidden="true" focusable="false" {
            pattern #c-day width=(STEP) height=(STEP) patternUnits="userSpaceOnUse" {
                rect.l0 width=(CELL) height=(CELL) rx="2" {}
            }
        }
    }
}

fn year(year: i16, days: &[&Day], levels: &Levels, lang: Lang) -> Markup {
    let count: u64 = days.iter().map(|day| day.count).sum();
    let time: f64 = days.iter().map(|day| sane(day.time_s)).sum();
    let distance: f64 = days.iter().map(|day| sane(day.distance_m)).sum();
    let gist = [
        activities(count, lang),
        match lang {
            Lang::En => format!("on {} days", number(days.len() as u64)),
            Lang::Zh => format!("{} 天", number(days.len() as u64)),
        },
        in_hours(time, lang),
        format!("{} {}", kilometres(distance), lang.pick("km", "公里")),
    ];
    html! {
        div.year {
            svg.calendar viewBox={ "0 0 " (at(LEFT + WEEKS * STEP)) " " (at(TOP + 7.0 * STEP)) } role="img"
                aria-label=(format!("{year}: {}", gist.join(", "))) {
                (months(year, lang))
                @for (row, (en, zh)) in [(0.0, ("Mon", "一")), (2.0, ("Wed", "三")), (4.0, ("Fri", "五"))] {
                    text.label x="0" y=(at(TOP + row * STEP + 9.0)) { (lang.pick(en, zh)) }
                }
                path fill="url(#c-day)" d=(outline(year)) {}
                @for day in days { (cell(day, levels.level(day), lang)) }
            }
            p { strong { (year) } @for part in &gist { " " span { (part) } } }
        }
    }
}

/// Column and row of a day.
fn place(date: Date) -> (f64, f64) {
    let first = Date::new(date.year(), 1, 1).unwrap_or(date);
    let offset = i32::from(first.weekday().to_monday_zero_offset());
    let day = offset + i32::from(date.day_of_year()) - 1;
    (f64::from(day / 7), f64::from(day % 7))
}

/// The shape of all days of a year.
fn outline(year: i16) -> String {
    let ends = Date::new(year, 1, 1).ok().zip(Date::new(year, 12, 31).ok());
    let Some((first, last)) = ends else { return String::new() };
    let ((first_column, first_row), (last_column, last_row)) = (place(first), place(last));
    let x = |column: f64| at(LEFT + column * STEP);
    let y = |row: f64| at(TOP + row * STEP);
    format!(
        "M{} {}V{}H{}V{}H{}V{}H{}V{}Z",
        x(first_column),
        y(first_row),
        y(7.0),
        x(last_column),
        y(last_row + 1.0),
        x(last_column + 1.0),
        y(0.0),
        x(first_column + 1.0),
        y(first_row)
    )
}

fn months(year: i16, lang: Lang) -> Markup {
    let starts = (1..=12).filter_map(|month| Some((month, place(Date::new(year, month, 1).ok()?))));
    html! {
        @for (month, (column, row)) in starts {
            // A month that begins in the middle of a column is named at the next one, the first that is all its own.
            text.label x=(at(LEFT + (column + f64::from(u8::from(row > 0.0 && month > 1))) * STEP)) y="8" { (month_name(month, lang)) }
        }
    }
}

fn cell(day: &Day, level: usize, lang: Lang) -> Markup {
    let (column, row) = place(day.date);
    let corner = format!("M{} {}h{CELL}v{CELL}h-{CELL}z", at(LEFT + column * STEP), at(TOP + row * STEP));
    let class = ["l0", "l1", "l2", "l3", "l4"][level.min(4)];
    html! {
        path class=(class) d=(corner) {
            title {
                (day.date) ": " (activities(day.count, lang)) ", " (in_hours(day.time_s, lang))
                @if sane(day.distance_m) > 0.0 { ", " (kilometres(day.distance_m)) " km" }
            }
        }
    }
}

fn legend(lang: Lang) -> Markup {
    html! {
        p.legend {
            (lang.pick("shorter", "短")) " "
            svg.swatches viewBox="0 0 63 11" width="63" height="11" aria-hidden="true" focusable="false" {
                @for level in 0..5 {
                    rect class=(["l0", "l1", "l2", "l3", "l4"][level]) x=(level * 13) width="11" height="11" rx="2" {}
                }
            }
            " " (lang.pick("longer: a quarter of the days has each of the four shades", "长：四种深浅各占四分之一的天数"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(date: &str, time_s: f64) -> Day {
        Day { date: date.parse().unwrap(), count: 1, time_s, distance_m: 1000.0 }
    }

    #[test]
    fn every_day_stands_in_its_week_and_row() {
        // 1 January 2026 is a Thursday, 29 December 2025 the Monday of its week.
        assert_eq!(place("2026-01-01".parse().unwrap()), (0.0, 3.0));
        assert_eq!(place("2026-01-05".parse().unwrap()), (1.0, 0.0));
        assert_eq!(place("2025-12-29".parse().unwrap()), (52.0, 0.0));
        // A leap year that begins on a Sunday touches 54 weeks.
        assert_eq!(place("2012-12-31".parse().unwrap()), (53.0, 0.0));
    }

    #[test]
    fn each_active_day_is_drawn_once_and_each_year_too() {
        let days: Vec<Day> = (1..=28)
            .flat_map(|n| {
                [day(&format!("2024-02-{n:02}"), 60.0 * f64::from(n)), day(&format!("2026-02-{n:02}"), f64::NAN)]
            })
            .collect();
        let text = calendar(&days, Lang::En).into_string();
        assert_eq!(text.matches("<path class=\"l").count(), days.len());
        assert_eq!(text.matches("<svg class=\"calendar\"").count(), 3, "the year between has its grid");
        assert!(text.find("2026:").unwrap() < text.find("2024:").unwrap());
    }

    #[test]
    fn a_level_has_a_quarter_of_the_days() {
        let days: Vec<Day> = (1..=28).map(|n| day(&format!("2026-02-{n:02}"), f64::from(n) * 100.0)).collect();
        let levels = Levels::of(&days);
        for level in 1..=4 {
            let count = days.iter().filter(|day| levels.level(day) == level).count();
            assert!((6..=8).contains(&count), "{level}: {count}");
        }
    }

    #[test]
    fn nothing_one_day_and_many_years_are_drawn() {
        assert!(calendar(&[], Lang::Zh).into_string().contains("尚无"));
        let far = calendar(&[day("0001-01-01", 1.0), day("9999-12-31", 1.0)], Lang::En).into_string();
        assert_eq!(far.matches("<svg class=\"calendar\"").count(), 2);
    }

    #[test]
    fn twenty_busy_years_are_no_megabyte() {
        let days: Vec<Day> = (2005..2025)
            .flat_map(|year| (1..=12).flat_map(move |month| (1..=25).map(move |day| (year, month, day))))
            .map(|(year, month, date)| day(&format!("{year}-{month:02}-{date:02}"), f64::from(date) * 1234.5))
            .collect();
        let bytes = calendar(&days, Lang::En).into_string().len();
        assert!(bytes < 700_000, "{bytes}");
    }
}
