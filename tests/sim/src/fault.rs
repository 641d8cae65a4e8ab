//! Faults: which requests they hit and what they do to the answer.

use crate::http::{Request, Response};
use crate::zipfile;
use serde::{Deserialize, Serialize};

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
}

/// A fault: of the requests that fit, skip `after`, take every `every`th, at most `count`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which requests.
    #[serde(default, rename = "match")]
    pub matches: Match,
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

/// What a fault does.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// The answer comes later; other faults still apply.
    Latency {
        /// How much later.
        ms: u64,
    },
    /// Another status instead of the answer; the request has no effect.
    Status {
        /// The status.
        status: u16,
        /// Value of a Retry-After header.
        #[serde(default)]
        retry_after: Option<String>,
        /// Body; a JSON error of the service if absent.
        #[serde(default)]
        body: Option<String>,
        /// Type of the body, `application/json` if absent.
        #[serde(default)]
        content_type: Option<String>,
    },
    /// 200 with a page instead of the answer.
    Html,
    /// 200 with a JSON error instead of the answer.
    JsonError,
    /// 401 with the bearer challenge.
    Unauthorized,
    /// The body stops after `at` bytes although its head promised all; then the connection ends.
    Cut {
        /// Bytes of the body that still arrive.
        at: usize,
    },
    /// The connection is reset before any answer; the request has no effect.
    Reset,
    /// Nothing comes for `ms`, then the connection ends; the request has no effect.
    Stall {
        /// How long nothing comes.
        ms: u64,
    },
    /// The request takes effect but the answer never arrives.
    AnswerLost,
    /// The request takes effect at once, and the answer comes only after `ms`.
    Held {
        /// How much later.
        ms: u64,
    },
    /// Original downloads: a zip cut after `at` bytes, with a fitting length.
    TruncatedZip {
        /// Bytes that are left.
        at: usize,
    },
    /// Original downloads: one bit of the packed data turned over.
    FlipZip,
    /// Original downloads: a sound zip around a FIT with one bit turned over.
    FlipFit,
    /// Original downloads: a zip without entries.
    EmptyZip,
    /// Original downloads: a zip that unpacks to so many MiB.
    ZipBomb {
        /// Unpacked size.
        mebibytes: u32,
    },
    /// Original downloads: the entry is called `../../evil_<name>`.
    ZipTraversal,
    /// Original downloads: an empty entry stands before the file.
    ZipExtraEntry,
}

impl Fault {
    /// A fault that hits every request until it is cleared.
    pub fn new(effect: Effect) -> Self {
        Fault { matches: Match::default(), after: 0, count: None, every: None, effect }
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

    fn fits(&self, request: &Request) -> bool {
        let target = format!("{}?{}", request.path, request.query);
        let is = |wanted: &Option<String>, test: &dyn Fn(&str) -> bool| wanted.as_deref().is_none_or(test);
        is(&self.matches.host, &|host| host == request.host)
            && is(&self.matches.method, &|method| method.eq_ignore_ascii_case(&request.method))
            && is(&self.matches.path, &|prefix| request.path.starts_with(prefix))
            && is(&self.matches.contains, &|part| target.contains(part))
    }
}

/// The faults in force and how often each has been met.
#[derive(Default)]
pub struct Faults(Vec<(Fault, u32, u32)>);

impl Faults {
    /// Puts one more in force.
    pub fn push(&mut self, fault: Fault) {
        self.0.push((fault, 0, 0));
    }

    /// Puts none in force.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Milliseconds to wait for this request, and the first other effect that hits it.
    pub fn strike(&mut self, request: &Request) -> (u64, Option<Effect>) {
        let mut wait = 0;
        let mut struck = None;
        for (fault, met, hit) in &mut self.0 {
            if !fault.fits(request) || (struck.is_some() && !matches!(fault.effect, Effect::Latency { .. })) {
                continue;
            }
            *met += 1;
            let turn = met.saturating_sub(fault.after);
            let every = fault.every.unwrap_or(1).max(1);
            if turn == 0 || (turn - 1) % every != 0 || fault.count.is_some_and(|count| *hit >= count) {
                continue;
            }
            *hit += 1;
            match &fault.effect {
                Effect::Latency { ms } => wait += ms,
                other => struck = Some(other.clone()),
            }
        }
        (wait, struck)
    }
}

impl Effect {
    /// The answer given in place of the service's, for effects that never reach the service.
    pub fn instead(&self) -> Option<Response> {
        match self {
            Effect::Status { status, retry_after, body, content_type } => {
                let default = format!("{{\"message\":\"HTTP {status}\",\"error\":\"Fault\"}}");
                let media = content_type.as_deref().unwrap_or("application/json");
                let response = Response::text(*status, media, body.as_deref().unwrap_or(&default));
                Some(match retry_after {
                    Some(value) => response.with("retry-after", value),
                    None => response,
                })
            }
            Effect::Html => Some(Response::html(200, "<!DOCTYPE html><html><title>Maintenance</title></html>")),
            Effect::JsonError => Some(Response::json(
                200,
                &serde_json::json!({"message": "An error occurred", "error": "WebApplicationException"}),
            )),
            Effect::Unauthorized => Some(crate::garmin::unauthorized("invalid_token", "The token expired")),
            _ => None,
        }
    }

    /// Changes the service's answer, for effects on what a download holds.
    pub fn repack(&self, response: &mut Response) {
        let Some(original) = response.original.clone() else { return };
        let (name, bytes) = (original.entry.as_str(), original.bytes.as_slice());
        response.body = match self {
            Effect::FlipFit if original.raw => crate::fit::damage::flip_bit(bytes, bytes.len() * 2 / 3, 3),
            Effect::TruncatedZip { at } => response.body[..(*at).min(response.body.len())].to_vec(),
            Effect::FlipZip => zipfile::zip_with_flipped_data(name, bytes),
            Effect::FlipFit => zipfile::zip_of(name, &crate::fit::damage::flip_bit(bytes, bytes.len() * 2 / 3, 3)),
            Effect::EmptyZip => zipfile::empty_zip(),
            Effect::ZipBomb { mebibytes } => zipfile::zip_bomb(name, *mebibytes),
            Effect::ZipTraversal => zipfile::zip_of(&format!("../../evil_{name}"), bytes),
            Effect::ZipExtraEntry => zipfile::zip_of_many(&[("readme.txt", b"".as_slice()), (name, bytes)]),
            _ => return,
        };
    }
}
