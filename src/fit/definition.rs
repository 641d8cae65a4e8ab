//! The layout of a message, as a definition message of the file describes it.
//!
//! A definition has the number, size and base type of each field; the data messages of the same local type have that layout.

use std::ops::Range;

use super::base_type::{self, UINT32};

/// The number of the timestamp field in all messages.
pub(super) const TIMESTAMP: u8 = 253;

/// The layout of the data messages of one local type.
pub(super) struct Definition {
    /// The global message number.
    pub message: u16,
    /// Bytes of a data message without its header byte.
    pub size: usize,
    /// The byte order of the values.
    pub big_endian: bool,
    /// Does the layout have developer fields?
    pub has_developer_fields: bool,
    /// The fields of the profile; empty unless requested.
    pub fields: Vec<ProfileField>,
    /// The developer fields; empty unless requested.
    pub developer_fields: Vec<DeveloperField>,
    /// The position of the timestamp: found once, as it is read from every message.
    timestamp_at: Option<usize>,
}

/// A field of the profile within a message.
pub(super) struct ProfileField {
    /// The number of the field.
    pub number: u8,
    /// The number of the base type, without the upper bits.
    pub base_type: u8,
    /// Its bytes in the message.
    pub place: Range<usize>,
}

/// A developer field within a message.
pub(super) struct DeveloperField {
    /// The index of the developer.
    pub developer: u8,
    /// The number of the field.
    pub number: u8,
    /// Its bytes in the message.
    pub place: Range<usize>,
}

impl Definition {
    /// Reads the definition message at the start of `bytes`, header byte included: the definition and its length in bytes,
    /// or the length that it needs if `bytes` is shorter. `reads_fields_of` says by the global message number whether the
    /// positions of the fields are needed.
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
            big_endian,
            has_developer_fields: !developer_fields.is_empty(),
            fields: Vec::new(),
            developer_fields: Vec::new(),
            timestamp_at: None,
        };
        let are_read = reads_fields_of(message);
        definition.add_fields(fields, are_read);
        definition.add_developer_fields(developer_fields, are_read);
        Ok((definition, end))
    }

    /// Adds the sizes of the fields, and their positions if these are read.
    fn add_fields(&mut self, fields: &[u8], are_read: bool) {
        for triple in fields.chunks_exact(3) {
            let field = ProfileField {
                number: triple[0],
                base_type: base_type::number(triple[2]),
                place: self.place(triple[1]),
            };
            if (field.number, field.base_type, field.place.len()) == (TIMESTAMP, UINT32, 4) {
                self.timestamp_at = Some(field.place.start);
            }
            if are_read {
                self.fields.push(field);
            }
        }
    }

    /// The same for developer fields. Each one has its type in another message.
    fn add_developer_fields(&mut self, fields: &[u8], are_read: bool) {
        for triple in fields.chunks_exact(3) {
            let field = DeveloperField { number: triple[0], place: self.place(triple[1]), developer: triple[2] };
            if are_read {
                self.developer_fields.push(field);
            }
        }
    }

    /// The place of the next field, which has this size.
    fn place(&mut self, size: u8) -> Range<usize> {
        let begin = self.size;
        self.size += usize::from(size);
        begin..self.size
    }

    /// The timestamp in the bytes of a data message, as FIT stores it: the base of compressed timestamps.
    pub fn timestamp(&self, bytes: &[u8]) -> Option<u32> {
        let &bytes = bytes.get(self.timestamp_at?..)?.first_chunk::<4>()?;
        let raw = if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
        (raw != u32::MAX).then_some(raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incomplete_definition_returns_the_required_length() {
        let layout = [0x60, 0, 0, 20, 0, 1, 253, 4, 0x86, 1, 0, 2, 0];
        let needs = |length| Definition::read(&layout[..length], |_| true).err();
        assert_eq!((needs(1), needs(6), needs(9)), (Some(6), Some(9), Some(10)));
        assert_eq!((needs(12), needs(13)), (Some(13), None));
    }

    #[test]
    fn fields_follow_one_another_and_are_stored_on_request() {
        let layout = [0x60, 0, 0, 20, 0, 2, 3, 1, 0x02, 253, 4, 0x86, 1, 7, 2, 0];
        let (all, _) = Definition::read(&layout, |number| number == 20).expect("complete");
        let fields: Vec<_> =
            all.fields.iter().map(|field| (field.number, field.base_type, field.place.clone())).collect();
        assert_eq!(fields, [(3, 2, 0..1), (253, 6, 1..5)]);
        let developer = &all.developer_fields[0];
        assert_eq!((developer.developer, developer.number, developer.place.clone()), (0, 7, 5..7));
        let (skipped, _) = Definition::read(&layout, |number| number == 21).expect("complete");
        assert_eq!((skipped.size, skipped.fields.len(), skipped.developer_fields.len()), (7, 0, 0));
        assert!(skipped.has_developer_fields);
        assert_eq!(skipped.timestamp(&[9, 1, 0, 0, 0, 9, 9]), Some(1));
    }

    #[test]
    fn of_two_timestamps_the_last_one_counts() {
        let layout = [0x40, 0, 0, 20, 0, 2, 253, 4, 0x86, 253, 4, 0x86];
        let (definition, _) = Definition::read(&layout, |_| true).expect("complete");
        assert_eq!(definition.timestamp(&[1, 0, 0, 0, 2, 0, 0, 0]), Some(2));
    }
}
