//! stdout: data only. A reader that has gone away is a quiet stop.

use std::io::{self, ErrorKind, Write};

use super::progress::Screen;
use super::{Exit, Failure};
use crate::record::Record;

/// So much is kept back by commands that print faster than anybody reads.
const KEPT: usize = 64 << 10;

/// Writes records (or text) to stdout.
pub struct Output {
    /// The terminal that stdout leads to: what is written goes above the lines of progress there.
    screen: Option<Screen>,
    kept: Vec<u8>,
    most: usize,
    closed: bool,
}

impl Output {
    /// Buffers: for commands that print faster than anybody reads.
    pub fn buffered() -> Output {
        Output::keeping(KEPT)
    }

    /// Hands on each record at once: for commands that wait for services.
    pub fn prompt() -> Output {
        Output::keeping(0)
    }

    fn keeping(most: usize) -> Output {
        Output { screen: Screen::of(io::stdout()), kept: Vec::new(), most, closed: false }
    }

    /// Writes a record. `false`: nobody reads any more.
    pub fn record(&mut self, record: &Record) -> Result<bool, Failure> {
        if self.closed {
            return Ok(false);
        }
        record.write(&mut self.kept).map_err(|error| Output::failed(&error))?;
        self.flush_beyond(self.most)
    }

    /// Writes text. `false`: nobody reads any more.
    pub fn text(&mut self, text: &str) -> Result<bool, Failure> {
        self.kept.extend_from_slice(text.as_bytes());
        self.flush_beyond(KEPT)
    }

    /// Hands on what is buffered. `false`: nobody reads any more.
    pub fn flush(&mut self) -> Result<bool, Failure> {
        self.flush_beyond(0)
    }

    /// Whether a write has shown that nobody reads any more.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Turns a failed write of another writer into ours.
    pub fn failed(error: &dyn std::fmt::Display) -> Failure {
        Failure::new(Exit::Partial, format!("standard output cannot be written: {error}"))
    }

    /// Hands on what is buffered, if it is more than `most`.
    fn flush_beyond(&mut self, most: usize) -> Result<bool, Failure> {
        if self.kept.len() <= most {
            return Ok(!self.closed);
        }
        // Half a line is kept for its other half, unless there is no more to come.
        let end = self.kept.iter().rposition(|byte| *byte == b'\n').filter(|_| most > 0);
        let rest = end.map_or_else(Vec::new, |end| self.kept.split_off(end + 1));
        let kept = std::mem::replace(&mut self.kept, rest);
        if self.closed {
            return Ok(false);
        }
        match self.write_out(&kept) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(false)
            }
            Err(error) => Err(Output::failed(&error)),
        }
    }

    fn write_out(&self, bytes: &[u8]) -> io::Result<()> {
        match &self.screen {
            Some(screen) => screen.print(bytes, |_| ()),
            None => {
                let mut out = io::stdout().lock();
                out.write_all(bytes)?;
                out.flush()
            }
        }
    }
}

/// For writers of other formats on top of it; a reader that has gone away is no error here either.
impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.kept.extend_from_slice(bytes);
        self.flush_beyond(KEPT).map_err(|failure| io::Error::other(failure.message))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Output::flush(self).map(drop).map_err(|failure| io::Error::other(failure.message))
    }
}

/// What was written and not handed on.
impl Drop for Output {
    fn drop(&mut self) {
        let _ = self.flush_beyond(0);
    }
}
