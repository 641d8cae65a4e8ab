//! Faults of connections and downloads, and the simulator's own interface.

use crate::common::*;
use flate2::read::GzDecoder;
use gs_sim::{Effect, Fault, Scenario, Sim};
use std::io::{Cursor, Read, Write};
use std::time::Instant;

const COUNT: &str = "/activitylist-service/activities/count";

fn start() -> (Sim, String, String) {
    let sim = Scenario::default_garmin(20, 3).start();
    let token = token(&sim, COM);
    let id = sim.with(|state| {
        let ids = state.ids(COM);
        *ids.iter().find(|id| state.served(COM, **id).is_some()).unwrap()
    });
    (sim, token, format!("/download-service/files/activity/{id}"))
}

fn raw(sim: &Sim, path: &str, token: &str) -> Option<Answer> {
    let bearer = format!("Bearer {token}");
    let headers = [("User-Agent", "x"), ("Authorization", bearer.as_str())];
    send(sim, "GET", &format!("/connectapi.garmin.com{path}"), &headers, "")
}

#[test]
fn a_fault_hits_the_nth_request_only() {
    let (sim, token, _) = start();
    let status = Effect::Status { status: 503, retry_after: Some("2".into()), body: None, content_type: None };
    sim.fault(Fault::new(status).path(COUNT).nth(2));
    let answers: Vec<u16> = (0..3).map(|_| get(&sim, COUNT, &token).status).collect();
    assert_eq!(answers, [200, 503, 200]);
    sim.fault(Fault::new(Effect::Unauthorized).count(1));
    assert_eq!(get(&sim, COUNT, &token).status, 401);
    assert_eq!(get(&sim, COUNT, &token).status, 200);
}

#[test]
fn faults_truncate_bodies_and_reset_connections() {
    let (sim, token, file) = start();
    sim.fault(Fault::new(Effect::Cut { at: 100 }).path("/download-service/").count(1));
    let cut = raw(&sim, &file, &token).unwrap();
    assert_eq!((cut.status, cut.body.len(), cut.complete), (200, 100, false));
    sim.fault(Fault::new(Effect::Reset).count(1));
    assert!(raw(&sim, &file, &token).is_none());
    sim.fault(Fault::new(Effect::Stall { ms: 150 }).count(1));
    let began = Instant::now();
    assert!(raw(&sim, &file, &token).is_none());
    assert!(began.elapsed().as_millis() >= 150);
    assert!(raw(&sim, &file, &token).unwrap().complete);
    let seen: Vec<u16> = sim.log().iter().map(|entry| entry.status).collect();
    assert_eq!(seen, [200, 0, 0, 200]);
}

#[test]
fn faults_change_the_content_of_downloads() {
    let (sim, token, file) = start();
    let with = |effect| {
        sim.fault(Fault::new(effect).path("/download-service/").count(1));
        raw(&sim, &file, &token).unwrap().body
    };
    let open = |bytes: &[u8]| zip::ZipArchive::new(Cursor::new(bytes.to_vec()));
    let unpack = |bytes: &[u8]| {
        let mut zip = open(bytes).unwrap();
        let mut out = Vec::new();
        zip.by_index(0).unwrap().read_to_end(&mut out).map(|_| out)
    };
    assert!(open(&with(Effect::TruncatedZip { at: 200 })).is_err());
    assert!(unpack(&with(Effect::FlipZip)).is_err());
    assert!(fitparser::from_bytes(&unpack(&with(Effect::FlipFit)).unwrap()).is_err());
    assert_eq!(open(&with(Effect::EmptyZip)).unwrap().len(), 0);
    assert_eq!(unpack(&with(Effect::ZipBomb { mebibytes: 20 })).unwrap().len(), 20 << 20);
    let evil = open(&with(Effect::ZipTraversal)).unwrap().by_index(0).unwrap().name().unwrap().into_owned();
    assert!(evil.starts_with("../../"));
    assert!(with(Effect::Html).starts_with(b"<!DOCTYPE"));
    assert!(fitparser::from_bytes(&unpack(&raw(&sim, &file, &token).unwrap().body).unwrap()).is_ok());
}

#[test]
fn json_is_compressed_and_chunked_on_request() {
    let sim = Scenario::default_garmin(60, 3).start();
    let bearer = format!("Bearer {}", token(&sim, COM));
    let target = "/connectapi.garmin.com/activitylist-service/activities/search/activities?limit=60";
    let headers = [("User-Agent", "x"), ("Authorization", bearer.as_str()), ("Accept-Encoding", "gzip")];
    let answer = send(&sim, "GET", target, &headers, "").unwrap();
    assert_eq!(answer.header("content-encoding").as_deref(), Some("gzip"));
    assert_eq!(answer.header("transfer-encoding").as_deref(), Some("chunked"));
    let mut text = String::new();
    GzDecoder::new(&answer.body[..]).read_to_string(&mut text).unwrap();
    let items: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(items.as_array().unwrap().len(), 60);
}

#[test]
fn one_connection_carries_many_requests_and_chunked_bodies() {
    let (sim, ..) = start();
    let mut stream = std::net::TcpStream::connect(sim.base_url().replace("http://", "")).unwrap();
    let post = "POST /_sim/faults HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    let body = r#"{"effect":{"kind":"status","status":500},"count":1}"#;
    let halves = body.split_at(9);
    let chunked = format!("{post}9\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n", halves.0, halves.1.len(), halves.1);
    let next = "GET /connectapi.garmin.com/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(format!("{chunked}{next}").as_bytes()).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    assert!(answers.starts_with("HTTP/1.1 204") && answers.contains("HTTP/1.1 500"));
}

#[test]
fn the_simulator_can_be_controlled_over_http() {
    let (sim, ..) = start();
    let call = |method: &str, path: &str, body: &str| send(&sim, method, &format!("/_sim/{path}"), &[], body).unwrap();
    let file = call("POST", "tokens/issue?domain=garmin.com", "").json();
    let token = file["di_token"].as_str().unwrap();
    assert_eq!(get(&sim, COUNT, token).status, 200);
    assert_eq!(call("POST", "tokens/expire?domain=garmin.com", "").status, 204);
    assert_eq!(get(&sim, COUNT, token).status, 401);
    let ticket = call("POST", "ticket?domain=garmin.cn&flavour=embed", "").json();
    assert_eq!(ticket["serviceURL"], "https://sso.garmin.cn/sso/embed");
    let id = call("POST", "activities", r#"{"sport":"yoga","name":"new"}"#).json()["activityId"].as_u64().unwrap();
    assert_eq!(call("POST", &format!("activities/{id}/rename?name=other%20name"), "").status, 204);
    let state = call("GET", "state", "").json();
    let newest = &state["accounts"][0]["activities"][0];
    assert_eq!((newest["id"].as_u64(), newest["name"].as_str()), (Some(id), Some("other name")));
    assert_eq!(newest["sha256"].as_str().map(str::to_owned), sim.served(COM, id));
    assert_eq!(call("DELETE", &format!("activities/{id}"), "").status, 204);
    assert_eq!(call("POST", "faults", "{}").status, 400);
    let log = String::from_utf8(call("GET", "log", "").body).unwrap();
    assert_eq!(log.lines().count(), 2);
    assert_eq!(call("DELETE", "log", "").status, 204);
    assert!(sim.log().is_empty());
}

#[test]
fn the_examples_of_the_readme_are_accepted() {
    let (sim, ..) = start();
    let readme = include_str!("../../README.md");
    let block = |from: &str| {
        let rest = readme.split_once(from).unwrap().1;
        let lines =
            rest.lines().skip_while(|line| !line.starts_with("    ")).take_while(|line| line.starts_with("    "));
        lines.collect::<Vec<_>>().join("\n")
    };
    let faults = block("## Faults");
    let faults: Vec<serde_json::Value> =
        serde_json::Deserializer::from_str(&faults).into_iter().map(Result::unwrap).collect();
    assert_eq!(faults.len(), 2);
    let changes = block("The changes of `meanwhile`");
    let change = |line: &str| format!("{}}}", line.rsplit_once('}').unwrap().0);
    let changes: Vec<serde_json::Value> =
        changes.lines().map(|line| serde_json::from_str(&change(line)).unwrap()).collect();
    assert_eq!(changes.len(), 8);
    let meanwhile = |change| serde_json::json!({"effect": {"kind": "meanwhile", "change": change}});
    for fault in faults.into_iter().chain(changes.into_iter().map(meanwhile)) {
        assert_eq!(send(&sim, "POST", "/_sim/faults", &[], &fault.to_string()).unwrap().status, 204, "{fault}");
    }
}
