//! `gs-report`: the two files it writes, how it replaces them, and errors.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::support::{LIST, Said, Work, code, is_inside, large_catalogue, plain, shell};
use gs_sim::{Effect, Fault};
use serde_json::{Value, json};

const FILES: [&str; 2] = ["index.html", "status.json"];

fn report(work: &Work, args: &[&str]) -> Said {
    work.run("gs-report", args)
}

/// `status.json` in a folder.
fn status_in(dir: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(dir.join("status.json")).unwrap()).unwrap()
}

fn status(work: &Work) -> Value {
    report(work, &[]).ok().silent();
    status_in(&work.data("report"))
}

/// All names in a folder, hidden ones too.
fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn bytes(dir: &Path) -> [Vec<u8>; 2] {
    FILES.map(|name| std::fs::read(dir.join(name)).unwrap())
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A data folder with a login to garmin.com and a listing of it.
fn fetched(count: usize) -> (gs_sim::Sim, Work) {
    let sim = plain(count);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    sim.clear_log();
    (sim, work)
}

#[test]
fn an_empty_catalogue_gives_an_empty_page_without_settings_or_login() {
    let work = Work::alone();
    let said = report(&work, &[]);
    said.ok().silent();
    let dir = work.data("report");
    assert_eq!(said.out, format!("{}\n", dir.join("index.html").display()));
    let document = status_in(&dir);
    assert_eq!(
        [&document["state"], &document["schedule"], &document["last_run"]],
        [&json!("empty"), &Value::Null, &Value::Null]
    );
    for list in
        ["platforms", "matrix", "missing", "runs", "days", "weeks", "months", "activities", "actions", "warnings"]
    {
        assert_eq!(document[list], json!([]), "{list}");
    }
    assert!(std::fs::read_to_string(dir.join("index.html")).unwrap().starts_with("<!DOCTYPE html>"));
    assert_eq!(names(&dir), FILES);
}

#[test]
fn gs_report_sends_no_requests_and_is_not_logged_as_a_run() {
    let (sim, work) = fetched(3);
    let runs = |work: &Work| work.sql::<i64>("SELECT count(*) FROM commands");
    let before = runs(&work);
    assert_eq!(status(&work)["platforms"][0]["total"], 3);
    assert_eq!((runs(&work), sim.log().len()), (before, 0));
    work.run("gs-auth", &["logout"]).ok();
    let document = status(&work);
    assert_eq!(
        (&document["state"], &document["platforms"][0]["logins"]),
        (&json!("outstanding"), &json!([])),
        "no login is needed"
    );
    assert_eq!(document["outstanding"], json!({"uploads": 0, "downloads": 3, "deletions": 0, "pending": 0}));
}

#[test]
fn an_incomplete_first_listing_is_shown_as_a_warning() {
    let sim = plain(30);
    let work = Work::logged_in(&sim);
    sim.fault(Fault::new(Effect::Status { status: 503, retry_after: None, body: None, content_type: None }).path(LIST));
    work.run("gs-fetch", &[]).ends(75);
    let document = status(&work);
    let warnings: Vec<&Value> = document["warnings"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!((&document["state"], warnings), (&json!("warning"), vec![&json!("listing-incomplete")]));
    let platform = &document["platforms"][0];
    let reason = &platform["unusable_reason"];
    assert!(code(reason) == "retry" && reason["detail"].as_str().unwrap().contains("503"), "{platform}");
    assert_eq!([&platform["last_listing"], &platform["last_complete_listing"]], [&Value::Null; 2]);
    sim.clear_faults();
    work.run("gs-fetch", &[]).ok();
    assert_eq!(status(&work)["state"], "outstanding");
}

#[test]
fn a_killed_listing_is_a_warning_and_a_running_one_is_not() {
    let sim = plain(30);
    let work = Work::logged_in(&sim);
    sim.fault(Fault::new(Effect::Stall { ms: 20_000 }).path(LIST));
    let mut child = work.spawn("gs-fetch", &[], "");
    while work.sql::<i64>("SELECT count(*) FROM listings") == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    let document = status(&work);
    assert_eq!(document["warnings"], json!([]));
    assert_eq!(code(&document["platforms"][0]["unusable_reason"]), "being-listed");
    child.kill().unwrap();
    child.wait().unwrap();
    sim.clear_faults();
    work.run("gs-upload", &[]).ok();
    let document = status(&work);
    let warnings: Vec<&Value> = document["warnings"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(warnings, ["listing-incomplete", "unfinished"]);
    assert_eq!(code(&document["platforms"][0]["unusable_reason"]), "platform-never-listed");
}

#[test]
fn a_locked_catalogue_is_an_error_after_the_lock_timeout() {
    let (_sim, mut work) = fetched(3);
    report(&work, &[]).ok();
    let before = bytes(&work.data("report"));
    let other = rusqlite::Connection::open(work.data("catalogue.sqlite")).unwrap();
    let lock = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE commands SET reason = 'x'; COMMIT;";
    other.execute_batch(lock).unwrap();
    work.set("GS_LOCK_TIMEOUT", "200ms");
    report(&work, &[]).ends(75).says("the catalogue is locked by another program; try again when that has ended");
    assert_eq!(bytes(&work.data("report")), before);
    work.set("GS_LOCK_TIMEOUT", "20s");
    let child = work.spawn("gs-report", &[], "");
    std::thread::sleep(Duration::from_millis(300));
    drop(other);
    assert!(child.wait_with_output().unwrap().status.success());
}

#[test]
fn a_newer_or_foreign_catalogue_is_rejected_and_the_old_page_kept() {
    let (_sim, mut work) = fetched(3);
    report(&work, &[]).ok();
    let before = bytes(&work.data("report"));
    let version: i64 = work.sql("PRAGMA user_version");
    work.change("PRAGMA user_version = 99");
    report(&work, &[]).ends(78).says("install the newer garminsync (nothing was changed)");
    work.change(&format!("PRAGMA user_version = {version}; PRAGMA application_id = 7"));
    report(&work, &[]).ends(78).says("set DB_PATH to another file (nothing was changed)");
    work.change(&format!("PRAGMA application_id = {}", 0x6773_796e));
    assert_eq!(bytes(&work.data("report")), before);
    report(&work, &[]).ok();
    // The database of an older tool is not used; the catalogue is a file beside it.
    let older = work.dir().join("older/garmin.db");
    std::fs::create_dir(older.parent().unwrap()).unwrap();
    rusqlite::Connection::open(&older).unwrap().execute_batch("CREATE TABLE activities (activity_id INTEGER)").unwrap();
    work.set("DB_PATH", older.to_str().unwrap());
    assert_eq!(status(&work)["state"], "empty");
}

#[test]
fn of_a_very_long_history_the_newest_activities_are_listed_and_all_are_counted() {
    let work = Work::alone();
    std::fs::create_dir_all(work.data("")).unwrap();
    large_catalogue::make(&work.data("catalogue.sqlite"), 30_100, 1, jiff::Timestamp::now());
    let document = status(&work);
    let activities = document["activities"].as_array().unwrap();
    assert_eq!(activities.len(), 20_000);
    let all = "gs-list --all --format csv";
    assert_eq!(document["left_out"], json!([{"list": "activities", "count": 10_100, "all": all}]));
    let newest = work.run("gs-list", &["--limit", "20000"]);
    let newest = newest.out.lines().last().map(|line| serde_json::from_str::<Value>(line).unwrap()).unwrap();
    assert_eq!(activities[19_999]["on"][0]["id"], newest["id"], "the newest ones");
    let days = document["days"].as_array().unwrap();
    assert_eq!(days.iter().map(|day| day["count"].as_u64().unwrap()).sum::<u64>(), 30_100);
    assert_eq!(document["platforms"][0]["total"], json!(30_100));
    let english = std::fs::read_to_string(work.data("report/index.html")).unwrap();
    assert!(english.contains("The newest 20,000 of 30,100 activities; all: "), "the page says it");
    report(&work, &["--lang", "zh"]).ok();
    let chinese = std::fs::read_to_string(work.data("report/index.html")).unwrap();
    assert!(chinese.contains("仅列出 30,100 个活动中最新的 20,000 个；全部："));
    assert!(english.len() < 6_000_000, "{}", english.len());
    let state = work.run("gs-status", &["--format", "table"]).out;
    assert!(state.contains("30,100 distinct"), "{state}");
}

#[test]
fn a_dry_run_names_the_files_and_writes_nothing() {
    let (_sim, work) = fetched(3);
    let said = report(&work, &["-n", "--out", "www/sport"]);
    let dir = work.dir().join("www/sport");
    let what = format!("{0}/index.html and {0}/status.json would be written", dir.display());
    said.ok().says(&what);
    assert!(said.out.is_empty() && !work.dir().join("www").exists(), "{said}");
}

#[test]
fn new_files_are_private_and_replaced_files_keep_their_mode() {
    let (_sim, work) = fetched(3);
    let said = report(&work, &["--out", "www/sport"]);
    let dir = work.dir().join("www/sport");
    assert_eq!(said.ok().out, format!("{}\n", dir.join("index.html").display()));
    assert_eq!((mode(&dir), mode(&work.dir().join("www"))), (0o700, 0o700));
    assert_eq!(FILES.map(|name| mode(&dir.join(name))), [0o600, 0o600]);
    let chmod = |path: PathBuf, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    chmod(dir.clone(), 0o755);
    chmod(dir.join("index.html"), 0o644);
    report(&work, &["--out", "www/sport"]).ok();
    assert_eq!(mode(&dir), 0o755, "an existing folder keeps its mode");
    assert_eq!(FILES.map(|name| mode(&dir.join(name))), [0o644, 0o600]);
}

#[test]
fn an_unwritable_output_path_leaves_the_existing_files_unchanged() {
    let (_sim, work) = fetched(3);
    std::fs::write(work.dir().join("file"), "x").unwrap();
    for (out, advice) in [("file", "choose a folder"), ("file/below", "choose another one")] {
        report(&work, &["--out", out]).ends(78).says("file").says(advice);
    }
    report(&work, &["--out", "out"]).ok();
    let dir = work.dir().join("out");
    let before = bytes(&dir);
    std::fs::remove_file(dir.join("index.html")).unwrap();
    std::fs::create_dir(dir.join("index.html")).unwrap();
    report(&work, &["--out", "out"]).ends(78).says("index.html").says("choose another folder");
    assert_eq!(
        (names(&dir), std::fs::read(dir.join("status.json")).unwrap()),
        (FILES.map(String::from).into(), before[1].clone())
    );
}

#[test]
fn a_read_only_folder_keeps_the_old_page_and_names_the_fix() {
    if !is_inside("a_read_only_folder_keeps_the_old_page_and_names_the_fix") {
        return;
    }
    shell("ip link set lo up");
    let (_sim, work) = fetched(3);
    report(&work, &[]).ok();
    let dir = work.data("report");
    let before = bytes(&dir);
    shell(&format!("mount --bind {0} {0} && mount -o remount,bind,ro {0}", dir.display()));
    report(&work, &[])
        .ends(78)
        .says(&dir.display().to_string())
        .says("make the file and its folder writable, or choose another folder");
    assert_eq!((names(&dir), bytes(&dir)), (FILES.map(String::from).into(), before));
}

#[test]
fn a_full_disk_keeps_the_old_page_and_leaves_no_partial_files() {
    if !is_inside("a_full_disk_keeps_the_old_page_and_leaves_no_partial_files") {
        return;
    }
    shell("ip link set lo up");
    let (_sim, work) = fetched(3);
    let dir = work.data("report");
    std::fs::create_dir(&dir).unwrap();
    shell(&format!("mount -t tmpfs -o size=300k none {}", dir.display()));
    report(&work, &[]).ok();
    let before = bytes(&dir);
    // Names that need more space than the disk has.
    work.change(
        "UPDATE activities SET name = (SELECT group_concat(hex(randomblob(12)), ' ') FROM
        (WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 9000) SELECT n FROM n))",
    );
    report(&work, &[]).ends(78).says(&dir.display().to_string()).says("the disk is full; make room and run again");
    assert_eq!((names(&dir), bytes(&dir)), (FILES.map(String::from).into(), before));
    shell(&format!("mount -o remount,size=32m {}", dir.display()));
    report(&work, &[]).ok();
}

/// Runs `gs-report` under strace, which injects this fault into the second rename.
fn at_the_second_rename(work: &Work, what: &str) -> std::process::Output {
    let plain = work.command("gs-report", &[]);
    let mut command = Command::new("strace");
    let inject = format!("inject=/^rename:{what}:when=2");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=/^rename", "-e", &inject]).arg(plain.get_program());
    command.current_dir(work.dir()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.output().expect("strace is needed")
}

#[test]
fn a_run_killed_between_the_two_renames_leaves_two_complete_files() {
    let (_sim, work) = fetched(3);
    report(&work, &[]).ok();
    let dir = work.data("report");
    let before = bytes(&dir);
    work.change("UPDATE activities SET name = 'another'");
    assert!(!at_the_second_rename(&work, "signal=KILL").status.success());
    let after = bytes(&dir);
    assert!(after[0] == before[0] && after[1] != before[1], "status.json comes first");
    assert_eq!(status_in(&dir)["activities"][0]["name"], "another");
    assert!(names(&dir).len() > 2, "an unfinished file is left");
    report(&work, &[]).ok();
    assert_eq!(names(&dir), FILES);
}

#[test]
fn a_failed_second_rename_restores_the_first_file() {
    let (_sim, work) = fetched(3);
    let dir = work.data("report");
    let output = at_the_second_rename(&work, "error=EIO");
    assert_eq!(output.status.code(), Some(78), "{output:?}");
    assert_eq!(names(&dir), [""; 0], "no file existed before, and none exists now");
    report(&work, &[]).ok();
    let before = bytes(&dir);
    work.change("UPDATE activities SET name = 'another'");
    let output = at_the_second_rename(&work, "error=ENOSPC");
    assert_eq!(output.status.code(), Some(78), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("index.html: the disk is full"), "{output:?}");
    assert_eq!((names(&dir), bytes(&dir)), (FILES.map(String::from).into(), before));
}

#[test]
fn parallel_runs_write_one_after_the_other() {
    let (_sim, mut work) = fetched(300);
    let children: Vec<_> = (0..4).map(|_| work.spawn("gs-report", &["--out", "out"], "")).collect();
    assert!(children.into_iter().all(|child| child.wait_with_output().unwrap().status.success()));
    let dir = work.dir().join("out");
    assert_eq!(
        (names(&dir), status_in(&dir)["activities"].as_array().unwrap().len()),
        (FILES.map(String::from).into(), 300)
    );
    let held = std::fs::File::open(&dir).unwrap();
    held.lock().unwrap();
    work.set("GS_LOCK_TIMEOUT", "50ms");
    report(&work, &["--out", "out"]).ends(75).says("another command writes there; try again later");
}

#[test]
fn flags_setting_and_locale_select_language_and_automatic_refresh() {
    let (_sim, mut work) = fetched(1);
    let lang = |work: &Work, args: &[&str]| {
        report(work, args).ok();
        let page = std::fs::read_to_string(work.data("report/index.html")).unwrap();
        page.split("lang=\"").nth(1).unwrap()[..2].to_owned()
    };
    assert_eq!(lang(&work, &[]), "en");
    work.set("LANG", "zh_CN.UTF-8");
    assert_eq!((lang(&work, &[]), lang(&work, &["--lang", "en"])), ("zh".into(), "en".into()));
    let page = |args: &[&str]| {
        report(&work, args).ok();
        std::fs::read_to_string(work.data("report/index.html")).unwrap()
    };
    let refresh_tag = "http-equiv=\"refresh\"";
    assert!(page(&["--refresh"]).contains(refresh_tag) && !page(&[]).contains(refresh_tag));
    work.set("GS_LANG", "de");
    report(&work, &[]).ends(78).says("GS_LANG=\"de\": unknown language; write en or zh");
    report(&work, &["--lang", "de"]).ends(2);
}

#[test]
fn the_same_data_gives_the_same_bytes_in_any_time_zone() {
    let (_sim, mut work) = fetched(20);
    // The page contains the time of its creation: all four have to be created in the same second.
    for _ in 0..20 {
        let dirs: Vec<PathBuf> = ["UTC", "Asia/Shanghai", "Pacific/Kiritimati", "America/St_Johns"]
            .iter()
            .map(|zone| {
                work.set("TZ", zone);
                let out = format!("out/{zone}");
                report(&work, &["--out", &out]).ok();
                work.dir().join(out)
            })
            .collect();
        if dirs.iter().all(|dir| status_in(dir)["made"] == status_in(&dirs[0])["made"]) {
            assert!(dirs.iter().all(|dir| bytes(dir) == bytes(&dirs[0])));
            return;
        }
    }
    panic!("the four pages were never created in the same second");
}
