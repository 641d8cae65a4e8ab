//! Sends one request: waits for its permit, follows redirects within the platform's hosts, retries reads (`attempt`
//! sends the request once).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::agent::Agents;
use super::attempt::Failed;
use super::interruptible::Workers;
use super::tls::Tls;
use super::{
    Client, Cookies, Error, Followed, Http, Options, Pause, Permit, PermitError, RateLimiter, Repeat, Request,
    Response, WaitObserver, cookies, files_of, retry, writes_of,
};
use crate::clock::Moment;

/// The header with the cookies of a request.
const COOKIE: &str = "Cookie";
/// The most redirects followed for one request.
const REDIRECTS: u32 = 4;
/// How often a request is sent whose response was too slow: fewer attempts than after a failed connection, because each
/// takes long.
const SLOW_TRIES: u32 = 2;

impl Http {
    /// The time, by the clock of this client.
    pub fn now(&self) -> Timestamp {
        self.client.options.clock.now()
    }

    /// A client that takes its permits from `rate_limiter` and does not show its waits.
    pub fn new(rate_limiter: Arc<dyn RateLimiter>, options: Options) -> Http {
        let proxy = options.route.proxies.proxy().filter(|_| options.loopback.is_none());
        let tls = Tls::new(options.route.ca_certificates.clone());
        let (direct, proxied) =
            (Agents::new(&options, &tls, None), proxy.map(|(_, proxy)| Agents::new(&options, &tls, Some(proxy))));
        let client =
            Client { direct, proxied, rate_limiter, options, workers: Workers::default(), sent: Mutex::default() };
        Http { client: Arc::new(client), waiting: Box::new(|_, _| ()), over: Arc::default() }
    }

    /// Another handle to the same client, which calls `waiting` before each of its waits. When `over` is raised, it stops
    /// waiting and sends no further request; one that was sent is completed.
    pub fn with_waiting(&self, waiting: WaitObserver, over: Arc<AtomicBool>) -> Http {
        Http { client: self.client.clone(), waiting, over }
    }

    /// When the last request to `platform` was sent. Its response shows the state at this moment or later.
    pub fn last_sent(&self, platform: &str) -> Option<Moment> {
        self.client.sent.lock().unwrap_or_else(PoisonError::into_inner).get(platform).copied()
    }

    /// The least time between two requests to a platform.
    pub fn interval(&self) -> Duration {
        self.client.options.interval
    }

    /// The proxy for a host, and the setting that names it.
    pub(super) fn proxy(&self, host: &str) -> Option<&(&'static str, ureq::Proxy)> {
        let proxies = &self.client.options.route.proxies;
        proxies.proxy().filter(|_| self.client.proxied.is_some() && !proxies.is_bypassed(host))
    }

    /// The connections for a host.
    pub(super) fn agents(&self, host: &str) -> &Agents {
        self.client.proxied.as_ref().filter(|_| self.proxy(host).is_some()).unwrap_or(&self.client.direct)
    }

    /// Sends `request` for `platform` and returns the response, whatever its status.
    ///
    /// Reads are retried as [`Repeat`] says. After the last attempt its response is returned.
    pub fn send(&self, platform: &str, request: &Request) -> Result<Response, Error> {
        self.follow(platform, request).map(|followed| followed.response)
    }

    /// Like [`Http::send`], and also returns the URL that redirects led to.
    pub fn follow(&self, platform: &str, request: &Request) -> Result<Followed, Error> {
        let mut try_number = 1;
        let mut redirects = Redirects::new(request);
        let mut request = request.clone();
        let pace = if request.to_file_store { files_of(platform) } else { platform.to_owned() };
        loop {
            if request.changes {
                self.wait_to_write(platform)?;
            }
            self.wait_for_permit(platform, &pace, request.min_interval)?;
            if request.not_after.is_some_and(|moment| moment.is_over()) {
                return Err(Error::TooLate);
            }
            self.client.sent.lock().unwrap_or_else(PoisonError::into_inner).insert(pace.clone(), Moment::now());
            let result = self.try_once(&request);
            let last = request.repeat.is_sent_once() || try_number >= self.client.options.backoff.tries;
            match result {
                Ok(response) => {
                    if let Some(next) = redirect(&request, &response)? {
                        redirects.follow(&mut request, &response, next)?;
                        continue;
                    }
                    self.apply_retry_after(
                        if request.changes { writes_of(platform) } else { pace.clone() },
                        &request,
                        &response,
                    )?;
                    if last || is_final(&request, response.status, try_number) {
                        return Ok(redirects.end(request, response));
                    }
                }
                Err(Failed { error: error @ Error::Network { .. }, is_slow })
                    if !(last || is_slow && try_number >= SLOW_TRIES) =>
                {
                    (self.client.options.trace)(&error.to_string());
                }
                Err(Failed { error, .. }) => return Err(error),
            }
            try_number += 1;
            self.wait_to_retry(try_number)?;
        }
    }

    /// Waits as long as a read waits before attempt number `next` (2 is the first retry). For a caller that knows from
    /// the response that its write had no effect and may be sent again.
    pub fn wait_to_retry(&self, next: u32) -> Result<(), Error> {
        self.pause(Pause::Retry, self.client.options.backoff.wait(next, fastrand::f64()))
    }

    /// Records for all processes that the service asked to wait, and fails if that wait is longer than
    /// [`Options::max_retry_after`]. `asked`: the name of the requests that wait.
    fn apply_retry_after(&self, asked: String, request: &Request, response: &Response) -> Result<(), Error> {
        // The caller handles the response to a login, which must not delay the reads.
        let is_login = matches!(request.repeat, Repeat::Once | Repeat::Never) && !request.changes;
        if is_login || !matches!(response.status, 427 | 429 | 503) {
            return Ok(());
        }
        let now = self.now();
        let Some(until) = response.retry_after(now) else { return Ok(()) };
        self.client.rate_limiter.not_before(&asked, until).map_err(Error::RateLimiter)?;
        // The caller needs the response to a write, because it contains the outcome.
        if request.repeat.is_sent_once() || until.duration_since(now) <= signed(self.client.options.max_retry_after) {
            return Ok(());
        }
        Err(match request.changes {
            true => Error::WritesRateLimited { until },
            false => Error::RateLimited { until },
        })
    }

    /// Waits until the service allows uploads and deletions. Fails if that wait is longer than
    /// [`Options::max_retry_after`].
    fn wait_to_write(&self, platform: &str) -> Result<(), Error> {
        loop {
            match self.client.rate_limiter.acquire(&writes_of(platform), Duration::ZERO).map_err(Error::RateLimiter)? {
                Permit::Now | Permit::Later(_) => return Ok(()),
                Permit::NotBefore(until) => {
                    let wait = until.duration_since(self.now());
                    if wait > signed(self.client.options.max_retry_after) {
                        return Err(Error::WritesRateLimited { until });
                    }
                    self.pause(Pause::RateLimited(platform), wait.try_into().unwrap_or_default())?;
                }
            }
        }
    }

    /// Waits for the permit of a request that keeps the `pace` of this name: the platform's own, or that of its stores.
    fn wait_for_permit(&self, platform: &str, pace: &str, min_interval: Duration) -> Result<(), Error> {
        let interval = self.client.options.interval.max(min_interval);
        loop {
            if self.is_stopped() {
                return Err(Error::Stopped);
            }
            match self.permit(platform, pace, interval).map_err(Error::RateLimiter)? {
                Permit::Now => return Ok(()),
                Permit::Later(wait) => self.pause(Pause::RequestInterval, wait)?,
                Permit::NotBefore(until) => {
                    let wait = until.duration_since(self.now());
                    if wait > signed(self.client.options.max_retry_after) {
                        return Err(Error::RateLimited { until });
                    }
                    self.pause(Pause::RateLimited(platform), wait.try_into().unwrap_or_default())?;
                }
            }
        }
    }

    fn permit(&self, platform: &str, pace: &str, interval: Duration) -> Result<Permit, PermitError> {
        let limiter = &self.client.rate_limiter;
        // While the service asks to wait with requests to its API, its stores get none either.
        if pace != platform
            && let wait @ Permit::NotBefore(_) = limiter.acquire(platform, Duration::ZERO)?
        {
            return Ok(wait);
        }
        limiter.acquire(pace, interval)
    }

    /// Sleeps, unless a person wants to stop the program or this handle is over.
    ///
    /// # Errors
    /// [`Error::Stopped`]
    pub fn pause(&self, why: Pause<'_>, wait: Duration) -> Result<(), Error> {
        (self.waiting)(why, wait);
        self.client.options.clock.sleep(wait, || self.is_stopped());
        if self.is_stopped() { Err(Error::Stopped) } else { Ok(()) }
    }

    fn is_stopped(&self) -> bool {
        self.client.options.stop.load(Ordering::Relaxed) || self.over.load(Ordering::Relaxed)
    }
}

/// The redirects of one request.
struct Redirects {
    count: u32,
    /// The `Cookie` header of the request itself.
    own: Option<String>,
    /// The cookies that redirects of the current origin have set, and their headers.
    cookies: Cookies,
    set: Vec<(String, String)>,
}

impl Redirects {
    fn new(request: &Request) -> Redirects {
        let own = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(COOKIE));
        let own = own.map(|(_, value)| value.clone());
        Redirects { count: 0, own, cookies: Cookies::default(), set: Vec::new() }
    }

    /// Changes `request` to the target of the redirect `response`, with the cookies that the redirect sets, as a
    /// browser does. Another host or port gets none of them.
    fn follow(&mut self, request: &mut Request, response: &Response, next: String) -> Result<(), Error> {
        self.count += 1;
        if self.count > REDIRECTS {
            return Err(Error::RedirectLoop { host: host(&request.url) });
        }
        if origin(&next) == origin(&request.url) {
            self.cookies.take(response);
            self.set.extend(response.headers.iter().filter(|(name, _)| name == cookies::SET).cloned());
        } else {
            self.cookies = Cookies::default();
            self.set.clear();
        }
        request.url = next;
        request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(COOKIE));
        let set = (!self.cookies.is_empty()).then(|| self.cookies.header());
        let all: Vec<String> = self.own.clone().into_iter().chain(set).collect();
        if !all.is_empty() {
            request.headers.push((COOKIE.to_owned(), all.join("; ")));
        }
        Ok(())
    }

    /// The last response. Its own cookies come last and replace earlier ones with the same name.
    fn end(self, request: Request, mut response: Response) -> Followed {
        response.headers.splice(..0, self.set);
        Followed { response, url: request.url }
    }
}

/// Whether a status is the result of a read, however often it may still be sent.
fn is_final(request: &Request, status: u16, try_number: u32) -> bool {
    let is_once_500 = matches!(request.repeat, Repeat::ReadOnce500 | Repeat::ReadLimited);
    let is_limited = request.repeat == Repeat::ReadLimited && matches!(status, 427 | 429);
    is_limited || (status == 500 && is_once_500 && try_number >= 2) || !retry::is_retryable(status)
}

/// The target of a redirect, if the response is a redirect to a host of the platform. Another port may be another
/// service, which must not get the credentials.
fn redirect(request: &Request, response: &Response) -> Result<Option<String>, Error> {
    if request.method != "GET" || !request.follow || !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = response.header("location") else { return Ok(None) };
    let here = origin(&request.url);
    let next = match location.strip_prefix('/') {
        Some(path) if !path.starts_with('/') => format!("https://{here}/{path}"),
        _ => location.to_owned(),
    };
    let to = origin(&next);
    if next.starts_with("https://") && (to == here || request.hosts.contains(&to)) {
        return Ok(Some(next));
    }
    Err(Error::Redirect { host: here, to: if to.is_empty() { "an invalid URL".into() } else { to } })
}

/// The host of a URL, without a port or user.
pub(super) fn host(url: &str) -> String {
    host_and_port(url).split(':').next().unwrap_or("").to_ascii_lowercase()
}

/// The host of a URL, with its port unless that is the usual one of https.
fn origin(url: &str) -> String {
    let both = host_and_port(url);
    both.strip_suffix(":443").unwrap_or(both).to_ascii_lowercase()
}

fn host_and_port(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    authority.rsplit_once('@').map_or(authority, |(_, both)| both)
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
    fn a_read_of_a_strict_service_ends_with_its_first_rate_limit_and_its_second_500() {
        let limited = Request { repeat: Repeat::ReadLimited, ..Request::get("https://a.garmin.com/x") };
        let read = Request::get("https://a.garmin.com/x");
        for (status, number, ends) in [(429, 1, true), (500, 1, false), (500, 2, true), (503, 3, false), (401, 1, true)]
        {
            assert_eq!(is_final(&limited, status, number), ends, "{status} {number}");
        }
        assert!(!is_final(&read, 429, 1) && !is_final(&read, 500, 3) && is_final(&read, 404, 1));
    }

    #[test]
    fn a_redirect_stays_on_the_platforms_hosts() {
        let mut request = Request::get("https://a.garmin.com/x?y");
        request.hosts = vec!["b.garmin.com".into()];
        let to = |location| redirect(&request, &answer(302, location));
        assert_eq!(to("/z?q").unwrap().as_deref(), Some("https://a.garmin.com/z?q"));
        for good in ["https://b.garmin.com/z", "https://A.garmin.com:443/z"] {
            assert_eq!(to(good).unwrap().as_deref(), Some(good));
        }
        for bad in [
            "https://a.garmin.com:8443/z",
            "https://b.garmin.com:8443/z",
            "https://a.garmin.com:/z",
            "https://evil.example/z",
            "http://b.garmin.com/z",
            "//evil.example/z",
            "https://b.garmin.com@evil.example/",
        ] {
            assert!(to(bad).is_err(), "{bad}");
        }
        let at_port = Request::get("https://own.example:8443/x");
        let next = redirect(&at_port, &answer(302, "/z")).unwrap();
        assert_eq!(next.as_deref(), Some("https://own.example:8443/z"));
        assert!(redirect(&at_port, &answer(302, "https://own.example/z")).is_err());
        request.follow = false;
        assert_eq!(redirect(&request, &answer(302, "http://127.0.0.1:43123/callback?code=c")).unwrap(), None);
    }

    #[test]
    fn cookies_of_redirects_are_sent_on_the_same_host_and_reach_the_caller() {
        let setting = |location: &str, cookies: &[&str]| {
            let mut response = answer(302, location);
            response.headers.extend(cookies.iter().map(|cookie| (cookies::SET.to_owned(), (*cookie).to_owned())));
            response
        };
        let sent = |request: &Request| -> Vec<String> {
            request.headers.iter().filter(|(name, _)| name == COOKIE).map(|(_, value)| value.clone()).collect()
        };
        let mut request = Request::get("https://a.garmin.com/x").header("Cookie", "own=1");
        let mut redirects = Redirects::new(&request);
        let first = setting("/y", &["SESSION=first; Path=/", "gone=", "bm=1"]);
        redirects.follow(&mut request, &first, "https://a.garmin.com/y".into()).unwrap();
        assert_eq!(sent(&request), ["own=1; SESSION=first; bm=1"]);
        redirects.follow(&mut request, &setting("/z", &["bm=2"]), "https://a.garmin.com/z?q".into()).unwrap();
        assert_eq!(sent(&request), ["own=1; SESSION=first; bm=2"]);
        let end = redirects.end(request.clone(), setting("", &["bm=3"]));
        let mut cookies = Cookies::default();
        cookies.take(&end.response);
        assert_eq!((cookies.header().as_str(), end.url.as_str()), ("SESSION=first; bm=3", "https://a.garmin.com/z?q"));
        let mut redirects = Redirects::new(&Request::get("https://a.garmin.com/x"));
        redirects.follow(&mut request, &first, "https://b.garmin.com/y".into()).unwrap();
        assert!(
            sent(&request).is_empty()
                && redirects.end(request, answer(200, "")).response.header("set-cookie").is_none()
        );
    }
}
