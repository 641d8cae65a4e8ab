//! `gs-delete` after a false or lost response or a kill, and the restore of deleted activities.

use std::process::Child;

use crate::support::duplicates;
use crate::support::duplicates::{Duplicate, OTHERS, duplicate, marked, outcomes, skips, with_copy};
use crate::support::faults::status;
use crate::support::world;
use crate::support::world::{SERVICES, domain, nameless, run};
use gs_sim::{Effect, Fault};
use serde_json::{Value, json};

#[test]
fn a_deletion_counts_only_if_the_activity_is_gone_from_the_list() {
    let duplicate = duplicate("coros");
    duplicate.world.sim.with(|state| state.coros.accounts[0].spec.delete_does_nothing = true);
    let said = duplicate.delete(&["--yes"]);
    said.ends(75).says("still listed although the service confirmed the deletion");
    let copy = said.records().into_iter().find(|record| record["id"] == duplicate.copy.as_str()).unwrap();
    assert_eq!(copy["problem"]["kind"], "retry");
    assert_eq!((duplicate.journal(), duplicate.deletions()), (vec!["failed".to_owned()], 1));
    assert_eq!(duplicate.world.work.run("gs-list", &["--deleted"]).ok().out, "");
    // The next run retries.
    duplicate.world.sim.with(|state| state.coros.accounts[0].spec.delete_does_nothing = false);
    duplicate.delete(&["--yes"]).ok();
    assert_eq!(duplicate.journal(), ["failed", "deleted"]);
}

#[test]
fn the_list_decides_the_outcome_of_a_deletion_without_response() {
    for service in SERVICES {
        let duplicate = duplicate(service);
        duplicate.world.sim.fault(duplicate.on_deletion(Effect::AnswerLost));
        duplicate.delete(&["--yes"]).ok().silent();
        duplicate.is_gone();
        assert_eq!(duplicate.deletions(), 1, "one request is sent");
        // The response is a web page and nothing is deleted: the list keeps showing the activity.
        if service == "garmin-cn" {
            let duplicate = self::duplicate(service);
            duplicate.world.sim.fault(duplicate.on_deletion(Effect::Html));
            duplicate.delete(&["--yes"]).ends(75).says("still listed although");
            assert_eq!((duplicate.journal(), duplicate.deletions()), (vec!["failed".to_owned()], 1));
        }
    }
}

#[test]
fn a_rejected_or_rate_limited_deletion_is_recorded_as_failed() {
    for (status, code) in [(403, 1), (429, 75)] {
        let duplicate = duplicate("garmin-com");
        let body = Some(r#"{"message":"HTTP","error":"ForbiddenException"}"#.to_owned());
        let effect = Effect::Status { status, retry_after: None, body, content_type: None };
        duplicate.world.sim.fault(duplicate.on_deletion(effect));
        let said = duplicate.delete(&["--yes"]);
        said.ends(code);
        assert_eq!((duplicate.journal(), duplicate.deletions()), (vec!["failed".to_owned()], 1), "{said}");
        duplicate.world.sim.clear_faults();
        // The rate limit would also apply to the next run.
        duplicate.world.work.change("DELETE FROM rate_limits");
        duplicate.delete(&["--yes"]).ok();
        assert_eq!(duplicate.journal(), ["failed", "deleted"]);
    }
}

/// Starts `gs-delete` and kills it as soon as the fault has hit a request.
fn killed(duplicate: &Duplicate, fault: Fault) {
    duplicate.world.sim.fault(fault);
    let mut child: Child = duplicate.world.work.spawn("gs-delete", &["--yes"], &duplicate.marked);
    while !duplicate.world.sim.log().iter().any(|request| request.note.contains("fault: ")) {
        assert!(child.try_wait().unwrap().is_none(), "gs-delete ended before the fault");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    duplicate.world.sim.clear_faults();
    assert_eq!(duplicate.journal(), ["open"], "the journal entry precedes the request");
}

#[test]
fn a_deletion_killed_before_it_takes_effect_is_repeated_next_run() {
    for service in SERVICES {
        let duplicate = duplicate(service);
        killed(&duplicate, duplicate.on_deletion(Effect::Stall { ms: 20_000 }));
        // The request has not taken effect.
        assert_eq!(duplicate.world.ids(service).len() as i64, OTHERS + 2);
        let said = duplicate.delete(&["--yes"]);
        said.ok().silent();
        assert_eq!(outcomes(&said, "deleted"), 1, "{said}");
        assert_eq!(duplicate.journal(), ["failed", "deleted"]);
        assert!(!duplicate.world.ids(service).contains(&duplicate.copy));
    }
}

#[test]
fn a_deletion_killed_after_it_took_effect_is_settled_next_run() {
    for service in SERVICES {
        let duplicate = duplicate(service);
        killed(&duplicate, duplicate.on_deletion(Effect::Held { ms: 20_000 }));
        // A run without input settles it, too.
        let said = duplicate.given(&[], "");
        assert_eq!(said.ok().record()["outcome"]["kind"], "deleted");
        duplicate.is_gone();
        assert_eq!(duplicate.deletions(), 1);
    }
}

#[test]
fn a_pending_deletion_protects_the_kept_activity() {
    let duplicate = with_copy("garmin-com", &run(0).encode(), &run(0).encode());
    killed(&duplicate, duplicate.on_deletion(Effect::Held { ms: 20_000 }));
    // The list is unavailable, and a record marks the kept activity as a duplicate of the pending one.
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
fn a_deletion_stays_open_without_a_list_and_is_settled_next_run() {
    for service in SERVICES {
        let mut duplicate = duplicate(service);
        duplicate.world.work.set("GS_RUN", "this-run");
        // The precheck succeeds, and the lists after the deletion request fail.
        let precheck_requests = if service == "coros" { 1 } else { 2 };
        duplicate.world.sim.fault(duplicate.on_list(status(503)).after(precheck_requests));
        let said = duplicate.delete(&["--yes"]);
        said.ends(75).says("deletion not confirmed: ");
        assert_eq!((duplicate.journal(), duplicate.deletions()), (vec!["open".to_owned()], 1));
        // The outcome is still unknown: no second request is sent.
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
fn a_repeated_record_causes_one_deletion() {
    let duplicate = duplicate("coros");
    let said = duplicate.given(&["--yes"], &duplicate.marked.repeat(2));
    assert_eq!((outcomes(said.ok(), "deleted"), outcomes(&said, "skipped")), (1, 1), "{said}");
    duplicate.is_gone();
    assert_eq!(duplicate.deletions(), 1);
}

#[test]
fn a_dry_run_does_not_settle_a_pending_deletion() {
    let duplicate = duplicate("coros");
    killed(&duplicate, duplicate.on_deletion(Effect::Held { ms: 20_000 }));
    duplicate.world.sim.clear_log();
    duplicate.given(&["-n"], "").ok().says("coros: would check 1 pending deletions");
    assert_eq!((duplicate.journal(), duplicate.world.sim.log().len()), (vec!["open".to_owned()], 0));
}

#[test]
fn a_deleted_activity_can_be_restored_and_is_not_deleted_again() {
    for service in ["garmin-com", "garmin-cn", "coros"] {
        // Garmin accepts one recording for each file_id, so a converter has written this duplicate.
        let duplicate = with_copy(service, &run(0).encode(), &nameless(&run(0)));
        let before = gs_sim::sha256(&std::fs::read(duplicate.file(&duplicate.copy)).unwrap());
        duplicate.delete(&["--yes"]).ok();
        duplicate.is_gone();
        let deleted = duplicate.world.work.run("gs-list", &["--deleted"]).ok().out.clone();
        let said = duplicate.world.work.given("gs-upload", &["--restore"], &deleted);
        assert_eq!(said.ok().record()["outcome"]["kind"], "created", "{said}");
        assert_eq!(duplicate.journal(), ["restored"]);
        let restored = said.record()["outcome"]["id"].as_str().unwrap().to_owned();
        let number = restored.parse().unwrap();
        let served = duplicate.world.sim.with(|state| match domain(service) {
            Some(domain) => state.served(domain, number),
            None => state.coros_served(2, number),
        });
        assert_eq!(served, Some(before), "byte for byte");
        // The restored activity is a duplicate again, but a person wants it.
        duplicate.world.fetch();
        let again = marked(duplicate.world, service, &[duplicate.kept, restored.clone()]);
        assert_eq!(again.copy, restored);
        let said = again.delete(&["--yes"]);
        assert!(skips(said.ok()).contains(&"restored-by-hand".to_owned()), "{said}");
        assert!(again.world.ids(service).contains(&restored));
        // The activity is not uploaded a second time either.
        again.world.diff(&["--to", service]).ok();
        assert_eq!(again.world.diff(&["--to", service]).ok().out, "");
        // A second restore finds it existing. After a manual deletion it can be restored again.
        let restore = |deleted: &str| again.world.work.given("gs-upload", &["--restore"], deleted).ok().record();
        let outcome = restore(&deleted)["outcome"].clone();
        assert_eq!((&outcome["kind"], &outcome["id"]), (&json!("exists"), &json!(restored)), "{service}");
        again.world.remove(service, &restored);
        again.world.fetch();
        let again_deleted = again.world.work.run("gs-list", &["--deleted", "--id", &restored]).ok().out.clone();
        assert_eq!(restore(&again_deleted)["outcome"]["kind"], "created", "{service}");
        assert_eq!(restore(&deleted)["outcome"]["kind"], "exists", "{service}");
        assert_eq!(again.world.ids(service).len() as i64, OTHERS + 2, "{service}");
    }
}

#[test]
fn a_restore_that_garmin_treats_as_existing_is_reported() {
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
fn only_the_precheck_counts_not_a_later_listing_of_another_command() {
    let duplicate = duplicate("coros");
    duplicate.world.remove("coros", &duplicate.kept);
    // A listing of another command started later, but read the list before the removal.
    duplicate.world.work.change("UPDATE activities SET last_listing = 1000000 WHERE platform = 'coros'");
    let said = duplicate.delete(&["--yes"]);
    assert_eq!(skips(said.ok()), ["kept-not-listed"], "{said}");
    assert!(duplicate.world.ids("coros").contains(&duplicate.copy));
}

#[test]
fn an_activity_that_a_person_has_restored_is_not_restored_again() {
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
