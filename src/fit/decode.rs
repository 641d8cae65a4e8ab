//! Decodes the messages of a file, one after another, with every field that the FIT profile names.
//!
//! ```text
//! let mut messages = FitMessages::of_complete(&bytes);    after `scan` has accepted the file
//! while let Some(message) = messages.next_of(&|number| number == 18) { … }
//! messages.skipped()                                      the fields that could not be read
//! ```
//!
//! This module reads the stored values (`stored_value`, `developer`), and the `fitparser` crate applies the profile (`profile`): names, scales, units, enums and subfields. Alone, `fitparser` gives up on the rest of a
//! file if one field cannot be read, and panics on some damaged headers; here only that field is skipped. `expand` computes
//! the fields that store only the low bits of a growing number, because `fitparser` computes wrong sums of them.
//!
//! Decoding is some hundred times slower than the scan: it is for showing a file, not for checking it. Its memory does not
//! depend on the number of messages.

mod developer;
mod expand;
mod profile;
mod stored_value;

use std::collections::HashMap;

use fitparser::Value;

use super::definition::TIMESTAMP;
use super::frame;
use super::message::DataMessage;
use super::messages::{MessageReader, RawMessage};
use developer::Developers;
use expand::Accumulators;
use stored_value::Misfit;

pub use profile::{message_name, message_names};

/// The message that describes a developer field.
const FIELD_DESCRIPTION: u16 = 206;

/// A decoded message.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FitMessage {
    /// The global message number.
    pub number: u16,
    /// How many messages with this number precede it, in all chained files.
    pub index: u64,
    /// The fields that the profile names. Values that FIT marks as invalid are left out.
    pub fields: Vec<FitField>,
    /// The fields that an app on the device described.
    pub developer_fields: Vec<FitField>,
    /// All fields as they are stored; empty unless requested.
    pub raw: Vec<RawField>,
}

/// A field with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct FitField {
    /// The name in the profile, or in the description of a developer field.
    pub name: String,
    /// The unit as the profile or the description writes it; empty: none. Positions are in `degrees`.
    pub unit: String,
    /// The value in this unit.
    pub value: FitValue,
}

/// A field as it is stored: without scale and unit.
#[derive(Debug, Clone, PartialEq)]
pub struct RawField {
    /// The index of the developer; `None` for a field of the profile.
    pub developer: Option<u8>,
    /// The number of the field.
    pub number: u8,
    /// The stored value; the bytes of a field whose type is unknown or does not fit.
    pub value: FitValue,
}

/// The value of a field. It is never one that FIT marks as invalid.
#[derive(Debug, Clone, PartialEq)]
pub enum FitValue {
    /// A whole number: any of 64 bits, signed or unsigned.
    Integer(i128),
    /// A finite number.
    Real(f64),
    /// A text that is not empty, or the name of an enum value.
    Text(String),
    /// Unix seconds, UTC.
    Time(i64),
    /// Seconds since 1970-01-01T00:00:00 on the clock of the device.
    LocalTime(i64),
    /// Seconds since the device was switched on: a `date_time` without a date.
    Uptime(u32),
    /// Several values; `None` for one that FIT marks as invalid and that has another one behind it.
    List(Vec<Option<FitValue>>),
}

/// How many fields could not be read, by the cause.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SkippedFields {
    /// The size does not fit the type.
    pub misfits: u64,
    /// A developer field without a description.
    pub undescribed: u64,
    /// The value cannot be one of this field.
    pub impossible: u64,
}

/// Reads the messages of all chained files.
pub struct FitMessages<'a> {
    bytes: &'a [u8],
    is_complete: bool,
    /// The messages of the current file.
    messages: MessageReader<'a>,
    /// Where the next file begins.
    next_file: usize,
    decoder: Decoder,
    counts: HashMap<u16, u64>,
}

/// Decodes the messages of one file, one after another.
#[derive(Default)]
struct Decoder {
    keeps_raw: bool,
    developers: Developers,
    accumulators: Accumulators,
    /// The fields that could not be read in all files.
    skipped: SkippedFields,
}

impl<'a> FitMessages<'a> {
    /// Reads a file that [`scan`](super::scan) has accepted.
    pub fn of_complete(bytes: &'a [u8]) -> FitMessages<'a> {
        FitMessages::new(bytes, true)
    }

    /// Reads a corrupt file as far as its messages can be followed. Checksums are ignored.
    pub fn of_corrupt(bytes: &'a [u8]) -> FitMessages<'a> {
        FitMessages::new(bytes, false)
    }

    fn new(bytes: &'a [u8], is_complete: bool) -> FitMessages<'a> {
        FitMessages {
            bytes,
            is_complete,
            messages: all_messages(&[], 0),
            next_file: 0,
            decoder: Decoder::default(),
            counts: HashMap::new(),
        }
    }

    /// Whether messages have their fields as stored, too.
    pub fn with_raw(mut self, keeps_raw: bool) -> FitMessages<'a> {
        self.decoder.keeps_raw = keeps_raw;
        self
    }

    /// How many messages there were so far, also those that were not wanted.
    pub fn count(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The fields that could not be read so far.
    pub fn skipped(&self) -> SkippedFields {
        self.decoder.skipped
    }

    /// The next message whose number is wanted. The others are stepped over and not decoded.
    pub fn next_of(&mut self, wanted: &dyn Fn(u16) -> bool) -> Option<FitMessage> {
        loop {
            let message = match self.messages.next() {
                Some(Ok(RawMessage::Definition(_))) => continue,
                // A device that crashes leaves zeros at the end of its file, which look like messages of local type 0.
                Some(Ok(RawMessage::Data(message))) if self.is_complete || !message.is_blank() => message,
                // The messages cannot be followed any further; a chained file may be intact.
                _ => {
                    self.enter_next_file()?;
                    continue;
                }
            };
            let number = message.definition.message;
            let count = self.counts.entry(number).or_default();
            let index = *count;
            *count += 1;
            if number == FIELD_DESCRIPTION {
                self.decoder.developers.describe(&message);
            }
            if wanted(number) {
                return Some(self.decoder.decode(&message, index));
            }
        }
    }

    /// Continues with the next chained file; `None` if there is none.
    fn enter_next_file(&mut self) -> Option<()> {
        let frame = frame::unchecked(self.bytes, self.next_file)?;
        self.next_file = frame.end;
        self.messages = all_messages(&self.bytes[..frame.data.end], frame.data.start);
        self.decoder.enter_file();
        Some(())
    }
}

/// The messages of a file, with the positions of all fields.
fn all_messages(bytes: &[u8], at: usize) -> MessageReader<'_> {
    MessageReader::new(bytes, at, |_| true)
}

impl Decoder {
    /// Forgets what the file before has described and accumulated.
    fn enter_file(&mut self) {
        self.developers = Developers::default();
        self.accumulators = Accumulators::default();
    }

    fn decode(&mut self, message: &DataMessage, index: u64) -> FitMessage {
        let definition = message.definition;
        let mut decoded = FitMessage { number: definition.message, index, ..FitMessage::default() };
        let mut values: Vec<(u8, Value)> = Vec::with_capacity(definition.fields.len() + 1);
        for field in &definition.fields {
            let stored = &message.bytes[field.place.clone()];
            let value = stored_value::read(field.base_type, stored, definition.big_endian);
            if self.keeps_raw {
                decoded.raw.extend(raw(None, field.number, &value, stored));
            }
            match value {
                Ok(Some(value)) => values.push((field.number, value)),
                Ok(None) => {}
                Err(Misfit) => self.skipped.misfits += 1,
            }
        }
        // A compressed timestamp is in no field.
        if let Some(time) = message.timestamp.filter(|_| values.iter().all(|(number, _)| *number != TIMESTAMP)) {
            values.push((TIMESTAMP, Value::UInt32(time)));
        }
        self.accumulators.expand(definition.message, &mut values);
        decoded.fields = profile::fields(definition.message, values, &mut self.skipped);
        self.decode_developer_fields(message, &mut decoded);
        decoded
    }

    fn decode_developer_fields(&mut self, message: &DataMessage, decoded: &mut FitMessage) {
        let definition = message.definition;
        for field in &definition.developer_fields {
            let stored = &message.bytes[field.place.clone()];
            let description = self.developers.find(field.developer, field.number);
            let value = description.map_or(Err(Misfit), |known| known.stored_value(stored, definition.big_endian));
            if self.keeps_raw {
                decoded.raw.extend(raw(Some(field.developer), field.number, &value, stored));
            }
            match (description, value) {
                (Some(known), Ok(value)) => decoded.developer_fields.extend(value.and_then(|value| known.field(value))),
                (Some(_), Err(Misfit)) => self.skipped.misfits += 1,
                (None, _) => self.skipped.undescribed += 1,
            }
        }
    }
}

/// The field as it is stored; `None` if it is invalid.
fn raw(developer: Option<u8>, number: u8, value: &Result<Option<Value>, Misfit>, stored: &[u8]) -> Option<RawField> {
    let value = match value {
        Ok(value) => FitValue::stored(value.clone()?)?,
        Err(Misfit) => FitValue::List(stored.iter().map(|byte| Some(FitValue::Integer((*byte).into()))).collect()),
    };
    Some(RawField { developer, number, value })
}

impl FitValue {
    /// A stored value; `None` if it is none.
    fn stored(value: Value) -> Option<FitValue> {
        Some(match value {
            Value::Byte(value) | Value::Enum(value) | Value::UInt8(value) | Value::UInt8z(value) => {
                FitValue::Integer(value.into())
            }
            Value::SInt8(value) => FitValue::Integer(value.into()),
            Value::SInt16(value) => FitValue::Integer(value.into()),
            Value::UInt16(value) | Value::UInt16z(value) => FitValue::Integer(value.into()),
            Value::SInt32(value) => FitValue::Integer(value.into()),
            Value::UInt32(value) | Value::UInt32z(value) => FitValue::Integer(value.into()),
            Value::SInt64(value) => FitValue::Integer(value.into()),
            Value::UInt64(value) | Value::UInt64z(value) => FitValue::Integer(value.into()),
            // The shortest decimal number, as 0.1 has more digits with 64 bits.
            Value::Float32(value) => FitValue::real(value.to_string().parse().unwrap_or(f64::NAN))?,
            Value::Float64(value) => FitValue::real(value)?,
            Value::String(text) => Some(text).filter(|text| !text.is_empty()).map(FitValue::Text)?,
            Value::Timestamp(time) => FitValue::Time(time.timestamp()),
            Value::Array(values) => FitValue::list(values.into_iter().map(FitValue::stored))?,
            Value::Invalid => return None,
        })
    }

    fn real(value: f64) -> Option<FitValue> {
        value.is_finite().then_some(FitValue::Real(value))
    }

    /// A list without invalid values at its end; `None` if nothing is left.
    fn list(values: impl Iterator<Item = Option<FitValue>>) -> Option<FitValue> {
        let mut values: Vec<Option<FitValue>> = values.collect();
        values.truncate(values.iter().rposition(Option::is_some)? + 1);
        Some(FitValue::List(values))
    }

    /// The value with `change` applied to each of its numbers.
    fn map(self, change: &dyn Fn(FitValue) -> Option<FitValue>) -> Option<FitValue> {
        match self {
            FitValue::List(values) => FitValue::list(values.into_iter().map(|value| value?.map(change))),
            value => change(value),
        }
    }
}

#[cfg(test)]
#[path = "decode/decode_tests.rs"]
mod tests;
