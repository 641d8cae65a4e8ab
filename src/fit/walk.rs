//! Steps from message to message through the data of one file.
//!
//! The steps are the same for every reader; a [`Visitor`] gets the messages. Only the messages whose fields it reads have
//! positions of their fields; all others are skipped by the size in their definition.

use super::FitError;
use super::message::{DataMessage, Definition};

/// Gets the messages of one file.
pub(super) trait Visitor {
    /// Whether the fields of this message are read, by its global number.
    fn reads_fields_of(message: u16) -> bool;

    /// Gets a layout, before the data messages that have it.
    fn definition(&mut self, _definition: &Definition) {}

    /// Gets a data message. `timestamp` is its own or the compressed one, as FIT stores it.
    fn data(&mut self, message: &DataMessage, timestamp: Option<u32>);
}

/// Passes each message to the visitor, from `at` to the end of `bytes`, which is where the data of the file ends.
///
/// # Errors
/// A data message without a definition, or a message that does not end within `bytes`.
pub(super) fn messages(bytes: &[u8], at: usize, visitor: &mut impl Visitor) -> Result<(), FitError> {
    Walk { visitor, definitions: Default::default(), timestamp: None }.run(bytes, at)
}

/// The state of one file from message to message; chained files do not share it.
struct Walk<'a, V> {
    visitor: &'a mut V,
    definitions: [Option<Definition>; 16],
    /// The latest timestamp, the base of compressed ones.
    timestamp: Option<u32>,
}

impl<V: Visitor> Walk<'_, V> {
    fn run(mut self, bytes: &[u8], mut at: usize) -> Result<(), FitError> {
        while let Some(&header) = bytes.get(at) {
            at = if header & 0x80 != 0 {
                let (local, seconds) = (header >> 5 & 0x03, header & 0x1F);
                self.data(bytes, at, local, Some(seconds))?
            } else if header & 0x40 != 0 {
                self.definition(bytes, at, header & 0x0F)?
            } else {
                self.data(bytes, at, header & 0x0F, None)?
            };
        }
        Ok(())
    }

    /// Reads the definition message at `at`: the layout of all later messages of this local type.
    fn definition(&mut self, bytes: &[u8], at: usize, local: u8) -> Result<usize, FitError> {
        match Definition::read(&bytes[at..], V::reads_fields_of) {
            Ok((definition, length)) => {
                self.visitor.definition(&definition);
                self.definitions[usize::from(local)] = Some(definition);
                Ok(at + length)
            }
            Err(needed) => Err(FitError::Overrun { at, runs_to: at + needed, data_end: bytes.len() }),
        }
    }

    /// Reads the data message at `at`; `compressed` are the low five bits of its timestamp.
    fn data(&mut self, bytes: &[u8], at: usize, local: u8, compressed: Option<u8>) -> Result<usize, FitError> {
        let Some(definition) = &self.definitions[usize::from(local)] else {
            return Err(FitError::Undefined { at, local });
        };
        let end = at + 1 + definition.size;
        let Some(bytes) = bytes.get(at + 1..end) else {
            return Err(FitError::Overrun { at, runs_to: end, data_end: bytes.len() });
        };
        let message = DataMessage { definition, bytes };
        let timestamp = message.raw_timestamp().or_else(|| {
            let (before, seconds) = self.timestamp.zip(compressed)?;
            Some(later(before, seconds))
        });
        self.timestamp = timestamp.or(self.timestamp);
        self.visitor.data(&message, timestamp);
        Ok(end)
    }
}

/// The next moment after `before` whose low five bits are `seconds`.
fn later(before: u32, seconds: u8) -> u32 {
    let ahead = u32::from(seconds).wrapping_sub(before) & 0x1F;
    before.wrapping_add(ahead)
}
