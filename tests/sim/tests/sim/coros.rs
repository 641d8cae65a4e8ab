//! COROS: login, list, downloads, deletion.

use crate::common::*;
use gs_sim::{CorosActivitySpec, CorosLogin, CorosSpec, Days, Effect, Fault, ListSpec, Scenario, Sim, sha256};
use serde_json::{Value, json};

const CN: &str = "teamcnapi.coros.com";
const EU: &str = "teameuapi.coros.com";

fn start(spec: CorosSpec) -> Sim {
    Scenario { coros: vec![spec], ..Scenario::default_garmin(0, 3) }.start()
}

fn call(sim: &Sim, method: &str, host: &str, path: &str, token: &str) -> Value {
    let answer = send(sim, method, &format!("/{host}{path}"), &[("accesstoken", token)], "").unwrap();
    assert_eq!(answer.status, 200);
    answer.json()
}

fn post(sim: &Sim, host: &str, path: &str, body: &Value) -> Value {
    let headers = [("Content-Type", "application/json")];
    send(sim, "POST", &format!("/{host}{path}"), &headers, &body.to_string()).unwrap().json()
}

fn login(sim: &Sim, host: &str, proof: &Value) -> Value {
    let mut body = json!({"account": "runner@example.org", "accountType": 2});
    body.as_object_mut().unwrap().extend(proof.as_object().unwrap().clone());
    post(sim, host, "/account/login", &body)
}

fn list(sim: &Sim, token: &str, extra: &str) -> Value {
    call(sim, "GET", CN, &format!("/activity/query?startDay=20200101&endDay=20261231&{extra}"), token)
}

fn proof() -> Value {
    let md5 = gs_sim::coros::md5_hex(b"correct horse");
    let hash = bcrypt::hash_with_salt(md5, 10, *b"0123456789abcdef").unwrap().format_for_version(bcrypt::Version::TwoB);
    json!({"p1": hash, "p2": hash[..29], "rmbm": 1})
}

#[test]
fn both_password_forms_of_the_login_are_checked() {
    let sim = start(CorosSpec::default());
    let md5 = gs_sim::coros::md5_hex(b"correct horse");
    for proof in [proof(), json!({"pwd": md5})] {
        let answer = login(&sim, EU, &proof);
        assert_eq!((answer["result"].as_str(), answer["data"]["regionId"].as_u64()), (Some("0000"), Some(2)));
        assert!(answer["data"]["accessToken"].is_string());
    }
    let mut salt = proof();
    salt["p2"] = "$2b$10$aaaaaaaaaaaaaaaaaaaaaa".into();
    for wrong in [json!({"pwd": gs_sim::coros::md5_hex(b"x")}), json!({"pwd": md5.to_uppercase()}), salt] {
        assert_eq!(login(&sim, CN, &wrong)["result"], "1030");
    }
    assert_eq!(login(&sim, CN, &json!({"password": "correct horse"}))["message"], "Parameter input error");
    for (only, proof) in [(CorosLogin::Md5, proof()), (CorosLogin::Bcrypt, json!({"pwd": md5}))] {
        sim.with(|state| state.coros_account(2).spec.login = only);
        assert_eq!(login(&sim, CN, &proof)["message"], "Parameter input error");
    }
    assert_eq!(
        post(&sim, CN, "/account/login", &json!({"account": "x", "accountType": 2, "pwd": md5}))["result"],
        "1030"
    );
}

#[test]
fn an_account_can_be_unknown_to_some_hosts() {
    let sim = start(CorosSpec { unknown_at: vec![1, 3], ..CorosSpec::default() });
    for (host, result) in [("teamapi.coros.com", "1030"), (EU, "1030"), (CN, "0000"), ("teamsgapi.coros.com", "0000")] {
        assert_eq!(login(&sim, host, &proof())["result"], result, "{host}");
    }
}

#[test]
fn only_the_newest_token_is_valid_and_only_in_its_region() {
    let sim = start(CorosSpec { without_region: true, ..CorosSpec::default() });
    let answer = login(&sim, CN, &proof());
    assert!(answer["data"]["regionId"].is_null());
    let token = answer["data"]["accessToken"].as_str().unwrap();
    let who = |host: &str| call(&sim, "GET", host, "/account/query", token);
    assert_eq!((who(CN)["result"].as_str(), who(CN)["data"]["regionId"].as_u64()), (Some("0000"), Some(2)));
    assert_eq!((who(EU)["result"].as_str(), who(EU)["data"].is_null()), (Some("1019"), true));
    let newer = sim.with(|state| state.issue_coros_token(2));
    assert_eq!(who(CN)["result"], "1019");
    assert_eq!(call(&sim, "GET", CN, "/account/query", &newer)["result"], "0000");
    sim.with(|state| state.expire_coros_token(2));
    assert_eq!(call(&sim, "GET", CN, "/account/query", &newer)["result"], "1019");
}

#[test]
fn the_host_of_the_region_mails_and_verifies_the_second_factor() {
    let sim = start(CorosSpec { mfa_code: Some("135790".into()), ..CorosSpec::default() });
    let challenge = login(&sim, EU, &proof())["data"].clone();
    assert!(challenge["accessToken"].is_null() && challenge["twoFactorRequired"] == true);
    assert_eq!(challenge["accountType2fa"], 2);
    sim.with(|state| state.coros_account(2).spec.second_factor_as_text = true);
    let challenge = login(&sim, EU, &proof())["data"].clone();
    assert_eq!(challenge["accountType2fa"], "2");
    let mut verify = json!({"loginTicket": challenge["loginTicket"], "appKey": challenge["appKey"], "code": "135790"});
    let ask = |host: &str, body: &Value| post(&sim, host, "/account/2fa/login/verify", body)["result"].clone();
    assert_ne!(ask(CN, &verify), "0000", "the e-mail was not requested yet");
    let mut mail = json!({"account": challenge["account"], "codeType": 20, "lengthType": 2, "accountType": 2});
    assert_ne!(post(&sim, CN, "/account/captcha", &mail)["result"], "0000", "the address has to be the typed one");
    mail["account"] = "runner@example.org".into();
    assert_ne!(post(&sim, EU, "/account/captcha", &mail)["result"], "0000");
    assert_eq!(post(&sim, CN, "/account/captcha", &mail)["result"], "0000");
    assert_eq!(sim.with(|state| state.coros.mails[0].1.clone()), "135790");
    verify["code"] = "000000".into();
    assert_ne!(ask(CN, &verify), "0000");
    verify["code"] = "135790".into();
    assert_eq!(ask(CN, &verify), "0000");
    assert_ne!(ask(CN, &verify), "0000", "a ticket works once");
}

#[test]
fn the_list_requires_days_and_has_no_data_after_its_last_page() {
    let sim = start(CorosSpec { generate: 25, ..CorosSpec::default() });
    let token = sim.with(|state| state.issue_coros_token(2));
    let mut labels = Vec::new();
    for page in 1..=3 {
        let data = list(&sim, &token, &format!("size=10&pageNumber={page}"))["data"].clone();
        assert_eq!((data["count"].as_u64(), data["totalPage"].as_u64()), (Some(25), Some(3)));
        for item in data["dataList"].as_array().unwrap() {
            let label: u64 = item["labelId"].as_str().unwrap().parse().unwrap();
            assert!(
                label > 1 << 53 && item["startTimezone"].is_i64() && item["startTime"].as_i64() < Some(100_000_000_000)
            );
            labels.push(label);
        }
    }
    assert_eq!(labels, sim.with(|state| state.coros_ids(2)));
    let past = list(&sim, &token, "size=10&pageNumber=4");
    assert!(past["result"] == "0000" && past["data"].get("dataList").is_none());
    for bad in ["size=201&pageNumber=1", "size=0&pageNumber=1", "size=10&pageNumber=0"] {
        assert_eq!(list(&sim, &token, bad)["result"], "1001");
    }
    for unbounded in ["", "&startDate=20200101&endDate=20261231", "&startDay=20200101"] {
        let path = format!("/activity/query?size=10&pageNumber=1{unbounded}");
        assert_eq!(call(&sim, "GET", CN, &path, &token)["result"], "1001");
    }
}

#[test]
fn a_list_is_rejected_if_its_days_are_too_many_or_unsupported() {
    let sim = start(CorosSpec { generate: 25, ..CorosSpec::default() });
    let token = sim.with(|state| state.issue_coros_token(2));
    let set = |list: ListSpec| sim.with(|state| state.coros_account(2).spec.list = list);
    let ask = |days: &str| call(&sim, "GET", CN, &format!("/activity/query?size=50&pageNumber=1{days}"), &token);
    let message = |answer: Value| answer["message"].as_str().unwrap().to_owned();
    set(ListSpec { widest: Some(366), ..ListSpec::default() });
    assert_eq!(message(ask("&startDay=20200101&endDay=20261231")), "Parameter input error");
    let by_year = (2015..=2026).map(|year| ask(&format!("&startDay={year}0101&endDay={year}1231")));
    assert_eq!(by_year.map(|answer| answer["data"]["count"].as_u64().unwrap()).sum::<u64>(), 25);
    assert_eq!(message(ask("")), "Service exceptions");
    set(ListSpec { days: Days::Refused, ..ListSpec::default() });
    assert_eq!(message(ask("&startDay=20260101&endDay=20260102")), "Parameter input error");
    assert_eq!(ask("")["data"]["dataList"].as_array().unwrap().len(), 25);
    set(ListSpec { days: Days::Optional, ..ListSpec::default() });
    assert_eq!(
        (ask("")["data"]["count"].as_u64(), ask("&startDay=20200101")["result"].as_str()),
        (Some(25), Some("1001"))
    );
}

#[test]
fn a_download_with_an_out_of_range_sport_is_rejected() {
    let sim = start(CorosSpec::default());
    let token = sim.with(|state| state.issue_coros_token(2));
    for odd in [65_535, 50_001] {
        let spec = CorosActivitySpec { sport: Some(odd), ..CorosActivitySpec::default() };
        let id = sim.with(|state| state.add_coros_activity(2, &spec));
        let ask = |sport: u32| {
            let path = format!("/activity/detail/download?labelId={id}&sportType={sport}&fileType=4");
            call(&sim, "POST", CN, &path, &token)
        };
        let refused = ask(odd);
        assert_eq!((refused["message"].as_str(), refused["data"].is_null()), (Some("Parameter input error"), true));
        assert!(ask(100)["data"]["fileUrl"].is_string());
    }
    for sport in [403, 9807] {
        let spec = CorosActivitySpec { sport: Some(sport), ..CorosActivitySpec::default() };
        sim.with(|state| state.add_coros_activity(2, &spec));
        assert_eq!(list(&sim, &token, "size=1&pageNumber=1")["data"]["dataList"][0]["sportType"], sport);
    }
}

#[test]
fn days_are_local_and_unknown_values_are_zero_or_null() {
    let sim = start(CorosSpec::default());
    let token = sim.with(|state| state.issue_coros_token(2));
    // 2026-03-01T22:00:00Z is the second of March at UTC+5:45.
    let spec = CorosActivitySpec {
        start: Some(1_772_402_400),
        offset: Some(20_700),
        oddities: vec!["distance_unknown".into(), "name_missing".into(), "device_missing".into()],
        ..CorosActivitySpec::default()
    };
    sim.with(|state| state.add_coros_activity(2, &spec));
    let day = |day: u32| {
        let path = format!("/activity/query?size=10&pageNumber=1&startDay={day}&endDay={day}&modeList=0");
        call(&sim, "GET", CN, &path, &token)["data"]["dataList"][0].clone()
    };
    assert!(day(20_260_301).is_null());
    let item = day(20_260_302);
    assert_eq!((item["startTimezone"].as_i64(), item["date"].as_i64()), (Some(23), Some(20_260_302)));
    assert!(item["name"].is_null() && item["device"].is_null() && item["distance"].as_f64() == Some(0.0));
}

#[test]
fn files_are_downloaded_from_another_host_without_a_token() {
    let sim = start(CorosSpec::default());
    let token = sim.with(|state| state.issue_coros_token(2));
    let run = CorosActivitySpec { sport: Some(102), ..CorosActivitySpec::default() };
    let refused = |code: &str| CorosActivitySpec { refused: Some(code.into()), ..run.clone() };
    let [id, by_code, by_status] =
        [run.clone(), refused("1001"), refused("404")].map(|spec| sim.with(|s| s.add_coros_activity(2, &spec)));
    let target =
        |id: u64, sport: u32| format!("/{CN}/activity/detail/download?labelId={id}&sportType={sport}&fileType=4");
    let ask = |target: String| send(&sim, "POST", &target, &[("accessToken", &token)], "").unwrap();
    assert!(ask(target(id, 100)).json()["data"]["fileUrl"].is_null(), "the sport has to be that of the activity");
    let answer = ask(target(id, 102)).json();
    let url = answer["data"]["fileUrl"].as_str().unwrap().strip_prefix("https://").unwrap();
    assert!(url.starts_with("oss.coros.com/fit/"));
    let file = send(&sim, "GET", &format!("/{url}"), &[], "").unwrap();
    assert_eq!((file.status, Some(sha256(&file.body))), (200, sim.with(|state| state.coros_served(2, id))));
    sim.fault(Fault::new(Effect::FlipFit).host("oss.coros.com"));
    let broken = send(&sim, "GET", &format!("/{url}"), &[], "").unwrap();
    assert_eq!((broken.body.len(), broken.body == file.body), (file.body.len(), false));
    assert_eq!(ask(target(by_code, 102)).json()["result"], "1001");
    assert_eq!(ask(target(by_status, 102)).status, 404);
    assert_eq!(send(&sim, "GET", "/oss.coros.com/fit/1/2.fit", &[], "").unwrap().status, 404);
}

#[test]
fn a_deletion_reports_success_whether_or_not_it_deletes() {
    let sim = start(CorosSpec { generate: 3, ..CorosSpec::default() });
    let token = sim.with(|state| state.issue_coros_token(2));
    let id = sim.with(|state| state.coros_ids(2))[0];
    let delete = |id: &str| call(&sim, "GET", CN, &format!("/activity/delete?labelId={id}"), &token);
    sim.with(|state| state.coros_account(2).spec.delete_does_nothing = true);
    assert_eq!((delete(&id.to_string())["result"].as_str(), sim.with(|s| s.coros_ids(2).len())), (Some("0000"), 3));
    sim.with(|state| state.coros_account(2).spec.delete_does_nothing = false);
    for _ in 0..2 {
        let answer = delete(&id.to_string());
        assert!(answer["result"] == "0000" && answer.get("data").is_none());
        assert_eq!(sim.with(|state| state.coros_ids(2).len()), 2);
    }
    assert_eq!(delete("")["result"], "0000");
    assert_eq!(delete("abc")["result"], "1001");
    assert_eq!(call(&sim, "GET", CN, "/activity/delete?labelId=1", "stale")["result"], "1019");
}

#[test]
fn faults_can_send_rate_limits_and_web_pages() {
    let sim = start(CorosSpec::default());
    let token = sim.with(|state| state.issue_coros_token(2));
    let limit = r#"{"match":{"host":"teamcnapi.coros.com"},"count":1,
        "effect":{"kind":"status","status":429,"retry_after":"7","body":"<html></html>","content_type":"text/html"}}"#;
    assert_eq!(send(&sim, "POST", "/_sim/faults", &[], limit).unwrap().status, 204);
    let ask = || send(&sim, "GET", &format!("/{CN}/account/query"), &[("accesstoken", &token)], "").unwrap();
    let limited = ask();
    assert_eq!((limited.status, limited.header("retry-after").as_deref()), (429, Some("7")));
    sim.fault(Fault::new(Effect::Html).host(CN).count(1));
    let page = ask();
    assert!(page.status == 200 && page.header("content-type").unwrap().starts_with("text/html"));
    assert_eq!(ask().json()["result"], "0000");
}
