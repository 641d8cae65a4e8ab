//! Sends one request: waits for its turn, follows redirects within the platform's hosts, tries reads again (`once` is one try).

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::agent::Ways;
use super::attempt::Failed;
use super::tls::Tls;
use super::{
    Cookies, Error, Followed, Http, Options, Pacer, Pause, Repeat, Request, Response, Turn, cookies, retry, writes_of,
};
use crate::clock::Moment;

/// What cookies are sent in.
const COOKIE: &str = "Cookie";
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
        self.follow(platform, request).map(|followed| followed.response)
    }

    /// The same, for whoever needs to know where redirects led.
    pub fn follow(&self, platform: &str, request: &Request) -> Result<Followed, Error> {
        let mut try_number = 1;
        let mut trail = Trail::new(request);
        let mut request = request.clone();
        loop {
            if request.changes {
                self.wait_to_write(platform)?;
            }
            self.wait_for_turn(platform)?;
            if request.not_after.is_some_and(|moment| moment.is_over()) {
                return Err(Error::TooLate);
            }
            self.sent.lock().unwrap_or_else(PoisonError::into_inner).insert(platform.to_owned(), Moment::now());
            let result = self.once(&request);
            let last = request.repeat.is_sent_once() || try_number >= self.options.backoff.tries;
            match result {
                Ok(response) => {
                    if let Some(next) = redirect(&request, &response)? {
                        trail.lead(&mut request, &response, next)?;
                        continue;
                    }
                    self.heed(platform, &request, &response)?;
                    let final_500 = response.status == 500 && request.repeat == Repeat::ReadOnce500 && try_number >= 2;
                    if last || final_500 || !retry::may_pass(response.status) {
                        return Ok(trail.end(request, response));
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
        // What a login is told is its caller's to judge: it must not hold up the reads.
        let is_login = request.repeat.is_sent_once() && !request.changes;
        if is_login || !matches!(response.status, 427 | 429 | 503) {
            return Ok(());
        }
        let now = Timestamp::now();
        let Some(until) = response.header("retry-after").and_then(|value| retry::retry_after(value, now)) else {
            return Ok(());
        };
        // A slip of theirs must not silence us for years.
        let until = now.checked_add(LONGEST_WISH).map_or(until, |longest| until.min(longest));
        let asked = if request.changes { &writes_of(platform) } else { platform };
        self.pacer.not_before(asked, until).map_err(Error::Pacing)?;
        // What became of a write its answer says.
        if request.repeat.is_sent_once() || until.duration_since(now) <= signed(self.options.patience) {
            return Ok(());
        }
        Err(match request.changes {
            true => Error::WaitToWrite { platform: platform.to_owned(), until },
            false => Error::Wait { host: host(&request.url), until },
        })
    }

    /// Waits as long as the service wants no uploads and deletions, unless that is too long to wait.
    fn wait_to_write(&self, platform: &str) -> Result<(), Error> {
        loop {
            match self.pacer.take_turn(&writes_of(platform), Duration::ZERO).map_err(Error::Pacing)? {
                Turn::Now | Turn::Later(_) => return Ok(()),
                Turn::NotBefore(until) => {
                    let wait = until.duration_since(Timestamp::now());
                    if wait > signed(self.options.patience) {
                        return Err(Error::WaitToWrite { platform: platform.to_owned(), until });
                    }
                    self.pause(Pause::Asked(platform), wait.unsigned_abs())?;
                }
            }
        }
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

/// The way of one request over redirects.
struct Trail {
    followed: u32,
    /// The `Cookie` header of the request itself.
    own: Option<String>,
    /// The cookies that redirects of the present host have set, and their headers.
    cookies: Cookies,
    set: Vec<(String, String)>,
}

impl Trail {
    fn new(request: &Request) -> Trail {
        let own = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(COOKIE));
        let own = own.map(|(_, value)| value.clone());
        Trail { followed: 0, own, cookies: Cookies::default(), set: Vec::new() }
    }

    /// Makes `request` the one that the redirect `response` leads to, with the cookies that it sets, as a browser does.
    /// Another host gets none of them.
    fn lead(&mut self, request: &mut Request, response: &Response, next: String) -> Result<(), Error> {
        self.followed += 1;
        if self.followed > REDIRECTS {
            let (host, why) = (host(&request.url), "too many redirects".into());
            return Err(Error::Network { host, why, unsent: false });
        }
        if host(&next) == host(&request.url) {
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

    /// The answer at its end. Its own cookies come last, and so replace those of the same name.
    fn end(self, request: Request, mut response: Response) -> Followed {
        response.headers.splice(..0, self.set);
        Followed { response, url: request.url }
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

    #[test]
    fn cookies_of_redirects_go_along_on_the_same_host_and_reach_the_caller() {
        let setting = |location: &str, cookies: &[&str]| {
            let mut response = answer(302, location);
            response.headers.extend(cookies.iter().map(|cookie| (cookies::SET.to_owned(), (*cookie).to_owned())));
            response
        };
        let sent = |request: &Request| -> Vec<String> {
            request.headers.iter().filter(|(name, _)| name == COOKIE).map(|(_, value)| value.clone()).collect()
        };
        let mut request = Request::get("https://a.garmin.com/x").header("Cookie", "own=1");
        let mut trail = Trail::new(&request);
        let first = setting("/y", &["SESSION=first; Path=/", "gone=", "bm=1"]);
        trail.lead(&mut request, &first, "https://a.garmin.com/y".into()).unwrap();
        assert_eq!(sent(&request), ["own=1; SESSION=first; bm=1"]);
        trail.lead(&mut request, &setting("/z", &["bm=2"]), "https://a.garmin.com/z?q".into()).unwrap();
        assert_eq!(sent(&request), ["own=1; SESSION=first; bm=2"]);
        let end = trail.end(request.clone(), setting("", &["bm=3"]));
        let mut cookies = Cookies::default();
        cookies.take(&end.response);
        assert_eq!((cookies.header().as_str(), end.url.as_str()), ("SESSION=first; bm=3", "https://a.garmin.com/z?q"));
        let mut trail = Trail::new(&Request::get("https://a.garmin.com/x"));
        trail.lead(&mut request, &first, "https://b.garmin.com/y".into()).unwrap();
        assert!(
            sent(&request).is_empty() && trail.end(request, answer(200, "")).response.header("set-cookie").is_none()
        );
    }
}
