//! The calendar with invented days.

use std::collections::BTreeSet;

use jiff::ToSpan;

use super::*;
use crate::report::charts::probe::{numbers, tags, texts, values};

fn day(date: Date, time_s: f64) -> Day {
    Day { date, count: 1, time_s, distance_m: time_s * 3.0 }
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn english(days: &[Day]) -> String {
    calendar(days, Lang::En).into_string()
}

/// `each` days in each of the `years` years up to 2025.
fn busy(years: i16, each: i16) -> Vec<Day> {
    let of_year = |year: i16| {
        let dates =
            (0..each).map(move |n| Date::new(year, 1, 1).unwrap() + (i64::from(n) * 365 / i64::from(each)).days());
        dates.map(|date| Day {
            date,
            count: u64::from(date.day() % 3 == 0) + 1,
            time_s: 2000.0 + f64::from(date.day_of_year()) * 37.0,
            distance_m: 5000.0 + f64::from(date.day_of_year()) * 41.0,
        })
    };
    (2026 - years..2026).flat_map(of_year).collect()
}

#[test]
fn every_active_day_is_drawn_once_in_its_place() {
    let mut days = busy(3, 250);
    days.reverse();
    days.extend(days[..20].to_vec());
    days.push(Day { count: 0, ..day(date("2025-06-16"), 3600.0) });
    let expected: BTreeSet<Date> = days.iter().filter(|day| day.count > 0).map(|day| day.date).collect();
    let mut drawn = BTreeSet::new();
    for figure in english(&days).split("<figure").skip(1) {
        let cells = figure.split("<rect").skip(1);
        for cell in cells {
            let date = date(texts(cell, "title")[0].split(": ").next().unwrap());
            let (column, row) = (numbers(cell, "x")[0], numbers(cell, "y")[0]);
            assert_eq!((column, row), (f64::from(place(date).0), f64::from(place(date).1)));
            assert!(drawn.insert(date), "{date} is drawn more than once");
        }
    }
    assert_eq!(drawn, expected);
}

#[test]
fn a_day_is_in_the_column_of_its_week_and_the_row_of_its_weekday() {
    // 1 January 2026 is a Thursday; 29 December 2025 is a Monday.
    assert_eq!(place(date("2026-01-01")), (0, 3));
    assert_eq!(place(date("2026-01-05")), (1, 0));
    assert_eq!(place(date("2025-12-29")), (52, 0));
    // A leap year that begins on a Sunday.
    assert_eq!(place(date("2012-12-31")), (53, 0));
    assert_eq!(place(date("1969-12-31")), (52, 2));
}

#[test]
fn the_outline_of_a_year_has_one_cell_for_each_day() {
    for year in [1, 1900, 1969, 2012, 2023, 2024, 2026, 2100, 9999] {
        let first = Date::new(year, 1, 1).unwrap();
        let path = outline(year);
        let (mut x, mut y, mut twice) = (0.0, 0.0, 0.0);
        // The area by the shoelace formula, corner by corner; the first is on the edge at the left.
        for step in path.split_inclusive(char::is_alphabetic).zip(path.split(char::is_alphabetic).skip(1)) {
            let (is_across, numbers) = (step.0.ends_with('H'), step.1);
            let Some(number) = numbers.split(' ').next_back().and_then(|text| text.parse::<f64>().ok()) else {
                continue;
            };
            let corner = if is_across { (number, y) } else { (x, number) };
            twice += x * corner.1 - corner.0 * y;
            (x, y) = corner;
        }
        twice += x * f64::from(place(first).1);
        assert_eq!((twice / 2.0_f64).abs(), f64::from(first.days_in_year()), "{year}: {path}");
    }
}

#[test]
fn the_newest_year_is_first_and_years_without_activities_are_shown() {
    let days = [day(date("2019-05-01"), 60.0), day(date("2022-05-01"), 60.0), day(date("2027-02-01"), 60.0)];
    let text = english(&days);
    assert_eq!(texts(&text, "strong"), ["2027", "2023–2026", "2022", "2021", "2020", "2019"]);
    assert!(text.contains("<strong>2023–2026</strong> · 0 activities"), "{text}");
}

#[test]
fn a_year_has_a_summary_line_and_a_description() {
    let text = english(&[
        Day { date: date("2026-01-08"), count: 200, time_s: 4_800.0, distance_m: 12_300.0 },
        Day { date: date("2026-03-08"), count: 12, time_s: 500_000.0, distance_m: 900_000.0 },
        Day { date: date("2026-03-09"), count: 1, time_s: 618_400.0, distance_m: 977_700.0 },
    ]);
    assert!(text.contains("<strong>2026</strong> · 213 activities · 312 h · 1,890 km"), "{text}");
    let gist = "2026: 3 of 365 days active, most of them in Mar (2); 213 activities, 312 h, 1,890 km";
    assert!(values(&text, "aria-label").contains(&gist), "{text}");
}

#[test]
fn a_day_has_a_title_with_its_totals() {
    let days = [
        Day { date: date("2026-01-08"), count: 2, time_s: 4_800.0, distance_m: 12_300.0 },
        Day { date: date("2026-01-09"), count: 1, time_s: f64::NAN, distance_m: -5.0 },
    ];
    assert_eq!(
        texts(&english(&days), "title"),
        ["2026-01-09: 1 activity", "2026-01-08: 2 activities, 1 h 20 min, 12.3 km"]
    );
    let chinese = calendar(&days, Lang::Zh).into_string();
    assert!(texts(&chinese, "title").contains(&"2026-01-08：2 个活动，1 小时 20 分，12.3 km"));
    assert!(chinese.contains("<strong>2026</strong> · 3 个活动 · 1 小时 20 分 · 12.3 km"), "{chinese}");
}

#[test]
fn each_shade_has_a_quarter_of_the_days_and_equal_days_share_one() {
    let days: Vec<Day> = (1..=28).map(|n| day(Date::new(2026, 2, n).unwrap(), f64::from(n) * 100.0)).collect();
    let levels = Levels::of(days.iter());
    let counts = [0, 1, 2, 3].map(|quarter| days.iter().filter(|day| levels.quarter(day.time_s) == quarter).count());
    assert_eq!(counts, [7; 4]);
    assert_eq!(levels.bounds(), Some([700.0, 1400.0, 2100.0, 2800.0]));
    let alike = Levels(vec![60.0; 9]);
    assert_eq!((alike.quarter(60.0), alike.bounds()), (2, None));
    // A longer day never has a lighter shade.
    let many = Levels(vec![0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 9.0]);
    let quarters = many.0.iter().map(|time| many.quarter(*time)).collect::<Vec<_>>();
    assert!(quarters.is_sorted() && quarters[0] != quarters[7], "{quarters:?}");
}

#[test]
fn month_names_do_not_overlap() {
    for year in 1990..2060 {
        let text = months(year, Lang::En).into_string();
        let x = numbers(&text, "x");
        assert_eq!(x.len(), 12);
        // A name has 26 px, and half a page 470 px. A phone has 340 px and shows every second name.
        assert!(x.windows(2).all(|pair| pair[1] - pair[0] > 5.6), "{year}: {x:?}");
        let narrow: Vec<f64> = x.iter().step_by(2).copied().collect();
        assert!(narrow.windows(2).all(|pair| pair[1] - pair[0] > 8.0), "{year}: {narrow:?}");
        let hidden: Vec<bool> = tags(&text, "text").iter().map(|tag| tag.contains("c-wide")).collect();
        assert_eq!(hidden, [false, true].repeat(6));
    }
}

#[test]
fn a_calendar_of_twenty_busy_years_is_small() {
    let days = busy(20, 300);
    assert_eq!(days.len(), 6000);
    for lang in [Lang::En, Lang::Zh] {
        let bytes = calendar(&days, lang).into_string().len();
        assert!(bytes < 600_000, "{bytes}");
    }
}

#[test]
fn calendars_without_activities_or_with_extreme_years_are_drawn() {
    assert!(english(&[]).contains("No activity"));
    assert!(
        calendar(&[Day { count: 0, ..day(date("2026-01-01"), 5.0) }], Lang::Zh)
            .into_string()
            .contains("没有带开始时间的活动")
    );
    let one = english(&[day(date("1969-12-31"), 3600.0)]);
    assert_eq!((tags(&one, "figure").len(), texts(&one, "title").len()), (1, 1));
    // A watch with a wrong clock may record any date.
    let far = english(&[day(Date::MIN, 1.0), day(date("2026-01-01"), 1e300), day(Date::MAX, f64::INFINITY)]);
    assert_eq!((tags(&far, "figure").len(), texts(&far, "title").len()), (3, 3));
    assert!(far.len() < 12_000, "{}", far.len());
}
