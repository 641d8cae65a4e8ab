//! `gs-schedule`: stored schedules, rejected schedules, and messages.

use crate::support::{self, Said, Work};
use jiff::Timestamp;
use serde_json::Value;

/// A machine on UTC.
fn work() -> Work {
    let mut work = Work::alone();
    work.set("TZ", "UTC");
    work
}

fn schedule(work: &Work, args: &[&str]) -> Said {
    work.run("gs-schedule", args)
}

/// The stored schedule after running `gs-schedule` with `args`.
fn after(work: &Work, args: &[&str]) -> Value {
    let said = schedule(work, args);
    assert!(said.ok().out.is_empty(), "{said}");
    // A schedule that is on without a runner is reported.
    let is_reported = said.err.contains("no runner is known") && said.err.lines().count() == 1;
    assert_eq!(is_reported, args[0] != "off", "{said}");
    shown(work)
}

fn shown(work: &Work) -> Value {
    schedule(work, &[]).ok().silent().record()
}

/// The next whole six hours of UTC.
fn next_sixth(now: Timestamp) -> Timestamp {
    Timestamp::from_second((now.as_second() / 21_600 + 1) * 21_600).unwrap()
}

#[test]
fn a_schedule_is_stored_and_shown_with_the_next_run() {
    let work = work();
    let before = next_sixth(Timestamp::now()).to_string();
    let record = after(&work, &[" 0\t*/6 * * *"]);
    let names: Vec<&str> = record.as_object().unwrap().keys().map(String::as_str).collect();
    let all =
        ["type", "cron", "zone", "enabled", "since", "last_run", "last_command", "last_exit", "next_run", "runner"];
    assert_eq!(names.len(), all.len());
    assert!(all.iter().all(|name| names.contains(name)), "{record}");
    assert_eq!((&record["type"], &record["cron"]), (&"schedule".into(), &"0 */6 * * *".into()));
    assert_eq!((&record["zone"], &record["enabled"]), (&"UTC".into(), &true.into()));
    assert!(record["last_run"].is_null() && record["last_command"].is_null() && record["last_exit"].is_null());
    // The hour may have passed in the meantime.
    let next = record["next_run"].as_str().unwrap();
    assert!([before, next_sixth(Timestamp::now()).to_string()].iter().any(|one| one == next), "{record}");
}

#[test]
fn a_missing_schedule_is_shown_as_none() {
    let work = work();
    let record = shown(&work);
    assert!(record["cron"].is_null() && record["next_run"].is_null() && record["enabled"] == false, "{record}");
    let said = schedule(&work, &["--format", "table", "-v"]);
    said.ok().says("no schedule is set; to let cron run the sync: garminsync schedule '0 */6 * * *'");
    assert!(said.out.contains("none") && said.out.contains("off") && said.out.contains("never"), "{said}");
}

#[test]
fn off_keeps_the_schedule_and_on_restores_it() {
    let work = work();
    let set = after(&work, &["30 7,19 * * mon-fri", "--zone", "europe/berlin"]);
    assert_eq!(set["zone"], "Europe/Berlin");
    let off = after(&work, &["off"]);
    assert_eq!((&off["enabled"], &off["cron"], &off["next_run"]), (&false.into(), &set["cron"], &Value::Null));
    let on = after(&work, &["on"]);
    for name in ["enabled", "cron", "zone", "next_run"] {
        assert_eq!(on[name], set[name], "{name}");
    }
    assert_eq!(after(&work, &["on", "--zone", "UTC"])["zone"], "UTC");
    schedule(&work, &["off"]).ok();
    schedule(&work, &["off", "-v"]).ok().says("no schedule is on");
}

#[test]
fn on_without_a_schedule_sets_every_six_hours_in_local_time() {
    let mut work = Work::alone();
    work.set("TZ", ":America/New_York");
    let record = after(&work, &["on"]);
    assert_eq!((&record["cron"], &record["zone"]), (&"0 */6 * * *".into(), &"America/New_York".into()));
}

#[test]
fn an_unchanged_schedule_keeps_its_date() {
    let work = work();
    after(&work, &["@daily"]);
    work.change("UPDATE schedule SET changed_at = 1000");
    assert_eq!(after(&work, &["@daily"])["since"], "1970-01-01T00:16:40Z");
    assert_eq!(after(&work, &["on"])["since"], "1970-01-01T00:16:40Z");
    assert_ne!(after(&work, &["@weekly"])["since"], "1970-01-01T00:16:40Z");
}

#[test]
fn an_invalid_schedule_is_rejected_with_its_column_and_not_stored() {
    let work = work();
    let before_change = after(&work, &["0 5 * * *"]);
    let wrong = [
        ("61 * * * *", "gs-schedule: \"61 * * * *\": minute, column 1: 61 is not between 0 and 59; allowed: 0 to 59"),
        ("0 0 L * *", "gs-schedule: \"0 0 L * *\": day of month, column 5: \"L\" is unknown to cron"),
        ("0 0 30 feb *", "gs-schedule: \"0 0 30 feb *\": day of month, column 5: these months do not have this day"),
        ("0 0 0 * * *", "column 5: 0 is not between 1 and 31"),
        ("* * * * * *", "gs-schedule: \"* * * * * *\": column 11: unexpected field \"*\""),
        ("0 6", "gs-schedule: \"0 6\": day of month, column 4: missing"),
        ("", "gs-schedule: \"\": minute, column 1: missing"),
        ("ON", "minute, column 1: \"ON\""),
        ("@reboot", "gs-schedule: \"@reboot\": column 1: @reboot has no time"),
        ("\u{1b}[2J * * * *", "minute, column 1"),
    ];
    for (cron, expected) in wrong {
        let said = schedule(&work, &[cron]);
        said.ends(2).says(expected);
        assert!(said.out.is_empty() && !said.err.contains('\u{1b}') && said.err.lines().count() == 1, "{said}");
    }
    schedule(&work, &["0", "*/6", "*", "*", "*"])
        .ends(2)
        .says("put the schedule in quotes, as in: gs-schedule '0 */6 * * *'");
    schedule(&work, &["@daily", "--zone", "Europe/Berlni"]).ends(2).says("--zone: unknown time zone \"Europe/Berlni\"");
    for wrong in [&["--zone", "UTC"][..], &["off", "--zone", "UTC"], &["--runner", "crontab"]] {
        schedule(&work, wrong).ends(2).says("--zone and --runner need a schedule");
    }
    assert_eq!(shown(&work), before_change);
}

#[test]
fn a_dry_run_shows_the_schedule_and_stores_nothing() {
    let work = work();
    schedule(&work, &["@daily", "-n"]).ok().says("would set: @daily in UTC, next 20");
    schedule(&work, &["61 * * * *", "-n"]).ends(2).says("column 1");
    assert!(shown(&work)["cron"].is_null());
    let before_change = after(&work, &["@hourly"]);
    schedule(&work, &["off", "-n"]).ok().says("would switch the schedule off");
    schedule(&work, &["on", "-n", "--zone", "Asia/Shanghai"]).ok().says("would set: @hourly in Asia/Shanghai");
    assert_eq!(shown(&work)["enabled"], before_change["enabled"]);
    assert_eq!(shown(&work)["zone"], before_change["zone"]);
}

#[test]
fn a_schedule_without_a_runner_is_reported() {
    let work = work();
    let said = schedule(&work, &["47 */6 * * *", "-v"]);
    said.ok().says("time zone UTC, from TZ").says("47 */6 * * * in UTC, next 20");
    said.says("the schedule is stored, but no runner is known; to let cron run it: garminsync schedule '47 */6 * * *'");
    let shown = schedule(&work, &["--format", "table"]);
    shown.ok().says("no runner is known");
    assert!(shown.out.contains("on, no runner known"), "{shown}");
    schedule(&work, &["47 */6 * * *", "--runner", "systemd"]).ok().silent();
    let shown = schedule(&work, &["--format", "table"]);
    shown.ok().silent();
    assert!(shown.out.contains("on, run by systemd"), "{shown}");
    schedule(&work, &["47 */6 * * *", "--runner", "crontab"]).ok().silent();
    let shown = schedule(&work, &["--format", "table"]);
    // Whether cron runs depends on the machine.
    match garminsync::schedule::is_cron_running() {
        true => assert!(shown.ok().silent().out.contains("on, run by crontab"), "{shown}"),
        false => {
            shown.ok().says("the schedule is in the crontab, but cron is not running");
            assert!(shown.out.contains("on, in the crontab, but cron is not running"), "{shown}");
        }
    }
    let said = schedule(&work, &["47 */6 * * *", "--zone", "Asia/Shanghai", "-v"]);
    said.ok().says("cron on this machine uses UTC (from TZ); the zone Asia/Shanghai differs");
    schedule(&work, &["off", "-v"])
        .ok()
        .says("schedule off; to remove it from the crontab too: garminsync schedule off");
}

#[test]
fn the_last_run_is_the_newest_sync_command_in_the_log() {
    let work = work();
    work.run("gs-fetch", &[]).ends(77);
    // Neither gs-schedule nor gs-notify counts as a run.
    work.run("gs-notify", &[]).ok();
    let record = after(&work, &["@hourly", "--zone", "Asia/Kathmandu"]);
    assert_eq!((&record["last_command"], &record["last_exit"]), (&"gs-fetch".into(), &77.into()), "{record}");
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM commands"), 2);
    work.change("UPDATE commands SET started_at = 1767881421, exit = NULL");
    assert_eq!(shown(&work)["last_run"], "2026-01-08T14:10:21Z");
    let said = schedule(&work, &["--format", "table"]);
    said.ok().says("no runner is known");
    for part in ["@hourly", "Asia/Kathmandu", "on", "2026-01-08 19:55 +05:45, gs-fetch: not ended", ":00 +05:45, in "] {
        assert!(said.out.contains(part), "{part}\n{said}");
    }
}

#[test]
fn the_output_does_not_depend_on_the_machine_time_zone() {
    let mut work = work();
    after(&work, &["30 2 1 1 *", "--zone", "Europe/Berlin"]);
    // The time until the next run changes between calls.
    let table = |work: &Work| schedule(work, &["--format", "table"]).ok().out.split(", in ").next().unwrap().to_owned();
    let seen = |work: &Work| (shown(work), table(work));
    let here = seen(&work);
    for zone in ["Pacific/Kiritimati", "America/St_Johns", "Nowhere/Else", ""] {
        work.set("TZ", zone);
        assert_eq!(seen(&work), here, "{zone}");
    }
}

/// The catalogue may have been edited, or come from another machine.
#[test]
fn an_invalid_stored_schedule_is_shown_and_can_be_replaced() {
    let work = work();
    for (sql, expected) in [
        ("UPDATE schedule SET cron = 'x * * * *'", "the stored schedule: \"x * * * *\": minute, column 1"),
        ("UPDATE schedule SET zone = 'Nowhere/Else'", "the stored schedule: unknown time zone \"Nowhere/Else\""),
    ] {
        after(&work, &["@daily"]);
        work.change(sql);
        for args in [&[][..], &["on"]] {
            let said = schedule(&work, args);
            said.ends(78).says(expected).says("or set another one: gs-schedule '0 */6 * * *'");
            assert_eq!(said.records().len(), usize::from(args.is_empty()), "{said}");
            assert!(said.records().iter().all(|record| record["next_run"].is_null()), "{said}");
        }
        schedule(&work, &["--format", "table"]).ends(78);
        assert_eq!(after(&work, &["@hourly"])["cron"], "@hourly");
    }
}

#[test]
fn an_unknown_tz_is_utc_as_it_is_for_cron() {
    let mut work = work();
    work.set("TZ", "Asia/Nowhere");
    let said = schedule(&work, &["@daily"]);
    said.ok().says("TZ=Asia/Nowhere: unknown time zone; cron on this machine uses UTC");
    assert_eq!(shown(&work)["zone"], "UTC");
}

/// A small container may have no time zone data.
#[test]
fn without_time_zone_data_only_utc_and_posix_rules_work() {
    if !support::is_inside("without_time_zone_data_only_utc_and_posix_rules_work") {
        return;
    }
    let mut work = work();
    after(&work, &["@daily", "--zone", "Europe/Berlin"]);
    support::shell("mount -t tmpfs none /usr/share/zoneinfo");
    schedule(&work, &[]).ends(78).says("unknown time zone \"Europe/Berlin\"").says("install tzdata");
    work.set("TZ", "Europe/Berlin");
    schedule(&work, &["@daily"]).ok().says("install tzdata");
    assert_eq!(shown(&work)["zone"], "UTC");
    schedule(&work, &["@daily", "--zone", "Europe/Berlin"]).ends(2).says("install tzdata");
    for zone in ["UTC", "Etc/UTC", "CET-1CEST,M3.5.0,M10.5.0/3"] {
        let record = after(&work, &["@daily", "--zone", zone]);
        assert!(record["next_run"].is_string() && zone.ends_with(record["zone"].as_str().unwrap()), "{record}");
    }
}
