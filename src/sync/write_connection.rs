//! Connections to platforms for writing: opened, locked against other writers, and checked before every write.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::suspension::Suspensions;
use super::{Error, Exit, Failure, ItemResult, Listed, Listing, Progress, Result, Worker};
use crate::archive::{Lock, Purpose};
use crate::catalogue::{ActivityRow, Coverage, FileFingerprint, ListingPurpose, Query};
use crate::clock::Moment;
use crate::http::Http;
use crate::plan::listing::Extent;
use crate::plan::precheck;
use crate::platform::{self, PlatformId, PlatformSpec, PlatformWriter, Window};
use crate::reason::Reason;
use crate::record::{Problem, ProblemKind};

/// A platform that is open for writing.
pub struct WriteConnection {
    /// Its specification.
    pub spec: Arc<PlatformSpec>,
    /// The platform.
    pub platform: Box<dyn PlatformWriter>,
    http: Arc<Http>,
    /// The parts of the list that this command has requested, and how long each may be used.
    listings: RefCell<Vec<(Coverage, Moment)>>,
    /// Keeps other commands from writing between a check and the write that follows.
    _lock: Lock,
}

/// The result of a check of the target.
#[derive(Debug, Clone, Copy)]
pub struct TargetCheck {
    /// Until when a write may rely on it.
    pub not_after: Moment,
    /// The list was requested for it.
    pub is_new: bool,
}

/// The platforms that one operation writes to.
pub struct WriteConnections {
    http: Arc<Http>,
    progress: Progress,
    open: BTreeMap<PlatformId, WriteConnection>,
    suspensions: Suspensions,
}

impl WriteConnections {
    /// Creates the connections; no platform is open yet.
    pub fn new(worker: &Worker, progress: &Progress) -> Result<WriteConnections> {
        Ok(WriteConnections {
            http: worker.http(progress.clone())?,
            progress: progress.clone(),
            open: BTreeMap::new(),
            suspensions: Suspensions::default(),
        })
    }

    /// Opens a platform, if it is not open.
    ///
    /// # Errors
    /// [`Error::Platform`]: the platform is suspended, or opening it fails and suspends it.
    pub fn ensure_open(&mut self, worker: &Worker, spec: &Arc<PlatformSpec>) -> ItemResult<()> {
        if let Some(problem) = self.suspensions.problem(&spec.id) {
            return Err(Error::Platform(Box::new(problem.clone())));
        }
        if self.open.contains_key(&spec.id) {
            return Ok(());
        }
        self.progress.step(&format!("waiting for another command to finish writing to {}", spec.id));
        let lock = match WriteConnection::lock(worker, spec) {
            Ok(lock) => lock,
            Err(failure) => return Err(Error::Platform(Box::new(self.suspend_for(worker, spec, failure)?))),
        };
        match worker.connect_writer(spec, self.http.clone()) {
            Ok(platform) => {
                let open = WriteConnection::new(spec.clone(), platform, self.http.clone(), lock);
                self.open.insert(spec.id.clone(), open);
                Ok(())
            }
            Err(error) => {
                let problem = self.classify(worker, spec, error)?;
                self.suspensions.suspend(worker, &spec.id, &problem);
                Err(Error::Platform(Box::new(problem)))
            }
        }
    }

    /// The connection to a platform that is open.
    pub fn get(&self, spec: &PlatformSpec) -> Result<&WriteConnection> {
        self.open.get(&spec.id).ok_or_else(|| Failure::new(Exit::Bug, "internal error: platform not open"))
    }

    /// All open platforms.
    pub fn open(&self) -> Vec<Arc<PlatformSpec>> {
        self.open.values().map(|open| open.spec.clone()).collect()
    }

    /// Whether the platform is skipped for the rest of the run.
    pub fn is_suspended(&self, spec: &PlatformSpec) -> bool {
        self.suspensions.problem(&spec.id).is_some()
    }

    /// Whether a problem was reported already, once for all records of the platform.
    pub fn is_reported(&self, platform: &str, problem: &Problem) -> bool {
        self.suspensions.is_reported(platform, problem)
    }

    /// Resets the count of failures in a row: the service sent a valid response, whatever its content.
    pub fn succeeded(&mut self, spec: &PlatformSpec) {
        self.suspensions.succeeded(&spec.id);
    }

    /// Suspends a platform because of a failure of the service or the login, and returns the problem for its records.
    ///
    /// # Errors
    /// Any other failure is returned and ends the operation.
    pub fn suspend_for(&mut self, worker: &Worker, spec: &PlatformSpec, failure: Failure) -> Result<Problem> {
        let kind = match failure.exit {
            Exit::TempFail | Exit::Partial => ProblemKind::Retry,
            Exit::LoginRequired => ProblemKind::LoginRequired,
            _ => return Err(failure),
        };
        let problem = Problem::new(worker.command, kind, *failure.reason);
        self.suspensions.suspend(worker, &spec.id, &problem);
        Ok(problem)
    }

    /// Converts the error of a request to the problem of its record. Suspends the platform if it is down, if its login
    /// or the disk fails, or after several failures in a row.
    ///
    /// # Errors
    /// An error that no record can have (invalid input, a stop) is returned and ends the operation.
    pub fn classify(&mut self, worker: &Worker, spec: &PlatformSpec, error: platform::Error) -> Result<Problem> {
        use platform::Error;
        let reason = error.reason();
        let (kind, is_platform) = match error {
            Error::Login(_) => (ProblemKind::LoginRequired, true),
            Error::Retry { platform_wide, .. } => {
                (ProblemKind::Retry, platform_wide || self.suspensions.is_another_failure_too_many(&spec.id))
            }
            Error::TooLate | Error::OutcomeUnknown(_) | Error::Unexpected(_) => {
                (ProblemKind::Retry, self.suspensions.is_another_failure_too_many(&spec.id))
            }
            Error::NotFound(_) | Error::Rejected(_) | Error::NoFileGiven => (ProblemKind::Rejected, false),
            Error::OtherAccount(_) => (ProblemKind::Account, true),
            Error::Config(_) => (ProblemKind::Config, true),
            // The storage of a watch may be full while other platforms have space.
            Error::Storage(_) => (ProblemKind::Storage, true),
            Error::Input(_) | Error::Stopped => return Err(error.into()),
        };
        let problem = Problem::new(worker.command, kind, reason);
        if is_platform {
            self.suspensions.suspend(worker, &spec.id, &problem);
        }
        Ok(problem)
    }
}

/// An activity that the catalogue knows on a target, with the properties of its file.
pub type Neighbour = (ActivityRow, Option<FileFingerprint>);

impl WriteConnection {
    /// Locks the platform against other commands that write to it.
    fn lock(worker: &Worker, spec: &PlatformSpec) -> Result<Lock> {
        let lock = worker.archive.lock(&spec.id, Purpose::Write, worker.lock_timeout)?;
        lock.ok_or_else(|| Failure::because(Exit::TempFail, Reason::UploadBusy))
    }

    fn new(spec: Arc<PlatformSpec>, platform: Box<dyn PlatformWriter>, http: Arc<Http>, lock: Lock) -> WriteConnection {
        WriteConnection { spec, platform, http, listings: RefCell::default(), _lock: lock }
    }

    /// Ensures that the catalogue's view of the time around `start` is only seconds old: requests that part of the
    /// list, unless this command has just done so. The request covers a whole page, which serves the next uploads.
    ///
    /// Listings by other commands do not count, however recent they seem: a watch may have uploaded since, and the
    /// clock may be wrong.
    pub fn check_target(&self, worker: &mut Worker, start: Timestamp, progress: &Progress) -> Result<TargetCheck> {
        let (from, until) = precheck::reach(start);
        let serves = |(span, end): &&(Coverage, Moment)| {
            !end.is_over() && span.from.is_some_and(|it| it <= from) && span.until.is_some_and(|it| it >= until)
        };
        if let Some((_, end)) = self.listings.borrow().iter().filter(serves).max_by_key(|(_, end)| *end) {
            return Ok(TargetCheck { not_after: *end, is_new: false });
        }
        let sought = Some((from, until));
        let (from, until) = precheck::window(start, &worker.catalogue.listed_starts(&self.spec.id)?);
        progress.step(&format!("checking {}", self.spec.id));
        // Requesting further pages would only make the first one older; on a slow line, too old to use.
        let listed = self.list_down_to(worker, Window { since: Some(from), until: Some(until) }, sought)?;
        let end = self.serves_until(&listed);
        let mut listings = self.listings.borrow_mut();
        listings.retain(|(_, end)| !end.is_over());
        listings.push((listed.coverage, end));
        Ok(TargetCheck { not_after: end, is_new: true })
    }

    /// Until when a write may rely on a listing.
    fn serves_until(&self, listed: &Listed) -> Moment {
        // A listing without activities was a single request.
        let asked = listed.asked.or_else(|| self.http.last_sent(&self.spec.id)).unwrap_or_else(Moment::now);
        asked + precheck::max_age(self.http.interval())
    }

    /// Lists a window into the catalogue.
    pub fn list(&self, worker: &mut Worker, window: Window) -> Result<Listed> {
        self.list_down_to(worker, window, None)
    }

    /// Like [`WriteConnection::list`], but stops when the pages show the `sought` part and a known activity.
    fn list_down_to(
        &self,
        worker: &mut Worker,
        window: Window,
        sought: Option<(Timestamp, Timestamp)>,
    ) -> Result<Listed> {
        let confirm_wait = worker.confirm_wait()?;
        let listed = Listing {
            spec: &self.spec,
            platform: self.platform.as_ref(),
            worker,
            window,
            newest: None,
            extent: Extent::Full,
            accept_missing: false,
            purpose: ListingPurpose::Precheck,
            sought,
            confirm_wait,
            progress: &|_| {},
        }
        .take()?;
        if listed.unreadable > 0 {
            return Err(Failure::because(Exit::TempFail, listed.complaint()));
        }
        Ok(listed)
    }

    /// Lists the fewest windows that contain all `starts`. Returns the ids in these listings and until when the result
    /// may be used. An activity in the windows whose id is not returned is not on the platform, whatever another
    /// command has listed.
    pub fn list_around(
        &self,
        worker: &mut Worker,
        mut starts: Vec<Timestamp>,
    ) -> Result<(HashSet<String>, Option<Moment>)> {
        let known = worker.catalogue.listed_starts(&self.spec.id)?;
        let (mut shown, mut end) = (HashSet::new(), None);
        for (from, until) in precheck::clusters(&mut starts, &known) {
            let listed = self.list(worker, Window { since: Some(from), until: Some(until) })?;
            end = end.or_else(|| Some(self.serves_until(&listed)));
            shown.extend(listed.shown);
        }
        Ok((shown, end))
    }
}

impl Worker {
    /// The activities around `start` that the catalogue knows in the list of a platform.
    pub fn neighbours(&self, platform: &str, start: Timestamp) -> Result<Vec<Neighbour>> {
        let (since, until) = precheck::reach(start);
        let query = Query {
            platforms: vec![platform.to_owned()],
            since: Some(since),
            until: Some(until),
            missing: Some(false),
            listed: true,
            ..Query::default()
        };
        self.catalogue.snapshot(|catalogue| {
            let mut all = Vec::new();
            catalogue.entries(&query, |entry| {
                let facts = catalogue.file_facts(entry.activity.as_key())?;
                all.push((entry, facts));
                Ok::<_, Failure>(())
            })?;
            Ok(all)
        })
    }
}
