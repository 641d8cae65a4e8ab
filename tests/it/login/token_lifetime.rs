//! How long logins live: every command that opens a platform writes down what it leaves, and never the token.

use crate::support::{Work, coros, plain};
use gs_sim::CorosSpec;

/// The row of a platform: when it ends, whether it is renewed, why it ended.
fn row(work: &Work, platform: &str) -> String {
    work.sql(&format!(
        "SELECT ifnull((SELECT concat_ws(' ', iif(expires_at > unixepoch(), 'ends', expires_at), renewable,
            iif(renewable_until > unixepoch(), 'until', renewable_until), ended)
         FROM accounts WHERE platform = '{platform}'), 'none')"
    ))
}

#[test]
fn a_command_leaves_how_long_the_login_lives_and_not_the_token() {
    let sim = plain(2);
    let work = Work::logged_in(&sim);
    assert_eq!(row(&work, "garmin-com"), "ends 1", "gs-auth has brought it");
    work.change("DELETE FROM accounts");
    work.run("gs-list", &[]).ok();
    assert_eq!(row(&work, "garmin-com"), "none", "nothing was opened");
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
fn it_is_written_when_it_changes_and_gone_with_the_token() {
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
    assert_eq!(row(&work, "garmin-com"), "ends 1 until", "of a login of its own the service says more");
}

#[test]
fn a_token_that_the_service_no_longer_takes_is_dead_whatever_the_command_came_to() {
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
fn a_catalogue_that_others_hold_costs_no_command_its_end() {
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
