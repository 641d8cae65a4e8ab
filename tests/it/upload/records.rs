//! `gs-upload`: which records it uploads, which pass unchanged, how it reports unusable files, and its flags.

use crate::support;
use crate::support::upload::{
    CN, COM, COROS, DAY, IMPORT, QUEUE, SEND_GARMIN, START, STATUS_GARMIN, World, kinds, one_planned, run_at, world,
};
use gs_sim::{ActivitySpec, Effect, Fault, UploadAnswer};
use serde_json::{Value, json};

const NEXT: i64 = START + DAY + 401;

/// A hand-written transfer of an activity from garmin.com to garmin.cn.
fn transfer_to_garmin_cn(world: &World, id: &str) -> String {
    let activity = world.work.run("gs-list", &["--id", id]).record();
    json!({"type": "transfer", "to": CN, "activity": activity}).to_string() + "\n"
}

/// Asserts that the plan is not uploaded, for the reason with this code.
#[track_caller]
fn assert_not_uploaded(world: &World, plan: &str, kind: &str, code: &str) {
    let said = world.upload(plan);
    assert_eq!(kinds(said.ends(if kind.starts_with("problem") { 1 } else { 0 })), [kind]);
    let record = said.record();
    let reason = match &record["problem"] {
        Value::Null => &record["reasons"][0],
        problem => &problem["reason"],
    };
    assert_eq!(support::code(reason), code, "{said}");
    assert_eq!((world.sim.log().len(), world.journal().len()), (0, 0), "{:?}", support::requests(&world.sim));
}

#[test]
fn a_missing_or_corrupt_archive_file_is_not_uploaded() {
    let (world, plan) = one_planned(CN);
    let path: String = world.work.sql("SELECT path FROM files");
    let path = world.work.data(&path);
    let bytes = std::fs::read(&path).unwrap();
    let other_sport = gs_sim::fit::ride(START, 1800, 5000.0).build();
    for damaged in [bytes[..bytes.len() / 2].to_vec(), gs_sim::fit::damage::wrong_crc(&bytes), Vec::new(), other_sport]
    {
        std::fs::write(&path, damaged).unwrap();
        assert_not_uploaded(&world, &plan, "problem corrupt-file", "file-damaged");
    }
    std::fs::remove_file(&path).unwrap();
    assert_not_uploaded(&world, &plan, "problem corrupt-file", "file-damaged");
    world.work.change("DELETE FROM files");
    assert_not_uploaded(&world, &plan, "problem corrupt-file", "file-not-archived");
}

#[test]
fn a_file_that_changed_after_planning_needs_a_new_plan() {
    let (world, plan) = one_planned(CN);
    let id: u64 = world.work.sql::<String>("SELECT id FROM files").parse().unwrap();
    let bytes = gs_sim::fit::run(START, 1800, 5000.0).build();
    world.sim.with(|state| state.set_source("garmin.com", id, gs_sim::garmin::activity::Source::Bytes("fit", bytes)));
    world.work.given("gs-download", &["--force"], &plan).ok();
    world.sim.clear_log();
    assert_not_uploaded(&world, &plan, "problem corrupt-file", "file-changed");
    let again = world.plan_of(COM, CN, &[START]);
    assert_eq!(kinds(world.upload(&again).ok()), ["created"]);
}

#[test]
fn an_activity_with_several_files_is_not_uploaded() {
    let (world, plan) = one_planned(CN);
    world.work.change(
        "INSERT INTO files (platform, id, part, path, sha256, bytes, format, origin, archived_at, verified_at)
         SELECT platform, id, 1, path || '.2', sha256, bytes, format, origin, archived_at, verified_at FROM files",
    );
    assert_not_uploaded(&world, &plan, "problem corrupt-file", "several-files");
}

#[test]
fn a_format_that_the_target_does_not_accept_is_skipped() {
    let world = world(&[], |scenario| {
        let odd = ActivitySpec { id: Some(5), oddities: vec!["gpx_origin".into()], ..run_at(START) };
        scenario.accounts[0].activities.push(odd);
    });
    world.work.download(&["--id", "5"]).ok();
    world.sim.clear_log();
    let plan = transfer_to_garmin_cn(&world, "5");
    assert_not_uploaded(&world, &plan, "skipped", "format-not-accepted");
}

#[test]
fn an_activity_without_a_start_time_is_not_uploaded() {
    let (world, plan) = one_planned(CN);
    world.work.change("UPDATE activities SET start_time = NULL");
    assert_not_uploaded(&world, &plan, "skipped", "no-start-time");
}

#[test]
fn an_activity_is_not_uploaded_to_its_own_platform() {
    let (world, plan) = one_planned(CN);
    let plan = plan.replace("\"to\":\"garmin-cn\"", "\"to\":\"garmin-com\"");
    assert_not_uploaded(&world, &plan, "exists", "still-there");
}

#[test]
fn an_unknown_platform_is_reported_and_other_records_are_uploaded() {
    let (world, plan) = one_planned(CN);
    for to in ["strava", "garmin", "GARMINCN", "folder", ""] {
        assert_not_uploaded(
            &world,
            &plan.replace("\"to\":\"garmin-cn\"", &format!("\"to\":{to:?}")),
            "problem rejected",
            "unknown-platform",
        );
    }
    let unknown_target = plan.replace("\"to\":\"garmin-cn\"", "\"to\":\"strava\"");
    assert_eq!(kinds(world.upload(&format!("{unknown_target}{plan}")).ends(1)), ["problem rejected", "created"]);
}

#[test]
fn records_with_a_problem_an_outcome_or_another_type_pass_unchanged() {
    let (world, plan) = one_planned(CN);
    let with = |name: &str, value: Value| {
        let mut record: Value = serde_json::from_str(&plan).unwrap();
        record[name] = value;
        record["mood"] = json!("good");
        record
    };
    let records = [
        with(
            "problem",
            json!({"command": "gs-download", "kind": "not-found", "reason": {"code": "not-found", "detail": "no more", "text": "no more"}}),
        ),
        with("outcome", json!({"kind": "created", "id": "5"})),
        with("outcome", json!({"kind": "pending"})),
        json!({"type": "activity", "platform": "garmin-com", "id": "1", "mood": "good"}),
        json!({"type": "weather", "rain": true}),
    ];
    let input: String = records.iter().map(|record| format!("{record}\n")).collect();
    let said = world.upload(&input);
    let order = |records: &[Value]| records.iter().map(Value::to_string).collect::<Vec<_>>();
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    assert_eq!(sorted(order(&said.ok().silent().records())), sorted(order(&records)));
    assert_eq!((world.sim.log().len(), world.journal().len()), (0, 0));
    // Unknown fields also stay on a record that is uploaded.
    let sent = world.upload(&(with("reasons", json!([])).to_string() + "\n"));
    assert_eq!((kinds(sent.ok()), &sent.record()["mood"]), (vec!["created".to_owned()], &json!("good")));
}

#[test]
fn a_malformed_line_ends_with_65_after_earlier_uploads_are_settled() {
    for to in [CN, COROS] {
        let (world, plan) = one_planned(to);
        for bad in ["{\"type\":\"transfer\"", "[1]", "hello", "{\"type\":\"transfer\",\"to\":5}"] {
            let said = world.upload(&format!("{plan}{bad}\n{plan}"));
            said.ends(65).says("line 2");
            let kind = &kinds(&said)[..];
            assert!(kind == ["created"] || kind == ["exists"], "{said}");
            assert_eq!((world.times(to, START), world.outcomes()), (1, vec!["created".to_owned()]));
        }
        let exit: i64 = world.work.sql("SELECT exit FROM commands WHERE command = 'gs-upload' ORDER BY number LIMIT 1");
        assert_eq!(exit, 65);
    }
}

#[test]
fn a_closed_pipe_ends_the_command_quietly_with_a_complete_journal() {
    let world = world(&[START, NEXT], |scenario| scenario.accounts[1].upload.answer = UploadAnswer::Created);
    let plan = world.plan_of(COM, CN, &[NEXT, START]);
    let unknown_target = plan.lines().next().unwrap().replace("\"to\":\"garmin-cn\"", "\"to\":\"strava\"");
    let mut lines: Vec<&str> = plan.lines().collect();
    // The first is uploaded, the output of the second fails, and the third is not started.
    lines.insert(1, &unknown_target);
    let path = world.work.dir().join("plan");
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    let bin = env!("CARGO_BIN_EXE_gs-upload");
    let script = format!("set -o pipefail; (sleep 0.2; exec {bin} < {}) | true", path.display());
    let said = world.work.given("/bin/bash", &["-c", &script], "");
    assert_eq!(said.code, 1, "because of the unknown platform: {said}");
    assert!(!said.err.contains("roken pipe") && !said.err.contains("panic"), "{said}");
    assert_eq!((world.sent(CN), world.outcomes()), (1, vec!["created".to_owned()]));
    assert_eq!((world.times(CN, NEXT), world.times(CN, START)), (1, 0));
    assert!(world.journal()[0].confirmed, "the upload was confirmed");
}

#[test]
fn the_platform_flag_selects_targets_and_other_records_pass() {
    let world = world(&[START], |_| {});
    let plan = world.plan_of(COM, CN, &[START]) + &world.plan_of(COM, COROS, &[START]);
    let said = world.work.given("gs-upload", &["--platform", "coros"], &plan);
    let mut said = kinds(said.ok().silent());
    said.sort();
    assert_eq!(said, ["", "created"]);
    assert_eq!((world.sent(CN), world.times(COROS, START)), (0, 1));
    // An open upload to another platform is not checked either.
    world.sim.fault(Fault::new(Effect::AnswerLost).path(SEND_GARMIN).count(1));
    world.upload(&plan).ends(75);
    world.sim.clear_log();
    world.work.run("gs-upload", &["--platform", "coros"]).ok().silent();
    assert_eq!(world.sim.log().len(), 0);
    world.work.run("gs-upload", &["--platform", "strava"]).ends(2);
    assert_eq!(kinds(world.settle().ok()), ["created"]);
}

#[test]
fn a_dry_run_sends_no_requests_and_writes_nothing() {
    let (world, plan) = one_planned(CN);
    let said = world.work.given("gs-upload", &["-n"], &plan);
    said.ok().says("would upload to garmin-cn");
    assert_eq!((kinds(&said), world.sim.log().len(), world.journal().len()), (vec!["skipped".to_owned()], 0, 0));
    world.sim.fault(Fault::new(Effect::AnswerLost).path(SEND_GARMIN).count(1));
    world.upload(&plan).ends(75);
    world.sim.clear_log();
    world.work.run("gs-upload", &["-n"]).ok().says("would check 1 upload");
    assert_eq!((world.sim.log().len(), world.outcomes()), (0, vec!["open".to_owned()]));
}

#[test]
fn the_upload_wait_is_a_flag_or_a_setting() {
    for to in [CN, COROS] {
        for by_setting in [false, true] {
            let mut world = world(&[START], |scenario| {
                scenario.accounts[1].upload.polls = 1000;
                scenario.coros[0].import.polls = 1000;
            });
            world.list_uploads_after(3600);
            let plan = world.plan_of(COM, to, &[START]);
            let args: &[&str] = if by_setting { &[] } else { &["--upload-wait", "0"] };
            if by_setting {
                world.work.set("GS_UPLOAD_WAIT", "0");
            }
            let said = world.work.given("gs-upload", args, &plan);
            assert_eq!(kinds(said.ok().silent()), ["pending"]);
            let asked =
                if to == CN { world.asked("garmin.cn", STATUS_GARMIN) } else { world.asked("coros.com", QUEUE) };
            assert_eq!(asked.len(), 1, "the status is requested only once");
            assert_eq!((world.outcomes(), world.stands(to, START, &[]).0), (vec!["open".to_owned()], "pending".into()));
        }
    }
    let (mut world, plan) = one_planned(CN);
    world.work.given("gs-upload", &["--upload-wait", "soon"], &plan).ends(2).says("--upload-wait");
    world.work.given("gs-upload", &["--settle-wait", "soon"], &plan).ends(2).says("--upload-wait \"soon\"");
    world.work.set("GS_UPLOAD_WAIT", "soon");
    world.work.given("gs-upload", &[], &plan).ends(78).says("GS_UPLOAD_WAIT");
    assert_eq!((world.sim.log().len(), world.journal().len()), (0, 0));
}

#[test]
fn a_failed_upload_is_recorded_as_failed() {
    for (to, path) in [(CN, SEND_GARMIN), (COROS, IMPORT)] {
        let (world, plan) = one_planned(to);
        let limit = Effect::Status { status: 429, retry_after: None, body: None, content_type: None };
        world.sim.fault(Fault::new(limit).path(path));
        let said = world.upload(&plan);
        assert_eq!(kinds(said.ends(75)), ["problem retry"]);
        assert_eq!((world.outcomes(), world.stands(to, START, &[]).0), (vec!["failed".to_owned()], "to upload".into()));
        assert_eq!(world.work.sql::<i64>("SELECT exit FROM commands WHERE command = 'gs-upload'"), 75);
        world.sim.clear_faults();
        world.work.change("DELETE FROM rate_limits");
        assert_eq!(kinds(world.upload(&world.plan_of(COM, to, &[START])).ok()), ["created"]);
        assert_eq!(world.times(to, START), 1);
    }
}

#[test]
fn one_bad_activity_does_not_end_the_run() {
    let starts: Vec<i64> = (0..5).map(|day| START + day * (DAY + 401)).collect();
    let world = world(&starts, |_| {});
    let plan = world.plan_of(COM, CN, &starts);
    let lines: Vec<Value> = plan.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // A corrupt file, a file that the platform rejects, and an activity without a file.
    std::fs::write(lines[0]["file"]["path"].as_str().unwrap(), b"x").unwrap();
    let words = r#"{"detailedImportResult":{"failures":[{"messages":[{"code":1,"content":"No."}]}]}}"#;
    let rejection = Effect::Status { status: 400, retry_after: None, body: Some(words.into()), content_type: None };
    world.sim.fault(Fault::new(rejection).path(SEND_GARMIN).count(1));
    world
        .work
        .change(&format!("DELETE FROM files WHERE id = {}", lines[2]["activity"]["id"].to_string().replace('"', "'")));
    let said = world.upload(&plan);
    let mut outcomes = kinds(said.ends(1));
    outcomes.sort();
    assert_eq!(outcomes, ["created", "created", "problem corrupt-file", "problem corrupt-file", "problem rejected"]);
    assert_eq!((said.err.lines().count(), world.sent(CN)), (3, 3), "{said}");
    assert_eq!(world.work.sql::<i64>("SELECT exit FROM commands WHERE command = 'gs-upload'"), 1);
}

#[test]
fn verbose_output_shows_no_secrets() {
    let world = world(&[START], |_| {});
    let plan = world.plan_of(COM, CN, &[START]) + &world.plan_of(COM, COROS, &[START]);
    world.let_lists_age();
    // The command logs in again, too.
    world.sim.with(|state| state.issue_coros_token(2));
    let said = world.work.given("gs-upload", &["-vv"], &plan);
    assert_eq!(kinds(said.ok()), ["created"; 2]);
    assert!(said.err.contains("PUT") && said.err.contains("POST"), "requests are shown: {said}");
    let mut secrets = world.sim.with(|state| {
        let credentials = &state.stores.credentials;
        let mut all: Vec<String> = credentials.iter().flat_map(|one| [one.secret.clone(), one.token.clone()]).collect();
        all.extend(state.coros.accounts[0].token.clone().map(|(token, _)| token));
        all
    });
    for path in world.work.files("tokens") {
        let token: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap_or_default();
        let texts = token.as_object().into_iter().flatten().filter(|(name, _)| name.contains("token"));
        secrets.extend(texts.filter_map(|(_, value)| value.as_str().map(str::to_owned)));
    }
    secrets.push("correct horse".into());
    assert!(secrets.len() > 5, "{}", secrets.len());
    for secret in secrets {
        assert!(!said.err.contains(&secret) && !said.out.contains(&secret), "{secret}");
    }
    assert!(!said.err.contains("fit_zip/"), "the path in the store is not shown");
}
