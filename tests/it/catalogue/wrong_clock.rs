//! A clock that was ahead once, as on small machines that boot without the network: what was written down then must not
//! switch off a safeguard for years.

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
    // It names a semaphore by its process, and one of that number that was killed may have left its own.
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
fn a_look_is_made_before_an_upload_although_a_listing_seems_to_be_made_later() {
    let world = world(&[START], |_| {});
    five_years_later(&world.work, "gs-fetch", &[]);
    world.work.run("gs-fetch", &["--full"]).ok();
    let plan = world.plan_of(COM, COROS, &[START]);
    // The watch uploads it itself.
    world.sim.with(|state| state.add_coros_activity(2, &coros_run_at(START)));
    assert_eq!(kinds(world.upload(&plan).ok()), ["exists"]);
    assert_eq!((world.times(COROS, START), world.sent(COROS)), (1, 0));
}

#[test]
fn times_in_the_future_are_told_once() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    five_years_later(&work, "gs-fetch", &[]);
    let said = work.run("gs-fetch", &[]);
    said.ok().says("the catalogue has times in the future").says("the clock was ahead");
    work.run("gs-fetch", &[]).ok().silent();
    work.given("gs-download", &[], "").ok().silent();
}

#[test]
fn a_scheduled_run_that_is_missed_is_told_although_a_run_seems_to_be_made_later() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    work.run("gs-schedule", &["0 * * * *", "--zone", "UTC"]).ok();
    work.change(&format!(
        "UPDATE schedule SET changed_at = changed_at - 864000; UPDATE commands SET started_at = started_at + {YEARS}, finished_at = finished_at + {YEARS}"
    ));
    let told = state(&work);
    let is_overdue = |one: &Value| one["kind"] == "overdue";
    assert!(told["actions"].as_array().unwrap().iter().any(is_overdue), "{}", told["actions"]);
    // A command that was killed under that clock does not go on for years.
    work.change("UPDATE commands SET exit = NULL, finished_at = NULL");
    let told = state(&work);
    assert!(told["actions"].as_array().unwrap().iter().any(is_overdue), "{}", told["actions"]);
}

#[test]
fn a_schedule_that_was_written_down_then_is_in_force() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    work.run("gs-schedule", &["0 * * * *", "--zone", "UTC"]).ok();
    work.change(&format!(
        "UPDATE schedule SET changed_at = changed_at + {YEARS}; UPDATE commands SET started_at = started_at - 864000"
    ));
    let told = state(&work);
    assert!(told["actions"].as_array().unwrap().iter().any(|one| one["kind"] == "overdue"), "{}", told["actions"]);
}

#[test]
fn an_export_whose_date_is_years_off_is_asked_for_its_original() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    work.archive_all();
    work.change(&format!("UPDATE files SET origin = 'converted', retry_original_at = unixepoch() + {YEARS}"));
    sim.clear_log();
    work.download(&["--missing"]).ok();
    assert_eq!(asked(&sim, support::FILES).len(), 3);
}

#[test]
fn an_upload_that_never_showed_is_told_although_it_seems_to_be_made_later() {
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
