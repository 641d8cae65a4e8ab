//! The pairs that are worth comparing, found in O(n log n): a few for each activity.
//!
//! A pair has starts within the tolerance, the same file, or the same length a few hours apart. Each criterion is one sort
//! and a window that moves over the sorted list.

use super::evidence::span_s;
use super::{Candidate, Matcher, Rule};

/// The largest shift between time zones, with the tolerance of a rounded start, in milliseconds.
const FARTHEST_MS: i64 = (26 * 3600 + 4) * 1000;
/// How many activities of one file are compared with each. One file has few activities; a converter that gives all its files
/// the same `file_id` must not cause n² pairs.
const SHARERS: usize = 16;

impl Matcher {
    /// The pairs for which [`Matcher::verdict`] can return a verdict: positions in `all`, the smaller first, sorted.
    ///
    /// One person's history has a few pairs for each activity, so a million activities take seconds.
    pub fn candidate_pairs(&self, all: &[Candidate]) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        self.by_start(all, &mut pairs);
        if self.rule == Rule::Evidence {
            by_file(all, |one| one.file.and_then(|file| file.sha256), &mut pairs);
            by_file(all, |one| one.file.and_then(|file| file.identity), &mut pairs);
            by_length(all, &mut pairs);
        }
        for pair in &mut pairs {
            *pair = (pair.0.min(pair.1), pair.0.max(pair.1));
        }
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }

    fn by_start(&self, all: &[Candidate], pairs: &mut Vec<(usize, usize)>) {
        let starts = all.iter().enumerate();
        let mut starts: Vec<_> = starts.filter_map(|(at, one)| Some((start_ms(one)?, at))).collect();
        starts.sort_unstable();
        let tolerance_ms = i64::from(self.tolerance_s) * 1000;
        for (place, &(start, one)) in starts.iter().enumerate() {
            let window = starts[place + 1..].iter().take_while(|(other, _)| other - start <= tolerance_ms);
            pairs.extend(window.map(|&(_, other)| (one, other)));
        }
    }
}

/// The pairs that overlap in time (positions, the smaller first): one person can hardly do two activities at once.
pub(super) fn overlapping(all: &[Candidate]) -> Vec<(usize, usize)> {
    let spans = all.iter().enumerate().filter_map(|(at, one)| {
        let start = start_ms(one)?;
        Some((start, start + (span_s(one.activity)? * 1000.0) as i64, at))
    });
    let mut spans: Vec<_> = spans.collect();
    spans.sort_unstable();
    let mut pairs = Vec::new();
    for (place, &(_, end, one)) in spans.iter().enumerate() {
        let during = spans[place + 1..].iter().take(SHARERS).take_while(|(start, ..)| *start < end);
        pairs.extend(during.map(|&(_, _, other)| (one.min(other), one.max(other))));
    }
    pairs
}

fn start_ms(candidate: &Candidate) -> Option<i64> {
    candidate.activity.start_time.map(|start| start.as_millisecond())
}

/// The pairs with the same key: each activity with the few that started next.
fn by_file<'a, 'b, Key: Ord>(
    all: &'a [Candidate<'b>],
    key: impl Fn(&'a Candidate<'b>) -> Option<Key>,
    pairs: &mut Vec<(usize, usize)>,
) {
    let keyed = all.iter().enumerate().filter_map(|(at, one)| Some((key(one)?, start_ms(one), at)));
    let mut keyed: Vec<_> = keyed.collect();
    // Activities with the same file and start are ordered by platform and id, so that the order of the input does not count.
    let name = |at: usize| (&all[at].activity.platform, &all[at].activity.id);
    keyed.sort_unstable_by(|a, b| (&a.0, a.1, name(a.2)).cmp(&(&b.0, b.1, name(b.2))));
    for (place, (key, _, one)) in keyed.iter().enumerate() {
        let sharers = keyed[place + 1..].iter().take(SHARERS).take_while(|(other, _, _)| other == key);
        pairs.extend(sharers.map(|&(_, _, other)| (*one, other)));
    }
}

/// The pairs whose lengths differ by up to two seconds and whose starts differ by whole quarter hours, up to the largest
/// shift: [`super::Certainty::Shifted`] needs these.
fn by_length(all: &[Candidate], pairs: &mut Vec<(usize, usize)>) {
    let lengths = all.iter().enumerate().filter_map(|(at, one)| {
        let known = |value: Option<f64>| value.filter(|value| *value > 0.0 && value.is_finite());
        known(one.activity.distance_m)?;
        // Boxes of two seconds: lengths that close are in the same box or in the next one.
        Some(((known(one.activity.timer_time_s)? / 2.0) as i64, start_ms(one)?, at))
    });
    let mut lengths: Vec<_> = lengths.collect();
    lengths.sort_unstable();
    for (place, &(length, start, one)) in lengths.iter().enumerate() {
        let later = |&&(box_of, other, _): &&(i64, i64, usize)| box_of == length && other - start <= FARTHEST_MS;
        let same_box = lengths[place + 1..].iter().take_while(later);
        let first = lengths.partition_point(|&(box_of, other, _)| (box_of, other) < (length + 1, start - FARTHEST_MS));
        let near = |&&(box_of, other, _): &&(i64, i64, usize)| box_of == length + 1 && other - start <= FARTHEST_MS;
        let next_box = lengths[first..].iter().take_while(near);
        let quarters = |gap: i64| (gap + 4000).rem_euclid(900_000) <= 8000;
        let shifted = same_box.chain(next_box).filter(|(_, other, _)| quarters(other - start));
        pairs.extend(shifted.map(|&(_, _, other)| (one, other)));
    }
}
