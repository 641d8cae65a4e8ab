//! What files contain and services list, in the catalogue: numbers of activities, sessions, laps, and the views.

use garminsync::docgen::catalogue_page::{EXAMPLES, VIEWS};
use serde_json::json;

use crate::support::world::{World, run};
use crate::support::{Work, fetched, plain};

/// A world with one run on garmin.com, listed and archived.
fn archived() -> (World, String) {
    let world = World::new();
    let id = world.put("garmin-com", &run(0));
    world.fetch();
    world.work.download(&["--missing"]).ok();
    (world, id)
}

/// A world with so many runs on garmin.com, listed and archived.
fn archived_days(days: i64) -> World {
    let world = World::new();
    for day in 0..days {
        world.put("garmin-com", &run(day));
    }
    world.fetch();
    world.work.download(&["--missing"]).ok();
    world
}

#[test]
fn the_views_have_the_columns_of_their_page() {
    let (_sim, work) = fetched(plain(1));
    for view in VIEWS {
        let sql = format!("SELECT group_concat(name, ',') FROM pragma_table_info('{}')", view.name);
        let columns: String = work.sql(&sql);
        let mut expected = view.columns.join(",");
        if expected.is_empty() {
            expected = VIEWS[0].columns.join(",") + ",place";
        }
        assert_eq!(columns, expected, "{}", view.name);
        work.sql::<i64>(&format!("SELECT count(*) FROM {}", view.name));
    }
    let views: i64 = work.sql("SELECT count(*) FROM sqlite_schema WHERE type = 'view'");
    assert_eq!(views as usize, VIEWS.len(), "each view is on the page");
}

#[test]
fn the_examples_of_the_page_run_as_they_stand() {
    let (world, _) = archived();
    for (_, lines) in EXAMPLES {
        let script = format!("cd {} && {}", world.work.data("").display(), lines.join("\n"));
        world.work.run("/bin/bash", &["-euc", &script]).ok();
    }
}

#[test]
fn an_archived_file_gives_sessions_laps_and_numbers() {
    let (world, id) = archived();
    let sessions: i64 = world.work.sql("SELECT count(*) FROM v_sessions");
    assert_eq!(sessions, 1);
    let path = world.work.run("gs-list", &["--id", &id]).record()["file"]["path"].as_str().unwrap().to_owned();
    let points = garminsync::fit::read(&std::fs::read(path).unwrap()).unwrap().points;
    let area = garminsync::track::bounding_box(&points).expect("a run outside");
    let south: f64 = world.work.sql("SELECT south FROM v_activities");
    assert_eq!(south, area.south);
    let drawn: Vec<u8> = world.work.sql("SELECT track FROM file_contents");
    assert!(drawn.len() <= 512 && garminsync::track::decode(&drawn).is_some_and(|lines| !lines.is_empty()));
    let record = world.work.run("gs-list", &["--id", &id]).record();
    assert_eq!(record["numbers_from"], "file", "{record}");
    let (speed, distance, time) = (&record["avg_speed_mps"], &record["distance_m"], &record["timer_time_s"]);
    let expected = distance.as_f64().unwrap() / time.as_f64().unwrap();
    assert!((speed.as_f64().unwrap() - expected).abs() < 0.01, "{record}");
}

#[test]
fn gs_fit_index_reads_what_an_earlier_version_archived() {
    let world = archived_days(5);
    let dump = "SELECT group_concat(timer_time_s || ' ' || distance_m || ' ' || start_time, ', ') FROM (SELECT * FROM v_sessions ORDER BY id)";
    let before: String = world.work.sql(dump);
    world.work.change("DELETE FROM file_contents; UPDATE activities SET numbers_from = NULL, avg_speed_mps = NULL");
    assert_eq!(world.work.sql::<i64>("SELECT count(*) FROM sessions"), 0, "they go with their file");
    world.work.run("gs-fit", &["--index", "-n"]).ok().says("5 files would be read");
    world.work.run("gs-fit", &["--index", "--platform", "coros"]).ends(2).says("leave out --platform");
    assert_eq!(world.work.sql::<i64>("SELECT count(*) FROM sessions"), 0, "a dry run changes nothing");
    world.work.run("gs-fit", &["--index"]).ok();
    assert_eq!(world.work.sql::<String>(dump), before);
    let numbers = "SELECT count(*) FROM activities WHERE numbers_from = 'file' AND avg_speed_mps > 0";
    assert_eq!(world.work.sql::<i64>(numbers), 5);
    // A newer reader reads all of them again; a file that has changed since is not read.
    world.work.change("UPDATE file_contents SET reader = 0");
    let path = world.work.files("fit").remove(0);
    std::fs::write(&path, "changed").unwrap();
    world.work.run("gs-fit", &["--index"]).ends(1).says("gs-download --verify").says("changed since");
    assert_eq!(world.work.sql::<i64>("SELECT count(*) FROM file_contents WHERE reader > 0"), 4);
}

#[test]
fn an_index_that_is_killed_continues_where_it_ended() {
    let world = archived_days(150);
    world.work.change("DELETE FROM file_contents");
    let count = |world: &World| world.work.sql::<i64>("SELECT count(*) FROM file_contents");
    let mut child = world.work.spawn("gs-fit", &["--index"], "");
    while count(&world) == 0 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    drop(child.kill());
    child.wait().unwrap();
    let done = count(&world);
    world.work.run("gs-fit", &["--index"]).ok();
    assert!(done > 0 && count(&world) == 150, "{done}");
}

#[test]
fn without_a_file_the_numbers_are_those_of_the_service() {
    let (_sim, work) = fetched(plain(3));
    let raw = work.run("gs-list", &["--raw"]).ok().records();
    assert_eq!(raw.len(), 3);
    for record in raw {
        let of_service = &record["raw"];
        assert!(of_service["activityId"].is_u64(), "{record}");
        assert_eq!(record["avg_speed_mps"], of_service["averageSpeed"], "{record}");
        assert_eq!(record["numbers_from"], "service", "{record}");
    }
    work.run("gs-list", &["--raw", "--format", "csv"]).ends(2).says("--format ndjson");
}

#[test]
fn gs_list_selects_and_sorts_by_numbers() {
    let (_sim, work) = fetched(plain(9));
    let all = work.run("gs-list", &["--sort", "distance"]).ok().records();
    let distances: Vec<f64> = all.iter().map(|record| record["distance_m"].as_f64().unwrap()).collect();
    let middle = distances[4];
    let limit = format!("{middle}m");
    let least = work.run("gs-list", &["--min-distance", &limit]).ok().records();
    let greatest = work.run("gs-list", &["--max-distance", &limit]).ok().records();
    assert_eq!(least.len() + greatest.len(), 9 + distances.iter().filter(|metres| **metres == middle).count());
    let by_field = work.run("gs-list", &["--min", &format!("distance_m={middle}")]).ok().records();
    assert_eq!(by_field, least);
    let speeds =
        work.run("gs-list", &["--sort", "speed", "--format", "csv", "--fields", "avg_speed_mps"]).ok().out.clone();
    let speeds: Vec<f64> = speeds.lines().skip(1).map(|line| line.parse().unwrap()).collect();
    assert!(speeds.len() == 9 && speeds.is_sorted_by(|one, other| one >= other), "{speeds:?}");
    let table = work.run("gs-list", &["--sort", "speed", "--format", "table"]).ok().out.clone();
    assert!(table.lines().next().unwrap().contains("km/h"), "{table}");
    work.run("gs-list", &["--min", "height=3"]).ends(2).says("unknown field").says("ascent_m");
    work.run("gs-list", &["--min-distance", "20"]).ends(2).says("20km");
}

#[test]
fn a_week_begins_on_monday_by_local_time() {
    let work = Work::alone();
    work.run("gs-list", &[]).ok();
    // A Sunday evening in UTC that is Monday in Kiritimati.
    let sunday = jiff::civil::date(2026, 3, 1).at(20, 0, 0, 0).in_tz("UTC").unwrap().timestamp().as_second();
    for (id, offset) in [("1", 0), ("2", 14 * 3600)] {
        work.change(&format!(
            "INSERT INTO activities (platform, id, sport, start_time, utc_offset_s, distance_m, first_seen, last_seen)
             VALUES ('coros', '{id}', 'running', {sunday}, {offset}, 1000, 0, 0)"
        ));
    }
    let weeks: String =
        work.sql("SELECT group_concat(week || ' ' || activities, ', ') FROM (SELECT * FROM v_weeks ORDER BY week)");
    assert_eq!(weeks, "2026-02-23 1, 2026-03-02 1");
}

#[test]
fn a_distinct_activity_is_the_one_with_the_best_file() {
    let world = World::new();
    for service in ["garmin-com", "coros"] {
        world.put(service, &run(0));
    }
    world.fetch();
    world.work.run("gs-diff", &["--catalogue"]);
    let count = |view: &str| world.work.sql::<i64>(&format!("SELECT count(*) FROM {view}"));
    assert_eq!((count("v_activities"), count("v_unique_activities")), (2, 1));
    let list = world.work.run("gs-list", &["--platform", "coros", "--missing"]).ok().out.clone();
    world.work.given("gs-download", &[], &list).ok();
    let platform: String = world.work.sql("SELECT platform FROM v_unique_activities");
    assert_eq!(platform, "coros", "it has a file");
    assert_eq!(json!(count("v_sessions")), json!(1));
}

#[test]
fn a_best_effort_on_two_platforms_counts_once() {
    let world = World::new();
    for service in ["garmin-com", "coros"] {
        world.put(service, &run(0));
    }
    world.fetch();
    world.work.download(&["--missing"]).ok();
    world.work.run("gs-diff", &["--catalogue"]);
    let kinds = "SELECT count(*) || ' ' || count(DISTINCT kind) FROM";
    let [all, unique] =
        ["v_efforts", "v_unique_efforts"].map(|view| world.work.sql::<String>(&format!("{kinds} {view}")));
    let (all, unique): (Vec<&str>, Vec<&str>) = (all.split(' ').collect(), unique.split(' ').collect());
    assert!(all[0] != all[1] && unique[0] == unique[1] && unique[1] == all[1], "{all:?} {unique:?}");
}

#[test]
fn the_local_time_is_that_of_another_platform_if_one_lists_none() {
    let work = Work::alone();
    work.run("gs-list", &[]).ok();
    for (platform, offset) in [("coros", "NULL"), ("garmin-cn", "28800")] {
        work.change(&format!(
            "INSERT INTO activities (platform, id, start_time, utc_offset_s, first_seen, last_seen)
             VALUES ('{platform}', '1', 1767881421, {offset}, 0, 0);
             INSERT INTO activity_groups (platform, id, group_number) VALUES ('{platform}', '1', 1)"
        ));
    }
    let starts: String = work.sql("SELECT group_concat(DISTINCT start_local) FROM v_activities");
    assert_eq!(starts, "2026-01-08 22:10:21");
}

#[test]
fn activities_of_two_platforms_are_distinct_whatever_their_names() {
    let work = Work::alone();
    work.run("gs-list", &[]).ok();
    for (platform, id) in [("folder:/a", "b c"), ("folder:/a b", "c")] {
        work.change(&format!(
            "INSERT INTO activities (platform, id, first_seen, last_seen) VALUES ('{platform}', '{id}', 0, 0)"
        ));
    }
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM v_unique_activities"), 2);
}

#[test]
fn the_contents_of_a_file_are_forgotten_with_its_account() {
    let (world, _) = archived();
    let count = |table: &str| world.work.sql::<i64>(&format!("SELECT count(*) FROM {table}"));
    assert_eq!((count("file_contents"), count("sessions")), (1, 1));
    world.work.run("gs-auth", &["logout", "--forget-account", "--platform", "garmin-com"]).ok();
    for table in ["file_contents", "sessions", "laps", "efforts", "compared_files"] {
        assert_eq!(count(table), 0, "{table}");
    }
}

#[test]
fn an_index_reads_the_intact_one_of_two_files_with_the_same_bytes() {
    let world = World::new();
    let bytes = run(0).encode();
    for service in ["garmin-com", "garmin-cn"] {
        world.put_bytes(service, &bytes);
    }
    world.fetch();
    world.work.download(&["--missing"]).ok();
    world.work.change("DELETE FROM file_contents");
    let first: String = world.work.sql("SELECT min(path) FROM files");
    std::fs::remove_file(world.work.data(&first)).unwrap();
    world.work.run("gs-fit", &["--index"]).ok();
    assert_eq!(world.work.sql::<i64>("SELECT count(*) FROM file_contents"), 1);
}

#[test]
fn a_file_that_cannot_be_opened_does_not_stop_an_index() {
    let world = archived_days(4);
    world.work.change("DELETE FROM file_contents");
    let files = world.work.files("fit");
    for file in &files[..2] {
        std::fs::remove_file(file).unwrap();
    }
    std::fs::create_dir(&files[0]).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&files[1]).status().unwrap();
    assert!(made.success());
    world.work.run("gs-fit", &["--index"]).ends(1).says("2 files are missing or changed");
    assert_eq!(world.work.sql::<i64>("SELECT count(*) FROM file_contents"), 2);
}
