//! What the filters cost, counted without a clock: system calls, and instructions for each record.

use std::fs;
use std::process::Command;

use crate::support::{Work, large_catalogue};

const PLATFORMS: &str = "GARMINCOM,GARMINCN,COROS";

/// A history on three platforms, and its records as `gs-list` prints them.
fn history(groups: i64) -> (Work, Vec<String>) {
    let mut work = Work::alone();
    work.set_all_passwords().set("SYNC_PLATFORM", PLATFORMS);
    large_catalogue::make(&work.data("catalogue.sqlite"), groups, 3, jiff::Timestamp::now());
    let list = work.run("gs-list", &[]);
    let records = list.ok().out.lines().map(|line| format!("{line}\n")).collect();
    (work, records)
}

/// Runs a command under `tool`, which is another program with its flags, and returns what the tool and the command wrote
/// to stderr. The records are its input.
fn under(tool: &[&str], work: &Work, command: &str, records: &[String]) -> String {
    let plain = work.command(command, &[]);
    let input = work.dir().join("input");
    fs::write(&input, records.concat()).unwrap();
    let mut outer = Command::new(tool[0]);
    outer.args(&tool[1..]).arg(plain.get_program()).current_dir(work.dir()).env_clear();
    outer.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output =
        outer.stdin(fs::File::open(input).unwrap()).output().unwrap_or_else(|_| panic!("{} is needed", tool[0]));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(!output.stdout.is_empty(), "{command} printed nothing");
    said
}

/// How often a command calls fsync and the like, and how often it takes or releases a lock.
fn syncs_and_locks(work: &Work, command: &str, records: &[String]) -> (usize, usize) {
    let trace = work.dir().join("trace");
    let path = trace.to_str().unwrap();
    let tool = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,fcntl,flock", "-o", path];
    under(&tool, work, command, records);
    let calls = fs::read_to_string(trace).unwrap();
    let locks = calls.lines().filter(|call| call.contains("SETLK") || call.contains("flock(")).count();
    (calls.lines().filter(|call| call.contains("sync(")).count(), locks)
}

#[test]
fn syncs_and_locks_of_the_filters_do_not_grow_with_their_records() {
    let (work, records) = history(500);
    assert!(records.len() > 1000, "{}", records.len());
    // Some runs also shorten the log of the runs.
    for command in ["gs-dedupe", "gs-diff"] {
        let (few, many) = (&records[..10], &records[..1000]);
        let (few, many) = (syncs_and_locks(&work, command, few), syncs_and_locks(&work, command, many));
        assert!(few.1 > 0, "{command}: no lock was counted");
        assert!(many.0 <= few.0 + 5, "{command}: {} syncs with 10 records, {} with 1000", few.0, many.0);
        assert!(many.1 <= few.1 + 50, "{command}: {} locks with 10 records, {} with 1000", few.1, many.1);
    }
}

/// The instructions of a debug build, counted by callgrind: about 300,000 for each record in November 2026. A comparison
/// of each activity with each other one would be far above the limit.
#[test]
fn the_instructions_of_gs_dedupe_for_each_record_are_limited() {
    let (work, records) = history(900);
    let records = &records[..2000];
    let tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"];
    let said = under(&tool, &work, "gs-dedupe", records);
    let count =
        said.lines().find_map(|line| line.split_once("Collected : ")).and_then(|(_, count)| count.trim().parse().ok());
    let count: usize = count.unwrap_or_else(|| panic!("callgrind counted nothing: {said}"));
    let each = count / records.len();
    assert!(each < 600_000, "{each} instructions for each record");
}
