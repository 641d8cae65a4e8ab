//! Areas and simplified tracks of invented recordings.

use super::geometry::Vertex;
use super::*;
use crate::fit::{Position, Trackpoint};
use proptest::prelude::*;

/// Degrees of rounding, for a distance in metres.
const ROUNDING_M: f64 = 0.8;

fn at(lat: f64, lon: f64) -> Position {
    Position { lat, lon }
}

/// A trackpoint each second.
fn track(positions: &[Position]) -> Vec<Trackpoint> {
    let point = |(second, position): (usize, &Position)| Trackpoint {
        time: Some(second as i64),
        position: Some(*position),
        ..Trackpoint::default()
    };
    positions.iter().enumerate().map(point).collect()
}

fn decoded(points: &[Trackpoint]) -> Vec<Vec<Position>> {
    let bytes = simplified(points);
    assert!(bytes.len() <= MAX_BYTES, "{}", bytes.len());
    decode(&bytes).expect("an encoded track")
}

fn metres(a: Position, b: Position) -> f64 {
    Vertex::new(a).distance(&Vertex::new(b))
}

/// Metres from a position to the nearest line of the segments.
fn deviation(position: Position, segments: &[Vec<Position>]) -> f64 {
    let vertex = Vertex::new(position);
    let lines = segments.iter().flat_map(|segment| {
        let ends = segment.iter().zip(segment.iter().skip(1).chain(segment.last()));
        ends.map(|(start, end)| vertex.distance_from_line(&Vertex::new(*start), &Vertex::new(*end)))
    });
    lines.fold(f64::INFINITY, f64::min)
}

fn boxed(positions: &[Position]) -> Option<(f64, f64, f64, f64)> {
    bounding_box(&track(positions)).map(|area| (area.south, area.west, area.north, area.east))
}

#[test]
fn the_area_contains_all_positions() {
    assert_eq!(boxed(&[]), None);
    assert_eq!(boxed(&[at(45.0, -7.0)]), Some((45.0, -7.0, 45.0, -7.0)));
    assert_eq!(boxed(&[at(-1.0, 7.0), at(2.0, -3.0), at(0.5, 8.0)]), Some((-1.0, -3.0, 2.0, 8.0)));
}

#[test]
fn the_area_of_a_track_across_the_date_line_has_more_west_than_east() {
    let fiji = [at(-17.0, 179.5), at(-16.0, -179.25), at(-16.5, 178.0)];
    assert_eq!(boxed(&fiji), Some((-17.0, 178.0, -16.0, -179.25)));
    assert_eq!(boxed(&[at(0.0, -90.0), at(0.0, 90.0)]), Some((0.0, -90.0, 0.0, 90.0)), "half of the earth");
}

#[test]
fn a_straight_line_has_two_positions() {
    let line: Vec<Position> = (0..5000).map(|n| at(45.0 + f64::from(n) * 1e-4, 7.0 + f64::from(n) * 1e-4)).collect();
    assert_eq!(decoded(&track(&line)), [vec![line[0], line[4999]]]);
}

#[test]
fn a_corner_is_kept_and_a_bend_within_the_tolerance_is_not() {
    // 0.0002 degrees are 22 m, 0.00002 are 2.2 m.
    let corner = [at(45.0, 7.0), at(45.001, 7.0002), at(45.002, 7.0)];
    assert_eq!(decoded(&track(&corner)), [corner.to_vec()]);
    let bend = [at(45.0, 7.0), at(45.001, 7.00002), at(45.002, 7.0)];
    assert_eq!(decoded(&track(&bend)), [vec![bend[0], bend[2]]]);
}

#[test]
fn an_out_and_back_track_keeps_its_turning_point() {
    let there = (0..100).map(|n| at(45.0, 7.0 + f64::from(n) * 1e-4));
    let back = there.clone().rev();
    let positions: Vec<Position> = there.chain(back).collect();
    let turn = if decoded(&track(&positions))[0][1] == positions[99] { 99 } else { 100 };
    assert_eq!(decoded(&track(&positions)), [vec![positions[0], positions[turn], positions[0]]]);
}

#[test]
fn gaps_divide_a_track_into_segments() {
    let positions = [at(45.0, 7.0), at(45.0001, 7.0), at(45.0002, 7.0), at(45.0003, 7.0)];
    let segments = |points: &[Trackpoint]| decoded(points).iter().map(Vec::len).collect::<Vec<_>>();
    let mut points = track(&positions);
    assert_eq!(segments(&points), [2]);
    points[2].time = Some(1 + 30);
    points[3].time = Some(31 + 31);
    assert_eq!(segments(&points), [2, 1], "31 seconds");
    let mut points = track(&positions);
    points[2].position = Some(at(45.0101, 7.0));
    points[3].position = Some(at(45.0102, 7.0));
    assert_eq!(segments(&points), [2, 2], "a leap of 1100 metres");
    points.iter_mut().for_each(|point| point.time = None);
    assert_eq!(segments(&points), [2, 2]);
}

#[test]
fn a_track_across_the_date_line_is_one_segment() {
    let positions = [at(-17.0, 179.999), at(-17.0005, -179.999), at(-17.0, -179.995)];
    assert_eq!(decoded(&track(&positions)), [positions.to_vec()]);
}

#[test]
fn a_long_track_fills_the_bytes() {
    let wave = |n: i32| at(45.0 + f64::from(n) * 1e-5, 7.0 + (f64::from(n) / 50.0).sin() * 1e-3);
    let positions: Vec<Position> = (0..100_000).map(wave).collect();
    let bytes = simplified(&track(&positions));
    assert!((MAX_BYTES - 8..=MAX_BYTES).contains(&bytes.len()), "{}", bytes.len());
}

#[test]
fn hostile_tracks_are_simplified() {
    let zigzag: Vec<Position> = (0..20_000).map(|n| at(45.0, 7.0 + f64::from(n % 2) * 0.005)).collect();
    let leaps: Vec<Position> = (0..20_000).map(|n| at(45.0 + f64::from(n % 2), 7.0)).collect();
    let spiral =
        |n: i32| at(45.0 + f64::from(n).cos() * f64::from(n) * 1e-7, 7.0 + f64::from(n).sin() * f64::from(n) * 1e-7);
    for positions in [zigzag, leaps, (0..20_000).map(spiral).collect()] {
        assert!(!decoded(&track(&positions)).is_empty());
    }
}

#[test]
fn malformed_bytes_are_not_decoded() {
    assert_eq!(decode(&[]), Some(vec![]));
    assert_eq!(decode(&[1, 0]), None, "incomplete");
    assert_eq!(decode(&[0xFF; 20]), None, "an endless number");
    assert_eq!(decode(&[1, 0x80, 0x80, 0x80, 0x80, 0x01, 0]), None, "beyond a pole");
}

/// A walk of random steps from anywhere, with pauses and leaps.
fn any_track() -> impl Strategy<Value = Vec<Trackpoint>> {
    let start = (-85.0..85.0, -180.0..180.0);
    let near = (-3e-4..3e-4, -3e-4..3e-4, 1i64..10);
    let straight = (Just(1e-4), Just(2e-4), 1i64..3);
    let step = prop_oneof![
        10 => (near, 1usize..5),
        10 => (straight, 1usize..100),
        1 => ((-0.02..0.02, -0.02..0.02, 1i64..10), Just(1)),
        1 => ((-1e-4..1e-4, -1e-4..1e-4, 31i64..1000), Just(1)),
    ];
    (start, prop::collection::vec(step, 0..60)).prop_map(|(start, steps)| {
        let mut points = vec![(start.0, start.1, 0)];
        for ((north, east, seconds), times) in steps {
            for _ in 0..times {
                let (lat, lon, time) = points[points.len() - 1];
                points.push((f64::clamp(lat + north, -89.0, 89.0), lon + east, time + seconds));
            }
        }
        let point = |(lat, lon, time): (f64, f64, i64)| {
            let lon = (lon + 180.0_f64).rem_euclid(360.0) - 180.0;
            Trackpoint { time: Some(time), position: Some(at(lat, lon)), ..Trackpoint::default() }
        };
        points.into_iter().map(point).collect()
    })
}

proptest! {
    #[test]
    fn every_position_is_in_the_area(points in any_track()) {
        let area = bounding_box(&points).expect("positions");
        for Position { lat, lon } in points.iter().filter_map(|point| point.position) {
            prop_assert!(area.south <= lat && lat <= area.north);
            let is_between = if area.west <= area.east { area.west <= lon && lon <= area.east } else { lon >= area.west || lon <= area.east };
            prop_assert!(is_between, "{lon} in {area:?}");
        }
    }

    #[test]
    fn every_kept_position_is_one_of_the_recording(points in any_track()) {
        for kept in decoded(&points).concat() {
            let mut distances = points.iter().filter_map(|point| point.position).map(|position| metres(kept, position));
            prop_assert!(distances.any(|distance| distance < ROUNDING_M), "{kept:?}");
        }
    }

    #[test]
    fn a_track_deviates_by_the_tolerance_at_most_if_its_bytes_suffice(points in any_track()) {
        let bytes = simplified(&points);
        let segments = decode(&bytes).expect("an encoded track");
        // The bytes suffice if another segment would fit.
        prop_assume!(bytes.len() <= MAX_BYTES - 16 && segments.concat().len() < 250);
        for position in points.iter().filter_map(|point| point.position) {
            let deviation = deviation(position, &segments);
            prop_assert!(deviation <= TOLERANCE_M + ROUNDING_M, "{deviation} m at {position:?}");
        }
    }

    #[test]
    fn an_encoded_track_is_decoded(points in any_track()) {
        let segments: Vec<Vec<Position>> = segments::segments(&points)
            .iter()
            .map(|segment| segment.iter().map(|vertex| vertex.position).collect())
            .collect();
        let decoded = decode(&encoding::encode(&segments)).expect("an encoded track");
        prop_assert_eq!(decoded.len(), segments.len());
        for (decoded, segment) in decoded.iter().zip(&segments) {
            prop_assert_eq!(decoded.len(), segment.len());
            prop_assert!(decoded.iter().zip(segment).all(|(a, b)| metres(*a, *b) < ROUNDING_M));
        }
        prop_assert_eq!(encoding::encode(&decoded), encoding::encode(&segments));
    }

    #[test]
    fn any_bytes_cause_no_panic(bytes: Vec<u8>) {
        let _ = decode(&bytes);
    }

    #[test]
    fn any_positions_cause_no_panic(
        points in prop::collection::vec((any::<Option<u32>>(), -90.0..=90.0, -180.0..=180.0), 0..300),
    ) {
        let point = |(time, lat, lon): (Option<u32>, f64, f64)| Trackpoint {
            time: time.map(i64::from),
            position: Some(at(lat, lon)),
            ..Trackpoint::default()
        };
        let points: Vec<Trackpoint> = points.into_iter().map(point).collect();
        let _ = bounding_box(&points);
        decoded(&points);
    }
}
