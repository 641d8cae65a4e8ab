//! Takes one listing of one platform into the catalogue, page by page, and says what may be concluded from it.
//!
//! `gs-fetch` lists histories with it. Whoever is about to write looks first with it: at a window of time, as it is now.

use jiff::Timestamp;

use super::{Exit, Failure, Talk};
use crate::catalogue::{Catalogue, Change, Coverage, Reached, Seen};
use crate::plan::listing::{self, Extent};
use crate::platform::{self, Ending, Kind, More, Page, Platform, Window};

/// A listing to be made.
pub struct Listing<'a> {
    /// Of which platform.
    pub kind: &'static Kind,
    /// The same, open.
    pub platform: &'a dyn Platform,
    /// Where it goes.
    pub catalogue: &'a mut Catalogue,
    /// The run it belongs to.
    pub run: &'a str,
    /// Is told what is strange.
    pub talk: &'a Talk,
    /// The part of time that is asked for.
    pub window: Window,
    /// No more than so many, the newest first.
    pub newest: Option<u64>,
    /// How far it goes.
    pub extent: Extent,
    /// It is believed, whatever it lacks.
    pub accept_shrunk: bool,
    /// It only looks at what is there now: that something is gone is for the next listing of `gs-fetch` to say.
    pub look: bool,
    /// Told how many came with each page.
    pub progress: &'a dyn Fn(u64),
}

/// What a listing came to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Listed {
    /// Its number in the catalogue; nothing if it was only rehearsed.
    pub listing: Option<i64>,
    /// Entries it showed.
    pub items: u64,
    /// Those that were never seen before.
    pub new: u64,
    /// Those that could not be read.
    pub unreadable: u64,
}

/// How far it has got.
struct Walk {
    number: i64,
    oldest: Option<Timestamp>,
    is_sorted: bool,
    /// News on the last page.
    last_fresh: usize,
    listed: Listed,
    failure: Option<Failure>,
}

impl Listing<'_> {
    /// Makes it.
    ///
    /// # Errors
    /// It was cut, or is not believed: nothing is concluded from it.
    pub fn take(mut self) -> Result<Listed, Failure> {
        let number = self.catalogue.begin_listing(self.kind.name, self.run, self.look, Timestamp::now())?;
        let mut walk = Walk {
            number,
            oldest: None,
            is_sorted: true,
            last_fresh: 0,
            listed: Listed { listing: Some(number), ..Listed::default() },
            failure: None,
        };
        let (platform, window) = (self.platform, self.window);
        let ended = platform.activities(&window, &mut |page| self.page(&mut walk, page));
        self.conclude(walk, ended)
    }

    fn page(&mut self, walk: &mut Walk, mut page: Page) -> platform::Result<More> {
        let left = |newest: u64| usize::try_from(newest - walk.listed.items).unwrap_or(usize::MAX);
        let left = self.newest.map_or(usize::MAX, left);
        if page.activities.len() > left {
            page.activities.truncate(left);
            page.starts = page.activities.iter().filter_map(|listed| listed.activity.start_time).collect();
        }
        self.enter(walk, &page).map_err(|failure| {
            walk.failure = Some(failure);
            platform::Error::Stopped
        })?;
        (self.progress)(page.activities.len() as u64);
        let enough = listing::is_enough(self.extent, walk.last_fresh, walk.listed.items, self.newest);
        Ok(if enough { More::Stop } else { More::Go })
    }

    /// Takes a page into the catalogue.
    fn enter(&mut self, walk: &mut Walk, page: &Page) -> Result<(), Failure> {
        for what in &page.unreadable {
            self.talk.error(&format!("{}: {what}; it is passed over", self.kind.name));
        }
        let seen: Vec<Seen> = page.activities.iter().map(|l| Seen { activity: &l.activity, raw: &l.raw }).collect();
        let changes = self.catalogue.see(walk.number, &seen, Timestamp::now())?;
        for start in &page.starts {
            walk.is_sorted &= listing::is_sorted(walk.oldest, Some(*start));
            walk.oldest = Some(walk.oldest.map_or(*start, |oldest| oldest.min(*start)));
        }
        walk.listed.items += seen.len() as u64;
        walk.listed.unreadable += page.unreadable.len() as u64;
        walk.listed.new += changes.iter().filter(|change| **change == Change::New).count() as u64;
        walk.last_fresh = changes.iter().filter(|change| **change != Change::Same).count();
        Ok(())
    }

    /// Says how far it got, and what that means.
    fn conclude(self, walk: Walk, ended: platform::Result<Ending>) -> Result<Listed, Failure> {
        let (number, now) = (walk.number, Timestamp::now());
        let ending = match ended {
            Ok(ending) => ending,
            Err(error) => {
                // What stopped it in our own house says more than that it was stopped.
                let failure = walk.failure.unwrap_or_else(|| error.into());
                self.catalogue.cut_listing(number, walk.listed.items, &failure.message, now)?;
                return Err(failure);
            }
        };
        if walk.listed.unreadable > 0 {
            let message = format!("{} entries of the list could not be read", walk.listed.unreadable);
            self.catalogue.cut_listing(number, walk.listed.items, &message, now)?;
            return Ok(walk.listed);
        }
        let reached = self.reached(&walk, ending)?;
        let settled = self.catalogue.finish_listing((number, self.kind.name), &reached, self.accept_shrunk, now)?;
        if !settled.believed {
            return Err(Failure::new(Exit::Later, shrunk(self.kind, settled.gone, settled.known)));
        }
        if settled.gone > 0 && !self.look {
            self.talk.note(&format!(
                "{}: {} activities are no longer there; see gs-list --deleted",
                self.kind.name, settled.gone
            ));
        }
        Ok(walk.listed)
    }

    fn reached(&self, walk: &Walk, ending: Ending) -> Result<Reached, Failure> {
        let window = self.window;
        let limited = self.newest.is_some_and(|newest| walk.listed.items >= newest);
        let coverage = match ending {
            Ending::End => Coverage { from: window.since, until: window.until },
            // Having stopped without a single start, or in a list without order, it covers no time at all.
            Ending::Stopped => {
                let oldest = walk.oldest.filter(|_| walk.is_sorted);
                let from = listing::covered_from(oldest).unwrap_or(Timestamp::MAX);
                Coverage { from: Some(window.since.map_or(from, |since| since.max(from))), until: window.until }
            }
        };
        let base = window == Window::default() && (ending == Ending::End || limited);
        // One that its limit ended in the midst of news left a hole below them, unless nothing below was ever known.
        let is_first = limited && self.catalogue.last_base_listing(self.kind.name, None)?.is_none();
        let joins = match (ending, window.since) {
            // A window that reaches down into what is known leaves no hole above that.
            (Ending::End, Some(since)) => self.catalogue.newest_anchored(self.kind.name)? >= Some(since),
            (Ending::End, None) => true,
            (Ending::Stopped, None) => walk.last_fresh == 0 || is_first,
            (Ending::Stopped, Some(_)) => false,
        };
        Ok(Reached {
            coverage,
            complete: ending == Ending::End,
            base,
            seamless: joins && (self.look || window == Window::default()),
            concludes: !self.look,
            items: walk.listed.items,
        })
    }
}

/// Why a list that is missing too much is ignored, and what to do.
fn shrunk(kind: &Kind, gone: u64, known: u64) -> String {
    let cause = match kind.has_login() {
        true => "it may be the list of another account (gs-auth status shows whose login it is)",
        false => "another medium may be mounted there",
    };
    format!(
        "the list is missing {gone} of {known} known activities and is ignored as implausible; {cause}; if you deleted them, run gs-fetch --full --accept-shrunk"
    )
}
