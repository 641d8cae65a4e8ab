//! Locks on files, taken within a time limit. The kernel releases a lock when the process that holds it ends, even if
//! it is killed.

use std::fs::{File, TryLockError};
use std::io;
use std::time::{Duration, Instant};

/// The time between two attempts.
const PAUSE: Duration = Duration::from_millis(5);

/// Takes the exclusive lock on `file` within `timeout`. `false`: another process still holds it.
///
/// # Errors
/// The file system does not support locks (see [`super::lacks_locks`]), or the lock call fails.
pub fn lock(file: &File, timeout: Duration) -> io::Result<bool> {
    let end = Instant::now() + timeout;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) if Instant::now() < end => {
                std::thread::sleep(PAUSE.min(end.saturating_duration_since(Instant::now())));
            }
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_has_one_holder_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let open = || File::create(dir.path().join("lock")).unwrap();
        let (one, other) = (open(), open());
        assert!(lock(&one, Duration::ZERO).unwrap());
        assert!(!lock(&other, Duration::from_millis(30)).unwrap());
        drop(one);
        assert!(lock(&other, Duration::ZERO).unwrap());
    }
}
