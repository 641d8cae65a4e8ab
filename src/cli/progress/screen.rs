//! A terminal that several programs draw on.
//!
//! The lines of all stages stand below the line that the cursor rests in. So whatever anybody else writes goes above them:
//! a message of another program, the echo of a key. Nothing depends on where the cursor was before, and a window that
//! changes its size, or a program that was stopped and goes on, puts nothing in disorder that the next drawing does not mend.
//! (Only where others write several lines between two drawings, a piece of a line may stay among theirs.)

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::termios::{LocalModes, tcgetattr, tcgetpgrp};
use terminal_size::{Height, Width, terminal_size_of};

use super::line::{Ability, RenderedLine};
use super::shared_dir::{Guard, SharedDir, StageFile};

/// From the cursor to the end of the screen, all is cleared.
const CLEAR: &str = "\x1b[J";

/// A terminal, and the shared_dir of the programs that draw on it.
#[derive(Debug)]
pub struct Screen {
    terminal: File,
    shared_dir: SharedDir,
    unicode: bool,
    /// Lines stand there, as far as this program knows.
    drawn: AtomicBool,
}

impl Screen {
    /// The terminal that a stream leads to; `None` if it leads elsewhere, or to one that only prints.
    pub fn of(stream: impl AsFd) -> Option<Screen> {
        let stream = stream.as_fd();
        let term = std::env::var("TERM").unwrap_or_default();
        if !rustix::termios::isatty(stream) || matches!(term.as_str(), "" | "dumb") {
            return None;
        }
        // indicatif asks whether stdout takes colours; that is a pipe, mostly. NO_COLOR is heeded here.
        console::set_colors_enabled(console::colors_enabled_stderr());
        // A console of the kernel has few letters beyond ASCII.
        let unicode = is_utf8(|name| std::env::var(name).ok()) && term != "linux";
        let terminal = stream.try_clone_to_owned().ok()?.into();
        Some(Screen { terminal, shared_dir: SharedDir::of_this_group(), unicode, drawn: AtomicBool::new(false) })
    }

    /// What it can show in a line. The last column is left alone: some terminals go to the next line with it.
    pub fn ability(&self) -> Ability {
        Ability { width: self.size().0.saturating_sub(1), unicode: self.unicode }
    }

    fn size(&self) -> (u16, u16) {
        let size = terminal_size_of(&self.terminal).filter(|(width, height)| width.0 > 0 && height.0 > 0);
        size.map_or((80, 24), |(Width(width), Height(height))| (width, height))
    }

    /// Whether this program may draw: it is not in the background, and nobody edits or shows pages there.
    fn is_ours(&self) -> bool {
        if !tcgetpgrp(&self.terminal).is_ok_and(|group| group == rustix::process::getpgrp()) {
            // Some shells take the terminal back while a part of a pipeline still ends. Below their prompt stands nothing
            // but the lines that were left there.
            if self.drawn.swap(false, Ordering::Relaxed) {
                let _ = (&self.terminal).write_all(CLEAR.as_bytes());
            }
            return false;
        }
        tcgetattr(&self.terminal).is_ok_and(|modes| modes.local_modes.contains(LocalModes::ICANON))
    }

    /// Goes where the other programs of its group are; `make`: also if nobody is there yet.
    pub fn enter(&self, make: bool) -> Option<Guard<'_>> {
        if !self.is_ours() {
            return None;
        }
        if make { self.shared_dir.enter() } else { self.shared_dir.look() }
    }

    /// Draws the lines of all stages, unless somebody did so in this `time`.
    pub fn draw(&self, guard: &Guard<'_>, time: Duration) -> io::Result<()> {
        self.drawn.store(true, Ordering::Relaxed);
        if !guard.is_due(time) {
            return Ok(());
        }
        guard.draw(&self.terminal, &self.block(guard.lines()))
    }

    /// Writes whole lines, above those of the stages. `before` is done first.
    pub fn print(&self, text: &[u8], before: impl FnOnce(&Guard<'_>)) -> io::Result<()> {
        let mut terminal = &self.terminal;
        let Some(guard) = self.enter(false) else { return terminal.write_all(text) };
        before(&guard);
        let lines = guard.lines();
        // All in one piece, so that nobody ever sees a half.
        let mut all = CLEAR.as_bytes().to_vec();
        all.extend_from_slice(text);
        if !lines.is_empty() {
            all.extend_from_slice(self.block(lines).as_bytes());
        }
        terminal.write_all(&all)
    }

    /// Forgets the echo of the keys that end a program.
    pub fn forget_echo(&self) {
        if let Some(guard) = self.enter(false) {
            let _ = guard.draw(&self.terminal, "\r\x1b[K");
        }
    }

    /// Takes a program's lines away; those of the others stay.
    pub fn leave(&self, stage_file: StageFile) {
        match self.shared_dir.look() {
            Some(guard) => {
                guard.take_away(stage_file);
                if self.is_ours() {
                    let _ = self.draw(&guard, Duration::ZERO);
                }
            }
            None => drop(stage_file),
        }
    }

    /// Takes all lines away while `stop` stops this program.
    pub fn stop(&self, stop: impl FnOnce()) {
        match self.enter(false) {
            Some(guard) => {
                let _ = guard.draw(&self.terminal, CLEAR);
                self.drawn.store(false, Ordering::Relaxed);
                guard.alone(stop);
            }
            None => stop(),
        }
    }

    fn block(&self, lines: Vec<RenderedLine>) -> String {
        let (width, height) = self.size();
        // Lines of other programs may still be those of a wider window.
        let cut =
            |line: RenderedLine| console::truncate_str(&line.text, width.saturating_sub(1).into(), "").into_owned();
        block(&fitting(lines, height.saturating_sub(1).into()).into_iter().map(cut).collect::<Vec<_>>())
    }
}

/// The lines for which there is room: those that only wait go first, from the last on.
fn fitting(mut lines: Vec<RenderedLine>, room: usize) -> Vec<RenderedLine> {
    while lines.len() > room {
        let last = lines.iter().rposition(|line| line.idle).unwrap_or(lines.len() - 1);
        lines.remove(last);
    }
    lines
}

/// What draws `lines` below the line of the cursor, and comes back to where that is.
fn block(lines: &[String]) -> String {
    let Some((last, others)) = lines.split_last() else { return CLEAR.to_owned() };
    let count = lines.len();
    // What stands right of the cursor was one of these lines, if somebody went to the next line meanwhile. Going down by
    // ESC D makes room at the bottom of the screen, and keeps the column; a newline would not, and the terminal's driver
    // would cut there what has to arrive in one piece.
    let mut text = format!("\x1b[K{}\x1b[{count}A\x1b7", "\x1bD".repeat(count));
    for line in others {
        text += &format!("\r\x1b[B{line}\x1b[K");
    }
    text + &format!("\r\x1b[B{last}{CLEAR}\x1b8")
}

/// Whether the locale's letters are those of UTF-8. The first that is set counts.
fn is_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
    set.is_some_and(|name| matches!(name.to_ascii_lowercase().split('.').nth(1), Some(set) if set.starts_with("utf-8") || set.starts_with("utf8")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_room_is_scarce_those_that_wait_go_first() {
        let lines = |text: &str| -> Vec<RenderedLine> {
            text.chars().map(|c| RenderedLine { idle: c.is_lowercase(), text: c.to_string() }).collect()
        };
        let fits = |text, room| fitting(lines(text), room).into_iter().map(|line| line.text).collect::<String>();
        assert_eq!(
            [fits("AbCd", 4), fits("AbCd", 3), fits("AbCd", 2), fits("AbCd", 1), fits("AbCd", 0)],
            ["AbCd", "AbC", "AC", "A", ""]
        );
    }

    #[test]
    fn the_first_setting_that_is_set_says_which_letters_there_are() {
        let of = |settings: &[(&str, &str)]| {
            is_utf8(|name| settings.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
        };
        assert!(of(&[("LANG", "C.UTF-8")]) && of(&[("LANG", "C"), ("LC_ALL", "zh_CN.utf8")]));
        assert!(of(&[("LC_ALL", ""), ("LANG", "de_DE.UTF-8@euro")]));
        assert!(!of(&[]) && !of(&[("LANG", "zh_CN.GB18030")]) && !of(&[("LC_ALL", "C"), ("LANG", "C.UTF-8")]));
    }
}
