//! One data message: the values of its fields.
//!
//! A value that FIT marks as invalid, or whose size does not fit its type, reads as `None`: devices write both.

use super::base_type;
use super::definition::Definition;

/// Seconds from the Unix epoch to FIT's, 1989-12-31T00:00:00Z.
const FIT_EPOCH_UNIX_S: i64 = 631_065_600;

/// Smaller timestamps are seconds since the device was switched on, not dates.
const FIRST_DATE: u32 = 0x1000_0000;

/// The global numbers of the messages that are read.
pub(super) mod number {
    pub const FILE_ID: u16 = 0;
    pub const SESSION: u16 = 18;
    pub const LAP: u16 = 19;
    pub const RECORD: u16 = 20;
    pub const EVENT: u16 = 21;
    pub const ACTIVITY: u16 = 34;
}

/// A data message: the bytes after its header byte, and their layout.
pub(super) struct DataMessage<'a> {
    /// The layout.
    pub definition: &'a Definition,
    /// The header byte.
    pub header: u8,
    /// Exactly `definition.size` bytes.
    pub bytes: &'a [u8],
    /// Its own timestamp or the compressed one, as FIT stores it.
    pub timestamp: Option<u32>,
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
        let integer = base_type::integer(base_type).filter(|integer| integer.width == bytes.len())?;
        let bits = base_type::bits(bytes, self.definition.big_endian);
        (bits != integer.invalid).then_some((bits, integer.is_signed && bits > integer.invalid))
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

    /// When it was recorded, Unix seconds.
    pub fn unix_time(&self) -> Option<i64> {
        unix_time(self.timestamp?)
    }

    /// Whether all its bytes are zero, its header too.
    pub fn is_blank(&self) -> bool {
        self.header == 0 && self.bytes.iter().all(|byte| *byte == 0)
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

    /// The base type and the bytes of a field.
    pub fn field(&self, number: u8) -> Option<(u8, &'a [u8])> {
        // Of two fields with one number the last one counts, as in Garmin's SDK.
        let field = self.definition.fields.iter().rfind(|field| field.number == number)?;
        Some((field.base_type, self.bytes.get(field.place.clone())?))
    }
}

/// A `date_time` as Unix seconds, unless it only counts from the device's start.
pub(super) fn unix_time(raw: u32) -> Option<i64> {
    (raw >= FIRST_DATE).then_some(i64::from(raw) + FIT_EPOCH_UNIX_S)
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
        let message = DataMessage { definition: &definition, header: 0, bytes, timestamp: None };
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
    fn of_two_fields_with_one_number_the_last_one_counts() {
        let layout = [0x40, 0, 0, 0, 0, 2, 9, 1, 0x02, 9, 1, 0x02];
        let (definition, _) = Definition::read(&layout, |_| true).expect("complete");
        let message = DataMessage { definition: &definition, header: 0, bytes: &[1, 2], timestamp: None };
        assert_eq!(message.u8(9), Some(2));
    }

    #[test]
    fn values_with_a_wrong_size_or_type_are_not_read() {
        assert_eq!(read(0x86, 0, &[1]), None, "seen in files of COROS");
        assert_eq!(read(0x84, 0, &[1, 0, 2, 0]), None, "a list");
        assert_eq!(read(0x88, 0, &[0; 4]), None, "a float");
        assert_eq!(read(0x1F, 0, &[1]), None, "no such type");
    }
}
