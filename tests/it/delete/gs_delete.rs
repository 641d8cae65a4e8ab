//! `gs-delete`: each guard, checked with the real command.

use crate::support::duplicates::{OTHERS, duplicate, fill, marked, outcomes, skips, with_copy};
use crate::support::faults::status;
use crate::support::world::{SERVICES, World, nameless, ride, run, start};
use crate::support::{code, codes};
use gs_sim::fit::{Recording, damage};
use gs_sim::garmin::activity::{Device, Source};
use gs_sim::{Effect, Fault};
use serde_json::{Value, json};

#[test]
fn a_duplicate_is_deleted_and_the_journal_has_its_file_and_reason() {
    for service in SERVICES {
        let duplicate = duplicate(service);
        let said = duplicate.delete(&["--yes"]);
        let records = said.ok().silent().records();
        assert_eq!(records.len(), 2, "the record of the kept activity passes: {said}");
        let copy = records.iter().find(|record| record["id"] == duplicate.copy.as_str()).unwrap();
        assert_eq!(copy["outcome"]["kind"], "deleted");
        duplicate.is_gone();
        assert_eq!(duplicate.deletions(), 1);
        let row: String =
            duplicate.world.work.sql("SELECT platform || ' ' || id || ' ' || kept_id || ' ' || sha256 FROM deletions");
        let sha256 = gs_sim::sha256(&std::fs::read(duplicate.file(&duplicate.copy)).unwrap());
        assert_eq!(row, format!("{service} {} {} {sha256}", duplicate.copy, duplicate.kept));
        let evidence: String = duplicate.world.work.sql("SELECT evidence FROM deletions");
        let evidence: Value = serde_json::from_str(&evidence).unwrap();
        assert_eq!(code(&evidence), "duplicate");
        let codes = codes(&evidence["evidence"]);
        assert!(codes.first() == Some(&"same-recording") && codes.last() == Some(&"kept"), "{codes:?}");
        // A deletion by garminsync is confirmed at once, and gs-fetch does not report a shrunk list.
        let deleted = duplicate.world.work.run("gs-list", &["--deleted"]);
        assert_eq!(deleted.ok().record()["deleted"]["confirmed"], true);
        let again = duplicate.delete(&["--yes"]);
        assert_eq!(skips(again.ok()), ["already-deleted"], "{again}");
        duplicate.world.work.run("gs-fetch", &["--full"]).ok().silent();
        assert_eq!(duplicate.deletions(), 1);
    }
}

#[test]
fn nothing_is_deleted_without_yes_in_a_dry_run_or_unarchived() {
    for service in SERVICES {
        let duplicate = duplicate(service);
        duplicate.kept_because(&duplicate.delete(&[]), "not-confirmed");
        let preview = duplicate.delete(&["-n"]);
        preview.says(&format!("{service} {}: would delete; {} is kept", duplicate.copy, duplicate.kept));
        duplicate.kept_because(&preview, "dry-run");
        duplicate.kept_because(&duplicate.delete(&["-n", "--yes"]), "dry-run");
        duplicate.kept_because(&duplicate.delete(&["--yes", "--max-delete", "0"]), "deletion-limit");
        assert!(duplicate.world.sim.log().is_empty(), "not even a list was requested");
        // The file has not been downloaded.
        duplicate.world.work.change("DELETE FROM files");
        duplicate.kept_because(&duplicate.delete(&["--yes"]), "not-archived");
    }
}

#[test]
fn the_platform_flag_limits_deletions_to_that_platform() {
    let duplicate = duplicate("coros");
    let said = duplicate.delete(&["--yes", "--platform", "garmin-com"]);
    assert_eq!(said.ok().records().len(), 2);
    duplicate.nothing_happened();
}

/// Four runs with two duplicates each.
fn many() -> (World, String) {
    let world = World::new();
    for day in 0..4 {
        for bytes in
            [run(day).encode(), run(day).builder().big_endian().build(), run(day).builder().header_12().build()]
        {
            world.put_bytes("garmin-com", &bytes);
        }
    }
    world.work.archive_all();
    let marked = world.work.given("gs-dedupe", &[], &world.list()).ok().out.clone();
    (world, marked)
}

#[test]
fn max_delete_limits_all_commands_of_a_run_by_flag_or_setting() {
    let (mut world, marked) = many();
    let said = world.work.given("gs-delete", &["--yes", "--max-delete", "1"], &marked);
    assert_eq!((outcomes(said.ok(), "deleted"), outcomes(&said, "skipped")), (1, 7));
    assert_eq!(skips(&said), ["deletion-limit"; 7], "{said}");
    world.work.set("MAX_DELETE", "2");
    let dry_run = world.work.given("gs-delete", &["-n"], &marked);
    assert_eq!(dry_run.ok().err.matches(": would delete;").count(), 2, "as many as one run deletes: {dry_run}");
    let said = world.work.given("gs-delete", &["--yes"], &marked);
    assert_eq!(outcomes(said.ok(), "deleted"), 2);
    world.work.set("GS_RUN", "one-run").set("MAX_DELETE", "3");
    let first = world.work.given("gs-delete", &["--yes", "--max-delete", "2"], &marked);
    assert_eq!(outcomes(first.ok(), "deleted"), 2);
    let second = world.work.given("gs-delete", &["--yes"], &marked);
    assert_eq!(outcomes(second.ok(), "deleted"), 1, "three in all, by two commands");
    world.work.set("GS_RUN", "the-next");
    assert_eq!(outcomes(world.work.given("gs-delete", &["--yes"], &marked).ok(), "deleted"), 2);
    assert_eq!(world.ids("garmin-com").len(), 4);
    world.work.set("MAX_DELETE", "many");
    world.work.given("gs-delete", &["--yes"], &marked).ends(78).says("MAX_DELETE");
}

#[test]
fn two_concurrent_commands_share_the_deletion_limit_of_their_run() {
    let (mut world, marked) = many();
    world.work.set("GS_RUN", "one-run").set("MAX_DELETE", "3");
    let delete = || world.work.given("gs-delete", &["--yes"], &marked);
    let both: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(delete)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(both.iter().map(|said| outcomes(said.ok(), "deleted")).sum::<usize>(), 3);
    assert_eq!(world.work.sql::<i64>("SELECT count(*) FROM deletions"), 3);
}

#[test]
fn the_default_deletion_limit_is_ten() {
    let world = World::new();
    for day in 0..11 {
        world.put("garmin-com", &run(day));
        world.put_bytes("garmin-com", &run(day).builder().big_endian().build());
    }
    world.work.archive_all();
    let marked = world.work.given("gs-dedupe", &[], &world.list()).ok().out.clone();
    let said = world.work.given("gs-delete", &["--yes"], &marked);
    assert_eq!((outcomes(said.ok(), "deleted"), outcomes(&said, "skipped")), (10, 1));
    assert_eq!(world.ids("garmin-com").len(), 12);
}

#[test]
fn nothing_is_deleted_unless_both_files_are_archived_and_intact() {
    type Damage = fn(&std::path::Path);
    let damages: [Damage; 4] = [
        |path| std::fs::remove_file(path).unwrap(),
        |path| std::fs::write(path, run(1).encode()).unwrap(),
        |path| std::fs::write(path, damage::truncate_at(&std::fs::read(path).unwrap(), 300)).unwrap(),
        // The size is the same: only the checksum differs.
        |path| std::fs::write(path, damage::flip_bit(&std::fs::read(path).unwrap(), 300, 2)).unwrap(),
    ];
    let duplicate = duplicate("garmin-com");
    for (id, code) in [(&duplicate.copy, "not-archived"), (&duplicate.kept, "kept-not-archived")] {
        let path = duplicate.file(id);
        let intact = std::fs::read(&path).unwrap();
        for harm in damages {
            harm(&path);
            duplicate.kept_because(&duplicate.delete(&["--yes"]), code);
            std::fs::write(&path, &intact).unwrap();
        }
    }
    duplicate.delete(&["--yes"]).ok();
    duplicate.is_gone();
}

#[test]
fn a_duplicate_archived_only_as_a_converted_file_is_not_deleted() {
    let world = World::new();
    let ids = [0, 1].map(|_| world.put("garmin-com", &run(0)));
    world.sim.with(|state| {
        let entry = state.account("garmin.com").find_mut(ids[1].parse().unwrap()).unwrap();
        // The platform provides only a converted file and names no device, so the other activity is the better one.
        (entry.source, entry.device) = (Source::Corrupt403, Device::Null);
    });
    fill(&world, "garmin-com");
    world.fetch();
    let duplicate = marked(world, "garmin-com", &ids);
    assert_eq!(duplicate.copy, ids[1]);
    duplicate.kept_because(&duplicate.delete(&["--yes"]), "original-not-archived");
    // A converted FIT file does not replace the original either.
    let duplicate = self::duplicate("coros");
    duplicate.world.work.change("UPDATE files SET origin = 'converted'");
    duplicate.kept_because(&duplicate.delete(&["--yes"]), "original-not-archived");
}

#[test]
fn delete_requires_kept_activity_online() {
    for service in SERVICES {
        let duplicate = duplicate(service);
        duplicate.world.remove(service, &duplicate.kept);
        let said = duplicate.delete(&["--yes"]);
        assert_eq!(skips(said.ok()), ["kept-not-listed"], "{said}");
        assert_eq!((duplicate.deletions(), duplicate.world.ids(service).len() as i64), (0, OTHERS + 1));
        // If the list is unavailable, nothing is deleted either.
        let duplicate = self::duplicate(service);
        duplicate.world.sim.fault(duplicate.on_list(status(503)));
        let said = duplicate.delete(&["--yes"]);
        said.ends(75).says("platform skipped for the rest of this run");
        assert!(said.records().iter().any(|record| record["problem"]["kind"] == "retry"), "{said}");
        duplicate.nothing_happened();
    }
}

/// A person deletes the kept activity right before the deletion of its duplicate.
#[test]
fn the_duplicate_stays_if_a_person_deletes_the_kept_one_meanwhile() {
    for service in SERVICES {
        let mut duplicate = duplicate(service);
        // Listed, marked and deleted in one run, as gs-sync does it.
        duplicate.world.work.set("GS_RUN", "one-run");
        duplicate.world.fetch();
        duplicate.world.remove(service, &duplicate.kept);
        let said = duplicate.delete(&["--yes"]);
        assert_eq!(skips(said.ok()), ["kept-not-listed"], "{said}");
        assert_eq!(duplicate.deletions(), 0);
        assert!(duplicate.world.ids(service).contains(&duplicate.copy));
    }
}

/// A list may be outdated: it still shows the kept activity, but a request by id does not find it.
#[test]
fn the_kept_activity_is_requested_by_id_before_a_deletion() {
    let responses =
        [(404, "{}"), (204, ""), (403, "{}"), (200, "{}"), (200, r#"{"activityId":1}"#), (200, "<html>"), (503, "")];
    for (status, body) in responses {
        let duplicate = duplicate("garmin-com");
        let response = Effect::Status { status, retry_after: None, body: Some(body.into()), content_type: None };
        duplicate.world.sim.fault(Fault::new(response).path(&format!("/activity-service/activity/{}", duplicate.kept)));
        let said = duplicate.delete(&["--yes"]);
        match status {
            404 | 204 => duplicate.kept_because(&said, "kept-not-listed"),
            _ => drop(said.ends(75)),
        }
        assert_eq!(duplicate.deletions(), 0, "HTTP {status} {body}");
    }
}

#[test]
fn a_duplicate_that_a_person_has_deleted_is_not_deleted_again() {
    for service in SERVICES {
        let duplicate = duplicate(service);
        duplicate.world.remove(service, &duplicate.copy);
        let said = duplicate.delete(&["--yes"]);
        assert_eq!(skips(said.ok()), ["no-longer-listed"], "{said}");
        assert_eq!(duplicate.deletions(), 0);
    }
}

#[test]
fn recordings_of_two_devices_are_not_deleted_even_if_marked() {
    let other = Recording { device: (1, 3113, 700_001), ..run(0) };
    let duplicate = with_copy("garmin-com", &run(0).encode(), &other.encode());
    duplicate.kept_because(&duplicate.delete(&["--yes"]), "two-devices");
    for certainty in ["same-file", "match"] {
        duplicate
            .kept_because(&duplicate.given(&["--yes"], &duplicate.claiming(&duplicate.kept, certainty)), "two-devices");
    }
}

#[test]
fn a_shifted_or_start_only_match_is_not_deleted_even_if_marked() {
    let shifted = Recording { start: start(0) + 3600, ..run(0) };
    let shorter = |mut recording: Recording| {
        recording.legs[0].seconds /= 2;
        recording
    };
    for (other, name) in [(nameless(&shifted), "shifted"), (nameless(&shorter(ride(0))), "start-only")] {
        let duplicate = with_copy("garmin-com", &run(0).encode(), &other);
        let mark: Value = serde_json::from_str(&duplicate.claiming("x", "y")).unwrap();
        assert_eq!(mark["id"], duplicate.copy.as_str());
        assert!(duplicate.marked.contains(&format!(r#""certainty":"{name}""#)), "{}", duplicate.marked);
        duplicate.kept_because(&duplicate.delete(&["--yes"]), "match-not-sure");
        for certainty in ["same-file", "match"] {
            let said = duplicate.given(&["--yes"], &duplicate.claiming(&duplicate.kept, certainty));
            duplicate.kept_because(&said, "match-not-sure");
        }
    }
}

#[test]
fn a_record_with_less_certainty_than_the_files_prevents_deletion() {
    let duplicate = duplicate("garmin-com");
    for (certainty, code) in [
        ("two-devices", "two-devices"),
        ("shifted", "match-not-sure"),
        ("start-only", "match-not-sure"),
        ("surely", "match-not-sure"),
    ] {
        duplicate.kept_because(&duplicate.given(&["--yes"], &duplicate.claiming(&duplicate.kept, certainty)), code);
    }
}

#[test]
fn a_mark_with_a_wrong_id_or_platform_deletes_nothing() {
    let duplicate = duplicate("coros");
    let claim = |id: &str| duplicate.given(&["--yes"], &duplicate.claiming(id, "same-file"));
    duplicate.kept_because(&claim(&duplicate.copy), "not-another-activity");
    duplicate.kept_because(&claim("123"), "unknown-kept");
    let other =
        duplicate.world.ids("coros").into_iter().find(|id| ![&duplicate.kept, &duplicate.copy].contains(&id)).unwrap();
    duplicate.kept_because(&claim(&other), "match-not-sure");
    let unknown = duplicate.changed(|copy| copy["id"] = "999".into());
    assert_eq!(skips(duplicate.given(&["--yes"], &unknown).ok()), ["unknown-activity"]);
    let elsewhere = duplicate.changed(|copy| copy["platform"] = "strava".into());
    assert_eq!(skips(duplicate.given(&["--yes"], &elsewhere).ok()), ["unknown-platform"]);
    duplicate.nothing_happened();
}

#[test]
fn mutual_duplicate_marks_delete_only_one_activity() {
    // The two are identical: only the tie-break rule decides which one is kept.
    let duplicate = with_copy("garmin-com", &run(0).encode(), &run(0).encode());
    let mutual: Vec<Value> = [(&duplicate.kept, &duplicate.copy), (&duplicate.copy, &duplicate.kept)]
        .map(|(id, of)| {
            let line = duplicate.marked.lines().find(|line| line.contains(&format!(r#""id":"{id}","name""#))).unwrap();
            let mut record: Value = serde_json::from_str(line).unwrap();
            record["duplicate_of"] = json!({"id": of, "reasons": [], "certainty": "same-file"});
            record
        })
        .into();
    let lines = |records: &[Value]| records.iter().map(|record| format!("{record}\n")).collect::<String>();
    let backwards: Vec<Value> = mutual.iter().rev().cloned().collect();
    for input in [lines(&mutual), lines(&backwards), lines(&mutual)] {
        duplicate.given(&["--yes"], &input).ok();
        duplicate.is_gone();
    }
    assert_eq!(duplicate.deletions(), 1);
}

/// The record of an activity, marked as a duplicate of another one.
fn claim(one: &Value, of: &Value) -> String {
    let mut record = one.clone();
    record["duplicate_of"] = json!({"id": of["id"], "reasons": [], "certainty": "same-file"});
    format!("{record}\n")
}

#[test]
fn a_chain_or_ring_of_duplicate_marks_never_deletes_all_activities() {
    let (world, _) = many();
    let records: Vec<Value> = world.list().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let day = |number: usize| {
        let start = &records[number * 3]["start_time"];
        let mut entries: Vec<&Value> = records.iter().filter(|record| record["start_time"] == *start).collect();
        entries.sort_by_key(|record| record["id"].as_str().unwrap().to_owned());
        entries
    };
    let left = |entries: &[&Value]| {
        let ids = world.ids("garmin-com");
        entries.iter().map(|entry| ids.contains(&entry["id"].as_str().unwrap().to_owned())).collect::<Vec<_>>()
    };
    let chain = day(0);
    let said = world.work.given("gs-delete", &["--yes"], &(claim(chain[1], chain[0]) + &claim(chain[2], chain[1])));
    assert_eq!(left(&chain), [true, false, true], "the third refers to an activity that is being deleted: {said}");
    let ring = day(1);
    let input = claim(ring[0], ring[1]) + &claim(ring[1], ring[2]) + &claim(ring[2], ring[0]);
    for _ in 0..3 {
        world.work.given("gs-delete", &["--yes"], &input).ok();
    }
    assert!(left(&ring).contains(&true));
}

#[test]
fn an_activity_is_not_deleted_in_the_run_that_uploaded_it() {
    let mut world = World::new();
    // The platform does not know the device of an uploaded file.
    world.put_bytes("garmin-cn", &nameless(&run(0)));
    fill(&world, "garmin-com");
    world.fetch();
    world.work.set("GS_RUN", "this-run");
    let plan = world.diff(&["--from", "garmin-cn", "--to", "garmin-com"]);
    let copy = world.apply(&plan, &[]).ok().record()["outcome"]["id"].as_str().unwrap().to_owned();
    // Meanwhile the watch itself has synced.
    let kept = world.put("garmin-com", &run(0));
    world.fetch();
    let mut duplicate = marked(world, "garmin-com", &[kept, copy.clone()]);
    assert_eq!(duplicate.copy, copy);
    duplicate.kept_because(&duplicate.delete(&["--yes"]), "uploaded-in-this-run");
    duplicate.world.work.set("GS_RUN", "the-next");
    duplicate.delete(&["--yes"]).ok();
    duplicate.is_gone();
}

#[test]
fn other_records_pass_and_a_malformed_line_ends_with_65() {
    let duplicate = duplicate("garmin-com");
    let problem =
        duplicate.changed(|copy| copy["problem"] = json!({"command": "gs-download", "kind": "not-found", "reason": {"code": "not-found", "detail": "m", "text": "m"}}));
    let unmarked = duplicate.changed(|copy| copy["duplicate_of"] = Value::Null);
    let weather = "{\"type\":\"weather\",  \"rain\": 1}\n";
    let said = duplicate.given(&["--yes"], &format!("{problem}{weather}{unmarked}"));
    assert_eq!(said.ok().records()[0], serde_json::from_str::<Value>(&problem).unwrap());
    assert_eq!(said.out.lines().nth(1), weather.lines().next());
    duplicate.nothing_happened();
    let said = duplicate.given(&["--yes"], &format!("{}{{\"type\":\"activity\"}}\n", duplicate.marked));
    said.ends(65).says("line 3");
    assert_eq!(outcomes(&said, "deleted"), 1, "an earlier deletion is completed: {said}");
    duplicate.is_gone();
}
