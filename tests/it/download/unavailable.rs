//! `gs-download` and files that a platform never provides or has only corrupt: reported in a few runs, then requested
//! once a week and silently. A general outage does not make a file unavailable.

use crate::support::faults::status;
use crate::support::{FILES, Said, Work, asked, coros, fetched, plain, scenario};
use gs_sim::{CorosActivitySpec, CorosSpec, Effect, Fault, Sim};
use serde_json::{Value, json};

const DOWNLOADS: &str = "/download-service/";

/// Two activities, of which only the newer one is archived, and the id of the other one.
fn one_is_archived() -> (Sim, Work, String) {
    let (sim, work) = fetched(plain(2));
    let list = work.run("gs-list", &[]).out.clone();
    let mut lines = list.lines();
    work.given("gs-download", &[], lines.next().unwrap()).ok();
    let other: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    sim.clear_log();
    (sim, work, other["id"].as_str().unwrap().to_owned())
}

fn missing(work: &Work) -> Vec<String> {
    work.run("gs-list", &["--missing"]).ok().ids()
}

/// Moves the times in the catalogue this many days into the past.
fn days_later(work: &Work, days: i64) {
    let seconds = days * 86_400;
    work.change(&format!(
        "UPDATE problems SET first = first - {seconds}, last = last - {seconds};
         UPDATE counted_rejections SET at = at - {seconds};
         UPDATE files SET retry_original_at = retry_original_at - {seconds}, archived_at = archived_at - {seconds}"
    ));
}

/// The exit code and the number of messages of each run.
fn runs(work: &Work, count: usize) -> Vec<(i32, usize)> {
    let result = |said: Said| (said.code, said.err.lines().count());
    (0..count).map(|_| result(work.download(&["--missing"]))).collect()
}

/// Asserts that a file is requested weekly if these faults always reject it while other files are available.
fn assert_requested_weekly(what: &str, faults: &[(Effect, &str)], words: &str) {
    let (sim, work, id) = one_is_archived();
    for (effect, path) in faults {
        sim.fault(Fault::new(effect.clone()).contains(&id).path(path));
    }
    assert_eq!(runs(&work, 2), [(1, 1), (1, 1)], "{what}");
    assert_eq!(missing(&work), [id.as_str()], "{what}");
    let third = work.download(&["--missing"]);
    third
        .ends(1)
        .says(words)
        .says("rejected in 3 runs: requested weekly from now on, at once with gs-download --force");
    sim.clear_log();
    assert_eq!(runs(&work, 2), [(0, 0), (0, 0)], "{what}");
    assert_eq!((missing(&work), sim.log().len()), (Vec::new(), 0), "{what}");
    let record = work.run("gs-list", &["--id", &id]).record();
    assert_eq!((&record["unavailable"], &record["downloaded"]), (&json!(true), &json!(false)));
    let stats = work.run("gs-list", &["--stats"]).record();
    let numbers =
        ["total", "downloaded", "missing", "no_original", "unavailable"].map(|name| stats[name].as_i64().unwrap());
    assert_eq!(numbers, [2, 1, 0, 0, 1], "{what}");
    // `--all` does not fail either, and `-v` names the file.
    work.download(&["--all"]).ok().silent();
    let all = work.run("gs-list", &[]).out.clone();
    work.given("gs-download", &["-v"], &all).ok().says("its file is unavailable").says("or now with --force");
    assert_eq!(sim.log().len(), 0, "{what}");
    let forced = work.given("gs-download", &["--force"], &work.run("gs-list", &["--id", &id]).out);
    assert_eq!(forced.ends(1).says(words).err.lines().count(), 1, "--force requests it: {what}");

    days_later(&work, 8);
    assert_eq!(missing(&work), [id.as_str()], "{what}: a week later it is missing again");
    sim.clear_log();
    work.download(&["--missing"]).ok().silent();
    assert!(!asked(&sim, DOWNLOADS).is_empty() && missing(&work).is_empty(), "{what}");
    days_later(&work, 8);
    sim.clear_faults();
    let record = work.download(&["--missing"]).ok().silent().record();
    assert_eq!((record["id"].as_str(), record["file"]["origin"].as_str()), (Some(id.as_str()), Some("original")));
    assert_eq!((work.files("fit").len(), work.sql::<i64>("SELECT count(*) FROM problems")), (2, 0), "{what}");
    assert_eq!(work.run("gs-list", &["--missing"]).ids(), [""; 0], "{what}");
}

#[test]
fn a_file_with_http_404_is_requested_weekly() {
    assert_requested_weekly("404", &[(status(404), DOWNLOADS)], "and no converted file");
}

#[test]
fn a_file_with_http_403_is_requested_weekly() {
    assert_requested_weekly("403", &[(status(403), DOWNLOADS)], "HTTP 403");
}

#[test]
fn a_file_answered_with_a_web_page_is_requested_weekly() {
    let faults = [(Effect::Html, FILES), (status(404), "/download-service/export/")];
    assert_requested_weekly("page", &faults, "a web page instead of a file");
}

#[test]
fn a_file_with_an_empty_zip_is_requested_weekly() {
    let faults = [(Effect::EmptyZip, FILES), (status(404), "/download-service/export/")];
    assert_requested_weekly("empty", &faults, "the zip is empty");
}

#[test]
fn a_file_with_server_errors_is_requested_weekly_after_12_runs() {
    let (sim, work, id) = one_is_archived();
    sim.fault(Fault::new(status(504)).contains(&id).path(DOWNLOADS));
    assert_eq!(runs(&work, 11), [(75, 1); 11]);
    work.download(&["--missing"]).ends(75).says("rejected in 12 runs: requested weekly from now on");
    sim.clear_log();
    assert_eq!((runs(&work, 2), sim.log().len()), (vec![(0, 0); 2], 0));
}

#[test]
fn failing_files_do_not_block_the_others_on_coros() {
    let activity = |refused: Option<&str>| CorosActivitySpec {
        refused: refused.map(str::to_owned),
        ..CorosActivitySpec::default()
    };
    // The newest one, and one in the middle.
    let activities = [None, None, Some("500"), None, Some("503")].map(activity).to_vec();
    let sim = coros(CorosSpec { activities, ..CorosSpec::default() });
    let work = Work::with_coros(&sim);
    work.run("gs-fetch", &[]).ok();
    work.download(&["--missing"]).ends(75);
    assert_eq!(missing(&work).len(), 2, "the others are archived");
    for _ in 0..11 {
        work.download(&["--missing"]);
    }
    work.download(&["--missing"]).ok().silent();
    assert_eq!(missing(&work), [""; 0]);
}

#[test]
fn a_few_corrupt_responses_do_not_make_a_file_unavailable() {
    let (sim, work, id) = one_is_archived();
    for _ in 0..2 {
        sim.fault(Fault::new(Effect::FlipZip).contains(&id).path(FILES).count(1));
        work.download(&["--missing"]).ends(1);
    }
    let record = work.download(&["--missing"]).ok().silent().record();
    assert_eq!((record["file"]["origin"].as_str(), work.files("fit").len()), (Some("original"), 2));
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM corrupt_originals"), 0);
}

#[test]
fn the_rejections_of_one_run_count_once() {
    let (sim, mut work, id) = one_is_archived();
    sim.fault(Fault::new(status(404)).contains(&id).path(DOWNLOADS));
    work.set("GS_RUN", "20260101T000000Z-00000001");
    assert_eq!(runs(&work, 4), [(1, 1); 4]);
    work.set("GS_RUN", "20260101T060000Z-00000002");
    assert_eq!(runs(&work, 2), [(1, 1); 2]);
    assert_eq!(missing(&work), [id]);
    work.set("GS_RUN", "20260101T120000Z-00000003");
    assert_eq!(runs(&work, 2), [(1, 1), (0, 0)]);
}

/// The responses for every file during an outage.
fn outages() -> Vec<(&'static str, Effect)> {
    vec![
        ("404", status(404)),
        ("403", status(403)),
        ("page", Effect::Html),
        ("flip", Effect::FlipZip),
        ("504", status(504)),
    ]
}

#[test]
fn an_outage_after_the_first_downloads_makes_no_file_unavailable() {
    for (what, effect) in outages() {
        let (sim, work) = fetched(plain(30));
        let list = work.run("gs-list", &["--since", "2000-01-01"]).out.clone();
        let first: Vec<&str> = list.lines().take(4).collect();
        work.given("gs-download", &[], &first.join("\n")).ok();
        sim.fault(Fault::new(effect).path(DOWNLOADS));
        for _ in 0..5 {
            sim.clear_log();
            let said = work.download(&["--missing"]);
            said.ends(75)
                .says("the service no longer provides files that it provided earlier")
                .says("platform skipped for the rest of this run");
            assert_eq!(said.err.lines().count(), 1, "{what}: {said}");
            assert!(asked(&sim, DOWNLOADS).len() <= 20, "{what}: {} requests", asked(&sim, DOWNLOADS).len());
        }
        assert_eq!(missing(&work).len(), 26, "{what}");
        sim.clear_faults();
        work.download(&["--missing"]).ok().silent();
        assert_eq!((work.files("fit").len(), work.files("replaced").len()), (30, 0), "{what}");
    }
}

#[test]
fn an_outage_before_the_first_download_makes_no_file_unavailable() {
    for (what, effect) in outages() {
        let (sim, work) = fetched(plain(12));
        sim.fault(Fault::new(effect).path(DOWNLOADS));
        for _ in 0..5 {
            let said = work.download(&["--missing"]);
            assert!([1, 75].contains(&said.code), "{what}: {said}");
        }
        assert_eq!(missing(&work).len(), 12, "{what}");
        assert_eq!(work.run("gs-list", &["--stats"]).record()["unavailable"], 0, "{what}");
        sim.clear_faults();
        work.download(&["--missing"]).ok();
        let originals = work.run("gs-list", &[]).ok().records();
        assert!(originals.iter().all(|record| record["file"]["origin"] == "original"), "{what}");
    }
}

#[test]
fn a_deleted_activity_does_not_indicate_an_outage() {
    let (sim, work) = fetched(plain(3));
    let ids = work.run("gs-list", &[]).ids();
    let newest = work.run("gs-list", &["--id", &ids[0]]).out.clone();
    work.given("gs-download", &[], &newest).ok();
    // The only file that could be requested as a test is deleted with its activity, which no list has shown yet.
    sim.with(|state| state.remove_activity("garmin.com", ids[0].parse().unwrap()));
    sim.fault(Fault::new(status(404)).contains(&ids[1]).path(DOWNLOADS));
    let said = work.download(&["--missing"]);
    assert_eq!(said.ends(1).records().iter().filter(|record| record["problem"].is_null()).count(), 1, "{said}");
}

#[test]
fn a_corrupt_original_is_kept_unchanged_beside_the_converted_file() {
    let (sim, work, id) = one_is_archived();
    sim.fault(Fault::new(Effect::FlipFit).contains(&id).path(FILES));
    assert_eq!(runs(&work, 2), [(1, 1), (1, 1)]);
    assert_eq!(work.files("fit").len(), 1, "two failures may be temporary");
    let third = work.download(&["--missing"]);
    third
        .ok()
        .says("the original cannot be used (the FIT file is corrupt: ")
        .says("saved the TCX export by the service");
    third.says("_corrupt.zip; the original is requested again once a week");
    let file = third.record()["file"].clone();
    assert_eq!((file["origin"].as_str(), file["format"].as_str()), (Some("converted"), Some("tcx")));
    let corrupt = work.files("fit").into_iter().find(|path| path.to_string_lossy().contains("_corrupt.")).unwrap();
    let bytes = std::fs::read(&corrupt).unwrap();
    assert_eq!(work.sql::<String>("SELECT sha256 FROM corrupt_originals"), gs_sim::sha256(&bytes));
    let why = garminsync::archive::unpack(&bytes).unwrap_err().to_string();
    assert!(why.starts_with("the FIT file is corrupt"), "{why}");
    // The corrupt file is not in the catalogue, so it is not listed, verified or uploaded, and allows no deletion.
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM files WHERE path LIKE '%corrupt%'"), 0);
    let listed = work.run("gs-list", &["--downloaded"]).out.clone();
    assert!(!listed.contains("_corrupt."));
    sim.clear_log();
    work.given("gs-download", &["--verify"], &listed).ok().silent();
    assert_eq!((runs(&work, 2), sim.log().len()), (vec![(0, 0); 2], 0));
    // A week later the original is requested again, the converted file is not.
    days_later(&work, 8);
    assert_eq!(missing(&work), [id.as_str()]);
    work.download(&["--missing"]).ok().silent();
    let of_it = |sim: &Sim| asked(sim, &id).iter().map(|request| request.path.contains("/export/")).collect::<Vec<_>>();
    assert_eq!((of_it(&sim), missing(&work).len(), work.files("replaced").len()), (vec![false], 0, 0));
    // The platform repairs the original: the intact file is archived, and the corrupt one is moved to replaced/.
    days_later(&work, 8);
    sim.clear_faults();
    let said = work.download(&["--missing"]);
    said.ok().says("downloaded an intact original; the corrupt one is in replaced/");
    assert_eq!(said.record()["file"]["origin"], "original");
    assert!(!corrupt.exists() && std::fs::read(&work.files("replaced")[0]).unwrap() == bytes);
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM corrupt_originals"), 0);
}

#[test]
fn a_corrupt_original_without_a_converted_file_is_kept_unchanged() {
    let (sim, work, id) = one_is_archived();
    sim.fault(Fault::new(Effect::TruncatedZip { at: 400 }).contains(&id).path(FILES));
    sim.fault(Fault::new(status(404)).contains(&id).path("/download-service/export/"));
    assert_eq!(runs(&work, 2), [(1, 1), (1, 1)]);
    work.download(&["--missing"]).ends(1).says("rejected in 3 runs").says("kept as received: ").says("_corrupt.zip");
    assert_eq!(runs(&work, 2), [(0, 0), (0, 0)]);
    assert_eq!(work.run("gs-list", &["--id", &id]).record()["unavailable"], true);
    assert_eq!(work.run("gs-list", &["--downloaded"]).ids().len(), 1);
    // A week later the original is corrupt in another way: both versions are kept.
    sim.clear_faults();
    sim.fault(Fault::new(Effect::FlipFit).contains(&id).path(FILES));
    sim.fault(Fault::new(status(404)).contains(&id).path("/download-service/export/"));
    days_later(&work, 8);
    work.download(&["--missing"]).ok().silent();
    assert_eq!((work.files("fit").len(), work.files("replaced").len()), (2, 1));
}

#[test]
fn a_converted_file_that_becomes_available_later_is_saved() {
    let (sim, work, id) = one_is_archived();
    sim.fault(Fault::new(Effect::FlipFit).contains(&id).path(FILES));
    sim.fault(Fault::new(status(503)).contains(&id).path("/download-service/export/").count(2 * 4));
    runs(&work, 2);
    work.download(&["--missing"]).ends(1).says("rejected in 3 runs");
    assert_eq!(work.run("gs-list", &["--id", &id]).record()["unavailable"], true);
    days_later(&work, 8);
    let said = work.download(&["--missing"]);
    assert_eq!(said.ok().says("saved the TCX export").record()["file"]["origin"], "converted");
}

#[test]
fn the_report_counts_unavailable_files_separately() {
    let (sim, work, id) = one_is_archived();
    sim.fault(Fault::new(status(404)).contains(&id).path(DOWNLOADS));
    runs(&work, 4);
    work.run("gs-report", &[]).ok();
    let status: Value = work.status_json();
    let platform = &status["platforms"][0];
    let numbers = ["downloaded", "missing", "unavailable", "failed"].map(|name| platform[name].as_i64().unwrap());
    assert_eq!((numbers, &status["state"]), ([1, 0, 1, 0], &json!("ok")));
    let list = &status["not_archived"][0];
    assert_eq!(
        (&list["reason"], &list["count"], &list["items"][0]["id"]),
        (&json!("unavailable"), &json!(1), &json!(id))
    );
    let page = std::fs::read_to_string(work.data("report/index.html")).unwrap();
    assert!(page.contains("unavailable: the platform does not provide the file; requested once a week"));
}

#[test]
fn a_transfer_is_skipped_if_its_file_is_unavailable() {
    let mut scenario = scenario(2);
    scenario.accounts[0].activities[0].oddities = vec!["manual_404".into()];
    let (sim, work) = fetched(scenario.start());
    let ids = work.run("gs-list", &[]).ids();
    let other = work.dir().join("other");
    std::fs::create_dir(&other).unwrap();
    let to = format!("folder:{}", other.display());
    work.run("gs-fetch", &["--platform", &to]).ok();
    let plan = || {
        let list = work.run("gs-list", &[]).out.clone();
        let both = format!("garmin-com,{to}");
        let plan = work.given("gs-diff", &["--platform", &both], &list).ok().out.clone();
        let got = work.given("gs-download", &[], &plan);
        (got.code, work.given("gs-upload", &[], &got.out))
    };
    // One was entered by hand, which only a request reveals. The file of the other one is never available.
    sim.fault(Fault::new(status(404)).contains(&ids[0]).path(DOWNLOADS));
    for expected in [1, 1, 1, 0] {
        let (code, sent) = plan();
        assert_eq!((code, sent.code), (expected, 0), "{sent}");
    }
    days_later(&work, 8);
    let (code, sent) = plan();
    let record = sent.ok().silent().record();
    assert_eq!(
        (code, record["outcome"]["kind"].as_str(), record["reasons"][0]["code"].as_str()),
        (0, Some("skipped"), Some("file-unavailable"))
    );
    assert_eq!(std::fs::read_dir(&other).unwrap().count(), 0);
}
