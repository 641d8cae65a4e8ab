//! The precheck of `gs-upload`: an activity that the target has is not uploaded, regardless of who added it.

use crate::support::upload;
use crate::support::upload::{CN, COM, COROS, DAY, START, World, coros_run_at, kinds, run_at, start, world};
use crate::support::{self, code, codes};
use gs_sim::{ActivitySpec, CorosActivitySpec, Effect, Fault};

/// Ten years ago.
const LONG_AGO: i64 = START - 3650 * DAY;

/// Adds an activity to a platform, as a person does.
fn add_by_hand(world: &World, platform: &str, start: i64) -> String {
    world.sim.with(|state| match platform {
        COROS => state.add_coros_activity(2, &coros_run_at(start)).to_string(),
        name => state.add_activity(&name.replace('-', "."), &run_at(start)).to_string(),
    })
}

#[test]
fn a_recent_listing_by_another_command_does_not_replace_the_precheck() {
    for to in [CN, COROS] {
        let world = world(&[START, START + DAY], |_| {});
        let plan = world.plan_of(COM, to, &[START, START + DAY]);
        world.upload(&plan).ok();
        let log = world.sim.log();
        let is_list = |path: &str| path.contains("/activitylist-service/") || path == "/activity/query";
        let is_send = |path: &str| path.contains(upload::SEND_GARMIN) || path == upload::IMPORT;
        let first_list = log.iter().position(|one| is_list(&one.path)).unwrap();
        let first_send = log.iter().position(|one| is_send(&one.path)).unwrap();
        assert!(first_list < first_send, "{:?}", support::requests(&world.sim));
        // One precheck for both, and one listing that confirms both.
        assert_eq!((world.looks(to), world.sent(to)), (2, 2));
    }
}

#[test]
fn one_precheck_serves_all_activities_of_neighbouring_days() {
    for to in [CN, COROS] {
        let starts: Vec<i64> = (0..5).map(|day| START + day * DAY).collect();
        let world = world(&starts, |_| {});
        let plan = world.plan_of(COM, to, &starts);
        world.let_lists_age();
        let said = world.upload(&plan);
        assert_eq!(kinds(said.ok()), ["created"; 5]);
        // One precheck before the first, and one listing that confirms all.
        assert_eq!((world.looks(to), world.sent(to)), (2, 5), "{:?}", support::requests(&world.sim));
    }
}

#[test]
fn an_outdated_precheck_is_repeated_before_the_upload() {
    // The store is slow, so the import request comes late, and a watch syncs meanwhile.
    let world = world(&[START], |_| {});
    let plan = world.plan_of(COM, COROS, &[START]);
    let store = "coros-oss.oss-cn-beijing.aliyuncs.com";
    let activity = Box::new(coros_run_at(START));
    let change = gs_sim::Change::AddCoros { region: 2, activity };
    world.sim.fault(Fault::new(Effect::Meanwhile { when: gs_sim::When::Before, change }).host(store).nth(1));
    world.sim.fault(Fault::new(Effect::Held { ms: 16_000 }).host(store));
    let said = world.upload(&plan);
    assert_eq!(kinds(said.ok()), ["exists"]);
    assert_eq!((world.times(COROS, START), world.sent(COROS), world.looks(COROS)), (1, 0, 2));
}

/// Each page of the list takes most of the time for which a precheck is valid, and Garmin's list may need two.
#[test]
fn an_upload_succeeds_over_a_slow_connection() {
    // With an older activity on the first page, it suffices. Otherwise the second page is needed, and is recent enough.
    for (older, pages) in [(vec![START - 30 * DAY], 1), (vec![], 2)] {
        let world = start(&[(COM, &[START]), (CN, &older)], |_| {});
        let plan = world.plan_of(COM, CN, &[START]);
        world.sim.fault(Fault::new(Effect::Held { ms: 8_500 }).path("/activitylist-service/").count(pages));
        let said = world.upload(&plan);
        assert_eq!((world.sent(CN), world.times(CN, START)), (1, 1), "{said}");
        let log = world.sim.log();
        let sent = log.iter().position(|one| one.path.contains(upload::SEND_GARMIN)).unwrap();
        let asked = log[..sent].iter().filter(|one| one.path.contains("/activitylist-service/")).count();
        assert_eq!(asked as u32, pages);
    }
}

/// The page for the old activity is requested after the page for the newer one, which may be outdated by then.
#[test]
fn the_precheck_of_an_old_activity_does_not_serve_a_newer_one() {
    let newer = gs_sim::HISTORY_END - 5 * DAY + 7;
    let world = world(&[START, newer], |_| {});
    let plan = world.plan_of(COM, CN, &[START, newer]);
    let old_first: String = plan.lines().rev().map(|line| format!("{line}\n")).collect();
    assert!(old_first.lines().next().unwrap().contains(&upload::iso(START)));
    world.upload(&old_first).ok();
    let log = world.sim.log();
    let is_send = |at: &usize| log[*at].path.contains(upload::SEND_GARMIN) && log[*at].method == "POST";
    let sends: Vec<usize> = (0..log.len()).filter(is_send).collect();
    assert_eq!(sends.len(), 2);
    assert!(log[sends[0]..sends[1]].iter().any(|one| one.path.contains("/activitylist-service/")));
}

#[test]
fn activities_years_apart_have_separate_prechecks() {
    let world = world(&[START, LONG_AGO], |_| {});
    let plan = world.plan_of(COM, COROS, &[START, LONG_AGO]);
    world.let_lists_age();
    world.upload(&plan).ok();
    let days: std::collections::BTreeSet<String> =
        world.asked("coros.com", "/activity/query").into_iter().map(|one| one.query).collect();
    assert!(days.len() >= 2 && world.lists(COROS) <= 4, "{days:?}");
    assert_eq!((world.times(COROS, START), world.times(COROS, LONG_AGO)), (1, 1));
}

#[test]
fn an_activity_that_others_have_added_is_not_uploaded() {
    for to in [CN, COROS] {
        for when in [START, LONG_AGO] {
            let world = world(&[when], |_| {});
            let plan = world.plan_of(COM, to, &[when]);
            let id = add_by_hand(&world, to, when);
            world.let_lists_age();
            let said = world.upload(&plan);
            let record = said.ok().record();
            assert_eq!((&record["outcome"]["kind"], &record["outcome"]["id"]), (&"exists".into(), &id.into()));
            assert_eq!(codes(&record["reasons"])[0], "start-apart", "the evidence is on the record: {record}");
            assert_eq!((world.times(to, when), world.sent(to), world.looks(to)), (1, 0, 1));
            assert!(world.journal().is_empty(), "the journal has no entry");
            assert_eq!(world.stands(to, when, &[]).0, "exists", "the catalogue has the activity now");
        }
    }
}

#[test]
fn an_empty_precheck_is_ignored_if_activities_are_known() {
    for (to, no_content) in [(CN, false), (CN, true), (COROS, false)] {
        // All known activities of the target are months away.
        let when = START - 365 * DAY;
        let world = world(&[when], |_| {});
        let plan = world.plan_of(COM, to, &[when]);
        add_by_hand(&world, to, when);
        let list = if to == CN { "/activitylist-service/" } else { "/activity/query" };
        world.sim.fault(Fault::new(Effect::ListEmpty { no_content, count_true: false }).path(list).nth(1));
        let said = world.upload(&plan);
        assert_eq!((world.times(to, when), world.sent(to)), (1, 0), "{said}");
        assert_eq!(kinds(world.upload(&plan).ok()), ["exists"]);
    }
}

/// An imported activity is no evidence that a list is complete, because a list does not have to show it.
#[test]
fn imported_activities_do_not_make_an_empty_precheck_plausible() {
    for to in [CN, COROS] {
        let when = START - 365 * DAY;
        let world = world(&[when], |_| {});
        let plan = world.plan_of(COM, to, &[when]);
        for day in 1..4 {
            world.work.change(&format!(
                "INSERT INTO activities (platform, id, start_time, manual, first_seen, last_seen)
                 VALUES ('{to}', '77{day}', {}, 0, unixepoch(), unixepoch())",
                when - 10 * day * DAY
            ));
        }
        add_by_hand(&world, to, when);
        let list = if to == CN { "/activitylist-service/" } else { "/activity/query" };
        world.sim.fault(Fault::new(Effect::ListEmpty { no_content: false, count_true: false }).path(list).nth(1));
        let said = world.upload(&plan);
        assert_eq!((world.times(to, when), world.sent(to)), (1, 0), "{said}");
    }
}

#[test]
fn an_empty_precheck_is_ignored_if_all_known_activities_are_missing() {
    for to in [CN, COROS] {
        let world = world(&[START], |_| {});
        let plan = world.plan_of(COM, to, &[START]);
        world
            .work
            .change(&format!("UPDATE activities SET missing_count = 2, missing_since = 1 WHERE platform = '{to}'"));
        add_by_hand(&world, to, START);
        let list = if to == CN { "/activitylist-service/" } else { "/activity/query" };
        world.sim.fault(Fault::new(Effect::ListEmpty { no_content: false, count_true: false }).path(list).nth(1));
        let said = world.upload(&plan);
        assert_eq!((world.times(to, START), world.sent(to)), (1, 0), "{said}");
        assert_eq!(kinds(said.ok()), ["exists"]);
    }
}

#[test]
fn an_activity_that_starts_in_the_future_is_not_uploaded() {
    let ahead = jiff::Timestamp::now().as_second() + 30 * DAY;
    for to in [CN, COROS] {
        let world = world(&[ahead], |_| {});
        let listed = world.work.run("gs-list", &["--platform", COM]).out;
        let plan = world.work.given("gs-diff", &["--to", to, "--explain"], &listed);
        let mut planned = plan.records();
        planned.retain(|record| codes(&record["reasons"]) == ["start-not-covered"]);
        assert_eq!(planned.len(), 1, "{plan}");
        // A plan that was made under another clock.
        planned[0].as_object_mut().unwrap().remove("outcome");
        let plan = world.work.given("gs-download", &[], &format!("{}\n", planned[0])).ok().out.clone();
        let said = world.upload(&plan);
        assert_eq!(kinds(said.ok()), ["skipped"], "{said}");
        assert_eq!(codes(&said.record()["reasons"]), ["start-in-future"], "{said}");
    }
}

#[test]
fn nothing_is_uploaded_if_the_list_is_unavailable() {
    let unavailable = Effect::Status { status: 503, retry_after: None, body: None, content_type: None };
    for effect in [Effect::Cut { at: 100 }, Effect::Html, unavailable, Effect::JsonError] {
        for (to, list) in [(CN, "/activitylist-service/"), (COROS, "/activity/query")] {
            let world = world(&[START, START + DAY], |_| {});
            let plan = world.plan_of(COM, to, &[START, START + DAY]);
            world.let_lists_age();
            world.sim.fault(Fault::new(effect.clone()).contains(list));
            let said = world.upload(&plan);
            assert_eq!(kinds(said.ends(75)), ["problem retry"; 2], "{effect:?}");
            said.says("platform skipped for the rest of this run");
            assert_eq!(said.err.lines().count(), 1, "reported once: {said}");
            assert_eq!((world.sent(to), world.journal().len()), (0, 0));
            world.sim.clear_faults();
            assert_eq!(kinds(world.upload(&plan).ok()), ["created"; 2]);
            assert_eq!((world.times(to, START), world.times(to, START + DAY)), (1, 1));
        }
    }
}

#[test]
fn nothing_is_uploaded_if_the_list_has_shrunk() {
    for to in [CN, COROS] {
        let starts: Vec<i64> = (1..9).map(|day| START + day * DAY + 7).collect();
        let world = start(&[(COM, &[START]), (to, &starts)], |_| {});
        let plan = world.plan_of(COM, to, &[START]);
        world.let_lists_age();
        world.sim.with(|state| match to {
            COROS => state.coros.accounts[0].items.clear(),
            _ => state.account("garmin.cn").activities.truncate(2),
        });
        let said = world.upload(&plan);
        assert_eq!(kinds(said.ends(75)), ["problem retry"]);
        assert_eq!(code(&said.record()["problem"]["reason"]), "listing-implausible");
        said.says("listing ignored: ");
        assert_eq!((world.sent(to), world.journal().len()), (0, 0));
    }
}

/// Adds the same activity with another sport, as after a change by a person.
fn add_as_ride(world: &World, platform: &str) -> u64 {
    world.sim.with(|state| match platform {
        COROS => state.add_coros_activity(2, &CorosActivitySpec { sport: Some(200), ..coros_run_at(START + 20) }),
        name => {
            let ride = ActivitySpec { sport: Some("cycling".into()), ..run_at(START + 20) };
            state.add_activity(&name.replace('-', "."), &ride)
        }
    })
}

#[test]
fn a_possible_duplicate_is_uploaded_only_if_the_record_allows_it() {
    for to in [CN, COROS] {
        let world = world(&[START], |_| {});
        let existing = add_as_ride(&world, to);
        world.work.run("gs-fetch", &[]).ok();
        let (kind, codes) = world.stands(to, START, &[]);
        assert_eq!((kind.as_str(), codes[0].as_str()), ("skipped", "possible-duplicate"));
        let plan = world.planned(&["--to", to, "--possible-duplicates"], &[START]);
        let said = world.upload(&plan.replace("\"allow_possible_duplicate\":true,", ""));
        let record = said.ok().record();
        let reason = &record["reasons"][0];
        assert_eq!((code(reason), &reason["id"]), ("possible-duplicate", &existing.to_string().into()));
        assert_eq!((kinds(&said), world.sent(to)), (vec!["skipped".to_owned()], 0));
        let record = world.upload(&plan).ok().record();
        assert_eq!((&record["outcome"]["kind"], world.times(to, START)), (&"created".into(), 2));
        assert_ne!(record["outcome"]["id"], existing.to_string());
        assert_eq!(world.stands(to, START, &[]).0, "exists");
    }
}

#[test]
fn an_unconfirmed_upload_is_not_mistaken_for_an_existing_activity() {
    let world = world(&[START], |scenario| scenario.coros[0].import.vanishes = true);
    let plan = world.plan_of(COM, COROS, &[START]).replace("\"to\":", "\"allow_possible_duplicate\":true,\"to\":");
    // The precheck is the first listing that shows the ride, perhaps in the same second.
    add_as_ride(&world, COROS);
    world.let_lists_age();
    assert_eq!(kinds(world.upload(&plan).ok()), ["pending"]);
    assert_eq!((world.outcomes(), world.sent(COROS)), (vec!["open".to_owned()], 1));
    assert_eq!(kinds(world.settle().ok()), ["pending"], "the next run does not mistake it either");
}
