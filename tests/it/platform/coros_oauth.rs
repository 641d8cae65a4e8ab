//! COROS by OAuth: the list in all its wordings, files within the quota of the service, and the errors that it writes as
//! sentences. The Training Hub is asked for nothing.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::support::coros_oauth::{DAY, HOST, REGION, TOKEN, advance, issued, sim, store, work};
use crate::support::faults::status;
use crate::support::open_platform::{self, AtOnce};
use crate::support::{Said, Work, asked, requests};
use garminsync::activity::Activity;
use garminsync::http::Http;
use garminsync::platform::{
    AccessKind, Context, Download, Error, ListEnd, ListedActivity, PlatformReader, Platforms, Window,
};
use gs_sim::{
    Blob, Changed, CorosActivitySpec, Effect, Failing, Failure, Fault, HISTORY_END, McpSpec, NoFile, Part, ProseSpec,
    QuotaWindow, Sim, Transport, Wrap,
};
use jiff::Timestamp;

fn fetch(work: &Work) -> Said {
    work.run("gs-fetch", &[])
}

/// Downloads what is missing, in a run of its own.
fn download(work: &Work) -> Said {
    let list = work.run("gs-list", &["--missing"]).ok().out.clone();
    work.given("gs-download", &[], &list)
}

fn archived(work: &Work) -> usize {
    work.files("fit/coros").len()
}

fn change(sim: &Sim, change: impl FnOnce(&mut McpSpec)) {
    sim.with(|state| change(&mut state.scenario.coros_mcp));
}

fn calls_of_files(sim: &Sim) -> Vec<String> {
    let label = |call: &gs_sim::coros_mcp::state::Call| call.arguments["labelId"].as_str().unwrap().to_owned();
    sim.with(|state| {
        state.coros_mcp.calls.iter().filter(|call| call.tool == "downloadActivityFitFiles").map(label).collect()
    })
}

#[test]
fn a_large_history_is_archived_over_the_days_of_the_quota_and_each_file_once() {
    for window in [QuotaWindow::FromFirst, QuotaWindow::Rolling, QuotaWindow::Day] {
        let sim = sim(120, |mcp| mcp.quota_window = window);
        let work = work(&sim);
        assert_eq!(fetch(&work).ok().ids().len(), 120);
        let said = download(&work);
        said.ends(75).says("50 in 24 hours").says("files not archived yet: 70, which takes 2 days");
        said.says("gs-auth login --platform coros");
        assert_eq!(archived(&work), 50);
        // Later runs of the day request nothing.
        let before = calls_of_files(&sim).len();
        download(&work).ends(75);
        assert_eq!(calls_of_files(&sim).len(), before);
        advance(&work, &sim, DAY);
        download(&work).ends(75).says("which takes another day");
        assert_eq!(archived(&work), 100);
        advance(&work, &sim, DAY);
        download(&work).ok().silent();
        assert_eq!((archived(&work), calls_of_files(&sim).len()), (120, 120));
        assert_eq!(calls_of_files(&sim).into_iter().collect::<BTreeSet<_>>().len(), 120, "{window:?}: each file once");
        assert_eq!(work.sql::<i64>("SELECT sum(no_original) FROM activities"), 0);
        assert_eq!(work.sql::<i64>("SELECT count(*) FROM problems"), 0);
        for id in sim.with(|state| state.coros_ids(REGION)) {
            let sha: String = work.sql(&format!("SELECT sha256 FROM files WHERE id = '{id}'"));
            assert_eq!(Some(sha), sim.with(|state| state.coros_served(REGION, id)));
        }
        assert!(sim.log().iter().all(|request| request.host == HOST), "{:?}", requests(&sim));
        assert_eq!(sim.with(|state| (state.coros_mcp.strays, state.coros_mcp.reuses)), (0, 0));
    }
}

#[test]
fn the_login_downloads_the_rest_when_the_quota_is_used_up() {
    let sim = sim(60, |_| ());
    let mut work = work(&sim);
    work.set("COROS_EMAIL", "runner@example.org").set("COROS_PASSWORD", "correct horse");
    fetch(&work).ok();
    assert!(sim.log().iter().all(|request| request.host == HOST), "the list comes by OAuth alone");
    let said = download(&work);
    said.ok();
    assert_eq!((archived(&work), calls_of_files(&sim).len()), (60, 50));
    // The session of the login ended, and there is no password: the quota is the reason.
    work.unset("COROS_PASSWORD");
    sim.with(|state| {
        state.expire_coros_token(REGION);
        state
            .add_coros_activity(REGION, &CorosActivitySpec { start: Some(HISTORY_END), ..CorosActivitySpec::default() })
    });
    fetch(&work).ok();
    assert_ne!(download(&work).code, 0);
    assert_eq!((archived(&work), calls_of_files(&sim).len()), (60, 50));
}

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
    let cases = transports.into_iter().chain([Transport::SseOther]).zip(wraps.into_iter().cycle());
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
fn requests_that_were_not_sent_do_not_count() {
    let sim = sim(3, |_| ());
    let mut work = work(&sim);
    fetch(&work).ok();
    let base = sim.base_url();
    work.set("GS_LOOPBACK", "http://127.0.0.1:9");
    download(&work).ends(75);
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM file_requests"), 0);
    work.set("GS_LOOPBACK", &base);
    sim.with(|state| state.expire_mcp_tokens(REGION));
    download(&work).ok();
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM file_requests"), 3, "nor does a rejected token");
}

#[test]
fn an_answer_without_a_file_is_never_final() {
    for no_file in [NoFile::Advice, NoFile::Sentence, NoFile::Nothing] {
        let sim = sim(60, |mcp| mcp.no_file = no_file);
        let work = work(&sim);
        fetch(&work).ok();
        // Somebody else uses a part of the quota, so that ours is used up early.
        sim.with(|state| state.use_mcp_quota(REGION, 4));
        download(&work).ends(75).says("the quota of files is used up");
        assert_eq!(archived(&work), 46);
        let lost = "SELECT count(*) FROM activities WHERE no_original = 1";
        assert_eq!(work.sql::<i64>(lost), 0, "{no_file:?}");
        assert_eq!(work.sql::<i64>("SELECT count(*) FROM problems WHERE times > 0"), 0, "{no_file:?}");
        advance(&work, &sim, DAY);
        download(&work).ok();
        assert_eq!(archived(&work), 60);
    }
}

#[test]
fn an_activity_without_a_file_is_requested_again_and_blocks_no_other_one() {
    let sim = sim(9, |_| ());
    let refused = CorosActivitySpec {
        start: Some(HISTORY_END),
        refused: Some("1001".into()),
        sport: Some(100),
        ..CorosActivitySpec::default()
    };
    sim.with(|state| state.add_coros_activity(REGION, &refused));
    let work = work(&sim);
    fetch(&work).ok();
    for run in 1..=3 {
        download(&work).ends(75).says("COROS gave no file: the activity has none, or another program");
        assert_eq!(archived(&work), 9);
        assert_eq!(work.sql::<i64>("SELECT sum(no_original) FROM activities"), 0, "{run}");
    }
}

#[test]
fn a_quota_that_others_used_up_ends_the_requests_of_a_day() {
    let sim = sim(30, |_| ());
    let work = work(&sim);
    fetch(&work).ok();
    sim.with(|state| state.use_mcp_quota(REGION, 50));
    for _ in 0..4 {
        download(&work).ends(75);
    }
    assert!(calls_of_files(&sim).len() <= 5, "{}", calls_of_files(&sim).len());
    download(&work).ends(75).says("next file after");
    assert_eq!(work.sql::<i64>("SELECT sum(no_original) FROM activities"), 0);
    advance(&work, &sim, DAY);
    download(&work).ok();
    assert_eq!(archived(&work), 30);
}

#[test]
fn a_file_of_another_activity_or_a_broken_one_is_not_stored() {
    for (blob, words) in [
        (Blob::OtherLabel, "another activity"),
        (Blob::NotBase64, "base64"),
        (Blob::FlippedBit, ""),
        (Blob::Half, ""),
        (Blob::Page, ""),
    ] {
        let sim = sim(2, |mcp| mcp.blob = blob);
        let work = work(&sim);
        fetch(&work).ok();
        let said = download(&work);
        assert_ne!(said.code, 0, "{blob:?}\n{said}");
        said.says(words);
        assert_eq!(archived(&work), 0);
        change(&sim, |mcp| mcp.blob = Blob::Whole);
        download(&work).ok();
        assert_eq!(archived(&work), 2);
    }
}

#[test]
fn the_quota_is_shown_by_gs_auth_and_on_the_page() {
    let sim = sim(3, |_| ());
    let work = work(&sim);
    fetch(&work).ok();
    download(&work).ok();
    let record = work.run("gs-auth", &["status", "--platform", "coros"]).ok().record();
    assert_eq!([&record["file_quota"]["used"], &record["file_quota"]["files"]], [3, 50]);
    assert_eq!(record["file_quota"]["next"], serde_json::Value::Null);
    work.run("gs-auth", &["status", "--platform", "coros", "--format", "table"]).ok();
    work.change("INSERT INTO file_requests (platform, access, at, gave_file) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 47) SELECT 'coros', 'oauth', unixepoch() - 60, 1 FROM n");
    let table = work.run("gs-auth", &["status", "--platform", "coros", "--format", "table"]).ok().out.clone();
    assert!(table.contains("coros: 50 of 50 files in 24 hours requested by oauth; next file in "), "{table}");
    work.run("gs-report", &[]).ok();
    let coros =
        work.status_json()["platforms"].as_array().unwrap().iter().find(|one| one["name"] == "coros").unwrap().clone();
    assert_eq!((&coros["file_quotas"][0]["used"], &coros["file_quotas"][0]["access"]), (&50.into(), &"oauth".into()));
    assert!(coros["file_quotas"][0]["next"].is_string());
    let page = std::fs::read_to_string(work.data("report/index.html")).unwrap();
    assert!(
        page.contains("50 of 50 in 24 hours") && page.contains("24 小时内已用 50 / 50 个") || !page.contains("小时"),
        "the page"
    );
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
