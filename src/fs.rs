//! What a failure of the file system means, wherever it shows: whether a disk is full, or has no locks.

use std::io::{Error, ErrorKind};

/// What helps where a disk is full.
pub const FULL: &str = "the disk is full; make room and run it again";
/// What helps where locks do not work.
pub const NO_LOCKS: &str =
    "file locks do not work on this file system (some network disks have none); set DATA_DIR to a local disk";

/// Whether there is no room: on the disk, in the quota of the user, or below the limit for one file.
pub fn is_full(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge)
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
            assert!(is_full(&of(full)) && !lacks_locks(&of(full)), "{full}");
        }
        for lacking in [Errno::NOLCK, Errno::NOSYS, Errno::OPNOTSUPP] {
            assert!(lacks_locks(&of(lacking)) && !is_full(&of(lacking)), "{lacking}");
        }
        for other in [Errno::AGAIN, Errno::ACCESS, Errno::IO, Errno::ROFS] {
            assert!(!lacks_locks(&of(other)) && !is_full(&of(other)), "{other}");
        }
    }
}
