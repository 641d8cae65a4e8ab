//! CSV for spreadsheets: cells, and the failure for an error of the CSV writer.

use super::{Failure, Output};

pub use crate::export::formula_safe as cell;

/// Converts a failed write into a failure of the command.
pub fn failed(error: csv::Error) -> Failure {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => Output::write_failed(&error),
        kind => Output::failed(&format!("{kind:?}")),
    }
}
