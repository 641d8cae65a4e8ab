//! The days that one listing request covers. The service may reject a wide range, as no known client requests decades:
//! then narrower ranges are tried. Pure.

use jiff::ToSpan;
use jiff::civil::Date;

/// How a part of the history is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    /// All days at once.
    Whole,
    /// This many days at once, the newest first.
    Days(i32),
    /// Without days: the whole list. It may omit activities that were imported in the last minutes (pelocore), so it is
    /// not the first choice.
    Undated,
}

/// The widths in the order in which they are tried. The narrowest is last: decades in months are hundreds of requests.
const WIDTHS: [Width; 4] = [Width::Whole, Width::Days(366), Width::Undated, Width::Days(31)];

/// The date ranges that together cover the requested part of the history, the newest first.
pub struct DateRanges {
    whole: (Date, Date),
    width: usize,
    now: (Date, Date),
    /// The service has accepted this width.
    accepted: bool,
}

impl DateRanges {
    /// All days from `from` to `to`, both included.
    pub fn new(from: Date, to: Date) -> DateRanges {
        let whole = (from.min(to), to);
        DateRanges { whole, width: 0, now: whole, accepted: false }
    }

    /// The first and the last day of the next request, as the service writes days; `None`: without days.
    pub fn days(&self) -> Option<(String, String)> {
        let day = |date: Date| date.strftime("%Y%m%d").to_string();
        (WIDTHS[self.width] != Width::Undated).then(|| (day(self.now.0), day(self.now.1)))
    }

    /// Records that the service accepted these days.
    pub fn accept(&mut self) {
        self.accepted = true;
    }

    /// Moves on to the days before the current ones; `false` if no days are left.
    pub fn older(&mut self) -> bool {
        let Width::Days(days) = WIDTHS[self.width] else { return false };
        let is_last = self.now.0 <= self.whole.0;
        if let (false, Ok(to)) = (is_last, self.now.0.yesterday()) {
            self.now = (self.first_of(to, days), to);
        }
        !is_last
    }

    /// Moves on to the next width, from the newest days. `false` if no width is left, or if the service accepted the
    /// current width before, so that the rejection has another reason.
    pub fn reject(&mut self) -> bool {
        if self.accepted {
            return false;
        }
        let (from, to) = self.whole;
        let is_narrower = |width: &Width| match width {
            Width::Days(days) => self.first_of(to, *days) > from,
            _ => true,
        };
        let Some(next) = (self.width + 1..WIDTHS.len()).find(|width| is_narrower(&WIDTHS[*width])) else {
            return false;
        };
        self.width = next;
        self.now = match WIDTHS[next] {
            Width::Days(days) => (self.first_of(to, days), to),
            _ => self.whole,
        };
        true
    }

    /// The first of `days` days that end with `to`, but not before the first requested day.
    fn first_of(&self, to: Date, days: i32) -> Date {
        to.checked_sub((days - 1).days()).map_or(self.whole.0, |first| first.max(self.whole.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn walk(ranges: &mut DateRanges) -> Vec<(String, String)> {
        let mut all = Vec::new();
        loop {
            all.extend(ranges.days());
            ranges.accept();
            if !ranges.older() {
                return all;
            }
        }
    }

    #[test]
    fn all_days_are_requested_at_once_while_the_service_accepts_it() {
        let mut ranges = DateRanges::new(date(1989, 12, 1), date(2026, 11, 29));
        assert_eq!(walk(&mut ranges), [("19891201".into(), "20261129".into())]);
        assert!(!ranges.reject(), "a rejection after a success has another reason");
    }

    #[test]
    fn a_rejected_width_becomes_years_then_no_days_then_months() {
        let mut ranges = DateRanges::new(date(1989, 12, 1), date(2026, 11, 29));
        assert!(ranges.reject());
        assert_eq!(ranges.days().unwrap(), ("20251129".into(), "20261129".into()));
        assert!(ranges.reject());
        assert_eq!(ranges.days(), None);
        assert!(ranges.reject());
        assert_eq!(ranges.days().unwrap(), ("20261030".into(), "20261129".into()));
        assert!(!ranges.reject());
    }

    #[test]
    fn the_years_have_every_day_once() {
        let mut ranges = DateRanges::new(date(2023, 6, 1), date(2026, 11, 29));
        assert!(ranges.reject());
        let years = walk(&mut ranges);
        let text = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        assert_eq!(
            years,
            [
                text("20251129", "20261129"),
                text("20241128", "20251128"),
                text("20231128", "20241127"),
                text("20230601", "20231127")
            ]
        );
    }

    #[test]
    fn only_narrower_widths_are_tried() {
        let mut ranges = DateRanges::new(date(2026, 11, 20), date(2026, 11, 29));
        assert!(ranges.reject());
        assert_eq!(ranges.days(), None);
        assert!(!ranges.reject());
        let mut one = DateRanges::new(date(2026, 12, 1), date(2026, 11, 29));
        assert_eq!(walk(&mut one), [("20261129".into(), "20261129".into())]);
    }
}
