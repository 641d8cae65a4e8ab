//! Progress on a terminal: one line a stage, drawn by indicatif; nothing elsewhere.
//!
//! A line appears with its first piece of news. In a pipeline on one terminal a stage that still waits for the one
//! before it so leaves the terminal to that one.

use std::sync::{Arc, Once};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Talk;

/// One line of progress; without a terminal it does nothing.
#[derive(Clone)]
pub struct Bar(Option<Arc<Line>>);

struct Line {
    bars: MultiProgress,
    bar: ProgressBar,
    begun: Once,
}

impl Bar {
    /// A line that counts up, without a known end.
    pub fn counting(talk: &Talk, what: &str) -> Bar {
        Bar(talk.bars.clone().map(|bars| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
            // The template is constant and valid; with another one, indicatif's own would do.
            if let Ok(style) = ProgressStyle::with_template("{prefix} {spinner} {pos}{msg}") {
                bar.set_style(style);
            }
            bar.set_prefix(what.to_owned());
            Arc::new(Line { bars, bar, begun: Once::new() })
        }))
    }

    fn shown(&self) -> Option<&ProgressBar> {
        let line = self.0.as_ref()?;
        line.begun.call_once(|| {
            line.bars.add(line.bar.clone());
            line.bar.enable_steady_tick(Duration::from_millis(250));
        });
        Some(&line.bar)
    }

    /// Counts on.
    pub fn add(&self, count: u64) {
        if let Some(bar) = self.shown() {
            bar.inc(count);
        }
    }

    /// What it is at.
    pub fn say(&self, message: &str) {
        if let Some(bar) = self.shown() {
            bar.set_message(format!(", {message}"));
        }
    }

    /// Takes the line away.
    pub fn finish(&self) {
        if let Some(line) = &self.0 {
            line.bar.finish_and_clear();
        }
    }
}
