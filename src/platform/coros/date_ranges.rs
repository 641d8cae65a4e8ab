//! Which days a list is asked for at once. A wide span may be refused: no client was seen that asks for decades, so there
//! are other ways, each tried when the one before was refused. Pure.

use jiff::ToSpan;
use jiff::civil::Date;

/// A way to ask for a part of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// All days at once.
    Whole,
    /// So many days at once, the newest first.
    Days(i32),
    /// No days: the whole list. It may lack what was imported in the last minutes (pelocore), so it is not the first choice.
    Undated,
}

/// In the order in which they are tried: decades in months are hundreds of requests.
const WAYS: [Way; 4] = [Way::Whole, Way::Days(366), Way::Undated, Way::Days(31)];

/// Spans of days that together are the part of the history that is asked for, the newest first.
pub struct Spans {
    whole: (Date, Date),
    way: usize,
    now: (Date, Date),
    /// The service has answered in this way.
    taken: bool,
}

impl Spans {
    /// All days from `from` to `to`, both included.
    pub fn new(from: Date, to: Date) -> Spans {
        let whole = (from.min(to), to);
        Spans { whole, way: 0, now: whole, taken: false }
    }

    /// The first and the last day to ask for, as the service writes days; `None`: without days.
    pub fn days(&self) -> Option<(String, String)> {
        let day = |date: Date| date.strftime("%Y%m%d").to_string();
        (WAYS[self.way] != Way::Undated).then(|| (day(self.now.0), day(self.now.1)))
    }

    /// The service has answered for these days.
    pub fn was_taken(&mut self) {
        self.taken = true;
    }

    /// Goes on to the days before these; `false`: there are none.
    pub fn older(&mut self) -> bool {
        let Way::Days(width) = WAYS[self.way] else { return false };
        let is_last = self.now.0 <= self.whole.0;
        if let (false, Ok(to)) = (is_last, self.now.0.yesterday()) {
            self.now = (self.first_of(to, width), to);
        }
        !is_last
    }

    /// Goes on to the next way, from the newest days; `false`: there is none, or this one was taken before, so that its
    /// width is not what is refused.
    pub fn refused(&mut self) -> bool {
        if self.taken {
            return false;
        }
        let (from, to) = self.whole;
        let narrows = |way: &Way| match way {
            Way::Days(width) => self.first_of(to, *width) > from,
            _ => true,
        };
        let Some(next) = (self.way + 1..WAYS.len()).find(|way| narrows(&WAYS[*way])) else { return false };
        self.way = next;
        self.now = match WAYS[next] {
            Way::Days(width) => (self.first_of(to, width), to),
            _ => self.whole,
        };
        true
    }

    /// The first of `width` days that end with `to`, within the whole.
    fn first_of(&self, to: Date, width: i32) -> Date {
        to.checked_sub((width - 1).days()).map_or(self.whole.0, |first| first.max(self.whole.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn walk(spans: &mut Spans) -> Vec<(String, String)> {
        let mut all = Vec::new();
        loop {
            all.extend(spans.days());
            spans.was_taken();
            if !spans.older() {
                return all;
            }
        }
    }

    #[test]
    fn all_days_are_asked_for_at_once_as_long_as_that_is_taken() {
        let mut spans = Spans::new(date(1989, 12, 1), date(2026, 11, 29));
        assert_eq!(walk(&mut spans), [("19891201".into(), "20261129".into())]);
        assert!(!spans.refused(), "a refusal after an answer is about something else");
    }

    #[test]
    fn a_refused_width_becomes_years_then_no_days_then_months() {
        let mut spans = Spans::new(date(1989, 12, 1), date(2026, 11, 29));
        assert!(spans.refused());
        assert_eq!(spans.days().unwrap(), ("20251129".into(), "20261129".into()));
        assert!(spans.refused());
        assert_eq!(spans.days(), None);
        assert!(spans.refused());
        assert_eq!(spans.days().unwrap(), ("20261030".into(), "20261129".into()));
        assert!(!spans.refused());
    }

    #[test]
    fn the_years_have_every_day_once() {
        let mut spans = Spans::new(date(2023, 6, 1), date(2026, 11, 29));
        assert!(spans.refused());
        let years = walk(&mut spans);
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
    fn what_is_no_narrower_is_not_tried() {
        let mut spans = Spans::new(date(2026, 11, 20), date(2026, 11, 29));
        assert!(spans.refused());
        assert_eq!(spans.days(), None);
        assert!(!spans.refused());
        let mut one = Spans::new(date(2026, 12, 1), date(2026, 11, 29));
        assert_eq!(walk(&mut one), [("20261129".into(), "20261129".into())]);
    }
}
