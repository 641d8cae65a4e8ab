//! The only room that opens sockets: time-outs on everything, pacing, retries, redirects, redaction.
//!
//! A platform builds a [`Request`] for the service's real URL and reads the [`Response`]; whether that goes to the
//! service or, with `GS_LOOPBACK`, to a stand-in on this machine is decided here alone.

mod agent;
mod attempt;
mod ca_certificates;
mod cookies;
mod interruptible;
mod loopback;
mod proxy;
mod rate_limit;
mod resolver;
mod retry;
mod secret;
mod send;
mod tls;
mod watch;

use crate::clock::Moment;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub use ca_certificates::Roots;
pub use cookies::Cookies;
pub use loopback::Loopback;
pub use proxy::Proxies;
pub use rate_limit::{NoTurn, Pacer, Turn, writes_of};
pub use retry::{Backoff, retry_after};
pub use secret::Secret;

/// The largest answers of each kind, in bytes after decompression. What services send is a small part of it. Reading JSON
/// takes up to ninety times its size, if the text is made to do so: 350 MB for 4 MiB of `{"a":0}`. A listing of honest pages
/// needs 21 MB in all (measured 2026-11-29).
pub mod limit {
    /// A token, a profile, a count: some 5 KB. A web page in its place has up to 200 KB.
    pub const SMALL: u64 = 512 << 10;
    /// The detail of an activity, a queue of imports, the answer to a write: some 60 KB.
    pub const ANSWER: u64 = 1 << 20;
    /// A page of a list: 100 activities of Garmin have some 400 KB, 200 of COROS about as much.
    pub const LIST: u64 = 4 << 20;
    /// A recording: the longest have some ten megabytes.
    pub const FILE: u64 = 128 << 20;
}

/// Is told a line.
pub type Trace = Box<dyn Fn(&str) + Send + Sync>;
/// Is told what is waited for, and how long.
pub type Waiting = Box<dyn Fn(Pause<'_>, Duration) + Send + Sync>;

/// Why a request is not sent at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause<'a> {
    /// The next turn of the platform has not come yet.
    Turn,
    /// This platform asked to be left alone (`Retry-After`).
    Asked(&'a str),
    /// The last try came to nothing; there is another one.
    Again,
    /// A person would be typing a password now.
    Login,
}

/// How requests are sent.
pub struct Options {
    /// Send to a stand-in on this machine instead of the services.
    pub loopback: Option<Loopback>,
    /// By which proxy, and whose certificates are trusted.
    pub route: Route,
    /// How long to wait for a connection, an answer, or the next bytes of one.
    pub timeout: Duration,
    /// How reads are tried again.
    pub backoff: Backoff,
    /// Least time between the starts of two requests to one platform.
    pub interval: Duration,
    /// The longest time the service may ask to wait before the run gives up instead.
    pub patience: Duration,
    /// Raised when a person wants the program to end.
    pub stop: Arc<AtomicBool>,
    /// Told of every request, for `--verbose`: method, host and path, status. Never a query, header or body, nor a path
    /// that is a secret.
    pub trace: Trace,
    /// Told before it waits, for progress: what for, and how long.
    pub waiting: Waiting,
}

/// The way to the services. By default it is direct, and the system's certificate authorities are trusted.
#[derive(Clone, Default)]
pub struct Route {
    /// The proxy, and where none is used.
    pub proxies: Proxies,
    /// The certificate authorities, if not the system's.
    pub roots: Option<Roots>,
}

/// Sends requests. One for a program; shared by its threads.
pub struct Http {
    direct: agent::Ways,
    /// By the proxy, if there is one.
    proxied: Option<agent::Ways>,
    pacer: Arc<dyn Pacer>,
    options: Options,
    /// When the last request to each platform was sent.
    sent: Mutex<BTreeMap<String, Moment>>,
}

/// Whether sending a request twice can do harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// A read: tried again on 408, 427, 429, 5xx and broken connections.
    Read,
    /// A read whose 500 may be final (Garmin answers so for an activity without a file): a 500 is tried again once.
    ReadOnce500,
    /// A read that is sent once: it decides whether something else is tried at all.
    Once,
    /// A write: sent once, whatever comes of it.
    Never,
}

impl Repeat {
    /// Whether it is sent once, whatever comes of it.
    fn is_sent_once(self) -> bool {
        matches!(self, Repeat::Once | Repeat::Never)
    }
}

/// One request to a service, for its real URL.
#[derive(Clone)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: &'static str,
    /// The real `https://` URL, query included.
    pub url: String,
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// The body, if any.
    pub body: Option<Vec<u8>>,
    /// Whether it may be sent twice.
    pub repeat: Repeat,
    /// The largest answer taken.
    pub limit: u64,
    /// Hosts that a redirect may lead to; any other is refused, as it would be handed the credentials.
    pub hosts: Vec<String>,
    /// Whoever knows the path has what is there, or may write to it: only the host is ever told.
    pub secret_path: bool,
    /// It is an upload or a deletion, or a part of one: if the service asks for a pause, that holds up these and no reads.
    /// A login has a cooldown of its own.
    pub changes: bool,
    /// It is not sent after this moment, however long its turn took to come: what it was decided by is too old then.
    pub not_after: Option<Moment>,
}

impl Request {
    /// A read.
    pub fn get(url: impl Into<String>) -> Request {
        Request {
            method: "GET",
            url: url.into(),
            headers: Vec::new(),
            body: None,
            repeat: Repeat::Read,
            limit: limit::ANSWER,
            hosts: Vec::new(),
            secret_path: false,
            changes: false,
            not_after: None,
        }
    }

    /// A write with a body.
    pub fn post(url: impl Into<String>, content_type: &str, body: Vec<u8>) -> Request {
        let mut request = Request::get(url).header("Content-Type", content_type);
        request.method = "POST";
        request.repeat = Repeat::Never;
        request.body = Some(body);
        request
    }

    /// Takes answers of so many bytes at most: one of [`limit`].
    pub fn limit(mut self, limit: u64) -> Request {
        self.limit = limit;
        self
    }

    /// It is an upload or a deletion, or a part of one.
    pub fn changing(mut self) -> Request {
        self.changes = true;
        self
    }

    /// Not to be sent after this moment.
    pub fn not_after(mut self, moment: Option<Moment>) -> Request {
        self.not_after = moment;
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Request {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Header names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of that name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// An answer, and where it came from.
pub struct Followed {
    /// The answer. With its own cookies it has those that redirects of the same host set on the way.
    pub response: Response,
    /// The URL that gave it: that of the last redirect, if there was one.
    pub url: String,
}

/// Why there is no answer. (An answer of any status is a [`Response`].)
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection, or it broke, or it was too slow.
    #[error("no answer from {host}: {why}")]
    Network {
        /// The host that was asked.
        host: String,
        /// Why, in words.
        why: String,
        /// Nothing of the request can have reached it.
        unsent: bool,
    },
    /// What answered has a certificate that is not trusted: nothing of the request has reached it.
    #[error("the certificate of {host} is not trusted ({why})")]
    Untrusted {
        /// The host that was asked.
        host: String,
        /// Why, in words.
        why: String,
        /// It is only not valid now: the clock may be wrong.
        is_clock: bool,
    },
    /// The proxy wants another login: nothing of the request has reached the service.
    #[error("the proxy in {setting} rejected the login ({why}); correct USER:PASSWORD in it")]
    Proxy {
        /// The setting that names the proxy.
        setting: &'static str,
        /// What it said.
        why: String,
    },
    /// Larger than any honest answer.
    #[error("the answer of {host} is larger than {limit} bytes")]
    TooLarge {
        /// The host that was asked.
        host: String,
        /// The bound.
        limit: u64,
    },
    /// A redirect to a host that must not see the credentials.
    #[error("{host} redirects to {to}, which is not one of its own hosts; refused")]
    Redirect {
        /// The host that was asked.
        host: String,
        /// Where it pointed.
        to: String,
    },
    /// The service wants to be left alone for longer than a run should last.
    #[error("{host} asks not to be asked again before {until}")]
    Wait {
        /// The host or platform.
        host: String,
        /// When it may be asked again.
        until: jiff::Timestamp,
    },
    /// The service wants no uploads and deletions for longer than a run should last.
    #[error("{platform} asks for no uploads and deletions before {until}")]
    WaitToWrite {
        /// The platform.
        platform: String,
        /// When it may be sent some again.
        until: jiff::Timestamp,
    },
    /// The pacing table could not be reached.
    #[error("{0}")]
    Pacing(NoTurn),
    /// Its turn came after the moment until which it was to be sent: nothing was sent.
    #[error("its turn came too late; nothing was sent")]
    TooLate,
    /// A person ended the program while it waited.
    #[error("stopped")]
    Stopped,
}

impl Error {
    /// What a person can try.
    pub fn remedy(&self) -> &'static str {
        match self {
            Error::Untrusted { is_clock: true, .. } => "check the clock of this machine, or try again later",
            Error::Untrusted { .. } => {
                "if a proxy or firewall of yours answers in its place, name its certificate authority with SSL_CERT_FILE"
            }
            Error::Network { .. } => "check the connection, or try again later",
            _ => "try again later",
        }
    }
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// `a=b&c=d` with names and values encoded: a query or a form.
pub fn form(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_keeps_nothing_that_could_end_it() {
        assert_eq!(form(&[("a b", "c&d=é"), ("x", "")]), "a%20b=c%26d%3D%C3%A9&x=");
    }
}
