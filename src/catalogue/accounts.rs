//! The table of logins as commands last found them: how long tokens live. Never a token.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{Catalogue, Result};
use crate::reason::Reason;

/// The login of a platform.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountRow {
    /// Until when it works without being renewed.
    pub expires: Option<Timestamp>,
    /// Whether it is renewed by itself.
    pub renewable: bool,
    /// Until when that is possible.
    pub renewable_until: Option<Timestamp>,
    /// Why it no longer works.
    pub ended: Option<Reason>,
}

impl Catalogue {
    /// The login of a platform, and since when it is so; nothing if nobody is logged in, or no command has looked.
    pub fn account(&self, platform: &str) -> Result<Option<(AccountRow, Timestamp)>> {
        let sql = "SELECT expires, renewable, renewable_until, dead, seen FROM accounts WHERE platform = ?1";
        let row = self.connection.query_row(sql, [platform], |row| {
            let time = |seconds: Option<i64>| seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
            let account = AccountRow {
                expires: time(row.get(0)?),
                renewable: row.get(1)?,
                renewable_until: time(row.get(2)?),
                ended: row.get::<_, Option<String>>(3)?.map(|json| Reason::from_json(&json)),
            };
            Ok((account, time(row.get(4)?).unwrap_or(Timestamp::UNIX_EPOCH)))
        });
        self.done(row.optional())
    }

    /// Remembers the login of a platform; nothing: nobody is logged in. Nothing is written if that is known.
    pub fn set_account(&mut self, platform: &str, account: Option<&AccountRow>, now: Timestamp) -> Result<()> {
        let seconds = |time: Option<Timestamp>| time.map(Timestamp::as_second);
        let parts =
            |row: &AccountRow| (seconds(row.expires), row.renewable, seconds(row.renewable_until), row.ended.clone());
        if self.account(platform)?.map(|(known, _)| parts(&known)) == account.map(parts) {
            return Ok(());
        }
        self.write(|tx| match account {
            None => tx.execute("DELETE FROM accounts WHERE platform = ?1", [platform]).map(drop),
            Some(account) => tx
                .execute(
                    "INSERT OR REPLACE INTO accounts (platform, expires, renewable, renewable_until, dead, seen)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![
                        platform,
                        seconds(account.expires),
                        account.renewable,
                        seconds(account.renewable_until),
                        account.ended.as_ref().map(Reason::to_json),
                        now.as_second()
                    ],
                )
                .map(drop),
        })
    }

    /// The platforms of which a login is known, or a refused one.
    pub fn platforms_with_logins(&self) -> Result<Vec<String>> {
        let names = self
            .connection
            .prepare("SELECT platform FROM accounts UNION SELECT platform FROM logins ORDER BY 1")
            .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect());
        self.done(names)
    }
}
