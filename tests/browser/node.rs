//! Runs `tests/browser/check.mjs`, which checks pages in a real browser. `scripts/test` installs its tools in
//! `target/browser`.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

/// Allows one browser at a time, because parallel ones would distort the measurements.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn script(name: &str) -> Command {
    let mut node = Command::new("node");
    node.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser").join(name));
    node
}

fn run(mut command: Command) -> (String, Output) {
    let _alone = alone();
    let output =
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; scripts/test installs what is required"));
    (format!("{command:?}"), output)
}

/// Runs the checks on pages, with flags of `check.mjs`. A finding fails the test and is shown. Returns the
/// measurements, each with `file`, `measure` and `value`.
#[track_caller]
pub fn check<P: AsRef<Path>>(pages: &[P], flags: &[&str]) -> Vec<Value> {
    let mut command = script("check.mjs");
    command.args(flags).args(pages.iter().map(AsRef::as_ref));
    let (what, Output { status, stdout, stderr }) = run(command);
    let said = String::from_utf8_lossy(&stdout);
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (findings, measures): (Vec<Value>, Vec<Value>) = lines.into_iter().partition(|line| line["check"].is_string());
    let findings: Vec<String> = findings.iter().map(|finding| format!("{finding:#}")).collect();
    let complaint = String::from_utf8_lossy(&stderr);
    assert!(status.success() && findings.is_empty(), "{what}: {status}\n{complaint}{}", findings.join("\n"));
    measures
}

/// Runs the test of the checks.
#[track_caller]
pub fn check_the_checks() {
    goes_well(script("selftest.mjs"));
}

/// Checks that a page made with `--refresh` reloads.
#[track_caller]
pub fn check_refresh(page: &Path) {
    let mut command = script("refresh.mjs");
    command.arg(page);
    goes_well(command);
}

#[track_caller]
fn goes_well(command: Command) {
    let (what, Output { status, stdout, stderr }) = run(command);
    let said = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(status.success(), "{what}: {status}\n{said}");
}
