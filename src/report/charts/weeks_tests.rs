//! The weekly chart with invented weeks.

use std::collections::BTreeSet;

use super::*;
use crate::report::charts::probe::{numbers, tags, texts, values};

fn today() -> Date {
    "2026-03-01".parse().unwrap()
}

fn week(monday: &str, sports: &[(&str, f64)]) -> Week {
    let volume = |time_s| Volume { count: 2, time_s, distance_m: 1000.0 };
    Week {
        monday: monday.parse().unwrap(),
        sports: sports.iter().map(|(sport, time)| ((*sport).to_owned(), volume(*time))).collect(),
    }
}

fn year() -> Vec<Week> {
    let monday = |n: i64| today().checked_sub((6 + 7 * n).days()).unwrap().to_string();
    let times =
        |n: i64| [("running", 3600.0 + 97.0 * n as f64), ("cycling", 1800.0 * (n % 4) as f64), ("swimming", 611.0)];
    (0..60).filter(|n| n % 7 != 3).map(|n| week(&monday(n), &times(n))).collect()
}

fn english(all: &[Week]) -> String {
    weeks(all, today(), Lang::En).into_string()
}

/// The groups of the chart, one for each week.
fn groups(text: &str) -> Vec<&str> {
    text.split("<g>").skip(1).map(|part| part.split("</g>").next().unwrap()).collect()
}

#[test]
fn the_parts_of_a_bar_are_stacked_and_add_up() {
    let year = year();
    let chart = Chart::of(&year, today());
    let scale = Scale::of(chart.most());
    let text = english(&year);
    assert_eq!(groups(&text).len(), 53);
    for (group, week) in groups(&text).iter().zip(&chart.weeks) {
        // The first rectangle is the hover area.
        let (y, heights) = (numbers(group, "y"), &numbers(group, "height")[1..]);
        let mut foot = 100.0;
        for (y, height) in y.iter().zip(heights) {
            assert!((y + height - foot).abs() < 0.02 && *y >= 0.0, "{group}");
            foot = *y;
        }
        let expected = week.sum.time_s / scale.top_s() * 100.0;
        assert!((100.0 - foot - expected).abs() < 0.02, "{expected} {group}");
    }
}

#[test]
fn bars_do_not_overlap_and_stay_inside_the_picture() {
    let text = english(&year());
    let mut right = 0.0;
    for group in groups(&text) {
        let (x, width) = (numbers(group, "x"), numbers(group, "width"));
        assert!((x[0] - right).abs() < 0.02, "{group}");
        right = x[0] + width[0];
        assert!(x.iter().zip(&width).all(|(x, width)| *x >= x.min(*x) && x + width <= right + 0.02), "{group}");
    }
    assert!((right - 100.0).abs() < 0.02);
}

#[test]
fn every_part_and_every_empty_week_has_a_title() {
    let text = english(&[week("2026-02-16", &[("running", 8400.0), ("cycling", 1800.0)])]);
    let titles = texts(&text, "title");
    assert!(titles.contains(&"Week from 2026-02-16: running, 2 activities, 2 h 20 min, 1.0 km"), "{titles:?}");
    assert!(titles.contains(&"Week from 2026-02-16: all sports, 4 activities, 2 h 50 min, 2.0 km"));
    assert_eq!(titles.last(), Some(&"Week from 2026-02-23: 0 activities"));
    assert_eq!(titles.len(), 53 + 2);
}

#[test]
fn the_legend_and_the_table_have_the_sports_in_the_same_order() {
    let text = english(&year());
    let legend = text.split("<ul").nth(1).unwrap().split("</ul>").next().unwrap();
    let (running, cycling) = (legend.find("running").unwrap(), legend.find("cycling").unwrap());
    assert!(running < cycling && cycling < legend.find("swimming").unwrap(), "the longest first: {legend}");
    let table = text.split("<table").nth(1).unwrap();
    assert_eq!(tags(table, "tr").len(), 1 + 53);
    assert_eq!(texts(table, "th")[..5], ["Week from", "running", "cycling", "swimming", "All"]);
    assert!(
        table.contains("<th scope=\"row\">2026-02-23</th><td>1 h</td><td>0 min</td><td>10 min</td><td>1 h 10 min</td>")
    );
    assert!(table.contains("<th scope=\"row\">2026-02-02</th><td>–</td><td>–</td><td>–</td><td>–</td>"), "{table}");
}

#[test]
fn a_hundred_sports_are_combined_into_seven_without_loss() {
    let names: Vec<String> = (0..100).map(|n| format!("sport_{n}")).collect();
    let times: Vec<(&str, f64)> = names.iter().zip(1..).map(|(name, n)| (name.as_str(), f64::from(n) * 60.0)).collect();
    let text = english(&[week("2026-02-23", &times)]);
    assert_eq!(tags(&text, "li").len(), 7);
    let last = groups(&text)[52];
    let fills = values(last, "fill");
    assert_eq!(fills.iter().collect::<BTreeSet<_>>().len(), 7, "{fills:?}");
    let heights: f64 = numbers(last, "height")[1..].iter().sum();
    assert!((heights - 5050.0 / 60.0).abs() < 0.1, "{heights}");
    assert!(text.contains(" other <span") && text.contains("sport 99"));
}

#[test]
fn month_names_do_not_overlap_and_years_are_named() {
    for n in 0..800 {
        let today = today().checked_add(n.days()).unwrap();
        let all = [week(&today.to_string(), &[("running", 60.0)])];
        let chart = Chart::of(&all, today);
        let starts = month_starts(&chart);
        assert!(starts.windows(2).all(|pair| pair[1].0 - pair[0].0 >= 4), "{today}: {starts:?}");
        // A phone shows every second name.
        let narrow: Vec<usize> = starts.iter().filter(|(_, date)| date.month() % 2 == 1).map(|(at, _)| *at).collect();
        assert!(narrow.windows(2).all(|pair| pair[1] - pair[0] >= 8), "{today}: {narrow:?}");
        let text = months(&chart, Lang::En).into_string();
        assert!((1..=2).contains(&tags(&text, "text").iter().filter(|tag| tag.contains("2.2em")).count()), "{text}");
    }
}

#[test]
fn a_hostile_sport_name_is_escaped_and_truncated() {
    let evil = "</title></svg><script>alert(1)</script>\u{202e}\"'";
    let text = english(&[week("2026-02-23", &[(evil, 60.0), (&"長".repeat(10_000), 50.0)])]);
    assert!(!text.contains("<script") && !text.contains('\u{202e}') && text.contains("&lt;/title&gt;"));
    assert!(text.len() < 25_000, "{}", text.len());
}

#[test]
fn a_year_without_activities_has_a_message() {
    for all in [vec![], vec![week("2020-02-24", &[("running", 60.0)])], vec![week("2100-02-22", &[("running", 60.0)])]]
    {
        assert!(english(&all).contains("No activity in the last 53 weeks"));
    }
}

#[test]
fn invalid_times_are_not_drawn() {
    let times = [("a", f64::NAN), ("b", -5.0), ("c", f64::INFINITY), ("d", 0.0)];
    let text = english(&[week("2026-02-23", &times)]);
    assert_eq!(tags(&text, "rect").len(), 53 + 7 + 4, "no bar has a part for an invalid time");
    assert!(text.contains("8 activities, 0 min a week"), "{text}");
    let huge = english(&[week("2026-02-23", &[("a", 1e300), ("b", 3600.0)])]);
    assert!(!huge.contains("inf") && !huge.contains("NaN"));
}
