//! Decides how far a listing goes, and what follows from the place where it ends.

use std::collections::{HashSet, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::activity::Outline;

/// The longest time between two full listings: only a full listing shows that an old activity was deleted.
const FULL_EVERY: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Services sort by local time: an activity that started later may be listed after one that started earlier, by up to the
/// spread of the world's time zones. Within this distance of the end of a listing, nothing is concluded.
const SPREAD: SignedDuration = SignedDuration::from_hours(26);

/// How far a listing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// To the end, or to the end of the requested period.
    Full,
    /// Until a page shows nothing new.
    Incremental,
}

/// Decides how far a listing goes if no full listing was requested. A listing is full
///
/// - if there is no full listing yet, or the last one is a week old;
/// - if the last one was implausible (`unconfirmed`): only a second full listing can confirm it.
///
/// Otherwise it continues until a page shows nothing new.
pub fn extent(unconfirmed: bool, last_base: Option<Timestamp>, now: Timestamp) -> Extent {
    match last_base.filter(|_| !unconfirmed) {
        // A time in the future comes from a wrong clock.
        Some(at) if now.duration_since(at) < FULL_EVERY && at <= now => Extent::Incremental,
        _ => Extent::Full,
    }
}

/// Whether a page is the last one: it shows nothing new, or the limit is reached.
pub fn is_enough(extent: Extent, fresh: usize, is_limit_reached: bool) -> bool {
    is_limit_reached || (extent == Extent::Incremental && fresh == 0)
}

/// How many of the newest activities are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Their number.
    pub count: u64,
    /// From a flag: never more than `count`, even if older ones are new. Else from a setting for all runs: it limits how far
    /// back the first listing goes, and later listings show everything that is new since.
    pub is_strict: bool,
}

/// A listing is read past this number of the newest known activities, because the date of one may be wrong.
const WITNESSES: usize = 3;

/// How far back a list has to be read so that nothing new is missed: past the newest known activities, but not past the
/// oldest one, as older ones were not requested. `contiguous` are the starts of the activities that listings without gaps
/// have shown, the newest first. `has_base`: such a listing exists, so without any activity everything is new. `None`: nothing
/// is known.
pub fn floor(contiguous: &[Timestamp], has_base: bool, now: Timestamp) -> Option<Timestamp> {
    let Some(oldest) = contiguous.last() else { return has_base.then_some(Timestamp::MIN) };
    let past = contiguous.iter().filter(|start| **start <= later(now)).take(WITNESSES).last();
    let near = past.and_then(|start| start.checked_sub(SPREAD).ok());
    Some(near.map_or(*oldest, |near| near.max(*oldest)))
}

/// The most different recordings in a row that can start in the same second in a real history. Another tool may have uploaded
/// one recording many times; those count once.
const MOST_AT_ONCE: usize = 12;
/// The most recordings of a history that may all start in the same second.
const FEW_AT_ONCE: usize = 4;
/// How many activities before it each activity is compared with, so that slowly ascending starts are noticed.
const NEIGHBOURS: usize = 3;

/// Checks whether a list is in order, the newest first.
#[derive(Debug, Default)]
pub struct Order {
    oldest: Option<Timestamp>,
    /// The last few, the last one at the end.
    last: VecDeque<Timestamp>,
    entries: u64,
    /// How many directly follow one that started earlier.
    breaks: u64,
    /// The different recordings in a row that start in the same second as the last one.
    at_once: Vec<Outline>,
    /// The largest number of those.
    most_at_once: usize,
    /// The number of different recordings.
    recordings: usize,
    /// One is newer than one before it, or the list was restarted.
    broken: bool,
}

impl Order {
    /// Adds the next activity.
    pub fn add(&mut self, outline: &Outline) {
        let start = outline.start;
        let follows = |above: Option<Timestamp>| above.is_none_or(|above| start <= later(above));
        self.breaks += u64::from(!follows(self.last.iter().min().copied()));
        self.broken |= !follows(self.oldest);
        if self.last.back() != Some(&start) {
            self.at_once.clear();
        }
        if !self.at_once.iter().any(|other| outline.is_duplicate_of(other)) {
            self.recordings += 1;
            self.at_once.push(outline.clone());
            self.most_at_once = self.most_at_once.max(self.at_once.len());
        }
        self.entries += 1;
        self.last.push_back(start);
        if self.last.len() > NEIGHBOURS {
            self.last.pop_front();
        }
        self.oldest = Some(self.oldest.map_or(start, |oldest| oldest.min(start)));
    }

    /// The list is read again from its beginning.
    pub fn restart(&mut self) {
        self.last.clear();
        self.broken |= self.entries > 0;
    }

    /// The oldest start so far.
    pub fn oldest(&self) -> Option<Timestamp> {
        self.oldest
    }

    /// Whether everything newer than the oldest activity has been shown.
    pub fn is_sorted(&self) -> bool {
        !self.broken
    }

    /// Whether the list has no order at all: each page shows another list, or many different recordings have the same start. A
    /// single activity in the wrong place does not count.
    pub fn is_missing(&self) -> bool {
        let share_a_start =
            self.most_at_once > MOST_AT_ONCE || (self.recordings > FEW_AT_ONCE && self.most_at_once == self.recordings);
        self.breaks > (self.entries / 20).max(NEIGHBOURS as u64) || share_a_start
    }
}

fn later(time: Timestamp) -> Timestamp {
    time.checked_add(SPREAD).unwrap_or(Timestamp::MAX)
}

/// The comparison of two listings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Both show the same activities.
    Agrees,
    /// They differ.
    Differs {
        /// How many activities only the second one shows.
        more: usize,
        /// How many activities only the first one shows.
        fewer: usize,
    },
}

/// Compares the ids in two listings of one account.
pub fn compare(first: &HashSet<String>, second: &HashSet<String>) -> Comparison {
    let (more, fewer) = (second.difference(first).count(), first.difference(second).count());
    if more == 0 && fewer == 0 { Comparison::Agrees } else { Comparison::Differs { more, fewer } }
}

/// The start from which a listing that ended at `oldest` shows every activity. `None`: it shows none reliably.
pub fn covered_from(oldest: Option<Timestamp>) -> Option<Timestamp> {
    oldest?.checked_add(SPREAD).ok()
}

/// The start before which the pages read so far show nothing, if their oldest activity started at `oldest`.
pub fn above_from(oldest: Option<Timestamp>) -> Option<Timestamp> {
    oldest?.checked_sub(SPREAD).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_full_listing_is_made_once_a_week() {
        let now = at("2026-03-08T00:00:00Z");
        let extent = |last| extent(false, last, now);
        assert_eq!(extent(None), Extent::Full);
        assert_eq!(extent(Some(at("2026-03-01T00:00:00Z"))), Extent::Full);
        assert_eq!(extent(Some(at("2026-03-01T00:00:01Z"))), Extent::Incremental);
        assert_eq!(extent(Some(at("2026-03-09T00:00:00Z"))), Extent::Full);
        assert_eq!(extent(Some(now)), Extent::Incremental);
        assert_eq!(
            super::extent(true, Some(now), now),
            Extent::Full,
            "an implausible list is followed by a full listing"
        );
    }

    fn outline(start: Timestamp, duration_s: f64) -> Outline {
        Outline {
            start,
            platform_sport: Some("running".into()),
            duration_s: Some(duration_s),
            distance_m: Some(5000.0),
        }
    }

    /// The order of different recordings, whose starts are given in days.
    fn order(days: impl IntoIterator<Item = i64>) -> Order {
        let mut order = Order::default();
        for (number, day) in days.into_iter().enumerate() {
            let start = Timestamp::from_second(1_700_000_000 + day * 86_400).unwrap();
            order.add(&outline(start, 1800.0 + 60.0 * number as f64));
        }
        order
    }

    #[test]
    fn many_duplicates_of_one_recording_have_a_plausible_start() {
        let start = at("2026-03-08T00:00:00Z");
        let list = |entries: &[Outline]| {
            let mut order = Order::default();
            entries.iter().for_each(|entry| order.add(entry));
            order.is_missing()
        };
        let rounded = |number: usize| outline(start, 1800.0 + (number % 2) as f64 * 0.4);
        let copies: Vec<Outline> = (0..200).map(rounded).collect();
        assert!(!list(&copies) && !list(&copies[..5]), "another tool uploaded one recording many times");
        let with_others = [copies.clone(), vec![outline(at("2026-03-07T00:00:00Z"), 900.0)]].concat();
        assert!(!list(&with_others));
        let different = |change: fn(&mut Outline, f64)| {
            let mut entries = copies[..13].to_vec();
            entries.iter_mut().enumerate().for_each(|(number, entry)| change(entry, number as f64));
            list(&entries) && list(&entries[..5]) && !list(&entries[..4])
        };
        assert!(different(|entry, number| entry.duration_s = Some(900.0 + 5.0 * number)));
        assert!(different(|entry, number| entry.distance_m = Some(100.0 * number)));
        assert!(different(|entry, number| entry.platform_sport = Some(number.to_string())));
        assert!(different(|entry, _| entry.duration_s = None), "without durations they may be different recordings");
    }

    #[test]
    fn a_list_with_a_later_start_further_down_is_not_sorted() {
        let sorted = |above, below| {
            let mut order = Order::default();
            order.add(&outline(at(above), 1800.0));
            order.add(&outline(at(below), 1800.0));
            order.is_sorted()
        };
        assert!(sorted("2026-03-08T00:00:00Z", "2026-03-07T23:00:00Z"));
        assert!(sorted("2026-03-08T00:00:00Z", "2026-03-09T01:00:00Z"), "local times may be in another order than UTC");
        assert!(!sorted("2026-03-08T00:00:00Z", "2026-03-10T00:00:00Z"));
    }

    #[test]
    fn a_shuffled_list_is_unordered_but_one_misplaced_activity_is_allowed() {
        assert!(!order((0..100).rev()).is_missing());
        assert!(!order([9, 8, 2, 7, 6, 5, 4, 3, 1, 0]).is_missing(), "one entry out of place");
        assert!(!order([9, 8, 2, 7, 6, 5, 4, 3, 1, 0]).is_sorted());
        assert!(order(0..10).is_missing(), "the oldest first");
        assert!(order([5, 9, 0, 7, 2, 8, 1, 6, 3, 4]).is_missing());
        assert!(order([9, 8, 2, 6, 5, 4, 3, 7, 1, 0]).is_missing(), "two entries changed places");
        assert!(order([7; 13]).is_missing() && order([7; 5]).is_missing(), "a placeholder instead of a start");
        assert!(!order([7; 4]).is_missing() && !order([7, 7, 7, 7, 7, 7, 6]).is_missing());
        assert!(!order((0..30).rev().flat_map(|day| [day; 3])).is_missing(), "each activity is listed three times");
    }

    #[test]
    fn a_restarted_list_is_ordered_but_not_sorted() {
        let mut order = order([3, 2, 1]);
        order.restart();
        for start in ["2026-03-08T00:00:00Z", "2026-03-07T00:00:00Z"] {
            order.add(&outline(at(start), 1800.0));
        }
        assert!(!order.is_missing() && !order.is_sorted());
        let mut first = Order::default();
        first.restart();
        first.add(&outline(at("2026-03-08T00:00:00Z"), 1800.0));
        assert!(first.is_sorted(), "the first page starts the list");
    }

    #[test]
    fn two_listings_agree_only_if_they_show_the_same_activities() {
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<HashSet<_>>();
        assert_eq!(compare(&ids(&["1", "2"]), &ids(&["2", "1"])), Comparison::Agrees);
        assert_eq!(compare(&ids(&[]), &ids(&["1"])), Comparison::Differs { more: 1, fewer: 0 });
        assert_eq!(compare(&ids(&["1", "2"]), &ids(&["3"])), Comparison::Differs { more: 1, fewer: 2 });
    }

    #[test]
    fn a_listing_ends_at_a_page_without_new_activities_or_at_its_limit() {
        assert!(is_enough(Extent::Incremental, 0, false));
        assert!(!is_enough(Extent::Incremental, 1, false));
        assert!(!is_enough(Extent::Full, 0, false));
        assert!(is_enough(Extent::Full, 100, true));
    }

    #[test]
    fn a_limited_listing_ends_at_the_known_activities() {
        let day = |day: i64| Timestamp::from_second(1_700_000_000 + day * 86_400).unwrap();
        let floor = |days: &[i64], base| floor(&days.iter().map(|it| day(*it)).collect::<Vec<_>>(), base, day(100));
        assert_eq!(floor(&[], false), None, "nothing is known");
        assert_eq!(floor(&[], true), Some(Timestamp::MIN), "an empty account: everything is new");
        assert_eq!(floor(&[9, 8, 7, 3, 2, 1], true), Some(day(7) - SPREAD));
        assert_eq!(floor(&[9, 8], true), Some(day(8)), "older ones were not requested");
        assert_eq!(
            floor(&[200, 99, 9, 8, 7, 3], true),
            Some(day(8) - SPREAD),
            "dates of a watch whose clock was ahead"
        );
        assert_eq!(floor(&[200], true), Some(day(200)));
    }
}
