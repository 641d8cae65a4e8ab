//! The catalogue: all data about the activities, in one SQLite file that all commands share.
//!
//! Every write is short and starts with `BEGIN IMMEDIATE`: a deferred transaction that reads first and writes after a commit
//! of another process fails at once, whatever the busy timeout. No transaction is open during a request or a write to
//! stdout. `schema.sql` describes the tables.

mod accounts;
mod activities;
mod columns;
mod commands;
mod comparisons;
mod contents;
mod corrupt;
mod deletions;
mod file_requests;
mod files;
mod groups;
mod identities;
mod listed_rows;
mod listings;
mod login_failures;
mod notifications;
mod outstanding;
mod parts;
mod plan_rows;
mod problems;
mod rate_limits;
mod read_only;
mod schedule;
mod skipped;
mod sums;
mod tables;
mod uploads;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::fs::{NoRoom, lacks_locks, size_limit_met};
use crate::reason::Reason;

pub use accounts::AccountRow;
pub use activities::{Absence, ActivityRow, Query, no_file_reason};
pub use commands::{CommandOutcome, CommandRow, FIRST_COMMANDS, LastWork, OpenCommand, Stage};
pub use comparisons::ComparedPair;
pub use contents::{FileContents, IndexedFile, UnreadFile};
pub use corrupt::CorruptRow;
pub use deletions::{DeletionIntent, DeletionOutcome, DeletionRow, OpenDeletion};
pub use file_requests::FileRequestRow;
pub use files::{FileFingerprint, FileRow, FingerprintRef};
pub use identities::{Forgotten, Owner};
pub use listed_rows::{Change, ListedRow};
pub use listings::{
    Coverage, ListingCoverage, ListingDepth, ListingPurpose, ListingResult, ListingVerdict, NewestListing,
};
pub use login_failures::{LoginFailureRow, LoginState};
pub use outstanding::OutstandingRow;
pub use parts::{ScatterLimits, UploadKeys};
pub use plan_rows::{PlanFile, PlanRow};
pub use problems::{
    DownloadRejection, FAILURES_UNTIL_UNAVAILABLE, ProblemRow, REJECTIONS_UNTIL_UNAVAILABLE,
    UNAVAILABLE_RETRY_INTERVAL, Unavailable,
};
pub use rate_limits::RateLimits;
use read_only::ReadOnly;
pub use schedule::{LastRun, ScheduleRow};
pub use sums::FileSummary;
use tables::Tables;
pub use uploads::{FAR_S, Failures, UploadCounts, UploadIntent, UploadOutcome, UploadRow};

/// Why the catalogue cannot be used. Each variant requires another action.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process has locked it for longer than the wait.
    #[error("{}: the catalogue is locked by another program; try again when that has ended", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// Written by a later version.
    #[error("{}: the catalogue has version {found}, this program knows {known}; install the newer garminsync (nothing was changed)", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The version that this program writes.
        known: i64,
    },
    /// It can be read but not written.
    #[error("{}", Reason::ReadOnly { path: path.display().to_string(), detail: why.clone() })]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// The reason.
        why: String,
    },
    /// The file is not an SQLite file, and its name is not that of the catalogue: a person named it in the settings.
    #[error("{}: not an SQLite database; set DB_PATH to another file, or if it is the catalogue, it is damaged: {}", path.display(), advice(path))]
    NoDatabase {
        /// The file.
        path: PathBuf,
    },
    /// An SQLite file of another program.
    #[error("{}: database of another program; set DB_PATH to another file (nothing was changed)", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The account of a listing was removed from this data folder during the listing.
    #[error("the account was removed from this data folder during the listing, so the listing stopped")]
    Forgotten,
    /// The disk has no space for a write.
    #[error("{}", no_room.reason(path))]
    Full {
        /// The file.
        path: PathBuf,
        /// The reason.
        no_room: NoRoom,
    },
    /// The file or its folder cannot be opened or written.
    #[error("{}: {why}; check that the folder may be written and the disk is neither full nor failing", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The reason.
        why: String,
    },
    /// Writes of other processes cannot be prevented.
    #[error("{}", Reason::NoLocks { path: path.display().to_string() })]
    NoLocks {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error("{}: the catalogue is damaged ({why}); {}", path.display(), advice(path))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The message of SQLite.
        why: String,
    },
    /// A bug of this program.
    #[error("{}: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// The message of SQLite.
        source: rusqlite::Error,
    },
}

impl Error {
    /// The reason, for records and the catalogue.
    pub fn reason(&self) -> Reason {
        match self {
            Error::Full { path, no_room } => no_room.reason(path),
            Error::NoLocks { path } => Reason::NoLocks { path: path.display().to_string() },
            Error::ReadOnly { path, why } => Reason::ReadOnly { path: path.display().to_string(), detail: why.clone() },
            error => Reason::Storage { detail: error.to_string() },
        }
    }

    /// Whether the error is temporary.
    pub fn passes(&self) -> bool {
        matches!(self, Error::Locked { .. } | Error::Sqlite { .. })
    }
}

/// Result of the functions of the catalogue.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The same error for the file `original`, of which a copy was opened.
    fn at(mut self, original: &Path) -> Error {
        match &mut self {
            Error::Forgotten => return self,
            Error::Locked { path }
            | Error::Newer { path, .. }
            | Error::ReadOnly { path, .. }
            | Error::NoDatabase { path }
            | Error::Foreign { path }
            | Error::Full { path, .. }
            | Error::NoLocks { path }
            | Error::Unusable { path, .. }
            | Error::Damaged { path, .. }
            | Error::Sqlite { path, .. } => *path = original.to_owned(),
        }
        self
    }
}

/// The advice for a damaged catalogue.
fn advice(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!(
        "move {name}, {name}-wal and {name}-shm to another folder and run: gs-fetch | gs-download; it uses the files in the archive without downloading them again"
    )
}

/// The name of the catalogue in the data folder.
const NAME: &str = "catalogue.sqlite";
/// The size of the smallest SQLite file, in bytes.
const SMALLEST: u64 = 512;
/// How many prepared statements a connection keeps: more than a command uses.
const STATEMENTS: usize = 128;

/// An open catalogue. Each thread opens its own.
pub struct Catalogue {
    connection: Connection,
    path: PathBuf,
    /// Set if the catalogue is only read: why, and how.
    read_only: Option<ReadOnly>,
    /// SQLite's `data_version` when it was opened: another one means that another connection has written since. `None`:
    /// its tables were made then.
    opened_version: Option<i64>,
}

impl Catalogue {
    /// Opens or creates the catalogue at `path`; waits up to `wait` for writes of other processes.
    ///
    /// A file of another program or of a later version is rejected unchanged. One that cannot be written is opened for
    /// reading only, see [`Catalogue::is_read_only`].
    pub fn open(path: &Path, wait: Duration) -> Result<Catalogue> {
        let end = Instant::now() + wait;
        loop {
            match Catalogue::open_once(path, wait) {
                // Changing to WAL fails at once while another process does the same, whatever the busy timeout.
                Err(Error::Locked { .. }) if Instant::now() < end => std::thread::sleep(Duration::from_millis(20)),
                Err(Error::ReadOnly { why, .. }) if path.is_file() => return read_only::open(path, why, wait),
                // SQLite returns the same error if the file system has no locks.
                Err(Error::Locked { path }) if lacks_record_locks(&path) => {
                    return Err(Error::NoLocks { path });
                }
                opened => return opened,
            }
        }
    }

    fn new(connection: Connection, path: &Path, read_only: Option<ReadOnly>) -> rusqlite::Result<Catalogue> {
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // Without this, SQLite compares each bound value with its statistics and prepares the statement again.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(Catalogue { connection, path: path.to_owned(), read_only, opened_version: None })
    }

    /// Whether nothing can be written to it: then every write fails with [`Error::ReadOnly`].
    pub fn is_read_only(&self) -> bool {
        self.read_only.is_some()
    }

    /// Fails with [`Error::ReadOnly`] if nothing can be written to it.
    pub fn require_writable(&self) -> Result<()> {
        match &self.read_only {
            None => Ok(()),
            Some(read_only) => Err(Error::ReadOnly { path: self.path.clone(), why: read_only.why.clone() }),
        }
    }

    fn open_once(path: &Path, wait: Duration) -> Result<Catalogue> {
        reject_leftovers(path)?;
        let named = |source| named(path, source);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(named)?;
        connection.busy_timeout(wait).map_err(named)?;
        let is_read_only = connection.is_readonly(rusqlite::MAIN_DB).map_err(named)?;
        let read_only = is_read_only.then(ReadOnly::by_sqlite);
        let mut catalogue = Catalogue::new(connection, path, read_only).map_err(named)?;
        let tables = catalogue.tables()?;
        if is_read_only && tables != Tables::Current {
            return Err(Error::ReadOnly { path: path.to_owned(), why: "it has no tables of this version yet".into() });
        }
        catalogue.connection.pragma_update(None, "foreign_keys", true).map_err(named)?;
        // With WAL, readers and one writer do not block each other; with NORMAL, a killed process loses no committed row.
        if tables == Tables::None {
            catalogue.connection.pragma_update(None, "journal_mode", "WAL").map_err(named)?;
        }
        catalogue.connection.pragma_update(None, "synchronous", "NORMAL").map_err(named)?;
        match tables {
            Tables::None => catalogue.create_tables()?,
            Tables::Earlier(found) => catalogue.migrate_tables(found)?,
            Tables::Current => catalogue.opened_version = Some(catalogue.data_version().map_err(named)?),
        }
        Ok(catalogue)
    }

    fn data_version(&self) -> rusqlite::Result<i64> {
        self.connection.pragma_query_value(None, "data_version", |row| row.get(0))
    }

    /// Closes the catalogue without merging the write-ahead log into the file, if no connection has written since it was
    /// opened. Merging waits for the disk three times, and the next command that writes does it.
    pub fn leave_log_if_unchanged(&self) -> Result<()> {
        self.leave_log_after(0)
    }

    /// The same, although this connection has written `own_rows` rows that a copy of the file may lack.
    fn leave_log_after(&self, own_rows: u64) -> Result<()> {
        if self.connection.total_changes() > own_rows || self.opened_version != Some(self.done(self.data_version())?) {
            return Ok(());
        }
        self.done(self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map(drop))
    }

    /// Several reads that see one state of the catalogue, whatever other processes write meanwhile. Inside another snapshot it
    /// is part of that one.
    ///
    /// Nobody waits for a snapshot, but the write-ahead log grows while it lasts, because it cannot be merged into the file.
    /// So nothing that waits for files, a network or another program may run here. Computing may: `sync::overview` compares
    /// a long history part by part, for some seconds, because its parts must be of one state and do not fit into memory
    /// together.
    pub fn snapshot<T, E: From<Error>>(
        &self,
        read: impl FnOnce(&Catalogue) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        if !self.connection.is_autocommit() {
            return read(self);
        }
        let transaction = self.done(self.connection.unchecked_transaction())?;
        let value = read(self);
        // It has written nothing; this ends it, as does an early return.
        drop(transaction);
        value
    }

    /// Runs `work` in one short write transaction.
    fn write<T>(&mut self, work: impl FnOnce(&Transaction) -> rusqlite::Result<T>) -> Result<T> {
        let path = &self.path;
        self.require_writable()?;
        let run = || {
            let tx = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&tx)?;
            tx.commit()?;
            Ok(value)
        };
        run().map_err(|source| named(path, source))
    }

    /// The same, synced to the disk before it returns: for the journals, whose rows must survive a power failure.
    fn write_durably<T>(&mut self, work: impl FnOnce(&Transaction) -> rusqlite::Result<T>) -> Result<T> {
        let set = |catalogue: &Catalogue, level: &str| {
            catalogue.done(catalogue.connection.pragma_update(None, "synchronous", level))
        };
        set(self, "FULL")?;
        let value = self.write(work);
        set(self, "NORMAL")?;
        value
    }

    fn done<T>(&self, result: rusqlite::Result<T>) -> Result<T> {
        result.map_err(|source| match named(&self.path, source) {
            // Another process wrote to it while it was read.
            Error::Damaged { path, .. } if self.read_only.as_ref().is_some_and(|one| one.has_changed(&path)) => {
                Error::Locked { path }
            }
            error => error,
        })
    }
}

/// Rejects an empty file that SQLite would treat as a new catalogue but that is the remainder of a lost one.
fn reject_leftovers(path: &Path) -> Result<()> {
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |meta| meta.len());
    let damaged = |why: &str| Err(Error::Damaged { path: path.to_owned(), why: why.to_owned() });
    match (path.is_file(), size(path)) {
        (true, 0) if size(&read_only::beside(path, "-wal")) > 0 => {
            damaged("the file is empty, although its log holds changes")
        }
        (true, 0) if is_catalogue_name(path) && is_usable(path) => {
            damaged("the file is empty, although there are logins or an archive beside it")
        }
        (true, 1..SMALLEST) if is_catalogue_name(path) => damaged("the file is shorter than any database"),
        (true, 1..SMALLEST) => Err(Error::NoDatabase { path: path.to_owned() }),
        _ => Ok(()),
    }
}

/// Whether the folder of a catalogue has files that only exist after it was created. A killed first run leaves an empty
/// file, too.
fn is_usable(path: &Path) -> bool {
    ["tokens", "fit"].iter().any(|name| {
        let files = std::fs::read_dir(path.with_file_name(name));
        files.is_ok_and(|mut files| files.next().is_some())
    })
}

fn is_catalogue_name(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == NAME)
}

/// Maps an SQLite error to the error of the catalogue.
fn named(path: &Path, source: rusqlite::Error) -> Error {
    use rusqlite::Error as Sqlite;
    let (path, why) = (path.to_owned(), source.to_string());
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::Locked { path },
        Some(ErrorCode::DiskFull) => Error::Full { path, no_room: NoRoom::DiskFull },
        // SQLite returns the same error for a failing disk and for a folder that cannot be written.
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) if let Some(no_room) = size_limit_met() => {
            Error::Full { path, no_room }
        }
        Some(ErrorCode::NotADatabase) if !is_catalogue_name(&path) => Error::NoDatabase { path },
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Error::Damaged { path, why },
        Some(ErrorCode::ReadOnly) => Error::ReadOnly { path, why },
        // SQLite could create neither the log nor the shared memory.
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) if path.is_file() => Error::ReadOnly { path, why },
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::SystemIoFailure) => {
            Error::Unusable { path, why }
        }
        _ => match source {
            // The tables are strict and their values ours: no value of another type was ever written.
            Sqlite::InvalidColumnType(..)
            | Sqlite::FromSqlConversionFailure(..)
            | Sqlite::IntegralValueOutOfRange(..)
            | Sqlite::Utf8Error(..) => Error::Damaged { path, why },
            source => Error::Sqlite { path, source },
        },
    }
}

/// Whether the folder of the catalogue lacks the locks that SQLite uses; if they cannot be tested, it has them.
fn lacks_record_locks(path: &Path) -> bool {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let tried = tempfile::tempfile_in(dir)
        .and_then(|file| Ok(rustix::fs::fcntl_lock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive)?));
    tried.is_err_and(|error| lacks_locks(&error))
}

/// Whether the file is a database of GarminSync or Sports Sync X, whose settings also name it `DB_PATH`.
pub fn is_of_older_tool(path: &Path) -> bool {
    let theirs = |connection: &Connection| {
        let sql = "SELECT count(*) FROM pragma_table_info('activities') WHERE name = 'activity_id'
            UNION ALL SELECT count(*) FROM pragma_table_info('activity') WHERE name = 'sport_device'";
        let mut statement = connection.prepare(sql)?;
        let counts = statement.query_map([], |row| row.get::<_, i64>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        rusqlite::Result::Ok(counts.into_iter().any(|count| count > 0))
    };
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
    connection.and_then(|connection| theirs(&connection)).unwrap_or(false)
}

/// Health data is readable by its owner only. A file system without modes is no error.
fn protect(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600));
}

#[cfg(test)]
mod parts_tests;
#[cfg(test)]
mod report_query_tests;
#[cfg(test)]
mod sums_tests;
#[cfg(test)]
mod tests;
