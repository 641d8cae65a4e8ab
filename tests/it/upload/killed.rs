//! `gs-upload` killed at each step: the next run settles it or sends it, and nothing is doubled.

use std::time::Duration;

use crate::support;
use crate::support::upload::{
    self, CN, COM, COROS, IMPORT, SEND_GARMIN, START, World, kill, kinds, one_planned, world,
};
use gs_sim::{Effect, Fault};

/// A target, and the path that makes an activity of a file there.
const TARGETS: [(&str, &str); 2] = [(CN, SEND_GARMIN), (COROS, IMPORT)];

/// Kills a `gs-upload` once `effect` has struck at the request that makes an activity.
fn killed(to: &str, path: &str, effect: Effect) -> (World, String) {
    let (world, plan) = one_planned(to);
    world.sim.fault(Fault::new(effect).contains(path).count(1));
    let child = world.work.spawn("gs-upload", &[], &plan);
    world.wait_for_fault();
    kill(child);
    world.sim.clear_faults();
    (world, plan)
}

/// What is open is pending for `gs-diff`, then `gs-upload` alone brings it to its end, and nothing is there twice.
#[track_caller]
fn comes_to_its_end(world: &World, to: &str, plan: &str, sent: usize) {
    assert_eq!(world.outcomes(), ["open"]);
    assert_eq!(world.stands(to, START, &[]).0, "pending", "neither missing nor done");
    let said = world.settle();
    assert_eq!(kinds(said.ok()), ["created"], "{said}");
    assert_eq!(said.record()["activity"]["start_time"], upload::iso(START));
    assert_eq!((world.times(to, START), world.sent(to)), (1, sent), "{:?}", support::requests(&world.sim));
    let last = world.journal().pop().unwrap();
    assert!(last.confirmed && last.outcome.as_deref() == Some("created"), "{last:?}");
    assert_eq!(world.stands(to, START, &[]).0, "exists");
    assert_eq!(kinds(world.upload(plan).ok()), ["exists"]);
    world.sim.clear_log();
    assert_eq!((world.settle().ok().silent().out.as_str(), world.sim.log().len()), ("", 0), "nothing is left to ask");
    assert_eq!((world.times(to, START), world.sent(to)), (1, 0));
}

#[test]
fn killed_when_the_intent_is_written_and_nothing_is_sent() {
    for (to, path) in TARGETS {
        // At Garmin the request does not take effect; at COROS not even the keys to the store come.
        let path = if to == COROS { upload::STS } else { path };
        let (world, plan) = killed(to, path, Effect::Stall { ms: 20_000 });
        assert_eq!(world.times(to, START), 0);
        comes_to_its_end(&world, to, &plan, if to == COROS { 1 } else { 2 });
        assert_eq!(world.outcomes(), ["failed", "created"]);
    }
}

#[test]
fn killed_when_the_file_is_in_the_store_and_not_imported() {
    let (world, plan) = killed(COROS, IMPORT, Effect::Stall { ms: 20_000 });
    assert_eq!(world.sim.with(|state| state.coros.jobs.len()), 0);
    comes_to_its_end(&world, COROS, &plan, 2);
    assert_eq!(world.sim.with(|state| state.coros.jobs.len()), 1);
}

#[test]
fn killed_after_the_request_and_before_its_answer() {
    for (to, path) in TARGETS {
        let (world, plan) = killed(to, path, Effect::Held { ms: 20_000 });
        assert_eq!(world.times(to, START), 1);
        comes_to_its_end(&world, to, &plan, 1);
        assert_eq!(world.outcomes(), ["created"]);
    }
}

#[test]
fn killed_after_the_answer_and_before_its_row() {
    for (to, path) in TARGETS {
        let (world, plan) = one_planned(to);
        world.sim.fault(Fault::new(Effect::Held { ms: 300 }).contains(path).count(1));
        let child = world.work.spawn("gs-upload", &[], &plan);
        world.wait_for_fault();
        // Whoever writes into the catalogue now holds up the row.
        let other = rusqlite::Connection::open(world.work.data("catalogue.sqlite")).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        std::thread::sleep(Duration::from_millis(900));
        kill(child);
        drop(other);
        let row = world.journal().remove(0);
        assert!(row.ticket.is_none() && row.reason.is_none(), "{row:?}");
        comes_to_its_end(&world, to, &plan, 1);
    }
}

#[test]
fn killed_while_it_waits_for_the_end() {
    for (to, question) in [(CN, upload::STATUS_GARMIN), (COROS, upload::QUEUE)] {
        let (world, plan) = one_planned(to);
        world.sim.fault(Fault::new(Effect::Held { ms: 20_000 }).contains(question).count(1));
        let child = world.work.spawn("gs-upload", &[], &plan);
        world.wait_for_fault();
        kill(child);
        assert!(world.journal()[0].ticket.is_some());
        comes_to_its_end(&world, to, &plan, 1);
    }
}

#[test]
fn killed_while_it_reads_back() {
    // The look before the upload is two requests at Garmin, one at COROS.
    for (to, list, look) in [(CN, "/activitylist-service/", 2), (COROS, "/activity/query", 1)] {
        let (world, plan) = one_planned(to);
        world.sim.fault(Fault::new(Effect::Stall { ms: 20_000 }).contains(list).after(look).count(1));
        let child = world.work.spawn("gs-upload", &[], &plan);
        world.wait_for_fault();
        kill(child);
        world.sim.clear_faults();
        if to == COROS {
            comes_to_its_end(&world, to, &plan, 1);
            continue;
        }
        // Garmin has told the id: it is there, and the next listing confirms it.
        let row = world.journal().remove(0);
        assert!(row.outcome.as_deref() == Some("created") && !row.confirmed, "{row:?}");
        assert_eq!(world.stands(to, START, &[]).0, "exists");
        world.work.run("gs-fetch", &[]).ok();
        assert!(world.journal()[0].confirmed);
        assert_eq!((world.times(to, START), world.sent(to)), (1, 1));
    }
}

#[test]
fn an_answer_that_is_lost_is_looked_up_and_nothing_sent_again() {
    for (to, path) in TARGETS {
        let (world, plan) = one_planned(to);
        world.sim.fault(Fault::new(Effect::AnswerLost).contains(path).count(1));
        let said = world.upload(&plan);
        assert_eq!(kinds(said.ends(75)), ["problem retry"]);
        said.says("; checked next run");
        comes_to_its_end(&world, to, &plan, 1);
    }
}

#[test]
fn nothing_is_sent_again_while_the_list_cannot_say_that_it_never_arrived() {
    for (to, path, list) in [(CN, SEND_GARMIN, "/activitylist-service/"), (COROS, IMPORT, "/activity/query")] {
        let (world, plan) = killed(to, path, Effect::Stall { ms: 20_000 });
        world.sim.fault(Fault::new(Effect::Html).contains(list));
        let sent = world.sent(to);
        for _ in 0..2 {
            let said = world.settle();
            assert_eq!(kinds(said.ends(75)), ["pending"], "{said}");
            said.says("status of 1 upload unknown");
            assert_eq!(said.err.lines().count(), 1, "told once: {said}");
            assert_eq!((world.outcomes(), world.sent(to)), (vec!["open".to_owned()], sent));
        }
        world.sim.clear_faults();
        comes_to_its_end(&world, to, &plan, sent + 1);
    }
}

#[test]
fn what_is_asked_for_stays_open_while_the_service_is_down() {
    for (to, path, question) in [(CN, SEND_GARMIN, upload::STATUS_GARMIN), (COROS, IMPORT, upload::QUEUE)] {
        let (world, plan) = one_planned(to);
        let down = Effect::Status { status: 503, retry_after: None, body: None, content_type: None };
        world.sim.fault(Fault::new(down).contains(question));
        let said = world.work.given("gs-upload", &["--upload-wait", "0"], &plan);
        assert_eq!(kinds(said.ends(75)), ["pending"], "{said}");
        said.says("HTTP 503");
        assert_eq!((world.outcomes(), world.sent(to)), (vec!["open".to_owned()], 1), "{path}");
        world.sim.clear_faults();
        comes_to_its_end(&world, to, &plan, 1);
    }
}

#[test]
fn a_kill_amid_many_doubles_none_and_loses_none() {
    for (to, path) in TARGETS {
        let starts: Vec<i64> = (0..6).map(|day| START + day * (upload::DAY + 401)).collect();
        let world = world(&starts, |_| {});
        let plan = world.plan_of(COM, to, &starts);
        world.sim.fault(Fault::new(Effect::Held { ms: 20_000 }).contains(path).after(3).count(1));
        let child = world.work.spawn("gs-upload", &[], &plan);
        world.wait_for_fault();
        kill(child);
        world.sim.clear_faults();
        let said = kinds(world.upload(&plan).ok());
        // Four of the first run come to their end; the plan finds them there, or still on their way.
        assert_eq!((said.len(), said.iter().filter(|kind| *kind == "created").count()), (10, 6), "{said:?}");
        assert!(starts.iter().all(|start| world.times(to, *start) == 1));
        assert_eq!((world.sent(to), world.outcomes()), (6, vec!["created".to_owned(); 6]));
    }
}
