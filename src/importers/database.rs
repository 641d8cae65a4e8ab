//! Reads an SQLite file of another program without changing anything.
//!
//! SQLite creates files next to a file that it only reads (`-wal`, `-shm`), and repairs what a killed program left
//! (`-journal`). So all of them are copied into a private folder, and the copy is opened. Columns are read by name; missing
//! ones are empty and unknown ones are ignored, so older and newer versions can be read.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

/// The first bytes of every SQLite file.
const MAGIC: &[u8] = b"SQLite format 3\0";
/// The most rows of a table that are read.
const ROWS: usize = 1_000_000;

/// Why a database cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(String);

/// An open copy of a database.
pub struct Database {
    connection: Connection,
    /// The copy exists as long as it is open.
    _folder: tempfile::TempDir,
}

impl From<rusqlite::Error> for Unreadable {
    fn from(error: rusqlite::Error) -> Unreadable {
        Unreadable(format!("the database cannot be read: {error}"))
    }
}

/// Whether the file starts like an SQLite database.
pub fn is_database(path: &Path) -> bool {
    let mut start = [0; 16];
    let read = fs::File::open(path).and_then(|mut file| std::io::Read::read_exact(&mut file, &mut start));
    read.is_ok() && start == MAGIC
}

impl Database {
    /// Copies and opens the file.
    pub fn open(path: &Path) -> Result<Database, Unreadable> {
        let failed = |error: std::io::Error| Unreadable(format!("the database cannot be copied: {error}"));
        let folder = tempfile::tempdir().map_err(failed)?;
        let copy = folder.path().join("copy");
        for beside in ["", "-wal", "-journal"] {
            let with = |path: &Path| {
                let mut name = path.as_os_str().to_owned();
                name.push(beside);
                name
            };
            match fs::copy(with(path), with(&copy)) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::NotFound && !beside.is_empty() => {}
                Err(error) => return Err(failed(error)),
            }
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&copy, flags)?;
        // Nothing in the schema is trusted.
        connection.pragma_update(None, "trusted_schema", false)?;
        Ok(Database { connection, _folder: folder })
    }

    /// The columns of a table; empty if the table does not exist.
    pub fn columns(&self, table: &str) -> Result<BTreeSet<String>, Unreadable> {
        let mut statement = self.connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
        let names = statement.query_map([table], |row| row.get(0))?;
        Ok(names.collect::<rusqlite::Result<_>>()?)
    }

    /// The rows of a table as texts, in the order of `columns`. Both names come from our code, never from the file.
    pub fn rows(&self, table: &str, columns: &[&str]) -> Result<Vec<Vec<Option<String>>>, Unreadable> {
        let there = self.columns(table)?;
        let asked: Vec<&str> = columns.iter().map(|name| if there.contains(*name) { *name } else { "NULL" }).collect();
        let sql = format!("SELECT {} FROM {table} ORDER BY rowid LIMIT {ROWS}", asked.join(", "));
        let mut statement = self.connection.prepare(&sql)?;
        let rows = statement.query_map([], |row| {
            (0..columns.len()).map(|index| Ok(text(row.get_ref(index)?))).collect::<rusqlite::Result<Vec<_>>>()
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

/// A value as text; `None` if it is empty.
fn text(value: ValueRef) -> Option<String> {
    let text = match value {
        ValueRef::Null | ValueRef::Blob(_) => return None,
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    };
    (!text.trim().is_empty()).then_some(text)
}
