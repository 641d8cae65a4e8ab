//! The table of notifications: the last one of each channel, so that the same failures are reported once, until they change.
//! Remarks on the terminal or in the mail of cron are in it, too: each is shown once a day.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{Catalogue, Result};

/// Seconds in a day.
const DAY: i64 = 86_400;

impl Catalogue {
    /// Stores `what` as the last notification of this name. Returns whether it differs from the one before.
    pub fn record_notification(&mut self, name: &str, what: &str, now: Timestamp) -> Result<bool> {
        self.write(|tx| {
            let sql = "INSERT INTO notifications (channel, failures, at) VALUES (?1, ?2, ?3)
                ON CONFLICT (channel) DO UPDATE SET failures = ?2, at = ?3 WHERE failures <> ?2";
            Ok(tx.execute(sql, params![name, what, now.as_second()])? > 0)
        })
    }

    /// The digest of the failures in the last notification of `channel`; empty if it had none, or none was sent.
    pub fn last_notification(&self, channel: &str) -> Result<String> {
        let sql = "SELECT failures FROM notifications WHERE channel = ?1";
        let row = self.connection.query_row(sql, [channel], |row| row.get(0)).optional();
        Ok(self.done(row)?.unwrap_or_default())
    }

    /// Whether `remark` was not shown for a day; it counts as shown from now on. A time in the future comes from a wrong clock,
    /// and is ignored.
    pub fn is_due(&mut self, remark: &str, now: Timestamp) -> Result<bool> {
        let now = now.as_second();
        self.write(|tx| {
            let changed = tx.execute(
                "INSERT INTO notifications (channel, failures, at) VALUES (?1, '', ?2)
                 ON CONFLICT (channel) DO UPDATE SET at = ?2 WHERE at > ?2 OR at <= ?3",
                params![format!("remark: {remark}"), now, now - DAY],
            )?;
            Ok(changed > 0)
        })
    }

    /// Whether the last message to `channel` could not be delivered.
    pub fn is_undelivered(&self, channel: &str) -> Result<bool> {
        Ok(!self.last_notification(&format!("undelivered: {channel}"))?.is_empty())
    }

    /// Stores whether the last message to `channel` could be delivered.
    pub fn set_undelivered(&mut self, channel: &str, is_undelivered: bool, now: Timestamp) -> Result<()> {
        match is_undelivered == self.is_undelivered(channel)? {
            true => Ok(()),
            false => self.set_last_notification(
                &format!("undelivered: {channel}"),
                if is_undelivered { "yes" } else { "" },
                now,
            ),
        }
    }

    /// Stores the failures of a notification; only to be called when `channel` has accepted it.
    pub fn set_last_notification(&mut self, channel: &str, failures: &str, now: Timestamp) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "INSERT INTO notifications (channel, failures, at) VALUES (?1, ?2, ?3)
                 ON CONFLICT (channel) DO UPDATE SET failures = ?2, at = ?3",
                params![channel, failures, now.as_second()],
            )
            .map(drop)
        })
    }
}
