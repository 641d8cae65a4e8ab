//! Messages on stderr. Silent when all is well and nobody looks: cron mails whatever is said.

use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;

use super::Failure;
use super::args::{Common, LogFormat, When};
use super::progress::{Painter, Screen, View};
use crate::activity::printable;
use crate::reason::Reason;

/// Says things on stderr, above the lines of progress.
pub struct Talk {
    command: &'static str,
    level: Level,
    json: bool,
    /// The terminal that stderr leads to. Other programs may draw there, too.
    screen: Option<Arc<Screen>>,
    /// The lines of this program, if any are shown.
    pub(super) stage: Option<Arc<Painter>>,
    first: Mutex<Option<First>>,
}

/// The first error of a command, as the log has it.
#[derive(Debug, Clone)]
pub struct First {
    /// The platform that it was about.
    pub platform: Option<String>,
    /// What went wrong.
    pub reason: Reason,
}

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Error,
    Warning,
    Note,
    Detail,
    Trace,
}

impl Talk {
    /// As the flags say.
    pub fn new(command: &'static str, common: &Common) -> Talk {
        let terminal = std::io::stderr().is_terminal();
        let level = match (common.quiet, common.verbose, terminal) {
            (true, ..) => Level::Error,
            (_, 0, false) => Level::Warning,
            (_, 0, true) => Level::Note,
            (_, 1, _) => Level::Detail,
            _ => Level::Trace,
        };
        let json = common.log == Some(LogFormat::Json);
        let screen = Screen::of(std::io::stderr()).map(Arc::new);
        let view = match (common.progress, &screen) {
            (When::Always, Some(screen)) => Some(View::Screen(screen.clone())),
            (When::Auto, Some(screen)) if !common.quiet && !json => Some(View::Screen(screen.clone())),
            (When::Always, None) => {
                Some(View::Plain(Box::new(move |line| write_line(&progress_line(command, json, line)))))
            }
            _ => None,
        };
        Talk { command, level, json, screen, stage: view.map(Painter::new), first: Mutex::new(None) }
    }

    /// Something failed.
    pub fn error(&self, message: &str) {
        self.failed(message, None, &Reason::other(message));
    }

    /// The same, of a failure.
    pub fn failure(&self, failure: &Failure) {
        self.failed(&failure.to_string(), failure.platform.as_deref(), &failure.reason);
    }

    /// Something failed for a reason: `message` is what is said of it, `platform` what it is about.
    pub fn failed(&self, message: &str, platform: Option<&str>, reason: &Reason) {
        let first = || First { platform: platform.map(str::to_owned), reason: reason.clone() };
        self.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(first);
        self.say(Level::Error, "error", message);
    }

    /// Something that a person should know, although nothing failed.
    pub fn warning(&self, message: &str) {
        self.say(Level::Warning, "warning", message);
    }

    /// Whether warnings are shown.
    pub(super) fn warns(&self) -> bool {
        self.level >= Level::Warning
    }

    /// What helps to mend the failures that were told; shown wherever they are.
    pub(super) fn hint(&self, message: &str) {
        self.say(Level::Error, "note", message);
    }

    /// What was done, for somebody who looks.
    pub fn note(&self, message: &str) {
        self.say(Level::Note, "note", message);
    }

    /// A text for people as it is, for somebody who looks; `always`: also where nobody does.
    pub fn show(&self, text: &str, always: bool) {
        let level = if always { Level::Warning } else { Level::Note };
        if self.json {
            self.say(level, "note", text);
        } else if level <= self.level {
            self.write(&text.lines().map(printable).collect::<Vec<_>>().join("\n"));
        }
    }

    /// More of that.
    pub fn detail(&self, message: &str) {
        self.say(Level::Detail, "detail", message);
    }

    /// Every request.
    pub fn trace(&self, message: &str) {
        self.say(Level::Trace, "trace", message);
    }

    /// The first error, for the sync log.
    pub fn first_error(&self) -> Option<First> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn say(&self, level: Level, name: &str, message: &str) {
        if level > self.level {
            return;
        }
        let line = if self.json {
            json!({"level": name, "command": self.command, "message": message}).to_string()
        } else {
            message.lines().map(|line| format!("{}: {}", self.command, printable(line))).collect::<Vec<_>>().join("\n")
        };
        self.write(&line);
    }

    fn write(&self, text: &str) {
        // With stderr gone there is nobody left to tell.
        let _ = match (&self.screen, &self.stage) {
            (Some(screen), Some(stage)) => stage.print(screen, &format!("{text}\n")),
            (Some(screen), None) => screen.print(format!("{text}\n").as_bytes(), |_| ()),
            (None, _) => return write_line(text),
        };
    }

    /// A person wants it to end: that is shown.
    pub(super) fn stops(&self) {
        if let Some(stage) = &self.stage {
            stage.stops();
        }
    }

    /// Nothing more is drawn.
    pub(super) fn leave(&self) {
        if let Some(stage) = &self.stage {
            stage.leave();
        }
    }

    /// The terminal that stderr leads to.
    pub(super) fn screen(&self) -> Option<&Screen> {
        self.screen.as_deref()
    }
}

fn write_line(text: &str) {
    // With stderr gone there is nobody left to tell.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A line of progress where there is no terminal. The name of the line begins with that of the command.
fn progress_line(command: &str, json: bool, text: &str) -> String {
    if json { json!({"level": "progress", "command": command, "message": text}).to_string() } else { text.to_owned() }
}
