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
use crate::sync::{Progress, Task};
use line::ProgressLine;
use status_text::WaitReason;

/// Waits shorter than this are not shown.
const WORTH_A_WORD: Duration = Duration::from_millis(300);

/// A task with a progress line on the terminal, or one of its threads.
pub(super) struct TerminalTask {
    line: Arc<ProgressLine>,
    /// The number of the thread; 0: the task itself.
    thread: usize,
}

impl TerminalTask {
    /// A task with this name, whose line `painter` draws.
    pub fn new(painter: &Arc<Painter>, name: &str) -> TerminalTask {
        TerminalTask { line: painter.line(name), thread: 0 }
    }

    fn wait_for(&self, text: &str, time: Duration, why: WaitReason) {
        if time > WORTH_A_WORD {
            self.line.state().wait(self.thread, text.to_owned(), (time, Instant::now()), why);
        }
    }
}

impl Task for TerminalTask {
    fn add(&self, count: u64) {
        self.line.add(count);
    }

    fn expect_more(&self, count: u64) {
        self.line.state().come += count;
    }

    fn expect_no_more(&self) {
        self.line.all_came();
    }

    fn needs_input(&self, needs: bool) {
        self.line.needs_input(needs);
    }

    fn step(&self, text: &str) {
        self.line.state().at(self.thread, text, Instant::now());
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

    fn thread(&self) -> Progress {
        let thread = self.line.state().add_thread();
        Progress::of(Arc::new(TerminalTask { line: self.line.clone(), thread }))
    }

    fn finish(&self) {
        self.line.state().finished = true;
    }
}
