//! The table of identities: which account of a service the data folder belongs to.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use super::{Catalogue, Result};

/// The account that the data folder belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// A digest of the service's own id of the owner, which never changes.
    pub account: String,
    /// The name that the service showed last.
    pub name: Option<String>,
    /// E-mail addresses that are known to name the account, in lower case.
    pub emails: Vec<String>,
}

/// What [`Catalogue::forget_account`] has removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// The number of activities of the account.
    pub activities: u64,
    /// Their files in the archive; the files themselves stay.
    pub files: u64,
    /// Uploads to the account.
    pub uploads: u64,
    /// Deletions from it.
    pub deletions: u64,
}

impl Catalogue {
    /// The account that the data folder belongs to; nothing if no login ever succeeded.
    pub fn owner(&self, platform: &str) -> Result<Option<Owner>> {
        let read = || {
            let sql = "SELECT account, name FROM identities WHERE platform = ?1";
            let row = self.connection.query_row(sql, [platform], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            let Some((account, name)) = row else { return Ok(None) };
            let mut statement = self.connection.prepare("SELECT email FROM identity_emails WHERE platform = ?1")?;
            let emails = statement.query_map([platform], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            Ok(Some(Owner { account, name, emails }))
        };
        self.done(read())
    }

    /// Stores `account` as the owner if the data folder has none yet, and the name and e-mail addresses of the owner.
    /// Returns the owner; nothing is stored for another account.
    pub fn claim(
        &mut self,
        platform: &str,
        account: &str,
        name: Option<&str>,
        emails: &[&str],
        now: Timestamp,
    ) -> Result<Owner> {
        let known = self.owner(platform)?;
        let emails: Vec<String> = emails.iter().map(|email| email.trim().to_lowercase()).collect();
        if let Some(owner) = known {
            let is_new = name.is_some_and(|name| owner.name.as_deref() != Some(name))
                || emails.iter().any(|email| !owner.emails.contains(email));
            if owner.account != account || !is_new {
                return Ok(owner);
            }
        }
        self.write(|tx| {
            tx.execute(
                "INSERT INTO identities (platform, account, name, since) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (platform) DO UPDATE SET name = ifnull(?3, name) WHERE account = ?2",
                params![platform, account, name, now.as_second()],
            )?;
            for email in &emails {
                // For the owner only: another process may have claimed the folder meanwhile.
                tx.execute(
                    "INSERT OR IGNORE INTO identity_emails (platform, email)
                     SELECT ?1, ?2 FROM identities WHERE platform = ?1 AND account = ?3",
                    params![platform, email, account],
                )?;
            }
            Ok(())
        })?;
        Ok(self.owner(platform)?.unwrap_or_else(|| Owner {
            account: account.to_owned(),
            name: name.map(str::to_owned),
            emails: Vec::new(),
        }))
    }

    /// Replaces the id of the owner, who stays the same person.
    pub fn replace_owner_id(&mut self, platform: &str, account: &str) -> Result<()> {
        let sql = "UPDATE identities SET account = ?2 WHERE platform = ?1";
        self.write(|tx| tx.execute(sql, [platform, account]).map(drop))
    }

    /// What [`Catalogue::forget_account`] would remove.
    pub fn count_of_account(&self, platform: &str) -> Result<Forgotten> {
        let count = |sql: &str| {
            let counted = self.connection.query_row(sql, [platform], |row| row.get::<_, i64>(0));
            self.done(counted).map(i64::unsigned_abs)
        };
        Ok(Forgotten {
            activities: count("SELECT count(*) FROM activities WHERE platform = ?1")?,
            files: count("SELECT count(*) FROM files WHERE platform = ?1")?,
            uploads: count("SELECT count(*) FROM uploads WHERE to_platform = ?1")?,
            deletions: count("SELECT count(*) FROM deletions WHERE platform = ?1")?,
        })
    }

    /// Removes everything about the account of a platform, so that another account can replace it: the owner, its
    /// activities, and the uploads to it and deletions from it.
    pub fn forget_account(&mut self, platform: &str) -> Result<Forgotten> {
        let forgotten = self.count_of_account(platform)?;
        self.write_durably(|tx| OF_ACCOUNT.iter().try_for_each(|sql| forget(tx, sql, platform)))?;
        Ok(forgotten)
    }
}

/// Files and the service's JSON come before the activities that they refer to.
const OF_ACCOUNT: &[&str] = &[
    "DELETE FROM files WHERE platform = ?1",
    "DELETE FROM corrupt_originals WHERE platform = ?1",
    "DELETE FROM service_json WHERE platform = ?1",
    "DELETE FROM activities WHERE platform = ?1",
    "DELETE FROM problems WHERE platform = ?1",
    "DELETE FROM counted_rejections WHERE platform = ?1",
    "DELETE FROM skipped WHERE platform = ?1",
    "DELETE FROM activity_groups WHERE platform = ?1",
    // The last number stays used, so that a running listing does not continue as one of the next account.
    "UPDATE listings SET platform = '' WHERE platform = ?1 AND number = (SELECT max(number) FROM listings)",
    "DELETE FROM listings WHERE platform = ?1",
    "DELETE FROM uploads WHERE to_platform = ?1",
    // Their activities can no longer be recognised; the next listing shows those that have arrived.
    r#"UPDATE uploads SET outcome = 'failed', reason = '{"code":"account-forgotten"}'
        WHERE from_platform = ?1 AND outcome IS NULL"#,
    "DELETE FROM deletions WHERE platform = ?1",
    "DELETE FROM login_failures WHERE platform = ?1",
    "DELETE FROM login_attempts WHERE platform = ?1",
    "DELETE FROM accounts WHERE platform = ?1",
    "DELETE FROM file_requests WHERE platform = ?1",
    "DELETE FROM last_work WHERE platform = ?1",
    "DELETE FROM identity_emails WHERE platform = ?1",
    "DELETE FROM identities WHERE platform = ?1",
];

fn forget(tx: &Transaction, sql: &str, platform: &str) -> rusqlite::Result<()> {
    tx.execute(sql, [platform]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{list, now, open};
    use super::*;
    use crate::activity::ActivityKeyRef;
    use crate::catalogue::{Coverage, UploadIntent};

    #[test]
    fn the_first_account_owns_the_data_folder() {
        let dir = tempfile::tempdir().unwrap();
        let mut catalogue = open(&dir);
        assert_eq!(catalogue.owner("coros").unwrap(), None);
        let ann = catalogue.claim("coros", "7", Some("Ann"), &["Ann@Example.com"], now()).unwrap();
        assert_eq!((ann.account.as_str(), ann.emails.as_slice()), ("7", ["ann@example.com".to_owned()].as_slice()));
        let still = catalogue.claim("coros", "8", Some("Bob"), &["bob@example.com"], now()).unwrap();
        assert_eq!(still, ann);
        let renamed = catalogue.claim("coros", "7", Some("Ann B"), &["ann@example.org"], now()).unwrap();
        assert_eq!((renamed.name.as_deref(), renamed.emails.len()), (Some("Ann B"), 2));
        assert_eq!(
            catalogue.claim("garmin-com", "8", None, &[], now()).unwrap().account,
            "8",
            "each platform has its own"
        );
    }

    #[test]
    fn forgetting_an_account_removes_its_rows_only() {
        let dir = tempfile::tempdir().unwrap();
        let mut catalogue = open(&dir);
        list(&mut catalogue, 1..=3, Coverage::default(), false);
        catalogue.claim("garmin-com", "7", None, &["a@b.c"], now()).unwrap();
        catalogue.claim("coros", "9", None, &[], now()).unwrap();
        for (from, to) in [("coros", "garmin-com"), ("garmin-com", "coros")] {
            let intent =
                UploadIntent { run: "r", from: ActivityKeyRef::new(from, "1"), to, sha256: "aa", ids_before: &[] };
            catalogue.begin_upload(&intent, now()).unwrap();
        }
        for platform in ["garmin-com", "coros"] {
            catalogue.begin_file_request((platform, "oauth"), now()).unwrap();
        }
        let forgotten = catalogue.forget_account("garmin-com").unwrap();
        let requests = |platform| catalogue.file_requests((platform, "oauth"), now()).unwrap().len();
        assert_eq!((requests("garmin-com"), requests("coros")), (0, 1));
        assert_eq!((forgotten.activities, forgotten.uploads), (3, 1));
        assert_eq!(catalogue.count_of_account("garmin-com").unwrap(), Forgotten::default());
        assert_eq!(catalogue.owner("garmin-com").unwrap(), None);
        assert_eq!(catalogue.owner("coros").unwrap().unwrap().account, "9");
        assert!(catalogue.open_uploads("coros").unwrap().is_empty(), "their activities can no longer be recognised");
    }
}
