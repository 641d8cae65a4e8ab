//! `gs-upload` and the responses of Garmin: accepted, exists, rejected at once or late, missing consent, other errors.

use crate::support::code;
use crate::support::upload::{CN, COM, DAY, SEND_GARMIN, START, STATUS_GARMIN, World, kinds, world};
use gs_sim::{Effect, Fault, UploadAnswer, UploadSpec};
use serde_json::Value;

/// One activity of garmin.com, planned to garmin.cn, which handles uploads as in `spec`.
fn planned(spec: UploadSpec) -> (World, String) {
    let world = world(&[START], |scenario| scenario.accounts[1].upload = spec);
    let plan = world.plan_of(COM, CN, &[START]);
    (world, plan)
}

fn set(world: &World, spec: UploadSpec) {
    world.sim.with(|state| state.account("garmin.cn").spec.upload = spec);
}

fn rejection(words: &str) -> Effect {
    let body = format!(
        r#"{{"detailedImportResult":{{"uploadId":"","successes":[],"failures":[{{"internalId":null,"messages":[{{"code":700,"content":"{words}"}}]}}]}}}}"#
    );
    Effect::Status { status: 400, retry_after: None, body: Some(body), content_type: None }
}

#[test]
fn an_upload_rate_limit_applies_to_later_runs_but_not_to_lists() {
    for (status, retry_after) in [(429, "3600"), (503, "99999999999"), (429, "3599.5")] {
        let (mut world, plan) = planned(UploadSpec::default());
        let busy = Effect::Status { status, retry_after: Some(retry_after.into()), body: None, content_type: None };
        world.sim.fault(Fault::new(busy).host("connectapi.garmin.cn").path(SEND_GARMIN).count(1));
        assert_eq!(world.upload(&plan).ends(75).records().len(), 1);
        assert_eq!(world.sent(CN), 1);
        // Lists are still requested, also for the precheck.
        world.work.run("gs-fetch", &["--full"]).ok();
        world.work.set("GS_RESEND_WAIT", "0");
        let said = world.upload(&plan);
        said.ends(75).says("garmin-cn: uploads and deletions rate limited until 20");
        assert_eq!(world.sent(CN), 1, "{status} {retry_after}");
        world.work.run("gs-report", &[]).ok();
        let status: Value = world.work.status_json();
        let platforms = status["platforms"].as_array().unwrap();
        let rate_limit =
            |name: &str| platforms.iter().find(|one| one["name"] == name).unwrap()["rate_limited_until"].clone();
        assert!(rate_limit(CN).is_string() && rate_limit(COM).is_null(), "{platforms:?}");
        // The rate limit ends.
        world.work.change("UPDATE rate_limits SET not_before_ms = 0");
        assert_eq!(kinds(world.upload(&plan).ok()), ["created"]);
        assert_eq!(world.times(CN, START), 1);
    }
}

#[test]
fn an_http_202_is_polled_until_the_activity_exists() {
    let (mut world, plan) = planned(UploadSpec { listed_after_seconds: 3600, polls: 2, ..UploadSpec::default() });
    world.work.set("GS_UPLOAD_WAIT", "8s");
    assert_eq!(kinds(world.upload(&plan).ok().silent()), ["created"]);
    assert_eq!(world.asked("garmin.cn", STATUS_GARMIN).len(), 3);
    assert_eq!((world.sent(CN), world.times(CN, START)), (1, 1));
}

#[test]
fn the_id_in_the_response_is_used_quoted_or_not() {
    for answer in [UploadAnswer::Created, UploadAnswer::Ok] {
        for quoted_ids in [true, false] {
            let (world, plan) = planned(UploadSpec { answer, quoted_ids, ..UploadSpec::default() });
            let said = world.upload(&plan);
            let id = said.ok().silent().record()["outcome"]["id"].as_str().unwrap().parse().unwrap();
            assert!(world.sim.with(|state| state.ids("garmin.cn")).contains(&id));
            assert!(world.asked("garmin.cn", STATUS_GARMIN).is_empty());
            let row = world.journal().remove(0);
            assert_eq!(
                (row.outcome.as_deref(), row.to_id, row.confirmed),
                (Some("created"), Some(id.to_string()), true)
            );
        }
    }
}

#[test]
fn a_duplicate_reported_at_once_or_late_counts_as_existing() {
    for duplicates_late in [false, true] {
        let spec = UploadSpec { duplicates_late, listed_after_requests: 1000, ..UploadSpec::default() };
        let (mut world, plan) = planned(spec.clone());
        world.work.set("GS_UPLOAD_WAIT", "5s");
        world.upload(&plan).ok();
        let id = world.journal()[0].to_id.clone().unwrap();
        // The journal is empty, as in a new data folder, and the list does not show the activity for a while.
        world.work.change("DELETE FROM uploads");
        let record = world.upload(&plan).ok().record();
        assert_eq!((&record["outcome"]["kind"], &record["outcome"]["id"]), (&"exists".into(), &id.clone().into()));
        let row = world.journal().remove(0);
        assert_eq!((row.outcome.as_deref(), row.to_id.as_deref()), (Some("exists"), Some(id.as_str())));
        assert_eq!(world.times(CN, START), 1);
        world.sim.with(|state| state.account("garmin.cn").late.clear());
        world.work.run("gs-fetch", &[]).ok();
        assert_eq!((world.stands(CN, START, &[]).0, world.journal()[0].confirmed), ("exists".into(), true));
    }
}

/// Asserts that the upload was rejected with this text, and that only `--retry-rejected` plans it again.
#[track_caller]
fn assert_stays_rejected(world: &World, plan: &str, words: &str) {
    assert_eq!(world.outcomes().last().unwrap(), "rejected");
    let reason = world.journal().pop().unwrap().reason.unwrap();
    assert!(code(&reason) == "rejected" && reason["detail"].as_str().unwrap().contains(words), "{reason}");
    let (kind, codes) = world.stands(CN, START, &[]);
    assert_eq!((kind.as_str(), codes), ("rejected", vec!["rejected".to_owned(), "rejected-before".into()]));
    assert_eq!(world.stands(CN, START, &["--retry-rejected"]).0, "to upload");
    assert_eq!(world.settle().ok().silent().out, "", "reported once");
    // With this flag it is uploaded again.
    set(world, UploadSpec::default());
    world.sim.clear_faults();
    let again = world.planned(&["--to", CN, "--retry-rejected"], &[START]);
    assert_eq!(again, plan);
    assert_eq!(kinds(world.upload(&again).ok()), ["created"]);
    assert_eq!((world.times(CN, START), world.stands(CN, START, &[]).0), (1, "exists".into()));
}

#[test]
fn a_late_rejection_is_reported_with_garmins_text_and_not_retried() {
    let late = UploadSpec { fails_late: Some("This device is not yours.".into()), ..UploadSpec::default() };
    let (world, plan) = planned(late);
    let said = world.upload(&plan);
    said.ends(1).says("This device is not yours.");
    let record = said.record();
    assert_eq!((&record["outcome"]["kind"], &record["problem"]["kind"]), (&"rejected".into(), &"rejected".into()));
    assert_stays_rejected(&world, &plan, "This device is not yours.");
}

#[test]
fn an_http_400_with_a_message_rejects_only_this_file() {
    let world = world(&[START, START + DAY + 60], |_| {});
    let plan = world.plan_of(COM, CN, &[START + DAY + 60, START]);
    world.sim.fault(Fault::new(rejection("No such sport.")).path(SEND_GARMIN).nth(2));
    let said = world.upload(&plan);
    assert_eq!(kinds(said.ends(1)), ["problem rejected", "created"]);
    said.says("No such sport.");
    let plan = plan.lines().nth(1).unwrap().to_owned() + "\n";
    assert_stays_rejected(&world, &plan, "No such sport.");
}

#[test]
fn a_rejected_upload_is_retried_when_its_file_changes() {
    let (world, plan) = planned(UploadSpec::default());
    world.sim.fault(Fault::new(rejection("Not this one.")).path(SEND_GARMIN).count(1));
    world.upload(&plan).ends(1);
    assert_eq!(world.stands(CN, START, &[]).0, "rejected");
    // The original on garmin.com changes.
    let bytes = gs_sim::fit::run(START, 1800, 5000.0).build();
    let id: String = world.work.sql("SELECT from_id FROM uploads");
    let path: String = world.work.sql(&format!("SELECT path FROM files WHERE id = '{id}'"));
    std::fs::remove_file(world.work.data(&path)).unwrap();
    world.sim.with(|state| {
        let source = gs_sim::garmin::activity::Source::Bytes("fit", bytes);
        state.set_source("garmin.com", id.parse().unwrap(), source)
    });
    assert_eq!(world.stands(CN, START, &[]).0, "rejected", "the change is unknown before the download");
    let list = world.work.run("gs-list", &["--id", &id]).ok().out.clone();
    world.work.given("gs-download", &["--force"], &list).ok();
    assert_eq!(world.stands(CN, START, &[]).0, "to upload");
    let plan = world.plan_of(COM, CN, &[START]);
    assert_eq!(kinds(world.upload(&plan).ok()), ["created"]);
    assert_eq!(world.times(CN, START), 1);
}

#[test]
fn a_missing_consent_suspends_the_platform_until_it_is_given() {
    let starts: Vec<i64> = (0..3).map(|day| START + day * (DAY + 401)).collect();
    let missing = UploadSpec { consent_missing: true, ..UploadSpec::default() };
    let world = world(&starts, |scenario| scenario.accounts[1].upload = missing);
    let plan = world.plan_of(COM, CN, &starts);
    let said = world.upload(&plan);
    assert_eq!(kinds(said.ends(78)), ["problem config"; 3]);
    said.says("Privacy and Data").says("platform skipped for the rest of this run");
    assert_eq!(said.err.lines().count(), 1, "reported once: {said}");
    assert_eq!((world.sent(CN), world.outcomes()), (1, vec!["failed".to_owned()]));
    assert!(starts.iter().all(|start| world.stands(CN, *start, &[]).0 == "to upload"), "no file is rejected");
    set(&world, UploadSpec::default());
    assert_eq!(kinds(world.upload(&plan).ok()), ["created"; 3]);
    assert!(starts.iter().all(|start| world.times(CN, *start) == 1));
}

#[test]
fn repeated_unknown_errors_reject_a_file_once_others_are_accepted() {
    let starts = [START, START + DAY + 401];
    let world = world(&starts, |_| {});
    let (plan, other) = (world.plan_of(COM, CN, &starts[..1]), world.plan_of(COM, CN, &starts[1..]));
    let unknown_error = Effect::Status { status: 400, retry_after: None, body: Some("{}".into()), content_type: None };
    let fail_uploads = || world.sim.fault(Fault::new(unknown_error.clone()).path(SEND_GARMIN));
    let assert_retried = || {
        assert_eq!(kinds(world.upload(&plan).ends(75)), ["problem retry"]);
        assert_eq!(world.stands(CN, START, &[]).0, "to upload");
    };
    fail_uploads();
    (0..4).for_each(|_| assert_retried());
    // Hours later the platform still accepts no file, so this one is not rejected.
    world.work.change("UPDATE uploads SET started_at = started_at - 4 * 3600");
    assert_retried();
    world.sim.clear_faults();
    assert_eq!(kinds(world.upload(&other).ok()), ["created"]);
    fail_uploads();
    assert_eq!(kinds(world.upload(&plan).ends(1)), ["problem rejected"]);
    assert_stays_rejected(&world, &plan, "HTTP 400");
}

#[test]
fn three_unknown_errors_in_a_row_suspend_the_platform() {
    let starts: Vec<i64> = (0..6).map(|day| START + day * (DAY + 401)).collect();
    let world = world(&starts, |_| {});
    let plan = world.plan_of(COM, CN, &starts);
    let unknown_error = Effect::Status { status: 400, retry_after: None, body: Some("{}".into()), content_type: None };
    world.sim.fault(Fault::new(unknown_error).path(SEND_GARMIN));
    assert_eq!(kinds(world.upload(&plan).ends(75)), ["problem retry"; 6]);
    assert_eq!((world.sent(CN), world.outcomes()), (3, vec!["failed".to_owned(); 3]));
}

#[test]
fn an_upload_that_is_listed_late_still_counts_as_created() {
    let (world, plan) = planned(UploadSpec { listed_after_requests: 4, ..UploadSpec::default() });
    assert_eq!(kinds(world.upload(&plan).ok()), ["created"]);
    assert_eq!(kinds(world.upload(&plan).ok()), ["exists"], "even though the list does not show it");
    assert_eq!((world.sent(CN), world.times(CN, START)), (1, 1));
    for _ in 0..4 {
        world.work.run("gs-fetch", &[]).ok();
    }
    assert_eq!((world.outcomes(), world.journal()[0].confirmed), (vec!["created".to_owned()], true));
}

#[test]
fn a_rate_limit_or_a_required_login_suspends_the_platform() {
    let starts = [START, START + DAY + 401];
    let limit = Effect::Status { status: 429, retry_after: Some("60".into()), body: None, content_type: None };
    let world = world(&starts, |_| {});
    let plan = world.plan_of(COM, CN, &starts);
    world.sim.fault(Fault::new(limit).path(SEND_GARMIN));
    assert_eq!(kinds(world.upload(&plan).ends(75)), ["problem retry"; 2]);
    assert_eq!(world.sent(CN), 1);
    world.sim.clear_faults();
    world.work.change("DELETE FROM rate_limits");
    world.sim.fault(Fault::new(Effect::Unauthorized).path(SEND_GARMIN));
    let said = world.upload(&plan);
    assert_eq!(kinds(said.ends(77)), ["problem login-required"; 2]);
    said.says("gs-auth");
    world.sim.clear_faults();
}

#[test]
fn garmin_upload_as_import_marks_the_activity_as_imported() {
    let imported = |world: &World| -> Vec<bool> {
        world.sim.with(|state| {
            let activities = &state.account("garmin.cn").activities;
            let ours = activities.iter().filter(|activity| activity.recording.start == START);
            ours.map(|activity| activity.imported).collect()
        })
    };
    for (setting, is_import) in [("", false), ("0", false), ("1", true)] {
        let (mut world, plan) = planned(UploadSpec::default());
        world.work.set("GARMIN_UPLOAD_AS_IMPORT", setting);
        world.upload(&plan).ok();
        assert_eq!(imported(&world), [is_import], "{setting:?}");
        let post = world.asked("garmin.cn", SEND_GARMIN).remove(0);
        assert_eq!(post.path.ends_with("/upload/fit"), is_import);
        assert_eq!(post.agent.starts_with("GCM-iOS"), is_import, "{}", post.agent);
    }
    let (mut world, plan) = planned(UploadSpec::default());
    world.work.set("GARMIN_UPLOAD_AS_IMPORT", "perhaps");
    world.upload(&plan).ends(78).says("GARMIN_UPLOAD_AS_IMPORT");
    assert_eq!(world.sent(CN), 0);
}
