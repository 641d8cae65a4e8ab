//! Takes records from a stream, line by line.
//!
//! Lines are cut by hand rather than by a streaming parser: a bad line is then named by its number, and one line
//! cannot grow without bound.

use std::io::{self, BufRead};

use super::Record;

/// The longest line taken: far above any honest record, far below what would hurt.
const LINE_LIMIT: usize = 16 << 20;

/// A line that is no record.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    /// Not JSON, no `type`, or a known type in a wrong shape.
    #[error("line {line} is not a record: {why}; fix that line or take it out")]
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
}

/// A record, and the number of its line, counted from 1.
pub type Numbered = (u64, Record);

impl<R: BufRead> Reader<R> {
    /// Reads from `input`.
    pub fn new(input: R) -> Reader<R> {
        Reader { input, line: 0 }
    }

    fn next_line(&mut self) -> Result<Option<Vec<u8>>, Malformed> {
        let mut buffer = Vec::new();
        let mut limited = io::Read::take(&mut self.input, LINE_LIMIT as u64 + 1);
        let read =
            limited.read_until(b'\n', &mut buffer).map_err(|source| Malformed::Io { line: self.line, source })?;
        if read == 0 {
            return Ok(None);
        }
        self.line += 1;
        if read > LINE_LIMIT {
            return Err(Malformed::Line { line: self.line, why: format!("longer than {LINE_LIMIT} bytes") });
        }
        while buffer.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
            buffer.pop();
        }
        Ok(Some(buffer))
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Numbered, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = match self.next_line() {
                Ok(Some(line)) if line.iter().all(u8::is_ascii_whitespace) => continue,
                Ok(Some(line)) => line,
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            };
            let record = Record::parse(&line).map_err(|error| Malformed::Line { line: self.line, why: plain(&error) });
            return Some(record.map(|record| (self.line, record)));
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
