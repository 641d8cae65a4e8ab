//! Formats numbers, durations and names for the charts. Every text is short, whatever a service sent.

use crate::activity::printable;
use crate::i18n::{Lang, number};

/// No name of a sport is shown longer than this, in characters.
const LONGEST_SPORT: usize = 32;

/// A value that can be drawn: what a service sends may be anything.
pub fn sane(value: f64) -> f64 {
    if value.is_finite() { value.clamp(0.0, 1e12) } else { 0.0 }
}

/// A number for an attribute, rounded to hundredths and as short as possible.
pub fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A part of a whole for an attribute: `12.5%`.
pub fn percent(part: f64) -> String {
    short(part * 100.0) + "%"
}

/// A number of activities: `1 activity`, `12 activities`.
pub fn activities(count: u64, lang: Lang) -> String {
    match (lang, count) {
        (Lang::En, 1) => "1 activity".to_owned(),
        (Lang::En, _) => format!("{} activities", number(count)),
        (Lang::Zh, _) => format!("{} 个活动", number(count)),
    }
}

/// `1 h 20 min`. A positive duration is never zero.
pub fn time(seconds: f64, lang: Lang) -> String {
    let seconds = sane(seconds);
    let minutes = if seconds > 0.0 { (seconds / 60.0).round().max(1.0) as u64 } else { 0 };
    let (hours, minutes) = (number(minutes / 60), minutes % 60);
    match (lang, hours.as_str(), minutes) {
        (Lang::En, "0", _) => format!("{minutes} min"),
        (Lang::Zh, "0", _) => format!("{minutes} 分"),
        (Lang::En, _, 0) => format!("{hours} h"),
        (Lang::Zh, _, 0) => format!("{hours} 小时"),
        (Lang::En, ..) => format!("{hours} h {minutes} min"),
        (Lang::Zh, ..) => format!("{hours} 小时 {minutes} 分"),
    }
}

/// A sum of durations: without minutes from ten hours on.
pub fn hours(seconds: f64, lang: Lang) -> String {
    let whole = (sane(seconds) / 3600.0).round();
    time(if whole >= 10.0 { whole * 3600.0 } else { seconds }, lang)
}

/// `12.3 km`, `1,890 km`; `None` for less than 50 m.
pub fn distance(metres: f64) -> Option<String> {
    let km = sane(metres) / 1000.0;
    match km {
        ..0.05 => None,
        ..99.95 => Some(format!("{km:.1} km")),
        _ => Some(format!("{} km", number(km.round() as u64))),
    }
}

/// A share in per cent: 100 only for all of it, 0 only for nothing.
pub fn share(there: u64, of: u64) -> String {
    let whole = match there {
        0 => 0,
        _ if there >= of => 100,
        _ => (there as f64 / of as f64 * 100.0).round().clamp(1.0, 99.0) as u64,
    };
    format!("{whole} %")
}

/// The short name of a month, the first is 1.
pub fn month(month: i8, lang: Lang) -> String {
    const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    match lang {
        Lang::En => NAMES.get(usize::from(month.unsigned_abs()).saturating_sub(1)).copied().unwrap_or("").to_owned(),
        Lang::Zh => format!("{month}月"),
    }
}

/// The name of a sport; texts of a service are truncated, and cannot change the text direction.
pub fn sport(sport: &str, lang: Lang) -> String {
    let name = lang.sport(&printable(sport));
    match name.char_indices().nth(LONGEST_SPORT) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRANGE: [f64; 5] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -5.0, -0.0];

    #[test]
    fn times_are_formatted_in_both_languages() {
        let en = |seconds| time(seconds, Lang::En);
        assert_eq!([en(0.0), en(0.4), en(89.0), en(3599.0)], ["0 min", "1 min", "1 min", "1 h"]);
        assert_eq!([en(4800.0), en(3_600_000.0), en(1e300)], ["1 h 20 min", "1,000 h", "277,777,777 h 47 min"]);
        let zh = |seconds| time(seconds, Lang::Zh);
        assert_eq!([zh(4800.0), zh(7200.0), zh(600.0)], ["1 小时 20 分", "2 小时", "10 分"]);
        assert_eq!([hours(35_900.0, Lang::En), hours(1_124_000.0, Lang::Zh)], ["10 h", "312 小时"]);
        assert_eq!(hours(9.0 * 3600.0 + 60.0, Lang::En), "9 h 1 min");
    }

    #[test]
    fn distances_have_a_useful_precision() {
        let of = |metres| distance(metres).unwrap_or_default();
        assert_eq!([of(49.0), of(12_340.0), of(99_960.0), of(1_890_400.0)], ["", "12.3 km", "100 km", "1,890 km"]);
    }

    #[test]
    fn invalid_values_are_shown_as_zero_or_omitted() {
        for value in STRANGE {
            assert_eq!((time(value, Lang::En), distance(value)), ("0 min".to_owned(), None), "{value}");
        }
    }

    #[test]
    fn a_share_is_0_or_100_percent_only_if_exact() {
        let shares = [(0, 0), (0, 9), (1, 1000), (500, 1000), (999, 1000), (7, 7), (9, 7)];
        assert_eq!(shares.map(|(there, of)| share(there, of)), ["0 %", "0 %", "1 %", "50 %", "99 %", "100 %", "100 %"]);
    }

    #[test]
    fn numbers_in_attributes_are_short() {
        let values = [12.300_000_000_1, 5.0, 0.126, -0.001, 1.0 / 3.0];
        assert_eq!(values.map(short), ["12.3", "5", "0.13", "0", "0.33"]);
        assert_eq!([percent(0.5), percent(1.0 / 53.0)], ["50%", "1.89%"]);
    }

    #[test]
    fn a_sport_is_truncated_and_cannot_change_the_text_direction() {
        assert_eq!(sport("cross_country_skiing", Lang::Zh), "越野滑雪");
        let evil = sport(&format!("a\u{202e}b\n{}", "长".repeat(10_000)), Lang::En);
        assert!(evil.starts_with("ab长") && evil.ends_with('…') && evil.chars().count() == LONGEST_SPORT + 1);
    }
}
