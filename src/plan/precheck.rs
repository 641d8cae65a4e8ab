//! Looking before writing: is the activity on the target already, and how much of the list is asked for at once.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::matching::{Candidate, Matcher, Verdict};
use crate::reason::Reason;

/// A look serves the writes that follow it within this time. It is as long as a few uploads take, and no longer: what a
/// watch uploads meanwhile is not seen.
pub const MAX_AGE: Duration = Duration::from_secs(15);
/// As far from its start an activity is sought: zones are mistaken by at most this, and a little.
const REACH: SignedDuration = SignedDuration::from_mins(26 * 60 + 5);
/// So many known entries are looked at in one window: a page shows them all, and some that are new.
const PAGEFUL: usize = 60;
/// A precheck for one activity goes no farther than this: what the catalogue does not know could be any number.
const FARTHEST: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How long a look serves where requests are so far apart: the few that an upload is made of have to fit in.
pub fn max_age(interval: Duration) -> Duration {
    MAX_AGE.max(interval * 5)
}

/// What a target has of an activity.
#[derive(Debug, Clone, PartialEq)]
pub enum Presence {
    /// The entry at this position is the activity.
    There(usize, Verdict),
    /// The entry at this position may be.
    Doubtful(usize, Verdict),
    /// Nothing there has anything to do with it.
    Absent,
}

/// Why a start is none that an activity can be looked for by: the list and the file name different days, or one that is yet to
/// come. `listed` is the start by the list, `recorded` that by the file.
pub fn unsure_start(listed: Timestamp, recorded: Option<Timestamp>, now: Timestamp) -> Option<Reason> {
    if listed > horizon(now) {
        return Some(Reason::StartInFuture { start: listed });
    }
    let recorded = recorded.filter(|recorded| listed.duration_since(*recorded).abs() > REACH)?;
    Some(Reason::StartsDiffer { listed, recorded })
}

/// What began later than this is in no list: services go by local days, and are asked until today.
pub fn horizon(now: Timestamp) -> Timestamp {
    now.checked_add(REACH).unwrap_or(Timestamp::MAX)
}

/// Looks for an activity among the entries of a target.
pub fn presence(matcher: &Matcher, sought: &Candidate, entries: &[Candidate]) -> Presence {
    let pairs = entries.iter().enumerate().filter_map(|(at, entry)| Some((at, matcher.doubt(sought, entry)?)));
    match pairs.min_by_key(|(at, verdict)| (verdict.certainty, *at)) {
        Some((at, verdict)) if matcher.says_same(&verdict) => Presence::There(at, verdict),
        Some((at, verdict)) => Presence::Doubtful(at, verdict),
        None => Presence::Absent,
    }
}

/// The part of time in which entries may have to do with one that began at `start`.
pub fn reach(start: Timestamp) -> (Timestamp, Timestamp) {
    let (before, after) = (start.checked_sub(REACH), start.checked_add(REACH));
    (before.unwrap_or(Timestamp::MIN), after.unwrap_or(Timestamp::MAX))
}

/// The window to ask for when something that began at `start` is looked for: all that it could be, and beyond that what
/// one page holds anyhow, for those who come next. `known` are the starts that the catalogue knows there, sorted: at least
/// one of them is in the window, however far away, as an empty answer would look like the truth where nothing is known.
pub fn window(start: Timestamp, known: &[Timestamp]) -> (Timestamp, Timestamp) {
    let (from, until) = reach(start);
    let bound = |farther: std::result::Result<Timestamp, jiff::Error>, end| farther.unwrap_or(end);
    let older = &known[..known.partition_point(|time| *time < from)];
    let newer = &known[known.partition_point(|time| *time < until)..];
    let half = PAGEFUL / 2;
    // Just beyond the last one that is wanted; without so many, as far as allowed.
    let oldest = older.len().checked_sub(half + 1).map(|at| older[at + 1]);
    let newest = newer.get(half).copied();
    let least = bound(from.checked_sub(FARTHEST), Timestamp::MIN);
    let most = bound(until.checked_add(FARTHEST), Timestamp::MAX);
    let span = (oldest.unwrap_or(least).max(least), newest.unwrap_or(most).min(most));
    with_something_known(span, (start, start), known)
}

/// The span, or a longer one that reaches to the nearest known entry if none is in it: an empty answer would look like the
/// truth where nothing is known. `sought` are the first and the last start that are looked for in it.
fn with_something_known(
    (from, until): (Timestamp, Timestamp),
    sought: (Timestamp, Timestamp),
    known: &[Timestamp],
) -> (Timestamp, Timestamp) {
    let (first, end) = (known.partition_point(|time| *time < from), known.partition_point(|time| *time < until));
    if first < end {
        return (from, until);
    }
    let behind = |newer: Timestamp| newer.checked_add(SignedDuration::from_secs(1)).unwrap_or(Timestamp::MAX);
    match (first.checked_sub(1).map(|at| known[at]), known.get(end)) {
        (Some(older), Some(&newer)) if newer.duration_since(sought.1) < sought.0.duration_since(older) => {
            (from, behind(newer))
        }
        (Some(older), _) => (older, until),
        (None, Some(&newer)) => (from, behind(newer)),
        (None, None) => (from, until),
    }
}

/// Puts starts together that one window shows without many others between them, however far apart they are. Each window
/// shows something that is known, if anything is.
pub fn clusters(starts: &mut [Timestamp], known: &[Timestamp]) -> Vec<(Timestamp, Timestamp)> {
    starts.sort_unstable();
    let between = |from: Timestamp, until: Timestamp| {
        known.partition_point(|time| *time <= until) - known.partition_point(|time| *time < from)
    };
    let mut clusters: Vec<(Timestamp, Timestamp)> = Vec::new();
    for &start in starts.iter() {
        match clusters.last_mut() {
            Some(last) if between(last.0, start) <= PAGEFUL => last.1 = start,
            _ => clusters.push((start, start)),
        }
    }
    let window = |(first, last)| with_something_known((reach(first).0, reach(last).1), (first, last), known);
    clusters.into_iter().map(window).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + hours * 3600).unwrap()
    }

    #[test]
    fn a_window_holds_all_that_it_could_be_and_about_a_page_more() {
        let daily: Vec<Timestamp> = (0..400).map(|day| at(24 * day)).collect();
        let (from, until) = window(at(24 * 200), &daily);
        assert!(from <= reach(at(24 * 200)).0 && until >= reach(at(24 * 200)).1);
        let shown = daily.iter().filter(|time| **time >= from && **time < until).count();
        assert!((50..=70).contains(&shown), "{shown}");
        let (from, until) = window(at(0), &[]);
        assert!(from >= at(-24 * 95) && until <= at(24 * 95), "an empty catalogue is no reason to list ten years");
    }

    #[test]
    fn a_window_shows_something_that_is_known_however_far_it_has_to_reach() {
        let known = [at(-24 * 900), at(24 * 700)];
        let (from, until) = window(at(0), &known);
        assert!(from <= reach(at(0)).0 && until > known[1], "the nearer one");
        assert!(window(at(0), &known[..1]).0 <= known[0]);
        assert!(window(at(0), &[]).1 < at(24 * 95));
    }

    #[test]
    fn a_start_that_is_yet_to_come_or_that_the_file_denies_is_none_to_look_for() {
        let unsure = |listed, recorded: Option<i64>, now| unsure_start(at(listed), recorded.map(at), at(now));
        assert_eq!(unsure(27, None, 0), Some(Reason::StartInFuture { start: at(27) }));
        assert_eq!(unsure(26, None, 0), None, "today is tomorrow elsewhere");
        assert_eq!(unsure(0, Some(30), 100), Some(Reason::StartsDiffer { listed: at(0), recorded: at(30) }));
        assert_eq!(unsure(0, Some(26), 100), None, "a zone that was mistaken");
    }

    #[test]
    fn neighbours_share_a_window_and_others_do_not() {
        let daily: Vec<Timestamp> = (0..400).map(|day| at(24 * day)).collect();
        let mut starts = vec![at(24 * 300), at(24), at(24 * 30)];
        let clusters = clusters(&mut starts, &daily);
        assert_eq!(clusters.len(), 2);
        assert!(clusters[0].0 < at(24) && clusters[0].1 > at(24 * 30) && clusters[1].0 > at(24 * 298));
    }

    #[test]
    fn a_window_for_several_starts_shows_something_that_is_known_too() {
        let known = [at(-24 * 900), at(24 * 700)];
        let windows = |days: [i64; 2], known: &[Timestamp]| clusters(&mut days.map(|day| at(24 * day)), known);
        assert_eq!(windows([0, 5], &known), [(reach(at(0)).0, at(24 * 700) + SignedDuration::from_secs(1))]);
        assert_eq!(windows([-400, -395], &known), [(known[0], reach(at(24 * -395)).1)], "the nearer one");
        assert_eq!(windows([0, 5], &[]), [(reach(at(0)).0, reach(at(24 * 5)).1)]);
    }
}
