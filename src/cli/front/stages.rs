//! Runs commands one after another, or joined by pipes, and passes signals on to them.

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

/// The state that the signal thread reads.
struct Shared {
    running: Mutex<Vec<Pid>>,
    is_stopped: AtomicBool,
}

impl Stages {
    /// From this call on, signals are passed on to the running commands, which finish the current item, and no further
    /// command is started. If no command is running, `leave` is called and this program ends.
    pub fn begin(leave: fn()) -> Stages {
        let shared = Arc::new(Shared { running: Mutex::default(), is_stopped: AtomicBool::new(false) });
        let handled = [SIGINT, SIGTERM].into_iter().chain((!signals::ignores_hangup()).then_some(SIGHUP));
        if let Ok(mut signals) = Signals::new(handled) {
            let shared = shared.clone();
            let pass_on = move || signals.forever().for_each(|signal| shared.pass_on(signal, leave));
            // Without a thread the signal has no effect on this program, but the commands still receive a Ctrl-C.
            drop(std::thread::Builder::new().name("signals".into()).spawn(pass_on));
        }
        Stages { shared, worst: 0 }
    }

    /// Runs commands, each of which reads the output of the previous one. Returns the worst of their exit codes.
    ///
    /// # Errors
    /// A command cannot be started, or a person has stopped the run.
    pub fn run(&mut self, commands: Vec<Command>) -> Result<u8, Failure> {
        let children = self.spawn(commands)?;
        let codes: Vec<u8> = children.into_iter().map(|child| self.wait(child)).collect();
        self.end(codes)
    }

    /// Runs a command. Returns its output and its exit code.
    pub fn output(&mut self, mut command: Command) -> Result<(String, u8), Failure> {
        command.stdout(Stdio::piped());
        let mut text = Vec::new();
        let mut code = 0;
        for mut child in self.spawn(vec![command])? {
            if let Some(mut pipe) = child.stdout.take() {
                // An incomplete output is used too. The exit code shows the failure.
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

    /// Restores an earlier worst exit code, to ignore the result of a secondary command.
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
        // Locked until all commands are in the list, so that a signal meanwhile reaches all of them.
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
            // The system does not reuse the process id before the process is waited for, so the id leaves the list
            // before that.
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

    /// Passes a signal on: SIGTERM as SIGINT and SIGINT as SIGTERM, because the commands may have received the original
    /// from the terminal or from systemd already, and a second signal of the same kind ends them at once. SIGHUP is
    /// passed on unchanged.
    fn pass_on(&self, signal: i32, leave: fn()) {
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
            // A process that has ended meanwhile needs no signal.
            let _ = kill_process(*pid, signal);
        }
    }
}

fn pid(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

/// The exit code as a shell reports it.
fn code(status: ExitStatus) -> u8 {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    u8::try_from(code).unwrap_or(u8::MAX)
}
