//! The pairs that are worth comparing, found in O(n log n): a few for each activity.
//!
//! A pair has starts within the tolerance, the same file, or the same length a few hours apart. Each criterion is one sort
//! and a window that moves over the sorted list.

use super::evidence::span_s;
use super::{Candidate, Candidates, Matcher, Rule};
use crate::fit::RecordingId;

/// The largest shift between time zones, with the tolerance of a rounded start, in milliseconds.
const FARTHEST_MS: i64 = (26 * 3600 + 4) * 1000;
/// How many activities of one file, or that start during one, are compared with each. One file has few activities; a converter
/// that gives all its files the same `file_id` must not cause n² pairs.
pub const SHARERS: usize = 16;

/// Two positions, the smaller first. Four bytes are enough for what fits into memory.
pub(super) type Positions = (u32, u32);

fn ordered(a: u32, b: u32) -> Positions {
    (a.min(b), a.max(b))
}

/// The positions of all activities.
fn positions(all: &Candidates) -> impl Iterator<Item = u32> {
    0..u32::try_from(all.len()).unwrap_or(u32::MAX)
}

impl Matcher {
    /// The pairs for which [`Matcher::verdict`] can return a verdict: positions in `all`, the smaller first, sorted.
    ///
    /// One person's history has a few pairs for each activity, so a million activities take seconds.
    pub fn candidate_pairs(&self, all: &Candidates) -> Vec<Positions> {
        let mut pairs = Vec::new();
        self.by_start(all, &mut pairs);
        if self.rule == Rule::Evidence {
            by_file(all, |one| one.file?.sha256, &mut pairs);
            by_file(all, |one| one.file?.identity.map(recording), &mut pairs);
            by_length(all, &mut pairs);
            self.by_compared_files(all, &mut pairs);
        }
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }

    fn by_start(&self, all: &Candidates, pairs: &mut Vec<Positions>) {
        let starts = positions(all).filter_map(|at| Some((all.start_ms(at as usize)?, at)));
        let mut starts: Vec<_> = starts.collect();
        starts.sort_unstable();
        let tolerance_ms = i64::from(self.tolerance_s) * 1000;
        for (place, &(start, one)) in starts.iter().enumerate() {
            let window = starts[place + 1..].iter().take_while(|(other, _)| other - start <= tolerance_ms);
            pairs.extend(window.map(|&(_, other)| ordered(one, other)));
        }
    }
}

impl Matcher {
    /// The pairs whose files were compared.
    fn by_compared_files(&self, all: &Candidates, pairs: &mut Vec<Positions>) {
        if self.files.is_empty() {
            return;
        }
        let mut by_digest: Vec<([u8; 32], u32)> =
            positions(all).filter_map(|at| Some((all.get(at as usize).file?.sha256?, at))).collect();
        by_digest.sort_unstable();
        let with = |digest: [u8; 32]| {
            let first = by_digest.partition_point(|(other, _)| *other < digest);
            by_digest[first..].iter().take(SHARERS).take_while(move |(other, _)| *other == digest).map(|(_, at)| *at)
        };
        for &(one, other) in self.files.pairs() {
            pairs.extend(with(one).flat_map(|a| with(other).map(move |b| ordered(a, b))));
        }
    }
}

/// The pairs that overlap in time: one person can hardly do two activities at once.
pub(super) fn overlapping(all: &Candidates) -> Vec<Positions> {
    let spans = positions(all).filter_map(|at| {
        let start = all.start_ms(at as usize)?;
        Some((start, start + (span_s(&all.get(at as usize))? * 1000.0) as i64, at))
    });
    let mut spans: Vec<_> = spans.collect();
    spans.sort_unstable();
    let mut pairs = Vec::new();
    for (place, &(_, end, one)) in spans.iter().enumerate() {
        let during = spans[place + 1..].iter().take(SHARERS).take_while(|(start, ..)| *start < end);
        pairs.extend(during.map(|&(_, _, other)| ordered(one, other)));
    }
    pairs
}

/// The pairs with the same key: each activity with the few that started next. Only the first eight bytes of a key are sorted
/// with the positions; keys that begin alike are read again.
fn by_file<const N: usize>(all: &Candidates, key: impl Fn(Candidate) -> Option<[u8; N]>, pairs: &mut Vec<Positions>) {
    let key = |at: u32| key(all.get(at as usize));
    let begins = |key: [u8; N]| key.iter().take(8).fold(0, |begin: u64, byte| begin << 8 | u64::from(*byte));
    let mut keyed: Vec<(u64, u32)> = positions(all).filter_map(|at| Some((begins(key(at)?), at))).collect();
    keyed.sort_unstable();
    for alike in keyed.chunk_by(|one, other| one.0 == other.0).filter(|alike| alike.len() > 1) {
        // Activities with the same file and start are ordered by platform and id, so that the order of the input does not
        // count.
        let name = |at: u32| (key(at), all.start_ms(at as usize), all.key(at as usize));
        let mut alike: Vec<u32> = alike.iter().map(|(_, at)| *at).collect();
        alike.sort_unstable_by(|&a, &b| name(a).cmp(&name(b)));
        for (place, &one) in alike.iter().enumerate() {
            let sharers = alike[place + 1..].iter().take(SHARERS).take_while(|&&other| key(other) == key(one));
            pairs.extend(sharers.map(|&other| ordered(one, other)));
        }
    }
}

/// A recording as the bytes of a key. The time comes first: it differs most.
fn recording(id: RecordingId) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&id.time_created.to_le_bytes());
    key[8..12].copy_from_slice(&id.serial_number.to_le_bytes());
    key[12..14].copy_from_slice(&id.manufacturer.to_le_bytes());
    key[14..].copy_from_slice(&id.product.to_le_bytes());
    key
}

/// The pairs whose lengths differ by up to two seconds and whose starts differ by whole quarter hours, up to the largest
/// shift: [`super::Certainty::Shifted`] needs these.
fn by_length(all: &Candidates, pairs: &mut Vec<Positions>) {
    let lengths = positions(all).filter_map(|at| {
        let one = all.get(at as usize);
        let known = |value: Option<f64>| value.filter(|value| *value > 0.0 && value.is_finite());
        known(one.activity.distance_m)?;
        // Boxes of two seconds: lengths that close are in the same box or in the next one.
        Some(((known(one.activity.timer_time_s)? / 2.0) as i64, all.start_ms(at as usize)?, at))
    });
    let mut lengths: Vec<_> = lengths.collect();
    lengths.sort_unstable();
    // The first activity of the next box that may be near: it only moves forward.
    let mut first = 0;
    for (place, &(length, start, one)) in lengths.iter().enumerate() {
        let later = |&&(box_of, other, _): &&(i64, i64, u32)| box_of == length && other - start <= FARTHEST_MS;
        let same_box = lengths[place + 1..].iter().take_while(later);
        while lengths.get(first).is_some_and(|&(box_of, other, _)| (box_of, other) < (length + 1, start - FARTHEST_MS))
        {
            first += 1;
        }
        let near = |&&(box_of, other, _): &&(i64, i64, u32)| box_of == length + 1 && other - start <= FARTHEST_MS;
        let next_box = lengths[first..].iter().take_while(near);
        let quarters = |gap: i64| (gap + 4000).rem_euclid(900_000) <= 8000;
        let shifted = same_box.chain(next_box).filter(|(_, other, _)| quarters(other - start));
        pairs.extend(shifted.map(|&(_, _, other)| ordered(one, other)));
    }
}
