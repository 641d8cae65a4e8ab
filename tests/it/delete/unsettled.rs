//! `gs-delete` when the service lies or falls silent, when it is killed, and the way back.

use std::process::Child;

use crate::support::duplicates;
use crate::support::duplicates::{Duplicate, OTHERS, duplicate, marked, outcomes, skips, with_copy};
use crate::support::faults::status;
use crate::support::world;
use crate::support::world::{SERVICES, domain, nameless, run};
use gs_sim::{Effect, Fault};
use serde_json::{Value, json};

#[test]
fn a_service_that_always_says_yes_and_deletes_nothing_is_not_believed() {
    let duplicate = duplicate("coros");
    duplicate.world.sim.with(|state| state.coros.accounts[0].spec.delete_does_nothing = true);
    let said = duplicate.delete(&["--yes"]);
    said.ends(75).says("still listed although the service confirmed the deletion");
    let copy = said.records().into_iter().find(|record| record["id"] == duplicate.copy.as_str()).unwrap();
    assert_eq!(copy["problem"]["kind"], "retry");
    assert_eq!((duplicate.journal(), duplicate.deletions()), (vec!["failed".to_owned()], 1));
    assert_eq!(duplicate.world.work.run("gs-list", &["--deleted"]).ok().out, "");
    // The next run tries again.
    duplicate.world.sim.with(|state| state.coros.accounts[0].spec.delete_does_nothing = false);
    duplicate.delete(&["--yes"]).ok();
    assert_eq!(duplicate.journal(), ["failed", "deleted"]);
}

#[test]
fn when_the_answer_is_lost_the_list_decides() {
    for service in SERVICES {
        let duplicate = duplicate(service);
        duplicate.world.sim.fault(duplicate.on_deletion(Effect::AnswerLost));
        duplicate.delete(&["--yes"]).ok().silent();
        duplicate.is_gone();
        assert_eq!(duplicate.deletions(), 1, "it is sent once");
        // What came back is a page, and nothing happened: the list shows it for as long as is reasonable.
        if service == "garmin-cn" {
            let duplicate = self::duplicate(service);
            duplicate.world.sim.fault(duplicate.on_deletion(Effect::Html));
            duplicate.delete(&["--yes"]).ends(75).says("still listed although");
            assert_eq!((duplicate.journal(), duplicate.deletions()), (vec!["failed".to_owned()], 1));
        }
    }
}

#[test]
fn a_refusal_and_a_limit_of_the_service_leave_it_there() {
    for (status, code) in [(403, 1), (429, 75)] {
        let duplicate = duplicate("garmin-com");
        let body = Some(r#"{"message":"HTTP","error":"ForbiddenException"}"#.to_owned());
        let effect = Effect::Status { status, retry_after: None, body, content_type: None };
        duplicate.world.sim.fault(duplicate.on_deletion(effect));
        let said = duplicate.delete(&["--yes"]);
        said.ends(code);
        assert_eq!((duplicate.journal(), duplicate.deletions()), (vec!["failed".to_owned()], 1), "{said}");
        duplicate.world.sim.clear_faults();
        // The service's wish to be left alone is remembered for a while.
        duplicate.world.work.change("DELETE FROM rate_limits");
        duplicate.delete(&["--yes"]).ok();
        assert_eq!(duplicate.journal(), ["failed", "deleted"]);
    }
}

/// Starts it and kills it once a request is in the hands of the fault.
fn killed(duplicate: &Duplicate, fault: Fault) {
    duplicate.world.sim.fault(fault);
    let mut child: Child = duplicate.world.work.spawn("gs-delete", &["--yes"], &duplicate.marked);
    while !duplicate.world.sim.log().iter().any(|request| request.note.contains("fault: ")) {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    duplicate.world.sim.clear_faults();
    assert_eq!(duplicate.journal(), ["open"], "the intent stands there before the request");
}

#[test]
fn killed_before_the_request_takes_effect_the_next_run_settles_and_deletes_it() {
    for service in SERVICES {
        let duplicate = duplicate(service);
        killed(&duplicate, duplicate.on_deletion(Effect::Stall { ms: 20_000 }));
        // A copy that is perhaps on its way out is nobody's to refer to.
        assert_eq!(duplicate.world.ids(service).len() as i64, OTHERS + 2);
        let said = duplicate.delete(&["--yes"]);
        said.ok().silent();
        assert_eq!(outcomes(&said, "deleted"), 1, "{said}");
        assert_eq!(duplicate.journal(), ["failed", "deleted"]);
        assert!(!duplicate.world.ids(service).contains(&duplicate.copy));
    }
}

#[test]
fn killed_after_the_request_took_effect_the_next_run_settles_it() {
    for service in SERVICES {
        let duplicate = duplicate(service);
        killed(&duplicate, duplicate.on_deletion(Effect::Held { ms: 20_000 }));
        // Even one that has nothing else to do.
        let said = duplicate.given(&[], "");
        assert_eq!(said.ok().record()["outcome"]["kind"], "deleted");
        duplicate.is_gone();
        assert_eq!(duplicate.deletions(), 1);
    }
}

#[test]
fn what_is_perhaps_going_is_no_reason_to_delete_another() {
    let duplicate = with_copy("garmin-com", &run(0).encode(), &run(0).encode());
    killed(&duplicate, duplicate.on_deletion(Effect::Held { ms: 20_000 }));
    // A list that still shows it for a while, and a record that calls the kept one its copy.
    duplicate.world.sim.fault(duplicate.on_list(status(503)));
    let line =
        duplicate.marked.lines().find(|line| line.contains(&format!(r#""id":"{}","name""#, duplicate.kept))).unwrap();
    let mut record: Value = serde_json::from_str(line).unwrap();
    record["duplicate_of"] = json!({"id": duplicate.copy, "reasons": [], "certainty": "same-file"});
    let said = duplicate.given(&["--yes"], &format!("{record}\n"));
    said.ends(75);
    assert_eq!(duplicate.deletions(), 1);
    assert!(duplicate.world.ids("garmin-com").contains(&duplicate.kept));
}

#[test]
fn when_no_list_tells_it_stays_open_and_the_next_run_settles_it() {
    for service in SERVICES {
        let mut duplicate = duplicate(service);
        duplicate.world.work.set("GS_RUN", "this-run");
        // Its list shows both, and fails once the deletion is asked for.
        let look = if service == "coros" { 1 } else { 2 };
        duplicate.world.sim.fault(duplicate.on_list(status(503)).after(look));
        let said = duplicate.delete(&["--yes"]);
        said.ends(75).says("deletion not confirmed: ");
        assert_eq!((duplicate.journal(), duplicate.deletions()), (vec!["open".to_owned()], 1));
        // Still nobody knows: it is not asked for again.
        let said = duplicate.delete(&["--yes"]);
        assert_eq!(skips(said.ends(75)), ["deletion-pending"], "{said}");
        assert_eq!((duplicate.journal(), duplicate.deletions()), (vec!["open".to_owned()], 1), "{said}");
        duplicate.world.sim.clear_faults();
        duplicate.delete(&["--yes"]).ok();
        duplicate.is_gone();
        assert_eq!(duplicate.deletions(), 1);
    }
}

#[test]
fn a_copy_that_comes_in_twice_is_asked_for_once() {
    let duplicate = duplicate("coros");
    let said = duplicate.given(&["--yes"], &duplicate.marked.repeat(2));
    assert_eq!((outcomes(said.ok(), "deleted"), outcomes(&said, "skipped")), (1, 1), "{said}");
    duplicate.is_gone();
    assert_eq!(duplicate.deletions(), 1);
}

#[test]
fn a_dry_run_leaves_open_what_is_open() {
    let duplicate = duplicate("coros");
    killed(&duplicate, duplicate.on_deletion(Effect::Held { ms: 20_000 }));
    duplicate.world.sim.clear_log();
    duplicate.given(&["-n"], "").ok().says("coros: would check 1 pending deletions");
    assert_eq!((duplicate.journal(), duplicate.world.sim.log().len()), (vec!["open".to_owned()], 0));
}

#[test]
fn what_was_deleted_can_be_put_back_and_is_not_deleted_again() {
    for service in ["garmin-com", "garmin-cn", "coros"] {
        // Garmin knows recordings by their file_id and has one of each, so this copy is one of a converter.
        let duplicate = with_copy(service, &run(0).encode(), &nameless(&run(0)));
        let before = gs_sim::sha256(&std::fs::read(duplicate.file(&duplicate.copy)).unwrap());
        duplicate.delete(&["--yes"]).ok();
        duplicate.is_gone();
        let deleted = duplicate.world.work.run("gs-list", &["--deleted"]).ok().out.clone();
        let said = duplicate.world.work.given("gs-upload", &["--restore"], &deleted);
        assert_eq!(said.ok().record()["outcome"]["kind"], "created", "{said}");
        assert_eq!(duplicate.journal(), ["restored"]);
        let back = said.record()["outcome"]["id"].as_str().unwrap().to_owned();
        let number = back.parse().unwrap();
        let served = duplicate.world.sim.with(|state| match domain(service) {
            Some(domain) => state.served(domain, number),
            None => state.coros_served(2, number),
        });
        assert_eq!(served, Some(before), "the very bytes");
        // It is a copy again, and a person wants it.
        duplicate.world.fetch();
        let again = marked(duplicate.world, service, &[duplicate.kept, back.clone()]);
        assert_eq!(again.copy, back);
        let said = again.delete(&["--yes"]);
        assert!(skips(said.ok()).contains(&"restored-by-hand".to_owned()), "{said}");
        assert!(again.world.ids(service).contains(&back));
        // Nor is anything of it sent anywhere duplicate.
        again.world.diff(&["--to", service]).ok();
        assert_eq!(again.world.diff(&["--to", service]).ok().out, "");
        // Asked for once more, it is there; deleted again by hand, it may come back again.
        let restore = |deleted: &str| again.world.work.given("gs-upload", &["--restore"], deleted).ok().record();
        let outcome = restore(&deleted)["outcome"].clone();
        assert_eq!((&outcome["kind"], &outcome["id"]), (&json!("exists"), &json!(back)), "{service}");
        again.world.remove(service, &back);
        again.world.fetch();
        let again_deleted = again.world.work.run("gs-list", &["--deleted", "--id", &back]).ok().out.clone();
        assert_eq!(restore(&again_deleted)["outcome"]["kind"], "created", "{service}");
        assert_eq!(restore(&deleted)["outcome"]["kind"], "exists", "{service}");
        assert_eq!(again.world.ids(service).len() as i64, OTHERS + 2, "{service}");
    }
}

#[test]
fn what_garmin_takes_for_the_kept_one_cannot_stand_beside_it_and_that_is_said() {
    let duplicate = duplicate("garmin-com");
    duplicate.delete(&["--yes"]).ok();
    let deleted = duplicate.world.work.run("gs-list", &["--deleted"]).ok().out.clone();
    let said = duplicate.world.work.given("gs-upload", &["--restore"], &deleted);
    let record = said.ends(1).record();
    assert_eq!((&record["outcome"]["kind"], &record["outcome"]["id"]), (&json!("exists"), &json!(duplicate.kept)));
    said.says(&format!("{}: not restored", duplicate.copy))
        .says(&duplicate.kept)
        .says("to replace it, delete it there");
    duplicate.is_gone();
}

#[test]
fn the_look_before_a_deletion_counts_and_not_what_another_command_has_seen_since() {
    let duplicate = duplicate("coros");
    duplicate.world.remove("coros", &duplicate.kept);
    // As a listing of another command leaves it that began later and was read before the removal.
    duplicate.world.work.change("UPDATE activities SET last_listing = 1000000 WHERE platform = 'coros'");
    let said = duplicate.delete(&["--yes"]);
    assert_eq!(skips(said.ok()), ["kept-not-listed"], "{said}");
    assert!(duplicate.world.ids("coros").contains(&duplicate.copy));
}

#[test]
fn what_a_person_deleted_and_put_back_is_not_restored_a_second_time() {
    for service in ["garmin-cn", "coros"] {
        let world = world::World::new();
        duplicates::fill(&world, service);
        let id = world.put(service, &run(0));
        world.fetch();
        world.work.archive_all();
        world.remove(service, &id);
        world.fetch();
        let deleted = world.work.run("gs-list", &["--deleted"]).ok().out.clone();
        assert!(deleted.contains(&id), "{deleted}");
        world.put(service, &run(0));
        let said = world.work.given("gs-upload", &["--restore"], &deleted);
        assert_eq!(said.ok().record()["outcome"]["kind"], "exists", "{said}");
        assert_eq!(world.ids(service).len() as i64, OTHERS + 1);
    }
}
