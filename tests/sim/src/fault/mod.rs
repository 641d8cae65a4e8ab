//! Faults: which requests they hit and what they do to the answer.

mod effect;
mod lies;
mod meanwhile;

use crate::http::Request;
use serde::{Deserialize, Serialize};

pub use effect::Effect;
pub use lies::Lies;
pub use meanwhile::{Change, When};

/// Which requests a fault hits; an absent condition fits all.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Match {
    /// The exact host.
    pub host: Option<String>,
    /// The method.
    pub method: Option<String>,
    /// What the path begins with.
    pub path: Option<String>,
    /// What path and query contain.
    pub contains: Option<String>,
    /// What the body contains.
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

/// A fault: of the requests that fit, skip `after`, take every `every`th, at most `count`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which requests.
    #[serde(default, rename = "match")]
    pub matches: Match,
    /// Nothing is hit or counted before a request that fits this one has come.
    #[serde(default)]
    pub armed_by: Option<Match>,
    /// How many fitting requests pass first.
    #[serde(default)]
    pub after: u32,
    /// How many are hit; absent: all of them.
    #[serde(default)]
    pub count: Option<u32>,
    /// Hits only every so many; absent: each one.
    #[serde(default)]
    pub every: Option<u32>,
    /// What happens.
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

    /// Only paths that begin so.
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

    /// Only after a request to this host whose path begins so.
    #[must_use]
    pub fn armed_by(mut self, host: &str, prefix: &str) -> Self {
        self.armed_by = Some(Match { host: Some(host.to_owned()), path: Some(prefix.to_owned()), ..Match::default() });
        self
    }

    /// Lets so many fitting requests pass first.
    #[must_use]
    pub fn after(mut self, requests: u32) -> Self {
        self.after = requests;
        self
    }

    /// Hits at most so many.
    #[must_use]
    pub fn count(mut self, requests: u32) -> Self {
        self.count = Some(requests);
        self
    }

    /// Hits exactly the `nth` fitting request, counted from one.
    #[must_use]
    pub fn nth(self, nth: u32) -> Self {
        self.after(nth.saturating_sub(1)).count(1)
    }

    /// Hits only every so many.
    #[must_use]
    pub fn every(mut self, requests: u32) -> Self {
        self.every = Some(requests);
        self
    }
}

/// A fault in force, and how often it has been met.
struct Entry {
    fault: Fault,
    armed: bool,
    met: u32,
    hit: u32,
}

impl Entry {
    /// Whether the fault was in force before this request, which may be the one that puts it in force.
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

/// The faults in force.
#[derive(Default)]
pub struct Faults(Vec<Entry>);

/// What hits one request.
#[derive(Clone, Debug, Default)]
pub struct Struck {
    /// Effects that apply together.
    pub with: Vec<Effect>,
    /// The one effect that decides how the answer comes, if it comes.
    pub end: Option<Effect>,
}

impl Faults {
    /// Puts one more in force.
    pub fn push(&mut self, fault: Fault) {
        self.0.push(Entry { armed: fault.armed_by.is_none(), fault, met: 0, hit: 0 });
    }

    /// Puts none in force.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What hits this request: all effects that combine, and the first other one.
    pub fn strike(&mut self, request: &Request) -> Struck {
        let mut struck = Struck::default();
        for entry in &mut self.0 {
            let combines = entry.fault.effect.combines();
            let in_force = entry.in_force(request);
            // A fault that cannot apply any more is not met either.
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

    /// What somebody else changes before or after the request takes effect.
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
