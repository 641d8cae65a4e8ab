//! Sends a request once, within its limits of time and size, and classifies a failure.

use std::io::Read;
use std::time::{Duration, Instant};

use super::send::host;
use super::tls::Unconnected;
use super::watch::{Halt, halted};
use super::{Error, Http, Repeat, Request, Response};

/// How much longer the program waits for the response to a write after a person asked it to stop: the response holds a
/// renewed token or the outcome of an upload.
pub const GRACE: Duration = Duration::from_secs(10);
/// How long after [`GRACE`] the program stops waiting for a connection that did not end at [`GRACE`].
const AFTER_GRACE: Duration = Duration::from_secs(1);
/// The time limit of a request is this many times the timeout of one read ...
const TIMEOUTS: u32 = 5;
/// ... plus the time that its body and the largest response take at this many bytes a second.
const DEADLINE_SPEED: u64 = 16 << 10;

/// A failed attempt.
pub struct Failed {
    /// The failure.
    pub error: Error,
    /// Whether a time limit was reached.
    pub is_slow: bool,
}

impl Http {
    /// Sends the request once.
    pub(super) fn try_once(&self, request: &Request) -> Result<Response, Failed> {
        let began = Instant::now();
        let failed = |error: ureq::Error| self.failed(request, &error);
        let url = match &self.client.options.loopback {
            Some(loopback) => loopback.rewrite(&request.url),
            None => request.url.clone(),
        };
        let mut builder = ureq::http::Request::builder().method(request.method).uri(url);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let agents = self.agents(&host(&request.url));
        let agent = if request.repeat == Repeat::Never { &agents.writes } else { &agents.reads }.clone();
        let within = Some(self.deadline(request));
        let content = request.body.clone();
        let run = move || match content {
            Some(content) => {
                let request = builder.body(content)?;
                agent.run(agent.configure_request(request).timeout_global(within).build())
            }
            None => {
                let request = builder.body(())?;
                agent.run(agent.configure_request(request).timeout_global(within).build())
            }
        };
        let grace = if request.repeat == Repeat::Never { GRACE + AFTER_GRACE } else { Duration::ZERO };
        let sent = self.client.workers.interruptible(&self.client.options.stop, grace, run);
        let sent = sent.unwrap_or_else(|| Err(Halt::Stopped.into()));
        let (head, mut body) = sent.map_err(failed)?.into_parts();
        let mut bytes = Vec::new();
        // A response without content may still name a compression, and an empty body is not valid gzip.
        if !matches!(head.status.as_u16(), 204 | 205 | 304) {
            let mut reader = body.with_config().limit(request.limit + 1).reader().take(request.limit + 1);
            reader.read_to_end(&mut bytes).map_err(|error| self.interrupted(request, error))?;
        }
        if bytes.len() as u64 > request.limit {
            let error = Error::TooLarge { host: host(&request.url), limit: request.limit };
            return Err(Failed { error, is_slow: false });
        }
        let headers = head.headers.iter();
        let response = Response {
            status: head.status.as_u16(),
            headers: headers
                .map(|(n, v)| (n.as_str().to_owned(), String::from_utf8_lossy(v.as_bytes()).into()))
                .collect(),
            body: bytes,
        };
        (self.client.options.trace)(&format!(
            "{} {} {} ({} bytes, {:.2} s)",
            request.method,
            shown(request),
            response.status,
            response.body.len(),
            began.elapsed().as_secs_f64()
        ));
        Ok(response)
    }

    /// The time limit of one attempt, from looking up the host to the last byte of the response.
    fn deadline(&self, request: &Request) -> Duration {
        let bytes = request.limit + request.body.as_ref().map_or(0, Vec::len) as u64;
        self.client.options.timeout * TIMEOUTS + Duration::from_secs(bytes / DEADLINE_SPEED)
    }

    /// Classifies an error that occurs before the body of the response.
    fn failed(&self, request: &Request, error: &ureq::Error) -> Failed {
        self.classify(request, error, self.describe(request, error), is_unsent(error))
    }

    fn interrupted(&self, request: &Request, error: std::io::Error) -> Failed {
        let error = ureq::Error::from(error);
        let why = format!("the response was cut off: {}", self.describe(request, &error));
        self.classify(request, &error, why, false)
    }

    fn classify(&self, request: &Request, error: &ureq::Error, why: String, unsent: bool) -> Failed {
        let halt = halted(error);
        let proxy = self.proxy(&host(&request.url));
        if let Some((setting, why)) = proxy.and_then(|(setting, _)| proxy_refusal(error).map(|why| (setting, why))) {
            return Failed { error: Error::Proxy { setting, why }, is_slow: false };
        }
        let why = match proxy {
            Some((setting, _)) => format!("{why} (via the proxy in {setting})"),
            None => why,
        };
        // Slow response headers look like missing ones. An address that does not respond may be one of several.
        let is_connect = matches!(error, ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve));
        let is_slow = matches!(error, ureq::Error::Timeout(_)) && !is_connect;
        let error = match halt {
            None if let Some(certificate) = certificate_error(error) => {
                use rustls::CertificateError as Bad;
                let is_clock = matches!(
                    certificate,
                    Bad::Expired | Bad::ExpiredContext { .. } | Bad::NotValidYet | Bad::NotValidYetContext { .. }
                );
                Error::Untrusted { host: host(&request.url), why, is_clock }
            }
            // The caller must know that a write was sent.
            Some(Halt::Unsent) => Error::Stopped,
            Some(Halt::Stopped) if request.repeat != Repeat::Never => Error::Stopped,
            _ => Error::Network { host: host(&request.url), why, unsent },
        };
        Failed { error, is_slow: is_slow || halt.is_some() }
    }

    fn describe(&self, request: &Request, error: &ureq::Error) -> String {
        match error {
            ureq::Error::Timeout(ureq::Timeout::Global) => {
                format!("took longer than {} s", self.deadline(request).as_secs())
            }
            // An error about the URL would quote the URL.
            ureq::Error::BadUri(_) | ureq::Error::Http(_) if request.redact_url => "invalid URL".into(),
            other => in_words(other),
        }
    }
}

/// An error in words: without the name of its kind, and without the number of an error of the system.
pub(super) fn in_words(error: &ureq::Error) -> String {
    let ureq::Error::Io(error) = error else { return error.to_string() };
    let text = error.to_string();
    let Some(number) = error.raw_os_error() else { return text };
    let number = format!(" (os error {number})");
    let words = text.strip_suffix(number.as_str()).unwrap_or(&text);
    // It follows other words.
    words.chars().take(1).flat_map(char::to_lowercase).chain(words.chars().skip(1)).collect()
}

/// The reason why a proxy rejected the login; `None` for another failure.
fn proxy_refusal(error: &ureq::Error) -> Option<String> {
    match error {
        ureq::Error::ConnectProxyFailed(why) if why.contains(" 407") => Some("HTTP 407".into()),
        ureq::Error::Io(error) => {
            let why = error.to_string();
            ["password authentication failed", "no acceptable auth methods"].contains(&why.as_str()).then_some(why)
        }
        _ => None,
    }
}

/// What is wrong with the certificate, if the certificate is the reason why nothing was sent.
fn certificate_error(error: &ureq::Error) -> Option<&rustls::CertificateError> {
    let ureq::Error::Other(inner) = error else { return None };
    inner.downcast_ref::<Unconnected>()?.certificate.as_ref()
}

/// Whether a request failed before any part of it was sent.
fn is_unsent(error: &ureq::Error) -> bool {
    use ureq::{Error as Ureq, Timeout};
    match error {
        Ureq::HostNotFound | Ureq::ConnectionFailed | Ureq::InvalidProxyUrl | Ureq::BadUri(_) => true,
        Ureq::Other(inner) => inner.is::<Unconnected>(),
        Ureq::Timeout(Timeout::Resolve | Timeout::Connect) | Ureq::ConnectProxyFailed(_) => true,
        Ureq::Io(error) => error.kind() == std::io::ErrorKind::ConnectionRefused,
        _ => false,
    }
}

/// The part of a request's URL that messages may contain.
fn shown(request: &Request) -> String {
    if request.redact_url {
        format!("https://{}/***", host(&request.url))
    } else {
        without_query(&request.url).to_owned()
    }
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_has_no_query() {
        let mut request = Request::get("https://u:p@h/p?ticket=ST-1");
        assert_eq!(shown(&request), "https://u:p@h/p");
        request.redact_url = true;
        assert_eq!(shown(&request), "https://h/***");
        let file = Request { redact_url: true, ..Request::get("https://s3.coros.com/fit/1/2.fit?x") };
        assert_eq!(shown(&file), "https://s3.coros.com/***");
    }

    #[test]
    fn an_error_of_the_system_is_shown_in_words() {
        let of = |error: std::io::Error| in_words(&error.into());
        assert_eq!(of(std::io::Error::from_raw_os_error(111)), "connection refused");
        assert_eq!(of(std::io::Error::other("Peer closed (early)")), "Peer closed (early)");
        assert_eq!(in_words(&ureq::Error::HostNotFound), ureq::Error::HostNotFound.to_string());
    }
}
