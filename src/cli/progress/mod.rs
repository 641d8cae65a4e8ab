//! Progress: a line for each stage of a pipeline, on the terminal that they share; nothing elsewhere.
//!
//! An operation begins a [`Task`] and tells it what it counts, what it is at and what it waits for. What becomes of that:
//!
//! - `line.rs` makes one line of text of it; indicatif does the rate, the time left and the layout.
//! - `shared_dir.rs` is where the stages, each a program of its own, put their lines so that all of them know all lines.
//! - `screen.rs` draws them below the cursor, and everything that is said above them.
//! - `painter.rs` does that eight times a second for this program, and takes its lines away in the end.

mod line;
mod painter;
mod screen;
mod shared_dir;
mod status_text;

use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) use painter::{Painter, View};
pub(super) use screen::Screen;

use crate::http::Pause;
use crate::sync::Task;
use line::ProgressLine;
use status_text::WaitReason;

/// Shorter waits are not worth a word.
const WORTH_A_WORD: Duration = Duration::from_millis(300);

/// A task with a line of progress on the terminal.
pub(super) struct TerminalTask(Arc<ProgressLine>);

impl TerminalTask {
    /// A task of that name, whose line `painter` draws.
    pub fn new(painter: &Arc<Painter>, name: &str) -> TerminalTask {
        TerminalTask(painter.line(name))
    }

    fn wait_for(&self, text: &str, time: Duration, why: WaitReason) {
        if time > WORTH_A_WORD {
            self.0.state().wait(text.to_owned(), (time, Instant::now()), why);
        }
    }
}

impl Task for TerminalTask {
    fn add(&self, count: u64) {
        self.0.add(count);
    }

    fn expect(&self, count: u64) {
        self.0.state().come += count;
    }

    fn expect_no_more(&self) {
        self.0.all_came();
    }

    fn needs_input(&self, needs: bool) {
        self.0.needs_input(needs);
    }

    fn step(&self, text: &str) {
        self.0.state().at(text, Instant::now());
    }

    fn wait(&self, text: &str, time: Duration) {
        self.wait_for(text, time, WaitReason::Own);
    }

    fn pause(&self, pause: Pause<'_>, time: Duration) {
        match pause {
            Pause::RequestInterval => self.wait_for("next request in {}", time, WaitReason::RateLimit),
            Pause::RateLimited(platform) => {
                self.wait_for(&format!("asked to wait {{}} (Retry-After of {platform})"), time, WaitReason::Service);
            }
            Pause::Retry => self.wait_for("retry in {}", time, WaitReason::Service),
            Pause::Login => self.wait_for("sends the password in {}", time, WaitReason::Own),
        }
    }

    fn finish(&self) {
        self.0.state().finished = true;
    }
}
