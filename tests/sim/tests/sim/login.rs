//! The JSON login, its rejections, and the second factor.

use crate::common::*;
use gs_sim::{LoginMode, Scenario, Sim};
use serde_json::Value;

fn sim() -> Sim {
    Scenario::default_garmin(3, 1).start()
}

fn kind(answer: &Answer) -> Value {
    answer.json()["responseStatus"]["type"].clone()
}

#[test]
fn a_correct_password_gives_a_single_use_ticket() {
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
fn five_wrong_passwords_lock_the_account() {
    let sim = sim();
    for _ in 0..5 {
        let answer = Login::new("wrong").send(&sim);
        assert_eq!((answer.status, kind(&answer)), (401, "INVALID_USERNAME_PASSWORD".into()));
    }
    assert_eq!(kind(&Login::new("correct horse").send(&sim)), Value::from("ACCOUNT_LOCKED"));
}

#[test]
fn a_login_request_unlike_the_apps_is_rejected() {
    let sim = sim();
    let login = || Login::new("correct horse");
    let status = |login: Login| login.send(&sim).status;
    assert_eq!(status(Login { agent: "curl/8".into(), ..login() }), 403);
    assert_eq!(status(login().with("Sec-Fetch-Mode", "navigate")), 429);
    assert_eq!(status(login().without("Origin")), 403);
    assert_eq!(status(login().with("Origin", "https://sso.garmin.cn")), 403);
    assert_eq!(status(login().with("Content-Type", "text/plain")), 415);
    let with_query = |from: &str, to: &str| Login { query: login().query.replace(from, to), ..login() };
    assert_eq!(status(with_query("gcm%2Fios", "gcm%2Fandroid")), 400);
    assert_eq!(status(with_query("IOS_DARK", "LIGHT")), 400);
    let with_body = |from: &str, to: &str| Login { body: login().body.replace(from, to), ..login() };
    assert_eq!(status(with_body("\"\"", "null")), 400);
    assert_eq!(status(with_body("true", "\"true\"")), 400);
    assert_eq!(status(login()), 200);
}

#[test]
fn a_login_without_the_cookies_of_its_page_is_rejected() {
    let sim = sim();
    let login = Login::new("correct horse");
    assert_eq!(login.post(&sim).status, 429, "no cookies");
    for lost in ["SESSION", "__cf_bm", "__cflb", "_cfuvid"] {
        let cookies = page(&sim, PAGE).cookies().replace(&format!("{lost}="), "x=");
        assert_eq!(login.clone().with("Cookie", &cookies).post(&sim).status, 429, "{lost}");
    }
    let (one, other) = (page(&sim, PAGE).cookies(), page(&sim, PAGE).cookies());
    assert_ne!(one, other, "every load sets new cookies");
    let mixed = [one.split("; ").next().unwrap(), &other.split("; ").skip(1).collect::<Vec<_>>().join("; ")].join("; ");
    assert_eq!(login.clone().with("Cookie", &mixed).post(&sim).status, 429);
    assert_eq!(login.clone().with("Cookie", &one).post(&sim).status, 200);
    assert_eq!(login.clone().without("Accept-Language").send(&sim).status, 429);
    assert_eq!(login.clone().without("Referer").send(&sim).status, 429);
    for wrong in ["https://sso.garmin.com/", "https://sso.garmin.com/mobile/sso/en_US/sign-in"] {
        assert_eq!(login.clone().with("Referer", wrong).send(&sim).status, 429, "{wrong}");
    }
    assert!(sim.log().iter().filter(|entry| entry.status == 429).all(|entry| !entry.note.is_empty()));
}

#[test]
fn a_login_page_opens_only_for_its_own_client_and_service() {
    let sim = sim();
    let status = |path: &str| page(&sim, &format!("/sso.garmin.com{path}")).status;
    let android = "clientId=GCM_ANDROID_DARK";
    assert_eq!(status(&format!("/mobile/sso/en/sign-in?{android}")), 200);
    assert_eq!(
        status(&format!(
            "/mobile/sso/en_US/sign-in?{android}&service=https://mobile.integration.garmin.com/gcm/android"
        )),
        200
    );
    assert_eq!(status("/portal/sso/en-US/sign-in?clientId=GarminConnect&service=https://connect.garmin.com/app"), 200);
    assert_eq!(status("/mobile/sso/en_US/sign-in?clientId=GCM_IOS_DARK"), 400);
    assert_eq!(
        status(&format!("/mobile/sso/en/sign-in?{android}&service=https://mobile.integration.garmin.com/gcm/ios")),
        400
    );
    assert_eq!(status("/mobile/sso/en_US/sign-in"), 400);
    assert_eq!(status("/portal/sso/en-US/sign-in?clientId=GarminConnect&service=https://connect.garmin.cn/app"), 400);
    assert_eq!(status("/mobile/sso/de/sign-in?clientId=GCM_ANDROID_DARK"), 404);
}

#[test]
fn the_android_app_and_the_web_site_log_in_from_their_own_pages() {
    let sim = sim();
    let android = Login {
        agent: "com.garmin.android.apps.connectmobile".into(),
        query: Login::new("").query.replace("IOS", "ANDROID").replace("ios", "android"),
        ..Login::new("correct horse").from("/sso.garmin.com/mobile/sso/en/sign-in?clientId=GCM_ANDROID_DARK")
    };
    assert_eq!(kind(&android.send(&sim)), Value::from("SUCCESSFUL"));
    let query = "clientId=GarminConnect&locale=en-US&service=https://connect.garmin.com/app";
    let page = "/sso.garmin.com/portal/sso/en-US/sign-in?clientId=GarminConnect&service=https%3A%2F%2Fconnect.garmin.com%2Fapp";
    let portal =
        Login { path: "/portal/api/login".into(), query: query.into(), ..Login::new("correct horse").from(page) };
    assert_eq!(kind(&portal.send(&sim)), Value::from("SUCCESSFUL"));
    let plain = page.replace("%3A", ":").replace("%2F", "/");
    let readable = portal.clone().with("Referer", &format!("https:/{plain}"));
    assert_eq!(kind(&readable.send(&sim)), Value::from("SUCCESSFUL"), "a query may be encoded or not");
    assert_eq!(portal.clone().from(PAGE).send(&sim).status, 429, "the page of the other login");
    assert_eq!(portal.without("Referer").send(&sim).status, 429);
}

#[test]
fn a_login_faster_than_typing_can_be_rejected() {
    let mut scenario = Scenario::default_garmin(0, 1);
    scenario.min_login_pause_ms = 600_000;
    let sim = scenario.start();
    let cookies = page(&sim, PAGE).cookies();
    let login = Login::new("correct horse").with("Cookie", &cookies);
    assert_eq!(login.post(&sim).status, 429);
    sim.with(|state| state.scenario.min_login_pause_ms = 20);
    std::thread::sleep(std::time::Duration::from_millis(20));
    assert_eq!(login.post(&sim).status, 200);
}

#[test]
fn each_login_mode_of_an_account_has_its_response() {
    let with = |mode| {
        let mut scenario = Scenario::default_garmin(0, 1);
        scenario.accounts[0].login = mode;
        let sim = scenario.start();
        (Login::new("correct horse").send(&sim), page(&sim, PAGE).status)
    };
    assert_eq!(kind(&with(LoginMode::Captcha).0), Value::from("CAPTCHA_REQUIRED"));
    assert_eq!(with(LoginMode::RateLimitedHtml).0.status, 429);
    assert_eq!(with(LoginMode::RateLimitedJson).0.json()["error"]["status-code"], "429");
    assert_eq!(with(LoginMode::Challenge).0.status, 403);
    let (json, page) = with(LoginMode::Json427);
    assert_eq!((json.status, page, json.json()["error"]["status-code"].as_str()), (200, 200, Some("427")));
    assert_eq!(with(LoginMode::Status427).0.status, 427);
    assert_eq!(kind(&with(LoginMode::Locked).0), Value::from("ACCOUNT_LOCKED"));
    for (mode, status) in [(LoginMode::Page403, 403), (LoginMode::Page427, 427), (LoginMode::Page429, 429)] {
        let (login, page) = with(mode);
        assert_eq!((page, login.status), (status, 429), "without the page the client has no cookies");
    }
    assert_eq!(serde_json::to_value(LoginMode::Page427).unwrap(), "page427");
    assert_eq!(serde_json::to_value(LoginMode::Json427).unwrap(), "json427");
}

/// Sends a code for a login, with these cookies.
fn verify(sim: &Sim, login: &Login, cookies: &str, code: &str) -> Answer {
    let body = format!(
        r#"{{"mfaMethod":"email","mfaVerificationCode":"{code}","rememberMyBrowser":true,"reconsentList":[],"mfaSetup":false}}"#
    );
    Login { path: "/mobile/api/mfa/verifyCode".into(), body, ..login.clone() }.with("Cookie", cookies).post(sim)
}

#[test]
fn a_code_requires_the_cookies_query_and_headers_of_its_login() {
    let sim = Scenario::default_garmin(0, 1).with_mfa(COM, "123456").start();
    let cookies = page(&sim, PAGE).cookies();
    let login = Login::new("correct horse");
    let asked = login.clone().with("Cookie", &cookies).post(&sim);
    assert_eq!((asked.status, kind(&asked)), (200, "MFA_REQUIRED".into()));
    assert_eq!(asked.json()["customerMfaInfo"]["email"], "ru*****@example.com");
    assert_eq!(asked.cookies(), "", "the response sets no new cookies");
    assert_eq!(verify(&sim, &login, "", "123456").status, 429);
    assert_eq!(verify(&sim, &login.clone().without("Accept-Language"), &cookies, "123456").status, 429);
    assert_eq!(verify(&sim, &login.clone().without("Referer"), &cookies, "123456").status, 429);
    assert_eq!(verify(&sim, &login.clone().with("Accept-Language", "de"), &cookies, "123456").status, 429);
    let another = page(&sim, PAGE).cookies();
    assert_eq!(kind(&verify(&sim, &login, &another, "123456")), Value::from("SESSION_EXPIRED"));
    let other = Login { query: login.query.replace("IOS", "ANDROID").replace("ios", "android"), ..login.clone() };
    assert_eq!(kind(&verify(&sim, &other, &cookies, "123456")), Value::from("SESSION_EXPIRED"));
    assert_eq!(kind(&verify(&sim, &login, &cookies, "000000")), Value::from("MFA_CODE_INVALID"));
    let done = verify(&sim, &login, &cookies, "123456");
    assert_eq!((done.status, kind(&done)), (200, "SUCCESSFUL".into()));
    assert!(done.json().get("customerMfaInfo").is_none());
    assert_eq!(kind(&verify(&sim, &login, &cookies, "123456")), Value::from("SESSION_EXPIRED"));
}

#[test]
fn five_wrong_codes_end_the_login() {
    let sim = Scenario::default_garmin(0, 1).with_mfa(COM, "123456").start();
    let login = Login::new("correct horse");
    let cookies = page(&sim, PAGE).cookies();
    login.clone().with("Cookie", &cookies).post(&sim);
    for _ in 0..5 {
        assert_eq!(verify(&sim, &login, &cookies, "1").status, 401);
    }
    assert_eq!(kind(&verify(&sim, &login, &cookies, "123456")), Value::from("SESSION_EXPIRED"));
}
