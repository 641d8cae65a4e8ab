//! Runs blocking work on other threads: resolving a name, connecting, the handshake of a SOCKS proxy. Meanwhile the
//! caller checks whether a person wants to stop the program.
//!
//! A thread that has done its work waits for the next: a client needs as many threads as it has requests at the same
//! time, however many requests it sends.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

use crate::clock::STOP_POLL;

/// Work for a thread. It sends its result itself.
type Job = Box<dyn FnOnce() + Send>;
/// The result of work, or the panic that ended it.
type Outcome<T> = Result<T, Box<dyn Any + Send>>;

/// Threads for blocking work.
#[derive(Debug, Default)]
pub struct Workers {
    /// The senders to the threads that have no work now. A thread ends when its sender is dropped.
    idle: Mutex<Vec<Sender<Job>>>,
}

impl Workers {
    /// The result of `work`; `None` if `stop` was raised and `grace` has passed since then. The work then continues in
    /// the background until it or the program ends.
    ///
    /// If no thread can be started, the work runs on this thread and cannot be interrupted.
    pub fn interruptible<T: Send + 'static>(
        &self,
        stop: &AtomicBool,
        grace: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let Some(worker) = self.worker() else { return Some(work()) };
        let (sender, receiver) = sync_channel(1);
        let job = move || {
            // The receiver may have stopped waiting.
            let _ = sender.send(catch_unwind(AssertUnwindSafe(work)));
        };
        // An idle thread always receives: it ends only when its sender is dropped.
        worker.send(Box::new(job)).ok()?;
        match wait(&receiver, stop, grace)? {
            Ok(done) => {
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
                Some(done)
            }
            // The work panicked, so this thread panics too.
            Err(cause) => resume_unwind(cause),
        }
    }

    /// A thread without work; `None` if no thread can be started.
    fn worker(&self) -> Option<Sender<Job>> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.or_else(|| {
            let (sender, receiver) = channel::<Job>();
            let run = move || receiver.iter().for_each(|job| job());
            Builder::new().name("request".into()).spawn(run).ok().map(|_| sender)
        })
    }
}

/// Waits for the outcome; `None` if `stop` was raised and `grace` has passed since then.
fn wait<T>(receiver: &Receiver<Outcome<T>>, stop: &AtomicBool, grace: Duration) -> Option<Outcome<T>> {
    let mut stopped: Option<Instant> = None;
    loop {
        match receiver.recv_timeout(STOP_POLL) {
            Ok(outcome) => return Some(outcome),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return None,
        }
        if stop.load(Ordering::Relaxed) && stopped.get_or_insert_with(Instant::now).elapsed() >= grace {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    const LONG: Duration = Duration::from_secs(600);

    #[test]
    fn the_result_is_returned_also_within_the_grace_period() {
        let workers = Workers::default();
        assert_eq!(workers.interruptible(&AtomicBool::new(false), Duration::ZERO, || 1), Some(1));
        let slow = || {
            std::thread::sleep(Duration::from_millis(300));
            2
        };
        assert_eq!(workers.interruptible(&AtomicBool::new(true), LONG, slow), Some(2), "the work has a grace period");
    }

    #[test]
    fn a_stop_does_not_wait_for_blocking_work() {
        let stop = Arc::new(AtomicBool::new(false));
        let raised = stop.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(100));
            raised.store(true, Ordering::Relaxed);
        });
        let workers = Workers::default();
        assert_eq!(workers.interruptible(&stop, Duration::ZERO, || std::thread::sleep(LONG)), None);
        // Its thread is still busy.
        assert_eq!(workers.interruptible(&AtomicBool::new(false), Duration::ZERO, || 1), Some(1));
    }

    #[test]
    fn a_panic_is_passed_on_to_the_caller() {
        let work = || -> () { std::panic::panic_any("as it is") };
        let workers = Workers::default();
        let run = || workers.interruptible(&AtomicBool::new(false), Duration::ZERO, work);
        let caught = catch_unwind(AssertUnwindSafe(run));
        assert_eq!(caught.unwrap_err().downcast_ref::<&str>(), Some(&"as it is"));
    }

    #[test]
    fn one_thread_does_all_work_that_follows_each_other() {
        let (workers, stop) = (Workers::default(), AtomicBool::new(false));
        let name = || workers.interruptible(&stop, LONG, || std::thread::current().id()).unwrap();
        let first = name();
        assert!((0..50).all(|_| name() == first));
    }
}
