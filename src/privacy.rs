//! Privacy zones: circles on the map, such as the surroundings of a home, that no published track enters or crosses. Pure.
//!
//! [`PrivacyZones::cut`] removes the points of a track that are in a zone, and breaks the track where the line between two
//! remaining points would cross one. Distances are those on a sphere, in unit vectors: poles and date line need no special case.
//! They are never longer than the real ones, so that a zone is never too small. `src/track/geometry.rs` measures on a flat map
//! instead, because it needs how far a drawing deviates.

use std::str::FromStr;

use crate::fit::Position;

/// The smallest radius of curvature of WGS 84, in metres. With it, no computed distance is longer than the real one, so a zone
/// is never smaller than its radius.
const EARTH_RADIUS_M: f64 = 6_335_439.0;
/// Added to each radius: files have positions with seven decimals (1 cm), and programs draw the line between two points of up to
/// [`SHORT_M`] in different ways (up to 0.3 m apart below [`POLAR_LAT`]).
const MARGIN_M: f64 = 0.5;
/// Up to this length, in metres, all programs draw nearly the same line between two points.
const SHORT_M: f64 = 1000.0;
/// Beyond this latitude, even short lines are drawn in different ways.
const POLAR_LAT: f64 = 85.0;
/// How much longer than the great circle any drawn line between two points may be.
const LONGEST_DETOUR: f64 = 2.0;
/// The largest radius of a zone, in metres.
const MAX_RADIUS_M: f64 = 100_000.0;

/// A circle on the map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PrivacyZone {
    center: Position,
    radius_m: f64,
}

/// Any number of zones.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PrivacyZones(Vec<PrivacyZone>);

/// Why a text is not a privacy zone. The message does not repeat the text, which may be the place of a home.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    /// Not three numbers.
    #[error("a privacy zone has three numbers, LAT,LON,METRES; write for example 52.5163,13.3777,400")]
    Form,
    /// The latitude is not on earth.
    #[error("the latitude of a privacy zone is not between -90 and 90; write LAT,LON,METRES")]
    Latitude,
    /// The longitude is not on earth.
    #[error("the longitude of a privacy zone is not between -180 and 180; write LAT,LON,METRES")]
    Longitude,
    /// The radius is too small or too large.
    #[error("the radius of a privacy zone is not between 1 and {MAX_RADIUS_M} metres; write LAT,LON,METRES")]
    Radius,
}

impl FromStr for PrivacyZone {
    type Err = ZoneError;

    /// Reads `LAT,LON,METRES`: degrees north, degrees east, metres.
    fn from_str(text: &str) -> Result<PrivacyZone, ZoneError> {
        let numbers: Result<Vec<f64>, _> = text.split(',').map(|number| number.trim().parse()).collect();
        let &[lat, lon, radius_m] = numbers.as_deref().map_err(|_| ZoneError::Form)? else {
            return Err(ZoneError::Form);
        };
        match () {
            () if !(-90.0..=90.0).contains(&lat) => Err(ZoneError::Latitude),
            () if !(-180.0..=180.0).contains(&lon) => Err(ZoneError::Longitude),
            () if !(1.0..=MAX_RADIUS_M).contains(&radius_m) => Err(ZoneError::Radius),
            () => Ok(PrivacyZone { center: Position { lat, lon }, radius_m }),
        }
    }
}

impl PrivacyZone {
    /// The distance from the center within which nothing is published, in metres.
    fn reach_m(&self) -> f64 {
        self.radius_m + MARGIN_M
    }

    fn contains(&self, position: Position) -> bool {
        distance_m(vector(self.center), vector(position)) <= self.reach_m()
    }

    /// Whether the line between two positions may cross the zone, however a program draws it.
    fn is_crossed(&self, from: Position, to: Position) -> bool {
        let [center, a, b] = [self.center, from, to].map(vector);
        let length = distance_m(a, b);
        let detour = distance_m(a, center) + distance_m(center, b);
        if detour > LONGEST_DETOUR * length + 2.0 * self.reach_m() {
            return false;
        }
        let is_drawn_alike = length <= SHORT_M && from.lat.abs().max(to.lat.abs()) <= POLAR_LAT;
        !is_drawn_alike || distance_to_arc_m(center, a, b) <= self.reach_m()
    }
}

impl FromIterator<PrivacyZone> for PrivacyZones {
    fn from_iter<I: IntoIterator<Item = PrivacyZone>>(zones: I) -> PrivacyZones {
        PrivacyZones(zones.into_iter().collect())
    }
}

impl FromStr for PrivacyZones {
    type Err = ZoneError;

    /// Reads zones that are separated by semicolons or spaces. Spaces beside a comma do not separate.
    fn from_str(text: &str) -> Result<PrivacyZones, ZoneError> {
        let numbers: Vec<&str> = text.split(',').map(str::trim).collect();
        let text = numbers.join(",");
        let zones = text.split(|c: char| c == ';' || c.is_whitespace()).filter(|zone| !zone.is_empty());
        zones.map(str::parse).collect()
    }
}

impl PrivacyZones {
    /// Whether there is no zone.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same zones and `more`.
    pub fn and(mut self, more: impl IntoIterator<Item = PrivacyZone>) -> PrivacyZones {
        self.0.extend(more);
        self
    }

    /// Whether a position is in a zone.
    pub fn contain(&self, position: Position) -> bool {
        self.0.iter().any(|zone| zone.contains(position))
    }

    /// Whether the line between two positions may cross a zone.
    pub fn are_crossed(&self, from: Position, to: Position) -> bool {
        self.0.iter().any(|zone| zone.is_crossed(from, to))
    }

    /// The parts of a track outside all zones, in their order; none is empty. Within a part, no line from one position to the
    /// next one crosses a zone.
    ///
    /// A point without a position counts as being at the last position before it; those at the beginning, at the first one.
    pub fn cut<T>(&self, track: impl IntoIterator<Item = T>, position: impl Fn(&T) -> Option<Position>) -> Vec<Vec<T>> {
        let mut parts = vec![Vec::new()];
        let mut is_inside = false;
        let mut last = None;
        let mut is_first = true;
        for point in track {
            if let Some(here) = position(&point) {
                is_inside = self.contain(here);
                if is_inside && is_first {
                    parts = vec![Vec::new()];
                }
                is_first = false;
                if is_inside || last.is_some_and(|last| self.are_crossed(last, here)) {
                    parts.push(Vec::new());
                }
                last = Some(here).filter(|_| !is_inside);
            }
            if !is_inside && let Some(part) = parts.last_mut() {
                part.push(point);
            }
        }
        parts.retain(|part| !part.is_empty());
        parts
    }
}

/// A position as a unit vector from the center of the earth.
fn vector(position: Position) -> [f64; 3] {
    let (lat, lon) = (position.lat.to_radians(), position.lon.to_radians());
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// The length of the great circle between two positions, in metres.
fn distance_m(a: [f64; 3], b: [f64; 3]) -> f64 {
    let chord = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    2.0 * EARTH_RADIUS_M * (dot(chord, chord).sqrt() / 2.0).min(1.0).asin()
}

/// The distance of a position from the great circle between `a` and `b`, in metres.
fn distance_to_arc_m(position: [f64; 3], a: [f64; 3], b: [f64; 3]) -> f64 {
    let normal = cross(a, b);
    let length = dot(normal, normal).sqrt();
    let is_beside = dot(cross(normal, a), position) > 0.0 && dot(cross(b, normal), position) > 0.0;
    if length > 0.0 && is_beside {
        EARTH_RADIUS_M * (dot(normal, position).abs() / length).min(1.0).asin()
    } else {
        distance_m(position, a).min(distance_m(position, b))
    }
}

/// Lines between positions, by other formulas than those of this room.
#[cfg(test)]
pub(crate) mod drawn {
    use super::Position;

    const STEPS: u32 = 400;

    /// The shortest distance of a place from the lines that programs draw between two positions, in metres.
    pub fn distance_m(place: Position, from: Position, to: Position) -> f64 {
        let places = on_map(from, to).chain(on_globe(from, to));
        places.map(|other| haversine_m(place, other)).fold(f64::INFINITY, f64::min)
    }

    /// The distance between two positions in metres by the haversine formula, with the mean radius of the earth.
    fn haversine_m(a: Position, b: Position) -> f64 {
        let (lat, lon) = ((b.lat - a.lat).to_radians(), (b.lon - a.lon).to_radians());
        let root =
            (lat / 2.0).sin().powi(2) + a.lat.to_radians().cos() * b.lat.to_radians().cos() * (lon / 2.0).sin().powi(2);
        2.0 * 6_371_008.8 * root.sqrt().min(1.0).asin()
    }

    /// Places on the straight line between two positions, on a map with equal degrees, the shorter way around the earth.
    fn on_map(a: Position, b: Position) -> impl Iterator<Item = Position> {
        let east = (b.lon - a.lon + 540.0).rem_euclid(360.0) - 180.0;
        let at = move |part: f64| Position { lat: a.lat + (b.lat - a.lat) * part, lon: a.lon + east * part };
        (0..=STEPS).map(move |step| at(f64::from(step) / f64::from(STEPS)))
    }

    /// Places on the great circle between two positions.
    fn on_globe(a: Position, b: Position) -> impl Iterator<Item = Position> {
        let vector = |place: Position| {
            let (lat, lon) = (place.lat.to_radians(), place.lon.to_radians());
            [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
        };
        let (a, b) = (vector(a), vector(b));
        (0..=STEPS).map(move |step| {
            let part = f64::from(step) / f64::from(STEPS);
            let sum = [0, 1, 2].map(|axis| a[axis] * (1.0 - part) + b[axis] * part);
            let flat = sum[0].hypot(sum[1]);
            Position { lat: sum[2].atan2(flat).to_degrees(), lon: sum[1].atan2(sum[0]).to_degrees() }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(lat: f64, lon: f64) -> Position {
        Position { lat, lon }
    }

    fn zones(text: &str) -> PrivacyZones {
        text.parse().unwrap()
    }

    /// The parts of a track of positions.
    fn parts(zones: &PrivacyZones, track: &[Position]) -> Vec<Vec<Position>> {
        zones.cut(track.iter().copied(), |position| Some(*position))
    }

    #[test]
    fn a_zone_is_three_numbers() {
        for text in ["52.5163,13.3777,400", " 52.5163 , 13.3777 , 4e2 "] {
            let zone: PrivacyZone = text.parse().unwrap();
            assert_eq!(zone, PrivacyZone { center: at(52.5163, 13.3777), radius_m: 400.0 });
        }
        for (text, error) in [
            ("", ZoneError::Form),
            ("52.5,13.4", ZoneError::Form),
            ("52,5,13,4,400", ZoneError::Form),
            ("N52.5,13.4,400", ZoneError::Form),
            ("91,13.4,400", ZoneError::Latitude),
            ("NaN,13.4,400", ZoneError::Latitude),
            ("52.5,181,400", ZoneError::Longitude),
            ("52.5,inf,400", ZoneError::Longitude),
            ("52.5,13.4,0", ZoneError::Radius),
            ("52.5,13.4,-400", ZoneError::Radius),
            ("52.5,13.4,1e6", ZoneError::Radius),
        ] {
            let found: Result<PrivacyZone, _> = text.parse();
            assert_eq!(found, Err(error), "{text}");
        }
    }

    #[test]
    fn zones_are_separated_by_semicolons_or_spaces() {
        for text in ["1,2,300;-4,-5,600", "1,2,300 -4,-5,600", " 1, 2, 300;\n-4 ,-5 ,600; ", "1,2,300\t-4,-5,600"] {
            assert_eq!(zones(text).0.len(), 2, "{text:?}");
        }
        assert!(zones(" ; ").is_empty());
        let found: Result<PrivacyZones, _> = "1,2,300;4,5".parse();
        assert_eq!(found, Err(ZoneError::Form));
    }

    #[test]
    fn points_in_a_zone_are_removed_and_the_track_is_broken_there() {
        let zones = zones("0,0,100");
        let track = [at(0.0, -0.004), at(0.0, -0.002), at(0.0, 0.0), at(0.0, 0.002), at(0.0, 0.004)];
        assert_eq!(parts(&zones, &track), [track[..2].to_vec(), track[3..].to_vec()]);
        assert_eq!(parts(&zones, &track[2..3]), [[]; 0]);
        assert_eq!(parts(&PrivacyZones::default(), &track), [track.to_vec()]);
    }

    #[test]
    fn a_line_across_a_zone_is_broken_although_no_point_is_in_it() {
        let zones = zones("0,0,100");
        let track = [at(0.0, -0.002), at(0.0005, 0.002), at(0.002, 0.002)];
        assert_eq!(parts(&zones, &track), [track[..1].to_vec(), track[1..].to_vec()]);
        let beside = [at(0.0012, -0.002), at(0.0012, 0.002)];
        assert_eq!(parts(&zones, &beside), [beside.to_vec()], "130 m beside the center");
    }

    #[test]
    fn poles_and_date_line_are_no_special_case() {
        let zones = zones("0,180,100;90,0,1000");
        for track in [[at(0.0, 179.998), at(0.0, -179.998)], [at(89.98, 0.0), at(89.98, 180.0)]] {
            assert_eq!(parts(&zones, &track), [vec![track[0]], vec![track[1]]]);
        }
        assert!(zones.contain(at(0.0, -179.9999)) && zones.contain(at(89.999, 77.0)));
        assert!(!zones.contain(at(0.0, 179.99)) && !zones.contain(at(89.98, 77.0)));
    }

    #[test]
    fn points_without_a_position_are_where_the_last_position_was() {
        let zones = zones("0,0,100");
        let cut = |track: &[(u8, Option<Position>)]| -> Vec<Vec<u8>> {
            let parts = zones.cut(track.iter().copied(), |(_, position)| *position);
            parts.into_iter().map(|part| part.into_iter().map(|(name, _)| name).collect()).collect()
        };
        let (inside, outside) = (Some(at(0.0, 0.0)), Some(at(0.0, 0.002)));
        assert_eq!(cut(&[(1, None), (2, inside), (3, None), (4, outside), (5, None)]), [[4, 5]]);
        assert_eq!(cut(&[(1, None), (2, outside), (3, None), (4, inside), (5, None)]), [[1, 2, 3]]);
        assert_eq!(cut(&[(1, None), (2, None)]), [[1, 2]]);
    }

    /// Rounds as an exported file does.
    fn written(position: Position) -> Position {
        let round = |degrees: f64| format!("{degrees:.7}").parse().unwrap();
        at(round(position.lat), round(position.lon))
    }

    /// A zone anywhere, and a track near it: steps of up to `step` degrees, some of them leaps.
    fn zone_and_track() -> impl Strategy<Value = (PrivacyZone, Vec<Position>)> {
        let place =
            prop_oneof![(-89.99..89.99, -180.0..180.0), (-60.0..60.0, 179.99..180.0), (89.9..90.0, -180.0..180.0)];
        let step = prop_oneof![4 => -0.003..0.003, 1 => -0.03..0.03];
        let steps = prop::collection::vec((step.clone(), step), 1..60);
        (place, 10.0..3000.0, steps).prop_map(|((lat, lon), radius_m, steps): ((f64, f64), f64, Vec<(f64, f64)>)| {
            let (mut north, mut east): (f64, f64) = (lat - 0.005, lon - 0.005);
            let track = steps.into_iter().map(|(up, right): (f64, f64)| {
                north = (north + up).clamp(-90.0, 90.0);
                east = (east + right + 540.0).rem_euclid(360.0) - 180.0;
                at(north, east)
            });
            (PrivacyZone { center: at(lat, lon), radius_m }, track.collect())
        })
    }

    proptest! {
        #[test]
        fn no_line_of_a_cut_track_is_in_a_zone((zone, track) in zone_and_track()) {
            let zones: PrivacyZones = [zone].into_iter().collect();
            for part in parts(&zones, &track) {
                let part: Vec<Position> = part.into_iter().map(written).collect();
                // A part of one position is a line to itself.
                let ends = part.iter().zip(part.iter().skip(1).chain(part.last()));
                for (from, to) in ends {
                    let distance = drawn::distance_m(zone.center, *from, *to);
                    prop_assert!(distance > zone.radius_m, "{from:?} to {to:?}: {distance} m from the center of {zone:?}");
                }
            }
        }

        #[test]
        fn a_track_far_from_all_zones_is_not_cut((zone, track) in zone_and_track()) {
            // On the other side of the earth.
            let far = PrivacyZone { center: at(-zone.center.lat, zone.center.lon - 180.0), ..zone };
            let zones: PrivacyZones = [far].into_iter().collect();
            prop_assert_eq!(parts(&zones, &track), [track]);
        }

        #[test]
        fn positions_outside_all_zones_are_kept((zone, track) in zone_and_track()) {
            let zones: PrivacyZones = [zone].into_iter().collect();
            let outside: Vec<Position> = track.iter().copied().filter(|place| !zones.contain(*place)).collect();
            prop_assert_eq!(parts(&zones, &track).concat(), outside);
        }
    }
}
