//! Messages on stderr. Silent when all is well and nobody looks: cron mails whatever is said.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use indicatif::MultiProgress;
use serde_json::json;

use super::args::{Common, LogFormat, When};
use crate::activity::printable;

/// Says things on stderr, around the progress bars.
pub struct Talk {
    command: &'static str,
    level: Level,
    json: bool,
    /// The bars of this program, if any are shown.
    pub(super) bars: Option<MultiProgress>,
    first: Mutex<Option<String>>,
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
        let bars = match common.progress {
            When::Always => true,
            When::Auto => terminal && !common.quiet && !json,
            When::Never => false,
        };
        let target = if common.progress == When::Always {
            indicatif::ProgressDrawTarget::stderr_with_hz(4)
        } else {
            indicatif::ProgressDrawTarget::stderr()
        };
        let bars = bars.then(|| MultiProgress::with_draw_target(target));
        Talk { command, level, json, bars, first: Mutex::new(None) }
    }

    /// Something failed.
    pub fn error(&self, message: &str) {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| message.to_owned());
        self.say(Level::Error, "error", message);
    }

    /// Something that a person should know, although nothing failed.
    pub fn warning(&self, message: &str) {
        self.say(Level::Warning, "warning", message);
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
    pub fn first_error(&self) -> Option<String> {
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

    fn write(&self, line: &str) {
        // With stderr gone there is nobody left to tell.
        let write = || drop(writeln!(std::io::stderr(), "{line}"));
        match &self.bars {
            Some(bars) => bars.suspend(write),
            None => write(),
        }
    }
}
