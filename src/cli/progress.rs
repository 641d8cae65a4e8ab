//! Progress on a terminal: one line a stage, drawn by indicatif; nothing elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::Talk;

/// One line of progress; without a terminal it does nothing.
#[derive(Clone)]
pub struct Bar(Option<ProgressBar>);

impl Bar {
    /// A line that counts up, without a known end.
    pub fn counting(talk: &Talk, what: &str) -> Bar {
        Bar(talk.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new_spinner());
            // The template is constant and valid; with another one, indicatif's own would do.
            if let Ok(style) = ProgressStyle::with_template("{prefix} {spinner} {pos}, {per_sec:.0}{msg}") {
                bar.set_style(style);
            }
            bar.set_prefix(what.to_owned());
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        }))
    }

    /// Counts on.
    pub fn add(&self, count: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(count);
        }
    }

    /// What it is at.
    pub fn say(&self, message: &str) {
        if let Some(bar) = &self.0 {
            bar.set_message(if message.is_empty() { String::new() } else { format!(", {message}") });
        }
    }

    /// Takes the line away.
    pub fn finish(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
