//! Runs a shell command that prints a secret, for a limited time and up to a limited size.

use std::io::{ErrorKind, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// How often it is looked whether a command that has closed its output has ended.
const GLANCE: Duration = Duration::from_millis(20);

/// What a command line prints. The error says in words what became of the command, never what it printed.
///
/// A command that takes too long or prints too much is ended, and so is whatever it has started, unless that could ask a
/// person something: a group of its own could not read from the terminal.
pub(super) fn output(line: &str, limit: Duration, most: u64) -> Result<Vec<u8>, String> {
    let end = Instant::now() + limit;
    let is_apart = std::fs::File::open("/dev/tty").is_err();
    let mut command = Command::new("sh");
    command.arg("-c").arg(line).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    if is_apart {
        command.process_group(0);
    }
    let mut child = command.spawn().map_err(|error| format!("cannot be started: {error}"))?;
    let result = read(&mut child, end, most).and_then(|bytes| wait(&mut child, end).map(|status| (bytes, status)));
    match result {
        Ok((bytes, status)) if status.success() => Ok(bytes),
        Ok((_, status)) => Err(format!("failed ({status})")),
        Err(stopped) => {
            stop(&mut child, is_apart);
            Err(match stopped {
                Stopped::TooLong => {
                    format!("took longer than {} (GS_COMMAND_TIMEOUT)", humantime::format_duration(limit))
                }
                Stopped::TooMuch => format!("printed more than {most} bytes; a secret is shorter"),
                Stopped::Failed(error) => format!("could not be read: {error}"),
            })
        }
    }
}

/// Why a command was ended.
enum Stopped {
    TooLong,
    TooMuch,
    Failed(std::io::Error),
}

/// All that it prints, to the end of its output.
fn read(child: &mut Child, end: Instant, most: u64) -> Result<Vec<u8>, Stopped> {
    let Some(mut pipe) = child.stdout.take() else { return Ok(Vec::new()) };
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Stopped::TooLong);
        }
        let wait = Timespec::try_from(left).ok();
        let ready = poll(&mut [PollFd::new(&pipe, PollFlags::IN)], wait.as_ref());
        match ready {
            Ok(0) | Err(rustix::io::Errno::INTR) => continue,
            Ok(_) => {}
            Err(error) => return Err(Stopped::Failed(error.into())),
        }
        match pipe.read(&mut buffer) {
            Ok(0) => return Ok(bytes),
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(Stopped::Failed(error)),
        }
        if bytes.len() as u64 > most {
            return Err(Stopped::TooMuch);
        }
    }
}

fn wait(child: &mut Child, end: Instant) -> Result<ExitStatus, Stopped> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if Instant::now() < end => std::thread::sleep(GLANCE),
            Ok(None) => return Err(Stopped::TooLong),
            Err(error) => return Err(Stopped::Failed(error)),
        }
    }
}

fn stop(child: &mut Child, is_apart: bool) {
    // Whatever has ended meanwhile needs no signal.
    let _ = match i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        Some(pid) if is_apart => kill_process_group(pid, Signal::KILL),
        Some(pid) => kill_process(pid, Signal::KILL),
        None => Ok(()),
    };
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str, limit: Duration) -> Result<String, String> {
        output(line, limit, 1000).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    #[test]
    fn what_a_command_prints_is_taken_whole() {
        let long = Duration::from_secs(60);
        assert_eq!(said("printf a; sleep 0.1; printf b", long).as_deref(), Ok("ab"));
        assert_eq!(said("printf a; exit 3", long), Err("failed (exit status: 3)".into()));
        assert_eq!(said("exec 1>&-; sleep 0.1", long).as_deref(), Ok(""));
    }

    #[test]
    fn one_that_does_not_end_is_ended_with_all_it_has_started() {
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
            assert!(!late.exists(), "what the command had started went on");
        }
    }

    #[test]
    fn one_that_prints_without_end_is_ended() {
        assert_eq!(
            said("yes", Duration::from_secs(600)),
            Err("printed more than 1000 bytes; a secret is shorter".into())
        );
    }
}
