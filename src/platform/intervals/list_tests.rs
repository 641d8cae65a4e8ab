//! The list is read to its end whatever the service does with `newest` and `limit`.

use super::*;
use serde_json::json;

fn now() -> Timestamp {
    "2026-11-30T12:00:00Z".parse().unwrap()
}

fn entry(number: i64) -> Value {
    let start: Timestamp = "2026-11-01T06:00:00Z".parse().unwrap();
    let start = start - SignedDuration::from_hours(24 * number);
    let local = start + SignedDuration::from_hours(1);
    json!({
        "id": format!("i{}", 1000 + number), "type": "TrailRun", "source": "UPLOAD", "file_type": "fit",
        "start_date": start.to_string(), "start_date_local": local.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        "moving_time": 3000, "elapsed_time": 3600, "distance": 10_000.5, "device_name": "Garmin Forerunner 265",
    })
}

fn answer(items: Vec<Value>) -> Response {
    Response { status: 200, headers: Vec::new(), body: Value::Array(items).to_string().into_bytes() }
}

/// Reads everything from a service with these entries, newest first, that gives at most `cap` of them. Returns the ids,
/// and the number of requests.
fn listed(all: &[Value], cap: usize, is_newest_included: bool) -> (Vec<String>, u32) {
    let mut pages = Pages::new(Window::default(), now());
    let (mut ids, mut requests) = (Vec::new(), 0);
    while let Some(query) = pages.next_query().unwrap() {
        requests += 1;
        let newest = query.split("newest=").nth(1).unwrap().split('&').next().unwrap().replace("%3A", ":");
        let is_asked = |item: &&Value| {
            let local = item["start_date_local"].as_str().unwrap();
            local < newest.as_str() || (is_newest_included && local == newest)
        };
        let page = pages.read(&answer(all.iter().filter(is_asked).take(cap).cloned().collect())).unwrap();
        ids.extend(page.into_iter().flat_map(|page| page.activities).map(|one| one.activity.id));
    }
    (ids, requests)
}

#[test]
fn a_history_is_listed_once_and_whole() {
    let all: Vec<Value> = (0..2500).map(entry).collect();
    let ids: Vec<String> = (0..2500).map(|number| format!("i{}", 1000 + number)).collect();
    for is_newest_included in [true, false] {
        assert_eq!(listed(&all, LIMIT, is_newest_included), (ids.clone(), 4));
        // A limit of the service that is below the requested one.
        assert_eq!(listed(&all, 77, is_newest_included).0, ids);
    }
    assert_eq!(listed(&[], LIMIT, true), (Vec::new(), 1));
}

#[test]
fn an_entry_becomes_an_activity() {
    let mut pages = Pages::new(Window::default(), now());
    let page = pages.read(&answer(vec![entry(0)])).unwrap().unwrap();
    let activity = &page.activities[0].activity;
    assert_eq!((activity.id.as_str(), activity.platform.as_str()), ("i1000", "intervals"));
    assert_eq!((activity.sport.as_deref(), activity.sub_sport.as_deref()), (Some("running"), Some("trail")));
    assert_eq!(activity.start_time.unwrap().to_string(), "2026-11-01T06:00:00Z");
    assert_eq!(activity.utc_offset_s, Some(3600));
    assert_eq!((activity.timer_time_s, activity.elapsed_time_s), (Some(3000.0), Some(3600.0)));
    assert_eq!((activity.distance_m, activity.manufacturer.as_deref()), (Some(10_000.5), Some("garmin")));
    assert!(!activity.manual && page.unreadable.is_empty());
}

#[test]
fn strava_stubs_and_further_legs_are_counted_and_not_listed() {
    let stub = json!({"id": "16000000001", "start_date_local": "2026-11-19T06:00:00", "source": "STRAVA"});
    let bare = json!({"id": "16000000002", "start_date_local": "2026-11-18T06:00:00"});
    let mut leg = entry(3);
    leg["file_sport_index"] = json!(2);
    let mut first = entry(3);
    (first["id"], first["file_sport_index"]) = (json!("i99"), json!(1));
    first["start_date_local"] = json!("2026-10-29T06:30:00");
    let mut single = entry(9);
    single["file_sport_index"] = json!(1);
    let mut pages = Pages::new(Window::default(), now());
    let ids = |page: Option<Page>| -> Vec<String> {
        page.unwrap().activities.into_iter().map(|one| one.activity.id).collect()
    };
    assert_eq!(ids(pages.read(&answer(vec![stub, bare, leg, first, single.clone()])).unwrap()), ["i99"]);
    assert_eq!(ids(pages.read(&answer(vec![single])).unwrap()), ["i1009"], "no earlier leg follows");
    assert_eq!(pages.take_strava_starts().len(), 2);
    let texts: Vec<String> = pages.skipped().into_iter().map(|notice| notice.text).collect();
    assert!(texts.iter().any(|text| text.starts_with("2 activities from Strava")), "{texts:?}");
    assert!(texts.iter().any(|text| text.starts_with("1 further leg")), "{texts:?}");
}

#[test]
fn a_leg_is_known_although_its_first_leg_is_on_the_next_page() {
    for first_index in [0, 1] {
        let legs = (0..3).map(|n| {
            let mut leg = entry(3);
            (leg["id"], leg["file_sport_index"]) = (json!(format!("i{}", 90 + n)), json!(first_index + n));
            leg["start_date_local"] = json!(format!("2026-10-29T0{}:00:00", 7 + n));
            leg
        });
        let mut all: Vec<Value> = legs.collect();
        all.reverse();
        all.insert(0, entry(1));
        all.push(entry(5));
        for (cap, is_newest_included) in (2..=6).flat_map(|cap| [(cap, true), (cap, false)]) {
            let ids = listed(&all, cap, is_newest_included).0;
            assert_eq!(ids, ["i1001", "i90", "i1005"], "{first_index} {cap} {is_newest_included}");
        }
    }
}

#[test]
fn unreadable_entries_are_reported_and_end_no_listing_early() {
    let mut broken = entry(1);
    broken["start_date"] = json!("yesterday");
    let mut local = entry(3);
    (local["start_date"], local["timezone"]) = (Value::Null, json!("Europe/Paris"));
    let mut pages = Pages::new(Window::default(), now());
    let page = pages.read(&answer(vec![broken, json!({"type": "Run"}), entry(2), local])).unwrap().unwrap();
    assert_eq!((page.unreadable.len(), page.activities.len()), (2, 2));
    assert_eq!(page.activities[1].activity.start_time, Some("2026-10-29T06:00:00Z".parse().unwrap()));
    assert!(pages.next_query().unwrap().is_some());
}

#[test]
fn only_the_window_is_requested_and_listed() {
    let since = Some("2026-10-30T00:00:00Z".parse().unwrap());
    let mut pages = Pages::new(Window { since, until: None }, now());
    let query = pages.next_query().unwrap().unwrap();
    assert!(query.starts_with("oldest=2026-10-28T00%3A00%3A00&newest=2026-12-02T12%3A00%3A00&limit=1000"), "{query}");
    let page = pages.read(&answer((0..5).map(entry).collect())).unwrap().unwrap();
    assert_eq!((page.activities.len(), page.outlines.len()), (3, 5));
}

#[test]
fn a_list_that_does_not_advance_is_an_error() {
    let mut pages = Pages::new(Window::default(), now());
    let same = |from: i64| {
        answer(
            (from..from + 1000)
                .map(|n| {
                    let mut one = entry(0);
                    one["id"] = json!(format!("i{n}"));
                    one
                })
                .collect(),
        )
    };
    assert!(pages.read(&same(0)).is_ok());
    assert!(matches!(pages.read(&same(5000)), Err(Error::Unexpected(_))));
    let page = Response { status: 200, headers: Vec::new(), body: b"<html>".to_vec() };
    assert!(Pages::new(Window::default(), now()).read(&page).is_err());
}
