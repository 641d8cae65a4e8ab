//! The state that all operations of a run share, and the state of each thread.
//!
//! A run has one [`Workspace`], shared by all threads. Each thread has its own [`Worker`]: the workspace and a
//! catalogue connection.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::network::SharedHttp;
use super::observer::{Item, Level, Message, Observer, Progress};
use super::{Failure, Result};
use crate::activity::ActivityKeyRef;
use crate::archive::Archive;
use crate::catalogue::{self, Catalogue};
use crate::clock::Clock;
use crate::exit::Exit;
use crate::i18n;
use crate::platform::{PlatformId, PlatformSelection, PlatformSpec, Platforms};
use crate::reason::Reason;
use crate::settings::Settings;

/// The state that all operations of a run share.
pub struct Workspace {
    /// The command's name, as records and the log have it.
    pub command: &'static str,
    /// The run id that all commands of a pipeline share.
    pub run_id: String,
    /// The data folder. In a dry run without a data folder, a temporary empty folder replaces it.
    pub data_dir: PathBuf,
    /// The data folder that the user named, whether or not it exists.
    pub named_data_dir: PathBuf,
    /// Whether a temporary folder replaces the data folder: files written to it are lost.
    pub is_scratch: bool,
    /// The path of the catalogue that the user named, whether or not it exists.
    pub named_catalogue: PathBuf,
    /// The path of the catalogue.
    pub catalogue_path: PathBuf,
    /// The settings.
    pub settings: Settings,
    /// The archive.
    pub archive: Archive,
    /// The platforms of this version.
    pub platforms: Platforms,
    /// The platforms that the user selected.
    pub selection: PlatformSelection,
    /// Nothing is changed; the command only reports what it would do.
    pub dry_run: bool,
    /// How long a command waits for the locks of other commands.
    pub lock_timeout: Duration,
    /// Set when the user stops the run.
    pub stop: Arc<AtomicBool>,
    /// The clock.
    pub clock: Clock,
    /// The observer that receives progress and messages.
    pub observer: Arc<dyn Observer>,
    /// The results of the run so far.
    pub log: Log,
    /// The HTTP client; [`Workspace::http`] returns it.
    pub shared_http: SharedHttp,
}

/// The platforms that a run has opened.
pub type OpenedPlatforms = BTreeMap<PlatformId, Arc<PlatformSpec>>;

/// The results of a run so far, for its exit code and for the log.
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
    /// The platform with the error, if the error concerns one.
    pub platform: Option<String>,
    /// The reason of the error.
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

    /// All counts, as a JSON object.
    pub fn counts(&self) -> String {
        // Serializing a map of names and numbers never fails.
        serde_json::to_string(&self.entries().counts).unwrap_or_else(|_| "{}".into())
    }

    /// Records that a platform was opened.
    pub fn set_opened(&self, spec: &Arc<PlatformSpec>) {
        self.entries().opened.insert(spec.id.clone(), spec.clone());
    }

    /// The platforms that were opened.
    pub fn opened(&self) -> OpenedPlatforms {
        self.entries().opened.clone()
    }
}

impl Workspace {
    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Sleeps, but returns early if the user stops the run.
    pub fn sleep(&self, time: Duration) {
        self.clock.sleep(time, || self.is_stopped());
    }

    /// Whether the user stopped the run.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Starts a task.
    pub fn task(&self, name: &str) -> Progress {
        self.observer.task(name)
    }

    fn say(&self, level: Level, text: &str, reason: Option<&Reason>) {
        self.observer.message(Message { level, text, reason });
    }

    /// Reports a warning: nothing failed, but the user should know.
    pub fn warn(&self, text: &str) {
        self.say(Level::Warning, text, None);
    }

    /// Reports a warning with its reason.
    pub fn warn_because(&self, text: &str, reason: &Reason) {
        self.say(Level::Warning, text, Some(reason));
    }

    /// Reports an action that was done.
    pub fn info(&self, text: &str) {
        self.say(Level::Info, text, None);
    }

    /// Reports a detail.
    pub fn debug(&self, text: &str) {
        self.say(Level::Debug, text, None);
    }

    /// Reports what was done, found or not done with one activity.
    pub fn item(&self, level: Level, activity: ActivityKeyRef, text: &str) {
        self.observer.item(Item { activity, to: None, message: Message { level, text, reason: None } });
    }

    /// Reports that one activity was skipped, and why.
    pub fn item_skipped(&self, activity: ActivityKeyRef, reason: &Reason) {
        let text = &format!("skipped: {reason}");
        let message = Message { level: Level::Warning, text, reason: Some(reason) };
        self.observer.item(Item { activity, to: None, message });
    }

    /// Reports the result of the upload of one activity to a platform.
    pub fn upload_item(&self, level: Level, activity: ActivityKeyRef, to: &str, text: &str) {
        self.observer.item(Item { activity, to: Some(to), message: Message { level, text, reason: None } });
    }

    /// Reports that one activity failed, without raising the exit code. `platform`: the platform with the failure; `to`:
    /// the platform that the activity is uploaded to.
    pub fn item_failed(&self, activity: ActivityKeyRef, to: Option<&str>, platform: &str, reason: &Reason) {
        self.note_failure(Some(platform), reason);
        let text = &reason.to_string();
        self.observer.item(Item { activity, to, message: Message { level: Level::Error, text, reason: Some(reason) } });
    }

    /// Reports a failure after which the operation continues, and raises the exit code of the run to that of the
    /// failure.
    pub fn fail(&self, failure: &Failure) {
        self.failed(&failure.to_string(), failure.platform.as_deref(), &failure.reason);
        self.raise(failure.exit);
    }

    /// Reports a failure as `text`, without raising the exit code. `platform`: the platform with the failure.
    pub fn failed(&self, text: &str, platform: Option<&str>, reason: &Reason) {
        self.note_failure(platform, reason);
        self.say(Level::Error, text, Some(reason));
    }

    fn note_failure(&self, platform: Option<&str>, reason: &Reason) {
        let first = || FirstError { platform: platform.map(str::to_owned), reason: reason.clone() };
        self.log.entries().first.get_or_insert_with(first);
    }

    /// Raises the exit code of the run to `exit`, unless it is already worse.
    pub fn raise(&self, exit: Exit) {
        let mut entries = self.log.entries();
        entries.worst = entries.worst.max(exit);
    }

    /// The exit code of the run so far.
    pub fn worst(&self) -> Exit {
        self.log.entries().worst
    }

    /// Adds to a count of the log.
    pub fn count(&self, what: &'static str, number: u64) {
        *self.log.entries().counts.entry(what).or_default() += number;
    }

    /// The count of this name.
    pub fn counted(&self, what: &str) -> u64 {
        self.log.entries().counts.get(what).copied().unwrap_or(0)
    }

    /// The counts that are not zero: `12 uploaded, 1 failed`.
    pub fn counts_text(&self, counts: &[(&str, &str)]) -> String {
        let counts: Vec<(u64, &str)> = counts.iter().map(|(name, noun)| (self.counted(name), *noun)).collect();
        i18n::counts(&counts)
    }

    /// The noun for a count, in the singular or the plural.
    pub fn noun<'a>(&self, name: &str, one: &'a str, many: &'a str) -> &'a str {
        if self.counted(name) == 1 { one } else { many }
    }

    /// Opens another connection to the catalogue.
    pub fn open_catalogue(&self) -> catalogue::Result<Catalogue> {
        Catalogue::open(&self.catalogue_path, self.lock_timeout)
    }

    /// The value of a setting. If the setting is invalid, reports the failure and returns `otherwise`.
    pub fn or_report<T>(&self, read: Result<T>, otherwise: T) -> T {
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
    /// Creates a worker with this connection.
    pub fn new(workspace: Arc<Workspace>, catalogue: Catalogue) -> Worker {
        Worker { workspace, catalogue }
    }

    /// The workspace, to share with another thread.
    pub fn workspace(&self) -> &Arc<Workspace> {
        &self.workspace
    }

    /// Creates a worker for another thread.
    pub fn another(&self) -> Result<Worker> {
        Ok(Worker::new(self.workspace.clone(), self.open_catalogue()?))
    }

    /// Fails if the catalogue is not writable: for operations that send requests before they write.
    pub fn require_writable(&self) -> Result<()> {
        Ok(self.catalogue.require_writable()?)
    }

    /// Like [`Worker::require_writable`], but does nothing in a dry run. If a login could not be stored, the next run
    /// would repeat it.
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
