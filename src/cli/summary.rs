//! The last line of a command that changes something: what was done.

use crate::sync::{Result, Worker};

/// Prints `counts`, or `nothing` if nothing was counted. If nothing was counted because the command failed, its error says
/// enough.
pub fn summary(worker: &Worker, counts: &str, nothing: &str, result: &Result<()>) {
    match counts {
        "" if result.is_err() => {}
        "" => worker.info(nothing),
        counts => worker.info(counts),
    }
}
