//! `gs-status`: the state as text and as JSON, and its exit codes.

use std::time::{Duration, Instant};

use crate::support::{LIST, Work, plain};
use gs_sim::{Effect, Fault};
use serde_json::Value;

fn table(work: &Work) -> String {
    let said = work.run("gs-status", &["--format", "table"]);
    said.silent().out.clone()
}

#[test]
fn an_empty_data_folder_reports_that_nothing_is_known() {
    let work = Work::alone();
    let said = work.run("gs-status", &["--format", "table"]);
    said.ends(1).silent();
    assert!(said.out.starts_with("Nothing is known yet\n") && said.out.contains("garminsync setup"), "{said}");
    work.run("garminsync", &["status", "-q"]).ends(1);
}

#[test]
fn exit_code_is_0_only_if_everything_is_ok() {
    let sim = plain(2);
    let mut work = Work::logged_in(&sim);
    work.set("GS_ARCHIVE", "all");
    work.run("gs-fetch", &[]).ok();
    work.run("gs-status", &[]).ends(1);
    assert!(table(&work).starts_with("Work is outstanding\n") && table(&work).contains("2 downloads"));
    work.archive_all();
    work.run("gs-status", &[]).ok().silent();
    let text = table(&work);
    assert!(
        text.starts_with("Everything is OK\n2 activities on 1 platform, 2 distinct, 2 of these in the archive\n"),
        "{text}"
    );
    assert!(text.contains("garmin-com") && text.contains("just now"), "{text}");
}

#[test]
fn a_required_login_exits_77_and_prints_its_command_on_its_own_line() {
    let sim = plain(2);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    work.run("gs-auth", &["logout"]).ok();
    work.run("gs-fetch", &[]).ends(77);
    let said = work.run("garminsync", &["status", "--format", "table"]);
    said.ends(77);
    assert!(said.out.starts_with("Action needed\n"), "{said}");
    assert!(said.out.lines().any(|line| line == "    gs-auth login --platform garmin-com"), "{said}");
    let chinese = work.run("garminsync", &["status", "--format", "table", "--lang", "zh"]);
    assert!(chinese.ends(77).out.starts_with("需要您处理\n"), "{chinese}");
}

#[test]
fn json_output_equals_status_json_of_the_page() {
    let sim = plain(2);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    let said = work.run("gs-status", &[]);
    let printed: Value = serde_json::from_str(&said.ends(1).out).unwrap();
    work.run("gs-report", &["--out", "page"]).ok();
    let written = std::fs::read_to_string(work.dir().join("page/status.json")).unwrap();
    let mut written: Value = serde_json::from_str(&written).unwrap();
    written["made"] = printed["made"].clone();
    assert_eq!(printed, written);
}

#[test]
fn a_command_that_a_person_runs_on_the_catalogue_is_no_sync() {
    let sim = plain(2);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    let list = work.run("gs-list", &[]).ok().out.clone();
    work.given("gs-diff", &[], &list).ok();
    let status: Value = serde_json::from_str(&work.run("gs-status", &[]).out).unwrap();
    assert_eq!(status["last_run"]["commands"][0]["command"], "gs-fetch", "{status:#}");
    assert_eq!(status["runs"][0]["commands"][0]["command"], "gs-diff", "{status:#}");
}

#[test]
fn a_running_sync_is_said_until_it_ends() {
    let sim = plain(2);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    let is_said = || table(&work).lines().nth(1).unwrap().starts_with("A sync is running; it began ");
    assert!(!is_said());
    sim.fault(Fault::new(Effect::Stall { ms: 20_000 }).path(LIST).count(1));
    let before = sim.log().len();
    let child = work.spawn("gs-fetch", &[], "");
    let end = Instant::now() + Duration::from_secs(60);
    while sim.log().len() == before {
        assert!(Instant::now() < end, "no request arrived");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(is_said());
    crate::support::shell(&format!("kill -s INT {}", child.id()));
    child.wait_with_output().unwrap();
    assert!(!is_said());
}

#[test]
fn a_configured_platform_without_a_listing_exits_1() {
    let sim = plain(2);
    let mut work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    work.archive_all();
    work.run("gs-status", &[]).ok();
    work.set("SYNC_PLATFORM", "garmin-com,coros");
    let said = work.run("gs-status", &["--format", "table"]);
    assert!(said.ends(1).out.contains("- coros: never listed\n    gs-fetch --platform coros > /dev/null\n"), "{said}");
}
