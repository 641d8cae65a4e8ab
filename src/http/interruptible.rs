//! Runs blocking work on its own thread: resolving a name, connecting, the handshake of a SOCKS proxy. Meanwhile the
//! caller checks whether a person wants to stop the program.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

use crate::clock::STOP_POLL;

/// The result of `work`; `None` if `stop` was raised and `grace` has passed since then. The work then continues in the
/// background until it or the program ends.
///
/// If no thread can be started, the work runs on this thread and cannot be interrupted.
pub fn interruptible<T: Send + 'static>(
    stop: &AtomicBool,
    grace: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (sender, receiver) = sync_channel(1);
    // The new thread takes the work out of the mutex. If it were moved into the thread and the thread did not start, it
    // would be lost.
    let work = Arc::new(Mutex::new(Some(work)));
    let take = |work: &Mutex<Option<_>>| work.lock().unwrap_or_else(PoisonError::into_inner).take();
    let there = work.clone();
    let job = move || {
        if let Some(work) = take(&there) {
            // The receiver may have stopped waiting.
            let _ = sender.send(work());
        }
    };
    let Ok(thread) = Builder::new().name("request".into()).spawn(job) else {
        return take(&work).map(|work| work());
    };
    let mut stopped: Option<Instant> = None;
    loop {
        match receiver.recv_timeout(STOP_POLL) {
            Ok(done) => return Some(done),
            Err(RecvTimeoutError::Timeout) => {}
            // The work panicked, so this thread panics too.
            Err(RecvTimeoutError::Disconnected) => {
                return thread.join().map_or_else(|cause| resume_unwind(cause), |()| None);
            }
        }
        if stop.load(Ordering::Relaxed) && stopped.get_or_insert_with(Instant::now).elapsed() >= grace {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    #[test]
    fn the_result_is_returned_also_within_the_grace_period() {
        assert_eq!(interruptible(&AtomicBool::new(false), Duration::ZERO, || 1), Some(1));
        let slow = || {
            std::thread::sleep(Duration::from_millis(300));
            2
        };
        assert_eq!(interruptible(&AtomicBool::new(true), LONG, slow), Some(2), "the work has a grace period");
    }

    #[test]
    fn a_stop_does_not_wait_for_blocking_work() {
        let stop = Arc::new(AtomicBool::new(false));
        let raised = stop.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(100));
            raised.store(true, Ordering::Relaxed);
        });
        assert_eq!(interruptible(&stop, Duration::ZERO, || std::thread::sleep(LONG)), None);
    }

    #[test]
    fn a_panic_is_passed_on_to_the_caller() {
        let work = || -> () { std::panic::panic_any("as it is") };
        let caught = std::panic::catch_unwind(|| interruptible(&AtomicBool::new(false), Duration::ZERO, work));
        assert_eq!(caught.unwrap_err().downcast_ref::<&str>(), Some(&"as it is"));
    }
}
