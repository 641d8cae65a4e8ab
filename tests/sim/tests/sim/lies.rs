//! False responses: lists, counts, accounts and uploads that differ from the state of the service.

use crate::common::*;
use gs_sim::fit;
use gs_sim::{AccountSpec, CorosSpec, Dropped, Effect, Fault, Scenario, Sim, UploadSpec};
use serde_json::{Value, json};

const LIST: &str = "/activitylist-service/activities/search/activities";
const COUNT: &str = "/activitylist-service/activities/count";
const PROFILE: &str = "/userprofile-service/socialProfile";
const START: i64 = 1_790_000_000;

/// Eight activities on garmin.com and on COROS, and another person's account on each.
fn start() -> (Sim, String, String) {
    let mut scenario = Scenario::default_garmin(8, 7);
    scenario.paging.count_excludes_parents = false;
    scenario.accounts.push(AccountSpec { email: "other@example.com".into(), generate: 3, ..AccountSpec::default() });
    scenario.coros = vec![
        CorosSpec { generate: 8, ..CorosSpec::default() },
        CorosSpec { email: "other@example.org".into(), generate: 3, ..CorosSpec::default() },
    ];
    let sim = scenario.start();
    let (garmin, coros) = (token(&sim, COM), sim.with(|state| state.issue_coros_token(2)));
    (sim, garmin, coros)
}

fn list(sim: &Sim, token: &str) -> Answer {
    get(sim, &format!("{LIST}?limit=100"), token)
}

fn ids(items: &Value, name: &str) -> Vec<u64> {
    let id = |item: &Value| item[name].as_u64().or_else(|| item[name].as_str()?.parse().ok());
    items.as_array().map(|all| all.iter().filter_map(id).collect()).unwrap_or_default()
}

fn coros(sim: &Sim, token: &str, path: &str) -> Value {
    send(sim, "GET", &format!("/teamcnapi.coros.com{path}"), &[("accesstoken", token)], "").unwrap().json()
}

fn coros_list(sim: &Sim, token: &str, paging: &str) -> Value {
    coros(sim, token, &format!("/activity/query?startDay=20150101&endDay=20301231&{paging}"))["data"].clone()
}

fn all_of_coros(sim: &Sim, token: &str) -> Value {
    coros_list(sim, token, "size=100&pageNumber=1")
}

fn upload(sim: &Sim, token: &str, bytes: &[u8]) -> Answer {
    let (media, body) = multipart("file", Some("a.fit"), bytes);
    let bearer = format!("Bearer {token}");
    let headers = [("User-Agent", "x"), ("Authorization", bearer.as_str()), ("Content-Type", media)];
    send_bytes(sim, "POST", "/connectapi.garmin.com/upload-service/upload", &headers, &body).unwrap()
}

fn status(sim: &Sim, token: &str, answer: &Answer) -> Answer {
    let location = answer.header("location").unwrap();
    get(sim, location.strip_prefix("https://connectapi.garmin.com").unwrap(), token)
}

#[test]
fn a_fault_makes_a_list_empty_once() {
    let (sim, token, coros) = start();
    let empty = |no_content, count_true| Effect::ListEmpty { no_content, count_true };
    sim.fault(Fault::new(empty(false, false)).path(LIST).count(1));
    let first = list(&sim, &token);
    assert_eq!((first.status, first.json()), (200, json!([])));
    assert_eq!(list(&sim, &token).json().as_array().unwrap().len(), 8);
    sim.fault(Fault::new(empty(true, false)).path(LIST).count(1));
    let first = list(&sim, &token);
    assert_eq!((first.status, first.body.len()), (204, 0));
    assert_eq!(get(&sim, COUNT, &token).json()["totalCount"], 8, "the count is correct");
    sim.fault(Fault::new(empty(false, false)).path(COUNT).count(1));
    assert_eq!(get(&sim, COUNT, &token).json()["totalCount"], 0);
    for (count_true, count) in [(false, 0), (true, 8)] {
        sim.fault(Fault::new(empty(false, count_true)).path("/activity/query").count(1));
        let first = all_of_coros(&sim, &coros);
        assert!(first.get("dataList").is_none() && first["count"] == count);
        assert_eq!(all_of_coros(&sim, &coros)["dataList"].as_array().unwrap().len(), 8);
    }
}

#[test]
fn a_fault_removes_the_starts_or_ids_from_a_list() {
    let (sim, token, coros) = start();
    for nonsense in [false, true] {
        sim.fault(Fault::new(Effect::ListWithoutStarts { nonsense }).count(2));
        for item in list(&sim, &token).json().as_array().unwrap() {
            for name in ["startTimeLocal", "startTimeGMT", "beginTimestamp", "endTimeGMT"] {
                let value = item.get(name).filter(|value| !value.is_null());
                let odd = value.is_some_and(|v| v == -1 || v == "0000-00-00 25:61:61");
                assert!(if nonsense { value.is_none() || odd } else { value.is_none() }, "{name}: {value:?}");
            }
            assert!(item["activityId"].is_u64());
        }
        for item in all_of_coros(&sim, &coros)["dataList"].as_array().unwrap() {
            assert_eq!(item["startTime"], if nonsense { json!(-1) } else { Value::Null });
            assert_eq!((item.get("date").is_some(), item["labelId"].is_string()), (nonsense, true));
        }
    }
    sim.fault(Fault::new(Effect::ListWithoutIds).count(2));
    let (garmin, of_coros) = (list(&sim, &token).json(), all_of_coros(&sim, &coros)["dataList"].clone());
    assert_eq!((garmin.as_array().unwrap().len(), of_coros.as_array().unwrap().len()), (8, 8));
    assert!(ids(&garmin, "activityId").is_empty() && ids(&of_coros, "labelId").is_empty());
    assert!(garmin[0]["startTimeLocal"].is_string() && of_coros[0]["startTime"].is_i64());
}

#[test]
fn a_shuffled_list_is_complete_and_reproducible() {
    let (sim, token, coros) = start();
    let order = (sim.with(|state| state.ids(COM)), sim.with(|state| state.coros_ids(2)));
    sim.fault(Fault::new(Effect::ListShuffled { seed: 5 }));
    let pages = |token: &str| {
        let of = |start: usize| get(&sim, &format!("{LIST}?start={start}&limit=3"), token).json();
        (0..4).flat_map(|page| ids(&of(page * 3), "activityId")).collect::<Vec<_>>()
    };
    let of_coros = |page: usize| coros_list(&sim, &coros, &format!("size=3&pageNumber={page}"));
    let both = || (pages(&token), (1..=3).flat_map(|n| ids(&of_coros(n)["dataList"], "labelId")).collect::<Vec<_>>());
    let shuffled = both();
    assert_eq!(shuffled, both());
    assert!(shuffled.0 != order.0 && shuffled.1 != order.1);
    let sorted = |mut list: Vec<u64>| {
        list.sort_unstable();
        list
    };
    assert_eq!((sorted(shuffled.0), sorted(shuffled.1)), (sorted(order.0), sorted(order.1)));
}

#[test]
fn a_fault_hides_one_activity_once() {
    let (sim, token, coros) = start();
    let (id, label) = (sim.with(|state| state.ids(COM)[2]), sim.with(|state| state.coros_ids(2)[2]));
    sim.fault(Fault::new(Effect::ListWithout { id, count_true: false }).path(LIST).count(1));
    let without = ids(&list(&sim, &token).json(), "activityId");
    assert_eq!((without.len(), without.contains(&id)), (7, false));
    assert_eq!(ids(&list(&sim, &token).json(), "activityId").len(), 8);
    sim.fault(Fault::new(Effect::ListWithout { id, count_true: false }).path(COUNT).count(1));
    assert_eq!(get(&sim, COUNT, &token).json()["totalCount"], 7);
    for (count_true, count) in [(false, 7), (true, 8)] {
        sim.fault(Fault::new(Effect::ListWithout { id: label, count_true }).count(1));
        let data = all_of_coros(&sim, &coros);
        assert_eq!((data["count"].as_u64(), ids(&data["dataList"], "labelId").len()), (Some(count), 7));
    }
    assert_eq!(all_of_coros(&sim, &coros)["count"], 8);
}

#[test]
fn a_fault_makes_a_token_act_as_another_account() {
    let (sim, token, coros_token) = start();
    let owner = |token: &str| get(&sim, PROFILE, token).json()["profileId"].as_u64();
    let own = owner(&token);
    sim.fault(
        Fault::new(Effect::AsAccount { email: "other@example.com".into() }).host("connectapi.garmin.com").count(2),
    );
    assert_ne!(owner(&token), own);
    assert_eq!(list(&sim, &token).json().as_array().unwrap().len(), 3);
    assert_eq!((owner(&token), list(&sim, &token).json().as_array().unwrap().len()), (own, 8));
    let user = || coros(&sim, &coros_token, "/account/query")["data"]["userId"].clone();
    let own_user = user();
    sim.fault(Fault::new(Effect::AsAccount { email: "other@example.org".into() }).host("teamcnapi.coros.com").count(2));
    assert_ne!(user(), own_user);
    assert_eq!(all_of_coros(&sim, &coros_token)["count"], 3);
    assert_eq!((user(), all_of_coros(&sim, &coros_token)["count"].as_u64()), (own_user, Some(8)));
    sim.fault(Fault::new(Effect::AsAccount { email: "nobody@example.com".into() }).count(1));
    assert_eq!(owner(&token), own);
    assert!(sim.log().last().unwrap().note.contains("no such account"));
}

#[test]
fn a_fault_renews_a_token_for_another_account() {
    let (sim, token, _) = start();
    let file = sim.with(|state| state.issue_token(COM));
    let as_other = Effect::AsAccount { email: "other@example.com".into() };
    sim.fault(Fault::new(as_other).host("diauth.garmin.com").body("grant_type=refresh_token").count(1));
    let renewed = refresh(&sim, COM, file["di_refresh_token"].as_str().unwrap()).unwrap().json();
    let owner = |token: &str| get(&sim, PROFILE, token).json()["profileId"].as_u64();
    assert_ne!(owner(renewed["access_token"].as_str().unwrap()), owner(&token));
}

#[test]
fn a_fault_rejects_the_first_request_after_a_token_renewal() {
    let (sim, token, _) = start();
    sim.fault(
        Fault::new(Effect::Challenge { status: 403 })
            .host("connectapi.garmin.com")
            .armed_by("diauth.garmin.com", "/di-oauth2-service/")
            .count(1),
    );
    assert_eq!(get(&sim, PROFILE, &token).status, 200);
    let file = sim.with(|state| state.issue_token(COM));
    let renewed = refresh(&sim, COM, file["di_refresh_token"].as_str().unwrap()).unwrap();
    assert_eq!(renewed.status, 200);
    let token = renewed.json()["access_token"].as_str().unwrap().to_owned();
    let page = get(&sim, PROFILE, &token);
    assert_eq!(page.status, 403);
    assert!(page.header("content-type").unwrap().starts_with("text/html") && page.body.starts_with(b"<!DOCTYPE"));
    assert_eq!(get(&sim, PROFILE, &token).status, 200);
    // If the page replaces the response of the renewal, the refresh token stays valid.
    sim.fault(Fault::new(Effect::Challenge { status: 403 }).host("diauth.garmin.com").count(1));
    let kept = renewed.json()["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(refresh(&sim, COM, &kept).unwrap().status, 403);
    assert_eq!(refresh(&sim, COM, &kept).unwrap().status, 200);
}

#[test]
fn a_fault_rejects_a_valid_token_twice() {
    let (sim, token, _) = start();
    sim.fault(Fault::new(Effect::Unauthorized).host("connectapi.garmin.com").count(2));
    let statuses = [(); 3].map(|()| get(&sim, PROFILE, &token).status);
    assert_eq!(statuses, [401, 401, 200]);
}

#[test]
fn an_accepted_upload_can_be_dropped() {
    let (sim, token, _) = start();
    let file = fit::run(START, 1800, 5000.0).build();
    for (dropped, ends) in [(Dropped::Done, 201), (Dropped::Gone, 404)] {
        let spec = UploadSpec { dropped, ..UploadSpec::default() };
        sim.with(|state| state.account(COM).spec.upload = spec);
        let answer = upload(&sim, &token, &file);
        let statuses = [(); 2].map(|()| status(&sim, &token, &answer).status);
        assert_eq!((answer.status, statuses), (202, [202, ends]));
    }
    sim.with(|state| state.account(COM).spec.upload = UploadSpec { polls: 0, ..UploadSpec::default() });
    sim.fault(Fault::new(Effect::Dropped { gone: false }).method("POST").path("/upload-service/").count(1));
    let done = status(&sim, &token, &upload(&sim, &token, &file));
    let location = done.header("location").unwrap();
    let path = location.strip_prefix("https://connectapi.garmin.com").unwrap();
    assert_eq!((done.status, get(&sim, path, &token).status), (201, 404));
    assert_eq!(sim.with(|state| state.ids(COM).len()), 8);
    assert_eq!(status(&sim, &token, &upload(&sim, &token, &file)).status, 201);
    assert_eq!(sim.with(|state| state.ids(COM).len()), 9, "the next upload is not a duplicate of the dropped one");
}

#[test]
fn an_upload_with_a_lost_response_is_listed_late() {
    let (sim, token, _) = start();
    let late = UploadSpec { listed_after_requests: 1, listed_after_seconds: 60, ..UploadSpec::default() };
    sim.with(|state| state.account(COM).spec.upload = late);
    sim.fault(Fault::new(Effect::AnswerLost).path("/upload-service/").count(1));
    let (media, body) = multipart("file", Some("a.fit"), &fit::run(START, 1800, 5000.0).build());
    let bearer = format!("Bearer {token}");
    let headers = [("User-Agent", "x"), ("Authorization", bearer.as_str()), ("Content-Type", media)];
    assert!(send_bytes(&sim, "POST", "/connectapi.garmin.com/upload-service/upload", &headers, &body).is_none());
    let listed = || list(&sim, &token).json().as_array().unwrap().len();
    assert_eq!([listed(), listed()], [8, 8]);
    sim.with(|state| state.advance(60));
    assert_eq!(listed(), 9);
}

#[test]
fn an_upload_to_the_import_address_is_marked_as_imported() {
    let (sim, token, _) = start();
    sim.with(|state| state.account(COM).spec.upload = UploadSpec { polls: 0, ..UploadSpec::default() });
    let imported = |path: &str, nk: &str, start: i64| {
        let (media, body) = multipart("file", Some("a.fit"), &fit::run(start, 1800, 5000.0).build());
        let bearer = format!("Bearer {token}");
        let headers = [("User-Agent", "x"), ("Authorization", &bearer), ("Content-Type", media), ("NK", nk)];
        let answer = send_bytes(&sim, "POST", &format!("/connectapi.garmin.com{path}"), &headers, &body).unwrap();
        let id = status(&sim, &token, &answer).header("location").unwrap();
        let id: u64 = id.rsplit('/').next().unwrap().parse().unwrap();
        sim.with(|state| state.account(COM).find(id).unwrap().imported)
    };
    assert!(imported("/upload-service/upload/fit", "NT", START));
    assert!(!imported("/upload-service/upload", "NT", START + 9000));
    assert!(!imported("/upload-service/upload/fit", "", START + 19_000));
}
