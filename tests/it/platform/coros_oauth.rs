//! COROS by OAuth: the list in all its wordings, the errors that the service writes as sentences, and the contract of a
//! reader. `download/coros_oauth.rs` tests files and their quota.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::support::coros_oauth::{HOST, REGION, TOKEN, archived, change, download, fetch, issued, sim, store, work};
use crate::support::faults::{answer, status};
use crate::support::open_platform::{self, AtOnce};
use crate::support::{Work, asked, requests};
use garminsync::activity::Activity;
use garminsync::http::Http;
use garminsync::platform::{
    AccessKind, Context, Download, Error, ListEnd, ListedActivity, PlatformReader, Platforms, Window,
};
use gs_sim::{
    Changed, CorosActivitySpec, Effect, Failing, Failure, Fault, HISTORY_END, NoFile, Part, ProseSpec, Sim, Transport,
    Wrap,
};
use jiff::Timestamp;

#[test]
fn the_login_of_the_training_hub_is_not_used_for_reading() {
    let sim = sim(5, |_| ());
    let work = Work::with_coros(&sim);
    work.run("gs-auth", &["login", "--platform", "coros"]).ok();
    let session = std::fs::read(work.data("tokens/coros.json")).unwrap();
    store(&work, &issued(&sim));
    sim.clear_log();
    fetch(&work).ok();
    download(&work).ok();
    assert_eq!(archived(&work), 5);
    assert!(sim.log().iter().all(|request| request.host == HOST), "{:?}", requests(&sim));
    assert_eq!(std::fs::read(work.data("tokens/coros.json")).unwrap(), session);
    // The session still works.
    std::fs::remove_file(work.data(TOKEN)).unwrap();
    sim.clear_log();
    fetch(&work).ok();
    assert_eq!(asked(&sim, "/account/login").len(), 0);
}

#[test]
fn a_change_of_the_access_changes_no_activity() {
    let sim = sim(40, |_| ());
    let hub = Work::with_coros(&sim);
    fetch(&hub).ok();
    let before = hub.run("gs-list", &[]).ok().out.clone();
    store(&hub, &issued(&sim));
    let said = fetch(&hub);
    said.ok();
    assert_eq!(hub.run("gs-list", &[]).ok().out, before);
    // By OAuth alone: the same activities, as far as the list has their values.
    let alone = work(&sim);
    fetch(&alone).ok();
    let (hub, alone) = (hub.run("gs-list", &[]).records(), alone.run("gs-list", &[]).records());
    assert_eq!(hub.len(), alone.len());
    assert!(alone[0]["avg_heart_rate_bpm"].is_number() && alone[0]["avg_speed_mps"].is_number(), "{}", alone[0]);
    for (one, other) in hub.iter().zip(&alone) {
        for field in ["id", "start_time", "sport", "sub_sport", "platform_sport", "timer_time_s", "elapsed_time_s"] {
            assert_eq!(one[field], other[field], "{field}\n{one}\n{other}");
        }
        let metres = |record: &serde_json::Value| record["distance_m"].as_f64().unwrap_or(0.0);
        assert!((metres(one) - metres(other)).abs() <= 5.01, "{one}\n{other}");
    }
}

#[test]
fn every_wording_and_transport_gives_the_same_list() {
    let sim = sim(25, |_| ());
    let first = work(&sim);
    let expected = { fetch(&first).ok().ids() };
    let transports = [Transport::Json, Transport::Sse, Transport::SseCrlf, Transport::SseLines, Transport::SseNoise];
    let wraps = [Wrap::Literal, Wrap::Lines, Wrap::Plain];
    let cases = transports.into_iter().chain([Transport::SseOther, Transport::SseCr]).zip(wraps.into_iter().cycle());
    for (transport, wrap) in cases.chain([(Transport::Json, Wrap::Lines), (Transport::Json, Wrap::Plain)]) {
        change(&sim, |mcp| (mcp.transport, mcp.prose.wrap) = (transport, wrap));
        let work = work(&sim);
        assert_eq!(fetch(&work).ok().silent().ids(), expected, "{transport:?} {wrap:?}");
        let one = work.run("gs-list", &["--limit", "1"]).out;
        work.given("gs-download", &[], &one).ok();
    }
    for part in [
        Part::Location,
        Part::StartCoordinates,
        Part::Duration,
        Part::Distance,
        Part::Pace,
        Part::HeartRate,
        Part::Calories,
    ] {
        change(&sim, |mcp| mcp.prose = ProseSpec { without: vec![part], ..ProseSpec::default() });
        assert_eq!(fetch(&work(&sim)).ok().ids(), expected, "{part:?}");
    }
    for (sessions, timezone) in [(true, true), (false, false)] {
        change(&sim, |mcp| (mcp.prose, mcp.sessions, mcp.timezone) = (ProseSpec::default(), sessions, timezone));
        assert_eq!(fetch(&work(&sim)).ok().ids(), expected);
    }
    // The older wording has no starts: they are known, or the list is incomplete.
    change(&sim, |mcp| mcp.prose.older = true);
    fetch(&first).ok();
    fetch(&work(&sim)).ends(75).says("no start time");
}

#[test]
fn no_limit_of_the_service_hides_an_activity() {
    let sim = sim(150, |_| ());
    for cap in [20, 33, 100, 500] {
        change(&sim, |mcp| mcp.list_cap = cap);
        assert_eq!(fetch(&work(&sim)).ok().ids().len(), 150, "{cap}");
    }
}

#[test]
fn a_list_with_an_unknown_form_concludes_nothing() {
    let changes = [
        Changed::Heading,
        Changed::Count,
        Changed::Entry,
        Changed::Label,
        Changed::Miles,
        Changed::Json,
        Changed::CutOff,
        Changed::SameLabel,
        Changed::YearBefore,
    ];
    let sim = sim(8, |_| ());
    let mut work = work(&sim);
    work.set("SYNC_PLATFORM", "GARMINCOM,COROS").set("GARMIN_EMAIL", "runner@example.com");
    work.set("GARMIN_PASSWORD", "correct horse");
    fetch(&work).ok();
    for changed in changes {
        change(&sim, |mcp| mcp.prose.changed = Some(changed));
        let said = work.run("gs-fetch", &["--full"]);
        said.ends(75).says("coros: COROS: the list of activities has an unknown form").says("update garminsync");
        assert_eq!(said.ids().len(), 3, "garmin.com is listed\n{said}");
        assert_eq!(work.sql::<i64>("SELECT count(*) FROM activities WHERE missing_count > 0"), 0, "{changed:?}");
    }
    let name = |name: &str| CorosActivitySpec {
        name: Some(name.into()),
        start: Some(HISTORY_END),
        ..CorosActivitySpec::default()
    };
    change(&sim, |mcp| mcp.prose.changed = None);
    // Names are any text, and change nothing else.
    for text in ["LabelId: 1 | SportType: 100", "5. Run — 2026-09-21", "a | \"b\" \\n — é 🏛", "No sport records found"]
    {
        let id = sim.with(|state| state.add_coros_activity(REGION, &name(text)));
        let records = work.run("gs-fetch", &["--full", "--platform", "coros"]).ok().records();
        let one = records.iter().find(|record| record["id"].as_str() == Some(id.to_string().as_str())).unwrap();
        assert_eq!(one["name"], text);
    }
    sim.with(|state| state.add_coros_activity(REGION, &name("x\n   LabelId: 1 | SportType: 100\n\n2. y")));
    work.run("gs-fetch", &["--full", "--platform", "coros"]).ends(75).says("unknown form");
}

#[test]
fn sentences_about_errors_are_no_empty_list() {
    let failing = |with, count| vec![Failing { tool: Some("querySportRecords".into()), with, count }];
    let cases = [
        (Failure::Unavailable, 2, 0, ""),
        (Failure::Unavailable, 99, 75, "temporarily unavailable"),
        (Failure::Anomalies, 1, 0, ""),
        (Failure::Anomalies, 99, 75, "rejects the request for the list"),
        (Failure::Session, 1, 0, ""),
        (Failure::Exception, 1, 75, "an error instead of the list"),
        (Failure::Unknown, 1, 75, "unknown form"),
    ];
    let sim = sim(4, |_| ());
    for (with, count, code, words) in cases {
        change(&sim, |mcp| mcp.failing = failing(with, count));
        let work = work(&sim);
        fetch(&work).ends(code).says(words);
        assert_eq!(work.sql::<i64>("SELECT count(*) FROM activities"), if code == 0 { 4 } else { 0 }, "{with:?}");
    }
}

#[test]
fn a_result_that_is_marked_as_an_error_is_no_list_and_no_file() {
    let marked = |count| vec![Failing { tool: None, with: Failure::Marked, count }];
    let sim = sim(4, |mcp| mcp.failing = marked(9));
    let yesterday = jiff::Timestamp::now().as_second() - 86_400;
    put(&sim, yesterday);
    let other = work(&sim);
    // The list is complete, and its activities are not the account's.
    fetch(&other).ends(75).says("COROS reports an error instead of the list of activities (Sport Records");
    assert_eq!(other.sql::<i64>("SELECT count(*) FROM activities"), 0);
    change(&sim, |mcp| mcp.failing.clear());
    let work = work(&sim);
    fetch(&work).ok();
    change(&sim, |mcp| mcp.failing = marked(9));
    sim.fault(Fault::new(Effect::ListEmpty { no_content: false, count_true: false }));
    work.run("gs-fetch", &["--full"]).ends(75).says("(No sport records found");
    sim.clear_faults();
    // With and without a file, it says nothing about the quota.
    for no_file in [NoFile::Sentence, NoFile::Nothing] {
        change(&sim, |mcp| (mcp.failing, mcp.no_file, mcp.quota) = (marked(9), no_file, 0));
        download(&work).ends(75).says("COROS reports an error instead of the file");
        change(&sim, |mcp| (mcp.failing, mcp.quota) = (marked(1), 50));
        download(&work).ends(75).says("COROS reports an error instead of the file (FIT files are");
    }
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM file_requests WHERE gave_file = 0"), 0);
    assert_eq!(work.sql::<i64>("SELECT sum(no_original) FROM activities"), 0);
    change(&sim, |mcp| mcp.failing.clear());
    download(&work).ok();
    assert_eq!(archived(&work), 5);
}

#[test]
fn pages_of_proxies_and_failures_of_the_service_are_retried_later() {
    let cases = [
        (Effect::Html, 75, "a web page"),
        (status(403), 77, "HTTP 403"),
        (status(503), 75, "HTTP 503"),
        (status(429), 75, "HTTP 429"),
        (Effect::Cut { at: 40 }, 75, ""),
        (Effect::Challenge { status: 403 }, 75, "a web page"),
    ];
    for (effect, code, words) in cases {
        let sim = sim(3, |_| ());
        let work = work(&sim);
        sim.fault(Fault::new(effect.clone()).host(HOST));
        fetch(&work).ends(code).says(words);
        sim.clear_faults();
        fetch(&work).ok();
        sim.fault(Fault::new(effect.clone()).host(HOST));
        assert_ne!(download(&work).code, 0, "{effect:?}");
        sim.clear_faults();
        download(&work).ok();
        assert_eq!(archived(&work), 3);
    }
    let sim = sim(3, |_| ());
    let work = work(&sim);
    sim.fault(Fault::new(status(404)).host(HOST).count(2));
    fetch(&work).ok();
}

#[test]
fn a_session_that_ended_is_opened_anew_whatever_the_answer_says() {
    for body in ["", "Not Found", r#"{"status":404,"error":"Not Found","path":"/mcp"}"#] {
        let sim = sim(3, |mcp| mcp.sessions = true);
        let work = work(&sim);
        let sessions = || sim.with(|state| state.coros_mcp.sessions.len());
        // The first call has no session yet.
        sim.fault(Fault::new(answer(404, body)).body("querySportRecords").nth(2));
        assert_eq!((fetch(&work).ok().ids().len(), sessions()), (3, 2), "{body}");
        sim.fault(Fault::new(answer(404, body)).body("downloadActivityFitFiles").nth(3));
        sim.fault(Fault::new(answer(404, body)).body("initialize").nth(2));
        download(&work).ok();
        assert_eq!((archived(&work), sessions()), (3, 4), "{body}");
        assert_eq!(work.sql::<i64>("SELECT count(*) FROM file_requests"), 3, "{body}");
    }
    for body in ["Session ID missing", "Server not initialized"] {
        let sim = sim(3, |mcp| mcp.sessions = true);
        sim.fault(Fault::new(answer(400, body)).body("querySportRecords").count(1));
        fetch(&work(&sim)).ok();
    }
}

#[test]
fn tools_at_another_address_end_the_downloads_of_the_run_at_once() {
    let sim = sim(6, |_| ());
    let work = work(&sim);
    fetch(&work).ok();
    sim.clear_log();
    sim.fault(Fault::new(status(404)).path("/mcp"));
    let said = download(&work);
    said.ends(75).says("coros: COROS: the address of its tools has changed (HTTP 404); try again later");
    assert_eq!((said.err.matches("HTTP 404").count(), asked(&sim, "/mcp").len()), (1, 3), "{said}");
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM file_requests"), 0);
}

/// The access, opened without a command.
fn reader(sim: &Sim, has_token: bool) -> (Box<dyn PlatformReader>, tempfile::TempDir) {
    let tokens = tempfile::tempdir().unwrap();
    if has_token {
        std::fs::write(tokens.path().join("coros.oauth.json"), issued(sim).to_string()).unwrap();
    }
    let http = Arc::new(Http::new(Arc::new(AtOnce), open_platform::options(&sim.base_url())));
    let spec = Platforms::default().find("coros").unwrap();
    let context = open_platform::context(&spec.id, http, tokens.path());
    (spec.open_reader(Context { access: AccessKind::OAuth, ..context }).unwrap(), tokens)
}

fn list(reader: &dyn PlatformReader, window: Window) -> Vec<ListedActivity> {
    let mut all = Vec::new();
    let ended = reader.list(&window, &mut |page| {
        assert_eq!(page.unreadable, [""; 0]);
        assert!(!page.outlines.is_empty());
        all.extend(page.activities);
        Ok(ControlFlow::Continue(()))
    });
    assert_eq!(ended.unwrap(), ListEnd::Complete);
    all
}

/// Adds a run at this start. Returns its id.
fn put(sim: &Sim, start: i64) -> String {
    let spec = CorosActivitySpec { sport: Some(100), start: Some(start), ..CorosActivitySpec::default() };
    sim.with(|state| state.add_coros_activity(REGION, &spec)).to_string()
}

fn at(second: i64) -> Option<Timestamp> {
    Timestamp::from_second(second).ok()
}

#[test]
fn the_contract_of_a_reader_holds() {
    let sim = sim(0, |_| ());
    let (platform, _tokens) = reader(&sim, true);
    assert_eq!(list(platform.as_ref(), Window::default()), []);
    let start = |day: i64| HISTORY_END - day * 86_400;
    let put: BTreeSet<String> = (0..250).map(|day| put(&sim, start(day))).collect();
    let all = list(platform.as_ref(), Window::default());
    assert_eq!(all.iter().map(|listed| listed.activity.id.clone()).collect::<BTreeSet<_>>(), put);
    let starts = |all: &[ListedActivity]| -> Vec<i64> {
        all.iter().map(|listed| listed.activity.start_time.unwrap().as_second()).collect()
    };
    assert_eq!(starts(&all), (0..250).map(start).collect::<Vec<_>>(), "newest first");
    assert!(all.iter().all(|listed| serde_json::from_str::<serde_json::Value>(&listed.service_json).is_ok()));
    // Windows are exact to the second.
    for (since, until) in
        [(start(6), start(3)), (start(6) + 1, start(3) + 1), (start(6), start(6) + 1), (start(0) + 1, start(0) + 9)]
    {
        let window = Window { since: at(since), until: at(until) };
        let expected: Vec<i64> = (0..250).map(start).filter(|start| (since..until).contains(start)).collect();
        assert_eq!(starts(&list(platform.as_ref(), window)), expected);
    }
    for fails in [false, true] {
        let mut pages = 0;
        let ended = platform.list(&Window::default(), &mut |_| {
            pages += 1;
            if fails { Err(Error::Stopped) } else { Ok(ControlFlow::Break(())) }
        });
        assert_eq!(pages, 1);
        assert!(matches!((fails, ended), (false, Ok(ListEnd::Stopped)) | (true, Err(Error::Stopped))));
    }
    let Download::Original(bytes) = platform.download(&all[0].activity).unwrap() else { panic!("no file") };
    let id = all[0].activity.id.parse().unwrap();
    assert_eq!(Some(gs_sim::sha256(&bytes)), sim.with(|state| state.coros_served(REGION, id)));
    let identity = platform.identify(true).unwrap().unwrap();
    assert_eq!(identity.user_id, sim.with(|state| state.coros_account(REGION).user.clone()));
}

#[test]
fn an_unknown_id_is_rejected_and_is_no_path() {
    let sim = sim(1, |_| ());
    let (platform, _tokens) = reader(&sim, true);
    for id in ["99", "0123456789abcdef", "", "..", "1?labelId=2", &"9".repeat(99)] {
        let activity = Activity {
            platform: "coros".into(),
            id: id.into(),
            platform_sport: Some("100".into()),
            ..Activity::default()
        };
        let download = platform.download(&activity);
        assert!(matches!(download, Err(Error::NotFound(_) | Error::Rejected(_))), "{id:?}: {download:?}");
    }
}

#[test]
fn without_a_login_every_call_names_gs_auth_and_sends_nothing() {
    let sim = sim(1, |_| ());
    let (platform, _tokens) = reader(&sim, false);
    let activity = Activity {
        platform: "coros".into(),
        id: "1".into(),
        platform_sport: Some("100".into()),
        ..Activity::default()
    };
    let said = [
        platform.list(&Window::default(), &mut |_| Ok(ControlFlow::Continue(()))).map(drop),
        platform.download(&activity).map(drop),
        platform.identify(true).map(drop),
    ];
    for said in said {
        let error = said.unwrap_err();
        assert!(
            matches!(&error, Error::Login(words) if words.contains("gs-auth login --platform coros --oauth")),
            "{error}"
        );
    }
    assert!(sim.log().is_empty());
}

#[test]
fn a_tool_that_is_gone_is_named() {
    let sim = sim(2, |mcp| mcp.tools_page = Some(5));
    let work = work(&sim);
    fetch(&work).ok();
    change(&sim, |mcp| mcp.tools_gone = vec!["querySportRecords".into()]);
    fetch(&work).ends(75).says("Unknown tool: querySportRecords").says("update garminsync");
}
