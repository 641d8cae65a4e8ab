//! Garmin's list of activities: paging, and reading entries. Pure.
//!
//! Every field but the id may be missing or null: since 2026 null fields are omitted, before that they were sent
//! (garth's and garmin-connect-export's recordings). The list is newest first by local time and ends with an empty
//! page, not with a short one. While it is read, added and deleted entries shift the others.

use std::collections::{BTreeSet, HashSet};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::block_page;
use crate::activity::{Activity, Numbers, NumbersSource, PlatformId};
use crate::http::{Response, form};
use crate::platform::{Error, ListedActivity, Page, Result, Window, lenient_json};
use crate::sport;

/// The form of a list's requests.
#[derive(Debug, Clone, Copy)]
pub struct PageForm {
    /// Entries per page.
    pub limit: usize,
    /// Entries per page after the service has failed to return a page of `limit` entries.
    pub smaller: Option<usize>,
    /// Further parameters.
    pub parameters: &'static [(&'static str, &'static str)],
}

/// The pages of the web access. Larger ones work up to an undocumented limit; most clients use this one.
pub const WEB_PAGES: PageForm = PageForm { limit: 100, smaller: None, parameters: &[] };

/// The maximum number of entries on a page, which is the largest known page (python-garminconnect,
/// garmin-connect-export).
const MOST_ITEMS: usize = 1000;
/// A limit above the number of pages of any history: a server that ignores `start` must not cause an endless loop.
const MOST_PAGES: usize = 2000;
/// The maximum number of pages whose only new entries are unreadable: the service may be sending the same page again
/// and again.
const MOST_UNREADABLE_PAGES: u32 = 10;
/// An elapsed time above this, in an entry without a timer time, is in the milliseconds of older responses.
const PLAUSIBLE_ELAPSED_S: f64 = 30.0 * 86400.0;

/// A start this close to the beginning of 1970, in any zone, was never set.
const NEVER_SET_S: i64 = 86_400;
/// 1900-01-02: earlier dates mean "none" in other systems (0001-01-01, 1900-01-01). Dates after it may be entered by
/// hand, even before 1970.
const EARLIEST_S: i64 = -2_208_902_400;

/// Reads the list page by page.
///
/// Offsets shift while the list is read. A new activity moves entries down, which only repeats some of them. A deletion
/// moves entries up, past the position already read. So each page begins with the last entry of the page before. If it
/// begins with an unknown entry, an activity above it was deleted, and the offset steps back until a page begins with a
/// known entry.
pub struct Pages {
    platform: PlatformId,
    window: Window,
    form: PageForm,
    /// The offset of the next page.
    start: usize,
    /// The entry that the next page should begin with; `None` for the first page, and for the page that should be
    /// empty.
    overlap: Option<String>,
    pages: usize,
    /// The number of pages whose only new entries are unreadable.
    unreadable_pages: u32,
    /// The largest number of entries on a page.
    largest_page: usize,
    steps_back: u32,
    /// The page before was full, and had known entries only: the next page begins with the last of them, and shows
    /// whether the list ends there.
    confirms_end: bool,
    seen: HashSet<String>,
    /// Entries of the last page without a start.
    without_start: Vec<Value>,
    /// The `ownerId`s of the entries.
    owners: BTreeSet<String>,
    ended: bool,
}

/// The maximum number of steps back in one listing.
const MOST_STEPS_BACK: u32 = 20;

impl Pages {
    /// Reads the part of the list in `window`.
    pub fn new(platform: impl Into<PlatformId>, window: Window, form: PageForm) -> Pages {
        Pages {
            platform: platform.into(),
            window,
            form,
            start: 0,
            overlap: None,
            pages: 0,
            unreadable_pages: 0,
            largest_page: 0,
            steps_back: 0,
            confirms_end: false,
            seen: HashSet::new(),
            without_start: Vec::new(),
            owners: BTreeSet::new(),
            ended: false,
        }
    }

    /// The owners of the entries of all pages so far, by the service's user id. Entries may have no owner.
    pub fn owners(&self) -> &BTreeSet<String> {
        &self.owners
    }

    /// The entries without a start of the last page, which the page does not contain. Each is returned once.
    pub fn take_without_start(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.without_start)
    }

    /// Adds an entry without a start to its page: with the given start, or as unreadable if that is `None`.
    pub fn resolve(&self, page: &mut Page, mut item: Value, start: Option<Timestamp>) {
        item["startTimeGMT"] = start.map(|start| start.strftime("%Y-%m-%d %H:%M:%S").to_string()).into();
        match activity(&self.platform, &item) {
            Some(activity) if activity.start_time.is_some() => {
                if activity.start_time.is_some_and(|start| self.window.contains(start)) {
                    page.activities.push(ListedActivity { activity, service_json: item.to_string() });
                }
            }
            _ => page
                .unreadable
                .push(format!("activity {}: unreadable start time", id(&item["activityId"]).unwrap_or_default())),
        }
    }

    /// Path and query of the next page; `None` at the end.
    pub fn next_path(&mut self) -> Result<Option<String>> {
        if self.ended {
            return Ok(None);
        }
        if self.pages >= MOST_PAGES {
            return Err(Error::Unexpected(format!("Garmin: the activity list does not end after {MOST_PAGES} pages")));
        }
        let (start, limit) = (self.start.to_string(), self.form.limit.to_string());
        let mut query = vec![("start", start.as_str()), ("limit", limit.as_str())];
        query.extend(self.form.parameters);
        // The service's dates are local: one more day is requested on either side, and filtered exactly here.
        let day = |time: Timestamp, days: i64| {
            let moved = time.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(time);
            moved.to_zoned(TimeZone::UTC).date().to_string()
        };
        let since = self.window.since.map(|time| day(time, -1));
        let until = self.window.until.map(|time| day(time, 1));
        if let Some(since) = &since {
            query.push(("startDate", since));
        }
        if let Some(until) = &until {
            query.push(("endDate", until));
        }
        Ok(Some(format!("{SEARCH_PATH}?{}", form(&query))))
    }

    /// Whether the page that failed with HTTP 500 is to be requested once more, with fewer entries: the service may fail
    /// because of the size of its page.
    pub fn shrink(&mut self) -> bool {
        let Some(smaller) = self.form.smaller.take() else { return false };
        self.form.limit = smaller;
        // No later page is as long as the earlier ones, and none of them ends the list because of that.
        self.largest_page = 0;
        true
    }

    /// Reads the response to the last path. `None`: it has no new entries.
    pub fn read(&mut self, response: &Response) -> Result<Option<Page>> {
        let items = items(response)?;
        self.pages += 1;
        let is_covered = std::mem::take(&mut self.confirms_end) || self.start == 0;
        if items.is_empty() && is_covered && !self.seen.is_empty() {
            return Err(Error::retry_platform(
                "Garmin: the activity list contradicts itself: a page is empty that had activities just before; try \
                 again later",
            ));
        }
        if items.is_empty() && self.overlap.is_none() {
            self.ended = true;
            return Ok(None);
        }
        let ids: Vec<Option<String>> = items.iter().map(|item| id(&item["activityId"])).collect();
        let is_known = |id: &Option<String>| id.as_ref().is_some_and(|id| self.seen.contains(id));
        if self.overlap.is_some() && !ids.first().is_some_and(is_known) {
            return self.step_back().map(|()| None);
        }
        let before = self.seen.len();
        let page = self.new_entries(&items);
        let is_unreadable = self.seen.len() == before && !page.unreadable.is_empty();
        self.unreadable_pages += u32::from(is_unreadable);
        if self.unreadable_pages > MOST_UNREADABLE_PAGES {
            return Err(Error::Unexpected(format!(
                "Garmin: {MOST_UNREADABLE_PAGES} pages of the activity list are unreadable"
            )));
        }
        let fresh = self.seen.len() > before || is_unreadable;
        if !fresh && items.len() < self.largest_page {
            // A short page without new entries is the end of the list.
            self.ended = true;
            return Ok(None);
        }
        self.largest_page = self.largest_page.max(items.len());
        if !fresh {
            // The list may end after a full page without new entries. The service may also have failed at the pages
            // after it, so the next one begins with an entry that is there. A page of one entry would repeat itself.
            self.confirms_end = items.len() > 1 && ids.last().is_some_and(Option::is_some);
            self.start += items.len() - usize::from(self.confirms_end);
            self.overlap = ids.last().cloned().flatten().filter(|_| self.confirms_end);
            if self.start > self.seen.len() + 10 * self.form.limit {
                return Err(Error::Unexpected("Garmin: the activity list repeats the same activities".into()));
            }
            return Ok(None);
        }
        // The offset advances by the entries received, not requested, because a service may limit its pages.
        self.start += items.len().saturating_sub(1);
        self.overlap = ids.last().cloned().flatten();
        if self.overlap.is_none() {
            self.start += 1;
        }
        Ok(Some(page))
    }

    fn step_back(&mut self) -> Result<()> {
        self.steps_back += 1;
        if self.steps_back > MOST_STEPS_BACK {
            return Err(Error::Unexpected("Garmin: the activity list changes faster than it can be read".into()));
        }
        // Each step is twice as long: a few deletions need a short step, many need a long one.
        self.start = self.start.saturating_sub(10 << self.steps_back.min(10));
        if self.start == 0 {
            self.overlap = None;
        }
        Ok(())
    }

    fn new_entries(&mut self, items: &[Value]) -> Page {
        let mut page = Page::default();
        self.owners.extend(items.iter().filter_map(|item| id(&item["ownerId"])));
        for item in items {
            let Some(activity) = activity(&self.platform, item) else {
                page.unreadable.push("an activity without activityId".into());
                continue;
            };
            if !self.seen.insert(activity.id.clone()) {
                continue;
            }
            let Some(start) = activity.start_time else {
                self.without_start.push(item.clone());
                continue;
            };
            page.outlines.extend(activity.outline());
            if self.window.contains(start) {
                page.activities.push(ListedActivity { activity, service_json: item.to_string() });
            }
        }
        page
    }
}

/// The path of the list.
pub const SEARCH_PATH: &str = "/activitylist-service/activities/search/activities";

/// The path of the service's count of activities, which may include the legs of multisport activities.
pub const COUNT_PATH: &str = "/activitylist-service/activities/count";

/// Reads the count: `{"totalCount": n}`. `None` if the response has none.
pub fn parse_count(response: &Response) -> Result<Option<u64>> {
    block_page::check(response, "the count")?;
    let body = lenient_json::parse(&response.body).filter(|_| response.status == 200);
    Ok(body.and_then(|body| body["totalCount"].as_u64().or_else(|| body.as_u64())))
}

/// The entries of a page.
pub fn items(response: &Response) -> Result<Vec<Value>> {
    block_page::check(response, "the list")?;
    match response.status {
        200 => {}
        204 => return Ok(Vec::new()),
        500..=599 | 408 => {
            let message = format!("cannot list activities: HTTP {}; try again later", response.status);
            return Err(Error::retry_platform(message));
        }
        status => return Err(Error::Unexpected(format!("cannot list activities: unexpected HTTP {status}"))),
    }
    match lenient_json::parse(&response.body) {
        Some(Value::Array(items)) if items.len() > MOST_ITEMS => Err(Error::Unexpected(format!(
            "Garmin: a page of the activity list has {} activities, more than {MOST_ITEMS}",
            items.len()
        ))),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(Error::Unexpected("Garmin: response without an activity list".into())),
        None => Err(Error::Unexpected("Garmin: the activity list is invalid JSON".into())),
    }
}

/// Reads one entry; `None` if it has no id.
pub fn activity(platform: &PlatformId, item: &Value) -> Option<Activity> {
    let type_key = text(&item["activityType"]["typeKey"]);
    let mapped = type_key.as_deref().and_then(sport::from_garmin);
    let local = civil(&item["startTimeLocal"]);
    let epoch = item["beginTimestamp"].as_i64().and_then(|ms| Timestamp::from_second(ms.div_euclid(1000)).ok());
    let start_time = start(&item["startTimeGMT"], epoch);
    let timer_time_s = positive(&item["duration"]);
    Some(Activity {
        platform: platform.clone(),
        id: id(&item["activityId"])?,
        name: text(&item["activityName"]),
        sport: mapped.map(|(sport, _)| sport.to_owned()),
        sub_sport: mapped.and_then(|(_, sub_sport)| sub_sport).map(str::to_owned),
        platform_sport: type_key,
        start_time,
        utc_offset_s: start_time.zip(local).and_then(|(start, local)| offset(start, local)),
        timer_time_s,
        elapsed_time_s: elapsed(positive(&item["elapsedDuration"]), timer_time_s),
        distance_m: item["distance"].as_f64().filter(|metres| *metres > 0.0),
        manufacturer: text(&item["manufacturer"]).map(|name| name.to_ascii_lowercase()),
        // 0 means "imported, unknown device".
        device: id(&item["deviceId"]).filter(|device| device != "0"),
        // The Personal API has both names.
        manual: ["manualActivity", "isManualActivity"].iter().any(|name| item[*name] == true),
    })
}

/// The numbers of an entry.
pub fn numbers(item: &Value) -> Numbers {
    let number = |name: &str| item[name].as_f64();
    let numbers = Numbers {
        avg_heart_rate_bpm: number("averageHR"),
        max_heart_rate_bpm: number("maxHR"),
        avg_power_w: number("avgPower"),
        ascent_m: number("elevationGain"),
        calories_kcal: number("calories"),
        avg_speed_mps: number("averageSpeed"),
        numbers_from: None,
    };
    numbers.from_source(NumbersSource::Service)
}

/// The start of an activity, from its details.
pub fn start_of_details(details: &Response) -> Option<Timestamp> {
    let body = lenient_json::parse(&details.body).filter(|_| details.status == 200)?;
    start(&body["summaryDTO"]["startTimeGMT"], None)
}

/// Reads a start in UTC. Zero and other numbers that mean "none" are not a start: with them all entries would start at
/// the same time.
fn start(gmt: &Value, epoch: Option<Timestamp>) -> Option<Timestamp> {
    let gmt = civil(gmt).and_then(|gmt| gmt.to_zoned(TimeZone::UTC).ok()).map(|zoned| zoned.timestamp());
    let is_set = |second: i64| second >= EARLIEST_S && second.abs() >= NEVER_SET_S;
    gmt.or(epoch).filter(|start| is_set(start.as_second()))
}

/// An id, sent as a number or as digits, as text. Ids exceed 2^31 since 2018.
pub fn id(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) if number.is_u64() => Some(number.to_string()),
        Value::String(text) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => Some(text.clone()),
        _ => None,
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn positive(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| *number > 0.0)
}

/// Reads a time: `2026-01-08 14:10:21` in lists, `2026-01-08T14:10:21.0` elsewhere. Returns whole seconds.
fn civil(value: &Value) -> Option<DateTime> {
    let text = value.as_str()?;
    text.get(..19)?.replacen(' ', "T", 1).parse().ok()
}

/// Local time minus UTC, because the response does not contain the time zone.
fn offset(start: Timestamp, local: DateTime) -> Option<i32> {
    let local = local.to_zoned(TimeZone::UTC).ok()?.timestamp();
    let seconds = local.as_second() - start.as_second();
    i32::try_from(seconds).ok().filter(|seconds| seconds.abs() <= 18 * 3600)
}

/// The elapsed time in seconds. Responses until about 2021 have milliseconds, later ones seconds. Pauses make the ratio
/// to the timer time vary, but not a hundredfold.
fn elapsed(elapsed: Option<f64>, timer: Option<f64>) -> Option<f64> {
    match (elapsed, timer) {
        // A watch that was left running has such ratios too, but a thousandth of its elapsed time is less than its
        // timer time.
        (Some(elapsed), Some(timer)) if elapsed > 100.0 * timer && elapsed / 1000.0 >= timer - 1.0 => {
            Some(elapsed / 1000.0)
        }
        (Some(elapsed), None) if elapsed > PLAUSIBLE_ELAPSED_S => Some(elapsed / 1000.0),
        (elapsed, _) => elapsed,
    }
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
