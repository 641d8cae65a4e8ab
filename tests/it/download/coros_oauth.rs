//! Files of COROS by OAuth, within the quota of the service: 50 in 24 hours, and a response without a file when it is used
//! up.

use std::collections::BTreeSet;

use crate::support::coros_oauth::{DAY, HOST, REGION, advance, archived, change, download, fetch, sim, work};
use crate::support::requests;
use gs_sim::{Blob, CorosActivitySpec, Effect, Fault, HISTORY_END, NoFile, QuotaWindow, Sim};

fn calls_of_files(sim: &Sim) -> Vec<String> {
    let label = |call: &gs_sim::coros_mcp::state::Call| call.arguments["labelId"].as_str().unwrap().to_owned();
    sim.with(|state| {
        state.coros_mcp.calls.iter().filter(|call| call.tool == "downloadActivityFitFiles").map(label).collect()
    })
}

/// Adds activities without a file, an hour apart, the newest of all.
fn add_without_a_file(sim: &Sim, count: i64) {
    for n in 0..count {
        let start = Some(HISTORY_END - n * 3600);
        let refused = Some("1001".into());
        let spec = CorosActivitySpec { start, refused, sport: Some(100), ..CorosActivitySpec::default() };
        sim.with(|state| state.add_coros_activity(REGION, &spec));
    }
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
fn a_retry_after_delays_the_other_reads() {
    let sim = sim(3, |_| ());
    let mut work = work(&sim);
    fetch(&work).ok();
    work.set("GS_MAX_RETRY_AFTER", "1s");
    let busy = Effect::Status { status: 429, retry_after: Some("3600".into()), body: None, content_type: None };
    sim.fault(Fault::new(busy).path("/mcp").body("downloadActivityFitFiles").count(1));
    download(&work).ends(75);
    sim.clear_log();
    fetch(&work).ends(75).says("rate limited until");
    assert_eq!(requests(&sim), [""; 0]);
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
    add_without_a_file(&sim, 1);
    let work = work(&sim);
    fetch(&work).ok();
    for run in 1..=3 {
        download(&work).ends(1).says("the service gave no file: the activity has none, or another program");
        assert_eq!(archived(&work), 9);
        assert_eq!(work.sql::<i64>("SELECT sum(no_original) FROM activities"), 0, "{run}");
    }
}

#[test]
fn many_activities_without_a_file_do_not_keep_older_files_from_the_archive() {
    let sim = sim(3, |_| ());
    let work = work(&sim);
    fetch(&work).ok();
    download(&work).ok();
    add_without_a_file(&sim, 12);
    for n in 0..6 {
        let older = CorosActivitySpec {
            start: Some(HISTORY_END - 400 * 86_400 - n * 7200),
            sport: Some(100),
            ..CorosActivitySpec::default()
        };
        sim.with(|state| state.add_coros_activity(REGION, &older));
    }
    fetch(&work).ok();
    for _ in 0..12 {
        download(&work);
        advance(&work, &sim, DAY / 4);
    }
    assert_eq!(archived(&work), 9);
    assert_eq!(work.sql::<i64>("SELECT sum(no_original) FROM activities"), 0);
}

#[test]
fn activities_without_a_file_do_not_keep_the_first_file_from_the_archive() {
    let sim = sim(10, |_| ());
    add_without_a_file(&sim, 12);
    let work = work(&sim);
    fetch(&work).ok();
    let days = (1..).find(|_| {
        download(&work);
        advance(&work, &sim, DAY);
        work.change(&format!("UPDATE problems SET last = last - {DAY}"));
        archived(&work) == 10
    });
    assert!(days.is_some_and(|days| days <= 4), "{days:?}");
    assert_eq!(work.sql::<i64>("SELECT sum(no_original) FROM activities"), 0);
}

#[test]
fn the_login_is_asked_for_a_file_that_did_not_arrive() {
    let sim = sim(4, |_| ());
    add_without_a_file(&sim, 6);
    let mut work = work(&sim);
    work.set("COROS_EMAIL", "runner@example.org").set("COROS_PASSWORD", "correct horse");
    fetch(&work).ok();
    let said = download(&work);
    said.says("COROS rejected the download");
    assert_eq!((archived(&work), calls_of_files(&sim).len()), (4, 1), "{said}");
}

#[test]
fn a_login_that_is_set_up_later_is_asked_at_once() {
    let sim = sim(0, |_| ());
    add_without_a_file(&sim, 2);
    let mut work = work(&sim);
    fetch(&work).ok();
    download(&work).says("the service gave no file");
    work.set("COROS_EMAIL", "runner@example.org").set("COROS_PASSWORD", "correct horse");
    download(&work).says("COROS rejected the download");
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
    // Those that gave no file come last.
    download(&work);
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
fn a_quota_that_ends_at_the_check_of_other_files_is_the_reason_that_is_reported() {
    let sim = sim(4, |_| ());
    let work = work(&sim);
    fetch(&work).ok();
    download(&work).ok();
    add_without_a_file(&sim, 1);
    fetch(&work).ok();
    sim.with(|state| state.use_mcp_quota(REGION, 50));
    // The activity is the fourth without a file, and the file that is requested then is the fifth.
    work.change(
        "INSERT INTO file_requests (platform, access, at, gave_file) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT 'coros', 'oauth', unixepoch(), 0 FROM n",
    );
    let said = download(&work);
    said.ends(75).says("coros: the quota of files is used up: COROS gives 50 in 24 hours");
    assert!(!said.err.contains("no longer provides files"), "{said}");
}

#[test]
fn a_file_in_another_form_of_base64_is_stored() {
    let sim = sim(2, |mcp| mcp.blob = Blob::Lines);
    let work = work(&sim);
    fetch(&work).ok();
    download(&work).ok();
    assert_eq!((archived(&work), calls_of_files(&sim).len()), (2, 2));
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
