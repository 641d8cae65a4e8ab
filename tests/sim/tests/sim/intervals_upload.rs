//! intervals.icu: uploads and duplicates.

use crate::common::*;
use crate::intervals::{HOST, ask, start};
use flate2::{Compression, write::GzEncoder};
use gs_sim::fit::{self, damage};
use gs_sim::zipfile::{empty_zip, zip_of, zip_of_many};
use gs_sim::{ActivitySpec, Effect, Fault, IntervalsSpec, IntervalsUpload, Scenario, Sim};
use serde_json::{Value, json};
use std::io::Write;

pub const START: i64 = 1_790_000_000;

pub fn run() -> Vec<u8> {
    fit::run(START, 1800, 5000.0).build()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn post(sim: &Sim, query: &str, part: &str, name: Option<&str>, bytes: &[u8]) -> Answer {
    let (media, body) = multipart(part, name, bytes);
    ask(sim, "POST", &format!("/athlete/0/activities{query}"), &[("Content-Type", media)], &body)
}

pub fn upload(sim: &Sim, bytes: &[u8]) -> Answer {
    post(sim, "", "file", Some("a.fit"), bytes)
}

pub fn stored(sim: &Sim) -> Vec<gs_sim::IntervalsActivity> {
    sim.with(|state| state.intervals_activities())
}

pub fn listed(sim: &Sim) -> Vec<Value> {
    ask(sim, "GET", "/athlete/0/activities?oldest=2000-01-01", &[], b"").json().as_array().unwrap().clone()
}

fn at_once() -> IntervalsUpload {
    IntervalsUpload { analyzed_after_requests: 0, ..IntervalsUpload::default() }
}

#[test]
fn an_upload_is_201_and_the_same_file_again_is_200_with_the_same_id() {
    let sim = start(IntervalsSpec { upload: at_once(), ..IntervalsSpec::default() });
    let query = "?external_id=garmin%3A7&name=Hills&description=steep&device_name=Watch";
    let first = post(&sim, query, "file", Some("a.fit"), &run());
    let id = first.json()["id"].as_str().unwrap().to_owned();
    let one = json!({"icu_athlete_id": "i100001", "id": id});
    assert_eq!((first.status, first.json()["activities"].clone()), (201, json!([one])));
    assert_eq!(first.json()["icu_athlete_id"], "i100001");
    for packed in [run(), gzip(&run()), zip_of("other.fit", &run())] {
        let again = post(&sim, "?external_id=other", "file", Some("b.fit"), &packed);
        assert_eq!((again.status, again.json()), (200, first.json()));
    }
    let list = listed(&sim);
    assert_eq!((list.len(), list[0]["source"].as_str(), list[0]["type"].as_str()), (1, Some("UPLOAD"), Some("Run")));
    for (field, value) in
        [("external_id", "garmin:7"), ("name", "Hills"), ("description", "steep"), ("device_name", "Watch")]
    {
        assert_eq!(list[0][field], value);
    }
    assert_eq!((list[0]["distance"].as_f64(), list[0]["moving_time"].as_u64()), (Some(5000.0), Some(1800)));
    assert_eq!(stored(&sim)[0].file.as_ref().unwrap().1, run());
}

#[test]
fn only_the_bytes_make_a_duplicate() {
    let sim = start(IntervalsSpec::default());
    assert_eq!(upload(&sim, &run()).status, 201);
    // The same activity as another file, with the same external_id.
    let other = fit::run(START, 1800, 5000.0).header_12().build();
    assert_eq!(post(&sim, "?external_id=x", "file", Some("a.fit"), &other).status, 201);
    let third = fit::run(START, 1800, 5000.0).big_endian().build();
    assert_eq!(post(&sim, "?external_id=x", "file", Some("a.fit"), &third).status, 201);
    assert_eq!(stored(&sim).len(), 3);
    let id = stored(&sim).iter().find(|one| one.file.as_ref().unwrap().1 == run()).unwrap().id.clone();
    assert_eq!(ask(&sim, "DELETE", &format!("/activity/{id}"), &[], b"").status, 200);
    let again = upload(&sim, &run());
    assert_eq!(again.status, 201, "a deleted activity is no duplicate");
    assert_ne!(again.json()["id"], json!(id), "ids are never used again");
}

#[test]
fn an_upload_needs_a_readable_file_in_the_part_file() {
    let sim = start(IntervalsSpec::default());
    let rejected = |answer: Answer| {
        assert_eq!((answer.status, answer.json()["status"].as_u64()), (422, Some(422)));
        assert!(answer.json()["error"].is_string());
    };
    rejected(post(&sim, "", "data", Some("a.fit"), &run()));
    rejected(post(&sim, "", "file", None, &run()));
    rejected(ask(&sim, "POST", "/athlete/0/activities", &[("Content-Type", "application/octet-stream")], &run()));
    let broken = [
        damage::wrong_crc(&run()),
        damage::truncate_at(&run(), 400),
        damage::wrong_data_size(&run(), 10),
        fit::FitBuilder::new().build(),
        b"hello".to_vec(),
        Vec::new(),
        b"<gpx></gpx>".to_vec(),
        gzip(&run())[..300].to_vec(),
        gzip(b"hello"),
        empty_zip(),
        zip_of("a.fit", &damage::wrong_crc(&run())),
        zip_of_many(&[("a.fit", &run()), ("readme.txt", b"hello")]),
    ];
    for bytes in &broken {
        rejected(upload(&sim, bytes));
    }
    assert!(stored(&sim).is_empty());
    assert_eq!(post(&sim, "?paired_event_id=x", "file", Some("a.fit"), &run()).status, 500);
    assert_eq!(ask(&sim, "PUT", "/athlete/0/activities", &[], b"").status, 405);
}

#[test]
fn a_broken_file_can_be_accepted_with_an_error_in_the_activity() {
    let upload_spec = IntervalsUpload { broken_accepted: true, ..at_once() };
    let sim = start(IntervalsSpec { upload: upload_spec, ..IntervalsSpec::default() });
    let broken = damage::wrong_crc(&run());
    assert_eq!(upload(&sim, &broken).status, 201);
    let one = listed(&sim)[0].clone();
    assert!(one["icu_sync_error"].is_string() && one["analyzed"].is_null() && one["distance"].is_null());
    assert_eq!(upload(&sim, &broken).status, 200);
}

#[test]
fn a_zip_may_hold_several_files() {
    let sim = start(IntervalsSpec::default());
    let ride = fit::ride(START + 9000, 3600, 27_000.0).build();
    let zip = zip_of_many(&[("folder/run.fit", &run()), ("ride.fit.gz", &gzip(&ride))]);
    let first = upload(&sim, &zip);
    assert_eq!((first.status, first.json()["activities"].as_array().unwrap().len()), (201, 2));
    assert_eq!(upload(&sim, &zip).status, 200);
    let swim = fit::swim(START + 90_000, 2400, 1500.0).build();
    let mixed = upload(&sim, &zip_of_many(&[("run.fit", &run()), ("swim.fit", &swim)]));
    assert_eq!((mixed.status, mixed.json()["activities"].as_array().unwrap().len()), (201, 2));
    assert_eq!(stored(&sim).len(), 3);
}

#[test]
fn a_multisport_file_is_several_activities_with_one_file() {
    let sim = start(IntervalsSpec { upload: at_once(), ..IntervalsSpec::default() });
    let file = fit::triathlon(START).build();
    let first = upload(&sim, &file);
    assert_eq!((first.status, first.json()["activities"].as_array().unwrap().len()), (201, 5));
    let list = listed(&sim);
    let legs: Vec<(u64, &str)> = list
        .iter()
        .rev()
        .map(|one| (one["file_sport_index"].as_u64().unwrap(), one["type"].as_str().unwrap()))
        .collect();
    assert_eq!(legs, [(0, "OpenWaterSwim"), (1, "Transition"), (2, "Ride"), (3, "Transition"), (4, "Run")]);
    assert_eq!(list[2]["distance"].as_f64(), Some(40_000.0));
    assert!(stored(&sim).iter().all(|one| one.file.as_ref().unwrap().1 == file));
    let again = upload(&sim, &file);
    assert_eq!((again.status, again.json()["activities"].as_array().unwrap().len()), (200, 5));
}

#[test]
fn tcx_and_gpx_are_accepted_and_returned() {
    let sim = start(IntervalsSpec { upload: at_once(), ..IntervalsSpec::default() });
    let id = sim.with(|state| {
        state.add_activity(
            COM,
            &ActivitySpec { sport: Some("running".into()), start: Some(START), ..ActivitySpec::default() },
        )
    });
    let token = token(&sim, COM);
    for format in ["tcx", "gpx"] {
        let text = get(&sim, &format!("/download-service/export/{format}/activity/{id}"), &token).body;
        let answer = upload(&sim, &text);
        assert_eq!(answer.status, 201, "{format}");
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        let one = ask(&sim, "GET", &format!("/activity/{id}"), &[], b"").json();
        assert_eq!((one["file_type"].as_str(), one["type"].as_str()), (Some(format), Some("Run")));
        assert_eq!(one["start_date"], "2026-09-21T14:13:20Z");
        let file = ask(&sim, "GET", &format!("/activity/{id}/file"), &[], b"");
        assert!(file.header("content-disposition").unwrap().contains(&format!("activity.{format}.gz")));
        assert_eq!(upload(&sim, &text[..text.len() - 10]).status, 422, "{format}");
    }
}

#[test]
fn a_new_activity_has_no_numbers_until_it_is_analyzed() {
    let sim = start(IntervalsSpec::default());
    upload(&sim, &run());
    let (first, second) = (listed(&sim)[0].clone(), listed(&sim)[0].clone());
    assert!(first["distance"].is_null() && first["analyzed"].is_null() && first["start_date"].is_string());
    assert_eq!((second["distance"].as_f64(), second["analyzed"].is_string()), (Some(5000.0), true));
    let slow = IntervalsUpload {
        analyzed_after_seconds: 60,
        listed_after_requests: 1,
        listed_after_seconds: 20,
        ..IntervalsUpload::default()
    };
    sim.with(|state| state.intervals_account().spec.upload = slow);
    upload(&sim, &fit::ride(START + 9000, 3600, 27_000.0).build());
    assert_eq!([listed(&sim).len(), listed(&sim).len()], [1, 1]);
    sim.with(|state| state.advance(30));
    assert!(listed(&sim).len() == 2 && listed(&sim)[0]["distance"].is_null());
    sim.with(|state| state.advance(40));
    assert!(listed(&sim)[0]["distance"].is_f64());
}

#[test]
fn the_other_forms_of_the_response() {
    let bare = IntervalsUpload { bare_array: true, ..IntervalsUpload::default() };
    let sim = start(IntervalsSpec { upload: bare, ..IntervalsSpec::default() });
    assert_eq!(upload(&sim, &run()).json().as_array().unwrap().len(), 1);
    let unnamed = IntervalsUpload { duplicates_unnamed: true, ..IntervalsUpload::default() };
    sim.with(|state| state.intervals_account().spec.upload = unnamed);
    let answer = upload(&sim, &run());
    assert_eq!(
        (answer.status, answer.json()["id"].is_null(), answer.json()["activities"].clone()),
        (200, true, json!([]))
    );
}

#[test]
fn an_upload_can_be_lost() {
    let sim = start(IntervalsSpec::default());
    sim.fault(Fault::new(Effect::Dropped { gone: false }).host(HOST).count(1));
    assert_eq!((upload(&sim, &run()).status, stored(&sim).len()), (201, 0));
    sim.with(|state| state.intervals_account().spec.upload.dropped = true);
    assert_eq!((upload(&sim, &run()).status, stored(&sim).len()), (201, 0));
    sim.with(|state| state.intervals_account().spec.upload.dropped = false);
    sim.fault(Fault::new(Effect::AnswerLost).host(HOST).count(1));
    let (media, body) = multipart("file", Some("a.fit"), &run());
    let authorization = crate::intervals::basic("API_KEY", &sim.with(|state| state.intervals_key()));
    let headers = [("Authorization", authorization.as_str()), ("Content-Type", media)];
    assert!(send_bytes(&sim, "POST", &format!("/{HOST}/api/v1/athlete/0/activities"), &headers, &body).is_none());
    assert_eq!((stored(&sim).len(), upload(&sim, &run()).status), (1, 200), "a repeated upload is harmless");
}

#[test]
fn an_account_is_described_in_json() {
    let text = r#"{"intervals":[{"athlete":"i7","key":"k","generate":4,"strava":2,"limits":{"quarter_hour":9},
        "upload":{"broken_accepted":true},"file_form":"plain","activities":[{"id":5,"type":"Yoga","source":"MANUAL"}]}]}"#;
    let sim = Scenario::from_json(text).unwrap().start();
    let all = stored(&sim);
    assert_eq!((all.len(), all.iter().filter(|one| one.strava).count()), (7, 2));
    let manual = all.iter().find(|one| one.id == "i5").unwrap();
    assert_eq!((manual.kind.as_deref(), manual.file.is_none()), (Some("Yoga"), true));
    assert!(Scenario::from_json(r#"{"intervals":[{"password":"x"}]}"#).is_err());
}
