//! Decodes the messages of a file, one after another, with every field that the FIT profile names.
//!
//! ```text
//! let mut messages = FitMessages::of_complete(&bytes);    after `scan` has accepted the file
//! while let Some(message) = messages.next_of(&|number| number == 18) { … }
//! messages.skipped()                                      the fields that could not be read
//! ```
//!
//! This module reads the messages and the stored values (`layout`, `base_type`, `developer`), and the `fitparser` crate
//! applies the profile (`profile`): names, scales, units, enums and subfields. Alone, `fitparser` gives up on the rest of a
//! file if one field cannot be read, and panics on some damaged headers; here only that field is skipped. `expand` computes
//! the fields that store only the low bits of a growing number, because `fitparser` computes wrong sums of them.
//!
//! Decoding is some hundred times slower than the scan: it is for showing a file, not for checking it. Its memory does not
//! depend on the number of messages.

mod base_type;
mod developer;
mod expand;
mod layout;
mod profile;

use std::collections::HashMap;
use std::rc::Rc;

use fitparser::Value;

use super::Protocol;
use base_type::Misfit;
use developer::Developers;
use expand::Accumulators;
use layout::Layout;

pub use profile::{message_name, message_names};

/// The number of the timestamp field in all messages.
const TIMESTAMP: u8 = 253;
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
    keeps_raw: bool,
    /// The next message.
    at: usize,
    /// The end of the messages of this file.
    end: usize,
    /// Where the next file begins.
    next_file: usize,
    definitions: [Option<Rc<Layout>>; 16],
    /// The latest timestamp, the base of compressed ones.
    timestamp: Option<u32>,
    developers: Developers,
    accumulators: Accumulators,
    counts: HashMap<u16, u64>,
    skipped: SkippedFields,
}

/// A data message: its layout, its bytes without the header byte, and the low bits of a compressed timestamp.
struct DataMessage<'a> {
    layout: Rc<Layout>,
    bytes: &'a [u8],
    compressed: Option<u8>,
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
            keeps_raw: false,
            at: 0,
            end: 0,
            next_file: 0,
            definitions: Default::default(),
            timestamp: None,
            developers: Developers::default(),
            accumulators: Accumulators::default(),
            counts: HashMap::new(),
            skipped: SkippedFields::default(),
        }
    }

    /// Whether messages have their fields as stored, too.
    pub fn with_raw(mut self, keeps_raw: bool) -> FitMessages<'a> {
        self.keeps_raw = keeps_raw;
        self
    }

    /// How many messages there were so far, also those that were not wanted.
    pub fn count(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The fields that could not be read so far.
    pub fn skipped(&self) -> SkippedFields {
        self.skipped
    }

    /// The next message whose number is wanted. The others are stepped over and not decoded.
    pub fn next_of(&mut self, wanted: &dyn Fn(u16) -> bool) -> Option<FitMessage> {
        loop {
            let message = self.next_data()?;
            let number = message.layout.message;
            let timestamp = self.time_of(&message);
            self.timestamp = timestamp.or(self.timestamp);
            let count = self.counts.entry(number).or_default();
            let index = *count;
            *count += 1;
            if number == FIELD_DESCRIPTION {
                self.developers.describe(&message.layout, message.bytes);
            }
            if wanted(number) {
                let timestamp = timestamp.filter(|_| message.compressed.is_some());
                return Some(self.decode(&message, index, timestamp));
            }
        }
    }

    /// Steps to the next data message, over definitions and from file to file.
    fn next_data(&mut self) -> Option<DataMessage<'a>> {
        loop {
            if self.at >= self.end && !self.enter_next_file() {
                return None;
            }
            let header = *self.bytes.get(self.at)?;
            let step = match header {
                0x80.. => self.data(header >> 5 & 0x03, Some(header & 0x1F)).map(Some),
                0x40.. => self.define(header & 0x0F).map(|()| None),
                _ => self.data(header & 0x0F, None).map(Some),
            };
            match step {
                Some(Some(message)) => return Some(message),
                Some(None) => {}
                // The messages cannot be followed any further; a chained file may be intact.
                None => self.at = self.end,
            }
        }
    }

    fn enter_next_file(&mut self) -> bool {
        let Some(frame) = LooseFrame::at(self.bytes, self.next_file) else { return false };
        (self.at, self.end, self.next_file) = (frame.begin, frame.end, frame.next);
        self.definitions = Default::default();
        self.timestamp = None;
        self.developers = Developers::default();
        self.accumulators = Accumulators::default();
        true
    }

    /// Reads the definition at the current position; `None`: it does not end within the file.
    fn define(&mut self, local: u8) -> Option<()> {
        let (layout, length) = Layout::read(&self.bytes[self.at..self.end])?;
        self.definitions[usize::from(local)] = Some(Rc::new(layout));
        self.at += length;
        Some(())
    }

    /// Reads the data message at the current position; `None`: its type is undefined, or it does not end within the file.
    fn data(&mut self, local: u8, compressed: Option<u8>) -> Option<DataMessage<'a>> {
        let layout = self.definitions[usize::from(local)].clone()?;
        let end = (self.at + 1 + layout.size).min(self.end);
        let bytes = self.bytes.get(self.at + 1..end).filter(|bytes| bytes.len() == layout.size)?;
        // A device that crashes leaves zeros at the end of its file, which look like messages of local type 0.
        let is_blank = local == 0 && compressed.is_none() && bytes.iter().all(|byte| *byte == 0);
        if is_blank && !self.is_complete {
            return None;
        }
        self.at = end;
        Some(DataMessage { layout, bytes, compressed })
    }

    /// The timestamp of a message as FIT stores it.
    fn time_of(&self, message: &DataMessage) -> Option<u32> {
        message.layout.timestamp(message.bytes).or_else(|| {
            let (before, seconds) = self.timestamp.zip(message.compressed)?;
            Some(later(before, seconds))
        })
    }

    /// `timestamp`: that of a message that has only its low bits.
    fn decode(&mut self, message: &DataMessage, index: u64, timestamp: Option<u32>) -> FitMessage {
        let DataMessage { layout, bytes, .. } = message;
        let mut decoded = FitMessage { number: layout.message, index, ..FitMessage::default() };
        let mut values: Vec<(u8, Value)> = Vec::with_capacity(layout.fields.len() + 1);
        for field in &layout.fields {
            let stored = &bytes[field.place.clone()];
            let value = base_type::value(field.base_type, stored, layout.big_endian);
            if self.keeps_raw {
                decoded.raw.extend(raw(None, field.number, &value, stored));
            }
            match value {
                Ok(Some(value)) => values.push((field.number, value)),
                Ok(None) => {}
                Err(Misfit) => self.skipped.misfits += 1,
            }
        }
        if let Some(time) = timestamp.filter(|_| values.iter().all(|(number, _)| *number != TIMESTAMP)) {
            values.push((TIMESTAMP, Value::UInt32(time)));
        }
        self.accumulators.expand(layout.message, &mut values);
        decoded.fields = profile::fields(layout.message, values, &mut self.skipped);
        self.decode_developer_fields(message, &mut decoded);
        decoded
    }

    fn decode_developer_fields(&mut self, message: &DataMessage, decoded: &mut FitMessage) {
        let DataMessage { layout, bytes, .. } = message;
        for field in &layout.developer_fields {
            let stored = &bytes[field.place.clone()];
            let description = self.developers.find(field.developer, field.number);
            let value = description.map_or(Err(Misfit), |known| known.stored_value(stored, layout.big_endian));
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

/// The next moment after `before` whose low five bits are `seconds`.
fn later(before: u32, seconds: u8) -> u32 {
    let ahead = u32::from(seconds).wrapping_sub(before) & 0x1F;
    before.wrapping_add(ahead)
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

/// Where the messages of a file are, as far as its header can be believed. Checksums are ignored.
struct LooseFrame {
    begin: usize,
    end: usize,
    next: usize,
}

impl LooseFrame {
    const SIGNATURE: &'static [u8] = b".FIT";
    const CRC_BYTES: usize = 2;

    /// The frame of the file at byte `at`; `None` if no file begins there.
    fn at(bytes: &[u8], at: usize) -> Option<LooseFrame> {
        let header = bytes.get(at..)?.first_chunk::<12>()?;
        if &header[8..] != LooseFrame::SIGNATURE {
            return None;
        }
        let size = match header[0] {
            12 => 12,
            size @ 15.. if Protocol::of(header[1]).is_newer() => usize::from(size),
            _ => 14,
        };
        let begin = (at + size).min(bytes.len());
        let data = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
        // A device that could not close its file declares no data.
        match begin.checked_add(data).filter(|end| data > 0 && *end <= bytes.len()) {
            Some(end) => Some(LooseFrame { begin, end, next: end + LooseFrame::CRC_BYTES }),
            None => Some(LooseFrame { begin, end: bytes.len(), next: bytes.len() }),
        }
    }
}

#[cfg(test)]
#[path = "decode/decode_tests.rs"]
mod tests;
