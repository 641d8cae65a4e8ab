//! The record of a decoded message.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Number, Value};

use super::names::{field_name, record_type, with_unit};
use crate::activity::ActivityKeyRef;
use crate::fit::{FitMessage, FitValue, RawField};
use crate::record::FitMessageRecord;

/// A file, and the activity that it belongs to, if its record was the input.
#[derive(Clone, Copy)]
pub(super) struct FileSource<'a> {
    /// Its path, as records and messages show it.
    pub file: &'a str,
    /// The activity.
    pub activity: Option<ActivityKeyRef<'a>>,
}

impl FileSource<'_> {
    /// A file that a path names.
    pub fn path(file: &str) -> FileSource<'_> {
        FileSource { file, activity: None }
    }
}

/// The record of a message. `name`: that of the message in FIT.
pub(super) fn message_record(source: FileSource, name: &str, message: FitMessage) -> FitMessageRecord {
    let mut record = FitMessageRecord {
        kind: record_type(name),
        platform: source.activity.map(|key| key.platform.to_owned()),
        id: source.activity.map(|key| key.id.to_owned()),
        file: source.file.to_owned(),
        index: message.index,
        ..FitMessageRecord::default()
    };
    for field in message.fields {
        match field.value {
            FitValue::Time(time) if field.name == "timestamp" => record.timestamp = Timestamp::from_second(time).ok(),
            _ => drop(record.named.insert(field_name(&field), json(field.value))),
        }
    }
    for field in message.developer_fields {
        let name = unused(&record.developer_fields, with_unit(&field));
        record.developer_fields.insert(name, json(field.value));
    }
    record.fields = message.raw.into_iter().map(|field| (number(&field), json(field.value))).collect();
    record
}

/// The name, or `NAME_2` and so on: several apps may describe a field of the same name.
fn unused(fields: &Map<String, Value>, name: String) -> String {
    let more = (2..).map(|number| format!("{name}_{number}"));
    let mut names = std::iter::once(name.clone()).chain(more);
    names.find(|name| !fields.contains_key(name)).unwrap_or(name)
}

/// `7`, or `0.7` for a developer field.
fn number(field: &RawField) -> String {
    match field.developer {
        Some(developer) => format!("{developer}.{}", field.number),
        None => field.number.to_string(),
    }
}

fn json(value: FitValue) -> Value {
    match value {
        FitValue::Integer(number) => Number::from_i128(number).map_or(Value::Null, Value::Number),
        FitValue::Real(number) => number.into(),
        FitValue::Text(text) => text.into(),
        FitValue::Time(time) => Timestamp::from_second(time).map_or(Value::Null, |time| time.to_string().into()),
        FitValue::LocalTime(time) => {
            let local = |time: Timestamp| time.to_zoned(TimeZone::UTC).datetime().to_string();
            Timestamp::from_second(time).map_or(Value::Null, |time| local(time).into())
        }
        FitValue::Uptime(seconds) => seconds.into(),
        FitValue::List(values) => values.into_iter().map(|value| value.map_or(Value::Null, json)).collect(),
    }
}
