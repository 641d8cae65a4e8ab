//! Entries as COROS sends them, with invented values; and lists that change while they are read.

use super::*;
use serde_json::json;

fn now() -> Timestamp {
    "2026-11-22T20:00:00Z".parse().unwrap()
}

fn pages() -> Pages {
    Pages::new(Window::default(), now())
}

/// An entry with this id; a greater id starts later.
fn entry(id: u64) -> Value {
    json!({"labelId": id, "startTime": 1_700_000_000 + id * 86_400})
}

#[test]
fn an_entry_recorded_by_a_watch_is_read() {
    let item = json!({
        "labelId": "479396244626636805", "sportType": 102, "mode": 15, "subMode": 1, "date": 20260213,
        "startTime": 1_770_939_024, "endTime": 1_770_942_000, "startTimezone": 23, "endTimezone": 23,
        "totalTime": 2976, "workoutTime": 2801, "distance": 2357.59, "name": "Kathmandu Trail Run",
        "device": "COROS PACE 3", "calorie": 180_000, "avgSpeed": 376.2, "imageUrl": "", "hasMessage": 0
    });
    let activity = activity(&item).unwrap();
    assert_eq!((activity.platform.as_str(), activity.id.as_str()), ("coros", "479396244626636805"));
    assert_eq!(activity.start_time.unwrap().to_string(), "2026-02-12T23:30:24Z");
    assert_eq!(activity.utc_offset_s, Some(20_700));
    assert_eq!((activity.sport.as_deref(), activity.sub_sport.as_deref()), (Some("running"), Some("trail")));
    assert_eq!((activity.timer_time_s, activity.elapsed_time_s), (Some(2801.0), Some(2976.0)));
    assert_eq!((activity.distance_m, activity.platform_sport.as_deref()), (Some(2357.59), Some("102")));
    assert_eq!((activity.manufacturer.as_deref(), activity.device.as_deref()), (Some("coros"), Some("COROS PACE 3")));
}

#[test]
fn an_imported_entry_is_not_a_recording_of_coros() {
    for device in [json!("Garmin Forerunner 965"), json!(null), json!(""), json!("Zwift COROS")] {
        let activity = activity(&json!({"labelId": "1", "device": device})).unwrap();
        assert_eq!(activity.manufacturer, None, "{device}");
    }
}

#[test]
fn an_entry_with_only_an_id_is_an_activity() {
    let sparse = Activity { platform: "coros".into(), id: "7".into(), ..Activity::default() };
    assert_eq!(activity(&json!({"labelId": 7})).unwrap(), sparse);
    let nulls = json!({"labelId": "7", "name": null, "sportType": null, "startTime": null, "startTimezone": null,
        "distance": 0, "workoutTime": 0, "totalTime": 0, "device": null});
    assert_eq!(activity(&nulls).unwrap(), sparse);
    for none in [json!({}), json!({"labelId": ""}), json!({"labelId": "x"}), json!("text"), Value::Null] {
        assert!(activity(&none).is_none(), "{none}");
    }
    let unknown = activity(&json!({"labelId": 7, "sportType": 7777})).unwrap();
    assert_eq!((unknown.sport, unknown.platform_sport.as_deref()), (None, Some("7777")));
}

#[test]
fn impossible_times_and_offsets_are_unknown() {
    for odd in [0, -5, 178_464_143_013_i64] {
        assert_eq!(activity(&json!({"labelId": 7, "startTime": odd})).unwrap().start_time, None, "{odd}");
    }
    let zone = |quarters: i64| activity(&json!({"labelId": 7, "startTimezone": quarters})).unwrap().utc_offset_s;
    assert_eq!((zone(32), zone(-32), zone(0)), (Some(28_800), Some(-28_800), Some(0)));
    assert_eq!((zone(-14), zone(51), zone(73), zone(i64::MAX)), (Some(-12_600), Some(45_900), None, None));
}

#[test]
fn days_are_always_given_and_wider_than_the_window() {
    let path = pages().next_path().unwrap().unwrap();
    assert_eq!(path, "/activity/query?size=200&pageNumber=1&startDay=19891201&endDay=20261124&modeList=");
    let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
    let window = Window { since: at("2026-03-01T00:00:00Z"), until: at("2026-03-05T00:00:00Z") };
    let path = Pages::new(window, now()).next_path().unwrap().unwrap();
    assert!(path.contains("startDay=20260227&endDay=20260307"), "{path}");
    let ahead = Window { since: at("2027-01-01T00:00:00Z"), until: None };
    let path = Pages::new(ahead, now()).next_path().unwrap().unwrap();
    assert!(path.contains("startDay=20261124&endDay=20261124"), "{path}");
    let ends = Window { since: Some(Timestamp::MIN), until: Some(Timestamp::MAX) };
    let path = Pages::new(ends, now()).next_path().unwrap().unwrap();
    assert!(path.contains("startDay=19891201&endDay=20261124"), "{path}");
}

#[test]
fn the_window_is_exact_to_the_second() {
    let at = |second| Timestamp::from_second(second).ok();
    let mut pages = Pages::new(Window { since: at(100_000), until: at(200_000) }, now());
    let items: Vec<Value> =
        [99_999, 100_000, 199_999, 200_000].map(|second| json!({"labelId": second, "startTime": second})).into();
    let page = pages.read(&json!({"count": 4, "totalPage": 1, "dataList": items})).unwrap().unwrap();
    let ids: Vec<&str> = page.activities.iter().map(|listed| listed.activity.id.as_str()).collect();
    assert_eq!((ids.as_slice(), page.outlines.len()), (&["100000", "199999"][..], 4));
}

/// Lists from a service with `entries`; after each request `change` may delete or add entries. Returns the entries, the
/// unreadable entries, and the number of requests.
fn walk(
    mut entries: Vec<u64>,
    cap: usize,
    mut change: impl FnMut(usize, &mut Vec<u64>),
) -> Result<(Vec<u64>, Vec<String>, usize)> {
    let (mut shown, mut unreadable, mut requests) = (Vec::new(), Vec::new(), 0);
    let mut pages = pages();
    while let Some(path) = pages.next_path()? {
        let parameter =
            |name: &str| path.split(name).nth(1).unwrap().split('&').next().unwrap().parse::<usize>().unwrap();
        let (number, cap) = (parameter("pageNumber="), cap.min(parameter("size=")));
        let items: Vec<Value> = entries.iter().skip((number - 1) * cap).take(cap).map(|id| entry(*id)).collect();
        let data = match items.is_empty() {
            true => json!({"count": entries.len()}),
            false => json!({"count": entries.len(), "totalPage": entries.len().div_ceil(cap), "dataList": items}),
        };
        requests += 1;
        if let Some(page) = pages.read(&data)? {
            shown.extend(page.activities.iter().map(|listed| listed.activity.id.parse::<u64>().unwrap()));
            unreadable.extend(page.unreadable);
        }
        change(requests, &mut entries);
    }
    shown.sort_unstable();
    Ok((shown, unreadable, requests))
}

fn all(entries: std::ops::Range<u64>) -> Vec<u64> {
    entries.rev().collect()
}

#[test]
fn a_list_of_at_most_one_page_is_one_request() {
    let (shown, _, requests) = walk(all(0..200), 200, |_, _| {}).unwrap();
    assert_eq!((shown.len(), requests), (200, 1));
    let (shown, _, requests) = walk(Vec::new(), 200, |_, _| {}).unwrap();
    assert_eq!((shown.len(), requests), (0, 1));
    let (shown, _, requests) = walk(all(0..401), 200, |_, _| {}).unwrap();
    assert_eq!((shown.len(), requests), (401, 3));
}

#[test]
fn new_activities_meanwhile_hide_and_repeat_no_entry() {
    let arrive = |request: usize, entries: &mut Vec<u64>| entries.insert(0, 1000 + request as u64);
    let (shown, _, _) = walk(all(0..500), 100, arrive).unwrap();
    assert!((0..500).all(|id| shown.contains(&id)));
    let mut once = shown.clone();
    once.dedup();
    assert_eq!(once, shown);
}

#[test]
fn a_deletion_meanwhile_hides_no_entry() {
    // The newest is deleted after the first page: 400 moves onto that page, past the position already read.
    let delete = |request: usize, entries: &mut Vec<u64>| {
        if request == 1 {
            entries.remove(0);
        }
    };
    let (shown, unreadable, requests) = walk(all(0..600), 200, delete).unwrap();
    assert_eq!((shown.len(), unreadable.len()), (600, 0));
    assert!(requests <= 7, "{requests}");
}

/// The count does not reveal the deletion.
#[test]
fn a_deletion_beside_an_old_addition_hides_no_entry() {
    for (page, victim) in [(1, 20), (1, 199), (2, 0), (2, 300), (3, 5)] {
        let change = |request: usize, entries: &mut Vec<u64>| {
            if request == page {
                entries.remove(victim);
                entries.push(0);
            }
        };
        let (shown, unreadable, requests) = walk(all(1..1000), 200, change).unwrap();
        let mut expected: Vec<u64> = (0..1000).collect();
        // An activity that is deleted after it was read is listed, too.
        expected.retain(|id| shown.contains(id) || *id != 999 - victim as u64);
        assert_eq!((shown, unreadable.len()), (expected, 0), "{page} {victim}");
        assert!(requests <= 13, "{requests}");
    }
}

#[test]
fn a_service_that_ignores_the_page_size_hides_no_entry() {
    for cap in [1, 20, 100, 199] {
        let (shown, unreadable, _) = walk(all(0..450), cap, |_, _| {}).unwrap();
        assert_eq!((shown.len(), unreadable.len()), (450, 0), "{cap}");
    }
    // It always returns 200 entries per page.
    let entries = all(0..450);
    let (mut pages, mut shown) = (pages(), 0);
    while let Some(path) = pages.next_path().unwrap() {
        let number: usize = path.split("pageNumber=").nth(1).unwrap().split('&').next().unwrap().parse().unwrap();
        let items: Vec<Value> = entries.iter().skip((number - 1) * 200).take(200).map(|id| entry(*id)).collect();
        let data = json!({"count": 450, "totalPage": 3, "dataList": items});
        shown += pages.read(&data).unwrap().map_or(0, |page| page.activities.len());
    }
    assert_eq!(shown, 450);
}

#[test]
fn overlapping_pages_need_few_more_requests() {
    for entries in [201, 3000, 9000] {
        let (shown, _, requests) = walk(all(0..entries), 200, |_, _| {}).unwrap();
        assert_eq!(shown.len() as u64, entries);
        assert!(requests as u64 <= entries.div_ceil(200) + entries / 600, "{entries}: {requests}");
    }
}

#[test]
fn a_list_that_keeps_changing_is_an_error() {
    let change = |_: usize, entries: &mut Vec<u64>| {
        entries.remove(0);
    };
    assert!(matches!(walk(all(0..5000), 100, change), Err(Error::Unexpected(_))));
}

#[test]
fn a_list_shorter_than_its_count_is_incomplete() {
    let mut pages = pages();
    let mut told = Vec::new();
    let mut requests = 0;
    while let Some(path) = pages.next_path().unwrap() {
        let data = match path.contains("pageNumber=1&") {
            true => json!({"count": 3, "totalPage": 1, "dataList": [entry(2), entry(1)]}),
            false => json!({"count": 3}),
        };
        told.extend(pages.read(&data).unwrap().map(|page| page.unreadable).unwrap_or_default());
        requests += 1;
    }
    assert_eq!((told, requests), (vec!["the activity list has 2 of 3 activities".to_owned()], 4));
}

#[test]
fn without_a_count_only_an_empty_or_repeated_page_is_the_end() {
    let mut pages = pages();
    let page = json!({"dataList": [entry(1)], "totalPage": 1});
    assert_eq!(pages.read(&page).unwrap().unwrap().activities.len(), 1);
    assert!(pages.next_path().unwrap().is_some());
    assert!(pages.read(&page).unwrap().is_none());
    assert!(pages.next_path().unwrap().is_none());
}

#[test]
fn an_entry_without_an_id_is_unreadable_once() {
    let mut pages = pages();
    let page = pages.read(&json!({"count": 2, "totalPage": 1, "dataList": [{"name": "x"}, entry(1)]})).unwrap();
    assert_eq!(page.unwrap().unreadable.len(), 1);
    assert!(pages.next_path().unwrap().is_none());
}

#[test]
fn an_entry_without_a_start_is_unreadable_once() {
    let mut pages = pages();
    let data = json!({"count": 2, "totalPage": 1, "dataList": [entry(2), {"labelId": 1, "startTime": 0}]});
    let page = pages.read(&data).unwrap().unwrap();
    assert_eq!((page.activities.len(), page.unreadable.len()), (1, 1));
    assert!(page.unreadable[0].contains("activity 1: unreadable start time"));
    assert!(pages.next_path().unwrap().is_none());
}

#[test]
fn an_invalid_list_is_not_an_empty_one() {
    for data in
        [Value::Null, json!([]), json!("x"), json!({"dataList": "x"}), json!({"dataList": {}}), json!({"count": 5})]
    {
        assert!(matches!(pages().read(&data), Err(Error::Unexpected(_))), "{data}");
    }
}

#[test]
fn a_count_of_the_page_is_not_a_count_of_the_list() {
    let mut pages = pages();
    for (ids, shown) in [(0..200, 200), (199..398, 198), (396..457, 59)] {
        let items: Vec<Value> = ids.map(entry).collect();
        assert!(pages.next_path().unwrap().is_some());
        let data = json!({"count": items.len(), "totalPage": 3, "dataList": items});
        assert_eq!(pages.read(&data).unwrap().unwrap().activities.len(), shown);
    }
    assert!(pages.next_path().unwrap().unwrap().contains("pageNumber=4"));
    assert!(pages.read(&json!({})).unwrap().is_none() && pages.next_path().unwrap().is_none());
}

/// Lists from a service that rejects ranges of more than `widest` days, and requests without days unless `undated`.
fn walked(widest: i64, undated: bool) -> (Result<Vec<u64>>, usize) {
    let all: Vec<u64> = (0..6).collect();
    let start = |id: u64| 1_700_000_000 - i64::try_from(id).unwrap() * 200 * 86_400;
    let (mut pages, mut requests, mut shown) = (pages(), 0, Vec::new());
    loop {
        let path = match pages.next_path() {
            Ok(Some(path)) => path,
            Ok(None) => return (Ok(shown), requests),
            Err(error) => return (Err(error), requests),
        };
        requests += 1;
        let day = |name: &str| {
            let (_, rest) = path.split_once(&format!("{name}="))?;
            jiff::civil::Date::strptime("%Y%m%d", &rest[..8]).ok()
        };
        let days = day("startDay").zip(day("endDay"));
        let is_taken = days.map_or(undated, |(from, to)| i64::from(from.until(to).unwrap().get_days()) < widest);
        if !is_taken {
            if pages.reject() {
                continue;
            }
            return (Err(Error::Unexpected("refused".into())), requests);
        }
        let is_in = |id: &&u64| {
            let at = Timestamp::from_second(start(**id)).unwrap().to_zoned(TimeZone::UTC).date();
            days.is_none_or(|(from, to)| (from..=to).contains(&at))
        };
        let items: Vec<Value> =
            all.iter().filter(is_in).map(|id| json!({"labelId": id + 1, "startTime": start(*id)})).collect();
        let data = match items.is_empty() {
            true => json!({"count": 0}),
            false => json!({"count": items.len(), "totalPage": 1, "dataList": items}),
        };
        if let Some(page) = pages.read(&data).unwrap() {
            shown.extend(page.activities.iter().map(|one| one.activity.id.parse::<u64>().unwrap() - 1));
        }
    }
}

#[test]
fn a_rejected_wide_range_is_listed_in_narrower_ones() {
    let all: Vec<u64> = (0..6).collect();
    let (shown, requests) = walked(i64::MAX, false);
    assert_eq!((shown.unwrap(), requests), (all.clone(), 1));
    let (shown, requests) = walked(366, true);
    assert_eq!((shown.unwrap(), requests), (all.clone(), 1 + 37), "in years");
    let (shown, requests) = walked(100, true);
    assert_eq!((shown.unwrap(), requests), (all.clone(), 3), "without days");
    let (shown, requests) = walked(31, false);
    assert_eq!(shown.unwrap(), all, "in months");
    assert!(requests > 400, "{requests}");
    let (shown, requests) = walked(5, false);
    assert!(shown.is_err() && requests == 4, "{requests}");
}

#[test]
fn unreadable_pages_end_the_listing() {
    let mut pages = pages();
    let nameless = json!({"dataList": [{"x": 1}]});
    assert!((0..50).any(|_| pages.read(&nameless).is_err()));
}
