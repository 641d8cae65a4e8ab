//! The stored values of FIT's base types, as `fitparser` has them.

use fitparser::Value;

use super::super::base_type::{self, FLOAT32, FLOAT64, STRING};

/// The size of a field does not fit its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Misfit;

/// The value of a field: one, or an array if the field has the size of several. `Ok(None)`: FIT marks it as invalid.
/// Invalid elements of an array are [`Value::Invalid`].
pub(super) fn read(base_type: u8, bytes: &[u8], big_endian: bool) -> Result<Option<Value>, Misfit> {
    if base_type == STRING {
        return Ok(text(bytes).map(Value::String));
    }
    let width = width(base_type);
    if bytes.is_empty() || !bytes.len().is_multiple_of(width) {
        return Err(Misfit);
    }
    let mut values: Vec<Value> = bytes.chunks_exact(width).map(|bytes| one(base_type, bytes, big_endian)).collect();
    let is_valid = match values[0] {
        // Bytes are invalid together, not one by one.
        Value::Byte(_) => bytes.iter().any(|byte| *byte != 0xFF),
        _ => values.iter().any(|value| *value != Value::Invalid),
    };
    let value = if values.len() == 1 { values.swap_remove(0) } else { Value::Array(values) };
    Ok(is_valid.then_some(value))
}

/// A text up to its end; `None` if it is empty. Bytes that are not UTF-8 become U+FFFD, because FIT allows no other
/// encoding and names none.
fn text(bytes: &[u8]) -> Option<String> {
    let text = bytes.split(|byte| *byte == 0).next()?;
    let is_filler = text.iter().all(|byte| *byte == 0xFF);
    (!is_filler).then(|| String::from_utf8_lossy(text).into_owned())
}

/// The size of one value. Types of later versions read as bytes.
fn width(base_type: u8) -> usize {
    match base_type {
        FLOAT32 => 4,
        FLOAT64 => 8,
        _ => base_type::integer(base_type).map_or(1, |integer| integer.width),
    }
}

/// One value of `width` bytes.
fn one(base_type: u8, bytes: &[u8], big_endian: bool) -> Value {
    let bits = base_type::bits(bytes, big_endian);
    let value = match base_type {
        0 => Value::Enum(bits as u8),
        1 => Value::SInt8(bits as i8),
        2 => Value::UInt8(bits as u8),
        3 => Value::SInt16(bits as i16),
        4 => Value::UInt16(bits as u16),
        5 => Value::SInt32(bits as i32),
        6 => Value::UInt32(bits as u32),
        FLOAT32 => return finite(f32::from_bits(bits as u32).is_finite(), Value::Float32(f32::from_bits(bits as u32))),
        FLOAT64 => return finite(f64::from_bits(bits).is_finite(), Value::Float64(f64::from_bits(bits))),
        10 => Value::UInt8z(bits as u8),
        11 => Value::UInt16z(bits as u16),
        12 => Value::UInt32z(bits as u32),
        14 => Value::SInt64(bits as i64),
        15 => Value::UInt64(bits),
        16 => Value::UInt64z(bits),
        _ => return Value::Byte(bits as u8),
    };
    let is_invalid = base_type::integer(base_type).is_some_and(|integer| integer.invalid == bits);
    if is_invalid { Value::Invalid } else { value }
}

fn finite(is_finite: bool, value: Value) -> Value {
    if is_finite { value } else { Value::Invalid }
}
