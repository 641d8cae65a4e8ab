//! A real terminal for the commands: tmux with a shell. A test types into it and reads the screen.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::support::Work;
use crate::support::paths::commands;

/// The prompt of the shell.
pub const PROMPT: &str = "ready$";
/// The longest time that a test waits.
const PATIENCE: Duration = Duration::from_secs(90);

/// A terminal.
pub struct Tmux {
    place: PathBuf,
}

/// The lines of a terminal, without the blank lines at the end.
pub type Screen = Vec<String>;

impl Tmux {
    /// A terminal of this size with a shell in the folder of `work`; the commands are in its PATH.
    pub fn start(work: &Work, name: &str, (width, height): (u16, u16)) -> Tmux {
        let place = work.dir().join(name);
        std::fs::create_dir(&place).unwrap();
        let bin = commands();
        let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
        let mut rc = format!("PS1='{PROMPT} '\nunset HISTFILE PROMPT_COMMAND\n");
        let own = [("LANG", "C.UTF-8".to_owned()), ("XDG_RUNTIME_DIR", place.display().to_string())];
        let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
        let command = work.command("gs-list", &[]);
        let set = command
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value?.to_str()?.to_owned())));
        for (name, value) in own.chain(set) {
            rc += &format!("export {name}={}\n", quoted(&value));
        }
        rc += &format!("PATH={}:$PATH\n", quoted(&bin.display().to_string()));
        let file = place.join("rc");
        std::fs::write(&file, rc).unwrap();
        let tmux = Tmux { place };
        let shell = format!("bash --noprofile --rcfile {} -i", quoted(&file.display().to_string()));
        let (width, height) = (width.to_string(), height.to_string());
        let folder = work.dir().display().to_string();
        tmux.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", &width, "-y", &height, "-c", &folder, &shell]);
        tmux.wait("a prompt", is_back);
        tmux
    }

    fn tmux(&self, args: &[&str]) -> String {
        let mut command = Command::new(program());
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("LANG", "C.UTF-8");
        command.arg("-S").arg(self.place.join("tmux")).args(args);
        let output = command.output().expect("tmux is needed");
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Clears the screen and types a line.
    pub fn type_line(&self, line: &str) {
        self.tmux(&["send-keys", "-l", "clear"]);
        // The prompt of a screen that is clear already must not be mistaken for the next one.
        self.wait("the typed word", |screen| *screen != [PROMPT]);
        self.key("Enter");
        self.wait("a clear screen", |screen| *screen == [PROMPT]);
        self.tmux(&["send-keys", "-l", line]);
        // The old prompt must not be mistaken for the next one.
        self.wait("what was typed", |screen| *screen != [PROMPT]);
        self.key("Enter");
    }

    /// Presses a key: `Enter`, `C-c`.
    pub fn key(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    /// Changes the size of the window.
    pub fn resize(&self, (width, height): (u16, u16)) {
        self.tmux(&["resize-window", "-x", &width.to_string(), "-y", &height.to_string()]);
    }

    /// The current screen.
    pub fn screen(&self) -> Screen {
        lines(&self.tmux(&["capture-pane", "-p"]))
    }

    /// The current screen with colour codes, and the lines that were scrolled out at the top.
    pub fn all(&self) -> Screen {
        lines(&self.tmux(&["capture-pane", "-p", "-e", "-S", "-"]))
    }

    /// Reads the screen repeatedly until it meets the condition.
    #[track_caller]
    pub fn wait(&self, what: &str, is_so: impl Fn(&Screen) -> bool) -> Screen {
        let mut last = Screen::new();
        self.watch(what, |screen| {
            last.clone_from(screen);
            is_so(screen)
        });
        last
    }

    /// Passes every screen to `look` until it returns that it is done.
    #[track_caller]
    pub fn watch(&self, what: &str, mut look: impl FnMut(&Screen) -> bool) {
        let end = Instant::now() + PATIENCE;
        loop {
            let screen = self.screen();
            if look(&screen) {
                return;
            }
            assert!(Instant::now() < end, "timed out waiting for {what}:\n{}", screen.join("\n"));
            std::thread::sleep(Duration::from_millis(40));
        }
    }

    /// The processes with this name that run in this terminal.
    pub fn processes(&self, name: &str) -> Vec<String> {
        let terminal = self.tmux(&["display-message", "-p", "#{pane_tty}"]);
        let output = Command::new("ps").args(["-o", "pid=,comm=", "-t", terminal.trim()]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let of_name =
            text.lines().filter_map(|line| line.trim().split_once(' ')).filter(|(_, comm)| comm.trim() == name);
        of_name.map(|(pid, _)| pid.to_owned()).collect()
    }

    /// The files by which stages communicate that were left behind.
    pub fn left_on_the_board(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.place.join("garminsync")).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = Command::new("tmux").arg("-S").arg(self.place.join("tmux")).arg("kill-server").output();
    }
}

/// The path of tmux. With a path, the standard library starts it without a copy of this large process.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let path = std::env::var_os("PATH").unwrap();
        let mut found = std::env::split_paths(&path).map(|folder| folder.join("tmux")).filter(|path| path.is_file());
        found.next().expect("tmux is needed")
    })
}

/// Whether the prompt is the last line of the screen. The terminal may echo a Ctrl-C before it.
pub fn is_back(screen: &Screen) -> bool {
    screen.last().is_some_and(|line| line.trim_start_matches("^C") == PROMPT)
}

fn lines(text: &str) -> Screen {
    let mut lines: Vec<String> = text.lines().map(|line| line.trim_end().to_owned()).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}
