//! The check before an upload: whether the target already has the activity, and which part of its list to request for that.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::matching::{Candidate, Matcher, Verdict};
use crate::reason::Reason;

/// How long the result of a check is used for the uploads that follow: as long as a few uploads take. It does not show what a
/// watch uploads meanwhile.
pub const MAX_AGE: Duration = Duration::from_secs(15);
/// How far from its start an activity is searched for: the largest time zone error, and a little more.
const REACH: SignedDuration = SignedDuration::from_mins(26 * 60 + 5);
/// How many known activities one window may contain: a page shows these, and some new ones.
const PAGEFUL: usize = 60;
/// How far a check for one activity reaches at most: the target may have any number of activities that the catalogue
/// does not know.
const FARTHEST: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How long the result of a check is used if requests are `interval` apart: the few requests of one upload must fit in.
pub fn max_age(interval: Duration) -> Duration {
    MAX_AGE.max(interval * 5)
}

/// Whether a target has an activity.
#[derive(Debug, Clone, PartialEq)]
pub enum PrecheckResult {
    /// The activity at this position is the same.
    Exists(usize, Verdict),
    /// The activity at this position may be the same.
    PossibleDuplicate(usize, Verdict),
    /// No activity on the target is similar.
    Absent,
}

/// Why an activity cannot be searched for by its start: the start is in the future, or the list and the file name different
/// days. `listed` is the start in the list, `recorded` the start in the file.
pub fn implausible_start(listed: Timestamp, recorded: Option<Timestamp>, now: Timestamp) -> Option<Reason> {
    if listed > horizon(now) {
        return Some(Reason::StartInFuture { start: listed });
    }
    let recorded = recorded.filter(|recorded| listed.duration_since(*recorded).abs() > REACH)?;
    Some(Reason::StartsDiffer { listed, recorded })
}

/// Activities that start later than this are in no listing: services use local days, and listings end today.
pub fn horizon(now: Timestamp) -> Timestamp {
    now.checked_add(REACH).unwrap_or(Timestamp::MAX)
}

/// Searches for an activity among those of a target.
pub fn check(matcher: &Matcher, searched: &Candidate, entries: &[Candidate]) -> PrecheckResult {
    let pairs =
        entries.iter().enumerate().filter_map(|(at, entry)| Some((at, matcher.possible_match(searched, entry)?)));
    match pairs.min_by_key(|(at, verdict)| (verdict.certainty, *at)) {
        Some((at, verdict)) if matcher.says_same(&verdict) => PrecheckResult::Exists(at, verdict),
        Some((at, verdict)) => PrecheckResult::PossibleDuplicate(at, verdict),
        None => PrecheckResult::Absent,
    }
}

/// The period in which an activity may be the same as one that starts at `start`.
pub fn reach(start: Timestamp) -> (Timestamp, Timestamp) {
    let (before, after) = (start.checked_sub(REACH), start.checked_add(REACH));
    (before.unwrap_or(Timestamp::MIN), after.unwrap_or(Timestamp::MAX))
}

/// The window to request for an activity that starts at `start`: the period of [`reach`], extended to what one page holds, for
/// the uploads that follow. `known` are the starts that the catalogue knows on the target, sorted. At least one of them is in
/// the window, however far away: otherwise a wrong empty response could not be distinguished from a correct one.
pub fn window(start: Timestamp, known: &[Timestamp]) -> (Timestamp, Timestamp) {
    let (from, until) = reach(start);
    let bound = |farther: std::result::Result<Timestamp, jiff::Error>, end| farther.unwrap_or(end);
    let older = &known[..known.partition_point(|time| *time < from)];
    let newer = &known[known.partition_point(|time| *time < until)..];
    let half = PAGEFUL / 2;
    // Just past the last one that is wanted; if there are fewer, as far as allowed.
    let oldest = older.len().checked_sub(half + 1).map(|at| older[at + 1]);
    let newest = newer.get(half).copied();
    let least = bound(from.checked_sub(FARTHEST), Timestamp::MIN);
    let most = bound(until.checked_add(FARTHEST), Timestamp::MAX);
    let span = (oldest.unwrap_or(least).max(least), newest.unwrap_or(most).min(most));
    with_something_known(span, (start, start), known)
}

/// The span, extended to the nearest known activity if it contains none. `searched` are the first and the last start that are
/// searched for in it.
fn with_something_known(
    (from, until): (Timestamp, Timestamp),
    searched: (Timestamp, Timestamp),
    known: &[Timestamp],
) -> (Timestamp, Timestamp) {
    let (first, end) = (known.partition_point(|time| *time < from), known.partition_point(|time| *time < until));
    if first < end {
        return (from, until);
    }
    let behind = |newer: Timestamp| newer.checked_add(SignedDuration::from_secs(1)).unwrap_or(Timestamp::MAX);
    match (first.checked_sub(1).map(|at| known[at]), known.get(end)) {
        (Some(older), Some(&newer)) if newer.duration_since(searched.1) < searched.0.duration_since(older) => {
            (from, behind(newer))
        }
        (Some(older), _) => (older, until),
        (None, Some(&newer)) => (from, behind(newer)),
        (None, None) => (from, until),
    }
}

/// Groups starts into windows with few other activities between them, however far apart they are. Each window contains a known
/// activity, if there is any.
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
    fn a_window_covers_the_reach_and_about_one_more_page() {
        let daily: Vec<Timestamp> = (0..400).map(|day| at(24 * day)).collect();
        let (from, until) = window(at(24 * 200), &daily);
        assert!(from <= reach(at(24 * 200)).0 && until >= reach(at(24 * 200)).1);
        let shown = daily.iter().filter(|time| **time >= from && **time < until).count();
        assert!((50..=70).contains(&shown), "{shown}");
        let (from, until) = window(at(0), &[]);
        assert!(
            from >= at(-24 * 95) && until <= at(24 * 95),
            "an empty catalogue does not widen the window to ten years"
        );
    }

    #[test]
    fn a_window_extends_to_the_nearest_known_activity() {
        let known = [at(-24 * 900), at(24 * 700)];
        let (from, until) = window(at(0), &known);
        assert!(from <= reach(at(0)).0 && until > known[1], "the nearer one");
        assert!(window(at(0), &known[..1]).0 <= known[0]);
        assert!(window(at(0), &[]).1 < at(24 * 95));
    }

    #[test]
    fn a_start_in_the_future_or_contradicted_by_the_file_is_implausible() {
        let unsure = |listed, recorded: Option<i64>, now| implausible_start(at(listed), recorded.map(at), at(now));
        assert_eq!(unsure(27, None, 0), Some(Reason::StartInFuture { start: at(27) }));
        assert_eq!(unsure(26, None, 0), None, "other time zones may have the next day already");
        assert_eq!(unsure(0, Some(30), 100), Some(Reason::StartsDiffer { listed: at(0), recorded: at(30) }));
        assert_eq!(unsure(0, Some(26), 100), None, "a wrong time zone");
    }

    #[test]
    fn nearby_starts_share_a_window_and_others_do_not() {
        let daily: Vec<Timestamp> = (0..400).map(|day| at(24 * day)).collect();
        let mut starts = vec![at(24 * 300), at(24), at(24 * 30)];
        let clusters = clusters(&mut starts, &daily);
        assert_eq!(clusters.len(), 2);
        assert!(clusters[0].0 < at(24) && clusters[0].1 > at(24 * 30) && clusters[1].0 > at(24 * 298));
    }

    #[test]
    fn a_window_for_several_starts_contains_a_known_activity() {
        let known = [at(-24 * 900), at(24 * 700)];
        let windows = |days: [i64; 2], known: &[Timestamp]| clusters(&mut days.map(|day| at(24 * day)), known);
        assert_eq!(windows([0, 5], &known), [(reach(at(0)).0, at(24 * 700) + SignedDuration::from_secs(1))]);
        assert_eq!(windows([-400, -395], &known), [(known[0], reach(at(24 * -395)).1)], "the nearer one");
        assert_eq!(windows([0, 5], &[]), [(reach(at(0)).0, reach(at(24 * 5)).1)]);
    }
}
