//! Uploads to Garmin, their status, and deletions: the platform of the library against the simulator.

use crate::support::open_platform::{self, Opened, ticket};
use garminsync::activity::Activity;
use garminsync::platform::{Error, Result, UploadFile, UploadRef, UploadStatus};
use gs_sim::{Effect, Fault, Scenario, Sim, UploadAnswer, UploadSpec, fit, sha256};

const COM: &str = "garmin.com";
const START: i64 = 1_790_000_000;
const UPLOAD: &str = "/upload-service/upload";

/// A simulator with these upload settings, and garmin.com at it, logged in.
fn start(spec: UploadSpec) -> (Sim, Opened) {
    let mut scenario = Scenario::default_garmin(3, 7);
    scenario.accounts[0].upload = spec;
    let sim = scenario.start();
    let opened = open_platform::open("garmin-com", &sim.base_url());
    let token = sim.with(|state| state.issue_token(COM)).to_string();
    opened.login.as_ref().unwrap().import(&token).unwrap();
    sim.clear_log();
    (sim, opened)
}

fn run() -> Vec<u8> {
    fit::run(START, 1800, 5000.0).build()
}

fn outgoing(bytes: &[u8]) -> UploadFile<'_> {
    UploadFile {
        bytes,
        format: garminsync::activity::Format::Fit,
        name: "a-1.fit",
        activity: None,
        start_time: None,
        utc_offset_s: None,
        reupload: false,
        not_after: None,
    }
}

fn upload(opened: &Opened, bytes: &[u8]) -> Result<UploadStatus> {
    opened.platform.upload(&outgoing(bytes))
}

fn settle(opened: &Opened, ticket: &str) -> Result<UploadStatus> {
    let mut answers = opened.platform.upload_status(&[UploadRef { status_ref: Some(ticket), file: None }]).unwrap();
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

fn asked(sim: &Sim, method: &str, path: &str) -> Vec<u16> {
    let fits = |request: &gs_sim::LoggedRequest| request.method == method && request.path.starts_with(path);
    sim.log().into_iter().filter(fits).map(|request| request.status).collect()
}

fn count(sim: &Sim) -> usize {
    sim.with(|state| state.ids(COM).len())
}

#[test]
fn a_request_after_its_deadline_is_not_sent() {
    let (sim, garmin) = start(UploadSpec::default());
    let not_after = Some(garminsync::clock::Moment::now());
    let bytes = run();
    assert!(matches!(garmin.platform.upload(&UploadFile { not_after, ..outgoing(&bytes) }), Err(Error::TooLate)));
    let activity = Activity { platform: "garmin-com".into(), id: "1".into(), ..Activity::default() };
    assert!(matches!(garmin.platform.delete(&activity, not_after), Err(Error::TooLate)));
    assert!(sim.log().is_empty());
    let not_after = Some(garminsync::clock::Moment::now() + std::time::Duration::from_secs(60));
    ticket(garmin.platform.upload(&UploadFile { not_after, ..outgoing(&bytes) }));
}

#[test]
fn a_202_response_is_polled_until_the_activity_exists() {
    let (sim, garmin) = start(UploadSpec { polls: 2, ..UploadSpec::default() });
    let ticket = ticket(upload(&garmin, &run()));
    assert!(ticket.starts_with("https://connectapi.garmin.com/activity-service/activity/status/"), "{ticket}");
    assert_eq!(settle(&garmin, &ticket).unwrap(), UploadStatus::Pending(ticket.clone()));
    assert_eq!(settle(&garmin, &ticket).unwrap(), UploadStatus::Pending(ticket.clone()));
    let UploadStatus::Created(Some(id)) = settle(&garmin, &ticket).unwrap() else { panic!("not created") };
    assert_eq!(sim.served(COM, id.parse().unwrap()), Some(sha256(&run())));
    assert_eq!((asked(&sim, "POST", UPLOAD), count(&sim)), (vec![202], 4));
}

#[test]
fn an_immediate_response_has_a_quoted_or_unquoted_id() {
    for answer in [UploadAnswer::Created, UploadAnswer::Ok] {
        for quoted_ids in [true, false] {
            let (sim, garmin) = start(UploadSpec { answer, quoted_ids, ..UploadSpec::default() });
            let UploadStatus::Created(Some(id)) = upload(&garmin, &run()).unwrap() else { panic!("not created") };
            assert_eq!(sim.served(COM, id.parse().unwrap()), Some(sha256(&run())));
        }
    }
}

#[test]
fn a_duplicate_is_reported_as_existing_at_once_or_when_polled() {
    let (sim, garmin) = start(UploadSpec { answer: UploadAnswer::Created, ..UploadSpec::default() });
    let UploadStatus::Created(Some(id)) = upload(&garmin, &run()).unwrap() else { panic!("not created") };
    let exists = UploadStatus::Exists(Some(id));
    assert_eq!(upload(&garmin, &run()).unwrap(), exists);
    let late = UploadSpec { duplicates_late: true, polls: 0, ..UploadSpec::default() };
    sim.with(|state| state.account(COM).spec.upload = late);
    let ticket = ticket(upload(&garmin, &run()));
    assert_eq!(settle(&garmin, &ticket).unwrap(), exists);
    assert_eq!(count(&sim), 4);
}

#[test]
fn a_rejection_has_the_service_message_at_once_or_when_polled() {
    let late = UploadSpec { fails_late: Some("Not today.".into()), polls: 1, ..UploadSpec::default() };
    let (sim, garmin) = start(late);
    let ticket = ticket(upload(&garmin, &run()));
    assert_eq!(settle(&garmin, &ticket).unwrap(), UploadStatus::Pending(ticket.clone()));
    assert!(matches!(settle(&garmin, &ticket), Err(Error::Rejected(words)) if words.contains("Not today.")));
    let broken = fit::damage::truncate_at(&run(), 700);
    assert!(matches!(upload(&garmin, &broken), Err(Error::Rejected(words)) if words.contains("Invalid FIT file.")));
    assert_eq!(count(&sim), 3);
}

#[test]
fn a_missing_upload_consent_is_a_configuration_error() {
    let (sim, garmin) = start(UploadSpec { consent_missing: true, ..UploadSpec::default() });
    let answer = upload(&garmin, &run());
    assert!(matches!(answer, Err(Error::Config(message)) if message.contains("allow Device Uploads")));
    assert_eq!(asked(&sim, "POST", UPLOAD), [412]);
}

#[test]
fn a_lost_upload_response_has_an_unknown_outcome_and_is_not_resent() {
    let (sim, garmin) = start(UploadSpec::default());
    sim.fault(Fault::new(Effect::AnswerLost).path(UPLOAD).count(1));
    assert!(matches!(upload(&garmin, &run()), Err(Error::OutcomeUnknown(_))));
    assert_eq!((asked(&sim, "POST", UPLOAD).len(), count(&sim)), (1, 4));
    // A second upload of the same file adds no second activity.
    assert!(matches!(upload(&garmin, &run()), Ok(UploadStatus::Exists(Some(_)))));
    for status in [500, 503] {
        let down = Effect::Status { status, retry_after: Some("3600".into()), body: None, content_type: None };
        sim.fault(Fault::new(down).path(UPLOAD).count(1));
        sim.clear_log();
        assert!(matches!(upload(&garmin, &run()), Err(Error::OutcomeUnknown(_))), "{status}");
        assert_eq!(asked(&sim, "POST", UPLOAD), [status]);
    }
}

#[test]
fn a_rate_limit_or_an_unreachable_host_means_retry_later() {
    let (sim, garmin) = start(UploadSpec::default());
    let limit = Effect::Status { status: 429, retry_after: None, body: None, content_type: None };
    sim.fault(Fault::new(limit).path(UPLOAD));
    assert!(matches!(upload(&garmin, &run()), Err(Error::Retry { platform_wide: true, .. })));
    assert_eq!(asked(&sim, "POST", UPLOAD), [429]);
    drop(sim);
    assert!(matches!(upload(&garmin, &run()), Err(Error::Retry { .. })));
}

#[test]
fn an_expired_token_is_renewed_once_and_the_file_uploaded_once() {
    let (sim, garmin) = start(UploadSpec::default());
    sim.with(|state| state.expire_access_tokens(COM));
    ticket(upload(&garmin, &run()));
    assert_eq!(asked(&sim, "POST", UPLOAD), [401, 202]);
    assert_eq!(asked(&sim, "POST", "/di-oauth2-service/"), [200]);
    assert_eq!(count(&sim), 4);
    sim.fault(Fault::new(Effect::Unauthorized).path(UPLOAD));
    assert!(matches!(upload(&garmin, b"x"), Err(Error::Login(_))));
}

#[test]
fn an_unknown_ticket_does_not_affect_the_other_tickets() {
    let (sim, garmin) = start(UploadSpec { polls: 0, ..UploadSpec::default() });
    let good = ticket(upload(&garmin, &run()));
    let unknown = "https://connectapi.garmin.com/activity-service/activity/status/1/00000000000000000000000000000000";
    let foreign = "https://evil.example/activity-service/activity/status/1/0";
    let bytes = run();
    let sent = [Some(unknown), None, Some(foreign), Some(good.as_str())];
    let sent = sent.map(|ticket| UploadRef { status_ref: ticket, file: Some(outgoing(&bytes)) });
    sim.clear_log();
    let answers: Vec<UploadStatus> =
        garmin.platform.upload_status(&sent).unwrap().into_iter().map(|answer| answer.unwrap()).collect();
    assert_eq!(answers[..3], [UploadStatus::Unknown, UploadStatus::Unknown, UploadStatus::Unknown]);
    assert!(matches!(answers[3], UploadStatus::Created(Some(_))));
    assert!(sim.log().iter().all(|request| request.host == "connectapi.garmin.com") && sim.log().len() == 2);
    let down = Effect::Status { status: 503, retry_after: None, body: None, content_type: None };
    sim.fault(Fault::new(down).contains("00000000"));
    let answers = garmin.platform.upload_status(&sent).unwrap();
    assert!(matches!(answers[0], Err(Error::Retry { platform_wide: false, .. })) && answers[3].is_ok());
}

#[test]
fn deleting_a_deleted_activity_again_succeeds() {
    let (sim, garmin) = start(UploadSpec::default());
    let id = sim.with(|state| state.ids(COM))[0];
    let activity = Activity { platform: "garmin-com".into(), id: id.to_string(), ..Activity::default() };
    garmin.platform.delete(&activity, None).unwrap();
    assert_eq!(count(&sim), 2);
    assert!(matches!(garmin.platform.download(&activity), Err(Error::NotFound(_))));
    garmin.platform.delete(&activity, None).unwrap();
    assert_eq!(asked(&sim, "DELETE", "/activity-service/"), [204, 404]);
}

#[test]
fn a_deletion_is_sent_once_and_only_for_a_valid_id() {
    let (sim, garmin) = start(UploadSpec::default());
    let id = sim.with(|state| state.ids(COM))[0].to_string();
    let activity = |id: &str| Activity { platform: "garmin-com".into(), id: id.into(), ..Activity::default() };
    for bad in ["", "1/../2", "status", "1?x"] {
        assert!(matches!(garmin.platform.delete(&activity(bad), None), Err(Error::Rejected(_))));
    }
    assert!(sim.log().is_empty());
    sim.fault(Fault::new(Effect::AnswerLost).method("DELETE").count(1));
    assert!(matches!(garmin.platform.delete(&activity(&id), None), Err(Error::OutcomeUnknown(_))));
    assert_eq!((sim.log().len(), count(&sim)), (1, 2));
    sim.with(|state| state.expire_access_tokens(COM));
    garmin.platform.delete(&activity(&id), None).unwrap();
    // 0: the lost response.
    assert_eq!(asked(&sim, "DELETE", "/"), [0, 401, 404]);
}
