//! Signals: how a person stops, suspends and resumes a command.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;
use signal_hook::{flag, low_level};

use super::{Exit, Messages};

/// Installs the signal handlers. The first Ctrl-C or SIGTERM stops the command after the current item: it raises the
/// returned flag. A second signal of the same kind ends the command at once. `gs-sync` passes each of the two signals
/// on as the other one, because its commands may have received the original already.
///
/// A SIGHUP (the terminal was closed, the ssh connection ended) also stops the command after the current item, however
/// often it comes: both the kernel and the shell send it, so a second one is not a second request. An ignored SIGHUP,
/// as with `nohup`, stays ignored.
///
/// On a terminal the progress lines are removed whenever the command ends or is suspended.
pub fn install_handlers(messages: &Arc<Messages>) -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let is_tidied = messages.shows_progress() && tidy(messages.clone());
    for signal in [SIGINT, SIGTERM] {
        if !is_tidied {
            let has_come = Arc::new(AtomicBool::new(false));
            // Registered in this order, the first signal finds the flag not yet raised and does not end the program. If
            // a signal cannot be registered, its default action ends the program, and no data is lost either.
            let _ = flag::register_conditional_shutdown(signal, Exit::Interrupted as i32, has_come.clone());
            let _ = flag::register(signal, has_come);
        }
        let _ = flag::register(signal, stop.clone());
    }
    if !ignores_hangup() {
        let _ = flag::register(SIGHUP, stop.clone());
    }
    stop
}

/// Lets signals end the command at once, with their default action: the shell sees a command that a signal ended. Before,
/// `tidy_up` removes the temporary files, and the progress lines are removed. Ignored signals stay ignored.
pub fn end_on_signals(messages: &Arc<Messages>, tidy_up: impl Fn() + Send + 'static) {
    let ending: Vec<i32> =
        [SIGINT, SIGTERM, SIGHUP, SIGQUIT].into_iter().filter(|signal| !is_ignored(*signal)).collect();
    let pausing = messages.shows_progress().then_some(SIGTSTP);
    let Ok(mut signals) = Signals::new(ending.iter().copied().chain(pausing)) else { return };
    let handled = messages.clone();
    let handle = move || {
        for signal in signals.forever() {
            if signal == SIGTSTP {
                pause(&handled);
            } else {
                tidy_up();
                handled.leave();
                let _ = low_level::emulate_default_handler(signal);
            }
        }
    };
    if std::thread::Builder::new().name("signals".into()).spawn(handle).is_err() {
        for signal in ending {
            // Without a thread, nothing is tidied up. Without this, the signal would have no effect at all.
            let _ = flag::register_conditional_default(signal, Arc::new(AtomicBool::new(true)));
        }
    }
}

/// Whether SIGHUP is ignored, so that the program outlives the terminal.
pub(super) fn ignores_hangup() -> bool {
    is_ignored(SIGHUP)
}

/// Whether a signal is ignored. Linux shows this in `SigIgn`, a hexadecimal mask. On other systems the signal counts as not
/// ignored.
fn is_ignored(signal: i32) -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| ignored_in(&status, signal))
}

fn ignored_in(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// Handles, on a separate thread, the work that a signal handler must not do.
fn tidy(messages: Arc<Messages>) -> bool {
    let hangup = (!ignores_hangup()).then_some(SIGHUP);
    let handled = [SIGINT, SIGTERM, SIGQUIT, SIGTSTP].into_iter().chain(hangup);
    let Ok(mut signals) = Signals::new(handled) else { return false };
    let handle = move || {
        let mut come = Vec::new();
        for signal in signals.forever() {
            match signal {
                SIGINT | SIGTERM => {
                    messages.stops();
                    if come.contains(&signal) {
                        messages.leave();
                        low_level::exit(Exit::Interrupted as i32);
                    }
                    come.push(signal);
                }
                SIGHUP => messages.stops(),
                SIGTSTP => pause(&messages),
                _ => {
                    messages.leave();
                    let _ = low_level::emulate_default_handler(signal);
                }
            }
        }
    };
    std::thread::Builder::new().name("signals".into()).spawn(handle).is_ok()
}

/// Handles Ctrl-Z. A program that no shell started as a job could never be resumed, so it continues.
fn pause(messages: &Messages) {
    let is_job = rustix::process::getsid(None).is_ok_and(|session| session != rustix::process::getpgrp());
    if !is_job {
        return;
    }
    let stop = || drop(low_level::emulate_default_handler(SIGTSTP));
    match messages.screen() {
        Some(screen) => screen.stop(stop),
        None => stop(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ignored_hangup_is_detected_by_the_signal_mask() {
        let status = |mask: &str| format!("Name:\tx\nSigBlk:\tffffffffffffffff\nSigIgn:\t{mask}\nSigCgt:\t0\n");
        assert!(ignored_in(&status("0000000000001001"), SIGHUP));
        assert!(!ignored_in(&status("0000000000001000"), SIGHUP));
        assert!(ignored_in(&status("0000000000001000"), 13) && !ignored_in("", SIGHUP));
    }
}
