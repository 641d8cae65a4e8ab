//! The simulator against python-garminconnect, an independent client of Garmin Connect: the simulator has to support
//! every request that this client sends to the real service.
//!
//! Requires `target/garminconnect-venv`, which `scripts/test` creates, or another Python environment that
//! `GARMINCONNECT_VENV` names, with Python 3.12 or newer: older ones get older releases of the client only.

use crate::client::Foreign;
use gs_sim::{LoginMode, Scenario, fit, sha256};
use serde_json::{Value, json};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/external/garminconnect.py");

/// All login strategies of the client, in its order; those with `cffi` imitate a browser, including its TLS.
const STRATEGIES: [&str; 5] = ["mobile+cffi", "mobile+requests", "widget+cffi", "portal+cffi", "portal+requests"];

fn run(foreign: &Foreign, args: &[&str]) -> Value {
    // -I removes the script's own folder from Python's search path.
    serde_json::from_str(&foreign.run("garminconnect", "python", &[&["-I", SCRIPT], args].concat())).unwrap()
}

fn enter(foreign: &Foreign, strategies: &[&str]) -> Value {
    run(foreign, &[&["enter", "123456"], strategies].concat())
}

fn with_login(login: LoginMode) -> Foreign {
    let mut scenario = Scenario::default_garmin(0, 1);
    scenario.accounts[0].login = login;
    Foreign::start(scenario)
}

#[test]
fn every_login_strategy_of_the_client_succeeds() {
    let foreign = Foreign::start(Scenario::default_garmin(0, 1));
    let entered = enter(&foreign, &STRATEGIES);
    for strategy in STRATEGIES {
        let wanted = json!({"name": "Test Runner", "profile": 1_000_001, "units": "metric"});
        assert_eq!(entered[strategy], wanted, "{strategy}");
    }
    let offered: Vec<_> = foreign.sim.log().into_iter().filter_map(|request| request.alpn).collect();
    assert!(offered.iter().all(|all| all.contains(&"http/1.1".to_owned())), "{offered:?}");
}

#[test]
fn every_strategy_but_the_portal_supports_a_second_factor() {
    let foreign = Foreign::start(Scenario::default_garmin(0, 1).with_mfa("garmin.com", "123456"));
    let entered = enter(&foreign, &STRATEGIES);
    for strategy in ["mobile+cffi", "mobile+requests", "widget+cffi"] {
        assert_eq!(entered[strategy]["name"], "Test Runner", "{strategy}");
    }
    for strategy in ["portal+cffi", "portal+requests"] {
        assert!(entered[strategy]["refused"].is_string(), "{strategy}: the web login does not support a second factor");
    }
    foreign.sim.with(|state| state.account("garmin.com").spec.mfa_code = Some("another".into()));
    let wrong = enter(&foreign, &["mobile+requests", "widget+cffi"]);
    assert_eq!(wrong["mobile+requests"]["refused"], "GarminConnectAuthenticationError");
    assert_eq!(wrong["widget+cffi"]["refused"], "GarminConnectAuthenticationError");
}

#[test]
fn the_client_recognizes_each_kind_of_login_rejection() {
    let blocked = "GarminConnectTooManyRequestsError";
    for (mode, wanted) in [
        (LoginMode::Status427, blocked),
        (LoginMode::RateLimitedHtml, blocked),
        (LoginMode::Page427, blocked),
        (LoginMode::Page429, blocked),
        (LoginMode::Page403, "GarminConnectConnectionError"),
        (LoginMode::Challenge, "GarminConnectConnectionError"),
    ] {
        let entered = enter(&with_login(mode), &["mobile+requests"]);
        assert_eq!(entered["mobile+requests"]["refused"], wanted, "{mode:?}");
    }
    let foreign = with_login(LoginMode::Normal);
    foreign.sim.with(|state| state.account("garmin.com").spec.password = "another".into());
    for strategy in ["mobile+requests", "widget+cffi", "portal+requests"] {
        let refused = enter(&foreign, &[strategy])[strategy]["refused"].clone();
        assert_eq!(refused, "GarminConnectAuthenticationError", "{strategy}");
    }
}

#[test]
fn an_expired_access_token_is_renewed_and_both_tokens_change() {
    let foreign = Foreign::start(Scenario::default_garmin(0, 1));
    let tokens = foreign.sim.with(|state| state.issue_token("garmin.com"));
    foreign.sim.with(|state| state.expire_access_tokens("garmin.com"));
    let after = run(&foreign, &["tokens", &tokens.to_string()]);
    assert_eq!(after["name"], "Test Runner");
    for part in ["di_token", "di_refresh_token"] {
        assert!(after[part].is_string() && after[part] != tokens[part], "{part}");
    }
}

#[test]
fn the_client_can_list_download_upload_and_delete_activities() {
    let foreign = Foreign::start(Scenario::default_garmin(25, 7));
    let sim = &foreign.sim;
    sim.with(|state| state.scenario.paging.count_excludes_parents = false);
    let files = [(1_793_500_000, "first.fit"), (1_793_600_000, "second.fit")].map(|(start, name)| {
        let path = foreign.dir().join(name);
        std::fs::write(&path, fit::run(start, 1800, 5000.0).build()).unwrap();
        path.display().to_string()
    });
    let ids = sim.with(|state| state.ids("garmin.com"));
    let tokens = sim.with(|state| state.issue_token("garmin.com")).to_string();
    let got = run(&foreign, &["work", &tokens, &files[0], &files[1]]);
    assert_eq!((&got["count"], &got["ids"]), (&json!(25), &json!(ids)));
    assert_eq!((&got["types"]["running"], &got["types"]["trail_running"]), (&json!(1), &json!(6)));
    let id = got["id"].as_u64().unwrap();
    assert!(got["by_day"].as_array().unwrap().contains(&got["id"]) && got["detail"] == got["id"]);
    assert!(got["runs"].as_u64().is_some_and(|runs| (1..25).contains(&runs)), "{}", got["runs"]);
    assert!(got["entry"].as_str().unwrap().ends_with(".fit"));
    assert_eq!(got["original"].as_str(), sim.served("garmin.com", id).as_deref());
    for format in ["tcx", "gpx"] {
        assert_eq!(got[format].as_str(), sim.served_export("garmin.com", id, format).as_deref(), "{format}");
    }
    assert!(got["twice"].as_str().unwrap().contains("409 - Duplicate Activity."), "{}", got["twice"]);
    assert_eq!(got["newest"], "2026-11-02 06:13:20", "the second upload is listed");
    assert_eq!(got["name"], "another name");
    assert!(got["deleted"].as_str().unwrap().contains("404"), "{}", got["deleted"]);
    let left = sim.with(|state| state.ids("garmin.com"));
    let [new] = left.iter().filter(|id| !ids.contains(id)).copied().collect::<Vec<_>>()[..] else { panic!("{left:?}") };
    assert_eq!(sim.served("garmin.com", new), Some(sha256(&std::fs::read(&files[1]).unwrap())));
    assert!(sim.with(|state| state.account("garmin.com").find(new).unwrap().imported));
}
