//! `gs-report`: the two files, how they get their place, and what bad input gets.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::support::{LIST, Said, Work, code, is_inside, plain, shell};
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

/// A folder in which somebody is logged in to garmin.com and knows what is there.
fn fetched(count: usize) -> (gs_sim::Sim, Work) {
    let sim = plain(count);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    sim.clear_log();
    (sim, work)
}

#[test]
fn an_empty_catalogue_gives_a_page_that_says_so_without_settings_or_login() {
    let work = Work::alone();
    let said = report(&work, &[]);
    said.ok().silent();
    let dir = work.data("report");
    assert_eq!(said.out, format!("{}\n", dir.join("index.html").display()));
    let told = status_in(&dir);
    assert_eq!([&told["state"], &told["schedule"], &told["last_run"]], [&json!("empty"), &Value::Null, &Value::Null]);
    for list in
        ["platforms", "matrix", "missing", "runs", "days", "weeks", "months", "activities", "actions", "warnings"]
    {
        assert_eq!(told[list], json!([]), "{list}");
    }
    assert!(std::fs::read_to_string(dir.join("index.html")).unwrap().starts_with("<!DOCTYPE html>"));
    assert_eq!(names(&dir), FILES);
}

#[test]
fn it_stands_in_no_log_and_asks_nobody() {
    let (sim, work) = fetched(3);
    let runs = |work: &Work| work.sql::<i64>("SELECT count(*) FROM commands");
    let before = runs(&work);
    assert_eq!(status(&work)["platforms"][0]["total"], 3);
    assert_eq!((runs(&work), sim.log().len()), (before, 0));
    work.run("gs-auth", &["logout"]).ok();
    let told = status(&work);
    assert_eq!(
        (&told["state"], &told["platforms"][0]["login"]),
        (&json!("outstanding"), &Value::Null),
        "no login is needed"
    );
    assert_eq!(told["outstanding"], json!({"uploads": 0, "downloads": 3, "deletions": 0, "pending": 0}));
}

#[test]
fn a_catalogue_whose_first_listing_was_cut_gives_what_is_known_and_says_so() {
    let sim = plain(30);
    let work = Work::logged_in(&sim);
    sim.fault(Fault::new(Effect::Status { status: 503, retry_after: None, body: None, content_type: None }).path(LIST));
    work.run("gs-fetch", &[]).ends(75);
    let told = status(&work);
    let troubles: Vec<&Value> = told["warnings"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!((&told["state"], troubles), (&json!("warning"), vec![&json!("listing-incomplete")]));
    let platform = &told["platforms"][0];
    let reason = &platform["unusable_reason"];
    assert!(code(reason) == "retry" && reason["detail"].as_str().unwrap().contains("503"), "{platform}");
    assert_eq!([&platform["last_listing"], &platform["last_complete_listing"]], [&Value::Null; 2]);
    sim.clear_faults();
    work.run("gs-fetch", &[]).ok();
    assert_eq!(status(&work)["state"], "outstanding");
}

#[test]
fn a_listing_that_is_still_made_is_no_trouble_and_one_that_was_killed_is() {
    let sim = plain(30);
    let work = Work::logged_in(&sim);
    sim.fault(Fault::new(Effect::Stall { ms: 20_000 }).path(LIST));
    let mut child = work.spawn("gs-fetch", &[], "");
    while work.sql::<i64>("SELECT count(*) FROM listings") == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    let told = status(&work);
    assert_eq!(told["warnings"], json!([]));
    assert_eq!(code(&told["platforms"][0]["unusable_reason"]), "being-listed");
    child.kill().unwrap();
    child.wait().unwrap();
    sim.clear_faults();
    work.run("gs-upload", &[]).ok();
    let told = status(&work);
    let troubles: Vec<&Value> = told["warnings"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(troubles, ["listing-incomplete", "unfinished"]);
    assert_eq!(code(&told["platforms"][0]["unusable_reason"]), "not-listed");
}

#[test]
fn a_locked_catalogue_is_waited_for_and_then_an_error() {
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
fn a_newer_foreign_or_damaged_catalogue_is_refused_and_the_old_page_stays() {
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
    // A database of an older tool is left alone, and the catalogue stands beside it.
    let older = work.dir().join("older/garmin.db");
    std::fs::create_dir(older.parent().unwrap()).unwrap();
    rusqlite::Connection::open(&older).unwrap().execute_batch("CREATE TABLE activities (activity_id INTEGER)").unwrap();
    work.set("DB_PATH", older.to_str().unwrap());
    assert_eq!(status(&work)["state"], "empty");
}

#[test]
fn a_dry_run_says_what_it_would_write_and_writes_nothing() {
    let (_sim, work) = fetched(3);
    let said = report(&work, &["-n", "--out", "www/sport"]);
    let dir = work.dir().join("www/sport");
    let what = format!("{0}/index.html and {0}/status.json would be written", dir.display());
    said.ok().says(&what);
    assert!(said.out.is_empty() && !work.dir().join("www").exists(), "{said}");
}

#[test]
fn a_new_folder_is_for_its_owner_and_what_is_replaced_keeps_its_mode() {
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
    assert_eq!(mode(&dir), 0o755, "it was there already");
    assert_eq!(FILES.map(|name| mode(&dir.join(name))), [0o644, 0o600]);
}

#[test]
fn a_place_that_cannot_be_written_leaves_both_files_as_they_were() {
    let (_sim, work) = fetched(3);
    std::fs::write(work.dir().join("file"), "x").unwrap();
    for out in ["file", "file/below"] {
        report(&work, &["--out", out]).ends(78).says("file").says("choose another one");
    }
    report(&work, &["--out", "out"]).ok();
    let dir = work.dir().join("out");
    let before = bytes(&dir);
    std::fs::remove_file(dir.join("index.html")).unwrap();
    std::fs::create_dir(dir.join("index.html")).unwrap();
    report(&work, &["--out", "out"]).ends(78).says("index.html").says("choose another one");
    assert_eq!(
        (names(&dir), std::fs::read(dir.join("status.json")).unwrap()),
        (FILES.map(String::from).into(), before[1].clone())
    );
}

#[test]
fn a_read_only_folder_leaves_the_old_page_whole_and_says_what_to_try() {
    if !is_inside("a_read_only_folder_leaves_the_old_page_whole_and_says_what_to_try") {
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
fn a_full_disk_leaves_the_old_page_whole_and_no_litter() {
    if !is_inside("a_full_disk_leaves_the_old_page_whole_and_no_litter") {
        return;
    }
    shell("ip link set lo up");
    let (_sim, work) = fetched(3);
    let dir = work.data("report");
    std::fs::create_dir(&dir).unwrap();
    shell(&format!("mount -t tmpfs -o size=300k none {}", dir.display()));
    report(&work, &[]).ok();
    let before = bytes(&dir);
    // Names that take more room than there is.
    work.change(
        "UPDATE activities SET name = (SELECT group_concat(hex(randomblob(12)), ' ') FROM
        (WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 9000) SELECT n FROM n))",
    );
    report(&work, &[]).ends(78).says(&dir.display().to_string()).says("the disk is full; make room and run again");
    assert_eq!((names(&dir), bytes(&dir)), (FILES.map(String::from).into(), before));
    shell(&format!("mount -o remount,size=32m {}", dir.display()));
    report(&work, &[]).ok();
}

/// Runs `gs-report` under strace, which does this to its second rename.
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
fn one_that_is_killed_between_the_two_leaves_both_whole_and_the_next_one_cleans_up() {
    let (_sim, work) = fetched(3);
    report(&work, &[]).ok();
    let dir = work.data("report");
    let before = bytes(&dir);
    work.change("UPDATE activities SET name = 'another'");
    assert!(!at_the_second_rename(&work, "signal=KILL").status.success());
    let after = bytes(&dir);
    assert!(after[0] == before[0] && after[1] != before[1], "status.json comes first");
    assert_eq!(status_in(&dir)["activities"][0]["name"], "another");
    assert!(names(&dir).len() > 2, "what was unfinished lies around");
    report(&work, &[]).ok();
    assert_eq!(names(&dir), FILES);
}

#[test]
fn should_the_second_fail_the_first_is_as_it_was() {
    let (_sim, work) = fetched(3);
    let dir = work.data("report");
    let output = at_the_second_rename(&work, "error=EIO");
    assert_eq!(output.status.code(), Some(78), "{output:?}");
    assert_eq!(names(&dir), [""; 0], "there was none, and there is none");
    report(&work, &[]).ok();
    let before = bytes(&dir);
    work.change("UPDATE activities SET name = 'another'");
    let output = at_the_second_rename(&work, "error=ENOSPC");
    assert_eq!(output.status.code(), Some(78), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("index.html: the disk is full"), "{output:?}");
    assert_eq!((names(&dir), bytes(&dir)), (FILES.map(String::from).into(), before));
}

#[test]
fn several_at_once_take_turns() {
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
fn the_language_is_that_of_the_flag_the_setting_or_the_locale_and_it_loads_itself_when_asked_to() {
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
    let loads_itself = "http-equiv=\"refresh\"";
    assert!(page(&["--refresh"]).contains(loads_itself) && !page(&[]).contains(loads_itself));
    work.set("GS_LANG", "de");
    report(&work, &[]).ends(78).says("GS_LANG=\"de\": unknown language; write en or zh");
    report(&work, &["--lang", "de"]).ends(2);
}

#[test]
fn the_same_facts_give_the_same_bytes_in_any_zone() {
    let (_sim, mut work) = fetched(20);
    // The time of making is a fact as well: all have to begin in one second.
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
    panic!("no four were made in one second");
}
