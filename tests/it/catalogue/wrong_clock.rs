//! The clock was ahead once, as on small machines that boot without a network: times recorded then must not disable a
//! safeguard for years.

use std::process::Command;

use crate::support::upload::{COM, COROS, START, coros_run_at, kinds, world};
use crate::support::{self, Said, Work, asked, plain};
use serde_json::Value;

const YEARS: i64 = 5 * 365 * 86_400;

/// Runs a command as if it were five years later.
fn five_years_later(work: &Work, name: &str, args: &[&str]) -> Said {
    let output = Command::new("faketime").arg("true").output();
    assert!(output.is_ok(), "faketime is needed; install it: apt-get install faketime");
    let real = work.command(name, args);
    let line = std::iter::once(real.get_program()).chain(real.get_args());
    let line: Vec<String> = line.map(|part| format!("'{}'", part.to_str().unwrap())).collect();
    let path = work.dir().join("later");
    std::fs::write(&path, format!("#!/bin/sh\nexec faketime -f '+5y' {} < /dev/null\n", line.join(" "))).unwrap();
    let mut command = Command::new("sh");
    command.arg(&path).current_dir(work.dir()).env_clear();
    command.envs(real.get_envs().filter_map(|(n, v)| Some((n, v?))));
    // faketime names a semaphore by its process id, and a killed process with the same id may have left its semaphore.
    let mut outputs = std::iter::repeat_with(|| command.output().unwrap()).take(5);
    let collided =
        |output: &std::process::Output| String::from_utf8_lossy(&output.stderr).contains("sem_open: File exists");
    let output = outputs.find(|output| !collided(output)).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    work.run("gs-list", &[])
}

fn state(work: &Work) -> Value {
    work.run("gs-report", &[]).ok();
    work.status_json()
}

#[test]
fn an_upload_has_a_precheck_even_after_a_listing_from_the_future() {
    let world = world(&[START], |_| {});
    five_years_later(&world.work, "gs-fetch", &[]);
    world.work.run("gs-fetch", &["--full"]).ok();
    let plan = world.plan_of(COM, COROS, &[START]);
    // A watch uploads the activity meanwhile.
    world.sim.with(|state| state.add_coros_activity(2, &coros_run_at(START)));
    assert_eq!(kinds(world.upload(&plan).ok()), ["exists"]);
    assert_eq!((world.times(COROS, START), world.sent(COROS)), (1, 0));
}

#[test]
fn times_in_the_future_are_reported_once() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    five_years_later(&work, "gs-fetch", &[]);
    let said = work.run("gs-fetch", &[]);
    said.ok().says("the catalogue has times in the future").says("the clock was ahead");
    work.run("gs-fetch", &[]).ok().silent();
    work.given("gs-download", &[], "").ok().silent();
}

#[test]
fn a_missed_scheduled_run_is_reported_despite_a_run_in_the_future() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    work.run("gs-schedule", &["0 * * * *", "--zone", "UTC"]).ok();
    work.change(&format!(
        "UPDATE schedule SET changed_at = changed_at - 864000; UPDATE commands SET started_at = started_at + {YEARS}, finished_at = finished_at + {YEARS}"
    ));
    let status = state(&work);
    let is_overdue = |one: &Value| one["kind"] == "overdue";
    assert!(status["actions"].as_array().unwrap().iter().any(is_overdue), "{}", status["actions"]);
    // A command that was killed under the wrong clock does not count as running for years.
    work.change("UPDATE commands SET exit = NULL, finished_at = NULL");
    let status = state(&work);
    assert!(status["actions"].as_array().unwrap().iter().any(is_overdue), "{}", status["actions"]);
}

#[test]
fn a_schedule_saved_in_the_future_is_in_force() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    work.run("gs-schedule", &["0 * * * *", "--zone", "UTC"]).ok();
    work.change(&format!(
        "UPDATE schedule SET changed_at = changed_at + {YEARS}; UPDATE commands SET started_at = started_at - 864000"
    ));
    let status = state(&work);
    assert!(status["actions"].as_array().unwrap().iter().any(|one| one["kind"] == "overdue"), "{}", status["actions"]);
}

#[test]
fn an_original_is_requested_even_if_its_retry_time_is_years_ahead() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    work.archive_all();
    work.change(&format!("UPDATE files SET origin = 'converted', retry_original_at = unixepoch() + {YEARS}"));
    sim.clear_log();
    work.download(&["--missing"]).ok();
    assert_eq!(asked(&sim, support::FILES).len(), 3);
}

#[test]
fn a_lost_upload_is_detected_even_if_it_started_in_the_future() {
    let mut world = world(&[START], |scenario| {
        scenario.coros[0].import = gs_sim::ImportSpec { vanishes: true, ..gs_sim::ImportSpec::default() };
    });
    let plan = world.plan_of(COM, COROS, &[START]);
    assert_eq!(kinds(world.work.given("gs-upload", &["--upload-wait", "2s"], &plan).ok()), ["pending"]);
    world.work.change(&format!("UPDATE uploads SET started_at = started_at + {YEARS}"));
    world.work.set("GS_LOST_AFTER", "1s");
    std::thread::sleep(std::time::Duration::from_secs(2));
    world.settle();
    assert_eq!(world.outcomes(), ["lost"]);
}
