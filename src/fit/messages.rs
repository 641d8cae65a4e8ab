//! Steps from message to message through the data of one file.
//!
//! ```text
//! let mut messages = MessageReader::new(&bytes[..frame.data.end], frame.data.start, |number| number == 20);
//! while let Some(message) = messages.next() {
//!     match message? {
//!         RawMessage::Definition(definition) => …    a layout, before the messages that have it
//!         RawMessage::Data(message) => …             the values, and the time
//!     }
//! }
//! ```
//!
//! All readers of this module use these steps. Messages are skipped by the size in their definition; only those whose fields
//! are requested have positions of their fields, because storing positions takes longer than skipping.

use super::FitError;
use super::definition::Definition;
use super::message::DataMessage;

/// A message of a file.
pub(super) enum RawMessage<'a> {
    /// The layout of the data messages that follow.
    Definition(&'a Definition),
    /// The values.
    Data(DataMessage<'a>),
}

/// The messages of one file; chained files have their own.
pub(super) struct MessageReader<'a> {
    /// The buffer up to the end of the data of this file.
    bytes: &'a [u8],
    /// Where the next message begins.
    at: usize,
    reads_fields_of: fn(u16) -> bool,
    definitions: [Option<Definition>; 16],
    /// The latest timestamp, the base of compressed ones.
    timestamp: Option<u32>,
}

impl<'a> MessageReader<'a> {
    /// The messages from `at` to the end of `bytes`, which is where the data of the file ends. `reads_fields_of` says by the
    /// global message number whether the fields of a message are read.
    pub fn new(bytes: &'a [u8], at: usize, reads_fields_of: fn(u16) -> bool) -> MessageReader<'a> {
        MessageReader { bytes, at, reads_fields_of, definitions: Default::default(), timestamp: None }
    }

    /// The next message; `None` at the end of the data.
    ///
    /// # Errors
    /// A data message without a definition, or a message that does not end within the data. No message can be found after it.
    #[inline]
    pub fn next(&mut self) -> Option<Result<RawMessage<'_>, FitError>> {
        let header = *self.bytes.get(self.at)?;
        Some(if header & 0x80 != 0 {
            self.data(header, header >> 5 & 0x03, Some(header & 0x1F)).map(RawMessage::Data)
        } else if header & 0x40 != 0 {
            self.definition(header & 0x0F).map(RawMessage::Definition)
        } else {
            self.data(header, header & 0x0F, None).map(RawMessage::Data)
        })
    }

    /// Reads the definition message at the current position: the layout of all later messages of this local type.
    fn definition(&mut self, local: u8) -> Result<&Definition, FitError> {
        let at = self.at;
        let overrun = |needed| FitError::Overrun { at, runs_to: at + needed, data_end: self.bytes.len() };
        let (definition, length) = Definition::read(&self.bytes[at..], self.reads_fields_of).map_err(overrun)?;
        self.at += length;
        Ok(self.definitions[usize::from(local)].insert(definition))
    }

    /// Reads the data message at the current position; `compressed` are the low five bits of its timestamp.
    #[inline]
    fn data(&mut self, header: u8, local: u8, compressed: Option<u8>) -> Result<DataMessage<'_>, FitError> {
        let at = self.at;
        let Some(definition) = &self.definitions[usize::from(local)] else {
            return Err(FitError::Undefined { at, local });
        };
        let end = at + 1 + definition.size;
        let Some(bytes) = self.bytes.get(at + 1..end) else {
            return Err(FitError::Overrun { at, runs_to: end, data_end: self.bytes.len() });
        };
        let timestamp = definition.timestamp(bytes).or_else(|| {
            let (before, seconds) = self.timestamp.zip(compressed)?;
            Some(later(before, seconds))
        });
        self.timestamp = timestamp.or(self.timestamp);
        self.at = end;
        Ok(DataMessage { definition, header, bytes, timestamp })
    }
}

/// The next moment after `before` whose low five bits are `seconds`.
fn later(before: u32, seconds: u8) -> u32 {
    let ahead = u32::from(seconds).wrapping_sub(before) & 0x1F;
    before.wrapping_add(ahead)
}
