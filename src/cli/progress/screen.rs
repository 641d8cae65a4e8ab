//! A terminal on which several programs draw.
//!
//! The lines of all stages are below the line of the cursor, so all other output appears above them: a message of
//! another program, the echo of a key. Drawing does not depend on the earlier position of the cursor. After a change of
//! the window size, or after a suspended program resumes, the next drawing repairs the display. (Only if other programs
//! write several lines between two drawings, a part of a progress line may stay among them.)

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::termios::{LocalModes, tcgetattr, tcgetpgrp};
use terminal_size::{Height, Width, terminal_size_of};

use super::line::{Ability, RenderedLine};
use super::shared_dir::{Guard, SharedDir, StageFile};

/// Clears the screen from the cursor to the end.
const CLEAR: &str = "\x1b[J";

/// A terminal, and the shared folder of the programs that draw on it.
#[derive(Debug)]
pub struct Screen {
    terminal: File,
    shared_dir: SharedDir,
    unicode: bool,
    /// Whether progress lines are on the terminal, as far as this program knows.
    drawn: AtomicBool,
}

impl Screen {
    /// The terminal of a stream; `None` if the stream is not a terminal, or if the terminal can only print (`TERM` is
    /// `dumb` or empty).
    pub fn of(stream: impl AsFd) -> Option<Screen> {
        let stream = stream.as_fd();
        let term = std::env::var("TERM").unwrap_or_default();
        if !rustix::termios::isatty(stream) || matches!(term.as_str(), "" | "dumb") {
            return None;
        }
        // indicatif checks whether stdout supports colours, but stdout is usually a pipe. This check respects NO_COLOR.
        console::set_colors_enabled(console::colors_enabled_stderr());
        // A Linux console shows few characters besides ASCII.
        let unicode = is_utf8(|name| std::env::var(name).ok()) && term != "linux";
        let terminal = stream.try_clone_to_owned().ok()?.into();
        Some(Screen { terminal, shared_dir: SharedDir::of_this_group(), unicode, drawn: AtomicBool::new(false) })
    }

    /// What the terminal can show in a line. The last column is not used, because some terminals move to the next line
    /// after it.
    pub fn ability(&self) -> Ability {
        Ability { width: self.size().0.saturating_sub(1), unicode: self.unicode }
    }

    fn size(&self) -> (u16, u16) {
        let size = terminal_size_of(&self.terminal).filter(|(width, height)| width.0 > 0 && height.0 > 0);
        size.map_or((80, 24), |(Width(width), Height(height))| (width, height))
    }

    /// Whether this program may draw: it is in the foreground, and no editor or pager uses the terminal.
    fn is_ours(&self) -> bool {
        if !tcgetpgrp(&self.terminal).is_ok_and(|group| group == rustix::process::getpgrp()) {
            // Some shells take the terminal back while a part of a pipeline is still ending. Below their prompt there
            // is only the remainder of the progress lines.
            if self.drawn.swap(false, Ordering::Relaxed) {
                let _ = (&self.terminal).write_all(CLEAR.as_bytes());
            }
            return false;
        }
        tcgetattr(&self.terminal).is_ok_and(|modes| modes.local_modes.contains(LocalModes::ICANON))
    }

    /// Takes the lock of the shared folder. `make`: creates the folder if it does not exist.
    pub fn enter(&self, make: bool) -> Option<Guard<'_>> {
        if !self.is_ours() {
            return None;
        }
        if make { self.shared_dir.enter() } else { self.shared_dir.look() }
    }

    /// Draws the lines of all stages, unless a stage has drawn within `time`.
    pub fn draw(&self, guard: &Guard<'_>, time: Duration) -> io::Result<()> {
        self.drawn.store(true, Ordering::Relaxed);
        if !guard.is_due(time) {
            return Ok(());
        }
        guard.draw(&self.terminal, &self.block(guard.lines()))
    }

    /// Writes whole lines above the progress lines. Calls `before` first.
    pub fn print(&self, text: &[u8], before: impl FnOnce(&Guard<'_>)) -> io::Result<()> {
        let mut terminal = &self.terminal;
        let Some(guard) = self.enter(false) else { return terminal.write_all(text) };
        before(&guard);
        let lines = guard.lines();
        // Written in one call, so that no incomplete drawing is visible.
        let mut all = CLEAR.as_bytes().to_vec();
        all.extend_from_slice(text);
        if !lines.is_empty() {
            all.extend_from_slice(self.block(lines).as_bytes());
        }
        terminal.write_all(&all)
    }

    /// Removes the echo of the keys that stop a program.
    pub fn forget_echo(&self) {
        if let Some(guard) = self.enter(false) {
            let _ = guard.draw(&self.terminal, "\r\x1b[K");
        }
    }

    /// Removes a program's lines and keeps those of the other programs.
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

    /// Removes all lines, then calls `stop`, which suspends this program.
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
        // Other programs may have laid out their lines for a wider window.
        let cut =
            |line: RenderedLine| console::truncate_str(&line.text, width.saturating_sub(1).into(), "").into_owned();
        block(&fitting(lines, height.saturating_sub(1).into()).into_iter().map(cut).collect::<Vec<_>>())
    }
}

/// The lines for which there is space. Idle lines are left out first, starting with the last one.
fn fitting(mut lines: Vec<RenderedLine>, room: usize) -> Vec<RenderedLine> {
    while lines.len() > room {
        let last = lines.iter().rposition(|line| line.idle).unwrap_or(lines.len() - 1);
        lines.remove(last);
    }
    lines
}

/// The text that draws `lines` below the line of the cursor and then returns to the cursor's position.
fn block(lines: &[String]) -> String {
    let Some((last, others)) = lines.split_last() else { return CLEAR.to_owned() };
    let count = lines.len();
    // Text to the right of the cursor is an old progress line, if another program has moved to the next line meanwhile.
    // ESC D moves down, scrolls at the bottom of the screen, and keeps the column. A newline would not keep it, and the
    // terminal driver would split the text there, which must arrive in one piece.
    let mut text = format!("\x1b[K{}\x1b[{count}A\x1b7", "\x1bD".repeat(count));
    for line in others {
        text += &format!("\r\x1b[B{line}\x1b[K");
    }
    text + &format!("\r\x1b[B{last}{CLEAR}\x1b8")
}

/// Whether the locale uses UTF-8. The first variable that is set counts.
fn is_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
    set.is_some_and(|name| matches!(name.to_ascii_lowercase().split('.').nth(1), Some(set) if set.starts_with("utf-8") || set.starts_with("utf8")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_lines_are_dropped_first_if_the_screen_is_too_small() {
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
    fn the_first_locale_variable_decides_whether_utf_8_is_used() {
        let of = |settings: &[(&str, &str)]| {
            is_utf8(|name| settings.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
        };
        assert!(of(&[("LANG", "C.UTF-8")]) && of(&[("LANG", "C"), ("LC_ALL", "zh_CN.utf8")]));
        assert!(of(&[("LC_ALL", ""), ("LANG", "de_DE.UTF-8@euro")]));
        assert!(!of(&[]) && !of(&[("LANG", "zh_CN.GB18030")]) && !of(&[("LC_ALL", "C"), ("LANG", "C.UTF-8")]));
    }
}
