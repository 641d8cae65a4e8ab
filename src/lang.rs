//! The languages that people are spoken to in: the page, and the messages of a run.

use std::fmt::Display;

use jiff::Timestamp;

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Chinese.
    Zh,
}

/// Sports that most entries have, in Chinese; others keep FIT's name.
const SPORTS: &[(&str, &str)] = &[
    ("running", "跑步"),
    ("cycling", "骑行"),
    ("swimming", "游泳"),
    ("walking", "步行"),
    ("hiking", "徒步"),
    ("mountaineering", "登山"),
    ("training", "训练"),
    ("fitness_equipment", "健身器械"),
    ("rowing", "划船"),
    ("cross_country_skiing", "越野滑雪"),
    ("alpine_skiing", "高山滑雪"),
    ("multisport", "多项运动"),
];

impl Lang {
    /// The language of a name such as `zh_CN.UTF-8`; `None` if it is none of ours.
    pub fn of(name: &str) -> Option<Lang> {
        match name.get(..2)?.to_ascii_lowercase().as_str() {
            "en" => Some(Lang::En),
            "zh" => Some(Lang::Zh),
            _ => None,
        }
    }

    /// One of two.
    pub fn pick<'a>(self, en: &'a str, zh: &'a str) -> &'a str {
        match self {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    /// A name and what belongs to it.
    pub fn colon(self, name: impl Display, what: impl Display) -> String {
        format!("{name}{}{what}", self.pick(": ", "："))
    }

    /// Between the items of a list.
    pub fn comma(self) -> &'static str {
        self.pick(", ", "，")
    }

    /// A FIT sport, as people call it; one that has no name of ours keeps FIT's.
    pub fn sport(self, sport: &str) -> String {
        let known = SPORTS.iter().find(|(name, _)| self == Lang::Zh && *name == sport);
        known.map_or_else(|| sport.replace('_', " "), |(_, word)| (*word).to_owned())
    }
}

/// The start as the clock on the wall showed it; where that is not known, UTC and said so.
pub fn local(start: Timestamp, utc_offset_s: Option<i32>) -> String {
    let there = utc_offset_s.and_then(|seconds| jiff::tz::Offset::from_seconds(seconds).ok());
    match there {
        Some(offset) => offset.to_datetime(start).strftime("%Y-%m-%d %H:%M").to_string(),
        None => start.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_known_by_its_beginning() {
        let of = |name| Lang::of(name);
        assert_eq!([of("zh_CN.UTF-8"), of("zh"), of("ZH-TW")], [Some(Lang::Zh); 3]);
        assert_eq!([of("en_GB"), of("C.UTF-8"), of("é"), of("")], [Some(Lang::En), None, None, None]);
    }
}
