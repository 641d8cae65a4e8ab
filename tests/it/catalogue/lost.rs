//! The catalogue is lost, the archive still exists: its files show which activities the platforms had.

use crate::support::world::{World, ride, run};
use crate::support::{self, Said};

/// A lost catalogue, and an activity of garmin.com and COROS that a person has deleted on COROS.
fn lost() -> (World, String) {
    let world = World::new();
    for service in ["garmin-com", "coros"] {
        (0..12).for_each(|day| drop(world.put(service, &run(day))));
    }
    let shared = ride(20);
    world.put("garmin-com", &shared);
    let deleted = world.put("coros", &shared);
    world.fetch();
    world.work.download(&["--missing"]).ok();
    world.remove("coros", &deleted);
    for name in ["catalogue.sqlite", "catalogue.sqlite-wal", "catalogue.sqlite-shm"] {
        let _ = std::fs::remove_file(world.work.data(name));
    }
    (world, deleted)
}

fn planned(said: &Said) -> usize {
    said.ok().records().iter().filter(|record| record["outcome"].is_null()).count()
}

#[test]
fn a_deleted_activity_is_not_restored_after_the_catalogue_is_lost() {
    let (world, deleted) = lost();
    let files = world.work.files("fit").len();
    let said = world.work.run("gs-fetch", &["--platform", "garmin-com,coros"]);
    said.ok().says("coros: 1 archived activity missing from the list");
    world.work.run("gs-fetch", &["--platform", "garmin-com,coros", "--full"]).ok().silent();
    assert_eq!(planned(&world.diff(&["--to", "coros", "--from", "garmin-com"])), 0);
    let all = world.diff(&["--to", "coros", "--from", "garmin-com", "--explain"]);
    assert!(all.out.contains(r#""code":"deleted-on-target""#), "{all}");
    assert_eq!(planned(&world.diff(&["--to", "coros", "--from", "garmin-com", "--restore-deleted"])), 1);
    assert_eq!(world.work.files("fit").len(), files, "no file is lost");
    let known: i64 =
        world.work.sql(&format!("SELECT count(*) FROM files WHERE platform = 'coros' AND id = '{deleted}'"));
    assert_eq!(known, 1);
}

#[test]
fn a_partial_first_listing_detects_earlier_deletions_in_its_range() {
    let (world, _) = lost();
    let platforms = ["--platform", "garmin-com,coros"];
    world.work.run("gs-fetch", &[platforms.as_slice(), &["--newest", "5"]].concat()).ok();
    assert_eq!(planned(&world.diff(&["--to", "coros", "--from", "garmin-com"])), 0);
    world.work.run("gs-fetch", &[platforms.as_slice(), &["--full"]].concat()).ok();
    let all = world.diff(&["--to", "coros", "--from", "garmin-com", "--explain"]);
    assert!(planned(&all) == 0 && all.out.contains(r#""code":"deleted-on-target""#), "{all}");
}

#[test]
fn a_kill_right_after_a_listing_does_not_lose_earlier_deletions() {
    let (world, _) = lost();
    // The listing of COROS completes, but the final step after all listings does not run.
    world.work.run("gs-list", &[]).ok();
    let done = "SELECT count(*) FROM listings WHERE platform = 'coros' AND accepted";
    world.sim.fault(gs_sim::Fault::new(gs_sim::Effect::Held { ms: 60_000 }).path(support::SEARCH));
    let mut child = world.work.spawn("gs-fetch", &["--platform", "garmin-com,coros"], "");

    while world.work.sql::<i64>(done) == 0 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    world.sim.clear_faults();
    world.work.run("gs-fetch", &["--platform", "garmin-com"]).ok();
    let plan = world.diff(&["--to", "coros", "--from", "garmin-com"]);
    assert_eq!(planned(&plan), 0, "{plan}");
}

#[test]
fn archived_files_are_found_again_without_a_download() {
    let (world, _) = lost();
    world.work.run("gs-fetch", &["--platform", "garmin-com,coros"]).ok();
    world.sim.clear_log();
    world.work.download(&["--missing"]).ok();
    assert!(support::asked(&world.sim, support::FILES).is_empty());
    assert_eq!(world.work.run("gs-list", &["--missing"]).ok().ids(), [""; 0]);
}

#[test]
fn an_incomplete_listing_draws_no_conclusion_about_the_archive() {
    let (world, _) = lost();
    let down = gs_sim::Effect::Status { status: 503, retry_after: None, body: None, content_type: None };
    world.sim.fault(gs_sim::Fault::new(down).contains(support::COROS_LIST));
    let said = world.work.run("gs-fetch", &["--platform", "coros"]);
    assert!(!said.ends(75).err.contains("archived"), "{said}");
    assert_eq!(world.work.sql::<i64>("SELECT count(*) FROM activities"), 0);
}
