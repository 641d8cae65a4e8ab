//! The page and the messages say OK only if no work is outstanding.

use crate::support::Work;
use crate::support::paths::sync;
use crate::support::world::{World, run};
use gs_sim::{Effect, Fault, UploadSpec};
use serde_json::{Value, json};

/// garmin.com has a dozen runs, COROS none; one channel gets messages.
fn dozen() -> World {
    let mut world = World::new();
    (0..12).for_each(|day| drop(world.put("garmin-com", &run(day))));
    let work = &mut world.work;
    work.put_commands_in_path().set("SYNC_PLATFORM", "GARMINCOM,COROS");
    work.set("QYWX_BOT_KEY", "693a91f6-7aaa-4bc4-97a0-0ec2f1fa5aaa").set("GS_UPLOAD_WAIT", "0");
    let token = world.sim.with(|state| state.issue_token("garmin.com")).to_string();
    world.work.given("gs-auth", &["import", "-", "--platform", "garmin-com"], &token).ok();
    let token = world.sim.with(|state| state.issue_coros_token(2));
    world.work.given("gs-auth", &["import", "-", "--platform", "coros"], &token).ok();
    world
}

fn status(work: &Work) -> Value {
    work.status_json()
}

fn page(work: &Work) -> String {
    std::fs::read_to_string(work.data("report/index.html")).unwrap()
}

/// The texts that the channel received.
fn texts(world: &World) -> Vec<String> {
    let messages = world.sim.with(|state| state.messages());
    messages.iter().map(|one| one.json.as_ref().unwrap()["text"]["content"].as_str().unwrap().to_owned()).collect()
}

fn issue(reported: &Value, kind: &str) -> Option<Value> {
    let lists = [&reported["actions"], &reported["warnings"]].into_iter().flat_map(|list| list.as_array().unwrap());
    lists.into_iter().find(|issue| issue["kind"] == kind).cloned()
}

#[test]
fn a_limited_first_sync_shows_the_outstanding_uploads_until_done() {
    let mut world = dozen();
    world.work.set("MAX_UPLOAD", "5");
    for (left, state) in [(7, "outstanding"), (2, "outstanding"), (0, "ok")] {
        sync(&world.work, &[]).ok();
        let reported = status(&world.work);
        assert_eq!((&reported["state"], &reported["outstanding"]["uploads"]), (&json!(state), &json!(left)));
        assert_eq!(page(&world.work).contains("Everything is OK"), left == 0);
        let line = format!("Outstanding: {left} uploads");
        assert_eq!(texts(&world).last().unwrap().contains(&line), left > 0, "{:?}", texts(&world));
    }
}

#[test]
fn missing_downloads_are_outstanding_only_with_archive() {
    let world = dozen();
    world.work.run("gs-fetch", &[]).ok();
    world.work.run("gs-report", &[]).ok();
    let reported = status(&world.work);
    assert_eq!((&reported["state"], &reported["outstanding"]["downloads"]), (&json!("outstanding"), &json!(12)));
    // A sync without --archive downloads only the files that it uploads; here these are all files.
    world.work.change("UPDATE activities SET no_original = 1 WHERE id = (SELECT max(id) FROM activities)");
    sync(&world.work, &[]).ok();
    assert_eq!(status(&world.work)["state"], "ok");
    let new = world.put("coros", &run(20));
    sync(&world.work, &["--to", "coros"]).ok();
    let reported = status(&world.work);
    assert_eq!((&reported["state"], &reported["outstanding"]["downloads"]), (&json!("outstanding"), &json!(0)));
    world.work.run("gs-report", &[]).ok();
    assert_eq!(
        status(&world.work)["outstanding"],
        reported["outstanding"],
        "gs-report uses the archive mode of the last sync"
    );
    sync(&world.work, &["--archive"]).ok();
    assert_eq!(status(&world.work)["state"], "ok");
    assert!(world.work.run("gs-list", &["--downloaded"]).ids().contains(&new));
}

#[test]
fn a_filtered_sync_does_not_change_the_outstanding_uploads() {
    let mut world = dozen();
    world.work.set("MAX_UPLOAD", "5");
    sync(&world.work, &[]).ok();
    for part in [&["--sport", "cycling"][..], &["--since", "2099-01-01"], &["--to", "garmin-com"]] {
        sync(&world.work, part).ok();
        let reported = status(&world.work);
        assert_eq!(
            (&reported["state"], &reported["outstanding"]["uploads"]),
            (&json!("outstanding"), &json!(7)),
            "{part:?}"
        );
    }
    assert!(texts(&world).last().unwrap().contains("Outstanding: 7 uploads"), "{:?}", texts(&world));
}

/// For each duplicate in `status.json`: whether it is certain, whether gs-delete would delete it, and why not.
fn duplicates(work: &Work) -> Vec<(bool, bool, String)> {
    let is = |value: &Value| value.as_bool().unwrap();
    let code = |one: &Value| one["not_deletable_because"]["code"].as_str().unwrap_or_default().to_owned();
    let reported = status(work);
    let all = reported["duplicates"].as_array().unwrap();
    all.iter().map(|one| (is(&one["certain"]), is(&one["deletable"]), code(one))).collect()
}

#[test]
fn a_duplicate_that_a_guard_protects_is_not_outstanding() {
    let mut world = dozen();
    let twin = run(30);
    let (kept, duplicate) = (world.put("coros", &twin), world.put("coros", &twin));
    world.work.set("DELETE_DUPLICATE", "1").set("MAX_DELETE", "0");
    sync(&world.work, &["--archive"]).ok();
    assert_eq!(status(&world.work)["outstanding"]["deletions"], 0, "no run deletes duplicates");
    world.work.set("MAX_DELETE", "10");
    world.work.run("gs-report", &[]).ok();
    assert_eq!(status(&world.work)["outstanding"]["deletions"], 1);
    world.work.run("gs-notify", &["-n", "--show"]).says("1 duplicate to delete");
    // The archive has no original to restore it from.
    world.work.change(&format!("UPDATE files SET origin = 'converted' WHERE id IN ('{kept}', '{duplicate}')"));
    world.work.run("gs-report", &[]).ok();
    assert_eq!(status(&world.work)["outstanding"]["deletions"], 0);
    assert_eq!(duplicates(&world.work), [(true, false, "original-not-archived".into())]);
    let reason = "; not deleted: no original FIT file in the archive to restore it from";
    assert!(page(&world.work).contains(reason) && !page(&world.work).contains("can be deleted"));
    assert!(world.work.run("gs-status", &["--format", "table"]).out.contains(", 1 duplicate\n"));
    world.work.change("UPDATE files SET origin = 'original'");
    world.work.run("gs-report", &[]).ok();
    assert_eq!(duplicates(&world.work), [(true, true, String::new())]);
    assert!(page(&world.work).contains("<b>1</b> duplicate, <b>1</b> of these can be deleted<"));
    sync(&world.work, &["--archive"]).ok();
    let reported = status(&world.work);
    let deleted =
        reported["deletions"].as_array().unwrap().iter().find(|one| one["by"] == "garminsync").unwrap().clone();
    let line = deleted["restore"].as_str().unwrap().to_owned();
    world.work.run("/bin/sh", &["-c", &line]).ok();
    // The restored activity is not deleted again.
    for _ in 0..2 {
        sync(&world.work, &["--archive"]).ok();
        let reported = status(&world.work);
        assert_eq!((&reported["state"], &reported["outstanding"]["deletions"]), (&json!("ok"), &json!(0)));
    }
}

#[test]
fn duplicates_that_three_syncs_fail_to_delete_are_behind() {
    let mut world = dozen();
    let twin = run(30);
    (0..2).for_each(|_| drop(world.put("garmin-com", &twin)));
    world.work.set("DELETE_DUPLICATE", "1");
    let no = Effect::Status { status: 503, retry_after: None, body: None, content_type: None };
    world.sim.fault(Fault::new(no).method("DELETE"));
    for number in 1..=3 {
        sync(&world.work, &[]);
        let reported = status(&world.work);
        let behind = issue(&reported, "behind").map(|issue| issue["count"].clone());
        assert_eq!(
            behind,
            (number >= 3).then(|| json!(1)),
            "run {number}: {:#} {:#}",
            reported["outstanding"],
            reported["warnings"]
        );
        // The next run has to see a failed deletion instead of an unknown one.
        world.work.change("UPDATE deletions SET outcome = 'failed', finished_at = started_at WHERE outcome IS NULL");
    }
}

#[test]
fn failed_files_that_no_sync_requests_are_not_a_warning() {
    let world = dozen();
    let new = world.put("coros", &run(20));
    sync(&world.work, &[]).ok();
    world.work.change(&format!(
        "INSERT INTO problems VALUES ('coros', '{new}', 'gs-download', 'failed', 'no answer', 1, 1, 1);
         DELETE FROM files WHERE platform = 'coros' AND id = '{new}'"
    ));
    let failed = |archive: &str| {
        assert!(world.work.command("gs-report", &[]).env("GS_ARCHIVE", archive).output().unwrap().status.success());
        issue(&status(&world.work), "files-failed").map(|issue| issue["count"].clone())
    };
    assert_eq!((failed("sent"), failed("all")), (None, Some(json!(1))));
    // Every sync requests a file that it has to upload.
    world.work.change("DELETE FROM activities WHERE platform = 'garmin-com' AND id NOT IN (SELECT id FROM files)");
    world.work.change("DELETE FROM uploads WHERE to_platform = 'garmin-com'");
    assert_eq!((failed("sent"), failed("all")), (Some(json!(1)), Some(json!(1))));
}

#[test]
fn a_run_for_some_platforms_does_not_resolve_failures_of_others() {
    let mut world = World::new();
    world.work.put_commands_in_path();
    world.work.set("QYWX_BOT_KEY", "693a91f6-7aaa-4bc4-97a0-0ec2f1fa5aaa").set("GS_UPLOAD_WAIT", "0");
    sync(&world.work, &[]).ok();
    world.work.set("GARMIN_PASSWORD_COM", "wrong");
    world.sim.with(|state| {
        state.expire_access_tokens("garmin.com");
        state.revoke_refresh("garmin.com");
    });
    sync(&world.work, &[]).ends(77);
    let reported = texts(&world);
    assert!(reported.last().unwrap().contains("action needed"), "{reported:?}");
    world.work.given("gs-notify", &["--platform", "coros"], "").ok();
    sync(&world.work, &["--platform", "coros"]);
    assert_eq!(texts(&world), reported, "the login is still rejected, which was reported before");
    for platforms in [&["--platform", "coros"][..], &[]] {
        world.work.run("gs-report", platforms).ok();
        let reported = status(&world.work);
        assert!(
            issue(&reported, "login-rejected").is_some_and(|one| one["platform"] == "garmin-com"),
            "{:#}",
            reported["actions"]
        );
        assert_eq!(reported["platforms"].as_array().unwrap().len(), if platforms.is_empty() { 3 } else { 1 });
    }
}

#[test]
fn an_invalid_setting_is_shown_in_log_message_and_page_until_fixed() {
    for (name, value, fix) in [
        ("SYNC_PLATFORM", "GARMINCOM,CORSO", "gs-settings --check"),
        ("GS_ARCHIVE", "everything", "gs-settings --check"),
        ("SPORT_DIFF_SECOND", "a minute", "gs-settings --check"),
        ("GS_LOCK_TIMEOUT", "soon", "gs-settings --check"),
        ("GS_LOST_AFTER", "never", "gs-settings --check"),
        ("DELETE_DUPLICATE", "perhaps", "gs-settings --check"),
        ("GS_SCHEDULE_COMMAND", "everything", "gs-settings --check"),
        ("GARMIN_EMAIL_COM", "else@example.com", ""),
    ] {
        let mut world = dozen();
        if name == "GARMIN_EMAIL_COM" {
            world.work.run("gs-auth", &["login", "--password", "--platform", "garmin-com"]).ok();
        }
        sync(&world.work, &[]).ok();
        let requests = world.sim.log().iter().filter(|one| !one.path.contains("webhook")).count();
        let valid = match name {
            "SYNC_PLATFORM" => "GARMINCOM,COROS",
            "GARMIN_EMAIL_COM" => "runner@example.com",
            _ => "",
        };
        world.work.set(name, value);
        sync(&world.work, &[]).ends(78);
        let reported = status(&world.work);
        let issue = issue(&reported, "configuration").unwrap_or_else(|| panic!("{name}: {reported:#}"));
        // No command can fix another e-mail address.
        let line = if fix.is_empty() { json!(null) } else { json!(fix) };
        assert_eq!((&reported["state"], &issue["fix"]), (&json!("action-needed"), &line), "{name}");
        assert!(page(&world.work).contains("Action needed"), "{name}");
        assert_eq!(
            (&reported["last_run"]["exit"], &reported["last_run"]["outcome"]),
            (&json!(78), &json!("error")),
            "{name}"
        );
        let message = texts(&world).last().unwrap().clone();
        assert!(message.contains("action needed") && message.contains(fix), "{name}: {message}");
        let after = world.sim.log().iter().filter(|one| !one.path.contains("webhook")).count();
        assert_eq!(after, requests, "{name}: no request was sent");

        world.work.set(name, valid);
        if valid.is_empty() {
            // An empty setting counts as not set.
            world.work.unset(name);
        }
        sync(&world.work, &[]).ok();
        assert_eq!(status(&world.work)["state"], "ok", "{name}");
        assert!(texts(&world).last().unwrap().contains("all failures are resolved"), "{name}: {:?}", texts(&world));
    }
}

#[test]
fn an_unwritable_data_folder_is_reported_with_a_fix() {
    let world = dozen();
    std::fs::write(world.work.data("locks"), "").unwrap();
    let said = sync(&world.work, &[]);
    said.ends(78)
        .says("sync: ")
        .says("cannot write to ")
        .says("; make the folder writable, or set DATA_DIR to another folder");
    assert!(!said.err.contains("line "), "{said}");
}

#[test]
fn a_dry_run_with_an_invalid_setting_sends_no_message() {
    let mut world = dozen();
    sync(&world.work, &[]).ok();
    let (messages, before) = (texts(&world).len(), status(&world.work));
    world.work.set("GS_ARCHIVE", "everything");
    sync(&world.work, &["-n"]).ends(78).says("GS_ARCHIVE");
    assert_eq!((texts(&world).len(), &status(&world.work)), (messages, &before));
    assert_eq!(world.work.sql::<i64>("SELECT count(*) FROM commands WHERE command = 'gs-settings'"), 0);
}

#[test]
fn an_invalid_proxy_setting_is_shown_on_the_page() {
    let mut world = dozen();
    sync(&world.work, &[]).ok();
    world.work.unset("GS_LOOPBACK").set("HTTPS_PROXY", "foo://bar");
    sync(&world.work, &[]).ends(78).says("HTTPS_PROXY");
    let reported = status(&world.work);
    let issue = issue(&reported, "configuration").unwrap();
    assert_eq!((&reported["state"], &issue["fix"]), (&json!("action-needed"), &json!("gs-settings --check")));
}

#[test]
fn a_running_listing_is_not_reported_as_incomplete() {
    let world = dozen();
    sync(&world.work, &[]).ok();
    world.sim.fault(Fault::new(Effect::Held { ms: 60_000 }).path("/activitylist-service/"));
    let mut child = world.work.spawn("gs-fetch", &["--full"], "");
    while world.work.sql::<i64>("SELECT count(*) FROM listings WHERE finished_at IS NULL") == 0 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let list = world.work.run("gs-list", &[]).out.clone();
    world.work.given("gs-dedupe", &[], &list).ok();
    world.work.run("gs-fetch", &["--platform", "coros"]).ok();
    world.work.given("gs-notify", &["--on", "always"], "").ok();
    assert!(!texts(&world).last().unwrap().contains("cut short"), "{:?}", texts(&world));
    world.work.run("gs-report", &[]).ok();
    let reported = status(&world.work);
    assert_eq!((&reported["warnings"], &reported["actions"]), (&json!([]), &json!([])));
    child.kill().unwrap();
    child.wait().unwrap();
    world.work.run("gs-report", &[]).ok();
    let reported = status(&world.work);
    assert!(issue(&reported, "listing-incomplete").is_some(), "{:#}", reported["warnings"]);
}

#[test]
fn work_that_three_syncs_do_not_reduce_is_behind_and_reported_once() {
    let world = dozen();
    // The service accepts no upload.
    let unavailable = Effect::Status { status: 503, retry_after: None, body: None, content_type: None };
    world.sim.fault(Fault::new(unavailable).path("/activity/fit/import"));
    for number in 1..=4 {
        sync(&world.work, &[]).ends(75);
        let reported = status(&world.work);
        let behind = issue(&reported, "behind").map(|issue| issue["count"].clone());
        // An upload with HTTP 503 is pending; the other uploads remain.
        assert_eq!(
            behind,
            (number >= 3).then(|| reported["outstanding"]["uploads"].clone()),
            "run {number}: {reported:#}"
        );
        let times = texts(&world).iter().filter(|text| text.contains("the last syncs did not reduce that")).count();
        assert_eq!(times, usize::from(number >= 3), "run {number}: {:?}", texts(&world));
    }
    world.sim.clear_faults();
    sync(&world.work, &[]).ok();
    assert_eq!(status(&world.work)["state"], "ok");
    assert!(texts(&world).last().unwrap().contains("all failures are resolved"), "{:?}", texts(&world));
}

#[test]
fn a_rejected_login_is_resolved_only_by_a_login_to_that_platform() {
    let mut world = dozen();
    sync(&world.work, &[]).ok();
    world.work.set("COROS_PASSWORD", "wrong");
    world.sim.with(|state| state.expire_coros_token(2));
    sync(&world.work, &[]).ends(77);
    let reported = texts(&world);
    assert!(reported.last().unwrap().contains("action needed"), "{reported:?}");
    world.work.given("gs-notify", &[], "").ok();
    let duplicates = world.work.given("gs-dedupe", &[], &world.work.run("gs-list", &[]).out).out.clone();
    world.work.given("gs-notify", &[], &duplicates).ok();
    world.work.run("gs-fetch", &["--platform", "garmin-com"]).ok();
    world.work.given("gs-notify", &["--on", "failure"], "").ok();
    assert_eq!(texts(&world), reported, "the login is still rejected, which was reported before");
    world.work.run("gs-report", &[]).ok();
    assert_eq!(status(&world.work)["state"], "action-needed");

    world.work.set("COROS_PASSWORD", "correct horse");
    world.work.run("gs-auth", &["login", "--password", "--platform", "coros"]).ok();
    sync(&world.work, &[]).ok();
    assert!(texts(&world).last().unwrap().contains("all failures are resolved"), "{:?}", texts(&world));
    assert_eq!(status(&world.work)["state"], "ok");
}

#[test]
fn failures_are_not_resolved_while_another_command_is_running() {
    let world = dozen();
    sync(&world.work, &[]).ok();
    let no = Effect::Status { status: 503, retry_after: None, body: None, content_type: None };
    world.sim.fault(Fault::new(no).path("/activitylist-service/").count(9));
    world.work.run("gs-fetch", &[]).ends(75);
    world.work.given("gs-notify", &[], "").ok();
    let reported = texts(&world).len();
    world.sim.clear_faults();
    // This run may fail as the one before.
    world.sim.fault(Fault::new(Effect::Held { ms: 60_000 }).path("/activitylist-service/"));
    let mut child = world.work.spawn("gs-fetch", &[], "");
    while world.work.sql::<i64>("SELECT count(*) FROM commands WHERE finished_at IS NULL") == 0 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    world.work.given("gs-notify", &[], "").ok();
    assert_eq!(texts(&world).len(), reported, "{:?}", texts(&world));
    child.kill().unwrap();
    child.wait().unwrap();
    world.sim.clear_faults();
    world.work.run("gs-fetch", &[]).ok();
    world.work.given("gs-notify", &[], "").ok();
    assert!(texts(&world).last().unwrap().ends_with("all failures are resolved"), "{:?}", texts(&world));
}

#[test]
fn an_upload_that_is_never_listed_is_an_action_with_a_fix_command() {
    let mut world = dozen();
    world.work.set("SYNC_PLATFORM", "GARMINCOM,GARMINCN");
    let token = world.sim.with(|state| state.issue_token("garmin.cn")).to_string();
    world.work.given("gs-auth", &["import", "-", "--platform", "garmin-cn"], &token).ok();
    // The service reports the activity as created and drops it.
    let path = "/upload-service/upload";
    world.sim.fault(Fault::new(Effect::Dropped { gone: false }).host("connectapi.garmin.cn").path(path).nth(1));
    sync(&world.work, &[]).ok();
    assert_eq!(world.ids("garmin-cn").len(), 11);
    let hours = |hours: i64| {
        world.work.change(&format!(
            "UPDATE uploads SET started_at = started_at - {0}, finished_at = finished_at - {0};
             UPDATE listings SET started_at = started_at - {0}, finished_at = finished_at - {0}",
            hours * 3600
        ));
    };
    hours(7);
    world.work.run("gs-report", &[]).ok();
    let reported = status(&world.work);
    let late = issue(&reported, "uploads-unconfirmed").unwrap();
    assert_eq!((&reported["state"], &late["platform"]), (&json!("warning"), &json!("garmin-cn")));
    sync(&world.work, &["--full"]).ends(1).says("not listed for 6 hours");
    let reported = status(&world.work);
    let lost = issue(&reported, "uploads-lost").unwrap();
    assert_eq!((&reported["state"], &lost["count"]), (&json!("action-needed"), &json!(1)), "{:#}", reported["actions"]);
    let message = texts(&world).last().unwrap().clone();
    assert!(message.contains("action needed") || message.contains("1 failed"), "{message}");

    let line = lost["fix"].as_str().unwrap().to_owned();
    world.work.run("/bin/sh", &["-c", &line]).ok();
    assert_eq!(world.ids("garmin-cn").len(), 12);
    sync(&world.work, &[]).ok();
    assert_eq!(status(&world.work)["state"], "ok");
}

#[test]
fn pending_uploads_are_counted_once() {
    let mut world = dozen();
    // Garmin processes the files, and its list does not show them yet.
    let slow = UploadSpec { polls: 999, listed_after_seconds: 3600, ..UploadSpec::default() };
    world.sim.with(|state| state.account("garmin.cn").spec.upload = slow);
    world.work.set("SYNC_PLATFORM", "GARMINCOM,GARMINCN").set("GS_UPLOAD_WAIT", "0");
    let token = world.sim.with(|state| state.issue_token("garmin.cn")).to_string();
    world.work.given("gs-auth", &["import", "-", "--platform", "garmin-cn"], &token).ok();
    for _ in 0..2 {
        sync(&world.work, &[]).ok();
        let reported = status(&world.work);
        assert_eq!((&reported["state"], &reported["outstanding"]["pending"]), (&json!("outstanding"), &json!(12)));
        assert_eq!(reported["outstanding"]["uploads"], 0, "pending uploads are not outstanding uploads");
        let platform = reported["platforms"].as_array().unwrap().iter().find(|one| one["name"] == "garmin-cn").unwrap();
        assert_eq!(platform["pending"], 12);
        assert_eq!(reported["runs"][0]["counts"]["pending"], 12, "{:#}", reported["runs"][0]["counts"]);
    }
}

#[test]
fn a_schedule_without_a_runner_is_reported_on_the_page() {
    let world = dozen();
    sync(&world.work, &[]).ok();
    world.work.run("gs-schedule", &["0 */6 * * *"]).ok().says("no runner is known");
    world.work.run("gs-report", &[]).ok();
    assert_eq!(status(&world.work)["schedule"]["is_run"], false);
    assert!(page(&world.work).contains("no runner is known"));
    assert!(
        page(&world.work).contains("garminsync schedule &#39;0 */6 * * *&#39;")
            || page(&world.work).contains("garminsync schedule '0 */6 * * *'")
    );
    world.work.run("gs-schedule", &["off"]).ok();
    world.work.run("gs-report", &[]).ok();
    assert!(page(&world.work).contains("garminsync schedule on"));
    // The scheduled run happened, so a runner exists.
    world.work.run("gs-schedule", &["* * * * *"]).ok();
    world.work.change(
        "UPDATE schedule SET changed_at = changed_at - 86400; UPDATE commands SET started_at = unixepoch() - 3480, finished_at = unixepoch() - 3470",
    );
    world.work.run("gs-report", &[]).ok();
    assert_eq!(status(&world.work)["schedule"]["is_run"], true, "{:#}", status(&world.work)["schedule"]);
    assert!(!page(&world.work).contains("no runner is known"));
}

#[test]
fn an_invalid_settings_file_is_shown_in_messages_and_on_the_page() {
    let world = dozen();
    sync(&world.work, &[]).ok();
    assert_eq!(status(&world.work)["state"], "ok");
    let file = world.work.write_env("SYNC_PLATFORM=GARMINCOM,COROS\nGARMIN_PASSWORD_CN='hunter2\n");
    let requests = world.sim.log().iter().filter(|one| !one.path.contains("webhook")).count();
    let said = sync(&world.work, &["--env-file", file.to_str().unwrap()]);
    said.ends(78).says(".env, line 2: the closing quote is missing");
    let reported = status(&world.work);
    let issue = issue(&reported, "configuration").unwrap_or_else(|| panic!("{reported:#}"));
    assert_eq!((&reported["state"], &issue["fix"]), (&json!("action-needed"), &json!("gs-settings --check")));
    let message = texts(&world).last().unwrap().clone();
    assert!(message.contains("line 2: the closing quote is missing") && !message.contains("hunter2"), "{message}");
    let after = world.sim.log().iter().filter(|one| !one.path.contains("webhook")).count();
    assert_eq!(after, requests, "no request was sent");
    // If the invalid line may name the data folder, no file is written.
    let file = world.work.write_env("DATA_DIR /elsewhere\n");
    assert_eq!(world.work.run("gs-report", &["--env-file", file.to_str().unwrap()]).ends(78).out, "");
    world.work.write_env("");
    sync(&world.work, &[]).ok();
    assert_eq!(status(&world.work)["state"], "ok");
}

#[test]
fn a_platform_with_a_lost_login_stays_in_the_sync() {
    let mut world = dozen();
    world.work.unset("SYNC_PLATFORM");
    sync(&world.work, &[]).ok();
    std::fs::remove_file(world.work.data("tokens/coros.json")).unwrap();
    for name in ["COROS_EMAIL", "COROS_PASSWORD"] {
        world.work.unset(name);
    }
    world.put("garmin-com", &run(12));
    sync(&world.work, &[]).ends(77).says("coros: not logged in").says("SYNC_PLATFORM").says("--forget-account");
    let reported = status(&world.work);
    assert_eq!(
        (&reported["state"], &reported["actions"][0]["platform"]),
        (&json!("action-needed"), &json!("coros")),
        "{reported:#}"
    );
    assert!(texts(&world).last().unwrap().contains("action needed"));
    world.work.set("SYNC_PLATFORM", "GARMINCOM");
    sync(&world.work, &[]).ok();
}

#[test]
fn a_failure_on_one_platform_is_not_resolved_by_syncs_without_it() {
    let mut world = dozen();
    world.work.set("SYNC_PLATFORM", "GARMINCOM,GARMINCN,COROS");
    let token = world.sim.with(|state| state.issue_token("garmin.cn")).to_string();
    world.work.given("gs-auth", &["import", "-", "--platform", "garmin-cn"], &token).ok();
    world.sim.fault(Fault::new(Effect::Unauthorized).host("connectapi.garmin.cn").path("/upload-service"));
    let state = |world: &World| {
        world.work.run("gs-report", &[]).ok();
        status(&world.work)["state"].as_str().unwrap().to_owned()
    };
    sync(&world.work, &[]).ends(77);
    assert_eq!(state(&world), "action-needed");
    let message = texts(&world).last().unwrap().clone();
    assert!(message.contains("action needed") && message.contains("garmin-cn"), "{message}");
    let count = texts(&world).len();
    sync(&world.work, &["--platform", "garmin-com,coros"]).ok();
    assert_eq!(state(&world), "action-needed");
    let plan = world.work.given("gs-diff", &["--to", "coros"], &world.work.run("gs-list", &[]).out).ok().out.clone();
    world.work.given("gs-upload", &[], &plan).ok();
    world.work.given("gs-notify", &[], "").ok();
    assert_eq!((state(&world).as_str(), texts(&world).len()), ("action-needed", count), "{:?}", texts(&world));
    world.sim.clear_faults();
    sync(&world.work, &[]).ok();
    assert_eq!(state(&world), "ok");
    assert!(texts(&world).last().unwrap().contains("all failures are resolved"), "{:?}", texts(&world));
}

#[test]
fn only_a_sync_counts_as_the_scheduled_run() {
    let world = dozen();
    sync(&world.work, &[]).ok();
    world.work.run("gs-schedule", &["@hourly", "--zone", "UTC"]).ok();
    world.work.change("UPDATE commands SET started_at = started_at - 200000, finished_at = finished_at - 200000");
    world.work.change("UPDATE schedule SET changed_at = changed_at - 300000");
    world.work.given("gs-notify", &[], "").ok();
    assert!(texts(&world).last().unwrap().contains("A scheduled sync did not run"), "{:?}", texts(&world));
    world.work.given("gs-download", &[], "").ok();
    world.work.run("gs-report", &[]).ok();
    assert!(issue(&status(&world.work), "overdue").is_some());
    world.work.run("gs-fetch", &[]).ok();
    world.work.run("gs-report", &[]).ok();
    assert!(issue(&status(&world.work), "overdue").is_none());
}

#[test]
fn uploads_to_a_platform_outside_sync_to_are_not_outstanding() {
    let mut world = dozen();
    world.work.set("SYNC_TO", "GARMINCOM");
    for _ in 0..3 {
        sync(&world.work, &[]).ok();
    }
    let reported = status(&world.work);
    assert_eq!((&reported["state"], &reported["missing"]), (&json!("ok"), &json!([])), "{reported:#}");
    assert!(world.ids("coros").is_empty());
    world.work.set("SYNC_TO", "GARMIN");
    sync(&world.work, &[]).ends(78).says("SYNC_TO");
}
