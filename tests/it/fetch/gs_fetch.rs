//! `gs-fetch`: pages, incremental and full listings, deletions, and ignored listings.

use crate::support::{COUNT, LIST, SEARCH, Work, add_new, added, asked, plain, requests, scenario};
use gs_sim::{ActivitySpec, Effect, Fault, HISTORY_END, Paging, Scenario};

#[test]
fn the_first_listing_reads_all_pages_and_the_second_only_one() {
    let sim = plain(230);
    let work = Work::logged_in(&sim);
    let first = work.run("gs-fetch", &[]);
    assert_eq!(first.ok().silent().ids().len(), 230);
    let queries: Vec<String> = asked(&sim, SEARCH).iter().map(|request| request.query.clone()).collect();
    assert_eq!(queries, ["start=0&limit=100", "start=99&limit=100", "start=198&limit=100", "start=229&limit=100"]);
    assert_eq!(asked(&sim, COUNT).len(), 1, "a count confirms the first list of an account");
    sim.clear_log();
    assert_eq!(work.run("gs-fetch", &[]).ok().silent().ids(), first.ids());
    assert_eq!(requests(&sim), ["GET connectapi.garmin.com/activitylist-service/activities/search/activities 200"]);
}

#[test]
fn the_new_flag_outputs_only_new_activities() {
    let sim = plain(120);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    sim.with(|state| state.add_activity("garmin.com", &added(77, HISTORY_END + 60)));
    sim.clear_log();
    assert_eq!(work.run("gs-fetch", &["--new"]).ok().ids(), ["77"]);
    // The first page had a new activity, so the second page was requested, too.
    assert_eq!(asked(&sim, LIST).len(), 2);
    assert_eq!(work.run("gs-fetch", &["--new"]).ok().ids(), [""; 0]);
}

#[test]
fn a_changed_name_is_updated_in_the_catalogue() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    let id = work.run("gs-fetch", &[]).ok().ids()[1].clone();
    sim.with(|state| state.rename_activity("garmin.com", id.parse().unwrap(), "Marathon 🏁"));
    work.run("gs-fetch", &[]).ok();
    assert_eq!(work.run("gs-list", &["--id", &id]).record()["name"], "Marathon 🏁");
}

#[test]
fn a_listing_is_full_after_a_week_or_with_the_full_flag() {
    let sim = plain(120);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    work.change("UPDATE listings SET started_at = started_at - 7 * 86400");
    sim.clear_log();
    work.run("gs-fetch", &[]).ok();
    assert_eq!(asked(&sim, LIST).len(), 3);
    sim.clear_log();
    work.run("gs-fetch", &["--full"]).ok();
    assert_eq!(asked(&sim, LIST).len(), 3);
}

#[test]
fn the_listing_after_an_incomplete_one_is_full() {
    let sim = plain(250);
    let work = Work::logged_in(&sim);
    let down = Effect::Status { status: 503, retry_after: None, body: None, content_type: None };
    sim.fault(Fault::new(down).contains("start=198"));
    let incomplete = work.run("gs-fetch", &[]);
    incomplete.ends(75).says("gs-fetch: garmin-com: ").says("try again later");
    assert_eq!(incomplete.out, "", "a platform whose listing failed is not printed");
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM listings WHERE complete"), 0);
    sim.clear_faults();
    sim.clear_log();
    assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 250);
    assert_eq!(asked(&sim, SEARCH).len(), 4);
}

#[test]
fn an_incomplete_listing_of_new_activities_leaves_no_gap() {
    let sim = plain(120);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    add_new(&sim, 250, 3600);
    let down = Effect::Status { status: 400, retry_after: None, body: None, content_type: None };
    sim.fault(Fault::new(down).contains("start=99"));
    work.run("gs-fetch", &[]).ends(75);
    sim.clear_faults();
    assert_eq!(
        work.run("gs-fetch", &["--new"]).ok().ids().len(),
        250,
        "including those that the incomplete listing had read"
    );
    assert_eq!(work.run("gs-list", &[]).ids().len(), 370);
    sim.clear_log();
    work.run("gs-fetch", &[]).ok();
    assert_eq!(asked(&sim, LIST).len(), 1);
}

#[test]
fn a_listing_of_a_time_range_leaves_no_gap() {
    let sim = plain(120);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    add_new(&sim, 250, 3600);
    let since = jiff::Timestamp::from_second(HISTORY_END + 3600 * 130).unwrap().to_string();
    assert_eq!(work.run("gs-fetch", &["--since", &since]).ok().ids().len(), 120);
    assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 370);
}

#[test]
fn a_listing_limited_by_newest_leaves_no_gap() {
    let sim = plain(120);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    add_new(&sim, 150, 3600);
    work.run("gs-fetch", &["--newest", "100"]).ok();
    assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 270);
}

/// The computer was off for two weeks, and a setting of the older tool limits the listing.
#[test]
fn more_new_activities_than_garmin_newest_num_are_all_listed() {
    for known in [20, 200] {
        let sim = plain(known);
        let mut work = Work::logged_in(&sim);
        work.set("GARMIN_NEWEST_NUM", "5");
        assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 5);
        for (round, new) in [(1, 12), (2, 120)] {
            sim.with(|state| {
                for n in 0..new {
                    let start = HISTORY_END + 86_400 * (20 * round + n as i64);
                    state.add_activity("garmin.com", &added(30_000_000_000 + 1000 * round as u64 + n, start));
                }
            });
            // The next run outputs the activities again that this run did not upload.
            for args in [&[][..], &["--full"], &[]] {
                let ids = work.run("gs-fetch", args).ok().silent().ids();
                let printed = ids.iter().filter(|id| id.starts_with(&format!("3000000{round}"))).count();
                assert_eq!(printed as u64, new, "{args:?}");
            }
        }
        let all = work.sql::<i64>("SELECT count(*) FROM activities WHERE id < 30000000000");
        assert_eq!(all, 5, "older activities were not requested");
    }
}

#[test]
fn garmin_newest_num_limits_the_output_unless_since_is_given() {
    let sim = plain(30);
    let mut work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    work.set("GARMIN_NEWEST_NUM", "5");
    assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 5);
    let since = jiff::Timestamp::from_second(HISTORY_END - 9 * 86_400).unwrap().to_string();
    assert_eq!(work.run("gs-fetch", &["--since", &since]).ok().ids().len(), 9, "--since overrides the limit");
}

#[test]
fn the_newest_flag_warns_if_it_excludes_new_activities() {
    let sim = plain(20);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &["--newest", "5"]).ok().silent();
    add_new(&sim, 12, 86_400);
    for _ in 0..2 {
        let said = work.run("gs-fetch", &["--newest", "5"]);
        assert_eq!(said.ok().says("only the newest 5 were listed").says("without --newest").ids().len(), 5);
    }
    // This listing reaches the known activities.
    assert_eq!(work.run("gs-fetch", &["--newest", "17"]).ok().silent().ids().len(), 17);
    assert_eq!(work.run("gs-fetch", &["--newest", "5"]).ok().silent().ids().len(), 5);
    assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 32);
}

#[test]
fn an_impossible_start_marks_no_activity_as_deleted() {
    let sim = plain(130);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    let mut page: Vec<serde_json::Value> = Vec::new();
    for n in (30..130).rev() {
        let start = jiff::Timestamp::from_second(HISTORY_END - (130 - n) * 86_400).unwrap();
        let start = start.to_string().replace('T', " ").replace('Z', "");
        page.push(serde_json::json!({"activityId": 20_000_000_000_i64 + n, "startTimeGMT": start}));
    }
    page[50]["startTimeGMT"] = "1970-01-01 00:00:00".into();
    let body = serde_json::Value::from(page).to_string();
    let odd = Effect::Status { status: 200, retry_after: None, body: Some(body), content_type: None };
    sim.fault(Fault::new(odd).contains("start=0").count(2));
    work.run("gs-fetch", &[]).ok();
    work.run("gs-fetch", &[]).ok();
    assert_eq!(work.run("gs-list", &["--deleted"]).ids(), [""; 0]);
}

/// A person has entered an old race by hand. The account is still listed and downloaded.
#[test]
fn an_activity_before_1970_does_not_stop_the_listing() {
    let sim = plain(12);
    let work = Work::logged_in(&sim);
    let race = ActivitySpec { oddities: vec!["manual_404".into()], ..added(30_000_000_000, -6_300_000) };
    sim.with(|state| state.add_activity("garmin.com", &race));
    for args in [&[][..], &[], &["--full"]] {
        let records = work.run("gs-fetch", args).ok().silent().records();
        assert_eq!((records.len(), &records[12]["start_time"]), (13, &"1969-10-20T02:00:00Z".into()));
        assert_eq!(records[12]["manual"], true);
    }
    assert_eq!(work.run("gs-fetch", &["--until", "1969-12-31"]).ok().ids(), ["30000000000"]);
    work.download(&[]).ok();
    work.run("gs-report", &[]).ok();
}

#[test]
fn five_concurrent_listings_agree_even_with_an_empty_catalogue() {
    let sim = Scenario { latency_ms: 10, ..scenario(450) }.start();
    let work = Work::logged_in(&sim);
    for args in [&[][..], &["--full"]] {
        let children: Vec<_> = (0..5).map(|_| work.spawn("gs-fetch", args, "")).collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        assert_eq!(work.run("gs-list", &["--deleted"]).ids(), [""; 0]);
        assert_eq!(work.run("gs-list", &[]).ids().len(), 450);
    }
}

#[test]
fn half_an_emoji_in_a_name_is_replaced() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    let body = r#"[{"activityId": 5, "activityName": "a\ud83d", "startTimeGMT": "2026-10-30 10:00:00"}]"#;
    let odd = Effect::Status { status: 200, retry_after: None, body: Some(body.into()), content_type: None };
    sim.fault(Fault::new(odd).contains("start=0"));
    let records = work.run("gs-fetch", &["--newest", "1"]).ok().records();
    assert_eq!(records[0]["name"], "a\u{fffd}");
}

#[test]
fn sync_platform_selects_the_platforms_and_rejects_unknown_names() {
    let sim = plain(2);
    let mut work = Work::logged_in(&sim);
    work.set("SYNC_PLATFORM", "GARMINCOM,COROS");
    let said = work.run("gs-fetch", &[]);
    said.ends(77).says("coros: not logged in; run gs-auth login --platform coros");
    assert_eq!(said.ids().len(), 2);
    work.set("SYNC_PLATFORM", "STRAVA");
    work.run("gs-fetch", &[]).ends(78).says("SYNC_PLATFORM");
    work.set("SYNC_PLATFORM", ",");
    work.run("gs-fetch", &[]).ends(78).says("SYNC_PLATFORM");
}

#[test]
fn the_password_command_runs_only_without_a_valid_token() {
    let sim = plain(2);
    let mut work = Work::logged_in(&sim);
    work.set("GARMIN_EMAIL", "runner@example.com").set("GARMIN_PASSWORD_COMMAND", "touch ran; exit 1");
    work.run("gs-fetch", &[]).ok().silent();
    work.run("gs-auth", &["status"]).ok();
    assert!(!work.dir().join("ran").exists());
    work.run("gs-auth", &["logout"]).ok();
    work.run("gs-fetch", &[]).ends(78).says("GARMIN_PASSWORD_COMMAND failed");
}

#[test]
fn no_activity_is_missed_if_the_pages_shift() {
    let paging = Paging { add_after_requests: Some(1), ..Paging::default() };
    let sim = Scenario { paging, ..scenario(230) }.start();
    let work = Work::logged_in(&sim);
    let mut ids = work.run("gs-fetch", &[]).ok().ids();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 231, "the count reveals the activity that was added meanwhile above the first page");
    assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 231);
}

#[test]
fn all_activities_are_listed_if_the_platform_caps_the_page_size() {
    let paging = Paging { page_cap: Some(30), ..Paging::default() };
    let sim = Scenario { paging, ..scenario(100) }.start();
    let work = Work::logged_in(&sim);
    assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 100);
}

#[test]
fn a_second_listing_confirms_a_deletion() {
    let sim = plain(40);
    let work = Work::logged_in(&sim);
    let id = work.run("gs-fetch", &[]).ok().ids()[3].clone();
    sim.with(|state| state.remove_activity("garmin.com", id.parse().unwrap()));
    assert_eq!(work.run("gs-fetch", &["--full"]).ok().ids().len(), 39);
    let deleted = work.run("gs-list", &["--deleted"]).record();
    assert_eq!((deleted["id"].as_str(), &deleted["deleted"]["confirmed"]), (Some(id.as_str()), &false.into()));
    work.run("gs-fetch", &["--full"]).ok();
    assert_eq!(work.run("gs-list", &["--deleted"]).record()["deleted"]["confirmed"], true);
    assert_eq!(work.run("gs-list", &["--missing"]).ids().len(), 39);
    assert_eq!(work.run("gs-list", &["--all"]).ids().len(), 40);
}

#[test]
fn an_incremental_listing_detects_deletions_only_in_its_range() {
    let sim = plain(300);
    let work = Work::logged_in(&sim);
    let ids = work.run("gs-fetch", &[]).ok().ids();
    for index in [2, 250] {
        sim.with(|state| state.remove_activity("garmin.com", ids[index].parse().unwrap()));
    }
    sim.clear_log();
    work.run("gs-fetch", &[]).ok();
    assert_eq!(asked(&sim, LIST).len(), 1);
    assert_eq!(work.run("gs-list", &["--deleted"]).ids(), [ids[2].clone()]);
    assert!(work.sql::<i64>("SELECT from_time FROM listings ORDER BY number DESC LIMIT 1") > 0);
}

#[test]
fn a_shrunk_or_empty_list_is_ignored_without_accept_missing() {
    let sim = plain(30);
    let work = Work::logged_in(&sim);
    let ids = work.run("gs-fetch", &[]).ok().ids();
    let empty = Effect::Status { status: 200, retry_after: None, body: Some("[]".into()), content_type: None };
    sim.fault(Fault::new(empty).contains("activitylist"));
    work.run("gs-fetch", &[]).ends(75).says("--accept-missing");
    sim.clear_faults();
    for id in &ids[..4] {
        sim.with(|state| state.remove_activity("garmin.com", id.parse().unwrap()));
    }
    work.run("gs-fetch", &["--full"]).ends(75).says("listing ignored: 4 of 30 known activities are missing");
    assert_eq!(work.run("gs-list", &["--deleted"]).ids().len(), 0);
    work.run("gs-fetch", &["--full", "--accept-missing"]).ok();
    assert_eq!(work.run("gs-list", &["--deleted"]).ids().len(), 4);
}

#[test]
fn newest_and_garmin_newest_num_limit_the_listing() {
    let sim = plain(250);
    let mut work = Work::logged_in(&sim);
    assert_eq!(work.run("gs-fetch", &["--newest", "5"]).ok().ids().len(), 5);
    assert_eq!(work.run("gs-fetch", &["--newest", "100"]).ok().ids().len(), 100);
    assert_eq!(asked(&sim, SEARCH).len(), 3, "the first list of an account is requested twice");
    // A listing of 100 activities is not a basis for an incremental one.
    work.set("GARMIN_NEWEST_NUM", "10000");
    assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 250);
}

#[test]
fn since_until_and_sport_filter_the_output() {
    let sim = plain(60);
    let work = Work::logged_in(&sim);
    let day =
        |days: i64| jiff::Timestamp::from_second(HISTORY_END - days * 86_400).unwrap().to_string()[..10].to_owned();
    let since = work.run("gs-fetch", &["--since", &day(10)]);
    assert_eq!(since.ok().ids().len(), 10);
    assert!(asked(&sim, LIST)[0].query.contains(&format!("startDate={}", day(11))));
    assert_eq!(work.run("gs-fetch", &["--since", &day(10), "--until", &day(7)]).ok().ids().len(), 3);
    assert_eq!(work.run("gs-fetch", &["--sport", "cycling"]).ok().ids().len(), 0);
    assert_eq!(work.run("gs-fetch", &["--sport", "cycling,running"]).ok().ids().len(), 60);
    work.run("gs-fetch", &["--since", "tomorrow"]).ends(2).says("--since");
    work.run("gs-fetch", &["--since", "2026-01-02", "--until", "2026-01-01"]).ends(2);
}

#[test]
fn a_failed_platform_does_not_affect_the_other() {
    let sim = Scenario::default_garmin(30, 3).start();
    let mut work = Work::with_passwords(&sim);
    work.set("GARMIN_EMAIL_CN", "runner@example.cn").set("GARMIN_PASSWORD_CN", "wrong");
    work.set("SYNC_PLATFORM", "GARMINCN,GARMINCOM");
    let said = work.run("gs-fetch", &[]);
    said.ends(77).says("garmin-cn: wrong e-mail address or password");
    assert_eq!(said.ids().len(), 30);
    assert!(said.records().iter().all(|record| record["platform"] == "garmin-com"));
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM listings WHERE complete"), 1);
    assert_eq!(work.sql::<i64>("SELECT exit FROM commands WHERE command = 'gs-fetch'"), 77);
}

#[test]
fn nulls_milliseconds_and_unusual_activities_are_read() {
    let sim = Scenario::default_garmin(300, 5).start();
    let work = Work::logged_in(&sim);
    let records = work.run("gs-fetch", &[]).ok().silent().records();
    assert_eq!(records.len(), 300);
    for record in &records {
        if let (Some(timer), Some(elapsed)) = (record["timer_time_s"].as_f64(), record["elapsed_time_s"].as_f64()) {
            assert!(elapsed >= timer - 2.0 && elapsed < 100.0 * timer, "{record}");
        }
        let offset = record["utc_offset_s"].as_i64().unwrap_or(0);
        assert!(offset % 900 == 0 && offset.abs() <= 14 * 3600, "{record}");
    }
    let has = |field: &str, value: serde_json::Value| records.iter().any(|record| record[field] == value);
    assert!(has("sport", "multisport".into()) && has("manual", true.into()) && has("name", serde_json::Value::Null));
    assert!(has("sport", serde_json::Value::Null), "an unknown type is kept only as platform_sport");
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM service_json"), 300);
}

#[test]
fn an_invalid_response_is_not_an_empty_list() {
    for effect in [Effect::Html, Effect::JsonError, Effect::Cut { at: 10 }] {
        let sim = plain(5);
        let work = Work::logged_in(&sim);
        sim.fault(Fault::new(effect.clone()).contains("activitylist"));
        let said = work.run("gs-fetch", &[]);
        assert_eq!((said.code, said.out.as_str()), (75, ""), "{effect:?}\n{said}");
    }
}

#[test]
fn an_unreadable_activity_is_reported_and_its_list_is_ignored() {
    let sim = plain(12);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    let body = r#"[{"activityName": "who am I"}, {"activityId": 5, "startTimeGMT": "2026-10-30 10:00:00"}, null]"#;
    let odd = Effect::Status { status: 200, retry_after: None, body: Some(body.into()), content_type: None };
    sim.fault(Fault::new(odd).contains("start=0"));
    let said = work.run("gs-fetch", &["--full", "--new"]);
    assert_eq!(
        said.ends(75)
            .says("an activity without activityId")
            .says("listing ignored: 2 activities could not be read")
            .ids(),
        ["5"]
    );
    assert_eq!(work.run("gs-list", &["--deleted"]).ids(), [""; 0]);
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM listings WHERE complete"), 1);
}

#[test]
fn the_message_without_a_login_names_the_login_command() {
    let work = Work::alone();
    work.run("gs-fetch", &[]).ends(77).says("no platform configured").says("garminsync setup");
    work.run("gs-fetch", &["--platform", "garmin-com"]).ends(77).says("gs-auth login --platform garmin-com");
    work.run("gs-fetch", &["--platform", "strava"]).ends(2).says("strava");
}

#[test]
fn a_dry_run_sends_no_requests_and_changes_nothing() {
    let sim = plain(5);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &["-n"]).ok().says("would be listed to the end");
    assert_eq!(sim.log().len(), 0);
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM listings"), 0);
}

#[test]
fn verbose_output_shows_requests_and_no_secrets() {
    let sim = plain(5);
    let work = Work::with_passwords(&sim);
    let said = work.run("gs-fetch", &["-vv"]);
    said.ok().says("GET https://connectapi.garmin.com/activitylist-service/activities/search/activities 200");
    for secret in ["correct horse", "ST-", "eyJ", "Bearer"] {
        assert!(!said.err.contains(secret), "{secret}\n{said}");
    }
}
