//! How `gs-report` compares platforms: matches, missing activities, possible duplicates, duplicates; which platforms it
//! compares.

use crate::support::world::{SERVICES, World, ride, run};
use crate::support::{code, codes};
use gs_sim::UploadSpec;
use serde_json::{Value, json};

fn status(world: &World, args: &[&str]) -> Value {
    world.work.run("gs-report", args).ok().silent();
    world.work.status_json()
}

fn list<'a>(document: &'a Value, name: &str) -> &'a Vec<Value> {
    document[name].as_array().unwrap()
}

/// `platform: reason count` of the missing activities.
fn missing(document: &Value) -> Vec<String> {
    let lists = list(document, "missing").iter();
    lists
        .map(|one| format!("{}: {} {}", one["on"].as_str().unwrap(), one["reason"].as_str().unwrap(), one["count"]))
        .collect()
}

#[test]
fn the_page_shows_the_uploads_that_gs_diff_plans() {
    let world = World::new();
    for day in 0..6 {
        world.put(SERVICES[day % 3], &run(day as i64));
    }
    world.put("coros", &ride(20));
    world.fetch();
    let planned = world.diff(&[]).ok().records();
    let document = status(&world, &[]);
    for service in SERVICES {
        let to_send =
            list(&document, "missing").iter().find(|one| one["on"] == service && one["reason"] == "to-upload");
        let items = to_send.unwrap()["items"].as_array().unwrap();
        let ids: Vec<&Value> = items.iter().map(|item| &item["id"]).collect();
        let expected: Vec<&Value> =
            planned.iter().filter(|one| one["to"] == service).map(|one| &one["activity"]["id"]).collect();
        assert_eq!(ids, expected, "{service}");
    }
}

#[test]
fn a_folder_is_compared_only_if_it_is_named() {
    let world = World::new();
    let folder = world.folder();
    world.put("garmin-com", &run(0));
    world.put("coros", &run(0));
    world.put(&folder, &run(0));
    world.put(&folder, &run(1));
    world.fetch();
    world.work.run("gs-fetch", &["--platform", &folder]).ok();
    let document = status(&world, &[]);
    let compared: Vec<(&str, bool)> = list(&document, "platforms")
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one["compared"].as_bool().unwrap()))
        .collect();
    assert_eq!(compared, [("garmin-com", true), ("garmin-cn", true), ("coros", true), (folder.as_str(), false)]);
    assert_eq!(missing(&document), ["garmin-cn: to-upload 1"], "activities only in the folder are not planned");
    assert_eq!((list(&document, "activities").len(), list(&document, "matrix").len()), (2, 12));
    assert_eq!(list(&document, "platforms")[3]["logins"], serde_json::json!([]));

    let named = format!("garmin-com,{folder}");
    let document = status(&world, &["--platform", &named]);
    assert_eq!(missing(&document), ["garmin-com: to-upload 1"]);
    assert_eq!((list(&document, "platforms").len(), list(&document, "matrix").len()), (2, 2));
    let document = status(&world, &["--platform", "coros"]);
    assert_eq!((list(&document, "activities").len(), missing(&document)), (1, vec![]));
}

#[test]
fn sync_platform_selects_the_compared_platforms() {
    let mut world = World::new();
    world.put("garmin-com", &run(0));
    world.put("coros", &run(1));
    world.fetch();
    world.work.set("SYNC_PLATFORM", "GARMINCOM,COROS");
    assert_eq!(missing(&status(&world, &[])), ["garmin-com: to-upload 1", "coros: to-upload 1"]);
    world.work.set("SYNC_PLATFORM", "");
    let document = status(&world, &[]);
    assert_eq!(missing(&document), ["garmin-com: to-upload 1", "garmin-cn: to-upload 2", "coros: to-upload 1"]);
    world.work.set("SYNC_PLATFORM", "STRAVA");
    world.work.run("gs-report", &[]).ends(78).says("SYNC_PLATFORM");
}

#[test]
fn missing_activities_of_an_unlisted_platform_have_reason_not_listed() {
    let world = World::new();
    let id = world.put("garmin-com", &run(0));
    world.put("coros", &run(1));
    world.work.run("gs-fetch", &["--platform", "garmin-com"]).ok();
    world.work.run("gs-auth", &["login", "--platform", "coros"]).ok();
    let document = status(&world, &[]);
    let coros = list(&document, "platforms").iter().find(|one| one["name"] == "coros").unwrap();
    assert_eq!((code(&coros["unusable_reason"]), &coros["total"]), ("platform-never-listed", &json!(0)));
    assert_eq!(missing(&document), ["coros: not-listed 1"]);
    let item = &list(&document, "missing")[0]["items"][0];
    assert_eq!((&item["id"], codes(&item["reasons"])), (&json!(id), vec!["listing-unusable"]));
    assert_eq!(item["reasons"][0]["text"], "coros: never listed");
    // No upload is planned from a platform without a usable listing either.
    world.fetch();
    world.work.change(
        "UPDATE listings SET accepted = 0, reason = '{\"code\":\"listing-unordered\"}' WHERE platform = 'coros'",
    );
    let document = status(&world, &[]);
    assert_eq!(
        missing(&document),
        ["garmin-com: not-listed 1", "garmin-cn: to-upload 1", "garmin-cn: not-listed 1", "coros: not-listed 1"]
    );
    let from_coros = &list(&document, "missing")[0]["items"][0];
    let reason = &from_coros["reasons"][0];
    assert_eq!([&from_coros["platform"], &reason["platform"]], ["coros", "coros"]);
    assert_eq!((code(reason), code(&reason["reason"])), ("listing-unusable", "listing-unordered"));
}

#[test]
fn a_time_zone_fault_is_shown_within_and_across_platforms() {
    let world = World::new();
    let mut shifted = run(0);
    shifted.start += 8 * 3600;
    let ids = [world.put("garmin-com", &run(0)), world.put("garmin-com", &shifted)];
    let other = world.put("coros", &run(5));
    let mut moved = run(5);
    moved.start += 2 * 3600;
    let far = world.put("garmin-cn", &moved);
    for day in 10..14 {
        world.put("coros", &run(day));
    }
    world.fetch();
    let document = status(&world, &[]);
    let faults: Vec<[&str; 2]> = list(&document, "time_zone_faults")
        .iter()
        .map(|one| [one["one"]["id"].as_str().unwrap(), one["other"]["id"].as_str().unwrap()])
        .collect();
    assert_eq!(faults.len(), 2, "{:#}", document["time_zone_faults"]);
    let is_shown = |pair: [&str; 2]| faults.iter().any(|one| *one == pair || *one == [pair[1], pair[0]]);
    assert!(is_shown([&ids[0], &ids[1]]) && is_shown([&other, &far]), "{faults:?}");
    assert_eq!(codes(&list(&document, "time_zone_faults")[0]["reasons"])[0], "start-shifted");
    assert_eq!(document["duplicates"], json!([]), "a suspected time zone fault is not a duplicate");
    let possible =
        list(&document, "missing").iter().find(|one| one["on"] == "garmin-cn" && one["reason"] == "possible-duplicate");
    let reason = &possible.unwrap()["items"][0]["reasons"][0];
    assert_eq!(
        (code(reason), &reason["id"], &reason["certainty"]),
        ("possible-duplicate", &json!(far), &json!("shifted"))
    );
}

/// An upload from COROS that garmin.com accepts and does not list.
fn with_unlisted_upload() -> World {
    let world = World::new();
    world.put("coros", &run(0));
    world.put("garmin-com", &run(9));
    world.fetch();
    let late = UploadSpec { polls: 0, listed_after_requests: 10_000, ..UploadSpec::default() };
    world.sim.with(|state| state.account("garmin.com").spec.upload = late);
    world.apply(&world.diff(&["--to", "garmin-com"]), &["--upload-wait", "0"]).ok();
    world
}

#[test]
fn an_accepted_upload_that_is_not_listed_yet_counts_as_existing() {
    let world = with_unlisted_upload();
    let document = status(&world, &[]);
    let id: String = world.work.sql("SELECT to_id FROM uploads WHERE outcome = 'created'");
    let group = list(&document, "activities").iter().find(|one| one["on"][1]["platform"] == "coros").unwrap();
    assert_eq!(group["on"][0], json!({"platform": "garmin-com", "id": id}));
    let pair = list(&document, "matrix").iter().find(|one| one["on"] == "coros" && one["and"] == "garmin-com").unwrap();
    assert_eq!((&pair["both"], &pair["only"]), (&json!(1), &json!(0)));
    let com = list(&document, "platforms").iter().find(|one| one["name"] == "garmin-com").unwrap();
    assert_eq!(com["total"], 1, "the list does not show the upload");
}

#[test]
fn an_upload_that_is_never_listed_is_shown_as_lost() {
    let world = with_unlisted_upload();
    world.work.change("UPDATE uploads SET started_at = started_at - 3 * 86400");
    world.fetch();
    world.work.run("gs-upload", &[]).ends(1);
    let document = status(&world, &[]);
    assert_eq!(list(&document, "rejected")[0]["outcome"], "lost");
    let reason = &list(&document, "rejected")[0]["reason"];
    assert_eq!((code(reason), &reason["seconds"]), ("upload-lost", &json!(6 * 3600)));
    assert_eq!(missing(&document)[0], "garmin-com: rejected 1");
}

#[test]
fn an_activity_deleted_everywhere_stays_listed_if_it_is_archived() {
    let world = World::new();
    let ids: Vec<String> = (0..24).map(|day| world.put("coros", &run(day))).collect();
    world.fetch();
    let kept = world.work.run("gs-list", &["--id", &ids[0]]).out.clone();
    world.work.given("gs-download", &[], &kept).ok();
    for id in &ids[..2] {
        world.remove("coros", id);
    }
    world.fetch();
    world.fetch();
    let document = status(&world, &[]);
    assert_eq!((list(&document, "activities").len(), list(&document, "deletions").len()), (23, 2));
    let deleted = list(&document, "activities").iter().find(|one| one["on"] == json!([])).unwrap();
    assert_eq!(deleted["gone_from"], json!([{"platform": "coros", "id": ids[0]}]));
    assert_eq!((deleted["file"]["format"].as_str(), &deleted["missing_on"]), (Some("fit"), &Value::Null));
    let restore: Vec<bool> = list(&document, "deletions").iter().map(|one| one["restore"].is_string()).collect();
    assert!(restore.contains(&true) && restore.contains(&false), "without a file an activity cannot be restored");
    let days: u64 = list(&document, "days").iter().map(|day| day["count"].as_u64().unwrap()).sum();
    assert_eq!(days, 23);
}

#[test]
fn the_commands_of_one_pipeline_are_one_run() {
    let mut world = World::new();
    world.put("coros", &run(0));
    world.work.set("GS_RUN", "first");
    world.fetch();
    world.work.download(&["--missing"]).ok();
    world.work.set("GS_RUN", "second");
    world.work.given("gs-diff", &["--to", "strava"], "").ends(2);
    world.work.run("gs-upload", &[]).ok();
    let document = status(&world, &[]);
    let runs = list(&document, "runs");
    assert_eq!(runs.iter().map(|run| run["run"].as_str().unwrap()).collect::<Vec<_>>(), ["second", "first"]);
    let commands: Vec<&Value> = runs[1]["commands"].as_array().unwrap().iter().map(|one| &one["command"]).collect();
    assert_eq!(commands, ["gs-fetch", "gs-download"]);
    assert_eq!(runs[1]["counts"], json!({"downloaded": 1, "listed": 1, "new": 1}));
    assert_eq!([&runs[0]["outcome"], &runs[0]["exit"]], [&json!("error"), &json!(2)]);
    assert_eq!(document["state"], "outstanding", "a usage error is not an action");
    // A constant GS_RUN starts a new run every day.
    world.work.change("UPDATE commands SET run = 'first', started_at = started_at - (3 - number) * 90000");
    assert_eq!(
        list(&status(&world, &[]), "runs").len(),
        world.work.sql::<i64>("SELECT count(*) FROM commands") as usize
    );
}

#[test]
fn the_next_sync_and_an_overdue_sync_are_shown() {
    let world = World::new();
    world.put("coros", &run(0));
    world.fetch();
    assert_eq!(status(&world, &[])["schedule"], Value::Null);
    world.work.run("gs-schedule", &["0 */6 * * *", "--zone", "Asia/Shanghai"]).ok();
    let document = status(&world, &[]);
    let schedule = &document["schedule"];
    assert_eq!([&schedule["cron"], &schedule["zone"]], ["0 */6 * * *", "Asia/Shanghai"]);
    let next: jiff::Timestamp = schedule["next_run"].as_str().unwrap().parse().unwrap();
    let made: jiff::Timestamp = document["made"].as_str().unwrap().parse().unwrap();
    // Every six hours from midnight at UTC+8: 4, 10, 16 and 22 o'clock UTC.
    assert_eq!(next.as_second().rem_euclid(6 * 3600), 4 * 3600);
    assert!((1..=6 * 3600).contains(&(next.as_second() - made.as_second())), "{made} {next}");
    assert_eq!(
        (&document["state"], &document["actions"]),
        (&json!("outstanding"), &json!([])),
        "the schedule was just created"
    );
    assert_eq!((&schedule["runner"], &schedule["is_run"]), (&Value::Null, &json!(false)), "no runner is known");

    // A sync was scheduled two hours ago, and the last run is a day old.
    let scheduled = made.as_second() - 2 * 3600;
    let hour = scheduled.rem_euclid(86_400) / 3600;
    world.work.run("gs-schedule", &[&format!("0 {hour} * * *"), "--zone", "UTC"]).ok();
    world.work.change(
        "UPDATE schedule SET changed_at = changed_at - 864000; UPDATE commands SET started_at = started_at - 86400",
    );
    let document = status(&world, &[]);
    let at: jiff::Timestamp = document["actions"][0]["at"].as_str().unwrap().parse().unwrap();
    assert_eq!((&document["state"], &document["actions"][0]["kind"]), (&json!("action-needed"), &json!("overdue")));
    assert_eq!(at.as_second(), scheduled - scheduled.rem_euclid(3600));
    world.work.run("gs-upload", &[]).ok();
    assert_eq!(status(&world, &[])["state"], "action-needed", "gs-upload alone is not a sync");
    world.work.run("gs-fetch", &[]).ok();
    assert_eq!(status(&world, &[])["state"], "outstanding", "a sync has run since");

    world.work.change("UPDATE commands SET started_at = started_at - 86400");
    world.work.run("gs-schedule", &["off"]).ok();
    let document = status(&world, &[]);
    assert_eq!([&document["schedule"]["enabled"], &document["schedule"]["next_run"]], [&json!(false), &Value::Null]);
    assert_eq!(document["actions"], json!([]));
    world.work.change("UPDATE schedule SET enabled = 1, zone = 'Mars/Olympus'");
    assert_eq!(status(&world, &[])["schedule"]["next_run"], Value::Null, "the time zone is unknown");
}
