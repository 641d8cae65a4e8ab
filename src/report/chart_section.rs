//! The section with the charts.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use maud::{Markup, html};

use super::Snapshot;
use super::charts::{calendar, coverage, weeks};
use crate::i18n::Lang;

/// All three charts.
pub fn chart_section(snapshot: &Snapshot, lang: Lang) -> Markup {
    html! {
        section #charts {
            h2 { (lang.pick("Charts", "图表")) }
            (picture(lang.pick("Days", "每日"), calendar(&snapshot.days, lang)))
            (picture(lang.pick("Hours per week", "每周时长"), weeks(&snapshot.weeks, monday(snapshot.made), lang)))
            (picture(lang.pick("Coverage over time", "各平台覆盖情况"), coverage(&snapshot.months, &snapshot.platforms, lang)))
        }
    }
}

fn picture(title: &str, drawing: Markup) -> Markup {
    html! { div.picture { h3 { (title) } (drawing) } }
}

/// The Monday of the week of the page.
fn monday(made: Option<Timestamp>) -> jiff::civil::Date {
    let today = made.unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC).date();
    let back = i64::from(today.weekday().to_monday_zero_offset());
    today.checked_sub(Span::new().days(back)).unwrap_or(today)
}
