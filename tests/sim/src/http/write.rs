//! Encodes responses: compressed and chunked as the service does it.

use super::{Request, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// JSON larger than this is sent in chunks.
const CHUNKED_FROM: usize = 8 * 1024;
const CHUNK: usize = 4 * 1024;

/// A response as bytes, with the position of its body.
pub struct Wire {
    /// Head and body.
    pub bytes: Vec<u8>,
    /// The position of the body.
    pub body_at: usize,
}

/// The bytes of a response to `request`.
pub fn wire(request: &Request, response: &Response, close: bool) -> Wire {
    let mut head = format!("HTTP/1.1 {} {}\r\n", response.status, reason(response.status));
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let accepted = request.header("accept-encoding").unwrap_or_default().contains("gzip");
    let mut body = response.body.clone();
    if response.is_json() && accepted && !body.is_empty() {
        body = gzip(&body);
        head.push_str("content-encoding: gzip\r\nvary: accept-encoding\r\n");
    }
    if close {
        head.push_str("connection: close\r\n");
    }
    if response.is_json() && response.body.len() > CHUNKED_FROM {
        head.push_str("transfer-encoding: chunked\r\n");
        body = chunked(&body);
    } else if response.status != 204 {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    if request.method == "HEAD" {
        body.clear();
    }
    head.push_str("\r\n");
    let body_at = head.len();
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(&body);
    Wire { bytes, body_at }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory cannot fail.
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

fn chunked(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 64);
    for chunk in bytes.chunks(CHUNK) {
        out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        409 => "Conflict",
        412 => "Precondition Failed",
        415 => "Unsupported Media Type",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}
