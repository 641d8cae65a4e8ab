//! List, detail, downloads and deletion.

use crate::common::*;
use gs_sim::{ActivitySpec, Scenario, Sim, sha256};
use serde_json::Value;
use std::io::{Cursor, Read};

const LIST: &str = "/activitylist-service/activities/search/activities";

fn start(count: usize) -> (Sim, String) {
    let sim = Scenario::default_garmin(count, 7).start();
    let token = token(&sim, COM);
    (sim, token)
}

fn unzip(bytes: &[u8]) -> (String, Vec<u8>) {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    assert_eq!(zip.len(), 1);
    let mut entry = zip.by_index(0).unwrap();
    let mut out = Vec::new();
    entry.read_to_end(&mut out).unwrap();
    (entry.name().unwrap().into_owned(), out)
}

fn pages(sim: &Sim, token: &str, limit: usize) -> Vec<Value> {
    let mut all = Vec::new();
    loop {
        let answer = get(sim, &format!("{LIST}?start={}&limit={limit}", all.len()), token);
        match answer.json().as_array().unwrap().as_slice() {
            [] => return all,
            page => all.extend(page.to_vec()),
        }
    }
}

#[test]
fn pages_cover_the_history_newest_first() {
    let (sim, token) = start(120);
    let all = pages(&sim, &token, 50);
    let ids: Vec<u64> = all.iter().map(|item| item["activityId"].as_u64().unwrap()).collect();
    assert_eq!(ids, sim.with(|state| state.ids(COM)));
    let locals: Vec<&str> = all.iter().map(|item| item["startTimeLocal"].as_str().unwrap()).collect();
    assert!(locals.is_sorted_by(|a, b| a >= b));
    assert_eq!(get(&sim, &format!("{LIST}?start=999"), &token).json(), Value::Array(vec![]));
    assert_eq!(get(&sim, &format!("{LIST}?limit=1001"), &token).status, 400);
    assert_eq!(get(&sim, &format!("{LIST}?limit=many"), &token).status, 400);
    assert_eq!(get(&sim, &format!("{LIST}?startDate=2026-2-1"), &token).status, 400);
}

#[test]
fn filters_use_local_days_and_parent_types() {
    let (sim, token) = start(60);
    let all = pages(&sim, &token, 100);
    let day = &all[10]["startTimeLocal"].as_str().unwrap()[..10];
    let some = get(&sim, &format!("{LIST}?startDate={day}&endDate={day}&limit=100"), &token).json();
    let expected = all.iter().filter(|item| item["startTimeLocal"].as_str().unwrap().starts_with(day)).count();
    assert_eq!(some.as_array().unwrap().len(), expected);
    let runs = get(&sim, &format!("{LIST}?activityType=running&limit=100"), &token).json();
    assert!(
        runs.as_array()
            .unwrap()
            .iter()
            .all(|item| { item["activityType"]["typeKey"] == "running" || item["activityType"]["parentTypeId"] == 1 })
    );
    let oldest = get(&sim, &format!("{LIST}?sortOrder=asc&limit=1"), &token).json();
    assert_eq!(oldest[0]["activityId"], all[all.len() - 1]["activityId"]);
}

#[test]
fn old_activities_have_nulls_and_milliseconds() {
    let (sim, token) = start(200);
    let all = pages(&sim, &token, 100);
    let old = all.iter().find(|item| item["startTimeLocal"].as_str().unwrap() < "2021-12").unwrap();
    assert!(old.as_object().unwrap().values().any(Value::is_null));
    assert!(old["elapsedDuration"].as_f64().unwrap() > 900.0 * old["duration"].as_f64().unwrap());
    let new = &all[0];
    assert!(!new.as_object().unwrap().values().any(Value::is_null));
    assert!(new["activityId"].as_u64().unwrap() > u64::from(u32::MAX));
}

#[test]
fn originals_are_zips_with_data_descriptors_and_the_served_bytes() {
    let (sim, token) = start(150);
    let id = sim.with(|state| state.ids(COM)[0]);
    let answer = get(&sim, &format!("/download-service/files/activity/{id}"), &token);
    assert_eq!(answer.header("content-type").unwrap(), "application/x-zip-compressed");
    assert_eq!(answer.body[6..8], [0x08, 0x08]);
    assert_eq!(answer.body[18..26], [0; 8], "the sizes are after the data");
    let (name, bytes) = unzip(&answer.body);
    assert_eq!(name, format!("{id}_ACTIVITY.fit"));
    assert_eq!(Some(sha256(&bytes)), sim.served(COM, id));
    sim.with(|state| state.rename_activity(COM, id, "another"));
    assert_eq!(Some(sha256(&bytes)), sim.served(COM, id));
}

#[test]
fn every_generated_fit_file_is_valid_and_reproducible() {
    let (sim, _) = start(110);
    let again = Scenario::default_garmin(110, 7).start();
    for id in sim.with(|state| state.ids(COM)) {
        assert_eq!(sim.served(COM, id), again.served(COM, id));
        let (extension, bytes) = sim.with(|state| {
            let activity = state.account(COM).find(id).unwrap();
            (activity.extension(), activity.original())
        });
        if let (Some("fit"), Some(bytes)) = (extension, bytes) {
            fitparser::from_bytes(&bytes).unwrap();
        }
    }
}

#[test]
fn activities_without_a_fit_file_return_an_error_or_another_format() {
    let (sim, token) = start(150);
    let file = |label: &str| get(&sim, &format!("/download-service/files/activity/{}", labelled(&sim, label)), &token);
    assert_eq!(file("manual_404").status, 404);
    assert_eq!(
        (file("manual_500").status, file("manual_500").json()["error"].clone()),
        (500, "NullPointerException".into())
    );
    assert_eq!(
        (file("corrupt_original").status, file("corrupt_original").json()["error"].clone()),
        (403, "WebApplicationException".into())
    );
    assert!(unzip(&file("gpx_origin").body).0.ends_with(".gpx"));
    assert!(unzip(&file("tcx_origin").body).0.ends_with(".tcx"));
    let corrupt = labelled(&sim, "corrupt_original");
    let export = get(&sim, &format!("/download-service/export/tcx/activity/{corrupt}?full=true"), &token);
    assert_eq!((export.status, Some(sha256(&export.body))), (200, sim.served_export(COM, corrupt, "tcx")));
    let gpx = labelled(&sim, "gpx_origin");
    let detail = get(&sim, &format!("/activity-service/activity/{gpx}"), &token).json();
    assert_eq!(detail["metadataDTO"]["fileFormat"]["formatKey"], "gpx");
    assert!([404, 500].contains(&get(&sim, &format!("/download-service/export/tcx/activity/{gpx}"), &token).status));
    let yoga = sim
        .with(|state| state.add_activity(COM, &ActivitySpec { sport: Some("yoga".into()), ..ActivitySpec::default() }));
    assert!([204, 404].contains(&get(&sim, &format!("/download-service/export/gpx/activity/{yoga}"), &token).status));
}

#[test]
fn the_legs_of_a_multisport_activity_return_the_file_of_the_parent() {
    let (sim, token) = start(150);
    let id = labelled(&sim, "multisport");
    let parent = get(&sim, &format!("/activity-service/activity/{id}"), &token).json();
    let children = parent["metadataDTO"]["childIds"].as_array().unwrap();
    assert_eq!((children.len(), parent["isMultiSportParent"].clone()), (5, true.into()));
    let child = get(&sim, &format!("/activity-service/activity/{}", children[2]), &token).json();
    assert_eq!(
        (child["parentId"].as_u64(), child["activityTypeDTO"]["typeKey"].as_str()),
        (Some(id), Some("road_biking"))
    );
    let whole = unzip(&get(&sim, &format!("/download-service/files/activity/{id}"), &token).body).1;
    let leg = unzip(&get(&sim, &format!("/download-service/files/activity/{}", children[2]), &token).body).1;
    assert_eq!(whole, leg);
    assert!(!sim.with(|state| state.ids(COM)).contains(&children[2].as_u64().unwrap()));
}

#[test]
fn a_deletion_removes_the_activity_and_shifts_the_offsets() {
    let (sim, token) = start(10);
    let ids = sim.with(|state| state.ids(COM));
    let path = format!("/activity-service/activity/{}", ids[0]);
    assert_eq!(api(&sim, COM, "DELETE", &path, &token).status, 204);
    let gone = get(&sim, &path, &token);
    assert_eq!((gone.status, gone.json()["error"].clone()), (404, "NotFoundException".into()));
    assert_eq!(api(&sim, COM, "DELETE", &path, &token).status, 404);
    let first = get(&sim, &format!("{LIST}?start=0&limit=1"), &token).json();
    assert_eq!(first[0]["activityId"].as_u64(), Some(ids[1]));
}

#[test]
fn activity_types_user_settings_and_renames_are_supported() {
    let (sim, token) = start(10);
    let types = get(&sim, "/activity-service/activity/activityTypes", &token).json();
    let number = |key: &str| {
        let found = types.as_array().unwrap().iter().find(|one| one["typeKey"] == key).unwrap();
        (found["typeId"].as_u64().unwrap(), found["parentTypeId"].as_u64().unwrap())
    };
    assert_eq!((number("running"), number("trail_running"), number("lap_swimming")), ((1, 17), (6, 1), (27, 26)));
    let settings = get(&sim, "/userprofile-service/userprofile/user-settings", &token).json();
    assert_eq!(settings["userData"]["measurementSystem"], "metric");
    let id = sim.with(|state| state.ids(COM)[0]);
    let bearer = format!("Bearer {token}");
    let headers = [("User-Agent", "x"), ("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let target = format!("/connectapi.garmin.com/activity-service/activity/{id}");
    let put = |body: &str| send(&sim, "PUT", &target, &headers, body).unwrap().status;
    assert_eq!(put(&format!(r#"{{"activityId":"{id}","activityName":"another"}}"#)), 204);
    assert_eq!(put(r#"{"activityName":"nobody's"}"#), 400);
    assert_eq!(get(&sim, &format!("{LIST}?limit=1"), &token).json()[0]["activityName"], "another");
}

#[test]
fn the_domains_have_separate_accounts_and_other_hosts_are_rejected() {
    let (sim, _) = start(30);
    let cn = token(&sim, "garmin.cn");
    assert_eq!(api(&sim, "garmin.cn", "GET", "/activitylist-service/activities/count", &cn).status, 200);
    let theirs = sim.with(|state| state.ids("garmin.cn"));
    assert_eq!(theirs.len(), 10);
    let path = format!("/download-service/files/activity/{}", theirs[0]);
    assert_eq!(get(&sim, &path, &token(&sim, COM)).status, 404);
    let agent = [("User-Agent", "x")];
    assert_eq!(send(&sim, "GET", "/example.org/", &agent, "").unwrap().status, 404);
    assert_eq!(send(&sim, "GET", "/connect.garmin.com/modern/proxy/x", &agent, "").unwrap().status, 403);
    assert_eq!(send(&sim, "GET", "/connect.garmin.com/elsewhere", &agent, "").unwrap().status, 402);
    assert!(send(&sim, "GET", "/mobile.integration.garmin.com/gcm/ios", &agent, "").is_none());
}
