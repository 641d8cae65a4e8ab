//! Uploads without a response: platforms list late, so one listing without the activity proves nothing.

use crate::support::upload::{CN, COM, COROS, DAY, IMPORT, SEND_GARMIN, START, World, kinds, world};
use crate::support::{code, codes};
use gs_sim::{Effect, Fault, ImportSpec, UploadSpec};

const TARGETS: [(&str, &str); 2] = [(CN, SEND_GARMIN), (COROS, IMPORT)];

/// One upload without a response. `arrived`: whether the platform has the activity.
fn lost(to: &str, path: &str, arrived: bool) -> (World, String) {
    let mut world = world(&[START], |scenario| {
        // A status request without a ticket has no result, and the list shows the activity late.
        let late = UploadSpec { listed_after_requests: 3, ..UploadSpec::default() };
        scenario.accounts[1].upload = late;
        scenario.coros[0].import = ImportSpec { listed_after_requests: 3, ..ImportSpec::default() };
    });
    world.work.set("GS_RESEND_WAIT", "10m").set("GS_UPLOAD_WAIT", "0");
    let plan = world.plan_of(COM, to, &[START]);
    let effect = if arrived { Effect::AnswerLost } else { Effect::Reset };
    world.sim.fault(Fault::new(effect).contains(path).count(1));
    world.upload(&plan).ends(75);
    assert_eq!(world.outcomes(), ["open"]);
    (world, plan)
}

#[test]
fn an_upload_that_is_listed_late_is_not_repeated() {
    // Settled at once and an hour later, or only an hour later with two listings. The first listing does not show it.
    for hours in [&[0, 1][..], &[1][..]] {
        let (world, plan) = lost(CN, SEND_GARMIN, true);
        for hours in hours {
            world.let_hours_pass(*hours);
            world.settle().ok();
        }
        assert_eq!((world.times(CN, START), world.sent(CN)), (1, 1), "{hours:?}");
        assert_eq!(kinds(world.upload(&plan).ok()), ["exists"]);
        assert_eq!(world.times(CN, START), 1);
    }
}

#[test]
fn an_upload_that_never_arrived_is_retried_after_two_listings() {
    for (to, path) in TARGETS {
        let (world, _) = lost(to, path, false);
        let said = world.settle();
        assert_eq!(kinds(said.ok()), ["pending"], "{to}");
        assert_eq!(codes(&said.record()["reasons"]), ["response-lost"], "{said}");
        assert_eq!((world.sent(to), world.times(to, START)), (1, 0));
        assert_eq!(world.stands(to, START, &[]).0, "pending", "the activity is not planned again");
        world.let_hours_pass(1);
        let listings = world.looks(to);
        world.settle().ok();
        assert_eq!((world.sent(to), world.times(to, START)), (2, 1), "{to}");
        assert!(world.looks(to) > listings, "another listing precedes the retry");
    }
}

#[test]
fn the_second_retry_of_an_upload_waits_twice_as_long() {
    let (world, _) = lost(COROS, IMPORT, false);
    world.sim.fault(Fault::new(Effect::Reset).contains(IMPORT).count(1));
    world.let_hours_pass(1);
    world.settle().ends(75);
    assert_eq!((world.sent(COROS), world.outcomes()), (2, vec!["failed".to_owned(), "open".to_owned()]));
    // A quarter of an hour was enough for the first retry.
    world.work.change("UPDATE uploads SET started_at = started_at - 15 * 60");
    assert_eq!(kinds(world.settle().ok()), ["pending"]);
    assert_eq!(world.sent(COROS), 2);
    world.let_hours_pass(1);
    world.settle().ok();
    assert_eq!((world.sent(COROS), world.times(COROS, START)), (3, 1));
}

#[test]
fn an_upload_started_in_the_future_counts_as_started_now() {
    let (world, _) = lost(COROS, IMPORT, false);
    world.work.change(&format!("UPDATE uploads SET started_at = started_at + {}", 10 * DAY));
    world.settle();
    world.settle();
    assert_eq!(world.sent(COROS), 1);
    world.work.change("UPDATE uploads SET started_at = started_at - 700");
    world.settle().ok();
    assert_eq!((world.sent(COROS), world.times(COROS, START)), (2, 1));
}

#[test]
fn max_upload_splits_a_large_first_sync_over_several_runs() {
    let starts: Vec<i64> = (0..7).map(|day| START + day * (DAY + 77)).collect();
    let mut world = world(&starts, |_| {});
    world.work.set("MAX_UPLOAD", "3");
    let plan = world.plan_of(COM, COROS, &starts);
    // The dry run shows as many uploads as this run would make.
    let said = world.work.given("gs-upload", &["-n"], &plan);
    said.ok().says("3 would be uploaded in this run, 4 in the next ones: at most 3 uploads per run");
    assert_eq!(said.err.matches(": would upload to ").count(), 3, "{said}");
    world.work.given("gs-upload", &["-n", "--max-upload", "0"], &plan);
    let said = world.upload(&plan);
    assert_eq!(said.ok().says("4 left for the next run").records().len(), 7);
    assert_eq!(kinds(&said).iter().filter(|kind| *kind == "skipped").count(), 4);
    assert_eq!(world.sent(COROS), 3);
    world.work.given("gs-upload", &["--max-upload", "1"], &plan).ok().says("3 left");
    world.work.given("gs-upload", &["--max-upload", "0"], &plan).ok();
    assert!(starts.iter().all(|start| world.times(COROS, *start) == 1));
}

#[test]
fn a_file_that_never_arrives_while_others_do_is_rejected() {
    for others_arrive in [false, true] {
        let starts = [START, START + DAY + 401];
        let mut world = world(&starts, |_| {});
        world.work.set("GS_RESEND_WAIT", "10m");
        let (plan, other) = (world.plan_of(COM, CN, &starts[..1]), world.plan_of(COM, CN, &starts[1..]));
        let fail_uploads = || world.sim.fault(Fault::new(Effect::Reset).contains(SEND_GARMIN));
        fail_uploads();
        world.upload(&plan).ends(75);
        if others_arrive {
            world.sim.clear_faults();
            let said = world.upload(&other);
            assert_eq!(kinds(&said), ["pending", "created"], "{said}");
            fail_uploads();
        }
        for _ in 0..7 {
            world.let_hours_pass(400);
            world.settle();
        }
        let rejected = world.journal().into_iter().find(|row| row.outcome.as_deref() == Some("rejected"));
        let reason = rejected.map(|row| code(&row.reason.unwrap()).to_owned());
        // If no file arrives, the platform has an outage.
        assert_eq!(reason.as_deref(), others_arrive.then_some("file-never-received"), "{:?}", world.outcomes());
        if others_arrive {
            // The file is uploaded five times; the second upload is of the other file.
            assert_eq!(world.outcomes().join(" "), "failed created failed failed failed rejected");
        }
    }
}

#[test]
fn an_upload_first_shown_by_an_older_listing_is_confirmed() {
    let (world, _) = lost(CN, SEND_GARMIN, true);
    (0..4).for_each(|_| drop(world.work.run("gs-fetch", &[])));
    // A slow listing of another command, which started before the upload and so has a lower number, showed it first.
    world.work.change("UPDATE activities SET first_listing = 1 WHERE platform = 'garmin-cn'");
    assert_eq!(kinds(world.settle().ok()), ["created"]);
}

#[test]
fn an_open_upload_to_a_removed_platform_does_not_fail_later_runs() {
    let (mut world, _) = lost(COROS, IMPORT, true);
    std::fs::remove_file(world.work.data("tokens/coros.json")).unwrap();
    for name in ["COROS_EMAIL", "COROS_PASSWORD"] {
        world.work.unset(name);
    }
    world.settle().ends(77).says("SYNC_PLATFORM");
    world.work.set("SYNC_PLATFORM", "GARMINCOM,GARMINCN");
    world.settle().ok();
    assert_eq!(world.outcomes(), ["open"]);
}
