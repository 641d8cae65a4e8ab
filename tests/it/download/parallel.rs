//! How `gs-download` ends while its threads wait: for a platform that asked to wait, or for the input.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::support::three_platforms::{self, ThreePlatforms};
use crate::support::{FILES, Work, asked, fetched, plain, shell};
use gs_sim::{Effect, Fault};

/// Where COROS tells the address of a file.
const COROS_FILES: &str = "/activity/detail/download";
/// Much longer than a command may take, and much shorter than the wait that COROS asks for.
const LONG: Duration = Duration::from_secs(60);

/// Three listed platforms, and `gs-download` with garmin.com's activities before those of the others. COROS asks to
/// wait; garmin.com is slow, so that its files are still being downloaded then.
fn begin(stdout: Stdio) -> (ThreePlatforms, Work, Vec<String>, Child) {
    let three = three_platforms::three(6, 0);
    let work = three.work();
    work.run("gs-fetch", &[]).ok();
    three.sim.clear_log();
    let busy = Effect::Status { status: 429, retry_after: Some("250".into()), body: None, content_type: None };
    three.sim.fault(Fault::new(busy).path(COROS_FILES));
    three.sim.fault(Fault::new(Effect::Latency { ms: 800 }).host("connectapi.garmin.com").path(FILES));
    let list = |platform: &str| work.run("gs-list", &["--missing", "--platform", platform]).ok().out.clone();
    let input = three_platforms::NAMES.map(list).concat();
    let path = work.dir().join("input");
    std::fs::write(&path, &input).unwrap();
    let mut command = work.command("gs-download", &[]);
    command.stdin(File::open(path).unwrap()).stdout(stdout).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let end = Instant::now() + LONG;
    while asked(&three.sim, COROS_FILES).is_empty() {
        assert!(Instant::now() < end, "COROS is not asked for a file");
        std::thread::sleep(Duration::from_millis(5));
    }
    (three, work, input.lines().map(id).collect(), child)
}

/// The id in a record.
fn id(line: &str) -> String {
    let record: serde_json::Value = serde_json::from_str(line).unwrap();
    record["id"].as_str().unwrap().to_owned()
}

/// The exit status and stderr of a command that ends although it could wait longer.
#[track_caller]
fn ended(mut child: Child) -> (ExitStatus, String) {
    let end = Instant::now() + LONG;
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if Instant::now() < end => std::thread::sleep(Duration::from_millis(10)),
            None => {
                child.kill().unwrap();
                panic!("the command waits longer");
            }
        }
    };
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    (status, err)
}

#[test]
fn a_closed_pipe_does_not_wait_for_a_platform_that_asks_to_wait() {
    let (three, work, ids, mut child) = begin(Stdio::piped());
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    output.read_line(&mut first).unwrap();
    assert_eq!(id(&first), ids[0]);
    drop(output);
    let (status, err) = ended(child);
    assert_eq!((status.code(), err.as_str()), (Some(0), ""));
    let requested = asked(&three.sim, FILES).len();
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM files"), requested as i64, "a requested file is archived");
    assert_eq!(asked(&three.sim, COROS_FILES).len(), 1);
}

#[test]
fn an_output_that_cannot_be_written_does_not_wait_for_a_platform_that_asks_to_wait() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let (_three, _work, _ids, child) = begin(full.into());
    let (status, err) = ended(child);
    assert_eq!(status.code(), Some(78), "{err}");
    assert!(err.contains("standard output") && !err.contains("stopped"), "{err}");
}

#[test]
fn ctrl_c_ends_the_downloads_of_all_platforms_and_passes_on_what_is_done() {
    let (_three, work, ids, mut child) = begin(Stdio::piped());
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    output.read_line(&mut first).unwrap();
    shell(&format!("kill -INT {}", child.id()));
    let (status, err) = ended(child);
    assert_eq!(status.code(), Some(130), "{err}");
    let passed: Vec<String> = std::iter::once(first).chain(output.lines().map(Result::unwrap)).collect();
    let passed: Vec<String> = passed.iter().map(|line| id(line)).collect();
    assert!(passed.len() < 6 && ids.starts_with(&passed), "{passed:?} of {ids:?}");
    assert_eq!(work.sql::<i64>("SELECT exit FROM commands WHERE command = 'gs-download'"), 130);
}

#[test]
fn ctrl_c_ends_a_download_that_waits_for_its_input() {
    let (_sim, work) = fetched(plain(1));
    let mut command = work.command("gs-download", &[]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    input.write_all(work.run("gs-list", &[]).ok().out.as_bytes()).unwrap();
    output.read_line(&mut String::new()).unwrap();
    shell(&format!("kill -INT {}", child.id()));
    let (status, err) = ended(child);
    assert_eq!(status.code(), Some(130), "{err}");
    drop(input);
}
