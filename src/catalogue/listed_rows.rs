//! Stores the pages of a listing: each activity, and the service's own JSON of it.
//!
//! Nearly all rows of a listing are known and unchanged, so one statement compares a row and stores that it was shown.

use std::io::Read;

use flate2::{Compress, Compression, FlushCompress, Status};
use jiff::Timestamp;
use rusqlite::{CachedStatement, OptionalExtension, ToSql, Transaction, params};
use sha2::{Digest, Sha256};

use super::{Catalogue, Error, Result};
use crate::activity::{Activity, ActivityKeyRef};

/// What one page of a listing changed for one activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// First seen now.
    New,
    /// Known, and a value that we map has changed, or it was missing before.
    Changed,
    /// Known, but only from incomplete or partial listings: older activities may exist that were never listed.
    Unanchored,
    /// Known, nothing changed.
    Same,
}

/// An activity as a listing showed it, with the service's own JSON.
#[derive(Debug, Clone, Copy)]
pub struct ListedRow<'a> {
    /// The activity.
    pub activity: &'a Activity,
    /// The service's own JSON of it.
    pub service_json: &'a str,
}

/// Compares a row with [`Values`]. One access of an account lists activities with their devices,
/// another one does not: a known device stays.
const IS_SAME: &str = "name IS ?3 AND sport IS ?4 AND sub_sport IS ?5 AND platform_sport IS ?6 AND start_time IS ?7
    AND utc_offset_s IS ?8 AND timer_time_s IS ?9 AND elapsed_time_s IS ?10 AND distance_m IS ?11 AND manufacturer IS ?12
    AND device IS ifnull(?13, device) AND manual IS ?14 AND missing_since IS NULL";

/// Fills a row.
const FILLED: &str = "name = ?3, sport = ?4, sub_sport = ?5, platform_sport = ?6, start_time = ?7, utc_offset_s = ?8,
    timer_time_s = ?9, elapsed_time_s = ?10, distance_m = ?11, manufacturer = ?12, device = ifnull(?13, device),
    manual = ?14, missing_since = NULL, missing_count = 0";

/// Stores that a listing shows the activity, and the hash of its JSON.
const SHOWN: &str = "last_seen = ?15, last_listing = max(ifnull(last_listing, 0), ?16),
    first_listing = ifnull(first_listing, ?16), service_json_hash = ?17";

const INSERT: &str =
    "INSERT INTO activities (platform, id, name, sport, sub_sport, platform_sport, start_time, utc_offset_s,
        timer_time_s, elapsed_time_s, distance_m, manufacturer, device, manual, first_seen, last_seen, first_listing,
        last_listing, service_json_hash)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15, ?16, ?16, ?17)";

/// The values of a row, in the order of the statements.
struct Values<'a> {
    activity: &'a Activity,
    platform: &'a str,
    start_time: Option<i64>,
    now: i64,
    /// The listing that shows it, if one does.
    listing: Option<i64>,
    /// The hash of the service's own JSON.
    hash: Option<i64>,
}

impl<'a> Values<'a> {
    fn new(activity: &'a Activity, now: Timestamp) -> Values<'a> {
        let start_time = activity.start_time.map(Timestamp::as_second);
        Values { activity, platform: &activity.platform, start_time, now: now.as_second(), listing: None, hash: None }
    }

    fn all(&self) -> [&dyn ToSql; 17] {
        let a = self.activity;
        [
            &self.platform,
            &a.id,
            &a.name,
            &a.sport,
            &a.sub_sport,
            &a.platform_sport,
            &self.start_time,
            &a.utc_offset_s,
            &a.timer_time_s,
            &a.elapsed_time_s,
            &a.distance_m,
            &a.manufacturer,
            &a.device,
            &a.manual,
            &self.now,
            &self.listing,
            &self.hash,
        ]
    }
}

/// Inserts an activity that no listing shows.
pub(super) fn insert_unlisted(tx: &Transaction, activity: &Activity, now: Timestamp) -> rusqlite::Result<()> {
    tx.prepare_cached(INSERT)?.execute(&Values::new(activity, now).all()[..]).map(drop)
}

/// Writes one page.
struct PageWriter<'tx> {
    /// Stores that a row was shown in which nothing changed.
    same: CachedStatement<'tx>,
    /// The same, if only the service's own JSON changed.
    json: CachedStatement<'tx>,
    /// Stores new values of a known row.
    changed: CachedStatement<'tx>,
    insert: CachedStatement<'tx>,
    store_json: CachedStatement<'tx>,
    /// Reads the JSON of a row without a hash.
    stored_json: CachedStatement<'tx>,
    packer: Packer,
}

impl<'tx> PageWriter<'tx> {
    fn new(tx: &'tx Transaction) -> rusqlite::Result<PageWriter<'tx>> {
        let [same, json, changed] = update_statements();
        let store_json = "INSERT OR REPLACE INTO service_json (platform, id, json, seen) VALUES (?1, ?2, ?3, ?4)";
        Ok(PageWriter {
            same: tx.prepare_cached(&same)?,
            json: tx.prepare_cached(&json)?,
            changed: tx.prepare_cached(&changed)?,
            insert: tx.prepare_cached(INSERT)?,
            store_json: tx.prepare_cached(store_json)?,
            stored_json: tx.prepare_cached("SELECT json FROM service_json WHERE platform = ?1 AND id = ?2")?,
            packer: Packer::default(),
        })
    }

    fn write(&mut self, listing: i64, row: &ListedRow, now: Timestamp) -> rusqlite::Result<Change> {
        let values =
            Values { listing: Some(listing), hash: Some(hash_of(row.service_json)), ..Values::new(row.activity, now) };
        let values = &values.all()[..];
        let unchanged = |contiguous: bool| if contiguous { Change::Same } else { Change::Unanchored };
        if let Some(contiguous) = shown(&mut self.same, values)? {
            return Ok(unchanged(contiguous));
        }
        let change = match shown(&mut self.json, values)? {
            // A row of an earlier version has no hash yet.
            Some(contiguous) if self.has_json(row)? => return Ok(unchanged(contiguous)),
            Some(contiguous) => unchanged(contiguous),
            None if self.changed.execute(values)? > 0 => Change::Changed,
            None => {
                self.insert.execute(values)?;
                Change::New
            }
        };
        let (platform, id) = (row.activity.platform.as_str(), &row.activity.id);
        self.store_json.execute(params![platform, id, self.packer.pack(row.service_json)?, now.as_second()])?;
        Ok(change)
    }

    /// Whether this JSON is stored already.
    fn has_json(&mut self, row: &ListedRow) -> rusqlite::Result<bool> {
        let key = [row.activity.platform.as_str(), &row.activity.id];
        let stored: Option<Vec<u8>> = self.stored_json.query_row(key, |row| row.get(0)).optional()?;
        Ok(stored.and_then(|packed| unpack(&packed)).as_deref() == Some(row.service_json))
    }
}

/// The statements that find a known row: nothing changed, only the JSON changed, a value changed. The first two return
/// whether the row is contiguous.
fn update_statements() -> [String; 3] {
    let shown = format!("UPDATE activities SET {SHOWN} WHERE platform = ?1 AND id = ?2 AND {IS_SAME}");
    [
        format!("{shown} AND service_json_hash = ?17 RETURNING contiguous"),
        format!("{shown} RETURNING contiguous"),
        format!("UPDATE activities SET {FILLED}, {SHOWN} WHERE platform = ?1 AND id = ?2"),
    ]
}

fn shown(statement: &mut CachedStatement, values: &[&dyn ToSql]) -> rusqlite::Result<Option<bool>> {
    statement.query_row(values, |row| row.get(0)).optional()
}

impl Catalogue {
    /// Stores one page of a listing. The order of the result is that of `page`.
    pub fn upsert_page(&mut self, listing: i64, page: &[ListedRow], now: Timestamp) -> Result<Vec<Change>> {
        let Some(platform) = page.first().map(|row| &row.activity.platform) else { return Ok(Vec::new()) };
        let sql = "SELECT EXISTS (SELECT 1 FROM listings WHERE number = ?1 AND platform = ?2)";
        let changes: Option<Vec<Change>> = self.write(|tx| {
            // The account may have been replaced meanwhile: nothing of the former one is stored again.
            if !tx.prepare_cached(sql)?.query_row(params![listing, platform.as_str()], |row| row.get::<_, bool>(0))? {
                return Ok(None);
            }
            let mut writer = PageWriter::new(tx)?;
            let changes = page.iter().map(|row| writer.write(listing, row, now));
            changes.collect::<rusqlite::Result<_>>().map(Some)
        })?;
        changes.ok_or(Error::Forgotten)
    }

    /// The service's own JSON of an activity, if its listing showed it.
    pub fn service_json(&self, key: ActivityKeyRef) -> Result<Option<String>> {
        let sql = "SELECT json FROM service_json WHERE platform = ?1 AND id = ?2";
        let packed = self.connection.prepare_cached(sql).and_then(|mut statement| {
            statement.query_row([key.platform, key.id], |row| row.get::<_, Vec<u8>>(0)).optional()
        });
        Ok(self.done(packed)?.and_then(|packed| unpack(&packed)))
    }

    /// The service's own JSON of the activities whose JSON changed last, the newest first.
    pub fn newest_service_json(&self, platform: &str, most: u32) -> Result<Vec<String>> {
        let sql = "SELECT json FROM service_json WHERE platform = ?1 ORDER BY seen DESC LIMIT ?2";
        let rows = self.connection.prepare_cached(sql).and_then(|mut statement| {
            statement
                .query_map(params![platform, most], |row| row.get::<_, Vec<u8>>(0))?
                .collect::<rusqlite::Result<Vec<_>>>()
        });
        Ok(self.done(rows)?.iter().filter_map(|json| unpack(json)).collect())
    }
}

/// The first eight bytes of the SHA-256: reading them is cheaper than unpacking the JSON.
fn hash_of(json: &str) -> i64 {
    let digest: [u8; 32] = Sha256::digest(json).into();
    digest.iter().take(8).fold(0, |hash, byte| hash << 8 | i64::from(*byte))
}

/// Deflates JSON. Its tables are larger than most JSON, so they are reused.
struct Packer {
    deflate: Compress,
    packed: Vec<u8>,
}

impl Default for Packer {
    fn default() -> Packer {
        Packer { deflate: Compress::new(Compression::default(), false), packed: Vec::new() }
    }
}

impl Packer {
    fn pack(&mut self, json: &str) -> rusqlite::Result<&[u8]> {
        self.deflate.reset();
        self.packed.clear();
        // Stored without compression, each 16 kB of input need a few bytes more.
        self.packed.reserve(json.len() + json.len() / 1024 + 64);
        match self.deflate.compress_vec(json.as_bytes(), &mut self.packed, FlushCompress::Finish) {
            Ok(Status::StreamEnd) => Ok(&self.packed),
            // Nothing incomplete is stored beside the hash of the whole.
            status => {
                Err(rusqlite::Error::ToSqlConversionFailure(format!("JSON was not compressed: {status:?}").into()))
            }
        }
    }
}

pub(super) fn unpack(packed: &[u8]) -> Option<String> {
    let mut text = String::new();
    flate2::read::DeflateDecoder::new(packed).read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_json_is_read_back_whatever_its_size() {
        let mut packer = Packer::default();
        let noise: String = (0..200_000).map(|_| char::from(fastrand::u8(b' '..b'~'))).collect();
        for json in ["", "{}", &"{\"name\":\"晨跑\"}".repeat(9999), &noise, "{}"] {
            assert_eq!(unpack(packer.pack(json).unwrap()).as_deref(), Some(json));
        }
    }
}
