//! COROS' list of activities: paging, and reading entries. Pure.
//!
//! Pages are numbered from 1, newest first, 200 entries at most (coros-api). A request without days is rejected, or its
//! response is stale right after an upload (pelocore), so days are given where possible (`date_ranges`). Past the end,
//! and for an empty account, `dataList` is absent.

use std::collections::HashSet;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::date_ranges::DateRanges;
use super::response::{digits, text_or_number};
use super::{ID, MANUFACTURER};
use crate::activity::{Activity, Numbers, NumbersSource};
use crate::http::form;
use crate::platform::{Error, ListedActivity, Page, Result, Window};
use crate::sport;

/// Entries per page: the maximum.
const SIZE: u64 = 200;
/// The smallest page size. Each page is one entry smaller than the one before, so that it begins with entries of that
/// page.
const LEAST_SIZE: u64 = 150;
/// After this many pages that do not overlap with the page before, the service is assumed to ignore the requested page
/// size.
const MOST_MISSING_OVERLAPS: u32 = 2;
/// A limit above the number of entries on any page.
const MOST_ITEMS: usize = 1000;
/// FIT's clock begins on 1989-12-31, so no recording is older, not even one of a watch that never knew the time.
const FIRST_DAY: Date = date(1989, 12, 1);
/// The service's days are local, ours are UTC: this much more is requested on either side, and filtered here.
const PADDING: SignedDuration = SignedDuration::from_hours(48);
/// A limit above the number of pages of any history: a server that ignores `pageNumber` must not cause an endless loop.
const MOST_PAGES: u64 = 1000;
/// The maximum number of pages whose only new entries are unreadable: the service may be sending the same page again
/// and again.
const MOST_UNREADABLE_PAGES: u32 = 10;
/// How many times a list is read if it changes meanwhile.
const MOST_PASSES: u32 = 5;

/// Reads the list page by page.
///
/// Pages shift while the list is read. A new activity moves entries down, which only repeats some of them. A deletion
/// moves entries up, onto pages that were already read. The count on every page reveals a deletion: if it shrank, or
/// exceeds the number of entries seen, the list is read again from its first page, and only new entries are returned.
/// The addition of an old activity hides a deletion from the count, so pages overlap as well: page `n` has `201 - n`
/// entries, and thus begins `n - 1` entries above the end of the page before. If it begins with an unknown entry, an
/// activity above it was deleted.
pub struct Pages {
    window: Window,
    /// The days that are being read, and those before them.
    ranges: DateRanges,
    /// The next page of these days.
    page: u64,
    passes: u32,
    pass: Pass,
    /// The entries and the count of the pass before.
    before: Option<(u64, Option<u64>)>,
    seen: HashSet<String>,
    /// The number of pages that did not begin with an entry of the page before.
    missing_overlaps: u32,
    /// Another pass has begun, and none of its pages has been returned yet.
    restarted: bool,
    ended: bool,
}

/// One pass over the list.
#[derive(Default)]
struct Pass {
    ids: HashSet<String>,
    unreadable: u64,
    /// The number of pages whose only new entries are unreadable.
    unreadable_pages: u32,
    /// The service's count on the first page of the pass; activities added later are listed above it.
    begun_with: Option<u64>,
    /// The service's count on the last page of the pass.
    count: Option<u64>,
    has_shrunk: bool,
    /// A page did not have the requested number of entries: it was the last one, or the service ignores the size.
    has_other_sizes: bool,
}

impl Pass {
    fn items(&self) -> u64 {
        self.ids.len() as u64 + self.unreadable
    }

    fn is_complete(&self) -> bool {
        !self.has_shrunk && self.begun_with.is_none_or(|count| self.items() >= count)
    }
}

impl Pages {
    /// Reads the part of the list in `window`.
    pub fn new(window: Window, now: Timestamp) -> Pages {
        let day = |time: Timestamp| time.to_zoned(TimeZone::UTC).date();
        let before = |time: Timestamp| time.checked_sub(PADDING).unwrap_or(Timestamp::MIN);
        let after = |time: Timestamp| time.checked_add(PADDING).unwrap_or(Timestamp::MAX);
        // In every time zone, tomorrow is at most this day.
        let to = day(after(window.until.map_or(now, |until| until.min(now))));
        let from = window.since.map_or(FIRST_DAY, |since| day(before(since)).max(FIRST_DAY));
        Pages {
            ranges: DateRanges::new(from, to),
            window,
            page: 1,
            passes: 1,
            pass: Pass::default(),
            before: None,
            seen: HashSet::new(),
            missing_overlaps: 0,
            restarted: false,
            ended: false,
        }
    }

    /// Path and query of the next page; `None` at the end.
    pub fn next_path(&mut self) -> Result<Option<String>> {
        if self.ended {
            return Ok(None);
        }
        if self.page > MOST_PAGES {
            return Err(Error::Unexpected(format!("COROS: the activity list does not end after {MOST_PAGES} pages")));
        }
        Ok(Some(self.path(self.size(self.page), self.page)))
    }

    /// The number of entries to request for this page.
    fn size(&self, page: u64) -> u64 {
        let overlaps = self.missing_overlaps < MOST_MISSING_OVERLAPS && !self.pass.has_other_sizes;
        if overlaps { (SIZE + 1).saturating_sub(page).max(LEAST_SIZE) } else { SIZE }
    }

    /// Whether a page does not overlap with the page before, although it should.
    fn is_overlap_missing(&self, items: &[Value]) -> bool {
        let overlaps = self.page > 1 && self.size(self.page) < self.size(self.page - 1);
        let first = items.first().and_then(|item| digits(&item["labelId"]));
        overlaps && first.is_some_and(|first| !self.pass.ids.contains(&first))
    }

    fn path(&self, size: u64, page: u64) -> String {
        let (size, page, days) = (size.to_string(), page.to_string(), self.ranges.days());
        let mut query = vec![("size", size.as_str()), ("pageNumber", &page)];
        if let Some((from, to)) = &days {
            query.extend([("startDay", from.as_str()), ("endDay", to)]);
        }
        // An empty list means all sports.
        query.push(("modeList", ""));
        format!("/activity/query?{}", form(&query))
    }

    /// Handles a rejection of the last path, perhaps for too many days. Returns whether another path can be tried.
    pub fn reject(&mut self) -> bool {
        self.page == 1 && self.ranges.reject()
    }

    /// Reads the data of the response to the last path. `None`: it has no new entries.
    pub fn read(&mut self, data: &Value) -> Result<Option<Page>> {
        self.ranges.accept();
        let items = match &data["dataList"] {
            Value::Array(items) if items.len() > MOST_ITEMS => {
                let message =
                    format!("COROS: a page of the activity list has {} activities instead of {SIZE}", items.len());
                return Err(Error::Unexpected(message));
            }
            Value::Array(items) => items.as_slice(),
            Value::Null if data.is_object() => &[],
            _ => return Err(Error::Unexpected("COROS: response without an activity list".into())),
        };
        let pages = data["totalPage"].as_u64();
        // If the list has several pages, no page has all entries: a count that equals the number of entries on this
        // page counts the page, not the list.
        let is_of_page = |count: &u64| pages.is_some_and(|pages| pages > 1) && *count == items.len() as u64;
        let count = data["count"].as_u64().filter(|count| !is_of_page(count));
        self.pass.has_shrunk |= count.zip(self.pass.count).is_some_and(|(now, before)| now < before);
        self.pass.count = count.or(self.pass.count);
        self.pass.begun_with = self.pass.begun_with.or(count);
        if items.is_empty() && self.page == 1 && count.is_some_and(|count| count > 0) {
            return Err(Error::Unexpected("COROS: the activity list is empty although its count is not 0".into()));
        }
        let is_overlap_missing = self.is_overlap_missing(items);
        self.missing_overlaps += u32::from(is_overlap_missing);
        self.pass.has_shrunk |= is_overlap_missing;
        self.pass.has_other_sizes |= items.len() as u64 != self.size(self.page);
        let before = self.pass.items();
        let mut page = self.new_entries(items);
        self.pass.unreadable_pages += u32::from(page.outlines.is_empty() && !page.unreadable.is_empty());
        if self.pass.unreadable_pages > MOST_UNREADABLE_PAGES {
            return Err(Error::Unexpected(format!(
                "COROS: {MOST_UNREADABLE_PAGES} pages of the activity list are unreadable"
            )));
        }
        let is_last = pages.is_some_and(|pages| self.page >= pages) && self.pass.count.is_some();
        if is_overlap_missing || self.pass.items() == before || (is_last && self.pass.is_complete()) {
            self.end_pass(&mut page)?;
        } else {
            self.page += 1;
        }
        let is_empty = page.outlines.is_empty() && page.unreadable.is_empty();
        // The first page of a pass may have no new entries: then the next page with new entries is marked.
        page.restarted = !is_empty && std::mem::take(&mut self.restarted);
        Ok((!is_empty).then_some(page))
    }

    /// Ends at the end of the list, or begins another pass.
    fn end_pass(&mut self, page: &mut Page) -> Result<()> {
        let result = (self.pass.items(), self.pass.count);
        if self.pass.is_complete() {
            self.next_range();
            return Ok(());
        }
        // Two equal passes: the list did not change meanwhile. The listing is reported as incomplete, so that no
        // activity is considered deleted.
        if !self.pass.has_shrunk && self.before == Some(result) {
            let count = result.1.unwrap_or_default();
            page.unreadable.push(format!("the activity list has {} of {count} activities", result.0));
            self.next_range();
            return Ok(());
        }
        self.passes += 1;
        if self.passes > MOST_PASSES {
            return Err(Error::Unexpected("COROS: the activity list changes faster than it can be read".into()));
        }
        self.before = Some(result);
        self.pass = Pass::default();
        self.page = 1;
        self.restarted = true;
        Ok(())
    }

    /// Moves on to the days before the current ones, which have been read.
    fn next_range(&mut self) {
        self.ended = !self.ranges.older();
        (self.page, self.passes) = (1, 1);
        (self.pass, self.before) = (Pass::default(), None);
    }

    /// The entries that are new in this pass and those before.
    fn new_entries(&mut self, items: &[Value]) -> Page {
        let mut page = Page::default();
        for item in items {
            let Some(activity) = activity(item) else {
                self.pass.unreadable += 1;
                if self.passes == 1 {
                    page.unreadable.push("an activity without labelId".into());
                }
                continue;
            };
            self.pass.ids.insert(activity.id.clone());
            if !self.seen.insert(activity.id.clone()) {
                continue;
            }
            let Some(start) = activity.start_time else {
                page.unreadable.push(format!("activity {}: unreadable start time", activity.id));
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

/// Path and query of the smallest page, of which only the count is read.
pub fn count_path(now: Timestamp) -> String {
    let pages = Pages::new(Window::default(), now);
    pages.path(1, 1)
}

/// The count in the data of any page; `None` if the data has none, as for some empty accounts.
pub fn count(data: &Value) -> Option<u64> {
    data["count"].as_u64()
}

/// Reads one entry; `None` if it has no id.
pub fn activity(item: &Value) -> Option<Activity> {
    let code = text_or_number(&item["sportType"]);
    let names = code.as_deref().and_then(|code| sport::from_coros(code.parse().ok()?));
    let device = text(&item["device"]);
    // Imported activities name the device that recorded them; only COROS' own devices have names that begin with COROS.
    let is_own = device.as_deref().is_some_and(|device| device.to_ascii_uppercase().starts_with("COROS"));
    Some(Activity {
        platform: ID.into(),
        id: digits(&item["labelId"])?,
        name: text(&item["name"]),
        sport: names.map(|(sport, _)| sport.to_owned()),
        sub_sport: names.and_then(|(_, sub_sport)| sub_sport).map(str::to_owned),
        platform_sport: code,
        start_time: start(&item["startTime"]),
        utc_offset_s: offset(&item["startTimezone"]),
        timer_time_s: positive(&item["workoutTime"]),
        elapsed_time_s: positive(&item["totalTime"]),
        distance_m: positive(&item["distance"]),
        manufacturer: is_own.then(|| MANUFACTURER.to_owned()),
        device,
        manual: false,
    })
}

/// The numbers of an entry of the Training Hub, or of the list by OAuth, whose names have units. The Hub's `avgSpeed` is a pace
/// whose unit depends on the sport, so the speed is computed, but not from the distance by OAuth, which is rounded; the heights
/// of activities without a barometer or GPS are 0.
pub fn numbers(item: &Value) -> Numbers {
    let either = |one: &str, other: &str| positive(&item[one]).or_else(|| positive(&item[other]));
    let speed = positive(&item["distance"]).zip(positive(&item["workoutTime"])).map(|(metres, s)| metres / s);
    let numbers = Numbers {
        avg_heart_rate_bpm: either("avgHr", "avg_heart_rate_bpm"),
        max_heart_rate_bpm: positive(&item["maxHr"]),
        avg_power_w: positive(&item["avgPower"]),
        ascent_m: positive(&item["ascent"]),
        // In thousandths.
        calories_kcal: positive(&item["calorie"]).map(|it| it / 1000.0).or_else(|| positive(&item["calories_kcal"])),
        avg_speed_mps: speed,
        numbers_from: None,
    };
    numbers.from_source(NumbersSource::Service)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A number above 0; older imports have 0 for unknown values.
fn positive(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| *number > 0.0)
}

/// Reads a start in seconds since 1970. A time on the first day of 1970 was never set; a number above any date is in
/// another unit (details count in hundredths).
fn start(value: &Value) -> Option<Timestamp> {
    let seconds = value.as_i64().filter(|seconds| (86_400..=100_000_000_000).contains(seconds))?;
    Timestamp::from_second(seconds).ok()
}

/// Reads an offset in signed quarter hours: 32 is UTC+8, 23 is UTC+5:45.
fn offset(value: &Value) -> Option<i32> {
    let seconds = value.as_i64()?.checked_mul(900)?;
    i32::try_from(seconds).ok().filter(|seconds| seconds.abs() <= 18 * 3600)
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
