//! The times at which cron starts a run, by the rules of cron(8) for clocks that are set forward or back.
//!
//! A zone's clock runs evenly between two changes. Each such stretch is searched minute by minute in local time,
//! skipping days without a match. At the change where a stretch begins
//!
//! - a schedule with fixed times runs at once if one of its times was skipped, and does not run again if its time is
//!   repeated;
//! - a schedule with a star in its minute or hour follows the clock: it misses skipped times and runs again at repeated
//!   ones.
//!
//! Cron treats a change of more than three hours as a correction of the clock: then all schedules follow the clock.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

use super::expression::Expression;

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60;
/// Cron ignores a skip of this many minutes or fewer: it assumes that it slept too long, and starts everything.
const LATE: i64 = 4;
/// The longest skip, in minutes, after which cron runs schedules with fixed times.
const LONGEST_SKIP: i64 = 179;
/// The longest time, in minutes, by which a clock is set back and fixed times are not run again.
const LONGEST_REPEAT: i64 = 180;
/// How many years to search. The rarest date occurs every 40 years: 29 February on a given day of the week, around the
/// year 2100.
const HORIZON_YEARS: i64 = 41;

pub(super) fn next(expression: &Expression, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    let after = after.as_nanosecond().div_euclid(1_000_000_000) as i64;
    let horizon = after + HORIZON_YEARS * 366 * DAY * MINUTE;
    let mut stretch = Stretch::at(zone, after)?;
    loop {
        if let Some(second) = stretch.first(expression, after, horizon) {
            return Timestamp::from_second(second).ok();
        }
        let end = stretch.end.filter(|end| *end < horizon)?;
        stretch = Stretch::at(zone, end)?;
    }
}

pub(super) fn previous(expression: &Expression, zone: &TimeZone, before: Timestamp) -> Option<Timestamp> {
    // The first whole second that is not before `before`.
    let before = -((-before.as_nanosecond()).div_euclid(1_000_000_000)) as i64;
    let horizon = before - HORIZON_YEARS * 366 * DAY * MINUTE;
    let mut stretch = Stretch::at(zone, before - 1)?;
    loop {
        if let Some(second) = stretch.last(expression, before, horizon) {
            return Timestamp::from_second(second).ok();
        }
        let start = stretch.start.filter(|start| *start > horizon)?;
        stretch = Stretch::at(zone, start - 1)?;
    }
}

/// A time during which a zone's clock runs evenly. Times are in seconds; local times are in minutes since 1970.
struct Stretch {
    start: Option<i64>,
    end: Option<i64>,
    offset: i64,
    /// The UTC offset before this stretch.
    before: i64,
}

impl Stretch {
    /// The stretch that contains `second`.
    fn at(zone: &TimeZone, second: i64) -> Option<Stretch> {
        let time = Timestamp::from_second(second).ok()?;
        let offset = |second| Some(i64::from(zone.to_offset(Timestamp::from_second(second).ok()?).seconds()));
        // A change exactly at `second` has already happened.
        let start = zone.preceding(time.checked_add(1.nanosecond()).ok()?).next().map(|at| at.timestamp().as_second());
        let end = zone.following(time).next().map(|at| at.timestamp().as_second());
        let here = offset(second)?;
        Some(Stretch { start, end, offset: here, before: start.and_then(|start| offset(start - 1)).unwrap_or(here) })
    }

    /// The first start after `after`. The search ends at `horizon`.
    fn first(&self, expression: &Expression, after: i64, horizon: i64) -> Option<i64> {
        if let Some(start) = self.start.filter(|start| *start > after)
            && self.catches_up(expression)
        {
            return Some(start);
        }
        let from = self.clock(after + 1).max(self.from(expression));
        let to = self.clock(self.end.unwrap_or(horizon).min(horizon));
        first(expression, from, to).map(|minute| self.second(minute))
    }

    /// The last start before `before`. The search ends at `horizon`.
    fn last(&self, expression: &Expression, before: i64, horizon: i64) -> Option<i64> {
        let from = self.clock(horizon).max(self.from(expression));
        let to = self.clock(self.end.unwrap_or(before).min(before));
        let found = last(expression, from, to).map(|minute| self.second(minute));
        found.or_else(|| self.start.filter(|start| *start < before && self.catches_up(expression)))
    }

    /// By how many minutes the clock was set forward at the beginning of this stretch.
    fn skip(&self) -> i64 {
        (self.offset - self.before).div_euclid(MINUTE)
    }

    /// The first minute of local time that counts.
    fn from(&self, expression: &Expression) -> i64 {
        let Some(start) = self.start else { return i64::MIN };
        let is_repeat = !expression.wild && (-LONGEST_REPEAT..0).contains(&self.skip());
        // The clock showed the minutes before this one already, before the change.
        if is_repeat { minute_from(start + self.before) } else { self.clock(start) }
    }

    /// Whether a start was skipped at the beginning of this stretch and must run at once.
    fn catches_up(&self, expression: &Expression) -> bool {
        let Some(start) = self.start else { return false };
        let longest = if expression.wild { LATE } else { LONGEST_SKIP };
        let made_up = (1..=longest).contains(&self.skip());
        made_up && first(expression, minute_from(start + self.before), self.clock(start)).is_some()
    }

    /// The first minute of local time that does not begin before `second`.
    fn clock(&self, second: i64) -> i64 {
        minute_from(second + self.offset)
    }

    /// The second at which a minute of local time begins.
    fn second(&self, minute: i64) -> i64 {
        minute * MINUTE - self.offset
    }
}

/// The first whole minute that is not before `seconds`.
fn minute_from(seconds: i64) -> i64 {
    -((-seconds).div_euclid(MINUTE))
}

/// The first matching minute from `from` (inclusive) to `to` (exclusive).
fn first(expression: &Expression, from: i64, to: i64) -> Option<i64> {
    let mut minute = from;
    while minute < to {
        let (day, time) = (minute.div_euclid(DAY), minute.rem_euclid(DAY));
        let date = date(day)?;
        if expression.is_on(date)
            && let Some(time) = times(expression).find(|found| *found >= time)
        {
            return Some(day * DAY + time).filter(|minute| *minute < to);
        }
        let rest = if expression.is_in_month(date.month()) { 0 } else { date.days_in_month() - date.day() };
        minute = (day + 1 + i64::from(rest)) * DAY;
    }
    None
}

/// The last matching minute from `from` (inclusive) to `to` (exclusive).
fn last(expression: &Expression, from: i64, to: i64) -> Option<i64> {
    let mut minute = to - 1;
    while minute >= from {
        let (day, time) = (minute.div_euclid(DAY), minute.rem_euclid(DAY));
        let date = date(day)?;
        if expression.is_on(date)
            && let Some(time) = times(expression).rev().find(|found| *found <= time)
        {
            return Some(day * DAY + time).filter(|minute| *minute >= from);
        }
        let rest = if expression.is_in_month(date.month()) { 0 } else { date.day() - 1 };
        minute = (day - i64::from(rest)) * DAY - 1;
    }
    None
}

/// The times of a day, in minutes, at which the expression runs.
fn times(expression: &Expression) -> impl DoubleEndedIterator<Item = i64> {
    let has = |set: u64, number: i64| set & (1 << number) != 0;
    let hours = (0..24).filter(move |hour| has(expression.hours, *hour));
    hours.flat_map(move |hour| {
        (0..60).filter(move |minute| has(expression.minutes, *minute)).map(move |minute| hour * 60 + minute)
    })
}

/// The date this many days after 1 January 1970.
fn date(day: i64) -> Option<Date> {
    Date::constant(1970, 1, 1).checked_add(Span::new().try_days(day).ok()?).ok()
}
