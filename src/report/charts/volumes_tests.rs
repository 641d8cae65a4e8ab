//! Tests of the selection of weeks and sports.

use super::*;

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn week(monday: &str, sports: &[(&str, u64, f64)]) -> Week {
    let volume = |(name, count, time_s): &(&str, u64, f64)| {
        ((*name).to_owned(), Volume { count: *count, time_s: *time_s, distance_m: 0.0 })
    };
    Week { monday: date(monday), sports: sports.iter().map(volume).collect() }
}

fn names<'a>(chart: &Chart<'a>) -> Vec<&'a str> {
    chart.sports.iter().map(|sport| sport.name.unwrap_or("…")).collect()
}

#[test]
fn the_last_53_weeks_are_shown_including_empty_ones() {
    let all = [
        week("2025-02-17", &[("hiking", 1, 9e6)]),
        week("2025-02-24", &[("running", 1, 60.0)]),
        week("2026-01-05", &[("running", 1, 60.0)]),
    ];
    // The 1st of March 2026 is a Sunday.
    let chart = Chart::of(&all, date("2026-03-01"));
    let mondays: Vec<Date> = chart.weeks.iter().map(|week| week.monday).collect();
    assert_eq!((mondays.len(), mondays[0], mondays[52]), (53, date("2025-02-24"), date("2026-02-23")));
    assert!(mondays.windows(2).all(|pair| pair[1] == pair[0].checked_add(1.week()).unwrap()));
    assert_eq!(names(&chart), ["running"]);
}

#[test]
fn a_week_that_has_begun_in_eastern_time_zones_is_shown() {
    let all = [week("2026-03-02", &[("running", 1, 60.0)])];
    assert_eq!(Chart::of(&all, date("2026-03-01")).weeks[52].monday, date("2026-03-02"));
    assert_eq!(Chart::of(&[], date("2026-03-01")).weeks[52].monday, date("2026-02-23"));
}

#[test]
fn sports_are_ordered_by_time_and_the_seventh_combines_the_others() {
    let sports: Vec<(String, f64)> = (0..9).map(|n| (format!("s{n}"), f64::from(n))).collect();
    let sports: Vec<(&str, u64, f64)> = sports.iter().map(|(name, time)| (name.as_str(), 1, *time)).collect();
    let all = [week("2026-02-23", &sports)];
    let chart = Chart::of(&all, date("2026-02-23"));
    assert_eq!(names(&chart), ["s8", "s7", "s6", "s5", "s4", "s3", "…"]);
    assert_eq!((chart.sports[6].sum.count, chart.sports[6].sum.time_s), (3, 3.0));
    let last = &chart.weeks[52];
    assert_eq!((last.sum.count, last.sum.time_s, chart.most()), (9, 36.0, 36.0));
    assert_eq!(last.parts.len(), 7);
}

#[test]
fn a_zero_volume_is_hidden_and_repeated_weeks_are_merged() {
    let all =
        [week("2026-02-23", &[("running", 1, 60.0), ("golf", 0, 500.0)]), week("2026-02-25", &[("running", 1, 40.0)])];
    let chart = Chart::of(&all, date("2026-02-23"));
    assert_eq!((names(&chart), chart.most()), (vec!["running"], 100.0));
}

#[test]
fn the_limits_of_dates_have_weeks() {
    for today in [Date::MIN, Date::MAX] {
        let all = [Week { monday: today, ..week("2026-02-23", &[("running", 1, 60.0)]) }];
        assert!(!Chart::of(&all, today).weeks.is_empty(), "{today}");
    }
}
