//! Reads an activity record as far as a comparison needs it, and without copies: most lines of a pipeline are only compared
//! and passed on.
//!
//! It accepts fewer lines than [`Record::parse`](super::Record::parse), and none that this would reject or read as anything
//! else: where it returns `None`, the whole record has to be read.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::Value;

use crate::activity::{ActivityRef, NumbersSource};

/// The fields of an activity record that matching needs. Units are those of [`crate::activity::Activity`].
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityLine<'a> {
    /// The platform.
    pub platform: Cow<'a, str>,
    /// The id on the platform.
    pub id: Cow<'a, str>,
    /// FIT `sport`.
    pub sport: Option<Cow<'a, str>>,
    /// FIT `sub_sport`.
    pub sub_sport: Option<Cow<'a, str>>,
    /// The type of the service.
    pub platform_sport: Option<Cow<'a, str>>,
    /// When the activity began.
    pub start_time: Option<Timestamp>,
    /// Time with the timer running.
    pub timer_time_s: Option<f64>,
    /// Time from start to end.
    pub elapsed_time_s: Option<f64>,
    /// Distance covered.
    pub distance_m: Option<f64>,
    /// The manufacturer of the recording device.
    pub manufacturer: Option<Cow<'a, str>>,
    /// The recording device.
    pub device: Option<Cow<'a, str>>,
    /// Entered by hand.
    pub manual: bool,
}

impl<'a> ActivityLine<'a> {
    /// Reads a line. `None`: it is no activity, or has a field that needs more attention: a problem, a deletion, a mark of
    /// an earlier stage, or an error.
    pub fn parse(line: &'a [u8]) -> Option<ActivityLine<'a>> {
        let text = std::str::from_utf8(line).ok()?;
        let fields: Fields = serde_json::from_str(text).ok()?;
        if fields.kind?.0 != "activity" {
            return None;
        }
        Some(ActivityLine {
            platform: fields.platform?.0,
            id: fields.id?.0,
            sport: text_of(fields.sport),
            sub_sport: text_of(fields.sub_sport),
            platform_sport: text_of(fields.platform_sport),
            start_time: fields.start_time,
            timer_time_s: fields.timer_time_s,
            elapsed_time_s: fields.elapsed_time_s,
            distance_m: fields.distance_m,
            manufacturer: text_of(fields.manufacturer),
            device: text_of(fields.device),
            manual: fields.manual.unwrap_or_default(),
        })
    }

    /// The activity, as far as it is compared.
    pub fn activity(&self) -> ActivityRef<'_> {
        ActivityRef {
            platform: &self.platform,
            id: &self.id,
            sport: self.sport.as_deref(),
            sub_sport: self.sub_sport.as_deref(),
            start_time: self.start_time,
            timer_time_s: self.timer_time_s,
            elapsed_time_s: self.elapsed_time_s,
            distance_m: self.distance_m,
            manufacturer: self.manufacturer.as_deref(),
            device: self.device.as_deref(),
            manual: self.manual,
        }
    }
}

fn text_of(field: Option<Text>) -> Option<Cow<str>> {
    field.map(|text| text.0)
}

/// A text that is borrowed from the line, unless it has escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text<'a>, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

/// The file of an activity: only its form is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "a line is passed on as it came, so its file is not read")]
struct File<'a> {
    #[serde(borrow)]
    path: Text<'a>,
    #[serde(borrow)]
    sha256: Text<'a>,
    bytes: u64,
    #[serde(borrow, default)]
    format: Option<Text<'a>>,
    #[serde(borrow, default)]
    origin: Option<Text<'a>>,
    #[serde(default)]
    retry_original_at: Option<Timestamp>,
}

/// The fields of a line: `None` if the line does not have them. No command writes null, so a line with one is read whole.
#[derive(Default)]
struct Fields<'a> {
    kind: Option<Text<'a>>,
    platform: Option<Text<'a>>,
    id: Option<Text<'a>>,
    name: Option<Text<'a>>,
    sport: Option<Text<'a>>,
    sub_sport: Option<Text<'a>>,
    platform_sport: Option<Text<'a>>,
    start_time: Option<Timestamp>,
    utc_offset_s: Option<i32>,
    timer_time_s: Option<f64>,
    elapsed_time_s: Option<f64>,
    distance_m: Option<f64>,
    manufacturer: Option<Text<'a>>,
    device: Option<Text<'a>>,
    manual: Option<bool>,
    numbers: [Option<f64>; 6],
    numbers_from: Option<NumbersSource>,
    downloaded: Option<bool>,
    no_original: Option<bool>,
    unavailable: Option<bool>,
    file: Option<File<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fields<'a>, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a record")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Fields::default();
                while let Some(name) = map.next_key::<Text>()? {
                    fields.read(&name.0, &mut map)?;
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(FieldsVisitor)
    }
}

impl<'de> Fields<'de> {
    fn read<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "type" => once(&mut self.kind, map),
            "platform" => once(&mut self.platform, map),
            "id" => once(&mut self.id, map),
            "name" => once(&mut self.name, map),
            "sport" => once(&mut self.sport, map),
            "sub_sport" => once(&mut self.sub_sport, map),
            "platform_sport" => once(&mut self.platform_sport, map),
            "start_time" => once(&mut self.start_time, map),
            "utc_offset_s" => once(&mut self.utc_offset_s, map),
            "timer_time_s" => once(&mut self.timer_time_s, map),
            "elapsed_time_s" => once(&mut self.elapsed_time_s, map),
            "distance_m" => once(&mut self.distance_m, map),
            "manufacturer" => once(&mut self.manufacturer, map),
            "device" => once(&mut self.device, map),
            "manual" => once(&mut self.manual, map),
            "avg_heart_rate_bpm" => once(&mut self.numbers[0], map),
            "max_heart_rate_bpm" => once(&mut self.numbers[1], map),
            "avg_power_w" => once(&mut self.numbers[2], map),
            "ascent_m" => once(&mut self.numbers[3], map),
            "calories_kcal" => once(&mut self.numbers[4], map),
            "avg_speed_mps" => once(&mut self.numbers[5], map),
            "numbers_from" => once(&mut self.numbers_from, map),
            "downloaded" => once(&mut self.downloaded, map),
            "no_original" => once(&mut self.no_original, map),
            "unavailable" => once(&mut self.unavailable, map),
            "file" => once(&mut self.file, map),
            "deleted" | "duplicate_of" | "outcome" | "also_on" | "problem" => {
                Err(A::Error::custom("the whole record has to be read"))
            }
            // Read completely, so that what is no text or too deep is an error here, too.
            _ => map.next_value::<Value>().map(drop),
        }
    }
}

/// Reads a field that may occur once.
fn once<'de, T: Deserialize<'de>, A: MapAccess<'de>>(field: &mut Option<T>, map: &mut A) -> Result<(), A::Error> {
    match field.replace(map.next_value()?) {
        None => Ok(()),
        Some(_) => Err(A::Error::custom("duplicate field")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::{ActivityRecord, Record, with_field};

    /// The activity of a line as the owned form reads it; `None` if it is no plain activity.
    fn owned(line: &[u8]) -> Option<Box<ActivityRecord>> {
        match Record::parse(line).ok()? {
            Record::Activity(record) => Some(record),
            _ => None,
        }
    }

    /// What is read without copies is what the whole record says.
    fn expect_agreement(line: &[u8]) -> bool {
        let brief = ActivityLine::parse(line);
        if let Some(brief) = &brief {
            let whole = owned(line).unwrap_or_else(|| panic!("accepted: {}", String::from_utf8_lossy(line)));
            assert_eq!(brief.activity(), ActivityRef::from(&whole.activity), "{}", String::from_utf8_lossy(line));
            assert_eq!(brief.platform_sport.as_deref(), whole.activity.platform_sport.as_deref());
            assert!(whole.problem.is_none() && whole.deleted.is_none() && whole.duplicate_of.is_none());
        }
        brief.is_some()
    }

    #[test]
    fn plain_activities_are_read_and_all_else_is_left_to_the_whole_record() {
        let plain = [
            r#"{"type":"activity","platform":"p","id":"1"}"#,
            r#" {"id" : "1\u00e9\n", "platform":"p", "type":"activity" , "name":"","manual":false} "#,
            r#"{"type":"activity","platform":"p","id":"1","start_time":"2026-01-08T14:10:21.5+01:00","distance_m":7,"x":[{"a":1e3}]}"#,
            r#"{"type":"activity","platform":"p","id":"1","file":{"path":"a","sha256":"b","bytes":3,"format":null},"downloaded":true}"#,
        ];
        for line in plain {
            assert!(expect_agreement(line.as_bytes()), "{line}");
        }
        let other = [
            r#"{"type":"transfer","platform":"p","id":"1"}"#,
            r#"{"type":"activity","platform":"p","id":"1","name":null}"#,
            r#"{"type":"activity","id":"1"}"#,
            r#"{"type":"activity","platform":"p","id":1}"#,
            r#"{"type":"activity","platform":"p","id":"1","id":"2"}"#,
            r#"{"type":"activity","platform":"p","id":"1","deleted":{"since":"2026-01-08T14:10:21Z","confirmed":true}}"#,
            r#"{"type":"activity","platform":"p","id":"1","file":{"path":"a","sha256":"b","bytes":-3}}"#,
            r#"{"type":"activity","platform":"p","id":"1","x":"\ud800"}"#,
            r#"{"type":"activity","platform":"p","id":"1","distance_m":1e999}"#,
            r#"{"type":"activity","platform":"p","id":"1"} {}"#,
            r#"["activity"]"#,
            "",
        ];
        for line in other {
            assert!(!expect_agreement(line.as_bytes()), "{line}");
        }
        assert!(!expect_agreement(b"{\"type\":\"activity\",\"platform\":\"p\",\"id\":\"1\",\"x\":\"\xff\"}"));
    }

    #[test]
    fn a_field_is_added_at_the_end_of_the_line() {
        let line = with_field(b"{ \"a\":1 }  ", "b", &["c"]).unwrap();
        assert_eq!(String::from_utf8(line).unwrap(), r#"{ "a":1 ,"b":["c"]}"#);
    }

    fn value() -> impl Strategy<Value = String> {
        let texts = [
            "null",
            "true",
            "0",
            "-0",
            "1.5",
            "1e400",
            "18446744073709551616",
            "\"\"",
            "\"run\"",
            "\"\\u0041\\ud83c\\udfc3\"",
            "\"\\ud83c\"",
            "\"2026-01-08T14:10:21Z\"",
            "\"yesterday\"",
            "{}",
            "[]",
            "{\"path\":\"a\",\"sha256\":\"b\",\"bytes\":3}",
            "{\"path\":\"a\",\"sha256\":\"b\",\"bytes\":3,\"mood\":1}",
            "\"activity\"",
            "\"file\"",
            "{\"id\":\"1\",\"reasons\":[],\"certainty\":\"match\"}",
            "\"tab\there\"",
            "nul",
            "01",
        ];
        prop::sample::select(texts.to_vec()).prop_map(str::to_owned)
    }

    fn name() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "type",
            "platform",
            "id",
            "name",
            "sport",
            "sub_sport",
            "platform_sport",
            "start_time",
            "utc_offset_s",
            "timer_time_s",
            "elapsed_time_s",
            "distance_m",
            "manufacturer",
            "device",
            "manual",
            "avg_heart_rate_bpm",
            "max_heart_rate_bpm",
            "avg_power_w",
            "ascent_m",
            "calories_kcal",
            "avg_speed_mps",
            "numbers_from",
            "downloaded",
            "no_original",
            "unavailable",
            "file",
            "deleted",
            "duplicate_of",
            "outcome",
            "also_on",
            "problem",
            "mood",
            "\\u0069d",
        ])
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4096, ..ProptestConfig::default() })]

        #[test]
        fn nothing_is_accepted_that_the_whole_record_rejects_or_reads_otherwise(
            fields in prop::collection::vec((name(), value()), 0..5),
            at in 0..4_usize,
        ) {
            let mut all: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
            for (place, own) in ["\"type\":\"activity\"", "\"platform\":\"p\"", "\"id\":\"1\""].into_iter().enumerate() {
                all.insert((at + place).min(all.len()), own.to_owned());
            }
            expect_agreement(format!("{{{}}}", all.join(",")).as_bytes());
        }

        #[test]
        fn changed_bytes_are_rejected_by_both_or_read_alike(at in 0..200_usize, byte: u8) {
            let mut line = br#"{"type":"activity","platform":"garmin-com","id":"214","name":"Z\u00fcrich","start_time":"2026-01-08T14:10:21Z","distance_m":4261.25,"file":{"path":"a","sha256":"b","bytes":3},"mood":{"x":[1,"y"]}}"#.to_vec();
            let at = at % line.len();
            line[at] = byte;
            expect_agreement(&line);
        }
    }
}
