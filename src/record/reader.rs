//! Reads records from a stream, line by line.
//!
//! The lines are split here and not by a streaming parser: so an invalid line has a number, and the length of a line is
//! limited.

use std::io::{self, BufRead};

use serde::de::IgnoredAny;

use super::Record;
use crate::activity::PlatformIds;

/// The maximum length of a line in bytes: far above the size of any record, small enough for memory.
const LINE_LIMIT: usize = 16 << 20;

/// An invalid line, or a failed stream.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    /// Not JSON, no `type`, or a known type with invalid fields.
    #[error("invalid record on line {line}: {why}; correct or remove the line")]
    Line {
        /// Counted from 1.
        line: u64,
        /// The message of the parser.
        why: String,
    },
    /// The stream is a FIT file.
    #[error(
        "standard input is a FIT file, not records; name the file, or read it from standard input: gs-fit -, gs-export -"
    )]
    FitFile,
    /// Reading the stream failed.
    #[error("cannot read standard input after line {line}: {source}")]
    Io {
        /// The last line that was read completely.
        line: u64,
        /// Why.
        source: io::Error,
    },
}

/// Records from a stream. Empty lines are ignored.
pub struct Reader<R> {
    input: R,
    line: u64,
    /// Whether the stream begins as a FIT file does.
    is_fit: bool,
    /// The platforms of the records so far.
    names: PlatformIds,
}

/// A record, and the number of its line, counted from 1.
pub type Numbered = (u64, Record);

/// A line and its record.
#[derive(Debug)]
pub struct Line {
    /// Its bytes, with the line end if it has one.
    pub bytes: Vec<u8>,
    /// The record in it; `None` if the line is empty.
    pub record: Option<Result<Record, Malformed>>,
}

impl<R: BufRead> Reader<R> {
    /// Reads from `input`.
    pub fn new(input: R) -> Reader<R> {
        Reader { input, line: 0, is_fit: false, names: PlatformIds::default() }
    }

    /// The next line, for a command that passes every byte on, and continues after an invalid line. `Err`: reading the
    /// stream failed.
    pub fn next_line(&mut self) -> Result<Option<Line>, Malformed> {
        let mut bytes = Vec::new();
        if !self.read_line(&mut bytes)? {
            return Ok(None);
        }
        let record = self.record_in(&bytes);
        Ok(Some(Line { bytes, record }))
    }

    /// Reads the next line that is not empty into `line`, without its line end; `false` at the end. For a command that
    /// reads only some fields: [`Reader::record`] reads the whole record of the line.
    pub fn next_bytes(&mut self, line: &mut Vec<u8>) -> Result<bool, Malformed> {
        loop {
            line.clear();
            if !self.read_line(line)? {
                return Ok(false);
            }
            if line.len() > LINE_LIMIT {
                let why = format!("longer than {LINE_LIMIT} bytes");
                return Err(Malformed::Line { line: self.line, why });
            }
            line.truncate(content(line).len());
            if !line.iter().all(u8::is_ascii_whitespace) {
                return Ok(true);
            }
        }
    }

    /// The whole record of the line that was read last.
    pub fn record(&mut self, line: &[u8]) -> Result<Record, Malformed> {
        let mut record = Record::parse(line).map_err(|error| self.malformed(line, &error))?;
        if let Some(activity) = record.activity_mut() {
            activity.platform = self.names.share(&activity.platform);
        }
        Ok(record)
    }

    /// Why the line that was read last is not a record.
    fn malformed(&self, line: &[u8], error: &serde_json::Error) -> Malformed {
        if self.is_fit {
            return Malformed::FitFile;
        }
        let is_object = line.trim_ascii_start().starts_with(b"{");
        let is_json = || serde_json::from_slice::<IgnoredAny>(line).is_ok();
        let why = match is_object {
            false if is_json() => "not a record: expected a JSON object".to_owned(),
            _ => plain(error),
        };
        Malformed::Line { line: self.line, why }
    }

    /// Appends the next line with its end; `false` at the end of the stream.
    fn read_line(&mut self, bytes: &mut Vec<u8>) -> Result<bool, Malformed> {
        if self.line == 0 {
            // An error occurs again when the line is read.
            self.is_fit = self.input.fill_buf().is_ok_and(|head| head.get(8..12) == Some(b".FIT"));
        }
        let mut limited = io::Read::take(&mut self.input, LINE_LIMIT as u64 + 1);
        let read = limited.read_until(b'\n', bytes).map_err(|source| Malformed::Io { line: self.line, source })?;
        self.line += u64::from(read > 0);
        Ok(read > 0)
    }

    fn record_in(&mut self, bytes: &[u8]) -> Option<Result<Record, Malformed>> {
        if bytes.len() > LINE_LIMIT {
            let why = format!("longer than {LINE_LIMIT} bytes");
            return Some(Err(Malformed::Line { line: self.line, why }));
        }
        let line = content(bytes);
        if line.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        Some(self.record(line))
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Numbered, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.next_line() {
                Ok(Some(Line { record: None, .. })) => {}
                Ok(Some(Line { record: Some(record), .. })) => return Some(record.map(|record| (self.line, record))),
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// A line without its end.
fn content(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
    &line[..end]
}

/// The parser's words without its own "line 1": each record is parsed alone, so that number is always one.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.find(" at line 1 column ") {
        Some(at) => format!("{} (column {})", &text[..at], error.column()),
        None => text,
    }
}
