//! `gs-download`: which files are downloaded, which responses are archived, and the state after a failure.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use crate::support::faults::status;
use crate::support::paths::commands;
use crate::support::{FILES, Work, asked, fetched, plain, scenario};
use garminsync::activity::{Format, Origin};
use gs_sim::{ActivitySpec, Effect, Fault, Scenario};
use serde_json::{Value, json};

fn id_of(record: &Value) -> u64 {
    record["id"].as_str().unwrap().parse().unwrap()
}

#[test]
fn files_match_the_platform_and_are_downloaded_only_once() {
    let (sim, work) = fetched(plain(12));
    let said = work.download(&["--missing"]);
    assert_eq!(said.ok().silent().records().len(), 12);
    for record in said.records() {
        assert_eq!(record["downloaded"], true);
        assert_eq!(record["file"]["sha256"].as_str(), sim.served("garmin.com", id_of(&record)).as_deref());
        let bytes = std::fs::read(record["file"]["path"].as_str().unwrap()).unwrap();
        assert_eq!(Some(gs_sim::sha256(&bytes)), sim.served("garmin.com", id_of(&record)));
        assert_eq!(
            (record["file"]["format"].as_str(), record["file"]["origin"].as_str()),
            (Some("fit"), Some("original"))
        );
    }
    sim.clear_log();
    work.download(&["--all"]).ok().silent();
    assert_eq!(sim.log().len(), 0);
    assert_eq!(
        work.sql::<i64>("SELECT count(*) FROM files WHERE manufacturer IS NOT NULL AND fit_start IS NOT NULL"),
        12
    );
}

#[test]
fn a_transfer_gets_the_file_of_its_activity() {
    let (_sim, work) = fetched(plain(1));
    let activity = work.run("gs-list", &[]).record();
    let transfer = json!({"type": "transfer", "to": "coros", "activity": activity, "mood": "good"}).to_string();
    let record = work.given("gs-download", &[], &transfer).ok().record();
    assert_eq!((record["to"].as_str(), record["mood"].as_str()), (Some("coros"), Some("good")));
    assert_eq!(record["file"]["sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn activities_without_a_fit_original_are_recorded_correctly() {
    let odd =
        |id: u64, oddity: &str| ActivitySpec { id: Some(id), oddities: vec![oddity.into()], ..ActivitySpec::default() };
    let rejected = ActivitySpec { id: Some(5), original_status: Some(403), ..ActivitySpec::default() };
    let mut scenario = scenario(0);
    scenario.accounts[0].activities =
        vec![odd(1, "manual_404"), odd(2, "manual_500"), odd(3, "gpx_origin"), odd(4, "tcx_origin"), rejected];
    let (sim, work) = fetched(scenario.start());
    let said = work.download(&["--all"]);
    said.ok().says("5: saved the TCX export: original unavailable").says("HTTP 403");
    let records = said.records();
    let of = |id: u64| records.iter().find(|record| id_of(record) == id).unwrap();
    for id in [1, 2] {
        assert_eq!((&of(id)["no_original"], &of(id)["downloaded"]), (&true.into(), &false.into()));
        assert!(of(id).get("problem").is_none() && of(id).get("file").is_none());
    }
    for (id, format) in [(3, "gpx"), (4, "tcx")] {
        assert_eq!(
            (of(id)["file"]["format"].as_str(), of(id)["file"]["origin"].as_str()),
            (Some(format), Some("original"))
        );
        assert_eq!(of(id)["file"]["sha256"].as_str(), sim.served("garmin.com", id).as_deref());
        assert!(of(id)["file"]["path"].as_str().unwrap().ends_with(&format!(".{format}")));
    }
    assert_eq!((of(5)["file"]["format"].as_str(), of(5)["file"]["origin"].as_str()), (Some("tcx"), Some("converted")));
    assert_eq!(of(5)["file"]["sha256"].as_str(), sim.served_export("garmin.com", 5, "tcx").as_deref());
    sim.clear_log();
    work.download(&["--all"]).ok().silent();
    assert_eq!(sim.log().len(), 0, "activities without a file are remembered");
    assert_eq!(work.run("gs-list", &["--missing"]).ids(), [""; 0]);
    let stats = work.run("gs-list", &["--stats"]).record();
    assert_eq!([&stats["total"], &stats["downloaded"], &stats["no_original"]], [&json!(5), &json!(3), &json!(2)]);
}

/// Asserts that a corrupt response is reported on its record and not archived, and that the next run gets the file.
fn assert_reported_and_not_kept(effect: Effect, words: &str) {
    let (sim, work) = fetched(plain(3));
    sim.fault(Fault::new(effect).contains(FILES).nth(2));
    let said = work.download(&["--missing"]);
    said.ends(1).says(words);
    let problems: Vec<Value> = said.records().iter().filter(|r| !r["problem"].is_null()).cloned().collect();
    assert_eq!((said.records().len(), problems.len()), (3, 1), "{said}");
    assert_eq!(problems[0]["problem"]["kind"], "corrupt-file");
    assert_eq!(problems[0]["problem"]["command"], "gs-download");
    assert_eq!(work.files("fit").len(), 2, "{:?}", work.files("fit"));
    assert_eq!(work.sql::<i64>("SELECT exit FROM commands WHERE command = 'gs-download'"), 1);
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM problems"), 1);
    assert_eq!(work.download(&["--missing"]).ok().records().len(), 1);
    assert_eq!((work.files("fit").len(), work.sql::<i64>("SELECT count(*) FROM problems")), (3, 0));
}

#[test]
fn a_web_page_is_not_kept() {
    assert_reported_and_not_kept(Effect::Html, "a web page instead of a file");
}

#[test]
fn a_json_text_is_not_kept() {
    assert_reported_and_not_kept(Effect::JsonError, "a JSON text instead of a file");
}

#[test]
fn a_truncated_zip_is_not_kept() {
    assert_reported_and_not_kept(Effect::TruncatedZip { at: 300 }, "the zip file is corrupt");
}

#[test]
fn a_zip_with_a_flipped_bit_is_not_kept() {
    assert_reported_and_not_kept(Effect::FlipZip, "the zip file is corrupt");
}

#[test]
fn a_corrupt_fit_file_in_an_intact_zip_is_not_kept() {
    assert_reported_and_not_kept(Effect::FlipFit, "the FIT file is corrupt");
}

#[test]
fn an_empty_zip_is_not_kept() {
    assert_reported_and_not_kept(Effect::EmptyZip, "the zip is empty");
}

#[test]
fn a_zip_bomb_is_not_kept() {
    assert_reported_and_not_kept(Effect::ZipBomb { mebibytes: 400 }, "unpacks to more than");
}

#[test]
fn a_zip_with_path_traversal_is_not_kept() {
    assert_reported_and_not_kept(Effect::ZipTraversal, "leads out of it");
}

#[test]
fn an_extra_file_in_the_zip_is_ignored() {
    let (sim, work) = fetched(plain(1));
    sim.fault(Fault::new(Effect::ZipExtraEntry).contains(FILES));
    work.download(&["--missing"]).ok();
}

#[test]
fn downloads_are_retried_on_rate_limits_server_errors_and_resets() {
    for effect in [status(429), status(503), status(408), Effect::Reset, Effect::Cut { at: 100 }] {
        let (sim, work) = fetched(plain(1));
        sim.fault(Fault::new(effect.clone()).contains(FILES).count(2));
        let said = work.download(&["--missing"]);
        assert_eq!((said.code, asked(&sim, FILES).len()), (0, 3), "{effect:?}\n{said}");
    }
}

#[test]
fn a_lasting_rate_limit_suspends_the_platform_until_the_next_run() {
    let (sim, work) = fetched(plain(10));
    sim.fault(Fault::new(status(429)).contains(FILES).after(2));
    let said = work.download(&["--missing"]);
    said.ends(75).says("platform skipped for the rest of this run");
    assert_eq!(said.records().iter().filter(|r| r["problem"]["kind"] == "retry").count(), 8);
    assert_eq!(asked(&sim, FILES).len(), 2 + 4, "two files, and four attempts for the third");
    sim.clear_faults();
    work.download(&["--missing"]).ok();
    assert_eq!(work.files("fit").len(), 10);
}

#[test]
fn retry_after_also_applies_to_later_runs() {
    let (sim, mut work) = fetched(plain(2));
    work.set("GS_MAX_RETRY_AFTER", "1s");
    let busy = Effect::Status { status: 429, retry_after: Some("3600".into()), body: None, content_type: None };
    sim.fault(Fault::new(busy).contains(FILES).count(1));
    work.download(&["--missing"]).ends(75).says("rate limited until");
    assert_eq!(asked(&sim, FILES).len(), 1);
    work.download(&["--missing"]).ends(75);
    assert_eq!(asked(&sim, FILES).len(), 1);
}

#[test]
fn one_failed_activity_does_not_stop_the_others() {
    let (sim, work) = fetched(plain(6));
    let third = work.run("gs-list", &[]).ids()[2].clone();
    sim.fault(Fault::new(status(503)).contains(&third));
    let said = work.download(&["--missing"]);
    said.ends(75);
    assert_eq!(work.files("fit").len(), 5);
}

#[test]
fn a_deleted_activity_is_reported_as_not_found() {
    let (sim, work) = fetched(plain(2));
    let list = work.run("gs-list", &[]).out.clone();
    let id = work.run("gs-list", &[]).ids()[0].clone();
    sim.with(|state| state.remove_activity("garmin.com", id.parse().unwrap()));
    let said = work.given("gs-download", &[], &list);
    assert_eq!(said.ends(1).records()[0]["problem"]["kind"], "not-found");
}

#[test]
fn an_outage_does_not_mark_files_as_unavailable() {
    let empty = Effect::Status { status: 200, retry_after: None, body: Some(String::new()), content_type: None };
    let page = Effect::Status {
        status: 403,
        retry_after: None,
        body: Some("<html>".into()),
        content_type: Some("text/html".into()),
    };
    for effect in [status(404), status(500), page, empty] {
        let (sim, work) = fetched(plain(6));
        sim.fault(Fault::new(effect.clone()).path("/download-service/"));
        let said = work.download(&["--missing"]);
        assert!([1, 75].contains(&said.code), "{effect:?}\n{said}");
        assert_eq!(work.run("gs-list", &["--missing"]).ids().len(), 6, "{effect:?}");
        sim.clear_faults();
        work.download(&["--missing"]).ok();
        assert_eq!(work.files("fit").len(), 6);
    }
}

#[test]
fn an_original_is_requested_again_after_a_converted_file() {
    let (sim, work) = fetched(plain(1));
    sim.fault(Fault::new(status(500)).contains(FILES));
    work.download(&["--missing"]).ok().says("saved the ");
    sim.clear_faults();
    sim.clear_log();
    work.download(&["--missing"]).ok().silent();
    assert_eq!(sim.log().len(), 0, "the original is requested again only tomorrow");
    work.change("UPDATE files SET retry_original_at = 1");
    assert_eq!(work.run("gs-list", &["--missing"]).ids().len(), 1);
    let record = work.download(&["--missing"]).ok().record();
    assert_eq!((record["file"]["origin"].as_str(), record["file"]["format"].as_str()), (Some("original"), Some("fit")));
    assert_eq!(work.run("gs-list", &["--missing"]).ids(), [""; 0]);
}

#[test]
fn repeated_http_500_for_originals_suspends_the_platform() {
    let (sim, work) = fetched(plain(12));
    sim.fault(Fault::new(status(500)).contains(FILES));
    work.download(&["--missing"]).ends(75).says("several requests in a row failed");
    assert_eq!(work.files("fit").len(), 2);
}

#[test]
fn failing_files_at_the_head_of_the_list_do_not_block_the_others() {
    let (sim, work) = fetched(plain(12));
    for id in &work.run("gs-list", &[]).ids()[..4] {
        sim.fault(Fault::new(status(504)).contains(id));
    }
    let mut runs = 0;
    while work.files("fit").len() < 8 {
        work.download(&["--missing"]).ends(75);
        runs += 1;
        assert!(runs < 4, "{:?}", work.files("fit"));
    }
}

#[test]
fn outage_suspends_platform() {
    let (sim, work) = fetched(plain(40));
    sim.fault(Fault::new(status(503)).contains(FILES));
    for _ in 0..3 {
        sim.clear_log();
        work.download(&["--missing"]).ends(75);
        assert!(asked(&sim, FILES).len() <= 4 * 8, "{} requests", asked(&sim, FILES).len());
    }
}

#[test]
fn failures_that_are_not_consecutive_do_not_suspend_the_platform() {
    let (sim, work) = fetched(plain(12));
    let ids = work.run("gs-list", &[]).ids();
    for id in [&ids[0], &ids[3], &ids[6], &ids[9]] {
        sim.fault(Fault::new(status(504)).contains(id));
    }
    for id in [&ids[1], &ids[4], &ids[7], &ids[10]] {
        sim.fault(Fault::new(status(403)).contains(id).contains("/files/activity/").path("/download-service/files"));
    }
    let said = work.download(&["--missing"]);
    assert_eq!(said.records().iter().filter(|r| r["problem"].is_object()).count(), 4, "{said}");
}

#[test]
fn http_401_for_one_file_does_not_end_the_login() {
    let (sim, work) = fetched(plain(5));
    let id = work.run("gs-list", &[]).ids()[1].clone();
    sim.fault(Fault::new(Effect::Unauthorized).contains(&id));
    work.download(&["--missing"]);
    assert_eq!(work.files("fit").len(), 4);
}

/// A zip with two recordings, as the body of a download.
fn two_recordings() -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let (first, second) =
        (gs_sim::fit::run(1_700_000_000, 600, 2000.0).build(), gs_sim::fit::ride(1_700_001_000, 900, 9000.0).build());
    let zip =
        gs_sim::zipfile::zip_of_many(&[("1_ACTIVITY.fit", first.as_slice()), ("2_ACTIVITY.fit", second.as_slice())]);
    (zip, first, second)
}

#[test]
fn an_activity_is_missing_unless_all_its_files_are_archived() {
    let (_sim, work) = fetched(plain(1));
    let (zip, first, second) = two_recordings();
    let pieces = garminsync::archive::unpack(&zip).unwrap();
    assert_eq!([&pieces[0].bytes, &pieces[1].bytes], [&first, &second]);
    // The state after a kill between the two files: only the second exists, because it is stored first.
    let activity = work.run("gs-list", &[]).record();
    let activity: garminsync::activity::Activity = serde_json::from_value(activity).unwrap();
    let path = |part| work.data("").join(garminsync::archive::path_for(&activity, part, Format::Fit, Origin::Original));
    std::fs::create_dir_all(path(1).parent().unwrap()).unwrap();
    std::fs::write(path(1), &second).unwrap();
    work.download(&["--missing"]).ok();
    assert!(path(0).exists());
    // The catalogue has a second file that does not exist on the disk: the activity is missing again.
    work.change(
        "INSERT INTO files SELECT platform, id, 1, 'fit/gone.fit', sha256, bytes, format, origin, archived_at, verified_at,
        manufacturer, product, serial_number, time_created, fit_start, retry_original_at, corrupt FROM files",
    );
    assert_eq!(work.run("gs-list", &["--missing"]).ids().len(), 1);
}

#[test]
fn a_file_that_verify_finds_corrupt_is_missing_until_downloaded() {
    let (sim, work) = fetched(plain(2));
    work.download(&["--missing"]).ok();
    let file = work.files("fit")[0].clone();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[90] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    let list = work.run("gs-list", &[]).out.clone();
    sim.fault(Fault::new(status(503)).contains(FILES));
    work.given("gs-download", &["--verify"], &list).ends(75);
    assert_eq!(work.run("gs-list", &["--missing"]).ids().len(), 1);
    sim.clear_faults();
    work.download(&["--missing"]).ok();
    assert!(garminsync::fit::scan(&std::fs::read(&file).unwrap()).is_ok());
}

#[test]
fn a_total_outage_does_not_affect_the_next_download() {
    let (sim, work) = fetched(plain(1));
    sim.fault(Fault::new(status(500)).host("connectapi.garmin.com"));
    work.download(&["--missing"]).ends(75);
    sim.clear_faults();
    work.download(&["--missing"]).ok();
    assert_eq!(work.files("fit").len(), 1);
}

#[test]
fn the_converted_file_is_saved_after_two_http_500_for_the_original() {
    let (sim, work) = fetched(plain(1));
    sim.fault(Fault::new(status(500)).contains(FILES));
    let record = work.download(&["--missing"]).ok().record();
    assert_eq!(
        (record["file"]["origin"].as_str(), record["file"]["format"].as_str()),
        (Some("converted"), Some("tcx"))
    );
    assert_eq!(asked(&sim, FILES).len(), 2);
}

#[test]
fn an_expired_login_suspends_the_platform_with_one_message() {
    let (sim, work) = fetched(plain(5));
    sim.with(|state| {
        state.expire_access_tokens("garmin.com");
        state.revoke_refresh("garmin.com");
    });
    let said = work.download(&["--missing"]);
    said.ends(77).says("gs-auth login --platform garmin-com");
    assert!(said.records().iter().all(|record| record["problem"]["kind"] == "login-required"));
    assert_eq!(said.err.lines().count(), 1, "{said}");
    assert_eq!(asked(&sim, FILES).len(), 1);
}

#[test]
fn a_malformed_record_ends_with_65_after_earlier_records_are_done() {
    let (_sim, work) = fetched(plain(2));
    let list = work.run("gs-list", &[]).out.clone();
    let mut lines = list.lines();
    let input = format!(
        "{}\n{{\"type\":\"activity\",\"platform\":\"garmin-com\"}}\n{}\n",
        lines.next().unwrap(),
        lines.next().unwrap()
    );
    let said = work.given("gs-download", &[], &input);
    said.ends(65).says("invalid record on line 2");
    assert_eq!((said.records().len(), work.files("fit").len()), (1, 1));
    work.download(&["--missing"]).ok();
    assert_eq!(work.files("fit").len(), 2);
}

#[test]
fn records_with_a_problem_or_unknown_type_pass_unchanged() {
    let (sim, work) = fetched(plain(1));
    let mut record = work.run("gs-list", &[]).record();
    record["problem"] = json!({"command": "gs-diff", "kind": "rejected", "reason": {"code": "rejected", "detail": "m", "text": "m"}, "extra": 1});
    let input = format!("{record}\n{{\"type\":\"weather\",  \"x\":1}}\n");
    let said = work.given("gs-download", &[], &input);
    assert_eq!(said.ok().records()[0], record);
    assert_eq!(said.out.lines().last(), Some("{\"type\":\"weather\",  \"x\":1}"));
    assert_eq!(sim.log().len(), 0);
}

#[test]
fn records_with_an_invalid_id_or_platform_are_rejected_offline() {
    let (sim, work) = fetched(plain(1));
    for (platform, id) in [("garmin-com", "../../socialProfile"), ("garmin-com", "1?x"), ("strava", "1"), ("../x", "1")]
    {
        let said =
            work.given("gs-download", &[], &json!({"type": "activity", "platform": platform, "id": id}).to_string());
        assert_eq!(said.ends(1).record()["problem"]["kind"], "rejected");
    }
    assert_eq!(sim.log().len(), 0);
}

#[test]
fn verify_downloads_changed_and_deleted_files_again() {
    let (sim, work) = fetched(plain(3));
    work.download(&["--missing"]).ok();
    let files = work.files("fit");
    let mut bytes = std::fs::read(&files[0]).unwrap();
    let intact = bytes.clone();
    bytes[100] ^= 1;
    std::fs::write(&files[0], &bytes).unwrap();
    std::fs::remove_file(&files[1]).unwrap();
    sim.clear_log();
    let list = work.run("gs-list", &["--all"]).out.clone();
    work.given("gs-download", &["--verify"], &list).ok().says("is corrupt");
    assert_eq!(asked(&sim, FILES).len(), 2);
    assert_eq!(std::fs::read(&files[0]).unwrap(), intact);
    assert!(files[1].exists());
    assert_eq!(work.files("replaced").len(), 1, "the changed file is kept in replaced/");
    sim.clear_log();
    work.given("gs-download", &["--verify"], &list).ok().silent();
    assert_eq!(sim.log().len(), 0);
}

#[test]
fn a_file_deleted_from_the_archive_is_missing_again() {
    let (_sim, work) = fetched(plain(2));
    work.download(&["--missing"]).ok();
    std::fs::remove_file(&work.files("fit")[0]).unwrap();
    assert_eq!(work.run("gs-list", &["--missing"]).ids().len(), 1);
    work.download(&["--missing"]).ok();
    assert_eq!(work.files("fit").len(), 2);
}

#[test]
fn force_downloads_again() {
    let (sim, work) = fetched(plain(2));
    let list = work.run("gs-list", &[]).out.clone();
    work.given("gs-download", &[], &list).ok();
    sim.clear_log();
    work.given("gs-download", &["--force"], &list).ok();
    assert_eq!(asked(&sim, FILES).len(), 2);
    assert_eq!(work.files("replaced").len(), 0, "an identical file is not replaced");
}

#[test]
fn archived_files_are_adopted_after_the_catalogue_is_lost() {
    let (sim, work) = fetched(plain(4));
    work.download(&["--missing"]).ok();
    for file in work.files("") {
        if file.to_string_lossy().contains("catalogue") {
            std::fs::remove_file(file).unwrap();
        }
    }
    work.run("gs-fetch", &[]).ok();
    sim.clear_log();
    work.download(&["--missing"]).ok();
    assert_eq!(sim.log().len(), 0);
    assert_eq!(work.run("gs-list", &["--downloaded"]).ids().len(), 4);
}

#[test]
fn a_dry_run_downloads_nothing() {
    let (sim, work) = fetched(plain(2));
    let list = work.run("gs-list", &[]).out.clone();
    let said = work.given("gs-download", &["-n"], &list);
    assert_eq!(said.ok().says("would download").out, list, "the records pass unchanged");
    assert_eq!((sim.log().len(), work.files("fit").len()), (0, 0));
}

#[test]
fn an_unwritable_folder_is_reported_and_ends_the_downloads() {
    let (sim, work) = fetched(plain(4));
    let list = work.run("gs-list", &[]).out.clone();
    // A file in place of the folder simulates a folder without permissions, because file modes do not stop root.
    std::fs::create_dir_all(work.data("fit")).unwrap();
    std::fs::write(work.data("fit/garmin_com"), "in the way").unwrap();
    let said = work.given("gs-download", &[], &list);
    said.says("fit/garmin_com");
    assert!([1, 78].contains(&said.code), "{said}");
    assert_eq!(said.records().iter().filter(|r| r["problem"]["kind"] == "storage").count(), 4);
    assert_eq!(asked(&sim, FILES).len(), 1);
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM files"), 0, "the catalogue has no file that is not on the disk");
}

#[test]
fn files_and_folders_are_accessible_only_to_their_owner() {
    let work = Work::alone();
    std::fs::set_permissions(work.data(""), std::fs::Permissions::from_mode(0o755)).unwrap();
    work.run("gs-list", &[]).ok();
    assert_eq!(std::fs::metadata(work.data("")).unwrap().permissions().mode() & 0o777, 0o700);
    let (_sim, work) = fetched(plain(1));
    work.download(&["--missing"]).ok();
    let mode = |path: &str| std::fs::metadata(work.data(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!([mode(""), mode("tokens"), mode("fit")], [0o700; 3]);
    assert_eq!([mode("tokens/garmin-com.json"), mode("catalogue.sqlite")], [0o600; 2]);
}

#[test]
fn a_closed_pipe_ends_the_command_quietly_after_the_current_file() {
    let sim = Scenario { latency_ms: 50, ..scenario(12) }.start();
    let (sim, work) = fetched(sim);
    let bin = commands();
    let mut command = work.command("gs-list", &[]);
    let mut shell = std::process::Command::new("sh");
    let script = "gs-list --missing | { gs-download; echo $? > code; } | head -n 1";
    shell.args(["-c", script]).current_dir(work.dir()).env_clear();
    for (name, value) in command.env("PATH", format!("{}:/usr/bin:/bin", bin.display())).get_envs() {
        shell.env(name, value.unwrap());
    }
    let output = shell.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(std::fs::read_to_string(work.dir().join("code")).unwrap().trim(), "0");
    let fetched = asked(&sim, FILES).len();
    assert!(fetched < 12, "the downloads ended early");
    assert_eq!((work.files("fit").len(), work.sql::<i64>("SELECT count(*) FROM files")), (fetched, fetched as i64));
}

#[test]
fn a_json_log_names_the_activity_of_each_message() {
    let (_sim, work) = fetched(scenario(1).start());
    let list = work.run("gs-list", &["--missing"]).out.clone();
    let said = work.given("gs-download", &["-n", "--log", "json"], &list);
    let line: serde_json::Value = serde_json::from_str(said.ok().err.lines().next().unwrap()).unwrap();
    let activity: serde_json::Value = serde_json::from_str(list.lines().next().unwrap()).unwrap();
    assert_eq!((&line["platform"], &line["id"]), (&activity["platform"], &activity["id"]), "{line}");
    assert!(line["message"].as_str().unwrap().ends_with(": would download"), "{line}");
}

#[test]
fn a_record_is_passed_on_as_soon_as_its_file_is_there_while_the_input_is_open() {
    let (_sim, work) = fetched(plain(2));
    let list = work.run("gs-list", &[]).out.clone();
    let mut command = work.command("gs-download", &[]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    for line in list.lines() {
        writeln!(input, "{line}").unwrap();
        let mut record = String::new();
        output.read_line(&mut record).unwrap();
        let record: Value = serde_json::from_str(&record).unwrap();
        let given: Value = serde_json::from_str(line).unwrap();
        assert_eq!((&record["id"], record["downloaded"].as_bool()), (&given["id"], Some(true)));
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}
