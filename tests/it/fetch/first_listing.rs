//! The first listing of a platform is confirmed by a count or a second listing before anything is uploaded there.

use crate::support::world::{World, run};
use crate::support::{self, COROS_LIST, SEARCH, Said, Work, plain};
use gs_sim::{Effect, Fault};

/// Garmin and COROS have the same twelve runs, and neither has been listed yet.
fn two_equal() -> World {
    let mut world = World::new();
    for service in ["garmin-com", "coros"] {
        (0..12).for_each(|day| drop(world.put(service, &run(day))));
    }
    world.work.set("SYNC_PLATFORM", "GARMINCOM,COROS").set("GS_UPLOAD_WAIT", "0");
    log_in(&world);
    world
}

/// Imports tokens, as after manual logins.
fn log_in(world: &World) {
    let token = world.sim.with(|state| state.issue_token("garmin.com")).to_string();
    world.work.given("gs-auth", &["import", "-", "--platform", "garmin-com"], &token).ok();
    let token = world.sim.with(|state| state.issue_coros_token(2));
    world.work.given("gs-auth", &["import", "-", "--platform", "coros"], &token).ok();
    world.sim.clear_log();
}

fn at(service: &str, effect: Effect) -> Fault {
    Fault::new(effect).path(if service == "coros" { COROS_LIST } else { SEARCH })
}

/// `gs-fetch | gs-diff | gs-download | gs-upload`. Returns the result of `gs-fetch`.
fn sync(world: &World) -> Said {
    let listed = world.work.run("gs-fetch", &[]);
    let plan = world.work.given("gs-diff", &[], &listed.out);
    let files = world.work.given("gs-download", &[], &plan.out);
    world.work.given("gs-upload", &[], &files.out);
    listed
}

#[track_caller]
fn assert_no_duplicates(world: &World) {
    assert_eq!((world.ids("garmin-com").len(), world.ids("coros").len()), (12, 12));
}

#[test]
fn a_first_list_that_is_wrongly_empty_creates_no_duplicates() {
    for service in ["garmin-com", "coros"] {
        for (no_content, count_true) in [(false, false), (true, false), (false, true)] {
            let world = two_equal();
            world.sim.fault(at(service, Effect::ListEmpty { no_content, count_true }).nth(1));
            let said = sync(&world);
            assert_no_duplicates(&world);
            if count_true && service == "coros" {
                // The page itself contains the count, which contradicts the empty list.
                said.ends(75).says("its count is not 0");
                sync(&world).ok();
                assert_no_duplicates(&world);
            } else {
                // The second listing shows all activities, and the third confirms it.
                assert_eq!(said.ok().ids().len(), 24, "{service}");
            }
        }
    }
}

#[test]
fn an_empty_list_is_ignored_if_the_platform_counts_activities() {
    for service in ["garmin-com", "coros"] {
        let world = two_equal();
        world.sim.fault(at(service, Effect::ListEmpty { no_content: false, count_true: true }));
        let said = sync(&world);
        let messages = ["its count is not 0", "the service counts"];
        assert!(messages.iter().any(|text| said.ends(75).err.contains(text)), "{said}");
        assert_no_duplicates(&world);
        world.sim.clear_faults();
        sync(&world).ok();
        assert_no_duplicates(&world);
    }
}

#[test]
fn a_list_of_activities_without_start_or_id_is_ignored() {
    for service in ["garmin-com", "coros"] {
        for effect in [
            Effect::ListWithoutStarts { nonsense: false },
            Effect::ListWithoutStarts { nonsense: true },
            Effect::ListWithoutIds,
        ] {
            let world = two_equal();
            // The request by activity id does not return a start either.
            let failure = Effect::Status { status: 500, retry_after: None, body: None, content_type: None };
            world.sim.fault(Fault::new(failure).path("/activity-service/activity/"));
            world.sim.fault(at(service, effect.clone()));
            let said = sync(&world);
            said.ends(75).says("could not be read");
            assert_eq!(said.err.trim().lines().count(), 4, "three examples, and the conclusion: {said}");
            assert_no_duplicates(&world);
            world.sim.clear_faults();
            sync(&world).ok();
            assert_no_duplicates(&world);
        }
    }
}

#[test]
fn a_start_missing_from_the_list_is_requested_by_activity_id() {
    let sim = plain(5);
    let work = Work::logged_in(&sim);
    sim.fault(Fault::new(Effect::ListWithoutStarts { nonsense: true }).path(SEARCH));
    let records = work.run("gs-fetch", &[]).ok().silent().records();
    assert_eq!(records.len(), 5);
    assert!(records.iter().all(|record| record["start_time"].is_string()));
}

#[test]
fn an_unsorted_list_is_ignored_even_if_it_is_complete() {
    for service in ["garmin-com", "coros"] {
        let world = two_equal();
        world.sim.fault(at(service, Effect::ListShuffled { seed: 3 }));
        sync(&world).ends(75).says("not in order");
        assert_no_duplicates(&world);
        world.sim.clear_faults();
        sync(&world).ok();
        assert_no_duplicates(&world);
    }
}

#[test]
fn a_first_list_that_differs_each_time_creates_no_duplicates() {
    let world = two_equal();
    for (number, id) in world.ids("coros").iter().enumerate().take(3) {
        let incomplete = Effect::ListWithout { id: id.parse().unwrap(), count_true: false };
        world.sim.fault(at("coros", incomplete).nth(1 + 2 * number as u32));
    }
    sync(&world);
    assert_no_duplicates(&world);
}

#[test]
fn an_empty_account_receives_all_activities() {
    let mut world = World::new();
    (0..5).for_each(|day| drop(world.put("garmin-com", &run(day))));
    world.work.set("SYNC_PLATFORM", "GARMINCOM,COROS").set("GS_UPLOAD_WAIT", "5s");
    log_in(&world);
    assert!(sync(&world).ok().err.contains("coros: the account has no activities"));
    assert_eq!(world.ids("coros").len(), 5);
    let said = sync(&world);
    assert!(!said.ok().err.contains("no activities"), "reported once: {said}");
    assert_eq!(world.ids("coros").len(), 5);
}

/// A plan from another tool can be for an account that `gs-fetch` has never listed.
#[test]
fn the_precheck_of_a_never_listed_account_is_confirmed() {
    let world = two_equal();
    world.work.run("gs-fetch", &["--platform", "garmin-com"]).ok();
    let list = world.work.run("gs-list", &[]).out.clone();
    let plan: String = list
        .lines()
        .map(|line| {
            let mut activity: serde_json::Value = serde_json::from_str(line).unwrap();
            activity.as_object_mut().unwrap().remove("type");
            format!("{}\n", serde_json::json!({"type": "transfer", "to": "coros", "activity": activity}))
        })
        .collect();
    let files = world.work.given("gs-download", &[], &plan);
    world.sim.fault(at("coros", Effect::ListEmpty { no_content: false, count_true: false }).nth(1));
    world.work.given("gs-upload", &[], &files.out);
    assert_no_duplicates(&world);
}

/// The first listing was partial, by `--since` or `--newest`.
#[test]
fn the_first_full_listing_is_confirmed_even_after_a_partial_one() {
    for first in [["--since", "30d"], ["--newest", "5"]] {
        let sim = plain(230);
        let work = Work::logged_in(&sim);
        let now = jiff::Timestamp::now().as_second();
        let recent = (1..4).map(|day| gs_sim::ActivitySpec {
            id: Some(30_000_000_000 - day),
            start: Some(now - day as i64 * 86_400),
            sport: Some("running".into()),
            ..gs_sim::ActivitySpec::default()
        });
        recent.for_each(|spec| {
            sim.with(|state| state.add_activity("garmin.com", &spec));
        });
        work.run("gs-fetch", &first).ok();
        sim.clear_log();
        // The pages of the first full listing omit an activity.
        let id = sim.with(|state| state.ids("garmin.com"))[120];
        let partial = Effect::ListWithout { id, count_true: true };
        sim.fault(Fault::new(partial).path(support::SEARCH).count(4));
        let said = work.run("gs-fetch", &[]);
        let known = work.sql::<i64>("SELECT count(*) FROM activities");
        assert_eq!((said.ok().ids().len(), known), (233, 233));
        assert_eq!(support::asked(&sim, support::COUNT).len(), 2, "one for the first listing, one for the second");
        // A confirmed account is not confirmed again.
        sim.clear_log();
        work.run("gs-fetch", &["--full"]).ok().silent();
        assert!(support::asked(&sim, support::COUNT).is_empty());
    }
}

#[test]
fn a_single_deletion_is_accepted_in_a_small_account() {
    let sim = plain(5);
    let work = Work::logged_in(&sim);
    let ids = work.run("gs-fetch", &[]).ok().ids();
    sim.with(|state| state.remove_activity("garmin.com", ids[2].parse().unwrap()));
    for _ in 0..2 {
        work.run("gs-fetch", &["--full"]).ok();
    }
    assert_eq!(work.run("gs-list", &["--deleted"]).record()["deleted"]["confirmed"], true);
}

#[test]
fn two_full_listings_hours_apart_confirm_many_deletions() {
    let sim = plain(20);
    let work = Work::logged_in(&sim);
    let ids = work.run("gs-fetch", &[]).ok().ids();
    for id in &ids[..8] {
        sim.with(|state| state.remove_activity("garmin.com", id.parse().unwrap()));
    }
    work.run("gs-fetch", &[]).ends(75).says("listing ignored: 8 of ").says("another account");
    // After an ignored listing, the next one is full even without a flag.
    work.run("gs-fetch", &[]).ends(75).says("listing ignored: 8 of 20 known activities are missing");
    work.run("gs-fetch", &[]).ends(75);
    let earlier = "UPDATE listings SET started_at = started_at - 7200, finished_at = finished_at - 7200";
    work.change(earlier);
    // One more activity is missing now, so the earlier listings do not confirm this one.
    sim.with(|state| state.remove_activity("garmin.com", ids[9].parse().unwrap()));
    work.run("gs-fetch", &[]).ends(75).says("listing ignored: 9 of 20 known activities are missing");
    work.change(earlier);
    work.run("gs-fetch", &[]).ok();
    assert_eq!(work.run("gs-list", &["--deleted"]).ids().len(), 9);
}

/// One cron job lists the last days every hour, and another one lists everything once a day.
#[test]
fn partial_listings_do_not_interrupt_the_confirmation_of_deletions() {
    let sim = plain(40);
    let work = Work::logged_in(&sim);
    let ids = work.run("gs-fetch", &[]).ok().ids();
    let let_time_pass =
        || work.change("UPDATE listings SET started_at = started_at - 7200, finished_at = finished_at - 7200");
    let since = jiff::Timestamp::from_second(gs_sim::HISTORY_END - 7 * 86_400).unwrap().to_string();
    for id in &ids[20..28] {
        sim.with(|state| state.remove_activity("garmin.com", id.parse().unwrap()));
    }
    work.run("gs-fetch", &["--full"]).ends(75).says("listing ignored: 8 of 40 known activities are missing");
    for _ in 0..3 {
        let_time_pass();
        work.run("gs-fetch", &["--since", &since]).ok();
    }
    // A listing without flags is full while missing activities are unconfirmed.
    work.run("gs-fetch", &[]).ok();
    work.run("gs-fetch", &[]).ok();
    assert_eq!(work.run("gs-list", &["--deleted"]).ids().len(), 8);
}

#[test]
fn a_partial_listing_can_contradict_an_earlier_full_listing() {
    let sim = plain(40);
    let work = Work::logged_in(&sim);
    let ids = work.run("gs-fetch", &[]).ok().ids();
    let remove = || {
        for id in &ids[..8] {
            sim.with(|state| state.remove_activity("garmin.com", id.parse().unwrap()));
        }
    };
    let let_time_pass =
        || work.change("UPDATE listings SET started_at = started_at - 7200, finished_at = finished_at - 7200");
    remove();
    work.run("gs-fetch", &["--full"]).ends(75).says("listing ignored: 8 of 40 known activities are missing");
    let_time_pass();
    // One of them is listed again for a while.
    let start = jiff::Timestamp::from_second(gs_sim::HISTORY_END - 2 * 86_400).unwrap();
    let relisted = gs_sim::ActivitySpec {
        id: ids[1].parse().ok(),
        start: Some(start.as_second()),
        sport: Some("running".into()),
        ..gs_sim::ActivitySpec::default()
    };
    sim.with(|state| state.add_activity("garmin.com", &relisted));
    work.run(
        "gs-fetch",
        &["--since", &start.to_string(), "--until", &(start + jiff::SignedDuration::from_hours(1)).to_string()],
    )
    .ok();
    remove();
    let_time_pass();
    work.run("gs-fetch", &["--full"]).ends(75).says("listing ignored: 8 of 40 known activities are missing");
    let_time_pass();
    work.run("gs-fetch", &["--full"]).ok();
}

#[test]
fn two_listings_of_the_newest_also_confirm_deletions() {
    let sim = plain(20);
    let work = Work::logged_in(&sim);
    let fetch = || work.run("gs-fetch", &["--newest", "6"]);
    let ids = fetch().ok().ids();
    for id in &ids[..4] {
        sim.with(|state| state.remove_activity("garmin.com", id.parse().unwrap()));
    }
    fetch().ends(75).says("listing ignored: 4 of ");
    work.change("UPDATE listings SET started_at = started_at - 7200, finished_at = finished_at - 7200");
    fetch().ok();
    fetch().ok();
    assert_eq!(work.run("gs-list", &["--deleted"]).ids().len(), 4);
}

#[test]
fn a_first_list_shorter_than_the_count_is_reported_once() {
    let sim = plain(5);
    let work = Work::with(&sim);
    let token = sim.with(|state| state.issue_token("garmin.com")).to_string();
    work.given("gs-auth", &["import", "-"], &token).ok();
    sim.fault(at(
        "garmin-com",
        Effect::ListWithout { id: sim.with(|state| state.ids("garmin.com")[0]), count_true: true },
    ));
    work.run("gs-fetch", &[]).ok().says("shows 4 activities, the service counts 5");
    work.run("gs-fetch", &[]).ok().silent();
}

#[test]
fn a_list_with_the_same_start_for_all_activities_is_ignored() {
    let mut scenario = support::scenario(6);
    let activities = &mut scenario.accounts[0].activities;
    let start = activities[0].start;
    activities.iter_mut().for_each(|activity| activity.start = start);
    let sim = scenario.start();
    let work = Work::with(&sim);
    let token = sim.with(|state| state.issue_token("garmin.com")).to_string();
    work.given("gs-auth", &["import", "-"], &token).ok();
    work.run("gs-fetch", &[]).ends(75).says("not in order");
}

/// Another tool has uploaded one run to COROS many times, which `gs-dedupe` must be able to clean up.
#[test]
fn a_list_with_many_duplicates_of_one_run_is_accepted() {
    for (count, others) in [(14, 12), (5, 0)] {
        let world = World::new();
        world.work.run("gs-auth", &["login", "--platform", "coros"]);
        (0..count).for_each(|_| drop(world.put("coros", &run(3))));
        (20..20 + others).for_each(|day| drop(world.put("coros", &run(day))));
        let said = world.work.run("gs-fetch", &["--platform", "coros"]);
        assert_eq!(said.ok().ids().len(), count + others as usize);
        let marked = world.work.given("gs-dedupe", &["--duplicates"], &said.out).ok().out.clone();
        assert_eq!(marked.matches("duplicate_of").count(), count - 1);
    }
}

#[test]
fn two_empty_lists_are_ignored_while_the_platform_counts_activities() {
    let sim = plain(4);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    sim.fault(at("garmin-com", Effect::ListEmpty { no_content: true, count_true: true }));
    for _ in 0..2 {
        work.run("gs-fetch", &["--full"]).ends(75).says("the service counts 4 activities");
        work.change("UPDATE listings SET started_at = started_at - 7200, finished_at = finished_at - 7200");
    }
    assert_eq!(work.run("gs-list", &["--deleted"]).ids(), [""; 0]);
}

#[test]
fn an_empty_time_range_does_not_contradict_the_count() {
    let world = two_equal();
    let windows: [&[&str]; 2] = [&["--until", "2001-01-01"], &["--since", "2037-01-01"]];
    for known in [false, true] {
        for window in windows {
            let said = world.work.run("gs-fetch", window);
            assert_eq!(said.ok().out, "", "known activities: {known}");
            assert!(!said.err.contains("has no activities"), "{said}");
        }
        world.work.run("gs-fetch", &[]).ok();
    }
    world.work.given("gs-diff", &[], &world.work.run("gs-list", &[]).out).ok();
}

#[test]
fn an_unfinished_listing_of_another_process_does_not_block_a_plan() {
    let world = two_equal();
    sync(&world).ok();
    let new = world.put("garmin-com", &run(20));
    world.work.run("gs-fetch", &["--platform", "garmin-com"]).ok();
    world.sim.fault(at("coros", Effect::Stall { ms: 20_000 }));
    let mut other = world.work.spawn("gs-fetch", &["--platform", "coros"], "");
    while world.work.sql::<i64>("SELECT count(*) FROM listings WHERE finished_at IS NULL") == 0 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let plan = world.diff(&["--to", "coros"]);
    assert_eq!(plan.ok().silent().record()["activity"]["id"], new.as_str());
    other.kill().unwrap();
    other.wait().unwrap();
    // A killed listing of another process does not block the plan either.
    assert_eq!(world.diff(&["--to", "coros"]).ok().records().len(), 1);
}

#[test]
fn an_unfinished_listing_of_the_same_run_blocks_the_plan() {
    let mut world = two_equal();
    sync(&world).ok();
    world.put("garmin-com", &run(20));
    world.work.run("gs-fetch", &["--platform", "garmin-com"]).ok();
    world.work.set("GS_RUN", "one");
    world.work.change("INSERT INTO listings (platform, run, started_at) VALUES ('coros', 'one', unixepoch())");
    assert_eq!(world.diff(&["--to", "coros"]).out, "");
}
