//! Files: reasons for failures, locks with a time limit, durable atomic writes, private folders, permission checks.

mod lock;
mod write;

use std::fs::Metadata;
use std::io::{Error, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use signal_hook::consts::SIGXFSZ;

pub use lock::lock;
pub use write::{make_private, persist, sweep, sync_dir, unfinished, unfinished_of};

use crate::reason::Reason;

/// Whether other users can read or write a file or folder.
pub fn is_open_to_others(meta: &Metadata) -> bool {
    meta.mode() & 0o077 != 0
}

/// What other users can do with a file or folder that is open to them, in words.
pub fn access_of_others(meta: &Metadata) -> &'static str {
    match (meta.mode() & 0o044 != 0, meta.mode() & 0o022 != 0) {
        (true, true) => "read or write",
        (false, true) => "write",
        _ => "read",
    }
}

/// Whether a file or folder belongs to the user who runs the program.
pub fn is_own(meta: &Metadata) -> bool {
    meta.uid() == rustix::process::geteuid().as_raw()
}

/// Why there is no space for a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoom {
    /// The disk, or the user's quota, is full.
    DiskFull,
    /// The limit for the size of a file is reached: the limit of the user or of the file system.
    FileSizeLimit,
}

impl NoRoom {
    /// The reason to report for a write to `path` that failed because of this.
    pub fn reason(self, path: &Path) -> Reason {
        let path = path.display().to_string();
        match self {
            NoRoom::DiskFull => Reason::DiskFull { path },
            NoRoom::FileSizeLimit => Reason::FileSizeLimit { path },
        }
    }
}

/// Why there is no space, if the error says that there is none.
pub fn no_room(error: &Error) -> Option<NoRoom> {
    match error.kind() {
        ErrorKind::FileTooLarge => Some(NoRoom::FileSizeLimit),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Some(NoRoom::DiskFull),
        _ => None,
    }
}

/// The reason to report for an error with `path`: a cause that a person can fix if the error has one, otherwise the
/// error itself.
pub fn reason(path: &Path, error: &Error) -> Reason {
    match error {
        error if let Some(no_room) = no_room(error) => no_room.reason(path),
        error if lacks_locks(error) => Reason::NoLocks { path: path.display().to_string() },
        error if error.kind() == ErrorKind::ReadOnlyFilesystem => {
            Reason::ReadOnly { path: path.display().to_string(), detail: error.to_string() }
        }
        error => Reason::Storage { detail: format!("{}: {error}", path.display()) },
    }
}

/// Whether a write of this program exceeded the system's limit for the size of a file.
static IS_LIMIT_MET: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Makes a write beyond the limit for the size of a file fail instead of ending the program.
pub fn outlive_size_limit() {
    // If the handler cannot be registered, the signal ends the program, and no data is lost either.
    let _ = signal_hook::flag::register(SIGXFSZ, IS_LIMIT_MET.clone());
}

/// Whether a write has exceeded that limit. For callers that do not get the error of the system, such as those of
/// SQLite.
pub fn size_limit_met() -> Option<NoRoom> {
    IS_LIMIT_MET.load(Ordering::Relaxed).then_some(NoRoom::FileSizeLimit)
}

/// Whether a lock failed because the file system does not support locks, and not because another process holds it.
pub fn lacks_locks(error: &Error) -> bool {
    let known = [rustix::io::Errno::NOLCK, rustix::io::Errno::NOSYS, rustix::io::Errno::OPNOTSUPP];
    error.raw_os_error().is_some_and(|code| known.iter().any(|errno| errno.raw_os_error() == code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::io::Errno;

    #[test]
    fn system_errors_are_classified() {
        let of = |errno: Errno| Error::from(errno);
        for full in [Errno::NOSPC, Errno::DQUOT, Errno::FBIG] {
            assert!(no_room(&of(full)).is_some() && !lacks_locks(&of(full)), "{full}");
        }
        assert_ne!(no_room(&of(Errno::FBIG)), no_room(&of(Errno::NOSPC)));
        let path = Path::new("/data");
        assert_eq!(reason(path, &of(Errno::NOSPC)), Reason::DiskFull { path: "/data".into() });
        assert!(matches!(reason(path, &of(Errno::ROFS)), Reason::ReadOnly { .. }));
        assert!(matches!(reason(path, &of(Errno::NOLCK)), Reason::NoLocks { .. }));
        assert!(matches!(reason(path, &of(Errno::IO)), Reason::Storage { .. }));
        for lacking in [Errno::NOLCK, Errno::NOSYS, Errno::OPNOTSUPP] {
            assert!(lacks_locks(&of(lacking)) && no_room(&of(lacking)).is_none(), "{lacking}");
        }
        for other in [Errno::AGAIN, Errno::ACCESS, Errno::IO, Errno::ROFS] {
            assert!(!lacks_locks(&of(other)) && no_room(&of(other)).is_none(), "{other}");
        }
    }
}
