//! A small reader of FIT files: the positions of the messages, and a few of their fields.

use super::profile::FIT_EPOCH;

/// One message of a file, with its position.
#[derive(Clone, Debug)]
pub struct Found {
    /// The position of its record header, and the position after its end.
    pub span: (usize, usize),
    /// Global message number; `None` for a definition.
    pub global: Option<u16>,
    /// Field number and value of each field that is an integer of at most 32 bits.
    pub fields: Vec<(u8, i64)>,
}

/// The data about a file that a listing shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Start of the first session, Unix time.
    pub start: Option<i64>,
    /// FIT sport and sub-sport of every session.
    pub sports: Vec<(u8, u8)>,
    /// Timer seconds over all sessions.
    pub seconds: f64,
    /// Seconds with pauses over all sessions.
    pub elapsed: f64,
    /// Metres over all sessions.
    pub metres: f64,
    /// Local time minus UTC, in seconds.
    pub offset: Option<i32>,
    /// Whether any record has a position.
    pub gps: bool,
    /// Serial number of the device.
    pub serial: Option<u32>,
}

#[derive(Clone, Default)]
struct Definition {
    global: u16,
    big_endian: bool,
    fields: Vec<(u8, usize, u8)>,
    extra: usize,
}

/// Every record of the (first) file in `bytes`, up to the first unreadable one.
pub fn records(bytes: &[u8]) -> Vec<Found> {
    let Some((mut at, end)) = body(bytes) else { return Vec::new() };
    let mut definitions = vec![None; 16];
    let mut found = Vec::new();
    while at < end {
        let Some(next) = one(bytes, at, end, &mut definitions) else { break };
        at = next.span.1;
        found.push(next);
    }
    found
}

/// The range of the records in bytes.
fn body(bytes: &[u8]) -> Option<(usize, usize)> {
    let head = usize::from(*bytes.first()?);
    let size = bytes.get(4..8)?;
    let size = u32::from_le_bytes([size[0], size[1], size[2], size[3]]) as usize;
    (bytes.get(8..12)? == b".FIT").then_some((head, (head + size).min(bytes.len())))
}

fn one(bytes: &[u8], at: usize, end: usize, definitions: &mut [Option<Definition>]) -> Option<Found> {
    let header = *bytes.get(at)?;
    if header & 0xC0 == 0x40 {
        let (definition, next) = define(bytes, at)?;
        definitions[usize::from(header & 0x0F)] = Some(definition);
        return (next <= end).then_some(Found { span: (at, next), global: None, fields: vec![] });
    }
    let local = if header & 0x80 != 0 { (header >> 5) & 3 } else { header & 0x0F };
    let definition = definitions[usize::from(local)].as_ref()?;
    let mut cursor = at + 1;
    let mut fields = Vec::new();
    for (number, size, base) in &definition.fields {
        let raw = bytes.get(cursor..cursor + size)?;
        if let Some(value) = integer(raw, *base, definition.big_endian) {
            fields.push((*number, value));
        }
        cursor += size;
    }
    cursor += definition.extra;
    let global = Some(definition.global);
    (cursor <= end).then_some(Found { span: (at, cursor), global, fields })
}

fn define(bytes: &[u8], at: usize) -> Option<(Definition, usize)> {
    let big_endian = *bytes.get(at + 2)? == 1;
    let global = bytes.get(at + 3..at + 5)?;
    let global = if big_endian { [global[1], global[0]] } else { [global[0], global[1]] };
    let (fields, mut next) = triples(bytes, at + 5)?;
    let mut extra = 0;
    if bytes[at] & 0x20 != 0 {
        let (developer, after) = triples(bytes, next)?;
        extra = developer.iter().map(|(_, size, _)| size).sum();
        next = after;
    }
    Some((Definition { global: u16::from_le_bytes(global), big_endian, fields, extra }, next))
}

type Triples = Vec<(u8, usize, u8)>;

fn triples(bytes: &[u8], at: usize) -> Option<(Triples, usize)> {
    let count = usize::from(*bytes.get(at)?);
    let raw = bytes.get(at + 1..at + 1 + count * 3)?;
    let list = raw.chunks(3).map(|t| (t[0], usize::from(t[1]), t[2])).collect();
    Some((list, at + 1 + count * 3))
}

fn integer(raw: &[u8], base: u8, big_endian: bool) -> Option<i64> {
    if base & 0x1F == 7 || base & 0x1F == 8 || base & 0x1F == 13 || raw.len() > 4 {
        return None;
    }
    let mut le: Vec<u8> = raw.to_vec();
    if big_endian {
        le.reverse();
    }
    le.resize(4, 0);
    let value = u32::from_le_bytes([le[0], le[1], le[2], le[3]]);
    let invalid = match raw.len() {
        1 => value == 0xFF,
        2 => value == 0xFFFF,
        _ => value == u32::MAX || value == 0x7FFF_FFFF,
    };
    (!invalid).then_some(i64::from(value))
}

/// The data about this file that a listing would show.
pub fn summary(bytes: &[u8]) -> Summary {
    let mut summary = Summary::default();
    for found in records(bytes) {
        let field = |n: u8| found.fields.iter().find(|(number, _)| *number == n).map(|(_, v)| *v);
        match found.global {
            Some(0) => summary.serial = field(3).map(|v| v as u32),
            Some(18) => {
                let start = field(2).map(|at| at + FIT_EPOCH);
                summary.start = summary.start.or(start);
                summary.sports.push((field(5).unwrap_or(0) as u8, field(6).unwrap_or(0) as u8));
                summary.elapsed += field(7).unwrap_or(0) as f64 / 1000.0;
                summary.seconds += field(8).unwrap_or(0) as f64 / 1000.0;
                summary.metres += field(9).unwrap_or(0) as f64 / 100.0;
            }
            Some(20) => summary.gps |= field(0).is_some(),
            Some(34) => {
                if let (Some(local), Some(utc)) = (field(5), field(253)) {
                    summary.offset = Some((local - utc) as i32);
                }
            }
            _ => {}
        }
    }
    summary
}
