//! intervals.icu's list of activities: paging, and reading entries. Pure.
//!
//! The list has no pages: a request names the oldest and the newest local time and the most entries that it wants, and
//! gets the newest of them. So each request ends where the entries of the one before ended, and the list is at its end
//! when a request brings nothing new. A deletion or an addition meanwhile shifts nothing, because a place in the list
//! is a time.

use std::collections::HashSet;

use jiff::civil::{Date, DateTime, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::ID;
use super::api::{self, error_text, text};
use crate::activity::{Activity, Numbers, NumbersSource};
use crate::http::{Response, form};
use crate::platform::{Error, ListedActivity, Page, Result, Window, lenient_json};
use crate::sport;
use crate::walk::{Notice, Skip, Skipped};

/// The most entries per request. An entry has about 900 bytes with these fields.
const LIMIT: usize = 1000;
/// A limit above the number of requests for any history: a server that ignores `newest` must not cause an endless loop.
const MOST_PAGES: u32 = 1000;
/// FIT's clock begins on 1989-12-31, so no recording is older, not even one of a watch that never knew the time.
const FIRST_DAY: Date = date(1989, 12, 1);
/// The service's times are local, ours are UTC: this much more is requested on either side, and filtered here.
const PADDING: SignedDuration = SignedDuration::from_hours(48);
/// The fields that are read, and those that a later version may need: with all of them an entry has ten times the size.
const FIELDS: &str = "id,start_date,start_date_local,timezone,type,sub_type,name,description,moving_time,elapsed_time,\
    icu_recording_time,distance,icu_distance,total_elevation_gain,average_heartrate,max_heartrate,\
    icu_average_watts,average_speed,calories,device_name,external_id,\
    file_type,file_sport_index,source,oauth_client_name,created,icu_sync_date,gear,trainer,_note";
/// Makers of devices, by their FIT names, with which names of devices begin.
const MAKERS: [&str; 9] = ["garmin", "coros", "wahoo", "polar", "suunto", "zwift", "hammerhead", "bryton", "zepp"];

/// Reads the list, newest first.
pub struct Pages {
    window: Window,
    oldest: DateTime,
    newest: DateTime,
    pages: u32,
    seen: HashSet<String>,
    skipped: Skipped,
    strava_starts: Vec<DateTime>,
    ended: bool,
}

impl Pages {
    /// Reads the part of the list in `window`.
    pub fn new(window: Window, now: Timestamp) -> Pages {
        let civil = |time: Timestamp| time.to_zoned(TimeZone::UTC).datetime();
        let before = |time: Timestamp| time.checked_sub(PADDING).unwrap_or(Timestamp::MIN);
        let after = |time: Timestamp| time.checked_add(PADDING).unwrap_or(Timestamp::MAX);
        let first = FIRST_DAY.at(0, 0, 0, 0);
        Pages {
            oldest: window.since.map_or(first, |since| civil(before(since)).max(first)),
            newest: civil(after(window.until.map_or(now, |until| until.min(now)))),
            window,
            pages: 0,
            seen: HashSet::new(),
            skipped: Skipped::default(),
            strava_starts: Vec::new(),
            ended: false,
        }
    }

    /// The query of the next request; `None` at the end.
    pub fn next_query(&mut self) -> Result<Option<String>> {
        if self.ended || self.newest < self.oldest {
            self.ended = true;
            return Ok(None);
        }
        if self.pages >= MOST_PAGES {
            return Err(Error::Unexpected(format!(
                "intervals.icu: the activity list does not end after {MOST_PAGES} requests"
            )));
        }
        let time = |time: DateTime| time.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        let (oldest, newest, limit) = (time(self.oldest), time(self.newest), LIMIT.to_string());
        Ok(Some(form(&[("oldest", &oldest), ("newest", &newest), ("limit", &limit), ("fields", FIELDS)])))
    }

    /// Whether the end of the list was reached.
    pub fn is_at_end(&self) -> bool {
        self.ended
    }

    /// The entries that are no activities of their own, by reason.
    pub fn skipped(&self) -> Vec<Notice> {
        self.skipped.notices()
    }

    /// The local starts of the activities from Strava on the pages so far: where one begins, nothing may be uploaded.
    pub fn take_strava_starts(&mut self) -> Vec<DateTime> {
        std::mem::take(&mut self.strava_starts)
    }

    /// Reads the response to the last request. `None`: it has nothing to pass on.
    pub fn read(&mut self, response: &Response) -> Result<Option<Page>> {
        let items = parse(response)?;
        self.pages += 1;
        let before = self.seen.len();
        let mut page = Page::default();
        let legs = Legs::of(&items);
        // Whether the service counts `newest` itself to the answer is not known, so the next request begins a second
        // later. The entries that come twice are known by their ids.
        let after = |time: DateTime| time.checked_add(SignedDuration::from_secs(1)).ok();
        let oldest = items.iter().filter_map(|item| civil(&item["start_date_local"])).min();
        // The next request gets the legs again whose first leg may be on the next page, unless it would be the same one.
        let is_open = |item: &&Value| oldest.is_some_and(|oldest| legs.may_have_earlier_leg_before(item, oldest));
        let open = items.iter().filter(is_open).filter_map(|item| civil(&item["start_date_local"])).max();
        let open = open.filter(|newest| after(*newest).is_some_and(|next| next < self.newest));
        for item in items.iter().filter(|item| open.is_none() || !is_open(item)) {
            self.read_item(item, &legs, &mut page);
        }
        if self.seen.len() == before && open.is_none() {
            self.ended = true;
            return Ok(None);
        }
        let next = open.or(oldest).and_then(after);
        match next.filter(|next| *next < self.newest) {
            Some(next) => self.newest = next,
            None if items.len() < LIMIT => self.ended = true,
            None => {
                let message = "intervals.icu: the activity list does not advance; update garminsync";
                return Err(Error::Unexpected(message.into()));
            }
        }
        let is_empty = page.activities.is_empty() && page.outlines.is_empty() && page.unreadable.is_empty();
        Ok((!is_empty).then_some(page))
    }

    fn read_item(&mut self, item: &Value, legs: &Legs, page: &mut Page) {
        let Some(id) = text(&item["id"]).filter(|id| api::is_id(id)) else {
            // The next request may bring it again.
            if self.seen.insert(item.to_string()) {
                page.unreadable.push("an activity without an id".into());
            }
            return;
        };
        if !self.seen.insert(id.clone()) {
            return;
        }
        if is_from_strava(item, &id) {
            self.skipped.add(Skip::Strava, &id);
            self.strava_starts.extend(civil(&item["start_date_local"]));
            return;
        }
        if legs.has_earlier_leg(item) {
            self.skipped.add(Skip::Leg, &id);
            return;
        }
        let activity = activity(item, id);
        let Some(start) = activity.start_time else {
            page.unreadable.push(format!("activity {}: unreadable start time", activity.id));
            return;
        };
        page.outlines.extend(activity.outline());
        if self.window.contains(start) {
            page.activities.push(ListedActivity { activity, service_json: item.to_string() });
        }
    }
}

/// Whether an entry is the stub of an activity from Strava: the API gives neither its data nor its file. Their ids are
/// Strava's, without the `i` of all others.
fn is_from_strava(item: &Value, id: &str) -> bool {
    let is_stub = item["type"].is_null() && item["start_date"].is_null();
    item["source"] == "STRAVA" || !id.starts_with('i') || is_stub
}

/// The legs of multisport files on a page. Whether their index begins at 0 or 1 is not known, so a leg is a further one
/// if a leg with a lower index began within a day before it.
pub struct Legs(Vec<(u64, DateTime)>);

impl Legs {
    /// The legs among the entries of a list.
    pub fn of(items: &[Value]) -> Legs {
        Legs(items.iter().filter_map(leg).collect())
    }

    fn has_earlier_leg(&self, item: &Value) -> bool {
        leg(item).is_some_and(|(index, start)| {
            self.0.iter().any(|(other, began)| *other < index && is_within_a_day(*began, start))
        })
    }

    /// Whether another leg began within a day of this one.
    pub fn has_other_leg(&self, item: &Value) -> bool {
        leg(item).is_some_and(|(index, start)| {
            let is_near = |began: DateTime| is_within_a_day(began, start) || is_within_a_day(start, began);
            self.0.iter().any(|(other, began)| *other != index && is_near(*began))
        })
    }

    /// Whether the legs before this one may be older than the oldest entry of the page.
    fn may_have_earlier_leg_before(&self, item: &Value, oldest: DateTime) -> bool {
        leg(item).is_some_and(|(index, start)| index > 0 && is_within_a_day(oldest, start))
            && !self.has_earlier_leg(item)
    }
}

fn is_within_a_day(before: DateTime, time: DateTime) -> bool {
    (SignedDuration::ZERO..SignedDuration::from_hours(24)).contains(&time.duration_since(before))
}

fn leg(item: &Value) -> Option<(u64, DateTime)> {
    // Some JSON writers give whole numbers as 1.0.
    let index = item["file_sport_index"].as_f64().filter(|index| *index >= 0.0 && index.fract() == 0.0)?;
    Some((index as u64, civil(&item["start_date_local"])?))
}

/// The entries of a list.
pub fn parse(response: &Response) -> Result<Vec<Value>> {
    match (response.status, lenient_json::parse(&response.body)) {
        (200, Some(Value::Array(items))) => Ok(items),
        (200, Some(_)) => Err(Error::Unexpected("intervals.icu: response without an activity list".into())),
        (200, None) => Err(Error::Unexpected("intervals.icu: the activity list is invalid JSON".into())),
        _ => Err(Error::Unexpected(format!("cannot list activities: {}", error_text(response)))),
    }
}

/// The numbers of an entry.
pub fn numbers(item: &Value) -> Numbers {
    let number = |name: &str| item[name].as_f64();
    let numbers = Numbers {
        avg_heart_rate_bpm: number("average_heartrate"),
        max_heart_rate_bpm: number("max_heartrate"),
        avg_power_w: number("icu_average_watts"),
        ascent_m: number("total_elevation_gain"),
        calories_kcal: number("calories"),
        avg_speed_mps: number("average_speed"),
        numbers_from: None,
    };
    numbers.from_source(NumbersSource::Service)
}

fn activity(item: &Value, id: String) -> Activity {
    let platform_sport = text(&item["type"]);
    let mapped = platform_sport.as_deref().and_then(sport::from_intervals);
    let start_time = item["start_date"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let start_time = start_time.or_else(|| start_of_local(item));
    let device = text(&item["device_name"]);
    Activity {
        platform: ID.into(),
        id,
        name: text(&item["name"]),
        sport: mapped.map(|(sport, _)| sport.to_owned()),
        sub_sport: mapped.and_then(|(_, sub_sport)| sub_sport).map(str::to_owned),
        platform_sport,
        start_time,
        utc_offset_s: start_time.zip(civil(&item["start_date_local"])).and_then(|(start, local)| offset(start, local)),
        timer_time_s: positive(&item["icu_recording_time"]).or_else(|| positive(&item["moving_time"])),
        elapsed_time_s: positive(&item["elapsed_time"]),
        distance_m: positive(&item["distance"]).or_else(|| positive(&item["icu_distance"])),
        manufacturer: device.as_deref().and_then(maker).map(str::to_owned),
        device,
        manual: item["source"] == "MANUAL",
    }
}

/// The start by the local time and the time zone, for an entry without a start in UTC: every field may be missing.
fn start_of_local(item: &Value) -> Option<Timestamp> {
    let zone = TimeZone::get(item["timezone"].as_str()?).ok()?;
    civil(&item["start_date_local"])?.to_zoned(zone).ok().map(|zoned| zoned.timestamp())
}

/// The maker with whose name a device's name begins: "Garmin Forerunner 265".
fn maker(device: &str) -> Option<&'static str> {
    let first = device.split_whitespace().next()?.to_ascii_lowercase();
    MAKERS.into_iter().find(|maker| *maker == first)
}

fn positive(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| *number > 0.0)
}

/// A local time without an offset.
fn civil(value: &Value) -> Option<DateTime> {
    value.as_str()?.get(..19)?.parse().ok()
}

/// Local time minus UTC, because the name of a time zone may be missing or unknown here.
fn offset(start: Timestamp, local: DateTime) -> Option<i32> {
    let local = local.to_zoned(TimeZone::UTC).ok()?.timestamp();
    i32::try_from(local.as_second() - start.as_second()).ok().filter(|seconds| seconds.abs() <= 18 * 3600)
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
