//! What all operations share, and what each thread has for itself.
//!
//! A [`Workspace`] is made once a run and shared by all threads; a [`Worker`] is a workspace with a catalogue connection of
//! its own, which a thread keeps for itself.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::network::SharedHttp;
use super::observer::{Level, Message, Observer, Progress};
use super::{Failure, Result};
use crate::archive::Archive;
use crate::catalogue::{self, Catalogue};
use crate::clock::Clock;
use crate::exit::Exit;
use crate::i18n;
use crate::platform::{PlatformId, PlatformSelection, PlatformSpec, Platforms};
use crate::reason::Reason;
use crate::settings::Settings;

/// What all operations of a run share.
pub struct Workspace {
    /// The command's name, as records and the log have it.
    pub command: &'static str,
    /// The run id that all commands of a pipeline share.
    pub run_id: String,
    /// The folder of the data. In a dry run, an empty folder stands in for one that does not exist.
    pub data_dir: PathBuf,
    /// The folder that was named, whether or not it exists.
    pub named_data_dir: PathBuf,
    /// Whether another folder stands in for it: what is written there is lost.
    pub is_scratch: bool,
    /// The catalogue's file that was named, whether or not it exists.
    pub named_catalogue: PathBuf,
    /// The catalogue's file.
    pub catalogue_path: PathBuf,
    /// The settings.
    pub settings: Settings,
    /// The archive.
    pub archive: Archive,
    /// The platforms that this version knows.
    pub platforms: Platforms,
    /// The platforms that a person has named.
    pub selection: PlatformSelection,
    /// Nothing is changed: it is only told what would be done.
    pub dry_run: bool,
    /// How long other commands' locks are waited for.
    pub lock_timeout: Duration,
    /// Raised when a person wants it to end.
    pub stop: Arc<AtomicBool>,
    /// The time.
    pub clock: Clock,
    /// Who is told.
    pub observer: Arc<dyn Observer>,
    /// What came of the run so far.
    pub log: Log,
    /// The HTTP client, which [`Workspace::http`] gives out.
    pub shared_http: SharedHttp,
}

/// The platforms that a run has opened.
pub type OpenedPlatforms = BTreeMap<PlatformId, Arc<PlatformSpec>>;

/// What came of a run so far, for its exit code and for the log.
#[derive(Default)]
pub struct Log(Mutex<Entries>);

struct Entries {
    worst: Exit,
    counts: BTreeMap<&'static str, u64>,
    first: Option<FirstError>,
    opened: OpenedPlatforms,
}

impl Default for Entries {
    fn default() -> Entries {
        Entries { worst: Exit::Ok, counts: BTreeMap::new(), first: None, opened: BTreeMap::new() }
    }
}

/// The first error of a run.
#[derive(Debug, Clone)]
pub struct FirstError {
    /// The platform that it was about.
    pub platform: Option<String>,
    /// What went wrong.
    pub reason: Reason,
}

impl Log {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first error.
    pub fn first_error(&self) -> Option<FirstError> {
        self.entries().first.clone()
    }

    /// All counts, as JSON.
    pub fn counts(&self) -> String {
        // A map of names and numbers always becomes JSON.
        serde_json::to_string(&self.entries().counts).unwrap_or_else(|_| "{}".into())
    }

    /// Remembers that a platform was opened.
    pub fn set_opened(&self, spec: &Arc<PlatformSpec>) {
        self.entries().opened.insert(spec.id.clone(), spec.clone());
    }

    /// The platforms that were opened.
    pub fn opened(&self) -> OpenedPlatforms {
        self.entries().opened.clone()
    }
}

impl Workspace {
    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Waits, but not past a person's wish to stop.
    pub fn sleep(&self, time: Duration) {
        self.clock.sleep(time, &self.stop);
    }

    /// Whether a person wants it to end.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// A task begins.
    pub fn task(&self, name: &str) -> Progress {
        self.observer.task(name)
    }

    fn say(&self, level: Level, text: &str, reason: Option<&Reason>) {
        self.observer.message(Message { level, text, reason });
    }

    /// Something that a person should know, although nothing failed.
    pub fn warn(&self, text: &str) {
        self.say(Level::Warning, text, None);
    }

    /// What was done.
    pub fn info(&self, text: &str) {
        self.say(Level::Info, text, None);
    }

    /// More of that.
    pub fn debug(&self, text: &str) {
        self.say(Level::Debug, text, None);
    }

    /// Something failed, and the operation goes on: it is told, and the run ends with this exit or a worse one.
    pub fn fail(&self, failure: &Failure) {
        self.failed(&failure.to_string(), failure.platform.as_deref(), &failure.reason);
        self.raise(failure.exit);
    }

    /// The same without an exit: `text` is what is told of it, `platform` the one that it is about.
    pub fn failed(&self, text: &str, platform: Option<&str>, reason: &Reason) {
        let first = || FirstError { platform: platform.map(str::to_owned), reason: reason.clone() };
        self.log.entries().first.get_or_insert_with(first);
        self.say(Level::Error, text, Some(reason));
    }

    /// The run ends with this exit, or a worse one.
    pub fn raise(&self, exit: Exit) {
        let mut entries = self.log.entries();
        entries.worst = entries.worst.max(exit);
    }

    /// How the run ends as things are.
    pub fn worst(&self) -> Exit {
        self.log.entries().worst
    }

    /// Counts for the log.
    pub fn count(&self, what: &'static str, number: u64) {
        *self.log.entries().counts.entry(what).or_default() += number;
    }

    /// What was counted.
    pub fn counted(&self, what: &str) -> u64 {
        self.log.entries().counts.get(what).copied().unwrap_or(0)
    }

    /// Those of the counts that are not zero: `12 uploaded, 1 failed`.
    pub fn counts_told(&self, counts: &[(&str, &str)]) -> String {
        let counts: Vec<(u64, &str)> = counts.iter().map(|(name, noun)| (self.counted(name), *noun)).collect();
        i18n::counts(&counts)
    }

    /// What is counted under this name, in the singular or the plural.
    pub fn noun<'a>(&self, name: &str, one: &'a str, many: &'a str) -> &'a str {
        if self.counted(name) == 1 { one } else { many }
    }

    /// Another connection to the catalogue.
    pub fn open_catalogue(&self) -> catalogue::Result<Catalogue> {
        Catalogue::open(&self.catalogue_path, self.lock_timeout)
    }

    /// What was read of a setting. A wrong one is told, and `otherwise` holds.
    pub fn or_told<T>(&self, read: Result<T>, otherwise: T) -> T {
        read.unwrap_or_else(|failure| {
            self.fail(&failure);
            otherwise
        })
    }
}

/// A workspace with a catalogue connection of its own.
pub struct Worker {
    workspace: Arc<Workspace>,
    /// The catalogue.
    pub catalogue: Catalogue,
}

impl Worker {
    /// A worker with this connection.
    pub fn new(workspace: Arc<Workspace>, catalogue: Catalogue) -> Worker {
        Worker { workspace, catalogue }
    }

    /// The workspace, to be shared with another thread.
    pub fn workspace(&self) -> &Arc<Workspace> {
        &self.workspace
    }

    /// A worker for another thread.
    pub fn another(&self) -> Result<Worker> {
        Ok(Worker::new(self.workspace.clone(), self.open_catalogue()?))
    }

    /// Fails if the catalogue cannot be written: for operations that ask a service before they write.
    pub fn require_writable(&self) -> Result<()> {
        Ok(self.catalogue.require_writable()?)
    }

    /// The same, unless nothing is written anyhow. A login that cannot be stored would be repeated by the next run.
    pub fn require_writable_unless_dry(&self) -> Result<()> {
        if self.dry_run { Ok(()) } else { self.require_writable() }
    }
}

impl Deref for Worker {
    type Target = Workspace;

    fn deref(&self) -> &Workspace {
        &self.workspace
    }
}
