//! Keeps lines until all are there: in memory, and beyond a few megabytes in a temporary file without a name.

use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};

use tempfile::{SpooledTempFile, spooled_tempfile};

use super::{Exit, Failure, Result};
use crate::fs::no_room;

/// How many bytes are kept in memory.
const IN_MEMORY: usize = 4 << 20;
/// How many bytes are read and written at a time.
const PIECE: usize = 256 << 10;

/// Lines in their order.
pub struct Spool(BufWriter<SpooledTempFile>);

impl Spool {
    /// Without lines.
    pub fn new() -> Spool {
        Spool(BufWriter::with_capacity(PIECE, spooled_tempfile(IN_MEMORY)))
    }

    /// Adds a line, given without its end.
    ///
    /// # Errors
    /// The temporary file cannot be written.
    pub fn push(&mut self, line: &[u8]) -> Result<()> {
        self.0.write_all(line).and_then(|()| self.0.write_all(b"\n")).map_err(|error| failed(&error))
    }

    /// Calls `each` with every line, without its end, until it returns `false`.
    ///
    /// # Errors
    /// The temporary file cannot be written or read, or `each` failed.
    pub fn replay(self, mut each: impl FnMut(&[u8]) -> Result<bool>) -> Result<()> {
        let mut file = self.0.into_inner().map_err(|error| failed(error.error()))?;
        file.rewind().map_err(|error| failed(&error))?;
        let mut lines = BufReader::with_capacity(PIECE, file);
        let mut line = Vec::new();
        loop {
            line.clear();
            if lines.read_until(b'\n', &mut line).map_err(|error| failed(&error))? == 0 {
                return Ok(());
            }
            if !each(line.strip_suffix(b"\n").unwrap_or(&line))? {
                return Ok(());
            }
        }
    }
}

fn failed(error: &io::Error) -> Failure {
    let dir = std::env::temp_dir();
    match no_room(error) {
        Some(no_room) => Failure::because(Exit::Config, no_room.reason(&dir)),
        None => Failure::new(
            Exit::Config,
            format!(
                "{}: {error}; a long input needs a temporary file there; set TMPDIR to another folder",
                dir.display()
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_in_order_from_memory_and_from_the_file() {
        for size in [0, 3, 100_000] {
            let mut spool = Spool::new();
            let lines: Vec<Vec<u8>> = (0..200).map(|n: u32| format!("{n} {}", "x".repeat(size)).into_bytes()).collect();
            lines.iter().for_each(|line| spool.push(line).unwrap());
            let mut seen = Vec::new();
            spool
                .replay(|line| {
                    seen.push(line.to_vec());
                    Ok(seen.len() < 150)
                })
                .unwrap();
            assert!(seen == lines[..150], "{size}");
        }
        Spool::new().replay(|_| Ok(false)).unwrap();
    }
}
