//! The charts of the page, as SVG: a calendar of days, the hours of each week, and the coverage of months.
//!
//! Pure: no clock, no files. Colour alone carries no information: lightness, hatching, order or height go with it, and texts
//! and tables have the numbers. No element has a `style`, which the page's policy forbids; colours are custom properties of
//! the page and of `charts.css`, and every class and id starts with `c-`.
//!
//! The cells of the calendar are in a `viewBox`. Bars and names of months are at percentages of the width instead, so that
//! letters and hatching keep their size on small and large screens.

mod calendar;
mod coverage;
mod format;
mod periods;
mod scale;
mod volumes;
mod weeks;

pub use calendar::calendar;
pub use coverage::coverage;
pub use weeks::weeks;

use maud::{Markup, html};

use crate::i18n::Lang;

/// The text in place of an empty chart.
fn nothing(lang: Lang) -> Markup {
    html! { p.c-none { (lang.pick("No activity has a start time.", "没有带开始时间的活动。")) } }
}

/// The numbers of a chart, folded; `about` describes them to people who do not see the chart.
fn numbers(about: &str, table: Markup, lang: Lang) -> Markup {
    html! {
        details.c-numbers {
            summary { (lang.pick("As numbers", "数据表")) }
            // A box that scrolls must be reachable by the keyboard, and needs a name for that.
            div.c-scroll tabindex="0" role="region" aria-label=(about) { (table) }
        }
    }
}

#[cfg(test)]
mod probe;
#[cfg(test)]
#[path = "charts_tests.rs"]
mod tests;
