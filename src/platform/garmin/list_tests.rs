//! Entries as Garmin sent them between 2018 and 2026, with invented values.

use super::*;
use serde_json::json;

fn response(status: u16, body: impl Into<Vec<u8>>) -> Response {
    Response { status, headers: Vec::new(), body: body.into() }
}

fn page_of(ids: &[u64]) -> Response {
    let items: Vec<Value> =
        ids.iter().map(|id| json!({"activityId": id, "startTimeGMT": "2026-01-01 00:00:00"})).collect();
    response(200, serde_json::to_vec(&items).unwrap())
}

#[test]
fn an_entry_of_2026_is_read() {
    let item = json!({
        "activityId": 21_482_825_013_u64, "activityName": "Somewhere - Base",
        "startTimeLocal": "2026-01-08 08:10:21", "startTimeGMT": "2026-01-08 14:10:21",
        "activityType": {"typeId": 6, "typeKey": "trail_running", "parentTypeId": 1},
        "distance": 4261.18994140625, "duration": 2223.326904296875, "elapsedDuration": 2225.44091796875,
        "beginTimestamp": 1_767_881_421_000_i64, "deviceId": 1_000_001, "manufacturer": "GARMIN",
        "manualActivity": false, "parent": false
    });
    let activity = activity(&"garmin-com".into(), &item).unwrap();
    assert_eq!(activity.id, "21482825013");
    assert_eq!(activity.start_time.unwrap().to_string(), "2026-01-08T14:10:21Z");
    assert_eq!(activity.utc_offset_s, Some(-21600));
    assert_eq!((activity.sport.as_deref(), activity.sub_sport.as_deref()), (Some("running"), Some("trail")));
    assert_eq!((activity.timer_time_s, activity.elapsed_time_s), (Some(2223.326904296875), Some(2225.44091796875)));
    assert_eq!((activity.manufacturer.as_deref(), activity.device.as_deref()), (Some("garmin"), Some("1000001")));
}

#[test]
fn an_entry_of_2021_with_nulls_and_milliseconds_is_read() {
    let item = json!({
        "activityId": 6_588_349_056_u64, "activityName": "Bike-Walk-Bike", "description": null,
        "startTimeLocal": "2021-04-11 11:50:49", "startTimeGMT": "2021-04-11 09:50:49",
        "activityType": {"typeId": 89, "typeKey": "multi_sport", "parentTypeId": 17},
        "distance": 38351.40899467468, "duration": 10226.370854377747, "elapsedDuration": 11183693.120002747,
        "beginTimestamp": null, "deviceId": 1_000_001, "parent": true, "manualActivity": false
    });
    let activity = activity(&"garmin-com".into(), &item).unwrap();
    assert_eq!(activity.elapsed_time_s, Some(11183.693120002747));
    assert_eq!((activity.sport.as_deref(), activity.utc_offset_s), (Some("multisport"), Some(7200)));
}

#[test]
fn a_watch_that_was_not_stopped_is_not_in_milliseconds() {
    let elapsed = |duration: f64, elapsed: f64| {
        activity(&"garmin-com".into(), &json!({"activityId": 1, "duration": duration, "elapsedDuration": elapsed}))
            .unwrap()
            .elapsed_time_s
    };
    assert_eq!(elapsed(60.0, 7300.0), Some(7300.0));
    assert_eq!(elapsed(3459.3, 4_677_150.9), Some(4_677_150.9 / 1000.0));
    assert_eq!(elapsed(2627.38, 2_627_379.88), Some(2627.37988));
}

#[test]
fn an_entry_with_only_an_id_is_an_activity() {
    let sparse = activity(&"garmin-com".into(), &json!({"activityId": "7"})).unwrap();
    assert_eq!(sparse, Activity { platform: "garmin-com".into(), id: "7".into(), ..Activity::default() });
    let nulls = json!({"activityId": 7, "activityName": null, "activityType": null, "startTimeGMT": null, "distance": null, "deviceId": null});
    assert_eq!(activity(&"garmin-com".into(), &nulls).unwrap(), sparse);
    assert!(activity(&"garmin-com".into(), &json!({"activityId": null})).is_none());
    assert!(activity(&"garmin-com".into(), &json!("text")).is_none());
}

#[test]
fn an_unknown_type_is_kept() {
    let item = json!({"activityId": 1, "activityType": {"typeKey": "underwater_chess"}, "deviceId": 0});
    let activity = activity(&"garmin-com".into(), &item).unwrap();
    assert_eq!(
        (activity.sport, activity.platform_sport.as_deref(), activity.device),
        (None, Some("underwater_chess"), None)
    );
}

#[test]
fn the_start_comes_from_the_epoch_when_the_text_is_missing() {
    let item =
        json!({"activityId": 1, "beginTimestamp": 1_767_881_421_000_i64, "startTimeLocal": "2026-01-08T20:10:21.0"});
    let activity = activity(&"garmin-com".into(), &item).unwrap();
    assert_eq!(activity.start_time.unwrap().to_string(), "2026-01-08T14:10:21Z");
    assert_eq!(activity.utc_offset_s, Some(21600));
}

#[test]
fn a_date_before_1970_is_a_start() {
    let start = |item: Value| activity(&"garmin-com".into(), &item).unwrap().start_time.map(|start| start.to_string());
    let typed =
        json!({"activityId": 1, "startTimeGMT": "1969-10-19 02:00:00", "startTimeLocal": "1969-10-19 03:00:00"});
    assert_eq!(start(typed.clone()).as_deref(), Some("1969-10-19T02:00:00Z"));
    assert_eq!(activity(&"garmin-com".into(), &typed).unwrap().utc_offset_s, Some(3600));
    let epoch = json!({"activityId": 1, "beginTimestamp": -6_300_000_000_i64});
    assert_eq!(start(epoch).as_deref(), Some("1969-10-20T02:00:00Z"));
    assert_eq!(
        start(json!({"activityId": 1, "startTimeGMT": "1936-08-09 15:00:00"})).as_deref(),
        Some("1936-08-09T15:00:00Z")
    );
    for never in [
        "1970-01-01 00:00:00",
        "1969-12-31 16:00:00",
        "1970-01-01 14:00:00",
        "0001-01-01 00:00:00",
        "1900-01-01 00:00:00",
    ] {
        assert_eq!(start(json!({"activityId": 1, "startTimeGMT": never})), None, "{never}");
    }
}

/// Lists from a service with `entries`; after each request `change` may delete or add entries.
fn walk(entries: Vec<u64>, cap: usize, mut change: impl FnMut(usize, &mut Vec<u64>)) -> (Vec<u64>, Vec<usize>) {
    let mut entries = entries;
    let (mut got, mut starts) = (Vec::new(), Vec::new());
    let mut pages = Pages::new("garmin-com", Window::default(), WEB_PAGES);
    while let Some(path) = pages.next_path().unwrap() {
        let start: usize = path.split("start=").nth(1).unwrap().split('&').next().unwrap().parse().unwrap();
        starts.push(start);
        let shown: Vec<u64> = entries.iter().copied().skip(start).take(cap).collect();
        if let Some(page) = pages.read(&page_of(&shown)).unwrap() {
            got.extend(page.activities.iter().map(|listed| listed.activity.id.parse::<u64>().unwrap()));
        }
        change(starts.len(), &mut entries);
        assert!(starts.len() < 400);
    }
    (got, starts)
}

#[test]
fn the_list_ends_with_an_empty_page_and_pages_overlap_by_one() {
    let all: Vec<u64> = (0..230).collect();
    assert_eq!(walk(all.clone(), 100, |_, _| {}), (all, vec![0, 99, 198, 229]));
    assert_eq!(walk(Vec::new(), 100, |_, _| {}), (vec![], vec![0]));
    assert_eq!(walk(vec![7], 100, |_, _| {}), (vec![7], vec![0, 0, 1]));
}

#[test]
fn an_id_is_listed_once_although_entries_arrive_meanwhile() {
    let (got, _) = walk((0..250).collect(), 100, |request, entries| {
        if request < 5 {
            entries.insert(0, 1000 + request as u64);
        }
    });
    assert_eq!(got, (0..250).collect::<Vec<_>>());
}

#[test]
fn a_deletion_meanwhile_hides_no_other_entry() {
    for victims in 1..150 {
        let (got, _) = walk((0..400).collect(), 100, |request, entries| {
            if request == 2 {
                entries.drain(..victims);
            }
        });
        assert_eq!(got, (0..400).collect::<Vec<_>>(), "{victims} deleted");
    }
}

#[test]
fn an_empty_page_where_entries_were_is_no_end() {
    const FORM: PageForm = PageForm { limit: 40, smaller: Some(20), parameters: &[] };
    // Of 120 entries, the service shows none from this place on: always, or after this number of pages.
    for (hidden_from, after) in [(50, 0), (60, 0), (78, 0), (0, 1), (0, 2), (39, 1), (30, 2)] {
        let mut pages = Pages::new("garmin-com", Window::default(), FORM);
        let mut requests = 0;
        let error = loop {
            let path = pages.next_path().unwrap().expect("the list is called complete");
            let start: usize = path.split("start=").nth(1).unwrap().split('&').next().unwrap().parse().unwrap();
            let is_hidden = requests >= after && start >= hidden_from;
            requests += 1;
            let shown: Vec<u64> = if is_hidden { Vec::new() } else { (0..120).skip(start).take(40).collect() };
            if let Err(error) = pages.read(&page_of(&shown)) {
                break error;
            }
        };
        assert!(matches!(error, Error::Retry { platform_wide: true, .. }), "{hidden_from} {after}: {error}");
        assert!(requests < 12, "{hidden_from} {after}: {requests} requests");
    }
}

#[test]
fn a_list_that_ends_earlier_than_before_is_complete() {
    // The oldest entries are deleted meanwhile, to any length, also a multiple of the page.
    for (count, left) in (101..230).flat_map(|count| (1..count as usize).step_by(3).map(move |left| (count, left))) {
        let (got, _) = walk((0..count).collect(), 100, |request, entries| {
            if request == 2 {
                entries.truncate(left);
            }
        });
        let kept: Vec<u64> = got.into_iter().filter(|id| *id < left as u64).collect();
        assert_eq!(kept, (0..left as u64).collect::<Vec<_>>(), "{count} {left}");
    }
}

#[test]
fn a_service_that_limits_its_pages_hides_no_entry() {
    for cap in [1, 2, 3, 20, 99] {
        assert_eq!(walk((0..120).collect(), cap, |_, _| {}).0, (0..120).collect::<Vec<_>>(), "{cap} a page");
    }
}

#[test]
fn a_page_that_fails_is_requested_once_more_with_fewer_entries_and_hides_none() {
    const FORM: PageForm = PageForm { limit: 40, smaller: Some(20), parameters: &[("excludeChildren", "true")] };
    // At each of the pages, with deletions just before it, so that the smaller pages repeat known entries.
    for (failing, victims) in [(0, 0), (1, 0), (2, 1), (2, 35), (2, 70), (3, 50)] {
        let mut entries: Vec<u64> = (0..300).collect();
        let mut pages = Pages::new("garmin-com", Window::default(), FORM);
        let (mut got, mut requests) = (Vec::new(), 0);
        while let Some(path) = pages.next_path().unwrap() {
            let number =
                |name: &str| -> usize { path.split(name).nth(1).unwrap().split('&').next().unwrap().parse().unwrap() };
            let (start, limit) = (number("start="), number("limit="));
            assert!(path.contains("&excludeChildren=true"), "{path}");
            if requests == failing && limit == 40 {
                entries.drain(..victims);
                assert!(pages.read(&response(500, "")).is_err() && pages.shrink());
                continue;
            }
            requests += 1;
            assert_eq!(limit, if requests > failing { 20 } else { 40 });
            let shown: Vec<u64> = entries.iter().copied().skip(start).take(limit).collect();
            if let Some(page) = pages.read(&page_of(&shown)).unwrap() {
                got.extend(page.activities.iter().map(|listed| listed.activity.id.parse::<u64>().unwrap()));
            }
        }
        assert!(!pages.shrink());
        assert_eq!(got, (0..300).collect::<Vec<_>>(), "page {failing}, {victims} deleted");
    }
}

#[test]
fn an_activity_is_entered_by_hand_under_either_name() {
    let manual = |item: Value| activity(&"garmin-com".into(), &item).unwrap().manual;
    assert!(manual(json!({"activityId": 1, "isManualActivity": true})));
    assert!(manual(json!({"activityId": 1, "manualActivity": true, "isManualActivity": false})));
    assert!(!manual(json!({"activityId": 1, "manualActivity": false, "isManualActivity": null})));
}

#[test]
fn a_server_that_ignores_the_offset_is_an_error() {
    let mut pages = Pages::new("garmin-com", Window::default(), WEB_PAGES);
    let all: Vec<u64> = (0..100).collect();
    assert!((0..50).any(|_| pages.read(&page_of(&all)).is_err()));
    let mut pages = Pages::new("garmin-com", Window::default(), WEB_PAGES);
    let nameless = response(200, r#"[{"x":1},{"x":2}]"#);
    assert!((0..50).any(|_| pages.read(&nameless).is_err()), "of entries without an id as well");
}

#[test]
fn a_window_is_requested_a_day_wider_and_filtered_exactly() {
    let time = |text: &str| Some(text.parse().unwrap());
    let window = Window { since: time("2026-01-08T12:00:00Z"), until: time("2026-01-09T00:00:00Z") };
    let mut pages = Pages::new("garmin-com", window, WEB_PAGES);
    assert!(pages.next_path().unwrap().unwrap().ends_with("&startDate=2026-01-07&endDate=2026-01-10"));
    let items = json!([
        {"activityId": 3, "startTimeGMT": "2026-01-09 00:00:00"},
        {"activityId": 2, "startTimeGMT": "2026-01-08 12:00:00"},
        {"activityId": 1, "startTimeGMT": "2026-01-08 11:59:59"}
    ]);
    let page = pages.read(&response(200, items.to_string())).unwrap().unwrap();
    assert_eq!(page.activities.iter().map(|l| l.activity.id.as_str()).collect::<Vec<_>>(), ["2"]);
}

#[test]
fn an_invalid_list_is_not_an_empty_one() {
    for (status, body) in
        [(200, "<html>maintenance</html>"), (200, r#"{"error":"x"}"#), (200, ""), (403, "{}"), (503, "")]
    {
        let mut pages = Pages::new("garmin-com", Window::default(), WEB_PAGES);
        assert!(pages.read(&response(status, body)).is_err(), "{status} {body}");
    }
}
