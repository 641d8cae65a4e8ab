//! The part of HTTP/1.1 that a strict server needs: reads requests and writes responses over any byte stream.

pub mod multipart;
mod read;
mod write;

use serde_json::Value;

pub use read::{Connection, ReadError};
pub use write::wire;

/// A request as the service sees it: for `https://HOST/PATH?QUERY`.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Method, in capitals.
    pub method: String,
    /// The real host.
    pub host: String,
    /// Path, still percent-encoded, beginning with a slash.
    pub path: String,
    /// Query without the question mark, still encoded.
    pub query: String,
    /// Header names (lower case) and values.
    pub headers: Vec<(String, String)>,
    /// Body, unchunked.
    pub body: Vec<u8>,
    /// Whether it came over TLS.
    pub secure: bool,
    /// The protocols that the client offered in its TLS handshake (ALPN), in its order.
    pub alpn: Vec<String>,
}

impl Request {
    /// The first header of this lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether the media type of the body is this one.
    pub fn is_type(&self, media: &str) -> bool {
        let value = self.header("content-type").unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(media)
    }

    /// The query's decoded pairs.
    pub fn pairs(&self) -> Vec<(String, String)> {
        decode_form(&self.query)
    }

    /// The first query parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.pairs().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The pairs of a form body.
    pub fn form(&self) -> Vec<(String, String)> {
        decode_form(&String::from_utf8_lossy(&self.body))
    }

    /// The body as JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// A cookie that the client sent back.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let all = self.headers.iter().filter(|(key, _)| key == "cookie");
        all.flat_map(|(_, value)| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    }
}

/// The content of an original download, which the response keeps so that a fault can repack it.
#[derive(Clone, Debug)]
pub struct Original {
    /// Name of the entry in the zip.
    pub entry: String,
    /// The file itself.
    pub bytes: Vec<u8>,
    /// It is sent unpacked, without a zip.
    pub raw: bool,
}

/// A response before it is encoded.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Headers other than length, encoding and date.
    pub headers: Vec<(String, String)>,
    /// Body, not yet compressed.
    pub body: Vec<u8>,
    /// The file in an original download.
    pub original: Option<Box<Original>>,
    /// Why the request was rejected, for the log; never a secret.
    pub note: String,
    /// The connection is closed without a response.
    pub hang_up: bool,
}

impl Response {
    /// A response without a body.
    pub fn empty(status: u16) -> Self {
        Response { status, ..Response::default() }
    }

    /// A JSON response.
    pub fn json(status: u16, body: &Value) -> Self {
        Response::text(status, "application/json;charset=UTF-8", &body.to_string())
    }

    /// A page.
    pub fn html(status: u16, body: &str) -> Self {
        Response::text(status, "text/html;charset=UTF-8", body)
    }

    /// A response of any text type.
    pub fn text(status: u16, media: &str, body: &str) -> Self {
        Response { body: body.as_bytes().to_vec(), ..Response::empty(status) }.with("content-type", media)
    }

    /// Closes the connection instead of responding.
    pub fn hang_up(note: &str) -> Self {
        Response { hang_up: true, ..Response::empty(0) }.note(note)
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds the reason for the response to the log.
    #[must_use]
    pub fn note(mut self, note: &str) -> Self {
        note.clone_into(&mut self.note);
        self
    }

    /// The body as JSON, if it is JSON.
    pub fn parsed(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok().filter(|_| self.is_json())
    }

    /// Whether the body is JSON.
    pub fn is_json(&self) -> bool {
        self.headers.iter().any(|(k, v)| k == "content-type" && v.starts_with("application/json"))
    }
}

/// Decodes percent-encoding; `plus` also decodes `+` as a space.
pub fn decode(text: &str, plus: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|h| std::str::from_utf8(h).ok());
        match (bytes[at], hex.and_then(|h| u8::from_str_radix(h, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) if plus => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
pub fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

/// The pairs of a form or a query.
pub fn decode_form(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decode(key, true), decode(value, true)))
        .collect()
}
