//! Takes records from a stream, line by line.
//!
//! Lines are cut by hand rather than by a streaming parser: a bad line is then named by its number, and one line
//! cannot grow without bound.

use std::io::{self, BufRead};

use super::Record;
use crate::activity::PlatformIds;

/// The longest line taken: far above any honest record, far below what would hurt.
const LINE_LIMIT: usize = 16 << 20;

/// A line that is no record.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    /// Not JSON, no `type`, or a known type in a wrong shape.
    #[error("invalid record on line {line}: {why}; correct or remove the line")]
    Line {
        /// Counted from 1.
        line: u64,
        /// What the parser says.
        why: String,
    },
    /// The stream itself broke.
    #[error("standard input broke after line {line}: {source}")]
    Io {
        /// The last line that was read whole.
        line: u64,
        /// Why.
        source: io::Error,
    },
}

/// Records from a stream. Empty lines are passed over.
pub struct Reader<R> {
    input: R,
    line: u64,
    /// The platforms of the records so far.
    names: PlatformIds,
}

/// A record, and the number of its line, counted from 1.
pub type Numbered = (u64, Record);

/// A line as it came, and what it is.
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
        Reader { input, line: 0, names: PlatformIds::default() }
    }

    /// The next line, for a command that hands on every byte: a malformed one is no reason to stop then. `Err`: the stream
    /// itself broke.
    pub fn next_line(&mut self) -> Result<Option<Line>, Malformed> {
        let mut bytes = Vec::new();
        let mut limited = io::Read::take(&mut self.input, LINE_LIMIT as u64 + 1);
        let read = limited.read_until(b'\n', &mut bytes).map_err(|source| Malformed::Io { line: self.line, source })?;
        if read == 0 {
            return Ok(None);
        }
        self.line += 1;
        let record = self.record_in(&bytes);
        Ok(Some(Line { bytes, record }))
    }

    fn record_in(&mut self, bytes: &[u8]) -> Option<Result<Record, Malformed>> {
        if bytes.len() > LINE_LIMIT {
            let why = format!("longer than {LINE_LIMIT} bytes");
            return Some(Err(Malformed::Line { line: self.line, why }));
        }
        let end = bytes.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
        let line = &bytes[..end];
        if line.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        let mut record = match Record::parse(line) {
            Ok(record) => record,
            Err(error) => return Some(Err(Malformed::Line { line: self.line, why: plain(&error) })),
        };
        if let Some(activity) = record.activity_mut() {
            activity.platform = self.names.share(&activity.platform);
        }
        Some(Ok(record))
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

/// The parser's words without its own "line 1": each record is parsed alone, so that number is always one.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.find(" at line 1 column ") {
        Some(at) => format!("{} (column {})", &text[..at], error.column()),
        None => text,
    }
}
