//! Segments of positions as bytes.
//!
//! Each segment is the number of its positions, and for each position the differences of latitude and longitude from the
//! position before it, in 1/100,000 degrees (1.1 m): the first one of all from 0°, 0°, the first one of a further segment from
//! the last one of the segment before. A difference of longitudes goes the shorter way around the earth.
//!
//! Numbers are variable-length integers as in Protocol Buffers: seven bits a byte, the lowest first, and the upper bit of all
//! bytes except the last one. Differences are zigzag encoded: 0, -1, 1, -2 are 0, 1, 2, 3.

use crate::fit::Position;

const UNITS_PER_DEGREE: f64 = 1e5;
/// All around the earth.
const TURN: i64 = 360 * UNITS_PER_DEGREE as i64;

/// Encodes segments without empty ones.
pub(super) fn encode(segments: &[Vec<Position>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut before = (0, 0);
    for segment in segments {
        write_number(&mut bytes, segment.len() as u64);
        for position in segment {
            let (lat, lon) = (units(position.lat), units(position.lon));
            write_difference(&mut bytes, lat - before.0);
            write_difference(&mut bytes, shorter_way(lon - before.1));
            before = (lat, lon);
        }
    }
    bytes
}

/// The positions of each segment, rounded to five digits; `None` if the bytes are malformed.
pub fn decode(bytes: &[u8]) -> Option<Vec<Vec<Position>>> {
    let mut rest = bytes;
    let mut segments = Vec::new();
    let mut at = (0, 0);
    while !rest.is_empty() {
        let mut segment = Vec::new();
        for _ in 0..read_number(&mut rest)? {
            at = (at.0 + read_difference(&mut rest)?, shorter_way(at.1 + read_difference(&mut rest)?));
            let position = Position { lat: at.0 as f64 / UNITS_PER_DEGREE, lon: at.1 as f64 / UNITS_PER_DEGREE };
            if !(-90.0..=90.0).contains(&position.lat) {
                return None;
            }
            segment.push(position);
        }
        segments.push(segment);
    }
    Some(segments)
}

fn units(degrees: f64) -> i64 {
    (degrees * UNITS_PER_DEGREE).round() as i64
}

/// The same direction as a number from minus half a turn to less than half a turn.
fn shorter_way(units: i64) -> i64 {
    (units + TURN / 2).rem_euclid(TURN) - TURN / 2
}

fn write_difference(bytes: &mut Vec<u8>, difference: i64) {
    write_number(bytes, ((difference << 1) ^ (difference >> 63)).cast_unsigned());
}

fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read_difference(bytes: &mut &[u8]) -> Option<i64> {
    let zigzag = read_number(bytes)?;
    Some((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
}

/// Reads a number of at most 56 bits: more than any difference has, and few enough to be added.
fn read_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..56).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}
