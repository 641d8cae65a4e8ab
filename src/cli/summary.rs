//! The last line of a command that changes something: the counts of its changes.

use crate::sync::{Result, Worker};

/// Prints `counts`, or `nothing` if all counts are zero. If they are zero because the command failed, prints nothing:
/// the error is sufficient.
pub fn summary(worker: &Worker, counts: &str, nothing: &str, result: &Result<()>) {
    match counts {
        "" if result.is_err() => {}
        "" => worker.info(nothing),
        counts => worker.info(counts),
    }
}
