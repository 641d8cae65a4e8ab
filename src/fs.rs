//! What a failure of the file system means, wherever it shows: whether a disk is full, or has no locks.

use std::io::{Error, ErrorKind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use signal_hook::consts::SIGXFSZ;

/// What helps where a disk is full.
pub const FULL: &str = "the disk is full; make room and run it again";
/// What helps where a file may not grow.
const TOO_LARGE: &str =
    "a limit for the size of a file is reached (ulimit -f, or the file system's); raise it and run it again";
/// What helps where locks do not work.
pub const NO_LOCKS: &str =
    "file locks do not work on this file system (some network disks have none); set DATA_DIR to a local disk";

/// Whether there is no room: on the disk, in the quota of the user, or below the limit for one file.
pub fn is_full(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge)
}

/// What helps, if there is no room.
pub fn no_room(error: &Error) -> Option<&'static str> {
    match error.kind() {
        ErrorKind::FileTooLarge => Some(TOO_LARGE),
        _ => is_full(error).then_some(FULL),
    }
}

/// A write of this program has met the limit of the system for the size of a file.
static IS_LIMIT_MET: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// From now on a write beyond the limit for the size of a file fails, and does not end the program.
pub fn outlive_size_limit() {
    // If it cannot be registered, the signal ends the program, which loses nothing either.
    let _ = signal_hook::flag::register(SIGXFSZ, IS_LIMIT_MET.clone());
}

/// What helps, if a write has met that limit: for failures whose error is not told, as those of SQLite.
pub fn size_limit_met() -> Option<&'static str> {
    IS_LIMIT_MET.load(Ordering::Relaxed).then_some(TOO_LARGE)
}

/// Whether a lock was refused because there are none, and not because somebody holds it.
pub fn lacks_locks(error: &Error) -> bool {
    let known = [rustix::io::Errno::NOLCK, rustix::io::Errno::NOSYS, rustix::io::Errno::OPNOTSUPP];
    error.raw_os_error().is_some_and(|code| known.iter().any(|errno| errno.raw_os_error() == code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::io::Errno;

    #[test]
    fn errors_of_the_system_are_told_apart() {
        let of = |errno: Errno| Error::from(errno);
        for full in [Errno::NOSPC, Errno::DQUOT, Errno::FBIG] {
            assert!(no_room(&of(full)).is_some() && is_full(&of(full)) && !lacks_locks(&of(full)), "{full}");
        }
        assert_ne!(no_room(&of(Errno::FBIG)), no_room(&of(Errno::NOSPC)));
        for lacking in [Errno::NOLCK, Errno::NOSYS, Errno::OPNOTSUPP] {
            assert!(lacks_locks(&of(lacking)) && !is_full(&of(lacking)), "{lacking}");
        }
        for other in [Errno::AGAIN, Errno::ACCESS, Errno::IO, Errno::ROFS] {
            assert!(!lacks_locks(&of(other)) && !is_full(&of(other)), "{other}");
        }
    }
}
