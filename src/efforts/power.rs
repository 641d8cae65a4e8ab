//! The highest average powers of a ride.

use super::curve::Curve;
use super::{Effort, EffortKind, is_possible_time, last_of_each_second};
use crate::fit::Trackpoint;

/// Watts. More is an error of the power meter: the best track sprinters reach about 2500 W.
const HIGHEST_POWER_W: u16 = 2500;
/// Seconds. A power never lasts longer.
const LONGEST_INTERVAL_S: i64 = 5;

/// The durations in seconds. Each divides the next, so that a longer one never has a higher power.
pub(super) const DURATIONS: [(EffortKind, f64); 7] = [
    (EffortKind::Power5s, 5.0),
    (EffortKind::Power30s, 30.0),
    (EffortKind::Power1min, 60.0),
    (EffortKind::Power5min, 300.0),
    (EffortKind::Power10min, 600.0),
    (EffortKind::Power20min, 1200.0),
    (EffortKind::Power60min, 3600.0),
];

/// Watts at a trackpoint, Unix seconds.
type Sample = (i64, Option<f64>);

/// The efforts in each part of a ride without leaps of time.
pub(super) fn efforts<'a>(points: impl Iterator<Item = (i64, &'a Trackpoint)>) -> Vec<Effort> {
    let samples = last_of_each_second(points.map(|(time, point)| (time, watts(point))));
    let interval = usual_interval(&samples);
    let parts = samples.chunk_by(|before, after| is_possible_time(before.0, after.0));
    parts.flat_map(|part| highest(&work(part, interval))).collect()
}

fn watts(point: &Trackpoint) -> Option<f64> {
    point.power_w.filter(|watts| *watts <= HIGHEST_POWER_W).map(f64::from)
}

/// The median of the seconds between two trackpoints, from 1 to 5.
fn usual_interval(samples: &[Sample]) -> i64 {
    let steps = samples.windows(2).map(|pair| pair[1].0.saturating_sub(pair[0].0));
    let mut steps: Vec<i64> = steps.filter(|step| *step > 0).collect();
    if steps.is_empty() {
        return 1;
    }
    let middle = steps.len() / 2;
    (*steps.select_nth_unstable(middle).1).clamp(1, LONGEST_INTERVAL_S)
}

/// The work in joules over time.
fn work(part: &[Sample], interval: i64) -> Curve {
    let mut points: Vec<(i64, f64)> = Vec::with_capacity(part.len() + 1);
    let mut joules = 0.0;
    let nexts = part.iter().skip(1).map(|sample| sample.0).chain([i64::MAX]);
    for (&(time, watts), next) in part.iter().zip(nexts) {
        if points.last().is_none_or(|last| last.0 < time) {
            points.push((time, joules));
        }
        let end = next.min(time.saturating_add(interval));
        joules += watts.unwrap_or(0.0) * (end - time) as f64;
        points.push((end, joules));
    }
    Curve::new(&points)
}

/// The highest average power of each duration, if it is more than 0 W.
fn highest(work: &Curve) -> Vec<Effort> {
    let of = |&(kind, seconds): &(EffortKind, f64)| {
        let (start_time, joules) = work.greatest_gain(seconds)?;
        (joules > 0.0).then_some(Effort { kind, value: joules / seconds, start_time })
    };
    DURATIONS.iter().filter_map(of).collect()
}
