//! The pictures of the page, as SVG: the days as a calendar, the hours of each week, and which months are where.
//!
//! Values in, markup out: no clock, no files. Nothing is told by colour alone: lightness, hatching, order or height goes
//! with it, and the numbers are in words and tables. No element has a `style`, which the page's policy forbids; colours are
//! custom properties of the page and of `charts.css`, and every class and id begins with `c-`.
//!
//! The cells of the calendar stand in a `viewBox`. Bars and names of months stand at percentages of the width instead, so
//! that letters and hatching keep their size on a phone and on a wide screen alike.

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

/// In place of a picture of nothing.
fn nothing(lang: Lang) -> Markup {
    html! { p.c-none { (lang.pick("No activity with a known start is known yet.", "尚无已知开始时间的运动。")) } }
}

/// The numbers of a picture, folded away; `about` says what they are to whoever does not see the picture above.
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
