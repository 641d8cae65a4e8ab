//! Messages on stderr. Without a terminal and without problems nothing is printed, because cron mails every output.

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use serde_json::json;

use super::args::{Common, LogFormat, When};
use super::progress::{Painter, Screen, TerminalTask, View};
use crate::activity::printable;
use crate::reason::Reason;
use crate::sync::{Item, Level, Message, Observer, Progress};

/// Writes messages to stderr, above the progress lines.
pub struct Messages {
    command: &'static str,
    level: Level,
    json: bool,
    /// The terminal of stderr. Other programs may draw on it too.
    screen: Option<Arc<Screen>>,
    /// The progress lines of this program, if they are shown.
    painter: Option<Arc<Painter>>,
}

impl Messages {
    /// Messages with the options of the flags.
    pub fn new(command: &'static str, common: &Common) -> Messages {
        let terminal = std::io::stderr().is_terminal();
        let level = match (common.quiet, common.verbose, terminal) {
            (true, ..) => Level::Error,
            (_, 0, false) => Level::Warning,
            (_, 0, true) => Level::Info,
            (_, 1, _) => Level::Debug,
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
        Messages { command, level, json, screen, painter: view.map(Painter::new) }
    }

    /// Reports a failure.
    pub fn error(&self, text: &str) {
        self.say(Level::Error, "error", text);
    }

    /// A hint on how to fix the reported failures. Shown whenever errors are shown.
    pub(super) fn hint(&self, message: &str) {
        self.say(Level::Error, "info", message);
    }

    fn say(&self, level: Level, name: &str, text: &str) {
        self.say_with(level, name, text, None, None);
    }

    fn say_with(&self, level: Level, name: &str, text: &str, reason: Option<&Reason>, item: Option<&Item>) {
        if level > self.level {
            return;
        }
        let message = text;
        let line = if self.json {
            let mut line = json!({"level": name, "command": self.command, "message": message});
            if let Some(reason) = reason {
                line["reason"] = json!(reason);
            }
            if let Some(Item { activity, to, .. }) = item {
                line["platform"] = activity.platform.into();
                line["id"] = activity.id.into();
                if let Some(to) = to {
                    line["to"] = (*to).into();
                }
            }
            line.to_string()
        } else {
            message.lines().map(|line| format!("{}: {}", self.command, printable(line))).collect::<Vec<_>>().join("\n")
        };
        self.write(&line);
    }

    fn write(&self, text: &str) {
        // If stderr is closed, there is no other place for the message.
        let _ = match (&self.screen, &self.painter) {
            (Some(screen), Some(painter)) => painter.print(screen, &format!("{text}\n")),
            (Some(screen), None) => screen.print(format!("{text}\n").as_bytes(), |_| ()),
            (None, _) => return write_line(text),
        };
    }

    /// Whether progress lines are shown.
    pub(super) fn shows_progress(&self) -> bool {
        self.painter.is_some()
    }

    /// Shows that a person has stopped the command.
    pub(super) fn stops(&self) {
        if let Some(painter) = &self.painter {
            painter.stops();
        }
    }

    /// Removes the progress lines. Nothing is drawn after this call.
    pub(super) fn leave(&self) {
        if let Some(painter) = &self.painter {
            painter.leave();
        }
    }

    /// The terminal of stderr.
    pub(super) fn screen(&self) -> Option<&Screen> {
        self.screen.as_deref()
    }
}

fn name(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "info",
        Level::Debug => "debug",
        Level::Trace => "trace",
    }
}

impl Observer for Messages {
    fn message(&self, message: Message) {
        self.say_with(message.level, name(message.level), message.text, message.reason, None);
    }

    fn item(&self, item: Item) {
        let Message { level, reason, .. } = item.message;
        // A path or a name may have a line feed, and an item is one line.
        let text = item.text().replace('\n', " ");
        self.say_with(level, name(level), &text, reason, Some(&item));
    }

    fn task(&self, name: &str) -> Progress {
        let task = self.painter.as_ref().map(|painter| TerminalTask::new(painter, name));
        task.map_or_else(Progress::hidden, |task| Progress::of(Arc::new(task)))
    }

    fn show(&self, level: Level, text: &str) {
        if self.json {
            self.say(level, "info", text);
        } else if level <= self.level {
            self.write(&text.lines().map(printable).collect::<Vec<_>>().join("\n"));
        }
    }

    fn shows(&self, level: Level) -> bool {
        level <= self.level
    }
}

fn write_line(text: &str) {
    // If stderr is closed, there is no other place for the message.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A progress line for output without a terminal. The name of the line begins with the name of the command.
fn progress_line(command: &str, json: bool, text: &str) -> String {
    if json { json!({"level": "progress", "command": command, "message": text}).to_string() } else { text.to_owned() }
}
