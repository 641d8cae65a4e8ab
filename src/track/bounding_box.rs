//! The area of a track.

use crate::fit::Trackpoint;

/// The area between two parallels and two meridians, in degrees. It reaches from `west` eastwards to `east`: if `west` is more
/// than `east`, the area crosses the date line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundingBox {
    /// Degrees north, -90 to 90.
    pub south: f64,
    /// Degrees east, -180 to 180.
    pub west: f64,
    /// Degrees north, -90 to 90.
    pub north: f64,
    /// Degrees east, -180 to 180.
    pub east: f64,
}

/// The area of all positions; `None` without a position.
///
/// There are two areas: one that does not cross the date line, and one that does. The narrower one counts, so a track crosses
/// the date line if it spans less than half of the earth there.
pub fn bounding_box(points: &[Trackpoint]) -> Option<BoundingBox> {
    let positions = || points.iter().filter_map(|point| point.position);
    let (south, north) = extremes(positions().map(|position| position.lat))?;
    let (west, east) = extremes(positions().map(|position| position.lon))?;
    let (west, east) = across_date_line(positions().map(|position| position.lon))
        .filter(|across| across.1 - across.0 + 360.0 < east - west)
        .unwrap_or((west, east));
    Some(BoundingBox { south, west, north, east })
}

/// West and east of the area that crosses the date line, if there are longitudes on both sides of it.
fn across_date_line(longitudes: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let (eastern, western): (Vec<f64>, Vec<f64>) = longitudes.partition(|lon| *lon >= 0.0);
    Some((extremes(eastern.into_iter())?.0, extremes(western.into_iter())?.1))
}

/// The least and the greatest value.
fn extremes(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |extremes, value| {
        let (least, greatest) = extremes.unwrap_or((value, value));
        Some((least.min(value), greatest.max(value)))
    })
}
