//! The tables of the catalogue and their version: `schema.sql` creates them.

use super::{Catalogue, Error, Result, protect};

/// `gsyn`: marks the file as ours (SQLite's `application_id`).
const APPLICATION_ID: i32 = 0x6773_796e;
/// The version of the tables (SQLite's `user_version`). Catalogues of development versions have 1 to 5, and other tables.
const VERSION: i64 = 7;
/// Creates the tables of an empty file.
const SCHEMA: &str = include_str!("schema.sql");

/// The version before, which is brought up to date when a catalogue is opened.
const EARLIER: i64 = 6;
const MIGRATION: &str = "ALTER TABLE activities ADD COLUMN service_json_hash INTEGER;
    DROP INDEX activities_start;
    CREATE INDEX files_further ON files (platform, id) WHERE part > 0;
    CREATE INDEX uploads_by_run ON uploads (run);
    CREATE INDEX deletions_by_run ON deletions (run)";

/// The tables in the file of a catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tables {
    /// None: the file is empty.
    None,
    /// Those of the version before.
    Earlier,
    /// Those of this version.
    Current,
}

impl Catalogue {
    /// The tables in the file.
    ///
    /// # Errors
    /// Any other file is rejected.
    pub(super) fn tables(&self) -> Result<Tables> {
        // In one snapshot: another command may be creating the tables now.
        let (found, ours, tables) = self.snapshot(|catalogue| {
            let number =
                |sql: &str| catalogue.done(catalogue.connection.query_row(sql, [], |row| row.get::<_, i64>(0)));
            let ours = number("PRAGMA application_id")? == i64::from(APPLICATION_ID);
            Ok::<_, Error>((number("PRAGMA user_version")?, ours, number("SELECT count(*) FROM sqlite_schema")?))
        })?;
        match (ours, found) {
            (false, 0) if tables == 0 => Ok(Tables::None),
            (false, _) => Err(Error::Foreign { path: self.path.clone() }),
            (true, VERSION) => Ok(Tables::Current),
            (true, EARLIER) => Ok(Tables::Earlier),
            (true, found) => Err(Error::Newer { path: self.path.clone(), found, known: VERSION }),
        }
    }

    /// Creates the tables in an empty file.
    pub(super) fn create_tables(&mut self) -> Result<()> {
        self.change_tables(0, SCHEMA)?;
        protect(&self.path);
        Ok(())
    }

    /// Brings the tables of the version before up to date.
    pub(super) fn migrate_tables(&mut self) -> Result<()> {
        self.change_tables(EARLIER, MIGRATION)
    }

    fn change_tables(&mut self, from: i64, sql: &str) -> Result<()> {
        self.write(|tx| {
            // Checked again inside the transaction: another command may have done it meanwhile.
            if tx.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))? != from {
                return Ok(());
            }
            tx.execute_batch(sql)?;
            tx.pragma_update(None, "application_id", APPLICATION_ID)?;
            tx.pragma_update(None, "user_version", VERSION)
        })
    }
}
