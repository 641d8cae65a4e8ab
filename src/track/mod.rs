//! The area and a small drawing of the track of a recording, to be stored for many recordings.
//!
//! ```text
//! track::bounding_box(&recording.points)     Some(BoundingBox { south, west, north, east })
//! track::simplified(&recording.points)       at most 512 bytes
//! track::decode(&bytes)                      Some(segments): lists of positions
//! ```
//!
//! Both use the trackpoints with a position.

mod bounding_box;
mod encoding;
mod geometry;
mod segments;
mod simplify;

pub use bounding_box::{BoundingBox, bounding_box};
pub use encoding::decode;
pub use simplify::{MAX_BYTES, TOLERANCE_M, simplified};

use crate::fit::Position;

/// Metres on the ground between two positions that are near each other.
pub fn distance_m(one: Position, other: Position) -> f64 {
    geometry::Vertex::new(one).distance(&geometry::Vertex::new(other))
}

/// Metres east and north from one position to another that is near it.
pub fn displacement_m(from: Position, to: Position) -> (f64, f64) {
    geometry::Vertex::new(from).to(&geometry::Vertex::new(to))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
