//! A track with few positions, by the algorithm of Douglas and Peucker.

use std::cmp::Reverse;

use super::encoding;
use super::geometry::Vertex;
use super::segments::segments;
use crate::fit::{Position, Trackpoint};

/// Metres. A simplified track deviates no more from any position, unless its bytes do not suffice.
pub const TOLERANCE_M: f64 = 5.0;
/// The most bytes that a simplified track has.
pub const MAX_BYTES: usize = 512;

/// More positions do not fit into the bytes.
const MAX_POSITIONS: usize = MAX_BYTES / 2;
/// More segments do not fit into the bytes.
const MAX_SEGMENTS: usize = MAX_BYTES / 3;
/// A longer track is thinned first, because the time of the algorithm can grow with the square of the number of positions.
const MAX_VERTICES: usize = 4096;
/// How many positions are thinned together.
const BLOCK: usize = 256;

/// The track of a recording with few of its positions, as bytes for [`decode`](super::decode).
///
/// A segment ends where there is no position for more than 30 seconds, and at a leap of more than 1000 metres. If the bytes do
/// not suffice, the positions that change the drawing least are omitted, and at last the shortest segments.
pub fn simplified(points: &[Trackpoint]) -> Vec<u8> {
    let segments = thinned(farthest_reaching(segments(points)));
    let order = by_significance(&segments);
    let encoded = |count: usize| encoding::encode(&positions(&segments, &order[..count]));
    // The size grows with the number of positions.
    let counts: Vec<usize> = (1..=order.len()).collect();
    encoded(counts.partition_point(|count| encoded(*count).len() <= MAX_BYTES))
}

/// A position of a track: the number of its segment, and its number in the segment.
type Place = (usize, usize);

/// The positions that the tolerance requires, most significant first.
fn by_significance(segments: &[Vec<Vertex>]) -> Vec<Place> {
    let mut ranked: Vec<(f64, Place)> = Vec::new();
    for (number, segment) in segments.iter().enumerate() {
        let reach = reach(segment);
        let mut significances = significances(segment, segment.len(), reach);
        // A segment keeps its start longest, even if it is shorter than the tolerance.
        significances[0] = reach + TOLERANCE_M;
        ranked.extend(significances.iter().enumerate().map(|(at, significance)| (*significance, (number, at))));
    }
    ranked.retain(|(significance, _)| *significance > TOLERANCE_M / 2.0);
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    ranked.truncate(MAX_POSITIONS);
    ranked.into_iter().map(|(_, place)| place).collect()
}

/// The segments with only the positions at these places.
fn positions(segments: &[Vec<Vertex>], places: &[Place]) -> Vec<Vec<Position>> {
    let mut places = places.to_vec();
    places.sort_unstable();
    let parts = places.chunk_by(|a, b| a.0 == b.0);
    parts.map(|part| part.iter().map(|(segment, at)| segments[*segment][*at].position).collect()).collect()
}

/// As many segments as can fit, in their order: those that reach farthest from their start.
fn farthest_reaching(segments: Vec<Vec<Vertex>>) -> Vec<Vec<Vertex>> {
    let mut ranked: Vec<(usize, Vec<Vertex>)> = segments.into_iter().enumerate().collect();
    ranked.sort_by_cached_key(|(_, segment)| Reverse(reach(segment) as u64));
    ranked.truncate(MAX_SEGMENTS);
    ranked.sort_unstable_by_key(|(number, _)| *number);
    ranked.into_iter().map(|(_, segment)| segment).collect()
}

/// Metres from the start of a segment to its farthest position.
fn reach(segment: &[Vertex]) -> f64 {
    let distances = segment.iter().map(|vertex| segment[0].distance(vertex));
    distances.fold(0.0, f64::max)
}

/// The segments with at most [`MAX_VERTICES`] positions. If one pass suffices, they deviate by half of the tolerance.
fn thinned(mut segments: Vec<Vec<Vertex>>) -> Vec<Vec<Vertex>> {
    let mut tolerance = TOLERANCE_M / 2.0;
    while segments.iter().map(Vec::len).sum::<usize>() > MAX_VERTICES {
        for segment in &mut segments {
            let mut significances = significances(segment, BLOCK, f64::INFINITY).into_iter();
            segment.retain(|_| significances.next().is_some_and(|significance| significance > tolerance));
        }
        tolerance *= 2.0;
    }
    segments
}

/// The significance of each position of a segment: without the positions of this or less significance, the line deviates from
/// them by no more metres.
///
/// The segment is divided into blocks of this size, whose ends have the significance `most`, and no position has more.
fn significances(segment: &[Vertex], block: usize, most: f64) -> Vec<f64> {
    let mut significances = vec![0.0; segment.len()];
    let mut lines: Vec<(usize, usize, f64)> = Vec::new();
    for first in (0..segment.len()).step_by(block) {
        let last = (first + block).min(segment.len() - 1);
        (significances[first], significances[last]) = (most, most);
        lines.push((first, last, most));
    }
    // A list instead of recursion: a hostile track would make the stack as deep as it has positions.
    while let Some((first, last, most)) = lines.pop() {
        let (start, end) = (&segment[first], &segment[last]);
        let deviations = (first + 1..last).map(|at| (at, segment[at].distance_from_line(start, end)));
        if let Some((farthest, deviation)) = deviations.max_by(|a, b| a.1.total_cmp(&b.1)) {
            let significance = deviation.min(most);
            significances[farthest] = significance;
            if significance > TOLERANCE_M / 2.0 {
                lines.extend([(first, farthest, significance), (farthest, last, significance)]);
            }
        }
    }
    significances
}
