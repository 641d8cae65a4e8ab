//! Runs a trial for many seeds, several at a time, and names those that failed.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Runs `trial` for the seeds below `count`, `at_once` at a time; a trial fails by a panic, which is printed as it comes.
pub fn run(count: u64, at_once: usize, trial: impl Fn(u64) + Sync + std::panic::RefUnwindSafe) {
    #[expect(clippy::print_stdout, reason = "whoever looks for a failure has to know the seeds")]
    {
        println!("seeds 0 to {}", count - 1);
    }
    let (next, failed) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= count {
                        break;
                    }
                    let _ = std::panic::catch_unwind(|| trial(seed)).map_err(|_| failed.lock().unwrap().push(seed));
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "worlds that went wrong: {failed:?}");
}
