//! Uploads to COROS: three sources of store credentials, both file stores, the import, and the import queue that
//! decides the result. The tests call the library as the commands do. The simulated stores check every signature.

use std::ops::ControlFlow;

use crate::support::faults::answer;
use crate::support::open_platform::{self, Opened, open_with};
use crate::support::{self, COROS_LOGIN, asked, base64, requests};
use garminsync::http::Secret;
use garminsync::platform::{Credentials, Error, Result, UploadFile, UploadRef, UploadStatus, Window};
use gs_sim::{CorosSpec, Effect, Fault, ImportSpec, Scenario, Sim, StsSpec};
use jiff::Timestamp;

const START: i64 = 1_767_881_421;
const STS: &str = "/oss/sts";
const IMPORT: &str = "/fit/import";

/// COROS as a command opens it.
struct Coros(Opened);

impl std::ops::Deref for Coros {
    type Target = Opened;

    fn deref(&self) -> &Opened {
        &self.0
    }
}

fn open(sim: &Sim, password: bool) -> Coros {
    let known = || Credentials { user: "runner@example.org".into(), password: Secret::new("correct horse") };
    Coros(open_with("coros", &sim.base_url(), password.then(known)))
}

impl Coros {
    fn upload(&self, file: &UploadFile) -> Result<UploadStatus> {
        self.platform.upload(file)
    }

    fn settle(&self, ticket: Option<&str>, file: Option<UploadFile>) -> Result<UploadStatus> {
        self.platform.upload_status(&[UploadRef { status_ref: ticket, file }]).unwrap().remove(0)
    }

    /// Requests the status until it is no longer pending.
    fn outcome(&self, ticket: &str) -> Result<UploadStatus> {
        for _ in 0..9 {
            match self.settle(Some(ticket), None) {
                Ok(UploadStatus::Pending(same)) => assert_eq!(same, ticket),
                other => return other,
            }
        }
        panic!("pending for ever")
    }

    /// Start times and UTC offsets of the listed activities.
    fn listed(&self) -> Vec<(i64, i32)> {
        let mut all = Vec::new();
        let each = &mut |page: garminsync::platform::Page| {
            let known = page.activities.iter().map(|one| &one.activity);
            all.extend(known.map(|one| (one.start_time.unwrap().as_second(), one.utc_offset_s.unwrap())));
            Ok(ControlFlow::Continue(()))
        };
        self.platform.list(&Window::default(), each).unwrap();
        all
    }
}

fn scenario(spec: CorosSpec) -> Scenario {
    Scenario { coros: vec![spec], ..support::scenario(0) }
}

fn region(region: u32) -> Sim {
    scenario(CorosSpec { region, ..CorosSpec::default() }).start()
}

fn importing(import: ImportSpec) -> Sim {
    scenario(CorosSpec { import, ..CorosSpec::default() }).start()
}

fn run() -> Vec<u8> {
    gs_sim::fit::run(START, 1800, 5000.0).build()
}

fn file(bytes: &[u8]) -> UploadFile<'_> {
    UploadFile {
        bytes,
        format: garminsync::activity::Format::Fit,
        name: "activity_7_2026-01-08.fit",
        activity: None,
        start_time: Timestamp::from_second(START).ok(),
        utc_offset_s: Some(-21_600),
        reupload: false,
        not_after: None,
    }
}

fn retry_message(uploaded: Result<UploadStatus>) -> String {
    match uploaded {
        Err(Error::Retry { message, .. }) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_becomes_an_activity_in_each_of_the_four_regions() {
    let stores = [
        "coros-s3.s3.us-west-1.amazonaws.com",
        "coros-oss.oss-cn-beijing.aliyuncs.com",
        "eu-coros.s3.eu-central-1.amazonaws.com",
        "coros-sg-prod.oss-ap-southeast-1.aliyuncs.com",
    ];
    let hubs = ["training", "trainingcn", "trainingeu", "trainingsg"];
    let apis = ["teamapi", "teamcnapi", "teameuapi", "teamsgapi"];
    for id in 1..=4 {
        let at = id as usize - 1;
        let sim = region(id);
        let coros = open(&sim, true);
        assert_eq!(coros.listed(), []);
        sim.clear_log();
        let ticket = open_platform::ticket(coros.upload(&file(&run())));
        let asked: Vec<String> =
            sim.log().iter().map(|one| format!("{} {} {}", one.method, one.host, one.status)).collect();
        assert_eq!(
            asked,
            [
                format!("GET {}.coros.com 200", hubs[at]),
                format!("PUT {} 200", stores[at]),
                format!("POST {}.coros.com 200", apis[at])
            ]
        );
        assert_eq!(coros.outcome(&ticket).unwrap(), UploadStatus::Created(None));
        assert_eq!(coros.listed(), [(START, -21_600)]);
    }
}

#[test]
fn an_import_after_its_deadline_is_not_sent_and_reuses_the_stored_file() {
    let sim = region(1);
    let coros = open(&sim, true);
    let bytes = run();
    sim.clear_log();
    let late = UploadFile { not_after: Some(garminsync::clock::Moment::now()), ..file(&bytes) };
    assert!(matches!(coros.upload(&late), Err(Error::TooLate)));
    let count = |method: &str, path: &str| {
        sim.log().iter().filter(|one| one.method == method && one.path.starts_with(path)).count()
    };
    assert_eq!((count("PUT", ""), count("POST", "/activity/fit/import")), (1, 0));
    open_platform::ticket(coros.upload(&file(&bytes)));
    assert_eq!((count("PUT", ""), count("POST", "/activity/fit/import")), (1, 1));
}

#[test]
fn the_request_log_contains_no_store_path_and_no_credentials() {
    let sim = region(3);
    let coros = open(&sim, true);
    open_platform::ticket(coros.upload(&file(&run())));
    let traced = coros.traced.lock().unwrap().join("\n");
    assert!(traced.contains("PUT https://eu-coros.s3.eu-central-1.amazonaws.com/*** 200"), "{traced}");
    let secrets = sim.with(|state| {
        let one = state.stores.credentials[0].clone();
        [one.secret, one.token, state.coros_account(3).token.clone().unwrap().0]
    });
    assert!(secrets.iter().all(|secret| !traced.contains(secret)), "{traced}");
}

#[test]
fn sources_of_store_credentials_are_tried_in_order() {
    let bytes = run();
    let hosts = |sim: &Sim| asked(sim, STS).into_iter().map(|one| one.host).collect::<Vec<_>>();
    for (failing, hosts_tried) in [
        (vec![], vec!["trainingeu.coros.com"]),
        (vec!["trainingeu.coros.com"], vec!["trainingeu.coros.com", "t.coros.com"]),
        (vec!["trainingeu.coros.com", "t.coros.com"], vec!["trainingeu.coros.com", "t.coros.com", "faq.coros.com"]),
    ] {
        let sim = region(3);
        for host in failing {
            sim.fault(Fault::new(Effect::Html).host(host));
        }
        let coros = open(&sim, true);
        open_platform::ticket(coros.upload(&file(&bytes)));
        assert_eq!(hosts(&sim), hosts_tried);
    }
    for sts in [
        StsSpec { bound: true, ..StsSpec::default() },
        StsSpec { marker_first: true, ..StsSpec::default() },
        StsSpec { hub_gone: true, ..StsSpec::default() },
    ] {
        let sim = Scenario { sts, ..scenario(CorosSpec::default()) }.start();
        open_platform::ticket(open(&sim, true).upload(&file(&bytes)));
    }
}

#[test]
fn without_store_credentials_nothing_is_uploaded() {
    let sts = StsSpec { hub_gone: true, faq_gone: true, ..StsSpec::default() };
    let sim = Scenario { sts, ..scenario(CorosSpec::default()) }.start();
    let message = retry_message(open(&sim, true).upload(&file(&run())));
    for words in
        ["no credentials for COROS' file store", "trainingcn.coros.com", "nothing was uploaded", "update garminsync"]
    {
        assert!(message.contains(words), "{message}");
    }
    assert!(sim.log().iter().all(|one| one.method != "PUT" && !one.path.contains(IMPORT)), "{:?}", requests(&sim));
}

#[test]
fn store_credentials_for_another_bucket_are_not_used() {
    let sim = region(1);
    let other = serde_json::json!({"AccessKeyId": "AK", "SecretAccessKey": "SK", "SessionToken": "ST",
        "Region": "eu-central-1", "Bucket": "eu-coros"});
    let text = base64(&other.to_string()) + gs_sim::MARKER;
    let body = serde_json::json!({"code": 200, "data": {"credentials": text, "v": "2"}}).to_string();
    sim.fault(Fault::new(answer(200, &body)).contains(STS));
    let message = retry_message(open(&sim, true).upload(&file(&run())));
    assert!(message.contains("credentials for another bucket than coros-s3"), "{message}");
    assert!(sim.log().iter().all(|one| one.method != "PUT"));
}

#[test]
fn a_rejected_store_signature_is_retried_with_the_other_kind() {
    let rejection = "<?xml version=\"1.0\"?><Error><Code>SignatureDoesNotMatch</Code></Error>";
    let sim = region(2);
    sim.fault(Fault::new(answer(403, rejection)).method("PUT").count(1));
    let coros = open(&sim, true);
    let ticket = open_platform::ticket(coros.upload(&file(&run())));
    assert_eq!(coros.outcome(&ticket).unwrap(), UploadStatus::Created(None));
    for id in 1..=4 {
        let sim = region(id);
        sim.fault(Fault::new(answer(403, rejection)).method("PUT"));
        let message = retry_message(open(&sim, true).upload(&file(&run())));
        assert!(message.contains("SignatureDoesNotMatch") && message.contains("nothing was uploaded"), "{message}");
        assert_eq!(asked(&sim, IMPORT).len(), 0);
    }
}

#[test]
fn a_failed_store_upload_is_retried_before_the_import() {
    let sim = region(1);
    sim.fault(Fault::new(Effect::AnswerLost).method("PUT").nth(1));
    sim.fault(Fault::new(answer(503, "")).method("PUT").nth(1));
    open_platform::ticket(open(&sim, true).upload(&file(&run())));
    assert_eq!(asked(&sim, IMPORT).len(), 1);
    let sim = region(1);
    sim.fault(Fault::new(answer(503, "")).method("PUT"));
    assert!(retry_message(open(&sim, true).upload(&file(&run()))).contains("HTTP 503"));
    assert_eq!(asked(&sim, IMPORT).len(), 0);
}

#[test]
fn a_wrong_clock_is_named_in_the_error() {
    for id in 1..=4 {
        let sim = region(id);
        let coros = open(&sim, true);
        open_platform::ticket(coros.upload(&file(&run())));
        // The credentials are still valid; the clocks differ by sixteen minutes.
        sim.with(|state| state.advance(16 * 60));
        let message = retry_message(coros.upload(&file(&gs_sim::fit::run(START - 9000, 600, 2000.0).build())));
        assert!(message.contains("the clock of this machine is wrong"), "{message}");
    }
}

#[test]
fn a_file_missing_in_the_store_fails_the_import_with_a_reason() {
    let sim = region(3);
    // The store reports success but does not store the file.
    sim.fault(Fault::new(answer(200, "")).method("PUT"));
    let coros = open(&sim, true);
    let ticket = open_platform::ticket(coros.upload(&file(&run())));
    let Err(Error::NotFound(why)) = coros.outcome(&ticket) else { panic!() };
    assert!(why.contains("status -2") && why.contains("not imported"), "{why}");
}

#[test]
fn a_rejection_by_the_importer_has_a_reason() {
    let sim = importing(ImportSpec { fails_late: Some(-1), polls: 2, ..ImportSpec::default() });
    let coros = open(&sim, true);
    let ticket = open_platform::ticket(coros.upload(&file(&run())));
    assert!(matches!(coros.outcome(&ticket), Err(Error::Rejected(why)) if why.contains("status -1")));
    // The job of a corrupt file finishes with an error.
    let sim = region(2);
    let coros = open(&sim, true);
    let broken = gs_sim::fit::damage::wrong_crc(&run());
    let ticket = open_platform::ticket(coros.upload(&file(&broken)));
    assert!(matches!(coros.outcome(&ticket), Err(Error::Rejected(why)) if why.contains("could not read the file")));
}

#[test]
fn an_import_can_be_reported_ok_without_a_listed_activity() {
    let sim = importing(ImportSpec { vanishes: true, at_once: true, ..ImportSpec::default() });
    let coros = open(&sim, true);
    let ticket = open_platform::ticket(coros.upload(&file(&run())));
    assert_eq!(coros.outcome(&ticket).unwrap(), UploadStatus::Created(None));
    assert_eq!(coros.listed(), [], "the caller has to check the list");
}

#[test]
fn an_import_with_a_lost_response_is_found_by_the_file_checksum() {
    let bytes = run();
    for reupload in [false, true] {
        let sim = region(1);
        sim.fault(Fault::new(Effect::AnswerLost).contains(IMPORT).method("POST").nth(1));
        let coros = open(&sim, true);
        let sent = UploadFile { reupload, ..file(&bytes) };
        assert!(matches!(coros.upload(&sent), Err(Error::OutcomeUnknown(_))));
        assert_eq!(asked(&sim, "/activity/fit/import").len(), 1, "the import is sent once");
        let ticket = open_platform::ticket(coros.settle(None, Some(sent)));
        assert_eq!(coros.outcome(&ticket).unwrap(), UploadStatus::Created(None));
        assert_eq!(coros.listed().len(), 1);
    }
}

#[test]
fn imports_that_never_arrived_are_unknown_after_one_status_request() {
    let sim = region(1);
    let bytes = run();
    sim.fault(Fault::new(Effect::Reset).contains(IMPORT).method("POST").nth(1));
    let coros = open(&sim, true);
    assert!(matches!(coros.upload(&file(&bytes)), Err(Error::OutcomeUnknown(_))));
    sim.clear_log();
    let other = gs_sim::fit::ride(START + 90_000, 1800, 15_000.0).build();
    let sent = [
        UploadRef { status_ref: None, file: Some(file(&bytes)) },
        UploadRef { status_ref: None, file: Some(file(&other)) },
        UploadRef { status_ref: Some("475:00"), file: None },
    ];
    let settled: Vec<_> = coros.platform.upload_status(&sent).unwrap().into_iter().map(Result::unwrap).collect();
    assert_eq!(settled, [UploadStatus::Unknown, UploadStatus::Unknown, UploadStatus::Unknown]);
    assert_eq!(sim.log().len(), 1);
}

#[test]
fn the_same_bytes_reuse_the_import_job_unless_reupload_is_set() {
    let sim = region(2);
    let coros = open(&sim, true);
    let bytes = run();
    let ticket = open_platform::ticket(coros.upload(&file(&bytes)));
    coros.outcome(&ticket).unwrap();
    assert_eq!(open_platform::ticket(coros.upload(&file(&bytes))), ticket, "the existing job");
    assert_eq!(coros.listed().len(), 1);
    assert_eq!(asked(&sim, STS).len(), 1, "credentials are reused for several uploads");
    // After a manual deletion, the importer still finds the finished job and creates no activity from the same bytes.
    let id = sim.with(|state| state.coros_ids(2))[0];
    sim.with(|state| state.remove_coros_activity(2, id));
    coros.upload(&file(&bytes)).unwrap();
    assert_eq!(coros.listed(), []);
    let reupload = UploadFile { reupload: true, ..file(&bytes) };
    let ticket = open_platform::ticket(coros.upload(&reupload));
    assert_eq!(coros.outcome(&ticket).unwrap(), UploadStatus::Created(None));
    assert_eq!(coros.listed().len(), 1);
}

#[test]
fn a_session_ended_by_another_login_is_renewed_once_during_an_upload() {
    let other = gs_sim::fit::run(START - 9000, 600, 2000.0).build();
    // If store credentials exist already, the ended session shows only at the import.
    for has_credentials in [false, true] {
        let sim = region(3);
        let coros = open(&sim, true);
        coros.listed();
        if has_credentials {
            open_platform::ticket(coros.upload(&file(&other)));
        }
        sim.with(|state| state.issue_coros_token(3));
        sim.clear_log();
        let ticket = open_platform::ticket(coros.upload(&file(&run())));
        assert_eq!(asked(&sim, COROS_LOGIN).len(), 1, "{:?}", requests(&sim));
        assert_eq!(asked(&sim, STS).is_empty(), has_credentials);
        assert_eq!(coros.outcome(&ticket).unwrap(), UploadStatus::Created(None));
        assert_eq!(coros.listed().len(), 1 + usize::from(has_credentials));
    }
}

#[test]
fn an_upload_follows_an_account_to_its_new_region() {
    let sim = region(2);
    let coros = open(&sim, true);
    coros.listed();
    sim.with(|state| state.coros_account(2).spec.region = 3);
    let ticket = open_platform::ticket(coros.upload(&file(&run())));
    assert_eq!(coros.outcome(&ticket).unwrap(), UploadStatus::Created(None));
    assert_eq!(coros.listed().len(), 1);
    assert_eq!(sim.with(|state| state.coros.jobs.len()), 1, "{:?}", requests(&sim));
}

#[test]
fn without_a_password_an_ended_session_uploads_nothing() {
    let sim = region(3);
    let coros = open(&sim, false);
    let token = sim.with(|state| state.issue_coros_token(3));
    coros.login.as_ref().unwrap().import(&token).unwrap();
    sim.with(|state| state.issue_coros_token(3));
    assert!(matches!(coros.upload(&file(&run())), Err(Error::Login(_))));
    assert!(sim.log().iter().all(|one| one.method != "PUT" && !one.path.contains(IMPORT)));
}

#[test]
fn an_unknown_time_zone_is_uploaded_as_offset_0() {
    let sim = region(1);
    let coros = open(&sim, true);
    let bytes = run();
    let ticket = open_platform::ticket(coros.upload(&UploadFile { utc_offset_s: None, ..file(&bytes) }));
    coros.outcome(&ticket).unwrap();
    assert_eq!(coros.listed(), [(START, 0)]);
}
