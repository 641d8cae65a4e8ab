//! intervals.icu: the key, lists, details, Strava stubs and limits.

use crate::common::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gs_sim::{Effect, Fault, IntervalsActivitySpec, IntervalsLimits, IntervalsSpec, Scenario, Sim};
use serde_json::{Value, json};

pub const HOST: &str = "intervals.icu";
pub const LIST: &str = "/athlete/0/activities?oldest=2000-01-01&newest=2040-01-01";

pub fn start(spec: IntervalsSpec) -> Sim {
    Scenario { intervals: vec![spec], ..Scenario::default_garmin(3, 3) }.start()
}

pub fn basic(user: &str, key: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{key}")))
}

/// A request with the key of the first account.
pub fn ask(sim: &Sim, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let authorization = basic("API_KEY", &sim.with(|state| state.intervals_key()));
    let all = [&[("Authorization", authorization.as_str())], headers].concat();
    send_bytes(sim, method, &format!("/{HOST}/api/v1{path}"), &all, body).unwrap()
}

pub fn get(sim: &Sim, path: &str) -> Answer {
    ask(sim, "GET", path, &[], b"")
}

pub fn ids(answer: &Answer) -> Vec<String> {
    let list = answer.json();
    list.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

pub fn add(sim: &Sim, spec: &IntervalsActivitySpec) -> String {
    sim.with(|state| state.add_intervals_activity(spec))
}

/// 2026-03-01T22:00:00Z, which is the second of March at UTC+5:45.
pub fn evening() -> IntervalsActivitySpec {
    IntervalsActivitySpec {
        start: Some(1_772_402_400),
        offset: Some(20_700),
        fit_sport: Some((1, 3)),
        external_id: Some("garmin:7".into()),
        ..IntervalsActivitySpec::default()
    }
}

#[test]
fn only_basic_authorization_with_the_literal_user_and_the_key_is_accepted() {
    let sim = start(IntervalsSpec::default());
    let key = sim.with(|state| state.intervals_key());
    let ask = |authorization: &str| {
        let target = format!("/{HOST}/api/v1/athlete/0");
        send(&sim, "GET", &target, &[("Authorization", authorization)], "").unwrap()
    };
    let answer = ask(&basic("API_KEY", &key));
    assert_eq!((answer.status, answer.json()["id"].as_str()), (200, Some("i100001")));
    assert_eq!(answer.json()["timezone"], "Europe/Paris");
    let wrong = [basic("api_key", &key), basic("i100001", &key), basic("API_KEY", "x"), basic("API_KEY", "")];
    let others = [format!("ApiKey API_KEY:{key}"), key.clone(), "Bearer x".into(), "Basic !".into()];
    for authorization in wrong.iter().chain(&others) {
        let answer = ask(authorization);
        assert_eq!((answer.status, answer.json()["status"].as_u64()), (401, Some(401)), "{authorization}");
        assert!(answer.json()["error"].is_string());
    }
    assert_eq!(ask(&format!("Bearer {key}")).status, 403);
    assert_eq!(send(&sim, "GET", &format!("/{HOST}/api/v1/athlete/0"), &[], "").unwrap().status, 401);
    let newer = sim.with(|state| state.renew_intervals_key());
    assert_eq!([ask(&basic("API_KEY", &key)).status, ask(&basic("API_KEY", &newer)).status], [401, 200]);
}

#[test]
fn another_athlete_and_its_activities_are_rejected() {
    let other = IntervalsSpec {
        athlete: "100002".into(),
        email: "other@example.net".into(),
        key: "b".into(),
        generate: 1,
        ..IntervalsSpec::default()
    };
    let own = IntervalsSpec { generate: 2, ..IntervalsSpec::default() };
    let sim = Scenario { intervals: vec![own, other], ..Scenario::default_garmin(0, 3) }.start();
    for athlete in ["0", "i100001"] {
        assert_eq!(get(&sim, &format!("/athlete/{athlete}")).json()["id"], "i100001");
        assert_eq!(get(&sim, &format!("/athlete/{athlete}/activities?oldest=2000-01-01")).status, 200);
    }
    for athlete in ["100002", "i100002", "100001", "i100003"] {
        assert_eq!(get(&sim, &format!("/athlete/{athlete}")).status, 403);
        assert_eq!(get(&sim, &format!("/athlete/{athlete}/activities?oldest=2000-01-01")).status, 403);
        assert_eq!(ask(&sim, "POST", &format!("/athlete/{athlete}/activities"), &[], b"").status, 403);
    }
    let foreign = sim.with(|state| state.intervals.accounts[1].items[0].id());
    assert_eq!(get(&sim, &format!("/activity/{foreign}")).status, 403);
    assert_eq!(ask(&sim, "DELETE", &format!("/activity/{foreign}"), &[], b"").status, 403);
    sim.fault(Fault::new(Effect::AsAccount { email: "other@example.net".into() }).host(HOST).count(2));
    assert_eq!(get(&sim, "/athlete/0").json()["id"], "100002");
    assert_eq!(ids(&get(&sim, LIST)), [foreign]);
}

#[test]
fn a_list_requires_oldest_and_local_times_without_an_offset() {
    let sim = start(IntervalsSpec::default());
    let id = add(&sim, &evening());
    let list = |query: &str| get(&sim, &format!("/athlete/0/activities?{query}"));
    for bad in [
        "",
        "newest=2026-03-03",
        "oldest=",
        "oldest=2026-03-01T00:00:00Z",
        "oldest=2026-03-01T00:00:00%2B01:00",
        "oldest=1772402400",
        "oldest=2026-02-30",
        "oldest=2026-03-01&newest=2026-3-2",
        "oldest=2026-03-01&limit=0",
    ] {
        let answer = list(bad);
        assert_eq!((answer.status, answer.json()["status"].as_u64()), (422, Some(422)), "{bad}");
    }
    for bad in ["oldest=2026-03-01&limit=ten", "oldest=2026-03-01&limit=-1", "oldest=2026-03-01&route_id=x"] {
        assert_eq!(list(bad).status, 500, "{bad}");
    }
    // Local time is 03:45 on the second of March.
    for inside in [
        "oldest=2026-03-02&newest=2026-03-02",
        "oldest=2026-03-02T03:45:00&newest=2026-03-02T03:45:00",
        "oldest=2026-03-02T03:45",
    ] {
        assert_eq!(ids(&list(inside)), std::slice::from_ref(&id), "{inside}");
    }
    for outside in [
        "oldest=2026-03-01&newest=2026-03-01",
        "oldest=2026-03-03",
        "oldest=2026-03-02T03:45:01",
        "oldest=2026-03-02&newest=2026-03-02T03:44:59",
        "oldest=2026-03-02&newest=2026-03-01",
        "oldest=2026-03-02&route_id=1",
    ] {
        assert!(ids(&list(outside)).is_empty(), "{outside}");
    }
}

#[test]
fn a_list_ends_now_unless_newest_is_later() {
    let sim = start(IntervalsSpec::default());
    let later = IntervalsActivitySpec { start: Some(sim.with(|state| state.now()) + 90_000), ..evening() };
    let id = add(&sim, &later);
    assert!(ids(&get(&sim, "/athlete/0/activities?oldest=2026-01-01")).is_empty());
    assert_eq!(ids(&get(&sim, LIST)), std::slice::from_ref(&id));
    sim.with(|state| state.advance(180_000));
    assert_eq!(ids(&get(&sim, "/athlete/0/activities?oldest=2026-01-01")), [id]);
}

#[test]
fn a_list_is_newest_first_without_pages_and_limit_keeps_the_newest() {
    let sim = start(IntervalsSpec { generate: 30, strava: 2, ..IntervalsSpec::default() });
    let all = ids(&get(&sim, LIST));
    assert_eq!(all, sim.with(|state| state.intervals_ids()));
    assert_eq!((all.len(), &all[..4]), (32, ids(&get(&sim, &format!("{LIST}&limit=4"))).as_slice()));
    // There is no second page.
    for page in ["offset=10", "page=2", "start=10"] {
        assert_eq!(ids(&get(&sim, &format!("{LIST}&{page}"))), all);
    }
    let list = get(&sim, LIST).json();
    let starts: Vec<&str> =
        list.as_array().unwrap().iter().map(|one| one["start_date_local"].as_str().unwrap()).collect();
    assert!(starts.is_sorted_by(|a, b| a >= b));
}

#[test]
fn activities_have_the_documented_fields_and_all_may_be_null() {
    let sim = start(IntervalsSpec::default());
    let id = add(&sim, &evening());
    let one = get(&sim, &format!("/activity/{id}")).json();
    assert!(id.starts_with('i') && id[1..].bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!((one["id"].as_str(), one["icu_athlete_id"].as_str()), (Some(id.as_str()), Some("i100001")));
    assert_eq!(one["start_date"], "2026-03-01T22:00:00Z");
    assert_eq!(
        (one["start_date_local"].as_str(), one["timezone"].as_str()),
        (Some("2026-03-02T03:45:00"), Some("Asia/Kathmandu"))
    );
    assert_eq!((one["type"].as_str(), one["sub_type"].as_str()), (Some("TrailRun"), Some("NONE")));
    assert_eq!((one["source"].as_str(), one["external_id"].as_str()), (Some("UPLOAD"), Some("garmin:7")));
    assert!(one["moving_time"].is_u64() && one["distance"].is_f64() && one["calories"].is_u64());
    assert_eq!((one["file_type"].as_str(), one["file_sport_index"].is_null()), (Some("fit"), true));
    assert!(one.get("gap").is_some_and(Value::is_null) && one.get("icu_intervals").is_none());
    assert!(get(&sim, &format!("/activity/{id}?intervals=true")).json()["icu_intervals"].is_array());
    let odd = ["numbers_missing", "name_missing", "device_missing", "timezone_missing", "type_missing"];
    let odd = IntervalsActivitySpec { oddities: odd.map(str::to_owned).to_vec(), ..evening() };
    let one = get(&sim, &format!("/activity/{}", add(&sim, &odd))).json();
    for name in ["distance", "moving_time", "calories", "name", "device_name", "timezone", "type", "analyzed"] {
        assert!(one.get(name).is_some_and(Value::is_null), "{name}");
    }
}

#[test]
fn fields_reduce_an_activity_and_drop_nulls() {
    let sim = start(IntervalsSpec::default());
    let nameless = IntervalsActivitySpec { oddities: vec!["name_missing".into()], ..evening() };
    let id = add(&sim, &nameless);
    let expected = json!([{"id": id, "type": "TrailRun", "external_id": "garmin:7"}]);
    for fields in ["fields=id,name,type,external_id,nonsense", "fields=id&fields=name&fields=type&fields=external_id"] {
        assert_eq!(get(&sim, &format!("{LIST}&{fields}")).json(), expected, "{fields}");
    }
    let two = get(&sim, &format!("/athlete/0/activities/{id},i1,{id}?fields=id")).json();
    assert_eq!(two, json!([{"id": id}, {"id": id}]), "missing ids are ignored");
}

#[test]
fn strava_activities_are_stubs_and_everything_else_about_them_is_rejected() {
    let sim = start(IntervalsSpec::default());
    let id = sim.with(|state| state.add_strava_stub(1_772_402_400));
    assert!(id.bytes().all(|byte| byte.is_ascii_digit()));
    let stub = json!({
        "id": id, "icu_athlete_id": "i100001", "start_date_local": "2026-03-01T23:00:00", "source": "STRAVA",
        "_note": "STRAVA activities are not available via the API",
    });
    assert_eq!(get(&sim, LIST).json(), json!([stub]));
    let with_fields = || get(&sim, &format!("{LIST}&fields=id,type,start_date,source,_note")).json()[0].clone();
    assert_eq!(with_fields().as_object().unwrap().len(), 3);
    sim.with(|state| state.intervals_account().spec.stubs_bare = true);
    assert_eq!(with_fields(), json!({"id": id}));
    let body = br#"{"name":"x"}"#;
    for (method, path) in [("GET", ""), ("GET", "/file"), ("PUT", ""), ("DELETE", "")] {
        let answer = ask(&sim, method, &format!("/activity/{id}{path}"), &[("Content-Type", "application/json")], body);
        assert_eq!((answer.status, answer.json()["status"].as_u64()), (422, Some(422)), "{method} {path}");
    }
    assert_eq!(sim.with(|state| state.intervals_ids()), std::slice::from_ref(&id));
    assert!(sim.with(|state| state.delete_intervals_activity(&id)));
}

#[test]
fn requests_are_limited_by_the_quarter_hour_and_by_the_day() {
    let limits = IntervalsLimits { quarter_hour: 3, day: 5, second: None };
    let sim = start(IntervalsSpec { limits, ..IntervalsSpec::default() });
    // The day must not end meanwhile.
    sim.with(|state| state.advance(86_400 - state.now().rem_euclid(86_400)));
    let ask = || get(&sim, "/athlete/0");
    let remaining = |answer: &Answer| answer.header("x-ratelimit-remaining").unwrap();
    let first = ask();
    assert_eq!((first.header("x-ratelimit-limit").as_deref(), remaining(&first).as_str()), (Some("3,5"), "2,4"));
    assert_eq!([remaining(&ask()), remaining(&ask())], ["1,3", "0,2"]);
    let limited = ask();
    assert_eq!(
        (limited.status, limited.json()["status"].as_u64(), remaining(&limited).as_str()),
        (429, Some(429), "0,2")
    );
    let wait: i64 = limited.header("retry-after").unwrap().parse().unwrap();
    assert!((890..=900).contains(&wait), "{wait}");
    sim.with(|state| state.advance(wait + 1));
    assert_eq!([ask().status, ask().status], [200, 200]);
    let limited = ask();
    let wait: i64 = limited.header("retry-after").unwrap().parse().unwrap();
    assert!(limited.status == 429 && wait > 80_000, "{wait}");
    sim.with(|state| state.advance(wait));
    assert_eq!(ask().status, 200);
    let shown = sim.with(|state| serde_json::to_value(&state.intervals_account().spec.limits).unwrap());
    assert_eq!(shown["quarter_hour"], 3);
    let usual = IntervalsLimits::default();
    assert_eq!((usual.quarter_hour, usual.day, usual.second), (2500, 5000, None));
}

#[test]
fn requests_can_be_limited_by_the_second() {
    let limits = IntervalsLimits { second: Some(2), ..IntervalsLimits::default() };
    let sim = start(IntervalsSpec { limits, ..IntervalsSpec::default() });
    let answers: Vec<Answer> = (0..30).map(|_| get(&sim, "/athlete/0")).collect();
    let limited = answers.iter().find(|answer| answer.status == 429).unwrap();
    assert_eq!(limited.header("retry-after").as_deref(), Some("1"));
}
