//! Login lifetimes: every command that opens a platform stores how long the login is valid, and never the token.

use crate::support::{Work, coros, plain};
use gs_sim::CorosSpec;

/// The row of a platform: when the login ends, whether it renews, why it ended.
fn row(work: &Work, platform: &str) -> String {
    work.sql(&format!(
        "SELECT ifnull((SELECT concat_ws(' ', iif(expires_at > unixepoch(), 'ends', expires_at), renewable,
            iif(renewable_until > unixepoch(), 'until', renewable_until), ended)
         FROM accounts WHERE platform = '{platform}'), 'none')"
    ))
}

#[test]
fn a_command_stores_the_login_lifetime_and_not_the_token() {
    let sim = plain(2);
    let work = Work::logged_in(&sim);
    assert_eq!(row(&work, "garmin-com"), "ends 1", "gs-auth stored it");
    work.change("DELETE FROM accounts");
    work.run("gs-list", &[]).ok();
    assert_eq!(row(&work, "garmin-com"), "none", "no platform was opened");
    work.run("gs-fetch", &["-n"]).ok();
    assert_eq!(row(&work, "garmin-com"), "none", "a dry run");
    work.run("gs-fetch", &[]).ok();
    assert_eq!(row(&work, "garmin-com"), "ends 1");
    let token = std::fs::read_to_string(work.data("tokens/garmin-com.json")).unwrap();
    let catalogue = std::fs::read(work.data("catalogue.sqlite")).unwrap();
    let secrets = token.split('"').filter(|word| word.len() > 30);
    let is_in = |secret: &str| catalogue.windows(secret.len()).any(|part| part == secret.as_bytes());
    assert!(secrets.clone().count() >= 2 && !secrets.clone().any(is_in), "{token}");
}

#[test]
fn the_login_lifetime_is_updated_on_change_and_removed_on_logout() {
    let sim = plain(2);
    let work = Work::logged_in(&sim);
    work.change("UPDATE accounts SET since = 1");
    work.run("gs-fetch", &[]).ok();
    work.run("gs-auth", &["status"]).ok();
    assert_eq!(work.sql::<i64>("SELECT since FROM accounts"), 1, "nothing has changed");
    sim.with(|state| state.expire_access_tokens("garmin.com"));
    work.run("gs-fetch", &[]).ok();
    assert!(work.sql::<i64>("SELECT since FROM accounts") > 1, "it was renewed");
    work.run("gs-auth", &["logout"]).ok();
    assert_eq!(row(&work, "garmin-com"), "none");
    let work = Work::with_passwords(&sim);
    work.run("gs-auth", &["login"]).ok();
    assert_eq!(row(&work, "garmin-com"), "ends 1 until", "a password login also has the end of its renewal");
}

#[test]
fn a_rejected_token_is_stored_as_ended_with_its_reason() {
    let sim = coros(CorosSpec::default());
    let mut work = Work::with_coros(&sim);
    work.run("gs-auth", &["login", "--platform", "coros"]).ok();
    assert_eq!(row(&work, "coros"), "0");
    sim.with(|state| state.expire_coros_token(2));
    work.set("COROS_PASSWORD", "");
    work.run("gs-fetch", &[]).ends(77);
    let row = row(&work, "coros");
    let reason: serde_json::Value = serde_json::from_str(row.strip_prefix("0 ").unwrap()).unwrap();
    assert_eq!(reason["code"], "login-required", "{row}");
}

#[test]
fn a_locked_catalogue_does_not_fail_gs_auth_status() {
    let sim = plain(2);
    let mut work = Work::logged_in(&sim);
    work.change("DELETE FROM accounts");
    let other = rusqlite::Connection::open(work.data("catalogue.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    work.set("GS_LOCK_TIMEOUT", "50ms");
    work.run("gs-auth", &["status"]).ok().silent();
    work.run("gs-auth", &["status", "-v"]).ok().says("garmin-com: the state of the login was not stored");
    other.execute_batch("COMMIT").unwrap();
    work.run("gs-auth", &["status"]).ok();
    assert_eq!(row(&work, "garmin-com"), "ends 1");
}
