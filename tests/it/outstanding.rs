//! All is well is said only when there is nothing left to do, by the page and by the channels alike.

use crate::support::Work;
use crate::support::paths::sync;
use crate::support::world::{World, run};
use gs_sim::{Effect, Fault, UploadSpec};
use serde_json::{Value, json};

/// garmin.com has a dozen of runs, COROS none; one channel is told.
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

/// What the channel was told.
fn texts(world: &World) -> Vec<String> {
    let messages = world.sim.with(|state| state.messages());
    messages.iter().map(|one| one.json.as_ref().unwrap()["text"]["content"].as_str().unwrap().to_owned()).collect()
}

fn matter(told: &Value, what: &str) -> Option<Value> {
    let lists = [&told["actions"], &told["warnings"]].into_iter().flat_map(|list| list.as_array().unwrap());
    lists.into_iter().find(|matter| matter["kind"] == what).cloned()
}

#[test]
fn a_first_sync_in_portions_is_outstanding_with_numbers_until_it_is_done() {
    let mut world = dozen();
    world.work.set("MAX_UPLOAD", "5");
    for (left, state) in [(7, "outstanding"), (2, "outstanding"), (0, "ok")] {
        sync(&world.work, &[]).ok();
        let told = status(&world.work);
        assert_eq!((&told["state"], &told["outstanding"]["uploads"]), (&json!(state), &json!(left)));
        assert_eq!(page(&world.work).contains("Everything is OK"), left == 0);
        let line = format!("Outstanding: {left} uploads");
        assert_eq!(texts(&world).last().unwrap().contains(&line), left > 0, "{:?}", texts(&world));
    }
}

#[test]
fn what_is_not_archived_is_outstanding_for_whoever_archives() {
    let world = dozen();
    world.work.run("gs-fetch", &[]).ok();
    world.work.run("gs-report", &[]).ok();
    let told = status(&world.work);
    assert_eq!((&told["state"], &told["outstanding"]["downloads"]), (&json!("outstanding"), &json!(12)));
    // A sync without --archive fetches only what it sends; here everything is.
    world.work.change("UPDATE activities SET no_original = 1 WHERE id = (SELECT max(id) FROM activities)");
    sync(&world.work, &[]).ok();
    assert_eq!(status(&world.work)["state"], "ok");
    let new = world.put("coros", &run(20));
    sync(&world.work, &["--to", "coros"]).ok();
    let told = status(&world.work);
    assert_eq!((&told["state"], &told["outstanding"]["downloads"]), (&json!("outstanding"), &json!(0)));
    world.work.run("gs-report", &[]).ok();
    assert_eq!(status(&world.work)["outstanding"], told["outstanding"], "it is as in the last sync, also by hand");
    sync(&world.work, &["--archive"]).ok();
    assert_eq!(status(&world.work)["state"], "ok");
    assert!(world.work.run("gs-list", &["--downloaded"]).ids().contains(&new));
}

#[test]
fn a_sync_of_a_part_neither_hides_what_the_rest_lacks_nor_counts_as_one_that_did_not_make_it_less() {
    let mut world = dozen();
    world.work.set("MAX_UPLOAD", "5");
    sync(&world.work, &[]).ok();
    for part in [&["--sport", "cycling"][..], &["--since", "2099-01-01"], &["--to", "garmin-com"]] {
        sync(&world.work, part).ok();
        let told = status(&world.work);
        assert_eq!((&told["state"], &told["outstanding"]["uploads"]), (&json!("outstanding"), &json!(7)), "{part:?}");
    }
    assert!(texts(&world).last().unwrap().contains("Outstanding: 7 uploads"), "{:?}", texts(&world));
}

#[test]
fn a_duplicate_that_no_guard_lets_go_is_not_outstanding() {
    let mut world = dozen();
    let twin = run(30);
    let (kept, copy) = (world.put("coros", &twin), world.put("coros", &twin));
    world.work.set("DELETE_DUPLICATE", "1").set("MAX_DELETE", "0");
    sync(&world.work, &["--archive"]).ok();
    assert_eq!(status(&world.work)["outstanding"]["deletions"], 0, "none is deleted in any run");
    world.work.set("MAX_DELETE", "10");
    world.work.run("gs-report", &[]).ok();
    assert_eq!(status(&world.work)["outstanding"]["deletions"], 1);
    world.work.run("gs-notify", &["-n", "--show"]).says("1 duplicate to delete");
    // The archive cannot bring it back.
    world.work.change(&format!("UPDATE files SET origin = 'converted' WHERE id IN ('{kept}', '{copy}')"));
    world.work.run("gs-report", &[]).ok();
    assert_eq!(status(&world.work)["outstanding"]["deletions"], 0);
    world.work.change("UPDATE files SET origin = 'original'");
    sync(&world.work, &["--archive"]).ok();
    let told = status(&world.work);
    let deleted = told["deletions"].as_array().unwrap().iter().find(|one| one["by"] == "garminsync").unwrap().clone();
    let line = deleted["restore"].as_str().unwrap().to_owned();
    world.work.run("/bin/sh", &["-c", &line]).ok();
    // It was put back, and stays.
    for _ in 0..2 {
        sync(&world.work, &["--archive"]).ok();
        let told = status(&world.work);
        assert_eq!((&told["state"], &told["outstanding"]["deletions"]), (&json!("ok"), &json!(0)));
    }
}

#[test]
fn duplicates_that_three_runs_do_not_delete_are_behind() {
    let mut world = dozen();
    let twin = run(30);
    (0..2).for_each(|_| drop(world.put("garmin-com", &twin)));
    world.work.set("DELETE_DUPLICATE", "1");
    let no = Effect::Status { status: 503, retry_after: None, body: None, content_type: None };
    world.sim.fault(Fault::new(no).method("DELETE"));
    for number in 1..=3 {
        sync(&world.work, &[]);
        let told = status(&world.work);
        let behind = matter(&told, "behind").map(|matter| matter["count"].clone());
        assert_eq!(
            behind,
            (number >= 3).then(|| json!(1)),
            "run {number}: {:#} {:#}",
            told["outstanding"],
            told["warnings"]
        );
        // What became of it is looked up by the next run.
        world.work.change("UPDATE deletions SET outcome = 'failed', finished_at = started_at WHERE outcome IS NULL");
    }
}

#[test]
fn files_that_no_sync_asks_for_again_are_no_trouble() {
    let world = dozen();
    let new = world.put("coros", &run(20));
    sync(&world.work, &[]).ok();
    world.work.change(&format!(
        "INSERT INTO problems VALUES ('coros', '{new}', 'gs-download', 'failed', 'no answer', 1, 1, 1);
         DELETE FROM files WHERE platform = 'coros' AND id = '{new}'"
    ));
    let failed = |archive: &str| {
        assert!(world.work.command("gs-report", &[]).env("GS_ARCHIVE", archive).output().unwrap().status.success());
        matter(&status(&world.work), "files-failed").map(|matter| matter["count"].clone())
    };
    assert_eq!((failed("sent"), failed("all")), (None, Some(json!(1))));
    // What is to be sent from there is asked for by every sync.
    world.work.change("DELETE FROM activities WHERE platform = 'garmin-com' AND id NOT IN (SELECT id FROM files)");
    world.work.change("DELETE FROM uploads WHERE to_platform = 'garmin-com'");
    assert_eq!((failed("sent"), failed("all")), (Some(json!(1)), Some(json!(1))));
}

#[test]
fn a_command_for_some_platforms_says_nothing_of_the_others_to_be_over() {
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
    let told = texts(&world);
    assert!(told.last().unwrap().contains("action needed"), "{told:?}");
    world.work.given("gs-notify", &["--platform", "coros"], "").ok();
    sync(&world.work, &["--platform", "coros"]);
    assert_eq!(texts(&world), told, "the login is still refused, as was told");
    for platforms in [&["--platform", "coros"][..], &[]] {
        world.work.run("gs-report", platforms).ok();
        let told = status(&world.work);
        assert!(
            matter(&told, "login-refused").is_some_and(|one| one["platform"] == "garmin-com"),
            "{:#}",
            told["actions"]
        );
        assert_eq!(told["platforms"].as_array().unwrap().len(), if platforms.is_empty() { 3 } else { 1 });
    }
}

#[test]
fn a_wrong_setting_that_ends_a_sync_reaches_the_log_the_channels_and_the_page_until_it_is_mended() {
    for (name, value, mend) in [
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
        let right = match name {
            "SYNC_PLATFORM" => "GARMINCOM,COROS",
            "GARMIN_EMAIL_COM" => "runner@example.com",
            _ => "",
        };
        world.work.set(name, value);
        sync(&world.work, &[]).ends(78);
        let told = status(&world.work);
        let matter = matter(&told, "configuration").unwrap_or_else(|| panic!("{name}: {told:#}"));
        // What another address means, only a person knows.
        let line = if mend.is_empty() { json!(null) } else { json!(mend) };
        assert_eq!((&told["state"], &matter["fix"]), (&json!("action-needed"), &line), "{name}");
        assert!(page(&world.work).contains("Action needed"), "{name}");
        assert_eq!((&told["last_run"]["exit"], &told["last_run"]["outcome"]), (&json!(78), &json!("error")), "{name}");
        let message = texts(&world).last().unwrap().clone();
        assert!(message.contains("action needed") && message.contains(mend), "{name}: {message}");
        let after = world.sim.log().iter().filter(|one| !one.path.contains("webhook")).count();
        assert_eq!(after, requests, "{name}: nothing was done");

        world.work.set(name, right);
        if right.is_empty() {
            // An empty one counts as not set.
            world.work.unset(name);
        }
        sync(&world.work, &[]).ok();
        assert_eq!(status(&world.work)["state"], "ok", "{name}");
        assert!(texts(&world).last().unwrap().contains("all failures are resolved"), "{name}: {:?}", texts(&world));
    }
}

#[test]
fn a_data_folder_in_which_nothing_can_be_made_is_told_with_what_to_do() {
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
fn a_dry_run_with_a_wrong_setting_is_not_told() {
    let mut world = dozen();
    sync(&world.work, &[]).ok();
    let (messages, before) = (texts(&world).len(), status(&world.work));
    world.work.set("GS_ARCHIVE", "everything");
    sync(&world.work, &["-n"]).ends(78).says("GS_ARCHIVE");
    assert_eq!((texts(&world).len(), &status(&world.work)), (messages, &before));
    assert_eq!(world.work.sql::<i64>("SELECT count(*) FROM commands WHERE command = 'gs-settings'"), 0);
}

#[test]
fn a_wrong_proxy_keeps_messages_from_being_sent_and_not_the_page_from_being_made() {
    let mut world = dozen();
    sync(&world.work, &[]).ok();
    world.work.unset("GS_LOOPBACK").set("HTTPS_PROXY", "foo://bar");
    sync(&world.work, &[]).ends(78).says("HTTPS_PROXY");
    let told = status(&world.work);
    let matter = matter(&told, "configuration").unwrap();
    assert_eq!((&told["state"], &matter["fix"]), (&json!("action-needed"), &json!("gs-settings --check")));
}

#[test]
fn a_list_that_is_being_made_was_not_cut_whatever_runs_meanwhile() {
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
    let told = status(&world.work);
    assert_eq!((&told["warnings"], &told["actions"]), (&json!([]), &json!([])));
    child.kill().unwrap();
    child.wait().unwrap();
    world.work.run("gs-report", &[]).ok();
    let told = status(&world.work);
    assert!(matter(&told, "listing-incomplete").is_some(), "{:#}", told["warnings"]);
}

#[test]
fn work_that_three_runs_do_not_make_less_is_behind_and_a_channel_is_told_once() {
    let world = dozen();
    // The service takes nothing, and says nothing of it.
    let unavailable = Effect::Status { status: 503, retry_after: None, body: None, content_type: None };
    world.sim.fault(Fault::new(unavailable).path("/activity/fit/import"));
    for number in 1..=4 {
        sync(&world.work, &[]).ends(75);
        let told = status(&world.work);
        let behind = matter(&told, "behind").map(|matter| matter["count"].clone());
        // What was sent into a 503 may still come; the rest is not made less.
        assert_eq!(behind, (number >= 3).then(|| told["outstanding"]["uploads"].clone()), "run {number}: {told:#}");
        let times = texts(&world).iter().filter(|text| text.contains("the last syncs did not reduce that")).count();
        assert_eq!(times, usize::from(number >= 3), "run {number}: {:?}", texts(&world));
    }
    world.sim.clear_faults();
    sync(&world.work, &[]).ok();
    assert_eq!(status(&world.work)["state"], "ok");
    assert!(texts(&world).last().unwrap().contains("all failures are resolved"), "{:?}", texts(&world));
}

#[test]
fn a_pipeline_that_has_nothing_to_do_with_a_refused_login_sends_no_all_clear() {
    let mut world = dozen();
    sync(&world.work, &[]).ok();
    world.work.set("COROS_PASSWORD", "wrong");
    world.sim.with(|state| state.expire_coros_token(2));
    sync(&world.work, &[]).ends(77);
    let told = texts(&world);
    assert!(told.last().unwrap().contains("action needed"), "{told:?}");
    world.work.given("gs-notify", &[], "").ok();
    let copies = world.work.given("gs-dedupe", &[], &world.work.run("gs-list", &[]).out).out.clone();
    world.work.given("gs-notify", &[], &copies).ok();
    world.work.run("gs-fetch", &["--platform", "garmin-com"]).ok();
    world.work.given("gs-notify", &["--on", "failure"], "").ok();
    assert_eq!(texts(&world), told, "the login is still refused, as was told");
    world.work.run("gs-report", &[]).ok();
    assert_eq!(status(&world.work)["state"], "action-needed");

    world.work.set("COROS_PASSWORD", "correct horse");
    world.work.run("gs-auth", &["login", "--password", "--platform", "coros"]).ok();
    sync(&world.work, &[]).ok();
    assert!(texts(&world).last().unwrap().contains("all failures are resolved"), "{:?}", texts(&world));
    assert_eq!(status(&world.work)["state"], "ok");
}

#[test]
fn nothing_is_said_to_be_over_while_another_command_still_runs() {
    let world = dozen();
    sync(&world.work, &[]).ok();
    let no = Effect::Status { status: 503, retry_after: None, body: None, content_type: None };
    world.sim.fault(Fault::new(no).path("/activitylist-service/").count(9));
    world.work.run("gs-fetch", &[]).ends(75);
    world.work.given("gs-notify", &[], "").ok();
    let told = texts(&world).len();
    world.sim.clear_faults();
    // It may end as the one before.
    world.sim.fault(Fault::new(Effect::Held { ms: 60_000 }).path("/activitylist-service/"));
    let mut child = world.work.spawn("gs-fetch", &[], "");
    while world.work.sql::<i64>("SELECT count(*) FROM commands WHERE finished_at IS NULL") == 0 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    world.work.given("gs-notify", &[], "").ok();
    assert_eq!(texts(&world).len(), told, "{:?}", texts(&world));
    child.kill().unwrap();
    child.wait().unwrap();
    world.sim.clear_faults();
    world.work.run("gs-fetch", &[]).ok();
    world.work.given("gs-notify", &[], "").ok();
    assert!(texts(&world).last().unwrap().ends_with("all failures are resolved"), "{:?}", texts(&world));
}

#[test]
fn an_upload_that_was_accepted_and_never_appears_is_told_and_comes_by_the_line_that_is_told() {
    let mut world = dozen();
    world.work.set("SYNC_PLATFORM", "GARMINCOM,GARMINCN");
    let token = world.sim.with(|state| state.issue_token("garmin.cn")).to_string();
    world.work.given("gs-auth", &["import", "-", "--platform", "garmin-cn"], &token).ok();
    // The service answers that it is created, and drops it.
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
    let told = status(&world.work);
    let late = matter(&told, "uploads-unconfirmed").unwrap();
    assert_eq!((&told["state"], &late["platform"]), (&json!("warning"), &json!("garmin-cn")));
    sync(&world.work, &["--full"]).ends(1).says("not listed for 6 hours");
    let told = status(&world.work);
    let lost = matter(&told, "uploads-lost").unwrap();
    assert_eq!((&told["state"], &lost["count"]), (&json!("action-needed"), &json!(1)), "{:#}", told["actions"]);
    let message = texts(&world).last().unwrap().clone();
    assert!(message.contains("action needed") || message.contains("1 failed"), "{message}");

    let line = lost["fix"].as_str().unwrap().to_owned();
    world.work.run("/bin/sh", &["-c", &line]).ok();
    assert_eq!(world.ids("garmin-cn").len(), 12);
    sync(&world.work, &[]).ok();
    assert_eq!(status(&world.work)["state"], "ok");
}

#[test]
fn what_a_service_works_on_is_counted_once() {
    let mut world = dozen();
    world.sim.with(|state| state.account("garmin.cn").spec.upload = UploadSpec { polls: 999, ..UploadSpec::default() });
    world.work.set("SYNC_PLATFORM", "GARMINCOM,GARMINCN").set("GS_UPLOAD_WAIT", "0");
    let token = world.sim.with(|state| state.issue_token("garmin.cn")).to_string();
    world.work.given("gs-auth", &["import", "-", "--platform", "garmin-cn"], &token).ok();
    for _ in 0..2 {
        sync(&world.work, &[]).ok();
        let told = status(&world.work);
        assert_eq!((&told["state"], &told["outstanding"]["pending"]), (&json!("outstanding"), &json!(12)));
        assert_eq!(told["outstanding"]["uploads"], 0, "they are not to be made any more");
        let platform = told["platforms"].as_array().unwrap().iter().find(|one| one["name"] == "garmin-cn").unwrap();
        assert_eq!(platform["pending"], 12);
        assert_eq!(told["runs"][0]["counts"]["pending"], 12, "{:#}", told["runs"][0]["counts"]);
    }
}

#[test]
fn a_schedule_that_nothing_runs_is_told_wherever_it_is_shown() {
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
    // The run that was due has come, so something runs it.
    world.work.run("gs-schedule", &["* * * * *"]).ok();
    world.work.change(
        "UPDATE schedule SET changed_at = changed_at - 86400; UPDATE commands SET started_at = unixepoch() - 3480, finished_at = unixepoch() - 3470",
    );
    world.work.run("gs-report", &[]).ok();
    assert_eq!(status(&world.work)["schedule"]["is_run"], true, "{:#}", status(&world.work)["schedule"]);
    assert!(!page(&world.work).contains("no runner is known"));
}

#[test]
fn a_line_of_the_settings_file_that_cannot_be_read_reaches_the_log_the_channels_and_the_page() {
    let world = dozen();
    sync(&world.work, &[]).ok();
    assert_eq!(status(&world.work)["state"], "ok");
    let file = world.work.write_env("SYNC_PLATFORM=GARMINCOM,COROS\nGARMIN_PASSWORD_CN='hunter2\n");
    let requests = world.sim.log().iter().filter(|one| !one.path.contains("webhook")).count();
    let said = sync(&world.work, &["--env-file", file.to_str().unwrap()]);
    said.ends(78).says(".env, line 2: the closing quote is missing");
    let told = status(&world.work);
    let matter = matter(&told, "configuration").unwrap_or_else(|| panic!("{told:#}"));
    assert_eq!((&told["state"], &matter["fix"]), (&json!("action-needed"), &json!("gs-settings --check")));
    let message = texts(&world).last().unwrap().clone();
    assert!(message.contains("line 2: the closing quote is missing") && !message.contains("hunter2"), "{message}");
    let after = world.sim.log().iter().filter(|one| !one.path.contains("webhook")).count();
    assert_eq!(after, requests, "nothing was done");
    // Where the data folder may stand in such a line, nothing is written anywhere.
    let file = world.work.write_env("DATA_DIR /elsewhere\n");
    assert_eq!(world.work.run("gs-report", &["--env-file", file.to_str().unwrap()]).ends(78).out, "");
    world.work.write_env("");
    sync(&world.work, &[]).ok();
    assert_eq!(status(&world.work)["state"], "ok");
}

#[test]
fn a_platform_whose_login_got_lost_does_not_drop_out_of_the_syncs() {
    let mut world = dozen();
    world.work.unset("SYNC_PLATFORM");
    sync(&world.work, &[]).ok();
    std::fs::remove_file(world.work.data("tokens/coros.json")).unwrap();
    for name in ["COROS_EMAIL", "COROS_PASSWORD"] {
        world.work.unset(name);
    }
    world.put("garmin-com", &run(12));
    sync(&world.work, &[]).ends(77).says("coros: not logged in").says("SYNC_PLATFORM").says("--forget-account");
    let told = status(&world.work);
    assert_eq!(
        (&told["state"], &told["actions"][0]["platform"]),
        (&json!("action-needed"), &json!("coros")),
        "{told:#}"
    );
    assert!(texts(&world).last().unwrap().contains("action needed"));
    world.work.set("SYNC_PLATFORM", "GARMINCOM");
    sync(&world.work, &[]).ok();
}

#[test]
fn a_failure_with_one_platform_is_over_by_no_run_that_left_it_out() {
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
fn only_a_sync_counts_as_the_run_that_was_due() {
    let world = dozen();
    sync(&world.work, &[]).ok();
    world.work.run("gs-schedule", &["@hourly", "--zone", "UTC"]).ok();
    world.work.change("UPDATE commands SET started_at = started_at - 200000, finished_at = finished_at - 200000");
    world.work.change("UPDATE schedule SET changed_at = changed_at - 300000");
    world.work.given("gs-notify", &[], "").ok();
    assert!(texts(&world).last().unwrap().contains("A scheduled sync did not run"), "{:?}", texts(&world));
    world.work.given("gs-download", &[], "").ok();
    world.work.run("gs-report", &[]).ok();
    assert!(matter(&status(&world.work), "overdue").is_some());
    world.work.run("gs-fetch", &[]).ok();
    world.work.run("gs-report", &[]).ok();
    assert!(matter(&status(&world.work), "overdue").is_none());
}

#[test]
fn uploads_to_a_platform_that_gets_none_are_not_outstanding() {
    let mut world = dozen();
    world.work.set("SYNC_TO", "GARMINCOM");
    for _ in 0..3 {
        sync(&world.work, &[]).ok();
    }
    let told = status(&world.work);
    assert_eq!((&told["state"], &told["missing"]), (&json!("ok"), &json!([])), "{told:#}");
    assert!(world.ids("coros").is_empty());
    world.work.set("SYNC_TO", "GARMIN");
    sync(&world.work, &[]).ends(78).says("SYNC_TO");
}
