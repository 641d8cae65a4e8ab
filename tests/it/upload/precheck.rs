//! `gs-upload` looks before it sends: what is there is not sent, whoever put it there and however little is known of it.

use crate::support::upload;
use crate::support::upload::{CN, COM, COROS, DAY, START, World, coros_run_at, kinds, run_at, start, world};
use crate::support::{self, code, codes};
use gs_sim::{ActivitySpec, CorosActivitySpec, Effect, Fault};

/// Ten years ago.
const LONG_AGO: i64 = START - 3650 * DAY;

/// Puts an group onto a platform by hand.
fn put_by_hand(world: &World, platform: &str, start: i64) -> String {
    world.sim.with(|state| match platform {
        COROS => state.add_coros_activity(2, &coros_run_at(start)).to_string(),
        name => state.add_activity(&name.replace('-', "."), &run_at(start)).to_string(),
    })
}

#[test]
fn a_list_that_another_command_has_just_read_does_not_replace_the_look() {
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
        // One look before both, one at what became of both.
        assert_eq!((world.looks(to), world.sent(to)), (2, 2));
    }
}

#[test]
fn one_look_at_a_stale_list_serves_all_neighbours() {
    for to in [CN, COROS] {
        let starts: Vec<i64> = (0..5).map(|day| START + day * DAY).collect();
        let world = world(&starts, |_| {});
        let plan = world.plan_of(COM, to, &starts);
        world.let_lists_age();
        let said = world.upload(&plan);
        assert_eq!(kinds(said.ok()), ["created"; 5]);
        // One look before the first, and one at what became of all.
        assert_eq!((world.looks(to), world.sent(to)), (2, 5), "{:?}", support::requests(&world.sim));
    }
}

#[test]
fn a_look_that_is_too_old_when_the_upload_has_its_turn_is_taken_again() {
    // A slow store, after which the order for the import follows; and a watch that syncs meanwhile.
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

/// Each page of the list takes most of the time that a look serves, and Garmin's list ends with a second one.
#[test]
fn an_upload_goes_out_over_a_slow_line() {
    // Something older on the first page: no other is needed. Nothing older: the second page tells, and is new enough.
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

/// The page that shows nothing of an old group is asked for after the one that shows what is newer, which may be too old.
#[test]
fn a_look_for_something_old_does_not_serve_what_stands_above_it() {
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
fn a_look_that_is_always_too_old_says_why_and_what_helps() {
    let mut world = start(&[(COM, &[START]), (CN, &[START - 30 * DAY])], |_| {});
    let plan = world.plan_of(COM, CN, &[START]);
    world.sim.fault(Fault::new(Effect::Held { ms: 15_500 }).path("/activitylist-service/"));
    let said = world.upload(&plan);
    assert_eq!((kinds(said.ends(75)), world.sent(CN)), (vec!["problem retry".to_owned()], 0));
    assert!(said.out.contains("slow") && said.out.contains("GS_REQUEST_INTERVAL"), "{said}");
    // What it says does help: a list serves longer.
    world.work.set("GS_REQUEST_INTERVAL", "4s");
    world.sim.clear_faults();
    world.sim.fault(Fault::new(Effect::Held { ms: 15_500 }).path("/activitylist-service/").count(1));
    world.upload(&plan).ok();
    assert_eq!(world.times(CN, START), 1);
}

#[test]
fn years_apart_each_has_its_own_look() {
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
fn what_somebody_put_there_since_is_there_already() {
    for to in [CN, COROS] {
        for when in [START, LONG_AGO] {
            let world = world(&[when], |_| {});
            let plan = world.plan_of(COM, to, &[when]);
            let id = put_by_hand(&world, to, when);
            world.let_lists_age();
            let said = world.upload(&plan);
            let record = said.ok().record();
            assert_eq!((&record["outcome"]["kind"], &record["outcome"]["id"]), (&"exists".into(), &id.into()));
            assert_eq!(codes(&record["reasons"])[0], "start-apart", "the evidence is on the record: {record}");
            assert_eq!((world.times(to, when), world.sent(to), world.looks(to)), (1, 0, 1));
            assert!(world.journal().is_empty(), "nothing was intended");
            assert_eq!(world.stands(to, when, &[]).0, "exists", "and now it is known");
        }
    }
}

#[test]
fn a_look_that_shows_nothing_is_not_the_end_where_something_is_known() {
    for (to, no_content) in [(CN, false), (CN, true), (COROS, false)] {
        // All that is known there is months away.
        let when = START - 365 * DAY;
        let world = world(&[when], |_| {});
        let plan = world.plan_of(COM, to, &[when]);
        put_by_hand(&world, to, when);
        let list = if to == CN { "/activitylist-service/" } else { "/activity/query" };
        world.sim.fault(Fault::new(Effect::ListEmpty { no_content, count_true: false }).path(list).nth(1));
        let said = world.upload(&plan);
        assert_eq!((world.times(to, when), world.sent(to)), (1, 0), "{said}");
        assert_eq!(kinds(world.upload(&plan).ok()), ["exists"]);
    }
}

/// What only an import tells of is no evidence that a list is whole: no list has to show it.
#[test]
fn imported_activities_that_no_list_shows_do_not_make_an_empty_look_believable() {
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
        put_by_hand(&world, to, when);
        let list = if to == CN { "/activitylist-service/" } else { "/activity/query" };
        world.sim.fault(Fault::new(Effect::ListEmpty { no_content: false, count_true: false }).path(list).nth(1));
        let said = world.upload(&plan);
        assert_eq!((world.times(to, when), world.sent(to)), (1, 0), "{said}");
    }
}

#[test]
fn an_empty_look_is_not_believed_where_all_that_was_known_is_gone() {
    for to in [CN, COROS] {
        let world = world(&[START], |_| {});
        let plan = world.plan_of(COM, to, &[START]);
        world
            .work
            .change(&format!("UPDATE activities SET missing_count = 2, missing_since = 1 WHERE platform = '{to}'"));
        put_by_hand(&world, to, START);
        let list = if to == CN { "/activitylist-service/" } else { "/activity/query" };
        world.sim.fault(Fault::new(Effect::ListEmpty { no_content: false, count_true: false }).path(list).nth(1));
        let said = world.upload(&plan);
        assert_eq!((world.times(to, START), world.sent(to)), (1, 0), "{said}");
        assert_eq!(kinds(said.ok()), ["exists"]);
    }
}

#[test]
fn what_begins_in_the_future_is_not_sent() {
    let ahead = jiff::Timestamp::now().as_second() + 30 * DAY;
    for to in [CN, COROS] {
        let world = world(&[ahead], |_| {});
        let listed = world.work.run("gs-list", &["--platform", COM]).out;
        let plan = world.work.given("gs-diff", &["--to", to, "--explain"], &listed);
        let mut planned = plan.records();
        planned.retain(|record| codes(&record["reasons"]) == ["not-listed-yet"]);
        assert_eq!(planned.len(), 1, "{plan}");
        // One that was planned under another clock.
        planned[0].as_object_mut().unwrap().remove("outcome");
        let plan = world.work.given("gs-download", &[], &format!("{}\n", planned[0])).ok().out.clone();
        let said = world.upload(&plan);
        assert_eq!(kinds(said.ok()), ["skipped"], "{said}");
        assert_eq!(codes(&said.record()["reasons"]), ["start-in-future"], "{said}");
    }
}

#[test]
fn nothing_is_sent_where_the_list_is_not_to_be_had() {
    let refused = Effect::Status { status: 503, retry_after: None, body: None, content_type: None };
    for effect in [Effect::Cut { at: 100 }, Effect::Html, refused, Effect::JsonError] {
        for (to, list) in [(CN, "/activitylist-service/"), (COROS, "/activity/query")] {
            let world = world(&[START, START + DAY], |_| {});
            let plan = world.plan_of(COM, to, &[START, START + DAY]);
            world.let_lists_age();
            world.sim.fault(Fault::new(effect.clone()).contains(list));
            let said = world.upload(&plan);
            assert_eq!(kinds(said.ends(75)), ["problem retry"; 2], "{effect:?}");
            said.says("platform skipped for the rest of this run");
            assert_eq!(said.err.lines().count(), 1, "told once: {said}");
            assert_eq!((world.sent(to), world.journal().len()), (0, 0));
            world.sim.clear_faults();
            assert_eq!(kinds(world.upload(&plan).ok()), ["created"; 2]);
            assert_eq!((world.times(to, START), world.times(to, START + DAY)), (1, 1));
        }
    }
}

#[test]
fn nothing_is_sent_where_the_list_is_suddenly_shorter() {
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

/// The same group under another sport, as somebody has changed it by hand.
fn ride_by_hand(world: &World, platform: &str) -> u64 {
    world.sim.with(|state| match platform {
        COROS => state.add_coros_activity(2, &CorosActivitySpec { sport: Some(200), ..coros_run_at(START + 20) }),
        name => {
            let ride = ActivitySpec { sport: Some("cycling".into()), ..run_at(START + 20) };
            state.add_activity(&name.replace('-', "."), &ride)
        }
    })
}

#[test]
fn what_may_be_there_is_held_and_sent_when_the_record_says_so() {
    for to in [CN, COROS] {
        let world = world(&[START], |_| {});
        let there = ride_by_hand(&world, to);
        world.work.run("gs-fetch", &[]).ok();
        let (kind, codes) = world.stands(to, START, &[]);
        assert_eq!((kind.as_str(), codes[0].as_str()), ("skipped", "possible-duplicate"));
        let plan = world.planned(&["--to", to, "--possible-duplicates"], &[START]);
        let said = world.upload(&plan.replace("\"allow_possible_duplicate\":true,", ""));
        let record = said.ok().record();
        let reason = &record["reasons"][0];
        assert_eq!((code(reason), &reason["id"]), ("possible-duplicate", &there.to_string().into()));
        assert_eq!((kinds(&said), world.sent(to)), (vec!["skipped".to_owned()], 0));
        let record = world.upload(&plan).ok().record();
        assert_eq!((&record["outcome"]["kind"], world.times(to, START)), (&"created".into(), 2));
        assert_ne!(record["outcome"]["id"], there.to_string());
        assert_eq!(world.stands(to, START, &[]).0, "exists");
    }
}

#[test]
fn what_was_sent_in_doubt_is_not_read_back_as_what_was_there() {
    let world = world(&[START], |scenario| scenario.coros[0].import.vanishes = true);
    let plan = world.plan_of(COM, COROS, &[START]).replace("\"to\":", "\"allow_possible_duplicate\":true,\"to\":");
    // The look before the upload is the first to see it, perhaps in the same second.
    ride_by_hand(&world, COROS);
    world.let_lists_age();
    assert_eq!(kinds(world.upload(&plan).ok()), ["pending"]);
    assert_eq!((world.outcomes(), world.sent(COROS)), (vec!["open".to_owned()], 1));
    assert_eq!(kinds(world.settle().ok()), ["pending"], "nor by the next run");
}
