//! Data on read-only media: commands that only read work, and commands that write fail before they send a request.
//!
//! Each test runs itself again in a private namespace, in which it may mount file systems.

use std::path::Path;

use crate::support::{Work, is_inside, plain, shell};
use gs_sim::Sim;

/// Three activities, one of them archived, and the list of all.
fn archived() -> (Sim, Work, String) {
    shell("ip link set lo up");
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    let list = work.run("gs-fetch", &[]).ok().out.clone();
    work.given("gs-download", &[], list.lines().next().unwrap()).ok();
    let list = work.run("gs-list", &[]).ok().out.clone();
    sim.clear_log();
    (sim, work, list)
}

fn read_only(path: &Path) {
    shell(&format!("mount --bind '{0}' '{0}' && mount -o remount,bind,ro '{0}'", path.display()));
}

/// Runs commands that only read, and commands that write.
fn expect_reads_and_no_writes(sim: &Sim, work: &Work, list: &str) {
    assert_eq!(work.run("gs-list", &[]).ok().silent().out, list);
    assert_eq!(work.run("gs-list", &["--stats"]).ok().silent().record()["downloaded"], 1);
    let out = work.dir().join("page");
    work.run("gs-report", &["--out", out.to_str().unwrap()]).ok().silent();
    assert!(std::fs::read_to_string(out.join("status.json")).unwrap().contains("\"downloaded\": 1"));
    assert_eq!(work.given("gs-dedupe", &[], list).ok().silent().records().len(), 3);
    work.given("gs-diff", &["--platform", "garmin-com,garmin-cn"], list).ends(75).says("garmin-cn: no uploads planned");
    work.given("gs-diff", &["--platform", "garmin-com"], list).ok().silent();
    work.run("gs-settings", &["--check"]).ok().silent();
    let status = work.run("gs-auth", &["status", "--platform", "garmin-com"]);
    assert_eq!(status.ok().silent().record()["state"], "ok");
    work.run("gs-schedule", &[]).ok();

    let token = "{\"di_token\": \"e30.e30.x\"}";
    for (command, args, input) in [
        ("gs-fetch", &[][..], ""),
        ("gs-download", &[], list),
        ("gs-upload", &[], ""),
        ("gs-delete", &["--yes"], ""),
        ("gs-notify", &[], ""),
        ("gs-auth", &["login", "--platform", "coros"], ""),
        ("gs-auth", &["import", "-", "--platform", "garmin-com"], token),
        ("gs-auth", &["logout", "--platform", "garmin-com"], ""),
        ("gs-schedule", &["0 3 * * *"], ""),
        ("gs-import", &["--platform", "garmin-com", "123.fit"], ""),
    ] {
        let said = work.given(command, args, input);
        said.ends(78).says("catalogue.sqlite: read-only (").says("make the file and its folder writable");
        assert_eq!(said.err.lines().count(), 1, "{said}");
    }
    assert_eq!(sim.log().len(), 0, "no request was sent");
}

fn with_a_file_to_import(work: &mut Work) {
    work.set("COROS_EMAIL", "runner@example.org").set("COROS_PASSWORD", "correct horse");
    std::fs::write(work.dir().join("123.fit"), gs_sim::fit::run(1_700_000_000, 600, 2000.0).build()).unwrap();
}

#[test]
fn a_read_only_data_folder_can_be_read_and_writes_fail() {
    if !is_inside("a_read_only_data_folder_can_be_read_and_writes_fail") {
        return;
    }
    let (sim, mut work, list) = archived();
    with_a_file_to_import(&mut work);
    read_only(&work.data(""));
    expect_reads_and_no_writes(&sim, &work, &list);
}

#[test]
fn a_read_only_snapshot_with_a_write_ahead_log_can_be_read() {
    if !is_inside("a_read_only_snapshot_with_a_write_ahead_log_can_be_read") {
        return;
    }
    let (sim, mut work, list) = archived();
    with_a_file_to_import(&mut work);
    // Another program has the catalogue open, and the last change is only in the write-ahead log.
    let open = rusqlite::Connection::open(work.data("catalogue.sqlite")).unwrap();
    open.execute_batch("PRAGMA wal_autocheckpoint = 0; UPDATE activities SET name = 'last moment'").unwrap();
    let snapshot = work.dir().join("snapshot");
    shell(&format!("cp -a '{}' '{}'", work.data("").display(), snapshot.display()));
    drop(open);
    // With the shared-memory file of the log, and without it.
    for shm in ["", "-shm"] {
        let folder = work.dir().join(format!("ro{shm}"));
        shell(&format!("cp -a '{}' '{}'", snapshot.display(), folder.display()));
        if !shm.is_empty() {
            std::fs::remove_file(folder.join("catalogue.sqlite-shm")).unwrap();
        }
        assert!(std::fs::metadata(folder.join("catalogue.sqlite-wal")).unwrap().len() > 0);
        read_only(&folder);
        work.set("DATA_DIR", folder.to_str().unwrap());
        let records = work.run("gs-list", &[]).ok().silent().records();
        assert!(records.len() == 3 && records.iter().all(|record| record["name"] == "last moment"), "{records:?}");
        let list = work.run("gs-list", &[]).out.clone();
        expect_reads_and_no_writes(&sim, &work, &list);
    }
    assert!(!list.is_empty());
}

#[test]
fn a_read_only_catalogue_file_can_be_read_and_writes_fail() {
    if !is_inside("a_read_only_catalogue_file_can_be_read_and_writes_fail") {
        return;
    }
    let (sim, mut work, list) = archived();
    with_a_file_to_import(&mut work);
    read_only(&work.data("catalogue.sqlite"));
    expect_reads_and_no_writes(&sim, &work, &list);
}

#[test]
fn a_report_into_a_read_only_folder_is_an_error_with_the_path() {
    if !is_inside("a_report_into_a_read_only_folder_is_an_error_with_the_path") {
        return;
    }
    let (_sim, work, _) = archived();
    read_only(&work.data(""));
    work.run("gs-report", &[]).ends(78).says("report").says("writable");
    let nowhere = work.dir().join("empty");
    std::fs::create_dir(&nowhere).unwrap();
    read_only(&nowhere);
    work.run("gs-list", &["--data-dir", nowhere.to_str().unwrap()]).ends(78).says("empty/catalogue.sqlite");
}
