//! A service in memory: its activities, its uploads and its faults, without requests, processes or waits.
//!
//! A test uses a [`Memory`] as the service's side: it adds activities, deletes them as a person does, and sets faults
//! for calls. The engine opens the same service by its [`PlatformSpec`]. The time is that of a [`Clock`], which only
//! the test and the engine's own waits advance. The contract of all platforms (`tests/it/platform/contract.rs`) checks
//! such a service, too.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use garminsync::activity::Activity;
use garminsync::archive::unpack;
use garminsync::clock::{Clock, Moment};
use garminsync::fit;
use garminsync::http::Secret;
use garminsync::platform::{
    Access, AccessKind, Account, Ask, Context, Credentials, Download, Error, Identity, ListEnd, ListedActivity,
    LoginWays, Page, PlatformKind, PlatformLogin, PlatformReader, PlatformSpec, PlatformWriter, Result, Service,
    UploadFile, UploadRef, UploadStatus, Window,
};
use garminsync::reason::Reason;
use jiff::{SignedDuration, Timestamp};

/// The properties of a service.
#[derive(Debug, Clone)]
pub struct Manners {
    /// A different file of an existing recording becomes a second activity.
    pub allows_duplicates: bool,
    /// Activities can be deleted.
    pub can_delete: bool,
    /// How many status requests for an upload return "pending". `None`: the response to the upload itself has the
    /// result.
    pub polls: Option<u32>,
    /// The result of an upload names the activity.
    pub names_ids: bool,
    /// The status of an upload can be requested by the bytes of the file; if not, only by the service's reference.
    pub knows_bytes: bool,
    /// The service has a count of activities that is independent of the list.
    pub counts: bool,
    /// An activity can be requested by its id.
    pub answers_by_id: bool,
    /// How long after an upload the list shows the activity.
    pub lists_after: SignedDuration,
    /// The number of activities on a page of the list.
    pub page: usize,
}

impl Manners {
    /// A service that rejects a second activity of the same recording, and offers all optional information.
    pub fn strict() -> Manners {
        Manners {
            allows_duplicates: false,
            can_delete: true,
            polls: Some(0),
            names_ids: true,
            knows_bytes: true,
            counts: true,
            answers_by_id: true,
            lists_after: SignedDuration::ZERO,
            page: 20,
        }
    }

    /// A service that makes an activity of every file, and offers as little information as possible.
    pub fn lax() -> Manners {
        Manners {
            allows_duplicates: true,
            names_ids: false,
            knows_bytes: false,
            counts: false,
            answers_by_id: false,
            ..Manners::strict()
        }
    }
}

/// The calls to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    List,
    Count,
    Exists,
    Download,
    Identify,
    Upload,
    Status,
    /// One upload whose status was requested: a request may be about several.
    StatusOfOne,
    Delete,
}

/// The effect of a fault on a call.
#[derive(Clone)]
pub enum Effect {
    /// The call has no effect and returns this error.
    Fails(fn() -> Error),
    /// The response to a write is lost. The write takes effect after this time, or never.
    AnswerLost(Option<SignedDuration>),
    /// A write returns the usual response, and takes effect only after this time.
    DoneAfter(SignedDuration),
    /// A write reports success but has no effect. An upload returns this status.
    Lie(Option<UploadStatus>),
    /// An upload takes effect, and its response names this id.
    Names(String),
    /// An upload becomes two activities.
    Twice,
    /// An upload is accepted, and its status becomes this error.
    EndsWith(fn() -> Error),
    /// The list shows only this many activities, the newest.
    Shrunk(usize),
    /// The list does not show these activities.
    Hides(Vec<String>),
    /// The list is unsorted, and has all activities on one page.
    Unordered,
    /// The activities on the first page of the list have no start.
    WithoutStarts,
    /// The list fails with this error after this many pages.
    BreaksOff(usize, fn() -> Error),
    /// A different account responds, whose list has none of these activities.
    Stranger,
    /// A download returns this.
    Gives(Download),
    /// This function runs right before the call returns.
    Meanwhile(Arc<dyn Fn(&Memory) + Send + Sync>),
    /// The program is killed before the call takes effect.
    Killed,
    /// The program is killed after the call took effect, and before it returns.
    KilledAfter,
}

impl fmt::Debug for Effect {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Effect::Fails(error) => write!(f, "Fails({:?})", error()),
            Effect::AnswerLost(done) => write!(f, "AnswerLost({done:?})"),
            Effect::DoneAfter(time) => write!(f, "DoneAfter({time:?})"),
            Effect::Lie(status) => write!(f, "Lie({status:?})"),
            Effect::Names(id) => write!(f, "Names({id})"),
            Effect::Twice => f.write_str("Twice"),
            Effect::EndsWith(error) => write!(f, "EndsWith({:?})", error()),
            Effect::Shrunk(count) => write!(f, "Shrunk({count})"),
            Effect::Hides(ids) => write!(f, "Hides({ids:?})"),
            Effect::Unordered => f.write_str("Unordered"),
            Effect::WithoutStarts => f.write_str("WithoutStarts"),
            Effect::BreaksOff(pages, error) => write!(f, "BreaksOff({pages}, {:?})", error()),
            Effect::Stranger => f.write_str("Stranger"),
            Effect::Gives(_) => f.write_str("Gives"),
            Effect::Meanwhile(_) => f.write_str("Meanwhile"),
            Effect::Killed => f.write_str("Killed"),
            Effect::KilledAfter => f.write_str("KilledAfter"),
        }
    }
}

/// The payload of a panic that simulates a kill.
pub struct Killed;

/// A service in memory; a clone is the same service.
#[derive(Clone)]
pub struct Memory {
    id: &'static str,
    manners: Manners,
    clock: Clock,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    is_logged_in: bool,
    last_id: u64,
    held: Vec<Held>,
    jobs: Vec<Job>,
    faults: Vec<Fault>,
    calls: BTreeMap<Call, usize>,
    deletions: Vec<Deletion>,
    was_killed: bool,
}

/// An activity that the service has.
#[derive(Clone)]
struct Held {
    id: u64,
    activity: Activity,
    identity: Option<fit::RecordingId>,
    bytes: Arc<Vec<u8>>,
    /// From when the list shows it.
    shown: Timestamp,
    /// From when it is deleted.
    gone: Option<Timestamp>,
}

/// An upload that the service has accepted.
struct Job {
    ticket: String,
    bytes: Arc<Vec<u8>>,
    polls: u32,
    /// When it becomes an activity.
    due: Timestamp,
    end: Option<fn() -> Error>,
    /// The activity, and whether it existed before.
    done: Option<(u64, bool)>,
}

struct Fault {
    call: Call,
    /// How many calls before it return the usual response.
    after: usize,
    effect: Effect,
}

/// A deletion that the service has carried out.
#[derive(Debug, Clone)]
pub struct Deletion {
    pub id: String,
    pub start: Timestamp,
    /// Other activities with the same start that existed at that time.
    pub others: Vec<String>,
}

impl Memory {
    /// An empty service without a login.
    pub fn new(id: &'static str, manners: Manners, clock: Clock) -> Memory {
        Memory { id, manners, clock, state: Arc::default() }
    }

    /// Its row in the table of platforms.
    pub fn spec(&self) -> PlatformSpec {
        PlatformSpec {
            id: self.id.into(),
            title: "Memory",
            native_manufacturer: None,
            upload_formats: &[garminsync::activity::Format::Fit],
            rejected_sports: &[],
            allows_duplicates: self.manners.allows_duplicates,
            can_delete: self.manners.can_delete,
            kind: PlatformKind::Service(Box::new(self.clone())),
        }
    }

    /// The clock of the test.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    pub fn id(&self) -> &'static str {
        self.id
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets whether an account is logged in.
    pub fn set_logged_in(&self, is_logged_in: bool) {
        self.state().is_logged_in = is_logged_in;
    }

    /// Adds a file as an activity, as a watch does. Returns the activity's id.
    pub fn put(&self, bytes: &[u8]) -> String {
        let now = self.clock.now();
        self.state().add(self.id, bytes, (now, now)).to_string()
    }

    /// Deletes an activity as a person does.
    pub fn remove(&self, id: &str) {
        let mut state = self.state();
        let before = state.held.len();
        state.held.retain(|held| held.id.to_string() != id);
        assert_eq!(state.held.len(), before - 1, "{} {id}", self.id);
    }

    /// The ids of its activities, whether or not the list shows them yet; the newest first.
    pub fn ids(&self) -> Vec<String> {
        let state = self.settled();
        state.live(self.clock.now()).map(|held| held.id.to_string()).collect()
    }

    /// The starts of its activities, the newest first.
    pub fn starts(&self) -> Vec<i64> {
        let state = self.settled();
        state.live(self.clock.now()).filter_map(|held| Some(held.activity.start_time?.as_second())).collect()
    }

    /// Whether it has accepted an upload of a recording with this start that is not an activity yet.
    pub fn awaits(&self, start: i64) -> bool {
        let state = self.settled();
        let is_of = |job: &&Job| fit::scan(&job.bytes).unwrap().start_time() == Some(start);
        state.jobs.iter().filter(|job| job.done.is_none() && job.end.is_none()).any(|job| is_of(&job))
    }

    /// Applies an effect to the next call of this kind, once.
    pub fn fault(&self, call: Call, effect: Effect) -> &Memory {
        self.fault_after(0, call, effect)
    }

    /// Applies an effect to the call of this kind that follows `after` others, once.
    pub fn fault_after(&self, after: usize, call: Call, effect: Effect) -> &Memory {
        self.state().faults.push(Fault { call, after, effect });
        self
    }

    /// Applies an effect to the next `count` calls of this kind.
    pub fn faults(&self, count: usize, call: Call, effect: &Effect) -> &Memory {
        (0..count).fold(self, |memory, _| memory.fault(call, effect.clone()))
    }

    pub fn clear_faults(&self) {
        self.state().faults.clear();
    }

    /// The number of calls of this kind since the last query.
    pub fn take_calls(&self, call: Call) -> usize {
        self.state().calls.remove(&call).unwrap_or(0)
    }

    /// Resets the counts of calls.
    pub fn forget_calls(&self) {
        self.state().calls.clear();
    }

    /// The deletions that the engine requested and that were carried out.
    pub fn deletions(&self) -> Vec<Deletion> {
        self.state().deletions.clone()
    }

    /// Whether a call has killed the program since the last query.
    pub fn was_killed(&self) -> bool {
        std::mem::take(&mut self.state().was_killed)
    }

    /// The state, after all due uploads have become activities.
    fn settled(&self) -> MutexGuard<'_, State> {
        let (now, mut state) = (self.clock.now(), self.state());
        state.settle(self, now);
        state
    }

    /// Begins a call. Returns the effect that the call itself has to apply.
    fn begin(&self, call: Call) -> Result<Option<Effect>> {
        let mut state = self.settled();
        *state.calls.entry(call).or_default() += 1;
        if !state.is_logged_in {
            return Err(Error::Login(format!("nobody is logged in; run: gs-auth login --platform {}", self.id)));
        }
        let effect = state.meets(call);
        drop(state);
        match effect {
            Some(Effect::Fails(error)) => Err(error()),
            Some(Effect::Killed) => self.kill(),
            Some(Effect::Meanwhile(happens)) => {
                happens(self);
                Ok(None)
            }
            effect => Ok(effect),
        }
    }

    fn kill(&self) -> ! {
        self.state().was_killed = true;
        std::panic::resume_unwind(Box::new(Killed))
    }

    /// The page below `below`, and the place of its last entry if more entries follow.
    fn page(&self, window: &Window, below: Option<Place>, effect: Option<&Effect>) -> (Page, Option<Place>) {
        let (now, state) = (self.clock.now(), self.settled());
        let mut shown: Vec<&Held> = state.live(now).filter(|held| held.shown <= now).collect();
        match effect {
            Some(Effect::Shrunk(count)) => shown.truncate(*count),
            Some(Effect::Hides(ids)) => shown.retain(|held| !ids.contains(&held.id.to_string())),
            Some(Effect::Stranger) => shown.clear(),
            _ => {}
        }
        shown.retain(|held| held.is_in(window) && below.is_none_or(|below| held.place() < below));
        let size = match effect {
            Some(Effect::Unordered) => usize::MAX,
            _ => self.manners.page,
        };
        let next = shown.get(size.wrapping_sub(1)).filter(|_| shown.len() > size).map(|held| held.place());
        shown.truncate(size);
        let mut page = Page { requested: Some(Moment::now()), ..Page::default() };
        if matches!(effect, Some(Effect::WithoutStarts)) && below.is_none() {
            page.unreadable = shown.iter().map(|held| format!("activity {} without a start", held.id)).collect();
            return (page, next);
        }
        if matches!(effect, Some(Effect::Unordered)) {
            // The oldest first, with the newest of all in the middle.
            shown.reverse();
            if let Some(newest) = shown.pop() {
                shown.insert(shown.len() / 2, newest);
            }
        }
        page.activities = shown.iter().map(|held| held.listed()).collect();
        page.outlines = shown.iter().filter_map(|held| held.activity.outline()).collect();
        (page, next)
    }

    fn status_of(&self, job: &mut Job) -> Result<UploadStatus> {
        if job.polls > 0 {
            job.polls -= 1;
            return Ok(UploadStatus::Pending(job.ticket.clone()));
        }
        let name = |id: u64| self.manners.names_ids.then(|| id.to_string());
        match (job.end, job.done) {
            (Some(error), _) => Err(error()),
            (None, None) => Ok(UploadStatus::Pending(job.ticket.clone())),
            (None, Some((id, false))) => Ok(UploadStatus::Created(name(id))),
            (None, Some((id, true))) => Ok(UploadStatus::Exists(name(id))),
        }
    }
}

/// The place of an entry in the list: a greater place is nearer to the beginning.
type Place = (Option<Timestamp>, u64);

impl Held {
    fn place(&self) -> Place {
        (self.activity.start_time, self.id)
    }

    fn is_in(&self, window: &Window) -> bool {
        let start = self.activity.start_time;
        window.since.is_none_or(|since| start >= Some(since)) && window.until.is_none_or(|until| start < Some(until))
    }

    fn listed(&self) -> ListedActivity {
        ListedActivity { activity: self.activity.clone(), service_json: format!(r#"{{"id":{}}}"#, self.id) }
    }
}

impl State {
    fn meets(&mut self, call: Call) -> Option<Effect> {
        let mut met = None;
        for (at, fault) in self.faults.iter_mut().enumerate().filter(|(_, fault)| fault.call == call) {
            match fault.after.checked_sub(1) {
                Some(left) => fault.after = left,
                None => {
                    met = met.or(Some(at));
                }
            }
        }
        met.map(|at| self.faults.remove(at).effect)
    }

    fn live(&self, now: Timestamp) -> impl Iterator<Item = &Held> {
        self.held.iter().filter(move |held| held.gone.is_none_or(|gone| gone > now))
    }

    fn sort(&mut self) {
        self.held.sort_by_key(|held| std::cmp::Reverse(held.place()));
    }

    fn add(&mut self, platform: &str, bytes: &[u8], (_, shown): (Timestamp, Timestamp)) -> u64 {
        let fit = fit::scan(bytes).unwrap();
        self.last_id += 1;
        // The ids of two services differ.
        let id = 1000 * u64::from(platform.as_bytes()[0]) + self.last_id;
        let activity = Activity {
            platform: platform.into(),
            id: id.to_string(),
            name: Some("Run".into()),
            // The service only knows a watch that the file names.
            device: fit.identity().and_then(|_| fit.device()),
            ..fit.activity()
        };
        let identity = fit.identity();
        self.held.push(Held { id, activity, identity, bytes: Arc::new(bytes.to_vec()), shown, gone: None });
        self.sort();
        id
    }

    /// Makes activities of the uploads that are due.
    fn settle(&mut self, service: &Memory, now: Timestamp) {
        for at in 0..self.jobs.len() {
            let job = &self.jobs[at];
            if job.done.is_some() || job.end.is_some() || job.due > now {
                continue;
            }
            let bytes = job.bytes.clone();
            let done = match self.same(service, &bytes, now) {
                Some(id) => (id, true),
                None => {
                    let shown = self.jobs[at].due.checked_add(service.manners.lists_after).unwrap();
                    (self.add(service.id, &bytes, (now, shown)), false)
                }
            };
            self.jobs[at].done = Some(done);
        }
    }

    /// The existing activity that the service considers the same as the one in a file.
    fn same(&self, service: &Memory, bytes: &[u8], now: Timestamp) -> Option<u64> {
        let identity = fit::scan(bytes).unwrap().identity();
        let is_same = |held: &&Held| {
            let is_recording = identity.is_some() && held.identity == identity;
            held.bytes.as_slice() == bytes || (is_recording && !service.manners.allows_duplicates)
        };
        self.live(now).find(is_same).map(|held| held.id)
    }
}

impl Service for Memory {
    fn accesses(&self) -> Vec<&dyn Access> {
        vec![self]
    }
}

impl Access for Memory {
    fn kind(&self) -> AccessKind {
        AccessKind::Login
    }

    fn can_write(&self) -> bool {
        true
    }

    fn login_ways(&self) -> LoginWays {
        LoginWays::One("by test")
    }

    fn open_reader(&self, _: Context) -> Result<Box<dyn PlatformReader>> {
        Ok(Box::new(self.clone()))
    }

    fn open_writer(&self, _: Context) -> Result<Option<Box<dyn PlatformWriter>>> {
        Ok(Some(Box::new(self.clone())))
    }

    fn open_login(&self, _: Context) -> Result<Box<dyn PlatformLogin>> {
        Ok(Box::new(self.clone()))
    }
}

impl PlatformReader for Memory {
    fn list(&self, window: &Window, each_page: &mut dyn FnMut(Page) -> Result<ControlFlow<()>>) -> Result<ListEnd> {
        let effect = self.begin(Call::List)?;
        let mut below = None;
        for number in 0.. {
            if let Some(Effect::BreaksOff(pages, error)) = effect
                && number == pages
            {
                return Err(error());
            }
            let (page, next) = self.page(window, below, effect.as_ref());
            let is_empty = page.activities.is_empty() && page.unreadable.is_empty();
            if !is_empty && each_page(page)?.is_break() {
                return Ok(ListEnd::Stopped);
            }
            if matches!(effect, Some(Effect::KilledAfter)) {
                self.kill();
            }
            match next {
                Some(next) => below = Some(next),
                None => break,
            }
        }
        Ok(ListEnd::Complete)
    }

    fn count(&self) -> Result<Option<u64>> {
        self.begin(Call::Count)?;
        Ok(self.manners.counts.then(|| self.ids().len() as u64))
    }

    fn exists(&self, activity: &Activity) -> Result<Option<bool>> {
        self.begin(Call::Exists)?;
        Ok(self.manners.answers_by_id.then(|| self.ids().contains(&activity.id)))
    }

    fn download(&self, activity: &Activity) -> Result<Download> {
        if let Some(Effect::Gives(download)) = self.begin(Call::Download)? {
            return Ok(download);
        }
        let state = self.state();
        let found = state.live(self.clock.now()).find(|held| held.id.to_string() == activity.id);
        let found = found.ok_or_else(|| Error::NotFound(format!("no activity {:?}", activity.id)))?;
        Ok(Download::Original(found.bytes.to_vec()))
    }

    fn identify(&self, _: bool) -> Result<Option<Identity>> {
        let user_id = match self.begin(Call::Identify)? {
            Some(Effect::Stranger) => "2",
            _ => "1",
        };
        Ok(Some(Identity { user_id: user_id.into(), name: None, email: None }))
    }
}

impl PlatformWriter for Memory {
    fn upload(&self, file: &UploadFile) -> Result<UploadStatus> {
        let effect = self.begin(Call::Upload)?;
        if file.not_after.is_some_and(|moment| moment.is_over()) {
            return Err(Error::TooLate);
        }
        if let Some(Effect::Lie(status)) = &effect {
            return Ok(status.clone().unwrap_or(UploadStatus::Created(None)));
        }
        unpack(file.bytes).map_err(|bad| Error::Rejected(format!("the service says: {bad}")))?;
        let now = self.clock.now();
        let wait = match effect {
            Some(Effect::AnswerLost(None)) => return Err(lost()),
            Some(Effect::AnswerLost(Some(time)) | Effect::DoneAfter(time)) => time,
            _ => SignedDuration::ZERO,
        };
        let mut state = self.state();
        if let (true, Some(id)) = (wait.is_zero() && self.manners.polls.is_none(), state.same(self, file.bytes, now))
            && effect.is_none()
        {
            return Ok(UploadStatus::Exists(self.manners.names_ids.then(|| id.to_string())));
        }
        let job = Job {
            ticket: format!("{}-{}", self.id, state.jobs.len()),
            bytes: Arc::new(file.bytes.to_vec()),
            polls: self.manners.polls.unwrap_or(0),
            due: now.checked_add(wait).unwrap(),
            end: if let Some(Effect::EndsWith(error)) = effect { Some(error) } else { None },
            done: None,
        };
        let pending = UploadStatus::Pending(job.ticket.clone());
        state.jobs.push(job);
        state.settle(self, now);
        if matches!(effect, Some(Effect::Twice)) {
            let shown = now.checked_add(self.manners.lists_after).unwrap();
            state.add(self.id, file.bytes, (now, shown));
        }
        let at = state.jobs.len() - 1;
        let answer = match self.manners.polls {
            None => self.status_of(&mut state.jobs[at]),
            Some(_) => Ok(pending),
        };
        drop(state);
        match effect {
            Some(Effect::AnswerLost(_)) => Err(lost()),
            Some(Effect::KilledAfter) => self.kill(),
            Some(Effect::Names(id)) => Ok(UploadStatus::Created(Some(id))),
            _ => answer,
        }
    }

    fn upload_status(&self, sent: &[UploadRef]) -> Result<Vec<Result<UploadStatus>>> {
        if sent.is_empty() {
            return Ok(Vec::new());
        }
        let effect = self.begin(Call::Status)?;
        let now = self.clock.now();
        let mut state = self.settled();
        *state.calls.entry(Call::StatusOfOne).or_default() += sent.len();
        let live: Vec<u64> = state.live(now).map(|held| held.id).collect();
        let mut answers = Vec::new();
        for one in sent {
            let job = state.jobs.iter_mut().rev().find(|job| match (one.status_ref, &one.file) {
                (Some(ticket), _) => job.ticket == ticket,
                (None, Some(file)) => self.manners.knows_bytes && job.bytes.as_slice() == file.bytes,
                (None, None) => false,
            });
            answers.push(match job {
                // The service's own reference works even for activities that were deleted since.
                Some(job) if one.status_ref.is_some() || job.done.is_none_or(|(id, _)| live.contains(&id)) => {
                    self.status_of(job)
                }
                _ => Ok(UploadStatus::Unknown),
            });
        }
        drop(state);
        if let Some(Effect::KilledAfter) = effect {
            self.kill();
        }
        Ok(answers)
    }

    fn delete(&self, activity: &Activity, not_after: Option<Moment>) -> Result<()> {
        let effect = self.begin(Call::Delete)?;
        if not_after.is_some_and(|moment| moment.is_over()) {
            return Err(Error::TooLate);
        }
        if let Some(Effect::Lie(_)) = effect {
            return Ok(());
        }
        if !self.manners.can_delete {
            return Err(Error::Rejected("activities cannot be deleted there".into()));
        }
        let now = self.clock.now();
        let mut state = self.state();
        let Some(doomed) = state.live(now).find(|held| held.id.to_string() == activity.id).cloned() else {
            return Err(Error::NotFound(format!("no activity {:?}", activity.id)));
        };
        let is_other = |held: &&Held| held.id != doomed.id && held.activity.start_time == doomed.activity.start_time;
        let others = state.live(now).filter(is_other).map(|held| held.id.to_string()).collect();
        let wait = match effect {
            Some(Effect::AnswerLost(None)) => return Err(lost()),
            Some(Effect::AnswerLost(Some(time)) | Effect::DoneAfter(time)) => time,
            _ => SignedDuration::ZERO,
        };
        let start = doomed.activity.start_time.unwrap();
        state.deletions.push(Deletion { id: activity.id.clone(), start, others });
        let held = state.held.iter_mut().find(|held| held.id == doomed.id).unwrap();
        held.gone = Some(now.checked_add(wait).unwrap());
        drop(state);
        match effect {
            Some(Effect::AnswerLost(_)) => Err(lost()),
            Some(Effect::KilledAfter) => self.kill(),
            _ => Ok(()),
        }
    }
}

impl PlatformLogin for Memory {
    fn account(&self) -> Result<Option<Account>> {
        let account = Account {
            name: None,
            domain: "memory.example".into(),
            expires: None,
            renewable_until: None,
            renewable: true,
            dead: None,
            source: "password".into(),
        };
        Ok(self.state().is_logged_in.then_some(account))
    }

    fn login(&self, credentials: &Credentials, _: Ask) -> Result<Account> {
        if credentials.password.expose() != "correct horse" {
            return Err(Error::Login("wrong password".into()));
        }
        self.set_logged_in(true);
        self.account()?.ok_or_else(|| Error::Login("nobody is logged in".into()))
    }

    fn browser_login(&self) -> String {
        "https://memory.example/".into()
    }

    fn import(&self, _: &str) -> Result<Account> {
        Err(Error::Input("no token can be imported".into()))
    }

    fn export(&self) -> Result<Option<Secret>> {
        Ok(None)
    }

    fn logout(&self) -> Result<bool> {
        Ok(std::mem::take(&mut self.state().is_logged_in))
    }
}

fn lost() -> Error {
    Error::OutcomeUnknown("the answer was lost".into())
}

/// A temporary failure of one call.
pub fn busy() -> Error {
    Error::Retry { message: "HTTP 503".into(), platform_wide: false }
}

/// A temporary failure of all calls.
pub fn down() -> Error {
    Error::Retry { message: "HTTP 503".into(), platform_wide: true }
}

/// The rejection of a file.
pub fn rejected() -> Error {
    Error::Rejected("the service says: not this file".into())
}

/// An unexpected response.
pub fn unexpected() -> Error {
    Error::Unexpected("HTTP 200 with a web page".into())
}

/// The token was ended by a login elsewhere.
pub fn logged_out() -> Error {
    Error::Login("the login has ended; run: gs-auth login".into())
}

/// The login of a different account.
pub fn other_account() -> Error {
    Error::OtherAccount(Reason::other("another account"))
}
