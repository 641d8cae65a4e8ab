//! The commands that the page shows: each one fixes its issue, and then the page no longer shows the issue.

use crate::support::duplicates::{duplicate, with_copy};
use crate::support::paths::commands;
use crate::support::world::{World, nameless, run, settled, start};
use crate::support::{Said, Work};
use garminsync::status::List;
use gs_sim::UploadSpec;
use gs_sim::fit::Recording;
use serde_json::{Value, json};

/// The current `status.json`.
fn status(work: &Work) -> Value {
    work.run("gs-report", &[]).ok().silent();
    work.status_json()
}

/// Runs a command line in a shell, as a user who copies it.
fn shell(work: &mut Work, line: &str) -> Said {
    let bin = commands().display().to_string();
    work.set("PATH", &format!("{bin}:/usr/bin:/bin"));
    work.run("/bin/sh", &["-c", line])
}

fn issue<'a>(document: &'a Value, kind: &str) -> Option<&'a Value> {
    let lists = [&document["actions"], &document["warnings"]].into_iter().flat_map(|list| list.as_array().unwrap());
    lists.into_iter().find(|issue| issue["kind"] == kind)
}

/// Runs the fix command of an issue and checks that the issue is gone.
#[track_caller]
fn fix(work: &mut Work, kind: &str) {
    let document = status(work);
    let line =
        issue(&document, kind).unwrap_or_else(|| panic!("{kind} is not in {:#}", document["actions"]))["fix"].clone();
    shell(work, line.as_str().unwrap()).ok();
    let document = status(work);
    assert_eq!(issue(&document, kind), None, "{line}");
}

/// The ids of all activities in a value of `status.json`.
fn ids_in(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(ids_in).collect(),
        Value::Object(fields) => {
            let own = fields.get("id").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(fields.values().flat_map(ids_in)).collect()
        }
        _ => Vec::new(),
    }
}

/// Three platforms with an item in every list of the page.
fn with_items_in_every_list() -> World {
    let world = World::new();
    let shifted = |day| nameless(&Recording { start: start(day) + 3600, ..run(day) });
    // One suspected time zone error on a platform, one between two platforms.
    world.put("garmin-com", &run(0));
    world.put_bytes("garmin-com", &shifted(0));
    world.put("garmin-com", &run(3));
    world.put_bytes("coros", &shifted(3));
    let rejected = world.put("garmin-cn", &run(12));
    let [failed, pending, deleted, missing] =
        [6, 9, 15, 18].map(|day| ["garmin-cn", "coros"].map(|platform| world.put(platform, &run(day)))[1].clone());
    (0..2).for_each(|_| drop(world.put("garmin-cn", &run(21))));
    let gone = world.put("garmin-cn", &run(24));
    world.fetch();
    world.work.archive_all();
    for (platform, id) in [("coros", &deleted), ("garmin-cn", &gone)] {
        world.remove(platform, id);
    }
    world.fetch();
    world.fetch();
    for (id, outcome) in [(failed, "'failed'"), (pending, "NULL")] {
        world.work.change(&format!(
            "INSERT INTO deletions (run, platform, id, kept_id, evidence, sha256, started_at, outcome)
             VALUES ('r', 'coros', '{id}', '1', '{{\"code\":\"same-file\"}}', 'aa', unixepoch(), {outcome})"
        ));
    }
    world.work.change(&format!(
        "INSERT INTO uploads (run, from_platform, from_id, to_platform, sha256, started_at, outcome, reason)
         SELECT 'r', platform, id, 'garmin-com', sha256, unixepoch(), 'rejected', '{{\"code\":\"rejected\",\"detail\":\"x\"}}'
         FROM files WHERE id = '{rejected}';
         DELETE FROM files WHERE id = '{missing}'"
    ));
    world
}

#[test]
fn the_command_that_lists_all_items_of_a_list_has_each_of_them() {
    let mut world = with_items_in_every_list();
    let document = status(&world.work);
    for (list, name) in [
        (List::Missing, "missing"),
        (List::NotArchived, "not_archived"),
        (List::Duplicates, "duplicates"),
        (List::TimeZoneFaults, "time_zone_faults"),
        (List::Deletions, "deletions"),
        (List::Rejected, "rejected"),
        (List::Activities, "activities"),
    ] {
        let ids = ids_in(&document[name]);
        assert!(!ids.is_empty(), "{name}");
        let said = shell(&mut world.work, list.command());
        let lost: Vec<&String> = ids.iter().filter(|id| !said.ok().out.contains(*id)).collect();
        assert!(lost.is_empty(), "{name}: {lost:?} of {:#}: {said}", document[name]);
    }
    let by: Vec<&Value> = document["deletions"].as_array().unwrap().iter().map(|one| &one["by"]).collect();
    assert!(["failed", "pending", "external"].iter().all(|one| by.iter().any(|by| by == one)), "{by:?}");
    assert_eq!(document["time_zone_faults"].as_array().unwrap().len(), 2);
}

#[test]
fn the_restore_command_uploads_a_deleted_duplicate_again() {
    // Garmin rejects a second file of a recording, so the duplicate there is a converted file.
    let duplicates = [
        ("garmin-com", nameless(&run(0))),
        ("garmin-cn", nameless(&run(0))),
        ("coros", run(0).builder().big_endian().build()),
        ("coros", run(0).encode()),
    ];
    for (service, bytes) in duplicates {
        let mut duplicate = with_copy(service, &run(0).encode(), &bytes);
        duplicate.delete(&["--yes"]).ok();
        let document = status(&duplicate.world.work);
        let deletion = document["deletions"][0].clone();
        assert_eq!([&deletion["by"], &deletion["activity"]["id"]], ["garminsync", duplicate.copy.as_str()]);
        let before = duplicate.world.ids(service).len();
        shell(&mut duplicate.world.work, deletion["restore"].as_str().unwrap()).ok();
        assert_eq!(duplicate.world.ids(service).len(), before + 1, "{service}");
        let deletion = status(&duplicate.world.work)["deletions"][0].clone();
        assert_eq!((&deletion["by"], &deletion["restore"]), (&json!("restored"), &Value::Null), "{service}");
    }
}

#[test]
fn no_restore_command_is_shown_while_the_kept_activity_exists() {
    let duplicate = duplicate("garmin-com");
    duplicate.delete(&["--yes"]).ok();
    let document = status(&duplicate.world.work);
    assert_eq!(
        [&document["deletions"][0]["by"], &document["deletions"][0]["restore"]],
        [&json!("garminsync"), &Value::Null]
    );
    // After the kept activity is removed, Garmin accepts the deleted one.
    duplicate.world.remove(duplicate.service, &duplicate.kept);
    duplicate.world.fetch();
    duplicate.world.fetch();
    let document = status(&duplicate.world.work);
    let lines = document["deletions"].as_array().unwrap().iter().filter(|one| one["restore"].is_string());
    assert_eq!(lines.count(), 2);
}

#[test]
fn the_restore_command_uploads_an_externally_deleted_activity_again() {
    let (mut world, ids) = settled();
    world.work.archive_all();
    world.remove("coros", &ids[3][2]);
    world.fetch();
    assert_eq!(status(&world.work)["deletions"][0]["by"], "unconfirmed");
    world.fetch();
    let deletion = status(&world.work)["deletions"][0].clone();
    assert_eq!([&deletion["by"], &deletion["activity"]["id"]], ["external", ids[3][2].as_str()]);
    let groups = |world: &World| status(&world.work)["activities"].as_array().unwrap().len();
    let before = groups(&world);
    shell(&mut world.work, deletion["restore"].as_str().unwrap()).ok();
    assert_eq!((world.ids("coros").len(), groups(&world)), (12, before));
    let document = status(&world.work);
    assert_eq!(
        [&document["deletions"][0]["by"], &document["deletions"][0]["restore"]],
        [&json!("external"), &Value::Null]
    );
    assert_eq!(document["missing"], json!([]));
}

#[test]
fn the_retry_command_uploads_a_rejected_file_again() {
    let mut world = World::new();
    let id = world.put("coros", &run(0));
    world.put("garmin-cn", &run(5));
    world.fetch();
    let spec = UploadSpec { fails_late: Some("not today".into()), polls: 0, ..UploadSpec::default() };
    world.sim.with(|state| state.account("garmin.cn").spec.upload = spec);
    world.apply(&world.diff(&["--to", "garmin-cn"]), &[]).ends(1);
    let document = status(&world.work);
    let rejection = &document["rejected"][0];
    assert_eq!([&rejection["activity"]["id"], &rejection["to"]], [id.as_str(), "garmin-cn"]);
    assert!(rejection["reason"]["detail"].as_str().unwrap().contains("not today"), "{rejection}");
    assert_eq!(
        document["activities"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["missing_on"].to_string())
            .collect::<Vec<_>>()
            .len(),
        2
    );
    world.sim.with(|state| state.account("garmin.cn").spec.upload = UploadSpec { polls: 0, ..UploadSpec::default() });
    shell(&mut world.work, rejection["retry"].as_str().unwrap()).ok();
    let document = status(&world.work);
    assert_eq!((&document["rejected"], world.ids("garmin-cn").len()), (&json!([]), 2));
}

#[test]
fn the_fix_command_fixes_a_rejected_login() {
    let (mut world, _) = settled();
    world.work.set("COROS_PASSWORD", "wrong");
    world.sim.with(|state| state.expire_coros_token(2));
    world.work.run("gs-fetch", &["--platform", "coros"]).ends(77);
    let document = status(&world.work);
    let actions: Vec<&Value> = document["actions"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(actions, ["login-rejected"], "the failed command adds no second action");
    world.work.set("COROS_PASSWORD", "correct horse");
    fix(&mut world.work, "login-rejected");
    world.work.run("gs-fetch", &[]).ok();
    let document = status(&world.work);
    assert_eq!((&document["actions"], &document["warnings"]), (&json!([]), &json!([])), "{:#}", document["warnings"]);
}

#[test]
fn the_fix_command_fixes_an_ended_login() {
    let (mut world, _) = settled();
    world.sim.with(|state| state.expire_coros_token(2));
    world.work.set("COROS_PASSWORD", "");
    world.work.run("gs-fetch", &["--platform", "coros"]).ends(77);
    let document = status(&world.work);
    assert_eq!(document["actions"].as_array().unwrap().len(), 1, "{:#}", document["actions"]);
    assert_eq!(issue(&document, "login-ended").unwrap()["platform"], "coros");
    world.work.set("COROS_PASSWORD", "correct horse");
    fix(&mut world.work, "login-ended");
}

#[test]
fn the_fix_command_fixes_a_missing_login() {
    let (mut world, _) = settled();
    world.work.run("gs-auth", &["logout", "--platform", "garmin-cn"]).ok();
    world.work.set("GARMIN_PASSWORD_CN", "");
    world.work.run("gs-fetch", &[]).ends(77);
    assert_eq!(issue(&status(&world.work), "login-needed").unwrap()["platform"], "garmin-cn");
    // The log has a resolution of one second, so the failed command must be older.
    world.work.change("UPDATE commands SET started_at = started_at - 60, finished_at = finished_at - 60");
    world.work.set("GARMIN_PASSWORD_CN", "correct horse");
    fix(&mut world.work, "login-needed");
}

#[test]
fn without_any_login_the_fix_command_is_garminsync_setup() {
    let work = Work::alone();
    work.run("gs-fetch", &[]).ends(77);
    let document = status(&work);
    assert_eq!([&document["state"], &document["actions"][0]["fix"]], ["action-needed", "garminsync setup"]);
}

#[test]
fn the_fix_command_accepts_an_implausible_listing() {
    let (mut world, ids) = settled();
    for [_, cn, _] in &ids[..4] {
        world.remove("garmin-cn", cn);
    }
    world.work.run("gs-fetch", &["--full"]).ends(75);
    let document = status(&world.work);
    let platform = document["platforms"].as_array().unwrap().iter().find(|one| one["name"] == "garmin-cn").unwrap();
    let reason = &platform["unusable_reason"];
    assert_eq!(
        (&reason["code"], &reason["missing"], &reason["known"]),
        (&json!("listing-implausible"), &json!(4), &json!(12))
    );
    assert_eq!((&platform["total"], &document["state"]), (&json!(12), &json!("action-needed")));
    fix(&mut world.work, "listing-implausible");
    let document = status(&world.work);
    let deletions = document["deletions"].as_array().unwrap().iter().filter(|one| one["by"] == "unconfirmed").count();
    assert_eq!(deletions, 4);
}

#[test]
fn the_fix_command_downloads_corrupt_files_again() {
    let (mut world, ids) = settled();
    world.work.archive_all();
    let path = world.archived("coros", &ids[0][2]);
    let original = std::fs::read(&path).unwrap();
    // A file marked as corrupt counts at once.
    world.work.change(&format!("UPDATE files SET corrupt = 1 WHERE id = '{}'", ids[0][2]));
    std::fs::write(&path, &original[..100]).unwrap();
    let document = status(&world.work);
    assert_eq!(
        [&document["warnings"][0]["kind"], &document["warnings"][0]["count"]],
        [&json!("files-corrupt"), &json!(1)]
    );
    fix(&mut world.work, "files-corrupt");
    assert_eq!(std::fs::read(&path).unwrap(), original);
}

#[test]
fn the_fix_command_names_an_invalid_setting() {
    let (mut world, _) = settled();
    world.work.set("SPORT_DIFF_SECOND", "soon");
    world.work.given("gs-diff", &[], "").ends(78);
    world.work.run("gs-report", &[]).ends(78).says("SPORT_DIFF_SECOND");
    world.work.set("SPORT_DIFF_SECOND", "60");
    let document = status(&world.work);
    let line = issue(&document, "configuration").unwrap()["fix"].as_str().unwrap().to_owned();
    world.work.set("SPORT_DIFF_SECOND", "soon");
    shell(&mut world.work, &line).ends(78).says("SPORT_DIFF_SECOND");
}
