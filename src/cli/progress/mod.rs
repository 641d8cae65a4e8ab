//! Progress: a line for each stage of a pipeline, on the terminal that they share; nothing elsewhere.
//!
//! A command makes a [`Bar`] and tells it what it counts, what it is at and what it waits for. What becomes of that:
//!
//! - `line.rs` makes one line of text of it; indicatif does the rate, the time left and the layout.
//! - `board.rs` is where the stages, each a program of its own, put their lines so that all of them know all lines.
//! - `screen.rs` draws them below the cursor, and everything that is said above them.
//! - `stage.rs` does that eight times a second for this program, and takes its lines away in the end.

mod board;
mod line;
mod screen;
mod stage;
mod words;

use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) use screen::Screen;
pub(super) use stage::{Stage, View};

use super::Talk;
use crate::http::Pause;
use line::Line;
use words::Why;

/// Shorter waits are not worth a word.
const WORTH_A_WORD: Duration = Duration::from_millis(300);

/// One line of progress; where none is shown it does nothing.
#[derive(Clone)]
pub struct Bar(Option<Arc<Line>>);

impl Bar {
    /// A line that counts up. Its end is known once its input is, or never.
    pub fn counting(talk: &Talk, what: &str) -> Bar {
        Bar(talk.stage.as_ref().map(|stage| stage.line(what)))
    }

    /// Whether anybody sees it.
    pub fn is_shown(&self) -> bool {
        self.0.is_some()
    }

    /// Counts on.
    pub fn add(&self, count: u64) {
        if let Some(line) = &self.0 {
            line.add(count);
        }
    }

    /// What it is at.
    pub fn say(&self, message: &str) {
        if let Some(line) = &self.0 {
            line.state().at(message, Instant::now());
        }
    }

    /// What it waits for, with `{}` for the time that is left, and how long. Then it is at what it was at.
    pub fn wait(&self, what: &str, time: Duration) {
        self.wait_for(what, time, Why::Work);
    }

    /// A pause before a request.
    pub fn pause(&self, pause: Pause<'_>, time: Duration) {
        match pause {
            Pause::RequestInterval => self.wait_for("turn in {}", time, Why::Turn),
            Pause::RateLimited(platform) => {
                self.wait_for(&format!("asked to wait {{}} (Retry-After of {platform})"), time, Why::Trouble);
            }
            Pause::Retry => self.wait_for("tries again in {}", time, Why::Trouble),
            Pause::Login => self.wait_for("sends the password in {}", time, Why::Work),
        }
    }

    fn wait_for(&self, what: &str, time: Duration, why: Why) {
        if let Some(line) = &self.0
            && time > WORTH_A_WORD
        {
            line.state().wait(what.to_owned(), (time, Instant::now()), why);
        }
    }

    /// Whether it waits for its input.
    pub fn needs_input(&self, needs: bool) {
        if let Some(line) = &self.0 {
            line.needs_input(needs);
        }
    }

    /// So much more has come in to be counted.
    pub fn came(&self, count: u64) {
        if let Some(line) = &self.0 {
            line.state().come += count;
        }
    }

    /// All that there is has come in.
    pub fn all_came(&self) {
        if let Some(line) = &self.0 {
            line.all_came();
        }
    }

    /// Takes the line away.
    pub fn finish(&self) {
        if let Some(line) = &self.0 {
            line.state().finished = true;
        }
    }
}
