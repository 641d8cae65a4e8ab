//! `scripts/sync` killed at every step, then run again: the same result, no duplicates, no losses.

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::Work;
use crate::support::paths::SYNC;
use crate::support::three_platforms::{ThreePlatforms, scenario};
use crate::support::world::{SERVICES, World, run};
use gs_sim::{Effect, Fault, Sim};

/// An upper limit for the steps of a run.
const MAX_STEPS: u32 = 400;

/// Where a run is killed.
#[derive(Debug, Clone, Copy)]
enum At {
    /// When the service receives this request, before it takes effect.
    Request(u32),
    /// When this request has taken effect, before the response.
    Answer(u32),
    /// When the journals have this many entries.
    Row(u32),
}

fn small() -> ThreePlatforms {
    scenario(4, 3, |scenario| scenario.latency_ms = 3)
}

fn settings(sim: &Sim) -> Work {
    let mut work = Work::with(sim);
    work.put_commands_in_path().set("GS_UPLOAD_WAIT", "5s");
    work.set("SYNC_PLATFORM", "GARMINCN,GARMINCOM,COROS").set("DELETE_DUPLICATE", "1");
    work.set_all_passwords();
    work
}

/// Starts a sync in a process group of its own.
fn start(work: &Work) -> Child {
    let mut command = work.command(SYNC, &[]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    command.spawn().unwrap()
}

/// Kills a sync with all its child processes, and waits until the lock is free.
fn kill(work: &Work, mut child: Child) {
    let group = format!("-{}", child.id());
    assert!(Command::new("kill").args(["-9", "--", &group]).status().unwrap().success());
    child.wait().unwrap();
    let waited = Command::new("flock").args(["-w", "20"]).arg(work.data("locks/sync")).arg("true").status();
    assert!(waited.unwrap().success(), "a child process still holds the lock");
}

/// Runs a sync and kills it at this place; `false` if the sync ended before.
fn killed(work: &Work, sim: &Sim, at: At) -> bool {
    let held = Duration::from_secs(20).as_millis() as u64;
    match at {
        At::Request(after) => sim.fault(Fault::new(Effect::Stall { ms: held }).after(after).count(1)),
        At::Answer(after) => sim.fault(Fault::new(Effect::Held { ms: held }).after(after).count(1)),
        At::Row(_) => {}
    }
    let mut child = start(work);
    loop {
        let is_reached = match at {
            At::Row(rows) => rows_in_journals(work) >= rows,
            _ => sim.log().iter().any(|request| request.note.contains("fault: ")),
        };
        if is_reached {
            kill(work, child);
            sim.clear_faults();
            return true;
        }
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The number of entries in the journals: intents, tickets, outcomes.
fn rows_in_journals(work: &Work) -> u32 {
    let Ok(connection) = rusqlite::Connection::open_with_flags(
        work.data("catalogue.sqlite"),
        rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY,
    ) else {
        return 0;
    };
    let sql = "SELECT (SELECT count(*) + count(status_ref) + count(outcome) + count(confirmed_at) FROM uploads)
        + (SELECT count(*) + count(outcome) FROM deletions)";
    connection.query_row(sql, [], |row| row.get(0)).unwrap_or(0)
}

/// Kills at one step after the other until a run has no such step, in parallel threads.
fn at_every_step(step: fn(u32) -> At, every: u32, recovers_after: fn(At) -> bool) {
    const THREADS: u32 = 3;
    let steps: u32 = std::thread::scope(|scope| {
        let run = |first: u32| {
            move || {
                let mut done = 0;
                for number in (first * every..MAX_STEPS).step_by((THREADS * every) as usize) {
                    if !recovers_after(step(number)) {
                        break;
                    }
                    done += 1;
                }
                done
            }
        };
        let threads: Vec<_> = (0..THREADS).map(|first| scope.spawn(run(first))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert!(steps > 10, "only {steps} steps");
}

/// Kills a run of three services at this place, runs it again, and checks the services. `false` if a run has no such
/// step.
fn three_recover_after(at: At) -> bool {
    let three = small();
    let groups = three.groups();
    let work = settings(&three.sim);
    if !killed(&work, &three.sim, at) {
        return false;
    }
    let said = work.run(SYNC, &[]);
    assert_eq!(said.code, 0, "{at:?}\n{said}");
    three.expect_equal(&groups);
    assert_eq!(open(&work), 0, "{at:?}");
    true
}

/// The uploads and deletions whose result is not known.
fn open(work: &Work) -> i64 {
    work.sql(
        "SELECT (SELECT count(*) FROM uploads WHERE outcome IS NULL) + (SELECT count(*) FROM deletions WHERE outcome IS NULL)",
    )
}

/// The same with four services, an activity on each, and an outbox that another program empties after the kill.
fn four_and_an_outbox_recover_after(at: At) -> bool {
    let world = World::changed(|scenario| scenario.latency_ms = 3);
    let names = [&SERVICES[..], &["intervals"]].concat();
    for (day, name) in (0..).zip(&names) {
        world.put(name, &run(day));
    }
    let out = world.work.dir().join("out");
    std::fs::create_dir(&out).unwrap();
    let mut work = settings(&world.sim);
    work.set("INTERVALS_API_KEY", &world.sim.with(|state| state.intervals_key()));
    work.set("SYNC_PLATFORM", &format!("{},intervals,outbox:{}", SERVICES.join(","), out.display()));
    if !killed(&work, &world.sim, at) {
        return false;
    }
    let mut delivered = Vec::new();
    let mut empty = || {
        for entry in std::fs::read_dir(&out).unwrap().map(Result::unwrap) {
            if !entry.file_name().to_string_lossy().starts_with('.') {
                delivered.push(gs_sim::sha256(&std::fs::read(entry.path()).unwrap()));
                std::fs::remove_file(entry.path()).unwrap();
            }
        }
    };
    empty();
    let said = work.run(SYNC, &[]);
    assert_eq!(said.code, 0, "{at:?}\n{said}");
    empty();
    for name in &names {
        assert_eq!(world.ids(name).len(), names.len(), "{at:?}: {name}");
    }
    assert_eq!(delivered.len(), names.len(), "{at:?}");
    assert_eq!(delivered.iter().collect::<BTreeSet<_>>().len(), names.len(), "{at:?}");
    assert_eq!(open(&work), 0, "{at:?}");
    true
}

#[test]
fn a_sync_killed_before_a_request_takes_effect_recovers() {
    // The place before the next request is the place after this one, which the next test covers.
    at_every_step(At::Request, 2, three_recover_after);
}

#[test]
fn a_sync_killed_between_a_request_and_its_response_recovers() {
    at_every_step(At::Answer, 2, three_recover_after);
}

#[test]
fn a_sync_killed_at_any_journal_row_recovers() {
    at_every_step(|number| At::Row(number + 1), 1, three_recover_after);
}

#[test]
fn four_services_and_an_outbox_recover_from_a_kill_after_any_request() {
    at_every_step(At::Answer, 3, four_and_an_outbox_recover_after);
}

#[test]
fn four_services_and_an_outbox_recover_from_a_kill_at_any_journal_row() {
    at_every_step(|number| At::Row(number + 1), 2, four_and_an_outbox_recover_after);
}
