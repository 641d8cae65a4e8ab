//! The coverage with invented months.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::*;
use crate::report::charts::probe::{numbers, tags, texts, values};

fn platform(name: &str, compared: bool) -> Platform {
    Platform { name: name.into(), title: format!("The {name}"), compared, ..Platform::default() }
}

fn month(number: i8, count: u64, archived: u64, coros: u64) -> Month {
    let on = BTreeMap::from([("coros".to_owned(), coros)]);
    Month { month: Date::constant(2025, number, 1), count, archived, on }
}

fn english(months: &[Month], platforms: &[Platform]) -> String {
    coverage(months, platforms, Lang::En).into_string()
}

/// The bars of each row.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let rows = text.split("<div class=\"c-row\"><p>").skip(1);
    rows.map(|row| row.split("<g>").skip(1).map(|bar| bar.split("</g>").next().unwrap()).collect()).collect()
}

fn sample() -> Vec<Month> {
    vec![month(1, 10, 10, 0), month(2, 0, 0, 0), month(3, 1000, 1000, 999), month(4, 10, 8, 5), month(5, 1000, 1000, 1)]
}

#[test]
fn every_month_with_activities_has_a_full_column_in_every_row() {
    let text = english(&sample(), &[platform("coros", true)]);
    assert_eq!(rows(&text).len(), 2);
    for bars in rows(&text) {
        assert_eq!(bars.len(), 4, "the empty month has none");
        for bar in bars {
            let heights = numbers(bar, "height");
            assert!((heights.iter().sum::<f64>() - 100.0).abs() < 0.02, "{bar}");
            // Every part is high enough to be visible.
            assert!(heights.iter().all(|height| *height >= 14.0), "{bar}");
        }
    }
}

#[test]
fn a_gap_differs_from_a_full_month_in_its_pattern() {
    let text = english(&sample(), &[platform("coros", true), platform("folder", false)]);
    let fills = |row: usize| rows(&text)[row].iter().map(|bar| values(bar, "fill").join("")).collect::<Vec<_>>();
    assert_eq!(fills(0), ["", "", "url(#c-lack)", ""]);
    assert_eq!(fills(1), ["url(#c-lack)"; 4]);
    assert_eq!(fills(2), ["url(#c-aside)"; 4], "a platform that is not compared shows no gaps");
    let there = |row: usize| rows(&text)[row].iter().map(|bar| bar.matches("c-there").count()).collect::<Vec<_>>();
    assert_eq!((there(0), there(1), there(2)), (vec![1; 4], vec![0, 1, 1, 1], vec![0; 4]));
}

#[test]
fn the_height_of_a_bar_is_its_share() {
    assert_eq!([height(0, 9), height(5, 10), height(8, 10), height(10, 10)], [0.0, 0.5, 0.8, 1.0]);
    assert_eq!([height(1, 1000), height(999, 1000)], [LEAST, 1.0 - LEAST]);
}

#[test]
fn every_bar_and_every_row_has_its_numbers() {
    let text = english(&sample(), &[platform("coros", true)]);
    let titles = texts(&text, "title");
    assert_eq!(titles[..2], ["2025-01: 10 of 10 activities, 100 %", "2025-03: 1,000 of 1,000 activities, 100 %"]);
    assert_eq!(
        titles[4..],
        [
            "2025-01: 0 of 10 activities, 0 %",
            "2025-03: 999 of 1,000 activities, 99 %",
            "2025-04: 5 of 10 activities, 50 %",
            "2025-05: 1 of 1,000 activities, 1 %",
        ]
    );
    assert!(text.contains("<strong>The coros</strong> <span class=\"c-note\">50 % · 1,005 / 2,020</span>"), "{text}");
    assert!(values(&text, "aria-label").contains(&"Archive: 2,018 of 2,020 activities, 99 %; gaps in 1 of 4 bars"));
    let chinese = coverage(&sample(), &[platform("coros", true)], Lang::Zh).into_string();
    assert!(texts(&chinese, "title").contains(&"2025-04：10 个活动中有 5 个，50 %"), "{chinese}");
}

#[test]
fn bars_do_not_overlap_and_stay_inside_the_picture() {
    let many: Vec<Month> = (0..60)
        .map(|n| Month { month: Date::constant(2020 + n / 12, (n % 12) as i8 + 1, 1), ..month(1, 3, 2, 1) })
        .collect();
    for bars in rows(&english(&many, &[platform("coros", true)])) {
        let mut right = 0.0;
        for bar in bars {
            let (x, width) = (numbers(bar, "x"), numbers(bar, "width"));
            assert!(x.iter().all(|other| *other == x[0] && *other >= right), "{bar}");
            right = x[0] + width[0];
        }
        assert!(right <= 100.0);
    }
}

#[test]
fn the_table_has_a_row_for_each_year() {
    let mut months = sample();
    months.push(Month { month: Date::constant(2023, 7, 1), ..month(1, 7, 6, 5) });
    let text = english(&months, &[platform("coros", true)]);
    let table = text.split("<table").nth(1).unwrap();
    assert_eq!(texts(table, "th"), ["Year", "Activities", "Archive", "The coros", "2025", "2023"]);
    assert_eq!(texts(table, "td"), ["2,020", "2,018", "1,005", "7", "6", "5"]);
    assert_eq!(tags(&text, "details").len(), 1);
}

#[test]
fn missing_data_and_hostile_names_are_drawn() {
    assert!(english(&[], &[platform("coros", true)]).contains("No activity"));
    assert!(english(&[month(1, 0, 0, 0)], &[]).contains("No activity"));
    let evil = Platform { title: "<b>&\"'".into(), ..platform("coros", true) };
    let text = english(&sample(), &[evil, Platform::default()]);
    assert!(text.contains("<strong>&lt;b&gt;&amp;&quot;'</strong>") && rows(&text).len() == 3, "{text}");
    let huge = Month { count: u64::MAX, archived: u64::MAX - 1, ..month(1, 1, 1, 1) };
    let text = english(&[huge], &[]);
    assert!(text.contains("99 %") && !text.contains("100 %"), "{text}");
}
