//! intervals.icu: false lists, changes by others, and the control port.

use crate::common::{COM, send};
use crate::intervals::{HOST, LIST, evening, get, ids, start};
use gs_sim::{Change, Effect, Fault, FileForm, IntervalsSpec, Scenario, When};
use serde_json::json;

#[test]
fn lists_can_lie() {
    let sim = start(IntervalsSpec { generate: 9, ..IntervalsSpec::default() });
    let all = ids(&get(&sim, LIST));
    let lie = |effect: Effect| {
        sim.fault(Fault::new(effect).host(HOST).count(1));
        get(&sim, LIST)
    };
    assert!(ids(&lie(Effect::ListEmpty { no_content: false, count_true: false })).is_empty());
    assert_eq!(lie(Effect::ListEmpty { no_content: true, count_true: false }).status, 204);
    let hidden = all[3][1..].parse().unwrap();
    assert!(!ids(&lie(Effect::ListWithout { id: hidden, count_true: false })).contains(&all[3]));
    let mut shuffled = ids(&lie(Effect::ListShuffled { seed: 2 }));
    assert_ne!(shuffled, all);
    shuffled.sort();
    assert!(all.iter().all(|id| shuffled.binary_search(id).is_ok()));
    assert!(lie(Effect::ListWithoutIds).json()[0].get("id").is_none());
    let without = lie(Effect::ListWithoutStarts { nonsense: false }).json();
    assert!(without[0].get("start_date").is_none() && without[0].get("start_date_local").is_none());
}

#[test]
fn others_can_change_activities_and_the_key_meanwhile() {
    let sim = start(IntervalsSpec { generate: 3, ..IntervalsSpec::default() });
    let key = sim.with(|state| state.intervals_key());
    let meanwhile = |change: Change| {
        sim.fault(Fault::new(Effect::Meanwhile { when: When::Before, change }).host(HOST).count(1));
        get(&sim, LIST)
    };
    let first = ids(&get(&sim, LIST))[0].clone();
    let service = || "intervals".to_owned();
    let rest = ids(&meanwhile(Change::Delete { service: service(), id: first[1..].parse().unwrap() }));
    assert_eq!((rest.len(), rest.contains(&first)), (2, false));
    let more = meanwhile(Change::AddIntervals { activity: Box::new(evening()) });
    assert_eq!(more.json().as_array().unwrap().len(), 3);
    let id = sim.with(|state| state.add_activity(COM, &gs_sim::ActivitySpec::default()));
    assert_eq!(meanwhile(Change::Copy { from: COM.into(), id, to: service() }).json().as_array().unwrap().len(), 4);
    let here = sim.with(|state| state.intervals_account().newest_first()[0].number);
    let before = sim.with(|state| state.ids("garmin.cn").len());
    meanwhile(Change::Copy { from: service(), id: here, to: "garmin.cn".into() });
    assert_eq!(sim.with(|state| state.ids("garmin.cn").len()), before + 1);
    assert_eq!(meanwhile(Change::Push { domain: COM.into(), id }).json().as_array().unwrap().len(), 5);
    assert_eq!(meanwhile(Change::EndTokens { service: service() }).status, 401);
    assert_ne!(sim.with(|state| state.intervals_key()), key);
}

#[test]
fn the_control_port_does_the_same() {
    let sim = start(IntervalsSpec::default());
    let call = |method: &str, path: &str, body: &str| {
        send(&sim, method, &format!("/_sim/intervals/{path}"), &[], body).unwrap()
    };
    let key = call("GET", "key", "").json()["key"].as_str().unwrap().to_owned();
    assert_eq!(key, sim.with(|state| state.intervals_key()));
    let id = call("POST", "activities", r#"{"type":"Run","start":1772402400,"external_id":"x"}"#).json()["id"].clone();
    let stub = call("POST", "strava?start=1772302400", "").json()["id"].clone();
    assert_eq!(json!(ids(&get(&sim, LIST))), json!([id, stub]));
    let garmin = sim.with(|state| state.add_activity(COM, &gs_sim::ActivitySpec::default()));
    assert_eq!(call("POST", &format!("push?id={garmin}"), "").status, 201);
    assert_eq!(call("POST", &format!("push?id={garmin}"), "").status, 404, "its file is there already");
    assert_eq!(call("DELETE", &format!("activities/{}", id.as_str().unwrap()), "").status, 204);
    assert_eq!(call("POST", "account", r#"{"limits":{"day":1},"file_form":"encoded"}"#).status, 204);
    assert_eq!(sim.with(|state| state.intervals_account().spec.file_form), FileForm::Encoded);
    assert_ne!(call("POST", "key/renew", "").json()["key"], json!(key));
    let state = send(&sim, "GET", "/_sim/state", &[], "").unwrap().json();
    let listed = state["intervals"][0]["activities"].as_array().unwrap().clone();
    let mut sources: Vec<&str> = listed.iter().map(|one| one["source"].as_str().unwrap()).collect();
    sources.sort_unstable();
    assert_eq!(sources, ["GARMIN_CONNECT", "STRAVA"]);
    assert_eq!(call("POST", "activities", r#"{"kind":"Run"}"#).status, 400);
    let plain = Scenario::default_garmin(0, 1).start();
    assert_eq!(send(&plain, "GET", "/_sim/intervals/key", &[], "").unwrap().status, 400);
}

#[test]
fn every_request_can_be_redirected() {
    let sim = start(IntervalsSpec { moved_to: Some("http://127.0.0.1:1/evil".into()), ..IntervalsSpec::default() });
    let moved = get(&sim, "/athlete/0/activities?oldest=2026-01-01");
    let location = "http://127.0.0.1:1/evil/api/v1/athlete/0/activities?oldest=2026-01-01";
    assert_eq!((moved.status, moved.header("location").as_deref()), (308, Some(location)));
}
