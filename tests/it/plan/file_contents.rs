//! What archived files recorded at the same time decides which activities are the same.

use std::collections::BTreeSet;

use fastrand::Rng;
use garminsync::fit::Trackpoint;
use gs_sim::fit::{FitBuilder, profile};
use serde_json::Value;

use super::recordings::{Athlete, route};
use crate::support::codes;
use crate::support::duplicates::with_copy;
use crate::support::world::{World, start};

/// A runner outside, for half an hour.
fn runner(rng: &mut Rng) -> Athlete {
    let route = route(rng);
    Athlete::new(rng, 1800, 3.0, 150.0, &route)
}

/// A FIT file with these trackpoints, of the watch with this serial number.
fn file(points: &[Trackpoint], serial: u32) -> Vec<u8> {
    let (first, last) = (points[0], points[points.len() - 1]);
    let (start, end) = (first.time.unwrap(), last.time.unwrap());
    let metres = last.distance_m.unwrap() - first.distance_m.unwrap();
    let totals = profile::Totals {
        start,
        end,
        timer: (end - start) as f64,
        elapsed: (end - start) as f64,
        distance: Some(metres),
        sport: (1, 0),
        laps: (0, 1),
        ..profile::Totals::default()
    };
    let records = points.iter().map(|point| {
        profile::record(&profile::Sample {
            at: point.time.unwrap(),
            position: point.position.map(|at| (at.lat, at.lon)),
            distance: point.distance_m.map(|metres| metres - first.distance_m.unwrap()),
            speed: point.speed_mps,
            heart_rate: point.heart_rate_bpm.unwrap(),
            ..profile::Sample::default()
        })
    });
    let head = [profile::file_id(1, 3113, serial, start), profile::timer_event(start, 0)];
    let tail = [
        profile::timer_event(end, 4),
        profile::lap(&totals),
        profile::session(&totals),
        profile::activity(end, 0, totals.timer, 1),
    ];
    FitBuilder::new().extend(head).extend(records).extend(tail).build()
}

/// These files on garmin.com and COROS, listed and archived.
fn archived(garmin: &[u8], coros: &[u8]) -> World {
    let world = World::new();
    world.put_bytes("garmin-com", garmin);
    world.put_bytes("coros", coros);
    world.fetch();
    world.work.download(&["--missing"]).ok();
    world
}

/// The uploads that `gs-diff` plans: from where to where.
fn planned(world: &World) -> Vec<String> {
    let transfers = world.diff(&[]).records();
    let name =
        |one: &Value| format!("{} to {}", one["activity"]["platform"].as_str().unwrap(), one["to"].as_str().unwrap());
    transfers.iter().map(name).collect::<BTreeSet<_>>().into_iter().collect()
}

#[test]
fn a_trimmed_recording_is_not_uploaded_next_to_the_whole_one() {
    let points = runner(&mut Rng::with_seed(1)).recorded(&mut Rng::with_seed(2), start(0));
    let world = archived(&file(&points, 7), &file(&points[300..1500], 8));
    assert_eq!(planned(&world), ["garmin-com to garmin-cn"], "the whole one, and only where neither is");
}

#[test]
fn a_trimmed_duplicate_is_reported_and_never_deleted() {
    let points = runner(&mut Rng::with_seed(1)).recorded(&mut Rng::with_seed(2), start(0));
    let duplicate = with_copy("garmin-com", &file(&points, 7), &file(&points[..1500], 8));
    let records: Vec<Value> = duplicate.marked.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mark = records.iter().map(|record| &record["duplicate_of"]).find(|mark| !mark.is_null()).unwrap();
    assert_eq!(mark["certainty"], "trimmed", "{mark}");
    let codes = codes(&mark["reasons"]);
    assert!(codes.contains(&"same-streams") && codes.contains(&"part-of-recording"), "{mark}");
    duplicate.kept_because(&duplicate.delete(&["--yes"]), "trimmed");
    duplicate.nothing_happened();
}

#[test]
fn two_athletes_from_one_start_are_two_activities() {
    let mut rng = Rng::with_seed(3);
    let one = runner(&mut rng);
    let other = one.companion(&mut rng).recorded(&mut rng, start(0) + 4);
    let world = archived(&file(&one.recorded(&mut rng, start(0)), 7), &file(&other, 8));
    assert_eq!(planned(&world), ["coros to garmin-cn", "garmin-com to garmin-cn"]);
    let explained = world.diff(&["--explain"]).out.clone();
    assert!(explained.contains("heart-rates-differ"), "{explained}");
    let groups: i64 = world.work.sql("SELECT count(*) FROM activity_groups");
    assert_eq!(groups, 0, "none has a second member");
}

#[test]
fn files_that_an_earlier_version_archived_are_compared_by_index() {
    let points = runner(&mut Rng::with_seed(1)).recorded(&mut Rng::with_seed(2), start(0));
    let world = archived(&file(&points, 7), &file(&points[300..1500], 8));
    let compared = || world.work.sql::<i64>("SELECT count(*) FROM file_comparisons");
    assert_eq!(compared(), 1, "compared when they were archived");
    world.work.change("DELETE FROM file_comparisons; DELETE FROM compared_files");
    world.work.run("gs-fit", &["--index"]).ok();
    assert_eq!(compared(), 1);
    assert_eq!(planned(&world), ["garmin-com to garmin-cn"]);
}

#[test]
fn a_pair_of_files_is_compared_once() {
    let points = runner(&mut Rng::with_seed(1)).recorded(&mut Rng::with_seed(2), start(0));
    let world = archived(&file(&points, 7), &file(&points[300..1500], 8));
    let common = || world.work.sql::<i64>("SELECT common_s FROM file_comparisons");
    world.work.change("UPDATE file_comparisons SET common_s = 1");
    world.work.change("DELETE FROM compared_files WHERE sha256 = (SELECT min(sha256) FROM compared_files)");
    world.work.run("gs-fit", &["--index"]).ok();
    assert_eq!(common(), 1, "the other file was compared with it");
    world.work.change("DELETE FROM compared_files");
    world.work.run("gs-fit", &["--index"]).ok();
    assert_eq!(common(), 1199);
}
