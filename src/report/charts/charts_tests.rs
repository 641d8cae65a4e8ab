//! Tests of the properties that all charts share.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use proptest::prelude::*;

use super::probe::{tags, values};
use super::*;
use crate::report::{Day, Month, Platform, Volume, Week};

/// The style sheet of the charts.
const CSS: &str = include_str!("charts.css");

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![5 => 0.0..20_000.0, 1 => Just(f64::NAN), 1 => Just(f64::INFINITY), 1 => Just(-1.0), 1 => Just(1e300)]
}

fn count() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 0..5u64, 1 => Just(u64::MAX)]
}

fn date() -> impl Strategy<Value = Date> {
    let usual = (2020..=2026i16, 1..=12i8, 1..=28i8);
    let any = (-9999..=9999i16, 1..=12i8, 1..=28i8);
    prop_oneof![12 => usual, 1 => any].prop_map(|(year, month, day)| Date::new(year, month, day).unwrap())
}

fn day() -> impl Strategy<Value = Day> {
    (date(), count(), number(), number()).prop_map(|(date, count, time_s, distance_m)| Day {
        date,
        count,
        time_s,
        distance_m,
    })
}

fn week() -> impl Strategy<Value = Week> {
    let volume =
        (count(), number(), number()).prop_map(|(count, time_s, distance_m)| Volume { count, time_s, distance_m });
    (date(), proptest::collection::btree_map("[a-z_<>&\"']{0,9}", volume, 0..9))
        .prop_map(|(monday, sports)| Week { monday, sports })
}

fn month() -> impl Strategy<Value = Month> {
    (date(), count(), count(), count()).prop_map(|(date, count, archived, coros)| Month {
        month: date.first_of_month(),
        count,
        archived,
        on: BTreeMap::from([("coros".to_owned(), coros)]),
    })
}

/// All three charts, as on the page.
fn all(days: &[Day], weeks: &[Week], months: &[Month], today: Date, lang: Lang) -> String {
    let platform = |compared| Platform { name: "coros".into(), compared, ..Platform::default() };
    let pictures = [
        calendar(days, lang),
        super::weeks(weeks, today, lang),
        coverage(months, &[platform(true), platform(false)], lang),
    ];
    pictures.map(maud::PreEscaped::into_string).concat()
}

/// Checks what the page's policy, a browser and a screen reader require of markup.
fn check(text: &str) {
    assert!(!text.contains(" style=") && !text.contains("<script") && !text.contains("href="));
    let ids = values(text, "id");
    assert!(ids.iter().all(|id| id.starts_with("c-")));
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
    for fill in values(text, "fill") {
        let id = fill.strip_prefix("url(#").and_then(|rest| rest.strip_suffix(')')).unwrap();
        assert!(ids.contains(&id), "{fill}");
    }
    for class in values(text, "class").iter().flat_map(|classes| classes.split(' ')) {
        assert!(class.starts_with("c-") && CSS.contains(&format!(".{class}")), "{class}");
    }
    for tag in tags(text, "svg") {
        let is_named = tag.contains("role=\"img\"") && tag.contains("aria-label=\"");
        assert!(is_named != tag.contains("aria-hidden=\"true\""), "{tag}");
    }
    for name in ["x", "y", "x1", "x2", "y1", "y2", "width", "height"] {
        for value in values(text, name) {
            let number: f64 = value.trim_end_matches(['%', 'e', 'm']).parse().unwrap();
            assert!(number.is_finite() && (0.0..=100.0).contains(&number) && value.len() <= 6, "{name}={value}");
        }
    }
    assert_eq!(text.matches('<').count(), text.matches('>').count());
}

#[test]
fn the_style_sheet_loads_nothing_and_defines_every_colour() {
    assert!(!CSS.contains("url(") && !CSS.contains("@import"));
    for name in ["l0", "l1", "l2", "l3", "l4", "s1", "s2", "s3", "s4", "s5", "s6", "s7"] {
        assert_eq!(CSS.matches(&format!("--{name}: #")).count(), 2, "{name}: light and dark");
        assert!(CSS.contains(&format!("var(--{name})")), "{name}");
    }
}

#[test]
fn charts_without_data_are_three_sentences() {
    for lang in [Lang::En, Lang::Zh] {
        let text = all(&[], &[], &[], Date::constant(2026, 3, 1), lang);
        check(&text);
        assert_eq!((tags(&text, "p").len(), tags(&text, "svg").len()), (3, 0), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_data_gives_valid_markup(
        days in proptest::collection::vec(day(), 0..60),
        weeks in proptest::collection::vec(week(), 0..40),
        months in proptest::collection::vec(month(), 0..60),
        today in date(),
        is_chinese: bool,
    ) {
        check(&all(&days, &weeks, &months, today, if is_chinese { Lang::Zh } else { Lang::En }));
    }
}
