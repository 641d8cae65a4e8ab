//! The parts of a track without gaps.

use super::geometry::Vertex;
use crate::fit::Trackpoint;

/// Seconds without a position that are a gap.
const LONGEST_PAUSE_S: i64 = 30;
/// Metres between two positions that are a gap.
const LONGEST_LEAP_M: f64 = 1000.0;

/// The positions of a track, in parts between which there is no position for more than 30 seconds, or a leap of more than
/// 1000 metres.
pub(super) fn segments(points: &[Trackpoint]) -> Vec<Vec<Vertex>> {
    let moments = points.iter().filter_map(|point| Some((point.time, Vertex::new(point.position?))));
    let moments: Vec<(Option<i64>, Vertex)> = moments.collect();
    let parts = moments.chunk_by(|before, after| !is_gap(before, after));
    parts.map(|part| part.iter().map(|moment| moment.1).collect()).collect()
}

fn is_gap(before: &(Option<i64>, Vertex), after: &(Option<i64>, Vertex)) -> bool {
    let pause = before.0.zip(after.0).map_or(0, |(before, after)| after.saturating_sub(before));
    pause > LONGEST_PAUSE_S || before.1.distance(&after.1) > LONGEST_LEAP_M
}
