//! One progress line as text: indicatif counts, estimates the rate and the remaining time, and lays out the line.
//!
//! indicatif draws into a [`Frame`], which replaces a terminal and keeps the last drawing.

use std::fmt::Write;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle, TermLike};
use serde::{Deserialize, Serialize};

use super::status_text::{ActivityState, StageState, count_of, left_of, rate_of};

/// A task shows no rate before it has run for this long.
const SAMPLE: Duration = Duration::from_secs(2);

/// A line that other stages can draw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderedLine {
    /// The stage has no work yet. If space is scarce, such lines are left out first.
    pub idle: bool,
    /// The text with colours, no wider than the terminal was.
    pub text: String,
}

/// What a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ability {
    /// The number of usable columns.
    pub width: u16,
    /// Whether it shows more than ASCII.
    pub unicode: bool,
}

/// One progress line.
pub struct ProgressLine {
    bar: ProgressBar,
    frame: Frame,
    state: Arc<Mutex<StageState>>,
    style: Mutex<Option<(Ability, ActivityState, bool)>>,
    name: String,
}

impl ProgressLine {
    /// A line with this name.
    pub fn new(name: &str) -> ProgressLine {
        let frame = Frame::new();
        // Drawn on request only, never on a timer of indicatif.
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(frame.clone()), 1);
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_prefix(name.to_owned());
        let state = Arc::new(Mutex::new(StageState::new()));
        ProgressLine { bar, frame, state, style: Mutex::new(None), name: name.to_owned() }
    }

    /// The state of the stage.
    pub fn state(&self) -> MutexGuard<'_, StageState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds to the count of finished records.
    pub fn add(&self, count: u64) {
        self.bar.inc(count);
    }

    /// Sets whether the stage waits for its input. The time until its first input does not count for the rate.
    pub fn needs_input(&self, needs: bool) {
        let was = std::mem::replace(&mut self.state().needs_input, needs);
        if was && !needs && self.bar.position() == 0 {
            self.bar.reset_elapsed();
        }
    }

    /// Records that all input has been received.
    pub fn all_came(&self) {
        let come = {
            let mut state = self.state();
            state.all = true;
            state.come
        };
        self.bar.set_length(come);
    }

    /// The current line.
    pub fn shown(&self, ability: Ability) -> RenderedLine {
        let now = Instant::now();
        let (words, activity, is_known) = {
            let state = self.state();
            (state.words(now), state.activity(now), state.all && state.come > 0)
        };
        let look = (ability, activity, is_known);
        let mut style = self.style.lock().unwrap_or_else(PoisonError::into_inner);
        if *style != Some(look) {
            self.frame.set_width(ability.width);
            if let Some(new) = style_of(look, &self.state) {
                self.bar.set_style(new);
            }
            *style = Some(look);
        }
        self.bar.set_message(words);
        self.bar.tick();
        self.bar.force_draw();
        let (whole, end) = (self.frame.text(), if ability.unicode { "…" } else { "..." });
        let text = console::truncate_str(&whole, ability.width.into(), end).into_owned();
        RenderedLine { idle: activity == ActivityState::Idle, text }
    }

    /// The line as a sentence, for output without a terminal.
    pub fn as_text(&self) -> String {
        let now = Instant::now();
        self.bar.tick();
        let state = self.state();
        let (done, elapsed) = (self.bar.position(), self.bar.elapsed());
        let (rate, left) = (rate(self.bar.per_sec(), elapsed), left(self.bar.eta(), elapsed, &state));
        let parts = [count_of(done, &state), rate, left, state.words(now)];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        format!("{}: {}", self.name, parts.join(", "))
    }
}

/// The rate, as soon as it can be estimated.
fn rate(per_second: f64, elapsed: Duration) -> String {
    if elapsed < SAMPLE { String::new() } else { rate_of(per_second) }
}

/// The remaining time, if it can be estimated. Without a rate, `eta` is zero.
fn left(eta: Duration, elapsed: Duration, state: &StageState) -> String {
    if !state.all || eta.is_zero() || elapsed < SAMPLE {
        return String::new();
    }
    left_of(eta.saturating_add(state.remaining_wait(Instant::now())))
}

/// The layout for a terminal: columns of fixed width, and the current step in the rest of the line. There is always
/// space for a platform and an id.
fn style_of(
    (ability, activity, is_known): (Ability, ActivityState, bool),
    state: &Arc<Mutex<StageState>>,
) -> Option<ProgressStyle> {
    let (name, rest) = match activity {
        ActivityState::Idle => (".dim", ".dim"),
        ActivityState::Busy => (".cyan", ""),
        ActivityState::Waiting => (".cyan", ".yellow"),
    };
    let graph = if is_known { "{bar:16.green/dim}" } else { "                " };
    let columns = match ability.width {
        ..62 => "{count:>9}".to_owned(),
        62..74 => "{count:>9} {rate:>8}".to_owned(),
        74..92 => "{count:>9} {rate:>8} {left:>11}".to_owned(),
        _ => format!("{{count:>9}} {graph} {{rate:>8}} {{left:>11}}"),
    };
    let template = format!("{{prefix:19!{name}}} {columns}  {{msg:{rest}}}");
    let style = ProgressStyle::with_template(&template).ok()?;
    let of = |state: &Arc<Mutex<StageState>>, write: fn(&ProgressState, &StageState) -> String| {
        let state = state.clone();
        move |progress: &ProgressState, out: &mut dyn Write| {
            let state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = out.write_str(&write(progress, &state));
        }
    };
    Some(
        style
            .progress_chars(if ability.unicode { "━╸─" } else { "=> " })
            .with_key("count", of(state, |progress, state| count_of(progress.pos(), state)))
            .with_key("rate", of(state, |progress, _| rate(progress.per_sec(), progress.elapsed())))
            .with_key("left", of(state, |progress, state| left(progress.eta(), progress.elapsed(), state))),
    )
}

/// Replaces a terminal of one line.
#[derive(Debug, Clone)]
struct Frame(Arc<Mutex<Drawn>>);

#[derive(Debug)]
struct Drawn {
    width: u16,
    coming: String,
    whole: String,
}

impl Frame {
    fn new() -> Frame {
        Frame(Arc::new(Mutex::new(Drawn { width: 80, coming: String::new(), whole: String::new() })))
    }

    fn drawn(&self) -> MutexGuard<'_, Drawn> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_width(&self, width: u16) {
        self.drawn().width = width;
    }

    /// The last drawing.
    fn text(&self) -> String {
        self.drawn().whole.clone()
    }
}

impl TermLike for Frame {
    fn width(&self) -> u16 {
        self.drawn().width
    }

    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        // Each drawing starts at the beginning of the line.
        match text.strip_prefix('\r') {
            Some(rest) => self.drawn().coming = rest.to_owned(),
            None => self.drawn().coming.push_str(text),
        }
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.drawn().coming.clear();
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        let mut drawn = self.drawn();
        let coming = std::mem::take(&mut drawn.coming);
        coming.trim_end().clone_into(&mut drawn.whole);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: &ProgressLine, width: u16) -> String {
        let shown = line.shown(Ability { width, unicode: true });
        console::strip_ansi_codes(&shown.text).into_owned()
    }

    #[test]
    fn a_progress_line_fits_its_terminal_and_drops_details_first() {
        let line = ProgressLine::new("gs-download");
        line.state().come = 60;
        line.all_came();
        line.add(30);
        line.state().at(0, "garmin-com 20000000012", Instant::now());
        assert_eq!(
            at(&line, 119).split_whitespace().take(3).collect::<Vec<_>>(),
            ["gs-download", "30/60", "━━━━━━━━╸───────"]
        );
        for width in 20..140 {
            let text = at(&line, width);
            assert!(console::measure_text_width(&text) <= width.into(), "{width}: {text:?}");
            assert!(text.starts_with("gs-download"), "{width}: {text:?}");
            assert_eq!(text.contains("garmin-com 20000000012"), width >= 53, "{width}: {text:?}");
            assert!(width < 40 || text.contains("30/60"), "{width}: {text:?}");
        }
    }

    #[test]
    fn a_line_of_wide_letters_fits_its_terminal() {
        let line = ProgressLine::new("gs-fetch folder:/跑步/手表/二〇二六");
        line.state().at(0, "跑步手表跑步手表跑步手表跑步手表跑步手表", Instant::now());
        for width in 20..90 {
            assert!(console::measure_text_width(&at(&line, width)) <= width.into());
        }
    }

    #[test]
    fn without_a_terminal_the_progress_is_plain_text() {
        let line = ProgressLine::new("gs-download");
        line.needs_input(true);
        assert_eq!(line.as_text(), "gs-download: waiting for input");
        line.needs_input(false);
        line.state().come = 60;
        line.state().at(0, "garmin-com 2", Instant::now());
        assert_eq!(line.as_text(), "gs-download: 0/60+, garmin-com 2");
    }
}
