//! COROS' list of activities: paging, and what an entry means. Pure.
//!
//! Pages are numbered from 1, newest first, 200 entries at most (coros-api). A list without days is refused, or stale right
//! after an upload (pelocore), so days are named where they can be (`spans`). Past the end, and for an empty account,
//! `dataList` is absent.

use std::collections::HashSet;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::date_ranges::Spans;
use super::response::{digits, text_or_number};
use super::{ID, MANUFACTURER};
use crate::activity::Activity;
use crate::http::form;
use crate::platform::{Error, Listed, Page, Result, Window};
use crate::sport;

/// Entries a page: the most that is taken.
const SIZE: u64 = 200;
/// Pages are made smaller one by one down to this, so that each begins with entries of the one before.
const LEAST_SIZE: u64 = 150;
/// So often the entries of the page before may be missing on a page, until the service is taken for one that does not keep to
/// the sizes that it is asked for.
const MOST_SEAMS_BROKEN: u32 = 2;
/// More entries than any page has.
const MOST_ITEMS: usize = 1000;
/// FIT's clock begins on 1989-12-31, so no recording is older, not even one of a watch that never knew the time.
const FIRST_DAY: Date = date(1989, 12, 1);
/// Days there are local ones, here they are UTC: so much more is asked for on either side, and cut here.
const PADDING: SignedDuration = SignedDuration::from_hours(48);
/// More pages than any history has: a server that ignores `pageNumber` must not hold us for ever.
const MOST_PAGES: u64 = 1000;
/// So many pages may have no news but entries that cannot be read: they may be one page, shown again and again.
const MOST_FRUITLESS: u32 = 10;
/// A list that changes is walked again; more often than this it is no change, but another list each time.
const MOST_WALKS: u32 = 5;

/// A walk through the list.
///
/// Pages shift while it is walked. An arrival moves entries down, which only repeats some; a deletion moves them up, past
/// the page already read. That shows in the count, which every page has: where it shrank, or is more than was seen, the
/// list is walked again from its first page, and only what was not seen is shown. An addition of something old hides a deletion
/// from the count, so pages overlap as well: the page of number `n` has `201 - n` entries, and thus begins `n - 1` entries above
/// the end of the one before. If it begins with one that was not seen, something was deleted above.
pub struct Pages {
    window: Window,
    /// The days that are walked through now, and those after them.
    spans: Spans,
    /// The page of these days that comes next.
    page: u64,
    walks: u32,
    walk: Walk,
    /// What the walk before came to.
    before: Option<(u64, Option<u64>)>,
    seen: HashSet<String>,
    /// So often a page did not begin with an entry of the one before.
    seams_broken: u32,
    /// Another walk has begun, and no page of it was handed out.
    restarted: bool,
    ended: bool,
}

/// What one walk saw.
#[derive(Default)]
struct Walk {
    ids: HashSet<String>,
    unreadable: u64,
    /// Pages with no news but entries that cannot be read.
    fruitless: u32,
    /// The service's count on its first page: what arrives later stands above.
    begun_with: Option<u64>,
    /// The same on its last page.
    count: Option<u64>,
    has_shrunk: bool,
    /// A page had another number of entries than was asked for: the last one, or the service has sizes of its own.
    has_other_sizes: bool,
}

impl Walk {
    fn items(&self) -> u64 {
        self.ids.len() as u64 + self.unreadable
    }

    fn is_whole(&self) -> bool {
        !self.has_shrunk && self.begun_with.is_none_or(|count| self.items() >= count)
    }
}

impl Pages {
    /// A walk through the part of the list that `window` means.
    pub fn new(window: Window, now: Timestamp) -> Pages {
        let day = |time: Timestamp| time.to_zoned(TimeZone::UTC).date();
        let before = |time: Timestamp| time.checked_sub(PADDING).unwrap_or(Timestamp::MIN);
        let after = |time: Timestamp| time.checked_add(PADDING).unwrap_or(Timestamp::MAX);
        // Whatever a person's zone is, tomorrow there is not later than this.
        let to = day(after(window.until.map_or(now, |until| until.min(now))));
        let from = window.since.map_or(FIRST_DAY, |since| day(before(since)).max(FIRST_DAY));
        Pages {
            spans: Spans::new(from, to),
            window,
            page: 1,
            walks: 1,
            walk: Walk::default(),
            before: None,
            seen: HashSet::new(),
            seams_broken: 0,
            restarted: false,
            ended: false,
        }
    }

    /// Path and query of the next page; `None` when the end was seen.
    pub fn next_path(&mut self) -> Result<Option<String>> {
        if self.ended {
            return Ok(None);
        }
        if self.page > MOST_PAGES {
            return Err(Error::Strange(format!("the list has no end after {MOST_PAGES} pages")));
        }
        Ok(Some(self.path(self.size(self.page), self.page)))
    }

    /// How many entries the page of that number has.
    fn size(&self, page: u64) -> u64 {
        let overlaps = self.seams_broken < MOST_SEAMS_BROKEN && !self.walk.has_other_sizes;
        if overlaps { (SIZE + 1).saturating_sub(page).max(LEAST_SIZE) } else { SIZE }
    }

    /// Whether a page does not begin with an entry of the one before, although it should.
    fn is_seam_broken(&self, items: &[Value]) -> bool {
        let overlaps = self.page > 1 && self.size(self.page) < self.size(self.page - 1);
        let first = items.first().and_then(|item| digits(&item["labelId"]));
        overlaps && first.is_some_and(|first| !self.walk.ids.contains(&first))
    }

    fn path(&self, size: u64, page: u64) -> String {
        let (size, page, days) = (size.to_string(), page.to_string(), self.spans.days());
        let mut query = vec![("size", size.as_str()), ("pageNumber", &page)];
        if let Some((from, to)) = &days {
            query.extend([("startDay", from.as_str()), ("endDay", to)]);
        }
        // All sports.
        query.push(("modeList", ""));
        format!("/activity/query?{}", form(&query))
    }

    /// The service refused the last path, perhaps because it spans too many days. Whether there is another way to ask.
    pub fn refused(&mut self) -> bool {
        self.page == 1 && self.spans.refused()
    }

    /// Reads the data of the answer to the last path. `None`: nothing on it is new.
    pub fn read(&mut self, data: &Value) -> Result<Option<Page>> {
        self.spans.was_taken();
        let items = match &data["dataList"] {
            Value::Array(items) if items.len() > MOST_ITEMS => {
                let message = format!("a page of the list has {} entries, and {SIZE} were asked for", items.len());
                return Err(Error::Strange(message));
            }
            Value::Array(items) => items.as_slice(),
            Value::Null if data.is_object() => &[],
            _ => return Err(Error::Strange("the list is no list, although COROS reports success".into())),
        };
        let pages = data["totalPage"].as_u64();
        // Of several pages none has all: then it counts what this one shows, and says nothing of the rest.
        let is_of_page = |count: &u64| pages.is_some_and(|pages| pages > 1) && *count == items.len() as u64;
        let count = data["count"].as_u64().filter(|count| !is_of_page(count));
        self.walk.has_shrunk |= count.zip(self.walk.count).is_some_and(|(now, before)| now < before);
        self.walk.count = count.or(self.walk.count);
        self.walk.begun_with = self.walk.begun_with.or(count);
        if items.is_empty() && self.page == 1 && count.is_some_and(|count| count > 0) {
            return Err(Error::Strange("COROS counts activities and shows none".into()));
        }
        let is_seam_broken = self.is_seam_broken(items);
        self.seams_broken += u32::from(is_seam_broken);
        self.walk.has_shrunk |= is_seam_broken;
        self.walk.has_other_sizes |= items.len() as u64 != self.size(self.page);
        let before = self.walk.items();
        let mut page = self.take(items);
        self.walk.fruitless += u32::from(page.outlines.is_empty() && !page.unreadable.is_empty());
        if self.walk.fruitless > MOST_FRUITLESS {
            return Err(Error::Strange(format!("{MOST_FRUITLESS} pages of the list have nothing that can be read")));
        }
        let is_last = pages.is_some_and(|pages| self.page >= pages) && self.walk.count.is_some();
        if is_seam_broken || self.walk.items() == before || (is_last && self.walk.is_whole()) {
            self.end_walk(&mut page)?;
        } else {
            self.page += 1;
        }
        let is_empty = page.outlines.is_empty() && page.unreadable.is_empty();
        // The first page of a walk may show nothing that is new: then the next one that does is the first of its order.
        page.restarted = !is_empty && std::mem::take(&mut self.restarted);
        Ok((!is_empty).then_some(page))
    }

    /// The end of the list, or the beginning of another walk.
    fn end_walk(&mut self, page: &mut Page) -> Result<()> {
        let came_to = (self.walk.items(), self.walk.count);
        if self.walk.is_whole() {
            self.next_span();
            return Ok(());
        }
        // The same twice is no change meanwhile. What is counted and not shown may be anything: it is told, so that nobody
        // concludes from this list what is missing.
        if !self.walk.has_shrunk && self.before == Some(came_to) {
            let count = came_to.1.unwrap_or_default();
            page.unreadable
                .push(format!("the list counts {count} activities and shows {}, however often it is asked", came_to.0));
            self.next_span();
            return Ok(());
        }
        self.walks += 1;
        if self.walks > MOST_WALKS {
            return Err(Error::Strange("the list changes faster than it can be read".into()));
        }
        self.before = Some(came_to);
        self.walk = Walk::default();
        self.page = 1;
        self.restarted = true;
        Ok(())
    }

    /// All of these days were walked through: those before them come next.
    fn next_span(&mut self) {
        self.ended = !self.spans.older();
        (self.page, self.walks) = (1, 1);
        (self.walk, self.before) = (Walk::default(), None);
    }

    /// What of `items` was not seen in this walk or one before.
    fn take(&mut self, items: &[Value]) -> Page {
        let mut page = Page::default();
        for item in items {
            let Some(activity) = activity(item) else {
                self.walk.unreadable += 1;
                if self.walks == 1 {
                    page.unreadable.push("an entry of the list has no labelId".into());
                }
                continue;
            };
            self.walk.ids.insert(activity.id.clone());
            if !self.seen.insert(activity.id.clone()) {
                continue;
            }
            let Some(start) = activity.start_time else {
                page.unreadable.push(format!("activity {} of the list has no readable start", activity.id));
                continue;
            };
            page.outlines.extend(activity.outline());
            if self.is_in_window(start) {
                page.activities.push(Listed { activity, raw: item.to_string() });
            }
        }
        page
    }

    fn is_in_window(&self, start: Timestamp) -> bool {
        self.window.since.is_none_or(|since| start >= since) && self.window.until.is_none_or(|until| start < until)
    }
}

/// Path and query of the smallest page of all: it is asked for its count.
pub fn count_path(now: Timestamp) -> String {
    let pages = Pages::new(Window::default(), now);
    pages.path(1, 1)
}

/// How many activities the data of any page counts; `None` if it does not tell. An empty account may leave it out.
pub fn count(data: &Value) -> Option<u64> {
    data["count"].as_u64()
}

/// Reads one entry; `None` if it has no id.
pub fn activity(item: &Value) -> Option<Activity> {
    let code = text_or_number(&item["sportType"]);
    let names = code.as_deref().and_then(|code| sport::from_coros(code.parse().ok()?));
    let device = text(&item["device"]);
    // Imported entries carry the device that recorded them: only COROS' own say so by their name.
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

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// 0 stands for "not known" on older imports.
fn positive(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| *number > 0.0)
}

/// Seconds since 1970; what is of its first day is a number that was never set, and what is larger than any such date is another unit (details count in hundredths).
fn start(value: &Value) -> Option<Timestamp> {
    let seconds = value.as_i64().filter(|seconds| (86_400..=100_000_000_000).contains(seconds))?;
    Timestamp::from_second(seconds).ok()
}

/// Quarter hours, signed: 32 is UTC+8, 23 is UTC+5:45.
fn offset(value: &Value) -> Option<i32> {
    let seconds = value.as_i64()?.checked_mul(900)?;
    i32::try_from(seconds).ok().filter(|seconds| seconds.abs() <= 18 * 3600)
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
