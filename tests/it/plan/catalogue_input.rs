//! `--catalogue` of `gs-diff` and `gs-dedupe`: the catalogue as input gives what the records of `gs-fetch` give.

use crate::support::faults::status;
use crate::support::{Work, add_new, plain};
use gs_sim::{Fault, Scenario};

/// Two platforms that differ, both listed.
fn two_platforms() -> (gs_sim::Sim, Work) {
    let sim = Scenario::default_garmin(60, 5).start();
    let mut work = Work::with_passwords(&sim);
    work.set("GARMIN_EMAIL_CN", "runner@example.cn").set("GARMIN_PASSWORD_CN", "correct horse");
    work.set("SYNC_PLATFORM", "GARMINCOM,GARMINCN");
    (sim, work)
}

/// The records and messages of a command that reads the records of a `gs-fetch`, and of the one that reads the catalogue.
#[track_caller]
fn assert_same(work: &Work, command: &str, args: &[&str], fetch: &[&str], input: &[&str]) -> String {
    let listed = work.run("gs-fetch", fetch).out.clone();
    let by_records = work.given(command, args, &listed);
    let platforms = work.run("gs-fetch", &[fetch, &["--print-platforms"]].concat());
    let catalogue = format!("--catalogue={}", platforms.out.trim_end());
    let by_catalogue = work.run(command, &[args, &[catalogue.as_str()], input].concat());
    assert_eq!(by_records.code, by_catalogue.code);
    assert_eq!(by_records.err, by_catalogue.err);
    assert_eq!(by_records.out, by_catalogue.out, "{command} {args:?} {input:?}");
    by_catalogue.out.clone()
}

#[test]
fn the_catalogue_gives_the_same_plan_and_duplicates_as_the_records() {
    let (_sim, work) = two_platforms();
    let plan = assert_same(&work, "gs-diff", &["--explain"], &[], &[]);
    assert!(plan.lines().count() > 5, "{plan}");
    for args in [&[][..], &["--duplicates"], &["--duplicates", "--sport", "running"]] {
        assert_same(&work, "gs-dedupe", args, &[], &[]);
    }
    assert_same(&work, "gs-diff", &["--since", "2026-06-01", "--from", "garmin-com"], &[], &[]);
}

#[test]
fn newest_limits_the_catalogue_as_it_limits_the_records() {
    let (_sim, work) = two_platforms();
    work.run("gs-fetch", &[]).ok();
    let all = work.run("gs-diff", &["--catalogue"]).ok().records().len();
    let few = assert_same(&work, "gs-diff", &[], &["--newest", "3"], &["--newest", "3"]).lines().count();
    assert!(0 < few && few < all, "{few} {all}");
    assert_same(&work, "gs-dedupe", &[], &["--newest", "3"], &["--newest", "3"]);
    work.given("gs-diff", &["--newest", "3"], "").ends(2).says("--catalogue");
}

#[test]
fn garmin_newest_num_limits_the_catalogue_except_for_new_activities() {
    let sim = plain(20);
    let mut work = Work::logged_in(&sim);
    work.set("GARMIN_NEWEST_NUM", "5");
    work.run("gs-fetch", &[]).ok();
    let count = |work: &Work| assert_same(work, "gs-dedupe", &[], &[], &[]).lines().count();
    assert_eq!(count(&work), 5);
    add_new(&sim, 12, 86_400);
    assert_eq!(count(&work), 12, "those that are new since the first list");
}

#[test]
fn a_platform_that_could_not_be_listed_is_no_source() {
    let (sim, mut work) = two_platforms();
    work.run("gs-fetch", &[]).ok();
    sim.fault(Fault::new(status(404)).host("connectapi.garmin.cn"));
    work.set("GS_RUN", "r1");
    let listed = work.run("gs-fetch", &["--print-platforms"]);
    assert_eq!(listed.out, "garmin-com\n", "{}", listed.err);
    let marked = work.run("gs-dedupe", &["--catalogue=garmin-com"]).ok().records();
    assert!(!marked.is_empty() && marked.iter().all(|record| record["platform"] == "garmin-com"));
    // No platform was listed.
    assert_eq!(work.run("gs-dedupe", &["--catalogue=none"]).ok().out, "");
    assert_eq!(work.run("gs-diff", &["--catalogue=none"]).out, "");
    work.run("gs-diff", &["--catalogue=garmin-org"]).ends(2).says("--catalogue").says("garmin-org");
}

#[test]
fn a_command_typed_alone_on_a_terminal_reads_the_catalogue() {
    let (_sim, work) = two_platforms();
    work.run("gs-fetch", &[]).ok();
    let (code, text) = work.typed_into("gs-diff", "", &[]);
    assert!(code == 0 && text.contains("uploads planned"), "{code} {text}");
}

#[test]
fn a_catalogue_input_that_names_nothing_is_a_mistake() {
    let (_sim, work) = two_platforms();
    work.run("gs-fetch", &["--platform", "garmin-com"]).ok();
    for command in ["gs-diff", "gs-dedupe"] {
        // An unset variable of a script.
        work.run(command, &["--catalogue="]).ends(2).says("names no platform");
        work.run(command, &["--catalogue=garmin-cn", "--platform", "garmin-com"])
            .ends(2)
            .says("--platform excludes it");
    }
    assert_eq!(work.run("gs-dedupe", &["--catalogue=none"]).ok().out, "");
    work.run("gs-dedupe", &["--catalogue=garmin-cn"]).ok().says("garmin-cn: not listed yet").says("gs-fetch");
}
