//! Reads the requests of a connection.

use super::Request;
use std::io::{self, Read, Write};

const MAX_HEAD: usize = 64 * 1024;
const MAX_BODY: usize = 64 << 20;
const MAX_HEADERS: usize = 100;

/// Why a request could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// The client closed the connection, or the stream broke.
    Closed,
    /// The request is invalid; the response has this status and text.
    Bad(u16, &'static str),
}

impl From<io::Error> for ReadError {
    fn from(_: io::Error) -> Self {
        ReadError::Closed
    }
}

/// A request with the data that its connection needs.
pub struct Incoming {
    /// The request; `path` still is the complete target, and `host` the Host header.
    pub request: Request,
    /// The client requests that the connection is closed after the response.
    pub close: bool,
}

/// A byte stream and the bytes that were read ahead.
pub struct Connection<S> {
    /// The stream; responses are written to it directly.
    pub stream: S,
    ahead: Vec<u8>,
}

impl<S: Read + Write> Connection<S> {
    /// A connection from which nothing was read yet.
    pub fn new(stream: S) -> Self {
        Connection { stream, ahead: Vec::new() }
    }

    /// Waits for the next request.
    pub fn next(&mut self) -> Result<Incoming, ReadError> {
        let (mut incoming, head, version) = loop {
            if let Some(found) = parse_head(&self.ahead)? {
                break found;
            }
            if self.ahead.len() > MAX_HEAD {
                return Err(ReadError::Bad(431, "the head is too long"));
            }
            self.more()?;
        };
        self.ahead.drain(..head);
        let request = &incoming.request;
        let connection = request.header("connection").unwrap_or_default().to_ascii_lowercase();
        incoming.close = connection.contains("close") || version == 0;
        if request.header("expect").is_some_and(|e| e.eq_ignore_ascii_case("100-continue")) {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        incoming.request.body = self.body(&incoming.request)?;
        Ok(incoming)
    }

    fn more(&mut self) -> Result<(), ReadError> {
        let mut chunk = [0u8; 16 * 1024];
        let got = self.stream.read(&mut chunk)?;
        if got == 0 {
            return Err(ReadError::Closed);
        }
        self.ahead.extend_from_slice(&chunk[..got]);
        Ok(())
    }

    fn body(&mut self, request: &Request) -> Result<Vec<u8>, ReadError> {
        let chunked = request.header("transfer-encoding").is_some();
        match (chunked, request.header("content-length")) {
            (true, Some(_)) => Err(ReadError::Bad(400, "both a length and chunks")),
            (true, None) => self.chunks(),
            (false, None) => Ok(Vec::new()),
            (false, Some(length)) => {
                let length = length.trim().parse().map_err(|_| ReadError::Bad(400, "length is no number"))?;
                self.take(length)
            }
        }
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>, ReadError> {
        if length > MAX_BODY {
            return Err(ReadError::Bad(413, "the body is too long"));
        }
        while self.ahead.len() < length {
            self.more()?;
        }
        Ok(self.ahead.drain(..length).collect())
    }

    fn chunks(&mut self) -> Result<Vec<u8>, ReadError> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).map_err(|_| ReadError::Bad(400, "bad chunk size"))?;
            if body.len().saturating_add(size) > MAX_BODY {
                return Err(ReadError::Bad(413, "the body is too long"));
            }
            if size == 0 {
                while !self.line()?.is_empty() {}
                return Ok(body);
            }
            body.extend(self.take(size)?);
            if !self.line()?.is_empty() {
                return Err(ReadError::Bad(400, "a chunk is longer than it says"));
            }
        }
    }

    fn line(&mut self) -> Result<String, ReadError> {
        loop {
            if let Some(end) = self.ahead.windows(2).position(|pair| pair == b"\r\n") {
                let line: Vec<u8> = self.ahead.drain(..end + 2).collect();
                return Ok(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            self.more()?;
        }
    }
}

type Head = (Incoming, usize, u8);

fn parse_head(bytes: &[u8]) -> Result<Option<Head>, ReadError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(ReadError::Bad(400, "this is not HTTP/1.1")),
    };
    let target = parsed.path.unwrap_or("/");
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        ..Request::default()
    };
    for header in parsed.headers.iter() {
        let value = String::from_utf8_lossy(header.value).into_owned();
        request.headers.push((header.name.to_ascii_lowercase(), value));
    }
    request.host = match request.header("host") {
        Some(host) => host.split(':').next().unwrap_or_default().to_ascii_lowercase(),
        None => return Err(ReadError::Bad(400, "no Host header")),
    };
    Ok(Some((Incoming { request, close: false }, length, parsed.version.unwrap_or(1))))
}
