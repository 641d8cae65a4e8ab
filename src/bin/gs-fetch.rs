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

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use garminsync::catalogue::{Catalogue, Change, Coverage, Query, Reached, Seen};
use garminsync::cli::{self, Bar, Common, Exit, Failure, Filter, HasCommon, Outcome, Output, Run, Talk};
use garminsync::http::Http;
use garminsync::plan::listing::{self, Extent};
use garminsync::platform::{self, Ending, Kind, More, Page, Platform, Window};
use garminsync::record::Record;
use jiff::Timestamp;

/// List the platforms into the catalogue, and print the known activities as records
///
/// By default a listing stops at the first page that holds nothing new, and goes to the end once a week. It makes no
/// login while the stored token works.
#[derive(Parser)]
#[command(
    name = "gs-fetch",
    version,
    after_help = "Examples:\n  gs-fetch --new | gs-download\n  gs-fetch --since 30d --sport running\n\nExit codes: 0 all well, 1 partly, 75 try again later, 77 a login is needed, 78 set-up"
)]
struct Args {
    /// List everything again, to the end
    #[arg(long)]
    full: bool,
    /// List only the newest N [default for Garmin: $GARMIN_NEWEST_NUM]
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
    let kinds = run.platforms()?;
    let (since, until) = args.filter.times(Timestamp::now())?;
    let limit = run.settings.number("GARMIN_NEWEST_NUM")?;
    let tasks = kinds
        .iter()
        .map(|kind| task(args, run, kind, Window { since, until }, limit))
        .collect::<Result<Vec<_>, _>>()?;
    let results: Vec<(&Kind, Result<Listed, Failure>)> = if args.common.dry_run {
        tasks.iter().map(|task| (task.kind, task.rehearse())).collect()
    } else {
        std::thread::scope(|scope| {
            let threads: Vec<_> = tasks.into_iter().map(|task| (task.kind, scope.spawn(move || task.run()))).collect();
            let bug = || Failure::new(Exit::Bug, "the listing ended in a bug; please report it with the lines above");
            threads.into_iter().map(|(kind, thread)| (kind, thread.join().unwrap_or_else(|_| Err(bug())))).collect()
        })
    };
    for (kind, result) in results {
        match result {
            Ok(listed) => print(args, run, kind, (since, until), &listed)?,
            Err(failure) => run.fail(&Failure { message: format!("{}: {}", kind.name, failure.message), ..failure }),
        }
    }
    Ok(())
}

/// The listing of one platform, with all it needs on a thread of its own.
struct Task {
    kind: &'static Kind,
    platform: Box<dyn Platform>,
    catalogue: Catalogue,
    run_id: String,
    talk: Arc<Talk>,
    bar: Bar,
    window: Window,
    newest: Option<u64>,
    full: bool,
    accept_shrunk: bool,
}

/// What a listing came to.
struct Listed {
    listing: Option<i64>,
    items: u64,
    new: u64,
    unreadable: u64,
}

fn task(args: &Args, run: &Run, kind: &'static Kind, window: Window, limit: Option<u64>) -> Result<Task, Failure> {
    let bar = Bar::counting(&run.talk, &format!("gs-fetch {}", kind.name));
    let http: Arc<Http> = run.http(Some(bar.clone()))?;
    let of_setting = limit.filter(|_| kind.name.starts_with("garmin"));
    Ok(Task {
        kind,
        platform: run.open_platform(kind, http)?,
        catalogue: Catalogue::open(&run.catalogue_path, run.lock_wait)?,
        run_id: run.id.clone(),
        talk: run.talk.clone(),
        bar,
        window,
        newest: args.newest.or(of_setting).filter(|newest| *newest > 0),
        full: args.full,
        accept_shrunk: args.accept_shrunk,
    })
}

impl Task {
    fn extent(&self) -> Result<Extent, Failure> {
        let base = self.catalogue.last_base_listing(self.kind.name, self.newest)?;
        let window = self.window != Window::default();
        Ok(listing::extent(self.full, window, base, Timestamp::now()))
    }

    fn rehearse(&self) -> Result<Listed, Failure> {
        let how = match self.extent()? {
            Extent::Full => "to the end",
            Extent::Incremental => "until a page holds nothing new",
        };
        self.bar.finish();
        self.talk.warning(&format!("{}: would be listed {how}; what follows is what is known already", self.kind.name));
        Ok(Listed { listing: None, items: 0, new: 0, unreadable: 0 })
    }

    fn run(mut self) -> Result<Listed, Failure> {
        let extent = self.extent()?;
        let number = self.catalogue.begin_listing(self.kind.name, &self.run_id, Timestamp::now())?;
        let mut walk = Walk {
            oldest: None,
            is_sorted: true,
            last_fresh: 0,
            listed: Listed { listing: Some(number), items: 0, new: 0, unreadable: 0 },
            failure: None,
        };
        let window = self.window;
        let Task { platform, catalogue, talk, bar, kind, newest, .. } = &mut self;
        let ended = platform.activities(&window, &mut |mut page| {
            let left =
                newest.map_or(usize::MAX, |newest| usize::try_from(newest - walk.listed.items).unwrap_or(usize::MAX));
            if page.activities.len() > left {
                page.activities.truncate(left);
                page.starts = page.activities.iter().filter_map(|listed| listed.activity.start_time).collect();
            }
            let fresh = walk.take(catalogue, number, &page, talk, kind).map_err(|failure| {
                walk.failure = Some(failure);
                platform::Error::Stopped
            })?;
            bar.add(page.activities.len() as u64);
            let enough = listing::is_enough(extent, fresh, walk.listed.items, *newest);
            Ok(if enough { More::Stop } else { More::Go })
        });
        self.bar.finish();
        self.conclude(walk, ended, number)
    }

    /// Says how far the listing got, and what that means.
    fn conclude(mut self, walk: Walk, ended: platform::Result<Ending>, number: i64) -> Result<Listed, Failure> {
        let now = Timestamp::now();
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
            let message = format!(
                "the list lacks {} of {} known activities, which is not believed and nothing is concluded from; if they were really deleted, run it again with --accept-shrunk",
                settled.gone, settled.known
            );
            return Err(Failure::new(Exit::Later, message));
        }
        if settled.gone > 0 {
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
        let joins = ending == Ending::End || walk.last_fresh == 0 || is_first;
        let seamless = window == Window::default() && joins;
        Ok(Reached { coverage, complete: ending == Ending::End, base, seamless, items: walk.listed.items })
    }
}

/// How far a listing has got.
struct Walk {
    oldest: Option<Timestamp>,
    is_sorted: bool,
    /// News on the last page.
    last_fresh: usize,
    listed: Listed,
    failure: Option<Failure>,
}

impl Walk {
    /// Takes a page into the catalogue; returns how many of its entries are news.
    fn take(
        &mut self,
        catalogue: &mut Catalogue,
        number: i64,
        page: &Page,
        talk: &Talk,
        kind: &Kind,
    ) -> Result<usize, Failure> {
        for what in &page.unreadable {
            talk.error(&format!("{}: {what}; it is passed over", kind.name));
        }
        let seen: Vec<Seen> = page.activities.iter().map(|l| Seen { activity: &l.activity, raw: &l.raw }).collect();
        let changes = catalogue.see(number, &seen, Timestamp::now())?;
        for start in &page.starts {
            self.is_sorted &= listing::is_sorted(self.oldest, Some(*start));
            self.oldest = Some(self.oldest.map_or(*start, |oldest| oldest.min(*start)));
        }
        self.listed.items += seen.len() as u64;
        self.listed.unreadable += page.unreadable.len() as u64;
        self.listed.new += changes.iter().filter(|change| **change == Change::New).count() as u64;
        self.last_fresh = changes.iter().filter(|change| **change != Change::Same).count();
        Ok(self.last_fresh)
    }
}

fn print(
    args: &Args,
    run: &mut Run,
    kind: &Kind,
    (since, until): (Option<Timestamp>, Option<Timestamp>),
    listed: &Listed,
) -> Outcome {
    run.count("listed", listed.items);
    run.count("new", listed.new);
    if listed.unreadable > 0 {
        run.raise(Exit::Partial);
    }
    if listed.listing.is_some() {
        run.talk.note(&format!("{}: {} listed, {} new", kind.name, listed.items, listed.new));
    }
    if args.new && listed.listing.is_none() {
        return Ok(());
    }
    let query = Query {
        platforms: vec![kind.name.to_owned()],
        sports: args.filter.sport.clone(),
        since,
        until,
        absent: Some(false),
        // Also what a listing since then saw that was cut and printed nothing.
        first_listing_after: match listed.listing.filter(|_| args.new) {
            Some(listing) => Some(run.catalogue.last_believed_before(kind.name, listing)?),
            None => None,
        },
        ..Query::default()
    };
    let mut output = Output::buffered();
    let archive = run.archive.clone();
    run.catalogue.entries(&query, |entry| output.record(&Record::from(cli::record_of(entry, &archive))).map(drop))?;
    output.flush().map(drop)
}
