//! Where records go.

use super::Result;
use crate::record::Record;

/// Takes the records that an operation produces, in their order.
pub trait RecordSink {
    /// Takes a record. `false`: nobody wants more of them.
    ///
    /// # Errors
    /// It cannot be written.
    fn record(&mut self, record: &Record) -> Result<bool>;

    /// Whether nobody wants more records.
    fn is_closed(&self) -> bool;
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
