//! One message: its layout as the file defines it, and the values of its fields.
//!
//! A definition has the number, size and base type of each field; the data messages of the same local type have that layout.
//! A value that FIT marks as invalid, or whose size does not fit its type, reads as `None`: devices write both.

/// Seconds from the Unix epoch to FIT's, 1989-12-31T00:00:00Z.
const FIT_EPOCH_UNIX_S: i64 = 631_065_600;

/// Smaller timestamps are seconds since the device was switched on, not dates.
const FIRST_DATE: u32 = 0x1000_0000;

/// The number of the timestamp field in all messages.
const TIMESTAMP: u8 = 253;

/// The base type of a timestamp.
const UINT32: u8 = 6;

/// The global numbers of the messages that are read.
pub(super) mod number {
    pub const FILE_ID: u16 = 0;
    pub const SESSION: u16 = 18;
    pub const LAP: u16 = 19;
    pub const RECORD: u16 = 20;
    pub const EVENT: u16 = 21;
    pub const ACTIVITY: u16 = 34;
}

/// The layout of the data messages of one local type.
pub(super) struct Definition {
    /// The global message number.
    pub message: u16,
    /// Bytes of a data message without its header byte.
    pub size: usize,
    /// Does the layout have developer fields?
    pub developer_fields: bool,
    big_endian: bool,
    /// The position of the timestamp: found once, as it is read from every message.
    timestamp_at: Option<usize>,
    /// The fields of messages that the reader decodes; empty for others.
    fields: Vec<Field>,
}

/// One field within a message.
struct Field {
    number: u8,
    base_type: u8,
    offset: usize,
    size: usize,
}

impl Definition {
    /// Reads the definition message at the start of `bytes`, header byte included: the definition and its length in bytes,
    /// or the length that it needs if `bytes` is shorter. `reads_fields_of` says whether a message will be decoded.
    pub fn read(bytes: &[u8], reads_fields_of: fn(u16) -> bool) -> Result<(Definition, usize), usize> {
        let &[header, _, endian, low, high, count, ..] = bytes else {
            return Err(6);
        };
        let with_developer_fields = header & 0x20 != 0;
        let fields_end = 6 + 3 * usize::from(count);
        let fields = bytes.get(6..fields_end).ok_or(fields_end)?;
        let (developer_fields, end) = if with_developer_fields {
            let count = *bytes.get(fields_end).ok_or(fields_end + 1)?;
            let end = fields_end + 1 + 3 * usize::from(count);
            (bytes.get(fields_end + 1..end).ok_or(end)?, end)
        } else {
            (&[][..], fields_end)
        };
        let big_endian = endian == 1;
        let message = if big_endian { u16::from_be_bytes([low, high]) } else { u16::from_le_bytes([low, high]) };
        let mut definition = Definition {
            message,
            size: 0,
            developer_fields: !developer_fields.is_empty(),
            big_endian,
            timestamp_at: None,
            fields: Vec::new(),
        };
        definition.lay_out(fields, reads_fields_of(message));
        // Only their size matters here: what they mean is the developer's.
        let sizes = developer_fields.chunks_exact(3);
        definition.size += sizes.map(|field| usize::from(field[1])).sum::<usize>();
        Ok((definition, end))
    }

    /// Sums up the sizes, and stores the positions of the fields if they are decoded.
    fn lay_out(&mut self, fields: &[u8], are_decoded: bool) {
        for field in fields.chunks_exact(3) {
            let field = Field {
                number: field[0],
                // The upper bits only repeat that the type has an endianness.
                base_type: field[2] & 0x1F,
                offset: self.size,
                size: usize::from(field[1]),
            };
            self.size += field.size;
            if (field.number, field.base_type, field.size) == (TIMESTAMP, UINT32, 4) {
                self.timestamp_at = Some(field.offset);
            }
            if are_decoded {
                self.fields.push(field);
            }
        }
    }
}

/// A data message: the bytes after its header byte, and their layout.
pub(super) struct DataMessage<'a> {
    /// The layout.
    pub definition: &'a Definition,
    /// Exactly `definition.size` bytes.
    pub bytes: &'a [u8],
}

impl<'a> DataMessage<'a> {
    /// An unsigned value, or a signed one that is not negative.
    fn uint(&self, number: u8) -> Option<u64> {
        let (base_type, bytes) = self.field(number)?;
        let (value, is_negative) = self.integer(base_type, bytes)?;
        (!is_negative).then_some(value)
    }

    /// The bits of a valid integer of any type and size, and whether it is negative.
    fn integer(&self, base_type: u8, bytes: &[u8]) -> Option<(u64, bool)> {
        let invalid = invalid_value(base_type, bytes.len())?;
        let mut wide = [0; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        if self.definition.big_endian {
            wide[..bytes.len()].reverse();
        }
        let value = u64::from_le_bytes(wide);
        (value != invalid).then_some((value, is_signed(base_type) && value > invalid))
    }

    /// A value of any integer type that 32 bits can hold.
    pub fn i32(&self, number: u8) -> Option<i32> {
        let (base_type, bytes) = self.field(number)?;
        let (value, is_negative) = self.integer(base_type, bytes)?;
        if !is_negative {
            return value.try_into().ok();
        }
        let unused_bits = 64 - 8 * bytes.len();
        ((value << unused_bits).cast_signed() >> unused_bits).try_into().ok()
    }

    /// A value of 8 bits with a sign.
    pub fn i8(&self, number: u8) -> Option<i8> {
        self.i32(number)?.try_into().ok()
    }

    /// A value of 8 bits.
    pub fn u8(&self, number: u8) -> Option<u8> {
        self.uint(number)?.try_into().ok()
    }

    /// A value of 16 bits.
    pub fn u16(&self, number: u8) -> Option<u16> {
        self.uint(number)?.try_into().ok()
    }

    /// A value of 32 bits.
    pub fn u32(&self, number: u8) -> Option<u32> {
        self.uint(number)?.try_into().ok()
    }

    /// A value of 32 bits that the profile stores multiplied by `scale`.
    pub fn scaled(&self, number: u8, scale: f64) -> Option<f64> {
        Some(f64::from(self.u32(number)?) / scale)
    }

    /// A `date_time` as Unix seconds.
    pub fn time(&self, number: u8) -> Option<i64> {
        unix_time(self.u32(number)?)
    }

    /// The timestamp as FIT stores it: the base of compressed timestamps.
    pub fn raw_timestamp(&self) -> Option<u32> {
        let at = self.definition.timestamp_at?;
        let &bytes = self.bytes.get(at..)?.first_chunk::<4>()?;
        let raw = if self.definition.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
        (raw != u32::MAX).then_some(raw)
    }

    /// A text without its padding; `None` if it is empty.
    pub fn text(&self, number: u8) -> Option<String> {
        let (_, bytes) = self.field(number)?;
        let text = bytes.split(|&byte| byte == 0).next()?;
        let text = String::from_utf8_lossy(text).trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    /// A value of bytes, as long as the file has them; `None` if each has the invalid value.
    pub fn bytes(&self, number: u8) -> Option<&'a [u8]> {
        let (_, bytes) = self.field(number)?;
        bytes.iter().any(|&byte| byte != 0xFF).then_some(bytes)
    }

    fn field(&self, number: u8) -> Option<(u8, &'a [u8])> {
        let mut fields = self.definition.fields.iter();
        let field = fields.find(|field| field.number == number)?;
        let bytes = self.bytes.get(field.offset..field.offset + field.size)?;
        Some((field.base_type, bytes))
    }
}

/// A `date_time` as Unix seconds, unless it only counts from the device's start.
pub(super) fn unix_time(raw: u32) -> Option<i64> {
    (raw >= FIRST_DATE).then_some(i64::from(raw) + FIT_EPOCH_UNIX_S)
}

/// The value that means "invalid" for an integer type of `size` bytes.
fn invalid_value(base_type: u8, size: usize) -> Option<u64> {
    let (width, invalid) = match base_type {
        0 | 2 | 13 => (1, 0xFF),    // enum, uint8, byte
        4 => (2, 0xFFFF),           // uint16
        UINT32 => (4, 0xFFFF_FFFF), // uint32
        15 => (8, u64::MAX),        // uint64
        10 => (1, 0),               // uint8z
        11 => (2, 0),               // uint16z
        12 => (4, 0),               // uint32z
        16 => (8, 0),               // uint64z
        1 => (1, 0x7F),             // sint8
        3 => (2, 0x7FFF),           // sint16
        5 => (4, 0x7FFF_FFFF),      // sint32
        14 => (8, i64::MAX as u64), // sint64
        _ => return None,           // texts and floats
    };
    (width == size).then_some(invalid)
}

fn is_signed(base_type: u8) -> bool {
    matches!(base_type, 1 | 3 | 5 | 14)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a message with one field of this type, size and content, by `value`.
    fn read_as<T>(base_type: u8, endian: u8, bytes: &[u8], value: fn(&DataMessage) -> Option<T>) -> Option<T> {
        let size = bytes.len() as u8;
        let layout = [0x40, 0, endian, 0, 0, 1, 9, size, base_type];
        let (definition, length) = Definition::read(&layout, |_| true).expect("complete");
        assert_eq!((length, definition.size), (layout.len(), bytes.len()));
        let message = DataMessage { definition: &definition, bytes };
        value(&message)
    }

    fn read(base_type: u8, endian: u8, bytes: &[u8]) -> Option<u64> {
        read_as(base_type, endian, bytes, |message| message.uint(9))
    }

    #[test]
    fn values_of_every_integer_type_are_read() {
        for (base_type, bytes, value) in [
            (0x00, &[7][..], Some(7)),
            (0x00, &[0xFF], None),
            (0x02, &[0xFE], Some(254)),
            (0x0A, &[0], None),
            (0x0A, &[0xFF], Some(255)),
            (0x01, &[0x7F], None),
            (0x01, &[0xFE], None), // negative
            (0x83, &[1, 0], Some(1)),
            (0x84, &[1, 2], Some(0x0201)),
            (0x8C, &[0xFF; 4], Some(0xFFFF_FFFF)),
            (0x8F, &[0xFF; 8], None),
            (0x90, &[1, 0, 0, 0, 0, 0, 0, 0], Some(1)),
        ] {
            assert_eq!(read(base_type, 0, bytes), value, "{base_type:#x} {bytes:?}");
        }
        assert_eq!(read(0x84, 1, &[1, 2]), Some(0x0102), "big endian");
    }

    #[test]
    fn signed_values_are_read_from_every_integer_type() {
        for (base_type, bytes, value) in [
            (0x01, &[0xFE][..], Some(-2)),
            (0x01, &[0x7F], None),
            (0x02, &[0xFE], Some(254)),
            (0x83, &[0xFE, 0xFF], Some(-2)),
            (0x85, &[0, 0, 0, 0x80], Some(i32::MIN)),
            (0x85, &[0xFF, 0xFF, 0xFF, 0x7F], None),
            (0x86, &[0, 0, 0, 0x80], None), // 2^31
            (0x8E, &[0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], Some(-2)),
            (0x8E, &[0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE], None), // less than -2^31
            (0x8F, &[0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], None), // nearly 2^64
        ] {
            assert_eq!(read_as(base_type, 0, bytes, |message| message.i32(9)), value, "{base_type:#x} {bytes:?}");
        }
        assert_eq!(read_as(0x83, 1, &[0xFF, 0xFE], |message| message.i32(9)), Some(-2), "big endian");
    }

    #[test]
    fn values_with_a_wrong_size_or_type_are_not_read() {
        assert_eq!(read(0x86, 0, &[1]), None, "seen in files of COROS");
        assert_eq!(read(0x84, 0, &[1, 0, 2, 0]), None, "a list");
        assert_eq!(read(0x88, 0, &[0; 4]), None, "a float");
        assert_eq!(read(0x1F, 0, &[1]), None, "no such type");
    }

    #[test]
    fn an_incomplete_definition_returns_the_required_length() {
        let layout = [0x60, 0, 0, 20, 0, 1, 253, 4, 0x86, 1, 0, 2, 0];
        let needs = |length| Definition::read(&layout[..length], |_| true).err();
        assert_eq!((needs(1), needs(6), needs(9)), (Some(6), Some(9), Some(10)));
        assert_eq!((needs(12), needs(13)), (Some(13), None));
    }
}
