//! The table of what each channel was told last: the same failure is told once, until it changes. What a person is told
//! on the terminal or by cron's mail although nothing failed stands there too, and is told once a day.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{Catalogue, Result};

/// Seconds in a day.
const DAY: i64 = 86_400;

impl Catalogue {
    /// Whether nobody has told `what` under this name yet; from now on somebody has.
    pub fn is_first_to_tell(&mut self, name: &str, what: &str, now: Timestamp) -> Result<bool> {
        self.write(|tx| {
            let sql = "INSERT INTO told (channel, failures, at) VALUES (?1, ?2, ?3)
                ON CONFLICT (channel) DO UPDATE SET failures = ?2, at = ?3 WHERE failures <> ?2";
            Ok(tx.execute(sql, params![name, what, now.as_second()])? > 0)
        })
    }

    /// The digest of the failures that `channel` was told last; empty if all was well, or nothing was ever told.
    pub fn told(&self, channel: &str) -> Result<String> {
        let sql = "SELECT failures FROM told WHERE channel = ?1";
        let row = self.connection.query_row(sql, [channel], |row| row.get(0)).optional();
        Ok(self.done(row)?.unwrap_or_default())
    }

    /// Whether a person was not told `remark` for a day; from now on it counts as told. A time that lies ahead is of a clock
    /// that was wrong, and counts as none.
    pub fn is_due(&mut self, remark: &str, now: Timestamp) -> Result<bool> {
        let now = now.as_second();
        self.write(|tx| {
            let told = tx.execute(
                "INSERT INTO told (channel, failures, at) VALUES (?1, '', ?2)
                 ON CONFLICT (channel) DO UPDATE SET at = ?2 WHERE at > ?2 OR at <= ?3",
                params![format!("remark: {remark}"), now, now - DAY],
            )?;
            Ok(told > 0)
        })
    }

    /// Whether `channel` did not take the last message.
    pub fn is_undelivered(&self, channel: &str) -> Result<bool> {
        Ok(!self.told(&format!("undelivered: {channel}"))?.is_empty())
    }

    /// Remembers whether `channel` took the last message.
    pub fn set_undelivered(&mut self, channel: &str, is_undelivered: bool, now: Timestamp) -> Result<()> {
        match is_undelivered == self.is_undelivered(channel)? {
            true => Ok(()),
            false => self.set_told(&format!("undelivered: {channel}"), if is_undelivered { "yes" } else { "" }, now),
        }
    }

    /// Remembers what `channel` was told; only to be called once it has taken the message.
    pub fn set_told(&mut self, channel: &str, failures: &str, now: Timestamp) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "INSERT INTO told (channel, failures, at) VALUES (?1, ?2, ?3)
                 ON CONFLICT (channel) DO UPDATE SET failures = ?2, at = ?3",
                params![channel, failures, now.as_second()],
            )
            .map(drop)
        })
    }
}
