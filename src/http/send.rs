//! Sends one request: waits for its turn, follows redirects within the platform's hosts, tries reads again.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use ureq::tls::TlsConfig;
use ureq::unversioned::transport::DefaultConnector;

use super::names::Names;
use super::{Error, Http, Options, Pacer, Pause, Repeat, Request, Response, Roots, Turn, retry};

/// Redirects followed for one request.
const REDIRECTS: u32 = 4;
/// A service's wish to be left alone is heeded for no longer.
const LONGEST_WISH: SignedDuration = SignedDuration::from_hours(24);
/// A person's wish to stop is noticed after this time.
const GLANCE: Duration = Duration::from_millis(50);

impl Http {
    /// A client that takes its turns from `pacer`.
    pub fn new(pacer: Arc<dyn Pacer>, options: Options) -> Http {
        let proxy = options.route.proxies.proxy().filter(|_| options.loopback.is_none());
        let (direct, proxied) = (agent(&options, None), proxy.map(|(_, proxy)| agent(&options, Some(proxy))));
        Http { direct, proxied, pacer, options }
    }

    /// The way to a host.
    fn agent(&self, host: &str) -> &ureq::Agent {
        self.proxied.as_ref().filter(|_| !self.options.route.proxies.is_around(host)).unwrap_or(&self.direct)
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
                Err(error @ Error::Network { .. }) if !last => (self.options.trace)(&error.to_string()),
                Err(error) => return Err(error),
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
        if request.repeat == Repeat::Never || !matches!(response.status, 429 | 503) {
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
    fn pause(&self, why: Pause<'_>, wait: Duration) -> Result<(), Error> {
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

    fn once(&self, request: &Request) -> Result<Response, Error> {
        let began = Instant::now();
        let network = |why: String| Error::Network { host: host(&request.url), why, unsent: false };
        let agent = self.agent(&host(&request.url));
        let failed = |error: ureq::Error| {
            let proxy = agent.config().proxy().and(self.options.route.proxies.proxy());
            if let Some((setting, _)) = proxy
                && let Some(why) = proxy_refusal(&error)
            {
                return Error::Proxy { setting, why };
            }
            let unsent = is_unsent(&error);
            // One about the URL itself would quote it.
            let why = if request.secret_path { without_secret(&error) } else { error.to_string() };
            let why = match proxy {
                Some((setting, _)) => format!("{why} (via the proxy in {setting})"),
                None => why,
            };
            Error::Network { host: host(&request.url), why, unsent }
        };
        let url = match &self.options.loopback {
            Some(loopback) => loopback.rewrite(&request.url),
            None => request.url.clone(),
        };
        let mut builder = ureq::http::Request::builder().method(request.method).uri(url);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let unfit = |error: ureq::http::Error| failed(ureq::Error::Http(error));
        let sent = match &request.body {
            Some(body) => agent.run(builder.body(body.as_slice()).map_err(unfit)?),
            None => agent.run(builder.body(()).map_err(unfit)?),
        };
        let (head, mut body) = sent.map_err(failed)?.into_parts();
        let mut bytes = Vec::new();
        let mut reader = body.with_config().limit(request.limit + 1).reader().take(request.limit + 1);
        reader.read_to_end(&mut bytes).map_err(|error| network(format!("the answer broke off: {error}")))?;
        if bytes.len() as u64 > request.limit {
            return Err(Error::TooLarge { host: host(&request.url), limit: request.limit });
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

/// A way out, by a proxy or without one.
fn agent(options: &Options, proxy: Option<&ureq::Proxy>) -> ureq::Agent {
    let tls = TlsConfig::builder().root_certs(Roots::config(options.route.roots.as_ref())).build();
    let config = ureq::Agent::config_builder()
        .tls_config(tls)
        // Always said: of the environment it would take the first that it can use, and none if it can use none.
        .proxy(proxy.cloned())
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_resolve(Some(options.timeout))
        .timeout_connect(Some(options.timeout))
        .timeout_send_request(Some(options.timeout))
        .timeout_recv_response(Some(options.timeout))
        .timeout_per_read(Some(options.timeout))
        .timeout_per_write(Some(options.timeout))
        .build();
    ureq::Agent::with_parts(config, DefaultConnector::default(), Names::default())
}

/// What a proxy says that does not take its login; of another failure nothing.
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

/// Whether a request failed before anything of it was sent.
fn is_unsent(error: &ureq::Error) -> bool {
    use ureq::{Error as Ureq, Timeout};
    match error {
        Ureq::HostNotFound | Ureq::ConnectionFailed | Ureq::InvalidProxyUrl | Ureq::Tls(_) | Ureq::BadUri(_) => true,
        Ureq::Timeout(Timeout::Resolve | Timeout::Connect) | Ureq::ConnectProxyFailed(_) => true,
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
