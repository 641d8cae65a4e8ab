//! Reads one listing of a platform into the catalogue, page by page, and decides what follows from it.
//!
//! `gs-fetch` lists whole histories. Before a write, a listing of a short period checks the current state.

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

/// A listing to read.
pub struct Listing<'a> {
    /// The specification of the platform.
    pub spec: &'a PlatformSpec,
    /// The open platform.
    pub platform: &'a dyn PlatformReader,
    /// The worker whose catalogue receives the listing.
    pub worker: &'a mut Worker,
    /// The period to list.
    pub window: Window,
    /// The maximum number of activities, the newest first.
    pub newest: Option<Limit>,
    /// The extent of the listing.
    pub extent: Extent,
    /// Accept the listing, however many known activities are missing in it.
    pub accept_missing: bool,
    /// The purpose of the listing.
    pub purpose: ListingPurpose,
    /// The period that a precheck needs: the listing may stop once it has shown all of it and a known activity.
    pub sought: Option<(Timestamp, Timestamp)>,
    /// The pause before the second reading of a list that was never seen with activities.
    pub confirm_wait: Duration,
    /// Called with the number of activities on each page.
    pub progress: &'a dyn Fn(u64),
}

/// The result of a listing.
#[derive(Debug, Clone, Default)]
pub struct Listed {
    /// Its number in the catalogue; `None` in a dry run.
    pub listing: Option<i64>,
    /// The number of activities in the listing.
    pub items: u64,
    /// The number of activities that were never listed before.
    pub new: u64,
    /// The number of activities that could not be read.
    pub unreadable: u64,
    /// When the first page was requested that could show a part of the covered period: the result is no older.
    pub asked: Option<Moment>,
    /// The period for which a successful listing is complete.
    pub coverage: Coverage,
    /// The ids that a precheck showed.
    pub shown: HashSet<String>,
}

impl Listed {
    /// The reason why nothing follows from the listing: activities could not be read.
    pub fn complaint(&self) -> Reason {
        Reason::EntriesUnreadable { count: self.unreadable }
    }
}

/// Whether a second reading must confirm the listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Confirm {
    /// No: if the list were wrong, too many known activities would be missing in it.
    Never,
    /// Yes, if the listing is complete: no earlier list was, so most of it may be unknown.
    IfWhole,
    /// Yes: the catalogue knows no activity on the platform.
    Always,
}

/// The progress of a listing.
struct Walk {
    number: i64,
    order: Order,
    /// The number of new activities on the last page.
    last_fresh: usize,
    /// The listing showed an activity that was known before.
    has_known: bool,
    /// When the last page above the sought period arrived, and the earliest start so far: pages about that period are
    /// requested later, and no page so far shows an activity before that start.
    above: Option<(Moment, Timestamp)>,
    listed: Listed,
    /// Whether a second reading must confirm the listing.
    confirm: Confirm,
    /// The ids in the listing, if they are needed to confirm it.
    ids: Option<HashSet<String>>,
    failure: Option<Failure>,
    /// Above this start, all activities are new or were new to the previous listing; see [`listing::floor`].
    floor: Option<Timestamp>,
    /// The listing showed all activities down to the floor.
    met_floor: bool,
}

/// How many unreadable activities are reported one by one.
const MAX_REPORTED: u64 = 3;
/// How many readings of a list that was never seen with activities are made at most until two agree.
const MAX_READINGS: u32 = 3;

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
    /// Whether the listing checks a target before a write. Only a listing for a sync marks activities as missing.
    fn is_precheck(&self) -> bool {
        self.purpose == ListingPurpose::Precheck
    }

    /// Reads the listing.
    ///
    /// # Errors
    /// The listing is incomplete or implausible; nothing follows from it.
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

    /// Whether the sought period was shown completely. A listing that must be confirmed is read to its end.
    fn is_shown(&self, walk: &Walk) -> bool {
        let Some((sought, _)) = self.sought else { return false };
        let covered = listing::covered_from(walk.order.oldest()).is_some_and(|from| from <= sought);
        covered && walk.has_known && walk.order.is_sorted() && walk.ids.is_none()
    }

    /// Stores a page in the catalogue.
    fn enter(&mut self, walk: &mut Walk, page: &Page) -> Result<()> {
        for (number, what) in (walk.listed.unreadable..).zip(&page.unreadable) {
            if number < MAX_REPORTED {
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

    /// Stores the result of the listing and decides what follows from it.
    fn conclude(mut self, mut walk: Walk, ended: platform::Result<ListEnd>) -> Result<Listed> {
        let (number, now) = (walk.number, self.worker.now());
        let ending = match ended {
            Ok(ending) => ending,
            Err(error) => {
                // A failure on this side says more than the stop that it caused.
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

    /// Fails if a complete listing cannot be trusted: it has no order, or it is the first one and nothing confirms it.
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

    /// Whether a second reading must confirm the listing. If few or no activities are known on the platform, nothing
    /// contradicts a list that is wrongly empty or half empty, and every activity would be uploaded a second time.
    fn needs_confirming(&self) -> Result<Confirm> {
        let is_all = self.window == Window::default() && !self.is_precheck();
        Ok(match self.spec.has_login() {
            true if !self.worker.catalogue.has_listed_activities(&self.spec.id)? => Confirm::Always,
            true if is_all && !self.worker.catalogue.was_listed_whole(&self.spec.id)? => Confirm::IfWhole,
            _ => Confirm::Never,
        })
    }

    /// Confirms a listing: by the activity count of the service, if it agrees; else by reading the list again after a
    /// pause until two readings agree. The last reading counts: the list may have been filled during the first one.
    fn confirm(&mut self, walk: &mut Walk, first: HashSet<String>, ending: ListEnd) -> Result<()> {
        let whole = self.window == Window::default() && ending == ListEnd::Complete;
        let mut before = first;
        for _ in 1..MAX_READINGS {
            if whole && !before.is_empty() && self.platform.count()? == Some(before.len() as u64) {
                return Ok(());
            }
            self.worker.debug(&format!("{}: listing again", self.spec.id));
            self.rest()?;
            let now = self.read_again(walk)?;
            if before.is_empty() && now.is_empty() {
                return self.not_counted();
            }
            match listing::compare(&before, &now) {
                Comparison::Agrees if whole => return self.report_count(now.len() as u64),
                Comparison::Agrees => return Ok(()),
                Comparison::Differs { more, fewer } => self.worker.debug(&format!(
                    "{}: {more} activities appeared and {fewer} disappeared since the previous listing",
                    self.spec.id
                )),
            }
            before = now;
        }
        Err(untrusted(Reason::ListingUnstable { requests: MAX_READINGS }))
    }

    /// Warns if the service counts more activities than two readings of the list show: the list may be incomplete.
    fn report_count(&self, shown: u64) -> Result<()> {
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

    /// Reads the list into the catalogue again, as part of the same listing, and returns the ids in it.
    fn read_again(&mut self, walk: &mut Walk) -> Result<HashSet<String>> {
        let mut again = Walk { ids: Some(HashSet::new()), floor: walk.floor, ..Walk::new(walk.number) };
        let (platform, window) = (self.platform, self.window);
        let ended = platform.list(&window, &mut |page| self.page(&mut again, page));
        if let Err(error) = ended {
            return Err(again.failure.unwrap_or_else(|| error.into()));
        }
        if again.listed.unreadable > 0 || again.order.is_missing() {
            return Err(untrusted(Reason::SecondListingUnusable));
        }
        (walk.listed.items, walk.listed.new) = (again.listed.items, walk.listed.new + again.listed.new);
        (walk.listed.asked, walk.above) = (again.listed.asked, again.above);
        walk.listed.shown = again.listed.shown;
        (walk.order, walk.met_floor) = (again.order, again.met_floor);
        Ok(again.ids.unwrap_or_default())
    }

    /// Accepts an empty list of all activities only if the service counts none either. The count does not apply to a
    /// period.
    fn not_counted(&self) -> Result<()> {
        if self.window != Window::default() {
            return Ok(());
        }
        match self.platform.count()? {
            Some(count @ 1..) => Err(untrusted(Reason::ListingEmpty { count })),
            _ => Ok(()),
        }
    }

    /// Waits before the second reading, but returns early if the user stops the run.
    fn rest(&self) -> Result<()> {
        self.worker.sleep(self.confirm_wait);
        if self.worker.is_stopped() { Err(platform::Error::Stopped.into()) } else { Ok(()) }
    }

    /// The start down to which a limited listing must go, so that no gap remains above the known activities.
    fn floor(&self) -> Result<Option<Timestamp>> {
        if self.newest.is_none() || self.window != Window::default() {
            return Ok(None);
        }
        let has_base = self.worker.catalogue.last_base_listing(&self.spec.id, Some(0))?.is_some();
        let anchored = self.worker.catalogue.contiguous_starts(&self.spec.id)?;
        Ok(listing::floor(&anchored, has_base, self.worker.now()))
    }

    /// Reports that a limit ended the listing among new activities.
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
            // A listing that stopped without a start, or that has no order, covers no period.
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
        // A limit that ended the listing among new activities left a gap below them, unless no activity below was ever
        // known.
        let is_first = limited && walk.floor.is_none();
        let joins = match (ending, window.since) {
            // A window that reaches down to known activities leaves no gap above them.
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

/// Removes the activities of a page that are beyond the limit: `limit` less the `listed` ones of earlier pages. Above
/// the floor, all are kept unless the limit is strict. Returns whether all activities above the floor have been shown.
fn cut(page: &mut Page, limit: Limit, listed: u64, floor: Option<Timestamp>) -> bool {
    let is_above =
        |listed: &platform::ListedActivity| floor.is_some_and(|floor| listed.activity.start_time >= Some(floor));
    let left = usize::try_from(limit.count.saturating_sub(listed)).unwrap_or(usize::MAX);
    let above = page.activities.iter().rposition(is_above).map_or(0, |last| last + 1);
    let kept = if limit.is_strict { left } else { left.max(above) };
    // The page continues below the floor, so it contains all activities above it.
    let meets = floor.is_some() && above < page.activities.len() && above <= kept;
    if page.activities.len() > kept {
        page.activities.truncate(kept);
        page.outlines = page.activities.iter().filter_map(|listed| listed.activity.outline()).collect();
    }
    meets
}

/// The failure of a listing from which nothing follows.
fn untrusted(reason: Reason) -> Failure {
    Failure::because(Exit::TempFail, reason)
}
