//! Machines that provide no threads or no file locks: the commands work or name the cause, and never report a bug.
//!
//! `strace` simulates such a machine.

use crate::support::paths::commands;
use crate::support::{Said, Work, plain, three_platforms};

/// Runs a command with an injection that makes system calls fail.
fn without(work: &Work, injection: &str, name: &str, args: &[&str], input: &str) -> Said {
    let program = work.command(name, args).get_program().to_str().unwrap().to_owned();
    let mut all = vec!["-f", "-qq", "-o", "/dev/null", "-e", injection, program.as_str()];
    all.extend(args);
    work.given("/usr/bin/strace", &all, input)
}

const NO_THREADS: &str = "inject=clone,clone3:error=EAGAIN";

#[test]
fn the_commands_work_sequentially_without_threads() {
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
    // Progress reads the input ahead.
    for when in ["always", "never"] {
        let list = work.run("gs-list", &["--missing"]).ok().out.clone();
        without(&work, NO_THREADS, "gs-download", &["--progress", when], &list).ok();
    }
    assert!(work.run("gs-list", &["--missing"]).ok().out.is_empty());
}

#[test]
fn a_failed_name_lookup_without_threads_is_not_reported_as_a_bug() {
    let mut work = Work::logged_in(&plain(1));
    work.set("GS_LOOPBACK", "").set("GS_TIMEOUT", "2s").set("HTTPS_PROXY", "http://proxy.invalid:1");
    let said = without(&work, NO_THREADS, "gs-fetch", &[], "");
    assert!(said.code == 75 && !said.err.contains("bug") && said.err.contains("lookup"), "{said}");
}

#[test]
fn a_file_system_without_locks_is_reported() {
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
    // SQLite uses another kind of lock.
    let said = without(&work, "inject=fcntl:error=ENOLCK", "gs-list", &[], "");
    said.ends(78).says("catalogue.sqlite: file locks do not work on this file system");
    // A lock that another program holds has another message.
    let holder = rusqlite::Connection::open(work.data("catalogue.sqlite")).unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    work.run("gs-fetch", &[]).ends(75).says("locked by another program");
    drop(holder);
}

#[test]
fn scripts_distinguish_a_held_lock_from_unsupported_locks() {
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
