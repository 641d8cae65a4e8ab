//! Takes one listing of one platform into the catalogue, page by page, and says what may be concluded from it.
//!
//! `gs-fetch` lists histories with it. Whoever is about to write looks first with it: at a window of time, as it is now.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::time::Duration;

use jiff::Timestamp;

use super::{Exit, Failure, Result, Worker};
use crate::catalogue::{Change, Coverage, ListedRow, ListingDepth, ListingPurpose, ListingResult};
use crate::clock::Moment;
use crate::i18n;
use crate::plan::listing::{self, Comparison, Extent, Limit, Order};
use crate::platform::{self, ListEnd, Page, PlatformReader, PlatformSpec, Window};
use crate::reason::Reason;

/// A listing to be made.
pub struct Listing<'a> {
    /// Of which platform.
    pub spec: &'a PlatformSpec,
    /// The same, open.
    pub platform: &'a dyn PlatformReader,
    /// Into whose catalogue it goes.
    pub worker: &'a mut Worker,
    /// The part of time that is asked for.
    pub window: Window,
    /// No more than so many, the newest first.
    pub newest: Option<Limit>,
    /// How far it goes.
    pub extent: Extent,
    /// It is believed, whatever it lacks.
    pub accept_missing: bool,
    /// What it is made for.
    pub purpose: ListingPurpose,
    /// The part of time that this look is for: it may stop once it has shown all of that, and something that is known.
    pub sought: Option<(Timestamp, Timestamp)>,
    /// How long it waits before it looks again at a list that nobody has ever seen filled.
    pub confirm_wait: Duration,
    /// Told how many came with each page.
    pub progress: &'a dyn Fn(u64),
}

/// What a listing came to.
#[derive(Debug, Clone, Default)]
pub struct Listed {
    /// Its number in the catalogue; nothing if it was only rehearsed.
    pub listing: Option<i64>,
    /// Entries it showed.
    pub items: u64,
    /// Those that were never seen before.
    pub new: u64,
    /// Those that could not be read.
    pub unreadable: u64,
    /// When the first page was asked for that could show something of the covered time: what it tells is no older.
    pub asked: Option<Moment>,
    /// The part of time for which it tells what is there, if it went well.
    pub coverage: Coverage,
    /// The ids that a look showed.
    pub shown: HashSet<String>,
}

impl Listed {
    /// Why nothing is concluded from it: entries could not be read.
    pub fn complaint(&self) -> Reason {
        Reason::EntriesUnreadable { count: self.unreadable }
    }
}

/// Whether one look is not enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Confirm {
    /// Too many known activities are missing in the list.
    Never,
    /// If it went to the end: no list has done so before, so most of it may be unknown.
    IfWhole,
    /// Nothing is known to be there.
    Always,
}

/// How far it has got.
struct Walk {
    number: i64,
    order: Order,
    /// News on the last page.
    last_fresh: usize,
    /// It showed something that was known before.
    has_known: bool,
    /// When a page had come that was, like all before it, above what is sought: those that tell of it are asked for later. And
    /// what began before this time is on none of those pages.
    above: Option<(Moment, Timestamp)>,
    listed: Listed,
    /// Whether something else has to confirm it.
    confirm: Confirm,
    /// What it showed, if that may be.
    ids: Option<HashSet<String>>,
    failure: Option<Failure>,
    /// Above this everything is new, or was new to the listing before; see [`listing::floor`].
    floor: Option<Timestamp>,
    /// It showed everything down to the floor.
    met_floor: bool,
}

/// So many entries that cannot be read are told one by one.
const TOLD: u64 = 3;
/// So often an account that was never seen filled is looked at, until two looks agree.
const LOOKS: u32 = 3;

impl Walk {
    fn new(number: i64) -> Walk {
        Walk {
            number,
            order: Order::default(),
            last_fresh: 0,
            has_known: false,
            above: None,
            listed: Listed { listing: Some(number), ..Listed::default() },
            confirm: Confirm::Never,
            ids: None,
            failure: None,
            floor: None,
            met_floor: false,
        }
    }

    fn is_limit_reached(&self, limit: Limit) -> bool {
        self.listed.items >= limit.count && (limit.is_strict || self.floor.is_none() || self.met_floor)
    }
}

impl Listing<'_> {
    /// Whether it is made before a write: what it does not show is missing only once a listing for a sync says so.
    fn is_precheck(&self) -> bool {
        self.purpose == ListingPurpose::Precheck
    }

    /// Makes it.
    ///
    /// # Errors
    /// It was cut, or is not believed: nothing is concluded from it.
    pub fn take(mut self) -> Result<Listed> {
        let (run_id, now) = (self.worker.run_id.clone(), self.worker.now());
        let number = self.worker.catalogue.begin_listing(&self.spec.id, &run_id, self.purpose, now)?;
        let confirm = self.needs_confirming()?;
        let ids = (confirm != Confirm::Never).then(HashSet::new);
        let mut walk = Walk { confirm, ids, floor: self.floor()?, ..Walk::new(number) };
        let (platform, window) = (self.platform, self.window);
        let ended = platform.list(&window, &mut |page| self.page(&mut walk, page));
        self.conclude(walk, ended)
    }

    fn page(&mut self, walk: &mut Walk, mut page: Page) -> platform::Result<ControlFlow<()>> {
        if let Some(limit) = self.newest {
            walk.met_floor = cut(&mut page, limit, walk.listed.items, walk.floor);
        }
        walk.listed.asked = walk.listed.asked.or(page.requested);
        self.enter(walk, &page).map_err(|failure| {
            walk.failure = Some(failure);
            platform::Error::Stopped
        })?;
        let bound = listing::above_from(walk.order.oldest()).filter(|_| walk.order.is_sorted());
        if let Some(bound) = bound.filter(|bound| self.sought.is_some_and(|(_, until)| until <= *bound)) {
            walk.above = Some((Moment::now(), bound));
        }
        (self.progress)(page.activities.len() as u64);
        let is_limit_reached = self.newest.is_some_and(|limit| walk.is_limit_reached(limit));
        let enough = listing::is_enough(self.extent, walk.last_fresh, is_limit_reached);
        Ok(if enough || self.is_shown(walk) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    /// Whether all is shown that this look is for. One that has to be confirmed goes to its end.
    fn is_shown(&self, walk: &Walk) -> bool {
        let Some((sought, _)) = self.sought else { return false };
        let covered = listing::covered_from(walk.order.oldest()).is_some_and(|from| from <= sought);
        covered && walk.has_known && walk.order.is_sorted() && walk.ids.is_none()
    }

    /// Takes a page into the catalogue.
    fn enter(&mut self, walk: &mut Walk, page: &Page) -> Result<()> {
        for (number, what) in (walk.listed.unreadable..).zip(&page.unreadable) {
            if number < TOLD {
                self.worker.failed(
                    &format!("{}: {what}", self.spec.id),
                    Some(&self.spec.id),
                    &Reason::other(what.as_str()),
                );
            }
        }
        let seen: Vec<ListedRow> = page
            .activities
            .iter()
            .map(|l| ListedRow { activity: &l.activity, service_json: &l.service_json })
            .collect();
        let changes = self.worker.catalogue.upsert_page(walk.number, &seen, self.worker.now())?;
        if page.restarted {
            walk.order.restart();
        }
        page.outlines.iter().for_each(|outline| walk.order.add(outline));
        let shown = || page.activities.iter().map(|listed| listed.activity.id.clone());
        if let Some(ids) = &mut walk.ids {
            ids.extend(shown());
        }
        if self.is_precheck() {
            walk.listed.shown.extend(shown());
        }
        walk.listed.items += seen.len() as u64;
        walk.listed.unreadable += page.unreadable.len() as u64;
        walk.listed.new += changes.iter().filter(|change| **change == Change::New).count() as u64;
        walk.has_known |= changes.iter().any(|change| *change != Change::New);
        walk.last_fresh = changes.iter().filter(|change| **change != Change::Same).count();
        Ok(())
    }

    /// Says how far it got, and what that means.
    fn conclude(mut self, mut walk: Walk, ended: platform::Result<ListEnd>) -> Result<Listed> {
        let (number, now) = (walk.number, self.worker.now());
        let ending = match ended {
            Ok(ending) => ending,
            Err(error) => {
                // What stopped it in our own house says more than that it was stopped.
                let failure = walk.failure.unwrap_or_else(|| error.into());
                self.worker.catalogue.abort_listing(number, walk.listed.items, &failure.reason, now)?;
                return Err(failure);
            }
        };
        if walk.listed.unreadable > 0 {
            self.worker.catalogue.abort_listing(number, walk.listed.items, &walk.listed.complaint(), now)?;
            return Ok(walk.listed);
        }
        if let Err(failure) = self.incomplete(&mut walk, ending) {
            self.worker.catalogue.abort_listing(number, walk.listed.items, &failure.reason, now)?;
            return Err(failure);
        }
        let reached = self.reached(&walk, ending)?;
        let settled = self.worker.catalogue.finish_listing(
            (number, &self.spec.id),
            &reached,
            (self.accept_missing, self.spec.has_login()),
            now,
        )?;
        if !settled.accepted {
            return Err(untrusted(Reason::ListingImplausible {
                missing: settled.missing,
                known: settled.known,
                has_account: self.spec.has_login(),
            }));
        }
        walk.listed.coverage = reached.coverage;
        if let Some((since, bound)) = walk.above {
            walk.listed.asked = Some(since);
            walk.listed.coverage.until = Some(reached.coverage.until.map_or(bound, |until| until.min(bound)));
        }
        self.report_gap(ending, &reached);
        if settled.missing > 0 && !self.is_precheck() {
            self.worker.info(&format!(
                "{}: {} no longer listed; show them: gs-list --deleted",
                &self.spec.id,
                i18n::counted(settled.missing, "activity is", "activities are")
            ));
        }
        Ok(walk.listed)
    }

    /// Why nothing may be concluded from a listing although it got to its end: it has no order, or it is the first one that
    /// nobody else bears out.
    fn incomplete(&mut self, walk: &mut Walk, ending: ListEnd) -> Result<()> {
        if self.spec.has_login() && walk.order.is_missing() {
            return Err(untrusted(Reason::ListingUnordered));
        }
        let confirm =
            walk.confirm == Confirm::Always || (walk.confirm == Confirm::IfWhole && ending == ListEnd::Complete);
        match walk.ids.take().filter(|_| confirm) {
            Some(first) => self.confirm(walk, first, ending)?,
            None if walk.listed.items == 0 && !self.is_precheck() && self.spec.has_login() => self.not_counted()?,
            None => return Ok(()),
        }
        let is_all = self.window == Window::default() && !self.is_precheck();
        if walk.listed.items == 0 && is_all && !self.worker.catalogue.was_listed(&self.spec.id)? {
            self.worker.warn(&format!("{}: the account has no activities (listed twice)", self.spec.id));
        }
        Ok(())
    }

    /// Whether one look is not enough: where little or nothing is known to be there, nothing would speak against a list that is
    /// empty or half by mistake, and all of it would be uploaded a second time.
    fn needs_confirming(&self) -> Result<Confirm> {
        let is_all = self.window == Window::default() && !self.is_precheck();
        Ok(match self.spec.has_login() {
            true if !self.worker.catalogue.has_listed_activities(&self.spec.id)? => Confirm::Always,
            true if is_all && !self.worker.catalogue.was_listed_whole(&self.spec.id)? => Confirm::IfWhole,
            _ => Confirm::Never,
        })
    }

    /// Looks again until two looks agree: at the service's own count, if it has one that agrees; else, after a pause, at the
    /// same list. What the last look shows is what counts: the first may have come while the list was being filled.
    fn confirm(&mut self, walk: &mut Walk, first: HashSet<String>, ending: ListEnd) -> Result<()> {
        let whole = self.window == Window::default() && ending == ListEnd::Complete;
        let mut before = first;
        for _ in 1..LOOKS {
            if whole && !before.is_empty() && self.platform.count()? == Some(before.len() as u64) {
                return Ok(());
            }
            self.worker.debug(&format!("{}: listing again", self.spec.id));
            self.rest()?;
            let now = self.look_again(walk)?;
            if before.is_empty() && now.is_empty() {
                return self.not_counted();
            }
            match listing::compare(&before, &now) {
                Comparison::Agrees if whole => return self.tell_count(now.len() as u64),
                Comparison::Agrees => return Ok(()),
                Comparison::Differs { more, fewer } => self.worker.debug(&format!(
                    "{}: {more} activities appeared and {fewer} disappeared since the previous listing",
                    self.spec.id
                )),
            }
            before = now;
        }
        Err(untrusted(Reason::ListingUnstable { looks: LOOKS }))
    }

    /// Tells when the service counts more than its list shows twice: it may leave something out.
    fn tell_count(&self, shown: u64) -> Result<()> {
        if let Some(count) = self.platform.count()?.filter(|count| *count > shown) {
            self.worker.warn(&format!(
                "{}: the list shows {}, the service counts {}; the difference is normal if the rest are legs of multisport activities",
                &self.spec.id,
                i18n::counted(shown, "activity", "activities"),
                i18n::number(count)
            ));
        }
        Ok(())
    }

    /// Takes the list into the catalogue once more, as part of the same listing, and returns the ids that it showed.
    fn look_again(&mut self, walk: &mut Walk) -> Result<HashSet<String>> {
        let mut again = Walk { ids: Some(HashSet::new()), floor: walk.floor, ..Walk::new(walk.number) };
        let (platform, window) = (self.platform, self.window);
        let ended = platform.list(&window, &mut |page| self.page(&mut again, page));
        if let Err(error) = ended {
            return Err(again.failure.unwrap_or_else(|| error.into()));
        }
        if again.listed.unreadable > 0 || again.order.is_missing() {
            return Err(untrusted(Reason::SecondLookUnusable));
        }
        (walk.listed.items, walk.listed.new) = (again.listed.items, walk.listed.new + again.listed.new);
        (walk.listed.asked, walk.above) = (again.listed.asked, again.above);
        walk.listed.shown = again.listed.shown;
        (walk.order, walk.met_floor) = (again.order, again.met_floor);
        Ok(again.ids.unwrap_or_default())
    }

    /// An empty list of everything is only believed of a service that counts nothing either. What it counts says nothing of
    /// a part.
    fn not_counted(&self) -> Result<()> {
        if self.window != Window::default() {
            return Ok(());
        }
        match self.platform.count()? {
            Some(count @ 1..) => Err(untrusted(Reason::ListingEmpty { count })),
            _ => Ok(()),
        }
    }

    /// Waits before the second look, but not past a person's wish to stop.
    fn rest(&self) -> Result<()> {
        self.worker.sleep(self.confirm_wait);
        if self.worker.is_stopped() { Err(platform::Error::Stopped.into()) } else { Ok(()) }
    }

    /// Down to where a limited listing has to go so that it leaves no hole above what is known.
    fn floor(&self) -> Result<Option<Timestamp>> {
        if self.newest.is_none() || self.window != Window::default() {
            return Ok(None);
        }
        let has_base = self.worker.catalogue.last_base_listing(&self.spec.id, Some(0))?.is_some();
        let anchored = self.worker.catalogue.contiguous_starts(&self.spec.id)?;
        Ok(listing::floor(&anchored, has_base, self.worker.now()))
    }

    /// Tells that a limit ended the list in the midst of what is new.
    fn report_gap(&self, ending: ListEnd, reached: &ListingResult) {
        let Some(limit) = self.newest.filter(|limit| limit.is_strict && self.window == Window::default()) else {
            return;
        };
        if ending == ListEnd::Stopped && !reached.contiguous {
            self.worker.warn(&format!(
                "{}: only the newest {} were listed (--newest), so older new activities may be missing; to list all: gs-fetch without --newest",
                &self.spec.id,
                i18n::number(limit.count)
            ));
        }
    }

    fn reached(&self, walk: &Walk, ending: ListEnd) -> Result<ListingResult> {
        let window = self.window;
        let limited = self.newest.is_some_and(|limit| walk.listed.items >= limit.count);
        let coverage = match ending {
            ListEnd::Complete => Coverage { from: window.since, until: window.until },
            // Having stopped without a single start, or in a list without order, it covers no time at all.
            ListEnd::Stopped => {
                let oldest = walk.order.oldest().filter(|_| walk.order.is_sorted());
                let from = listing::covered_from(oldest).unwrap_or(Timestamp::MAX);
                Coverage { from: Some(window.since.map_or(from, |since| since.max(from))), until: window.until }
            }
        };
        let depth = match ending {
            ListEnd::Complete => ListingDepth::End,
            ListEnd::Stopped if limited && window == Window::default() => ListingDepth::Limit,
            ListEnd::Stopped => ListingDepth::Stopped,
        };
        // One that its limit ended in the midst of news left a hole below them, unless nothing below was ever known.
        let is_first = limited && walk.floor.is_none();
        let joins = match (ending, window.since) {
            // A window that reaches down into what is known leaves no hole above that.
            (_, Some(_)) => self.worker.catalogue.newest_contiguous(&self.spec.id)? >= coverage.from,
            (ListEnd::Complete, None) => true,
            (ListEnd::Stopped, None) => walk.last_fresh == 0 || is_first || walk.met_floor,
        };
        Ok(ListingResult {
            coverage,
            depth,
            contiguous: joins && (self.is_precheck() || window == Window::default()),
            items: walk.listed.items,
        })
    }
}

/// Leaves of a page what is still wanted: `limit` less the `listed` of earlier pages, and above the floor everything unless
/// the limit is strict. Returns whether all that is above the floor has been shown now.
fn cut(page: &mut Page, limit: Limit, listed: u64, floor: Option<Timestamp>) -> bool {
    let is_above =
        |listed: &platform::ListedActivity| floor.is_some_and(|floor| listed.activity.start_time >= Some(floor));
    let left = usize::try_from(limit.count.saturating_sub(listed)).unwrap_or(usize::MAX);
    let above = page.activities.iter().rposition(is_above).map_or(0, |last| last + 1);
    let kept = if limit.is_strict { left } else { left.max(above) };
    // Below the floor the page goes on, so that it holds all that is above it.
    let meets = floor.is_some() && above < page.activities.len() && above <= kept;
    if page.activities.len() > kept {
        page.activities.truncate(kept);
        page.outlines = page.activities.iter().filter_map(|listed| listed.activity.outline()).collect();
    }
    meets
}

/// A listing from which nothing is concluded.
fn untrusted(reason: Reason) -> Failure {
    Failure::because(Exit::TempFail, reason)
}
