//! Where records come from and where they go.

use super::{Failure, Result};
use crate::record::{Malformed, Numbered, Record};

/// The records that an operation works on as they come in, each with the number of its line.
pub type RecordSource<'a> = &'a mut dyn Iterator<Item = std::result::Result<Numbered, Malformed>>;

/// Takes the records that an operation produces, in their order.
pub trait RecordSink {
    /// Takes a record. `false`: nobody wants more of them.
    ///
    /// # Errors
    /// It cannot be written.
    fn record(&mut self, record: &Record) -> Result<bool>;

    /// Whether nobody wants more records.
    fn is_closed(&self) -> bool;

    /// Whether it shows each record to a person. Then no message of a dry run repeats it.
    fn shows_records(&self) -> bool {
        false
    }
}

/// Keeps all records: for operations whose records another one goes on with.
impl RecordSink for Vec<Record> {
    fn record(&mut self, record: &Record) -> Result<bool> {
        self.push(record.clone());
        Ok(true)
    }

    fn is_closed(&self) -> bool {
        false
    }
}

/// Gives each record to `work` until that says `false`.
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
