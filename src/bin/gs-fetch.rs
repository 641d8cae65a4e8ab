//! Lists the platforms into the catalogue and prints what it knows: activity records.
//!
//! ```text
//! gs-fetch                              what is new; everything once a week
//! gs-fetch --full                       everything now: shows also what was deleted long ago
//! gs-fetch --new | gs-download          archive what is new
//! gs-fetch --since 30d --platform garmin-cn
//! ```
//!
//! All platforms are listed side by side. One that fails takes nothing away from the others; its activities are not
//! printed, and the exit code tells.

use std::cell::Cell;
use std::collections::VecDeque;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Parser;
use garminsync::catalogue::{Catalogue, Query};
use garminsync::cli::{
    self, Bar, Common, Exit, Failure, Filter, HasCommon, Listed, Listing, Outcome, Output, Ownership, Run, Talk,
};
use garminsync::http::Http;
use garminsync::plan::listing::{self, Extent, Limit};
use garminsync::platform::{PlatformReader, PlatformSpec, Window};
use garminsync::record::Record;
use jiff::Timestamp;

/// List the platforms into the catalogue, and print the known activities as records
///
/// By default a listing stops at the first page that holds nothing new, and goes to the end once a week. It makes no
/// login while the stored token works.
///
/// All platforms are listed side by side. One that fails takes nothing away from the others; its activities are not
/// printed, and the exit code tells.
#[derive(Parser)]
#[command(
    name = "gs-fetch",
    version,
    after_help = "Examples:
  gs-fetch > /dev/null                  what is new; everything once a week
  gs-fetch --new | gs-download          archive what is new
  gs-fetch --full > /dev/null           everything: shows what was deleted, too
  gs-fetch --since 30d --sport running   ask for the last thirty days

Settings: GARMIN_NEWEST_NUM, GS_REQUEST_INTERVAL, GS_PATIENCE, GS_TIMEOUT

Exit codes: 0 all well, 75 try again later (also if some of a list could not be read), 77 a login is needed, 78 set-up"
)]
struct Args {
    /// List everything again, to the end
    #[arg(long)]
    full: bool,
    /// List and print only the newest N, also if activities below them are new
    #[arg(long, value_name = "N")]
    newest: Option<u64>,
    /// Print only those first seen now
    #[arg(long)]
    new: bool,
    /// Believe a listing that lacks more than a tenth of what was known
    #[arg(long)]
    accept_shrunk: bool,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    common: Common,
}

impl HasCommon for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

fn main() -> ExitCode {
    cli::main("gs-fetch", cli::Log::Yes, work)
}

fn work(args: &Args, run: &mut Run) -> Outcome {
    let specs = run.selected_platforms()?;
    let (since, until) = args.filter.times(Timestamp::now())?;
    let limit = run.settings.number("GARMIN_NEWEST_NUM")?;
    let tasks = specs
        .iter()
        .map(|spec| task(args, run, spec, Window { since, until }, limit))
        .collect::<Result<Vec<_>, _>>()?;
    let results: Vec<(Arc<PlatformSpec>, Result<Listed, Failure>)> = if args.common.dry_run {
        tasks.iter().map(|task| (task.spec.clone(), task.rehearse())).collect()
    } else {
        list_all(tasks)
    };
    // Only now is it known which sports the platforms have.
    run.warn_of_unknown_sports(&args.filter.sport)?;
    for (spec, result) in results {
        match result {
            Ok(listed) => print(args, run, &spec, (since, until), limit, &listed)?,
            Err(failure) => run.fail(&Failure { message: format!("{}: {}", spec.id, failure.message), ..failure }),
        }
    }
    Ok(())
}

/// Lists all platforms at once; where there can be no more threads, one after the other.
fn list_all(tasks: Vec<Task>) -> Vec<(Arc<PlatformSpec>, Result<Listed, Failure>)> {
    let specs: Vec<Arc<PlatformSpec>> = tasks.iter().map(|task| task.spec.clone()).collect();
    let waiting = Mutex::new(tasks.into_iter().enumerate().collect::<VecDeque<_>>());
    let listed = Mutex::new(specs.iter().map(|_| None).collect::<Vec<Option<Result<Listed, Failure>>>>());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let put = |at: usize, result| listed.lock().unwrap_or_else(PoisonError::into_inner)[at] = Some(result);
    let work = || {
        while let Some((at, task)) = next() {
            put(at, task.run());
        }
    };
    std::thread::scope(|scope| {
        let spawned = specs.iter().map_while(|_| std::thread::Builder::new().spawn_scoped(scope, work).ok());
        // What has ended one of them is told below, where its result is missing.
        spawned.collect::<Vec<_>>().into_iter().for_each(|thread| drop(thread.join()));
    });
    work();
    let bug = || Failure::new(Exit::Bug, "the listing ended in a bug; please report it with the lines above");
    let listed = listed.into_inner().unwrap_or_else(PoisonError::into_inner);
    specs.into_iter().zip(listed).map(|(spec, result)| (spec, result.unwrap_or_else(|| Err(bug())))).collect()
}

/// The listing of one platform, with all it needs on a thread of its own.
struct Task {
    spec: Arc<PlatformSpec>,
    platform: Box<dyn PlatformReader>,
    ownership: Ownership,
    catalogue: Catalogue,
    run_id: String,
    talk: Arc<Talk>,
    bar: Bar,
    window: Window,
    newest: Option<Limit>,
    full: bool,
    accept_shrunk: bool,
    confirm_wait: Duration,
    stop: Arc<AtomicBool>,
}

fn task(args: &Args, run: &Run, spec: &Arc<PlatformSpec>, window: Window, limit: Option<u64>) -> Result<Task, Failure> {
    let bar = Bar::counting(&run.talk, &format!("gs-fetch {}", spec.id));
    let http: Arc<Http> = run.http(Some(bar.clone()))?;
    Ok(Task {
        spec: spec.clone(),
        platform: run.open_reader(spec, http)?,
        ownership: run.ownership(spec),
        catalogue: Catalogue::open(&run.catalogue_path, run.lock_wait)?,
        run_id: run.id.clone(),
        talk: run.talk.clone(),
        bar,
        window,
        newest: newest(args.newest, spec, window, limit),
        full: args.full,
        accept_shrunk: args.accept_shrunk,
        confirm_wait: run.confirm_wait()?,
        stop: run.stop.clone(),
    })
}

/// How many of the newest are wanted: what the flag says, else for Garmin what the setting `limit` says. The setting does not
/// narrow a part of time, which a person asked for.
fn newest(flag: Option<u64>, spec: &PlatformSpec, window: Window, limit: Option<u64>) -> Option<Limit> {
    let of_setting = limit.filter(|_| spec.id.starts_with("garmin") && window == Window::default());
    let (count, is_strict) = (flag.or(of_setting)?, flag.is_some());
    (count > 0).then_some(Limit { count, is_strict })
}

impl Task {
    fn extent(&self) -> Result<Extent, Failure> {
        let base = self.catalogue.last_base_listing(&self.spec.id, self.newest.map(|limit| limit.count))?;
        let window = self.window != Window::default();
        let shrunk = self.catalogue.is_in_doubt(&self.spec.id)?;
        Ok(listing::extent(self.full, window, shrunk, base, Timestamp::now()))
    }

    fn rehearse(&self) -> Result<Listed, Failure> {
        let how = match self.extent()? {
            Extent::Full => "to the end",
            Extent::Incremental => "until a page holds nothing new",
        };
        self.bar.finish();
        self.talk.warning(&format!("{}: would be listed {how}; what follows is what is known already", self.spec.id));
        Ok(Listed::default())
    }

    fn run(self) -> Result<Listed, Failure> {
        let bar = self.bar.clone();
        let listed = self.list();
        bar.finish();
        listed
    }

    fn list(mut self) -> Result<Listed, Failure> {
        self.ownership.check(self.platform.as_ref(), false)?;
        let extent = self.extent()?;
        let (bar, page) = (self.bar.clone(), Cell::new(1_u32));
        bar.say("page 1");
        Listing {
            spec: &self.spec,
            platform: self.platform.as_ref(),
            catalogue: &mut self.catalogue,
            run: &self.run_id,
            talk: &self.talk,
            window: self.window,
            newest: self.newest,
            extent,
            accept_shrunk: self.accept_shrunk,
            look: false,
            sought: None,
            confirm_wait: self.confirm_wait,
            stop: &self.stop,
            progress: &|count| {
                bar.add(count);
                page.set(page.get() + 1);
                bar.say(&format!("page {}", page.get()));
            },
        }
        .take()
    }
}

fn print(
    args: &Args,
    run: &mut Run,
    spec: &PlatformSpec,
    (since, until): (Option<Timestamp>, Option<Timestamp>),
    limit: Option<u64>,
    listed: &Listed,
) -> Outcome {
    run.count("listed", listed.items);
    run.count("new", listed.new);
    if listed.unreadable > 0 {
        let message = format!(
            "{}: {}; nothing is concluded from it; try again later, and report it if it stays so",
            spec.id,
            listed.complaint()
        );
        run.fail(&Failure::new(Exit::Later, message));
    }
    if listed.listing.is_some() {
        run.talk.note(&format!("{}: {} listed, {} new", spec.id, listed.items, listed.new));
    }
    run.adopt_orphans(spec)?;
    if args.new && listed.listing.is_none() {
        return Ok(());
    }
    let query = Query {
        platforms: vec![spec.id.to_string()],
        sports: args.filter.sport.clone(),
        since,
        until,
        absent: Some(false),
        // What only an import told of may be there no longer.
        listed: true,
        // Also what a listing since then saw that was cut and printed nothing.
        first_listing_after: match listed.listing.filter(|_| args.new) {
            Some(listing) => Some(run.catalogue.last_believed_before(&spec.id, listing)?),
            None => None,
        },
        ..Query::default()
    };
    let mut output = Output::buffered();
    let archive = run.archive.clone();
    let limit = newest(args.newest, spec, Window { since, until }, limit);
    let mut left = limit.map_or(u64::MAX, |limit| limit.count);
    // What is new since the setting limited the first list is printed however much it is: nothing else would ever send it.
    let news = match limit {
        Some(Limit { is_strict: false, .. }) => run.catalogue.news_begin_after(&spec.id)?,
        _ => None,
    };
    run.catalogue.entries(&query, |entry| {
        let is_news = news.is_some_and(|listing| entry.first_listing > Some(listing));
        if left == 0 && !is_news {
            return Ok(());
        }
        left = left.saturating_sub(1);
        output.record(&Record::from(cli::record_of(entry, &archive))).map(drop)
    })?;
    output.flush().map(drop)
}
