//! Faults: the requests that they hit, and their effects on the response.

mod effect;
mod gzip;
mod lies;
mod meanwhile;

use crate::http::Request;
use serde::{Deserialize, Serialize};

pub use effect::Effect;
pub use lies::Lies;
pub use meanwhile::{Change, When};

/// The requests that a fault hits; an absent condition matches all requests.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Match {
    /// The exact host.
    pub host: Option<String>,
    /// The method.
    pub method: Option<String>,
    /// The prefix of the path.
    pub path: Option<String>,
    /// A text in the path or query.
    pub contains: Option<String>,
    /// A text in the body.
    pub body: Option<String>,
}

impl Match {
    fn fits(&self, request: &Request) -> bool {
        let target = format!("{}?{}", request.path, request.query);
        let is = |wanted: &Option<String>, test: &dyn Fn(&str) -> bool| wanted.as_deref().is_none_or(test);
        is(&self.host, &|host| host == request.host)
            && is(&self.method, &|method| method.eq_ignore_ascii_case(&request.method))
            && is(&self.path, &|prefix| request.path.starts_with(prefix))
            && is(&self.contains, &|part| target.contains(part))
            && is(&self.body, &|part| String::from_utf8_lossy(&request.body).contains(part))
    }
}

/// A fault: of the matching requests, it skips `after`, then hits every `every`th, at most `count`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The matching requests.
    #[serde(default, rename = "match")]
    pub matches: Match,
    /// The fault starts after a request that matches this condition: no earlier request is hit or counted.
    #[serde(default)]
    pub armed_by: Option<Match>,
    /// The number of matching requests that pass first.
    #[serde(default)]
    pub after: u32,
    /// The number of requests that are hit; absent: all.
    #[serde(default)]
    pub count: Option<u32>,
    /// Hits only every nth matching request; absent: each one.
    #[serde(default)]
    pub every: Option<u32>,
    /// The effect.
    pub effect: Effect,
}

impl Fault {
    /// A fault that hits every request until it is cleared.
    pub fn new(effect: Effect) -> Self {
        Fault { matches: Match::default(), armed_by: None, after: 0, count: None, every: None, effect }
    }

    /// Only requests to this host.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        self.matches.host = Some(host.to_owned());
        self
    }

    /// Only requests of this method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.matches.method = Some(method.to_owned());
        self
    }

    /// Only paths with this prefix.
    #[must_use]
    pub fn path(mut self, prefix: &str) -> Self {
        self.matches.path = Some(prefix.to_owned());
        self
    }

    /// Only targets (`path?query`) that contain this.
    #[must_use]
    pub fn contains(mut self, part: &str) -> Self {
        self.matches.contains = Some(part.to_owned());
        self
    }

    /// Only requests whose body contains this.
    #[must_use]
    pub fn body(mut self, part: &str) -> Self {
        self.matches.body = Some(part.to_owned());
        self
    }

    /// Only after a request to this host with this prefix of the path.
    #[must_use]
    pub fn armed_by(mut self, host: &str, prefix: &str) -> Self {
        self.armed_by = Some(Match { host: Some(host.to_owned()), path: Some(prefix.to_owned()), ..Match::default() });
        self
    }

    /// Lets this many matching requests pass first.
    #[must_use]
    pub fn after(mut self, requests: u32) -> Self {
        self.after = requests;
        self
    }

    /// Hits at most this many requests.
    #[must_use]
    pub fn count(mut self, requests: u32) -> Self {
        self.count = Some(requests);
        self
    }

    /// Hits exactly the `nth` matching request, counted from one.
    #[must_use]
    pub fn nth(self, nth: u32) -> Self {
        self.after(nth.saturating_sub(1)).count(1)
    }

    /// Hits only every nth matching request.
    #[must_use]
    pub fn every(mut self, requests: u32) -> Self {
        self.every = Some(requests);
        self
    }
}

/// An active fault, and the number of requests that it has matched.
struct Entry {
    fault: Fault,
    armed: bool,
    met: u32,
    hit: u32,
}

impl Entry {
    /// Whether the fault was active before this request, which may be the one that activates it.
    fn in_force(&mut self, request: &Request) -> bool {
        let before = self.armed;
        self.armed |= self.fault.armed_by.as_ref().is_some_and(|first| first.fits(request));
        before
    }

    /// Whether this request is one that the fault hits.
    fn hits(&mut self, request: &Request) -> bool {
        if !self.fault.matches.fits(request) {
            return false;
        }
        self.met += 1;
        let turn = self.met.saturating_sub(self.fault.after);
        let every = self.fault.every.unwrap_or(1).max(1);
        if turn == 0 || !(turn - 1).is_multiple_of(every) || self.fault.count.is_some_and(|count| self.hit >= count) {
            return false;
        }
        self.hit += 1;
        true
    }
}

/// The active faults.
#[derive(Default)]
pub struct Faults(Vec<Entry>);

/// The effects on one request.
#[derive(Clone, Debug, Default)]
pub struct Struck {
    /// Effects that apply together.
    pub with: Vec<Effect>,
    /// The one effect that decides whether and how the response is sent.
    pub end: Option<Effect>,
}

impl Faults {
    /// Activates a fault.
    pub fn push(&mut self, fault: Fault) {
        self.0.push(Entry { armed: fault.armed_by.is_none(), fault, met: 0, hit: 0 });
    }

    /// Removes all faults.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The effects on this request: all effects that combine, and the first other one.
    pub fn strike(&mut self, request: &Request) -> Struck {
        let mut struck = Struck::default();
        for entry in &mut self.0 {
            let combines = entry.fault.effect.combines();
            let in_force = entry.in_force(request);
            // A fault that cannot apply any more does not count the request, either.
            if !in_force || (struck.end.is_some() && !combines) || !entry.hits(request) {
                continue;
            }
            match combines {
                true => struck.with.push(entry.fault.effect.clone()),
                false => struck.end = Some(entry.fault.effect.clone()),
            }
        }
        struck
    }
}

impl Struck {
    /// Milliseconds to wait before anything else.
    pub fn wait(&self) -> u64 {
        self.with.iter().map(|effect| if let Effect::Latency { ms } = effect { *ms } else { 0 }).sum()
    }

    /// The changes by others before or after the request takes effect.
    pub fn changes(&self, at: When) -> impl Iterator<Item = &Change> {
        self.with.iter().filter_map(move |effect| match effect {
            Effect::Meanwhile { when, change } if *when == at => Some(change),
            _ => None,
        })
    }

    /// Names of the effects, for the log.
    pub fn names(&self) -> String {
        let all = self.with.iter().chain(&self.end).filter(|effect| !matches!(effect, Effect::Latency { .. }));
        all.map(Effect::name).collect::<Vec<_>>().join(", ")
    }
}
