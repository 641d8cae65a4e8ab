//! Developer fields: their descriptions, and their values.

use std::collections::HashMap;

use fitparser::Value;

use super::super::base_type;
use super::super::message::DataMessage;
use super::profile::scaled;
use super::stored_value::{self, Misfit};
use super::{FitField, FitValue};

/// The descriptions of the developer fields in a file.
#[derive(Default)]
pub(super) struct Developers {
    /// By the index of the developer and the number of the field.
    known: HashMap<(u8, u8), Description>,
}

/// The description of a developer field.
pub(super) struct Description {
    name: String,
    unit: String,
    base_type: u8,
    scale: f64,
    offset: f64,
}

impl Developers {
    /// Remembers the description in a `field_description` message. One that does not name its field and its type
    /// describes nothing.
    pub fn describe(&mut self, message: &DataMessage) {
        let value = |number: u8| {
            let (base_type, bytes) = message.field(number)?;
            stored_value::read(base_type, bytes, message.definition.big_endian).ok()?
        };
        let number = |field: u8| match value(field)? {
            Value::UInt8(value) | Value::Enum(value) | Value::Byte(value) => Some(value),
            _ => None,
        };
        let text = |field: u8| match value(field)? {
            Value::String(text) => Some(text),
            _ => None,
        };
        let offset = match value(7) {
            Some(Value::SInt8(offset)) => f64::from(offset),
            _ => 0.0,
        };
        let Some(((developer, field), base_type)) = number(0).zip(number(1)).zip(number(2)) else { return };
        let description = Description {
            name: text(3).unwrap_or_else(|| format!("field_{field}")),
            unit: text(8).unwrap_or_default(),
            base_type: base_type::number(base_type),
            scale: number(6).filter(|scale| *scale > 0).map_or(1.0, f64::from),
            offset,
        };
        self.known.insert((developer, field), description);
    }

    /// The description of a field.
    pub fn find(&self, developer: u8, number: u8) -> Option<&Description> {
        self.known.get(&(developer, number))
    }
}

impl Description {
    /// The value as it is stored.
    pub fn stored_value(&self, bytes: &[u8], big_endian: bool) -> Result<Option<Value>, Misfit> {
        stored_value::read(self.base_type, bytes, big_endian)
    }

    /// The field with this stored value.
    pub fn field(&self, value: Value) -> Option<FitField> {
        let value = FitValue::stored(value)?.map(&|value| scaled(value, self.scale, self.offset))?;
        Some(FitField { name: self.name.clone(), unit: self.unit.clone(), value })
    }
}
