//! Steps through all messages of a file: checks whether it is complete, and reads what it contains.
//!
//! Only `file_id`, `session`, `activity` and the timestamps of `record` are decoded. Every other message is skipped by the
//! size in its definition: this is some hundred times faster than decoding the file.

use super::frame::{self, Frame};
use super::message::{DataMessage, Definition, number, unix_time};
use super::{ActivityMessage, FileId, Fit, FitError, SessionMessage};

/// Checks that `bytes` is a complete FIT file, or several chained ones, and reads its contents.
///
/// The order of the checks for each file of the chain: header (size, signature, its CRC unless that is zero), length, CRC,
/// then every message up to exactly the end of the data.
///
/// # Errors
/// The first error as [`FitError`]. No input causes a panic.
pub fn scan(bytes: &[u8]) -> Result<Fit, FitError> {
    let mut fit = Fit::default();
    let mut at = 0;
    loop {
        let Frame { data, end, protocol } = frame::check(bytes, at)?;
        Walk::new(&mut fit).run(&bytes[..data.end], data.start)?;
        fit.files += 1;
        fit.protocol = fit.protocol.max(protocol);
        at = end;
        if at == bytes.len() {
            return Ok(fit);
        }
    }
}

/// The state of one file from message to message; chained files do not share it.
struct Walk<'a> {
    fit: &'a mut Fit,
    definitions: [Option<Definition>; 16],
    /// The latest timestamp, the base of compressed ones.
    timestamp: Option<u32>,
    seen_file_id: bool,
}

impl<'a> Walk<'a> {
    fn new(fit: &'a mut Fit) -> Self {
        Walk { fit, definitions: Default::default(), timestamp: None, seen_file_id: false }
    }

    /// Steps from message to message; `bytes` ends where the data of this file ends.
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
        match Definition::read(&bytes[at..]) {
            Ok((definition, length)) => {
                self.fit.developer_fields |= definition.developer_fields;
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
        match definition.message {
            number::RECORD => record(self.fit, timestamp.and_then(unix_time)),
            number::FILE_ID if !self.seen_file_id => {
                self.seen_file_id = true;
                file_id(self.fit, FileId::read(&message));
            }
            number::SESSION => self.fit.sessions.push(SessionMessage::read(&message)),
            number::ACTIVITY => self.fit.activity = Some(ActivityMessage::read(&message)),
            _ => {}
        }
        Ok(end)
    }
}

/// The next moment after `before` whose low five bits are `seconds`.
fn later(before: u32, seconds: u8) -> u32 {
    let ahead = u32::from(seconds).wrapping_sub(before) & 0x1F;
    before.wrapping_add(ahead)
}

fn record(fit: &mut Fit, time: Option<i64>) {
    fit.records += 1;
    fit.first_record_time = fit.first_record_time.or(time);
    fit.last_record_time = time.or(fit.last_record_time);
}

/// A chain is known by its first activity, else by its first file.
fn file_id(fit: &mut Fit, file_id: FileId) {
    let first = fit.files == 0;
    fit.activity_files += usize::from(file_id.is_activity());
    if first || (!fit.file_id.is_activity() && file_id.is_activity()) {
        fit.file_id = file_id;
    }
}

impl FileId {
    fn read(message: &DataMessage) -> FileId {
        FileId {
            file_type: message.u8(0),
            manufacturer: message.u16(1),
            product: message.u16(2),
            serial_number: message.u32(3),
            time_created: message.time(4),
            product_name: message.text(8),
        }
    }
}

impl SessionMessage {
    fn read(message: &DataMessage) -> SessionMessage {
        SessionMessage {
            sport: message.u8(5),
            sub_sport: message.u8(6),
            start_time: message.time(2),
            total_elapsed_time_s: message.scaled(7, 1000.0),
            total_timer_time_s: message.scaled(8, 1000.0),
            total_distance_m: message.scaled(9, 100.0),
        }
    }
}

impl ActivityMessage {
    fn read(message: &DataMessage) -> ActivityMessage {
        let timestamp = message.raw_timestamp().and_then(unix_time);
        let local = message.time(5);
        ActivityMessage {
            timestamp,
            utc_offset_s: timestamp.zip(local).and_then(|(utc, local)| {
                let offset = local - utc;
                i32::try_from(offset).ok().filter(|offset| ActivityMessage::on_earth(*offset))
            }),
            num_sessions: message.u16(1),
        }
    }
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
