//! The ranges of days that are listed one after the other, the newest first. Pure.
//!
//! A list has no pages, and it is cut at a number of activities that the service does not state: at the limit of the
//! request or below it. So a list counts as complete only if it is shorter than a longer list that the service gave
//! before, or shorter than the shortest known limit. Any other range is halved. (That 20 is the default and that 500
//! works is reported by public clients; reviewed 2026-11-29.)

use jiff::ToSpan;
use jiff::civil::Date;

/// The limit of the request.
pub const LIMIT: usize = 500;
/// The limit without one in the request: no list is cut below it.
const DEFAULT_LIMIT: usize = 20;
/// The days of the first request: most runs need no other one.
const FIRST_DAYS: i64 = 14;
const YEAR: i64 = 366;
/// The least days that may be too many for the service.
const MONTH: i64 = 31;

/// Days of local calendars, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

impl Days {
    /// How many days these are.
    fn count(&self) -> i64 {
        i64::from((self.to - self.from).get_days()) + 1
    }

    /// The older and the newer half; `None` for a single day.
    fn halves(&self) -> Option<[Days; 2]> {
        let half = self.count() / 2;
        let last_of_older = self.from.checked_add((half - 1).days()).ok().filter(|_| half > 0)?;
        let first_of_newer = last_of_older.tomorrow().ok()?;
        Some([Days { to: last_of_older, ..*self }, Days { from: first_of_newer, ..*self }])
    }
}

/// The ranges that together cover the requested part of the history.
pub struct DayRanges {
    first: Date,
    /// The ranges to list next; the last one is the newest.
    pending: Vec<Days>,
    /// The width of the next range, in days.
    width: i64,
    /// More days were rejected.
    widest: i64,
    /// The length of the longest list so far: the service does not cut lists below it.
    longest: usize,
    /// The day before which nothing is pending yet.
    covered_from: Date,
}

/// What follows from a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It has all activities of its days.
    Complete,
    /// It may be cut: its halves are listed instead.
    Halved,
    /// It may be cut, and it is about a single day.
    Cut,
}

impl DayRanges {
    /// All days from `from` to `to`, both included.
    pub fn new(from: Date, to: Date) -> DayRanges {
        let mut ranges = DayRanges {
            first: from.min(to),
            pending: Vec::new(),
            width: FIRST_DAYS,
            widest: i64::MAX,
            longest: 0,
            covered_from: to,
        };
        ranges.push(to);
        ranges
    }

    /// The range to list; `None` at the end.
    pub fn current(&self) -> Option<Days> {
        self.pending.last().copied()
    }

    /// Decides what follows from a list of the current range with `count` activities.
    pub fn read(&mut self, count: usize) -> Verdict {
        let Some(days) = self.current() else { return Verdict::Complete };
        let is_complete = count < DEFAULT_LIMIT || (count < self.longest && count < LIMIT);
        self.longest = self.longest.max(count);
        if !is_complete && let Some(halves) = days.halves() {
            self.split(halves);
            self.width = (days.count() / 2).max(FIRST_DAYS);
            return Verdict::Halved;
        }
        // Limits are round numbers.
        if !is_complete && (count >= LIMIT || count.is_multiple_of(10)) {
            return Verdict::Cut;
        }
        self.widen(days, count);
        self.pending.pop();
        self.extend();
        Verdict::Complete
    }

    /// The service rejected the current range. Returns whether its halves can be tried.
    pub fn reject(&mut self) -> bool {
        let Some(days) = self.current().filter(|days| days.count() > MONTH) else { return false };
        self.widest = (days.count() / 2).max(MONTH);
        if let Some(halves) = days.halves() {
            self.split(halves);
        }
        true
    }

    fn split(&mut self, halves: [Days; 2]) {
        self.pending.pop();
        self.pending.extend(halves);
    }

    /// Sets the width of the next range, so that few requests are needed and few lists may be cut. Before a year
    /// without activities, the rest is listed at once.
    fn widen(&mut self, days: Days, count: usize) {
        if count == 0 && days.count() >= YEAR {
            self.width = i64::MAX;
        } else if self.width == FIRST_DAYS {
            self.width = YEAR;
        } else if days.count() >= self.width && 2 * count < self.longest.max(DEFAULT_LIMIT) {
            self.width = self.width.saturating_mul(2);
        }
    }

    /// Adds the next older range if no range is left.
    fn extend(&mut self) {
        if self.pending.is_empty()
            && self.covered_from > self.first
            && let Ok(to) = self.covered_from.yesterday()
        {
            self.push(to);
        }
    }

    fn push(&mut self, to: Date) {
        let width = self.width.min(self.widest);
        let from = to.checked_sub(width.saturating_sub(1).min(1_000_000).days()).unwrap_or(self.first).max(self.first);
        self.covered_from = from;
        self.pending.push(Days { from, to });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    /// Lists a history, given as the number of activities of each day before `to`, with a service that cuts lists.
    fn walk(history: &[usize], cut_at: usize, widest: i64) -> (Vec<Days>, usize, u32) {
        let to = date(2026, 11, 29);
        let mut ranges = DayRanges::new(date(1989, 12, 31), to);
        let (mut complete, mut listed, mut requests) = (Vec::new(), 0, 0);
        while let Some(days) = ranges.current() {
            requests += 1;
            assert!(requests < 2000, "no end");
            if days.count() > widest {
                assert!(ranges.reject());
                continue;
            }
            let ago = |day: Date| i64::from((to - day).get_days());
            let shown: usize = (ago(days.to)..=ago(days.from)).filter_map(|at| history.get(at as usize)).sum();
            let shown = shown.min(cut_at).min(LIMIT);
            match ranges.read(shown) {
                Verdict::Complete => {
                    complete.push(days);
                    listed += shown;
                }
                Verdict::Halved => {}
                Verdict::Cut => panic!("cut"),
            }
        }
        (complete, listed, requests)
    }

    #[test]
    fn every_day_is_listed_once_and_nothing_is_lost_whatever_the_limit_of_the_service() {
        let histories = [vec![1; 4000], vec![0; 900], vec![2; 30], (0..3000).map(|day| day % 7 / 4).collect(), vec![]];
        for history in &histories {
            for cut_at in [20, 25, 50, 100, 200, 500, usize::MAX] {
                let (complete, listed, _) = walk(history, cut_at, i64::MAX);
                assert_eq!(listed, history.iter().sum::<usize>(), "cut at {cut_at}");
                assert_eq!(complete.first().unwrap().to, date(2026, 11, 29));
                assert_eq!(complete.last().unwrap().from, date(1989, 12, 31));
                for pair in complete.windows(2) {
                    assert_eq!(pair[1].to, pair[0].from.yesterday().unwrap());
                }
            }
        }
    }

    #[test]
    fn few_requests_are_needed() {
        let requests = |history: &[usize], cut_at| walk(history, cut_at, i64::MAX).2;
        assert_eq!(requests(&[], usize::MAX), 3, "two weeks, a year, the rest");
        assert!(requests(&[1; 3650], 500) < 40, "{}", requests(&[1; 3650], 500));
        assert!(requests(&[1; 3650], 100) < 120, "{}", requests(&[1; 3650], 100));
        let some: Vec<usize> = (0..3650).map(|day| usize::from(day % 3 == 0)).collect();
        assert!(requests(&some, 500) < 25, "{}", requests(&some, 500));
    }

    #[test]
    fn a_range_that_is_too_wide_is_halved_and_the_width_is_remembered() {
        let history = vec![1; 1000];
        let (_, listed, requests) = walk(&history, usize::MAX, 100);
        assert_eq!(listed, 1000);
        assert!(requests < 400, "{requests}");
        let mut ranges = DayRanges::new(date(2026, 11, 1), date(2026, 11, 29));
        assert!(!ranges.reject(), "two weeks are never too many");
    }

    #[test]
    fn a_day_with_as_many_activities_as_a_limit_is_not_believed() {
        let day = date(2026, 11, 29);
        let of = |count| DayRanges::new(day, day).read(count);
        assert_eq!(of(19), Verdict::Complete);
        assert_eq!(of(23), Verdict::Complete);
        assert_eq!(of(20), Verdict::Cut);
        assert_eq!(of(500), Verdict::Cut);
    }
}
