//! `gs-diff`: planned uploads, skipped activities and their reasons; the real commands against the simulator.

use crate::support::faults::status;
use crate::support::world::{self, SERVICES, World, ride, run, settled, start, when};
use crate::support::{COROS_LIST, Said, code, codes, requests};
use gs_sim::garmin::activity::Source;
use gs_sim::{Effect, Fault, UploadAnswer};
use serde_json::{Value, json};

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Each transfer as `from id > to`, in the order of the output; [`reasons`] returns those with an outcome.
fn planned(said: &Said) -> Vec<String> {
    let transfers =
        said.records().into_iter().filter(|record| record["type"] == "transfer" && record["outcome"].is_null());
    transfers
        .map(|one| {
            format!("{} {} > {}", text(&one["activity"]["platform"]), text(&one["activity"]["id"]), text(&one["to"]))
        })
        .collect()
}

/// The transfers that are not uploaded: the kind of the outcome and the codes of the reasons.
fn reasons(said: &Said) -> Vec<String> {
    let transfers = said.records().into_iter().filter(|record| !record["outcome"].is_null());
    transfers.map(|one| format!("{}: {}", text(&one["outcome"]["kind"]), codes(&one["reasons"]).join(", "))).collect()
}

#[track_caller]
fn nothing_planned(said: &Said) {
    assert_eq!(planned(said.ok()), [""; 0], "{said}");
}

fn failing_list(effect: Effect) -> Fault {
    Fault::new(effect).contains(COROS_LIST)
}

#[test]
fn no_uploads_are_planned_to_or_from_an_unlisted_platform() {
    let world = World::new();
    let id = world.put("garmin-com", &run(0));
    world.put("coros", &run(1));
    world.work.run("gs-fetch", &["--platform", "garmin-com,garmin-cn"]).ok();
    let said = world.diff(&[]);
    said.ends(75).says("coros: no uploads planned: never listed; run gs-fetch");
    assert_eq!(planned(&said), [format!("garmin-com {id} > garmin-cn")]);
    let said = world.diff(&["--to", "coros", "--explain"]);
    said.ends(75);
    assert_eq!(planned(&said), [""; 0]);
    assert_eq!(reasons(&said)[0], "skipped: start-not-covered", "{said}");
}

#[test]
fn no_uploads_are_planned_after_an_incomplete_or_implausible_listing() {
    let (world, ids) = settled();
    let new = world.put("garmin-com", &run(20));
    world.put("coros", &run(21));
    world.sim.fault(failing_list(status(503)));
    world.work.run("gs-fetch", &["--full"]).ends(75);
    let said = world.diff(&[]);
    said.ends(75).says("coros: no uploads planned: ");
    assert_eq!(planned(&said), [format!("garmin-com {new} > garmin-cn")]);

    world.sim.clear_faults();
    for [.., coros] in &ids[..4] {
        world.remove("coros", coros);
    }
    world
        .work
        .run("gs-fetch", &["--full"])
        .ends(75)
        .says("coros: listing ignored: 4 of 12 known activities are missing");
    let said = world.diff(&[]);
    said.ends(75).says("coros: no uploads planned: listing ignored: 4 of 12 known activities are missing");
    assert_eq!(planned(&said), [format!("garmin-com {new} > garmin-cn")]);
    // With --accept-missing, the deletions are respected, and the other activities are planned again.
    world.work.run("gs-fetch", &["--full", "--accept-missing"]).ok();
    assert_eq!(planned(world.diff(&["--from", "garmin-com"]).ok()).len(), 2);
}

#[test]
fn uploads_are_planned_only_in_the_window_of_the_listing() {
    let world = World::new();
    let ids: Vec<String> = (0..8).map(|day| world.put("garmin-com", &run(day))).collect();
    world.work.run("gs-fetch", &["--platform", "garmin-com"]).ok();
    world.work.run("gs-fetch", &["--platform", "coros", "--since", &when(3), "--until", &when(6)]).ok();
    let said = world.diff(&["--to", "coros", "--from", "garmin-com", "--explain"]);
    let expected = [5, 4, 3].map(|day: usize| format!("garmin-com {} > coros", ids[day]));
    assert_eq!(planned(said.ok()), expected);
    assert_eq!(reasons(&said), ["skipped: start-not-covered"; 5]);
}

#[test]
fn flags_and_sync_platform_limit_the_plan() {
    let mut world = World::new();
    let com: Vec<String> = [run(0), ride(1), run(2)].iter().map(|one| world.put("garmin-com", one)).collect();
    let own = world.put("coros", &run(3));
    world.fetch();
    let send = |day: usize, to: &str| format!("garmin-com {} > {to}", com[day]);
    let back = |to: &str| format!("coros {own} > {to}");
    let plan = |world: &World, args: &[&str]| planned(world.diff(args).ok().silent());
    let all = [
        back("garmin-com"),
        back("garmin-cn"),
        send(2, "garmin-cn"),
        send(2, "coros"),
        send(1, "garmin-cn"),
        send(1, "coros"),
        send(0, "garmin-cn"),
        send(0, "coros"),
    ];
    assert_eq!(plan(&world, &[]), all, "newest first, platforms in the order of the table");
    assert_eq!(plan(&world, &["--from", "coros"]), all[..2]);
    assert_eq!(plan(&world, &["--to", "coros"]), [&all[3], &all[5], &all[7]].map(String::clone));
    assert_eq!(plan(&world, &["--from", "GARMINCOM", "--to", "coros,garmin-com"]).len(), 3);
    assert_eq!(plan(&world, &["--to", "coros", "--sport", "cycling"]), all[5..6]);
    assert_eq!(plan(&world, &["--to", "coros", "--since", &when(1), "--until", &when(2)]), all[5..6]);
    assert_eq!(plan(&world, &["--to", "coros", "--since", &when(3)]), [""; 0]);
    world.diff(&["--since", "2026-02-01", "--until", "2026-01-01"]).ends(2).says("--since");
    world.diff(&["--to", "strava"]).ends(2).says("--to");
    world.work.set("SYNC_PLATFORM", "GARMINCOM,COROS");
    let two: Vec<String> = all.iter().filter(|one| !one.ends_with("garmin-cn")).cloned().collect();
    assert_eq!(plan(&world, &[]), two);
    world.work.set("SYNC_PLATFORM", "GARMINCOM,STRAVA");
    world.diff(&[]).ends(78).says("SYNC_PLATFORM");
}

#[test]
fn an_activity_on_two_platforms_is_uploaded_once_from_the_better_source() {
    for better in ["garmin-com", "garmin-cn"] {
        let world = World::new();
        let ids = ["garmin-com", "garmin-cn"].map(|service| (service, world.put(service, &run(0))));
        for (service, id) in &ids {
            let is_better = *service == better;
            // The other service knows no device for its activity: it was uploaded by hand.
            world.sim.with(|state| {
                let entry = state.account(world::domain(service).unwrap()).find_mut(id.parse().unwrap()).unwrap();
                entry.device = if is_better { entry.device } else { gs_sim::garmin::activity::Device::Null };
            });
        }
        world.fetch();
        let said = world.diff(&[]);
        let id = &ids.iter().find(|(service, _)| *service == better).unwrap().1;
        assert_eq!(planned(said.ok()), [format!("{better} {id} > coros")]);
        let reasons = said.record()["reasons"].clone();
        assert_eq!(codes(&reasons), ["not-on-platform", "uploaded-from"]);
        let device = json!({"code": "native-device", "manufacturer": "garmin"});
        assert_eq!((&reasons[1]["platform"], &reasons[1]["reason"]), (&json!(better), &device));
        assert_eq!(reasons[1]["text"], format!("uploaded from {better}: recorded by a garmin device"));
        world.apply(&said, &[]).ok();
        assert_eq!(world.ids("coros").len(), 1);
        world.fetch();
        nothing_planned(&world.diff(&[]));
    }
}

#[test]
fn a_pending_upload_is_not_planned_again() {
    let mut world = World::changed(|scenario| {
        scenario.coros[0].import.polls = 1000;
        scenario.accounts[0].upload.polls = 1000;
        scenario.accounts[0].upload.listed_after_requests = 1000;
        scenario.coros[0].import.listed_after_requests = 1000;
    });
    world.work.set("SYNC_PLATFORM", "GARMINCOM,COROS");
    world.put("garmin-com", &run(0));
    world.put("coros", &run(1));
    world.fetch();
    let plan = world.diff(&[]);
    assert_eq!(planned(plan.ok()).len(), 2);
    let said = world.apply(&plan, &["--upload-wait", "0"]);
    assert!(said.ok().records().iter().all(|record| record["outcome"]["kind"] == "pending"), "{said}");
    for _ in 0..2 {
        world.fetch();
        nothing_planned(&world.diff(&[]));
        let explained = world.diff(&["--explain"]);
        assert_eq!(reasons(explained.ok()), ["pending: upload-pending"; 2]);
        nothing_planned(&world.diff(&["--restore-deleted", "--retry-rejected", "--possible-duplicates"]));
    }
}

#[test]
fn a_created_activity_that_is_not_listed_yet_counts_as_existing() {
    let mut world = World::changed(|scenario| {
        let upload = &mut scenario.accounts[0].upload;
        (upload.answer, upload.listed_after_requests) = (UploadAnswer::Created, 1000);
    });
    world.work.set("SYNC_PLATFORM", "GARMINCOM,COROS");
    world.put("coros", &run(1));
    world.fetch();
    let plan = world.diff(&[]);
    let said = world.apply(&plan, &["--upload-wait", "0"]);
    assert_eq!(said.ok().record()["outcome"]["kind"], "created");
    world.fetch();
    assert_eq!(world.list().lines().count(), 1, "the list does not show the upload yet");
    nothing_planned(&world.diff(&["--restore-deleted"]));
    assert_eq!(world.diff(&["--explain"]).ok().out, "");
}

#[test]
fn a_rejected_upload_is_planned_only_after_a_file_change_or_with_retry() {
    let world = World::changed(|scenario| scenario.accounts[1].upload.fails_late = Some("Not today.".into()));
    let id = world.put("garmin-com", &run(0));
    world.fetch();
    let to_cn = |args: &[&str]| world.diff(&[&["--to", "garmin-cn"], args].concat());
    world.apply(&to_cn(&[]), &[]).ends(1).says("Not today.");
    world.fetch();
    nothing_planned(&to_cn(&[]));
    let explained = to_cn(&["--explain"]);
    assert_eq!(reasons(explained.ok()), ["rejected: rejected, rejected-before"]);
    assert!(text(&explained.record()["reasons"][0]["detail"]).contains("Not today."), "{explained}");
    let expected = [format!("garmin-com {id} > garmin-cn")];
    assert_eq!(planned(to_cn(&["--retry-rejected"]).ok()), expected);
    // Another target has not rejected it.
    assert_eq!(planned(world.diff(&["--to", "coros"]).ok()).len(), 1);
    let other = run(0).builder().big_endian().build();
    world.sim.with(|state| state.set_source("garmin.com", id.parse().unwrap(), Source::Bytes("fit", other)));
    world.work.given("gs-download", &["--force"], &world.list()).ok();
    assert_eq!(planned(to_cn(&[]).ok()), expected);
}

#[test]
fn a_deleted_activity_is_uploaded_only_with_restore_deleted() {
    let (world, ids) = settled();
    world.remove("coros", &ids[5][2]);
    world.work.run("gs-fetch", &["--full"]).ok();
    nothing_planned(&world.diff(&[]));
    assert_eq!(reasons(world.diff(&["--explain"]).ok()), ["skipped: missing-once"]);
    world.work.run("gs-fetch", &["--full"]).ok();
    nothing_planned(&world.diff(&[]));
    assert_eq!(reasons(world.diff(&["--explain"]).ok()), ["skipped: deleted-on-target"]);
    let plan = world.diff(&["--restore-deleted"]);
    assert_eq!(planned(plan.ok()).len(), 1);
    let said = world.apply(&plan, &[]);
    assert_eq!(said.ok().record()["outcome"]["kind"], "created", "{said}");
    assert_eq!(world.ids("coros").len(), 12);
    world.fetch();
    nothing_planned(&world.diff(&["--restore-deleted"]));
}

#[test]
fn an_uploaded_activity_deleted_by_hand_is_not_uploaded_again() {
    let (world, _) = settled();
    world.put("garmin-com", &run(20));
    world.fetch();
    world.apply(&world.diff(&[]), &[]).ok();
    world.fetch();
    nothing_planned(&world.diff(&[]));
    let newest = world.ids("coros")[0].clone();
    world.remove("coros", &newest);
    for _ in 0..3 {
        world.work.run("gs-fetch", &["--full"]).ok();
        nothing_planned(&world.diff(&[]));
    }
    assert_eq!(planned(world.diff(&["--restore-deleted"]).ok()).len(), 1);
}

#[test]
fn a_possible_duplicate_on_the_target_is_uploaded_only_with_the_flag() {
    let world = World::new();
    world.put("garmin-com", &run(0));
    world.put("coros", &run(0));
    // On COROS, its sport was changed to a ride.
    world.sim.with(|state| state.coros.accounts[0].items[0].sport = 200);
    world.fetch();
    let to_coros = |args: &[&str]| world.diff(&[&["--to", "coros"], args].concat());
    nothing_planned(&to_coros(&[]));
    let reason = to_coros(&["--explain"]).ok().record()["reasons"][0].clone();
    assert_eq!((code(&reason), &reason["certainty"]), ("possible-duplicate", &json!("start-only")));
    let plan = to_coros(&["--possible-duplicates"]);
    assert_eq!(plan.ok().record()["allow_possible_duplicate"], true);
    world.apply(&plan, &[]).ok();
    assert_eq!(world.ids("coros").len(), 2);
}

#[test]
fn a_time_zone_fault_plans_no_uploads_in_any_local_time_zone() {
    let mut world = World::new();
    world.work.set("SYNC_PLATFORM", "GARMINCOM,COROS");
    for day in 0..12 {
        world.put("garmin-com", &run(day));
        world.put("coros", &run(day));
    }
    // One service read local time as UTC.
    world.sim.with(|state| state.coros.accounts[0].items.iter_mut().for_each(|item| item.start += 8 * 3600));
    let mut plans = Vec::new();
    for zone in ["UTC", "Asia/Shanghai", "America/St_Johns", "Pacific/Kiritimati", "Pacific/Pago_Pago"] {
        world.work.set("TZ", zone);
        // Start with an empty data folder in every time zone.
        let _ = std::fs::remove_dir_all(world.work.data(""));
        world.fetch();
        nothing_planned(&world.diff(&[]));
        let said = world.diff(&["--explain"]);
        assert_eq!(reasons(said.ok()).len(), 24, "{said}");
        for record in said.records() {
            let reasons = &record["reasons"];
            assert_eq!(codes(reasons)[..2], ["possible-duplicate", "start-shifted"], "{said}");
            assert_eq!((&reasons[0]["certainty"], &reasons[1]["minutes"]), (&json!("shifted"), &json!(480)));
        }
        plans.push(said.out);
    }
    plans.dedup();
    assert_eq!(plans.len(), 1);
    // The files show that the activities are the same.
    world.work.archive_all();
    nothing_planned(&world.diff(&["--possible-duplicates"]));
}

#[test]
fn activities_without_an_accepted_original_are_skipped_with_a_reason() {
    let world = World::new();
    let odd = |day: i64, oddity: &str| gs_sim::ActivitySpec {
        start: Some(start(day)),
        sport: Some("running".into()),
        oddities: vec![oddity.into()],
        ..gs_sim::ActivitySpec::default()
    };
    let oddities = ["manual_404", "gpx_origin", "corrupt_original"];
    for (day, oddity) in (0..).zip(oddities) {
        world.sim.with(|state| state.add_activity("garmin.com", &odd(day, oddity)));
    }
    world.put("garmin-com", &run(9));
    world.fetch();
    let to_coros = |args: &[&str]| world.diff(&[&["--to", "coros"], args].concat());
    // The formats are known after the download; only FIT files are uploaded.
    let first = world.apply(&to_coros(&[]), &[]);
    let kinds: Vec<Value> = first.ok().records().iter().map(|record| record["outcome"]["kind"].clone()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "created").count(), 1, "{first}");
    assert_eq!(world.ids("coros").len(), 1);
    nothing_planned(&to_coros(&[]));
    let expected = ["skipped: converted-only", "skipped: format-not-accepted", "skipped: entered-by-hand"];
    assert_eq!(reasons(to_coros(&["--explain"]).ok()), expected);
}

#[test]
fn a_malformed_record_gives_no_plan() {
    let world = World::new();
    world.put("garmin-com", &run(0));
    let list = world.fetch();
    let said = world.work.given("gs-diff", &[], &format!("{list}{{\"type\":\"activity\"}}\n"));
    said.ends(65).says("invalid record on line 2");
    assert_eq!(said.out, "", "with an incomplete input, activities would look missing");
}

#[test]
fn records_with_problems_and_unknown_types_pass_without_a_plan() {
    let world = World::new();
    let ids = [0, 1].map(|day| world.put("garmin-com", &run(day)));
    let list = world.fetch();
    let mut records: Vec<Value> = list.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    records[0]["problem"] = json!({"command": "gs-download", "kind": "not-found", "reason": {"code": "not-found", "detail": "m", "text": "m"}, "more": 1});
    let weather = r#"{"type":"weather",  "rain": 1}"#;
    let deleted = json!({"type": "activity", "platform": "garmin-com", "id": "7", "deleted": {"since": when(0), "confirmed": true}});
    let earlier_transfer = json!({"type": "transfer", "to": "coros", "activity": {"platform": "garmin-com", "id": "8"}, "outcome": {"kind": "created"}});
    let input = format!("{weather}\n{deleted}\n{}\n{}\n{earlier_transfer}\n", records[0], records[1]);
    let said = world.work.given("gs-diff", &["--to", "coros"], &input);
    let out: Vec<&str> = said.ok().out.lines().collect();
    assert_eq!(out[0], weather, "{said}");
    assert_eq!(serde_json::from_str::<Value>(out[1]).unwrap(), records[0]);
    assert_eq!(serde_json::from_str::<Value>(out[2]).unwrap(), earlier_transfer);
    assert_eq!(planned(&said), [format!("garmin-com {} > coros", ids[0])]);
    assert_eq!(out.len(), 4);
}

#[test]
fn the_order_of_the_input_changes_nothing() {
    let world = World::new();
    for day in 0..6 {
        world.put(SERVICES[day as usize % 3], &run(day));
        world.put(SERVICES[(day as usize + 1) % 3], &run(day));
    }
    let list = world.fetch();
    let mut lines: Vec<&str> = list.lines().collect();
    let expected = world.work.given("gs-diff", &["--explain"], &list).ok().out.clone();
    assert_eq!(expected.lines().count(), 6);
    let mut rng = fastrand::Rng::with_seed(7);
    for _ in 0..4 {
        rng.shuffle(&mut lines);
        let shuffled = lines.join("\n") + "\n";
        // Repeated records do not change the result.
        assert_eq!(world.work.given("gs-diff", &["--explain"], &(shuffled.clone() + &shuffled)).ok().out, expected);
    }
}

#[test]
fn gs_diff_sends_no_requests_and_a_dry_run_is_not_logged() {
    let world = World::new();
    world.put("garmin-com", &run(0));
    world.fetch();
    world.sim.clear_log();
    let plan = world.diff(&["-n"]);
    let rows = "SELECT count(*) FROM commands WHERE command = 'gs-diff'";
    assert_eq!(world.work.sql::<i64>(rows), 0);
    assert_eq!(plan.ok().out, world.diff(&[]).ok().out);
    assert_eq!(world.work.sql::<i64>(rows), 1);
    assert_eq!(requests(&world.sim), [""; 0]);
}

#[test]
fn a_rematch_without_input_forgets_earlier_matches() {
    let (world, _) = settled();
    nothing_planned(&world.diff(&[]));
    let groups = || world.work.sql::<i64>("SELECT count(DISTINCT group_number) FROM activity_groups");
    assert_eq!(groups(), 12);
    world.work.change("UPDATE activity_groups SET group_number = 1");
    world.work.given("gs-diff", &[], "").ok();
    assert_eq!(groups(), 1, "without input, nothing is compared");
    world.work.given("gs-diff", &["--rematch"], "").ok();
    assert_eq!(groups(), 12);
}

#[test]
fn only_input_activities_are_planned_and_compared_with_the_catalogue() {
    let (world, ids) = settled();
    let new = world.put("garmin-com", &run(20));
    let list = world.fetch();
    let only = |id: &str| {
        let line = list.lines().find(|line| line.contains(&format!("\"{id}\""))).unwrap();
        planned(world.work.given("gs-diff", &[], line).ok())
    };
    assert_eq!(only(&new).len(), 2);
    assert_eq!(only(&ids[0][0]), [""; 0], "the other platforms have it, although their records are not in the input");
}

#[test]
fn a_deleted_duplicate_does_not_block_the_upload_of_its_group() {
    let world = World::new();
    world.put("garmin-com", &run(0));
    world.put_bytes("garmin-com", &run(0).builder().big_endian().build());
    world.put("garmin-cn", &run(1));
    world.work.archive_all();
    let marked = world.work.given("gs-dedupe", &[], &world.list()).ok().out.clone();
    world.work.given("gs-delete", &["--yes"], &marked).ok();
    let kept = world.ids("garmin-com");
    assert_eq!(kept.len(), 1);
    world.fetch();
    let said = world.diff(&[]);
    let expected = [format!("garmin-com {} > garmin-cn", kept[0]), format!("garmin-com {} > coros", kept[0])];
    assert_eq!(planned(said.ok())[2..], expected, "{said}");
    world.apply(&said, &[]).ok();
    world.fetch();
    nothing_planned(&world.diff(&["--restore-deleted"]));
    assert_eq!(SERVICES.map(|service| world.ids(service).len()), [2, 2, 2]);
}

#[test]
fn a_sport_that_coros_always_rejects_is_skipped_with_a_reason() {
    let (world, _) = settled();
    let id = world.put("garmin-com", &run(20));
    world.fetch();
    world.work.change(&format!("UPDATE activities SET sport = 'sailing', sub_sport = NULL WHERE id = '{id}'"));
    let said = world.diff(&[]);
    assert_eq!(planned(said.ok()), [format!("garmin-com {id} > garmin-cn")]);
    let said = world.diff(&["--explain", "--to", "coros"]);
    assert_eq!(planned(said.ok()), [""; 0]);
    assert_eq!(reasons(&said), ["skipped: sport-not-accepted"]);
    assert_eq!(planned(&world.diff(&["--to", "coros", "--retry-rejected"])), [format!("garmin-com {id} > coros")]);
}
