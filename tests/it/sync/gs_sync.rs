//! `scripts/sync`: three accounts become equal, with and without failures.

use crate::support::paths::{SYNC, sync};
use crate::support::three_platforms::{NAMES, ThreePlatforms, scenario, three};
use crate::support::{self, Work, asked};
use gs_sim::{Effect, Fault, LoginMode};

const LISTS: [&str; 2] = ["/activitylist-service/", "/activity/query"];

/// The requests that write: uploads, imports, deletions and logins.
fn writes(three: &ThreePlatforms) -> Vec<String> {
    let log = three.sim.log();
    let is_write = |path: &str| {
        [
            "/upload-service/",
            "/activity/fit/import",
            "/activity/delete",
            "/mobile/api/login",
            "/account/login",
            "/oauth/",
        ]
        .iter()
        .any(|part| path.contains(part))
    };
    let writes =
        log.iter().filter(|request| is_write(&request.path) || request.method == "DELETE" || request.method == "PUT");
    writes.map(|request| format!("{} {}{}", request.method, request.host, request.path)).collect()
}

/// The last message of the bot.
fn message(three: &ThreePlatforms) -> String {
    let messages = three.sim.with(|state| state.messages().last().map(|message| message.body.to_string()));
    messages.unwrap_or_default()
}

#[test]
fn one_run_makes_three_accounts_equal_and_the_next_writes_nothing() {
    let three = three(200, 20);
    let groups = three.groups();
    let mut work = three.work();
    work.set("MAX_DELETE", "30").set("MAX_UPLOAD", "0");
    sync(&work, &[]).ok().silent();
    three.expect_equal(&groups);
    // Every deleted duplicate is in the archive.
    let deleted: i64 = work.sql("SELECT count(*) FROM deletions WHERE outcome = 'deleted'");
    assert_eq!(deleted, 20);
    let lost: i64 = work.sql(
        "SELECT count(*) FROM deletions d WHERE NOT EXISTS
            (SELECT 1 FROM files f WHERE f.platform = d.platform AND f.id = d.id AND f.sha256 = d.sha256)",
    );
    assert_eq!(lost, 0);
    let said = work.run("gs-list", &["--deleted"]);
    let said = work.given("gs-download", &["--verify"], &said.ok().out);
    assert!(said.ok().records().iter().all(|record| record["file"]["path"].is_string()));
    assert!(message(&three).contains("20 deleted"), "{}", message(&three));

    three.sim.clear_log();
    let messages = three.sim.with(|state| state.messages().len());
    sync(&work, &[]).ok().silent();
    three.expect_equal(&groups);
    assert_eq!(writes(&three), [""; 0]);
    let lists = |host: &str| {
        let log = three.sim.log();
        log.iter().filter(|r| r.host.ends_with(host) && LISTS.iter().any(|list| r.path.contains(list))).count()
    };
    assert!([lists("garmin.com"), lists("garmin.cn"), lists("coros.com")].iter().all(|count| *count <= 2));
    assert_eq!(three.sim.with(|state| state.messages().len()), messages, "without changes, no message is sent");
}

#[test]
fn the_deletion_limit_leaves_remaining_duplicates_to_the_next_run() {
    let three = three(30, 15);
    let groups = three.groups();
    let work = three.work();
    sync(&work, &[]).ok();
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM deletions"), 10);
    assert!(message(&three).contains("Outstanding: 5 duplicates to delete"), "{}", message(&three));
    sync(&work, &[]).ok();
    three.expect_equal(&groups);
}

#[test]
fn a_filter_restricts_uploads_deletions_and_the_archive() {
    let three = three(24, 9);
    let before = three.held();
    let has_duplicates = |held: &[usize; 3]| held.iter().any(|count| *count > 1);
    let duplicate_starts: Vec<i64> =
        before.iter().filter(|(_, held)| has_duplicates(held)).map(|(start, _)| *start).collect();
    let bound = duplicate_starts[duplicate_starts.len() / 2];
    let work = three.work();
    let since = jiff::Timestamp::from_second(bound).unwrap().to_string();
    let is_meant = |start: &i64| *start >= bound;
    assert!(!is_meant(&duplicate_starts[0]));

    let plan = sync(&work, &["-n", "--archive", "--since", &since]);
    let parts: Vec<&str> = plan.ok().out.split(":\n").collect();
    let rows = parts[1..].iter().map(|part| part.lines().filter(|line| line.contains(" running ")).count());
    let meant: Vec<usize> = before.iter().filter(|(start, _)| is_meant(start)).flat_map(|(_, held)| *held).collect();
    let uploads = meant.iter().filter(|count| **count == 0).count();
    let duplicates = meant.iter().map(|count| count.saturating_sub(1)).sum();
    assert_eq!(rows.collect::<Vec<_>>(), [uploads, duplicates, meant.iter().sum()], "{}", plan.out);

    sync(&work, &["--archive", "--since", &since]).ok();
    for (start, held) in &three.held() {
        let expected = if is_meant(start) { [1, 1, 1] } else { before[start] };
        assert_eq!(*held, expected, "{start}");
    }
    let outside = format!("SELECT count(*) FROM files JOIN activities USING (platform, id) WHERE start_time < {bound}");
    assert_eq!(work.sql::<i64>(&outside), 0);
}

#[test]
fn without_delete_duplicate_duplicates_are_only_reported() {
    let three = three(12, 3);
    let mut work = three.work();
    work.set("DELETE_DUPLICATE", "0");
    sync(&work, &[]).ok();
    assert!(asked(&three.sim, "/activity/delete").is_empty());
    assert!(three.sim.log().iter().all(|request| request.method != "DELETE"));
    assert!(message(&three).contains("DELETE_DUPLICATE"), "{}", message(&three));
}

#[test]
fn half_a_line_that_a_full_disk_leaves_is_no_invalid_input() {
    // Their output goes into files.
    for stage in ["gs-upload", "gs-dedupe"] {
        let three = three(12, 5);
        let mut work = three.work();
        work.put_commands_in_path();
        let (path, real) = (work.dir().join("shim"), crate::support::paths::commands().join(stage));
        std::fs::create_dir(&path).unwrap();
        let text = format!("#!/bin/sh\n{} \"$@\" | head -c -30; exit 78\n", real.display());
        std::fs::write(path.join(stage), text).unwrap();
        support::shell(&format!("chmod +x {}", path.join(stage).display()));
        work.set("PATH", &format!("{}:{}:/usr/bin:/bin", path.display(), crate::support::paths::commands().display()));
        let said = sync(&work, &[]);
        said.ends(78);
        assert!(!said.err.contains("invalid record"), "{stage}: {said}");
        let is_uploaded = writes(&three).iter().any(|write| write.contains("/fit/import"));
        assert!(is_uploaded, "the whole lines count: {said}");
        work.put_commands_in_path();
        sync(&work, &[]).ok();
        let held = three.held();
        assert!(held.values().all(|held| *held == [1, 1, 1]), "{stage} {held:?}");
    }
}

#[test]
fn a_dry_run_prints_the_uploads_and_deletions_of_a_sync() {
    let three = three(12, 3);
    let held = three.held();
    let work = three.work();
    let said = sync(&work, &["-n"]);
    let (uploads, duplicates) = said.ok().out.split_once("Duplicates to delete").unwrap_or_else(|| panic!("{said}"));
    // Each platform has activities that the others are missing.
    for name in NAMES {
        let total =
            uploads.lines().find(|line| line.starts_with(&format!("{name}: "))).unwrap_or_else(|| panic!("{said}"));
        let rows = uploads.lines().filter(|line| line.starts_with(&format!(" {name} "))).count();
        assert_eq!(total, format!("{name}: {rows} uploads"), "{said}");
    }
    assert!(duplicates.contains("duplicate") && duplicates.contains("of "), "{said}");
    assert!(said.out.starts_with("Uploads (at most 200 in one sync: MAX_UPLOAD):\n"), "{said}");
    assert!(sync(&work, &["-n", "--max-upload=3"]).ok().out.starts_with("Uploads (at most 3 in one sync"));
    assert!(!said.out.contains("skipped") && !said.err.contains("skipped"), "{said}");
    assert_eq!(three.held(), held);
    assert_eq!(
        writes(&three).iter().filter(|request| !request.contains("login") && !request.contains("oauth")).count(),
        0
    );
    // The plan is what a sync then does.
    let planned =
        uploads.lines().filter(|line| NAMES.iter().any(|name| line.starts_with(&format!(" {name} ")))).count();
    sync(&work, &[]).ok();
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM uploads WHERE outcome = 'created'"), planned as i64);
    let after = sync(&work, &["-n"]);
    assert_eq!(after.ok().out.lines().filter(|line| *line == "(none)").count(), 2, "{after}");
}

#[test]
fn a_dry_run_without_a_listing_prints_no_plan() {
    let work = Work::alone();
    let said = sync(&work, &["-n"]);
    said.ends(77);
    assert_eq!(said.out, "");
}

#[test]
fn a_rejected_login_on_one_platform_does_not_stop_the_others() {
    let three = scenario(24, 0, |scenario| scenario.accounts[1].login = LoginMode::Locked);
    let before = three.held();
    let work = three.work();
    sync(&work, &[]).ends(77);
    for (start, held) in three.held() {
        assert_eq!(held[1], before[&start][1], "nothing is uploaded to a platform without a listing");
        let is_known = before[&start][0] + before[&start][2] > 0;
        assert_eq!([held[0], held[2]], [usize::from(is_known); 2], "{start}");
    }
    let message = message(&three);
    assert!(message.contains("garmin-cn") && message.contains("gs-auth"), "{message}");
}

#[test]
fn a_platform_with_an_incomplete_or_implausible_listing_is_not_changed() {
    let three = three(24, 0);
    let groups = three.groups();
    let work = three.work();
    sync(&work, &[]).ok();
    // A new activity on garmin.com is still synced to garmin.cn.
    for (effect, code) in [
        (Effect::Cut { at: 200 }, 75),
        (Effect::Html, 75),
        (Effect::Status { status: 503, retry_after: None, body: None, content_type: None }, 75),
    ] {
        let start = gs_sim::HISTORY_END + 3 * 3600 * (1 + three.held().len() as i64);
        three.sim.with(|state| {
            let spec = gs_sim::ActivitySpec { start: Some(start), ..gs_sim::ActivitySpec::default() };
            state.add_activity("garmin.com", &spec)
        });
        three.sim.fault(Fault::new(effect).host("teamcnapi.coros.com").contains("/activity/query"));
        sync(&work, &[]).ends(code);
        assert_eq!(three.held()[&start], [1, 1, 0], "the other platforms are synced");
        assert!(message(&three).contains("coros"), "{}", message(&three));
        three.sim.clear_faults();
        sync(&work, &[]).ok();
        assert_eq!(three.held()[&start], [1, 1, 1]);
    }
    // A list that is suddenly empty or much shorter is ignored as implausible.
    let items = three.sim.with(|state| std::mem::take(&mut state.coros.accounts[0].items));
    for left in [0, items.len() * 7 / 10] {
        three.sim.with(|state| state.coros.accounts[0].items = items[..left].to_vec());
        three.sim.clear_log();
        sync(&work, &["--full"]).ends(75);
        assert_eq!(writes(&three), [""; 0]);
    }
    three.sim.with(|state| state.coros.accounts[0].items = items);
    sync(&work, &["--full"]).ok();
    assert!(three.groups().is_superset(&groups));
    assert!(three.held().values().all(|held| *held == [1, 1, 1]));
}

#[test]
fn an_activity_deleted_by_hand_is_not_restored() {
    let three = three(24, 0);
    let work = three.work();
    sync(&work, &[]).ok();
    let newest = *three.held().keys().next_back().unwrap();
    let id = three.sim.with(|state| {
        let account = state.account("garmin.com");
        account.activities.iter().find(|activity| activity.recording.start == newest).unwrap().id
    });
    three.sim.with(|state| state.remove_activity("garmin.com", id));
    three.sim.clear_log();
    for _ in 0..4 {
        sync(&work, &[]).ok();
        assert_eq!(three.held()[&newest], [0, 1, 1], "neither restored nor deleted on the other platforms");
    }
    assert_eq!(writes(&three), [""; 0]);
}

#[test]
fn a_second_sync_during_a_running_sync_exits_75() {
    let three = three(12, 0);
    let work = three.work();
    three.sim.fault(Fault::new(Effect::Latency { ms: 3000 }).contains("/activity/query").count(1));
    let mut first = work.spawn(SYNC, &[], "");
    while work.files("locks").is_empty() || three.sim.log().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    sync(&work, &[]).ends(75).says("another sync");
    assert!(first.wait().unwrap().success());
}

#[test]
fn sync_works_in_any_current_folder_and_time_zone() {
    let three = three(12, 3);
    let groups = three.groups();
    let mut work = three.work();
    let env = work.dir().join(".env");
    work.set("TZ", "America/St_Johns");
    let said = work.given("/usr/bin/env", &["bash", "-c", &format!("cd / && {SYNC} --env-file {}", env.display())], "");
    said.ok().silent();
    three.expect_equal(&groups);
}

#[test]
fn all_stages_of_a_sync_are_logged_as_one_run() {
    let three = three(6, 0);
    let work = three.work();
    sync(&work, &[]).ok();
    assert_eq!(work.sql::<i64>("SELECT count(DISTINCT run) FROM commands"), 1);
    for command in ["gs-fetch", "gs-dedupe", "gs-diff", "gs-download", "gs-upload", "gs-delete", "gs-notify"] {
        let sql = format!("SELECT count(*) FROM commands WHERE command = '{command}' AND exit = 0");
        assert!(work.sql::<i64>(&sql) > 0, "{command}");
    }
    assert_eq!(NAMES.len(), 3);
}

#[test]
fn an_unavailable_file_is_requested_a_few_times_and_then_weekly() {
    let three = three(6, 0);
    let work = three.work();
    let own = three.held().into_iter().find(|(_, held)| *held == [0, 0, 1]).unwrap().0;
    three.sim.with(|state| {
        let item = state.coros.accounts[0].items.iter_mut().find(|item| item.start == own).unwrap();
        item.refused = Some("1001".into());
    });
    for _ in 0..3 {
        sync(&work, &[]).ends(1).says("1001");
    }
    sync(&work, &[]).ok().silent();
    work.change("UPDATE problems SET last = last - 8 * 86400");
    let asked = |three: &ThreePlatforms| asked(&three.sim, "/activity/detail/download").len();
    let before = asked(&three);
    sync(&work, &[]).ok().silent();
    assert!(asked(&three) > before, "the file is requested again without a message");
    three.sim.with(|state| state.coros.accounts[0].items.iter_mut().for_each(|item| item.refused = None));
    work.change("UPDATE problems SET last = last - 8 * 86400");
    sync(&work, &[]).ok();
    assert_eq!(three.held()[&own], [1, 1, 1]);
}

#[test]
fn an_unavailable_file_fails_only_the_first_three_syncs() {
    let sim = support::plain(3);
    let mut work = Work::logged_in(&sim);
    work.put_commands_in_path().set("SYNC_PLATFORM", "GARMINCOM");
    sim.fault(Fault::new(Effect::JsonError).contains("20000000001").path("/download-service/"));
    for _ in 0..3 {
        assert_eq!(sync(&work, &["--archive"]).ends(1).says("20000000001").err.lines().count(), 1);
    }
    for _ in 0..2 {
        sim.clear_log();
        sync(&work, &["--archive"]).ok().silent();
        assert_eq!(asked(&sim, "/download-service/").len(), 0);
    }
    assert_eq!(work.files("fit").len(), 2);
}

#[test]
fn an_activity_edited_on_one_platform_stays_in_its_group() {
    let three = scenario(12, 0, |_| {});
    let work = three.work();
    sync(&work, &[]).ok();
    let groups = three.groups();
    // The distance of one activity is corrected; ten minutes are cut from the start of another one.
    three.sim.with(|state| {
        let items = &mut state.coros.accounts[0].items;
        items[0].metres *= 1.4;
        items[1].start += 600;
        items[1].timer -= 600;
    });
    three.sim.clear_log();
    for _ in 0..2 {
        sync(&work, &["--full"]).ok();
        assert_eq!(writes(&three), [""; 0]);
    }
    assert_eq!(three.groups().len(), groups.len() + 1, "only the changed start is new");
}

/// The watch recorded a wrong date, and the user corrects it on one platform.
#[test]
fn a_date_corrected_on_one_platform_causes_no_writes() {
    for (days, archived) in [(3, false), (3, true), (-40, false)] {
        let three = scenario(12, 0, |_| {});
        let work = three.work();
        let archive: &[&str] = if archived { &["--archive"] } else { &[] };
        sync(&work, archive).ok();
        let held = three.held().len();
        three.sim.with(|state| state.coros.accounts[0].items[3].start += days * 86_400 + 1234);
        three.sim.clear_log();
        for _ in 0..3 {
            sync(&work, &[archive, &["--full"]].concat()).ok();
            assert_eq!(writes(&three), [""; 0], "{days} {archived}");
        }
        assert_eq!(three.held().len(), held + 1, "only the corrected start is new");
        let list = work.run("gs-list", &[]);
        let all = work.given("gs-diff", &["--explain"], &list.out);
        let is_explained = all.ok().out.contains(r#""code":"matched-before""#);
        assert_eq!(is_explained, !archived, "the files show that it is one recording: {all}");
    }
}

#[test]
fn activities_edited_before_the_first_sync_are_not_duplicated() {
    let three = three(12, 0);
    three.sim.with(|state| {
        for item in &mut state.coros.accounts[0].items {
            item.metres *= 1.4;
        }
    });
    let work = three.work();
    let before = three.held();
    sync(&work, &[]).ok();
    for (start, held) in three.held() {
        let [com, cn, coros] = before[&start];
        let is_listing_unconfirmed = coros > 0 && com + cn > 0;
        // The two Garmin accounts become equal; nothing is uploaded to a platform with a similar activity.
        assert!(held.iter().all(|count| *count <= 1), "{start}: {held:?}");
        assert!(is_listing_unconfirmed || held == [1, 1, 1], "{start}: {held:?}");
    }
}

#[test]
fn an_invalid_setting_is_reported_before_any_platform_request() {
    let three = three(6, 0);
    for (name, value) in [
        ("MAX_DELETE", "many"),
        ("DELETE_DUPLICATE", "maybe"),
        ("GS_NOTIFY_ON", "never"),
        ("GS_UPLOAD_WAIT", "soon"),
        ("SYNC_PLATFORM", "GARMIN,POLAR"),
        ("TELEGRAM_CHAT_ID", "1"),
    ] {
        let mut work = three.work();
        work.set(name, value);
        sync(&work, &[]).ends(78).says(name);
    }
    let asked = three.sim.log().iter().map(|request| request.host.clone()).collect::<Vec<_>>();
    assert!(asked.iter().all(|host| host == "qyapi.weixin.qq.com"), "{asked:?}");
}

#[test]
fn an_upload_that_is_never_listed_is_reported_once() {
    let three = scenario(6, 0, |scenario| scenario.accounts[1].upload.listed_after_requests = 100_000);
    let work = three.work();
    sync(&work, &[]).ok();
    sync(&work, &[]).ok().silent();
    work.change("UPDATE uploads SET started_at = started_at - 3 * 86400 WHERE to_platform = 'garmin-cn'");
    three.sim.clear_log();
    sync(&work, &["--full"]).ends(1).says("not listed for 6 hours");
    sync(&work, &["--full"]).ok().silent();
    assert_eq!(writes(&three), [""; 0], "the upload may still appear");
}
