//! Full and read-only disks: the error names the path, no file is incomplete, and the catalogue stays correct.
//!
//! Each test runs itself again in a private namespace, in which it may mount file systems.

use crate::support::{self, FILES, Work, asked, is_inside, plain, shell};

fn fetched(count: usize) -> (gs_sim::Sim, Work, String) {
    shell("ip link set lo up");
    let sim = plain(count);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    let list = work.run("gs-list", &[]).out.clone();
    sim.clear_log();
    (sim, work, list)
}

#[test]
fn a_full_disk_ends_a_download_with_the_path_and_no_partial_file() {
    if !is_inside("a_full_disk_ends_a_download_with_the_path_and_no_partial_file") {
        return;
    }
    let (sim, work, list) = fetched(40);
    let folder = work.data("fit");
    std::fs::create_dir_all(&folder).unwrap();
    shell(&format!("mount -t tmpfs -o size=200k none {}", folder.display()));
    let said = work.given("gs-download", &[], &list);
    said.ends(78).says("the disk is full").says(&folder.display().to_string());
    let whole = work.files("fit");
    assert!(!whole.is_empty() && whole.len() < 40);
    for file in &whole {
        assert!(garminsync::fit::scan(&std::fs::read(file).unwrap()).is_ok(), "{}", file.display());
    }
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM files"), whole.len() as i64);
    assert_eq!(asked(&sim, FILES).len(), whole.len() + 1, "no file is downloaded that cannot be stored");
    shell(&format!("mount -o remount,size=8m {}", folder.display()));
    work.given("gs-download", &[], &list).ok();
    assert_eq!(work.files("fit").len(), 40);
}

#[test]
fn a_read_only_archive_ends_a_download_with_exit_78_and_the_path() {
    if !is_inside("a_read_only_archive_ends_a_download_with_exit_78_and_the_path") {
        return;
    }
    let (_sim, work, list) = fetched(3);
    let folder = work.data("fit");
    std::fs::create_dir_all(&folder).unwrap();
    shell(&format!("mount -t tmpfs -o ro none {}", folder.display()));
    work.given("gs-download", &[], &list).ends(78).says(&folder.display().to_string()).says("writable");
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM files"), 0);
}

#[test]
fn a_read_only_data_folder_ends_commands_with_exit_78_and_the_path() {
    if !is_inside("a_read_only_data_folder_ends_commands_with_exit_78_and_the_path") {
        return;
    }
    let (_sim, work, list) = fetched(3);
    let folder = work.data("");
    shell(&format!("mount --bind {0} {0} && mount -o remount,bind,ro {0}", folder.display()));
    work.given("gs-download", &[], &list).ends(78).says("catalogue.sqlite");
    work.run("gs-fetch", &[]).ends(78).says("catalogue.sqlite");
}

#[test]
fn a_full_disk_spends_no_refresh_token() {
    if !is_inside("a_full_disk_spends_no_refresh_token") {
        return;
    }
    let (sim, work, _) = fetched(3);
    let (folder, token) = (work.data("tokens"), std::fs::read(work.data("tokens/garmin-com.json")).unwrap());
    shell(&format!("mount -t tmpfs -o size=12k none {}", folder.display()));
    std::fs::write(folder.join("garmin-com.json"), &token).unwrap();
    sim.with(|state| state.expire_access_tokens("garmin.com"));
    sim.clear_log();
    work.run("gs-fetch", &[]).ends(78).says(&folder.display().to_string()).says("the disk is full");
    assert_eq!(asked(&sim, "/di-oauth2-service/").len(), 0, "the refresh token is not used");
    shell(&format!("mount -o remount,size=1m {}", folder.display()));
    work.run("gs-fetch", &[]).ok();
}

/// Runs a command whose files may have at most this many KiB.
fn limited(work: &Work, kib: u32, name: &str, args: &[&str], input: &str) -> support::Said {
    let program = work.command(name, args).get_program().to_str().unwrap().to_owned();
    let line = format!("ulimit -f {kib}; exec \"$0\" \"$@\"");
    work.given("/bin/bash", &[&["-c", line.as_str(), program.as_str()], args].concat(), input)
}

#[test]
fn every_command_reports_a_file_size_limit() {
    let sim = plain(40);
    let work = Work::logged_in(&sim);
    let list = "{\"type\":\"activity\",\"platform\":\"garmin-com\",\"id\":\"20000000000\"}\n";
    const WORDS: &str = "the limit for the size of a file is reached (ulimit -f, or the file system's)";
    // SQLite's own files exceed the limit.
    for (name, args) in [
        ("gs-fetch", &[][..]),
        ("gs-list", &[]),
        ("gs-download", &[]),
        ("gs-auth", &["login"]),
        ("gs-schedule", &["0 3 * * *"]),
        ("gs-report", &[]),
        ("gs-notify", &[]),
        ("gs-settings", &[]),
    ] {
        limited(&work, 4, name, args, list).ends(78).says(WORDS).says("catalogue.sqlite");
    }
    // The files that the commands write exceed the limit.
    work.run("gs-fetch", &[]).ok();
    let list = work.run("gs-list", &[]).ok().out.clone();
    let said = limited(&work, 64, "gs-download", &[], &list);
    said.ends(78).says(WORDS);
    let whole = work.files("fit");
    for file in &whole {
        assert!(garminsync::fit::scan(&std::fs::read(file).unwrap()).is_ok(), "{}", file.display());
    }
    assert!(whole.len() < 40 && work.sql::<i64>("SELECT count(*) FROM files") <= whole.len() as i64);
    work.given("gs-download", &[], &list).ok();
    assert_eq!(work.files("fit").len(), 40);
    // The page and the file of standard output exceed the limit.
    limited(&work, 40, "gs-report", &["--out", "page"], "").ends(78).says(WORDS);
    work.run("gs-report", &[]).ok();
    let line = "ulimit -f 40; for i in 1 2 3 4; do cat \"$1\"; done | exec \"$0\" >out";
    std::fs::write(work.dir().join("list"), list.repeat(4)).unwrap();
    let program = work.command("gs-dedupe", &[]).get_program().to_str().unwrap().to_owned();
    work.run("/bin/bash", &["-c", line, &program, "list"]).ends(78).says("standard output: ").says(WORDS);
}

/// Fills the rest of a small disk, to the last byte.
fn fill(dir: &std::path::Path) {
    // dd writes until no page is left.
    shell(&format!("cd '{}'; dd if=/dev/zero of=filler bs=4k 2>/dev/null || true", dir.display()));
}

#[test]
fn every_command_ends_with_exit_78_on_a_full_disk_and_sends_no_password() {
    if !is_inside("every_command_ends_with_exit_78_on_a_full_disk_and_sends_no_password") {
        return;
    }
    shell("ip link set lo up");
    let sim = plain(3);
    let mut work = Work::with(&sim);
    work.set("SYNC_PLATFORM", "GARMINCOM");
    shell(&format!("mount -t tmpfs -o size=2m none {}", work.data("").display()));
    work.run("gs-list", &[]).ok();
    let list = "{\"type\":\"activity\",\"platform\":\"garmin-com\",\"id\":\"20000000000\"}\n";
    fill(&work.data(""));
    work.set("GARMIN_EMAIL", "runner@example.com").set("GARMIN_PASSWORD", "correct horse");
    for (name, args) in [
        ("gs-fetch", &[][..]),
        ("gs-download", &[]),
        ("gs-auth", &["login"]),
        ("gs-auth", &["import", "-"]),
        ("gs-import", &["."]),
        ("gs-schedule", &["0 3 * * *"]),
        ("gs-delete", &["--yes"]),
        ("gs-notify", &[]),
    ] {
        let said = work.given(name, args, list);
        assert!(said.code == 78 && said.err.contains("full"), "{said}");
    }
    assert_eq!(support::requests(&sim), [""; 0], "no request was sent");
    // With space for the catalogue, and none for a token.
    shell(&format!("rm '{}'; mkdir '{}'", work.data("filler").display(), work.data("tokens").display()));
    shell(&format!("mount -t tmpfs -o size=8k none {}", work.data("tokens").display()));
    work.run("gs-fetch", &[]).ends(78).says("the disk is full");
    work.run("gs-auth", &["login"]).ends(78).says("the disk is full");
    assert_eq!(support::requests(&sim), [""; 0], "no request was sent");
    shell(&format!("umount '{}'", work.data("tokens").display()));
    work.run("gs-fetch", &[]).ok();
}

#[test]
fn a_full_disk_is_reported_for_stdout_the_page_and_a_folder_platform() {
    if !is_inside("a_full_disk_is_reported_for_stdout_the_page_and_a_folder_platform") {
        return;
    }
    let (_sim, mut work, list) = fetched(3);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    for args in [&[][..], &["--format", "csv"], &["--stats", "--format", "csv"], &["--stats"]] {
        let mut command = work.command("gs-list", args);
        let output = command.stdout(full.try_clone().unwrap()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(78) && said.contains("standard output: "), "{args:?}: {said}");
        assert!(said.contains("the disk is full"), "{args:?}: {said}");
    }
    for (name, setting) in [("page", "GS_REPORT_DIR"), ("watch", "")] {
        let folder = work.dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        shell(&format!("mount -t tmpfs -o size=8k none {}", folder.display()));
        fill(&folder);
        if !setting.is_empty() {
            work.set(setting, folder.to_str().unwrap());
            work.run("gs-report", &[]).ends(78).says("the disk is full");
        }
    }
    // The other platform of the same run gets its files.
    work.given("gs-download", &[], &list).ok();
    for name in ["watch", "stick"] {
        std::fs::create_dir_all(work.dir().join(name)).unwrap();
        let folder = format!("folder:{name}");
        work.run("gs-fetch", &["--platform", &folder]).ok();
    }
    let plan = work.given("gs-diff", &["--from", "garmin-com", "--to", "folder:watch,folder:stick"], &list);
    let files = work.given("gs-download", &[], &plan.ok().out).ok().out.clone();
    let sent = work.given("gs-upload", &[], &files);
    sent.ends(78).says("the disk is full");
    assert_eq!(std::fs::read_dir(work.dir().join("stick")).unwrap().count(), 3);
}
