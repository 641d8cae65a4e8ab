//! The container, as far as it can be tested without a container runtime: the paths in the Dockerfile, and its two
//! scripts. `scripts/container test` tests the image.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::support::paths::{commands, repository_file};
use crate::support::{Said, Work};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A user in the container: the commands are in PATH.
fn user() -> Work {
    let mut work = Work::alone();
    work.set("PATH", &format!("{}:/usr/bin:/bin", commands().display()));
    work.set("GS_FOREGROUND", "1");
    work
}

fn script(work: &Work, name: &str, args: &[&str]) -> Said {
    work.run(&format!("{ROOT}/scripts/daemon/{name}"), args)
}

#[test]
fn every_path_in_the_dockerfile_exists_and_is_in_the_build_context() {
    let (file, let_in) = (repository_file("Dockerfile"), repository_file(".dockerignore"));
    let let_in: Vec<&str> = let_in.lines().filter_map(|line| line.strip_prefix('!')).collect();
    for path in &let_in {
        assert!(Path::new(ROOT).join(path).exists(), ".dockerignore lets in {path}");
    }
    let copied = file.lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.starts_with("--from"));
    let copied: Vec<&str> =
        copied.flat_map(|line| line.split(' ')).filter(|path| ![".", "./"].contains(path)).collect();
    assert!(copied.contains(&"src") && copied.contains(&"Cargo.lock"), "{copied:?}");
    // The files that scripts/install copies from this folder, too.
    let install = repository_file("scripts/install");
    let installed = install.split("\"$root\"/").skip(1).map(|rest| rest.split(['/', ';', '*']).next().unwrap());
    let installed: Vec<&str> = installed.collect();
    assert!(installed.contains(&"man") && installed.contains(&"docs"), "{installed:?}");
    for path in copied.into_iter().chain(installed).chain([
        "README.md",
        "README.zh.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "LICENSE",
    ]) {
        assert!(let_in.contains(&path), ".dockerignore does not let in {path}");
    }
    let called = file.split("/usr/local/libexec/garminsync/").skip(1).map(|rest| rest.split('"').next().unwrap());
    let called: Vec<&str> = called.collect();
    assert_eq!(called, ["garminsync-health", "garminsync-container"]);
    for name in called {
        assert!(Path::new(ROOT).join("scripts/daemon").join(name).is_file(), "{name}");
    }
    assert!(
        file.contains("/usr/local/share/doc/garminsync/docs/container.md")
            && !repository_file("docs/container.md").is_empty()
    );
}

#[test]
fn the_container_runs_garminsync_subcommands_and_any_other_command() {
    let work = user();
    let run = |args: &[&str]| script(&work, "garminsync-container", args);
    assert!(run(&[]).ok().out.contains("garminsync download --missing"));
    assert!(run(&["--help"]).ok().silent().out.contains("garminsync list"));
    // A subcommand of garminsync precedes a system command with the same name.
    assert!(run(&["sync", "--help"]).ok().silent().out.contains("Usage: garminsync sync"));
    assert_eq!(run(&["sh", "-c", "echo me"]).ok().silent().out, "me\n");
    run(&["nonsense"]).ends(2).says("nonsense");
    run(&["list"]).ends(77).says("garminsync setup");
    run(&["gs-list", "--help"]).ok().silent();
    let said = run(&["list", "--all", "--offline"]);
    said.ok().says("last listed: never");
    // This data folder is not on a volume of its own.
    said.says("the data will be lost").says("\"$(pwd)/data:/app/data\"");
}

#[test]
fn quotes_that_docker_keeps_around_a_value_are_removed() {
    let mut work = user();
    work.set("GARMIN_EMAIL", "'runner@example.com'")
        .set("SYNC_PLATFORM", "\"GARMINCOM\"")
        .set("GS_ENV_STRIP_QUOTES", "1");
    assert_eq!(work.run("gs-settings", &["GARMIN_EMAIL"]).ok().out, "runner@example.com\n");
    work.run("gs-settings", &["--check"]).ok().silent();
    // Outside Docker the shell has removed its own quotes, and the others belong to the value.
    work.set("GS_ENV_STRIP_QUOTES", "");
    assert_eq!(work.run("gs-settings", &["GARMIN_EMAIL"]).ok().out, "'runner@example.com'\n");
}

/// Holds the lock of a daemon until it is dropped.
struct Daemon(Child);

impl Daemon {
    fn of(work: &Work) -> Daemon {
        let lock = work.data("daemon/loop");
        fs::create_dir_all(lock.parent().unwrap()).unwrap();
        let daemon = Daemon(Command::new("flock").arg("--no-fork").arg(&lock).args(["sleep", "100"]).spawn().unwrap());
        let is_free = || Command::new("flock").arg("-n").arg(&lock).arg("true").status().unwrap().success();
        let began = Instant::now();
        while is_free() {
            assert!(began.elapsed() < Duration::from_secs(20), "the lock is not held");
            std::thread::sleep(Duration::from_millis(20));
        }
        daemon
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn the_health_check_fails_for_a_broken_state_and_not_for_warnings() {
    let work = user();
    let health = || script(&work, "garminsync-health", &[]);
    assert!(health().ok().silent().out.contains("no daemon is running in"));
    let _daemon = Daemon::of(&work);
    assert_eq!(health().ok().out, "empty\n");
    let status = work.data("report/status.json");
    let write = |state: &str| fs::write(&status, format!("{{\n\"state\": \"{state}\",\n\"needs\": []\n}}\n")).unwrap();
    for state in ["ok", "outstanding", "behind", "warning"] {
        write(state);
        assert_eq!(health().ok().out, format!("{state}\n"));
    }
    // An action may be done since, so the state is computed again.
    write("action-needed");
    assert_eq!(health().ok().out, "empty\n");
    fs::write(&status, "{").unwrap();
    assert!(health().ends(1).out.contains("cannot read the state in "));
    fs::write(work.data("daemon/server"), "1 2 3\n8080 0.0.0.0\n/nowhere\n").unwrap();
    assert!(health().ends(1).out.contains("the page is not served"));
}

#[test]
fn the_health_check_fails_while_a_scheduled_run_is_overdue() {
    let work = user();
    let _daemon = Daemon::of(&work);
    work.run("gs-schedule", &["0 * * * *"]).ok();
    work.run("gs-report", &[]).ok();
    let script = format!("{ROOT}/scripts/daemon/garminsync-health");
    let after = |hours: &str| work.run("/usr/bin/faketime", &["-f", hours, &script]);
    after("+0h").ok();
    let said = after("+4h");
    assert!(said.ends(1).out.starts_with("action needed: overdue"), "{said}");
    // After a change of the schedule only the new schedule counts.
    work.run("gs-schedule", &["0 0 1 1 *"]).ok();
    after("+4h").ok();
}
