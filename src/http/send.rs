//! Sends one request: waits for its turn, follows redirects within the platform's hosts, tries reads again.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::tls::{Tls, Unconnected};
use super::watch::{Halt, halted};
use super::{Error, Http, Options, Pacer, Pause, Repeat, Request, Response, Turn, agent, retry};

/// Redirects followed for one request.
const REDIRECTS: u32 = 4;
/// A service's wish to be left alone is heeded for no longer.
const LONGEST_WISH: SignedDuration = SignedDuration::from_hours(24);
/// A person's wish to stop is noticed after this time.
const GLANCE: Duration = Duration::from_millis(50);
/// The answer to a write is waited for so much longer when a person wants the program to end: a token that was renewed, or
/// what became of an upload, is in it.
const GRACE: Duration = Duration::from_secs(10);
/// A whole answer has to be there after so many times-out of a read...
const TIMEOUTS: u32 = 5;
/// ...and the time that the largest one, with what is sent, takes at so many bytes a second.
const DEADLINE_SPEED: u64 = 16 << 10;
/// An answer that was too slow is asked for once more, not as often as one that did not come: each try takes its time.
const SLOW_TRIES: u32 = 2;

/// Why a request came to nothing, for whoever decides on another try.
struct Failed {
    error: Error,
    is_slow: bool,
}

impl Http {
    /// A client that takes its turns from `pacer`.
    pub fn new(pacer: Arc<dyn Pacer>, options: Options) -> Http {
        let tls = Tls::default();
        let reads = agent::agent(&options, &tls, Duration::ZERO);
        let writes = agent::agent(&options, &tls, GRACE);
        Http { reads, writes, pacer, options }
    }

    /// Sends `request` for `platform` and returns the answer, whatever its status.
    ///
    /// Reads are tried again as [`Repeat`] says; when the tries are used up, the last answer is returned.
    pub fn send(&self, platform: &str, request: &Request) -> Result<Response, Error> {
        let mut try_number = 1;
        let mut followed = 0;
        let mut request = request.clone();
        loop {
            self.wait_for_turn(platform)?;
            let result = self.once(&request);
            let last = request.repeat == Repeat::Never || try_number >= self.options.backoff.tries;
            match result {
                Ok(response) => {
                    if let Some(next) = redirect(&request, &response)? {
                        followed += 1;
                        if followed > REDIRECTS {
                            let (host, why) = (host(&request.url), "too many redirects".into());
                            return Err(Error::Network { host, why, unsent: false });
                        }
                        request.url = next;
                        continue;
                    }
                    self.heed(platform, &request, &response)?;
                    let final_500 = response.status == 500 && request.repeat == Repeat::ReadOnce500 && try_number >= 2;
                    if last || final_500 || !retry::may_pass(response.status) {
                        return Ok(response);
                    }
                }
                Err(Failed { error: error @ Error::Network { .. }, is_slow })
                    if !(last || is_slow && try_number >= SLOW_TRIES) =>
                {
                    (self.options.trace)(&error.to_string());
                }
                Err(Failed { error, .. }) => return Err(error),
            }
            try_number += 1;
            self.wait_to_try(try_number)?;
        }
    }

    /// Waits as reads do before their try number `next` (2 is the first repetition): for a caller that knows from the
    /// answer that its write came to nothing and may be sent again.
    pub fn wait_to_try(&self, next: u32) -> Result<(), Error> {
        self.pause(Pause::Again, self.options.backoff.wait(next, fastrand::f64()))
    }

    /// Remembers for all processes that the service asked to be left alone, and gives up when that is too long to wait.
    fn heed(&self, platform: &str, request: &Request, response: &Response) -> Result<(), Error> {
        // What a write is told (a login above all) is its caller's to judge: it must not hold up the reads.
        if request.repeat == Repeat::Never || !matches!(response.status, 427 | 429 | 503) {
            return Ok(());
        }
        let now = Timestamp::now();
        let Some(until) = response.header("retry-after").and_then(|value| retry::retry_after(value, now)) else {
            return Ok(());
        };
        // A slip of theirs must not silence us for years.
        let until = now.checked_add(LONGEST_WISH).map_or(until, |longest| until.min(longest));
        self.pacer.not_before(platform, until).map_err(Error::Pacing)?;
        if until.duration_since(now) > signed(self.options.patience) {
            return Err(Error::Wait { host: host(&request.url), until });
        }
        Ok(())
    }

    fn wait_for_turn(&self, platform: &str) -> Result<(), Error> {
        loop {
            if self.options.stop.load(Ordering::Relaxed) {
                return Err(Error::Stopped);
            }
            match self.pacer.take_turn(platform, self.options.interval).map_err(Error::Pacing)? {
                Turn::Now => return Ok(()),
                Turn::Later(wait) => self.pause(Pause::Turn, wait)?,
                Turn::NotBefore(until) => {
                    let wait = until.duration_since(Timestamp::now());
                    if wait > signed(self.options.patience) {
                        return Err(Error::Wait { host: platform.to_owned(), until });
                    }
                    self.pause(Pause::Asked(platform), wait.unsigned_abs())?;
                }
            }
        }
    }

    /// Sleeps, but not past a person's wish to stop.
    ///
    /// # Errors
    /// [`Error::Stopped`]
    pub fn pause(&self, why: Pause<'_>, wait: Duration) -> Result<(), Error> {
        let end = Instant::now() + wait;
        (self.options.waiting)(why, wait);
        loop {
            if self.options.stop.load(Ordering::Relaxed) {
                return Err(Error::Stopped);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(GLANCE));
        }
    }

    fn once(&self, request: &Request) -> Result<Response, Failed> {
        let began = Instant::now();
        let failed = |error: ureq::Error| self.failed(request, &error);
        let url = match &self.options.loopback {
            Some(loopback) => loopback.rewrite(&request.url),
            None => request.url.clone(),
        };
        let mut builder = ureq::http::Request::builder().method(request.method).uri(url);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let unfit = |error: ureq::http::Error| failed(ureq::Error::Http(error));
        let agent = if request.repeat == Repeat::Never { &self.writes } else { &self.reads };
        let within = Some(self.deadline(request));
        let sent = match &request.body {
            Some(body) => {
                let request = builder.body(body.as_slice()).map_err(unfit)?;
                agent.run(agent.configure_request(request).timeout_global(within).build())
            }
            None => {
                let request = builder.body(()).map_err(unfit)?;
                agent.run(agent.configure_request(request).timeout_global(within).build())
            }
        };
        let (head, mut body) = sent.map_err(failed)?.into_parts();
        let mut bytes = Vec::new();
        let mut reader = body.with_config().limit(request.limit + 1).reader().take(request.limit + 1);
        reader.read_to_end(&mut bytes).map_err(|error| self.broke_off(request, error))?;
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
        (self.options.trace)(&format!(
            "{} {} {} ({} bytes, {:.2} s)",
            request.method,
            shown(request),
            response.status,
            response.body.len(),
            began.elapsed().as_secs_f64()
        ));
        Ok(response)
    }

    /// The time for one try as a whole, from looking up the host to the last byte of the answer.
    fn deadline(&self, request: &Request) -> Duration {
        let bytes = request.limit + request.body.as_ref().map_or(0, Vec::len) as u64;
        self.options.timeout * TIMEOUTS + Duration::from_secs(bytes / DEADLINE_SPEED)
    }

    /// What an error before the body of the answer means.
    fn failed(&self, request: &Request, error: &ureq::Error) -> Failed {
        // One about the URL itself would quote it.
        let why = if request.secret_path { without_secret(error) } else { self.words(request, error) };
        self.given_up(request, error, why, is_unsent(error))
    }

    fn broke_off(&self, request: &Request, error: std::io::Error) -> Failed {
        let error = ureq::Error::from(error);
        let why = format!("the answer broke off: {}", self.words(request, &error));
        self.given_up(request, &error, why, false)
    }

    fn given_up(&self, request: &Request, error: &ureq::Error, why: String, unsent: bool) -> Failed {
        let halt = halted(error);
        let is_slow = matches!(error, ureq::Error::Timeout(ureq::Timeout::Global));
        let error = match halt {
            // Of a write that was sent it has to be known that it was.
            Some(Halt::Stopped) if request.repeat != Repeat::Never => Error::Stopped,
            _ => Error::Network { host: host(&request.url), why, unsent },
        };
        Failed { error, is_slow: is_slow || halt.is_some() }
    }

    fn words(&self, request: &Request, error: &ureq::Error) -> String {
        match error {
            ureq::Error::Timeout(ureq::Timeout::Global) => {
                format!("it took longer than {} s", self.deadline(request).as_secs())
            }
            other => other.to_string(),
        }
    }
}

/// Where a redirect leads, if it is one and leads to a host of the platform.
fn redirect(request: &Request, response: &Response) -> Result<Option<String>, Error> {
    if request.method != "GET" || !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = response.header("location") else { return Ok(None) };
    let here = host(&request.url);
    let next = match location.strip_prefix('/') {
        Some(path) if !path.starts_with('/') => format!("https://{here}/{path}"),
        _ => location.to_owned(),
    };
    let to = host(&next);
    if next.starts_with("https://") && (to == here || request.hosts.contains(&to)) {
        return Ok(Some(next));
    }
    Err(Error::Redirect { host: here, to: if to.is_empty() { "somewhere".into() } else { to } })
}

/// Whether a request failed before anything of it was sent.
fn is_unsent(error: &ureq::Error) -> bool {
    use ureq::{Error as Ureq, Timeout};
    match error {
        Ureq::HostNotFound | Ureq::ConnectionFailed | Ureq::InvalidProxyUrl | Ureq::BadUri(_) => true,
        Ureq::Other(inner) => inner.is::<Unconnected>(),
        Ureq::Timeout(Timeout::Resolve | Timeout::Connect) => true,
        Ureq::Io(error) => error.kind() == std::io::ErrorKind::ConnectionRefused,
        _ => false,
    }
}

/// The host of a URL, without a port or user.
pub(super) fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    host.split(':').next().unwrap_or("").to_ascii_lowercase()
}

/// What may be told of a request's URL.
fn shown(request: &Request) -> String {
    if request.secret_path {
        format!("https://{}/***", host(&request.url))
    } else {
        without_query(&request.url).to_owned()
    }
}

fn without_secret(error: &ureq::Error) -> String {
    match error {
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => "the address cannot be used".into(),
        other => other.to_string(),
    }
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or("")
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, location: &str) -> Response {
        Response { status, headers: vec![("location".into(), location.into())], body: Vec::new() }
    }

    #[test]
    fn a_redirect_stays_on_the_platforms_hosts() {
        let mut request = Request::get("https://a.garmin.com/x?y");
        request.hosts = vec!["b.garmin.com".into()];
        let to = |location| redirect(&request, &answer(302, location));
        assert_eq!(to("/z?q").unwrap().as_deref(), Some("https://a.garmin.com/z?q"));
        assert_eq!(to("https://b.garmin.com/z").unwrap().as_deref(), Some("https://b.garmin.com/z"));
        for bad in [
            "https://evil.example/z",
            "http://b.garmin.com/z",
            "//evil.example/z",
            "https://b.garmin.com@evil.example/",
        ] {
            assert!(to(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_trace_holds_no_query() {
        let mut request = Request::get("https://u:p@h/p?ticket=ST-1");
        assert_eq!(shown(&request), "https://u:p@h/p");
        request.secret_path = true;
        assert_eq!(shown(&request), "https://h/***");
        let file = Request { secret_path: true, ..Request::get("https://s3.coros.com/fit/1/2.fit?x") };
        assert_eq!(shown(&file), "https://s3.coros.com/***");
    }
}
