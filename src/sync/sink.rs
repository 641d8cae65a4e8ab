//! Sources and sinks of records.

use std::io;
use std::path::Path;

use super::{Exit, Failure, Result};
use crate::fs::no_room;
use crate::record::{Malformed, Numbered, Record};

/// The records of the input as they arrive, each with its line number.
pub type RecordSource<'a> = &'a mut dyn Iterator<Item = std::result::Result<Numbered, Malformed>>;

/// The records of the input for an operation that reads them on a thread of its own.
pub type RecordStream = Box<dyn Iterator<Item = std::result::Result<Numbered, Malformed>> + Send>;

/// Receives the records of an operation, in their order.
pub trait RecordSink {
    /// Receives a record. `false`: the sink accepts no more.
    ///
    /// # Errors
    /// The record cannot be written.
    fn record(&mut self, record: &Record) -> Result<bool>;

    /// Receives a line with a record that is passed on unchanged, without its line end. `false`: the sink accepts no more.
    ///
    /// # Errors
    /// The line cannot be written.
    fn line(&mut self, line: &[u8]) -> Result<bool> {
        self.record(&Record::parse_or_other(line))
    }

    /// Whether the sink accepts no more records.
    fn is_closed(&self) -> bool;

    /// Passes on what it has collected so far, because the next record may take a while.
    ///
    /// # Errors
    /// A record cannot be written.
    fn flush(&mut self) -> Result<()> {
        Ok(())
    }

    /// Whether the sink shows each record to the user. Then messages of a dry run do not repeat it.
    fn shows_records(&self) -> bool {
        false
    }
}

/// Collects all records, for a following operation.
impl RecordSink for Vec<Record> {
    fn record(&mut self, record: &Record) -> Result<bool> {
        self.push(record.clone());
        Ok(true)
    }

    fn is_closed(&self) -> bool {
        false
    }
}

/// The failure of a command that cannot write its standard output.
pub fn output_failure(error: &io::Error) -> Failure {
    match no_room(error) {
        Some(no_room) => Failure::because(Exit::Config, no_room.reason(Path::new("standard output"))),
        None => Failure::new(Exit::Partial, format!("standard output cannot be written: {error}")),
    }
}

/// Passes each record to `work` until `work` returns `false`.
///
/// # Errors
/// A record cannot be read, or `work` failed; the failure names the line.
pub(super) fn each_record(records: RecordSource, mut work: impl FnMut(Record) -> Result<bool>) -> Result<()> {
    for record in records {
        let (line, record) = record.map_err(Failure::from)?;
        if !work(record).map_err(|failure| failure.at_line(line))? {
            break;
        }
    }
    Ok(())
}
