//! Stores the login state of platforms at the end of a command, so that the page needs no tokens to show it.

use super::{Failure, Progress, Worker};
use crate::catalogue::AccountRow;
use crate::platform::Account;
use crate::reason::Reason;

impl Worker {
    /// Stores the known login state of all platforms that were opened. It is only for display, so a failure to store it
    /// does not fail the command.
    pub fn note_accounts(&mut self) {
        let opened = self.log.opened();
        if self.dry_run {
            return;
        }
        for spec in opened.into_values().filter(|spec| spec.has_login()) {
            let account = self.http(Progress::hidden()).and_then(|http| {
                let platform = self.open_login(&spec, self.read_access(&spec), http)?;
                Ok(platform.account()?)
            });
            let noted = account.and_then(|account| {
                let row = account.map(row);
                Ok::<_, Failure>(self.catalogue.set_account(&spec.id, row.as_ref(), self.now())?)
            });
            if let Err(failure) = noted {
                self.debug(&format!("{}: the state of the login was not stored: {}", &spec.id, failure));
            }
        }
    }
}

fn row(account: Account) -> AccountRow {
    AccountRow {
        expires: account.expires,
        renewable: account.renewable,
        renewable_until: account.renewable_until,
        ended: account.dead.map(|detail| Reason::LoginRequired { detail }),
    }
}
