//! `gs-upload` killed at each step: the next run settles or repeats the upload, and creates no duplicate.

use std::time::Duration;

use crate::support;
use crate::support::upload::{
    self, CN, COM, COROS, IMPORT, SEND_GARMIN, START, World, kill, kinds, one_planned, world,
};
use gs_sim::{Effect, Fault, UploadAnswer};

/// A target, and the path of the request that creates an activity there.
const TARGETS: [(&str, &str); 2] = [(CN, SEND_GARMIN), (COROS, IMPORT)];

/// Kills `gs-upload` as soon as `effect` has hit the request that creates an activity.
fn killed(to: &str, path: &str, effect: Effect) -> (World, String) {
    let (world, plan) = one_planned(to);
    world.sim.fault(Fault::new(effect).contains(path).count(1));
    let child = world.work.spawn("gs-upload", &[], &plan);
    world.wait_for_fault();
    kill(child);
    world.sim.clear_faults();
    (world, plan)
}

/// Asserts that `gs-diff` shows the open upload as pending, and that `gs-upload` settles it without a duplicate.
#[track_caller]
fn assert_settled_once(world: &World, to: &str, plan: &str, sent: usize) {
    assert_eq!(world.outcomes(), ["open"]);
    assert_eq!(world.stands(to, START, &[]).0, "pending", "an open upload is neither missing nor existing");
    let said = world.settle();
    assert_eq!(kinds(said.ok()), ["created"], "{said}");
    assert_eq!(said.record()["activity"]["start_time"], upload::iso(START));
    assert_eq!((world.times(to, START), world.sent(to)), (1, sent), "{:?}", support::requests(&world.sim));
    let last = world.journal().pop().unwrap();
    assert!(last.confirmed && last.outcome.as_deref() == Some("created"), "{last:?}");
    assert_eq!(world.stands(to, START, &[]).0, "exists");
    assert_eq!(kinds(world.upload(plan).ok()), ["exists"]);
    world.sim.clear_log();
    assert_eq!(
        (world.settle().ok().silent().out.as_str(), world.sim.log().len()),
        ("", 0),
        "nothing is left to settle"
    );
    assert_eq!((world.times(to, START), world.sent(to)), (1, 0));
}

#[test]
fn an_upload_killed_before_its_request_is_made_by_the_next_run() {
    for (to, path) in TARGETS {
        // At Garmin the request has no effect; at COROS even the request for store credentials has no response.
        let path = if to == COROS { upload::STS } else { path };
        let (world, plan) = killed(to, path, Effect::Stall { ms: 20_000 });
        assert_eq!(world.times(to, START), 0);
        assert_settled_once(&world, to, &plan, if to == COROS { 1 } else { 2 });
        assert_eq!(world.outcomes(), ["failed", "created"]);
    }
}

#[test]
fn an_upload_killed_before_the_import_is_imported_by_the_next_run() {
    let (world, plan) = killed(COROS, IMPORT, Effect::Stall { ms: 20_000 });
    assert_eq!(world.sim.with(|state| state.coros.jobs.len()), 0);
    assert_settled_once(&world, COROS, &plan, 2);
    assert_eq!(world.sim.with(|state| state.coros.jobs.len()), 1);
}

#[test]
fn a_run_killed_between_request_and_response_creates_no_duplicate() {
    for (to, path) in TARGETS {
        let (world, plan) = killed(to, path, Effect::Held { ms: 20_000 });
        assert_eq!(world.times(to, START), 1);
        assert_settled_once(&world, to, &plan, 1);
        assert_eq!(world.outcomes(), ["created"]);
    }
}

#[test]
fn a_run_killed_between_response_and_journal_entry_creates_no_duplicate() {
    for (to, path) in TARGETS {
        let (world, plan) = one_planned(to);
        world.sim.fault(Fault::new(Effect::Held { ms: 300 }).contains(path).count(1));
        let child = world.work.spawn("gs-upload", &[], &plan);
        world.wait_for_fault();
        // A write transaction on the catalogue delays the journal entry.
        let other = rusqlite::Connection::open(world.work.data("catalogue.sqlite")).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        std::thread::sleep(Duration::from_millis(900));
        kill(child);
        drop(other);
        let row = world.journal().remove(0);
        assert!(row.ticket.is_none() && row.reason.is_none(), "{row:?}");
        assert_settled_once(&world, to, &plan, 1);
    }
}

#[test]
fn a_run_killed_while_polling_the_status_creates_no_duplicate() {
    for (to, status_path) in [(CN, upload::STATUS_GARMIN), (COROS, upload::QUEUE)] {
        let (world, plan) = one_planned(to);
        world.list_uploads_after(600);
        world.sim.fault(Fault::new(Effect::Held { ms: 20_000 }).contains(status_path).count(1));
        let child = world.work.spawn("gs-upload", &[], &plan);
        world.wait_for_fault();
        kill(child);
        world.sim.with(|state| state.advance(601));
        assert!(world.journal()[0].ticket.is_some());
        assert_settled_once(&world, to, &plan, 1);
    }
}

#[test]
fn a_run_killed_while_confirming_an_upload_creates_no_duplicate() {
    // The precheck takes two requests at Garmin, one at COROS.
    for (to, list, precheck_requests) in [(CN, "/activitylist-service/", 2), (COROS, "/activity/query", 1)] {
        let (world, plan) = one_planned(to);
        // The response of Garmin names the activity.
        world.sim.with(|state| state.account("garmin.cn").spec.upload.answer = UploadAnswer::Created);
        world.sim.fault(Fault::new(Effect::Stall { ms: 20_000 }).contains(list).after(precheck_requests).count(1));
        let child = world.work.spawn("gs-upload", &[], &plan);
        world.wait_for_fault();
        kill(child);
        world.sim.clear_faults();
        if to == COROS {
            assert_settled_once(&world, to, &plan, 1);
            continue;
        }
        // Garmin has returned the id: the activity exists, and the next listing confirms it.
        let row = world.journal().remove(0);
        assert!(row.outcome.as_deref() == Some("created") && !row.confirmed, "{row:?}");
        assert_eq!(world.stands(to, START, &[]).0, "exists");
        world.work.run("gs-fetch", &[]).ok();
        assert!(world.journal()[0].confirmed);
        assert_eq!((world.times(to, START), world.sent(to)), (1, 1));
    }
}

#[test]
fn an_upload_without_response_is_settled_and_not_repeated() {
    for (to, path) in TARGETS {
        let (world, plan) = one_planned(to);
        world.sim.fault(Fault::new(Effect::AnswerLost).contains(path).count(1));
        let said = world.upload(&plan);
        assert_eq!(kinds(said.ends(75)), ["problem retry"]);
        said.says("; checked next run");
        assert_settled_once(&world, to, &plan, 1);
    }
}

#[test]
fn an_unconfirmed_upload_is_not_retried_while_the_list_is_unusable() {
    for (to, path, list) in [(CN, SEND_GARMIN, "/activitylist-service/"), (COROS, IMPORT, "/activity/query")] {
        let (world, plan) = killed(to, path, Effect::Stall { ms: 20_000 });
        world.sim.fault(Fault::new(Effect::Html).contains(list));
        let sent = world.sent(to);
        for _ in 0..2 {
            let said = world.settle();
            assert_eq!(kinds(said.ends(75)), ["pending"], "{said}");
            said.says("status of 1 upload unknown");
            assert_eq!(said.err.lines().count(), 1, "reported once: {said}");
            assert_eq!((world.outcomes(), world.sent(to)), (vec!["open".to_owned()], sent));
        }
        world.sim.clear_faults();
        assert_settled_once(&world, to, &plan, sent + 1);
    }
}

#[test]
fn an_upload_stays_open_while_its_status_request_fails() {
    for (to, path, status_path) in [(CN, SEND_GARMIN, upload::STATUS_GARMIN), (COROS, IMPORT, upload::QUEUE)] {
        let (world, plan) = one_planned(to);
        let down = Effect::Status { status: 503, retry_after: None, body: None, content_type: None };
        world.list_uploads_after(600);
        world.sim.fault(Fault::new(down).contains(status_path));
        let said = world.work.given("gs-upload", &["--upload-wait", "0"], &plan);
        assert_eq!(kinds(said.ends(75)), ["pending"], "{said}");
        said.says("HTTP 503");
        assert_eq!((world.outcomes(), world.sent(to)), (vec!["open".to_owned()], 1), "{path}");
        world.sim.clear_faults();
        world.sim.with(|state| state.advance(601));
        assert_settled_once(&world, to, &plan, 1);
    }
}

#[test]
fn a_kill_among_many_uploads_neither_duplicates_nor_loses_any() {
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
        // Four uploads of the first run are settled; the plan finds them existing or still pending.
        assert_eq!((said.len(), said.iter().filter(|kind| *kind == "created").count()), (10, 6), "{said:?}");
        assert!(starts.iter().all(|start| world.times(to, *start) == 1));
        assert_eq!((world.sent(to), world.outcomes()), (6, vec!["created".to_owned(); 6]));
    }
}
