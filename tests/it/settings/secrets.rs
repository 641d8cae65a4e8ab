//! Secrets in a file, in a pipe, or in the output of a command. Every wait has a limit, and an unavailable secret is a
//! configuration error and not a login failure.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::{LOGIN, Work, asked, plain, requests};

/// A named pipe without a writer.
fn pipe(work: &Work) -> PathBuf {
    let path = work.dir().join("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

#[test]
fn the_first_signal_ends_a_command_that_waits_for_a_secret() {
    let sim = plain(1);
    for signal in ["TERM", "INT"] {
        let mut work = Work::with(&sim);
        let pipe = pipe(&work).display().to_string();
        for (name, value) in [("GARMIN_PASSWORD_FILE", pipe.as_str()), ("GARMIN_PASSWORD_COMMAND", "sleep 600")] {
            work.set("GARMIN_EMAIL", "runner@example.com").set("GARMIN_PASSWORD_FILE", "").set(name, value);
            let child = work.spawn("gs-fetch", &[], "");
            // The secret is the only thing that the command waits for.
            std::thread::sleep(Duration::from_millis(1500));
            let began = Instant::now();
            let pid = child.id().to_string();
            assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(130), "{name}: {}", String::from_utf8_lossy(&output.stderr));
            assert!(began.elapsed() < Duration::from_secs(20), "{name}: {:?}", began.elapsed());
        }
    }
    assert_eq!(requests(&sim), [""; 0]);
}

#[test]
fn an_unavailable_secret_is_a_configuration_error_without_a_login() {
    let sim = plain(1);
    let mut work = Work::with(&sim);
    let pipe = pipe(&work).display().to_string();
    work.set("GARMIN_EMAIL", "runner@example.com").set("GS_COMMAND_TIMEOUT", "300ms");
    for (name, value, why) in [
        ("GARMIN_PASSWORD_COMMAND", "exit 3", "GARMIN_PASSWORD_COMMAND failed (exit status: 3)"),
        ("GARMIN_PASSWORD_COMMAND", "sleep 600", "GARMIN_PASSWORD_COMMAND took longer than 300ms (GS_COMMAND_TIMEOUT)"),
        ("GARMIN_PASSWORD_COMMAND", "yes", "GARMIN_PASSWORD_COMMAND printed more than"),
        ("GARMIN_PASSWORD_FILE", "/nowhere", "GARMIN_PASSWORD_FILE: /nowhere: "),
        ("GARMIN_PASSWORD_FILE", "/dev/zero", "GARMIN_PASSWORD_FILE: /dev/zero: has more than"),
        ("GARMIN_PASSWORD_FILE", &pipe, "within 300ms (GS_COMMAND_TIMEOUT)"),
    ] {
        work.set("GARMIN_PASSWORD_FILE", "").set("GARMIN_PASSWORD_COMMAND", "").set(name, value);
        work.run("gs-fetch", &[]).ends(78).says(why);
        let list = "{\"type\":\"activity\",\"platform\":\"garmin-com\",\"id\":\"20000000000\"}\n";
        let said = work.given("gs-download", &[], list);
        said.ends(78).says(why);
        assert!(!said.err.contains("gs-auth"), "no login helps: {said}");
    }
    assert_eq!(requests(&sim), [""; 0]);
    work.set("GARMIN_PASSWORD_FILE", "").set("GARMIN_PASSWORD", "correct horse");
    work.run("gs-fetch", &[]).ok();
    assert_eq!(asked(&sim, LOGIN).len(), 1, "no login was wasted");
}

#[test]
fn a_secret_is_read_from_a_pipe() {
    let sim = plain(1);
    let work = Work::with(&sim);
    let program = work.command("gs-fetch", &[]).get_program().to_str().unwrap().to_owned();
    let line =
        "GARMIN_EMAIL_FILE=<(echo runner@example.com) GARMIN_PASSWORD_FILE=<(sleep 0.3; echo 'correct horse') \"$0\"";
    // An assignment would not open the pipe; `env` receives its name.
    let line = line.replace("GARMIN_EMAIL_FILE=", "env GARMIN_EMAIL_FILE=");
    work.run("/bin/bash", &["-c", &line, &program]).ok();
    assert_eq!(asked(&sim, LOGIN).len(), 1);
}
