//! Signals: how a person ends a command, stops it for a while, and takes it up again.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;
use signal_hook::{flag, low_level};

use super::{Exit, Talk};

/// The first Ctrl-C or SIGTERM asks to end after the item in hand: it raises what is returned. The second of its kind ends at
/// once; `gs-sync` hands one on as the other, as it cannot know whether its commands have had it.
///
/// On a terminal nothing of what was drawn is left behind, however it ends or is stopped.
pub fn heed(talk: &Arc<Talk>) -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let is_tidied = talk.stage.is_some() && tidy(talk.clone());
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
    stop
}

/// Handles what a handler cannot, on a thread of its own.
fn tidy(talk: Arc<Talk>) -> bool {
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGQUIT, SIGTSTP]) else { return false };
    let handle = move || {
        let mut come = Vec::new();
        for signal in signals.forever() {
            match signal {
                SIGINT | SIGTERM => {
                    talk.stops();
                    if come.contains(&signal) {
                        talk.leave();
                        low_level::exit(Exit::Interrupted as i32);
                    }
                    come.push(signal);
                }
                SIGTSTP => pause(&talk),
                _ => {
                    talk.leave();
                    let _ = low_level::emulate_default_handler(signal);
                }
            }
        }
    };
    std::thread::Builder::new().name("signals".into()).spawn(handle).is_ok()
}

/// Ctrl-Z. A program that no shell has started as a job would never be taken up again: it goes on.
fn pause(talk: &Talk) {
    let is_job = rustix::process::getsid(None).is_ok_and(|session| session != rustix::process::getpgrp());
    if !is_job {
        return;
    }
    let stop = || drop(low_level::emulate_default_handler(SIGTSTP));
    match talk.screen() {
        Some(screen) => screen.stop(stop),
        None => stop(),
    }
}
