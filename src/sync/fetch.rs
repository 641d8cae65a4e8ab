//! Lists the platforms into the catalogue, in parallel, and passes on the activities that the catalogue knows.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::catalogue_input::{self, each_passed_on, limit};
use super::{ActivityFilter, Exit, Failure, Listed, Listing, Progress, RecordSink, Result, Worker, record_of};
use crate::catalogue::{ListingPurpose, Query};
use crate::plan::listing::{self, Extent, Limit};
use crate::platform::{PlatformSpec, Window};
use crate::record::Record;

/// Options of a fetch.
#[derive(Debug, Clone, Default)]
pub struct FetchOptions {
    /// List all activities, to the end.
    pub full: bool,
    /// List and pass on only this many activities, the newest first.
    pub newest: Option<u64>,
    /// Pass on only activities that are new in this listing.
    pub only_new: bool,
    /// Accept a listing, however many known activities are missing in it.
    pub accept_missing: bool,
    /// List only the period of this filter, and pass on only activities that match it.
    pub filter: ActivityFilter,
}

/// The listing of one platform, with everything that its thread needs.
struct Task<'a> {
    options: &'a FetchOptions,
    spec: Arc<PlatformSpec>,
    worker: Worker,
    progress: Progress,
    newest: Option<Limit>,
}

/// A platform and the result of its listing.
type Fetched = (Arc<PlatformSpec>, Result<Listed>);

/// Lists the selected platforms, and passes on their activities. If one fails, the failure is reported and its activities are
/// not passed on; the others are not affected.
///
/// # Errors
/// No platform is configured, or the catalogue cannot be used.
pub fn fetch(worker: &mut Worker, options: &FetchOptions, sink: &mut dyn RecordSink) -> Result<()> {
    for (spec, listed) in list(worker, options)? {
        report(worker, &spec, &listed)?;
        pass_on(worker, options, &spec, (&listed, sink))?;
    }
    Ok(())
}

/// Like [`fetch`], but passes on nothing. Returns the platforms that were listed.
///
/// # Errors
/// Those of [`fetch`].
pub fn fetch_platforms(worker: &mut Worker, options: &FetchOptions) -> Result<Vec<Arc<PlatformSpec>>> {
    let listed = list(worker, options)?;
    listed.iter().try_for_each(|(spec, listed)| report(worker, spec, listed))?;
    Ok(listed.into_iter().map(|(spec, _)| spec).collect())
}

/// Lists the selected platforms. The failure of one is reported, and it is left out.
fn list(worker: &mut Worker, options: &FetchOptions) -> Result<Vec<(Arc<PlatformSpec>, Listed)>> {
    let selected = worker.selected_platforms()?;
    worker.report_write_only("list");
    let specs: Vec<Arc<PlatformSpec>> = selected.into_iter().filter(|spec| !spec.is_write_only()).collect();
    if specs.is_empty() && worker.selection.named().is_none() {
        worker.warn("SYNC_PLATFORM names only outboxes, which are write-only; add the platforms to deliver from");
    }
    let task = |spec: &Arc<PlatformSpec>| Task::new(worker, options, spec);
    let tasks = specs.iter().map(task).collect::<Result<Vec<_>>>()?;
    let fetched = if worker.dry_run { tasks.into_iter().map(Task::dry_run).collect() } else { list_all(tasks) };
    // Only now does the catalogue know all sports of the platforms.
    worker.warn_of_unknown_sports(&options.filter.sports)?;
    let mut all = Vec::new();
    for (spec, listed) in fetched {
        match listed {
            Ok(listed) => all.push((spec, listed)),
            Err(failure) => worker.fail(&failure.on(&spec.id)),
        }
    }
    Ok(all)
}

/// Lists all platforms in parallel; if no thread can be started, one after the other.
fn list_all(tasks: Vec<Task>) -> Vec<Fetched> {
    let specs: Vec<Arc<PlatformSpec>> = tasks.iter().map(|task| task.spec.clone()).collect();
    let waiting = Mutex::new(tasks.into_iter().enumerate().collect::<VecDeque<_>>());
    let listed = Mutex::new(specs.iter().map(|_| None).collect::<Vec<Option<Result<Listed>>>>());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let put = |at: usize, result| listed.lock().unwrap_or_else(PoisonError::into_inner)[at] = Some(result);
    let work = || {
        while let Some((at, task)) = next() {
            put(at, task.run());
        }
    };
    std::thread::scope(|scope| {
        let spawned = specs.iter().map_while(|_| std::thread::Builder::new().spawn_scoped(scope, work).ok());
        // The failure of a thread is reported below, where its result is missing.
        spawned.collect::<Vec<_>>().into_iter().for_each(|thread| drop(thread.join()));
    });
    work();
    let bug = || Failure::new(Exit::Bug, "internal error in the listing; please report it with the lines above");
    let listed = listed.into_inner().unwrap_or_else(PoisonError::into_inner);
    specs.into_iter().zip(listed).map(|(spec, result)| (spec, result.unwrap_or_else(|| Err(bug())))).collect()
}

impl<'a> Task<'a> {
    fn new(worker: &Worker, options: &'a FetchOptions, spec: &Arc<PlatformSpec>) -> Result<Task<'a>> {
        Ok(Task {
            options,
            spec: spec.clone(),
            worker: worker.another()?,
            progress: worker.task(&format!("{} {}", worker.command, spec.id)),
            newest: limit(worker, spec, options.newest, &options.filter)?,
        })
    }

    fn window(&self) -> Window {
        Window { since: self.options.filter.since, until: self.options.filter.until }
    }

    fn extent(&self) -> Result<Extent> {
        // The user selected everything that is listed.
        if self.options.full || self.window() != Window::default() {
            return Ok(Extent::Full);
        }
        let catalogue = &self.worker.catalogue;
        let base = catalogue.last_base_listing(&self.spec.id, self.newest.map(|limit| limit.count))?;
        let is_listing_unconfirmed = catalogue.is_listing_unconfirmed(&self.spec.id)?;
        Ok(listing::extent(is_listing_unconfirmed, base, self.worker.now()))
    }

    fn dry_run(self) -> Fetched {
        let extent = self.extent();
        self.progress.finish();
        let listed = extent.map(|extent| {
            let how = match extent {
                Extent::Full => "to the end",
                Extent::Incremental => "until a page shows nothing new",
            };
            self.worker.warn(&format!(
                "{}: would be listed {how}; the following activities come from the catalogue",
                self.spec.id
            ));
            Listed::default()
        });
        (self.spec, listed)
    }

    fn run(mut self) -> Result<Listed> {
        let access = self.worker.read_access(&self.spec);
        let listed = match self.list() {
            Err(failure) if failure.exit == Exit::LoginRequired && self.worker.read_access(&self.spec) != access => {
                self.worker.warn_of_access(&self.spec, &failure.reason.to_string());
                self.list()
            }
            listed => listed,
        };
        self.progress.finish();
        listed
    }

    fn list(&mut self) -> Result<Listed> {
        let http = self.worker.http(self.progress.clone())?;
        let platform = self.worker.connect_reader(&self.spec, http)?;
        let (extent, window) = (self.extent()?, self.window());
        let (progress, page) = (self.progress.clone(), Cell::new(1_u32));
        progress.step("page 1");
        let confirm_wait = self.worker.confirm_wait()?;
        let listing = Listing {
            spec: &self.spec,
            platform: platform.as_ref(),
            worker: &mut self.worker,
            window,
            newest: self.newest,
            extent,
            accept_missing: self.options.accept_missing,
            purpose: ListingPurpose::Sync,
            sought: None,
            confirm_wait,
            progress: &|count| {
                progress.add(count);
                page.set(page.get() + 1);
                progress.step(&format!("page {}", page.get()));
            },
        };
        listing.take()
    }
}

/// Reports the result of a listing.
fn report(worker: &mut Worker, spec: &PlatformSpec, listed: &Listed) -> Result<()> {
    worker.count("listed", listed.items);
    worker.count("new", listed.new);
    if listed.unreadable > 0 {
        worker.fail(&Failure::because(Exit::TempFail, listed.complaint()).on(&spec.id));
    }
    if listed.listing.is_some() {
        worker.info(&format!("{}: {} listed, {} new", spec.id, listed.items, listed.new));
    }
    worker.adopt_orphans(spec)?;
    worker.read_service_numbers(spec)
}

/// Passes on the activities of a platform that was listed.
fn pass_on(
    worker: &Worker,
    options: &FetchOptions,
    spec: &PlatformSpec,
    (listed, sink): (&Listed, &mut dyn RecordSink),
) -> Result<()> {
    if options.only_new && listed.listing.is_none() {
        return Ok(());
    }
    let query = Query {
        sports: options.filter.sports.clone(),
        since: options.filter.since,
        until: options.filter.until,
        // This includes new activities of earlier incomplete listings, which passed on nothing.
        first_listing_after: match listed.listing.filter(|_| options.only_new) {
            Some(listing) => Some(worker.catalogue.last_accepted_before(&spec.id, listing)?),
            None => None,
        },
        ..catalogue_input::listed(spec)
    };
    let limit = limit(worker, spec, options.newest, &options.filter)?;
    let now = worker.now();
    each_passed_on(worker, spec, limit, query, |row| {
        sink.record(&Record::from(record_of(row, &worker.archive, now))).map(drop)
    })
}
