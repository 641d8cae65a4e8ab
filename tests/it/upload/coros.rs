//! `gs-upload` to COROS: store credentials, store, import, a queue with late results, and one session at a time.

use crate::support;
use crate::support::faults::answer;
use crate::support::upload::{COM, COROS, DAY, IMPORT, QUEUE, START, STS, World, kill, kinds, world};
use crate::support::{COROS_LOGIN, code};
use gs_sim::{Effect, Fault, ImportSpec, Scenario, StsSpec};
use serde_json::json;

/// One activity of garmin.com, planned to COROS, in a changed scenario.
fn planned(change: impl FnOnce(&mut Scenario)) -> (World, String) {
    let world = world(&[START], change);
    let plan = world.plan_of(COM, COROS, &[START]);
    (world, plan)
}

fn importing(import: ImportSpec) -> (World, String) {
    planned(|scenario| scenario.coros[0].import = import)
}

fn import(world: &World, import: ImportSpec) {
    world.sim.with(|state| state.coros.accounts[0].spec.import = import);
}

#[test]
fn an_import_that_is_rejected_late_is_reported_and_not_retried() {
    let (world, plan) = importing(ImportSpec { fails_late: Some(-1), polls: 2, ..ImportSpec::default() });
    let said = world.upload(&plan);
    assert_eq!(kinds(said.ends(1)), ["problem rejected"]);
    said.says("status -1").says("unsupported sport");
    let reason = world.journal()[0].reason.clone().unwrap();
    assert!(code(&reason) == "rejected" && reason["detail"].as_str().unwrap().contains("status -1"), "{reason}");
    let (kind, codes) = world.stands(COROS, START, &[]);
    assert_eq!((kind.as_str(), codes), ("rejected", vec!["rejected".to_owned(), "rejected-before".into()]));
    assert_eq!(world.settle().ok().silent().out, "");
    import(&world, ImportSpec::default());
    let again = world.planned(&["--to", "coros", "--retry-rejected"], &[START]);
    assert_eq!(kinds(world.upload(&again).ok()), ["created"]);
    assert_eq!((world.times(COROS, START), world.outcomes()), (1, vec!["rejected".into(), "created".into()]));
}

#[test]
fn a_file_that_the_importer_cannot_read_is_rejected() {
    let (world, plan) = importing(ImportSpec { vanishes: true, seconds: 2, ..ImportSpec::default() });
    let said = std::thread::scope(|scope| {
        let upload = scope.spawn(|| world.upload(&plan));
        world.wait(|world| world.sim.with(|state| !state.coros.jobs.is_empty()));
        world.sim.with(|state| state.coros.jobs[0].errors = 1);
        upload.join().unwrap()
    });
    assert_eq!(kinds(said.ends(1)), ["problem rejected"]);
    said.says("could not read the file");
}

#[test]
fn an_import_that_disappears_is_lost_after_six_hours() {
    let (world, plan) = importing(ImportSpec { vanishes: true, ..ImportSpec::default() });
    assert_eq!(kinds(world.upload(&plan).ok().silent()), ["pending"]);
    assert_eq!(
        kinds(world.upload(&plan).ok().silent()),
        ["pending", "pending"],
        "the pending upload, and the record of the plan"
    );
    assert_eq!(kinds(world.settle().ok().silent()), ["pending"]);
    assert_eq!((world.sent(COROS), world.stands(COROS, START, &[]).0), (1, "pending".into()));
    world.let_hours_pass(5);
    assert_eq!(kinds(world.settle().ok().silent()), ["pending"]);
    world.let_hours_pass(2);
    let said = world.settle();
    assert_eq!(kinds(said.ends(1)), ["problem rejected"]);
    let reason = said.record()["problem"]["reason"].clone();
    assert_eq!((code(&reason), &reason["seconds"]), ("upload-lost", &json!(6 * 3600)));
    assert!(reason["retry"].as_str().unwrap().contains("--to coros --retry-rejected"), "{reason}");
    said.says("not listed for 6 hours");
    assert_eq!((world.outcomes(), world.sent(COROS)), (vec!["lost".to_owned()], 1));
    world.sim.clear_log();
    assert_eq!(world.settle().ok().silent().out, "", "reported once");
    assert_eq!(world.sim.log().len(), 0);
    world.work.run("gs-fetch", &[]).ok();
    let (kind, codes) = world.stands(COROS, START, &[]);
    assert_eq!((kind.as_str(), codes), ("rejected", vec!["upload-lost".to_owned()]));
    assert_eq!(world.sent(COROS), 0, "a lost upload is not retried automatically");
}

/// A lost upload, and the plan to upload it again, now to a working importer.
fn lost() -> (World, String) {
    let (world, plan) = importing(ImportSpec { vanishes: true, ..ImportSpec::default() });
    assert_eq!(kinds(world.work.given("gs-upload", &["--upload-wait", "2s"], &plan).ok()), ["pending"]);
    world.let_hours_pass(7);
    world.work.run("gs-upload", &["--upload-wait", "0"]).ends(1);
    import(&world, ImportSpec::default());
    world.work.run("gs-fetch", &[]).ok();
    let again = world.planned(&["--to", "coros", "--retry-rejected"], &[START]);
    (world, again)
}

#[test]
fn a_lost_upload_is_imported_when_it_is_uploaded_again() {
    // The importer identifies files by checksum and would return its finished job for the same bytes.
    let (world, plan) = lost();
    assert_eq!(kinds(world.upload(&plan).ok()), ["created"]);
    assert_eq!((world.times(COROS, START), world.outcomes()), (1, vec!["lost".into(), "created".into()]));
}

#[test]
fn a_killed_second_upload_is_not_mistaken_for_the_lost_one() {
    for (effect, sent) in [(Effect::Stall { ms: 20_000 }, 2), (Effect::Held { ms: 20_000 }, 1)] {
        let (world, plan) = lost();
        world.sim.fault(Fault::new(effect).path(IMPORT).count(1));
        let child = world.work.spawn("gs-upload", &[], &plan);
        world.wait_for_fault();
        kill(child);
        world.sim.clear_faults();
        assert_eq!(kinds(world.settle().ok()), ["created"], "{sent}");
        assert_eq!((world.times(COROS, START), world.sent(COROS)), (1, sent));
    }
}

#[test]
fn an_upload_is_not_lost_while_the_list_is_unreadable() {
    let (world, plan) = importing(ImportSpec { vanishes: true, ..ImportSpec::default() });
    world.upload(&plan).ok();
    world.let_hours_pass(7);
    world.sim.fault(Fault::new(Effect::Html).contains("/activity/query"));
    assert_eq!(kinds(world.settle().ends(75)), ["pending"]);
    assert_eq!(world.outcomes(), ["open"]);
    world.sim.clear_faults();
    world.settle().ends(1);
    assert_eq!(world.outcomes(), ["lost"]);
}

#[test]
fn a_listed_activity_counts_as_created_even_if_it_is_still_queued() {
    let (world, plan) = importing(ImportSpec { polls: 1000, ..ImportSpec::default() });
    assert_eq!(kinds(world.work.given("gs-upload", &["--upload-wait", "0"], &plan).ok()), ["created"]);
    assert_eq!((world.outcomes(), world.sent(COROS)), (vec!["created".to_owned()], 1));
}

#[test]
fn a_later_run_confirms_an_upload_that_is_listed_late() {
    let (world, plan) = importing(ImportSpec { listed_after_seconds: 3600, ..ImportSpec::default() });
    let said = world.work.given("gs-upload", &["--upload-wait", "2s"], &plan);
    assert_eq!(kinds(said.ok().silent()), ["pending"]);
    assert_eq!(world.stands(COROS, START, &[]).0, "pending");
    world.sim.with(|state| state.advance(3601));
    assert_eq!(kinds(world.settle().ok().silent()), ["created"]);
    assert_eq!((world.sent(COROS), world.times(COROS, START)), (1, 1));
    assert!(world.journal()[0].confirmed);
}

#[test]
fn an_upload_without_store_credentials_is_repeated_by_the_next_run() {
    let starts = [START, START + DAY + 401];
    let not_found = Effect::Status {
        status: 404,
        retry_after: None,
        body: Some("<html>".into()),
        content_type: Some("text/html".into()),
    };
    for effect in [not_found, Effect::Html, answer(200, r#"{"code":401,"msg":"signature error"}"#), answer(403, "")] {
        let world = world(&starts, |_| {});
        let plan = world.plan_of(COM, COROS, &starts);
        world.sim.fault(Fault::new(effect.clone()).contains(STS));
        let said = world.upload(&plan);
        assert!(said.code == 75 || said.code == 77, "{effect:?} {said}");
        assert!(kinds(&said).iter().all(|kind| kind == "problem retry" || kind == "problem login-required"), "{said}");
        assert_eq!(world.sent(COROS), 0);
        assert!(world.outcomes().iter().all(|outcome| outcome == "failed"), "{:?}", world.outcomes());
        world.sim.clear_faults();
        assert_eq!(kinds(world.upload(&plan).ok()), ["created"; 2], "{effect:?}");
        assert!(starts.iter().all(|start| world.times(COROS, *start) == 1));
    }
}

#[test]
fn unavailable_store_credentials_suspend_coros_with_one_message() {
    let starts = [START, START + DAY + 401];
    let world = world(&starts, |scenario| {
        scenario.sts = StsSpec { hub_gone: true, faq_gone: true, ..StsSpec::default() };
    });
    let plan = world.plan_of(COM, COROS, &starts);
    let said = world.upload(&plan);
    assert_eq!(kinds(said.ends(75)), ["problem retry"; 2]);
    said.says("update garminsync").says("platform skipped for the rest of this run");
    assert_eq!(said.err.lines().count(), 1, "{said}");
    assert_eq!(world.outcomes(), ["failed"]);
}

#[test]
fn store_credentials_for_another_bucket_are_not_used() {
    let (world, plan) = planned(|scenario| scenario.coros[0].region = 1);
    let credentials = r#"{"AccessKeyId":"AK","SecretAccessKey":"SK","SessionToken":"ST","Region":"eu-central-1","Bucket":"eu-coros"}"#;
    let credentials = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(credentials)
    } + gs_sim::MARKER;
    let body = serde_json::json!({"code": 200, "data": {"credentials": credentials, "v": "2"}}).to_string();
    world.sim.fault(Fault::new(answer(200, &body)).contains(STS));
    world.upload(&plan).ends(75).says("credentials for another bucket than coros-s3");
    assert!(world.sim.log().iter().all(|one| one.method != "PUT" && one.path != IMPORT));
    world.sim.clear_faults();
    assert_eq!(kinds(world.upload(&plan).ok()), ["created"]);
}

#[test]
fn the_login_determines_the_region_and_its_bucket() {
    for (region, bucket) in [(1, "coros-s3."), (2, "coros-oss."), (3, "eu-coros."), (4, "coros-sg-prod.")] {
        let (world, plan) = planned(|scenario| scenario.coros[0].region = region);
        world.upload(&plan).ok();
        let put: Vec<String> =
            world.sim.log().into_iter().filter(|one| one.method == "PUT").map(|one| one.host).collect();
        assert!(put.len() == 1 && put[0].starts_with(bucket), "{put:?}");
        assert_eq!(world.sim.with(|state| state.coros.jobs[0].result), 2);
    }
}

#[test]
fn an_error_with_http_200_is_a_failure() {
    let (world, plan) = planned(|_| {});
    let error = answer(200, r#"{"apiCode":"8E16FCC7","message":"Service exceptions","result":"1001"}"#);
    world.sim.fault(Fault::new(error).path(IMPORT).count(1));
    let said = world.upload(&plan);
    assert_eq!(kinds(said.ends(75)), ["problem retry"]);
    said.says("Service exceptions");
    assert_eq!((world.outcomes(), world.times(COROS, START)), (vec!["failed".to_owned()], 0));
    assert_eq!(kinds(world.upload(&plan).ok()), ["created"]);
}

#[test]
fn an_outage_causes_a_limited_number_of_requests() {
    let starts: Vec<i64> = (0..6).map(|day| START + day * (DAY + 401)).collect();
    let world = world(&starts, |_| {});
    let plan = world.plan_of(COM, COROS, &starts);
    world.sim.fault(Fault::new(answer(503, "")));
    world.upload(&plan).ends(75);
    assert!(world.sim.log().len() <= 12, "{:?}", support::requests(&world.sim));
}

#[test]
fn an_object_missing_from_the_store_is_uploaded_by_the_next_run() {
    let (world, plan) = planned(|_| {});
    // The store confirms the object but does not have it.
    world.sim.fault(Fault::new(answer(200, "")).method("PUT").count(1));
    let said = world.upload(&plan);
    assert_eq!(kinds(said.ends(75)), ["problem retry"]);
    said.says("status -2").says("uploaded again by the next run");
    let again = world.planned(&["--to", "coros"], &[START]);
    assert_eq!(kinds(world.upload(&again).ok()), ["created"]);
    assert_eq!(world.times(COROS, START), 1);
}

#[test]
fn an_upload_that_the_store_rejects_is_repeated_by_the_next_run() {
    let rejection = r#"<?xml version="1.0"?><Error><Code>SignatureDoesNotMatch</Code></Error>"#;
    for region in [2, 3] {
        let (world, plan) = planned(|scenario| scenario.coros[0].region = region);
        world.sim.fault(Fault::new(answer(403, rejection)).method("PUT"));
        let said = world.upload(&plan);
        assert_eq!(kinds(said.ends(75)), ["problem retry"]);
        said.says("SignatureDoesNotMatch");
        assert_eq!((world.sent(COROS), world.outcomes()), (0, vec!["failed".to_owned()]));
        world.sim.clear_faults();
        assert_eq!(kinds(world.upload(&plan).ok()), ["created"]);
        assert_eq!(world.times(COROS, START), 1);
    }
}

#[test]
fn a_session_ended_by_another_login_is_replaced_with_one_login() {
    // During the precheck, the request for credentials, the upload to the store, and the queue requests.
    for (path, method) in [("/activity/query", "GET"), (STS, "GET"), ("/fit_zip/", "PUT"), (QUEUE, "POST")] {
        let (world, plan) = planned(|_| {});
        world.let_lists_age();
        world.list_uploads_after(2);
        world.sim.fault(Fault::new(Effect::Held { ms: 500 }).contains(path).method(method).count(1));
        std::thread::scope(|scope| {
            let upload = scope.spawn(|| world.upload(&plan));
            world.wait_for_fault();
            world.sim.with(|state| state.issue_coros_token(2));
            assert_eq!(kinds(upload.join().unwrap().ok()), ["created"], "{path}");
        });
        assert_eq!(world.asked("coros.com", COROS_LOGIN).len(), 1, "{path}: {:?}", support::requests(&world.sim));
        assert_eq!((world.sent(COROS) <= 2, world.times(COROS, START)), (true, 1), "{path}");
    }
}

#[test]
fn a_repeatedly_ended_session_causes_one_login_and_no_upload() {
    let (world, plan) = planned(|_| {});
    world.let_lists_age();
    let ended = answer(200, r#"{"result":"1019","message":"Access token is invalid"}"#);
    world.sim.fault(Fault::new(ended).contains("/activity/query"));
    let said = world.upload(&plan);
    assert_eq!(kinds(said.ends(75)), ["problem retry"]);
    said.says("login ended by another session").says("gs-auth login --browser");
    assert_eq!((world.asked("coros.com", COROS_LOGIN).len(), world.sent(COROS)), (1, 0));
}

#[test]
fn an_upload_follows_the_account_to_another_region() {
    let (world, plan) = planned(|_| {});
    world.sim.with(|state| state.coros.accounts[0].spec.region = 3);
    assert_eq!(kinds(world.upload(&plan).ok()), ["created"]);
    assert_eq!((world.times(COROS, START), world.sim.with(|state| state.coros.jobs.len())), (1, 1));
    assert!(world.asked("eu-coros.s3.eu-central-1.amazonaws.com", "").iter().any(|one| one.method == "PUT"));
    assert!(world.asked("coros.com", COROS_LOGIN).len() <= 1);
}

#[test]
fn the_queue_settles_an_import_without_response() {
    for region in 1..=4 {
        let (world, plan) = planned(|scenario| scenario.coros[0].region = region);
        world.sim.fault(Fault::new(Effect::Held { ms: 20_000 }).path(IMPORT).count(1));
        let child = world.work.spawn("gs-upload", &[], &plan);
        world.wait_for_fault();
        kill(child);
        assert_eq!(kinds(world.settle().ok()), ["created"], "{region}");
        assert_eq!((world.sent(COROS), world.times(COROS, START)), (1, 1));
    }
}

#[test]
fn ctrl_c_outputs_an_unfinished_upload_as_pending() {
    let (world, plan) = importing(ImportSpec { seconds: 30, ..ImportSpec::default() });
    let file = world.work.dir().join("plan");
    std::fs::write(&file, plan).unwrap();
    let mut command = world.work.command("gs-upload", &[]);
    command.stdin(std::fs::File::open(file).unwrap()).stdout(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    world.wait(|world| world.sim.log().iter().any(|request| request.path.contains(QUEUE)));
    let ended = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(ended.success());
    let output = child.wait_with_output().unwrap();
    let record: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one record");
    assert_eq!((output.status.code(), record["outcome"]["kind"].as_str()), (Some(130), Some("pending")), "{record}");
}
