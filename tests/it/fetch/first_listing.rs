//! One look is not knowledge: what a platform shows the first time is confirmed before anything is uploaded there.

use crate::support::world::{World, run};
use crate::support::{self, COROS_LIST, SEARCH, Said, Work, plain};
use gs_sim::{Effect, Fault};

/// Garmin and COROS hold the same dozen of runs, and nobody has looked at either yet.
fn two_equal() -> World {
    let mut world = World::new();
    for service in ["garmin-com", "coros"] {
        (0..12).for_each(|day| drop(world.put(service, &run(day))));
    }
    world.work.set("SYNC_PLATFORM", "GARMINCOM,COROS").set("GS_UPLOAD_WAIT", "0");
    log_in(&world);
    world
}

/// By tokens, as after logins by hand.
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

/// `gs-fetch | gs-diff | gs-download | gs-upload`; the exit code of the first.
fn sync(world: &World) -> Said {
    let listed = world.work.run("gs-fetch", &[]);
    let plan = world.work.given("gs-diff", &[], &listed.out);
    let files = world.work.given("gs-download", &[], &plan.out);
    world.work.given("gs-upload", &[], &files.out);
    listed
}

#[track_caller]
fn nothing_doubled(world: &World) {
    assert_eq!((world.ids("garmin-com").len(), world.ids("coros").len()), (12, 12));
}

#[test]
fn a_first_list_that_is_empty_once_doubles_nothing() {
    for service in ["garmin-com", "coros"] {
        for (no_content, count_true) in [(false, false), (true, false), (false, true)] {
            let world = two_equal();
            world.sim.fault(at(service, Effect::ListEmpty { no_content, count_true }).nth(1));
            let said = sync(&world);
            nothing_doubled(&world);
            if count_true && service == "coros" {
                // The count stands on the page itself, and shows that it lies.
                said.ends(75).says("its count is not 0");
                sync(&world).ok();
                nothing_doubled(&world);
            } else {
                // The second look shows what there is, and the third agrees with it.
                assert_eq!(said.ok().ids().len(), 24, "{service}");
            }
        }
    }
}

#[test]
fn a_list_that_stays_empty_although_the_service_counts_is_not_believed() {
    for service in ["garmin-com", "coros"] {
        let world = two_equal();
        world.sim.fault(at(service, Effect::ListEmpty { no_content: false, count_true: true }));
        let said = sync(&world);
        let complaints = ["its count is not 0", "the service counts"];
        assert!(complaints.iter().any(|text| said.ends(75).err.contains(text)), "{said}");
        nothing_doubled(&world);
        world.sim.clear_faults();
        sync(&world).ok();
        nothing_doubled(&world);
    }
}

#[test]
fn entries_without_a_start_or_an_id_conclude_nothing() {
    for service in ["garmin-com", "coros"] {
        for effect in [
            Effect::ListWithoutStarts { nonsense: false },
            Effect::ListWithoutStarts { nonsense: true },
            Effect::ListWithoutIds,
        ] {
            let world = two_equal();
            // Nor does the activity itself tell.
            let gone = Effect::Status { status: 500, retry_after: None, body: None, content_type: None };
            world.sim.fault(Fault::new(gone).path("/activity-service/activity/"));
            world.sim.fault(at(service, effect.clone()));
            let said = sync(&world);
            said.ends(75).says("could not be read");
            assert_eq!(said.err.trim().lines().count(), 4, "three of them as examples: {said}");
            nothing_doubled(&world);
            world.sim.clear_faults();
            sync(&world).ok();
            nothing_doubled(&world);
        }
    }
}

#[test]
fn a_start_that_the_list_lacks_is_asked_of_the_activity_itself() {
    let sim = plain(5);
    let work = Work::logged_in(&sim);
    sim.fault(Fault::new(Effect::ListWithoutStarts { nonsense: true }).path(SEARCH));
    let records = work.run("gs-fetch", &[]).ok().silent().records();
    assert_eq!(records.len(), 5);
    assert!(records.iter().all(|record| record["start_time"].is_string()));
}

#[test]
fn a_list_in_no_order_concludes_nothing_although_it_reached_its_end() {
    for service in ["garmin-com", "coros"] {
        let world = two_equal();
        world.sim.fault(at(service, Effect::ListShuffled { seed: 3 }));
        sync(&world).ends(75).says("not in order");
        nothing_doubled(&world);
        world.sim.clear_faults();
        sync(&world).ok();
        nothing_doubled(&world);
    }
}

#[test]
fn a_first_list_that_is_another_one_each_time_is_not_believed() {
    let world = two_equal();
    for (number, id) in world.ids("coros").iter().enumerate().take(3) {
        let lacks = Effect::ListWithout { id: id.parse().unwrap(), count_true: false };
        world.sim.fault(at("coros", lacks).nth(1 + 2 * number as u32));
    }
    sync(&world);
    nothing_doubled(&world);
}

#[test]
fn an_account_that_is_really_empty_is_filled() {
    let mut world = World::new();
    (0..5).for_each(|day| drop(world.put("garmin-com", &run(day))));
    world.work.set("SYNC_PLATFORM", "GARMINCOM,COROS").set("GS_UPLOAD_WAIT", "5s");
    log_in(&world);
    assert!(sync(&world).ok().err.contains("coros: the account has no activities"));
    assert_eq!(world.ids("coros").len(), 5);
    let said = sync(&world);
    assert!(!said.ok().err.contains("no activities"), "told once: {said}");
    assert_eq!(world.ids("coros").len(), 5);
}

/// Without a listing of `gs-fetch`, a plan from elsewhere meets an account that nobody has looked at.
#[test]
fn the_look_before_an_upload_is_confirmed_where_nobody_has_ever_listed() {
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
    nothing_doubled(&world);
}

/// The first listing was of a part, by `--since` or by a limit.
#[test]
fn the_first_list_of_everything_is_confirmed_also_if_a_part_was_listed_before() {
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
        // All pages but the first are empty once, wherever the walk looks for what should stand there.
        for start in [99, 79, 39, 100] {
            let empty = Effect::ListEmpty { no_content: false, count_true: true };
            sim.fault(Fault::new(empty).contains(&format!("start={start}&")).count(1));
        }
        let said = work.run("gs-fetch", &[]);
        let known = work.sql::<i64>("SELECT count(*) FROM activities");
        assert_eq!((said.ok().ids().len(), known), (233, 233));
        assert_eq!(support::asked(&sim, support::COUNT).len(), 2, "of the first look, and of the second");
        // Once is enough.
        sim.clear_log();
        work.run("gs-fetch", &["--full"]).ok().silent();
        assert!(support::asked(&sim, support::COUNT).is_empty());
    }
}

#[test]
fn one_activity_deleted_by_hand_is_believed_in_a_small_account() {
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
fn what_two_whole_lists_lack_a_while_apart_is_gone() {
    let sim = plain(20);
    let work = Work::logged_in(&sim);
    let ids = work.run("gs-fetch", &[]).ok().ids();
    for id in &ids[..8] {
        sim.with(|state| state.remove_activity("garmin.com", id.parse().unwrap()));
    }
    work.run("gs-fetch", &[]).ends(75).says("listing ignored: 8 of ").says("another account");
    // Without a flag: after a list that shrank, the next one is whole.
    work.run("gs-fetch", &[]).ends(75).says("listing ignored: 8 of 20 known activities are missing");
    work.run("gs-fetch", &[]).ends(75);
    let earlier = "UPDATE listings SET started_at = started_at - 7200, finished_at = finished_at - 7200";
    work.change(earlier);
    // Another one meanwhile lacked other activities: what it said does not count for this.
    sim.with(|state| state.remove_activity("garmin.com", ids[9].parse().unwrap()));
    work.run("gs-fetch", &[]).ends(75).says("listing ignored: 9 of 20 known activities are missing");
    work.change(earlier);
    work.run("gs-fetch", &[]).ok();
    assert_eq!(work.run("gs-list", &["--deleted"]).ids().len(), 9);
}

/// A line of cron that lists the last days every hour, and another that lists everything once a day.
#[test]
fn listings_of_other_parts_between_two_whole_ones_that_lack_the_same_do_not_matter() {
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
    // A plain one is whole, as what is missing is not yet known.
    work.run("gs-fetch", &[]).ok();
    work.run("gs-fetch", &[]).ok();
    assert_eq!(work.run("gs-list", &["--deleted"]).ids().len(), 8);
}

#[test]
fn a_part_that_shows_what_a_whole_list_lacked_contradicts_it() {
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
    // One of them is there again for a while.
    let start = jiff::Timestamp::from_second(gs_sim::HISTORY_END - 2 * 86_400).unwrap();
    let back = gs_sim::ActivitySpec {
        id: ids[1].parse().ok(),
        start: Some(start.as_second()),
        sport: Some("running".into()),
        ..gs_sim::ActivitySpec::default()
    };
    sim.with(|state| state.add_activity("garmin.com", &back));
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
fn what_a_list_of_the_newest_alone_lacks_twice_is_gone_as_well() {
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
fn a_list_that_shows_less_than_the_service_counts_is_told_at_first() {
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
fn a_list_of_one_start_for_all_concludes_nothing() {
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

/// Another tool went round in circles and put one run onto COROS many times: `gs-dedupe` is made for exactly that.
#[test]
fn a_list_with_many_duplicates_of_one_run_is_in_order() {
    for (copies, others) in [(14, 12), (5, 0)] {
        let world = World::new();
        world.work.run("gs-auth", &["login", "--platform", "coros"]);
        (0..copies).for_each(|_| drop(world.put("coros", &run(3))));
        (20..20 + others).for_each(|day| drop(world.put("coros", &run(day))));
        let said = world.work.run("gs-fetch", &["--platform", "coros"]);
        assert_eq!(said.ok().ids().len(), copies + others as usize);
        let marked = world.work.given("gs-dedupe", &["--duplicates"], &said.out).ok().out.clone();
        assert_eq!(marked.matches("duplicate_of").count(), copies - 1);
    }
}

#[test]
fn a_known_list_that_is_empty_is_not_believed_even_twice_while_the_service_counts() {
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
fn a_part_of_time_without_activities_is_no_contradiction_to_what_the_service_counts() {
    let world = two_equal();
    let windows: [&[&str]; 2] = [&["--until", "2001-01-01"], &["--since", "2037-01-01"]];
    for known in [false, true] {
        for window in windows {
            let said = world.work.run("gs-fetch", window);
            assert_eq!(said.ok().out, "", "before anything is known, and after: {known}");
            assert!(!said.err.contains("has no activities"), "{said}");
        }
        world.work.run("gs-fetch", &[]).ok();
    }
    world.work.given("gs-diff", &[], &world.work.run("gs-list", &[]).out).ok();
}

#[test]
fn a_listing_that_another_process_makes_is_not_cut() {
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
    // One that was killed says nothing either.
    assert_eq!(world.diff(&["--to", "coros"]).ok().records().len(), 1);
}

#[test]
fn a_listing_that_was_killed_in_the_own_run_plans_nothing() {
    let mut world = two_equal();
    sync(&world).ok();
    world.put("garmin-com", &run(20));
    world.work.run("gs-fetch", &["--platform", "garmin-com"]).ok();
    world.work.set("GS_RUN", "one");
    world.work.change("INSERT INTO listings (platform, run, started_at) VALUES ('coros', 'one', unixepoch())");
    assert_eq!(world.diff(&["--to", "coros"]).out, "");
}
