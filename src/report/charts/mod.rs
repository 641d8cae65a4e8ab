//! The pictures of the page, as SVG: days, weeks, and where the months are.
//!
//! Values in, markup out. Nothing is told by colour alone: a form, a height or an order goes with it, and the numbers
//! stand in a table below. No element has a `style`; colours are custom properties of `charts.css`.

mod calendar;
mod coverage;
mod weeks;

pub use calendar::calendar;
pub use coverage::coverage;
pub use weeks::weeks;

use crate::lang::{Lang, number};

/// A number of the page that cannot be drawn is none: what services send may be anything.
fn sane(value: f64) -> f64 {
    if value.is_finite() && value > 0.0 { value.min(1e12) } else { 0.0 }
}

/// Hours, whole from ten on: `312`, `4.5`.
fn hours(seconds: f64) -> String {
    let hours = sane(seconds) / 3600.0;
    if hours >= 9.95 || hours == 0.0 { number(hours.round() as u64) } else { format!("{hours:.1}") }
}

/// Whole kilometres.
fn kilometres(metres: f64) -> String {
    number((sane(metres) / 1000.0).round() as u64)
}

/// So many activities.
fn activities(count: u64, lang: Lang) -> String {
    match lang {
        Lang::En if count == 1 => "1 activity".to_owned(),
        Lang::En => format!("{} activities", number(count)),
        Lang::Zh => format!("{} 项活动", number(count)),
    }
}

/// Hours with their unit.
fn in_hours(seconds: f64, lang: Lang) -> String {
    format!("{} {}", hours(seconds), lang.pick("h", "小时"))
}

/// The short name of a month, from 1 on.
fn month_name(month: i8, lang: Lang) -> String {
    const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    match lang {
        Lang::En => NAMES[(month.clamp(1, 12) - 1) as usize].to_owned(),
        Lang::Zh => format!("{month}月"),
    }
}

/// A coordinate, as short as it can be.
fn at(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_whatever_comes() {
        assert_eq!([f64::NAN, f64::INFINITY, -1.0, 0.0].map(hours), ["0", "0", "0", "0"]);
        assert_eq!([5400.0, 36_000.0, 4.0e6].map(hours), ["1.5", "10", "1,111"]);
        assert_eq!((at(12.300000001), at(5.0)), ("12.3".into(), "5".into()));
        assert_eq!((activities(1, Lang::En), activities(1200, Lang::Zh)), ("1 activity".into(), "1,200 项活动".into()));
    }
}
