use super::*;
use jiff::civil::date;

const LIST: &str = "Sport Records — 2026-09-01 to 2026-09-30 (5 records)
========================

1. Outdoor Run — 2026-09-21
   Location: Millbrook Run
   Start Coordinates: 10.000000, 20.000000
   Time Window: startTimestamp=1789977600 | endTimestamp=1789980300
   Duration: 44:10 | Distance: 8.02 km
   Average Pace: 5:30 /km | Avg HR: 141 bpm | Calories: 512 kcal
   LabelId: 480000000000000001 | SportType: 100

2. Outdoor Bike — 2026-09-20
   Location: Millbrook Bike
   Time Window: startTimestamp=1789891200 | endTimestamp=1789898400
   Duration: 1:50:00 | Distance: 44.00 km
   Average Speed: 24.0 km/h | Avg HR: 128 bpm | Calories: 905 kcal
   LabelId: 480000000000000002 | SportType: 200

3. Pool Swim — 2026-09-19
   Location: Pool Swim
   Time Window: startTimestamp=1789804800 | endTimestamp=1789807200
   Duration: 25:00 | Distance: 1.00 km
   Average Pace: 2:30 /km | Avg HR: 122 bpm | Calories: 210 kcal
   LabelId: 480000000000000003 | SportType: 300

4. Gym Cardio — 2026-09-18
   Location: Gym Cardio
   Time Window: startTimestamp=1789718400 | endTimestamp=1789720300
   Duration: 31:05
 | Avg HR: 110 bpm | Calories: 160 kcal
   LabelId: 480000000000000004 | SportType: 400

5. Strength — 2026-09-18
   Location: Strength
   Time Window: startTimestamp=1789715000 | endTimestamp=1789717400
   Duration: 39:40 | Sets: 12
 | Avg HR: 96 bpm | Calories: 140 kcal
   LabelId: 480000000000000005 | SportType: 402";

fn september() -> Days {
    Days { from: date(2026, 9, 1), to: date(2026, 9, 30) }
}

fn read(text: &str) -> Result<Vec<ListedRecord>, UnknownProse> {
    parse(text, &september())
}

/// A list of one activity, with these lines between its first line and its id.
fn one(lines: &str) -> Result<ListedRecord, UnknownProse> {
    let head = "Sport Records — 2026-09-01 to 2026-09-30 (1 records)\n========================\n\n";
    let text = format!("{head}1. Run — 2026-09-21\n{lines}   LabelId: 48 | SportType: 100\n");
    read(&text).map(|mut all| all.remove(0))
}

#[test]
fn every_known_form_of_an_activity_is_read() {
    let all = read(LIST).unwrap();
    assert_eq!(
        all[0],
        ListedRecord {
            label_id: "480000000000000001".into(),
            day: date(2026, 9, 21),
            sport: "100".into(),
            title: "Outdoor Run".into(),
            location: Some("Millbrook Run".into()),
            window: Some((1_789_977_600, 1_789_980_300)),
            duration_s: Some(2650),
            distance_m: Some(8020.0),
            avg_heart_rate_bpm: Some(141),
            calories_kcal: Some(512),
        }
    );
    let numbers = |at: usize| (all[at].duration_s, all[at].distance_m);
    assert_eq!(numbers(1), (Some(6600), Some(44_000.0)));
    assert_eq!(numbers(2), (Some(1500), Some(1000.0)));
    assert_eq!((numbers(3), numbers(4)), ((Some(1865), None), (Some(2380), None)));
    let ids: Vec<&str> = all.iter().map(|record| &record.label_id[17..]).collect();
    assert_eq!(ids, ["1", "2", "3", "4", "5"]);
    assert_eq!(read(&LIST.replace('\n', "\r\n")).unwrap(), all, "other line ends");
    assert_eq!(read(&format!("{LIST}\n\n")).unwrap(), all);
}

#[test]
fn an_activity_may_have_nothing_but_its_day_and_its_id() {
    let bare = one("").unwrap();
    assert_eq!((bare.label_id.as_str(), bare.sport.as_str()), ("48", "100"));
    assert_eq!((bare.location, bare.window, bare.duration_s, bare.distance_m), (None, None, None, None));
    // The wording of May 2026 has no time window.
    let older = one("   Location: Cycling\n   Duration: 5:07\n | Calories: 3 kcal\n").unwrap();
    assert_eq!((older.duration_s, older.window), (Some(307), None));
    assert_eq!(one("   Duration: --\n").unwrap().duration_s, None);
    assert_eq!(one("   Distance: 1,024.50 km\n").unwrap().distance_m, Some(1_024_500.0));
    assert_eq!(one("   Average Pace: 5:30 /km\n").unwrap().distance_m, None);
    let many = one(" | Avg HR: 96 bpm | Calories: 1,024 kcal\n").unwrap();
    assert_eq!((many.avg_heart_rate_bpm, many.calories_kcal), (Some(96), Some(1024)));
    for unknown in ["--", "-- bpm", "0 bpm", "1.6 Hz"] {
        assert_eq!(one(&format!(" | Avg HR: {unknown}\n")).unwrap().avg_heart_rate_bpm, None, "{unknown}");
    }
}

#[test]
fn an_empty_list_is_a_sentence_about_the_same_days() {
    assert_eq!(read("No sport records found from 2026-09-01 to 2026-09-30."), Ok(Vec::new()));
    for other in [
        "No sport records found from 2026-09-01 to 2026-09-29.",
        "No sport records found from 2026-09-01 to 2026-09-30",
        "No sport records found from 2026-09-01 to 2026-09-30.\nTry another range.",
        "No sport records found.",
        "",
    ] {
        assert!(read(other).is_err(), "{other}");
    }
}

#[test]
fn a_name_is_the_rest_of_its_line_and_nothing_else() {
    let name = |text: &str| one(&format!("   Location: {text}\n")).unwrap().location.unwrap();
    for text in ["LabelId: 1 | SportType: 2", "a | Duration: 5:00", "1. Run — 2026-09-21", "跑步: é — |", "====", ""]
    {
        assert_eq!(name(text), text);
    }
    assert_eq!(one("   Location: LabelId: 1 | SportType: 2\n").unwrap().label_id, "48");
}

#[test]
fn a_name_with_line_breaks_cannot_change_the_list() {
    for lines in [
        "   Location: x\n   LabelId: 1 | SportType: 100\n",
        "   Location: x\n   LabelId: 1 | SportType: 100\n\n",
        "   Location: x\n   Location: y\n",
        "   Location: x\n2. Run — 2026-09-21\n",
        "   Location: x\ny\n",
        "   Location: x\n   Time Window: startTimestamp=1 | endTimestamp=2\n   Time Window: startTimestamp=3 | endTimestamp=4\n",
    ] {
        assert!(one(lines).is_err(), "{lines}");
    }
}

#[test]
fn an_unknown_line_makes_the_list_unreadable() {
    let changes: &[(&str, &str)] = &[
        ("Sport Records", "Activity Records"),
        ("(5 records)", "(6 records)"),
        ("(5 records)", "(4 records)"),
        ("(5 records)", "(5 activities)"),
        ("(5 records)", ""),
        ("2026-09-01 to", "2026-09-02 to"),
        ("2026-09-30 (", "2026-09-29 ("),
        ("========================", "------------------------"),
        ("========================\n", ""),
        ("3. Pool", "3) Pool"),
        ("3. Pool", "4. Pool"),
        ("3. Pool", "   3. Pool"),
        (" — 2026-09-19", " - 2026-09-19"),
        (" — 2026-09-19", " — 19.09.2026"),
        (" — 2026-09-19", " — 2026-08-19"),
        ("   LabelId: 480000000000000003", "   Label ID: 480000000000000003"),
        ("   LabelId: 480000000000000003", "   LabelId: 48x"),
        ("   LabelId: 480000000000000003", "  LabelId: 480000000000000003"),
        ("   LabelId: 480000000000000003", "   LabelId: 480000000000000001"),
        ("SportType: 300", "SportType: swim"),
        (" | SportType: 300", ""),
        ("1.00 km", "0.62 mi"),
        ("1.00 km", "1000 m"),
        ("1.00 km", "1.00"),
        ("25:00", "25 min"),
        ("25:00", "25:60"),
        ("Duration: 25:00", "Time: 25:00"),
        ("startTimestamp=1789804800", "startTimestamp=2026-09-19T08:00"),
        ("startTimestamp=1789804800", "start=1789804800"),
        ("Avg HR: 122 bpm", "Heart rate 122"),
        ("   Location: Pool Swim", "   Location: Pool Swim\n   Weather: sunny"),
        ("   Location: Pool Swim", "   Location: Pool Swim\n\n"),
    ];
    for (from, to) in changes {
        assert!(LIST.contains(from), "{from}");
        let text = LIST.replacen(from, to, 1);
        assert!(read(&text).is_err(), "{from} -> {to}");
    }
    let cut = LIST.len();
    for at in (0..cut).filter(|at| LIST.is_char_boundary(*at)) {
        // The last number may be cut without a trace, so the id is cut before it.
        if !LIST[..at].contains("SportType: 402")
            && !LIST[..at].ends_with("SportType: 40")
            && !LIST[..at].ends_with("SportType: 4")
        {
            assert!(read(&LIST[..at]).is_err(), "cut at {at}");
        }
    }
    assert!(read(r#"{"records":[]}"#).is_err());
    assert!(read(&format!("{LIST}\n\nTip: ask for more.")).is_err());
}

#[test]
fn days_of_another_time_zone_are_accepted() {
    let empty = |days: &str| read(&format!("No sport records found from {days}."));
    for days in ["2026-08-31 to 2026-09-29", "2026-09-02 to 2026-10-01", "2026-08-31 to 2026-10-01"] {
        assert_eq!(empty(days), Ok(Vec::new()), "{days}");
        assert_eq!(read(&LIST.replacen("2026-09-01 to 2026-09-30", days, 1)), read(LIST), "{days}");
    }
    // Fewer days, or days that are too far away.
    for days in ["2026-09-02 to 2026-09-30", "2026-09-02 to 2026-09-29", "2026-08-30 to 2026-09-30"] {
        assert!(empty(days).is_err(), "{days}");
    }
    // A start would contradict these days.
    let bare = LIST.replacen(
        "   Time Window: startTimestamp=1789715000 | endTimestamp=1789717400
",
        "",
        1,
    );
    let with = |day: &str| read(&bare.replacen("Strength — 2026-09-18", &format!("Strength — {day}"), 1));
    assert!(with("2026-08-31").is_ok() && with("2026-08-30").is_err());
    assert!(with("2026-10-01").is_ok() && with("2026-10-02").is_err());
}

#[test]
fn a_start_fits_the_day_in_every_time_zone_and_a_long_activity_may_be_shown_at_its_end() {
    let of = |start: &str, seconds: i64| {
        let start = start.parse::<jiff::Timestamp>().unwrap().as_second();
        one(&format!("   Time Window: startTimestamp={start} | endTimestamp={}\n", start + seconds))
    };
    // The first moment of the day at UTC+14, the last one at UTC-12, over midnight, and a day and a half long.
    for (start, seconds) in [
        ("2026-09-20T10:00:00Z", 60),
        ("2026-09-22T11:59:59Z", 60),
        ("2026-09-20T22:00:00Z", 4 * 3600),
        ("2026-09-19T14:00:00Z", 36 * 3600),
        ("2026-09-21T08:00:00Z", 0),
    ] {
        assert!(of(start, seconds).is_ok(), "{start}");
    }
    for start in ["2026-09-18T23:59:59Z", "2026-09-24T00:00:00Z", "2016-09-21T08:00:00Z", "1989-12-31T00:00:00Z"] {
        assert!(of(start, 60).is_err(), "{start}");
    }
    assert!(of("2026-09-21T08:00:00Z", -1).is_err());
    // Times that were never set.
    for window in ["startTimestamp=0 | endTimestamp=0", "startTimestamp=1789977600 | endTimestamp=0"] {
        assert!(one(&format!("   Time Window: {window}\n")).is_ok(), "{window}");
    }
}

#[test]
fn an_error_names_the_line_and_not_its_text() {
    let error = read(&LIST.replace("25:00", "secret words")).unwrap_err();
    assert_eq!(error.to_string(), "line 22: a duration is unknown");
}

#[test]
fn the_numbers_of_the_list_are_those_of_the_activity() {
    let record = ListedRecord {
        duration_s: Some(2650),
        distance_m: Some(8020.0),
        avg_heart_rate_bpm: Some(141),
        calories_kcal: Some(512),
        ..ListedRecord::default()
    };
    let numbers = crate::platform::coros::list::numbers(&super::super::list::json_of(&record));
    assert_eq!((numbers.avg_heart_rate_bpm, numbers.calories_kcal), (Some(141.0), Some(512.0)));
    assert_eq!(numbers.avg_speed_mps, None, "the distance is rounded");
}
