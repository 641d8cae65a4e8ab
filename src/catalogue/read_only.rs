//! Opens a catalogue that cannot be written: on a read-only disk, or in a folder or file without write permission.
//!
//! SQLite needs a log (`-wal`) and shared memory (`-shm`) next to a catalogue even to read it, and cannot create them there.
//! A catalogue without a log is read as an immutable file. One with a log, or without the tables of this version, is copied
//! into a private temporary folder, and the copy is read.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags};

use super::tables::Tables;
use super::{Catalogue, Error, Result, named};

/// How often the copy is repeated because the original changed meanwhile.
const TRIES: u32 = 5;

/// Why and how a catalogue is only read.
pub(super) struct ReadOnly {
    /// SQLite's error when it was opened for writing.
    pub why: String,
    /// The file as it was when it was opened, if it is read in place.
    stamp: Option<Stamp>,
    /// The copy exists as long as it is open.
    _copy: Option<tempfile::TempDir>,
}

/// What changes when another process writes to a catalogue.
#[derive(PartialEq, Eq)]
struct Stamp(Vec<Option<(u64, SystemTime)>>);

impl Stamp {
    fn of(path: &Path) -> Stamp {
        let stamp = |path: PathBuf| {
            fs::metadata(path).ok().map(|meta| (meta.len(), meta.modified().unwrap_or(SystemTime::UNIX_EPOCH)))
        };
        Stamp(vec![stamp(path.to_owned()), stamp(beside(path, "-wal"))])
    }
}

impl ReadOnly {
    /// A catalogue that SQLite itself opened for reading alone.
    pub fn by_sqlite() -> ReadOnly {
        ReadOnly { why: "SQLite cannot open the file for writing".to_owned(), stamp: None, _copy: None }
    }

    /// Whether the file has changed since it was opened, although it was expected not to.
    pub fn has_changed(&self, path: &Path) -> bool {
        self.stamp.as_ref().is_some_and(|stamp| *stamp != Stamp::of(path))
    }
}

/// Opens the catalogue for reading only. `why`: why it could not be opened for writing.
pub(super) fn open(path: &Path, why: String, wait: Duration) -> Result<Catalogue> {
    let has_log = fs::metadata(beside(path, "-wal")).is_ok_and(|meta| meta.len() > 0);
    if !has_log {
        let stamp = Some(Stamp::of(path));
        let connection = immutable(path).map_err(|source| named(path, source))?;
        let read_only = Some(ReadOnly { why: why.clone(), stamp, _copy: None });
        let catalogue = Catalogue::new(connection, path, read_only).map_err(|source| named(path, source))?;
        if catalogue.tables()? == Tables::Current {
            return Ok(catalogue);
        }
    }
    copied(path, why, wait)
}

/// Opens a file that does not change. SQLite accepts this flag only in a URI.
fn immutable(path: &Path) -> rusqlite::Result<Connection> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(byte);
    let escaped: String = path
        .as_os_str()
        .as_bytes()
        .iter()
        .map(|byte| if is_plain(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(format!("file://{escaped}?immutable=1"), flags)
}

/// Opens a copy of the file and its log.
fn copied(path: &Path, why: String, wait: Duration) -> Result<Catalogue> {
    let unusable = |error: std::io::Error| Error::Unusable {
        path: path.to_owned(),
        why: format!("it is read-only, and cannot be copied to where it can be read: {error}"),
    };
    let folder = tempfile::tempdir().map_err(unusable)?;
    let copy = folder.path().join("catalogue.sqlite");
    for _ in 0..TRIES {
        let before = Stamp::of(path);
        for end in ["", "-wal"] {
            match fs::copy(beside(path, end), beside(&copy, end)) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::NotFound && !end.is_empty() => {}
                Err(error) => return Err(unusable(error)),
            }
            // The mode was copied too, and the copy must be writable.
            use std::os::unix::fs::PermissionsExt;
            let _ = fs::set_permissions(beside(&copy, end), fs::Permissions::from_mode(0o600));
        }
        if before == Stamp::of(path) {
            let catalogue = Catalogue::open_once(&copy, wait).map_err(|error| error.at(path))?;
            let read_only = Some(ReadOnly { why, stamp: None, _copy: Some(folder) });
            return Ok(Catalogue { path: path.to_owned(), read_only, ..catalogue });
        }
    }
    Err(Error::Locked { path: path.to_owned() })
}

/// The path of a file that SQLite keeps next to a database.
pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
