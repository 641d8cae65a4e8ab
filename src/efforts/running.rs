//! The fastest distances of a run.

use super::curve::Curve;
use super::{Effort, EffortKind, is_possible_time, last_of_each_second};
use crate::fit::Trackpoint;

/// Metres a second. No step between two trackpoints is faster; the fastest sprinters reach 12.4 m/s.
const FASTEST_STEP_MPS: f64 = 12.5;

/// A distance of which the fastest time is an effort.
pub(super) struct Distance {
    pub kind: EffortKind,
    pub metres: f64,
    /// About the world record: nobody runs the distance in less time.
    pub record_s: f64,
}

pub(super) const DISTANCES: [Distance; 8] = [
    Distance { kind: EffortKind::Run400m, metres: 400.0, record_s: 43.0 },
    Distance { kind: EffortKind::RunHalfMile, metres: 804.672, record_s: 101.0 },
    Distance { kind: EffortKind::Run1k, metres: 1000.0, record_s: 131.0 },
    Distance { kind: EffortKind::Run1Mile, metres: 1609.344, record_s: 223.0 },
    Distance { kind: EffortKind::Run5k, metres: 5000.0, record_s: 755.0 },
    Distance { kind: EffortKind::Run10k, metres: 10_000.0, record_s: 1571.0 },
    Distance { kind: EffortKind::RunHalfMarathon, metres: 21_097.5, record_s: 3450.0 },
    Distance { kind: EffortKind::RunMarathon, metres: 42_195.0, record_s: 7230.0 },
];

/// The efforts in each part of a run without impossible steps.
pub(super) fn efforts<'a>(points: impl Iterator<Item = (i64, &'a Trackpoint)>) -> Vec<Effort> {
    let totals = last_of_each_second(points.map(|(time, point)| (time, point.distance_m)));
    let totals: Vec<(i64, f64)> = totals.into_iter().filter_map(|(time, metres)| Some((time, metres?))).collect();
    let totals = without_outliers(&totals);
    let parts = totals.chunk_by(|before, after| is_possible(*before, *after));
    let parts = parts.flat_map(|part| parts_that_people_run(&Curve::new(part)));
    parts.flat_map(|part| fastest(&part)).collect()
}

/// Whether a runner can make the step from one trackpoint to the next: Unix seconds and metres.
pub(super) fn is_possible(before: (i64, f64), after: (i64, f64)) -> bool {
    let (seconds, metres) = (after.0.saturating_sub(before.0) as f64, after.1 - before.1);
    is_possible_time(before.0, after.0) && (0.0..=FASTEST_STEP_MPS * seconds).contains(&metres)
}

/// The trackpoints without the single ones whose distance is not between those before and after it, if the step from the one
/// to the other is possible.
pub(super) fn without_outliers(points: &[(i64, f64)]) -> Vec<(i64, f64)> {
    let mut kept: Vec<(i64, f64)> = Vec::with_capacity(points.len());
    for (index, &point) in points.iter().enumerate() {
        let neighbours = kept.last().zip(points.get(index + 1));
        let is_outlier = neighbours
            .is_some_and(|(&before, &after)| (point.1 < before.1 || point.1 > after.1) && is_possible(before, after));
        if !is_outlier {
            kept.push(point);
        }
    }
    kept
}

/// The parts between the steps that belong to a distance in less than its record.
fn parts_that_people_run(curve: &Curve) -> Vec<Curve> {
    // At each point: how many windows begin, less those that end.
    let mut changes = vec![0_i64; curve.len()];
    for distance in &DISTANCES {
        for window in curve.windows_with(distance.metres).filter(|window| window.seconds < distance.record_s) {
            changes[window.first] += 1;
            changes[window.last] -= 1;
        }
    }
    let open_windows = changes.iter().scan(0, |open, change| {
        *open += change;
        Some(*open)
    });
    let is_possible: Vec<bool> = open_windows.map(|open| open == 0).collect();
    parts_of_steps(&is_possible).map(|(first, last)| curve.part(first, last)).collect()
}

/// The first and the last point of each series of possible steps. Step `n` is the one from point `n` to the next.
fn parts_of_steps(is_possible: &[bool]) -> impl Iterator<Item = (usize, usize)> {
    let last_point = is_possible.len().saturating_sub(1);
    let mut first = 0;
    is_possible.chunk_by(|a, b| a == b).filter_map(move |steps| {
        let part = (first, (first + steps.len()).min(last_point));
        first += steps.len();
        steps[0].then_some(part)
    })
}

/// The fastest effort of each distance that the curve covers.
fn fastest(curve: &Curve) -> Vec<Effort> {
    let of = |distance: &Distance| {
        let windows = curve.windows_with(distance.metres);
        let window = windows.min_by(|a, b| a.seconds.total_cmp(&b.seconds))?;
        Some(Effort { kind: distance.kind, value: window.seconds, start_time: window.start_time })
    };
    DISTANCES.iter().filter_map(of).collect()
}
