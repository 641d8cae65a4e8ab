//! Runs commands one after the other, or joined by pipes, and hands signals on to them.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::cli::{Exit, Failure, signals};

/// The commands of one run.
pub struct Stages {
    shared: Arc<Shared>,
    worst: u8,
}

/// What the thread for signals sees.
struct Shared {
    running: Mutex<Vec<Pid>>,
    is_stopped: AtomicBool,
}

impl Stages {
    /// From here on signals are handed on to the commands at work, which finish the item in hand. No further one is started.
    /// Without one at work, `leave` is called and this program ends.
    pub fn begin(leave: fn()) -> Stages {
        let shared = Arc::new(Shared { running: Mutex::default(), is_stopped: AtomicBool::new(false) });
        let handled = [SIGINT, SIGTERM].into_iter().chain((!signals::ignores_hangup()).then_some(SIGHUP));
        if let Ok(mut signals) = Signals::new(handled) {
            let shared = shared.clone();
            let hand_on = move || signals.forever().for_each(|signal| shared.hand_on(signal, leave));
            // Without a thread the default action of a signal is gone, but the commands still hear a Ctrl-C.
            drop(std::thread::Builder::new().name("signals".into()).spawn(hand_on));
        }
        Stages { shared, worst: 0 }
    }

    /// Runs commands, each of which reads what the one before prints; the exit code of the worst of them.
    ///
    /// # Errors
    /// One cannot be started, or a person has ended the run.
    pub fn run(&mut self, commands: Vec<Command>) -> Result<u8, Failure> {
        let children = self.spawn(commands)?;
        let codes: Vec<u8> = children.into_iter().map(|child| self.wait(child)).collect();
        self.end(codes)
    }

    /// Runs a command, and returns what it printed with its exit code.
    pub fn output(&mut self, mut command: Command) -> Result<(String, u8), Failure> {
        command.stdout(Stdio::piped());
        let mut text = Vec::new();
        let mut code = 0;
        for mut child in self.spawn(vec![command])? {
            if let Some(mut pipe) = child.stdout.take() {
                // What was printed so far is worth as much as all of it: the exit code tells.
                let _ = pipe.read_to_end(&mut text);
            }
            code = self.wait(child);
        }
        self.end(vec![code])?;
        Ok((String::from_utf8_lossy(&text).into_owned(), code))
    }

    /// The worst exit code so far.
    pub fn worst(&self) -> u8 {
        self.worst
    }

    /// The worst exit code that was noted; a question on the side counts for nothing.
    pub fn reset(&mut self, worst: u8) {
        self.worst = worst;
    }

    fn end(&mut self, codes: Vec<u8>) -> Result<u8, Failure> {
        let worst = codes.into_iter().fold(0, Exit::worse);
        self.worst = Exit::worse(self.worst, worst);
        match self.shared.is_stopped.load(Ordering::Relaxed) {
            true => Err(Failure::new(Exit::Interrupted, "stopped after the current item; run it again for the rest")),
            false => Ok(worst),
        }
    }

    fn spawn(&self, commands: Vec<Command>) -> Result<Vec<Child>, Failure> {
        // Held until all are known: a signal that comes meanwhile finds them.
        let mut running = self.shared.running();
        let last = commands.len().saturating_sub(1);
        let mut children: Vec<Child> = Vec::new();
        for (number, mut command) in commands.into_iter().enumerate() {
            if let Some(pipe) = children.last_mut().and_then(|before| before.stdout.take()) {
                command.stdin(pipe);
            }
            if number < last {
                command.stdout(Stdio::piped());
            }
            let child = command.spawn().map_err(|error| {
                let name = std::path::Path::new(command.get_program()).display().to_string();
                Failure::new(Exit::Config, format!("{name} cannot be started: {error}"))
            })?;
            running.extend(pid(&child));
            children.push(child);
        }
        Ok(children)
    }

    fn wait(&self, mut child: Child) -> u8 {
        if let Some(pid) = pid(&child) {
            // Its number is its own until it is waited for, so it is taken off the list before that.
            while matches!(waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT), Err(Errno::INTR)) {}
            self.shared.running().retain(|other| *other != pid);
        }
        child.wait().map_or(Exit::Bug.code(), code)
    }
}

impl Shared {
    fn running(&self) -> MutexGuard<'_, Vec<Pid>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A SIGTERM as SIGINT, and the other way round: the commands may have had the signal themselves, from the terminal or from
    /// systemd, and take only a second one of its kind for a wish to end at once. A SIGHUP as it is.
    fn hand_on(&self, signal: i32, leave: fn()) {
        self.is_stopped.store(true, Ordering::Relaxed);
        let running = self.running();
        if running.is_empty() {
            leave();
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
        let signal = match signal {
            SIGTERM => Signal::INT,
            SIGINT => Signal::TERM,
            _ => Signal::HUP,
        };
        for pid in running.iter() {
            // What has ended meanwhile needs no signal.
            let _ = kill_process(*pid, signal);
        }
    }
}

fn pid(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

/// As a shell counts it.
fn code(status: ExitStatus) -> u8 {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    u8::try_from(code).unwrap_or(u8::MAX)
}
