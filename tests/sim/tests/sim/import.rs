//! The upload of a file to COROS: credential, store, import, queue.

use crate::common::*;
use crate::sign;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gs_sim::coros::{md5_hex, regions::Region};
use gs_sim::fit::{self, FitBuilder};
use gs_sim::zipfile::zip_of;
use gs_sim::{CorosSpec, Days, Effect, Fault, ImportSpec, ListSpec, MARKER, Scenario, Sim, sha256};
use serde_json::{Value, json};
use sign::Key;

const START: i64 = 1_790_000_000;

fn start(region: u32, import: ImportSpec) -> (Sim, String) {
    let spec = CorosSpec { region, import, ..CorosSpec::default() };
    let sim = Scenario { coros: vec![spec], ..Scenario::default_garmin(0, 3) }.start();
    let token = sim.with(|state| state.issue_coros_token(region));
    (sim, token)
}

fn sts(sim: &Sim, host: &str, token: &str, region: Region) -> Value {
    let target = format!("/{host}/api/proxy/oss/sts?bucket={}&service={}&v=2", region.bucket, region.service);
    let cookie = format!("CPL-coros-token={token}; CPL-coros-region={}", region.id);
    send(sim, "GET", &target, &[("Cookie", &cookie)], "").unwrap().json()
}

fn decoded(answer: &Value) -> Value {
    let text = answer["data"]["credentials"].as_str().unwrap().replace(MARKER, "");
    serde_json::from_slice(&STANDARD.decode(text).unwrap()).unwrap()
}

fn key(fields: &Value) -> Key {
    let text = |name: &str| fields[name].as_str().map(str::to_owned);
    let token = text("SessionToken").or(text("SecurityToken")).unwrap();
    Key { id: text("AccessKeyId").unwrap(), secret: text("AccessKeySecret").unwrap(), token }
}

fn credential(sim: &Sim, token: &str, region: Region) -> Key {
    key(&decoded(&sts(sim, "t.coros.com", token, region)))
}

fn put(sim: &Sim, target: &str, headers: &[(String, String)], body: &[u8]) -> Answer {
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    send_bytes(sim, "PUT", target, &headers, body).unwrap()
}

fn now(sim: &Sim) -> i64 {
    sim.with(|state| state.now())
}

/// Uploads a FIT file to the store, as the web page does. Returns the parameters of its import.
fn stage(sim: &Sim, token: &str, region: Region, fit: &[u8]) -> Value {
    let md5 = md5_hex(fit);
    let zip = zip_of(&format!("{md5}/a.fit"), fit);
    let user = sim.with(|state| state.coros_account(region.id).user.clone());
    let object = format!("fit_zip/{user}/{md5}.zip");
    let key = credential(sim, token, region);
    let (host, path) = (region.store(), format!("/{object}"));
    let headers = match region.service {
        "aws" => sign::aws(&key, &host, region.place, &path, &zip, now(sim)),
        _ => sign::oss(&key, region.bucket, &path, now(sim), &[]),
    };
    assert_eq!(put(sim, &format!("/{host}{path}"), &headers, &zip).status, 200);
    json!({
        "source": 1, "timezone": 8, "bucket": region.bucket, "md5": md5, "size": zip.len(), "object": object,
        "serviceName": region.service, "oriFileName": "a.fit",
    })
}

fn import(sim: &Sim, token: &str, region: Region, order: &Value) -> Value {
    let (media, body) = multipart("jsonParameter", None, order.to_string().as_bytes());
    let target = format!("/{}/activity/fit/import", region.api);
    send_bytes(sim, "POST", &target, &[("accesstoken", token), ("Content-Type", media)], &body).unwrap().json()
}

fn post(sim: &Sim, token: &str, region: Region, path: &str, body: &Value) -> Value {
    let headers = [("accesstoken", token), ("Content-Type", "application/json")];
    send(sim, "POST", &format!("/{}/activity/fit/{path}", region.api), &headers, &body.to_string()).unwrap().json()
}

fn queue(sim: &Sim, token: &str, region: Region) -> Value {
    post(sim, token, region, "getImportSportList", &json!({"size": 10}))["data"].clone()
}

fn statuses(sim: &Sim, token: &str, region: Region, count: usize) -> Vec<i64> {
    (0..count).map(|_| queue(sim, token, region)[0]["status"].as_i64().unwrap()).collect()
}

fn listed(sim: &Sim, token: &str, region: Region) -> Vec<Value> {
    let path = "/activity/query?size=100&pageNumber=1&startDay=20200101&endDay=20301231";
    let answer = send(sim, "GET", &format!("/{}{path}", region.api), &[("accesstoken", token)], "").unwrap().json();
    answer["data"]["dataList"].as_array().cloned().unwrap_or_default()
}

fn with_sport(sport: u8) -> FitBuilder {
    let leg = fit::Leg { sport: (sport, 0), style: fit::Style::Outdoor, seconds: 1800, metres: Some(5000.0) };
    fit::Recording::single(START, leg).builder()
}

#[test]
fn credentials_require_the_cookie_and_the_old_address_is_closed() {
    let (sim, token) = start(3, ImportSpec::default());
    let eu = Region::of(3);
    let fields = decoded(&sts(&sim, "t.coros.com", &token, eu));
    assert_eq!((fields["Bucket"].as_str(), fields["Region"].as_str()), (Some("eu-coros"), Some("eu-central-1")));
    assert_eq!(fields["SecretAccessKey"], fields["AccessKeySecret"]);
    assert!(sts(&sim, eu.hub, &token, eu)["data"]["credentials"].as_str().unwrap().ends_with(MARKER));
    assert_eq!(sts(&sim, eu.hub, "stale", eu)["code"].as_u64(), Some(401));
    let query = "bucket=eu-coros&service=aws&v=2";
    let faq = |path: &str, headers: &[(&str, &str)]| {
        send(&sim, "GET", &format!("/faq.coros.com{path}?{query}"), headers, "").unwrap()
    };
    assert_eq!(faq("/openapi/v2/oss/sts", &[("accesstoken", &token)]).json()["code"].as_u64(), Some(200));
    assert_eq!(faq("/openapi/v2/oss/sts", &[]).status, 401);
    let old = faq("/openapi/oss/sts", &[("accesstoken", &token)]);
    assert!(old.status == 404 && old.header("content-type").unwrap().starts_with("text/html"));
    sim.with(|state| state.scenario.sts.hub_gone = true);
    let gone = send(&sim, "GET", &format!("/t.coros.com/api/proxy/oss/sts?{query}"), &[], "").unwrap();
    assert_eq!(gone.status, 404);
}

#[test]
fn s3_accepts_header_and_query_signatures_only() {
    let (sim, token) = start(3, ImportSpec::default());
    let eu = Region::of(3);
    let key = credential(&sim, &token, eu);
    let (host, path, at) = (eu.store(), "/fit_zip/1/a.zip", now(&sim));
    let target = format!("/{host}{path}");
    let good = sign::aws(&key, &host, eu.place, path, b"zip", at);
    assert_eq!(put(&sim, &target, &good, b"zip").status, 200);
    let code = |answer: &Answer, code: &str| {
        assert!(String::from_utf8_lossy(&answer.body).contains(&format!("<Code>{code}</Code>")), "{answer:?}");
    };
    let wrong = Key { secret: "x".into(), ..key.clone() };
    let refused = put(&sim, &target, &sign::aws(&wrong, &host, eu.place, path, b"zip", at), b"zip");
    assert_eq!(refused.status, 403);
    code(&refused, "SignatureDoesNotMatch");
    assert!(String::from_utf8_lossy(&refused.body).contains("<StringToSign>AWS4-HMAC-SHA256\n"));
    code(&put(&sim, &target, &good, b"zap"), "XAmzContentSHA256Mismatch");
    code(
        &put(&sim, &target, &sign::aws(&key, &host, "us-west-1", path, b"zip", at), b"zip"),
        "AuthorizationHeaderMalformed",
    );
    code(
        &put(&sim, &target, &sign::aws(&key, &host, eu.place, path, b"zip", at - 1000), b"zip"),
        "RequestTimeTooSkewed",
    );
    code(&put(&sim, &target, &[], b"zip"), "AccessDenied");
    assert_eq!(put(&sim, &sign::aws_query(&key, &host, eu.place, path, 60, at), &[], b"zip").status, 200);
    code(&put(&sim, &sign::aws_query(&key, &host, eu.place, path, 60, at - 100), &[], b"zip"), "AccessDenied");
    let other = "coros-s3.s3.us-west-1.amazonaws.com";
    code(
        &put(&sim, &format!("/{other}{path}"), &sign::aws(&key, other, "us-west-1", path, b"", at), b""),
        "AccessDenied",
    );
    assert_eq!(put(&sim, &format!("/eu-coros.s3.us-west-1.amazonaws.com{path}"), &good, b"zip").status, 301);
    sim.with(|state| state.advance(3601));
    code(&put(&sim, &target, &sign::aws(&key, &host, eu.place, path, b"zip", now(&sim)), b"zip"), "ExpiredToken");
}

#[test]
fn oss_accepts_signature_versions_1_and_4() {
    let (sim, token) = start(2, ImportSpec::default());
    let cn = Region::of(2);
    let key = credential(&sim, &token, cn);
    let (path, at) = ("/fit_zip/1/a.zip", now(&sim));
    let target = format!("/{}{path}", cn.store());
    let once = [("x-oss-forbid-overwrite", "true")];
    assert_eq!(put(&sim, &target, &sign::oss(&key, cn.bucket, path, at, &once), b"zip").status, 200);
    assert_eq!(put(&sim, &target, &sign::oss(&key, cn.bucket, path, at, &once), b"zip").status, 409);
    assert_eq!(put(&sim, &target, &sign::oss4(&key, cn.bucket, "cn-beijing", path, at), b"zip").status, 200);
    let query = |life: u32, at: i64| sign::oss4_query(&key, cn.bucket, "cn-beijing", path, life, at);
    assert_eq!(put(&sim, &query(60, at), &[], b"zip").status, 200);
    assert_eq!(put(&sim, &query(60, at - 100), &[], b"zip").status, 403);
    assert_eq!(put(&sim, &target, &sign::oss(&key, "coros-s3", path, at, &[]), b"zip").status, 403);
    assert_eq!(put(&sim, &target, &sign::oss(&key, cn.bucket, path, at - 1000, &[]), b"zip").status, 403);
    assert_eq!(put(&sim, "/coros-oss.oss-cn-shanghai.aliyuncs.com/a", &[], b"zip").status, 403);
    let get = send(&sim, "GET", &target, &[], "").unwrap();
    assert_eq!(get.status, 403);
}

#[test]
fn a_pending_import_becomes_an_activity_with_the_same_bytes() {
    for number in 1..=4 {
        let region = Region::of(number);
        let (sim, token) = start(number, ImportSpec { polls: 3, ..ImportSpec::default() });
        let fit = fit::run(START, 1800, 5000.0).build();
        let order = stage(&sim, &token, region, &fit);
        let job = import(&sim, &token, region, &order);
        assert_eq!((job["result"].as_str(), job["data"]["status"].as_i64()), (Some("0000"), Some(0)));
        assert_eq!(statuses(&sim, &token, region, 4), [1, 3, 3, 2]);
        let item = listed(&sim, &token, region)[0].clone();
        assert_eq!((item["startTime"].as_i64(), item["startTimezone"].as_i64()), (Some(START), Some(8)));
        assert_eq!((item["sportType"].as_i64(), item["workoutTime"].as_i64()), (Some(100), Some(1800)));
        let label = item["labelId"].as_str().unwrap().parse().unwrap();
        assert_eq!(sim.with(|state| state.coros_served(number, label)), Some(sha256(&fit)));
        let again = import(&sim, &token, region, &order);
        assert_eq!(again["data"]["id"], job["data"]["id"]);
        assert_eq!((listed(&sim, &token, region).len(), queue(&sim, &token, region).as_array().unwrap().len()), (1, 1));
        post(&sim, &token, region, "deleteSportImport", &json!({"importId": job["data"]["id"]}));
        assert_eq!((listed(&sim, &token, region).len(), queue(&sim, &token, region)), (1, json!([])));
    }
}

#[test]
fn an_accepted_import_can_fail_in_the_queue() {
    let region = Region::of(2);
    let (sim, token) = start(2, ImportSpec { polls: 0, ..ImportSpec::default() });
    let run = stage(&sim, &token, region, &fit::run(START, 1800, 5000.0).build());
    let end = |change: &[(&str, Value)]| {
        let mut order = run.clone();
        change.iter().for_each(|(name, value)| order[*name] = value.clone());
        assert_eq!(import(&sim, &token, region, &order)["result"], "0000");
        queue(&sim, &token, region)[0].clone()
    };
    let elsewhere = end(&[("bucket", "coros-s3".into()), ("serviceName", "aws".into())]);
    assert_eq!((elsewhere["status"].as_i64(), elsewhere["size"].as_i64()), (Some(-2), Some(-1)));
    assert_eq!(end(&[("md5", "00".into())])["status"], -1);
    assert_eq!(end(&[("size", 1.into())])["status"], -1);
    let surf = stage(&sim, &token, region, &with_sport(38).build());
    assert_eq!(import(&sim, &token, region, &surf)["result"], "0000");
    assert_eq!(queue(&sim, &token, region)[0]["status"], -1);
    let broken = stage(&sim, &token, region, b"no FIT");
    assert_eq!(import(&sim, &token, region, &broken)["result"], "0000");
    let job = queue(&sim, &token, region)[0].clone();
    assert_eq!((job["status"].as_i64(), job["errorSize"].as_i64()), (Some(2), Some(1)));
    assert!(listed(&sim, &token, region).is_empty());
    for (name, value) in [("source", json!(2)), ("object", json!("fit_zip/1/a.zip")), ("timezone", json!("8"))] {
        let mut order = run.clone();
        order[name] = value;
        assert_eq!(import(&sim, &token, region, &order)["result"], "1001");
    }
}

#[test]
fn an_import_can_be_set_to_fail_vanish_or_be_listed_late() {
    let region = Region::of(2);
    let (sim, token) = start(2, ImportSpec { fails_late: Some(-7), ..ImportSpec::default() });
    let order = stage(&sim, &token, region, &fit::run(START, 1800, 5000.0).build());
    import(&sim, &token, region, &order);
    assert_eq!(statuses(&sim, &token, region, 2), [1, -7]);
    let vanishing = ImportSpec { vanishes: true, at_once: true, ..ImportSpec::default() };
    sim.with(|state| state.coros_account(2).spec.import = vanishing);
    assert_eq!(import(&sim, &token, region, &order)["data"]["status"], 2);
    assert!(listed(&sim, &token, region).is_empty());
    let late = ImportSpec { listed_after_requests: 1, seconds: 30, polls: 0, ..ImportSpec::default() };
    sim.with(|state| state.coros_account(2).spec.import = late);
    let order = stage(&sim, &token, region, &fit::ride(START, 1800, 5000.0).build());
    import(&sim, &token, region, &order);
    assert!(statuses(&sim, &token, region, 3).iter().all(|status| [0, 1, 3].contains(status)));
    sim.with(|state| state.advance(30));
    assert_eq!(statuses(&sim, &token, region, 1), [2]);
    assert_eq!([listed(&sim, &token, region).len(), listed(&sim, &token, region).len()], [0, 1]);
}

#[test]
fn a_fault_drops_one_import_only() {
    let region = Region::of(2);
    let (sim, token) = start(2, ImportSpec { polls: 0, ..ImportSpec::default() });
    sim.fault(Fault::new(Effect::Dropped { gone: false }).path("/activity/fit/import").count(1));
    for (number, listed_after) in [(0, 0), (1, 1)] {
        let order = stage(&sim, &token, region, &fit::run(START + 9000 * number, 1800, 5000.0).build());
        import(&sim, &token, region, &order);
        assert_eq!(statuses(&sim, &token, region, 1), [2]);
        assert_eq!(listed(&sim, &token, region).len(), listed_after);
    }
}

#[test]
fn an_import_with_a_lost_response_is_listed_late() {
    let region = Region::of(2);
    let (sim, token) =
        start(2, ImportSpec { polls: 0, listed_after_requests: 1, listed_after_seconds: 60, ..ImportSpec::default() });
    let order = stage(&sim, &token, region, &fit::run(START, 1800, 5000.0).build());
    sim.fault(Fault::new(Effect::AnswerLost).path("/activity/fit/import").count(1));
    let (media, body) = multipart("jsonParameter", None, order.to_string().as_bytes());
    let target = format!("/{}/activity/fit/import", region.api);
    assert!(send_bytes(&sim, "POST", &target, &[("accesstoken", &token), ("Content-Type", media)], &body).is_none());
    assert_eq!(statuses(&sim, &token, region, 1), [2]);
    assert_eq!([listed(&sim, &token, region).len(), listed(&sim, &token, region).len()], [0, 0]);
    sim.with(|state| state.advance(60));
    assert_eq!(listed(&sim, &token, region).len(), 1);
}

#[test]
fn a_list_without_days_is_stale_after_an_import() {
    let region = Region::of(2);
    let (sim, token) = start(2, ImportSpec { polls: 0, ..ImportSpec::default() });
    let list = ListSpec { days: Days::Optional, stale_seconds: 300, ..ListSpec::default() };
    sim.with(|state| state.coros_account(2).spec.list = list);
    let order = stage(&sim, &token, region, &fit::run(START, 1800, 5000.0).build());
    import(&sim, &token, region, &order);
    let unscoped = || {
        let target = format!("/{}/activity/query?size=100&pageNumber=1", region.api);
        send(&sim, "GET", &target, &[("accesstoken", &token)], "").unwrap().json()["data"]["count"].clone()
    };
    assert_eq!((listed(&sim, &token, region).len(), unscoped()), (1, json!(0)));
    sim.with(|state| state.advance(300));
    assert_eq!(unscoped(), 1);
}
