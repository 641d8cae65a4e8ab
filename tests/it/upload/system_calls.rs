//! Threads and file locks of `gs-upload`, counted by `strace`: threads do not grow with the number of uploads, and each
//! upload takes few locks.

use crate::support::upload::{CN, COM, DAY, START, world};

/// The threads that an upload of this many files starts, and the file locks that it takes.
fn threads_and_locks(count: i64) -> [usize; 2] {
    let starts: Vec<i64> = (0..count).map(|day| START - day * DAY).collect();
    let world = world(&starts, |_| {});
    let plan = world.plan_of(COM, CN, &starts);
    let trace = world.work.dir().join("trace");
    let program = world.work.command("gs-upload", &[]).get_program().to_str().unwrap().to_owned();
    let args = ["-f", "-qq", "-o", trace.to_str().unwrap(), "-e", "trace=clone,clone3,fcntl", &program];
    let said = world.work.given("/usr/bin/strace", &args, &plan);
    said.ok();
    // The simulator makes some activities whose file and list differ, which are not uploaded.
    assert!(world.sent(CN) * 10 >= starts.len() * 8, "{said}");
    let trace = std::fs::read_to_string(trace).unwrap();
    // A call that another thread interrupts is shown twice.
    let calls = |name: &str| trace.lines().filter(|line| line.contains(name) && !line.contains("resumed")).count();
    [calls("clone"), calls("fcntl(")]
}

#[test]
fn fifty_uploads_start_no_more_threads_than_ten_and_take_few_locks_each() {
    let [few, many] = [10, 50].map(threads_and_locks);
    assert!(many[0] == few[0] && many[0] <= 3, "threads: {few:?}, {many:?}");
    let of_each = (many[1] - few[1]) / 40;
    assert!(of_each <= 40, "{of_each} locks for each upload: {few:?}, {many:?}");
}
