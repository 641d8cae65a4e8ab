//! Whole pipelines against the simulator: what a person relies on over years, killed and resumed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::support::{FILES, LIST, LOGIN, TOKEN, Work, asked, plain, requests, scenario};
use gs_sim::{Effect, Fault, Scenario};

#[test]
fn three_hundred_activities_are_archived_and_a_second_run_asks_for_nothing_but_the_list() {
    let sim = Scenario::default_garmin(300, 11).start();
    let mut work = Work::with_passwords(&sim);
    work.set("GARMIN_EMAIL_CN", "runner@example.cn").set("GARMIN_PASSWORD_CN", "correct horse");
    work.archive_all();
    let records = work.run("gs-list", &["--all"]).records();
    assert_eq!(records.len(), 400);
    let mut told: BTreeMap<&str, u32> = BTreeMap::new();
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
        *told.entry(kind).or_default() += 1;
    }
    assert!(
        told["fit"] > 350 && told["gpx"] > 0 && told["tcx"] > 0 && told["converted"] > 0 && told["none"] > 0,
        "{told:?}"
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
fn more_than_a_thousand_are_seen_and_nobody_logs_in_anew() {
    let sim = plain(1150);
    let work = Work::with_passwords(&sim);
    assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 1150);
    work.run("gs-fetch", &[]).ok();
    // Of the first listing it is counted, too, how much there is.
    assert_eq!((asked(&sim, LOGIN).len(), asked(&sim, LIST).len()), (1, 13 + 1 + 1));
}

#[test]
fn killed_at_any_moment_it_leaves_no_half_file_and_resumes_without_fetching_anything_twice() {
    // A few milliseconds an answer, so that on any machine there is something to be killed in.
    let sim = Scenario { latency_ms: 4, ..Scenario::default_garmin(120, 4) }.start();
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    let list = work.run("gs-list", &["--missing"]).out.clone();
    sim.clear_log();
    let mut kills = 0;
    for round in 0.. {
        let mut child = work.spawn("gs-download", &[], &list);
        // Each round lives a little longer or shorter than the last: the kill falls on every step sooner or later. All live
        // longer and longer, ever faster: on a busy machine, too, a command comes to its work after some dozens of rounds.
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
                assert!(garminsync::fit::scan(&std::fs::read(&file).unwrap()).is_ok(), "half a file: {name}");
            }
        }
        assert!(kills < 2000, "it does not get on");
    }
    assert!(kills > 5, "only {kills} kills");
    assert_eq!(work.run("gs-list", &["--missing"]).ids(), [""; 0]);
    assert!(work.files("fit").iter().all(|file| file.file_name().unwrap().to_string_lossy().starts_with("activity_")));
    // A request that was killed before its answer was on the disk has to be made again; one that was, never.
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for request in asked(&sim, FILES) {
        *times.entry(request.path).or_default() += 1;
    }
    let again: u32 = times.values().map(|times| times - 1).sum();
    assert!(again <= kills, "{again} files were fetched again after {kills} kills");
    let list = work.run("gs-list", &["--downloaded"]).out.clone();
    sim.clear_log();
    work.given("gs-download", &["--verify"], &list).ok().silent();
    assert_eq!(sim.log().len(), 0);
}

#[test]
fn killed_between_the_rename_and_the_catalogue_the_file_is_taken_as_it_stands() {
    let sim = plain(5);
    let work = Work::logged_in(&sim);
    work.archive_all();
    // What such a kill leaves: the file is there, the row is not.
    work.change("DELETE FROM files WHERE id = '20000000003'");
    sim.clear_log();
    work.download(&["--missing"]).ok();
    assert_eq!((asked(&sim, FILES).len(), work.sql::<i64>("SELECT count(*) FROM files")), (0, 5));
}

#[test]
fn two_downloads_of_the_same_list_fetch_each_file_once() {
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
fn a_lost_answer_to_a_renewal_is_not_repeated_blindly() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    sim.with(|state| state.expire_access_tokens("garmin.com"));
    sim.fault(Fault::new(Effect::AnswerLost).contains("di-oauth2").count(1));
    work.run("gs-fetch", &[]).ends(75);
    assert_eq!(asked(&sim, TOKEN).len(), 1);
    // The renewed token never arrived, and the old one is spent: a person is needed, and told so.
    work.run("gs-fetch", &[]).ends(77).says("gs-auth login");
}

#[test]
fn ctrl_c_ends_it_at_once_and_the_next_run_goes_on() {
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
    // The one that was on its way is asked for once more.
    assert!((30..=31).contains(&asked(&sim, FILES).len()));
}

#[test]
fn state_does_not_depend_on_the_current_folder() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = work.command("gs-fetch", &[]);
    let home = work.dir().join("home");
    command.env_remove("DATA_DIR").env("HOME", &home).current_dir(elsewhere.path());
    // Without a data folder of its own name it is the one below home: nobody is logged in there.
    assert_eq!(command.output().unwrap().status.code(), Some(77));
    assert!(home.join(".local/share/garminsync").is_dir());
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn the_settings_of_the_older_tool_in_a_file_work_from_anywhere() {
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
