//! What an operation tells while it works. The terminal implements it; tests collect it.
//!
//! An operation never prints. It gives messages with a level, begins tasks and says how far they are; what a person sees of
//! that is for the [`Observer`] to decide.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::http::Pause;
use crate::reason::Reason;

/// How important a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something failed.
    Error,
    /// A person should know it, although nothing failed.
    Warning,
    /// What was done.
    Info,
    /// More of that.
    Debug,
    /// Every request.
    Trace,
}

/// A message.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// How important it is.
    pub level: Level,
    /// The whole text in English.
    pub text: &'a str,
    /// Its reason, if it has one.
    pub reason: Option<&'a Reason>,
}

/// Who is told what an operation does.
pub trait Observer: Send + Sync {
    /// A message.
    fn message(&self, message: Message);

    /// A task begins: `name` is that of the command, perhaps with what it works on.
    fn task(&self, name: &str) -> Progress;

    /// A text for people, of several lines, as it is.
    fn show(&self, level: Level, text: &str);

    /// Whether messages of this level are shown to anybody: what takes work to find out is not looked for in vain.
    fn shows(&self, level: Level) -> bool;
}

/// A task that takes time: it counts items up, says what it is at, and what it waits for.
pub trait Task: Send + Sync {
    /// So many more items are done.
    fn add(&self, count: u64);
    /// So many more items have come in to be done.
    fn expect(&self, count: u64);
    /// All items have come in.
    fn expect_no_more(&self);
    /// Whether it waits for its input.
    fn needs_input(&self, needs: bool);
    /// What it is at.
    fn step(&self, text: &str);
    /// What it waits for, with `{}` for the time that is left, and how long.
    fn wait(&self, text: &str, time: Duration);
    /// A pause before a request, and how long.
    fn pause(&self, pause: Pause<'_>, time: Duration);
    /// It is done.
    fn finish(&self);
}

/// A handle to a task, cheap to clone. Where no progress is shown it does nothing.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<dyn Task>>);

impl Progress {
    /// The progress of a task that is shown.
    pub fn of(task: Arc<dyn Task>) -> Progress {
        Progress(Some(task))
    }

    /// The progress of a task that nobody sees.
    pub fn hidden() -> Progress {
        Progress(None)
    }

    /// Whether anybody sees it.
    pub fn is_shown(&self) -> bool {
        self.0.is_some()
    }

    fn with(&self, tell: impl FnOnce(&dyn Task)) {
        if let Some(task) = &self.0 {
            tell(task.as_ref());
        }
    }

    /// See [`Task::add`].
    pub fn add(&self, count: u64) {
        self.with(|task| task.add(count));
    }

    /// See [`Task::expect`].
    pub fn expect(&self, count: u64) {
        self.with(|task| task.expect(count));
    }

    /// See [`Task::expect_no_more`].
    pub fn expect_no_more(&self) {
        self.with(|task| task.expect_no_more());
    }

    /// See [`Task::needs_input`].
    pub fn needs_input(&self, needs: bool) {
        self.with(|task| task.needs_input(needs));
    }

    /// See [`Task::step`].
    pub fn step(&self, text: &str) {
        self.with(|task| task.step(text));
    }

    /// See [`Task::wait`].
    pub fn wait(&self, text: &str, time: Duration) {
        self.with(|task| task.wait(text, time));
    }

    /// See [`Task::pause`].
    pub fn pause(&self, pause: Pause<'_>, time: Duration) {
        self.with(|task| task.pause(pause, time));
    }

    /// See [`Task::finish`].
    pub fn finish(&self) {
        self.with(|task| task.finish());
    }
}

/// Collects all messages: for tests, and for programs that use the engine without a terminal.
#[derive(Debug, Default)]
pub struct Collector(Mutex<Vec<(Level, String)>>);

impl Collector {
    /// The messages so far.
    pub fn messages(&self) -> Vec<(Level, String)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Observer for Collector {
    fn message(&self, message: Message) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((message.level, message.text.to_owned()));
    }

    fn task(&self, _name: &str) -> Progress {
        Progress::hidden()
    }

    fn show(&self, level: Level, text: &str) {
        self.message(Message { level, text, reason: None });
    }

    fn shows(&self, _level: Level) -> bool {
        true
    }
}
