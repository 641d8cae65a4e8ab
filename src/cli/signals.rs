//! Signals: how a person ends a command, stops it for a while, and takes it up again.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;
use signal_hook::{flag, low_level};

use super::{Exit, Messages};

/// The first Ctrl-C or SIGTERM asks to end after the item in hand: it raises what is returned. The second of its kind ends at
/// once; `gs-sync` hands one on as the other, as it cannot know whether its commands have had it.
///
/// A SIGHUP (the terminal was closed, the ssh connection ended) asks the same, however often it comes: the kernel sends it,
/// the shell sends it again, and nobody has asked twice. One that is ignored, as with `nohup`, stays ignored.
///
/// On a terminal nothing of what was drawn is left behind, however it ends or is stopped.
pub fn install_handlers(messages: &Arc<Messages>) -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let is_tidied = messages.shows_progress() && tidy(messages.clone());
    for signal in [SIGINT, SIGTERM] {
        if !is_tidied {
            let has_come = Arc::new(AtomicBool::new(false));
            // Registered in this order, the first signal finds the flag still down. If a signal cannot be registered, its
            // default action ends the program, which loses nothing either.
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

/// Whether whoever started this program wants it to outlive the terminal. Linux says so in `SigIgn`, a hexadecimal mask;
/// where nothing says so it is not ignored.
pub(super) fn ignores_hangup() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| ignored_in(&status, SIGHUP))
}

fn ignored_in(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// Handles what a handler cannot, on a thread of its own.
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

/// Ctrl-Z. A program that no shell has started as a job would never be taken up again: it goes on.
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
    fn an_ignored_hangup_is_known_by_the_mask_of_the_process() {
        let status = |mask: &str| format!("Name:\tx\nSigBlk:\tffffffffffffffff\nSigIgn:\t{mask}\nSigCgt:\t0\n");
        assert!(ignored_in(&status("0000000000001001"), SIGHUP));
        assert!(!ignored_in(&status("0000000000001000"), SIGHUP));
        assert!(ignored_in(&status("0000000000001000"), 13) && !ignored_in("", SIGHUP));
    }
}
