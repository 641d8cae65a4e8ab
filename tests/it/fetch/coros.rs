//! `gs-fetch` and `gs-download` at COROS: pages, days, time zones, files with secret URLs, and invalid responses.

use crate::support::faults::{ok_with, status};
use crate::support::{COROS_LIST, COROS_WHO, Work, asked, coros, requests};
use gs_sim::{CorosActivitySpec, CorosSpec, Days, Effect, Fault, HISTORY_END, ListSpec, Sim};
use serde_json::Value;

const DOWNLOAD: &str = "/activity/detail/download";

fn with_activities(count: usize) -> Sim {
    coros(CorosSpec { generate: count, ..CorosSpec::default() })
}

fn logged_in(sim: &Sim) -> Work {
    let work = Work::with_coros(sim);
    work.run("gs-auth", &["login", "--platform", "coros"]).ok();
    sim.clear_log();
    work
}

fn spec(id: u64, start: i64) -> CorosActivitySpec {
    CorosActivitySpec { id: Some(id), start: Some(start), ..CorosActivitySpec::default() }
}

#[test]
fn an_empty_account_is_listed_twice_and_reported_once() {
    let sim = with_activities(0);
    let work = logged_in(&sim);
    let said = work.run("gs-fetch", &[]);
    assert_eq!(said.ok().says("coros: the account has no activities").out, "");
    // The list, the list again, and a page of the smallest size for its count.
    assert_eq!(asked(&sim, COROS_LIST).len(), 3, "{:?}", requests(&sim));
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM listings WHERE complete"), 1);
    work.run("gs-fetch", &[]).ok().silent();
}

#[test]
fn the_list_request_names_days_and_the_second_run_reads_one_page() {
    let sim = with_activities(150);
    let work = logged_in(&sim);
    let first = work.run("gs-fetch", &[]);
    assert_eq!(first.ok().silent().ids().len(), 150);
    let list = asked(&sim, COROS_LIST);
    assert_eq!(list.len(), 2, "the list, and the count that confirms it");
    for part in ["size=200", "pageNumber=1", "startDay=19891201", "endDay=20"] {
        assert!(list[0].query.contains(part), "{}", list[0].query);
    }
    sim.clear_log();
    assert_eq!(work.run("gs-fetch", &[]).ok().silent().ids(), first.ids());
    assert_eq!((asked(&sim, COROS_WHO).len(), sim.log().len()), (1, 2), "the account, and the list");
    let mut ids = sim.with(|state| state.coros_ids(2)).iter().map(u64::to_string).collect::<Vec<_>>();
    let mut known = first.ids();
    ids.sort();
    known.sort();
    assert_eq!(known, ids, "ids above 2^53 are exact");
}

#[test]
fn a_rejected_request_for_all_days_is_repeated_in_another_form() {
    let forms = [(Days::Required, Some(366), 37), (Days::Optional, Some(100), 1), (Days::Refused, None, 1)];
    for (days, widest, requests_at_least) in forms {
        let list = ListSpec { days, widest, ..ListSpec::default() };
        let sim = coros(CorosSpec { generate: 250, list, ..CorosSpec::default() });
        let work = logged_in(&sim);
        assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 250, "{days:?} {widest:?}");
        assert_eq!(work.sql::<i64>("SELECT count(*) FROM listings WHERE complete"), 1);
        let count = asked(&sim, COROS_LIST).len();
        assert!(count > requests_at_least, "{days:?} {widest:?}: {count}");
        // The next run stops at the known activities, in every form of the request.
        let id = sim.with(|state| state.add_coros_activity(2, &spec(77, HISTORY_END + 60)));
        sim.clear_log();
        assert_eq!(work.run("gs-fetch", &["--new"]).ok().ids(), [id.to_string()]);
        assert!(asked(&sim, COROS_LIST).len() <= 7, "{:?}", requests(&sim));
    }
}

#[test]
fn a_list_that_is_rejected_in_every_form_is_reported_and_ignored() {
    let list = ListSpec { days: Days::Required, widest: Some(7), ..ListSpec::default() };
    let sim = coros(CorosSpec { generate: 3, list, ..CorosSpec::default() });
    let work = logged_in(&sim);
    work.run("gs-fetch", &[]).ends(75).says("COROS rejected the request for the list");
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM listings WHERE complete"), 0);
}

#[test]
fn a_file_of_a_custom_sport_is_requested_as_a_run() {
    let custom = CorosActivitySpec { sport: Some(65_535), ..spec(1, HISTORY_END - 600) };
    let yoga = CorosActivitySpec { sport: Some(403), ..spec(2, HISTORY_END - 90_000) };
    let sim = coros(CorosSpec { activities: vec![custom, yoga], ..CorosSpec::default() });
    let work = logged_in(&sim);
    let list = work.run("gs-fetch", &[]).ok().out.clone();
    assert!(list.contains(r#""sub_sport":"yoga""#), "{list}");
    work.given("gs-download", &[], &list).ok();
    assert_eq!(work.files("fit").len(), 2);
    let asked_as = |sport: &str| asked(&sim, DOWNLOAD).iter().filter(|one| one.query.contains(sport)).count();
    assert_eq!((asked_as("sportType=100&"), asked_as("sportType=403&"), asked(&sim, DOWNLOAD).len()), (1, 1, 2));
}

#[test]
fn all_pages_are_read_and_new_activities_are_found() {
    let sim = with_activities(450);
    let work = logged_in(&sim);
    assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 450);
    assert_eq!(asked(&sim, COROS_LIST).len(), 4, "three pages, and the count that confirms them");
    let id = sim.with(|state| state.add_coros_activity(2, &spec(77, HISTORY_END + 60)));
    sim.clear_log();
    assert_eq!(work.run("gs-fetch", &["--new"]).ok().ids(), [id.to_string()]);
    assert_eq!(asked(&sim, COROS_LIST).len(), 2);
    let removed = sim.with(|state| state.coros_ids(2))[5];
    sim.with(|state| state.remove_coros_activity(2, removed));
    work.run("gs-fetch", &["--full"]).ok();
    assert_eq!(work.run("gs-list", &["--deleted"]).ids(), [removed.to_string()]);
}

#[test]
fn time_zones_units_sports_and_devices_are_read_from_the_list() {
    let run = |id: u64, offset: i32| CorosActivitySpec {
        offset: Some(offset),
        seconds: Some(1800),
        metres: Some(5000.0),
        sport: Some(102),
        ..spec(id, HISTORY_END - 86_400 * (id as i64 % 100))
    };
    let odd = |id: u64, label: &str| CorosActivitySpec { oddities: vec![label.into()], ..run(id, 0) };
    let activities = vec![
        run(400_000_000_000_000_001, 20_700),
        run(400_000_000_000_000_002, -12_600),
        run(400_000_000_000_000_003, 49_500),
        odd(400_000_000_000_000_004, "device_missing"),
        odd(400_000_000_000_000_005, "workout_time_unknown"),
        odd(400_000_000_000_000_006, "unknown_sport"),
        odd(400_000_000_000_000_007, "name_missing"),
        odd(400_000_000_000_000_008, "distance_unknown"),
    ];
    let sim = coros(CorosSpec { activities, ..CorosSpec::default() });
    let work = logged_in(&sim);
    let records = work.run("gs-fetch", &[]).ok().silent().records();
    let of = |last: u64| records.iter().find(|record| record["id"] == format!("40000000000000000{last}")).unwrap();
    let start = jiff::Timestamp::from_second(HISTORY_END - 86_400).unwrap().to_string();
    let first = of(1);
    assert_eq!([&first["start_time"], &first["utc_offset_s"]], [&Value::from(start), &20_700.into()]);
    assert_eq!([&first["timer_time_s"], &first["distance_m"]], [1800.0, 5000.0]);
    assert_eq!([&first["sport"], &first["sub_sport"], &first["platform_sport"]], ["running", "trail", "102"]);
    assert_eq!([&first["manufacturer"], &first["device"]], ["coros", "COROS PACE 3"]);
    assert_eq!((of(2)["utc_offset_s"].as_i64(), of(3)["utc_offset_s"].as_i64()), (Some(-12_600), Some(49_500)));
    assert_eq!((&of(4)["manufacturer"], &of(4)["device"]), (&Value::Null, &Value::Null));
    assert_eq!((&of(5)["timer_time_s"], of(5)["elapsed_time_s"].is_f64()), (&Value::Null, true));
    assert_eq!((&of(6)["sport"], &of(6)["platform_sport"]), (&Value::Null, &"7777".into()));
    assert_eq!((&of(7)["name"], &of(8)["distance_m"]), (&Value::Null, &Value::Null));
    assert!(work.sql::<i64>("SELECT count(*) FROM service_json") == 8);
}

#[test]
fn since_and_until_are_exact_regardless_of_the_local_day() {
    let activities =
        (0..6).map(|n| CorosActivitySpec { offset: Some(50_400), ..spec(500 + n, 1_790_000_000 + 3600 * n as i64) });
    let sim = coros(CorosSpec { activities: activities.collect(), ..CorosSpec::default() });
    let work = logged_in(&sim);
    let at = |seconds: i64| jiff::Timestamp::from_second(seconds).unwrap().to_string();
    let (since, until) = (at(1_790_000_000 + 3600), at(1_790_000_000 + 4 * 3600));
    assert_eq!(work.run("gs-fetch", &["--since", &since, "--until", &until]).ok().ids(), ["503", "502", "501"]);
}

#[test]
fn files_are_archived_byte_for_byte() {
    let sim = with_activities(12);
    let work = logged_in(&sim);
    let list = work.run("gs-fetch", &[]).ok().out.clone();
    let said = work.given("gs-download", &[], &list);
    let mut archived = 0;
    for record in said.records() {
        let id: u64 = record["id"].as_str().unwrap().parse().unwrap();
        let item = sim.with(|state| state.coros_account(2).find(id).cloned()).unwrap();
        match item.refused.as_deref() {
            None => {
                let served = sim.with(|state| state.coros_served(2, id));
                assert_eq!(record["file"]["sha256"].as_str().map(str::to_owned), served, "{record}");
                assert!(record["file"]["path"].as_str().unwrap().contains("/fit/coros/activity_"), "{record}");
                archived += 1;
            }
            Some("404") => assert_eq!(record["problem"]["kind"], "not-found"),
            Some(_) => assert_eq!(record["problem"]["kind"], "rejected"),
        }
    }
    assert!(archived > 8, "{said}");
    let files = asked(&sim, "/fit/");
    assert!(
        files.iter().all(|request| request.note.is_empty() && !request.headers.contains(&"accesstoken".to_owned()))
    );
    // A second run downloads nothing.
    sim.clear_log();
    work.given("gs-download", &[], &list);
    assert_eq!(asked(&sim, "/fit/").len(), 0);
}

#[test]
fn a_wrong_sport_is_retried_as_a_run_and_a_missing_url_by_the_next_run() {
    let sim = coros(CorosSpec {
        activities: vec![CorosActivitySpec { sport: Some(100), ..spec(7, HISTORY_END) }],
        ..CorosSpec::default()
    });
    let work = logged_in(&sim);
    let record = r#"{"type":"activity","platform":"coros","id":"7","platform_sport":"402"}"#;
    assert_eq!(work.given("gs-download", &[], record).ok().record()["downloaded"], true);
    assert_eq!(asked(&sim, DOWNLOAD).len(), 2);

    let sim = with_activities(1);
    let work = logged_in(&sim);
    let list = work.run("gs-fetch", &[]).ok().out.clone();
    sim.fault(Fault::new(ok_with(r#"{"result":"0000","message":"OK","data":{}}"#)).contains(DOWNLOAD));
    let said = work.given("gs-download", &[], &list);
    assert_eq!(said.ends(1).record()["problem"]["kind"], "rejected");
    sim.clear_faults();
    work.given("gs-download", &[], &list).ok();
}

#[test]
fn a_file_url_without_https_or_outside_coros_is_not_requested() {
    for url in ["http://s3.coros.com/fit/secret.fit", "https://coros.com.example/fit/secret.fit"] {
        let sim = with_activities(1);
        let work = logged_in(&sim);
        let list = work.run("gs-fetch", &[]).ok().out.clone();
        sim.fault(
            Fault::new(ok_with(&format!(r#"{{"result":"0000","data":{{"fileUrl":"{url}"}}}}"#))).contains(DOWNLOAD),
        );
        sim.clear_log();
        let said = work.given("gs-download", &["-vv"], &list);
        assert!(!format!("{said}").contains("secret.fit"), "{said}");
        assert_eq!(said.record()["problem"]["kind"], "corrupt-file");
        assert_eq!(requests(&sim).len(), 1);
    }
}

#[test]
fn a_corrupt_file_or_a_web_page_is_not_archived() {
    for effect in [Effect::Html, Effect::Cut { at: 100 }, Effect::FlipFit, status(404)] {
        let sim = with_activities(1);
        let work = logged_in(&sim);
        let list = work.run("gs-fetch", &[]).ok().out.clone();
        sim.fault(Fault::new(effect.clone()).path("/fit/"));
        let said = work.given("gs-download", &[], &list);
        assert!(said.record()["problem"].is_object(), "{effect:?}\n{said}");
        assert_eq!(work.files("fit").iter().filter(|path| path.extension().is_some_and(|e| e == "fit")).count(), 0);
        sim.clear_faults();
        work.given("gs-download", &[], &list).ok();
    }
}

#[test]
fn an_invalid_list_response_is_reported_and_ignored() {
    let cases = [
        (Effect::Html, "a web page"),
        (status(429), "429"),
        (status(503), "server error"),
        (Effect::Cut { at: 10 }, ""),
        (Effect::JsonError, "without a result"),
        (ok_with(r#"{"result":"0000","data":{"dataList":"x"}}"#), "response without an activity list"),
        (ok_with(r#"{"result":"0000","data":{"count":5}}"#), "although its count is not 0"),
        (ok_with(r#"{"result":"1001","message":"Service exceptions"}"#), "1001 Service exceptions"),
    ];
    for (effect, words) in cases {
        let sim = with_activities(5);
        let work = logged_in(&sim);
        sim.fault(Fault::new(effect.clone()).contains(COROS_LIST));
        let said = work.run("gs-fetch", &[]);
        said.ends(75).says("gs-fetch: coros: ").says(words).says("try again later");
        assert_eq!(said.out, "", "{effect:?}");
        assert_eq!(work.sql::<i64>("SELECT count(*) FROM listings WHERE complete"), 0, "{effect:?}");
        assert_eq!(asked(&sim, "/account/login").len(), 0, "{effect:?}");
        sim.clear_faults();
        assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 5);
    }
}

#[test]
fn a_rate_limit_also_applies_to_later_runs() {
    let sim = with_activities(1);
    let work = logged_in(&sim);
    let wait = Effect::Status { status: 429, retry_after: Some("3600".into()), body: None, content_type: None };
    sim.fault(Fault::new(wait).contains(COROS_LIST));
    work.run("gs-fetch", &[]).ends(75).says("rate limited until");
    work.run("gs-fetch", &[]).ends(75);
    assert_eq!(asked(&sim, COROS_LIST).len(), 1);
}
