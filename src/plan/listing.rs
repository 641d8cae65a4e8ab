//! How far a listing goes, and what may be concluded from where it ended.

use jiff::{SignedDuration, Timestamp};

/// Only a listing of everything shows what was deleted long ago: one is due after this time.
const FULL_EVERY: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Services sort by local time: of two entries the one begun later may stand below the other by the spread of the
/// world's zones. Nearer than this to where a listing stopped, nothing is concluded.
const SPREAD: SignedDuration = SignedDuration::from_hours(26);

/// How far a listing is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// To the end, or as far as asked.
    Full,
    /// Until a page holds nothing new.
    Incremental,
}

/// Decides how far to go.
///
/// - asked for, or a part of time is asked for: all of that;
/// - nothing to build on (no earlier listing got that far), or that is a week old: all;
/// - else until a page holds nothing new.
pub fn extent(full: bool, window: bool, last_base: Option<Timestamp>, now: Timestamp) -> Extent {
    match last_base {
        _ if full || window => Extent::Full,
        None => Extent::Full,
        // A base in the future comes from a clock that was wrong.
        Some(at) if now.duration_since(at) >= FULL_EVERY || at > now => Extent::Full,
        Some(_) => Extent::Incremental,
    }
}

/// Whether a page is the last one wanted.
pub fn is_enough(extent: Extent, fresh: usize, listed: u64, newest: Option<u64>) -> bool {
    newest.is_some_and(|newest| listed >= newest) || (extent == Extent::Incremental && fresh == 0)
}

/// Whether a page that shows `newest` may come after one that went down to `oldest`, if the list is sorted.
pub fn is_sorted(oldest: Option<Timestamp>, newest: Option<Timestamp>) -> bool {
    oldest.zip(newest).is_none_or(|(oldest, newest)| newest <= oldest.checked_add(SPREAD).unwrap_or(Timestamp::MAX))
}

/// From when on a listing that stopped at `oldest` tells who is there. `None`: from nowhere.
pub fn covered_from(oldest: Option<Timestamp>) -> Option<Timestamp> {
    oldest?.checked_add(SPREAD).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_listing_of_everything_is_due_once_a_week() {
        let now = at("2026-03-08T00:00:00Z");
        let extent = |last| extent(false, false, last, now);
        assert_eq!(extent(None), Extent::Full);
        assert_eq!(extent(Some(at("2026-03-01T00:00:00Z"))), Extent::Full);
        assert_eq!(extent(Some(at("2026-03-01T00:00:01Z"))), Extent::Incremental);
        assert_eq!(extent(Some(at("2026-03-09T00:00:00Z"))), Extent::Full);
        assert_eq!(super::extent(true, false, Some(now), now), Extent::Full);
        assert_eq!(super::extent(false, true, Some(now), now), Extent::Full);
    }

    #[test]
    fn pages_that_go_up_again_are_not_sorted() {
        let sorted = |oldest, newest| is_sorted(Some(at(oldest)), Some(at(newest)));
        assert!(sorted("2026-03-08T00:00:00Z", "2026-03-07T23:00:00Z"));
        assert!(sorted("2026-03-08T00:00:00Z", "2026-03-09T01:00:00Z"), "local time sorts otherwise than UTC");
        assert!(!sorted("2026-03-08T00:00:00Z", "2026-03-10T00:00:00Z"));
    }

    #[test]
    fn an_incremental_one_ends_at_a_page_without_news_and_any_at_its_limit() {
        assert!(is_enough(Extent::Incremental, 0, 100, None));
        assert!(!is_enough(Extent::Incremental, 1, 100, None));
        assert!(!is_enough(Extent::Full, 0, 100, None));
        assert!(is_enough(Extent::Full, 100, 100, Some(100)));
        assert!(!is_enough(Extent::Full, 99, 99, Some(100)));
    }
}
