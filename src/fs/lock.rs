//! Locks on files, taken within a time limit. The kernel takes a lock back however its holder ends.

use std::fs::{File, TryLockError};
use std::io;
use std::time::{Duration, Instant};

/// So often it is tried again.
const PAUSE: Duration = Duration::from_millis(5);

/// Takes the exclusive lock on `file` within `timeout`. `false`: somebody else still holds it.
///
/// # Errors
/// The file system has no locks (see [`super::lacks_locks`]), or does not give this one.
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
    fn one_holder_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let open = || File::create(dir.path().join("lock")).unwrap();
        let (one, other) = (open(), open());
        assert!(lock(&one, Duration::ZERO).unwrap());
        assert!(!lock(&other, Duration::from_millis(30)).unwrap());
        drop(one);
        assert!(lock(&other, Duration::ZERO).unwrap());
    }
}
