//! Uploads to Garmin Connect.

use crate::common::*;
use gs_sim::fit::{self, damage};
use gs_sim::{Scenario, Sim, UploadAnswer, UploadSpec, sha256};

const LIST: &str = "/activitylist-service/activities/search/activities";
const START: i64 = 1_790_000_000;

fn start(spec: UploadSpec) -> (Sim, String) {
    let mut scenario = Scenario::default_garmin(6, 7);
    for account in &mut scenario.accounts {
        account.upload = spec.clone();
    }
    let sim = scenario.start();
    let token = token(&sim, COM);
    (sim, token)
}

fn post(sim: &Sim, path: &str, token: &str, part: &str, name: &str, bytes: &[u8]) -> Answer {
    let (media, body) = multipart(part, Some(name), bytes);
    let bearer = format!("Bearer {token}");
    let headers = [("User-Agent", "x"), ("Authorization", bearer.as_str()), ("Content-Type", media)];
    send_bytes(sim, "POST", &format!("/connectapi.garmin.com{path}"), &headers, &body).unwrap()
}

fn upload(sim: &Sim, token: &str, bytes: &[u8]) -> Answer {
    post(sim, "/upload-service/upload", token, "file", "a.fit", bytes)
}

fn status(sim: &Sim, token: &str, answer: &Answer) -> Answer {
    let location = answer.header("location").unwrap();
    get(sim, location.strip_prefix("https://connectapi.garmin.com").unwrap(), token)
}

fn listed(sim: &Sim, token: &str) -> Vec<i64> {
    let page = get(sim, &format!("{LIST}?limit=100"), token).json();
    page.as_array().unwrap().iter().filter_map(|item| item["beginTimestamp"].as_i64()).collect()
}

#[test]
fn an_accepted_upload_becomes_an_activity_with_the_same_bytes() {
    let (sim, token) = start(UploadSpec { polls: 2, ..UploadSpec::default() });
    let file = fit::ride(START, 3600, 27_000.0).build();
    let answer = upload(&sim, &token, &file);
    let result = &answer.json()["detailedImportResult"];
    assert_eq!((answer.status, result["successes"].as_array().unwrap().len()), (202, 0));
    assert!(result["uploadId"].is_u64() && answer.header("location-in-milliseconds").is_some());
    assert_eq!(status(&sim, &token, &answer).status, 202);
    assert_eq!(status(&sim, &token, &answer).status, 202);
    let done = status(&sim, &token, &answer);
    assert_eq!(done.status, 201);
    let id: u64 = done.header("location").unwrap().rsplit('/').next().unwrap().parse().unwrap();
    assert_eq!(sim.served(COM, id), Some(sha256(&file)));
    let detail = get(&sim, &format!("/activity-service/activity/{id}"), &token).json();
    assert_eq!(detail["activityTypeDTO"]["typeKey"], "road_biking");
    assert_eq!((detail["summaryDTO"]["duration"].as_f64(), detail["summaryDTO"]["distance"].as_f64()), {
        (Some(3600.0), Some(27_000.0))
    });
    assert!(listed(&sim, &token).contains(&(START * 1000)));
}

#[test]
fn the_same_bytes_or_file_id_are_a_duplicate_until_deleted() {
    let (sim, token) = start(UploadSpec { answer: UploadAnswer::Created, ..UploadSpec::default() });
    let run = fit::run(START, 1800, 5000.0);
    let first = upload(&sim, &token, &run.clone().build());
    let id = first.json()["detailedImportResult"]["successes"][0]["internalId"].as_str().unwrap().to_owned();
    assert_eq!(first.status, 201);
    for bytes in [run.clone().build(), run.clone().big_endian().build()] {
        let again = upload(&sim, &token, &bytes);
        let failure = &again.json()["detailedImportResult"]["failures"][0];
        assert_eq!((again.status, failure["messages"][0]["code"].as_u64()), (409, Some(202)));
        assert_eq!(failure["internalId"].as_u64().unwrap().to_string(), id);
    }
    assert_eq!(api(&sim, COM, "DELETE", &format!("/activity-service/activity/{id}"), &token).status, 204);
    assert_eq!(upload(&sim, &token, &run.build()).status, 201);
}

#[test]
fn broken_files_and_forms_are_rejected_with_a_message() {
    let (sim, token) = start(UploadSpec::default());
    let file = fit::run(START, 1800, 5000.0).build();
    for broken in [damage::flip_bit(&file, 500, 2), damage::truncate_at(&file, 700), b"no".to_vec()] {
        let answer = upload(&sim, &token, &broken);
        let result = &answer.json()["detailedImportResult"];
        assert_eq!((answer.status, result["uploadId"].as_str()), (400, Some("")));
        assert!(result["failures"][0]["messages"][0]["content"].as_str().unwrap().contains("FIT"));
    }
    assert_eq!(post(&sim, "/upload-service/upload", &token, "data", "a.fit", &file).status, 400);
    assert_eq!(post(&sim, "/upload-service/upload", &token, "file", "a", &file).status, 400);
    assert_eq!(post(&sim, "/upload-service/upload/gpx", &token, "file", "a.fit", &file).status, 400);
    assert_eq!(post(&sim, "/upload-service/upload/fit", "nobody", "file", "a.fit", &file).status, 401);
    assert_eq!(post(&sim, "/upload-service/upload/fit", &token, "file", "a.fit", &file).status, 202);
}

#[test]
fn missing_consent_and_late_results_can_be_configured() {
    let (sim, token) = start(UploadSpec { consent_missing: true, ..UploadSpec::default() });
    let file = fit::run(START, 1800, 5000.0).build();
    assert_eq!(upload(&sim, &token, &file).status, 412);
    let late = UploadSpec { fails_late: Some("Not today.".into()), polls: 0, ..UploadSpec::default() };
    sim.with(|state| state.account(COM).spec.upload = late);
    let failed = status(&sim, &token, &upload(&sim, &token, &file));
    assert_eq!(failed.status, 400);
    let failures = failed.json()["detailedImportResult"]["failures"].clone();
    assert_eq!(failures[0]["messages"][0]["content"], "Not today.");
    let late = UploadSpec { duplicates_late: true, polls: 0, ..UploadSpec::default() };
    sim.with(|state| state.account(COM).spec.upload = late);
    assert_eq!(status(&sim, &token, &upload(&sim, &token, &file)).status, 201);
    let again = upload(&sim, &token, &file);
    assert_eq!((again.status, status(&sim, &token, &again).status), (202, 409));
}

#[test]
fn the_properties_of_an_account_can_be_changed_over_http() {
    let (sim, token) = start(UploadSpec::default());
    let file = fit::run(START, 1800, 5000.0).build();
    let change = |body: &str| send(&sim, "POST", "/_sim/account", &[], body).unwrap().status;
    assert_eq!(change(r#"{"upload":{"answer":"ok","quoted_ids":false}}"#), 204);
    assert_eq!(change(r#"{"upload":{"anser":"ok"}}"#), 400);
    let answer = upload(&sim, &token, &file);
    assert!(answer.status == 200 && answer.json()["detailedImportResult"]["successes"][0]["internalId"].is_u64());
}

#[test]
fn both_domains_accept_uploads_separately() {
    let (sim, _) = start(UploadSpec { polls: 0, ..UploadSpec::default() });
    let token = token(&sim, "garmin.cn");
    let (media, body) = multipart("file", Some("a.fit"), &fit::run(START, 1800, 5000.0).build());
    let bearer = format!("Bearer {token}");
    let headers = [("User-Agent", "x"), ("Authorization", bearer.as_str()), ("Content-Type", media)];
    let answer = send_bytes(&sim, "POST", "/connectapi.garmin.cn/upload-service/upload", &headers, &body).unwrap();
    let location = answer.header("location").unwrap();
    let path = location.strip_prefix("https://connectapi.garmin.cn").unwrap();
    assert_eq!((answer.status, api(&sim, "garmin.cn", "GET", path, &token).status), (202, 201));
    assert_eq!((sim.with(|state| (state.ids(COM).len(), state.ids("garmin.cn").len()))), (6, 3));
}

#[test]
fn an_upload_is_listed_after_some_requests_or_some_seconds() {
    let (sim, token) = start(UploadSpec { listed_after_requests: 2, ..UploadSpec::default() });
    let shown = |sim: &Sim, start: i64| listed(sim, &token).contains(&(start * 1000));
    upload(&sim, &token, &fit::run(START, 1800, 5000.0).build());
    assert_eq!([shown(&sim, START), shown(&sim, START), shown(&sim, START)], [false, false, true]);
    let clock = UploadSpec { listed_after_seconds: 60, ..UploadSpec::default() };
    sim.with(|state| state.account(COM).spec.upload = clock);
    upload(&sim, &token, &fit::run(START + 9000, 1800, 5000.0).build());
    assert!(!shown(&sim, START + 9000));
    sim.with(|state| state.advance(60));
    assert!(shown(&sim, START + 9000));
}
