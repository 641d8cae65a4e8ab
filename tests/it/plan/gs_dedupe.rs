//! `gs-dedupe`: which activities are marked as duplicates, which are not, and which one is kept.

use crate::support::{Work, codes, plain};
use gs_sim::garmin::activity::Source;
use serde_json::{Value, json};

/// A run at noon, recorded by a Garmin device.
fn run(id: &str) -> Value {
    json!({
        "type": "activity", "platform": "garmin-com", "id": id, "sport": "running", "start_time": "2026-03-01T12:00:00Z",
        "timer_time_s": 1800.0, "elapsed_time_s": 1820.0, "distance_m": 5000.0, "manufacturer": "garmin", "device": "3300000001"
    })
}

fn with(mut record: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        record[name] = value.clone();
    }
    record
}

fn dedupe(args: &[&str], records: &[Value]) -> Vec<Value> {
    let input: String = records.iter().map(|record| format!("{record}\n")).collect();
    Work::alone().given("gs-dedupe", args, &input).ok().silent().records()
}

#[test]
fn a_duplicate_is_marked_with_its_evidence_and_the_kept_activity() {
    let out = dedupe(&[], &[run("2"), run("1")]);
    assert_eq!(out[1], run("1"), "the kept activity passes unchanged and in order");
    let duplicate = &out[0]["duplicate_of"];
    assert_eq!((duplicate["id"].as_str(), duplicate["certainty"].as_str()), (Some("1"), Some("match")));
    let codes = codes(&duplicate["reasons"]);
    assert!(codes.contains(&"same-device") && codes.last() == Some(&"kept"), "{codes:?}");
}

#[test]
fn a_strength_session_45_s_after_a_run_is_not_a_duplicate() {
    let strength = with(
        run("2"),
        json!({"sport": "training", "sub_sport": "strength_training", "start_time": "2026-03-01T12:00:45Z", "distance_m": null}),
    );
    for out in [dedupe(&[], &[run("1"), strength.clone()]), dedupe(&[], &[strength, run("1")])] {
        for record in out {
            let certainty = record["duplicate_of"]["certainty"].as_str().unwrap_or("none");
            assert!(["none", "start-only"].contains(&certainty), "{record}");
        }
    }
}

#[test]
fn the_recording_of_a_native_device_is_kept_over_a_lower_id() {
    let imported = with(run("1"), json!({"manufacturer": "strava", "device": null}));
    let out = dedupe(&[], &[imported, run("2")]);
    assert_eq!(out[0]["duplicate_of"]["id"], "2", "{out:?}");
    assert_eq!(out[1]["duplicate_of"], Value::Null);
}

#[test]
fn activities_on_different_platforms_are_not_duplicates() {
    let out = dedupe(&[], &[run("1"), with(run("2"), json!({"platform": "garmin-cn"}))]);
    assert!(out.iter().all(|record| record["duplicate_of"].is_null()));
}

#[test]
fn records_with_a_problem_or_deletion_pass_unchanged() {
    let problem = with(
        run("2"),
        json!({"problem": {"command": "gs-download", "kind": "not-found", "reason": {"code": "not-found", "detail": "m", "text": "m"}}}),
    );
    let deleted = with(run("3"), json!({"deleted": {"since": "2026-03-02T00:00:00Z", "confirmed": true}}));
    let weather = json!({"type": "weather", "rain": 1});
    let all = [run("1"), problem, deleted, weather, run("1")];
    assert_eq!(dedupe(&[], &all), all, "a repeated record is not a duplicate of itself");
}

#[test]
fn an_outdated_duplicate_mark_is_removed() {
    let marked = with(run("1"), json!({"duplicate_of": {"id": "9", "reasons": [], "certainty": "same-file"}}));
    assert_eq!(dedupe(&[], &[marked]), [run("1")]);
}

#[test]
fn a_mark_that_is_null_is_replaced_and_not_written_twice() {
    let unmarked = with(run("2"), json!({"duplicate_of": null}));
    let said = Work::alone().given("gs-dedupe", &[], &format!("{unmarked}\n{}\n", run("1")));
    let said = said.ok();
    assert_eq!(said.records()[0]["duplicate_of"]["id"], "1");
    assert_eq!(said.out.matches("duplicate_of").count(), 1, "{}", said.out);
}

#[test]
fn duplicates_include_the_kept_activity_of_a_record_with_a_problem() {
    let failed = with(
        run("9"),
        json!({
            "duplicate_of": {"id": "1", "reasons": [], "certainty": "same-file"},
            "problem": {"command": "gs-download", "kind": "not-found", "reason": {"code": "not-found", "detail": "m", "text": "m"}}
        }),
    );
    let kept = run("1");
    let other = with(run("5"), json!({"start_time": "2026-01-01T12:00:00Z"}));
    assert_eq!(dedupe(&["--duplicates"], &[failed.clone(), kept.clone(), other]), [failed, kept]);
}

#[test]
fn sport_diff_second_sets_the_tolerance_of_the_start_rule() {
    let later =
        with(run("2"), json!({"start_time": "2026-03-01T12:01:30Z", "timer_time_s": 300.0, "distance_m": 900.0}));
    let input = format!("{}\n{later}\n", run("1"));
    let mut work = Work::alone();
    let marks = |work: &Work, args: &[&str]| {
        let records = work.given("gs-dedupe", args, &input).ok().records();
        records.iter().filter_map(|r| r["duplicate_of"]["certainty"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(marks(&work, &["--rule", "start"]), [""; 0]);
    work.set("SPORT_DIFF_SECOND", "120");
    assert_eq!(marks(&work, &["--rule", "start"]), ["start-only"]);
    work.set("SPORT_DIFF_SECOND", "a minute");
    work.given("gs-dedupe", &[], &input).ends(78).says("SPORT_DIFF_SECOND");
}

#[test]
fn a_malformed_record_gives_no_output() {
    let said = Work::alone().given("gs-dedupe", &[], &format!("{}\n{{\n", run("1")));
    said.ends(65).says("invalid record on line 2");
    assert_eq!(said.out, "");
}

#[test]
fn the_same_file_under_two_ids_is_a_duplicate() {
    let sim = plain(3);
    let bytes = gs_sim::fit::run(gs_sim::HISTORY_END - 86_400, 1800, 5000.0).build();
    sim.with(|state| {
        let ids = state.ids("garmin.com");
        for id in &ids[..2] {
            assert!(state.set_source("garmin.com", *id, Source::Bytes("fit", bytes.clone())));
        }
        let account = state.account("garmin.com");
        let (recording, distance, device) =
            account.find(ids[0]).map(|a| (a.recording.clone(), a.distance, a.device)).unwrap();
        let twin = account.find_mut(ids[1]).unwrap();
        (twin.recording, twin.distance, twin.device) = (recording, distance, device);
    });
    let work = Work::logged_in(&sim);
    work.archive_all();
    let list = work.run("gs-list", &[]).out.clone();
    let records = work.given("gs-dedupe", &[], &list).ok().records();
    let marks: Vec<&Value> = records.iter().filter(|r| !r["duplicate_of"].is_null()).collect();
    assert_eq!(marks.len(), 1, "{records:?}");
    assert_eq!(marks[0]["duplicate_of"]["certainty"], "same-file", "{marks:?}");
    assert_eq!(
        work.sql::<String>("SELECT counts FROM commands WHERE command = 'gs-dedupe'"),
        r#"{"duplicates":1,"similar":0}"#
    );
}
