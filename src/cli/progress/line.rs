//! One line of progress as text: indicatif counts, knows the rate and the time left, and lays it out.
//!
//! It draws into a [`Frame`], which stands in for a terminal and keeps what was drawn last.

use std::fmt::Write;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle, TermLike};
use serde::{Deserialize, Serialize};

use super::status_text::{ActivityState, StageState, count_of, left_of, rate_of};

/// What went on for a shorter time says nothing of how fast it goes.
const SAMPLE: Duration = Duration::from_secs(2);

/// A line as others show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderedLine {
    /// It has nothing to do yet: where room is scarce, others go first.
    pub idle: bool,
    /// With colours, and no wider than the terminal was.
    pub text: String,
}

/// What a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ability {
    /// Columns that may be used.
    pub width: u16,
    /// More than ASCII.
    pub unicode: bool,
}

/// One line.
pub struct ProgressLine {
    bar: ProgressBar,
    frame: Frame,
    state: Arc<Mutex<StageState>>,
    style: Mutex<Option<(Ability, ActivityState, bool)>>,
    name: String,
}

impl ProgressLine {
    /// A line of that name.
    pub fn new(name: &str) -> ProgressLine {
        let frame = Frame::new();
        // It is drawn when it is asked for, never by itself.
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(frame.clone()), 1);
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_prefix(name.to_owned());
        let state = Arc::new(Mutex::new(StageState::new()));
        ProgressLine { bar, frame, state, style: Mutex::new(None), name: name.to_owned() }
    }

    /// What it is doing.
    pub fn state(&self) -> MutexGuard<'_, StageState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts on.
    pub fn add(&self, count: u64) {
        self.bar.inc(count);
    }

    /// Whether it waits for its input. The time until the first of it says nothing of how fast it is.
    pub fn needs_input(&self, needs: bool) {
        let was = std::mem::replace(&mut self.state().needs_input, needs);
        if was && !needs && self.bar.position() == 0 {
            self.bar.reset_elapsed();
        }
    }

    /// All that there is has come in.
    pub fn all_came(&self) {
        let come = {
            let mut state = self.state();
            state.all = true;
            state.come
        };
        self.bar.set_length(come);
    }

    /// The line as it is now.
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

    /// The same as a sentence, for where there is no terminal.
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

/// How fast it is, once that can be said.
fn rate(per_second: f64, elapsed: Duration) -> String {
    if elapsed < SAMPLE { String::new() } else { rate_of(per_second) }
}

/// The time that is left, as far as anybody can say. Without a rate, `eta` is none.
fn left(eta: Duration, elapsed: Duration, state: &StageState) -> String {
    if !state.all || eta.is_zero() || elapsed < SAMPLE {
        return String::new();
    }
    left_of(eta.saturating_add(state.remaining_wait(Instant::now())))
}

/// The layout for a terminal: columns that stand still, and what it is at in the rest of the line. There is always room for
/// a platform and an id.
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

/// Stands in for a terminal of one line.
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

    /// What was drawn last.
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
        // Each drawing begins at the beginning of the line.
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
    fn a_line_fits_its_terminal_and_gives_up_the_least_first() {
        let line = ProgressLine::new("gs-download");
        line.state().come = 60;
        line.all_came();
        line.add(30);
        line.state().at("garmin-com 20000000012", Instant::now());
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
    fn names_of_two_columns_a_letter_are_cut_between_letters() {
        let line = ProgressLine::new("gs-fetch folder:/跑步/手表/二〇二六");
        line.state().at("跑步手表跑步手表跑步手表跑步手表跑步手表", Instant::now());
        for width in 20..90 {
            assert!(console::measure_text_width(&at(&line, width)) <= width.into());
        }
    }

    #[test]
    fn without_a_terminal_it_is_a_sentence() {
        let line = ProgressLine::new("gs-download");
        line.needs_input(true);
        assert_eq!(line.as_text(), "gs-download: waiting for input");
        line.needs_input(false);
        line.state().come = 60;
        line.state().at("garmin-com 2", Instant::now());
        assert_eq!(line.as_text(), "gs-download: 0/60+, garmin-com 2");
    }
}
