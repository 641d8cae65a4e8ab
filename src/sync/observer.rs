//! Messages, results and progress of an operation. The terminal implements the observer; tests collect the messages.
//!
//! An operation never prints. It sends messages with a level, one result for each activity, starts tasks and reports their
//! progress; the [`Observer`] decides what to show.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::activity::ActivityKeyRef;
use crate::http::Pause;
use crate::reason::Reason;

/// How important a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something failed.
    Error,
    /// A warning: nothing failed, but the user should know.
    Warning,
    /// An action that was done.
    Info,
    /// Details.
    Debug,
    /// Every request.
    Trace,
}

/// A message.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// How important it is.
    pub level: Level,
    /// The text in English.
    pub text: &'a str,
    /// Its reason, if any.
    pub reason: Option<&'a Reason>,
}

/// The result for one activity, or a remark about it.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// The activity.
    pub activity: ActivityKeyRef<'a>,
    /// The platform that it is uploaded to.
    pub to: Option<&'a str>,
    /// What was done, found or not done. The text does not name the activity.
    pub message: Message<'a>,
}

impl Item<'_> {
    /// The whole text: `garmin-com 123 to coros: exists`.
    pub fn text(&self) -> String {
        let to = self.to.map(|to| format!(" to {to}")).unwrap_or_default();
        format!("{}{to}: {}", self.activity, self.message.text)
    }
}

/// Receives the messages, results and tasks of an operation.
pub trait Observer: Send + Sync {
    /// Receives a message.
    fn message(&self, message: Message);

    /// Receives the result for one activity.
    fn item(&self, item: Item);

    /// Starts a task. `name`: the command, and possibly the subject of its work.
    fn task(&self, name: &str) -> Progress;

    /// Shows a text of several lines unchanged.
    fn show(&self, level: Level, text: &str);

    /// Whether messages of this level are shown, so that costly ones are only created if they are.
    fn shows(&self, level: Level) -> bool;
}

/// A task that takes time: it counts items and reports its current step and what it waits for.
pub trait Task: Send + Sync {
    /// `count` more items are done.
    fn add(&self, count: u64);
    /// `count` more items are expected.
    fn expect_more(&self, count: u64);
    /// No more items are expected.
    fn expect_no_more(&self);
    /// Whether the task waits for its input.
    fn needs_input(&self, needs: bool);
    /// The current step; empty: none.
    fn step(&self, text: &str);
    /// What the task waits for, with `{}` for the remaining time, and how long.
    fn wait(&self, text: &str, time: Duration);
    /// A pause before a request, and its length.
    fn pause(&self, pause: Pause<'_>, time: Duration);
    /// The same task for another thread, whose steps and waits do not replace those of this one.
    fn thread(&self) -> Progress;
    /// The task is done.
    fn finish(&self);
}

/// A handle to a task, cheap to clone. If no progress is shown, it does nothing.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<dyn Task>>);

impl Progress {
    /// The progress of a task that is shown.
    pub fn of(task: Arc<dyn Task>) -> Progress {
        Progress(Some(task))
    }

    /// The progress of a task that is not shown.
    pub fn hidden() -> Progress {
        Progress(None)
    }

    /// Whether the progress is shown.
    pub fn is_shown(&self) -> bool {
        self.0.is_some()
    }

    fn with(&self, report: impl FnOnce(&dyn Task)) {
        if let Some(task) = &self.0 {
            report(task.as_ref());
        }
    }

    /// See [`Task::add`].
    pub fn add(&self, count: u64) {
        self.with(|task| task.add(count));
    }

    /// See [`Task::expect_more`].
    pub fn expect_more(&self, count: u64) {
        self.with(|task| task.expect_more(count));
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

    /// See [`Task::thread`].
    pub fn thread(&self) -> Progress {
        self.0.as_ref().map_or_else(Progress::hidden, |task| task.thread())
    }

    /// See [`Task::finish`].
    pub fn finish(&self) {
        self.with(|task| task.finish());
    }
}

/// Collects all messages, for tests and for programs that use the engine without a terminal.
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

    fn item(&self, item: Item) {
        self.message(Message { text: &item.text(), ..item.message });
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
