//! Fields that store only the low bits of a growing number. The number is the one of the message before, plus the difference.
//!
//! ```text
//! record   compressed_speed_distance      12 bits of speed, and the low 12 bits of distance
//!          cycles                         the low 8 bits of total_cycles
//!          compressed_accumulated_power   the low 16 bits of accumulated_power
//! hr       event_timestamp_12             the low 12 bits of event_timestamp, for several beats
//! ```

use std::collections::HashMap;

use fitparser::Value;

use super::super::compressed::{AccumulatedNumber, CompressedSpeedDistance};
use super::super::message::number::RECORD;

/// The message with the heart rates of a chest strap.
const HR: u16 = 132;

/// The numbers so far, by message and field. Each file has its own.
#[derive(Default)]
pub(super) struct Accumulators(HashMap<(u16, u8), AccumulatedNumber>);

impl Accumulators {
    /// Replaces the fields with low bits by the whole numbers, unless the message has these, too.
    pub fn expand(&mut self, message: u16, values: &mut Vec<(u8, Value)>) {
        match message {
            RECORD => {
                self.speed_and_distance(values);
                self.number(message, 18, 19, 8, values);
                self.number(message, 28, 29, 16, values);
            }
            HR => self.beats(values),
            _ => {}
        }
    }

    /// The number of a field so far.
    fn so_far(&mut self, message: u16, field: u8) -> &mut AccumulatedNumber {
        self.0.entry((message, field)).or_default()
    }

    /// Replaces the low bits in field `part` by the number in field `whole`.
    fn number(&mut self, message: u16, part: u8, whole: u8, bits: u32, values: &mut Vec<(u8, Value)>) {
        let low = take(values, part).and_then(integer);
        match (find(values, whole).cloned().and_then(integer), low) {
            (Some(number), _) => self.so_far(message, whole).set(number),
            (None, Some(low)) => {
                let number = self.so_far(message, whole).advance(low, bits);
                values.push((whole, Value::UInt32(number)));
            }
            (None, None) => {}
        }
    }

    fn speed_and_distance(&mut self, values: &mut Vec<(u8, Value)>) {
        const DISTANCE: u8 = 5;
        const ENHANCED_SPEED: u8 = 73;
        let Some(Value::Array(bytes)) = take(values, 8) else { return };
        let [Value::Byte(low), Value::Byte(middle), Value::Byte(high)] = bytes[..] else { return };
        let so_far = self.so_far(RECORD, DISTANCE);
        let Some(compressed) = CompressedSpeedDistance::read(&[low, middle, high], so_far) else { return };
        let has_speed = find(values, 6).or(find(values, ENHANCED_SPEED)).is_some();
        if let Some(speed) = compressed.speed.filter(|_| !has_speed) {
            // Hundredths here, and thousandths in the other field.
            values.push((ENHANCED_SPEED, Value::UInt32(u32::from(speed) * 10)));
        }
        if find(values, DISTANCE).is_none() {
            values.push((DISTANCE, Value::Float64(compressed.distance_m * 100.0)));
        }
    }

    fn beats(&mut self, values: &mut Vec<(u8, Value)>) {
        const EVENT_TIMESTAMP: u8 = 9;
        const EVENT_TIMESTAMP_12: u8 = 10;
        let so_far = self.so_far(HR, EVENT_TIMESTAMP);
        if let Some(time) = find(values, EVENT_TIMESTAMP).cloned().and_then(last).and_then(integer) {
            so_far.set(time);
        }
        let Some(Value::Array(bytes)) = take(values, EVENT_TIMESTAMP_12) else { return };
        let bytes: Vec<u32> = bytes.into_iter().filter_map(integer).collect();
        // Two times in three bytes.
        let pairs = bytes.chunks_exact(3).flat_map(|part| {
            let bits = part[0] | part[1] << 8 | part[2] << 16;
            [bits & 0xFFF, bits >> 12]
        });
        let times: Vec<Value> = pairs.map(|low| Value::UInt32(so_far.advance(low, 12))).collect();
        if find(values, EVENT_TIMESTAMP).is_none() && !times.is_empty() {
            values.push((EVENT_TIMESTAMP, Value::Array(times)));
        }
    }
}

fn find(values: &[(u8, Value)], number: u8) -> Option<&Value> {
    values.iter().find(|(known, _)| *known == number).map(|(_, value)| value)
}

fn take(values: &mut Vec<(u8, Value)>, number: u8) -> Option<Value> {
    let at = values.iter().position(|(known, _)| *known == number)?;
    Some(values.swap_remove(at).1)
}

fn last(value: Value) -> Option<Value> {
    match value {
        Value::Array(mut values) => values.pop(),
        value => Some(value),
    }
}

/// An unsigned value of at most 32 bits.
fn integer(value: Value) -> Option<u32> {
    match value {
        Value::Byte(value) | Value::UInt8(value) => Some(value.into()),
        Value::UInt16(value) => Some(value.into()),
        Value::UInt32(value) => Some(value),
        _ => None,
    }
}
