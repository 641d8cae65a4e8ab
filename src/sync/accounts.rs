//! Stores the login state of platforms at the end of a command, so that the page needs no tokens to show it.

use std::sync::Arc;

use super::{Progress, Result, Worker};
use crate::catalogue::AccountRow;
use crate::platform::{AccessKind, Account, PlatformSpec};
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
            for access in spec.accesses() {
                if let Err(failure) = self.note_account(&spec, access.kind()) {
                    self.debug(&format!("{}: the state of the login was not stored: {failure}", &spec.id));
                }
            }
        }
    }

    fn note_account(&mut self, spec: &Arc<PlatformSpec>, access: AccessKind) -> Result<()> {
        let account = self.open_login(spec, access, self.http(Progress::hidden())?)?.account()?;
        let now = self.now();
        Ok(self.catalogue.set_account((&spec.id, access), account.map(row).as_ref(), now)?)
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
