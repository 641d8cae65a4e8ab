//! The FIT profile, as `fitparser` has it: names of messages, and names, units and values of fields.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use fitparser::de::DecodeOption;
use fitparser::profile::MesgNum;
use fitparser::{FitDataField, Value};

use super::super::definition::TIMESTAMP;
use super::super::message::unix_time;
use super::{FitField, FitValue, SkippedFields};

/// The number of the index field in all messages.
const MESSAGE_INDEX: u8 = 254;
/// Numbers that `fitparser` replaces by the name of one of their bits.
const NUMBERS: [&str; 7] = [
    "left_right_balance",
    "message_index",
    "parent_index",
    "reference_index",
    "travel_gas",
    "user_profile_index",
    "wkt_step_index",
];
/// Times of the clock of the device, whatever its zone.
const LOCAL_TIMES: [&str; 2] = ["local_timestamp", "scheduled_time"];
/// The names that only mark the range of the manufacturers' own messages.
const RANGES: [&str; 2] = ["mfg_range_min", "mfg_range_max"];
/// The greatest 64-bit number that `fitparser` gets as a whole one: it panics when it reads a greater one as a time.
const GREATEST: u64 = 1 << 42;

/// The name of a message in the profile; of a message that it does not know, `unknown_` and its number.
pub fn message_name(number: u16) -> String {
    let is_known = MesgNum::is_named_variant(number.into());
    let name = is_known.then(|| MesgNum::from(number).to_string()).filter(|name| !RANGES.contains(&name.as_str()));
    name.unwrap_or_else(|| format!("unknown_{number}"))
}

/// All messages of the profile, by number.
pub fn message_names() -> Vec<(u16, String)> {
    let known = (0..u16::MAX).filter(|number| MesgNum::is_named_variant((*number).into()));
    let named = known.map(|number| (number, MesgNum::from(number).to_string()));
    named.filter(|(_, name)| !RANGES.contains(&name.as_str())).collect()
}

/// The fields of a message, by their number. A field whose value cannot be one of this field is skipped and counted.
pub(super) fn fields(message: u16, values: Vec<(u8, Value)>, skipped: &mut SkippedFields) -> Vec<FitField> {
    let message = MesgNum::from(message);
    let stored: HashMap<u8, Value> = values.into_iter().map(|(number, value)| (number, small(value))).collect();
    let decoded = decode(message, stored.clone()).unwrap_or_else(|| decode_possible(message, &stored, skipped));
    let mut fields: Vec<FitDataField> = Vec::with_capacity(decoded.len());
    for field in decoded {
        match fields.last_mut().filter(|last| last.number() == field.number()) {
            // The file has a field and another one that expands to it, such as `enhanced_speed` and `speed`.
            Some(last) => *last = decode_one(message, &stored, field.number()).unwrap_or(field),
            None => fields.push(field),
        }
    }
    let common = common_fields(&stored, &fields);
    let named = fields.iter().filter_map(|field| field_of(field, stored.get(&field.number())));
    named.chain(common).collect()
}

/// The fields that all messages may have, unless the profile has others of their number in this message.
fn common_fields(stored: &HashMap<u8, Value>, named: &[FitDataField]) -> Vec<FitField> {
    let unnamed = |number: u8| stored.get(&number).filter(|_| named.iter().all(|field| field.number() != number));
    let timestamp = unnamed(TIMESTAMP).and_then(|value| time("timestamp", value));
    let index = unnamed(MESSAGE_INDEX).and_then(|value| FitValue::stored(value.clone()));
    let field = |(name, value): (&str, Option<FitValue>)| {
        Some(FitField { name: name.to_owned(), unit: String::new(), value: value? })
    };
    [("timestamp", timestamp), ("message_index", index)].into_iter().filter_map(field).collect()
}

/// The fields with those values that `fitparser` accepts one by one.
fn decode_possible(message: MesgNum, stored: &HashMap<u8, Value>, skipped: &mut SkippedFields) -> Vec<FitDataField> {
    let is_possible = |number: &u8| decode(message, only(stored, *number)).is_some();
    let numbers = stored.keys().filter(|number| is_possible(number));
    let possible: HashMap<u8, Value> = numbers.flat_map(|number| only(stored, *number)).collect();
    skipped.impossible += (stored.len() - possible.len()) as u64;
    decode(message, possible).unwrap_or_default()
}

/// The field that the file has under this number.
fn decode_one(message: MesgNum, stored: &HashMap<u8, Value>, number: u8) -> Option<FitDataField> {
    decode(message, only(stored, number))?.into_iter().find(|field| field.number() == number)
}

fn only(stored: &HashMap<u8, Value>, number: u8) -> HashMap<u8, Value> {
    stored.get(&number).map(|value| (number, value.clone())).into_iter().collect()
}

/// Applies the profile. `None`: `fitparser` does not accept one of the values.
fn decode(message: MesgNum, mut values: HashMap<u8, Value>) -> Option<Vec<FitDataField>> {
    let options = HashSet::from([DecodeOption::DropUnknownFields]);
    // A guard: no value is known that makes it panic.
    let decoded = catch_unwind(AssertUnwindSafe(|| message.decode_message(&mut values, &mut HashMap::new(), &options)));
    let mut fields = decoded.ok()?.ok()?;
    fields.sort_by_key(FitDataField::number);
    Some(fields)
}

/// The value as `fitparser` gets it.
fn small(value: Value) -> Value {
    match value {
        Value::UInt64(number) | Value::UInt64z(number) if number > GREATEST => Value::Float64(number as f64),
        Value::SInt64(number) if number.unsigned_abs() > GREATEST => Value::Float64(number as f64),
        value => value,
    }
}

/// `stored`: the value of the file, if it has the field itself. `None`: the value is none.
fn field_of(field: &FitDataField, stored: Option<&Value>) -> Option<FitField> {
    let (name, unit) = (field.name(), field.units());
    let value = match field.value() {
        Value::Timestamp(_) => time(name, stored?)?,
        _ if NUMBERS.contains(&name) => FitValue::stored(stored?.clone())?,
        value => FitValue::stored(value.clone())?,
    };
    let is_position = unit == "semicircles";
    let value = match is_position {
        true => value.map(&|value| degrees(value, name.contains("_lat")))?,
        false => value.map(&|value| Some(rounded(value)))?,
    };
    Some(FitField { name: name.to_owned(), unit: if is_position { "degrees" } else { unit }.to_owned(), value })
}

/// A time by its stored value, because `fitparser` converts it to the zone of this machine.
fn time(name: &str, stored: &Value) -> Option<FitValue> {
    let Value::UInt32(seconds) = *stored else { return None };
    Some(match unix_time(seconds) {
        Some(time) if LOCAL_TIMES.contains(&name) => FitValue::LocalTime(time),
        Some(time) => FitValue::Time(time),
        None => FitValue::Uptime(seconds),
    })
}

/// A position in degrees, to about a centimetre. `None`: no place on earth has it.
fn degrees(semicircles: FitValue, is_latitude: bool) -> Option<FitValue> {
    let FitValue::Integer(semicircles) = semicircles else { return None };
    let degrees = semicircles as f64 * 180.0 / 2_f64.powi(31);
    let limit = if is_latitude { 90.0 } else { 180.0 };
    (degrees.abs() <= limit).then(|| FitValue::Real((degrees * 1e7).round() / 1e7))
}

/// The number without the digits that come from computing with binary fractions: 246.8 - 500 is not quite -253.2.
fn rounded(value: FitValue) -> FitValue {
    match value {
        FitValue::Real(number) if number.abs() < 1e6 => FitValue::Real((number * 1e9).round() / 1e9),
        value => value,
    }
}

/// The number with the scale and offset of a developer field.
pub(super) fn scaled(value: FitValue, scale: f64, offset: f64) -> Option<FitValue> {
    let number = match value {
        FitValue::Integer(number) if (scale, offset) != (1.0, 0.0) => number as f64,
        FitValue::Real(number) if (scale, offset) != (1.0, 0.0) => number,
        value => return Some(value),
    };
    FitValue::real(number / scale - offset).map(rounded)
}
