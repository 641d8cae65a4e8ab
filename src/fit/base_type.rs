//! FIT's base types: how a value is stored, and which value means that there is none.

/// The base type of texts.
pub(super) const STRING: u8 = 7;
/// The base type of timestamps.
pub(super) const UINT32: u8 = 6;
/// The base type of 32-bit floating-point numbers.
pub(super) const FLOAT32: u8 = 8;
/// The base type of 64-bit floating-point numbers.
pub(super) const FLOAT64: u8 = 9;

/// How the values of an integer type are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct IntegerType {
    /// Bytes of one value.
    pub width: usize,
    /// Can values be negative?
    pub is_signed: bool,
    /// The bits of the value that FIT marks as invalid.
    pub invalid: u64,
}

/// The number of a base type without its upper bits, which only repeat that the type has an endianness.
pub(super) fn number(stored: u8) -> u8 {
    stored & 0x1F
}

/// An integer type by its number; `None` for texts, floating-point numbers, and types of later versions.
pub(super) fn integer(base_type: u8) -> Option<IntegerType> {
    let (width, is_signed, invalid) = match base_type {
        0 | 2 | 13 => (1, false, 0xFF),    // enum, uint8, byte
        4 => (2, false, 0xFFFF),           // uint16
        UINT32 => (4, false, 0xFFFF_FFFF), // uint32
        15 => (8, false, u64::MAX),        // uint64
        10 => (1, false, 0),               // uint8z
        11 => (2, false, 0),               // uint16z
        12 => (4, false, 0),               // uint32z
        16 => (8, false, 0),               // uint64z
        1 => (1, true, 0x7F),              // sint8
        3 => (2, true, 0x7FFF),            // sint16
        5 => (4, true, 0x7FFF_FFFF),       // sint32
        14 => (8, true, i64::MAX as u64),  // sint64
        _ => return None,
    };
    Some(IntegerType { width, is_signed, invalid })
}

/// The bits of one value of at most 8 bytes.
pub(super) fn bits(bytes: &[u8], big_endian: bool) -> u64 {
    let mut wide = [0; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    if big_endian {
        wide[..bytes.len()].reverse();
    }
    u64::from_le_bytes(wide)
}
