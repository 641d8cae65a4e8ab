use super::*;

fn parse(cron: &str) -> Result<Schedule, Error> {
    Schedule::parse(cron, "UTC")
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// All starts from `from` (inclusive) to `to` (exclusive), searched forwards. A backwards search must find the same
/// starts.
fn starts((cron, zone): (&str, &str), from: &str, to: &str) -> Vec<String> {
    let schedule = Schedule::parse(cron, zone).unwrap();
    let (from, to) = (time(from), time(to));
    let second = jiff::SignedDuration::from_secs(1);
    let first = schedule.next(from - second);
    let ahead: Vec<Timestamp> =
        std::iter::successors(first, |at| schedule.next(*at)).take_while(|at| *at < to).collect();
    let mut back: Vec<Timestamp> = std::iter::successors(schedule.previous(to), |at| schedule.previous(*at))
        .take_while(|at| *at >= from)
        .collect();
    back.reverse();
    assert_eq!(ahead, back, "{cron} {zone}");
    ahead.iter().map(|at| at.strftime("%m-%dT%H:%M").to_string()).collect()
}

#[test]
fn an_invalid_expression_is_rejected_with_the_position() {
    let wrong = [
        ("61 * * * *", "minute, column 1: 61 is not between 0 and 59; allowed: 0 to 59"),
        ("0 24 * * *", "hour, column 3: 24 is not between 0 and 23; "),
        ("0 1,2,30 * * *", "hour, column 7: 30 is not between"),
        ("0 8-30/2 * * *", "hour, column 5: 30 is not between"),
        ("  0\t*  0 * *", "day of month, column 8: 0 is not between 1 and 31"),
        ("0 0 1 13 *", "month, column 7: 13 is not between 1 and 12; allowed: 1 to 12 or jan to dec"),
        ("0 0 * * mon-funday", "day of week, column 13: \"funday\" is unknown to cron; allowed: 0 to 7"),
        ("0 0 * * monday", "day of week, column 9: \"monday\" is unknown to cron"),
        ("é * * * *", "minute, column 1: \"é\" is unknown to cron"),
        ("0,é,x * * * *", "minute, column 3: \"é\""),
        ("0 é * * *", "hour, column 3: \"é\""),
        // Syntax of other cron programs.
        ("0 0 L * *", "day of month, column 5: \"L\""),
        ("0 0 15W * *", "day of month, column 5: \"15W\""),
        ("0 0 * * 5#2", "day of week, column 9: \"5#2\""),
        ("H * * * *", "minute, column 1: \"H\""),
        ("0 0 ? * *", "day of month, column 5: \"?\""),
        ("0~30 * * * *", "minute, column 1: \"0~30\""),
        ("0 */6 * * * *", "column 13: unexpected field \"*\"; cron has five fields, neither seconds nor years"),
        // Entries that cron reads up to the end of the number, ignoring the rest.
        ("5.3 * * * *", "minute, column 1: \"5.3\""),
        ("*5 * * * *", "minute, column 1: \"*5\""),
        ("1-5-9 * * * *", "minute, column 3: \"5-9\""),
        ("*/2/3 * * * *", "minute, column 3: invalid step \"2/3\"; write a whole number from 1 on, as in */2"),
        ("0 0 * *\u{a0}*", "month, column 7: \"*\\u{a0}*\""),
        ("1\n2 * * * *", "minute, column 1: \"1\\n2\""),
        // Incomplete entries.
        ("", "minute, column 1: missing; cron needs five fields, for example 0 */6 * * *"),
        ("0 */6 * *", "day of week, column 10: missing"),
        ("0,, * * * *", "minute, column 3: a number is missing; allowed:"),
        ("0, * * * *", "minute, column 3: a number is missing"),
        ("1- * * * *", "minute, column 3: a number is missing"),
        ("-5 * * * *", "minute, column 1: a number is missing"),
        ("*/ * * * *", "minute, column 3: invalid step \"\""),
        ("1-5/0 * * * *", "minute, column 5: invalid step \"0\"; write a whole number from 1 on, as in 1-5/2"),
        ("5/10 * * * *", "minute, column 1: a step needs a range; write 5-59/10 or */10"),
        ("0000000005 * * * *", "minute, column 1: 0000000005 is not between"),
        // Entries that never run.
        ("20-10 * * * *", "minute, column 1: 20-10 runs backwards, so cron would never run it; write 20-59,0-10"),
        ("0 22-0 * * *", "hour, column 3: 22-0 runs backwards, so cron would never run it; write 22-23,0"),
        ("0 0 * * fri-sun", "day of week, column 9: fri-sun runs backwards, so cron would never run it; write 5-7"),
        ("0 0 * * sat-mon", "write 6-7,0-1"),
        (
            "0 0 30 2 *",
            "day of month, column 5: these months do not have this day, so cron would never run it; choose another",
        ),
        ("0 0 31 2,4,6,9,nov *", "day of month, column 5: these months do not have this day"),
        ("0 0 30 2 */2", "day of month, column 5: these months do not have this day"),
        // Nicknames.
        ("@reboot", "column 1: @reboot has no time; write @hourly, @daily or five fields"),
        (" @Daily", "column 2: unknown name \"@Daily\"; cron knows @hourly, @daily, "),
        ("@daily *", "column 8: unexpected \"*\" after @daily; remove it"),
    ];
    for (cron, expected) in wrong {
        let said = parse(cron).map(|_| ()).unwrap_err().to_string();
        assert!(said.starts_with(&format!("{cron:?}: ")) && said.contains(expected), "{said}");
    }
}

#[test]
fn a_valid_cron_expression_is_accepted_and_kept_as_written() {
    let right = [
        "* * * * *",
        "0 */6 * * *",
        "05 4 * jan-MAR,7 Sun",
        "1-5/2,30,40-59/10 8-18 1,15 */3 mon-fri",
        "*/100 * * * 0-7",
        "0 0 29 2 *",
        "0 0 30 2 1",
        "*,5 * * * 7",
        "@hourly",
        "@midnight",
        "@annually",
    ];
    for cron in right {
        assert_eq!(parse(cron).unwrap().cron(), cron);
    }
    assert_eq!(parse(" 0\t*/6 *  * * ").unwrap().cron(), "0 */6 * * *");
}

#[test]
fn nicknames_equal_their_fields() {
    let pairs = [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@weekly", "0 0 * * 7"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 jan *"),
        ("@annually", "0 0 1 1 *"),
    ];
    for (name, fields) in pairs {
        assert_eq!(parse(name).unwrap().expression, parse(fields).unwrap().expression, "{name}");
    }
}

/// The starts that the code of Debian's cron (3.0pl1-162) gives when the clock runs through these times.
#[test]
fn a_schedule_starts_at_the_times_of_debians_cron() {
    type Row<'a> = ((&'a str, &'a str), &'a str, &'a str, &'a [&'a str]);
    let berlin = "Europe/Berlin";
    let (spring, autumn) = (("2026-03-28T22:00Z", "2026-03-30T01:00Z"), ("2026-10-24T22:00Z", "2026-10-26T02:00Z"));
    let rows: &[Row] = &[
        // An hour is skipped: its fixed times run once, right after the change.
        (("30 2 * * *", berlin), spring.0, spring.1, &["03-29T01:00", "03-30T00:30"]),
        (("0,15 2 * * *", berlin), spring.0, spring.1, &["03-29T01:00", "03-30T00:00", "03-30T00:15"]),
        (("0 3 * * *", berlin), spring.0, spring.1, &["03-29T01:00"]),
        // Wildcard times follow the clock.
        (("*/30 2 * * *", berlin), spring.0, spring.1, &["03-30T00:00", "03-30T00:30"]),
        (("30 */2 * * *", berlin), spring.0, "2026-03-29T06:00Z", &["03-28T23:30", "03-29T02:30", "03-29T04:30"]),
        // An hour is repeated: fixed times run the first time.
        (("30 2 * * *", berlin), autumn.0, autumn.1, &["10-25T00:30", "10-26T01:30"]),
        (
            ("30 */2 * * *", berlin),
            autumn.0,
            "2026-10-25T06:00Z",
            &["10-24T22:30", "10-25T00:30", "10-25T01:30", "10-25T03:30", "10-25T05:30"],
        ),
        (("@hourly", berlin), "2026-10-25T00:00Z", "2026-10-25T03:00Z", &["10-25T00:00", "10-25T01:00", "10-25T02:00"]),
        // A change of half an hour.
        (
            ("15 2 * * *", "Australia/Lord_Howe"),
            "2026-10-03T00:00Z",
            "2026-10-05T00:00Z",
            &["10-03T15:30", "10-04T15:15"],
        ),
        (
            ("45 1 * * *", "Australia/Lord_Howe"),
            "2026-04-03T00:00Z",
            "2026-04-06T00:00Z",
            &["04-03T14:45", "04-04T14:45", "04-05T15:15"],
        ),
        (
            ("*/15 2 * * *", "Australia/Lord_Howe"),
            "2026-10-03T00:00Z",
            "2026-10-04T15:20Z",
            &["10-03T15:30", "10-03T15:45", "10-04T15:00", "10-04T15:15"],
        ),
        // A change of two hours.
        (("0 1-3 * * *", "Antarctica/Troll"), "2026-03-28T20:00Z", "2026-03-29T20:00Z", &["03-29T01:00"]),
        // A skipped midnight.
        (("30 0 * * fri", "Africa/Cairo"), "2026-04-22T00:00Z", "2026-05-01T00:00Z", &["04-23T22:00", "04-30T21:30"]),
        // A skipped day: cron treats this change as a correction of the clock.
        (
            ("0 12 * * *", "Pacific/Apia"),
            "2011-12-28T00:00Z",
            "2012-01-01T00:00Z",
            &["12-28T22:00", "12-29T22:00", "12-30T22:00", "12-31T22:00"],
        ),
        // If both day fields are restricted, a day must match one of them. A field that begins with a star, with or
        // without a step, is not restricted.
        (
            ("0 12 13 * fri", "UTC"),
            "2026-02-01T00:00Z",
            "2026-03-01T00:00Z",
            &["02-06T12:00", "02-13T12:00", "02-20T12:00", "02-27T12:00"],
        ),
        (("0 0 */2 * 1", "UTC"), "2026-11-01T00:00Z", "2026-12-01T00:00Z", &["11-09T00:00", "11-23T00:00"]),
        (
            ("0 0 1-31/2 * 1", "UTC"),
            "2026-11-01T00:00Z",
            "2026-11-06T00:00Z",
            &["11-01T00:00", "11-02T00:00", "11-03T00:00", "11-05T00:00"],
        ),
        (("0 0 1,* * 1", "UTC"), "2026-11-03T00:00Z", "2026-11-05T00:00Z", &["11-03T00:00", "11-04T00:00"]),
        (("0 0 * * 7", "Asia/Shanghai"), "2026-01-01T00:00Z", "2026-01-12T00:00Z", &["01-03T16:00", "01-10T16:00"]),
    ];
    for (schedule, from, to, expected) in rows {
        assert_eq!(starts(*schedule, from, to), *expected, "{schedule:?}");
    }
}

#[test]
fn the_rarest_date_is_found_in_both_directions() {
    // 29 February on a Sunday, across the year 2100, which has no 29 February.
    let schedule = parse("0 0 29 2 */7").unwrap();
    let (first, next) = (time("2088-02-29T00:00:00Z"), time("2128-02-29T00:00:00Z"));
    assert_eq!((schedule.next(first), schedule.previous(next)), (Some(next), Some(first)));
    assert_eq!(schedule.next(time("2026-01-01T00:00:00Z")), Some(time("2032-02-29T00:00:00Z")));
}

#[test]
fn next_and_previous_are_strict_to_the_nanosecond() {
    let schedule = parse("* * * * *").unwrap();
    for second in [time("2026-01-01T00:00:00Z"), time("1969-12-31T23:59:00Z")] {
        let minute = jiff::SignedDuration::from_mins(1);
        let nano = jiff::SignedDuration::from_nanos(1);
        assert_eq!((schedule.next(second), schedule.previous(second)), (Some(second + minute), Some(second - minute)));
        assert_eq!((schedule.next(second - nano), schedule.previous(second + nano)), (Some(second), Some(second)));
    }
}

#[test]
fn next_and_previous_do_not_panic_at_the_limits_of_time() {
    for zone in ["UTC", "Europe/Berlin", "Pacific/Kiritimati", "America/New_York"] {
        for cron in ["* * * * *", "30 2 29 2 *"] {
            let schedule = Schedule::parse(cron, zone).unwrap();
            assert_eq!((schedule.next(Timestamp::MAX), schedule.previous(Timestamp::MIN)), (None, None));
            assert!(schedule.next(Timestamp::MIN).is_some() && schedule.previous(Timestamp::MAX).is_some(), "{zone}");
        }
    }
}

#[test]
fn a_time_zone_is_a_name_of_the_database_or_a_rule() {
    let zone = |name: &str| Schedule::parse(DEFAULT, name).map(|schedule| schedule.zone().to_owned());
    assert_eq!(zone("europe/berlin").unwrap(), "Europe/Berlin");
    assert_eq!((zone("utc").unwrap(), zone("Etc/UTC").unwrap()), ("UTC".into(), "UTC".into()));
    let rule = "CET-1CEST,M3.5.0,M10.5.0/3";
    assert_eq!(zone(rule).unwrap(), rule);
    let days = ("2026-03-01T00:00Z", "2026-11-01T00:00Z");
    assert_eq!(starts(("30 2 * * *", rule), days.0, days.1), starts(("30 2 * * *", "Europe/Berlin"), days.0, days.1));
    for name in ["Europe/Berlni", "", "Mars", "/etc/passwd", "../Europe/Berlin", "Berlin 3"] {
        let said = zone(name).unwrap_err().to_string();
        assert!(
            said.starts_with(&format!("unknown time zone {name:?}; ")) && said.contains("such as Europe/Berlin"),
            "{said}"
        );
    }
    let shown = Schedule::parse(DEFAULT, "Europe/Berlin").unwrap().on_the_clock(time("2026-01-08T18:00:00Z"));
    assert_eq!(shown, "2026-01-08 19:00 +01:00");
}
