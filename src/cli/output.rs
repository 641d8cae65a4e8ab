//! stdout: data only. A reader that has gone away is a quiet stop.

use std::io::{self, BufWriter, ErrorKind, Stdout, Write};

use super::{Exit, Failure};
use crate::record::Record;

/// Writes records (or text) to stdout.
pub struct Output {
    out: BufWriter<Stdout>,
    flush_each: bool,
    closed: bool,
}

impl Output {
    /// Buffers: for commands that print faster than anybody reads.
    pub fn buffered() -> Output {
        Output { out: BufWriter::with_capacity(64 << 10, io::stdout()), flush_each: false, closed: false }
    }

    /// Hands on each record at once: for commands that wait for services.
    pub fn prompt() -> Output {
        Output { flush_each: true, ..Output::buffered() }
    }

    /// Writes a record. `false`: nobody reads any more.
    pub fn record(&mut self, record: &Record) -> Result<bool, Failure> {
        let flush = self.flush_each;
        self.with(|out| record.write(out).and_then(|()| if flush { out.flush() } else { Ok(()) }))
    }

    /// Writes text. `false`: nobody reads any more.
    pub fn text(&mut self, text: &str) -> Result<bool, Failure> {
        self.with(|out| out.write_all(text.as_bytes()))
    }

    /// Hands on what is buffered. `false`: nobody reads any more.
    pub fn flush(&mut self) -> Result<bool, Failure> {
        self.with(Write::flush)
    }

    /// Whether a write has shown that nobody reads any more.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Turns a failed write of another writer into ours.
    pub fn failed(error: &dyn std::fmt::Display) -> Failure {
        Failure::new(Exit::Partial, format!("standard output cannot be written: {error}"))
    }

    fn with(&mut self, write: impl FnOnce(&mut BufWriter<Stdout>) -> io::Result<()>) -> Result<bool, Failure> {
        if self.closed {
            return Ok(false);
        }
        match write(&mut self.out) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(false)
            }
            Err(error) => Err(Output::failed(&error)),
        }
    }
}

/// For writers of other formats on top of it; a reader that has gone away is no error here either.
impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.with(|out| out.write_all(bytes)).map(|_| bytes.len()).map_err(|failure| io::Error::other(failure.message))
    }

    fn flush(&mut self) -> io::Result<()> {
        Output::flush(self).map(drop).map_err(|failure| io::Error::other(failure.message))
    }
}
