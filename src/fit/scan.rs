//! Steps through all messages of a file: checks whether it is complete, and reads what it contains.
//!
//! Only `file_id`, `session`, `activity` and the timestamps of `record` are decoded. Every other message is skipped by the
//! size in its definition: this is some hundred times faster than decoding the file.

use super::frame::{self, Frame};
use super::limits;
use super::message::{DataMessage, number};
use super::messages::{MessageReader, RawMessage};
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
        read_file(&mut fit, MessageReader::new(&bytes[..data.end], data.start, reads_fields_of))?;
        fit.files += 1;
        fit.protocol = fit.protocol.max(protocol);
        at = end;
        if at == bytes.len() {
            return Ok(fit);
        }
    }
}

fn reads_fields_of(message: u16) -> bool {
    matches!(message, number::FILE_ID | number::SESSION | number::ACTIVITY)
}

/// Adds the messages of one file to the contents of the chain.
fn read_file(fit: &mut Fit, mut messages: MessageReader) -> Result<(), FitError> {
    let mut seen_file_id = false;
    while let Some(message) = messages.next() {
        let message = match message? {
            RawMessage::Definition(definition) => {
                fit.developer_fields |= definition.has_developer_fields;
                continue;
            }
            RawMessage::Data(message) => message,
        };
        match message.definition.message {
            number::RECORD => record(fit, message.unix_time()),
            number::FILE_ID if !seen_file_id => {
                seen_file_id = true;
                file_id(fit, FileId::read(&message));
            }
            number::SESSION => limits::SESSIONS.push_unless_empty(&mut fit.sessions, SessionMessage::read(&message))?,
            number::ACTIVITY => fit.activity = Some(ActivityMessage::read(&message)),
            _ => {}
        }
    }
    Ok(())
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
        let timestamp = message.unix_time();
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
