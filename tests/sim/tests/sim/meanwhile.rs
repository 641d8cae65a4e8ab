//! Changes by others while a client is at work, and responses that are slow or very large.

use crate::common::*;
use gs_sim::{Change, Effect, Fault, Scenario, Sim, When};
use serde_json::Value;
use std::time::{Duration, Instant};

const LIST: &str = "/activitylist-service/activities/search/activities?limit=100";

fn start() -> (Sim, String) {
    let sim = Scenario::default_three(20, 3).start();
    let token = token(&sim, COM);
    (sim, token)
}

fn listed(sim: &Sim, token: &str) -> usize {
    get(sim, LIST, token).json().as_array().unwrap().len()
}

fn fault(when: When, change: Change) -> Fault {
    Fault::new(Effect::Meanwhile { when, change }).path("/activitylist-service/").count(1)
}

fn delete(sim: &Sim, position: usize) -> Change {
    Change::Delete { service: COM.into(), id: sim.with(|state| state.ids(COM)[position]) }
}

#[test]
fn an_activity_can_be_deleted_before_or_after_a_request() {
    let (sim, token) = start();
    sim.fault(fault(When::Before, delete(&sim, 0)));
    assert_eq!([listed(&sim, &token), listed(&sim, &token)], [19, 19]);
    sim.fault(fault(When::After, delete(&sim, 0)));
    assert_eq!([listed(&sim, &token), listed(&sim, &token)], [19, 18]);
    sim.fault(fault(When::Before, Change::Delete { service: COM.into(), id: 1 }));
    listed(&sim, &token);
    assert!(sim.log().last().unwrap().note.contains("changed nothing"));
}

#[test]
fn an_activity_can_be_copied_to_any_service_between_two_requests() {
    let (sim, token) = start();
    let id = sim.with(|state| {
        let (all, shared) = (state.ids(COM), state.groups());
        let alone = |id: &u64| !shared.values().any(|places| places.contains(&(COM.into(), *id)));
        let mut is_fit = |id: &u64| state.account(COM).find(*id).unwrap().extension() == Some("fit");
        all.into_iter().filter(alone).find(|id| is_fit(id)).unwrap()
    });
    let copy = |to: &str| Change::Copy { from: COM.into(), id, to: to.into() };
    sim.fault(fault(When::After, copy("coros-2")));
    sim.fault(fault(When::After, copy("garmin.cn")));
    let before = sim.with(|state| (state.coros_ids(2).len(), state.ids("garmin.cn").len()));
    listed(&sim, &token);
    let after = sim.with(|state| (state.coros_ids(2).len(), state.ids("garmin.cn").len()));
    assert_eq!((after.0 - before.0, after.1 - before.1), (1, 1));
    let same = sim.with(|state| state.groups().into_values().find(|all| all.contains(&(COM.into(), id))));
    let places: Vec<String> = same.unwrap().into_iter().map(|(service, _)| service).collect();
    assert_eq!(places, [COM, "garmin.cn", "coros-2"], "the activities are one group");
}

#[test]
fn changes_are_set_as_json_and_combine_with_other_faults() {
    let (sim, token) = start();
    let post = |body: &str| assert_eq!(send(&sim, "POST", "/_sim/faults", &[], body).unwrap().status, 204, "{body}");
    post(
        r#"{"match":{"path":"/activitylist-service/"},"count":1,
            "effect":{"kind":"meanwhile","change":{"add":{"domain":"garmin.com","activity":{"id":77}}}}}"#,
    );
    post(r#"{"match":{"path":"/activitylist-service/"},"count":1,"effect":{"kind":"answer_lost"}}"#);
    let bearer = format!("Bearer {token}");
    let headers = [("User-Agent", "x"), ("Authorization", bearer.as_str())];
    assert!(send(&sim, "GET", &format!("/connectapi.garmin.com{LIST}"), &headers, "").is_none());
    assert_eq!(listed(&sim, &token), 21);
    post(
        r#"{"count":1,"effect":{"kind":"meanwhile","when":"after","change":{"end_tokens":{"service":"garmin.com"}}}}"#,
    );
    assert_eq!([get(&sim, LIST, &token).status, get(&sim, LIST, &token).status], [200, 401]);
    post(r#"{"count":1,"effect":{"kind":"meanwhile","change":{"add_coros":{"region":2,"activity":{"id":9}}}}}"#);
    get(&sim, LIST, &token);
    assert!(sim.with(|state| state.coros_ids(2).contains(&9)));
    let wrong = r#"{"effect":{"kind":"meanwhile","change":{"burn":{}}}}"#;
    assert_eq!(send(&sim, "POST", "/_sim/faults", &[], wrong).unwrap().status, 400);
}

#[test]
fn responses_can_be_sent_slowly_in_small_parts() {
    let (sim, token) = start();
    let path = "/activitylist-service/activities/count";
    let timed = |effect| {
        sim.fault(Fault::new(effect).path(path).count(1));
        let began = Instant::now();
        let answer = get(&sim, path, &token);
        assert_eq!((answer.status, answer.json()["totalCount"].is_u64()), (200, true));
        began.elapsed()
    };
    let (body, head) = (15, 60);
    assert!(timed(Effect::Drip { ms: 5, bytes: 1, head: false }) >= Duration::from_millis(body * 5));
    assert!(timed(Effect::Drip { ms: 3, bytes: 1, head: true }) >= Duration::from_millis((body + head) * 3));
    sim.fault(Fault::new(Effect::Drip { ms: 600_000, bytes: 1, head: true }).path(path).count(1));
    let address = sim.base_url().replace("http://", "");
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let request = format!("GET /connectapi.garmin.com{path} HTTP/1.1\r\nHost: x\r\nUser-Agent: x\r\n\r\n");
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    drop(sim);
    let mut rest = Vec::new();
    // The connection ends with the simulator, long before the response would be complete.
    let _ = std::io::Read::read_to_end(&mut stream, &mut rest);
    assert!(rest.len() < 10, "{rest:?}");
}

#[test]
fn huge_responses_stay_valid() {
    let (sim, token) = start();
    let huge = || sim.fault(Fault::new(Effect::Huge { mebibytes: 3 }).count(1));
    huge();
    let list = get(&sim, LIST, &token);
    let items: Value = list.json();
    assert!((3 << 20..4 << 20).contains(&list.body.len()) && items.as_array().unwrap().len() == 20);
    assert!(items[0]["padding"].as_array().unwrap().len() > 100_000 && items[0]["activityId"].is_u64());
    huge();
    let profile = get(&sim, "/userprofile-service/socialProfile", &token);
    assert!(profile.body.len() >= 3 << 20 && profile.json()["displayName"].is_string());
    huge();
    let none = get(&sim, "/activitylist-service/activities/search/activities?start=999", &token);
    assert!(none.body.len() >= 3 << 20 && none.json().as_array().unwrap().is_empty());
}
