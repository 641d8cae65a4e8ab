//! Standard output, for data only. If the reader closes the pipe, the command stops without an error.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;

use super::progress::Screen;
use super::{Exit, Failure};
use crate::record::Record;
use crate::sync::{self, RecordSink};

/// The size of the buffer, in bytes, of commands that print faster than a person reads.
const KEPT: usize = 64 << 10;

/// Writes records (or text) to stdout.
pub struct Output {
    /// The terminal of stdout. Output is written above the progress lines there.
    screen: Option<Screen>,
    kept: Vec<u8>,
    most: usize,
    closed: bool,
}

impl Output {
    /// A buffered output, for commands that print faster than a person reads.
    pub fn buffered() -> Output {
        Output::keeping(KEPT)
    }

    /// An output that writes each record at once, for commands that wait for services.
    pub fn prompt() -> Output {
        Output::keeping(0)
    }

    fn keeping(most: usize) -> Output {
        Output { screen: Screen::of(io::stdout()), kept: Vec::new(), most, closed: false }
    }

    /// Writes a record. `false`: the reader has closed the pipe.
    pub fn record(&mut self, record: &Record) -> Result<bool, Failure> {
        if self.closed {
            return Ok(false);
        }
        record.write(&mut self.kept).map_err(|error| Output::failed(&error))?;
        self.flush_above(self.most).map_err(|error| Output::write_failed(&error))
    }

    /// Writes a line, given without its end. `false`: the reader has closed the pipe.
    fn line(&mut self, line: &[u8]) -> Result<bool, Failure> {
        if self.closed {
            return Ok(false);
        }
        self.kept.extend_from_slice(line);
        self.kept.push(b'\n');
        self.flush_above(self.most).map_err(|error| Output::write_failed(&error))
    }

    /// Writes text. `false`: the reader has closed the pipe.
    pub fn text(&mut self, text: &str) -> Result<bool, Failure> {
        self.kept.extend_from_slice(text.as_bytes());
        self.flush_above(self.most).map_err(|error| Output::write_failed(&error))
    }

    /// Writes one value as a line of JSON. `false`: the reader has closed the pipe.
    pub fn json_line(&mut self, value: &impl Serialize) -> Result<bool, Failure> {
        let line = serde_json::to_string(value).map_err(|error| Output::failed(&error))?;
        self.text(&format!("{line}\n"))
    }

    /// Writes the buffered bytes. `false`: the reader has closed the pipe.
    pub fn flush(&mut self) -> Result<bool, Failure> {
        self.flush_above(0).map_err(|error| Output::write_failed(&error))
    }

    /// Whether a write has shown that the reader has closed the pipe.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// The failure for a failed write of this output, or of a writer that uses it.
    pub fn write_failed(error: &io::Error) -> Failure {
        sync::output_failure(error)
    }

    /// Converts a failed write of another writer into a failure of the command.
    pub fn failed(error: &dyn std::fmt::Display) -> Failure {
        Failure::new(Exit::Partial, format!("standard output cannot be written: {error}"))
    }

    /// Writes the buffered bytes, if there are more than `most`.
    fn flush_above(&mut self, most: usize) -> io::Result<bool> {
        if self.kept.len() <= most {
            return Ok(!self.closed);
        }
        // An incomplete line stays in the buffer, unless everything must be written.
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
            Err(error) => Err(error),
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

impl RecordSink for Output {
    fn record(&mut self, record: &Record) -> Result<bool, Failure> {
        Output::record(self, record)
    }

    fn line(&mut self, line: &[u8]) -> Result<bool, Failure> {
        Output::line(self, line)
    }

    fn is_closed(&self) -> bool {
        self.closed
    }

    fn flush(&mut self) -> Result<(), Failure> {
        Output::flush(self).map(drop)
    }
}

/// For writers of other formats that use this output. A closed pipe is not an error for them either.
impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.kept.extend_from_slice(bytes);
        self.flush_above(KEPT).map(|_| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flush_above(0).map(drop)
    }
}

/// An output for a writer that must notice when the reader closes the pipe: its next write fails.
pub struct PipeOutput(pub Output);

impl PipeOutput {
    fn unless_closed<T>(&self, result: T) -> io::Result<T> {
        if self.0.closed { Err(ErrorKind::BrokenPipe.into()) } else { Ok(result) }
    }
}

impl Write for PipeOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.0.write(bytes)?;
        self.unless_closed(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Write::flush(&mut self.0)?;
        self.unless_closed(())
    }
}

/// Writes the bytes that are still buffered.
impl Drop for Output {
    fn drop(&mut self) {
        let _ = self.flush_above(0);
    }
}
