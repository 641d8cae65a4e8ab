//! A platform that is about to be written to: open, held against other writers, and looked at before every write.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Bar, Exit, Failure, Listed, Listing, Run};
use crate::archive::{Lock, Purpose};
use crate::catalogue::{Entry, FileFacts, Query};
use crate::http::Http;
use crate::plan::listing::Extent;
use crate::plan::look;
use crate::platform::{Kind, Platform, Window};

/// A platform that is written to.
pub struct Target {
    /// Its row.
    pub kind: &'static Kind,
    /// The platform.
    pub platform: Box<dyn Platform>,
    /// Between a look and the write that follows it, nobody else writes.
    _lock: Lock,
}

/// What the catalogue knows of an entry on a target.
pub type Neighbour = (Entry, Option<FileFacts>);

impl Target {
    /// Opens it, and keeps other commands from writing to it until it is dropped.
    ///
    /// # Errors
    /// Another command writes to it for longer than we wait.
    pub fn open(run: &Run, kind: &'static Kind, http: Arc<Http>) -> Result<Target, Failure> {
        let lock = run.archive.lock(kind.name, Purpose::Write, run.lock_wait)?;
        let lock =
            lock.ok_or_else(|| Failure::new(Exit::Later, "another command writes to this platform; try again later"))?;
        Ok(Target { kind, platform: run.open_platform(kind, http)?, _lock: lock })
    }

    /// Makes sure that what the catalogue knows of the time around `start` is minutes old: if it is older, that part of
    /// the list is asked for, and a page's worth around it.
    pub fn look(&self, run: &mut Run, start: Timestamp, bar: &Bar) -> Result<(), Failure> {
        let now = Timestamp::now();
        let (from, until) = look::reach(start);
        let since = now.checked_sub(look::FRESH).unwrap_or(Timestamp::MIN);
        let listed = run.catalogue.listed_since(self.kind.name, since)?;
        // Nothing begins after now, so a list covers up to now what it covers.
        let last = until.min(now);
        if listed.iter().any(|span| span.holds(Some(from)) && span.holds(Some(last.max(from)))) {
            return Ok(());
        }
        let (from, until) = look::window(start, &run.catalogue.starts(self.kind.name)?);
        bar.say(&format!("looking at {}", self.kind.name));
        self.list(run, Window { since: Some(from), until: Some(until) }).map(drop)
    }

    /// Lists a window into the catalogue as it is now.
    pub fn list(&self, run: &mut Run, window: Window) -> Result<Listed, Failure> {
        let listed = Listing {
            kind: self.kind,
            platform: self.platform.as_ref(),
            catalogue: &mut run.catalogue,
            run: &run.id,
            talk: &run.talk,
            window,
            newest: None,
            extent: Extent::Full,
            accept_shrunk: false,
            look: true,
            progress: &|_| {},
        }
        .take()?;
        if listed.unreadable > 0 {
            return Err(Failure::new(
                Exit::Later,
                "its list has entries that cannot be read; nothing is concluded from it",
            ));
        }
        Ok(listed)
    }

    /// Lists the windows that show all of `starts`, as few as that takes. Returns the number of the first listing: what
    /// lies in the windows and was not shown by it or a later one is not there.
    pub fn list_around(&self, run: &mut Run, mut starts: Vec<Timestamp>) -> Result<i64, Failure> {
        let known = run.catalogue.starts(self.kind.name)?;
        let mut first = i64::MAX;
        for (from, until) in look::clusters(&mut starts, &known) {
            let listed = self.list(run, Window { since: Some(from), until: Some(until) })?;
            first = first.min(listed.listing.unwrap_or(i64::MAX));
        }
        Ok(first)
    }
}

impl Run {
    /// What a platform has around `start`, as far as the catalogue knows: the entries that it shows.
    pub fn neighbours(&self, platform: &str, start: Timestamp) -> Result<Vec<Neighbour>, Failure> {
        let (since, until) = look::reach(start);
        let query = Query {
            platforms: vec![platform.to_owned()],
            since: Some(since),
            until: Some(until),
            absent: Some(false),
            ..Query::default()
        };
        let mut all = Vec::new();
        self.catalogue.entries(&query, |entry| {
            let facts = self.catalogue.file_facts(&entry.activity.platform, &entry.activity.id)?;
            all.push((entry, facts));
            Ok::<_, Failure>(())
        })?;
        Ok(all)
    }
}
