//! The table of accounts: until when the login of each platform is valid, as the last command found it. Never a token.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::columns::Values;
use super::{Catalogue, Result};
use crate::reason::Reason;

/// The login of a platform.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountRow {
    /// When it ends unless it is renewed.
    pub expires: Option<Timestamp>,
    /// Whether it is renewed automatically.
    pub renewable: bool,
    /// Until when it can be renewed.
    pub renewable_until: Option<Timestamp>,
    /// Why it no longer works.
    pub ended: Option<Reason>,
}

impl Catalogue {
    /// The login of a platform, and since when it has this state; `None` if nobody is logged in, or no command has checked.
    pub fn account(&self, platform: &str) -> Result<Option<(AccountRow, Timestamp)>> {
        let sql = "SELECT * FROM accounts WHERE platform = ?1";
        let row = self.connection.query_row(sql, [platform], |row| {
            let account = AccountRow {
                expires: row.time("expires_at")?,
                renewable: row.get("renewable")?,
                renewable_until: row.time("renewable_until")?,
                ended: row.reason("ended")?,
            };
            Ok((account, row.known_time("since")?))
        });
        self.done(row.optional())
    }

    /// Stores the login of a platform; `None`: nobody is logged in. Writes nothing if this is stored already.
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
                    "INSERT OR REPLACE INTO accounts (platform, expires_at, renewable, renewable_until, ended, since)
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

    /// The platforms with a known login, or a failed one.
    pub fn platforms_with_logins(&self) -> Result<Vec<String>> {
        let names = self
            .connection
            .prepare("SELECT platform FROM accounts UNION SELECT platform FROM login_failures ORDER BY 1")
            .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect());
        self.done(names)
    }
}
