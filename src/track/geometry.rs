//! Distances on the ground between positions that are near each other.
//!
//! A line between two positions is straight in latitude and longitude, as a map draws it. The distance of a position from it is
//! measured with the length of a degree at that position.

use crate::fit::Position;

/// Metres on the ground for a degree of latitude.
const METRES_PER_DEGREE: f64 = 111_195.0;

/// A position with the length of a degree of longitude there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vertex {
    pub position: Position,
    metres_per_degree_east: f64,
}

impl Vertex {
    pub fn new(position: Position) -> Vertex {
        Vertex { position, metres_per_degree_east: METRES_PER_DEGREE * position.lat.to_radians().cos() }
    }

    /// Metres east and north from here to another position, by the shorter way around the earth.
    pub fn to(&self, other: &Vertex) -> (f64, f64) {
        let mut east = other.position.lon - self.position.lon;
        if east.abs() > 180.0 {
            east -= 360.0_f64.copysign(east);
        }
        let north = other.position.lat - self.position.lat;
        (east * self.metres_per_degree_east, north * METRES_PER_DEGREE)
    }

    /// Metres to another position.
    pub fn distance(&self, other: &Vertex) -> f64 {
        let (east, north) = self.to(other);
        east.hypot(north)
    }

    /// Metres to the nearest position on the line from `start` to `end`.
    pub fn distance_from_line(&self, start: &Vertex, end: &Vertex) -> f64 {
        let (start, end) = (self.to(start), self.to(end));
        let (east, north) = (end.0 - start.0, end.1 - start.1);
        let square = east * east + north * north;
        // The share of the line up to its nearest position; a line without a length is its start.
        let share = if square > 0.0 { (-(start.0 * east + start.1 * north) / square).clamp(0.0, 1.0) } else { 0.0 };
        (start.0 + share * east).hypot(start.1 + share * north)
    }
}
