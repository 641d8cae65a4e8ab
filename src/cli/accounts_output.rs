//! The output of `gs-auth status`: who is logged in, for how long, and what prevents a login.

use std::io::IsTerminal;

use jiff::Timestamp;

use super::Align::{NoWrap, Truncate};
use super::{AccountsFormat, Failure, Output, Table, table};
use crate::activity::printable;
use crate::i18n;
use crate::sync::AccountStatus;

/// Prints the logins: as a table on a terminal, otherwise as records, unless a format is given.
///
/// # Errors
/// Standard output cannot be written.
pub fn print_accounts(all: &[AccountStatus], format: Option<AccountsFormat>, now: Timestamp) -> Result<(), Failure> {
    let format =
        format.unwrap_or(if std::io::stdout().is_terminal() { AccountsFormat::Table } else { AccountsFormat::Ndjson });
    let mut output = Output::buffered();
    match format {
        AccountsFormat::Ndjson => {
            for status in all {
                output.json_line(status)?;
            }
        }
        AccountsFormat::Table => {
            output.text(&format!("{}\n", accounts_table(all, now)))?;
            for status in all {
                if let Some(remark) = remark(status) {
                    output.text(&format!("{}: {}\n", status.platform, printable(&remark)))?;
                }
            }
        }
    }
    output.flush().map(drop)
}

fn accounts_table(all: &[AccountStatus], now: Timestamp) -> Table {
    let head = [
        ("platform", NoWrap),
        ("access", NoWrap),
        ("used to", NoWrap),
        ("state", NoWrap),
        ("account", Truncate),
        ("domain", NoWrap),
        ("valid for", NoWrap),
        ("renewable for", NoWrap),
        ("in settings", NoWrap),
        ("from", Truncate),
    ];
    let mut table = table(&head).drop_order(&["from", "domain", "in settings", "account", "renewable for"]);
    let left = |end: Option<Timestamp>, unknown: &str| end.map_or(unknown.to_owned(), |end| i18n::time_left(end, now));
    for status in all {
        let has = status.state != "none";
        // A key without an end date is valid until its owner replaces it.
        let unknown = if status.access == "key" { "" } else { "?" };
        table.add_row([
            status.platform.to_string(),
            status.access.to_owned(),
            used_to(status).to_owned(),
            if status.state == "expired" { "ok (renews automatically)" } else { status.state }.to_owned(),
            printable(status.name.as_deref().unwrap_or("")),
            status.domain.clone().unwrap_or_default(),
            if has { left(status.expires, unknown) } else { String::new() },
            if has { left(status.renewable_until, unknown) } else { String::new() },
            if status.password_set { "yes" } else { "no" }.to_owned(),
            status.source.clone().unwrap_or_default(),
        ]);
    }
    table
}

fn used_to(status: &AccountStatus) -> &'static str {
    match (status.reads, status.writes) {
        (true, true) => "read, write",
        (true, false) => "read",
        (false, true) => "write",
        (false, false) => "",
    }
}

/// What prevents a login, on a separate line because it is too long for a column.
fn remark(status: &AccountStatus) -> Option<String> {
    if let Some(until) = status.rate_limited_until {
        return Some(format!("rate limit: no requests until {until}"));
    }
    match (&status.cooldown_until, &status.login_rejected) {
        (Some(until), Some(why)) => Some(format!("no password logins until {until}: {why}")),
        (None, Some(why)) => Some(format!("last password login rejected: {why}")),
        _ => status.ended.clone(),
    }
}
