//! What a machine may refuse besides room: threads and locks. Neither is a bug of ours, and neither is said to be one.
//!
//! `strace` stands in for such a machine.

use crate::support::paths::commands;
use crate::support::{Said, Work, plain, three_platforms};

/// Runs a command for which each of these system calls fails.
fn without(work: &Work, refused: &str, name: &str, args: &[&str], input: &str) -> Said {
    let program = work.command(name, args).get_program().to_str().unwrap().to_owned();
    let mut all = vec!["-f", "-qq", "-o", "/dev/null", "-e", refused, program.as_str()];
    all.extend(args);
    work.given("/usr/bin/strace", &all, input)
}

const NO_THREADS: &str = "inject=clone,clone3:error=EAGAIN";

#[test]
fn where_there_can_be_no_more_threads_one_thing_is_done_after_the_other() {
    let three = three_platforms::three(6, 0);
    let mut work = Work::with(&three.sim);
    work.set("GARMIN_EMAIL", "runner@example.com").set("GARMIN_PASSWORD", "correct horse");
    work.set("GARMIN_EMAIL_CN", "runner@example.cn").set("GARMIN_PASSWORD_CN", "correct horse");
    work.set("COROS_EMAIL", "runner@example.org").set("COROS_PASSWORD", "correct horse");
    work.set("SYNC_PLATFORM", "GARMINCOM,GARMINCN,COROS");
    let said = without(&work, NO_THREADS, "gs-fetch", &[], "");
    let platforms = said
        .ok()
        .records()
        .iter()
        .map(|record| record["platform"].to_string())
        .collect::<std::collections::BTreeSet<_>>();
    assert_eq!(platforms.len(), 3, "{said}");
    // With progress, which reads ahead.
    for when in ["always", "never"] {
        let list = work.run("gs-list", &["--missing"]).ok().out.clone();
        without(&work, NO_THREADS, "gs-download", &["--progress", when], &list).ok();
    }
    assert!(work.run("gs-list", &["--missing"]).ok().out.is_empty());
}

#[test]
fn a_name_is_looked_up_all_the_same() {
    let mut work = Work::logged_in(&plain(1));
    work.set("GS_LOOPBACK", "").set("GS_TIMEOUT", "2s").set("HTTPS_PROXY", "http://proxy.invalid:1");
    let said = without(&work, NO_THREADS, "gs-fetch", &[], "");
    assert!(said.code == 75 && !said.err.contains("bug") && said.err.contains("lookup"), "{said}");
}

#[test]
fn a_file_system_without_locks_is_told_as_such() {
    let sim = plain(2);
    let mut work = Work::logged_in(&sim);
    work.set("GS_LOCK_TIMEOUT", "200ms");
    work.run("gs-fetch", &[]).ok();
    let list = work.run("gs-list", &["--missing"]).ok().out.clone();
    for error in ["ENOLCK", "ENOSYS"] {
        let said = without(&work, &format!("inject=flock:error={error}"), "gs-download", &[], &list);
        said.ends(78).says("file locks do not work on this file system").says("set DATA_DIR to a local disk");
        assert!(!said.err.contains("bug"), "{said}");
        sim.with(|state| state.expire_access_tokens("garmin.com"));
        without(&work, &format!("inject=flock:error={error}"), "gs-fetch", &[], "").ends(78).says("locks do not work");
    }
    // SQLite's are of another kind.
    let said = without(&work, "inject=fcntl:error=ENOLCK", "gs-list", &[], "");
    said.ends(78).says("catalogue.sqlite: file locks do not work on this file system");
    // Somebody who holds one is somebody else.
    let holder = rusqlite::Connection::open(work.data("catalogue.sqlite")).unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    work.run("gs-fetch", &[]).ends(75).says("locked by another program");
    drop(holder);
}

#[test]
fn a_script_tells_a_lock_that_is_held_from_one_that_there_cannot_be() {
    let mut work = Work::alone();
    let bin = commands().display().to_string();
    work.set("PATH", &format!("{bin}:/usr/bin:/bin"))
        .set("GS_SCHEDULE_COMMAND", "download")
        .set("GS_SCHEDULE_JITTER", "0");
    std::fs::create_dir_all(work.data("locks")).unwrap();
    let sync = format!("{}/scripts/sync", env!("CARGO_MANIFEST_DIR"));
    let daemon = format!("{bin}/garminsync");
    for (program, args) in [(&sync, &[][..]), (&daemon, &["daemon", "--run"])] {
        let mut all = vec!["-f", "-qq", "-o", "/dev/null", "-e", "inject=flock:error=ENOLCK", program.as_str()];
        all.extend(args);
        work.given("/usr/bin/strace", &all, "").ends(78).says("cannot be locked; set DATA_DIR to a local disk");
        let holder = std::fs::File::create(work.data("locks/sync")).unwrap();
        holder.lock().unwrap();
        work.run(program, args).ends(75);
    }
}
