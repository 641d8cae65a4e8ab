//! The output of `gs-auth status`: who is logged in, for how long, and what prevents a login.

use std::io::IsTerminal;

use jiff::Timestamp;

use super::Align::{Left, NoWrap, Truncate};
use super::{AccountsFormat, Failure, Output, Table, table};
use crate::activity::printable;
use crate::i18n::{self, Lang};
use crate::status::Login;
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
                for remark in remark(status).into_iter().chain(quota(status, now)).chain(status.ways.iter().cloned()) {
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
        ("validity", Left),
        ("in settings", NoWrap),
        ("from", Truncate),
    ];
    let mut table = table(&head).drop_order(&["from", "domain", "in settings", "account"]);
    for status in all {
        table.add_row([
            status.platform.to_string(),
            status.access.name().to_owned(),
            used_to(status).to_owned(),
            if status.state == "expired" { "ok" } else { status.state }.to_owned(),
            printable(status.name.as_deref().unwrap_or("")),
            status.domain.clone().unwrap_or_default(),
            validity(status, now),
            if status.password_set { "yes" } else { "no" }.to_owned(),
            status.source.clone().unwrap_or_default(),
        ]);
    }
    table
}

/// How long an access works, in the words of `gs-status`; nothing if it does not work.
fn validity(status: &AccountStatus, now: Timestamp) -> String {
    let &AccountStatus { access, expires, renewable, renewable_until, .. } = status;
    match status.state {
        "none" | "login-needed" => String::new(),
        _ => Login { access, expires, renewable, renewable_until, ended: None }.text(now, Lang::En),
    }
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

/// How much of a quota of files is used.
fn quota(status: &AccountStatus, now: Timestamp) -> Option<String> {
    let quota = status.file_quota.as_ref()?;
    let used = format!(
        "{} of {} files in {} hours requested by {}",
        quota.used,
        quota.files,
        quota.hours,
        status.access.name()
    );
    Some(match quota.next {
        Some(next) => format!("{used}; next file in {}", i18n::time_left(next, now)),
        None => used,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::AccessKind::{self, ApiKey, Login as OfLogin, OAuth};

    fn status(platform: &str, access: AccessKind, state: &'static str, expires: Option<Timestamp>) -> AccountStatus {
        AccountStatus {
            record: "login",
            platform: platform.into(),
            access,
            reads: true,
            writes: true,
            state,
            name: Some("Ann".to_owned()),
            domain: Some("example.com".to_owned()),
            expires,
            renewable: access == OAuth,
            renewable_until: None,
            source: None,
            password_set: false,
            cooldown_until: None,
            rate_limited_until: None,
            login_rejected: None,
            ended: None,
            file_quota: None,
            ways: Vec::new(),
        }
    }

    #[test]
    fn the_validity_has_the_words_of_the_status_and_an_ended_access_has_none() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let in_days = |days: i64| Some(Timestamp::from_second(now.as_second() + days * 86_400 - 5).unwrap());
        let all = [
            status("garmin-com", ApiKey, "ok", in_days(90)),
            status("garmin-cn", ApiKey, "login-needed", in_days(90)),
            status("coros", OAuth, "expired", in_days(-1)),
            status("coros", OfLogin, "ok", None),
            status("intervals", ApiKey, "ok", None),
        ];
        let text = accounts_table(&all, now).in_width(80).to_string();
        let shown: Vec<&str> = text.lines().filter(|line| line.contains("read, write")).collect();
        let words = ["valid for 90 days", "login-needed", "renews automatically", "no end date", "no end date known"];
        for (line, words) in shown.iter().zip(words) {
            assert!(line.contains(words) && line.contains("valid for") == words.contains("valid for"), "{text}");
        }
        assert_eq!(shown.len(), 5, "{text}");
    }
}
