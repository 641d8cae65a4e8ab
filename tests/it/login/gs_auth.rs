//! `gs-auth`: login by password, browser and token import; failed logins are not retried, and failures keep the token.

use std::time::{Duration, Instant};

use crate::support::faults::status;
use crate::support::{self, LIST, LOGIN, TOKEN, Work, asked, plain, requests, scenario, shell};
use gs_sim::{Effect, Fault, LoginMode, Scenario, Sim};
use serde_json::Value;

const PAGE: &str = "/mobile/sso/en_US/sign-in";

fn with_login(login: LoginMode) -> Sim {
    let mut scenario = scenario(3);
    scenario.accounts[0].login = login;
    scenario.start()
}

fn state(work: &Work) -> Value {
    work.run("gs-auth", &["status", "--platform", "garmin-com"]).ok().record()
}

#[test]
fn a_password_login_sends_four_requests_and_is_reused_afterwards() {
    let sim = plain(3);
    let work = Work::with_passwords(&sim);
    work.run("gs-auth", &["login"]).ok().silent();
    assert_eq!(
        requests(&sim),
        [
            "GET sso.garmin.com/mobile/sso/en_US/sign-in 200",
            "POST sso.garmin.com/mobile/api/login 200",
            "POST diauth.garmin.com/di-oauth2-service/oauth/token 200",
            "GET connectapi.garmin.com/userprofile-service/socialProfile 200",
        ]
    );
    sim.clear_log();
    let status = state(&work);
    assert_eq!([&status["state"], &status["name"], &status["domain"]], ["ok", "Test Runner", "garmin.com"]);
    let table = work.run("gs-auth", &["status", "--format", "table"]).ok().out.clone();
    for shown in ["account", "Test Runner", "domain", "garmin.com", "renews automatically"] {
        assert!(table.contains(shown), "{shown}\n{table}");
    }
    assert_eq!(sim.log().len(), 0, "status works offline");
    work.run("gs-fetch", &[]).ok();
    assert_eq!((asked(&sim, LOGIN).len(), asked(&sim, TOKEN).len()), (0, 0));
}

#[test]
fn a_wrong_password_is_sent_once_and_not_retried_by_later_runs() {
    let sim = plain(3);
    let mut work = Work::with_passwords(&sim);
    work.set("GARMIN_PASSWORD", "wrong");
    work.run("gs-auth", &["login"]).ends(77).says("wrong e-mail address or password").says("gs-auth login --browser");
    assert_eq!(
        requests(&sim),
        ["GET sso.garmin.com/mobile/sso/en_US/sign-in 200", "POST sso.garmin.com/mobile/api/login 401"]
    );
    // The older tool logged in again with every run, until the account was locked.
    work.run("gs-fetch", &[]).ends(77).says("not retried automatically");
    assert_eq!(sim.log().len(), 2);
    // A manual login may be retried at once.
    work.set("GARMIN_PASSWORD", "correct horse");
    work.run("gs-auth", &["login"]).ok();
    work.run("gs-fetch", &[]).ok();
}

#[test]
fn a_blocked_login_sets_a_cooldown_that_later_runs_respect() {
    let modes = [
        LoginMode::RateLimitedHtml,
        LoginMode::RateLimitedJson,
        LoginMode::Challenge,
        LoginMode::Captcha,
        LoginMode::NeedCaptcha,
        LoginMode::Json427,
        LoginMode::Status427,
        LoginMode::Page403,
        LoginMode::Page427,
        LoginMode::Page429,
    ];
    for mode in modes {
        let sim = with_login(mode);
        let work = Work::with_passwords(&sim);
        let said = work.run("gs-fetch", &["--platform", "garmin-com"]);
        let is_page = matches!(mode, LoginMode::Page403 | LoginMode::Page427 | LoginMode::Page429);
        let sent = if is_page { 1 } else { 2 };
        assert_eq!((said.code, sim.log().len()), (75, sent), "{mode:?}\n{said}");
        assert_eq!(asked(&sim, LOGIN).len(), sent - 1, "{mode:?}: no other kind of login is tried");
        said.says("gs-auth import").says("gs-auth login --browser");
        assert!(state(&work)["cooldown_until"].is_string());
        for args in [&["login"][..], &["login", "--password"]] {
            work.run("gs-auth", args).ends(75).says("no password login before");
        }
        work.run("gs-fetch", &[]).ends(75);
        assert_eq!(sim.log().len(), sent, "{mode:?}: no further request");
        let token = sim.with(|state| state.issue_token("garmin.com")).to_string();
        work.given("gs-auth", &["import", "-"], &token).ok();
        assert_eq!(state(&work)["cooldown_until"], Value::Null);
        work.run("gs-fetch", &[]).ok();
    }
}

#[test]
fn cookies_set_by_a_sign_in_redirect_are_sent_back() {
    let sim = with_login(LoginMode::PageMoves);
    let work = Work::with_passwords(&sim);
    work.run("gs-auth", &["login"]).ok();
    let pages = asked(&sim, "/sign-in");
    let paths: Vec<&str> = pages.iter().map(|page| page.path.as_str()).collect();
    assert_eq!(paths, ["/mobile/sso/en_US/sign-in", "/mobile/sso/en/sign-in"]);
    assert!(pages[1].headers.contains(&"cookie".to_owned()), "the session continues");
    work.run("gs-fetch", &[]).ok();
}

#[test]
fn a_named_pipe_as_token_file_is_an_error_and_does_not_block() {
    for name in ["garmin-com.json", "garmin-com.lock"] {
        let sim = plain(1);
        let work = Work::logged_in(&sim);
        let path = work.data("tokens").join(name);
        std::fs::remove_file(&path).unwrap_or(());
        sim.with(|state| state.expire_access_tokens("garmin.com"));
        support::shell(&format!("mkfifo '{}'", path.display()));
        work.run("gs-fetch", &[]).ends(78).says(&format!("{} is not a regular file", path.display()));
    }
}

#[test]
fn a_locked_account_stops_logins_and_shows_the_service_message() {
    let sim = with_login(LoginMode::Locked);
    let work = Work::with_passwords(&sim);
    work.run("gs-auth", &["login"]).ends(77).says("LOCKED");
    work.run("gs-fetch", &[]).ends(77);
    assert_eq!(sim.log().len(), 2);
}

#[test]
fn after_any_failed_login_the_next_run_does_not_log_in_again() {
    let page = |status| Effect::Status {
        status,
        retry_after: None,
        body: Some("<html>".into()),
        content_type: Some("text/html".into()),
    };
    let cases = [
        (LOGIN, status(503)),
        (LOGIN, Effect::Reset),
        (LOGIN, Effect::AnswerLost),
        (TOKEN, status(503)),
        (TOKEN, status(403)),
        (TOKEN, page(403)),
        (TOKEN, Effect::JsonError),
        (TOKEN, Effect::Reset),
        ("socialProfile", Effect::Unauthorized),
        ("socialProfile", status(403)),
    ];
    for (path, effect) in cases {
        let sim = plain(3);
        let work = Work::with_passwords(&sim);
        sim.fault(Fault::new(effect.clone()).contains(path));
        for _ in 0..3 {
            let said = work.run("gs-fetch", &[]);
            assert!([75, 77].contains(&said.code), "{path} {effect:?}\n{said}");
        }
        assert_eq!(asked(&sim, LOGIN).len(), 1, "{path} {effect:?}: a login is never sent twice");
        assert_eq!(state(&work)["state"], "none", "{path} {effect:?}");
        // The cooldown after an unknown outcome is short; a rejection ends only with a manual login.
        sim.clear_faults();
        work.change("UPDATE login_failures SET until = 0");
        let code = work.run("gs-fetch", &[]).code;
        assert_eq!(code, if path == "socialProfile" { 77 } else { 0 }, "{path} {effect:?}");
    }
}

#[test]
fn a_rejected_password_stays_blocked_after_a_failed_manual_login() {
    let sim = plain(3);
    let mut work = Work::with_passwords(&sim);
    work.set("GARMIN_PASSWORD", "wrong");
    work.run("gs-fetch", &[]).ends(77);
    sim.fault(Fault::new(status(503)).contains(LOGIN).count(1));
    work.run("gs-auth", &["login"]).ends(75);
    work.change("UPDATE login_failures SET until = 0");
    work.run("gs-fetch", &[]).ends(77).says("not retried automatically");
    assert_eq!(asked(&sim, LOGIN).len(), 2);
}

#[test]
fn a_login_is_kept_if_the_check_after_it_fails() {
    for effect in [Effect::Reset, Effect::Challenge { status: 403 }, status(500)] {
        let sim = plain(3);
        let work = Work::with_passwords(&sim);
        sim.fault(Fault::new(effect.clone()).contains("socialProfile"));
        let said = work.run("gs-auth", &["login"]);
        said.ends(75).says("the token is saved, but could not be checked");
        work.run("gs-fetch", &[]).ok();
        assert_eq!(asked(&sim, LOGIN).len(), 1);
        // The same holds for an imported token; and a run that logs in automatically continues with its new token.
        let token = sim.with(|state| state.issue_token("garmin.com")).to_string();
        let other = Work::with_passwords(&sim);
        other.given("gs-auth", &["import", "-"], &token).ends(75).says("the token is saved, but could not be checked");
        let automatic = Work::with_passwords(&sim);
        automatic.run("gs-fetch", &[]).ok().says("the token is saved, but could not be checked");
        assert_eq!(asked(&sim, LOGIN).len(), 2);
    }
}

#[test]
fn a_login_that_was_not_sent_does_not_count_as_an_attempt() {
    let sim = plain(3);
    let mut work = Work::with_passwords(&sim);
    let base = sim.base_url();
    work.set("GS_LOOPBACK", "http://127.0.0.1:9");
    work.run("gs-fetch", &[]).ends(75);
    work.set("GS_LOOPBACK", &base);
    work.run("gs-fetch", &[]).ok();
}

#[test]
fn a_failed_sign_in_page_does_not_count_as_a_login() {
    let failures = [(Effect::Reset, true), (status(503), false), (status(404), false)];
    for (effect, may_retry) in failures {
        let sim = plain(3);
        let work = Work::with_passwords(&sim);
        sim.fault(Fault::new(effect.clone()).contains(PAGE));
        work.run("gs-fetch", &[]).ends(75);
        sim.clear_faults();
        // Without any response, the next login may follow at once; otherwise a short cooldown applies.
        let said = work.run("gs-fetch", &[]);
        assert_eq!(said.code == 0, may_retry, "{effect:?}\n{said}");
        assert_eq!(asked(&sim, LOGIN).len(), usize::from(may_retry), "{effect:?}");
        work.change("UPDATE login_failures SET until = 0");
        work.run("gs-fetch", &[]).ok();
    }
}

#[test]
fn a_login_stopped_before_the_password_is_sent_does_not_count() {
    let sim = plain(3);
    let mut work = Work::with_passwords(&sim);
    work.set("GS_LOGIN_PAUSE", "1h");
    let child = work.spawn("gs-auth", &["login"], "");
    wait_for(&sim, PAGE);
    shell(&format!("kill -TERM {}", child.id()));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    work.set("GS_LOGIN_PAUSE", "0");
    work.run("gs-fetch", &[]).ok();
    assert_eq!(asked(&sim, LOGIN).len(), 1);
    work.set("GS_LOGIN_PAUSE", "soon");
    work.run("gs-fetch", &[]).ends(78).says("GS_LOGIN_PAUSE");
}

/// Waits until a request to `path` was answered.
fn wait_for(sim: &Sim, path: &str) {
    let end = Instant::now() + Duration::from_secs(60);
    while asked(sim, path).is_empty() {
        assert!(Instant::now() < end, "no request for {path}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_challenge_page_is_recognized_at_any_http_status() {
    let sim = plain(3);
    let work = Work::with_passwords(&sim);
    let page = "<html><title>Just a moment...</title></html>";
    let challenge = Effect::Status {
        status: 503,
        retry_after: None,
        body: Some(page.into()),
        content_type: Some("text/html".into()),
    };
    sim.fault(Fault::new(challenge).contains(LOGIN));
    work.run("gs-auth", &["login"]).ends(75).says("challenge page");
    work.run("gs-auth", &["login"]).ends(75);
    assert_eq!(sim.log().len(), 2);
}

#[test]
fn a_rejected_ticket_does_not_change_the_password_login_state() {
    let sim = with_login(LoginMode::RateLimitedHtml);
    let work = Work::with_passwords(&sim);
    work.run("gs-auth", &["login"]).ends(75);
    work.given("gs-auth", &["import", "-"], "ST-1-x-sso").ends(77);
    work.run("gs-auth", &["login"]).ends(75).says("no password login before");
    assert_eq!(asked(&sim, LOGIN).len(), 1);
    let sim = plain(1);
    let work = Work::with_passwords(&sim);
    work.given("gs-auth", &["import", "-"], "ST-1-x-sso").ends(77);
    work.run("gs-fetch", &[]).ok();
}

#[test]
fn a_blocked_token_renewal_keeps_the_token() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    sim.with(|state| state.expire_access_tokens("garmin.com"));
    sim.fault(Fault::new(status(403)).contains(TOKEN).count(1));
    work.run("gs-fetch", &[]).ends(75);
    work.run("gs-fetch", &[]).ok();
}

#[test]
fn a_failed_import_restores_the_previous_token() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    let before = std::fs::read(work.data("tokens/garmin-com.json")).unwrap();
    let expired = r#"{"di_token":"e30.eyJleHAiOjF9.x","di_refresh_token":"r"}"#;
    sim.fault(Fault::new(status(503)).contains(TOKEN));
    work.given("gs-auth", &["import", "-"], expired).ends(75);
    assert_eq!(std::fs::read(work.data("tokens/garmin-com.json")).unwrap(), before);
}

#[test]
fn a_secret_in_an_argument_is_not_printed() {
    let work = Work::alone();
    let token = r#"{"di_token":"s3cr3t","di_refresh_token":"s3cr3t"}"#;
    let ticket = r#"{"serviceTicketId":"ST-s3cr3t"}"#;
    for argument in [token.to_owned(), ticket.to_owned(), "s3cr3t".repeat(50), "a.s3cr3t".to_owned()] {
        let said = work.run("gs-auth", &["import", &argument]);
        assert!(said.ends(2).err.contains("pipe it in") && !said.err.contains("s3cr3t"), "{said}");
    }
}

#[test]
fn a_token_in_a_setting_is_imported_and_not_printed() {
    let sim = plain(2);
    let mut work = Work::with(&sim);
    let token = sim.with(|state| state.issue_token("garmin.com"));
    work.set("GARMINTOKENS", &token.to_string());
    let said = work.run("gs-auth", &["import"]);
    assert!(!said.ok().err.contains(token["di_token"].as_str().unwrap()));
    work.run("gs-fetch", &[]).ok();
}

#[test]
fn status_names_each_access_of_a_platform_without_a_login() {
    let said = Work::alone().run("gs-auth", &["status", "--format", "table"]);
    for line in [
        "garmin-com: to read: gs-auth key --platform garmin-com",
        "garmin-com: to read and write: gs-auth login --platform garmin-com",
        "coros: to read: gs-auth login --oauth --platform coros",
        "coros: to read and write: gs-auth login --platform coros",
        "intervals: to read and write: gs-auth key --platform intervals",
    ] {
        assert!(said.ok().out.lines().any(|shown| shown == line), "{line}: {said}");
    }
}

#[test]
fn login_without_a_terminal_exits_77() {
    Work::alone().run("gs-auth", &["login"]).ends(77).says("standard input is no terminal");
}

#[test]
fn without_a_terminal_a_second_factor_names_the_command_to_run() {
    let sim = scenario(3).with_mfa("garmin.com", "123456").start();
    let work = Work::with_passwords(&sim);
    work.run("gs-fetch", &[]).ends(77).says("second factor").says("gs-auth login --platform garmin-com");
    work.run("gs-fetch", &[]).ends(77);
    assert_eq!(sim.log().len(), 2);
}

#[test]
fn the_terminal_prompts_for_password_and_code_without_echo() {
    let sim = scenario(3).with_mfa("garmin.com", "123456").start();
    let work = Work::with(&sim);
    let (code, shown) = work.on_a_terminal(
        "login --password",
        &[
            ("E-mail address", "runner@example.com"),
            ("Password", "correct horse"),
            ("Code sent by email to", "999999"),
            ("That code was wrong", "123456"),
        ],
    );
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("logged in as Test Runner"), "{shown}");
    assert!(!shown.contains("correct horse") && !shown.contains("123456"), "{shown}");
    work.run("gs-fetch", &[]).ok();
}

#[test]
fn a_browser_login_accepts_a_pasted_ticket() {
    let sim = plain(3);
    let work = Work::with(&sim);
    let ticket = sim.with(|state| state.issue_ticket("garmin.com", "android").0);
    let (code, shown) = work.on_a_terminal("login --browser", &[("Paste it here", &ticket)]);
    assert_eq!(code, 0, "{shown}");
    assert!(!shown.contains(&ticket), "{shown}");
    work.run("gs-fetch", &[]).ok();
}

#[test]
fn a_ticket_is_imported_bare_from_a_url_or_json_and_works_once() {
    let sim = plain(3);
    for wrap in [
        "TICKET\n",
        "https://mobile.integration.garmin.com/gcm/android?ticket=TICKET",
        r#"{"serviceURL":"https://mobile.integration.garmin.com/gcm/android","serviceTicketId":"TICKET"}"#,
    ] {
        let work = Work::with(&sim);
        let text = wrap.replace("TICKET", &sim.with(|state| state.issue_ticket("garmin.com", "android").0));
        work.given("gs-auth", &["import", "-"], &text).ok();
        work.run("gs-fetch", &[]).ok();
        work.given("gs-auth", &["import"], &text).ends(77).says("a ticket works once");
        work.run("gs-fetch", &[]).ok();
    }
    let embed = sim.with(|state| state.issue_ticket("garmin.com", "embed").0);
    let url = format!("https://sso.garmin.com/sso/embed?ticket={embed}");
    Work::with(&sim).given("gs-auth", &["import", "-"], &url).ok();
}

#[test]
fn a_ticket_in_the_arguments_is_rejected() {
    let work = Work::alone();
    work.run("gs-auth", &["import", "ST-1-x-sso"]).ends(2).says("visible to every program");
    work.run("gs-auth", &["import", "https://sso.garmin.com/sso/embed?ticket=ST-1"]).ends(2);
}

#[test]
fn a_rejected_embed_token_leads_to_the_mobile_sign_in_page() {
    let mut scenario = scenario(3);
    scenario.accounts[0].embed_tokens_refused = true;
    let sim = scenario.start();
    let work = Work::with(&sim);
    let ticket = sim.with(|state| state.issue_ticket("garmin.com", "embed").0);
    let said = work.given("gs-auth", &["import", "-"], &format!("https://sso.garmin.com/sso/embed?ticket={ticket}"));
    said.ends(77).says("Token is not active").says("https://sso.garmin.com/mobile/sso/en_US/sign-in?");
    assert_eq!(state(&work)["state"], "none");
}

#[test]
fn token_files_of_other_tools_are_imported() {
    let sim = plain(3);
    let token = sim.with(|state| state.issue_token("garmin.com"));
    let work = Work::with(&sim);
    std::fs::create_dir_all(work.dir().join(".garminconnect")).unwrap();
    std::fs::write(work.dir().join(".garminconnect/garmin_tokens.json"), token.to_string()).unwrap();
    work.run("gs-auth", &["import"]).ok().says("needs its own login");
    work.run("gs-fetch", &[]).ok();

    let work = Work::with(&sim);
    let claims =
        serde_json::json!({"access_token": sim.with(|s| s.issue_token("garmin.com"))["di_token"], "expires_in": 3600});
    let pirate = serde_json::json!({"createdAt": "2026-11-01T00:00:00Z", "di": {"clientId": "GARMIN_CONNECT_MOBILE_ANDROID_DI_2025Q2", "token": claims}});
    let file = work.dir().join("native-oauth2.json");
    std::fs::write(&file, pirate.to_string()).unwrap();
    work.run("gs-auth", &["import", file.to_str().unwrap()]).ok();
    work.run("gs-auth", &["import", "nowhere.json"]).ends(2).says("nowhere.json");
    work.run("gs-auth", &["import", work.dir().join("data").to_str().unwrap()]).ends(2).says("no token file");
    work.given("gs-auth", &["import", "-"], "hello").ends(2);
}

#[test]
fn a_garth_token_with_an_ended_grant_requires_a_login() {
    let sim = plain(3);
    let (oauth1, oauth2) = sim.with(|state| state.issue_garth("garmin.com"));
    let work = Work::with(&sim);
    work.given("gs-auth", &["import", "-"], &serde_json::json!([oauth1, oauth2]).to_string()).ok();
    sim.with(|state| state.expire_access_tokens("garmin.com"));
    sim.with(|state| state.tokens.oauth1.iter_mut().for_each(|token| token.dead = true));
    work.run("gs-fetch", &[]).ends(77).says("OAuthToken is invalid");
    sim.clear_log();
    work.run("gs-fetch", &[]).ends(77);
    assert_eq!(sim.log().len(), 0, "an ended grant is not requested again");
}

#[test]
fn a_garth_token_is_renewed_with_the_oauth1_exchange() {
    let sim = plain(3);
    let (oauth1, oauth2) = sim.with(|state| state.issue_garth("garmin.com"));
    let work = Work::with(&sim);
    let folder = work.dir().join(".garth");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("oauth1_token.json"), oauth1.to_string()).unwrap();
    std::fs::write(folder.join("oauth2_token.json"), oauth2.to_string()).unwrap();
    work.run("gs-auth", &["import", ".garth"]).ok().silent();
    sim.with(|state| state.expire_access_tokens("garmin.com"));
    sim.clear_log();
    work.run("gs-fetch", &[]).ok();
    assert_eq!(asked(&sim, "/oauth-service/oauth/exchange/").len(), 1);
    let base64 = work.run("gs-auth", &["export"]).ok().out.clone();
    let other = Work::with(&sim);
    other.given("gs-auth", &["import", "-"], &base64).ok();
    other.run("gs-fetch", &[]).ok();
}

#[test]
fn an_exported_token_can_be_imported() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    let token = work.run("gs-auth", &["export"]).ok().says("secret").out.clone();
    assert!(serde_json::from_str::<Value>(&token).unwrap()["di_refresh_token"].is_string());
    Work::with(&sim).given("gs-auth", &["import", "-"], &token).ok();
    Work::alone().run("gs-auth", &["export"]).ends(77);
}

#[test]
fn a_rejected_import_keeps_the_existing_token() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    let foreign = sim.with(|state| state.issue_token("garmin.com")).to_string();
    sim.with(|state| state.expire_access_tokens("garmin.com"));
    let bad = foreign.replace("\"di_refresh_token\":\"", "\"di_refresh_token\":\"x");
    work.given("gs-auth", &["import", "-"], &bad).ends(77);
    work.run("gs-fetch", &[]).ok();
}

#[test]
fn a_renewed_token_is_saved_before_it_is_used() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    sim.with(|state| state.expire_access_tokens("garmin.com"));
    // The request after the renewal never gets a response: the new token must be on disk by then.
    sim.fault(Fault::new(Effect::Reset).contains("activitylist").after(1));
    work.run("gs-fetch", &[]).ends(75);
    assert_eq!(asked(&sim, TOKEN).len(), 1);
    sim.clear_faults();
    work.run("gs-fetch", &[]).ok();
    assert_eq!(asked(&sim, TOKEN).len(), 1);
}

#[test]
fn a_token_that_cannot_be_renewed_is_not_retried() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    sim.with(|state| {
        state.expire_access_tokens("garmin.com");
        state.revoke_refresh("garmin.com");
    });
    work.run("gs-fetch", &[]).ends(77).says("cannot renew the token");
    assert_eq!(asked(&sim, TOKEN).len(), 1);
    work.run("gs-fetch", &[]).ends(77);
    assert_eq!(asked(&sim, TOKEN).len(), 1);
    assert_eq!(state(&work)["state"], "login-needed");
}

#[test]
fn a_revoked_token_with_a_configured_password_leads_to_one_login() {
    let sim = plain(3);
    let work = Work::with_passwords(&sim);
    work.run("gs-fetch", &[]).ok();
    sim.with(|state| {
        state.expire_access_tokens("garmin.com");
        state.revoke_refresh("garmin.com");
    });
    work.run("gs-fetch", &[]).ok();
    assert_eq!(asked(&sim, LOGIN).len(), 2);
}

#[test]
fn garmin_cn_has_its_own_token_and_hosts() {
    let sim = Scenario::default_garmin(9, 2).start();
    let work = Work::with(&sim);
    let token = sim.with(|state| state.issue_token("garmin.cn")).to_string();
    work.given("gs-auth", &["import", "-"], &token).ends(2).says("--platform garmin-cn");
    work.given("gs-auth", &["import", "-", "--platform", "garmin-cn"], &token).ok();
    assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 3);
    assert!(sim.log().iter().all(|request| request.host.ends_with("garmin.cn")));
}

#[test]
fn logout_removes_the_token_and_status_shows_no_login() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    work.run("gs-auth", &["logout"]).ok();
    assert_eq!(state(&work)["state"], "none");
    work.run("gs-fetch", &[]).ends(77);
    work.run("gs-auth", &["logout"]).ok();
}

#[test]
fn export_and_logout_default_to_the_only_login() {
    let sim = Scenario::default_garmin(9, 2).start();
    let work = Work::with_passwords(&sim);
    let logout = |args: &[&str]| work.run("gs-auth", &[&["logout"], args].concat());
    // No account is logged in, although passwords are set.
    logout(&[]).ok().says("not logged in");
    work.run("gs-auth", &["export"]).ends(77).says("not logged in");
    logout(&["--forget-account"]).ends(2).says("no login and no account to remove");
    logout(&["--forget-account", "--platform", "coros"]).ends(2).says("coros: no login and no account to remove");

    let import = |domain: &str, platform: &str| {
        let token = sim.with(|state| state.issue_token(domain)).to_string();
        work.given("gs-auth", &["import", "-", "--platform", platform], &token).ok();
    };
    import("garmin.cn", "garmin-cn");
    assert!(work.run("gs-auth", &["export"]).ok().out.contains("di_"), "the token of garmin-cn");
    import("garmin.com", "garmin-com");
    for args in [&["export"][..], &["logout"], &["logout", "--forget-account"]] {
        let said = work.run("gs-auth", args);
        said.ends(2).says("--platform garmin-com or --platform garmin-cn");
        assert!(!said.err.contains("coros"), "{said}");
    }
    logout(&["--platform", "garmin-com", "--forget-account"]).ok().says("removed from this data folder");
    logout(&[]).ok();
    assert!(!work.data("tokens/garmin-cn.json").exists());
    // garmin-cn has no token any more, but still an owner.
    logout(&["--forget-account"]).ok().says("garmin-cn");
    logout(&["--forget-account"]).ends(2).says("no login and no account to remove");
}

#[test]
fn a_long_remark_is_printed_below_the_table_with_its_full_time() {
    let sim = plain(3);
    let work = Work::with_passwords(&sim);
    sim.fault(Fault::new(status(429)).path(LOGIN));
    work.run("gs-auth", &["login"]).ends(75);
    let until = state(&work)["cooldown_until"].as_str().unwrap().to_owned();
    let out = work.run("gs-auth", &["status", "--format", "table"]).ok().out.clone();
    let line = out.lines().find(|line| line.starts_with("garmin-com: no password logins until")).unwrap();
    assert!(line.contains(&until), "{out}");
    let (_, screen) = work.on_a_terminal("status", &[]);
    assert!(screen.contains(&until), "{screen}");
}

#[test]
fn secrets_are_stored_only_in_the_token_file() {
    let sim = plain(3);
    let work = Work::with_passwords(&sim);
    let mut all = String::new();
    for (command, args) in
        [("gs-auth", &["login", "-vv"][..]), ("gs-fetch", &["-vv", "--log", "json"]), ("gs-auth", &["status"])]
    {
        let said = work.run(command, args);
        all.push_str(&format!("{}{}", said.ok().out, said.err));
    }
    let token: Value = serde_json::from_slice(&std::fs::read(work.data("tokens/garmin-com.json")).unwrap()).unwrap();
    for file in work.files("") {
        if !file.ends_with("tokens/garmin-com.json") {
            all.push_str(&String::from_utf8_lossy(&std::fs::read(file).unwrap()));
        }
    }
    for secret in [token["access_token"].as_str().unwrap(), token["refresh_token"].as_str().unwrap(), "correct horse"] {
        assert!(!all.contains(secret));
    }
}

#[test]
fn activities_are_requested_from_the_host_of_their_domain_only() {
    let sim = plain(1);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    assert!(asked(&sim, LIST).iter().all(|request| request.host == "connectapi.garmin.com"));
}
