//! `gs-report` after some weeks of use: existing and missing activities, counted again from the state of the simulator
//! and, by plain SQL, from the catalogue.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::history::{Held, PLATFORMS, WORDS, find, groups, history, key, list, moment, text};
use crate::support::{code, codes};
use serde_json::{Value, json};

#[test]
fn platform_counts_match_the_services_and_the_files_on_disk() {
    let history = history();
    for name in PLATFORMS {
        let (held, reported) = (&history.held()[name], history.platform(name));
        let count = |sql: &str| -> i64 { history.work.sql(&sql.replace("$", name)) };
        let here = "platform = '$' AND missing_count = 0";
        let archived = "EXISTS (SELECT 1 FROM files f WHERE (f.platform, f.id) = (a.platform, a.id) AND NOT f.corrupt)";
        assert_eq!(reported["total"], held.len(), "{name}");
        let downloaded = count(&format!("SELECT count(*) FROM activities a WHERE {here} AND {archived}"));
        assert_eq!(reported["downloaded"], downloaded, "{name}");
        assert_eq!(reported["no_original"], held.iter().filter(|one| one.is_manual).count(), "{name}");
        let rest = held.len() as i64 - downloaded - reported["no_original"].as_i64().unwrap();
        assert_eq!((&reported["missing"], rest > 0), (&json!(rest), true), "{name}");
        let asked = "(platform, id) IN (SELECT platform, id FROM problems WHERE command = 'gs-download')";
        let failed = count(&format!("SELECT count(*) FROM activities a WHERE {here} AND {asked}"));
        assert_eq!(reported["failed"], failed, "{name}");
        assert_eq!(reported["pending"], u64::from(name == "garmin-com"));
        let sizes = list(history, "activities").iter().filter(|one| one["file"].is_object());
        assert!(sizes.clone().all(|one| one["file"]["bytes"]
            == std::fs::metadata(history.work.data(text(&one["file"]["path"]))).unwrap().len()));
        let bytes = count(&format!(
            "SELECT sum(bytes) FROM files f JOIN activities a USING (platform, id) WHERE {here} AND NOT corrupt"
        ));
        assert_eq!(reported["bytes"], bytes, "{name}");
        assert_eq!((&reported["compared"], &reported["unusable_reason"]), (&json!(true), &Value::Null));
        let last = "SELECT max(finished_at) FROM listings WHERE accepted AND purpose = 'sync' AND platform = '$'"
            .replace('$', name);
        assert_eq!(reported["last_listing"], moment(history, &last));
        let complete = format!("{last} AND complete AND from_time IS NULL");
        assert_eq!(reported["last_complete_listing"], moment(history, &complete));
    }
    assert_eq!(list(history, "platforms").iter().map(|one| text(&one["name"])).collect::<Vec<_>>(), PLATFORMS);
}

#[test]
fn logins_show_their_expiry_and_why_they_ended() {
    let history = history();
    for name in ["garmin-com", "garmin-cn"] {
        let login = &history.platform(name)["logins"][0];
        let expires = format!("SELECT expires_at FROM accounts WHERE platform = '{name}'");
        assert_eq!(login["expires"], moment(history, &expires));
        assert_eq!((&login["renewable"], &login["ended"]), (&json!(true), &Value::Null));
    }
    let coros = history.platform("coros");
    let ended = &coros["logins"][0]["ended"];
    assert_eq!(code(ended), "login-required", "{coros}");
    assert!(text(&ended["detail"]).contains("another login"), "{coros}");
    assert_eq!(coros["cooldown_until"], Value::Null);
}

#[test]
fn the_matrix_counts_shared_and_exclusive_activities_per_pair() {
    let history = history();
    let has = |name: &str, event: &str| {
        let group = &groups(history)[&history.happened[event]];
        history.groups(name).contains(group)
    };
    assert_eq!(list(history, "matrix").len(), 6);
    for one in PLATFORMS {
        for other in PLATFORMS.into_iter().filter(|other| *other != one) {
            let pair = find(&history.status["matrix"], |pair| pair["on"] == one && pair["and"] == other);
            let (here, there) = (history.groups(one), history.groups(other));
            assert_eq!(pair["both"], here.intersection(&there).count(), "{one} {other}");
            assert_eq!(pair["only"], here.difference(&there).count(), "{one} {other}");
            assert_eq!(pair["pending"], u64::from(other == "garmin-com" && has(one, "pending")), "{one} {other}");
            assert_eq!(pair["rejected"], u64::from(other == "garmin-cn" && has(one, "rejected")), "{one} {other}");
        }
    }
}

#[test]
fn missing_activities_are_those_of_other_platforms_by_reason() {
    let history = history();
    let group_of = groups(history);
    let missing = |on: &str, reason: &str| -> BTreeSet<String> {
        let lists = list(history, "missing").iter().filter(|one| one["on"] == on && one["reason"] == reason);
        let items: Vec<&Value> = lists.flat_map(|one| one["items"].as_array().unwrap()).collect();
        let names: BTreeSet<String> = items.iter().map(|item| group_of[&key(item)].clone()).collect();
        assert_eq!(items.len(), names.len(), "each group once");
        names
    };
    let asked: String = history.work.sql("SELECT json_group_array(id) FROM files");
    let asked: BTreeSet<String> = serde_json::from_str(&asked).unwrap();
    let uploadable = |group: &str| {
        let held = history.held();
        let mut entries = held.values().flatten().filter(|one| one.group == group);
        // An activity that was never downloaded may have a FIT file.
        entries.any(|one| !one.is_manual && (one.is_fit || !asked.contains(&one.id)))
    };
    for on in PLATFORMS {
        let here = history.groups(on);
        let others: BTreeSet<String> = PLATFORMS.iter().flat_map(|name| history.groups(name)).collect();
        let mut missing_here: BTreeSet<String> = others.difference(&here).cloned().collect();
        let happened =
            [("garmin-com", "pending"), ("garmin-cn", "rejected"), ("coros", "deleted"), ("coros", "missing-once")];
        for (platform, event) in happened {
            let own = match event {
                "deleted" | "missing-once" => history.gone[event].clone(),
                _ => group_of[&history.happened[event]].clone(),
            };
            let expected: BTreeSet<String> = if platform == on { [own].into() } else { [].into() };
            assert_eq!(missing(on, event), expected, "{on} {event}");
            missing_here.retain(|group| !expected.contains(group));
        }
        let (to_send, no_file): (BTreeSet<String>, BTreeSet<String>) =
            missing_here.into_iter().partition(|group| uploadable(group));
        assert_eq!(missing(on, "to-upload"), to_send, "{on}");
        assert_eq!(missing(on, "no-file"), no_file, "{on}");
    }
    let total: usize = list(history, "missing").iter().map(|one| one["items"].as_array().unwrap().len()).sum();
    assert_eq!(
        list(history, "missing").iter().map(|one| one["count"].as_u64().unwrap() as usize).sum::<usize>(),
        total
    );
}

#[test]
fn missing_activities_show_their_reason_and_since_when() {
    let history = history();
    let one = |on: &str, reason: &str| {
        let found = find(&history.status["missing"], |one| one["on"] == on && one["reason"] == reason);
        found["items"][0].clone()
    };
    let rejected = one("garmin-cn", "rejected");
    assert_eq!(codes(&rejected["reasons"]), ["rejected"]);
    assert!(text(&rejected["reasons"][0]["detail"]).ends_with(WORDS), "{rejected}");
    for (reason, absences) in [("deleted", 2), ("missing-once", 1)] {
        let since = format!(
            "SELECT missing_since FROM activities WHERE platform = 'coros' AND id = '{}' AND missing_count = {absences}",
            history.happened[reason].1
        );
        assert_eq!(one("coros", reason)["since"], moment(history, &since));
    }
    let reasons: BTreeSet<String> = list(history, "missing")
        .iter()
        .filter(|one| one["reason"] == "no-file")
        .flat_map(|one| one["items"].as_array().unwrap())
        .map(|item| codes(&item["reasons"]).join(" "))
        .collect();
    assert!(reasons.contains("entered-by-hand") && reasons.contains("format-not-accepted"), "{reasons:?}");
}

#[test]
fn activities_that_are_not_archived_are_listed_by_reason() {
    let history = history();
    let mut reported: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for one in list(history, "not_archived") {
        let ids = one["items"].as_array().unwrap().iter().map(|item| text(&item["id"]).to_owned()).collect();
        reported.insert((text(&one["platform"]).to_owned(), text(&one["reason"]).to_owned()), ids);
    }
    let rows: String = history.work.sql(
        "SELECT json_group_array(json_array(platform, reason, id)) FROM
            (SELECT a.platform, a.id, CASE WHEN p.id IS NOT NULL THEN 'failed' WHEN f.corrupt THEN 'corrupt'
                WHEN a.manual OR a.no_original THEN 'no-original' ELSE 'not-yet' END reason
             FROM activities a LEFT JOIN files f ON (f.platform, f.id, f.part) = (a.platform, a.id, 0)
             LEFT JOIN problems p ON (p.platform, p.id, p.command) = (a.platform, a.id, 'gs-download')
             WHERE a.missing_count = 0 AND (f.id IS NULL OR f.corrupt))",
    );
    let mut expected: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for row in serde_json::from_str::<Vec<[String; 3]>>(&rows).unwrap() {
        let [platform, reason, id] = row;
        expected.entry((platform, reason)).or_default().insert(id);
    }
    assert_eq!(reported, expected);
    for (event, reasons) in [("failed", &["corrupt"][..]), ("corrupt", &[])] {
        let (platform, id) = &history.happened[event];
        assert!(reported[&(platform.clone(), event.to_owned())].contains(id));
        let lists = list(history, "not_archived").iter().flat_map(|one| one["items"].as_array().unwrap());
        let item = lists.clone().find(|item| item["id"] == *id.as_str()).unwrap();
        assert_eq!(codes(&item["reasons"]), reasons, "{item}");
    }
}

#[test]
fn every_group_is_listed_once_with_its_platforms() {
    let history = history();
    let group_of = groups(history);
    let mut seen = BTreeSet::new();
    for one in list(history, "activities") {
        let on: BTreeSet<(String, String)> = one["on"].as_array().unwrap().iter().map(key).collect();
        let names: BTreeSet<&String> = on.iter().map(|place| &group_of[place]).collect();
        assert_eq!(names.len(), 1, "{one}");
        let name = names.into_iter().next().unwrap();
        assert!(seen.insert(name.clone()), "{name} is listed twice");
        let all: BTreeSet<(String, String)> =
            group_of.iter().filter(|(_, group)| *group == name).map(|(place, _)| place.clone()).collect();
        assert_eq!(on, all, "{one}");
        let held = history.held();
        let entries: Vec<&Held> = held.values().flatten().filter(|held| held.group == *name).collect();
        let start: jiff::Timestamp = text(&one["start_time"]).parse().unwrap();
        assert!(entries.iter().any(|held| held.start == start.as_second()), "{one}");
        assert!(entries.iter().any(|held| one["utc_offset_s"] == held.offset), "{one}");
        let places: BTreeSet<&str> = on.iter().map(|(platform, _)| platform.as_str()).collect();
        let missing_here: BTreeSet<&str> =
            one["missing_on"].as_array().into_iter().flatten().map(|lack| text(&lack[0])).collect();
        let expected: BTreeSet<&str> = PLATFORMS.into_iter().filter(|name| !places.contains(name)).collect();
        assert_eq!(missing_here, expected, "{one}");
    }
    assert_eq!(seen, group_of.into_values().collect());
    let gone = list(history, "activities").iter().flat_map(|one| one["gone_from"].as_array().into_iter().flatten());
    let deleted = list(history, "deletions").iter().map(|one| key(&one["activity"]));
    assert_eq!(gone.map(key).collect::<BTreeSet<_>>(), deleted.collect());
    let starts: Vec<&str> = list(history, "activities").iter().map(|one| text(&one["start_time"])).collect();
    assert!(starts.is_sorted_by(|one, next| one >= next));
}

#[test]
fn days_weeks_and_months_count_every_group_once() {
    let history = history();
    let mut days: BTreeMap<i64, (u64, f64, f64)> = BTreeMap::new();
    for one in list(history, "activities") {
        let start: jiff::Timestamp = text(&one["start_time"]).parse().unwrap();
        // Days since 1970 in local time.
        let day = (start.as_second() + one["utc_offset_s"].as_i64().unwrap()).div_euclid(86_400);
        let sum = days.entry(day).or_default();
        sum.0 += 1;
        sum.1 += one["timer_time_s"].as_f64().unwrap_or(0.0);
        sum.2 += one["distance_m"].as_f64().unwrap_or(0.0);
    }
    let number = |value: &Value| {
        let date: jiff::civil::Date = text(value).parse().unwrap();
        date.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second() / 86_400
    };
    let reported: BTreeMap<i64, (u64, f64, f64)> = list(history, "days")
        .iter()
        .map(|day| {
            let sums = [&day["time_s"], &day["distance_m"]].map(|sum| sum.as_f64().unwrap());
            (number(&day["date"]), (day["count"].as_u64().unwrap(), sums[0], sums[1]))
        })
        .collect();
    assert_eq!(reported.keys().collect::<Vec<_>>(), days.keys().collect::<Vec<_>>());
    for (day, (count, time, distance)) in &days {
        let reported = reported[day];
        assert!(
            reported.0 == *count && (reported.1 - time).abs() < 0.01 && (reported.2 - distance).abs() < 0.01,
            "{day}"
        );
    }
    let mut weeks: BTreeMap<i64, u64> = BTreeMap::new();
    for week in list(history, "weeks") {
        let counts = week["sports"].as_object().unwrap().values().map(|volume| volume["count"].as_u64().unwrap());
        // The first of January 1970 was a Thursday.
        assert_eq!((number(&week["monday"]) + 3) % 7, 0, "{week}");
        weeks.insert(number(&week["monday"]), counts.sum());
    }
    let in_week = |monday: &i64| {
        days.iter().filter(|(day, _)| (0..7).contains(&(*day - monday))).map(|(_, sum)| sum.0).sum::<u64>()
    };
    assert!(weeks.iter().all(|(monday, count)| *count == in_week(monday)));
    assert_eq!(weeks.values().sum::<u64>(), list(history, "activities").len() as u64);
    let sum = |name: &str| list(history, "months").iter().map(|month| month[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!(sum("count"), list(history, "activities").len() as u64);
    let archived = list(history, "activities").iter().filter(|one| one["file"].is_object()).count();
    assert_eq!(sum("archived"), archived as u64);
    for name in PLATFORMS {
        let on: u64 = list(history, "months").iter().map(|month| month["on"][name].as_u64().unwrap()).sum();
        assert_eq!(on, history.groups(name).len() as u64, "{name}");
    }
}
