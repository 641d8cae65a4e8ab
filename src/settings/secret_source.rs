//! Reads a secret from a file or a pipe, or from the output of a shell command, with limits for time and size. It stops
//! when a person stops the program.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::Error;

/// How often a waiting read checks whether the command has ended and whether a person wants to stop the program.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The limits of reading a secret.
pub(super) struct Limits<'a> {
    /// The time for the whole read.
    pub time: Duration,
    /// The largest size, in bytes.
    pub bytes: u64,
    /// Raised when a person wants to stop the program.
    pub stop: &'a AtomicBool,
}

/// The content of a file. A named pipe or a process substitution has the same limits as a command, because its writer
/// may never write.
pub(super) fn read_file(name: &str, path: &Path, limits: &Limits) -> Result<Vec<u8>, Error> {
    let unusable = |why: String| Error::Unusable(format!("{name}: {}: {why}", path.display()));
    let flags = i32::try_from((OFlags::NONBLOCK | OFlags::NOCTTY).bits()).unwrap_or(0);
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(path);
    let mut file = opened.map_err(|error| unusable(error.to_string()))?;
    read(&mut file, Instant::now() + limits.time, limits).map_err(|stopped| match stopped {
        Stopped::ByPerson => Error::Stopped,
        Stopped::TooLong => unusable(format!("no end of file within {}", limits.describe_time())),
        Stopped::TooMuch => unusable(format!("has more than {} bytes; a secret is shorter", limits.bytes)),
        Stopped::Failed(error) => unusable(error.to_string()),
    })
}

/// The output of a shell command. An error says how the command ended, but never contains its output.
///
/// A command that takes too long or prints too much is killed with all processes that it has started. On a terminal
/// only the command itself is killed: it may have to ask a person, and a command in its own process group could not
/// read from the terminal.
pub(super) fn run_command(name: &str, line: &str, limits: &Limits) -> Result<Vec<u8>, Error> {
    let end = Instant::now() + limits.time;
    let unusable = |why: String| Error::Unusable(format!("{name} {why}; run it by hand to see why"));
    let has_group = std::fs::File::open("/dev/tty").is_err();
    let mut command = Command::new("sh");
    command.arg("-c").arg(line).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    if has_group {
        command.process_group(0);
    }
    let mut child = command.spawn().map_err(|error| unusable(format!("cannot be started: {error}")))?;
    let printed = match child.stdout.take() {
        Some(mut pipe) => read(&mut pipe, end, limits),
        None => Ok(Vec::new()),
    };
    match printed.and_then(|bytes| wait(&mut child, end, limits).map(|status| (bytes, status))) {
        Ok((bytes, status)) if status.success() => Ok(bytes),
        // Ctrl-C on a terminal ends the command and this program at once.
        Ok(_) if limits.is_stopped() => Err(Error::Stopped),
        Ok((_, status)) => Err(unusable(format!("failed ({status})"))),
        Err(stopped) => {
            kill(&mut child, has_group);
            Err(match stopped {
                Stopped::ByPerson => Error::Stopped,
                Stopped::TooLong => unusable(format!("took longer than {}", limits.describe_time())),
                Stopped::TooMuch => unusable(format!("printed more than {} bytes; a secret is shorter", limits.bytes)),
                Stopped::Failed(error) => unusable(format!("could not be read: {error}")),
            })
        }
    }
}

impl Limits<'_> {
    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// The time limit as text, with the setting that changes it.
    fn describe_time(&self) -> String {
        format!("{} (GS_COMMAND_TIMEOUT)", humantime::format_duration(self.time))
    }

    fn check(&self, end: Instant) -> Result<(), Stopped> {
        match Instant::now() < end {
            _ if self.is_stopped() => Err(Stopped::ByPerson),
            true => Ok(()),
            false => Err(Stopped::TooLong),
        }
    }
}

/// Why a read stopped early.
enum Stopped {
    ByPerson,
    TooLong,
    TooMuch,
    Failed(std::io::Error),
}

/// All bytes from a pipe, until it is closed.
fn read(pipe: &mut (impl Read + AsFd), end: Instant, limits: &Limits) -> Result<Vec<u8>, Stopped> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        limits.check(end)?;
        let wait = Timespec::try_from(POLL_INTERVAL).ok();
        let ready = poll(&mut [PollFd::new(pipe, PollFlags::IN)], wait.as_ref());
        match ready {
            Ok(0) | Err(rustix::io::Errno::INTR) => continue,
            Ok(_) => {}
            Err(error) => return Err(Stopped::Failed(error.into())),
        }
        match pipe.read(&mut buffer) {
            Ok(0) => return Ok(bytes),
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
            // The writer of a named pipe may have opened it but not written yet.
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
            Err(error) => return Err(Stopped::Failed(error)),
        }
        if bytes.len() as u64 > limits.bytes {
            return Err(Stopped::TooMuch);
        }
    }
}

fn wait(child: &mut Child, end: Instant, limits: &Limits) -> Result<ExitStatus, Stopped> {
    while child.try_wait().map_err(Stopped::Failed)?.is_none() {
        limits.check(end)?;
        std::thread::sleep(POLL_INTERVAL);
    }
    child.wait().map_err(Stopped::Failed)
}

fn kill(child: &mut Child, has_group: bool) {
    // A process that has ended meanwhile needs no signal.
    let _ = match i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        Some(pid) if has_group => kill_process_group(pid, Signal::KILL),
        Some(pid) => kill_process(pid, Signal::KILL),
        None => Ok(()),
    };
    let _ = child.wait();
}

/// Why a text cannot be a password, key or address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Defect {
    /// The text has this number of lines.
    Lines(usize),
    /// The text contains this control character.
    Control(u32),
}

/// The defect of a text that must be a single value.
pub(super) fn defect(text: &str) -> Option<Defect> {
    // A space at the beginning or end is sent, with a warning.
    let text = text.trim_matches([' ', '\t']);
    let first = text.chars().find(|c| c.is_control())?;
    Some(match text.contains(['\n', '\r']) {
        true => Defect::Lines(text.replace("\r\n", "\n").split(['\n', '\r']).count()),
        false => Defect::Control(first.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(read: Result<Vec<u8>, Error>) -> Result<String, String> {
        read.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).map_err(|error| error.to_string())
    }

    fn said(line: &str, time: Duration) -> Result<String, String> {
        words(run_command("X_COMMAND", line, &Limits { time, bytes: 1000, stop: &AtomicBool::new(false) }))
    }

    fn held(path: &Path, time: Duration) -> Result<String, String> {
        words(read_file("X_FILE", path, &Limits { time, bytes: 1000, stop: &AtomicBool::new(false) }))
    }

    #[test]
    fn the_complete_output_of_a_command_is_read() {
        let long = Duration::from_secs(60);
        assert_eq!(said("printf a; sleep 0.1; printf b", long).as_deref(), Ok("ab"));
        assert_eq!(
            said("printf a; exit 3", long),
            Err("X_COMMAND failed (exit status: 3); run it by hand to see why".into())
        );
        assert_eq!(said("exec 1>&-; sleep 0.1", long).as_deref(), Ok(""));
    }

    #[test]
    fn a_command_that_does_not_end_is_killed_with_its_children() {
        let dir = tempfile::tempdir().unwrap();
        let late = dir.path().join("late");
        for line in [
            format!("(sleep 2; touch {0}) & sleep 600", late.display()),
            format!("exec 1>&-; (sleep 2; touch {0}) & sleep 600", late.display()),
        ] {
            let why = said(&line, Duration::from_millis(300)).unwrap_err();
            assert!(why.contains("took longer than 300ms"), "{why}");
        }
        if std::fs::File::open("/dev/tty").is_err() {
            std::thread::sleep(Duration::from_millis(2500));
            assert!(!late.exists(), "a child process of the command was not killed");
        }
    }

    #[test]
    fn a_command_with_endless_output_is_killed() {
        assert_eq!(
            said("yes", Duration::from_secs(600)),
            Err("X_COMMAND printed more than 1000 bytes; a secret is shorter; run it by hand to see why".into())
        );
    }

    #[test]
    fn a_pipe_is_read_to_its_end_within_the_time_limit() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let why = held(&pipe, Duration::from_millis(300)).unwrap_err();
        assert!(why.starts_with("X_FILE: ") && why.contains("within 300ms (GS_COMMAND_TIMEOUT)"), "{why}");
        let line = "exec >\"$0\"; sleep 0.2; printf a; sleep 0.2; printf b";
        let mut writer = Command::new("sh").arg("-c").arg(line).arg(&pipe).spawn().unwrap();
        assert_eq!(held(&pipe, Duration::from_secs(60)).as_deref(), Ok("ab"));
        writer.wait().unwrap();
        assert!(held(Path::new("/dev/zero"), Duration::from_secs(60)).unwrap_err().contains("more than 1000 bytes"));
        assert!(held(dir.path(), Duration::from_secs(60)).is_err(), "a folder is not a secret file");
    }

    #[test]
    fn a_stop_interrupts_the_reading_of_files_and_commands() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let stop = AtomicBool::new(false);
        let limits = Limits { time: Duration::from_secs(600), bytes: 1000, stop: &stop };
        let began = Instant::now();
        std::thread::scope(|scope| {
            let reads = [
                scope.spawn(|| read_file("X_FILE", &pipe, &limits)),
                scope.spawn(|| run_command("X_COMMAND", "sleep 600", &limits)),
                scope.spawn(|| run_command("X_COMMAND", "exec 1>&-; sleep 600", &limits)),
            ];
            std::thread::sleep(Duration::from_millis(200));
            stop.store(true, Ordering::Relaxed);
            for read in reads {
                assert!(matches!(read.join().unwrap(), Err(Error::Stopped)));
            }
        });
        assert!(began.elapsed() < Duration::from_secs(60));
    }
}
