//! The table of accounts: until when each access of each platform is valid, as the last command found it. Never a token.

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::columns::Values;
use super::{Catalogue, Result};
use crate::activity::AccessKind;
use crate::reason::Reason;

/// The state of an access to the account of a platform.
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
    /// The known accesses of a platform, each with its state and since when it is so.
    pub fn accounts(&self, platform: &str) -> Result<Vec<(AccessKind, AccountRow, Timestamp)>> {
        let sql = "SELECT * FROM accounts WHERE platform = ?1 ORDER BY access";
        let rows = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let row = |row: &Row<'_>| {
                let account = AccountRow {
                    expires: row.time("expires_at")?,
                    renewable: row.get("renewable")?,
                    renewable_until: row.time("renewable_until")?,
                    ended: row.reason("ended")?,
                };
                // An access of a later version is unknown here.
                let access = AccessKind::from_name(row.get_ref("access")?.as_str()?);
                let since = row.known_time("since")?;
                Ok(access.map(|access| (access, account, since)))
            };
            statement.query_map([platform], row)?.filter_map(rusqlite::Result::transpose).collect()
        });
        self.done(rows)
    }

    /// Stores the state of an access of a platform; `None`: it has no token. Writes nothing if this is stored already.
    pub fn set_account(
        &mut self,
        (platform, access): (&str, AccessKind),
        account: Option<&AccountRow>,
        now: Timestamp,
    ) -> Result<()> {
        let seconds = |time: Option<Timestamp>| time.map(Timestamp::as_second);
        let parts =
            |row: &AccountRow| (seconds(row.expires), row.renewable, seconds(row.renewable_until), row.ended.clone());
        let known = self.accounts(platform)?.into_iter().find(|(kind, ..)| *kind == access);
        if known.map(|(_, row, _)| parts(&row)) == account.map(parts) {
            return Ok(());
        }
        self.write(|tx| match account {
            None => {
                let sql = "DELETE FROM accounts WHERE platform = ?1 AND access = ?2";
                tx.execute(sql, [platform, access.name()]).map(drop)
            }
            Some(account) => tx
                .execute(
                    "INSERT OR REPLACE INTO accounts
                         (platform, access, expires_at, renewable, renewable_until, ended, since)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![
                        platform,
                        access.name(),
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
