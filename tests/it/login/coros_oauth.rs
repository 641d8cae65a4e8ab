//! The login to COROS by OAuth, and its token: a link for any device, single-use refresh tokens, one region.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::coros_oauth::{
    HOST, REGION, TOKEN, end_in, fetch, issued, issued_in, log_in, set, sim, store, stored, work,
};
use crate::support::faults::{answer, ok_with, status};
use crate::support::{Work, asked, requests};
use gs_sim::{CorosSpec, Effect, Fault, McpRegion, McpSpec, McpVisit, Scenario, Sim};

const TOKENS: &str = "/oauth2/token";
const CLAIM: &str = "/claim";

fn reused(sim: &Sim) -> (u32, u32) {
    sim.with(|state| (state.coros_mcp.refreshes, state.coros_mcp.reuses))
}

#[test]
fn a_login_by_link_is_stored_and_used_for_reading() {
    let sim = sim(12, |_| ());
    let mut work = Work::with(&sim);
    work.set("SYNC_PLATFORM", "COROS");
    let said = log_in(&work, &sim, Some(McpVisit::Approve));
    said.ok().says(&format!("https://{HOST}/login?session=")).says("access allowed");
    assert!(sim.log().iter().all(|request| [HOST, "mcp.coros.com"].contains(&request.host.as_str())));
    assert!(asked(&sim, CLAIM).iter().all(|request| request.status == 200));
    let token = stored(&work);
    for secret in ["access_token", "refresh_token", "user_id"] {
        let secret = token[secret].as_str().unwrap();
        assert!(!said.err.contains(secret) && !said.out.contains(secret), "{said}");
    }
    let shown = said.err.lines().filter(|line| line.contains("login-sessions") && line.contains("claim"));
    assert_eq!(shown.count(), 0, "the path of the session is a secret\n{said}");
    let meta = std::fs::metadata(work.data(TOKEN)).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o777, 0o600);
    let status = work.run("gs-auth", &["status", "--platform", "coros"]).ok().record();
    assert_eq!([&status["access"], &status["state"], &status["domain"]], ["oauth", "ok", HOST]);
    assert_eq!([&status["reads"], &status["writes"]], [true, false]);
    assert_eq!(fetch(&work).ok().ids().len(), 12);
    // The next login uses the same client.
    log_in(&work, &sim, Some(McpVisit::Approve)).ok();
    assert_eq!(sim.with(|state| state.coros_mcp.clients.len()), 1);
    work.run("gs-auth", &["login", "--platform", "garmin-com", "--oauth"])
        .ends(2)
        .says("garmin-com has no OAuth; use gs-auth key --platform garmin-com or gs-auth login --platform garmin-com");
    work.run("gs-auth", &["logout", "-v", "--platform", "coros"]).ok().says("coros: OAuth token deleted");
    assert!(!work.data(TOKEN).exists());
}

#[test]
fn a_login_that_fails_says_why_and_keeps_the_stored_token() {
    let refused = |sim: &Sim| log_in(&work_with_token(sim), sim, Some(McpVisit::Refuse));
    refused(&sim(1, |_| ())).ends(77).says("rejected on COROS' page (ACCESS_DENIED)").says("--oauth");
    let cases: [(&str, Effect, i32, &str); 9] = [
        (CLAIM, ok_with(r#"{"status":"expired"}"#), 77, "nobody logged in"),
        (CLAIM, ok_with(r#"{"status":"claimed","errorCode":"X"}"#), 77, "another program"),
        (CLAIM, ok_with("{}"), 75, "unexpected response"),
        (CLAIM, status(404), 75, "HTTP 404"),
        ("/openid-configuration", Effect::Html, 75, "does not name the host"),
        ("/login-sessions", status(503), 75, "HTTP 503"),
        ("/connect/register", answer(400, "{}"), 75, "HTTP 400"),
        ("/oauth2/authorize", status(500), 75, "HTTP 500"),
        (TOKENS, Effect::Html, 75, "no tokens"),
    ];
    for (path, effect, code, words) in cases {
        let sim = sim(1, |_| ());
        let mut work = work_with_token(&sim);
        if path == "/connect/register" {
            work = Work::with(&sim);
        }
        let before = work.data(TOKEN).exists().then(|| stored(&work));
        sim.fault(Fault::new(effect.clone()).contains(path));
        let said = log_in(&work, &sim, Some(McpVisit::Approve));
        said.ends(code).says(words);
        assert_eq!(work.data(TOKEN).exists().then(|| stored(&work)), before, "{path} {effect:?}");
    }
}

fn work_with_token(sim: &Sim) -> Work {
    work(sim)
}

#[test]
fn a_new_token_is_stored_after_its_check() {
    let sim = sim(3, |_| ());
    let work = work(&sim);
    let before = stored(&work);
    sim.fault(Fault::new(Effect::Unauthorized).path("/mcp"));
    log_in(&work, &sim, Some(McpVisit::Approve)).ends(77).says("the token of the new login (HTTP 401)");
    assert_eq!(stored(&work), before);
    assert!(asked(&sim, TOKENS).len() == 1, "the new token is not renewed: {:?}", requests(&sim));
    // Killed during the check.
    sim.clear_faults();
    sim.clear_log();
    sim.fault(Fault::new(Effect::Stall { ms: 20_000 }).path("/mcp"));
    let mut child = work.spawn("gs-auth", &["login", "--platform", "coros", "--oauth"], "");
    wait_for(&sim, "/login-sessions");
    let end = Instant::now() + Duration::from_secs(20);
    let mut is_open = false;
    while !sim.log().iter().any(|request| request.note.contains("fault: ")) {
        assert!(Instant::now() < end, "{:?}", requests(&sim));
        if let Some(url) = sim.with(|state| state.mcp_login_url()).filter(|_| !is_open) {
            is_open = sim.with(|state| state.open_mcp_login(REGION, &url, McpVisit::Approve));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    sim.clear_faults();
    assert_eq!(stored(&work), before);
    fetch(&work).ok();
}

#[test]
fn a_login_registers_a_new_client_if_the_old_one_may_be_unknown() {
    let sim = sim(1, |_| ());
    let work = work(&sim);
    let clients = || sim.with(|state| state.coros_mcp.clients.len());
    let before = clients();
    set(&work, "dead", "COROS does not renew the token (invalid_client)");
    log_in(&work, &sim, Some(McpVisit::Approve)).ok();
    assert_eq!(clients(), before + 1);
    sim.fault(Fault::new(status(403)).contains("/login-sessions").count(1));
    log_in(&work, &sim, Some(McpVisit::Approve)).ok();
    assert_eq!(clients(), before + 2);
}

#[test]
fn a_failure_that_passes_does_not_end_a_login() {
    let busy = |status, retry_after: &str| Effect::Status {
        status,
        retry_after: Some(retry_after.into()),
        body: None,
        content_type: None,
    };
    let sim = sim(1, |_| ());
    let work = work(&sim);
    // The last one asks for a wait that is longer than the login may take.
    for effect in [Effect::Reset, status(503), status(502), busy(429, "2"), busy(429, "3600")] {
        sim.fault(Fault::new(effect.clone()).contains(CLAIM).count(1));
        log_in(&work, &sim, Some(McpVisit::Approve)).ok();
        sim.clear_faults();
    }
}

#[test]
fn an_interrupted_login_ends_at_once_and_stores_nothing() {
    let sim = sim(1, |mcp| mcp.poll_interval = Some(30));
    let work = Work::with(&sim);
    let child = work.spawn("gs-auth", &["login", "--platform", "coros", "--oauth"], "");
    wait_for(&sim, "/login-sessions");
    let begun = Instant::now();
    let output = interrupted(child);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(130) && said.contains("coros: cancelled; nothing was changed"), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(10) && !work.data(TOKEN).exists());
}

fn wait_for(sim: &Sim, path: &str) {
    let end = Instant::now() + Duration::from_secs(20);
    while asked(sim, path).is_empty() {
        assert!(Instant::now() < end, "no request for {path}: {:?}", requests(sim));
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn interrupted(child: Child) -> std::process::Output {
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    child.wait_with_output().unwrap()
}

#[test]
fn a_login_needs_the_tools_and_the_account_of_the_data_folder() {
    let gone = sim(1, |mcp| mcp.tools_gone = vec!["downloadActivityFitFiles".into()]);
    let work = Work::with(&gone);
    log_in(&work, &gone, Some(McpVisit::Approve)).ends(75).says("no longer offers downloadActivityFitFiles");
    assert!(!work.data(TOKEN).exists());
    let bob = CorosSpec { email: "bob@example.org".into(), region: 3, generate: 4, ..CorosSpec::default() };
    let ann = CorosSpec { region: REGION, generate: 4, ..CorosSpec::default() };
    let mcp = McpSpec { poll_interval: Some(1), region: Some(McpRegion::Cn), ..McpSpec::default() };
    let two = Scenario { coros: vec![ann, bob], coros_mcp: mcp, ..Scenario::default() }.start();
    // The login of the Training Hub has made Ann the owner.
    let work = Work::with_coros(&two);
    fetch(&work).ok();
    store(&work, &issued(&two));
    fetch(&work).ok();
    store(&work, &issued_in(&two, 3));
    fetch(&work).ends(78).says("belongs to");
    std::fs::remove_file(work.data(TOKEN)).unwrap();
    let said = bob_logs_in(&work, &two);
    said.ends(78).says("belongs to").says("run gs-fetch first");
    assert!(!work.data(TOKEN).exists(), "a token of another account is not stored");
}

fn bob_logs_in(work: &Work, sim: &Sim) -> crate::support::Said {
    let mut command = work.command("gs-auth", &["login", "--platform", "coros", "--oauth"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(sim, "/login-sessions");
    loop {
        if let Some(url) = sim.with(|state| state.mcp_login_url()) {
            assert!(sim.with(|state| state.open_mcp_login(3, &url, McpVisit::Approve)));
            break;
        }
    }
    crate::support::Said::of("bob", &child.wait_with_output().unwrap())
}

#[test]
fn without_a_user_id_the_activities_show_the_owner() {
    let sim = sim(6, |_| ());
    let work = Work::with_coros(&sim);
    fetch(&work).ok();
    let mut token = issued(&sim);
    token.as_object_mut().unwrap().remove("user_id");
    store(&work, &token);
    sim.clear_log();
    fetch(&work).ok();
    assert!(sim.log().iter().all(|request| request.host == HOST));
    // The id of the login is not that of the Training Hub: the activities decide.
    work.change("UPDATE identities SET account = 'another id' WHERE platform = 'coros'");
    log_in(&work, &sim, Some(McpVisit::Approve)).ok();
    fetch(&work).ok();
    // Another person has other ids.
    work.change(
        "DELETE FROM service_json; UPDATE activities SET id = id || '0', first_listing = NULL WHERE platform = 'coros'",
    );
    fetch(&work).ends(78).says("belongs to");
}

#[test]
fn without_an_owner_the_known_activities_decide_who_may_log_in() {
    let bob = CorosSpec { email: "bob@example.org".into(), region: 3, generate: 4, ..CorosSpec::default() };
    let ann = CorosSpec { region: REGION, generate: 4, ..CorosSpec::default() };
    let mcp = McpSpec { poll_interval: Some(1), region: Some(McpRegion::Cn), ..McpSpec::default() };
    let two = Scenario { coros: vec![ann, bob], coros_mcp: mcp, ..Scenario::default() }.start();
    let work = work(&two);
    set(&work, "user_id", serde_json::Value::Null);
    fetch(&work).ok();
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM identities"), 0);
    let kept = stored(&work);
    bob_logs_in(&work, &two).ends(78).says("without any known activity");
    assert_eq!(stored(&work), kept);
    store(&work, &issued_in(&two, 3));
    fetch(&work).ends(78).says("without any known activity");
    set(&work, "user_id", serde_json::Value::Null);
    fetch(&work).ends(78).says("without any known activity");
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM activities"), 4);
    store(&work, &issued(&two));
    fetch(&work).ok();
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM identities"), 1);
}

#[test]
fn imported_activities_do_not_decide_who_may_log_in() {
    let sim = sim(3, |_| ());
    let mut work = Work::with(&sim);
    work.set("SYNC_PLATFORM", "COROS");
    // From an export, of which the account shows nothing any more.
    work.run("gs-list", &["--stats"]).ok();
    work.change(
        "INSERT INTO activities (platform, id, start_time, first_seen, last_seen) VALUES ('coros', '1', 1, 1, 1)",
    );
    log_in(&work, &sim, Some(McpVisit::Approve)).ok();
    fetch(&work).ok();
}

#[test]
fn the_training_hub_may_name_the_owner_by_another_id_than_the_login_by_link_did() {
    let bob = CorosSpec { email: "bob@example.org".into(), region: 3, generate: 4, ..CorosSpec::default() };
    let ann = CorosSpec { region: REGION, generate: 4, ..CorosSpec::default() };
    let two = Scenario { coros: vec![ann, bob], ..Scenario::default() }.start();
    for by_password in [true, false] {
        let mut work = work(&two);
        set(&work, "user_id", "oauth-id");
        fetch(&work).ok();
        let mut log_in = |email: &str, region| match by_password {
            true => {
                work.set("COROS_EMAIL", email).set("COROS_PASSWORD", "correct horse");
                work.run("gs-auth", &["login", "--platform", "coros"])
            }
            false => {
                let token = two.with(|state| state.issue_coros_token(region));
                work.given("gs-auth", &["import", "-", "--platform", "coros"], &token)
            }
        };
        log_in("bob@example.org", 3).ends(78).says("this login belongs to");
        log_in("runner@example.org", REGION).ok();
        fetch(&work).ok();
        set(&work, "dead", "ended");
        fetch(&work).ok();
    }
}

#[test]
fn a_token_is_renewed_once_and_saved_before_it_is_used() {
    let sim = sim(3, |_| ());
    let work = work(&sim);
    fetch(&work).ok();
    assert_eq!(reused(&sim), (0, 0));
    // Near its end, at its end, and after the service ended it.
    for seconds in [60, -10] {
        end_in(&work, seconds);
        fetch(&work).ok();
    }
    sim.with(|state| state.expire_mcp_tokens(REGION));
    fetch(&work).ok();
    assert_eq!(reused(&sim), (3, 0));
    assert!(stored(&work)["renewal_begun"].is_null());
    // Several commands at the same time renew it once.
    end_in(&work, -10);
    let children: Vec<Child> = (0..4).map(|_| work.spawn("gs-fetch", &[], "")).collect();
    for child in children {
        assert!(child.wait_with_output().unwrap().status.success());
    }
    assert_eq!(reused(&sim), (4, 0));
}

/// Runs gs-fetch with this fault at the renewal, and kills it there.
fn killed(work: &Work, sim: &Sim, effect: Effect) {
    sim.fault(Fault::new(effect).contains(TOKENS).count(1));
    let mut child = work.spawn("gs-fetch", &[], "");
    let end = Instant::now() + Duration::from_secs(20);
    while !sim.log().iter().any(|request| request.note.contains("fault: ")) {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    sim.clear_faults();
}

#[test]
fn a_renewal_that_is_killed_before_the_service_gets_it_loses_nothing() {
    let sim = sim(3, |_| ());
    let work = work(&sim);
    for seconds in [60, -10] {
        end_in(&work, seconds);
        killed(&work, &sim, Effect::Stall { ms: 20_000 });
        assert!(stored(&work)["renewal_begun"].is_string());
        fetch(&work).ok();
    }
    assert_eq!(reused(&sim), (1, 0), "before its end, the token is used as it is");
}

#[test]
fn after_a_renewal_whose_response_was_lost_the_access_token_is_used_to_its_end() {
    for lost in [true, false] {
        let sim = sim(3, |_| ());
        let work = work(&sim);
        end_in(&work, 60);
        match lost {
            true => sim.fault(Fault::new(Effect::AnswerLost).contains(TOKENS).count(1)),
            false => killed(&work, &sim, Effect::Held { ms: 20_000 }),
        }
        fetch(&work).ok();
        fetch(&work).ok();
        assert_eq!(reused(&sim), (1, 0), "the used token is not sent again while the access token works");
        end_in(&work, -10);
        fetch(&work).ends(77).says("an earlier renewal was interrupted").says("gs-auth login --platform coros --oauth");
        fetch(&work).ends(77);
        assert_eq!(reused(&sim), (1, 1), "an ended token is not tried again");
    }
}

#[test]
fn a_renewal_that_was_not_sent_is_not_taken_for_an_interrupted_one() {
    let sim = sim(3, |_| ());
    let mut work = work(&sim);
    end_in(&work, 60);
    let base = sim.base_url();
    work.set("GS_LOOPBACK", "http://127.0.0.1:9");
    fetch(&work).ends(75);
    assert!(stored(&work)["renewal_begun"].is_null());
    work.set("GS_LOOPBACK", &base);
    fetch(&work).ok();
    assert_eq!(reused(&sim), (1, 0));
}

#[test]
fn a_renewal_that_fails_keeps_the_token() {
    for effect in [Effect::Html, status(503), status(429), Effect::Reset, answer(400, r#"{"error":"server_error"}"#)] {
        let sim = sim(3, |_| ());
        let work = work(&sim);
        let token = stored(&work)["refresh_token"].clone();
        end_in(&work, -10);
        sim.fault(Fault::new(effect.clone()).contains(TOKENS));
        fetch(&work).ends(75);
        assert!(asked(&sim, TOKENS).len() <= 1, "it is begun once in a run: {effect:?}");
        assert_eq!(stored(&work)["refresh_token"], token, "{effect:?}");
        sim.clear_faults();
        fetch(&work).ok();
        assert_eq!(reused(&sim), (1, 0), "{effect:?}");
    }
}

#[test]
fn a_renewal_without_a_refresh_token_keeps_the_old_one() {
    let sim = sim(3, |_| ());
    let work = work(&sim);
    let refresh = stored(&work)["refresh_token"].clone();
    end_in(&work, -10);
    // The service does not know this token, so it is renewed once more.
    let given = r#"{"access_token":"unknown","token_type":"Bearer","expires_in":3600}"#;
    sim.fault(Fault::new(ok_with(given)).contains(TOKENS).count(1));
    sim.fault(Fault::new(status(503)).path("/mcp"));
    fetch(&work).ends(75);
    assert_eq!([&stored(&work)["access_token"], &stored(&work)["refresh_token"]], [&"unknown".into(), &refresh]);
    sim.clear_faults();
    fetch(&work).ok();
    assert_eq!(reused(&sim), (1, 0));
}

#[test]
fn a_renewal_is_not_repeated_before_the_time_that_the_service_names() {
    for (seconds, logs_in) in [(-10, false), (60, false), (60, true)] {
        let sim = sim(3, |_| ());
        let work = work(&sim);
        end_in(&work, seconds);
        sim.fault(Fault::new(limited()).contains(TOKENS));
        for _ in 0..3 {
            let said = fetch(&work);
            match seconds {
                // The token still works.
                60 => said.ok(),
                _ => said.ends(75).says("COROS gives no new token before 20"),
            };
        }
        assert_eq!(asked(&sim, TOKENS).len(), 1);
        sim.clear_faults();
        // The time has come, or a person logs in.
        match logs_in {
            true => drop(log_in(&work, &sim, Some(McpVisit::Approve)).ok()),
            false => set(&work, "limited_until", "2026-01-01T00:00:00Z"),
        }
        fetch(&work).ok();
        assert_eq!(asked(&sim, TOKENS).len(), 2, "a renewal, or the exchange of the login");
        assert!(stored(&work)["limited_until"].is_null() && stored(&work)["renewal_begun"].is_null());
    }
}

#[test]
fn a_login_that_the_service_limits_names_the_time() {
    for path in ["/connect/register", "/login-sessions", TOKENS] {
        let sim = sim(1, |_| ());
        let work = Work::with(&sim);
        sim.fault(Fault::new(limited()).contains(path));
        let said = log_in(&work, &sim, Some(McpVisit::Approve));
        said.ends(75).says("COROS allows no login before 20");
        assert!(!work.data(TOKEN).exists());
    }
}

fn limited() -> Effect {
    Effect::Status { status: 429, retry_after: Some("3600".into()), body: None, content_type: None }
}

#[test]
fn nothing_is_exchanged_that_cannot_be_saved() {
    let sim = sim(3, |_| ());
    let work = work(&sim);
    end_in(&work, -10);
    let tokens = work.data("tokens");
    // A folder in the place of the lock: nothing can be locked or written.
    std::fs::create_dir(tokens.join("coros.oauth.lock")).unwrap();
    assert_ne!(fetch(&work).code, 0);
    assert_eq!(asked(&sim, TOKENS).len(), 0);
    std::fs::remove_dir(tokens.join("coros.oauth.lock")).unwrap();
    fetch(&work).ok();
}

#[test]
fn an_ended_token_needs_a_login_and_other_platforms_go_on() {
    let sim = sim(3, |_| ());
    let mut work = work(&sim);
    work.set("SYNC_PLATFORM", "GARMINCOM,COROS").set("GARMIN_EMAIL", "runner@example.com");
    work.set("GARMIN_PASSWORD", "correct horse");
    // Another program used the refresh token.
    sim.with(|state| state.revoke_mcp_tokens(REGION));
    let said = fetch(&work);
    said.ends(77).says("coros: COROS does not renew the token (invalid_grant)").says("another program used");
    assert_eq!(said.ids().len(), 3, "garmin.com is listed\n{said}");
    let status = work.run("gs-auth", &["status", "--platform", "coros"]).ok().record();
    assert_eq!(status["state"], "login-needed");
    sim.clear_log();
    fetch(&work).ends(77);
    assert!(sim.log().iter().all(|request| !request.host.ends_with("coros.com")), "it is not tried again");
    log_in(&work, &sim, Some(McpVisit::Approve)).ok();
    fetch(&work).ok();
}

#[test]
fn a_token_is_sent_only_to_the_host_of_its_region() {
    let sim = sim(3, |_| ());
    let work = work(&sim);
    set(&work, "issuer", "https://mcpeu.coros.com");
    fetch(&work).ends(77).says("another region").says("gs-auth login --platform coros --oauth");
    set(&work, "issuer", "https://evil.example");
    sim.clear_log();
    fetch(&work).ends(77).says("unknown host");
    assert_eq!(sim.log().len(), 0);
    set(&work, "issuer", format!("https://{HOST}"));
    sim.with(|state| state.scenario.coros_mcp.moved_to = Some("https://mcpeu.coros.com/mcp".into()));
    fetch(&work).ends(75).says("HTTP 307");
    assert!(sim.log().iter().all(|request| request.host == HOST), "{:?}", requests(&sim));
}
