//! Complete pipelines against the simulator: a full archive, runs that are killed and resumed, and settings.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::support::{FILES, LIST, LOGIN, TOKEN, Work, asked, plain, requests, scenario};
use gs_sim::{Effect, Fault, Scenario};

#[test]
fn a_second_run_after_a_full_archive_requests_only_the_lists() {
    let sim = Scenario::default_garmin(300, 11).start();
    let mut work = Work::with_passwords(&sim);
    work.set("GARMIN_EMAIL_CN", "runner@example.cn").set("GARMIN_PASSWORD_CN", "correct horse");
    work.archive_all();
    let records = work.run("gs-list", &["--all"]).records();
    assert_eq!(records.len(), 400);
    let mut kinds: BTreeMap<&str, u32> = BTreeMap::new();
    for record in &records {
        let domain = if record["platform"] == "garmin-com" { "garmin.com" } else { "garmin.cn" };
        let id = record["id"].as_str().unwrap().parse().unwrap();
        let served = sim.served(domain, id);
        let kind = match (record["file"]["origin"].as_str(), record["no_original"].as_bool()) {
            (Some("original"), None) => {
                let bytes = std::fs::read(record["file"]["path"].as_str().unwrap()).unwrap();
                assert_eq!(Some(gs_sim::sha256(&bytes)), served, "{record}");
                record["file"]["format"].as_str().unwrap()
            }
            (Some("converted"), None) => {
                let format = record["file"]["format"].as_str().unwrap();
                assert_eq!(record["file"]["sha256"].as_str(), sim.served_export(domain, id, format).as_deref());
                "converted"
            }
            (None, Some(true)) => {
                assert_eq!((served, &record["manual"]), (None, &true.into()), "{record}");
                "none"
            }
            _ => panic!("neither file nor none: {record}"),
        };
        *kinds.entry(kind).or_default() += 1;
    }
    assert!(
        kinds["fit"] > 350 && kinds["gpx"] > 0 && kinds["tcx"] > 0 && kinds["converted"] > 0 && kinds["none"] > 0,
        "{kinds:?}"
    );
    sim.clear_log();
    work.archive_all();
    let mut second = requests(&sim);
    second.sort();
    assert_eq!(
        second,
        ["cn", "com"]
            .map(|d| format!("GET connectapi.garmin.{d}/activitylist-service/activities/search/activities 200"))
    );
}

#[test]
fn more_than_a_thousand_activities_are_listed_with_one_login() {
    let sim = plain(1150);
    let work = Work::with_passwords(&sim);
    assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 1150);
    work.run("gs-fetch", &[]).ok();
    // The first listing also requests the number of activities.
    assert_eq!((asked(&sim, LOGIN).len(), asked(&sim, LIST).len()), (1, 13 + 1 + 1));
}

#[test]
fn a_download_killed_at_any_moment_leaves_no_partial_file_and_resumes() {
    // Responses take a few milliseconds, so that a kill falls into a running download on any machine.
    let sim = Scenario { latency_ms: 4, ..Scenario::default_garmin(120, 4) }.start();
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    let list = work.run("gs-list", &["--missing"]).out.clone();
    sim.clear_log();
    let mut kills = 0;
    for round in 0.. {
        let mut child = work.spawn("gs-download", &[], &list);
        // The time before the kill varies, so that every step is hit sooner or later. It also grows with the rounds, so
        // that a command makes progress on a busy machine, too.
        let end = Instant::now() + Duration::from_micros(15_000 + (round * 7_919) % 60_000 + round * round * 20);
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break Some(status),
                None if Instant::now() >= end => break None,
                None => std::thread::sleep(Duration::from_micros(200)),
            }
        };
        if let Some(status) = status {
            assert!(status.success());
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        let stray = |name: &str| !name.starts_with("activity_") && !name.starts_with(".part-");
        for file in work.files("fit") {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            assert!(!stray(&name), "{name}");
            if name.ends_with(".fit") {
                assert!(garminsync::fit::scan(&std::fs::read(&file).unwrap()).is_ok(), "partial file: {name}");
            }
        }
        assert!(kills < 2000, "the download makes no progress");
    }
    assert!(kills > 5, "only {kills} kills");
    assert_eq!(work.run("gs-list", &["--missing"]).ids(), [""; 0]);
    assert!(work.files("fit").iter().all(|file| file.file_name().unwrap().to_string_lossy().starts_with("activity_")));
    // A download killed before its file is on disk is requested again; a finished one is not.
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for request in asked(&sim, FILES) {
        *times.entry(request.path).or_default() += 1;
    }
    let repeated: u32 = times.values().map(|times| times - 1).sum();
    assert!(repeated <= kills, "{repeated} files were requested again after {kills} kills");
    let list = work.run("gs-list", &["--downloaded"]).out.clone();
    sim.clear_log();
    work.given("gs-download", &["--verify"], &list).ok().silent();
    assert_eq!(sim.log().len(), 0);
}

#[test]
fn a_file_that_is_missing_only_in_the_catalogue_is_not_downloaded_again() {
    let sim = plain(5);
    let work = Work::logged_in(&sim);
    work.archive_all();
    // After a kill between the rename and the database write, the file exists, but its row is missing.
    work.change("DELETE FROM files WHERE id = '20000000003'");
    sim.clear_log();
    work.download(&["--missing"]).ok();
    assert_eq!((asked(&sim, FILES).len(), work.sql::<i64>("SELECT count(*) FROM files")), (0, 5));
}

#[test]
fn parallel_downloads_of_the_same_list_request_each_file_once() {
    let sim = plain(30);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    let list = work.run("gs-list", &["--missing"]).out.clone();
    let children: Vec<_> = (0..3).map(|_| work.spawn("gs-download", &[], &list)).collect();
    for child in children {
        assert!(child.wait_with_output().unwrap().status.success());
    }
    assert_eq!(asked(&sim, FILES).len(), 30);
}

#[test]
fn a_lost_token_renewal_response_requires_a_login() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    sim.with(|state| state.expire_access_tokens("garmin.com"));
    sim.fault(Fault::new(Effect::AnswerLost).contains("di-oauth2").count(1));
    work.run("gs-fetch", &[]).ends(75);
    assert_eq!(asked(&sim, TOKEN).len(), 1);
    // The new token never arrived, and the old one is used up: a login is required.
    work.run("gs-fetch", &[]).ends(77).says("gs-auth login");
}

#[test]
fn a_download_ended_by_ctrl_c_resumes_in_the_next_run() {
    let sim = Scenario { latency_ms: 60, ..scenario(30) }.start();
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    let list = work.run("gs-list", &["--missing"]).out.clone();
    sim.clear_log();
    let child = work.spawn("gs-download", &[], &list);
    while asked(&sim, FILES).len() < 3 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    let fetched = asked(&sim, FILES).len();
    assert!(fetched < 30);
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM files"), fetched as i64);
    assert_eq!(work.sql::<i64>("SELECT exit FROM commands WHERE command = 'gs-download'"), 130);
    work.download(&["--missing"]).ok();
    // The interrupted file is requested once more.
    assert!((30..=31).contains(&asked(&sim, FILES).len()));
}

#[test]
fn the_data_folder_does_not_depend_on_the_current_folder() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = work.command("gs-fetch", &[]);
    let home = work.dir().join("home");
    command.env_remove("DATA_DIR").env("HOME", &home).current_dir(elsewhere.path());
    // Without DATA_DIR, the data folder is the default one below HOME, which has no login.
    assert_eq!(command.output().unwrap().status.code(), Some(77));
    assert!(home.join(".local/share/garminsync").is_dir());
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn relative_paths_in_an_older_settings_file_start_at_its_folder() {
    let sim = plain(3);
    let work = Work::alone();
    std::fs::create_dir(work.dir().join("old")).unwrap();
    let text = format!(
        "GARMIN_EMAIL=runner@example.com\nGARMIN_PASSWORD='correct horse'\nDATA_DIR=data\nDB_PATH=data/garmin.db\nGS_LOOPBACK={}\n",
        sim.base_url()
    );
    std::fs::write(work.dir().join("old/.env"), text).unwrap();
    let mut command = work.command("gs-fetch", &["--env-file", "old/.env"]);
    let output = command.env_remove("DATA_DIR").env_remove("GS_LOOPBACK").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 3);
    assert!(work.dir().join("old/data/garmin.db").is_file());
}

#[test]
fn failures_show_in_the_exit_code_and_in_the_sync_log() {
    let sim = plain(4);
    let mut work = Work::logged_in(&sim);
    work.set("GS_RUN", "night-1");
    work.run("gs-fetch", &[]).ok();
    sim.fault(Fault::new(Effect::Html).contains(FILES).count(1));
    work.download(&["--missing"]).ends(1);
    let rows: String = work.sql(
        "SELECT group_concat(command || ' ' || exit || ' ' || counts, '; ') FROM (SELECT * FROM commands WHERE run = 'night-1' ORDER BY number)",
    );
    assert_eq!(rows, r#"gs-fetch 0 {"listed":4,"new":4}; gs-download 1 {"downloaded":3,"failed":1}"#);
}
