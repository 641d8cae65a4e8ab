//! The layout of a message with the place of every field.

use std::ops::Range;

use super::super::message::Definition;
use super::TIMESTAMP;

/// The base type of a timestamp.
const UINT32: u8 = 6;

/// The layout of the data messages of one local type.
pub(super) struct Layout {
    /// The global message number.
    pub message: u16,
    /// Bytes of a data message without its header byte.
    pub size: usize,
    /// The byte order of the values.
    pub big_endian: bool,
    /// The fields of the profile.
    pub fields: Vec<FieldLayout>,
    /// The developer fields.
    pub developer_fields: Vec<DeveloperLayout>,
}

/// A field within a message.
pub(super) struct FieldLayout {
    /// The number of the field.
    pub number: u8,
    /// The number of the base type, without the upper bits.
    pub base_type: u8,
    /// Its bytes.
    pub place: Range<usize>,
}

/// A developer field within a message.
pub(super) struct DeveloperLayout {
    /// The index of the developer.
    pub developer: u8,
    /// The number of the field.
    pub number: u8,
    /// Its bytes.
    pub place: Range<usize>,
}

impl Layout {
    /// Reads the definition message at the start of `bytes`, header byte included: the layout, and the length of the
    /// message. `None`: `bytes` ends before.
    pub fn read(bytes: &[u8]) -> Option<(Layout, usize)> {
        let (definition, length) = Definition::read(bytes, |_| false).ok()?;
        let (fixed, rest) = bytes.get(..length)?.split_at_checked(6)?;
        let (fields, developer_fields) = rest.split_at_checked(3 * usize::from(fixed[5]))?;
        let mut at = 0;
        let mut place = |size: u8| {
            at += usize::from(size);
            at - usize::from(size)..at
        };
        let field = |triple: &[u8]| FieldLayout {
            number: triple[0],
            place: place(triple[1]),
            // The upper bits only repeat that the type has an endianness.
            base_type: triple[2] & 0x1F,
        };
        let fields = fields.chunks_exact(3).map(field).collect();
        let field =
            |triple: &[u8]| DeveloperLayout { number: triple[0], place: place(triple[1]), developer: triple[2] };
        // The first byte is their number.
        let developer_fields = developer_fields.get(1..).unwrap_or_default().chunks_exact(3).map(field).collect();
        let layout = Layout {
            message: definition.message,
            size: definition.size,
            big_endian: fixed[2] == 1,
            fields,
            developer_fields,
        };
        Some((layout, length))
    }

    /// The timestamp as FIT stores it.
    pub fn timestamp(&self, bytes: &[u8]) -> Option<u32> {
        let mut fields = self.fields.iter();
        let field = fields.find(|field| field.number == TIMESTAMP && field.base_type == UINT32)?;
        let stored: [u8; 4] = bytes.get(field.place.clone())?.try_into().ok()?;
        let time = if self.big_endian { u32::from_be_bytes(stored) } else { u32::from_le_bytes(stored) };
        (time != u32::MAX).then_some(time)
    }
}
