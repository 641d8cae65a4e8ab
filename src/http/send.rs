//! Sends one request: waits for its turn, follows redirects within the platform's hosts, tries reads again (`once` is one try).

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::agent::Ways;
use super::once::Failed;
use super::tls::Tls;
use super::{Error, Http, Options, Pacer, Pause, Repeat, Request, Response, Turn, retry};
use crate::clock::Moment;

/// Redirects followed for one request.
const REDIRECTS: u32 = 4;
/// A service's wish to be left alone is heeded for no longer.
const LONGEST_WISH: SignedDuration = SignedDuration::from_hours(24);
/// A person's wish to stop is noticed after this time.
const GLANCE: Duration = Duration::from_millis(50);
/// An answer that was too slow is asked for once more, not as often as one that did not come: each try takes its time.
const SLOW_TRIES: u32 = 2;

impl Http {
    /// A client that takes its turns from `pacer`.
    pub fn new(pacer: Arc<dyn Pacer>, options: Options) -> Http {
        let proxy = options.route.proxies.proxy().filter(|_| options.loopback.is_none());
        let tls = Tls::new(options.route.roots.clone());
        let (direct, proxied) =
            (Ways::new(&options, &tls, None), proxy.map(|(_, proxy)| Ways::new(&options, &tls, Some(proxy))));
        Http { direct, proxied, pacer, options, sent: Mutex::default() }
    }

    /// When the last request to `platform` was sent: what its answer tells is no older.
    pub fn last_sent(&self, platform: &str) -> Option<Moment> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).get(platform).copied()
    }

    /// The least time between two requests to a platform.
    pub fn interval(&self) -> Duration {
        self.options.interval
    }

    /// The proxy to a host, and the setting that names it.
    pub(super) fn proxy(&self, host: &str) -> Option<&(&'static str, ureq::Proxy)> {
        let proxies = &self.options.route.proxies;
        proxies.proxy().filter(|_| self.proxied.is_some() && !proxies.is_around(host))
    }

    /// The way to a host.
    pub(super) fn ways(&self, host: &str) -> &Ways {
        self.proxied.as_ref().filter(|_| self.proxy(host).is_some()).unwrap_or(&self.direct)
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
            if request.not_after.is_some_and(|moment| moment.is_over()) {
                return Err(Error::TooLate);
            }
            self.sent.lock().unwrap_or_else(PoisonError::into_inner).insert(platform.to_owned(), Moment::now());
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

/// The host of a URL, without a port or user.
pub(super) fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    host.split(':').next().unwrap_or("").to_ascii_lowercase()
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
}
