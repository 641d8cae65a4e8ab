//! The Personal API: activities and originals.

use crate::common::*;
use crate::personal::{entry, free, read, start};
use gs_sim::personal::host;
use gs_sim::{Effect, Fault, Sim, sha256};
use serde_json::{Value, json};
use std::io::{Cursor, Read};

const LIST: &str = "/activitylist-service/activities/search/activities";
const FILES: &str = "/download-service/files/activity";

fn list(sim: &Sim, token: &str, query: &str) -> Vec<Value> {
    let mut all = Vec::new();
    loop {
        let answer = read(sim, COM, &format!("{LIST}?start={}&limit=40&{query}", all.len()), token);
        assert_eq!(answer.status, 200);
        match answer.json().as_array().unwrap().as_slice() {
            [] => return all,
            page => all.extend(page.to_vec()),
        }
    }
}

fn ids(items: &[Value]) -> Vec<u64> {
    items.iter().map(|item| item["activityId"].as_u64().unwrap()).collect()
}

fn file(sim: &Sim, token: &str, id: u64, accept: &[&str]) -> Answer {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![("Authorization", bearer.as_str())];
    headers.extend(accept.iter().map(|value| ("Accept", *value)));
    send(sim, "GET", &format!("/{}{FILES}/{id}", host(COM)), &headers, "").unwrap()
}

#[test]
fn the_list_has_the_activities_of_connectapi_and_ends_with_an_empty_page() {
    let sim = start(120, free());
    let token = entry(&sim);
    let items = list(&sim, &token, "");
    assert_eq!(ids(&items), sim.with(|state| state.ids(COM)));
    let other = get(&sim, &format!("{LIST}?limit=120"), &crate::common::token(&sim, COM)).json();
    for (one, two) in items.iter().zip(other.as_array().unwrap()) {
        for field in ["activityName", "startTimeLocal", "startTimeGMT", "distance", "duration"] {
            assert_eq!(one[field], two[field], "{field}");
        }
        assert_eq!(one["activityType"]["typeKey"], two["activityType"]["typeKey"]);
    }
}

#[test]
fn a_page_above_the_limit_is_a_500_and_so_is_a_page_without_limit() {
    let sim = start(60, free());
    let token = entry(&sim);
    let status = |query: &str| read(&sim, COM, &format!("{LIST}{query}"), &token).status;
    assert_eq!((status("?limit=45"), status("?limit=46"), status("")), (200, 500, 500));
    assert_eq!((status("?limit=many"), status("?limit=5&startDate=2026-2-1")), (400, 400));
    assert_eq!((status("?limit=5&sortOrder=up"), status("?limit=5&activityType=trail_running")), (400, 400));
    assert_eq!((status("?limit=5&excludeChildren=1"), status("?limit=5&upperLatitude=4")), (400, 400));
    sim.with(|state| state.scenario.personal.page_limit = 99);
    assert_eq!(read(&sim, COM, LIST, &token).json().as_array().unwrap().len(), 60);
}

#[test]
fn items_lack_the_device_and_are_all_in_the_same_units() {
    let sim = start(200, free());
    let token = entry(&sim);
    let items = list(&sim, &token, "");
    for item in &items {
        assert!(item["deviceId"].is_null() && item["timeZoneId"].is_null() && item["activityUUID"].is_string());
        assert_eq!(item["isManualActivity"], item["manualActivity"]);
        let (duration, elapsed) = (item["duration"].as_f64().unwrap(), item["elapsedDuration"].as_f64().unwrap());
        assert!(elapsed >= duration && elapsed < duration + 1000.0, "old activities are in seconds, too");
    }
    sim.with(|state| state.scenario.personal.undocumented_fields = true);
    assert!(list(&sim, &token, "").iter().any(|item| item["deviceId"].is_u64()));
}

#[test]
fn filters_and_orders() {
    let sim = start(80, free());
    let token = entry(&sim);
    let all = list(&sim, &token, "");
    let day = &all[10]["startTimeLocal"].as_str().unwrap()[..10];
    let of_day = list(&sim, &token, &format!("startDate={day}&endDate={day}"));
    let local = |item: &Value| item["startTimeLocal"].as_str().unwrap().starts_with(day);
    assert_eq!(ids(&of_day), ids(&all.iter().filter(|item| local(item)).cloned().collect::<Vec<_>>()));
    let runs = list(&sim, &token, "activityType=running&excludedActivitySubType=trail_running");
    assert!(!runs.is_empty() && runs.iter().all(|item| item["activityType"]["typeKey"] != "trail_running"));
    let far = list(&sim, &token, "minDistance=10000&sortBy=distance&sortOrder=asc");
    let metres: Vec<f64> = far.iter().map(|item| item["distance"].as_f64().unwrap()).collect();
    assert!(metres.len() > 3 && metres[0] >= 10_000.0 && metres.is_sorted());
    assert_eq!(list(&sim, &token, "favorite=1").len() + list(&sim, &token, "decoDive=true").len(), 0);
    assert_eq!(list(&sim, &token, "sortOrder=asc")[0], all[all.len() - 1]);
    let found = list(&sim, &token, "search=MORNING+run+%F0%9F%8F%83");
    assert!(
        !found.is_empty() && found.iter().all(|item| item["activityName"].as_str().unwrap().contains("Morning run"))
    );
}

#[test]
fn legs_are_listed_on_request_and_have_details_of_their_own() {
    let sim = start(60, free());
    let token = entry(&sim);
    let parent = labelled(&sim, "multisport");
    let children: Vec<u64> =
        sim.with(|state| state.account(COM).find(parent).unwrap().children.iter().map(|child| child.id).collect());
    let with_legs = list(&sim, &token, "excludeChildren=false");
    let legs: Vec<&Value> = with_legs.iter().filter(|item| item["parentId"] == parent).collect();
    assert_eq!(legs.len(), children.len());
    assert!(!ids(&list(&sim, &token, "")).contains(&children[0]));
    let detail = |id: u64| read(&sim, COM, &format!("/activity-service/activity/{id}"), &token).json();
    assert_eq!(detail(parent)["metadataDTO"]["childIds"], json!(children));
    let leg = detail(children[0]);
    assert_eq!(
        (leg["parentId"].as_u64(), leg["activityName"].clone()),
        (Some(parent), legs.iter().find(|leg| leg["activityId"] == children[0]).unwrap()["activityName"].clone())
    );
    assert_eq!(file(&sim, &token, children[0], &["*/*"]).status, 200);
}

#[test]
fn details_have_the_zone_and_not_the_device() {
    let sim = start(60, free());
    let token = entry(&sim);
    let id = sim.with(|state| state.ids(COM)[0]);
    let detail = read(&sim, COM, &format!("/activity-service/activity/{id}"), &token).json();
    assert!(detail["activityUUID"]["uuid"].is_string() && detail["timeZoneUnitDTO"]["timeZone"].is_string());
    assert!(detail["metadataDTO"]["deviceMetaDataDTO"].is_null());
    assert_eq!(detail["metadataDTO"]["fileFormat"], json!({"formatId": 7, "formatKey": "fit"}));
    let tcx = labelled(&sim, "tcx_origin");
    let tcx = read(&sim, COM, &format!("/activity-service/activity/{tcx}"), &token).json();
    assert_eq!(tcx["metadataDTO"]["fileFormat"]["formatId"], 1);
    assert!(detail["summaryDTO"]["startTimeGMT"].as_str().unwrap().contains('T'));
    let path = format!("/activity-service/activity/{id}");
    assert_eq!(read(&sim, COM, &format!("{path}/workouts"), &token).json(), json!([]));
    assert_eq!(read(&sim, COM, "/activity-service/activity/7", &token).status, 404);
}

#[test]
fn a_download_depends_on_the_accept_header() {
    let sim = start(20, free());
    let token = entry(&sim);
    let id = sim.with(|state| state.ids(COM)[0]);
    let status = |accept: &[&str]| file(&sim, &token, id, accept).status;
    let good: [&[&str]; 5] = [
        &[],
        &["*/*"],
        &["application/x-zip-compressed"],
        &["application/zip, application/x-zip-compressed, application/octet-stream"],
        &["application/octet-stream", "application/x-zip-compressed;q=0.5"],
    ];
    assert!(good.iter().all(|accept| status(accept) == 200));
    assert_eq!((status(&["application/json"]), status(&["application/x-zip-compressed;q=0"])), (406, 406));
    let refused = file(&sim, &token, id, &["application/octet-stream"]);
    assert_eq!((refused.status, refused.json()["error"].clone()), (406, "NotAcceptableException".into()));
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", bearer.as_str()), ("Accept", "text/html")];
    assert_eq!(send(&sim, "GET", &format!("/{}{LIST}?limit=1", host(COM)), &headers, "").unwrap().status, 406);
}

#[test]
fn originals_are_those_of_connectapi() {
    let sim = start(150, free());
    let (token, other) = (entry(&sim), crate::common::token(&sim, COM));
    for id in sim.with(|state| state.ids(COM)) {
        let one = file(&sim, &token, id, &["*/*"]);
        let two = get(&sim, &format!("{FILES}/{id}"), &other);
        assert!((one.status, one.body == two.body) == (two.status, true), "{id}");
    }
    let id = sim.with(|state| state.ids(COM)[0]);
    let mut zip = zip::ZipArchive::new(Cursor::new(file(&sim, &token, id, &["*/*"]).body)).unwrap();
    let mut bytes = Vec::new();
    zip.by_index(0).unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(Some(sha256(&bytes)), sim.served(COM, id));
    let manual = labelled(&sim, "manual_404");
    assert_eq!(file(&sim, &token, manual, &["*/*"]).status, 404);
    sim.with(|state| state.scenario.personal.manual_status = Some(204));
    assert_eq!(file(&sim, &token, manual, &["*/*"]).status, 204);
}

#[test]
fn the_api_only_reads_and_knows_only_its_own_paths() {
    let sim = start(3, free());
    let token = entry(&sim);
    let id = sim.with(|state| state.ids(COM)[0]);
    let bearer = format!("Bearer {token}");
    for method in ["DELETE", "PUT", "POST"] {
        let target = format!("/{}/activity-service/activity/{id}", host(COM));
        assert_eq!(send(&sim, method, &target, &[("Authorization", &bearer)], "").unwrap().status, 405);
    }
    let export = format!("/download-service/export/gpx/activity/{id}");
    assert_eq!(file(&sim, &token, 7, &["*/*"]).status, 404);
    for path in ["/userprofile-service/socialProfile", "/activitylist-service/activities/count", "/"] {
        assert_eq!(read(&sim, COM, path, &token).status, 404, "{path}");
    }
    let target = format!("/{}{export}", host(COM));
    assert_eq!(send(&sim, "GET", &target, &[("Authorization", &bearer)], "").unwrap().status, 404);
}

#[test]
fn lies_and_changes_of_the_account_show_here_too() {
    let sim = start(10, free());
    let token = entry(&sim);
    let id = sim.with(|state| state.ids(COM)[0]);
    sim.fault(Fault::new(Effect::ListWithout { id, count_true: false }).host(&host(COM)).count(2));
    assert_eq!(list(&sim, &token, "").len(), 9);
    sim.fault(Fault::new(Effect::ListEmpty { no_content: true, count_true: false }).host(&host(COM)).count(1));
    assert_eq!(read(&sim, COM, &format!("{LIST}?limit=5"), &token).status, 204);
    sim.fault(Fault::new(Effect::EmptyZip).host(&host(COM)).path(FILES).count(1));
    assert_eq!(file(&sim, &token, id, &["*/*"]).body.len(), 22);
    sim.with(|state| state.remove_activity(COM, id));
    assert_eq!((list(&sim, &token, "").len(), file(&sim, &token, id, &["*/*"]).status), (9, 404));
}
