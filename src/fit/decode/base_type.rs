//! The stored values of FIT's base types.

use fitparser::Value;

/// The size of a field does not fit its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Misfit;

const STRING: u8 = 7;

/// The value of a field: one, or an array if the field has the size of several. `Ok(None)`: FIT marks it as invalid.
/// Invalid elements of an array are [`Value::Invalid`].
pub(super) fn value(base_type: u8, bytes: &[u8], big_endian: bool) -> Result<Option<Value>, Misfit> {
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
        3 | 4 | 11 => 2,
        5 | 6 | 8 | 12 => 4,
        9 | 14..=16 => 8,
        _ => 1,
    }
}

/// One value of `width` bytes.
fn one(base_type: u8, bytes: &[u8], big_endian: bool) -> Value {
    let mut wide = [0; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    if big_endian {
        wide[..bytes.len()].reverse();
    }
    let bits = u64::from_le_bytes(wide);
    let unless = |invalid: u64, value: Value| if bits == invalid { Value::Invalid } else { value };
    match base_type {
        0 => unless(0xFF, Value::Enum(bits as u8)),
        1 => unless(0x7F, Value::SInt8(bits as i8)),
        2 => unless(0xFF, Value::UInt8(bits as u8)),
        3 => unless(0x7FFF, Value::SInt16(bits as i16)),
        4 => unless(0xFFFF, Value::UInt16(bits as u16)),
        5 => unless(0x7FFF_FFFF, Value::SInt32(bits as i32)),
        6 => unless(0xFFFF_FFFF, Value::UInt32(bits as u32)),
        8 => finite(f32::from_bits(bits as u32).is_finite(), Value::Float32(f32::from_bits(bits as u32))),
        9 => finite(f64::from_bits(bits).is_finite(), Value::Float64(f64::from_bits(bits))),
        10 => unless(0, Value::UInt8z(bits as u8)),
        11 => unless(0, Value::UInt16z(bits as u16)),
        12 => unless(0, Value::UInt32z(bits as u32)),
        14 => unless(i64::MAX as u64, Value::SInt64(bits as i64)),
        15 => unless(u64::MAX, Value::UInt64(bits)),
        16 => unless(0, Value::UInt64z(bits)),
        _ => Value::Byte(bits as u8),
    }
}

fn finite(is_finite: bool, value: Value) -> Value {
    if is_finite { value } else { Value::Invalid }
}
