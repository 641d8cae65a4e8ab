//! The Personal API: health data.

use crate::common::*;
use crate::personal::{entry, free, read, start};
use gs_sim::PersonalSpec;
use serde_json::json;

#[test]
fn ranges_that_are_too_long_are_refused() {
    let sim = start(0, free());
    let token = entry(&sim);
    let status = |path: &str| read(&sim, COM, path, &token).status;
    let stats = |kind: &str, last: &str| status(&format!("/usersummary-service/stats/{kind}/daily/2026-09-01/{last}"));
    let query = |path: &str, last: &str| status(&format!("{path}?startDate=2026-07-01&endDate={last}"));
    assert_eq!((stats("steps", "2026-09-28"), stats("steps", "2026-09-29")), (200, 400));
    assert_eq!((stats("stress", "2026-09-28"), stats("stress", "2026-09-29")), (200, 400));
    assert_eq!((stats("hydration", "2026-10-01"), stats("hydration", "2026-10-02")), (200, 400));
    let sleeps = "/sleep-service/sleep/dailySleepSummariesByDate";
    assert_eq!((query(sleeps, "2026-07-31"), query(sleeps, "2026-08-01")), (200, 400));
    let battery = "/wellness-service/wellness/bodyBattery/reports/daily";
    assert_eq!((query(battery, "2026-07-31"), query(battery, "2026-08-01")), (200, 400));
    let summaries = "/usersummary-service/v2/dailysummaries";
    assert_eq!((query(summaries, "2026-09-28"), query(summaries, "2026-09-29")), (200, 500));
    let hrv = |last: &str| status(&format!("/hrv-service/hrv/daily/2025-01-01/{last}"));
    assert_eq!((hrv("2025-12-31"), hrv("2026-01-01")), (200, 400));
    assert_eq!((query(summaries, "2026-06-30"), stats("steps", "2026-9-2")), (400, 400));
    let all = read(&sim, COM, "/weight-service/weight/all/2026-09-01/2026-09-02", &token);
    assert_eq!((all.status, all.body.len()), (400, 0));
}

#[test]
fn weights_are_in_grams_and_times_in_milliseconds() {
    let sim = start(0, free());
    let token = entry(&sim);
    // 2026-10-31 23:30 UTC is already the first of November in Paris.
    let at = gs_sim::HISTORY_END - 1800;
    sim.with(|state| state.add_weight(COM, at, 70_250));
    let range = |all: bool| {
        let path = format!("/weight-service/weight/range/2026-11-01/2026-11-01?includeAll={all}");
        read(&sim, COM, &path, &token).json()
    };
    let day = range(true)["dailyWeightSummaries"][0].clone();
    assert_eq!((day["summaryDate"].as_str(), day["numOfWeightEntries"].as_u64()), (Some("2026-11-01"), Some(1)));
    assert_eq!(day["latestWeight"]["weight"], 70_250.0);
    assert_eq!(day["allWeightMetrics"][0]["timestampGMT"], at * 1000);
    assert_eq!(day["allWeightMetrics"][0]["date"], (at + 3600) * 1000);
    assert_eq!(range(false)["dailyWeightSummaries"][0]["allWeightMetrics"], json!([]));
    assert!(range(true)["previousDateWeight"]["weight"].as_f64().unwrap() > 50_000.0);
}

#[test]
fn days_without_data_have_null_values_or_no_body() {
    let sim = start(0, PersonalSpec { health_days: 60, ..free() });
    let token = entry(&sim);
    let on = |path: &str| read(&sim, COM, path, &token);
    let summary = |day: &str| on(&format!("/usersummary-service/usersummary/daily?calendarDate={day}")).json();
    let dates: Vec<String> = (1..=31).map(|day| format!("2026-10-{day:02}")).collect();
    let worn: Vec<&String> = dates.iter().filter(|day| !summary(day)["totalSteps"].is_null()).collect();
    assert!(worn.len() > 20 && worn.len() < 31);
    let none = dates.iter().find(|day| !worn.contains(day)).unwrap();
    assert_eq!(
        (summary(none)["includesWellnessData"].clone(), summary(none)["calendarDate"].clone()),
        (json!(false), json!(none))
    );
    assert_eq!(on(&format!("/hrv-service/hrv/{none}")).status, 204);
    assert_eq!(on(&format!("/sleep-service/sleep/dailySleep?date={none}")).status, 204);
    let path = "/usersummary-service/v2/dailysummaries?startDate=2026-10-01&endDate=2026-10-31";
    let second = on(path).json()["data"].as_array().unwrap().clone();
    assert_eq!(second.len(), worn.len());
    let lowest = second.iter().find(|day| day["heartRate"]["restingValue"] == day["heartRate"]["minValue"]).unwrap();
    let day = lowest["calendarDate"].as_str().unwrap();
    assert!(summary(day)["restingHeartRate"].is_null(), "only the second form falls back to the lowest one");
    let sleep = on(&format!("/sleep-service/sleep/dailySleep?date={}", worn[0])).json();
    let ms = |field: &str| sleep[field].as_i64().unwrap();
    assert_eq!(ms("sleepStartTimestampLocal") - ms("sleepStartTimestampGMT"), 7_200_000, "summer in Paris");
    let view = |query: &str| on(&format!("/periodichealth-service/menstrualcycle/dayview/2026-10-01{query}")).status;
    assert_eq!((view(""), view("?todayDate=2026-10-02")), (400, 204));
}
