//! intervals.icu: downloads, changes and deletions.

use crate::common::send;
use crate::intervals::{HOST, add, ask, evening, get, start};
use flate2::read::GzDecoder;
use gs_sim::{Effect, Fault, FileForm, IntervalsActivitySpec, IntervalsSpec, sha256};
use serde_json::json;
use std::io::Read;

#[test]
fn the_original_is_a_gzip_file_unless_the_client_or_the_scenario_unpacks_it() {
    let sim = start(IntervalsSpec::default());
    let id = add(&sim, &evening());
    let expected = sim.with(|state| state.intervals_served(&id)).unwrap();
    let file = |accept: &str| ask(&sim, "GET", &format!("/activity/{id}/file"), &[("Accept-Encoding", accept)], b"");
    let unpack = |bytes: &[u8]| {
        let mut out = Vec::new();
        GzDecoder::new(bytes).read_to_end(&mut out).unwrap();
        sha256(&out)
    };
    for accept in ["gzip", "identity"] {
        let answer = file(accept);
        assert_eq!((answer.status, answer.header("content-encoding")), (200, None));
        assert!(answer.header("content-disposition").unwrap().contains("activity.fit.gz"));
        assert_eq!((&answer.body[..2], unpack(&answer.body)), (&[0x1F, 0x8B][..], expected.clone()));
    }
    sim.with(|state| state.intervals_account().spec.file_form = FileForm::Encoded);
    assert_eq!(
        (file("gzip").header("content-encoding").as_deref(), unpack(&file("gzip").body)),
        (Some("gzip"), expected.clone())
    );
    assert_eq!((file("identity").header("content-encoding"), sha256(&file("identity").body)), (None, expected.clone()));
    sim.with(|state| state.intervals_account().spec.file_form = FileForm::Plain);
    assert_eq!(sha256(&file("gzip").body), expected);
}

#[test]
fn an_activity_without_a_file_has_no_original() {
    let sim = start(IntervalsSpec::default());
    let manual = IntervalsActivitySpec { source: Some("MANUAL".into()), ..evening() };
    let id = add(&sim, &manual);
    assert!(get(&sim, &format!("/activity/{id}")).json()["file_type"].is_null());
    for status in [404, 422] {
        sim.with(|state| state.intervals_account().spec.no_file_status = status);
        assert_eq!(get(&sim, &format!("/activity/{id}/file")).status, status);
    }
}

#[test]
fn faults_of_downloads_keep_the_gzip_form() {
    let sim = start(IntervalsSpec::default());
    let id = add(&sim, &evening());
    let file = |effect: Option<Effect>| {
        effect.into_iter().for_each(|effect| sim.fault(Fault::new(effect).host(HOST).count(1)));
        get(&sim, &format!("/activity/{id}/file")).body
    };
    let unpack = |bytes: &[u8]| {
        let mut out = Vec::new();
        GzDecoder::new(bytes).read_to_end(&mut out).map(|_| out)
    };
    let good = unpack(&file(None)).unwrap();
    let flipped = unpack(&file(Some(Effect::FlipFit))).unwrap();
    assert_eq!((flipped.len(), flipped == good), (good.len(), false));
    assert!(unpack(&file(Some(Effect::TruncatedZip { at: 200 }))).is_err());
    assert!(unpack(&file(Some(Effect::FlipZip))).is_err());
    assert!(unpack(&file(Some(Effect::EmptyZip))).unwrap().is_empty());
    assert_eq!(unpack(&file(Some(Effect::ZipBomb { mebibytes: 3 }))).unwrap().len(), 3 << 20);
    assert_eq!(unpack(&file(Some(Effect::ZipTraversal))).unwrap(), good);
}

#[test]
fn changes_are_checked_and_the_file_stays() {
    let sim = start(IntervalsSpec::default());
    let id = add(&sim, &evening());
    let before = sim.with(|state| state.intervals_served(&id));
    let json = ("Content-Type", "application/json");
    let put = |body: &str| ask(&sim, "PUT", &format!("/activity/{id}"), &[json], body.as_bytes());
    let changed = put(r#"{"name":"Hills","type":"Run","sub_type":"RACE","race":true,"icu_rpe":7,"gear":{"id":"b1"}}"#);
    assert_eq!(
        (changed.status, changed.json()["name"].as_str(), changed.json()["type"].as_str()),
        (200, Some("Hills"), Some("Run"))
    );
    let one = get(&sim, &format!("/activity/{id}")).json();
    assert_eq!(
        (one["sub_type"].as_str(), one["icu_rpe"].as_u64(), one["gear"]["id"].as_str()),
        (Some("RACE"), Some(7), Some("b1"))
    );
    assert!(put(r#"{"icu_rpe":-1}"#).json()["icu_rpe"].is_null());
    for bad in
        [r#"{"type":"run"}"#, r#"{"type":"LunarHopping"}"#, r#"{"sub_type":"trail"}"#, r#"{"feel":6}"#, "[]", "{"]
    {
        assert_eq!(put(bad).status, 422, "{bad}");
    }
    assert_eq!(ask(&sim, "PUT", &format!("/activity/{id}"), &[], br#"{"name":"x"}"#).status, 422, "no JSON type");
    assert_eq!(sim.with(|state| state.intervals_served(&id)), before);
}

#[test]
fn a_deletion_names_the_activity_and_unknown_ids_are_404() {
    let sim = start(IntervalsSpec::default());
    let id = add(&sim, &evening());
    let delete = |id: &str| ask(&sim, "DELETE", &format!("/activity/{id}"), &[], b"");
    assert_eq!(delete(&id[1..]).status, 404, "the id has its letter");
    let answer = delete(&id);
    assert_eq!((answer.status, answer.json()), (200, json!({"icu_athlete_id": "i100001", "id": id})));
    let gone = delete(&id);
    let path = format!("/api/v1/activity/{id}");
    assert_eq!(
        (gone.status, gone.json()["error"].as_str(), gone.json()["path"].as_str()),
        (404, Some("Not Found"), Some(path.as_str()))
    );
    assert!(gone.json()["timestamp"].is_string());
    assert_eq!(get(&sim, &format!("/activity/{id}/file")).status, 404);
    for unknown in ["/activity/x", "/athlete/0/nothing", "/activity/i1/fit-file", "/nothing"] {
        assert_eq!(get(&sim, unknown).status, 404, "{unknown}");
    }
    assert_eq!(ask(&sim, "POST", "/activity/i1", &[], b"").status, 405);
    assert_eq!(send(&sim, "GET", &format!("/{HOST}/athlete/0"), &[], "").unwrap().status, 404);
}
