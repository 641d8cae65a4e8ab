//! The JSON login, its refusals, and the second factor.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use common::*;
use gs_sim::{LoginMode, Scenario, Sim};
use serde_json::Value;

fn sim() -> Sim {
    Scenario::default_garmin(3, 1).start()
}

fn kind(answer: &Answer) -> Value {
    answer.json()["responseStatus"]["type"].clone()
}

#[test]
fn a_right_password_gives_a_ticket_that_works_once() {
    let sim = sim();
    let answer = Login::new("correct horse").send(&sim);
    assert_eq!((answer.status, kind(&answer)), (200, "SUCCESSFUL".into()));
    let body = answer.json();
    let (ticket, service) = (body["serviceTicketId"].as_str().unwrap(), body["serviceURL"].as_str().unwrap());
    let pair = exchange(&sim, COM, ticket, service);
    assert_eq!(pair.status, 200);
    let token = pair.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(token.split('.').count(), 3);
    assert_eq!(get(&sim, "/userprofile-service/socialProfile", &token).status, 200);
    let again = exchange(&sim, COM, ticket, service);
    assert_eq!((again.status, again.json()["error"].clone()), (400, "invalid_grant".into()));
    assert!(!format!("{:?}", sim.log()).contains(ticket));
}

#[test]
fn wrong_passwords_are_refused_and_five_lock() {
    let sim = sim();
    for _ in 0..5 {
        let answer = Login::new("wrong").send(&sim);
        assert_eq!((answer.status, kind(&answer)), (401, "INVALID_USERNAME_PASSWORD".into()));
    }
    assert_eq!(kind(&Login::new("correct horse").send(&sim)), Value::from("ACCOUNT_LOCKED"));
}

#[test]
fn what_no_app_would_send_is_refused() {
    let sim = sim();
    let status = |change: &dyn Fn(&mut Login)| {
        let mut login = Login::new("correct horse");
        change(&mut login);
        login.send(&sim).status
    };
    assert_eq!(status(&|login| login.agent = "curl/8"), 403);
    assert_eq!(status(&|login| login.extra.push(("Sec-Fetch-Mode", "navigate"))), 429);
    assert_eq!(status(&|login| login.extra.retain(|(name, _)| *name != "Origin")), 403);
    assert_eq!(status(&|login| login.extra[0].1 = "https://sso.garmin.cn"), 403);
    assert_eq!(status(&|login| login.extra[1].1 = "text/plain"), 415);
    assert_eq!(status(&|login| login.query = login.query.replace("gcm%2Fios", "gcm%2Fandroid")), 400);
    assert_eq!(status(&|login| login.query = login.query.replace("IOS_DARK", "LIGHT")), 400);
    assert_eq!(status(&|login| login.body = login.body.replace("\"\"", "null")), 400);
    assert_eq!(status(&|login| login.body = login.body.replace("true", "\"true\"")), 400);
    assert_eq!(status(&|_| ()), 200);
}

#[test]
fn the_scenario_decides_how_the_login_page_treats_an_account() {
    let with = |mode| {
        let mut scenario = Scenario::default_garmin(0, 1);
        scenario.accounts[0].login = mode;
        let sim = scenario.start();
        Login::new("correct horse").send(&sim)
    };
    assert_eq!(kind(&with(LoginMode::Captcha)), Value::from("CAPTCHA_REQUIRED"));
    assert_eq!(with(LoginMode::RateLimitedHtml).status, 429);
    assert_eq!(with(LoginMode::RateLimitedJson).json()["error"]["status-code"], "429");
    assert_eq!(with(LoginMode::Challenge).status, 403);
    assert_eq!(with(LoginMode::Json427).json()["error"]["status-code"], "427");
    assert_eq!(kind(&with(LoginMode::Locked)), Value::from("ACCOUNT_LOCKED"));
}

fn verify(sim: &Sim, cookies: &str, query: &str, code: &str) -> Answer {
    let mut login = Login::new("");
    login.path = "/mobile/api/mfa/verifyCode";
    login.query = query.to_owned();
    login.body = format!(
        r#"{{"mfaMethod":"email","mfaVerificationCode":"{code}","rememberMyBrowser":true,"reconsentList":[],"mfaSetup":false}}"#
    );
    let login = Login { extra: [login.extra, vec![("Cookie", cookies)]].concat(), ..login };
    login.send(sim)
}

#[test]
fn a_code_needs_the_cookies_and_the_query_of_its_login() {
    let sim = Scenario::default_garmin(0, 1).with_mfa(COM, "123456").start();
    let login = Login::new("correct horse");
    let asked = login.send(&sim);
    assert_eq!((asked.status, kind(&asked)), (200, "MFA_REQUIRED".into()));
    assert_eq!(asked.json()["customerMfaInfo"]["email"], "ru*****@example.com");
    let cookies = asked.cookies();
    assert_eq!(kind(&verify(&sim, "", &login.query, "123456")), Value::from("SESSION_EXPIRED"));
    let other = login.query.replace("IOS", "ANDROID").replace("ios", "android");
    assert_eq!(kind(&verify(&sim, &cookies, &other, "123456")), Value::from("SESSION_EXPIRED"));
    assert_eq!(kind(&verify(&sim, &cookies, &login.query, "000000")), Value::from("MFA_CODE_INVALID"));
    let done = verify(&sim, &cookies, &login.query, "123456");
    assert_eq!((done.status, kind(&done)), (200, "SUCCESSFUL".into()));
    assert!(done.json().get("customerMfaInfo").is_none());
    assert_eq!(kind(&verify(&sim, &cookies, &login.query, "123456")), Value::from("SESSION_EXPIRED"));
}

#[test]
fn five_wrong_codes_end_the_login() {
    let sim = Scenario::default_garmin(0, 1).with_mfa(COM, "123456").start();
    let login = Login::new("correct horse");
    let cookies = login.send(&sim).cookies();
    for _ in 0..5 {
        assert_eq!(verify(&sim, &cookies, &login.query, "1").status, 401);
    }
    assert_eq!(kind(&verify(&sim, &cookies, &login.query, "123456")), Value::from("SESSION_EXPIRED"));
}
