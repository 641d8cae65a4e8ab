//! Progress: one line for each stage of a pipeline, on the terminal that the stages share. Without a terminal nothing
//! is shown.
//!
//! An operation begins a [`Task`] and reports its counts, its current step and its waits. The modules:
//!
//! - `line.rs` formats one line of text. indicatif computes the rate, the remaining time and the layout.
//! - `shared_dir.rs` stores the lines of the stages, which are separate programs, so that every stage can read them
//!   all.
//! - `screen.rs` draws the lines below the cursor, and all other output above them.
//! - `painter.rs` updates and draws eight times a second for this program, and removes its lines at the end.

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

/// Waits shorter than this are not shown.
const WORTH_A_WORD: Duration = Duration::from_millis(300);

/// A task with a progress line on the terminal.
pub(super) struct TerminalTask(Arc<ProgressLine>);

impl TerminalTask {
    /// A task with this name, whose line `painter` draws.
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

    fn expect_more(&self, count: u64) {
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
                self.wait_for(&format!("{platform}: retry after {{}}"), time, WaitReason::Service);
            }
            Pause::Retry => self.wait_for("retry in {}", time, WaitReason::Service),
            Pause::Person => {
                self.wait_for("waiting for the login in the browser, next check in {}", time, WaitReason::Own)
            }
            Pause::Login => self.wait_for("sends the password in {}", time, WaitReason::Own),
        }
    }

    fn finish(&self) {
        self.0.state().finished = true;
    }
}
