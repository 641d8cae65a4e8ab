//! Tests of the division of time into bars.

use std::collections::BTreeMap;

use super::*;

/// `count` months from `first` on with ten activities each, of which nine are archived and none is on COROS.
fn months(first: (i16, i8), count: i64) -> Vec<Month> {
    let start = i64::from(first.0) * 12 + i64::from(first.1) - 1;
    let month = |n: i64| Month {
        month: Date::new((n / 12) as i16, (n % 12) as i8 + 1, 1).unwrap(),
        count: 10,
        archived: 9,
        on: BTreeMap::from([("garmin-com".to_owned(), 10)]),
    };
    (start..start + count).map(month).collect()
}

fn platforms() -> Vec<Platform> {
    ["garmin-com", "coros"].map(|name| Platform { name: name.into(), ..Platform::default() }).into()
}

#[test]
fn bars_are_months_quarters_or_years_with_all_activities() {
    for (count, bars, first, last) in [
        (1, 24, "2002-04", "2004-03"),
        (24, 24, "2004-03", "2006-02"),
        (120, 120, "2004-03", "2014-02"),
        (121, 41, "2004-01 – 2004-03", "2014-01 – 2014-03"),
        (358, 120, "2004-01 – 2004-03", "2033-10 – 2033-12"),
        (480, 41, "2004", "2044"),
        (1500, 26, "2000 – 2004", "2125 – 2129"),
    ] {
        let periods = periods(&months((2004, 3), count), &platforms());
        assert_eq!(periods.len(), bars, "{count}");
        assert_eq!(
            (periods[0].name(), periods[periods.len() - 1].name()),
            (first.to_owned(), last.to_owned()),
            "{count}"
        );
        let sum = |part: fn(&Period) -> u64| periods.iter().map(part).sum::<u64>();
        let all = count as u64 * 10;
        assert_eq!(
            [sum(|p| p.count), sum(|p| p.there[0]), sum(|p| p.there[1]), sum(|p| p.there[2])],
            [all, all * 9 / 10, all, 0]
        );
    }
}

#[test]
fn activities_are_added_up_by_year() {
    let years = by_year(&months((2004, 3), 25), &platforms());
    assert_eq!(years.iter().map(Period::name).collect::<Vec<_>>(), ["2004", "2005", "2006"]);
    assert_eq!(years.iter().map(|year| year.count).collect::<Vec<_>>(), [100, 120, 30]);
}

#[test]
fn a_part_of_a_period_is_never_larger_than_the_period() {
    let mut months = months((2004, 3), 2);
    months[0].archived = 5000;
    months[1].on.insert("coros".into(), u64::MAX);
    let periods = periods(&months, &platforms());
    assert!(periods.iter().all(|period| period.there.iter().all(|there| *there <= period.count)));
}

#[test]
fn year_names_do_not_overlap_on_any_screen() {
    for first in 1..=12 {
        for count in (1..60).chain((60..500).step_by(7)).chain([900, 1500, 30_000]) {
            let names = years(&periods(&months((1000, first), count), &[]));
            for (screen, room) in ROOM.into_iter().enumerate() {
                let shown: Vec<&YearName> = names.iter().filter(|name| name.shown[screen]).collect();
                assert!(!shown.is_empty() && shown.len() <= 18, "{first} {count}: {}", shown.len());
                assert!(shown.windows(2).all(|pair| pair[1].x - pair[0].x >= room - 1e-9), "{first} {count}");
                assert!(shown.iter().all(|name| name.x >= 0.0 && name.x + room * 0.6 <= 1.0 + 1e-9), "{first} {count}");
            }
        }
    }
}

#[test]
fn extreme_months_give_a_limited_number_of_bars() {
    let strange = [Date::MIN, Date::constant(1969, 12, 1), Date::constant(2026, 2, 1), Date::MAX];
    let month = |month| Month { month, count: 1, archived: 1, on: BTreeMap::new() };
    let all: Vec<Month> = strange.map(month).into();
    assert!(periods(&all, &[]).len() <= 120);
    assert!(!years(&periods(&all, &[])).is_empty());
    assert!(periods(&[], &platforms()).is_empty() && years(&[]).is_empty());
    let empty = Month { count: 0, ..month(Date::MIN) };
    assert!(periods(&[empty], &platforms()).is_empty());
}
