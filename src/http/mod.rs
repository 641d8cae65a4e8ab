//! Sends HTTP requests: timeouts, rate limits, retries, redirects, redaction. No other module opens sockets.
//!
//! A platform builds a [`Request`] for the service's real URL and reads the [`Response`]. Only this module decides
//! whether the request goes to the service or, with `GS_LOOPBACK`, to a test server on this machine.

mod agent;
mod attempt;
mod ca_certificates;
mod cookies;
mod interruptible;
mod loopback;
mod multipart;
mod proxy;
mod rate_limit;
mod resolver;
mod retry;
mod secret;
mod send;
mod tls;
mod watch;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::clock::{Clock, Moment};

pub use ca_certificates::CaCertificates;
pub use cookies::Cookies;
pub use loopback::Loopback;
pub use multipart::{FormPart, multipart};
pub use proxy::Proxies;
pub use rate_limit::{Permit, PermitError, RateLimiter, files_of, writes_of};
pub use retry::{Backoff, LONGEST_RETRY_AFTER};
pub use secret::Secret;

/// The largest responses of each kind, in bytes after decompression. Real responses are much smaller. Parsing JSON
/// takes up to ninety times its size for the worst text: 350 MB for 4 MiB of `{"a":0}`. A listing of real pages needs
/// 21 MB in all (measured 2026-11-29).
pub mod limit {
    /// A token, a profile, a count: about 5 KB. A web page sent instead has up to 200 KB.
    pub const SMALL: u64 = 512 << 10;
    /// The details of an activity, a queue of imports, the response to a write: about 60 KB.
    pub const ANSWER: u64 = 1 << 20;
    /// A page of a list: 100 activities of Garmin have about 400 KB, 200 of COROS about as much.
    pub const LIST: u64 = 4 << 20;
    /// A recording: the longest have about ten megabytes.
    pub const FILE: u64 = 128 << 20;
}

/// Receives each line of the trace.
pub type Trace = Box<dyn Fn(&str) + Send + Sync>;
/// Receives the reason and the length of each wait.
pub type WaitObserver = Box<dyn Fn(Pause<'_>, Duration) + Send + Sync>;

/// Why a request is not sent at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause<'a> {
    /// The interval since the last request to the platform has not passed.
    RequestInterval,
    /// This platform asked to wait (`Retry-After`).
    RateLimited(&'a str),
    /// The last attempt failed and is retried.
    Retry,
    /// A pause as long as a person needs to type a password.
    Login,
    /// A person logs in on another device.
    Person,
}

/// How requests are sent.
pub struct Options {
    /// Send to a test server on this machine instead of the services.
    pub loopback: Option<Loopback>,
    /// The proxy, and the trusted certificates.
    pub route: Route,
    /// How long to wait for a connection, a response, or the next bytes of one.
    pub timeout: Duration,
    /// How reads are retried.
    pub backoff: Backoff,
    /// The least time between the starts of two requests to the API of one platform, and of two to its stores of files.
    pub interval: Duration,
    /// The longest `Retry-After` that the program waits for. For a longer one the request fails.
    pub max_retry_after: Duration,
    /// Raised when a person wants to stop the program.
    pub stop: Arc<AtomicBool>,
    /// Receives a line for every request, for `--verbose`: method, host and path, status. Never a query, a header or a
    /// body, nor a path that is a secret.
    pub trace: Trace,
    /// The clock.
    pub clock: Clock,
}

/// How the services are reached. By default directly, trusting the system's certificate authorities.
#[derive(Clone, Default)]
pub struct Route {
    /// The proxy, and the hosts that are reached directly.
    pub proxies: Proxies,
    /// The certificate authorities, if not the system's.
    pub ca_certificates: Option<CaCertificates>,
}

/// Sends requests. A process has one client; [`Http::with_waiting`] gives each of its threads its own handle to the
/// client.
///
/// All handles share the open connections (one pool for direct ones and one for the proxy), the TLS configuration with
/// the trusted certificates, the proxy, the rate limiter, the trace of requests and the times of the last requests.
/// Each handle has its own display of waits, and its own end.
pub struct Http {
    client: Arc<Client>,
    waiting: WaitObserver,
    /// Raised when nobody needs further responses of this handle.
    over: Arc<AtomicBool>,
}

/// The state that all handles of a process share.
struct Client {
    direct: agent::Agents,
    /// Through the proxy, if there is one.
    proxied: Option<agent::Agents>,
    rate_limiter: Arc<dyn RateLimiter>,
    options: Options,
    /// The threads that send requests.
    workers: interruptible::Workers,
    /// When the last request to each platform was sent.
    sent: Mutex<BTreeMap<String, Moment>>,
}

/// Whether a request may be sent twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// A read: retried on 408, 427, 429, 5xx and broken connections.
    Read,
    /// A read whose 500 may be final (Garmin's response for an activity without a file): a 500 is retried once.
    ReadOnce500,
    /// A read from a service that limits requests strictly: a 500 is retried once, and a rate limit is returned to the
    /// caller after its `Retry-After` was recorded.
    ReadLimited,
    /// A read that is sent once, because its result decides whether other requests are sent at all.
    Once,
    /// A read that counts against a quota: sent once, and its `Retry-After` delays the other reads.
    Counted,
    /// A write: sent once, whatever its result.
    Never,
}

impl Repeat {
    /// Whether it is sent once, whatever its result.
    fn is_sent_once(self) -> bool {
        matches!(self, Repeat::Once | Repeat::Counted | Repeat::Never)
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
    /// Whether the request may be sent twice.
    pub repeat: Repeat,
    /// The largest response accepted, in bytes.
    pub limit: u64,
    /// Hosts that a redirect may lead to. Any other host is an error, because it would receive the credentials.
    pub hosts: Vec<String>,
    /// Whether redirects are followed. If not, a redirect is the response.
    pub follow: bool,
    /// The path is a secret: anyone who knows it can read or write there. Messages name only the host.
    pub redact_url: bool,
    /// The request is an upload or a deletion, or a part of one: a `Retry-After` delays other uploads and deletions,
    /// and no reads. A login has its own cooldown.
    pub changes: bool,
    /// The request is not sent after this moment, however long it had to wait, because the listing that it is based on
    /// is outdated by then.
    pub not_after: Option<Moment>,
    /// The least time until the next request to the platform, if it is longer than [`Options::interval`].
    pub min_interval: Duration,
    /// The request goes to a store of files and not to the API of the platform, so it keeps the interval only to other
    /// requests to stores. A `Retry-After` of the API delays it all the same.
    pub to_file_store: bool,
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
            follow: true,
            redact_url: false,
            changes: false,
            not_after: None,
            min_interval: Duration::ZERO,
            to_file_store: false,
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

    /// Accepts responses of at most this many bytes: one of [`limit`].
    pub fn limit(mut self, limit: u64) -> Request {
        self.limit = limit;
        self
    }

    /// Marks the request as an upload or a deletion, or a part of one.
    pub fn changing(mut self) -> Request {
        self.changes = true;
        self
    }

    /// Marks the request as one to a store of files.
    pub fn to_file_store(mut self) -> Request {
        self.to_file_store = true;
        self
    }

    /// Sets the moment after which the request is not sent.
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

/// A response.
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
    /// The first header with this name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// When the service wants the next request (`Retry-After`), at most [`LONGEST_RETRY_AFTER`] from now: a wrong value
    /// must not stop requests for years.
    pub fn retry_after(&self, now: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let until = retry::retry_after(self.header("retry-after")?, now)?;
        Some(now.checked_add(LONGEST_RETRY_AFTER).map_or(until, |longest| until.min(longest)))
    }
}

/// A response and its URL.
pub struct Followed {
    /// The response. It has its own cookies and those that redirects on the same host set.
    pub response: Response,
    /// The URL of the response: the target of the last redirect, if there was one.
    pub url: String,
}

/// Why there is no response. (A response with any status is a [`Response`].)
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The connection failed, broke, or was too slow.
    #[error("no response from {host}: {why}")]
    Network {
        /// The host.
        host: String,
        /// Why.
        why: String,
        /// No part of the request can have reached the host.
        unsent: bool,
    },
    /// The certificate is not trusted. No part of the request was sent.
    #[error("the certificate of {host} is not trusted ({why})")]
    Untrusted {
        /// The host.
        host: String,
        /// Why.
        why: String,
        /// The certificate has expired or is not valid yet: the clock may be wrong.
        is_clock: bool,
    },
    /// The proxy rejected the login. No part of the request was sent to the service.
    #[error("the proxy in {setting} rejected the login ({why}); correct USER:PASSWORD in it")]
    Proxy {
        /// The setting that names the proxy.
        setting: &'static str,
        /// The response of the proxy.
        why: String,
    },
    /// The response is larger than the limit, which is larger than any real response.
    #[error("the response of {host} is larger than {limit} bytes")]
    TooLarge {
        /// The host.
        host: String,
        /// The largest size accepted, in bytes.
        limit: u64,
    },
    /// A redirect to a host that must not receive the credentials.
    #[error("{host} redirects to another service, {to}; not followed")]
    Redirect {
        /// The host.
        host: String,
        /// The target of the redirect.
        to: String,
    },
    /// Redirects lead to further redirects.
    #[error("{host} redirects again and again; not followed further")]
    RedirectLoop {
        /// The host.
        host: String,
    },
    /// The service asked to wait for longer than [`Options::max_retry_after`].
    #[error("rate limited until {until}")]
    RateLimited {
        /// When requests are allowed again.
        until: jiff::Timestamp,
    },
    /// The service asked to wait with uploads and deletions for longer than [`Options::max_retry_after`].
    #[error("uploads and deletions rate limited until {until}")]
    WritesRateLimited {
        /// When uploads and deletions are allowed again.
        until: jiff::Timestamp,
    },
    /// The rate limiter cannot be used.
    #[error("{0}")]
    RateLimiter(PermitError),
    /// The request could not be sent before its deadline, [`Request::not_after`].
    #[error("not sent: its deadline is over")]
    TooLate,
    /// A person stopped the program while the request waited, or nobody needs the response any more.
    #[error("stopped")]
    Stopped,
}

impl Error {
    /// What a person can do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Error::Untrusted { is_clock: true, .. } => "check the clock of this machine, or try again later",
            Error::Untrusted { .. } => {
                "if your network has a proxy or firewall that decrypts TLS, name its certificate authority in SSL_CERT_FILE"
            }
            Error::Network { .. } => "check the connection, or try again later",
            _ => "try again later",
        }
    }
}

/// Percent-encodes all characters except RFC 3986's unreserved ones.
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

/// `a=b&c=d` with encoded names and values: a query or a form.
pub fn form(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_values_are_encoded() {
        assert_eq!(form(&[("a b", "c&d=é"), ("x", "")]), "a%20b=c%26d%3D%C3%A9&x=");
    }
}
