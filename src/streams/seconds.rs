//! The values of a file in each second, and the seconds that two files have in common.

use std::iter::Peekable;

use super::{SAME_HEART_RATE_BPM, SAME_POSITION_M, SAME_SPEED_MPS, apart};
use crate::fit::{Position, Trackpoint};
use crate::track;

/// Clocks, and programs that write files, differ by up to this many seconds.
const CLOCKS_S: i64 = 5;

/// What a file has in one second.
#[derive(Debug, Clone, Copy)]
pub(super) struct Second {
    /// Unix seconds.
    pub time: i64,
    pub position: Option<Position>,
    pub speed_mps: Option<f64>,
    pub heart_rate_bpm: Option<f64>,
}

/// The first trackpoint of each second, by time. `by_distance`: the speed is that since the trackpoint before.
pub(super) fn seconds(points: &[Trackpoint], by_distance: bool) -> Vec<Second> {
    let mut timed: Vec<(i64, &Trackpoint)> = points.iter().filter_map(|point| Some((point.time?, point))).collect();
    timed.sort_by_key(|(time, _)| *time);
    timed.dedup_by_key(|(time, _)| *time);
    let mut before: Option<(i64, f64)> = None;
    let second = |(time, point): (i64, &Trackpoint)| {
        let since = before.zip(point.distance_m).map(|((then, from), to)| (to - from) / (time - then) as f64);
        before = point.distance_m.map(|metres| (time, metres));
        Second {
            time,
            position: point.position,
            speed_mps: if by_distance { since } else { point.speed_mps }.filter(|speed| speed.is_finite()),
            heart_rate_bpm: point.heart_rate_bpm.filter(|bpm| *bpm > 0).map(f64::from),
        }
    };
    timed.into_iter().map(second).collect()
}

/// The seconds of both at the same time, if `shift_s` is added to the times of `b`.
pub(super) fn pairs<'a>(
    a: &'a [Second],
    b: &'a [Second],
    shift_s: i64,
) -> impl Iterator<Item = (&'a Second, &'a Second)> {
    Pairs { a: a.iter().peekable(), b: b.iter().peekable(), shift_s }
}

struct Pairs<'a, I: Iterator<Item = &'a Second>> {
    a: Peekable<I>,
    b: Peekable<I>,
    shift_s: i64,
}

impl<'a, I: Iterator<Item = &'a Second>> Iterator for Pairs<'a, I> {
    type Item = (&'a Second, &'a Second);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (one, other) = (self.a.peek()?.time, self.b.peek()?.time + self.shift_s);
            if one == other {
                return self.a.next().zip(self.b.next());
            }
            if one < other {
                self.a.next()
            } else {
                self.b.next()
            };
        }
    }
}

/// The shift of the clocks with which most values are the same: the least of these.
pub(super) fn shift_s(a: &[Second], b: &[Second]) -> i64 {
    let same = |shift_s: i64| -> usize { pairs(a, b, shift_s).map(|(a, b)| same_values(a, b)).sum() };
    let shifts = (0..=CLOCKS_S).flat_map(|shift| [shift, -shift]);
    let counted = shifts.map(|shift| (same(shift), shift));
    counted.reduce(|best, one| if one.0 > best.0 { one } else { best }).map_or(0, |best| best.1)
}

/// How many values of a second are the same.
fn same_values(a: &Second, b: &Second) -> usize {
    let position = differences(a.position, b.position, track::distance_m).is_some_and(|m| m <= SAME_POSITION_M);
    let speed = differences(a.speed_mps, b.speed_mps, apart).is_some_and(|mps| mps <= SAME_SPEED_MPS);
    let heart_rate =
        differences(a.heart_rate_bpm, b.heart_rate_bpm, apart).is_some_and(|bpm| bpm <= SAME_HEART_RATE_BPM);
    usize::from(position) + usize::from(speed) + usize::from(heart_rate)
}

fn differences<T>(a: Option<T>, b: Option<T>, difference: fn(T, T) -> f64) -> Option<f64> {
    Some(difference(a?, b?))
}
