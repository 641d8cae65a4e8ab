//! `gs-upload` from each platform to each: uploaded once, settled, confirmed by the list, and not repeated.

use crate::support::upload::{self, CN, COM, COROS, START, World, kinds, start, world};
use crate::support::{self, Said};
use gs_sim::{Effect, Fault};
use serde_json::Value;

/// `gs-fetch | gs-diff --from FROM --to TO | gs-download | gs-upload`
fn pipeline(world: &World, from: &str, to: &str) -> Said {
    let fetched = world.work.run("gs-fetch", &[]).ok().out.clone();
    let plan = world.work.given("gs-diff", &["--from", from, "--to", to], &fetched).ok().out.clone();
    let plan = world.work.given("gs-download", &[], &plan).ok().out.clone();
    world.upload(&plan)
}

/// Uploads all activities of one platform to another, and checks the records, the journal, the target and a second run.
#[track_caller]
fn assert_uploaded_once(world: &World, from: &str, to: &str) {
    let (source, before) = (world.held(from), world.held(to));
    let said = pipeline(world, from, to);
    let records = said.ok().silent().records();
    assert_eq!(records.len(), source.len(), "{said}");
    for record in &records {
        assert_eq!((&record["to"], &record["outcome"]["kind"]), (&to.into(), &"created".into()), "{said}");
        assert!(record.get("problem").is_none() && record["file"]["sha256"].is_string(), "{said}");
        assert!(is_listed(world, to, &record["outcome"]["id"]), "{record}");
    }
    let journal = world.journal();
    assert_eq!(journal.len(), source.len());
    for row in &journal {
        assert_eq!((row.from.as_str(), row.to.as_str(), row.outcome.as_deref()), (from, to, Some("created")));
        assert!(row.confirmed, "{row:?}");
        assert!(records.iter().any(|record| record["outcome"]["id"].as_str() == row.to_id.as_deref()), "{row:?}");
    }
    let mut all = [source, before].concat();
    all.sort_unstable();
    assert_eq!(world.held(to), all, "each activity once");
    world.sim.clear_log();
    assert_eq!(pipeline(world, from, to).ok().silent().out, "");
    assert_eq!(world.sent(to), 0);
    for platform in [COM, CN, COROS] {
        assert!(world.lists(platform) <= 2, "{platform}: {:?}", support::requests(&world.sim));
    }
}

fn is_listed(world: &World, platform: &str, id: &Value) -> bool {
    let listed = world.work.run("gs-list", &["--platform", platform]).ok().ids();
    listed.iter().any(|one| id == one)
}

#[test]
fn activities_are_uploaded_from_garmin_com_to_garmin_cn_and_back() {
    assert_uploaded_once(&start(&[(COM, &[START])], |_| {}), COM, CN);
    assert_uploaded_once(&start(&[(CN, &[START])], |_| {}), CN, COM);
}

#[test]
fn activities_are_uploaded_from_garmin_com_to_coros_in_each_region() {
    std::thread::scope(|scope| {
        for region in 1..=4 {
            scope.spawn(move || {
                assert_uploaded_once(&world(&[START], |scenario| scenario.coros[0].region = region), COM, COROS)
            });
        }
    });
}

#[test]
fn activities_are_uploaded_from_coros_to_garmin_com_and_garmin_cn() {
    assert_uploaded_once(&start(&[(COROS, &[START])], |_| {}), COROS, COM);
    assert_uploaded_once(&start(&[(COROS, &[START])], |_| {}), COROS, CN);
}

#[test]
fn an_activity_on_two_platforms_is_uploaded_to_the_third_once() {
    let world = start(&[(COM, &[START]), (CN, &[START + 1])], |_| {});
    let fetched = world.work.run("gs-fetch", &[]).ok().out.clone();
    let plan = world.work.given("gs-diff", &["--to", "coros"], &fetched).ok().out.clone();
    let plan = world.work.given("gs-download", &[], &plan).ok().out.clone();
    world.upload(&plan).ok();
    assert_eq!(
        (world.times(COROS, START), world.sent(COROS)),
        (1, 21),
        "the shared activity once, and the background histories"
    );
}

#[test]
fn two_sources_of_one_activity_in_a_plan_cause_one_upload() {
    let world = start(&[(COM, &[START]), (CN, &[START])], |_| {});
    let plan = world.plan_of(COM, COROS, &[START]) + &world.plan_of(CN, COROS, &[START]);
    let said = world.upload(&plan);
    let mut kinds = kinds(said.ok());
    kinds.sort();
    assert_eq!(kinds, ["created", "pending"], "{said}");
    assert_eq!((world.times(COROS, START), world.sent(COROS), world.outcomes().len()), (1, 1, 1));
    // A later run knows that the activity exists.
    let said = world.upload(&plan);
    assert_eq!(upload::kinds(said.ok()), ["exists", "exists"], "{said}");
    assert_eq!((world.times(COROS, START), world.sent(COROS)), (1, 1));
}

#[test]
fn a_repeated_plan_is_uploaded_once() {
    for to in [CN, COROS] {
        let world = world(&[START], |_| {});
        let plan = world.plan_of(COM, to, &[START]);
        world.upload(&format!("{plan}{plan}")).ok();
        assert_eq!((world.times(to, START), world.sent(to)), (1, 1));
        assert_eq!(kinds(world.upload(&plan).ok()), ["exists"]);
        assert_eq!((world.times(to, START), world.sent(to)), (1, 1));
    }
}

#[test]
fn two_concurrent_uploads_of_one_plan_create_one_activity() {
    for (to, path) in [(CN, upload::SEND_GARMIN), (COROS, upload::IMPORT)] {
        // The second command starts with the first one, or during its upload.
        for is_uploading in [false, true] {
            let world = world(&[START], |_| {});
            let plan = world.plan_of(COM, to, &[START]);
            world.sim.fault(Fault::new(Effect::Held { ms: 500 }).contains(path).count(1));
            std::thread::scope(|scope| {
                let first = scope.spawn(|| world.upload(&plan));
                if is_uploading {
                    world.wait_for_fault();
                }
                let mut said = kinds(world.upload(&plan).ok());
                said.extend(kinds(first.join().unwrap().ok()));
                said.sort();
                assert_eq!(said, ["created", "exists"]);
            });
            assert_eq!((world.times(to, START), world.sent(to)), (1, 1));
            assert_eq!(world.outcomes(), ["created"], "neither command overwrites the journal entry of the other");
        }
    }
}
