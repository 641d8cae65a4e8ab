//! `gs-auth` and the COROS session: both formats of the login request, the second factor, four regions; one session per
//! account and one login per run.

use crate::support::faults::{ok_with, status};
use crate::support::{self, COROS_LIST, COROS_LOGIN, COROS_WHO, Said, Work, asked, coros, requests};
use gs_sim::{CorosLogin, CorosSpec, Effect, Fault, Sim};
use serde_json::Value;

fn login(work: &Work) -> Said {
    work.run("gs-auth", &["login", "--platform", "coros"])
}

fn state(work: &Work) -> Value {
    work.run("gs-auth", &["status", "--platform", "coros"]).ok().record()
}

fn logins(sim: &Sim) -> usize {
    asked(sim, COROS_LOGIN).len()
}

fn with_activities(count: usize) -> CorosSpec {
    CorosSpec { generate: count, ..CorosSpec::default() }
}

#[test]
fn a_login_sends_two_requests_and_is_reused_afterwards() {
    let sim = coros(with_activities(3));
    let work = Work::with_coros(&sim);
    login(&work).ok().silent();
    assert_eq!(
        requests(&sim),
        ["POST teamapi.coros.com/account/login 200", "GET teamcnapi.coros.com/account/query 200"],
        "any host accepts the login, and the response names the region"
    );
    sim.clear_log();
    let status = state(&work);
    assert_eq!([&status["state"], &status["name"], &status["domain"]], ["ok", "Test Runner", "coros.com (China)"]);
    assert_eq!([&status["expires"], &status["source"]], [&Value::Null, &"password".into()]);
    let table = work.run("gs-auth", &["status", "--format", "table"]).ok().out.clone();
    assert!(table.contains("coros.com (China)"), "{table}");
    assert_eq!(sim.log().len(), 0, "status works offline");
    work.run("gs-fetch", &[]).ok();
    assert!(sim.log().iter().all(|request| [COROS_WHO, COROS_LIST].contains(&request.path.as_str())));
    assert!(sim.log().iter().all(|request| request.host == "teamcnapi.coros.com"));
    // The next login goes to the known region of the account.
    sim.clear_log();
    login(&work).ok();
    assert_eq!(requests(&sim)[0], "POST teamcnapi.coros.com/account/login 200");
}

#[test]
fn the_md5_login_is_sent_only_if_the_bcrypt_login_is_unsupported() {
    for (form, requests) in [(CorosLogin::Bcrypt, 1), (CorosLogin::Md5, 2), (CorosLogin::Both, 1)] {
        let sim = coros(CorosSpec { login: form, password: "pässwörd 跑 \"$x".into(), ..with_activities(1) });
        let mut work = Work::with_coros(&sim);
        work.set("COROS_PASSWORD", "pässwörd 跑 \"$x");
        assert_eq!(work.run("gs-fetch", &[]).ok().silent().ids().len(), 1, "{form:?}");
        assert_eq!(logins(&sim), requests, "{form:?}");
    }
}

#[test]
fn the_login_response_selects_the_region_host() {
    for region in 1..=4 {
        for without_region in [false, true] {
            let sim = coros(CorosSpec { region, without_region, ..with_activities(2) });
            let work = Work::with_coros(&sim);
            assert_eq!(work.run("gs-fetch", &[]).ok().silent().ids().len(), 2, "{region}");
            let list = asked(&sim, COROS_LIST);
            let host = ["teamapi", "teamcnapi", "teameuapi", "teamsgapi"][region as usize - 1];
            assert!(list.iter().all(|request| request.host == format!("{host}.coros.com") && request.note.is_empty()));
            assert_eq!(logins(&sim), 1);
        }
    }
}

#[test]
fn a_wrong_password_sends_two_requests_and_is_not_retried_by_later_runs() {
    let sim = coros(with_activities(1));
    let mut work = Work::with_coros(&sim);
    work.set("COROS_PASSWORD", "wrong");
    work.run("gs-fetch", &[]).ends(77).says("wrong e-mail address or password").says("gs-auth login --platform coros");
    work.run("gs-fetch", &[]).ends(77).says("not retried automatically");
    assert_eq!(login_hosts(&sim), ["teamapi.coros.com", "teamcnapi.coros.com"]);
    sim.clear_log();
    // A manual login tries the hosts of all regions.
    login(&work).ends(77).says("teamapi.coros.com and teamcnapi.coros.com and teameuapi.coros.com and teamsgapi");
    assert_eq!(logins(&sim), 4);
    work.set("COROS_PASSWORD", "correct horse");
    login(&work).ok();
    work.run("gs-fetch", &[]).ok();
}

fn login_hosts(sim: &Sim) -> Vec<String> {
    asked(sim, COROS_LOGIN).into_iter().map(|request| request.host).collect()
}

#[test]
fn a_host_without_the_account_does_not_count_as_a_wrong_password() {
    for login_form in [CorosLogin::Both, CorosLogin::Md5] {
        let sim = coros(CorosSpec { region: 3, unknown_at: vec![1], login: login_form, ..with_activities(2) });
        let work = Work::with_coros(&sim);
        assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 2);
        let hosts = login_hosts(&sim);
        assert!(hosts.starts_with(&["teamapi.coros.com".into(), "teamcnapi.coros.com".into()]), "{hosts:?}");
        // Afterwards the region is known, and its host is tried first.
        sim.with(|state| state.expire_coros_token(3));
        sim.clear_log();
        work.run("gs-fetch", &[]).ok();
        assert_eq!(login_hosts(&sim)[0], "teameuapi.coros.com");
    }
    // If only the host of its region knows the account, a manual login succeeds.
    let sim = coros(CorosSpec { region: 4, unknown_at: vec![1, 2, 3], ..with_activities(1) });
    let work = Work::with_coros(&sim);
    work.run("gs-fetch", &[]).ends(77);
    login(&work).ok();
    work.run("gs-fetch", &[]).ok();
}

#[test]
fn a_rejected_password_is_not_retried_if_the_second_host_fails() {
    for effect in [status(503), status(429), Effect::Reset, Effect::Html] {
        let sim = coros(with_activities(1));
        let mut work = Work::with_coros(&sim);
        work.set("COROS_PASSWORD", "wrong");
        sim.fault(Fault::new(effect.clone()).host("teamcnapi.coros.com").contains(COROS_LOGIN));
        work.run("gs-fetch", &[]).ends(77).says("rejected by teamapi.coros.com");
        work.change("UPDATE login_failures SET until = 0");
        work.run("gs-fetch", &[]).ends(77);
        assert_eq!(logins(&sim), 2, "{effect:?}");
    }
}

#[test]
fn a_password_without_an_e_mail_address_is_ignored() {
    let sim = coros(with_activities(1));
    let mut work = Work::with_coros(&sim);
    work.set("COROS_EMAIL", "");
    work.run("gs-fetch", &[]).ends(77).says("not logged in");
    assert_eq!(state(&work)["password_set"], false);
    assert_eq!(sim.log().len(), 0);
}

#[test]
fn after_any_failed_login_the_next_run_does_not_log_in_again() {
    let cases = [
        (COROS_LOGIN, status(429), "429"),
        (COROS_LOGIN, status(503), "server error"),
        (COROS_LOGIN, Effect::Html, "a web page"),
        (COROS_LOGIN, Effect::Reset, ""),
        (COROS_LOGIN, Effect::AnswerLost, ""),
        (COROS_LOGIN, Effect::Cut { at: 20 }, ""),
        (COROS_LOGIN, ok_with("[]"), "without a result"),
        (COROS_LOGIN, ok_with(r#"{"result":"0000","data":{}}"#), "without a token"),
        (COROS_LOGIN, ok_with(r#"{"result":"1999","message":"Account locked"}"#), "1999 Account locked"),
        (
            COROS_LOGIN,
            ok_with(r#"{"result":"0000","data":{"accessToken":"0123456789abcdef","regionId":101}}"#),
            "region 101",
        ),
        (COROS_WHO, ok_with(r#"{"result":"1019","message":"Access token is invalid"}"#), "rejected the new token"),
    ];
    for (path, effect, words) in cases {
        let sim = coros(with_activities(1));
        let work = Work::with_coros(&sim);
        sim.fault(Fault::new(effect.clone()).contains(path));
        let said = work.run("gs-fetch", &[]);
        assert!([75, 77].contains(&said.code), "{path} {effect:?}\n{said}");
        said.says(words);
        assert!([75, 77].contains(&work.run("gs-fetch", &[]).code), "{path} {effect:?}");
        assert_eq!(logins(&sim), 1, "{path} {effect:?}: a login is never sent twice");
    }
}

#[test]
fn a_login_is_kept_if_the_check_after_it_fails() {
    for without_region in [false, true] {
        for effect in [Effect::Reset, Effect::Html, status(500)] {
            let sim = coros(CorosSpec { without_region, ..with_activities(1) });
            let work = Work::with_coros(&sim);
            sim.fault(Fault::new(effect.clone()).contains(COROS_WHO));
            login(&work).ok().says("could not be checked");
            sim.clear_faults();
            work.run("gs-fetch", &[]).ok();
            assert_eq!(logins(&sim), 1, "{effect:?}");
        }
    }
}

#[test]
fn a_login_that_was_not_sent_does_not_count_as_an_attempt() {
    let sim = coros(with_activities(1));
    let mut work = Work::with_coros(&sim);
    let base = sim.base_url();
    work.set("GS_RUN", "one").set("GS_LOOPBACK", "http://127.0.0.1:9");
    work.run("gs-fetch", &[]).ends(75);
    work.set("GS_LOOPBACK", &base);
    work.run("gs-fetch", &[]).ok();
}

#[test]
fn a_second_factor_is_prompted_on_the_terminal_with_three_attempts() {
    let spec =
        CorosSpec { region: 3, mfa_code: Some("135790".into()), second_factor_as_text: true, ..with_activities(2) };
    let sim = coros(spec);
    let work = Work::with_coros(&sim);
    let lines = [("Code sent by e-mail to runner@example.org", "999999"), ("The code was rejected", "135790")];
    let (code, shown) = work.on_a_terminal("login --platform coros", &lines);
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("logged in as Test Runner") && !shown.contains("135790"), "{shown}");
    let hosts: Vec<String> = sim.log().iter().skip(1).map(|request| request.host.clone()).collect();
    assert!(hosts.iter().all(|host| host == "teameuapi.coros.com"), "{hosts:?}");
    assert_eq!(sim.with(|state| state.coros.mails.len()), 1);
    let codes: Vec<_> =
        sim.log().into_iter().filter(|one| one.path.contains("captcha") || one.path.contains("2fa")).collect();
    assert_eq!(codes.len(), 3);
    assert!(codes.iter().all(|request| request.headers.contains(&"x-no-warnning".to_owned())));
    work.run("gs-fetch", &[]).ok();

    let sim = coros(CorosSpec { mfa_code: Some("135790".into()), ..with_activities(2) });
    let work = Work::with_coros(&sim);
    let wrong = ("Code sent by e-mail", "999999");
    let (code, shown) = work.on_a_terminal("login --platform coros", &[wrong, wrong, wrong]);
    assert_eq!(code, 77, "{shown}");
    assert!(shown.contains("wrong three times"), "{shown}");
}

#[test]
fn without_a_terminal_no_second_factor_code_is_requested() {
    let sim = coros(CorosSpec { mfa_code: Some("135790".into()), ..with_activities(2) });
    let work = Work::with_coros(&sim);
    work.run("gs-fetch", &[]).ends(77).says("second factor").says("gs-auth login --platform coros");
    work.run("gs-fetch", &[]).ends(77);
    assert_eq!((sim.log().len(), sim.with(|state| state.coros.mails.len())), (1, 0));
}

#[test]
fn a_browser_token_is_imported_bare_from_cookies_and_from_json() {
    for (region, wrap) in [
        (1, "TOKEN\n"),
        (4, "TOKEN"),
        (2, "CPL-coros-token=TOKEN; CPL-coros-region=2"),
        (3, "lang=en; CPL-coros-region=1; CPL-coros-token=TOKEN"),
        (3, r#"{"accessToken":"TOKEN","regionId":3}"#),
    ] {
        let sim = coros(CorosSpec { region, ..with_activities(2) });
        let work = Work::with(&sim);
        let text = wrap.replace("TOKEN", &sim.with(|state| state.issue_coros_token(region)));
        work.given("gs-auth", &["import", "-", "--platform", "coros"], &text).ok().silent();
        assert_eq!(state(&work)["source"], "browser");
        assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 2, "{wrap}: the service names the region");
        let exported = work.run("gs-auth", &["export", "--platform", "coros"]).ok().says("secret").out.clone();
        let other = Work::with(&sim);
        other.given("gs-auth", &["import", "-", "--platform", "coros"], &exported).ok();
        other.run("gs-fetch", &[]).ok();
        assert_eq!(logins(&sim), 0);
        work.run("gs-auth", &["logout", "--platform", "coros"]).ok();
        assert_eq!(state(&work)["state"], "none");
        work.run("gs-auth", &["export", "--platform", "coros"]).ends(77).says("gs-auth login --platform coros");
    }
}

#[test]
fn a_rejected_token_import_keeps_the_existing_token() {
    let sim = coros(with_activities(1));
    let work = Work::with_coros(&sim);
    login(&work).ok();
    let import = |text: &str| work.given("gs-auth", &["import", "-", "--platform", "coros"], text);
    import("0123456789abcdef0123").ends(77).says("rejected this token");
    import("hello").ends(2).says("CPL-coros-token");
    sim.fault(Fault::new(status(500)).contains(COROS_WHO));
    import("0123456789abcdef0123").ends(75);
    sim.clear_faults();
    work.run("gs-fetch", &[]).ok();
    assert_eq!(logins(&sim), 1);
}

#[test]
fn a_browser_login_names_the_cookie_and_accepts_a_pasted_token() {
    let sim = coros(with_activities(1));
    let work = Work::with(&sim);
    let token = sim.with(|state| state.issue_coros_token(2));
    let (code, shown) = work.on_a_terminal("login --platform coros", &[("Paste it here", &token)]);
    assert_eq!(code, 0, "{shown}");
    assert!(!shown.contains(&token), "{shown}");
    let said = Work::alone().run("gs-auth", &["login", "--browser", "--platform", "coros"]);
    said.ends(77).says("CPL-coros-token").says("https://t.coros.com/");
    let said = Work::alone().run("gs-auth", &["import", &token, "--platform", "coros"]);
    assert!(said.ends(2).err.contains("pipe it in") && !said.err.contains(&token), "{said}");
    Work::alone().run("gs-auth", &["import", "--platform", "coros"]).ends(2).says("gs-auth import - --platform coros");
    let file = work.dir().join("cookie.txt");
    std::fs::write(&file, format!("CPL-coros-token={token}\n")).unwrap();
    Work::with(&sim).run("gs-auth", &["import", file.to_str().unwrap(), "--platform", "coros"]).ok();
}

#[test]
fn a_session_ended_by_another_login_leads_to_one_new_login() {
    let sim = coros(with_activities(3));
    let work = Work::with_coros(&sim);
    work.run("gs-fetch", &[]).ok();
    sim.with(|state| state.issue_coros_token(2));
    sim.clear_log();
    assert_eq!(work.run("gs-fetch", &[]).ok().silent().ids().len(), 3);
    assert_eq!(
        requests(&sim),
        [
            "GET teamcnapi.coros.com/account/query 200",
            "POST teamcnapi.coros.com/account/login 200",
            "GET teamcnapi.coros.com/account/query 200",
            "GET teamcnapi.coros.com/account/query 200",
            "GET teamcnapi.coros.com/activity/query 200",
        ]
    );
}

#[test]
fn a_session_that_ends_twice_in_a_run_leads_to_no_second_login() {
    let sim = coros(with_activities(3));
    let mut work = Work::with_coros(&sim);
    work.set("GS_RUN", "one");
    work.run("gs-fetch", &[]).ok();
    let dead = r#"{"result":"1019","message":"Access token is invalid"}"#;
    sim.fault(Fault::new(ok_with(dead)).contains(COROS_LIST));
    work.change("DELETE FROM login_attempts");
    sim.clear_log();
    work.run("gs-fetch", &[]).ends(75).says("login ended by another session");
    assert_eq!((logins(&sim), asked(&sim, COROS_LIST).len()), (1, 2), "one login per run");
    // The other commands of the pipeline send no requests and do not log in.
    let before = sim.log().len();
    let record = r#"{"type":"activity","platform":"coros","id":"7"}"#;
    work.given("gs-download", &[], record).ends(75);
    assert_eq!(sim.log().len(), before);
    assert_eq!(state(&work)["state"], "login-needed");
    // The next run may log in.
    sim.clear_faults();
    work.set("GS_RUN", "two");
    work.run("gs-fetch", &[]).ok();
    assert_eq!(logins(&sim), 2);
}

#[test]
fn an_ended_session_without_a_password_is_reported_and_not_retried() {
    let sim = coros(with_activities(3));
    let work = Work::with(&sim);
    let token = sim.with(|state| state.issue_coros_token(2));
    work.given("gs-auth", &["import", "-", "--platform", "coros"], &token).ok();
    sim.with(|state| state.expire_coros_token(2));
    sim.clear_log();
    for _ in 0..3 {
        let said = work.run("gs-fetch", &[]);
        said.ends(77).says("another login").says("run gs-auth login --platform coros");
    }
    assert_eq!(requests(&sim), ["GET teamcnapi.coros.com/account/query 200"]);
    assert_eq!(state(&work)["state"], "login-needed");
    let table = work.run("gs-auth", &["status", "--format", "table", "--platform", "coros"]).ok().out.clone();
    assert!(table.contains("another login"), "{table}");
}

#[test]
fn an_account_moved_to_another_region_leads_to_one_new_login() {
    let sim = coros(with_activities(2));
    let work = Work::with_coros(&sim);
    work.run("gs-fetch", &[]).ok();
    sim.with(|state| state.coros_account(2).spec.region = 4);
    sim.clear_log();
    work.run("gs-fetch", &[]).ok();
    assert_eq!(logins(&sim), 1);
    assert_eq!(sim.log().last().unwrap().host, "teamsgapi.coros.com");
    assert_eq!(state(&work)["domain"], "coros.com (Singapore)");
}

#[test]
fn parallel_commands_share_one_login() {
    let sim = gs_sim::Scenario { coros: vec![with_activities(3)], latency_ms: 10, ..support::scenario(0) }.start();
    let work = Work::with_coros(&sim);
    for _ in 0..2 {
        let children: Vec<_> = (0..4).map(|_| work.spawn("gs-fetch", &[], "")).collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        assert_eq!(logins(&sim), 1);
        sim.with(|state| state.expire_coros_token(2));
        sim.clear_log();
    }
}

#[test]
fn secrets_are_stored_only_in_the_token_file() {
    let sim = coros(with_activities(4));
    let work = Work::with_coros(&sim);
    let mut all = String::new();
    let mut record = |said: Said| {
        all.push_str(&said.err);
        said.out
    };
    record(login(&work));
    sim.with(|state| state.expire_coros_token(2));
    let list = record(work.run("gs-fetch", &["-vv", "--log", "json"]));
    assert!(!list.is_empty());
    record(work.given("gs-download", &["-vv"], &list));
    sim.fault(Fault::new(status(404)).host("oss.coros.com"));
    record(work.given("gs-download", &["-vv", "--force"], &list));
    sim.clear_faults();
    sim.fault(Fault::new(Effect::Reset).host("oss.coros.com"));
    record(work.given("gs-download", &["-vv", "--force"], &list));
    all.push_str(&list);
    let token: Value = serde_json::from_slice(&std::fs::read(work.data("tokens/coros.json")).unwrap()).unwrap();
    for file in work.files("") {
        if !file.ends_with("tokens/coros.json") {
            all.push_str(&String::from_utf8_lossy(&std::fs::read(file).unwrap()));
        }
    }
    assert!(all.contains("oss.coros.com/***"), "the log shows the requests without their path");
    let md5 = gs_sim::coros::md5_hex(b"correct horse");
    let text = |name: &str| token[name].as_str().unwrap().to_owned();
    for secret in [text("access_token"), text("user_id"), "correct horse".into(), md5, "/fit/".into()] {
        assert!(!all.contains(&secret), "{secret}");
    }
}
