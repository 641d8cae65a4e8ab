//! The tables of the catalogue and their version: `schema.sql` creates them.

use super::{Catalogue, Error, Result, protect};

/// `gsyn`: marks the file as ours (SQLite's `application_id`).
const APPLICATION_ID: i32 = 0x6773_796e;
/// The version of the tables (SQLite's `user_version`). Catalogues of development versions have 1 to 5, and other tables.
const VERSION: i64 = 9;
/// Creates the tables of an empty file.
const SCHEMA: [&str; 4] = [include_str!("schema.sql"), CONTENTS, COMPARISONS, VIEWS];
/// The tables of what files contain.
const CONTENTS: &str = include_str!("contents.sql");
/// The tables of what files say about each other.
const COMPARISONS: &str = include_str!("comparisons.sql");
/// The views for people.
const VIEWS: &str = include_str!("views.sql");

/// How a catalogue of an earlier version is brought up to date when it is opened: from which version, and the statements
/// that make it the next one.
const MIGRATIONS: [(i64, &[&str]); 3] = [
    (
        6,
        &["ALTER TABLE activities ADD COLUMN service_json_hash INTEGER;
            DROP INDEX activities_start;
            CREATE INDEX files_further ON files (platform, id) WHERE part > 0;
            CREATE INDEX uploads_by_run ON uploads (run);
            CREATE INDEX deletions_by_run ON deletions (run)"],
    ),
    (
        7,
        &[
            "ALTER TABLE activities ADD COLUMN avg_heart_rate_bpm REAL;
            ALTER TABLE activities ADD COLUMN max_heart_rate_bpm REAL;
            ALTER TABLE activities ADD COLUMN avg_power_w REAL;
            ALTER TABLE activities ADD COLUMN ascent_m REAL;
            ALTER TABLE activities ADD COLUMN calories_kcal REAL;
            ALTER TABLE activities ADD COLUMN avg_speed_mps REAL;
            ALTER TABLE activities ADD COLUMN numbers_from TEXT;
            ALTER TABLE service_json ADD COLUMN numbers_read INTEGER NOT NULL DEFAULT 0;
            CREATE INDEX service_json_unread ON service_json (platform, id) WHERE NOT numbers_read;
            CREATE INDEX files_by_content ON files (sha256)",
            CONTENTS,
        ],
    ),
    (
        8,
        &[
            // A development version had another column in its version 8.
            "CREATE TABLE new_json (
                platform     TEXT NOT NULL,
                id           TEXT NOT NULL,
                json         BLOB NOT NULL,
                seen         INTEGER NOT NULL,
                numbers_read INTEGER NOT NULL DEFAULT 0,
                PRIMARY KEY (platform, id),
                FOREIGN KEY (platform, id) REFERENCES activities (platform, id) ON DELETE CASCADE
            ) STRICT;
            INSERT INTO new_json (platform, id, json, seen) SELECT platform, id, json, seen FROM service_json;
            DROP TABLE service_json;
            ALTER TABLE new_json RENAME TO service_json;
            CREATE INDEX service_json_unread ON service_json (platform, id) WHERE NOT numbers_read;
            CREATE INDEX activity_groups_members ON activity_groups (group_number);
            DROP VIEW IF EXISTS v_weeks;
            DROP VIEW IF EXISTS v_efforts;
            DROP VIEW IF EXISTS v_laps;
            DROP VIEW IF EXISTS v_sessions;
            DROP VIEW IF EXISTS v_unique_activities;
            DROP VIEW IF EXISTS v_activities;
            DELETE FROM file_contents WHERE NOT EXISTS (SELECT 1 FROM files WHERE files.sha256 = file_contents.sha256)",
            COMPARISONS,
            VIEWS,
        ],
    ),
];

/// The tables in the file of a catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tables {
    /// None: the file is empty.
    None,
    /// Those of this earlier version.
    Earlier(i64),
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
            (true, found) if MIGRATIONS.iter().any(|(from, _)| *from == found) => Ok(Tables::Earlier(found)),
            (true, found) => Err(Error::Newer { path: self.path.clone(), found, known: VERSION }),
        }
    }

    /// Creates the tables in an empty file.
    pub(super) fn create_tables(&mut self) -> Result<()> {
        self.change_tables(0, &SCHEMA, VERSION)?;
        protect(&self.path);
        Ok(())
    }

    /// Brings the tables of an earlier version up to date.
    pub(super) fn migrate_tables(&mut self, found: i64) -> Result<()> {
        let steps = MIGRATIONS.iter().filter(|(from, _)| *from >= found);
        for (from, sql) in steps {
            self.change_tables(*from, sql, from + 1)?;
        }
        Ok(())
    }

    fn change_tables(&mut self, from: i64, sql: &[&str], to: i64) -> Result<()> {
        self.write(|tx| {
            // Checked again inside the transaction: another command may have done it meanwhile.
            if tx.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))? != from {
                return Ok(());
            }
            sql.iter().try_for_each(|sql| tx.execute_batch(sql))?;
            tx.pragma_update(None, "application_id", APPLICATION_ID)?;
            tx.pragma_update(None, "user_version", to)
        })
    }
}
