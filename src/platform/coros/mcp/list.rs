//! The list of activities: which lists are requested, and how their records become activities. Pure.
//!
//! The list has no device and no offset from UTC, and its distances are rounded. Where the catalogue knows better values,
//! from the list of the Training Hub, they stay: so a change of the access changes no activity.

use std::collections::HashMap;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::ID;
use super::days::{DayRanges, Days, LIMIT, RangeVerdict};
use super::records::ListedRecord;
use crate::activity::Activity;
use crate::platform::{Error, ListedActivity, Page, Result, Window};
use crate::sport;

/// FIT's clock begins here, so no recording is older.
const FIRST_DAY: Date = date(1989, 12, 31);
/// The service's days are local, ours are UTC: this much more is requested on either side, and filtered here.
const PADDING: SignedDuration = SignedDuration::from_hours(48);
/// A limit above the number of lists of any history.
const MOST_LISTS: u32 = 2000;
/// The list has distances to ten metres.
const ROUNDED_M: f64 = 10.0;
/// Two times of one activity that differ by at most this are the same, in seconds.
const ROUNDED_S: f64 = 1.5;

/// Start and end in seconds since 1970.
type TimeWindow = Option<(i64, i64)>;
/// Looks up an activity that is already known.
pub type Known<'a> = &'a dyn Fn(&str) -> Option<Activity>;

/// The lists of one listing, the newest first.
pub struct Lists {
    window: Window,
    ranges: DayRanges,
    /// The activities so far: ranges overlap where the service's days are not ours.
    seen: HashMap<String, (Date, TimeWindow)>,
    count: u32,
}

impl Lists {
    /// The lists of all activities in `window`.
    pub fn new(window: Window, now: Timestamp) -> Lists {
        let day = |time: Timestamp| time.to_zoned(TimeZone::UTC).date();
        let before = |time: Timestamp| time.checked_sub(PADDING).unwrap_or(Timestamp::MIN);
        let after = |time: Timestamp| time.checked_add(PADDING).unwrap_or(Timestamp::MAX);
        let to = day(after(window.until.map_or(now, |until| until.min(now))));
        let from = window.since.map_or(FIRST_DAY, |since| day(before(since)).max(FIRST_DAY));
        Lists { window, ranges: DayRanges::new(from, to), seen: HashMap::new(), count: 0 }
    }

    /// The days of the next list; `None` at the end.
    pub fn next_days(&mut self) -> Result<Option<Days>> {
        self.count += 1;
        if self.count > MOST_LISTS {
            return Err(Error::Unexpected(format!(
                "COROS: the list of activities does not end after {MOST_LISTS} requests"
            )));
        }
        Ok(self.ranges.current())
    }

    /// The service rejected the last days, perhaps as too many. Returns whether fewer can be tried.
    pub fn reject(&mut self) -> bool {
        self.ranges.reject()
    }

    /// Reads the list of the last days. `None`: it has no new activities, or it may be cut and is requested in parts.
    pub fn read(&mut self, records: Vec<ListedRecord>, known: Known) -> Result<Option<Page>> {
        match self.ranges.read(records.len()) {
            RangeVerdict::Complete => {}
            RangeVerdict::Halved => return Ok(None),
            RangeVerdict::Cut => {
                return Err(Error::Unexpected(format!(
                    "COROS: the list of a single day may be incomplete: it has {} activities",
                    records.len()
                )));
            }
        }
        let mut page = Page::default();
        for record in records {
            let times = (record.day, record.window);
            match self.seen.insert(record.label_id.clone(), times) {
                Some(before) if before == times => continue,
                // One of the two is another activity that has lost its id.
                Some(_) => {
                    return Err(Error::Unexpected(format!(
                        "COROS: two lists have activity {} at different times, so nothing is concluded from them",
                        record.label_id
                    )));
                }
                None => {}
            }
            let activity = activity(&record, known(&record.label_id));
            let Some(start) = activity.start_time else {
                page.unreadable.push(format!("activity {}: no start time", activity.id));
                continue;
            };
            page.outlines.extend(activity.outline());
            if self.window.contains(start) {
                page.activities.push(ListedActivity { activity, service_json: json_of(&record).to_string() });
            }
        }
        let is_empty = page.outlines.is_empty() && page.unreadable.is_empty();
        Ok((!is_empty).then_some(page))
    }
}

/// The arguments of the tool. Its schema calls all of them required, and the service takes null (public clients, August
/// and September 2026). The newer `timezone` is optional and not sent: older schemas do not have it.
pub fn arguments(days: &Days) -> Value {
    let day = |date: Date| date.strftime("%Y%m%d").to_string();
    json!({
        "startDate": day(days.from), "endDate": day(days.to), "limit": LIMIT, "sportTypeCodes": null,
        "minDistanceKm": null, "maxDistanceKm": null, "minDurationMinutes": null, "maxDurationMinutes": null,
        "maxAveragePace": null, "locationKeyword": null,
    })
}

/// The activity of a record; `known`: the same one as the catalogue has it.
fn activity(record: &ListedRecord, known: Option<Activity>) -> Activity {
    let names = record.sport.parse().ok().and_then(sport::from_coros);
    // The list repeats the sport if there is no name.
    let location = record.location.clone().filter(|name| !name.is_empty());
    let name = match &known {
        Some(known) if location.as_ref().is_none_or(|name| *name == record.title) => known.name.clone(),
        _ => location,
    };
    let known = known.unwrap_or_default();
    let start = record.window.and_then(|(start, _)| start_of(start));
    let elapsed = record.window.map(|(start, end)| (end - start) as f64);
    Activity {
        platform: ID.into(),
        id: record.label_id.clone(),
        name,
        sport: names.map(|(sport, _)| sport.to_owned()),
        sub_sport: names.and_then(|(_, sub_sport)| sub_sport).map(str::to_owned),
        platform_sport: Some(record.sport.clone()),
        start_time: start.or(known.start_time),
        utc_offset_s: known.utc_offset_s,
        timer_time_s: finer(record.duration_s.map(f64::from), known.timer_time_s, ROUNDED_S),
        elapsed_time_s: finer(elapsed, known.elapsed_time_s, ROUNDED_S),
        distance_m: finer(record.distance_m, known.distance_m, ROUNDED_M),
        manufacturer: known.manufacturer,
        device: known.device,
        manual: false,
    }
}

/// The known value if the listed one is the same, rounded; the listed one otherwise. Values of 0 are unknown.
fn finer(listed: Option<f64>, known: Option<f64>, rounded: f64) -> Option<f64> {
    match (listed.filter(|value| *value > 0.0), known) {
        (Some(listed), Some(known)) if (listed - known).abs() < rounded => Some(known),
        // The list omits what it would round to zero.
        (None, known) => known,
        (listed, _) => listed,
    }
}

/// A start in seconds since 1970. A time on the first day of 1970 was never set.
fn start_of(seconds: i64) -> Option<Timestamp> {
    let seconds = Some(seconds).filter(|seconds| (86_400..=100_000_000_000).contains(seconds))?;
    Timestamp::from_second(seconds).ok()
}

/// The record as JSON, with the names of the service where it has them.
pub fn json_of(record: &ListedRecord) -> Value {
    json!({
        "labelId": record.label_id, "sportType": record.sport, "day": record.day.to_string(), "title": record.title,
        "location": record.location, "startTimestamp": record.window.map(|(start, _)| start),
        "endTimestamp": record.window.map(|(_, end)| end), "duration_s": record.duration_s,
        "distance_m": record.distance_m, "avg_heart_rate_bpm": record.avg_heart_rate_bpm,
        "calories_kcal": record.calories_kcal,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: &str, start: i64) -> ListedRecord {
        ListedRecord {
            label_id: id.into(),
            day: date(2026, 9, 21),
            sport: "102".into(),
            title: "Trail Run".into(),
            location: Some("Millbrook".into()),
            window: Some((start, start + 2700)),
            duration_s: Some(2650),
            distance_m: Some(8020.0),
            ..ListedRecord::default()
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_record_has_the_fields_of_the_training_hub() {
        let read = activity(&record("48", 1_789_977_600), None);
        assert_eq!((read.sport.as_deref(), read.sub_sport.as_deref()), (Some("running"), Some("trail")));
        assert_eq!(read.platform_sport.as_deref(), Some("102"));
        assert_eq!(read.start_time, Some(at("2026-09-21T08:00:00Z")));
        assert_eq!(
            (read.timer_time_s, read.elapsed_time_s, read.distance_m),
            (Some(2650.0), Some(2700.0), Some(8020.0))
        );
        assert_eq!((read.name.as_deref(), read.device, read.utc_offset_s), (Some("Millbrook"), None, None));
        let custom = ListedRecord { sport: "65535".into(), ..record("48", 1_789_977_600) };
        assert_eq!(activity(&custom, None).platform_sport.as_deref(), Some("65535"));
    }

    #[test]
    fn values_that_are_known_better_stay() {
        let hub = Activity {
            platform: ID.into(),
            id: "48".into(),
            name: Some("Millbrook".into()),
            sport: Some("running".into()),
            sub_sport: Some("trail".into()),
            platform_sport: Some("102".into()),
            start_time: Some(at("2026-09-21T08:00:00Z")),
            utc_offset_s: Some(7200),
            timer_time_s: Some(2650.0),
            elapsed_time_s: Some(2701.0),
            distance_m: Some(8023.45),
            manufacturer: Some("coros".into()),
            device: Some("COROS PACE 3".into()),
            manual: false,
        };
        let listed = record("48", 1_789_977_600);
        assert_eq!(activity(&listed, Some(hub.clone())), hub);
        let repeated = ListedRecord { location: Some("Trail Run".into()), ..listed.clone() };
        assert_eq!(activity(&repeated, Some(hub.clone())), hub, "the sport in place of the name");
        assert_eq!(activity(&repeated, None).name.as_deref(), Some("Trail Run"));
        let changed = ListedRecord { distance_m: Some(9000.0), location: Some("Evening".into()), ..listed };
        let read = activity(&changed, Some(hub));
        assert_eq!((read.distance_m, read.name.as_deref()), (Some(9000.0), Some("Evening")));
    }

    #[test]
    fn a_page_has_the_activities_of_the_window_and_the_outlines_of_all() {
        let window = Window { since: Some(at("2026-09-21T08:00:00Z")), until: Some(at("2026-09-22T08:00:00Z")) };
        let mut lists = Lists::new(window, at("2026-11-29T00:00:00Z"));
        assert_eq!(lists.next_days().unwrap(), Some(Days { from: date(2026, 9, 19), to: date(2026, 9, 24) }));
        let all = vec![record("2", 1_790_064_000), record("1", 1_789_977_600), record("0", 1_789_977_599)];
        let page = lists.read(all, &|_| None).unwrap().unwrap();
        assert_eq!((page.activities.len(), page.outlines.len()), (1, 3));
        assert_eq!(page.activities[0].activity.id, "1");
        assert!(page.activities[0].service_json.contains("\"labelId\":\"1\""));
        assert_eq!(lists.next_days().unwrap(), None);
    }

    #[test]
    fn an_activity_without_a_start_is_unreadable_unless_the_start_is_known() {
        let start = Some(at("2026-09-21T08:00:00Z"));
        let known = |id: &str| (id == "1").then(|| Activity { start_time: start, ..Activity::default() });
        let mut lists = Lists::new(Window::default(), at("2026-09-25T00:00:00Z"));
        let without = |id| ListedRecord { window: None, ..record(id, 0) };
        let page = lists.read(vec![without("1"), without("2"), record("3", 5)], &known).unwrap().unwrap();
        assert_eq!(page.activities.len(), 1);
        assert_eq!(page.unreadable, ["activity 2: no start time", "activity 3: no start time"]);
    }

    #[test]
    fn an_activity_in_two_lists_counts_once_and_has_the_same_times_in_both() {
        let listed = |second: ListedRecord| {
            let mut lists = Lists::new(Window::default(), at("2026-09-25T00:00:00Z"));
            lists.read(vec![record("1", 1_789_977_600)], &|_| None).unwrap();
            lists.read(vec![second], &|_| None)
        };
        assert!(listed(record("1", 1_789_977_600)).unwrap().is_none());
        assert_eq!(listed(record("2", 1_789_977_600)).unwrap().unwrap().activities.len(), 1);
        assert!(matches!(listed(record("1", 1_789_963_200)), Err(Error::Unexpected(_))));
    }

    #[test]
    fn a_list_that_may_be_cut_gives_no_page() {
        let mut lists = Lists::new(Window::default(), at("2026-09-25T00:00:00Z"));
        let many = || (0..20).map(|id| record(&id.to_string(), 1_789_977_600 + id)).collect::<Vec<_>>();
        let before = lists.next_days().unwrap().unwrap();
        assert!(lists.read(many(), &|_| None).unwrap().is_none());
        let after = lists.next_days().unwrap().unwrap();
        assert!(after.to == before.to && after.from > before.from);
    }

    #[test]
    fn all_filters_are_sent_and_empty() {
        let arguments = arguments(&Days { from: date(2026, 9, 1), to: date(2026, 9, 30) });
        assert_eq!((&arguments["startDate"], &arguments["endDate"]), (&json!("20260901"), &json!("20260930")));
        assert_eq!(arguments.as_object().unwrap().len(), 10);
        assert_eq!(arguments["limit"], 500);
    }
}
